//! Usage files, from draft to closed.

use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use super::context::{Context, HandlerResult, only, text};
use super::error::{bad_request, not_found};
use super::lists;
use super::message::HttpResponse;
use super::store::{Upload, Verdict};
use super::{clock, multipart, sample, storage, workbook};

const FILES: &str = "usage/files";

pub(super) fn list(ctx: &mut Context<'_>) -> HandlerResult {
    let waiting: Vec<_> = ctx.store.uploads.keys().cloned().collect();
    for id in waiting {
        show_verdict(ctx, &id);
    }
    lists::list(ctx)
}

pub(super) fn detail(ctx: &mut Context<'_>) -> HandlerResult {
    let id = ctx.segment(2);
    show_verdict(ctx, &id);
    let processed = ctx.store.uploads.get(&id).is_some_and(|upload| upload.verdict.is_none());
    if !processed {
        return lists::detail(ctx);
    }
    let mut file = ctx.find(FILES, &id)?.clone();
    let path = format!("usage/{id}/processed.xlsx");
    file["processed_file_uri"] =
        storage::short_link(&ctx.options.storage, &path, ctx.options.link_life).into();
    Ok(HttpResponse::json(200, &file))
}

/// Shows the verdict on an upload, after the reads that see the file in `processing`.
fn show_verdict(ctx: &mut Context<'_>, id: &str) {
    if !is_processed(ctx, id) {
        return;
    }
    let Some(upload) = ctx.store.uploads.get_mut(id) else {
        return;
    };
    if upload.reads_left > 0 {
        upload.reads_left -= 1;
        return;
    }
    if let Some(verdict) = upload.verdict.take() {
        ctx.store.update(FILES, id, |file| apply_verdict(file, &verdict));
    }
}

/// Whether the time that the platform takes for a file is over; until then, shows how far it is.
fn is_processed(ctx: &mut Context<'_>, id: &str) -> bool {
    let total = ctx.options.processing_time;
    let waits = ctx.store.uploads.get(id).filter(|upload| upload.verdict.is_some());
    let Some(elapsed) = waits.map(|upload| upload.at.elapsed()).filter(|elapsed| *elapsed < total) else {
        return true;
    };
    let status = match () {
        () if elapsed < total / 8 => "uploading",
        () if elapsed < total / 4 => "uploaded",
        () => "processing",
    };
    ctx.store.update(FILES, id, |file| {
        if ["uploading", "uploaded", "processing"].contains(&file["status"].as_str().unwrap_or_default()) {
            file["status"] = status.into();
        }
    });
    false
}

/// What a call about a file finds: one whose time is over has its verdict.
fn settle(ctx: &mut Context<'_>, id: &str) {
    if ctx.options.processing_time > Duration::ZERO {
        show_verdict(ctx, id);
    }
}

fn apply_verdict(file: &mut Value, verdict: &Verdict) {
    file["status"] = if verdict.error.is_some() { "invalid" } else { "ready" }.into();
    file["error_detail"] =
        verdict.error.clone().map(|text| text.chars().take(200).collect::<String>()).into();
    file["records"] = json!({"valid": verdict.valid, "invalid": verdict.invalid, "closed": 0});
    file["stats"] = json!({
        "uploaded": verdict.valid + verdict.invalid, "validated": verdict.valid, "pending": 0, "accepted": 0,
        "closed": 0, "billed": 0,
    });
}

pub(super) fn create(ctx: &mut Context<'_>) -> HandlerResult {
    let body = ctx.object(&[
        "name",
        "description",
        "note",
        "period",
        "currency",
        "product",
        "contract",
        "external_id",
    ])?;
    lengths(&body)?;
    for (key, parts) in [("product", ["id", "id"]), ("contract", ["id", "id"]), ("period", ["from", "to"])] {
        match body.get(key) {
            Some(Value::Object(map)) => only(map, &parts, &format!("{key}."))?,
            Some(Value::Null) | None => {}
            Some(_) => return Err(bad_request(&format!("{key}: Expected a dictionary."))),
        }
    }
    let id_of = |key: &str| body.get(key).and_then(|value| value["id"].as_str()).unwrap_or_default();
    let (product, contract) = (id_of("product"), id_of("contract"));
    if text(&body, "name")?.unwrap_or_default().is_empty() || product.is_empty() || contract.is_empty() {
        return Err(bad_request("name, product.id and contract.id are required."));
    }
    let known = ctx.store.get("products", product);
    if known.is_none() && ctx.store.count("products") > 0 {
        return Err(bad_request(&format!("product.id: product {product} does not exist.")));
    }
    let product = json!({"id": product, "name": sample::product_reference(product)["name"]});
    let contract_name =
        ctx.store.get("contracts", contract).map_or(Value::Null, |found| found["name"].clone());
    let number = ctx.store.serial();
    let now = clock::now();
    let year_and_month = now.get(..7).unwrap_or("2024-03");
    let file = json!({
        "id": format!("UF-{year_and_month}-{:04}-{:04}", 9000 + number / 10_000 % 1000, number % 10_000),
        "name": body["name"], "status": "draft", "created_by": "vault-automation@example.net", "created_at": now,
        "description": body.get("description").unwrap_or(&Value::from("")), "external_id": body.get("external_id"),
        "vendor": sample::vendor(), "provider": sample::provider(), "environment": "production",
        "product": product, "contract": {"id": contract, "name": contract_name},
        "marketplace": sample::marketplace(), "schema": "qt", "currency": body.get("currency"),
        "period": body.get("period"), "events": {"created": {"at": now, "by": sample::service_user()}},
        "error_detail": null, "acceptance_note": null, "rejection_note": null,
        "records": {"valid": 0, "invalid": 0, "closed": 0},
    });
    ctx.create(FILES, &file);
    Ok(HttpResponse::json(201, &file))
}

