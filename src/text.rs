//! Texts of others, made fit for one line of an error, a report or a log.

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
    use super::LogPath;

    #[test]
    fn a_path_is_shown_as_it_is_but_for_what_would_break_the_line() {
        let shown = |path: &str| LogPath(path).to_string();
        assert_eq!(shown("/requests?eq(name,\"x\")"), "/requests?eq(name,\"x\")");
        assert_eq!(shown("/requests\n2030-01-01 INFO forged"), "/requests\\n2030-01-01 INFO forged");
        assert_eq!(shown(&"x".repeat(300)), "x".repeat(300));
        assert_eq!(shown(&"x".repeat(301)), format!("{}…", "x".repeat(300)));
    }
}
