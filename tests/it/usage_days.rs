//! Sixty days of a job that is down, killed, refused and lost: each day is billed once.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use connect::sandbox::{Fault, NewProduct, Others, Sandbox, sample};
use connect::usage::{Invalid, Periods};
use connect::{Config, Connect, Options, Report, Verdict};
use serde_json::Value;
use time::Date;
use time::macros::date;

use crate::support::process::{Killer, again, config_of_this_process};

const SINCE: Date = date!(2024 - 05 - 01);
const DAYS: u16 = 60;
/// The job is down on these.
const DOWN: std::ops::Range<u16> = 21..30;
const PRODUCTS: [&str; 2] = [sample::PRODUCT, "PRD-100-200-300"];
const LISTINGS: usize = 4;
/// Tells the process of the job which day it is.
const DAY: &str = "CONNECT_TEST_USAGE_DAY";

/// Numbers that look random and are the same in each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 40).unwrap() % most
    }
}

/// Two products, each under two contracts, each with three assets.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::empty().unwrap();
    for (n, product) in PRODUCTS.into_iter().enumerate() {
        sandbox.define(NewProduct::new(product));
        for contract in 0..2 {
            let mut listing = sample::listing(&format!("LST-000-00{n}-00{contract}"));
            listing["product"]["id"] = product.into();
            listing["contract"]["id"] = format!("CRD-{contract}").into();
            sandbox.insert("listings", listing);
            for asset in 0..3 {
                let mut asset = sample::asset(&format!("AS-000{n}-000{contract}-000{asset}"));
                asset["product"]["id"] = product.into();
                asset["contract"]["id"] = format!("CRD-{contract}").into();
                asset["events"]["created"]["at"] = "2024-01-01T00:00:00+00:00".into();
                sandbox.insert("assets", asset);
            }
        }
    }
    sandbox
}

/// What the job does at the end of a day, with a connection of its own.
fn job(config: Config, day: u16) -> connect::Result<(Report, Report)> {
    let quick =
        config.attempts(1).backoff(Duration::ZERO, Duration::ZERO).settle([Duration::from_millis(1); 3]);
    let connect = Connect::new(quick.products(PRODUCTS)).unwrap();
    let usage = connect.usage();
    let today = SINCE + time::Duration::days(i64::from(day));
    let days = Periods::daily(SINCE).now(today.midnight().assume_utc()).per_run(5);
    let report = usage.report(days, |listing, day| {
        let assets = usage.assets(listing, day);
        let day = day.clone();
        let records = assets.map(move |asset| asset.map(|asset| day.record_of(&asset, &asset.items[0], 1)));
        Ok(Some(records))
    })?;
    let options = Options::new().deadline(Duration::from_secs(60));
    let settled = usage.settle_with(options, |_| Ok(Invalid::Delete))?;
    Ok((report, settled))
}

/// The job on one day, in a process of its own.
#[test]
#[ignore = "started by the sixty days"]
fn worker() {
    let Some(config) = config_of_this_process() else { return };
    let day = std::env::var(DAY).unwrap().parse().unwrap();
    let _ = job(config, day);
}

/// The external ids and the states of their files.
fn files(sandbox: &Sandbox) -> BTreeMap<String, Vec<String>> {
    let mut files = BTreeMap::<_, Vec<_>>::new();
    for file in sandbox.all("usage/files") {
        let [id, status] = ["external_id", "status"].map(|key| file[key].as_str().unwrap().to_owned());
        files.entry(id).or_default().push(status);
    }
    files
}

/// The distributor takes what was submitted, and refuses some of it.
fn distributor(sandbox: &Sandbox, dice: &mut Dice) {
    for file in sandbox.all("usage/files") {
        if file["status"] == "pending" {
            let status = if dice.below(12) == 0 { "rejected" } else { "accepted" };
            sandbox
                .update("usage/files", file["id"].as_str().unwrap(), |file| file["status"] = status.into());
        }
    }
}

fn counts(states: &[String]) -> usize {
    states.iter().filter(|state| !["rejected", "deleted", "invalid"].contains(&state.as_str())).count()
}

/// Moves an asset of the file that is about to be uploaded to another product.
fn move_asset(others: &mut Others<'_>) {
    let store = others.store();
    let mut drafts = store.all("usage/files").into_iter().filter(|file| file["status"] == "draft");
    let Some(draft) = drafts.next_back() else { return };
    let is_of =
        |asset: &Value| ["product", "contract"].iter().all(|part| asset[part]["id"] == draft[part]["id"]);
    let mut asset = store.all("assets").into_iter().find(is_of).unwrap();
    asset["product"]["id"] = "PRD-moved".into();
    store.insert("assets", asset);
}

