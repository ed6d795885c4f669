//! What a step depends on, kept as a hash for each field.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

/// The field of an input that is no object.
const UNNAMED: &str = "input";

/// Hashes of an input's fields by their names.
///
/// Hashes and not values: they tell a change, and a ledger that is read by others tells no value.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Input(BTreeMap<String, String>);

impl Input {
    /// Adds a value: each field of an object, or the value itself.
    pub(super) fn add(&mut self, value: &impl Serialize) -> serde_json::Result<()> {
        match serde_json::to_value(value)? {
            Value::Object(fields) => {
                self.0.extend(fields.iter().map(|(name, value)| (name.clone(), hash(value))));
            }
            value => {
                let number = if self.0.contains_key(UNNAMED) {
                    format!(" {}", self.0.len() + 1)
                } else {
                    String::new()
                };
                let name = format!("{UNNAMED}{number}");
                self.0.insert(name, hash(&value));
            }
        }
        Ok(())
    }

    /// A field as an error names it.
    pub(super) fn in_words(field: &str) -> &str {
        match field.strip_prefix(UNNAMED) {
            Some("") => "the value given to .input(…)",
            Some(number) if number.starts_with(' ') => "another value given to .input(…)",
            _ => field,
        }
    }

    pub(super) fn json(&self) -> String {
        serde_json::to_string(&self.0).unwrap_or_default()
    }

    /// Names of the fields that differ from those of a recorded input.
    pub(super) fn changed(&self, recorded: &str) -> Vec<String> {
        let recorded: BTreeMap<String, String> = serde_json::from_str(recorded).unwrap_or_default();
        let names: BTreeSet<_> = self.0.keys().chain(recorded.keys()).collect();
        names.into_iter().filter(|name| self.0.get(*name) != recorded.get(*name)).cloned().collect()
    }
}

/// FNV-1a with 128 bits over the value's JSON. It is kept in files: it never changes.
pub(crate) fn hash(value: &Value) -> String {
    let mut text = String::new();
    canonical(value, &mut text);
    let hash = text.bytes().fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d_u128, |hash, byte| {
        (hash ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b)
    });
    format!("{hash:032x}")
}

/// JSON with the keys in their order, whatever order the program's features keep them in.
fn canonical(value: &Value, text: &mut String) {
    match value {
        Value::Object(fields) => {
            text.push('{');
            for (name, value) in fields.iter().collect::<BTreeMap<_, _>>() {
                canonical(&Value::String(name.clone()), text);
                text.push(':');
                canonical(value, text);
                text.push(',');
            }
            text.push('}');
        }
        Value::Array(list) => {
            text.push('[');
            for value in list {
                canonical(value, text);
                text.push(',');
            }
            text.push(']');
        }
        plain => text.push_str(&plain.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn input(value: &impl Serialize) -> Input {
        let mut input = Input::default();
        input.add(value).unwrap();
        input
    }

    #[test]
    fn a_change_is_told_by_its_field() {
        let before = input(&json!({"email": "a@b.example", "quota": 5, "gone": null})).json();
        let now = input(&json!({"email": "c@d.example", "quota": 5, "new": 1}));
        assert_eq!(now.changed(&before), ["email", "gone", "new"]);
        assert_eq!(now.changed(&now.json()), [""; 0]);
        assert_eq!(input(&"a").changed(&input(&"b").json()), ["input"]);
        assert_eq!(Input::default().changed(&input(&"b").json()), ["input"]);
        assert_eq!(now.changed("damaged"), ["email", "new", "quota"]);
    }

    #[test]
    fn several_values_are_several_fields() {
        let mut first = input(&"a");
        first.add(&"b").unwrap();
        let mut second = input(&"a");
        second.add(&"c").unwrap();
        assert_eq!(second.changed(&first.json()), ["input 2"]);
    }

    #[test]
    fn a_hash_never_changes_and_does_not_depend_on_the_order_of_keys() {
        assert_eq!(hash(&json!("a@b.example")), "8f403bda16da76d3cb9b5d0d68228480");
        assert_eq!(hash(&json!({"b": {}, "a": [1, null]})), "2b42a8a783bf55c8ba6d0244b0c6f43e");
        assert_eq!(hash(&json!([1, {"b": 2, "a": [null]}])), hash(&json!([1, {"a": [null], "b": 2}])));
        assert_ne!(hash(&json!(["a", "b"])), hash(&json!(["a,b"])));
        assert_ne!(hash(&json!(null)), hash(&json!("")));
    }
}
