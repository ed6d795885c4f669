//! A listing's usage file and its record, as they are submitted.

use connect::sandbox::sample;
use connect::usage::{NewUsageFile, UsageRecord};
use time::macros::datetime;

pub(crate) const LISTING: &str = "LST-100-000-001";

pub(crate) fn record() -> UsageRecord {
    UsageRecord {
        record_id: "r-1".into(),
        item_search_criteria: "item.mpn".into(),
        item_search_value: "NLV-0001-M".into(),
        quantity: 12.into(),
        start_time_utc: Some(datetime!(2024-02-01 00:00 UTC)),
        end_time_utc: Some(datetime!(2024-02-29 00:00 UTC)),
        asset_search_criteria: "parameter.tenant_id".into(),
        asset_search_value: "t-00419".into(),
        ..UsageRecord::default()
    }
}

pub(crate) fn new_file() -> NewUsageFile {
    NewUsageFile {
        name: "February".into(),
        product: sample::PRODUCT.into(),
        contract: "CRD-10482-77310-26594".into(),
        external_id: Some("feb".into()),
        ..NewUsageFile::default()
    }
}
