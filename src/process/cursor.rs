//! Where a walk over a list that its own processing changes stands: a pure value, told a page, that says the next query.
//!
//! Handling a request takes it out of the list and others come and go, so no offset can be trusted. The cursor is the
//! time of creation instead: each query asks for what was created at `T` or later, `T` being the newest moment seen,
//! and leaves out what was seen of that very moment and is still listed. Where the ties of one moment are so many that
//! leaving them out no longer fits into a URL, they are read by offsets until a whole sweep brings nothing new.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash, Hasher};

use time::OffsetDateTime;

use crate::error::Result;
use crate::http::ContentRange;
use crate::models::timestamp;
use crate::rql::{self, ValueList};

/// A query may take this much of its URL, which stays under 8 kB with it.
const QUERY: usize = 7400;
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
pub(super) struct Cursor {
    filters: String,
    /// Name of the filter by time of creation.
    created: &'static str,
    page_size: u32,
    newest: Option<OffsetDateTime>,
    /// Ids seen with the newest timestamp, and whether each may still be listed.
    ties: BTreeMap<String, bool>,
    /// Ids of elements without a timestamp: no cursor can pass these.
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
    pub(super) fn new(filters: String, created: &'static str, page_size: u32) -> Self {
        Self { filters, created, page_size, ..Self::default() }
    }