/// Texts of a file are texts, and no longer than the platform takes them.
fn lengths(body: &Map<String, Value>) -> Result<(), HttpResponse> {
    let texts = [("name", 100), ("description", 200), ("note", 200), ("currency", 20), ("external_id", 200)];
    for (key, most) in texts {
        if text(body, key)?.is_some_and(|text| text.chars().count() > most) {
            let why = format!("{key}: Ensure this field has no more than {most} characters.");
            return Err(bad_request(&why));
        }
    }
    Ok(())
}

pub(super) fn update(ctx: &mut Context<'_>) -> HandlerResult {
    let body = ctx.object(&["description", "note", "period", "currency", "external_id"])?;
    lengths(&body)?;
    let file = ctx.change(FILES, &ctx.segment(2), "update", |file| {
        for (key, value) in body.into_iter().filter(|(key, _)| key != "note") {
            file[key] = value;
        }
    })?;
    let answer = json!({
        "description": file["description"], "note": null, "external_id": file["external_id"],
    });
    Ok(HttpResponse::json(200, &answer))
}

pub(super) fn upload(ctx: &mut Context<'_>) -> HandlerResult {
    let id = ctx.segment(2);
    settle(ctx, &id);
    ctx.status(FILES, &id, &["draft", "uploaded", "invalid", "ready"])?;
    let bytes = form_file(ctx, "usage_file")?;
    let verdict = check(ctx, &id, &bytes)?;
    let mut answer = process(ctx, &id, "upload", bytes, verdict)?;
    // The older API, whose paths end with a slash, answered with 201, and its clients take nothing else.
    if ctx.call.route().ends_with('/') {
        answer.status = 201;
    }
    Ok(answer)
}

pub(super) fn reprocess(ctx: &mut Context<'_>) -> HandlerResult {
    let id = ctx.segment(2);
    settle(ctx, &id);
    ctx.status(FILES, &id, &["invalid", "ready"])?;
    let Some(upload) = ctx.store.uploads.remove(&id) else {
        return Err(bad_request("There is no uploaded file."));
    };
    let verdict = check(ctx, &id, &upload.bytes)?;
    process(ctx, &id, "reprocess", upload.bytes, verdict)
}

/// Checks the records of a file. What they are about has to exist: an asset of the file's product, found by `asset.…` or
/// `parameter.…`; and an item, found by `item.…`, if the product has any. Other criteria are not looked at.
fn check(ctx: &Context<'_>, id: &str, bytes: &[u8]) -> Result<Verdict, HttpResponse> {
    let product = ctx.find(FILES, id)?["product"]["id"].as_str().unwrap_or_default();
    let mut assets = ctx.store.all("assets");
    assets.retain(|asset| asset["product"]["id"] == product);
    let items = ctx.store.all(&format!("products/{product}/items"));
    Ok(workbook::check(bytes, &|criterion, value| match criterion.split_once('.') {
        Some(("asset", field)) => assets.iter().any(|asset| asset[field] == value),
        Some(("parameter", name)) => assets.iter().any(|asset| {
            let params = asset["params"].as_array().into_iter().flatten();
            params.into_iter().any(|param| param["id"] == name && param["value"] == value)
        }),
        Some(("item", field)) => items.is_empty() || items.iter().any(|item| item[field] == value),
        _ => true,
    }))
}

fn process(ctx: &mut Context<'_>, id: &str, action: &str, bytes: Vec<u8>, verdict: Verdict) -> HandlerResult {
    let reads_left = ctx.options.processing_reads;
    let at_once = reads_left == 0 && ctx.options.processing_time.is_zero();
    let link = storage::link(&ctx.options.storage, &format!("usage/{id}/in.xlsx"));
    ctx.change(FILES, id, action, |file| {
        file["usage_file_uri"] = link.into();
        file["events"]["uploaded"] = event();
        if at_once {
            apply_verdict(file, &verdict);
        } else {
            file["status"] = if reads_left > 0 { "processing" } else { "uploading" }.into();
        }
    })?;
    for category in workbook::categories(&bytes) {
        ctx.store.insert(&format!("{FILES}/{id}/categories"), category);
    }
    let errors = verdict.rows.clone();
    let verdict = Some(verdict).filter(|_| !at_once);
    let upload = Upload { bytes, at: Instant::now(), errors, verdict, reads_left };
    ctx.store.uploads.insert(id.to_owned(), upload);
    Ok(HttpResponse::json(200, ctx.find(FILES, id)?))
}

