//! Telling a misspelt key from one that belongs to the program.

const MAX_EDITS: usize = 2;

/// Whether `found` looks like `wanted` written wrongly: other case, other separators, up to two letters off.
pub(super) fn is_near(found: &str, wanted: &str) -> bool {
    // Before normalising, so that a key of megabytes costs nothing.
    if found.len() > 4 * wanted.len() {
        return false;
    }
    let (found, wanted) = (normal(found), normal(wanted));
    found.len().abs_diff(wanted.len()) <= MAX_EDITS && distance(&found, &wanted) <= MAX_EDITS
}

fn normal(key: &str) -> Vec<char> {
    key.chars().filter(|c| !matches!(c, '_' | '-' | '.' | ' ')).flat_map(char::to_lowercase).collect()
}

/// Levenshtein distance, one row at a time.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut left = i + 1;
        let mut next = vec![left];
        for (y, above) in b.iter().zip(row.windows(2)) {
            let &[diagonal, up] = above else { continue };
            left = (diagonal + usize::from(x != y)).min(up + 1).min(left + 1);
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_insertions_removals_and_replacements() {
        let of = |a: &str, b: &str| distance(&normal(a), &normal(b));
        assert_eq!(of("", ""), 0);
        assert_eq!(of("", "abc"), 3);
        assert_eq!(of("abc", ""), 3);
        assert_eq!(of("kitten", "sitting"), 3);
        assert_eq!(of("product", "products"), 1);
        assert_eq!(of("apikye", "apikey"), 2);
    }

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
