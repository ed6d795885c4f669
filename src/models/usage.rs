//! Usage files and what the platform makes of them.
//!
//! The rows that a program reports are [`usage::UsageRecord`](crate::usage); what is here comes from the platform.

use time::OffsetDateTime;

use super::model::{model, open_enum};
use super::{
    Account, AssetReference, Contract, DateOrDateTime, Decimal, Environment, Events, ItemType, Marketplace,
    Period, Precision, Product, SignedUrl,
};

model! {
    /// A usage file: what a vendor reports of one product and contract.
    pub struct UsageFile {
        /// Id of the usage file, `UF-…`.
        pub id: String,
        /// Name of the usage file.
        pub name: Option<String>,
        /// Id in the vendor's system.
        pub external_id: Option<String>,
        /// State of the usage file.
        pub status: UsageFileStatus,
        /// What the platform does with the usage file in its state.
        pub sub_status: UsageFileSubStatus,
        /// Subject of the usage file.
        pub description: Option<String>,
        /// A note for the own account; today it is sent only.
        pub note: Option<String>,
        /// Product of the usage file.
        pub product: Product,
        /// Contract of the usage file.
        pub contract: Contract,
        /// Marketplace of the usage file.
        pub marketplace: Option<Box<Marketplace>>,
        /// Vendor of the usage file.
        pub vendor: Option<Box<Account>>,
        /// Provider of the usage file.
        pub provider: Option<Box<Account>>,
        /// Whether the usage file is for trial or business.
        pub environment: Environment,
        /// Schema of the usage file's records.
        pub schema: UsageSchema,
        /// Currency of its amounts of the usage file.
        pub currency: Option<String>,
        /// The days that the usage file is about.
        pub period: Option<Box<Period>>,
        /// The first of these days, as newer SDKs name it.
        pub period_from: Option<DateOrDateTime>,
        /// The last of these days, as newer SDKs name it.
        pub period_to: Option<DateOrDateTime>,
        /// Provider's note at acceptance of the usage file.
        pub acceptance_note: Option<String>,
        /// Provider's note at rejection of the usage file.
        pub rejection_note: Option<String>,
        /// Error of the usage file; see [`error`](Self::error).
        pub error_detail: Option<String>,
        /// Errors of the usage file, in old answers.
        pub error_details: Option<String>,
        /// Number of records are good and bad; lists do not have it.
        pub records: Option<UsageRecordCounts>,
        /// Number of records went how far.
        pub stats: Option<Box<UsageStats>>,
        /// The uploaded file; lists do not have it. See also [`uploaded_file`](Self::uploaded_file).
        pub usage_file_uri: Option<SignedUrl>,
        /// The uploaded file, in old answers.
        pub upload_file_uri: Option<SignedUrl>,
        /// File with the platform's remarks of the usage file.
        pub processed_file_uri: Option<SignedUrl>,
        /// File with the provider's remarks of the usage file.
        pub reconciliation_file_uri: Option<SignedUrl>,
        /// Events of the usage file.
        pub events: Events,
        /// Time at which the usage file was created, in old answers.
        pub created_at: Option<OffsetDateTime>,
        /// User who made the usage file, an id or an e-mail address, in old answers.
        pub created_by: Option<String>,
        /// Time at which the usage file was uploaded, in old answers.
        pub uploaded_at: Option<OffsetDateTime>,
        /// User who uploaded the usage file, in old answers.
        pub uploaded_by: Option<String>,
        /// Time at which the usage file was submitted, in old answers.
        pub submitted_at: Option<OffsetDateTime>,
        /// User who submitted the usage file, in old answers.
        pub submitted_by: Option<String>,
        /// The first moment it is about, as that the usage file is sent.
        pub start_datetime_utc: Option<OffsetDateTime>,
        /// The last moment it is about, as that the usage file is sent.
        pub end_datetime_utc: Option<OffsetDateTime>,
    }
}

impl UsageFile {
    /// What is wrong with it, under either name.
    pub fn error(&self) -> Option<&str> {
        self.error_detail.as_deref().or(self.error_details.as_deref())
    }

    /// The link to the uploaded file, under either name.
    pub fn uploaded_file(&self) -> Option<&SignedUrl> {
        self.usage_file_uri.as_ref().or(self.upload_file_uri.as_ref())
    }
}

model! {
    /// Numbers of valid and invalid records of a usage file.
    #[doc(alias = "UsageRecords")]
    pub struct UsageRecordCounts {
        /// Number of valid records.
        pub valid: Option<i64>,
        /// Number of invalid records.
        pub invalid: Option<i64>,
        /// Ones that are done with.
        pub closed: Option<i64>,
    }
}

