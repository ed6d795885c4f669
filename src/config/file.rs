//! Configuration from a JSON file.

use std::any::type_name;
use std::collections::HashSet;
use std::fmt;
use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::slice;
use std::time::Duration;

use serde::de::{Deserializer as _, IgnoredAny, MapAccess, Visitor};
use serde_json::error::Category;
use serde_json::{Map, Value};

use super::ConfigErrorKind::{
    Duplicate, Empty, Missing, Misspelt, NotAnObject, NotJson, NotUtf8, OutOfRange, UnknownValue, WrongType,
};
use super::env::{self, Lookup};
use super::error::{Issue, Location};
use super::near_miss::is_near;
use super::{ApiKey, Config, ConfigError, Proxies, UpdateMethod, check, input, parse_endpoint};
use crate::text;

/// With a near miss of these the program does not start; of [`OPTIONAL`] it is warned of.
const IMPORTANT: [&str; 3] = ["apiEndpoint", "apiKey", "products"];
const OPTIONAL: [&str; 6] =
    ["updateMethod", "timeoutSecs", "connectTimeoutSecs", "attempts", "caFile", "proxy"];

pub(super) struct Loaded {
    pub(super) config: Config,
    pub(super) warnings: Vec<String>,
}

pub(super) fn load(path: &Path, env: Lookup<'_>) -> Result<Loaded, ConfigError> {
    let (text, metadata) = read(path).map_err(|issue| issue.at(location_of(path)))?;
    let mut keys = Keys::parse(&text, path)?;
    let key_in_file = keys.map.get("apiKey").is_some_and(|key| !key.is_null());
    let config = keys.take_config(env)?;
    if key_in_file {
        keys.warnings.extend(permission_warning(path, &metadata));
    }
    Ok(Loaded { config: Config { own: keys.map, ..config }, warnings: keys.warnings })
}

/// The whole path, as under cron a relative one is looked up where nobody expects it.
fn location_of(path: &Path) -> Location {
    Location::File(std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf()))
}

fn read(path: &Path) -> Result<(String, Metadata), Issue> {
    let (bytes, metadata) = input::configuration(path)?;
    let text = String::from_utf8(bytes)
        .map_err(|_| Issue::new(NotUtf8, "is not UTF-8; save it in that encoding"))?;
    Ok((text, metadata))
}

#[cfg(unix)]
fn permission_warning(path: &Path, metadata: &Metadata) -> Option<String> {
    use std::os::unix::fs::PermissionsExt as _;

    let mode = metadata.permissions().mode() & 0o777;
    (mode & 0o077 != 0).then(|| {
        let path = text::path(path);
        format!("{path} holds the API key and is open to other users (mode {mode:03o}); run chmod 600 on it")
    })
}

#[cfg(not(unix))]
fn permission_warning(_: &Path, _: &Metadata) -> Option<String> {
    None
}

/// The object in the file, of which the SDK takes its own keys; what is left belongs to the program.
pub(super) struct Keys<'p> {
    path: &'p Path,
    pub(super) map: Map<String, Value>,
    pub(super) warnings: Vec<String>,
}

