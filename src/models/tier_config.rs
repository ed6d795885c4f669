//! Tier configurations, the parameters of a reseller for a product, and the requests for them.

use time::OffsetDateTime;

use super::model::{model, open_enum};
use super::{
    Activation, AssignedTo, Configuration, Connection, Contract, Environment, Events, Marketplace, Param,
    Product, Template, TierAccount, Tiers,
};

model! {
    /// A tier configuration: the parameters of one reseller for one product.
    pub struct TierConfig {
        /// Id of the tier configuration, `TC-…`.
        pub id: String,
        /// Name of the tier configuration.
        pub name: Option<String>,
        /// Tier account of the reseller.
        pub account: TierAccount,
        /// Product of the tier configuration.
        pub product: Product,
        /// Tier level of the reseller: 1 for the reseller of the customer, 2 for the reseller above it.
        pub tier_level: Option<i64>,
        /// Connection of the tier configuration.
        pub connection: Connection,
        /// Events of the tier configuration: created, updated.
        pub events: Events,
        /// Parameters of the tier configuration, of the phases ordering and fulfillment.
        pub params: Vec<Param>,
        /// Template of the tier configuration's last approval.
        pub template: Option<Box<Template>>,
        /// Open request of the tier configuration, mostly with its id only; absent if there is none.
        pub open_request: Option<Box<TierConfigRequest>>,
        /// Status of the tier configuration.
        pub status: TierConfigStatus,
        /// Configuration parameters that apply to the tier configuration.
        pub configuration: Configuration,
        /// Contract of the tier configuration.
        pub contract: Option<Box<Contract>>,
        /// Marketplace of the tier configuration.
        pub marketplace: Option<Box<Marketplace>>,
        /// Tier accounts of the tier configuration: tier 1 and tier 2.
        pub tiers: Option<Box<Tiers>>,
    }
}

model! {
    /// A tier configuration request: it sets up or changes a tier configuration.
    pub struct TierConfigRequest {
        /// Id of the tier configuration request, `TCR-…`.
        pub id: String,
        /// Type of the tier configuration request.
        #[doc(alias = "type")]
        pub kind: TierConfigRequestKind = "type",
        /// Status of the tier configuration request.
        pub status: TierConfigRequestStatus,
        /// Tier configuration that the request is about.
        pub configuration: TierConfig,
        /// Tier configuration of the reseller above.
        pub parent_configuration: Option<Box<TierConfig>>,
        /// Previous approved request of the tier configuration, mostly with its id only.
        pub previous_approved_request: Option<Box<TierConfigRequest>>,
        /// Parameters of the tier configuration request.
        pub params: Vec<Param>,
        /// User who is responsible for the tier configuration request.
        pub assignee: Option<AssignedTo>,
        /// Template of the request's approval.
        pub template: Option<Box<Template>>,
        /// Reason for which the tier configuration request failed.
        pub reason: Option<String>,
        /// Activation of the request, with the link to the reseller's parameter form.
        pub activation: Option<Box<Activation>>,
        /// Notes of the tier configuration request.
        pub notes: Option<String>,
        /// Environment of the tier configuration request: production, test or preview.
        pub environment: Environment,
        /// Date from which the request takes effect.
        pub effective_date: Option<OffsetDateTime>,
        /// Tier accounts of the request: tier 1 and tier 2.
        pub tiers: Option<Box<Tiers>>,
        /// SLI of the request: its zone and a number of days.
        pub sli: Option<Sli>,
        /// Events of the request: created, updated, inquired, pended, approved.
        pub events: Events,
        /// Tier account, documented here; payloads have it in `configuration`.
        pub account: Option<Box<TierAccount>>,
        /// Product, documented here; payloads have it in `configuration`.
        pub product: Option<Box<Product>>,
        /// Tier level, documented here; payloads have it in `configuration`.
        pub tier_level: Option<i64>,
        /// Contract, documented here; payloads have it in `configuration`.
        pub contract: Option<Box<Contract>>,
        /// Marketplace, documented here; payloads have it in `configuration`.
        pub marketplace: Option<Box<Marketplace>>,
    }
}

impl TierConfigRequest {
    /// Returns the id of the product; empty if the payload has none.
    pub fn product_id(&self) -> &str {
        match &self.product {
            Some(product) if self.configuration.product.id.is_empty() => &product.id,
            _ => &self.configuration.product.id,
        }
    }
}

model! {
    /// SLI of a tier configuration request; the specification does not explain it further.
    pub struct Sli {
        /// Number of the SLI zone.
        pub zone: Option<i64>,
        /// Number of days of the SLI.
        pub days: Option<i64>,
    }
}

open_enum! {
    /// Status of a tier configuration.
    pub enum TierConfigStatus {
        /// The tier configuration is not set up yet.
        Processing = "processing",
        /// The tier configuration is active.
        Active = "active",
        /// The tier configuration is active, in old payloads.
        Approved = "approved",
    }
}

open_enum! {
    /// Type of a tier configuration request.
    pub enum TierConfigRequestKind {
        /// The request sets up a new tier configuration.
        Setup = "setup",
        /// The request updates a tier configuration.
        Update = "update",
        /// The request adjusts the parameters of a tier configuration.
        Adjustment = "adjustment",
    }
}

open_enum! {
    /// Status of a tier configuration request.
    pub enum TierConfigRequestStatus {
        /// The request is a draft and not submitted yet.
        Draft = "draft",
        /// The request waits for the tier configuration of the reseller above.
        TiersSetup = "tiers_setup",
        /// The request waits for the vendor.
        Pending = "pending",
        /// The request waits for an answer to the vendor's inquiry.
        Inquiring = "inquiring",
        /// The request is approved.
        Approved = "approved",
        /// The request failed.
        Failed = "failed",
    }
}
