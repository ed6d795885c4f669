//! What a product supports, part by part.

use super::model::{model, open_enum};
use super::usage::UsageSchema;

model! {
    /// What a product supports.
    pub struct Capabilities {
        /// Pay-per-use capabilities of the product.
        pub ppu: Option<PpuCapabilities>,
        /// Capabilities for items that are paid in advance (reservation).
        pub reservation: Option<ReservationCapabilities>,
        /// Validation of drafts while the cart is filled.
        pub cart: Option<Validation>,
        /// Validation of the customer's answer to an inquiry.
        pub inquiring: Option<Validation>,
        /// Capabilities for the resellers of the supply chain (tiers).
        pub tiers: Option<TierCapabilities>,
        /// Capabilities for the life of a subscription.
        pub subscription: Option<SubscriptionCapabilities>,
    }
}

model! {
    /// Pay-per-use.
    pub struct PpuCapabilities {
        /// Whether the product has pay-per-use items; the platform accepts this flag and does not return it.
        pub ppu: Option<bool>,
        /// Schema of the product's usage files.
        pub schema: UsageSchema,
        /// Whether usage may name items that the product does not define (dynamic items).
        pub dynamic: Option<bool>,
        /// Whether usage is reported as a prediction before the billing period (predictive).
        pub predictive: Option<bool>,
        /// Whether usage records may lie in the future (future charges).
        pub future: Option<bool>,
        /// Whether usage may be reported after the billing period (late usage).
        pub late: Option<bool>,
        /// Vendor columns the usage files must have.
        pub required_custom_fields: Vec<String>,
    }
}

model! {
    /// Items paid in advance.
    pub struct ReservationCapabilities {
        /// Whether consumption of reserved items is reported.
        pub consumption: Option<bool>,
    }
}

model! {
    /// Whether something is checked by the vendor.
    pub struct Validation {
        /// Whether the vendor validates the request.
        pub validation: Option<bool>,
    }
}

model! {
    /// Resellers.
    pub struct TierCapabilities {
        /// Whether changes of tier accounts are sent to the vendor.
        pub updates: Option<bool>,
        /// Tier config capabilities of the product; may be null.
        pub configs: Option<TierConfigCapabilities>,
        /// Whether the vendor validates tier data.
        pub validation: Option<bool>,
    }
}

model! {
    /// Configs of resellers.
    pub struct TierConfigCapabilities {
        /// Whether the product has tier configs; the platform accepts this flag and does not return it.
        pub configs: Option<bool>,
        /// Highest tier that has a tier config, 1 or 2.
        pub level: Option<i64>,
        /// Capabilities for tier config requests of the type setup.
        pub setup: Option<RequestCapabilities>,
        /// Capabilities for tier config requests of the type update.
        pub update: Option<RequestCapabilities>,
    }
}

model! {
    /// The life of an asset.
    pub struct SubscriptionCapabilities {
        /// Capabilities for cancel requests.
        pub cancel: Option<RequestCapabilities>,
        /// Capabilities for change requests.
        pub change: Option<RequestCapabilities>,
        /// Capabilities for changes of parameters.
        pub parameter: Option<ParameterCapabilities>,
        /// Capabilities for purchase requests.
        pub purchase: Option<RequestCapabilities>,
        /// Capabilities for resume requests.
        pub resume: Option<RequestCapabilities>,
        /// Capabilities for suspend requests.
        pub suspend: Option<RequestCapabilities>,
        /// Capabilities for renew requests.
        pub renew: Option<RequestCapabilities>,
        /// Capabilities for transfer requests.
        pub transfer: Option<RequestCapabilities>,
        /// Whether the subscription capabilities can be put on hold.
        pub hold: Option<bool>,
        /// Way in which the subscription capabilities ends.
        pub schema: SubscriptionSchema,
    }
}

model! {
    /// Parameters of an asset.
    pub struct ParameterCapabilities {
        /// Whether their versions are kept.
        pub versions: Option<bool>,
    }
}

model! {
    /// What a kind of request supports; each kind has some of these.
    pub struct RequestCapabilities {
        /// Whether the vendor checks it.
        pub validation: Option<bool>,
        /// Whether the vendor checks the answer to an inquiry.
        pub inquiring_validation: Option<bool>,
        /// Whether the request capabilities can be scheduled.
        pub scheduling: Option<bool>,
        /// Whether the request capabilities can be done without the platform.
        pub offline: Offline,
        /// Whether ordering parameters can be changed.
        pub editable_ordering_parameters: Option<bool>,
        /// Whether fulfillment parameters can be changed.
        pub editable_fulfillment_parameters: Option<bool>,
        /// Whether an adjustment can go on at the same time.
        pub simultaneous_adjustment: Option<bool>,
        /// Whether the product supports renew requests.
        pub enable_renew: Option<bool>,
        /// Whether the product supports transfer requests.
        pub enable_transfer: Option<bool>,
        /// Whether transfers are approved without the vendor.
        pub transfer_autoapprove: Option<bool>,
    }
}

open_enum! {
    /// Whether a request can be done without the platform.
    pub enum Offline {
        /// The request cannot be fulfilled offline.
        No = "no",
        /// The request is always fulfilled offline.
        Auto = "auto",
        /// The request may be fulfilled offline.
        Allowed = "allowed",
    }
}

open_enum! {
    /// How a subscription ends.
    pub enum SubscriptionSchema {
        /// The subscription ends at its date, unless it is renewed.
        Explicit = "explicit",
        /// The subscription ends when it is cancelled.
        Evergreen = "evergreen",
    }
}
