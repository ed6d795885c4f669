//! What each answer of a closure sends, call by call.

use connect::models::{ParamUpdate, Request};
use connect::sandbox::{Fault, Sandbox, sample};
use connect::{Action, Approval, Connect, Options, Outcome, Report, UpdateMethod, Verdict};
use serde_json::{Value, json};
use time::macros::datetime;

use crate::support::{
    CREATED, FIRST_PAGE, ORDER, PENDING, add_orders, calls, one_order, one_try, one_try_config, status,
};

type Answer = Result<Approval, Action>;

/// Answers the only order with `answer`; the calls between the list and the look at its end must be `expected`.
fn check(answer: impl Fn(&Request) -> Answer, expected: &Value, verdict: Verdict) {
    let sandbox = one_order();
    let report = one_try(&sandbox).process_fulfillments(answer).unwrap();
    assert_eq!((report.handled(), report.count(verdict)), (1, 1), "{report}");
    assert_eq!(report.calls(), u64::try_from(sandbox.journal().len()).unwrap());
    let stays = matches!(verdict, Verdict::Skipped | Verdict::Errored);
    let left_out = if stays { format!("&out(id,({ORDER}))") } else { String::new() };
    let last = format!("{PENDING}&ge(created,{CREATED}){left_out}&ordering(created)&limit=100&offset=0");
    let mut all = vec![json!(["GET", FIRST_PAGE])];
    all.extend(expected.as_array().unwrap().iter().cloned());
    all.push(json!(["GET", last]));
    assert_eq!(calls(&sandbox), Value::from(all));
}

/// Answers the only order, which is in this state; the calls after the list must be `expected`.
fn check_from(state: &str, answer: impl Fn(&Request) -> Answer, expected: &Value, verdict: Verdict) {
    let sandbox = one_order();
    sandbox.update("requests", ORDER, |request| request["status"] = state.into());
    let options = Options::new().statuses([state]).max(1);
    let report = one_try(&sandbox).fulfillment().process_with(options, |request| answer(request)).unwrap();
    assert_eq!((report.handled(), report.count(verdict)), (1, 1), "{report}");
    let mut all = vec![json!(["GET", FIRST_PAGE.replace("pending", state)])];
    all.extend(expected.as_array().unwrap().iter().cloned());
    assert_eq!(calls(&sandbox), Value::from(all));
}

#[test]
fn a_template_approves_and_tells_so() {
    check(
        |_| Ok(Approval::template("TL-497-535-242")),
        &json!([
            ["POST", "/requests/PR-1000-0000-0001-001/approve", {"template_id": "TL-497-535-242"}],
            ["GET", "/conversations?in(instance_id,(PR-1000-0000-0001-001))&limit=1000&offset=0"],
            ["POST", "/conversations/CO-1000-0000-0001-001/messages", {"text": "Activated using template TL-497-535-242."}],
        ]),
        Verdict::Approved,
    );
}

#[test]
fn a_tile_approves_and_tells_so() {
    check(
        |_| Ok(Approval::tile("# Välkommen\n\"you\"")),
        &json!([
            ["POST", "/requests/PR-1000-0000-0001-001/approve", {"activation_tile": "# Välkommen\n\"you\""}],
            ["GET", "/conversations?in(instance_id,(PR-1000-0000-0001-001))&limit=1000&offset=0"],
            ["POST", "/conversations/CO-1000-0000-0001-001/messages", {"text": "Activated using custom activation tile."}],
        ]),
        Verdict::Approved,
    );
}

