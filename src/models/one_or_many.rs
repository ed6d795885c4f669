//! A field that is an object in some payloads and a list of objects in others.

use std::ops::Deref;

use serde::ser::Serializer;

use super::de::{Field, ListSlot, ObjectSlot, Scalar, Slot, Wire, WrongType};

/// A list that the platform may also send as its single object. It is used like a slice.
#[derive(Clone, Debug, PartialEq)]
pub struct OneOrMany<T> {
    list: Vec<T>,
    /// Whether the platform sent an object instead of a list; it is then written as an object.
    single: bool,
}

impl<T> Default for OneOrMany<T> {
    fn default() -> Self {
        Self { list: Vec::new(), single: false }
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
        Self { list, single: false }
    }
}

impl<T: Wire + Default> Slot for OneOrMany<T> {
    fn expecting(&self) -> &'static str {
        "an object, a list of objects or null"
    }

    fn scalar(&mut self, scalar: Scalar<'_>) -> Result<bool, WrongType> {
        self.single = false;
        self.list.scalar(scalar)
    }

    fn begin_object(&mut self) -> Option<&mut dyn ObjectSlot> {
        self.single = true;
        self.list.begin_object()
    }

    fn end_object(&mut self) -> bool {
        let kept = self.list.end_object();
        self.single = !self.list.is_empty();
        kept
    }

    fn begin_list(&mut self) -> Option<&mut dyn ListSlot> {
        self.single = false;
        self.list.begin_list()
    }
}

impl<T: Wire + Default> Field for OneOrMany<T> {
    fn write_field<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        match &*self.list {
            [one] if self.single => Wire::write(one, out),
            _ => Field::write_field(&self.list, out),
        }
    }

    fn is_absent(&self) -> bool {
        self.list.is_empty()
    }
}
