//! The whole stack over a socket: closures in, calls out, against the embedded sandbox.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod walk;

mod calls;
mod check;
mod conversations_api;
mod directory;
mod fulfillment_extras;
mod raw;
mod spec;
mod tier_config;
mod usage;
mod usage_files;
