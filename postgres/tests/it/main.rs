//! The ledger on a real PostgreSQL, and workers on it that are killed, stopped, and cut off.
#![cfg(unix)]
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]
#![expect(clippy::print_stdout, reason = "what is measured is printed")]

#[path = "../../../examples/saas/call.rs"]
mod call;
mod clocks;
mod deaths;
mod failing;
mod gateway;
mod leases;
mod server;
mod servers;
mod store;
mod tls;
mod usage;
mod workers;
mod world;
