//! Fetches the pages that the cursor asks for, and reads their elements.

use std::borrow::Cow;
use std::hash::{BuildHasher, RandomState};

use serde_json::value::RawValue;

use super::Queue;
use super::cursor::{Cursor, Entry, Step};
use crate::error::{DecodeError, Error, Result};
use crate::http::{Http, Method, decode};

/// The pages of one queue, each with what was not seen before.
pub(super) struct QueuePages<'a> {
    http: &'a Http,
    pub(super) cursor: Cursor,
    hasher: RandomState,
    /// For the position of what has no id.
    handed_out: u64,
}

/// What a page brought that was not seen before, and what the platform says about the whole list.
pub(super) struct Page<T> {
    pub(super) elements: Vec<Element<T>>,
    pub(super) total: Option<u64>,
}

/// One element of a page.
pub(super) enum Element<T> {
    Item(T),
    /// It did not decode; the rest of the page is unharmed.
    Broken {
        raw: String,
        id: String,
        error: Option<Error>,
    },
}

impl<'a> QueuePages<'a> {
    pub(super) fn new(http: &'a Http, cursor: Cursor) -> Self {
        Self { http, cursor, hasher: RandomState::new(), handed_out: 0 }
    }

    /// The next page with anything new, or `None` when the list has nothing new any more.
    pub(super) fn next<T: Queue>(&mut self) -> Result<Option<Page<T>>> {
        loop {
            let path = format!("{}?{}", T::LIST, self.cursor.query()?);
            let answer = self.http.get(&path)?;
            let range = answer.range;
            let mut elements = read::<T>(&path, self.handed_out + self.cursor.offset(), &answer.body)?;
            drop(answer);
            let entries: Vec<_> = elements.iter().map(|element| self.entry(element)).collect();
            match self.cursor.page(&entries, range) {
                Step::Handle(new) => {
                    self.handed_out += u64::try_from(new.len()).unwrap_or(u64::MAX);
                    if new.len() < elements.len() {
                        let (mut at, mut new) = (0.., new.into_iter().peekable());
                        elements.retain(|_| new.next_if_eq(&at.next().unwrap_or_default()).is_some());
                    }
                    return Ok(Some(Page { elements, total: range.map(|range| range.total) }));
                }
                Step::Fetch => {}
                Step::End => return Ok(None),
                Step::Repeats => {
                    log::warn!(target: "connect::process", "{}: the server sends the same page for any offset", T::LIST);
                    return Ok(None);
                }
            }
        }
    }

    fn entry<'e, T: Queue>(&self, element: &'e Element<T>) -> Entry<'e> {
        match element {
            Element::Item(item) => {
                Entry { mark: self.hasher.hash_one(item.id()), item: Some((item.id(), item.created())) }
            }
            Element::Broken { raw, .. } => Entry { mark: self.hasher.hash_one(raw), item: None },
        }
    }
}

/// Reads a page in one go, and element by element only where that fails or one has no id.
fn read<T: Queue>(path: &str, offset: u64, body: &[u8]) -> Result<Vec<Element<T>>> {
    if let Ok(items) = serde_json::from_slice::<Vec<T>>(body)
        && items.iter().all(|item| !item.id().is_empty())
    {
        return Ok(items.into_iter().map(Element::Item).collect());
    }
    // Bytes that are no UTF-8 spoil the elements that they are in, and not the page.
    let text = String::from_utf8_lossy(body);
    let is_spoilt = |raw: &RawValue| matches!(text, Cow::Owned(_)) && raw.get().contains('\u{FFFD}');
    let raws: Vec<&RawValue> = decode(Method::Get, path, text.as_bytes())?;
    let first = usize::try_from(offset).unwrap_or(usize::MAX);
    let read_one = |(index, raw): (usize, &RawValue)| {
        let position = first.saturating_add(index);
        let item = if is_spoilt(raw) {
            Err(serde::de::Error::custom("holds text that is not UTF-8"))
        } else {
            serde_json::from_str::<T>(raw.get())
        };
        let error = match item {
            Ok(item) if !item.id().is_empty() => return Element::Item(item),
            Ok(_) => DecodeError::unexpected("GET", T::LIST, "it has no id"),
            Err(error) => DecodeError::new(std::any::type_name::<T>(), "GET", T::LIST, &error),
        };
        let id = serde_json::from_str::<Identified>(raw.get()).ok().and_then(|object| object.id);
        Element::Broken {
            raw: raw.get().to_owned(),
            id: id
                .filter(|id| !id.is_empty())
                .unwrap_or_else(|| format!("element {position} of {}", T::LIST)),
            error: Some(Error::Decode(Box::new(error.at(position)))),
        }
    };
    Ok(raws.into_iter().enumerate().map(read_one).collect())
}

#[derive(serde::Deserialize)]
struct Identified {
    id: Option<String>,
}

/// How many elements of a page decode, and how many do not.
#[cfg(fuzzing)]
pub(crate) fn read_page<T: Queue>(body: &[u8]) -> Result<(usize, usize)> {
    let elements = read::<T>(T::LIST, 0, body)?;
    let broken = elements.iter().filter(|element| matches!(element, Element::Broken { .. })).count();
    Ok((elements.len() - broken, broken))
}
