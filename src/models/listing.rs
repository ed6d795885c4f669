//! Listings of products on marketplaces, and listing requests.

use serde_json::Value;
use time::OffsetDateTime;

use super::model::{model, open_enum};
use super::{Account, AssignedTo, Contract, Events, Product, User};

model! {
    /// A listing: a product that a provider sells under a contract. Usage is reported per listing.
    #[doc(alias = "UsageListing")]
    pub struct Listing {
        /// Id of the listing, `LST-…`.
        pub id: String,
        /// Status of the listing.
        pub status: ListingStatus,
        /// Contract of the listing; in old payloads it includes the marketplace.
        pub contract: Contract,
        /// Product of the listing.
        pub product: Product,
        /// Time at which the listing was created.
        pub created: Option<OffsetDateTime>,
        /// Time of the listing's last update.
        pub updated: Option<OffsetDateTime>,
        /// Vendor of the listed product.
        pub vendor: Option<Box<Account>>,
        /// Provider that lists the product.
        pub provider: Option<Box<Account>>,
        /// Pending listing request of the listing.
        pub pending_request: Option<Box<ListingRequest>>,
        /// Offer of the listing.
        pub offer: Option<Box<Offer>>,
        /// Price list of the listing, in the main currency of the marketplace.
        pub pricelist: Option<Box<PriceList>>,
        /// Price list of the listing, in the first alternative currency.
        pub alt_pricelist_1: Option<Box<PriceList>>,
        /// Price list of the listing, in the second alternative currency.
        pub alt_pricelist_2: Option<Box<PriceList>>,
    }
}

model! {
    /// A listing request: it lists a product, updates a listing or removes it.
    pub struct ListingRequest {
        /// Id of the listing request, `LSTR-…`.
        pub id: String,
        /// Type of the listing request.
        #[doc(alias = "type")]
        pub kind: ListingRequestKind = "type",
        /// State of the listing request.
        pub state: ListingRequestState,
        /// State of the listing request in the `pending_request` of a listing, whose JSON key is `status`.
        pub status: ListingRequestState,
        /// Product of the listing request.
        pub product: Option<Box<Product>>,
        /// Listing that the request is about.
        pub listing: Option<Box<Listing>>,
        /// Offer of the listing request.
        pub offer: Option<Box<Offer>>,
        /// Price list of the request, in the main currency of the marketplace.
        pub pricelist: Option<Box<PriceList>>,
        /// Price list of the request, in the first alternative currency.
        pub alt_pricelist_1: Option<Box<PriceList>>,
        /// Price list of the request, in the second alternative currency.
        pub alt_pricelist_2: Option<Box<PriceList>>,
        /// User who created the listing request.
        pub creator: Option<Box<User>>,
        /// User who is responsible for the listing request.
        pub assignee: Option<AssignedTo>,
        /// Time at which the listing request was created.
        pub created: Option<OffsetDateTime>,
        /// Time of the listing request's last update.
        pub updated: Option<OffsetDateTime>,
        /// Id of the product, as sent to the platform.
        pub product_id: Option<String>,
        /// Id of the contract, as sent to the platform.
        pub contract_id: Option<String>,
        /// Id of the listing, as sent to the platform.
        pub listing_id: Option<String>,
        /// Id of the offer, as sent to the platform.
        pub offer_id: Option<String>,
        /// Id of the price list in the main currency, as sent to the platform.
        pub pricelist_id: Option<String>,
        /// Id of the price list in the first alternative currency, as sent to the platform.
        pub alt_pricelist_1_id: Option<String>,
        /// Id of the price list in the second alternative currency, as sent to the platform.
        pub alt_pricelist_2_id: Option<String>,
        /// Note of the listing request.
        pub note: Option<String>,
        /// Events of the listing request: created, updated.
        pub events: Events,
    }
}

model! {
    /// An offer of a listed product.
    pub struct Offer {
        /// Id of the offer; empty if there is none.
        pub id: String,
        /// Name of the offer.
        pub name: Option<String>,
        /// Plans of the offer; their shape is not documented.
        pub plans: Vec<Value>,
        /// Type of the offer.
        #[doc(alias = "type")]
        pub kind: Option<String> = "type",
    }
}

model! {
    /// A price list.
    pub struct PriceList {
        /// Id of the price list, `PL-…`; empty if there is none.
        pub id: String,
        /// Name of the price list.
        pub name: Option<String>,
        /// Status of the price list.
        pub status: Option<String>,
    }
}

open_enum! {
    /// Status of a listing.
    pub enum ListingStatus {
        /// The product is listed.
        Listed = "listed",
        /// The product is not listed.
        Unlisted = "unlisted",
    }
}

open_enum! {
    /// Type of a listing request.
    pub enum ListingRequestKind {
        /// The request lists a product.
        New = "new",
        /// The request updates a listing.
        Update = "update",
        /// The request removes a listing.
        Remove = "remove",
    }
}

open_enum! {
    /// State of a listing request.
    pub enum ListingRequestState {
        /// The listing request is a draft and not submitted yet.
        Draft = "draft",
        /// The listing request is under review.
        Reviewing = "reviewing",
        /// The listing request is being deployed.
        Deploying = "deploying",
        /// The listing request was canceled.
        Canceled = "canceled",
        /// The listing request is completed.
        Completed = "completed",
    }
}
