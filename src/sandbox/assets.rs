//! Assets and their billing.

use serde_json::{Value, json};

use super::context::{Context, HandlerResult, text};
use super::error::bad_request;
use super::lists;
use super::message::HttpResponse;
use super::params::render_body;
use super::{clock, rql};

/// The requests of an asset in their reduced shape.
pub(super) fn requests(ctx: &mut Context<'_>) -> HandlerResult {
    let id = ctx.segment(1);
    ctx.find("assets", &id)?;
    let asked = lists::query_of(ctx)?;
    let cap = ctx.options.page_cap;
    let of_asset = format!("eq(asset.id,\"{id}\")");
    let query = rql::parse(&of_asset).map_err(|why| bad_request(&why))?;
    let query = rql::Query { offset: asked.offset, ..query };
    let limit = asked.limit.unwrap_or(ctx.options.default_page).min(cap);
    let page = ctx.store.page("requests", &query, limit, None).map_err(|why| bad_request(&why))?;
    let reduced: Vec<_> = page.values.iter().map(|request| reduce(request)).collect();
    let (first, total) = (query.offset, page.total);
    let last = first + reduced.len().saturating_sub(1);
    let answer = HttpResponse::json(200, &reduced);
    Ok(if ctx.options.content_range {
        answer.with("Content-Range", format!("items {first}-{last}/{total}"))
    } else {
        answer
    })
}

fn reduce(request: &Value) -> Value {
    json!({
        "id": request["id"], "type": request["type"], "status": request["status"],
        "events": {"created": {"at": request["created"]}, "updated": {"at": request["updated"]}},
        "assignee": request["assignee"],
    })
}

pub(super) fn render(ctx: &mut Context<'_>) -> HandlerResult {
    let asset = ctx.find("assets", &ctx.segment(1))?;
    let product = asset["product"]["id"].as_str().unwrap_or_default();
    let collection = format!("products/{product}/templates");
    let template = lists::value_in(ctx, &collection, asset["template"]["id"].as_str());
    let text = template.map(|template| render_body(template, &asset["params"])).unwrap_or_default();
    Ok(HttpResponse::bytes(200, "text/markdown; charset=utf-8", text))
}

/// A billing request of an asset.
pub(super) fn bill(ctx: &mut Context<'_>) -> HandlerResult {
    let body = ctx.object(&[
        "asset_id",
        "asset_external_uid",
        "type",
        "items",
        "attributes",
        "period_from",
        "period_to",
        "period_delta",
        "period_uom",
    ])?;
    for key in ["items", "period_from", "period_to", "period_delta", "period_uom"] {
        if !body.contains_key(key) {
            return Err(bad_request(&format!("{key}: This field is required.")));
        }
    }
    let (id, uid) = (text(&body, "asset_id")?, text(&body, "asset_external_uid")?);
    let wanted =
        |asset: &Value| id.map_or_else(|| asset["external_uid"].as_str() == uid, |id| asset["id"] == id);
    let asset = ctx.store.all("subscriptions/assets").into_iter().find(wanted);
    let Some(asset) = asset.filter(|_| id.is_some() != uid.is_some()) else {
        return Err(bad_request(
            "Exactly one of asset_id, asset_external_uid of an existing asset is required.",
        ));
    };
    let kind = text(&body, "type")?.unwrap_or("vendor");
    let now = clock::now();
    let prefix = if kind == "vendor" { "BRV" } else { "BRP" };
    let request = json!({
        "id": format!("{prefix}-9000-0000-0000-{:04}", ctx.store.serial()), "type": kind,
        "events": {"created": {"at": now}, "updated": {"at": now}},
        "asset": asset, "items": body["items"], "attributes": body.get("attributes").unwrap_or(&json!({})),
        "period": {
            "from": body["period_from"], "to": body["period_to"], "delta": body["period_delta"],
            "uom": body["period_uom"],
        },
    });
    ctx.create("subscriptions/requests", &request);
    Ok(HttpResponse::json(201, &request))
}

pub(super) fn attributes(ctx: &mut Context<'_>) -> HandlerResult {
    let body = Value::Object(ctx.object(&["vendor", "provider"])?);
    let changed = ctx.change("subscriptions/requests", &ctx.segment(2), "update", |r| {
        r["attributes"] = body;
    })?;
    Ok(HttpResponse::json(200, &changed["attributes"]))
}
