//! The orders of a list: which objects match, in which order, and which of them are on a page.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use serde_json::Value;

use super::fields::{Field, Spec};
use super::filter::Filter;
use super::rng::Rng;
use super::rql::Query;
use super::scalar::{Scalar, sort_key};

/// The matching objects of a set of lasting conditions, in one order.
#[derive(Debug)]
pub(super) struct View {
    pub(super) signature: String,
    filters: Vec<Filter>,
    ordering: Vec<(Field, bool)>,
    sorted: BTreeSet<(Vec<KeyPart>, usize)>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum KeyPart {
    Ascending(Scalar),
    Descending(Reverse<Scalar>),
}

impl View {
    pub(super) fn new(signature: String, filters: Vec<Filter>, ordering: Vec<(Field, bool)>) -> Self {
        Self { signature, filters, ordering, sorted: BTreeSet::new() }
    }

    pub(super) fn matches(&self, value: &Value) -> bool {
        self.filters.iter().all(|filter| filter.matches(value))
    }

    pub(super) fn key(&self, value: &Value) -> Vec<KeyPart> {
        let part = |(field, descending): &(Field, bool)| {
            let scalar = sort_key(value, field);
            if *descending { KeyPart::Descending(Reverse(scalar)) } else { KeyPart::Ascending(scalar) }
        };
        self.ordering.iter().map(part).collect()
    }

    pub(super) fn enter(&mut self, slot: usize, value: &Value) {
        if self.matches(value) {
            self.sorted.insert((self.key(value), slot));
        }
    }

    pub(super) fn leave(&mut self, slot: usize, value: &Value) {
        self.sorted.remove(&(self.key(value), slot));
    }

    /// Keys and slots in order, from the first object whose time is not before `from`.
    pub(super) fn range(&self, from: Option<i64>) -> impl Iterator<Item = (&[KeyPart], usize)> {
        let start = from.map_or_else(Vec::new, |bound| vec![KeyPart::Ascending(Scalar::Time(bound))]);
        self.sorted.range((start, 0)..).map(|(key, slot)| (key.as_slice(), *slot))
    }
}

/// The fields a query orders by, each with whether it descends.
pub(super) fn ordering_of(spec: &Spec, query: &Query) -> Result<Vec<(Field, bool)>, String> {
    let names = query.ordering.as_deref().unwrap_or_default();
    if names.len() > 5 {
        return Err("Bad ordering: at most five properties.".to_owned());
    }
    let field = |(name, descending): &(String, bool)| match spec.fields.get(name) {
        Some(field) if field.orderable => Ok((field.clone(), *descending)),
        _ => Err(format!("Bad ordering: {name} can not be ordered by.")),
    };
    names.iter().map(field).collect()
}

/// The lowest time that conditions allow in the first field of the order; those conditions are taken out.
pub(super) fn take_bound(ordering: &[(Field, bool)], volatile: &mut Vec<Filter>) -> Option<i64> {
    let Some((first, false)) = ordering.first() else {
        return None;
    };
    let mut from = None;
    volatile.retain(|filter| match filter.lower_bound(&first.path) {
        Some(bound) => {
            from = from.max(Some(bound));
            false
        }
        None => true,
    });
    from
}

/// The slots from `start` to `end`, with whole groups of equals shuffled first.
pub(super) fn window(
    matched: &[(&[KeyPart], usize)],
    start: usize,
    end: usize,
    shuffle: Option<&mut Rng>,
) -> Vec<usize> {
    let slots = |range: &[(&[KeyPart], usize)]| range.iter().map(|(_, slot)| *slot).collect::<Vec<_>>();
    // Without an ordering there are no equals, only the order of arrival.
    let ordered = matched.first().is_some_and(|(key, _)| !key.is_empty());
    let Some(rng) = shuffle.filter(|_| ordered && start < end) else {
        return slots(matched.get(start..end).unwrap_or_default());
    };
    let equal = |a: usize, b: usize| matched.get(a).map(|m| m.0) == matched.get(b).map(|m| m.0);
    let mut first = start;
    while first > 0 && equal(first - 1, start) {
        first -= 1;
    }
    let mut last = end;
    while last < matched.len() && equal(last, end - 1) {
        last += 1;
    }
    let mut around: Vec<_> = matched.get(first..last).unwrap_or_default().iter().collect();
    for group in around.chunk_by_mut(|a, b| a.0 == b.0) {
        rng.shuffle(group);
    }
    around.get(start - first..end - first).unwrap_or_default().iter().map(|(_, slot)| *slot).collect()
}
