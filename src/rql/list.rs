//! The values of an `in` or `out`, as many as a URL has room for.

use super::{QueryError, encode_value};

/// Ids of one look-up may take this much of its URL, which stays under 8 kB with it.
pub(crate) const LOOK_UP: usize = 7000;

/// Encoded values with commas between.
#[derive(Debug, Default)]
pub(crate) struct ValueList(String);

impl ValueList {
    /// Adds a value, unless the list would take more than `room` bytes with it; tells whether it was added.
    ///
    /// # Errors
    ///
    /// For a value that cannot be said in a query.
    pub(crate) fn push(&mut self, value: &str, room: usize) -> Result<bool, QueryError> {
        let value = encode_value(value)?;
        let fits = self.0.len() + value.len() <= room;
        if fits {
            if !self.0.is_empty() {
                self.0.push(',');
            }
            self.0.push_str(&value);
        }
        Ok(fits)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_added_while_there_is_room_and_refused_where_they_cannot_be_said() {
        let mut list = ValueList::default();
        assert!(list.is_empty());
        assert_eq!(list.push("PR-1", 4), Ok(true));
        assert_eq!(list.push("a,b", 12), Ok(false));
        assert_eq!(list.push("a,b", 15), Ok(true));
        assert!(matches!(list.push("\"'", usize::MAX), Err(QueryError::BothQuotes { .. })));
        assert_eq!(list.as_str(), "PR-1,%22a%2Cb%22");
    }
}
