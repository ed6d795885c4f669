//! What is processed now, on this thread: the request's id, its trace, the deadline and whether it is a dry run.
//!
//! A run enters a scope, and a scope within it for each request. The loop, the wire and the logger read the innermost
//! one, so the closure's own calls belong to its request, whichever client makes them.

use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt;
use std::marker::PhantomData;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use crate::text::escape_controls;

mod trace;

use trace::{Event, Trace};

thread_local! {
    static STACK: RefCell<Stack> = RefCell::default();
}

/// What a logger that holds lines back does when a request ends; never set without one.
static ON_DONE: OnceLock<Box<dyn Fn(bool) + Send + Sync>> = OnceLock::new();

/// The scopes that were entered and not left.
#[derive(Default)]
struct Stack {
    scopes: Vec<Scope>,
    /// Memory of the last request, for the next one.
    spare: Trace,
}

struct Scope {
    /// A run has none: what it does outside of its requests belongs to the request that it was called for, if any.
    request: Option<Trace>,
    deadline: Option<Instant>,
    dry_run: bool,
    /// Values of password parameters that the request holds or was sent, which the platform may echo.
    secrets: Vec<String>,
    /// Updates that a dry run does not send: path and body.
    planned: Vec<(String, Vec<u8>)>,
}

/// A shorter secret would hide what is no secret in every text.
const SECRET: usize = 4;

impl Stack {
    fn request(&self) -> Option<&Trace> {
        self.scopes.iter().rev().find_map(|scope| scope.request.as_ref())
    }

    fn request_mut(&mut self) -> Option<&mut Trace> {
        self.scopes.iter_mut().rev().find_map(|scope| scope.request.as_mut())
    }

    fn enter(&mut self, id: Option<&str>, deadline: Option<Instant>, dry_run: bool) {
        let outer = self.scopes.last().map(|outer| (outer.deadline, outer.dry_run));
        let (outer_deadline, outer_dry_run) = outer.unwrap_or_default();
        let request = id.map(|id| {
            let mut trace = std::mem::take(&mut self.spare);
            trace.begin(id);
            trace
        });
        self.scopes.push(Scope {
            request,
            deadline: [deadline, outer_deadline].into_iter().flatten().min(),
            dry_run: dry_run || outer_dry_run,
            secrets: Vec::new(),
            planned: Vec::new(),
        });
    }

    fn leave(&mut self) {
        if let Some(Scope { request: Some(trace), .. }) = self.scopes.pop() {
            self.spare = trace;
        }
    }
}

/// Leaves the scope when it goes, also by a panic. Guards go in the order opposite to their coming.
#[must_use]
#[derive(Debug)]
pub(crate) struct Guard(PhantomData<*const ()>);

impl Drop for Guard {
    fn drop(&mut self) {
        STACK.with_borrow_mut(Stack::leave);
    }
}

/// Enters a run. The deadline and the dry run of an outer one hold within it.
pub(crate) fn enter_run(deadline: Option<Duration>, dry_run: bool) -> Guard {
    // A deadline too far away to be said is none.
    let deadline = deadline.and_then(|after| Instant::now().checked_add(after));
    enter(None, deadline, dry_run)
}

/// Enters a request of the current run.
pub(crate) fn enter_request(id: &str) -> Guard {
    enter(Some(id), None, false)
}

fn enter(id: Option<&str>, deadline: Option<Instant>, dry_run: bool) -> Guard {
    STACK.with_borrow_mut(|stack| stack.enter(id, deadline, dry_run));
    Guard(PhantomData)
}

/// Gives the innermost scope at least so much time, whatever its run's deadline says.
pub(crate) fn allow_at_least(grace: Duration) {
    STACK.with_borrow_mut(|stack| {
        if let Some(Scope { deadline: Some(deadline), .. }) = stack.scopes.last_mut() {
            *deadline = (*deadline).max(Instant::now() + grace);
        }
    });
}

