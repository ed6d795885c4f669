//! Whole jobs against the same jobs written by hand, each run a process of its own; see `benches/README.md`.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    unreachable_pub,
    reason = "a bench prints and may panic"
)]

use connect::models::{ParamUpdate, Request};
use connect::usage::{IntoRecord, UsageRecord};
use connect::{Approval, Config, Connect, Options};

#[path = "../tests/it/support/authority.rs"]
mod authority;
#[path = "shared/by_hand.rs"]
mod by_hand;
#[path = "shared/cron.rs"]
mod cron;
#[path = "shared/ledger.rs"]
mod ledger;
#[path = "shared/measure.rs"]
mod measure;
#[path = "shared/page.rs"]
mod page;
#[path = "shared/raw.rs"]
mod raw;
#[path = "shared/server.rs"]
mod server;

use by_hand::{Answers, Minimal, agent, by_hand};
use measure::{Cost, job, median, report};
use server::{Server, serve};

/// Of each measurement; the ratios are of the medians' pairs.
const RUNS: usize = 7;
const ORDERS: usize = 10_000;
const PAGE: usize = 100;
const AUTHORIZATION: &str = "ApiKey SU-1:secret";

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["serve", orders, size] => serve(orders.parse().unwrap(), size.parse().unwrap(), None),
        ["serve", orders, size, ca] => serve(orders.parse().unwrap(), size.parse().unwrap(), Some(ca)),
        ["sdk", url] => report(|| sdk(url, None)),
        ["sdk-over-tls", url, ca] => report(|| sdk(url, Some(ca))),
        ["sdk-with-logger", url, level] => {
            let level = level.parse().expect("a level of the log");
            connect::logger::Logger::new().default_level(level).try_init().expect("the first logger");
            report(|| sdk(url, None));
        }
        ["hand", url] => report(|| by_hand::<Request>(url, &agent(None), Answers::Read)),
        ["hand-over-tls", url, ca] => report(|| by_hand::<Request>(url, &agent(Some(ca)), Answers::Read)),
        ["hand-minimal", url] => report(|| by_hand::<Minimal>(url, &agent(None), Answers::Read)),
        ["hand-unread", url] => report(|| by_hand::<Request>(url, &agent(None), Answers::Unread)),
        ["hand-resolver", url] => report(|| by_hand::<Request>(url, &by_hand::untuned(), Answers::Read)),
        ["raw", url] => report(|| raw::run(url, Answers::Read)),
        ["raw-unread", url] => report(|| raw::run(url, Answers::Unread)),
        ["decode", "full"] => decode(as_the_loop::<Vec<Request>>),
        ["decode", "value"] => decode(|body| serde_json::from_slice::<serde_json::Value>(body)),
        ["decode", "minimal"] => decode(|body| serde_json::from_slice::<Vec<Minimal>>(body)),
        ["idle", url] => report(|| ledger::idle(url, None)),
        ["idle", url, path] => report(|| ledger::idle(url, Some(path))),
        ["submit", records] => report(|| submit(self::records(records.parse().unwrap()))),
        ["submit-pages", records] => report(|| submit(pages(records.parse().unwrap()))),
        ["writer", count] => report(|| sheet(records(count.parse().unwrap()))),
        ["writer-pages", count] => report(|| sheet(pages(count.parse().unwrap()).map(Result::unwrap))),
        #[cfg(feature = "xlsx-read")]
        ["explain", url, key, file] => report(|| explain(url, key, file)),
        words if words.contains(&"--test") => {}
        words => table(words.iter().find(|word| !word.starts_with('-')).copied()),
    }
}

