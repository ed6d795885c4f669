//! Checks of an uploaded workbook: records are found by the names of their columns.

use std::collections::{HashMap, HashSet};
use std::io::Cursor;

use calamine::{Data, Range, Reader, Xlsx};
use serde_json::{Value, json};

use super::clock;
use super::store::Verdict;

const REQUIRED: [&str; 7] = [
    "record_id",
    "item_search_criteria",
    "item_search_value",
    "start_time_utc",
    "end_time_utc",
    "asset_search_criteria",
    "asset_search_value",
];

/// The workbook that a product's usage is to be reported in: the sheets `records` and `categories` with their headers.
/// Made once with `rust_xlsxwriter`, so that the sandbox needs no writer of spreadsheets.
pub(super) const TEMPLATE: &[u8] = include_bytes!("usage-template.xlsx");

/// Whether what a record names is there: a criterion such as `parameter.tenant_id`, and a value.
pub(super) type Known<'k> = &'k dyn Fn(&str, &str) -> bool;

/// Opens a workbook and checks every record.
pub(super) fn check(bytes: &[u8], known: Known<'_>) -> Verdict {
    match records(bytes, known) {
        Ok(verdict) => verdict,
        Err(why) => Verdict { valid: 0, invalid: 0, error: Some(why), rows: Vec::new() },
    }
}

fn records(bytes: &[u8], known: Known<'_>) -> Result<Verdict, String> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|_| "The file is not a workbook.")?;
    let names = book.sheet_names();
    let name = sheet_of(&names).ok_or("There is no sheet `records`.")?;
    let sheet = book.worksheet_range(name).map_err(|_| "The sheet of records can not be read.")?;
    let categories = if names.iter().any(|own| own == "categories") {
        book.worksheet_range("categories").map(|sheet| column(&sheet, "category_id")).unwrap_or_default()
    } else {
        HashSet::new()
    };
    let mut rows = sheet.rows();
    let header = rows.next().ok_or("The sheet of records is empty.")?;
    let places: HashMap<_, _> = header.iter().enumerate().map(|(at, cell)| (cell.to_string(), at)).collect();
    let missing = REQUIRED.iter().find(|name| !places.contains_key(**name));
    if let Some(name) = missing {
        return Err(format!("Column `{name}` is missing."));
    }
    if !places.contains_key("quantity") && !places.contains_key("amount") {
        return Err("Column `quantity` is missing.".to_owned());
    }
    let mut check = RowCheck { places, categories, seen: HashSet::new(), known };
    let (mut valid, mut bad) = (0, Vec::new());
    for (index, row) in rows.enumerate() {
        if row.iter().all(|cell| matches!(cell, Data::Empty)) {
            continue;
        }
        match check.row(row) {
            Ok(()) => valid += 1,
            Err(why) => bad.push((index + 2, why)),
        }
    }
    let invalid = bad.len();
    let error = match bad.first() {
        Some((row, why)) => {
            Some(format!("{invalid} of {} records are invalid: row {row}: {why}", valid + invalid))
        }
        None if valid == 0 => Some("There are no records.".to_owned()),
        None => None,
    };
    Ok(Verdict { valid, invalid, error, rows: bad })
}

/// The sheet of records, by its name of today or the older one.
pub(super) fn sheet_of(names: &[String]) -> Option<&'static str> {
    ["records", "usage_records"].into_iter().find(|name| names.iter().any(|own| own == name))
}

/// The categories that a workbook names, as the platform shows them.
pub(super) fn categories(bytes: &[u8]) -> Vec<Value> {
    let Ok(mut book) = Xlsx::new(Cursor::new(bytes)) else { return Vec::new() };
    let Ok(sheet) = book.worksheet_range("categories") else { return Vec::new() };
    let mut rows = sheet.rows();
    let Some(header) = rows.next() else { return Vec::new() };
    let cell = |row: &[Data], name: &str| {
        let place = header.iter().position(|cell| *cell == name)?;
        row.get(place).map(ToString::to_string)
    };
    let category = |row: &[Data]| {
        let [id, name, description] =
            ["category_id", "category_name", "category_description"].map(|name| cell(row, name));
        json!({"id": id, "name": name, "description": description})
    };
    rows.map(category).collect()
}

