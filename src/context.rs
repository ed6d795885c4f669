//! Which request this thread is working on: set by the loop, read where log lines are written.

use std::cell::RefCell;
use std::marker::PhantomData;
use std::sync::OnceLock;

thread_local! {
    static CURRENT: RefCell<Current> = const { RefCell::new(Current { ids: String::new(), start: None }) };
}

/// What a logger that holds lines back does when a request ends; never set without one.
static ON_DONE: OnceLock<Box<dyn Fn(bool) + Send + Sync>> = OnceLock::new();

/// The ids of nested requests in one text, so that entering the next one allocates nothing.
struct Current {
    ids: String,
    /// Where the innermost id starts.
    start: Option<usize>,
}

/// Makes the id the current one of this thread until the guard goes; guards go in the order opposite to their coming.
pub(crate) fn enter(id: &str) -> Guard {
    CURRENT.with_borrow_mut(|current| {
        let outer = current.start;
        current.start = Some(current.ids.len());
        current.ids.push_str(id);
        Guard { outer, on_this_thread: PhantomData }
    })
}

/// Lends the id entered last and not yet left.
#[cfg(any(feature = "logger", test))]
pub(crate) fn with_current<R>(mut read: impl FnMut(Option<&str>) -> R) -> R {
    // A destructor of the ending thread may still log.
    let answer = CURRENT.try_with(|current| {
        let current = current.borrow();
        read(current.start.and_then(|start| current.ids.get(start..)))
    });
    answer.unwrap_or_else(|_| read(None))
}

/// Says that the current request has ended; its guard must still be there.
pub(crate) fn request_done(failed: bool) {
    if let Some(on_done) = ON_DONE.get() {
        on_done(failed);
    }
}

/// Only the first one counts, as there is only one logger.
#[cfg(feature = "logger")]
pub(crate) fn on_request_done(on_done: impl Fn(bool) + Send + Sync + 'static) {
    let _ = ON_DONE.set(Box::new(on_done));
}

/// Puts the id that was current before back.
#[must_use]
#[derive(Debug)]
pub(crate) struct Guard {
    outer: Option<usize>,
    on_this_thread: PhantomData<*const ()>,
}

impl Drop for Guard {
    fn drop(&mut self) {
        CURRENT.with_borrow_mut(|current| {
            current.ids.truncate(current.start.unwrap_or_default());
            current.start = self.outer;
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn current() -> Option<String> {
        with_current(|id| id.map(str::to_owned))
    }

    #[test]
    fn the_id_lasts_as_long_as_its_guard() {
        assert_eq!(current(), None);
        let guard = enter("PR-1");
        assert_eq!(current().as_deref(), Some("PR-1"));
        drop(guard);
        assert_eq!(current(), None);
    }

    #[test]
    fn leaving_a_nested_request_returns_to_the_outer_one() {
        let _outer = enter("PR-1");
        {
            let _inner = enter("TCR-2");
            assert_eq!(current().as_deref(), Some("TCR-2"));
            let _empty = enter("");
            assert_eq!(current().as_deref(), Some(""));
        }
        assert_eq!(current().as_deref(), Some("PR-1"));
    }

    #[test]
    fn a_panic_leaves_the_request() {
        let result = std::panic::catch_unwind(|| {
            let _guard = enter("PR-1");
            panic!("in the closure");
        });
        assert!(result.is_err());
        assert_eq!(current(), None);
    }

    #[test]
    fn other_threads_have_their_own() {
        let _guard = enter("PR-1");
        assert_eq!(std::thread::spawn(current).join().unwrap(), None);
    }

    #[test]
    fn entering_again_reuses_the_memory() {
        drop(enter("PR-000-000-000"));
        let before = CURRENT.with_borrow(|current| current.ids.as_ptr());
        drop(enter("PR-111-111-111"));
        assert_eq!(CURRENT.with_borrow(|current| current.ids.as_ptr()), before);
    }
}
