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
        /// `AS-…`.
        pub id: String,
        /// Its state.
        pub status: AssetStatus,
        /// Id in the provider's system.
        pub external_id: Option<String>,
        /// Unique id in the provider's system, mostly a UUID.
        pub external_uid: Option<String>,
        /// Name in the provider's system, in old answers.
        pub external_name: Option<String>,
        /// What it is of.
        pub product: Product,
        /// By which way it came.
        pub connection: Connection,
        /// Creation and last change.
        pub events: Events,
        /// What it holds how many of.
        pub items: Vec<Item>,
        /// Its parameters of the phases ordering and fulfillment.
        pub params: Vec<Param>,
        /// The customer and its resellers.
        pub tiers: Tiers,
        /// The marketplace it was bought on.
        pub marketplace: Option<Box<Marketplace>>,
        /// The contract it was bought under.
        pub contract: Option<Box<Contract>>,
        /// Its parameters of the phase configuration.
        pub configuration: Configuration,
        /// The activation template; lists have it only if it is selected.
        pub template: Option<Box<Template>>,
        /// The request being worked on; lists have it only if it is selected.
        pub pending_request: Option<Box<AssetRequestItem>>,
        /// When it ends unless it is renewed.
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
        /// `AS-…`.
        pub id: String,
        /// Id in the provider's system.
        pub external_id: Option<String>,
        /// Unique id in the provider's system.
        pub external_uid: Option<String>,
    }
}

model! {
    /// A request in short, as an asset lists its own.
    pub struct AssetRequestItem {
        /// `PR-…`.
        pub id: String,
        /// What it asks for.
        #[doc(alias = "type")]
        pub kind: RequestKind = "type",
        /// Its state.
        pub status: RequestStatus,
        /// Creation and last change.
        pub events: Events,
        /// Who works on it.
        pub assignee: Option<AssignedTo>,
        /// The template it will be answered with.
        pub template: Option<Box<Template>>,
    }
}

open_enum! {
    /// The state of an asset.
    pub enum AssetStatus {
        /// Not ordered yet.
        Draft = "draft",
        /// Ordered.
        Processing = "processing",
        /// In use.
        Active = "active",
        /// Cancelled, but not gone yet.
        Terminating = "terminating",
        /// Not usable for now.
        Suspended = "suspended",
        /// Gone.
        Terminated = "terminated",
        /// Ordered, in old answers.
        New = "new",
        /// Refused, in old answers.
        Rejected = "rejected",
    }
}
