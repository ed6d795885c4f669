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
        /// Id of the tier config, `TC-…`.
        pub id: String,
        /// Name of the tier config.
        pub name: Option<String>,
        /// Reseller that the tier config is for.
        pub account: TierAccount,
        /// Product of the tier config.
        pub product: Product,
        /// 1 for the reseller next to the customer, 2 for the one above.
        pub tier_level: Option<i64>,
        /// Connection between vendor and provider that the tier config belongs to.
        pub connection: Connection,
        /// Events of the tier config: creation and last change.
        pub events: Events,
        /// The tier config's parameters of the phases ordering and fulfillment.
        pub params: Vec<Param>,
        /// Template of its last approval of the tier config.
        pub template: Option<Box<Template>>,
        /// The request being worked on; of little more than an id.
        pub open_request: Option<Box<TierConfigRequest>>,
        /// State of the tier config.
        pub status: TierConfigStatus,
        /// The tier config's parameters of the phase configuration.
        pub configuration: Configuration,
        /// Contract of the tier config.
        pub contract: Option<Box<Contract>>,
        /// Marketplace of the tier config.
        pub marketplace: Option<Box<Marketplace>>,
        /// Resellers of the tier config, tier 1 and tier 2.
        pub tiers: Option<Box<Tiers>>,
    }
}

impl TierConfig {
    /// The parameter of this id.
    #[doc(alias = "get_param_by_id")]
    pub fn param(&self, id: &str) -> Option<&Param> {
        find(&self.params, id)
    }

    /// The text of the parameter of this id; `None` where there is no such parameter or it says nothing.
    pub fn value(&self, id: &str) -> Option<&str> {
        self.param(id)?.text()
    }
}

model! {
    /// A request to set up or change a tier config.
    pub struct TierConfigRequest {
        /// Id of the tier config request, `TCR-…`.
        pub id: String,
        /// Type of the tier config request: setup, update or adjustment.
        #[doc(alias = "type")]
        pub kind: TierConfigRequestKind = "type",
        /// State of the tier config request.
        pub status: TierConfigRequestStatus,
        /// The tier config that the tier config request is about.
        pub configuration: TierConfig,
        /// Tier config of the reseller above of the tier config request.
        pub parent_configuration: Option<Box<TierConfig>>,
        /// The last approved request; of little more than an id.
        pub previous_approved_request: Option<Box<TierConfigRequest>>,
        /// Parameters that the tier config request sets.
        pub params: Vec<Param>,
        /// User who works on the tier config request.
        pub assignee: Option<AssignedTo>,
        /// Template of its approval of the tier config request.
        pub template: Option<Box<Template>>,
        /// Reason why the tier config request failed.
        pub reason: Option<String>,
        /// Form in which the reseller fills in the request's parameters.
        pub activation: Option<Box<Activation>>,
        /// Note of the reseller on the request.
        pub notes: Option<String>,
        /// Whether the tier config request is for trial or business.
        pub environment: Environment,
        /// From when on it holds.
        pub effective_date: Option<OffsetDateTime>,
        /// Resellers of the tier config request, tier 1 and tier 2.
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

    /// The text of the parameter of this id; `None` where there is no such parameter or it says nothing.
    pub fn value(&self, id: &str) -> Option<&str> {
        self.param(id)?.text()
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
        /// Zone of urgency of the service level.
        pub zone: Option<i64>,
        /// Number of days of the service level.
        pub days: Option<i64>,
    }
}

open_enum! {
    /// The state of a tier config.
    pub enum TierConfigStatus {
        /// The tier config is not set up yet.
        Processing = "processing",
        /// The tier config is in use.
        Active = "active",
        /// The tier config is in use, in old answers.
        Approved = "approved",
    }
}

open_enum! {
    /// What a tier config request asks for.
    pub enum TierConfigRequestKind {
        /// The request sets a tier config up.
        Setup = "setup",
        /// The request changes account or parameters of a tier config.
        Update = "update",
        /// Other parameters, by the vendor.
        Adjustment = "adjustment",
    }
}

open_enum! {
    /// The state of a tier config request.
    pub enum TierConfigRequestStatus {
        /// The tier config request was not sent yet.
        Draft = "draft",
        /// Waits for the reseller above.
        TiersSetup = "tiers_setup",
        /// The tier config request waits for the vendor.
        Pending = "pending",
        /// Waits for the reseller's answer.
        Inquiring = "inquiring",
        /// The tier config request was approved.
        Approved = "approved",
        /// The tier config request was refused for good.
        Failed = "failed",
    }
}
