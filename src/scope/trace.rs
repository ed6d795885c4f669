//! The memory of one request: what was called, what came back, how long it took.
//!
//! It is written out only if the request fails, whatever the logging level, so that a failure explains itself without
//! a second run at debug level. The lines are reused from request to request: recording one copies a path.

use std::fmt;
use std::time::Duration;

use crate::text::LogPath;

/// More calls than a request makes unless it goes in circles.
const LINES: usize = 48;

#[derive(Debug, Default)]
pub(super) struct Trace {
    id: String,
    lines: Vec<Line>,
    used: usize,
    dropped: usize,
}

#[derive(Debug, Default)]
struct Line {
    event: Event,
    text: String,
    took: Duration,
}

#[derive(Debug, Default, Clone, Copy)]
pub(super) enum Event {
    #[default]
    Pause,
    /// Method and status, 0 for no answer.
    Call(&'static str, u16),
    Decision,
}

impl Trace {
    /// Forgets the last request.
    pub(super) fn begin(&mut self, id: &str) {
        self.id.clear();
        self.id.push_str(id);
        self.used = 0;
        self.dropped = 0;
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn note(&mut self, event: Event, text: &str, took: Duration) {
        if self.used == LINES {
            self.dropped += 1;
            return;
        }
        if self.lines.len() == self.used {
            self.lines.push(Line::default());
        }
        if let Some(line) = self.lines.get_mut(self.used) {
            line.event = event;
            line.text.clear();
            line.text.push_str(text);
            line.took = took;
            self.used += 1;
        }
    }
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for Line { event, text, took } in self.lines.iter().take(self.used) {
            let took = took.as_millis();
            f.write_str(separator)?;
            match event {
                Event::Pause => write!(f, "waited {took} ms")?,
                Event::Call(method, 0) => write!(f, "{method} {} no answer in {took} ms", LogPath(text))?,
                Event::Call(method, status) => {
                    write!(f, "{method} {} {status} in {took} ms", LogPath(text))?;
                }
                Event::Decision => write!(f, "closure said {text} in {took} ms")?,
            }
            separator = "; ";
        }
        match self.dropped {
            0 => Ok(()),
            dropped => write!(f, "{separator}and {dropped} more"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLI: Duration = Duration::from_millis(1);

    #[test]
    fn tells_the_current_request_only() {
        let mut trace = Trace::default();
        trace.begin("PR-1");
        trace.note(Event::Decision, "approve", MILLI);
        trace.note(Event::Call("POST", 503), "/requests/PR-1/approve", 2 * MILLI);
        trace.note(Event::Pause, "", 5 * MILLI);
        trace.note(Event::Call("GET", 0), "/requests/PR-1", MILLI);
        assert_eq!(
            trace.to_string(),
            "closure said approve in 1 ms; POST /requests/PR-1/approve 503 in 2 ms; waited 5 ms; GET /requests/PR-1 no answer in 1 ms"
        );
        trace.begin("PR-2");
        assert_eq!((trace.to_string().as_str(), trace.id()), ("", "PR-2"));
    }

    #[test]
    fn stays_bounded() {
        let mut trace = Trace::default();
        trace.begin("PR-1");
        for _ in 0..1000 {
            trace.note(Event::Pause, "", MILLI);
        }
        assert_eq!(trace.lines.len(), LINES);
        assert!(trace.to_string().ends_with("; and 952 more"), "{trace}");
    }
}
