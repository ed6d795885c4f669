//! One object of a run: read again if it is old, decided, carried out.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use super::{Run, is_late};
use crate::error::{Error, Result};
use crate::http::MAX_RETRY_AFTER;
use crate::process::execute::execute;
use crate::process::fresh::{Again, read_again};
use crate::process::{Certainty, Outcome, Plan, PlannedCall, Queue, Verdict};
use crate::scope;

/// What the closure has decided is carried out though the deadline comes meanwhile: it may have made things already.
const GRACE: Duration = Duration::from_secs(10);

impl Run<'_> {
    /// Handles one object, or a part of it, under this id; `None` where the time was up before the closure saw it.
    pub(super) fn one<T: Queue>(
        &mut self,
        item: &T,
        id: &str,
        is_old: bool,
        wait: &mut impl FnMut(&T) -> Result<Option<T>>,
        decide: &mut impl FnMut(&T) -> Result<Plan>,
    ) -> Result<Option<Outcome>> {
        let (start, calls) = (Instant::now(), self.http.calls());
        let _request = scope::enter_request(id);
        let mut outcome = Outcome::errored(id.to_owned(), None);
        outcome.about(item);
        let again = match wait(item) {
            Ok(Some(item)) => Some(Ok(self.wanted.still(item))),
            Ok(None) => is_old.then(|| read_again(self.http, self.wanted, item.id())),
            Err(error) => Some(Err(error)),
        };
        match again {
            None => self.decided(item, decide, &mut outcome),
            Some(Ok(Again::Wanted(item))) => self.decided(&item, decide, &mut outcome),
            Some(Ok(Again::Stale(why))) => {
                (outcome.verdict, outcome.detail) = (Verdict::Stale, Some(why));
            }
            // Not the platform's failure: the time was up.
            Some(Err(_)) if is_late() => return Ok(None),
            Some(Err(error)) => outcome.error = Some(error),
        }
        self.memory.check()?;
        self.memory.leave(item, &mut outcome, &mut self.report);
        let stays = matches!(
            outcome.verdict,
            Verdict::Errored | Verdict::Skipped | Verdict::Later | Verdict::Reported
        );
        if !stays && !scope::is_dry_run() {
            self.pages.has_left(&outcome.id);
        }
        outcome.elapsed = start.elapsed();
        outcome.calls = self.http.calls() - calls;
        let failed = outcome.error.is_some();
        self.told.log(&outcome, &if failed { scope::trace() } else { String::new() });
        scope::request_done(failed);
        Ok(Some(outcome))
    }

    /// Asks the closure, and makes the calls of its plan.
    fn decided<T: Queue>(
        &mut self,
        item: &T,
        decide: &mut impl FnMut(&T) -> Result<Plan>,
        outcome: &mut Outcome,
    ) {
        let start = Instant::now();
        item.secrets().for_each(scope::hide);
        let decided = catch_unwind(AssertUnwindSafe(|| decide(item))).unwrap_or_else(|panic| {
            self.panics += 1;
            Err(Error::Handler(anyhow::anyhow!("the closure panicked: {}", panic_message(&*panic))))
        });
        // Whatever the closure answers: what the ledger refused while it ran is what becomes of the order, or of the run.
        let Some(decided) = self.memory.judge(decided, item.id()) else { return };
        let word = decided.as_ref().map_or("error", |plan| plan.verdict.as_str());
        scope::note_decision(word, start.elapsed());
        match decided {
            Ok(mut plan) if scope::is_dry_run() => {
                let planned = scope::take_planned().into_iter();
                plan.calls.splice(0..0, planned.map(|(path, body)| PlannedCall::held_back(path, body)));
                outcome.verdict = plan.verdict;
                outcome.certainty = Certainty::Planned;
                outcome.detail.clone_from(&plan.detail);
                outcome.plan = Some(plan);
            }
            Ok(plan) => self.carry_out(item, plan, outcome),
            Err(error) => {
                if error.is_of_unknown_fate() {
                    outcome.certainty = Certainty::Unknown;
                }
                outcome.error = Some(error);
            }
        }
    }

    fn carry_out<T: Queue>(&mut self, item: &T, plan: Plan, outcome: &mut Outcome) {
        let conversations = T::HAS_CONVERSATIONS.then_some(&mut self.conversations);
        scope::allow_at_least(GRACE);
        plan.secrets().for_each(scope::hide);
        if let Err(error) = self.memory.deciding(item, &plan) {
            outcome.error = error;
            return;
        }
        let executed = execute(self.http, &plan, item.id(), item.status(), conversations);
        if !plan.calls.is_empty() {
            self.storm.count(executed.error.as_ref(), MAX_RETRY_AFTER);
        }
        outcome.certainty = executed.certainty;
        outcome.warnings = executed.warnings;
        match executed.error {
            None => {
                outcome.verdict = plan.verdict;
                outcome.detail.clone_from(&plan.detail);
            }
            Some(conflict) if executed.stale => {
                (outcome.verdict, outcome.detail) = (Verdict::Stale, Some(conflict.to_string()));
                outcome
                    .warnings
                    .push("the closure had decided on it; what it made meanwhile is still there".into());
            }
            error => outcome.error = error,
        }
        self.unsettled.add_message(&outcome.id, executed.lost_message);
        if executed.lost {
            self.memory.lose(&plan, item.status());
            self.unsettled.add_order(item.id(), item.status(), plan);
        }
    }
}

/// The text of a panic.
pub(super) fn panic_message(panic: &(dyn Any + Send)) -> &str {
    match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
        (Some(text), _) => text,
        (_, Some(text)) => text,
        _ => "without a text",
    }
}
