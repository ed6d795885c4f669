//! The records of calls, and of the changes that they made.

use std::fmt;

use serde_json::{Value, json};

use super::message::HttpRequest;

/// Body of a recorded call.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Body {
    /// No body was sent.
    #[default]
    Empty,
    /// The body parsed as JSON, whatever its content type said.
    Json(Value),
    /// The body is something else, for instance an upload.
    Bytes(Vec<u8>),
}

impl Body {
    /// The JSON, if the body was JSON.
    pub fn json(&self) -> Option<&Value> {
        if let Self::Json(value) = self { Some(value) } else { None }
    }
}

/// One HTTP call, as the sandbox recorded it.
///
/// Its `Debug` shows method, path, status and the length of the body: a body may hold passwords, and what a test prints
/// ends up in logs.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecordedCall {
    /// Number of the call, counted from 1.
    pub number: usize,
    /// Number of the TCP connection that the call came over, counted from 1.
    pub connection: usize,
    /// Method of the call, as sent: `GET`.
    pub method: String,
    /// Path relative to the base path, with the query as sent: `/requests?limit=100`. A path outside of the base path is
    /// whole.
    pub path: String,
    /// Body of the call, parsed if it was JSON.
    pub body: Body,
    /// `Content-Type` of the body.
    pub content_type: Option<String>,
    /// Whether the call had an `Authorization` header, right or wrong.
    pub authorization: bool,
    /// `User-Agent` of the client.
    pub user_agent: Option<String>,
    /// Headers of the call, except `Authorization`.
    pub headers: Vec<(String, String)>,
    /// HTTP status of the answer, 0 if there was none.
    pub status: u16,
    /// Name of the fault that was applied: `reset after effect`.
    pub fault: Option<String>,
    /// Whether the call changed the data of the sandbox, whatever the answer said.
    pub effect: bool,
    /// Length of the body in bytes, as sent.
    body_length: usize,
}

impl RecordedCall {
    pub(super) fn new(number: usize, connection: usize, base: &str, incoming: &HttpRequest) -> Self {
        let body = if incoming.body.is_empty() {
            Body::Empty
        } else {
            serde_json::from_slice(&incoming.body)
                .map_or_else(|_| Body::Bytes(incoming.body.clone()), Body::Json)
        };
        let path = match incoming.target.strip_prefix(base) {
            Some(rest) if rest.is_empty() || rest.starts_with(['/', '?']) => rest,
            _ => &incoming.target,
        };
        Self {
            number,
            connection,
            method: incoming.method.clone(),
            path: path.to_owned(),
            body,
            content_type: incoming.header("content-type").map(str::to_owned),
            authorization: incoming.header("authorization").is_some(),
            user_agent: incoming.header("user-agent").map(str::to_owned),
            headers: without_credentials(&incoming.headers),
            status: 0,
            fault: None,
            effect: false,
            body_length: incoming.body.len(),
        }
    }

    /// The path without its query.
    pub fn route(&self) -> &str {
        self.path.split('?').next().unwrap_or_default()
    }

    /// The query as sent, without the question mark; empty if there is none.
    pub fn query(&self) -> &str {
        self.path.split_once('?').map_or("", |(_, query)| query)
    }

    /// The first header with this name, whatever its case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub(super) fn to_json(&self) -> Value {
        json!({
            "number": self.number, "connection": self.connection, "method": self.method, "path": self.path,
            "body": self.body.json(), "content_type": self.content_type, "authorization": self.authorization,
            "user_agent": self.user_agent, "status": self.status, "fault": self.fault, "effect": self.effect,
        })
    }
}

/// Method, path, status, and the fault if there was one.
impl fmt::Display for RecordedCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ", self.method, self.path)?;
        if self.status == 0 {
            f.write_str("no answer")?;
        } else {
            write!(f, "{}", self.status)?;
        }
        self.fault.as_ref().map_or(Ok(()), |fault| write!(f, " (fault: {fault})"))
    }
}

impl fmt::Debug for RecordedCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordedCall")
            .field("method", &self.method)
            .field("path", &self.path)
            .field("status", &self.status)
            .field("body_length", &self.body_length)
            .finish_non_exhaustive()
    }
}

fn without_credentials(headers: &[(String, String)]) -> Vec<(String, String)> {
    headers.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("authorization")).cloned().collect()
}

/// A change that a call made to one object.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Effect {
    /// [`RecordedCall::number`] of the call that made the change.
    pub call: usize,
    /// Collection of the object: `requests`, `conversations/CO-…/messages`.
    pub collection: String,
    /// Id of the object that was changed or created.
    pub id: String,
    /// Kind of the change: the verb of the path, or `create`, `update`, `message`, `upload`.
    pub action: String,
    /// Status of the object before the change, if it had one.
    pub from: Option<String>,
    /// Status of the object after the change, if it has one.
    pub to: Option<String>,
}

/// What became of the object, after a space: ` pending → approved`, or the kind of the change.
impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.from, &self.to) {
            (Some(from), Some(to)) if from != to => write!(f, " {from} → {to}"),
            _ => write!(f, " {} {}", self.action, self.id),
        }
    }
}

impl Effect {
    pub(super) fn to_json(&self) -> Value {
        json!({
            "call": self.call, "collection": self.collection, "id": self.id, "action": self.action,
            "from": self.from, "to": self.to,
        })
    }
}

/// One HTTP call of the storage, where signed links lead.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StorageCall {
    /// Method of the call, as sent.
    pub method: String,
    /// Path and query, as sent.
    pub path: String,
    /// Whether the call carried credentials, which the storage answers with 403.
    pub authorization: bool,
    /// Headers of the call, except `Authorization`.
    pub headers: Vec<(String, String)>,
    /// HTTP status of the answer.
    pub status: u16,
}

impl StorageCall {
    pub(super) fn new(incoming: &HttpRequest, status: u16) -> Self {
        Self {
            method: incoming.method.clone(),
            path: incoming.target.clone(),
            authorization: incoming.header("authorization").is_some(),
            headers: without_credentials(&incoming.headers),
            status,
        }
    }
}
