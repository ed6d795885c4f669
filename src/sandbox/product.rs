//! Products of one's own, as a vendor defines them.

use serde::Deserialize;
use serde_json::{Value, json};

use super::sample;
use super::store::Store;

/// A product to define in a sandbox, with its parameters, items and templates.
///
/// ```
/// use connect::sandbox::{NewProduct, Sandbox};
///
/// let sandbox = Sandbox::empty()?;
/// sandbox.define(
///     NewProduct::new("PRD-100-200-300")
///         .ordering_parameter("email")
///         .fulfillment_parameter("tenant_id")
///         .item("VAULT-GB")
///         .template("TL-100-200-300"),
/// );
/// assert_eq!(sandbox.products(), ["PRD-100-200-300"]);
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[must_use = "a product is there once `Sandbox::define` is given it"]
pub struct NewProduct {
    id: String,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    ordering_parameters: Vec<String>,
    #[serde(default)]
    fulfillment_parameters: Vec<String>,
    #[serde(default)]
    parameters: Vec<Value>,
    #[serde(default)]
    items: Vec<String>,
    #[serde(default)]
    templates: Vec<String>,
    #[serde(default)]
    inquiry_templates: Vec<String>,
}

impl NewProduct {
    /// A published product with this id, `PRD-…`, and nothing else.
    pub fn new(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            name: None,
            ordering_parameters: Vec::new(),
            fulfillment_parameters: Vec::new(),
            parameters: Vec::new(),
            items: Vec::new(),
            templates: Vec::new(),
            inquiry_templates: Vec::new(),
        }
    }

    /// The product's name. The default is its id.
    pub fn name(mut self, name: &str) -> Self {
        self.name = Some(name.to_owned());
        self
    }

    /// A parameter of the phase `ordering`, which the customer fills in. It is required, and its type is text.
    pub fn ordering_parameter(mut self, id: &str) -> Self {
        self.ordering_parameters.push(id.to_owned());
        self
    }

    /// A parameter of the phase `fulfillment`, which the vendor fills in. Its type is text.
    pub fn fulfillment_parameter(mut self, id: &str) -> Self {
        self.fulfillment_parameters.push(id.to_owned());
        self
    }

    /// A parameter in the platform's own shape, of which `id` and `name` are needed:
    /// `{"id": "PRM-…", "name": "seats", "type": "text", "scope": "asset", "phase": "ordering"}`.
    pub fn parameter(mut self, definition: Value) -> Self {
        self.parameters.push(definition);
        self
    }

    /// An item with this manufacturer part number. Its id is that of the product and its place: `PRD-…-0001`.
    pub fn item(mut self, mpn: &str) -> Self {
        self.items.push(mpn.to_owned());
        self
    }

    /// A fulfillment template, `TL-…`, for approvals.
    pub fn template(mut self, id: &str) -> Self {
        self.templates.push(id.to_owned());
        self
    }

    /// A template of the kind `inquire`, `TL-…`.
    pub fn inquiry_template(mut self, id: &str) -> Self {
        self.inquiry_templates.push(id.to_owned());
        self
    }

    pub(super) fn define(self, store: &mut Store) {
        let path = format!("products/{}", self.id);
        let mut product = sample::product(&self.id);
        product["name"] = self.name.unwrap_or_else(|| self.id.clone()).into();
        store.insert("products", product);
        let ordering = self.ordering_parameters.iter().map(|id| (id, "ordering"));
        let fulfillment = self.fulfillment_parameters.iter().map(|id| (id, "fulfillment"));
        let digits = self.id.trim_start_matches("PRD-");
        for (n, (name, phase)) in ordering.chain(fulfillment).enumerate() {
            let id = format!("PRM-{digits}-{:04}", n + 1);
            store.insert(&format!("{path}/parameters"), parameter(&id, name, phase, n));
        }
        for definition in self.parameters {
            store.insert(&format!("{path}/parameters"), definition);
        }
        for (n, mpn) in self.items.iter().enumerate() {
            store.insert(&format!("{path}/items"), item(&self.id, mpn, n));
        }
        for id in &self.templates {
            store.insert(&format!("{path}/templates"), sample::template(id));
        }
        for id in &self.inquiry_templates {
            let mut template = sample::template(id);
            template["type"] = "inquire".into();
            template["body"] = "Please fill in the form.".into();
            store.insert(&format!("{path}/templates"), template);
        }
    }
}

/// The definition of a parameter of the asset.
fn parameter(id: &str, name: &str, phase: &str, place: usize) -> Value {
    json!({
        "id": id, "name": name, "title": name, "description": "", "type": "text", "scope": "asset",
        "phase": phase, "hint": "", "placeholder": "", "position": (place + 1) * 10_000,
        "constraints": {
            "required": phase == "ordering", "hidden": false, "unique": false, "reconciliation": false,
        },
    })
}

fn item(product: &str, mpn: &str, place: usize) -> Value {
    let id = format!("{product}-{:04}", place + 1);
    json!({
        "id": id, "name": mpn, "status": "published", "external_id": "",
        "unit": {"id": "licenses", "name": "licenses", "title": "Licenses", "unit": "unit"}, "mpn": mpn,
        "position": (place + 1) * 10_000, "type": "reservation", "local_id": id.replace('-', "_"),
        "display_name": mpn, "period": "monthly", "precision": "integer", "dynamic": false, "description": "",
        "commitment": {"multiplier": "billing_period", "count": 1},
    })
}

/// The parameter of a new asset from its definition, without a value.
pub(super) fn param_of(definition: &Value) -> Value {
    let name = definition["name"].as_str().or_else(|| definition["id"].as_str()).unwrap_or_default();
    let kind = definition["type"].as_str().unwrap_or("text");
    let mut param = sample::param(name, kind, "");
    for key in ["title", "description", "phase", "scope"] {
        if let Some(text) = definition[key].as_str() {
            param[key] = text.into();
        }
    }
    param["constraints"]["required"] = (definition["constraints"]["required"] == true).into();
    if let Some(choices) = definition["constraints"]["choices"].as_array() {
        param["value_choices"] = choices.clone().into();
        let default = choices.iter().find(|choice| choice["default"] == true);
        param["value"] = default.map_or_else(|| "".into(), |choice| choice["value"].clone());
    }
    param
}

/// The item of a new asset from its definition.
pub(super) fn item_of(definition: &Value, quantity: &Value) -> Value {
    let global_id = &definition["id"];
    let local_id = if definition["local_id"].is_string() { &definition["local_id"] } else { global_id };
    let metered = definition["type"].as_str().is_some_and(|kind| kind.eq_ignore_ascii_case("ppu"));
    json!({
        "id": local_id, "global_id": global_id, "mpn": definition["mpn"], "old_quantity": "0",
        "quantity": quantity, "type": definition["unit"]["title"], "display_name": definition["display_name"],
        "period": definition["period"], "item_type": if metered { "PPU" } else { "Reservation" },
    })
}
