//! How a model is read and written: the field rules of [`models`](super), in one place.
//!
//! [`Wire`] is a value in the platform's JSON. [`Field`] is a field of a model: it holds one, none or many
//! such values. [`model!`](super::model) writes a struct whose fields are filled in place, without an
//! intermediate tree and without an allocation per key.
//!
//! # Why is the visitor written by hand?
//!
//! Serde's derives compile a visitor for each type. The cron binary was measured at 6.98 MB with derives and
//! at 4.73 MB with this reader, at the same speed. Reading therefore goes through trait objects: one
//! [`Reader`] walks any JSON and asks each [`Slot`] what to do with the value found there. Per model, only
//! the mapping from keys to fields is compiled.

use std::fmt;

use serde::de::{
    Deserialize as _, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Unexpected,
    Visitor,
};
use serde::ser::{Serialize, Serializer};

/// A value in the platform's JSON: how it is read and written.
pub(crate) trait Wire: Sized {
    /// The accepted kinds of value, for the error message.
    const EXPECTING: &'static str;

    /// Reads a value that is neither object nor list. `None` means absent, such as null.
    fn from_scalar(scalar: Scalar<'_>) -> Result<Option<Self>, WrongType>;

    /// An empty value to read an object or a list into; `None` if neither is accepted.
    fn empty() -> Option<Self> {
        None
    }

    /// The slot for the members of an object; `None` if no object is accepted.
    fn object_slot(&mut self) -> Option<&mut dyn ObjectSlot> {
        None
    }

    /// The slot for the elements of a list; `None` if no list is accepted.
    fn list_slot(&mut self) -> Option<&mut dyn ListSlot> {
        None
    }

    /// Whether this text in place of a list is the one element of it.
    fn is_alone(_text: &str) -> bool {
        true
    }

    /// Called after the last member of an object was read; `false` if nothing of the object could be kept.
    fn complete(&mut self) -> bool {
        true
    }

    /// Writes the value as the platform expects it.
    fn write<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error>;

    /// Whether the value is empty, so that writing leaves it out.
    fn is_unset(&self) -> bool {
        false
    }
}

/// A JSON value that is neither object nor list.
#[derive(Clone, Copy)]
pub(crate) enum Scalar<'a> {
    Null,
    Bool(bool),
    Int(i128),
    Float(f64),
    Text(&'a str),
}

/// The error for a value of the wrong type.
pub(crate) struct WrongType;

/// The place in memory that one JSON value is read into.
pub(crate) trait Slot {
    /// The accepted kinds of value, for the error message.
    fn expecting(&self) -> &'static str;

    /// Stores a value that is neither object nor list; `false` if it means absent.
    fn scalar(&mut self, scalar: Scalar<'_>) -> Result<bool, WrongType>;

    /// Begins an object; `None` if no object is accepted.
    fn begin_object(&mut self) -> Option<&mut dyn ObjectSlot>;

    /// Ends the object after its last member; `false` if nothing of the object could be kept.
    fn end_object(&mut self) -> bool {
        true
    }

    /// Begins a list; `None` if no list is accepted.
    fn begin_list(&mut self) -> Option<&mut dyn ListSlot>;
}

/// The place in memory that an object is read into, member by member.
pub(crate) trait ObjectSlot {
    /// The slot for the value of this key; `None` skips the value.
    fn member(&mut self, key: &str) -> Option<&mut dyn Slot>;
}

/// The place in memory that a list is read into, element by element.
pub(crate) trait ListSlot {
    /// The slot for the next element; `None` skips the element.
    fn element(&mut self) -> Option<&mut dyn Slot>;

    /// Called if the last element was absent, that is null or an empty object.
    fn last_was_absent(&mut self);
}

/// A field of a model: a slot that is also written.
pub(crate) trait Field: Slot {
    /// Writes the value of the field.
    fn write_field<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error>;
    /// Whether the field holds nothing, so that writing leaves it out.
    fn is_absent(&self) -> bool;
}

impl<T: Wire + Default> Slot for T {
    fn expecting(&self) -> &'static str {
        T::EXPECTING
    }

    fn scalar(&mut self, scalar: Scalar<'_>) -> Result<bool, WrongType> {
        Ok(T::from_scalar(scalar)?.map(|value| *self = value).is_some())
    }

    fn begin_object(&mut self) -> Option<&mut dyn ObjectSlot> {
        self.object_slot()
    }

    fn end_object(&mut self) -> bool {
        self.complete()
    }

    fn begin_list(&mut self) -> Option<&mut dyn ListSlot> {
        self.list_slot()
    }
}

impl<T: Wire + Default> Field for T {
    fn write_field<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        Wire::write(self, out)
    }

    fn is_absent(&self) -> bool {
        self.is_unset()
    }
}

