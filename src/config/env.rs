//! Configuration from environment variables.

use std::ffi::OsString;

use super::ConfigErrorKind::{Missing, NotUtf8};
use super::error::{Issue, Location};
use super::{ApiKey, Config, ConfigError, check, parse_endpoint};

pub(super) const ENDPOINT: &str = "CONNECT_API_ENDPOINT";
pub(super) const KEY: &str = "CONNECT_API_KEY";
pub(super) const PRODUCTS: &str = "CONNECT_PRODUCTS";

/// Looks a variable up; tests pass their own, as setting real ones is unsafe.
pub(super) type Lookup<'a> = &'a dyn Fn(&str) -> Option<OsString>;

pub(super) fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

pub(super) fn load(env: Lookup<'_>) -> Result<Config, ConfigError> {
    let missing = |name| Issue::new(Missing, "is not set").at(Location::Variable(name));
    let url = text(env, ENDPOINT)?.ok_or_else(|| missing(ENDPOINT))?;
    let url = parse_endpoint(&url).map_err(|issue| issue.at(Location::Variable(ENDPOINT)))?;
    let key = api_key(env)?.ok_or_else(|| missing(KEY))?;
    let config = Config::with_defaults(url, key);
    let Some(products) = text(env, PRODUCTS)? else {
        return Ok(config);
    };
    if products.trim().is_empty() {
        let what = "is set but empty; unset it to work on every product";
        return Err(Issue::new(super::ConfigErrorKind::Empty, what).at(Location::Variable(PRODUCTS)));
    }
    let config = config.products(products.split(',').map(str::trim));
    check::products(config.product_ids()).map_err(|issue| issue.at(Location::Variable(PRODUCTS)))?;
    Ok(config)
}

pub(super) fn api_key(env: Lookup<'_>) -> Result<Option<ApiKey>, ConfigError> {
    text(env, KEY)?
        .map(|key| ApiKey::parse(&key).map_err(|issue| issue.at(Location::Variable(KEY))))
        .transpose()
}

fn text(env: Lookup<'_>, name: &'static str) -> Result<Option<String>, ConfigError> {
    env(name)
        .map(OsString::into_string)
        .transpose()
        .map_err(|_| Issue::new(NotUtf8, "is not UTF-8").at(Location::Variable(name)))
}
