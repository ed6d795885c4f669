use calamine::{Data, Range, Reader, Xlsx};
use time::macros::datetime;

use super::*;

/// The error of a workbook, as one of its rows.
fn build(
    layout: &Layout,
    records: impl IntoIterator<Item: IntoRecord>,
) -> std::result::Result<Workbook, SheetError> {
    super::build(layout, records).map_err(|error| match error {
        crate::Error::Sheet(error) => *error,
        other => panic!("{other}"),
    })
}

fn record(id: &str) -> UsageRecord {
    let day = datetime!(2024-05-01 0:00 UTC)..datetime!(2024-05-02 0:00 UTC);
    UsageRecord::new(id, "MPN-1", 5, day, "AS-0001")
}

fn open(workbook: &Workbook) -> Xlsx<&File> {
    Xlsx::new(workbook.reader().unwrap()).unwrap()
}

fn records_of(layout: &Layout, records: Vec<UsageRecord>) -> Range<Data> {
    let workbook = build(layout, records).unwrap();
    open(&workbook).worksheet_range("records").unwrap()
}

fn text(text: &str) -> Data {
    Data::String(text.to_owned())
}

fn fingerprint(layout: &Layout, records: Vec<UsageRecord>) -> String {
    build(layout, records).unwrap().fingerprint().to_owned()
}

fn category(id: &str) -> UsageCategory {
    UsageCategory { category_id: id.into(), category_name: "=Name".into(), ..Default::default() }
}

#[test]
fn the_header_is_todays_columns_in_order() {
    let mut first = record("a");
    first.params = vec![("zone".into(), "eu".into()), ("customer id".into(), "7".into())];
    let sheet = records_of(&Layout::default(), vec![first]);
    assert_eq!(
        sheet.headers().unwrap(),
        [
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
            "v.zone",
            "v.customer id",
        ]
    );
}

#[test]
fn every_field_stands_in_its_column_with_its_type() {
    let full = UsageRecord {
        record_id: "001".into(),
        record_note: "note".into(),
        item_search_criteria: "item.local_id".into(),
        item_search_value: "0042".into(),
        quantity: "12.50".into(),
        start_time_utc: Some(datetime!(2024-05-01 2:03:04.999 +02:00)),
        end_time_utc: Some(datetime!(2024-12-31 23:59:59 UTC)),
        asset_search_criteria: "parameter.tenant".into(),
        asset_search_value: "t-1".into(),
        category_id: "general".into(),
        amount: (-3).into(),
        tier: Some(2),
        item_name: "Disk".into(),
        item_unit: "GB".into(),
        item_mpn: "MPN-2".into(),
        item_precision: "decimal(2)".into(),
        params: vec![("zone".into(), "5".into())],
    };
    let layout = Layout { categories: vec![category("general")], ..Layout::default() };
    let sheet = records_of(&layout, vec![full]);
    assert_eq!(
        sheet.rows().nth(1).unwrap(),
        [
            text("001"),
            text("note"),
            text("item.local_id"),
            text("0042"),
            Data::Float(12.5),
            text("2024-05-01 00:03:04"),
            text("2024-12-31 23:59:59"),
            text("parameter.tenant"),
            text("t-1"),
            text("general"),
            Data::Float(-3.0),
            Data::Float(2.0),
            text("Disk"),
            text("GB"),
            text("MPN-2"),
            text("decimal(2)"),
            text("5"),
        ]
    );
}

#[test]
fn text_stays_text_whatever_it_looks_like() {
    let texts = [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "{=A1}",
        "https://example.com/",
        "mailto:a@example.com",
        "12.5",
        "TRUE",
        "2024-01-01",
        "<r><t>x</t></r>",
        " spaced ",
        "a & b < c > d \"e\" 'f'",
        "tab\tand\nline",
        "naïve 数量 🚀 e\u{301}",
        "_x0041_",
    ];
    let records = texts
        .iter()
        .enumerate()
        .map(|(i, note)| UsageRecord { record_note: (*note).to_owned(), ..record(&format!("={i}")) });
    let workbook = build(&Layout::default(), records).unwrap();
    let mut book = open(&workbook);
    let sheet = book.worksheet_range("records").unwrap();
    let notes: Vec<_> = sheet.rows().skip(1).map(|row| row[1].clone()).collect();
    assert_eq!(notes, texts.map(text));
    assert!(sheet.rows().skip(1).all(|row| matches!(&row[0], Data::String(id) if id.starts_with('='))));
    let formulas = book.worksheet_formula("records").unwrap();
    assert!(formulas.cells().all(|(_, _, formula)| formula.is_empty()));
}

