//! Calls whose answer was lost: what became of them is found out, and said as far as it is known.

use std::time::Duration;

use connect::sandbox::{Fault, Sandbox, sample};
use connect::usage::FileAction;
use connect::{Action, Approval, Certainty, Connect, Options, Report, Stop, Verdict};
use serde_json::json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

use crate::support::{ORDER, TALK, TEMPLATE, answering, client, one_order, only};
#[cfg(feature = "xlsx")]
use crate::support::{
    routes,
    usage::{new_file, record},
};

fn approve(sandbox: &Sandbox) -> Report {
    client(sandbox).process_fulfillments(|_| Ok(Approval::template(TEMPLATE))).unwrap()
}

fn texts(sandbox: &Sandbox) -> Vec<String> {
    sandbox.messages(TALK).iter().map(|message| message["text"].as_str().unwrap().to_owned()).collect()
}

fn lost_approval() -> Fault {
    Fault::on("POST", "/requests/*/approve").reset().after_effect()
}

/// The order as it was before, as a replica that lags behind tells it.
fn stale(sandbox: &Sandbox) -> Fault {
    let order = sandbox.get("requests", ORDER).unwrap();
    Fault::on("GET", "/requests/*").status(200).body(&order.to_string())
}

/// The list of orders as it was before, but for the page that the run begins with.
fn stale_list(sandbox: &Sandbox) -> Fault {
    let list = format!("[{}]", sandbox.get("requests", ORDER).unwrap());
    Fault::on("GET", "/requests").skip(1).status(200).body(&list).always()
}

#[test]
fn a_look_up_that_cannot_be_read_is_made_again() {
    let sandbox = one_order();
    sandbox.fault(lost_approval());
    sandbox.fault(Fault::on("GET", "/requests/*").broken_json());
    let report = approve(&sandbox);
    let outcome = only(&report);
    assert_eq!((outcome.verdict, outcome.certainty), (Verdict::Approved, Certainty::Observed));
}

#[test]
fn what_nobody_could_find_out_is_said_to_be_unknown() {
    let sandbox = one_order();
    sandbox.fault(lost_approval());
    sandbox.fault(Fault::on("GET", "/requests/*").status(500).always());
    sandbox.fault(Fault::on("GET", "/requests").skip(1).status(500).times(9));
    let report = approve(&sandbox);
    let outcome = only(&report);
    assert_eq!((outcome.verdict, outcome.certainty), (Verdict::Errored, Certainty::Unknown));
    assert!(outcome.to_string().contains("errored (what became of it is not known): POST"), "{outcome}");
    assert_eq!(serde_json::to_value(&report).unwrap()["unknown"], 1);
    assert_eq!(report.exit_code(), 1);
}

#[test]
fn a_refusal_that_the_state_does_not_explain_yet_is_looked_at_again() {
    let sandbox = one_order();
    sandbox.fault(stale(&sandbox).times(2));
    sandbox.fault(lost_approval());
    let report = approve(&sandbox);
    let outcome = only(&report);
    assert_eq!((outcome.verdict, outcome.certainty), (Verdict::Approved, Certainty::Observed));
    assert_eq!(sandbox.transitions(ORDER).len(), 1);
}

#[test]
fn a_refusal_that_the_state_never_explains_is_unknown_after_a_lost_call() {
    let sandbox = one_order();
    sandbox.fault(stale(&sandbox).always());
    sandbox.fault(stale_list(&sandbox));
    sandbox.fault(lost_approval());
    let report = approve(&sandbox);
    let outcome = only(&report);
    assert_eq!((outcome.verdict, outcome.certainty), (Verdict::Errored, Certainty::Unknown));
}

#[test]
fn a_skip_is_not_said_again_because_the_platform_trims_texts() {
    let sandbox = one_order();
    let messages = format!("conversations/{TALK}/messages");
    sandbox.insert(
        &messages,
        json!({"id": "ME-1", "text": "waits for the bank", "created": "2024-03-04T10:00:00+00:00"}),
    );
    let report = client(&sandbox)
        .process_fulfillments(|_| Err(Action::skip().with_message(" waits for the bank\n")))
        .unwrap();
    assert_eq!(only(&report).warnings, [""; 0]);
    assert_eq!(texts(&sandbox), ["waits for the bank"]);
}

