//! Capabilities of a product: the optional features of the platform that the product supports.

use super::model::{model, open_enum};
use super::usage::UsageSchema;

model! {
    /// Capabilities of a product.
    pub struct Capabilities {
        /// Pay-as-you-go (pay per use) capabilities of the product.
        pub ppu: Option<PpuCapabilities>,
        /// Reservation capabilities of the product.
        pub reservation: Option<ReservationCapabilities>,
        /// Validation of ordering parameters while the customer fills the cart.
        pub cart: Option<Validation>,
        /// Validation of ordering parameters while a request is inquiring.
        pub inquiring: Option<Validation>,
        /// Capabilities of the product for resellers (tiers).
        pub tiers: Option<TierCapabilities>,
        /// Capabilities of the product for each type of asset request.
        pub subscription: Option<SubscriptionCapabilities>,
    }
}

model! {
    /// Pay-as-you-go (pay per use) capabilities of a product.
    pub struct PpuCapabilities {
        /// Whether the product supports pay-as-you-go; the field can be sent, responses do not have it.
        pub ppu: Option<bool>,
        /// Schema of the product's usage files.
        pub schema: UsageSchema,
        /// Whether usage may be reported for items that the product does not define (dynamic).
        pub dynamic: Option<bool>,
        /// Whether usage is reported as a prediction before the billing period (predictive).
        pub predictive: Option<bool>,
        /// Whether usage may be reported with dates in the future (future).
        pub future: Option<bool>,
        /// Whether usage may be reported after the billing period (late usage).
        pub late: Option<bool>,
        /// Names of the vendor's own columns that a usage file must have.
        pub required_custom_fields: Vec<String>,
    }
}

model! {
    /// Reservation capabilities of a product: items that are ordered in fixed quantities.
    pub struct ReservationCapabilities {
        /// Whether the vendor reports the consumption of reserved items.
        pub consumption: Option<bool>,
    }
}

model! {
    /// Whether the vendor validates parameters at one point of the ordering process.
    pub struct Validation {
        /// Whether the vendor validates the parameters.
        pub validation: Option<bool>,
    }
}

model! {
    /// Capabilities of a product for resellers (tiers).
    pub struct TierCapabilities {
        /// Whether the vendor receives updates of tier accounts.
        pub updates: Option<bool>,
        /// Tier configuration capabilities of the product; the platform may send null.
        pub configs: Option<TierConfigCapabilities>,
        /// Whether the vendor validates the parameters of tiers.
        pub validation: Option<bool>,
    }
}

model! {
    /// Tier configuration capabilities of a product.
    pub struct TierConfigCapabilities {
        /// Whether the product has tier configurations; the field can be sent, responses do not have it.
        pub configs: Option<bool>,
        /// Highest tier level with a tier configuration, 1 or 2.
        pub level: Option<i64>,
        /// Capabilities of tier configuration requests of type setup.
        pub setup: Option<RequestCapabilities>,
        /// Capabilities of tier configuration requests of type update.
        pub update: Option<RequestCapabilities>,
    }
}

model! {
    /// Capabilities of a product for each type of asset request.
    pub struct SubscriptionCapabilities {
        /// Capabilities of cancel requests.
        pub cancel: Option<RequestCapabilities>,
        /// Capabilities of change requests.
        pub change: Option<RequestCapabilities>,
        /// Capabilities of asset parameters.
        pub parameter: Option<ParameterCapabilities>,
        /// Capabilities of purchase requests.
        pub purchase: Option<RequestCapabilities>,
        /// Capabilities of resume requests.
        pub resume: Option<RequestCapabilities>,
        /// Capabilities of suspend requests.
        pub suspend: Option<RequestCapabilities>,
        /// Capabilities of renew requests.
        pub renew: Option<RequestCapabilities>,
        /// Capabilities of transfer requests.
        pub transfer: Option<RequestCapabilities>,
        /// Whether subscriptions can be put on hold.
        pub hold: Option<bool>,
        /// Subscription schema of the product: explicit or evergreen.
        pub schema: SubscriptionSchema,
    }
}

model! {
    /// Capabilities of a product for asset parameters.
    pub struct ParameterCapabilities {
        /// Whether the platform keeps versions of asset parameters.
        pub versions: Option<bool>,
    }
}

model! {
    /// Capabilities of one type of request. Each type of request has some of these fields.
    pub struct RequestCapabilities {
        /// Whether the vendor validates a draft request of this type.
        pub validation: Option<bool>,
        /// Whether the vendor validates the parameters while a request of this type is inquiring.
        pub inquiring_validation: Option<bool>,
        /// Whether requests of this type can be scheduled.
        pub scheduling: Option<bool>,
        /// Whether requests of this type can be processed offline.
        pub offline: Offline,
        /// Whether requests of this type can edit ordering parameters.
        pub editable_ordering_parameters: Option<bool>,
        /// Whether requests of this type can edit fulfillment parameters.
        pub editable_fulfillment_parameters: Option<bool>,
        /// Whether an adjustment request can be open at the same time as a change request.
        pub simultaneous_adjustment: Option<bool>,
        /// Whether the product supports renew requests.
        pub enable_renew: Option<bool>,
        /// Whether the product supports transfer requests.
        pub enable_transfer: Option<bool>,
        /// Whether the platform approves transfer requests automatically.
        pub transfer_autoapprove: Option<bool>,
    }
}

open_enum! {
    /// Whether requests of a type can be processed offline, without the platform.
    pub enum Offline {
        /// Offline processing is not supported (`no`).
        No = "no",
        /// Offline processing is automatic (`auto`).
        Auto = "auto",
        /// Offline processing is allowed (`allowed`).
        Allowed = "allowed",
    }
}

open_enum! {
    /// Subscription schema of a product: how a subscription ends.
    pub enum SubscriptionSchema {
        /// The subscription ends at its expiration date unless it is renewed.
        Explicit = "explicit",
        /// The subscription continues until it is cancelled.
        Evergreen = "evergreen",
    }
}
