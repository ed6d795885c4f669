//! Reads a call to a vendor's system from a socket: the stub of the example, and those of tests.

use std::io::BufRead;

use serde_json::Value;

/// One call.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Call {
    pub(crate) method: String,
    pub(crate) path: String,
    /// The idempotency key.
    pub(crate) key: String,
    pub(crate) body: Value,
}

/// The next call on a connection; nothing where the caller is gone.
pub(crate) fn read(input: &mut impl BufRead) -> Option<Call> {
    let mut line = String::new();
    input.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace();
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let (mut key, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        input.read_line(&mut line).ok()?;
        let Some((name, value)) = line.split_once(':') else { break };
        match name.to_ascii_lowercase().as_str() {
            "idempotency-key" => value.trim().clone_into(&mut key),
            "content-length" => length = value.trim().parse().ok()?,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    input.read_exact(&mut body).ok()?;
    Some(Call { method, path, key, body: serde_json::from_slice(&body).unwrap_or_default() })
}
