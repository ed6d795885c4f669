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

    pub(super) fn into_result(self) -> Result<T> {
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
    // Bytes that are no UTF-8 spoil the elements that they are in, and not the page.
    let text = String::from_utf8_lossy(body);
    let is_spoilt = |raw: &str| matches!(text, Cow::Owned(_)) && raw.contains('\u{FFFD}');
    let Some(raws) = split::parts(&text).filter(|_| text.trim_start().starts_with('[')) else {
        return decode::<Option<Vec<T>>>(Method::Get, path, text.as_bytes()).map(|_| Vec::new());
    };
    let first = usize::try_from(offset).unwrap_or(usize::MAX);
    let read_one = |(index, raw): (usize, &str)| {
        let position = first.saturating_add(index);
        let item = if is_spoilt(raw) {
            Err(serde::de::Error::custom("holds text that is not UTF-8"))
        } else {
            serde_json::from_str::<T>(raw)
        };
        let error = match item {
            Ok(item) if usable(&item) => return Element::Item(item),
            Ok(_) => DecodeError::unexpected("GET", list, "it has no id"),
            Err(error) => DecodeError::new(std::any::type_name::<T>(), "GET", list, &error),
        };
        Element::Broken {
            raw: raw.to_owned(),
            id: split::id(raw).unwrap_or_else(|| format!("element {position} of {list}")),
            error: Some(Error::Decode(Box::new(error.at(position)))),
        }
    };
    Ok(raws.into_iter().enumerate().map(read_one).collect())
}
