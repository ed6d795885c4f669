//! The configuration: endpoint, API key, and how calls are made.

mod api_key;
mod check;
mod env;
mod error;
mod file;
mod input;
mod near_miss;
mod proxy;
#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use ureq::tls::Certificate;

use crate::address::{Address, Fault};

pub(crate) use self::api_key::ApiKey;
pub use self::error::{ConfigError, ConfigErrorKind};
use self::error::{Issue, Location};
pub(crate) use self::proxy::Proxies;

/// The endpoint of Connect, the API key, and how calls are made.
///
/// A configuration comes from a file, from the environment, or from [`Config::new`] and setters. `Connect::new` takes
/// it. A setter has the name of its setting; the getter begins with `get_`, as in [`std::process::Command`].
///
/// ```
/// use connect::Config;
///
/// let config = Config::new("https://api.connect.cloudblue.com/public/v1", "SU-000-000-000:secret")?
///     .products(["PRD-000-000-001", "PRD-000-000-002"])
///     .attempts(5);
/// assert_eq!(config.endpoint(), "https://api.connect.cloudblue.com/public/v1");
/// assert!(!format!("{config:?}").contains("secret"));
/// # Ok::<(), connect::ConfigError>(())
/// ```
///
/// # The file
///
/// | key | meaning | without it |
/// |---|---|---|
/// | `apiEndpoint` | URL of the API, `https` unless the host is this machine | an error |
/// | `apiKey` | with or without the `ApiKey ` prefix | taken from `CONNECT_API_KEY` |
/// | `products` | ids of the products to work on, a string or a list | every product the key can see |
/// | `updateMethod` | `"auto"`, `"PATCH"` or `"PUT"`, see [`UpdateMethod`] | `"auto"` |
/// | `timeoutSecs` | how long one call may take | 300 |
/// | `connectTimeoutSecs` | how long connecting may take | 15 |
/// | `attempts` | how often a call that may be repeated is tried, the first included | 3 |
/// | `caFile` | PEM file with the certificate authorities to trust, relative to the file's folder | the built-in ones |
/// | `proxy` | URL of the proxy, or `"direct"` for none | taken from the environment, see [below](Config#the-proxy) |
///
/// `null` counts as absent. A key that stands twice is an error. Line breaks and blanks at the end of a text, which
/// secrets mounted as files have, are dropped.
///
/// Any other key belongs to your program; [`Config::value`] reads it. A key that looks like a misspelt one of this table
/// is reported if the right one is absent. For `apiEndpoint`, `apiKey` and `products` it is an error, because a program
/// that does not start is better than one that processes the wrong product. For the others it is a warning in the log.
/// If the key really is your own, add the one it resembles as well: `"products": null`.
///
/// # The proxy
///
/// Without the setting `proxy`, the environment counts, read as curl reads it:
///
/// - The first of `https_proxy`, `HTTPS_PROXY`, `all_proxy` and `ALL_PROXY` that is not empty names the proxy,
///   `[http://][user:password@]host[:port]`. The port is 1080 if there is none. `https://` means TLS to the proxy itself.
///   The variables for plain http have no effect, because plain http goes to this machine only.
/// - `no_proxy`, or else `NO_PROXY`, names what is called directly: `*` for everything, or host names, parent domains
///   (`example.com` includes `api.example.com`), IP addresses and networks such as `10.0.0.0/8`, separated by commas or
///   blanks. A port is not a part of a name there.
/// - This machine is never called through a proxy.
/// - A proxy that cannot be used, such as a SOCKS proxy, is an error of `Connect::new`. Nothing is sent past it.
///
/// The setting `proxy` overrides all of these variables, `NO_PROXY` included.
#[derive(Clone)]
#[must_use = "a configuration does nothing until a Connect is made of it"]
pub struct Config {
    endpoint: Address,
    api_key: ApiKey,
    products: Option<Vec<String>>,
    pub(crate) update_method: UpdateMethod,
    pub(crate) timeout: Duration,
    pub(crate) connect_timeout: Duration,
    pub(crate) attempts: u32,
    ca_file: Option<PathBuf>,
    proxy: Option<String>,
    pub(crate) backoff_base: Duration,
    pub(crate) backoff_cap: Duration,
    pub(crate) settle: [Duration; 3],
    pub(crate) user_agent: String,
    pub(crate) body_limit: u64,
    file: Option<PathBuf>,
    own: Map<String, Value>,
}

