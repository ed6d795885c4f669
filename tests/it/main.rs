//! The whole stack over a socket: closures in, calls out, against the embedded sandbox.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::time::Duration;

use connect::sandbox::{Body, Sandbox, sample};
use connect::{Config, Connect, UpdateMethod};
use serde_json::{Value, json};

mod bounds;
mod budget;
mod calls;
mod check;
mod conflicts;
mod conversations;
mod conversations_api;
mod directory;
mod faults;
mod fulfillment;
mod fulfillment_extras;
mod isolation;
mod lock;
mod lost;
mod mistakes;
mod odd_data;
mod options;
mod raw;
mod report;
mod secrets;
mod security;
mod setup;
mod soak;
mod spec;
mod tier_config;
mod tls;
mod usage;
mod usage_files;
mod usage_sample;
mod walk;

/// The only order of most tests, and its conversation.
const ORDER: &str = "PR-1000-0000-0001-001";
const TALK: &str = "CO-1000-0000-0001-001";
/// The list of pending orders, up to where the walk goes on.
const PENDING: &str = "/requests?in(asset.product.id,(PRD-260-714-083))&eq(status,pending)";
const FIRST_PAGE: &str = "/requests?in(asset.product.id,(PRD-260-714-083))&eq(status,pending)&ordering(created)&limit=100&offset=0";
/// The time of creation of [`ORDER`], as a query says it.
const CREATED: &str = "%222024-03-04T09%3A12%3A44.317205%2B00%3A00%22";

/// A sandbox with one pending order and its open conversation.
fn one_order() -> Sandbox {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.insert("requests", sample::request(ORDER));
    sandbox.insert("conversations", sample::conversation_for(ORDER));
    sandbox
}

/// Pending orders a second apart, each with an open conversation.
fn add_orders(sandbox: &Sandbox, orders: usize) {
    sandbox.add_requests(orders, |_, _| {});
    for request in sandbox.all("requests") {
        sandbox.insert("conversations", sample::conversation_for(request["id"].as_str().unwrap()));
    }
}

/// One product, updates by PUT, no patience: nothing but what a test is about.
fn config(sandbox: &Sandbox) -> Config {
    Config::new(sandbox.url(), sandbox.api_key())
        .unwrap()
        .products([sample::PRODUCT])
        .update_method(UpdateMethod::Put)
        .attempts(1)
        .backoff(Duration::ZERO, Duration::ZERO)
        .settle([Duration::from_millis(1); 3])
}

fn client(sandbox: &Sandbox) -> Connect {
    Connect::new(config(sandbox)).unwrap()
}

/// What went over the wire: method, path with its query, and the body, if there was one.
fn wire(sandbox: &Sandbox) -> Value {
    let calls = sandbox.take_journal().into_iter().map(|call| match call.body {
        Body::Empty => json!([call.method, call.path]),
        Body::Json(body) => json!([call.method, call.path, body]),
        other => panic!("{} {} had a body that is no JSON: {other:?}", call.method, call.path),
    });
    calls.collect()
}

/// The status of an order as the platform has it.
fn status(sandbox: &Sandbox, id: &str) -> String {
    sandbox.get("requests", id).unwrap()["status"].as_str().unwrap().to_owned()
}

/// An error with its causes, as a program prints it.
fn told(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
