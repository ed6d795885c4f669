//! What cron mails: what changed since it was last told, and nothing else.

use std::io::Read as _;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use connect::ledger::Attempts;
use connect::models::Request;
use connect::sandbox::{Fault, Sandbox};
use connect::{Action, Approval, Ledger, Options};

use crate::support::job::{DAY, HOUR, Job, MINUTE, approve, down, job, of_this_process};
use crate::support::{ORDER, one_order, one_try};

fn other(_: &Ledger, _: &Request) -> Result<Approval, Action> {
    Err(Action::error("the licence server is down"))
}

fn once() -> Options<'static> {
    Options::new().attempts(Attempts::new(1))
}

#[test]
fn a_first_error_is_told_and_the_same_error_is_silent() {
    let mut job = job(one_order());
    let line = format!("{ORDER} errored: ERP is down\n");
    assert!(job.news(Options::new(), down).0.ends_with(&line));
    for _ in 0..3 {
        job.wait(MINUTE);
        assert_eq!(job.news(Options::new(), down), (String::new(), 0));
    }
    assert_eq!(job.news(Options::new(), other), (line.replace("ERP", "the licence server"), 1));
    assert_eq!(job.news(Options::new(), other), (String::new(), 0));
    let (recovered, exit) = job.news(Options::new(), approve);
    assert!(recovered.starts_with(&format!("{ORDER} approved: ")), "{recovered}");
    assert_eq!((exit, job.news(Options::new(), approve)), (0, (String::new(), 0)));
}

/// An order whose approval is lost after it was carried out, and whose look-up by id fails as well.
fn lost_until_the_end() -> Job {
    let job = job(one_order());
    job.sandbox.fault(Fault::on("POST", "/requests/*/approve").reset().after_effect());
    job.sandbox.fault(Fault::on("GET", "/requests/*").status(500).always());
    job
}

/// The news of a first run, but for the one that its ledger is new.
fn first_news(job: &Job, decide: impl FnMut(&Ledger, &Request) -> Result<Approval, Action>) -> (String, u8) {
    let (told, exit) = job.news(Options::new(), decide);
    (told.split_once('\n').unwrap().1.to_owned(), exit)
}

#[test]
fn an_approval_that_is_found_at_the_end_of_the_run_is_told_as_one_and_no_error() {
    let job = lost_until_the_end();
    let (told, exit) = first_news(&job, approve);
    assert!(told.starts_with(&format!("{ORDER} approved (observed: the answer was lost)")), "{told}");
    assert_eq!((told.lines().count(), exit), (1, 0), "{told}");
    assert_eq!(job.news(Options::new(), approve), (String::new(), 0));
}

#[test]
fn a_decision_of_others_that_is_found_at_the_end_of_the_run_is_told_once() {
    let job = lost_until_the_end();
    job.sandbox.clear_faults();
    job.sandbox.fault(Fault::on("POST", "/requests/*/approve").reset());
    job.sandbox.fault(Fault::on("GET", "/requests/*").status(500).always());
    let (told, exit) = first_news(&job, |ledger, request| {
        job.others_fail(ORDER);
        approve(ledger, request)
    });
    assert!(told.contains("failed") && !told.contains("not known"), "{told}");
    assert_eq!((told.lines().count(), exit), (1, 1), "{told}");
}

#[test]
fn what_the_end_of_the_run_cannot_find_out_is_told_as_unknown() {
    let job = lost_until_the_end();
    job.sandbox.fault(Fault::on("GET", "/requests").skip(2).status(500).always());
    let (told, exit) = first_news(&job, approve);
    assert!(told.starts_with(&format!("{ORDER} errored (what became of it is not known)")), "{told}");
    assert_eq!((told.lines().count(), exit), (1, 1), "{told}");
}

#[test]
fn a_message_that_is_found_at_the_end_of_the_run_is_no_warning_in_the_news() {
    let job = job(one_order());
    job.sandbox.fault(Fault::on("POST", "/conversations/*/messages").reset().after_effect());
    job.sandbox.fault(Fault::on("GET", "/conversations/*/messages").status(500));
    let (told, exit) = first_news(&job, approve);
    assert!(told.starts_with(&format!("{ORDER} approved: ")), "{told}");
    assert!(!told.contains("warning"), "{told}");
    assert_eq!((told.lines().count(), exit), (1, 0), "{told}");
}

