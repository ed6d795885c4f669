//! Items: what an asset or a request has quantities of, and their definitions in a product.

use time::OffsetDateTime;

use super::model::{model, open_enum};
use super::{BillingStats, Decimal, Events, Param, Quantity};

model! {
    /// An item of an asset, a request or a subscription, or its definition in a product.
    pub struct Item {
        /// Id of the item: the local id (`SKU_A`) in assets and requests, the global id (`PRD-…-0001`) in
        /// products.
        pub id: String,
        /// Global id of the item, `PRD-…-0001`.
        pub global_id: Option<String>,
        /// Manufacturer part number (MPN) of the item.
        pub mpn: Option<String>,
        /// Quantity of the item; in a request, the quantity after its approval.
        pub quantity: Option<Quantity>,
        /// Quantity of the item before the request; absent outside requests.
        pub old_quantity: Option<Quantity>,
        /// Unit of measure in assets (`Licenses`), type of the item in product definitions.
        #[doc(alias = "type")]
        pub kind: Option<String> = "type",
        /// Billing type of the item: reservation or pay-as-you-go.
        pub item_type: ItemType,
        /// Billing period of the item.
        pub period: ItemPeriod,
        /// Display name of the item.
        pub display_name: Option<String>,
        /// Name of the item, in product definitions and old payloads.
        pub name: Option<String>,
        /// Parameters of the item.
        pub params: Vec<Param>,
        /// Renewal of the item, in old renew requests.
        pub renewal: Option<Box<Renewal>>,
        /// Billing statistics of the item, in subscriptions.
        pub billing: Option<Box<ItemBilling>>,
        /// Limit of the item's quantity, in old assets.
        pub limit: Option<i64>,

        /// Status of the item's definition.
        pub status: ItemStatus,
        /// Id of the item in the vendor's system.
        pub external_id: Option<String>,
        /// Local id of the item (`PRD_…_0001`), in product definitions.
        pub local_id: Option<String>,
        /// Unit of measure of the item.
        pub unit: Option<Box<Unit>>,
        /// Position of the item in the list.
        pub position: Option<i64>,
        /// Number of decimals that a quantity of the item may have.
        pub precision: Precision,
        /// Commitment of the item: the time for which the customer commits to it.
        pub commitment: Option<Commitment>,
        /// Whether the item is dynamic: usage can be reported for it without a definition by the vendor.
        pub dynamic: Option<bool>,
        /// Applicability of the item: commerce (`cb`) or marketplaces (`im`).
        pub applicability: Applicability,
        /// Description of the item.
        pub description: Option<String>,
        /// Parent item.
        pub parent: Option<Box<Item>>,
        /// Depth of the item in the hierarchy of items.
        pub depth: Option<i64>,
        /// Item that replaces this one after its end of sale.
        pub replacement: Option<Box<Item>>,
        /// Notes on the end of sale of the item.
        pub end_of_sale_notes: Option<String>,
        /// Group of the item.
        pub group: Option<Box<ItemGroup>>,
        /// Display settings of the item.
        pub ui: Option<Ui>,
        /// Whether the item is visible, in old definitions.
        pub ui_visibility: Option<bool>,
        /// Position of the item on the page, in old definitions.
        pub ui_position: Option<i64>,
        /// Events of the item's definition: created, updated, saleended.
        pub events: Events,
    }
}

impl Item {
    /// Whether the request adds the item: its quantity is positive, and its old quantity is zero or absent.
    ///
    /// An item without `quantity` is not new.
    pub fn is_new(&self) -> bool {
        self.has_some() && self.old_quantity.as_ref().is_none_or(Quantity::is_zero)
    }

    /// Whether the request changes the item's quantity: both quantities are positive and differ.
    pub fn is_changed(&self) -> bool {
        self.has_some() && self.had_some() && self.quantity != self.old_quantity
    }

