//! Fulfillment requests: creation, parameters, transitions.
//!
//! Statuses move as documented: draft → pending; pending → inquiring, approved, failed, scheduled; inquiring →
//! pending, failed; scheduled → pending, revoking; revoking → revoked. The platform's documentation leaves the last
//! three open.

use serde_json::{Map, Value, json};

use super::router::{Ctx, Outcome, bad, only, refuse_all, text};
use super::wire::Answer;
use super::{clock, sample};

const REQUESTS: &str = "requests";

/// What may be changed of a parameter.
const PARAM_VALUES: [&str; 4] = ["value", "structured_value", "value_error", "structured_error"];
/// What an update may repeat of a parameter without effect, as clients that send whole parameters do.
const PARAM_REST: [&str; 11] = [
    "id",
    "name",
    "title",
    "description",
    "type",
    "scope",
    "phase",
    "constraints",
    "events",
    "value_choices",
    "value_choice",
];

/// Checks a list of parameter changes against the parameters there are, and applies it.
pub(super) fn merge_params(
    params: Option<&mut Value>,
    changes: Option<&Value>,
    at: &str,
) -> Result<(), Answer> {
    let Some(changes) = changes else { return Ok(()) };
    let Some(changes) = changes.as_array() else {
        return Err(bad(&format!("{at}: Expected a list.")));
    };
    let Some(Value::Array(params)) = params else {
        return if changes.is_empty() {
            Ok(())
        } else {
            Err(bad(&format!("{at}: there are no parameters.")))
        };
    };
    let mut problems = Vec::new();
    let mut found = Vec::new();
    for change in changes {
        let Some(change) = change.as_object() else {
            return Err(bad(&format!("{at}: Expected a dictionary.")));
        };
        let allowed: Vec<_> = PARAM_VALUES.iter().chain(&PARAM_REST).copied().collect();
        only(change, &allowed, &format!("{at}."))?;
        for key in ["value", "value_error"] {
            text(change, key)?;
        }
        let id = text(change, "id")?.unwrap_or_default();
        match params.iter().position(|param| param["id"] == id) {
            Some(place) => found.push((place, change)),
            None => problems.push(format!("{at}: parameter {id} does not exist.")),
        }
    }
    if !problems.is_empty() {
        return Err(refuse_all(400, &problems));
    }
    for (place, change) in found {
        for (key, value) in change.iter().filter(|(key, _)| PARAM_VALUES.contains(&key.as_str())) {
            params[place][key] = value.clone();
        }
    }
    Ok(())
}

pub(super) fn update(ctx: &mut Ctx<'_>) -> Outcome {
    let id = ctx.segment(1);
    let body = ctx.object(&["asset", "note"])?;
    let changes = match body.get("asset") {
        Some(Value::Object(asset)) => {
            only(asset, &["params"], "asset.")?;
            asset.get("params").cloned()
        }
        Some(_) => return Err(bad("asset: Expected a dictionary.")),
        None => None,
    };
    let note = text(&body, "note")?.map(str::to_owned);
    let status = ctx.find(REQUESTS, &id)?["status"].as_str().unwrap_or_default();
    if !["draft", "tiers_setup", "pending", "inquiring", "scheduled"].contains(&status) {
        return Err(bad(&format!("Parameters can not be changed in status `{status}`.")));
    }
    let mut request = ctx.find(REQUESTS, &id)?.clone();
    merge_params(request.pointer_mut("/asset/params"), changes.as_ref(), "asset.params")?;
    if let Some(note) = note {
        request["note"] = note.into();
    }
    touch(&mut request);
    let request = ctx.change(REQUESTS, &id, "update", |old| *old = request)?;
    Ok(Answer::json(200, &request))
}

fn touch(request: &mut Value) {
    let now = Value::from(clock::now());
    if let Some(at) = request.pointer_mut("/asset/events/updated/at") {
        *at = now.clone();
    }
    request["updated"] = now;
}

