//! Is the file there already? Once per external id, whatever was lost and however a list lags.

use std::cell::RefCell;
use std::collections::HashMap;

use super::Usage;
use super::mark::mark_of;
use super::new_file::NewUsageFile;
use crate::error::{Conflict, Error, Result};
use crate::models::{UsageFile, UsageFileStatus};
use crate::page::Pages;
use crate::process::Queue;
use crate::rql::Query;
use crate::text::escape_controls;

/// A search for a file reads no more files than this, should the server not keep to the filter.
const SEARCHED: usize = 1000;

/// The files that a client made: a list that lags must not hide them.
#[derive(Debug, Default)]
pub(crate) struct Made(RefCell<HashMap<Name, Known>>);

/// Product, contract and external id.
type Name = (String, String, String);

#[derive(Debug, Clone)]
struct Known {
    id: String,
    fingerprint: String,
    /// Whether the platform has its workbook.
    filled: bool,
}

/// What is wanted: a file of this id, with these records.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub(super) file: &'a NewUsageFile,
    pub(super) external_id: &'a str,
    pub(super) fingerprint: &'a str,
    /// Whether the id says what the records are, so that no mark is needed.
    pub(super) is_derived: bool,
}

/// What there is.
pub(super) enum There {
    /// The same file; the text is what a person should know of it.
    Same(Box<UsageFile>, Option<String>),
    /// A draft, which waits for its workbook.
    Draft(Box<UsageFile>),
    Nothing,
}

/// What a file of the wanted id is.
#[derive(Debug, PartialEq, Eq)]
enum Kind {
    Same,
    /// It has no fingerprint, so it counts as the same.
    Unmarked,
    /// It has other records.
    Other,
    Draft,
    /// It was refused or deleted, so a new one takes its place.
    Gone,
}

/// Whether the file was refused or deleted.
pub(super) fn is_gone(file: &UsageFile) -> bool {
    use UsageFileStatus::{Deleted, Invalid, Rejected};
    matches!(file.status, Deleted | Invalid | Rejected)
}

/// Whether the platform has the usage of a file, or may have it.
pub(super) fn is_filled(file: &UsageFile) -> bool {
    file.status != UsageFileStatus::Draft && !is_gone(file)
}

/// Whether the platform is about to process the file.
pub(super) fn is_awaited(file: &UsageFile) -> bool {
    use UsageFileStatus::{Processing, Uploaded, Uploading};
    matches!(file.status, Uploading | Uploaded | Processing)
}

/// Whether the file is of this product, contract and external id. The platform ignores filters it does not know, so each file
/// is looked at.
fn is_named(file: &UsageFile, product: &str, contract: &str, external_id: &str) -> bool {
    file.external_id.as_deref() == Some(external_id)
        && file.product.id == product
        && file.contract.id == contract
}

impl Wanted<'_> {
    fn name(&self) -> Name {
        (self.file.product.clone(), self.file.contract.clone(), self.external_id.to_owned())
    }

    fn kind(&self, file: &UsageFile) -> Kind {
        let mark = file.description.as_deref().and_then(mark_of);
        match file.status {
            _ if is_gone(file) => Kind::Gone,
            UsageFileStatus::Draft => Kind::Draft,
            _ if self.is_derived || mark == Some(self.fingerprint) => Kind::Same,
            _ if mark.is_none() => Kind::Unmarked,
            _ => Kind::Other,
        }
    }

    pub(super) fn there(&self, file: UsageFile, others: usize) -> Result<There> {
        let (id, external_id) = (escape_controls(&file.id), escape_controls(self.external_id));
        let several = (others > 0).then(|| {
            format!("{others} more usage files have the external id {external_id}: {id} is the newest")
        });
        match self.kind(&file) {
            Kind::Draft => Ok(There::Draft(Box::new(file))),
            Kind::Gone => Ok(There::Nothing),
            Kind::Same => Ok(There::Same(Box::new(file), several)),
            Kind::Unmarked => {
                let unmarked =
                    format!("usage file {id} has no fingerprint: it counts as the same for its external id");
                Ok(There::Same(Box::new(file), Some(several.unwrap_or(unmarked))))
            }
            Kind::Other => Err(Error::Conflict(Box::new(Conflict {
                id: file.id.clone(),
                wanted: "uploaded".into(),
                found: file.status.as_str().into(),
                difference: Some(format!(
                    "other records under the external id {external_id}: nothing was sent"
                )),
            }))),
        }
    }
}

impl<'c> Usage<'c> {
    /// What there is of the wanted file. One GET.
    pub(super) fn there(self, wanted: &Wanted<'_>) -> Result<There> {
        let known = self.made.0.borrow().get(&wanted.name()).cloned();
        if let Some(known) = known {
            let file = match self.http.find::<UsageFile>(&UsageFile::path(&known.id)?)? {
                Some(file) if file.status != UsageFileStatus::Draft || !known.filled => file,
                // What this client made is there, and has its workbook, whatever a replica shows.
                file => known.stub(wanted, file),
            };
            if wanted.kind(&file) != Kind::Gone {
                return wanted.there(file, 0);
            }
        }
        match self.search(wanted)? {
            Some((file, others)) => wanted.there(file, others),
            None => Ok(There::Nothing),
        }
    }

