//! New requests, as a distributor makes them.

use serde_json::{Map, Value, json};

use super::context::{Context, HandlerResult, only, text};
use super::error::bad_request;
use super::message::HttpResponse;
use super::params::merge_params;
use super::{clock, product, sample};

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
    let mut asset = asset.clone();
    if let (Some(marketplace), "purchase") = (body.get("marketplace"), kind) {
        asset.insert("marketplace".to_owned(), marketplace.clone());
    }
    let asset = &asset;
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
        "id": format!("PR-{digits}-001"), "type": kind, "status": status,
        "note": body.get("note").unwrap_or(&"".into()), "reason": "",
        "created": now, "updated": now, "answered": false, "assignee": "", "activation_key": "",
        "marketplace": asset["marketplace"], "contract": asset["contract"],
        "asset": asset,
    });
    ctx.create("requests", &request);
    if kind == "purchase" {
        ctx.store.insert("assets", request["asset"].clone());
    }
    let conversation = sample::conversation_for(request["id"].as_str().unwrap_or_default());
    ctx.store.insert("conversations", conversation);
    Ok(HttpResponse::json(201, &request))
}

fn purchase(ctx: &mut Context<'_>, given: &Map<String, Value>, id: &str) -> Result<Value, HttpResponse> {
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
    let mut asset = sample::asset(id);
    asset["status"] = "processing".into();
    asset["product"] = product_reference(ctx, product);
    asset["items"] = items(ctx, product, given.get("items"))?;
    asset["params"] = params(ctx, product, given.get("params"))?;
    for key in ["external_id", "external_uid", "configuration"] {
        if let Some(value) = given.get(key) {
            asset[key] = value.clone();
        }
    }
    for (key, list) in [("connection", ""), ("marketplace", "marketplaces"), ("contract", "contracts")] {
        let Some(value) = given.get(key).and_then(Value::as_object) else { continue };
        let known = value.get("id").and_then(Value::as_str).filter(|_| !list.is_empty());
        let known = known.and_then(|id| ctx.store.get(list, id)).cloned().unwrap_or(Value::Null);
        for part in ["name", "icon", "type"] {
            if let Some(own) = known.get(part) {
                asset[key][part] = own.clone();
            }
        }
        for (part, own) in value {
            asset[key][part] = own.clone();
        }
    }
    if let Some(Value::Object(tiers)) = given.get("tiers") {
        only(tiers, &["customer", "tier1", "tier2"], "asset.tiers.")?;
        // In a sandbox without accounts every id is one.
        let any_id = ctx.store.count("tier/accounts") == 0;
        for (tier, account) in tiers.iter().filter(|(_, account)| !account.is_null()) {
            asset["tiers"][tier] = tier_account(ctx, tier, account, any_id)?;
        }
    }
    Ok(asset)
}

fn product_reference(ctx: &Context<'_>, id: &str) -> Value {
    let mut reference = sample::product_reference(id);
    if let Some(known) = ctx.store.get("products", id) {
        for key in ["name", "icon", "status"] {
            reference[key] = known[key].clone();
        }
    }
    reference
}

/// The ordered items, whole: each is one of the product's items, if the product has any.
fn items(ctx: &Context<'_>, product: &str, given: Option<&Value>) -> Result<Value, HttpResponse> {
    let known = ctx.store.all(&format!("products/{product}/items"));
    let Some(given) = given.and_then(Value::as_array).filter(|items| !items.is_empty()) else {
        return Err(bad_request("asset.items: This field is required."));
    };
    let whole = |item: &Value| {
        let id = item.get("id").or_else(|| item.get("global_id")).and_then(Value::as_str).unwrap_or_default();
        let quantity = quantity_text(&item["quantity"]);
        let same = known.iter().find(|own| ["id", "local_id", "mpn"].iter().any(|key| own[key] == id));
        match same {
            Some(own) => Ok(product::item_of(own, &quantity)),
            None if known.is_empty() => {
                let own = json!({"id": id, "mpn": id, "display_name": id, "period": "monthly", "type": "reservation"});
                Ok(product::item_of(&own, &quantity))
            }
            None => Err(bad_request(&format!("asset.items: item {id} does not exist."))),
        }
    };
    given.iter().map(whole).collect::<Result<Vec<_>, _>>().map(Value::from)
}

/// The parameters of the asset, whole: those that the product defines, with the values that were given.
fn params(ctx: &Context<'_>, product: &str, given: Option<&Value>) -> Result<Value, HttpResponse> {
    let defined = ctx.store.all(&format!("products/{product}/parameters"));
    let of_asset = |own: &&Value| own["scope"] == "asset" && own["phase"] != "configuration";
    let mut params: Vec<_> = defined.iter().filter(of_asset).map(product::param_of).collect();
    if defined.is_empty() {
        let ids =
            given.and_then(Value::as_array).into_iter().flatten().filter_map(|param| param["id"].as_str());
        params = ids.map(|id| sample::param(id, "text", "")).collect();
    }
    let mut params = Value::from(params);
    merge_params(&mut params, given, "asset.params")?;
    Ok(params)
}

/// An account of the supply chain, whole: a known one by its id, or a new one that is known from now on.
fn tier_account(
    ctx: &mut Context<'_>,
    tier: &str,
    given: &Value,
    any_id: bool,
) -> Result<Value, HttpResponse> {
    let keys = ["id", "external_id", "external_uid", "name", "tax_id", "contact_info"];
    let part = |account: &Value| {
        let parts = keys.iter().filter_map(|key| Some(((*key).to_owned(), account.get(key)?.clone())));
        Value::Object(parts.collect())
    };
    let default = sample::asset("AS-0")["tiers"][tier].clone();
    let id = given.get("id").and_then(Value::as_str).unwrap_or_default();
    if let Some(known) = ctx.store.get("tier/accounts", id) {
        return Ok(part(known));
    }
    if !id.is_empty() {
        if !any_id {
            return Err(bad_request(&format!("asset.tiers.{tier}: account {id} does not exist.")));
        }
        let mut whole =
            if default.is_null() { sample::asset("AS-0")["tiers"]["tier1"].clone() } else { default };
        whole["id"] = id.into();
        return Ok(whole);
    }
    let mut account = part(given);
    account["id"] = format!("TA-9100-0000-{:04}", ctx.store.serial()).into();
    ctx.store.insert("tier/accounts", account.clone());
    Ok(account)
}

fn existing(ctx: &Context<'_>, kind: &str, given: &Map<String, Value>) -> Result<Value, HttpResponse> {
    only(given, if kind == "change" { &["id", "items", "params"] } else { &["id"] }, "asset.")?;
    let id = given.get("id").and_then(Value::as_str).unwrap_or_default();
    let Some(asset) = ctx.store.get("assets", id) else {
        return Err(bad_request(&format!("asset.id: asset {id} does not exist.")));
    };
    let mut asset = asset.clone();
    let mut wanted = given.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
    for item in asset["items"].as_array_mut().into_iter().flatten() {
        item["old_quantity"] = item["quantity"].clone();
        let same = |new: &Value| ["id", "global_id", "mpn"].iter().any(|key| new["id"] == item[key]);
        if let Some(at) = wanted.iter().position(same) {
            item["quantity"] = quantity_text(&wanted.remove(at)["quantity"]);
        }
    }
    if !wanted.is_empty() {
        let product = asset["product"]["id"].as_str().unwrap_or_default().to_owned();
        let new = items(ctx, &product, Some(&wanted.into()))?;
        if let (Value::Array(items), Value::Array(new)) = (&mut asset["items"], new) {
            items.extend(new);
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
