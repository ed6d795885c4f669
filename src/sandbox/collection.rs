//! The objects of one list. The views of recent queries are kept up to date, so that a page costs a page.

use std::collections::HashMap;

use serde_json::Value;

use super::fields::{Field, Spec};
use super::filter::Filter;
use super::rng::Rng;
use super::rql::Query;
use super::view::{KeyPart, View, ordering_of, take_bound, window};

/// Size of a list below which sorting anew is cheaper than keeping a view.
const SMALL: usize = 64;
const KEPT_VIEWS: usize = 6;

#[derive(Debug)]
pub(super) struct Collection {
    spec: &'static Spec,
    slots: Vec<Option<Entry>>,
    by_id: HashMap<String, usize>,
    /// Conversations are looked up by what they are about, a page at a time.
    by_instance: HashMap<String, Vec<usize>>,
    views: Vec<View>,
}

#[derive(Debug)]
struct Entry {
    id: String,
    value: Value,
}

/// One page of a list.
#[derive(Debug)]
pub(super) struct Page<'c> {
    pub(super) values: Vec<&'c Value>,
    pub(super) total: usize,
}

impl Collection {
    pub(super) fn new(name: &str) -> Self {
        Self {
            spec: Spec::of(name),
            slots: Vec::new(),
            by_id: HashMap::new(),
            by_instance: HashMap::new(),
            views: Vec::new(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.by_id.len()
    }

    pub(super) fn get(&self, id: &str) -> Option<&Value> {
        let slot = *self.by_id.get(id)?;
        self.value(slot)
    }

    fn value(&self, slot: usize) -> Option<&Value> {
        self.slots.get(slot)?.as_ref().map(|entry| &entry.value)
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &Value> {
        self.slots.iter().flatten().map(|entry| &entry.value)
    }

    /// Adds an object, or replaces the one with the same id. A value without an id is always added.
    pub(super) fn put(&mut self, value: Value) {
        let id = match value.get("id").and_then(Value::as_str) {
            Some(id) if !id.is_empty() => id.to_owned(),
            _ => format!("#{}", self.slots.len()),
        };
        if self.by_id.contains_key(&id) {
            self.update(&id, |old| *old = value);
            return;
        }
        let slot = self.slots.len();
        self.enter(slot, &value);
        self.by_id.insert(id.clone(), slot);
        self.slots.push(Some(Entry { id, value }));
    }

    pub(super) fn update<R>(&mut self, id: &str, change: impl FnOnce(&mut Value) -> R) -> Option<R> {
        let slot = *self.by_id.get(id)?;
        let Entry { id, mut value } = self.slots.get_mut(slot)?.take()?;
        self.leave(slot, &value);
        let result = change(&mut value);
        self.enter(slot, &value);
        *self.slots.get_mut(slot)? = Some(Entry { id, value });
        Some(result)
    }

    pub(super) fn remove(&mut self, id: &str) -> Option<Value> {
        let slot = self.by_id.remove(id)?;
        let entry = self.slots.get_mut(slot)?.take()?;
        self.leave(slot, &entry.value);
        Some(entry.value)
    }

    fn enter(&mut self, slot: usize, value: &Value) {
        if let Some(instance) = instance_of(value) {
            self.by_instance.entry(instance.to_owned()).or_default().push(slot);
        }
        for view in &mut self.views {
            view.enter(slot, value);
        }
    }

    fn leave(&mut self, slot: usize, value: &Value) {
        if let Some(slots) = instance_of(value).and_then(|instance| self.by_instance.get_mut(instance)) {
            slots.retain(|other| *other != slot);
        }
        for view in &mut self.views {
            view.leave(slot, value);
        }
    }

    pub(super) fn find_instance(&self, instance: &str) -> Option<&Value> {
        self.by_instance.get(instance)?.iter().find_map(|slot| self.value(*slot))
    }

    /// The page that a query asks for. With `shuffle`, objects with equal sort keys change places from call to call.
    pub(super) fn page(
        &mut self,
        query: &Query,
        limit: usize,
        shuffle: Option<&mut Rng>,
    ) -> Result<Page<'_>, String> {
        let ordering = ordering_of(self.spec, query)?;
        let (mut lasting, mut volatile, mut signature) = (Vec::new(), Vec::new(), String::new());
        for (node, text) in &query.conditions {
            match Filter::compile(node, self.spec)? {
                Some(filter) if filter.is_volatile() => volatile.push(filter),
                Some(filter) => {
                    lasting.push(filter);
                    signature.push_str(text);
                    signature.push('&');
                }
                None => {}
            }
        }
        let indexed = volatile.iter().find_map(|f| f.exact("id").map(|ids| self.slots_by_id(&ids)));
        let indexed = indexed
            .or_else(|| lasting.iter().find_map(|f| Some(self.slots_by_instance(&f.exact("instance_id")?))));
        let candidates = match indexed {
            Some(slots) => Some(slots),
            None if self.len() < SMALL => Some((0..self.slots.len()).collect()),
            None => None,
        };
        let sorted;
        let matched: Vec<(&[KeyPart], usize)> = if let Some(slots) = candidates {
            let view = View::new(signature, lasting, ordering);
            sorted = self.sort(&view, &slots, &volatile);
            sorted.iter().map(|(key, slot)| (key.as_slice(), *slot)).collect()
        } else {
            let from = take_bound(&ordering, &mut volatile);
            let at = self.kept_view(&signature, lasting, ordering);
            self.scan(at, from, &volatile)
        };
        let total = matched.len();
        let end = query.offset.saturating_add(limit).min(total);
        let start = query.offset.min(end);
        let slots = window(&matched, start, end, shuffle);
        Ok(Page { values: slots.into_iter().filter_map(|slot| self.value(slot)).collect(), total })
    }

    fn slots_by_id(&self, ids: &[&str]) -> Vec<usize> {
        ids.iter().filter_map(|id| self.by_id.get(*id).copied()).collect()
    }

    fn slots_by_instance(&self, instances: &[&str]) -> Vec<usize> {
        instances.iter().filter_map(|id| self.by_instance.get(*id)).flatten().copied().collect()
    }

    fn sort(&self, view: &View, slots: &[usize], volatile: &[Filter]) -> Vec<(Vec<KeyPart>, usize)> {
        let mut matched: Vec<_> = slots
            .iter()
            .filter_map(|slot| Some((*slot, self.value(*slot)?)))
            .filter(|(_, value)| view.matches(value) && volatile.iter().all(|filter| filter.matches(value)))
            .map(|(slot, value)| (view.key(value), slot))
            .collect();
        matched.sort();
        matched
    }

    /// Index of the view with these conditions and this order, which is built if it is new.
    fn kept_view(&mut self, signature: &str, filters: Vec<Filter>, ordering: Vec<(Field, bool)>) -> usize {
        let order: Vec<_> =
            ordering.iter().map(|(field, descending)| format!("{descending}{:?}", field.path)).collect();
        let signature = format!("{signature} {}", order.join(","));
        if let Some(at) = self.views.iter().position(|view| view.signature == signature) {
            return at;
        }
        let mut view = View::new(signature, filters, ordering);
        for (slot, entry) in self.slots.iter().enumerate() {
            if let Some(entry) = entry {
                view.enter(slot, &entry.value);
            }
        }
        if self.views.len() >= KEPT_VIEWS {
            self.views.remove(0);
        }
        self.views.push(view);
        self.views.len() - 1
    }

    fn scan(&self, view: usize, from: Option<i64>, volatile: &[Filter]) -> Vec<(&[KeyPart], usize)> {
        let Some(view) = self.views.get(view) else {
            return Vec::new();
        };
        let wanted = |slot: usize| {
            volatile.is_empty()
                || self.value(slot).is_some_and(|value| volatile.iter().all(|f| f.matches(value)))
        };
        view.range(from).filter(|(_, slot)| wanted(*slot)).collect()
    }
}

fn instance_of(value: &Value) -> Option<&str> {
    value.get("instance_id")?.as_str()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::sandbox::rql;

    fn filled(n: usize) -> Collection {
        let mut collection = Collection::new("requests");
        for i in 0..n {
            let created = format!("2024-03-04T09:{:02}:{:02}Z", i / 60 % 60, i % 60);
            collection.put(json!({"id": format!("PR-{i:04}"), "status": "pending", "created": created}));
        }
        collection
    }

    fn ids(collection: &mut Collection, query: &str, limit: usize) -> (Vec<String>, usize) {
        let page = collection.page(&rql::parse(query).unwrap(), limit, None).unwrap();
        (page.values.iter().map(|v| v["id"].as_str().unwrap().to_owned()).collect(), page.total)
    }

    #[test]
    fn a_kept_order_follows_changes() {
        let mut collection = filled(200);
        let query = "status=pending&ordering(created)";
        assert_eq!(ids(&mut collection, query, 2), (vec!["PR-0000".into(), "PR-0001".into()], 200));
        collection.update("PR-0000", |value| value["status"] = "approved".into());
        collection.remove("PR-0001");
        collection.put(json!({"id": "PR-new", "status": "pending", "created": "2024-03-04T09:00:00Z"}));
        assert_eq!(ids(&mut collection, query, 2), (vec!["PR-new".into(), "PR-0002".into()], 199));
        assert_eq!(ids(&mut collection, "status=approved&ordering(created)", 2), (vec!["PR-0000".into()], 1));
    }

    #[test]
    fn lower_bound_and_excluded_ids_count_in_the_total() {
        let mut collection = filled(200);
        let query = "status=pending&ge(created,2024-03-04T09:03:10Z)&out(id,(PR-0190))&ordering(created)";
        assert_eq!(ids(&mut collection, query, 2), (vec!["PR-0191".into(), "PR-0192".into()], 9));
    }

    #[test]
    fn descending_order_and_offset() {
        let mut collection = filled(70);
        assert_eq!(ids(&mut collection, "ordering(-created)&offset=68", 5).0, ["PR-0001", "PR-0000"]);
    }

    #[test]
    fn equals_change_places_but_none_is_lost() {
        let mut collection = Collection::new("requests");
        for i in 0..100 {
            collection.put(json!({"id": format!("PR-{i}"), "created": "2024-03-04T09:00:00Z"}));
        }
        let mut rng = Rng::new(1);
        let query = rql::parse("ordering(created)").unwrap();
        let mut page = |limit| {
            let page = collection.page(&query, limit, Some(&mut rng)).unwrap();
            page.values.iter().map(|v| v["id"].to_string()).collect::<Vec<_>>()
        };
        assert_ne!(page(10), page(10));
        let mut all = page(100);
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 100);
    }

    #[test]
    fn ordering_by_an_id_is_refused_for_requests() {
        let mut collection = filled(1);
        assert!(collection.page(&rql::parse("ordering(id)").unwrap(), 1, None).is_err());
    }
}
