//! An invalid file, with what the platform says of its rows.

use std::fmt;

use super::Usage;
use super::mark::without_mark;
use super::new_file::NewUsageFile;
use super::record::UsageRecord;
use super::source::IntoRecord;
use crate::error::{BadRow, BadRows, Error, Result, SheetError, SheetErrorKind as Kind};
use crate::http::Answer;
use crate::models::{DateOrDateTime, Period, UsageFile};
use crate::process::Queue as _;
use crate::text::{Limit, excerpt};

/// A file that the platform found invalid.
#[derive(Debug, Clone)]
pub struct InvalidFile {
    file: UsageFile,
    rows: Vec<InvalidRow>,
    total: u64,
    /// Why there are no rows.
    unexplained: Option<String>,
}

/// A row that the platform refuses.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct InvalidRow {
    /// The row, and the platform's words: the columns that the upload did not have.
    pub bad: BadRow,
    /// The record as it was uploaded.
    pub record: UsageRecord,
}

/// What becomes of a file that the platform found invalid.
#[non_exhaustive]
#[must_use = "it is carried out when the closure returns it"]
pub enum Invalid<'r> {
    /// It stays as it is, and is an error of each run until a newer file of its external id is there. [`Usage::report`] makes
    /// that file in its next run, and may make an invalid one again: mend the records first.
    Leave,
    /// It is deleted, which is no error of the report. [`Usage::report`] makes a new file in its next run, as for
    /// [`Leave`](Self::Leave).
    Delete,
    /// A new file takes its place, and it is deleted; made by [`replace`](Self::replace) or [`replace_by`](Self::replace_by).
    Replace(Box<Replacement<'r>>),
}

/// The file that takes the place of an invalid one.
pub struct Replacement<'r> {
    pub(super) file: Option<NewUsageFile>,
    pub(super) records: Box<dyn Iterator<Item = anyhow::Result<UsageRecord>> + 'r>,
}

impl<'r> Invalid<'r> {
    /// A new file with these records takes its place, which is like it in all else.
    pub fn replace<I>(records: I) -> Self
    where
        I: IntoIterator<IntoIter: 'r>,
        I::Item: IntoRecord + 'r,
    {
        Self::replaced(None, records)
    }

    /// This file takes its place, which may differ in more than its records; see [`InvalidFile::new_file`].
    pub fn replace_by<I>(file: NewUsageFile, records: I) -> Self
    where
        I: IntoIterator<IntoIter: 'r>,
        I::Item: IntoRecord + 'r,
    {
        Self::replaced(Some(file), records)
    }

    fn replaced<I>(file: Option<NewUsageFile>, records: I) -> Self
    where
        I: IntoIterator<IntoIter: 'r>,
        I::Item: IntoRecord + 'r,
    {
        let records = Box::new(records.into_iter().map(IntoRecord::into_record));
        Self::Replace(Box::new(Replacement { file, records }))
    }
}

impl fmt::Debug for Invalid<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Leave => "Leave",
            Self::Delete => "Delete",
            Self::Replace(_) => "Replace(…)",
        })
    }
}

impl fmt::Debug for Replacement<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replacement").field("file", &self.file).finish_non_exhaustive()
    }
}

impl InvalidFile {
    /// The file, as its detail shows it.
    pub fn file(&self) -> &UsageFile {
        &self.file
    }

    /// The rows that the platform refuses, the first 10,000; none without the feature `xlsx-read`.
    pub fn rows(&self) -> &[InvalidRow] {
        &self.rows
    }

    /// Number of rows that the platform refuses, also those beyond [`rows`](Self::rows).
    pub fn total(&self) -> u64 {
        self.total
    }

    /// A file like this one, to be made anew. Its categories are not known here: give them to it if its records name any.
    pub fn new_file(&self) -> NewUsageFile {
        let file = &self.file;
        let text = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let description = file.description.as_deref().map(without_mark).unwrap_or_default();
        NewUsageFile {
            name: file.name.clone().unwrap_or_default(),
            product: file.product.id.clone(),
            contract: file.contract.id.clone(),
            description: Some(description.to_owned()).filter(|text| !text.is_empty()),
            note: text(&file.note),
            period: file.period.as_deref().and_then(days),
            currency: text(&file.currency),
            external_id: text(&file.external_id),
            ..NewUsageFile::default()
        }
    }

