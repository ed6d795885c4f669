//! What is said in the conversations of orders, and what is not.

use std::collections::HashSet;

use connect::models::ParamUpdate;
use connect::sandbox::{Fault, Sandbox, sample};
use connect::{Action, Approval, Options, Outcome, Report, Verdict};
use serde_json::json;

use crate::support::{
    CREATED, FIRST_PAGE, ORDER, PENDING, TALK, add_orders, calls, one_order, one_try, status,
};

fn texts(sandbox: &Sandbox, conversation: &str) -> Vec<String> {
    let messages = sandbox.messages(conversation);
    messages.iter().map(|message| message["text"].as_str().unwrap().to_owned()).collect()
}

fn skip(sandbox: &Sandbox, why: &str) -> Report {
    one_try(sandbox).process_fulfillments(|_| Err(Action::skip().with_message(why))).unwrap()
}

#[test]
fn a_closed_conversation_and_none_are_left_alone() {
    type Change = fn(&Sandbox);
    let table: [(&str, Change); 3] = [
        ("closed", |sandbox| {
            sandbox.update("conversations", TALK, |talk| talk["status"] = "closed".into()).unwrap();
        }),
        ("notes", |sandbox| {
            sandbox.update("conversations", TALK, |talk| talk["type"] = "notes".into()).unwrap();
        }),
        ("none", |sandbox| drop(sandbox.remove("conversations", TALK).unwrap())),
    ];
    for (name, change) in table {
        let sandbox = one_order();
        change(&sandbox);
        let report = one_try(&sandbox).process_fulfillments(|_| Ok(Approval::template("TL-1"))).unwrap();
        assert!(report.approved() == 1 && report.outcomes()[0].is_plain(), "{name}: {report}");
        let last = format!("{PENDING}&ge(created,{CREATED})&ordering(created)&limit=100&offset=0");
        let expected = json!([
            ["GET", FIRST_PAGE],
            ["POST", "/requests/PR-1000-0000-0001-001/approve", {"template_id": "TL-1"}],
            ["GET", "/conversations?in(instance_id,(PR-1000-0000-0001-001))&limit=1000&offset=0"],
            ["GET", last],
        ]);
        assert_eq!(calls(&sandbox), expected, "{name}");
    }
}

#[test]
fn words_for_the_customer_that_find_no_open_conversation_are_a_warning() {
    type Answer = fn() -> Action;
    let table: [(&str, Answer); 2] = [
        ("inquired", || Action::inquire([ParamUpdate::error("purchase_id", "?")]).with_message("Which one?")),
        ("skipped", || Action::skip().with_message("waits")),
    ];
    for (verdict, answer) in table {
        let sandbox = one_order();
        sandbox.remove("conversations", TALK).unwrap();
        let report = one_try(&sandbox).process_fulfillments(|_| Err(answer())).unwrap();
        let outcome = &report.outcomes()[0];
        assert_eq!(outcome.verdict.to_string(), verdict);
        assert_eq!(
            outcome.warnings,
            ["its message was not posted: the order has no conversation that is open"]
        );
        assert_eq!(report.exit_code(), 0, "{report}");
    }
}

#[test]
fn the_open_conversation_is_taken_where_there_are_several() {
    let sandbox = one_order();
    sandbox.update("conversations", TALK, |talk| talk["status"] = "closed".into());
    for (id, key, value) in
        [("CO-2", "type", "notes"), ("CO-3", "status", "open"), ("CO-4", "status", "closed")]
    {
        let mut talk = sample::conversation_for(ORDER);
        talk["id"] = id.into();
        talk[key] = value.into();
        sandbox.insert("conversations", talk);
    }
    assert_eq!(skip(&sandbox, "later").skipped(), 1);
    assert_eq!(texts(&sandbox, "CO-3"), ["later"]);
    assert_eq!(sandbox.count("conversations/CO-1000-0000-0001-001/messages"), 0);
}

