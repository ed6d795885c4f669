//! Templates: what the customer or the reseller reads.

use super::Events;
use super::model::{model, open_enum};

model! {
    /// A template of a product, or a reference to one.
    pub struct Template {
        /// Id of the template, `TL-…`.
        pub id: String,
        /// Name of the template.
        pub name: Option<String>,
        /// The title; the same as the name.
        pub title: Option<String>,
        /// The text, as markdown with `{{ param_id }}`.
        pub body: Option<String>,
        /// The text as that the template reads for one tier config, in references of tier configs and their
        /// requests.
        pub representation: Option<String>,
        /// Scope of the template: the customer's asset or a reseller's tier config.
        pub scope: TemplateScope,
        /// Time at which the template is shown; unset for resellers.
        #[doc(alias = "type")]
        pub kind: TemplateKind = "type",
        /// The template's place in the list.
        pub position: Option<i64>,
        /// Events of the template: creation and last change.
        pub events: Events,
    }
}

open_enum! {
    /// Whom a template is for.
    pub enum TemplateScope {
        /// The template is for the customer's asset.
        Asset = "asset",
        /// The template is for the tier 1 config.
        Tier1 = "tier1",
        /// The template is for the tier 2 config.
        Tier2 = "tier2",
    }
}

open_enum! {
    /// When a template is shown.
    pub enum TemplateKind {
        /// The template is shown after approval.
        Fulfillment = "fulfillment",
        /// The template is shown with an inquiry.
        Inquire = "inquire",
        /// The template is shown while the request waits.
        Pending = "pending",
    }
}