    /// The offset that the next query asks for.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// The query of the next page.
    pub(super) fn query(&self) -> Result<String> {
        let created = self.created;
        let mut query = self.filters.clone();
        let mut limit = self.page_size;
        if let Some(newest) = self.newest {
            let _ = write!(query, "&ge({created},{})", rql::encode_value(&timestamp::format(newest))?);
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
        let ended = listed <= overlap || covers(range, self.offset, listed);
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
        let content = hash(entries);
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
            match created {
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

/// Whether the page reaches the end of the list. A short page proves nothing: servers cut the limit in silence.
fn covers(range: Option<ContentRange>, offset: u64, listed: usize) -> bool {
    range.is_some_and(|range| offset.saturating_add(u64::try_from(listed).unwrap_or(u64::MAX)) >= range.total)
}

fn hash(entries: &[Entry<'_>]) -> u64 {
    let mut hasher = DefaultHasher::new();
    for entry in entries {
        entry.mark.hash(&mut hasher);
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `a1` is the element `a`, created in second 1; `a` has no timestamp; `!a` does not decode.
    fn entries<'a>(page: &[&'a str]) -> Vec<Entry<'a>> {
        let entry = |text: &&'a str| {
            let mut hasher = DefaultHasher::new();
            let id = text.trim_end_matches(|c: char| c.is_ascii_digit());
            id.hash(&mut hasher);
            let created = text.strip_prefix(id).and_then(|second| second.parse().ok());
            let created = created.map(|second| OffsetDateTime::from_unix_timestamp(second).unwrap());
            let item = (!text.starts_with('!')).then_some((id, created));
            Entry { mark: hasher.finish(), item }
        };
        page.iter().map(entry).collect()
    }

    /// Elements, and the first position and total that the range tells.
    type Told<'a> = (&'a [&'a str], Option<(u64, u64)>);

    fn tell(cursor: &mut Cursor, page: &[&str], range: Option<(u64, u64)>) -> Step {
        cursor.page(&entries(page), range.map(|(first, total)| ContentRange { first, total }))
    }

    /// What each page comes to, and the query that follows it.
    fn walk(pages: &[Told<'_>]) -> Vec<(Step, String)> {
        let mut cursor = Cursor::new("eq(status,pending)".into(), "created", 2);
        let told = pages.iter().map(|(page, range)| {
            let step = tell(&mut cursor, page, *range);
            let query = cursor.query().unwrap();
            let query = query.replace("eq(status,pending)&", "").replace("ordering(created)&", "");
            (step, query.replace("%221970-01-01T00%3A00%3A0", "T").replace("%2B00%3A00%22", ""))
        });
        told.collect()
    }

    fn steps(pages: &[Told<'_>]) -> Vec<Step> {
        walk(pages).into_iter().map(|(step, _)| step).collect()
    }

    #[test]
    fn each_query_begins_at_the_newest_moment_and_leaves_out_what_was_seen_of_it() {
        let told = walk(&[
            (&["a1", "b2"], Some((0, 4))),
            (&["c2", "d3"], Some((0, 2))),
            (&["d3"], Some((0, 1))),
            (&[], Some((0, 0))),
        ]);
        let queries: Vec<_> = told.iter().map(|(_, query)| query.as_str()).collect();
        assert!(queries[0].ends_with("out(id,(b))&limit=2&offset=0"), "{queries:?}");
        assert!(queries[1].ends_with("out(id,(d))&limit=2&offset=0"), "{queries:?}");
        let steps: Vec<_> = told.into_iter().map(|(step, _)| step).collect();
        assert_eq!(steps, [Step::Handle(vec![0, 1]), Step::Handle(vec![0, 1]), Step::End, Step::End]);
    }

    #[test]
    fn what_has_left_the_list_need_not_be_left_out() {
        let mut cursor = Cursor::new("eq(status,pending)".into(), "created", 2);
        tell(&mut cursor, &["a1", "b1"], Some((0, 2)));
        cursor.has_left("a");
        assert!(cursor.query().unwrap().contains("&out(id,(b))&"));
        cursor.has_left("b");
        assert!(!cursor.query().unwrap().contains("out("));
    }

    #[test]
    fn a_list_ends_where_its_range_says_or_on_an_empty_page() {
        let new = |count| Step::Handle((0..count).collect());
        assert_eq!(steps(&[(&["a1"], Some((0, 1))), (&["a1"], Some((0, 1)))]), [new(1), Step::End]);
        assert_eq!(steps(&[(&["a1"], None), (&["a1"], None), (&[], None)]), [new(1), Step::Fetch, Step::End]);
        assert_eq!(steps(&[(&[], None)]), [Step::End]);
    }

    #[test]
    fn a_server_that_ignores_offsets_is_found_out() {
        let page: &[&str] = &["a1", "b1"];
        let told = steps(&[(page, None), (page, None), (page, None), (page, None)]);
        assert_eq!(told, [Step::Handle(vec![0, 1]), Step::Fetch, Step::Fetch, Step::Repeats]);
    }

    #[test]
    fn ties_are_read_by_offset_with_one_element_of_overlap() {
        let told = walk(&[
            (&["a1", "b1"], Some((0, 6))),
            (&["a1", "b1"], Some((0, 6))),
            (&["b1", "c1"], Some((1, 6))),
        ]);
        assert_eq!(told[1].0, Step::Fetch);
        assert!(told[1].1.ends_with("limit=1000&offset=1"), "{told:?}");
        assert_eq!(told[2].0, Step::Handle(vec![1]));
        assert!(told[2].1.ends_with("offset=0"), "{told:?}");
    }

    #[test]
    fn a_sweep_is_made_again_where_its_overlap_is_missing() {
        let told = steps(&[
            (&["a1", "b1"], Some((0, 4))),
            (&["a1", "b1"], Some((0, 4))),
            (&["x1", "a1"], Some((1, 3))),
            (&["a1", "b1"], Some((0, 3))),
            (&["b1", "x1"], Some((1, 3))),
        ]);
        assert_eq!(
            told,
            [Step::Handle(vec![0, 1]), Step::Fetch, Step::Handle(vec![0]), Step::Fetch, Step::End]
        );
    }

    #[test]
    fn broken_elements_of_one_content_are_counted() {
        let told = steps(&[
            (&["!x", "!x", "a1"], None),
            (&["!x", "!x", "!x"], None),
            (&["!x", "!x", "!x"], None),
            (&["!x"], None),
        ]);
        assert_eq!(told, [Step::Handle(vec![0, 1, 2]), Step::Handle(vec![2]), Step::Fetch, Step::End]);
    }

    #[test]
    fn what_is_out_of_order_is_handed_out_and_what_is_older_than_asked_for_is_not() {
        let told = steps(&[(&["b5", "a3"], None), (&["c4", "d6"], None)]);
        assert_eq!(told, [Step::Handle(vec![0, 1]), Step::Handle(vec![1])]);
    }

    #[test]
    fn elements_without_a_timestamp_are_handed_out_once() {
        let told = steps(&[(&["a", "b"], None), (&["a", "b"], None), (&["b", "c"], None)]);
        assert_eq!(told, [Step::Handle(vec![0, 1]), Step::Fetch, Step::Handle(vec![1])]);
    }
}
