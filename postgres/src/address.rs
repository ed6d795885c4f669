//! The connection string: what of it is TLS is ours, the rest is the driver's.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::str::FromStr as _;
use std::time::Duration;

use connect::Result;
use postgres::Config;
use postgres::config::SslMode;

use crate::error::unusable;

/// Whom to trust, as `sslmode` and `sslrootcert` say it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Trust {
    /// Anybody.
    Anybody,
    /// Whoever has a certificate of these authorities, whatever his name is.
    Authorities(PathBuf),
    /// Whoever has a certificate of these authorities, or of Mozilla's, for the name of the host.
    Host(Option<PathBuf>),
}

/// Waits so long for a connection, unless the string says otherwise.
const CONNECT: Duration = Duration::from_secs(10);

pub(crate) fn parse(address: &str) -> Result<(Config, Trust)> {
    let (rest, taken) = if address.starts_with("postgres://") || address.starts_with("postgresql://") {
        take_from_url(address)?
    } else {
        take_from_words(address)
    };
    let value =
        |name: &str| taken.iter().rev().find(|(other, _)| other == name).map(|(_, value)| value.as_str());
    // What the driver says of a string that it cannot read may hold the string's password.
    let mut config = Config::from_str(&rest).map_err(|error| {
        let why = std::error::Error::source(&error).map_or_else(String::new, |why| format!(" ({why})"));
        unusable(format!("the connection string for PostgreSQL cannot be read{why}"))
    })?;
    let root = value("sslrootcert").filter(|path| !path.is_empty() && *path != "system").map(PathBuf::from);
    let (mode, trust) = match (value("sslmode").unwrap_or("prefer"), root) {
        ("disable", _) => (SslMode::Disable, Trust::Anybody),
        ("prefer", None) => (SslMode::Prefer, Trust::Anybody),
        ("prefer", Some(root)) => (SslMode::Prefer, Trust::Authorities(root)),
        ("require", None) => (SslMode::Require, Trust::Anybody),
        // As the server's own client does it.
        ("require" | "verify-ca", Some(root)) => (SslMode::Require, Trust::Authorities(root)),
        ("verify-ca", None) => {
            return Err(unusable(
                "sslmode=verify-ca needs sslrootcert, the file of the authorities: without it, anybody with a certificate of \
                 any authority would do. Say sslmode=verify-full for a server with a certificate of a public one",
            ));
        }
        ("verify-full", root) => (SslMode::Require, Trust::Host(root)),
        ("allow", _) => {
            return Err(unusable(
                "sslmode=allow is not supported, since it protects from nothing: say prefer, or better verify-full",
            ));
        }
        (other, _) => {
            return Err(unusable(format!(
                "sslmode={other} is none of disable, prefer, require, verify-ca and verify-full"
            )));
        }
    };
    config.ssl_mode(mode);
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(CONNECT);
    }
    if config.get_password().is_none()
        && let Ok(password) = std::env::var("PGPASSWORD")
    {
        config.password(password);
    }
    if config.get_application_name().is_none() {
        config.application_name("connect-sdk");
    }
    Ok((config, trust))
}

type Taken = Vec<(String, String)>;

fn is_ours(name: &str) -> bool {
    matches!(name, "sslmode" | "sslrootcert")
}

fn take_from_url(address: &str) -> Result<(String, Taken)> {
    let Some((before, query)) = address.split_once('?') else { return Ok((address.to_owned(), Vec::new())) };
    let mut taken = Vec::new();
    let mut rest = Vec::new();
    for pair in query.split('&') {
        match pair.split_once('=') {
            Some((name, value)) if is_ours(name) => taken.push((name.to_owned(), decode(value)?)),
            _ => rest.push(pair),
        }
    }
    let question = if rest.is_empty() { "" } else { "?" };
    Ok((format!("{before}{question}{}", rest.join("&")), taken))
}

fn decode(value: &str) -> Result<String> {
    let mut bytes = value.bytes();
    let mut decoded = Vec::new();
    while let Some(byte) = bytes.next() {
        let byte = if byte == b'%' {
            let digits = [bytes.next(), bytes.next()]
                .map(|digit| digit.and_then(|digit| char::from(digit).to_digit(16)));
            let [Some(high), Some(low)] = digits else {
                return Err(unusable("the connection string for PostgreSQL has a % that begins no byte"));
            };
            u8::try_from(high * 16 + low).unwrap_or_default()
        } else {
            byte
        };
        decoded.push(byte);
    }
    String::from_utf8(decoded)
        .map_err(|_| unusable("the connection string for PostgreSQL has bytes that are no text"))
}