#[test]
fn decimals_arrive_exactly() {
    let given = ["0.1", "12.50", "1234567.12345678", "0.000001", "100000000000000000000", "0"];
    let records = given.map(|quantity| UsageRecord { quantity: quantity.into(), ..record(quantity) });
    let sheet = records_of(&Layout::default(), records.to_vec());
    let read: Vec<_> = sheet.rows().skip(1).map(|row| row[4].to_string()).collect();
    assert_eq!(read, ["0.1", "12.5", "1234567.12345678", "0.000001", "100000000000000000000", "0"]);
}

#[test]
fn only_the_named_sheets_are_there() {
    let old = Layout { sheet_name: SheetName::UsageRecords, ..Layout::default() };
    assert_eq!(open(&build(&old, [record("a")]).unwrap()).sheet_names(), ["usage_records"]);
    let both = Layout { categories: vec![category("c")], ..Layout::default() };
    assert_eq!(open(&build(&both, [record("a")]).unwrap()).sheet_names(), ["records", "categories"]);
}

#[test]
fn categories_stand_on_their_sheet() {
    let layout = Layout { categories: vec![category("general"), category("special")], ..Layout::default() };
    let workbook = build(&layout, [record("a")]).unwrap();
    let sheet = open(&workbook).worksheet_range("categories").unwrap();
    let rows: Vec<_> = sheet.rows().map(<[Data]>::to_vec).collect();
    assert_eq!(
        rows,
        [
            [text("category_id"), text("category_name"), text("category_description")],
            [text("general"), text("=Name"), Data::Empty],
            [text("special"), text("=Name"), Data::Empty],
        ]
    );
}

#[test]
fn many_rows_arrive_in_order() {
    let records = (0..100_000).map(|i| record(&format!("rec-{i}")));
    let workbook = build(&Layout::default(), records).unwrap();
    assert_eq!(workbook.records(), 100_000);
    let sheet = open(&workbook).worksheet_range("records").unwrap();
    assert_eq!(sheet.height(), 100_001);
    for (i, row) in sheet.rows().skip(1).enumerate() {
        assert_eq!(row[0], text(&format!("rec-{i}")));
    }
}

#[test]
fn declared_parameters_make_columns_even_if_the_first_record_has_none() {
    let layout = Layout { parameters: vec!["a".into(), "b".into()], ..Layout::default() };
    let mut second = record("2");
    second.params = vec![("b".into(), "B".into())];
    let sheet = records_of(&layout, vec![record("1"), second]);
    assert_eq!(sheet.get((0, 16)), Some(&text("v.a")));
    assert_eq!(sheet.get((2, 16)), Some(&Data::Empty));
    assert_eq!(sheet.get((2, 17)), Some(&text("B")));
}

#[test]
fn params_find_their_column_in_any_order() {
    let (mut first, mut second) = (record("1"), record("2"));
    first.params = vec![("a".into(), "1a".into()), ("b".into(), "1b".into())];
    second.params = vec![("b".into(), "2b".into()), ("a".into(), "2a".into())];
    let sheet = records_of(&Layout::default(), vec![first, second]);
    assert_eq!(sheet.rows().nth(2).unwrap()[16..], [text("2a"), text("2b")]);
}

#[test]
fn every_bad_row_is_named_up_to_a_bound() {
    let records = (0..1_000).map(|i| {
        let quantity = if i % 2 == 0 { 1 } else { -1 };
        UsageRecord { quantity: quantity.into(), ..record(&format!("rec-{i}")) }
    });
    let error = build(&Layout::default(), records).unwrap_err();
    assert_eq!(error.total(), 500);
    let rows: Vec<_> = error.rows().iter().map(|row| row.row).collect();
    assert_eq!(rows, (0..100).map(|i| 3 + 2 * i).collect::<Vec<_>>());
    assert_eq!(error.rows()[0].to_string(), "records row 3 (\"rec-1\"): quantity \"-1\" is negative");
}

