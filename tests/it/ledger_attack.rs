//! The ledger's file under attack: a process that is killed at any moment, a disk that is full.
//!
//! The worker is this test binary itself, started again. What it says was recorded must be there.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use connect::ledger::Ledger;
use connect::models::Request;
use connect::sandbox::Sandbox;
use connect::{Approval, LedgerError, LedgerErrorKind, Options, Verdict};

use crate::support::job::{job, of_this_process};
use crate::support::{TEMPLATE, status};

fn request(number: usize) -> Request {
    let mut request = Request::default();
    request.id = format!("PR-{number}");
    request
}

/// Runs one step for each of many orders, and says so: "began N" within the step, "done N" after it.
#[test]
#[ignore = "started by the others"]
fn worker() {
    let ledger = Ledger::open(std::env::var_os("CONNECT_TEST_LEDGER").unwrap()).unwrap();
    let mut out = std::io::stdout();
    for number in 0.. {
        let work_of = request(number);
        let work = ledger.work(&work_of);
        let step = work.step::<String>("tenant").input(number).run(|key| {
            writeln!(std::io::stdout(), "began {number}").unwrap();
            Ok(format!("{key} {}", "x".repeat(200)))
        });
        match step {
            Ok(_) => writeln!(out, "done {number}").unwrap(),
            Err(error) => {
                writeln!(out, "refused {number}: {:?}: {error:#}", kind(&error)).unwrap();
                return;
            }
        }
    }
}

fn kind(error: &anyhow::Error) -> LedgerErrorKind {
    error.downcast_ref::<LedgerError>().unwrap().kind()
}

fn start(ledger: &Path, limit: Option<u32>) -> Child {
    let limit = limit.map(|blocks| format!("trap '' XFSZ; ulimit -f {blocks}; ")).unwrap_or_default();
    let script = format!("{limit}exec \"$0\" ledger_attack::worker --exact --ignored --nocapture");
    Command::new("sh")
        .args(["-c", &script])
        .arg(std::env::current_exe().unwrap())
        .env("CONNECT_TEST_LEDGER", ledger)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// What was acknowledged: numbers of orders whose step began, and whose step was done.
fn acknowledged(out: &str) -> (Vec<usize>, Vec<usize>) {
    let numbers = |word: &str| {
        let lines = out.lines().filter_map(|line| line.split_once(word)?.1.parse().ok());
        lines.collect()
    };
    (numbers("began "), numbers("done "))
}

/// Everything that was acknowledged is there, and nothing is run twice that was done.
fn check(ledger: &Path, out: &str) {
    let (began, done) = acknowledged(out);
    let ledger = Ledger::open(ledger).unwrap();
    for number in done {
        let subject = request(number);
        let work = ledger.work(&subject);
        let value: String =
            work.step("tenant").input(number).run(|_| panic!("{number} is run again")).unwrap();
        assert!(value.starts_with(&format!("PR-{number}:tenant:1 ")), "{value}");
    }
    if let Some(&number) = began.last() {
        let subject = request(number);
        // With another input, a step that was begun is refused: so it is recorded.
        let step = ledger.work(&subject);
        let error = step
            .step::<String>("tenant")
            .input("other")
            .run(|_| panic!("{number} is not recorded"))
            .unwrap_err();
        assert_eq!(kind(&error), LedgerErrorKind::Step, "{error}");
    }
}

#[test]
fn what_was_acknowledged_survives_a_kill_at_any_moment() {
    let kills: u64 = std::env::var("CONNECT_TEST_KILLS").map_or(25, |kills| kills.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let mut acknowledged_steps = 0;
    for kill in 0..kills {
        let path = folder.path().join(format!("{kill}.db"));
        let mut worker = start(&path, None);
        let mut out = BufReader::new(worker.stdout.take().unwrap());
        let mut said = String::new();
        // Some are killed while they make the file.
        if kill % 5 > 0 {
            while !said.contains("began 0") && out.read_line(&mut said).unwrap() > 0 {}
        }
        std::thread::sleep(Duration::from_micros(kill.wrapping_mul(2_654_435_761) % 15_000));
        worker.kill().unwrap();
        worker.wait().unwrap();
        out.read_to_string(&mut said).unwrap();
        acknowledged_steps += acknowledged(&said).1.len();
        check(&path, &said);
    }
    assert!(acknowledged_steps > 0, "every worker was killed before it did anything");
}

/// Approves every order after a step, and says "ended ID" once a decision is recorded.
#[test]
#[ignore = "started by the next one"]
fn approver() {
    let Some((connect, ledger)) = of_this_process(|config| config) else { return };
    let options = Options::new().ledger(&ledger).observer(|outcome| {
        // Not the order that the process before was killed with.
        if outcome.verdict == Verdict::Approved {
            writeln!(std::io::stdout(), "ended {}", outcome.id).unwrap();
        }
    });
    let report = connect.fulfillment().process_with(options, |request| {
        let _: String = ledger.work(request).step("tenant").run(|key| Ok(key.to_owned()))?;
        Ok(Approval::template(TEMPLATE))
    });
    drop(report.unwrap());
}

#[test]
fn an_end_that_was_acknowledged_survives_a_kill_at_any_moment() {
    let kills: u64 = std::env::var("CONNECT_TEST_KILLS").map_or(10, |kills| kills.parse().unwrap());
    let mut ended = 0;
    for sandbox in 0..kills.div_ceil(10) {
        let job = job(Sandbox::empty().unwrap());
        job.sandbox.add_requests(100, |_, _| {});
        for kill in 0..10 {
            let mut worker = job.process("ledger_attack::approver").stdout(Stdio::piped()).spawn().unwrap();
            let mut out = BufReader::new(worker.stdout.take().unwrap());
            let mut said = String::new();
            while !said.contains("ended ") && out.read_line(&mut said).unwrap() > 0 {}
            let moment = (10 * sandbox + kill).wrapping_mul(2_654_435_761) % 15_000;
            std::thread::sleep(Duration::from_micros(moment));
            worker.kill().unwrap();
            worker.wait().unwrap();
            out.read_to_string(&mut said).unwrap();
            for id in said.lines().filter_map(|line| line.strip_prefix("ended ")) {
                ended += 1;
                let (entry, steps) = job.read(id).unwrap();
                assert_eq!((entry.state.as_deref(), steps.len()), (Some("approved"), 1), "{id}");
                assert_eq!(status(&job.sandbox, id), "approved");
            }
        }
    }
    assert!(ended > 0, "every worker was killed before it decided");
}

#[test]
fn a_full_disk_ends_the_work_and_loses_nothing_and_work_goes_on_once_it_is_freed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let worker = start(&path, Some(256)).wait_with_output().unwrap();
    let said = String::from_utf8(worker.stdout).unwrap();
    let (_, done) = acknowledged(&said);
    assert!(!done.is_empty(), "{said}\n{}", String::from_utf8_lossy(&worker.stderr));
    let refused = said.lines().find(|line| line.contains("refused ")).unwrap_or_else(|| panic!("{said}"));
    assert!(refused.contains("Full") || refused.contains("Unusable"), "{refused}");
    check(&path, &said);
    // Without the limit, the next run takes up where this one ended.
    let ledger = Ledger::open(&path).unwrap();
    let next = request(1_000_000);
    let work = ledger.work(&next);
    work.step::<String>("tenant").run(|key| Ok(key.to_owned())).unwrap();
}
