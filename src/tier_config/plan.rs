//! An answer about a tier config request, turned into calls. Pure: nothing is sent here.

use serde::Serialize;

use crate::error::{Error, Result};
use crate::fulfillment::errors_of;
use crate::models::{ParamUpdate, TierConfigRequest, timestamp};
use crate::process::{Action, Approval, ApprovalKind, Goal, Plan, Queue, Verdict};

/// The calls that carry out an answer about a tier config request, for looking at and for tests of one's own closure.
///
/// # Errors
///
/// [`Error::Handler`] for an answer that is an error, [`Error::Input`] for one that cannot be said of these requests.
pub fn plan(request: &TierConfigRequest, answer: Result<Approval, Action>) -> Result<Plan> {
    let object = TierConfigRequest::path(&request.id)?;
    match answer {
        Ok(approval) => approve(object, &approval, request),
        Err(Action::Fail(reason)) => Plan::fail(object, reason),
        Err(Action::Inquire(inquiry)) => {
            if inquiry.template.is_some() {
                return Err(Error::input("a tier config request is inquired without a template"));
            }
            let detail = inquiry.message.unwrap_or_else(|| errors_of(&inquiry.params));
            Plan::new(Verdict::Inquired, object)
                .update(&Params { params: &inquiry.params }, &inquiry.params, &request.params)?
                .post_empty("inquire", Goal::status("inquiring"))
                .map(|plan| plan.detail(detail))
        }
        Err(Action::Skip(skip)) => Ok(Plan::skip(object, *skip, false)),
        Err(Action::Later(later)) => Ok(Plan::later(object, *later)),
        Err(Action::Pend) => Plan::pend(object),
        Err(Action::Error(error)) => Err(Error::Handler(error)),
        Err(other) => Err(Error::input(format!("{} is no answer to a tier config request", other.name()))),
    }
}

fn approve(object: String, approval: &Approval, request: &TierConfigRequest) -> Result<Plan> {
    approval.check()?;
    let dates = approval.dates.clone().unwrap_or_default();
    if dates.next_billing.is_some() {
        return Err(Error::input("a tier config request has no next billing date"));
    }
    let effective_date = dates.effective.map(timestamp::format);
    let text = approval.text.as_str();
    let mut goal = Goal { answered_by_template: true, ..Goal::status("approved") };
    let (template, detail) = match approval.kind {
        ApprovalKind::Template => {
            goal.template = Some(text.to_owned());
            (Template { id: Some(text), representation: None, effective_date }, format!("template {text}"))
        }
        ApprovalKind::Tile => (
            Template { id: None, representation: Some(text), effective_date },
            "custom activation tile".to_owned(),
        ),
    };
    Plan::new(Verdict::Approved, object)
        .update(&Params { params: &approval.params }, &approval.params, &request.params)?
        .post("approve", Some(&Approve { template }), goal)
        .map(|plan| plan.detail(detail))
}

#[derive(Serialize)]
pub(super) struct Params<'a> {
    pub(super) params: &'a [ParamUpdate],
}

#[derive(Serialize)]
struct Approve<'a> {
    template: Template<'a>,
}

#[derive(Serialize)]
struct Template<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    representation: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    effective_date: Option<String>,
}
