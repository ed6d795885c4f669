//! The lists that the platform has, by their paths.

const LISTS: [&str; 56] = [
    "accounts",
    "accounts/*/users",
    "agreements",
    "agreements/*/agreements",
    "agreements/*/contracts",
    "agreements/*/marketplaces",
    "agreements/*/partners",
    "agreements/*/products",
    "agreements/*/versions",
    "assets",
    "assets/*/usage/aggregates",
    "categories",
    "contracts",
    "contracts/*/versions",
    "conversations",
    "conversations/*/messages",
    "countries",
    "hubs",
    "hubs/*/connections",
    "hubs/*/marketplaces",
    "listing-requests",
    "listings",
    "marketplaces",
    "products",
    "products/*/actions",
    "products/*/configurations",
    "products/*/connections",
    "products/*/items",
    "products/*/media",
    "products/*/messages",
    "products/*/parameters",
    "products/*/templates",
    "products/*/usage/rules",
    "products/*/versions",
    "products/*/versions/*/actions",
    "products/*/versions/*/connections",
    "products/*/versions/*/items",
    "products/*/versions/*/media",
    "products/*/versions/*/messages",
    "products/*/versions/*/parameters",
    "products/*/versions/*/templates",
    "requests",
    "subscriptions/assets",
    "subscriptions/requests",
    "tier/account-requests",
    "tier/accounts",
    "tier/accounts/*/versions",
    "tier/config-requests",
    "tier/configs",
    "usage/aggregates",
    "usage/chunks",
    "usage/files",
    "usage/files/*/categories",
    "usage/reconciliations",
    "usage/records",
    "users",
];

/// Whether a path, `products/PRD-1/items`, is that of a list.
pub(super) fn is_list(path: &str) -> bool {
    LISTS.iter().any(|list| {
        let mut parts = path.split('/');
        let same = list.split('/').all(|own| match parts.next() {
            Some(part) => !part.is_empty() && (own == "*" || own == part),
            None => false,
        });
        same && parts.next().is_none()
    })
}

/// Whether a list is below an object, which then has to exist.
pub(super) fn is_nested(path: &str) -> bool {
    let own = if path.starts_with("usage/") || path.starts_with("tier/") { 2 } else { 1 };
    path.split('/').count() > own && !path.starts_with("subscriptions/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_known_by_its_whole_path() {
        for path in
            ["requests", "tier/config-requests", "products/PRD-1/items", "conversations/CO-1/messages"]
        {
            assert!(is_list(path), "{path}");
        }
        for path in ["request", "requests/PR-1", "requests/", "products//items", "tier", ""] {
            assert!(!is_list(path), "{path}");
        }
        assert!(is_nested("usage/files/UF-1/categories") && !is_nested("usage/files"));
        assert!(is_nested("products/PRD-1/items") && !is_nested("subscriptions/assets"));
    }
}
