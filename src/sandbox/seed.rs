//! The demo data.

use super::store::Store;

pub(super) const SECOND_PRODUCT: &str = "PRD-904-115-627";

pub(super) fn demo(_store: &mut Store) {}
