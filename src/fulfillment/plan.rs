//! An answer about an order, turned into calls. Pure: nothing is sent here.

use serde::Serialize;
use serde_json::{Value, json};

use crate::error::{Error, Result};
use crate::models::{ParamUpdate, Request, timestamp};
use crate::process::{Action, Approval, ApprovalKind, Goal, Plan, Queue, Verdict};

/// The calls that carry out an answer about an order, for looking at and for tests of one's own closure.
///
/// ```
/// use connect::{Action, fulfillment, models::Request};
///
/// let request: Request = serde_json::from_str(r#"{"id": "PR-1", "status": "pending"}"#)?;
/// let plan = fulfillment::plan(&request, Err(Action::fail("too many")))?;
/// assert_eq!(plan.to_string(), r#"POST /requests/PR-1/fail {"reason":"too many"}"#);
/// # Ok::<(), anyhow::Error>(())
/// ```
///
/// # Errors
///
/// [`Error::Handler`] for an answer that is an error, [`Error::Input`] for one that cannot be sent.
pub fn plan(request: &Request, answer: Result<Approval, Action>) -> Result<Plan> {
    let object = Request::path(&request.id)?;
    match answer {
        Ok(approval) => approve(object, &approval, request),
        Err(Action::Fail(reason)) => Plan::fail(object, reason),
        Err(Action::Inquire(inquiry)) => {
            let body = Inquire { template_id: inquiry.template.as_deref() };
            let detail = inquiry.message.clone().unwrap_or_else(|| errors_of(&inquiry.params));
            Plan::new(Verdict::Inquired, object)
                .update(&Params::new(&inquiry.params), &inquiry.params, &request.asset.params)?
                .post("inquire", Some(&body), Goal::status("inquiring"))
                .map(|plan| plan.detail(detail).message(inquiry.message))
        }
        Err(Action::Skip(skip)) => Ok(Plan::skip(object, *skip, true)),
        Err(Action::Later(later)) => Ok(Plan::later(object, *later)),
        Err(Action::Pend) => Plan::pend(object),
        Err(Action::Schedule(date)) => {
            let planned_date = timestamp::format(date);
            let body = json!({ "planned_date": planned_date });
            let goal = Goal::status("scheduled");
            Plan::new(Verdict::Scheduled, object)
                .post("schedule", Some(&body), goal)
                .map(|plan| plan.detail(&planned_date))
        }
        Err(Action::Revoke(reason)) => {
            Plan::new(Verdict::Revoked, object).post_reason("revoke", reason, "revoked|revoking")
        }
        Err(Action::Confirm) => Plan::new(Verdict::Confirmed, object)
            .post_empty("confirm", Goal::status("pending|approved|revoked")),
        Err(Action::Error(error)) => Err(Error::Handler(error)),
    }
}

fn approve(object: String, approval: &Approval, request: &Request) -> Result<Plan> {
    approval.check()?;
    let dates = approval.dates.as_deref();
    let mut body = Approve {
        effective_date: dates.and_then(|dates| dates.effective).map(timestamp::format),
        asset: dates
            .and_then(|dates| dates.next_billing)
            .map(|date| json!({ "billing": { "next_date": timestamp::format(date) } })),
        ..Approve::default()
    };
    let mut goal = Goal::status("approved");
    let text = approval.text.as_str();
    let detail = match approval.kind {
        ApprovalKind::Template => {
            body.template_id = Some(text);
            goal.template = Some(text.to_owned());
            format!("template {text}")
        }
        ApprovalKind::Tile => {
            body.activation_tile = Some(text);
            "custom activation tile".to_owned()
        }
    };
    let message = format!("Activated using {detail}.");
    Plan::new(Verdict::Approved, object)
        .update(&Params::new(&approval.params), &approval.params, &request.asset.params)?
        .post("approve", Some(&body), goal)
        .map(|plan| plan.detail(detail).message(Some(message)))
}

/// What is wrong with each parameter, on one line.
pub(crate) fn errors_of(params: &[ParamUpdate]) -> String {
    let errors =
        params.iter().filter_map(|param| Some(format!("{}: {}", param.id, param.value_error.as_deref()?)));
    errors.collect::<Vec<_>>().join("; ")
}

#[derive(Debug, Serialize)]
pub(super) struct Params<'a> {
    asset: AssetParams<'a>,
}

#[derive(Debug, Serialize)]
struct AssetParams<'a> {
    params: &'a [ParamUpdate],
}

impl<'a> Params<'a> {
    pub(super) fn new(params: &'a [ParamUpdate]) -> Self {
        Self { asset: AssetParams { params } }
    }
}

#[derive(Default, Serialize)]
struct Approve<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    template_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    activation_tile: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    effective_date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    asset: Option<Value>,
}

#[derive(Serialize)]
pub(super) struct Inquire<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) template_id: Option<&'a str>,
}
