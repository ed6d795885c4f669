//! Lists that are read page by page.

use std::hash::{BuildHasher, RandomState};
use std::iter::FusedIterator;
use std::vec;

use serde::de::DeserializeOwned;

use crate::error::{Error, Result};
use crate::http::Http;
use crate::rql::Query;

/// How many are read at once.
const PAGE: u64 = 100;

/// A list of the platform, read as it is walked: one page is in memory at a time.
///
/// A query's limit is the most that come in all, its offset where they begin. Ends after the first error. A list that
/// changes while it is read may show an element twice or not at all; the loops walk by time of creation instead.
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
    path: String,
    next: Next,
    size: u64,
    left: Option<u64>,
    items: vec::IntoIter<T>,
    hasher: RandomState,
    last: Option<u64>,
}

enum Next {
    Offset(u64),
    Fail(Error),
    End,
}

impl<'c, T: DeserializeOwned> Pages<'c, T> {
    /// The elements of `list` that match; a path that cannot be called fails as the first element.
    pub(crate) fn new(http: &'c Http, list: Result<String>, query: &Query) -> Self {
        let compiled = list.and_then(|list| Ok((list, query.without_paging().compile()?)));
        let mut pages = Self::from_path(http, String::new(), PAGE);
        match compiled {
            Ok((list, filters)) => {
                pages.path = list + &filters;
                pages.next = Next::Offset(query.offset_value().unwrap_or_default());
                pages.left = query.limit_value();
            }
            Err(error) => pages.next = Next::Fail(error),
        }
        pages
    }

    /// `path` with its filters, without limit and offset.
    pub(crate) fn from_path(http: &'c Http, path: String, size: u64) -> Self {
        Self {
            http,
            path,
            next: Next::Offset(0),
            size,
            left: None,
            items: Vec::new().into_iter(),
            hasher: RandomState::new(),
            last: None,
        }
    }

    fn fetch(&mut self, offset: u64) -> Result<()> {
        let separator = if self.path.contains('?') { '&' } else { '?' };
        let size = self.left.map_or(self.size, |left| left.min(self.size));
        let path = format!("{}{separator}limit={size}&offset={offset}", self.path);
        let answer = self.http.get(&path)?;
        let range = answer.range;
        // Where the server tells the total, it need not be watched.
        let content = range.is_none().then(|| self.hasher.hash_one(&answer.body));
        let items = answer.read::<Option<Vec<T>>>()?.unwrap_or_default();
        let end = offset.saturating_add(u64::try_from(items.len()).unwrap_or(u64::MAX));
        // A short page proves nothing: servers cut the limit in silence.
        let ended = items.is_empty() || range.is_some_and(|range| end >= range.total);
        if !ended && content.is_some() && std::mem::replace(&mut self.last, content) == content {
            return Err(Error::unexpected("GET", &path, "the server sends the same page for any offset"));
        }
        self.next = if ended { Next::End } else { Next::Offset(end) };
        self.items = items.into_iter();
        Ok(())
    }
}

impl<T: DeserializeOwned> Iterator for Pages<'_, T> {
    type Item = Result<T>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if self.left == Some(0) {
                return None;
            }
            if let Some(item) = self.items.next() {
                self.left = self.left.map(|left| left - 1);
                return Some(Ok(item));
            }
            // Taken out before it is used, so that a failure ends the list.
            let failed = match std::mem::replace(&mut self.next, Next::End) {
                Next::Offset(offset) => self.fetch(offset).err(),
                Next::Fail(error) => Some(error),
                Next::End => return None,
            };
            if let Some(error) = failed {
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