#[test]
fn a_message_that_the_platform_trimmed_is_found_again() {
    let sandbox = one_order();
    sandbox.fault(Fault::on("POST", "/conversations/*/messages").reset().after_effect());
    let list = format!("conversations/{TALK}/messages");
    sandbox.on_call(move |call, store| {
        if call.method == "GET" {
            let id = store.all(&list).first().map(|message| message["id"].as_str().unwrap().to_owned());
            id.and_then(|id| store.update(&list, &id, |message| message["text"] = "hello".into()));
        }
    });
    let message = client(&sandbox).fulfillment().add_message(TALK, " hello ").unwrap();
    assert_eq!(message.text.as_deref(), Some("hello"));
    assert_eq!(sandbox.messages(TALK).len(), 1);
}

#[test]
fn a_message_is_posted_once_though_the_clocks_of_the_platform_differ() {
    let sandbox = one_order();
    let ahead = OffsetDateTime::now_utc() + Duration::from_secs(5);
    let gateway = Fault::on("GET", "/conversations").status(503);
    sandbox.fault(gateway.header("Date", &ahead.format(&Rfc2822).unwrap()));
    sandbox.fault(Fault::on("POST", "/conversations/*/messages").reset().after_effect());
    assert_eq!(only(&approve(&sandbox)).warnings, [""; 0]);
    assert_eq!(texts(&sandbox), [format!("Activated using template {TEMPLATE}.")]);
}

#[test]
fn a_lost_message_is_neither_an_older_one_of_its_text_nor_another_new_one() {
    let sandbox = one_order();
    let list = format!("conversations/{TALK}/messages");
    let said = |ago: u64, text: &str| {
        let created = OffsetDateTime::now_utc() - Duration::from_secs(ago);
        let created = created.format(&time::format_description::well_known::Rfc3339).unwrap();
        sandbox.insert(&list, json!({"id": format!("ME-{ago}"), "text": text, "created": created}));
    };
    said(60, "hello");
    said(0, "who is there?");
    sandbox.fault(Fault::on("POST", "/conversations/*/messages").reset());
    let connect = client(&sandbox);
    // Where the platform does not tell its clock, two minutes are allowed for.
    let date = OffsetDateTime::now_utc().format(&Rfc2822).unwrap();
    sandbox.fault(Fault::on("GET", "/requests/*").status(404).header("Date", &date));
    assert!(connect.fulfillment().request(ORDER).unwrap().is_none());
    connect.fulfillment().add_message(TALK, "hello").unwrap();
    assert_eq!(texts(&sandbox), ["hello", "who is there?", "hello"]);
}

#[test]
fn an_order_that_is_not_found_after_a_lost_approval_is_not_taken_for_approved() {
    let sandbox = one_order();
    sandbox.fault(Fault::on("POST", "/requests/*/approve").reset().after_effect());
    sandbox.fault(Fault::on("GET", "/requests/*").status(404).always());
    sandbox.fault(Fault::on("GET", "/requests").skip(1).status(200).body("[]").always());
    let report = approve(&sandbox);
    let outcome = only(&report);
    assert_eq!((outcome.verdict, outcome.certainty), (Verdict::Errored, Certainty::Unknown));
}

#[test]
fn a_usage_file_that_is_not_found_after_a_lost_deletion_is_deleted() {
    let sandbox = Sandbox::empty().unwrap();
    let mut file = sample::usage_file("UF-1");
    file["status"] = "invalid".into();
    sandbox.insert("usage/files", file);
    sandbox.fault(Fault::on("POST", "/usage/files/*/delete").reset().after_effect());
    sandbox.fault(Fault::on("GET", "/usage/files/*").status(404).always());
    let options = Options::new().statuses(["invalid"]);
    let connect = client(&sandbox);
    let report = connect.usage().process_files_with(options, |_| Ok(FileAction::Delete)).unwrap();
    let outcome = only(&report);
    assert_eq!((outcome.verdict, outcome.certainty), (Verdict::Deleted, Certainty::Observed));
}

