//! A walk over a list that its own processing changes.
//!
//! Handling a request takes it out of the list and others come and go, so no offset can be trusted. The cursor is the
//! time of creation instead: each page asks for what was created at `T` or later, `T` being the newest moment seen, and
//! leaves out what was seen of that very moment and is still listed. Where so many share one moment that leaving them
//! out no longer fits into a URL, the rest of them is read by offsets until a whole sweep brings nothing new.

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
    sweep: Sweep,
    /// Content of the last page that brought nothing new.
    barren: Option<u64>,
}

/// A pass over a crowd of equal timestamps by offsets.
#[derive(Debug, Default)]
struct Sweep {
    count: u32,
    ids: HashSet<String>,
    /// How many broken elements of one content it met.
    broken: HashMap<u64, usize>,
    total: Option<u64>,
    unsteady: bool,
}

/// One element of a page.
pub(crate) enum Element<T> {
    Item(T),
    /// It did not decode; the rest of the page is unharmed.
    Broken {
        id: String,
        error: Error,
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
            sweep: Sweep::default(),
            barren: None,
        }
    }

    /// The next page with anything new, or `None` when the list has nothing new any more.
    pub(crate) fn next(&mut self) -> Result<Option<Page<T>>> {
        loop {
            let path = self.path()?;
            let answer = self.http.fetch(&path)?;
            let elements = read(self.source, &path, self.offset, &answer.body);
            let range = answer.range;
            let content = self.hasher.hash_one(&answer.body);
            self.http.recycle(answer);
            let elements = elements?;

            let listed = elements.len();
            let ended = listed == 0 || covers(range, self.offset, listed);
            let (fresh, passed_tie) = self.keep_new(elements, range);
            if !fresh.is_empty() {
                self.start_over();
                return Ok(Some(Page { elements: fresh, total: range.map(|range| range.total) }));
            }
            if ended || passed_tie {
                if !self.sweep.unsteady || self.sweep.count >= SWEEPS {
                    return Ok(None);
                }
                self.sweep = Sweep { count: self.sweep.count + 1, ..Sweep::default() };
                self.offset = 0;
                self.barren = None;
                continue;
            }
            // Pages of the same broken elements look the same; where the server tells the offset, it knows what one is.
            let heeded = range.is_some_and(|range| range.first == self.offset);
            if self.barren.replace(content) == Some(content) && !heeded {
                log::warn!(target: "connect::process", "{}: the server sends the same page for any offset", self.source.list);
                return Ok(None);
            }
            self.offset += u64::try_from(listed).unwrap_or(u64::MAX);
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
        self.barren = None;
    }

    fn path(&self) -> Result<String> {
        use std::fmt::Write as _;
        let Source { list, created, .. } = self.source;
        let mut path = format!("{list}?{}", self.filters);
        let mut limit = self.page_size;
        if let Some(newest) = self.newest {
            let _ = write!(path, "&ge({created},{})", rql::encode_value(&timestamp::format(newest))?);
            let (left_out, all) = self.left_out()?;
            if !left_out.is_empty() {
                let _ = write!(path, "&out(id,({left_out}))");
            }
            if !all {
                limit = limit.max(CROWD);
            }
        }
        let _ = write!(path, "&ordering({created})&limit={limit}&offset={}", self.offset);
        Ok(path)
    }

    /// The seen ids of the newest moment that may still be listed, as far as they fit, and whether all did.
    fn left_out(&self) -> Result<(String, bool)> {
        let room = QUERY.saturating_sub(self.filters.len());
        let mut list = String::new();
        for (id, _) in self.tie.iter().filter(|(_, listed)| **listed) {
            let id = rql::encode_value(id)?;
            if list.len() + id.len() > room {
                return Ok((list, false));
            }
            if !list.is_empty() {
                list.push(',');
            }
            list.push_str(&id);
        }
        Ok((list, true))
    }

    /// Sorts out what was seen before. Also tells whether the page went beyond the newest moment without bringing
    /// anything that may be handed out, which ends a sweep.
    fn keep_new(&mut self, elements: Vec<Read<T>>, range: Option<ContentRange>) -> (Vec<Element<T>>, bool) {
        let mut fresh = Vec::with_capacity(elements.len());
        let crowd = self.newest.filter(|_| self.offset > 0);
        if let (Some(before), Some(range)) = (self.sweep.total, range) {
            self.sweep.unsteady |= before != range.total;
        }
        self.sweep.total = range.map(|range| range.total);
        let asked = self.newest;
        let mut passed: Vec<String> = Vec::new();
        for element in elements {
            let item = match element {
                Read::Item(item) => item,
                Read::Broken { raw, id, error } => {
                    let content = self.hasher.hash_one(&raw);
                    let here = self.sweep.broken.entry(content).or_default();
                    *here += 1;
                    let known = self.broken.entry(content).or_default();
                    if *here > *known {
                        *known += 1;
                        fresh.push(Element::Broken { id, error });
                    }
                    continue;
                }
            };
            let id = (self.source.id)(&item);
            let created = (self.source.created_of)(&item);
            if asked.is_some()
                && created.is_some()
                && created == self.newest
                && !self.sweep.ids.insert(id.to_owned())
            {
                self.sweep.unsteady = true;
            }
            match created {
                None if self.undated.insert(id.to_owned()) => fresh.push(Element::Item(item)),
                Some(at) if self.newest.is_none_or(|newest| at > newest) => {
                    if crowd.is_some()
                        && self.sweep.unsteady
                        && self.sweep.count < SWEEPS
                        && self.newest == crowd
                    {
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
                Some(at)
                    if self.newest > Some(at)
                        && asked <= Some(at)
                        && !passed.iter().any(|seen| seen == id) =>
                {
                    passed.push(id.to_owned());
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
    let raws: Vec<&RawValue> = decode(Method::Get, path, body)?;
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
        match serde_json::from_str::<T>(raw.get()) {
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
