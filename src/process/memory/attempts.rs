//! Attempts: counted, put off, and the last of them.

use super::super::conversations::Conversations;
use super::{Memory, by_id, collection};
use crate::error::{Error, Result};
use crate::ledger::{Attempts, Entered, Entry, Turn, failed, put_off};
use crate::process::{Outcome, Queue, Report, Verdict};
use crate::scope;

/// What is told of an order whose last attempt failed.
const LAST: &str = "it is not tried any more";
/// What is remembered once it was told that the note of a dead order is not posted.
const NO_NOTE: &str = "without a note";

impl Memory<'_> {
    pub(super) fn count_attempt(
        &mut self,
        turn: &Turn,
        before: &Entry,
        text: &str,
        outcome: &mut Outcome,
    ) -> Result<()> {
        let Some(ledger) = self.ledger else { return Ok(()) };
        let entry = failed(before, self.attempts.as_ref(), text, ledger.now());
        if entry.dead.is_some() {
            self.died.push(entry.id.clone());
            let attempts = entry.attempts;
            outcome.warnings.push(format!("attempt {attempts} was the last one: {LAST}"));
        }
        ledger.leave_turn(turn, Some(&entry))
    }

    pub(super) fn later(&mut self, turn: &Turn, outcome: &mut Outcome) -> Result<()> {
        let Some(ledger) = self.ledger else { return Ok(()) };
        match put_off(turn.entry(), self.after, ledger.now()) {
            Ok(entry) => ledger.leave_turn(turn, Some(&entry)),
            Err(text) => {
                let text = match outcome.detail.as_deref() {
                    Some(why) if !why.is_empty() => format!("{text}: {why}"),
                    _ => text,
                };
                outcome.verdict = Verdict::Errored;
                outcome.error = Some(Error::Handler(anyhow::Error::msg(text.clone())));
                self.count_attempt(turn, turn.entry(), &text, outcome)
            }
        }
    }

    /// What failed by an error of the platform's kind was the orders' own: another order was decided since.
    pub(in crate::process) fn platform_works<T: Queue>(&mut self, report: &mut Report) {
        let Some(ledger) = self.ledger else { return };
        for (id, text) in std::mem::take(&mut self.suspects) {
            let mut counted = Outcome::errored(id.clone(), None);
            let left = ledger.enter(&by_id::<T>(&id)).and_then(|entered| match entered {
                Entered::Turn(turn) => self.count_attempt(&turn, turn.entry(), &text, &mut counted),
                Entered::Behind | Entered::Taken => Ok(()),
            });
            self.failure = self.failure.take().or(left.err());
            for warning in counted.warnings {
                let line = format!("{id}: {warning}");
                report.tell_failure(&line, Some((collection::<T>(), &id, LAST)));
                report.remark(line);
            }
        }
    }

    /// Tells of an order that is dead: once, and again where that is wished for.
    pub(super) fn tell_dead(&self, entry: &Entry, report: &mut Report) {
        // Its outcome in this run tells it.
        if self.died.contains(&entry.id) {
            return;
        }
        let line = format!("{} is dead: {}", entry.id, entry.error.as_deref().unwrap_or_default());
        let is_told = entry.told.as_deref().is_some_and(|told| told.contains(LAST));
        if !is_told || self.is_to_tell_again(entry) {
            report.tell_failure(&line, Some((&entry.collection, &entry.id, LAST)));
        }
    }

    /// Leaves a note that only one's own side reads in the conversation of each order that died and has none yet.
    pub(super) fn note_deaths<T: Queue>(
        &mut self,
        conversations: &mut Conversations<'_>,
        report: &mut Report,
    ) -> Result<()> {
        let Some(attempts) = self.attempts.filter(Attempts::leaves_note) else { return Ok(()) };
        let mut due = std::mem::take(&mut self.died);
        due.append(&mut self.unnoted);
        due.iter().try_for_each(|id| self.note_death::<T>(id, attempts, conversations, report))
    }

    fn note_death<T: Queue>(
        &self,
        id: &str,
        attempts: Attempts,
        conversations: &mut Conversations<'_>,
        report: &mut Report,
    ) -> Result<()> {
        // Where the time is up, the next run does it.
        let Some(ledger) = self.ledger.filter(|_| scope::time_left().is_none_or(|left| !left.is_zero()))
        else {
            return Ok(());
        };
        let Entered::Turn(turn) = ledger.enter(&by_id::<T>(id))? else { return Ok(()) };
        let entry = turn.entry();
        let Some(dead) = entry.dead.filter(|_| entry.due.is_some()) else {
            return ledger.leave_turn(&turn, None);
        };
        let text = format!("Processing failed {} times and has ended.", entry.attempts);
        let (due, line) = match conversations.post_private(id, &text, dead) {
            Ok(true) => (None, None),
            Ok(false) => {
                (None, Some(format!("{id}: it has no open conversation, so its private note is not posted")))
            }
            Err(error) => {
                let why = error.why();
                let line =
                    format!("{id}: its private note is not posted, and a later run tries it again: {why}");
                (Some(ledger.now() + attempts.longest_pause()), Some(line))
            }
        };
        if let Some(line) = line {
            let is_told = entry.told.as_deref().is_some_and(|told| told.contains(NO_NOTE));
            if is_told && !self.is_to_tell_again(entry) {
                log::info!(target: "connect::process", "{line}");
            } else {
                // It stands for both, the death and this.
                let mark = format!("{LAST}; {NO_NOTE}");
                report.announce(line, Some((collection::<T>(), id, &mark)));
            }
        }
        ledger.leave_turn(&turn, Some(&Entry { due, ..entry.clone() }))
    }
}
