//! What a ledger refuses, and why.

use std::error::Error;
use std::fmt;

/// Why a [`Ledger`](crate::Ledger) could not do what it was asked for. Its text says what to do.
#[derive(Debug)]
pub struct LedgerError {
    kind: LedgerErrorKind,
    text: String,
    source: Option<Box<dyn Error + Send + Sync>>,
}

/// The kind of a [`LedgerError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LedgerErrorKind {
    /// The file is damaged, or is no ledger.
    Damaged,
    /// The file belongs to another program.
    Foreign,
    /// The file was written by a newer version of this crate, in a format that this version cannot read.
    Newer,
    /// The ledger belongs to another job.
    OtherJob,
    /// The ledger belongs to another endpoint of the platform.
    OtherEndpoint,
    /// The file is on a network file system, where locks cannot be trusted.
    Network,
    /// Another run holds the ledger.
    Held,
    /// The file cannot be opened, read or written.
    Unusable,
    /// The disk is full.
    Full,
    /// Another program kept the file locked for too long.
    Busy,
    /// The claim on the order is lost: another worker has it, or the order has ended.
    ClaimLost,
    /// The program's steps do not fit what is recorded, or cannot be recorded.
    Step,
    /// A look-up could not tell whether a step's effect is there.
    CannotTell,
    /// It is too early to look a step's effect up.
    Settling,
    /// A dry run does not run the step.
    DryRun,
}

impl LedgerError {
    /// An error of this kind; the text says what to do.
    pub fn new(kind: LedgerErrorKind, text: impl Into<String>) -> Self {
        Self { kind, text: text.into(), source: None }
    }

    /// The error with its cause, which is not repeated in the text.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The kind of error, to match on.
    pub fn kind(&self) -> LedgerErrorKind {
        self.kind
    }
}

impl fmt::Display for LedgerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Error for LedgerError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|source| &**source as _)
    }
}

impl From<LedgerError> for super::Error {
    fn from(error: LedgerError) -> Self {
        Self::Ledger(Box::new(error))
    }
}
