//! A deciding call of unknown fate: the next run settles it before it lists, and no other decision is made until then.

use connect::models::Request;
use connect::sandbox::{Fault, Sandbox};
use connect::{Action, Approval, Certainty, Ledger, OffsetDateTime, Options, Verdict};
use serde_json::Value;

use crate::support::job::{DAY, HOUR, Job, MINUTE, approve, down, job, of_this_process};
use crate::support::{ORDER, TALK, TEMPLATE, one_order, only, status};

/// An order whose approval was lost; whether it was carried out is not known when the run ends.
fn lost(carried_out: bool) -> Job {
    let job = job(one_order());
    let lost = Fault::on("POST", "/requests/*/approve").reset();
    job.sandbox.fault(if carried_out { lost.after_effect() } else { lost.times(9) });
    job.sandbox.fault(Fault::on("GET", "/requests/*").status(500).always());
    // The look-ups at the end of the run, behind the two lists of the walk.
    job.sandbox.fault(Fault::on("GET", "/requests").skip(lists(&job.sandbox)).status(500).always());
    let report = job.run(Options::new(), |ledger, request| job.provision(ledger, request));
    let outcome = only(&report);
    assert_eq!((outcome.verdict, outcome.certainty), (Verdict::Errored, Certainty::Unknown), "{report}");
    assert!(job.entry().plan.is_some());
    job.sandbox.clear_faults();
    job.sandbox.take_journal();
    job.vendor.calls();
    job
}

/// Number of list calls of a run over these orders in which nothing is decided.
fn lists(sandbox: &Sandbox) -> usize {
    let skip = |_: &Request| Err(Action::skip());
    drop(crate::support::one_try(sandbox).process_fulfillments(skip).unwrap());
    sandbox.take_journal().iter().filter(|call| call.route() == "/requests").count()
}

fn texts(sandbox: &Sandbox) -> Vec<String> {
    let text = |message: &Value| message["text"].as_str().unwrap().to_owned();
    sandbox.messages(TALK).iter().map(text).collect()
}

#[test]
fn an_approval_of_unknown_fate_is_found_out_before_the_list_and_its_message_is_posted() {
    let job = lost(true);
    assert_eq!(texts(&job.sandbox), [""; 0]);
    let report = job.run_idle(Options::new());
    let outcome = only(&report);
    assert_eq!((outcome.verdict, outcome.certainty), (Verdict::Approved, Certainty::Observed), "{report}");
    assert!(outcome.detail.as_ref().unwrap().contains(TEMPLATE), "{report}");
    assert_eq!(texts(&job.sandbox), [format!("Activated using template {TEMPLATE}.")]);
    let calls = job.sandbox.take_journal();
    assert!(calls[0].path.starts_with("/requests?in(id,"), "{calls:?}");
    assert_eq!((report.left(), job.entry().state.as_deref()), (0, Some("approved")), "it was ours");
    drop(job.run_idle(Options::new()));
    assert_eq!(texts(&job.sandbox).len(), 1);
}

#[test]
fn a_message_that_cannot_be_posted_then_is_a_warning_of_the_order() {
    let job = lost(true);
    job.sandbox.fault(Fault::on("POST", "/conversations/*/messages").status(400));
    let report = job.run_idle(Options::new());
    let outcome = only(&report);
    assert_eq!((outcome.verdict, outcome.warnings.len()), (Verdict::Approved, 1), "{report}");
    assert!(outcome.warnings[0].contains("400"), "{report}");
}

#[test]
fn an_approval_that_was_not_carried_out_is_decided_anew() {
    let job = lost(false);
    let report = job.run(Options::new(), |ledger, request| job.provision(ledger, request));
    assert_eq!((report.approved(), job.vendor.calls().len()), (1, 0), "{report}");
}

#[test]
fn while_the_fate_of_an_approval_is_unknown_the_closure_may_not_decide_otherwise() {
    let job = lost(true);
    // The order is still listed as pending, and cannot be looked up.
    job.sandbox.fault(Fault::on("GET", "/requests").status(500));
    job.sandbox.update("requests", ORDER, |order| order["status"] = "pending".into());
    let report = job.run_idle(Options::new());
    assert_eq!((report.waiting(), report.handled(), report.exit_code()), (1, 0, 0), "{report}");
    assert!(job.sandbox.take_journal().iter().all(|call| call.method == "GET"));
    // A dry run neither.
    let report = job.run_idle(Options::new().dry_run(true));
    assert_eq!(report.waiting(), 1, "{report}");
}