/// The HTTP verb that changes the parameters of a request.
///
/// The platform documents PUT and no PATCH. What an installation takes may have to be found out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UpdateMethod {
    /// PATCH, and where the server does not take that verb, the same body as PUT.
    ///
    /// The server's word is 405 or 501, or on the first PATCH 400, 403, 404, 415 or 500, which gateways give for a verb
    /// that they do not know. Once PUT has worked, every later update is a PUT.
    #[default]
    Auto,
    /// PATCH only.
    Patch,
    /// PUT only. Right for the live service: no call is spent on finding out.
    Put,
}

impl Config {
    /// Reads a JSON file; the keys are those of [the table above](Config#the-file).
    ///
    /// `apiKey` may come from the environment variable `CONNECT_API_KEY` instead, so that the file holds no secret. On
    /// Unix, a warning is logged if the file holds the key and other users can read it.
    ///
    /// ```no_run
    /// let config = connect::Config::from_file("/etc/my-processor/config.json")?;
    /// let erp_url: Option<String> = config.value("erpUrl")?;
    /// # Ok::<(), connect::ConfigError>(())
    /// ```
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, ConfigError> {
        let loaded = file::load(path.as_ref(), &env::variable)?;
        for warning in &loaded.warnings {
            log::warn!("{warning}");
        }
        Ok(loaded.config)
    }

    /// Reads `CONNECT_API_ENDPOINT`, `CONNECT_API_KEY` and, if set, `CONNECT_PRODUCTS` (ids separated by commas).
    pub fn from_env() -> Result<Self, ConfigError> {
        env::load(&env::variable)
    }

    /// A configuration with the URL of the API, the key (with or without the `ApiKey ` prefix) and defaults.
    ///
    /// Endpoint and key are checked here. The values of setters are checked by `Connect::new`, so that setters chain.
    pub fn new(endpoint: impl AsRef<str>, api_key: impl AsRef<str>) -> Result<Self, ConfigError> {
        let endpoint =
            parse_endpoint(endpoint.as_ref()).map_err(|issue| issue.at(Location::Setting("endpoint")))?;
        let api_key =
            ApiKey::parse(api_key.as_ref()).map_err(|issue| issue.at(Location::Setting("API key")))?;
        Ok(Self::with_defaults(endpoint, api_key))
    }

    fn with_defaults(endpoint: Address, api_key: ApiKey) -> Self {
        Self {
            endpoint,
            api_key,
            products: None,
            update_method: UpdateMethod::Auto,
            timeout: Duration::from_secs(300),
            connect_timeout: Duration::from_secs(15),
            attempts: 3,
            ca_file: None,
            proxy: None,
            backoff_base: Duration::from_millis(200),
            backoff_cap: Duration::from_secs(5),
            settle: [1, 1, 3].map(Duration::from_secs),
            user_agent: concat!("connect-sdk/", env!("CARGO_PKG_VERSION")).to_owned(),
            body_limit: 64 << 20,
            file: None,
            own: Map::new(),
        }
    }

    /// Ids of the products to work on; every product by default. An empty list is an error. Read by
    /// [`product_ids`](Self::product_ids).
    pub fn products<I>(mut self, ids: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        let ids = ids.into_iter().map(|id| id.into().trim_ascii_end().to_owned());
        let mut products: Vec<String> = ids.collect();
        let mut seen = HashSet::new();
        products.retain(|id| seen.insert(id.clone()));
        self.products = Some(products);
        self
    }

