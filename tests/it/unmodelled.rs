//! Calls that are not modelled.

use connect::Error;
use connect::rql::Query;
use connect::sandbox::{Fault, Sandbox, sample};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::support::{calls, client};

#[derive(Debug, Deserialize, PartialEq)]
struct Hub {
    id: String,
    name: String,
}

fn hub(n: usize) -> Value {
    json!({"id": format!("HB-{n}"), "name": format!("Hub {n}"), "company": {"id": "PA-1"}})
}

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::empty().unwrap();
    (0..3).for_each(|n| sandbox.insert("hubs", hub(n)));
    sandbox.insert("tier/account-requests", json!({"id": "TAR-1", "type": "update", "status": "pending"}));
    sandbox.insert("tier/accounts", sample::tier_account("TA-1"));
    sandbox
}

#[test]
fn an_object_is_read_into_a_type_of_ones_own() {
    let sandbox = sandbox();
    let connect = client(&sandbox);
    let read: Hub = connect.get("/hubs/HB-1").unwrap();
    assert_eq!(read, Hub { id: "HB-1".into(), name: "Hub 1".into() });
    let same: Hub = connect.get("hubs/HB-1").unwrap();
    assert_eq!(same, read);
    assert_eq!(calls(&sandbox), json!([["GET", "/hubs/HB-1"], ["GET", "/hubs/HB-1"]]));
}

#[test]
fn what_is_not_there_is_an_error_that_can_be_told() {
    let sandbox = sandbox();
    let error = client(&sandbox).get::<Hub>("/hubs/HB-9").unwrap_err();
    assert!(error.is_not_found());
    assert_eq!(
        error.to_string(),
        "GET /hubs/HB-9 was answered with 404 Not Found: SYS_001, Object not found"
    );
}

#[test]
fn a_post_has_a_body_or_none() {
    let sandbox = sandbox();
    let connect = client(&sandbox);
    let accepted: Value = connect.post("/tier/account-requests/TAR-1/accept", &()).unwrap();
    assert_eq!(accepted["status"], "accepted");
    sandbox.update("tier/account-requests", "TAR-1", |request| request["status"] = "pending".into());
    let ignored: Value =
        connect.post("/tier/account-requests/TAR-1/ignore", &json!({"reason": "x"})).unwrap();
    assert_eq!(ignored["reason"], "x");
    assert_eq!(
        calls(&sandbox),
        json!([
            ["POST", "/tier/account-requests/TAR-1/accept"],
            ["POST", "/tier/account-requests/TAR-1/ignore", {"reason": "x"}],
        ])
    );
}

#[test]
fn an_answer_without_a_body_reads_as_nothing() {
    let sandbox = sandbox();
    sandbox.insert("tier/config-requests", sample::tier_config_request("TCR-1-001"));
    let connect = client(&sandbox);
    connect.post::<()>("/tier/config-requests/TCR-1-001/unassign", &()).unwrap();
    let none: Option<Hub> = connect.post("/tier/config-requests/TCR-1-001/unassign", &()).unwrap();
    assert_eq!(none, None);
    let error = connect.post::<Hub>("/tier/config-requests/TCR-1-001/unassign", &()).unwrap_err();
    assert!(matches!(error, Error::Decode(_)), "{error}");
}

#[test]
fn an_update_goes_out_with_the_verb_of_the_server() {
    let sandbox = sandbox();
    let connect = sandbox.connect().unwrap();
    let updated: Value = connect.update("/tier/accounts/TA-1", &json!({"name": "New"})).unwrap();
    assert_eq!(updated["name"], "New");
    assert_eq!(
        calls(&sandbox),
        json!([
            ["PATCH", "/tier/accounts/TA-1", {"name": "New"}],
            ["PUT", "/tier/accounts/TA-1", {"name": "New"}],
        ])
    );
}

