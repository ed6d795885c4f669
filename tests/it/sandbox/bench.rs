//! A processor tested with the sandbox as a test bench: one's own product, orders, the customer, and somebody else.

use connect::models::ParamUpdate;
use connect::sandbox::{NewOrder, NewProduct, Sandbox};
use connect::{Action, Approval};
use serde_json::Value;

use crate::support::raw::Raw;

// The recipe of the sandbox's documentation.
#[test]
fn a_processor_is_tested_with_its_own_product() -> anyhow::Result<()> {
    // A product as the vendor defines it, and two orders of it as a distributor places them.
    let sandbox = Sandbox::empty()?;
    sandbox.define(
        NewProduct::new("PRD-100-200-300")
            .ordering_parameter("email")
            .fulfillment_parameter("tenant_id")
            .item("SEAT")
            .template("TL-100-200-300"),
    );
    let order = |email: &str| NewOrder::purchase("PRD-100-200-300").item("SEAT", 5).value("email", email);
    let first = sandbox.order(order("no address"))?;
    let second = sandbox.order(order("b@example.org"))?;

    // The processor: it asks for an address, or makes a tenant.
    let run = || {
        sandbox.connect()?.process_fulfillments(|request| match request.value("email") {
            Some(email) if email.contains('@') => Ok(Approval::template("TL-100-200-300")
                .with_params([ParamUpdate::value("tenant_id", format!("t-{}", request.id))])),
            _ => Err(Action::inquire([ParamUpdate::error("email", "Please give an address")])),
        })
    };

    // A colleague approves the second order just before the processor does.
    let other = second.clone();
    sandbox.before("POST", &format!("/requests/{second}/approve"), move |others| {
        others.approve(&other, "TL-100-200-300").unwrap();
    });
    let report = run()?;
    assert_eq!((report.inquired(), report.already_done()), (1, 1));

    // The customer answers, and the order is approved.
    assert_eq!(sandbox.status(&first).as_deref(), Some("inquiring"));
    sandbox.answer(&first, [("email", "a@example.org")])?;
    assert_eq!(run()?.approved(), 1);
    assert_eq!(sandbox.status(&first).as_deref(), Some("approved"));
    Ok(())
}

fn seats() -> Sandbox {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.define(
        NewProduct::new("PRD-1")
            .name("Vault")
            .ordering_parameter("email")
            .fulfillment_parameter("tenant_id")
            .item("SEAT")
            .item("DISK")
            .template("TL-1")
            .inquiry_template("TL-2"),
    );
    sandbox
}

#[test]
fn a_created_request_is_whole() {
    let sandbox = seats();
    let id =
        sandbox.order(NewOrder::purchase("PRD-1").item("DISK", 3).value("email", "a@b.c").note("n")).unwrap();
    let request = sandbox.get("requests", &id).unwrap();
    let asset = &request["asset"];
    assert_eq!((&request["status"], &request["note"]), (&"pending".into(), &"n".into()));
    assert_eq!(asset["product"]["name"], "Vault");
    let params: Vec<_> =
        asset["params"].as_array().unwrap().iter().map(|param| (&param["id"], &param["value"])).collect();
    assert_eq!(params, [(&"email".into(), &"a@b.c".into()), (&"tenant_id".into(), &Value::from(""))]);
    let item = &asset["items"][0];
    assert_eq!(
        (&item["mpn"], &item["global_id"], &item["quantity"]),
        (&"DISK".into(), &"PRD-1-0002".into(), &"3".into())
    );
    assert!(asset["tiers"]["customer"]["contact_info"]["contact"]["email"].is_string());
    assert!(sandbox.get("assets", asset["id"].as_str().unwrap()).is_some());
    let refused = sandbox.order(NewOrder::purchase("PRD-1").item("CHAIR", 1)).unwrap_err();
    assert!(refused.to_string().contains("item CHAIR does not exist"), "{refused}");
    let refused = sandbox.order(NewOrder::purchase("PRD-1").value("colour", "red")).unwrap_err();
    assert!(refused.to_string().contains("parameter colour does not exist"), "{refused}");
}

