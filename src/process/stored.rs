//! Was an update stored? Held against the parameters that the object has now.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::Goal;
use super::snapshot::{Snapshot, State};
use crate::error::Result;
use crate::http::{Answer, Http, Method, Object, decode, parse};

/// An update of an object's parameters.
pub(super) struct Update<'a> {
    pub(super) object: &'a str,
    pub(super) id: &'a str,
    /// The state that the object was listed in.
    pub(super) before: &'a str,
    pub(super) body: &'a [u8],
}

/// What a look at the object of an update shows.
pub(super) enum Seen {
    /// The parameters have the values that were sent.
    Stored,
    /// Somebody else brought the object to another state.
    Moved(State),
}

/// Parameters wherever an object or an update has them.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WithParams {
    params: Option<Vec<StoredParam>>,
    asset: Option<AssetParams>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct AssetParams {
    params: Option<Vec<StoredParam>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct StoredParam {
    id: String,
    #[serde(rename = "type")]
    kind: Option<String>,
    value: Option<Value>,
    value_error: Option<Value>,
    structured_value: Option<Value>,
}

/// What tells an answered update from a page of something else.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Updated {
    id: Option<String>,
    status: Option<String>,
    asset: Option<IgnoredAny>,
    params: Option<IgnoredAny>,
    configuration: Option<IgnoredAny>,
}

impl WithParams {
    fn params(self) -> Vec<StoredParam> {
        self.params.or(self.asset.and_then(|asset| asset.params)).unwrap_or_default()
    }
}

impl Update<'_> {
    /// Whether an answer of status 2xx is the platform's word that the update was stored.
    ///
    /// # Errors
    ///
    /// [`Error::Decode`] or [`Error::Transport`] for any other answer.
    pub(super) fn believe(&self, answer: Answer<'_>) -> Result<()> {
        answer.believe_unless(|updated: &Updated| {
            let Updated { id, status, asset, params, configuration } = updated;
            let ours = id.as_deref().is_none_or(|id| id == self.id);
            let moved = status.as_deref().is_some_and(|status| !status.eq_ignore_ascii_case(self.before));
            let told = id.is_some() || asset.is_some() || params.is_some() || configuration.is_some();
            let believed = ours && told && !moved;
            (!believed).then_some("the answer is not the object that was updated")
        })
    }

    /// What the object shows; `None` where it is in its old state and does not have what was sent.
    ///
    /// Values are compared only where `lost` says that an answer was lost: a refused update stores nothing.
    pub(super) fn look(&self, http: &Http, goal: &Goal, lost: bool) -> Result<Option<Seen>> {
        http.get_with(self.object, |answer: Answer<'_>| self.read(answer.content(), goal, lost))
    }

    /// What the object shows that reads from `body`.
    pub(super) fn read(&self, body: &[u8], goal: &Goal, lost: bool) -> Result<Option<Seen>> {
        let Object(snapshot) = decode::<Object<Snapshot>>(Method::Get, self.object, body)?;
        let stored = decode::<WithParams>(Method::Get, self.object, body)?.params();
        if let Some(state) = goal.compare(&snapshot, self.object, self.id, self.before)? {
            return Ok(Some(Seen::Moved(state)));
        }
        let sent = parse::<WithParams>(self.body).unwrap_or_default().params();
        let all_there = lost && !sent.is_empty() && sent.iter().all(|sent| sent.is_among(&stored));
        Ok(all_there.then_some(Seen::Stored))
    }
}

impl StoredParam {
    fn is_among(&self, stored: &[Self]) -> bool {
        let Some(there) = stored.iter().find(|there| there.id == self.id) else { return false };
        // The platform does not tell passwords, so nothing is known of them.
        there.kind.as_deref() != Some("password")
            && same(self.value.as_ref(), there.value.as_ref())
            && same(self.value_error.as_ref(), there.value_error.as_ref())
            && same(self.structured_value.as_ref(), there.structured_value.as_ref())
    }
}

/// Whether a value is the one that was sent; one that was not sent may be anything.
fn same(sent: Option<&Value>, there: Option<&Value>) -> bool {
    sent.is_none_or(|sent| there == Some(sent))
}