/// The texts of a column, without its header.
fn column(sheet: &Range<Data>, name: &str) -> HashSet<String> {
    let mut rows = sheet.rows();
    let place = rows.next().and_then(|header| header.iter().position(|cell| *cell == name));
    let Some(place) = place else { return HashSet::new() };
    rows.filter_map(|row| row.get(place)).map(ToString::to_string).collect()
}

struct RowCheck<'k> {
    known: Known<'k>,
    places: HashMap<String, usize>,
    categories: HashSet<String>,
    seen: HashSet<String>,
}

impl RowCheck<'_> {
    fn cell<'r>(&self, row: &'r [Data], name: &str) -> &'r Data {
        self.places.get(name).and_then(|at| row.get(*at)).unwrap_or(&Data::Empty)
    }

    fn row(&mut self, row: &[Data]) -> Result<(), String> {
        for name in REQUIRED {
            if self.cell(row, name).to_string().trim().is_empty() {
                return Err(format!("{name} is empty"));
            }
        }
        let id = self.cell(row, "record_id").to_string();
        if !self.seen.insert(id.clone()) {
            return Err(format!("record_id {id} is there twice"));
        }
        let amounts = ["quantity", "amount"].map(|name| (name, self.cell(row, name)));
        if amounts.iter().all(|(_, cell)| matches!(cell, Data::Empty)) {
            return Err("quantity is empty".to_owned());
        }
        for (name, cell) in amounts {
            let number = match cell {
                Data::Empty => continue,
                Data::Int(number) => *number >= 0,
                Data::Float(number) => number.is_finite() && *number >= 0.0,
                _ => return Err(format!("{name} is not a number")),
            };
            if !number {
                return Err(format!("{name} is negative"));
            }
        }
        let start = self.time(row, "start_time_utc")?;
        let end = self.time(row, "end_time_utc")?;
        if start >= end {
            return Err("start_time_utc is not before end_time_utc".to_owned());
        }
        let asset = self.cell(row, "asset_search_criteria").to_string();
        if asset == "parameter." {
            return Err("asset_search_criteria names no parameter".to_owned());
        }
        let item = self.cell(row, "item_search_criteria").to_string();
        for (what, criterion) in [("asset", asset), ("item", item)] {
            let value = self.cell(row, &format!("{what}_search_value")).to_string();
            if !(self.known)(&criterion, &value) {
                return Err(format!("there is no {what} with {criterion} = {value}"));
            }
        }
        let category = self.cell(row, "category_id").to_string();
        if !category.is_empty() && !self.categories.contains(&category) {
            return Err(format!("category_id {category} is not in the sheet `categories`"));
        }
        Ok(())
    }

    fn time(&self, row: &[Data], name: &str) -> Result<i64, String> {
        let wrong = || format!("{name} is not YYYY-MM-DD HH:MM:SS");
        let Data::String(text) = self.cell(row, name) else {
            return Err(wrong());
        };
        if text.len() != 19 || text.as_bytes().get(10) != Some(&b' ') {
            return Err(wrong());
        }
        clock::parse(text).ok_or_else(wrong)
    }
}

#[cfg(test)]
#[cfg(feature = "xlsx")]
pub(super) mod tests {
    use super::*;

    #[derive(Clone, Copy)]
    pub(in crate::sandbox) enum Cell<'t> {
        Text(&'t str),
        Number(f64),
    }

