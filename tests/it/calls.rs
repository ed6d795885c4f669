//! What the sandbox saw, as one value that tests compare whole.

use connect::sandbox::{Body, Sandbox};
use connect::{Connect, UpdateMethod};
use serde_json::{Value, json};

/// Each call since the last time, as `[method, path]` or `[method, path, body]`; all of them had credentials.
pub(crate) fn calls(sandbox: &Sandbox) -> Value {
    let journal = sandbox.take_journal();
    assert!(journal.iter().all(|call| call.authorization), "a call without credentials: {journal:?}");
    let calls = journal.into_iter().map(|call| match call.body {
        Body::Empty => json!([call.method, call.path]),
        Body::Json(body) => json!([call.method, call.path, body]),
        _ => json!([call.method, call.path, "bytes"]),
    });
    calls.collect()
}

/// The same, without the calls of the list that a loop walks.
pub(crate) fn calls_but(sandbox: &Sandbox, list: &str) -> Value {
    let Value::Array(mut all) = calls(sandbox) else { panic!() };
    let before = all.len();
    all.retain(|call| call[0] != "GET" || call[1].as_str().unwrap().split('?').next() != Some(list));
    assert!(all.len() < before, "the list was not read");
    all.into()
}

/// A client that updates with the verb that the sandbox takes, so that no update is sent twice.
pub(crate) fn client(sandbox: &Sandbox) -> Connect {
    Connect::new(sandbox.config().unwrap().update_method(UpdateMethod::Put)).unwrap()
}
