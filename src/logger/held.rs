//! Lines of the current request that are written only if it fails.

use std::collections::VecDeque;

use log::Record;

use super::line;
use crate::scope;

const MOST_LINES: usize = 200;
const MOST_BYTES: usize = 256 << 10;

/// The lines of one request, the newest of them if they are too many.
#[derive(Default)]
pub(super) struct Held {
    id: String,
    lines: VecDeque<String>,
    bytes: usize,
    dropped: usize,
}

impl Held {
    pub(super) const fn new() -> Self {
        Self { id: String::new(), lines: VecDeque::new(), bytes: 0, dropped: 0 }
    }

    /// Keeps a line of the current request; those of another one are forgotten.
    pub(super) fn push(&mut self, line: String) {
        scope::with_request(|id| {
            let id = id.unwrap_or_default();
            if self.id != id {
                self.clear();
                id.clone_into(&mut self.id);
            }
        });
        self.bytes += line.len();
        self.lines.push_back(line);
        while self.lines.len() > MOST_LINES || self.bytes > MOST_BYTES {
            let Some(oldest) = self.lines.pop_front() else {
                break;
            };
            self.bytes -= oldest.len();
            self.dropped += 1;
        }
    }

    pub(super) fn clear(&mut self) {
        self.id.clear();
        self.lines.clear();
        self.bytes = 0;
        self.dropped = 0;
    }

    pub(super) fn is_of(&self, id: Option<&str>) -> bool {
        id == Some(self.id.as_str())
    }

    /// How many lines are kept, and how many were dropped for them.
    pub(super) fn counts(&self) -> (usize, usize) {
        (self.lines.len(), self.dropped)
    }

    pub(super) fn lines(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().map(String::as_str)
    }
}

/// The record as it would have been written now.
pub(super) fn format(record: &Record<'_>) -> String {
    let mut bytes = Vec::new();
    let _ = line::write(&mut bytes, record);
    String::from_utf8(bytes).unwrap_or_default()
}
