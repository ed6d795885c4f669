//! What a run asks its ledger, and tells it.

use std::time::Duration;

use super::{Options, Outcome, Plan, Queue, Report, Verdict};
use crate::error::{Error, Result};
use crate::http::Http;
use crate::ledger::{Attached, Attempts, Entry, Ledger, Order, Refusal, Turn, failed, may_try, put_off};
use crate::scope;

/// What a run remembers between runs, where it has a ledger.
pub(super) struct Memory<'a> {
    ledger: Option<&'a Ledger>,
    attempts: Option<Attempts>,
    turn: Option<Turn>,
    /// The pause that the closure asked for.
    after: Option<Duration>,
    has_ended_one: bool,
    /// Orders that failed by an error which may be the platform's: it counts once the platform is seen to work.
    suspects: Vec<(Turn, String)>,
    /// What the ledger could not be told.
    failure: Option<Error>,
}

/// The name of a queue's list in the ledger.
fn collection<T: Queue>() -> &'static str {
    T::LIST.trim_start_matches('/')
}

fn order<T: Queue>(item: &T) -> Order<'_> {
    Order { collection: collection::<T>(), id: item.id(), asset: item.asset_id(), created: item.created() }
}

impl<'a> Memory<'a> {
    /// Takes the ledger for the run; nothing where another run has it.
    pub(super) fn begin(options: &Options<'a>, http: &Http, report: &mut Report) -> Result<Option<Self>> {
        let ledger = options.ledger;
        match ledger.map(|ledger| ledger.attach(Some(http.endpoint()))).transpose()? {
            Some(Attached::Held) => return Ok(None),
            Some(Attached::Ready { made: true, .. }) => {
                report.warn("the ledger is new: it does not know what was done before".into());
            }
            Some(Attached::Ready { made: false, .. }) | None => {}
        }
        let attempts = options.attempts;
        Ok(Some(Self {
            ledger,
            attempts,
            turn: None,
            after: None,
            has_ended_one: false,
            suspects: Vec::new(),
            failure: None,
        }))
    }

    /// Whether the order is handed to the closure now.
    pub(super) fn enter<T: Queue>(&mut self, item: &T, report: &mut Report) -> Result<bool> {
        let Some(ledger) = self.ledger else { return Ok(true) };
        if !T::ENDS {
            self.turn = Some(ledger.enter_unclaimed());
            return Ok(true);
        }
        let Some(mut turn) = ledger.enter(&order(item))? else { return Ok(false) };
        if turn.entry().round.is_some() {
            turn.begin_round(&item.round());
        }
        if let Err(wait) = may_try(turn.entry(), self.attempts.as_ref(), ledger.now()) {
            if wait.is_dead {
                report.pass_dead();
            } else {
                report.pass_waiting();
            }
            self.failure = ledger.leave_turn(&turn, None, None).err();
            self.check()?;
            return Ok(false);
        }
        self.turn = Some(turn);
        Ok(true)
    }

    /// What becomes of the order by what the ledger refused while the closure ran.
    ///
    /// Nothing where the ledger cannot remember: the run ends, as [`check`](Self::check) says.
    pub(super) fn judge(&mut self, decided: Result<Plan>, id: &str) -> Option<Result<Plan>> {
        let (Some(ledger), Some(turn)) = (self.ledger, &self.turn) else { return Some(decided) };
        self.after = decided.as_ref().ok().and_then(|plan| plan.after);
        let (refusal, planned) = ledger.take_refusal(turn);
        Some(match refusal {
            Some(Refusal::Run(error)) => {
                let turn = self.turn.take();
                if let Some(Err(error)) = turn.map(|turn| ledger.leave_turn(&turn, None, None)) {
                    log::warn!(target: "connect::process", "{id}: {error}");
                }
                self.failure = Some(error);
                return None;
            }
            Some(Refusal::Order(error)) => Err(error.into()),
            Some(Refusal::Later(error) | Refusal::DryRun(error)) => {
                Ok(Plan::new(Verdict::Later, id).detail(error.to_string()))
            }
            None if planned.is_empty() => decided,
            None => decided.map(|plan| {
                let detail = plan.detail.clone().unwrap_or_default();
                plan.detail(format!("after the steps {}: {detail}", planned.join(", ")))
            }),
        })
    }

