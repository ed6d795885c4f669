//! A period that usage is reported for, and the records of it.

use std::fmt;
use std::ops::Range;

use time::{Date, Duration, OffsetDateTime, Time};

use super::number::Number;
use super::record::UsageRecord;
use crate::models::{Asset, Item};
use crate::text::percent_encode;

/// A period that usage is reported for: from a time, included, to a time, excluded.
///
/// Its name is that of the day, `2024-05-01`, of the calendar month, `2024-05`, of the first and the last day, or of both
/// times. The ids of its records begin with it, so that they are the same in each run.
///
/// ```
/// use connect::usage::Period;
/// use time::macros::date;
///
/// let day = Period::day(date!(2024-05-01));
/// let record = day.record("AS-0001", "MPN-GB", "0.75");
/// assert_eq!(day.to_string(), "2024-05-01");
/// assert_eq!(record.record_id, "2024-05-01/AS-0001/MPN-GB");
/// assert_eq!((record.start_time_utc, record.end_time_utc), (Some(day.from()), Some(day.to())));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Period {
    from: OffsetDateTime,
    to: OffsetDateTime,
    name: String,
    key: Option<String>,
    /// The asset whose closing report this is.
    ended: Option<Box<Asset>>,
    /// Whether assets that ended in it have closing reports.
    pub(super) closes: bool,
}

impl Period {
    /// A period of one's own.
    pub fn new(range: Range<OffsetDateTime>) -> Self {
        let name = name(&range);
        Self { from: range.start, to: range.end, name, key: None, ended: None, closes: false }
    }

    /// A day in UTC.
    pub fn day(date: Date) -> Self {
        Self::new(midnight(date)..midnight(date.saturating_add(Duration::DAY)))
    }

    /// The last part of a subscription, from the beginning of the period that it ended in.
    pub(super) fn closing(asset: Asset, range: Range<OffsetDateTime>) -> Self {
        let name = format!("closing/{}", percent_encode(&asset.id));
        Self { name, ended: Some(Box::new(asset)), ..Self::new(range) }
    }

    /// Says whether assets that ended in it have closing reports.
    pub(super) fn with_closing(self, closes: bool) -> Self {
        Self { closes, ..self }
    }

    pub(super) fn with_key(&self, key: &str) -> Self {
        Self { key: Some(key.to_owned()), ..self.clone() }
    }

    /// Its begin, included.
    pub fn from(&self) -> OffsetDateTime {
        self.from
    }

    /// Its end, excluded.
    pub fn to(&self) -> OffsetDateTime {
        self.to
    }

    /// Both times, as [`UsageRecord::new`] takes them.
    pub fn range(&self) -> Range<OffsetDateTime> {
        self.from..self.to
    }

    /// The key of the file, where there are several for the period; see [`Periods::keys`](super::Periods::keys).
    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// The asset that ended, where this is its closing report; see [`Periods::closing`](super::Periods::closing).
    pub fn ended(&self) -> Option<&Asset> {
        self.ended.as_deref()
    }

    /// A record of this period for an asset's item, found by its MPN. Its id repeats itself in each run.
    pub fn record(&self, asset_id: &str, item_mpn: &str, quantity: impl Into<Number>) -> UsageRecord {
        let id = self.record_id([asset_id, item_mpn]);
        UsageRecord::new(id, item_mpn, quantity, self.range(), asset_id)
    }

    /// A record of this period for an item as an asset has it: found by its MPN, or by its local id where it has none.
    ///
    /// ```
    /// use connect::models::Asset;
    /// use connect::usage::{Period, UsageRecord};
    ///
    /// fn one_unit_each(period: &Period, asset: &Asset) -> Vec<UsageRecord> {
    ///     asset.items.iter().map(|item| period.record_of(asset, item, 1)).collect()
    /// }
    /// ```
    pub fn record_of(&self, asset: &Asset, item: &Item, quantity: impl Into<Number>) -> UsageRecord {
        match item.mpn.as_deref().filter(|mpn| !mpn.is_empty()) {
            Some(mpn) => self.record(&asset.id, mpn, quantity),
            None => UsageRecord {
                item_search_criteria: "item.local_id".to_owned(),
                ..self.record(&asset.id, &item.id, quantity)
            },
        }
    }

    /// An id for a record of one's own: the period, its key, and what the record is about.
    pub fn record_id<P: fmt::Display>(&self, parts: impl IntoIterator<Item = P>) -> String {
        let mut id = self.to_string();
        for part in parts {
            id.push('/');
            id.push_str(&part.to_string());
        }
        id
    }

    /// Its first and last day.
    pub(super) fn days(&self) -> (Date, Date) {
        let last = self.to.checked_sub(Duration::NANOSECOND).unwrap_or(self.to);
        (self.from.date(), last.date().max(self.from.date()))
    }
}

