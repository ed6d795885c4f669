use serde_json::{Value, json};

use super::{Field, Wire, read};
use crate::models::{Asset, Product, Request};

/// What a value without a model around it is read as.
fn read_alone<T: Wire>(json: &str) -> Option<T> {
    read(&mut serde_json::Deserializer::from_str(json)).unwrap()
}

fn refuses<T: Wire>(json: &str) -> bool {
    read::<T, _>(&mut serde_json::Deserializer::from_str(json)).is_err()
}

fn request(json: Value) -> Request {
    serde_json::from_value(json).unwrap()
}

#[test]
fn an_id_alone_stands_for_a_list_of_one_and_another_text_does_not() {
    let read = |items: Value| serde_json::from_value::<Asset>(json!({"id": "AS-1", "items": items}));
    assert_eq!(read(json!("PRD-000-000-001-0001")).unwrap().items[0].id, "PRD-000-000-001-0001");
    assert_eq!(read(json!("")).unwrap().items.len(), 0);
    assert_eq!(read(json!(null)).unwrap().items.len(), 0);
    assert!(read(json!("see below")).is_err());
    assert!(read(json!(7)).is_err());
}

#[test]
fn the_last_of_several_values_of_one_key_counts() {
    let read = |json: &str| serde_json::from_str::<Request>(json).unwrap();
    for second in [r#""new""#, r#"{"id": "new"}"#, r#"{"name": "new"}"#, r#"[{"title": "new"}]"#] {
        assert_eq!(read(&format!(r#"{{"id": "old", "id": {second}}}"#)).id, "new", "{second}");
        let reason = read(&format!(r#"{{"reason": "old", "reason": {second}}}"#)).reason;
        assert_eq!(reason.as_deref(), Some("new"), "{second}");
    }
    let asset: Asset =
        serde_json::from_str(r#"{"items": [{"id": "a"}, {"id": "b"}], "items": [{"id": "c"}]}"#).unwrap();
    assert_eq!(asset.items.iter().map(|item| item.id.as_str()).collect::<Vec<_>>(), ["c"]);
}

#[test]
fn a_whole_number_is_read_as_far_as_both_types_are_exact() {
    for (json, read) in [
        ("123456789012.0", Some(123_456_789_012)),
        ("-3.0", Some(-3)),
        ("9000000000000000.0", None),
        ("0.5", None),
        ("\" 7 \"", Some(7)),
        ("9223372036854775808", None),
    ] {
        assert_eq!(read_alone::<i64>(json), read, "{json}");
    }
}

#[test]
fn a_boolean_is_read_from_a_number_or_a_text_too() {
    for (json, read) in
        [("true", true), ("1", true), ("7", true), ("0", false), (r#""True""#, true), (r#""false""#, false)]
    {
        assert_eq!(read_alone::<bool>(json), Some(read), "{json}");
    }
    assert_eq!((read_alone::<bool>("null"), read_alone::<bool>(r#""maybe""#)), (None, None));
}

#[test]
fn what_came_as_an_object_is_written_as_one_unless_nothing_was_in_it() {
    let written = |media: Value| {
        let product: Product = serde_json::from_value(json!({"id": "PRD-1", "media": media})).unwrap();
        serde_json::to_value(&product).unwrap()["media"].clone()
    };
    let one = json!({"url": "https://example.test/a"});
    assert_eq!(written(one.clone()), one);
    assert_eq!(written(json!([one])), json!([one]));
    assert_eq!(written(json!([one, one])), json!([one, one]));
    assert_eq!(written(json!({})), Value::Null);
    assert_eq!(serde_json::from_value::<Product>(json!({"media": {}})).unwrap(), Product::default());
}

#[test]
fn events_are_kept_and_written_as_they_came() {
    let events = json!({"created": {"at": "2024-03-04T09:12:44+00:00"}});
    let request = request(json!({"id": "PR-1", "asset": {"id": "AS-1", "events": events}}));
    let written = serde_json::to_value(&request).unwrap();
    assert_eq!(written["asset"]["events"]["created"]["at"], "2024-03-04T09:12:44+00:00");
    let nothing: Asset = serde_json::from_value(json!({"events": {"created": {}, "updated": null}})).unwrap();
    assert_eq!(nothing.events, Asset::default().events);
}

#[test]
fn what_is_boxed_is_read_as_if_it_were_not() {
    assert_eq!(read_alone::<Box<String>>(r#"{"id": "x"}"#).as_deref().map(String::as_str), Some("x"));
    assert!(refuses::<String>(r#"{"color": "red"}"#));
    assert!(refuses::<Box<String>>(r#"{"color": "red"}"#));
    assert_eq!(read_alone::<Box<Asset>>("{}"), read_alone::<Box<Asset>>("null"));
}

#[test]
fn a_field_without_anything_in_it_is_left_out_and_free_form_json_is_kept_as_it_came() {
    assert!(Field::is_absent(&Value::Null) && Field::is_absent(&String::new()));
    for kept in [json!({}), json!([]), json!(""), json!(0), json!(false)] {
        assert!(!Field::is_absent(&kept), "{kept}");
    }
}
