//! Texts of others, made fit for one line of an error, a report or a log, or for a URL.

use std::borrow::Cow;
use std::fmt;
use std::path::Path;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

mod words;

pub(crate) use words::word_enum;

/// Everything but the characters that RFC 3986 calls unreserved.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The text for one segment of a path, or one value of a query: percent-encoded but for `A-Z a-z 0-9 - . _ ~`.
pub(crate) fn percent_encode(text: &str) -> Cow<'_, str> {
    utf8_percent_encode(text, RESERVED).into()
}

/// The words of a text with one space between, so that it cannot look like further lines.
pub(crate) fn one_line(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ").replace(is_direction, "")
}

/// Whether the bytes are a page for people, which gateways send where the platform would send JSON.
pub(crate) fn is_html(bytes: &[u8]) -> bool {
    let head = without_mark(bytes).trim_ascii_start();
    let head = head.get(..HEAD).unwrap_or(head).to_ascii_lowercase();
    let tags: [&[u8]; 5] = [b"<!doctype html", b"<html", b"<head", b"<title", b"<body"];
    head.starts_with(b"<") && tags.iter().any(|tag| head.windows(tag.len()).any(|part| part == *tag))
}

/// A page of HTML shows within so many bytes that it is one.
const HEAD: usize = 1024;

/// How such a page is named.
pub(crate) const HTML: &str = "an HTML page, probably of a gateway in front of the platform";

/// The bytes without the mark of UTF-8 that some servers and editors put before a text.
pub(crate) fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes)
}

/// The text with control characters, separators of lines and marks of direction escaped, so that it stays on its line.
pub(crate) fn escape_controls(text: &str) -> Cow<'_, str> {
    let breaks = |c: char| c.is_control() || is_direction(c) || matches!(c, '\u{2028}' | '\u{2029}');
    if !text.contains(breaks) {
        return text.into();
    }
    text.chars().map(|c| if breaks(c) { c.escape_default().to_string() } else { c.to_string() }).collect()
}

/// Whether the sign turns the direction in which what follows is shown, so that a line reads as another one.
fn is_direction(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Writes texts with everything escaped that could break the line or turn it around, whoever they come from.
pub(crate) struct Clean<'a, W>(pub(crate) &'a mut W);

impl<W: fmt::Write> fmt::Write for Clean<'_, W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.write_str(&escape_controls(text))
    }
}

/// A path as an error or a log line quotes it.
pub(crate) fn path(path: &Path) -> String {
    escape_controls(&path.to_string_lossy()).into_owned()
}

/// The most of a text that is shown.
#[derive(Clone, Copy)]
pub(crate) enum Limit {
    Chars(usize),
    Bytes(usize),
}

/// The text, or as much of its beginning as the limit allows, cut between two characters and marked with `…`.
pub(crate) fn excerpt(text: &str, limit: Limit) -> Cow<'_, str> {
    let beyond = |&(count, (at, c)): &(usize, (usize, char))| match limit {
        Limit::Chars(most) => count >= most,
        Limit::Bytes(most) => at + c.len_utf8() > most,
    };
    match text.char_indices().enumerate().find(beyond) {
        Some((_, (end, _))) => format!("{}…", text.get(..end).unwrap_or_default()).into(),
        None => text.into(),
    }
}

/// A text cut by the platform has at least this many bytes left.
const CUT: usize = 100;

/// Whether a text of ours came back, as far as a platform changes texts: trimmed, escaped for HTML, or cut.
pub(crate) fn same_text(ours: &str, theirs: &str) -> bool {
    let ours = one_line(ours);
    let is_ours = |theirs: &str| {
        let theirs = one_line(theirs);
        let start = theirs.trim_end_matches(['…', '.']).trim_end();
        ours == theirs || (start.len() >= CUT && ours.starts_with(start))
    };
    // Ours may hold what looks escaped, too.
    is_ours(theirs) || is_ours(&unescaped(theirs))
}