    /// The HTTP verb of updates; [`UpdateMethod::Auto`] by default.
    pub fn update_method(mut self, method: UpdateMethod) -> Self {
        self.update_method = method;
        self
    }

    /// How long one call may take from the first byte sent to the last one read, a day at most; 300 s by default.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How long connecting may take, a day at most; 15 s by default.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// How often a call that may be repeated is tried, the first time included: 1 to 100, by default 3.
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts;
        self
    }

    /// PEM file with the certificate authorities to trust, instead of the built-in ones.
    ///
    /// For installations with a private authority. The server's own certificate must not be one of an authority
    /// (`CA:TRUE`), as `openssl req -x509` makes it by default. It is an error if a certificate in the file cannot be read. No
    /// setting switches verification off.
    pub fn ca_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.ca_file = Some(path.into());
        self
    }

    /// URL of the proxy, or `"direct"` for none; by default [the environment](Config#the-proxy) tells.
    ///
    /// ```
    /// # let config = connect::Config::new("https://api.connect.cloudblue.com/public/v1", "SU-000-000-000:secret")?;
    /// let config = config.proxy("http://proxy.example.com:3128");
    /// assert_eq!(config.get_proxy(), Some("http://proxy.example.com:3128"));
    /// # Ok::<(), connect::ConfigError>(())
    /// ```
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.proxy = Some(url.into());
        self
    }

    /// The pause between two attempts: up to `base` before the second, twice that before the third and so on, never
    /// over `cap` (an hour at most); 200 ms and 5 s by default.
    pub fn backoff(mut self, base: Duration, cap: Duration) -> Self {
        self.backoff_base = base;
        self.backoff_cap = cap;
        self
    }

    /// Pauses before each look, at the end of a run, at what became of calls whose fate is unknown.
    ///
    /// By default 1 s, 1 s and 3 s: replicas of the platform that lag so much have caught up by then. A run without
    /// unknowns makes no pause.
    pub fn settle(mut self, pauses: [Duration; 3]) -> Self {
        self.settle = pauses;
        self
    }

    /// The name this program gives itself in `User-Agent`; `connect-sdk/<version>` by default.
    pub fn user_agent(mut self, text: impl Into<String>) -> Self {
        self.user_agent = text.into();
        self
    }

    /// The most bytes read of one answer, after decompression; 64 MiB by default.
    pub fn body_limit(mut self, bytes: u64) -> Self {
        self.body_limit = bytes;
        self
    }

    /// The URL of the API, without a slash at the end.
    pub fn endpoint(&self) -> &str {
        self.endpoint.as_str()
    }

    pub(crate) fn address(&self) -> &Address {
        &self.endpoint
    }

    /// The products to work on; empty means every product the key can see.
    pub fn product_ids(&self) -> &[String] {
        self.products.as_deref().unwrap_or_default()
    }

    /// The value of a key of the file that belongs to your program; `None` if it is absent or `null`.
    ///
    /// The keys of the SDK itself are not found here, above all not `apiKey`. A value that does not fit `T` is an
    /// error. The error names the key and does not quote the value, which may be a secret.
    pub fn value<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, ConfigError> {
        match self.own.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => T::deserialize(value).map(Some).map_err(|error| {
                file::type_mismatch::<T>(value, &error).at(Location::key(self.file.as_deref(), key))
            }),
        }
    }

    /// The HTTP verb of updates.
    pub fn get_update_method(&self) -> UpdateMethod {
        self.update_method
    }

    /// How long one call may take.
    pub fn get_timeout(&self) -> Duration {
        self.timeout
    }

    /// How long connecting may take.
    pub fn get_connect_timeout(&self) -> Duration {
        self.connect_timeout
    }

    /// How often a call that may be repeated is tried, the first time included.
    pub fn get_attempts(&self) -> u32 {
        self.attempts
    }

    /// PEM file with the certificate authorities to trust; `None` for the built-in ones.
    pub fn get_ca_file(&self) -> Option<&Path> {
        self.ca_file.as_deref()
    }

    /// URL of the proxy as it was set, with its password; `None` where the environment tells.
    pub fn get_proxy(&self) -> Option<&str> {
        self.proxy.as_deref()
    }

    /// Base and cap of the pause between two attempts.
    pub fn get_backoff(&self) -> (Duration, Duration) {
        (self.backoff_base, self.backoff_cap)
    }

    /// The name this program gives itself in `User-Agent`.
    pub fn get_user_agent(&self) -> &str {
        &self.user_agent
    }

    /// The most bytes read of one answer, after decompression.
    pub fn get_body_limit(&self) -> u64 {
        self.body_limit
    }

    pub(crate) fn api_key(&self) -> &ApiKey {
        &self.api_key
    }

    /// The certificates of [`ca_file`](Self::ca_file), if there is one.
    pub(crate) fn certificates(&self) -> Result<Option<Vec<Certificate<'static>>>, ConfigError> {
        let read = self.ca_file.as_deref().map(input::certificates).transpose();
        read.map_err(|issue| issue.at(Location::Setting("ca_file")))
    }

    /// What goes through a proxy.
    pub(crate) fn proxies(&self) -> Result<Proxies, ConfigError> {
        match &self.proxy {
            Some(text) => Proxies::from_setting(text).map_err(|issue| issue.at(Location::Setting("proxy"))),
            None => Proxies::from_env(&env::variable, &self.endpoint),
        }
    }

    /// Checks the values of setters. A file and the environment were checked when they were read.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        let at = |setting| move |issue: Issue| issue.at(Location::Setting(setting));
        if let Some(products) = &self.products {
            check::products(products).map_err(at("products"))?;
        }
        check::timeout(self.timeout).map_err(at("timeout"))?;
        check::timeout(self.connect_timeout).map_err(at("connect_timeout"))?;
        check::attempts(u64::from(self.attempts)).map_err(at("attempts"))?;
        check::backoff(self.backoff_base, self.backoff_cap).map_err(at("backoff"))?;
        check::user_agent(&self.user_agent).map_err(at("user_agent"))?;
        check::body_limit(self.body_limit).map_err(at("body_limit"))?;
        if let Some(path) = &self.ca_file {
            input::check_ca_file(path).map_err(at("ca_file"))?;
        }
        Ok(())
    }
}

