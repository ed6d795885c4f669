//! Checks of records as they stream by, in memory that does not grow with their text.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::hint::black_box;

use time::{OffsetDateTime, UtcOffset};

use super::number::Number;
use super::record::{UsageCategory, UsageRecord};
use crate::error::{BadRows, Problem, SHOWN};
use crate::text::excerpt;

/// Records that fit on a sheet: its 1,048,576 rows without the header.
pub(crate) const MAX_RECORDS: u32 = 1_048_575;
/// UTF-16 units that fit in a cell.
const MAX_TEXT: usize = 32_767;
/// Columns that fit on a sheet, less today's sixteen.
const MAX_PARAMETERS: usize = 16_384 - 16;
/// The platform's upper limit for a tier, and the bound of an amount on either side.
const MAX_TIER: u32 = 2_147_483_647;
const MAX_AMOUNT: f64 = 1e16;

/// Checks one record after the other against the file's categories, parameters and the records before.
pub(crate) struct Validator {
    categories: HashSet<String>,
    parameters: Vec<String>,
    seen: Seen,
}

/// The cells of a good record that are not its own text.
pub(crate) struct Cells {
    pub(crate) quantity: Option<f64>,
    pub(crate) amount: Option<f64>,
    pub(crate) start: String,
    pub(crate) end: String,
    /// Index of the column of each of the record's parameters, among the parameter columns of the file.
    pub(crate) params: Vec<usize>,
}

impl Validator {
    pub(crate) fn new(categories: &[UsageCategory], expected_records: usize) -> Self {
        Self {
            categories: categories.iter().map(|category| category.category_id.clone()).collect(),
            parameters: Vec::new(),
            seen: Seen::new(expected_records),
        }
    }

    pub(crate) fn parameters(&self) -> &[String] {
        &self.parameters
    }

    /// Sets the parameter columns, also those that have a problem. Returns the problems.
    pub(crate) fn set_parameters(&mut self, mut names: Vec<String>) -> Vec<Problem> {
        for name in &mut names {
            if bare(name).len() < name.len() {
                *name = bare(name).to_owned();
            }
        }
        let mut problems = Vec::new();
        let mut known = HashSet::with_capacity(names.len());
        for name in &names {
            let column = format!("v.{}", excerpt(name, SHOWN));
            if name.trim().is_empty() {
                problems.push(Problem::new(&column, "has no parameter id after v."));
            } else if !known.insert(name.as_str()) {
                problems.push(Problem::new(&column, "is declared twice"));
            }
            problems.extend(text_problem(&format!("v.{name}")).map(|what| Problem::new(&column, what)));
        }
        if names.len() > MAX_PARAMETERS {
            let what = format!("are {}, one sheet holds {MAX_PARAMETERS}", names.len());
            problems.push(Problem::new("parameters", what));
        }
        self.parameters = names;
        problems
    }

    /// Takes the records that [`check`](Self::check) is called with next. Their ids are looked up together.
    pub(crate) fn prefetch(&mut self, records: &[UsageRecord]) {
        self.seen.prefetch(records);
    }

    /// Passes over the rows before this one that hold no record, so that rows are named as they stand.
    #[cfg(feature = "xlsx-read")]
    pub(crate) fn pass_to(&mut self, row: u32) {
        self.seen.pass_to(row);
    }