fn unescaped(text: &str) -> String {
    let quotes = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
    quotes.replace("&#39;", "'").replace("&#x27;", "'").replace("&nbsp;", " ").replace("&amp;", "&")
}

/// The text with the queries of links hidden, since signed links carry their secret there.
pub(crate) fn without_signatures(text: &str) -> Cow<'_, str> {
    if !text.contains("://") {
        return Cow::Borrowed(text);
    }
    let is_end = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | '\\');
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, link) = rest.split_at(at + 3);
        let end = link.find(is_end).unwrap_or(link.len());
        let (link, after) = link.split_at(end);
        out.push_str(before);
        match link.split_once(['?', '#']) {
            Some((address, _)) => {
                out.push_str(address);
                out.push_str("?***");
            }
            None => out.push_str(link),
        }
        rest = after;
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// A path for a log line: without line breaks, and not without end.
pub(crate) struct LogPath<'a>(pub(crate) &'a str);

impl fmt::Display for LogPath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&escape_controls(&excerpt(self.0, Limit::Chars(300))))
    }
}

/// How many letters are taken out, put in or changed to make `b` of `a`.
pub(crate) fn edits(a: &[char], b: &[char]) -> usize {
    distance(a, b, (1, 1), |a, b| usize::from(a != b))
}

/// The least cost of making `b` of `a`, one row at a time: taking out, putting in, and changing.
pub(crate) fn distance<T>(
    a: &[T],
    b: &[T],
    (out, put): (usize, usize),
    change: impl Fn(&T, &T) -> usize,
) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).map(|count| count * put).collect();
    for (i, x) in a.iter().enumerate() {
        let mut left = (i + 1) * out;
        let mut next = vec![left];
        for (y, above) in b.iter().zip(row.windows(2)) {
            let &[diagonal, up] = above else { continue };
            left = (diagonal + change(x, y)).min(up + out).min(left + put);
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

/// A text without the words that differ from object to object where the cause is the same: whatever has a digit in it.
pub(crate) fn cause(text: &str) -> String {
    let words = text.split_whitespace().filter(|word| !word.contains(|c: char| c.is_ascii_digit()));
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::Limit::{Bytes, Chars};
    use super::*;

    #[test]
    fn edits_are_insertions_removals_and_replacements() {
        let of = |a: &str, b: &str| edits(&a.chars().collect::<Vec<_>>(), &b.chars().collect::<Vec<_>>());
        assert_eq!(of("", ""), 0);
        assert_eq!(of("", "abc"), 3);
        assert_eq!(of("abc", ""), 3);
        assert_eq!(of("kitten", "sitting"), 3);
        assert_eq!(of("product", "products"), 1);
        assert_eq!(of("apikye", "apikey"), 2);
    }

    #[test]
    fn what_signs_a_link_is_hidden() {
        for (text, expected) in [
            ("no link", "no link"),
            ("see https://a.example/b", "see https://a.example/b"),
            ("see https://a.example/b?sig=1&x=2 now", "see https://a.example/b?*** now"),
            ("\"http://a/?k\", 'ftp://b#c'", "\"http://a/?***\", 'ftp://b?***'"),
            ("https://a?b\nhttps://c?d", "https://a?***\nhttps://c?***"),
        ] {
            assert_eq!(without_signatures(text), expected);
        }
    }

    #[test]
    fn a_text_is_recognised_though_the_platform_trims_escapes_or_cuts_it() {
        let long = "a reason ".repeat(30);
        for (ours, theirs) in [
            (" waits for the bank\n", "waits for the bank"),
            ("a < b & \"c\" 'd'", "a &lt; b &amp; &quot;c&quot; &#39;d&#x27;"),
            ("one\r\ntwo", "one\ntwo"),
            ("write &lt; for <", "write &lt; for <"),
            ("write &lt; for <", "write &amp;lt; for &lt;"),
            (&long, &long[..120]),
            (&long, &format!("{}…", &long[..120])),
            (&long, &format!("{}...", &long[..120])),
        ] {
            assert!(same_text(ours, theirs), "{ours:?} {theirs:?}");
        }
        for (ours, theirs) in [("not allowed", "not"), (&long[..], &long[..60]), ("a", "b"), ("a", "")] {
            assert!(!same_text(ours, theirs), "{ours:?} {theirs:?}");
        }
    }

    #[test]
    fn a_path_is_shown_as_it_is_but_for_what_would_break_the_line() {
        let shown = |path: &str| LogPath(path).to_string();
        assert_eq!(shown("/requests?eq(name,\"x\")"), "/requests?eq(name,\"x\")");
        assert_eq!(shown("/requests\n2030-01-01 INFO forged"), "/requests\\n2030-01-01 INFO forged");
        assert_eq!(shown(&"x".repeat(300)), "x".repeat(300));
        assert_eq!(shown(&"x".repeat(301)), format!("{}…", "x".repeat(300)));
    }

    #[test]
    fn an_excerpt_is_the_text_or_its_beginning_and_a_mark() {
        for (text, limit, expected) in [
            ("", Chars(0), ""),
            ("a", Chars(0), "…"),
            ("abc", Chars(3), "abc"),
            ("abcd", Chars(3), "abc…"),
            ("äöü", Chars(3), "äöü"),
            ("äöüß", Chars(3), "äöü…"),
            ("", Bytes(0), ""),
            ("abc", Bytes(3), "abc"),
            ("abcd", Bytes(3), "abc…"),
            ("aö", Bytes(3), "aö"),
            ("äö", Bytes(3), "ä…"),
            ("ä", Bytes(1), "…"),
            ("a𝄞b", Bytes(4), "a…"),
            ("a𝄞b", Bytes(5), "a𝄞…"),
            ("a𝄞b", Bytes(6), "a𝄞b"),
        ] {
            assert_eq!(excerpt(text, limit), expected, "{text:?}");
        }
    }

    #[test]
    fn what_breaks_a_line_is_escaped_and_nothing_else() {
        assert!(matches!(escape_controls("a \"ü\" \\ b"), Cow::Borrowed(_)));
        assert_eq!(escape_controls("a\n\t\u{1b}\u{85}\u{2028}\"ü"), "a\\n\\t\\u{1b}\\u{85}\\u{2028}\"ü");
        assert_eq!(path(Path::new("a/b\r.pem")), "a/b\\r.pem");
        assert_eq!(escape_controls("PR-\u{202e}1\u{2066}"), "PR-\\u{202e}1\\u{2066}");
        assert_eq!(one_line(" a\u{202e}b \u{200f}\n c"), "ab  c");
    }

    #[test]
    fn a_page_of_html_is_known_by_its_tags() {
        for html in [
            "<html>",
            "\u{feff} \n<!DOCTYPE HTML PUBLIC \"-//W3C//DTD HTML 4.01//EN\">",
            "<HTML><TITLE>Sign in</TITLE></HTML>",
            "<!-- proxy --><html lang=en>",
            "<?xml version=\"1.0\"?><!DOCTYPE html><html xmlns=\"x\">",
            "<head><meta charset=utf-8>",
            "<title>504</title>",
            "<body bgcolor=white>",
        ] {
            assert!(is_html(html.as_bytes()), "{html}");
        }
        for other in ["", "<", "<error>no</error>", "{\"a\":\"<html>\"}", "\"<html>\"", "[]", "html"] {
            assert!(!is_html(other.as_bytes()), "{other}");
        }
    }

    #[test]
    fn unreserved_characters_are_all_that_is_not_encoded() {
        for byte in 0..=127_u8 {
            let text = char::from(byte).to_string();
            let plain = byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
            let expected = if plain { text.clone() } else { format!("%{byte:02X}") };
            assert_eq!(percent_encode(&text), expected);
        }
        assert_eq!(percent_encode("é"), "%C3%A9");
    }
}
