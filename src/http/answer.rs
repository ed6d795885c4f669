//! An answer of status 2xx: it knows which call it answers, and gives its memory back when it goes.

use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};

use super::{ContentRange, Http, Method};
use crate::error::{DecodeError, Error, Result, TransportError};

/// A page of unusual size must not be held for the rest of the run.
const KEPT: usize = 8 << 20;

/// An answer of status 2xx.
pub(crate) struct Answer<'h> {
    http: &'h Http,
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) range: Option<ContentRange>,
    pub(crate) body: Vec<u8>,
    /// The body did not arrive whole; for a call whose body nobody reads, that is no failure.
    pub(super) broken: Option<Box<TransportError>>,
}

impl<'h> Answer<'h> {
    pub(super) fn new(http: &'h Http, method: Method, path: &str, body: Vec<u8>) -> Self {
        Self { http, method, path: path.to_owned(), range: None, body, broken: None }
    }

    /// The answer, if its body arrived whole.
    pub(super) fn whole(mut self) -> Result<Self, Box<TransportError>> {
        self.broken.take().map_or(Ok(self), Err)
    }

    /// The body, decoded. 204 and empty bodies are normal: what can be read from nothing reads from `null`.
    pub(crate) fn read<T: DeserializeOwned>(self) -> Result<T> {
        let answer = self.whole().map_err(Error::Transport)?;
        let body: &[u8] = if answer.is_empty() { b"null" } else { &answer.body };
        decode(answer.method, &answer.path, body)
    }

    /// Whether the platform acknowledged the call: with nothing, or with an object that is no error.
    ///
    /// # Errors
    ///
    /// [`Error::Decode`] for anything else. A gateway may have sent it, so the call may have been carried out or not.
    pub(crate) fn acknowledge(self) -> Result<()> {
        let answer = self.whole().map_err(Error::Transport)?;
        if answer.is_empty() {
            return Ok(());
        }
        let object: Acknowledgement = decode(answer.method, &answer.path, &answer.body)?;
        if object.error_code.is_some() || object.errors.is_some() {
            return Err(Error::unexpected(
                answer.method.name(),
                &answer.path,
                "the answer of status 200 is an error",
            ));
        }
        Ok(())
    }

    /// The body as a text that is no JSON, such as a rendered template.
    pub(crate) fn text(self) -> Result<String> {
        let answer = self.whole().map_err(Error::Transport)?;
        Ok(String::from_utf8_lossy(&answer.body).into_owned())
    }

    /// The body as it came.
    pub(crate) fn bytes(self) -> Result<Vec<u8>> {
        let mut answer = self.whole().map_err(Error::Transport)?;
        Ok(std::mem::take(&mut answer.body))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.body.trim_ascii().is_empty()
    }
}

/// What an object must not have that acknowledges a call.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Acknowledgement {
    error_code: Option<IgnoredAny>,
    errors: Option<IgnoredAny>,
}

impl Drop for Answer<'_> {
    fn drop(&mut self) {
        let mut body = std::mem::take(&mut self.body);
        if body.capacity() <= KEPT {
            body.clear();
            self.http.buffer.replace(body);
        }
    }
}

pub(crate) fn decode<'de, T: Deserialize<'de>>(method: Method, path: &str, body: &'de [u8]) -> Result<T> {
    serde_json::from_slice(body).map_err(|error| {
        let expected = std::any::type_name::<T>();
        Error::Decode(Box::new(DecodeError::new(expected, method.name(), path, &error)))
    })
}
