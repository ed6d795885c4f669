//! An outage of the vendor's systems, told from orders that are at fault themselves: pure, but for what is remembered.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use time::OffsetDateTime;

use super::store::Entry;
use crate::text::cause;

/// So many different orders come to the same error before it counts as an outage.
const ORDERS: usize = 5;
/// Time between two orders that try whether the outage is over.
const PROBE: Duration = Duration::from_secs(600);

/// What an error is recognised by: the step that failed, and the text without what differs from order to order.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Cause {
    /// First part of the step's name; nothing for an error outside of the steps.
    pub(crate) step: Option<String>,
    pub(crate) text: String,
}

impl Cause {
    pub(crate) fn new(step: Option<String>, error: &str) -> Self {
        Self { step, text: cause(error) }
    }

    /// Whether the order has come to this error in an attempt that counted.
    fn is_known_of(&self, entry: &Entry) -> bool {
        entry.attempts > 0 && entry.error.as_deref().is_some_and(|error| cause(error) == self.text)
    }
}

/// An outage that goes on.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Away {
    pub(crate) cause: Cause,
    pub(crate) since: OffsetDateTime,
    /// Time of the next order that tries.
    pub(crate) due: OffsetDateTime,
}

/// What an error of an order means.
#[derive(Debug, PartialEq)]
pub(crate) enum Blame {
    /// It is the order's own.
    Order,
    /// It is the outage's, which goes on.
    Outage,
    /// An outage has begun: it is the outage's, and so were the errors of these orders, as they were before.
    Began(Vec<Entry>),
}

/// What a run knows of an outage.
#[derive(Debug, Default)]
pub(crate) struct Outage {
    away: Option<Away>,
    /// Orders that came to an error since its step was last done, as they were before.
    evidence: HashMap<Cause, Vec<Entry>>,
    /// Causes that ended in this run: whoever comes to one of them now is at fault itself.
    over: HashSet<Cause>,
    has_probed: bool,
}

impl Outage {
    /// Goes on with the outage that the last run left.
    pub(crate) fn remembered(away: Option<Away>) -> Self {
        Self { away, ..Self::default() }
    }

    pub(crate) fn away(&self) -> Option<&Away> {
        self.away.as_ref()
    }

    /// Whether the closure may be asked for this order.
    pub(crate) fn may_ask(&mut self, entry: &Entry, now: OffsetDateTime) -> bool {
        let Some(away) = &self.away else { return true };
        // A clock that was set back does not make the outage longer.
        let waits = away.due > now && away.due - now <= PROBE;
        let may = !waits && !away.cause.is_known_of(entry);
        self.has_probed |= may;
        may
    }

    pub(crate) fn failed(&mut self, before: &Entry, cause: Cause, now: OffsetDateTime) -> Blame {
        if let Some(away) = self.away.as_mut().filter(|away| away.cause == cause) {
            away.due = now + PROBE;
            return Blame::Outage;
        }
        if self.over.contains(&cause) || cause.is_known_of(before) || self.away.is_some() {
            return Blame::Order;
        }
        let orders = self.evidence.entry(cause.clone()).or_default();
        orders.push(before.clone());
        if orders.len() < ORDERS {
            return Blame::Order;
        }
        let orders = std::mem::take(orders);
        self.away = Some(Away { cause, since: now, due: now + PROBE });
        Blame::Began(orders)
    }

    /// An order was decided, for which these steps were run. Returns the outage that this ended.
    pub(crate) fn worked(&mut self, steps: &[String]) -> Option<Away> {
        let is_proof = |cause: &Cause| cause.step.as_ref().is_none_or(|step| steps.contains(step));
        self.evidence.retain(|cause, _| !is_proof(cause));
        let ended = self.away.take_if(|away| is_proof(&away.cause))?;
        self.over.insert(ended.cause.clone());
        Some(ended)
    }

    /// The whole list was walked. An outage without an order that could have tried is none any more.
    pub(crate) fn walked(&mut self, now: OffsetDateTime) -> Option<Away> {
        let has_probed = self.has_probed;
        self.away.take_if(|away| !has_probed && away.due <= now)
    }
}

#[cfg(test)]
mod tests;
