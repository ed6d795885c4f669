//! Usage period by period: each period once, and what was missed is caught up with.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use connect::models::{Asset, Listing};
use connect::sandbox::{Fault, Sandbox, sample};
use connect::usage::{NewUsageFile, Period, Periods, UsageRecord};
use connect::{Connect, Ledger, Options, Report, Stop, Verdict};
use serde_json::{Value, json};
use time::macros::{date, datetime};
use time::{Date, OffsetDateTime};

use crate::support::{calls, client, only, routes};

const LISTING: &str = "LST-100-000-001";
const CONTRACT: &str = "CRD-10482-77310-26594";
const ASSET: &str = "AS-1000-0000-0001";

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.insert("listings", sample::listing(LISTING));
    sandbox.insert("assets", asset(ASSET, "2024-04-04T09:12:44+00:00"));
    sandbox
}

fn asset(id: &str, created: &str) -> Value {
    let mut asset = sample::asset(id);
    asset["events"]["created"]["at"] = created.into();
    asset
}

/// The first days of May, up to this moment.
fn may(now: OffsetDateTime) -> Periods<'static> {
    Periods::daily(date!(2024 - 05 - 01)).now(now)
}

fn one(period: &Period, _: &Listing) -> Vec<UsageRecord> {
    vec![period.record(ASSET, "MPN-GB", 1)]
}

fn report(connect: &Connect, options: Options<'_>, periods: Periods<'_>) -> Report {
    let records = |listing: &Listing, period: &Period| Ok(Some(one(period, listing)));
    connect.usage().report_with(options, periods, records).unwrap()
}

/// The days that have a file, in the order of their making.
fn days(sandbox: &Sandbox) -> Vec<String> {
    let prefix = format!("{}/{CONTRACT}/", sample::PRODUCT);
    let ids = sandbox.all("usage/files");
    let ids = ids.iter().map(|file| file["external_id"].as_str().unwrap());
    ids.map(|id| id.strip_prefix(&prefix).unwrap().to_owned()).collect()
}

#[test]
fn the_wire_of_a_day_from_its_assets_to_its_submission() {
    let sandbox = sandbox();
    let connect = client(&sandbox);
    let usage = connect.usage();
    let day = may(datetime!(2024-05-02 1:00 UTC));
    let report = usage.report(day, |listing, day| {
        let day = day.clone();
        let assets = usage.assets(listing, &day);
        Ok(Some(assets.map(move |asset| asset.map(|asset| day.record(&asset.id, "MPN-GB", 1)))))
    });
    let report = report.unwrap();
    assert_eq!(usage.settle().unwrap().count(Verdict::Submitted), 1);
    let files = sandbox.all("usage/files");
    let [file] = &files[..] else { panic!("{files:?}") };
    let (id, description) = (file["id"].as_str().unwrap(), file["description"].as_str().unwrap());
    let outcome = only(&report);
    let external_id = format!("{}/{CONTRACT}/2024-05-01", sample::PRODUCT);
    assert_eq!((&outcome.id, outcome.verdict, outcome.calls), (&external_id, Verdict::Reported, 4));
    assert_eq!(outcome.detail, Some(format!("usage file {id}")));
    assert_eq!(outcome.product.as_deref(), Some(sample::PRODUCT));
    assert!(description.starts_with("[sdk-"), "{description}");
    let filters = "in(product.id,(PRD-260-714-083,PRD-904-115-627))&eq(status,listed)";
    let created = "%222023-12-01T09%3A00%3A00%2B00%3A00%22";
    let product = sample::PRODUCT;
    let uploaded = "in(status,(uploading,uploaded,processing,ready,invalid))&in(product.id,(PRD-260-714-083,PRD-904-115-627))";
    let made = file["events"]["created"]["at"].as_str().unwrap();
    let made = format!("%22{}%22", made.replace(':', "%3A").replace('+', "%2B"));
    let of_listing = format!("eq(product.id,{product})&eq(contract.id,{CONTRACT})");
    let named = format!("eq(external_id,%22{product}%2F{CONTRACT}%2F2024-05-01%22)&eq(product.id,{product})");
    assert_eq!(
        calls(&sandbox),
        json!([
            ["GET", format!("/listings?{filters}&ordering(created)&limit=100&offset=0")],
            [
                "GET",
                format!(
                    "/usage/files?{of_listing}&ge(created.at,2024-05-01T00:00:00Z)&ordering(created.at)\
                     &limit=100&offset=0"
                )
            ],
            [
                "GET",
                format!(
                    "/assets?{of_listing}&lt(created,2024-05-02T00:00:00Z)\
                     &or(in(status,(active,suspended,terminating)),and(eq(status,terminated),gt(updated,2024-05-01T00:00:00Z)))\
                     &ordering(created)&limit=100&offset=0"
                )
            ],
            ["GET", format!("/usage/files?{named}&ordering(-created.at)&limit=100&offset=0")],
            ["POST", "/usage/files", {
                "name": "Usage 2024-05-01", "description": description, "external_id": external_id,
                "period": {"from": "2024-05-01", "to": "2024-05-01"},
                "product": {"id": product}, "contract": {"id": CONTRACT},
            }],
            ["POST", format!("/usage/files/{id}/upload"), "bytes"],
            [
                "GET",
                format!(
                    "/listings?{filters}&ge(created,{created})&out(id,({LISTING}))&ordering(created)&limit=100&offset=0"
                )
            ],
            ["GET", format!("/usage/files?{uploaded}&ordering(created.at)&limit=100&offset=0")],
            ["GET", format!("/usage/files?{named}&ordering(-created.at)&limit=100&offset=0")],
            ["POST", format!("/usage/files/{id}/submit")],
            ["GET", format!("/usage/files?{uploaded}&ge(created.at,{made})&ordering(created.at)&limit=100&offset=0")],
        ])
    );
}

