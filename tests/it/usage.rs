//! Reporting usage: the loop over listings, and submitting.

use std::io::Cursor;
use std::time::Duration;

use calamine::{Data, Reader, Xlsx};
use connect::models::UsageFileStatus;
use connect::rql::Query;
use connect::sandbox::{Body, Fault, RecordedCall, Sandbox, sample};
use connect::usage::{NewUsageFile, SheetName, UsageCategory, UsageRecord};
use connect::{Config, Connect, Error, Options, Verdict};
use serde_json::{Value, json};
use time::macros::{date, datetime};

use crate::support::{calls, calls_but, client};

const LISTING: &str = "LST-771-402-958";

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.insert("listings", sample::listing(LISTING));
    sandbox.insert("products", sample::product(sample::PRODUCT));
    sandbox.insert("assets", sample::asset("AS-1000-0000-0001"));
    sandbox
}

fn record(id: &str) -> UsageRecord {
    let day = datetime!(2024-05-01 0:00 UTC)..datetime!(2024-05-02 0:00 UTC);
    UsageRecord::new(id, "NLV-GB-M", "0.75", day, "AS-1000-0000-0001")
}

fn new_file() -> NewUsageFile {
    NewUsageFile {
        name: "Usage of May".into(),
        product: sample::PRODUCT.into(),
        contract: "CRD-10482-77310-26594".into(),
        ..NewUsageFile::default()
    }
}

/// The one part of a form: its head and its content.
fn part(call: &RecordedCall) -> (String, Vec<u8>) {
    let Body::Bytes(bytes) = &call.body else { panic!("{call:?}") };
    let content_type = call.content_type.as_deref().unwrap();
    let boundary = content_type.strip_prefix("multipart/form-data; boundary=").unwrap();
    let head = bytes.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    let start = format!("--{boundary}\r\n");
    let end = format!("\r\n--{boundary}--\r\n");
    assert!(bytes.starts_with(start.as_bytes()) && bytes.ends_with(end.as_bytes()));
    let text = String::from_utf8(bytes[start.len()..head].to_vec()).unwrap();
    (text, bytes[head + 4..bytes.len() - end.len()].to_vec())
}

#[test]
fn listings_are_walked_and_what_was_reported_is_told() {
    let sandbox = sandbox();
    let mut other = sample::listing("LST-771-402-959");
    other["created"] = "2023-12-02T09:00:00+00:00".into();
    sandbox.insert("listings", other);
    let connect = client(&sandbox);
    let report = connect
        .process_usage_listings(|listing| {
            if listing.id != LISTING {
                return Ok(None);
            }
            let file = NewUsageFile {
                external_id: Some("may".into()),
                ..NewUsageFile::for_listing(listing, "Usage of May")
            };
            Ok(Some(connect.usage().submit(file, [record("r-1")])?))
        })
        .unwrap();
    assert_eq!((report.count(Verdict::Reported), report.skipped(), report.exit_code()), (1, 1, 0));
    let file = &sandbox.all("usage/files")[0];
    let id = file["id"].as_str().unwrap();
    assert_eq!(report.outcomes()[0].detail, Some(format!("usage file {id}")));
    assert_eq!(report.outcomes()[0].calls, 3);
    assert_eq!(file["status"], "ready");
    let description = file["description"].as_str().unwrap();
    assert!(description.starts_with("[sdk-"), "{description}");
    let filters = "in(product.id,(PRD-260-714-083))&eq(status,listed)";
    let created = "%222023-12-02T09%3A00%3A00%2B00%3A00%22";
    let body = json!({
        "name": "Usage of May", "description": description, "external_id": "may",
        "product": {"id": sample::PRODUCT}, "contract": {"id": "CRD-10482-77310-26594"},
    });
    let list = format!("/listings?{filters}");
    let newest = "&ordering(-created.at)&limit=100&offset=0";
    assert_eq!(
        calls(&sandbox),
        json!([
            ["GET", format!("{list}&ordering(created)&limit=100&offset=0")],
            ["GET", format!("/usage/files?eq(external_id,may)&eq(product.id,{}){newest}", sample::PRODUCT)],
            ["POST", "/usage/files", body],
            ["POST", format!("/usage/files/{id}/upload"), "bytes"],
            [
                "GET",
                format!(
                    "{list}&ge(created,{created})&out(id,(LST-771-402-959))&ordering(created)&limit=100&offset=0"
                )
            ],
        ])
    );
}

