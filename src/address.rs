//! Addresses of servers: the endpoint, a link of the platform, the target of a redirect.
//!
//! What is asked of an address is answered from the very [`Uri`] that a call is sent to, so that no other reading of the
//! text can lead elsewhere.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use ureq::http::Uri;
use ureq::http::uri::{Authority, Parts, PathAndQuery};

/// What [`Uri`] takes as a whole, which it does not check where it is made of parts.
const LONGEST: usize = u16::MAX as usize - 1;

/// An absolute address, and the text it was read from.
#[derive(Clone)]
pub(crate) struct Address {
    text: String,
    uri: Uri,
}

/// Why a text is not an endpoint.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Fault {
    Empty,
    Malformed,
    /// Plain http to another machine.
    Insecure,
}

impl Address {
    /// An absolute address of any scheme; `None` for anything else.
    pub(crate) fn parse(text: impl Into<String>) -> Option<Self> {
        let text = text.into();
        let uri: Uri = text.parse().ok()?;
        (uri.scheme().is_some() && uri.authority().is_some()).then_some(Self { text, uri })
    }

    /// The endpoint in its one normal form: scheme and host in lower case, no slash at the end.
    ///
    /// # Errors
    ///
    /// What is wrong with the text, as the end of a sentence about it.
    pub(crate) fn endpoint(text: &str) -> Result<Self, (Fault, &'static str)> {
        if text.is_empty() {
            return Err((Fault::Empty, "is empty; give the URL of the API, https://…/public/v1"));
        }
        let (scheme, rest) = text.split_once("://").unwrap_or_default();
        let scheme = scheme.to_ascii_lowercase();
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (host, port) = split_port(authority);
        let host = host.to_ascii_lowercase();
        let has_odd_signs = !text.chars().all(|c| c.is_ascii_graphic());
        let has_user = authority.contains('@');
        let has_raw_signs = path.contains(['"', '<', '>', '\\', '^', '`', '{', '|', '}']);
        let is_escape = |rest: &str| {
            rest.as_bytes().get(..2).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
        };
        let has_dots = path.split('/').any(|segment| matches!(segment, "." | ".."));
        let refusals = [
            (has_odd_signs, "holds a space, a control character or one that is not ASCII"),
            (!text.contains("://"), "has no scheme; it must start with https://"),
            (scheme != "https" && scheme != "http", "must start with https://"),
            (rest.contains('?'), "has a query (from the ? on); leave it out"),
            (rest.contains('#'), "has a fragment (from the # on); leave it out"),
            (has_user, "holds a user name or password (before the @); the key has its own setting"),
            (host.is_empty(), "has no host"),
            (!is_host(&host), "has a host that is neither a name nor an address"),
            (!is_port(port), "has a port that is not a number from 1 to 65535"),
            (has_raw_signs, "has a path with a character that a URL cannot hold; percent-encode it"),
            (
                !path.split('%').skip(1).all(is_escape),
                "has a % that does not start a percent-encoded character",
            ),
            (has_dots, "has a path with . or .. in it; write it out"),
        ];
        if let Some((_, what)) = refusals.into_iter().find(|(refused, _)| *refused) {
            return Err((Fault::Malformed, what));
        }
        let address = Self::parse(format!("{scheme}://{host}{port}{}", path.trim_end_matches('/')))
            .ok_or((Fault::Malformed, "is too long for a URL"))?;
        if !address.is_safe() {
            let what = "is plain http to another machine, which would show the key; use https";
            return Err((Fault::Insecure, what));
        }
        Ok(address)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    pub(crate) fn uri(&self) -> &Uri {
        &self.uri
    }

    /// The address of a path below this one; `path` begins with a slash and may have a query.
    pub(crate) fn address(&self, path: &str) -> Option<Self> {
        Self::parse([&self.text, path].concat())
    }

    /// The address of a call to a path below this one, whose own parts are not read again.
    pub(crate) fn below(&self, path: &str) -> Option<Uri> {
        if self.text.len() + path.len() > LONGEST {
            return None;
        }
        let whole = [self.uri.path().trim_end_matches('/'), path].concat();
        let mut parts = Parts::default();
        parts.scheme = self.uri.scheme().cloned();
        parts.authority = self.uri.authority().cloned();
        parts.path_and_query = Some(PathAndQuery::try_from(whole).ok()?);
        Uri::from_parts(parts).ok()
    }

    /// The host, with its port where that is not the scheme's own.
    pub(crate) fn host_and_port(&self) -> String {
        let host = self.uri.host().unwrap_or_default();
        let port = self.uri.port_u16().filter(|port| *port != self.implied_port());
        port.map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    fn implied_port(&self) -> u16 {
        if self.uri.scheme_str() == Some("https") { 443 } else { 80 }
    }

    /// The text as far as it may be shown.
    pub(crate) fn shown(&self) -> &str {
        without_query(&self.text)
    }

    /// Whether the host is this machine, by its written form and not by what a name server says of it.
    pub(crate) fn is_loopback(&self) -> bool {
        self.host().is_some_and(is_loopback_host)
    }

    /// https anywhere, http on this machine.
    pub(crate) fn is_safe(&self) -> bool {
        match self.uri.scheme_str() {
            Some("https") => self.host().is_some(),
            Some("http") => self.is_loopback(),
            _ => false,
        }
    }

    /// Whether credentials for this address may go to the other one.
    pub(crate) fn is_same_origin(&self, other: &Self) -> bool {
        let (Some(own), Some(host)) = (self.host(), other.host()) else { return false };
        let port = |address: &Self| address.uri.port_u16().unwrap_or_else(|| address.implied_port());
        own.eq_ignore_ascii_case(host) && self.uri.scheme() == other.uri.scheme() && port(self) == port(other)
    }

    /// Where `location` leads from here.
    pub(crate) fn join(&self, location: &str) -> Option<Self> {
        let location = location.trim();
        if location.is_empty() || location.chars().any(char::is_control) {
            return None;
        }
        let is_scheme = |scheme: &str| scheme.bytes().all(|b| b.is_ascii_alphanumeric());
        if location.split_once("://").is_some_and(|(scheme, _)| is_scheme(scheme)) {
            return Self::parse(location);
        }
        let (scheme, authority, path) = (self.uri.scheme_str()?, self.uri.authority()?, self.uri.path());
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        Self::parse(match location {
            _ if location.starts_with("//") => format!("{scheme}:{location}"),
            _ if location.starts_with('/') => format!("{scheme}://{authority}{location}"),
            _ if location.starts_with('?') => format!("{scheme}://{authority}{path}{location}"),
            _ => format!("{scheme}://{authority}{folder}/{location}"),
        })
    }

    /// None beside a user name, which is there to make one host look like another.
    fn host(&self) -> Option<&str> {
        self.uri.authority().filter(|authority| !authority.as_str().contains('@')).map(Authority::host)
    }
}

/// Without the query, where a signed link carries its secret.
impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.shown(), f)
    }
}

