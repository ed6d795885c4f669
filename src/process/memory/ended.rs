//! Orders that ended: found out, undone, or adopted.

use std::time::Duration;

use super::super::conversations::Conversations;
use super::super::look_up::look_up;
use super::news::mark_of;
use super::{Memory, by_id, collection};
use crate::error::{Error, Result};
use crate::http::Http;
use crate::ledger::{Entered, Entry, Left, Note, Noted, StepRecord, StepState, Turn, Undone, Which, ending};
use crate::process::{Outcome, Queue, Report};
use crate::scope;

/// An order that was not met is looked up no more often than this.
pub(super) const HOUR: Duration = Duration::from_secs(3600);
/// One that waits for its customer, no more often than this.
const DAY: Duration = Duration::from_secs(86400);
/// An id that the platform does not know for so long is told.
const WEEK: Duration = Duration::from_secs(7 * 86400);
/// After so many undos that fail in a row the rest waits for the next run.
const FAILURES: u32 = 5;
/// How the name of an undo begins, as a step.
const UNDO: &str = "undo:";
/// How the error of an undo begins.
const UNDO_FAILED: &str = "the undo of the step";

impl Memory<'_> {
    /// The whole list was walked: what was not met in it is looked up, and may have ended.
    pub(in crate::process) fn walked<T: Queue>(
        &mut self,
        http: &Http,
        conversations: &mut Conversations<'_>,
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
        let (mut notes, mut failed) = (Vec::new(), Vec::new());
        for (entry, state) in &found {
            match state {
                Some(state) if ending(collection::<T>(), state).is_some() => {
                    let Entered::Turn(mut turn) = ledger.enter(&by_id::<T>(&entry.id))? else { continue };
                    // Whoever vanished may have ended it.
                    if let Some(died) = turn.take_death().filter(|died| died.plan.is_some()) {
                        self.keep_for_later(&turn, died)?;
                        continue;
                    }
                    // Another worker finds out meanwhile whether the job itself has ended it.
                    if turn.entry().plan.is_some() {
                        ledger.leave_turn(&turn, None)?;
                        continue;
                    }
                    if self.ended_elsewhere::<T>(&turn, state, report)? == Some(Left::Undo) {
                        failed.push(entry.clone());
                    }
                }
                state => notes.push(self.seen(entry, state.as_deref(), report)),
            }
        }
        ledger.store().note(collection::<T>(), &notes, now)?;
        self.undo_all::<T>(&failed, " by someone else", report, told)?;
        self.settle_vanished::<T>(http, conversations, report, told)?;
        // What could not be looked up is looked up by a later run.
        if let Err(error) = looked {
            log::warn!(target: "connect::process", "what has ended could not be looked up: {error}");
        }
        Ok(())
    }

    /// What is noted of an order that was looked up and has not ended. One that is not there for a week is told.
    pub(super) fn seen<'e>(&self, entry: &'e Entry, state: Option<&'e str>, report: &mut Report) -> Note<'e> {
        let now = self.ledger.map(crate::Ledger::now);
        if state.is_none()
            && entry.unseen.zip(now).is_some_and(|(since, now)| now - since >= WEEK)
            && !self.was_told(entry, "unseen")
        {
            let line = format!("{} is not known to the platform for a week", entry.id);
            report.tell(&line, Some((&entry.collection, &entry.id, "unseen")));
        }
        Note { id: &entry.id, what: Noted::Seen(state) }
    }

    fn was_met(&self, id: &str) -> bool {
        use std::hash::BuildHasher as _;
        self.met.contains(&self.hasher.hash_one(id))
    }

    /// Somebody else brought the order to this state. Returns what is left to do for it.
    fn ended_elsewhere<T: Queue>(
        &mut self,
        turn: &Turn,
        state: &str,
        report: &mut Report,
    ) -> Result<Option<Left>> {
        let Some(ledger) = self.ledger else { return Ok(None) };
        if ending(collection::<T>(), state).is_none() {
            ledger.leave_turn(turn, Some(&Entry { plan: None, ..turn.entry().clone() }))?;
            return Ok(None);
        }
        self.has_ended_one = true;
        let left = ledger.leave_ended(turn, state, false)?;
        if left == Some(Left::Adopted) {
            self.adopted::<T>(&turn.entry().id, report)?;
        }
        Ok(left)
    }

    /// The same, and undoes its steps where it failed.
    pub(super) fn ended_by_others<T: Queue>(
        &mut self,
        turn: &Turn,
        state: &str,
        outcome: &mut Outcome,
        report: &mut Report,
    ) -> Result<()> {
        match self.ended_elsewhere::<T>(turn, state, report)? {
            Some(Left::Undo) => self.undo::<T>(outcome, report),
            Some(Left::Adopted) | None => Ok(()),
        }
    }

    /// Somebody else approved an order for which steps were run.
    pub(super) fn adopted<T: Queue>(&mut self, id: &str, report: &mut Report) -> Result<()> {
        let Some(ledger) = self.ledger else { return Ok(()) };
        let steps = ledger.store().read(collection::<T>(), id)?.map(|(_, steps)| steps).unwrap_or_default();
        report.remark(adopted_line(id, &steps));
        Ok(())
    }

    /// Undoes the steps of an order that failed by this run. Its own failure is a warning of the outcome, and fails the run.
    pub(super) fn undo<T: Queue>(&mut self, outcome: &mut Outcome, report: &mut Report) -> Result<()> {
        let mut undone = Outcome::errored(outcome.id.clone(), None);
        outcome.undone =
            self.undo_in::<T>(&mut undone, report)?.map(|undone| undone.steps).unwrap_or_default();
        if undone.error.is_some() {
            report.pass_stuck();
            // The next run, which tells of the undo alone, knows it by this.
            outcome.stuck = Some(mark_of(&undone));
        }
        outcome.warnings.extend(undone.error.map(|error| error.with_causes()));
        Ok(())
    }

    /// Undoes the steps of an order that has ended, and returns what is undone once all are; the outcome's error is the
    /// undo's.
    fn undo_in<T: Queue>(&mut self, outcome: &mut Outcome, report: &mut Report) -> Result<Option<Undone>> {
        let Some(ledger) = self.ledger else { return Ok(None) };
        let _request = scope::enter_request(&outcome.id);
        let Some(mut undone) = ledger.undo(collection::<T>(), &outcome.id, &mut self.undos)? else {
            return Ok(None);
        };
        let id = &outcome.id;
        if !undone.steps.is_empty() {
            log::info!(target: "connect::process", "{id}: undone after it failed: {}", undone.steps.join(", "));
        }
        let is_all = undone.is_all();
        if let Some((step, error)) = undone.failed.take() {
            let error =
                error.context(format!("{UNDO_FAILED} {step:?} failed, and a later run tries it again"));
            self.stuck.insert(id.clone());
            outcome.error = Some(Error::Handler(error));
        } else if !undone.without.is_empty() && !undone.steps.is_empty() {
            report.remark(format!("{id}: nothing undoes the steps {}", undone.without.join(", ")));
        }
        Ok(Some(undone).filter(|undone| is_all && !undone.steps.is_empty()))
    }

    /// Undoes what earlier runs left.
    pub(super) fn undo_leftovers<T: Queue>(
        &mut self,
        report: &mut Report,
        told: &mut impl FnMut(&mut Report, Outcome),
    ) -> Result<()> {
        let mut left = self.left::<T>()?;
        left.retain(|entry| entry.left == Some(Left::Undo));
        self.undo_all::<T>(&left, "", report, told)
    }

    /// Undoes the steps of orders that have ended, as long as there is time and the vendor's systems are there. `by` says who
    /// ended them, where that is known.
    fn undo_all<T: Queue>(
        &mut self,
        entries: &[Entry],
        by: &str,
        report: &mut Report,
        told: &mut impl FnMut(&mut Report, Outcome),
    ) -> Result<()> {
        let mut failures = 0;
        for entry in entries {
            if failures >= FAILURES || scope::time_left().is_some_and(|left| left.is_zero()) {
                break;
            }
            let mut outcome = Outcome::errored(entry.id.clone(), None);
            let undone = self.undo_in::<T>(&mut outcome, report)?;
            if outcome.error.is_none() {
                failures = 0;
                if let Some(Undone { state, steps, .. }) = undone {
                    let line = format!("{} {state}{by}; undone: {}", entry.id, steps.join(", "));
                    report.tell(&line, Some((&entry.collection, &entry.id, "undone")));
                }
                continue;
            }
            failures += 1;
            self.mark::<T>(entry, &mut outcome);
            told(report, outcome);
        }
        Ok(())
    }

    /// Tells of what waits for a person, and counts it.
    pub(super) fn tell_leftovers<T: Queue>(&mut self, report: &mut Report) -> Result<()> {
        let Some(ledger) = self.ledger.filter(|_| T::ENDS) else { return Ok(()) };
        let mut open = self.left::<T>()?;
        open.sort_by_key(|entry| entry.left == Some(Left::Undo));
        for entry in open {
            if let Some(left) = entry.left {
                report.pass_left();
                let steps = ledger.store().read(&entry.collection, &entry.id)?.map(|(_, steps)| steps);
                let steps = steps.unwrap_or_default();
                let id = &entry.id;
                let line = match left {
                    Left::Adopted => adopted_line(id, &steps),
                    Left::Undo => not_undone_line(id, &steps),
                };
                // An undo that fails is told as the error that it is.
                let is_told_of = left == Left::Undo
                    && steps.iter().any(|step| step.name.starts_with(UNDO) && step.state == StepState::Begun)
                    && (self.stuck.contains(&entry.id)
                        || entry.told.as_deref().is_some_and(|told| told.contains(UNDO_FAILED)));
                if !is_told_of && !self.was_told(&entry, left.as_str()) {
                    report.tell(&line, Some((&entry.collection, &entry.id, left.as_str())));
                }
            }
        }
        Ok(())
    }

    /// Orders that have ended and for which something is left to do.
    fn left<T: Queue>(&self) -> Result<Vec<Entry>> {
        let mut entries = Vec::new();
        if let Some(ledger) = self.ledger {
            ledger.store().each(collection::<T>(), Which::Open, &mut |entry| {
                if entry.left.is_some() {
                    entries.push(entry);
                }
            })?;
        }
        Ok(entries)
    }
}

