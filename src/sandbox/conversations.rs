//! Conversations and their messages.

use serde_json::{Value, json};

use super::context::{Context, HandlerResult, text};
use super::error::{bad_request, error, not_found};
use super::lists;
use super::message::HttpResponse;
use super::{clock, sample};

/// Fields of a message. All but `text` and `type` are for reading, and are ignored in a body.
const MESSAGE: [&str; 8] = ["id", "conversation", "account", "created", "creator", "text", "type", "events"];

/// The id of the conversation that a path names by its own id or by that of what it is about.
fn resolve(ctx: &Context<'_>) -> Result<String, HttpResponse> {
    let name = ctx.segment(1);
    if ctx.store.get("conversations", &name).is_some() {
        return Ok(name);
    }
    let found =
        ctx.store.find_instance("conversations", &name).and_then(|c| c.get("id")).and_then(Value::as_str);
    found.map(str::to_owned).ok_or_else(not_found)
}

pub(super) fn detail(ctx: &mut Context<'_>) -> HandlerResult {
    let id = resolve(ctx)?;
    Ok(HttpResponse::json(200, ctx.find("conversations", &id)?))
}

pub(super) fn forbidden(_: &mut Context<'_>) -> HandlerResult {
    Err(error(403, "Conversations are created by the platform."))
}

pub(super) fn close(ctx: &mut Context<'_>) -> HandlerResult {
    let id = resolve(ctx)?;
    ctx.object(&[])?;
    ctx.status("conversations", &id, &["open"])?;
    let closed = ctx.change("conversations", &id, "close", |c| c["status"] = "closed".into())?;
    Ok(HttpResponse::json(200, closed))
}

pub(super) fn messages(ctx: &mut Context<'_>) -> HandlerResult {
    let id = resolve(ctx)?;
    lists::page_of(ctx, &format!("conversations/{id}/messages"))
}

pub(super) fn add(ctx: &mut Context<'_>) -> HandlerResult {
    let conversation = resolve(ctx)?;
    let body = ctx.object(&MESSAGE)?;
    let words = text(&body, "text")?.unwrap_or_default();
    if words.trim().is_empty() {
        return Err(bad_request("text: This field may not be blank."));
    }
    let kind = text(&body, "type")?.unwrap_or("message");
    if !["message", "state_change", "private"].contains(&kind) {
        return Err(bad_request(&format!("type: \"{kind}\" is not a valid choice.")));
    }
    if ctx.find("conversations", &conversation)?["status"] == "closed" {
        return Err(bad_request("The conversation is closed."));
    }
    let collection = format!("conversations/{conversation}/messages");
    let number = ctx.store.count(&collection) + 1;
    let id = format!("ME-{}-{number:03}", conversation.trim_start_matches("CO-"));
    let now = clock::now();
    let message = json!({
        "id": id, "conversation": conversation, "account": sample::vendor(), "created": now,
        "creator": sample::service_user(), "text": words, "type": kind,
        "events": {"created": {"at": now, "by": sample::service_user()}, "updated": {"at": now}},
    });
    ctx.store.record(&collection, &id, "message", None, None);
    ctx.store.insert(&collection, message.clone());
    Ok(HttpResponse::json(201, &message))
}

pub(super) fn edit(ctx: &mut Context<'_>) -> HandlerResult {
    let conversation = resolve(ctx)?;
    let body = ctx.object(&MESSAGE)?;
    let words = text(&body, "text")?.ok_or_else(|| bad_request("text: This field is required."))?.to_owned();
    let collection = format!("conversations/{conversation}/messages");
    let id = ctx.verb();
    let message = ctx.change(&collection, &id, "update", |message| {
        message["text"] = words.into();
        message["events"]["updated"] = json!({"at": clock::now()});
    })?;
    Ok(HttpResponse::json(200, message))
}
