//! From records to an uploaded file: check, build, create, upload.

use super::fingerprint::Fingerprint;
use super::multipart::Multipart;
use super::new_file::NewUsageFile;
use super::record::UsageRecord;
use super::sheet::{Layout, Workbook, build};
use super::{FILES, Usage, path};
use crate::error::{Error, Result};
use crate::http::{Http, Method, json};
use crate::models::{UsageFile, UsageFileStatus};
use crate::page::Pages;
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
        let external_id = if file.external_id.is_empty() { &derived } else { &file.external_id };

        let http = self.http();
        let made = create(http, &file, external_id)?;
        log::info!(target: "connect::usage", "usage file {} made for {} records", made.id, workbook.records());
        upload(http, made, &workbook)
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
    let mut attempt = 1;
    let mut lost = false;
    loop {
        let (error, answered) = match http.once(Method::Post, FILES.list, Some(&body)) {
            // The answer differs between versions of the platform; its id is what counts.
            Ok(answer) => match http.read_answer::<UsageFile>(Method::Post, FILES.list, answer) {
                Ok(made) if !made.id.is_empty() => return Ok(made),
                Ok(_) => (Error::input("the platform made a usage file and did not tell its id"), true),
                Err(error) => (error, true),
            },
            Err(error) => (error, false),
        };
        let unclear = answered || error.may_have_happened();
        // A refusal after a lost call may be due to just that one having arrived.
        if !unclear && !lost {
            return Err(error);
        }
        lost |= unclear;
        // The pause comes before the look-up: what was lost may take a moment to show.
        let again = unclear && !answered && http.wait_before_again(attempt, &error);
        match find(http, file, external_id) {
            Ok(Some(made)) => return Ok(made),
            Ok(None) if again => attempt += 1,
            Ok(None) => return Err(error),
            Err(look_up) => {
                log::warn!(target: "connect::usage", "whether the usage file {external_id} was made is not known: {look_up}");
                return Err(error);
            }
        }
    }
}

/// The newest file of this external id that waits for its workbook.
fn find(http: &Http, file: &NewUsageFile, external_id: &str) -> Result<Option<UsageFile>> {
    let query = Query::new()
        .equal("external_id", external_id)
        .equal("product.id", file.product.as_str())
        .equal("status", UsageFileStatus::Draft.as_str())
        .ordering(["-created.at"]);
    for found in Pages::<UsageFile>::new(http, FILES.list, &query) {
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
fn upload(http: &Http, made: UsageFile, workbook: &Workbook) -> Result<UsageFile> {
    let id = made.id.as_str();
    let object = path(id)?;
    let target = format!("{object}/upload");
    let mut attempt = 1;
    let mut lost = false;
    loop {
        let file = workbook
            .reader()
            .map_err(|error| Error::input(format!("the workbook for {id} cannot be read: {error}")))?;
        let mut body = Multipart::new("usage_file", &format!("{id}.xlsx"), XLSX, file, workbook.len());
        let (content_type, length) = (body.content_type(), body.len());
        let error = match http.upload(&target, &content_type, length, &mut body) {
            Ok(answer) => match http.read_answer::<UsageFile>(Method::Post, &target, answer) {
                Ok(uploaded) if !uploaded.id.is_empty() => return Ok(uploaded),
                // It has the workbook; what it says of it is read once more, and does without where that fails.
                Ok(_) | Err(_) => {
                    return Ok(there(http, &object).unwrap_or_else(|error| {
                        log::warn!(target: "connect::usage", "what became of usage file {} is not known: {error}", made.id);
                        made
                    }));
                }
            },
            Err(error) => error,
        };
        let passing = error.may_have_happened()
            || error.status() == Some(429)
            || matches!(&error, Error::Transport(error) if error.is_connect());
        lost |= error.may_have_happened();
        let again = passing && http.wait_before_again(attempt, &error);
        // A refusal after a lost call may be due to just that one having arrived.
        if lost {
            match there(http, &object) {
                Ok(found) if found.status != UsageFileStatus::Draft => return Ok(found),
                Ok(_) => {}
                Err(look_up) => {
                    log::warn!(target: "connect::usage", "what became of POST {target} is not known: {look_up}");
                    return Err(named(id, error));
                }
            }
        }
        if !again {
            return Err(named(id, error));
        }
        attempt += 1;
    }
}

/// The file as the platform has it now.
fn there(http: &Http, object: &str) -> Result<UsageFile> {
    http.get(object)
}

/// The file exists by now: whoever reads the error must be able to find it.
fn named(id: &str, error: Error) -> Error {
    log::error!(target: "connect::usage", "usage file {id} was made, but its workbook was not uploaded: {error}");
    error
}