#[test]
fn days_that_were_missed_are_caught_up_with_the_oldest_first() {
    let sandbox = sandbox();
    let now = datetime!(2024-05-11 0:00 UTC);
    let _ = report(&client(&sandbox), Options::new(), may(datetime!(2024-05-02 0:00 UTC)));
    sandbox.take_journal();
    let caught_up = report(&client(&sandbox), Options::new(), may(now).per_run(4));
    assert_eq!(caught_up.count(Verdict::Reported), 4);
    // The listings twice, the files of one, and three calls for each file.
    assert_eq!(sandbox.take_journal().len(), 2 + 1 + 4 * 3);
    let _ = report(&client(&sandbox), Options::new().max(2), may(now));
    let last = report(&client(&sandbox), Options::new(), may(now));
    assert_eq!((last.count(Verdict::Reported), last.exit_code()), (3, 0));
    assert_eq!(days(&sandbox), (1..=10).map(|day| format!("2024-05-{day:02}")).collect::<Vec<_>>());
    // Nothing is left to do, and nothing is said.
    sandbox.take_journal();
    let idle = report(&client(&sandbox), Options::new(), may(now));
    assert_eq!((idle.handled(), idle.to_string().as_str()), (0, ""));
    assert_eq!(sandbox.journal().len(), 3);
}

#[test]
fn days_without_usage_do_not_keep_later_ones_from_their_turn() {
    let sandbox = sandbox();
    let run = || {
        let usage = [date!(2024 - 05 - 04), date!(2024 - 05 - 06), date!(2024 - 05 - 07)];
        let records = |listing: &Listing, period: &Period| {
            let is_used = usage.iter().any(|day| *period == Period::day(*day));
            Ok(Some(if is_used { one(period, listing) } else { Vec::new() }))
        };
        let periods = may(datetime!(2024-05-11 0:00 UTC)).per_run(2);
        client(&sandbox).usage().report(periods, records).unwrap().count(Verdict::Reported)
    };
    assert_eq!([run(), run(), run()], [2, 1, 0]);
    assert_eq!(days(&sandbox), ["2024-05-04", "2024-05-06", "2024-05-07"]);
}

