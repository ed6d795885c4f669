//! Journal, effects and store over HTTP, for a sandbox in a process of its own. These routes need no key and have no
//! faults.

use serde_json::Value;

use super::error::{bad_request, error, not_found};
use super::journal::{Effect, RecordedCall};
use super::message::{HttpRequest, HttpResponse};
use super::state::State;

pub(super) const PREFIX: &str = "/_sandbox/";

pub(super) fn answer(state: &mut State, incoming: &HttpRequest) -> HttpResponse {
    let rest = incoming.target.strip_prefix(PREFIX).unwrap_or_default();
    match (incoming.method.as_str(), rest) {
        ("GET", "journal") => {
            HttpResponse::json(200, &state.journal.iter().map(RecordedCall::to_json).collect::<Vec<_>>())
        }
        ("DELETE", "journal") => {
            state.journal.clear();
            HttpResponse::empty(204)
        }
        ("GET", "effects") => {
            HttpResponse::json(200, &state.store.effects().iter().map(Effect::to_json).collect::<Vec<_>>())
        }
        ("GET", _) => match rest.strip_prefix("store/") {
            Some(collection) => HttpResponse::json(200, &state.store.all(collection)),
            None => not_found(),
        },
        ("POST", _) => {
            let (Some(collection), Ok(value)) =
                (rest.strip_prefix("store/"), serde_json::from_slice::<Value>(&incoming.body))
            else {
                return bad_request("POST one JSON object to /_sandbox/store/{collection}.");
            };
            state.store.insert(collection, value);
            HttpResponse::empty(204)
        }
        _ => error(405, "GET, DELETE or POST."),
    }
}
