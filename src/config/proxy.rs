//! The proxy on the way to the platform: from the configuration, or from the environment as curl reads it.

use std::ffi::OsString;
use std::net::IpAddr;

use percent_encoding::percent_decode_str;
use ureq::{Proxy, ProxyProtocol};

use super::ConfigError;
use super::ConfigErrorKind::{BadProxy, NotUtf8};
use super::env::Lookup;
use super::error::{Issue, Location};
use crate::address::{Address, is_host, is_port, split_port};

/// The value of the setting that means no proxy, whatever the environment says.
const DIRECT: &str = "direct";
/// The first one that is set and not empty counts. Plain http goes to this machine only, and never through a proxy.
const VARIABLES: [&str; 4] = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];
const EXCEPTIONS: [&str; 2] = ["no_proxy", "NO_PROXY"];
/// curl's port of a proxy that names none.
const PORT: u16 = 1080;

/// Which calls go through which proxy.
#[derive(Debug, Default)]
pub(crate) struct Proxies {
    proxy: Option<Proxy>,
    /// The value of `NO_PROXY`.
    exceptions: String,
}

impl Proxies {
    /// The proxy of the setting; the environment does not count beside it.
    pub(super) fn from_setting(text: &str) -> Result<Self, Issue> {
        let text = text.trim_ascii();
        let proxy = if text.eq_ignore_ascii_case(DIRECT) { None } else { Some(parse(text)?) };
        Ok(Self { proxy, exceptions: String::new() })
    }