#[test]
fn an_error_of_one_listing_leaves_the_others_alone() {
    let sandbox = sandbox();
    let mut other = sample::listing("LST-771-402-959");
    other["created"] = "2023-12-02T09:00:00+00:00".into();
    sandbox.insert("listings", other);
    let connect = client(&sandbox);
    let report = connect
        .process_usage_listings(|listing| {
            anyhow::ensure!(listing.id != LISTING, "no meter for {}", listing.id);
            Ok(None)
        })
        .unwrap();
    assert_eq!((report.errored(), report.skipped(), report.exit_code()), (1, 1, 1));
    assert!(report.to_string().contains("no meter for LST-771-402-958"), "{report}");
    assert_eq!(calls_but(&sandbox, "/listings"), json!([]));
}

#[test]
fn everything_said_of_a_file_is_sent() {
    let sandbox = sandbox();
    let file = NewUsageFile {
        description: Some("of the old tenants".into()),
        note: Some("by hand".into()),
        period: Some((date!(2024 - 05 - 01), date!(2024 - 05 - 31))),
        currency: Some("EUR".into()),
        external_id: Some("may-1".into()),
        ..new_file()
    };
    let made = client(&sandbox).usage().submit(file, [record("r-1")]).unwrap();
    assert_eq!((made.external_id.as_deref(), made.status), (Some("may-1"), UsageFileStatus::Ready));
    let described = sandbox.get("usage/files", &made.id).unwrap()["description"].clone();
    assert!(described.as_str().unwrap().starts_with("of the old tenants [sdk-"), "{described}");
    assert_eq!(
        calls(&sandbox)[1],
        json!(["POST", "/usage/files", {
            "name": "Usage of May", "description": described, "note": "by hand",
            "period": {"from": "2024-05-01", "to": "2024-05-31"}, "currency": "EUR", "external_id": "may-1",
            "product": {"id": sample::PRODUCT}, "contract": {"id": "CRD-10482-77310-26594"},
        }])
    );
}

#[test]
fn the_upload_is_a_form_with_a_workbook_that_others_can_read() {
    let sandbox = sandbox();
    let records = [
        UsageRecord {
            record_note: "=1+1".into(),
            params: vec![("tenant".into(), "t-42".into())],
            ..record("r-1")
        },
        UsageRecord { quantity: 12.into(), ..record("ü-2") },
    ];
    let made = client(&sandbox).usage().submit(new_file(), records).unwrap();
    let journal = sandbox.take_journal();
    let upload = &journal[2];
    assert_eq!(upload.path, format!("/usage/files/{}/upload", made.id));
    assert!(upload.header("content-length").is_some() && upload.header("transfer-encoding").is_none());
    let (head, workbook) = part(upload);
    assert_eq!(
        head,
        format!(
            "Content-Disposition: form-data; name=\"usage_file\"; filename=\"{}.xlsx\"\r\n\
             Content-Type: application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            made.id
        )
    );
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(workbook)).unwrap();
    assert_eq!(book.sheet_names(), ["records"]);
    let sheet = book.worksheet_range("records").unwrap();
    let rows: Vec<_> = sheet.rows().collect();
    assert_eq!(rows.len(), 3);
    let header: Vec<_> = rows[0].iter().map(ToString::to_string).collect();
    assert_eq!(
        header,
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
            "v.tenant",
        ]
    );
    let text = |text: &str| Data::String(text.into());
    assert_eq!(
        rows[1][..9],
        [
            text("r-1"),
            text("=1+1"),
            text("item.mpn"),
            text("NLV-GB-M"),
            Data::Float(0.75),
            text("2024-05-01 00:00:00"),
            text("2024-05-02 00:00:00"),
            text("asset.id"),
            text("AS-1000-0000-0001"),
        ]
    );
    assert_eq!(rows[1][16], text("t-42"));
    assert_eq!((&rows[2][0], &rows[2][4], &rows[2][16]), (&text("ü-2"), &Data::Float(12.0), &Data::Empty));
}

