//! Lists that are read page by page.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::iter::FusedIterator;
use std::vec;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, Result};
use crate::http::{Answer, ContentRange, Http, parse};
use crate::rql::names::Names;
use crate::rql::{LONGEST, Query};

mod cursor;
mod element;
mod split;
mod walk;

pub(crate) use cursor::{Cursor, QUERY};
pub(crate) use element::{Element, elements};
pub(crate) use split::parts;
pub(crate) use walk::{Walk, Walked, retain};

/// How many are read at once.
const PAGE: u64 = 100;
/// The length of limit and offset in an address.
const PAGING: usize = 60;
/// Pages of a list of unknown length; beyond that it does not end.
const UNKNOWN: u64 = 10_000;
/// Pages of any list, however long it is said to be.
const MOST: u64 = 100_000;

/// The most pages of a list that is said to have `total` elements: `times` as many as these need, and `spare`.
pub(crate) fn most_pages(total: Option<u64>, size: u64, times: u64, spare: u64) -> u64 {
    total.map_or(UNKNOWN, |total| spare.saturating_add(total.saturating_mul(times) / size.max(1)).min(MOST))
}

/// A list of the platform, read as it is walked: one page is in memory at a time.
///
/// A query's limit is the most that come in all, its offset where they begin. An element that does not decode is one
/// error that names its id or position, and the list goes on behind it; a call that fails is the last element. No list is
/// endless: it ends with an error after twice the pages that the total of the first page needs, and 100 more; after 10,000
/// pages where the platform tells no total; and after 100,000 pages in any case. A list that changes while it is read may
/// show an element twice or not at all; the loops and the assets of usage reports walk by time of creation instead.
///
/// ```no_run
/// # fn main() -> connect::Result<()> {
/// # let connect = connect::Connect::from_file("config.json")?;
/// use connect::rql::Query;
///
/// for asset in connect.directory().assets(&Query::new().equal("status", "active")) {
///     println!("{}", asset?.id);
/// }
/// # Ok(()) }
/// ```
#[must_use = "nothing is read before the first element is asked for"]
pub struct Pages<'c, T> {
    http: &'c Http,
    /// The list with its filters.
    path: String,
    /// The same for the further parts of a list of ids that is too long for one address.
    parts: vec::IntoIter<String>,
    /// So many are passed over at the beginning of a list in parts.
    skip: u64,
    next: Next,
    size: u64,
    left: Option<u64>,
    items: vec::IntoIter<Element<T>>,
    watch: Watch,
}

enum Next {
    Offset(u64),
    Fail(Error),
    End,
}

impl<'c, T: DeserializeOwned> Pages<'c, T> {
    /// The elements of the list that match. A name that the list does not have fails as the first element.
    pub(crate) fn new(http: &'c Http, names: &Names, query: &Query) -> Self {
        Self::below(http, Ok(names.list.to_owned()), names, query)
    }

    /// [`new`](Self::new) for a list whose path has an id in it, or is none: that fails as the first element.
    pub(crate) fn below(http: &'c Http, list: Result<String>, names: &Names, query: &Query) -> Self {
        let checked = list.and_then(|list| Ok(query.check(names).map(|()| list)?));
        Self::at(http, checked, query)
    }

    /// The elements of a list that may have any names.
    pub(crate) fn at(http: &'c Http, list: Result<String>, query: &Query) -> Self {
        let paths = list.and_then(|list| {
            let parts = query.without_paging().parts(LONGEST.saturating_sub(list.len() + PAGING))?;
            Ok(parts.into_iter().map(|part| format!("{list}{part}")).collect::<Vec<_>>())
        });
        let mut pages = Self::from_path(http, String::new(), PAGE);
        pages.left = query.limit_value();
        let offset = query.offset_value().unwrap_or_default();
        match paths {
            Ok(paths) if paths.len() > 1 => {
                (pages.parts, pages.skip) = (paths.into_iter(), offset);
                pages.path = pages.parts.next().unwrap_or_default();
            }
            Ok(paths) => (pages.path, pages.next) = (paths.concat(), Next::Offset(offset)),
            Err(error) => pages.next = Next::Fail(error),
        }
        pages
    }

    /// `path` with its filters, without limit and offset.
    pub(crate) fn from_path(http: &'c Http, path: String, size: u64) -> Self {
        Self {
            http,
            path,
            parts: Vec::new().into_iter(),
            skip: 0,
            next: Next::Offset(0),
            size,
            left: None,
            items: Vec::new().into_iter(),
            watch: Watch::default(),
        }
    }

