//! Templates: texts of a product for the customer or the reseller.

use super::Events;
use super::model::{model, open_enum};

model! {
    /// A template of a product, or a reference to one.
    pub struct Template {
        /// Id of the template, `TL-…`.
        pub id: String,
        /// Name of the template.
        pub name: Option<String>,
        /// Title of the template, the same text as its name.
        pub title: Option<String>,
        /// Text of the template, as markdown with `{{ param_id }}`.
        pub body: Option<String>,
        /// Rendered text of the template, in the reference of a request: what the customer reads.
        pub message: Option<String>,
        /// Rendered text of the template, in references of tier configurations and their requests.
        pub representation: Option<String>,
        /// Scope of the template: asset, tier 1 or tier 2.
        pub scope: TemplateScope,
        /// Type of the template; absent in the scopes tier 1 and tier 2.
        #[doc(alias = "type")]
        pub kind: TemplateKind = "type",
        /// Position of the template in the list.
        pub position: Option<i64>,
        /// Events of the template: created, updated.
        pub events: Events,
    }
}

open_enum! {
    /// Scope of a template.
    pub enum TemplateScope {
        /// The template is for assets, and the customer reads it.
        Asset = "asset",
        /// The template is for tier 1, the reseller of the customer.
        Tier1 = "tier1",
        /// The template is for tier 2, the reseller above tier 1.
        Tier2 = "tier2",
    }
}

open_enum! {
    /// Type of a template.
    pub enum TemplateKind {
        /// The template is shown after the approval.
        Fulfillment = "fulfillment",
        /// The template is shown while the request is inquiring.
        Inquire = "inquire",
        /// The template is shown while the request is pending.
        Pending = "pending",
    }
}
