//! Every documented filter and ordering of every list is accepted, and nothing that is not documented.

use connect::sandbox::{Sandbox, sample};
use serde_json::{Value, json};

use crate::support::raw::Raw;

const SPEC: &str = include_str!("../../openapi-subset.json");
const LOOKUPS: [&str; 11] = ["eq", "ne", "gt", "ge", "lt", "le", "like", "ilike", "in", "out", "null"];
/// A list that takes no filters, whatever its description inherits.
const NO_FILTERS: &str = "/assets/{asset_id}/requests";

/// A sandbox in which each object above a nested list exists.
fn parents() -> Sandbox {
    let sandbox = Sandbox::empty().unwrap();
    for list in ["accounts", "agreements", "assets", "contracts", "conversations", "hubs", "products"] {
        sandbox.insert(list, json!({"id": "X-1"}));
    }
    sandbox.insert("products/X-1/versions", json!({"id": "X-1"}));
    sandbox.insert("usage/files", sample::usage_file("X-1"));
    sandbox.insert("tier/accounts", sample::tier_account("X-1"));
    sandbox
}

/// `/products/{id}/items` → `/products/X-1/items`.
fn path_of(template: &str) -> String {
    let part = |part: &str| if part.starts_with('{') { "X-1".to_owned() } else { part.to_owned() };
    template.split('/').map(part).collect::<Vec<_>>().join("/")
}

fn parameters<'s>(spec: &'s Value, operation: &'s Value) -> Vec<&'s Value> {
    let all = operation["parameters"].as_array().into_iter().flatten();
    all.map(|own| match own["$ref"].as_str() {
        Some(at) => spec.pointer(at.trim_start_matches('#')).unwrap(),
        None => own,
    })
    .collect()
}

/// What a filter is documented to take: its lookups, and whether the list can be ordered by it.
fn documented(parameter: &Value) -> Option<(Vec<&str>, bool)> {
    let text = parameter["description"].as_str()?;
    let (_, rest) = text.split_once("**lookups:**")?;
    let names = rest.lines().next().unwrap_or_default().split(',').map(str::trim);
    Some((names.filter(|name| !name.is_empty()).collect(), text.contains("**ordering:** true")))
}

/// A value of the filter's type.
fn value_of(parameter: &Value) -> String {
    let schema = &parameter["schema"];
    match (schema["enum"][0].as_str(), schema["type"].as_str(), schema["format"].as_str()) {
        (Some(choice), ..) => choice.to_owned(),
        (None, Some("boolean"), _) => "true".to_owned(),
        (None, Some("integer" | "number"), _) => schema["enum"][0].as_i64().unwrap_or(1).to_string(),
        (None, _, Some("date-time" | "date")) => "2024-02-29T10:00:00Z".to_owned(),
        _ => "2024-02-29".to_owned(),
    }
}

fn condition(name: &str, lookup: &str, value: &str) -> String {
    match lookup {
        "in" | "out" => format!("{lookup}({name},({value}))"),
        "null" => format!("eq({name},null())"),
        _ => format!("{lookup}({name},{value})"),
    }
}

#[test]
fn every_documented_filter_and_ordering_of_every_list_is_accepted() {
    let spec: Value = serde_json::from_str(SPEC).unwrap();
    let sandbox = parents();
    let mut client = Raw::new(&sandbox);
    let (mut lookups, mut orderings, mut wrong) = (0, 0, Vec::new());
    for (template, operations) in spec["paths"].as_object().unwrap() {
        let parameters = parameters(&spec, &operations["get"]);
        if template == NO_FILTERS || !parameters.iter().any(|parameter| parameter["name"] == "limit") {
            continue;
        }
        let path = path_of(template);
        let mut ask = |query: &str, expected: u16| {
            let status = client.get(&format!("{path}?{query}")).status;
            if status != expected {
                wrong.push(format!("{status} {path}?{query}"));
            }
        };
        ask("limit=1", 200);
        ask("eq(no.such.filter,1)", 200);
        for parameter in parameters {
            let Some((own, orderable)) = documented(parameter) else { continue };
            let name = parameter["name"].as_str().unwrap();
            for lookup in LOOKUPS {
                let allowed = own.contains(&lookup);
                lookups += usize::from(allowed);
                // A property that can only be selected is no filter, and what is no filter is ignored.
                let refused = if own.is_empty() { 200 } else { 400 };
                let query = condition(name, lookup, &value_of(parameter));
                ask(&query, if allowed { 200 } else { refused });
            }
            orderings += usize::from(orderable);
            ask(&format!("ordering(-{name})"), if orderable { 200 } else { 400 });
        }
    }
    assert_eq!(wrong, [""; 0], "{} of {lookups} lookups and {orderings} orderings", wrong.len());
    assert!(lookups > 3000 && orderings > 180, "{lookups} lookups, {orderings} orderings");
}

#[test]
fn a_status_and_a_level_are_compared_as_the_words_that_they_are() {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.insert("products", sample::product("PRD-1"));
    let mut draft = sample::product("PRD-2");
    draft["status"] = "draft".into();
    sandbox.insert("products", draft);
    sandbox.insert("tier/configs", json!({"id": "TC-1", "tier_level": 1}));
    sandbox.insert("tier/configs", json!({"id": "TC-2", "tier_level": 2}));
    let mut client = Raw::new(&sandbox);
    for (query, found) in [
        ("/products?status=published", "PRD-1"),
        ("/products?in(status,(draft,deleted))", "PRD-2"),
        ("/products?ne(status,draft)", "PRD-1"),
        ("/tier/configs?eq(tier_level,2)", "TC-2"),
        ("/tier/configs?in(tier_level,(1))", "TC-1"),
        ("/tier/configs?gt(tier_level,1)", "TC-2"),
    ] {
        let list = client.get(query).json();
        assert_eq!((list.as_array().map(Vec::len), &list[0]["id"]), (Some(1), &json!(found)), "{query}");
    }
}