fn table(only: Option<&str>) {
    let wanted = |name: &str| only.is_none_or(|only| name.contains(only));
    println!("medians of {RUNS} runs, ratios taken pair by pair");
    let run = |job_of: &[&str]| {
        let server = Server::start(ORDERS, PAGE);
        job(&[&job_of[..1], &[&server.url], &job_of[1..]].concat())
    };
    if wanted("loop") {
        let sdk = || run(&["sdk"]);
        against(
            "loop: 10,000 orders, update and approve each, against by hand, same library, models and timeouts",
            sdk,
            || run(&["hand"]),
        );
        against("loop: against by hand with minimal structs", sdk, || run(&["hand-minimal"]));
        against("loop: against a raw socket with the same models", sdk, || run(&["raw"]));
        against("loop: against by hand with no answer read", sdk, || run(&["hand-unread"]));
        against("loop: against a raw socket with no answer read", sdk, || run(&["raw-unread"]));
        against("  by hand with ureq's own resolver", || run(&["hand-resolver"]), || run(&["hand"]));
    }
    if wanted("tls") {
        let run = |name: &str| {
            let server = Server::over_tls(ORDERS, PAGE);
            job(&[name, &server.url, &server.ca])
        };
        against("tls: the loop against by hand", || run("sdk-over-tls"), || run("hand-over-tls"));
    }
    if wanted("log") {
        let off = || run(&["sdk"]);
        against(
            "log: the loop with a logger at warn, against none",
            || run(&["sdk-with-logger", "warn"]),
            off,
        );
        against("  none against none, which is the noise", off, off);
        against("  with a logger at trace, against none", || run(&["sdk-with-logger", "trace"]), off);
    }
    if wanted("decode") {
        let run = |what: &'static str| move || job(&["decode", what]);
        against(
            "decode: a page of 1000 orders into the models, against serde_json::Value",
            run("full"),
            run("value"),
        );
        against("  minimal structs against the models", run("minimal"), run("full"));
    }
    if wanted("memory") {
        cron::growth();
    }
    if wanted("ledger") {
        ledger::table();
    }
    if wanted("cron") {
        cron::starts();
    }
    if wanted("pages") {
        against(
            "pages: 1,000,000 records as results from 1,000 pages, against the writer alone from the same pages",
            || job(&["submit-pages", "1000000"]),
            || job(&["writer-pages", "1000000"]),
        );
    }
    #[cfg(feature = "xlsx-read")]
    if wanted("explain") {
        explained();
    }
    if wanted("sheet") {
        for records in ["100000", "1000000"] {
            against(
                &format!("sheet: {records} records, against the writer alone"),
                || job(&["submit", records]),
                || job(&["writer", records]),
            );
        }
    }
}

/// Runs both alternately, so that a noisy neighbour meets both.
fn against(what: &str, ours: impl Fn() -> Cost, theirs: impl Fn() -> Cost) {
    let pairs: Vec<(Cost, Cost)> = (0..RUNS).map(|_| (ours(), theirs())).collect();
    let ratio = |of: fn(&Cost) -> f64| {
        median(pairs.iter().map(|(ours, theirs)| of(ours) / of(theirs).max(1e-9)).collect())
    };
    let middle = |of: fn(&Cost) -> f64| median(pairs.iter().map(|(ours, _)| of(ours)).collect());
    println!(
        "{what}\n    CPU {:.2} ×, wall {:.2} ×, peak memory {:.2} ×   ({:.2} s CPU, {:.1} MB peak, {:.1} MB of it data)",
        ratio(|cost| cost.cpu.as_secs_f64()),
        ratio(|cost| cost.wall.as_secs_f64()),
        ratio(|cost| cost.peak_kb as f64),
        middle(|cost| cost.cpu.as_secs_f64()),
        middle(|cost| cost.peak_kb as f64 / 1024.0),
        middle(|cost| cost.data_kb as f64 / 1024.0),
    );
}

fn sdk(url: &str, ca: Option<&str>) {
    let config = Config::new(url, AUTHORIZATION).unwrap().update_method(connect::UpdateMethod::Put);
    let connect = Connect::new(match ca {
        Some(ca) => config.ca_file(ca),
        None => config,
    })
    .unwrap();
    let options = Options::new().page_size(u32::try_from(PAGE).unwrap());
    let report = connect.fulfillment().process_with(options, |request| {
        let update = ParamUpdate::value("tenant", request.asset.id.as_str());
        Ok(Approval::template("TL-1").with_params([update]))
    });
    let report = report.unwrap();
    assert_eq!((report.handled(), report.errored()), (report.backlog().unwrap_or_default(), 0));
}

/// Decodes a page, and lets go of it, often enough for the kernel's clock.
fn decode<T>(read: fn(&[u8]) -> serde_json::Result<T>) {
    let body = page::page(0..1000);
    report(|| {
        for _ in 0..40 {
            std::hint::black_box(read(body.as_bytes()).unwrap());
        }
    });
}

/// Text is checked once for the page and not for each string.
fn as_the_loop<T: serde::de::DeserializeOwned>(body: &[u8]) -> serde_json::Result<T> {
    serde_json::from_str(std::str::from_utf8(body).unwrap())
}