    fn fetch(&mut self, offset: u64) -> Result<()> {
        let separator = if self.path.contains('?') { '&' } else { '?' };
        let size = self.left.map_or(self.size, |left| left.saturating_add(self.skip).min(self.size));
        let path = format!("{}{separator}limit={size}&offset={offset}", self.path);
        let list = self.path.split('?').next().unwrap_or_default();
        let (range, marks, items) = self.http.get_with(&path, |answer: Answer<'_>| {
            // Some lists answer with nothing where there is nothing.
            let body: &[u8] = if answer.is_empty() { b"[]" } else { answer.content() };
            let items = elements::<T>(&path, list, offset, body, |_| true)?;
            Ok((answer.range, self.watch.marks(body), items))
        })?;
        let came = u64::try_from(items.len()).unwrap_or(u64::MAX);
        let end = offset.saturating_add(came);
        // A short page proves nothing: servers cut the limit in silence. A total below what came is none.
        let ended = items.is_empty() || range.is_some_and(|range| end == range.total);
        self.next = if ended { Next::End } else { Next::Offset(end) };
        match self.watch.page(marks, range, size) {
            Seen::New => self.items = items.into_iter(),
            // The list is not paged: the same page comes for any offset, and no more than it was promised.
            Seen::Before if range.is_none_or(|range| came >= range.total) => self.next = Next::End,
            Seen::Before => {
                return Err(Error::unexpected("GET", &path, "the server sends the same page for any offset"));
            }
            Seen::TooMany => return Err(Error::unexpected("GET", &path, "the list does not end")),
        }
        Ok(())
    }
}

/// Watches over a server that ignores offsets, or whose list has no end.
#[derive(Default)]
struct Watch {
    hasher: RandomState,
    /// Marks of the elements of the first page and of the one before.
    first: HashSet<u64>,
    last: HashSet<u64>,
    pages: u64,
    most: Option<u64>,
}

enum Seen {
    New,
    /// Every element of the page was seen before.
    Before,
    TooMany,
}

impl Watch {
    /// What the elements of a page are recognised by: their ids, or the page as a whole where one has none.
    fn marks(&self, body: &[u8]) -> HashSet<u64> {
        #[derive(Deserialize)]
        struct Identified {
            id: String,
        }
        match parse::<Vec<Identified>>(body) {
            Ok(elements) => elements.iter().map(|element| self.hasher.hash_one(&element.id)).collect(),
            Err(_) => HashSet::from([self.hasher.hash_one(body)]),
        }
    }

    fn page(&mut self, marks: HashSet<u64>, range: Option<ContentRange>, size: u64) -> Seen {
        self.pages += 1;
        let total = range.map(|range| range.total);
        let most = *self.most.get_or_insert_with(|| most_pages(total, size, 2, 100));
        if self.pages > most {
            return Seen::TooMany;
        }
        // One element that comes again may be another one that looks the same.
        let alone = marks.len() == 1 && range.is_some_and(|range| range.first + 1 == self.pages);
        let before = self.pages > 1
            && !marks.is_empty()
            && !alone
            && marks.iter().all(|mark| self.first.contains(mark) || self.last.contains(mark));
        if self.pages == 1 {
            self.first.clone_from(&marks);
        }
        self.last = marks;
        if before { Seen::Before } else { Seen::New }
    }
}

impl<T: DeserializeOwned> Iterator for Pages<'_, T> {
    type Item = Result<T>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if self.left == Some(0) {
                return None;
            }
            if let Some(element) = self.items.next() {
                if self.skip > 0 {
                    self.skip -= 1;
                    continue;
                }
                self.left = self.left.map(|left| left - 1);
                return Some(element.into_result());
            }
            // Taken out before it is used, so that a failure ends the list.
            let failed = match std::mem::replace(&mut self.next, Next::End) {
                Next::Offset(offset) => self.fetch(offset).err(),
                Next::Fail(error) => Some(error),
                Next::End => {
                    self.path = self.parts.next()?;
                    (self.next, self.watch) = (Next::Offset(0), Watch::default());
                    None
                }
            };
            if let Some(error) = failed {
                (self.next, self.parts) = (Next::End, Vec::new().into_iter());
                return Some(Err(error));
            }
        }
    }
}

impl<T: DeserializeOwned> FusedIterator for Pages<'_, T> {}

impl<T> std::fmt::Debug for Pages<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pages").field("path", &self.path).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_was_seen_before_if_it_is_the_first_or_the_last_one_again() {
        let mut watch = Watch::default();
        let mut is_new =
            |marks: &[u64]| matches!(watch.page(marks.iter().copied().collect(), None, 2), Seen::New);
        assert!(is_new(&[1, 2]) && is_new(&[3, 4]));
        assert!(!is_new(&[1, 2]), "the first one");
        assert!(is_new(&[5, 6]) && !is_new(&[5, 6]), "the last one");
        assert!(is_new(&[3, 4]), "neither of them");
        assert!(is_new(&[6, 7]) && is_new(&[]));
    }

    #[test]
    fn the_most_pages_follow_from_the_total_and_are_bounded() {
        assert_eq!(most_pages(None, 100, 2, 100), 10_000);
        assert_eq!(most_pages(Some(0), 100, 2, 100), 100);
        assert_eq!(most_pages(Some(250), 100, 2, 100), 105);
        assert_eq!(most_pages(Some(250), 0, 4, 1000), 2000);
        assert_eq!(most_pages(Some(u64::MAX), 1, 2, 100), 100_000);
    }
}
