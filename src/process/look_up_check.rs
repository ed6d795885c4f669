//! What a look-up may conclude from any answer, by a second reading of it: for the fuzz target and the tests.

use serde_json::Value;

use super::Goal;
use super::snapshot::{Snapshot, State};
use super::stored::{Seen, Update};
use crate::http::{Method, Object, decode};
use crate::text::same_text;

const OBJECT: &str = "/requests/PR-1";
const ID: &str = "PR-1";
const BEFORE: &str = "pending";
const REASON: &str = "no licence";
const TEMPLATE: &str = "TL-1";

/// Reads an answer as the look-up of a decision and of an update does, and says what each concludes from it.
///
/// # Panics
///
/// Where a conclusion is not in the answer.
pub(crate) fn check_look_up(body: &[u8]) -> (&'static str, &'static str) {
    let goal = Goal {
        statuses: "approved".into(),
        template: Some(TEMPLATE.into()),
        reason: Some(REASON.into()),
        answered_by_template: false,
    };
    let looked = decode::<Object<Snapshot>>(Method::Get, OBJECT, body)
        .and_then(|object| goal.compare(&object.0, OBJECT, ID, BEFORE));
    let sent = br#"{"asset":{"params":[{"id":"purchase_id","value":"P-1"}]}}"#;
    let update = Update { object: OBJECT, id: ID, before: BEFORE, body: sent };
    let lost = update.read(body, &goal, true);
    let refused = update.read(body, &goal, false);
    assert!(!matches!(refused, Ok(Some(Seen::Stored))), "a refused update is said to be stored");

    let answer = serde_json::from_slice::<Value>(body).ok();
    let decision = match &looked {
        Err(_) => "unknown",
        Ok(None) => "as before",
        Ok(Some(State::Reached)) => "reached",
        Ok(Some(State::Elsewhere(_))) => "elsewhere",
    };
    if let (Ok(state), Some(answer)) = (&looked, &answer) {
        check_decision(state.as_ref(), answer);
    }
    let stored = match &lost {
        Err(_) => "unknown",
        Ok(None) => "not stored",
        Ok(Some(Seen::Stored)) => "stored",
        Ok(Some(Seen::Moved(_))) => "moved",
    };
    if let (Ok(Some(Seen::Stored)), Some(answer)) = (&lost, &answer) {
        check_stored(answer);
    }
    (decision, stored)
}

fn check_decision(state: Option<&State>, answer: &Value) {
    assert!(answer.is_object(), "an answer that is no object is believed");
    assert!(answer["id"].is_null() || answer["id"] == ID, "another object is believed");
    let status = answer["status"].as_str().unwrap_or_default();
    let is_before = status.eq_ignore_ascii_case(BEFORE);
    let is_there = status.eq_ignore_ascii_case("approved");
    assert_eq!(state.is_none(), is_before, "{status:?} is where it was, or not");
    let Some(State::Reached) = state else { return };
    assert!(is_there, "{status:?} is taken for approved");
    let told = |value: &Value| value.as_str().map(str::to_owned).filter(|text| !text.is_empty());
    let reason = told(&answer["reason"]).filter(|_| !answer["reason"].is_null());
    assert!(reason.is_none_or(|reason| same_text(REASON, &reason)), "another reason is taken for ours");
    let template = told(&answer["template"]["id"]);
    assert!(template.is_none_or(|id| id.trim() == TEMPLATE), "another template is taken for ours");
}

fn check_stored(answer: &Value) {
    let lists = [&answer["params"], &answer["asset"]["params"]];
    let mut params = lists.into_iter().filter_map(Value::as_array).flatten();
    let is_ours = |param: &Value| {
        // What is derived also reads a list by the order of the fields.
        let by_name = (&param["id"], &param["type"], &param["value"]);
        let (id, kind, value) = if param.is_array() { (&param[0], &param[1], &param[2]) } else { by_name };
        id == "purchase_id" && kind != "password" && value == "P-1"
    };
    assert!(params.any(is_ours) || answer["asset"].is_array(), "what is not there is said to be stored");
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;
    use serde_json::json;

    use super::*;

    #[test]
    fn each_conclusion_is_drawn_from_what_is_there() {
        for (answer, expected) in [
            (json!({"id": "PR-1", "status": "pending"}), ("as before", "not stored")),
            (json!({"id": "PR-1", "status": "approved", "reason": " no licence"}), ("reached", "moved")),
            (json!({"status": "approved", "template": {"id": "TL-9"}}), ("elsewhere", "moved")),
            (json!({"status": "approved", "reason": "another"}), ("elsewhere", "moved")),
            (json!({"status": "failed"}), ("elsewhere", "moved")),
            (json!({"id": "PR-2", "status": "approved"}), ("unknown", "unknown")),
            (json!({"id": "PR-1"}), ("unknown", "unknown")),
            (json!(["PR-1", "approved"]), ("unknown", "unknown")),
            (json!(null), ("unknown", "unknown")),
            (
                json!({"status": "pending", "asset": {"params": [{"id": "purchase_id", "value": "P-1"}]}}),
                ("as before", "stored"),
            ),
            (
                json!({"status": "pending", "params": [{"id": "purchase_id", "type": "password", "value": "P-1"}]}),
                ("as before", "not stored"),
            ),
        ] {
            assert_eq!(check_look_up(answer.to_string().as_bytes()), expected, "{answer}");
        }
    }

    const KEYS: [&str; 11] = [
        "id",
        "status",
        "reason",
        "rejection_note",
        "template",
        "asset",
        "params",
        "type",
        "value",
        "value_error",
        "representation",
    ];
    const WORDS: [&str; 14] = [
        "PR-1",
        "PR-2",
        "approved",
        "APPROVED",
        "pending",
        "failed",
        "TL-1",
        " TL-1 ",
        "TL-9",
        "no licence",
        "no  licence\n",
        "purchase_id",
        "P-1",
        "password",
    ];

    /// JSON out of the words that mean something here.
    fn answers() -> impl Strategy<Value = Value> {
        let word = || select(&WORDS[..]).prop_map(Value::from);
        let leaf =
            prop_oneof![8 => word(), 1 => Just(json!(null)), 1 => Just(json!(7)), 1 => Just(json!(""))];
        let json = leaf.prop_recursive(4, 40, 5, |inner| {
            let object = vec((select(&KEYS[..]).prop_map(str::to_owned), inner.clone()), 0..6)
                .prop_map(|members| members.into_iter().collect::<serde_json::Map<_, _>>());
            prop_oneof![1 => vec(inner, 0..4).prop_map(Value::from), 3 => object.prop_map(Value::from)]
        });
        (json, prop::option::of(select(&["approved", "pending", "failed"][..])), any::<bool>()).prop_map(
            |(mut answer, status, own)| {
                if let (Some(object), Some(status)) = (answer.as_object_mut(), status) {
                    object.insert("status".into(), status.into());
                    if own {
                        object.insert("id".into(), ID.into());
                    }
                }
                answer
            },
        )
    }

    proptest! {
        #[test]
        fn no_answer_is_taken_for_more_than_it_says(answer in answers(), cut in any::<prop::sample::Index>()) {
            let text = answer.to_string();
            check_look_up(text.as_bytes());
            check_look_up(&text.as_bytes()[..cut.index(text.len())]);
        }

        #[test]
        fn no_bytes_are_taken_for_an_answer_that_they_are_not(bytes in vec(any::<u8>(), 0..200)) {
            check_look_up(&bytes);
        }
    }
}
