//! Workbooks that were written elsewhere, row by row; the only file that names the spreadsheet reader.

use std::collections::HashMap;
use std::io::{Cursor, Read, Seek};

use calamine::{Data, Reader, Xlsx};
use time::{Date, OffsetDateTime, Time};

use super::explain::InvalidRow;
use super::number::Number;
use super::record::{UsageCategory, UsageRecord};
use super::sheet::COLUMNS;
use crate::error::{BadRow, BadRows, Problem, SHOWN, SheetError, SheetErrorKind as Kind};
use crate::text::{Limit, excerpt};

/// Refused rows that are kept.
const KEPT: usize = 10_000;
/// The part of the platform's words that is kept for a row and column.
const WORDS: Limit = Limit::Chars(500);
/// Columns of a spreadsheet.
const WIDEST: usize = 16_384;

pub(super) type Result<T> = std::result::Result<T, SheetError>;

/// A workbook that is open.
pub(super) struct Book<R: Read + Seek>(Xlsx<R>);

impl<R: Read + Seek> Book<R> {
    pub(super) fn open(reader: R) -> Result<Self> {
        Xlsx::new(reader).map(Self).map_err(|error| foreign(error.to_string()))
    }

    pub(super) fn sheets(&self) -> Vec<String> {
        self.0.sheet_names()
    }

    /// Gives each row that has a cell, with its number as a spreadsheet program counts. Reads cell by cell, so that memory
    /// does not grow with the sheet.
    pub(super) fn each_row(
        &mut self,
        sheet: &str,
        mut each: impl FnMut(u32, &[Data]) -> Result<()>,
    ) -> Result<()> {
        let broken = |error: calamine::XlsxError| foreign(format!("sheet {sheet:?}: {error}"));
        let mut cells = self.0.worksheet_cells_reader(sheet).map_err(broken)?;
        let (mut row, mut number) = (Vec::new(), None);
        loop {
            let cell = cells.next_cell().map_err(broken)?;
            let next = cell.as_ref().map(|cell| cell.get_position().0);
            if let Some(number) = number.filter(|number| next != Some(*number)) {
                each(number + 1, &row)?;
                row.clear();
            }
            let Some(cell) = cell else { return Ok(()) };
            number = next;
            let column = usize::try_from(cell.get_position().1).unwrap_or(WIDEST);
            if column < WIDEST {
                if row.len() <= column {
                    row.resize(column + 1, Data::Empty);
                }
                if let Some(place) = row.get_mut(column) {
                    *place = cell.get_value().clone().into();
                }
            }
        }
    }

    /// The rows of the sheet `categories`, where there is one.
    pub(super) fn categories(&mut self) -> Result<Vec<UsageCategory>> {
        let (mut categories, mut header) = (Vec::new(), None);
        if !self.sheets().iter().any(|name| name == "categories") {
            return Ok(categories);
        }
        self.each_row("categories", |_, row| {
            let Some(header) = &header else {
                header = Some(names(row));
                return Ok(());
            };
            let mut category = UsageCategory::default();
            for (name, cell) in header.iter().zip(row) {
                match name.as_str() {
                    "category_id" => category.category_id = text(cell),
                    "category_name" => category.category_name = text(cell),
                    "category_description" => category.category_description = text(cell),
                    _ => {}
                }
            }
            categories.push(category);
            Ok(())
        })?;
        Ok(categories)
    }
}

pub(super) fn foreign(what: impl Into<String>) -> SheetError {
    SheetError::new(Kind::Foreign(excerpt(&what.into(), Limit::Chars(300)).into_owned()), BadRows::default())
}

pub(super) fn names(row: &[Data]) -> Vec<String> {
    row.iter().map(|cell| text(cell).trim().to_owned()).collect()
}

