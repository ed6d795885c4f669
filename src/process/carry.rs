//! Carries a plan out, and finds out what became of a call whose answer was lost.

use serde::Deserialize;

use super::talk::Talk;
use super::{Certainty, Goal, Plan, Verdict};
use crate::error::{Conflict, Error, Result};
use crate::http::{Http, Method};

/// What carrying out a plan came to.
#[derive(Debug, Default)]
pub(crate) struct Carried {
    pub(crate) certainty: Certainty,
    pub(crate) warnings: Vec<String>,
}

/// Makes the plan's calls in their order; the first that fails ends it.
///
/// `before` is the state that the object was listed in.
pub(crate) fn carry_out(
    http: &Http,
    plan: &Plan,
    id: &str,
    before: &str,
    talk: Option<&mut Talk<'_>>,
) -> Result<Carried> {
    let mut carried = Carried::default();
    let goal = plan.goal.as_ref();
    for call in &plan.calls {
        let body = call.body.as_deref();
        carried.certainty = match (call.method(), goal) {
            (Method::Put, _) => match update(http, plan, id, before, &call.path, body.unwrap_or(b"{}"))? {
                Certainty::AlreadyDone => {
                    carried.certainty = Certainty::AlreadyDone;
                    carried.warnings.push(
                        "its parameters were not stored, since it was brought there by someone else".into(),
                    );
                    return Ok(carried);
                }
                certainty => certainty,
            },
            (_, Some(goal)) => {
                decide(http, &Deed { goal, object: &plan.object, path: &call.path, body, id, before })?
            }
            (method, None) => {
                http.recycle(http.once(method, &call.path, body)?);
                Certainty::Confirmed
            }
        };
    }
    let (Some(text), Some(talk)) = (&plan.message, talk) else { return Ok(carried) };
    if carried.certainty != Certainty::AlreadyDone {
        let said =
            if plan.verdict == Verdict::Skipped { talk.say_once(id, text) } else { talk.say(id, text) };
        if let Err(error) = said {
            carried.warnings.push(format!("its message was not posted: {error}"));
        }
    }
    Ok(carried)
}

/// A POST that brings an object to another state, and must not do so twice.
struct Deed<'a> {
    goal: &'a Goal,
    object: &'a str,
    path: &'a str,
    body: Option<&'a [u8]>,
    id: &'a str,
    before: &'a str,
}

/// Posts until it is known what became of it: carried out, refused, or overtaken by somebody else.
fn decide(http: &Http, deed: &Deed<'_>) -> Result<Certainty> {
    let Deed { goal, object, path, body, id, before } = *deed;
    let mut attempt = 1;
    let mut lost = false;
    loop {
        let error = match http.once(Method::Post, path, body) {
            Ok(answer) => {
                http.recycle(answer);
                return Ok(Certainty::Confirmed);
            }
            Err(error) => error,
        };
        lost |= error.may_have_happened();
        if !error.may_have_happened() && !is_refusal(&error) {
            return Err(error);
        }
        match goal.compare(http, object, id, before) {
            Ok(Standing::Reached) => {
                return Ok(if lost { Certainty::Observed } else { Certainty::AlreadyDone });
            }
            Ok(Standing::Elsewhere(conflict)) => return Err(Error::Conflict(Box::new(conflict))),
            // Still as it was: the refusal is meant, and a call that was lost may be sent again.
            Ok(Standing::Before) if is_refusal(&error) => return Err(error),
            Ok(Standing::Before) if http.wait_before_again(attempt, &error) => attempt += 1,
            Ok(Standing::Before) => return Err(error),
            Err(look_up) => {
                log::warn!(target: "connect::process", "{id}: what became of POST {path} is not known: {look_up}");
                return Err(error);
            }
        }
    }
}

/// An update may be repeated, so only a refusal is looked at: somebody else may have handled the object.
fn update(http: &Http, plan: &Plan, id: &str, before: &str, path: &str, body: &[u8]) -> Result<Certainty> {
    let error = match http.update(path, body) {
        Ok(answer) => {
            http.recycle(answer);
            return Ok(Certainty::Confirmed);
        }
        Err(error) => error,
    };
    let Some(goal) = plan.goal.as_ref().filter(|_| is_refusal(&error)) else { return Err(error) };
    match goal.compare(http, &plan.object, id, before) {
        Ok(Standing::Reached) => Ok(Certainty::AlreadyDone),
        Ok(Standing::Elsewhere(conflict)) => Err(Error::Conflict(Box::new(conflict))),
        Ok(Standing::Before) | Err(_) => Err(error),
    }
}

/// A refusal that the object's state may explain.
fn is_refusal(error: &Error) -> bool {
    error
        .status()
        .is_some_and(|status| (400..500).contains(&status) && !matches!(status, 401 | 403 | 405 | 408 | 429))
}

enum Standing {
    Reached,
    Before,
    Elsewhere(Conflict),
}

/// The parts of any object that tell whether a deciding POST was carried out.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Look {
    status: Option<String>,
    reason: Option<String>,
    rejection_note: Option<String>,
    template: Option<LookTemplate>,
    asset: Option<LookAsset>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct LookAsset {
    template: Option<LookTemplate>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct LookTemplate {
    id: Option<String>,
}

impl Goal {
    /// A goal that only the state tells.
    pub(crate) fn status(statuses: &'static [&'static str]) -> Self {
        Self { statuses, ..Self::default() }
    }

    fn compare(&self, http: &Http, object: &str, id: &str, before: &str) -> Result<Standing> {
        let look: Look = match http.get(object) {
            Ok(look) => look,
            Err(error) if error.is_not_found() && self.statuses.contains(&"deleted") => {
                return Ok(Standing::Reached);
            }
            Err(error) => return Err(error),
        };
        Ok(self.standing(look, id, before))
    }

    fn standing(&self, look: Look, id: &str, before: &str) -> Standing {
        let found = look.status.unwrap_or_default();
        let is = |status: &str| found.eq_ignore_ascii_case(status);
        // Where it was in the wanted state already, the state cannot tell.
        if is(before) {
            return Standing::Before;
        }
        let wanted = self.statuses.first().copied().unwrap_or_default();
        let conflict = |difference| {
            Standing::Elsewhere(Conflict {
                id: id.into(),
                wanted: wanted.into(),
                found: found.clone(),
                difference,
            })
        };
        if !self.statuses.iter().any(|status| is(status)) {
            return conflict(None);
        }
        let template =
            look.template.or(look.asset.and_then(|asset| asset.template)).and_then(|template| template.id);
        let reason = look.reason.or(look.rejection_note);
        // What the platform does not tell cannot differ.
        let differs = |ours: &Option<String>, theirs: &Option<String>| match (ours, theirs) {
            (Some(ours), Some(theirs)) => !theirs.is_empty() && ours.trim() != theirs.trim(),
            _ => false,
        };
        match (&template, &reason) {
            (Some(theirs), _) if differs(&self.template, &template) => {
                conflict(Some(format!("template {theirs}")))
            }
            (_, Some(theirs)) if differs(&self.reason, &reason) => {
                conflict(Some(format!("reason {theirs:?}")))
            }
            _ => Standing::Reached,
        }
    }
}
