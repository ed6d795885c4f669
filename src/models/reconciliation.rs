//! Usage chunks, the parts of usage files for each hub, and the reconciliation files of providers.

use super::model::{model, open_enum};
use super::{Account, Events, ExtIdHub, Marketplace, UsageFile, UsageStats};

model! {
    /// A usage chunk: the part of a usage file for one hub.
    pub struct UsageChunk {
        /// Id of the usage chunk.
        pub id: String,
        /// Status of the usage chunk.
        pub status: UsageChunkStatus,
        /// Whether a newer usage chunk replaces this one.
        pub outdated: Option<bool>,
        /// Usage file of the chunk, as a reference.
        pub usagefile: Option<Box<UsageFile>>,
        /// Hub of the usage chunk, with the external id there.
        pub binding: Option<Box<ExtIdHub>>,
        /// Marketplace of the usage chunk.
        pub marketplace: Option<Box<Marketplace>>,
        /// Error of the usage chunk.
        pub error: Option<ErrorDetail>,
        /// Events of the usage chunk, of the same names as those of usage files.
        pub events: Events,
        /// Numbers of records of the usage chunk by stage.
        pub stats: Option<Box<UsageStats>>,
        /// Provider that receives the usage chunk.
        pub provider: Option<Box<Account>>,
        /// Id of the usage chunk in the provider's system.
        pub external_id: Option<String>,
    }
}

model! {
    /// A reconciliation: the provider's uploaded answer to a usage file.
    pub struct Reconciliation {
        /// Id of the reconciliation.
        pub id: String,
        /// Status of the reconciliation.
        pub status: ReconciliationStatus,
        /// Usage file that the reconciliation answers, as a reference.
        pub usagefile: Option<Box<UsageFile>>,
        /// Usage chunk that the reconciliation answers, as a reference.
        pub partusagefile: Option<Box<UsageChunk>>,
        /// Hub of the reconciliation, with the external id there.
        pub binding: Option<Box<ExtIdHub>>,
        /// Error of the reconciliation.
        pub error: Option<ErrorDetail>,
        /// Notes of the reconciliation.
        pub notes: Option<Box<ReconciliationNotes>>,
        /// Events of the reconciliation, of the same names as those of usage files.
        pub events: Events,
    }
}

model! {
    /// Error of a usage chunk or a reconciliation.
    pub struct ErrorDetail {
        /// Text of the error.
        pub detail: Option<String>,
    }
}

model! {
    /// Notes of a reconciliation.
    pub struct ReconciliationNotes {
        /// Note given at the upload.
        pub uploaded: Option<String>,
        /// Note from the processing by the platform.
        pub processing: Option<String>,
    }
}

open_enum! {
    /// Status of a usage chunk.
    pub enum UsageChunkStatus {
        /// The usage chunk is a draft.
        Draft = "draft",
        /// The usage chunk is ready.
        Ready = "ready",
        /// The usage chunk is closed.
        Closed = "closed",
        /// The creation of the usage chunk failed.
        Failed = "failed",
    }
}

open_enum! {
    /// Status of a reconciliation.
    pub enum ReconciliationStatus {
        /// The reconciliation is uploaded.
        Uploaded = "uploaded",
        /// The platform is processing the reconciliation.
        Processing = "processing",
        /// The reconciliation is processed.
        Processed = "processed",
        /// The processing of the reconciliation failed.
        Failed = "failed",
    }
}
