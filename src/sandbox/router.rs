//! From method and path to the function that answers.

use serde_json::{Map, Value, json};

use super::clock::Rng;
use super::journal::Call;
use super::store::Store;
use super::wire::{Answer, Incoming, percent_decode};
use super::{Options, assets, conversations, create, lists, products, requests, tiers, usage};

/// An answer, or a refusal.
pub(super) type Outcome = Result<Answer, Answer>;

type Handler = fn(&mut Ctx<'_>) -> Outcome;

/// What a handler works with.
pub(super) struct Ctx<'a> {
    pub(super) store: &'a mut Store,
    pub(super) rng: &'a mut Rng,
    pub(super) options: &'a Options,
    pub(super) call: &'a Call,
    pub(super) incoming: &'a Incoming,
    /// The decoded segments of the path.
    pub(super) segments: Vec<String>,
}

impl Ctx<'_> {
    /// The segment at this place, counted from 0.
    pub(super) fn segment(&self, at: usize) -> String {
        self.segments.get(at).cloned().unwrap_or_default()
    }

    /// The last segment: the verb of a transition.
    pub(super) fn verb(&self) -> String {
        self.segments.last().cloned().unwrap_or_default()
    }

    /// The body as a JSON object that has none but these fields. No body is an empty object.
    pub(super) fn object(&self, allowed: &[&str]) -> Result<Map<String, Value>, Answer> {
        let map = self.free_object()?;
        only(&map, allowed, "")?;
        Ok(map)
    }

    pub(super) fn free_object(&self) -> Result<Map<String, Value>, Answer> {
        use super::journal::Body;
        match &self.call.body {
            Body::Empty | Body::Json(Value::Null) => Ok(Map::new()),
            Body::Json(Value::Object(map)) => Ok(map.clone()),
            Body::Json(_) => Err(bad("Invalid data. Expected a dictionary.")),
            Body::Bytes(_) => Err(bad("JSON parse error - the body is not JSON.")),
        }
    }

    /// The object at a path, or 404.
    pub(super) fn find(&self, collection: &str, id: &str) -> Result<&Value, Answer> {
        self.store.get(collection, id).ok_or_else(not_found)
    }

    /// The status of an object if it is one of `from`, else the refusal of the platform.
    pub(super) fn status(&self, collection: &str, id: &str, from: &[&str]) -> Result<String, Answer> {
        let value = self.find(collection, id)?;
        let key = if value.get("state").is_some() { "state" } else { "status" };
        let status = value.get(key).and_then(Value::as_str).unwrap_or_default();
        if from.iter().any(|allowed| status.eq_ignore_ascii_case(allowed)) {
            return Ok(status.to_owned());
        }
        Err(refuse(400, &format!("{}: not allowed in status `{status}`.", self.verb())))
    }

    /// Changes an object, and puts the change into the log of effects.
    pub(super) fn change(
        &mut self,
        collection: &str,
        id: &str,
        action: &str,
        change: impl FnOnce(&mut Value),
    ) -> Result<&Value, Answer> {
        let status = |value: &Value| {
            let status = value.get("status").or_else(|| value.get("state"));
            status.and_then(Value::as_str).map(str::to_owned)
        };
        let changed = self.store.update(collection, id, |value| {
            let before = status(value);
            change(value);
            (before, status(value))
        });
        let (before, after) = changed.ok_or_else(not_found)?;
        self.store.record(collection, id, action, before, after);
        self.find(collection, id)
    }

    pub(super) fn create(&mut self, collection: &str, value: &Value) {
        let id = value.get("id").and_then(Value::as_str).unwrap_or_default();
        let status = value.get("status").and_then(Value::as_str).map(str::to_owned);
        self.store.record(collection, id, "create", None, status);
        self.store.insert(collection, value.clone());
    }
}

/// The platform's error body.
pub(super) fn refuse(status: u16, message: &str) -> Answer {
    refuse_all(status, &[message.to_owned()])
}

pub(super) fn refuse_all(status: u16, messages: &[String]) -> Answer {
    Answer::json(status, &json!({"error_code": "SYS_001", "errors": messages}))
}

