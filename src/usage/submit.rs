//! From records to an uploaded file: check, build, create, upload.

use super::Usage;
use super::fingerprint::Fingerprint;
use super::mark::{mark_of, with_mark};
use super::multipart::{Multipart, XLSX};
use super::new_file::NewUsageFile;
use super::once::{There, Wanted};
use super::sheet::{Layout, Workbook, build};
use super::source::IntoRecord;
use crate::error::{Error, Result, SheetError};
use crate::http::{Answer, Http, to_json, wait};
use crate::models::UsageFile;
use crate::process::{Known, Queue, Refusal, until_known};
use crate::scope;
use crate::text::escape_controls;

impl Usage<'_> {
    /// Reports usage: checks the records, makes the file on the platform, uploads the workbook, and returns the file.
    ///
    /// The records are read once, from any iterator of records or of results of them, and written to a temporary file as
    /// they come; memory does not grow with their number but for a hash each. Nothing is sent before the last one is
    /// checked. The platform checks the records later on its own: the file comes back as uploaded or processing, and is
    /// `ready` or `invalid` after a while, which [`process_files`](Self::process_files) then handles.
    ///
    /// # Once per external id
    ///
    /// A file of this product, contract and external id is looked for first, with one GET. The records' fingerprint stands
    /// at the end of the description, as `[sdk-…]`:
    ///
    /// | the file that is there | what happens |
    /// |---|---|
    /// | none | the file is made |
    /// | `draft` | is taken up: its description is brought up to date where the fingerprint differs, and the workbook uploaded |
    /// | `uploading`, `uploaded`, `processing`, `ready`, `pending`, `accepted`, `closed`, with the same fingerprint | is returned as it is |
    /// | the same with another fingerprint | [`Error::Conflict`], which names the file |
    /// | the same without a fingerprint | counts as the same, with a warning in the log |
    /// | `invalid`, `rejected`, `deleted` | a new file takes its place |
    /// | several | the newest that counts, a draft last, with a warning in the log |
    ///
    /// A file that this [`Connect`](crate::Connect) made is read by its own id, and is there however much the list lags.
    /// Where the answer to its creation is lost, the file is looked for until the pauses of
    /// [`Config::settle`](crate::Config::settle) are over, and only then made again.
    ///
    /// Two programs that submit one id at the same moment, or the second while the list lags behind the first, make a file
    /// each: [`report`](Self::report) with a ledger keeps them apart.
    ///
    /// A full disk is an [`Error::Sheet`] that names the folder. The spreadsheet writer panics there, and that panic is
    /// caught here. So a program that is built with `panic = "abort"` is ended by a full disk. Nothing was sent then.
    ///
    /// # Errors
    ///
    /// [`Error::Sheet`] names the rows that are wrong, and [`Error::Input`] a file without name, product or contract, or
    /// with a text that the platform does not take; nothing was sent then. A source of records that fails is the source's
    /// own error, after which nothing was sent. Any other error names the file if it was made, so that it is not made again.
    #[expect(clippy::needless_pass_by_value, reason = "a new file is used up by making it")]
    pub fn submit<R: IntoRecord>(
        self,
        file: NewUsageFile,
        records: impl IntoIterator<Item = R>,
    ) -> Result<UsageFile> {
        file.check()?;
        let layout = Layout {
            sheet_name: file.sheet_name,
            categories: file.categories.clone(),
            parameters: file.parameters.clone(),
        };
        let workbook = build(&layout, records)?;
        let Delivered { file, remark, .. } = self.deliver(&file, &workbook, false)?;
        if let Some(remark) = remark {
            log::warn!(target: "connect::usage", "{}{remark}", scope::Prefix);
        }
        Ok(file)
    }

    /// Makes the file and uploads the workbook, unless it is there already.
    ///
    /// Where it `may_be_there` though nobody knows of it, it is looked for as long as a list may lag.
    pub(super) fn deliver(
        self,
        file: &NewUsageFile,
        workbook: &Workbook,
        may_be_there: bool,
    ) -> Result<Delivered> {
        let fingerprint = workbook.fingerprint();
        let given = file.external_id.as_deref().filter(|id| !id.is_empty());
        let description = file.description.as_deref().unwrap_or_default();
        let (external_id, description) = match given {
            Some(id) => (id.to_owned(), with_mark(description, fingerprint)?),
            None => (derived_id(file, fingerprint), description.to_owned()),
        };
        let wanted = Wanted { file, external_id: &external_id, fingerprint, is_derived: given.is_none() };
        let there = match self.there(&wanted)? {
            There::Nothing if may_be_there => match self.search_while_it_may_lag(&wanted)? {
                Some(found) => wanted.there(found, 0)?,
                None => There::Nothing,
            },
            there => there,
        };
        let (made, taken_up) = match there {
            There::Same(there, remark) => {
                log::info!(target: "connect::usage", "usage file {} has the external id {external_id} already: nothing was sent", escape_controls(&there.id));
                return Ok(Delivered { file: *there, remark, was_there: true });
            }
            There::Draft(draft) => {
                log::info!(target: "connect::usage", "usage file {} was made before and waits for its workbook", escape_controls(&draft.id));
                if given.is_some() && draft.description.as_deref().and_then(mark_of) != Some(fingerprint) {
                    let body = to_json(&file.update(&description))?;
                    self.http.update(&UsageFile::path(&draft.id)?, &body)?.acknowledge()?;
                }
                (*draft, true)
            }
            There::Nothing => (self.create(&wanted, &description)?, false),
        };
        self.note_made(&wanted, &made.id, false);
        log::info!(target: "connect::usage", "usage file {} gets {} records", escape_controls(&made.id), workbook.records());
        let file = upload(self.http, &made.id, workbook, taken_up)?;
        self.note_made(&wanted, &made.id, true);
        Ok(Delivered { file, remark: None, was_there: false })
    }

    /// Makes the file exactly once: where the answer is lost, it is searched by its external id.
    fn create(self, wanted: &Wanted<'_>, description: &str) -> Result<UsageFile> {
        let (file, external_id) = (wanted.file, wanted.external_id);
        let http = self.http;
        let body = to_json(&file.body(external_id, description))?;
        let known = until_known(
            Refusal::IsFinal,
            || {
                http.post(UsageFile::LIST, Some(&body))?.read_unless(|made: &UsageFile| {
                    // The answer differs between versions; each names the file by its name or its external id.
                    let named = made.name.as_deref() == Some(file.name.as_str());
                    let ours = made.external_id.as_deref().map_or(named, |id| id == external_id);
                    (made.id.is_empty() || !ours).then_some("the answer is not the new usage file")
                })
            },
            |_| self.search_while_it_may_lag(wanted),
            |attempt, error| http.pause_before_resend(attempt, error),
        );
        match known {
            Known::Answered(made) | Known::Found { there: made, .. } => Ok(made),
            Known::Refused(error) => Err(error),
            Known::Unknown(error) => Err(error.with_note(format!(
                "whether a usage file with the external id {external_id} was made is not known; the next run looks for it"
            ))),
        }
    }

    /// A list that lags does not show at once what was made.
    fn search_while_it_may_lag(self, wanted: &Wanted<'_>) -> Result<Option<UsageFile>> {
        for pause in self.http.settle {
            if let Some((found, _)) = self.search(wanted)? {
                return Ok(Some(found));
            }
            if !wait(pause) {
                let problem = "the time was up before the list can have caught up";
                return Err(Error::unexpected("GET", UsageFile::LIST, problem));
            }
        }
        Ok(self.search(wanted)?.map(|(found, _)| found))
    }
}

