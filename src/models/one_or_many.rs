//! A part that is an object in one place and a list of objects in another.

use std::ops::Deref;

use serde::ser::Serializer;

use super::de::{Elements, Field, Members, Misfit, Place, Scalar, Wire};

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

impl<T: Wire + Default> Place for OneOrMany<T> {
    fn expecting(&self) -> &'static str {
        "an object, a list of objects or null"
    }

    fn scalar(&mut self, scalar: Scalar<'_>) -> Result<bool, Misfit> {
        self.alone = false;
        self.list.scalar(scalar)
    }

    fn object(&mut self) -> Option<&mut dyn Members> {
        self.alone = true;
        self.list = vec![T::default()];
        self.list.first_mut()?.members()
    }

    fn complete(&mut self) {
        self.list.retain(|one| !one.is_unset());
        self.alone = !self.list.is_empty();
    }

    fn list(&mut self) -> Option<&mut dyn Elements> {
        self.alone = false;
        self.list.list()
    }
}

impl<T: Wire + Default> Field for OneOrMany<T> {
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
