//! How a run differs from the usual one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use connect::models::{ParamUpdate, Request};
use connect::rql::Query;
use connect::sandbox::{Fault, Sandbox, sample};
use connect::{Action, Approval, Certainty, Config, Connect, Error, Options, Stop, Verdict};
use serde_json::{Value, json};

use crate::support::{ORDER, add_orders, calls, one_order, one_try, one_try_config, status};

#[expect(clippy::unnecessary_wraps, reason = "it has the type of a closure that a run takes")]
fn approve(_: &Request) -> Result<Approval, Action> {
    Ok(Approval::template("TL-1"))
}

/// The paths of the list calls.
fn lists(sandbox: &Sandbox) -> Vec<String> {
    let calls = sandbox.journal().into_iter().filter(|call| call.route() == "/requests");
    calls.map(|call| call.path).collect()
}

#[test]
fn a_dry_run_reads_and_tells_what_it_would_send() {
    let sandbox = Sandbox::empty().unwrap();
    add_orders(&sandbox, 5);
    let connect = one_try(&sandbox);
    let mut count = 0;
    let report = connect
        .fulfillment()
        .process_with(Options::new().dry_run(true), |request| {
            count += 1;
            match count {
                1 => Ok(Approval::template("TL-1").with_params([ParamUpdate::value("purchase_id", "P-1")])),
                2 => Err(Action::inquire([ParamUpdate::error("email", "which?")]).with_message("Which one?")),
                3 => Err(Action::fail("no")),
                4 => Err(Action::skip().with_message("waits")),
                _ => {
                    connect.fulfillment().pend(&request.id)?;
                    Ok(Approval::template("TL-1"))
                }
            }
        })
        .unwrap();
    let plans: Vec<_> =
        report.outcomes().iter().filter_map(|outcome| Some(outcome.plan.as_ref()?.to_string())).collect();
    assert_eq!(
        plans,
        [
            "update /requests/PR-1000-0000-0001-001 {\"asset\":{\"params\":[{\"id\":\"purchase_id\",\"value\":\"P-1\"}]}}, \
             POST /requests/PR-1000-0000-0001-001/approve {\"template_id\":\"TL-1\"}, \
             message to its conversation, if one is open: \"Activated using template TL-1.\"",
            "update /requests/PR-1000-0001-0001-001 {\"asset\":{\"params\":[{\"id\":\"email\",\"value_error\":\"which?\"}]}}, \
             POST /requests/PR-1000-0001-0001-001/inquire {}, \
             message to its conversation, if one is open: \"Which one?\"",
            "POST /requests/PR-1000-0002-0001-001/fail {\"reason\":\"no\"}",
            "message to its conversation, if one is open: \"waits\"",
        ]
    );
    assert!(report.outcomes()[..4].iter().all(|outcome| outcome.certainty == Certainty::Planned));
    // What a closure sends by itself is held back too.
    let refused = report.outcomes()[4].error.as_ref().unwrap();
    let Error::Handler(cause) = refused else { panic!("{refused:?}") };
    assert!(cause.downcast_ref().is_some_and(Error::is_dry_run));
    assert_eq!(refused.to_string(), "dry run: POST /requests/PR-1000-0004-0001-001/pend was not sent");
    assert_eq!(report.exit_code(), 1);

    assert!(sandbox.journal().iter().all(|call| call.method == "GET"), "{:?}", sandbox.journal());
    assert!(sandbox.effects().is_empty());

    // The same client sends again when the run is over.
    assert_eq!(connect.process_fulfillments(approve).unwrap().approved(), 5);
}

#[test]
fn a_dry_run_is_known_to_the_closure_and_plans_what_it_stores_at_once() {
    let sandbox = Sandbox::start().unwrap();
    let connect = one_try(&sandbox);
    assert!(!connect.is_dry_run());
    let options = Options::new().dry_run(true).max(1);
    let report = connect.fulfillment().process_with(options, |request| {
        assert!(connect.is_dry_run());
        let token = [ParamUpdate::value("token", "s3cret")];
        let stored = connect.fulfillment().update_parameters(&request.id, &token)?;
        assert_eq!(stored.id, request.id);
        Ok(Approval::template("TL-1"))
    });
    let report = report.unwrap();
    let outcome = &report.outcomes()[0];
    let plan = outcome.plan.as_ref().unwrap().to_string();
    let update = format!(
        r#"update /requests/{} {{"asset":{{"params":[{{"id":"token","value":"***"}}]}}}}, POST "#,
        outcome.id
    );
    assert!(plan.starts_with(&update), "{plan}");
    let configs = connect.tier_config().process_with(Options::new().dry_run(true).max(1), |request| {
        connect.tier_config().update_parameters(&request.id, &[ParamUpdate::value("a", "b")])?;
        Err(Action::skip())
    });
    let plan = configs.unwrap().outcomes()[0].plan.as_ref().unwrap().to_string();
    assert!(plan.starts_with("update /tier/config-requests/"), "{plan}");
    assert!(sandbox.journal().iter().all(|call| call.method == "GET"), "{:?}", sandbox.journal());
}

