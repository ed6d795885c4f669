//! What became of one request.

use std::fmt::{self, Write as _};
use std::time::Duration;

use serde::Serialize;

use super::{Plan, Queue, json};
use crate::error::Error;
use crate::text::{Clean, one_line, word_enum};

word_enum! {
    /// What a request was brought to.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, serde::Deserialize)]
    #[serde(rename_all = "snake_case")]
    #[non_exhaustive]
    pub enum Verdict {
        /// An order or a tier config request was approved.
        Approved = "approved",
        /// It was refused for good.
        Failed = "failed",
        /// Its customer was asked for better values.
        Inquired = "inquired",
        /// It was put back to pending.
        Pended = "pended",
        /// It was put off until a day.
        Scheduled = "scheduled",
        /// It was withdrawn.
        Revoked = "revoked",
        /// It was confirmed.
        Confirmed = "confirmed",
        /// A usage file was submitted to the distributor.
        Submitted = "submitted",
        /// A usage file was accepted.
        Accepted = "accepted",
        /// A usage file was rejected.
        Rejected = "rejected",
        /// A usage file was closed.
        Closed = "closed",
        /// A usage file was deleted.
        Deleted = "deleted",
        /// Usage was reported for a listing.
        Reported = "reported",
        /// It was left as it is.
        Skipped = "skipped",
        /// Somebody else ended it before anything was done here, or the filter does not ask for it any more.
        ///
        /// Mostly the closure did not see it; see [`Options::fresh`](super::Options::fresh). Where it did, a warning says so.
        Stale = "stale",
        /// It was put off: it waits for something, and nothing failed.
        Later = "later",
        /// Something failed; it is as it was, or as the error says.
        Errored = "errored",
    }
}

/// How sure it is that a request was brought there by this run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
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
#[derive(Debug, Serialize)]
#[non_exhaustive]
pub struct Outcome {
    /// Id of the object, or its position in the list where no id can be read.
    pub id: String,
    /// Id of the product, `PRD-…`, where the object tells it.
    pub product: Option<String>,
    /// Type of the request, such as `purchase`; listings and usage files have none.
    pub kind: Option<String>,
    /// State that the object was brought to.
    pub verdict: Verdict,
    /// Certainty that this run brought it there.
    pub certainty: Certainty,
    /// The template, the reason or why it was skipped, in words.
    pub detail: Option<String>,
    /// Error that kept the object from being handled.
    #[serde(serialize_with = "json::error")]
    pub error: Option<Error>,
    /// Failures that did not change the verdict, such as a message that was not posted.
    pub warnings: Vec<String>,
    /// Steps that are undone, since the order failed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub undone: Vec<String>,
    /// Time from being handed to the closure to the last answer.
    #[serde(rename = "millis", serialize_with = "json::millis")]
    pub elapsed: Duration,
    /// Number of calls made for the object, the closure's own included.
    pub calls: u64,
    /// Plan that a dry run did not carry out.
    #[serde(serialize_with = "json::plan")]
    pub plan: Option<Plan>,
    #[serde(skip)]
    pub(crate) news: News,
    /// What is remembered once it is told that an undo failed.
    #[cfg(feature = "ledger")]
    #[serde(skip)]
    pub(crate) stuck: Option<String>,
}

/// Whether an outcome is news, by what the ledger knows was told before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum News {
    /// Nobody was told yet.
    New,
    /// It is news, and that it was told is to be remembered.
    #[cfg(feature = "ledger")]
    Marked { collection: &'static str, told: String },
    /// The same was told before, or it is none.
    Old,
}

impl Outcome {
    pub(crate) fn errored(id: String, error: Option<Error>) -> Self {
        Self {
            id,
            product: None,
            kind: None,
            verdict: Verdict::Errored,
            certainty: Certainty::Confirmed,
            detail: None,
            error,
            warnings: Vec::new(),
            undone: Vec::new(),
            elapsed: Duration::ZERO,
            calls: 0,
            plan: None,
            news: News::New,
            #[cfg(feature = "ledger")]
            stuck: None,
        }
    }

    /// Whether it, or an undo of its steps, failed.
    #[cfg(feature = "ledger")]
    pub(crate) fn is_failure(&self) -> bool {
        self.error.is_some() || self.stuck.is_some()
    }

    /// Tells the product and the type of the object.
    pub(super) fn about(&mut self, item: &impl Queue) {
        self.product = Some(item.product_id()).filter(|id| !id.is_empty()).map(str::to_owned);
        self.kind = item.kind().map(str::to_owned);
    }

    /// Done without anything to remark.
    pub fn is_plain(&self) -> bool {
        self.error.is_none() && self.warnings.is_empty() && self.certainty == Certainty::Confirmed
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let f = &mut Clean(f);
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
        if let Some(error) = &self.error {
            write!(f, ": {}", error.with_causes())?;
        } else if let Some(detail) = &self.detail {
            write!(f, ": {}", one_line(detail))?;
        }
        if let Some(plan) = self.plan.as_ref().filter(|plan| plan.sends_anything()) {
            write!(f, " [{plan}]")?;
        }
        if !self.undone.is_empty() {
            write!(f, "; undone: {}", self.undone.join(", "))?;
        }
        for warning in &self.warnings {
            write!(f, "; warning: {}", one_line(warning))?;
        }
        Ok(())
    }
}
