//! The assets that usage of a period can be of.

use std::iter::FusedIterator;
use std::vec;

use time::OffsetDateTime;

use super::Usage;
use super::period::Period;
use crate::error::{Error, Result};
use crate::http::Http;
use crate::models::{Asset, Listing};
use crate::page::{Cursor, Element, Walk};
use crate::rql::{Query, names};

/// How many are read at once.
const PAGE: u32 = 100;

/// States in which an asset is in use.
const ALIVE: [&str; 3] = ["active", "suspended", "terminating"];

impl<'c> Usage<'c> {
    /// The assets of a listing that were there in a period: those that began before its end and are in use, or were still
    /// in use in it.
    ///
    /// In use means the states `active`, `suspended` and `terminating`; what is not metered while it is suspended is for the
    /// closure to leave out, by [`status`](Asset::status). Where assets that end have
    /// [closing reports](super::Periods::closing), those that ended in the period are left out, and the list of a closing
    /// report is its asset. An asset's end is the time of its last change: the platform's list knows no other.
    pub fn assets(self, listing: &Listing, period: &Period) -> Assets<'c> {
        let query = if let Some(asset) = period.ended() {
            Query::new().equal("id", asset.id.as_str())
        } else {
            let after = if period.closes { period.to() } else { period.from() };
            of_listing(listing).lesser("created", period.to()).any([
                Query::new().in_("status", ALIVE),
                Query::new().equal("status", "terminated").greater("updated", after),
            ])
        };
        Assets::new(self.http, &query)
    }

    /// The assets of a listing that ended since.
    pub(super) fn ended(self, listing: &Listing, since: OffsetDateTime) -> Result<Vec<Asset>> {
        let query = of_listing(listing).equal("status", "terminated").greater("updated", since);
        Assets::new(self.http, &query).collect()
    }
}

/// The assets of a listing in a period, read as they are walked: one page is in memory at a time.
///
/// Each asset comes once, in the order of creation, however many were created at the same moment, and though others begin
/// or end meanwhile. An asset that does not decode is one error, and the list goes on behind it; a call that fails is the
/// last element.
#[must_use = "nothing is read before the first asset is asked for"]
pub struct Assets<'c> {
    walk: Walk<'c>,
    items: vec::IntoIter<Element<Asset>>,
    next: Next,
}

enum Next {
    Page,
    Fail(Error),
    End,
}

impl<'c> Assets<'c> {
    fn new(http: &'c Http, query: &Query) -> Self {
        let (filters, next) = match query.filters() {
            Ok(filters) => (filters, Next::Page),
            Err(error) => (String::new(), Next::Fail(error.into())),
        };
        let walk = Walk::new(http, names::ASSETS.list, Cursor::new(filters, "created", PAGE).with_only_gt());
        Self { walk, items: Vec::new().into_iter(), next }
    }
}

impl Iterator for Assets<'_> {
    type Item = Result<Asset>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(element) = self.items.next() {
                return Some(element.into_result());
            }
            // Taken out before it is used, so that a failure ends the list.
            match std::mem::replace(&mut self.next, Next::End) {
                Next::End => return None,
                Next::Fail(error) => return Some(Err(error)),
                Next::Page => {
                    match self.walk.next(|asset: &Asset| (&asset.id, asset.events.at("created")), |_| {}) {
                        Err(error) => return Some(Err(error)),
                        Ok(None) => {}
                        Ok(Some(page)) => {
                            self.items = page.elements.into_iter();
                            if !page.is_last {
                                self.next = Next::Page;
                            }
                        }
                    }
                }
            }
        }
    }
}

impl FusedIterator for Assets<'_> {}

impl std::fmt::Debug for Assets<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Assets").finish_non_exhaustive()
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
