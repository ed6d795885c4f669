//! The URL of the API: what is refused, and its one normal form.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::ConfigErrorKind::{BadUrl, Empty, InsecureUrl};
use super::error::Flaw;

/// Scheme and host in lower case, no slash at the end.
pub(super) fn normalise(url: &str) -> Result<String, Flaw> {
    if url.is_empty() {
        return Err(Flaw::new(Empty, "is empty; give the URL of the API, https://…/public/v1"));
    }
    if !url.chars().all(|c| c.is_ascii_graphic()) {
        return Err(bad("holds a space, a control character or one that is not ASCII"));
    }
    let Some((scheme, rest)) = url.split_once("://") else {
        return Err(bad("has no scheme; it must start with https://"));
    };
    let scheme = scheme.to_ascii_lowercase();
    if scheme != "https" && scheme != "http" {
        return Err(bad("must start with https://"));
    }
    if rest.contains('?') {
        return Err(bad("has a query (from the ? on); leave it out"));
    }
    if rest.contains('#') {
        return Err(bad("has a fragment (from the # on); leave it out"));
    }
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    if authority.contains('@') {
        return Err(bad("holds a user name or password (before the @); the key has its own setting"));
    }
    let (host, port) = host_and_port(authority)?;
    check_path(path)?;
    let host = host.to_ascii_lowercase();
    if scheme == "http" && !is_loopback_host(&host) {
        return Err(Flaw::new(
            InsecureUrl,
            "is plain http to another machine, which would show the key; use https",
        ));
    }
    Ok(format!("{scheme}://{host}{port}{}", path.trim_end_matches('/')))
}

/// The port comes with its colon, or empty.
fn host_and_port(authority: &str) -> Result<(&str, &str), Flaw> {
    let end = match authority.find(']') {
        Some(bracket) if authority.starts_with('[') => bracket + 1,
        _ => authority.find(':').unwrap_or(authority.len()),
    };
    let (host, port) = authority.split_at(end);
    if host.is_empty() {
        return Err(bad("has no host"));
    }
    if !is_host(host) {
        return Err(bad("has a host that is neither a name nor an address"));
    }
    if port.is_empty() || is_port(port) {
        Ok((host, port))
    } else {
        Err(bad("has a port that is not a number from 1 to 65535"))
    }
}

fn is_port(port: &str) -> bool {
    let digits = port.strip_prefix(':').unwrap_or_default();
    digits.bytes().all(|b| b.is_ascii_digit()) && digits.parse::<u16>().is_ok_and(|port| port > 0)
}

fn is_host(host: &str) -> bool {
    if let Some(address) = in_brackets(host) {
        return address.parse::<Ipv6Addr>().is_ok();
    }
    host.split('.').all(|label| {
        !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    })
}

/// No name is looked up: what resolves to this machine today may not tomorrow.
pub(crate) fn is_loopback_host(host: &str) -> bool {
    if let Some(address) = in_brackets(host) {
        return address.parse::<Ipv6Addr>().is_ok_and(|address| address.is_loopback());
    }
    host == "localhost" || host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
}

fn in_brackets(host: &str) -> Option<&str> {
    host.strip_prefix('[')?.strip_suffix(']')
}

fn check_path(path: &str) -> Result<(), Flaw> {
    let mut rest = path.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}' => {
                return Err(bad("has a path with a character that a URL cannot hold; percent-encode it"));
            }
            b'%' => {
                let is_hex = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_hexdigit());
                if !(is_hex(rest.next()) && is_hex(rest.next())) {
                    return Err(bad("has a % that does not start a percent-encoded character"));
                }
            }
            _ => {}
        }
    }
    if path.split('/').any(|segment| segment == "." || segment == "..") {
        return Err(bad("has a path with . or .. in it; write it out"));
    }
    Ok(())
}

fn bad(what: &'static str) -> Flaw {
    Flaw::new(BadUrl, what)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

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
            assert_eq!(normalise(url).unwrap(), normal, "{url}");
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
            assert_eq!(normalise(url).unwrap_err().kind, InsecureUrl, "{url}");
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
            let flaw = normalise(url).unwrap_err();
            assert_eq!(flaw.kind, BadUrl, "{url}");
            let text = flaw.at(super::super::Place::Setting("endpoint")).to_string();
            assert!(text.contains(what), "{url}: {text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_url_that_stays_itself_or_an_error(url in "(https?://)?([ -~]{0,12}|.{0,12})(/[ -~]{0,12})?") {
            if let Ok(normal) = normalise(&url) {
                prop_assert_eq!(normalise(&normal).unwrap(), normal);
            }
        }

        #[test]
        fn plain_http_is_accepted_for_loopback_only(host in "[a-z0-9.:\\[\\]-]{1,16}|(localhost|127\\.0\\.0\\.1)[.a-z0-9-]{0,6}") {
            if let Ok(normal) = normalise(&format!("http://{host}/")) {
                let host = normal.trim_start_matches("http://");
                prop_assert!(host.starts_with("localhost") || host.starts_with("127.") || host.starts_with("[::1]")
                    || host.starts_with("[0"), "{host}");
            }
        }
    }
}
