//! The assets that usage of a period can be of.

use time::OffsetDateTime;

use super::Usage;
use super::period::Period;
use crate::error::Result;
use crate::models::{Asset, Listing};
use crate::page::Pages;
use crate::rql::Query;
use crate::rql::names;

/// States in which an asset is in use.
const ALIVE: [&str; 3] = ["active", "suspended", "terminating"];

impl<'c> Usage<'c> {
    /// The assets of a listing that were there in a period: those in use that began before its end, and those that ended
    /// in it or after it.
    ///
    /// They are read page by page, in the order of creation; one that ends meanwhile stays in the list. With
    /// [closing reports](super::Periods::closing), those that ended in the period are left out, and a closing report has
    /// its one asset. An asset's end is the time of its last change: the platform's list knows no other.
    pub fn assets(self, listing: &Listing, period: &Period) -> Pages<'c, Asset> {
        let query = if let Some(asset) = period.ended() {
            Query::new().equal("id", asset.id.as_str())
        } else {
            let after = if period.closes { period.to() } else { period.from() };
            of_listing(listing).lesser("created", period.to()).any([
                Query::new().in_("status", ALIVE),
                Query::new().equal("status", "terminated").greater("updated", after),
            ])
        };
        Pages::new(self.http, &names::ASSETS, &query.ordering(["created"]))
    }

    /// The assets of a listing that ended since.
    pub(super) fn ended(self, listing: &Listing, since: OffsetDateTime) -> Result<Vec<Asset>> {
        let query = of_listing(listing).equal("status", "terminated").greater("updated", since);
        Pages::new(self.http, &names::ASSETS, &query.ordering(["updated"])).collect()
    }
}

fn of_listing(listing: &Listing) -> Query {
    Query::new()
        .equal("product.id", listing.product.id.as_str())
        .equal("contract.id", listing.contract.id.as_str())
}

/// The time at which an asset ended.
pub(super) fn end_of(asset: &Asset) -> Option<OffsetDateTime> {
    asset.events.at("terminated").or_else(|| asset.events.at("updated"))
}