pub(super) fn bad(message: &str) -> Answer {
    refuse(400, message)
}

pub(super) fn not_found() -> Answer {
    refuse(404, "Object not found.")
}

/// Refuses fields the platform does not know, each by its path.
pub(super) fn only(map: &Map<String, Value>, allowed: &[&str], at: &str) -> Result<(), Answer> {
    let unknown: Vec<_> = map
        .keys()
        .filter(|key| !allowed.contains(&key.as_str()))
        .map(|key| format!("{at}{key}: unknown field."))
        .collect();
    if unknown.is_empty() { Ok(()) } else { Err(refuse_all(400, &unknown)) }
}

/// A field that has to be text where it is given.
pub(super) fn text<'m>(map: &'m Map<String, Value>, key: &str) -> Result<Option<&'m str>, Answer> {
    match map.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(bad(&format!("{key}: Not a valid string."))),
    }
}

const GET_ONLY: [(&str, Handler); 1] = [("GET", lists::list)];
const DETAIL: [(&str, Handler); 1] = [("GET", lists::detail)];

fn post(handler: Handler) -> Vec<(&'static str, Handler)> {
    vec![("POST", handler)]
}

fn get(handler: Handler) -> Vec<(&'static str, Handler)> {
    vec![("GET", handler)]
}

/// The methods a path has; `None` for a path that does not exist.
fn methods(segments: &[&str]) -> Option<Vec<(&'static str, Handler)>> {
    Some(match segments {
        ["requests"] => vec![("GET", lists::list), ("POST", create::request)],
        ["requests", _] => vec![("GET", lists::detail), ("PUT", requests::update)],
        ["requests", _, "render"] => get(requests::render),
        ["requests", _, "approve"] => post(requests::approve),
        ["requests", _, "inquire"] => post(requests::inquire),
        ["requests", _, "fail"] => post(requests::fail),
        ["requests", _, "assign"] => post(requests::assign),
        ["requests", _, "unassign"] => post(requests::unassign),
        ["requests", _, "validate"] => post(requests::validate),
        ["requests", _, "schedule"] => post(requests::schedule),
        ["requests", _, "revoke"] => post(requests::revoke),
        ["requests", _, "pend" | "purchase" | "submit" | "confirm"] => post(requests::plain),
        ["assets", _, "requests"] => get(assets::requests),
        ["assets", _, "render"] => get(assets::render),
        ["products", _, "templates", _, "render" | "preview"] => get(products::render_template),
        ["products", _, "templates" | "parameters" | "items" | "actions" | "connections" | "versions", _] => {
            get(lists::nested_detail)
        }
        ["tier", "configs" | "config-requests", _, "render"] => get(tiers::render),
        ["tier", "config-requests"] => vec![("GET", lists::list), ("POST", tiers::create)],
        ["tier", "config-requests", _] => vec![("GET", lists::detail), ("PUT", tiers::update)],
        ["tier", "config-requests", _, "approve"] => post(tiers::approve),
        ["tier", "config-requests", _, "inquire" | "pend" | "submit"] => post(tiers::plain),
        ["tier", "config-requests", _, "fail"] => post(tiers::fail),
        ["tier", "config-requests", _, "assign"] => post(tiers::assign),
        ["tier", "config-requests", _, "unassign"] => post(tiers::unassign),
        ["tier", "config-requests", _, "validate"] => post(tiers::validate),
        ["tier", "accounts"] => vec![("GET", lists::list), ("POST", tiers::create_account)],
        ["tier", "accounts", _] => vec![("GET", lists::detail), ("PUT", tiers::update_account)],
        ["tier", "account-requests", _, "accept"] => post(tiers::accept_account),
        ["tier", "account-requests", _, "ignore"] => post(tiers::ignore_account),
        ["conversations"] => vec![("GET", lists::list), ("POST", conversations::forbidden)],
        ["conversations", _] => get(conversations::detail),
        ["conversations", _, "close"] => post(conversations::close),
        ["conversations", _, "messages"] => {
            vec![("GET", conversations::messages), ("POST", conversations::add)]
        }
        ["conversations", _, "messages", _] => vec![("PUT", conversations::edit)],
        ["usage", "files"] => vec![("GET", usage::list), ("POST", usage::create)],
        ["usage", "files", _] => vec![("GET", usage::detail), ("PUT", usage::update)],
        ["usage", "files", _, "upload"] => post(usage::upload),
        ["usage", "files", _, "accept"] => post(usage::accept),
        ["usage", "files", _, "reject"] => post(usage::reject),
        ["usage", "files", _, "reprocess"] => post(usage::reprocess),
        ["usage", "files", _, "submit" | "close" | "delete"] => post(usage::plain),
        ["usage", "files", _, "approve-all"] => vec![("PUT", usage::plain)],
        ["usage", "products", _, "template"] => get(usage::template),
        ["listing-requests", _, "submit" | "refine" | "deploy" | "complete" | "cancel"] => {
            post(products::listing_verb)
        }
        ["subscriptions", "requests"] => vec![("GET", lists::list), ("POST", assets::bill)],
        ["subscriptions", "requests", _, "attributes"] => vec![("PUT", assets::attributes)],
        [
            "accounts" | "hubs" | "agreements",
            _,
            "users" | "connections" | "marketplaces" | "contracts" | "versions",
        ]
        | [
            "products",
            _,
            "templates" | "configurations" | "parameters" | "items" | "connections" | "actions" | "media"
            | "messages" | "versions",
        ]
        | ["usage", "files", _, "categories"] => get(lists::nested),
        [
            "assets" | "products" | "listings" | "listing-requests" | "marketplaces" | "hubs" | "contracts"
            | "agreements" | "accounts" | "users" | "categories" | "countries",
        ]
        | ["tier", "configs" | "account-requests"]
        | ["subscriptions", "assets"]
        | ["usage", "records" | "chunks" | "reconciliations"] => GET_ONLY.to_vec(),
        [
            "assets" | "products" | "listings" | "listing-requests" | "marketplaces" | "hubs" | "contracts"
            | "agreements" | "accounts" | "users" | "categories" | "countries",
            _,
        ]
        | ["tier", "configs" | "account-requests", _]
        | ["subscriptions", "assets" | "requests", _]
        | ["usage", "records" | "chunks" | "reconciliations", _] => DETAIL.to_vec(),
        _ => return None,
    })
}

