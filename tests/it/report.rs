//! What a run tells of itself.

use connect::models::ParamUpdate;
use connect::sandbox::{Sandbox, sample};
use connect::{Action, Approval, Config, Connect, Options, Report, Stop};
use serde_json::{Value, json};

use crate::support::{ORDER, one_order, one_try, only};

/// Four orders, one of each usual end, and one that does not decode.
fn small_run(dry_run: bool) -> Report {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.add_requests(5, |i, request| {
        if i == 4 {
            request["asset"]["params"] = "no list".into();
        }
    });
    let mut count = 0;
    one_try(&sandbox)
        .fulfillment()
        .process_with(Options::new().dry_run(dry_run), |_| {
            count += 1;
            match count {
                1 => Ok(Approval::template("TL-1")),
                2 => Err(Action::fail("quota is used up")),
                3 => Err(Action::inquire([ParamUpdate::error("email", "which?")])),
                _ => Err(std::io::Error::other("ERP is\ndown"))?,
            }
        })
        .unwrap()
}

/// The text without what differs from run to run.
fn steady(report: &Report) -> String {
    let took = format!("in {} ms,", report.elapsed().as_millis());
    let age = format!("the oldest for {} days", report.oldest().unwrap().as_secs() / 86400);
    let text = report.to_string();
    assert!(text.contains(&took) && text.contains(&age), "{text}");
    text.replace(&took, "in T,").replace(&age, "the oldest for D days")
}

#[test]
fn a_small_run_prints_this() {
    assert_eq!(
        steady(&small_run(false)),
        "5 fulfillment requests in T, 1 approved, 1 failed, 1 inquired, 2 errored
  5 waited at the start, the oldest for D days
  PR-1000-0000-0001-001 approved: template TL-1
  PR-1000-0001-0001-001 failed: quota is used up
  PR-1000-0002-0001-001 inquired: email: which?
  PR-1000-0003-0001-001 errored: ERP is down
  PR-1000-0004-0001-001 errored: GET /requests: element 4 of the list: the answer is no Request: PROBLEM
"
        .replace("PROBLEM", &problem())
    );
}

