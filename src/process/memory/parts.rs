//! Parts of what does not end, such as a listing's periods: each is claimed, and remembered for a day once it came to something.

use std::fmt;

use super::{Memory, collection};
use crate::error::Result;
use crate::ledger::{Ledger, Order, part_id};
use crate::process::{Queue, Report};
use crate::scope;

/// The claim on a part, while its closure runs.
pub(crate) struct PartClaim<'a> {
    ledger: Option<&'a Ledger>,
    before: Option<String>,
    was_interrupted: bool,
}

impl<'a> Memory<'a> {
    /// Claims a part; nothing where another worker has it.
    pub(in crate::process) fn enter_part<T: Queue>(
        &mut self,
        item: &T,
        part: &impl fmt::Display,
        report: &mut Report,
    ) -> Result<Option<PartClaim<'a>>> {
        let Some(ledger) = self.ledger else {
            return Ok(Some(PartClaim { ledger: None, before: None, was_interrupted: false }));
        };
        self.died_in = ledger.died_of(collection::<T>()).map(|died| died.id).or(self.died_in.take());
        let id = part_id(item.id(), part);
        let order = Order { collection: collection::<T>(), id: &id, asset: None, created: item.created() };
        let Some(mut turn) = ledger.enter_part(&order)? else {
            report.pass_other();
            return Ok(None);
        };
        let before = turn.entry().ended.and(turn.entry().state.clone());
        let has_vanished = turn.take_death().is_some();
        self.turn = Some(turn);
        if !scope::is_dry_run() {
            ledger.store().in_hand(Some(&order), None)?;
        }
        let was_interrupted = has_vanished || self.died_in.as_ref() == Some(&id);
        Ok(Some(PartClaim { ledger: Some(ledger), before, was_interrupted }))
    }
}

impl PartClaim<'_> {
    /// The path of what the part came to within the last day, by this worker or by another one.
    pub(crate) fn before(&self) -> Option<&str> {
        self.before.as_deref()
    }

    /// Whether the last run or another worker died while it had the part in hand: nobody noted what it had made for it.
    pub(crate) fn was_interrupted(&self) -> bool {
        self.was_interrupted
    }

    /// # Errors
    ///
    /// What the ledger refused while the closure ran, and a claim that is lost: nothing may be sent for the part.
    pub(crate) fn check(&self) -> Result<()> {
        self.ledger.map_or(Ok(()), Ledger::check_part)
    }

    /// Notes the path of what the part came to.
    pub(crate) fn note(&self, path: String) {
        if let Some(ledger) = self.ledger {
            ledger.note_part(path);
        }
    }
}
