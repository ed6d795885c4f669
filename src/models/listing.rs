//! Listings of products on marketplaces, and the requests to list them.

use serde_json::Value;
use time::OffsetDateTime;

use super::model::{model, open_enum};
use super::{Account, AssignedTo, Contract, Events, Product, User};

model! {
    /// A product that a provider sells under a contract; usage is reported by listing.
    #[doc(alias = "UsageListing")]
    pub struct Listing {
        /// `LST-…`.
        pub id: String,
        /// Its state.
        pub status: ListingStatus,
        /// The contract; old ones have the marketplace in it.
        pub contract: Contract,
        /// The product.
        pub product: Product,
        /// When it was made.
        pub created: Option<OffsetDateTime>,
        /// When it was last changed.
        pub updated: Option<OffsetDateTime>,
        /// The vendor.
        pub vendor: Option<Box<Account>>,
        /// The provider.
        pub provider: Option<Box<Account>>,
        /// The request being worked on.
        pub pending_request: Option<Box<ListingRequest>>,
        /// The offer made of it.
        pub offer: Option<Box<Offer>>,
        /// Its price list.
        pub pricelist: Option<Box<PriceList>>,
        /// Its price list in the second currency.
        pub alt_pricelist_1: Option<Box<PriceList>>,
        /// Its price list in the third currency.
        pub alt_pricelist_2: Option<Box<PriceList>>,
    }
}

model! {
    /// A request to list a product, or to take it from the list.
    pub struct ListingRequest {
        /// `LSTR-…`.
        pub id: String,
        /// What it asks for.
        #[doc(alias = "type")]
        pub kind: ListingRequestKind = "type",
        /// Where it stands.
        pub state: ListingRequestState,
        /// Where it stands, as the `pending_request` of a listing says it.
        pub status: ListingRequestState,
        /// The product.
        pub product: Option<Box<Product>>,
        /// The listing.
        pub listing: Option<Box<Listing>>,
        /// The offer to be made of it.
        pub offer: Option<Box<Offer>>,
        /// The price list.
        pub pricelist: Option<Box<PriceList>>,
        /// The price list in the second currency.
        pub alt_pricelist_1: Option<Box<PriceList>>,
        /// The price list in the third currency.
        pub alt_pricelist_2: Option<Box<PriceList>>,
        /// Who made it.
        pub creator: Option<Box<User>>,
        /// Who works on it.
        pub assignee: Option<AssignedTo>,
        /// When it was made.
        pub created: Option<OffsetDateTime>,
        /// When it was last changed.
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
        /// A note.
        pub note: Option<String>,
        /// Creation and last change.
        pub events: Events,
    }
}

model! {
    /// An offer made of a listed product.
    pub struct Offer {
        /// The id; empty if there is none.
        pub id: String,
        /// The name.
        pub name: Option<String>,
        /// Its plans; of no documented shape.
        pub plans: Vec<Value>,
        /// What kind of offer it is.
        #[doc(alias = "type")]
        pub kind: Option<String> = "type",
    }
}

model! {
    /// A price list.
    pub struct PriceList {
        /// `PL-…`; empty if there is none.
        pub id: String,
        /// The name.
        pub name: Option<String>,
        /// Its state.
        pub status: Option<String>,
    }
}

open_enum! {
    /// The state of a listing.
    pub enum ListingStatus {
        /// On sale.
        Listed = "listed",
        /// Not on sale.
        Unlisted = "unlisted",
    }
}

open_enum! {
    /// What a listing request asks for.
    pub enum ListingRequestKind {
        /// To list.
        New = "new",
        /// To change the listing.
        Update = "update",
        /// To take from the list.
        Remove = "remove",
    }
}

open_enum! {
    /// Where a listing request stands.
    pub enum ListingRequestState {
        /// Not sent yet.
        Draft = "draft",
        /// Being looked at.
        Reviewing = "reviewing",
        /// Being carried out.
        Deploying = "deploying",
        /// Given up.
        Canceled = "canceled",
        /// Done.
        Completed = "completed",
    }
}