    /// The file as an error that names it, its rows, and the platform's words.
    pub(super) fn into_error(self) -> Error {
        let words = self.file.error().unwrap_or_default();
        let mut what = format!("usage file {} is invalid", self.file.id);
        for part in [words, self.unexplained.as_deref().unwrap_or_default()] {
            if !part.is_empty() {
                what = format!("{what}: {}", excerpt(part, Limit::Chars(300)));
            }
        }
        let mut bad = BadRows::default();
        let more = self.total.saturating_sub(u64::try_from(self.rows.len()).unwrap_or(u64::MAX));
        for row in self.rows {
            bad.push_row(row.bad);
        }
        bad.count_more(more);
        SheetError::new(Kind::Invalid(what), bad).into()
    }
}

fn days(period: &Period) -> Option<(time::Date, time::Date)> {
    let date = |time: &Option<DateOrDateTime>| time.as_ref().map(|time| time.at.date());
    Some((date(&period.from)?, date(&period.to)?))
}

impl Usage<'_> {
    /// What the platform says of an invalid file: its words, and with the feature `xlsx-read` each row that it refuses.
    ///
    /// The processed workbook is fetched and read, right after the file's detail, since its link lives 30 seconds.
    ///
    /// # Errors
    ///
    /// What reading the file fails with. Where the workbook cannot be had, the platform's words are all there is.
    pub fn explain(self, file_id: &str) -> Result<InvalidFile> {
        let object = UsageFile::path(file_id)?;
        let file: UsageFile = self.http.get_with(&object, Answer::read)?;
        let (rows, total, unexplained) = match self.refused_rows(&file) {
            Ok((rows, total)) => (rows, total, None),
            Err(error) => (Vec::new(), 0, Some(error.with_causes())),
        };
        Ok(InvalidFile { file, rows, total, unexplained })
    }

    #[cfg(feature = "xlsx-read")]
    fn refused_rows(self, file: &UsageFile) -> Result<(Vec<InvalidRow>, u64)> {
        let link = file.processed_file_uri.as_ref().filter(|link| !link.as_str().is_empty());
        let none = "the platform gave no link to the processed file";
        let link = link.ok_or_else(|| Error::unexpected("GET", UsageFile::LIST, none))?;
        Ok(super::read::refused(self.download(link.as_str())?)?)
    }

    /// Nothing without a reader of workbooks.
    #[cfg(not(feature = "xlsx-read"))]
    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "as with a reader")]
    fn refused_rows(self, _: &UsageFile) -> Result<(Vec<InvalidRow>, u64)> {
        Ok((Vec::new(), 0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Problem;

    fn invalid(rows: u32, total: u64) -> InvalidFile {
        let row = |row| {
            let problems = vec![Problem::new("why", "no such asset")];
            let bad = BadRow { sheet: "records", row, record_id: format!("r-{row}"), problems };
            InvalidRow { bad, record: UsageRecord::default() }
        };
        let file = UsageFile { id: "UF-1".into(), ..UsageFile::default() };
        InvalidFile { file, rows: (2..2 + rows).map(row).collect(), total, unexplained: None }
    }

    #[test]
    fn rows_beyond_those_that_are_kept_are_counted() {
        let Error::Sheet(sheet) = invalid(2, 7).into_error() else { panic!() };
        assert_eq!((sheet.rows().len(), sheet.total()), (2, 7));
        assert!(sheet.to_string().starts_with("usage file UF-1 is invalid; 7 bad rows"), "{sheet}");
    }

    #[test]
    fn what_the_platform_does_not_say_is_not_said_of_the_new_file() {
        let mut none = invalid(0, 0);
        none.file.description = Some(String::new());
        none.file.currency = Some(String::new());
        let new = none.new_file();
        assert_eq!((new.description, new.currency, new.external_id, new.period), (None, None, None, None));
    }
}