/// What is told of an order that somebody else approved after steps of it had begun.
fn adopted_line(id: &str, steps: &[StepRecord]) -> String {
    let named = |what: &str, is_begun: bool| {
        let is_it =
            |step: &&StepRecord| step.may_have_effect() && (step.state == StepState::Begun) == is_begun;
        let names: Vec<_> = steps.iter().filter(is_it).map(|step| &*step.name).collect();
        if names.is_empty() { String::new() } else { format!("; {what}: {}", names.join(", ")) }
    };
    let (done, begun) = (named("done for it", false), named("only begun", true));
    format!("{id} was approved by someone else{done}{begun}: see what its customer has, then acknowledge it")
}

/// What is told of an order that failed and has steps that no undo of this job is for.
fn not_undone_line(id: &str, steps: &[StepRecord]) -> String {
    let is_done = |step: &&StepRecord| step.state == StepState::Done;
    let undos = steps.iter().filter(is_done).filter_map(|step| step.name.strip_prefix(UNDO));
    let undone: Vec<_> = undos.collect();
    let left = steps.iter().filter(|step| step.may_have_effect() && !step.keep);
    let left: Vec<_> = left.map(|step| &*step.name).filter(|name| !undone.contains(name)).collect();
    let left = left.join(", ");
    if undone.is_empty() {
        return format!("{id} ended failed, and nothing has undone the steps {left}");
    }
    format!("{id} ended failed; undone: {}; nothing has undone the steps {left}", undone.join(", "))
}
