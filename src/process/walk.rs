//! A walk over a list that its own processing changes.
//!
//! Handling a request takes it out of the list and others come and go, so no offset can be trusted. The cursor is the
//! time of creation instead: each page asks for what was created at `T` or later, `T` being the newest moment seen, and
//! leaves out what was seen of that very moment and is still listed. Where so many share one moment that leaving them
//! out no longer fits into a URL, the rest of them is read by offsets until a whole sweep brings nothing new.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use time::OffsetDateTime;

use super::Source;
use crate::error::{DecodeError, Error, Result};
use crate::http::{ContentRange, Http, Method, decode};
use crate::models::timestamp;
use crate::rql;

/// A query may take this much of its URL, which stays under 8 kB with it.
const QUERY: usize = 7400;
/// The platform's most per page, for reading through a crowd of equal timestamps.
const CROWD: u32 = 1000;
/// Sweeps through a crowd whose order will not hold still; each misses about a third of what the last one missed.
const SWEEPS: u32 = 50;
/// So many pages of the same content in a row come from a server that ignores offsets.
const SAME: u32 = 3;

/// One list being walked.
pub(crate) struct Walk<'a, T: 'static> {
    http: &'a Http,
    source: &'a Source<T>,
    filters: String,
    page_size: u32,
    newest: Option<OffsetDateTime>,
    /// Ids seen with the newest timestamp, and whether each may still be listed.
    tie: BTreeMap<String, bool>,
    /// Ids of elements without a timestamp: no cursor can pass these.
    undated: HashSet<String>,
    /// How many broken elements of one content were reported.
    broken: HashMap<u64, usize>,
    hasher: RandomState,
    offset: u64,
    /// For the position of what has no id.
    handed_out: u64,
    sweep: Sweep,
    /// Content of the last page that brought nothing new, and how often it came.
    barren: (u64, u32),
}

/// A pass by offsets over what no cursor divides: a crowd of equal timestamps, or elements without one.
///
/// Where elements leave the list between two pages, the rest moves up and would slip past the border. So each page
/// begins with the last element of the one before, and if that is not there, the sweep is made once more.
#[derive(Debug, Default)]
struct Sweep {
    count: u32,
    /// Marks of the elements it met that no cursor divides.
    met: HashSet<u64>,
    /// How many broken elements of one content it met.
    broken: HashMap<u64, usize>,
    /// The last element of the page before, with which this one begins.
    border: Option<u64>,
    total: Option<u64>,
    unsteady: bool,
}

/// One element of a page.
pub(crate) enum Element<T> {
    Item(T),
    /// It did not decode; the rest of the page is unharmed.
    Broken {
        id: String,
        error: Option<Error>,
    },
}

/// What a page brought that was not seen before, and what the platform says about the whole list.
pub(crate) struct Page<T> {
    pub(crate) elements: Vec<Element<T>>,
    pub(crate) total: Option<u64>,
}

impl<'a, T: DeserializeOwned> Walk<'a, T> {
    pub(crate) fn new(http: &'a Http, source: &'a Source<T>, filters: String, page_size: u32) -> Self {
        Self {
            http,
            source,
            filters,
            page_size,
            newest: None,
            tie: BTreeMap::new(),
            undated: HashSet::new(),
            broken: HashMap::new(),
            hasher: RandomState::new(),
            offset: 0,
            handed_out: 0,
            sweep: Sweep::default(),
            barren: (0, 0),
        }
    }

