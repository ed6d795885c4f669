//! Fulfillment requests: parameters and transitions.
//!
//! Statuses move as documented: draft → pending; pending → inquiring, approved, failed, scheduled; inquiring →
//! pending, approved, failed; scheduled → pending, revoking; revoking → revoked. The platform's documentation leaves the last
//! three open.

use serde_json::{Map, Value, json};

use super::clock;
use super::context::{Context, HandlerResult, only, text};
use super::error::bad_request;
use super::message::HttpResponse;
use super::params::{merge_params, render_body};

const REQUESTS: &str = "requests";

pub(super) fn update(ctx: &mut Context<'_>) -> HandlerResult {
    let id = ctx.segment(1);
    let body = ctx.object(&["asset", "note"])?;
    let changes = match body.get("asset") {
        Some(Value::Object(asset)) => {
            only(asset, &["params"], "asset.")?;
            asset.get("params").cloned()
        }
        Some(_) => return Err(bad_request("asset: Expected a dictionary.")),
        None => None,
    };
    let note = text(&body, "note")?.map(str::to_owned);
    let status = ctx.find(REQUESTS, &id)?["status"].as_str().unwrap_or_default();
    if !["draft", "tiers_setup", "pending", "inquiring", "scheduled"].contains(&status) {
        return Err(bad_request(&format!("Parameters can not be changed in status `{status}`.")));
    }
    let mut params = ctx.find(REQUESTS, &id)?["asset"]["params"].clone();
    merge_params(&mut params, changes.as_ref(), "asset.params")?;
    let request = ctx.change(REQUESTS, &id, "update", |request| {
        if changes.is_some() {
            request["asset"]["params"] = params;
        }
        if let Some(note) = note {
            request["note"] = note.into();
        }
        touch(request);
    })?;
    Ok(HttpResponse::json(200, request))
}

fn touch(request: &mut Value) {
    let now = Value::from(clock::now());
    if let Some(at) = request.pointer_mut("/asset/events/updated/at") {
        *at = now.clone();
    }
    request["updated"] = now;
}

/// The template that a body names. It has to be one of the product's templates if the product has any.
fn template(ctx: &Context<'_>, product: &str, id: &str) -> Result<Value, HttpResponse> {
    let collection = format!("products/{product}/templates");
    match ctx.store.get(&collection, id) {
        Some(template) => Ok(template.clone()),
        None if ctx.store.count(&collection) == 0 => Ok(json!({"id": id, "name": id, "body": ""})),
        None => Err(bad_request(&format!("template_id: template {id} does not exist."))),
    }
}

pub(super) fn approve(ctx: &mut Context<'_>) -> HandlerResult {
    let id = ctx.segment(1);
    let body = ctx.object(&["template_id", "activation_tile", "effective_date", "asset"])?;
    let (template_id, tile) = (text(&body, "template_id")?, text(&body, "activation_tile")?);
    ctx.status(REQUESTS, &id, &["pending", "inquiring"])?;
    let request = ctx.find(REQUESTS, &id)?;
    let product = request["asset"]["product"]["id"].as_str().unwrap_or_default();
    let (template, key) = match (template_id, tile) {
        (Some(template_id), None) => {
            let template = template(ctx, product, template_id)?;
            let key = render_body(&template, &request["asset"]["params"]);
            (Some(json!({"id": template["id"], "name": template["name"]})), key)
        }
        (None, Some(tile)) => (None, tile.to_owned()),
        _ => return Err(bad_request("One of template_id, activation_tile is required.")),
    };
    let effective = text(&body, "effective_date")?.map(str::to_owned);
    if effective.as_deref().is_some_and(|date| clock::parse(date).is_none()) {
        return Err(bad_request("effective_date: Datetime has wrong format."));
    }
    let next_date = next_date(&body)?;
    ctx.change(REQUESTS, &id, "approve", |request| {
        request["status"] = "approved".into();
        request["activation_key"] = key.into();
        request["effective_date"] = effective.unwrap_or_else(clock::now).into();
        if let Some(template) = template {
            request["template"] = template;
        }
        if let Some(date) = next_date {
            request["asset"]["billing"] = json!({"next_date": date});
        }
        let status = match request["type"].as_str().unwrap_or_default() {
            "cancel" => Some("terminated"),
            "suspend" => Some("suspended"),
            "purchase" | "change" | "resume" | "renew" | "adjustment" | "transfer" => Some("active"),
            _ => None,
        };
        if let (Some(status), Value::Object(asset)) = (status, &mut request["asset"]) {
            asset.insert("status".to_owned(), status.into());
        }
        touch(request);
    })?;
    update_asset(ctx, &id)?;
    Ok(HttpResponse::json(200, ctx.find(REQUESTS, &id)?))
}