#[test]
fn a_dry_run_prints_its_plan() {
    assert_eq!(
        steady(&small_run(true)),
        "dry run, nothing was sent: 5 fulfillment requests in T, 1 approved, 1 failed, 1 inquired, 2 errored
  5 waited at the start, the oldest for D days
  PR-1000-0000-0001-001 would be approved: template TL-1 [POST /requests/PR-1000-0000-0001-001/approve {\"template_id\":\"TL-1\"}, message to its conversation, if one is open: \"Activated using template TL-1.\"]
  PR-1000-0001-0001-001 would be failed: quota is used up [POST /requests/PR-1000-0001-0001-001/fail {\"reason\":\"quota is used up\"}]
  PR-1000-0002-0001-001 would be inquired: email: which? [update /requests/PR-1000-0002-0001-001 {\"asset\":{\"params\":[{\"id\":\"email\",\"value_error\":\"which?\"}]}}, POST /requests/PR-1000-0002-0001-001/inquire {}]
  PR-1000-0003-0001-001 errored: ERP is down
  PR-1000-0004-0001-001 errored: GET /requests: element 4 of the list: the answer is no Request: PROBLEM
"
        .replace("PROBLEM", &problem())
    );
}

/// What is wrong with the last order of [`small_run`]; the column depends on what stands before it.
fn problem() -> String {
    let report = small_run(true);
    let text = report.outcomes()[4].error.as_ref().unwrap().to_string();
    let (_, problem) = text.split_once("the answer is no Request: ").unwrap();
    assert!(problem.starts_with("invalid type: string …, expected a list"), "{problem}");
    problem.to_owned()
}

#[test]
fn the_json_has_everything_in_it() {
    let mut json = serde_json::to_value(small_run(false)).unwrap();
    for key in ["millis", "oldest_seconds"] {
        assert!(json[key].take().is_u64(), "{key}");
    }
    for outcome in json["outcomes"].as_array_mut().unwrap() {
        assert!(outcome["millis"].take().is_u64());
    }
    let last = json["outcomes"][4]["error"].take();
    assert!(last.as_str().unwrap().starts_with("GET /requests: element 4 of the list: "), "{last}");
    let outcome = |id: &str, verdict: &str, detail: Option<&str>, error: Value, calls: u64| {
        // What does not decode tells neither product nor type.
        let known = id != "0004";
        json!({
            "id": format!("PR-1000-{id}-0001-001"), "product": known.then_some(sample::PRODUCT),
            "kind": known.then_some("purchase"), "verdict": verdict, "certainty": "confirmed", "detail": detail,
            "error": error, "warnings": [], "millis": null, "calls": calls, "plan": null,
        })
    };
    assert_eq!(
        json,
        json!({
            "what": "fulfillment requests", "handled": 5, "backlog": 5, "oldest_seconds": null, "foreign": 0,
            "others": 0, "waiting": 0, "dead": 0, "behind": 0, "left": 0, "warnings": [],
            "counts": {"approved": 1, "failed": 1, "inquired": 1, "skipped": 0, "errored": 2},
            "observed": 0, "already_done": 0, "unknown": 0, "dry_run": false, "stopped": null,
            "error": null, "calls": 7,
            "millis": null, "unlisted": 0,
            "outcomes": [
                outcome("0000", "approved", Some("template TL-1"), Value::Null, 2),
                outcome("0001", "failed", Some("quota is used up"), Value::Null, 1),
                outcome("0002", "inquired", Some("email: which?"), Value::Null, 2),
                outcome("0003", "errored", None, "ERP is down".into(), 0),
                outcome("0004", "errored", None, Value::Null, 0),
            ],
        })
    );
}

#[test]
fn a_run_that_found_nothing_prints_nothing() {
    let sandbox = Sandbox::empty().unwrap();
    let report = one_try(&sandbox).process_fulfillments(|_| Err(Action::skip())).unwrap();
    assert_eq!((report.to_string().as_str(), report.exit_code(), report.calls()), ("", 0, 1));
    let json = serde_json::to_value(&report).unwrap();
    let none = json!({"approved": 0, "failed": 0, "inquired": 0, "skipped": 0, "errored": 0});
    assert_eq!((&json["handled"], &json["counts"], &json["outcomes"]), (&json!(0), &none, &json!([])));
}

#[test]
fn a_run_that_ended_early_says_why() {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.add_requests(2, |_, _| {});
    let options = Options::new().max(1);
    let report = one_try(&sandbox).fulfillment().process_with(options, |_| Err(Action::fail("no"))).unwrap();
    assert_eq!(report.stopped(), Some(Stop::Max));
    assert_eq!(
        steady(&report),
        "1 fulfillment requests in T, 1 failed
  2 waited at the start, the oldest for D days
  the run ended early: the most requests of one run were handled
  PR-1000-0000-0001-001 failed: no
"
    );
    assert_eq!(serde_json::to_value(&report).unwrap()["stopped"], "max");
}

#[test]
fn a_long_run_lists_a_thousand_and_beyond_these_what_is_not_plain() {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.add_requests(1010, |_, _| {});
    let (mut count, mut observed) = (0, 0);
    let options = Options::new().page_size(1000).observer(|_| observed += 1);
    let report = one_try(&sandbox)
        .fulfillment()
        .process_with(options, |_| {
            count += 1;
            if count % 505 == 0 { Err(anyhow::anyhow!("no"))? } else { Err(Action::skip()) }
        })
        .unwrap();
    assert_eq!((report.handled(), report.skipped(), report.errored(), observed), (1010, 1008, 2, 1010));
    assert_eq!((report.outcomes().len(), report.unlisted()), (1001, 9));
    assert_eq!(report.outcomes()[1000].id, "PR-1000-1009-0001-001");
    assert!(report.to_string().ends_with("  and 9 more\n"), "{report}");
}

#[test]
fn a_reason_of_several_lines_stays_on_the_line_of_its_order() {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.add_requests(1, |_, _| {});
    let report = one_try(&sandbox)
        .process_fulfillments(|_| Err(Action::fail("sold out\n2030-01-01 INFO forged\u{1b}[2J")))
        .unwrap();
    let text = report.to_string();
    assert!(text.contains("failed: sold out 2030-01-01 INFO forged [2J\n"), "{text:?}");
}

#[test]
fn an_order_without_a_product_has_none_in_the_report() {
    let sandbox = one_order();
    sandbox.update("requests", ORDER, |order| {
        order["asset"].as_object_mut().unwrap().remove("product");
    });
    let connect = Connect::new(Config::new(sandbox.url(), sandbox.api_key()).unwrap()).unwrap();
    let report = connect.process_fulfillments(|_| Err(Action::skip())).unwrap();
    assert_eq!(only(&report).product, None);
}