impl<'p> Keys<'p> {
    pub(super) fn parse(text: &str, path: &'p Path) -> Result<Self, ConfigError> {
        let whole = |issue: Issue| issue.at(location_of(path));
        // Editors on Windows put a byte order mark there.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        if text.trim().is_empty() {
            return Err(whole(Issue::new(NotJson, "is empty; it must hold a JSON object")));
        }
        match serde_json::from_str(text) {
            Ok(Value::Object(map)) => {
                match serde_json::Deserializer::from_str(text).deserialize_map(FirstDuplicate) {
                    Ok(Some(key)) => {
                        let issue = Issue::new(Duplicate, "stands there more than once; keep one");
                        Err(issue.at(Location::key(Some(path), &key)))
                    }
                    _ => Ok(Self { path, map, warnings: Vec::new() }),
                }
            }
            Ok(other) => {
                let what = format!("must hold a JSON object, not {}", kind_of(&other));
                Err(whole(Issue::new(NotAnObject, what)))
            }
            Err(error) => Err(whole(Issue::new(NotJson, not_json(&error)))),
        }
    }

    pub(super) fn take_config(&mut self, env: Lookup<'_>) -> Result<Config, ConfigError> {
        self.check_near_misses()?;
        let url = self.take("apiEndpoint", |value| parse_endpoint(string(value)?))?.ok_or_else(|| {
            let what = "is missing; add the URL of the API, https://…/public/v1";
            self.issue("apiEndpoint", Issue::new(Missing, what))
        })?;
        let key = match self.take("apiKey", |value| ApiKey::parse(string(value)?))? {
            Some(key) => key,
            None => env::api_key(env)?.ok_or_else(|| {
                let what = "is missing, and environment variable CONNECT_API_KEY is not set either; \
                            one must hold the key";
                self.issue("apiKey", Issue::new(Missing, what))
            })?,
        };
        let folder = self.path.parent().unwrap_or(Path::new(""));
        let mut config = Config { file: Some(self.path.to_path_buf()), ..Config::with_defaults(url, key) };
        if let Some(ids) = self.take("products", products)? {
            config = config.products(ids);
        }
        config.update_method = self.take("updateMethod", update_method)?.unwrap_or(config.update_method);
        config.timeout = self.take("timeoutSecs", timeout)?.unwrap_or(config.timeout);
        config.connect_timeout = self.take("connectTimeoutSecs", timeout)?.unwrap_or(config.connect_timeout);
        config.attempts = self.take("attempts", attempts)?.unwrap_or(config.attempts);
        config.ca_file = self.take("caFile", |value| ca_file(value, folder))?;
        config.proxy = self.take("proxy", proxy)?;
        Ok(config)
    }

    fn check_near_misses(&mut self) -> Result<(), ConfigError> {
        // No key of the SDK is near another one.
        let near = |wanted: &str| {
            let absent = !self.map.contains_key(wanted);
            self.map.keys().find(|found| absent && is_near(found, wanted))
        };
        for wanted in IMPORTANT {
            if let Some(found) = near(wanted) {
                let all =
                    if wanted == "products" { ", which handles the orders of every product" } else { "" };
                let what = format!(
                    "looks like {wanted:?}, which is missing; \
                     rename it, or add \"{wanted}\": null if it is a key of your own{all}"
                );
                return Err(self.issue(found, Issue::new(Misspelt, what)));
            }
        }
        let warnings = OPTIONAL.iter().filter_map(|wanted| {
            let found = near(wanted)?;
            Some(format!("{}: {found:?} has no effect; did you mean {wanted:?}?", text::path(self.path)))
        });
        self.warnings = warnings.collect();
        Ok(())
    }

    /// Takes a key of the SDK and reads its value; `null` counts as absent.
    fn take<T>(
        &mut self,
        key: &str,
        read: impl FnOnce(&Value) -> Result<T, Issue>,
    ) -> Result<Option<T>, ConfigError> {
        let value = self.map.remove(key).filter(|value| !value.is_null());
        value.as_ref().map(read).transpose().map_err(|issue| self.issue(key, issue))
    }

    fn issue(&self, key: &str, issue: Issue) -> ConfigError {
        issue.at(Location::key(Some(self.path), key))
    }
}

fn string(value: &Value) -> Result<&str, Issue> {
    value.as_str().ok_or_else(|| wrong_type("a string", value))
}

