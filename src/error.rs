//! Everything about failing: one enum, by what the caller can do about it.

use std::fmt::{self, Write as _};
use std::time::Duration;

use crate::config::ConfigError;
use crate::rql::QueryError;
use crate::text::{Clean, one_line};

mod api;
mod decode;
mod input;
#[cfg(feature = "ledger")]
mod ledger;
#[cfg_attr(not(feature = "xlsx"), expect(dead_code, reason = "only workbooks fail so"))]
mod sheet;
mod transport;

pub use api::ApiError;
pub use decode::DecodeError;
pub use input::InputError;
#[cfg(feature = "ledger")]
pub use ledger::{LedgerError, LedgerErrorKind};
#[cfg(any(feature = "xlsx", test))]
pub(crate) use sheet::Kind as SheetErrorKind;
pub use sheet::{BadRow, Problem, SheetError};
pub(crate) use sheet::{BadRows, SHOWN};
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
    /// A setting is missing or wrong. Mend the configuration.
    Config(Box<ConfigError>),
    /// An argument or a query cannot be sent, such as an empty id. Mend the program; nothing was sent.
    Input(Box<InputError>),
    /// Usage records are wrong. Mend the rows that the error names; nothing was sent.
    Sheet(Box<SheetError>),
    /// The call got no answer: it was held back, found no connection, or its answer was lost. Try later.
    Transport(Box<TransportError>),
    /// The platform refused the call. Read its reason.
    Api(Box<ApiError>),
    /// The platform's answer is not what its documentation promises. Report it.
    Decode(Box<DecodeError>),
    /// Somebody else brought the object to another state.
    Conflict(Box<Conflict>),
    /// The closure failed with this [`anyhow::Error`], or panicked.
    Handler(anyhow::Error),
    /// The ledger refused: it cannot be used, or the program's steps do not fit what it remembers. Read its text.
    #[cfg(feature = "ledger")]
    Ledger(Box<LedgerError>),
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

impl Error {
    fn inner(&self) -> &(dyn std::error::Error + 'static) {
        match self {
            Self::Config(error) => error,
            Self::Input(error) => error,
            Self::Sheet(error) => error,
            Self::Transport(error) => error,
            Self::Api(error) => error,
            Self::Decode(error) => error,
            Self::Conflict(error) => error,
            Self::Handler(error) => error.as_ref(),
            #[cfg(feature = "ledger")]
            Self::Ledger(error) => error,
        }
    }

    /// The HTTP status of the answer, where there was one.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Api(error) => Some(error.status),
            _ => None,
        }
    }

    /// Whether the platform said that there is no such object; the page of a gateway does not say that.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Api(error) if error.status == 404 && !error.foreign)
    }

    /// Whether the platform refused the key (401) or what it may do (403).
    pub fn is_auth(&self) -> bool {
        matches!(self.status(), Some(401 | 403))
    }

    /// Whether a dry run held the call back.
    pub fn is_dry_run(&self) -> bool {
        matches!(self, Self::Transport(error) if error.is_dry_run())
    }

    /// Whether the call may have been carried out although it failed: its answer was lost, or was a server's fault.
    ///
    /// The loops resolve such failures by themselves; this is for calls a program makes on its own.
    pub fn may_have_happened(&self) -> bool {
        match self {
            Self::Transport(error) => error.may_have_arrived(),
            // A gateway that waited too long (408) may have waited for the platform.
            Self::Api(error) => error.status >= 500 || error.status == 408,
            Self::Decode(_) => true,
            _ => false,
        }
    }

    /// Whether a call of the closure may have been carried out although it failed.
    pub(crate) fn is_of_unknown_fate(&self) -> bool {
        match self {
            Self::Handler(error) => error.downcast_ref().is_some_and(Self::is_of_unknown_fate),
            error => error.may_have_happened() && error.method() != Some("GET"),
        }
    }

    /// The method of the call that failed.
    fn method(&self) -> Option<&'static str> {
        match self {
            Self::Api(error) => Some(error.method),
            Self::Decode(error) => Some(error.method),
            Self::Transport(error) => Some(error.method()),
            _ => None,
        }
    }

    /// Whether the answer was no JSON at all.
    pub(crate) fn is_garbled(&self) -> bool {
        matches!(self, Self::Decode(error) if error.garbled)
    }

    /// The error with its causes, on one line.
    pub(crate) fn with_causes(&self) -> String {
        let mut text = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            let next = error.to_string();
            if !text.contains(&next) {
                text.push_str(": ");
                text.push_str(&next);
            }
            cause = error.source();
        }
        one_line(&text)
    }

    /// A failure that speaks against the platform as a whole and not against one object.
    pub(crate) fn is_platform_failure(&self) -> bool {
        match self {
            Self::Transport(error) => !error.was_held_back(),
            Self::Api(error) => error.status >= 500 || error.status == 401,
            Self::Handler(error) => error.downcast_ref::<Self>().is_some_and(Self::is_platform_failure),
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
        Self::Input(Box::new(InputError::new(what)))
    }

    /// The error with a remark at its end, where it is about a call.
    pub(crate) fn with_note(mut self, note: impl Into<Box<str>>) -> Self {
        let place = match &mut self {
            Self::Api(error) => &mut error.note,
            Self::Decode(error) => &mut error.note,
            Self::Transport(error) => &mut error.note,
            _ => return self,
        };
        *place = Some(note.into());
        self
    }

    /// An answer that decodes and still is not what was promised.
    pub(crate) fn unexpected(method: &'static str, path: &str, problem: impl Into<String>) -> Self {
        Self::Decode(Box::new(DecodeError::unexpected(method, path, problem)))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Handler(error) => f.write_str(&one_line(&error.to_string())),
            error => write!(Clean(f), "{}", error.inner()),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.inner().source()
    }
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let f = &mut Clean(f);
        let Self { id, wanted, found, difference } = self;
        match difference {
            Some(difference) => write!(f, "conflict: {id} is {found} already, with {difference}"),
            None => write!(f, "conflict: {id} was to become {wanted}, now in state {found}"),
        }
    }
}

impl std::error::Error for Conflict {}

impl From<ConfigError> for Error {
    fn from(error: ConfigError) -> Self {
        Self::Config(Box::new(error))
    }
}

impl From<QueryError> for Error {
    fn from(error: QueryError) -> Self {
        Self::Input(Box::new(error.into()))
    }
}

impl From<SheetError> for Error {
    fn from(error: SheetError) -> Self {
        Self::Sheet(Box::new(error))
    }
}

#[cfg(test)]
mod tests;
