//! How text gets through the URL and the platform's grammar unchanged.

use super::QueryError;

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
        (false, _) => '"',
        (true, false) => '\'',
        (true, true) => {
            return Err(QueryError::BothQuotes { property: property.to_owned(), value: text.to_owned() });
        }
    };
    let mut out = String::with_capacity(text.len() + 12);
    push_percent(&mut out, quote as u8);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            push_percent(&mut out, byte);
        }
    }
    push_percent(&mut out, quote as u8);
    Ok(out)
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

fn push_percent(out: &mut String, byte: u8) {
    const DIGITS: [char; 16] =
        ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'];
    out.push('%');
    out.push(DIGITS[usize::from(byte >> 4)]);
    out.push(DIGITS[usize::from(byte & 15)]);
}

/// Appends a part of the query; the platform refuses empty parts, so `&` goes between two only.
pub(super) fn push_part(query: &mut String, part: &str) {
    if !query.is_empty() {
        query.push('&');
    }
    query.push_str(part);
}