#[test]
fn a_skip_message_that_is_the_last_one_already_is_not_repeated() {
    let sandbox = one_order();
    assert!(skip(&sandbox, "waits").outcomes()[0].is_plain());
    assert_eq!(texts(&sandbox, TALK), ["waits"]);
    sandbox.take_journal();
    assert!(skip(&sandbox, "waits").outcomes()[0].is_plain());
    assert_eq!(texts(&sandbox, TALK), ["waits"]);
    assert!(sandbox.take_journal().iter().all(|call| call.method == "GET"));
    for why in ["waits longer", "waits"] {
        assert_eq!(skip(&sandbox, why).skipped(), 1);
    }
    assert_eq!(texts(&sandbox, TALK), ["waits", "waits longer", "waits"]);
}

#[test]
fn a_long_skip_message_is_not_repeated_either() {
    let sandbox = one_order();
    for _ in 0..2 {
        assert_eq!(skip(&sandbox, &"é".repeat(600)).skipped(), 1);
    }
    assert_eq!(texts(&sandbox, TALK), [format!("{}…", "é".repeat(539))]);
}

#[test]
fn messages_are_cut_at_540_characters() {
    let sandbox = Sandbox::empty().unwrap();
    add_orders(&sandbox, 2);
    let mut lengths = [540, 541].into_iter();
    let report = one_try(&sandbox)
        .process_fulfillments(|_| Err(Action::inquire([]).with_message("ü".repeat(lengths.next().unwrap()))))
        .unwrap();
    assert_eq!(report.inquired(), 2, "{report}");
    assert_eq!(texts(&sandbox, "CO-1000-0000-0001-001"), ["ü".repeat(540)]);
    assert_eq!(texts(&sandbox, "CO-1000-0001-0001-001"), [format!("{}…", "ü".repeat(539))]);
}