    /// Remembers what became of the order.
    pub(super) fn leave<T: Queue>(&mut self, item: &T, outcome: &mut Outcome) {
        let (Some(ledger), Some(mut turn)) = (self.ledger, self.turn.take()) else { return };
        if scope::is_dry_run() || !T::ENDS {
            self.failure = ledger.leave_turn(&turn, None, None).err();
            return;
        }
        let left = match outcome.verdict {
            Verdict::Errored => {
                turn.begin_round(&item.round());
                let text = outcome.error.as_ref().map(Error::with_causes).unwrap_or_default();
                if outcome.error.as_ref().is_some_and(Error::is_platform_failure) {
                    self.suspects.push((turn, text));
                    return;
                }
                let entry = failed(turn.entry(), self.attempts.as_ref(), &text, ledger.now());
                if entry.dead.is_some() {
                    let attempts = entry.attempts;
                    outcome
                        .warnings
                        .push(format!("attempt {attempts} was the last one: it is not tried any more"));
                }
                ledger.leave_turn(&turn, Some(&entry), None)
            }
            Verdict::Later => match put_off(turn.entry(), self.after, ledger.now()) {
                Ok(entry) => ledger.leave_turn(&turn, Some(&entry), None),
                Err(text) => {
                    outcome.verdict = Verdict::Errored;
                    outcome.error = Some(Error::Handler(anyhow::Error::msg(text)));
                    ledger.leave_turn(&turn, None, None)
                }
            },
            Verdict::Skipped | Verdict::Stale | Verdict::Reported => ledger.leave_turn(&turn, None, None),
            // It is not over: the customer is asked, or it waits for a day. What follows is another round.
            Verdict::Inquired | Verdict::Pended | Verdict::Scheduled | Verdict::Confirmed => {
                let entry = Entry {
                    attempts: 0,
                    due: None,
                    later: None,
                    error: None,
                    erred: None,
                    ..turn.entry().clone()
                };
                ledger.leave_turn(&turn, Some(&entry).filter(|entry| *entry != turn.entry()), None)
            }
            verdict => {
                self.has_ended_one = true;
                ledger.leave_turn(&turn, None, Some(verdict.as_str()))
            }
        };
        self.failure = left.err();
        if !matches!(
            outcome.verdict,
            Verdict::Errored | Verdict::Skipped | Verdict::Stale | Verdict::Later | Verdict::Reported
        ) {
            self.platform_works();
        }
    }

    /// Remembers what the end of the run found out of an order whose fate was unknown.
    pub(super) fn settled<T: Queue>(&mut self, outcome: &Outcome) {
        let Some(ledger) = self.ledger.filter(|_| T::ENDS && outcome.error.is_none()) else { return };
        let held = self.suspects.iter().position(|(turn, _)| turn.entry().id == outcome.id);
        let order = Order { collection: collection::<T>(), id: &outcome.id, asset: None, created: None };
        let turn = match held {
            Some(at) => Ok(Some(self.suspects.remove(at).0)),
            None => ledger.enter(&order),
        };
        let left = turn.and_then(|turn| match turn {
            Some(turn) => ledger.leave_turn(&turn, None, Some(outcome.verdict.as_str())),
            None => Ok(()),
        });
        if let Err(error) = left {
            log::warn!(target: "connect::process", "{}: {error}", outcome.id);
        }
    }

    /// What failed by an error of the platform's kind was the orders' own: another order was decided since.
    pub(super) fn platform_works(&mut self) {
        let Some(ledger) = self.ledger else { return };
        for (turn, text) in std::mem::take(&mut self.suspects) {
            let entry = failed(turn.entry(), self.attempts.as_ref(), &text, ledger.now());
            let left = ledger.leave_turn(&turn, Some(&entry), None);
            self.failure = self.failure.take().or(left.err());
        }
    }

    /// # Errors
    ///
    /// What the ledger could not be told: the run ends.
    pub(super) fn check(&mut self) -> Result<()> {
        self.failure.take().map_or(Ok(()), Err)
    }

    /// Gives back what is still in hand, and forgets what ended a day ago.
    pub(super) fn finish(&mut self) {
        let Some(ledger) = self.ledger else { return };
        let mut left = self.turn.take().map_or(Ok(()), |turn| ledger.leave_turn(&turn, None, None));
        for (turn, _) in std::mem::take(&mut self.suspects) {
            left = left.and(ledger.leave_turn(&turn, None, None));
        }
        if self.has_ended_one && left.is_ok() {
            left = ledger.sweep();
        }
        if let Err(error) = left {
            log::warn!(target: "connect::process", "{error}");
        }
    }
}
