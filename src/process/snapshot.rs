//! The state of an object now, held against where a call leads.

use serde::Deserialize;

use super::Goal;
use crate::error::{Conflict, Error, Result};
use crate::http::{Answer, Http, Object};
use crate::scope;
use crate::text::same_text;

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
pub(super) struct Snapshot {
    pub(super) id: Option<String>,
    pub(super) status: Option<String>,
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

impl Snapshot {
    fn template(&self) -> Option<&TemplateId> {
        self.template.as_ref().or_else(|| self.asset.as_ref()?.template.as_ref())
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct TemplateId {
    id: Option<String>,
    representation: Option<String>,
}

impl Goal {
    /// A goal that only the state tells.
    pub(crate) fn status(statuses: &'static str) -> Self {
        Self { statuses: statuses.into(), ..Self::default() }
    }

    /// Whether an answer of status 2xx is the platform's word that the call with this goal was carried out.
    ///
    /// # Errors
    ///
    /// [`Error::Decode`] or [`Error::Transport`] for any other answer.
    pub(super) fn believe(&self, answer: Answer<'_>, id: &str) -> Result<()> {
        answer.believe_unless(|snapshot: &Snapshot| {
            if snapshot.id.as_deref().is_some_and(|other| other != id) {
                return Some("the answer is about another object");
            }
            match &snapshot.status {
                Some(status) if self.has(status) => None,
                Some(_) => Some("the answer has another status than the call leads to"),
                None if self.answered_by_template && self.has_template(snapshot) => None,
                None => Some("the answer does not tell what the call led to"),
            }
        })
    }

    fn has(&self, status: &str) -> bool {
        self.statuses.split('|').any(|own| own.eq_ignore_ascii_case(status))
    }

    fn has_template(&self, snapshot: &Snapshot) -> bool {
        snapshot.template().is_some_and(|template| match &self.template {
            Some(own) => template.id.as_ref() == Some(own),
            None => template.id.is_some() || template.representation.is_some(),
        })
    }

    /// The state of the object, or `None` where it is still in the state `before`.
    pub(super) fn look(&self, http: &Http, object: &str, id: &str, before: &str) -> Result<Option<State>> {
        match http.get_with(object, Answer::read::<Object<Snapshot>>) {
            Ok(Object(snapshot)) => self.compare(&snapshot, object, id, before),
            Err(error) if error.is_not_found() && self.has("deleted") => Ok(Some(State::Reached)),
            Err(error) => Err(error),
        }
    }

    /// Where a snapshot shows the object; `None` where it is still in the state `before`.
    ///
    /// # Errors
    ///
    /// [`Error::Decode`] for a snapshot of another object, or one without a status: nothing is known by it.
    pub(super) fn compare(
        &self,
        snapshot: &Snapshot,
        path: &str,
        id: &str,
        before: &str,
    ) -> Result<Option<State>> {
        if snapshot.id.as_deref().is_some_and(|other| other != id) {
            return Err(Error::unexpected("GET", path, "the answer is about another object"));
        }
        let Some(found) = snapshot.status.as_deref().filter(|status| !status.is_empty()) else {
            return Err(Error::unexpected("GET", path, "the answer tells no status"));
        };
        // Where it was in the wanted state already, the state cannot tell.
        if found.eq_ignore_ascii_case(before) {
            return Ok(None);
        }
        let conflict = |difference: Option<String>| {
            let wanted = self.statuses.split('|').next().unwrap_or_default().into();
            let difference = difference.map(|text| scope::redact(&text).into_owned());
            let conflict = Conflict { id: id.into(), wanted, found: found.into(), difference };
            Ok(Some(State::Elsewhere(Box::new(conflict))))
        };
        if !self.has(found) {
            return conflict(None);
        }
        // What the platform does not tell cannot differ.
        let told = |text: &&str| !text.is_empty();
        let template = snapshot.template().and_then(|template| template.id.as_deref()).filter(told);
        let reason = snapshot.reason.as_deref().or(snapshot.rejection_note.as_deref()).filter(told);
        match (&self.template, template) {
            (Some(own), Some(theirs)) if own.trim() != theirs.trim() => {
                return conflict(Some(format!("template {theirs}")));
            }
            _ => {}
        }
        match (&self.reason, reason) {
            (Some(own), Some(theirs)) if !same_text(own, theirs) => {
                conflict(Some(format!("reason {theirs:?}")))
            }
            _ => Ok(Some(State::Reached)),
        }
    }
}