#[test]
fn a_dry_run_sees_each_order_once() {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.add_requests(9, |_, _| {});
    let mut seen = Vec::new();
    let options = Options::new().dry_run(true).page_size(2);
    let report = one_try(&sandbox)
        .fulfillment()
        .process_with(options, |request| {
            seen.push(request.id.clone());
            Ok(Approval::template("TL-1"))
        })
        .unwrap();
    assert_eq!((seen.len(), report.approved()), (9, 9));
    seen.dedup();
    assert_eq!(seen.len(), 9);
}

#[test]
fn a_dry_run_whose_closure_only_reads_may_read() {
    let sandbox = one_order();
    let connect = one_try(&sandbox);
    let report = connect
        .fulfillment()
        .process_with(Options::new().dry_run(true), |request| {
            let again = connect.fulfillment().request(&request.id)?;
            assert_eq!(again.map(|again| again.id).as_ref(), Some(&request.id));
            Ok(Approval::template("TL-1"))
        })
        .unwrap();
    assert_eq!((report.approved(), report.exit_code(), report.outcomes()[0].calls), (1, 0, 1), "{report}");
}

#[test]
fn the_most_requests_of_a_run_do_not_count_skips() {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.add_requests(20, |_, _| {});
    let mut count = 0;
    let report = one_try(&sandbox)
        .fulfillment()
        .process_with(Options::new().max(3).page_size(4), |_| {
            count += 1;
            if count % 2 == 1 { Err(Action::skip()) } else { Ok(Approval::template("TL-1")) }
        })
        .unwrap();
    assert_eq!((report.approved(), report.skipped(), report.handled()), (3, 3, 6), "{report}");
    assert_eq!((report.stopped(), report.exit_code(), report.backlog()), (Some(Stop::Max), 0, Some(20)));
    // No list is read once the run is over.
    assert_eq!(lists(&sandbox).len(), 2);
}

#[test]
fn statuses_take_the_place_of_the_usual_one() {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.add_requests(4, |i, request| {
        request["status"] = ["pending", "inquiring", "approved", "failed"][i].into();
    });
    let mut seen = Vec::new();
    let options = Options::new().statuses(["inquiring", "failed"]);
    let report = one_try(&sandbox)
        .fulfillment()
        .process_with(options, |request| {
            seen.push(request.status.to_string());
            Err(Action::skip())
        })
        .unwrap();
    assert_eq!(report.skipped(), 2);
    assert_eq!(seen, ["inquiring", "failed"]);
    assert_eq!(
        lists(&sandbox)[0],
        "/requests?in(status,(inquiring,failed))&in(asset.product.id,(PRD-260-714-083))&ordering(created)&limit=100&offset=0"
    );
}

#[test]
fn a_filter_narrows_and_cannot_widen() {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.add_requests(8, |i, request| {
        request["status"] = ["pending", "approved"][i % 2].into();
        request["type"] = ["purchase", "cancel"][i / 2 % 2].into();
        if i >= 4 {
            request["asset"]["product"]["id"] = "PRD-1".into();
        }
    });
    let seen = |filter: Query| {
        let mut seen = Vec::new();
        let report = one_try(&sandbox)
            .fulfillment()
            .process_with(Options::new().filter(filter), |request| {
                seen.push(request.id.clone());
                Err(Action::skip())
            })
            .unwrap();
        assert_eq!(report.foreign(), 0);
        seen
    };
    let (first, third) = ("PR-1000-0000-0001-001", "PR-1000-0002-0001-001");
    assert_eq!(seen(Query::new()), [first, third]);
    assert_eq!(seen(Query::new().equal("type", "cancel")), [third]);
    assert_eq!(seen(Query::new().equal("status", "approved")), [] as [&str; 0]);
    assert_eq!(seen(Query::new().equal("asset.product.id", "PRD-1")), [] as [&str; 0]);
    let any = [Query::new().equal("status", "approved"), Query::new().equal("type", "purchase")];
    assert_eq!(seen(Query::new().any(any)), [first]);
    // What a walk sets by itself is not taken from the filter.
    let paged = Query::new().limit(1).offset(1).ordering(["-created"]);
    assert_eq!(seen(paged), [first, third]);
}