#[test]
fn an_asset_is_changed_and_ended_by_later_orders() {
    let sandbox = seats();
    let first = sandbox.order(NewOrder::purchase("PRD-1").item("SEAT", 2)).unwrap();
    sandbox.act(|others| others.approve(&first, "TL-1")).unwrap();
    let asset = sandbox.get("requests", &first).unwrap()["asset"]["id"].as_str().unwrap().to_owned();
    let change = sandbox.order(NewOrder::for_asset("change", &asset).item("SEAT", 5)).unwrap();
    let item = sandbox.get("requests", &change).unwrap()["asset"]["items"][0].clone();
    assert_eq!((&item["old_quantity"], &item["quantity"]), (&"2".into(), &"5".into()));
    let cancel = sandbox.order(NewOrder::for_asset("cancel", &asset)).unwrap();
    sandbox.act(|others| others.approve(&cancel, "TL-1")).unwrap();
    assert_eq!(sandbox.get("assets", &asset).unwrap()["status"], "terminated");
}

#[test]
fn what_others_do_is_not_what_the_program_did() {
    let sandbox = seats();
    let id = sandbox.order(NewOrder::purchase("PRD-1")).unwrap();
    sandbox.act(|others| others.fail(&id, "no")).unwrap();
    assert_eq!(sandbox.status(&id).as_deref(), Some("failed"));
    assert_eq!((sandbox.journal().len(), sandbox.effects().len()), (0, 0));
    let refused = sandbox.answer(&id, [("email", "a@b.c")]).unwrap_err();
    assert!(refused.to_string().contains("failed, not inquiring"), "{refused}");
}

#[test]
#[should_panic(expected = "the platform has no collection `request`")]
fn a_collection_that_the_platform_does_not_have_is_refused() {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.insert("request", serde_json::json!({"id": "PR-1"}));
}

#[test]
fn each_call_is_a_line_when_asked_for() {
    #[derive(Clone, Default)]
    struct Lines(std::sync::Arc<std::sync::Mutex<Vec<u8>>>);
    impl std::io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let lines = Lines::default();
    let sandbox = Sandbox::builder().empty().print_calls(lines.clone()).start().unwrap();
    sandbox.add_requests(1, |_, _| ());
    let mut client = Raw::new(&sandbox);
    client.get("/requests?limit=1");
    client.post("/requests/PR-1000-0000-0001-001/fail", &serde_json::json!({"reason": "hunter2"}));
    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    let expected =
        "GET /requests?limit=1 200\nPOST /requests/PR-1000-0000-0001-001/fail 200 pending → failed\n";
    assert_eq!(text, expected);
}

#[test]
fn the_recipe_is_that_of_the_documentation_and_short() {
    let own = include_str!("bench.rs").split_once("anyhow::Result<()> {\n").unwrap().1;
    let own: Vec<_> = own.split("    Ok(())\n}").next().unwrap().lines().map(str::trim_start).collect();
    let page: Vec<_> = include_str!("../../../src/sandbox.rs")
        .lines()
        .filter_map(|line| Some(line.strip_prefix("//!")?.trim_start()))
        .collect();
    assert!(own.len() < 40, "{} lines", own.len());
    assert!(page.join("\n").contains(own.join("\n").trim_end()), "the recipe and its test differ");
}

#[test]
#[should_panic(expected = "there is no such template")]
fn a_panic_of_others_is_one_of_the_test() {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.before("GET", "/requests", |_| panic!("there is no such template"));
    let _ = sandbox.connect().unwrap().fulfillment().requests(&connect::rql::Query::new()).next();
}

#[test]
#[should_panic(expected = "never came: POST /request/*/approve")]
fn others_whose_call_never_comes_fail_the_test() {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.before("POST", "/request/*/approve", |_| {});
}
