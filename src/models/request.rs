//! Asset requests: what a processor approves, fails or asks back about.

use serde_json::Value;
use time::OffsetDateTime;

use super::model::{model, open_enum};
use super::{Asset, AssignedTo, Contract, Events, Item, Marketplace, Param, Secret};

model! {
    /// A request to buy, change, suspend, resume or cancel an asset.
    ///
    /// ```
    /// use connect::models::{Request, RequestKind};
    /// # fn main() -> serde_json::Result<()> {
    /// let request: Request = serde_json::from_str(
    ///     r#"{
    ///         "id": "PR-5852-0931-4467-001", "type": "change",
    ///         "asset": {"items": [
    ///             {"id": "SEATS", "old_quantity": "5", "quantity": "8"},
    ///             {"id": "BACKUP", "old_quantity": "1", "quantity": "0"}
    ///         ]}
    ///     }"#,
    /// )?;
    /// assert_eq!(request.kind, RequestKind::Change);
    /// assert!(request.changed_items().map(|item| item.id.as_str()).eq(["SEATS"]));
    /// assert!(request.removed_items().map(|item| item.id.as_str()).eq(["BACKUP"]));
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "Fulfillment")]
    #[doc(alias = "AssetRequest")]
    pub struct Request {
        /// Id of the request, `PR-…`.
        pub id: String,
        /// Type of the request, such as purchase or change.
        #[doc(alias = "type")]
        pub kind: RequestKind = "type",
        /// State of the request.
        pub status: RequestStatus,
        /// The asset as that the request is to be.
        pub asset: Asset,
        /// Time at which the request was made; absent in the answer to its creation.
        pub created: Option<OffsetDateTime>,
        /// Time of the last change of the request.
        pub updated: Option<OffsetDateTime>,
        /// From when on it holds.
        pub effective_date: Option<OffsetDateTime>,
        /// Date for which the request was scheduled.
        pub planned_date: Option<OffsetDateTime>,
        /// Customer's or reseller's note of the request.
        pub note: Option<String>,
        /// Reason why the request failed.
        pub reason: Option<String>,
        /// Whether an inquiry was answered.
        pub answered: Option<bool>,
        /// User who works on the request.
        pub assignee: Option<AssignedTo>,
        /// Text that the customer sees after approval, as markdown.
        pub activation_key: Option<Secret>,
        /// Form in which the customer fills in the request's parameters.
        pub params_form_url: Option<String>,
        /// The marketplace; that the request may stand in the asset only, see
        /// [`marketplace`](Self::marketplace).
        pub marketplace: Option<Box<Marketplace>>,
        /// The contract; that the request may stand in the asset only, see [`contract`](Self::contract).
        pub contract: Option<Box<Contract>>,
        /// The last approved request of the asset; of little more than an id.
        pub previous_approved_request: Option<Box<Request>>,
        /// Id of the asset in old answers.
        pub asset_id: Option<String>,
        /// Attributes that the ordering side keeps with the request; free-form.
        pub external_attributes: Option<Value>,
        /// Events of the request that `created` and `updated` do not tell.
        pub events: Events,
    }
}

impl Request {
    /// The items that the request adds.
    pub fn new_items(&self) -> impl Iterator<Item = &Item> {
        self.asset.items.iter().filter(|item| item.is_new())
    }

    /// The items of which the request leaves some, but more or fewer than before.
    pub fn changed_items(&self) -> impl Iterator<Item = &Item> {
        self.asset.items.iter().filter(|item| item.is_changed())
    }

    /// The items that the request takes away.
    pub fn removed_items(&self) -> impl Iterator<Item = &Item> {
        self.asset.items.iter().filter(|item| item.is_removed())
    }

    /// Whether data of another system is to be taken over: the asset's parameter `migration_info` has a
    /// value.
    pub fn needs_migration(&self) -> bool {
        self.needs_migration_with("migration_info")
    }

    /// As [`needs_migration`](Self::needs_migration), with the parameter's id.
    pub fn needs_migration_with(&self, id: &str) -> bool {
        self.param(id).is_some_and(Param::has_value)
    }

    /// The asset's parameter of this id.
    pub fn param(&self, id: &str) -> Option<&Param> {
        self.asset.param(id)
    }

    /// The text of the asset's parameter of this id; `None` where there is no such parameter or it says nothing.
    ///
    /// ```
    /// use connect::models::Request;
    ///
    /// let request: Request = serde_json::from_str(
    ///     r#"{"asset": {"params": [{"id": "email", "value": "a@example.org"}, {"id": "note", "value": ""}]}}"#,
    /// )?;
    /// assert_eq!(request.value("email"), Some("a@example.org"));
    /// assert_eq!((request.value("note"), request.value("phone")), (None, None));
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn value(&self, id: &str) -> Option<&str> {
        self.asset.value(id)
    }

    /// The id of the asset's product; empty if the answer does not name it.
    pub fn product_id(&self) -> &str {
        &self.asset.product.id
    }

    /// The marketplace, whether it stands here or in the asset.
    pub fn marketplace(&self) -> Option<&Marketplace> {
        self.marketplace.as_deref().or(self.asset.marketplace.as_deref())
    }

    /// The contract, whether it stands here or in the asset.
    pub fn contract(&self) -> Option<&Contract> {
        self.contract.as_deref().or(self.asset.contract.as_deref())
    }
}

open_enum! {
    /// What an asset request asks for.
    pub enum RequestKind {
        /// The request orders a new asset.
        Purchase = "purchase",
        /// The request changes quantities of an asset.
        Change = "change",
        /// The request ends an asset.
        Cancel = "cancel",
        /// The request suspends an asset.
        Suspend = "suspend",
        /// The request resumes a suspended asset.
        Resume = "resume",
        /// The request renews an asset for another term.
        Renew = "renew",
        /// The request changes parameters of an asset.
        Adjustment = "adjustment",
        /// The request transfers an asset.
        Transfer = "transfer",
    }
}

open_enum! {
    /// The state of an asset request.
    pub enum RequestStatus {
        /// The request was not sent yet.
        Draft = "draft",
        /// Waits for the resellers' tier configs.
        TiersSetup = "tiers_setup",
        /// The request waits for the vendor.
        Pending = "pending",
        /// Waits for the customer's answer.
        Inquiring = "inquiring",
        /// The request was approved.
        Approved = "approved",
        /// The request was refused for good.
        Failed = "failed",
        /// The request waits for its date.
        Scheduled = "scheduled",
        /// About to be taken back.
        Revoking = "revoking",
        /// The request was revoked.
        Revoked = "revoked",
    }
}
