//! An outage of the vendor's systems, told from orders that are at fault themselves: pure, but for what is remembered.

use std::collections::HashSet;
use std::hash::{Hash, Hasher};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::input::hash;
use super::store::Entry;
use crate::text::cause;

/// So many different orders come to the same error before it counts as an outage.
const ORDERS: usize = 5;
/// Time between two orders that try whether the outage is over.
const PROBE: Duration = Duration::from_secs(600);
/// So many orders that came to the outage's error may try next, the first that is met.
const CHOSEN: usize = 3;
/// So many causes are kept that may turn out to be an outage's.
const CAUSES: usize = 50;

/// What an error is recognised by: the step that failed, and the text without what differs from order to order.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Cause {
    /// First part of the step's name; nothing for an error outside of the steps.
    pub(crate) step: Option<String>,
    pub(crate) text: String,
    /// The first error as it was, for people.
    #[serde(default)]
    pub(crate) said: String,
}

impl PartialEq for Cause {
    fn eq(&self, other: &Self) -> bool {
        (&self.step, &self.text) == (&other.step, &other.text)
    }
}

impl Eq for Cause {}

impl Hash for Cause {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (&self.step, &self.text).hash(state);
    }
}

impl Cause {
    pub(crate) fn new(step: Option<String>, error: &str) -> Self {
        Self { step, text: cause(error), said: error.to_owned() }
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
    /// Whether an order that is no neighbour of those that showed it has come to it too.
    pub(crate) is_confirmed: bool,
}

impl Away {
    /// After this time it need not be confirmed any more.
    pub(crate) fn is_old(since: OffsetDateTime, now: OffsetDateTime) -> bool {
        now - since >= PROBE
    }
}

/// An order that came to an error, and the attempts that it had before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Witness {
    pub(crate) id: String,
    pub(crate) attempts: u32,
}

/// Orders that came to an error since its step was last done, in this run or earlier ones.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Evidence(Vec<(Cause, Vec<Witness>)>);

impl Evidence {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The orders that came to this error, with this one; `None` where it was among them.
    fn add(&mut self, cause: &Cause, before: &Entry) -> Option<&[Witness]> {
        let at = self.0.iter().position(|(other, _)| other == cause).unwrap_or(self.0.len());
        if at == self.0.len() {
            self.0.push((cause.clone(), Vec::new()));
        }
        let (_, orders) = self.0.get_mut(at)?;
        if orders.iter().any(|order| order.id == before.id) {
            return None;
        }
        orders.push(Witness { id: before.id.clone(), attempts: before.attempts });
        Some(orders)
    }
}

/// What an error of an order means.
#[derive(Debug, PartialEq)]
pub(crate) enum Blame {
    /// It is the order's own.
    Order,
    /// It is the outage's, which goes on.
    Outage,
    /// An outage has begun: it is the outage's, and so were the errors of these orders, as they were before.
    Began(Vec<Witness>),
}

/// What a run knows of an outage.
#[derive(Debug, Default)]
pub(crate) struct Outage {
    away: Option<Away>,
    evidence: Evidence,
    has_new_evidence: bool,
    /// Causes that ended in this run: whoever comes to one of them now is at fault itself.
    over: HashSet<Cause>,
    /// Ids of those that may try, where all of them have come to the error before.
    chosen: Vec<String>,
    /// Number of fresh orders that wait for the end of the list, until the outage is confirmed.
    deferred: usize,
    has_probed: bool,
}

impl Outage {
    /// Goes on with what the last run left. `tried` are the orders that are remembered.
    pub(crate) fn remembered(
        away: Option<Away>,
        evidence: Evidence,
        tried: impl IntoIterator<Item = Entry>,
        now: OffsetDateTime,
    ) -> Self {
        let mut chosen = Vec::new();
        if let Some(away) = &away {
            chosen.extend(tried.into_iter().filter(|entry| {
                let is_its = entry.error.as_deref().is_some_and(|error| cause(error) == away.cause.text);
                is_its && entry.attempts == 0 && entry.ended.is_none()
            }));
        }
        // By chance among those that did not try for the longest time: an order that is at fault itself does not stand at
        // the head for ever.
        chosen.sort_by_key(|entry| entry.due);
        chosen.truncate((chosen.len() / 2).max(CHOSEN));
        chosen.sort_by_cached_key(|entry| hash(&serde_json::json!([entry.id, now.unix_timestamp()])));
        chosen.truncate(CHOSEN);
        let chosen = chosen.into_iter().map(|entry| entry.id).collect();
        Self { away, evidence, chosen, ..Self::default() }
    }

