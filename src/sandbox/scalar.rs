//! The scalars inside of objects: found by their path, compared with operands and with each other.

use std::borrow::Cow;
use std::cmp::Ordering;

use serde_json::Value;

use super::clock;
use super::fields::{Field, FieldKind};

/// Ids that stand for "none" in the platform's data.
const PLACEHOLDERS: [&str; 4] = ["HB-0000-0000", "CT-0000-0000-0000", "MP-00000", "CRD-00000-00000-00000"];

/// A comparable scalar. Null sorts before everything else.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Scalar {
    Null,
    Time(i64),
    Number(TotalF64),
    Text(String),
}

#[derive(Debug, Clone, Copy)]
pub(super) struct TotalF64(pub(super) f64);

impl PartialEq for TotalF64 {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}
impl Eq for TotalF64 {}
impl PartialOrd for TotalF64 {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for TotalF64 {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

/// Whether any leaf below `path` passes the test. Lists fan out, and a reference stands for its id.
pub(super) fn any_leaf(value: &Value, path: &[String], ask: &mut dyn FnMut(&Value) -> bool) -> bool {
    match (value, path.split_first()) {
        (Value::Array(items), _) => items.iter().any(|item| any_leaf(item, path, ask)),
        (Value::Object(map), Some((first, rest))) => match map.get(first) {
            Some(inner) => any_leaf(inner, rest, ask),
            // Some shapes carry `created`, others `events.created.at`.
            None if rest.is_empty() && (first == "created" || first == "updated") => {
                map.get("events").and_then(|e| e.get(first)).and_then(|e| e.get("at")).is_some_and(ask)
            }
            None => false,
        },
        (Value::Object(map), None) => map.get("id").is_some_and(ask),
        (leaf, None) => ask(leaf),
        (_, Some(_)) => false,
    }
}

pub(super) fn is_null(value: &Value, path: &[String]) -> bool {
    !any_leaf(value, path, &mut |leaf| match leaf {
        Value::Null => false,
        Value::String(text) => !PLACEHOLDERS.contains(&text.as_str()),
        _ => true,
    })
}

pub(super) fn equals(leaf: &Value, operand: &Scalar) -> bool {
    match operand {
        Scalar::Null => leaf.is_null(),
        Scalar::Text(text) => match leaf {
            Value::String(leaf) => leaf == text,
            _ => text_of(leaf).is_some_and(|leaf| leaf == *text),
        },
        Scalar::Time(_) => leaf_scalar(leaf, FieldKind::Time) == *operand,
        Scalar::Number(_) => leaf_scalar(leaf, FieldKind::Number) == *operand,
    }
}

pub(super) fn text_of(leaf: &Value) -> Option<Cow<'_, str>> {
    match leaf {
        Value::String(text) => Some(Cow::Borrowed(text)),
        Value::Number(number) => Some(Cow::Owned(number.to_string())),
        Value::Bool(flag) => Some(Cow::Borrowed(if *flag { "true" } else { "false" })),
        _ => None,
    }
}

pub(super) fn leaf_scalar(leaf: &Value, kind: FieldKind) -> Scalar {
    let scalar = match kind {
        FieldKind::Time => leaf.as_str().and_then(clock::parse).map(Scalar::Time),
        FieldKind::Number => {
            let number = leaf.as_f64().or_else(|| leaf.as_str()?.parse().ok());
            number.map(|number| Scalar::Number(TotalF64(number)))
        }
        FieldKind::Text => text_of(leaf).map(|text| Scalar::Text(text.into_owned())),
    };
    scalar.unwrap_or(Scalar::Null)
}

/// The scalar that a value is sorted by.
pub(super) fn sort_key(value: &Value, field: &Field) -> Scalar {
    let mut scalar = Scalar::Null;
    any_leaf(value, &field.path, &mut |leaf| {
        scalar = leaf_scalar(leaf, field.kind);
        true
    });
    scalar
}
