//! Usage with a ledger: a period is claimed as an order is, and what it came to is known for a day.

use std::cell::RefCell;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use connect::ledger::{Order, Which};
use connect::models::Listing;
use connect::sandbox::{Fault, Sandbox, sample};
use connect::usage::{Period, Periods, UsageRecord};
use connect::{Config, Connect, Ledger, LedgerErrorKind, OffsetDateTime, Options, Report, Verdict};
use tempfile::TempDir;
use time::macros::{date, datetime};

use crate::support::process::{Killer, again, config_of_this_process};
use crate::support::usage::LISTING;
use crate::support::{client, only, routes};

const ASSET: &str = "AS-1000-0000-0001";
/// Longer than any test takes.
const LONG: Duration = Duration::from_secs(3600);

struct World {
    sandbox: Sandbox,
    folder: TempDir,
    now: OffsetDateTime,
    /// The periods that the closure was asked for.
    asked: RefCell<Vec<String>>,
}

fn world() -> World {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.insert("listings", sample::listing(LISTING));
    let mut asset = sample::asset(ASSET);
    asset["events"]["created"]["at"] = "2024-01-01T00:00:00+00:00".into();
    sandbox.insert("assets", asset);
    let folder = tempfile::tempdir().unwrap();
    World { sandbox, folder, now: OffsetDateTime::now_utc(), asked: RefCell::default() }
}

impl World {
    fn ledger(&self) -> Ledger {
        let ledger = Ledger::open(self.path()).unwrap().job("usage");
        ledger.set_clock(Some(self.now));
        ledger
    }

    fn path(&self) -> std::path::PathBuf {
        Path::join(self.folder.path(), "ledger.db")
    }

    /// A run of two days by a process of its own: nothing is known but the ledger.
    fn run_with(
        &self,
        options: Options<'_>,
        records: impl Fn(&Ledger, &Listing, &Period) -> anyhow::Result<Vec<UsageRecord>>,
    ) -> Report {
        let (connect, ledger) = (client(&self.sandbox), self.ledger());
        let days = Periods::daily(date!(2024 - 05 - 01)).now(datetime!(2024-05-03 0:00 UTC));
        let report = connect.usage().report_with(options.ledger(&ledger), days, |listing, day| {
            self.asked.borrow_mut().push(day.to_string());
            records(&ledger, listing, day).map(Some)
        });
        report.unwrap()
    }

    fn run(&self) -> Report {
        self.run_with(Options::new(), |_, _, day| Ok(one(day)))
    }

    /// The days that the closure was asked for since the last time.
    fn asked(&self) -> Vec<String> {
        self.asked.take()
    }

    /// The states of the files, in the order of their making.
    fn files(&self) -> Vec<String> {
        let files = self.sandbox.all("usage/files");
        files.iter().map(|file| file["status"].as_str().unwrap().to_owned()).collect()
    }

    /// What is remembered.
    fn entries(&self) -> Vec<String> {
        let mut ids = Vec::new();
        self.ledger().store().each("listings", Which::All, &mut |entry| ids.push(entry.id)).unwrap();
        ids
    }
}

fn one(day: &Period) -> Vec<UsageRecord> {
    vec![day.record(ASSET, "MPN-GB", 1)]
}

#[test]
fn what_was_reported_is_not_asked_for_again_while_the_list_lags() {
    let world = world();
    world.sandbox.lag(LONG);
    assert_eq!(world.run().count(Verdict::Reported), 2);
    assert_eq!(world.asked(), ["2024-05-01", "2024-05-02"]);
    world.sandbox.take_journal();
    let again = world.run();
    assert_eq!((again.skipped(), again.to_string().as_str()), (2, ""));
    assert_eq!((world.asked(), world.files().len()), (vec![], 2));
    // The listings and their end, the files of one, and each file by its id.
    assert_eq!(routes(&world.sandbox).len(), 2 + 1 + 2);
}

#[test]
fn a_file_that_was_refused_is_a_gap_again_at_once() {
    let world = world();
    let _ = world.run();
    let first = world.sandbox.all("usage/files")[0]["id"].as_str().unwrap().to_owned();
    world.sandbox.update("usage/files", &first, |file| file["status"] = "rejected".into());
    world.asked();
    assert_eq!(world.run().count(Verdict::Reported), 1);
    assert_eq!(world.asked(), ["2024-05-01"]);
    assert_eq!(world.files(), ["rejected", "ready", "ready"]);
}

