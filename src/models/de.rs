//! How a model is read and written: the field rules of [`models`](super) in one place.
//!
//! [`Wire`] is a value in the platform's JSON, [`Field`] a slot of a struct that holds one, none or many of
//! them, and [`model!`](super::model) writes a struct whose slots are filled in place, without an
//! intermediate tree and without an allocation per key.
//!
//! Reading goes through trait objects: one [`Reader`] walks any JSON and asks each [`Place`] what to do with
//! what it found there. What is compiled per model is then only which key is which field. A visitor for each
//! type would be 4 % faster, and a third more of code in the whole crate.

use std::fmt;

use serde::de::{
    Deserialize as _, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Unexpected,
    Visitor,
};
use serde::ser::{Serialize, Serializer};

/// A value as the platform sends it.
pub(crate) trait Wire: Sized {
    /// What may stand here, for the error message.
    const EXPECTING: &'static str;

    /// Reads what is neither object nor list; `None` for null and for what else means "nothing here".
    fn from_scalar(scalar: Scalar<'_>) -> Result<Option<Self>, Misfit>;

    /// What an object is read into, if it may be one.
    fn empty() -> Option<Self> {
        None
    }

    /// The members to be read, if it is an object.
    fn members(&mut self) -> Option<&mut dyn Members> {
        None
    }

    /// The elements to be read, if it may be a list.
    fn elements(&mut self) -> Option<&mut dyn Elements> {
        None
    }

    /// Called when all members are read.
    fn complete(&mut self) {}

    fn write<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error>;

    /// Whether it says nothing, so that it is left out when written.
    fn is_unset(&self) -> bool {
        false
    }
}

/// JSON that is neither object nor list.
#[derive(Clone, Copy)]
pub(crate) enum Scalar<'a> {
    Null,
    Bool(bool),
    Int(i128),
    Float(f64),
    Text(&'a str),
}

/// A value of another kind than may stand here.
pub(crate) struct Misfit;

/// Where a value is read to.
pub(crate) trait Place {
    fn expecting(&self) -> &'static str;

    /// Takes the value, and says whether there was one.
    fn scalar(&mut self, scalar: Scalar<'_>) -> Result<bool, Misfit>;

    /// An object begins.
    fn object(&mut self) -> Option<&mut dyn Members> {
        None
    }

    /// The object has ended.
    fn complete(&mut self) {}

    /// A list begins.
    fn list(&mut self) -> Option<&mut dyn Elements> {
        None
    }
}

/// An object that is read member by member.
pub(crate) trait Members {
    /// Where the value of this key goes; it is skipped if there is no place for it.
    fn member(&mut self, key: &str) -> Option<&mut dyn Place>;
}

/// A list that is read element by element.
pub(crate) trait Elements {
    /// Where the next element goes.
    fn element(&mut self) -> Option<&mut dyn Place>;

    /// Nothing was at the place of the last element.
    fn nothing(&mut self);
}

/// A slot of a struct.
pub(crate) trait Field: Place {
    fn put<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error>;
    fn is_absent(&self) -> bool;
}

impl<T: Wire + Default> Place for T {
    fn expecting(&self) -> &'static str {
        T::EXPECTING
    }

    fn scalar(&mut self, scalar: Scalar<'_>) -> Result<bool, Misfit> {
        let value = T::from_scalar(scalar)?;
        let there = value.is_some();
        if let Some(value) = value {
            *self = value;
        }
        Ok(there)
    }

    fn object(&mut self) -> Option<&mut dyn Members> {
        self.members()
    }

    fn complete(&mut self) {
        Wire::complete(self);
    }

    fn list(&mut self) -> Option<&mut dyn Elements> {
        self.elements()
    }
}

impl<T: Wire + Default> Field for T {
    fn put<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        Wire::write(self, out)
    }

    fn is_absent(&self) -> bool {
        self.is_unset()
    }
}

impl<T: Wire> Place for Option<T> {
    fn expecting(&self) -> &'static str {
        T::EXPECTING
    }

    fn scalar(&mut self, scalar: Scalar<'_>) -> Result<bool, Misfit> {
        *self = T::from_scalar(scalar)?;
        Ok(self.is_some())
    }

    fn object(&mut self) -> Option<&mut dyn Members> {
        *self = T::empty();
        self.as_mut()?.members()
    }

    fn complete(&mut self) {
        if let Some(value) = self {
            value.complete();
            if value.is_unset() {
                *self = None;
            }
        }
    }

    fn list(&mut self) -> Option<&mut dyn Elements> {
        *self = T::empty();
        self.as_mut()?.elements()
    }
}

