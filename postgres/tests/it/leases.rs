//! Leases: not taken over before their time, taken over after it, and what comes under a lost one.

use std::process::{Command, Output, Stdio};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use connect::ledger::{Begin, Claim, Claimed, Identity, Kept, Order, StepEnd, Store as _};
use connect::{Connect, Ledger, OffsetDateTime, Options};
use connect_postgres::{Postgres, Settings};
use serde_json::json;

use crate::store::settings;
use crate::world::{Worker, World, signal};

const LEASE: Duration = Duration::from_secs(3);

/// A worker stops at this point of its order, for longer than its lease, while another worker goes on with it.
fn stopped(world: &World, stop_at: impl FnOnce(&World, Box<dyn FnMut() + Send>)) -> usize {
    let first = world.spawn(&["--lease", "4"]);
    let id = first.id();
    let (stopped, has_stopped) = channel();
    let mut once = Some(stopped);
    stop_at(
        world,
        Box::new(move || {
            if let Some(stopped) = once.take() {
                signal(id, "STOP");
                stopped.send(()).unwrap();
            }
        }),
    );
    has_stopped.recv_timeout(Duration::from_secs(120)).unwrap();
    let report = overtaken(world, first);
    let report: serde_json::Value = serde_json::from_slice(&report.stdout).unwrap();
    assert_eq!(report["counts"]["approved"], 0, "{report}");
    strays(world)
}

fn strays(world: &World) -> usize {
    world.ask("SELECT count(*) FROM stray").parse().unwrap()
}

/// Others go on with the order of a worker that is stopped, after its time; then the worker goes on, and comes to nothing.
fn overtaken(world: &World, first: Worker) -> Output {
    // Not before its time.
    let report = world.spawn(&[]).report();
    assert_eq!((report["handled"].as_u64(), world.pending()), (Some(0), 1), "{report}");
    world.finish(&[], Duration::from_secs(30));
    let calls = world.sandbox.journal().len();
    signal(first.id(), "CONT");
    let output = first.output();
    let later = world.sandbox.take_journal().split_off(calls);
    let about: Vec<_> = later.iter().filter(|call| call.path.starts_with("/requests/")).collect();
    assert!(about.is_empty(), "{about:?}");
    assert_eq!(world.approvals().values().collect::<Vec<_>>(), [&1]);
    output
}

/// The order is looked at once it was claimed: a hook there comes before the first step begins.
#[test]
fn a_worker_that_stopped_before_a_begin_does_not_begin() {
    let world = World::new(1);
    let strays = stopped(&world, |world, mut stop| {
        world.sandbox.on_call(move |call, _| {
            if call.method == "GET" && call.path.starts_with("/requests/") {
                stop();
            }
        });
    });
    assert_eq!(strays, 0);
    assert_eq!(world.vendor.calls().values().collect::<Vec<_>>(), [&1, &1]);
}

#[test]
fn the_result_of_a_worker_that_stopped_in_a_call_of_the_vendors_is_a_stray() {
    let world = World::new(1);
    let strays = stopped(&world, |world, mut stop| world.vendor.on_call(move |_| stop()));
    assert_eq!(strays, 1);
    // The first step by both with one key, the second by the second worker alone.
    let mut calls: Vec<_> = world.vendor.calls().into_values().collect();
    calls.sort_unstable();
    assert_eq!(calls, [1, 2]);
    let ledger = Ledger::on(Settings::new(&*world.address).schema(&*world.schema).open().unwrap());
    let strays = ledger.job("saas").strays().unwrap();
    assert_eq!((strays.len(), strays[0].step.as_str()), (1, "tenant"));
}

#[test]
fn a_worker_that_stopped_in_the_call_for_its_last_step_sends_nothing_more() {
    let world = World::new(1);
    let strays = stopped(&world, |world, mut stop| {
        world.vendor.on_call(move |key| {
            if key.contains("licence") {
                stop();
            }
        });
    });
    assert_eq!(strays, 1);
}

/// Where the platform, the vendor and the ledger of the worker are that stops itself.
const OF: &str = "STOPS_BEFORE_A_RESULT";

