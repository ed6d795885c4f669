//! What a loop must know of the kind of object that it handles.

use serde::de::DeserializeOwned;
use time::OffsetDateTime;

use crate::error::Result;
use crate::http::segment;
use crate::rql::names::Names;

/// A kind of object that waits in a list to be handled.
pub(crate) trait Queue: DeserializeOwned {
    const LIST: &'static str;
    /// For the report, such as `fulfillment requests`.
    const NAME: &'static str;
    /// The names that its list knows.
    const NAMES: &'static Names;
    /// The filter by time of creation.
    const CREATED: &'static str;
    /// The filter by product.
    const PRODUCT: &'static str;
    /// The state that waits to be handled.
    const STATUS: &'static str;
    const HAS_CONVERSATIONS: bool = false;
    /// Whether an object ends, so that a ledger can keep it by its id.
    #[cfg(feature = "ledger")]
    const ENDS: bool = true;

    /// The path of one of them.
    fn path(id: &str) -> Result<String> {
        Ok(format!("{}/{}", Self::LIST, segment(id)?))
    }

    fn id(&self) -> &str;
    fn created(&self) -> Option<OffsetDateTime>;
    fn product_id(&self) -> &str;
    fn status(&self) -> &str;

    /// Values that must not be read in what the platform echoes.
    fn secrets(&self) -> impl Iterator<Item = &str> {
        std::iter::empty()
    }

    /// The id of the asset that the object is about.
    fn asset_id(&self) -> Option<&str> {
        None
    }

    /// What the customer decides of the object: where it differs, attempts begin anew.
    #[cfg(feature = "ledger")]
    fn round(&self) -> serde_json::Value {
        serde_json::Value::Null
    }

    /// The type of a request, such as `purchase`.
    fn kind(&self) -> Option<&str> {
        None
    }
}