#[test]
fn an_approval_stores_its_params_first_and_only_what_may_change_of_them() {
    check(
        |request| {
            let email = ParamUpdate::from(request.param("email").unwrap());
            let tenant = ParamUpdate::structured("tenant_id", json!({"choice": true}));
            let purchase = ParamUpdate::value("purchase_id", "P-1");
            Ok(Approval::template("TL-1").with_params([purchase, tenant]).with_params([email]))
        },
        &json!([
            ["PUT", "/requests/PR-1000-0000-0001-001", {"asset": {"params": [
                {"id": "purchase_id", "value": "P-1"},
                {"id": "tenant_id", "structured_value": {"choice": true}},
                {"id": "email", "value": "irene.olmedo@example.org"},
            ]}}],
            ["POST", "/requests/PR-1000-0000-0001-001/approve", {"template_id": "TL-1"}],
            ["GET", "/conversations?in(instance_id,(PR-1000-0000-0001-001))&limit=1000&offset=0"],
            ["POST", "/conversations/CO-1000-0000-0001-001/messages", {"text": "Activated using template TL-1."}],
        ]),
        Verdict::Approved,
    );
}

#[test]
fn an_approval_carries_its_dates() {
    check(
        |_| {
            Ok(Approval::template("TL-1")
                .with_effective_date(datetime!(2024-04-01 00:00:00.5 +02:00))
                .with_next_billing_date(datetime!(2024-05-01 00:00 UTC)))
        },
        &json!([
            ["POST", "/requests/PR-1000-0000-0001-001/approve", {
                "template_id": "TL-1", "effective_date": "2024-03-31T22:00:00.500000+00:00",
                "asset": {"billing": {"next_date": "2024-05-01T00:00:00+00:00"}},
            }],
            ["GET", "/conversations?in(instance_id,(PR-1000-0000-0001-001))&limit=1000&offset=0"],
            ["POST", "/conversations/CO-1000-0000-0001-001/messages", {"text": "Activated using template TL-1."}],
        ]),
        Verdict::Approved,
    );
}

#[test]
fn a_bare_inquiry_is_one_call() {
    check(
        |_| Err(Action::inquire([])),
        &json!([["POST", "/requests/PR-1000-0000-0001-001/inquire", {}]]),
        Verdict::Inquired,
    );
}

#[test]
fn inquire_updates_params_before_inquiring() {
    check(
        |_| Err(Action::inquire([ParamUpdate::error("email", "Please give one")])),
        &json!([
            ["PUT", "/requests/PR-1000-0000-0001-001", {"asset": {"params": [
                {"id": "email", "value_error": "Please give one"},
            ]}}],
            ["POST", "/requests/PR-1000-0000-0001-001/inquire", {}],
        ]),
        Verdict::Inquired,
    );
}

#[test]
fn an_inquiry_says_its_message_and_its_template() {
    check(
        |_| {
            let wrong = ParamUpdate::value("email", "").with_error("Please give one");
            Err(Action::inquire([wrong]).with_message("Which address?").with_template("TL-2"))
        },
        &json!([
            ["PUT", "/requests/PR-1000-0000-0001-001", {"asset": {"params": [
                {"id": "email", "value": "", "value_error": "Please give one"},
            ]}}],
            ["POST", "/requests/PR-1000-0000-0001-001/inquire", {"template_id": "TL-2"}],
            ["GET", "/conversations?in(instance_id,(PR-1000-0000-0001-001))&limit=1000&offset=0"],
            ["POST", "/conversations/CO-1000-0000-0001-001/messages", {"text": "Which address?"}],
        ]),
        Verdict::Inquired,
    );
}

#[test]
fn a_failure_is_one_call_without_a_message() {
    check(
        |_| Err(Action::fail("too many \"seats\"")),
        &json!([["POST", "/requests/PR-1000-0000-0001-001/fail", {"reason": "too many \"seats\""}]]),
        Verdict::Failed,
    );
}

#[test]
fn a_silent_skip_sends_nothing() {
    check(|_| Err(Action::skip()), &json!([]), Verdict::Skipped);
    check(|_| Err(Action::skip().with_message(" \n")), &json!([]), Verdict::Skipped);
}

