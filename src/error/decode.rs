//! An answer that is not what the documentation promises.

use std::fmt::{self, Write as _};

use crate::text::{Clean, HTML};

/// A body that could not be read as what was expected.
///
/// Says where, never what stood there: the text may be a secret of a customer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DecodeError {
    /// What was expected, such as `Request`; `None` where the answer is a page of HTML, or decodes and contradicts itself
    /// or the call.
    pub expected: Option<&'static str>,
    /// Method of the call.
    pub method: &'static str,
    /// Path of the call below the endpoint.
    pub path: String,
    /// What is wrong and at which line and column.
    pub problem: String,
    /// Position in the list, where an element of a list is meant.
    pub position: Option<usize>,
    /// The answer is no JSON at all.
    pub(crate) garbled: bool,
    /// What else whoever reads the error must know.
    pub(crate) note: Option<Box<str>>,
}

impl DecodeError {
    pub(crate) fn new(
        expected: &'static str,
        method: &'static str,
        path: &str,
        error: &serde_json::Error,
    ) -> Self {
        Self {
            expected: Some(short_name(expected)),
            garbled: error.is_syntax() || error.is_eof(),
            ..Self::unexpected(method, path, without_values(&error.to_string()))
        }
    }

    pub(crate) fn unexpected(method: &'static str, path: &str, problem: impl Into<String>) -> Self {
        Self {
            expected: None,
            method,
            path: path.to_owned(),
            problem: problem.into(),
            position: None,
            garbled: false,
            note: None,
        }
    }

    /// A page for people where JSON was expected.
    pub(crate) fn html(method: &'static str, path: &str) -> Self {
        Self { garbled: true, ..Self::unexpected(method, path, format!("the answer is {HTML}")) }
    }

    pub(crate) fn at(mut self, position: usize) -> Self {
        self.position = Some(position);
        self
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let f = &mut Clean(f);
        write!(f, "{} {}: ", self.method, self.path)?;
        if let Some(position) = self.position {
            write!(f, "element {position} of the list: ")?;
        }
        if let Some(expected) = self.expected {
            write!(f, "the answer is no {expected}: ")?;
        }
        f.write_str(&self.problem)?;
        self.note.as_ref().map_or(Ok(()), |note| write!(f, "; {note}"))
    }
}

impl std::error::Error for DecodeError {}

/// `connect::models::request::Request` → `Request`, and `list` for any list: what it is of stands in the path.
fn short_name(name: &'static str) -> &'static str {
    let mut name = name;
    while let Some((head, inside)) = name.split_once('<') {
        match head.rsplit("::").next() {
            Some("Option") => name = inside.trim_end_matches('>'),
            Some("Vec") => return "list",
            _ => name = head,
        }
    }
    name.rsplit("::").next().unwrap_or(name)
}

/// serde quotes the text it stumbled over, which may be the value of a password parameter.
fn without_values(message: &str) -> String {
    let mut out = String::with_capacity(message.len());
    let mut rest = message;
    while let Some(start) = rest.find(['"', '`']) {
        let (head, tail) = rest.split_at(start);
        out.push_str(head);
        let quote = if tail.starts_with('"') { '"' } else { '`' };
        out.push('…');
        // The last quote, since the text itself may hold some.
        let end = tail.rfind(quote).filter(|end| *end > 0);
        rest = end.and_then(|end| tail.get(end + 1..)).unwrap_or_default();
    }
    out.push_str(rest);
    out
}
