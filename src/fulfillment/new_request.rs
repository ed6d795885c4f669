//! Orders as distributors make them.

use serde::{Serialize, Serializer};

use crate::models::{ContactInfo, ParamUpdate, Quantity};

/// An order to be made, by [`create_request`](super::Fulfillment::create_request).
///
/// ```
/// use connect::fulfillment::{NewItem, NewRequest, Purchase, TierRef};
///
/// let purchase = NewRequest::purchase(Purchase {
///     product: "PRD-000-000-001".into(),
///     connection: "CT-0000-0000-0001".into(),
///     external_id: Some("883106".into()),
///     items: vec![NewItem::new("PRD-000-000-001-0001", 5)],
///     customer: Some(TierRef::id("TA-0000-0000-0001")),
///     ..Purchase::default()
/// });
/// let cancel = NewRequest::cancel("AS-0000-0000-0001");
/// # let _ = (purchase, cancel);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(transparent)]
pub struct NewRequest(Body);

/// A first order of a product. New fields are no breaking change: end literals with `..Purchase::default()`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Purchase {
    /// Id of the product, `PRD-…`.
    pub product: String,
    /// Id of the connection to sell through, `CT-…`.
    pub connection: String,
    /// The distributor's id of the subscription.
    pub external_id: Option<String>,
    /// The distributor's unique id of the subscription, a UUID as a rule.
    pub external_uid: Option<String>,
    /// Ordered items.
    pub items: Vec<NewItem>,
    /// Values of the ordering parameters.
    pub params: Vec<ParamUpdate>,
    /// Customer that the subscription is for.
    pub customer: Option<TierRef>,
    /// Reseller that sells to the customer (tier 1).
    pub tier1: Option<TierRef>,
    /// Reseller that sells to tier 1 (tier 2).
    pub tier2: Option<TierRef>,
    /// Id of the marketplace, `MP-…`; `None` for the connection's own.
    pub marketplace: Option<String>,
    /// Whether the order stays a draft.
    pub draft: bool,
}

/// An item to be ordered. New fields are no breaking change: end literals with `..NewItem::default()`.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct NewItem {
    /// The item, `PRD-…-0001`.
    pub id: String,
    /// How many; a change names the new quantity, not the difference.
    #[serde(serialize_with = "as_number")]
    pub quantity: Quantity,
}

/// An account of the supply chain: one that the platform knows, or a new one.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct TierRef {
    /// The platform's id, `TA-…`; nothing else is needed then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The distributor's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// The distributor's unique id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_uid: Option<String>,
    /// The company.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The company's tax number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tax_id: Option<String>,
    /// Address and person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact_info: Option<ContactInfo>,
}

impl NewRequest {
    /// A first order.
    pub fn purchase(purchase: Purchase) -> Self {
        let tiers = Tiers { customer: purchase.customer, tier1: purchase.tier1, tier2: purchase.tier2 };
        Self(Body {
            kind: "purchase",
            note: None,
            status: purchase.draft.then_some("draft"),
            asset: Asset {
                id: None,
                external_id: purchase.external_id,
                external_uid: purchase.external_uid,
                product: Ref::filled(purchase.product),
                connection: Ref::filled(purchase.connection),
                items: purchase.items,
                params: purchase.params,
                tiers: (tiers != Tiers::default()).then_some(tiers),
            },
            marketplace: purchase.marketplace.map(|id| Ref { id }),
        })
    }

    /// Other quantities for a subscription.
    pub fn change(asset: impl Into<String>, items: impl IntoIterator<Item = NewItem>) -> Self {
        Self::of("change", asset, items.into_iter().collect())
    }

    /// Suspends a subscription.
    pub fn suspend(asset: impl Into<String>) -> Self {
        Self::of("suspend", asset, Vec::new())
    }

    /// Resumes a suspended subscription.
    pub fn resume(asset: impl Into<String>) -> Self {
        Self::of("resume", asset, Vec::new())
    }

    /// Ends a subscription.
    pub fn cancel(asset: impl Into<String>) -> Self {
        Self::of("cancel", asset, Vec::new())
    }

    /// Adds a note to the order.
    #[must_use]
    pub fn with_note(mut self, note: impl Into<String>) -> Self {
        self.0.note = Some(note.into());
        self
    }

    fn of(kind: &'static str, asset: impl Into<String>, items: Vec<NewItem>) -> Self {
        let asset = Asset { id: Some(asset.into()), items, ..Asset::default() };
        Self(Body { kind, note: None, status: None, asset, marketplace: None })
    }
}

impl NewItem {
    /// So many of an item, `PRD-…-0001`.
    pub fn new(id: impl Into<String>, quantity: impl Into<Quantity>) -> Self {
        Self { id: id.into(), quantity: quantity.into() }
    }
}

impl TierRef {
    /// An account that the platform knows, `TA-…`.
    pub fn id(id: impl Into<String>) -> Self {
        Self { id: Some(id.into()), ..Self::default() }
    }
}

/// A body has numbers where answers have text, however the quantity was written.
fn as_number<S: Serializer>(quantity: &Quantity, out: S) -> Result<S::Ok, S::Error> {
    match (quantity.as_i64(), quantity.as_f64()) {
        (Some(whole), _) => out.serialize_i64(whole),
        (None, Some(number)) => out.serialize_f64(number),
        (None, None) => quantity.serialize(out),
    }
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct Body {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'static str>,
    asset: Asset,
    #[serde(skip_serializing_if = "Option::is_none")]
    marketplace: Option<Ref>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize)]
struct Asset {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_uid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    product: Option<Ref>,
    #[serde(skip_serializing_if = "Option::is_none")]
    connection: Option<Ref>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    items: Vec<NewItem>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    params: Vec<ParamUpdate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tiers: Option<Tiers>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct Ref {
    id: String,
}

impl Ref {
    fn filled(id: String) -> Option<Self> {
        (!id.is_empty()).then_some(Self { id })
    }
}

#[derive(Debug, Clone, Default, PartialEq, Serialize)]
struct Tiers {
    #[serde(skip_serializing_if = "Option::is_none")]
    customer: Option<TierRef>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tier1: Option<TierRef>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tier2: Option<TierRef>,
}
