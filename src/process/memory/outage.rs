//! An outage of the vendor's systems, kept from run to run in an entry of its own.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{Memory, by_id, collection};
use crate::error::Result;
use crate::ledger::{Away, Cause, Entered, Entry, Evidence, Order, Outage, Which, Witness};
use crate::process::{Queue, Report};
use crate::scope;
use crate::text::one_line;

/// The collection of entries that stand for an outage; the id is that of the collection whose orders suffer.
const OUTAGE: &str = "outage";

fn order(id: &str) -> Order<'_> {
    Order { collection: OUTAGE, id, asset: None, created: None }
}

/// Under this id stands what may turn out to be an outage.
fn evidence<T: Queue>() -> String {
    format!("{}/evidence", collection::<T>())
}

impl Memory<'_> {
    /// Goes on with an outage that the last run left.
    pub(super) fn recall_outage<T: Queue>(&mut self, report: &mut Report) -> Result<()> {
        let Some(ledger) = self.ledger.filter(|_| T::ENDS && self.attempts.is_some()) else { return Ok(()) };
        let evidence: Evidence = match ledger.store().read(OUTAGE, &evidence::<T>())? {
            Some((entry, _)) => serde_json::from_str(&entry.error.unwrap_or_default()).unwrap_or_default(),
            None => Evidence::default(),
        };
        let Some((entry, _)) = ledger.store().read(OUTAGE, collection::<T>())? else {
            self.outage = Outage::remembered(None, evidence, [], ledger.now());
            return Ok(());
        };
        let away = entry.due.zip(entry.erred).map(|(due, since)| Away {
            cause: Cause::new(entry.round.clone(), entry.error.as_deref().unwrap_or_default()),
            since,
            due,
            is_confirmed: entry.attempts > 0 || Away::is_old(since, ledger.now()),
        });
        if let Some(away) = &away
            && !self.was_told(&entry, "away")
        {
            report.tell(&began(away), Some((OUTAGE, collection::<T>(), "away")));
        }
        let (now, mut tried) = (ledger.now(), Vec::new());
        if away.as_ref().is_some_and(|away| away.is_confirmed && away.due <= now) {
            ledger.store().each(collection::<T>(), Which::All, &mut |entry| {
                tried.extend(Some(entry).filter(|entry| entry.error.is_some()));
            })?;
        }
        self.outage = Outage::remembered(away, evidence, tried, now);
        Ok(())
    }

    pub(super) fn save_outage<T: Queue>(&mut self, report: &mut Report) -> Result<()> {
        let (Some(ledger), Some(away)) = (self.ledger, self.outage.away()) else { return Ok(()) };
        let Entered::Turn(turn) = ledger.enter(&order(collection::<T>()))? else { return Ok(()) };
        if !turn.is_known() {
            report.announce(began(away), Some((OUTAGE, collection::<T>(), "away")));
        }
        let entry = Entry {
            error: Some(away.cause.said.clone()),
            round: away.cause.step.clone(),
            erred: Some(away.since),
            due: Some(away.due),
            attempts: u32::from(away.is_confirmed),
            ..turn.entry().clone()
        };
        ledger.leave_turn(&turn, Some(&entry))
    }

    /// The vendor is there again.
    pub(super) fn forget_outage<T: Queue>(&mut self, away: &Away, report: &mut Report) -> Result<()> {
        let Some(ledger) = self.ledger.filter(|_| !scope::is_dry_run()) else { return Ok(()) };
        let (since, said) = (seconds(away.since), one_line(&away.cause.said));
        let line = format!("the outage of the vendor's systems since {since} is over: {said}");
        report.announce(line, None);
        let Entered::Turn(turn) = ledger.enter(&order(collection::<T>()))? else { return Ok(()) };
        ledger.leave_ended(&turn, "over", true).map(drop)
    }

    /// Keeps what the next run must know to see an outage, where it has changed.
    pub(super) fn save_evidence<T: Queue>(&mut self) -> Result<()> {
        let (Some(ledger), Some(known)) = (self.ledger, self.outage.take_evidence()) else { return Ok(()) };
        let id = evidence::<T>();
        let Entered::Turn(turn) = ledger.enter(&order(&id))? else { return Ok(()) };
        if known.is_empty() {
            return ledger.leave_ended(&turn, "over", true).map(drop);
        }
        let entry = Entry { error: serde_json::to_string(known).ok(), ..turn.entry().clone() };
        ledger.leave_turn(&turn, Some(&entry))
    }

    /// Takes back the attempts that failed by the outage.
    pub(super) fn give_back<T: Queue>(&mut self, witness: &Witness) -> Result<()> {
        let Some(ledger) = self.ledger else { return Ok(()) };
        let Entered::Turn(turn) = ledger.enter(&by_id::<T>(&witness.id))? else { return Ok(()) };
        self.died.retain(|id| *id != witness.id);
        let entry = Entry { attempts: witness.attempts, due: None, dead: None, ..turn.entry().clone() };
        ledger.leave_turn(&turn, Some(&entry))
    }
}

/// The time as people read it.
fn seconds(time: OffsetDateTime) -> String {
    time.replace_nanosecond(0).unwrap_or(time).format(&Rfc3339).unwrap_or_default()
}

fn began(away: &Away) -> String {
    let step = away.cause.step.as_ref().map(|step| format!("the step {step:?} ")).unwrap_or_default();
    format!(
        "the vendor's systems seem to be away since {}: {step}failed for five orders alike ({}). Their attempts do not \
         count, and one order tries every 10 minutes",
        seconds(away.since),
        one_line(&away.cause.said)
    )
}
