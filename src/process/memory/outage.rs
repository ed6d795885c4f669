//! An outage of the vendor's systems, kept from run to run in an entry of its own.

use super::{Memory, collection};
use crate::error::Result;
use crate::ledger::{Away, Cause, Entered, Entry, Order, Outage};
use crate::process::{Queue, Report};
use crate::scope;

/// The collection of entries that stand for an outage; the id is that of the collection whose orders suffer.
const OUTAGE: &str = "outage";

fn order<T: Queue>() -> Order<'static> {
    Order { collection: OUTAGE, id: collection::<T>(), asset: None, created: None }
}

impl Memory<'_> {
    /// Goes on with an outage that the last run left.
    pub(super) fn recall_outage<T: Queue>(&mut self, report: &mut Report) -> Result<()> {
        let Some(ledger) = self.ledger.filter(|_| T::ENDS && self.attempts.is_some()) else { return Ok(()) };
        let Some((entry, _)) = ledger.store().read(OUTAGE, collection::<T>())? else { return Ok(()) };
        let away = entry.due.zip(entry.erred).map(|(due, since)| Away {
            cause: Cause { step: entry.round.clone(), text: entry.error.clone().unwrap_or_default() },
            since,
            due,
        });
        if let Some(away) = &away
            && !self.was_told(&entry, "away")
        {
            report.tell(&began(away), Some((OUTAGE, collection::<T>(), "away")));
        }
        self.outage = Outage::remembered(away);
        Ok(())
    }

    pub(super) fn save_outage<T: Queue>(&mut self, report: &mut Report) -> Result<()> {
        let (Some(ledger), Some(away)) = (self.ledger, self.outage.away()) else { return Ok(()) };
        let Entered::Turn(turn) = ledger.enter(&order::<T>())? else { return Ok(()) };
        if !turn.is_known() {
            let line = began(away);
            report.remark(line.clone());
            report.tell(&line, Some((OUTAGE, collection::<T>(), "away")));
        }
        let entry = Entry {
            error: Some(away.cause.text.clone()),
            round: away.cause.step.clone(),
            erred: Some(away.since),
            due: Some(away.due),
            ..turn.entry().clone()
        };
        ledger.leave_turn(&turn, Some(&entry))
    }

    /// The vendor is there again.
    pub(super) fn forget_outage<T: Queue>(&mut self, away: &Away, report: &mut Report) -> Result<()> {
        let Some(ledger) = self.ledger.filter(|_| !scope::is_dry_run()) else { return Ok(()) };
        let line =
            format!("the outage of the vendor's systems since {} is over: {}", away.since, away.cause.text);
        report.remark(line.clone());
        report.tell(&line, None);
        let Entered::Turn(turn) = ledger.enter(&order::<T>())? else { return Ok(()) };
        ledger.leave_ended(&turn, "over", true).map(drop)
    }

    /// Takes back an attempt that failed by the outage.
    pub(super) fn give_back<T: Queue>(&mut self, before: &Entry) -> Result<()> {
        let Some(ledger) = self.ledger else { return Ok(()) };
        let order = Order {
            collection: collection::<T>(),
            id: &before.id,
            asset: before.asset.as_deref(),
            created: before.created,
        };
        let Entered::Turn(turn) = ledger.enter(&order)? else { return Ok(()) };
        self.died.retain(|id| *id != before.id);
        let Entry { attempts, due, later, dead, .. } = before.clone();
        ledger.leave_turn(&turn, Some(&Entry { attempts, due, later, dead, ..turn.entry().clone() }))
    }
}

fn began(away: &Away) -> String {
    let step = away.cause.step.as_ref().map(|step| format!("the step {step:?} ")).unwrap_or_default();
    format!(
        "the vendor's systems seem to be away since {}: {step}failed for five orders alike ({}). Their attempts do not \
         count, and one order tries every 10 minutes",
        away.since, away.cause.text
    )
}
