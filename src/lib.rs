//! Stub.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod config;
mod connect;
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
