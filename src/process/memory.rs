//! What a run asks its ledger, and tells it.

use std::collections::HashSet;
use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

use super::conversations::Conversations;
use super::share::Share;
use super::{Certainty, Options, Outcome, Plan, Queue, Report, Verdict};
use crate::error::{Error, LedgerError, LedgerErrorKind, Result};
use crate::http::Http;
use crate::ledger::{
    Attached, Attempts, Blame, Cause, Entered, Entry, InHand, Ledger, Left, Order, Outage, Refusal, Turn,
    Undos, ending, may_try,
};
use crate::scope;

mod attempts;
mod ended;
mod lost;
mod machines;
mod news;
mod outage;
#[cfg(feature = "xlsx")]
mod parts;

use lost::Lost;
#[cfg(feature = "xlsx")]
pub(crate) use parts::PartClaim;

/// What a run remembers between runs, where it has a ledger.
pub(super) struct Memory<'a> {
    ledger: Option<&'a Ledger>,
    attempts: Option<Attempts>,
    share: Option<Share>,
    /// Only orders whose steps have begun are handled.
    drains: bool,
    undos: Undos<'a>,
    tell_again: Option<Duration>,
    turn: Option<Turn>,
    /// The pause that the closure asked for.
    after: Option<Duration>,
    /// The deciding call of unknown fate.
    lost: Option<Lost>,
    /// What other workers vanished with, in the middle of a decision.
    vanished: Vec<InHand>,
    outage: Outage,
    has_ended_one: bool,
    has_decided_one: bool,
    /// Orders that failed by an error which may be the platform's: it counts once the platform is seen to work.
    suspects: Vec<(String, String)>,
    /// Ids of orders that are remembered and were met in this run.
    met: HashSet<u64>,
    hasher: RandomState,
    /// Orders whose last attempt was made in this run.
    died: Vec<String>,
    /// Orders that died earlier and whose note is not posted yet.
    unnoted: Vec<String>,
    /// Orders of which an undo failed in this run.
    stuck: HashSet<String>,
    /// The part that the last run died in.
    #[cfg(feature = "xlsx")]
    died_in: Option<String>,
    /// What the ledger could not be told.
    failure: Option<Error>,
}

/// Whether the closure is asked for an order.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Enter {
    Now,
    /// It was tried before: fresh ones come first.
    Retry,
    No,
}

/// The name of a queue's list in the ledger.
fn collection<T: Queue>() -> &'static str {
    T::LIST.trim_start_matches('/')
}

fn order<T: Queue>(item: &T) -> Order<'_> {
    Order { collection: collection::<T>(), id: item.id(), asset: item.asset_id(), created: item.created() }
}

/// An order of which only the id is known.
fn by_id<T: Queue>(id: &str) -> Order<'_> {
    Order { collection: collection::<T>(), id, asset: None, created: None }
}

/// The entry with an error that costs no attempt.
fn noted(entry: &Entry, error: &str, now: time::OffsetDateTime) -> Entry {
    let erred = if entry.error.as_deref() == Some(error) { entry.erred } else { Some(now) };
    Entry { error: Some(error.to_owned()), erred, ..entry.clone() }
}

impl<'a> Memory<'a> {
    /// Takes the ledger for the run; nothing where another run has it.
    pub(super) fn begin<T: Queue>(
        options: &mut Options<'a>,
        http: &Http,
        report: &mut Report,
    ) -> Result<Option<Self>> {
        let ledger = options.ledger;
        if ledger.is_some() {
            report.keep_news();
        }
        match ledger.map(|ledger| ledger.attach(Some(http.endpoint()))).transpose()? {
            Some(Attached::Held) => return Ok(None),
            Some(Attached::Ready { made: true, .. }) => {
                let remark = "the ledger is new: it does not know what was done before";
                report.announce(remark.into(), None);
            }
            Some(Attached::Ready { made: false, .. }) | None => {}
        }
        let mut memory = Self {
            ledger,
            attempts: options.attempts,
            share: options.share,
            drains: options.drains && T::ENDS,
            undos: std::mem::take(&mut options.undos),
            tell_again: options.tell_again,
            turn: None,
            after: None,
            lost: None,
            vanished: Vec::new(),
            outage: Outage::default(),
            has_ended_one: false,
            has_decided_one: false,
            suspects: Vec::new(),
            met: HashSet::new(),
            hasher: RandomState::new(),
            died: Vec::new(),
            unnoted: Vec::new(),
            stuck: HashSet::new(),
            #[cfg(feature = "xlsx")]
            died_in: None,
            failure: None,
        };
        memory.begin_share::<T>(report)?;
        memory.recall_outage::<T>(report)?;
        Ok(Some(memory))
    }

