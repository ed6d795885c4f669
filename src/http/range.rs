//! `Content-Range: items 0-99/345`.

/// Which part of a list a page is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ContentRange {
    pub(crate) first: u64,
    pub(crate) total: u64,
}

impl ContentRange {
    /// Reads the header; `None` for anything that is not of this form. The last position is not kept: an empty page
    /// has the same one as a page of one.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let rest = text.trim().strip_prefix("items")?.trim_start();
        let (range, total) = rest.split_once('/')?;
        let (first, last) = range.split_once('-')?;
        let (first, last) = (number(first)?, number(last)?);
        (first <= last).then_some(Self { first, total: number(total)? })
    }
}

fn number(text: &str) -> Option<u64> {
    let text = text.trim();
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::ContentRange;

    fn parse(text: &str) -> Option<(u64, u64)> {
        ContentRange::parse(text).map(|range| (range.first, range.total))
    }

    #[test]
    fn reads_the_form_of_the_platform() {
        assert_eq!(parse("items 0-99/345"), Some((0, 345)));
        assert_eq!(parse("items 300-344/345"), Some((300, 345)));
        assert_eq!(parse("items 0-0/0"), Some((0, 0)));
        assert_eq!(parse(" items  7-7/9 "), Some((7, 9)));
    }

    #[test]
    fn anything_else_is_no_range() {
        for text in [
            "",
            "items",
            "items */345",
            "items 0-99/*",
            "bytes 0-99/345",
            "items 9-1/20",
            "items 0-9/-3",
            "items 0-9/+3",
            "items 0-9/99999999999999999999999",
        ] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in "\\PC*") {
            let _ = ContentRange::parse(&text);
            let _ = ContentRange::parse(&format!("items {text}"));
        }
    }
}
