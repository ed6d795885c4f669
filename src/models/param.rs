//! Parameters of assets, tier configurations, items and products.

use std::fmt;

use serde::ser::Serializer;
use serde_json::Value;

use super::de::{ObjectSlot, Scalar, Wire, WrongType};
use super::model::{fields, model, object, open_enum, serde_impls};
use super::{
    Asset, Configuration, Events, Item, Marketplace, Reference, Subscription, TierConfig, TierConfigRequest,
};

fields! {
    /// A parameter with its value (of an asset, a tier configuration, an item or a configuration), or its
    /// definition in a product, without a value.
    ///
    /// `Debug` hides the value of a password.
    pub struct Param {
        /// Id of the parameter: its name (`admin_email`, possibly with blanks and `#`), or `PRM-…` in product
        /// definitions.
        pub id: String,
        /// Name of the parameter: the same text as `id` or as `title`, depending on the payload.
        pub name: Option<String>,
        /// Display name of the parameter.
        pub title: Option<String>,
        /// Description of the parameter, shown to the person who fills it in.
        pub description: Option<String>,
        /// Type of the parameter, which decides what kind of value it takes.
        #[doc(alias = "type")]
        pub kind: ParamKind = "type",
        /// Scope of the parameter: the object that it belongs to.
        pub scope: ParamScope,
        /// Phase of the parameter: ordering, fulfillment or configuration.
        pub phase: ParamPhase,
        /// Value of the parameter; the types checkbox, address, phone and object use `structured_value`
        /// instead.
        pub value: Option<String>,
        /// Value of a parameter of type checkbox (`{"choice": true}`), address, phone or object.
        pub structured_value: Option<Value>,
        /// Error message about the value; [`error`](Self::error) ignores texts that mean no error.
        pub value_error: Option<String>,
        /// Error about the value as JSON: the message and the context it is built from.
        pub structured_error: Option<Value>,
        /// Values to choose from.
        pub value_choices: Vec<ValueChoice>,
        /// Values to choose from, under the older key `value_choice`.
        pub value_choice: Vec<ValueChoice>,
        /// Constraints of the value.
        pub constraints: Option<Box<Constraints>>,
        /// Hint for the person who fills in the parameter.
        pub hint: Option<String>,
        /// Placeholder text of the empty input field.
        pub placeholder: Option<String>,
        /// Default value of the parameter.
        pub default: Option<Value>,
        /// Marketplace of the parameter, in old configuration parameters.
        pub marketplace: Option<Box<Marketplace>>,
        /// Parent of the parameter in the form, a heading or another parameter.
        pub parent: Option<Box<Reference>>,
        /// Position of the parameter in the form.
        pub position: Option<i64>,
        /// Whether usage files can identify assets by this parameter; newer payloads have this in
        /// `constraints`.
        pub reconciliation: Option<bool>,
        /// Countries accepted in a phone number; their shape is not documented.
        pub countries: Option<Value>,
        /// Events of a parameter definition or a configuration parameter: created, updated.
        pub events: Events,
    }
}

object!(Param);

impl Param {
    /// Whether the parameter has a value, text or structured. The texts `""` and `"None"` and empty JSON are
    /// no value.
    pub fn has_value(&self) -> bool {
        self.text().is_some() || self.structured_value.as_ref().is_some_and(|value| !is_empty_value(value))
    }

    /// Returns the text value; `None` for a missing value and for the texts `""` and `"None"`.
    pub fn text(&self) -> Option<&str> {
        self.value.as_deref().filter(|text| !is_empty_text(text))
    }

    /// Whether the constraints of the parameter require a value.
    pub fn is_required(&self) -> bool {
        self.constraints.as_ref().is_some_and(|constraints| constraints.required == Some(true))
    }

    /// Returns the error message about the value; `None` for a missing one and for the texts `""` and
    /// `"None"`.
    pub fn error(&self) -> Option<&str> {
        self.value_error.as_deref().filter(|text| !is_empty_text(text))
    }

    /// Whether the value may be a secret. A parameter whose type is not known may be a password.
    pub(crate) fn is_secret(&self) -> bool {
        matches!(self.kind, ParamKind::Password | ParamKind::Unknown(_))
    }
}

/// Whether the text means that there is no value.
fn is_empty_text(text: &str) -> bool {
    matches!(text, "" | "None")
}

fn is_empty_value(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

impl fmt::Debug for Param {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Param");
        out.field("id", &self.id).field("kind", &self.kind);
        if self.is_secret() {
            out.field("value", &self.has_value().then_some("***"));
        } else {
            out.field("value", &self.value).field("structured_value", &self.structured_value);
        }
        out.field("value_error", &self.value_error).finish_non_exhaustive()
    }
}

model! {
    /// Constraints of a parameter's value.
    pub struct Constraints {
        /// Whether a value is required.
        pub required: Option<bool>,
        /// Whether the parameter is hidden in the form.
        pub hidden: Option<bool>,
        /// Whether the parameter is read-only in the form.
        pub readonly: Option<bool>,
        /// Whether the value must be unique among assets.
        pub unique: Option<bool>,
        /// Whether usage files can identify assets by this parameter.
        pub reconciliation: Option<bool>,
        /// Whether the parameter is shared with the other party, for viewing or editing.
        pub shared: Shared,
        /// Values to choose from.
        pub choices: Vec<ValueChoice>,
        /// Minimum length of the value.
        pub min_length: Option<i64>,
        /// Maximum length of the value.
        pub max_length: Option<i64>,
        /// Level of a heading, for parameters of type heading.
        pub level: Option<String>,
        /// Text to display, for parameters of type content.
        pub display_content: Option<String>,
        /// Dependency of the parameter on another parameter.
        pub dependency: Option<Box<Dependency>>,
        /// Further data about the constraints, as free-form JSON; mostly empty.
        pub meta: Option<Value>,
        /// Hint for the person who fills in the parameter.
        pub hint: Option<String>,
        /// Placeholder text of the empty input field.
        pub placeholder: Option<String>,
    }
}

