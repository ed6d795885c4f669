//! Items: what an asset or a request holds so many of, and their definition in a product.

use time::OffsetDateTime;

use super::model::{model, open_enum};
use super::param::find;
use super::{BillingStats, Decimal, Events, Param, Quantity};

model! {
    /// An item of an asset, a request or a subscription, or its definition in a product.
    pub struct Item {
        /// In assets and requests the local id (`SKU_A`), in products the global one (`PRD-…-0001`).
        pub id: String,
        /// The id across products, `PRD-…-0001`.
        pub global_id: Option<String>,
        /// The manufacturer's part number.
        pub mpn: Option<String>,
        /// How many there are, or are to be after the request.
        pub quantity: Option<Quantity>,
        /// How many there were before the request; absent outside requests.
        pub old_quantity: Option<Quantity>,
        /// The unit of measure in assets (`Licenses`), the kind of item in product definitions.
        #[doc(alias = "type")]
        pub kind: Option<String> = "type",
        /// How it is paid for.
        pub item_type: ItemType,
        /// How often it is paid for.
        pub period: ItemPeriod,
        /// The shown name.
        pub display_name: Option<String>,
        /// The name in old answers and in definitions.
        pub name: Option<String>,
        /// Parameters of the item itself.
        pub params: Vec<Param>,
        /// The renewal of an old renew request.
        pub renewal: Option<Box<Renewal>>,
        /// Billing statistics of a subscription's item.
        pub billing: Option<Box<ItemBilling>>,
        /// The most there can be, in old assets.
        pub limit: Option<i64>,

        /// The state of the definition.
        pub status: ItemStatus,
        /// Id in the vendor's system.
        pub external_id: Option<String>,
        /// The local id (`PRD_…_0001`) in a definition.
        pub local_id: Option<String>,
        /// What one of it is.
        pub unit: Option<Box<Unit>>,
        /// Its place in the list.
        pub position: Option<i64>,
        /// How many decimals a quantity may have.
        pub precision: Precision,
        /// For how long one commits oneself.
        pub commitment: Option<Commitment>,
        /// Whether usage may name items that are not defined.
        pub dynamic: Option<bool>,
        /// Where it is offered.
        pub applicability: Applicability,
        /// What it is.
        pub description: Option<String>,
        /// The item it belongs to.
        pub parent: Option<Box<Item>>,
        /// How deep it stands below the topmost item.
        pub depth: Option<i64>,
        /// The item to buy instead after the end of sale.
        pub replacement: Option<Box<Item>>,
        /// What to know about the end of sale.
        pub end_of_sale_notes: Option<String>,
        /// The group of equal items it belongs to.
        pub group: Option<Box<ItemGroup>>,
        /// How it is shown.
        pub ui: Option<Ui>,
        /// Whether it is shown, in old definitions.
        pub ui_visibility: Option<bool>,
        /// Its place on the screen in old definitions.
        pub ui_position: Option<i64>,
        /// Creation, last change and end of sale of the definition.
        pub events: Events,
    }
}

impl Item {
    /// The parameter of this id.
    #[doc(alias = "get_param_by_id")]
    pub fn param(&self, id: &str) -> Option<&Param> {
        find(&self.params, id)
    }

    /// Whether the request adds it: there are some now, and there were none.
    ///
    /// Without `old_quantity` there were none; without `quantity` nothing can be said.
    pub fn is_new(&self) -> bool {
        self.has_some() && self.old_quantity.as_ref().is_none_or(Quantity::is_zero)
    }

    /// Whether the request changes how many there are, some before and some after.
    pub fn is_changed(&self) -> bool {
        self.has_some() && self.had_some() && self.quantity != self.old_quantity
    }

    /// Whether the request takes all of it away.
    pub fn is_removed(&self) -> bool {
        self.quantity.as_ref().is_some_and(Quantity::is_zero) && self.had_some()
    }

    fn has_some(&self) -> bool {
        self.quantity.as_ref().is_some_and(Quantity::is_positive)
    }

    fn had_some(&self) -> bool {
        self.old_quantity.as_ref().is_some_and(Quantity::is_positive)
    }
}

