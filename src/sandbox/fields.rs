//! The fields that each list can be filtered, ordered and searched by.

use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

use serde::Deserialize;

/// Fields of one list.
#[derive(Debug, Default)]
pub(super) struct Spec {
    pub(super) fields: HashMap<String, Field>,
    pub(super) search: Vec<Vec<String>>,
    /// Paths that the list leaves out unless selected.
    pub(super) hidden: Vec<Vec<String>>,
    selectable: HashSet<String>,
}

#[derive(Debug, Clone)]
pub(super) struct Field {
    pub(super) path: Vec<String>,
    pub(super) lookups: HashSet<&'static str>,
    pub(super) kind: FieldKind,
    pub(super) orderable: bool,
    pub(super) choices: Option<HashSet<String>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FieldKind {
    Text,
    Time,
    Number,
}

#[derive(Deserialize)]
struct Row {
    #[serde(default)]
    fields: HashMap<String, String>,
    #[serde(default)]
    select: String,
    #[serde(default)]
    hidden: String,
    #[serde(default)]
    choices: HashMap<String, String>,
}

impl Spec {
    /// The fields of a collection; one that is not described has none.
    pub(super) fn of(collection: &str) -> &'static Self {
        static SPECS: OnceLock<(HashMap<String, Spec>, Spec)> = OnceLock::new();
        let (specs, unknown) = SPECS.get_or_init(|| {
            // Parsed in a test; a broken file would leave every list without fields.
            let rows: HashMap<String, Row> =
                serde_json::from_str(include_str!("filters.json")).unwrap_or_default();
            let specs = rows.into_iter().map(|(name, row)| {
                let spec = Self::build(&name, &row);
                (name, spec)
            });
            (specs.collect(), Self::default())
        });
        specs.get(collection).or_else(|| specs.get(&pattern(collection))).unwrap_or(unknown)
    }

    fn build(collection: &str, row: &Row) -> Self {
        let mut spec = Self::default();
        for (lookups, names) in &row.fields {
            let lookups = lookups_of(lookups);
            for name in names.split_whitespace() {
                let bare = name.trim_end_matches(['^', '?']);
                let flags = &name[bare.len()..];
                let path = path_of(collection, bare);
                if flags.contains('?') {
                    spec.search.push(path.clone());
                }
                spec.selectable.extend(prefixes(bare));
                let choices =
                    row.choices.get(bare).map(|c| c.split_whitespace().map(str::to_owned).collect());
                let kind = if choices.is_some() { FieldKind::Text } else { kind_of(&path, &lookups) };
                let field =
                    Field { path, lookups: lookups.clone(), kind, orderable: flags.contains('^'), choices };
                spec.fields.insert(bare.to_owned(), field);
            }
        }
        for name in row.select.split_whitespace().chain(row.hidden.split_whitespace()) {
            spec.selectable.extend(prefixes(name));
        }
        spec.hidden = row.hidden.split_whitespace().map(|name| path_of(collection, name)).collect();
        spec
    }

    pub(super) fn selectable(&self, name: &str) -> bool {
        self.selectable.contains(name)
    }
}

/// `products/PRD-1/items` → `products/*/items`. Lists of a version of a product are those of the product.
fn pattern(collection: &str) -> String {
    let parts: Vec<_> = collection.split('/').collect();
    match parts.as_slice() {
        ["products", _, "versions", _, list] => return format!("products/*/{list}"),
        ["assets", _, "usage", "aggregates"] => return "usage/aggregates".to_owned(),
        _ => {}
    }
    let id = if parts.first() == Some(&"usage") || parts.first() == Some(&"tier") { 2 } else { 1 };
    let generic = parts.iter().enumerate().map(|(i, part)| if i == id { "*" } else { part });
    generic.collect::<Vec<_>>().join("/")
}

fn prefixes(name: &str) -> Vec<String> {
    let dots = name.match_indices('.').map(|(at, _)| name[..at].to_owned());
    dots.chain([name.to_owned()]).collect()
}

fn lookups_of(shorthand: &str) -> HashSet<&'static str> {
    let text = match shorthand {
        "S" => "eq ne like ilike in out",
        "S0" => "eq ne like ilike in out null",
        "N" => "eq ne gt ge lt le in out",
        "N0" => "eq ne gt ge lt le in out null",
        other => other,
    };
    let known = ["eq", "ne", "gt", "ge", "lt", "le", "like", "ilike", "in", "out", "null"];
    known.into_iter().filter(|name| text.split_whitespace().any(|word| word == *name)).collect()
}

fn path_of(collection: &str, name: &str) -> Vec<String> {
    let path = match name {
        "product_id" if collection == "requests" => "asset.product.id".to_owned(),
        // Records carry both the flat and the nested form.
        flat if collection == "usage/records" && flat.ends_with("_id") => flat.to_owned(),
        "product_id" | "asset_id" | "marketplace_id" | "vendor_id" | "provider_id" | "item_id" => {
            name.replace('_', ".")
        }
        "asset.tier1_id" => "asset.tiers.tier1.id".to_owned(),
        "asset.tier2_id" => "asset.tiers.tier2.id".to_owned(),
        "asset.external.id" => "asset.external_id".to_owned(),
        "distribution_contract_id" => "contract.id".to_owned(),
        "created.at" => "events.created.at".to_owned(),
        "unassigned" => "assignee".to_owned(),
        "verbose_id" => "id".to_owned(),
        other => {
            let bare = ["__icontains", "__exact", "__is_null"].iter().find_map(|end| other.strip_suffix(end));
            bare.unwrap_or(other).replace("__", ".")
        }
    };
    path.split('.').map(str::to_owned).collect()
}

fn kind_of(path: &[String], lookups: &HashSet<&'static str>) -> FieldKind {
    if !["gt", "ge"].iter().any(|op| lookups.contains(op)) {
        return FieldKind::Text;
    }
    let last = path.last().map_or("", String::as_str);
    let time = ["created", "updated", "at", "created_at", "from", "to"].contains(&last)
        || last.ends_with("_date")
        || last.ends_with("_time");
    if time { FieldKind::Time } else { FieldKind::Number }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_list_is_described() {
        let requests = Spec::of("requests");
        assert_eq!(requests.fields["created"].kind, FieldKind::Time);
        assert!(requests.fields["created"].orderable);
        assert!(!requests.fields["id"].orderable);
        assert!(requests.fields["status"].choices.as_ref().unwrap().contains("pending"));
        assert_eq!(requests.fields["product_id"].path, ["asset", "product", "id"]);
        assert!(Spec::of("conversations/CO-1/messages").fields["created"].orderable);
        assert!(Spec::of("products/PRD-1/templates").fields.contains_key("scope"));
        assert!(Spec::of("usage/files/UF-1/categories").fields.contains_key("name"));
    }
}