#[cfg(feature = "xlsx")]
#[test]
fn what_a_creation_or_an_upload_does_not_tell_is_read_once_more() {
    for call in ["/usage/files", "/usage/files/*/upload"] {
        let sandbox = Sandbox::empty().unwrap();
        sandbox.fault(Fault::on("POST", call).after_effect().status(200).body("{}"));
        let file = client(&sandbox).usage().submit(new_file(), [record()]).unwrap();
        assert!(file.id.starts_with("UF-"), "{file:?}");
        assert_ne!(file.status.as_str(), "draft");
        assert_eq!(sandbox.count("usage/files"), 1, "{:?}", routes(&sandbox));
    }
}

#[test]
fn the_clock_of_another_origin_counts_for_nothing() {
    let sandbox = one_order();
    let storage = answering(
        "HTTP/1.1 200 OK\r\nDate: Fri, 01 Jan 2100 00:00:00 GMT\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok",
    );
    sandbox.fault(Fault::on("POST", "/conversations/*/messages").reset().after_effect());
    let connect = client(&sandbox);
    assert_eq!(connect.usage().download(&format!("http://{storage}/file")).unwrap(), b"ok");
    connect.fulfillment().add_message(TALK, "hello").unwrap();
    assert_eq!(texts(&sandbox), ["hello"]);
}

#[test]
fn an_added_message_whose_answer_was_cut_is_found() {
    let sandbox = one_order();
    sandbox.fault(Fault::on("POST", "/conversations/*/messages").truncated());
    let message = client(&sandbox).fulfillment().add_message(TALK, "hello").unwrap();
    assert_eq!(message.text.as_deref(), Some("hello"));
    assert_eq!(texts(&sandbox), ["hello"]);
}

#[test]
fn a_warning_does_not_claim_what_nobody_knows() {
    let sandbox = one_order();
    sandbox.fault(Fault::on("POST", "/conversations/*/messages").reset().after_effect());
    sandbox.fault(Fault::on("GET", "/conversations/*/messages").status(500).always());
    let report = approve(&sandbox);
    let [warning] = only(&report).warnings.as_slice() else { panic!("{report}") };
    assert!(warning.starts_with("whether its message was posted is not known: POST /conv"), "{warning}");

    let sandbox = one_order();
    sandbox.fault(Fault::on("POST", "/conversations/*/messages").status(403));
    let report = approve(&sandbox);
    let [warning] = only(&report).warnings.as_slice() else { panic!("{report}") };
    assert!(warning.starts_with("its message was not posted: POST /conv"), "{warning}");
}

#[test]
fn a_deadline_that_comes_during_the_probe_ends_the_run_and_is_no_error() {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.add_requests(8, |_, _| {});
    sandbox.fault(Fault::on("POST", "/requests/*/approve").status(500).always());
    sandbox.fault(Fault::on("GET", "/requests").skip(1).never_answer().always());
    let config = sandbox.config().unwrap().backoff(Duration::ZERO, Duration::ZERO);
    let options = Options::new().deadline(Duration::from_millis(2500));
    let connect = Connect::new(config).unwrap();
    let report = connect.fulfillment().process_with(options, |_| Ok(Approval::template(TEMPLATE))).unwrap();
    assert_eq!((report.stopped(), report.errored()), (Some(Stop::Deadline), 5));
}

#[test]
fn an_order_that_the_deadline_cuts_off_is_unknown_and_the_run_ends() {
    let sandbox = one_order();
    sandbox.fault(Fault::on("POST", "/requests/*/approve").never_answer().after_effect());
    let options = Options::new().deadline(Duration::from_millis(1500));
    let ran = client(&sandbox).fulfillment().process_with(options, |_| Ok(Approval::template(TEMPLATE)));
    let report = ran.unwrap();
    let outcome = only(&report);
    assert_eq!((outcome.verdict, outcome.certainty), (Verdict::Errored, Certainty::Unknown));
    assert_eq!(report.stopped(), Some(Stop::Deadline));
    assert_eq!(sandbox.transitions(ORDER).len(), 1);
}