#[test]
fn bad_categories_and_bad_records_are_told_together() {
    let layout = Layout { categories: vec![category("c"), category("c")], ..Layout::default() };
    let error = build(&layout, [record("")]).unwrap_err();
    let rows: Vec<_> = error.rows().iter().map(ToString::to_string).collect();
    assert_eq!(
        rows,
        [
            "categories row 3 (\"c\"): category_id is also the id of row 2",
            "records row 2: record_id is missing"
        ]
    );
}

#[test]
fn bad_parameter_names_are_the_header_rows_mistake() {
    let layout = Layout { parameters: vec!["a".into(), " ".into(), "a".into()], ..Layout::default() };
    let error = build(&layout, [record("1")]).unwrap_err();
    assert_eq!(
        error.rows()[0].to_string(),
        "records row 1: v.  has no parameter id after v., v.a is declared twice"
    );
    assert_eq!(error.total(), 1);
}

#[test]
fn no_records_make_no_file() {
    let error = build(&Layout::default(), Vec::<UsageRecord>::new()).unwrap_err();
    assert_eq!(error.to_string(), "a usage file needs at least one record, there was none");
    assert_eq!((error.total(), error.rows().len()), (0, 0));
}

#[test]
fn an_endless_source_is_stopped_at_the_sheets_end() {
    // A bad first row: nothing more is written, which keeps this fast.
    let records = std::iter::repeat_with(|| record(""));
    let error = build(&Layout::default(), records).unwrap_err();
    assert_eq!(error.total(), 1_048_575);
    assert!(error.to_string().starts_with("more than 1048575 usage records"), "{error}");
}

#[test]
fn the_fingerprint_is_the_same_in_every_run_and_version() {
    let layout = Layout { categories: vec![category("c")], ..Layout::default() };
    let mut full = record("a");
    full.params = vec![("p".into(), "v".into())];
    assert_eq!(fingerprint(&layout, vec![full, record("b")]), "a482320c1010a0f1db520673140740c1");
}

#[test]
fn the_fingerprint_tells_contents_apart() {
    let plain = Layout::default();
    let base = fingerprint(&plain, vec![record("a"), record("b")]);
    let mut other = record("b");
    other.quantity = 6.into();
    let mut noted = record("b");
    noted.record_note = "n".into();
    let with_category = Layout { categories: vec![category("c")], ..Layout::default() };
    let old_name = Layout { sheet_name: SheetName::UsageRecords, ..Layout::default() };
    for changed in [
        fingerprint(&plain, vec![record("b"), record("a")]),
        fingerprint(&plain, vec![record("a"), other]),
        fingerprint(&plain, vec![record("a"), noted]),
        fingerprint(&plain, vec![record("a")]),
        fingerprint(&with_category, vec![record("a"), record("b")]),
        fingerprint(&old_name, vec![record("a"), record("b")]),
    ] {
        assert_ne!(changed, base);
    }
    assert_eq!(fingerprint(&plain, vec![record("a"), record("b")]), base);
}

#[test]
fn the_file_can_be_read_again_and_has_the_length_it_says() {
    let workbook = build(&Layout::default(), [record("a")]).unwrap();
    let read = || io::copy(&mut workbook.reader().unwrap(), &mut io::sink()).unwrap();
    assert_eq!(read(), workbook.len());
    assert_eq!(read(), workbook.len());
}

#[test]
fn the_size_that_is_reckoned_has_room_for_every_escape() {
    let mut page = Page::new(&mut xlsx::Workbook::new(), "records").unwrap();
    page.text(0, "&".repeat(10)).unwrap();
    assert_eq!(page.size, 100 + 6 * 10);
    page.number(1, Some(0.5)).unwrap();
    assert_eq!(page.size, 160 + 400);
}

#[test]
fn a_sheet_that_may_pass_four_gigabytes_and_no_other_has_the_archives_long_form() {
    let len = |size: u64| {
        let layout = Layout::default();
        let mut builder = Builder::new(&layout, 1).unwrap();
        builder.push(record("a")).unwrap();
        builder.flush().unwrap();
        builder.page.size = size;
        builder.finish().unwrap().len()
    };
    let (small, most, long) = (len(1), len(u64::from(u32::MAX)), len(u64::from(u32::MAX) + 1));
    assert_eq!(small, most);
    assert!(long > most, "{long} {most}");
}