    /// The next page with anything new, or `None` when the list has nothing new any more.
    pub(crate) fn next(&mut self) -> Result<Option<Page<T>>> {
        loop {
            let path = self.path()?;
            let answer = self.http.fetch(&path)?;
            let elements = read(self.source, &path, self.handed_out + self.offset, &answer.body);
            let range = answer.range;
            let elements = elements?;
            let listed = elements.len();
            let overlap = usize::from(self.sweep.border.is_some());
            let ended = listed <= overlap || covers(range, self.offset, listed);
            let last = elements.last().map(|element| self.mark(element));
            let (fresh, passed_tie) = self.keep_new(elements, range);
            if !fresh.is_empty() {
                self.handed_out += u64::try_from(fresh.len()).unwrap_or(u64::MAX);
                self.http.recycle(answer);
                self.start_over();
                return Ok(Some(Page { elements: fresh, total: range.map(|range| range.total) }));
            }
            if ended || passed_tie {
                if self.offset == 0 || !self.sweep.unsteady || self.sweep.count >= SWEEPS {
                    return Ok(None);
                }
                let count = self.sweep.count + 1;
                self.start_over();
                self.sweep.count = count;
                continue;
            }
            // Pages of the same broken elements look the same; where the server tells the offset, it knows what one is.
            let content = self.hasher.hash_one(&answer.body);
            self.http.recycle(answer);
            let heeded = range.is_some_and(|range| range.first == self.offset);
            self.barren = (content, if self.barren.0 == content { self.barren.1 + 1 } else { 1 });
            if self.barren.1 >= SAME && !heeded {
                log::warn!(target: "connect::process", "{}: the server sends the same page for any offset", self.source.list);
                return Ok(None);
            }
            // A page of one element leaves no room for a border.
            self.sweep.border = last.filter(|_| listed > 1);
            let step = if listed > 1 { listed - 1 } else { listed };
            self.offset = self.offset.saturating_add(u64::try_from(step).unwrap_or(u64::MAX));
        }
    }

    /// What an element is recognised by.
    fn mark(&self, element: &Read<T>) -> u64 {
        match element {
            Read::Item(item) => self.hasher.hash_one((self.source.id)(item)),
            Read::Broken { raw, .. } => self.hasher.hash_one(raw),
        }
    }

    /// The element with this id has left the list, by what was done to it.
    pub(crate) fn has_left(&mut self, id: &str) {
        if let Some(listed) = self.tie.get_mut(id) {
            *listed = false;
        }
    }

    fn start_over(&mut self) {
        self.offset = 0;
        self.sweep = Sweep::default();
        self.barren = (0, 0);
    }

    fn path(&self) -> Result<String> {
        use std::fmt::Write as _;
        let Source { list, created, .. } = self.source;
        let mut path = format!("{list}?{}", self.filters);
        let mut limit = self.page_size;
        if let Some(newest) = self.newest {
            let _ = write!(path, "&ge({created},{})", rql::encode_value(&timestamp::format(newest))?);
            let (left_out, all) = self.left_out();
            if !left_out.is_empty() {
                let _ = write!(path, "&out(id,({left_out}))");
            }
            if !all {
                limit = limit.max(CROWD);
            }
        }
        if self.offset > 0 {
            limit = limit.max(CROWD);
        }
        let _ = write!(path, "&ordering({created})&limit={limit}&offset={}", self.offset);
        Ok(path)
    }

    /// The seen ids of the newest moment that may still be listed, as far as they fit, and whether all did.
    fn left_out(&self) -> (String, bool) {
        let room = QUERY.saturating_sub(self.filters.len());
        let (mut list, mut all) = (String::new(), true);
        for (id, _) in self.tie.iter().filter(|(_, listed)| **listed) {
            // One that cannot be said in a query is passed over by reading past it.
            let Ok(id) = rql::encode_value(id) else {
                all = false;
                continue;
            };
            if list.len() + id.len() > room {
                return (list, false);
            }
            if !list.is_empty() {
                list.push(',');
            }
            list.push_str(&id);
        }
        (list, all)
    }