#[test]
fn a_delete_is_sent_once() {
    let sandbox = sandbox();
    sandbox.fault(Fault::on("DELETE", "/products/**").status(204));
    sandbox.fault(Fault::on("DELETE", "/products/**").status(503));
    let connect = client(&sandbox);
    connect.delete("/products/PRD-1/media/PRM-1").unwrap();
    let error = connect.delete("/products/PRD-1/media/PRM-1").unwrap_err();
    assert_eq!(error.status(), Some(503));
    assert!(error.may_have_happened());
    let call = json!(["DELETE", "/products/PRD-1/media/PRM-1"]);
    assert_eq!(calls(&sandbox), json!([call, call]));
}

#[test]
fn a_list_is_read_page_by_page() {
    let sandbox = Sandbox::builder().empty().page_cap(2).shuffle(false).start().unwrap();
    (0..5).for_each(|n| sandbox.insert("hubs", hub(n)));
    let connect = client(&sandbox);
    let query = Query::new().ordering(["name"]).limit(4);
    let hubs = connect.list::<Hub>("/hubs", &query).collect::<connect::Result<Vec<_>>>().unwrap();
    assert_eq!(hubs.iter().map(|hub| hub.id.as_str()).collect::<Vec<_>>(), ["HB-0", "HB-1", "HB-2", "HB-3"]);
    assert_eq!(
        calls(&sandbox),
        json!([
            ["GET", "/hubs?ordering(name)&limit=4&offset=0"],
            ["GET", "/hubs?ordering(name)&limit=2&offset=2"],
        ])
    );
}

#[test]
fn paths_out_of_the_api_are_refused() {
    let sandbox = sandbox();
    let connect = client(&sandbox);
    for path in ["", "/", "https://evil.example/x", "/hubs/../../admin"] {
        assert!(matches!(connect.get::<Value>(path), Err(Error::Input(_))), "{path}");
        assert!(matches!(connect.delete(path), Err(Error::Input(_))), "{path}");
    }
    assert!(matches!(connect.list::<Hub>("/hubs?id=1", &Query::new()).next(), Some(Err(Error::Input(_)))));
    assert_eq!(calls(&sandbox), json!([]));
}

#[test]
fn a_limit_of_nothing_asks_nothing() {
    let sandbox = sandbox();
    let connect = client(&sandbox);
    assert_eq!(connect.list::<Hub>("/hubs", &Query::new().limit(0)).count(), 0);
    assert_eq!(calls(&sandbox), json!([]));
}

#[test]
fn a_list_that_is_null_is_empty() {
    let sandbox = sandbox();
    sandbox.fault(Fault::on("GET", "/hubs").status(200).body("null"));
    let connect = client(&sandbox);
    assert_eq!(connect.list::<Hub>("/hubs", &Query::new()).count(), 0);
}

#[test]
fn an_element_that_does_not_fit_is_an_error_with_its_place() {
    let sandbox = sandbox();
    sandbox.insert("hubs", json!({"id": "HB-7", "name": 7}));
    let connect = client(&sandbox);
    let error = connect.list::<Hub>("/hubs", &Query::new()).find_map(connect::Result::err).unwrap();
    assert!(matches!(error, Error::Decode(_)), "{error}");
    assert!(error.to_string().starts_with("GET /hubs: element 3 of the list: "), "{error}");
}

#[test]
fn in_a_dry_run_raw_calls_only_read() {
    let sandbox = sandbox();
    sandbox.insert("requests", sample::request("PR-1000-0000-0001-001"));
    let connect = client(&sandbox);
    let options = connect::Options::new().dry_run(true);
    let report = connect
        .fulfillment()
        .process_with(options, |_| {
            let refused = [
                connect.post::<Value>("/x", &()).unwrap_err(),
                connect.update::<Value>("/x", &()).unwrap_err(),
                connect.delete("/x").unwrap_err(),
                connect.fulfillment().pend("PR-1").unwrap_err(),
                connect.fulfillment().add_message("CO-1", "x").unwrap_err(),
                connect.tier_config().unassign("TCR-1").unwrap_err(),
            ];
            assert!(refused.iter().all(Error::is_dry_run), "{refused:?}");
            assert_eq!(connect.get::<Hub>("/hubs/HB-1")?.id, "HB-1");
            Err(connect::Action::skip())
        })
        .unwrap();
    assert_eq!(report.skipped(), 1, "{report}");
    assert!(sandbox.journal().iter().all(|call| call.method == "GET"));
}
