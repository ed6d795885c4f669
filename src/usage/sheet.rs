//! Records become a workbook on disk; the only file that names the spreadsheet writer.

use std::fs::File;
use std::io::{self, BufWriter, Seek, Write};
use std::mem::take;
use std::panic::{AssertUnwindSafe, catch_unwind};

use rust_xlsxwriter::{self as xlsx, XlsxError};

use super::fingerprint::Fingerprint;
use super::record::{SheetName, UsageCategory, UsageRecord};
use super::source::{IntoRecord, failed};
use super::validate::{Cells, MAX_RECORDS, Validator, bare, check_categories};
use crate::error::{BadRows, Result, SheetError, SheetErrorKind as Kind};

/// Today's columns. All are always in the header: an empty cell is not written, so those not used cost nothing.
/// Their numbers go into the fingerprint, so that new ones belong at the end.
pub(super) const COLUMNS: [&str; 16] = [
    "record_id",
    "record_note",
    "item_search_criteria",
    "item_search_value",
    "quantity",
    "start_time_utc",
    "end_time_utc",
    "asset_search_criteria",
    "asset_search_value",
    "category_id",
    "amount",
    "tier",
    "item_name",
    "item_unit",
    "item_mpn",
    "item_precision",
];
/// Marks parameter columns in the fingerprint, whatever number of columns stands before them.
const PARAMETER: u64 = 1 << 16;
const CATEGORY_COLUMNS: [&str; 3] = ["category_id", "category_name", "category_description"];

/// What spreadsheet programs use. Against the writer's default, 6, it takes 30 % off the whole work, for files 8 to 15 %
/// larger.
const COMPRESSION: u8 = 3;

/// Records that are checked together, see [`Validator::prefetch`].
const BATCH: usize = 32;

/// What the file looks like, apart from its records.
#[derive(Clone, Debug, Default)]
pub(crate) struct Layout {
    pub(crate) sheet_name: SheetName,
    /// If there are none, there is no `categories` sheet and no record may name a category.
    pub(crate) categories: Vec<UsageCategory>,
    /// Parameter ids for the `v.` columns; empty means those of the first record.
    pub(crate) parameters: Vec<String>,
}

/// A checked workbook in a temporary file, which goes with this value.
#[derive(Debug)]
pub(crate) struct Workbook {
    file: File,
    len: u64,
    records: u32,
    fingerprint: String,
}

impl Workbook {
    /// A workbook that was made elsewhere.
    #[cfg(feature = "xlsx-read")]
    pub(super) fn of(file: File, len: u64, records: u32, fingerprint: String) -> Self {
        Self { file, len, records, fingerprint }
    }

    /// Its size in bytes.
    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    pub(crate) fn records(&self) -> u32 {
        self.records
    }

    /// 32 hexadecimal digits that say what the records, categories and the sheet's name are: the same in each run and
    /// version, unlike the file's bytes, which carry the time of writing.
    pub(crate) fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// The file from its first byte; to be called again for each upload.
    pub(crate) fn reader(&self) -> io::Result<&File> {
        (&self.file).rewind()?;
        Ok(&self.file)
    }
}

/// Checks the records and writes them in one pass. Memory does not grow with their number but for a hash each.
pub(crate) fn build(layout: &Layout, records: impl IntoIterator<Item: IntoRecord>) -> Result<Workbook> {
    let records = records.into_iter();
    let mut builder = Builder::new(layout, records.size_hint().0)?;
    for record in records {
        let record = record.into_record().map_err(|error| failed(error, builder.records))?;
        builder.push(record)?;
    }
    Ok(builder.finish()?)
}

/// [`build`] in steps.
pub(crate) struct Builder<'a> {
    layout: &'a Layout,
    validator: Validator,
    bad: BadRows,
    book: xlsx::Workbook,
    page: Page,
    pending: Vec<UsageRecord>,
    records: u32,
}