/// The name, and the key where there is one.
impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        match &self.key {
            Some(key) => write!(f, "/{}", percent_encode(key)),
            None => Ok(()),
        }
    }
}

pub(super) fn midnight(date: Date) -> OffsetDateTime {
    date.midnight().assume_utc()
}

fn name(range: &Range<OffsetDateTime>) -> String {
    let (from, to) = (range.start.to_offset(time::UtcOffset::UTC), range.end.to_offset(time::UtcOffset::UTC));
    let whole_days = from.time() == Time::MIDNIGHT && to.time() == Time::MIDNIGHT && from < to;
    if !whole_days {
        return format!("{}..{}", second(from), second(to));
    }
    let (first, last) = (from.date(), to.date().saturating_sub(Duration::DAY));
    let month = first.month().length(first.year());
    if first == last {
        first.to_string()
    } else if first.day() == 1 && last == first.saturating_add(Duration::days(i64::from(month) - 1)) {
        format!("{:04}-{:02}", first.year(), u8::from(first.month()))
    } else {
        format!("{first}..{last}")
    }
}

fn second(time: OffsetDateTime) -> String {
    format!("{}T{:02}{:02}{:02}Z", time.date(), time.hour(), time.minute(), time.second())
}

#[cfg(test)]
mod tests {
    use time::macros::{date, datetime};

    use super::*;

    #[test]
    fn a_period_is_named_by_its_days_or_its_times() {
        for (range, expected) in [
            (datetime!(2024-05-01 0:00 UTC)..datetime!(2024-05-02 0:00 UTC), "2024-05-01"),
            (datetime!(2024-02-01 0:00 UTC)..datetime!(2024-03-01 0:00 UTC), "2024-02"),
            (datetime!(2024-12-01 0:00 UTC)..datetime!(2025-01-01 0:00 UTC), "2024-12"),
            (datetime!(2024-05-15 0:00 UTC)..datetime!(2024-06-15 0:00 UTC), "2024-05-15..2024-06-14"),
            (datetime!(2024-02-01 0:00 UTC)..datetime!(2024-02-29 0:00 UTC), "2024-02-01..2024-02-28"),
            (datetime!(2024-05-01 2:00 +2)..datetime!(2024-05-02 2:00 +2), "2024-05-01"),
            (
                datetime!(2024-05-01 0:00 UTC)..datetime!(2024-05-01 12:30:05 UTC),
                "2024-05-01T000000Z..2024-05-01T123005Z",
            ),
            (
                datetime!(2024-05-01 0:00 UTC)..datetime!(2024-05-01 0:00 UTC),
                "2024-05-01T000000Z..2024-05-01T000000Z",
            ),
            (
                datetime!(2024-05-01 6:00 UTC)..datetime!(2024-06-01 0:00 UTC),
                "2024-05-01T060000Z..2024-06-01T000000Z",
            ),
        ] {
            assert_eq!(Period::new(range).to_string(), expected);
        }
    }

    #[test]
    fn records_of_two_keys_and_of_two_assets_have_ids_of_their_own() {
        let day = Period::day(date!(2024 - 05 - 01));
        assert_eq!(day.with_key("e/u").record("AS-1", "GB", 1).record_id, "2024-05-01/e%2Fu/AS-1/GB");
        let asset = Asset { id: "AS-1".into(), ..Asset::default() };
        let closing = Period::closing(asset, day.range());
        assert_eq!(closing.record("AS-1", "GB", 1).record_id, "closing/AS-1/AS-1/GB");
        assert_eq!(closing.days(), (date!(2024 - 05 - 01), date!(2024 - 05 - 01)));
        let moment = Period::new(day.from()..day.from());
        assert_eq!(moment.days(), (date!(2024 - 05 - 01), date!(2024 - 05 - 01)));
    }

    #[test]
    fn an_item_without_an_mpn_is_found_by_its_local_id() {
        let day = Period::day(date!(2024 - 05 - 01));
        let asset = Asset { id: "AS-1".into(), ..Asset::default() };
        let mut item = Item { id: "SEAT".into(), mpn: Some("MPN-S".into()), ..Item::default() };
        let record = day.record_of(&asset, &item, 2);
        assert_eq!((&*record.item_search_criteria, &*record.item_search_value), ("item.mpn", "MPN-S"));
        item.mpn = Some(String::new());
        assert_eq!(day.record_of(&asset, &item, 2).item_search_value, "SEAT");
        item.mpn = None;
        let record = day.record_of(&asset, &item, 2);
        assert_eq!((&*record.item_search_criteria, &*record.item_search_value), ("item.local_id", "SEAT"));
    }
}