    /// The cells of the next prefetched record, or its row with everything that is wrong with it.
    pub(crate) fn check(&mut self, record: &UsageRecord) -> Result<Cells, (u32, Vec<Problem>)> {
        let mut problems = Vec::new();
        check_texts(record, &mut problems);

        let (row, same) = self.seen.insert();
        if let Some(first) = same
            && !record.record_id.is_empty()
        {
            problems.push(Problem::new("record_id", format!("is also the id of row {first}")));
        }

        let quantity = number("quantity", &record.quantity, &mut problems);
        if quantity.is_some_and(|quantity| quantity < 0.0) {
            problems.push(Problem::new("quantity", format!("{} is negative", quoted(&record.quantity))));
        }
        let amount = number("amount", &record.amount, &mut problems);
        if amount.is_some_and(|amount| amount.abs() > MAX_AMOUNT) {
            let what = format!("{} is beyond the platform's limit of 10^16", quoted(&record.amount));
            problems.push(Problem::new("amount", what));
        }
        if record.quantity.is_empty() && record.amount.is_empty() {
            problems.push(Problem::new("quantity", "is missing, and there is no amount either"));
        }
        if record.tier.is_some_and(|tier| tier > MAX_TIER) {
            problems.push(Problem::new("tier", format!("is beyond the platform's limit of {MAX_TIER}")));
        }

        let start = utc_text("start_time_utc", record.start_time_utc, &mut problems);
        let end = utc_text("end_time_utc", record.end_time_utc, &mut problems);
        if let (Some(start), Some(end)) = (&start, &end)
            && end <= start
        {
            problems.push(Problem::new("end_time_utc", format!("{end} is not after start_time_utc {start}")));
        }

        self.check_category(&record.category_id, &mut problems);
        let params = self.parameter_columns(record, &mut problems);

        match (start, end) {
            (Some(start), Some(end)) if problems.is_empty() => {
                Ok(Cells { quantity, amount, start, end, params })
            }
            _ => Err((row, problems)),
        }
    }

    fn check_category(&self, id: &str, problems: &mut Vec<Problem>) {
        if id.is_empty() || self.categories.contains(id) {
            return;
        }
        let what = if self.categories.is_empty() {
            format!("is {:?}, but no categories were given with the file", excerpt(id, SHOWN))
        } else {
            format!("{:?} is none of the categories given with the file", excerpt(id, SHOWN))
        };
        problems.push(Problem::new("category_id", what));
    }

    fn parameter_columns(&self, record: &UsageRecord, problems: &mut Vec<Problem>) -> Vec<usize> {
        let mut columns = Vec::with_capacity(record.params.len());
        for (i, (name, value)) in record.params.iter().enumerate() {
            let problem = |what: &str| Problem::new(format!("v.{}", excerpt(bare(name), SHOWN)), what);
            problems.extend(text_problem(value).map(|what| problem(&what)));
            // Records tend to name their parameters in the order of the columns.
            let column = match self.parameters.get(i) {
                Some(parameter) if parameter == name => Some(i),
                _ => self.parameters.iter().position(|parameter| parameter == bare(name)),
            };
            match column {
                None => problems.push(problem(
                    "is no column of this file: declare it, or let the first record have all parameters",
                )),
                Some(column) if columns.contains(&column) => {
                    problems.push(problem("stands twice in this record"));
                }
                Some(column) => columns.push(column),
            }
        }
        columns
    }
}

/// The id of a parameter that may be given as its column is called, `v.region`.
pub(crate) fn bare(name: &str) -> &str {
    name.strip_prefix("v.").unwrap_or(name)
}

/// The bad rows of the `categories` sheet.
pub(crate) fn check_categories(categories: &[UsageCategory], bad: &mut BadRows) {
    let mut rows = HashMap::new();
    for (category, row) in categories.iter().zip(2_u32..) {
        let UsageCategory { category_id, category_name, category_description } = category;
        let mut problems = Vec::new();
        if category_id.trim().is_empty() {
            problems.push(Problem::new("category_id", "is missing"));
        } else if let Some(first) = rows.insert(category_id.as_str(), row) {
            problems.push(Problem::new("category_id", format!("is also the id of row {first}")));
        }
        for (field, text) in [
            ("category_id", category_id),
            ("category_name", category_name),
            ("category_description", category_description),
        ] {
            problems.extend(text_problem(text).map(|what| Problem::new(field, what)));
        }
        if row > MAX_RECORDS + 1 {
            problems.push(Problem::new("category_id", "is beyond what one sheet holds"));
        }
        if !problems.is_empty() {
            bad.push("categories", row, category_id, problems);
        }
    }
}

