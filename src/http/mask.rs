//! Bodies for the log, at trace level only and without what must not be read there.

use std::borrow::Cow;

use log::Level;
use serde_json::Value;

const TARGET: &str = "connect::http::body";
const HIDDEN: &str = "***";
/// A page of requests is megabytes; a log line is for reading.
const SHOWN: usize = 4096;

/// Writes a body at trace level; formats nothing when that is off.
pub(super) fn log_body(method: &str, path: &str, body: &[u8], sent: bool) {
    if body.is_empty() || !log::log_enabled!(target: TARGET, Level::Trace) {
        return;
    }
    let arrow = if sent { "→" } else { "←" };
    log::trace!(target: TARGET, "{method} {} {arrow} {}", super::url::Shown(path), masked(body, sent));
}

/// The body without secrets; what is not JSON is only counted.
pub(crate) fn masked(body: &[u8], sent: bool) -> Cow<'static, str> {
    let Ok(mut value) = serde_json::from_slice::<Value>(body) else {
        return format!("{} bytes that are no JSON", body.len()).into();
    };
    mask(&mut value, sent);
    let mut text = value.to_string();
    if text.len() > SHOWN {
        let end = (0..=SHOWN).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(end);
        text.push('…');
    }
    text.into()
}

/// A sent parameter does not say of which type it is, so all values that are sent count as secrets.
fn mask(value: &mut Value, sent: bool) {
    match value {
        Value::Array(list) => list.iter_mut().for_each(|value| mask(value, sent)),
        Value::Object(object) => {
            let password = object.get("type").is_some_and(|kind| kind == "password");
            for (key, value) in object {
                let secret = match key.as_str() {
                    "value" | "structured_value" => sent || password,
                    "oauth_key" | "oauth_secret" | "activation_code" => true,
                    _ => false,
                };
                if secret && !value.is_null() {
                    *value = HIDDEN.into();
                } else {
                    mask(value, sent);
                }
            }
        }
        Value::String(text) => {
            // Signed links carry their secret in the query.
            if let Some(at) = text.find("://").and_then(|_| text.find('?')) {
                text.truncate(at + 1);
                text.push_str(HIDDEN);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn passwords_and_signed_links_are_hidden() {
        let body = br#"{"params":[{"id":"pw","type":"password","value":"hunter2","structured_value":{"a":"hunter2"}},
            {"id":"mail","type":"email","value":"a@b.c"}],"usage_file_uri":"https://s.example/x?sig=abc","oauth_secret":"s3"}"#;
        let text = masked(body, false);
        for secret in ["hunter2", "sig=abc", "s3\""] {
            assert!(!text.contains(secret), "{text}");
        }
        assert!(text.contains("a@b.c") && text.contains("https://s.example/x?***"), "{text}");
    }

    #[test]
    fn all_values_that_are_sent_are_hidden() {
        let text = masked(br#"{"asset":{"params":[{"id":"pw","value":"hunter2"}]}}"#, true);
        assert_eq!(text, r#"{"asset":{"params":[{"id":"pw","value":"***"}]}}"#);
    }

    #[test]
    fn other_bodies_are_counted() {
        assert_eq!(masked(b"<html>hunter2", false), "13 bytes that are no JSON");
    }
}
