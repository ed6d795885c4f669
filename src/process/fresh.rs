//! An old copy of an object is read again before the closure sees it: somebody else may have ended it meanwhile.

use super::Queue;
use super::recheck::Wanted;
use crate::error::{Error, Result};
use crate::http::{Http, Method, decode};

/// What reading an object again shows.
pub(super) enum Again<T> {
    /// It is still what the run asks for.
    Wanted(T),
    /// It is not, and why.
    Stale(String),
}

/// Reads an object again.
///
/// # Errors
///
/// What reading it fails with, and [`Error::Decode`] for an answer that does not tell whether it is still wanted.
pub(super) fn read_again<T: Queue>(http: &Http, wanted: &Wanted<'_>, id: &str) -> Result<Again<T>> {
    let path = T::path(id)?;
    let read = http.get_with(&path, |answer| {
        let item: T = decode(Method::Get, &path, answer.content())?;
        Ok((item, wanted.contradicted_by(answer.content())))
    });
    let (item, contradicted) = match read {
        Ok(read) => read,
        Err(error) if error.is_not_found() => {
            return Ok(Again::Stale("the platform does not have it any more".into()));
        }
        Err(error) => return Err(error),
    };
    if item.id() != id {
        return Err(Error::unexpected("GET", &path, "the answer is about another object"));
    }
    if item.status().is_empty() {
        return Err(Error::unexpected("GET", &path, "the answer tells no status"));
    }
    Ok(match (wanted.still(item), contradicted) {
        (Again::Wanted(_), Some(filter)) => Again::Stale(format!("it contradicts {filter} now")),
        (again, _) => again,
    })
}

impl Wanted<'_> {
    /// Whether an object that was read again is still one that the run asks for.
    pub(super) fn still<T: Queue>(&self, item: T) -> Again<T> {
        if !self.has_status(item.status()) {
            Again::Stale(format!("it was brought to state {:?} by someone else", item.status()))
        } else if !self.has_product(item.product_id()) {
            Again::Stale("it is of another product now".into())
        } else {
            Again::Wanted(item)
        }
    }
}
