//! When an order is tried again, in which order, and whose fault an error is.

use connect::ledger::{Attempts, Entry, Which};
use connect::models::Request;
use connect::sandbox::{Fault, Sandbox, sample};
use connect::{Action, Approval, Ledger, Options, Verdict};

use crate::support::job::{DAY, HOUR, Job, MINUTE, approve, down, job, of_this_process, orders};
use crate::support::{ORDER, TALK, TEMPLATE, add_orders, one_order, one_try, only, status};

fn id(number: usize) -> String {
    format!("PR-1000-{number:04}-0001-001")
}

fn twelve() -> Options<'static> {
    Options::new().attempts(Attempts::new(12))
}

fn dead(job: &Job) -> usize {
    job.ledger().dead().unwrap().len()
}

#[test]
fn an_order_that_comes_back_from_another_state_is_due_at_once_with_attempts_at_zero() {
    let mut job = job(one_order());
    let once = || Options::new().attempts(Attempts::new(1));
    drop(job.run(once(), down));
    job.wait(2 * HOUR);
    assert_eq!(job.run_idle(once()).dead(), 1);
    // Somebody asks the customer, who answers with the same values.
    job.sandbox
        .act(|others| others.call("POST", &format!("/requests/{ORDER}/inquire"), &serde_json::json!({})))
        .unwrap();
    drop(job.run_idle(once()));
    job.sandbox
        .act(|others| others.call("POST", &format!("/requests/{ORDER}/pend"), &serde_json::Value::Null))
        .unwrap();
    let report = job.run(once(), approve);
    assert_eq!(report.approved(), 1, "{report}");
}

#[test]
fn an_order_whose_customer_was_asked_begins_without_attempts() {
    let mut job = job(one_order());
    let twice = || Options::new().attempts(Attempts::new(2));
    let ask = |_: &Ledger, _: &Request| Err(Action::inquire([]).with_message("Which address?"));
    drop(job.run(twice(), |ledger, request| job.both(ledger, request, down(ledger, request))));
    job.wait(HOUR);
    assert_eq!(job.run(twice(), ask).inquired(), 1);
    let entry = job.entry();
    assert_eq!((entry.attempts, entry.due, entry.error, entry.erred), (0, None, None, None));
    assert_eq!(entry.ended, None);
    job.sandbox
        .act(|others| others.call("POST", &format!("/requests/{ORDER}/pend"), &serde_json::Value::Null))
        .unwrap();
    let report = job.run(twice(), |ledger, request| job.both(ledger, request, down(ledger, request)));
    assert_eq!((report.errored(), dead(&job), job.entry().attempts), (1, 0, 1), "{report}");
    assert_eq!(job.vendor.calls().len(), 2, "its steps are done");
}

#[test]
fn an_order_whose_customer_is_asked_after_its_first_steps_is_known_to_wait_for_him() {
    let job = job(one_order());
    drop(job.run(Options::new(), |ledger, request| job.both(ledger, request, Err(Action::inquire([])))));
    assert_eq!(job.entry().state.as_deref(), Some("inquiring"));
}

#[test]
fn of_an_order_whose_customer_was_asked_at_once_nothing_is_remembered() {
    let job = job(one_order());
    let ask = |_: &Ledger, _: &Request| Err(Action::inquire([]).with_message("Which address?"));
    assert_eq!(job.run(Options::new(), |_, _| Err(Action::skip())).skipped(), 1);
    assert_eq!(job.read(ORDER), None, "nor where it was skipped");
    assert_eq!(job.run(Options::new(), ask).inquired(), 1);
    assert_eq!(job.read(ORDER), None);
}

#[test]
fn an_order_whose_customer_was_asked_is_put_off_no_more() {
    let mut job = job(one_order());
    drop(job.run(Options::new(), |_, _| Err(Action::later(HOUR, "the bank is closed"))));
    job.wait(HOUR);
    drop(job.run(Options::new(), |_, _| Err(Action::inquire([]))));
    assert_eq!((job.entry().later, job.entry().due), (None, None));
}

#[test]
fn an_outage_that_no_order_can_try_any_more_is_told_to_be_over() {
    let mut job = orders(12);
    drop(job.news(twelve(), down));
    for order in job.sandbox.all("requests") {
        job.others_approve(order["id"].as_str().unwrap());
    }
    let mut over = 0;
    for _ in 0..3 {
        job.wait(HOUR);
        let (news, _) = job.news(twelve(), |_, _| unreachable!());
        over += news.matches("is over: ERP is down").count();
    }
    assert_eq!(over, 1);
}