#[test]
fn files_that_were_refused_are_gaps_and_a_draft_is_taken_up() {
    let sandbox = sandbox();
    let now = datetime!(2024-05-06 0:00 UTC);
    let _ = report(&client(&sandbox), Options::new(), may(now));
    for (file, status) in
        sandbox.all("usage/files").iter().zip(["invalid", "rejected", "deleted", "draft", "accepted"])
    {
        sandbox.update("usage/files", file["id"].as_str().unwrap(), |file| file["status"] = status.into());
    }
    let again = report(&client(&sandbox), Options::new(), may(now));
    assert_eq!(again.count(Verdict::Reported), 4, "{again}");
    assert_eq!(days(&sandbox)[5..], ["2024-05-01", "2024-05-02", "2024-05-03"]);
    assert_eq!(sandbox.count("usage/files"), 8);
}

#[test]
fn a_file_that_was_made_before_the_first_period_is_found_by_its_id() {
    let sandbox = sandbox();
    let may = || may(datetime!(2024-05-02 0:00 UTC));
    let _ = report(&client(&sandbox), Options::new(), may());
    let id = sandbox.all("usage/files")[0]["id"].as_str().unwrap().to_owned();
    sandbox.update("usage/files", &id, |file| {
        file["events"]["created"]["at"] = "2024-04-30T00:00:00+00:00".into();
    });
    let again = report(&client(&sandbox), Options::new(), may());
    let detail = only(&again).detail.as_deref().unwrap();
    assert_eq!(detail, format!("usage file {id}, which was there already"));
    sandbox.update("usage/files", &id, |file| file["description"] = "by hand".into());
    let again = report(&client(&sandbox), Options::new(), may());
    let detail = only(&again).detail.as_deref().unwrap();
    assert!(detail.starts_with(&format!("usage file {id}, which was there already; usage file {id} has")));
    let mut older = sandbox.get("usage/files", &id).unwrap();
    older["id"] = "UF-older".into();
    older["events"]["created"]["at"] = "2024-04-29T00:00:00+00:00".into();
    sandbox.insert("usage/files", older);
    let again = report(&client(&sandbox), Options::new(), may());
    let detail = only(&again).detail.as_deref().unwrap();
    let several =
        format!("; 1 more usage files have the external id {}: {id} is the newest", only(&again).id);
    assert!(detail.ends_with(&several), "{detail}");
    assert_eq!(sandbox.count("usage/files"), 2);
}

#[test]
fn a_file_that_the_platform_would_not_take_is_refused_before_its_calls() {
    let sandbox = sandbox();
    let periods = may(datetime!(2024-05-02 0:00 UTC))
        .file(|listing, _| NewUsageFile::for_listing(listing, "n".repeat(101)));
    let report = report(&client(&sandbox), Options::new(), periods);
    assert!(report.errored() == 1 && report.to_string().contains("nothing was sent"), "{report}");
    assert!(routes(&sandbox).iter().all(|route| route.starts_with("GET /")));
    assert_eq!(only(&report).calls, 0);
}

#[test]
fn what_goes_wrong_with_one_period_leaves_the_others_alone() {
    let sandbox = sandbox();
    let mut other = sample::listing("LST-100-000-002");
    other["contract"]["id"] = "CRD-2".into();
    sandbox.insert("listings", other);
    sandbox.fault(Fault::on("POST", "/usage/files").status(400));
    let connect = client(&sandbox);
    let report = connect
        .usage()
        .report(may(datetime!(2024-05-05 0:00 UTC)), |listing, period| {
            if listing.id == LISTING {
                anyhow::ensure!(period.from().day() != 2, "no meter on the second");
                assert!(period.from().day() != 3, "the closure is broken");
            }
            Ok(Some(one(period, listing)))
        })
        .unwrap();
    assert_eq!(
        (report.count(Verdict::Reported), report.errored(), report.exit_code()),
        (5, 3, 1),
        "{report}"
    );
    let text = report.to_string();
    for part in ["/2024-05-02 errored: no meter on the second", "the closure panicked: the closure is broken"]
    {
        assert!(text.contains(part), "{text}");
    }
}

