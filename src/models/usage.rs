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
        /// `UF-…`.
        pub id: String,
        /// The name.
        pub name: Option<String>,
        /// Id in the vendor's system.
        pub external_id: Option<String>,
        /// Its state.
        pub status: UsageFileStatus,
        /// What the platform is doing with it in that state.
        pub sub_status: UsageFileSubStatus,
        /// What it is about.
        pub description: Option<String>,
        /// A note for the own account; today it is sent only.
        pub note: Option<String>,
        /// The product.
        pub product: Product,
        /// The contract.
        pub contract: Contract,
        /// The marketplace.
        pub marketplace: Option<Box<Marketplace>>,
        /// The vendor.
        pub vendor: Option<Box<Account>>,
        /// The provider.
        pub provider: Option<Box<Account>>,
        /// Whether it is for trial or business.
        pub environment: Environment,
        /// What its records have.
        pub schema: UsageSchema,
        /// The currency of its amounts.
        pub currency: Option<String>,
        /// The days it is about.
        pub period: Option<Box<Period>>,
        /// The first of these days, as newer SDKs name it.
        pub period_from: Option<DateOrDateTime>,
        /// The last of these days, as newer SDKs name it.
        pub period_to: Option<DateOrDateTime>,
        /// The provider's note at acceptance.
        pub acceptance_note: Option<String>,
        /// The provider's note at rejection.
        pub rejection_note: Option<String>,
        /// What is wrong with it; see [`error`](Self::error).
        pub error_detail: Option<String>,
        /// What is wrong with it, in old answers.
        pub error_details: Option<String>,
        /// How many records are good and bad; lists do not have it.
        pub records: Option<UsageRecordCounts>,
        /// How many records went how far.
        pub stats: Option<Box<UsageStats>>,
        /// The uploaded file; lists do not have it. See also [`uploaded_file`](Self::uploaded_file).
        pub usage_file_uri: Option<SignedUrl>,
        /// The uploaded file, in old answers.
        pub upload_file_uri: Option<SignedUrl>,
        /// The file with the platform's remarks.
        pub processed_file_uri: Option<SignedUrl>,
        /// The file with the provider's remarks.
        pub reconciliation_file_uri: Option<SignedUrl>,
        /// What happened to it.
        pub events: Events,
        /// When it was made, in old answers.
        pub created_at: Option<OffsetDateTime>,
        /// Who made it, an id or an e-mail address, in old answers.
        pub created_by: Option<String>,
        /// When it was uploaded, in old answers.
        pub uploaded_at: Option<OffsetDateTime>,
        /// Who uploaded it, in old answers.
        pub uploaded_by: Option<String>,
        /// When it was submitted, in old answers.
        pub submitted_at: Option<OffsetDateTime>,
        /// Who submitted it, in old answers.
        pub submitted_by: Option<String>,
        /// The first moment it is about, as it is sent.
        pub start_datetime_utc: Option<OffsetDateTime>,
        /// The last moment it is about, as it is sent.
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
    /// How many records of a usage file are good and bad.
    #[doc(alias = "UsageRecords")]
    pub struct UsageRecordCounts {
        /// Good ones.
        pub valid: Option<i64>,
        /// Bad ones.
        pub invalid: Option<i64>,
        /// Ones that are done with.
        pub closed: Option<i64>,
    }
}

model! {
    /// How many records of a usage file went how far.
    pub struct UsageStats {
        /// Uploaded ones.
        pub uploaded: Option<i64>,
        /// Good ones.
        pub validated: Option<i64>,
        /// Submitted ones.
        pub pending: Option<i64>,
        /// Accepted ones.
        pub accepted: Option<i64>,
        /// Ones that are done with.
        pub closed: Option<i64>,
        /// Billed ones.
        pub billed: Option<i64>,
    }
}

model! {
    /// A usage record as the platform holds it.
    pub struct UsageRecordResource {
        /// The id.
        pub id: String,
        /// The first moment.
        pub start_date: Option<OffsetDateTime>,
        /// The end.
        pub end_date: Option<OffsetDateTime>,
        /// Id of the product.
        pub product_id: Option<String>,
        /// Id of the bill in the provider's system.
        pub external_billing_id: Option<String>,
        /// Note to the bill in the provider's system.
        pub external_billing_note: Option<String>,
        /// The item.
        pub item: Option<Box<UsageItem>>,
        /// The asset.
        pub asset: Option<AssetReference>,
        /// The category.
        pub category: Option<String>,
        /// The tier.
        pub tier: Option<i64>,
        /// The price.
        pub amount: Option<Decimal>,
        /// What `usage` is multiplied by.
        pub multiplier: Option<i64>,
        /// How much was used.
        pub usage: Option<Decimal>,
        /// Its state.
        pub status: UsageRecordStatus,
        /// When it was closed.
        pub closed_at: Option<OffsetDateTime>,
        /// Who closed it.
        pub closed_by: Option<String>,
        /// The vendor's parameters.
        pub params: Vec<UsageRecordParam>,
        /// Id of the item.
        pub item_id: Option<String>,
        /// Id of the asset.
        pub asset_id: Option<String>,
        /// The file it came with, in short.
        pub usagefile: Option<Box<UsageFile>>,
        /// Local id of the item.
        pub resource_local_id: Option<String>,
        /// The asset's `external_id`.
        pub asset_external_id: Option<String>,
        /// The asset's `external_uid`.
        pub asset_external_uid: Option<String>,
    }
}

model! {
    /// The item of a usage record.
    pub struct UsageItem {
        /// The global id, `PRD-…-0001`.
        pub id: String,
        /// The local id.
        pub local_id: Option<String>,
        /// The name.
        pub name: Option<String>,
        /// The unit of measure, as a text.
        pub unit: Option<String>,
        /// The manufacturer's part number.
        pub mpn: Option<String>,
        /// How many decimals a quantity may have.
        pub precision: Precision,
        /// How it is paid for.
        #[doc(alias = "type")]
        pub kind: ItemType = "type",
    }
}

model! {
    /// A vendor's parameter of a usage record.
    pub struct UsageRecordParam {
        /// The name.
        pub parameter_name: Option<String>,
        /// The value.
        pub parameter_value: Option<String>,
    }
}

open_enum! {
    /// The state of a usage file.
    pub enum UsageFileStatus (any case) {
        /// Made, without records.
        Draft = "draft",
        /// On its way.
        Uploading = "uploading",
        /// Arrived.
        Uploaded = "uploaded",
        /// Being checked.
        Processing = "processing",
        /// Not good.
        Invalid = "invalid",
        /// Good, and not submitted.
        Ready = "ready",
        /// Waits for the provider.
        Pending = "pending",
        /// Agreed to.
        Accepted = "accepted",
        /// Refused.
        Rejected = "rejected",
        /// Done with.
        Closed = "closed",
        /// Gone.
        Deleted = "deleted",
    }
}

open_enum! {
    /// What the platform is doing with a usage file.
    pub enum UsageFileSubStatus {
        /// It works on it.
        Processing = "processing",
        /// It is done.
        Processed = "processed",
    }
}

open_enum! {
    /// What the records of usage files have: lower case in files, upper case in products.
    pub enum UsageSchema (any case) {
        /// Quantities.
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
        /// Good.
        Valid = "valid",
        /// Bad.
        Invalid = "invalid",
        /// Agreed to.
        Approved = "approved",
        /// Refused.
        Rejected = "rejected",
        /// Done with.
        Closed = "closed",
    }
}
