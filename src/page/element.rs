//! The elements of one page, each by itself where the page as a whole does not decode.

use std::borrow::Cow;

use serde::de::DeserializeOwned;

use super::split;
use crate::error::{DecodeError, Error, Result};
use crate::http::{Method, decode, parse};

/// One element of a page.
pub(crate) enum Element<T> {
    Item(T),
    /// It did not decode; the rest of the page is unharmed.
    Broken {
        raw: String,
        /// Its id, or its position in the list.
        id: String,
        error: Option<Error>,
    },
}

impl<T> Element<T> {
    /// Takes the element out of its page.
    pub(crate) fn take(&mut self) -> Self {
        std::mem::replace(self, Self::Broken { raw: String::new(), id: String::new(), error: None })
    }

    pub(crate) fn into_result(self) -> Result<T> {
        match self {
            Self::Item(item) => Ok(item),
            Self::Broken { error: Some(error), .. } => Err(error),
            Self::Broken { id, error: None, .. } => Err(Error::unexpected("GET", &id, "it does not decode")),
        }
    }
}

/// Reads a page in one go, and element by element only where that fails or one is not `usable`.
///
/// `offset` is the position of the first element in the list.
pub(crate) fn elements<T: DeserializeOwned>(
    path: &str,
    list: &str,
    offset: u64,
    body: &[u8],
    usable: impl Fn(&T) -> bool,
) -> Result<Vec<Element<T>>> {
    if let Ok(items) = parse::<Vec<T>>(body)
        && items.iter().all(&usable)
    {
        return Ok(items.into_iter().map(Element::Item).collect());
    }
    let Some(raws) = split::byte_parts(body).filter(|_| body.trim_ascii_start().starts_with(b"[")) else {
        let text = String::from_utf8_lossy(body);
        return decode::<Option<Vec<T>>>(Method::Get, path, text.as_bytes()).map(|_| Vec::new());
    };
    let first = usize::try_from(offset).unwrap_or(usize::MAX);
    let read_one = |(index, raw): (usize, &[u8])| {
        let position = first.saturating_add(index);
        let text = String::from_utf8_lossy(raw);
        // Bytes that are no UTF-8 spoil the element whose fields they are in, and not the page.
        let item = parse::<T>(raw).map_err(|error| match text {
            Cow::Owned(_) => serde::de::Error::custom("holds text that is not UTF-8"),
            Cow::Borrowed(_) => error,
        });
        let error = match item {
            Ok(item) if usable(&item) => return Element::Item(item),
            Ok(_) => DecodeError::unexpected("GET", list, "it has no id"),
            Err(error) => DecodeError::new(std::any::type_name::<T>(), "GET", list, &error),
        };
        Element::Broken {
            id: split::id(&text).unwrap_or_else(|| format!("element {position} of {list}")),
            error: Some(Error::Decode(Box::new(error.at(position)))),
            raw: text.into_owned(),
        }
    };
    Ok(raws.into_iter().enumerate().map(read_one).collect())
}