    /// Sorts out what was seen before. Also tells whether the page went beyond the newest moment without bringing
    /// anything that may be handed out, which ends a sweep.
    fn keep_new(&mut self, elements: Vec<Read<T>>, range: Option<ContentRange>) -> (Vec<Element<T>>, bool) {
        let mut fresh = Vec::with_capacity(elements.len());
        let sweeping = self.offset > 0;
        if let (Some(before), Some(range)) = (self.sweep.total, range) {
            self.sweep.unsteady |= before != range.total;
        }
        self.sweep.total = range.map(|range| range.total);
        let asked = self.newest;
        let mut passed: HashSet<String> = HashSet::new();
        let mut border = self.sweep.border;
        if border.is_some() && elements.is_empty() {
            self.sweep.unsteady = true;
        }
        for element in elements {
            let mark = self.mark(&element);
            let at_border = border.take();
            // In a crowd that is shuffled from call to call, any that was met will do.
            if at_border.is_some_and(|border| border != mark && !self.sweep.met.contains(&mark)) {
                self.sweep.unsteady = true;
            }
            let item = match element {
                Read::Item(item) => item,
                // It was counted at the end of the page before.
                Read::Broken { .. } if at_border == Some(mark) => continue,
                Read::Broken { id, error, .. } => {
                    let here = self.sweep.broken.entry(mark).or_default();
                    *here += 1;
                    let known = self.broken.entry(mark).or_default();
                    if *here > *known {
                        *known += 1;
                        fresh.push(Element::Broken { id, error: Some(error) });
                    }
                    continue;
                }
            };
            let id = (self.source.id)(&item);
            let created = (self.source.created_of)(&item);
            if created == asked && !self.sweep.met.insert(mark) && at_border.is_none() {
                self.sweep.unsteady = true;
            }
            match created {
                None if self.undated.insert(id.to_owned()) => fresh.push(Element::Item(item)),
                Some(at) if self.newest.is_none_or(|newest| at > newest) => {
                    if sweeping && self.newest == asked && self.sweep.unsteady && self.sweep.count < SWEEPS {
                        // Some of the crowd may not have shown up yet, and the cursor must not pass these.
                        return (fresh, true);
                    }
                    self.newest = Some(at);
                    passed.extend(std::mem::take(&mut self.tie).into_keys());
                    self.tie.insert(id.to_owned(), true);
                    fresh.push(Element::Item(item));
                }
                Some(at) if Some(at) == self.newest && !self.tie.contains_key(id) => {
                    self.tie.insert(id.to_owned(), true);
                    fresh.push(Element::Item(item));
                }
                // Out of order, and the next page will not have it again.
                Some(at) if self.newest > Some(at) && asked <= Some(at) && !passed.contains(id) => {
                    passed.insert(id.to_owned());
                    fresh.push(Element::Item(item));
                }
                // Seen before. One older than was asked for comes from a server that does not know the filter.
                _ => {}
            }
        }
        (fresh, false)
    }
}

/// Whether the page reaches the end of the list. A short page proves nothing: servers cut the limit in silence.
fn covers(range: Option<ContentRange>, offset: u64, listed: usize) -> bool {
    range.is_some_and(|range| offset.saturating_add(u64::try_from(listed).unwrap_or(u64::MAX)) >= range.total)
}

/// One element of a page as it was read.
enum Read<T> {
    Item(T),
    Broken { raw: String, id: String, error: Error },
}

/// Reads a page in one go, and element by element only where that fails or one has no id.
fn read<T: DeserializeOwned>(
    source: &Source<T>,
    path: &str,
    offset: u64,
    body: &[u8],
) -> Result<Vec<Read<T>>> {
    if let Ok(items) = serde_json::from_slice::<Vec<T>>(body)
        && items.iter().all(|item| !(source.id)(item).is_empty())
    {
        return Ok(items.into_iter().map(Read::Item).collect());
    }
    // Bytes that are no UTF-8 spoil the elements that they are in, and not the page.
    let text = String::from_utf8_lossy(body);
    let is_spoilt = |raw: &RawValue| matches!(text, Cow::Owned(_)) && raw.get().contains('\u{FFFD}');
    let raws: Vec<&RawValue> = decode(Method::Get, path, text.as_bytes())?;
    let first = usize::try_from(offset).unwrap_or(usize::MAX);
    let read_one = |(index, raw): (usize, &RawValue)| {
        let position = first.saturating_add(index);
        let broken = |error: Error| {
            let id = serde_json::from_str::<Identified>(raw.get()).ok().and_then(|object| object.id);
            Read::Broken {
                raw: raw.get().to_owned(),
                id: id
                    .filter(|id| !id.is_empty())
                    .unwrap_or_else(|| format!("element {position} of {}", source.list)),
                error,
            }
        };
        let item = if is_spoilt(raw) {
            Err(serde::de::Error::custom("holds text that is not UTF-8"))
        } else {
            serde_json::from_str::<T>(raw.get())
        };
        match item {
            Ok(item) if (source.id)(&item).is_empty() => {
                broken(Error::input("an element of the list has no id"))
            }
            Ok(item) => Read::Item(item),
            Err(error) => {
                let expected = std::any::type_name::<T>();
                broken(Error::Decode(Box::new(
                    DecodeError::new(expected, "GET", source.list, &error).at(position),
                )))
            }
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
pub(crate) fn read_page<T: DeserializeOwned>(source: &Source<T>, body: &[u8]) -> Result<(usize, usize)> {
    let elements = read(source, source.list, 0, body)?;
    let broken = elements.iter().filter(|element| matches!(element, Read::Broken { .. })).count();
    Ok((elements.len() - broken, broken))
}
