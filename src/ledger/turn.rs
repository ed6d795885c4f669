//! The order that a run has in hand: entered before the closure, left when it is known what became of it.

use std::time::Duration;

use serde_json::Value;

use super::Ledger;
use super::ending::ending;
use super::input::hash;
use super::policy::{in_round, met_in};
use super::store::{Claim, Claimed, Entry, InHand, Left, Order};
use super::work::{Attempt, Refusal};
use crate::error::Result;
#[cfg(feature = "xlsx")]
use crate::error::{LedgerError, LedgerErrorKind};

/// What a run holds while it has an order in hand.
pub(crate) struct Turn {
    number: u64,
    entry: Box<Entry>,
    is_known: bool,
    has_steps: bool,
    died: Option<InHand>,
}

/// What claiming an order for a run came to.
pub(crate) enum Entered {
    Turn(Turn),
    /// An older order of the same asset has not ended.
    Behind,
    /// Another worker has it, or it has ended.
    Taken,
}

/// What a run has in hand.
pub(super) struct Held {
    number: u64,
    /// What was refused to work that is not its own, such as a listing's period.
    refusal: Option<Refusal>,
    planned: Vec<String>,
    /// The path of what a part came to.
    came_to: Option<String>,
}

impl Turn {
    pub(crate) fn entry(&self) -> &Entry {
        &self.entry
    }

    /// Whether steps of the order have begun.
    pub(crate) fn has_steps(&self) -> bool {
        self.has_steps
    }

    /// Whether anything is remembered of the order.
    pub(crate) fn is_known(&self) -> bool {
        self.is_known
    }

    /// What another worker vanished with, where this one takes its place. Told once.
    pub(crate) fn take_death(&mut self) -> Option<InHand> {
        self.died.take()
    }

    /// Where the order comes back from another state, attempts begin anew.
    pub(crate) fn meet(&mut self, status: &str) {
        *self.entry = met_in(std::mem::take(&mut *self.entry), status);
    }

    /// Where the customer changed the order, attempts begin anew.
    pub(crate) fn begin_round(&mut self, round: &Value) {
        *self.entry = in_round(std::mem::take(&mut *self.entry), hash(round));
    }
}

impl Ledger {
    /// Claims an order for a run.
    pub(crate) fn enter(&self, order: &Order<'_>) -> Result<Entered> {
        Ok(match self.store.claim(order, self.now())? {
            Claimed::Yes(claim) => Entered::Turn(self.begin_turn(order, *claim)),
            Claimed::Behind(_) => Entered::Behind,
            Claimed::Held | Claimed::Ended(_) => Entered::Taken,
        })
    }

    /// Claims a part of what does not end, such as a listing's period. It may have ended within the last day: then its entry
    /// says so. Nothing where another worker has it.
    #[cfg(feature = "xlsx")]
    pub(crate) fn enter_part(&self, order: &Order<'_>) -> Result<Option<Turn>> {
        let claim = match self.store.claim(order, self.now())? {
            Claimed::Yes(claim) => Some(*claim),
            Claimed::Held | Claimed::Behind(_) => None,
            // A dry run claims nothing that has ended.
            Claimed::Ended(state) if crate::scope::is_dry_run() => {
                let entry = Entry { ended: Some(self.now()), state: Some(state), ..Entry::default() };
                return Ok(Some(Turn { entry: Box::new(entry), ..self.enter_unclaimed() }));
            }
            Claimed::Ended(_) => self.store.claim_ended(order.collection, order.id, self.now())?,
        };
        Ok(claim.map(|claim| self.begin_turn(order, claim)))
    }

    fn begin_turn(&self, order: &Order<'_>, mut claim: Claim) -> Turn {
        let number = self.next_number();
        let entry = Box::new(claim.entry.clone());
        let unknown = Entry {
            collection: entry.collection.clone(),
            id: entry.id.clone(),
            asset: entry.asset.clone(),
            created: entry.created,
            ..Entry::default()
        };
        let has_steps = !claim.steps.is_empty();
        let is_known = *entry != unknown || has_steps;
        let died = claim.died.take();
        let mut attempt = Attempt::new(number, order);
        self.give_claim(&mut attempt, claim);
        self.attempts.borrow_mut().push(attempt);
        self.note(number);
        Turn { number, entry, is_known, has_steps, died }
    }

