//! A decision as data: the calls that carry it out, before any of them is made.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use serde::Serialize;
use serde_json::json;

use super::{Later, Skip, Verdict};
use crate::error::{Error, Result};
use crate::http::{Reveal, masked, parse, to_json};
use crate::models::{Param, ParamUpdate};
use crate::text::{Limit, excerpt};

/// What will be sent for one request: printable, comparable, and carried out only by the loop.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Plan {
    /// What the plan leads to.
    pub verdict: Verdict,
    /// The template, the reason or why it was skipped, in words.
    pub detail: Option<String>,
    /// The calls in their order; one that fails ends the plan.
    pub calls: Vec<PlannedCall>,
    /// The text for the request's conversation, if it has one that is open.
    pub message: Option<String>,
    pub(crate) object: String,
    pub(crate) goal: Goal,
    /// Time after which an object that was put off is tried again.
    pub(crate) after: Option<Duration>,
}

/// One call of a [`Plan`].
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct PlannedCall {
    /// Path below the endpoint.
    pub path: String,
    /// What the call does to the object at its path.
    pub kind: CallKind,
    pub(crate) body: Option<Vec<u8>>,
    /// Parameters whose values are not to be printed.
    secrets: Vec<String>,
    /// Values of these.
    hidden: Vec<String>,
}

/// What a [`PlannedCall`] does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CallKind {
    /// A partial update, sent as PATCH or PUT, whichever this server takes.
    Update,
    /// A POST.
    Post,
}

/// Where the deciding POST leads, to recognise an object that is there already.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Goal {
    /// States with `|` between, the usual one first.
    pub(crate) statuses: Cow<'static, str>,
    pub(crate) template: Option<String>,
    pub(crate) reason: Option<String>,
    /// The answer is documented to hold the template and no status.
    pub(crate) answered_by_template: bool,
}

impl Plan {
    pub(crate) fn new(verdict: Verdict, object: impl Into<String>) -> Self {
        Self {
            verdict,
            detail: None,
            calls: Vec::new(),
            message: None,
            object: object.into(),
            goal: Goal::default(),
            after: None,
        }
    }

    /// Refuses the object for good.
    pub(crate) fn fail(object: String, reason: String) -> Result<Self> {
        Self::new(Verdict::Failed, object).post_reason("fail", reason, "failed")
    }

    /// Posts a reason.
    ///
    /// # Errors
    ///
    /// [`Error::Input`] without one: the customer reads nothing else.
    pub(crate) fn post_reason(
        self,
        action: &'static str,
        reason: String,
        leads_to: &'static str,
    ) -> Result<Self> {
        if reason.trim().is_empty() {
            let why = format!("{action} needs a reason, which the customer reads: nothing was sent");
            return Err(Error::input(why));
        }
        let goal = Goal { reason: Some(reason.clone()), ..Goal::status(leads_to) };
        Ok(self.post(action, Some(&json!({ "reason": reason })), goal)?.detail(reason))
    }

    /// Puts the object back to pending.
    pub(crate) fn pend(object: String) -> Result<Self> {
        Self::new(Verdict::Pended, object).post_empty("pend", Goal::status("pending"))
    }

    /// Leaves the object for a later run.
    pub(crate) fn later(object: String, later: Later) -> Self {
        let plan = Self { after: Some(later.after), ..Self::new(Verdict::Later, object) };
        plan.detail(later.why)
    }

    /// Leaves the object as it is; the reason is for the report, the message for a conversation if it can have one.
    pub(crate) fn skip(object: String, skip: Skip, has_conversation: bool) -> Self {
        let Skip { message, reason } = skip;
        let detail = reason.or_else(|| message.clone()).unwrap_or_default();
        Self::new(Verdict::Skipped, object).detail(detail).message(message.filter(|_| has_conversation))
    }

