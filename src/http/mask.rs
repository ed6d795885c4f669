//! Bodies for the log, at trace level only and without what must not be read there.

use std::borrow::Cow;

use log::Level;
use serde_json::Value;

use crate::text::{Limit, LogPath, escape_controls, excerpt};

/// The target of the lines that show bodies.
pub(crate) const TARGET: &str = "connect::http::body";
const HIDDEN: &str = "***";
/// A page of requests is megabytes; a log line is for reading.
const SHOWN: Limit = Limit::Bytes(4096);

/// Writes a body at trace level, without what `redact` finds in it; formats nothing when that is off.
pub(super) fn log_body(redact: impl Fn(&str) -> String, method: &str, path: &str, body: &[u8], sent: bool) {
    if body.is_empty() || !log::log_enabled!(target: TARGET, Level::Trace) {
        return;
    }
    let (arrow, reveal) = if sent { ("→", Reveal::NoValues) } else { ("←", Reveal::Typed) };
    // Before it is cut, since half a secret is not found any more.
    let text = redact(&whole(body, reveal));
    log::trace!(target: TARGET, "{method} {} {arrow} {}", LogPath(path), escape_controls(&excerpt(&text, SHOWN)));
}

/// What a body shows.
#[derive(Clone, Copy)]
pub(crate) enum Reveal<'a> {
    /// Received: each parameter tells its own type.
    Typed,
    /// Sent: a parameter does not tell its type, so no value is shown.
    NoValues,
    /// Sent, and these are the ids of the parameters that are, or may be, secrets.
    AllBut(&'a [String]),
}

/// The body without secrets; what is not JSON is only counted.
pub(crate) fn masked(body: &[u8], reveal: Reveal<'_>) -> Cow<'static, str> {
    escape_controls(&excerpt(&whole(body, reveal), SHOWN)).into_owned().into()
}

fn whole(body: &[u8], reveal: Reveal<'_>) -> String {
    let Ok(mut value) = super::parse::<Value>(body) else {
        return format!("{} bytes that are no JSON", body.len());
    };
    mask(&mut value, reveal);
    value.to_string()
}

fn mask(value: &mut Value, reveal: Reveal<'_>) {
    match value {
        Value::Array(list) => list.iter_mut().for_each(|value| mask(value, reveal)),
        Value::Object(object) => {
            let text = |key| object.get(key).and_then(Value::as_str);
            // A value of a configuration has its type beside it, inside of `parameter`.
            let kind = text("type").or_else(|| object.get("parameter")?.get("type")?.as_str());
            let password = kind == Some("password");
            let hide_value = password
                || match reveal {
                    // What does not say of which type it is may be a password; a choice has no type and no secret.
                    Reveal::Typed => kind.is_none() && !object.contains_key("label"),
                    Reveal::NoValues => true,
                    Reveal::AllBut(ids) => text("id").is_none_or(|id| ids.iter().any(|secret| secret == id)),
                };
            for (key, value) in object {
                let secret = match key.as_str() {
                    "value" | "structured_value" => hide_value,
                    "default" => password,
                    "oauth_key" | "oauth_secret" | "activation_code"
                    // Written for one customer, with a first password in it perhaps.
                    | "activation_tile" | "activation_key" | "representation" => true,
                    _ => false,
                };
                if secret && !value.is_null() {
                    *value = HIDDEN.into();
                } else {
                    mask(value, reveal);
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
    use super::{Reveal, masked};

    #[test]
    fn passwords_and_signed_links_are_hidden() {
        let body = br#"{"params":[{"id":"pw","type":"password","value":"hunter2","structured_value":{"a":"hunter2"}},
            {"id":"mail","type":"email","value":"a@b.c"}],"usage_file_uri":"https://s.example/x?sig=abc","oauth_secret":"s3"}"#;
        let text = masked(body, Reveal::Typed);
        for secret in ["hunter2", "sig=abc", "s3\""] {
            assert!(!text.contains(secret), "{text}");
        }
        assert!(text.contains("a@b.c") && text.contains("https://s.example/x?***"), "{text}");
    }

    #[test]
    fn a_configured_password_and_a_value_of_no_known_type_are_hidden() {
        for body in [
            r#"[{"value":"hunter2","parameter":{"id":"pw","type":"password","default":"hunter2"}}]"#,
            r#"{"params":[{"id":"pw","value":"hunter2"}]}"#,
        ] {
            let text = masked(body.as_bytes(), Reveal::Typed);
            assert!(!text.contains("hunter2"), "{text}");
        }
        let choices = r#"{"choices":[{"label":"Good","value":"good"}]}"#;
        assert_eq!(masked(choices.as_bytes(), Reveal::Typed), choices);
    }

    #[test]
    fn all_values_that_are_sent_are_hidden() {
        let text = masked(br#"{"asset":{"params":[{"id":"pw","value":"hunter2"}]}}"#, Reveal::NoValues);
        assert_eq!(text, r#"{"asset":{"params":[{"id":"pw","value":"***"}]}}"#);
    }

    #[test]
    fn only_the_secret_ones_of_known_parameters_are_hidden() {
        let body = br#"{"params":[{"id":"pw","value":"hunter2"},{"id":"mail","value":"a@b.c"}]}"#;
        let text = masked(body, Reveal::AllBut(&["pw".into()]));
        assert_eq!(text, r#"{"params":[{"id":"pw","value":"***"},{"id":"mail","value":"a@b.c"}]}"#);
    }

    #[test]
    fn other_bodies_are_counted() {
        assert_eq!(masked(b"<html>hunter2", Reveal::Typed), "13 bytes that are no JSON");
    }

    #[test]
    fn a_long_body_is_cut() {
        let said = |letters: usize| masked(format!("\"{}\"", "x".repeat(letters)).as_bytes(), Reveal::Typed);
        assert_eq!(said(4094), format!("\"{}\"", "x".repeat(4094)));
        assert_eq!(said(4095), format!("\"{}…", "x".repeat(4095)));
        let wide = masked(format!("\"{}\"", "é".repeat(4000)).as_bytes(), Reveal::Typed);
        assert_eq!(wide, format!("\"{}…", "é".repeat(2047)));
    }
}
