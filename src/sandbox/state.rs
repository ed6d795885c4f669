//! The state of a running sandbox: data, journal, and the faults to come. No socket is known here.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use super::fault::{Chaos, Fault};
use super::journal::{RecordedCall, StorageCall};
use super::message::HttpRequest;
use super::others::Others;
use super::pattern::Pattern;
use super::rng::Rng;
use super::store::Store;

/// Runs before each call that is handled, and may change the store.
pub(super) type Hook = Box<dyn FnMut(&RecordedCall, &mut Store) + Send>;

/// What others do before the first call that matches, once.
pub(super) struct Interlude {
    pub(super) before: Pattern,
    pub(super) act: Box<dyn FnOnce(&mut Others<'_>) + Send>,
    /// Whether a sandbox that is dropped before the call came panics.
    pub(super) must_come: bool,
}

pub(super) struct State {
    pub(super) store: Store,
    pub(super) journal: Vec<RecordedCall>,
    pub(super) storage_calls: Vec<StorageCall>,
    pub(super) faults: Vec<Fault>,
    pub(super) chaos: Option<Chaos>,
    pub(super) hook: Option<Hook>,
    pub(super) interludes: Vec<Interlude>,
    /// The first panic of what others did, for whoever drops the sandbox.
    pub(super) panicked: Option<Box<dyn Any + Send>>,
    /// Number of API calls so far.
    pub(super) calls: usize,
    pub(super) rng: Rng,
    late: Vec<Late>,
}

/// A call that was answered and is carried out later.
pub(super) struct Late {
    pub(super) due: Instant,
    pub(super) call: RecordedCall,
    pub(super) incoming: HttpRequest,
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
            interludes: Vec::new(),
            panicked: None,
            calls: 0,
            rng: Rng::new(seed),
            late: Vec::new(),
        }
    }

    pub(super) fn postpone(&mut self, late: Late) {
        self.late.push(late);
    }

    /// The calls whose time has come, the first that is due first.
    pub(super) fn due(&mut self) -> Vec<Late> {
        let now = Instant::now();
        let (mut due, rest): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.late).into_iter().partition(|late| late.due <= now);
        self.late = rest;
        due.sort_by_key(|late| late.due);
        due
    }

    /// Lets others act whose turn is before this call.
    pub(super) fn interlude(&mut self, call: &RecordedCall) {
        while let Some(at) = self.interludes.iter().position(|interlude| interlude.before.matches(call)) {
            let interlude = self.interludes.remove(at);
            let store = &mut self.store;
            let acted = catch_unwind(AssertUnwindSafe(|| (interlude.act)(&mut Others::new(store))));
            self.panicked = self.panicked.take().or(acted.err());
        }
    }

    /// The fault that applies to this call, if any: one that was added, else one at random.
    pub(super) fn next_fault(&mut self, call: &RecordedCall) -> Option<Fault> {
        let ordered = self.faults.iter_mut().find_map(|fault| fault.trigger(call).then(|| fault.clone()));
        ordered.or_else(|| self.chaos.as_mut()?.trigger(call))
    }
}
