//! The secret, kept where it can be sent but not printed.

use std::borrow::Cow;
use std::fmt;

use super::ConfigErrorKind::{BadCharacter, Empty};
use super::error::Issue;

const PREFIX: &str = "ApiKey ";
const MASK: &str = "***";
/// A shorter secret part is not masked by itself: it occurs by chance in every text.
const MIN_SECRET: usize = 4;

/// An API key as the `Authorization` header wants it.
#[derive(Clone)]
pub(crate) struct ApiKey {
    header: String,
}

impl ApiKey {
    /// Blanks and line breaks at the end come from a secret mounted as a file.
    pub(super) fn parse(text: &str) -> Result<Self, Issue> {
        let key = without_prefix(text.trim_ascii_end());
        let (kind, what) = match key.chars().find(|c| !c.is_ascii_graphic()) {
            None if key.is_empty() => (Empty, "is empty; a key looks like SU-000-000-000:abc…"),
            None => return Ok(Self { header: format!("{PREFIX}{key}") }),
            Some(' ') => (BadCharacter, "holds a space; only the prefix \"ApiKey \" may have one"),
            Some(c) if c.is_control() => {
                (BadCharacter, "holds a control character, such as the line break of a copied line")
            }
            Some(_) => (BadCharacter, "holds a character that is not ASCII; copy the key again"),
        };
        Err(Issue::new(kind, what))
    }

    /// The whole value of the `Authorization` header.
    pub(crate) fn header(&self) -> &str {
        &self.header
    }

    /// The text with every occurrence of the key, or of its secret part alone, masked.
    pub(crate) fn redact<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let key = self.key();
        let secret = key.split_once(':').map_or(key, |(_, secret)| secret);
        let mut text = Cow::Borrowed(text);
        for needle in [key, secret] {
            let worth_it = needle.len() >= MIN_SECRET || needle.len() == key.len();
            if worth_it && text.contains(needle) {
                text = Cow::Owned(text.replace(needle, MASK));
            }
        }
        text
    }

    fn key(&self) -> &str {
        self.header.strip_prefix(PREFIX).unwrap_or(&self.header)
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(***)")
    }
}

/// In any case: the scheme of an `Authorization` header has none.
fn without_prefix(text: &str) -> &str {
    let scheme = PREFIX.trim_end();
    match text.split_at_checked(scheme.len()) {
        Some((start, rest)) if start.eq_ignore_ascii_case(scheme) => match rest.strip_prefix(' ') {
            Some(key) => key.trim_start_matches(' '),
            None if rest.is_empty() => rest,
            None => text,
        },
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(text: &str) -> ApiKey {
        ApiKey::parse(text).unwrap()
    }

    #[test]
    fn prefix_is_added_once() {
        assert_eq!(key("SU-1:abcdef").header(), "ApiKey SU-1:abcdef");
        assert_eq!(key("ApiKey SU-1:abcdef").header(), "ApiKey SU-1:abcdef");
        assert_eq!(key("apikey  SU-1:abcdef").header(), "ApiKey SU-1:abcdef");
    }

    #[test]
    fn blanks_and_line_breaks_at_the_end_are_no_part_of_the_key() {
        for text in ["SU-1:abcdef\n", "SU-1:abcdef\r\n", "ApiKey SU-1:abcdef \t\n"] {
            assert_eq!(key(text).header(), "ApiKey SU-1:abcdef", "{text:?}");
        }
    }

    #[test]
    fn a_key_that_only_starts_like_the_prefix_is_kept_whole() {
        assert_eq!(key("ApiKeySU-1:abcdef").header(), "ApiKey ApiKeySU-1:abcdef");
    }

    #[test]
    fn nothing_after_the_prefix_is_empty() {
        for text in ["", "ApiKey", "ApiKey ", "ApiKey   "] {
            assert_eq!(ApiKey::parse(text).unwrap_err().kind, Empty, "{text:?}");
        }
    }

    #[test]
    fn what_could_break_out_of_the_header_is_refused() {
        for text in [
            "SU-1:a\r\nX-Evil: 1",
            "SU-1:a\nb",
            "\tSU-1:a",
            "SU-1:a b",
            "Bearer abc",
            "SU-1:ä",
            "SU-1:\u{7f}",
        ] {
            assert_eq!(ApiKey::parse(text).unwrap_err().kind, BadCharacter, "{text:?}");
        }
    }

    #[test]
    fn what_was_copied_along_with_a_key_is_named() {
        for (text, what) in [
            ("SU-1:a\nb", "a control character"),
            ("SU-1:ä", "a character that is not ASCII"),
            ("SU-1:a b", "a space"),
        ] {
            let issue = ApiKey::parse(text).unwrap_err().at(super::super::error::Location::Setting("apiKey"));
            assert!(issue.to_string().starts_with(&format!("apiKey holds {what}")), "{issue}");
        }
    }

    #[test]
    fn redact_masks_the_whole_key_and_its_secret_part() {
        let key = key("SU-1:s3cret");
        assert_eq!(key.redact("header ApiKey SU-1:s3cret!"), "header ApiKey ***!");
        assert_eq!(key.redact("only s3cret, s3cret"), "only ***, ***");
        assert!(matches!(key.redact("SU-1 is harmless"), Cow::Borrowed("SU-1 is harmless")));
    }

    #[test]
    fn redact_leaves_a_tail_too_short_to_be_a_secret_unless_the_whole_key_is_there() {
        assert_eq!(key("SU-1:a").redact("a bad SU-1:a"), "a bad ***");
        assert_eq!(key("SU-1:").redact("a SU-1: b"), "a *** b");
        assert_eq!(key("SU-1:abcd").redact("abcd"), "***");
        assert_eq!(key("xyz").redact("wxyz"), "w***");
    }

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", key("SU-1:s3cret")), "ApiKey(***)");
    }

    proptest! {
        #[test]
        fn any_text_is_a_clean_header_or_an_error_that_does_not_quote_it(text in ".*") {
            match ApiKey::parse(&text) {
                Ok(key) => prop_assert!(key.header().bytes().all(|b| (0x20..0x7f).contains(&b))),
                Err(issue) => {
                    let issue = format!("{issue:?}");
                    prop_assert!(text.len() < 8 || !issue.contains(&text), "{}", issue);
                }
            }
        }

        #[test]
        fn redacted_text_never_holds_the_secret(secret in "[!-)+-~]{4,40}", before in ".{0,20}", after in ".{0,20}") {
            let key = ApiKey::parse(&format!("SU-000-000-000:{secret}")).unwrap();
            let text = format!("{before}{secret}{after}SU-000-000-000:{secret}");
            prop_assert!(!key.redact(&text).contains(&secret));
        }
    }
}
