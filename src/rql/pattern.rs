//! Patterns of `like` and `ilike`.

use super::QueryError;

/// The text as a part of a pattern that matches exactly this text: `*` becomes `\*`, and `\` becomes `\\`.
///
/// ```
/// use connect::rql::literal;
///
/// assert_eq!(literal(r"5* \o/"), r"5\* \\o/");
/// ```
pub fn literal(text: &str) -> String {
    text.replace('\\', r"\\").replace('*', r"\*")
}

#[derive(Clone, Copy, PartialEq)]
enum Piece {
    Any,
    Star,
    Other,
}

/// Refuses what the platform refuses, and what it would silently match wrongly.
pub(super) fn check(property: &str, pattern: &str) -> Result<(), QueryError> {
    let pieces = pieces(pattern);
    let owned = || (property.to_owned(), pattern.to_owned());
    if pieces.windows(2).any(|pair| pair == [Piece::Any, Piece::Any]) {
        let (property, pattern) = owned();
        return Err(QueryError::DoubleWildcard { property, pattern });
    }
    // With a wildcard between its ends a pattern becomes a regular expression over there, and a literal star in it
    // goes in unescaped.
    let inner = pieces.get(1..pieces.len().saturating_sub(1)).unwrap_or_default();
    if inner.contains(&Piece::Any) && pieces.contains(&Piece::Star) {
        let (property, pattern) = owned();
        return Err(QueryError::StarAndWildcard { property, pattern });
    }
    Ok(())
}

fn pieces(pattern: &str) -> Vec<Piece> {
    let mut pieces = Vec::with_capacity(pattern.len());
    let mut chars = pattern.chars().peekable();
    while let Some(char) = chars.next() {
        pieces.push(match char {
            '*' => Piece::Any,
            '\\' if chars.next_if_eq(&'*').is_some() => Piece::Star,
            '\\' => {
                // A backslash before anything else stands for itself.
                chars.next_if_eq(&'\\');
                Piece::Other
            }
            _ => Piece::Other,
        });
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_literal_has_no_wildcard_and_keeps_its_backslashes() {
        for (text, pattern) in
            [("", ""), ("Olmedo", "Olmedo"), ("5*", r"5\*"), (r"\o/", r"\\o/"), (r"\*", r"\\\*")]
        {
            assert_eq!(literal(text), pattern);
            assert!(!pieces(&literal(text)).contains(&Piece::Any), "{text}");
        }
    }
}
