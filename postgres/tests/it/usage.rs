//! Workers that share the periods of usage: each period is asked for by one of them, and has one file.

use std::collections::BTreeMap;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use connect::sandbox::{Fault, Sandbox, sample};
use connect::usage::Periods;
use connect::{Config, Connect, Ledger, Options, Report, Verdict};
use connect_postgres::Settings;
use time::Date;

use crate::server::shared;

const LISTINGS: usize = 2;
const DAYS: i32 = 10;
const PERIODS: usize = 20;
/// A list shows so late what was made, and a lease is longer than that.
const LAG: Duration = Duration::from_secs(2);
const LEASE: Duration = Duration::from_secs(5);

const URL: &str = "CONNECT_TEST_USAGE_URL";
const KEY: &str = "CONNECT_TEST_USAGE_KEY";
const SCHEMA: &str = "CONNECT_TEST_USAGE_SCHEMA";
const ADDRESS: &str = "CONNECT_TEST_USAGE_ADDRESS";

/// The first of May 2024.
fn first() -> Date {
    Date::from_ordinal_date(2024, 122).unwrap()
}

/// Two listings, each with an asset.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::empty().unwrap();
    for n in 0..LISTINGS {
        let contract = format!("CRD-{n}");
        let mut listing = sample::listing(&format!("LST-000-000-00{n}"));
        listing["contract"]["id"] = contract.clone().into();
        sandbox.insert("listings", listing);
        let mut asset = sample::asset(&format!("AS-0000-0000-000{n}"));
        asset["contract"]["id"] = contract.into();
        asset["events"]["created"]["at"] = "2024-01-01T00:00:00+00:00".into();
        sandbox.insert("assets", asset);
    }
    sandbox.lag(LAG);
    sandbox
}

/// One run over all days, by a worker of its own.
fn work(config: Config, address: &str, schema: &str, asked: impl Fn(String)) -> Report {
    work_under(Settings::new(address).schema(schema).lease(LEASE), config, asked)
}

fn work_under(settings: Settings, config: Config, asked: impl Fn(String)) -> Report {
    let ledger = Ledger::on(settings.open().unwrap()).job("usage");
    let connect = Connect::new(config.products([sample::PRODUCT])).unwrap();
    let usage = connect.usage();
    let end = first() + time::Duration::days(DAYS.into());
    let days = Periods::daily(first()).now(end.midnight().assume_utc()).per_run(PERIODS);
    let report = usage.report_with(Options::new().ledger(&ledger), days, |listing, day| {
        asked(format!("{} {day}", listing.id));
        let day = day.clone();
        let assets = usage.assets(listing, &day);
        Ok(Some(assets.map(move |asset| asset.map(|asset| day.record_of(&asset, &asset.items[0], 1)))))
    });
    report.unwrap()
}

/// The states of the files by their external ids.
fn files(sandbox: &Sandbox) -> BTreeMap<String, Vec<String>> {
    let mut files = BTreeMap::<_, Vec<_>>::new();
    for file in sandbox.all("usage/files") {
        let [id, status] = ["external_id", "status"].map(|key| file[key].as_str().unwrap().to_owned());
        files.entry(id).or_default().push(status);
    }
    files
}

#[test]
fn two_workers_at_once_ask_once_for_each_period_though_the_list_lags() {
    let ((server, schema), sandbox) = (shared(), sandbox());
    sandbox.fault(Fault::on("*", "/**").delay(Duration::from_millis(20)).always());
    let asked = Mutex::new(Vec::new());
    let run = || {
        let report = work(sandbox.config().unwrap(), &server.address(), &schema, |period| {
            asked.lock().unwrap().push(period);
        });
        assert_eq!(report.errored(), 0, "{report}");
        // Whatever is not this worker's is the other one's, now or by now.
        assert_eq!(report.handled() + report.others(), PERIODS as u64, "{report}");
        report.count(Verdict::Reported)
    };
    let reported: Vec<_> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..2).map(|_| scope.spawn(run)).collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).collect()
    });
    assert_eq!(reported.iter().sum::<u64>(), PERIODS as u64);
    assert!(reported.iter().all(|count| *count > 0), "{reported:?}");
    // One that comes while the list lags finds nothing to do, and neither does one that comes later.
    assert_eq!(run_idle(&sandbox, &server.address(), &schema), 0);
    std::thread::sleep(LAG);
    assert_eq!(run_idle(&sandbox, &server.address(), &schema), 0);
    let asked = asked.into_inner().unwrap();
    let periods: std::collections::BTreeSet<_> = asked.iter().collect();
    assert_eq!((asked.len(), periods.len()), (PERIODS, PERIODS));
    let files = files(&sandbox);
    assert_eq!(files.len(), PERIODS);
    assert!(files.values().all(|states| *states == ["ready"]), "{files:?}");
    let ask = |sql: &str| server.ask(&format!("SET search_path TO {schema}; {sql}"));
    // Each is remembered for a day, and nobody has one in hand.
    let ended = "SELECT count(*) FROM entry WHERE collection = 'listings' AND state LIKE '/usage/files/%'";
    assert_eq!(ask(&format!("{ended} AND ended IS NOT NULL")), PERIODS.to_string());
    assert_eq!(ask("SELECT count(*) FROM lease WHERE until > now()"), "0");
    // They are no orders of the platform's: nobody looks them up by these ids.
    let looked_up = sandbox.journal().iter().filter(|call| call.path.contains("in(id,")).count();
    assert_eq!(looked_up, 0);
}

