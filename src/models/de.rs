//! How a model is read and written: the field rules of [`models`](super) in one place.
//!
//! [`Wire`] is a value in the platform's JSON, [`Field`] a slot of a struct that holds one, none or many of
//! them, and [`model!`](super::model) writes a struct whose slots are filled in place, without an
//! intermediate tree and without an allocation per key.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{
    DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Unexpected, Visitor,
};
use serde::ser::{Serialize, Serializer};
use serde_json::Value;

/// A value as the platform sends it.
pub(crate) trait Wire: Sized {
    /// Reads one value; `None` for null and for what else means "nothing here".
    fn read<'de, D: Deserializer<'de>>(input: D) -> Result<Option<Self>, D::Error>;

    fn write<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error>;

    /// Whether it says nothing, so that it is left out when written.
    fn is_unset(&self) -> bool {
        false
    }

    /// What a non-empty text in place of an object means; `None` makes it a decode error.
    fn from_text(_text: &str) -> Option<Self> {
        None
    }
}

/// A struct read member by member.
pub(crate) trait Model: Default {
    /// Reads the members of one object and says whether it had any.
    fn fill<'de, A: MapAccess<'de>>(&mut self, map: &mut A) -> Result<bool, A::Error>;
}

/// A slot of a struct.
pub(crate) trait Field {
    fn set<'de, D: Deserializer<'de>>(&mut self, input: D) -> Result<(), D::Error>;
    fn put<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error>;
    fn is_absent(&self) -> bool;
}

impl<T: Wire + Default> Field for T {
    fn set<'de, D: Deserializer<'de>>(&mut self, input: D) -> Result<(), D::Error> {
        *self = T::read(input)?.unwrap_or_default();
        Ok(())
    }

    fn put<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        Wire::write(self, out)
    }

    fn is_absent(&self) -> bool {
        self.is_unset()
    }
}

impl<T: Wire> Field for Option<T> {
    fn set<'de, D: Deserializer<'de>>(&mut self, input: D) -> Result<(), D::Error> {
        *self = T::read(input)?;
        Ok(())
    }

    fn put<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        match self {
            Some(value) => value.write(out),
            None => out.serialize_none(),
        }
    }

    fn is_absent(&self) -> bool {
        self.is_none()
    }
}

impl<T: Wire> Field for Vec<T> {
    fn set<'de, D: Deserializer<'de>>(&mut self, input: D) -> Result<(), D::Error> {
        input.deserialize_any(ListVisitor(self))
    }

    fn put<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_seq(self.iter().map(Written::of))
    }

    fn is_absent(&self) -> bool {
        self.is_empty()
    }
}

/// Fills the slot it holds.
pub(crate) struct Slot<'a, T>(pub(crate) &'a mut T);

impl<'de, T: Field> DeserializeSeed<'de> for Slot<'_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<(), D::Error> {
        self.0.set(input)
    }
}

/// Turns a key into whatever the function says, without copying it.
pub(crate) struct KeySeed<F>(pub(crate) F);

impl<'de, K, F: FnOnce(&str) -> K> DeserializeSeed<'de> for KeySeed<F> {
    type Value = K;

    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<K, D::Error> {
        input.deserialize_identifier(self)
    }
}

impl<K, F: FnOnce(&str) -> K> Visitor<'_> for KeySeed<F> {
    type Value = K;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<K, E> {
        Ok((self.0)(key))
    }
}

/// Lends a slot or a value to a serializer.
pub(crate) struct Written<'a, T, const FIELD: bool>(&'a T);

impl<'a, T: Wire> Written<'a, T, false> {
    pub(crate) fn of(value: &'a T) -> Self {
        Written(value)
    }
}

impl<'a, T: Field> Written<'a, T, true> {
    pub(crate) fn slot(slot: &'a T) -> Self {
        Written(slot)
    }
}

impl<T: Wire> Serialize for Written<'_, T, false> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        self.0.write(out)
    }
}

impl<T: Field> Serialize for Written<'_, T, true> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        self.0.put(out)
    }
}

struct ListVisitor<'a, T>(&'a mut Vec<T>);

impl<'de, T: Wire> Visitor<'de> for ListVisitor<'_, T> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list or null")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.0.clear();
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        self.0.clear();
        // The elements say nothing of their number, and lists of null must not end the reading.
        while let Some(element) = list.next_element_seed(ReadSeed(PhantomData))? {
            self.0.extend(element);
        }
        Ok(())
    }
}

/// Reads a [`Wire`] value as the element of a list.
pub(crate) struct ReadSeed<T>(pub(crate) PhantomData<T>);

impl<'de, T: Wire> DeserializeSeed<'de> for ReadSeed<T> {
    type Value = Option<T>;

    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<Option<T>, D::Error> {
        T::read(input)
    }
}

/// Reads an object, where null, `""` and `{}` mean that there is none.
pub(crate) struct ObjectVisitor<T>(pub(crate) PhantomData<T>);

impl<'de, T: Model + Wire> Visitor<'de> for ObjectVisitor<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or null")
    }

    fn visit_unit<E: Error>(self) -> Result<Option<T>, E> {
        Ok(None)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Option<T>, E> {
        if text.is_empty() {
            return Ok(None);
        }
        T::from_text(text).map(Some).ok_or_else(|| E::invalid_type(Unexpected::Str(text), &self))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Option<T>, A::Error> {
        let mut model = T::default();
        Ok(model.fill(&mut map)?.then_some(model))
    }
}

/// As [`ObjectVisitor`], filled where it stays.
struct BoxVisitor<T>(PhantomData<T>);

impl<'de, T: Model + Wire> Visitor<'de> for BoxVisitor<T> {
    type Value = Option<Box<T>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or null")
    }

    fn visit_unit<E: Error>(self) -> Result<Option<Box<T>>, E> {
        Ok(None)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Option<Box<T>>, E> {
        Ok(ObjectVisitor(PhantomData).visit_str(text)?.map(Box::new))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Option<Box<T>>, A::Error> {
        let mut model = Box::<T>::default();
        Ok(model.fill(&mut map)?.then_some(model))
    }
}

impl<T: Model + Wire> Wire for Box<T> {
    fn read<'de, D: Deserializer<'de>>(input: D) -> Result<Option<Self>, D::Error> {
        input.deserialize_any(BoxVisitor(PhantomData))
    }

    fn write<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        T::write(self, out)
    }

    fn is_unset(&self) -> bool {
        T::is_unset(self)
    }
}

/// Reads a whole answer, where anything but an object is an error.
pub(crate) struct RootVisitor<T>(pub(crate) PhantomData<T>);

impl<'de, T: Model> Visitor<'de> for RootVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<T, A::Error> {
        let mut model = T::default();
        model.fill(&mut map)?;
        Ok(model)
    }
}

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
        use serde::Deserialize as _;
        Ok(Some(Value::deserialize(input)?).filter(|value| !value.is_null()))
    }

    fn write<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        self.serialize(out)
    }

    fn is_unset(&self) -> bool {
        self.is_null()
    }
}

/// Skips the value of a key that the model does not have.
pub(crate) fn skip<'de, A: MapAccess<'de>>(map: &mut A) -> Result<(), A::Error> {
    map.next_value::<IgnoredAny>().map(drop)
}
