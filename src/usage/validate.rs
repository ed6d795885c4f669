//! Checks of records as they stream by, in memory that does not grow with their text.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, BuildHasherDefault, Hash, Hasher, RandomState};

use time::{OffsetDateTime, UtcOffset};

use super::number::Number;
use super::record::{UsageCategory, UsageRecord};
use super::sheet_error::{BadRows, Problem, clip};

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
    /// For each of the record's parameters, its place among the file's.
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

    /// Sets the parameter columns; what is wrong with them comes back, they stand all the same.
    pub(crate) fn set_parameters(&mut self, names: Vec<String>) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut known = HashSet::with_capacity(names.len());
        for name in &names {
            let column = format!("v.{}", clip(name));
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

    /// Everything that is wrong with a record, or the cells it makes. `row` counts from 1, the header's row.
    pub(crate) fn check(&mut self, row: u32, record: &UsageRecord) -> Result<Cells, Vec<Problem>> {
        let mut problems = Vec::new();
        check_texts(record, &mut problems);

        if !record.record_id.is_empty()
            && let Some(first) = self.seen.insert(&record.record_id, row)
        {
            problems.push(Problem::new("record_id", format!("is also the id of row {first}")));
        }

        let quantity = number("quantity", &record.quantity, &mut problems);
        if quantity.is_some_and(|quantity| quantity < 0.0) {
            problems.push(Problem::new("quantity", format!("{} is negative", shown(&record.quantity))));
        }
        let amount = number("amount", &record.amount, &mut problems);
        if amount.is_some_and(|amount| amount.abs() > MAX_AMOUNT) {
            let what = format!("{} is beyond the platform's limit of 10^16", shown(&record.amount));
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
        let params = self.place_params(record, &mut problems);

        match (start, end) {
            (Some(start), Some(end)) if problems.is_empty() => {
                Ok(Cells { quantity, amount, start, end, params })
            }
            _ => Err(problems),
        }
    }

    fn check_category(&self, id: &str, problems: &mut Vec<Problem>) {
        if id.is_empty() || self.categories.contains(id) {
            return;
        }
        let what = if self.categories.is_empty() {
            format!("is {:?}, but no categories were given with the file", clip(id))
        } else {
            format!("{:?} is none of the categories given with the file", clip(id))
        };
        problems.push(Problem::new("category_id", what));
    }

    fn place_params(&self, record: &UsageRecord, problems: &mut Vec<Problem>) -> Vec<usize> {
        let mut places = Vec::with_capacity(record.params.len());
        for (i, (name, value)) in record.params.iter().enumerate() {
            let problem = |what: &str| Problem::new(format!("v.{}", clip(name)), what);
            problems.extend(text_problem(value).map(|what| problem(&what)));
            // Records tend to name their parameters in the order of the columns.
            let place = match self.parameters.get(i) {
                Some(column) if column == name => Some(i),
                _ => self.parameters.iter().position(|column| column == name),
            };
            match place {
                None => problems.push(problem(
                    "is no column of this file: declare it, or let the first record have all parameters",
                )),
                Some(place) if places.contains(&place) => {
                    problems.push(problem("stands twice in this record"));
                }
                Some(place) => places.push(place),
            }
        }
        places
    }
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
    const NEEDED: bool = true;
    const OPTIONAL: bool = false;
    for (field, text, needed) in [
        ("record_id", &record.record_id, NEEDED),
        ("record_note", &record.record_note, OPTIONAL),
        ("item_search_criteria", &record.item_search_criteria, NEEDED),
        ("item_search_value", &record.item_search_value, NEEDED),
        ("asset_search_criteria", &record.asset_search_criteria, NEEDED),
        ("asset_search_value", &record.asset_search_value, NEEDED),
        ("category_id", &record.category_id, OPTIONAL),
        ("item_name", &record.item_name, OPTIONAL),
        ("item_unit", &record.item_unit, OPTIONAL),
        ("item_mpn", &record.item_mpn, OPTIONAL),
        ("item_precision", &record.item_precision, OPTIONAL),
    ] {
        if text.is_empty() && !needed {
            continue;
        }
        if needed && text.trim_start().is_empty() {
            problems.push(Problem::new(field, "is missing"));
        }
        problems.extend(text_problem(text).map(|what| Problem::new(field, what)));
    }
}

/// What keeps a text out of a cell.
fn text_problem(text: &str) -> Option<String> {
    // No text has more UTF-16 units than bytes, so most are not counted.
    if text.len() > MAX_TEXT {
        let units = text.encode_utf16().count();
        if units > MAX_TEXT {
            return Some(format!("has {units} characters, a spreadsheet cell holds {MAX_TEXT}"));
        }
    }
    // Every refused character has such a byte; looking for them first is a single fast scan.
    if !text.bytes().any(|byte| byte < 0x20 || byte == 0xEF) {
        return None;
    }
    let refused = |c: &char| matches!(c, '\0'..='\u{8}' | '\u{B}'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}');
    text.chars()
        .find(refused)
        .map(|c| format!("has the character U+{:04X}, which a spreadsheet cell cannot hold", u32::from(c)))
}

fn number(field: &str, number: &Number, problems: &mut Vec<Problem>) -> Option<f64> {
    number.to_cell().unwrap_or_else(|why| {
        problems.push(Problem::new(field, format!("{} {why}", shown(number))));
        None
    })
}

fn shown(number: &Number) -> String {
    clip(&format!("{:?}", number.to_string()))
}

/// `YYYY-MM-DD HH:MM:SS` in UTC, the form the platform reads; a fraction of a second has no place in it.
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
    let (year, month, day) = (time.year().unsigned_abs(), u8::from(time.month()), time.day());
    let (hour, minute, second) = time.to_hms();
    let digit = |value: u32| char::from_digit(value % 10, 10).unwrap_or('0');
    let mut text = String::with_capacity(19);
    text.extend([digit(year / 1000), digit(year / 100)]);
    for (value, before) in [
        (year, None),
        (month.into(), Some('-')),
        (day.into(), Some('-')),
        (hour.into(), Some(' ')),
        (minute.into(), Some(':')),
        (second.into(), Some(':')),
    ] {
        text.extend(before);
        text.extend([digit(value / 10), digit(value)]);
    }
    Some(text)
}