/// Tells the logger that the current request has ended; its guard must still be there.
pub(crate) fn request_done(failed: bool) {
    if let Some(on_done) = ON_DONE.get() {
        on_done(failed);
    }
}

/// Hides this value in whatever the platform says while the current request is processed.
pub(crate) fn hide(secret: &str) {
    if secret.trim().len() >= SECRET {
        STACK.with_borrow_mut(|stack| {
            if let Some(scope) = stack.scopes.last_mut() {
                scope.secrets.push(secret.trim().to_owned());
            }
        });
    }
}

/// The secrets of the current request.
pub(crate) fn secrets() -> Vec<String> {
    STACK.with_borrow(|stack| stack.scopes.last().map(|scope| scope.secrets.clone()).unwrap_or_default())
}

/// The text without the secrets of the requests that are being processed.
pub(crate) fn redact(text: &str) -> Cow<'_, str> {
    STACK.with_borrow(|stack| {
        let mut text = Cow::Borrowed(text);
        for secret in stack.scopes.iter().flat_map(|scope| &scope.secrets) {
            if text.contains(secret.as_str()) {
                text = Cow::Owned(text.replace(secret.as_str(), "***"));
            }
        }
        text
    })
}

/// Time until the deadline, if there is one.
pub(crate) fn time_left() -> Option<Duration> {
    let deadline = STACK.with_borrow(|stack| stack.scopes.last()?.deadline);
    deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()))
}

pub(crate) fn is_dry_run() -> bool {
    STACK.with_borrow(|stack| stack.scopes.last().is_some_and(|scope| scope.dry_run))
}

/// Notes an update that a dry run does not send; false outside of a request of a dry run.
pub(crate) fn plan_update(path: &str, body: &[u8]) -> bool {
    STACK.with_borrow_mut(|stack| {
        let scope = stack.scopes.last_mut().filter(|scope| scope.dry_run && scope.request.is_some());
        scope.map(|scope| scope.planned.push((path.to_owned(), body.to_owned()))).is_some()
    })
}

/// The updates that were not sent for the current request.
pub(crate) fn take_planned() -> Vec<(String, Vec<u8>)> {
    STACK.with_borrow_mut(|stack| {
        stack.scopes.last_mut().map(|scope| std::mem::take(&mut scope.planned)).unwrap_or_default()
    })
}

/// Lends the id of the current request.
#[cfg(any(feature = "logger", test))]
pub(crate) fn with_request<R>(mut read: impl FnMut(Option<&str>) -> R) -> R {
    // A destructor of the ending thread may still log.
    let answer = STACK.try_with(|stack| read(stack.borrow().request().map(Trace::id)));
    answer.unwrap_or_else(|_| read(None))
}

/// Only the first one counts, as there is only one logger.
#[cfg(feature = "logger")]
pub(crate) fn on_request_done(on_done: impl Fn(bool) + Send + Sync + 'static) {
    let _ = ON_DONE.set(Box::new(on_done));
}

/// Notes a call of the current request; status 0 stands for no answer.
pub(crate) fn note_call(method: &'static str, path: &str, status: u16, took: Duration) {
    note(Event::Call(method, status), path, took);
}

pub(crate) fn note_pause(pause: Duration) {
    note(Event::Pause, "", pause);
}

pub(crate) fn note_decision(decision: &str, took: Duration) {
    note(Event::Decision, decision, took);
}

fn note(event: Event, text: &str, took: Duration) {
    STACK.with_borrow_mut(|stack| {
        if let Some(trace) = stack.request_mut() {
            trace.note(event, text, took);
        }
    });
}

/// What was done for the current request.
pub(crate) fn trace() -> String {
    STACK.with_borrow(|stack| stack.request().map(Trace::to_string).unwrap_or_default())
}