/// The number of calls of a job that nothing disturbs: the list of listings and its end, and of usage files and its end; each
/// listing's files; and for each file its assets, the look for it, its creation, its upload, a look for others of its external id and its
/// submission.
fn calls_for(files: usize) -> usize {
    2 + 2 + LISTINGS + 6 * files
}

#[test]
fn each_day_of_sixty_is_in_exactly_one_file_that_counts() {
    let (sandbox, mut dice, killer) = (sandbox(), Dice(7), Arc::new(Killer::default()));
    let assets = sandbox.all("assets");
    let (mut lost, mut counted, mut was_disturbed) = (0, 0, false);
    for day in (1..=DAYS).filter(|day| !DOWN.contains(day)) {
        // On some days an asset is not known when its file is processed.
        let is_missing = dice.below(6) == 0;
        if is_missing {
            sandbox.before("POST", "/usage/files/*/upload", move_asset);
        }
        // On some, the process is killed at a call that is carried out. On some, an answer is lost.
        let what = if day < DAYS { dice.below(6) } else { 5 };
        let call = if what < 2 { 1 + dice.below(30) } else { 0 };
        if what == 2 {
            lost += 1;
            let fault = Fault::any().skip(dice.below(30)).reset();
            sandbox.fault(if dice.below(2) == 0 { fault.after_effect() } else { fault });
        }
        let on_call = Arc::clone(&killer);
        sandbox.on_call(move |_, _| _ = on_call.call());
        sandbox.take_journal();
        let mut process = again("usage_days::worker", &sandbox);
        let is_killed = killer.run(process.env(DAY, day.to_string()), call.try_into().unwrap());
        sandbox.clear_faults();
        let is_disturbed = is_killed || what == 2 || is_missing;
        let journal = sandbox.take_journal();
        if !is_disturbed && !was_disturbed {
            counted += 1;
            let uploads = journal.iter().filter(|call| call.path.ends_with("/upload")).count();
            assert_eq!(journal.len(), calls_for(uploads), "day {day}: {journal:?}");
        }
        was_disturbed = is_disturbed;
        if is_missing {
            // So that what was to happen before an upload has happened.
            let none = Value::Null;
            let _ = sandbox.act(|others| others.call("POST", "/usage/files/UF-none/upload", &none));
            for asset in &assets {
                sandbox.insert("assets", asset.clone());
            }
        }
        distributor(&sandbox, &mut dice);
        // Never is a day billed twice, not even for a while.
        for (id, states) in files(&sandbox) {
            assert!(counts(&states) <= 1, "day {day}: {id} {states:?}");
        }
    }
    // Until nothing is left.
    for _ in 0..40 {
        let (report, settled) = job(sandbox.config().unwrap(), DAYS).unwrap();
        if report.handled() == 0 && settled.handled() == 0 {
            break;
        }
        assert_eq!(report.errored(), 0, "{report}");
    }
    let files = files(&sandbox);
    for listing in sandbox.all("listings") {
        let [product, contract] = ["product", "contract"].map(|part| listing[part]["id"].as_str().unwrap());
        for day in 0..DAYS {
            let id = format!("{product}/{contract}/{}", SINCE + time::Duration::days(day.into()));
            let states = files.get(&id).unwrap_or_else(|| panic!("{id} is missing"));
            assert_eq!(counts(states), 1, "{id} {states:?}");
        }
    }
    assert_eq!(files.len(), LISTINGS * usize::from(DAYS));
    let of = |status: &str| files.values().flatten().filter(|state| *state == status).count();
    // What was invalid was deleted.
    let (invalid, rejected) = (of("deleted"), of("rejected"));
    let kills = killer.kills();
    assert!(
        kills > 10 && lost > 3 && invalid > 0 && rejected > 10 && counted > 10,
        "{kills} kills, {lost} answers lost, {invalid} invalid, {rejected} rejected, {counted} days counted"
    );
}

#[test]
fn a_day_costs_a_stated_number_of_calls_for_each_listing_and_file() {
    let sandbox = sandbox();
    let calls = |day| {
        sandbox.take_journal();
        let (report, settled) = job(sandbox.config().unwrap(), day).unwrap();
        let files = report.count(Verdict::Reported);
        assert_eq!((report.errored(), settled.count(Verdict::Submitted)), (0, files));
        (usize::try_from(files).unwrap(), sandbox.take_journal().len())
    };
    for (day, files) in [(1, 4), (2, 4), (5, 12), (30, 20)] {
        assert_eq!(calls(day), (files, calls_for(files)), "day {day}");
    }
    // With nothing to do, there are no ends to look for.
    while calls(30).0 > 0 {}
    assert_eq!(calls(30), (0, 2 + 1 + LISTINGS));
}
