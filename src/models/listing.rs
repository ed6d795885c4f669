//! Listings of products on marketplaces, and the requests to list them.

use serde_json::Value;
use time::OffsetDateTime;

use super::model::{model, open_enum};
use super::{Account, AssignedTo, Contract, Events, Product, User};

model! {
    /// A product that a provider sells under a contract; usage is reported by listing.
    #[doc(alias = "UsageListing")]
    pub struct Listing {
        /// Id of the listing, `LST-…`.
        pub id: String,
        /// State of the listing.
        pub status: ListingStatus,
        /// The contract; old ones have the marketplace in it.
        pub contract: Contract,
        /// Product of the listing.
        pub product: Product,
        /// Time at which the listing was created.
        pub created: Option<OffsetDateTime>,
        /// Time of the last change of the listing.
        pub updated: Option<OffsetDateTime>,
        /// Vendor of the listing.
        pub vendor: Option<Box<Account>>,
        /// Provider of the listing.
        pub provider: Option<Box<Account>>,
        /// Request being worked on of the listing.
        pub pending_request: Option<Box<ListingRequest>>,
        /// Offer that the listing makes of the product.
        pub offer: Option<Box<Offer>>,
        /// The listing's price list.
        pub pricelist: Option<Box<PriceList>>,
        /// The listing's price list in the second currency.
        pub alt_pricelist_1: Option<Box<PriceList>>,
        /// The listing's price list in the third currency.
        pub alt_pricelist_2: Option<Box<PriceList>>,
    }
}

model! {
    /// A request to list a product, or to take it from the list.
    pub struct ListingRequest {
        /// Id of the listing request, `LSTR-…`.
        pub id: String,
        /// Type of the listing request.
        #[doc(alias = "type")]
        pub kind: ListingRequestKind = "type",
        /// Place where the listing request stands.
        pub state: ListingRequestState,
        /// Place where the listing request stands, as the `pending_request` of a listing says it.
        pub status: ListingRequestState,
        /// Product of the listing request.
        pub product: Option<Box<Product>>,
        /// Listing of the listing request.
        pub listing: Option<Box<Listing>>,
        /// Offer that the listing request asks for.
        pub offer: Option<Box<Offer>>,
        /// Price list of the listing request.
        pub pricelist: Option<Box<PriceList>>,
        /// Price list in the second currency of the listing request.
        pub alt_pricelist_1: Option<Box<PriceList>>,
        /// Price list in the third currency of the listing request.
        pub alt_pricelist_2: Option<Box<PriceList>>,
        /// User who created the listing request.
        pub creator: Option<Box<User>>,
        /// User who works on the listing request.
        pub assignee: Option<AssignedTo>,
        /// Time at which the listing request was created.
        pub created: Option<OffsetDateTime>,
        /// Time of the last change of the listing request.
        pub updated: Option<OffsetDateTime>,
        /// Id of the product, as it is sent.
        pub product_id: Option<String>,
        /// Id of the contract, as it is sent.
        pub contract_id: Option<String>,
        /// Id of the listing, as it is sent.
        pub listing_id: Option<String>,
        /// Id of the offer, as it is sent.
        pub offer_id: Option<String>,
        /// Id of the price list, as it is sent.
        pub pricelist_id: Option<String>,
        /// Id of the price list in the second currency, as it is sent.
        pub alt_pricelist_1_id: Option<String>,
        /// Id of the price list in the third currency, as it is sent.
        pub alt_pricelist_2_id: Option<String>,
        /// Note on the listing request.
        pub note: Option<String>,
        /// Events of the listing request: creation and last change.
        pub events: Events,
    }
}

model! {
    /// An offer made of a listed product.
    pub struct Offer {
        /// The id; empty if there is none.
        pub id: String,
        /// Name of the offer.
        pub name: Option<String>,
        /// The offer's plans; of no documented shape.
        pub plans: Vec<Value>,
        /// Kind of the offer.
        #[doc(alias = "type")]
        pub kind: Option<String> = "type",
    }
}

model! {
    /// A price list.
    pub struct PriceList {
        /// `PL-…`; empty if there is none.
        pub id: String,
        /// Name of the price list.
        pub name: Option<String>,
        /// State of the price list.
        pub status: Option<String>,
    }
}

open_enum! {
    /// The state of a listing.
    pub enum ListingStatus {
        /// The product is on sale.
        Listed = "listed",
        /// The product is not on sale.
        Unlisted = "unlisted",
    }
}

open_enum! {
    /// What a listing request asks for.
    pub enum ListingRequestKind {
        /// The request asks for a new listing.
        New = "new",
        /// The request asks for a change of the listing.
        Update = "update",
        /// The request asks for the removal of the listing.
        Remove = "remove",
    }
}

open_enum! {
    /// Where a listing request stands.
    pub enum ListingRequestState {
        /// The listing request was not sent yet.
        Draft = "draft",
        /// The listing request is being reviewed.
        Reviewing = "reviewing",
        /// The listing request is being carried out.
        Deploying = "deploying",
        /// The listing request was cancelled.
        Canceled = "canceled",
        /// The listing request was carried out.
        Completed = "completed",
    }
}
