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

/// A value as the platform sends it.
pub(crate) trait Wire: Sized {
    /// Reads one value; `None` for null and for what else means "nothing here".
    fn read<'de, D: Deserializer<'de>>(input: D) -> Result<Option<Self>, D::Error>;

    /// Reads one value into a slot that holds the default.
    fn read_onto<'de, D: Deserializer<'de>>(&mut self, input: D) -> Result<(), D::Error> {
        if let Some(value) = Self::read(input)? {
            *self = value;
        }
        Ok(())
    }

    /// Reads one value to the end of a list.
    fn read_next<'de, D: Deserializer<'de>>(list: &mut Vec<Self>, input: D) -> Result<(), D::Error> {
        list.extend(Self::read(input)?);
        Ok(())
    }

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
        self.read_onto(input)
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
        while list.next_element_seed(NextSeed(self.0))?.is_some() {}
        Ok(())
    }
}

/// Reads one more element of a list.
pub(crate) struct NextSeed<'a, T>(pub(crate) &'a mut Vec<T>);

impl<'de, T: Wire> DeserializeSeed<'de> for NextSeed<'_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<(), D::Error> {
        T::read_next(self.0, input)
    }
}

/// Reads an object to where it stays, and says whether there was one: null, `""` and `{}` are none.
pub(crate) struct ObjectVisitor<'a, T>(pub(crate) &'a mut T);

impl<'de, T: Model + Wire> Visitor<'de> for ObjectVisitor<'_, T> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or null")
    }

    fn visit_unit<E: Error>(self) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<bool, E> {
        if text.is_empty() {
            return Ok(false);
        }
        *self.0 =
            T::from_text(text).ok_or_else(|| E::invalid_type(Unexpected::Str(text), &"an object or null"))?;
        Ok(true)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<bool, A::Error> {
        self.0.fill(&mut map)
    }
}

/// As [`ObjectVisitor`], with a place that is only made for an object.
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
        let mut model = Box::<T>::default();
        ObjectVisitor(&mut *model).visit_str(text)?;
        Ok((!model.is_unset()).then_some(model))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Option<Box<T>>, A::Error> {
        let mut model = Box::<T>::default();
        model.fill(&mut map)?;
        Ok((!model.is_unset()).then_some(model))
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

/// Skips the value of a key that the model does not have.
pub(crate) fn skip<'de, A: MapAccess<'de>>(map: &mut A) -> Result<(), A::Error> {
    map.next_value::<IgnoredAny>().map(drop)
}