#[test]
fn a_speaking_skip_looks_at_the_last_message_and_adds_its_own() {
    check(
        |_| Err(Action::skip().with_message("waits for the ERP")),
        &json!([
            ["GET", "/conversations?in(instance_id,(PR-1000-0000-0001-001))&limit=1000&offset=0"],
            ["GET", "/conversations/CO-1000-0000-0001-001/messages?ordering(-created)&limit=1&offset=0"],
            ["POST", "/conversations/CO-1000-0000-0001-001/messages", {"text": "waits for the ERP"}],
        ]),
        Verdict::Skipped,
    );
}

#[test]
fn an_error_sends_nothing() {
    check(
        |_| {
            std::fs::read("/does/not/exist")?;
            Ok(Approval::template("TL-1"))
        },
        &json!([]),
        Verdict::Errored,
    );
}

#[test]
fn pend_and_confirm_have_no_body() {
    let pend = json!([["POST", "/requests/PR-1000-0000-0001-001/pend"]]);
    check_from("inquiring", |_| Err(Action::Pend), &pend, Verdict::Pended);
    let confirm = json!([["POST", "/requests/PR-1000-0000-0001-001/confirm"]]);
    check_from("revoking", |_| Err(Action::Confirm), &confirm, Verdict::Confirmed);
}

#[test]
fn schedule_says_when_and_revoke_says_why() {
    check_from(
        "pending",
        |_| Err(Action::Schedule(datetime!(2030-01-01 12:00 UTC))),
        &json!([["POST", "/requests/PR-1000-0000-0001-001/schedule", {"planned_date": "2030-01-01T12:00:00+00:00"}]]),
        Verdict::Scheduled,
    );
    check_from(
        "scheduled",
        |_| Err(Action::Revoke("not wanted any more".into())),
        &json!([["POST", "/requests/PR-1000-0000-0001-001/revoke", {"reason": "not wanted any more"}]]),
        Verdict::Revoked,
    );
}

#[test]
fn every_call_is_authorised_and_json() {
    let sandbox = one_order();
    let config = one_try_config(&sandbox).user_agent("my-processor/2");
    let report = Connect::new(config)
        .unwrap()
        .process_fulfillments(|_| {
            Ok(Approval::template("TL-1").with_params([ParamUpdate::value("purchase_id", "P-1")]))
        })
        .unwrap();
    assert_eq!(report.approved(), 1);
    for call in sandbox.journal() {
        assert!(call.authorization, "{call:?}");
        assert_eq!(call.user_agent.as_deref(), Some("my-processor/2"), "{call:?}");
        assert_eq!(call.header("accept"), Some("application/json"), "{call:?}");
        let is_get = call.method == "GET";
        assert_eq!(call.content_type.as_deref(), (!is_get).then_some("application/json"), "{call:?}");
        assert!(!call.route().ends_with('/'), "{call:?}");
    }
}

#[test]
fn an_id_is_one_segment_and_one_value_whatever_is_in_it() {
    let sandbox = Sandbox::empty().unwrap();
    let id = "PR-1/ä?#%(2),\"x";
    let mut request = sample::request(ORDER);
    request["id"] = id.into();
    sandbox.insert("requests", request);
    let mut conversation = sample::conversation_for(id);
    conversation["id"] = "CO-1%ä".into();
    sandbox.insert("conversations", conversation);
    let report = one_try(&sandbox).process_fulfillments(|_| Err(Action::skip().with_message("no"))).unwrap();
    assert_eq!((report.skipped(), report.outcomes()[0].warnings.len()), (1, 0), "{report}");
    let report = one_try(&sandbox).process_fulfillments(|_| Err(Action::fail("no"))).unwrap();
    assert_eq!(report.failed(), 1, "{report}");
    assert_eq!(status(&sandbox, id), "failed");
    assert_eq!(sandbox.messages("CO-1%ä").len(), 1);
}