    /// What the last runs left to do: it comes before the list is read. Each outcome is handed to `told`.
    pub(super) fn prepare<T: Queue>(
        &mut self,
        http: &Http,
        conversations: &mut Conversations<'_>,
        report: &mut Report,
        told: &mut impl FnMut(&mut Report, Outcome),
    ) -> Result<()> {
        let Some(ledger) = self.ledger.filter(|_| !scope::is_dry_run() && T::ENDS) else { return Ok(()) };
        let died = ledger.died_of(collection::<T>());
        died.as_ref().map_or(Ok(()), |died| self.take_up::<T>(died))?;
        self.settle_lost::<T>(http, conversations, report, told)?;
        if let Some(outcome) = died.map_or(Ok(None), |died| self.blame_death::<T>(&died))? {
            told(report, outcome);
        }
        self.undo_leftovers::<T>(report, told)
    }

    /// Whether the order is handed to the closure now.
    ///
    /// What another worker died of is handed to `told`.
    pub(super) fn enter<T: Queue>(
        &mut self,
        item: &T,
        is_retry: bool,
        report: &mut Report,
        told: &mut impl FnMut(&mut Report, Outcome),
    ) -> Result<Enter> {
        let Some(ledger) = self.ledger else { return Ok(Enter::Now) };
        if !T::ENDS {
            self.turn = Some(ledger.enter_unclaimed());
            return Ok(Enter::Now);
        }
        let mut turn = match ledger.enter(&order(item))? {
            Entered::Turn(turn) => turn,
            Entered::Taken => return Ok(Enter::No),
            Entered::Behind => {
                self.meet(item.id());
                report.pass_behind();
                return Ok(Enter::No);
            }
        };
        if turn.is_known() {
            self.meet(item.id());
        }
        turn.meet(item.status());
        if turn.entry().round.is_some() {
            turn.begin_round(&item.round());
        }
        if let Some(died) = turn.take_death() {
            let is_counted = self.inherit::<T>(turn, died, &item.round(), report, told)?;
            return if is_counted { self.enter(item, is_retry, report, told) } else { Ok(Enter::No) };
        }
        let now = ledger.now();
        let entry = turn.entry();
        let enter = match may_try(entry, self.attempts.as_ref(), now) {
            _ if self.drains && !turn.has_steps() => {
                self.pass_new(item, report);
                Enter::No
            }
            // What became of the last decision is not known: no other one is carried out.
            _ if entry.plan.is_some() => {
                report.pass_waiting();
                Enter::No
            }
            Err(wait) if wait.is_dead => {
                report.pass_dead();
                self.tell_dead(entry, report);
                self.unnoted.extend(entry.due.filter(|due| *due <= now).map(|_| entry.id.clone()));
                Enter::No
            }
            Err(_) => {
                report.pass_waiting();
                if entry.later.is_some() {
                    self.remind(entry, &format!("{} is still put off", entry.id), report);
                }
                Enter::No
            }
            Ok(()) if !is_retry && (entry.error.is_some() || entry.later.is_some()) => Enter::Retry,
            Ok(()) if !is_retry && self.outage.defers() => Enter::Retry,
            Ok(()) if !self.outage.may_ask(entry, is_retry, now) => {
                report.pass_waiting();
                Enter::No
            }
            Ok(()) => Enter::Now,
        };
        if enter == Enter::Now {
            if !scope::is_dry_run() {
                ledger.store().in_hand(Some(&order(item)), None)?;
            }
            self.turn = Some(turn);
        } else {
            ledger.leave_turn(&turn, None)?;
        }
        Ok(enter)
    }

