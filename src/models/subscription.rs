//! Recurring subscriptions and their billing requests.

use serde_json::Value;
use time::OffsetDateTime;

use super::model::{model, open_enum};
use super::{
    AssetRequestItem, AssetStatus, Connection, Contract, DateOrDateTime, Decimal, Events, Item, Marketplace,
    OneOrMany, Param, Product, Template, Tiers,
};

model! {
    /// A subscription: an asset that is billed periodically.
    #[doc(alias = "RecurringAsset")]
    pub struct Subscription {
        /// Id of the asset, `AS-…`.
        pub id: String,
        /// Status of the asset.
        pub status: AssetStatus,
        /// Events of the asset: created, updated.
        pub events: Events,
        /// Id of the asset in the provider's system.
        pub external_id: Option<String>,
        /// Unique id of the asset in the provider's system.
        pub external_uid: Option<String>,
        /// Product of the asset.
        pub product: Product,
        /// Connection through which the asset was ordered.
        pub connection: Connection,
        /// Items of the asset, with quantities.
        pub items: Vec<Item>,
        /// Parameters of the asset.
        pub params: Vec<Param>,
        /// Tier accounts of the asset: the customer, tier 1 and tier 2.
        pub tiers: Tiers,
        /// Marketplace of the asset.
        pub marketplace: Option<Box<Marketplace>>,
        /// Contract that the asset belongs to.
        pub contract: Option<Box<Contract>>,
        /// Billing of the subscription: period, next date and anniversary.
        pub billing: Billing,
        /// Activation template of the asset; lists include it only on `select(template)`.
        pub template: Option<Box<Template>>,
        /// Pending request of the asset; lists include it only on `select(pending_request)`.
        pub pending_request: Option<Box<AssetRequestItem>>,
        /// Date on which the asset expires unless it is renewed.
        pub renewal_expiration_date: Option<OffsetDateTime>,
    }
}

model! {
    /// Billing of a subscription.
    pub struct Billing {
        /// Length of a billing period.
        pub period: Option<Period>,
        /// Date of the next billing.
        pub next_date: Option<OffsetDateTime>,
        /// Anniversary of the subscription: the day on which billing periods start.
        pub anniversary: Option<Anniversary>,
        /// Latest billing requests of the vendor and of the provider.
        pub stats: Option<Box<BillingStats>>,
    }
}

model! {
    /// Anniversary of a subscription: the day on which billing periods start.
    pub struct Anniversary {
        /// Day of the month.
        pub day: Option<i64>,
        /// Month of the year; absent for monthly billing.
        pub month: Option<i64>,
    }
}

model! {
    /// Latest billing requests of the vendor and of the provider.
    #[doc(alias = "Stats")]
    pub struct BillingStats {
        /// Latest billing request of the vendor, and their number.
        pub vendor: Option<BillingStat>,
        /// Latest billing request of the provider, and their number.
        pub provider: Option<BillingStat>,
    }
}

model! {
    /// Latest billing request of one party, and their number.
    #[doc(alias = "Stat")]
    pub struct BillingStat {
        /// Latest billing request, as a reference.
        pub last_request: Option<Box<LastRequest>>,
        /// Number of billing requests.
        pub count: Option<i64>,
    }
}

model! {
    /// A reference to the latest billing request.
    pub struct LastRequest {
        /// Id of the billing request.
        pub id: String,
        /// Type of the billing request: vendor or provider.
        #[doc(alias = "type")]
        pub kind: BillingRequestKind = "type",
        /// Period that the billing request covers.
        pub period: Option<Period>,
    }
}

model! {
    /// A period: its start and end, its length, or both.
    pub struct Period {
        /// Start of the period: a date and time in billing, a date in usage files.
        #[doc(alias = "period_from")]
        pub from: Option<DateOrDateTime>,
        /// End of the period: a date and time in billing, a date in usage files.
        #[doc(alias = "period_to")]
        pub to: Option<DateOrDateTime>,
        /// Length of the period, in units of `uom`.
        pub delta: Option<Decimal>,
        /// Unit of time of `delta`.
        pub uom: BillingUom,
    }
}

model! {
    /// A billing request for one period of a subscription.
    pub struct BillingRequest {
        /// Id of the billing request, `BRV-…` or `BRP-…`.
        pub id: String,
        /// Type of the billing request: vendor or provider.
        #[doc(alias = "type")]
        pub kind: BillingRequestKind = "type",
        /// Events of the billing request: created, updated.
        pub events: Events,
        /// Subscription of the billing request, without its items.
        pub asset: Subscription,
        /// Items that are billed.
        pub items: Vec<Item>,
        /// Attributes that vendor and provider attached: one object in payloads, a list in the specification.
        pub attributes: OneOrMany<Attributes>,
        /// Period that the billing request covers.
        pub period: Period,
    }
}

model! {
    /// Attributes that vendor and provider attached to a billing request.
    pub struct Attributes {
        /// Attributes of the vendor, as free-form JSON.
        pub vendor: Option<Value>,
        /// Attributes of the provider, as free-form JSON.
        pub provider: Option<Value>,
    }
}

open_enum! {
    /// Type of a billing request.
    pub enum BillingRequestKind {
        /// The billing request is the vendor's.
        Vendor = "vendor",
        /// The billing request is the provider's.
        Provider = "provider",
    }
}

open_enum! {
    /// Unit of time of a billing period.
    pub enum BillingUom {
        /// The period is counted in months.
        Monthly = "monthly",
        /// The period is counted in years.
        Yearly = "yearly" | "year",
        /// The period is counted in units of two years.
        Years2 = "years_2",
        /// The period is counted in units of three years.
        Years3 = "years_3",
        /// The period is counted in units of four years.
        Years4 = "years_4",
        /// The period is counted in units of five years.
        Years5 = "years_5",
        /// The period is counted in units of six years.
        Years6 = "years_6",
    }
}