#[test]
fn a_listing_whose_files_cannot_be_listed_is_an_outcome_of_its_own() {
    let sandbox = sandbox();
    sandbox.fault(Fault::on("GET", "/usage/files").status(400));
    let report = report(&client(&sandbox), Options::new(), may(datetime!(2024-05-05 0:00 UTC)));
    let outcome = only(&report);
    assert_eq!((outcome.id.as_str(), outcome.verdict, outcome.calls), (LISTING, Verdict::Errored, 1));
    assert_eq!(sandbox.count("usage/files"), 0);
}

#[test]
fn a_file_that_cannot_be_read_hides_no_other() {
    let sandbox = sandbox();
    let now = datetime!(2024-05-04 0:00 UTC);
    let _ = report(&client(&sandbox), Options::new(), may(now));
    let first = sandbox.all("usage/files")[0]["id"].as_str().unwrap().to_owned();
    sandbox.update("usage/files", &first, |file| {
        file["events"]["created"]["at"] = "2024-05-09T00:00:00Z".into();
    });
    sandbox.update("usage/files", &first, |file| file["events"]["uploaded"] = json!({"at": "nonsense"}));
    let again = report(&client(&sandbox), Options::new(), may(now));
    assert_eq!((again.count(Verdict::Reported), sandbox.count("usage/files")), (0, 3), "{again}");
}

#[test]
fn a_dry_run_builds_the_workbooks_and_sends_nothing() {
    let sandbox = sandbox();
    let options = Options::new().dry_run(true);
    let report = report(&client(&sandbox), options, may(datetime!(2024-05-03 0:00 UTC)));
    assert_eq!((report.count(Verdict::Reported), report.exit_code()), (2, 0));
    let text = report.to_string();
    assert!(
        text.contains("/2024-05-01 would be reported: 1 records; dry run: POST /usage/files was not sent"),
        "{text}"
    );
    assert!(routes(&sandbox).iter().all(|route| route.starts_with("GET")));
}

#[test]
fn a_run_ends_at_its_deadline_and_at_its_flag() {
    let sandbox = sandbox();
    let now = datetime!(2024-05-05 0:00 UTC);
    let stopped = report(&client(&sandbox), Options::new().deadline(Duration::ZERO), may(now));
    assert_eq!((stopped.stopped(), stopped.handled()), (Some(Stop::Deadline), 0));
    let flag = Arc::new(AtomicBool::new(false));
    let own = Arc::clone(&flag);
    let connect = client(&sandbox);
    let options = Options::new().stop_flag(Arc::clone(&flag));
    let stopped = connect
        .usage()
        .report_with(options, may(now), |listing, period| {
            own.store(true, std::sync::atomic::Ordering::Relaxed);
            Ok(Some(one(period, listing)))
        })
        .unwrap();
    assert_eq!((stopped.stopped(), stopped.count(Verdict::Reported)), (Some(Stop::Flag), 1));
    assert_eq!(days(&sandbox), ["2024-05-01"]);
}

#[test]
fn a_period_without_records_is_skipped_or_reported_as_zero() {
    let sandbox = sandbox();
    let connect = client(&sandbox);
    let none = |_: &Listing, _: &Period| Ok(Some(Vec::<UsageRecord>::new()));
    let may = || may(datetime!(2024-05-02 0:00 UTC));
    let report = connect.usage().report(may(), none).unwrap();
    assert_eq!((report.skipped(), report.to_string()), (1, String::new()));
    let report = connect.usage().report(may(), |_, _| Ok(None::<Vec<UsageRecord>>)).unwrap();
    assert_eq!((report.skipped(), report.to_string().as_str()), (1, ""));
    assert_eq!(sandbox.count("usage/files"), 0);
    let report = connect.usage().report(may().zero_usage(), none).unwrap();
    assert_eq!(report.count(Verdict::Reported), 1);
    let file = &sandbox.all("usage/files")[0];
    assert_eq!((&file["status"], &file["records"]["valid"]), (&json!("ready"), &json!(1)));
    // Without an asset there is nothing to say 0 of.
    sandbox.remove("assets", ASSET);
    let third = Periods::daily(date!(2024 - 05 - 02)).now(datetime!(2024-05-03 0:00 UTC));
    let report = connect.usage().report(third.zero_usage(), none).unwrap();
    assert_eq!((report.skipped(), report.to_string()), (1, String::new()));
}

