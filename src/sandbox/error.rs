//! The platform's error bodies.

use serde_json::json;

use super::message::HttpResponse;

/// The platform's error body.
pub(super) fn error(status: u16, message: &str) -> HttpResponse {
    errors(status, &[message.to_owned()])
}

pub(super) fn errors(status: u16, messages: &[String]) -> HttpResponse {
    let code = match status {
        401 => "AUTH_001",
        405 => "METHOD_NOT_ALLOWED",
        _ => "SYS_001",
    };
    HttpResponse::json(status, &json!({"error_code": code, "errors": messages}))
}

pub(super) fn bad_request(message: &str) -> HttpResponse {
    error(400, message)
}

pub(super) fn not_found() -> HttpResponse {
    error(404, "Object not found.")
}
