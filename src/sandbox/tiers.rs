//! Tier config requests, tier accounts and their requests.

use serde_json::{Map, Value, json};

use super::context::{Context, HandlerResult, only, text};
use super::error::bad_request;
use super::message::HttpResponse;
use super::params::{merge_params, render_body};
use super::requests::assignee;
use super::{clock, sample};

const REQUESTS: &str = "tier/config-requests";
const CONFIGS: &str = "tier/configs";
const ACCOUNTS: &str = "tier/accounts";
const ACCOUNT_REQUESTS: &str = "tier/account-requests";

fn touch(value: &mut Value, event: &str) {
    let at = json!({"at": clock::now(), "by": sample::service_user()});
    value["events"][event] = at.clone();
    value["events"]["updated"] = at;
}

pub(super) fn update(ctx: &mut Context<'_>) -> HandlerResult {
    let id = ctx.segment(2);
    let body = ctx.object(&["configuration", "status", "params", "type", "notes"])?;
    let notes = text(&body, "notes")?.map(str::to_owned);
    ctx.status(REQUESTS, &id, &["pending"])?;
    let mut request = ctx.find(REQUESTS, &id)?.clone();
    merge_params(&mut request["params"], body.get("params"), "params")?;
    if let Some(notes) = notes {
        request["notes"] = notes.into();
    }
    touch(&mut request, "updated");
    let request = ctx.change(REQUESTS, &id, "update", |old| *old = request)?;
    Ok(HttpResponse::json(200, request))
}

/// `{"template": {"id"}}`, or the older form with `representation`.
pub(super) fn approve(ctx: &mut Context<'_>) -> HandlerResult {
    let id = ctx.segment(2);
    let body = ctx.object(&["template"])?;
    let empty = Map::new();
    let given = body.get("template").and_then(Value::as_object).unwrap_or(&empty);
    only(given, &["id", "effective_date", "representation"], "template.")?;
    let (template_id, representation) = (text(given, "id")?, text(given, "representation")?);
    ctx.status(REQUESTS, &id, &["pending"])?;
    let request = ctx.find(REQUESTS, &id)?;
    let product = request["configuration"]["product"]["id"].as_str().unwrap_or_default();
    let templates = format!("products/{product}/templates");
    let (template, representation) = match (template_id, representation) {
        (Some(template_id), None) => match ctx.store.get(&templates, template_id) {
            Some(template) => {
                let reference = json!({"id": template["id"], "name": template["name"]});
                (Some(reference), render_body(template, &request["params"]))
            }
            None if ctx.store.count(&templates) == 0 => {
                (Some(json!({"id": template_id, "name": ""})), String::new())
            }
            None => {
                return Err(bad_request(&format!("template.id: template {template_id} does not exist.")));
            }
        },
        (None, Some(representation)) => (None, representation.to_owned()),
        _ => return Err(bad_request("template: One of id, representation is required.")),
    };
    let effective = text(given, "effective_date")?.map_or_else(clock::now, str::to_owned);
    let request = ctx.change(REQUESTS, &id, "approve", |request| {
        request["status"] = "approved".into();
        request["effective_date"] = effective.clone().into();
        if let Some(template) = &template {
            request["template"] = template.clone();
        }
        request["configuration"]["status"] = "active".into();
        request["configuration"]["params"] = request["params"].clone();
        request["configuration"]["template"] = request["template"].clone();
        touch(request, "updated");
    })?;
    let request = request.clone();
    update_config(ctx, &request);
    let template_id = template.map_or(Value::Null, |template| template["id"].clone());
    let answer = json!({"template": {"id": template_id, "representation": representation}, "effective_date": effective});
    Ok(HttpResponse::json(200, &answer))
}

fn update_config(ctx: &mut Context<'_>, request: &Value) {
    let mut config = request["configuration"].clone();
    let Some(id) = config["id"].as_str().map(str::to_owned) else {
        return;
    };
    config["tiers"] = request["tiers"].clone();
    config["open_request"] = Value::Null;
    ctx.store
        .update(CONFIGS, &id, |old| *old = config.clone())
        .unwrap_or_else(|| ctx.store.insert(CONFIGS, config));
}

/// Transitions without a body, answered without one.
pub(super) fn bare_transition(ctx: &mut Context<'_>) -> HandlerResult {
    let verb = ctx.verb();
    let id = ctx.segment(2);
    if verb != "submit" {
        ctx.object(&[])?;
    }
    let (from, to, event) = match verb.as_str() {
        "inquire" => ("pending", "inquiring", "inquired"),
        "pend" => ("inquiring", "pending", "pended"),
        _ => ("draft", "pending", "pended"),
    };
    ctx.status(REQUESTS, &id, &[from])?;
    let request = ctx.change(REQUESTS, &id, &verb, |request| {
        request["status"] = to.into();
        touch(request, event);
    })?;
    Ok(if verb == "submit" { HttpResponse::json(200, &request) } else { HttpResponse::empty(204) })
}

pub(super) fn fail(ctx: &mut Context<'_>) -> HandlerResult {
    let id = ctx.segment(2);
    let body = ctx.object(&["reason"])?;
    let reason = text(&body, "reason")?.unwrap_or_default().to_owned();
    ctx.status(REQUESTS, &id, &["pending", "inquiring"])?;
    ctx.change(REQUESTS, &id, "fail", |request| {
        request["status"] = "failed".into();
        request["reason"] = reason.into();
        touch(request, "updated");
    })?;
    Ok(HttpResponse::empty(204))
}

pub(super) fn assign(ctx: &mut Context<'_>) -> HandlerResult {
    let user = assignee(ctx)?;
    ctx.change(REQUESTS, &ctx.segment(2), "assign", |request| {
        request["assignee"] = user;
    })?;
    Ok(HttpResponse::empty(204))
}