#[test]
fn each_key_has_a_file_and_the_file_is_as_the_program_says() {
    let sandbox = sandbox();
    let connect = client(&sandbox);
    let periods = may(datetime!(2024-05-02 0:00 UTC)).keys(|_| ["eu", "us"]).file(|listing, period| {
        let currency = if period.key() == Some("eu") { "EUR" } else { "USD" };
        NewUsageFile {
            currency: Some(currency.into()),
            ..NewUsageFile::for_listing(listing, format!("Storage {period}"))
        }
    });
    let report = connect.usage().report(periods, |listing, period| Ok(Some(one(period, listing)))).unwrap();
    assert_eq!(report.count(Verdict::Reported), 2);
    assert_eq!(days(&sandbox), ["2024-05-01/eu", "2024-05-01/us"]);
    let all = sandbox.all("usage/files");
    let said: Vec<_> = all.iter().map(|file| (&file["name"], &file["currency"])).collect();
    assert_eq!(
        said,
        [(&json!("Storage 2024-05-01/eu"), &json!("EUR")), (&json!("Storage 2024-05-01/us"), &json!("USD")),]
    );
}

/// Assets that began and ended in all ways that matter for the second of May.
fn assets(sandbox: &Sandbox) {
    for (id, created, status, updated) in [
        ("AS-active", "2024-04-01T00:00:00+00:00", "active", "2024-04-02T00:00:00+00:00"),
        ("AS-suspended", "2024-05-02T10:00:00+00:00", "suspended", "2024-05-03T00:00:00+00:00"),
        ("AS-later", "2024-05-03T00:00:00+00:00", "active", "2024-05-03T00:00:00+00:00"),
        ("AS-before", "2024-04-01T00:00:00+00:00", "terminated", "2024-05-01T10:00:00+00:00"),
        ("AS-in", "2024-04-01T00:00:00+00:00", "terminated", "2024-05-02T10:00:00+00:00"),
        ("AS-after", "2024-04-01T00:00:00+00:00", "terminated", "2024-05-04T10:00:00+00:00"),
        ("AS-ordered", "2024-04-01T00:00:00+00:00", "processing", "2024-04-01T00:00:00+00:00"),
    ] {
        let mut asset = asset(id, created);
        asset["status"] = status.into();
        asset["events"]["updated"]["at"] = updated.into();
        sandbox.insert("assets", asset);
    }
    let mut foreign = sample::asset("AS-foreign");
    foreign["contract"]["id"] = "CRD-2".into();
    sandbox.insert("assets", foreign);
}

fn ids(assets: impl Iterator<Item = connect::Result<Asset>>) -> Vec<String> {
    let mut ids: Vec<_> = assets.map(|asset| asset.unwrap().id).collect();
    ids.sort();
    ids
}

#[test]
fn the_assets_of_a_period_are_those_that_were_there_in_it() {
    let sandbox = sandbox();
    sandbox.remove("assets", ASSET);
    assets(&sandbox);
    let connect = client(&sandbox);
    let listing = connect.usage().listing(LISTING).unwrap().unwrap();
    let day = Period::day(date!(2024 - 05 - 02));
    sandbox.take_journal();
    let there = ids(connect.usage().assets(&listing, &day));
    assert_eq!(there, ["AS-active", "AS-after", "AS-in", "AS-suspended"]);
    let product = sample::PRODUCT;
    let path = format!(
        "/assets?eq(product.id,{product})&eq(contract.id,{CONTRACT})&lt(created,2024-05-03T00:00:00Z)\
         &or(in(status,(active,suspended,terminating)),and(eq(status,terminated),gt(updated,2024-05-02T00:00:00Z)))\
         &ordering(created)&limit=100&offset=0"
    );
    assert_eq!(calls(&sandbox), json!([["GET", path]]));
}

