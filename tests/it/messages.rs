//! Conversations: finding one, reading its messages, adding one.

use connect::Error;
use connect::models::{ConversationStatus, MessageKind};
use connect::sandbox::{Fault, Sandbox, sample};
use serde_json::json;

use crate::support::{ORDER, TALK, calls, client, one_order};

#[test]
fn a_conversation_is_found_by_its_order() {
    let sandbox = one_order();
    let connect = client(&sandbox);
    let found = connect.fulfillment().conversation(ORDER).unwrap().unwrap();
    assert_eq!((found.id.as_str(), found.status), (TALK, ConversationStatus::Open));
    assert_eq!(found.instance_id.as_deref(), Some(ORDER));
    assert_eq!(connect.fulfillment().conversation("PR-2").unwrap(), None);
    assert_eq!(
        calls(&sandbox),
        json!([
            ["GET", format!("/conversations?eq(instance_id,{ORDER})&limit=100&offset=0")],
            ["GET", "/conversations?eq(instance_id,PR-2)&limit=100&offset=0"],
        ])
    );
}

#[test]
fn messages_come_oldest_first() {
    let sandbox = one_order();
    for (n, day) in [(1, 3), (2, 1), (3, 2)] {
        let text = format!("of day {day}");
        let created = format!("2024-03-0{day}T10:00:00+00:00");
        sandbox.insert(
            &format!("conversations/{TALK}/messages"),
            json!({"id": format!("ME-{n}"), "conversation": TALK, "text": text, "created": created, "type": "message"}),
        );
    }
    let connect = client(&sandbox);
    let messages = connect.fulfillment().messages(TALK);
    let texts: Vec<_> = messages.map(|message| message.unwrap().text.unwrap()).collect();
    assert_eq!(texts, ["of day 1", "of day 2", "of day 3"]);
    assert_eq!(
        calls(&sandbox),
        json!([["GET", format!("/conversations/{TALK}/messages?ordering(created)&limit=100&offset=0")]])
    );
}

#[test]
fn a_message_is_added_for_all_or_for_ones_own_side() {
    let sandbox = one_order();
    let connect = client(&sandbox);
    let said = connect.fulfillment().add_message(TALK, "Hello").unwrap();
    assert_eq!((said.text.as_deref(), said.kind), (Some("Hello"), MessageKind::Message));
    assert!(said.id.starts_with("ME-"), "{}", said.id);
    let noted = connect.fulfillment().add_private_message(TALK, "Beware").unwrap();
    assert_eq!(noted.kind, MessageKind::Private);
    assert_eq!(
        calls(&sandbox),
        json!([
            ["POST", format!("/conversations/{TALK}/messages"), {"text": "Hello"}],
            ["POST", format!("/conversations/{TALK}/messages"), {"text": "Beware", "type": "private"}],
        ])
    );
    let there: Vec<_> = sandbox.messages(TALK).iter().map(|message| message["text"].clone()).collect();
    assert_eq!(there, ["Hello", "Beware"]);
}

#[test]
fn a_closed_conversation_takes_no_message() {
    let sandbox = one_order();
    sandbox.update("conversations", TALK, |conversation| conversation["status"] = "closed".into());
    let error = client(&sandbox).fulfillment().add_message(TALK, "Hello").unwrap_err();
    assert!(matches!(&error, Error::Api(api) if api.status == 400), "{error}");
    assert!(error.to_string().contains("closed"), "{error}");
    assert_eq!(sandbox.messages(TALK).len(), 0);
}

#[test]
fn a_message_whose_answer_is_lost_is_found_and_not_said_twice() {
    let sandbox = one_order();
    sandbox.fault(Fault::on("POST", "/conversations/*/messages").reset().after_effect());
    let said = client(&sandbox).fulfillment().add_message(TALK, "Hello").unwrap();
    assert_eq!(said.text.as_deref(), Some("Hello"));
    assert_eq!(sandbox.messages(TALK).len(), 1);
    assert_eq!(
        calls(&sandbox),
        json!([
            ["POST", format!("/conversations/{TALK}/messages"), {"text": "Hello"}],
            ["GET", format!("/conversations/{TALK}/messages?ordering(-created)&limit=10&offset=0")],
        ])
    );
}

#[test]
fn the_open_conversation_is_preferred_and_notes_are_none() {
    let sandbox = Sandbox::empty().unwrap();
    for (id, kind, status) in
        [("CO-1", "notes", "open"), ("CO-2", "conversation", "closed"), ("CO-3", "conversation", "open")]
    {
        let mut conversation = sample::conversation_for(ORDER);
        conversation["id"] = id.into();
        conversation["type"] = kind.into();
        conversation["status"] = status.into();
        sandbox.insert("conversations", conversation);
    }
    let found = || client(&sandbox).fulfillment().conversation(ORDER).unwrap().map(|found| found.id);
    assert_eq!(found().as_deref(), Some("CO-3"));
    sandbox.remove("conversations", "CO-3");
    assert_eq!(found().as_deref(), Some("CO-2"));
    sandbox.remove("conversations", "CO-2");
    assert_eq!(found(), None);
}
