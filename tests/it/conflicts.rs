//! Orders that somebody else handles meanwhile, and platforms that fail altogether.

use connect::models::ParamUpdate;
use connect::sandbox::{Fault, Sandbox, sample};
use connect::usage::FileAction;
use connect::{Action, Approval, Certainty, Error, Options, Report, Verdict};
use serde_json::json;

use crate::support::{ORDER, TEMPLATE, client, one_order, only, routes};

/// Approves the one order after `meanwhile` happened to it.
fn approve_after(meanwhile: impl Fn(&mut serde_json::Value)) -> (Sandbox, Report) {
    let sandbox = one_order();
    let report = client(&sandbox)
        .process_fulfillments(|request| {
            sandbox.update("requests", &request.id, |order| meanwhile(order)).unwrap();
            Ok(Approval::template(TEMPLATE))
        })
        .unwrap();
    (sandbox, report)
}

#[test]
fn an_order_that_was_approved_the_same_way_is_already_done_and_gets_no_second_message() {
    let (sandbox, report) = approve_after(|order| {
        (order["status"], order["template"]) = ("approved".into(), json!({"id": TEMPLATE}));
    });
    let outcome = only(&report);
    assert_eq!((outcome.verdict, outcome.certainty), (Verdict::Approved, Certainty::AlreadyDone));
    assert!(outcome.to_string().contains("(already done by someone else)"), "{outcome}");
    assert!(sandbox.effects().is_empty());
    assert_eq!((report.exit_code(), report.already_done()), (0, 1));
    assert_eq!(outcome.warnings, [""; 0]);
}

#[test]
fn the_parameters_of_an_order_that_was_approved_meanwhile_are_said_not_to_be_stored() {
    let sandbox = one_order();
    let report = client(&sandbox)
        .process_fulfillments(|request| {
            sandbox
                .update("requests", &request.id, |order| {
                    (order["status"], order["template"]) = ("approved".into(), json!({"id": TEMPLATE}));
                })
                .unwrap();
            let params = [ParamUpdate::value("purchase_id", "P-1")];
            Ok(Approval::template(TEMPLATE).with_params(params))
        })
        .unwrap();
    let outcome = only(&report);
    assert_eq!((outcome.verdict, outcome.certainty), (Verdict::Approved, Certainty::AlreadyDone));
    assert_eq!(
        outcome.warnings,
        ["its parameters were not stored, since it was brought there by someone else"]
    );
    assert!(!routes(&sandbox).iter().any(|call| call.contains("/approve")), "{:?}", routes(&sandbox));
}

#[test]
fn an_order_that_was_approved_with_another_template_is_stale() {
    let (sandbox, report) = approve_after(|order| {
        (order["status"], order["template"]) = ("approved".into(), json!({"id": "TL-000-000-001"}));
    });
    let outcome = only(&report);
    assert_eq!((outcome.verdict, outcome.certainty), (Verdict::Stale, Certainty::Confirmed));
    let expected = format!(
        "{ORDER} stale: conflict: {ORDER} is approved already, with template TL-000-000-001; warning: the closure had \
         decided on it; what it made meanwhile is still there"
    );
    assert_eq!(outcome.to_string(), expected);
    assert!(sandbox.effects().is_empty());
}

#[test]
fn an_order_that_was_failed_is_stale_and_its_state_named() {
    let (_, report) = approve_after(|order| order["status"] = "failed".into());
    let expected = format!("conflict: {ORDER} was to become approved, now in state failed");
    assert_eq!(only(&report).detail, Some(expected));
    assert_eq!((report.stale(), report.errored(), report.exit_code()), (1, 0, 0));
}

#[test]
fn an_order_that_was_failed_after_its_update_was_stored_is_a_conflict() {
    let sandbox = one_order();
    sandbox.on_call(|call, store| {
        if call.method == "POST" {
            store.update("requests", ORDER, |order| order["status"] = "failed".into());
        }
    });
    let params = [ParamUpdate::value("purchase_id", "P-1")];
    let report = client(&sandbox)
        .process_fulfillments(|_| Ok(Approval::template(TEMPLATE).with_params(params.clone())))
        .unwrap();
    let error = only(&report).error.as_ref().unwrap().to_string();
    assert_eq!(error, format!("conflict: {ORDER} was to become approved, now in state failed"));
    assert_eq!((report.stale(), report.errored(), report.exit_code()), (0, 1, 1));
}

/// An update whose answer was lost may have been stored.
#[test]
fn an_order_that_was_failed_when_the_answer_of_its_update_was_lost_is_a_conflict() {
    let sandbox = one_order();
    sandbox.fault(Fault::on("PUT", "/requests/*").after_effect().reset().always());
    sandbox.on_call(|call, store| {
        if call.method == "PUT" {
            store.update("requests", ORDER, |order| order["status"] = "failed".into());
        }
    });
    let params = [ParamUpdate::value("purchase_id", "P-1")];
    let report = client(&sandbox)
        .process_fulfillments(|_| Ok(Approval::template(TEMPLATE).with_params(params.clone())))
        .unwrap();
    assert!(matches!(only(&report).error, Some(Error::Conflict(_))), "{report}");
    assert_eq!((report.stale(), report.exit_code()), (0, 1));
}

#[test]
fn an_order_that_was_failed_for_another_reason_is_stale() {
    let sandbox = one_order();
    let report = client(&sandbox)
        .process_fulfillments(|request| {
            sandbox
                .update("requests", &request.id, |order| {
                    (order["status"], order["reason"]) = ("failed".into(), "credit".into());
                })
                .unwrap();
            Err(Action::fail("no licence"))
        })
        .unwrap();
    let expected = format!("conflict: {ORDER} is failed already, with reason \"credit\"");
    assert_eq!((only(&report).verdict, only(&report).detail.as_deref()), (Verdict::Stale, Some(&*expected)));
}

