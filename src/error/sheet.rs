//! Why no workbook was made.

use std::fmt;
use std::io;

use crate::text::{Limit, escape_controls, excerpt, path};

/// Rows that [`SheetError::rows`] holds at most; [`SheetError::total`] counts on.
const KEPT_ROWS: usize = 100;
/// Rows and problems that the one line of `Display` names.
const SHOWN_ROWS: usize = 3;
/// The part of a value that a message repeats.
pub(crate) const SHOWN: Limit = Limit::Chars(60);

/// The records cannot be made into a workbook, and nothing was sent; or the platform found the file of them invalid.
///
/// Either rows are bad, which [`rows`](Self::rows) then names, or there are no records, or more than one sheet holds, or
/// the temporary file failed. The text then names its folder, which `TMPDIR` sets, and the
/// [`source`](std::error::Error::source) is what failed.
#[derive(Debug)]
pub struct SheetError(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: Kind,
    bad: BadRows,
}

#[derive(Debug)]
pub(crate) enum Kind {
    BadRows,
    NoRecords,
    TooManyRecords,
    /// The temporary file; the text says what was done with it.
    File(&'static str, io::Error),
    /// The spreadsheet writer refused for a reason that is not the file.
    Writer(String),
    /// A workbook that was made elsewhere is none of usage.
    #[cfg_attr(not(feature = "xlsx-read"), expect(dead_code, reason = "no workbook is read"))]
    Foreign(String),
    /// The platform found the file invalid; the text names it and gives its words.
    Invalid(String),
}

/// A row that cannot be sent, with everything that is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BadRow {
    /// The sheet: `records` (or its older name) or `categories`.
    pub sheet: &'static str,
    /// The row as a spreadsheet program counts: the header is row 1, the first record row 2.
    pub row: u32,
    /// Its `record_id` or `category_id` as given, cut if long; of the header row it is empty.
    pub record_id: String,
    /// What is wrong, one entry per column and cause.
    pub problems: Vec<Problem>,
}

/// One thing wrong with a row.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problem {
    /// The column's name.
    pub field: String,
    /// What is wrong with its value, and what would be right.
    pub problem: String,
}

impl Problem {
    pub(crate) fn new(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { field: field.into(), problem: problem.into() }
    }
}

/// The first bad rows and the count of all.
#[derive(Debug, Default)]
pub(crate) struct BadRows {
    rows: Vec<BadRow>,
    total: u64,
}

impl BadRows {
    pub(crate) fn is_empty(&self) -> bool {
        self.total == 0
    }

    /// Counts rows that are not kept.
    #[cfg(feature = "xlsx")]
    pub(crate) fn count_more(&mut self, rows: u64) {
        self.total += rows;
    }

    /// A row that is described already.
    #[cfg(feature = "xlsx")]
    pub(crate) fn push_row(&mut self, row: BadRow) {
        self.total += 1;
        if self.rows.len() < KEPT_ROWS {
            self.rows.push(row);
        }
    }

    pub(crate) fn push(&mut self, sheet: &'static str, row: u32, id: &str, problems: Vec<Problem>) {
        self.total += 1;
        if self.rows.len() < KEPT_ROWS {
            self.rows.push(BadRow { sheet, row, record_id: excerpt(id, SHOWN).into_owned(), problems });
        }
    }
}

impl SheetError {
    pub(crate) fn new(kind: Kind, bad: BadRows) -> Self {
        Self(Box::new(Inner { kind, bad }))
    }

    pub(crate) fn file(doing: &'static str, error: io::Error) -> Self {
        Self::new(Kind::File(doing, error), BadRows::default())
    }

    /// The bad rows in their order, the first 100 of them.
    pub fn rows(&self) -> &[BadRow] {
        &self.0.bad.rows
    }

    /// How many rows are bad, also those beyond [`rows`](Self::rows).
    pub fn total(&self) -> u64 {
        self.0.bad.total
    }
}