/// The record ids so far, as hashes, each with its row.
///
/// 64 bits of `SipHash`, keyed anew in each run: of a full sheet of distinct ids one in 34 million is refused for two that
/// happen to meet, and passes when run again. A million take 27 MB, 41 MB for the moment in which the table doubles;
/// the ids themselves or 128 bits would not fit in the memory that a usage file may cost.
struct Seen {
    rows: HashMap<IdHash, u32, BuildHasherDefault<Ready>>,
    keys: RandomState,
}

/// A hash in two halves: eight bytes at an alignment of four leave an entry at twelve bytes.
#[derive(PartialEq, Eq)]
struct IdHash([u32; 2]);

impl Hash for IdHash {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let [high, low] = self.0;
        state.write_u64(u64::from(high) << 32 | u64::from(low));
    }
}

/// Takes a key that is a hash already as it is.
#[derive(Default)]
struct Ready(u64);

impl Hasher for Ready {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |hash, byte| hash.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

impl Seen {
    fn new(expected: usize) -> Self {
        let expected = expected.min(MAX_RECORDS as usize);
        Self {
            rows: HashMap::with_capacity_and_hasher(expected, BuildHasherDefault::default()),
            keys: RandomState::new(),
        }
    }

    /// The row that has this id already, if any.
    fn insert(&mut self, id: &str, row: u32) -> Option<u32> {
        let hash = self.keys.hash_one(id);
        #[expect(clippy::cast_possible_truncation, reason = "the two halves")]
        let halves = [(hash >> 32) as u32, hash as u32];
        match self.rows.entry(IdHash(halves)) {
            Entry::Occupied(first) => Some(*first.get()),
            Entry::Vacant(place) => {
                place.insert(row);
                None
            }
        }
    }
}

#[cfg(test)]
mod tests;
