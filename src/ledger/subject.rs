//! What work is done for.

use std::fmt;

use super::store::Order;
use crate::models::{Listing, Request, TierConfigRequest, UsageFile};
use crate::text::percent_encode;

/// What ends, and so can be worked for: an order, a tier config request, or a usage file.
///
/// A listing does not end: [`Ledger::work_for`](super::Ledger::work_for) takes it with a period.
pub trait Subject: sealed::Sealed {}

impl<T: sealed::Sealed> Subject for T {}

pub(super) mod sealed {
    pub trait Sealed {
        fn order(&self) -> super::Order<'_>;
    }
}

fn id(id: &str) -> Option<&str> {
    Some(id).filter(|id| !id.is_empty())
}

impl sealed::Sealed for Request {
    fn order(&self) -> Order<'_> {
        Order { collection: "requests", id: &self.id, asset: id(&self.asset.id), created: self.created }
    }
}

impl sealed::Sealed for TierConfigRequest {
    fn order(&self) -> Order<'_> {
        let asset = id(&self.configuration.id);
        Order { collection: "tier/config-requests", id: &self.id, asset, created: self.events.created() }
    }
}

impl sealed::Sealed for UsageFile {
    fn order(&self) -> Order<'_> {
        let created = self.events.created().or(self.created_at);
        Order { collection: "usage/files", id: &self.id, asset: None, created }
    }
}

/// The id of a part of what does not end, such as a listing's period.
pub(crate) fn part_id(id: &str, part: &impl fmt::Display) -> String {
    format!("{id}/{}", percent_encode(&part.to_string()))
}

/// A listing's period, under an id of its own.
pub(super) fn listing<'a>(listing: &'a Listing, id: &'a str) -> Order<'a> {
    Order { collection: "listings", id, asset: None, created: listing.created }
}

#[cfg(test)]
mod tests {
    use super::sealed::Sealed as _;
    use super::*;
    use crate::process::Queue;

    /// The collection that a loop reads.
    fn read_by<T: Queue>(_: &T) -> &'static str {
        T::LIST.trim_start_matches('/')
    }

    #[test]
    fn an_order_has_the_asset_that_it_is_about_where_it_has_one() {
        let (mut request, mut tier) = (Request::default(), TierConfigRequest::default());
        assert_eq!((request.order().asset, tier.order().asset), (None, None));
        request.asset.id = "AS-1".into();
        tier.configuration.id = "TC-1".into();
        assert_eq!((request.order().asset, tier.order().asset), (Some("AS-1"), Some("TC-1")));
    }

    #[test]
    fn a_collection_is_named_as_its_loop_reads_it() {
        let (request, tier, file) = (Request::default(), TierConfigRequest::default(), UsageFile::default());
        assert_eq!(request.order().collection, read_by(&request));
        assert_eq!(tier.order().collection, read_by(&tier));
        assert_eq!(file.order().collection, read_by(&file));
        let of_listing = Listing::default();
        assert_eq!(listing(&of_listing, "LST-1/2024-05").collection, read_by(&of_listing));
    }
}