    /// The values that the plan sends and that may be secret.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &str> {
        self.calls.iter().flat_map(|call| &call.hidden).map(String::as_str)
    }

    pub(crate) fn sends_anything(&self) -> bool {
        !self.calls.is_empty() || self.message.is_some()
    }

    pub(crate) fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into()).filter(|detail| !detail.is_empty());
        self
    }

    pub(crate) fn message(mut self, message: Option<String>) -> Self {
        self.message = message.filter(|text| !text.trim().is_empty()).map(cut);
        self
    }

    /// Adds a partial update of the object itself, which stores `params` if there are any; `known` tells which of these are passwords.
    pub(crate) fn update(
        mut self,
        body: &impl Serialize,
        params: &[ParamUpdate],
        known: &[Param],
    ) -> Result<Self> {
        if params.is_empty() {
            return Ok(self);
        }
        let body = Some(to_json(body)?);
        // One that the object does not have may be anything.
        let harmless = |id: &str| {
            let mut of_id = known.iter().filter(|param| param.id == id).peekable();
            of_id.peek().is_some() && of_id.all(|param| !param.is_secret())
        };
        let (mut secrets, mut hidden) = (Vec::new(), Vec::new());
        for param in params.iter().filter(|param| !harmless(&param.id)) {
            secrets.push(param.id.clone());
            hidden.extend(param.value.clone());
        }
        let path = self.object.clone();
        self.calls.push(PlannedCall { path, kind: CallKind::Update, body, secrets, hidden });
        Ok(self)
    }

    /// Adds the POST of the object's `verb`, and what the object looks like when it has been carried out.
    pub(crate) fn post(mut self, verb: &str, body: Option<&impl Serialize>, goal: Goal) -> Result<Self> {
        let body = body.map(to_json).transpose()?;
        self.calls.push(PlannedCall {
            path: format!("{}/{verb}", self.object),
            kind: CallKind::Post,
            body,
            secrets: Vec::new(),
            hidden: Vec::new(),
        });
        self.goal = goal;
        Ok(self)
    }

    /// [`post`](Self::post) without a body.
    pub(crate) fn post_empty(self, verb: &str, goal: Goal) -> Result<Self> {
        self.post(verb, None::<&()>, goal)
    }
}

impl PlannedCall {
    /// An update by the closure itself, which a dry run did not send. Any of its values may be secret.
    pub(crate) fn held_back(path: String, body: Vec<u8>) -> Self {
        fn ids(value: &serde_json::Value, found: &mut Vec<String>) {
            match value {
                serde_json::Value::Array(list) => list.iter().for_each(|one| ids(one, found)),
                serde_json::Value::Object(object) => {
                    found.extend(object.get("id").and_then(|id| Some(id.as_str()?.to_owned())));
                    object.values().for_each(|one| ids(one, found));
                }
                _ => {}
            }
        }
        let mut secrets = Vec::new();
        ids(&parse(&body).unwrap_or_default(), &mut secrets);
        Self { path, kind: CallKind::Update, body: Some(body), secrets, hidden: Vec::new() }
    }

    /// The body, or `null` where there is none.
    pub fn body(&self) -> serde_json::Value {
        self.body.as_deref().and_then(|body| parse(body).ok()).unwrap_or_default()
    }
}

/// The platform takes messages of this length.
pub(crate) const MESSAGE: usize = 540;

fn cut(text: String) -> String {
    if text.chars().count() <= MESSAGE {
        text
    } else {
        excerpt(&text, Limit::Chars(MESSAGE - 1)).into_owned()
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.sends_anything() {
            return f.write_str("no call");
        }
        let mut separator = "";
        for call in &self.calls {
            write!(f, "{separator}{call}")?;
            separator = ", ";
        }
        match &self.message {
            Some(message) => write!(f, "{separator}message to its conversation, if one is open: {message:?}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for PlannedCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = match self.kind {
            CallKind::Update => "update",
            CallKind::Post => "POST",
        };
        write!(f, "{verb} {}", self.path)?;
        match &self.body {
            Some(body) => write!(f, " {}", masked(body, Reveal::AllBut(&self.secrets))),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for PlannedCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PlannedCall({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_message_is_cut_on_a_character() {
        assert_eq!(cut("é".repeat(540)), "é".repeat(540));
        let cut = cut("é".repeat(541));
        assert_eq!(cut.chars().count(), 540);
        assert_eq!(cut, format!("{}…", "é".repeat(539)));
    }

    #[test]
    fn only_the_values_of_secret_parameters_are_secrets_of_a_plan() {
        let known: Param = serde_json::from_value(serde_json::json!({"id": "name", "type": "text"})).unwrap();
        let params = [
            ParamUpdate::value("pw", "hunter2"),
            ParamUpdate::value("name", "Olmedo"),
            ParamUpdate::structured("pw", 7.into()),
        ];
        let plan = Plan::new(Verdict::Approved, "/requests/PR-1").update(&params, &params, &[known]).unwrap();
        assert_eq!(plan.secrets().collect::<Vec<_>>(), ["hunter2"]);
    }

    #[test]
    fn a_printed_plan_hides_the_values() {
        let body = serde_json::json!({"asset": {"params": [{"id": "pw", "value": "hunter2"}]}});
        let params = [ParamUpdate::value("pw", "hunter2")];
        let plan = Plan::new(Verdict::Approved, "/requests/PR-1").update(&body, &params, &[]).unwrap();
        assert_eq!(
            plan.to_string(),
            r#"update /requests/PR-1 {"asset":{"params":[{"id":"pw","value":"***"}]}}"#
        );
        assert!(!format!("{plan:?}").contains("hunter2"));
        assert!(format!("{plan:?}").contains(&format!("PlannedCall({plan})")), "{plan:?}");
        assert_eq!(plan.calls[0].body(), body);
    }
}