fn products(value: &Value) -> Result<Vec<String>, Issue> {
    let values = match value {
        Value::Array(values) => values.as_slice(),
        Value::String(_) => slice::from_ref(value),
        other => return Err(wrong_type("a string or a list of strings", other)),
    };
    let ids = values.iter().map(|value| match value {
        Value::String(id) => Ok(id.trim_ascii_end().to_owned()),
        other => Err(wrong_type("a list of strings only", other)),
    });
    let ids: Vec<_> = ids.collect::<Result<_, _>>()?;
    check::products(&ids)?;
    Ok(ids)
}

fn update_method(value: &Value) -> Result<UpdateMethod, Issue> {
    match string(value)?.trim_ascii_end().to_ascii_lowercase().as_str() {
        "auto" => Ok(UpdateMethod::Auto),
        "patch" => Ok(UpdateMethod::Patch),
        "put" => Ok(UpdateMethod::Put),
        _ => Err(Issue::new(UnknownValue, "must be \"auto\", \"PATCH\" or \"PUT\"")),
    }
}

fn timeout(value: &Value) -> Result<Duration, Issue> {
    let seconds = value.as_f64().ok_or_else(|| wrong_type("a number of seconds", value))?;
    // What a Duration cannot hold is below zero or beyond any limit; the check tells which.
    let beyond = if seconds > 0.0 { Duration::MAX } else { Duration::ZERO };
    let timeout = Duration::try_from_secs_f64(seconds).unwrap_or(beyond);
    check::timeout(timeout)?;
    Ok(timeout)
}

fn attempts(value: &Value) -> Result<u32, Issue> {
    match value.as_u64() {
        Some(number) => check::attempts(number),
        None if value.is_number() => Err(Issue::new(OutOfRange, "must be a whole number from 1 to 100")),
        None => Err(wrong_type("a whole number", value)),
    }
}

fn ca_file(value: &Value, folder: &Path) -> Result<PathBuf, Issue> {
    let name = string(value)?.trim_ascii_end();
    if name.is_empty() {
        return Err(Issue::new(Empty, "is empty; leave it out"));
    }
    let path = folder.join(name);
    input::check_ca_file(&path)?;
    Ok(path)
}

fn proxy(value: &Value) -> Result<String, Issue> {
    let url = string(value)?;
    Proxies::from_setting(url)?;
    Ok(url.to_owned())
}

fn wrong_type(wanted: &str, found: &Value) -> Issue {
    Issue::new(WrongType, format!("must be {wanted}, not {}", kind_of(found)))
}

/// Finds the first key that an object holds twice: readers of JSON do not agree on which of its values counts.
struct FirstDuplicate;

impl<'de> Visitor<'de> for FirstDuplicate {
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Option<String>, A::Error> {
        let (mut keys, mut first) = (HashSet::new(), None);
        while let Some((key, IgnoredAny)) = map.next_entry::<String, _>()? {
            first = first.or_else(|| keys.replace(key));
        }
        Ok(first)
    }
}

fn not_json(error: &serde_json::Error) -> String {
    match error.classify() {
        // The texts of these are fixed; those of the others may quote the file.
        Category::Syntax | Category::Eof => format!("is not JSON: {error}"),
        Category::Io | Category::Data => {
            format!("is not JSON, see line {} column {}", error.line(), error.column())
        }
    }
}

pub(super) fn type_mismatch<T>(value: &Value, error: &serde_json::Error) -> Issue {
    let mut what = format!("is {}, which does not fit {}", kind_of(value), type_name::<T>());
    let text = error.to_string();
    // The one text that names a field of the type and nothing of the value.
    if text.starts_with("missing field `") {
        what = format!("{what}: {text}");
    }
    Issue::new(WrongType, what)
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::{IMPORTANT, OPTIONAL, is_near};

    #[test]
    fn no_key_is_near_another_one() {
        let keys: Vec<_> = IMPORTANT.iter().chain(&OPTIONAL).collect();
        for (at, key) in keys.iter().enumerate() {
            assert!(
                keys.iter().enumerate().all(|(other, wanted)| at == other || !is_near(key, wanted)),
                "{key}"
            );
        }
    }
}