    pub(crate) fn away(&self) -> Option<&Away> {
        self.away.as_ref()
    }

    /// What the next run must know, where it has changed.
    pub(crate) fn take_evidence(&mut self) -> Option<&Evidence> {
        std::mem::take(&mut self.has_new_evidence).then_some(&self.evidence)
    }

    /// Whether a fresh order waits until one behind it has shown whether this is an outage: those that are at fault
    /// themselves often stand side by side.
    pub(crate) fn defers(&mut self) -> bool {
        let defers = self.away.as_ref().is_some_and(|away| !away.is_confirmed) && self.deferred < ORDERS;
        self.deferred += usize::from(defers);
        defers
    }

    /// Whether the closure may be asked for this order.
    pub(crate) fn may_ask(&mut self, entry: &Entry, is_retry: bool, now: OffsetDateTime) -> bool {
        let Some(away) = &self.away else { return true };
        let may = if away.is_confirmed {
            // A clock that was set back does not make the outage longer.
            let waits = away.due > now && away.due - now <= 2 * PROBE;
            let has_turn = self.chosen.is_empty() || entry.error.is_none() || self.chosen.contains(&entry.id);
            !waits && has_turn && !away.cause.is_known_of(entry)
        } else {
            let is_fresh = entry.error.is_none();
            self.deferred -= usize::from(is_fresh && is_retry && self.deferred > 0);
            is_fresh && (!is_retry || self.deferred == 0)
        };
        self.has_probed |= may;
        may
    }

    pub(crate) fn failed(&mut self, before: &Entry, cause: Cause, now: OffsetDateTime) -> Blame {
        if let Some(away) = self.away.as_mut().filter(|away| away.cause == cause) {
            // Whoever confirms it was an order more: the next one comes an interval later.
            away.due = if away.is_confirmed { now + PROBE } else { now + 2 * PROBE };
            away.is_confirmed = true;
            return Blame::Outage;
        }
        if self.over.contains(&cause) || cause.is_known_of(before) {
            return Blame::Order;
        }
        let Some(orders) = self.evidence.add(&cause, before) else { return Blame::Order };
        let has_begun = orders.len() >= ORDERS;
        let orders = orders.to_vec();
        self.has_new_evidence = true;
        if !has_begun {
            let too_many = self.evidence.0.len().saturating_sub(CAUSES);
            self.evidence.0.drain(..too_many);
            return Blame::Order;
        }
        let first = self.evidence.0.extract_if(.., |(other, _)| *other == cause).next();
        let cause = first.map_or(cause, |(first, _)| first);
        // Another error of the same time: the outage goes on under it.
        let (since, is_confirmed) =
            self.away.as_ref().map_or((now, false), |away| (away.since, away.is_confirmed));
        self.away = Some(Away { cause, since, due: now + PROBE, is_confirmed });
        Blame::Began(orders)
    }

    /// An order was decided, for which these steps were run. Returns the outage that this ended.
    pub(crate) fn worked(&mut self, steps: &[String]) -> Option<Away> {
        let is_proof = |cause: &Cause| cause.step.as_ref().is_none_or(|step| steps.contains(step));
        let before = self.evidence.0.len();
        self.evidence.0.retain(|(cause, _)| !is_proof(cause));
        self.has_new_evidence |= self.evidence.0.len() < before;
        let ended = self.away.take_if(|away| is_proof(&away.cause))?;
        self.over.insert(ended.cause.clone());
        Some(ended)
    }

    /// The whole list was walked. An outage without an order that could have tried is none any more.
    pub(crate) fn walked(&mut self, now: OffsetDateTime) -> Option<Away> {
        let has_one = self.has_probed || !self.chosen.is_empty();
        self.away.take_if(|away| !has_one && away.due <= now)
    }
}

#[cfg(test)]
mod tests;