#[test]
fn a_draft_that_a_run_left_is_taken_up_once_it_is_seen() {
    let world = world();
    world.sandbox.lag(LONG);
    world.sandbox.fault(Fault::on("POST", "/usage/files/*/upload").status(400));
    assert_eq!(world.run().errored(), 1);
    assert_eq!(world.files(), ["draft", "ready"]);
    // While nobody can see it, it is left alone.
    assert_eq!((world.run().skipped(), world.files().len()), (2, 2));
    world.sandbox.lag(Duration::ZERO);
    assert_eq!(world.run().count(Verdict::Reported), 1);
    assert_eq!(world.files(), ["ready", "ready"]);
}

#[test]
fn a_draft_that_no_list_shows_is_taken_up_by_its_id() {
    let world = world();
    world.sandbox.fault(Fault::on("POST", "/usage/files/*/upload").status(400));
    assert_eq!(world.run().errored(), 1);
    world.sandbox.fault(Fault::on("GET", "/usage/files").status(200).body("[]").always());
    let report = world.run();
    assert_eq!((report.count(Verdict::Reported), report.skipped()), (1, 1), "{report}");
    assert_eq!(world.files(), ["ready", "ready"]);
}

#[test]
fn an_upload_whose_answer_was_lost_is_not_made_again_though_the_list_lags() {
    let world = world();
    world.sandbox.lag(LONG);
    world.sandbox.fault(Fault::on("POST", "/usage/files/*/upload").reset().after_effect());
    world.sandbox.fault(Fault::on("GET", "/usage/files/*").status(500).always());
    let report = world.run();
    assert_eq!(
        (report.unknown(), world.files()),
        (1, vec!["ready".to_owned(), "ready".to_owned()]),
        "{report}"
    );
    world.sandbox.clear_faults();
    let again = world.run();
    assert_eq!((again.skipped(), again.errored(), world.files().len()), (2, 0, 2), "{again}");
}

#[test]
fn a_period_that_another_has_is_counted_and_its_closure_is_not_asked() {
    let world = world();
    let ledger = world.ledger();
    let listing = client(&world.sandbox).usage().listing(LISTING).unwrap().unwrap();
    let other = ledger.work_for(&listing, "2024-05-01");
    let days = || Periods::daily(date!(2024 - 05 - 01)).now(datetime!(2024-05-03 0:00 UTC));
    let run = || {
        let connect = client(&world.sandbox);
        let options = Options::new().ledger(&ledger);
        let report = connect.usage().report_with(options, days(), |_, day| Ok(Some(one(day))));
        let report = report.unwrap();
        (report.count(Verdict::Reported), report.others())
    };
    assert_eq!(run(), (1, 1));
    drop(other);
    assert_eq!(run(), (1, 0));
    assert_eq!(world.files().len(), 2);
}

#[test]
fn the_steps_of_a_period_are_run_once_in_all_runs() {
    let world = world();
    let ran = RefCell::new(Vec::new());
    for attempt in 0..2 {
        let report = world.run_with(Options::new(), |ledger, listing, day| {
            let work = ledger.work_for(listing, day);
            let closed: String = work.step("close the meter").run(|key| {
                ran.borrow_mut().push(key.to_owned());
                anyhow::Ok(format!("closed {key}"))
            })?;
            assert!(closed.starts_with("closed "));
            anyhow::ensure!(attempt > 0, "the meter cannot be read");
            Ok(one(day))
        });
        assert_eq!(report.errored(), if attempt == 0 { 2 } else { 0 }, "{report}");
    }
    let key = |day| format!("{LISTING}/2024-05-0{day}:close%20the%20meter:1");
    assert_eq!(ran.into_inner(), [key(1), key(2)]);
    assert_eq!(world.files().len(), 2);
}

#[test]
fn what_the_ledger_refuses_keeps_a_period_from_being_sent() {
    let world = world();
    let report = world.run_with(Options::new().max(1), |ledger, listing, day| {
        let work = ledger.work_for(listing, day);
        let _: String = work.step("meter").run(|_| anyhow::Ok("closed".to_owned()))?;
        // The closure does not care about what a step answers.
        let _ = work.step::<String>("meter").run(|_| anyhow::Ok("closed".to_owned()));
        Ok(one(day))
    });
    let Some(connect::Error::Ledger(error)) = &only(&report).error else { panic!("{report}") };
    assert_eq!((error.kind(), world.files().len()), (LedgerErrorKind::Step, 0), "{report}");
}

