//! The state of an object now, held against where a call leads.

use serde::Deserialize;

use super::Goal;
use crate::error::{Conflict, Error, Result};
use crate::http::{Answer, Http};

/// Where an object is that has left the state it was listed in.
#[derive(Debug)]
pub(crate) enum State {
    /// Where the call leads.
    Reached,
    Elsewhere(Box<Conflict>),
}

/// The parts of any object that tell whether a deciding POST was carried out.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Snapshot {
    status: Option<String>,
    reason: Option<String>,
    rejection_note: Option<String>,
    template: Option<TemplateId>,
    asset: Option<AssetTemplate>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct AssetTemplate {
    template: Option<TemplateId>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct TemplateId {
    id: Option<String>,
}

impl Goal {
    /// A goal that only the state tells.
    pub(crate) fn status(statuses: &'static [&'static str]) -> Self {
        Self { statuses, ..Self::default() }
    }

    /// The state of the object, or `None` where it is still in the state `before`.
    pub(super) fn look(&self, http: &Http, object: &str, id: &str, before: &str) -> Result<Option<State>> {
        let read = || http.get(object).and_then(Answer::read::<Snapshot>);
        let mut snapshot = read();
        if matches!(snapshot, Err(Error::Decode(_))) {
            // Garbled on its way: so much hangs on this answer that it is asked for once more.
            snapshot = read();
        }
        match snapshot {
            Ok(snapshot) => Ok(self.compare(snapshot, id, before)),
            Err(error) if error.is_not_found() && self.statuses.contains(&"deleted") => {
                Ok(Some(State::Reached))
            }
            Err(error) => Err(error),
        }
    }

    fn compare(&self, snapshot: Snapshot, id: &str, before: &str) -> Option<State> {
        let found = snapshot.status.unwrap_or_default();
        let is = |status: &str| found.eq_ignore_ascii_case(status);
        // Where it was in the wanted state already, the state cannot tell.
        if is(before) {
            return None;
        }
        let wanted = self.statuses.first().copied().unwrap_or_default();
        let conflict = |difference| {
            let conflict =
                Conflict { id: id.into(), wanted: wanted.into(), found: found.clone(), difference };
            Some(State::Elsewhere(Box::new(conflict)))
        };
        if !self.statuses.iter().any(|status| is(status)) {
            return conflict(None);
        }
        let template = snapshot.template.or(snapshot.asset.and_then(|asset| asset.template));
        let template = template.and_then(|template| template.id);
        let reason = snapshot.reason.or(snapshot.rejection_note);
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
            _ => Some(State::Reached),
        }
    }
}
