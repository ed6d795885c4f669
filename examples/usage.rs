//! Reports yesterday's usage for the listings of one contract.
//!
//! `cargo run --example usage` runs on the embedded sandbox, `cargo run --example usage -- config.json` on the platform
//! that the file names. `--dry-run` sends nothing, `--json` prints the report as JSON.

use std::process::ExitCode;

use connect::Connect;
use connect::models::{Listing, UsageFile};
use connect::usage::{NewUsageFile, UsageRecord};
use time::{Duration, OffsetDateTime, Time};

#[path = "shared/setup.rs"]
mod setup;

const CONTRACT: &str = "CRD-41560-05399-123";

fn main() -> ExitCode {
    setup::run(|setup| {
        let connect = &setup.connect;
        connect.usage().process_listings_with(setup.options(), |listing| report(connect, listing))
    })
}

fn report(connect: &Connect, listing: &Listing) -> anyhow::Result<Option<UsageFile>> {
    if listing.contract.id != CONTRACT {
        return Ok(None);
    }
    let today = OffsetDateTime::now_utc().replace_time(Time::MIDNIGHT);
    let record = UsageRecord {
        record_id: format!("{}-{}", listing.id, today.date()),
        item_search_criteria: "item.mpn".into(),
        item_search_value: "SKUA".into(),
        quantity: 1.into(),
        start_time_utc: Some(today - Duration::DAY),
        end_time_utc: Some(today),
        asset_search_criteria: "parameter.param_b".into(),
        asset_search_value: "tenant2".into(),
        ..UsageRecord::default()
    };
    let file = NewUsageFile::for_listing(listing, format!("Usage until {}", today.date()));
    Ok(Some(connect.usage().submit(file, [record])?))
}
