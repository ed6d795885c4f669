//! The limits of each setting, wherever its value came from.

use std::time::Duration;

use super::ConfigErrorKind::{BadCharacter, Empty, OutOfRange};
use super::error::Issue;

const MAX_TIMEOUT: Duration = Duration::from_secs(24 * 60 * 60);
const MAX_BACKOFF: Duration = Duration::from_secs(60 * 60);
const MAX_ATTEMPTS: u64 = 100;

pub(super) fn products(ids: &[String]) -> Result<(), Issue> {
    if ids.is_empty() {
        return Err(Issue::new(Empty, "is an empty list; leave it out to work on every product"));
    }
    for id in ids {
        if id.is_empty() {
            return Err(Issue::new(Empty, "holds an empty product id"));
        }
        if id.contains(',') {
            return Err(Issue::new(BadCharacter, "holds a product id with a comma; write a list of ids"));
        }
        if !id.chars().all(|c| c.is_ascii_graphic()) {
            let what = "holds a product id with a space, a control character or one that is not ASCII";
            return Err(Issue::new(BadCharacter, what));
        }
    }
    Ok(())
}

pub(super) fn timeout(timeout: Duration) -> Result<(), Issue> {
    if timeout.is_zero() {
        Err(Issue::new(OutOfRange, "must be more than zero; no call could end in time"))
    } else if timeout > MAX_TIMEOUT {
        Err(Issue::new(OutOfRange, "must be a day (86400 s) at most"))
    } else {
        Ok(())
    }
}

/// Returns the value in the type that [`Config`](super::Config) keeps.
pub(super) fn attempts(attempts: u64) -> Result<u32, Issue> {
    match u32::try_from(attempts) {
        Ok(0) => Err(Issue::new(OutOfRange, "must be at least 1, as the first attempt counts")),
        Ok(number) if attempts <= MAX_ATTEMPTS => Ok(number),
        _ => Err(Issue::new(OutOfRange, "must be 100 at most")),
    }
}

pub(super) fn backoff(base: Duration, cap: Duration) -> Result<(), Issue> {
    if base > cap {
        Err(Issue::new(OutOfRange, "has a base larger than its cap"))
    } else if cap > MAX_BACKOFF {
        Err(Issue::new(OutOfRange, "must have a cap of an hour at most"))
    } else {
        Ok(())
    }
}

pub(super) fn user_agent(text: &str) -> Result<(), Issue> {
    if text.trim().is_empty() {
        return Err(Issue::new(Empty, "is empty"));
    }
    // Blanks at the ends would be lost on the way, and a server may refuse the header for them.
    if text.trim() != text || !text.chars().all(|c| c == ' ' || c.is_ascii_graphic()) {
        let what = "must be printable ASCII without blanks at its ends, as it goes into an HTTP header";
        return Err(Issue::new(BadCharacter, what));
    }
    Ok(())
}

pub(super) fn body_limit(bytes: u64) -> Result<(), Issue> {
    if bytes == 0 {
        return Err(Issue::new(OutOfRange, "must be more than zero; no answer could be read"));
    }
    Ok(())
}
