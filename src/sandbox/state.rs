//! What a running sandbox holds besides its sockets: data, journal, and faults to come.

use super::fault::{Chaos, Fault};
use super::journal::{RecordedCall, StorageCall};
use super::rng::Rng;
use super::store::Store;

/// Called with each call before it is handled.
pub(super) type Hook = Box<dyn FnMut(&RecordedCall, &mut Store) + Send>;

pub(super) struct State {
    pub(super) store: Store,
    pub(super) journal: Vec<RecordedCall>,
    pub(super) storage_calls: Vec<StorageCall>,
    pub(super) faults: Vec<Fault>,
    pub(super) chaos: Option<Chaos>,
    pub(super) hook: Option<Hook>,
    /// Number of calls of the platform so far.
    pub(super) calls: usize,
    pub(super) rng: Rng,
}

impl State {
    pub(super) fn new(store: Store, seed: u64) -> Self {
        Self {
            store,
            journal: Vec::new(),
            storage_calls: Vec::new(),
            faults: Vec::new(),
            chaos: None,
            hook: None,
            calls: 0,
            rng: Rng::new(seed),
        }
    }

    /// The fault that applies to this call, if any: first those asked for, then one at random.
    pub(super) fn next_fault(&mut self, call: &RecordedCall) -> Option<Fault> {
        let ordered = self.faults.iter_mut().find_map(|fault| fault.trigger(call).then(|| fault.clone()));
        ordered.or_else(|| self.chaos.as_mut()?.trigger(call))
    }
}
