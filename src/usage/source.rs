//! Where records come from: an iterator of them, or of results of them.

use super::record::UsageRecord;
use crate::error::Error;

/// A record, or a result of one: what an iterator of usage records may yield.
///
/// A source that reads a paged list can fail in the middle. Its first error ends it, and nothing is sent. A closure that maps
/// to records and uses `?` ends in `anyhow::Ok(record)`, which says what its errors are.
pub trait IntoRecord: sealed::Sealed {
    /// The record, or why the source has none.
    #[doc(hidden)]
    fn into_record(self) -> anyhow::Result<UsageRecord>;
}

impl IntoRecord for UsageRecord {
    #[inline]
    fn into_record(self) -> anyhow::Result<UsageRecord> {
        Ok(self)
    }
}

impl<E: Into<anyhow::Error>> IntoRecord for Result<UsageRecord, E> {
    #[inline]
    fn into_record(self) -> anyhow::Result<UsageRecord> {
        self.map_err(Into::into)
    }
}

mod sealed {
    pub trait Sealed {}

    impl Sealed for super::UsageRecord {}

    impl<E> Sealed for Result<super::UsageRecord, E> {}
}

/// The error of a source that failed after so many records, with its own words.
pub(super) fn failed(error: anyhow::Error, records: u32) -> Error {
    let note = format!("the source of usage records failed after {records} records, and nothing was sent");
    match error.downcast::<Error>() {
        Ok(error @ (Error::Api(_) | Error::Decode(_) | Error::Transport(_))) => error.with_note(note),
        Ok(error) => Error::Handler(anyhow::Error::new(error).context(note)),
        Err(error) => Error::Handler(error.context(note)),
    }
}