    /// The newest file of this id that counts, or else the newest draft; and how many more of them there are.
    pub(super) fn search(self, wanted: &Wanted<'_>) -> Result<Option<(UsageFile, usize)>> {
        let (product, contract) = (&wanted.file.product, &wanted.file.contract);
        let (mut best, mut others): (Option<UsageFile>, usize) = (None, 0);
        for (found, read) in self.of_external_id(product, wanted.external_id).zip(1..) {
            let found = found?;
            if read > SEARCHED {
                // Where none was found, it may be further down: to make another one would bill it twice.
                let problem = format!("the platform lists more than {SEARCHED} files for one external id");
                return best
                    .map(|file| Some((file, others)))
                    .ok_or_else(|| Error::unexpected("GET", UsageFile::LIST, problem));
            }
            if !is_named(&found, product, contract, wanted.external_id) {
                continue;
            }
            match (wanted.kind(&found), &best) {
                (Kind::Gone, _) | (Kind::Draft, Some(_)) => {}
                // A draft bills nobody, so it gives way to what does.
                (_, Some(before)) if before.status != UsageFileStatus::Draft => others += 1,
                _ => best = Some(found),
            }
        }
        Ok(best.map(|file| (file, others)))
    }

    /// Another file under the external id of this one, for which the same usage is billed, or will be.
    ///
    /// Of files that nobody submitted yet, the newest is the one to be submitted.
    pub(super) fn twin(self, file: &UsageFile) -> Result<Option<UsageFile>> {
        let Some(external_id) = file.external_id.as_deref().filter(|id| !id.is_empty()) else {
            return Ok(None);
        };
        let (product, contract) = (&file.product.id, &file.contract.id);
        let mut is_older = false;
        for found in self.of_external_id(product, external_id) {
            let found = found?;
            if found.id == file.id {
                is_older = true;
                continue;
            }
            let is_submitted = !is_awaited(&found) && found.status != UsageFileStatus::Ready;
            let counts = is_named(&found, product, contract, external_id) && is_filled(&found);
            if counts && (is_submitted || !is_older) {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// What the platform lists for an external id, the newest first.
    fn of_external_id(self, product: &str, external_id: &str) -> Pages<'c, UsageFile> {
        let query = Query::new()
            .equal("external_id", external_id)
            .equal("product.id", product)
            .ordering(["-created.at"]);
        Pages::new(self.http, UsageFile::NAMES, &query)
    }

    /// The id of a file with an external id, if this client made it or knows that it was made.
    pub(super) fn known_id(self, file: &NewUsageFile) -> Option<String> {
        let external_id = file.external_id.clone()?;
        let name = (file.product.clone(), file.contract.clone(), external_id);
        self.made.0.borrow().get(&name).map(|known| known.id.clone())
    }

    /// Notes a draft that somebody else made, so that it is taken up though the list may not show it.
    pub(super) fn note_draft(self, draft: &UsageFile) {
        let Some(external_id) = draft.external_id.clone() else { return };
        let name = (draft.product.id.clone(), draft.contract.id.clone(), external_id);
        let known = Known { id: draft.id.clone(), fingerprint: String::new(), filled: false };
        self.made.0.borrow_mut().entry(name).or_insert(known);
    }

    pub(super) fn note_made(self, wanted: &Wanted<'_>, id: &str, filled: bool) {
        let known = Known { id: id.to_owned(), fingerprint: wanted.fingerprint.to_owned(), filled };
        self.made.0.borrow_mut().insert(wanted.name(), known);
    }
}

impl Known {
    /// The file as this client knows it, where the platform does not show it yet.
    fn stub(self, wanted: &Wanted<'_>, seen: Option<UsageFile>) -> UsageFile {
        let mut file = seen.unwrap_or_default();
        file.id = self.id;
        file.external_id = Some(wanted.external_id.to_owned());
        file.product.id.clone_from(&wanted.file.product);
        file.contract.id.clone_from(&wanted.file.contract);
        file.status = if self.filled { UsageFileStatus::Uploaded } else { UsageFileStatus::Draft };
        file.description = Some(format!("[sdk-{}]", self.fingerprint));
        file
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::usage::mark::with_mark;

    const PRINT: &str = "0123456789abcdef0123456789abcdef";
    const OTHER: &str = "ffffffffffffffffffffffffffffffff";

    #[test]
    fn each_state_of_the_file_that_is_there_has_its_meaning() {
        let new = NewUsageFile::default();
        let wanted = Wanted { file: &new, external_id: "may", fingerprint: PRINT, is_derived: false };
        let derived = Wanted { is_derived: true, ..wanted };
        for (status, same, other, unmarked) in [
            ("draft", Kind::Draft, Kind::Draft, Kind::Draft),
            ("uploading", Kind::Same, Kind::Other, Kind::Unmarked),
            ("uploaded", Kind::Same, Kind::Other, Kind::Unmarked),
            ("processing", Kind::Same, Kind::Other, Kind::Unmarked),
            ("ready", Kind::Same, Kind::Other, Kind::Unmarked),
            ("pending", Kind::Same, Kind::Other, Kind::Unmarked),
            ("accepted", Kind::Same, Kind::Other, Kind::Unmarked),
            ("closed", Kind::Same, Kind::Other, Kind::Unmarked),
            ("something new", Kind::Same, Kind::Other, Kind::Unmarked),
            ("invalid", Kind::Gone, Kind::Gone, Kind::Gone),
            ("rejected", Kind::Gone, Kind::Gone, Kind::Gone),
            ("deleted", Kind::Gone, Kind::Gone, Kind::Gone),
        ] {
            let file = |description: String| UsageFile {
                status: serde_json::from_value(status.into()).unwrap(),
                description: Some(description),
                ..UsageFile::default()
            };
            assert_eq!(wanted.kind(&file(with_mark("May", PRINT).unwrap())), same, "{status}");
            assert_eq!(wanted.kind(&file(with_mark("May", OTHER).unwrap())), other, "{status}");
            assert_eq!(wanted.kind(&file("May".into())), unmarked, "{status}");
            let of_derived = if same == Kind::Same { Kind::Same } else { same };
            assert_eq!(derived.kind(&file("May".into())), of_derived, "{status}");
        }
    }
}
