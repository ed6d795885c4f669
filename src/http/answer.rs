//! An answer of status 2xx: it knows which call it answers, and gives its memory back when it goes.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::body::Body;
use super::{ContentRange, Http, Method};
use crate::error::{DecodeError, Error, Result, TransportError};
use crate::text::{is_html, without_mark};

/// An answer of status 2xx.
pub(crate) struct Answer<'h> {
    http: &'h Http,
    method: Method,
    path: String,
    pub(crate) range: Option<ContentRange>,
    pub(super) body: Body,
    /// The body did not arrive whole; for a call whose body nobody reads, that is no failure.
    pub(super) broken: Option<Box<TransportError>>,
}

impl<'h> Answer<'h> {
    pub(super) fn new(http: &'h Http, method: Method, path: &str, body: Body) -> Self {
        Self { http, method, path: path.to_owned(), range: None, body, broken: None }
    }

    /// The answer, if its body arrived whole.
    pub(super) fn whole(mut self) -> Result<Self, Box<TransportError>> {
        self.broken.take().map_or(Ok(self), Err)
    }

    /// The body, decoded. 204 and empty bodies are normal: what can be read from nothing reads from `null`.
    pub(crate) fn read<T: DeserializeOwned>(self) -> Result<T> {
        self.read_unless(|_| None)
    }

    /// The body, decoded, unless `problem` finds that it is not what was promised: gateways and maintenance pages answer
    /// with 200, too.
    ///
    /// # Errors
    ///
    /// [`Error::Decode`] and [`Error::Transport`]: the call may have been carried out or not.
    pub(crate) fn read_unless<T: DeserializeOwned>(
        self,
        problem: impl FnOnce(&T) -> Option<&'static str>,
    ) -> Result<T> {
        let answer = self.whole().map_err(Error::Transport)?;
        let body: &[u8] = if answer.is_empty() { b"null" } else { answer.content() };
        let decoded = decode(answer.method, &answer.path, body)?;
        match problem(&decoded) {
            None => Ok(decoded),
            Some(problem) => Err(Error::unexpected(answer.method.as_str(), &answer.path, problem)),
        }
    }

    /// Believes an answer without a body, and an object without a `problem`.
    pub(crate) fn believe_unless<T: DeserializeOwned>(
        self,
        problem: impl FnOnce(&T) -> Option<&'static str>,
    ) -> Result<()> {
        if self.is_empty() {
            return self.whole().map(drop).map_err(Error::Transport);
        }
        self.read_unless(|object: &Object<T>| problem(&object.0)).map(drop)
    }

    /// Believes an answer that is empty or an object that is no error.
    pub(crate) fn acknowledge(self) -> Result<()> {
        self.believe_unless(|object: &Acknowledgement| {
            let refused = object.error_code.is_some() || object.errors.is_some();
            refused.then_some("the answer of status 200 is an error")
        })
    }

    /// The body as a text that is no JSON, such as a rendered template.
    pub(crate) fn text(self) -> Result<String> {
        let answer = self.whole().map_err(Error::Transport)?;
        Ok(String::from_utf8_lossy(answer.content()).into_owned())
    }

    /// The body as it came.
    pub(crate) fn bytes(self) -> Result<Vec<u8>> {
        let mut answer = self.whole().map_err(Error::Transport)?;
        Ok(std::mem::take(&mut answer.body).into_bytes())
    }

    /// The body, read past a byte order mark.
    pub(crate) fn content(&self) -> &[u8] {
        without_mark(self.body.bytes())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.content().trim_ascii().is_empty()
    }
}

/// What an object must not have that acknowledges a call.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Acknowledgement {
    error_code: Option<IgnoredAny>,
    errors: Option<IgnoredAny>,
}

/// An object and nothing else: what serde derives reads lists as well, by the order of the fields.
pub(crate) struct Object<T>(pub(crate) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct OfMap<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for OfMap<T> {
            type Value = T;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map))
            }
        }

        from.deserialize_map(OfMap(PhantomData)).map(Self)
    }
}

impl Drop for Answer<'_> {
    fn drop(&mut self) {
        let body = std::mem::take(&mut self.body);
        if body.is_kept() {
            self.http.body.replace(body);
        }
    }
}

pub(crate) fn decode<T: DeserializeOwned>(method: Method, path: &str, body: &[u8]) -> Result<T> {
    parse(body).map_err(|error| {
        let error = if is_html(body) {
            DecodeError::html(method.as_str(), path)
        } else {
            DecodeError::new(std::any::type_name::<T>(), method.as_str(), path, &error)
        };
        Error::Decode(Box::new(error))
    })
}

/// Reads JSON that is checked as text once, and not string by string. Bytes that are no text spoil only strings that are read.
pub(crate) fn parse<T: DeserializeOwned>(body: &[u8]) -> serde_json::Result<T> {
    match std::str::from_utf8(body) {
        Ok(text) => serde_json::from_str(text),
        Err(_) => serde_json::from_str(&with_unreadable(body)),
    }
}

/// JSON with escapes that nothing reads, and that are passed over with the string they are in, for bytes that are no text.
fn with_unreadable(body: &[u8]) -> String {
    // Two, since one alone may end a pair or follow a backslash.
    const UNREADABLE: &str = r"\udc00\udc00";
    let parts = body.utf8_chunks();
    parts.flat_map(|part| [part.valid(), if part.invalid().is_empty() { "" } else { UNREADABLE }]).collect()
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;
    use crate::Config;

    #[test]
    fn bytes_that_are_no_text_spoil_only_strings_that_are_read() {
        #[derive(serde::Deserialize)]
        struct Named {
            name: String,
        }
        let name = |json: &[u8]| parse::<Named>(json).map(|named| named.name).ok();
        assert_eq!(
            name(b"{\"name\":\"a\",\"other\":[\"\xff\",{\"\xc3\":\"b\xe2\x82\"}]}").as_deref(),
            Some("a")
        );
        for json in [
            b"{\"name\":\"\xff\"}".as_slice(),
            b"{\"name\":\"\\\xff\"}",
            b"{\"name\":\"\\ud800\xff\"}",
            b"{\"name\":\"\xff\\udc00\"}",
            b"{\"name\":\xff\"a\"}",
            b"{\"name\":\"a\"}\xff",
        ] {
            assert_eq!(name(json), None, "{}", String::from_utf8_lossy(json));
        }
    }

    #[test]
    fn the_room_of_an_answer_is_used_again_unless_it_is_huge() {
        let http = Http::new(&Config::new("http://127.0.0.1:9/public/v1", "SU-1:key").unwrap()).unwrap();
        for (length, kept) in [(1000, true), (4 << 20, true), (9 << 20, false)] {
            let mut body = Body::default();
            body.begin(Some(length));
            body.read(std::io::repeat(b'1').take(length as u64)).unwrap();
            let room = body.bytes().as_ptr();
            drop(Answer::new(&http, Method::Get, "/accounts", body));
            assert_eq!(http.body.take().bytes().as_ptr() == room, kept, "{length}");
        }
    }
}
