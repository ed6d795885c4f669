//! What the log is told of outcomes: what nobody need look at quietly, and no failure twice.

use std::collections::HashSet;

use super::{Certainty, News, Outcome, Verdict};
use crate::text::{cause, escape_controls};

/// Failures beyond this many different ones are all new.
const MOST: usize = 1000;

/// The failures that the log of this run has, without what differs from one object to the next.
#[derive(Default)]
pub(super) struct Told(HashSet<String>);

impl Told {
    /// One line for each object, at a level that says whether anybody need look: the report has the line of each.
    pub(super) fn log(&mut self, outcome: &Outcome, trace: &str) {
        let Outcome { calls, .. } = outcome;
        let millis = outcome.elapsed.as_millis();
        if outcome.is_unremarkable() {
            log::debug!(target: "connect::process", "{outcome} ({calls} calls, {millis} ms)");
            return;
        }
        let is_news = outcome.news != News::Old && self.is_news(outcome);
        let level = match (is_news, &outcome.error) {
            (false, _) => log::Level::Info,
            (true, Some(_)) => log::Level::Error,
            (true, None) => log::Level::Warn,
        };
        if outcome.error.is_none() {
            log::log!(target: "connect::process", level, "{outcome} ({calls} calls, {millis} ms)");
            return;
        }
        log::log!(target: "connect::process", level, "{outcome}");
        if !trace.is_empty() {
            log::log!(target: "connect::process", level, "{}: what was done: {trace}", escape_controls(&outcome.id));
        }
    }

    /// Whether this is told for the first time in this run.
    fn is_news(&mut self, outcome: &Outcome) -> bool {
        let cause = cause(&outcome.to_string().replace(outcome.id.as_str(), ""));
        if self.0.contains(&cause) {
            return false;
        }
        if self.0.len() < MOST {
            self.0.insert(cause);
        }
        true
    }
}

impl Outcome {
    /// Nothing that anybody need look at: done as the closure said, or planned.
    fn is_unremarkable(&self) -> bool {
        self.error.is_none() && (self.is_plain() || self.certainty == Certainty::Planned)
    }

    /// Left as it is, and the closure said nothing about it: a run that found only such is an idle one.
    pub(super) fn is_silent(&self) -> bool {
        self.verdict == Verdict::Skipped
            && self.is_plain()
            && self.detail.as_deref().unwrap_or_default().is_empty()
    }
}