impl<'a> Builder<'a> {
    /// `expected` records save the table of ids from growing; it may be wrong.
    pub(crate) fn new(layout: &'a Layout, expected: usize) -> Result<Self, SheetError> {
        let mut bad = BadRows::default();
        check_categories(&layout.categories, &mut bad);
        let mut book = xlsx::Workbook::new();
        book.set_zip_compression_level(COMPRESSION);
        let page = guarded(|| Page::new(&mut book, layout.sheet_name.as_str()))?;
        let validator = Validator::new(&layout.categories, expected);
        Ok(Self { layout, validator, bad, book, page, pending: Vec::with_capacity(BATCH), records: 0 })
    }

    /// Takes a record. A bad one is noted for [`finish`](Self::finish); only what makes it pointless to go on is an error,
    /// and that may come some records later.
    pub(crate) fn push(&mut self, record: UsageRecord) -> Result<(), SheetError> {
        if self.records == 0 {
            self.start(&record)?;
        }
        if self.records == MAX_RECORDS {
            self.flush()?;
            return Err(SheetError::new(Kind::TooManyRecords, take(&mut self.bad)));
        }
        self.records += 1;
        self.pending.push(record);
        if self.pending.len() == BATCH { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), SheetError> {
        self.validator.prefetch(&self.pending);
        for record in &mut self.pending {
            match self.validator.check(record) {
                Err((row, problems)) => {
                    self.bad.push(self.layout.sheet_name.as_str(), row, &record.record_id, problems);
                }
                // With a bad row nothing will be sent, so the rest is only checked.
                Ok(cells) if self.bad.is_empty() => guarded(|| self.page.write_record(record, cells))?,
                Ok(_) => {}
            }
        }
        self.pending.clear();
        Ok(())
    }

    fn start(&mut self, first: &UsageRecord) -> Result<(), SheetError> {
        let mut parameters = self.layout.parameters.clone();
        if parameters.is_empty() {
            for (name, _) in &first.params {
                // A second one of the same name is that record's mistake, not the header's.
                let name = bare(name);
                if !parameters.iter().any(|known| known == name) {
                    parameters.push(name.to_owned());
                }
            }
        }
        let problems = self.validator.set_parameters(parameters);
        if !problems.is_empty() {
            self.bad.push(self.layout.sheet_name.as_str(), 1, "", problems);
            return Ok(());
        }
        guarded(|| {
            let parameters = self.validator.parameters();
            for name in parameters {
                self.page.fingerprint.text(name);
            }
            let header = COLUMNS.into_iter().map(String::from);
            let header = header.chain(parameters.iter().map(|name| format!("v.{name}")));
            (0..).zip(header).try_for_each(|(column, name)| self.page.put(column, name))
        })
    }

    /// The workbook, or every bad row.
    pub(crate) fn finish(mut self) -> Result<Workbook, SheetError> {
        self.flush()?;
        if !self.bad.is_empty() {
            return Err(SheetError::new(Kind::BadRows, self.bad));
        }
        if self.records == 0 {
            return Err(SheetError::new(Kind::NoRecords, self.bad));
        }
        let mut fingerprint = self.page.fingerprint;
        let mut size = self.page.size;
        self.book.push_worksheet(self.page.sheet);
        if !self.layout.categories.is_empty() {
            let page = guarded(|| write_categories(&mut self.book, &self.layout.categories))?;
            fingerprint.text(&page.fingerprint.hex());
            size = size.saturating_add(page.size);
            self.book.push_worksheet(page.sheet);
        }
        // Beyond 4 GB a part of the archive needs its long form, which not every reader knows.
        self.book.use_zip_large_file(size > u64::from(u32::MAX));

        let mut file = tempfile::tempfile().map_err(|error| SheetError::file("create", error))?;
        let mut writer = BufWriter::with_capacity(1 << 16, &mut file);
        guarded(|| self.book.save_to_writer(&mut writer))?;
        writer.flush().map_err(|error| SheetError::file("write", error))?;
        drop(writer);
        let len = file.stream_position().map_err(|error| SheetError::file("write", error))?;
        Ok(Workbook { file, len, records: self.records, fingerprint: fingerprint.hex() })
    }
}

fn write_categories(book: &mut xlsx::Workbook, categories: &[UsageCategory]) -> Result<Page, XlsxError> {
    let mut page = Page::new(book, "categories")?;
    for (column, name) in (0..).zip(CATEGORY_COLUMNS) {
        page.put(column, name.to_owned())?;
    }
    for UsageCategory { category_id, category_name, category_description } in categories {
        page.next_row();
        page.text(0, category_id.clone())?;
        page.text(1, category_name.clone())?;
        page.text(2, category_description.clone())?;
    }
    Ok(page)
}

/// A sheet that is written row by row and keeps the sum of what was written.
struct Page {
    sheet: xlsx::Worksheet,
    row: u32,
    fingerprint: Fingerprint,
    /// At most so many bytes of XML.
    size: u64,
}

impl Page {
    fn new(book: &mut xlsx::Workbook, name: &str) -> Result<Self, XlsxError> {
        let mut sheet = book.new_worksheet_with_constant_memory()?;
        sheet.set_name(name)?;
        let mut fingerprint = Fingerprint::new();
        fingerprint.text(name);
        Ok(Self { sheet, row: 0, fingerprint, size: 0 })
    }