/// The template a body names: it has to be one of the product's if the product has any.
fn template(ctx: &Ctx<'_>, product: &str, id: &str) -> Result<Value, Answer> {
    let collection = format!("products/{product}/templates");
    match ctx.store.get(&collection, id) {
        Some(template) => Ok(template.clone()),
        None if ctx.store.count(&collection) == 0 => Ok(json!({"id": id, "name": id, "body": ""})),
        None => Err(bad(&format!("template_id: template {id} does not exist."))),
    }
}

pub(super) fn approve(ctx: &mut Ctx<'_>) -> Outcome {
    let id = ctx.segment(1);
    let body = ctx.object(&["template_id", "activation_tile", "effective_date", "asset"])?;
    let (template_id, tile) = (text(&body, "template_id")?, text(&body, "activation_tile")?);
    ctx.status(REQUESTS, &id, &["pending"])?;
    let request = ctx.find(REQUESTS, &id)?;
    let product = request["asset"]["product"]["id"].as_str().unwrap_or_default();
    let params = request["asset"]["params"].clone();
    let (template, key) = match (template_id, tile) {
        (Some(template_id), None) => {
            let template = template(ctx, product, template_id)?;
            let key = render_body(&template, &params);
            (Some(json!({"id": template["id"], "name": template["name"]})), key)
        }
        (None, Some(tile)) => (None, tile.to_owned()),
        _ => return Err(bad("One of template_id, activation_tile is required.")),
    };
    let effective = text(&body, "effective_date")?.map(str::to_owned);
    if effective.as_deref().is_some_and(|date| clock::parse(date).is_none()) {
        return Err(bad("effective_date: Datetime has wrong format."));
    }
    let next_date = next_date(&body)?;
    let request = ctx.change(REQUESTS, &id, "approve", |request| {
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
    settle_asset(ctx, &request);
    Ok(Answer::json(200, &request))
}

fn next_date(body: &Map<String, Value>) -> Result<Option<String>, Answer> {
    let Some(asset) = body.get("asset") else {
        return Ok(None);
    };
    let date = asset.pointer("/billing/next_date").and_then(Value::as_str);
    match date {
        Some(date) if clock::parse(date).is_some() => Ok(Some(date.to_owned())),
        _ => Err(bad("asset.billing.next_date: Datetime has wrong format.")),
    }
}

/// The asset itself becomes what the approved request says of it.
fn settle_asset(ctx: &mut Ctx<'_>, request: &Value) {
    let Value::Object(of_request) = &request["asset"] else {
        return;
    };
    let Some(id) = of_request.get("id").and_then(Value::as_str) else {
        return;
    };
    let known = ctx.store.update("assets", id, |asset| {
        for key in ["status", "params", "items", "billing", "events"] {
            if let Some(value) = of_request.get(key) {
                asset[key] = value.clone();
            }
        }
        asset["template"] = request["template"].clone();
    });
    if known.is_none() {
        let mut asset = request["asset"].clone();
        asset["template"] = request["template"].clone();
        ctx.store.insert("assets", asset);
    }
}

pub(super) fn inquire(ctx: &mut Ctx<'_>) -> Outcome {
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
    Ok(Answer::json(200, &request))
}

pub(super) fn fail(ctx: &mut Ctx<'_>) -> Outcome {
    let id = ctx.segment(1);
    let body = ctx.object(&["reason"])?;
    let reason = text(&body, "reason")?.unwrap_or_default().to_owned();
    ctx.status(REQUESTS, &id, &["pending", "inquiring"])?;
    move_to(ctx, &id, "failed", |request| request["reason"] = reason.into())
}

/// Transitions without a body.
pub(super) fn plain(ctx: &mut Ctx<'_>) -> Outcome {
    let id = ctx.segment(1);
    ctx.free_object()?;
    let (from, to): (&[&str], &str) = match ctx.verb().as_str() {
        "pend" => (&["inquiring"], "pending"),
        "purchase" | "submit" => (&["draft"], "pending"),
        _ => (&["revoking", "scheduled"], "revoked"),
    };
    let before = ctx.status(REQUESTS, &id, from)?;
    let to = if before == "scheduled" { "pending" } else { to };
    move_to(ctx, &id, to, |_| ())
}

pub(super) fn schedule(ctx: &mut Ctx<'_>) -> Outcome {
    let id = ctx.segment(1);
    let body = ctx.object(&["planned_date"])?;
    let date = text(&body, "planned_date")?.filter(|date| clock::parse(date).is_some());
    let date = date.ok_or_else(|| bad("planned_date: Datetime has wrong format."))?.to_owned();
    ctx.status(REQUESTS, &id, &["pending"])?;
    move_to(ctx, &id, "scheduled", |request| request["planned_date"] = date.into())
}

pub(super) fn revoke(ctx: &mut Ctx<'_>) -> Outcome {
    let id = ctx.segment(1);
    let body = ctx.object(&["reason"])?;
    let reason = text(&body, "reason")?.unwrap_or_default().to_owned();
    ctx.status(REQUESTS, &id, &["scheduled"])?;
    move_to(ctx, &id, "revoking", |request| request["reason"] = reason.into())
}

fn move_to(ctx: &mut Ctx<'_>, id: &str, status: &str, more: impl FnOnce(&mut Value)) -> Outcome {
    let verb = ctx.verb();
    let request = ctx.change(REQUESTS, id, &verb, |request| {
        request["status"] = status.into();
        more(request);
        touch(request);
    })?;
    Ok(Answer::json(200, &request))
}

/// The user of an assignment: exactly one of `id` and `email`.
pub(super) fn assignee(ctx: &Ctx<'_>) -> Result<Value, Answer> {
    let body = ctx.object(&["id", "email"])?;
    match (text(&body, "id")?, text(&body, "email")?) {
        (Some(id), None) => Ok(json!({"id": id, "name": id})),
        (None, Some(email)) => Ok(json!({"id": "UR-000-000-001", "name": email, "email": email})),
        _ => Err(bad("Exactly one of id, email is required.")),
    }
}

pub(super) fn assign(ctx: &mut Ctx<'_>) -> Outcome {
    let user = assignee(ctx)?;
    let request = ctx.change(REQUESTS, &ctx.segment(1), "assign", |request| request["assignee"] = user)?;
    Ok(Answer::json(200, &request))
}

pub(super) fn unassign(ctx: &mut Ctx<'_>) -> Outcome {
    ctx.object(&[])?;
    let request =
        ctx.change(REQUESTS, &ctx.segment(1), "unassign", |request| request["assignee"] = Value::Null)?;
    Ok(Answer::json(200, &request))
}

pub(super) fn validate(ctx: &mut Ctx<'_>) -> Outcome {
    let body = ctx.object(&["asset"])?;
    let mut request = ctx.find(REQUESTS, &ctx.segment(1))?.clone();
    let changes = body.get("asset").and_then(|asset| asset.get("params"));
    merge_params(request.pointer_mut("/asset/params"), changes, "asset.params")?;
    Ok(Answer::json(200, &request))
}

pub(super) fn render(ctx: &mut Ctx<'_>) -> Outcome {
    let request = ctx.find(REQUESTS, &ctx.segment(1))?;
    let product = request["asset"]["product"]["id"].as_str().unwrap_or_default();
    let template = request["template"]["id"].as_str();
    let template = template.and_then(|id| ctx.store.get(&format!("products/{product}/templates"), id));
    let text = match template {
        Some(template) => render_body(template, &request["asset"]["params"]),
        None => request["activation_key"].as_str().unwrap_or_default().to_owned(),
    };
    Ok(Answer::bytes(200, "text/markdown; charset=utf-8", text))
}

/// The body of a template with the values of parameters in place of `{{ id }}`.
pub(super) fn render_body(template: &Value, params: &Value) -> String {
    let body = template["body"].as_str().unwrap_or_default();
    let mut out = String::with_capacity(body.len());
    let mut rest = body;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((name, after)) = after.split_once("}}") else {
            break;
        };
        out.push_str(before);
        let param =
            params.as_array().and_then(|params| params.iter().find(|param| param["id"] == name.trim()));
        out.push_str(param.and_then(|param| param["value"].as_str()).unwrap_or_default());
        rest = after;
    }
    out + rest
}

pub(super) fn create(ctx: &mut Ctx<'_>) -> Outcome {
    let body =
        ctx.object(&["type", "status", "note", "reason", "asset", "marketplace", "external_attributes"])?;
    let kind = text(&body, "type")?.unwrap_or_default();
    let Some(Value::Object(asset)) = body.get("asset") else {
        return Err(bad("asset: This field is required."));
    };
    let number = ctx.store.serial();
    let digits = format!(
        "{:04}-{:04}-{:04}",
        9000 + number / 100_000_000 % 1000,
        number / 10_000 % 10_000,
        number % 10_000
    );
    let asset = match kind {
        "purchase" => purchase(ctx, asset, &format!("AS-{digits}"))?,
        "change" | "suspend" | "resume" | "cancel" => existing(ctx, kind, asset)?,
        other => return Err(bad(&format!("type: \"{other}\" is not a valid choice."))),
    };
    let status = match text(&body, "status")? {
        Some(status @ ("draft" | "pending")) => status,
        None => "pending",
        Some(other) => return Err(bad(&format!("status: \"{other}\" is not a valid choice."))),
    };
    let now = clock::now();
    let request = json!({
        "id": format!("PR-{digits}-001"), "type": kind, "status": status, "note": body.get("note"), "reason": "",
        "created": now, "updated": now, "answered": false, "assignee": "", "activation_key": "",
        "marketplace": body.get("marketplace").unwrap_or(&asset["marketplace"]), "contract": asset["contract"],
        "asset": asset,
    });
    ctx.create(REQUESTS, &request);
    let conversation = sample::conversation_for(request["id"].as_str().unwrap_or_default());
    ctx.store.insert("conversations", conversation);
    Ok(Answer::json(201, &request))
}

fn purchase(ctx: &Ctx<'_>, given: &Map<String, Value>, id: &str) -> Result<Value, Answer> {
    let allowed = [
        "external_id",
        "external_uid",
        "product",
        "connection",
        "items",
        "params",
        "tiers",
        "marketplace",
        "contract",
        "configuration",
    ];
    only(given, &allowed, "asset.")?;
    let product = given.get("product").and_then(|product| product["id"].as_str()).unwrap_or_default();
    if product.is_empty() {
        return Err(bad("asset.product.id: This field is required."));
    }
    if ctx.store.count("products") > 0 && ctx.store.get("products", product).is_none() {
        return Err(bad(&format!("asset.product: product {product} does not exist.")));
    }
    if given.get("items").and_then(Value::as_array).is_none_or(Vec::is_empty) {
        return Err(bad("asset.items: This field is required."));
    }
    let mut asset = sample::asset(id);
    asset["status"] = "processing".into();
    asset["product"] = sample::product_reference(product);
    asset["params"] = json!([]);
    for (key, value) in given {
        if key == "product" {
            continue;
        }
        asset[key] = value.clone();
    }
    for item in asset["items"].as_array_mut().into_iter().flatten() {
        item["old_quantity"] = "0".into();
        item["quantity"] = quantity_text(&item["quantity"]);
    }
    Ok(asset)
}

fn existing(ctx: &Ctx<'_>, kind: &str, given: &Map<String, Value>) -> Result<Value, Answer> {
    only(given, if kind == "change" { &["id", "items", "params"] } else { &["id"] }, "asset.")?;
    let id = given.get("id").and_then(Value::as_str).unwrap_or_default();
    let Some(asset) = ctx.store.get("assets", id) else {
        return Err(bad(&format!("asset.id: asset {id} does not exist.")));
    };
    let mut asset = asset.clone();
    let wanted = given.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
    for item in asset["items"].as_array_mut().into_iter().flatten() {
        item["old_quantity"] = item["quantity"].clone();
        let new = wanted.iter().find(|new| new["id"] == item["id"] || new["id"] == item["global_id"]);
        if let Some(new) = new {
            item["quantity"] = quantity_text(&new["quantity"]);
        }
    }
    merge_params(asset.get_mut("params"), given.get("params"), "asset.params")?;
    Ok(asset)
}

/// Quantities go in as numbers and come out as text.
fn quantity_text(quantity: &Value) -> Value {
    match quantity {
        Value::Number(number) => number.to_string().into(),
        other => other.clone(),
    }
}
