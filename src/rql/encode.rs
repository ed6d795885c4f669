//! How text gets through the URL and the platform's grammar unchanged.

use super::QueryError;
use crate::text::percent_encode;

const EMPTY: &str = "empty()";

/// The operand of a comparison or list.
pub(super) fn operand(property: &str, text: &str) -> Result<String, QueryError> {
    if text == EMPTY {
        return Err(QueryError::EmptyText { property: property.to_owned() });
    }
    encode(property, text, false)
}

/// The operand of `like`, `ilike` and `search`, where a bare star is welcome and the text `empty()` is just text.
pub(super) fn pattern(property: &str, text: &str) -> Result<String, QueryError> {
    encode(property, text, true)
}

fn encode(property: &str, text: &str, star: bool) -> Result<String, QueryError> {
    if is_bare(text, star) {
        return Ok(text.to_owned());
    }
    let quote = match (text.contains('"'), text.contains('\'')) {
        (false, _) => "%22",
        (true, false) => "%27",
        (true, true) => {
            return Err(QueryError::BothQuotes { property: property.to_owned(), value: text.to_owned() });
        }
    };
    Ok(format!("{quote}{}{quote}", percent_encode(text)))
}

/// Whether the grammar reads the unquoted text as itself: a subset of its alphabet that is also plain in a URL.
fn is_bare(text: &str, star: bool) -> bool {
    let word =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-') || (star && byte == b'*');
    let bytes = text.as_bytes();
    // An unquoted `t` opens a tuple.
    text != "t"
        && bytes.first().is_some_and(|&first| word(first))
        && bytes.iter().all(|&byte| word(byte) || matches!(byte, b'.' | b':' | b'@'))
}

/// Appends a part of the query; the platform refuses empty parts, so `&` goes between two only.
pub(super) fn push_part(query: &mut String, part: &str) {
    if !query.is_empty() {
        query.push('&');
    }
    query.push_str(part);
}
