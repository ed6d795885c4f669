//! A record as lines of text.

use std::io::{self, Write};

use log::Record;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::is_ours;
use crate::scope;

/// Writes the record, each of its lines with time, level, target and the request being processed.
///
/// A text with line breaks becomes several such lines: all of them are found by the id, and a text that comes from a
/// server cannot pose as a line of ours. For the same reason control characters are written escaped.
pub(super) fn write(to: &mut impl Write, record: &Record<'_>) -> io::Result<()> {
    // Before the id is borrowed: what formats itself here may process a request of its own.
    let text = record.args().to_string();
    let now = now();
    scope::with_request(|id| {
        let mut rest = Some(text.trim_end_matches(['\r', '\n']));
        while let Some(text) = rest {
            let (line, more) = text.split_once('\n').map_or((text, None), |(line, more)| (line, Some(more)));
            write!(to, "{now} {:<5} {}", record.level(), record.target())?;
            // The SDK names the request in its own texts where it can, so that any logger shows it.
            if let Some(id) = id.filter(|id| !(is_ours(record.target()) && line.contains(id))) {
                to.write_all(b" [")?;
                write_escaped(to, id)?;
                to.write_all(b"]")?;
            }
            to.write_all(b" ")?;
            write_escaped(to, line.strip_suffix('\r').unwrap_or(line))?;
            to.write_all(b"\n")?;
            rest = more;
        }
        Ok(())
    })
}

fn now() -> String {
    let now = OffsetDateTime::now_utc();
    now.replace_nanosecond(0).unwrap_or(now).format(&Rfc3339).unwrap_or_default()
}

fn write_escaped(to: &mut impl Write, text: &str) -> io::Result<()> {
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c.is_control() && c != '\t') {
        let (clean, tail) = rest.split_at(at);
        to.write_all(clean.as_bytes())?;
        let mut tail = tail.chars();
        if let Some(control) = tail.next() {
            write!(to, "{}", control.escape_default())?;
        }
        rest = tail.as_str();
    }
    to.write_all(rest.as_bytes())
}
