//! Rules that answer usage files, and usage in sum.

use super::model::{model, open_enum};
use super::{AssetReference, Decimal, Events, Item, UsageItem};

model! {
    /// What was reported of one item of one asset, in sum.
    pub struct UsageAggregate {
        /// Item of the usage aggregate.
        pub item: Option<Box<UsageItem>>,
        /// Asset of the usage aggregate.
        pub asset: Option<AssetReference>,
        /// Price of the usage.
        pub amount: Option<Decimal>,
        /// Currency of the price of the usage aggregate.
        pub currency: Option<String>,
        /// Amount of usage that was reported.
        pub consumed: Option<Decimal>,
        /// Amount of usage that was accepted.
        pub accepted: Option<Decimal>,
        /// Event of the latest report.
        pub events: Events,
    }
}

model! {
    /// A provider's rule that answers usage files by itself.
    pub struct UsageRule {
        /// Id of the usage rule.
        pub id: String,
        /// Action of the usage rule.
        pub action: UsageRuleAction,
        /// Scope of the usage rule: a record or a whole file.
        pub scope: UsageRuleScope,
        /// Condition of the usage rule.
        pub rule: Option<String>,
        /// Whether the usage rule is in force.
        pub status: UsageRuleStatus,
        /// The item that the usage rule is for.
        pub item: Option<Box<Item>>,
        /// Events of the usage rule: creation and last change.
        pub events: Events,
        /// Id of the item, as it is sent.
        pub item_id: Option<String>,
        /// Name of the item, as it is sent.
        pub item_name: Option<String>,
        /// Id of the product, as it is sent.
        pub product_id: Option<String>,
        /// Id of the account, as it is sent.
        pub account_id: Option<String>,
        /// User who made it, as the usage rule is sent.
        pub created_by: Option<String>,
        /// User who last changed it, as the usage rule is sent.
        pub updated_by: Option<String>,
    }
}

open_enum! {
    /// What a usage rule does.
    pub enum UsageRuleAction {
        /// The rule accepts usage.
        Accept = "accept",
        /// The rule rejects usage.
        Reject = "reject",
        /// The rule leaves the decision to people.
        Manual = "manual",
    }
}

open_enum! {
    /// What a usage rule looks at.
    pub enum UsageRuleScope {
        /// The rule applies to each record.
        Record = "record",
        /// The rule applies to the whole file.
        File = "file",
    }
}

open_enum! {
    /// Whether a usage rule is in force.
    pub enum UsageRuleStatus {
        /// The rule is in force.
        Active = "active",
        /// The rule was deleted.
        Deleted = "deleted",
    }
}
