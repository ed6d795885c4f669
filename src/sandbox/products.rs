//! What products and listings have beyond lists.

use super::context::{Context, HandlerResult};
use super::message::HttpResponse;
use super::params::render_body;

/// A template without the parameters of anything, as a JSON string.
pub(super) fn render_template(ctx: &mut Context<'_>) -> HandlerResult {
    let collection = format!("products/{}/templates", ctx.segment(1));
    let template = ctx.find(&collection, &ctx.segment(3))?;
    Ok(HttpResponse::json(200, &render_body(template, &serde_json::Value::Null)))
}

/// The verbs of listing requests: 200 without a body.
pub(super) fn listing_verb(ctx: &mut Context<'_>) -> HandlerResult {
    let id = ctx.segment(1);
    let verb = ctx.verb();
    ctx.object(&[])?;
    let (from, to): (&[&str], _) = match verb.as_str() {
        "submit" => (&["draft"], "reviewing"),
        "refine" => (&["reviewing"], "draft"),
        "deploy" => (&["reviewing"], "deploying"),
        "complete" => (&["deploying"], "completed"),
        _ => (&["draft", "reviewing", "deploying"], "canceled"),
    };
    ctx.status("listing-requests", &id, from)?;
    ctx.change("listing-requests", &id, &verb, |request| {
        request["state"] = to.into();
    })?;
    Ok(HttpResponse::empty(200))
}
