//! The rest of what usage files take: categories, columns of one's own, processing again, reconciliation.

use std::io::Cursor;

use calamine::{Reader as _, Xlsx};
use connect::models::UsageFileStatus;
use connect::rql::Query;
use connect::sandbox::{Fault, Sandbox, sample};
use connect::usage::{NewUsageFile, UsageCategory, UsageRecord};
use serde_json::json;

use crate::support::usage::{new_file, record};
use crate::support::{calls, client};

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.insert("assets", sample::asset("AS-1000-0000-0001"));
    sandbox
}

#[test]
fn the_categories_of_a_file_are_those_that_it_was_given() {
    let sandbox = sandbox();
    let connect = client(&sandbox);
    let category = UsageCategory {
        category_id: "storage".into(),
        category_name: "Storage".into(),
        category_description: "What is stored".into(),
    };
    let file = NewUsageFile { categories: vec![category.clone()], ..new_file() };
    let record = UsageRecord { category_id: "storage".into(), ..record() };
    let made = connect.usage().submit(file, [record]).unwrap();
    sandbox.take_journal();
    let all = connect.usage().categories(&made.id, &Query::new());
    assert_eq!(all.collect::<connect::Result<Vec<_>>>().unwrap(), [category]);
    let path = format!("/usage/files/{}/categories?limit=100&offset=0", made.id);
    assert_eq!(calls(&sandbox), json!([["GET", path]]));
    let error = connect.usage().categories(&made.id, &Query::new().equal("status", "x")).next().unwrap();
    assert!(error.is_err());
}

#[test]
fn a_parameter_may_be_given_as_its_column_is_called() {
    let sandbox = sandbox();
    let connect = client(&sandbox);
    let with = |id: &str, parameter: &str| UsageRecord {
        record_id: id.into(),
        params: vec![(parameter.into(), "eu".into())],
        ..record()
    };
    let records = || [with("r-1", "v.region"), with("r-2", "region")];
    let declared = NewUsageFile { parameters: vec!["v.region".into()], ..new_file() };
    for file in [new_file(), declared] {
        let made = connect.usage().submit(file, records()).unwrap();
        let link = connect.usage().file(&made.id).unwrap().unwrap().usage_file_uri.unwrap();
        let bytes = connect.usage().download(link.as_str()).unwrap();
        let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).unwrap();
        let sheet = book.worksheet_range("records").unwrap();
        let last: Vec<_> = sheet.rows().map(|row| row.last().unwrap().to_string()).collect();
        assert_eq!(last, ["v.region", "eu", "eu"]);
    }
    // Both are the same file: the same columns by two names.
    assert_eq!(sandbox.count("usage/files"), 1);
    let twice = UsageRecord {
        params: vec![("region".into(), "eu".into()), ("v.region".into(), "us".into())],
        ..record()
    };
    let error = connect.usage().submit(new_file(), [twice]).unwrap_err().to_string();
    assert!(error.contains("v.region stands twice in this record"), "{error}");
}

#[test]
fn a_file_is_processed_again_once_its_assets_are_there() {
    for fault in [None, Some(Fault::on("POST", "/usage/files/*/reprocess").reset().after_effect())] {
        let sandbox = Sandbox::empty().unwrap();
        let connect = client(&sandbox);
        let made = connect.usage().submit(new_file(), [record()]).unwrap();
        assert_eq!(made.status, UsageFileStatus::Invalid);
        sandbox.insert("assets", sample::asset("AS-1000-0000-0001"));
        if let Some(fault) = fault {
            sandbox.fault(fault);
        }
        assert_eq!(connect.usage().reprocess(&made.id).unwrap().status, UsageFileStatus::Ready);
    }
    let sandbox = Sandbox::empty().unwrap();
    sandbox.insert("usage/files", sample::usage_file("UF-1"));
    let error = client(&sandbox).usage().reprocess("UF-1").unwrap_err();
    assert_eq!(error.status(), Some(400), "{error}");
}

#[test]
fn reconciliation_files_go_up_and_come_down() {
    let sandbox = sandbox();
    let connect = client(&sandbox);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("billed.xlsx");
    let error = connect.usage().upload_reconciliation(&path).unwrap_err().to_string();
    assert!(error.contains("billed.xlsx cannot be read") && error.contains("nothing was sent"), "{error}");
    std::fs::write(&path, b"PK billed").unwrap();
    let mut file = sample::usage_file("UF-1");
    file["status"] = "accepted".into();
    sandbox.insert("usage/files", file);
    let file = connect.usage().reconcile("UF-1", &path).unwrap();
    assert!(file.reconciliation_file_uri.is_some());
    let made = connect.usage().upload_reconciliation(&path).unwrap();
    assert_eq!(connect.usage().uploaded_reconciliation(&made.id).unwrap(), b"PK billed");
    assert_eq!(connect.usage().processed_reconciliation(&made.id).unwrap(), b"PK billed");
    let recon = "/usage/reconciliations";
    assert_eq!(
        calls(&sandbox),
        json!([
            ["POST", "/usage/files/UF-1/reconciliation", "bytes"],
            ["POST", recon, "bytes"],
            ["GET", format!("{recon}/{}/uploadedfile", made.id)],
            ["GET", format!("{recon}/{}/processedfile", made.id)],
        ])
    );
}
