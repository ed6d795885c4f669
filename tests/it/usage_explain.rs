//! An invalid file: each row that the platform refuses, with its words and the record as it was uploaded.

use std::time::Duration;

use connect::sandbox::{Sandbox, sample};
use connect::usage::{Invalid, UsageRecord};
use connect::{Error, Options, Verdict};
use serde_json::json;

use crate::support::usage::{new_file, record};
use crate::support::{calls, client, only};

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.insert("assets", sample::asset("AS-1000-0000-0001"));
    sandbox
}

/// Records of which each fiftieth is of a tenant that nobody knows.
fn records(count: usize) -> impl Iterator<Item = UsageRecord> {
    (0..count).map(|n| UsageRecord {
        record_id: format!("r-{n}"),
        asset_search_value: if n % 50 == 7 { format!("t-{n}") } else { "t-00419".into() },
        params: vec![("v.region".into(), format!("region {n}"))],
        tier: Some(2),
        amount: "0.25".into(),
        ..record()
    })
}

#[test]
fn all_refused_rows_of_ten_thousand_come_back_with_their_records() {
    let sandbox = sandbox();
    let connect = connect::Connect::new(sandbox.config().unwrap()).unwrap();
    let made = connect.usage().submit(new_file(), records(10_000)).unwrap();
    sandbox.take_journal();
    let invalid = connect.usage().explain(&made.id).unwrap();
    assert_eq!((invalid.rows().len(), invalid.total()), (200, 200));
    let refused = records(10_000).skip(7).step_by(50);
    for ((row, mut expected), n) in invalid.rows().iter().zip(refused).zip((7..).step_by(50)) {
        assert_eq!((row.bad.row, &row.bad.record_id), (n + 2, &format!("r-{n}")));
        let [problem] = &row.bad.problems[..] else { panic!("{row:?}") };
        assert_eq!(problem.field, "error");
        assert_eq!(problem.problem, format!("there is no asset with parameter.tenant_id = t-{n}"));
        expected.params[0].0 = "region".into();
        assert_eq!(row.record.params, expected.params);
        for (read, given) in
            [(&row.record.quantity, &expected.quantity), (&row.record.amount, &expected.amount)]
        {
            assert_eq!(read.to_string(), given.to_string());
        }
        let same = UsageRecord {
            quantity: expected.quantity.clone(),
            amount: expected.amount.clone(),
            ..row.record.clone()
        };
        assert_eq!(same, expected);
    }
    assert_eq!(calls(&sandbox), json!([["GET", format!("/usage/files/{}", made.id)]]));
}

#[test]
fn the_closure_of_a_run_gets_the_rows_and_may_replace_them() {
    let sandbox = sandbox();
    let connect = client(&sandbox);
    connect.usage().submit(new_file(), records(100)).unwrap();
    let report = connect
        .usage()
        .settle_with(Options::new(), |invalid| {
            assert_eq!(invalid.rows().len(), 2);
            let fixed: Vec<_> = invalid
                .rows()
                .iter()
                .map(|row| UsageRecord { asset_search_value: "t-00419".into(), ..row.record.clone() })
                .collect();
            Ok(Invalid::replace(fixed))
        })
        .unwrap();
    assert_eq!((report.count(Verdict::Deleted), report.count(Verdict::Submitted)), (1, 1), "{report}");
}

#[test]
fn a_file_that_is_left_names_its_rows_in_the_report() {
    let sandbox = sandbox();
    let connect = client(&sandbox);
    connect.usage().submit(new_file(), records(1000)).unwrap();
    let report = connect.usage().settle().unwrap();
    let Some(Error::Sheet(sheet)) = &only(&report).error else { panic!("{report}") };
    assert_eq!((sheet.rows().len(), sheet.total()), (20, 20));
    let text = report.to_string();
    let row = "; 20 bad rows of usage: records row 9 (\"r-7\"): error there is no asset with parameter.tenant_id = t-7;";
    assert!(text.contains(row), "{text}");
}

#[test]
fn where_the_workbook_cannot_be_had_the_words_of_the_file_are_all_there_is() {
    let sandbox = Sandbox::builder().empty().link_life(Duration::ZERO).start().unwrap();
    let connect = client(&sandbox);
    let made = connect.usage().submit(new_file(), records(100)).unwrap();
    let invalid = connect.usage().explain(&made.id).unwrap();
    assert_eq!((invalid.rows().len(), invalid.total()), (0, 0));
    let text = connect.usage().settle().unwrap().to_string();
    assert!(text.contains("100 of 100 records are invalid") && text.contains("403"), "{text}");
    assert!(!text.contains("7f3a9c"), "{text}");
}
