//! The whole stack over a socket: closures in, calls out, against the embedded sandbox.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod walk;

mod calls;
mod fulfillment_extras;
