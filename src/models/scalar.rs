//! Texts, numbers, booleans and free-form JSON; each is also read from the other kinds where the platform
//! mixes them.

use serde::ser::{Serialize as _, Serializer};
use serde_json::{Map, Value};

use super::de::{ListSlot, ObjectSlot, Scalar, Slot, Wire, WrongType};

impl Wire for String {
    const EXPECTING: &'static str = "a text, a number or null";

    fn from_scalar(scalar: Scalar<'_>) -> Result<Option<Self>, WrongType> {
        Ok(match scalar {
            Scalar::Null | Scalar::Text("") => None,
            Scalar::Text(text) => Some(text.to_owned()),
            Scalar::Int(value) => Some(value.to_string()),
            Scalar::Float(value) => Some(value.to_string()),
            Scalar::Bool(value) => Some(value.to_string()),
        })
    }

    /// An object in place of its id or name: the text is its id, or its name where it has none.
    fn empty() -> Option<Self> {
        Some(Self::new())
    }

    fn object_slot(&mut self) -> Option<&mut dyn ObjectSlot> {
        self.clear();
        Some(self)
    }

    fn complete(&mut self) -> bool {
        !self.is_empty()
    }

    fn write<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(self)
    }

    fn is_unset(&self) -> bool {
        self.is_empty()
    }
}

impl ObjectSlot for String {
    fn member(&mut self, key: &str) -> Option<&mut dyn Slot> {
        let counts = key == "id" || (self.is_empty() && matches!(key, "name" | "title" | "email"));
        counts.then_some(self as &mut dyn Slot)
    }
}

impl Wire for bool {
    const EXPECTING: &'static str = "a boolean or null";

    fn from_scalar(scalar: Scalar<'_>) -> Result<Option<Self>, WrongType> {
        Ok(match scalar {
            Scalar::Bool(value) => Some(value),
            Scalar::Text("True" | "true") => Some(true),
            Scalar::Text("False" | "false") => Some(false),
            Scalar::Int(value) => Some(value != 0),
            Scalar::Null | Scalar::Text(_) | Scalar::Float(_) => None,
        })
    }

    fn write<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_bool(*self)
    }
}

impl Wire for i64 {
    const EXPECTING: &'static str = "an integer or null";

    fn from_scalar(scalar: Scalar<'_>) -> Result<Option<Self>, WrongType> {
        Ok(match scalar {
            Scalar::Int(value) => value.try_into().ok(),
            Scalar::Text(text) => text.trim().parse().ok(),
            #[expect(clippy::cast_possible_truncation, reason = "the bound is exact in both types")]
            Scalar::Float(value) if value.fract() == 0.0 && value.abs() < 9e15 => Some(value as Self),
            Scalar::Null | Scalar::Bool(_) | Scalar::Float(_) => None,
        })
    }

    fn write<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_i64(*self)
    }
}

/// Free-form JSON is kept as received, except null.
impl Wire for Value {
    const EXPECTING: &'static str = "any JSON";

    fn from_scalar(scalar: Scalar<'_>) -> Result<Option<Self>, WrongType> {
        Ok(match scalar {
            Scalar::Null => None,
            Scalar::Bool(value) => Some(value.into()),
            Scalar::Int(value) => serde_json::Number::from_i128(value).map(Self::Number),
            Scalar::Float(value) => Some(value.into()),
            Scalar::Text(text) => Some(text.into()),
        })
    }

    fn empty() -> Option<Self> {
        Some(Self::Null)
    }

    fn object_slot(&mut self) -> Option<&mut dyn ObjectSlot> {
        *self = Self::Object(Map::new());
        Some(self)
    }

    fn list_slot(&mut self) -> Option<&mut dyn ListSlot> {
        *self = Self::Array(Vec::new());
        Some(self)
    }

    fn write<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        self.serialize(out)
    }

    fn is_unset(&self) -> bool {
        self.is_null()
    }
}

impl ObjectSlot for Value {
    fn member(&mut self, key: &str) -> Option<&mut dyn Slot> {
        let members = self.as_object_mut()?;
        // A repeated key overwrites the earlier value, even with null.
        members.insert(key.to_owned(), Self::Null);
        members.get_mut(key).map(|value| value as &mut dyn Slot)
    }
}

impl ListSlot for Value {
    fn element(&mut self) -> Option<&mut dyn Slot> {
        let list = self.as_array_mut()?;
        list.push(Self::Null);
        list.last_mut().map(|last| last as &mut dyn Slot)
    }

    /// A null in a list of free-form JSON is kept as an element.
    fn last_was_absent(&mut self) {}
}