#[test]
fn categories_have_a_sheet_and_the_old_sheet_name_is_an_option() {
    let sandbox = sandbox();
    let file = NewUsageFile {
        sheet_name: SheetName::UsageRecords,
        categories: vec![UsageCategory {
            category_id: "storage".into(),
            category_name: "Storage".into(),
            category_description: "What is stored".into(),
        }],
        ..new_file()
    };
    let record = UsageRecord { category_id: "storage".into(), ..record("r-1") };
    client(&sandbox).usage().submit(file, [record]).unwrap();
    let (_, workbook) = part(&sandbox.take_journal()[2]);
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(workbook)).unwrap();
    assert_eq!(book.sheet_names(), ["usage_records", "categories"]);
    let sheet = book.worksheet_range("categories").unwrap();
    let rows: Vec<Vec<String>> =
        sheet.rows().map(|row| row.iter().map(ToString::to_string).collect()).collect();
    assert_eq!(
        rows,
        [["category_id", "category_name", "category_description"], ["storage", "Storage", "What is stored"],]
    );
}

#[test]
fn the_same_records_get_the_same_external_id() {
    let sandbox = sandbox();
    let connect = client(&sandbox);
    let submit = |records| connect.usage().submit(new_file(), records).unwrap();
    let first = submit(vec![record("r-1")]);
    let again = submit(vec![record("r-1")]);
    let other = submit(vec![record("r-2")]);
    assert_eq!((&first.id, &first.external_id), (&again.id, &again.external_id));
    assert_ne!(first.external_id, other.external_id);
    assert_eq!(sandbox.count("usage/files"), 2);
    let id = first.external_id.unwrap();
    assert!(id.starts_with("sdk-") && id.len() == 36, "{id}");
}

#[test]
fn bad_records_are_all_named_and_nothing_is_sent() {
    let sandbox = sandbox();
    let records = [
        record("r-1"),
        UsageRecord { quantity: (-1).into(), ..record("r-2") },
        record("r-1"),
        UsageRecord { item_search_value: String::new(), ..record("r-4") },
    ];
    let error = client(&sandbox).usage().submit(new_file(), records).unwrap_err();
    let Error::Sheet(sheet) = &error else { panic!("{error}") };
    let rows: Vec<_> = sheet.rows().iter().map(|row| (row.row, row.record_id.as_str())).collect();
    assert_eq!(rows, [(3, "r-2"), (4, "r-1"), (5, "r-4")]);
    assert_eq!(calls(&sandbox), json!([]));
}

#[test]
fn a_file_without_name_product_or_contract_is_refused_and_nothing_is_sent() {
    let sandbox = sandbox();
    for (missing, file) in [
        ("name", NewUsageFile { name: " ".into(), ..new_file() }),
        ("product", NewUsageFile { product: String::new(), ..new_file() }),
        ("contract", NewUsageFile { contract: String::new(), ..new_file() }),
    ] {
        let error = client(&sandbox).usage().submit(file, [record("r-1")]).unwrap_err();
        assert_eq!(error.to_string(), format!("a usage file needs a {missing}: nothing was sent"));
    }
    assert_eq!(calls(&sandbox), json!([]));
}

#[test]
fn a_dry_run_checks_the_records_and_sends_nothing() {
    let sandbox = sandbox();
    let connect = client(&sandbox);
    for (record, said, verdict) in [
        (record("r-1"), "dry run: POST /usage/files was not sent", Verdict::Reported),
        (UsageRecord { quantity: (-1).into(), ..record("r-1") }, "1 bad row of usage", Verdict::Errored),
    ] {
        let mut seen = String::new();
        let report = connect
            .usage()
            .process_listings_with(Options::new().dry_run(true), |listing| {
                let file = NewUsageFile::for_listing(listing, "May");
                connect.usage().submit(file, [record.clone()]).map(Some).map_err(|error| {
                    seen = error.to_string();
                    error.into()
                })
            })
            .unwrap();
        assert!(seen.contains(said), "{seen}");
        assert_eq!((report.handled(), report.count(verdict)), (1, 1), "{report}");
        let calls = calls_but(&sandbox, "/listings");
        let calls = calls.as_array().unwrap();
        // Whether there is such a file already is looked up; records that are wrong are found before.
        assert_eq!(calls.len(), usize::from(verdict == Verdict::Reported), "{calls:?}");
        assert!(calls.iter().all(|call| call[0] == "GET"), "{calls:?}");
    }
}

