//! Workbooks that were made elsewhere: checked by the same rules, and sent once.

use std::fs::write;
use std::path::PathBuf;

use connect::Error;
use connect::models::UsageFileStatus;
use connect::sandbox::{Sandbox, sample};
use rust_xlsxwriter::Workbook;
use serde_json::json;

use crate::support::usage::new_file;
use crate::support::{calls, client, routes, told};

const HEADER: [&str; 9] = [
    "quantity",
    "record_id",
    "item_search_criteria",
    "item_search_value",
    "start_time_utc",
    "end_time_utc",
    "asset_search_criteria",
    "asset_search_value",
    "v.region",
];

struct Made {
    _folder: tempfile::TempDir,
    path: PathBuf,
}

/// A workbook with this sheet.
fn workbook(sheet: &str, header: &[&str], rows: &[[&str; 9]]) -> Made {
    workbook_of(&[(sheet, rows_of(header, rows))])
}

fn rows_of<'a, const N: usize>(header: &[&'a str], rows: &[[&'a str; N]]) -> Vec<Vec<&'a str>> {
    std::iter::once(header.to_vec()).chain(rows.iter().map(|row| row.to_vec())).collect()
}

/// A workbook of these sheets, whose numbers are numbers; `-` is no cell.
fn workbook_of(sheets: &[(&str, Vec<Vec<&str>>)]) -> Made {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("made.xlsx");
    let mut book = Workbook::new();
    for (name, rows) in sheets {
        let page = book.add_worksheet().set_name(*name).unwrap();
        for (row, cells) in (0..).zip(rows) {
            for (column, cell) in (0..).zip(cells) {
                match cell.parse::<f64>() {
                    Ok(number) => drop(page.write_number(row, column, number).unwrap()),
                    Err(_) if *cell == "-" => {}
                    Err(_) => drop(page.write_string(row, column, *cell).unwrap()),
                }
            }
        }
    }
    book.save(&path).unwrap();
    Made { _folder: folder, path }
}

fn row(id: &'static str) -> [&'static str; 9] {
    [
        "1.5",
        id,
        "item.mpn",
        "NLV-0002-M",
        "2024-02-01 00:00:00",
        "2024-02-02 00:00:00",
        "parameter.tenant_id",
        "t-00419",
        "eu",
    ]
}

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.insert("assets", sample::asset("AS-1000-0000-0001"));
    sandbox
}

#[test]
fn a_good_workbook_is_sent_as_it_is_and_once() {
    let sandbox = sandbox();
    let made = workbook("usage_records", &HEADER, &[row("r-1"), row("r-2")]);
    let connect = client(&sandbox);
    let checked = connect.usage().check(&made.path).unwrap();
    assert_eq!((checked.records(), calls(&sandbox)), (2, json!([])));
    let file = connect.usage().submit_workbook(new_file(), &checked).unwrap();
    assert_eq!(file.status, UsageFileStatus::Ready);
    let sent = connect.usage().file(&file.id).unwrap().unwrap();
    let bytes = connect.usage().download(sent.uploaded_file().unwrap().as_str()).unwrap();
    assert_eq!(bytes, std::fs::read(&made.path).unwrap());
    // Written again, its bytes differ and it says the same.
    let again = workbook("usage_records", &HEADER, &[row("r-1"), row("r-2")]);
    let again = client(&sandbox).usage().check(&again.path).unwrap();
    assert_eq!(client(&sandbox).usage().submit_workbook(new_file(), &again).unwrap().id, file.id);
    let other = workbook("usage_records", &HEADER, &[row("r-1"), row("r-3")]);
    let other = client(&sandbox).usage().check(&other.path).unwrap();
    let error = client(&sandbox).usage().submit_workbook(new_file(), &other).unwrap_err();
    assert!(matches!(error, Error::Conflict(_)), "{error}");
    // One whose sheet has the other name is another one.
    let other = workbook("records", &HEADER, &[row("r-1"), row("r-2")]);
    let other = client(&sandbox).usage().check(&other.path).unwrap();
    let error = client(&sandbox).usage().submit_workbook(new_file(), &other).unwrap_err();
    assert!(matches!(error, Error::Conflict(_)), "{error}");
    assert_eq!(routes(&sandbox).iter().filter(|route| route.contains("/upload")).count(), 1);
    let calls = sandbox.journal().len();
    let long = connect::usage::NewUsageFile { name: "n".repeat(101), ..new_file() };
    let error = client(&sandbox).usage().submit_workbook(long, &checked).unwrap_err().to_string();
    assert!(error.contains("name") && error.contains("nothing was sent"), "{error}");
    assert_eq!(sandbox.journal().len(), calls);
}

#[test]
fn bad_rows_are_named_as_those_of_records_are() {
    let sandbox = sandbox();
    let mut rows = [row("r-1"), row("r-1"), row("r-3"), row("r-4"), row("r-5")];
    rows[2][0] = "many";
    rows[3][4] = "2024-02-01T00:00:00";
    rows[4][7] = "-";
    let made = workbook("records", &HEADER, &rows);
    let error = client(&sandbox).usage().check(&made.path).unwrap_err();
    let Error::Sheet(sheet) = &error else { panic!("{error}") };
    let rows: Vec<_> = sheet.rows().iter().map(ToString::to_string).collect();
    assert_eq!(
        rows,
        [
            "records row 3 (\"r-1\"): record_id is also the id of row 2",
            "records row 4 (\"r-3\"): quantity \"many\" is no number",
            "records row 5 (\"r-4\"): start_time_utc \"2024-02-01T00:00:00\" is not the text YYYY-MM-DD HH:MM:SS",
            "records row 6 (\"r-5\"): asset_search_value is missing",
        ]
    );
    assert_eq!(calls(&sandbox), json!([]));
}

#[test]
fn rows_are_counted_as_a_spreadsheet_program_does_also_where_some_are_empty() {
    let empty = ["-"; 9];
    let rows = [empty, row("r-1"), empty, empty, row("r-2"), row("r-1"), row("r-2")];
    let made = workbook("records", &HEADER, &rows);
    let Err(Error::Sheet(sheet)) = client(&sandbox()).usage().check(&made.path) else { panic!() };
    assert_eq!(
        sheet.rows().iter().map(ToString::to_string).collect::<Vec<_>>(),
        [
            "records row 7 (\"r-1\"): record_id is also the id of row 3",
            "records row 8 (\"r-2\"): record_id is also the id of row 6",
        ]
    );
}

#[test]
fn parameter_columns_are_checked_as_those_of_records_are() {
    let mut amounts = HEADER.to_vec();
    amounts[0] = "amount";
    amounts.push("v.region");
    let told = |header: &[&str]| {
        let made = workbook("records", header, &[row("r-1")]);
        let Err(Error::Sheet(sheet)) = client(&sandbox()).usage().check(&made.path) else { panic!() };
        sheet.rows().iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(told(&amounts), ["records row 1: v.region is declared twice"]);
    amounts[9] = "v. ";
    assert_eq!(told(&amounts), ["records row 1: v. has no parameter id after v."]);
}

#[test]
fn the_categories_of_a_workbook_are_checked_and_are_part_of_what_it_says() {
    const CATEGORY: [&str; 3] = ["category_id", "category_name", "category_description"];
    let sandbox = sandbox();
    let mut header = HEADER;
    header[8] = "category_id";
    let of = |categories: &[[&str; 3]], rows: &[&'static str]| {
        let rows: Vec<_> = ["r-1", "r-2"]
            .into_iter()
            .zip(rows)
            .map(|(id, category)| {
                let mut row = row(id);
                row[8] = category;
                row
            })
            .collect();
        workbook_of(&[("categories", rows_of(&CATEGORY, categories)), ("records", rows_of(&header, &rows))])
    };
    let send = |made: &Made| {
        let connect = client(&sandbox);
        let checked = connect.usage().check(&made.path).unwrap();
        connect.usage().submit_workbook(new_file(), &checked)
    };
    let eu = ["eu", "Europe", "all of it"];
    let file = send(&of(&[eu], &["eu", "-"])).unwrap();
    assert_eq!(send(&of(&[eu], &["eu", "-"])).unwrap().id, file.id);
    for other in [["eu", "Europa", "all of it"], ["eu", "Europe", "a part"]] {
        let error = send(&of(&[other], &["eu", "-"])).unwrap_err();
        assert!(matches!(error, Error::Conflict(_)), "{other:?}: {error}");
    }
    let made = of(&[eu, eu, ["-", "nowhere", "-"]], &["eu", "us"]);
    let Err(Error::Sheet(sheet)) = client(&sandbox).usage().check(&made.path) else { panic!() };
    assert_eq!(
        sheet.rows().iter().map(ToString::to_string).collect::<Vec<_>>(),
        [
            "categories row 3 (\"eu\"): category_id is also the id of row 2",
            "categories row 4: category_id is missing",
            "records row 3 (\"r-2\"): category_id \"us\" is none of the categories given with the file",
        ]
    );
}

#[test]
fn what_is_no_workbook_of_usage_is_refused_before_any_call() {
    let sandbox = sandbox();
    let usage = client(&sandbox);
    let check = |made: &Made| told(&usage.usage().check(&made.path).unwrap_err());
    let other = workbook("other", &HEADER, &[row("r-1")]);
    assert_eq!(check(&other), "the workbook is none of usage: it has no sheet `records`");
    let mut header = HEADER;
    header[1] = "id";
    let other = workbook("records", &header, &[row("r-1")]);
    assert!(check(&other).contains("sheet \"records\" has no column record_id in its first row"));
    header = HEADER;
    header[0] = "how_much";
    assert!(check(&workbook("records", &header, &[row("r-1")])).contains("has no column quantity"));
    let none = workbook("records", &HEADER, &[]);
    assert_eq!(check(&none), "a usage file needs at least one record, there was none");
    write(&none.path, b"PK").unwrap();
    assert!(check(&none).contains("the workbook is none of usage"));
    std::fs::remove_file(&none.path).unwrap();
    assert!(check(&none).contains("made.xlsx cannot be read"));
    assert_eq!(calls(&sandbox), json!([]));
}
