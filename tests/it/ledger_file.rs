//! The file as a job meets it: a dry run beside a running job, a file that is damaged, newer, or on a disk that is none.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::SystemTime;

use connect::sandbox::{Sandbox, sample};
use connect::{Approval, Certainty, Error, Ledger, LedgerErrorKind, Options};

use crate::support::job::{Job, approve, down, job};
use crate::support::{TEMPLATE, one_order, one_try, routes};

/// Name, content and time of each file in a folder.
fn files(folder: &Path) -> BTreeMap<String, (Vec<u8>, SystemTime)> {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    entries
        // Readers and writers share it; it is no part of what is stored.
        .filter(|entry| !entry.file_name().to_string_lossy().ends_with("-shm"))
        .map(|entry| {
            let time = entry.metadata().unwrap().modified().unwrap();
            (entry.file_name().into_string().unwrap(), (fs::read(entry.path()).unwrap(), time))
        })
        .collect()
}

fn two_orders() -> Job {
    let sandbox = one_order();
    let mut younger = sample::request("PR-9000-0000-0001-001");
    younger["asset"]["id"] = "AS-9".into();
    younger["created"] = "2025-01-01T00:00:00+00:00".into();
    sandbox.insert("requests", younger);
    job(sandbox)
}

#[test]
fn a_dry_run_beside_a_running_job_reads_and_writes_nothing() {
    let job = two_orders();
    drop(job.run(Options::new(), |ledger, request| job.both(ledger, request, down(ledger, request))));
    let mut dry_runs = 0;
    let report = job.run(Options::new(), |ledger, request| {
        let calls = job.sandbox.journal().len();
        let before = files(job.folder.path());
        let report = job.run(Options::new().dry_run(true), |ledger, request| {
            let work = ledger.work(request);
            let tenant: String = work.step("tenant").run(|_| unreachable!())?;
            assert!(tenant.starts_with("T-"), "{tenant}");
            let _: String = work.step("licence").run(|_| unreachable!())?;
            let _: String = work.step("mail").stand_in("M-?".into()).run(|_| unreachable!())?;
            Ok(Approval::template(TEMPLATE))
        });
        dry_runs += 1;
        let planned = report.iter().filter(|outcome| outcome.certainty == Certainty::Planned).count();
        assert_eq!(u64::try_from(planned), Ok(report.handled()), "{report}");
        assert!(report.to_string().contains("after the steps mail: template"), "{report}");
        assert_eq!(files(job.folder.path()), before);
        let made = routes(&job.sandbox).split_off(calls);
        assert!(made.iter().all(|call| call.starts_with("GET ")), "{made:?}");
        approve(ledger, request)
    });
    assert_eq!((report.approved(), dry_runs), (2, 2), "{report}");
}

#[test]
fn a_dry_run_does_not_look_up_what_no_list_has() {
    let job = two_orders();
    drop(job.run(Options::new(), |ledger, request| job.both(ledger, request, down(ledger, request))));
    for order in job.sandbox.all("requests") {
        job.sandbox.update("requests", order["id"].as_str().unwrap(), |order| {
            order["status"] = "tiers_setup".into();
        });
    }
    job.sandbox.take_journal();
    let report = job.run_idle(Options::new().dry_run(true));
    assert!(report.error().is_none() && report.exit_code() == 0, "{report}");
    assert!(job.sandbox.take_journal().iter().all(|call| !call.path.contains("in(id,")));
}

#[test]
fn a_dry_run_without_a_file_makes_none() {
    let job = two_orders();
    let report = job.run(Options::new().dry_run(true), approve);
    assert_eq!((report.approved(), files(job.folder.path()).len()), (2, 0), "{report}");
}

