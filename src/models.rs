//! Models of the platform's API: one struct per class, as the platform sends it, and the few structs sent to
//! it.
//!
//! The [API reference](https://connect.cloudblue.com/community/api/) names the fields. They have the same
//! names here, except that `type` is `kind`, and all are public. Structs that the platform sends cannot be
//! written as literals, because each release of the platform adds fields. Tests start from `default()` or
//! from JSON:
//!
//! ```
//! use connect::models::{Request, RequestStatus};
//! # fn main() -> serde_json::Result<()> {
//! let request: Request = serde_json::from_str(
//!     r#"{
//!         "id": "PR-5852-0931-4467-001",
//!         "type": "purchase",
//!         "status": "pending",
//!         "asset": {
//!             "id": "AS-5852-0931-4467",
//!             "external_id": 883105,
//!             "params": [{"id": "seat_no", "type": "text", "value": ""}],
//!             "items": [{"id": "SEATS", "mpn": "NLV-STD-M", "old_quantity": "0", "quantity": "unlimited"}],
//!             "tiers": {"customer": {"name": "Olmedo Textiles"}, "tier2": {}}
//!         }
//!     }"#,
//! )?;
//! assert_eq!(request.status, RequestStatus::Pending);
//! assert_eq!(request.asset.external_id.as_deref(), Some("883105"));
//! assert!(!request.param("seat_no").is_some_and(|param| param.has_value()));
//! assert!(request.new_items().all(|item| item.quantity.as_ref().is_some_and(|quantity| quantity.is_unlimited())));
//! assert_eq!(request.asset.tiers.customer.name.as_deref(), Some("Olmedo Textiles"));
//! assert!(request.asset.tiers.tier2.is_none());
//! # Ok(())
//! # }
//! ```
//!
//! # The rules of the fields
//!
//! The platform sends the same class in full, in part, and as a reference with id and name, and any field may
//! be missing or null. Therefore:
//!
//! - **Ids** are `String`, empty if absent. Other texts and numbers are `Option`; an empty text is `None`. A number
//!   in place of a text becomes a text (`external_id` is sent as both), and a text in place of a number a number.
//! - **Lists** are `Vec`; missing, null and `[]` are the same.
//! - **Objects** that every full payload has are not `Option`, and are empty if missing (`request.asset.product.id`).
//!   Other objects are `Option`, mostly boxed; missing, null, `""`, `{}` and an object of empty fields are `None`.
//! - **References** may be bare: a text in place of an object is its id, or its name where it has blanks. An object in
//!   place of a text gives its id, or its name.
//! - **One or many**: an object in place of a list is its one element; a list of one in place of an object is that object.
//! - **Enums** are open: an unknown value is kept as `Unknown`, and a missing one is `Unknown("")`, which `is_unset`
//!   tests. Where the platform's letter case or spelling varies (`READY`, `Monthly`, `End of Sale`), all forms are
//!   read as the same variant and written in one form.
//! - **Dates and times** are `OffsetDateTime` in UTC, read from every form that the platform uses; absent is `None`.
//! - **Decimal numbers** are exact, see [`Decimal`] and [`Quantity`].
//! - **Unknown fields** are skipped. A wrong structure, such as a list of two in place of an object, is an error.
//!
//! `Debug` leaves out absent fields and hides passwords, credentials and the signatures of links. `Serialize`
//! writes everything that is present.

mod account;
mod asset;
mod capabilities;
mod configuration;
mod contract;
mod conversation;
mod de;
mod event;
mod hub;
mod item;
mod listing;
mod model;
mod one_or_many;
mod param;
mod param_update;
mod product;
mod quantity;
mod reconciliation;
mod request;
mod scalar;
mod secret;
mod subscription;
mod template;
mod tier;
mod tier_config;
pub(crate) mod timestamp;
mod usage;
mod usage_rule;

pub use account::{
    Account, AccountKind, AccountRole, AssignedTo, Domain, DomainAuth, IdentityProvider,
    IdentityProviderKind, Reference, User,
};
pub use asset::{Asset, AssetReference, AssetRequestItem, AssetStatus};
pub use capabilities::{
    Capabilities, Offline, ParameterCapabilities, PpuCapabilities, RequestCapabilities,
    ReservationCapabilities, SubscriptionCapabilities, SubscriptionSchema, TierCapabilities,
    TierConfigCapabilities, Validation,
};
pub use configuration::{Configuration, ProductConfigurationParameter};
pub use contract::{
    Activation, Agreement, AgreementForms, AgreementKind, AgreementStats, AgreementVersionInfo, Contract,
    ContractStatus, DocumentKind, Form, FormKind,
};
pub use conversation::{Conversation, ConversationKind, ConversationStatus, Message, MessageKind};
pub use event::{Event, Events};
pub use hub::{
    Connection, ConnectionStatus, Country, Environment, ExtIdHub, Hub, HubInstance, HubKind, HubStats,
    ListingCapabilities, Marketplace, MarketplaceCapabilities, MarketplaceStats, PriceListCapabilities,
    ProductVersionKind, Zone,
};
pub use item::{
    Applicability, Commitment, Item, ItemBilling, ItemGroup, ItemPeriod, ItemStatus, ItemType, Precision,
    Renewal, RenewalUom, Ui, Unit,
};
pub use listing::{
    Listing, ListingRequest, ListingRequestKind, ListingRequestState, ListingStatus, Offer, PriceList,
};
pub use one_or_many::OneOrMany;
pub use param::{Constraints, Dependency, Param, ParamKind, ParamPhase, ParamScope, Shared, ValueChoice};
pub use param_update::ParamUpdate;
pub use product::{
    CustomerUiSettings, Document, DownloadLink, Extension, Media, Product, ProductAction, ProductCategory,
    ProductConfiguration, ProductFamily, ProductStats, ProductStatsInfo, ProductStatus, ProductVisibility,
    PurchaseModel, UsageRuleSettings, VisibleFor,
};
pub use quantity::{Decimal, Quantity};
pub use reconciliation::{
    ErrorDetail, Reconciliation, ReconciliationNotes, ReconciliationStatus, UsageChunk, UsageChunkStatus,
};
pub use request::{Request, RequestKind, RequestStatus};
pub use secret::{Secret, SignedUrl};
pub use subscription::{
    Anniversary, Attributes, Billing, BillingRequest, BillingRequestKind, BillingStat, BillingStats,
    BillingUom, LastRequest, Period, Subscription,
};
pub use template::{Template, TemplateKind, TemplateScope};
pub use tier::{
    Contact, ContactInfo, PhoneNumber, Region, TierAccount, TierAccountKind, TierAccountRequest,
    TierAccountRequestKind, TierAccountRequestStatus, TierScope, Tiers,
};
pub use tier_config::{
    Sli, TierConfig, TierConfigRequest, TierConfigRequestKind, TierConfigRequestStatus, TierConfigStatus,
};
pub use timestamp::DateOrDateTime;
pub use usage::{
    UsageFile, UsageFileStatus, UsageFileSubStatus, UsageItem, UsageRecordCounts, UsageRecordParam,
    UsageRecordResource, UsageRecordStatus, UsageSchema, UsageStats,
};
pub use usage_rule::{UsageAggregate, UsageRule, UsageRuleAction, UsageRuleScope, UsageRuleStatus};
