//! An answer that is a refusal.

use std::fmt::{self, Write as _};
use std::time::Duration;

use serde_json::Value;

use crate::text::{Clean, HTML, Limit, excerpt, is_html, one_line, without_mark};

/// How much of a body that is not the platform's JSON is kept.
const KEPT_BYTES: usize = 1024;
/// How many of the platform's reasons are kept.
const REASONS: usize = 50;

/// An answer of the platform, or of a gateway before it, that is not a success.
///
/// The body is read as the platform's error JSON where it is that, and kept as text where it is not: an HTML page of a
/// gateway never hides the status.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ApiError {
    /// HTTP status.
    pub status: u16,
    /// The platform's code, such as `SYS_001`; `None` where the body was not the platform's JSON.
    pub error_code: Option<String>,
    /// The platform's reasons, or the body's text where it was not the platform's JSON.
    pub errors: Vec<String>,
    /// Further facts of older platforms.
    pub params: Option<Value>,
    /// Method of the call.
    pub method: &'static str,
    /// Path of the call below the endpoint, with its query.
    pub path: String,
    /// Where a redirect pointed, without query.
    pub location: Option<String>,
    /// How long the server asked to wait.
    pub retry_after: Option<Duration>,
    /// The body is text that is no JSON, so that something in front of the platform sent it.
    pub(crate) foreign: bool,
    /// What else whoever reads the error must know.
    pub(crate) note: Option<Box<str>>,
}

impl ApiError {
    /// Reads the error body; any bytes will do.
    pub(crate) fn new(method: &'static str, path: &str, status: u16, body: &[u8]) -> Self {
        let mut error = Self {
            status,
            error_code: None,
            errors: Vec::new(),
            params: None,
            method,
            path: path.to_owned(),
            location: None,
            retry_after: None,
            foreign: false,
            note: None,
        };
        let body = without_mark(body);
        match serde_json::from_str(&String::from_utf8_lossy(body)) {
            Ok(Value::Object(mut object))
                if object.contains_key("error_code") || object.contains_key("errors") =>
            {
                error.error_code = object.remove("error_code").and_then(text).filter(|code| !code.is_empty());
                error.errors = match object.remove("errors") {
                    Some(Value::Array(errors)) => errors.into_iter().take(REASONS).filter_map(text).collect(),
                    Some(other) => text(other).into_iter().collect(),
                    None => Vec::new(),
                };
                error.params = object.remove("params").filter(|params| !params.is_null());
            }
            read => {
                error.foreign = read.is_err() && !body.trim_ascii().is_empty();
                error.errors.extend(body_text(body));
            }
        }
        error
    }

    pub(crate) fn redact(&mut self, redact: impl Fn(&str) -> String) {
        for text in self.errors.iter_mut().chain(&mut self.error_code).chain(&mut self.location) {
            *text = redact(text);
        }
        if let Some(params) = &mut self.params
            && let Ok(redacted) = serde_json::from_str(&redact(&params.to_string()))
        {
            *params = redacted;
        }
        self.path = redact(&self.path);
    }
}

fn text(value: Value) -> Option<String> {
    let text = match value {
        Value::Null => return None,
        Value::String(text) => text,
        other => other.to_string(),
    };
    Some(excerpt(&text, Limit::Bytes(KEPT_BYTES)).into_owned())
}

/// The body on one line, cut on a character boundary; a page of HTML is only named.
fn body_text(body: &[u8]) -> Option<String> {
    let head = body.get(..KEPT_BYTES * 4).unwrap_or(body);
    if is_html(head) {
        return Some(HTML.into());
    }
    let text = String::from_utf8_lossy(head);
    let line: String = one_line(&text).chars().filter(|c| !c.is_control()).collect();
    (!line.is_empty()).then(|| excerpt(&line, Limit::Bytes(KEPT_BYTES)).into_owned())
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let f = &mut Clean(f);
        write!(f, "{} {} was answered with {}", self.method, self.path, self.status)?;
        if let Some(reason) = reason_phrase(self.status) {
            write!(f, " {reason}")?;
        }
        if (300..400).contains(&self.status) {
            if let Some(location) = &self.location {
                write!(f, " to {location}")?;
            }
            return write!(f, ": check the endpoint's address");
        }
        let mut separator = ": ";
        for text in self.error_code.iter().chain(&self.errors) {
            write!(f, "{separator}{}", one_line(text).trim_end_matches('.'))?;
            separator = if separator == ": " && self.error_code.is_some() { ", " } else { "; " };
        }
        match self.status {
            401 => write!(f, "; check the API key"),
            403 => write!(f, "; check what the API key is allowed to do"),
            405 | 501 if matches!(self.method, "PUT" | "PATCH") => write!(f, "; check updateMethod"),
            _ => Ok(()),
        }?;
        self.note.as_ref().map_or(Ok(()), |note| write!(f, "; {note}"))
    }
}

impl std::error::Error for ApiError {}

fn reason_phrase(status: u16) -> Option<&'static str> {
    ureq::http::StatusCode::from_u16(status).ok()?.canonical_reason()
}
