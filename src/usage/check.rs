//! A workbook that was made elsewhere: checked by the same rules, before it is sent.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use calamine::Data;

use super::fingerprint::Fingerprint;
use super::new_file::NewUsageFile;
use super::read::{Book, Result as Checked, foreign, missing, names, record, text};
use super::sheet::Workbook;
use super::submit::Delivered;
use super::validate::{Validator, check_categories};
use super::{Usage, UsageRecord};
use crate::error::{BadRows, Problem, Result, SheetError, SheetErrorKind as Kind};
use crate::models::UsageFile;
use crate::text::path as shown;

/// A workbook that was made elsewhere and has no bad row; made by [`Usage::check`].
#[derive(Debug)]
#[must_use = "it is sent by `Usage::submit_workbook`"]
pub struct CheckedWorkbook(Workbook);

impl CheckedWorkbook {
    /// Number of its records.
    pub fn records(&self) -> u32 {
        self.0.records()
    }
}

impl Usage<'_> {
    /// Checks a workbook that was made elsewhere by the rules that records are checked by, without any call.
    ///
    /// Its sheet `records`, or `usage_records`, has its columns in the first row, in any order. It is read row by row.
    ///
    /// ```no_run
    /// use connect::Connect;
    /// use connect::usage::NewUsageFile;
    ///
    /// # fn main() -> connect::Result<()> {
    /// let connect = Connect::from_file("config.json")?;
    /// let workbook = connect.usage().check("usage-of-may.xlsx")?;
    /// let file = NewUsageFile {
    ///     name: "Usage of May".into(),
    ///     product: "PRD-000-000-001".into(),
    ///     contract: "CRD-00000-00000-00001".into(),
    ///     external_id: Some("2024-05".into()),
    ///     ..NewUsageFile::default()
    /// };
    /// connect.usage().submit_workbook(file, &workbook)?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Sheet`](crate::Error::Sheet) for a file that cannot be read or is no workbook of usage, and for bad rows,
    /// which it names.
    pub fn check(self, path: impl AsRef<Path>) -> Result<CheckedWorkbook> {
        let path = path.as_ref();
        let unread = |error| foreign(format!("{} cannot be read: {error}", shown(path)));
        let file = File::open(path).map_err(unread)?;
        let len = file.metadata().map_err(unread)?.len();
        let (records, fingerprint) = check(&file)?;
        Ok(CheckedWorkbook(Workbook::of(file, len, records, fingerprint)))
    }

    /// Sends a workbook that was [checked](Self::check), once per external id as [`submit`](Self::submit) does.
    ///
    /// # Errors
    ///
    /// As [`submit`](Self::submit).
    #[expect(clippy::needless_pass_by_value, reason = "a new file is used up by making it")]
    pub fn submit_workbook(self, file: NewUsageFile, workbook: &CheckedWorkbook) -> Result<UsageFile> {
        file.check()?;
        let Delivered { file, remark, .. } = self.deliver(&file, &workbook.0, false)?;
        if let Some(remark) = remark {
            log::warn!(target: "connect::usage", "{}{remark}", crate::scope::Prefix);
        }
        Ok(file)
    }
}

/// The number of records and what they say.
fn check(file: &File) -> Checked<(u32, String)> {
    let mut book = Book::open(BufReader::new(file))?;
    let sheets = book.sheets();
    let sheet = ["records", "usage_records"].into_iter().find(|name| sheets.iter().any(|own| own == name));
    let sheet = sheet.ok_or_else(|| foreign("it has no sheet `records`"))?;
    let categories = book.categories()?;
    let mut bad = BadRows::default();
    check_categories(&categories, &mut bad);
    let mut rows = Rows {
        sheet,
        validator: Validator::new(&categories, 0),
        bad,
        header: None,
        fingerprint: Fingerprint::new(),
        records: 0,
    };
    rows.fingerprint.text(sheet);
    for category in &categories {
        for text in [&category.category_id, &category.category_name, &category.category_description] {
            rows.fingerprint.text(text);
        }
    }
    book.each_row(sheet, |row, cells| rows.take(row, cells))?;
    if !rows.bad.is_empty() {
        return Err(SheetError::new(Kind::BadRows, rows.bad));
    }
    if rows.records == 0 {
        return Err(SheetError::new(Kind::NoRecords, rows.bad));
    }
    Ok((rows.records, rows.fingerprint.hex()))
}

struct Rows {
    sheet: &'static str,
    validator: Validator,
    bad: BadRows,
    header: Option<Vec<String>>,
    fingerprint: Fingerprint,
    records: u32,
}

impl Rows {
    fn take(&mut self, row: u32, cells: &[Data]) -> Checked<()> {
        for (cell, place) in cells.iter().zip(0..) {
            self.fingerprint.text_at(place, &text(cell));
        }
        let Some(header) = &self.header else {
            let header = names(cells);
            if let Some(name) = missing(&header) {
                return Err(foreign(format!("sheet {:?} has no column {name} in its first row", self.sheet)));
            }
            let parameters = header.iter().filter_map(|name| name.strip_prefix("v."));
            let problems = self.validator.set_parameters(parameters.map(str::to_owned).collect());
            if !problems.is_empty() {
                self.bad.push(self.sheet, row, "", problems);
            }
            self.header = Some(header);
            return Ok(());
        };
        let (record, unread) = record(header, cells);
        self.records += 1;
        self.check_row(row, record, unread);
        Ok(())
    }

    fn check_row(&mut self, row: u32, record: UsageRecord, mut problems: Vec<Problem>) {
        let record = [record];
        self.validator.pass_to(row);
        self.validator.prefetch(&record);
        let [record] = record;
        if let Err((_, found)) = self.validator.check(&record) {
            // What cannot be read is not missing.
            let new = |problem: &Problem| !problems.iter().any(|known| known.field == problem.field);
            let new: Vec<_> = found.into_iter().filter(new).collect();
            problems.extend(new);
        }
        if !problems.is_empty() {
            self.bad.push(self.sheet, row, &record.record_id, problems);
        }
    }
}