fn next_date(body: &Map<String, Value>) -> Result<Option<String>, HttpResponse> {
    let Some(asset) = body.get("asset") else {
        return Ok(None);
    };
    let date = asset.pointer("/billing/next_date").and_then(Value::as_str);
    match date {
        Some(date) if clock::parse(date).is_some() => Ok(Some(date.to_owned())),
        _ => Err(bad_request("asset.billing.next_date: Datetime has wrong format.")),
    }
}

/// Copies the asset of an approved request to the asset itself.
fn update_asset(ctx: &mut Context<'_>, request: &str) -> Result<(), HttpResponse> {
    let request = ctx.find(REQUESTS, request)?;
    let mut asset = request["asset"].clone();
    let (Value::Object(of_request), Some(id)) = (&mut asset, request["asset"]["id"].as_str()) else {
        return Ok(());
    };
    let id = id.to_owned();
    of_request.insert("template".to_owned(), request["template"].clone());
    if ctx.store.get("assets", &id).is_none() {
        ctx.store.insert("assets", asset);
        return Ok(());
    }
    ctx.store.update("assets", &id, |known| {
        for key in ["status", "params", "items", "billing", "events", "template"] {
            if let Some(value) = asset.get_mut(key) {
                known[key] = value.take();
            }
        }
    });
    Ok(())
}

pub(super) fn inquire(ctx: &mut Context<'_>) -> HandlerResult {
    let id = ctx.segment(1);
    let body = ctx.object(&["template_id", "activation_tile"])?;
    let (template_id, tile) =
        (text(&body, "template_id")?, text(&body, "activation_tile")?.map(str::to_owned));
    ctx.status(REQUESTS, &id, &["pending"])?;
    let product = ctx.find(REQUESTS, &id)?["asset"]["product"]["id"].as_str().unwrap_or_default();
    let template = template_id.map(|template_id| template(ctx, product, template_id)).transpose()?;
    let request = ctx.change(REQUESTS, &id, "inquire", |request| {
        request["status"] = "inquiring".into();
        if let Some(template) = template {
            request["template"] = json!({"id": template["id"], "name": template["name"]});
        }
        if let Some(tile) = tile {
            request["activation_key"] = tile.into();
        }
        touch(request);
    })?;
    Ok(HttpResponse::json(200, request))
}

pub(super) fn fail(ctx: &mut Context<'_>) -> HandlerResult {
    let id = ctx.segment(1);
    let body = ctx.object(&["reason"])?;
    let reason = text(&body, "reason")?.unwrap_or_default().to_owned();
    ctx.status(REQUESTS, &id, &["pending", "inquiring"])?;
    transition(ctx, &id, "failed", |request| request["reason"] = reason.into())
}

/// Transitions without a body.
pub(super) fn bare_transition(ctx: &mut Context<'_>) -> HandlerResult {
    let id = ctx.segment(1);
    // `submit` and `confirm` have a body without a description.
    if ["pend", "purchase"].contains(&ctx.verb().as_str()) {
        ctx.object(&[])?;
    }
    let (from, to): (&[&str], &str) = match ctx.verb().as_str() {
        "pend" => (&["inquiring"], "pending"),
        "purchase" | "submit" => (&["draft"], "pending"),
        _ => (&["revoking", "scheduled"], "revoked"),
    };
    let before = ctx.status(REQUESTS, &id, from)?;
    let to = if before == "scheduled" { "pending" } else { to };
    transition(ctx, &id, to, |_| ())
}