pub(super) fn text(cell: &Data) -> String {
    match cell {
        Data::Empty => String::new(),
        Data::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The record of a row, and what of it cannot be read.
pub(super) fn record(header: &[String], row: &[Data]) -> (UsageRecord, Vec<Problem>) {
    let (mut record, mut problems) = (UsageRecord::default(), Vec::new());
    for (name, cell) in header.iter().zip(row) {
        if let Some(parameter) = name.strip_prefix("v.") {
            let value = text(cell);
            if !value.is_empty() {
                record.params.push((parameter.to_owned(), value));
            }
            continue;
        }
        let place = match name.as_str() {
            "record_id" => &mut record.record_id,
            "record_note" => &mut record.record_note,
            "item_search_criteria" => &mut record.item_search_criteria,
            "item_search_value" => &mut record.item_search_value,
            "asset_search_criteria" => &mut record.asset_search_criteria,
            "asset_search_value" => &mut record.asset_search_value,
            "category_id" => &mut record.category_id,
            "item_name" => &mut record.item_name,
            "item_unit" => &mut record.item_unit,
            "item_mpn" => &mut record.item_mpn,
            "item_precision" => &mut record.item_precision,
            "quantity" => {
                record.quantity = number(name, cell, &mut problems);
                continue;
            }
            "amount" => {
                record.amount = number(name, cell, &mut problems);
                continue;
            }
            "tier" => {
                record.tier = tier(cell, &mut problems);
                continue;
            }
            "start_time_utc" => {
                record.start_time_utc = time(name, cell, &mut problems);
                continue;
            }
            "end_time_utc" => {
                record.end_time_utc = time(name, cell, &mut problems);
                continue;
            }
            _ => continue,
        };
        *place = text(cell);
    }
    (record, problems)
}

fn number(name: &str, cell: &Data, problems: &mut Vec<Problem>) -> Number {
    match cell {
        Data::Empty => Number::default(),
        #[expect(clippy::cast_precision_loss, reason = "a cell holds no more than a float")]
        Data::Int(number) => (*number as f64).into(),
        Data::Float(number) => (*number).into(),
        other => {
            problems.push(problem(name, other, "is no number"));
            Number::default()
        }
    }
}

fn tier(cell: &Data, problems: &mut Vec<Problem>) -> Option<u32> {
    let text = text(cell);
    let tier = text.trim().parse().ok();
    if tier.is_none() && !text.is_empty() {
        problems.push(problem("tier", cell, "is no whole number"));
    }
    tier
}

fn time(name: &str, cell: &Data, problems: &mut Vec<Problem>) -> Option<OffsetDateTime> {
    let text = text(cell);
    if text.is_empty() {
        return None;
    }
    let read = match cell {
        Data::String(text) => utc(text),
        _ => None,
    };
    if read.is_none() {
        problems.push(problem(name, cell, "is not the text YYYY-MM-DD HH:MM:SS"));
    }
    read
}

/// `YYYY-MM-DD HH:MM:SS`, as [`validate`](super::validate) writes it.
fn utc(text: &str) -> Option<OffsetDateTime> {
    let (date, time) = text.split_once(' ')?;
    let numbers = |text: &str, separator, lengths: [usize; 3]| {
        let mut parts = text.split(separator);
        let numbers = lengths.map(|length| {
            let part = parts.next().filter(|part| part.len() == length)?;
            part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse::<u16>().ok())?
        });
        parts.next().is_none().then_some(numbers)
    };
    let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
    let [hour, minute, second] = numbers(time, ':', [2, 2, 2])?;
    let small = |number: Option<u16>| u8::try_from(number?).ok();
    let date = Date::from_calendar_date(year?.into(), small(month)?.try_into().ok()?, small(day)?).ok()?;
    Some(date.with_time(Time::from_hms(small(hour)?, small(minute)?, small(second)?).ok()?).assume_utc())
}

fn problem(name: &str, cell: &Data, what: &str) -> Problem {
    Problem::new(name, format!("{:?} {what}", excerpt(&text(cell), SHOWN)))
}

/// The rows of a processed workbook that have words of the platform, and how many there are.
///
/// Its words are what stands in the columns that no upload has: their names are not in the public facts.
pub(super) fn refused(bytes: Vec<u8>) -> Result<(Vec<InvalidRow>, u64)> {
    let mut book = Book::open(Cursor::new(bytes))?;
    let mut sheets = book.sheets();
    sheets.sort_by_key(|name| !matches!(name.as_str(), "records" | "usage_records"));
    for sheet in sheets {
        let (mut header, mut rows, mut total) = (None, Vec::new(), 0);
        book.each_row(&sheet, |row, cells| {
            let Some(header) = &header else {
                header = Some(names(cells)).filter(|names| names.iter().any(|name| name == "record_id"));
                return Ok(());
            };
            let problems = words(header, cells);
            if !problems.is_empty() {
                total += 1;
                if rows.len() < KEPT {
                    rows.push(refused_row(row, record(header, cells).0, problems));
                }
            }
            Ok(())
        })?;
        if header.is_some() {
            return Ok((rows, total));
        }
    }
    Err(foreign("no sheet of it has a column record_id"))
}

fn refused_row(row: u32, record: UsageRecord, problems: Vec<Problem>) -> InvalidRow {
    let record_id = excerpt(&record.record_id, SHOWN).into_owned();
    InvalidRow { bad: BadRow { sheet: "records", row, record_id, problems }, record }
}

fn words(header: &[String], row: &[Data]) -> Vec<Problem> {
    let own = |name: &str| {
        name.is_empty() || name.starts_with("v.") || name == "asset_recon_id" || COLUMNS.contains(&name)
    };
    let cells = header.iter().zip(row).filter(|(name, _)| !own(name));
    let said = cells.map(|(name, cell)| (name, text(cell)));
    // Such a word says that the row is good.
    let said = said.filter(|(_, words)| !matches!(words.trim().to_lowercase().as_str(), "" | "valid" | "ok"));
    said.map(|(name, words)| Problem::new(name, excerpt(words.trim(), WORDS).into_owned())).collect()
}

/// Columns that a workbook of usage needs.
pub(super) fn missing(header: &[String]) -> Option<&'static str> {
    let places: HashMap<_, _> = header.iter().map(String::as_str).zip(0..).collect();
    let needed = [
        "record_id",
        "item_search_criteria",
        "item_search_value",
        "start_time_utc",
        "end_time_utc",
        "asset_search_criteria",
        "asset_search_value",
    ];
    let has = |name: &str| places.contains_key(name);
    let missing = needed.into_iter().find(|name| !has(name));
    missing.or_else(|| (!has("quantity") && !has("amount")).then_some("quantity"))
}

#[cfg(test)]
mod tests;
