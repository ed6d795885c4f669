use time::macros::datetime;

use super::*;

fn record(id: &str) -> UsageRecord {
    let day = datetime!(2024-05-01 0:00 UTC)..datetime!(2024-05-02 0:00 UTC);
    UsageRecord::new(id, "MPN-1", 5, day, "AS-0001")
}

fn check(validator: &mut Validator, record: &UsageRecord) -> Result<Cells, (u32, Vec<Problem>)> {
    validator.prefetch(std::slice::from_ref(record));
    validator.check(record)
}

/// What is said of the record that `change` makes of a good one.
fn said(change: impl FnOnce(&mut UsageRecord)) -> Vec<String> {
    let category = UsageCategory { category_id: "known".into(), ..Default::default() };
    let mut validator = Validator::new(&[category], 0);
    validator.set_parameters(vec!["a".into(), "b".into()]);
    let mut record = record("rec-1");
    change(&mut record);
    let (_, problems) = check(&mut validator, &record).err().unwrap_or_default();
    problems.iter().map(ToString::to_string).collect()
}

#[test]
fn a_good_record_has_no_problem() {
    assert!(said(|_| ()).is_empty());
    assert!(
        said(|r| {
            r.category_id = "known".into();
            r.quantity = Number::default();
            r.amount = "-12.5".into();
            r.tier = Some(2_147_483_647);
            r.record_note = "ü".repeat(32_767);
            r.params = vec![("b".into(), String::new())];
        })
        .is_empty()
    );
    assert!(said(|r| (r.amount, r.record_note) = (1e16.into(), "a".repeat(32_767))).is_empty());
}

#[test]
fn an_empty_record_names_all_it_lacks() {
    assert_eq!(
        said(|r| *r = UsageRecord::default()),
        [
            "record_id is missing",
            "item_search_criteria is missing",
            "item_search_value is missing",
            "asset_search_criteria is missing",
            "asset_search_value is missing",
            "quantity is missing, and there is no amount either",
            "start_time_utc is missing",
            "end_time_utc is missing",
        ]
    );
}

#[test]
fn blank_text_is_missing_text() {
    assert_eq!(said(|r| r.asset_search_value = " \t".into()), ["asset_search_value is missing"]);
}

#[test]
fn numbers_out_of_order_are_named() {
    assert_eq!(said(|r| r.quantity = (-1).into()), ["quantity \"-1\" is negative"]);
    assert_eq!(said(|r| r.quantity = f64::NAN.into()), ["quantity \"NaN\" is not a finite number"]);
    assert_eq!(said(|r| r.amount = f64::INFINITY.into()), ["amount \"inf\" is not a finite number"]);
    assert_eq!(
        said(|r| r.amount = "1,5".into()),
        ["amount \"1,5\" is not a plain decimal number such as 12.50"]
    );
    assert_eq!(
        said(|r| r.quantity = "0.12345678901234567890".into()),
        [
            "quantity \"0.12345678901234567890\" has more digits than a spreadsheet cell holds exactly: round it"
        ]
    );
    assert_eq!(
        said(|r| r.amount = (-2e16).into()),
        ["amount \"-20000000000000000\" is beyond the platform's limit of 10^16"]
    );
    assert_eq!(said(|r| r.tier = Some(u32::MAX)), ["tier is beyond the platform's limit of 2147483647"]);
}

#[test]
fn a_period_ends_after_it_starts() {
    assert_eq!(
        said(|r| r.end_time_utc = Some(datetime!(2024-05-01 2:00 +02:00))),
        ["end_time_utc 2024-05-01 00:00:00 is not after start_time_utc 2024-05-01 00:00:00"]
    );
    assert_eq!(
        said(|r| r.end_time_utc = Some(datetime!(2024-05-01 0:00:00.9 UTC))),
        ["end_time_utc 2024-05-01 00:00:00 is not after start_time_utc 2024-05-01 00:00:00"]
    );
}

#[test]
fn times_are_cut_to_seconds_of_utc() {
    let mut problems = Vec::new();
    let text = utc_text("t", Some(datetime!(2024-03-01 0:30:05.987 +01:00)), &mut problems);
    assert_eq!(text.as_deref(), Some("2024-02-29 23:30:05"));
    let text = utc_text("t", Some(datetime!(0987-06-05 4:03:02 UTC)), &mut problems);
    assert_eq!(text.as_deref(), Some("0987-06-05 04:03:02"));
    assert!(problems.is_empty());
}

#[test]
fn times_without_a_four_digit_year_are_refused() {
    for time in [datetime!(-0001-01-01 0:00 UTC), datetime!(9999-12-31 23:30 -01:00)] {
        let mut problems = Vec::new();
        assert_eq!(utc_text("start", Some(time), &mut problems), None);
        assert_eq!(problems[0].to_string(), "start is not within the years 1 to 9999");
    }
}

