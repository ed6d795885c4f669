//! What a product supports, part by part.

use super::model::{model, open_enum};
use super::usage::UsageSchema;

model! {
    /// What a product supports.
    pub struct Capabilities {
        /// Pay-per-use.
        pub ppu: Option<PpuCapabilities>,
        /// Items paid in advance.
        pub reservation: Option<ReservationCapabilities>,
        /// Checks while the cart is filled.
        pub cart: Option<Validation>,
        /// Checks of the answer to an inquiry.
        pub inquiring: Option<Validation>,
        /// Resellers.
        pub tiers: Option<TierCapabilities>,
        /// The life of an asset.
        pub subscription: Option<SubscriptionCapabilities>,
    }
}

model! {
    /// Pay-per-use.
    pub struct PpuCapabilities {
        /// Whether there is pay-per-use; the platform takes it and does not say it.
        pub ppu: Option<bool>,
        /// What the usage files have.
        pub schema: UsageSchema,
        /// Whether usage may name items that are not defined.
        pub dynamic: Option<bool>,
        /// Whether usage is foretold.
        pub predictive: Option<bool>,
        /// Whether usage may lie in the future.
        pub future: Option<bool>,
        /// Whether usage may be told late.
        pub late: Option<bool>,
        /// Vendor columns the usage files must have.
        pub required_custom_fields: Vec<String>,
    }
}

model! {
    /// Items paid in advance.
    pub struct ReservationCapabilities {
        /// Whether consumption is told.
        pub consumption: Option<bool>,
    }
}

model! {
    /// Whether something is checked by the vendor.
    pub struct Validation {
        /// Whether it is.
        pub validation: Option<bool>,
    }
}

model! {
    /// Resellers.
    pub struct TierCapabilities {
        /// Whether their changes are told.
        pub updates: Option<bool>,
        /// Their configs; may be null.
        pub configs: Option<TierConfigCapabilities>,
        /// Whether they are checked.
        pub validation: Option<bool>,
    }
}

model! {
    /// Configs of resellers.
    pub struct TierConfigCapabilities {
        /// Whether there are any; the platform takes it and does not say it.
        pub configs: Option<bool>,
        /// Up to which tier, 1 or 2.
        pub level: Option<i64>,
        /// At their set-up.
        pub setup: Option<RequestCapabilities>,
        /// At their update.
        pub update: Option<RequestCapabilities>,
    }
}

model! {
    /// The life of an asset.
    pub struct SubscriptionCapabilities {
        /// Its end.
        pub cancel: Option<RequestCapabilities>,
        /// Changes of quantities.
        pub change: Option<RequestCapabilities>,
        /// Its parameters.
        pub parameter: Option<ParameterCapabilities>,
        /// Its beginning.
        pub purchase: Option<RequestCapabilities>,
        /// Its resumption.
        pub resume: Option<RequestCapabilities>,
        /// Its suspension.
        pub suspend: Option<RequestCapabilities>,
        /// Its renewal.
        pub renew: Option<RequestCapabilities>,
        /// Its transfer.
        pub transfer: Option<RequestCapabilities>,
        /// Whether it can be put on hold.
        pub hold: Option<bool>,
        /// How it ends.
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
        /// Whether it can be scheduled.
        pub scheduling: Option<bool>,
        /// Whether it can be done without the platform.
        pub offline: Offline,
        /// Whether ordering parameters can be changed.
        pub editable_ordering_parameters: Option<bool>,
        /// Whether fulfillment parameters can be changed.
        pub editable_fulfillment_parameters: Option<bool>,
        /// Whether an adjustment can go on at the same time.
        pub simultaneous_adjustment: Option<bool>,
        /// Whether there are renewals.
        pub enable_renew: Option<bool>,
        /// Whether there are transfers.
        pub enable_transfer: Option<bool>,
        /// Whether transfers are approved without the vendor.
        pub transfer_autoapprove: Option<bool>,
    }
}

open_enum! {
    /// Whether a request can be done without the platform.
    pub enum Offline {
        /// It cannot.
        No = "no",
        /// It always is.
        Auto = "auto",
        /// It can.
        Allowed = "allowed",
    }
}

open_enum! {
    /// How a subscription ends.
    pub enum SubscriptionSchema {
        /// At its date, unless it is renewed.
        Explicit = "explicit",
        /// When it is cancelled.
        Evergreen = "evergreen",
    }
}
