//! What a program says about usage: records and their categories.

use std::ops::Range;

use serde::Deserialize;
use time::OffsetDateTime;

use super::number::Number;

/// One row of a usage file: how much of an item an asset consumed, and when.
///
/// Text that is empty is no cell. `record_id`, the criteria and values of item and asset, the two times, and one of
/// `quantity` and `amount` are needed; the rest is optional. Text is sent as text, whatever it starts with. A new field
/// is a minor change of this crate, so end a literal in `..Default::default()`.
///
/// ```
/// use connect::usage::UsageRecord;
/// use time::macros::datetime;
///
/// let day = datetime!(2024-05-01 0:00 UTC)..datetime!(2024-05-02 0:00 UTC);
/// let record = UsageRecord {
///     category_id: "storage".into(),
///     ..UsageRecord::new("rec-1", "MPN-GB", "0.75", day, "AS-0001")
/// };
/// assert_eq!(record.item_search_criteria, "item.mpn");
/// assert_eq!(record.asset_search_criteria, "asset.id");
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UsageRecord {
    /// The record's id in the vendor's system, unique within the file.
    pub record_id: String,
    /// A note for people.
    pub record_note: String,
    /// How the item is found: `item.mpn` or `item.local_id`.
    pub item_search_criteria: String,
    /// The item's value for that criterion.
    pub item_search_value: String,
    /// How much was used; finite and not negative.
    pub quantity: Number,
    /// Start of the period. Sent in UTC and in whole seconds, a fraction is cut off.
    pub start_time_utc: Option<OffsetDateTime>,
    /// End of the period, after its start. Sent like the start.
    pub end_time_utc: Option<OffsetDateTime>,
    /// How the asset is found: `asset.id` or `parameter.<id>`.
    pub asset_search_criteria: String,
    /// The asset's value for that criterion.
    pub asset_search_value: String,
    /// One of the categories given with the file.
    pub category_id: String,
    /// The price of the usage, where the product's usage schema wants one; finite, negative for a credit.
    pub amount: Number,
    /// The tier the record is for, where the usage schema wants one.
    pub tier: Option<u32>,
    /// Name of an item that the platform does not know yet.
    pub item_name: String,
    /// Unit of such an item.
    pub item_unit: String,
    /// MPN of such an item.
    pub item_mpn: String,
    /// Precision of such an item: `integer` or `decimal(n)`.
    pub item_precision: String,
    /// Vendor parameters, id and value, one column `v.<id>` each. The id stands here with or without `v.`.
    ///
    /// The columns must be known before the first row is written: they are the ones declared for the file, or else those
    /// of its first record. Any other parameter in a record makes it a bad row.
    pub params: Vec<(String, String)>,
}

impl UsageRecord {
    /// A record with what most files need: an item by its MPN, an asset by its id.
    pub fn new(
        record_id: impl Into<String>,
        item_mpn: impl Into<String>,
        quantity: impl Into<Number>,
        period: Range<OffsetDateTime>,
        asset_id: impl Into<String>,
    ) -> Self {
        Self {
            record_id: record_id.into(),
            item_search_criteria: "item.mpn".to_owned(),
            item_search_value: item_mpn.into(),
            quantity: quantity.into(),
            start_time_utc: Some(period.start),
            end_time_utc: Some(period.end),
            asset_search_criteria: "asset.id".to_owned(),
            asset_search_value: asset_id.into(),
            ..Self::default()
        }
    }
}

/// A row of the `categories` sheet: what a record's `category_id` stands for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "Listed")]
pub struct UsageCategory {
    /// The id that records name, unique within the file.
    pub category_id: String,
    /// Its name for people.
    pub category_name: String,
    /// What it is about.
    pub category_description: String,
}

/// A category as the platform lists it.
#[derive(Deserialize)]
struct Listed {
    id: Option<String>,
    name: Option<String>,
    description: Option<String>,
}

impl From<Listed> for UsageCategory {
    fn from(listed: Listed) -> Self {
        Self {
            category_id: listed.id.unwrap_or_default(),
            category_name: listed.name.unwrap_or_default(),
            category_description: listed.description.unwrap_or_default(),
        }
    }
}

/// The name of the sheet that holds the records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum SheetName {
    /// `records`, today's name.
    #[default]
    Records,
    /// `usage_records`, the name that the older SDKs write.
    UsageRecords,
}

impl SheetName {
    /// The name as it stands in the workbook.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Records => "records",
            Self::UsageRecords => "usage_records",
        }
    }
}
