//! Steps from run to run, while the program, the order and the clock change.

use std::time::Duration;

use connect::ledger::Found;
use connect::models::Request;
use connect::sandbox::Fault;
use connect::{
    Action, Approval, Error, Ledger, LedgerErrorKind, OffsetDateTime, Options, Report, Verdict, step,
};
use serde::{Deserialize, Serialize};

use crate::support::job::{DAY, HOUR, Job, approve, job};
use crate::support::{ORDER, TEMPLATE, one_order, only, status};

/// An order whose tenant was made, and whose update failed.
fn with_tenant() -> Job {
    let job = job(one_order());
    job.sandbox.fault(Fault::on("PUT", "/requests/*").status(500));
    drop(job.run(Options::new(), |ledger, request| job.provision(ledger, request)));
    assert_eq!(job.vendor.calls(), ["PR-1000-0000-0001-001:tenant:1"]);
    job.sandbox.take_journal();
    job
}

/// The order is an error of the ledger with this text, and no call went out for it.
#[track_caller]
fn refused(job: &Job, report: &Report, text: &str) {
    let outcome = only(report);
    let Some(Error::Ledger(error)) = &outcome.error else { panic!("{report}") };
    assert_eq!(error.kind(), LedgerErrorKind::Step, "{report}");
    assert!(error.to_string().contains(text), "{error}");
    assert_eq!(status(&job.sandbox, ORDER), "pending");
    assert!(job.sandbox.take_journal().iter().all(|call| call.method == "GET"));
    assert_eq!(job.vendor.calls(), [""; 0]);
}

#[test]
fn a_customer_who_corrects_what_a_step_used_makes_an_error_that_names_the_field() {
    let job = job(one_order());
    let decide = |ledger: &Ledger, request: &Request| {
        let work = ledger.work(request);
        let input = serde_json::json!({"email": request.value("email"), "seats": 1});
        let _: String = work.step("tenant").input(input).run(|key| job.vendor.make(key))?;
        Ok(Approval::template(TEMPLATE))
    };
    job.sandbox.fault(Fault::on("POST", "/requests/*/approve").status(400));
    drop(job.run(Options::new(), decide));
    job.vendor.calls();
    job.sandbox.take_journal();
    job.sandbox
        .update("requests", ORDER, |order| order["asset"]["params"][0]["value"] = "new@example.com".into());
    let report = job.run(Options::new(), decide);
    refused(&job, &report, "the step \"tenant\" is done, and its input has changed since: email.");
    assert!(!report.to_string().contains("new@example.com"), "{report}");
}

#[test]
fn a_changed_input_without_a_name_is_told_in_plain_words() {
    let job = with_tenant();
    let report = job.run(Options::new(), |ledger, request| {
        let _: String = ledger.work(request).step("tenant").input("jo").run(|key| job.vendor.make(key))?;
        Ok(Approval::template(TEMPLATE))
    });
    let text =
        "the step \"tenant\" is done, and its input has changed since: the value given to .input(…). Say";
    refused(&job, &report, text);
    let report = job.run(Options::new(), |ledger, request| {
        let work = ledger.work(request);
        let _: String = work.step("tenant").input("jo").input(5).run(|key| job.vendor.make(key))?;
        Ok(Approval::template(TEMPLATE))
    });
    refused(&job, &report, "the value given to .input(…), another value given to .input(…). Say");
}

#[test]
fn a_step_that_was_renamed_reordered_removed_or_asked_for_twice_is_an_error_before_its_effect() {
    let job = with_tenant();
    let make = |key: &str| job.vendor.make(key);
    let report = job.run(Options::new(), |ledger, request| {
        let _: String = ledger.work(request).step("account").run(make)?;
        Ok(Approval::template(TEMPLATE))
    });
    refused(&job, &report, "the step \"account\" would begin before \"tenant\", which this order has run");
    let report = job.run(Options::new(), |ledger, request| {
        let work = ledger.work(request);
        let _: String = work.step("licence").run(make)?;
        let _: String = work.step("tenant").run(make)?;
        Ok(Approval::template(TEMPLATE))
    });
    refused(&job, &report, "the step \"licence\" would begin before \"tenant\"");
    let report = job.run(Options::new(), |ledger, request| {
        let work = ledger.work(request);
        for _ in 0..2 {
            let _: String = work.step("tenant").run(make)?;
        }
        Ok(Approval::template(TEMPLATE))
    });
    refused(&job, &report, "the step \"tenant\" was asked for twice in one attempt");
    // The texts say what to do, and that works.
    let report = job.run(Options::new(), |ledger, request| {
        let tenant: String = ledger.work(request).step("account").was("tenant").run(make)?;
        assert_eq!(tenant, "T-1");
        Ok(Approval::template(TEMPLATE))
    });
    assert_eq!((report.approved(), job.vendor.calls().len()), (1, 0), "{report}");
}

