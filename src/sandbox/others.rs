//! The other parties of the platform: the distributor that orders, the customer that answers, a colleague that decides.
//! They make the same calls as everybody, without a socket.

use std::fmt;
use std::io;

use serde_json::{Value, json};

use super::journal::RecordedCall;
use super::message::HttpRequest;
use super::options::{BASE, Options};
use super::order::NewOrder;
use super::rng::Rng;
use super::router;
use super::store::Store;

/// The other parties of the platform, at work on the data of a sandbox.
///
/// What they do is checked as any call is, and is neither in the [journal](super::Sandbox::journal) nor among the
/// [effects](super::Sandbox::effects): those are what the program under test did.
pub struct Others<'s> {
    store: &'s mut Store,
}

impl<'s> Others<'s> {
    pub(super) fn new(store: &'s mut Store) -> Self {
        Self { store }
    }

    /// The distributor places an order. The result is the id of its request.
    ///
    /// # Errors
    ///
    /// What the platform refuses, for instance an item that the product does not have.
    #[expect(clippy::needless_pass_by_value, reason = "an order is used up by placing it")]
    pub fn order(&mut self, order: NewOrder) -> io::Result<String> {
        let items = order.product().map(|product| self.store.all(&format!("products/{product}/items")));
        let created = self.call("POST", "/requests", &order.body(&items.unwrap_or_default()))?;
        Ok(created["id"].as_str().unwrap_or_default().to_owned())
    }

    /// The customer answers an inquiry with these values, and the request is pending again. The errors of those
    /// parameters are gone.
    ///
    /// # Errors
    ///
    /// What the platform refuses, for instance the answer to a request that is not `inquiring`.
    pub fn answer<K: AsRef<str>, V: Into<Value>>(
        &mut self,
        request: &str,
        values: impl IntoIterator<Item = (K, V)>,
    ) -> io::Result<()> {
        let path = path_of(request);
        let params: Vec<_> = values
            .into_iter()
            .map(|(id, value)| json!({"id": id.as_ref(), "value": value.into(), "value_error": ""}))
            .collect();
        // An inquired order takes values, a tier config request only once it is pending.
        if path.starts_with("/tier") {
            self.call("POST", &format!("{path}/pend"), &Value::Null)?;
            return self.call("PUT", &path, &json!({"params": params})).map(drop);
        }
        let status = self.status(request).unwrap_or_default();
        if status != "inquiring" {
            return Err(io::Error::other(format!("{request} is {status}, not inquiring")));
        }
        self.call("PUT", &path, &json!({"asset": {"params": params}}))?;
        self.call("POST", &format!("{path}/pend"), &Value::Null).map(drop)
    }

    /// A colleague approves a request with a template, `TL-…`.
    ///
    /// # Errors
    ///
    /// What the platform refuses, for instance the approval of a failed request.
    pub fn approve(&mut self, request: &str, template: &str) -> io::Result<()> {
        let path = path_of(request);
        let body = if path.starts_with("/tier") {
            json!({"template": {"id": template}})
        } else {
            json!({"template_id": template})
        };
        self.call("POST", &format!("{path}/approve"), &body).map(drop)
    }

    /// A colleague fails a request.
    ///
    /// # Errors
    ///
    /// What the platform refuses, for instance the refusal of an approved request.
    pub fn fail(&mut self, request: &str, reason: &str) -> io::Result<()> {
        self.call("POST", &format!("{}/fail", path_of(request)), &json!({"reason": reason})).map(drop)
    }

    /// Makes any call of the API, with `Null` for a call without a body, and returns the body of its answer.
    ///
    /// # Errors
    ///
    /// The platform's refusal, as text.
    pub fn call(&mut self, method: &str, path: &str, body: &Value) -> io::Result<Value> {
        let options = Options { put: true, patch: true, ..Options::default() };
        let incoming = HttpRequest {
            method: method.to_owned(),
            target: format!("{BASE}{path}"),
            headers: vec![("authorization".to_owned(), options.api_key.clone())],
            body: if body.is_null() { Vec::new() } else { body.to_string().into_bytes() },
            keep_alive: true,
        };
        let call = RecordedCall::new(0, 0, BASE, &incoming);
        let effects = self.store.effects().len();
        let answer = router::handle(self.store, &mut Rng::new(1), &options, &call, &incoming);
        self.store.forget_effects_since(effects);
        let value = serde_json::from_slice(&answer.body).unwrap_or(Value::Null);
        if answer.status < 300 {
            return Ok(value);
        }
        let why = String::from_utf8_lossy(&answer.body);
        Err(io::Error::other(format!("{method} {path} was refused with {}: {why}", answer.status)))
    }

    /// The status of a request, `PR-…` or `TCR-…`.
    pub fn status(&self, request: &str) -> Option<String> {
        status(self.store, request)
    }

    /// The data, to change it without the platform's checks.
    pub fn store(&mut self) -> &mut Store {
        self.store
    }
}

impl fmt::Debug for Others<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Others").finish_non_exhaustive()
    }
}

/// The status of a request, `PR-…` or `TCR-…`.
pub(super) fn status(store: &Store, request: &str) -> Option<String> {
    let value = store.get(path_of(request).trim_start_matches('/').rsplit_once('/')?.0, request)?;
    value["status"].as_str().map(str::to_owned)
}

fn path_of(request: &str) -> String {
    let list = if request.starts_with("TCR-") { "tier/config-requests" } else { "requests" };
    format!("/{list}/{request}")
}
