//! Notes: of an order, of a tier config request, and conversations of that type.

use connect::fulfillment::NewRequest;
use connect::sandbox::{Sandbox, sample};
use connect::{Action, Approval};
use serde_json::json;

use crate::support::{ORDER, calls, client, one_order, one_try};

#[test]
fn a_new_order_and_a_known_one_take_a_note() {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.insert("assets", sample::asset("AS-1"));
    let connect = client(&sandbox);
    let made =
        connect.fulfillment().create_request(&NewRequest::cancel("AS-1").with_note("by phone")).unwrap();
    assert_eq!(made.note.as_deref(), Some("by phone"));
    let noted = connect.fulfillment().update_note(&made.id, "by mail").unwrap();
    assert_eq!(noted.note.as_deref(), Some("by mail"));
    assert_eq!(
        calls(&sandbox),
        json!([
            ["POST", "/requests", {"type": "cancel", "note": "by phone", "asset": {"id": "AS-1"}}],
            ["PUT", format!("/requests/{}", made.id), {"note": "by mail"}],
        ])
    );
}

#[test]
fn a_tier_config_request_takes_notes() {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.insert("tier/config-requests", sample::tier_config_request("TCR-1-001"));
    let connect = client(&sandbox);
    let noted = connect.tier_config().update_notes("TCR-1-001", "called twice").unwrap();
    assert_eq!(noted.notes.as_deref(), Some("called twice"));
    assert_eq!(
        calls(&sandbox),
        json!([["PUT", "/tier/config-requests/TCR-1-001", {"notes": "called twice"}]])
    );
}

#[test]
fn notes_about_an_order_are_a_conversation_of_their_own() {
    let sandbox = one_order();
    let connect = client(&sandbox);
    assert_eq!(connect.fulfillment().notes(ORDER).unwrap(), None);
    let mut notes = sample::conversation_for(ORDER);
    notes["id"] = "CO-9".into();
    notes["type"] = "notes".into();
    sandbox.insert("conversations", notes);
    let found = connect.fulfillment().notes(ORDER).unwrap().unwrap();
    assert_eq!(found.id, "CO-9");
    assert_ne!(connect.fulfillment().conversation(ORDER).unwrap().unwrap().id, "CO-9");
    connect.fulfillment().add_message(&found.id, "asked the customer").unwrap();
    let texts: Vec<_> =
        connect.fulfillment().messages(&found.id).map(|message| message.unwrap().text.unwrap()).collect();
    assert_eq!(texts, ["asked the customer"]);
}

#[test]
fn an_approval_that_shows_nothing_is_refused_as_a_refusal_without_a_reason_is() {
    let sandbox = one_order();
    sandbox.insert("tier/config-requests", sample::tier_config_request("TCR-1-001"));
    for (empty, why) in [(Approval::tile(" "), "a text"), (Approval::template(""), "the id of a template")] {
        let connect = one_try(&sandbox);
        let orders = connect.process_fulfillments(|_| Ok(empty.clone())).unwrap();
        let configs = connect.process_tier_configs(|_| Ok(empty.clone())).unwrap();
        for report in [orders, configs] {
            assert_eq!(report.errored(), 1, "{report}");
            assert!(report.to_string().contains(&format!("approve needs {why}")), "{report}");
        }
    }
    let report = one_try(&sandbox).process_tier_configs(|_| Err(Action::fail(""))).unwrap();
    assert!(report.to_string().contains("fail needs a reason"), "{report}");
    assert!(sandbox.journal().iter().all(|call| call.method == "GET"));
}