#[test]
fn only_an_order_that_stays_dead_gets_its_note_when_an_outage_gives_attempts_back() {
    let sandbox = Sandbox::empty().unwrap();
    add_orders(&sandbox, 12);
    let job = job(sandbox);
    let report = job.run(Options::new().attempts(Attempts::new(1).private_note()), |ledger, request| {
        if request.id == id(0) { Err(Action::error("no such plan")) } else { down(ledger, request) }
    });
    assert_eq!(dead(&job), 1, "{report}");
    let calls = job.sandbox.take_journal();
    let notes: Vec<_> = calls.iter().filter(|call| call.method == "POST").map(|call| &call.path).collect();
    assert_eq!(notes, ["/conversations/CO-1000-0000-0001-001/messages"]);
}

#[test]
fn an_error_of_a_dry_run_or_of_a_listing_is_no_attempt() {
    let job = job(Sandbox::start().unwrap());
    let once = || Options::new().attempts(Attempts::new(1));
    let report = job.run(once().dry_run(true), down);
    assert!(report.errored() > 0 && report.iter().all(|outcome| outcome.warnings.is_empty()), "{report}");
    let (ledger, connect) = (job.ledger(), one_try(&job.sandbox));
    for _ in 0..2 {
        let options = once().ledger(&ledger);
        let report = connect.usage().process_listings_with(options, |_| anyhow::bail!("no meter")).unwrap();
        assert!(report.errored() > 0 && report.iter().all(|outcome| outcome.warnings.is_empty()), "{report}");
    }
}

#[test]
fn an_order_that_its_customer_changes_while_it_is_put_off_is_due_at_once() {
    let mut job = job(one_order());
    let later = |_: &Ledger, _: &Request| Err(Action::later(DAY, "the bank is closed"));
    drop(job.run(Options::new(), later));
    job.wait(MINUTE);
    assert_eq!(job.run_idle(Options::new()).waiting(), 1);
    job.sandbox.update("requests", ORDER, |order| order["asset"]["items"][0]["quantity"] = "77".into());
    assert_eq!(job.run(Options::new(), approve).approved(), 1);
}

#[test]
fn an_order_that_is_put_off_for_more_than_a_week_is_an_error_and_dies_of_it() {
    let mut job = job(one_order());
    let mut errors = 0;
    for _ in 0..40 {
        let options = Options::new().attempts(Attempts::new(3));
        let report = job.run(options, |_, _| Err(Action::later(HOUR, "the bank is closed")));
        errors += report.errored();
        for outcome in report.iter().filter(|outcome| outcome.error.is_some()) {
            let text = outcome.to_string();
            assert!(text.contains("put off for more than 7 days: the bank is closed"), "{text}");
        }
        job.wait(DAY);
    }
    assert_eq!((errors, dead(&job)), (3, 1));
}

#[test]
fn fresh_orders_come_first_and_every_fifth_handled_is_a_retry() {
    let mut job = orders(20);
    let is_bad = |request: &Request| request.id < id(10);
    let decide = |ledger: &Ledger, request: &Request| {
        if is_bad(request) { down(ledger, request) } else { approve(ledger, request) }
    };
    // Without a bound, so that no outage is seen.
    assert_eq!(job.run(Options::new().max(10), decide).errored(), 10);
    job.wait(HOUR);
    let mut seen = Vec::new();
    drop(job.run(Options::new(), |ledger, request| {
        seen.push(is_bad(request));
        decide(ledger, request)
    }));
    let expected: Vec<_> = [[false, false, false, false, true]; 2].concat();
    assert_eq!(seen[..10], expected, "four fresh ones, and one that was tried before");
    assert_eq!(seen.iter().filter(|bad| **bad).count(), 10);
}

#[test]
fn ten_bad_orders_at_the_head_delay_no_other_beyond_the_next_run() {
    let mut job = orders(10);
    let decide = |ledger: &Ledger, request: &Request| {
        if request.id < id(10) { down(ledger, request) } else { approve(ledger, request) }
    };
    // The deadline lets five run.
    for run in 0..40 {
        let younger = id(100 + run);
        let mut order = sample::request(&younger);
        order["asset"]["id"] = format!("AS-{run}").into();
        order["created"] = format!("2025-01-01T00:{run:02}:00+00:00").into();
        job.sandbox.insert("requests", order);
        let report = job.run(twelve().max(5), decide);
        // The first runs meet the bad ones, as fresh as the others and all alike.
        if run >= 4 {
            assert_eq!(status(&job.sandbox, &younger), "approved", "{run}: {report}");
        }
        job.wait(MINUTE);
    }
    for _ in 0..80 {
        drop(job.run(twelve().max(5), decide));
        job.wait(20 * MINUTE);
    }
    let left = job.sandbox.all("requests").iter().filter(|order| order["status"] == "pending").count();
    assert_eq!(left, 10);
}