    fn meet(&mut self, id: &str) {
        self.met.insert(self.hasher.hash_one(id));
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
                if let Some(Err(error)) = turn.map(|turn| ledger.leave_turn(&turn, None)) {
                    log::warn!(target: "connect::process", "{id}: {error}");
                }
                self.failure = Some(error);
                return None;
            }
            Some(Refusal::Order(error)) => Err(error.into()),
            // What was decided is for another worker to carry out. What is reported was sent before.
            None if ledger.has_lost(turn)
                && decided.as_ref().is_ok_and(|plan| plan.verdict != Verdict::Reported) =>
            {
                let text = "the order is no longer this worker's: what was decided is not carried out";
                Err(LedgerError::new(LedgerErrorKind::ClaimLost, text).into())
            }
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

    /// The fate of the order's deciding call is unknown.
    pub(super) fn lose(&mut self, plan: &Plan, before: &str) {
        self.lost = self.ledger.map(|_| Lost::new(plan, before));
    }

    /// Remembers what became of the order.
    pub(super) fn leave<T: Queue>(&mut self, item: &T, outcome: &mut Outcome, report: &mut Report) {
        let (Some(ledger), Some(mut turn)) = (self.ledger, self.turn.take()) else { return };
        let left = if scope::is_dry_run() {
            ledger.leave_turn(&turn, None)
        } else if !T::ENDS {
            ledger.leave_part(&turn).map(|has_ended| self.has_ended_one |= has_ended)
        } else if outcome.verdict == Verdict::Errored {
            turn.begin_round(&item.round());
            self.erred::<T>(&turn, outcome, report)
        } else if outcome.verdict == Verdict::Later {
            turn.begin_round(&item.round());
            self.later(&turn, outcome)
        } else {
            self.decided::<T>(&turn, outcome, report)
        };
        self.failure = self.failure.take().or(left.err());
        if matches!(outcome.verdict, Verdict::Errored | Verdict::Later) {
            self.meet(item.id());
        }
        if outcome.verdict == Verdict::Stale {
            // It has left the list: what became of it is looked up.
            self.met.remove(&self.hasher.hash_one(item.id()));
        }
        self.mark::<T>(turn.entry(), outcome);
    }

    fn erred<T: Queue>(&mut self, turn: &Turn, outcome: &mut Outcome, report: &mut Report) -> Result<()> {
        let Some(ledger) = self.ledger else { return Ok(()) };
        if let Some(Error::Conflict(conflict)) = &outcome.error
            && ending(collection::<T>(), &conflict.found).is_some()
        {
            let found = conflict.found.clone();
            return self.ended_by_others::<T>(turn, &found, outcome, report);
        }
        if matches!(&outcome.error, Some(Error::Ledger(error)) if error.kind() == LedgerErrorKind::ClaimLost)
        {
            return ledger.leave_turn(turn, None);
        }
        let text = outcome.error.as_ref().map(Error::with_causes).unwrap_or_default();
        let (failed_in, _) = ledger.steps_run(turn);
        let lost = self.lost.take();
        if lost.is_some() || outcome.error.as_ref().is_some_and(Error::is_platform_failure) {
            let plan = lost.as_ref().and_then(Lost::json).or_else(|| turn.entry().plan.clone());
            let entry = Entry { plan, ..noted(turn.entry(), &text, ledger.now()) };
            self.suspects.push((outcome.id.clone(), text));
            return ledger.leave_turn(turn, Some(&entry));
        }
        let blame = match self.attempts {
            Some(_) => self.outage.failed(turn.entry(), Cause::new(failed_in, &text), ledger.now()),
            None => Blame::Order,
        };
        // When it tried last tells whose turn it is.
        let entry = Entry { due: Some(ledger.now()), ..noted(turn.entry(), &text, ledger.now()) };
        match blame {
            Blame::Order => self.count_attempt(turn, turn.entry(), &text, outcome)?,
            Blame::Outage => {
                ledger.leave_turn(turn, Some(&entry))?;
                self.save_outage::<T>(report)?;
            }
            Blame::Began(orders) => {
                ledger.leave_turn(turn, Some(&entry))?;
                for before in orders.iter().filter(|before| before.id != outcome.id) {
                    self.give_back::<T>(before)?;
                }
                self.save_outage::<T>(report)?;
            }
        }
        self.save_evidence::<T>()
    }