/// What a file came to.
pub(super) struct Delivered {
    pub(super) file: UsageFile,
    /// What a person should know of it.
    pub(super) remark: Option<String>,
    /// Nothing was sent, since it was there already.
    pub(super) was_there: bool,
}

/// What the file is about and what its records say, as an id: the same in each run.
fn derived_id(file: &NewUsageFile, records: &str) -> String {
    let mut fingerprint = Fingerprint::new();
    for part in [file.product.as_str(), &file.contract, &file.name, records] {
        fingerprint.text(part);
    }
    format!("sdk-{}", fingerprint.hex())
}

/// Uploads the workbook until the platform has it; uploading to a file that has one already is not tried.
///
/// A draft that was `taken_up` may be somebody else's by now, or may have been shown by a list that lags.
fn upload(http: &Http, id: &str, workbook: &Workbook, taken_up: bool) -> Result<UsageFile> {
    let object = UsageFile::path(id)?;
    let target = format!("{object}/upload");
    let multipart = || {
        let file = workbook.reader().map_err(|error| SheetError::file("read", error))?;
        let body = Multipart::new("usage_file", &format!("{id}.xlsx"), XLSX, file, workbook.len());
        Ok((body.content_type(), body.len(), body))
    };
    let refusal = if taken_up { Refusal::IsLookedAt } else { Refusal::IsFinal };
    let known = until_known(
        refusal,
        || {
            http.upload(&target, multipart)?.read_unless(|file: &UsageFile| {
                let told = file.id == id && has_workbook(file);
                (!told).then_some("the answer does not tell that the file was uploaded")
            })
        },
        |_| {
            let read = |answer: Answer<'_>| {
                answer.read_unless(|file: &UsageFile| {
                    let other = !file.id.is_empty() && file.id != id;
                    let told = !other && !file.status.as_str().is_empty();
                    (!told).then_some("the answer does not tell the state of the usage file")
                })
            };
            Ok(Some(http.get_with(&object, read)?).filter(has_workbook))
        },
        |attempt, error| http.pause_before_resend(attempt, error),
    );
    match known {
        Known::Answered(file) | Known::Found { there: file, .. } => Ok(file),
        // The file exists by now: whoever reads the error must be able to find it.
        Known::Refused(error) => Err(error
            .with_note(format!("usage file {id} was made and has no workbook; the next run takes it up"))),
        Known::Unknown(error) => Err(error.with_note(format!(
            "whether usage file {id} has its workbook is not known; the next run looks at it"
        ))),
    }
}

/// Whether the platform has a workbook for the file. A draft waits for one.
fn has_workbook(file: &UsageFile) -> bool {
    !matches!(file.status.as_str(), "" | "draft")
}