    fn next_row(&mut self) {
        self.row += 1;
        self.fingerprint.word(u64::MAX);
    }

    /// A string cell, whatever the text looks like: the generic `write` would make links and formulas of some.
    fn put(&mut self, column: u16, text: String) -> Result<(), XlsxError> {
        self.size += 100 + 6 * text.len() as u64;
        self.sheet.write_string(self.row, column, text)?;
        Ok(())
    }

    fn text(&mut self, column: u16, text: String) -> Result<(), XlsxError> {
        if text.is_empty() {
            return Ok(());
        }
        self.fingerprint.text_at(column.into(), &text);
        self.put(column, text)
    }

    fn number(&mut self, column: u16, number: Option<f64>) -> Result<(), XlsxError> {
        let Some(number) = number else { return Ok(()) };
        self.fingerprint.word(column.into());
        self.fingerprint.word(number.to_bits());
        self.size += 400;
        self.sheet.write_number(self.row, column, number)?;
        Ok(())
    }

    /// Writes a record out of its texts, which it leaves empty.
    fn write_record(&mut self, record: &mut UsageRecord, cells: Cells) -> Result<(), XlsxError> {
        self.next_row();
        self.text(0, take(&mut record.record_id))?;
        self.text(1, take(&mut record.record_note))?;
        self.text(2, take(&mut record.item_search_criteria))?;
        self.text(3, take(&mut record.item_search_value))?;
        self.number(4, cells.quantity)?;
        self.text(5, cells.start)?;
        self.text(6, cells.end)?;
        self.text(7, take(&mut record.asset_search_criteria))?;
        self.text(8, take(&mut record.asset_search_value))?;
        self.text(9, take(&mut record.category_id))?;
        self.number(10, cells.amount)?;
        self.number(11, record.tier.map(f64::from))?;
        self.text(12, take(&mut record.item_name))?;
        self.text(13, take(&mut record.item_unit))?;
        self.text(14, take(&mut record.item_mpn))?;
        self.text(15, take(&mut record.item_precision))?;
        for ((_, value), place) in take(&mut record.params).into_iter().zip(cells.params) {
            if value.is_empty() {
                continue;
            }
            self.fingerprint.text_at(PARAMETER | place as u64, &value);
            let column = u16::try_from(COLUMNS.len() + place).map_err(|_| XlsxError::RowColumnLimitError)?;
            self.put(column, value)?;
        }
        Ok(())
    }
}

/// Runs the spreadsheet writer. It panics where its temporary file cannot be written, which is how a full disk shows: for
/// us an error like any other, though the panic's own message has gone to standard error by then.
fn guarded<T>(write: impl FnOnce() -> Result<T, XlsxError>) -> Result<T, SheetError> {
    match catch_unwind(AssertUnwindSafe(write)) {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(XlsxError::TempFileError(_, error))) => Err(SheetError::file("create", error)),
        Ok(Err(XlsxError::IoError(error))) => Err(SheetError::file("write", error)),
        Ok(Err(error)) => Err(SheetError::new(Kind::Writer(error.to_string()), BadRows::default())),
        Err(panic) => {
            let said =
                panic.downcast_ref::<String>().map_or("is the temporary directory full?", String::as_str);
            let error = io::Error::other(format!("the spreadsheet writer gave up: {said}"));
            Err(SheetError::file("write", error))
        }
    }
}

#[cfg(test)]
mod tests;
