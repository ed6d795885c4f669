//! Parameters: what is asked of the customer or of the vendor.

use std::fmt;

use serde::ser::Serializer;
use serde_json::Value;

use super::de::{ObjectSlot, Scalar, Wire, WrongType};
use super::model::{fields, model, object, open_enum, serde_root};
use super::{Events, Marketplace, Reference};

fields! {
    /// A parameter with its value: of an asset, a tier config, an item or a configuration, or, without a
    /// value, its definition in a product.
    ///
    /// `Debug` hides the value of a password.
    pub struct Param {
        /// The name that the parameter is known by (`admin_email`), blanks and `#` included; in product
        /// definitions `PRM-…`.
        pub id: String,
        /// As `id`, or as `title`, depending on where it comes from.
        pub name: Option<String>,
        /// Display name of the parameter.
        pub title: Option<String>,
        /// Explanation of the parameter that is shown to people.
        pub description: Option<String>,
        /// Type of value that the parameter takes.
        #[doc(alias = "type")]
        pub kind: ParamKind = "type",
        /// Scope of the parameter: the kind of object that it belongs to.
        pub scope: ParamScope,
        /// Time at which the parameter is asked for.
        pub phase: ParamPhase,
        /// The value; checkboxes, addresses, phones and objects have theirs in `structured_value`.
        pub value: Option<String>,
        /// The value of checkboxes (`{"choice": true}`), addresses, phones and objects.
        pub structured_value: Option<Value>,
        /// Error of the value; [`error`](Self::error) knows the texts that mean nothing.
        pub value_error: Option<String>,
        /// Error of a structured value, with the parts that it is put together from.
        pub structured_error: Option<Value>,
        /// Values of the parameter that can be chosen.
        pub value_choices: Vec<ValueChoice>,
        /// Values that can be chosen, under an older name.
        pub value_choice: Vec<ValueChoice>,
        /// Rules for the parameter's value.
        pub constraints: Option<Box<Constraints>>,
        /// A hint at what to enter.
        pub hint: Option<String>,
        /// Text that an empty input of the parameter shows.
        pub placeholder: Option<String>,
        /// Value that the parameter begins with.
        pub default: Option<Value>,
        /// Marketplace that an old configuration parameter is for.
        pub marketplace: Option<Box<Marketplace>>,
        /// The heading or parameter that the parameter stands under.
        pub parent: Option<Box<Reference>>,
        /// The parameter's place in the form.
        pub position: Option<i64>,
        /// Whether usage files may find assets by it; later answers have this in `constraints`.
        pub reconciliation: Option<bool>,
        /// The countries a phone number may be of; of no documented shape.
        pub countries: Option<Value>,
        /// Creation and last change; only of definitions and configuration parameters.
        pub events: Events,
    }
}

object!(Param);

impl Param {
    /// Whether there is a value, text or structured. An empty text and `None` as a word are none.
    pub fn has_value(&self) -> bool {
        self.text().is_some() || self.structured_value.as_ref().is_some_and(|value| !is_empty_value(value))
    }

    /// The value, unless it says nothing.
    pub fn text(&self) -> Option<&str> {
        self.value.as_deref().filter(|text| !is_empty_text(text))
    }

    /// Whether its constraints want a value.
    pub fn is_required(&self) -> bool {
        self.constraints.as_ref().is_some_and(|constraints| constraints.required == Some(true))
    }

    /// What is wrong with the value, unless that says nothing.
    pub fn error(&self) -> Option<&str> {
        self.value_error.as_deref().filter(|text| !is_empty_text(text))
    }

    /// A parameter whose type is not known may be a password.
    pub(crate) fn is_secret(&self) -> bool {
        matches!(self.kind, ParamKind::Password | ParamKind::Unknown(_))
    }
}

