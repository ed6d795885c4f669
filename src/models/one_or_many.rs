//! A part that is an object in one place and a list of objects in another.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::ser::Serializer;

use super::de::{Field, Model, NextSeed, Wire};

/// A list that the platform may also send as the one object that is in it. It is used like a slice.
#[derive(Clone, Debug, PartialEq)]
pub struct OneOrMany<T> {
    list: Vec<T>,
    /// Whether it came as an object, and is written as one.
    alone: bool,
}

impl<T> Default for OneOrMany<T> {
    fn default() -> Self {
        Self { list: Vec::new(), alone: false }
    }
}

impl<T> Deref for OneOrMany<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.list
    }
}

impl<T> From<Vec<T>> for OneOrMany<T> {
    fn from(list: Vec<T>) -> Self {
        Self { list, alone: false }
    }
}

impl<T: Model + Wire> Field for OneOrMany<T> {
    fn set<'de, D: Deserializer<'de>>(&mut self, input: D) -> Result<(), D::Error> {
        *self = input.deserialize_any(OneOrManyVisitor(PhantomData))?;
        Ok(())
    }

    fn put<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        match &*self.list {
            [one] if self.alone => Wire::write(one, out),
            _ => Field::put(&self.list, out),
        }
    }

    fn is_absent(&self) -> bool {
        self.list.is_empty()
    }
}

struct OneOrManyVisitor<T>(PhantomData<T>);

impl<'de, T: Model + Wire> Visitor<'de> for OneOrManyVisitor<T> {
    type Value = OneOrMany<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object, a list of objects or null")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(OneOrMany::default())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut one = T::default();
        one.fill(&mut map)?;
        Ok(if one.is_unset() { OneOrMany::default() } else { OneOrMany { list: vec![one], alone: true } })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self::Value, A::Error> {
        let mut list = Vec::new();
        while elements.next_element_seed(NextSeed(&mut list))?.is_some() {}
        Ok(OneOrMany { list, alone: false })
    }
}
