//! Rules that answer usage files, and usage in sum.

use super::model::{model, open_enum};
use super::{AssetReference, Decimal, Events, Item, UsageItem};

model! {
    /// What was reported of one item of one asset, in sum.
    pub struct UsageAggregate {
        /// The item.
        pub item: Option<Box<UsageItem>>,
        /// The asset.
        pub asset: Option<AssetReference>,
        /// The price.
        pub amount: Option<Decimal>,
        /// The currency of the price.
        pub currency: Option<String>,
        /// How much was reported.
        pub consumed: Option<Decimal>,
        /// How much was accepted.
        pub accepted: Option<Decimal>,
        /// The latest report.
        pub events: Events,
    }
}

model! {
    /// A provider's rule that answers usage files by itself.
    pub struct UsageRule {
        /// The id.
        pub id: String,
        /// What it does.
        pub action: UsageRuleAction,
        /// What it looks at.
        pub scope: UsageRuleScope,
        /// The condition.
        pub rule: Option<String>,
        /// Whether it is in force.
        pub status: UsageRuleStatus,
        /// The item it is for.
        pub item: Option<Box<Item>>,
        /// Creation and last change.
        pub events: Events,
        /// Id of the item, as it is sent.
        pub item_id: Option<String>,
        /// Name of the item, as it is sent.
        pub item_name: Option<String>,
        /// Id of the product, as it is sent.
        pub product_id: Option<String>,
        /// Id of the account, as it is sent.
        pub account_id: Option<String>,
        /// Who made it, as it is sent.
        pub created_by: Option<String>,
        /// Who last changed it, as it is sent.
        pub updated_by: Option<String>,
    }
}

open_enum! {
    /// What a usage rule does.
    pub enum UsageRuleAction {
        /// It accepts.
        Accept = "accept",
        /// It rejects.
        Reject = "reject",
        /// It leaves it to people.
        Manual = "manual",
    }
}

open_enum! {
    /// What a usage rule looks at.
    pub enum UsageRuleScope {
        /// Each record.
        Record = "record",
        /// The whole file.
        File = "file",
    }
}

open_enum! {
    /// Whether a usage rule is in force.
    pub enum UsageRuleStatus {
        /// It is.
        Active = "active",
        /// It was.
        Deleted = "deleted",
    }
}