impl<T: Wire> Field for Option<T> {
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

impl<T: Wire + Default> Place for Vec<T> {
    fn expecting(&self) -> &'static str {
        "a list or null"
    }

    fn scalar(&mut self, scalar: Scalar<'_>) -> Result<bool, Misfit> {
        self.clear();
        if matches!(scalar, Scalar::Null) { Ok(false) } else { Err(Misfit) }
    }

    fn list(&mut self) -> Option<&mut dyn Elements> {
        self.clear();
        Some(self)
    }
}

impl<T: Wire + Default> Elements for Vec<T> {
    fn element(&mut self) -> Option<&mut dyn Place> {
        self.push(T::default());
        self.last_mut().map(|last| last as &mut dyn Place)
    }

    fn nothing(&mut self) {
        self.pop();
    }
}

impl<T: Wire + Default> Field for Vec<T> {
    fn put<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_seq(self.iter().map(Written::of))
    }

    fn is_absent(&self) -> bool {
        self.is_empty()
    }
}

impl<T: Wire + Default> Wire for Box<T> {
    const EXPECTING: &'static str = T::EXPECTING;

    fn from_scalar(scalar: Scalar<'_>) -> Result<Option<Self>, Misfit> {
        Ok(T::from_scalar(scalar)?.map(Box::new))
    }

    fn empty() -> Option<Self> {
        Some(Self::default())
    }

    fn members(&mut self) -> Option<&mut dyn Members> {
        T::members(self)
    }

    fn complete(&mut self) {
        T::complete(self);
    }

    fn write<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        T::write(self, out)
    }

    fn is_unset(&self) -> bool {
        T::is_unset(self)
    }
}

/// Reads one value of whatever kind to where it stays, and says whether there was one: null and `{}` are none.
struct Reader<'a>(&'a mut dyn Place);

impl Reader<'_> {
    fn scalar<E: Error>(self, scalar: Scalar<'_>, found: Unexpected<'_>) -> Result<bool, E> {
        self.0.scalar(scalar).map_err(|Misfit| E::invalid_type(found, &self))
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
        let Some(object) = self.0.object() else {
            return Err(A::Error::invalid_type(Unexpected::Map, &self));
        };
        let any = fill(object, map)?;
        self.0.complete();
        Ok(any)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<bool, A::Error> {
        let Some(list) = self.0.list() else {
            return Err(A::Error::invalid_type(Unexpected::Seq, &self));
        };
        while elements.next_element_seed(Element(list))?.is_some() {}
        Ok(true)
    }
}

/// Reads the members of one object and says whether it had any.
fn fill<'de, A: MapAccess<'de>>(object: &mut dyn Members, mut map: A) -> Result<bool, A::Error> {
    let mut any = false;
    while let Some(place) = map.next_key_seed(Key(object))? {
        any = true;
        match place {
            Some(place) => map.next_value_seed(Reader(place)).map(drop)?,
            None => map.next_value::<IgnoredAny>().map(drop)?,
        }
    }
    Ok(any)
}

/// Turns a key into its place, without copying it.
struct Key<'a>(&'a mut dyn Members);

impl<'de, 'a> DeserializeSeed<'de> for Key<'a> {
    type Value = Option<&'a mut dyn Place>;

    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<Self::Value, D::Error> {
        input.deserialize_identifier(self)
    }
}

impl<'a> Visitor<'_> for Key<'a> {
    type Value = Option<&'a mut dyn Place>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<Self::Value, E> {
        Ok(self.0.member(key))
    }
}

/// Reads one more element of a list.
struct Element<'a>(&'a mut dyn Elements);

impl<'de> DeserializeSeed<'de> for Element<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<(), D::Error> {
        let there = match self.0.element() {
            Some(place) => Reader(place).deserialize(input)?,
            None => IgnoredAny::deserialize(input).map(|_| false)?,
        };
        if !there {
            self.0.nothing();
        }
        Ok(())
    }
}

/// Reads a value on its own.
pub(crate) fn read<'de, T: Wire, D: Deserializer<'de>>(input: D) -> Result<Option<T>, D::Error> {
    let mut value = None;
    Reader(&mut value).deserialize(input)?;
    Ok(value)
}

/// Reads a whole answer, where anything but an object is an error.
pub(crate) fn read_root<'de, T: Members + Default, D: Deserializer<'de>>(input: D) -> Result<T, D::Error> {
    let mut model = T::default();
    input.deserialize_map(Root(&mut model))?;
    Ok(model)
}

struct Root<'a>(&'a mut dyn Members);

impl<'de> Visitor<'de> for Root<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        fill(self.0, map).map(drop)
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