#[test]
fn no_pause_is_longer_than_the_policy_s_longest_counted_from_now() {
    let mut job = job(one_order());
    drop(job.run(twelve(), down));
    job.now -= 7 * DAY;
    assert_eq!(job.run(twelve(), down).errored(), 1, "the clock was set back a week");
    job.wait(HOUR);
    assert_eq!(job.run(twelve(), approve).approved(), 1);
}

#[test]
fn a_dead_order_gets_a_note_that_only_our_side_reads() {
    let job = job(one_order());
    let options = Options::new().attempts(Attempts::new(1).private_note());
    drop(job.run(options, down));
    let [note] = &job.sandbox.messages(TALK)[..] else { panic!() };
    assert_eq!(note["text"], "Processing failed 1 times and has ended.");
    assert_eq!(note["type"], "private");
    assert_eq!(status(&job.sandbox, ORDER), "pending", "never a fail");
    let without = self::job(one_order());
    drop(without.run(Options::new().attempts(Attempts::new(1)), down));
    assert_eq!((dead(&without), without.sandbox.messages(TALK).len()), (1, 0));
}

#[test]
fn an_error_of_the_platform_is_dated_by_its_first_time() {
    let mut job = job(one_order());
    job.now = job.now.replace_nanosecond(0).unwrap();
    let start = job.now;
    let mut dated = Vec::new();
    for status in [500, 500, 503, 503] {
        job.sandbox.fault(Fault::on("PUT", "/requests/*").status(status));
        drop(job.run(Options::new(), |ledger, request| job.provision(ledger, request)));
        dated.push((job.entry().erred.unwrap() - start).whole_hours());
        job.wait(HOUR);
    }
    assert_eq!(dated, [0, 0, 2, 2]);
}

fn noting() -> Options<'static> {
    Options::new().attempts(Attempts::new(1).private_note())
}

/// A job whose only order has died, and the news of that.
fn died(job: Job) -> (Job, String) {
    let (news, exit) = job.news(noting(), down);
    assert_eq!(exit, 1);
    let told = format!(
        "{ORDER} errored: ERP is down; warning: attempt 1 was the last one: it is not tried any more"
    );
    let [_, death, note] = &news.lines().collect::<Vec<_>>()[..] else { panic!("{news}") };
    assert_eq!(*death, told);
    (job, (*note).to_owned())
}

#[test]
fn a_note_that_cannot_be_posted_is_news_once_and_is_posted_once_by_a_later_run() {
    let job = job(one_order());
    job.sandbox.fault(Fault::on("POST", "/conversations/*/messages").status(403).always());
    let (mut job, note) = died(job);
    let begin = format!("{ORDER}: its private note is not posted, and a later run tries it again: ");
    assert!(note.starts_with(&begin) && note.contains("403"), "{note}");
    for hour in 0..4 {
        job.wait(HOUR);
        if hour == 2 {
            job.sandbox.clear_faults();
        }
        assert_eq!(job.news(noting(), |_, _| unreachable!()), (String::new(), 0));
        assert_eq!(job.sandbox.messages(TALK).len(), usize::from(hour >= 2), "{hour}");
    }
    assert_eq!(job.sandbox.messages(TALK)[0]["type"], "private");
    assert_eq!(job.ledger().dead().unwrap().len(), 1, "it stays dead");
}

#[test]
fn a_note_that_was_posted_though_its_answer_was_lost_is_not_posted_again() {
    let job = job(one_order());
    job.sandbox.fault(Fault::on("POST", "/conversations/*/messages").reset().after_effect());
    job.sandbox.fault(Fault::on("GET", "/conversations/*/messages").skip(1).status(500).always());
    let (mut job, _) = died(job);
    job.sandbox.clear_faults();
    for _ in 0..2 {
        job.wait(HOUR);
        assert_eq!(job.news(noting(), |_, _| unreachable!()), (String::new(), 0));
        assert_eq!(job.sandbox.messages(TALK).len(), 1);
    }
}

#[test]
fn a_dead_order_without_a_conversation_is_told_once_and_not_looked_up_again() {
    let job = job(one_order());
    job.sandbox.update("conversations", TALK, |talk| talk["status"] = "closed".into());
    let (mut job, note) = died(job);
    assert_eq!(note, format!("{ORDER}: it has no open conversation, so its private note is not posted"));
    job.wait(DAY);
    job.sandbox.take_journal();
    assert_eq!(job.news(noting(), |_, _| unreachable!()), (String::new(), 0));
    assert!(job.sandbox.take_journal().iter().all(|call| !call.path.contains("conversations")));
}

