//! Tier configs: what a product needs to know of a reseller, and the requests to set it up.

use time::OffsetDateTime;

use super::model::{model, open_enum};
use super::param::find;
use super::{
    Activation, AssignedTo, Configuration, Connection, Contract, Environment, Events, Marketplace, Param,
    Product, Template, TierAccount, Tiers,
};

model! {
    /// What a product knows of one reseller.
    pub struct TierConfig {
        /// `TC-…`.
        pub id: String,
        /// The name.
        pub name: Option<String>,
        /// The reseller.
        pub account: TierAccount,
        /// The product.
        pub product: Product,
        /// 1 for the reseller next to the customer, 2 for the one above.
        pub tier_level: Option<i64>,
        /// By which way it came.
        pub connection: Connection,
        /// Creation and last change.
        pub events: Events,
        /// Its parameters of the phases ordering and fulfillment.
        pub params: Vec<Param>,
        /// The template of its last approval.
        pub template: Option<Box<Template>>,
        /// The request being worked on; of little more than an id.
        pub open_request: Option<Box<TierConfigRequest>>,
        /// Its state.
        pub status: TierConfigStatus,
        /// Its parameters of the phase configuration.
        pub configuration: Configuration,
        /// The contract.
        pub contract: Option<Box<Contract>>,
        /// The marketplace.
        pub marketplace: Option<Box<Marketplace>>,
        /// The reseller and the one above it.
        pub tiers: Option<Box<Tiers>>,
    }
}

impl TierConfig {
    /// The parameter of this id.
    #[doc(alias = "get_param_by_id")]
    pub fn param(&self, id: &str) -> Option<&Param> {
        find(&self.params, id)
    }
}

model! {
    /// A request to set up or change a tier config.
    pub struct TierConfigRequest {
        /// `TCR-…`.
        pub id: String,
        /// What it asks for.
        #[doc(alias = "type")]
        pub kind: TierConfigRequestKind = "type",
        /// Its state.
        pub status: TierConfigRequestStatus,
        /// The tier config it is about.
        pub configuration: TierConfig,
        /// The tier config of the reseller above.
        pub parent_configuration: Option<Box<TierConfig>>,
        /// The last approved request; of little more than an id.
        pub previous_approved_request: Option<Box<TierConfigRequest>>,
        /// The parameters to be filled in.
        pub params: Vec<Param>,
        /// Who works on it.
        pub assignee: Option<AssignedTo>,
        /// The template of its approval.
        pub template: Option<Box<Template>>,
        /// Why it failed.
        pub reason: Option<String>,
        /// The parameter form for the reseller.
        pub activation: Option<Box<Activation>>,
        /// The reseller's note.
        pub notes: Option<String>,
        /// Whether it is for trial or business.
        pub environment: Environment,
        /// From when on it holds.
        pub effective_date: Option<OffsetDateTime>,
        /// The reseller and the one above it.
        pub tiers: Option<Box<Tiers>>,
        /// How long it may take.
        pub sli: Option<Sli>,
        /// Creation, inquiry, approval and the like.
        pub events: Events,
        /// Documented here, and sent in `configuration`.
        pub account: Option<Box<TierAccount>>,
        /// Documented here, and sent in `configuration`.
        pub product: Option<Box<Product>>,
        /// Documented here, and sent in `configuration`.
        pub tier_level: Option<i64>,
        /// Documented here, and sent in `configuration`.
        pub contract: Option<Box<Contract>>,
        /// Documented here, and sent in `configuration`.
        pub marketplace: Option<Box<Marketplace>>,
    }
}

impl TierConfigRequest {
    /// The parameter of this id, of those to be filled in.
    #[doc(alias = "get_param_by_id")]
    pub fn param(&self, id: &str) -> Option<&Param> {
        find(&self.params, id)
    }

    /// The id of the product; empty if the answer does not name it.
    pub fn product_id(&self) -> &str {
        match &self.product {
            Some(product) if self.configuration.product.id.is_empty() => &product.id,
            _ => &self.configuration.product.id,
        }
    }
}

model! {
    /// How long a request may take.
    pub struct Sli {
        /// The zone of urgency.
        pub zone: Option<i64>,
        /// Days.
        pub days: Option<i64>,
    }
}

open_enum! {
    /// The state of a tier config.
    pub enum TierConfigStatus {
        /// Not set up yet.
        Processing = "processing",
        /// In use.
        Active = "active",
        /// In use, in old answers.
        Approved = "approved",
    }
}

open_enum! {
    /// What a tier config request asks for.
    pub enum TierConfigRequestKind {
        /// A new tier config.
        Setup = "setup",
        /// Another account or parameters.
        Update = "update",
        /// Other parameters, by the vendor.
        Adjustment = "adjustment",
    }
}

open_enum! {
    /// The state of a tier config request.
    pub enum TierConfigRequestStatus {
        /// Not sent yet.
        Draft = "draft",
        /// Waits for the reseller above.
        TiersSetup = "tiers_setup",
        /// Waits for the vendor.
        Pending = "pending",
        /// Waits for the reseller's answer.
        Inquiring = "inquiring",
        /// Done.
        Approved = "approved",
        /// Refused.
        Failed = "failed",
    }
}
