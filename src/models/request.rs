//! Asset requests, which a program approves, fails or inquires.

use serde_json::Value;
use time::OffsetDateTime;

use super::model::{model, open_enum};
use super::{Asset, AssignedTo, Contract, Events, Item, Marketplace, Param, Secret, Template};

model! {
    /// An asset request: it purchases, changes, suspends, resumes, renews, transfers or cancels an asset.
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
        /// Type of the request.
        #[doc(alias = "type")]
        pub kind: RequestKind = "type",
        /// Status of the request.
        pub status: RequestStatus,
        /// Asset of the request, as it will be after the approval.
        pub asset: Asset,
        /// Time at which the request was created; absent in the response to its creation.
        pub created: Option<OffsetDateTime>,
        /// Time of the request's last update.
        pub updated: Option<OffsetDateTime>,
        /// Date from which the request takes effect.
        pub effective_date: Option<OffsetDateTime>,
        /// Date for which the request is planned.
        pub planned_date: Option<OffsetDateTime>,
        /// Note of the request.
        pub note: Option<String>,
        /// Reason for which the request failed.
        pub reason: Option<String>,
        /// Whether the inquiry was answered.
        pub answered: Option<bool>,
        /// User who is responsible for the request.
        pub assignee: Option<AssignedTo>,
        /// Template that the customer reads now, with its rendered text in `message`.
        pub template: Option<Box<Template>>,
        /// Activation message for the customer, as markdown; empty before the approval.
        pub activation_key: Option<Secret>,
        /// URL of the customer's parameter form.
        pub params_form_url: Option<String>,
        /// Marketplace of the request; some payloads have it in the asset only, see
        /// [`marketplace`](Self::marketplace).
        pub marketplace: Option<Box<Marketplace>>,
        /// Contract of the request; some payloads have it in the asset only, see
        /// [`contract`](Self::contract).
        pub contract: Option<Box<Contract>>,
        /// Previous approved request of the asset, mostly with its id only.
        pub previous_approved_request: Option<Box<Request>>,
        /// Id of the asset, in old payloads.
        pub asset_id: Option<String>,
        /// Attributes that the creator of the request attached to it, as free-form JSON.
        pub external_attributes: Option<Value>,
        /// Events of the request; most payloads have `created` and `updated` instead.
        pub events: Events,
    }
}

impl Request {
    /// Iterates over the items that the request adds.
    pub fn new_items(&self) -> impl Iterator<Item = &Item> {
        self.asset.items.iter().filter(|item| item.is_new())
    }

    /// Iterates over the items whose quantity the request changes to another positive quantity.
    pub fn changed_items(&self) -> impl Iterator<Item = &Item> {
        self.asset.items.iter().filter(|item| item.is_changed())
    }

    /// Iterates over the items that the request removes.
    pub fn removed_items(&self) -> impl Iterator<Item = &Item> {
        self.asset.items.iter().filter(|item| item.is_removed())
    }

    /// Whether the request migrates data from another system: the asset's parameter `migration_info` has a
    /// value.
    pub fn needs_migration(&self) -> bool {
        self.needs_migration_with("migration_info")
    }

    /// Whether the request migrates data, by the asset's parameter with this id; see
    /// [`needs_migration`](Self::needs_migration).
    pub fn needs_migration_with(&self, id: &str) -> bool {
        self.param(id).is_some_and(Param::has_value)
    }

    /// Returns the asset's parameter with this id.
    pub fn param(&self, id: &str) -> Option<&Param> {
        self.asset.param(id)
    }

    /// Returns the text value of the asset's parameter with this id; `None` if the parameter or its text is
    /// missing or empty.
    ///
    /// ```
    /// use connect::models::Request;
    /// # fn main() -> serde_json::Result<()> {
    /// let json = r#"{"asset": {"params": [{"id": "seat_no", "value": "17"}]}}"#;
    /// let request: Request = serde_json::from_str(json)?;
    /// assert_eq!(request.value("seat_no"), Some("17"));
    /// assert_eq!(request.value("email"), None);
    /// # Ok(())
    /// # }
    /// ```
    pub fn value(&self, id: &str) -> Option<&str> {
        self.asset.value(id)
    }

    /// Returns the id of the asset's product; empty if the payload has none.
    pub fn product_id(&self) -> &str {
        &self.asset.product.id
    }

    /// Returns the marketplace of the request or of its asset.
    pub fn marketplace(&self) -> Option<&Marketplace> {
        self.marketplace.as_deref().or(self.asset.marketplace.as_deref())
    }

    /// Returns the contract of the request or of its asset.
    pub fn contract(&self) -> Option<&Contract> {
        self.contract.as_deref().or(self.asset.contract.as_deref())
    }
}

open_enum! {
    /// Type of an asset request.
    pub enum RequestKind {
        /// The request purchases a new asset.
        Purchase = "purchase",
        /// The request changes the quantities of items.
        Change = "change",
        /// The request cancels the asset.
        Cancel = "cancel",
        /// The request suspends the asset.
        Suspend = "suspend",
        /// The request resumes a suspended asset.
        Resume = "resume",
        /// The request renews the asset.
        Renew = "renew",
        /// The request adjusts the parameters of the asset.
        Adjustment = "adjustment",
        /// The request transfers the asset from another owner.
        Transfer = "transfer",
    }
}

open_enum! {
    /// Status of an asset request.
    pub enum RequestStatus {
        /// The request is a draft and not submitted yet.
        Draft = "draft",
        /// The request waits for the tier configurations of the resellers.
        TiersSetup = "tiers_setup",
        /// The request waits for the vendor.
        Pending = "pending",
        /// The request waits for an answer to the vendor's inquiry.
        Inquiring = "inquiring",
        /// The request is approved.
        Approved = "approved",
        /// The request failed.
        Failed = "failed",
        /// The request is scheduled for a later date.
        Scheduled = "scheduled",
        /// The request is being revoked.
        Revoking = "revoking",
        /// The request was revoked.
        Revoked = "revoked",
    }
}