#[test]
fn what_differs_by_numbers_alone_is_the_same_error() {
    let job = job(one_order());
    let mut number = 0;
    let mut err = |_: &Ledger, _: &Request| -> Result<Approval, Action> {
        number += 1;
        Err(Action::error(format!("request {number}-{number} of ERP-1{number} timed out")))
    };
    assert_eq!(job.news(Options::new(), &mut err).1, 1);
    assert_eq!(job.news(Options::new(), &mut err), (String::new(), 0));
}

#[test]
fn an_order_that_always_errs_is_told_twice_in_a_month_the_error_and_the_death() {
    let mut job = job(one_order());
    let mut told = Vec::new();
    for _ in 0..30 * 8 {
        let (news, exit) = job.news(Options::new().attempts(Attempts::new(12)), down);
        if !news.is_empty() {
            told.push((news, exit));
        }
        job.wait(3 * HOUR);
    }
    let error = format!("{ORDER} errored: ERP is down");
    let first = format!("the ledger is new: it does not know what was done before\n{error}\n");
    let last = format!("{error}; warning: attempt 12 was the last one: it is not tried any more\n");
    assert_eq!(told, [(first, 1), (last, 1)]);
}

#[test]
fn equal_news_of_many_orders_is_one_line_with_a_count() {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.add_requests(40, |_, _| {});
    let job = job(sandbox);
    let (news, exit) = job.news(Options::new(), |ledger, request| match &*request.id {
        "PR-1000-0007-0001-001" => other(ledger, request),
        id => Err(Action::error(format!("{id}: ERP is down"))),
    });
    let lines: Vec<_> = news.lines().skip(1).collect();
    let named: Vec<_> =
        (1..=11).filter(|n| *n != 7).map(|number| format!("PR-1000-{number:04}-0001-001")).collect();
    let expected = [
        format!(
            "PR-1000-0000-0001-001 errored: PR-1000-0000-0001-001: ERP is down (and 38 more alike: {}, and 28 more)",
            named.join(", ")
        ),
        "PR-1000-0007-0001-001 errored: the licence server is down".to_owned(),
    ];
    assert_eq!((lines, exit), (expected.iter().map(String::as_str).collect(), 1));
    assert_eq!(
        job.news(Options::new(), |_, request| Err(Action::error(format!("{}: ERP is down", request.id))))
            .0
            .lines()
            .count(),
        1
    );
}

#[test]
fn the_others_of_some_equal_news_are_named() {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.add_requests(3, |_, _| {});
    let (news, _) = job(sandbox).news(Options::new(), down);
    let line = "PR-1000-0000-0001-001 errored: ERP is down (and 2 more alike: PR-1000-0001-0001-001, PR-1000-0002-0001-001)";
    assert_eq!(news.lines().nth(1), Some(line));
}

#[test]
fn a_reminder_is_told_where_it_is_asked_for() {
    let mut job = job(one_order());
    let again = || once().tell_again(DAY);
    assert_eq!(job.news(again(), down).1, 1);
    let mut told = Vec::new();
    for hour in 0..72 {
        let (news, _) = job.news(again(), |_, _| unreachable!());
        if !news.is_empty() {
            told.push((hour, news));
        }
        job.wait(HOUR);
    }
    let line = format!("{ORDER} is dead: ERP is down\n");
    assert_eq!(told, [(24, line.clone()), (48, line)]);
    for _ in 0..5 {
        assert_eq!(job.news(once(), |_, _| unreachable!()), (String::new(), 0));
        job.wait(DAY);
    }
}

#[test]
fn an_order_that_is_put_off_is_told_once_and_again_where_that_is_asked_for() {
    let mut job = job(one_order());
    let later = |_: &Ledger, _: &Request| Err(Action::later(5 * DAY, "the bank is closed"));
    let options = || Options::new().tell_again(2 * DAY);
    let (news, exit) = job.news(options(), later);
    assert!(news.ends_with(&format!("{ORDER} later: the bank is closed\n")), "{news}");
    assert_eq!(exit, 0);
    let mut told = Vec::new();
    for day in 1..=4 {
        job.wait(DAY);
        told.push((day, job.news(options(), later).0));
    }
    let reminder = format!("{ORDER} is still put off\n");
    assert_eq!(told, [(1, String::new()), (2, reminder.clone()), (3, String::new()), (4, reminder)]);
}

#[test]
fn an_order_that_is_skipped_is_no_news() {
    let job = job(one_order());
    let skip = |_: &Ledger, _: &Request| Err(Action::skip());
    drop(job.run(Options::new(), skip));
    for _ in 0..2 {
        assert_eq!(job.news(Options::new(), skip), (String::new(), 0));
    }
}