pub(super) fn unassign(ctx: &mut Context<'_>) -> HandlerResult {
    ctx.object(&[])?;
    ctx.change(REQUESTS, &ctx.segment(2), "unassign", |request| {
        request["assignee"] = Value::Null;
    })?;
    Ok(HttpResponse::empty(204))
}

pub(super) fn validate(ctx: &mut Context<'_>) -> HandlerResult {
    let body = ctx.object(&["params"])?;
    let mut request = ctx.find(REQUESTS, &ctx.segment(2))?.clone();
    merge_params(&mut request["params"], body.get("params"), "params")?;
    Ok(HttpResponse::json(200, &request))
}

pub(super) fn render(ctx: &mut Context<'_>) -> HandlerResult {
    let collection = format!("tier/{}", ctx.segment(1));
    let value = ctx.find(&collection, &ctx.segment(2))?;
    let product = value.pointer("/configuration/product/id").or_else(|| value.pointer("/product/id"));
    let product = product.and_then(Value::as_str).unwrap_or_default();
    let template = value["template"]["id"].as_str();
    let template = template.and_then(|id| ctx.store.get(&format!("products/{product}/templates"), id));
    let text = template.map(|template| render_body(template, &value["params"])).unwrap_or_default();
    Ok(HttpResponse::bytes(200, "text/markdown; charset=utf-8", text))
}

/// A request to change a configuration, named by its id or by product, account and level.
pub(super) fn create(ctx: &mut Context<'_>) -> HandlerResult {
    let body = ctx.object(&["configuration", "status", "params", "type", "notes"])?;
    let wanted =
        body.get("configuration").ok_or_else(|| bad_request("configuration: This field is required."))?;
    let same = |config: &Value| match wanted.get("id") {
        Some(id) => config["id"] == *id,
        None => {
            config["product"]["id"] == wanted["product"]["id"]
                && config["tier_level"] == wanted["tier_level"]
                && (config["account"]["id"] == wanted["account"]["id"]
                    || config["account"]["external_uid"] == wanted["account"]["external_uid"])
        }
    };
    let config = ctx.store.all(CONFIGS).into_iter().find(same);
    let config = config.ok_or_else(|| bad_request("configuration: it does not exist."))?;
    let mut params = config["params"].clone();
    merge_params(&mut params, body.get("params"), "params")?;
    let id = config["id"].as_str().unwrap_or_default().replacen("TC-", "TCR-", 1);
    let now = clock::now();
    let request = json!({
        "id": format!("{id}-{:03}", 900 + ctx.store.serial()), "type": text(&body, "type")?.unwrap_or("update"),
        "status": text(&body, "status")?.unwrap_or("pending"), "configuration": config, "params": params,
        "template": config["template"], "tiers": config["tiers"], "notes": body.get("notes"), "reason": null,
        "environment": config["connection"]["type"], "sli": {"zone": 1, "days": 0},
        "events": {"created": {"at": now, "by": sample::service_user()}, "updated": {"at": now}},
    });
    ctx.create(REQUESTS, &request);
    Ok(HttpResponse::json(201, &request))
}

const ACCOUNT_FIELDS: [&str; 10] = [
    "type",
    "external_uid",
    "external_id",
    "parent",
    "name",
    "hub",
    "contact_info",
    "tax_id",
    "access",
    "environment",
];

pub(super) fn create_account(ctx: &mut Context<'_>) -> HandlerResult {
    let mut account = ctx.object(&ACCOUNT_FIELDS)?;
    if !account.contains_key("contact_info") {
        return Err(bad_request("contact_info: This field is required."));
    }
    let number = ctx.store.serial();
    account.insert("id".into(), format!("TA-9000-{:04}-{:04}", number / 10_000, number % 10_000).into());
    account.insert("version".into(), 1.into());
    account.insert("owner".into(), sample::provider());
    let now = clock::now();
    account.insert("events".into(), json!({"created": {"at": now}, "updated": {"at": now}}));
    let account = Value::Object(account);
    ctx.create(ACCOUNTS, &account);
    Ok(HttpResponse::json(201, &account))
}

pub(super) fn update_account(ctx: &mut Context<'_>) -> HandlerResult {
    let body = ctx.object(&ACCOUNT_FIELDS)?;
    let account = ctx.change(ACCOUNTS, &ctx.segment(2), "update", |account| {
        for (key, value) in body {
            account[key] = value;
        }
        account["version"] = (account["version"].as_u64().unwrap_or(0) + 1).into();
    })?;
    Ok(HttpResponse::json(200, account))
}

pub(super) fn accept_account(ctx: &mut Context<'_>) -> HandlerResult {
    ctx.object(&[])?;
    decide_account(ctx, "accepted", None)
}

pub(super) fn ignore_account(ctx: &mut Context<'_>) -> HandlerResult {
    let body = ctx.object(&["reason"])?;
    let reason = text(&body, "reason")?.map(str::to_owned);
    decide_account(ctx, "ignored", reason)
}

fn decide_account(ctx: &mut Context<'_>, status: &str, reason: Option<String>) -> HandlerResult {
    let id = ctx.segment(2);
    let verb = ctx.verb();
    ctx.status(ACCOUNT_REQUESTS, &id, &["pending"])?;
    let request = ctx.change(ACCOUNT_REQUESTS, &id, &verb, |request| {
        request["status"] = status.into();
        if let Some(reason) = reason {
            request["reason"] = reason.into();
        }
        touch(request, "updated");
    })?;
    Ok(HttpResponse::json(200, request))
}