#[test]
fn a_period_is_forgotten_a_day_after_it_was_reported() {
    let mut world = world();
    let _ = world.run();
    let ids = ["2024-05-01", "2024-05-02"].map(|day| format!("{LISTING}/{day}"));
    assert_eq!(world.entries(), ids);
    let (entry, _) = world.ledger().store().read("listings", &ids[0]).unwrap().unwrap();
    let made = world.sandbox.all("usage/files")[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(entry.state, Some(format!("/usage/files/{made}")));
    world.now += Duration::from_secs(25 * 3600);
    world.sandbox.update("usage/files", &made, |file| file["status"] = "deleted".into());
    let _ = world.run();
    assert_eq!(world.entries(), ids[..1]);
}

#[test]
fn an_erred_period_leaves_nothing_and_is_tried_again_in_the_next_run() {
    let world = world();
    let report = world.run_with(Options::new(), |_, _, _| anyhow::bail!("no meter"));
    assert_eq!((report.errored(), world.entries().len()), (2, 0));
    assert_eq!(world.run().count(Verdict::Reported), 2);
}

#[test]
fn a_dry_run_reads_what_was_reported_and_writes_nothing() {
    let world = world();
    world.sandbox.lag(LONG);
    let dry = || world.run_with(Options::new().dry_run(true), |_, _, day| Ok(one(day)));
    assert_eq!((dry().count(Verdict::Reported), world.path().exists()), (2, false));
    let _ = world.run();
    let before = std::fs::read(world.path()).unwrap();
    let report = dry();
    assert_eq!((report.count(Verdict::Reported), report.skipped()), (0, 2), "{report}");
    assert_eq!(std::fs::read(world.path()).unwrap(), before);
    // A refused file is a gap for a dry run, too.
    world.sandbox.lag(Duration::ZERO);
    let first = world.sandbox.all("usage/files")[0]["id"].as_str().unwrap().to_owned();
    world.sandbox.update("usage/files", &first, |file| file["status"] = "invalid".into());
    assert_eq!(dry().count(Verdict::Reported), 1);
}

#[test]
fn a_listing_of_two_keys_has_a_claim_for_each() {
    let world = world();
    let (connect, ledger) = (client(&world.sandbox), world.ledger());
    let listing = connect.usage().listing(LISTING).unwrap().unwrap();
    let days =
        Periods::daily(date!(2024 - 05 - 01)).now(datetime!(2024-05-02 0:00 UTC)).keys(|_| ["eu", "us"]);
    let options = Options::new().ledger(&ledger);
    let report = connect.usage().report_with(options, days, |_, day| Ok(Some(one(day)))).unwrap();
    assert_eq!(report.count(Verdict::Reported), 2, "{report}");
    assert_eq!(world.entries(), ["eu", "us"].map(|key| format!("{LISTING}/2024-05-01%2F{key}")));
    let order =
        Order { collection: "listings", id: &world.entries()[0], asset: None, created: listing.created };
    assert!(matches!(
        ledger.store().claim(&order, ledger.store().now()).unwrap(),
        connect::ledger::Claimed::Ended(path) if path.starts_with("/usage/files/UF-")
    ));
}

/// Tells the process of a run where its ledger is.
const FILE: &str = "CONNECT_TEST_USAGE_LEDGER";

/// A run of one day, in a process of its own.
#[test]
#[ignore = "started by another test"]
fn worker() {
    let Some(config) = config_of_this_process() else { return };
    let ledger = Ledger::open(std::env::var(FILE).unwrap()).unwrap().job("usage");
    let _ = one_day(config, &ledger);
}

fn one_day(config: Config, ledger: &Ledger) -> connect::Result<Report> {
    let days = Periods::daily(date!(2024 - 05 - 01)).now(datetime!(2024-05-02 0:00 UTC));
    let connect = Connect::new(config)?;
    connect.usage().report_with(Options::new().ledger(ledger), days, |_, day| Ok(Some(one(day))))
}

#[test]
fn a_run_that_was_killed_leaves_one_file_for_its_period_though_the_list_lags() {
    // At the look for the file, at its creation, and at its upload, each with its effect.
    for call in 3..=5 {
        let (world, killer) = (world(), Arc::new(Killer::default()));
        world.sandbox.lag(Duration::from_millis(600));
        let on_call = Arc::clone(&killer);
        world.sandbox.on_call(move |_, _| _ = on_call.call());
        let mut process = again("usage_claims::worker", &world.sandbox);
        assert!(killer.run(process.env(FILE, world.path()), call), "call {call}");
        let patient = world.sandbox.config().unwrap().settle([Duration::from_millis(400); 3]);
        let report = one_day(patient, &world.ledger()).unwrap();
        assert_eq!(
            (report.count(Verdict::Reported), world.files()),
            (1, vec!["ready".to_owned()]),
            "{report}"
        );
    }
}