    fn write(sheets: &[(&str, Vec<Vec<Cell<'_>>>)]) -> Vec<u8> {
        let mut book = rust_xlsxwriter::Workbook::new();
        for (name, rows) in sheets {
            let sheet = book.add_worksheet().set_name(*name).unwrap();
            for (row, cells) in (0..).zip(rows) {
                for (column, cell) in (0..).zip(cells) {
                    match cell {
                        Cell::Text(text) => sheet.write(row, column, *text).unwrap(),
                        Cell::Number(number) => sheet.write(row, column, *number).unwrap(),
                    };
                }
            }
        }
        book.save_to_buffer().unwrap()
    }

    /// A workbook with one record, changed in one column.
    pub(in crate::sandbox) fn book(sheet: &str, changed: &str, to: Cell<'_>) -> Vec<u8> {
        let cells = [
            ("record_id", Cell::Text("r-1")),
            ("item_search_criteria", Cell::Text("item.mpn")),
            ("item_search_value", Cell::Text("NLV-0002-M")),
            ("quantity", Cell::Number(1.5)),
            ("start_time_utc", Cell::Text("2024-02-01 00:00:00")),
            ("end_time_utc", Cell::Text("2024-02-02 00:00:00")),
            ("asset_search_criteria", Cell::Text("parameter.tenant_id")),
            ("asset_search_value", Cell::Text("t-00419")),
        ];
        let header = cells.iter().map(|(name, _)| Cell::Text(name)).collect();
        let row = cells.iter().map(|(name, cell)| if *name == changed { to } else { *cell }).collect();
        write(&[(sheet, vec![header, row])])
    }

    fn error(changed: &str, to: Cell<'_>) -> String {
        check(&book("records", changed, to), &|_, _| true).error.unwrap_or_default()
    }

    #[test]
    fn a_good_record_counts_as_valid_in_either_sheet() {
        for sheet in ["records", "usage_records"] {
            let verdict = check(&book(sheet, "", Cell::Text("")), &|_, _| true);
            assert_eq!((verdict.valid, verdict.invalid, verdict.error), (1, 0, None), "{sheet}");
        }
    }

    #[test]
    fn each_mistake_is_named_with_its_row() {
        assert!(error("record_id", Cell::Text("")).ends_with("row 2: record_id is empty"));
        assert!(error("quantity", Cell::Text("many")).ends_with("quantity is not a number"));
        assert!(error("quantity", Cell::Number(-1.0)).ends_with("quantity is negative"));
        assert!(error("start_time_utc", Cell::Text("2024-02-01T00:00:00")).contains("start_time_utc is not"));
        assert!(error("start_time_utc", Cell::Text("2024-02-03 00:00:00")).contains("is not before"));
        assert!(error("asset_search_criteria", Cell::Text("parameter.")).contains("names no parameter"));
    }

    #[test]
    fn what_is_no_workbook_of_records_is_refused() {
        assert_eq!(check(b"PK", &|_, _| true).error.as_deref(), Some("The file is not a workbook."));
        assert_eq!(
            check(&book("other", "", Cell::Text("")), &|_, _| true).error.as_deref(),
            Some("There is no sheet `records`.")
        );
        assert_eq!(check(TEMPLATE, &|_, _| true).error.as_deref(), Some("There are no records."));
    }

    #[test]
    fn a_record_id_may_stand_there_once() {
        let header = [
            "record_id",
            "item_search_criteria",
            "item_search_value",
            "amount",
            "start_time_utc",
            "end_time_utc",
            "asset_search_criteria",
            "asset_search_value",
            "category_id",
        ];
        let row = |id, category| {
            let times = (Cell::Text("2024-02-01 00:00:00"), Cell::Text("2024-02-02 00:00:00"));
            vec![
                Cell::Text(id),
                Cell::Text("item.mpn"),
                Cell::Text("x"),
                Cell::Number(1.0),
                times.0,
                times.1,
                Cell::Text("asset.id"),
                Cell::Text("AS-1"),
                Cell::Text(category),
            ]
        };
        let records =
            vec![header.map(Cell::Text).to_vec(), row("a", "c-1"), row("a", "c-1"), row("b", "c-2")];
        let categories = vec![vec![Cell::Text("category_id")], vec![Cell::Text("c-1")]];
        let verdict = check(&write(&[("records", records), ("categories", categories)]), &|_, _| true);
        assert_eq!((verdict.valid, verdict.invalid), (1, 2));
        assert_eq!(verdict.error.unwrap(), "2 of 3 records are invalid: row 3: record_id a is there twice");
    }

    #[test]
    fn the_template_has_two_sheets_of_headers() {
        let mut book: Xlsx<_> = Xlsx::new(Cursor::new(TEMPLATE)).unwrap();
        let sheets: Vec<_> = book
            .worksheets()
            .into_iter()
            .map(|(name, sheet)| {
                let rows: Vec<Vec<_>> =
                    sheet.rows().map(|row| row.iter().map(ToString::to_string).collect()).collect();
                (name, rows.iter().map(|row| row.join(" ")).collect::<Vec<_>>())
            })
            .collect();
        let records = "record_id record_note item_search_criteria item_search_value quantity start_time_utc \
            end_time_utc asset_search_criteria asset_search_value category_id amount tier item_name item_unit \
            item_mpn item_precision";
        let categories = "category_id category_name category_description";
        let expected = [("records", records), ("categories", categories)];
        assert_eq!(sheets, expected.map(|(name, header)| (name.to_owned(), vec![header.to_owned()])));
    }
}
