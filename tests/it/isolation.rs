//! One bad order never stops the others.

use std::panic::resume_unwind;

use connect::models::{ParamUpdate, Request};
use connect::sandbox::{Fault, Sandbox, sample};
use connect::{Action, Approval, Certainty, Connect, Error, Options, Report, Stop, Verdict};
use serde_json::{Value, json};

use crate::support::{ORDER, TEMPLATE, add_orders, client, one_order, one_try, only};

/// Panics without the message that a panic leaves on standard error.
fn panic_quietly(text: &'static str) -> ! {
    resume_unwind(Box::new(text))
}

#[expect(clippy::unnecessary_wraps, reason = "it has the type of a closure that a run takes")]
fn approve(_: &Request) -> Result<Approval, Action> {
    Ok(Approval::template("TL-1"))
}

/// Five orders, of which the second is treated by `bad`; the others are approved.
fn with_one_bad(mut bad: impl FnMut(&Request) -> Result<Approval, Action>) -> (Sandbox, Report) {
    let sandbox = Sandbox::empty().unwrap();
    add_orders(&sandbox, 5);
    let report = one_try(&sandbox)
        .process_fulfillments(|request| {
            if request.id == "PR-1000-0001-0001-001" { bad(request) } else { approve(request) }
        })
        .unwrap();
    (sandbox, report)
}

/// The second order errored with this text and is pending; the others are approved.
fn assert_isolated(sandbox: &Sandbox, report: &Report, error: &str) {
    assert_eq!((report.approved(), report.errored(), report.handled()), (4, 1, 5), "{report}");
    assert_eq!((report.exit_code(), report.stopped()), (1, None));
    let outcome = &report.outcomes()[1];
    assert_eq!((outcome.id.as_str(), outcome.verdict), ("PR-1000-0001-0001-001", Verdict::Errored));
    assert!(report.to_string().contains(&format!("\n  {} errored: {error}\n", outcome.id)), "{report}");
    let statuses: Vec<_> = sandbox.all("requests").iter().map(|order| order["status"].clone()).collect();
    assert_eq!(statuses, ["approved", "pending", "approved", "approved", "approved"]);
    assert_eq!(sandbox.effects().iter().filter(|effect| effect.id == outcome.id).count(), 0);
    assert_eq!(sandbox.count("conversations/CO-1000-0001-0001-001/messages"), 0);
}

#[test]
fn an_error_through_the_question_mark_leaves_its_order_pending() {
    let (sandbox, report) = with_one_bad(|_| {
        let quota: u32 = "many".parse()?;
        Err(Action::fail(format!("{quota} is too many")))
    });
    assert_isolated(&sandbox, &report, "invalid digit found in string");
    assert!(matches!(report.outcomes()[1].error, Some(Error::Handler(_))));
}

#[test]
fn an_error_is_reported_with_its_causes() {
    let (sandbox, report) = with_one_bad(|_| {
        let error = std::io::Error::other("connection refused");
        Err(anyhow::Error::new(error).context("stock").context("the ERP did not answer"))?
    });
    assert_isolated(&sandbox, &report, "the ERP did not answer: stock: connection refused");
}

#[test]
fn a_panic_leaves_its_order_pending() {
    type Panic = fn() -> Result<Approval, Action>;
    let table: [(Panic, &str); 3] = [
        (|| panic_quietly("out of cheese"), "the closure panicked: out of cheese"),
        (|| resume_unwind(Box::new(format!("no {}", "cheese"))), "the closure panicked: no cheese"),
        (|| resume_unwind(Box::new(7)), "the closure panicked: without a text"),
    ];
    for (panic, text) in table {
        let (sandbox, report) = with_one_bad(|_| panic());
        assert_isolated(&sandbox, &report, text);
    }
}

#[test]
fn three_panics_end_the_run() {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.add_requests(6, |_, _| {});
    let mut asked = 0;
    let report = one_try(&sandbox)
        .process_fulfillments(|request| {
            asked += 1;
            if asked == 2 { approve(request) } else { panic_quietly("again") }
        })
        .unwrap();
    assert_eq!((asked, report.errored(), report.approved()), (4, 3, 1), "{report}");
    assert_eq!((report.stopped(), report.exit_code()), (Some(Stop::Panics), 1));
    assert!(report.to_string().contains("the run ended early: the closure panicked three times"), "{report}");
    assert_eq!(sandbox.all("requests").iter().filter(|order| order["status"] == "pending").count(), 5);
}