/// Three orders, each approved with a param; which verbs and statuses the updates had.
fn updates(sandbox: &Sandbox, method: UpdateMethod) -> (Vec<(String, u16)>, Report) {
    sandbox.add_requests(3, |_, _| {});
    let connect = Connect::new(one_try_config(sandbox).update_method(method)).unwrap();
    let store =
        |_: &Request| Ok(Approval::template("TL-1").with_params([ParamUpdate::value("purchase_id", "P-1")]));
    let report = connect.process_fulfillments(store).unwrap();
    let updates = sandbox
        .journal()
        .into_iter()
        .filter(|call| call.method.starts_with('P') && call.method != "POST")
        .map(|call| {
            let expected = json!({"asset": {"params": [{"id": "purchase_id", "value": "P-1"}]}});
            assert_eq!(call.body.json(), Some(&expected));
            (call.method, call.status)
        });
    (updates.collect(), report)
}

fn methods(list: &[(&str, u16)]) -> Vec<(String, u16)> {
    list.iter().map(|(method, status)| ((*method).to_owned(), *status)).collect()
}

#[test]
fn a_server_that_takes_put_only_sees_one_patch_in_the_whole_run() {
    let sandbox = Sandbox::builder().empty().put_only().start().unwrap();
    let (updates, report) = updates(&sandbox, UpdateMethod::Auto);
    assert_eq!(updates, methods(&[("PATCH", 405), ("PUT", 200), ("PUT", 200), ("PUT", 200)]));
    assert_eq!(report.approved(), 3, "{report}");
}

#[test]
fn what_was_found_out_about_the_verb_holds_for_the_next_run() {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.add_requests(2, |_, _| {});
    let connect = Connect::new(one_try_config(&sandbox).update_method(UpdateMethod::Auto)).unwrap();
    for _ in 0..2 {
        let one = Options::new().max(1);
        let store = |_: &Request| {
            Ok(Approval::template("TL-1").with_params([ParamUpdate::value("purchase_id", "P-1")]))
        };
        assert_eq!(connect.fulfillment().process_with(one, store).unwrap().approved(), 1);
    }
    let patches = sandbox.journal().iter().filter(|call| call.method == "PATCH").count();
    assert_eq!(patches, 1);
}

#[test]
fn a_patch_that_is_not_implemented_is_repeated_as_put() {
    let sandbox = Sandbox::builder().empty().put_and_patch().start().unwrap();
    sandbox.fault(Fault::on("PATCH", "/requests/*").status(501));
    let (updates, report) = updates(&sandbox, UpdateMethod::Auto);
    assert_eq!(updates, methods(&[("PATCH", 501), ("PUT", 200), ("PUT", 200), ("PUT", 200)]));
    assert_eq!(report.approved(), 3, "{report}");
}

#[test]
fn a_server_that_takes_patch_sees_only_patch() {
    for builder in [Sandbox::builder().patch_only(), Sandbox::builder().put_and_patch()] {
        let sandbox = builder.empty().start().unwrap();
        let (updates, report) = updates(&sandbox, UpdateMethod::Auto);
        assert_eq!(updates, methods(&[("PATCH", 200), ("PATCH", 200), ("PATCH", 200)]));
        assert_eq!(report.approved(), 3, "{report}");
    }
}

#[test]
fn a_pinned_verb_is_the_only_one_sent() {
    for (method, name) in [(UpdateMethod::Put, "PUT"), (UpdateMethod::Patch, "PATCH")] {
        let sandbox = Sandbox::builder().empty().put_and_patch().start().unwrap();
        let (updates, report) = updates(&sandbox, method);
        assert_eq!(updates, methods(&[(name, 200), (name, 200), (name, 200)]));
        assert_eq!(report.approved(), 3, "{report}");
    }
}

