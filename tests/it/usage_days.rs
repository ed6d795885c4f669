//! Sixty days of a job that is down, killed, refused and lost: each day is billed once.

use std::collections::BTreeMap;
use std::time::Duration;

use connect::sandbox::{Fault, NewProduct, Sandbox, sample};
use connect::usage::{Invalid, Periods};
use connect::{Connect, Options, Report, Verdict};
use time::Date;
use time::macros::date;

use crate::support::one_try_config;

const SINCE: Date = date!(2024 - 05 - 01);
const DAYS: u16 = 60;
/// The job is down on these.
const DOWN: std::ops::Range<u16> = 21..30;
const PRODUCTS: [&str; 2] = [sample::PRODUCT, "PRD-100-200-300"];
const LISTINGS: usize = 4;

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
fn job(sandbox: &Sandbox, day: u16) -> connect::Result<(Report, Report)> {
    let connect = Connect::new(one_try_config(sandbox).products(PRODUCTS)).unwrap();
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

#[test]
fn each_day_of_sixty_is_in_exactly_one_file_that_counts() {
    for seed in [7] {
        let (sandbox, mut dice) = (sandbox(), Dice(seed));
        let (mut kills, mut invalid) = (0, 0);
        for day in (1..=DAYS).filter(|day| !DOWN.contains(day)) {
            // On some days an asset is not known when the file is processed.
            let missing = (dice.below(6) == 0).then(|| sandbox.all("assets")[dice.below(12)].clone());
            if let Some(asset) = &missing {
                let mut asset = asset.clone();
                asset["product"]["id"] = "PRD-moved".into();
                sandbox.before("POST", "/usage/files/*/upload", move |others| {
                    others.store().insert("assets", asset);
                });
            }
            // On some, the job is killed: nothing that it sends after some call arrives, and that call may have or not.
            if dice.below(3) == 0 && day < DAYS {
                kills += 1;
                let call = dice.below(30);
                let last = Fault::any().skip(call).reset();
                sandbox.fault(if dice.below(2) == 0 { last.after_effect() } else { last });
                sandbox.fault(Fault::any().skip(call).reset().always());
            }
            let _ = job(&sandbox, day);
            sandbox.clear_faults();
            invalid += sandbox.all("usage/files").iter().filter(|file| file["status"] == "invalid").count();
            if let Some(asset) = missing {
                // So that what was to happen before an upload has happened.
                let _ = sandbox.act(|others| {
                    others.call("POST", "/usage/files/UF-none/upload", &serde_json::Value::Null)
                });
                sandbox.insert("assets", asset);
            }
            distributor(&sandbox, &mut dice);
            // Never is a day billed twice, not even for a while.
            for (id, states) in files(&sandbox) {
                assert!(counts(&states) <= 1, "seed {seed}, day {day}: {id} {states:?}");
            }
        }
        // Until nothing is left.
        let mut rounds = 0;
        while rounds < 40 {
            let (report, settled) = job(&sandbox, DAYS).unwrap();
            rounds += 1;
            if report.handled() == 0 && settled.handled() == 0 {
                break;
            }
            assert_eq!(report.errored(), 0, "{report}");
        }
        let files = files(&sandbox);
        for listing in sandbox.all("listings") {
            let [product, contract] =
                ["product", "contract"].map(|part| listing[part]["id"].as_str().unwrap());
            for day in 0..DAYS {
                let id = format!("{product}/{contract}/{}", SINCE + time::Duration::days(day.into()));
                let states = files.get(&id).unwrap_or_else(|| panic!("seed {seed}: {id} is missing"));
                assert_eq!(counts(states), 1, "seed {seed}: {id} {states:?}");
            }
        }
        assert_eq!(files.len(), LISTINGS * usize::from(DAYS));
        let rejected = files.values().flatten().filter(|state| *state == "rejected").count();
        assert!(
            kills > 10 && invalid > 0 && rejected > 10,
            "{kills} kills, {invalid} invalid, {rejected} rejected"
        );
    }
}

#[test]
fn a_day_costs_a_stated_number_of_calls_for_each_listing_and_file() {
    let sandbox = sandbox();
    let calls = |day| {
        sandbox.take_journal();
        let (report, settled) = job(&sandbox, day).unwrap();
        let files = report.count(Verdict::Reported);
        assert_eq!((report.errored(), settled.count(Verdict::Submitted)), (0, files));
        (usize::try_from(files).unwrap(), sandbox.take_journal().len())
    };
    // The list of listings and its end, and of usage files and its end; each listing's files; and for each file its
    // assets, the look for it, its creation, its upload and its submission.
    let expected = |files: usize| 2 + 2 + LISTINGS + 5 * files;
    for (day, files) in [(1, 4), (2, 4), (5, 12), (30, 20)] {
        assert_eq!(calls(day), (files, expected(files)), "day {day}");
    }
    // With nothing to do, there are no ends to look for.
    while calls(30).0 > 0 {}
    assert_eq!(calls(30), (0, 2 + 1 + LISTINGS));
}