#[test]
fn a_note_that_cannot_be_left_is_a_warning_of_the_run() {
    let job = job(one_order());
    job.sandbox.fault(Fault::on("POST", "/conversations/*/messages").status(400));
    let report = job.run(Options::new().attempts(Attempts::new(1).private_note()), down);
    assert!(report.warnings().iter().any(|warning| warning.starts_with(&format!("{ORDER}: "))), "{report}");
}

#[test]
fn a_platform_that_is_away_for_three_hours_costs_no_attempt() {
    let mut job = orders(30);
    job.sandbox.fault(Fault::on("POST", "/requests/*/approve").status(503).always());
    for _ in 0..36 {
        drop(job.run(twelve(), |ledger, request| job.provision(ledger, request)));
        job.wait(5 * MINUTE);
    }
    job.sandbox.clear_faults();
    let mut attempts = 0;
    job.ledger().store().each("requests", Which::All, &mut |entry| attempts += entry.attempts).unwrap();
    assert_eq!(attempts, 0);
    let report = job.run(twelve(), |ledger, request| job.provision(ledger, request));
    assert_eq!((report.approved(), job.vendor.there().len()), (30, 30), "{report}");
}

#[test]
fn what_failed_by_an_outage_is_remembered_with_its_error_and_without_an_attempt() {
    let job = orders(12);
    let report = job.run(twelve(), down);
    assert!((6..12).contains(&report.errored()), "{report}");
    let mut known = Vec::new();
    let each = &mut |entry: Entry| known.push((entry.attempts, entry.dead, entry.error));
    job.ledger().store().each("requests", Which::All, each).unwrap();
    assert_eq!(u64::try_from(known.len()), Ok(report.errored()));
    assert!(known.iter().all(|known| *known == (0, None, Some("ERP is down".into()))), "{known:?}");
}

#[test]
fn an_order_at_the_head_that_errs_by_the_words_of_an_outage_does_not_make_it_last() {
    let mut job = orders(12);
    for run in 0..30 {
        // By then all of them have come to it.
        let is_back = run >= 16;
        drop(job.run(twelve(), |ledger, request| {
            if is_back && request.id != id(0) { approve(ledger, request) } else { down(ledger, request) }
        }));
        job.wait(20 * MINUTE);
    }
    let pending = job.sandbox.all("requests").iter().filter(|order| order["status"] == "pending").count();
    assert_eq!(pending, 1);
}

#[test]
fn an_order_that_is_done_between_two_runs_that_err_shows_that_there_is_no_outage() {
    let job = orders(4);
    let (news, _) = job.news(twelve(), down);
    assert!(news.contains("errored: ERP is down"), "{news}");
    for (number, answer) in [(5, approve as fn(&Ledger, &Request) -> _), (6, down)] {
        let mut order = sample::request(&id(number));
        order["asset"]["id"] = format!("AS-{number}").into();
        job.sandbox.insert("requests", order);
        let (news, _) = job.news(twelve(), answer);
        assert!(!news.contains("seem to be away"), "{news}");
        let evidence = job.ledger().store().read("outage", "requests/evidence").unwrap();
        assert_eq!(evidence.is_some(), number == 6, "what proves nothing is not kept");
    }
    assert_eq!(job.read(&id(6)).unwrap().0.attempts, 1);
}

#[test]
fn a_run_without_a_bound_tries_all_orders_in_an_outage_too() {
    let job = orders(12);
    let report = job.run(twelve(), down);
    assert!(report.errored() < 12 && report.waiting() > 0, "{report}");
    let report = job.run(Options::new(), approve);
    assert_eq!((report.approved(), report.waiting()), (12, 0), "{report}");
}

#[test]
fn an_order_whose_approval_is_always_answered_500_dies_and_the_others_are_done() {
    let mut job = orders(20);
    job.sandbox.fault(Fault::on("POST", &format!("/requests/{}/approve", id(3))).status(500).always());
    let (mut tried, mut told) = (0, 0);
    for run in 0..100 {
        let mut younger = sample::request(&format!("PR-9000-0000-{run:04}-001"));
        younger["asset"]["id"] = format!("AS-9-{run}").into();
        younger["created"] = "2025-01-01T00:00:00+00:00".into();
        job.sandbox.insert("requests", younger);
        let (news, _) = job.news(twelve(), |ledger, request| {
            tried += u32::from(request.id == id(3));
            approve(ledger, request)
        });
        told += news.matches(&format!("{}: attempt 12 was the last one", id(3))).count();
        job.wait(10 * MINUTE);
    }
    assert_eq!((tried, told, dead(&job)), (12, 1, 1));
    let pending = job.sandbox.all("requests").iter().filter(|order| order["status"] == "pending").count();
    assert_eq!(pending, 1);
}

