//! Everything about failing: one enum, by what the caller can do about it.

use std::fmt;
use std::time::Duration;

use crate::config::ConfigError;
use crate::process::Report;
use crate::rql::QueryError;
use crate::usage::SheetError;

mod api;
mod decode;
mod transport;

pub use api::ApiError;
pub use decode::DecodeError;
pub use transport::TransportError;

/// What this crate's functions return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a call to this crate failed, by what can be done about it.
///
/// `Display` is one line that names the call and what the platform said; it never holds the API key. The cause, where
/// there is one, is in [`source`](std::error::Error::source) and not repeated in the line.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// A setting is missing or wrong: mend the configuration.
    Config(Box<ConfigError>),
    /// A query cannot be said in RQL: change the value or the property it names.
    Query(Box<QueryError>),
    /// An argument cannot be sent, such as an empty id or a path outside of the API: mend the program.
    Input(Box<str>),
    /// No answer came from the platform: try later.
    Transport(Box<TransportError>),
    /// The platform refused the call: read its reason.
    Api(Box<ApiError>),
    /// The platform's answer is not what its documentation promises: report it.
    Decode(Box<DecodeError>),
    /// Usage records are wrong: mend the rows that it names. Nothing was sent.
    Sheet(Box<SheetError>),
    /// The object is in another state by now, put there by somebody else.
    Conflict(Box<Conflict>),
    /// The closure itself failed, or panicked.
    Handler(anyhow::Error),
    /// A call that would change something was held back by a dry run.
    DryRun(Box<str>),
    /// A run ended before its list did. What it had done until then is in the report inside.
    Interrupted(Box<Interrupted>),
}

/// An object that somebody else moved while it was being processed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Conflict {
    /// The object, such as `PR-1234-5678-9012-001`.
    pub id: String,
    /// The state the call was to lead to.
    pub wanted: String,
    /// The state the object is in.
    pub found: String,
    /// Where the states agree and something else does not: what, such as another template.
    pub difference: Option<String>,
}

/// A run that ended early: why, and what it had done by then.
#[derive(Debug)]
#[non_exhaustive]
pub struct Interrupted {
    /// What the run had done when it ended.
    pub report: Report,
    /// What ended it.
    pub cause: Error,
}

impl Error {
    /// The HTTP status of the answer, where there was one.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Api(error) => Some(error.status),
            Self::Interrupted(end) => end.cause.status(),
            _ => None,
        }
    }

    /// Whether the platform said that there is no such object.
    pub fn is_not_found(&self) -> bool {
        self.status() == Some(404)
    }

    /// Whether the platform refused the key (401) or what it may do (403).
    pub fn is_auth(&self) -> bool {
        matches!(self.status(), Some(401 | 403))
    }

    /// Whether the call may have been carried out although it failed: its answer was lost, or was a server's fault.
    ///
    /// The loops resolve such failures by themselves; this is for calls a program makes on its own.
    pub fn may_have_happened(&self) -> bool {
        match self {
            Self::Transport(error) => error.may_have_arrived(),
            Self::Api(error) => error.status >= 500,
            Self::Decode(_) => true,
            _ => false,
        }
    }

    /// Whether the server may still be working on the call: nobody has seen the end of it.
    pub(crate) fn may_still_happen(&self) -> bool {
        match self {
            Self::Transport(error) => error.may_have_arrived() && error.is_timeout(),
            Self::Api(error) => error.status == 504,
            _ => false,
        }
    }

    /// A failure that speaks against the platform as a whole and not against one object.
    pub(crate) fn looks_like_the_platform(&self) -> bool {
        match self {
            Self::Transport(_) => true,
            Self::Api(error) => error.status >= 500 || error.status == 401,
            Self::Handler(error) => error.downcast_ref::<Self>().is_some_and(Self::looks_like_the_platform),
            _ => false,
        }
    }

    /// How long the server asked to wait before the next attempt.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Api(error) => error.retry_after,
            _ => None,
        }
    }

    pub(crate) fn input(what: impl Into<Box<str>>) -> Self {
        Self::Input(what.into())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(error) => error.fmt(f),
            Self::Query(error) => error.fmt(f),
            Self::Input(what) => f.write_str(what),
            Self::Transport(error) => error.fmt(f),
            Self::Api(error) => error.fmt(f),
            Self::Decode(error) => error.fmt(f),
            Self::Sheet(error) => error.fmt(f),
            Self::Conflict(conflict) => conflict.fmt(f),
            Self::Handler(error) => error.fmt(f),
            Self::DryRun(call) => write!(f, "dry run: {call} was not sent"),
            Self::Interrupted(end) => {
                write!(
                    f,
                    "the run ended early, after {} of its list, {} of them errored",
                    end.report.handled(),
                    end.report.errored()
                )
            }
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Config(error) => error.source(),
            Self::Query(error) => error.source(),
            Self::Transport(error) => error.source(),
            Self::Decode(error) => error.source(),
            Self::Sheet(error) => error.source(),
            Self::Handler(error) => error.source(),
            Self::Interrupted(end) => Some(&end.cause),
            Self::Api(_) | Self::Input(_) | Self::Conflict(_) | Self::DryRun(_) => None,
        }
    }
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, wanted, found, difference } = self;
        match difference {
            Some(difference) => write!(f, "conflict: {id} is {found} already, with {difference}"),
            None => write!(f, "conflict: {id} was to become {wanted}, now in state {found}"),
        }
    }
}

impl From<ConfigError> for Error {
    fn from(error: ConfigError) -> Self {
        Self::Config(Box::new(error))
    }
}

impl From<QueryError> for Error {
    fn from(error: QueryError) -> Self {
        Self::Query(Box::new(error))
    }
}

impl From<SheetError> for Error {
    fn from(error: SheetError) -> Self {
        Self::Sheet(Box::new(error))
    }
}

#[cfg(test)]
mod tests;