#[test]
fn a_pinned_verb_that_the_server_refuses_is_an_error_that_says_so_and_ends_the_steps() {
    let table = [
        (UpdateMethod::Put, Sandbox::builder().patch_only(), "PUT"),
        (UpdateMethod::Patch, Sandbox::builder().put_only(), "PATCH"),
    ];
    for (method, builder, name) in table {
        let sandbox = builder.empty().start().unwrap();
        let (updates, report) = updates(&sandbox, method);
        assert_eq!(updates, methods(&[(name, 405), (name, 405), (name, 405)]));
        assert_eq!((report.errored(), report.exit_code()), (3, 1), "{report}");
        let expected = format!(
            "{name} /requests/PR-1000-0000-0001-001 was answered with 405 Method Not Allowed: METHOD_NOT_ALLOWED, \
             Method \"{name}\" not allowed; check updateMethod"
        );
        assert_eq!(report.outcomes()[0].error.as_ref().unwrap().to_string(), expected);
        assert!(sandbox.journal().iter().all(|call| call.method != "POST"), "{:?}", sandbox.journal());
    }
}

#[test]
fn a_run_costs_a_list_call_and_a_look_up_per_hundred_and_one_connection() {
    let sandbox = Sandbox::empty().unwrap();
    add_orders(&sandbox, 250);
    let report = one_try(&sandbox).process_fulfillments(|_| Ok(Approval::template("TL-1"))).unwrap();
    assert_eq!((report.approved(), report.backlog()), (250, Some(250)));
    assert!(report.outcomes().iter().all(Outcome::is_plain), "{report}");
    let journal = sandbox.journal();
    let count = |method: &str, what: &str| {
        let matches = |path: &str| match what.strip_prefix('*') {
            Some(end) => path.ends_with(end),
            None => path == what,
        };
        journal.iter().filter(|call| call.method == method && matches(call.route())).count()
    };
    // Three pages, and a look at what came meanwhile.
    assert_eq!(count("GET", "/requests"), 3 + 1);
    assert_eq!(count("GET", "/conversations"), 3);
    assert_eq!(count("POST", "*/approve"), 250);
    assert_eq!(count("POST", "*/messages"), 250);
    assert_eq!(journal.len(), 4 + 3 + 250 + 250);
    assert_eq!(report.calls(), 507);
    assert!(journal.iter().all(|call| call.path.len() < 8000 && call.status < 300));
    assert_eq!(sandbox.connections(), 1);
}

#[test]
fn a_run_that_found_nothing_is_one_call() {
    let sandbox = Sandbox::empty().unwrap();
    let report = one_try(&sandbox).process_fulfillments(|_| Ok(Approval::template("TL-1"))).unwrap();
    assert_eq!(report.handled(), 0);
    assert_eq!(calls(&sandbox), json!([["GET", FIRST_PAGE]]));
}

#[test]
fn a_path_that_takes_neither_verb_says_nothing_about_the_others() {
    let sandbox = one_order();
    let config = one_try_config(&sandbox).update_method(UpdateMethod::Auto);
    let connect = Connect::new(config).unwrap();
    sandbox.fault(Fault::on("PATCH", "/products/PRD-1").status(405));
    sandbox.fault(Fault::on("PUT", "/products/PRD-1").status(405));
    let error = connect.update::<Value>("/products/PRD-1", &json!({"name": "x"})).unwrap_err();
    assert_eq!(error.status(), Some(405));
    let _ = connect.fulfillment().update_parameters(ORDER, &[]);
    let verbs: Vec<_> = sandbox.journal().into_iter().map(|call| call.method).collect();
    assert_eq!(verbs, ["PATCH", "PUT", "PATCH", "PUT"]);
}

#[test]
fn a_failure_without_a_reason_is_an_error_that_sends_nothing() {
    let sandbox = one_order();
    let report = one_try(&sandbox).process_fulfillments(|_| Err(Action::fail(" "))).unwrap();
    assert_eq!(
        (report.errored(), sandbox.journal().iter().filter(|call| call.method != "GET").count()),
        (1, 0)
    );
    assert!(report.to_string().contains("fail needs a reason"), "{report}");
}
