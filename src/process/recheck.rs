//! What a run asked for, held against what the platform lists: a server that ignores a filter lists everything.

use serde_json::Value;

use super::{Options, Queue};
use crate::error::Result;
use crate::http::parse;
use crate::models::timestamp;
use crate::page::{QUERY, parts};
use crate::rql::{Query, QueryError};

/// After so many in a row that were not asked for, the platform ignores what it is asked for.
pub(super) const UNASKED: u32 = 5;

/// What a run asks for.
#[derive(Debug)]
pub(super) struct Wanted<'a> {
    products: &'a [String],
    statuses: Vec<String>,
    filter: Query,
}

impl<'a> Wanted<'a> {
    pub(super) fn new<T: Queue>(products: &'a [String], options: &Options<'_>) -> Self {
        let statuses = match options.statuses.as_slice() {
            [] => vec![T::STATUS.to_owned()],
            statuses => statuses.to_vec(),
        };
        Self { products, statuses, filter: options.filter.clone() }
    }

    /// What the list is asked for.
    pub(super) fn filters<T: Queue>(&self) -> Result<String> {
        let mut query = match self.statuses.as_slice() {
            [status] => Query::new().equal("status", status),
            statuses => Query::new().in_("status", statuses),
        };
        if !self.products.is_empty() {
            query = query.in_(T::PRODUCT, self.products);
        }
        let filters = query.narrow(&self.filter).filters()?;
        // The walk has to add where it stands.
        if filters.len() > QUERY {
            return Err(QueryError::TooLong { length: filters.len(), most: QUERY }.into());
        }
        Ok(filters)
    }

    /// Whether an object of this product is wanted: all are where none is configured.
    pub(super) fn has_product(&self, product: &str) -> bool {
        self.products.is_empty() || self.products.iter().any(|own| own == product)
    }

    /// Whether an object in this state is wanted; one that does not tell its state is.
    pub(super) fn has_status(&self, status: &str) -> bool {
        status.is_empty() || self.statuses.iter().any(|wanted| wanted.eq_ignore_ascii_case(status))
    }

    /// For each element of a page, the filter that it contradicts. Nothing at all where the run has no filter.
    pub(super) fn contradicted(&self, page: &[u8]) -> Vec<Option<String>> {
        if !self.filter.has_filters() {
            return Vec::new();
        }
        // Bytes that are no UTF-8 spoil the elements that they are in, and not the page.
        let page = String::from_utf8_lossy(page);
        // One by one, so that a page is not in memory twice.
        let elements = parts(&page).unwrap_or_default();
        elements.into_iter().map(|element| self.contradicted_by(element.as_bytes())).collect()
    }

    /// The filter that an object contradicts.
    pub(super) fn contradicted_by(&self, object: &[u8]) -> Option<String> {
        if !self.filter.has_filters() {
            return None;
        }
        let object: Value = parse(object).ok()?;
        self.filter.contradicted(|property| told(&object, property))
    }
}

/// The values of a property, or `None` where the object does not tell them.
fn told(object: &Value, property: &str) -> Option<Vec<String>> {
    // The platform shows no passwords.
    if property.ends_with("params.value") {
        return None;
    }
    let property = property.replace("__", ".");
    let mut values = Vec::new();
    collect(object, &property.split('.').collect::<Vec<_>>(), &mut values).then_some(values)
}

/// Collects the texts at a path, which may lead through lists; false where one of them is not told.
fn collect(value: &Value, path: &[&str], into: &mut Vec<String>) -> bool {
    match (value, path) {
        (Value::Null, _) => true,
        (Value::Array(list), path) => list.iter().all(|one| collect(one, path, into)),
        (Value::Object(object), [first, rest @ ..]) => {
            object.get(*first).is_some_and(|value| collect(value, rest, into))
        }
        // A time has many spellings.
        (Value::String(text), []) if timestamp::parse(text).is_none() => {
            into.push(text.clone());
            true
        }
        (Value::Bool(_) | Value::Number(_), []) => {
            into.push(value.to_string());
            true
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_property_is_told_where_all_of_it_is_there() {
        let object = json!({
            "id": "PR-1", "level": 1, "new": true, "note": null, "created": "2024-03-04T09:12:44+00:00",
            "assignee": {"id": "UR-1"}, "marketplace": null,
            "asset": {"params": [{"id": "a", "value": "1"}, {"id": "b", "value": null}], "items": [{"id": "x"}, {}]},
        });
        let told = |property| told(&object, property);
        let texts = |texts: &[&str]| Some(texts.iter().map(ToString::to_string).collect::<Vec<_>>());
        for (property, expected) in [
            ("id", texts(&["PR-1"])),
            ("level", texts(&["1"])),
            ("new", texts(&["true"])),
            ("note", texts(&[])),
            ("marketplace.id", texts(&[])),
            ("assignee__id", texts(&["UR-1"])),
            ("asset.params.id", texts(&["a", "b"])),
            ("asset.params.value", None),
            ("asset.items.id", None),
            ("created", None),
            ("assignee", None),
            ("product_id", None),
            ("asset.product.id", None),
        ] {
            assert_eq!(told(property), expected, "{property}");
        }
    }
}
