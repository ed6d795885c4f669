use std::fmt::Write as _;

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
        &["tier", "quantity", "amount", "v.region", "v.site", "record_note", "item_unit", "else"].map(cell),
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
    assert_eq!((read.tier, read.quantity.to_string(), read.amount.is_empty()), (Some(2), "7".into(), true));
    assert_eq!(read.params, [("region".to_owned(), "eu".to_owned())]);
    assert_eq!((&*read.record_note, &*read.item_unit), ("true", "GB"));
    let problems: Vec<_> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(problems, ["amount \"much\" is no number"]);
    let (read, problems) = record(&header, &[Data::Empty, Data::Empty]);
    assert_eq!((read.tier, read.quantity.is_empty(), problems.len()), (None, true, 0));
    assert_eq!(record(&names(&[cell("start_time_utc")]), &[Data::Empty]), (UsageRecord::default(), vec![]));
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

/// A processed workbook: each sheet but that of notes has so many rows that are refused.
fn processed(sheets: &[(&str, u32)]) -> Vec<u8> {
    let mut book = rust_xlsxwriter::Workbook::new();
    for (name, rows) in sheets {
        let sheet = book.add_worksheet().set_name(*name).unwrap();
        for row in 0..=*rows {
            let head = if *name == "notes" { "note" } else { "record_id" };
            let (id, why) = if row == 0 { (head, "why") } else { (*name, "no such asset") };
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
    let other = refused(processed(&[("notes", 1), ("result", 3)])).unwrap();
    assert_eq!(other.1, 3, "under another name");
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

/// A file of stored parts, as the format of workbooks packs them.
fn packed(parts: &[(&str, &str)]) -> Vec<u8> {
    let (mut file, mut directory) = (Vec::<u8>::new(), Vec::<u8>::new());
    for (name, content) in parts {
        let mut crc = flate2::Crc::new();
        crc.update(content.as_bytes());
        let length = |text: &str| u32::try_from(text.len()).unwrap().to_le_bytes();
        let mut head = [20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0].to_vec();
        head.extend(crc.sum().to_le_bytes());
        head.extend([length(content), length(content)].concat());
        head.extend([length(name)[0], 0, 0, 0]);
        let at = u32::try_from(file.len()).unwrap();
        file.extend(b"PK\x03\x04".iter().chain(&head).chain(name.as_bytes()).chain(content.as_bytes()));
        directory.extend(b"PK\x01\x02\x14\0".iter().chain(&head).chain(&[0; 10]).chain(&at.to_le_bytes()));
        directory.extend(name.as_bytes());
    }
    let number = u8::try_from(parts.len()).unwrap();
    let places =
        [directory.len(), file.len()].map(|place| u32::try_from(place).unwrap().to_le_bytes()).concat();
    file.extend(directory);
    file.extend(b"PK\x05\x06\0\0\0\0".iter().chain(&[number, 0, number, 0]).chain(&places).chain(&[0; 2]));
    file
}

/// A workbook whose only sheet has these cells in its first row.
fn sheet_of(cells: &[(&str, &str)]) -> Vec<u8> {
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let package = "http://schemas.openxmlformats.org/package/2006/relationships";
    let mut row = String::new();
    for (place, text) in cells {
        let _ = write!(row, "<c r=\"{place}\" t=\"str\"><v>{text}</v></c>");
    }
    packed(&[
        (
            "_rels/.rels",
            &format!(
                "<Relationships xmlns=\"{package}\"><Relationship Id=\"rId1\" Type=\"{office}/officeDocument\" \
                 Target=\"xl/workbook.xml\"/></Relationships>"
            ),
        ),
        (
            "xl/workbook.xml",
            &format!(
                "<workbook xmlns=\"{main}\" xmlns:r=\"{office}\"><sheets>\
                 <sheet name=\"records\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>"
            ),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            &format!(
                "<Relationships xmlns=\"{package}\"><Relationship Id=\"rId1\" Type=\"{office}/worksheet\" \
                 Target=\"worksheets/sheet1.xml\"/></Relationships>"
            ),
        ),
        (
            "xl/worksheets/sheet1.xml",
            &format!(
                "<worksheet xmlns=\"{main}\"><sheetData><row r=\"1\">{row}</row></sheetData></worksheet>"
            ),
        ),
    ])
}

#[test]
fn cells_are_where_they_say_in_whatever_order_they_come_and_none_is_beyond_the_widest_sheet() {
    let workbook =
        sheet_of(&[("C1", "c"), ("A1", "a"), ("XFD1", "last"), ("XFE1", "beyond"), ("ZZZZZ1", "far")]);
    let mut book = Book::open(Cursor::new(workbook)).unwrap();
    let mut rows = Vec::new();
    let taken = book.each_row("records", |number, row| {
        rows.push((number, row.to_vec()));
        Ok(())
    });
    taken.unwrap();
    let [(1, row)] = &rows[..] else { panic!("{} rows", rows.len()) };
    assert_eq!(
        (row.len(), text(&row[0]), text(&row[1]), text(&row[2])),
        (WIDEST, "a".into(), String::new(), "c".into())
    );
    assert_eq!(text(&row[WIDEST - 1]), "last");
}