    /// The proxy of the environment. One that cannot be used is an error only if `endpoint` would go through it.
    pub(super) fn from_env(env: Lookup<'_>, endpoint: &Address) -> Result<Self, ConfigError> {
        let first = |names: &[&'static str]| names.iter().find_map(|name| Some((*name, set(env(name))?)));
        // What is no text matches no host.
        let exceptions =
            first(&EXCEPTIONS).and_then(|(_, value)| value.into_string().ok()).unwrap_or_default();
        let Some((name, value)) = first(&VARIABLES) else { return Ok(Self::default()) };
        let text = value.into_string().map_err(|_| Issue::new(NotUtf8, "is not UTF-8"));
        match text.and_then(|text| parse(text.trim_ascii())) {
            Ok(proxy) => Ok(Self { proxy: Some(proxy), exceptions }),
            Err(_) if endpoint.is_loopback() || is_exception(&exceptions, endpoint) => Ok(Self::default()),
            Err(issue) => Err(issue.at(Location::Variable(name))),
        }
    }

    /// The proxy for calls to this address.
    pub(crate) fn of(&self, address: &Address) -> Option<Proxy> {
        let direct = address.is_loopback() || is_exception(&self.exceptions, address);
        self.proxy.clone().filter(|_| !direct)
    }
}

/// An empty variable counts as one that is not set.
fn set(value: Option<OsString>) -> Option<OsString> {
    value.filter(|value| !value.as_encoded_bytes().trim_ascii().is_empty())
}

/// `[scheme://][user[:password]@]host[:port]`; what follows is not looked at.
fn parse(text: &str) -> Result<Proxy, Issue> {
    let bad = |what: &'static str| Issue::new(BadProxy, what);
    let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
    let (protocol, implied) = match scheme.to_ascii_lowercase().as_str() {
        "http" => (ProxyProtocol::Http, PORT),
        "https" => (ProxyProtocol::Https, 443),
        scheme if scheme.starts_with("socks") => {
            return Err(bad(
                "names a SOCKS proxy, which cannot be used; give an HTTP proxy, http://host:port",
            ));
        }
        _ => return Err(bad("has a scheme that is not a proxy's; write http://host:port")),
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let (user, server) =
        authority.rsplit_once('@').map_or((None, authority), |(user, server)| (Some(user), server));
    let (host, port) = split_port(server);
    if !is_host(host) || !is_port(port) {
        return Err(bad("is no address of a proxy; write http://host:port"));
    }
    let port = port.strip_prefix(':').and_then(|port| port.parse().ok()).unwrap_or(implied);
    let mut proxy = Proxy::builder(protocol).host(host).port(port);
    if let Some(user) = user {
        let decode = |text| percent_decode_str(text).decode_utf8();
        let (name, password) = user.split_once(':').unwrap_or((user, ""));
        let (Ok(name), Ok(password)) = (decode(name), decode(password)) else {
            return Err(bad("has a user or password that is not UTF-8"));
        };
        proxy = proxy.username(&name).password(&password);
    }
    proxy.build().map_err(|_| bad("is no address of a proxy; write http://host:port"))
}

/// Whether the address is one of the exceptions: `*`, or a list of hosts, their parent domains, addresses and networks.
fn is_exception(exceptions: &str, address: &Address) -> bool {
    let host = address.uri().host().unwrap_or_default().trim_end_matches('.');
    if exceptions == "*" {
        return true;
    }
    let mut entries = exceptions.split([',', ' ', '\t', '\n', '\r']).filter(|entry| !entry.is_empty());
    match host.trim_matches(['[', ']']).parse::<IpAddr>() {
        Ok(own) => entries.any(|entry| is_in_network(own, entry)),
        Err(_) => entries.any(|entry| is_below(host, entry)),
    }
}

/// Whether a host is the domain, or below it; a dot at either end of the domain says nothing.
fn is_below(host: &str, domain: &str) -> bool {
    let domain = domain.strip_suffix('.').unwrap_or(domain);
    let domain = domain.strip_prefix('.').unwrap_or(domain);
    let Some((before, end)) = host.len().checked_sub(domain.len()).and_then(|at| host.split_at_checked(at))
    else {
        return false;
    };
    !domain.is_empty() && end.eq_ignore_ascii_case(domain) && (before.is_empty() || before.ends_with('.'))
}

/// Whether an address is the other one, or in its network such as `10.0.0.0/8`.
fn is_in_network(own: IpAddr, network: &str) -> bool {
    let (address, bits) =
        network.split_once('/').map_or((network, None), |(address, bits)| (address, Some(bits)));
    let (Ok(other), Ok(bits)) = (address.parse(), bits.map(str::parse::<u32>).transpose()) else {
        return false;
    };
    let differ = match (own, other) {
        (IpAddr::V4(own), IpAddr::V4(other)) => (own.to_bits() ^ other.to_bits()).leading_zeros(),
        (IpAddr::V6(own), IpAddr::V6(other)) => (own.to_bits() ^ other.to_bits()).leading_zeros(),
        _ => return false,
    };
    let all = if own.is_ipv4() { 32 } else { 128 };
    let bits = bits.filter(|bits| *bits > 0).unwrap_or(all);
    bits <= all && differ >= bits
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(env: &[(&str, &str)], endpoint: &str) -> Result<Option<String>, String> {
        let lookup =
            |name: &str| env.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value));
        let endpoint = Address::parse(endpoint).unwrap();
        let proxies = Proxies::from_env(&lookup, &endpoint).map_err(|error| error.to_string())?;
        Ok(proxies.of(&endpoint).map(|proxy| {
            let user = match (proxy.username(), proxy.password()) {
                (Some(user), Some(password)) => format!("{user}:{password}@"),
                _ => String::new(),
            };
            format!("{}://{user}{}:{}", proxy.protocol(), proxy.host(), proxy.port())
        }))
    }

    #[test]
    fn a_proxy_is_read_as_curl_reads_it() {
        for (text, expected) in [
            ("http://a.example:3128", "http://a.example:3128"),
            ("http://a.example", "http://a.example:1080"),
            ("https://a.example", "https://a.example:443"),
            ("a.example:3128", "http://a.example:3128"),
            ("a.example", "http://a.example:1080"),
            (" http://a.example:3128/path?x \r\n", "http://a.example:3128"),
            ("HTTP://A.example:3128", "http://a.example:3128"),
            ("http://10.0.0.1:3128", "http://10.0.0.1:3128"),
            ("http://[2001:db8::1]:3128", "http://[2001:db8::1]:3128"),
            ("http://u:p@a.example:3128", "http://u:p@a.example:3128"),
            ("http://u@a.example:3128", "http://u:@a.example:3128"),
            ("u%40x:p%3Aw%20d@a.example:3128", "http://u@x:p:w d@a.example:3128"),
            ("http://u:p@w@a.example:3128", "http://u:p@w@a.example:3128"),
        ] {
            let found = proxies(&[("HTTPS_PROXY", text)], "https://api.example.com/v1").unwrap().unwrap();
            assert_eq!(found.to_lowercase(), expected, "{text:?}");
        }
    }