fn check_texts(record: &UsageRecord, problems: &mut Vec<Problem>) {
    for (field, text, is_required) in [
        ("record_id", &record.record_id, true),
        ("record_note", &record.record_note, false),
        ("item_search_criteria", &record.item_search_criteria, true),
        ("item_search_value", &record.item_search_value, true),
        ("asset_search_criteria", &record.asset_search_criteria, true),
        ("asset_search_value", &record.asset_search_value, true),
        ("category_id", &record.category_id, false),
        ("item_name", &record.item_name, false),
        ("item_unit", &record.item_unit, false),
        ("item_mpn", &record.item_mpn, false),
        ("item_precision", &record.item_precision, false),
    ] {
        if is_required && text.trim_start().is_empty() {
            problems.push(Problem::new(field, "is missing"));
        }
        problems.extend(text_problem(text).map(|what| Problem::new(field, what)));
    }
}

/// Why a spreadsheet cell cannot hold the text.
#[inline]
fn text_problem(text: &str) -> Option<String> {
    // No text has more UTF-16 units than bytes, so most are not counted.
    if text.len() <= MAX_TEXT && is_plain_ascii(text.as_bytes()) { None } else { unfit_text(text) }
}

fn unfit_text(text: &str) -> Option<String> {
    let units = text.encode_utf16().count();
    if units > MAX_TEXT {
        return Some(format!("has {units} characters, a spreadsheet cell holds {MAX_TEXT}"));
    }
    let refused = |c: &char| matches!(c, '\0'..='\u{8}' | '\u{B}'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}');
    text.chars()
        .find(refused)
        .map(|c| format!("has the character U+{:04X}, which a spreadsheet cell cannot hold", u32::from(c)))
}

/// Whether the text is ASCII without control characters, as nearly all are. Looks at eight bytes at a time.
fn is_plain_ascii(text: &[u8]) -> bool {
    const EACH: u64 = u64::from_le_bytes([1; 8]);
    let (words, rest) = text.as_chunks::<8>();
    words.iter().all(|word| {
        let word = u64::from_le_bytes(*word);
        // Taking 0x20 from a smaller byte borrows, which sets its highest bit.
        (word.wrapping_sub(EACH * 0x20) | word) & (EACH * 0x80) == 0
    }) && rest.iter().all(|byte| (0x20..0x80).contains(byte))
}

fn number(field: &str, number: &Number, problems: &mut Vec<Problem>) -> Option<f64> {
    number.to_cell().unwrap_or_else(|why| {
        problems.push(Problem::new(field, format!("{} {why}", quoted(number))));
        None
    })
}

fn quoted(number: &Number) -> String {
    excerpt(&format!("{:?}", number.to_string()), SHOWN).into_owned()
}

/// `YYYY-MM-DD HH:MM:SS` in UTC, the form that the platform reads. A fraction of a second is cut off.
fn utc_text(field: &str, time: Option<OffsetDateTime>, problems: &mut Vec<Problem>) -> Option<String> {
    let Some(time) = time else {
        problems.push(Problem::new(field, "is missing"));
        return None;
    };
    let Some(time) = time.checked_to_offset(UtcOffset::UTC).filter(|time| (1..=9999).contains(&time.year()))
    else {
        problems.push(Problem::new(field, "is not within the years 1 to 9999"));
        return None;
    };
    let pair = |value: u8| [b'0' + value / 10 % 10, b'0' + value % 10];
    // The year is at most 9999, so that the halves fit.
    let year = u16::try_from(time.year()).unwrap_or_default();
    let [century, of_century] = [year / 100, year % 100].map(|half| u8::try_from(half).unwrap_or_default());
    let ([y0, y1], [y2, y3]) = (pair(century), pair(of_century));
    let ([m0, m1], [d0, d1]) = (pair(time.month().into()), pair(time.day()));
    let ([h0, h1], [n0, n1], [s0, s1]) = (pair(time.hour()), pair(time.minute()), pair(time.second()));
    let text = [y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1, b' ', h0, h1, b':', n0, n1, b':', s0, s1];
    str::from_utf8(&text).ok().map(String::from)
}

