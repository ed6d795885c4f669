//! Orders as a distributor places them.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

/// An order to place in a sandbox, as a distributor does.
///
/// It gets an open conversation, whose id is that of its request with `CO-` in the place of `PR-`.
///
/// ```
/// use connect::sandbox::{NewOrder, NewProduct, Sandbox};
///
/// let sandbox = Sandbox::empty()?;
/// sandbox.define(NewProduct::new("PRD-1").ordering_parameter("email").item("SEAT"));
/// let id = sandbox.order(NewOrder::purchase("PRD-1").item("SEAT", 5).value("email", "a@example.org"))?;
/// assert_eq!(sandbox.status(&id).as_deref(), Some("pending"));
/// assert_eq!(sandbox.messages(&id.replace("PR-", "CO-")).len(), 0);
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[must_use = "an order is placed once `Sandbox::order` is given it"]
pub struct NewOrder {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    product: Option<String>,
    #[serde(default)]
    asset: Option<String>,
    #[serde(default)]
    items: BTreeMap<String, u64>,
    #[serde(default)]
    values: BTreeMap<String, Value>,
    #[serde(default)]
    note: Option<String>,
    #[serde(default)]
    draft: bool,
}

impl NewOrder {
    /// A first order of a product, `PRD-…`.
    pub fn purchase(product: &str) -> Self {
        Self { product: Some(product.to_owned()), ..Self::new("purchase") }
    }

    /// Another order for an asset, `AS-…`, of the type `change`, `suspend`, `resume` or `cancel`.
    pub fn for_asset(kind: &str, asset: &str) -> Self {
        Self { asset: Some(asset.to_owned()), ..Self::new(kind) }
    }

    fn new(kind: &str) -> Self {
        Self {
            kind: kind.to_owned(),
            product: None,
            asset: None,
            items: BTreeMap::new(),
            values: BTreeMap::new(),
            note: None,
            draft: false,
        }
    }

    /// So many of an item, which is named by its manufacturer part number or its id. A purchase without items has one of
    /// each item of its product.
    pub fn item(mut self, item: &str, quantity: u64) -> Self {
        self.items.insert(item.to_owned(), quantity);
        self
    }

    /// The value of a parameter.
    pub fn value(mut self, parameter: &str, value: impl Into<Value>) -> Self {
        self.values.insert(parameter.to_owned(), value.into());
        self
    }

    /// A note to the order.
    pub fn note(mut self, note: &str) -> Self {
        self.note = Some(note.to_owned());
        self
    }

    /// The order stays a draft.
    pub fn draft(mut self) -> Self {
        self.draft = true;
        self
    }

    /// The product of a purchase.
    pub(super) fn product(&self) -> Option<&str> {
        self.product.as_deref()
    }

    /// The body of `POST /requests`. `known` are the items of the product.
    pub(super) fn body(&self, known: &[Value]) -> Value {
        let id_of = |name: &str| {
            let same = known.iter().find(|item| item["mpn"] == name || item["local_id"] == name);
            same.map_or_else(|| name.into(), |item| item["id"].clone())
        };
        let mut items: Vec<_> = self
            .items
            .iter()
            .map(|(name, quantity)| json!({"id": id_of(name), "quantity": quantity}))
            .collect();
        if items.is_empty() && self.kind == "purchase" {
            items = known.iter().map(|item| json!({"id": item["id"], "quantity": 1})).collect();
        }
        let params: Vec<_> =
            self.values.iter().map(|(id, value)| json!({"id": id, "value": value})).collect();
        let mut asset = match (&self.product, &self.asset) {
            (Some(product), _) => json!({"product": {"id": product}}),
            (None, asset) => json!({"id": asset}),
        };
        if !items.is_empty() {
            asset["items"] = items.into();
        }
        if !params.is_empty() {
            asset["params"] = params.into();
        }
        let mut body = json!({"type": self.kind, "asset": asset});
        if let Some(note) = &self.note {
            body["note"] = note.as_str().into();
        }
        if self.draft {
            body["status"] = "draft".into();
        }
        body
    }
}