#[test]
fn a_step_that_was_renamed_twice_is_found_under_any_of_its_names() {
    for names in [["mandant", "tenant"], ["tenant", "mandant"]] {
        let job = with_tenant();
        job.sandbox.fault(Fault::on("POST", "/requests/*/approve").status(400).times(2));
        for _ in 0..3 {
            drop(job.run(Options::new(), |ledger, request| {
                let work = ledger.work(request);
                let step = work.step("account").was(names[0]).was(names[1]);
                let tenant: String = step.run(|key| job.vendor.make(key))?;
                assert_eq!(tenant, "T-1");
                Ok(Approval::template(TEMPLATE))
            }));
        }
        assert_eq!((job.vendor.calls().len(), status(&job.sandbox, ORDER).as_str()), (0, "approved"));
        let steps = job.read(ORDER).unwrap().1;
        assert_eq!(steps.iter().map(|step| &*step.name).collect::<Vec<_>>(), ["account"]);
    }
}

#[test]
fn a_step_that_is_retired_stays_recorded_for_its_undo() {
    let job = with_tenant();
    let report = job.run(job.undoing(), |ledger, request| {
        let work = ledger.work(request);
        let _: String = work.retired("tenant").step("licence").run(|key| job.vendor.make(key))?;
        Err(Action::fail("no"))
    });
    assert_eq!(report.failed(), 1, "{report}");
    assert_eq!(job.vendor.there(), [""; 0]);
}

#[test]
fn a_result_of_another_type_is_an_error_and_no_rerun() {
    let job = with_tenant();
    let report = job.run(Options::new(), |ledger, request| {
        let _: u32 = ledger.work(request).step("tenant").run(|_| unreachable!())?;
        Ok(Approval::template(TEMPLATE))
    });
    refused(&job, &report, "the program can no longer read it");
}

/// Reads back as nothing.
#[derive(Debug, Serialize, Deserialize)]
struct Lossy {
    #[serde(skip_serializing)]
    #[expect(dead_code, reason = "it is what is lost")]
    id: String,
}

#[test]
fn a_result_that_does_not_read_back_ends_the_run_and_is_not_made_again() {
    let sandbox = one_order();
    let mut younger = connect::sandbox::sample::request("PR-9000-0000-0001-001");
    younger["created"] = "2025-01-01T00:00:00+00:00".into();
    sandbox.insert("requests", younger);
    let job = job(sandbox);
    let decide = |ledger: &Ledger, request: &Request| {
        let _ = ledger.work(request).step("tenant").run(|key| Ok(Lossy { id: job.vendor.make(key)? }))?;
        Ok(Approval::template(TEMPLATE))
    };
    let ledger = job.ledger();
    let connect = crate::support::one_try(&job.sandbox);
    let options = || Options::new().ledger(&ledger);
    let error =
        connect.fulfillment().process_with(options(), |request| decide(&ledger, request)).unwrap_err();
    assert!(error.to_string().contains("Its effect is there"), "{error}");
    assert_eq!(job.vendor.calls(), ["PR-1000-0000-0001-001:tenant:1"], "the run went on");
    assert_eq!(ledger.store().read("requests", ORDER).unwrap().unwrap().0.attempts, 0);
    drop(ledger);
    let ledger = job.ledger();
    assert!(ledger.set(ORDER, "tenant", &"T-1", "jo: read from the vendor's page").unwrap());
    drop(ledger);
    let report = job.run(Options::new().max(1), |ledger, request| job.provision(ledger, request));
    assert_eq!((report.approved(), job.vendor.calls().len()), (1, 0), "{report}");
}

