//! The data of a sandbox, as JSON.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::time::Instant;

use serde_json::Value;

use super::collection::{Collection, Page};
use super::collections::is_list;
use super::journal::Effect;
use super::past::{Known, Past};

/// Data of a sandbox: collections of JSON objects.
///
/// A collection is named by its path: `requests`, `assets`, `tier/config-requests`, `usage/files`, `conversations`, or a
/// nested one such as `conversations/CO-1/messages` and `products/PRD-1/templates`.
///
/// Its `Debug` shows how many objects each collection has: the objects may hold passwords.
#[derive(Default)]
pub struct Store {
    collections: HashMap<String, Collection>,
    effects: Vec<Effect>,
    /// Number of the call that is being handled.
    call: usize,
    serial: u64,
    pub(super) past: Past,
    /// What is there really, while reads are shown the past.
    present: Vec<Known>,
    pub(super) uploads: HashMap<String, Upload>,
}

/// An uploaded workbook, with the verdict that reads of the usage file do not show yet.
#[derive(Debug)]
pub(super) struct Upload {
    pub(super) bytes: Vec<u8>,
    pub(super) at: Instant,
    /// Rows that the platform refuses, each with its words.
    pub(super) errors: Vec<(usize, String)>,
    pub(super) verdict: Option<Verdict>,
    /// Number of reads that will still see the file in `processing`.
    pub(super) reads_left: usize,
}

#[derive(Debug, Clone)]
pub(super) struct Verdict {
    pub(super) valid: usize,
    pub(super) invalid: usize,
    pub(super) error: Option<String>,
    pub(super) rows: Vec<(usize, String)>,
}

impl Store {
    /// Adds an object, or replaces the one with the same `id`.
    ///
    /// # Panics
    ///
    /// For a collection that the platform does not have, as all methods here do: a test with a misspelt collection would
    /// test nothing.
    #[track_caller]
    pub fn insert(&mut self, collection: &str, value: Value) {
        known(collection);
        if let Some(id) = value.get("id").and_then(Value::as_str) {
            self.keep(collection, id);
        }
        self.collection(collection).put(value);
    }

    /// The object with this id.
    #[track_caller]
    pub fn get(&self, collection: &str, id: &str) -> Option<&Value> {
        known(collection);
        self.collections.get(collection)?.get(id)
    }

    /// Changes an object in place; `None` if there is none.
    #[track_caller]
    pub fn update<R>(
        &mut self,
        collection: &str,
        id: &str,
        change: impl FnOnce(&mut Value) -> R,
    ) -> Option<R> {
        known(collection);
        let present = self.present.iter_mut().find(|known| known.collection == collection && known.id == id);
        if let Some(known) = present {
            return known.value.as_mut().map(change);
        }
        self.keep(collection, id);
        self.collections.get_mut(collection)?.update(id, change)
    }

    /// Removes an object and returns it.
    #[track_caller]
    pub fn remove(&mut self, collection: &str, id: &str) -> Option<Value> {
        known(collection);
        self.keep(collection, id);
        self.collections.get_mut(collection)?.remove(id)
    }

    /// Number of objects in a collection.
    #[track_caller]
    pub fn count(&self, collection: &str) -> usize {
        known(collection);
        self.collections.get(collection).map_or(0, Collection::len)
    }

    /// All objects of a collection, in the order in which they were added.
    #[track_caller]
    pub fn all(&self, collection: &str) -> Vec<Value> {
        known(collection);
        self.collections.get(collection).map_or_else(Vec::new, |c| c.values().cloned().collect())
    }

    pub(super) fn find_instance(&self, collection: &str, instance: &str) -> Option<&Value> {
        self.collections.get(collection)?.find_instance(instance)
    }

    pub(super) fn page(
        &mut self,
        collection: &str,
        query: &super::rql::Query,
        limit: usize,
        shuffle: Option<&mut super::rng::Rng>,
    ) -> Result<Page<'_>, String> {
        self.collection(collection).page(query, limit, shuffle)
    }

    fn keep(&mut self, collection: &str, id: &str) {
        let value = self.collections.get(collection).and_then(|collection| collection.get(id));
        self.past.keep(collection, id, value);
    }

    /// Shows reads what a replica that lags has, until [`show_present`](Self::show_present).
    pub(super) fn show_past(&mut self) {
        for mut known in self.past.stale() {
            let value = self.get(&known.collection, &known.id).cloned();
            self.set(&known.collection, &known.id, known.value.take());
            self.present.push(Known { value, ..known });
        }
    }

    pub(super) fn show_present(&mut self) {
        for Known { collection, id, value } in std::mem::take(&mut self.present) {
            self.set(&collection, &id, value);
        }
    }

    fn set(&mut self, collection: &str, id: &str, value: Option<Value>) {
        let collection = self.collection(collection);
        match value {
            Some(value) => collection.put(value),
            None => drop(collection.remove(id)),
        }
    }

    fn collection(&mut self, name: &str) -> &mut Collection {
        self.collections.entry(name.to_owned()).or_insert_with(|| Collection::new(name))
    }

    /// A number that no id of this sandbox has had yet.
    pub(super) fn serial(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    pub(super) fn begin_call(&mut self, call: usize) {
        self.call = call;
    }

    pub(super) fn call_had_effect(&self) -> bool {
        self.effects.last().is_some_and(|effect| effect.call == self.call)
    }

    pub(super) fn record(
        &mut self,
        collection: &str,
        id: &str,
        action: &str,
        from: Option<String>,
        to: Option<String>,
    ) {
        let effect = Effect {
            call: self.call,
            collection: collection.to_owned(),
            id: id.to_owned(),
            action: action.to_owned(),
            from,
            to,
        };
        self.effects.push(effect);
    }

    /// Forgets the effects beyond this number.
    pub(super) fn forget_effects_since(&mut self, number: usize) {
        self.effects.truncate(number);
    }

    pub(super) fn effects(&self) -> &[Effect] {
        &self.effects
    }
}

/// Refuses a collection that the platform does not have.
#[track_caller]
fn known(collection: &str) {
    assert!(
        is_list(collection),
        "the platform has no collection `{collection}`: one is named by its path, such as `requests` or `tier/config-requests`"
    );
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts: BTreeMap<_, _> = self.collections.iter().map(|(name, c)| (name, c.len())).collect();
        f.debug_struct("Store").field("collections", &counts).finish_non_exhaustive()
    }
}
