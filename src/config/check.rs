//! The limits of each setting, wherever its value came from.

use std::time::Duration;

use super::ConfigErrorKind::{self, BadCharacter, Empty, OutOfRange};
use super::error::Issue;

const MAX_TIMEOUT: Duration = Duration::from_secs(24 * 60 * 60);
const MAX_BACKOFF: Duration = Duration::from_secs(60 * 60);
const MAX_ATTEMPTS: u64 = 100;

pub(super) fn products(ids: &[String]) -> Result<(), Issue> {
    ensure(!ids.is_empty(), Empty, "is an empty list; leave it out to work on every product")?;
    for id in ids {
        ensure(!id.is_empty(), Empty, "holds an empty product id")?;
        ensure(!id.contains(','), BadCharacter, "holds a product id with a comma; write a list of ids")?;
        let what = "holds a product id with a space, a control character or one that is not ASCII";
        ensure(id.chars().all(|c| c.is_ascii_graphic()), BadCharacter, what)?;
    }
    Ok(())
}

pub(super) fn timeout(timeout: Duration) -> Result<(), Issue> {
    ensure(!timeout.is_zero(), OutOfRange, "must be more than zero; no call could end in time")?;
    ensure(timeout <= MAX_TIMEOUT, OutOfRange, "must be a day (86400 s) at most")
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
    ensure(base <= cap, OutOfRange, "has a base larger than its cap")?;
    ensure(cap <= MAX_BACKOFF, OutOfRange, "must have a cap of an hour at most")
}

pub(super) fn user_agent(text: &str) -> Result<(), Issue> {
    ensure(!text.trim().is_empty(), Empty, "is empty")?;
    // Blanks at the ends would be lost on the way, and a server may refuse the header for them.
    let is_plain = text.trim() == text && text.chars().all(|c| c == ' ' || c.is_ascii_graphic());
    let what = "must be printable ASCII without blanks at its ends, as it goes into an HTTP header";
    ensure(is_plain, BadCharacter, what)
}

pub(super) fn body_limit(bytes: u64) -> Result<(), Issue> {
    ensure(bytes > 0, OutOfRange, "must be more than zero; no answer could be read")
}

fn ensure(holds: bool, kind: ConfigErrorKind, what: &'static str) -> Result<(), Issue> {
    if holds { Ok(()) } else { Err(Issue::new(kind, what)) }
}