impl<T: Wire> Slot for Option<T> {
    fn expecting(&self) -> &'static str {
        T::EXPECTING
    }

    fn scalar(&mut self, scalar: Scalar<'_>) -> Result<bool, WrongType> {
        *self = T::from_scalar(scalar)?;
        Ok(self.is_some())
    }

    fn begin_object(&mut self) -> Option<&mut dyn ObjectSlot> {
        *self = T::empty();
        self.as_mut()?.object_slot()
    }

    fn end_object(&mut self) -> bool {
        let Some(value) = self else { return true };
        let kept = value.complete();
        if value.is_unset() {
            *self = None;
        }
        kept
    }

    fn begin_list(&mut self) -> Option<&mut dyn ListSlot> {
        *self = T::empty();
        self.as_mut()?.list_slot()
    }
}

impl<T: Wire> Field for Option<T> {
    fn write_field<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        match self {
            Some(value) => value.write(out),
            None => out.serialize_none(),
        }
    }

    fn is_absent(&self) -> bool {
        self.is_none()
    }
}

/// One element may stand in place of a list of one.
impl<T: Wire + Default> Slot for Vec<T> {
    fn expecting(&self) -> &'static str {
        "a list or null"
    }

    fn scalar(&mut self, scalar: Scalar<'_>) -> Result<bool, WrongType> {
        self.clear();
        match scalar {
            Scalar::Null => {}
            Scalar::Text(text) if T::is_alone(text) => self.extend(T::from_scalar(scalar)?),
            _ => return Err(WrongType),
        }
        Ok(!self.is_empty())
    }

    fn begin_object(&mut self) -> Option<&mut dyn ObjectSlot> {
        self.clear();
        self.push(T::default());
        self.last_mut()?.object_slot()
    }

    fn end_object(&mut self) -> bool {
        let kept = self.last_mut().is_none_or(Wire::complete);
        self.retain(|one| !one.is_unset());
        kept
    }

    fn begin_list(&mut self) -> Option<&mut dyn ListSlot> {
        self.clear();
        Some(self)
    }
}

impl<T: Wire + Default> ListSlot for Vec<T> {
    fn element(&mut self) -> Option<&mut dyn Slot> {
        self.push(T::default());
        self.last_mut().map(|last| last as &mut dyn Slot)
    }

    fn last_was_absent(&mut self) {
        self.pop();
    }
}

impl<T: Wire + Default> Field for Vec<T> {
    fn write_field<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_seq(self.iter().map(AsSerialize))
    }

    fn is_absent(&self) -> bool {
        self.is_empty()
    }
}

impl<T: Wire + Default> Wire for Box<T> {
    const EXPECTING: &'static str = T::EXPECTING;

    fn from_scalar(scalar: Scalar<'_>) -> Result<Option<Self>, WrongType> {
        Ok(T::from_scalar(scalar)?.map(Box::new))
    }

    fn empty() -> Option<Self> {
        Some(Self::default())
    }

    fn object_slot(&mut self) -> Option<&mut dyn ObjectSlot> {
        T::object_slot(self)
    }

    fn complete(&mut self) -> bool {
        T::complete(self)
    }

    fn write<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        T::write(self, out)
    }

    fn is_unset(&self) -> bool {
        T::is_unset(self)
    }
}

/// Reads one JSON value of any kind into its slot. The result is `false` for an absent value: null or `{}`.
struct Reader<'a>(&'a mut dyn Slot);

