//! The parts of usage files that go to the hubs, and what the providers answer.

use super::model::{model, open_enum};
use super::{Account, Events, ExtIdHub, Marketplace, UsageFile, UsageStats};

model! {
    /// The part of a usage file that is for one hub.
    pub struct UsageChunk {
        /// Id of the usage chunk.
        pub id: String,
        /// State of the usage chunk.
        pub status: UsageChunkStatus,
        /// Whether there is a newer one.
        pub outdated: Option<bool>,
        /// The file that the usage chunk is a part of, in short.
        pub usagefile: Option<Box<UsageFile>>,
        /// The hub, and the id in its system.
        pub binding: Option<Box<ExtIdHub>>,
        /// Marketplace of the usage chunk.
        pub marketplace: Option<Box<Marketplace>>,
        /// Error of the usage chunk.
        pub error: Option<ErrorDetail>,
        /// Events of the usage chunk.
        pub events: Events,
        /// Number of records went how far.
        pub stats: Option<Box<UsageStats>>,
        /// Provider of the usage chunk.
        pub provider: Option<Box<Account>>,
        /// Id of the usage chunk in the provider's system.
        pub external_id: Option<String>,
    }
}

model! {
    /// A provider's answer to a usage file, as an upload.
    pub struct Reconciliation {
        /// Id of the reconciliation.
        pub id: String,
        /// State of the reconciliation.
        pub status: ReconciliationStatus,
        /// The file that the reconciliation answers, in short.
        pub usagefile: Option<Box<UsageFile>>,
        /// The part of the file that the reconciliation answers, in short.
        pub partusagefile: Option<Box<UsageChunk>>,
        /// The hub, and the id in its system.
        pub binding: Option<Box<ExtIdHub>>,
        /// Error of the reconciliation.
        pub error: Option<ErrorDetail>,
        /// Notes of the reconciliation.
        pub notes: Option<Box<ReconciliationNotes>>,
        /// Events of the reconciliation.
        pub events: Events,
    }
}

model! {
    /// What is wrong.
    pub struct ErrorDetail {
        /// The error in words.
        pub detail: Option<String>,
    }
}

model! {
    /// Notes to a reconciliation.
    pub struct ReconciliationNotes {
        /// One given at the upload of the reconciliation notes.
        pub uploaded: Option<String>,
        /// Note of the platform.
        pub processing: Option<String>,
    }
}

open_enum! {
    /// The state of a part of a usage file.
    pub enum UsageChunkStatus {
        /// The usage chunk is being made.
        Draft = "draft",
        /// The usage chunk is ready.
        Ready = "ready",
        /// The usage chunk is closed.
        Closed = "closed",
        /// The usage chunk could not be made.
        Failed = "failed",
    }
}

open_enum! {
    /// The state of a reconciliation.
    pub enum ReconciliationStatus {
        /// The reconciliation file has arrived.
        Uploaded = "uploaded",
        /// The reconciliation file is being processed.
        Processing = "processing",
        /// The reconciliation file was processed.
        Processed = "processed",
        /// The reconciliation file is invalid.
        Failed = "failed",
    }
}
