//! From records to an uploaded file: check, build, create, upload.

use super::fingerprint::Fingerprint;
use super::multipart::Multipart;
use super::new_file::NewUsageFile;
use super::record::UsageRecord;
use super::sheet::{Layout, Workbook, build};
use super::{Usage, path};
use crate::error::{Error, Result, SheetError};
use crate::http::{Http, json};
use crate::models::{UsageFile, UsageFileStatus};
use crate::page::Pages;
use crate::process::{Known, Queue, until_known};
use crate::rql::Query;

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

impl Usage<'_> {
    /// Reports usage: checks the records, makes the file on the platform, uploads the workbook, and returns the file.
    ///
    /// The records are read once, from any iterator, and written to a temporary file as they come; memory does not grow
    /// with their number but for a hash each. Nothing is sent before the last one is checked. The platform checks the
    /// records later on its own: the file comes back as uploaded or processing, and is `ready` or `invalid` after a
    /// while, which [`process_files`](Self::process_files) then handles.
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

        let made = create(self.http, &file, external_id)?;
        log::info!(target: "connect::usage", "usage file {} made for {} records", made.id, workbook.records());
        upload(self.http, &made.id, &workbook)
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
    let body = json(&file.body(external_id))?;
    let known = until_known(
        false,
        || {
            // The answer differs between versions of the platform; its id is what counts.
            let made: UsageFile = http.post(UsageFile::LIST, Some(&body))?.read()?;
            if made.id.is_empty() {
                return Err(Error::unexpected("POST", UsageFile::LIST, "the answer names no usage file"));
            }
            Ok(made)
        },
        || find(http, file, external_id),
        |attempt, error| http.pause_before_resend(attempt, error),
    );
    match known {
        Known::Answered(made) | Known::Found { there: made, .. } => Ok(made),
        Known::Refused(error) | Known::Unknown(error) => Err(error),
    }
}

/// The newest file of this external id that waits for its workbook.
fn find(http: &Http, file: &NewUsageFile, external_id: &str) -> Result<Option<UsageFile>> {
    let query = Query::new()
        .equal("external_id", external_id)
        .equal("product.id", file.product.as_str())
        .equal("status", UsageFileStatus::Draft.as_str())
        .ordering(["-created.at"]);
    for found in Pages::<UsageFile>::new(http, Ok(UsageFile::LIST.to_owned()), &query) {
        let found = found?;
        // The platform ignores filters it does not know, and records that are the same derive the same id.
        if found.external_id.as_deref() == Some(external_id)
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
    let object = path(id)?;
    let target = format!("{object}/upload");
    let multipart = || {
        let file = workbook.reader().map_err(|error| SheetError::file("read", error))?;
        let body = Multipart::new("usage_file", &format!("{id}.xlsx"), XLSX, file, workbook.len());
        Ok((body.content_type(), body.len(), body))
    };
    let known = until_known(
        false,
        || {
            let uploaded: UsageFile = http.upload(&target, multipart)?.read()?;
            if uploaded.id.is_empty() {
                return Err(Error::unexpected("POST", &target, "the answer names no usage file"));
            }
            Ok(uploaded)
        },
        || {
            let file: UsageFile = http.get(&object)?.read()?;
            Ok(Some(file).filter(|file| file.status != UsageFileStatus::Draft))
        },
        |attempt, error| http.pause_before_resend(attempt, error),
    );
    match known {
        Known::Answered(file) | Known::Found { there: file, .. } => Ok(file),
        Known::Refused(error) | Known::Unknown(error) => {
            // The file exists by now: whoever reads the error must be able to find it.
            log::error!(target: "connect::usage", "usage file {id} was made, but its workbook was not uploaded: {error}");
            Err(error)
        }
    }
}
