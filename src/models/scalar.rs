//! Texts, numbers, booleans and free-form JSON, understood in each other's form.

use std::fmt;

use serde::de::{Deserialize as _, Deserializer, Error, Visitor};
use serde::ser::{Serialize as _, Serializer};
use serde_json::Value;

use super::de::Wire;

/// Reads a scalar by way of its text or number; the functions say what they make of each.
pub(crate) struct ScalarVisitor<T> {
    pub(crate) expecting: &'static str,
    pub(crate) text: fn(&str) -> Option<T>,
    pub(crate) int: fn(i128) -> Option<T>,
    pub(crate) float: fn(f64) -> Option<T>,
    pub(crate) bool: fn(bool) -> Option<T>,
}

impl<T> Visitor<'_> for ScalarVisitor<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expecting)
    }

    fn visit_unit<E: Error>(self) -> Result<Option<T>, E> {
        Ok(None)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Option<T>, E> {
        Ok((self.bool)(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Option<T>, E> {
        Ok((self.int)(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Option<T>, E> {
        Ok((self.int)(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Option<T>, E> {
        Ok((self.float)(value))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Option<T>, E> {
        Ok((self.text)(text))
    }
}

struct TextVisitor;

impl Visitor<'_> for TextVisitor {
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, a number or null")
    }

    fn visit_unit<E: Error>(self) -> Result<Option<String>, E> {
        Ok(None)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Option<String>, E> {
        Ok((!text.is_empty()).then(|| text.to_owned()))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Option<String>, E> {
        Ok((!text.is_empty()).then_some(text))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Option<String>, E> {
        Ok(Some(value.to_string()))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Option<String>, E> {
        Ok(Some(value.to_string()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Option<String>, E> {
        Ok(Some(value.to_string()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Option<String>, E> {
        Ok(Some(value.to_string()))
    }
}

impl Wire for String {
    fn read<'de, D: Deserializer<'de>>(input: D) -> Result<Option<Self>, D::Error> {
        input.deserialize_any(TextVisitor)
    }

    fn write<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(self)
    }

    fn is_unset(&self) -> bool {
        self.is_empty()
    }
}

impl Wire for bool {
    fn read<'de, D: Deserializer<'de>>(input: D) -> Result<Option<Self>, D::Error> {
        input.deserialize_any(ScalarVisitor {
            expecting: "a boolean or null",
            text: |text| match text {
                "True" | "true" => Some(true),
                "False" | "false" => Some(false),
                _ => None,
            },
            int: |value| Some(value != 0),
            float: |_| None,
            bool: Some,
        })
    }

    fn write<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_bool(*self)
    }
}

impl Wire for i64 {
    fn read<'de, D: Deserializer<'de>>(input: D) -> Result<Option<Self>, D::Error> {
        input.deserialize_any(ScalarVisitor {
            expecting: "an integer or null",
            text: |text| text.trim().parse().ok(),
            int: |value| value.try_into().ok(),
            #[expect(clippy::cast_possible_truncation, reason = "the bound below is exact in both types")]
            float: |value| (value.fract() == 0.0 && value.abs() < 9e15).then_some(value as i64),
            bool: |_| None,
        })
    }

    fn write<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_i64(*self)
    }
}

/// Free-form JSON; everything but null is kept as it is.
impl Wire for Value {
    fn read<'de, D: Deserializer<'de>>(input: D) -> Result<Option<Self>, D::Error> {
        Ok(Some(Value::deserialize(input)?).filter(|value| !value.is_null()))
    }

    fn write<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        self.serialize(out)
    }

    fn is_unset(&self) -> bool {
        self.is_null()
    }
}