#[track_caller]
fn refused<T: std::fmt::Debug>(result: connect::Result<T>, kind: LedgerErrorKind, text: &str) {
    match result {
        Err(Error::Ledger(error)) => {
            assert_eq!(error.kind(), kind, "{error}");
            assert!(error.to_string().contains(text), "{error}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_damaged_file_is_an_error_that_says_what_to_do_and_never_a_new_start() {
    let job = two_orders();
    drop(job.run(Options::new(), |ledger, request| job.both(ledger, request, down(ledger, request))));
    let whole = fs::read(job.path()).unwrap();
    // Each page but the first holds something else.
    let damaged: Vec<u8> =
        whole.iter().enumerate().map(|(at, byte)| if at < 4096 { *byte } else { 0xa5 }).collect();
    fs::write(job.path(), &damaged).unwrap();
    let result = Ledger::open(job.path()).and_then(|ledger| {
        let options = Options::new().ledger(&ledger);
        one_try(&job.sandbox).fulfillment().process_with(options, |_| panic!("it begins anew"))
    });
    refused(result, LedgerErrorKind::Damaged, "put back a copy that is whole, or move it away to begin anew");
    assert_eq!(fs::read(job.path()).unwrap(), damaged);
    // As the text says.
    fs::write(job.path(), &whole).unwrap();
    let made = job.vendor.calls().len();
    let report =
        job.run(Options::new(), |ledger, request| job.both(ledger, request, approve(ledger, request)));
    assert_eq!((report.approved(), made, job.vendor.calls().len()), (2, 4, 0), "{report}");
}

#[test]
fn a_file_of_a_newer_format_is_refused() {
    let job = two_orders();
    drop(job.run(Options::new(), down));
    let mut file = fs::read(job.path()).unwrap();
    // The user version in the header, as SQLite documents it.
    file[60..64].copy_from_slice(&2_u32.to_be_bytes());
    fs::write(job.path(), &file).unwrap();
    refused(Ledger::open(job.path()), LedgerErrorKind::Newer, "has format 2");
    assert_eq!(fs::read(job.path()).unwrap(), file);
}

#[test]
fn a_folder_that_cannot_be_written_is_an_error_before_anything_is_done() {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.add_requests(1, |_, _| {});
    // Nobody may make files there, the super-user neither.
    let ledger = Ledger::open("/proc/ledger.db").unwrap();
    let run = one_try(&sandbox).fulfillment().process_with(Options::new().ledger(&ledger), |_| panic!());
    refused(run, LedgerErrorKind::Unusable, "the ledger /proc/ledger.db cannot be taken for a run");
    assert_eq!(sandbox.journal().len(), 0);
    // A dry run needs no more than to read.
    let options = Options::new().ledger(&ledger).dry_run(true);
    let report = one_try(&sandbox).fulfillment().process_with(options, |_| Ok(Approval::template(TEMPLATE)));
    assert_eq!(report.unwrap().approved(), 1);
}

#[cfg(unix)]
#[test]
fn the_file_and_its_log_are_read_by_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let job = two_orders();
    let report = job.run(Options::new(), |ledger, request| {
        let answer = job.both(ledger, request, approve(ledger, request));
        for name in ["ledger.db", "ledger.db-wal", "ledger.db-shm"] {
            let mode = fs::metadata(job.folder.path().join(name)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
        answer
    });
    assert_eq!(report.approved(), 2, "{report}");
}

#[test]
fn a_step_costs_two_commits_and_an_order_without_steps_none() {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.add_requests(20, |_, _| {});
    let job = job(sandbox);
    drop(job.run(Options::new().max(1), approve));
    // Each commit ends in a frame of the log that holds the size of the file, as SQLite documents it.
    let commits = |job: &Job| {
        let log = fs::read(job.folder.path().join("ledger.db-wal")).unwrap_or_default();
        log.get(32..).unwrap_or_default().chunks(24 + 4096).filter(|frame| frame[4..8] != [0; 4]).count()
    };
    let mut before = 0;
    drop(job.run(Options::new().max(1), |ledger, request| {
        before = commits(&job);
        approve(ledger, request)
    }));
    assert_eq!(before, 0);
    let mut after = Vec::new();
    drop(job.run(Options::new().max(3), |ledger, request| {
        after.push(commits(&job));
        let answer = job.both(ledger, request, approve(ledger, request));
        after.push(commits(&job));
        answer
    }));
    let steps: Vec<_> = after.chunks(2).map(|pair| pair[1] - pair[0]).collect();
    assert_eq!(steps, [4, 4, 4], "two steps: {after:?}");
    assert!(after[2] - after[1] == 1 && after[4] - after[3] == 1, "and its end: {after:?}");
}

#[test]
fn without_the_feature_there_is_no_crate_of_a_database() {
    let tree = |features: &[&str]| {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let tree = ["tree", "--quiet", "--offline", "--edges", "normal,build", "--prefix", "none"];
        let out = std::process::Command::new(cargo).args(tree).args(features).output().unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).unwrap()
    };
    for features in [&[][..], &["--features", "sandbox"]] {
        let crates = tree(features);
        assert!(crates.contains("ureq v") && !crates.contains("sqlite"), "{crates}");
    }
    assert!(tree(&["--features", "ledger"]).contains("rusqlite v"));
}
