//! What a program gave that cannot be sent.

use std::fmt::{self, Write as _};

use crate::rql::QueryError;
use crate::text::Clean;

/// An argument or a query that cannot be sent; nothing was.
#[derive(Debug)]
pub struct InputError(Problem);

#[derive(Debug)]
enum Problem {
    Argument(Box<str>),
    Query(QueryError),
}

impl InputError {
    pub(crate) fn new(what: impl Into<Box<str>>) -> Self {
        Self(Problem::Argument(what.into()))
    }

    /// The query's own error, where a query is what cannot be sent.
    pub fn query(&self) -> Option<&QueryError> {
        match &self.0 {
            Problem::Query(error) => Some(error),
            Problem::Argument(_) => None,
        }
    }
}

impl From<QueryError> for InputError {
    fn from(error: QueryError) -> Self {
        Self(Problem::Query(error))
    }
}

impl fmt::Display for InputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Problem::Argument(what) => Clean(f).write_str(what),
            Problem::Query(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for InputError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.query().and_then(std::error::Error::source)
    }
}