#[test]
fn a_panic_amid_a_call_of_the_closure_leaves_the_client_usable() {
    let sandbox = one_order();
    let connect = one_try(&sandbox);
    let report = connect
        .process_fulfillments(|_| {
            let mut assets = connect.directory().assets(&connect::rql::Query::new());
            assert!(assets.next().is_none());
            panic_quietly("in between")
        })
        .unwrap();
    assert_eq!(report.errored(), 1);
    assert_eq!(connect.process_fulfillments(approve).unwrap().approved(), 1);
    assert_eq!(sandbox.connections(), 1);
}

#[test]
fn a_refused_step_ends_the_steps_of_its_order_only() {
    let (sandbox, report) = with_one_bad(|_| {
        Ok(Approval::template("TL-1").with_params([ParamUpdate::value("no_such_param", "x")]))
    });
    let error = "PUT /requests/PR-1000-0001-0001-001 was answered with 400 Bad Request: SYS_001, \
                 asset.params: parameter no_such_param does not exist";
    assert_isolated(&sandbox, &report, error);
    let posts = sandbox.journal().into_iter().filter(|call| call.path.contains("0001-0001-001/"));
    assert_eq!(posts.count(), 0);
}

#[test]
fn a_refused_answer_is_looked_at_and_reported() {
    let (sandbox, report) = with_one_bad(|_| Err(Action::Pend));
    assert_isolated(
        &sandbox,
        &report,
        "POST /requests/PR-1000-0001-0001-001/pend was answered with 400 Bad Request: SYS_001, \
         pend: not allowed in status `pending`",
    );
}

#[test]
fn an_answer_that_cannot_be_sent_is_its_orders_error() {
    let (sandbox, report) = with_one_bad(|_| Err(Action::fail("no").with_message("hello")));
    assert_isolated(&sandbox, &report, "the closure's answer fail takes no message");
}

#[test]
fn an_element_that_is_no_object_is_reported_by_position_and_the_page_goes_on() {
    let sandbox = Sandbox::empty().unwrap();
    let (first, last) = (sample::request(ORDER), sample::request("PR-1000-0000-0002-001"));
    sandbox.insert("requests", first.clone());
    sandbox.insert("requests", last.clone());
    let odd = [json!(42), Value::Null, json!("PR-1"), json!([first]), json!(true), json!({})];
    let mut page = vec![first];
    page.extend(odd);
    page.push(last);
    let body = Value::from(page).to_string();
    sandbox.fault(Fault::on("GET", "/requests").status(200).body(&body));
    let report = one_try(&sandbox).process_fulfillments(approve).unwrap();
    assert_eq!((report.approved(), report.errored(), report.exit_code()), (2, 6, 1), "{report}");
    let ids: Vec<_> = report.outcomes().iter().map(|outcome| outcome.id.as_str()).collect();
    let expected = [
        ORDER,
        "element 1 of /requests",
        "element 2 of /requests",
        "element 3 of /requests",
        "element 4 of /requests",
        "element 5 of /requests",
        "element 6 of /requests",
        "PR-1000-0000-0002-001",
    ];
    assert_eq!(ids, expected);
    let text = report.outcomes()[1].error.as_ref().unwrap().to_string();
    assert!(
        text.starts_with(
            "GET /requests: element 1 of the list: the answer is no Request: invalid type: integer"
        ),
        "{text}"
    );
}

#[test]
fn an_element_of_a_wrong_type_is_reported_by_its_id() {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.add_requests(3, |i, request| {
        if i == 1 {
            request["asset"]["params"] = "hunter2".into();
        }
    });
    let report = one_try(&sandbox).process_fulfillments(approve).unwrap();
    assert_eq!((report.approved(), report.errored()), (2, 1));
    let outcome = &report.outcomes()[1];
    assert_eq!(outcome.id, "PR-1000-0001-0001-001");
    assert!(matches!(outcome.error, Some(Error::Decode(_))));
    // It never tells what stood there.
    assert!(!format!("{report} {report:?}").contains("hunter2"));
}

#[test]
fn five_platform_failures_in_a_row_are_no_end_while_the_list_answers() {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.add_requests(7, |_, _| {});
    sandbox.fault(Fault::on("POST", "/requests/*/approve").status(500).times(6));
    let report = one_try(&sandbox).process_fulfillments(approve).unwrap();
    assert_eq!((report.errored(), report.approved()), (6, 1), "{report}");
    let probes =
        sandbox.journal().into_iter().filter(|call| call.path == "/requests?limit=1&offset=0").count();
    assert_eq!(probes, 1);
}

