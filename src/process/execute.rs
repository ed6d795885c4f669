//! Makes the calls of a plan.

use super::conversations::{Conversations, LostMessage, MessageError, unsaid};
use super::plan::CallKind;
use super::snapshot::State;
use super::stored::{Seen, Update};
use super::until_known::{Known, Refusal, until_known};
use super::{Certainty, Goal, Plan, Verdict};
use crate::error::{Error, Result};
use crate::http::Http;

/// What making the calls of a plan came to.
#[derive(Debug, Default)]
pub(crate) struct Executed {
    pub(crate) certainty: Certainty,
    pub(crate) warnings: Vec<String>,
    /// What ended it early.
    pub(crate) error: Option<Error>,
    /// Somebody else had moved the object before anything was carried out.
    pub(crate) stale: bool,
    /// The fate of the deciding call is unknown.
    pub(crate) lost: bool,
    pub(crate) lost_message: Option<Box<LostMessage>>,
}

/// Makes the plan's calls in their order; the first that fails ends it.
///
/// `before` is the state that the object was listed in.
pub(crate) fn execute(
    http: &Http,
    plan: &Plan,
    id: &str,
    before: &str,
    conversations: Option<&mut Conversations<'_>>,
) -> Executed {
    let mut executed = Executed::default();
    let mut nothing_done = true;
    for call in &plan.calls {
        let transition = Transition { goal: &plan.goal, object: &plan.object, path: &call.path, id, before };
        let body = call.body.as_deref();
        let done = match call.kind {
            CallKind::Update => transition.update(http, body.unwrap_or(b"{}")),
            CallKind::Post => transition.post(http, body),
        };
        executed.certainty = match done {
            Ok(Certainty::AlreadyDone) if call.kind == CallKind::Update => {
                executed.certainty = Certainty::AlreadyDone;
                executed.warnings.push(
                    "its parameters were not stored, since it was brought there by someone else".into(),
                );
                return executed;
            }
            Ok(certainty) => certainty,
            Err(Failed { error, certainty, overtaken }) => {
                let lost = call.kind == CallKind::Post && certainty == Certainty::Unknown;
                let stale = overtaken && nothing_done;
                return Executed { certainty, error: Some(error), lost, stale, ..executed };
            }
        };
        nothing_done = false;
    }
    let (Some(text), Some(conversations)) = (&plan.message, conversations) else { return executed };
    if executed.certainty != Certainty::AlreadyDone {
        let posted = if plan.verdict == Verdict::Skipped {
            conversations.post_unless_last(id, text)
        } else {
            conversations.post(id, text)
        };
        executed.warnings.extend(unsaid(&posted, plan.verdict));
        if let Err(MessageError::Unknown(_, lost)) = posted {
            executed.lost_message = Some(lost);
        }
    }
    executed
}

/// A call that failed, and whether it is certain that it did.
struct Failed {
    error: Error,
    certainty: Certainty,
    /// Somebody else was faster, and the call was certainly not carried out.
    overtaken: bool,
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self { error, certainty: Certainty::Confirmed, overtaken: false }
    }
}

/// The call that brings an object to another state, or the update before it.
struct Transition<'a> {
    goal: &'a Goal,
    object: &'a str,
    path: &'a str,
    id: &'a str,
    /// The state that the object was listed in.
    before: &'a str,
}

impl Transition<'_> {
    /// Posts until it is known what became of it: carried out, refused, or overtaken by somebody else.
    fn post(&self, http: &Http, body: Option<&[u8]>) -> Result<Certainty, Failed> {
        let known = until_known(
            Refusal::IsLookedAt,
            || http.post(self.path, body).and_then(|answer| self.goal.believe(answer, self.id)),
            |_| self.goal.look(http, self.object, self.id, self.before),
            |attempt, error| http.pause_before_resend(attempt, error),
        );
        certainty_of(known)
    }

    /// Stores parameters. The client repeats an update where that helps, so what is lost is looked up once, and sent
    /// again only where something else than the platform answered.
    fn update(&self, http: &Http, body: &[u8]) -> Result<Certainty, Failed> {
        let update = Update { object: self.object, id: self.id, before: self.before, body };
        let known = until_known(
            Refusal::IsLookedAt,
            || http.update(self.path, body).and_then(|answer| update.believe(answer)),
            |lost| update.look(http, self.goal, lost),
            |attempt, error| matches!(error, Error::Decode(_)) && http.pause_before_resend(attempt, error),
        );
        match known {
            Known::Answered(()) | Known::Found { there: Seen::Stored, .. } => Ok(Certainty::Confirmed),
            // Whatever was lost, it was an update and not what brought the object there.
            Known::Found { there: Seen::Moved(there), lost } => {
                let judged = certainty_of(Known::Found { there, lost: false });
                judged.map_err(|failed| Failed { overtaken: failed.overtaken && !lost, ..failed })
            }
            Known::Refused(error) => certainty_of(Known::Refused(error)),
            Known::Unknown(error) => certainty_of(Known::Unknown(error)),
        }
    }
}

fn certainty_of(known: Known<(), State>) -> Result<Certainty, Failed> {
    match known {
        Known::Answered(()) => Ok(Certainty::Confirmed),
        Known::Found { there: State::Reached, lost: true } => Ok(Certainty::Observed),
        Known::Found { there: State::Reached, lost: false } => Ok(Certainty::AlreadyDone),
        Known::Found { there: State::Elsewhere(conflict), lost } => {
            Err(Failed { overtaken: !lost, ..Error::Conflict(conflict).into() })
        }
        Known::Refused(error) => Err(error.into()),
        Known::Unknown(error) => Err(Failed { error, certainty: Certainty::Unknown, overtaken: false }),
    }
}
