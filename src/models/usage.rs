//! Usage files, and the usage records that the platform holds.
//!
//! The rows that a program reports are [`usage::UsageRecord`](crate::usage).

use time::OffsetDateTime;

use super::model::{model, open_enum};
use super::{
    Account, AssetReference, Contract, DateOrDateTime, Decimal, Environment, Events, ItemType, Marketplace,
    Period, Precision, Product, Reference, SignedUrl,
};

model! {
    /// A usage file: the usage that a vendor reports for one product and contract.
    pub struct UsageFile {
        /// Id of the usage file, `UF-…`.
        pub id: String,
        /// Name of the usage file.
        pub name: Option<String>,
        /// Id of the usage file in the vendor's system.
        pub external_id: Option<String>,
        /// Status of the usage file.
        pub status: UsageFileStatus,
        /// Progress of the platform's processing within the current status.
        pub sub_status: UsageFileSubStatus,
        /// Description of the usage file.
        pub description: Option<String>,
        /// Note of the usage file; the current API accepts it and does not return it.
        pub note: Option<String>,
        /// Product of the usage file.
        pub product: Product,
        /// Contract of the usage file.
        pub contract: Contract,
        /// Marketplace of the usage file.
        pub marketplace: Option<Box<Marketplace>>,
        /// Vendor that reports the usage.
        pub vendor: Option<Box<Account>>,
        /// Provider that receives the usage file.
        pub provider: Option<Box<Account>>,
        /// Environment of the usage file: production, test or preview.
        pub environment: Environment,
        /// Schema of the usage file.
        pub schema: UsageSchema,
        /// Currency of the amounts in the usage file.
        pub currency: Option<String>,
        /// Period that the usage file covers, as dates.
        pub period: Option<Box<Period>>,
        /// First date of the period, under the key of newer SDKs.
        pub period_from: Option<DateOrDateTime>,
        /// Last date of the period, under the key of newer SDKs.
        pub period_to: Option<DateOrDateTime>,
        /// Note of the provider at the acceptance, up to 200 characters.
        pub acceptance_note: Option<String>,
        /// Note of the provider at the rejection, up to 200 characters.
        pub rejection_note: Option<String>,
        /// Error text of the usage file; see [`error`](Self::error).
        pub error_detail: Option<String>,
        /// Error text of the usage file, under the older key `error_details`.
        pub error_details: Option<String>,
        /// Numbers of valid, invalid and closed records; lists do not include them.
        pub records: Option<UsageRecordCounts>,
        /// Numbers of records by stage.
        pub stats: Option<Box<UsageStats>>,
        /// Link to the uploaded file; lists do not include it. See [`uploaded_file`](Self::uploaded_file).
        pub usage_file_uri: Option<SignedUrl>,
        /// Link to the uploaded file, in old payloads.
        pub upload_file_uri: Option<SignedUrl>,
        /// Link to the file that the platform processed.
        pub processed_file_uri: Option<SignedUrl>,
        /// Link to the reconciliation file of the provider.
        pub reconciliation_file_uri: Option<SignedUrl>,
        /// Events of the usage file: created, uploaded, submitted, accepted, rejected, closed, deleted.
        pub events: Events,
        /// Time at which the usage file was created, in old payloads.
        pub created_at: Option<OffsetDateTime>,
        /// User id or e-mail address of the creator, in old payloads.
        pub created_by: Option<String>,
        /// Time of the upload, in old payloads.
        pub uploaded_at: Option<OffsetDateTime>,
        /// User who uploaded the file, in old payloads.
        pub uploaded_by: Option<String>,
        /// Time of the submission, in old payloads.
        pub submitted_at: Option<OffsetDateTime>,
        /// User who submitted the file, in old payloads.
        pub submitted_by: Option<String>,
        /// Time of the acceptance, in old payloads.
        pub accepted_at: Option<OffsetDateTime>,
        /// User who accepted the file, in old payloads.
        pub accepted_by: Option<String>,
        /// Time of the rejection, in old payloads.
        pub rejected_at: Option<OffsetDateTime>,
        /// User who rejected the file, in old payloads.
        pub rejected_by: Option<String>,
        /// Time of the closing, in old payloads.
        pub closed_at: Option<OffsetDateTime>,
        /// User who closed the file, in old payloads.
        pub closed_by: Option<String>,
        /// Start of the period, as sent to the platform; responses do not have it.
        pub start_datetime_utc: Option<OffsetDateTime>,
        /// End of the period, as sent to the platform; responses do not have it.
        pub end_datetime_utc: Option<OffsetDateTime>,
    }
}

impl UsageFile {
    /// Returns the error text of the usage file, under either key.
    pub fn error(&self) -> Option<&str> {
        self.error_detail.as_deref().or(self.error_details.as_deref())
    }

    /// Returns the link to the uploaded file, under either key.
    pub fn uploaded_file(&self) -> Option<&SignedUrl> {
        self.usage_file_uri.as_ref().or(self.upload_file_uri.as_ref())
    }
}

model! {
    /// Numbers of valid, invalid and closed records of a usage file.
    #[doc(alias = "UsageRecords")]
    pub struct UsageRecordCounts {
        /// Number of valid records.
        pub valid: Option<i64>,
        /// Number of invalid records.
        pub invalid: Option<i64>,
        /// Number of closed records.
        pub closed: Option<i64>,
    }
}

