//! Assets: subscriptions of a customer to a product.

use time::OffsetDateTime;

use super::model::{model, open_enum};
use super::{
    AssignedTo, Configuration, Connection, Contract, Events, Item, Marketplace, Param, Product, RequestKind,
    RequestStatus, Template, Tiers,
};

model! {
    /// An asset: the subscription of a customer to a product.
    pub struct Asset {
        /// Id of the asset, `AS-…`.
        pub id: String,
        /// Status of the asset.
        pub status: AssetStatus,
        /// Id of the asset in the provider's system.
        pub external_id: Option<String>,
        /// Unique id of the asset in the provider's system, usually a UUID.
        pub external_uid: Option<String>,
        /// Name of the asset in the provider's system, in old payloads.
        pub external_name: Option<String>,
        /// Product of the asset.
        pub product: Product,
        /// Connection through which the asset was ordered.
        pub connection: Connection,
        /// Events of the asset: created, updated.
        pub events: Events,
        /// Items of the asset, with quantities.
        pub items: Vec<Item>,
        /// Parameters of the asset, of the phases ordering and fulfillment.
        pub params: Vec<Param>,
        /// Tier accounts of the asset: the customer, tier 1 and tier 2.
        pub tiers: Tiers,
        /// Marketplace of the asset.
        pub marketplace: Option<Box<Marketplace>>,
        /// Contract that the asset belongs to.
        pub contract: Option<Box<Contract>>,
        /// Configuration parameters that apply to the asset.
        pub configuration: Configuration,
        /// Activation template of the asset; lists include it only on `select(template)`.
        pub template: Option<Box<Template>>,
        /// Pending request of the asset; lists include it only on `select(pending_request)`.
        pub pending_request: Option<Box<AssetRequestItem>>,
        /// Date on which the asset expires unless it is renewed.
        pub renewal_expiration_date: Option<OffsetDateTime>,
    }
}

impl Asset {
    /// Returns the asset's item with this local id.
    #[doc(alias = "get_item_by_id")]
    pub fn item(&self, id: &str) -> Option<&Item> {
        self.items.iter().find(|item| item.id == id)
    }

    /// Returns the asset's item with this manufacturer part number (MPN).
    #[doc(alias = "get_item_by_mpn")]
    pub fn item_by_mpn(&self, mpn: &str) -> Option<&Item> {
        self.items.iter().find(|item| item.mpn.as_deref() == Some(mpn))
    }

    /// Returns the asset's item with this global id.
    #[doc(alias = "get_item_by_global_id")]
    pub fn item_by_global_id(&self, id: &str) -> Option<&Item> {
        self.items.iter().find(|item| item.global_id.as_deref() == Some(id))
    }
}

model! {
    /// A reference to an asset, as usage records have it.
    pub struct AssetReference {
        /// Id of the asset, `AS-…`.
        pub id: String,
        /// Id of the asset in the provider's system.
        pub external_id: Option<String>,
        /// Unique id of the asset in the provider's system.
        pub external_uid: Option<String>,
    }
}

model! {
    /// A short form of an asset request, as the list of an asset's requests has it.
    pub struct AssetRequestItem {
        /// Id of the request, `PR-…`.
        pub id: String,
        /// Type of the request.
        #[doc(alias = "type")]
        pub kind: RequestKind = "type",
        /// Status of the request.
        pub status: RequestStatus,
        /// Events of the request: created, updated.
        pub events: Events,
        /// User who is responsible for the request.
        pub assignee: Option<AssignedTo>,
        /// Template of the request.
        pub template: Option<Box<Template>>,
    }
}

open_enum! {
    /// Status of an asset.
    pub enum AssetStatus {
        /// The asset is a draft and not ordered yet.
        Draft = "draft",
        /// The asset is ordered and not fulfilled yet.
        Processing = "processing",
        /// The asset is active.
        Active = "active",
        /// The asset is being terminated.
        Terminating = "terminating",
        /// The asset is suspended.
        Suspended = "suspended",
        /// The asset is terminated.
        Terminated = "terminated",
        /// The asset is ordered, in old payloads.
        New = "new",
        /// The order of the asset was rejected, in old payloads.
        Rejected = "rejected",
    }
}
