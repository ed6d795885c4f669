//! Usage rules, which answer usage files automatically, and usage aggregates.

use super::model::{model, open_enum};
use super::{AssetReference, Decimal, Events, Item, UsageItem};

model! {
    /// A usage aggregate: the sum of the usage reported for one item of one asset.
    pub struct UsageAggregate {
        /// Item that was used.
        pub item: Option<Box<UsageItem>>,
        /// Asset that the usage belongs to.
        pub asset: Option<AssetReference>,
        /// Amount of money, in `currency`.
        pub amount: Option<Decimal>,
        /// Currency of `amount`.
        pub currency: Option<String>,
        /// Quantity that was reported as consumed.
        pub consumed: Option<Decimal>,
        /// Quantity that was accepted.
        pub accepted: Option<Decimal>,
        /// Events of the usage aggregate: `last_reported`.
        pub events: Events,
    }
}

model! {
    /// A usage rule of a provider, which answers usage files automatically.
    pub struct UsageRule {
        /// Id of the usage rule.
        pub id: String,
        /// Action of the usage rule: accept, reject or manual.
        pub action: UsageRuleAction,
        /// Scope of the usage rule: record or file.
        pub scope: UsageRuleScope,
        /// Condition of the usage rule.
        pub rule: Option<String>,
        /// Status of the usage rule.
        pub status: UsageRuleStatus,
        /// Item that the usage rule applies to.
        pub item: Option<Box<Item>>,
        /// Events of the usage rule: created, updated.
        pub events: Events,
        /// Id of the item, as sent to the platform.
        pub item_id: Option<String>,
        /// Name of the item, as sent to the platform.
        pub item_name: Option<String>,
        /// Id of the product, as sent to the platform.
        pub product_id: Option<String>,
        /// Id of the account, as sent to the platform.
        pub account_id: Option<String>,
        /// Creator of the usage rule, as sent to the platform.
        pub created_by: Option<String>,
        /// User of the last update, as sent to the platform.
        pub updated_by: Option<String>,
    }
}

open_enum! {
    /// Action of a usage rule.
    pub enum UsageRuleAction {
        /// The usage rule accepts the usage.
        Accept = "accept",
        /// The usage rule rejects the usage.
        Reject = "reject",
        /// The usage rule leaves the decision to a person.
        Manual = "manual",
    }
}

open_enum! {
    /// Scope of a usage rule.
    pub enum UsageRuleScope {
        /// The usage rule applies to each usage record.
        Record = "record",
        /// The usage rule applies to the whole usage file.
        File = "file",
    }
}

open_enum! {
    /// Status of a usage rule.
    pub enum UsageRuleStatus {
        /// The usage rule is active.
        Active = "active",
        /// The usage rule was deleted.
        Deleted = "deleted",
    }
}
