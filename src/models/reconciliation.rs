//! The parts of usage files that go to the hubs, and what the providers answer.

use super::model::{model, open_enum};
use super::{Account, Events, ExtIdHub, Marketplace, UsageFile, UsageStats};

model! {
    /// The part of a usage file that is for one hub.
    pub struct UsageChunk {
        /// The id.
        pub id: String,
        /// Its state.
        pub status: UsageChunkStatus,
        /// Whether there is a newer one.
        pub outdated: Option<bool>,
        /// The file it is a part of, in short.
        pub usagefile: Option<Box<UsageFile>>,
        /// The hub, and the id in its system.
        pub binding: Option<Box<ExtIdHub>>,
        /// The marketplace.
        pub marketplace: Option<Box<Marketplace>>,
        /// What is wrong with it.
        pub error: Option<ErrorDetail>,
        /// What happened to it.
        pub events: Events,
        /// How many records went how far.
        pub stats: Option<Box<UsageStats>>,
        /// The provider.
        pub provider: Option<Box<Account>>,
        /// Id in the provider's system.
        pub external_id: Option<String>,
    }
}

model! {
    /// A provider's answer to a usage file, as an upload.
    pub struct Reconciliation {
        /// The id.
        pub id: String,
        /// Its state.
        pub status: ReconciliationStatus,
        /// The file it answers, in short.
        pub usagefile: Option<Box<UsageFile>>,
        /// The part of the file it answers, in short.
        pub partusagefile: Option<Box<UsageChunk>>,
        /// The hub, and the id in its system.
        pub binding: Option<Box<ExtIdHub>>,
        /// What is wrong with it.
        pub error: Option<ErrorDetail>,
        /// Notes.
        pub notes: Option<Box<ReconciliationNotes>>,
        /// What happened to it.
        pub events: Events,
    }
}

model! {
    /// What is wrong.
    pub struct ErrorDetail {
        /// In words.
        pub detail: Option<String>,
    }
}

model! {
    /// Notes to a reconciliation.
    pub struct ReconciliationNotes {
        /// The one given at the upload.
        pub uploaded: Option<String>,
        /// The platform's own.
        pub processing: Option<String>,
    }
}

open_enum! {
    /// The state of a part of a usage file.
    pub enum UsageChunkStatus {
        /// Being made.
        Draft = "draft",
        /// Made.
        Ready = "ready",
        /// Done with.
        Closed = "closed",
        /// Could not be made.
        Failed = "failed",
    }
}

open_enum! {
    /// The state of a reconciliation.
    pub enum ReconciliationStatus {
        /// Arrived.
        Uploaded = "uploaded",
        /// Being worked on.
        Processing = "processing",
        /// Done.
        Processed = "processed",
        /// Not good.
        Failed = "failed",
    }
}
