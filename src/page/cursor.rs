//! Where a walk over a list that its own processing changes stands: a pure value, told a page, that says the next query.
//!
//! Handling a request takes it out of the list and others come and go, so no offset can be trusted. The cursor is the
//! time of creation instead: each query asks for what was created at `T` or later, `T` being the newest moment seen,
//! and leaves out what was seen of that very moment and is still listed. Where the ties of one moment are so many that
//! leaving them out no longer fits into a URL, they are read by offsets until a whole sweep brings nothing new.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash, Hasher};

use time::{Duration, OffsetDateTime};

use crate::error::Result;
use crate::http::ContentRange;
use crate::models::timestamp;
use crate::rql::{self, ValueList};

/// A query may take this much of its URL, which stays under 8 kB with it.
pub(crate) const QUERY: usize = 7400;
/// The platform's most per page, for reading through ties.
const TIES: u32 = 1000;
/// Sweeps through ties whose order will not hold still; each misses about a third of what the last one missed.
const SWEEPS: u32 = 50;
/// So many pages of the same elements in a row come from a server that ignores offsets.
const SAME: u32 = 3;

/// An element of a page, as far as the cursor needs to know it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry<'a> {
    /// A hash of what the element is recognised by.
    pub(super) mark: u64,
    /// Id and time of creation; `None` for an element that does not decode.
    pub(super) item: Option<(&'a str, Option<OffsetDateTime>)>,
}

/// What a page came to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The elements at these positions were not seen before.
    Handle(Vec<usize>),
    /// Nothing was new, but the list may go on.
    Fetch,
    /// The list has nothing new any more.
    End,
    /// The server sends the same page for any offset, so the rest of the list cannot be known.
    Repeats,
}

/// How far a list was walked.
#[derive(Debug, Default)]
pub(crate) struct Cursor {
    filters: String,
    /// Name of the filter by time of creation.
    created: &'static str,
    /// The list has the filter `gt` and no `ge`.
    has_only_gt: bool,
    page_size: u32,
    newest: Option<OffsetDateTime>,
    /// Ids seen with the newest timestamp, and whether each may still be listed.
    ties: BTreeMap<String, bool>,
    /// Ids of elements without a timestamp, or from pages that are not in its order: no cursor can pass these.
    undated: HashSet<String>,
    /// Number of broken elements of one content that were reported.
    broken: HashMap<u64, usize>,
    offset: u64,
    sweep: Sweep,
    /// A hash of the last page that brought nothing new, and how often it came.
    barren: (u64, u32),
}

/// A pass by offsets over what no cursor divides: ties, or elements without a timestamp.
///
/// Where elements leave the list between two pages, the rest moves up and would slip through between them. So each page
/// begins with the last element of the one before, and if that is not there, the sweep is made once more.
#[derive(Debug, Default)]
struct Sweep {
    count: u32,
    /// Marks of the elements seen in this sweep that no cursor divides.
    seen: HashSet<u64>,
    /// Number of broken elements of one content that this sweep has seen.
    broken: HashMap<u64, usize>,
    /// The last element of the page before, with which this one begins.
    overlap: Option<u64>,
    total: Option<u64>,
    unsteady: bool,
}

impl Cursor {
    pub(crate) fn new(filters: String, created: &'static str, page_size: u32) -> Self {
        Self { filters, created, page_size, ..Self::default() }
    }

    /// A cursor of a list that has the filter `gt` and no `ge` by time of creation.
    #[cfg(feature = "xlsx")]
    pub(crate) fn with_only_gt(self) -> Self {
        Self { has_only_gt: true, ..self }
    }

