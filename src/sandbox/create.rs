//! New requests, as a distributor makes them.

use serde_json::{Map, Value, json};

use super::context::{Context, HandlerResult, only, text};
use super::error::bad_request;
use super::message::HttpResponse;
use super::params::merge_params;
use super::{clock, sample};

pub(super) fn request(ctx: &mut Context<'_>) -> HandlerResult {
    let body =
        ctx.object(&["type", "status", "note", "reason", "asset", "marketplace", "external_attributes"])?;
    let kind = text(&body, "type")?.unwrap_or_default();
    let Some(Value::Object(asset)) = body.get("asset") else {
        return Err(bad_request("asset: This field is required."));
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
        other => return Err(bad_request(&format!("type: \"{other}\" is not a valid choice."))),
    };
    let status = match text(&body, "status")? {
        Some(status @ ("draft" | "pending")) => status,
        None => "pending",
        Some(other) => return Err(bad_request(&format!("status: \"{other}\" is not a valid choice."))),
    };
    let now = clock::now();
    let request = json!({
        "id": format!("PR-{digits}-001"), "type": kind, "status": status, "note": body.get("note"), "reason": "",
        "created": now, "updated": now, "answered": false, "assignee": "", "activation_key": "",
        "marketplace": body.get("marketplace").unwrap_or(&asset["marketplace"]), "contract": asset["contract"],
        "asset": asset,
    });
    ctx.create("requests", &request);
    let conversation = sample::conversation_for(request["id"].as_str().unwrap_or_default());
    ctx.store.insert("conversations", conversation);
    Ok(HttpResponse::json(201, &request))
}

fn purchase(ctx: &Context<'_>, given: &Map<String, Value>, id: &str) -> Result<Value, HttpResponse> {
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
        return Err(bad_request("asset.product.id: This field is required."));
    }
    if ctx.store.count("products") > 0 && ctx.store.get("products", product).is_none() {
        return Err(bad_request(&format!("asset.product: product {product} does not exist.")));
    }
    if given.get("items").and_then(Value::as_array).is_none_or(Vec::is_empty) {
        return Err(bad_request("asset.items: This field is required."));
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

fn existing(ctx: &Context<'_>, kind: &str, given: &Map<String, Value>) -> Result<Value, HttpResponse> {
    only(given, if kind == "change" { &["id", "items", "params"] } else { &["id"] }, "asset.")?;
    let id = given.get("id").and_then(Value::as_str).unwrap_or_default();
    let Some(asset) = ctx.store.get("assets", id) else {
        return Err(bad_request(&format!("asset.id: asset {id} does not exist.")));
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
    merge_params(&mut asset["params"], given.get("params"), "asset.params")?;
    Ok(asset)
}

/// Quantities go in as numbers and come out as text.
fn quantity_text(quantity: &Value) -> Value {
    match quantity {
        Value::Number(number) => number.to_string().into(),
        other => other.clone(),
    }
}
