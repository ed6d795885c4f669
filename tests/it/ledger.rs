//! Memory between runs: what the vendor's side made is made once, whatever fails on the platform's side.

use std::fs;
use std::time::Duration;

use anyhow::bail;
use connect::ledger::Attempts;
use connect::models::{Listing, Request};
use connect::sandbox::{Fault, Sandbox, sample};
use connect::{
    Action, Approval, Certainty, Error, Ledger, LedgerErrorKind, OffsetDateTime, Options, Stop, Verdict,
};

use crate::support::job::{Job, job};
use crate::support::{ORDER, TEMPLATE, calls, one_order, one_try, only, status};

#[test]
fn an_update_that_fails_after_the_tenant_was_made_makes_no_second_one() {
    let job = job(one_order());
    job.sandbox.fault(Fault::on("PUT", "/requests/*").status(500).times(3));
    for _ in 0..3 {
        let report = job.run(Options::new(), |ledger, request| job.provision(ledger, request));
        assert_eq!(only(&report).verdict, Verdict::Errored, "{report}");
    }
    let report = job.run(Options::new(), |ledger, request| job.provision(ledger, request));
    assert_eq!(report.approved(), 1, "{report}");
    assert_eq!(job.vendor.calls().len(), 1);
    let params = &job.sandbox.get("requests", ORDER).unwrap()["asset"]["params"];
    assert!(params.to_string().contains("T-1"), "{params}");
}

#[test]
fn an_approval_that_is_refused_in_four_runs_makes_one_tenant() {
    let job = job(one_order());
    job.sandbox.fault(Fault::on("POST", "/requests/*/approve").status(503).times(4));
    for _ in 0..6 {
        let _ = job.run(Options::new(), |ledger, request| job.provision(ledger, request));
    }
    assert_eq!((job.vendor.calls().len(), status(&job.sandbox, ORDER).as_str()), (1, "approved"));
}

#[test]
fn an_approval_whose_fate_the_end_of_the_run_finds_out_is_remembered_as_ended() {
    let job = job(one_order());
    job.sandbox.fault(Fault::on("POST", "/requests/*/approve").reset().after_effect());
    job.sandbox.fault(Fault::on("GET", "/requests/*").status(500).always());
    let report = job.run(Options::new(), |ledger, request| job.provision(ledger, request));
    let outcome = only(&report);
    assert_eq!((outcome.verdict, outcome.certainty), (Verdict::Approved, Certainty::Observed), "{report}");
    let store = job.ledger();
    let state = connect::ledger::Store::read(store.store(), "requests", ORDER).unwrap().unwrap().0.state;
    assert_eq!(state.as_deref(), Some("approved"));
}

#[test]
fn a_file_that_is_made_anew_is_a_warning_and_the_next_run_has_none() {
    let job = job(one_order());
    let skip = |_: &Ledger, _: &Request| Err(Action::skip());
    let report = job.run(Options::new(), skip);
    assert_eq!(report.warnings(), ["the ledger is new: it does not know what was done before"]);
    assert!(report.to_string().contains("\n  warning: the ledger is new"), "{report}");
    assert_eq!((report.exit_code(), job.run(Options::new(), skip).warnings().len()), (0, 0));
}

#[test]
fn a_job_without_steps_whose_orders_are_approved_never_writes() {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.add_requests(3, |_, _| {});
    let job = job(sandbox);
    drop(job.run(Options::new().max(1), |_, _| Ok(Approval::template(TEMPLATE))));
    let before = fs::read(job.path()).unwrap();
    let report = job.run(Options::new(), |_, _| Ok(Approval::template(TEMPLATE)));
    assert_eq!(report.approved(), 2, "{report}");
    assert_eq!(fs::read(job.path()).unwrap(), before);
}

