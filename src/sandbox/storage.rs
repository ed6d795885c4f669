//! The storage on another origin, where signed links lead: it must not see credentials.

use std::time::Duration;

use super::clock;
use super::error::error;
use super::message::{HttpRequest, HttpResponse};
use super::store::Store;
use super::{processed, workbook};

const SIGNATURE: &str = "sig=7f3a9c";

/// A signed link to a file of the storage at this origin.
pub(super) fn link(origin: &str, path: &str) -> String {
    format!("{origin}/{path}?{SIGNATURE}")
}

/// A signed link that leads to its file for this long.
pub(super) fn short_link(origin: &str, path: &str, life: Duration) -> String {
    format!("{}&exp={}", link(origin, path), clock::millis(life))
}

fn is_over(query: &str) -> bool {
    let end = query.split('&').find_map(|part| part.strip_prefix("exp=")?.parse::<i128>().ok());
    end.is_some_and(|end| clock::millis(Duration::ZERO) >= end)
}

/// The answer to a call of the storage. A signed link is redirected `redirects` times before it leads to the file.
pub(super) fn answer(store: &Store, redirects: usize, incoming: &HttpRequest) -> HttpResponse {
    if incoming.header("authorization").is_some() {
        return error(403, "Credentials do not belong here.");
    }
    let (path, query) = incoming.target.split_once('?').unwrap_or((&incoming.target, ""));
    if !query.split('&').any(|part| part == SIGNATURE) {
        return error(403, "The signature is missing.");
    }
    let hop = query.split('&').find_map(|part| part.strip_prefix("hop=")?.parse().ok()).unwrap_or(0);
    if hop < redirects {
        let next = format!("{path}?{SIGNATURE}&hop={}", hop + 1);
        return HttpResponse::empty(302).with("Location", next);
    }
    let sheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    let mut parts = path.trim_start_matches('/').split('/');
    match (parts.next(), parts.next()) {
        (Some("templates"), Some(_)) => HttpResponse::bytes(200, sheet, workbook::TEMPLATE),
        (Some("usage"), Some(_)) if is_over(query) => error(403, "The link has expired."),
        (Some("usage"), Some(file)) => match store.uploads.get(file) {
            Some(upload) if parts.next() == Some("processed.xlsx") => {
                match processed::workbook(&upload.bytes, &upload.errors) {
                    Some(bytes) => HttpResponse::bytes(200, sheet, bytes),
                    None => error(404, "No such file."),
                }
            }
            Some(upload) => HttpResponse::bytes(200, sheet, upload.bytes.clone()),
            None => error(404, "No such file."),
        },
        _ => error(404, "No such file."),
    }
}
