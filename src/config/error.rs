//! What can be wrong with a configuration, and where.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::text;

/// A mistake in a configuration. Its text says what is wrong, where, and what to do.
///
/// Neither the text nor `Debug` quotes a value of the configuration, because the API key may stand in the wrong place.
/// The one exception is the path of a `caFile` that cannot be used.
#[derive(Debug)]
pub struct ConfigError {
    location: Location,
    issue: Issue,
}

/// The kind of mistake that a [`ConfigError`] reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ConfigErrorKind {
    /// The file, or the `caFile` it names, does not exist.
    NotFound,
    /// A folder was given where a file is needed.
    IsDirectory,
    /// A pipe, a socket or a device was given where a file is needed.
    NotAFile,
    /// The file cannot be read; `source()` says why.
    Unreadable,
    /// The file is far too large to be a configuration.
    TooLarge,
    /// The file, or the environment variable, is not UTF-8.
    NotUtf8,
    /// The file is not JSON.
    NotJson,
    /// The file is JSON, but not an object.
    NotAnObject,
    /// A key stands in the file more than once.
    Duplicate,
    /// A key or an environment variable is missing.
    Missing,
    /// A key is missing, and the file has one that looks like it.
    Misspelt,
    /// A value is of the wrong JSON type.
    WrongType,
    /// A value is empty.
    Empty,
    /// A number is too small or too large.
    OutOfRange,
    /// A value is not one of the allowed words.
    UnknownValue,
    /// The endpoint is not a URL the SDK can use.
    BadUrl,
    /// The endpoint is plain `http` to another machine; the key could be read on the network.
    InsecureUrl,
    /// A text holds a character that may not go into an HTTP header or an id.
    BadCharacter,
    /// The proxy cannot be used.
    BadProxy,
    /// The `caFile` holds no certificate, or one that cannot be read.
    BadCertificate,
}

impl ConfigError {
    /// The kind of mistake, to match on.
    pub fn kind(&self) -> ConfigErrorKind {
        self.issue.kind
    }

    /// The key of the file, the environment variable or the setter with the mistake; `None` for the file as a whole.
    pub fn setting(&self) -> Option<&str> {
        match &self.location {
            Location::File(_) => None,
            Location::Key { key, .. } => Some(key),
            Location::Variable(name) | Location::Setting(name) => Some(name),
        }
    }

    /// The file with the mistake; `None` if the configuration does not come from a file.
    pub fn file(&self) -> Option<&Path> {
        match &self.location {
            Location::File(file) => Some(file),
            Location::Key { file, .. } => file.as_deref(),
            Location::Variable(_) | Location::Setting(_) => None,
        }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.location, self.issue.what)
    }
}

impl Error for ConfigError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.issue.source.as_ref().map(|source| source as &(dyn Error + 'static))
    }
}

#[derive(Debug)]
pub(super) enum Location {
    File(PathBuf),
    Key { file: Option<PathBuf>, key: String },
    Variable(&'static str),
    Setting(&'static str),
}

impl Location {
    pub(super) fn key(file: Option<&Path>, key: &str) -> Self {
        Self::Key { file: file.map(Path::to_path_buf), key: key.to_owned() }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(file) => f.write_str(&text::path(file)),
            Self::Key { file: Some(file), key } => write!(f, "{}: {key:?}", text::path(file)),
            Self::Key { file: None, key } => write!(f, "{key:?}"),
            Self::Variable(name) => write!(f, "environment variable {name}"),
            Self::Setting(name) => write!(f, "{name}"),
        }
    }
}

/// A mistake before it is known where the value came from.
#[derive(Debug)]
pub(super) struct Issue {
    pub(super) kind: ConfigErrorKind,
    what: Cow<'static, str>,
    source: Option<io::Error>,
}

impl Issue {
    pub(super) fn new(kind: ConfigErrorKind, what: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, what: what.into(), source: None }
    }

    pub(super) fn because(mut self, source: io::Error) -> Self {
        self.source = Some(source);
        self
    }

    /// The same with other words.
    pub(super) fn reworded(self, words: impl FnOnce(&str) -> String) -> Self {
        Self { what: words(&self.what).into(), ..self }
    }

    pub(super) fn at(self, location: Location) -> ConfigError {
        ConfigError { location, issue: self }
    }
}