#[test]
fn a_message_that_cannot_be_posted_is_a_warning_and_never_another_outcome() {
    let table = [
        (
            Fault::on("POST", "/conversations/*/messages")
                .status(400)
                .body(r#"{"error_code":"SYS_001","errors":["no"]}"#),
            "its message was not posted: POST /conversations/CO-1000-0000-0001-001/messages was answered with 400 Bad Request: SYS_001, no",
        ),
        (
            Fault::on("GET", "/conversations").status(500),
            "its message was not posted: GET /conversations?in(instance_id,(PR-1000-0000-0001-001))&limit=1000&offset=0 was answered with 500 Internal Server Error",
        ),
        (
            Fault::on("GET", "/conversations").broken_json(),
            "its message was not posted: GET /conversations?in(instance_id,(PR-1000-0000-0001-001))&limit=1000&offset=0: \
             the answer is no list: EOF while parsing",
        ),
    ];
    for (fault, warning) in table {
        let sandbox = one_order();
        sandbox.fault(fault);
        let report = one_try(&sandbox).process_fulfillments(|_| Ok(Approval::template("TL-1"))).unwrap();
        assert_eq!((report.approved(), report.exit_code()), (1, 0), "{report}");
        assert_eq!(status(&sandbox, ORDER), "approved");
        let warnings = &report.outcomes()[0].warnings;
        assert!(warnings.len() == 1 && warnings[0].starts_with(warning), "{warnings:?}");
        assert!(report.to_string().contains(&format!("; warning: {warning}")), "{report}");
        assert_eq!(texts(&sandbox, TALK), Vec::<String>::new());
    }
}

#[test]
fn a_skip_whose_message_fails_is_still_a_skip() {
    let sandbox = one_order();
    sandbox.fault(Fault::on("GET", "/conversations/*/messages").status(403));
    let report = skip(&sandbox, "waits");
    assert_eq!((report.skipped(), report.exit_code()), (1, 0), "{report}");
    assert_eq!(report.outcomes()[0].warnings.len(), 1);
}

#[test]
fn nothing_is_said_where_the_order_was_not_moved() {
    let sandbox = one_order();
    sandbox.fault(Fault::on("POST", "/requests/*/approve").status(400));
    let report = one_try(&sandbox).process_fulfillments(|_| Ok(Approval::template("TL-1"))).unwrap();
    assert_eq!(report.errored(), 1);
    assert!(sandbox.journal().iter().all(|call| !call.path.starts_with("/conversations")));
}

#[test]
fn conversations_are_looked_up_when_one_is_needed_and_not_again_for_the_same_page() {
    let sandbox = Sandbox::empty().unwrap();
    add_orders(&sandbox, 6);
    let mut count = 0;
    let options = Options::new().page_size(6);
    let report = one_try(&sandbox)
        .fulfillment()
        .process_with(options, |_| {
            count += 1;
            match count {
                1 | 2 => Err(Action::fail("no")),
                3 => Err(Action::skip()),
                _ => Err(Action::inquire([ParamUpdate::error("email", "?")]).with_message("which?")),
            }
        })
        .unwrap();
    assert_eq!((report.failed(), report.skipped(), report.inquired()), (2, 1, 3), "{report}");
    let look_ups: Vec<_> = sandbox
        .journal()
        .into_iter()
        .filter(|call| call.route() == "/conversations")
        .map(|call| call.path)
        .collect();
    assert_eq!(
        look_ups,
        [
            "/conversations?in(instance_id,(PR-1000-0003-0001-001,PR-1000-0004-0001-001,PR-1000-0005-0001-001))&limit=1000&offset=0"
        ]
    );
}

#[test]
fn look_ups_of_long_ids_stay_below_eight_kilobytes_and_ask_for_each_once() {
    for (orders, length, most) in [(200, 60, 2), (350, 19, 4)] {
        let sandbox = Sandbox::empty().unwrap();
        for i in 0..orders {
            let id = format!("PR-{i:0>width$}", width = length - 3);
            let mut request = sample::request(ORDER);
            request["id"] = id.as_str().into();
            request["created"] = format!("2024-03-04T09:{:02}:{:02}Z", i / 60, i % 60).into();
            sandbox.insert("requests", request);
            sandbox.insert("conversations", sample::conversation_for(&id));
        }
        let options = Options::new().page_size(1000);
        let report = one_try(&sandbox)
            .fulfillment()
            .process_with(options, |_| Err(Action::inquire([]).with_message("which?")))
            .unwrap();
        assert_eq!(report.inquired(), orders);
        assert!(report.outcomes().iter().all(Outcome::is_plain));
        let journal = sandbox.journal();
        let look_ups: Vec<_> = journal.iter().filter(|call| call.route() == "/conversations").collect();
        assert!(look_ups.len() <= most, "{} look-ups", look_ups.len());
        let mut asked = HashSet::new();
        for call in &look_ups {
            assert!(sandbox.url().len() + call.path.len() < 8000, "{}", call.path.len());
            let list = call.path.split_once(",(").unwrap().1.split_once("))").unwrap().0;
            for id in list.split(',') {
                assert!(asked.insert(id.to_owned()), "{id} was asked for twice");
            }
        }
        assert_eq!(asked.len() as u64, orders);
        let posted =
            journal.iter().filter(|call| call.method == "POST" && call.route().ends_with("/messages"));
        assert_eq!(posted.count() as u64, orders);
    }
}

#[test]
fn a_conversation_service_that_refuses_is_asked_once_per_page() {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.add_requests(20, |_, _| {});
    sandbox.fault(Fault::on("GET", "/conversations").status(403).always());
    let report = one_try(&sandbox).process_fulfillments(|_| Ok(Approval::template("TL-1"))).unwrap();
    assert_eq!(report.approved(), 20);
    assert!(report.outcomes().iter().all(|outcome| outcome.warnings.len() == 1), "{report}");
    let look_ups = sandbox.journal().into_iter().filter(|call| call.route() == "/conversations").count();
    assert_eq!(look_ups, 1);
}

#[test]
fn what_was_done_by_someone_else_is_not_claimed_in_the_conversation() {
    let sandbox = one_order();
    sandbox.on_call(|call, store| {
        if call.method == "POST" && call.route().ends_with("/approve") {
            store.update("requests", ORDER, |request| {
                request["status"] = "approved".into();
                request["template"] = json!({"id": "TL-1"});
            });
        }
    });
    let report = one_try(&sandbox).process_fulfillments(|_| Ok(Approval::template("TL-1"))).unwrap();
    assert_eq!((report.count(Verdict::Approved), report.already_done()), (0, 1), "{report}");
    assert_eq!(report.outcomes()[0].certainty, connect::Certainty::AlreadyDone);
    assert_eq!(texts(&sandbox, TALK), Vec::<String>::new());
}
