//! A deciding call of unknown fate, kept until the next run finds out.

use serde::{Deserialize, Serialize};

use super::super::conversations::Conversations;
use super::super::look_up::look_up;
use super::super::snapshot::State;
use super::{Memory, by_id, collection};
use crate::error::{Error, Result};
use crate::http::Http;
use crate::ledger::{Entered, Entry, Which};
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

impl Memory<'_> {
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
        let mut found = Vec::new();
        look_up::<T, _>(
            http,
            lost,
            |(entry, _)| &entry.id,
            |(entry, plan), snapshot| {
                let state =
                    snapshot.map(|now| plan.goal().compare(now, &plan.object, &entry.id, &plan.before));
                if let Some(Ok(state)) = state {
                    found.push((entry, plan, state));
                }
            },
        )?;
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
                    if let Some(Err(error)) = message.map(|text| conversations.post(&entry.id, text)) {
                        outcome.warnings.push(error.to_string());
                    }
                    self.decided::<T>(&turn, &mut outcome, report)?;
                }
                Some(State::Elsewhere(conflict)) => {
                    self.ended_elsewhere::<T>(&turn, &conflict.found, report)?;
                    outcome.error = Some(Error::Conflict(conflict));
                }
            }
            self.mark::<T>(turn.entry(), &mut outcome);
            told(report, outcome);
        }
        Ok(())
    }
}
