//! The loop's own memory of the current request: what was called, what came back, how long it took.
//!
//! It is written out only if the request fails, whatever the logging level, so that a failure explains itself without
//! a second run at debug level. The lines are reused from request to request: recording one copies a path.

use std::fmt;
use std::time::Duration;

/// More calls than a request makes unless it goes in circles.
const LINES: usize = 48;

#[derive(Debug, Default)]
pub(crate) struct Trace {
    id: String,
    lines: Vec<Line>,
    used: usize,
    dropped: usize,
}

#[derive(Debug, Default)]
struct Line {
    event: Event,
    path: String,
    took: Duration,
}

#[derive(Debug, Default, Clone, Copy)]
enum Event {
    #[default]
    Pause,
    Call(&'static str, u16),
    Decision,
}

impl Trace {
    /// Forgets the last request.
    pub(crate) fn begin(&mut self, id: &str) {
        self.id.clear();
        self.id.push_str(id);
        self.used = 0;
        self.dropped = 0;
    }

    fn end(&mut self) {
        self.begin("");
    }

    /// Begins a request; where that happens inside of another one, the trace of the outer one is handed out.
    pub(crate) fn enter(&mut self, id: &str) -> Option<Self> {
        let outer = (!self.id.is_empty()).then(|| std::mem::take(self));
        self.begin(id);
        outer
    }

    /// Ends a request and goes on with the outer one, if there is one.
    pub(crate) fn leave(&mut self, outer: Option<Self>) {
        match outer {
            Some(outer) => *self = outer,
            None => self.end(),
        }
    }

    pub(crate) fn note_call(&mut self, method: &'static str, path: &str, status: u16, took: Duration) {
        self.note(Event::Call(method, status), path, took);
    }

    pub(crate) fn note_pause(&mut self, pause: Duration) {
        self.note(Event::Pause, "", pause);
    }

    pub(crate) fn note_decision(&mut self, decision: &str, took: Duration) {
        self.note(Event::Decision, decision, took);
    }

    fn note(&mut self, event: Event, path: &str, took: Duration) {
        if self.id.is_empty() {
            return;
        }
        if self.used == LINES {
            self.dropped += 1;
            return;
        }
        if self.lines.len() == self.used {
            self.lines.push(Line::default());
        }
        if let Some(line) = self.lines.get_mut(self.used) {
            line.event = event;
            line.path.clear();
            line.path.push_str(path);
            line.took = took;
            self.used += 1;
        }
    }

    /// The whole of it, if it is wanted.
    pub(crate) fn to_string_if(&self, wanted: bool) -> String {
        if wanted { self.to_string() } else { String::new() }
    }

    /// `PR-…: ` while a request is processed, so that each line of its processing names it.
    pub(crate) fn prefix(&self) -> Prefix<'_> {
        Prefix(&self.id)
    }
}

pub(crate) struct Prefix<'a>(&'a str);

impl fmt::Display for Prefix<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            "" => Ok(()),
            id => write!(f, "{id}: "),
        }
    }
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for line in self.lines.iter().take(self.used) {
            let took = line.took.as_millis();
            f.write_str(separator)?;
            match line.event {
                Event::Pause => write!(f, "waited {took} ms")?,
                Event::Call(method, 0) => {
                    write!(f, "{method} {} no answer in {took} ms", super::url::Shown(&line.path))?;
                }
                Event::Call(method, status) => {
                    write!(f, "{method} {} {status} in {took} ms", super::url::Shown(&line.path))?;
                }
                Event::Decision => write!(f, "closure said {} in {took} ms", line.path)?,
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
        trace.note_call("GET", "/requests", 200, MILLI);
        trace.begin("PR-1");
        trace.note_decision("approve", MILLI);
        trace.note_call("POST", "/requests/PR-1/approve", 503, 2 * MILLI);
        trace.note_pause(5 * MILLI);
        trace.note_call("GET", "/requests/PR-1", 0, MILLI);
        assert_eq!(
            trace.to_string(),
            "closure said approve in 1 ms; POST /requests/PR-1/approve 503 in 2 ms; waited 5 ms; GET /requests/PR-1 no answer in 1 ms"
        );
        trace.begin("PR-2");
        assert_eq!(trace.to_string(), "");
        assert_eq!(trace.prefix().to_string(), "PR-2: ");
        let outer = trace.enter("PR-3");
        trace.note_pause(MILLI);
        assert_eq!(trace.prefix().to_string(), "PR-3: ");
        trace.leave(outer);
        assert_eq!(trace.prefix().to_string(), "PR-2: ");
        trace.leave(None);
        assert_eq!(trace.prefix().to_string(), "");
    }

    #[test]
    fn stays_bounded() {
        let mut trace = Trace::default();
        trace.begin("PR-1");
        for _ in 0..1000 {
            trace.note_pause(MILLI);
        }
        assert_eq!(trace.lines.len(), LINES);
        assert!(trace.to_string().ends_with("; and 952 more"), "{trace}");
    }
}