fn run_idle(sandbox: &Sandbox, address: &str, schema: &str) -> u64 {
    let report = work(sandbox.config().unwrap(), address, schema, |period| panic!("{period} was asked for"));
    assert_eq!((report.errored(), report.others()), (0, 0), "{report}");
    report.count(Verdict::Reported)
}

#[test]
fn a_file_that_was_refused_is_made_again_by_whichever_worker_comes() {
    let ((server, schema), sandbox) = (shared(), sandbox());
    sandbox.lag(Duration::ZERO);
    let run = || work(sandbox.config().unwrap(), &server.address(), &schema, drop).count(Verdict::Reported);
    assert_eq!(run(), PERIODS as u64);
    let first = sandbox.all("usage/files")[0]["id"].as_str().unwrap().to_owned();
    sandbox.update("usage/files", &first, |file| file["status"] = "invalid".into());
    assert_eq!((run(), run()), (1, 0));
}

#[test]
fn a_worker_that_lost_a_period_while_it_read_the_meter_sends_nothing_for_it() {
    let ((server, schema), sandbox) = (shared(), sandbox());
    let second = Duration::from_secs(1);
    let settings = Settings::new(server.address()).schema(schema).lease(second).longest(second);
    let report = work_under(settings, sandbox.config().unwrap(), |period| {
        if period == "LST-000-000-000 2024-05-01" {
            std::thread::sleep(3 * second);
        }
    });
    assert_eq!((report.count(Verdict::Reported), report.errored()), (PERIODS as u64 - 1, 1), "{report}");
    let text = report.to_string();
    assert!(
        text.contains("CRD-0/2024-05-01 errored: it is no longer this worker's: nothing was sent"),
        "{text}"
    );
    assert_eq!(files(&sandbox).len(), PERIODS - 1);
}

/// One run, in a process of its own: this test binary, started again with one test selected.
#[test]
#[ignore = "started by another test"]
fn worker() {
    let Ok(url) = std::env::var(URL) else { return };
    let variable = |name| std::env::var(name).unwrap();
    let config = Config::new(url, variable(KEY)).unwrap();
    let _ = work(config, &variable(ADDRESS), &variable(SCHEMA), drop);
}

fn spawn(sandbox: &Sandbox, address: &str, schema: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["usage::worker", "--exact", "--ignored", "--nocapture"])
        .env(URL, sandbox.url())
        .env(KEY, sandbox.api_key())
        .env(ADDRESS, address)
        .env(SCHEMA, schema)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
fn workers_that_are_killed_make_one_file_for_each_period_though_the_list_lags() {
    let ((server, schema), sandbox) = (shared(), sandbox());
    sandbox.fault(Fault::on("*", "/**").delay(Duration::from_millis(40)).always());
    let spawn = || spawn(&sandbox, &server.address(), &schema);
    let is_done =
        || files(&sandbox).values().filter(|states| states.iter().any(|state| state == "ready")).count();
    let start = Instant::now();
    let mut workers: Vec<_> = (0..3).map(|_| spawn()).collect();
    let (mut victim, mut killed) = (0, 0);
    // They grow, so that a worker comes to something on a busy machine as well.
    let mut pause = Duration::from_millis(300);
    while is_done() < PERIODS {
        assert!(start.elapsed() < Duration::from_secs(240), "{:?}", files(&sandbox));
        std::thread::sleep(pause);
        pause = pause * 11 / 10;
        victim = (victim + 1) % workers.len();
        let child = &mut workers[victim];
        killed += u32::from(child.try_wait().unwrap().is_none());
        let _ = child.kill();
        let _ = child.wait();
        *child = spawn();
    }
    for mut worker in workers {
        let _ = worker.kill();
        let _ = worker.wait();
    }
    println!("{PERIODS} periods in {:.1} s, {killed} kills", start.elapsed().as_secs_f64());
    assert!(killed > 2, "{killed}");
    let files = files(&sandbox);
    assert!(files.values().all(|states| *states == ["ready"]), "{files:?}");
}
