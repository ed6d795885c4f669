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
    /// What ended it early.
    pub(crate) error: Option<Error>,
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
) -> Carried {
    let mut carried = Carried::default();
    let goal = plan.goal.as_ref();
    for call in &plan.calls {
        let body = call.body.as_deref();
        let done = match (call.method(), goal) {
            (Method::Put, _) => update(http, plan, id, before, &call.path, body.unwrap_or(b"{}")),
            (_, Some(goal)) => {
                decide(http, &Deed { goal, object: &plan.object, path: &call.path, body, id, before })
            }
            (method, None) => once(http, method, &call.path, body),
        };
        carried.certainty = match done {
            Ok(Certainty::AlreadyDone) if call.is_update => {
                carried.certainty = Certainty::AlreadyDone;
                carried.warnings.push(
                    "its parameters were not stored, since it was brought there by someone else".into(),
                );
                return carried;
            }
            Ok(certainty) => certainty,
            Err(Failed { error, certainty }) => return Carried { certainty, error: Some(error), ..carried },
        };
    }
    let (Some(text), Some(talk)) = (&plan.message, talk) else { return carried };
    if carried.certainty != Certainty::AlreadyDone {
        let said =
            if plan.verdict == Verdict::Skipped { talk.say_once(id, text) } else { talk.say(id, text) };
        if let Err(unsaid) = said {
            carried.warnings.push(unsaid.to_string());
        }
    }
    carried
}

/// A step that failed, and whether it is certain that it did.
struct Failed {
    error: Error,
    certainty: Certainty,
}

impl Failed {
    fn unknown(error: Error) -> Self {
        Self { error, certainty: Certainty::Unknown }
    }
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self { error, certainty: Certainty::Confirmed }
    }
}

fn once(http: &Http, method: Method, path: &str, body: Option<&[u8]>) -> Result<Certainty, Failed> {
    http.recycle(http.once(method, path, body)?);
    Ok(Certainty::Confirmed)
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
fn decide(http: &Http, deed: &Deed<'_>) -> Result<Certainty, Failed> {
    let Deed { goal, object, path, body, id, before } = *deed;
    let mut attempt = 1;
    let (mut lost, mut late) = (false, false);
    loop {
        let Err(Failed { error, .. }) = once(http, Method::Post, path, body) else {
            return Ok(Certainty::Confirmed);
        };
        let refused = is_refusal(&error);
        lost |= error.may_have_happened();
        // Of all attempts, not of the last one: an earlier one may still be on its way.
        late |= error.may_still_happen();
        if !error.may_have_happened() && !refused {
            return Err(if late { Failed::unknown(error) } else { error.into() });
        }
        loop {
            match goal.compare(http, object, id, before) {
                Ok(Standing::Reached) if lost => return Ok(Certainty::Observed),
                Ok(Standing::Reached) => return Ok(Certainty::AlreadyDone),
                Ok(Standing::Elsewhere(conflict)) => return Err(Error::Conflict(Box::new(conflict)).into()),
                // Still as it was: the refusal is meant.
                Ok(Standing::Before) if refused && !lost => return Err(error.into()),
                Ok(Standing::Before) => {
                    if !http.wait_before_again(attempt, &error) {
                        return Err(if late || refused { Failed::unknown(error) } else { error.into() });
                    }
                    attempt += 1;
                    // A call that was lost may be sent again. Where that is refused and the state does not tell why, what
                    // was lost may only not show yet.
                    if !refused {
                        break;
                    }
                }
                Err(look_up) => {
                    log::warn!(target: "connect::process", "{id}: what became of POST {path} is not known: {look_up}");
                    return Err(if lost { Failed::unknown(error) } else { error.into() });
                }
            }
        }
    }
}

/// An update may be repeated, so only a refusal is looked at: somebody else may have handled the object.
fn update(
    http: &Http,
    plan: &Plan,
    id: &str,
    before: &str,
    path: &str,
    body: &[u8],
) -> Result<Certainty, Failed> {
    let error = match http.update(path, body) {
        Ok(answer) => {
            http.recycle(answer);
            return Ok(Certainty::Confirmed);
        }
        Err(error) => error,
    };
    let Some(goal) = plan.goal.as_ref().filter(|_| is_refusal(&error)) else { return Err(error.into()) };
    match goal.compare(http, &plan.object, id, before) {
        Ok(Standing::Reached) => Ok(Certainty::AlreadyDone),
        Ok(Standing::Elsewhere(conflict)) => Err(Error::Conflict(Box::new(conflict)).into()),
        Ok(Standing::Before) | Err(_) => Err(error.into()),
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
        let mut look = http.get(object);
        if matches!(look, Err(Error::Decode(_))) {
            // Garbled on its way: so much hangs on this answer that it is asked for once more.
            look = http.get(object);
        }
        let look: Look = match look {
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