/// `PR-…: ` while a request is processed, so that each line of its processing names it.
pub(crate) struct Prefix;

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        STACK.with_borrow(|stack| match stack.request() {
            Some(trace) => write!(f, "{}: ", escape_controls(trace.id())),
            None => Ok(()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLI: Duration = Duration::from_millis(1);

    fn current() -> Option<String> {
        with_request(|id| id.map(str::to_owned))
    }

    #[test]
    fn a_request_lasts_as_long_as_its_guard() {
        assert_eq!((current(), Prefix.to_string()), (None, String::new()));
        let guard = enter_request("PR-1");
        assert_eq!((current().as_deref(), Prefix.to_string().as_str()), (Some("PR-1"), "PR-1: "));
        drop(guard);
        assert_eq!(current(), None);
    }

    #[test]
    fn leaving_a_nested_run_returns_to_the_outer_request_and_its_trace() {
        let _outer = enter_request("PR-1");
        note_pause(MILLI);
        {
            let _run = enter_run(None, false);
            assert_eq!(current().as_deref(), Some("PR-1"));
            let _inner = enter_request("TCR-2");
            note_decision("skip", MILLI);
            assert_eq!(current().as_deref(), Some("TCR-2"));
            assert_eq!(trace(), "closure said skip in 1 ms");
        }
        note_pause(MILLI);
        assert_eq!(current().as_deref(), Some("PR-1"));
        assert_eq!(trace(), "waited 1 ms; waited 1 ms");
    }

    #[test]
    fn a_panic_leaves_the_request() {
        let result = std::panic::catch_unwind(|| {
            let _run = enter_run(Some(MILLI), true);
            let _guard = enter_request("PR-1");
            panic!("in the closure");
        });
        assert!(result.is_err());
        assert_eq!((current(), is_dry_run(), time_left()), (None, false, None));
    }

    #[test]
    fn other_threads_have_their_own() {
        let _run = enter_run(None, true);
        let _guard = enter_request("PR-1");
        let other = std::thread::spawn(|| (current(), is_dry_run()));
        assert_eq!(other.join().unwrap(), (None, false));
    }

    #[test]
    fn the_sooner_deadline_and_any_dry_run_hold_within() {
        let hour = Duration::from_secs(3600);
        let _outer = enter_run(Some(hour), true);
        {
            let _inner = enter_run(Some(2 * hour), false);
            assert!(time_left().is_some_and(|left| left <= hour));
            assert!(is_dry_run());
            let _sooner = enter_run(Some(MILLI), false);
            assert!(time_left().is_some_and(|left| left <= MILLI));
        }
        assert!(time_left().is_some_and(|left| left > hour / 2));
    }

    #[test]
    fn grace_is_given_to_one_request_and_not_to_its_run() {
        let _run = enter_run(Some(Duration::ZERO), false);
        let request = enter_request("PR-1");
        allow_at_least(Duration::from_secs(60));
        assert!(time_left().is_some_and(|left| left > Duration::from_secs(50)));
        drop(request);
        assert_eq!(time_left(), Some(Duration::ZERO));
        let _unbounded = enter_run(Some(Duration::MAX), false);
        assert_eq!(time_left(), Some(Duration::ZERO));
    }

    #[test]
    fn a_scope_without_deadline_gets_none_by_grace() {
        let _run = enter_run(Some(Duration::MAX), false);
        let _request = enter_request("PR-1");
        allow_at_least(Duration::from_secs(60));
        assert_eq!(time_left(), None);
    }

    #[test]
    fn secrets_are_hidden_while_their_request_lasts() {
        let request = enter_request("PR-1");
        hide("hunter2");
        hide("abc");
        assert_eq!(redact("is hunter2 abc"), "is *** abc");
        let inner = enter_request("PR-2");
        hide("other secret");
        assert_eq!(redact("hunter2, other secret"), "***, ***");
        drop(inner);
        assert_eq!(redact("other secret"), "other secret");
        drop(request);
        assert_eq!(redact("hunter2"), "hunter2");
    }

    #[test]
    fn entering_again_reuses_the_memory() {
        let id = || with_request(|id| id.map(str::as_ptr));
        let guard = enter_request("PR-000-000-000");
        let before = id();
        drop(guard);
        let _guard = enter_request("PR-111-111-111");
        assert_eq!(id(), before);
    }
}
