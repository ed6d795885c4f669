//! A deciding call of unknown fate, kept until the next run finds out.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::conversations::{Conversations, unsaid};
use super::super::look_up::look_up;
use super::super::snapshot::State;
use super::ended::HOUR;
use super::{Memory, by_id, collection, order};
use crate::error::{Error, LedgerErrorKind, Result};
use crate::http::Http;
use crate::ledger::{Entered, Entry, InHand, Ledger, Turn, Which, may_try};
use crate::process::{Certainty, Goal, Outcome, Plan, Queue, Report, Verdict};

/// What is needed to recognise that the call was carried out, and to do what comes after it.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Lost {
    verdict: Verdict,
    object: String,
    before: String,
    statuses: String,
    template: Option<String>,
    reason: Option<String>,
    detail: Option<String>,
    message: Option<String>,
}

impl Lost {
    pub(super) fn new(plan: &Plan, before: &str) -> Self {
        Self {
            verdict: plan.verdict,
            object: plan.object.clone(),
            before: before.to_owned(),
            statuses: plan.goal.statuses.clone().into_owned(),
            template: plan.goal.template.clone(),
            reason: plan.goal.reason.clone(),
            detail: plan.detail.clone(),
            message: plan.message.clone(),
        }
    }

    /// What the next run must know if this one dies meanwhile: no text that only the customer may read.
    pub(super) fn in_short(plan: &Plan, before: &str) -> Self {
        Self { detail: None, message: None, ..Self::new(plan, before) }
    }

    pub(super) fn json(&self) -> Option<String> {
        serde_json::to_string(self).ok()
    }

    fn goal(&self) -> Goal {
        Goal {
            statuses: self.statuses.clone().into(),
            template: self.template.clone(),
            reason: self.reason.clone(),
            answered_by_template: false,
        }
    }
}

/// Gives the order back with the decision whose fate is to be found out.
fn keep_plan(ledger: &Ledger, turn: &Turn, died: &InHand) -> Result<()> {
    let plan = turn.entry().plan.clone().or_else(|| died.plan.clone());
    ledger.leave_turn(turn, Some(&Entry { plan, ..turn.entry().clone() }))
}

