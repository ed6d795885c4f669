//! Workers that die of an order, or in the middle of its decision.

use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use connect::ledger::Attempts;
use connect::sandbox::Fault;
use connect::{Approval, Connect, Ledger, Options};
use connect_postgres::Settings;
use serde_json::{Value, json};

use crate::world::{Worker, World, signal};

const SECOND: Duration = Duration::from_secs(1);
/// Where the platform and the ledger of such a worker are, and which order it dies of, and when.
const OF: &str = "DIES_OF_AN_ORDER";

fn doomed(world: &World, id: &str, when: &str) -> Worker {
    let (config, _) = world.parties();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--ignored", "--exact", "deaths::dies_of_an_order"])
        .env(OF, json!([config, world.address, world.schema, id, when]).to_string())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    Worker::start(&mut command)
}

#[test]
#[ignore = "started by another test"]
fn dies_of_an_order() {
    let Ok(of) = std::env::var(OF) else { return };
    let of: (String, String, String, String, String) = serde_json::from_str(&of).unwrap();
    let (config, address, schema, id, when) = of;
    let settings = Settings::new(address).schema(schema).lease(2 * SECOND);
    let ledger = Ledger::on(settings.open().unwrap()).job("saas");
    let connect = Connect::from_file(config).unwrap();
    let attempts = Attempts::new(3).first(SECOND).longest(SECOND);
    let die = |now: &str, order: &str| {
        if now == when && order == id {
            signal(std::process::id(), "KILL");
        }
    };
    let report =
        connect.fulfillment().process_with(Options::new().ledger(&ledger).attempts(attempts), |request| {
            die("at once", &request.id);
            let _: u32 = ledger.work(request).step("tenant").run(|_| {
                die("in a step", &request.id);
                Ok(1)
            })?;
            Ok(Approval::template("TL-497-535-242"))
        });
    drop(report);
}

/// As the file of one machine does it, but that it may take one more death to know which order it was.
#[test]
fn an_order_that_kills_every_worker_dies_itself_and_the_others_are_done() {
    for when in ["at once", "in a step"] {
        let world = World::new(30);
        let id = world.sandbox.all("requests")[1]["id"].as_str().unwrap().to_owned();
        let dead = || {
            let store = Settings::new(&*world.address).schema(&*world.schema).open().unwrap();
            Ledger::on(store).job("saas").dead().unwrap()
        };
        let (start, mut killed) = (Instant::now(), 0);
        while world.pending() > 1 || dead().is_empty() {
            assert!(
                start.elapsed() < Duration::from_secs(90),
                "{when}: {killed} died, {} are left",
                world.pending()
            );
            let workers = [(); 2].map(|()| doomed(&world, &id, when));
            killed +=
                workers.into_iter().map(Worker::output).filter(|end| end.status.signal().is_some()).count();
            std::thread::sleep(SECOND / 5);
        }
        assert!((3..=4).contains(&killed), "{when}: {killed}");
        let dead = dead();
        assert_eq!((dead.len(), dead[0].id.as_str(), dead[0].attempts), (1, &*id, 3), "{when}");
        assert!(dead[0].error.as_deref().unwrap().contains("ended while it had this order in hand"));
        // What the dead had claimed and not begun has lost nothing.
        assert_eq!(world.ask("SELECT count(*) FROM entry WHERE attempts > 0"), "1", "{when}");
        let approvals = world.approvals();
        assert_eq!((approvals.len(), approvals.values().max()), (29, Some(&1)), "{when}");
    }
}

/// The one order's worker is killed while it waits for the answer to its approval; what the workers after it report.
fn killed_while_it_approves(fault: Fault) -> (World, Vec<Value>) {
    let world = World::new(1);
    world.sandbox.fault(fault.never_answer());
    let mut first = world.spawn(&["--lease", "2"]);
    let start = Instant::now();
    while !world.sandbox.journal().iter().any(|call| call.method == "POST") {
        assert!(start.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(5));
    }
    first.kill();
    world.sandbox.clear_faults();
    let mut reports = Vec::new();
    while world.ask("SELECT count(*) FROM entry WHERE ended IS NULL") != "0" {
        assert!(start.elapsed() < Duration::from_secs(60), "{reports:?}");
        reports.push(world.spawn(&["--lease", "2"]).report());
        std::thread::sleep(SECOND / 5);
    }
    (world, reports)
}

fn sum(reports: &[Value], of: impl Fn(&Value) -> &Value) -> u64 {
    reports.iter().map(|report| of(report).as_u64().unwrap()).sum()
}

#[test]
fn an_approval_in_which_the_worker_was_killed_was_ours_and_nobody_else_s() {
    let (world, reports) = killed_while_it_approves(Fault::on("POST", "/requests/*/approve").after_effect());
    assert_eq!(sum(&reports, |report| &report["counts"]["approved"]), 1, "{reports:?}");
    assert_eq!(sum(&reports, |report| &report["left"]), 0, "{reports:?}");
    assert_eq!(world.ask("SELECT state || COALESCE(open, '') || attempts FROM entry"), "approved0");
    assert_eq!(world.approvals().values().collect::<Vec<_>>(), [&1]);
}

#[test]
fn an_approval_in_which_the_worker_was_killed_and_that_was_not_made_counts_as_an_attempt() {
    let (world, reports) = killed_while_it_approves(Fault::on("POST", "/requests/*/approve"));
    assert_eq!(sum(&reports, |report| &report["counts"]["approved"]), 1, "{reports:?}");
    assert_eq!(sum(&reports, |report| &report["counts"]["errored"]), 1, "{reports:?}");
    assert!(
        reports.iter().any(|report| report.to_string().contains("ended while it had this order in hand"))
    );
    assert_eq!(world.vendor.calls().values().collect::<Vec<_>>(), [&1, &1]);
}
