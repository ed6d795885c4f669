//! Credentials and signed links, which must not appear in a log.

use std::fmt;

use serde::ser::Serializer;
use serde::{Deserialize, Serialize};

use super::de::{Scalar, Wire, WrongType};

/// A credential. `Debug` hides it, and there is no `Display`.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Returns the secret in plain text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

/// A link whose query holds a signature: whoever has the whole link can read or write the file for a while.
///
/// `Display` and `Debug` leave out the query and the credentials of the link. [`as_str`](Self::as_str)
/// returns it whole.
///
/// ```
/// use connect::models::SignedUrl;
///
/// let link = SignedUrl::from("https://storage.example.net/in.xlsx?sig=abc".to_owned());
/// assert_eq!(link.to_string(), "https://storage.example.net/in.xlsx?***");
/// assert_eq!(link.as_str(), "https://storage.example.net/in.xlsx?sig=abc");
/// ```
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SignedUrl(String);

impl SignedUrl {
    /// Returns the whole link, with its signature.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SignedUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (shown, rest) = self.0.find(['?', '#']).map_or((&*self.0, ""), |end| (&self.0[..end], "?***"));
        // Credentials can also stand before the host.
        match (shown.split_once("://"), shown.rsplit_once('@')) {
            (Some((scheme, _)), Some((_, host))) => write!(f, "{scheme}://***@{host}{rest}"),
            _ => write!(f, "{shown}{rest}"),
        }
    }
}

impl fmt::Debug for SignedUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SignedUrl({self})")
    }
}

macro_rules! text_newtype {
    ($($name:ident),+) => {$(
        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text)
            }
        }

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

text_newtype!(Secret, SignedUrl);