impl Memory<'_> {
    /// The call that decides on the order is about to be made.
    ///
    /// # Errors
    ///
    /// Where the ledger of many workers cannot note it, the call is not made: the order's error, or nothing where the run
    /// ends by it, as [`check`](Self::check) says.
    pub(in crate::process) fn deciding<T: Queue>(
        &mut self,
        item: &T,
        plan: &Plan,
    ) -> std::result::Result<(), Option<Error>> {
        let Some(ledger) = self.ledger.filter(|_| T::ENDS && !plan.calls.is_empty()) else { return Ok(()) };
        let short = Lost::in_short(plan, item.status()).json();
        let Err(error) = ledger.store().in_hand(Some(&order(item)), short.as_deref()) else { return Ok(()) };
        if !self.is_shared() {
            log::debug!(target: "connect::process", "{}: {error}", item.id());
            return Ok(());
        }
        if matches!(&error, Error::Ledger(error) if error.kind() == LedgerErrorKind::ClaimLost) {
            return Err(Some(error));
        }
        self.failure = Some(error);
        Err(None)
    }

    /// The last run died while it had this order in hand. Its deciding call may have been made: that is found out first.
    pub(super) fn take_up<T: Queue>(&self, died: &InHand) -> Result<()> {
        let Some(ledger) = self.ledger.filter(|_| died.plan.is_some()) else { return Ok(()) };
        match ledger.enter(&by_id::<T>(&died.id))? {
            Entered::Turn(turn) => keep_plan(ledger, &turn, died),
            Entered::Behind | Entered::Taken => Ok(()),
        }
    }

    /// That the run died counts as an attempt of the order, unless it is over or its deciding call was or may have been made.
    pub(super) fn blame_death<T: Queue>(&mut self, died: &InHand) -> Result<Option<Outcome>> {
        let Some(ledger) = self.ledger else { return Ok(None) };
        let known = ledger.store().read(&died.collection, &died.id)?;
        let is_open = known
            .as_ref()
            .map_or(died.plan.is_none(), |(entry, _)| entry.ended.is_none() && entry.plan.is_none());
        if !is_open {
            return Ok(None);
        }
        let Entered::Turn(turn) = ledger.enter(&by_id::<T>(&died.id))? else { return Ok(None) };
        self.blame::<T>(&turn).map(Some)
    }

    fn blame<T: Queue>(&mut self, turn: &Turn) -> Result<Outcome> {
        let text = "the process ended while it had this order in hand";
        let error = Error::Handler(anyhow::Error::msg(text));
        let mut outcome = Outcome::errored(turn.entry().id.clone(), Some(error));
        self.count_attempt(turn, turn.entry(), text, &mut outcome)?;
        self.mark::<T>(turn.entry(), &mut outcome);
        Ok(outcome)
    }

    /// Another worker vanished with the order in hand, and this one has it now. Where it was about to decide, it is found
    /// out at the end of the walk whether it has. Anything else counts as an attempt: true, and the order is to be entered
    /// anew.
    pub(super) fn inherit<T: Queue>(
        &mut self,
        mut turn: Turn,
        died: InHand,
        round: &Value,
        report: &mut Report,
        told: &mut impl FnMut(&mut Report, Outcome),
    ) -> Result<bool> {
        let Some(ledger) = self.ledger else { return Ok(true) };
        if died.plan.is_some() {
            self.meet(&died.id);
            report.pass_waiting();
            self.keep_for_later(&turn, died)?;
            return Ok(false);
        }
        // It was claimed, and would not have been tried.
        if may_try(turn.entry(), self.attempts.as_ref(), ledger.now()).is_err() || turn.entry().plan.is_some()
        {
            return ledger.leave_turn(&turn, None).map(|()| true);
        }
        turn.begin_round(round);
        let outcome = self.blame::<T>(&turn)?;
        self.meet(&outcome.id);
        told(report, outcome);
        Ok(true)
    }

    /// Notes the decision that another worker was about to carry out.
    pub(super) fn keep_for_later(&mut self, turn: &Turn, died: InHand) -> Result<()> {
        let Some(ledger) = self.ledger else { return Ok(()) };
        keep_plan(ledger, turn, &died)?;
        self.vanished.push(died);
        Ok(())
    }

    /// Finds out whether workers that vanished had carried out what they were about to decide.
    pub(super) fn settle_vanished<T: Queue>(
        &mut self,
        http: &Http,
        conversations: &mut Conversations<'_>,
        report: &mut Report,
        told: &mut impl FnMut(&mut Report, Outcome),
    ) -> Result<()> {
        if self.vanished.is_empty() {
            return Ok(());
        }
        self.settle_lost::<T>(http, conversations, report, told)?;
        for died in std::mem::take(&mut self.vanished) {
            if let Some(outcome) = self.blame_death::<T>(&died)? {
                told(report, outcome);
            }
        }
        Ok(())
    }

    /// Finds out what became of the calls whose fate was unknown when their runs ended.
    ///
    /// What cannot be looked up stays unknown, and no other decision is carried out for it.
    pub(super) fn settle_lost<T: Queue>(
        &mut self,
        http: &Http,
        conversations: &mut Conversations<'_>,
        report: &mut Report,
        told: &mut impl FnMut(&mut Report, Outcome),
    ) -> Result<()> {
        let Some(ledger) = self.ledger else { return Ok(()) };
        let mut lost: Vec<(Entry, Lost)> = Vec::new();
        ledger.store().each(collection::<T>(), Which::Open, &mut |entry| {
            let plan = entry.plan.as_deref().and_then(|plan| serde_json::from_str(plan).ok());
            if let Some(plan) = plan.filter(|_| entry.ended.is_none()) {
                lost.push((entry, plan));
            }
        })?;
        let (mut found, mut missing) = (Vec::new(), Vec::new());
        let looked = look_up::<T, _>(
            http,
            lost,
            |(entry, _)| &entry.id,
            |(entry, plan), snapshot| {
                let Some(now) = snapshot else { return missing.push(entry) };
                if let Ok(state) = plan.goal().compare(now, &plan.object, &entry.id, &plan.before) {
                    found.push((entry, plan, state));
                }
            },
        );
        // Those that could not be looked up are passed over until they are.
        if let Err(error) = looked {
            log::warn!(target: "connect::process", "what is unknown could not be looked up: {error}");
        }
        let now = ledger.now();
        missing.retain(|entry| entry.looked.is_none_or(|looked| now - looked >= HOUR));
        let notes: Vec<_> = missing.iter().map(|entry| self.seen(entry, None, report)).collect();
        ledger.store().note(collection::<T>(), &notes, now)?;
        for (entry, plan, state) in found {
            let Entered::Turn(turn) = ledger.enter(&by_id::<T>(&entry.id))? else { continue };
            let mut outcome = Outcome::errored(entry.id.clone(), None);
            match state {
                // It was not carried out: the closure is asked again.
                None => {
                    ledger.leave_turn(&turn, Some(&Entry { plan: None, ..turn.entry().clone() }))?;
                    continue;
                }
                Some(State::Reached) => {
                    (outcome.verdict, outcome.certainty) = (plan.verdict, Certainty::Observed);
                    outcome.detail.clone_from(&plan.detail);
                    let message = plan.message.as_ref().filter(|_| T::HAS_CONVERSATIONS);
                    // A run that was killed meanwhile may have posted it.
                    let posted = message.map(|text| conversations.post_unless_last(&entry.id, text));
                    outcome.warnings.extend(posted.and_then(|posted| unsaid(&posted, plan.verdict)));
                    self.decided::<T>(&turn, &mut outcome, report)?;
                }
                Some(State::Elsewhere(conflict)) => {
                    self.ended_by_others::<T>(&turn, &conflict.found, &mut outcome, report)?;
                    outcome.error = Some(Error::Conflict(conflict));
                }
            }
            self.mark::<T>(turn.entry(), &mut outcome);
            told(report, outcome);
        }
        Ok(())
    }
}
