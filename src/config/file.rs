//! Configuration from a JSON file.

use std::any::type_name;
use std::collections::HashSet;
use std::fmt;
use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::de::{Deserializer as _, IgnoredAny, MapAccess, Visitor};
use serde_json::error::Category;
use serde_json::{Map, Value};

use super::ConfigErrorKind::{
    Duplicate, Missing, Misspelt, NotAnObject, NotJson, NotUtf8, OutOfRange, UnknownValue, WrongType,
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
        let url = self.take_text("apiEndpoint")?.ok_or_else(|| {
            let what = "is missing; add the URL of the API, https://…/public/v1";
            self.issue("apiEndpoint", Issue::new(Missing, what))
        })?;
        let url = parse_endpoint(&url).map_err(|issue| self.issue("apiEndpoint", issue))?;
        let key = match self.take_text("apiKey")? {
            Some(key) => ApiKey::parse(&key).map_err(|issue| self.issue("apiKey", issue))?,
            None => env::api_key(env)?.ok_or_else(|| {
                let what = "is missing, and environment variable CONNECT_API_KEY is not set either; \
                            one must hold the key";
                self.issue("apiKey", Issue::new(Missing, what))
            })?,
        };
        let mut config = Config { file: Some(self.path.to_path_buf()), ..Config::with_defaults(url, key) };
        if let Some(products) = self.take_products()? {
            config = config.products(products);
        }
        config.update_method = self.take_update_method()?.unwrap_or(config.update_method);
        config.timeout = self.take_seconds("timeoutSecs")?.unwrap_or(config.timeout);
        config.connect_timeout = self.take_seconds("connectTimeoutSecs")?.unwrap_or(config.connect_timeout);
        config.attempts = self.take_attempts()?.unwrap_or(config.attempts);
        config.ca_file = self.take_ca_file()?;
        config.proxy = self.take_proxy()?;
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

    fn take(&mut self, key: &str) -> Option<Value> {
        self.map.remove(key).filter(|value| !value.is_null())
    }

    fn take_text(&mut self, key: &str) -> Result<Option<String>, ConfigError> {
        match self.take(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(self.wrong_type(key, "a string", &other)),
        }
    }

    fn take_products(&mut self) -> Result<Option<Vec<String>>, ConfigError> {
        const KEY: &str = "products";
        let values = match self.take(KEY) {
            None => return Ok(None),
            Some(Value::Array(values)) => values,
            Some(value @ Value::String(_)) => vec![value],
            Some(other) => return Err(self.wrong_type(KEY, "a string or a list of strings", &other)),
        };
        let ids = values.into_iter().map(|value| match value {
            Value::String(id) => Ok(id.trim_ascii_end().to_owned()),
            other => Err(self.wrong_type(KEY, "a list of strings only", &other)),
        });
        let ids: Vec<_> = ids.collect::<Result<_, _>>()?;
        check::products(&ids).map_err(|issue| self.issue(KEY, issue))?;
        Ok(Some(ids))
    }

    fn take_update_method(&mut self) -> Result<Option<UpdateMethod>, ConfigError> {
        const KEY: &str = "updateMethod";
        let Some(word) = self.take_text(KEY)? else {
            return Ok(None);
        };
        match word.trim_ascii_end().to_ascii_lowercase().as_str() {
            "auto" => Ok(Some(UpdateMethod::Auto)),
            "patch" => Ok(Some(UpdateMethod::Patch)),
            "put" => Ok(Some(UpdateMethod::Put)),
            _ => Err(self.issue(KEY, Issue::new(UnknownValue, "must be \"auto\", \"PATCH\" or \"PUT\""))),
        }
    }

    fn take_seconds(&mut self, key: &str) -> Result<Option<Duration>, ConfigError> {
        let Some(value) = self.take(key) else {
            return Ok(None);
        };
        let seconds = value.as_f64().ok_or_else(|| self.wrong_type(key, "a number of seconds", &value))?;
        // What a Duration cannot hold is below zero or beyond any limit; the check tells which.
        let timeout = Duration::try_from_secs_f64(seconds).unwrap_or(if seconds > 0.0 {
            Duration::MAX
        } else {
            Duration::ZERO
        });
        check::timeout(timeout).map_err(|issue| self.issue(key, issue))?;
        Ok(Some(timeout))
    }

    fn take_attempts(&mut self) -> Result<Option<u32>, ConfigError> {
        const KEY: &str = "attempts";
        let Some(value) = self.take(KEY) else {
            return Ok(None);
        };
        if !value.is_number() {
            return Err(self.wrong_type(KEY, "a whole number", &value));
        }
        let checked = match value.as_u64() {
            Some(number) => check::attempts(number),
            None => Err(Issue::new(OutOfRange, "must be a whole number from 1 to 100")),
        };
        checked.map(Some).map_err(|issue| self.issue(KEY, issue))
    }

    fn take_ca_file(&mut self) -> Result<Option<PathBuf>, ConfigError> {
        const KEY: &str = "caFile";
        let Some(name) = self.take_text(KEY)? else {
            return Ok(None);
        };
        let name = name.trim_ascii_end();
        if name.is_empty() {
            return Err(self.issue(KEY, Issue::new(super::ConfigErrorKind::Empty, "is empty; leave it out")));
        }
        let path = self.path.parent().unwrap_or(Path::new("")).join(name);
        input::check_ca_file(&path).map_err(|issue| self.issue(KEY, issue))?;
        Ok(Some(path))
    }

    fn take_proxy(&mut self) -> Result<Option<String>, ConfigError> {
        const KEY: &str = "proxy";
        let Some(text) = self.take_text(KEY)? else { return Ok(None) };
        Proxies::from_setting(&text).map_err(|issue| self.issue(KEY, issue))?;
        Ok(Some(text))
    }

    fn issue(&self, key: &str, issue: Issue) -> ConfigError {
        issue.at(Location::key(Some(self.path), key))
    }

    fn wrong_type(&self, key: &str, wanted: &str, found: &Value) -> ConfigError {
        let what = format!("must be {wanted}, not {}", kind_of(found));
        self.issue(key, Issue::new(WrongType, what))
    }
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
