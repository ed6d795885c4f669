//! What becomes of uploaded files: waiting until the platform has processed them, submitting what is ready, explaining
//! what is invalid.

use std::time::{Duration, Instant};

use super::explain::{Invalid, InvalidFile};
use super::mark::mark_of;
use super::once::is_awaited;
use super::{FileAction, Usage, plan};
use crate::error::{Conflict, Error, Result};
use crate::http::{Answer, wait};
use crate::models::{UsageFile, UsageFileStatus};
use crate::process::{Later, Options, Plan, Queue, Report, Verdict, run_waiting};
use crate::scope;
use crate::text::escape_controls;

/// A run without a deadline waits so long in all.
const PATIENCE: Duration = Duration::from_secs(600);
/// The pauses grow up to so many times the first one.
const LONGEST: u32 = 30;
const STATUSES: [&str; 5] = ["uploading", "uploaded", "processing", "ready", "invalid"];

impl Usage<'_> {
    /// Waits until the platform has processed what this crate uploaded, in this run or in an earlier one, and submits what
    /// is ready. A file that is invalid is left as it is, and is an error of each run: [`settle_with`](Self::settle_with)
    /// deletes or replaces it. One that a newer good file of the same external id replaced is skipped. Of two good files of
    /// one external id, one is submitted and the other is an error, since both would bill the same usage. What the list does
    /// not show yet is left to the next run.
    ///
    /// Files are recognised by the fingerprint that [`submit`](Self::submit) gives them, so that nobody else's are
    /// submitted. The run waits until its deadline is near, or ten minutes where it has none; the pauses begin with the first of
    /// [`Config::settle`](crate::Config::settle) and grow. What the platform has not processed by then is `later` in the report, and
    /// the next run looks at it. A file costs a look for each pause, one for others of its external id, and its submission.
    ///
    /// # Errors
    ///
    /// When listing fails, or the platform does.
    pub fn settle(self) -> Result<Report> {
        self.settle_with(Options::new(), |_| Ok(Invalid::Leave))
    }

    /// [`settle`](Self::settle), with a choice for each file that is invalid: it is left, deleted or replaced. The closure
    /// returns an [`anyhow::Result`].
    ///
    /// With the feature `xlsx-read`, the closure gets each row that the platform refuses, with its words and the record. It is
    /// not asked for a file that a newer one of the same external id replaced.
    ///
    /// ```no_run
    /// use connect::usage::Invalid;
    /// use connect::{Connect, Options};
    /// use std::time::Duration;
    ///
    /// # fn main() -> connect::Result<()> {
    /// let connect = Connect::from_file("config.json")?;
    /// let options = Options::new().deadline(Duration::from_secs(900));
    /// let report = connect.usage().settle_with(options, |invalid| {
    ///     for row in invalid.rows() {
    ///         eprintln!("{}: {}", invalid.file().id, row.bad);
    ///     }
    ///     Ok(Invalid::Delete)
    /// })?;
    /// report.print();
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`settle`](Self::settle), and [`Error::Input`] for a filter that cannot be said or that [`files`](Self::files) does
    /// not have.
    pub fn settle_with<'r>(
        self,
        options: Options<'_>,
        mut decide: impl FnMut(&InvalidFile) -> anyhow::Result<Invalid<'r>>,
    ) -> Result<Report> {
        let options = match options.statuses.as_slice() {
            [] => options.statuses(STATUSES),
            _ => options,
        };
        // The last part of the time is for what need not be waited for.
        let patience = options.deadline.map_or(PATIENCE, |deadline| deadline.mul_f64(0.8));
        let end = Instant::now().checked_add(patience);
        run_waiting(
            self.http,
            self.products,
            options,
            |file: &UsageFile| {
                let waits = is_ours(file) && is_awaited(file);
                if waits { self.wait_for(file, end).map(Some) } else { Ok(None) }
            },
            |file| self.settle_one(file, &mut decide),
        )
    }

    /// The file as it is once the platform has processed it, somebody else has moved it on, or there is no more time.
    fn wait_for(self, file: &UsageFile, end: Option<Instant>) -> Result<UsageFile> {
        let object = UsageFile::path(&file.id)?;
        let [mut pause, ..] = self.http.settle;
        let longest = pause.saturating_mul(LONGEST);
        loop {
            let read = |answer: Answer<'_>| {
                answer.read_unless(|read: &UsageFile| {
                    let told = read.id == file.id && !read.status.as_str().is_empty();
                    (!told).then_some("the answer does not tell the state of the usage file")
                })
            };
            let read = self.http.get_with(&object, read)?;
            let is_over = end.is_some_and(|end| Instant::now() + pause >= end);
            if !is_awaited(&read) || is_over || !wait(pause) {
                return Ok(read);
            }
            pause = (pause * 2).min(longest);
        }
    }

    fn settle_one<'r>(
        self,
        file: &UsageFile,
        decide: &mut impl FnMut(&InvalidFile) -> anyhow::Result<Invalid<'r>>,
    ) -> Result<Plan> {
        if !is_ours(file) {
            return Ok(Plan::new(Verdict::Skipped, ""));
        }
        match is_processed(file) {
            None => {
                let why = format!("the platform has not processed it: it is {}", file.status.as_str());
                Ok(Plan::later(UsageFile::path(&file.id)?, Later { after: Duration::ZERO, why }))
            }
            Some(true) => match self.twin(file)? {
                None => plan(file, FileAction::Submit),
                Some(twin) => Err(twice(file, &twin)),
            },
            Some(false) => {
                if let Some(twin) = self.twin(file)? {
                    log::debug!(target: "connect::usage", "{}usage file {} took its place", scope::Prefix, escape_controls(&twin.id));
                    return Ok(Plan::new(Verdict::Skipped, UsageFile::path(&file.id)?));
                }
                // The list leaves out the links.
                let invalid = self.explain(&file.id)?;
                match decide(&invalid).map_err(Error::Handler)? {
                    Invalid::Leave => Err(invalid.into_error()),
                    Invalid::Delete => {
                        Ok(plan(file, FileAction::Delete)?.detail(invalid.into_error().to_string()))
                    }
                    Invalid::Replace(new) => self.replace(file, &invalid, *new),
                }
            }
        }
    }

    /// Makes the new file, and then deletes the one that it replaces: what is interrupted in between bills nothing twice.
    fn replace(
        self,
        file: &UsageFile,
        invalid: &InvalidFile,
        new: super::explain::Replacement<'_>,
    ) -> Result<Plan> {
        let delete = plan(file, FileAction::Delete)?;
        let new_file = new.file.unwrap_or_else(|| invalid.new_file());
        match self.submit(new_file, new.records) {
            Ok(made) => Ok(delete.detail(format!("replaced by usage file {}", made.id))),
            Err(error) if error.is_dry_run() => Ok(delete.detail(format!("to be replaced; {error}"))),
            Err(error) => Err(error),
        }
    }
}

/// Two files of one external id are two bills for the same usage.
fn twice(file: &UsageFile, twin: &UsageFile) -> Error {
    let external_id = escape_controls(file.external_id.as_deref().unwrap_or_default());
    let (twin, found) = (escape_controls(&twin.id), twin.status.as_str());
    Error::Conflict(Box::new(Conflict {
        id: file.id.clone(),
        wanted: "submitted".into(),
        found: file.status.as_str().into(),
        difference: Some(format!(
            "usage file {twin}, which is {found}, has the same external id {external_id}: delete the one that is too many"
        )),
    }))
}

/// Whether this crate uploaded the file.
fn is_ours(file: &UsageFile) -> bool {
    let marked = file.description.as_deref().and_then(mark_of).is_some();
    marked || file.external_id.as_deref().is_some_and(|id| id.starts_with("sdk-"))
}

/// Whether the platform found the file good, once it has processed it.
fn is_processed(file: &UsageFile) -> Option<bool> {
    match file.status {
        UsageFileStatus::Ready => Some(true),
        UsageFileStatus::Invalid => Some(false),
        _ => None,
    }
}
