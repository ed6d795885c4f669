//! Texts that must not end up in a log.

use std::fmt;

use serde::ser::Serializer;
use serde::{Deserialize, Serialize};

use super::de::{Scalar, Wire, WrongType};

/// A credential. `Debug` does not show it, and it has no `Display`.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// The secret itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

/// A link that lets anyone who has it read or write a file, for a while.
///
/// `Display` and `Debug` show it up to the query, where the signature is; [`as_str`](Self::as_str) gives all of it.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SignedUrl(String);

impl SignedUrl {
    /// The whole link.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for SignedUrl {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Display for SignedUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = self.0.find(['?', '#']);
        let shown = self.0.get(..end.unwrap_or(self.0.len())).unwrap_or_default();
        // Credentials can also stand before the host.
        match (shown.split_once("://"), shown.rsplit_once('@')) {
            (Some((scheme, _)), Some((_, rest))) => write!(f, "{scheme}://***@{rest}")?,
            _ => f.write_str(shown)?,
        }
        f.write_str(if end.is_some() { "?***" } else { "" })
    }
}

impl fmt::Debug for SignedUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SignedUrl({self})")
    }
}

macro_rules! wire_as_text {
    ($($name:ident),+) => {$(
        impl Wire for $name {
            const EXPECTING: &'static str = String::EXPECTING;

            fn from_scalar(scalar: Scalar<'_>) -> Result<Option<Self>, WrongType> {
                Ok(String::from_scalar(scalar)?.map(Self))
            }

            fn write<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
                out.serialize_str(&self.0)
            }

            fn is_unset(&self) -> bool {
                self.0.is_empty()
            }
        }
    )+};
}

wire_as_text!(Secret, SignedUrl);
