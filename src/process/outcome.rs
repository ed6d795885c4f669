//! What became of one request.

use std::fmt;
use std::time::Duration;

use serde::ser::{Serialize, SerializeStruct, Serializer};

use super::Plan;
use crate::error::Error;

/// What a request was brought to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Verdict {
    /// An order or a tier config request was approved.
    Approved,
    /// It was refused for good.
    Failed,
    /// Its customer was asked for better values.
    Inquired,
    /// It was put back to pending.
    Pended,
    /// It was put off until a day.
    Scheduled,
    /// It was withdrawn.
    Revoked,
    /// It was confirmed.
    Confirmed,
    /// A usage file was submitted to the distributor.
    Submitted,
    /// A usage file was accepted.
    Accepted,
    /// A usage file was rejected.
    Rejected,
    /// A usage file was closed.
    Closed,
    /// A usage file was deleted.
    Deleted,
    /// Usage was reported for a listing.
    Reported,
    /// It was left as it is.
    Skipped,
    /// Something failed; it is as it was, or as the error says.
    Errored,
}

impl Verdict {
    /// All of them, in the order in which a report counts them.
    pub const ALL: &'static [Self] = &[
        Self::Approved,
        Self::Failed,
        Self::Inquired,
        Self::Pended,
        Self::Scheduled,
        Self::Revoked,
        Self::Confirmed,
        Self::Submitted,
        Self::Accepted,
        Self::Rejected,
        Self::Closed,
        Self::Deleted,
        Self::Reported,
        Self::Skipped,
        Self::Errored,
    ];

    /// As a report writes it, such as `approved`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Failed => "failed",
            Self::Inquired => "inquired",
            Self::Pended => "pended",
            Self::Scheduled => "scheduled",
            Self::Revoked => "revoked",
            Self::Confirmed => "confirmed",
            Self::Submitted => "submitted",
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Closed => "closed",
            Self::Deleted => "deleted",
            Self::Reported => "reported",
            Self::Skipped => "skipped",
            Self::Errored => "errored",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// How sure it is that a request was brought there by this run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Certainty {
    /// The platform said so.
    #[default]
    Confirmed,
    /// The answer was lost; the request was looked up and found where the call leads.
    Observed,
    /// Somebody else had brought it there before.
    AlreadyDone,
    /// The answer was lost and looking the request up did not tell, or the platform may still be working on it.
    Unknown,
    /// A dry run: nothing was sent.
    Planned,
}

/// What became of one request, tier config request, listing or usage file.
#[derive(Debug)]
#[non_exhaustive]
pub struct Outcome {
    /// Its id, or its position in the list where it has none that can be read.
    pub id: String,
    /// What it was brought to.
    pub verdict: Verdict,
    /// How sure that is.
    pub certainty: Certainty,
    /// In words: the template, the reason, why it was skipped.
    pub detail: String,
    /// Why it errored.
    pub error: Option<Error>,
    /// What went wrong beside the point, such as a message that could not be posted.
    pub warnings: Vec<String>,
    /// Time from being handed to the closure to the last answer.
    pub elapsed: Duration,
    /// Calls made for it, the closure's own included.
    pub calls: u64,
    /// What would have been sent, in a dry run.
    pub plan: Option<Plan>,
}

impl Outcome {
    pub(crate) fn errored(id: String, error: Option<Error>) -> Self {
        Self {
            id,
            verdict: Verdict::Errored,
            certainty: Certainty::Confirmed,
            detail: String::new(),
            error,
            warnings: Vec::new(),
            elapsed: Duration::ZERO,
            calls: 0,
            plan: None,
        }
    }

    /// Done without anything to remark.
    pub fn is_plain(&self) -> bool {
        self.error.is_none() && self.warnings.is_empty() && self.certainty == Certainty::Confirmed
    }

    /// The error with its causes, on one line.
    pub(crate) fn error_text(&self) -> Option<String> {
        let error = self.error.as_ref()?;
        let mut text = error.to_string();
        let mut cause = std::error::Error::source(error);
        while let Some(error) = cause {
            let next = error.to_string();
            if !text.contains(&next) {
                text.push_str(": ");
                text.push_str(&next);
            }
            cause = error.source();
        }
        Some(one_line(&text))
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, verdict, certainty, .. } = self;
        match certainty {
            Certainty::Planned => write!(f, "{id} would be {verdict}")?,
            _ => write!(f, "{id} {verdict}")?,
        }
        match certainty {
            Certainty::Observed => write!(f, " (observed: the answer was lost)")?,
            Certainty::AlreadyDone => write!(f, " (already done by someone else)")?,
            Certainty::Unknown => write!(f, " (what became of it is not known)")?,
            Certainty::Confirmed | Certainty::Planned => {}
        }
        if let Some(error) = self.error_text() {
            write!(f, ": {error}")?;
        } else if !self.detail.is_empty() {
            write!(f, ": {}", one_line(&self.detail))?;
        }
        if let Some(plan) = self.plan.as_ref().filter(|plan| plan.sends_anything()) {
            write!(f, " [{plan}]")?;
        }
        for warning in &self.warnings {
            write!(f, "; warning: {}", one_line(warning))?;
        }
        Ok(())
    }
}

impl Serialize for Outcome {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Outcome", 9)?;
        out.serialize_field("id", &self.id)?;
        out.serialize_field("verdict", &self.verdict)?;
        out.serialize_field("certainty", &self.certainty)?;
        out.serialize_field("detail", &self.detail)?;
        out.serialize_field("error", &self.error_text())?;
        out.serialize_field("warnings", &self.warnings)?;
        out.serialize_field("millis", &u64::try_from(self.elapsed.as_millis()).unwrap_or(u64::MAX))?;
        out.serialize_field("calls", &self.calls)?;
        out.serialize_field("plan", &self.plan.as_ref().map(ToString::to_string))?;
        out.end()
    }
}

/// A text of the platform or of a closure must not look like further lines of a report or a log.
fn one_line(text: &str) -> String {
    crate::text::one_line(&text.replace(char::is_control, " "))
}