#[test]
fn a_dead_platform_ends_the_run_with_what_it_did() {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.add_requests(9, |_, _| {});
    sandbox.fault(Fault::any().skip(3).status(503).always());
    let report = one_try(&sandbox).process_fulfillments(approve).unwrap();
    assert_eq!((report.approved(), report.errored(), report.exit_code()), (1, 5, 1), "{report}");
    let cause = "GET /requests?limit=1&offset=0 was answered with 503 Service Unavailable";
    assert_eq!(report.error().map(ToString::to_string).as_deref(), Some(cause));
    assert!(report.to_string().contains(&format!("\n  the run ended early: {cause}\n")), "{report}");
    assert_eq!(serde_json::to_value(&report).unwrap()["error"], cause);
}

#[test]
fn errors_of_the_closure_are_no_failures_of_the_platform() {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.add_requests(12, |_, _| {});
    let report = one_try(&sandbox).process_fulfillments(|_| Err(anyhow::anyhow!("no"))?).unwrap();
    assert_eq!(report.errored(), 12);
    // The list, and the look at its end.
    assert_eq!(sandbox.journal().len(), 2);
}

#[test]
fn a_second_page_that_cannot_be_read_ends_the_run_with_what_it_did() {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.add_requests(4, |_, _| {});
    sandbox.fault(Fault::on("GET", "/requests").skip(1).status(500));
    let options = Options::new().page_size(2);
    let report = one_try(&sandbox).fulfillment().process_with(options, approve).unwrap();
    assert_eq!((report.approved(), report.exit_code()), (2, 1));
    assert_eq!(report.error().and_then(Error::status), Some(500));
}

#[test]
fn an_element_that_is_not_quite_json_costs_that_element() {
    for spoilt in [
        r#""external_attributes": {"price": NaN}"#,
        r#""external_attributes": {"price": -Infinity}"#,
        "\"note\": \"a\tb\"",
        "\"note\": \"a\nb\"",
        "\"note\": \"a\u{0}b\"",
        r#""note": "half of a pair: \ud83d""#,
        r#""note": "\udc00""#,
        r#""note": "\x41""#,
        r#""effective_date": undefined"#,
        r#""answered": True"#,
        r#""note": 'it''s'"#,
        r#""count": 007"#,
        r#""note": "a",, "#,
    ] {
        let sandbox = Sandbox::empty().unwrap();
        sandbox.add_requests(3, |_, _| {});
        let page = Value::from(sandbox.all("requests")).to_string();
        let second = r#""id":"PR-1000-0001-0001-001","#;
        let (before, after) = page.split_once(second).unwrap();
        let body = format!("{before}{second}{spoilt},{after}");
        sandbox.fault(Fault::on("GET", "/requests").status(200).body(&body));
        let report = one_try(&sandbox).process_fulfillments(approve).unwrap();
        assert_eq!((report.approved(), report.errored()), (2, 1), "{spoilt}: {report}");
        assert_eq!(report.outcomes()[1].id, "PR-1000-0001-0001-001");
        assert!(matches!(report.outcomes()[1].error, Some(Error::Decode(_))));
    }
}

#[test]
fn a_page_that_is_cut_off_or_no_list_is_no_page() {
    for body in
        [r#"[{"id":"PR-1"},{"id":"#, r#"[{"id":"PR-1"}"#, r#"[{"id":"PR-1"}] extra"#, r#"{"price":NaN}"#]
    {
        let sandbox = Sandbox::empty().unwrap();
        sandbox.fault(Fault::on("GET", "/requests").status(200).body(body).always());
        let error = one_try(&sandbox).process_fulfillments(approve).unwrap_err();
        assert!(matches!(error, Error::Decode(_)), "{body}: {error}");
    }
}

#[test]
fn a_lost_call_of_the_closure_leaves_its_order_unknown_unless_it_only_read() {
    type Call = fn(&Connect) -> connect::Result<Value>;
    let calls: [(&str, Call, Certainty); 3] = [
        ("GET", |connect| connect.get("/accounts"), Certainty::Confirmed),
        ("POST", |connect| connect.post("/accounts", &json!({})), Certainty::Unknown),
        ("PUT", |connect| connect.update("/accounts", &json!({})), Certainty::Unknown),
    ];
    for (method, call, certainty) in calls {
        let sandbox = one_order();
        sandbox.fault(Fault::on(method, "/accounts").reset().always());
        let connect = client(&sandbox);
        let report = connect
            .process_fulfillments(|_| {
                call(&connect)?;
                Ok(Approval::template(TEMPLATE))
            })
            .unwrap();
        assert_eq!(
            (only(&report).verdict, only(&report).certainty),
            (Verdict::Errored, certainty),
            "{report}"
        );
    }
}