/// Signed links carry their secret in the query.
pub(crate) fn without_query(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or_default()
}

/// The port comes with its colon, or empty.
pub(crate) fn split_port(authority: &str) -> (&str, &str) {
    let end = match authority.find(']') {
        Some(bracket) if authority.starts_with('[') => bracket + 1,
        _ => authority.find(':').unwrap_or(authority.len()),
    };
    authority.split_at(end)
}

pub(crate) fn is_port(port: &str) -> bool {
    let digits = port.strip_prefix(':').unwrap_or_default();
    let is_number = digits.bytes().all(|b| b.is_ascii_digit());
    port.is_empty() || (is_number && digits.parse::<u16>().is_ok_and(|port| port > 0))
}

pub(crate) fn is_host(host: &str) -> bool {
    if let Some(address) = in_brackets(host) {
        return address.parse::<Ipv6Addr>().is_ok();
    }
    host.split('.').all(|label| {
        !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    })
}

/// No name is looked up: what resolves to this machine today may not tomorrow.
fn is_loopback_host(host: &str) -> bool {
    if let Some(address) = in_brackets(host) {
        return address.parse::<Ipv6Addr>().is_ok_and(|address| address.is_loopback());
    }
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
}

fn in_brackets(host: &str) -> Option<&str> {
    host.strip_prefix('[')?.strip_suffix(']')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn endpoint(text: &str) -> Result<String, (Fault, &'static str)> {
        Address::endpoint(text).map(|address| address.as_str().to_owned())
    }

    fn parse(text: &str) -> Address {
        Address::parse(text).unwrap()
    }

    fn is_loopback(text: &str) -> bool {
        Address::parse(text).is_some_and(|address| address.is_loopback())
    }

    fn is_safe(text: &str) -> bool {
        Address::parse(text).is_some_and(|address| address.is_safe())
    }

    #[test]
    fn usable_urls_come_out_in_one_form() {
        for (url, normal) in [
            ("https://api.connect.cloudblue.com/public/v1", "https://api.connect.cloudblue.com/public/v1"),
            ("https://api.connect.cloudblue.com/public/v1//", "https://api.connect.cloudblue.com/public/v1"),
            ("HTTPS://API.Example.COM:8443/V1/", "https://api.example.com:8443/V1"),
            ("https://example.com", "https://example.com"),
            ("https://example.com/", "https://example.com"),
            ("https://example.com/a%20b@c", "https://example.com/a%20b@c"),
            ("https://[2001:DB8::1]:1/x", "https://[2001:db8::1]:1/x"),
            ("http://localhost:65535", "http://localhost:65535"),
            ("http://LOCALHOST/x", "http://localhost/x"),
            ("http://127.0.0.1:8080/public/v1", "http://127.0.0.1:8080/public/v1"),
            ("http://127.9.8.7", "http://127.9.8.7"),
            ("http://[::1]:8080", "http://[::1]:8080"),
        ] {
            assert_eq!(endpoint(url).unwrap(), normal, "{url}");
        }
    }

    #[test]
    fn plain_http_leaves_this_machine_for_no_host() {
        for url in [
            "http://api.connect.cloudblue.com/public/v1",
            "http://localhost.evil.com",
            "http://127.0.0.1.evil.com",
            "http://128.0.0.1",
            "http://10.0.0.1",
            "http://0.0.0.0",
            "http://127.1",
            "http://evil-localhost",
            "http://[::2]",
            "http://[::ffff:127.0.0.1]",
        ] {
            assert_eq!(Address::endpoint(url).unwrap_err().0, Fault::Insecure, "{url}");
        }
    }

    #[test]
    fn other_urls_are_refused_each_with_its_reason() {
        for (url, what) in [
            ("api.connect.cloudblue.com/public/v1", "no scheme"),
            ("https:/example.com", "no scheme"),
            ("ftp://example.com", "must start with https"),
            ("://example.com", "must start with https"),
            ("https://", "no host"),
            ("https:///public/v1", "no host"),
            ("https://:443/", "no host"),
            ("https://user:pw@example.com", "before the @"),
            ("http://127.0.0.1@evil.com", "before the @"),
            ("http://127.0.0.1\\@evil.com", "before the @"),
            ("https://127.0.0.1\\.evil.com", "neither a name nor an address"),
            ("https://a..b", "neither a name nor an address"),
            ("https://example.com.", "neither a name nor an address"),
            ("https://exa%6dple.com", "neither a name nor an address"),
            ("https://[::1", "neither a name nor an address"),
            ("https://[localhost]", "neither a name nor an address"),
            ("https://[::1]x", "port"),
            ("https://::1", "no host"),
            ("https://a:", "port"),
            ("https://a:]", "port"),
            ("https://a:0", "port"),
            ("https://a:+80", "port"),
            ("https://a:65536", "port"),
            ("https://a:80:80", "port"),
            ("https://a/?x=1", "query"),
            ("https://a?x", "query"),
            ("https://a/#x", "fragment"),
            ("https://a/b\\c", "percent-encode"),
            ("https://a/%zz", "percent-encoded"),
            ("https://a/%4", "percent-encoded"),
            ("https://a/b/../c", ".."),
            ("https://a/./c", ".."),
            ("https://a/b c", "space"),
            (" https://a", "space"),
            ("https://a\r\nX: y", "space"),
            ("https://ä.example", "not ASCII"),
        ] {
            let (fault, text) = Address::endpoint(url).unwrap_err();
            assert_eq!(fault, Fault::Malformed, "{url}");
            assert!(text.contains(what), "{url}: {text}");
        }
    }

    #[test]
    fn only_this_machine_is_loopback() {
        for url in [
            "http://localhost",
            "http://LOCALHOST:8080/x",
            "http://127.0.0.1:1/public",
            "http://127.9.9.9",
            "http://[::1]:80/",
        ] {
            assert!(is_loopback(url), "{url}");
        }
        for url in [
            "http://localhost.evil.com",
            "http://127.0.0.1.evil.com",
            "http://localhost@evil.com",
            "http://evil.com/localhost",
            "http://evil.com?localhost",
            "http://[::2]",
            "http://0.0.0.0",
            "localhost",
            "http://10.0.0.1",
        ] {
            assert!(!is_loopback(url), "{url}");
        }
    }

    #[test]
    fn credentials_stay_with_their_origin() {
        let base = Address::endpoint("https://api.example.com/public/v1/").unwrap();
        let same_origin = |url| Address::parse(url).is_some_and(|other| base.is_same_origin(&other));
        assert_eq!(base.below("/requests").unwrap(), "https://api.example.com/public/v1/requests");
        for url in ["https://api.example.com/x", "https://API.example.com:443/x", "https://api.example.com"] {
            assert!(same_origin(url), "{url}");
        }
        for url in [
            "http://api.example.com/x",
            "https://api.example.com:444/x",
            "https://api.example.com.evil.com/x",
            "https://api.example.com@evil.com/x",
            "https://evil.com/api.example.com",
            "https://evil.com\\api.example.com",
            "/x",
        ] {
            assert!(!same_origin(url), "{url}");
        }
        assert!(parse("https://a.b/v1").is_same_origin(&parse("https://a.b/other/path")));
    }

    #[test]
    fn a_redirect_is_read_from_where_it_was_sent() {
        let join = |from, location| parse(from).join(location).map(|address| address.text);
        let from = "https://a.example/public/v1/accounts/TA-1?limit=1";
        for (location, expected) in [
            ("https://b.example/x?y", "https://b.example/x?y"),
            ("//b.example/x", "https://b.example/x"),
            ("/y/z", "https://a.example/y/z"),
            ("versions/2", "https://a.example/public/v1/accounts/versions/2"),
            ("?limit=2", "https://a.example/public/v1/accounts/TA-1?limit=2"),
        ] {
            assert_eq!(join(from, location).as_deref(), Some(expected));
        }
        assert_eq!(join("https://a.example", "x"), Some("https://a.example/x".into()));
        assert_eq!(join(from, ""), None);
        assert_eq!(join(from, "/x\r\nEvil: y"), None);
    }

    #[test]
    fn only_https_and_this_machine_are_fetched_from() {
        assert!(is_safe("https://storage.example/x?sig=1"));
        assert!(is_safe("http://127.0.0.1:9/x"));
        for url in [
            "http://storage.example/x",
            "file:///etc/passwd",
            "ftp://x",
            "x",
            "https://user@storage.example/",
        ] {
            assert!(!is_safe(url), "{url}");
        }
    }

    #[test]
    fn a_host_is_told_its_port_where_the_scheme_does_not_say_it() {
        for (url, expected) in [
            ("https://a.example/v1", "a.example"),
            ("https://a.example:443", "a.example"),
            ("https://a.example:80", "a.example:80"),
            ("http://127.0.0.1:80/v1", "127.0.0.1"),
            ("http://[::1]:9", "[::1]:9"),
            ("http://[::1]", "[::1]"),
        ] {
            assert_eq!(parse(url).host_and_port(), expected);
        }
    }

    #[test]
    fn a_path_is_called_up_to_the_length_of_a_url() {
        let base = Address::endpoint("https://a.example/v1").unwrap();
        let path = |length: usize| format!("/{}", "x".repeat(length - 1));
        let most = LONGEST - base.as_str().len();
        assert_eq!(base.below(&path(most)).unwrap().to_string().len(), LONGEST);
        assert!(base.address(&path(most)).is_some());
        assert!(base.below(&path(most + 1)).is_none() && base.address(&path(most + 1)).is_none());
    }

    proptest! {
        #[test]
        fn a_path_is_called_where_its_text_leads(root in "(/[a-z0-9%]{0,4}){0,3}", path in "/[ -~é]{0,12}([?#][ -~]{0,8})?") {
            if let Ok(base) = Address::endpoint(&format!("https://a.example:8443{root}")) {
                let read = base.address(&path).filter(|read| read.is_same_origin(&base));
                prop_assert_eq!(base.below(&path), read.map(|read| read.uri));
            }
        }

        #[test]
        fn any_text_is_a_url_that_stays_itself_or_an_error(url in "(https?://)?([ -~]{0,12}|.{0,12})(/[ -~]{0,12})?") {
            if let Ok(normal) = endpoint(&url) {
                prop_assert_eq!(endpoint(&normal).unwrap(), normal);
            }
        }

        #[test]
        fn plain_http_is_accepted_for_loopback_only(host in "[a-z0-9.:\\[\\]-]{1,16}|(localhost|127\\.0\\.0\\.1)[.a-z0-9-]{0,6}") {
            if let Ok(normal) = endpoint(&format!("http://{host}/")) {
                let host = normal.trim_start_matches("http://");
                prop_assert!(host.starts_with("localhost") || host.starts_with("127.") || host.starts_with("[::1]")
                    || host.starts_with("[0"), "{host}");
            }
        }
    }
}
