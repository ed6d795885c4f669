//! Parameters that are set once, for a product, a marketplace or an item.

use std::fmt;

use serde_json::Value;

use super::model::{fields, model, object};
use super::param::find;
use super::{Constraints, Events, Item, Marketplace, Param};

model! {
    /// Parameters that were set once for a product, a marketplace or an item, and hold for all its assets.
    pub struct Configuration {
        /// Configuration parameters with their values.
        pub params: Vec<Param>,
    }
}

impl Configuration {
    /// The parameter of this id.
    #[doc(alias = "get_param_by_id")]
    pub fn param(&self, id: &str) -> Option<&Param> {
        find(&self.params, id)
    }
}

fields! {
    /// A configuration parameter of a product, with its value. `Debug` hides the value of a password.
    pub struct ProductConfigurationParameter {
        /// The value, unless that the product configuration parameter is unset.
        pub value: Option<String>,
        /// The value of checkboxes, addresses, phones and objects.
        pub structured_value: Option<Value>,
        /// Parameter that has this value.
        pub parameter: Param,
        /// The item that the product configuration parameter holds for; only in the scopes of items.
        pub item: Option<Box<Item>>,
        /// The marketplace that the product configuration parameter holds for; only in the scopes of
        /// marketplaces.
        pub marketplace: Option<Box<Marketplace>>,
        /// Rules for the value in old answers; later ones have them in `parameter`.
        pub constraints: Option<Box<Constraints>>,
        /// Events of the product configuration parameter: creation and last change.
        pub events: Events,
    }
}

object!(ProductConfigurationParameter);

impl fmt::Debug for ProductConfigurationParameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("ProductConfigurationParameter");
        out.field("parameter", &self.parameter)
            .field("item", &self.item)
            .field("marketplace", &self.marketplace);
        if self.parameter.is_secret() {
            out.field("value", &self.value.as_ref().map(|_| "***"));
        } else {
            out.field("value", &self.value).field("structured_value", &self.structured_value);
        }
        out.finish_non_exhaustive()
    }
}
