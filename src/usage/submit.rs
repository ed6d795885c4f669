//! From records to an uploaded file: check, build, create, upload.

use super::Usage;
use super::fingerprint::Fingerprint;
use super::multipart::Multipart;
use super::new_file::NewUsageFile;
use super::record::UsageRecord;
use super::sheet::{Layout, Workbook, build};
use crate::error::{Error, Result, SheetError};
use crate::http::{Answer, Http, to_json};
use crate::models::{UsageFile, UsageFileStatus};
use crate::page::Pages;
use crate::process::{Known, Queue, Refusal, until_known};
use crate::rql::Query;
use crate::text::escape_controls;

/// A search for a file reads no more files than this, should the server not know the filter.
const SEARCHED: usize = 1000;
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

impl Usage<'_> {
    /// Reports usage: checks the records, makes the file on the platform, uploads the workbook, and returns the file.
    ///
    /// The records are read once, from any iterator, and written to a temporary file as they come; memory does not grow
    /// with their number but for a hash each. Nothing is sent before the last one is checked. The platform checks the
    /// records later on its own: the file comes back as uploaded or processing, and is `ready` or `invalid` after a
    /// while, which [`process_files`](Self::process_files) then handles.
    ///
    /// A full disk is an [`Error::Sheet`] that names the folder. The spreadsheet writer panics there, and that panic is
    /// caught here. So a program that is built with `panic = "abort"` is ended by a full disk. Nothing was sent then.
    ///
    /// # Errors
    ///
    /// [`Error::Sheet`] names the rows that are wrong, and [`Error::Input`] a file without name, product or contract;
    /// nothing was sent then. Any other error names the file if it was made, so that it is not made again.
    #[expect(clippy::needless_pass_by_value, reason = "a new file is used up by making it")]
    pub fn submit(
        self,
        file: NewUsageFile,
        records: impl IntoIterator<Item = UsageRecord>,
    ) -> Result<UsageFile> {
        for (what, value) in [("name", &file.name), ("product", &file.product), ("contract", &file.contract)]
        {
            if value.trim().is_empty() {
                return Err(Error::input(format!("a usage file needs a {what}: nothing was sent")));
            }
        }
        let layout = Layout {
            sheet_name: file.sheet_name,
            categories: file.categories.clone(),
            parameters: file.parameters.clone(),
        };
        let workbook = build(&layout, records)?;
        let derived = derived_id(&file, workbook.fingerprint());
        let external_id = file.external_id.as_deref().filter(|id| !id.is_empty()).unwrap_or(&derived);

        let file = match find(self.http, &file, external_id)? {
            Some(there) if there.status != UsageFileStatus::Draft => {
                log::warn!(target: "connect::usage", "usage file {} has the external id {external_id} already: nothing was sent", escape_controls(&there.id));
                return Ok(there);
            }
            Some(draft) => {
                log::info!(target: "connect::usage", "usage file {} was made before and waits for its workbook", escape_controls(&draft.id));
                draft
            }
            None => create(self.http, &file, external_id)?,
        };
        log::info!(target: "connect::usage", "usage file {} gets {} records", escape_controls(&file.id), workbook.records());
        upload(self.http, &file.id, &workbook)
    }
}

/// What the file is about and what its records say, as an id: the same in each run.
fn derived_id(file: &NewUsageFile, records: &str) -> String {
    let mut fingerprint = Fingerprint::new();
    for part in [file.product.as_str(), &file.contract, &file.name, records] {
        fingerprint.text(part);
    }
    format!("sdk-{}", fingerprint.hex())
}

/// Makes the file exactly once: where the answer is lost, it is searched by its external id.
fn create(http: &Http, file: &NewUsageFile, external_id: &str) -> Result<UsageFile> {
    let body = to_json(&file.body(external_id))?;
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
        |_| find(http, file, external_id),
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

/// The newest file of this external id that counts: one that waits for its workbook, or has it and was not refused.
fn find(http: &Http, file: &NewUsageFile, external_id: &str) -> Result<Option<UsageFile>> {
    let query = Query::new()
        .equal("external_id", external_id)
        .equal("product.id", file.product.as_str())
        .ordering(["-created.at"]);
    for found in Pages::<UsageFile>::new(http, UsageFile::NAMES, &query).take(SEARCHED) {
        let found = found?;
        let counts = !matches!(
            found.status,
            UsageFileStatus::Rejected | UsageFileStatus::Deleted | UsageFileStatus::Invalid
        );
        // The platform ignores filters it does not know, and records that are the same derive the same id.
        if counts
            && found.external_id.as_deref() == Some(external_id)
            && found.product.id == file.product
            && found.contract.id == file.contract
        {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// Uploads the workbook until the platform has it; uploading to a file that has one already is not tried.
fn upload(http: &Http, id: &str, workbook: &Workbook) -> Result<UsageFile> {
    let object = UsageFile::path(id)?;
    let target = format!("{object}/upload");
    let multipart = || {
        let file = workbook.reader().map_err(|error| SheetError::file("read", error))?;
        let body = Multipart::new("usage_file", &format!("{id}.xlsx"), XLSX, file, workbook.len());
        Ok((body.content_type(), body.len(), body))
    };
    let known = until_known(
        Refusal::IsFinal,
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
