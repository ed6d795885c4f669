//! The whole stack over a socket: closures in, calls out, against the embedded sandbox.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod bounds;
mod conflicts;
mod faults;
mod lock;
mod lost;

mod setup;
mod soak;
mod tls;
mod usage;
mod walk;