#[test]
fn an_unknown_approval_that_others_overtook_is_a_conflict_and_what_was_made_is_undone() {
    let job = lost(false);
    job.others_fail(ORDER);
    let report = job.run_idle(job.undoing());
    assert_eq!((only(&report).verdict, report.exit_code()), (Verdict::Errored, 1), "{report}");
    assert!(report.to_string().contains("failed"), "{report}");
    assert_eq!((job.vendor.there().len(), report.left()), (0, 0));
    assert_eq!(texts(&job.sandbox), [""; 0]);
}

#[test]
fn an_unknown_approval_of_an_order_whose_customer_others_asked_is_decided_anew_once_he_answered() {
    let job = lost(false);
    let others = |act: &str, body: &Value| {
        job.sandbox.act(|others| others.call("POST", &format!("/requests/{ORDER}/{act}"), body)).unwrap()
    };
    drop(others("inquire", &serde_json::json!({})));
    let report = job.run_idle(job.undoing());
    assert_eq!((only(&report).verdict, report.exit_code()), (Verdict::Errored, 1), "{report}");
    assert_eq!((job.entry().plan, job.entry().ended), (None, None));
    drop(others("pend", &Value::Null));
    let report = job.run(Options::new(), |ledger, request| job.provision(ledger, request));
    assert_eq!((report.approved(), job.vendor.calls().len()), (1, 0), "{report}");
}

#[test]
fn an_unknown_approval_that_others_made_with_another_template_is_adopted() {
    let job = lost(false);
    job.sandbox.act(|others| others.approve(ORDER, "TL-111-222-333")).unwrap();
    let report = job.run_idle(job.undoing());
    assert_eq!((report.left(), job.vendor.there().len()), (1, 1), "{report}");
    assert_eq!(status(&job.sandbox, ORDER), "approved");
}

#[test]
fn an_order_of_unknown_fate_that_the_platform_no_longer_knows_is_told_after_a_week() {
    let mut job = lost(false);
    job.sandbox.remove("requests", ORDER);
    let mut told = 0;
    for _ in 0..20 {
        told += usize::from(job.news(Options::new(), approve).0.contains("is not known to the platform"));
        job.wait(DAY);
    }
    assert_eq!(told, 1);
}

#[test]
fn what_the_platform_does_not_know_is_noted_once_an_hour() {
    let mut job = lost(false);
    job.sandbox.remove("requests", ORDER);
    let start = job.now;
    let mut looked = Vec::new();
    for _ in 0..8 {
        drop(job.run_idle(Options::new()));
        looked.extend(job.entry().looked);
        job.wait(10 * MINUTE);
    }
    looked.dedup();
    let expected = [start, start + HOUR];
    assert_eq!(
        looked.into_iter().map(OffsetDateTime::unix_timestamp).collect::<Vec<_>>(),
        expected.map(OffsetDateTime::unix_timestamp)
    );
}

#[test]
fn an_order_that_no_list_has_is_looked_up_no_more_than_once_an_hour() {
    let mut job = job(one_order());
    drop(job.run(Options::new(), |ledger, request| job.both(ledger, request, down(ledger, request))));
    job.sandbox.remove("requests", ORDER);
    let mut looked = Vec::new();
    for minute in (0..=140).step_by(10) {
        job.sandbox.take_journal();
        drop(job.run_idle(Options::new()));
        let calls = job.sandbox.take_journal();
        looked.extend(calls.iter().filter(|call| call.path.contains("in(id,")).map(|_| minute));
        job.wait(10 * MINUTE);
    }
    assert_eq!(looked, [0, 70, 140]);
}