#[test]
fn assets_that_ended_have_closing_reports_and_are_in_no_other() {
    let sandbox = sandbox();
    sandbox.remove("assets", ASSET);
    assets(&sandbox);
    let connect = client(&sandbox);
    let seen: RefCell<Vec<(String, String)>> = RefCell::default();
    sandbox.take_journal();
    let run = |now: OffsetDateTime| {
        let usage = connect.usage();
        let report = usage
            .report(may(now).closing(), |listing, period| {
                let assets = usage.assets(listing, period).collect::<Result<Vec<_>, _>>()?;
                seen.borrow_mut().extend(assets.iter().map(|asset| (period.to_string(), asset.id.clone())));
                let period = period.clone();
                Ok(Some(assets.into_iter().map(move |asset| period.record(&asset.id, "MPN-GB", 1))))
            })
            .unwrap();
        assert_eq!(report.exit_code(), 0, "{report}");
        let mut seen = seen.take();
        seen.sort();
        seen.iter().map(|(period, asset)| format!("{period} {asset}")).collect::<Vec<_>>()
    };
    assert_eq!(
        run(datetime!(2024-05-03 0:00 UTC)),
        [
            "2024-05-01 AS-active",
            "2024-05-01 AS-after",
            "2024-05-01 AS-in",
            "2024-05-02 AS-active",
            "2024-05-02 AS-after",
            "2024-05-02 AS-suspended",
            "closing/AS-before AS-before",
            "closing/AS-in AS-in",
        ]
    );
    let path = format!(
        "/assets?eq(product.id,{})&eq(contract.id,{CONTRACT})&eq(status,terminated)\
         &gt(updated,2024-05-01T00:00:00Z)&ordering(created)&limit=100&offset=0",
        sample::PRODUCT
    );
    assert_eq!(sandbox.take_journal().iter().filter(|call| call.path == path).count(), 1);
    // It is closed once, also when something is changed at it later.
    sandbox.update("assets", "AS-in", |asset| {
        asset["events"]["updated"]["at"] = "2024-05-03T10:00:00+00:00".into();
    });
    assert_eq!(
        run(datetime!(2024-05-04 12:00 UTC)),
        [
            "2024-05-03 AS-active",
            "2024-05-03 AS-after",
            "2024-05-03 AS-later",
            "2024-05-03 AS-suspended",
            "closing/AS-after AS-after"
        ]
    );
}

#[test]
fn a_second_run_with_the_ledger_of_the_first_does_nothing() {
    let sandbox = sandbox();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let (first, second) = (client(&sandbox), client(&sandbox));
    let ledger = Ledger::open(&path).unwrap().job("usage");
    let may = || may(datetime!(2024-05-04 0:00 UTC));
    let report = first
        .usage()
        .report_with(Options::new().ledger(&ledger), may(), |listing, period| {
            let other = Ledger::open(&path).unwrap().job("usage");
            let options = Options::new().ledger(&other);
            let held =
                second.usage().report_with(options, may(), |listing, period| Ok(Some(one(period, listing))));
            assert_eq!(held.unwrap().stopped(), Some(Stop::Held));
            Ok(Some(one(period, listing)))
        })
        .unwrap();
    assert_eq!(report.count(Verdict::Reported), 3, "{report}");
    assert_eq!(days(&sandbox).len(), 3);
}

#[test]
fn periods_that_end_before_they_begin_are_refused_before_any_call() {
    let sandbox = sandbox();
    let day = |date: Date| date.midnight().assume_utc();
    let own = Periods::own([day(date!(2024 - 05 - 02))..day(date!(2024 - 05 - 01))]);
    let error =
        client(&sandbox).usage().report(own, |listing, period| Ok(Some(one(period, listing)))).unwrap_err();
    assert!(error.to_string().contains("nothing was sent"), "{error}");
    assert_eq!(calls(&sandbox), json!([]));
}