fn event() -> Value {
    json!({"at": clock::now(), "by": sample::service_user()})
}

pub(super) fn accept(ctx: &mut Context<'_>) -> HandlerResult {
    decide(ctx, "accepted", "acceptance_note")
}

pub(super) fn reject(ctx: &mut Context<'_>) -> HandlerResult {
    decide(ctx, "rejected", "rejection_note")
}

fn decide(ctx: &mut Context<'_>, status: &str, note_key: &str) -> HandlerResult {
    let body = ctx.object(&[note_key])?;
    let note = text(&body, note_key)?.map(str::to_owned);
    transition(ctx, &["pending"], status, |file| file[note_key] = note.into())
}

/// A reconciliation file of the provider, for one usage file.
pub(super) fn reconcile(ctx: &mut Context<'_>) -> HandlerResult {
    let id = ctx.segment(2);
    ctx.status(FILES, &id, &["accepted", "closed"])?;
    form_file(ctx, "recon_file")?;
    let link = storage::link(&ctx.options.storage, &format!("usage/{id}/in.xlsx"));
    let file =
        ctx.change(FILES, &id, "reconciliation", |file| file["reconciliation_file_uri"] = link.into())?;
    Ok(HttpResponse::json(200, file))
}

/// A reconciliation file of the provider, for whichever records it names.
pub(super) fn add_reconciliation(ctx: &mut Context<'_>) -> HandlerResult {
    let bytes = form_file(ctx, "recon_file")?;
    let id = format!("RCF-{:04}-{:04}", 1000 + ctx.store.serial() % 9000, ctx.store.serial() % 10_000);
    let reconciliation = json!({
        "id": id, "status": "processed", "notes": {"uploaded": "", "processing": ""},
        "error": {"detail": ""}, "events": {"uploaded": event()},
    });
    ctx.create("usage/reconciliations", &reconciliation);
    let upload = Upload { bytes, at: Instant::now(), errors: Vec::new(), verdict: None, reads_left: 0 };
    ctx.store.uploads.insert(id, upload);
    Ok(HttpResponse::json(201, &reconciliation))
}

/// The file of a reconciliation, as it was uploaded: nothing is processed here.
pub(super) fn reconciliation_file(ctx: &mut Context<'_>) -> HandlerResult {
    let id = ctx.segment(2);
    ctx.find("usage/reconciliations", &id)?;
    let sheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    match ctx.store.uploads.get(&id) {
        Some(upload) => Ok(HttpResponse::bytes(200, sheet, upload.bytes.clone())),
        None => Err(not_found()),
    }
}

fn form_file(ctx: &Context<'_>, field: &str) -> Result<Vec<u8>, HttpResponse> {
    let content_type = ctx.call.content_type.as_deref().unwrap_or_default();
    let bytes = multipart::field(content_type, &ctx.incoming.body, field).map_err(|why| bad_request(&why))?;
    Ok(bytes.to_vec())
}

/// Transitions without a body.
pub(super) fn bare_transition(ctx: &mut Context<'_>) -> HandlerResult {
    ctx.object(&[])?;
    let (from, to): (&[&str], _) = match ctx.verb().as_str() {
        "submit" => (&["ready"], "pending"),
        "close" => (&["accepted", "rejected"], "closed"),
        "delete" => (&["draft", "uploaded", "invalid", "ready", "rejected"], "deleted"),
        _ => (&["pending"], "accepted"),
    };
    transition(ctx, from, to, |_| ())
}

fn transition(
    ctx: &mut Context<'_>,
    from: &[&str],
    to: &str,
    more: impl FnOnce(&mut Value),
) -> HandlerResult {
    let id = ctx.segment(2);
    let verb = ctx.verb();
    settle(ctx, &id);
    ctx.status(FILES, &id, from)?;
    let file = ctx.change(FILES, &id, &verb, |file| {
        file["status"] = to.into();
        let name = if to == "pending" { "submitted" } else { to };
        file["events"][name] = event();
        more(file);
    })?;
    Ok(HttpResponse::json(200, file))
}

/// A signed link to another origin, which wants no credentials.
pub(super) fn template(ctx: &mut Context<'_>) -> HandlerResult {
    let product = ctx.segment(2);
    ctx.find("products", &product)?;
    let link = storage::link(&ctx.options.storage, &format!("templates/{product}.xlsx"));
    Ok(HttpResponse::json(200, &json!({"template_link": link})))
}