#[test]
fn a_tier_config_request_is_settled_in_the_same_way() {
    let sandbox = Sandbox::start().unwrap();
    let job = job(sandbox);
    let ledger = job.ledger();
    let connect = crate::support::one_try(&job.sandbox);
    let run = |ledger: &Ledger| {
        let options = Options::new().ledger(ledger).max(1);
        connect.tier_config().process_with(options, |request| {
            let work = ledger.work(request);
            let _: String = work.step("account").run(|key| job.vendor.make(key))?;
            Ok(Approval::template(TEMPLATE))
        })
    };
    job.sandbox.fault(Fault::on("POST", "/tier/config-requests/*/approve").reset().after_effect());
    job.sandbox.fault(Fault::on("GET", "/tier/config-requests/*").status(500).always());
    job.sandbox.fault(Fault::on("GET", "/tier/config-requests").skip(1).status(500).always());
    let report = run(&ledger).unwrap();
    assert_eq!(report.unknown(), 1, "{report}");
    job.sandbox.clear_faults();
    let report = run(&ledger).unwrap();
    assert_eq!(report.observed(), 1, "{report}");
}

/// One run: a tenant for the order, and its approval.
#[test]
#[ignore = "started by the others"]
fn worker() {
    let Some((connect, ledger)) = of_this_process(|config| config) else { return };
    let report = connect.fulfillment().process_with(Options::new().ledger(&ledger), |request| {
        let _: String = ledger.work(request).step("tenant").run(|_| Ok("T-1".into()))?;
        Ok(Approval::template(TEMPLATE))
    });
    drop(report);
}

/// A run that is killed while it waits for the answer to its approval.
fn killed_while_it_approves(fault: Fault) -> Job {
    let job = job(one_order());
    job.sandbox.fault(fault.never_answer());
    let mut run = job.process("ledger_unknown::worker").spawn().unwrap();
    while !job.sandbox.journal().iter().any(|call| call.method == "POST") {
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    run.kill().unwrap();
    run.wait().unwrap();
    job.sandbox.clear_faults();
    job
}

#[test]
fn an_approval_in_which_the_process_was_killed_was_ours_and_nobody_else_s() {
    let job = killed_while_it_approves(Fault::on("POST", "/requests/*/approve").after_effect());
    assert_eq!(status(&job.sandbox, ORDER), "approved");
    let report = job.run_idle(Options::new());
    let outcome = only(&report);
    assert_eq!((outcome.verdict, outcome.certainty), (Verdict::Approved, Certainty::Observed), "{report}");
    assert_eq!((report.left(), report.exit_code(), report.warnings().len()), (0, 0, 0), "{report}");
    assert_eq!(job.run_idle(Options::new()).handled(), 0);
}

#[test]
fn an_approval_in_which_the_process_was_killed_and_that_was_not_made_counts_as_an_attempt() {
    let job = killed_while_it_approves(Fault::on("POST", "/requests/*/approve"));
    assert_eq!(status(&job.sandbox, ORDER), "pending");
    let report = job.run(Options::new(), |ledger, request| {
        let work = ledger.work(request);
        let _: String = work.step("tenant").run(|_| unreachable!())?;
        Ok(Approval::template(TEMPLATE))
    });
    assert_eq!((report.approved(), report.errored()), (1, 1), "{report}");
    assert!(report.to_string().contains("the process ended while it had this order in hand"), "{report}");
}

#[test]
fn an_approval_in_which_the_process_was_killed_is_no_attempt_as_long_as_it_cannot_be_looked_up() {
    let job = killed_while_it_approves(Fault::on("POST", "/requests/*/approve"));
    let note = std::fs::read(job.folder.path().join("ledger.db.lock")).unwrap();
    let note = String::from_utf8_lossy(&note).replace('\\', "");
    assert!(note.contains(ORDER) && note.contains(TEMPLATE), "{note}");
    assert!(note.contains("\"detail\":null") && note.contains("\"message\":null"), "{note}");
    job.sandbox.fault(Fault::on("GET", "/requests").status(500));
    let report = job.run_idle(Options::new());
    assert_eq!((report.waiting(), report.errored(), job.entry().attempts), (1, 0, 0), "{report}");
}

#[test]
fn an_order_that_others_ended_after_the_process_was_killed_is_theirs() {
    let job = killed_while_it_approves(Fault::on("POST", "/requests/*/approve"));
    job.sandbox.act(|others| others.fail(ORDER, "no")).unwrap();
    let mut undone = 0;
    let options = Options::new().undo("tenant", |_: connect::ledger::Made<String>, _| {
        undone += 1;
        Ok(())
    });
    let report = job.run_idle(options);
    assert_eq!((report.approved(), report.left(), undone), (0, 0, 1), "{report}");
}
