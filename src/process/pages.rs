//! Fetches the pages that the cursor asks for, and reads their elements.

use std::hash::{BuildHasher, RandomState};
use std::time::Instant;

use super::Queue;
use super::cursor::{Cursor, Entry, Step};
use super::recheck::Wanted;
use crate::error::{Error, Result};
use crate::http::Http;
use crate::page::{Element, elements, most_pages};

/// A run reads so many times the pages that its queue needs at first, and so many more, for what comes meanwhile.
const TIMES: u64 = 4;
const SPARE: u64 = 1000;

/// The pages of one queue, each with what was not seen before.
pub(super) struct QueuePages<'a> {
    http: &'a Http,
    pub(super) cursor: Cursor,
    wanted: &'a Wanted<'a>,
    hasher: RandomState,
    /// For the position of what has no id.
    handed_out: u64,
    pages: u64,
    /// After so many pages the queue does not end.
    most: Option<u64>,
}

/// What a page brought that was not seen before, and what the platform says about the whole list.
pub(super) struct Page<T> {
    pub(super) elements: Vec<Element<T>>,
    /// The filter of the run that each element contradicts; none at all for a run without a filter.
    pub(super) contradicted: Vec<Option<String>>,
    pub(super) total: Option<u64>,
    /// Nothing of the page is older.
    pub(super) read: Instant,
}

#[cfg(feature = "ledger")]
impl<T> Page<T> {
    /// Puts what is first before everything else, each in its order.
    pub(super) fn put_first(&mut self, is_first: impl Fn(&T) -> bool) {
        let is_later = |element: &Element<T>| !matches!(element, Element::Item(item) if is_first(item));
        let contradicted =
            std::mem::take(&mut self.contradicted).into_iter().map(Some).chain(std::iter::repeat(None));
        let mut pairs: Vec<_> = std::mem::take(&mut self.elements).into_iter().zip(contradicted).collect();
        pairs.sort_by_key(|(element, _)| is_later(element));
        for (element, contradicted) in pairs {
            self.elements.push(element);
            self.contradicted.extend(contradicted);
        }
    }
}

impl<'a> QueuePages<'a> {
    pub(super) fn new(http: &'a Http, cursor: Cursor, wanted: &'a Wanted<'a>) -> Self {
        Self { http, cursor, wanted, hasher: RandomState::new(), handed_out: 0, pages: 0, most: None }
    }

    /// The next page with anything new, or `None` when the list has nothing new any more.
    pub(super) fn next<T: Queue>(&mut self) -> Result<Option<Page<T>>> {
        loop {
            let path = format!("{}?{}", T::LIST, self.cursor.query()?);
            if self.most.is_some_and(|most| self.pages >= most) {
                return Err(Error::unexpected("GET", &path, "the list does not end"));
            }
            self.pages += 1;
            let read = Instant::now();
            let position = self.handed_out + self.cursor.offset();
            let (range, mut elements, mut contradicted) = self.http.get_with(&path, |answer| {
                let is_usable = |item: &T| !item.id().is_empty();
                let elements = elements(&path, T::LIST, position, answer.content(), is_usable)?;
                Ok((answer.range, elements, self.wanted.contradicted(answer.content())))
            })?;
            let size = u64::from(self.cursor.page_size());
            let total = range.map(|range| range.total);
            self.most.get_or_insert_with(|| most_pages(total, size, TIMES, SPARE));
            let entries: Vec<_> = elements.iter().map(|element| self.entry(element)).collect();
            match self.cursor.page(&entries, range) {
                Step::Handle(new) => {
                    self.handed_out += u64::try_from(new.len()).unwrap_or(u64::MAX);
                    if new.len() < elements.len() {
                        retain(&mut elements, &new);
                        retain(&mut contradicted, &new);
                    }
                    return Ok(Some(Page { elements, contradicted, total, read }));
                }
                Step::Fetch => {}
                Step::End => return Ok(None),
                Step::Repeats => {
                    // Without a range the list may just not be paged; with one, it has more than what came.
                    let problem = "the server sends the same page for any offset";
                    if range.is_some() {
                        return Err(Error::unexpected("GET", &path, problem));
                    }
                    log::warn!(target: "connect::process", "{}: {problem}", T::LIST);
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

/// Keeps what is at these positions, which rise.
fn retain<E>(list: &mut Vec<E>, positions: &[usize]) {
    let (mut at, mut positions) = (0.., positions.iter().peekable());
    list.retain(|_| positions.next_if_eq(&&at.next().unwrap_or_default()).is_some());
}

/// How many elements of a page decode, and how many do not.
#[cfg(fuzzing)]
pub(crate) fn read_page<T: Queue>(body: &[u8]) -> Result<(usize, usize)> {
    let elements = elements::<T>(T::LIST, T::LIST, 0, body, |item| !item.id().is_empty())?;
    let broken = elements.iter().filter(|element| matches!(element, Element::Broken { .. })).count();
    Ok((elements.len() - broken, broken))
}