#[test]
fn what_the_vendor_refuses_is_tried_with_a_new_key_and_leaves_nothing_to_undo() {
    let job = job(one_order());
    let refuse = |key: &str| -> anyhow::Result<String> {
        assert!(job.vendor.lose(key).is_err());
        Err(step::refused(std::io::Error::other("no such plan")))
    };
    for _ in 0..2 {
        drop(job.run(job.undoing(), |ledger, request| {
            ledger.work(request).step("tenant").run(refuse)?;
            Ok(Approval::template(TEMPLATE))
        }));
    }
    let report = job.run(job.undoing(), |ledger, request| {
        let refused = ledger.work(request).step("tenant").run(refuse);
        refused.map(Approval::template).map_err(|error| Action::fail(error.to_string()))
    });
    assert_eq!(report.failed(), 1, "{report}");
    let keys = (1..=3).map(|generation| format!("{ORDER}:tenant:{generation}"));
    assert_eq!(job.vendor.calls(), keys.collect::<Vec<_>>());
}

#[test]
fn a_ledger_that_is_lost_after_the_first_step_asks_the_look_up_before_it_begins_anew() {
    let job = with_tenant();
    std::fs::remove_file(job.path()).unwrap();
    let report = job.run(Options::new(), |ledger, request| {
        let work = ledger.work(request);
        let found = |key: &str| {
            assert_eq!(key, "PR-1000-0000-0001-001:tenant:1");
            Ok(Found::Mine("T-1".to_owned()))
        };
        let tenant: String = work.step("tenant").look_up(found).run(|key| job.vendor.make(key))?;
        assert_eq!(tenant, "T-1");
        Ok(Approval::template(TEMPLATE))
    });
    assert_eq!((report.approved(), job.vendor.calls().len()), (1, 0), "{report}");
    assert!(report.warnings()[0].contains("the ledger is new"), "{report}");
}

#[test]
fn a_clock_that_was_set_back_a_week_puts_a_look_up_off_for_no_longer_than_it_settles() {
    let mut job = job(one_order());
    // The ledger is older than the order, so that nothing is looked up before the first begin.
    job.now = OffsetDateTime::UNIX_EPOCH + 30 * DAY;
    let decide = |job: &Job, answer: fn(&Job, &str) -> anyhow::Result<String>| {
        job.run(Options::new(), |ledger, request| {
            let work = ledger.work(request);
            let found = |key: &str| Ok(Found::Mine(job.vendor.make(key)?));
            let _: String = work.step("tenant").look_up(found).run(|key| answer(job, key))?;
            Ok(Approval::template(TEMPLATE))
        })
    };
    assert_eq!(decide(&job, |job, key| job.vendor.lose(key)).errored(), 1);
    job.now -= 7 * DAY;
    assert_eq!(only(&decide(&job, |_, _| unreachable!())).verdict, Verdict::Later);
    job.wait(Duration::from_secs(59));
    assert_eq!(only(&decide(&job, |_, _| unreachable!())).verdict, Verdict::Later);
    job.wait(Duration::from_secs(1));
    assert_eq!(decide(&job, |_, _| unreachable!()).approved(), 1);
    assert_eq!(job.vendor.there(), ["T-1"]);
}

#[test]
fn while_an_older_order_of_the_same_asset_waits_the_younger_one_is_passed_over() {
    let sandbox = one_order();
    let asset = sandbox.get("requests", ORDER).unwrap()["asset"].clone();
    for (id, asset) in [("PR-1000-0000-0001-002", asset.clone()), ("PR-2000-0000-0001-001", "".into())] {
        let mut younger = connect::sandbox::sample::request(id);
        younger["created"] = "2025-01-01T00:00:00+00:00".into();
        if asset.is_object() {
            younger["asset"] = asset;
        } else {
            younger["asset"]["id"] = "AS-2".into();
        }
        sandbox.insert("requests", younger);
    }
    let mut job = job(sandbox);
    let decide = |ledger: &Ledger, request: &Request| match request.id.as_str() {
        ORDER => crate::support::job::down(ledger, request),
        "PR-1000-0000-0001-002" => panic!("it runs after an older one of its asset"),
        _ => approve(ledger, request),
    };
    let report = job.run(Options::new(), decide);
    assert_eq!((report.errored(), report.approved(), report.behind()), (1, 1, 1), "{report}");
    assert!(report.to_string().contains("1 wait for an older one of the same asset"), "{report}");
    job.wait(HOUR);
    let mut seen = Vec::new();
    let report = job.run(Options::new(), |ledger, request| {
        seen.push(request.id.clone());
        approve(ledger, request)
    });
    assert_eq!(report.approved(), 1, "{report}");
    drop(job.run(Options::new(), |ledger, request| {
        seen.push(request.id.clone());
        approve(ledger, request)
    }));
    assert_eq!(seen, [ORDER, "PR-1000-0000-0001-002"]);
}
