//! Subscriptions that are billed again and again, and their billing requests.

use serde_json::Value;
use time::OffsetDateTime;

use super::model::{model, open_enum};
use super::param::find;
use super::{
    AssetRequestItem, AssetStatus, Connection, Contract, DateOrDateTime, Decimal, Events, Item, Marketplace,
    OneOrMany, Param, Product, Template, Tiers,
};

model! {
    /// An asset as billing sees it.
    #[doc(alias = "RecurringAsset")]
    pub struct Subscription {
        /// Id of the subscription, `AS-…`.
        pub id: String,
        /// State of the subscription.
        pub status: AssetStatus,
        /// Events of the subscription: creation and last change.
        pub events: Events,
        /// Id of the subscription in the provider's system.
        pub external_id: Option<String>,
        /// Unique id of the subscription in the provider's system.
        pub external_uid: Option<String>,
        /// Product of the subscription.
        pub product: Product,
        /// Connection between vendor and provider that the subscription was sold through.
        pub connection: Connection,
        /// Items of the subscription, with quantities.
        pub items: Vec<Item>,
        /// The subscription's parameters.
        pub params: Vec<Param>,
        /// Customer and its resellers of the subscription.
        pub tiers: Tiers,
        /// The marketplace that the subscription was bought on.
        pub marketplace: Option<Box<Marketplace>>,
        /// The contract that the subscription was bought under.
        pub contract: Option<Box<Contract>>,
        /// Time at which the subscription is billed.
        pub billing: Billing,
        /// The activation template; lists have it only if that the subscription is selected.
        pub template: Option<Box<Template>>,
        /// The request being worked on; lists have it only if that the subscription is selected.
        pub pending_request: Option<Box<AssetRequestItem>>,
        /// Time at which the subscription ends unless it is renewed.
        pub renewal_expiration_date: Option<OffsetDateTime>,
    }
}

impl Subscription {
    /// The parameter of this id.
    #[doc(alias = "get_param_by_id")]
    pub fn param(&self, id: &str) -> Option<&Param> {
        find(&self.params, id)
    }
}

model! {
    /// When a subscription is billed.
    pub struct Billing {
        /// How long a billing period is.
        pub period: Option<Period>,
        /// When the next one begins.
        pub next_date: Option<OffsetDateTime>,
        /// The day of the month or year that the billing begins on.
        pub anniversary: Option<Anniversary>,
        /// Latest billing requests of vendor and provider.
        pub stats: Option<Box<BillingStats>>,
    }
}

model! {
    /// The day that billing periods begin on.
    pub struct Anniversary {
        /// Day of the month of the anniversary.
        pub day: Option<i64>,
        /// The month, unless that the anniversary is billed monthly.
        pub month: Option<i64>,
    }
}

model! {
    /// The latest billing requests of both sides.
    #[doc(alias = "Stats")]
    pub struct BillingStats {
        /// Latest billing requests of the vendor.
        pub vendor: Option<BillingStat>,
        /// Latest billing requests of the provider.
        pub provider: Option<BillingStat>,
    }
}

model! {
    /// The latest billing request of one side.
    #[doc(alias = "Stat")]
    pub struct BillingStat {
        /// Latest billing request.
        pub last_request: Option<Box<LastRequest>>,
        /// Number of billing requests.
        pub count: Option<i64>,
    }
}

model! {
    /// A billing request in short.
    pub struct LastRequest {
        /// Id of the last request.
        pub id: String,
        /// Side that the billing request belongs to.
        #[doc(alias = "type")]
        pub kind: BillingRequestKind = "type",
        /// The period that the last request is for.
        pub period: Option<Period>,
    }
}

model! {
    /// A stretch of time.
    pub struct Period {
        /// The beginning: a point in time in billing, a day in usage files.
        #[doc(alias = "period_from")]
        pub from: Option<DateOrDateTime>,
        /// End of the period.
        #[doc(alias = "period_to")]
        pub to: Option<DateOrDateTime>,
        /// Number of units of time.
        pub delta: Option<Decimal>,
        /// Unit of time of the period.
        pub uom: BillingUom,
    }
}

model! {
    /// A bill for one period of a subscription.
    pub struct BillingRequest {
        /// Id of the billing request, `BRV-…` or `BRP-…`.
        pub id: String,
        /// Side that the billing request belongs to.
        #[doc(alias = "type")]
        pub kind: BillingRequestKind = "type",
        /// Events of the billing request: creation and last change.
        pub events: Events,
        /// The subscription, without its items.
        pub asset: Subscription,
        /// Items that the billing request bills.
        pub items: Vec<Item>,
        /// Attributes that both sides keep with the billing request: one object, though the specification
        /// says a list.
        pub attributes: OneOrMany<Attributes>,
        /// The period that the billing request is for.
        pub period: Period,
    }
}

model! {
    /// What both sides keep with a billing request.
    pub struct Attributes {
        /// Attributes of the vendor; free-form.
        pub vendor: Option<Value>,
        /// Attributes of the provider; free-form.
        pub provider: Option<Value>,
    }
}

open_enum! {
    /// Whose a billing request is.
    pub enum BillingRequestKind {
        /// The vendor's, to the provider.
        Vendor = "vendor",
        /// The provider's, to its customer.
        Provider = "provider",
    }
}

open_enum! {
    /// The unit of time of billing.
    pub enum BillingUom {
        /// The billing period is counted in months.
        Monthly = "monthly",
        /// The billing period is counted in years.
        Yearly = "yearly" | "year",
        /// The billing period is two years.
        Years2 = "years_2",
        /// The billing period is three years.
        Years3 = "years_3",
        /// The billing period is four years.
        Years4 = "years_4",
        /// The billing period is five years.
        Years5 = "years_5",
        /// The billing period is six years.
        Years6 = "years_6",
    }
}