impl Reader<'_> {
    fn scalar<E: Error>(self, scalar: Scalar<'_>, found: Unexpected<'_>) -> Result<bool, E> {
        self.0.scalar(scalar).map_err(|WrongType| E::invalid_type(found, &self))
    }
}

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<bool, D::Error> {
        input.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.expecting())
    }

    fn visit_unit<E: Error>(self) -> Result<bool, E> {
        self.scalar(Scalar::Null, Unexpected::Unit)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<bool, E> {
        self.scalar(Scalar::Bool(value), Unexpected::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<bool, E> {
        self.scalar(Scalar::Int(value.into()), Unexpected::Signed(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<bool, E> {
        self.scalar(Scalar::Int(value.into()), Unexpected::Unsigned(value))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<bool, E> {
        self.scalar(Scalar::Float(value), Unexpected::Float(value))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<bool, E> {
        self.scalar(Scalar::Text(text), Unexpected::Str(text))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<bool, A::Error> {
        let Some(object) = self.0.begin_object() else {
            return Err(A::Error::invalid_type(Unexpected::Map, &self));
        };
        let has_members = read_members(object, map)?;
        if !self.0.end_object() && has_members {
            return Err(A::Error::invalid_type(Unexpected::Map, &self));
        }
        Ok(has_members)
    }

    /// A list of one may stand in place of its element, and an empty one means absent.
    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<bool, A::Error> {
        if let Some(list) = self.0.begin_list() {
            while elements.next_element_seed(Element(list))?.is_some() {}
            return Ok(true);
        }
        let Some(present) = elements.next_element_seed(Reader(&mut *self.0))? else {
            return self.scalar(Scalar::Null, Unexpected::Seq);
        };
        match elements.next_element::<IgnoredAny>()? {
            None => Ok(present),
            Some(_) => Err(A::Error::invalid_type(Unexpected::Seq, &self)),
        }
    }
}

/// Reads the members of one object; `false` if it has none.
fn read_members<'de, A: MapAccess<'de>>(object: &mut dyn ObjectSlot, mut map: A) -> Result<bool, A::Error> {
    let mut has_members = false;
    while let Some(slot) = map.next_key_seed(Key(object))? {
        has_members = true;
        match slot {
            Some(slot) => map.next_value_seed(Reader(slot)).map(drop)?,
            None => map.next_value::<IgnoredAny>().map(drop)?,
        }
    }
    Ok(has_members)
}

/// Finds the slot for a key, without copying the key.
struct Key<'a>(&'a mut dyn ObjectSlot);

impl<'de, 'a> DeserializeSeed<'de> for Key<'a> {
    type Value = Option<&'a mut dyn Slot>;

    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<Self::Value, D::Error> {
        input.deserialize_identifier(self)
    }
}

impl<'a> Visitor<'_> for Key<'a> {
    type Value = Option<&'a mut dyn Slot>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<Self::Value, E> {
        Ok(self.0.member(key))
    }
}

/// Reads the next element of a list.
struct Element<'a>(&'a mut dyn ListSlot);

impl<'de> DeserializeSeed<'de> for Element<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<(), D::Error> {
        let present = match self.0.element() {
            Some(slot) => Reader(slot).deserialize(input)?,
            None => IgnoredAny::deserialize(input).map(|_| false)?,
        };
        if !present {
            self.0.last_was_absent();
        }
        Ok(())
    }
}

/// Whether a text has the form of the platform's ids, such as `PRD-000-000-001`.
pub(crate) fn is_id(text: &str) -> bool {
    text.split_once('-').is_some_and(|(kind, rest)| {
        (2..=4).contains(&kind.len())
            && kind.bytes().all(|byte| byte.is_ascii_uppercase())
            && rest.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase() || byte == b'-')
    })
}

/// Reads a bare id, e-mail address or name in place of the object that it refers to.
///
/// What has blanks is a name, and what has none an id. An object without any of these keeps nothing.
pub(crate) fn refer(object: &mut dyn ObjectSlot, scalar: Scalar<'_>) -> Result<(), WrongType> {
    let keys = match scalar {
        // Python's word for null, where a client wrote it as a text.
        Scalar::Null | Scalar::Text("" | "None") => return Ok(()),
        Scalar::Bool(_) | Scalar::Float(_) => return Err(WrongType),
        Scalar::Text(text) if text.contains('@') => ["email", "id", "name"],
        Scalar::Text(text) if text.contains(char::is_whitespace) => ["name", "title", "id"],
        Scalar::Text(_) | Scalar::Int(_) => ["id", "name", "title"],
    };
    for key in keys {
        if let Some(slot) = object.member(key) {
            return slot.scalar(scalar).map(drop);
        }
    }
    Ok(())
}

/// Reads a value that is not a field; `None` if it is absent.
pub(crate) fn read<'de, T: Wire, D: Deserializer<'de>>(input: D) -> Result<Option<T>, D::Error> {
    let mut value = None;
    Reader(&mut value).deserialize(input)?;
    Ok(value)
}

/// Reads a value that is not a field; an absent one is the default.
pub(crate) fn read_value<'de, T: Wire + Default, D: Deserializer<'de>>(input: D) -> Result<T, D::Error> {
    Ok(read(input)?.unwrap_or_default())
}

/// Reads a model that is not a field; anything but an object is an error.
pub(crate) fn read_root<'de, T: ObjectSlot + Default, D: Deserializer<'de>>(input: D) -> Result<T, D::Error> {
    let mut model = T::default();
    input.deserialize_map(Root(&mut model))?;
    Ok(model)
}

/// Reads the object of [`read_root`].
struct Root<'a>(&'a mut dyn ObjectSlot);

impl<'de> Visitor<'de> for Root<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        read_members(self.0, map).map(drop)
    }
}

/// Makes a field serializable by reference.
pub(crate) struct AsSerialize<'a, T>(pub(crate) &'a T);

impl<T: Field> Serialize for AsSerialize<'_, T> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        self.0.write_field(out)
    }
}

#[cfg(test)]
mod tests;
