//! Addresses: the endpoint, one path segment out of an id, and where a redirect leads.

use std::borrow::Cow;

use crate::config::is_loopback_host;
use crate::error::{Error, Result};
use crate::text;

/// The endpoint, without a slash at its end.
#[derive(Debug, Clone)]
pub(crate) struct Base {
    url: String,
    origin: usize,
}

impl Base {
    pub(crate) fn new(endpoint: &str) -> Self {
        let url = endpoint.trim_end_matches('/').to_owned();
        let origin = origin(&url).map_or(url.len(), str::len);
        Self { url, origin }
    }

    /// `path` begins with a slash and may have a query.
    pub(crate) fn url(&self, path: &str) -> String {
        let mut url = String::with_capacity(self.url.len() + path.len());
        url.push_str(&self.url);
        url.push_str(path);
        url
    }

    pub(crate) fn is_loopback(&self) -> bool {
        is_loopback(&self.url)
    }

    /// Whether credentials may go there.
    pub(crate) fn same_origin(&self, url: &str) -> bool {
        let own = self.url.get(..self.origin).unwrap_or(&self.url);
        origin(url).is_some_and(|other| normal(other) == normal(own))
    }
}

/// An id as one segment of a path, whatever is in it.
///
/// # Errors
///
/// [`Error::Input`] for an empty id: the path would mean something else.
pub(crate) fn segment(id: &str) -> Result<Cow<'_, str>> {
    match id {
        "" => Err(Error::input("an id is empty: no call was made")),
        // Clients and servers resolve these, encoded or not.
        "." | ".." => Err(Error::input(format!("{id:?} is no id: no call was made"))),
        _ => Ok(text::percent_encode(id)),
    }
}

/// Scheme, host and port.
fn origin(url: &str) -> Option<&str> {
    let host = url.find("://")? + 3;
    let end = url.get(host..)?.find(['/', '?', '#', '\\']).map_or(url.len(), |at| host + at);
    url.get(..end)
}

/// Lower case and without the port that the scheme implies, so that two spellings of one origin are equal.
fn normal(origin: &str) -> String {
    let origin = origin.to_ascii_lowercase();
    let implied = if origin.starts_with("https:") { ":443" } else { ":80" };
    origin.strip_suffix(implied).map_or(origin.clone(), str::to_owned)
}

/// Whether the host is this machine, by its written form and not by what a name server says of it.
pub(crate) fn is_loopback(url: &str) -> bool {
    let Some(authority) = origin(url).and_then(|origin| origin.split_once("://")).map(|(_, rest)| rest)
    else {
        return false;
    };
    if authority.contains('@') {
        return false;
    }
    let host = match authority.split_inclusive(']').next() {
        Some(address) if address.starts_with('[') => address,
        _ => authority.rsplit_once(':').map_or(authority, |(host, _)| host),
    };
    is_loopback_host(&host.to_ascii_lowercase())
}

/// https anywhere, http on this machine.
pub(crate) fn is_safe(url: &str) -> bool {
    let scheme = url.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    match scheme.as_deref() {
        Some("https") => origin(url).is_some_and(|origin| !origin.contains('@')),
        Some("http") => is_loopback(url),
        _ => false,
    }
}

/// Where `location` leads from `from`.
pub(crate) fn join(from: &str, location: &str) -> Option<String> {
    let location = location.trim();
    if location.is_empty() || location.chars().any(char::is_control) {
        return None;
    }
    if location.split_once("://").is_some_and(|(scheme, _)| scheme.bytes().all(|b| b.is_ascii_alphanumeric()))
    {
        return Some(location.to_owned());
    }
    let origin = origin(from)?;
    if location.starts_with("//") {
        let scheme = origin.split_once("//").map(|(scheme, _)| scheme)?;
        return Some(format!("{scheme}{location}"));
    }
    if location.starts_with('/') {
        return Some(format!("{origin}{location}"));
    }
    let path = without_query(from);
    if location.starts_with('?') {
        return Some(format!("{path}{location}"));
    }
    let folder = path
        .rfind('/')
        .filter(|at| *at >= origin.len())
        .map_or(origin, |at| path.get(..at).unwrap_or(origin));
    Some(format!("{folder}/{location}"))
}

/// Signed links carry their secret in the query.
pub(crate) fn without_query(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_stays_one_segment() {
        for (id, expected) in [
            ("PR-1234-5678", "PR-1234-5678"),
            ("a/b", "a%2Fb"),
            ("../x", "..%2Fx"),
            ("a?b#c", "a%3Fb%23c"),
            ("50%", "50%25"),
            ("a b\r\nHost: evil", "a%20b%0D%0AHost%3A%20evil"),
            ("é", "%C3%A9"),
            ("\\", "%5C"),
        ] {
            assert_eq!(segment(id).unwrap(), expected);
        }
        for id in ["", ".", ".."] {
            assert!(matches!(segment(id), Err(Error::Input(_))), "{id:?}");
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
        let base = Base::new("https://api.example.com/public/v1/");
        assert_eq!(base.url("/requests"), "https://api.example.com/public/v1/requests");
        for url in ["https://api.example.com/x", "https://API.example.com:443/x", "https://api.example.com"] {
            assert!(base.same_origin(url), "{url}");
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
            assert!(!base.same_origin(url), "{url}");
        }
        assert!(Base::new("https://a.b/v1").same_origin("https://a.b/other/path"));
    }

    #[test]
    fn a_redirect_is_read_from_where_it_was_sent() {
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
}