model! {
    /// Numbers of records of a usage file by state.
    pub struct UsageStats {
        /// Number of uploaded records.
        pub uploaded: Option<i64>,
        /// Number of validated records.
        pub validated: Option<i64>,
        /// Number of submitted records.
        pub pending: Option<i64>,
        /// Number of accepted records.
        pub accepted: Option<i64>,
        /// Ones that are done with.
        pub closed: Option<i64>,
        /// Number of billed records.
        pub billed: Option<i64>,
    }
}

model! {
    /// A usage record as the platform holds it.
    pub struct UsageRecordResource {
        /// Id of the usage record resource.
        pub id: String,
        /// First moment of the usage.
        pub start_date: Option<OffsetDateTime>,
        /// End of the usage.
        pub end_date: Option<OffsetDateTime>,
        /// Id of the record's product.
        pub product_id: Option<String>,
        /// Id of the bill in the provider's system.
        pub external_billing_id: Option<String>,
        /// Note to the bill in the provider's system.
        pub external_billing_note: Option<String>,
        /// Item of the usage record resource.
        pub item: Option<Box<UsageItem>>,
        /// Asset of the usage record resource.
        pub asset: Option<AssetReference>,
        /// Category of the usage record resource.
        pub category: Option<String>,
        /// Tier of the usage record resource.
        pub tier: Option<i64>,
        /// Price of the usage.
        pub amount: Option<Decimal>,
        /// Factor that `usage` is multiplied by.
        pub multiplier: Option<i64>,
        /// Amount that was used.
        pub usage: Option<Decimal>,
        /// State of the usage record resource.
        pub status: UsageRecordStatus,
        /// Time at which the usage record resource was closed.
        pub closed_at: Option<OffsetDateTime>,
        /// User who closed the usage record resource.
        pub closed_by: Option<String>,
        /// Parameters that the vendor reported with the record.
        pub params: Vec<UsageRecordParam>,
        /// Id of the record's item.
        pub item_id: Option<String>,
        /// Id of the record's asset.
        pub asset_id: Option<String>,
        /// The file that the usage record resource came with, in short.
        pub usagefile: Option<Box<UsageFile>>,
        /// Local id of the item.
        pub resource_local_id: Option<String>,
        /// The `external_id` of the record's asset.
        pub asset_external_id: Option<String>,
        /// The `external_uid` of the record's asset.
        pub asset_external_uid: Option<String>,
    }
}

model! {
    /// The item of a usage record.
    pub struct UsageItem {
        /// Global id of the item, `PRD-…-0001`.
        pub id: String,
        /// Local id of the item.
        pub local_id: Option<String>,
        /// Name of the usage item.
        pub name: Option<String>,
        /// The unit of measure, as a text.
        pub unit: Option<String>,
        /// Manufacturer's part number of the item.
        pub mpn: Option<String>,
        /// Number of decimals a quantity may have.
        pub precision: Precision,
        /// Way in which the usage item is paid for.
        #[doc(alias = "type")]
        pub kind: ItemType = "type",
    }
}

model! {
    /// A vendor's parameter of a usage record.
    pub struct UsageRecordParam {
        /// Name of the usage record param.
        pub parameter_name: Option<String>,
        /// Value of the parameter.
        pub parameter_value: Option<String>,
    }
}

open_enum! {
    /// The state of a usage file.
    pub enum UsageFileStatus (any case) {
        /// The usage file was created and has no records yet.
        Draft = "draft",
        /// The usage file is being uploaded.
        Uploading = "uploading",
        /// The usage file has arrived.
        Uploaded = "uploaded",
        /// The usage file is being checked.
        Processing = "processing",
        /// The usage file has errors.
        Invalid = "invalid",
        /// The usage file is valid and not submitted yet.
        Ready = "ready",
        /// The usage file waits for the provider.
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
    /// What the platform is doing with a usage file.
    pub enum UsageFileSubStatus {
        /// The platform processes the usage file.
        Processing = "processing",
        /// The platform has processed the usage file.
        Processed = "processed",
    }
}

open_enum! {
    /// What the records of usage files have: lower case in files, upper case in products.
    pub enum UsageSchema (any case) {
        /// Records hold quantities (QT).
        Qt = "qt",
        /// `pr` of the specification, which does not explain it.
        Pr = "pr",
        /// `tr` of the specification, which does not explain it.
        Tr = "tr",
        /// `cr` of the specification, which does not explain it.
        Cr = "cr",
    }
}

open_enum! {
    /// The state of a usage record.
    pub enum UsageRecordStatus {
        /// The usage record is valid.
        Valid = "valid",
        /// The usage record has errors.
        Invalid = "invalid",
        /// The usage record was approved.
        Approved = "approved",
        /// The usage record was rejected.
        Rejected = "rejected",
        /// The usage record is closed.
        Closed = "closed",
    }
}
