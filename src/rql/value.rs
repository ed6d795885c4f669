//! What a property can be compared with.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{QueryError, encode};

/// A value to compare a property with, made by `.into()` from text, numbers, booleans and dates.
///
/// Numbers are written in plain digits (`7`, never `7.0` or `1e3`), dates in ISO 8601 with their offset. A number that
/// is not finite and a date outside the years 0 to 9999 are refused when the query is compiled.
#[derive(Clone, Debug, PartialEq)]
pub struct Value(Operand);

#[derive(Clone, Debug, PartialEq)]
enum Operand {
    Text(String),
    NotFinite,
    NoIsoDate,
}

impl Value {
    pub(super) fn encode(&self, property: &str) -> Result<String, QueryError> {
        match &self.0 {
            Operand::Text(text) => encode::operand(property, text),
            Operand::NotFinite => Err(QueryError::NotFinite { property: property.to_owned() }),
            Operand::NoIsoDate => Err(QueryError::NoIsoDate { property: property.to_owned() }),
        }
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self(Operand::Text(text))
    }
}

impl From<OffsetDateTime> for Value {
    fn from(date: OffsetDateTime) -> Self {
        date.format(&Rfc3339).map_or(Self(Operand::NoIsoDate), Self::from)
    }
}

macro_rules! from_display {
    ($($type:ty),+) => {$(
        impl From<$type> for Value {
            fn from(value: $type) -> Self {
                Self::from(value.to_string())
            }
        }
    )+};
}

from_display!(&str, &&str, &String, bool, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize);

macro_rules! from_float {
    ($($type:ty),+) => {$(
        impl From<$type> for Value {
            fn from(value: $type) -> Self {
                // Adding zero makes -0 a plain 0.
                if value.is_finite() { Self::from((value + 0.0).to_string()) } else { Self(Operand::NotFinite) }
            }
        }
    )+};
}

from_float!(f32, f64);