    /// The offset that the next query asks for.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    pub(super) fn page_size(&self) -> u32 {
        self.page_size
    }

    /// The query of the next page.
    pub(super) fn query(&self) -> Result<String> {
        let created = self.created;
        let mut query = self.filters.clone();
        let mut limit = self.page_size;
        if let Some(newest) = self.newest {
            // The platform's times have microseconds; what comes from before is seen to be older.
            let (filter, time) = if self.has_only_gt {
                ("gt", newest.saturating_sub(Duration::MICROSECOND))
            } else {
                ("ge", newest)
            };
            let _ = write!(query, "&{filter}({created},{})", rql::encode_value(&timestamp::format(time))?);
            let (left_out, all) = self.left_out();
            if !left_out.is_empty() {
                let _ = write!(query, "&out(id,({}))", left_out.as_str());
            }
            if !all {
                limit = limit.max(TIES);
            }
        }
        if self.offset > 0 {
            limit = limit.max(TIES);
        }
        let _ = write!(query, "&ordering({created})&limit={limit}&offset={}", self.offset);
        Ok(query)
    }

    /// The seen ids of the newest moment that may still be listed, as far as they fit, and whether all did.
    fn left_out(&self) -> (ValueList, bool) {
        let room = QUERY.saturating_sub(self.filters.len());
        let (mut list, mut all) = (ValueList::default(), true);
        for (id, _) in self.ties.iter().filter(|(_, listed)| **listed) {
            match list.push(id, room) {
                Ok(true) => {}
                Ok(false) => return (list, false),
                // One that cannot be said in a query is passed over by reading past it.
                Err(_) => all = false,
            }
        }
        (list, all)
    }

    /// The element with this id has left the list, by what was done to it.
    pub(super) fn has_left(&mut self, id: &str) {
        if let Some(listed) = self.ties.get_mut(id) {
            *listed = false;
        }
    }

    /// Takes in the page that the last query brought.
    pub(super) fn page(&mut self, entries: &[Entry<'_>], range: Option<ContentRange>) -> Step {
        let listed = entries.len();
        let overlap = usize::from(self.sweep.overlap.is_some());
        let content = hash(entries);
        // The page that came before for another offset is not the end, whatever its range says.
        let again = listed > 1 && self.offset > 0 && content == self.barren.0;
        let ended = listed <= overlap || (covers(range, self.offset, listed) && !again);
        let (new, passed_ties) = self.new_ones(entries, range);
        if !new.is_empty() {
            self.start_over();
            return Step::Handle(new);
        }
        if ended || passed_ties {
            if self.offset == 0 || !self.sweep.unsteady || self.sweep.count >= SWEEPS {
                return Step::End;
            }
            let count = self.sweep.count + 1;
            self.start_over();
            self.sweep.count = count;
            return Step::Fetch;
        }
        // Pages of the same broken elements look the same; a server that tells the offset knows what one is.
        let broken = entries.iter().all(|entry| entry.item.is_none());
        let heeded = broken && range.is_some_and(|range| range.first == self.offset);
        self.barren = (content, if self.barren.0 == content { self.barren.1 + 1 } else { 1 });
        if self.barren.1 >= SAME && !heeded {
            return Step::Repeats;
        }
        // A page of one element leaves no room for an overlap.
        self.sweep.overlap = entries.last().map(|entry| entry.mark).filter(|_| listed > 1);
        let step = if listed > 1 { listed - 1 } else { listed };
        self.offset = self.offset.saturating_add(u64::try_from(step).unwrap_or(u64::MAX));
        Step::Fetch
    }

    fn start_over(&mut self) {
        self.offset = 0;
        self.sweep = Sweep::default();
        self.barren = (0, 0);
    }

    /// The positions of what was not seen before. Also tells whether the page went beyond the newest moment without
    /// bringing anything that may be handed out, which ends a sweep.
    fn new_ones(&mut self, entries: &[Entry<'_>], range: Option<ContentRange>) -> (Vec<usize>, bool) {
        let mut new = Vec::with_capacity(entries.len());
        let sweeping = self.offset > 0;
        if let (Some(before), Some(range)) = (self.sweep.total, range) {
            self.sweep.unsteady |= before != range.total;
        }
        self.sweep.total = range.map(|range| range.total);
        let asked = self.newest;
        let mut passed: HashSet<String> = HashSet::new();
        // Where such a page has more behind it, that may be older than what came.
        let in_disorder = !covers(range, self.offset, entries.len()) && is_in_disorder(entries);
        let mut overlap = self.sweep.overlap;
        if overlap.is_some() && entries.is_empty() {
            self.sweep.unsteady = true;
        }
        for (at, &Entry { mark, item }) in entries.iter().enumerate() {
            let overlap = overlap.take();
            // Among ties that are shuffled from call to call, any that was seen will do.
            if overlap.is_some_and(|overlap| overlap != mark && !self.sweep.seen.contains(&mark)) {
                self.sweep.unsteady = true;
            }
            let Some((id, created)) = item else {
                // At the overlap it was counted at the end of the page before.
                if overlap != Some(mark) && self.is_new_broken(mark) {
                    new.push(at);
                }
                continue;
            };
            if created == asked && !self.sweep.seen.insert(mark) && overlap.is_none() {
                self.sweep.unsteady = true;
            }
            let seen = asked > created && created.is_some() || self.ties.contains_key(id);
            if in_disorder && seen {
                continue;
            }
            match created.filter(|_| !in_disorder && !self.undated.contains(id)) {
                None if self.undated.insert(id.to_owned()) => new.push(at),
                Some(created) if self.newest.is_none_or(|newest| created > newest) => {
                    if sweeping && self.newest == asked && self.sweep.unsteady && self.sweep.count < SWEEPS {
                        // Some of the ties may not have shown up yet, and the cursor must not pass these.
                        return (new, true);
                    }
                    self.newest = Some(created);
                    passed.extend(std::mem::take(&mut self.ties).into_keys());
                    self.ties.insert(id.to_owned(), true);
                    new.push(at);
                }
                Some(created) if Some(created) == self.newest && !self.ties.contains_key(id) => {
                    self.ties.insert(id.to_owned(), true);
                    new.push(at);
                }
                // Out of order, and the next page will not have it again.
                Some(created)
                    if self.newest > Some(created) && asked <= Some(created) && !passed.contains(id) =>
                {
                    passed.insert(id.to_owned());
                    new.push(at);
                }
                // Seen before. One older than was asked for comes from a server that does not know the filter.
                _ => {}
            }
        }
        (new, false)
    }

    /// Whether this sweep has seen more broken elements of one content than were reported.
    fn is_new_broken(&mut self, mark: u64) -> bool {
        let here = self.sweep.broken.entry(mark).or_default();
        *here += 1;
        let known = self.broken.entry(mark).or_default();
        let new = *here > *known;
        *known += usize::from(new);
        new
    }
}

/// Whether the page reaches the end of the list. A short page proves nothing: servers cut the limit in silence. Nor does
/// a total that is smaller than what came.
pub(super) fn covers(range: Option<ContentRange>, offset: u64, listed: usize) -> bool {
    let end = offset.saturating_add(u64::try_from(listed).unwrap_or(u64::MAX));
    range.is_some_and(|range| end == range.total)
}

/// Whether an element was created before the one in front of it.
fn is_in_disorder(entries: &[Entry<'_>]) -> bool {
    !entries.iter().filter_map(|entry| entry.item?.1).is_sorted()
}

fn hash(entries: &[Entry<'_>]) -> u64 {
    let mut hasher = DefaultHasher::new();
    for entry in entries {
        entry.mark.hash(&mut hasher);
    }
    hasher.finish()
}

#[cfg(test)]
mod tests;