#[test]
fn a_filter_that_cannot_be_said_sends_nothing() {
    let sandbox = one_order();
    let options = Options::new().filter(Query::new().equal("note", "\"'"));
    let error = one_try(&sandbox).fulfillment().process_with(options, approve).unwrap_err();
    assert!(matches!(&error, Error::Input(input) if input.query().is_some()), "{error:?}");
    assert!(sandbox.journal().is_empty());
}

#[test]
fn orders_of_other_products_never_reach_the_closure() {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.add_requests(3, |i, request| {
        if i == 1 {
            request["asset"]["product"]["id"] = "PRD-1".into();
        }
    });
    // As a server answers that does not know the filter by product.
    let page = Value::from(sandbox.all("requests")).to_string();
    sandbox.fault(Fault::on("GET", "/requests").status(200).body(&page));
    let mut seen = Vec::new();
    let report = one_try(&sandbox)
        .process_fulfillments(|request| {
            seen.push(request.product_id().to_owned());
            Ok(Approval::template("TL-1"))
        })
        .unwrap();
    assert_eq!(seen, [sample::PRODUCT, sample::PRODUCT]);
    assert_eq!((report.approved(), report.foreign(), report.handled()), (2, 1, 2));
    assert!(report.to_string().contains("\n  1 of other products were passed over\n"), "{report}");
    assert_eq!(status(&sandbox, "PR-1000-0001-0001-001"), "pending");
}

#[test]
fn without_configured_products_every_one_is_handled() {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.add_requests(2, |i, request| request["asset"]["product"]["id"] = format!("PRD-{i}").into());
    let connect = Connect::new(Config::new(sandbox.url(), sandbox.api_key()).unwrap()).unwrap();
    assert_eq!(connect.process_fulfillments(approve).unwrap().approved(), 2);
    assert_eq!(lists(&sandbox)[0], "/requests?eq(status,pending)&ordering(created)&limit=100&offset=0");
}

#[test]
fn the_observer_sees_every_outcome_as_it_happens() {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.add_requests(3, |i, request| {
        if i == 1 {
            request["asset"]["params"] = "no list".into();
        }
    });
    let log = std::cell::RefCell::new(Vec::new());
    let options =
        Options::new().observer(|outcome| log.borrow_mut().push(format!("saw {}", outcome.verdict)));
    let report = one_try(&sandbox)
        .fulfillment()
        .process_with(options, |request| {
            log.borrow_mut().push(format!("asked {}", &request.id[8..12]));
            Ok(Approval::template("TL-1"))
        })
        .unwrap();
    assert_eq!(report.handled(), 3);
    assert_eq!(log.into_inner(), ["asked 0000", "saw approved", "saw errored", "asked 0002", "saw approved"]);
}

#[test]
fn a_deadline_ends_the_run_before_the_next_order() {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.add_requests(50, |_, _| {});
    let report = one_try(&sandbox)
        .fulfillment()
        .process_with(Options::new().deadline(Duration::from_millis(400)), |_| {
            std::thread::sleep(Duration::from_millis(40));
            Err(Action::skip())
        })
        .unwrap();
    assert_eq!((report.stopped(), report.exit_code()), (Some(Stop::Deadline), 0));
    assert!((1..=10).contains(&report.handled()), "{report}");
}

#[test]
fn a_deadline_cuts_a_call_that_hangs_and_holds_for_this_run_only() {
    let sandbox = one_order();
    sandbox.fault(Fault::on("GET", "/requests").never_answer());
    let connect = one_try(&sandbox);
    let start = std::time::Instant::now();
    let options = Options::new().deadline(Duration::from_millis(80));
    let report = connect.fulfillment().process_with(options, approve).unwrap();
    assert!(start.elapsed() < Duration::from_secs(5));
    assert_eq!((report.stopped(), report.handled(), report.exit_code()), (Some(Stop::Deadline), 0, 0));
    assert_eq!(connect.process_fulfillments(approve).unwrap().approved(), 1);
}