/// One run, which one order kills.
#[test]
#[ignore = "started by the others"]
fn worker() {
    let Some((connect, ledger)) = of_this_process(|config| config) else { return };
    let options = Options::new().attempts(Attempts::new(4)).ledger(&ledger);
    let report = connect.fulfillment().process_with(options, |request| {
        if request.id == id(0) {
            std::process::abort();
        }
        Ok(Approval::template(TEMPLATE))
    });
    std::process::exit(i32::from(report.unwrap().exit_code()));
}

#[test]
fn an_order_that_kills_the_process_dies_itself_and_the_99_behind_it_are_done() {
    let mut job = orders(100);
    let mut killed = 0;
    for run in 0..12 {
        let ended = job.process("ledger_attempts::worker").status().unwrap();
        killed += u32::from(ended.code().is_none());
        if run == 1 {
            let approved =
                job.sandbox.all("requests").iter().filter(|order| order["status"] == "approved").count();
            assert_eq!(approved, 99, "it goes behind the fresh ones");
        }
        job.wait(20 * MINUTE);
    }
    assert_eq!(killed, 4);
    let dead = job.ledger().dead().unwrap();
    assert_eq!((dead.len(), dead[0].id.as_str(), dead[0].attempts), (1, &*id(0), 4));
    assert!(dead[0].error.as_deref().unwrap().contains("the process ended while it had this order in hand"));
}

#[test]
fn that_an_order_killed_the_process_for_the_last_time_is_one_line() {
    let mut job = orders(1);
    // Every second run counts the death of the one before, and waits.
    for run in 0..7 {
        let code = job.process("ledger_attempts::worker").status().unwrap().code();
        assert_eq!(code, (run % 2 == 1).then_some(1));
        job.wait(HOUR);
    }
    let line = format!(
        "{} errored: the process ended while it had this order in hand; warning: attempt 4 was the last one: \
         it is not tried any more\n",
        id(0)
    );
    let four = || Options::new().attempts(Attempts::new(4));
    assert_eq!(job.news(four(), |_, _| unreachable!()), (line, 1));
    assert_eq!(job.news(four(), |_, _| unreachable!()), (String::new(), 0));
}

#[test]
fn an_outage_is_told_with_its_error_as_it_was_and_with_whole_seconds() {
    let mut job = orders(20);
    *job.vendor.away.borrow_mut() = Some("503 of the tenant API".into());
    let run = |job: &Job| job.news(twelve(), |ledger, request| job.provision(ledger, request)).0;
    let news = run(&job);
    let line =
        news.lines().find(|line| line.contains("seem to be away since")).unwrap_or_else(|| panic!("{news}"));
    assert!(line.contains("(503 of the tenant API)"), "{line}");
    let time = line.split("since ").nth(1).unwrap().split(": ").next().unwrap();
    assert!(time.len() == 20 && time.ends_with('Z'), "{time}");
    *job.vendor.away.borrow_mut() = None;
    job.wait(HOUR);
    let over = format!("the outage of the vendor's systems since {time} is over: 503 of the tenant API");
    let news = run(&job);
    assert!(news.lines().any(|line| line == over), "{news}");
}

#[test]
fn without_a_bound_an_order_that_erred_is_tried_in_every_run_and_is_remembered_all_the_same() {
    let job = job(one_order());
    for attempts in 1..=3 {
        assert_eq!(job.run(Options::new(), down).errored(), 1);
        assert_eq!((job.entry().attempts, job.entry().erred), (attempts, Some(job.entry().erred.unwrap())));
    }
}

#[test]
fn a_pause_is_taken_from_the_answer_of_later_and_an_order_that_is_skipped_is_put_off_no_more() {
    let mut job = job(one_order());
    let later = |_: &Ledger, _: &Request| Err(Action::later(HOUR, "the bank is closed"));
    assert_eq!(only(&job.run(Options::new(), later)).verdict, Verdict::Later);
    job.wait(59 * MINUTE);
    assert_eq!(job.run_idle(Options::new()).waiting(), 1);
    job.wait(MINUTE);
    drop(job.run(Options::new(), |_, _| Err(Action::skip())));
    assert_eq!((job.entry().later, job.entry().due), (None, None));
}