#[test]
fn an_order_that_was_revoked_for_another_reason_is_stale() {
    let sandbox = one_order();
    sandbox.update("requests", ORDER, |order| order["status"] = "scheduled".into()).unwrap();
    let options = Options::new().statuses(["scheduled"]);
    let report = client(&sandbox)
        .fulfillment()
        .process_with(options, |request| {
            sandbox
                .update("requests", &request.id, |order| {
                    (order["status"], order["reason"]) = ("revoked".into(), "too late".into());
                })
                .unwrap();
            Err(Action::Revoke("no stock".into()))
        })
        .unwrap();
    let expected = format!("conflict: {ORDER} is revoked already, with reason \"too late\"");
    assert_eq!((only(&report).verdict, only(&report).detail.as_deref()), (Verdict::Stale, Some(&*expected)));
}

#[test]
fn a_usage_file_that_was_rejected_with_another_note_is_stale() {
    let sandbox = Sandbox::empty().unwrap();
    let mut file = sample::usage_file("UF-1");
    file["status"] = "pending".into();
    sandbox.insert("usage/files", file);
    let options = Options::new().statuses(["pending"]);
    let report = client(&sandbox)
        .usage()
        .process_files_with(options, |file| {
            sandbox
                .update("usage/files", &file.id, |file| {
                    (file["status"], file["rejection_note"]) = ("rejected".into(), "twice".into());
                })
                .unwrap();
            Ok(FileAction::reject("wrong month"))
        })
        .unwrap();
    let expected = "conflict: UF-1 is rejected already, with reason \"twice\"";
    assert_eq!((only(&report).verdict, only(&report).detail.as_deref()), (Verdict::Stale, Some(expected)));
}

/// The first call is lost before it has an effect; somebody else is faster than the second one.
#[test]
fn a_refused_second_post_after_a_lost_first_is_looked_at_the_same_way() {
    for (template, verdict) in [(TEMPLATE, Verdict::Approved), ("TL-000-000-001", Verdict::Errored)] {
        let sandbox = one_order();
        sandbox.fault(Fault::on("POST", "/requests/*/approve").reset());
        let mut posts = 0;
        sandbox.on_call(move |call, store| {
            posts += usize::from(call.method == "POST");
            if posts == 1 && call.method == "POST" {
                store.update("requests", ORDER, |order| {
                    (order["status"], order["template"]) = ("approved".into(), json!({"id": template}));
                });
            }
        });
        let report = client(&sandbox).process_fulfillments(|_| Ok(Approval::template(TEMPLATE))).unwrap();
        assert_eq!(only(&report).verdict, verdict);
        let posts = routes(&sandbox).iter().filter(|call| call.ends_with("/approve 400")).count();
        assert_eq!(posts, 1, "{:?}", routes(&sandbox));
        assert!(sandbox.transitions(ORDER).is_empty());
    }
}

/// Processes orders in pages of all, approving each.
fn approve_all(sandbox: &Sandbox) -> connect::Result<Report> {
    client(sandbox).process_fulfillments(|_| Ok(Approval::template(TEMPLATE)))
}

#[test]
fn a_key_that_is_revoked_in_the_middle_ends_the_run_with_what_was_done() {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.add_requests(40, |_, _| {});
    sandbox.fault(Fault::any().skip(2 + 7).status(401).always());
    let report = approve_all(&sandbox).unwrap();
    assert_eq!((report.approved(), report.errored(), report.exit_code()), (7, 5, 1));
    assert_eq!(report.error().and_then(Error::status), Some(401));
    // One refusal each for five orders, and the probe.
    assert_eq!(sandbox.journal().iter().filter(|call| call.status == 401).count(), 6);
    let approved = sandbox.all("requests").iter().filter(|order| order["status"] == "approved").count();
    assert_eq!(approved, 7);
}

#[test]
fn a_platform_that_dies_in_the_middle_is_probed_once_and_the_run_ends() {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.add_requests(40, |_, _| {});
    sandbox.fault(Fault::any().skip(2 + 3).reset().always());
    let report = approve_all(&sandbox).unwrap();
    assert_eq!((report.approved(), report.errored()), (3, 5));
    assert!(matches!(report.error(), Some(Error::Transport(_))), "{:?}", report.error());
    let unknown = report.iter().filter(|outcome| outcome.certainty == Certainty::Unknown).count();
    assert_eq!(unknown, 5);
    let last = sandbox.journal().pop().unwrap();
    assert_eq!((last.method.as_str(), last.path.as_str()), ("GET", "/requests?limit=1&offset=0"));
}

#[test]
fn poisoned_orders_at_the_head_do_not_block_the_queue() {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.add_requests(40, |_, _| {});
    for number in 0..12 {
        let path = format!("/requests/PR-1000-{number:04}-0001-001/approve");
        sandbox.fault(Fault::on("POST", &path).status(500).always());
    }
    let report = approve_all(&sandbox).unwrap();
    assert_eq!((report.approved(), report.errored(), report.stopped()), (28, 12, None));
    let probes = sandbox.journal().iter().filter(|call| call.path == "/requests?limit=1&offset=0").count();
    assert_eq!(probes, 2);
}

#[test]
fn a_list_that_fails_at_once_is_an_error_and_never_an_empty_report() {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.add_requests(2, |_, _| {});
    sandbox.fault(Fault::on("GET", "/requests").status(503).always());
    let error = approve_all(&sandbox).unwrap_err();
    assert_eq!(error.status(), Some(503));
    assert!(error.to_string().starts_with("GET /requests?"), "{error}");
}
