//! The context of a call: what handlers work with, and the checks that they share.

use serde_json::{Map, Value};

use super::error::{bad_request, error, errors, not_found};
use super::journal::{Body, RecordedCall};
use super::message::{HttpRequest, HttpResponse};
use super::options::Options;
use super::rng::Rng;
use super::store::Store;

/// The answer of a handler; a refusal is an `Err`.
pub(super) type HandlerResult = Result<HttpResponse, HttpResponse>;

/// What a handler works with: the store, the settings, and the call.
pub(super) struct Context<'a> {
    pub(super) store: &'a mut Store,
    pub(super) rng: &'a mut Rng,
    pub(super) options: &'a Options,
    pub(super) call: &'a RecordedCall,
    pub(super) incoming: &'a HttpRequest,
    /// Segments of the path, decoded.
    pub(super) segments: Vec<String>,
}

impl Context<'_> {
    /// The segment of the path at this index.
    pub(super) fn segment(&self, at: usize) -> String {
        self.segments.get(at).cloned().unwrap_or_default()
    }

    /// The last segment of the path, which is the verb of a transition.
    pub(super) fn verb(&self) -> String {
        self.segments.last().cloned().unwrap_or_default()
    }

    /// The body as a JSON object with no fields but these. A call without body has an empty object.
    pub(super) fn object(&self, allowed: &[&str]) -> Result<Map<String, Value>, HttpResponse> {
        let map = self.free_object()?;
        only(&map, allowed, "")?;
        Ok(map)
    }

    pub(super) fn free_object(&self) -> Result<Map<String, Value>, HttpResponse> {
        match &self.call.body {
            Body::Empty | Body::Json(Value::Null) => Ok(Map::new()),
            Body::Json(Value::Object(map)) => Ok(map.clone()),
            Body::Json(_) => Err(bad_request("Invalid data. Expected a dictionary.")),
            Body::Bytes(_) => Err(bad_request("JSON parse error - the body is not JSON.")),
        }
    }

    /// The object at a path, or 404.
    pub(super) fn find(&self, collection: &str, id: &str) -> Result<&Value, HttpResponse> {
        self.store.get(collection, id).ok_or_else(not_found)
    }

    /// The status of an object if it is one of `from`, else the refusal of the platform.
    pub(super) fn status(&self, collection: &str, id: &str, from: &[&str]) -> Result<String, HttpResponse> {
        let value = self.find(collection, id)?;
        let key = if value.get("state").is_some() { "state" } else { "status" };
        let status = value.get(key).and_then(Value::as_str).unwrap_or_default();
        if from.iter().any(|allowed| status.eq_ignore_ascii_case(allowed)) {
            return Ok(status.to_owned());
        }
        Err(error(400, &format!("{}: not allowed in status `{status}`.", self.verb())))
    }

    /// Changes an object, and records the change among the effects.
    pub(super) fn change(
        &mut self,
        collection: &str,
        id: &str,
        action: &str,
        change: impl FnOnce(&mut Value),
    ) -> Result<&Value, HttpResponse> {
        let status = |value: &Value| {
            let status = value.get("status").or_else(|| value.get("state"));
            status.and_then(Value::as_str).map(str::to_owned)
        };
        let changed = self.store.update(collection, id, |value| {
            let before = status(value);
            change(value);
            (before, status(value))
        });
        let (before, after) = changed.ok_or_else(not_found)?;
        self.store.record(collection, id, action, before, after);
        self.find(collection, id)
    }

    pub(super) fn create(&mut self, collection: &str, value: &Value) {
        let id = value.get("id").and_then(Value::as_str).unwrap_or_default();
        let status = value.get("status").and_then(Value::as_str).map(str::to_owned);
        self.store.record(collection, id, "create", None, status);
        self.store.insert(collection, value.clone());
    }
}

/// Refuses fields that are not allowed, and names each by its path.
pub(super) fn only(map: &Map<String, Value>, allowed: &[&str], at: &str) -> Result<(), HttpResponse> {
    let unknown: Vec<_> = map
        .keys()
        .filter(|key| !allowed.contains(&key.as_str()))
        .map(|key| format!("{at}{key}: unknown field."))
        .collect();
    if unknown.is_empty() { Ok(()) } else { Err(errors(400, &unknown)) }
}

/// The text of a field. A field of another type is refused.
pub(super) fn text<'m>(map: &'m Map<String, Value>, key: &str) -> Result<Option<&'m str>, HttpResponse> {
    match map.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(bad_request(&format!("{key}: Not a valid string."))),
    }
}