/// Texts that stand for no value.
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
    /// Rules for a parameter's value.
    pub struct Constraints {
        /// Whether the constraint must be filled in.
        pub required: Option<bool>,
        /// Whether the form leaves it out.
        pub hidden: Option<bool>,
        /// Whether the constraint cannot be changed in the form.
        pub readonly: Option<bool>,
        /// Whether no two assets may have the same value.
        pub unique: Option<bool>,
        /// Whether usage files may find assets by it.
        pub reconciliation: Option<bool>,
        /// Whether the other side sees it or may even change it.
        pub shared: Shared,
        /// Values that can be chosen.
        pub choices: Vec<ValueChoice>,
        /// Length of the shortest value.
        pub min_length: Option<i64>,
        /// Length of the longest value.
        pub max_length: Option<i64>,
        /// Level of a heading.
        pub level: Option<String>,
        /// Text that a content parameter shows.
        pub display_content: Option<String>,
        /// Parameter that decides whether this one is asked for.
        pub dependency: Option<Box<Dependency>>,
        /// More about the rules; free-form and mostly empty.
        pub meta: Option<Value>,
        /// A hint at what to enter.
        pub hint: Option<String>,
        /// Text that an empty input shows.
        pub placeholder: Option<String>,
    }
}

model! {
    /// A parameter's dependency on another one.
    pub struct Dependency {
        /// Parameter that this one depends on.
        pub parameter: Option<Box<Reference>>,
        /// The values of that the dependency that count.
        pub values: Vec<String>,
        /// Whether this one is required then.
        pub required: Option<bool>,
        /// Whether this one is hidden then.
        pub hidden: Option<bool>,
        /// Whether this one is read-only then.
        pub readonly: Option<bool>,
    }
}

fields! {
    /// A value to choose, with the text that is shown for it. Where the platform sends a bare text, that is
    /// the value, and there is no label.
    #[derive(Debug)]
    pub struct ValueChoice {
        /// Text of the choice that is shown to people.
        pub label: Option<String>,
        /// Value of the choice.
        pub value: String,
        /// Whether the value choice is chosen to begin with.
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

serde_root!(ValueChoice);

/// The parameter of this id in a list.
pub(super) fn find<'a>(params: &'a [Param], id: &str) -> Option<&'a Param> {
    params.iter().find(|param| param.id == id)
}

open_enum! {
    /// What kind of value a parameter takes.
    pub enum ParamKind {
        /// The value is a line of text.
        Text = "text",
        /// The value is one of several choices.
        Dropdown = "dropdown",
        /// A secret; `Debug` hides its value.
        Password = "password",
        /// The value is an e-mail address.
        Email = "email",
        /// The value is any number of choices.
        Checkbox = "checkbox",
        /// A name within a domain.
        Subdomain = "subdomain",
        /// The value is a domain name.
        Domain = "domain",
        /// The value is a phone number.
        Phone = "phone",
        /// The value is a link.
        Url = "url",
        /// One of several choices, as buttons.
        Choice = "choice",
        /// The value is a postal address.
        Address = "address",
        /// The value is free-form JSON.
        Object = "object",
        /// The parameter has no value and shows a heading.
        Heading = "heading",
        /// No value: a text for the reader.
        Content = "content",
    }
}

open_enum! {
    /// What a parameter belongs to.
    pub enum ParamScope {
        /// The parameter belongs to an asset.
        Asset = "asset",
        /// The parameter belongs to the tier 1 config, that of the reseller who sells to the customer.
        Tier1 = "tier1",
        /// The parameter belongs to the tier 2 config, that of the reseller above tier 1.
        Tier2 = "tier2",
        /// The parameter belongs to a product.
        Product = "product",
        /// The parameter belongs to an item.
        Item = "item",
        /// The parameter belongs to a marketplace.
        Marketplace = "marketplace",
        /// An item on a marketplace.
        ItemMarketplace = "item_marketplace",
        /// An old word for the scopes of configuration.
        Configuration = "configuration",
    }
}

open_enum! {
    /// When a parameter is asked for.
    pub enum ParamPhase {
        /// The customer who orders fills the parameter in.
        Ordering = "ordering",
        /// The vendor who fulfils fills the parameter in.
        Fulfillment = "fulfillment",
        /// The parameter is set once for all assets.
        Configuration = "configuration",
    }
}

open_enum! {
    /// What the other side may do with a parameter.
    pub enum Shared {
        /// The other side sees the parameter.
        View = "view",
        /// The other side sees and changes the parameter.
        Edit = "edit",
    }
}
