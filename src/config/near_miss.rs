//! Telling a misspelt key from one that belongs to the program.

use crate::text::edits;

const MAX_EDITS: usize = 2;

/// Whether `found` looks like `wanted` written wrongly: other case, other separators, up to two letters off.
pub(super) fn is_near(found: &str, wanted: &str) -> bool {
    // Before normalising, so that a key of megabytes costs nothing.
    if found.len() > 4 * wanted.len() {
        return false;
    }
    let (found, wanted) = (normal(found), normal(wanted));
    found.len().abs_diff(wanted.len()) <= MAX_EDITS && edits(&found, &wanted) <= MAX_EDITS
}

fn normal(key: &str) -> Vec<char> {
    key.chars().filter(|c| !matches!(c, '_' | '-' | '.' | ' ')).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misspellings_are_near() {
        for (found, wanted) in [
            ("apikey", "apiKey"),
            ("api_key", "apiKey"),
            ("API-KEY", "apiKey"),
            ("Api.Key", "apiKey"),
            ("apiKeys", "apiKey"),
            ("pikey", "apiKey"),
            ("product", "products"),
            ("Products", "products"),
            ("prodcuts", "products"),
            ("productIds", "products"),
            ("apiEndPoint", "apiEndpoint"),
            ("apiEndpiont", "apiEndpoint"),
            ("ca_file", "caFile"),
        ] {
            assert!(is_near(found, wanted), "{found} {wanted}");
        }
    }

    #[test]
    fn other_words_are_not_near() {
        for (found, wanted) in [
            ("key", "apiKey"),
            ("erpKey", "apiKey"),
            ("productList", "products"),
            ("timeout", "timeoutSecs"),
            ("timeoutSecs", "connectTimeoutSecs"),
            ("", "apiKey"),
        ] {
            assert!(!is_near(found, wanted), "{found} {wanted}");
        }
    }

    #[test]
    fn separators_do_not_make_a_long_key_near() {
        assert!(is_near(&format!("{}apiKey", "_".repeat(18)), "apiKey"));
        assert!(!is_near(&format!("{}apiKey", "_".repeat(19)), "apiKey"));
        assert!(!is_near(&"_".repeat(1 << 20), "apiKey"));
    }
}
