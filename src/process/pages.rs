//! The pages of a queue, with what the filters of the run say of each element.

use std::time::Instant;

use super::Queue;
use super::recheck::Wanted;
use crate::error::Result;
use crate::page::{Element, Walk, Walked, retain};

/// The pages of one queue, each with what was not seen before.
pub(super) struct QueuePages<'a> {
    walk: Walk<'a>,
    wanted: &'a Wanted<'a>,
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
    pub(super) fn new(walk: Walk<'a>, wanted: &'a Wanted<'a>) -> Self {
        Self { walk, wanted }
    }

    /// The next page with anything new, or `None` when the list has nothing new any more.
    pub(super) fn next<T: Queue>(&mut self) -> Result<Option<Page<T>>> {
        let walked = self
            .walk
            .next(|item: &T| (item.id(), item.created()), |content| self.wanted.contradicted(content))?;
        Ok(walked.map(|Walked { elements, found: mut contradicted, positions, total, read, .. }| {
            if positions.len() < contradicted.len() {
                retain(&mut contradicted, &positions);
            }
            Page { elements, contradicted, total, read }
        }))
    }

    /// The object with this id has left the list, by what was done to it.
    pub(super) fn has_left(&mut self, id: &str) {
        self.walk.has_left(id);
    }
}

/// How many elements of a page decode, and how many do not.
#[cfg(fuzzing)]
pub(crate) fn read_page<T: Queue>(body: &[u8]) -> Result<(usize, usize)> {
    let elements = elements::<T>(T::LIST, T::LIST, 0, body, |item| !item.id().is_empty())?;
    let broken = elements.iter().filter(|element| matches!(element, Element::Broken { .. })).count();
    Ok((elements.len() - broken, broken))
}
