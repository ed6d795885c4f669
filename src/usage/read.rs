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
    // A word for what is good is none of refusal.
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
mod tests {
    use time::macros::datetime;

    use super::*;

    fn cell(text: &str) -> Data {
        Data::String(text.to_owned())
    }

    #[test]
    fn a_time_is_read_in_the_one_form_that_the_platform_takes() {
        assert_eq!(utc("2024-05-01 23:59:07"), Some(datetime!(2024-05-01 23:59:07 UTC)));
        for other in [
            "",
            "2024-05-01",
            "2024-05-01T00:00:00",
            "2024-05-01 00:00",
            "2024-05-01 00:00:00 ",
            "24-05-01 00:00:00",
            "2024-5-01 00:00:00",
            "2024-13-01 00:00:00",
            "2024-02-30 00:00:00",
            "2024-05-01 24:00:00",
            "2024-05-01 00:00:00:00",
            "2024-05-01-01 00:00:00",
            "+024-05-01 00:00:00",
        ] {
            assert_eq!(utc(other), None, "{other}");
        }
    }

    #[test]
    fn a_workbook_needs_the_columns_that_say_what_is_used_by_whom_and_when() {
        let needed = [
            "record_id",
            "item_search_criteria",
            "item_search_value",
            "start_time_utc",
            "end_time_utc",
            "asset_search_criteria",
            "asset_search_value",
        ];
        for measure in ["quantity", "amount"] {
            let whole: Vec<_> = needed.into_iter().chain([measure]).map(str::to_owned).collect();
            assert_eq!(missing(&whole), None);
            for name in needed {
                let without: Vec<_> = whole.iter().filter(|own| *own != name).cloned().collect();
                assert_eq!(missing(&without), Some(name));
            }
        }
        assert_eq!(missing(&needed.map(str::to_owned)), Some("quantity"));
    }

    #[test]
    fn a_record_is_read_by_the_names_of_its_columns() {
        let header = names(
            &["tier", "quantity", "amount", "v.region", "v.site", "record_note", "item_unit", "else"]
                .map(cell),
        );
        let row = [
            Data::Float(2.0),
            Data::Int(7),
            cell("much"),
            cell("eu"),
            Data::Empty,
            Data::Bool(true),
            cell("GB"),
            cell("x"),
        ];
        let (read, problems) = record(&header, &row);
        assert_eq!(
            (read.tier, read.quantity.to_string(), read.amount.is_empty()),
            (Some(2), "7".into(), true)
        );
        assert_eq!(read.params, [("region".to_owned(), "eu".to_owned())]);
        assert_eq!((&*read.record_note, &*read.item_unit), ("true", "GB"));
        let problems: Vec<_> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(problems, ["amount \"much\" is no number"]);
        let (_, problems) = record(&header, &[Data::Float(1.5)]);
        assert_eq!(problems[0].to_string(), "tier \"1.5\" is no whole number");
    }

    #[test]
    fn each_column_of_an_upload_is_a_field_of_the_record() {
        let header = names(&COLUMNS.map(cell));
        let row = COLUMNS.map(|name| match name {
            "quantity" | "amount" => Data::Float(0.25),
            "tier" => cell(" 3 "),
            "start_time_utc" => cell("2024-05-01 00:00:00"),
            "end_time_utc" => cell("2024-05-02 00:00:00"),
            name => cell(name),
        });
        let (read, problems) = record(&header, &row);
        assert!(problems.is_empty(), "{problems:?}");
        let expected = UsageRecord {
            record_id: "record_id".into(),
            record_note: "record_note".into(),
            item_search_criteria: "item_search_criteria".into(),
            item_search_value: "item_search_value".into(),
            quantity: read.quantity.clone(),
            amount: read.amount.clone(),
            start_time_utc: Some(datetime!(2024-05-01 0:00 UTC)),
            end_time_utc: Some(datetime!(2024-05-02 0:00 UTC)),
            asset_search_criteria: "asset_search_criteria".into(),
            asset_search_value: "asset_search_value".into(),
            category_id: "category_id".into(),
            item_name: "item_name".into(),
            item_mpn: "item_mpn".into(),
            item_unit: "item_unit".into(),
            item_precision: "item_precision".into(),
            tier: Some(3),
            params: Vec::new(),
        };
        assert_eq!(read, expected);
        assert_eq!([read.quantity, read.amount].map(|number| number.to_string()), ["0.25", "0.25"]);
    }

    /// A processed workbook: each sheet has so many rows that are refused.
    fn processed(sheets: &[(&str, u32)]) -> Vec<u8> {
        let mut book = rust_xlsxwriter::Workbook::new();
        for (name, rows) in sheets {
            let sheet = book.add_worksheet().set_name(*name).unwrap();
            for row in 0..=*rows {
                let (id, why) = if row == 0 { ("record_id", "why") } else { (*name, "no such asset") };
                sheet.write_string(row, 0, id).unwrap().write_string(row, 1, why).unwrap();
            }
        }
        book.save_to_buffer().unwrap()
    }

    #[test]
    fn refused_rows_are_those_of_the_sheet_of_records_wherever_it_stands() {
        for own in ["records", "usage_records"] {
            let (rows, total) = refused(processed(&[("ids", 1), (own, 2)])).unwrap();
            let ids: Vec<_> = rows.iter().map(|row| (row.bad.row, &*row.bad.record_id)).collect();
            assert_eq!((ids, total), (vec![(2, own), (3, own)], 2));
        }
        assert_eq!(refused(processed(&[("result", 3)])).unwrap().1, 3, "under another name");
        let none = rust_xlsxwriter::Workbook::new().save_to_buffer().unwrap();
        assert!(refused(none).unwrap_err().to_string().contains("no sheet of it has a column record_id"));
    }

    #[test]
    fn ten_thousand_refused_rows_are_kept_and_all_are_counted() {
        let (rows, total) = refused(processed(&[("records", 10_002)])).unwrap();
        assert_eq!((rows.len(), rows.last().map(|row| row.bad.row), total), (10_000, Some(10_001), 10_002));
    }

    #[test]
    fn words_are_what_stands_in_columns_that_no_upload_has() {
        let header = names(&["record_id", "v.region", "asset_recon_id", "status", "why"].map(cell));
        let words = |status: &str, why: &str| -> Vec<String> {
            let row = ["r-1", "eu", "RA-1", status, why].map(cell);
            words(&header, &row).iter().map(ToString::to_string).collect()
        };
        assert_eq!(words("Valid", " "), [""; 0]);
        assert_eq!(words("OK", "ok"), [""; 0]);
        assert_eq!(words("invalid", "no such asset"), ["status invalid", "why no such asset"]);
    }
}
