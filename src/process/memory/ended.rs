//! Orders that ended: found out, undone, or adopted.

use std::collections::HashSet;
use std::time::Duration;

use super::super::look_up::look_up;
use super::{Memory, by_id, collection};
use crate::error::{Error, Result};
use crate::http::Http;
use crate::ledger::{Entered, Entry, Left, Note, Noted, Which, ending};
use crate::process::{Outcome, Queue, Report};
use crate::scope;

/// An order that was not met is looked up no more often than this.
const HOUR: Duration = Duration::from_secs(3600);
/// One that waits for its customer, no more often than this.
const DAY: Duration = Duration::from_secs(86400);
/// An id that the platform does not know for so long is told.
const WEEK: Duration = Duration::from_secs(7 * 86400);
/// After so many undos that fail in a row the rest waits for the next run.
const FAILURES: u32 = 5;

impl Memory<'_> {
    /// The whole list was walked: what was not met in it is looked up, and may have ended.
    pub(in crate::process) fn walked<T: Queue>(
        &mut self,
        http: &Http,
        report: &mut Report,
        told: &mut impl FnMut(&mut Report, Outcome),
    ) -> Result<()> {
        let Some(ledger) = self.ledger.filter(|_| T::ENDS && !scope::is_dry_run()) else { return Ok(()) };
        let now = ledger.now();
        if let Some(away) = self.outage.walked(now) {
            self.forget_outage::<T>(&away, report)?;
        }
        // What was tried before comes last, so nothing is decided after it: the platform is asked whether it is there.
        if !self.suspects.is_empty()
            && self.has_decided_one
            && http.get(&format!("{}?limit=1&offset=0", T::LIST)).is_ok()
        {
            self.platform_works::<T>(report);
        }
        let mut missing = Vec::new();
        ledger.store().each(collection::<T>(), Which::Alive { before: now - HOUR }, &mut |entry| {
            let state = entry.state.as_deref().unwrap_or(T::STATUS);
            let rests = !state.eq_ignore_ascii_case(T::STATUS)
                && entry.looked.is_some_and(|looked| now - looked < DAY);
            if entry.plan.is_none() && !rests && !self.was_met(&entry.id) {
                missing.push(entry);
            }
        })?;
        let mut found: Vec<(Entry, Option<String>)> = Vec::new();
        let looked = look_up::<T, _>(
            http,
            missing,
            |entry| &entry.id,
            |entry, snapshot| {
                found.push((entry, snapshot.map(|snapshot| snapshot.status.clone().unwrap_or_default())));
            },
        );
        let mut notes = Vec::new();
        for (entry, state) in &found {
            match state {
                Some(state) if ending(collection::<T>(), state).is_some() => {
                    let Entered::Turn(turn) = ledger.enter(&by_id::<T>(&entry.id))? else { continue };
                    let mut outcome = Outcome::errored(entry.id.clone(), None);
                    self.ended_elsewhere::<T>(&turn, state, report)?;
                    self.undo_in::<T>(&mut outcome, report)?;
                    if outcome.error.is_some() {
                        self.mark::<T>(entry, &mut outcome);
                        told(report, outcome);
                    }
                }
                state => {
                    let state = state.as_deref();
                    notes.push(Note { id: &entry.id, what: Noted::Seen(state) });
                    if state.is_none()
                        && entry.unseen.is_some_and(|since| now - since >= WEEK)
                        && !self.was_told(entry, "unseen")
                    {
                        let line = format!("{} is not known to the platform for a week", entry.id);
                        report.tell(&line, Some((&entry.collection, &entry.id, "unseen")));
                    }
                }
            }
        }
        ledger.store().note(collection::<T>(), &notes, now)?;
        // What could not be looked up is looked up by a later run.
        if let Err(error) = looked {
            log::warn!(target: "connect::process", "what has ended could not be looked up: {error}");
        }
        Ok(())
    }

    fn was_met(&self, id: &str) -> bool {
        use std::hash::BuildHasher as _;
        self.met.contains(&self.hasher.hash_one(id))
    }

    /// Somebody else brought the order to this state.
    pub(super) fn ended_elsewhere<T: Queue>(
        &mut self,
        turn: &crate::ledger::Turn,
        state: &str,
        report: &mut Report,
    ) -> Result<()> {
        let Some(ledger) = self.ledger else { return Ok(()) };
        if ending(collection::<T>(), state).is_none() {
            return ledger.leave_turn(turn, Some(&Entry { plan: None, ..turn.entry().clone() }));
        }
        self.has_ended_one = true;
        match ledger.leave_ended(turn, state, false)? {
            Some(Left::Adopted) => self.adopted::<T>(&turn.entry().id, report),
            // The next run undoes it, or the end of this walk.
            Some(Left::Undo) | None => Ok(()),
        }
    }

    /// Somebody else approved an order for which steps were run.
    pub(super) fn adopted<T: Queue>(&mut self, id: &str, report: &mut Report) -> Result<()> {
        let Some(ledger) = self.ledger else { return Ok(()) };
        let steps = ledger.store().read(collection::<T>(), id)?.map(|(_, steps)| steps).unwrap_or_default();
        let names: Vec<_> =
            steps.iter().filter(|step| step.may_have_effect()).map(|step| &*step.name).collect();
        report.remark(format!(
            "{id} was approved by someone else after the steps {}: see what its customer has, and acknowledge it",
            names.join(", ")
        ));
        Ok(())
    }

    /// Undoes the steps of an order that failed by this run. Its own failure is a warning of the outcome.
    pub(super) fn undo<T: Queue>(&mut self, outcome: &mut Outcome, report: &mut Report) -> Result<()> {
        let mut undone = Outcome::errored(outcome.id.clone(), None);
        self.undo_in::<T>(&mut undone, report)?;
        outcome.warnings.extend(undone.error.map(|error| error.with_causes()));
        Ok(())
    }

    /// Undoes the steps of an order that has ended; the outcome's error is the undo's.
    fn undo_in<T: Queue>(&mut self, outcome: &mut Outcome, report: &mut Report) -> Result<()> {
        let Some(ledger) = self.ledger else { return Ok(()) };
        let _request = scope::enter_request(&outcome.id);
        let Some(undone) = ledger.undo(collection::<T>(), &outcome.id, &mut self.undos)? else {
            return Ok(());
        };
        let id = &outcome.id;
        if !undone.steps.is_empty() {
            log::info!(target: "connect::process", "{id}: undone after it failed: {}", undone.steps.join(", "));
        }
        if let Some((step, error)) = undone.failed {
            let error = error
                .context(format!("the undo of the step {step:?} failed, and a later run tries it again"));
            outcome.error = Some(Error::Handler(error));
        } else if !undone.without.is_empty() && !undone.steps.is_empty() {
            report.remark(format!("{id}: nothing undoes the steps {}", undone.without.join(", ")));
        }
        Ok(())
    }

    /// Undoes what earlier runs left.
    pub(super) fn undo_leftovers<T: Queue>(
        &mut self,
        report: &mut Report,
        told: &mut impl FnMut(&mut Report, Outcome),
    ) -> Result<()> {
        let mut failures = 0;
        for entry in self.left::<T>(Left::Undo)? {
            let mut outcome = Outcome::errored(entry.id.clone(), None);
            self.undo_in::<T>(&mut outcome, report)?;
            if outcome.error.is_some() {
                self.mark::<T>(&entry, &mut outcome);
                told(report, outcome);
                failures += 1;
            } else {
                failures = 0;
            }
            if failures >= FAILURES {
                break;
            }
        }
        Ok(())
    }

    /// Tells of what waits for a person, and counts it.
    pub(super) fn tell_leftovers<T: Queue>(&mut self, report: &mut Report) -> Result<()> {
        let Some(ledger) = self.ledger.filter(|_| T::ENDS) else { return Ok(()) };
        for left in [Left::Adopted, Left::Undo] {
            for entry in self.left::<T>(left)? {
                report.pass_left();
                let steps = ledger.store().read(&entry.collection, &entry.id)?.map(|(_, steps)| steps);
                let undone: HashSet<_> =
                    steps.iter().flatten().filter_map(|step| step.name.strip_prefix("undo:")).collect();
                let effects = steps.iter().flatten().filter(|step| {
                    let stays = left == Left::Undo && step.keep;
                    step.may_have_effect() && !stays && !undone.contains(&*step.name)
                });
                let names: Vec<_> = effects.map(|step| &*step.name).collect();
                let what = match left {
                    Left::Adopted => "was approved by someone else after the steps",
                    Left::Undo => "ended failed, and nothing has undone the steps",
                };
                let line = format!("{} {what} {}", entry.id, names.join(", "));
                let failed_before = entry.told.as_deref().is_some_and(|told| told.starts_with("errored"));
                let is_told_of = left == Left::Undo && failed_before;
                if !is_told_of && !self.was_told(&entry, left.as_str()) {
                    report.tell(&line, Some((&entry.collection, &entry.id, left.as_str())));
                }
            }
        }
        Ok(())
    }

    fn left<T: Queue>(&self, left: Left) -> Result<Vec<Entry>> {
        let mut entries = Vec::new();
        if let Some(ledger) = self.ledger {
            ledger.store().each(collection::<T>(), Which::Open, &mut |entry| {
                if entry.left == Some(left) {
                    entries.push(entry);
                }
            })?;
        }
        Ok(entries)
    }
}