/// The record ids so far, as hashes.
///
/// A hash has 64 bits of `SipHash`, with another key in each run. Two distinct ids collide in one of 34 million full
/// sheets; such a sheet is refused, and passes when run again. A million ids take 16 MB, however long they are.
struct Seen {
    /// The hash of each row's id, also of the rows that are only prefetched.
    hashes: Vec<u64>,
    rows: u32,
    /// Open-addressed table, at most half full, its length a power of two. A slot is 0 if free, else an index of `hashes`
    /// plus one. A new id touches little more than the four bytes of its slot, so there is one cache miss; `HashMap`
    /// would have two, and take twice the memory.
    slots: Vec<u32>,
    keys: RandomState,
}

/// The row of the first record, as a spreadsheet program counts.
const FIRST_ROW: u32 = 2;

impl Seen {
    fn new(expected: usize) -> Self {
        let expected = expected.clamp(32, MAX_RECORDS as usize);
        Self {
            hashes: Vec::with_capacity(expected),
            rows: 0,
            slots: vec![0; (2 * expected).next_power_of_two()],
            keys: RandomState::new(),
        }
    }

    /// Hashes the ids of the next rows and touches their slots. A lookup in a large table waits for memory; the slots of
    /// many ids, touched together, arrive in one wait.
    fn prefetch(&mut self, records: &[UsageRecord]) {
        let first = self.hashes.len();
        self.hashes.extend(records.iter().map(|record| self.keys.hash_one(&record.record_id)));
        while 2 * self.hashes.len() > self.slots.len() {
            self.grow();
        }
        for hash in &self.hashes[first..] {
            black_box(self.slots[self.slot(*hash)]);
        }
        for hash in &self.hashes[first..] {
            let slot = self.slots[self.slot(*hash)];
            black_box(slot.checked_sub(1).map(|taken| self.hashes[taken as usize]));
        }
    }

    /// A row that is passed over has a hash that no slot leads to.
    #[cfg(feature = "xlsx-read")]
    fn pass_to(&mut self, row: u32) {
        let rows = row.saturating_sub(FIRST_ROW);
        if (self.rows..=MAX_RECORDS).contains(&rows) {
            self.hashes.resize(rows as usize, 0);
            self.rows = rows;
        }
    }

    /// The next prefetched row, and the earlier row with the same id.
    fn insert(&mut self) -> (u32, Option<u32>) {
        let this = self.rows;
        let Some(&hash) = self.hashes.get(this as usize) else {
            return (this + FIRST_ROW, None);
        };
        self.rows += 1;
        let mut slot = self.slot(hash);
        while let Some(first) = self.slots[slot].checked_sub(1) {
            if self.hashes[first as usize] == hash {
                return (this + FIRST_ROW, Some(first + FIRST_ROW));
            }
            slot = (slot + 1) & (self.slots.len() - 1);
        }
        self.slots[slot] = this + 1;
        (this + FIRST_ROW, None)
    }

    fn slot(&self, hash: u64) -> usize {
        #[expect(clippy::cast_possible_truncation, reason = "the low bits are all it takes")]
        let low = hash as usize;
        low & (self.slots.len() - 1)
    }

    fn grow(&mut self) {
        let old = std::mem::take(&mut self.slots);
        self.slots = vec![0; 2 * old.len()];
        for taken in old.into_iter().filter(|slot| *slot > 0) {
            let mut slot = self.slot(self.hashes[taken as usize - 1]);
            while self.slots[slot] > 0 {
                slot = (slot + 1) & (self.slots.len() - 1);
            }
            self.slots[slot] = taken;
        }
    }
}

#[cfg(test)]
mod tests;
