//! Calls whose answer was lost: what became of them is found out, and said as far as it is known.

use std::time::Duration;

use connect::sandbox::{Fault, Sandbox, sample};
use connect::usage::{NewUsageFile, UsageRecord};
use connect::{Action, Approval, Certainty, Connect, Options, Outcome, Report, Stop, Verdict};
use serde_json::json;
use time::format_description::well_known::Rfc2822;
use time::{OffsetDateTime, macros::datetime};

use crate::setup::{CONVERSATION, ORDER, TEMPLATE, answering, calls, client, one_order};

fn approve(sandbox: &Sandbox) -> Report {
    client(sandbox).process_fulfillments(|_| Ok(Approval::template(TEMPLATE))).unwrap()
}

fn only(report: &Report) -> &Outcome {
    let [outcome] = report.outcomes() else { panic!("{report}") };
    outcome
}

fn texts(sandbox: &Sandbox) -> Vec<String> {
    sandbox
        .messages(CONVERSATION)
        .iter()
        .map(|message| message["text"].as_str().unwrap().to_owned())
        .collect()
}

fn lost_approval() -> Fault {
    Fault::on("POST", "/requests/*/approve").reset().after_effect()
}

/// The order as it was before, as a replica that lags behind tells it.
fn stale(sandbox: &Sandbox) -> Fault {
    let order = sandbox.get("requests", ORDER).unwrap();
    Fault::on("GET", "/requests/*").status(200).body(&order.to_string())
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
    connect.fulfillment().add_message(CONVERSATION, "hello").unwrap();
    assert_eq!(texts(&sandbox), ["hello"]);
}

#[test]
fn a_link_to_this_machine_is_not_followed_for_a_platform_that_is_elsewhere() {
    let connect =
        Connect::new(connect::Config::new("https://api.example.com/public/v1", "SU-1:key").unwrap());
    let error = connect.unwrap().usage().download("http://127.0.0.1:9/metadata").unwrap_err();
    assert!(matches!(error, connect::Error::Input(_)), "{error}");
}