model! {
    /// Numbers of records of a usage file by stage.
    pub struct UsageStats {
        /// Number of uploaded records.
        pub uploaded: Option<i64>,
        /// Number of validated records.
        pub validated: Option<i64>,
        /// Number of pending records.
        pub pending: Option<i64>,
        /// Number of accepted records.
        pub accepted: Option<i64>,
        /// Number of closed records.
        pub closed: Option<i64>,
        /// Number of billed records.
        pub billed: Option<i64>,
    }
}

model! {
    /// A usage record as the platform holds it.
    pub struct UsageRecordResource {
        /// Id of the usage record.
        pub id: String,
        /// Start of the usage.
        pub start_date: Option<OffsetDateTime>,
        /// End of the usage.
        pub end_date: Option<OffsetDateTime>,
        /// Id of the product.
        pub product_id: Option<String>,
        /// Id of the billing in the provider's system.
        pub external_billing_id: Option<String>,
        /// Note of the billing in the provider's system.
        pub external_billing_note: Option<String>,
        /// Item that was used.
        pub item: Option<Box<UsageItem>>,
        /// Asset that the usage belongs to.
        pub asset: Option<AssetReference>,
        /// Category of the usage record.
        pub category: Option<Box<Reference>>,
        /// Tier number of the usage record.
        pub tier: Option<i64>,
        /// Amount of money, in the currency of the usage file.
        pub amount: Option<Decimal>,
        /// Multiplier of `usage`.
        pub multiplier: Option<i64>,
        /// Quantity that was used.
        pub usage: Option<Decimal>,
        /// Status of the usage record.
        pub status: UsageRecordStatus,
        /// Time at which the usage record was closed.
        pub closed_at: Option<OffsetDateTime>,
        /// User who closed the usage record.
        pub closed_by: Option<String>,
        /// Parameters that the vendor added to the usage record.
        pub params: Vec<UsageRecordParam>,
        /// Id of the item.
        pub item_id: Option<String>,
        /// Id of the asset.
        pub asset_id: Option<String>,
        /// Usage file of the record, as a reference.
        pub usagefile: Option<Box<UsageFile>>,
        /// Local id of the item.
        pub resource_local_id: Option<String>,
        /// Id of the asset in the provider's system.
        pub asset_external_id: Option<String>,
        /// Unique id of the asset in the provider's system.
        pub asset_external_uid: Option<String>,
    }
}

model! {
    /// Item of a usage record.
    pub struct UsageItem {
        /// Global id of the item, `PRD-…-0001`.
        pub id: String,
        /// Local id of the item.
        pub local_id: Option<String>,
        /// Name of the item.
        pub name: Option<String>,
        /// Unit of measure of the item, as a text.
        pub unit: Option<String>,
        /// Manufacturer part number (MPN) of the item.
        pub mpn: Option<String>,
        /// Number of decimals that a quantity of the item may have.
        pub precision: Precision,
        /// Billing type of the item: reservation or pay-as-you-go.
        #[doc(alias = "type")]
        pub kind: ItemType = "type",
    }
}

model! {
    /// A parameter that the vendor added to a usage record.
    pub struct UsageRecordParam {
        /// Name of the parameter.
        pub parameter_name: Option<String>,
        /// Value of the parameter.
        pub parameter_value: Option<String>,
    }
}

open_enum! {
    /// Status of a usage file.
    pub enum UsageFileStatus (any case) {
        /// The usage file is a draft without records.
        Draft = "draft",
        /// The usage file is being uploaded.
        Uploading = "uploading",
        /// The usage file is uploaded.
        Uploaded = "uploaded",
        /// The platform is validating the usage file.
        Processing = "processing",
        /// The usage file is invalid.
        Invalid = "invalid",
        /// The usage file is valid and not submitted yet.
        Ready = "ready",
        /// The usage file is submitted and waits for the provider.
        Pending = "pending",
        /// The provider accepted the usage file.
        Accepted = "accepted",
        /// The provider rejected the usage file.
        Rejected = "rejected",
        /// The usage file is closed.
        Closed = "closed",
        /// The usage file was deleted.
        Deleted = "deleted",
    }
}

open_enum! {
    /// Progress of the platform's processing of a usage file.
    pub enum UsageFileSubStatus {
        /// The platform is processing the usage file.
        Processing = "processing",
        /// The platform has processed the usage file.
        Processed = "processed",
    }
}

open_enum! {
    /// Schema of a usage file: lower case in usage files, upper case in product capabilities.
    pub enum UsageSchema (any case) {
        /// Records report quantities (`qt`).
        Qt = "qt",
        /// Schema `pr`; the specification does not explain it.
        Pr = "pr",
        /// Schema `tr`; the specification does not explain it.
        Tr = "tr",
        /// Schema `cr`; the specification does not explain it.
        Cr = "cr",
    }
}

open_enum! {
    /// Status of a usage record.
    pub enum UsageRecordStatus {
        /// The usage record is valid.
        Valid = "valid",
        /// The usage record is invalid.
        Invalid = "invalid",
        /// The usage record was approved.
        Approved = "approved",
        /// The usage record was rejected.
        Rejected = "rejected",
        /// The usage record is closed.
        Closed = "closed",
    }
}