    fn decided<T: Queue>(&mut self, turn: &Turn, outcome: &mut Outcome, report: &mut Report) -> Result<()> {
        let Some(ledger) = self.ledger else { return Ok(()) };
        let (_, ran) = ledger.steps_run(turn);
        if let Some(away) = self.outage.worked(&ran) {
            self.forget_outage::<T>(&away, report)?;
        }
        self.save_evidence::<T>()?;
        let by_us = outcome.certainty != Certainty::AlreadyDone;
        match outcome.verdict {
            Verdict::Skipped | Verdict::Stale | Verdict::Reported => {
                // Who is skipped is not put off any more.
                let entry = Entry { later: None, due: None, ..turn.entry().clone() };
                return ledger.leave_turn(turn, Some(&entry).filter(|_| turn.entry().later.is_some()));
            }
            // It is not over: the customer is asked, or somebody else decides. What follows is another round.
            verdict if ending(collection::<T>(), verdict.as_str()).is_none() => {
                let entry = Entry {
                    attempts: 0,
                    due: None,
                    later: None,
                    error: None,
                    erred: None,
                    plan: None,
                    ..turn.entry().clone()
                };
                ledger.leave_turn(turn, Some(&entry).filter(|entry| *entry != turn.entry()))?;
            }
            verdict => {
                self.has_ended_one = true;
                match ledger.leave_ended(turn, verdict.as_str(), by_us)? {
                    Some(Left::Undo) => self.undo::<T>(outcome, report)?,
                    Some(Left::Adopted) => self.adopted::<T>(&outcome.id, report)?,
                    None => {}
                }
            }
        }
        self.has_decided_one = true;
        self.platform_works::<T>(report);
        Ok(())
    }

    /// Remembers what the end of the run found out of an order whose fate was unknown.
    pub(super) fn settled<T: Queue>(&mut self, outcome: &mut Outcome, report: &mut Report) {
        let Some(ledger) = self.ledger.filter(|_| T::ENDS) else { return };
        self.suspects.retain(|(id, _)| *id != outcome.id);
        let left = ledger.enter(&by_id::<T>(&outcome.id)).and_then(|entered| {
            let Entered::Turn(turn) = entered else { return Ok(()) };
            match &outcome.error {
                None => self.decided::<T>(&turn, outcome, report),
                Some(Error::Conflict(conflict)) => {
                    let found = conflict.found.clone();
                    self.ended_by_others::<T>(&turn, &found, outcome, report)
                }
                Some(_) => ledger.leave_turn(&turn, None),
            }
        });
        if let Err(error) = left {
            log::warn!(target: "connect::process", "{}: {error}", outcome.id);
        }
    }

    /// # Errors
    ///
    /// What the ledger could not be told: the run ends.
    pub(super) fn check(&mut self) -> Result<()> {
        self.failure.take().map_or(Ok(()), Err)
    }

    /// Gives back what is still in hand, forgets what ended a day ago, and tells of what died and what is left.
    pub(super) fn finish<T: Queue>(&mut self, conversations: &mut Conversations<'_>, report: &mut Report) {
        let Some(ledger) = self.ledger else { return };
        let mut left = self.turn.take().map_or(Ok(()), |turn| ledger.leave_turn(&turn, None));
        if !scope::is_dry_run() {
            left = left.and_then(|()| ledger.store().in_hand(None, None));
            left = left.and_then(|()| self.note_deaths::<T>(conversations, report));
            left = left.and_then(|()| self.tell_half_done::<T>(report));
            left = left.and_then(|()| self.tell_leftovers::<T>(report));
            if self.has_ended_one {
                left = left.and_then(|()| ledger.sweep());
            }
        }
        if let Err(error) = left {
            log::warn!(target: "connect::process", "{error}");
        }
    }
}
