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
        /// `AS-…`.
        pub id: String,
        /// Its state.
        pub status: AssetStatus,
        /// Creation and last change.
        pub events: Events,
        /// Id in the provider's system.
        pub external_id: Option<String>,
        /// Unique id in the provider's system.
        pub external_uid: Option<String>,
        /// What it is of.
        pub product: Product,
        /// By which way it came.
        pub connection: Connection,
        /// What it holds how many of.
        pub items: Vec<Item>,
        /// Its parameters.
        pub params: Vec<Param>,
        /// The customer and its resellers.
        pub tiers: Tiers,
        /// The marketplace it was bought on.
        pub marketplace: Option<Box<Marketplace>>,
        /// The contract it was bought under.
        pub contract: Option<Box<Contract>>,
        /// When it is billed.
        pub billing: Billing,
        /// The activation template; lists have it only if it is selected.
        pub template: Option<Box<Template>>,
        /// The request being worked on; lists have it only if it is selected.
        pub pending_request: Option<Box<AssetRequestItem>>,
        /// When it ends unless it is renewed.
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
        /// The day of the month or year it begins on.
        pub anniversary: Option<Anniversary>,
        /// The latest billing requests.
        pub stats: Option<Box<BillingStats>>,
    }
}

model! {
    /// The day that billing periods begin on.
    pub struct Anniversary {
        /// The day of the month.
        pub day: Option<i64>,
        /// The month, unless it is billed monthly.
        pub month: Option<i64>,
    }
}

model! {
    /// The latest billing requests of both sides.
    #[doc(alias = "Stats")]
    pub struct BillingStats {
        /// Those of the vendor.
        pub vendor: Option<BillingStat>,
        /// Those of the provider.
        pub provider: Option<BillingStat>,
    }
}

model! {
    /// The latest billing request of one side.
    #[doc(alias = "Stat")]
    pub struct BillingStat {
        /// The latest one.
        pub last_request: Option<Box<LastRequest>>,
        /// How many there are.
        pub count: Option<i64>,
    }
}

model! {
    /// A billing request in short.
    pub struct LastRequest {
        /// The id.
        pub id: String,
        /// Whose it is.
        #[doc(alias = "type")]
        pub kind: BillingRequestKind = "type",
        /// The period it is for.
        pub period: Option<Period>,
    }
}

model! {
    /// A stretch of time.
    pub struct Period {
        /// The beginning: a point in time in billing, a day in usage files.
        #[doc(alias = "period_from")]
        pub from: Option<DateOrDateTime>,
        /// The end.
        #[doc(alias = "period_to")]
        pub to: Option<DateOrDateTime>,
        /// How many units of time.
        pub delta: Option<Decimal>,
        /// The unit of time.
        pub uom: BillingUom,
    }
}

model! {
    /// A bill for one period of a subscription.
    pub struct BillingRequest {
        /// `BRV-…` or `BRP-…`.
        pub id: String,
        /// Whose it is.
        #[doc(alias = "type")]
        pub kind: BillingRequestKind = "type",
        /// Creation and last change.
        pub events: Events,
        /// The subscription, without its items.
        pub asset: Subscription,
        /// The items that are billed.
        pub items: Vec<Item>,
        /// What both sides keep with it: one object, though the specification says a list.
        pub attributes: OneOrMany<Attributes>,
        /// The period it is for.
        pub period: Period,
    }
}

model! {
    /// What both sides keep with a billing request.
    pub struct Attributes {
        /// The vendor's, free-form.
        pub vendor: Option<Value>,
        /// The provider's, free-form.
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
        /// Months.
        Monthly = "monthly",
        /// Years.
        Yearly = "yearly" | "year",
        /// Two years.
        Years2 = "years_2",
        /// Three years.
        Years3 = "years_3",
        /// Four years.
        Years4 = "years_4",
        /// Five years.
        Years5 = "years_5",
        /// Six years.
        Years6 = "years_6",
    }
}
