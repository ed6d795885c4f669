//! Assets: what a customer has, or is about to have, of a product.

use time::OffsetDateTime;

use super::model::{model, open_enum};
use super::param::find;
use super::{
    AssignedTo, Configuration, Connection, Contract, Events, Item, Marketplace, Param, Product, RequestKind,
    RequestStatus, Template, Tiers,
};

model! {
    /// A customer's subscription to a product.
    pub struct Asset {
        /// Id of the asset, `AS-…`.
        pub id: String,
        /// State of the asset.
        pub status: AssetStatus,
        /// Id of the asset in the provider's system.
        pub external_id: Option<String>,
        /// Unique id of the asset in the provider's system, mostly a UUID.
        pub external_uid: Option<String>,
        /// Name of the asset in the provider's system, in old answers.
        pub external_name: Option<String>,
        /// Product of the asset.
        pub product: Product,
        /// Connection between vendor and provider that the asset was sold through.
        pub connection: Connection,
        /// Events of the asset: creation and last change.
        pub events: Events,
        /// Items of the asset, with quantities.
        pub items: Vec<Item>,
        /// The asset's parameters of the phases ordering and fulfillment.
        pub params: Vec<Param>,
        /// Customer and its resellers of the asset.
        pub tiers: Tiers,
        /// The marketplace that the asset was bought on.
        pub marketplace: Option<Box<Marketplace>>,
        /// The contract that the asset was bought under.
        pub contract: Option<Box<Contract>>,
        /// The asset's parameters of the phase configuration.
        pub configuration: Configuration,
        /// The activation template; lists have it only if that the asset is selected.
        pub template: Option<Box<Template>>,
        /// The request being worked on; lists have it only if that the asset is selected.
        pub pending_request: Option<Box<AssetRequestItem>>,
        /// Time at which the asset ends unless it is renewed.
        pub renewal_expiration_date: Option<OffsetDateTime>,
    }
}

impl Asset {
    /// The parameter of this id.
    ///
    /// ```
    /// use connect::models::Asset;
    /// # fn main() -> serde_json::Result<()> {
    /// let asset: Asset = serde_json::from_str(r#"{"params": [{"id": "seat_no", "value": "17"}]}"#)?;
    /// assert_eq!(asset.param("seat_no").and_then(|param| param.text()), Some("17"));
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "get_param_by_id")]
    pub fn param(&self, id: &str) -> Option<&Param> {
        find(&self.params, id)
    }

    /// The text of the parameter of this id; `None` where there is no such parameter or it says nothing.
    pub fn value(&self, id: &str) -> Option<&str> {
        self.param(id)?.text()
    }

    /// The item of this local id.
    #[doc(alias = "get_item_by_id")]
    pub fn item(&self, id: &str) -> Option<&Item> {
        self.items.iter().find(|item| item.id == id)
    }

    /// The item of this part number.
    #[doc(alias = "get_item_by_mpn")]
    pub fn item_by_mpn(&self, mpn: &str) -> Option<&Item> {
        self.items.iter().find(|item| item.mpn.as_deref() == Some(mpn))
    }

    /// The item of this global id.
    #[doc(alias = "get_item_by_global_id")]
    pub fn item_by_global_id(&self, id: &str) -> Option<&Item> {
        self.items.iter().find(|item| item.global_id.as_deref() == Some(id))
    }
}

model! {
    /// An asset in short, as usage records name it.
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
    /// A request in short, as an asset lists its own.
    pub struct AssetRequestItem {
        /// Id of the request, `PR-…`.
        pub id: String,
        /// Type of the request, such as purchase or change.
        #[doc(alias = "type")]
        pub kind: RequestKind = "type",
        /// State of the request.
        pub status: RequestStatus,
        /// Events of the request: creation and last change.
        pub events: Events,
        /// User who works on the request.
        pub assignee: Option<AssignedTo>,
        /// The template that the request will be answered with.
        pub template: Option<Box<Template>>,
    }
}

open_enum! {
    /// The state of an asset.
    pub enum AssetStatus {
        /// The asset is a draft, which is not ordered yet.
        Draft = "draft",
        /// The asset is ordered and not delivered yet.
        Processing = "processing",
        /// The asset is in use.
        Active = "active",
        /// The asset is cancelled and not terminated yet.
        Terminating = "terminating",
        /// The asset is suspended and cannot be used for now.
        Suspended = "suspended",
        /// The asset has ended.
        Terminated = "terminated",
        /// The asset is ordered, in old answers.
        New = "new",
        /// The asset was refused, in old answers.
        Rejected = "rejected",
    }
}