impl fmt::Display for SheetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.kind {
            Kind::NoRecords => return f.write_str("a usage file needs at least one record, there was none"),
            Kind::TooManyRecords => f.write_str(
                "more than 1048575 usage records, which is all that one sheet holds: split them over several files",
            )?,
            Kind::File(doing, _) => {
                let folder = path(&std::env::temp_dir());
                return write!(f, "cannot {doing} the workbook's temporary file in {folder}");
            }
            Kind::Writer(reason) => return write!(f, "the spreadsheet writer refused: {reason}"),
            Kind::Foreign(what) => return write!(f, "the workbook is none of usage: {what}"),
            Kind::Invalid(what) => f.write_str(what)?,
            Kind::BadRows => {}
        }
        let BadRows { rows, total } = &self.0.bad;
        if *total == 0 {
            return Ok(());
        }
        if matches!(self.0.kind, Kind::Invalid(_)) {
            f.write_str("; ")?;
        }
        if matches!(self.0.kind, Kind::TooManyRecords) {
            f.write_str("; also ")?;
        }
        write!(f, "{total} bad {} of usage: ", if *total == 1 { "row" } else { "rows" })?;
        for (i, row) in rows.iter().take(SHOWN_ROWS).enumerate() {
            write!(f, "{}{row}", if i == 0 { "" } else { "; " })?;
        }
        match total.saturating_sub(SHOWN_ROWS as u64) {
            0 => Ok(()),
            more => write!(f, "; and {more} more"),
        }
    }
}

/// `records row 2 ("rec-1"): quantity is missing, end_time_utc is …`
impl fmt::Display for BadRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} row {}", self.sheet, self.row)?;
        if !self.record_id.is_empty() {
            write!(f, " ({:?})", self.record_id)?;
        }
        f.write_str(": ")?;
        for (i, problem) in self.problems.iter().take(SHOWN_ROWS).enumerate() {
            write!(f, "{}{problem}", if i == 0 { "" } else { ", " })?;
        }
        match self.problems.len().saturating_sub(SHOWN_ROWS) {
            0 => Ok(()),
            more => write!(f, " (and {more} more)"),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", escape_controls(&self.field), self.problem)
    }
}

impl std::error::Error for SheetError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.0.kind {
            Kind::File(_, error) => Some(error),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bad(n: u32) -> SheetError {
        let mut rows = BadRows::default();
        for row in 2..2 + n {
            rows.push("records", row, &format!("r{row}"), vec![Problem::new("quantity", "is missing")]);
        }
        SheetError::new(Kind::BadRows, rows)
    }

    #[test]
    fn the_first_rows_are_named_on_one_line() {
        assert_eq!(
            bad(5).to_string(),
            "5 bad rows of usage: records row 2 (\"r2\"): quantity is missing; records row 3 (\"r3\"): quantity is \
             missing; records row 4 (\"r4\"): quantity is missing; and 2 more"
        );
        assert_eq!(bad(1).to_string(), "1 bad row of usage: records row 2 (\"r2\"): quantity is missing");
    }

    #[test]
    fn rows_are_bounded_and_the_total_is_not() {
        let error = bad(250);
        assert_eq!(error.rows().len(), 100);
        assert_eq!(error.total(), 250);
    }

    #[test]
    fn ids_cannot_break_the_line_or_flood_it() {
        let mut rows = BadRows::default();
        rows.push("records", 2, &format!("a\n{}", "ü".repeat(500)), vec![Problem::new("v.\n", "is odd")]);
        let text = SheetError::new(Kind::BadRows, rows).to_string();
        assert!(!text.contains('\n'), "{text}");
        assert!(text.chars().count() < 150, "{text}");
    }

    #[test]
    fn the_file_error_is_the_source_and_not_in_the_text() {
        let error = SheetError::file("create", io::Error::other("disk on fire"));
        let folder = std::env::temp_dir();
        let expected = format!("cannot create the workbook's temporary file in {}", folder.display());
        assert_eq!(error.to_string(), expected);
        let source = std::error::Error::source(&error).map(ToString::to_string);
        assert_eq!(source.as_deref(), Some("disk on fire"));
    }
}
