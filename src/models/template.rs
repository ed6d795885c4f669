//! Templates: what the customer or the reseller reads.

use super::Events;
use super::model::{model, open_enum};

model! {
    /// A template of a product, or a reference to one.
    pub struct Template {
        /// `TL-…`.
        pub id: String,
        /// The name.
        pub name: Option<String>,
        /// The title; the same as the name.
        pub title: Option<String>,
        /// The text, as markdown with `{{ param_id }}`.
        pub body: Option<String>,
        /// The text as it reads for one tier config, in references of tier configs and their requests.
        pub representation: Option<String>,
        /// Whom it is for.
        pub scope: TemplateScope,
        /// When it is shown; unset for resellers.
        #[doc(alias = "type")]
        pub kind: TemplateKind = "type",
        /// Its place in the list.
        pub position: Option<i64>,
        /// Creation and last change.
        pub events: Events,
    }
}

open_enum! {
    /// Whom a template is for.
    pub enum TemplateScope {
        /// The customer.
        Asset = "asset",
        /// The reseller next to the customer.
        Tier1 = "tier1",
        /// The reseller above it.
        Tier2 = "tier2",
    }
}

open_enum! {
    /// When a template is shown.
    pub enum TemplateKind {
        /// After approval.
        Fulfillment = "fulfillment",
        /// While a question is open.
        Inquire = "inquire",
        /// While the request waits.
        Pending = "pending",
    }
}