#[test]
fn a_stop_flag_ends_the_run_before_the_next_order() {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.add_requests(5, |_, _| {});
    let flag = Arc::new(AtomicBool::new(false));
    let mut count = 0;
    let report = one_try(&sandbox)
        .fulfillment()
        .process_with(Options::new().stop_flag(Arc::clone(&flag)), |_| {
            count += 1;
            flag.store(count == 2, Ordering::Relaxed);
            Ok(Approval::template("TL-1"))
        })
        .unwrap();
    // The second one is carried out whole.
    assert_eq!((report.approved(), report.stopped(), report.exit_code()), (2, Some(Stop::Flag), 0));
    assert_eq!(sandbox.all("requests").iter().filter(|order| order["status"] == "pending").count(), 3);
}

#[test]
fn a_closure_may_use_the_same_client_and_its_calls_are_counted() {
    let sandbox = one_order();
    sandbox.insert("products", sample::product(sample::PRODUCT));
    let connect = one_try(&sandbox);
    let report = connect
        .process_fulfillments(|request| {
            let product = connect.directory().product(request.product_id())?;
            Ok(Approval::template(if product.is_some() { "TL-1" } else { "TL-2" }))
        })
        .unwrap();
    assert_eq!((report.approved(), report.calls(), report.outcomes()[0].calls), (1, 6, 4), "{report}");
    assert_eq!(
        calls(&sandbox).as_array().unwrap()[1..3],
        [
            json!(["GET", "/products/PRD-260-714-083"]),
            json!(["POST", "/requests/PR-1000-0000-0001-001/approve", {"template_id": "TL-1"}]),
        ]
    );
    assert_eq!(sandbox.connections(), 1);
    assert_eq!(report.count(Verdict::Approved), 1);
}

#[test]
fn what_the_closure_decided_is_carried_out_though_the_deadline_came_meanwhile() {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.add_requests(2, |_, _| {});
    let options = Options::new().deadline(Duration::from_millis(300));
    let report = one_try(&sandbox)
        .fulfillment()
        .process_with(options, |request| {
            std::thread::sleep(Duration::from_millis(400));
            approve(request)
        })
        .unwrap();
    assert_eq!((report.approved(), report.handled(), report.exit_code()), (1, 1, 0), "{report}");
    assert_eq!(report.stopped(), Some(Stop::Deadline));
    assert_eq!(status(&sandbox, "PR-1000-0000-0001-001"), "approved");
}

#[test]
fn a_pause_that_would_outlast_the_deadline_is_not_made() {
    for (wish, patient) in [("0", true), ("25", false)] {
        let sandbox = one_order();
        sandbox.fault(Fault::on("GET", "/requests").status(503).header("Retry-After", "0"));
        sandbox.fault(Fault::on("POST", "/requests/*/approve").status(503).header("Retry-After", wish));
        let connect = Connect::new(one_try_config(&sandbox).attempts(2)).unwrap();
        let start = std::time::Instant::now();
        let options = Options::new().deadline(Duration::from_secs(20));
        let report = connect.fulfillment().process_with(options, approve).unwrap();
        assert_eq!((report.approved() == 1, report.errored() == 0), (patient, patient), "{report}");
        assert!(start.elapsed() < Duration::from_secs(15), "{:?}", start.elapsed());
    }
}

#[test]
fn a_dry_run_says_of_what_sends_nothing_that_it_is_no_call() {
    let sandbox = one_order();
    let options = Options::new().dry_run(true);
    let report = one_try(&sandbox).fulfillment().process_with(options, |_| Err(Action::skip())).unwrap();
    let outcome = &report.outcomes()[0];
    assert_eq!(outcome.to_string(), format!("{ORDER} would be skipped"));
    assert_eq!(outcome.plan.as_ref().unwrap().to_string(), "no call");
}

#[test]
fn each_run_of_a_client_counts_its_own_calls() {
    let sandbox = one_order();
    let connect = one_try(&sandbox);
    let calls = || connect.process_fulfillments(|_| Err(Action::skip())).unwrap().calls();
    let first = calls();
    assert_eq!((first, calls()), (2, 2));
}

#[test]
fn a_list_is_not_waited_for_beyond_the_deadline() {
    let sandbox = one_order();
    sandbox.fault(Fault::on("GET", "/requests").status(503).header("Retry-After", "25"));
    let connect = Connect::new(one_try_config(&sandbox).attempts(2)).unwrap();
    let start = std::time::Instant::now();
    let options = Options::new().deadline(Duration::from_secs(20));
    let error = connect.fulfillment().process_with(options, approve).unwrap_err();
    assert_eq!(error.status(), Some(503));
    assert!(start.elapsed() < Duration::from_secs(15), "{:?}", start.elapsed());
}