/// Of `name=value` words, whose values may be quoted.
fn take_from_words(address: &str) -> (String, Taken) {
    let (mut rest, mut taken) = (String::new(), Vec::new());
    let mut left = address.trim_start();
    while !left.is_empty() {
        let Some(equals) = left.find('=') else {
            rest.push_str(left);
            break;
        };
        let name = left.get(..equals).unwrap_or_default().trim().to_owned();
        let after = left.get(equals + 1..).unwrap_or_default().trim_start();
        let (value, length) = word(after);
        let (raw, next) = after.split_at_checked(length).unwrap_or((after, ""));
        if is_ours(&name) {
            taken.push((name, value));
        } else {
            let _ = write!(rest, "{name}={raw} ");
        }
        left = next.trim_start();
    }
    (rest, taken)
}

/// A value, and its length as it is written.
fn word(text: &str) -> (String, usize) {
    let is_quoted = text.starts_with('\'');
    let (mut value, mut is_escaped) = (String::new(), false);
    for (at, letter) in text.char_indices().skip(usize::from(is_quoted)) {
        match letter {
            _ if is_escaped => {
                value.push(letter);
                is_escaped = false;
            }
            '\\' => is_escaped = true,
            '\'' if is_quoted => return (value, at + 1),
            _ if letter.is_whitespace() && !is_quoted => return (value, at),
            _ => value.push(letter),
        }
    }
    (value, text.len())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn what_is_tls_is_taken_off_and_the_rest_is_the_drivers() {
        let root = || PathBuf::from("/etc/my ca.pem");
        for (address, mode, trust) in [
            ("postgres://jo:pw@db.example:5433/jobs", SslMode::Prefer, Trust::Anybody),
            ("postgresql://jo:pw@db.example:5433/jobs?sslmode=disable", SslMode::Disable, Trust::Anybody),
            (
                "postgres://jo:pw@db.example:5433/jobs?sslmode=require&connect_timeout=3",
                SslMode::Require,
                Trust::Anybody,
            ),
            (
                "postgres://jo:pw@db.example:5433/jobs?connect_timeout=3&sslmode=verify-ca&sslrootcert=/etc/my%20ca.pem",
                SslMode::Require,
                Trust::Authorities(root()),
            ),
            (
                "host=db.example port = 5433 user=jo password='p w\\'' dbname=jobs sslrootcert='/etc/my ca.pem' sslmode=verify-full",
                SslMode::Require,
                Trust::Host(Some(root())),
            ),
            (
                "host=db.example port=5433 user=jo dbname=jobs sslmode=verify-full sslrootcert=system",
                SslMode::Require,
                Trust::Host(None),
            ),
        ] {
            let (config, found) = parse(address).unwrap();
            assert_eq!((config.get_ssl_mode(), found), (mode, trust), "{address}");
            assert_eq!(config.get_ports(), [5433], "{address}");
            assert_eq!((config.get_user(), config.get_dbname()), (Some("jo"), Some("jobs")), "{address}");
        }
        let (config, _) = parse("password='p w\\'' sslmode=require host=/run/postgresql").unwrap();
        assert_eq!(config.get_password(), Some(b"p w'".as_slice()));
        assert_eq!(
            config.get_hosts(),
            [postgres::config::Host::Unix(Path::new("/run/postgresql").to_owned())]
        );
    }

    #[test]
    fn what_protects_from_nothing_or_cannot_be_read_is_refused_without_the_password() {
        for (address, text) in [
            ("postgres://jo:secret@db/x?sslmode=allow", "sslmode=allow is not supported"),
            ("postgres://jo:secret@db/x?sslmode=verify-ca", "needs sslrootcert"),
            ("postgres://jo:secret@db/x?sslmode=maybe", "sslmode=maybe is none of"),
            ("postgres://jo:secret@db:port/x", "cannot be read"),
            ("host=db password=secret whatever=1", "cannot be read"),
            ("postgres://jo:secret@db/x?sslmode=%2", "begins no byte"),
        ] {
            let error = parse(address).unwrap_err().to_string();
            assert!(error.contains(text) && !error.contains("secret"), "{address}: {error}");
        }
    }
}
