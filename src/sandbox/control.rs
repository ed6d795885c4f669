//! What [`Sandbox`](super::Sandbox) does in this process, over HTTP for programs in others: data, products, orders, other
//! parties, faults, and the log of calls. These routes need no key and have no faults.

mod body;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use self::body::{Act, FaultBody};
use super::collections::is_list;
use super::error::{bad_request, error};
use super::journal::{Effect, RecordedCall};
use super::message::{HttpRequest, HttpResponse};
use super::order::NewOrder;
use super::others::Others;
use super::product::NewProduct;
use super::state::State;

pub(super) const PREFIX: &str = "/_sandbox/";

/// What `GET /_sandbox/` answers with.
const ROUTES: [&str; 10] = [
    "GET, DELETE journal: the calls so far",
    "GET effects: what the calls changed",
    "GET store/{collection}: the objects of a list",
    "POST store/{collection}: adds an object, or replaces the one with its id",
    "DELETE store/{collection}/{id}: removes an object",
    "POST products: defines {id, name, ordering_parameters, fulfillment_parameters, parameters, items, templates, inquiry_templates}",
    "POST orders: places {type, product, asset, items: {item: quantity}, values: {parameter: value}, note, draft}",
    "POST acts: {act: approve | fail | answer, request, template | reason | values, before: {method, path}}",
    "POST faults: {method, path, skip, times, after_effect, status, headers, body, kind, milliseconds, location}",
    "DELETE faults: removes all faults",
];

type Answer = Result<HttpResponse, HttpResponse>;

pub(super) fn answer(state: &mut State, incoming: &HttpRequest) -> HttpResponse {
    let rest = incoming.target.strip_prefix(PREFIX).unwrap_or_default();
    let answer = match (incoming.method.as_str(), rest) {
        ("GET", "") => Ok(HttpResponse::json(200, &ROUTES)),
        ("GET", "journal") => {
            Ok(HttpResponse::json(200, &state.journal.iter().map(RecordedCall::to_json).collect::<Vec<_>>()))
        }
        ("DELETE", "journal") => {
            state.journal.clear();
            Ok(HttpResponse::empty(204))
        }
        ("GET", "effects") => Ok(HttpResponse::json(
            200,
            &state.store.effects().iter().map(Effect::to_json).collect::<Vec<_>>(),
        )),
        ("POST", "products") => read(incoming).map(|product: NewProduct| {
            product.define(&mut state.store);
            HttpResponse::empty(204)
        }),
        ("POST", "orders") => read(incoming).and_then(|order: NewOrder| {
            let id = Others::new(&mut state.store).order(order).map_err(refused)?;
            Ok(HttpResponse::json(201, &json!({"id": id})))
        }),
        ("POST", "acts") => read(incoming).and_then(|act: Act| act.schedule(state).map_err(refused)),
        ("POST", "faults") => read(incoming).and_then(|fault: FaultBody| {
            state.faults.push(fault.fault().map_err(|why| bad_request(&why))?);
            Ok(HttpResponse::empty(204))
        }),
        ("DELETE", "faults") => {
            state.faults.clear();
            state.chaos = None;
            Ok(HttpResponse::empty(204))
        }
        (method, _) => match rest.strip_prefix("store/") {
            Some(path) => stored(state, method, path, incoming),
            None => Err(error(404, "GET /_sandbox/ tells what there is.")),
        },
    };
    answer.unwrap_or_else(|refusal| refusal)
}

fn stored(state: &mut State, method: &str, path: &str, incoming: &HttpRequest) -> Answer {
    let list = if method == "DELETE" { path.rsplit_once('/').map_or(path, |(list, _)| list) } else { path };
    if !is_list(list) {
        return Err(error(404, &format!("The platform has no collection `{list}`.")));
    }
    match method {
        "GET" => Ok(HttpResponse::json(200, &state.store.all(list))),
        "POST" => {
            state.store.insert(list, read::<Value>(incoming)?);
            Ok(HttpResponse::empty(204))
        }
        "DELETE" => {
            let id = path.rsplit('/').next().unwrap_or_default();
            state.store.remove(list, id).ok_or_else(|| error(404, "Object not found."))?;
            Ok(HttpResponse::empty(204))
        }
        _ => Err(error(405, "GET, POST or DELETE.")),
    }
}

fn read<T: DeserializeOwned>(incoming: &HttpRequest) -> Result<T, HttpResponse> {
    serde_json::from_slice(&incoming.body).map_err(|why| bad_request(&why.to_string()))
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn refused(why: std::io::Error) -> HttpResponse {
    bad_request(&why.to_string())
}