#[test]
fn of_an_order_that_waits_for_its_next_attempt_nobody_is_reminded() {
    let mut job = job(one_order());
    let options = || Options::new().attempts(Attempts::new(12).first(HOUR)).tell_again(10 * MINUTE);
    assert_eq!(job.news(options(), down).1, 1);
    job.wait(30 * MINUTE);
    assert_eq!(job.news(options(), |_, _| unreachable!()), (String::new(), 0));
}

#[test]
fn a_corrected_order_that_errs_again_is_news() {
    let job = job(one_order());
    assert_eq!(job.news(once(), down).1, 1);
    assert_eq!(job.news(once(), down), (String::new(), 0));
    job.sandbox
        .update("requests", ORDER, |order| order["asset"]["params"][0]["value"] = "new@example.com".into());
    assert_eq!(job.news(once(), down).1, 1);
    // And so is one that a person revived.
    assert!(job.ledger().revive(ORDER, "jo: it should work now").unwrap());
    assert_eq!(job.news(once(), down).1, 1);
}

#[test]
fn a_death_that_nobody_was_told_of_is_told_by_the_next_run() {
    let job = job(one_order());
    // The run was killed before it printed.
    drop(job.run(once(), down));
    let line = format!("{ORDER} is dead: ERP is down\n");
    assert_eq!(job.news(once(), |_, _| unreachable!()), (line, 1));
    assert_eq!(job.news(once(), |_, _| unreachable!()), (String::new(), 0));
}

#[test]
fn a_platform_that_ends_the_run_is_told_every_time() {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.add_requests(5, |_, _| {});
    let job = job(sandbox);
    job.sandbox.fault(Fault::on("POST", "/requests/*/approve").status(403).always());
    for run in 0..3 {
        let (news, exit) = job.news(Options::new(), approve);
        assert!(news.contains("the run ended early: "), "{news}");
        assert_eq!((exit, news.lines().count() == 1), (1, run > 0), "{news}");
    }
}

#[test]
fn a_run_without_a_ledger_tells_all_that_it_lists_every_time() {
    let job = job(one_order());
    for _ in 0..2 {
        let down = |_: &Request| Err(Action::error("ERP is down"));
        let report = one_try(&job.sandbox).fulfillment().process_with(Options::new(), down).unwrap();
        assert_eq!(report.news_text(), format!("{ORDER} errored: ERP is down\n"));
        assert_eq!(report.print_news(&job.ledger()), 1);
    }
}

#[test]
fn a_dry_run_tells_and_remembers_nothing() {
    let job = job(one_order());
    drop(job.run(once(), down));
    let dry = || Options::new().dry_run(true).attempts(Attempts::new(1));
    let told = job.news(dry(), |_, _| unreachable!());
    assert_eq!(job.news(dry(), |_, _| unreachable!()), told);
    assert_eq!(job.entry().told, None);
}

const GONE: &str = "CONNECT_TEST_READER_GONE";

/// One run that errs and prints its news, once the reader of its output is gone where that is said.
#[test]
#[ignore = "started by the others"]
fn worker() {
    let Some((connect, ledger)) = of_this_process(|config| config) else { return };
    if let Some(gone) = std::env::var_os(GONE).map(PathBuf::from) {
        while !gone.exists() {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
    let options = Options::new().ledger(&ledger);
    let report = connect.fulfillment().process_with(options, |request| down(&ledger, request)).unwrap();
    std::process::exit(i32::from(report.print_news(&ledger)));
}

#[test]
fn what_could_not_be_written_is_told_by_the_next_run() {
    let job = job(one_order());
    for run in 0..2 {
        let gone = job.folder.path().join(format!("gone {run}"));
        let mut worker =
            job.process("ledger_news::worker").env(GONE, &gone).stdout(Stdio::piped()).spawn().unwrap();
        // What the test harness prints first.
        let mut out = worker.stdout.take().unwrap();
        out.read_exact(&mut [0; 8]).unwrap();
        drop(out);
        std::fs::write(gone, "").unwrap();
        assert_eq!((worker.wait().unwrap().code(), job.entry().told), (Some(1), None));
    }
    let run = || job.process("ledger_news::worker").status().unwrap().code();
    assert_eq!(run(), Some(1));
    assert!(job.entry().told.unwrap().contains("ERP is down"));
    assert_eq!(run(), Some(0));
}