#[test]
fn the_result_of_a_worker_that_stopped_between_the_vendors_answer_and_its_record_is_a_stray() {
    let world = World::new(1);
    let (config, vendor) = world.parties();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--ignored", "--exact", "leases::stops_before_a_result"])
        .env(OF, json!([config, vendor, world.address, world.schema]).to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let first = Worker::start(&mut command);
    let start = Instant::now();
    while !is_stopped(first.id()) {
        assert!(start.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(20));
    }
    // The vendor has answered, and the ledger does not know.
    assert_eq!(world.vendor.calls().values().collect::<Vec<_>>(), [&1]);
    assert_eq!(world.ask("SELECT name || ' ' || state FROM step"), "tenant begun");
    let output = overtaken(&world, first);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert_eq!((strays(&world), world.vendor.calls().len()), (1, 2));
}

fn is_stopped(process: u32) -> bool {
    let output = Command::new("ps").args(["-o", "state=", "-p", &process.to_string()]).output().unwrap();
    output.stdout.starts_with(b"T")
}

/// A worker that is stopped once the vendor has answered.
#[test]
#[ignore = "started by another test"]
fn stops_before_a_result() {
    let Ok(of) = std::env::var(OF) else { return };
    let (config, vendor, address, schema): (String, String, String, String) =
        serde_json::from_str(&of).unwrap();
    let settings = Settings::new(address).schema(schema).lease(Duration::from_secs(4));
    let ledger = Ledger::on(settings.open().unwrap()).job("saas");
    let connect = Connect::from_file(config).unwrap();
    let options = Options::new().ledger(&ledger);
    let report = connect.fulfillment().process_with(options, |request| {
        let work = ledger.work(request);
        let email = request.value("email");
        let _: serde_json::Value = work.step("tenant").input(email).keep_result().run(|key| {
            let made = ureq::post(format!("{vendor}/tenants")).header("Idempotency-Key", key).send("{}")?;
            let made = made.into_body().read_to_string()?;
            signal(std::process::id(), "STOP");
            Ok(serde_json::from_str(&made)?)
        })?;
        unreachable!("the order is another worker's")
    });
    let report = report.unwrap();
    assert_eq!((report.approved(), report.errored(), report.skipped()), (0, 1, 0), "{report}");
}

#[test]
fn a_call_of_the_vendors_of_three_leases_length_is_not_taken_over() {
    let world = World::new(1);
    let (begun, has_begun) = channel();
    world.vendor.on_call(move |_| {
        let _ = begun.send(());
        std::thread::sleep(LEASE * 3);
    });
    let first = world.spawn(&["--lease", "3"]);
    let start = Instant::now();
    has_begun.recv_timeout(Duration::from_secs(20)).unwrap();
    let mut looks = 0;
    while world.pending() > 0 && start.elapsed() < LEASE * 8 {
        let _ = world.spawn(&["--lease", "3"]).report();
        looks += 1;
    }
    let report = first.report();
    assert_eq!(report["counts"]["approved"], 1, "{report}");
    assert!(looks > 3, "{looks}");
    assert_eq!(world.vendor.calls().values().collect::<Vec<_>>(), [&1, &1]);
}

fn attached(store: &Postgres) {
    let identity = Identity { job: "leases", endpoint: None };
    store.attach(&identity, false, store.now()).unwrap();
}

const ORDER: Order<'static> =
    Order { collection: "requests", id: "PR-1", asset: Some("AS-1"), created: None };

fn claim(store: &Postgres) -> Option<Claim> {
    match store.claim(&ORDER, store.now()).unwrap() {
        Claimed::Yes(claim) => Some(*claim),
        _ => None,
    }
}

#[test]
fn a_lease_is_kept_up_to_the_longest_and_no_longer() {
    let settings = settings();
    let short = settings.clone().lease(Duration::from_secs(1)).longest(Duration::from_secs(3));
    let (first, second) = (short.open().unwrap(), settings.open().unwrap());
    attached(&first);
    attached(&second);
    let held = claim(&first).unwrap();
    let start = Instant::now();
    let taken = loop {
        if let Some(claim) = claim(&second) {
            break claim;
        }
        assert!(start.elapsed() < Duration::from_secs(10));
        std::thread::sleep(Duration::from_millis(50));
    };
    let after = start.elapsed();
    assert!(after >= Duration::from_millis(2900) && after < Duration::from_secs(8), "{after:?}");
    assert!(!first.is_held(&held) && second.is_held(&taken));
    let begin = Begin { name: "a", was: None, generation: 1, key: "k", input: "{}", keep: false };
    assert_eq!(first.begin(&held, &begin, first.now()).unwrap(), connect::ledger::Began::Dead);
    let kept = first.result(&held, "a", 1, &StepEnd::Done("1"), first.now()).unwrap();
    assert_eq!(kept, Kept::Stray);
    // What the old worker says of the end, or gives back, is not heard.
    first.end(&held, "approved", None, first.now()).unwrap();
    first.release(&held, Some(&held.entry)).unwrap();
    assert!(second.is_held(&taken) && claim(&first).is_none());
}

#[test]
fn two_orders_of_one_asset_are_not_handled_at_the_same_time() {
    let settings = settings();
    let (first, second) = (settings.clone().open().unwrap(), settings.open().unwrap());
    attached(&first);
    attached(&second);
    let held = claim(&first).unwrap();
    let other = Order { id: "PR-2", ..ORDER };
    let claimed = second.claim(&other, second.now()).unwrap();
    assert!(matches!(&claimed, Claimed::Behind(id) if id == "PR-1"), "{claimed:?}");
    first.release(&held, None).unwrap();
    assert!(matches!(second.claim(&other, second.now()).unwrap(), Claimed::Yes(_)));
}

#[test]
fn the_clock_is_the_servers() {
    let store = settings().open().unwrap();
    let ledger = Ledger::on(store);
    let here = OffsetDateTime::now_utc();
    assert!((ledger.store().now() - here).abs() < Duration::from_secs(2));
    // What a step is noted with is that time, and not the worker's.
    let store = settings().open().unwrap();
    attached(&store);
    let held = claim(&store).unwrap();
    let begin = Begin { name: "a", was: None, generation: 1, key: "k", input: "{}", keep: false };
    store.begin(&held, &begin, store.now()).unwrap();
    let (_, steps) = store.read(ORDER.collection, ORDER.id).unwrap().unwrap();
    assert!((steps[0].begun - here).abs() < Duration::from_secs(5), "{:?}", steps[0].begun);
}