#[test]
fn text_that_a_cell_cannot_hold_is_refused() {
    for (text, what) in [
        ("a\0", "record_note has the character U+0000, which a spreadsheet cell cannot hold"),
        ("a\r\n", "record_note has the character U+000D, which a spreadsheet cell cannot hold"),
        ("\u{FFFE}", "record_note has the character U+FFFE, which a spreadsheet cell cannot hold"),
    ] {
        assert_eq!(said(|r| r.record_note = text.into()), [what]);
    }
    assert!(said(|r| r.record_note = "\t\n\u{7F}\u{FEFF}\u{FFFD}".into()).is_empty());
    assert_eq!(
        said(|r| r.record_note = "🚀".repeat(16_384)),
        ["record_note has 32768 characters, a spreadsheet cell holds 32767"]
    );
    assert_eq!(
        said(|r| r.record_note = "a".repeat(32_768)),
        ["record_note has 32768 characters, a spreadsheet cell holds 32767"]
    );
}

#[test]
fn plain_is_the_printable_part_of_ascii_at_any_place() {
    for place in 0..20 {
        for byte in 0..=255 {
            let mut text = [b'a'; 20];
            text[place] = byte;
            assert_eq!(is_plain_ascii(&text), (0x20..0x80).contains(&byte), "{byte:#x} at {place}");
        }
    }
}

#[test]
fn more_categories_than_rows_are_refused() {
    let categories = (0..=MAX_RECORDS)
        .map(|n| UsageCategory { category_id: n.to_string(), ..Default::default() })
        .collect::<Vec<_>>();
    let mut bad = BadRows::default();
    check_categories(&categories, &mut bad);
    let error = crate::usage::SheetError::new(crate::error::SheetErrorKind::BadRows, bad);
    let [row] = error.rows() else { panic!("{error}") };
    assert_eq!((row.row, row.problems[0].problem.as_str()), (1_048_577, "is beyond what one sheet holds"));
}

#[test]
fn a_category_must_be_among_the_files() {
    assert_eq!(
        said(|r| r.category_id = "other".into()),
        ["category_id \"other\" is none of the categories given with the file"]
    );
    let mut validator = Validator::new(&[], 0);
    let mut record = record("a");
    record.category_id = "other".into();
    let (_, problems) = check(&mut validator, &record).err().unwrap();
    assert_eq!(
        problems[0].to_string(),
        "category_id is \"other\", but no categories were given with the file"
    );
}

#[test]
fn params_must_be_columns_and_stand_once() {
    let param = |name: &str| (name.to_owned(), "v".to_owned());
    assert_eq!(
        said(|r| r.params = vec![param("c")]),
        ["v.c is no column of this file: declare it, or let the first record have all parameters"]
    );
    assert_eq!(
        said(|r| r.params = vec![param("b"), param("a"), param("b")]),
        ["v.b stands twice in this record"]
    );
    assert_eq!(
        said(|r| r.params = vec![("a".into(), "\u{1}".into())]),
        ["v.a has the character U+0001, which a spreadsheet cell cannot hold"]
    );
}

#[test]
fn a_repeated_id_names_the_row_that_had_it_first() {
    let mut validator = Validator::new(&[], 0);
    for row in 2..10_000 {
        assert!(check(&mut validator, &record(&format!("rec-{row}"))).is_ok(), "{row}");
    }
    for row in 2..10_000 {
        let (_, problems) = check(&mut validator, &record(&format!("rec-{row}"))).err().unwrap();
        assert_eq!(problems, [Problem::new("record_id", format!("is also the id of row {row}"))]);
    }
    assert!(check(&mut validator, &record("REC-17")).is_ok());
}

#[test]
fn a_bad_record_still_takes_its_id() {
    let mut validator = Validator::new(&[], 0);
    let bad = UsageRecord { quantity: (-1).into(), ..record("a") };
    assert!(check(&mut validator, &bad).is_err());
    assert!(check(&mut validator, &record("a")).is_err());
}

#[test]
fn a_repeated_id_is_found_among_records_prefetched_together() {
    let mut validator = Validator::new(&[], 0);
    let records = ["a", "b", "a", "", "", "b"].map(record);
    validator.prefetch(&records);
    let rows: Vec<_> = records.iter().map(|record| validator.check(record).err()).collect();
    let said = |row: u32, what: &str| Some((row, vec![Problem::new("record_id", what)]));
    assert_eq!(
        rows,
        [
            None,
            None,
            said(4, "is also the id of row 2"),
            said(5, "is missing"),
            said(6, "is missing"),
            said(7, "is also the id of row 3"),
        ]
    );
}

#[test]
fn ids_are_kept_apart_however_many_are_prefetched_at_once() {
    let mut validator = Validator::new(&[], 0);
    for batch in 0..20 {
        let records: Vec<_> = (0..33).map(|n| record(&format!("rec-{batch}-{n}"))).collect();
        validator.prefetch(&records);
        assert!(records.iter().all(|record| validator.check(record).is_ok()), "{batch}");
    }
}

#[test]
fn more_parameters_than_columns_are_refused() {
    let mut validator = Validator::new(&[], 0);
    let names = |n: usize| (0..n).map(|i| i.to_string()).collect();
    assert!(validator.set_parameters(names(16_368)).is_empty());
    let problems = validator.set_parameters(names(16_369));
    assert_eq!(problems[0].to_string(), "parameters are 16369, one sheet holds 16368");
}