#[test]
fn a_refused_upload_says_so() {
    let sandbox = sandbox();
    sandbox.fault(Fault::on("POST", "/usage/files/*/upload").status(400).body(r#"{"errors": ["too late"]}"#));
    let error = client(&sandbox).usage().submit(new_file(), [record("r-1")]).unwrap_err();
    assert!(matches!(&error, Error::Api(api) if api.status == 400), "{error}");
    let id = sandbox.all("usage/files")[0]["id"].as_str().unwrap().to_owned();
    assert!(error.to_string().contains(&id), "{error}");
}

#[test]
fn listings_and_files_are_listed_lazily() {
    let sandbox = sandbox();
    sandbox.insert("usage/files", sample::usage_file("UF-2024-03-4127-8830"));
    let connect = client(&sandbox);
    let usage = connect.usage();
    assert_eq!(
        usage.listings(&Query::new().equal("status", "listed")).map(|l| l.unwrap().id).collect::<Vec<_>>(),
        [LISTING]
    );
    assert_eq!(usage.files(&Query::new().equal("status", "ready").limit(5)).count(), 1);
    let file = usage.file("UF-2024-03-4127-8830").unwrap().unwrap();
    assert_eq!(file.records.unwrap().valid, Some(12));
    assert_eq!(usage.file("UF-0").unwrap(), None);
    assert_eq!(
        calls(&sandbox),
        json!([
            ["GET", "/listings?eq(status,listed)&limit=100&offset=0"],
            ["GET", "/usage/files?eq(status,ready)&limit=5&offset=0"],
            ["GET", "/usage/files/UF-2024-03-4127-8830"],
            ["GET", "/usage/files/UF-0"],
        ])
    );
}

#[test]
fn an_uploaded_file_can_be_fetched_back() {
    let sandbox = sandbox();
    let connect = client(&sandbox);
    let made = connect.usage().submit(new_file(), [record("r-1")]).unwrap();
    let uploaded = part(&sandbox.take_journal()[2]).1;
    let file = connect.usage().file(&made.id).unwrap().unwrap();
    let link = file.uploaded_file().unwrap();
    assert!(!format!("{file:?}").contains("7f3a9c"));
    assert_eq!(connect.usage().download(link.as_str()).unwrap(), uploaded);
    assert!(sandbox.storage_calls().iter().all(|call| !call.authorization));
}

#[test]
fn a_bad_workbook_makes_the_file_invalid() {
    let sandbox = sandbox();
    // The client's own checks would not let it pass, so it is uploaded by hand.
    let config = Config::new(sandbox.url(), sandbox.api_key()).unwrap();
    let connect = Connect::new(config).unwrap();
    let record = UsageRecord { asset_search_criteria: "parameter.".into(), ..record("r-1") };
    let made = connect.usage().submit(new_file(), [record]).unwrap();
    assert_eq!(made.status, UsageFileStatus::Invalid);
    assert!(made.error().unwrap().contains("row 2"), "{:?}", made.error());
    assert_eq!(sandbox.get("usage/files", &made.id).unwrap()["status"], Value::from("invalid"));
}

#[test]
fn a_loop_that_waits_for_processing_sees_the_file_later() {
    let sandbox = Sandbox::builder().empty().processing_reads(1).start().unwrap();
    sandbox.insert("assets", sample::asset("AS-1000-0000-0001"));
    let connect = client(&sandbox);
    let made = connect.usage().submit(new_file(), [record("r-1")]).unwrap();
    assert_eq!(made.status, UsageFileStatus::Processing);
    assert_eq!(connect.usage().file(&made.id).unwrap().unwrap().status, UsageFileStatus::Processing);
    assert_eq!(connect.usage().file(&made.id).unwrap().unwrap().status, UsageFileStatus::Ready);
}

#[test]
fn no_records_are_an_error_and_nothing_is_sent() {
    let sandbox = sandbox();
    let error = client(&sandbox).usage().submit(new_file(), Vec::<UsageRecord>::new()).unwrap_err();
    assert_eq!(error.to_string(), "a usage file needs at least one record, there was none");
    assert_eq!(calls(&sandbox), json!([]));
}

#[test]
fn a_file_that_was_made_but_not_filled_is_named_in_the_error() {
    let sandbox = sandbox();
    let config = sandbox.config().unwrap().backoff(Duration::ZERO, Duration::ZERO);
    let connect = Connect::new(config).unwrap();
    let upload = || Fault::on("POST", "/usage/files/*/upload").always();
    for (what, fault) in
        [("502", upload().status(502)), ("reset", upload().reset()), ("401", upload().status(401))]
    {
        sandbox.fault(fault);
        let error = connect.usage().submit(new_file(), [record("r-1")]).unwrap_err();
        sandbox.clear_faults();
        let files = sandbox.all("usage/files");
        let id = files.last().unwrap()["id"].as_str().unwrap();
        assert!(error.to_string().contains(id), "{what}: {error}");
    }
    // Where nothing can be found out about it either, as well.
    sandbox.fault(Fault::on("POST", "/usage/files/*/upload").reset().always());
    sandbox.fault(Fault::on("GET", "/usage/files/*").status(503).always());
    let error = connect.usage().submit(new_file(), [record("r-2")]).unwrap_err();
    let files = sandbox.all("usage/files");
    let id = files.last().unwrap()["id"].as_str().unwrap();
    assert!(error.to_string().contains(id), "{error}");
}

#[test]
fn a_file_that_was_not_filled_is_used_by_the_next_run() {
    let sandbox = sandbox();
    let connect = client(&sandbox);
    sandbox.fault(Fault::on("POST", "/usage/files/*/upload").status(400));
    connect.usage().submit(new_file(), [record("r-1")]).unwrap_err();
    sandbox.fault(Fault::on("POST", "/usage/files").reset().after_effect());
    let made = connect.usage().submit(new_file(), [record("r-1")]).unwrap();
    assert_eq!(made.status, UsageFileStatus::Ready);
}

#[test]
fn a_creation_that_is_answered_without_its_external_id_is_known_by_its_name() {
    for (name, is_ours) in [("Usage of May", true), ("Usage of June", false)] {
        let sandbox = sandbox();
        let mut other = sample::usage_file("UF-2024-02-0001-0009");
        (other["status"], other["external_id"]) = ("draft".into(), Value::Null);
        sandbox.insert("usage/files", other);
        let answer = json!({"id": "UF-2024-02-0001-0009", "name": name, "status": "draft"});
        sandbox.fault(Fault::on("POST", "/usage/files").status(201).body(&answer.to_string()));
        let file = client(&sandbox).usage().submit(new_file(), [record("r-1")]).unwrap();
        assert_eq!(file.id == "UF-2024-02-0001-0009", is_ours, "{name}");
        assert_eq!(sandbox.count("usage/files"), if is_ours { 1 } else { 2 }, "{name}");
    }
}

#[test]
fn a_file_that_was_refused_or_deleted_is_made_again_and_any_other_is_taken_for_it() {
    let file = || NewUsageFile { external_id: Some("may".into()), ..new_file() };
    for (status, counts) in [
        ("rejected", false),
        ("deleted", false),
        ("invalid", false),
        ("ready", true),
        ("pending", true),
        ("closed", true),
    ] {
        let sandbox = sandbox();
        let mut before = sample::usage_file("UF-2024-02-0001-0009");
        (before["status"], before["external_id"]) = (status.into(), "may".into());
        sandbox.insert("usage/files", before);
        let file = client(&sandbox).usage().submit(file(), [record("r-1")]).unwrap();
        assert_eq!(file.id == "UF-2024-02-0001-0009", counts, "{status}");
    }
}

#[test]
fn an_upload_whose_fate_is_unknown_says_so_and_what_the_next_run_does() {
    let sandbox = sandbox();
    sandbox.fault(Fault::on("POST", "/usage/files/*/upload").status(502).always());
    let error = client(&sandbox).usage().submit(new_file(), [record("r-1")]).unwrap_err();
    let id = sandbox.all("usage/files")[0]["id"].as_str().unwrap().to_owned();
    let note = format!("whether usage file {id} has its workbook is not known; the next run looks at it");
    assert!(error.to_string().ends_with(&note), "{error}");
}
