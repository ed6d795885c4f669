//! The fingerprint of a file's records at the end of its description: the platform keeps no hash of what it was sent.

use crate::error::{Error, Result};

/// What the platform takes.
const MOST: usize = 200;
const OPEN: &str = "[sdk-";
const DIGITS: usize = 32;
/// A blank, the brackets, and what is between them.
const MARK: usize = 1 + OPEN.len() + DIGITS + 1;

/// The description with the fingerprint behind it.
///
/// # Errors
///
/// [`Error::Input`] for a description that leaves no room for it.
pub(super) fn with_mark(description: &str, fingerprint: &str) -> Result<String> {
    let description = description.trim_end();
    let length = description.chars().count();
    if length > MOST - MARK {
        return Err(Error::input(format!(
            "the description of a usage file has {length} characters, and {} are all that fit beside the fingerprint of \
             its records: nothing was sent",
            MOST - MARK
        )));
    }
    let blank = if description.is_empty() { "" } else { " " };
    Ok(format!("{description}{blank}{OPEN}{fingerprint}]"))
}

/// The fingerprint at the end of a description, if there is one.
pub(super) fn mark_of(description: &str) -> Option<&str> {
    let (_, mark) = description.trim_end().strip_suffix(']')?.rsplit_once(OPEN)?;
    (mark.len() == DIGITS && mark.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(mark)
}

/// The description without the fingerprint.
pub(super) fn without_mark(description: &str) -> &str {
    match mark_of(description).and_then(|_| description.rsplit_once(OPEN)) {
        Some((before, _)) => before.trim_end(),
        None => description,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRINT: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn a_mark_is_found_behind_any_description() {
        for description in ["", "Usage of May", "by [hand]", "[sdk-0123456789abcdef0123456789abcdef]"] {
            let marked = with_mark(description, PRINT).unwrap();
            assert_eq!((mark_of(&marked), without_mark(&marked)), (Some(PRINT), description), "{marked}");
        }
        for other in [
            "",
            "Usage of May",
            "[sdk-]",
            "[sdk-0123]",
            "x]",
            "[sdk-0123456789abcdef0123456789abcdeü]",
            "[sdk-0123456789abcdef0123456789abcdeg]",
        ] {
            assert_eq!((mark_of(other), without_mark(other)), (None, other));
        }
    }

    #[test]
    fn blanks_at_the_end_of_a_description_say_nothing() {
        let marked = with_mark("Usage of May \n", PRINT).unwrap();
        assert_eq!(marked, format!("Usage of May [sdk-{PRINT}]"));
        assert_eq!(mark_of(&format!("{marked} ")), Some(PRINT));
        assert_eq!(without_mark(&format!("{marked} ")), "Usage of May");
    }

    #[test]
    fn a_description_that_leaves_no_room_is_refused() {
        let longest = "ü".repeat(161);
        let marked = with_mark(&longest, PRINT).unwrap();
        assert_eq!(marked.chars().count(), 200);
        let error = with_mark(&format!("{longest}x"), PRINT).unwrap_err().to_string();
        assert!(error.contains("162 characters, and 161 are all"), "{error}");
    }
}
