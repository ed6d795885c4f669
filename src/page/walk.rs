//! Reads a list by time of creation, so that nothing is missed and nothing comes twice where the list changes meanwhile, or
//! where elements of one moment come in another order with each call.

use std::hash::{BuildHasher, RandomState};
use std::time::Instant;

use serde::de::DeserializeOwned;
use time::OffsetDateTime;

use super::cursor::{Cursor, Entry, Step, covers};
use super::{Element, elements, most_pages};
use crate::error::{Error, Result};
use crate::http::Http;

/// A walk reads so many times the pages that its list needs at first, and so many more, for what comes meanwhile.
const TIMES: u64 = 4;
const SPARE: u64 = 1000;

/// A list, and how far it was read.
pub(crate) struct Walk<'c> {
    http: &'c Http,
    list: &'static str,
    cursor: Cursor,
    hasher: RandomState,
    /// For the position of what has no id.
    handed_out: u64,
    pages: u64,
    /// After so many pages the list does not end.
    most: Option<u64>,
}

/// What a page brought that was not seen before.
pub(crate) struct Walked<T, L> {
    pub(crate) elements: Vec<Element<T>>,
    /// What a look at the whole page found.
    pub(crate) found: L,
    /// Their positions in the page.
    pub(crate) positions: Vec<usize>,
    /// Number of elements that the platform has for the query.
    pub(crate) total: Option<u64>,
    /// The page has all of them.
    #[cfg_attr(
        not(feature = "xlsx"),
        expect(dead_code, reason = "a queue is asked once more, as more may have come")
    )]
    pub(crate) is_last: bool,
    /// Nothing of the page is older.
    pub(crate) read: Instant,
}

impl<'c> Walk<'c> {
    pub(crate) fn new(http: &'c Http, list: &'static str, cursor: Cursor) -> Self {
        Self { http, list, cursor, hasher: RandomState::new(), handed_out: 0, pages: 0, most: None }
    }

    /// The element with this id has left the list, by what was done to it.
    pub(crate) fn has_left(&mut self, id: &str) {
        self.cursor.has_left(id);
    }

    /// The next page with anything new, or `None` when the list has nothing new any more. `key` tells the id and the time
    /// of creation of an element, and `look` is shown the page.
    pub(crate) fn next<T: DeserializeOwned, L>(
        &mut self,
        key: fn(&T) -> (&str, Option<OffsetDateTime>),
        look: impl Fn(&[u8]) -> L,
    ) -> Result<Option<Walked<T, L>>> {
        loop {
            let path = format!("{}?{}", self.list, self.cursor.query()?);
            if self.most.is_some_and(|most| self.pages >= most) {
                return Err(Error::unexpected("GET", &path, "the list does not end"));
            }
            self.pages += 1;
            let read = Instant::now();
            let offset = self.cursor.offset();
            let position = self.handed_out + offset;
            let (range, mut elements, found) = self.http.get_with(&path, |answer| {
                let is_usable = |item: &T| !key(item).0.is_empty();
                let elements = elements(&path, self.list, position, answer.content(), is_usable)?;
                Ok((answer.range, elements, look(answer.content())))
            })?;
            let size = u64::from(self.cursor.page_size());
            let total = range.map(|range| range.total);
            self.most.get_or_insert_with(|| most_pages(total, size, TIMES, SPARE));
            let entries: Vec<_> = elements.iter().map(|element| self.entry(element, key)).collect();
            let step = self.cursor.page(&entries, range);
            let is_last = offset == 0 && covers(range, offset, entries.len());
            match step {
                Step::Handle(positions) => {
                    self.handed_out += u64::try_from(positions.len()).unwrap_or(u64::MAX);
                    if positions.len() < elements.len() {
                        retain(&mut elements, &positions);
                    }
                    return Ok(Some(Walked { elements, found, positions, total, is_last, read }));
                }
                Step::Fetch => {}
                Step::End => return Ok(None),
                Step::Repeats => {
                    // Without a range the list may just not be paged; with one, it has more than what came.
                    let problem = "the server sends the same page for any offset";
                    if range.is_some() {
                        return Err(Error::unexpected("GET", &path, problem));
                    }
                    log::warn!(target: "connect::page", "{}: {problem}", self.list);
                    return Ok(None);
                }
            }
        }
    }

    fn entry<'e, T>(
        &self,
        element: &'e Element<T>,
        key: fn(&T) -> (&str, Option<OffsetDateTime>),
    ) -> Entry<'e> {
        match element {
            Element::Item(item) => {
                let (id, created) = key(item);
                Entry { mark: self.hasher.hash_one(id), item: Some((id, created)) }
            }
            Element::Broken { raw, .. } => Entry { mark: self.hasher.hash_one(raw), item: None },
        }
    }
}

/// Keeps what is at these positions, which rise.
pub(crate) fn retain<E>(list: &mut Vec<E>, positions: &[usize]) {
    let (mut at, mut positions) = (0.., positions.iter().peekable());
    list.retain(|_| positions.next_if_eq(&&at.next().unwrap_or_default()).is_some());
}