fn records(count: usize) -> impl Iterator<Item = UsageRecord> {
    let start = time::OffsetDateTime::from_unix_timestamp(1_700_000_000).unwrap();
    (0..count).map(move |number| UsageRecord {
        record_id: format!("record-{number}"),
        item_search_criteria: "item.mpn".into(),
        item_search_value: "STORAGE-GB".into(),
        quantity: u32::try_from(number).unwrap().into(),
        start_time_utc: Some(start),
        end_time_utc: Some(start + time::Duration::DAY),
        asset_search_criteria: "parameter.tenant".into(),
        asset_search_value: format!("tenant-{}", number % 1000),
        ..UsageRecord::default()
    })
}

/// Records, checked and written, as `submit` does before its first call.
fn submit(records: impl IntoIterator<Item: IntoRecord>) {
    // A dry run builds the workbook and stops before the first call.
    let connect =
        Connect::new(Config::new("http://127.0.0.1:1", "ApiKey SU-1:secret").unwrap().attempts(1)).unwrap();
    let file = connect::usage::NewUsageFile {
        name: "usage".into(),
        product: "PRD-1".into(),
        contract: "CRD-1".into(),
        ..connect::usage::NewUsageFile::default()
    };
    let error = connect.usage().submit(file, records).unwrap_err();
    assert!(matches!(error, connect::Error::Transport(_)), "{error}");
}

/// Records from a source that can fail, a page of 1,000 at a time.
fn pages(count: usize) -> impl Iterator<Item = connect::Result<UsageRecord>> {
    let mut left = records(count);
    let page = move || {
        let page: Vec<connect::Result<UsageRecord>> = left.by_ref().take(1000).map(Ok).collect();
        (!page.is_empty()).then_some(page)
    };
    std::iter::from_fn(page).flatten()
}

/// Memory for the 200 refused rows of a file of 10,000, the platform being another process.
#[cfg(feature = "xlsx-read")]
fn explained() {
    let sandbox = connect::sandbox::Sandbox::empty().unwrap();
    sandbox.insert("assets", connect::sandbox::sample::asset("AS-1"));
    let connect = sandbox.connect().unwrap();
    let file = connect::usage::NewUsageFile {
        name: "usage".into(),
        product: connect::sandbox::sample::PRODUCT.into(),
        contract: "CRD-1".into(),
        ..connect::usage::NewUsageFile::default()
    };
    let records = records(10_000).enumerate().map(|(n, record)| UsageRecord {
        asset_search_criteria: "asset.id".into(),
        asset_search_value: if n % 50 == 7 { "AS-2" } else { "AS-1" }.into(),
        ..record
    });
    let made = connect.usage().submit(file, records).unwrap();
    let costs: Vec<Cost> =
        (0..RUNS).map(|_| job(&["explain", &sandbox.url(), sandbox.api_key(), &made.id])).collect();
    println!(
        "explain: 200 refused rows of 10,000\n    {:.2} s CPU, {:.1} MB peak",
        median(costs.iter().map(|cost| cost.cpu.as_secs_f64()).collect()),
        median(costs.iter().map(|cost| cost.peak_kb as f64 / 1024.0).collect()),
    );
}

#[cfg(feature = "xlsx-read")]
fn explain(url: &str, key: &str, file: &str) {
    let connect = Connect::new(Config::new(url, key).unwrap()).unwrap();
    let invalid = connect.usage().explain(file).unwrap();
    assert_eq!((invalid.rows().len(), invalid.total()), (200, 200));
}

/// The same cells by the spreadsheet writer alone.
fn sheet(records: impl Iterator<Item = UsageRecord>) {
    let mut book = rust_xlsxwriter::Workbook::new();
    book.set_zip_compression_level(3);
    let mut sheet = book.new_worksheet_with_constant_memory().unwrap();
    sheet.set_name("records").unwrap();
    for (row, record) in (0..).zip(records) {
        sheet.write_string(row, 0, record.record_id).unwrap();
        sheet.write_string(row, 2, record.item_search_criteria).unwrap();
        sheet.write_string(row, 3, record.item_search_value).unwrap();
        sheet.write_number(row, 4, f64::from(row)).unwrap();
        sheet.write_string(row, 5, "2023-11-14 22:13:20").unwrap();
        sheet.write_string(row, 6, "2023-11-15 22:13:20").unwrap();
        sheet.write_string(row, 7, record.asset_search_criteria).unwrap();
        sheet.write_string(row, 8, record.asset_search_value).unwrap();
    }
    book.push_worksheet(sheet);
    let mut file = std::io::BufWriter::new(tempfile::tempfile().unwrap());
    book.save_to_writer(&mut file).unwrap();
}
