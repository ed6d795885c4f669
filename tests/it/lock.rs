//! Runs that must not overlap, and runs that are asked to end: the example for cron, as processes.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use connect::Lock;
use connect::sandbox::{Fault, Sandbox};
use tempfile::TempDir;

use crate::support::program::example;

struct Job {
    sandbox: Sandbox,
    folder: TempDir,
}

impl Job {
    fn new(orders: usize) -> Self {
        let sandbox = Sandbox::empty().unwrap();
        sandbox.add_requests(orders, |_, _| {});
        let folder = tempfile::tempdir().unwrap();
        let config = serde_json::json!({
            "apiEndpoint": sandbox.url(), "apiKey": sandbox.api_key(), "updateMethod": "PUT",
            "products": connect::sandbox::sample::PRODUCT,
        });
        fs::write(folder.path().join("config.json"), config.to_string()).unwrap();
        Self { sandbox, folder }
    }

    fn lock(&self) -> PathBuf {
        self.folder.path().join("job.lock")
    }

    fn start(&self) -> Child {
        example("cron")
            .arg(self.folder.path().join("config.json"))
            .arg(self.lock())
            .env("RUST_LOG", "info")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    fn approved(&self) -> usize {
        self.sandbox.all("requests").iter().filter(|order| order["status"] == "approved").count()
    }
}

fn until(what: &str, holds: impl Fn() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_secs(30), "in vain: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn end(child: Child) -> (Output, String, String) {
    let output = child.wait_with_output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    (output, out, err)
}

#[test]
fn of_two_processes_on_one_lock_exactly_one_works() {
    let job = Job::new(20);
    job.sandbox.fault(Fault::on("POST", "/requests/*/approve").delay(Duration::from_millis(50)).always());
    let ended = [job.start(), job.start()].map(end);
    assert!(ended.iter().all(|(output, ..)| output.status.success()), "{ended:?}");
    let (idle, busy): (Vec<_>, Vec<_>) = ended.iter().partition(|(_, out, _)| out.is_empty());
    assert_eq!((idle.len(), busy.len()), (1, 1), "{ended:?}");
    let why = format!("another run holds {}: nothing to do", job.lock().display());
    assert!(idle[0].2.contains(&why), "{}", idle[0].2);
    assert!(busy[0].1.contains("20 approved"), "{}", busy[0].1);
    assert_eq!((job.approved(), job.sandbox.effects().len()), (20, 20));
}

#[test]
fn a_holder_that_is_killed_frees_the_lock() {
    let job = Job::new(1);
    job.sandbox.fault(Fault::on("GET", "/requests").never_answer());
    let mut child = job.start();
    until("the run has begun", || !job.sandbox.journal().is_empty());
    assert!(Lock::try_acquire(job.lock()).unwrap().is_none());
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(Lock::try_acquire(job.lock()).unwrap().is_some());
    let (output, out, _) = end(job.start());
    assert!(output.status.success() && out.contains("1 approved"), "{out}");
}

#[test]
fn sigterm_ends_a_run_between_two_orders() {
    let job = Job::new(200);
    job.sandbox.fault(Fault::on("POST", "/requests/*/approve").delay(Duration::from_millis(30)).always());
    let child = job.start();
    until("some orders are approved", || job.approved() >= 3);
    let killed = Command::new("kill").arg(child.id().to_string()).status().unwrap();
    assert!(killed.success());
    let (output, out, _) = end(child);
    assert_eq!(output.status.code(), Some(0));
    let approved = job.approved();
    assert!((3..200).contains(&approved), "{approved}");
    assert!(out.contains(&format!("{approved} approved")) && out.contains("it was asked to stop"), "{out}");
    // The order in work was finished: each call was answered, none was left half done.
    assert!(job.sandbox.journal().iter().all(|call| call.status == 200));
    assert_eq!(job.sandbox.effects().len(), approved);
    assert!(Lock::try_acquire(job.lock()).unwrap().is_some());
}