pub(super) fn schedule(ctx: &mut Context<'_>) -> HandlerResult {
    let id = ctx.segment(1);
    let body = ctx.object(&["planned_date"])?;
    let date = text(&body, "planned_date")?.filter(|date| clock::parse(date).is_some());
    let date = date.ok_or_else(|| bad_request("planned_date: Datetime has wrong format."))?.to_owned();
    ctx.status(REQUESTS, &id, &["pending"])?;
    transition(ctx, &id, "scheduled", |request| {
        request["planned_date"] = date.into();
    })
}

pub(super) fn revoke(ctx: &mut Context<'_>) -> HandlerResult {
    let id = ctx.segment(1);
    let body = ctx.object(&["reason"])?;
    let reason = text(&body, "reason")?.unwrap_or_default().to_owned();
    ctx.status(REQUESTS, &id, &["scheduled"])?;
    transition(ctx, &id, "revoking", |request| request["reason"] = reason.into())
}

fn transition(ctx: &mut Context<'_>, id: &str, status: &str, more: impl FnOnce(&mut Value)) -> HandlerResult {
    let verb = ctx.verb();
    let request = ctx.change(REQUESTS, id, &verb, |request| {
        request["status"] = status.into();
        more(request);
        touch(request);
    })?;
    Ok(HttpResponse::json(200, request))
}

/// The user of an assignment: exactly one of `id` and `email`.
pub(super) fn assignee(ctx: &Context<'_>) -> Result<Value, HttpResponse> {
    let body = ctx.object(&["id", "email"])?;
    match (text(&body, "id")?, text(&body, "email")?) {
        (Some(id), None) => Ok(json!({"id": id, "name": id})),
        (None, Some(email)) => Ok(json!({"id": "UR-000-000-001", "name": email, "email": email})),
        _ => Err(bad_request("Exactly one of id, email is required.")),
    }
}

pub(super) fn assign(ctx: &mut Context<'_>) -> HandlerResult {
    let user = assignee(ctx)?;
    let request = ctx.change(REQUESTS, &ctx.segment(1), "assign", |request| {
        request["assignee"] = user;
    })?;
    Ok(HttpResponse::json(200, request))
}

pub(super) fn unassign(ctx: &mut Context<'_>) -> HandlerResult {
    ctx.object(&[])?;
    let request = ctx.change(REQUESTS, &ctx.segment(1), "unassign", |request| {
        request["assignee"] = Value::Null;
    })?;
    Ok(HttpResponse::json(200, request))
}

pub(super) fn validate(ctx: &mut Context<'_>) -> HandlerResult {
    let body = ctx.object(&["asset"])?;
    let mut request = ctx.find(REQUESTS, &ctx.segment(1))?.clone();
    let changes = body.get("asset").and_then(|asset| asset.get("params"));
    merge_params(&mut request["asset"]["params"], changes, "asset.params")?;
    Ok(HttpResponse::json(200, &request))
}

pub(super) fn render(ctx: &mut Context<'_>) -> HandlerResult {
    let request = ctx.find(REQUESTS, &ctx.segment(1))?;
    let product = request["asset"]["product"]["id"].as_str().unwrap_or_default();
    let template = request["template"]["id"].as_str();
    let template = template.and_then(|id| ctx.store.get(&format!("products/{product}/templates"), id));
    let text = match template {
        Some(template) => render_body(template, &request["asset"]["params"]),
        None => request["activation_key"].as_str().unwrap_or_default().to_owned(),
    };
    Ok(HttpResponse::bytes(200, "text/markdown; charset=utf-8", text))
}