/// Answers a call below the base path.
pub(super) fn handle(
    store: &mut Store,
    rng: &mut Rng,
    options: &Options,
    call: &Call,
    incoming: &Incoming,
) -> Answer {
    let expected = options.api_key.as_str();
    if incoming.header("authorization") != Some(expected) {
        return refuse(401, "API request is unauthorized.");
    }
    if !call.path.starts_with(['/', '?']) || call.path.len() == incoming.target.len() {
        return not_found();
    }
    // One trailing slash is let pass: older clients send it with the verbs.
    let route = call.route().trim_start_matches('/').trim_end_matches('/');
    let Some(segments) = route.split('/').map(percent_decode).collect::<Option<Vec<_>>>() else {
        return bad("The path is not UTF-8.");
    };
    let parts: Vec<_> = segments.iter().map(String::as_str).collect();
    let Some(methods) = methods(&parts).filter(|_| parts.iter().all(|part| !part.is_empty())) else {
        return not_found();
    };
    let mut allowed = Vec::new();
    let mut found = None;
    for (method, handler) in methods {
        let names: &[&str] = match (method, options.put, options.patch) {
            ("PUT", true, true) => &["PUT", "PATCH"],
            ("PUT", true, false) => &["PUT"],
            ("PUT", false, _) => &["PATCH"],
            (other, ..) => &[other],
        };
        allowed.extend_from_slice(names);
        if names.contains(&call.method.as_str()) {
            found = Some(handler);
        }
    }
    let Some(handler) = found else {
        let refusal = refuse(405, &format!("Method \"{}\" not allowed.", call.method));
        return refusal.with("Allow", allowed.join(", "));
    };
    let mut ctx = Ctx { store, rng, options, call, incoming, segments };
    handler(&mut ctx).unwrap_or_else(|refusal| refusal)
}
