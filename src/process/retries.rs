//! The order of work: what was not tried yet comes first, and every fifth is one that was.

use std::collections::VecDeque;
use std::time::Instant;

use crate::page::Element;

/// After so many fresh ones, one that was tried before has its turn.
const FRESH: u32 = 4;
/// So many copies are kept; beyond that the oldest is handled at once.
const KEPT: usize = 1000;

/// Objects that were tried before, in the order of the list, each with the time at which it was read.
pub(super) struct Retries<T> {
    waiting: VecDeque<(T, Instant)>,
    fresh: u32,
}

impl<T> Default for Retries<T> {
    fn default() -> Self {
        Self { waiting: VecDeque::new(), fresh: 0 }
    }
}

impl<T> Retries<T> {
    pub(super) fn push(&mut self, element: Element<T>, read: Instant) {
        if let Element::Item(item) = element {
            self.waiting.push_back((item, read));
        }
    }

    pub(super) fn pop(&mut self) -> Option<(T, Instant)> {
        self.waiting.pop_front()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Counts a fresh one that was handled while others wait.
    pub(super) fn count_fresh(&mut self) {
        self.fresh += u32::from(!self.is_empty());
    }

    /// Whether one that was tried before has its turn now; true once for so many fresh ones.
    pub(super) fn has_turn(&mut self) -> bool {
        if self.waiting.len() > KEPT {
            return true;
        }
        if self.fresh < FRESH {
            return false;
        }
        self.fresh = 0;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_fresh_ones_go_first_counted_from_when_one_waits() {
        let mut retries = Retries::default();
        for _ in 0..9 {
            retries.count_fresh();
        }
        retries.push(Element::Item(1), Instant::now());
        retries.push(Element::Item(2), Instant::now());
        for expected in [false, false, false, true, false, false, false, true] {
            retries.count_fresh();
            assert_eq!(retries.has_turn(), expected);
        }
        assert_eq!(retries.pop().map(|(item, _)| item), Some(1));
    }

    #[test]
    fn beyond_so_many_copies_the_oldest_has_its_turn_at_once() {
        let mut retries = Retries::default();
        for item in 0..=KEPT {
            assert!(!retries.has_turn());
            retries.push(Element::Item(item), Instant::now());
        }
        assert!(retries.has_turn());
    }
}
