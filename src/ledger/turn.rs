//! The order that a run has in hand: entered before the closure, left when it is known what became of it.

use std::time::Duration;

use serde_json::Value;

use super::Ledger;
use super::input::hash;
use super::policy::in_round;
use super::store::{Entry, Order};
use super::work::{Attempt, Refusal};
use crate::error::Result;

/// What a run holds while it has an order in hand.
pub(crate) struct Turn {
    number: u64,
    entry: Entry,
}

/// What was refused to work that is no order's of a run, such as a listing's period, while a run had something in hand.
pub(super) struct Noted {
    number: u64,
    refusal: Option<Refusal>,
    planned: Vec<String>,
}

impl Turn {
    pub(crate) fn entry(&self) -> &Entry {
        &self.entry
    }

    /// Where the customer changed the order, attempts begin anew.
    pub(crate) fn begin_round(&mut self, round: &Value) {
        self.entry = in_round(std::mem::take(&mut self.entry), hash(round));
    }
}

impl Ledger {
    /// Claims an order for a run; nothing where another worker has it, or it has ended.
    pub(crate) fn enter(&self, order: &Order<'_>) -> Result<Option<Turn>> {
        let number = self.next_number();
        self.attempts.borrow_mut().push(Attempt::new(number, order));
        let claimed = self.claim(number, order);
        let entry = self.with(number, |attempt| attempt.claim.as_ref().map(|claim| claim.entry.clone()));
        match (claimed, entry.flatten()) {
            (Ok(None), Some(entry)) => {
                self.note(number);
                Ok(Some(Turn { number, entry }))
            }
            (claimed, _) => {
                self.take(number);
                claimed.map(|_| None)
            }
        }
    }

    /// Has something in hand that is not claimed, such as a listing, whose periods are.
    pub(crate) fn enter_unclaimed(&self) -> Turn {
        let number = self.next_number();
        self.note(number);
        Turn { number, entry: Entry::default() }
    }

    fn note(&self, number: u64) {
        self.turns.borrow_mut().push(Noted { number, refusal: None, planned: Vec::new() });
    }

    /// What was refused while the closure ran, and the steps that a dry run passed by.
    pub(crate) fn take_refusal(&self, turn: &Turn) -> (Option<Refusal>, Vec<String>) {
        let (mut refusal, mut planned) = self
            .with(turn.number, |attempt| (attempt.refusal.take(), std::mem::take(&mut attempt.planned)))
            .unwrap_or_default();
        if let Some(noted) = self.turns.borrow_mut().iter_mut().find(|noted| noted.number == turn.number) {
            refusal = refusal.or(noted.refusal.take());
            planned.append(&mut noted.planned);
        }
        (refusal, planned)
    }

    /// Gives the order back: as ended, with an entry, or as it was.
    pub(crate) fn leave_turn(&self, turn: &Turn, entry: Option<&Entry>, ended: Option<&str>) -> Result<()> {
        self.turns.borrow_mut().retain(|noted| noted.number != turn.number);
        let Some(claim) = self.take(turn.number).and_then(|attempt| attempt.claim) else { return Ok(()) };
        match ended {
            Some(state) => self.store.end(&claim, state, self.now()),
            None => self.store.release(&claim, entry),
        }
    }

    /// Forgets the orders that ended a day ago: no list lags for longer.
    pub(crate) fn sweep(&self) -> Result<()> {
        self.store.sweep(self.now() - Duration::from_secs(86400))
    }

    /// Ends an attempt that is no run's. What was refused to it is refused to what a run has in hand.
    pub(super) fn leave_alone(&self, number: u64) {
        let Some(attempt) = self.take(number) else { return };
        if let Some(Err(error)) = attempt.claim.map(|claim| self.store.release(&claim, None)) {
            log::warn!(target: "connect::ledger", "{error}");
        }
        if let Some(noted) = self.turns.borrow_mut().last_mut() {
            noted.planned.extend(attempt.planned);
            noted.refusal = noted.refusal.take().or(attempt.refusal);
        }
    }
}
