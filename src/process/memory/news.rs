//! What is news, by what the ledger knows was told before.

use super::{Memory, collection};
use crate::ledger::Entry;
use crate::process::{News, Outcome, Queue, Report, Verdict};
use crate::text::cause;

/// What the outcome is known by once it was told.
pub(super) fn mark_of(outcome: &Outcome) -> String {
    cause(&outcome.to_string().replace(outcome.id.as_str(), ""))
}

impl Memory<'_> {
    /// Says whether the outcome is news, by what was told of the order before.
    pub(super) fn mark<T: Queue>(&self, entry: &Entry, outcome: &mut Outcome) {
        let collection = collection::<T>();
        outcome.news = match outcome.verdict {
            Verdict::Skipped | Verdict::Stale => News::Old,
            _ => {
                let mark = outcome.stuck.clone().unwrap_or_else(|| mark_of(outcome));
                let is_old = self.was_told(entry, &mark);
                if is_old { News::Old } else { News::Marked { collection, told: mark } }
            }
        };
    }

    pub(super) fn was_told(&self, entry: &Entry, mark: &str) -> bool {
        entry.told.as_deref() == Some(mark) && !self.is_to_tell_again(entry)
    }

    pub(super) fn is_to_tell_again(&self, entry: &Entry) -> bool {
        let (Some(ledger), Some(after), Some(told)) = (self.ledger, self.tell_again, entry.told_at) else {
            return false;
        };
        ledger.now() - told >= after
    }

    /// Tells again of an order that was told of long ago.
    pub(super) fn remind(&self, entry: &Entry, line: &str, report: &mut Report) {
        if self.is_to_tell_again(entry) {
            let mark = entry.told.clone().unwrap_or_default();
            report.tell(line, Some((&entry.collection, &entry.id, &mark)));
        }
    }
}
