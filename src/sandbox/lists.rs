//! Lists and single objects, the same for every resource.

use percent_encoding::percent_decode_str;
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::Value;

use super::context::{Context, HandlerResult};
use super::error::{bad_request, not_found};
use super::fields::Spec;
use super::message::HttpResponse;
use super::rql::{self, Query};

/// Fields that a list leaves out: only the single object shows them.
const DETAIL_ONLY: [(&str, &[&str]); 1] = [(
    "usage/files",
    &["records", "usage_file_uri", "processed_file_uri", "reconciliation_file_uri", "sub_status"],
)];

pub(super) fn list(ctx: &mut Context<'_>) -> HandlerResult {
    let collection = ctx.segments.join("/");
    page_of(ctx, &collection)
}

/// A list below an object that has to exist.
pub(super) fn nested(ctx: &mut Context<'_>) -> HandlerResult {
    parent(ctx)?;
    list(ctx)
}

pub(super) fn detail(ctx: &mut Context<'_>) -> HandlerResult {
    let id = ctx.verb();
    let collection = ctx.segments[..ctx.segments.len() - 1].join("/");
    Ok(HttpResponse::json(200, ctx.find(&collection, &id)?))
}

pub(super) fn nested_detail(ctx: &mut Context<'_>) -> HandlerResult {
    parent(ctx)?;
    detail(ctx)
}

fn parent(ctx: &Context<'_>) -> Result<(), HttpResponse> {
    let own = if ["usage", "tier"].contains(&ctx.segment(0).as_str()) { 2 } else { 1 };
    let collection = ctx.segments.get(..own).unwrap_or_default().join("/");
    ctx.find(&collection, &ctx.segment(own)).map(drop)
}

/// The query of a call, or the platform's parsing error.
pub(super) fn query_of(ctx: &Context<'_>) -> Result<Query, HttpResponse> {
    let Ok(text) = percent_decode_str(ctx.call.query()).decode_utf8() else {
        return Err(bad_request("Bad filter query: not UTF-8."));
    };
    rql::parse(&text).map_err(|why| bad_request(&why))
}

/// One page of a collection, filtered, ordered and cut as the query says.
pub(super) fn page_of(ctx: &mut Context<'_>, collection: &str) -> HandlerResult {
    let query = query_of(ctx)?;
    let limit = query.limit.unwrap_or(ctx.options.default_page).min(ctx.options.page_cap);
    let spec = Spec::of(collection);
    let mask = mask(collection, spec, &query).map_err(|why| bad_request(&why))?;
    let shuffle = ctx.options.shuffle.then_some(&mut *ctx.rng);
    let page = ctx.store.page(collection, &query, limit, shuffle).map_err(|why| bad_request(&why))?;
    let answer = HttpResponse::json(200, &Masked::List(&page.values, &mask));
    if !ctx.options.content_range {
        return Ok(answer);
    }
    let first = if limit == 0 { 0 } else { query.offset };
    let last = first + page.values.len().saturating_sub(1);
    Ok(answer.with("Content-Range", format!("items {first}-{last}/{}", page.total)))
}

/// Paths that are left out of each object of the list.
fn mask(collection: &str, spec: &Spec, query: &Query) -> Result<Vec<Vec<String>>, String> {
    let selected = query.select.as_deref().unwrap_or_default();
    for (name, _) in selected {
        if !spec.selectable(name) {
            return Err(format!("Bad select filter: incorrect property {name}."));
        }
    }
    let shown = |path: &Vec<String>| {
        let name = path.join(".");
        // Asking for a part of a hidden object shows the object.
        selected
            .iter()
            .any(|(asked, drop)| !drop && (*asked == name || asked.starts_with(&format!("{name}."))))
    };
    let mut mask: Vec<Vec<String>> = spec.hidden.iter().filter(|path| !shown(path)).cloned().collect();
    for (name, drop) in selected {
        if *drop {
            mask.push(name.split('.').map(str::to_owned).collect());
        }
    }
    for (name, fields) in DETAIL_ONLY {
        if name == collection {
            mask.extend(fields.iter().map(|field| vec![(*field).to_owned()]));
        }
    }
    Ok(mask)
}

/// Values written without some of their parts, and without a copy.
enum Masked<'v> {
    List(&'v [&'v Value], &'v [Vec<String>]),
    One(&'v Value, Vec<&'v [String]>),
}

impl Serialize for Masked<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::List(values, mask) => {
                let mut out = serializer.serialize_seq(Some(values.len()))?;
                for value in *values {
                    out.serialize_element(&Masked::One(value, mask.iter().map(Vec::as_slice).collect()))?;
                }
                out.end()
            }
            Self::One(Value::Object(map), mask) if !mask.is_empty() => {
                let mut out = serializer.serialize_map(None)?;
                for (key, value) in map {
                    let below: Vec<_> =
                        mask.iter().filter(|path| path.first() == Some(key)).map(|path| &path[1..]).collect();
                    if below.iter().all(|path| !path.is_empty()) {
                        out.serialize_entry(key, &Masked::One(value, below))?;
                    }
                }
                out.end()
            }
            Self::One(Value::Array(items), mask) if !mask.is_empty() => {
                let mut out = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    out.serialize_element(&Masked::One(item, mask.clone()))?;
                }
                out.end()
            }
            Self::One(value, _) => value.serialize(serializer),
        }
    }
}

/// The object with this id in another collection, or 404.
pub(super) fn value_in<'c>(
    ctx: &'c Context<'_>,
    collection: &str,
    id: Option<&str>,
) -> Result<&'c Value, HttpResponse> {
    id.and_then(|id| ctx.store.get(collection, id)).ok_or_else(not_found)
}
