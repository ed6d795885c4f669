//! Quantities by asset, item and tier: what meters tell, summed up to records.

use std::collections::BTreeMap;

use super::number::Number;
use super::period::Period;
use super::record::UsageRecord;

/// Adds up what meters tell of a period, by asset, item and tier, to one record each.
///
/// Sums are exact, to nine decimals. The records come in the order of their ids, so that the same readings make the same
/// file in whatever order they were told. It holds one sum for each asset, item and tier in memory.
///
/// ```
/// use connect::usage::{Period, Tally};
/// use time::macros::date;
///
/// let mut tally = Tally::new(&Period::day(date!(2024-05-01)));
/// tally.add("AS-0001", "MPN-GB", "0.1");
/// tally.add("AS-0001", "MPN-GB", "0.2");
/// tally.add_in_tier("AS-0001", "MPN-CALL", 2, 7);
/// let records: Vec<_> = tally.into_records().collect();
/// assert_eq!(records[1].quantity.to_string(), "0.3");
/// assert_eq!((records[0].record_id.as_str(), records[0].tier), ("2024-05-01/AS-0001/MPN-CALL/2", Some(2)));
/// ```
#[derive(Debug, Clone)]
pub struct Tally {
    period: Period,
    sums: BTreeMap<(String, String, Option<u32>), Sum>,
}

/// A sum in billionths, or what cannot be added: it goes into the record as it is, whose row then names it.
#[derive(Debug, Clone)]
enum Sum {
    Exact(i128),
    Odd(Number),
}

const DECIMALS: usize = 9;
const ONE: i128 = 1_000_000_000;

impl Tally {
    /// Nothing yet, for this period.
    pub fn new(period: &Period) -> Self {
        Self { period: period.clone(), sums: BTreeMap::new() }
    }

    /// Adds a quantity of an item, found by its MPN.
    pub fn add(&mut self, asset_id: &str, item_mpn: &str, quantity: impl Into<Number>) {
        self.add_to(asset_id, item_mpn, None, quantity.into());
    }

    /// Adds a quantity of an item in a tier of the product's usage schema.
    pub fn add_in_tier(&mut self, asset_id: &str, item_mpn: &str, tier: u32, quantity: impl Into<Number>) {
        self.add_to(asset_id, item_mpn, Some(tier), quantity.into());
    }

    fn add_to(&mut self, asset_id: &str, item_mpn: &str, tier: Option<u32>, quantity: Number) {
        let sum = self.sums.entry((asset_id.to_owned(), item_mpn.to_owned(), tier)).or_insert(Sum::Exact(0));
        let Sum::Exact(before) = sum else { return };
        match billionths(&quantity.to_string()).and_then(|more| before.checked_add(more)) {
            Some(after) => *before = after,
            None => *sum = Sum::Odd(quantity),
        }
    }

    /// One record for each asset, item and tier.
    pub fn into_records(self) -> impl Iterator<Item = UsageRecord> {
        let Self { period, sums } = self;
        sums.into_iter().map(move |((asset, item, tier), sum)| {
            let quantity = match sum {
                Sum::Exact(sum) => text(sum).into(),
                Sum::Odd(number) => number,
            };
            let mut record = period.record(&asset, &item, quantity);
            if let Some(tier) = tier {
                record.record_id = period.record_id([asset, item, tier.to_string()]);
                record.tier = Some(tier);
            }
            record
        })
    }
}

fn billionths(text: &str) -> Option<i128> {
    let text = text.trim();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !are_digits(whole) || !are_digits(fraction) || fraction.len() > DECIMALS {
        return None;
    }
    let fraction: i128 = format!("{fraction:0<DECIMALS$}").parse().ok()?;
    whole.parse::<i128>().ok()?.checked_mul(ONE)?.checked_add(fraction)?.checked_mul(sign)
}

fn text(sum: i128) -> String {
    let sign = if sum < 0 { "-" } else { "" };
    let (whole, fraction) =
        (sum.unsigned_abs() / ONE.unsigned_abs(), sum.unsigned_abs() % ONE.unsigned_abs());
    let text = format!("{sign}{whole}.{fraction:0DECIMALS$}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    fn sum(readings: &[&str]) -> String {
        let mut tally = Tally::new(&Period::day(date!(2024 - 05 - 01)));
        for reading in readings {
            tally.add("AS-1", "GB", *reading);
        }
        tally.into_records().map(|record| record.quantity.to_string()).collect()
    }

    #[test]
    fn sums_are_exact() {
        for (readings, expected) in [
            (&["0.1", "0.2"][..], "0.3"),
            (&["1", "2"], "3"),
            (&["0.000000001", "0.999999999"], "1"),
            (&["-0.5", "0.25"], "-0.25"),
            (&["9007199254740993", "1"], "9007199254740994"),
            (&["10", "-10"], "0"),
            (&["12.50"], "12.5"),
            (&[" 1 ", "1.5"], "2.5"),
        ] {
            assert_eq!(sum(readings), expected, "{readings:?}");
        }
    }

    #[test]
    fn what_cannot_be_added_is_left_for_the_check_of_its_row() {
        for odd in ["many", "", "1e5", ".5", "0.0000000001", "--1", "+5", "1.+5", "1.5.5"] {
            assert_eq!(sum(&["1", odd, "2"]), odd);
        }
        let most = i128::MAX.to_string();
        assert_eq!(sum(&[&most]), most);
    }

    #[test]
    fn each_asset_item_and_tier_is_a_record_in_the_order_of_ids() {
        let mut tally = Tally::new(&Period::day(date!(2024 - 05 - 01)));
        tally.add_in_tier("AS-2", "GB", 2, 1);
        tally.add_in_tier("AS-2", "GB", 1, 1.5);
        tally.add("AS-1", "SEAT", 3);
        tally.add_in_tier("AS-2", "GB", 2, 4);
        let records = tally.into_records();
        let said: Vec<_> =
            records.map(|record| (record.record_id, record.tier, record.quantity.to_string())).collect();
        let expected = [
            ("2024-05-01/AS-1/SEAT", None, "3"),
            ("2024-05-01/AS-2/GB/1", Some(1), "1.5"),
            ("2024-05-01/AS-2/GB/2", Some(2), "5"),
        ];
        assert_eq!(said, expected.map(|(id, tier, sum)| (id.to_owned(), tier, sum.to_owned())));
    }
}
