//! What a closure answers about a usage file, turned into calls.

use serde_json::json;

use crate::error::Result;
use crate::models::UsageFile;
use crate::process::{Goal, Plan, Queue, Verdict};

/// The closure's answer about a usage file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
#[must_use = "an action is carried out when the closure returns it"]
pub enum FileAction {
    /// Takes a submitted file over, as distributors do, with a note.
    Accept(String),
    /// Refuses a submitted file, with a note.
    Reject(String),
    /// Marks an accepted file as billed.
    Close,
    /// Deletes the file.
    Delete,
    /// Hands a file that is ready to the distributor.
    Submit,
    /// Leaves the file as it is; the text is for the report.
    Skip(Option<String>),
}

impl FileAction {
    /// Takes a submitted file over, with a note.
    pub fn accept(note: impl Into<String>) -> Self {
        Self::Accept(note.into())
    }

    /// Refuses a submitted file, with a note.
    pub fn reject(note: impl Into<String>) -> Self {
        Self::Reject(note.into())
    }

    /// Leaves the file as it is.
    pub fn skip() -> Self {
        Self::Skip(None)
    }

    /// Leaves the file as it is, and tells the report why: it prints such a skip in every run.
    ///
    /// ```
    /// use connect::models::UsageFile;
    /// use connect::usage::FileAction;
    ///
    /// fn decide(file: &UsageFile) -> FileAction {
    ///     match &file.currency {
    ///         Some(_) => FileAction::Submit,
    ///         None => FileAction::skip_because("it has no currency"),
    ///     }
    /// }
    /// ```
    pub fn skip_because(reason: impl Into<String>) -> Self {
        Self::Skip(Some(reason.into()))
    }
}

/// The calls that carry out an answer about a usage file, for looking at and for tests of one's own closure.
///
/// # Errors
///
/// [`Error::Input`](crate::Error::Input) for a file without id.
pub fn plan(file: &UsageFile, action: FileAction) -> Result<Plan> {
    let object = UsageFile::path(&file.id)?;
    match action {
        FileAction::Accept(note) => {
            let body = json!({ "acceptance_note": note });
            let plan = Plan::new(Verdict::Accepted, object);
            plan.post("accept", Some(&body), Goal::status("accepted|closed")).map(|plan| plan.detail(note))
        }
        FileAction::Reject(note) => {
            let body = json!({ "rejection_note": note });
            let goal = Goal { reason: Some(note.clone()), ..Goal::status("rejected") };
            Plan::new(Verdict::Rejected, object)
                .post("reject", Some(&body), goal)
                .map(|plan| plan.detail(note))
        }
        FileAction::Close => Plan::new(Verdict::Closed, object).post_empty("close", Goal::status("closed")),
        FileAction::Delete => {
            Plan::new(Verdict::Deleted, object).post_empty("delete", Goal::status("deleted"))
        }
        FileAction::Submit => {
            let goal = Goal::status("pending|accepted|rejected|closed");
            Plan::new(Verdict::Submitted, object).post_empty("submit", goal)
        }
        FileAction::Skip(why) => Ok(Plan::new(Verdict::Skipped, object).detail(why.unwrap_or_default())),
    }
}
