//! An id as one segment of a path.

use std::borrow::Cow;

use crate::error::{Error, Result};
use crate::text;

/// An id as one segment of a path, whatever is in it.
///
/// # Errors
///
/// [`Error::Input`] for an empty id: the path would mean something else.
pub(crate) fn segment(id: &str) -> Result<Cow<'_, str>> {
    match id {
        "" => Err(Error::input("an id is empty: no call was made")),
        // Clients and servers resolve these, encoded or not.
        "." | ".." => Err(Error::input(format!("{id:?} is no id: no call was made"))),
        _ => Ok(text::percent_encode(id)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_stays_one_segment() {
        for (id, expected) in [
            ("PR-1234-5678", "PR-1234-5678"),
            ("a/b", "a%2Fb"),
            ("../x", "..%2Fx"),
            ("a?b#c", "a%3Fb%23c"),
            ("50%", "50%25"),
            ("a b\r\nHost: evil", "a%20b%0D%0AHost%3A%20evil"),
            ("é", "%C3%A9"),
            ("\\", "%5C"),
        ] {
            assert_eq!(segment(id).unwrap(), expected);
        }
        for id in ["", ".", ".."] {
            assert!(matches!(segment(id), Err(Error::Input(_))), "{id:?}");
        }
    }
}