#[test]
fn the_second_run_of_a_job_has_nothing_to_do_and_says_nothing() {
    let job = job(one_order());
    let report = job.run(Options::new(), |ledger, request| {
        let second = job.run(Options::new(), |_, _| unreachable!());
        assert_eq!((second.stopped(), second.exit_code(), second.calls()), (Some(Stop::Held), 0, 0));
        assert_eq!(second.to_string(), "");
        job.provision(ledger, request)
    });
    assert_eq!(report.approved(), 1, "{report}");
}

#[test]
fn a_run_on_the_ledger_of_another_endpoint_or_job_is_an_error() {
    let job = job(one_order());
    drop(job.run(Options::new(), |_, _| Err(Action::skip())));
    let elsewhere = Sandbox::empty().unwrap();
    let kind = |ledger: &Ledger| {
        let options = Options::new().ledger(ledger);
        match one_try(&elsewhere).fulfillment().process_with(options, |_| Err(Action::skip())) {
            Err(Error::Ledger(error)) => error.kind(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(kind(&job.ledger()), LedgerErrorKind::OtherEndpoint);
    assert_eq!(kind(&job.ledger().job("other")), LedgerErrorKind::OtherJob);
    assert_eq!(calls(&elsewhere).as_array().unwrap().len(), 0);
}

#[test]
fn a_closure_that_turns_a_refusal_of_the_ledger_into_a_fail_fails_nothing() {
    let job = job(one_order());
    job.sandbox.fault(Fault::on("PUT", "/requests/*").status(500));
    drop(job.run(Options::new(), |ledger, request| job.provision(ledger, request)));
    job.sandbox.take_journal();
    let report = job.run(Options::new(), |ledger, request| {
        let step = ledger.work(request);
        let tenant: anyhow::Result<String> = step.step("tenant").input("changed").run(|_| unreachable!());
        tenant.map(Approval::template).map_err(|_| Action::fail("no tenant"))
    });
    let outcome = only(&report);
    assert!(
        matches!(&outcome.error, Some(Error::Ledger(error)) if error.kind() == LedgerErrorKind::Step),
        "{report}"
    );
    assert_eq!((report.exit_code(), status(&job.sandbox, ORDER).as_str()), (1, "pending"));
    assert!(job.sandbox.take_journal().iter().all(|call| call.method == "GET"));
}

#[test]
fn what_is_refused_to_a_listing_s_period_sticks_too() {
    let sandbox = Sandbox::start().unwrap();
    let job = job(sandbox);
    let ledger = job.ledger();
    let connect = job.sandbox.connect().unwrap();
    let report = |input: &'static str| {
        connect
            .usage()
            .process_listings_with(Options::new().ledger(&ledger), |listing| {
                let work = ledger.work_for(listing, "2024-05");
                let _ = work.step::<String>("report").input(input).run(|key| job.vendor.make(key));
                Ok(None)
            })
            .unwrap()
    };
    let first = report("a");
    let made = job.vendor.calls().len();
    assert!(first.errored() == 0 && made > 0, "{first}");
    let second = report("b");
    assert_eq!(usize::try_from(second.errored()), Ok(made), "{second}");
}

#[test]
fn what_is_refused_to_a_listing_s_period_is_refused_to_the_order_in_hand() {
    let job = job(one_order());
    let listing: Listing = serde_json::from_value(sample::listing("LST-1")).unwrap();
    let report = job.run(Options::new(), |ledger, _| {
        for _ in 0..2 {
            let work = ledger.work_for(&listing, "2024-05");
            let _ = work.step::<String>("report").run(|key| job.vendor.make(key));
            let _ = work.step::<String>("report").run(|_| unreachable!());
        }
        Ok(Approval::template(TEMPLATE))
    });
    assert!(only(&report).error.as_ref().unwrap().to_string().contains("asked for twice"), "{report}");
    assert_eq!((status(&job.sandbox, ORDER).as_str(), job.vendor.calls().len()), ("pending", 1));
    let report = job.run(Options::new().dry_run(true), |ledger, _| {
        let work = ledger.work_for(&listing, "2024-06");
        let _: String = work.step("report").stand_in("R-?".into()).run(|_| unreachable!())?;
        drop(work);
        Ok(Approval::template(TEMPLATE))
    });
    assert!(report.to_string().contains("after the steps report: template"), "{report}");
}

#[test]
fn a_run_within_a_closure_leaves_what_is_refused_to_the_order_of_the_outer_one() {
    let job = job(one_order());
    job.sandbox.insert("tier/config-requests", sample::tier_config_request("TCR-1-001"));
    let listing: Listing = serde_json::from_value(sample::listing("LST-1")).unwrap();
    let mut inner = 0;
    let report = job.run(Options::new(), |ledger, _| {
        let options = Options::new().ledger(ledger);
        let skipped = one_try(&job.sandbox).tier_config().process_with(options, |_| Err(Action::skip()));
        inner += skipped.unwrap().skipped();
        let work = ledger.work_for(&listing, "2024-05");
        let _: String = work.step("report").run(|key| job.vendor.make(key))?;
        let _ = work.step::<String>("report").run(|_| unreachable!());
        drop(work);
        Ok(Approval::template(TEMPLATE))
    });
    assert_eq!((inner, report.errored()), (1, 1), "{report}");
    assert!(report.to_string().contains("asked for twice"), "{report}");
}

#[test]
fn a_step_that_was_begun_a_moment_ago_puts_the_order_off() {
    let mut job = job(one_order());
    // The ledger is older than the order, so that nothing is looked up before the first begin.
    job.now = OffsetDateTime::UNIX_EPOCH;
    let decide = |job: &Job, ledger: &Ledger, request: &Request, answer: anyhow::Result<String>| {
        let work = ledger.work(request);
        let found = |key: &str| Ok(connect::ledger::Found::Mine(job.vendor.make(key)?));
        work.step("tenant").look_up(found).run(|_| answer)?;
        Ok(Approval::template(TEMPLATE))
    };
    let report = job.run(Options::new(), |l, r| decide(&job, l, r, Err(anyhow::anyhow!("lost"))));
    assert_eq!(only(&report).verdict, Verdict::Errored);
    let report = job.run(Options::new(), |l, r| decide(&job, l, r, bail_unreachable()));
    let outcome = only(&report);
    assert_eq!((outcome.verdict, report.exit_code()), (Verdict::Later, 0), "{report}");
    job.now += Duration::from_secs(60);
    let report = job.run(Options::new(), |l, r| decide(&job, l, r, bail_unreachable()));
    assert_eq!((report.approved(), job.vendor.calls().len()), (1, 1), "{report}");
}

fn bail_unreachable() -> anyhow::Result<String> {
    Err(anyhow::anyhow!("it is not run again"))
}

#[test]
fn a_dry_run_names_the_steps_and_touches_nothing() {
    let job = job(one_order());
    let plan = |stand_in: bool| {
        job.run(Options::new().dry_run(true), |ledger, request| {
            let work = ledger.work(request);
            let mut step = work.step::<String>("tenant");
            if stand_in {
                step = step.stand_in("T-?".into());
            }
            step.run(|_| bail!("called"))?;
            Ok(Approval::template(TEMPLATE))
        })
    };
    let report = plan(false);
    let outcome = only(&report);
    assert_eq!((outcome.verdict, outcome.certainty), (Verdict::Later, Certainty::Planned), "{report}");
    assert!(outcome.detail.as_ref().unwrap().contains("does not run the step \"tenant\""), "{report}");
    let report = plan(true);
    assert_eq!(only(&report).verdict, Verdict::Approved);
    assert!(report.to_string().contains("after the steps tenant: template"), "{report}");
    assert_eq!(fs::read_dir(job.folder.path()).unwrap().count(), 0);
    assert!(job.sandbox.take_journal().iter().all(|call| call.method == "GET"));
}

#[test]
fn an_ended_order_is_not_handed_out_again_by_a_list_that_lags() {
    let mut job = job(one_order());
    let list = format!("[{}]", job.sandbox.get("requests", ORDER).unwrap());
    drop(job.run(Options::new(), |ledger, request| job.provision(ledger, request)));
    let lagging = || Fault::on("GET", "/requests").status(200).body(&list);
    job.sandbox.fault(lagging());
    let report = job.run(Options::new(), |_, _| panic!("handed out again"));
    assert_eq!(report.handled(), 0, "{report}");
    // A day later no list lags any more, and nothing is kept.
    job.now += Duration::from_secs(86_401);
    job.sandbox.insert("requests", sample::request("PR-9000-0000-0001-001"));
    drop(job.run(Options::new(), |ledger, request| job.provision(ledger, request)));
    job.sandbox.fault(lagging());
    let mut seen = 0;
    drop(job.run(Options::new(), |_, _| {
        seen += 1;
        Err(Action::skip())
    }));
    assert_eq!(seen, 1);
}

/// Minutes of a day at which a run tried the order, with a run every ten minutes.
fn tried(job: &mut Job, decide: impl Fn() -> Result<Approval, Action>) -> Vec<i64> {
    let start = job.now;
    let mut tried = Vec::new();
    for minute in (0..1440).step_by(10) {
        job.now = start + time::Duration::minutes(minute);
        let attempts = Attempts::new(12);
        drop(job.run(Options::new().attempts(attempts), |_, _| {
            tried.push(minute);
            decide()
        }));
    }
    tried
}

#[test]
fn an_order_that_always_errs_is_tried_twelve_times_and_then_it_is_dead() {
    let mut job = job(one_order());
    let tried = tried(&mut job, || Err(Action::error("ERP is down")));
    assert_eq!(tried.len(), 12, "{tried:?}");
    let report = job.run(Options::new().attempts(Attempts::new(12)), |_, _| unreachable!());
    assert_eq!((report.dead(), report.to_string().as_str(), report.exit_code()), (1, "", 0));
    // The customer corrects the order: that is another round.
    job.sandbox
        .update("requests", ORDER, |order| order["asset"]["params"][0]["value"] = "new@example.com".into());
    let report = job.run(Options::new().attempts(Attempts::new(12)), |_, _| Ok(Approval::template(TEMPLATE)));
    assert_eq!(report.approved(), 1, "{report}");
}

#[test]
fn the_last_attempt_says_that_it_was() {
    let job = job(one_order());
    let report = job.run(Options::new().attempts(Attempts::new(1)), |_, _| Err(Action::error("ERP is down")));
    assert_eq!(only(&report).warnings, ["attempt 1 was the last one: it is not tried any more"]);
}

#[test]
fn an_outage_of_the_platform_costs_no_attempt_and_a_poisoned_order_dies() {
    let mut job = job(one_order());
    job.sandbox.fault(Fault::on("POST", "/requests/PR-1000-0000-0001-001/approve").status(500).always());
    let approve = || Ok(Approval::template(TEMPLATE));
    assert_eq!(tried(&mut job, approve).len(), 144, "nothing else was decided: it may be the platform");
    // From now on another order is decided after it in each run.
    let start = job.now;
    let mut tried = 0;
    for minute in (10..1440).step_by(10) {
        job.now = start + time::Duration::minutes(minute);
        let mut younger = sample::request(&format!("PR-9000-0000-{minute:04}-001"));
        younger["created"] = "2025-01-01T00:00:00+00:00".into();
        job.sandbox.insert("requests", younger);
        let report = job.run(Options::new().attempts(Attempts::new(12)), |_, request| {
            tried += u32::from(request.id == ORDER);
            approve()
        });
        assert_eq!(report.approved(), 1, "{report}");
    }
    assert_eq!(tried, 12);
}

#[test]
fn an_order_that_is_put_off_waits_its_time_at_no_cost() {
    let mut job = job(one_order());
    let hour = Duration::from_secs(3600);
    let asked = tried(&mut job, || Err(Action::later(hour, "the bank is closed")));
    assert_eq!(asked.len(), 24, "{asked:?}");
    let report = job.run(Options::new(), |_, _| unreachable!());
    assert_eq!((report.waiting(), report.handled(), report.exit_code()), (1, 0, 0));
    job.now += Duration::from_secs(7 * 86400);
    let report = job.run(Options::new(), |_, _| Err(Action::later(hour, "the bank is closed")));
    assert_eq!(only(&report).verdict, Verdict::Errored);
    assert!(report.to_string().contains("put off for more than 7 days"), "{report}");
}

#[test]
fn without_a_ledger_an_order_that_is_put_off_is_asked_for_in_the_next_run() {
    let sandbox = one_order();
    for _ in 0..2 {
        let later = |_: &Request| Err(Action::later(Duration::from_secs(3600), "the bank is closed"));
        let report = one_try(&sandbox).process_fulfillments(later).unwrap();
        let outcome = only(&report);
        assert_eq!(
            (outcome.verdict, outcome.detail.as_deref()),
            (Verdict::Later, Some("the bank is closed"))
        );
    }
    assert!(sandbox.take_journal().iter().all(|call| call.method == "GET"));
}

#[test]
fn a_ledger_that_cannot_keep_the_end_of_an_order_ends_the_run_before_the_next_closure() {
    let job = job(Sandbox::empty().unwrap());
    job.sandbox.add_requests(4, |_, _| {});
    let provision = |ledger: &Ledger, request: &Request| job.provision(ledger, request);
    assert_eq!(job.run(Options::new().max(1), provision).approved(), 1);
    let full = "CREATE TRIGGER full BEFORE UPDATE OF ended ON entry WHEN NEW.ended IS NOT NULL
                BEGIN SELECT RAISE(ABORT, 'full'); END";
    rusqlite::Connection::open(job.path()).unwrap().execute_batch(full).unwrap();
    let report = job.run(Options::new(), provision);
    assert!(matches!(report.error(), Some(Error::Ledger(_))), "{report}");
    assert_eq!((job.vendor.calls().len(), report.approved()), (2, 1), "{report}");
}

#[test]
fn a_ledger_that_cannot_keep_an_attempt_that_another_order_proved_ends_the_run() {
    let job = job(Sandbox::empty().unwrap());
    job.sandbox.add_requests(4, |_, _| {});
    let attempts = || Options::new().attempts(Attempts::new(12));
    let approve = |_: &Ledger, _: &Request| Ok(Approval::template(TEMPLATE));
    assert_eq!(job.run(attempts().max(1), approve).approved(), 1);
    job.sandbox.fault(Fault::on("POST", "/requests/PR-1000-0001-0001-001/approve").status(500).always());
    let full = "CREATE TRIGGER full BEFORE UPDATE OF attempts ON entry WHEN NEW.attempts > 0
                BEGIN SELECT RAISE(ABORT, 'full'); END";
    rusqlite::Connection::open(job.path()).unwrap().execute_batch(full).unwrap();
    let report = job.run(attempts(), approve);
    assert!(matches!(report.error(), Some(Error::Ledger(_))), "{report}");
    assert_eq!((report.approved(), report.errored()), (1, 1), "{report}");
}

#[test]
fn an_order_whose_step_the_ledger_cannot_keep_is_in_no_report() {
    let job = job(Sandbox::empty().unwrap());
    job.sandbox.add_requests(3, |_, _| {});
    let provision = |ledger: &Ledger, request: &Request| job.provision(ledger, request);
    assert_eq!(job.run(Options::new().max(1), provision).approved(), 1);
    let full = "CREATE TRIGGER full BEFORE INSERT ON step BEGIN SELECT RAISE(ABORT, 'full'); END";
    rusqlite::Connection::open(job.path()).unwrap().execute_batch(full).unwrap();
    let (ledger, connect) = (job.ledger(), one_try(&job.sandbox));
    let options = Options::new().ledger(&ledger);
    let ended = connect.fulfillment().process_with(options, |request| job.provision(&ledger, request));
    assert!(matches!(ended, Err(Error::Ledger(_))), "{ended:?}");
    assert_eq!(job.vendor.calls().len(), 1);
}