#[cfg(feature = "xlsx")]
#[test]
fn an_upload_that_is_refused_since_the_lost_one_arrived_is_no_failure() {
    let sandbox = Sandbox::builder().empty().processing_reads(5).start().unwrap();
    sandbox.insert("assets", sample::asset("AS-1000-0000-0001"));
    sandbox.fault(Fault::on("POST", "/usage/files/*/upload").reset().after_effect());
    let draft = json!({"status": "draft"});
    sandbox.fault(Fault::on("GET", "/usage/files/*").status(200).body(&draft.to_string()));
    let file = client(&sandbox).usage().submit(new_file(), [record()]).unwrap();
    assert_eq!(file.status.as_str(), "processing");
    let uploads = sandbox.effects().iter().filter(|effect| effect.action == "upload").count();
    assert_eq!(uploads, 1, "{:?}", routes(&sandbox));
}

#[cfg(feature = "xlsx")]
#[test]
fn a_file_whose_second_creation_is_refused_since_the_lost_one_arrived_is_found() {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.insert("assets", sample::asset("AS-1000-0000-0001"));
    let create = || Fault::on("POST", "/usage/files");
    sandbox.fault(create().reset().after_effect());
    sandbox.fault(create().status(400).body(r#"{"errors":["external_id: not unique"]}"#));
    sandbox.fault(Fault::on("GET", "/usage/files").status(200).body("[]"));
    let file = client(&sandbox).usage().submit(new_file(), [record()]).unwrap();
    assert_eq!(file.status.as_str(), "ready");
    assert_eq!(sandbox.count("usage/files"), 1);
}

#[cfg(feature = "xlsx")]
#[test]
fn the_draft_of_another_contract_is_not_taken_for_the_lost_one() {
    let sandbox = Sandbox::empty().unwrap();
    let mut other = sample::usage_file("UF-2024-02-0001-0001");
    (other["status"], other["external_id"]) = ("draft".into(), "feb".into());
    other["contract"]["id"] = "CRD-00000-00000-00001".into();
    sandbox.insert("usage/files", other);
    sandbox.fault(Fault::on("POST", "/usage/files").status(503));
    let file = client(&sandbox).usage().submit(new_file(), [record()]).unwrap();
    assert_ne!(file.id, "UF-2024-02-0001-0001");
    assert_eq!(file.contract.id, "CRD-10482-77310-26594");
    assert_eq!(sandbox.get("usage/files", "UF-2024-02-0001-0001").unwrap()["status"], "draft");
}

#[test]
fn a_link_to_this_machine_is_not_followed_for_a_platform_that_is_elsewhere() {
    let connect =
        Connect::new(connect::Config::new("https://api.example.com/public/v1", "SU-1:key").unwrap());
    let error = connect.unwrap().usage().download("http://127.0.0.1:9/metadata").unwrap_err();
    assert!(matches!(error, connect::Error::Input(_)), "{error}");
}

#[test]
fn an_approval_that_shows_late_is_settled_at_the_end_of_the_run_and_its_message_is_posted() {
    let sandbox = one_order();
    sandbox.fault(lost_approval());
    sandbox.fault(stale(&sandbox).always());
    let list = format!("[{}]", sandbox.get("requests", ORDER).unwrap());
    sandbox.fault(Fault::on("GET", "/requests").skip(1).status(200).body(&list).times(2));
    let mut seen = Vec::new();
    let options = Options::new().observer(|outcome| seen.push((outcome.verdict, outcome.certainty)));
    let report =
        client(&sandbox).fulfillment().process_with(options, |_| Ok(Approval::template(TEMPLATE))).unwrap();
    let outcome = only(&report);
    assert_eq!((outcome.verdict, outcome.certainty), (Verdict::Approved, Certainty::Observed), "{report}");
    assert_eq!(outcome.product.as_deref(), Some(sample::PRODUCT));
    assert_eq!(outcome.detail, Some(format!("template {TEMPLATE}")));
    assert_eq!((report.approved(), report.errored(), report.unknown(), report.observed()), (1, 0, 0, 1));
    assert_eq!(report.exit_code(), 0);
    assert_eq!(sandbox.transitions(ORDER).len(), 1);
    assert_eq!(texts(&sandbox), [format!("Activated using template {TEMPLATE}.")]);
    let observed = [(Verdict::Errored, Certainty::Unknown), (Verdict::Approved, Certainty::Observed)];
    assert_eq!(seen, observed);
}

#[test]
fn a_message_that_is_refused_at_the_end_of_the_run_is_a_warning_of_its_order() {
    let sandbox = one_order();
    sandbox.fault(lost_approval());
    sandbox.fault(stale(&sandbox).always());
    sandbox.fault(Fault::on("POST", "/conversations/*/messages").status(403).always());
    let report = approve(&sandbox);
    let outcome = only(&report);
    assert_eq!((outcome.verdict, outcome.certainty), (Verdict::Approved, Certainty::Observed), "{report}");
    let [warning] = outcome.warnings.as_slice() else { panic!("{outcome:?}") };
    assert!(warning.starts_with("its message was not posted"), "{warning}");
    assert_eq!(texts(&sandbox), [""; 0]);
}

/// Only tier config requests are answered by their template.
#[test]
fn a_template_without_a_status_is_not_taken_for_the_approval_of_an_order() {
    let sandbox = one_order();
    let answer = json!({"id": ORDER, "template": {"id": TEMPLATE}});
    sandbox.fault(Fault::on("POST", "/requests/*/approve").status(200).body(&answer.to_string()));
    assert_eq!(only(&approve(&sandbox)).verdict, Verdict::Approved);
    assert_eq!(sandbox.get("requests", ORDER).unwrap()["status"], "approved");
}

#[test]
fn an_unknown_order_that_somebody_else_ended_is_a_conflict_at_the_end_of_the_run() {
    let sandbox = one_order();
    sandbox.fault(Fault::on("POST", "/requests/*/approve").status(500).always());
    sandbox.fault(stale(&sandbox).always());
    sandbox.on_call(|call, store| {
        if call.method == "GET" && call.path.contains("in(id,") {
            store.update("requests", ORDER, |order| order["status"] = "failed".into());
        }
    });
    let report = approve(&sandbox);
    let outcome = only(&report);
    assert_eq!((outcome.verdict, outcome.certainty), (Verdict::Errored, Certainty::Confirmed), "{report}");
    assert!(matches!(outcome.error, Some(connect::Error::Conflict(_))), "{report}");
    assert_eq!((report.errored(), report.unknown()), (1, 0));
}

#[test]
fn a_lost_message_that_shows_late_is_not_posted_again() {
    let sandbox = one_order();
    sandbox.fault(Fault::on("POST", "/conversations/*/messages").reset().after_effect());
    sandbox.fault(Fault::on("GET", "/conversations/*/messages").status(200).body("[]").times(3));
    let report = approve(&sandbox);
    assert_eq!(only(&report).warnings, [""; 0]);
    assert_eq!(texts(&sandbox), [format!("Activated using template {TEMPLATE}.")]);
}

#[test]
fn a_look_up_of_another_object_or_without_a_state_tells_nothing() {
    for body in [r#"{"id":"PR-9","status":"approved"}"#, r#"{"id":"PR-1000-0000-0001-001"}"#] {
        let sandbox = one_order();
        sandbox.fault(Fault::on("POST", "/requests/*/approve").status(500).always());
        sandbox.fault(Fault::on("GET", "/requests/*").status(200).body(body).always());
        let report = approve(&sandbox);
        let outcome = only(&report);
        assert_eq!((outcome.verdict, outcome.certainty), (Verdict::Errored, Certainty::Unknown), "{body}");
    }
}

#[test]
fn the_page_of_a_gateway_with_status_404_does_not_prove_a_deletion() {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.insert("usage/files", sample::usage_file("UF-1"));
    sandbox.fault(Fault::on("POST", "/usage/files/*/delete").status(500).always());
    sandbox.fault(Fault::on("GET", "/usage/files/*").status(404).body("<html>not here</html>").always());
    let report = client(&sandbox).process_usage_files(|_| Ok(FileAction::Delete)).unwrap();
    let outcome = only(&report);
    assert_eq!((outcome.verdict, outcome.certainty), (Verdict::Errored, Certainty::Unknown), "{report}");
    assert!(client(&sandbox).usage().file("UF-1").is_err());
}

#[test]
fn a_storm_ends_the_run_before_the_next_closure_is_asked() {
    let after_an_hour =
        |status| Fault::on("POST", "/requests/*/approve").status(status).header("Retry-After", "3600");
    let at_once = |status| Fault::on("POST", "/requests/*/approve").status(status);
    for (fault, closures) in [
        (after_an_hour(429), 1),
        (after_an_hour(503), 1),
        (at_once(429), 5),
        (at_once(403), 5),
        (at_once(502), 5),
        (at_once(503), 5),
        (at_once(504), 5),
    ] {
        let sandbox = Sandbox::empty().unwrap();
        sandbox.add_requests(30, |_, _| {});
        sandbox.fault(fault.always());
        let mut asked = 0;
        let report = client(&sandbox)
            .process_fulfillments(|_| {
                asked += 1;
                Ok(Approval::template(TEMPLATE))
            })
            .unwrap();
        assert_eq!((asked, report.exit_code()), (closures, 1), "{report}");
        assert!(report.error().is_some(), "{report}");
    }
}

#[test]
fn an_observer_that_panics_is_not_asked_again_and_the_run_goes_on() {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.add_requests(3, |_, _| {});
    let mut asked = 0;
    let options = Options::new().observer(|_| {
        asked += 1;
        panic!("the observer");
    });
    let report =
        client(&sandbox).fulfillment().process_with(options, |_| Ok(Approval::template(TEMPLATE))).unwrap();
    assert_eq!((report.approved(), asked), (3, 1));
}

#[test]
fn a_run_inside_a_dry_run_plans() {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.add_requests(2, |_, _| {});
    let connect = client(&sandbox);
    let mut inner = None;
    let options = Options::new().dry_run(true).max(1);
    let approve = |_: &connect::models::Request| Ok(Approval::template(TEMPLATE));
    let outer = connect.fulfillment().process_with(options, |_| {
        inner = Some(connect.process_fulfillments(approve)?);
        Err(Action::skip())
    });
    assert_eq!(outer.unwrap().handled(), 2);
    let inner = inner.unwrap();
    assert!(inner.to_string().starts_with("dry run, nothing was sent: "), "{inner}");
    assert!(inner.iter().all(|outcome| outcome.certainty == Certainty::Planned), "{inner}");
    assert!(sandbox.journal().iter().all(|call| call.method == "GET"));
}

#[test]
fn an_id_that_no_query_can_hold_stays_unknown_and_holds_nothing_up() {
    for id in [format!("PR-{}", "9".repeat(7000)), "PR-\"'".to_owned()] {
        let sandbox = Sandbox::empty().unwrap();
        sandbox.insert("requests", sample::request(&id));
        sandbox.insert("requests", sample::request(ORDER));
        sandbox.fault(Fault::on("POST", "/requests/*/approve").status(500).always());
        let report = approve(&sandbox);
        assert_eq!((report.errored(), report.unknown()), (2, 2), "{report}");
        let journal = sandbox.journal();
        let looks: Vec<_> = journal.iter().filter(|call| call.path.contains("?in(id,")).collect();
        assert_eq!(looks.len(), 3);
        assert!(looks.iter().all(|call| call.path.ends_with("&limit=1&offset=0")), "{looks:?}");
    }
}
