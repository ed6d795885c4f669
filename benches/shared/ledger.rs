//! An idle run with a ledger: nothing is listed, and what is remembered waits.

use std::io::Read as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use connect::ledger::{Claimed, Entry, Identity, Order};
use connect::{Approval, Config, Connect, Ledger, OffsetDateTime, Options};

use super::measure::{Cost, job, median};
use super::server::Server;

const RUNS: usize = 31;

/// A ledger of orders that wait for their customers and were just looked up.
pub fn fill(path: &str, entries: usize) {
    let ledger = Ledger::open(path).unwrap().job("idle");
    let (store, now) = (ledger.store(), OffsetDateTime::now_utc());
    store.attach(&Identity { job: "idle", endpoint: None }, false, now).unwrap();
    for number in 0..entries {
        let (id, asset) = (format!("PR-1000-{number:04}-0001-001"), format!("AS-1000-{number:04}-0001"));
        let order = Order { collection: "requests", id: &id, asset: Some(&asset), created: Some(now) };
        let Claimed::Yes(claim) = store.claim(&order, now).unwrap() else { panic!("{id} is claimed") };
        let entry = Entry {
            attempts: 3,
            error: Some("POST tenants was answered 500 Internal Server Error".into()),
            erred: Some(now),
            round: Some("5b864b3736785c679e21a8ba83401fa3".into()),
            state: Some("inquiring".into()),
            looked: Some(now + Duration::from_secs(3600)),
            ..claim.entry.clone()
        };
        store.release(&claim, Some(&entry)).unwrap();
    }
}

/// One run, without a ledger where no path is given.
pub fn idle(url: &str, path: Option<&str>) {
    let connect = Connect::new(Config::new(url, "ApiKey SU-1:secret").unwrap().attempts(1)).unwrap();
    let ledger = path.map(|path| Ledger::open(path).unwrap().job("idle"));
    let options = ledger.as_ref().map_or_else(Options::new, |ledger| Options::new().ledger(ledger));
    // Where the connection is closed, the start alone is measured.
    drop(connect.fulfillment().process_with(options, |_| Ok(Approval::template("TL-1"))));
}

pub fn table() {
    let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
    let server = Server::start(0, 100);
    let without = (first_byte(None), middle(|| job(&["idle", &server.url])));
    println!(
        "ledger: an idle run without one: {:.2} ms to the first byte, {:.1} MB peak",
        without.0,
        without.1.peak_kb as f64 / 1024.0
    );
    for entries in [0, 1000, 10_000] {
        let path = |name: &str| folder.path().join(format!("{entries}-{name}.db"));
        let (first, whole) = (path("first"), path("whole"));
        fill(first.to_str().unwrap(), entries);
        std::fs::copy(&first, &whole).unwrap();
        let byte = first_byte(Some(&first));
        let cost = middle(|| job(&["idle", &server.url, whole.to_str().unwrap()]));
        println!(
            "  with {entries} live entries: {:.2} × and {:.2} ms more to the first byte, peak memory {:.2} × ({:.1} MB), \
             {:.2} ms more in all",
            byte / without.0,
            byte - without.0,
            cost.peak_kb as f64 / without.1.peak_kb as f64,
            cost.peak_kb as f64 / 1024.0,
            (cost.wall.as_secs_f64() - without.1.wall.as_secs_f64()) * 1e3,
        );
    }
}

/// The run of the middle wall time, after one that is not measured.
fn middle(run: impl Fn() -> Cost) -> Cost {
    let _ = run();
    let mut costs: Vec<_> = (0..RUNS).map(|_| run()).collect();
    costs.sort_by_key(|cost| cost.wall);
    costs[RUNS / 2]
}

/// Milliseconds from starting the program to the first byte of its first call.
fn first_byte(ledger: Option<&PathBuf>) -> f64 {
    // One address for all runs, since a ledger is for one endpoint.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/public/v1", listener.local_addr().unwrap());
    let one = || {
        let start = Instant::now();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["idle", &url])
            .args(ledger.map(|path| path as &Path))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (mut stream, _) = listener.accept().unwrap();
        assert_eq!(stream.read(&mut [0]).unwrap(), 1);
        let took = start.elapsed();
        drop(stream);
        let _ = child.wait();
        took.as_secs_f64() * 1e3
    };
    let _ = one();
    median((0..RUNS).map(|_| one()).collect())
}