    /// Has something in hand that is not claimed, such as a listing, whose periods are.
    pub(crate) fn enter_unclaimed(&self) -> Turn {
        let number = self.next_number();
        self.note(number);
        Turn { number, entry: Box::default(), is_known: false, has_steps: false, died: None }
    }

    fn note(&self, number: u64) {
        let held = Held { number, refusal: None, planned: Vec::new(), came_to: None };
        self.turns.borrow_mut().push(held);
    }

    /// Whether a part that a run has in hand may be acted on: nothing was refused to it, and no other worker has it by now.
    ///
    /// # Errors
    ///
    /// What was refused while the closure ran, and a claim that is lost.
    #[cfg(feature = "xlsx")]
    pub(crate) fn check_part(&self) -> Result<()> {
        let (number, refusal) = match self.turns.borrow().last() {
            Some(held) => (held.number, held.refusal.as_ref().map(Refusal::told)),
            None => return Ok(()),
        };
        let of_attempt = self.with(number, |attempt| {
            let lost = || {
                LedgerError::new(
                    LedgerErrorKind::ClaimLost,
                    "it is no longer this worker's: nothing was sent",
                )
            };
            attempt.refusal.as_ref().map(Refusal::told).or_else(|| self.is_lost(attempt).then(lost))
        });
        refusal.or(of_attempt.flatten()).map_or(Ok(()), |error| Err(error.into()))
    }

    /// Notes the path of what the part in hand came to.
    #[cfg(feature = "xlsx")]
    pub(crate) fn note_part(&self, path: String) {
        if let Some(held) = self.turns.borrow_mut().last_mut() {
            held.came_to = Some(path);
        }
    }

    /// Gives a part back: as ended, where it came to something, or as it was. Returns whether it ended.
    pub(crate) fn leave_part(&self, turn: &Turn) -> Result<bool> {
        let mut turns = self.turns.borrow_mut();
        let held = turns.iter_mut().find(|held| held.number == turn.number);
        let came_to = held.and_then(|held| held.came_to.take());
        drop(turns);
        let entry =
            came_to.map(|path| Entry { ended: Some(self.now()), state: Some(path), ..turn.entry().clone() });
        self.leave_turn(turn, entry.as_ref())?;
        Ok(entry.is_some())
    }

    /// Whether another worker may have the order by now.
    pub(crate) fn has_lost(&self, turn: &Turn) -> bool {
        self.with(turn.number, |attempt| self.is_lost(attempt)).unwrap_or_default()
    }

    fn is_lost(&self, attempt: &Attempt) -> bool {
        attempt.claim.as_ref().is_some_and(|claim| !self.store.is_held(claim))
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
    pub(crate) fn leave_turn(&self, turn: &Turn, entry: Option<&Entry>) -> Result<()> {
        let Some(claim) = self.end_turn(turn) else { return Ok(()) };
        self.store.release(&claim, entry)
    }

    /// Gives the order back as ended in this state, by this job or by somebody else. Returns what is left to do for it.
    pub(crate) fn leave_ended(&self, turn: &Turn, state: &str, by_us: bool) -> Result<Option<Left>> {
        let Some(claim) = self.end_turn(turn) else { return Ok(None) };
        let left = ending(&claim.entry.collection, state).and_then(|ending| ending.left(&claim.steps, by_us));
        self.store.end(&claim, state, left, self.now()).map(|()| left)
    }

    fn end_turn(&self, turn: &Turn) -> Option<Claim> {
        self.turns.borrow_mut().retain(|held| held.number != turn.number);
        self.take(turn.number).and_then(|attempt| attempt.claim)
    }

    /// The step that the closure failed in, and the steps that it ran, by the first parts of their names.
    pub(crate) fn steps_run(&self, turn: &Turn) -> (Option<String>, Vec<String>) {
        self.with(turn.number, |attempt| (attempt.failed_in.take(), std::mem::take(&mut attempt.ran)))
            .unwrap_or_default()
    }

    /// The order of this collection that the last run died of.
    pub(crate) fn died_of(&self, collection: &str) -> Option<InHand> {
        self.died_of.borrow_mut().take_if(|died| died.collection == collection)
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
