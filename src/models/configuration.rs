//! Configuration parameters, which are set once for a product, a marketplace or an item.

use std::fmt;

use serde_json::Value;

use super::model::{fields, model, object};
use super::{Constraints, Events, Item, Marketplace, Param};

model! {
    /// Configuration parameters, which are set once for a product, a marketplace or an item and apply to all
    /// assets.
    pub struct Configuration {
        /// Parameters of the phase configuration, with values.
        pub params: Vec<Param>,
    }
}

fields! {
    /// A configuration parameter of a product, with its value. `Debug` hides the value of a password.
    pub struct ProductConfigurationParameter {
        /// Value of the configuration parameter; `None` if it is not set.
        pub value: Option<String>,
        /// Value of a configuration parameter of type checkbox, address, phone or object.
        pub structured_value: Option<Value>,
        /// Definition of the configuration parameter.
        pub parameter: Param,
        /// Item that the value applies to; only in the scopes item and `item_marketplace`.
        pub item: Option<Box<Item>>,
        /// Marketplace that the value applies to; only in the scopes marketplace and `item_marketplace`.
        pub marketplace: Option<Box<Marketplace>>,
        /// Constraints of the value, in old payloads; newer ones have them in `parameter`.
        pub constraints: Option<Box<Constraints>>,
        /// Events of the configuration parameter: created, updated.
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
