//! From method and path to the function that answers.

use percent_encoding::percent_decode_str;

use super::context::{Context, HandlerResult};
use super::error::{bad_request, error, not_found};
use super::journal::RecordedCall;
use super::message::{HttpRequest, HttpResponse};
use super::options::Options;
use super::rng::Rng;
use super::store::Store;
use super::{assets, collections, conversations, create, lists, products, requests, tiers, usage};

type Handler = fn(&mut Context<'_>) -> HandlerResult;

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
        ["requests", _, "pend" | "purchase" | "submit" | "confirm"] => post(requests::bare_transition),
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
        ["tier", "config-requests", _, "inquire" | "pend" | "submit"] => post(tiers::bare_transition),
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
        ["usage", "files", _, "submit" | "close" | "delete"] => post(usage::bare_transition),
        ["usage", "files", _, "reconciliation"] => post(usage::reconcile),
        ["usage", "reconciliations"] => vec![("GET", lists::list), ("POST", usage::add_reconciliation)],
        ["usage", "reconciliations", _, "processedfile" | "uploadedfile"] => get(usage::reconciliation_file),
        ["usage", "files", _, "approve-all"] => vec![("PUT", usage::bare_transition)],
        ["usage", "products", _, "template"] => get(usage::template),
        ["listing-requests", _, "submit" | "refine" | "deploy" | "complete" | "cancel"] => {
            post(products::listing_verb)
        }
        ["subscriptions", "requests"] => vec![("GET", lists::list), ("POST", assets::bill)],
        ["subscriptions", "requests", _, "attributes"] => vec![("PUT", assets::attributes)],
        parts => {
            let path = parts.join("/");
            match path.rsplit_once('/') {
                _ if collections::is_nested(&path) && collections::is_list(&path) => get(lists::nested),
                _ if collections::is_list(&path) => get(lists::list),
                Some((list, _)) if collections::is_list(list) && !collections::is_nested(list) => {
                    get(lists::detail)
                }
                _ => return None,
            }
        }
    })
}

/// Answers a call below the base path.
pub(super) fn handle(
    store: &mut Store,
    rng: &mut Rng,
    options: &Options,
    call: &RecordedCall,
    incoming: &HttpRequest,
) -> HttpResponse {
    let expected = options.api_key.as_str();
    if incoming.header("authorization") != Some(expected) {
        return error(401, "API request is unauthorized.");
    }
    if !call.path.starts_with(['/', '?']) || call.path.len() == incoming.target.len() {
        return not_found();
    }
    // One trailing slash is let pass: older clients send it with the verbs.
    let route = call.route().trim_start_matches('/').trim_end_matches('/');
    let decoded = |part| percent_decode_str(part).decode_utf8().map(String::from);
    let Ok(segments) = route.split('/').map(decoded).collect::<Result<Vec<_>, _>>() else {
        return bad_request("The path is not UTF-8.");
    };
    let parts: Vec<_> = segments.iter().map(String::as_str).collect();
    let Some(methods) = methods(&parts).filter(|_| parts.iter().all(|part| !part.is_empty())) else {
        return not_found();
    };
    let asked = if call.method == "HEAD" { "GET" } else { call.method.as_str() };
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
        if names.contains(&asked) {
            found = Some(handler);
        }
    }
    let Some(handler) = found else {
        let refusal = error(405, &format!("Method \"{}\" not allowed.", call.method));
        return refusal.with("Allow", allowed.join(", "));
    };
    let mut ctx = Context { store, rng, options, call, incoming, segments };
    handler(&mut ctx).unwrap_or_else(|refusal| refusal)
}