model! {
    /// What one of an item is.
    pub struct Unit {
        /// The id, `licenses`.
        pub id: String,
        /// The name.
        pub name: Option<String>,
        /// The shown name.
        pub title: Option<String>,
        /// The abbreviation.
        pub unit: Option<String>,
    }
}

model! {
    /// For how long one commits oneself.
    pub struct Commitment {
        /// What is counted, `billing_period`.
        pub multiplier: Option<String>,
        /// How many of those.
        pub count: Option<i64>,
    }
}

model! {
    /// How an item is shown.
    #[doc(alias = "UI")]
    pub struct Ui {
        /// Whether it is shown.
        pub visibility: Option<bool>,
    }
}

model! {
    /// Items that are equal but for their price.
    pub struct ItemGroup {
        /// The id.
        pub id: String,
        /// The name.
        pub name: Option<String>,
        /// The manufacturer's part number they share.
        pub mpn: Option<String>,
    }
}

model! {
    /// The renewal of an item in old renew requests.
    pub struct Renewal {
        /// The first moment.
        #[doc(alias = "from_")]
        pub from: Option<OffsetDateTime>,
        /// The end.
        pub to: Option<OffsetDateTime>,
        /// How many units of time.
        pub period_delta: Option<Decimal>,
        /// The unit of time.
        pub period_uom: RenewalUom,
    }
}

model! {
    /// Billing of one item of a subscription or a billing request.
    pub struct ItemBilling {
        /// The latest billing requests of vendor and provider.
        pub stats: Option<Box<BillingStats>>,
        /// Which billing cycle it is.
        pub cycle_number: Option<i64>,
    }
}

open_enum! {
    /// How an item is paid for.
    pub enum ItemType (any case) {
        /// In advance, by quantity.
        Reservation = "reservation",
        /// As it is used.
        Ppu = "ppu",
        /// An old word for pay-per-use.
        Counter = "counter",
        /// A subscription, in data of contracts.
        SubscriptionService = "subscription_service",
    }
}

open_enum! {
    /// How often an item is paid for.
    pub enum ItemPeriod (any case) {
        /// Each month.
        Monthly = "monthly",
        /// Each year.
        Yearly = "yearly",
        /// Every two years.
        Years2 = "years_2",
        /// Every three years.
        Years3 = "years_3",
        /// Every four years.
        Years4 = "years_4",
        /// Every five years.
        Years5 = "years_5",
        /// Every six years.
        Years6 = "years_6",
        /// Once.
        OneTime = "OneTime",
        /// A trial of seven days.
        Days7Trial = "days_7_trial",
        /// A trial of fourteen days.
        Days14Trial = "days_14_trial",
        /// A trial of thirty days.
        Days30Trial = "days_30_trial",
        /// A trial of a month.
        MonthlyTrial = "monthly_trial",
    }
}

open_enum! {
    /// How many decimals a quantity may have.
    pub enum Precision (any case) {
        /// None.
        Integer = "integer",
        /// One.
        Decimal1 = "decimal(1)",
        /// Two.
        Decimal2 = "decimal(2)",
        /// Four.
        Decimal4 = "decimal(4)",
        /// Eight.
        Decimal8 = "decimal(8)",
    }
}

impl Precision {
    /// The number of decimals, if it is known.
    pub fn decimals(&self) -> Option<u32> {
        match self {
            Self::Integer => Some(0),
            Self::Decimal1 => Some(1),
            Self::Decimal2 => Some(2),
            Self::Decimal4 => Some(4),
            Self::Decimal8 => Some(8),
            Self::Unknown(_) => None,
        }
    }
}

open_enum! {
    /// The state of an item's definition.
    pub enum ItemStatus (any case) {
        /// Not offered yet.
        Draft = "draft",
        /// Offered.
        Published = "published",
        /// No longer offered.
        EndOfSale = "endofsale" | "end of sale",
    }
}

open_enum! {
    /// Where an item is offered.
    pub enum Applicability {
        /// Commerce.
        Cb = "cb",
        /// Marketplaces.
        Im = "im",
    }
}

open_enum! {
    /// The unit of time of a renewal.
    pub enum RenewalUom {
        /// Years.
        Year = "year",
        /// Months.
        Month = "month",
        /// Days.
        Day = "day",
        /// Hours.
        Hour = "hour",
    }
}
