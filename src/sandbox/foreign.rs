//! The other origin, where signed links lead: it must not see credentials.

use super::Options;
use super::journal::ForeignCall;
use super::router::refuse;
use super::server::State;
use super::wire::{Answer, Incoming};

pub(super) const SIGNATURE: &str = "sig=7f3a9c";

pub(super) fn answer(state: &mut State, options: &Options, incoming: &Incoming) -> Answer {
    let answer = content(state, options, incoming);
    state.foreign.push(ForeignCall::new(incoming, answer.status));
    answer
}

fn content(state: &State, options: &Options, incoming: &Incoming) -> Answer {
    if incoming.header("authorization").is_some() {
        return refuse(403, "Credentials do not belong here.");
    }
    let (path, query) = incoming.target.split_once('?').unwrap_or((&incoming.target, ""));
    if !query.split('&').any(|part| part == SIGNATURE) {
        return refuse(403, "The signature is missing.");
    }
    let hop = query.split('&').find_map(|part| part.strip_prefix("hop=")?.parse().ok()).unwrap_or(0);
    if hop < options.template_redirects {
        let next = format!("{path}?{SIGNATURE}&hop={}", hop + 1);
        return Answer::empty(302).with("Location", next);
    }
    let sheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    let mut parts = path.trim_start_matches('/').split('/');
    match (parts.next(), parts.next()) {
        (Some("templates"), Some(_)) => Answer::bytes(200, sheet, super::workbook::template()),
        (Some("usage"), Some(file)) => match state.store.uploads.get(file) {
            Some(upload) => Answer::bytes(200, sheet, upload.bytes.clone()),
            None => refuse(404, "No such file."),
        },
        _ => refuse(404, "No such file."),
    }
}
