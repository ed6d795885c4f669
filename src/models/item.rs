//! Items: what an asset or a request holds so many of, and their definition in a product.

use time::OffsetDateTime;

use super::model::{model, open_enum};
use super::param::find;
use super::{BillingStats, Decimal, Events, Param, Quantity};

model! {
    /// An item of an asset, a request or a subscription, or its definition in a product.
    pub struct Item {
        /// Id of the item: local in assets and requests (`SKU_A`), global in products (`PRD-…-0001`).
        pub id: String,
        /// The id across products, `PRD-…-0001`.
        pub global_id: Option<String>,
        /// Manufacturer's part number of the item.
        pub mpn: Option<String>,
        /// Quantity of the item, or its new quantity after the request.
        pub quantity: Option<Quantity>,
        /// Quantity of the item before the request; absent outside of requests.
        pub old_quantity: Option<Quantity>,
        /// The unit of measure in assets (`Licenses`), the kind of item in product definitions.
        #[doc(alias = "type")]
        pub kind: Option<String> = "type",
        /// Way in which the item is paid for.
        pub item_type: ItemType,
        /// How often it is paid for.
        pub period: ItemPeriod,
        /// Display name of the item.
        pub display_name: Option<String>,
        /// Name in old answers and in definitions of the item.
        pub name: Option<String>,
        /// Parameters of the item itself.
        pub params: Vec<Param>,
        /// Renewal that an old renew request asks for.
        pub renewal: Option<Box<Renewal>>,
        /// Billing statistics of a subscription's item.
        pub billing: Option<Box<ItemBilling>>,
        /// The most there can be, in old assets.
        pub limit: Option<i64>,

        /// State of the definition of the item.
        pub status: ItemStatus,
        /// Id in the vendor's system.
        pub external_id: Option<String>,
        /// The local id (`PRD_…_0001`) in a definition.
        pub local_id: Option<String>,
        /// Unit that the item's quantity counts.
        pub unit: Option<Box<Unit>>,
        /// The item's place in the list.
        pub position: Option<i64>,
        /// Number of decimals a quantity may have.
        pub precision: Precision,
        /// Commitment that the customer makes with the item.
        pub commitment: Option<Commitment>,
        /// Whether usage may name items that are not defined.
        pub dynamic: Option<bool>,
        /// Place where the item is offered.
        pub applicability: Applicability,
        /// Description of the item.
        pub description: Option<String>,
        /// The item that the item belongs to.
        pub parent: Option<Box<Item>>,
        /// How deep it stands below the topmost item.
        pub depth: Option<i64>,
        /// Item that replaces this one after its end of sale.
        pub replacement: Option<Box<Item>>,
        /// Notes on the item's end of sale.
        pub end_of_sale_notes: Option<String>,
        /// The group of equal items that the item belongs to.
        pub group: Option<Box<ItemGroup>>,
        /// Way in which the item is shown.
        pub ui: Option<Ui>,
        /// Whether the item is shown, in old definitions.
        pub ui_visibility: Option<bool>,
        /// The item's place on the screen in old definitions.
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
    /// Unit that an item's quantity counts.
    pub struct Unit {
        /// Id of the unit, such as `licenses`.
        pub id: String,
        /// Name of the unit.
        pub name: Option<String>,
        /// Display name of the unit.
        pub title: Option<String>,
        /// Abbreviation of the unit.
        pub unit: Option<String>,
    }
}

model! {
    /// For how long one commits oneself.
    pub struct Commitment {
        /// What the commitment counts, such as `billing_period`.
        pub multiplier: Option<String>,
        /// Number of of those.
        pub count: Option<i64>,
    }
}

model! {
    /// How an item is shown.
    #[doc(alias = "UI")]
    pub struct Ui {
        /// Whether the ui is shown.
        pub visibility: Option<bool>,
    }
}

model! {
    /// Items that are equal but for their price.
    pub struct ItemGroup {
        /// Id of the item group.
        pub id: String,
        /// Name of the item group.
        pub name: Option<String>,
        /// Manufacturer's part number they share of the item group.
        pub mpn: Option<String>,
    }
}

model! {
    /// The renewal of an item in old renew requests.
    pub struct Renewal {
        /// First moment of the renewed term.
        #[doc(alias = "from_")]
        pub from: Option<OffsetDateTime>,
        /// End of the renewed term.
        pub to: Option<OffsetDateTime>,
        /// Number of units of time.
        pub period_delta: Option<Decimal>,
        /// Unit of time of the renewal period.
        pub period_uom: RenewalUom,
    }
}

model! {
    /// Billing of one item of a subscription or a billing request.
    pub struct ItemBilling {
        /// Latest billing requests of vendor and provider of the item billing.
        pub stats: Option<Box<BillingStats>>,
        /// Which billing cycle it is.
        pub cycle_number: Option<i64>,
    }
}

open_enum! {
    /// How an item is paid for.
    pub enum ItemType (any case) {
        /// The item is paid in advance, by quantity.
        Reservation = "reservation",
        /// The item is paid as it is used (pay-per-use).
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
        /// The item is billed each month.
        Monthly = "monthly",
        /// The item is billed each year.
        Yearly = "yearly",
        /// The item is billed every two years.
        Years2 = "years_2",
        /// The item is billed every three years.
        Years3 = "years_3",
        /// The item is billed every four years.
        Years4 = "years_4",
        /// The item is billed every five years.
        Years5 = "years_5",
        /// The item is billed every six years.
        Years6 = "years_6",
        /// The item is billed once.
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
    /// Number of decimals that a quantity may have.
    pub enum Precision (any case) {
        /// Quantities of the item have no decimals.
        Integer = "integer",
        /// Quantities of the item have one decimal.
        Decimal1 = "decimal(1)",
        /// Quantities of the item have two decimals.
        Decimal2 = "decimal(2)",
        /// Quantities of the item have four decimals.
        Decimal4 = "decimal(4)",
        /// Quantities of the item have eight decimals.
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
        /// The item is not offered yet.
        Draft = "draft",
        /// The item is offered.
        Published = "published",
        /// The item is no longer offered.
        EndOfSale = "endofsale" | "end of sale",
    }
}

open_enum! {
    /// Where an item is offered.
    pub enum Applicability {
        /// The item is for the commerce system.
        Cb = "cb",
        /// The item is for marketplaces.
        Im = "im",
    }
}

open_enum! {
    /// The unit of time of a renewal.
    pub enum RenewalUom {
        /// The period is counted in years.
        Year = "year",
        /// The period is counted in months.
        Month = "month",
        /// The period is counted in days.
        Day = "day",
        /// The period is counted in hours.
        Hour = "hour",
    }
}