model! {
    /// Dependency of a parameter on the value of another parameter.
    pub struct Dependency {
        /// Parameter that the dependency looks at.
        pub parameter: Option<Box<Reference>>,
        /// Values of the other parameter that activate the dependency.
        pub values: Vec<String>,
        /// Whether the dependent parameter is required when the dependency is active.
        pub required: Option<bool>,
        /// Whether the dependent parameter is hidden when the dependency is active.
        pub hidden: Option<bool>,
        /// Whether the dependent parameter is read-only when the dependency is active.
        pub readonly: Option<bool>,
    }
}

fields! {
    /// A value to choose, with its label. A choice that the platform sends as a plain text has no label.
    #[derive(Debug)]
    pub struct ValueChoice {
        /// Display text of the choice.
        pub label: Option<String>,
        /// Value of the choice.
        pub value: String,
        /// Whether the choice is selected by default.
        pub default: Option<bool>,
    }
}

impl Wire for ValueChoice {
    const EXPECTING: &'static str = "a choice (a text or an object)";

    fn from_scalar(scalar: Scalar<'_>) -> Result<Option<Self>, WrongType> {
        match scalar {
            Scalar::Null => Ok(None),
            Scalar::Text(text) => Ok(Some(Self { value: text.to_owned(), ..Self::default() })),
            _ => Err(WrongType),
        }
    }

    fn empty() -> Option<Self> {
        Some(Self::default())
    }

    fn object_slot(&mut self) -> Option<&mut dyn ObjectSlot> {
        Some(self)
    }

    fn write<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        if self.label.is_none() && self.default.is_none() {
            out.serialize_str(&self.value)
        } else {
            self.write_members(out)
        }
    }

    fn is_unset(&self) -> bool {
        self.has_no_member()
    }
}

serde_impls!(ValueChoice, read_root);

/// What finds a parameter by its id in everything that has `params`.
macro_rules! params_by_id {
    ($($name:ident),+) => {$(
        impl $name {
            /// Returns the parameter with this id.
            #[doc(alias = "get_param_by_id")]
            pub fn param(&self, id: &str) -> Option<&Param> {
                self.params.iter().find(|param| param.id == id)
            }

            /// Returns the text value of the parameter with this id; `None` if the parameter or its text is missing or
            /// empty.
            ///
            /// ```
            #[doc = concat!("use connect::models::", stringify!($name), ";")]
            /// # fn main() -> serde_json::Result<()> {
            /// let json = r#"{"params": [{"id": "seat_no", "value": "17"}, {"id": "email", "value": ""}]}"#;
            #[doc = concat!("let object: ", stringify!($name), " = serde_json::from_str(json)?;")]
            /// assert_eq!(object.value("seat_no"), Some("17"));
            /// assert_eq!(object.value("email"), None);
            /// # Ok(())
            /// # }
            /// ```
            pub fn value(&self, id: &str) -> Option<&str> {
                self.param(id)?.text()
            }
        }
    )+};
}

params_by_id!(Asset, Configuration, Item, Subscription, TierConfig, TierConfigRequest);

open_enum! {
    /// Type of a parameter, which decides what kind of value it takes.
    pub enum ParamKind {
        /// The value is a line of text.
        Text = "text",
        /// The value is one of several choices, shown as a drop-down list.
        Dropdown = "dropdown",
        /// The value is a password; `Debug` hides it.
        Password = "password",
        /// The value is an e-mail address.
        Email = "email",
        /// The value is any number of several choices, in `structured_value`.
        Checkbox = "checkbox",
        /// The value is a subdomain name.
        Subdomain = "subdomain",
        /// The value is a domain name.
        Domain = "domain",
        /// The value is a phone number, in `structured_value`.
        Phone = "phone",
        /// The value is a URL.
        Url = "url",
        /// The value is one of several choices, shown as buttons.
        Choice = "choice",
        /// The value is a postal address, in `structured_value`.
        Address = "address",
        /// The value is free-form JSON, in `structured_value`.
        Object = "object",
        /// The parameter is a heading of the form and has no value.
        Heading = "heading",
        /// The parameter is a text of the form and has no value.
        Content = "content",
    }
}

open_enum! {
    /// Scope of a parameter: the object that it belongs to.
    pub enum ParamScope {
        /// The parameter belongs to an asset.
        Asset = "asset",
        /// The parameter belongs to tier 1, the reseller of the customer.
        Tier1 = "tier1",
        /// The parameter belongs to tier 2, the reseller above tier 1.
        Tier2 = "tier2",
        /// The parameter belongs to a product.
        Product = "product",
        /// The parameter belongs to an item.
        Item = "item",
        /// The parameter belongs to a marketplace.
        Marketplace = "marketplace",
        /// The parameter belongs to an item on a marketplace.
        ItemMarketplace = "item_marketplace",
        /// The parameter is a configuration parameter, in old payloads.
        Configuration = "configuration",
    }
}

open_enum! {
    /// Phase of a parameter: when its value is set.
    pub enum ParamPhase {
        /// The customer sets the value when ordering.
        Ordering = "ordering",
        /// The vendor sets the value when fulfilling the request.
        Fulfillment = "fulfillment",
        /// The value is set once in the configuration of the product.
        Configuration = "configuration",
    }
}

open_enum! {
    /// How a parameter is shared with the other party.
    pub enum Shared {
        /// The other party can view the parameter.
        View = "view",
        /// The other party can view and edit the parameter.
        Edit = "edit",
    }
}
