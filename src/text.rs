//! Texts of others, made fit for one line of an error, a report or a log, or for a URL.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Everything but the characters that RFC 3986 calls unreserved.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The text for one segment of a path, or one value of a query: percent-encoded but for `A-Z a-z 0-9 - . _ ~`.
pub(crate) fn percent_encode(text: &str) -> Cow<'_, str> {
    utf8_percent_encode(text, RESERVED).into()
}

use std::borrow::Cow;
use std::fmt;

/// The words of a text with one space between, so that it cannot look like further lines.
pub(crate) fn one_line(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

/// At most so many bytes, cut between two characters and marked as cut.
pub(crate) fn cut(mut text: String, most: usize) -> String {
    if text.len() > most {
        let end = (0..=most).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(end);
        text.push('…');
    }
    text
}

/// A text cut by the platform has at least this many bytes left.
const CUT: usize = 100;

/// Whether a text of ours came back, as far as a platform changes texts: trimmed, escaped for HTML, or cut.
pub(crate) fn same_text(ours: &str, theirs: &str) -> bool {
    let (ours, theirs) = (one_line(ours), one_line(&unescaped(theirs)));
    let start = theirs.trim_end_matches(['…', '.']).trim_end();
    ours == theirs || (start.len() >= CUT && ours.starts_with(start))
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
        const SHOWN: usize = 300;
        match self.0.char_indices().nth(SHOWN) {
            Some((end, _)) => write!(f, "{}…", self.0.get(..end).unwrap_or_default().escape_debug()),
            None if self.0.contains(|c: char| c.is_control()) => write!(f, "{}", self.0.escape_debug()),
            None => f.write_str(self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{LogPath, same_text, without_signatures};

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
}