    /// Whether the request removes the item: its quantity is zero, and its old quantity is positive.
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
    /// Unit of measure of an item.
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
    /// Commitment of an item: the time for which the customer commits to it.
    pub struct Commitment {
        /// What the commitment counts, such as `billing_period`.
        pub multiplier: Option<String>,
        /// Length of the commitment, in multiples of `multiplier`.
        pub count: Option<i64>,
    }
}

model! {
    /// Display settings of an item.
    #[doc(alias = "UI")]
    pub struct Ui {
        /// Whether the item is visible.
        pub visibility: Option<bool>,
    }
}

model! {
    /// A group of items.
    pub struct ItemGroup {
        /// Id of the item group.
        pub id: String,
        /// Name of the item group.
        pub name: Option<String>,
        /// Manufacturer part number (MPN) of the item group.
        pub mpn: Option<String>,
    }
}

model! {
    /// Renewal of an item, in old renew requests.
    pub struct Renewal {
        /// Start of the renewed period.
        #[doc(alias = "from_")]
        pub from: Option<OffsetDateTime>,
        /// End of the renewed period.
        pub to: Option<OffsetDateTime>,
        /// Length of the renewed period, in units of `period_uom`.
        pub period_delta: Option<Decimal>,
        /// Unit of time of `period_delta`.
        pub period_uom: RenewalUom,
    }
}

model! {
    /// Billing of one item of a subscription or a billing request.
    pub struct ItemBilling {
        /// Latest billing requests for the item, of the vendor and of the provider.
        pub stats: Option<Box<BillingStats>>,
        /// Number of the billing cycle.
        pub cycle_number: Option<i64>,
    }
}

open_enum! {
    /// Billing type of an item.
    pub enum ItemType (any case) {
        /// The item is ordered in a fixed quantity and billed in advance (reservation).
        Reservation = "reservation",
        /// The item is billed by reported usage (pay-as-you-go, `ppu`).
        Ppu = "ppu",
        /// The item is billed by reported usage, in old payloads (`counter`).
        Counter = "counter",
        /// The item is a subscription service, in contract data.
        SubscriptionService = "subscription_service",
    }
}

open_enum! {
    /// Billing period of an item.
    pub enum ItemPeriod (any case) {
        /// The item is billed monthly.
        Monthly = "monthly",
        /// The item is billed yearly.
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
        /// The item is a trial of 7 days.
        Days7Trial = "days_7_trial",
        /// The item is a trial of 14 days.
        Days14Trial = "days_14_trial",
        /// The item is a trial of 30 days.
        Days30Trial = "days_30_trial",
        /// The item is a trial of one month.
        MonthlyTrial = "monthly_trial",
    }
}

open_enum! {
    /// Number of decimals that a quantity may have.
    pub enum Precision (any case) {
        /// Quantities are integers.
        Integer = "integer",
        /// Quantities have up to one decimal.
        Decimal1 = "decimal(1)",
        /// Quantities have up to two decimals.
        Decimal2 = "decimal(2)",
        /// Quantities have up to four decimals.
        Decimal4 = "decimal(4)",
        /// Quantities have up to eight decimals.
        Decimal8 = "decimal(8)",
    }
}

impl Precision {
    /// Returns the number of decimals; `None` for an unknown precision.
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
    /// Status of an item's definition.
    pub enum ItemStatus (any case) {
        /// The item is a draft and not published yet.
        Draft = "draft",
        /// The item is published.
        Published = "published",
        /// The item is no longer sold (end of sale).
        EndOfSale = "endofsale" | "end of sale",
    }
}

open_enum! {
    /// Applicability of an item: commerce or marketplaces.
    pub enum Applicability {
        /// The item is applicable to commerce (`cb`).
        Cb = "cb",
        /// The item is applicable to marketplaces (`im`).
        Im = "im",
    }
}

open_enum! {
    /// Unit of time of a renewal.
    pub enum RenewalUom {
        /// The renewal is counted in years.
        Year = "year",
        /// The renewal is counted in months.
        Month = "month",
        /// The renewal is counted in days.
        Day = "day",
        /// The renewal is counted in hours.
        Hour = "hour",
    }
}
