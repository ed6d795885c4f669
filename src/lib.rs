//! Stub.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod check;
mod config;
mod connect;
mod context;
mod error;
mod http;
mod lock;
mod page;
mod process;

pub mod directory;
pub mod fulfillment;
#[cfg(feature = "logger")]
pub mod logger;
pub mod models;
pub mod rql;
#[cfg(feature = "sandbox")]
pub mod sandbox;
pub mod tier_config;
pub mod usage;

pub use check::Problem;
pub use config::{Config, ConfigError, ConfigErrorKind, UpdateMethod};
pub use connect::Connect;
pub use error::{ApiError, Conflict, DecodeError, Error, Interrupted, Result, TransportError};
pub use lock::Lock;
pub use page::Pages;
pub use process::{
    Action, Approval, Call, Certainty, Inquiry, Options, Outcome, Plan, Report, Stop, Verdict,
};