    #[test]
    fn a_proxy_that_cannot_be_used_is_named_by_its_variable_without_its_password() {
        for (text, what) in [
            ("socks5://127.0.0.1:9", "names a SOCKS proxy"),
            ("socks5h://u:hunter2@127.0.0.1:9", "names a SOCKS proxy"),
            ("socks://127.0.0.1", "names a SOCKS proxy"),
            ("SOCKS4a://127.0.0.1:9", "names a SOCKS proxy"),
            ("ftp://127.0.0.1:9", "has a scheme"),
            ("http://[", "is no address of a proxy"),
            ("http://", "is no address of a proxy"),
            ("http://u:hunter2@", "is no address of a proxy"),
            ("http://a.example:port", "is no address of a proxy"),
            ("http://a.example:0", "is no address of a proxy"),
            ("http://a.example:65536", "is no address of a proxy"),
            ("http://a example:80", "is no address of a proxy"),
            ("http://u:%FF@a.example:80", "has a user or password"),
        ] {
            for name in VARIABLES {
                let error = proxies(&[(name, text)], "https://api.example.com/v1").unwrap_err();
                assert!(error.starts_with(&format!("environment variable {name} {what}")), "{text}: {error}");
                assert!(!error.contains("hunter2"), "{error}");
                // Nobody needs it.
                assert_eq!(proxies(&[(name, text)], "http://127.0.0.1:8080/v1"), Ok(None));
                assert_eq!(
                    proxies(&[(name, text), ("NO_PROXY", "*")], "https://api.example.com/v1"),
                    Ok(None)
                );
            }
        }
    }

    #[test]
    fn what_goes_past_the_proxy_is_what_curl_lets_past() {
        let host = "https://api.example.com/v1";
        for (list, endpoint, past) in [
            ("*", host, true),
            ("x,*", host, false),
            ("*.example.com", host, false),
            ("api.example.com", host, true),
            ("API.Example.COM", host, true),
            ("example.com", host, true),
            (".example.com", host, true),
            ("example.com.", host, true),
            ("com", host, true),
            ("ple.com", host, false),
            ("api.example.com.other", host, false),
            ("a.api.example.com", host, false),
            ("other.com, example.com", host, true),
            ("other.com example.com", host, true),
            (",,example.com", host, true),
            (".", host, false),
            (" ", host, false),
            ("api.example.com", "https://api.example.com:8443/v1", true),
            // curl takes a port for a part of the name.
            ("api.example.com:443", host, false),
            ("192.0.2.7", "https://192.0.2.7/v1", true),
            ("192.0.2.0/24", "https://192.0.2.7/v1", true),
            ("192.0.3.0/24", "https://192.0.2.7/v1", false),
            ("192.0.2.7/32", "https://192.0.2.7/v1", true),
            ("192.0.2.7/33", "https://192.0.2.7/v1", false),
            ("2.7", "https://192.0.2.7/v1", false),
            ("192.0.2.0/24", "https://[2001:db8::1]/v1", false),
            ("2001:DB8::1", "https://[2001:db8::1]/v1", true),
            ("2001:db8::/32", "https://[2001:db8::1]/v1", true),
            ("2001:db9::/32", "https://[2001:db8::1]/v1", false),
        ] {
            let env = [("HTTPS_PROXY", "http://a.example:3128"), ("NO_PROXY", list)];
            assert_eq!(proxies(&env, endpoint).unwrap().is_none(), past, "{list:?} {endpoint}");
        }
    }

    #[test]
    fn what_is_no_text_is_an_error_as_a_proxy_and_no_exception() {
        #[cfg(unix)]
        {
            use std::os::unix::ffi::OsStringExt as _;
            let lookup = |name: &str| (name != "no_proxy").then(|| OsString::from_vec(vec![0xFF]));
            let endpoint = Address::parse("https://api.example.com/v1").unwrap();
            let error = Proxies::from_env(&lookup, &endpoint).unwrap_err().to_string();
            assert_eq!(error, "environment variable https_proxy is not UTF-8");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_value_panics(text in "\\PC*", list in "\\PC*") {
            let _ = parse(&text);
            let _ = is_exception(&list, &Address::parse("https://api.example.com/v1").unwrap());
        }
    }
}