fn parse_endpoint(text: &str) -> Result<Address, Issue> {
    Address::endpoint(text.trim_ascii_end()).map_err(|(fault, what)| {
        let kind = match fault {
            Fault::Empty => ConfigErrorKind::Empty,
            Fault::Malformed => ConfigErrorKind::BadUrl,
            Fault::Insecure => ConfigErrorKind::InsecureUrl,
        };
        Issue::new(kind, what)
    })
}

/// Shows neither the API key nor the values of the program's own keys, which may be secrets.
impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("endpoint", &self.endpoint)
            .field("api_key", &self.api_key)
            .field("products", &self.product_ids())
            .field("update_method", &self.update_method)
            .field("timeout", &self.timeout)
            .field("connect_timeout", &self.connect_timeout)
            .field("attempts", &self.attempts)
            .field("ca_file", &self.ca_file)
            .field("proxy", &self.proxy.as_ref().map(|_| "***"))
            .field("backoff", &(self.backoff_base, self.backoff_cap))
            .field("settle", &self.settle)
            .field("user_agent", &self.user_agent)
            .field("body_limit", &self.body_limit)
            .field("file", &self.file)
            .field("own_keys", &self.own.keys().collect::<Vec<_>>())
            .finish()
    }
}

/// A configuration from the text of a file, without the environment.
#[cfg(fuzzing)]
pub(crate) fn from_text(text: &str) -> Result<Config, ConfigError> {
    file::Keys::parse(text, Path::new("config.json"))?.take_config(&|_| None)
}
