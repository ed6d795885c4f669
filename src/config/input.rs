//! Reading the files that a configuration consists of.

use std::fs::{self, File, Metadata};
use std::io::{ErrorKind, Read as _};
use std::path::Path;

use ureq::tls::{Certificate, PemItem, parse_pem};

use super::ConfigErrorKind::{BadCertificate, IsDirectory, NotAFile, NotFound, TooLarge, Unreadable};
use super::error::Issue;
use crate::text;

const MAX_BYTES: u64 = 1 << 20;
const TRUSTED: &[u8] = b"-----BEGIN TRUSTED CERTIFICATE-----";
/// Several times what the bundle of an operating system takes.
const MAX_CA_BYTES: u64 = 8 << 20;

/// The text of a configuration file, as bytes.
pub(super) fn configuration(path: &Path) -> Result<(Vec<u8>, Metadata), Issue> {
    let read = regular(path).and_then(|metadata| Ok((read(path, MAX_BYTES)?, metadata)));
    read.map_err(|issue| {
        let advice = match issue.kind {
            NotFound => "; give the path of a configuration file",
            IsDirectory => "; give the path of a file in it",
            TooLarge => " than 1 MiB, which no configuration is",
            _ => "",
        };
        issue.reworded(|what| format!("{what}{advice}"))
    })
}

/// Checks that a `caFile` is there. Its content is read by [`certificates`].
pub(super) fn check_ca_file(path: &Path) -> Result<(), Issue> {
    regular(path).map(drop).map_err(|issue| named(path, issue))
}

/// The certificates of a `caFile`. One that is left out silently would be missed when the platform changes to it.
pub(super) fn certificates(path: &Path) -> Result<Vec<Certificate<'static>>, Issue> {
    let pem = regular(path).and_then(|_| read(path, MAX_CA_BYTES)).map_err(|issue| named(path, issue))?;
    let certificates: Vec<_> = parse_pem(text::without_mark(&pem))
        .filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) if is_whole(certificate.der()) => Some(certificate),
            _ => None,
        })
        .collect();
    let pem = text::without_mark(&pem);
    let begun =
        pem.split(|byte| *byte == b'\n').filter(|line| line.starts_with(b"-----BEGIN CERTIFICATE-----"));
    let (total, good) = (begun.count(), certificates.len());
    let what = match total.saturating_sub(good) {
        _ if good == 0 && pem.windows(TRUSTED.len()).any(|part| part == TRUSTED) => {
            "holds certificates in the form of OpenSSL alone (TRUSTED CERTIFICATE); run openssl x509 on each"
                .to_owned()
        }
        _ if good == 0 => "holds no certificate in PEM form".to_owned(),
        0 => return Ok(certificates),
        bad => format!("is damaged: {bad} of {total} certificates cannot be read"),
    };
    Err(named(path, Issue::new(BadCertificate, what)))
}

fn named(path: &Path, issue: Issue) -> Issue {
    issue.reworded(|what| format!("names {}, which {what}", text::path(path)))
}

/// Refuses what cannot be read to its end: a pipe blocks until somebody writes, a device may go on for ever.
fn regular(path: &Path) -> Result<Metadata, Issue> {
    let metadata = fs::metadata(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => Issue::new(NotFound, "does not exist"),
        _ => unreadable(error),
    })?;
    if metadata.is_dir() {
        return Err(Issue::new(IsDirectory, "is a folder"));
    }
    if !metadata.is_file() {
        return Err(Issue::new(NotAFile, "is a pipe, a socket or a device, not a file"));
    }
    Ok(metadata)
}

fn read(path: &Path, max: u64) -> Result<Vec<u8>, Issue> {
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(unreadable)?;
    file.take(max + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > max { Err(Issue::new(TooLarge, "is larger")) } else { Ok(bytes) }
}

fn unreadable(error: std::io::Error) -> Issue {
    Issue::new(Unreadable, "cannot be read").because(error)
}

/// Whether the length that the certificate begins with is its length: otherwise a line of it is missing.
fn is_whole(der: &[u8]) -> bool {
    match der {
        [0x30, 0x82, high, low, rest @ ..] => rest.len() == usize::from(u16::from_be_bytes([*high, *low])),
        _ => der.starts_with(&[0x30]),
    }
}
