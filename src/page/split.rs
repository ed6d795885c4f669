//! The elements of a page that is not quite JSON, told apart by brackets, quotes and commas alone.
//!
//! A number that is none, a raw control character or half of a pair spoils the one element that it is in.

use std::ops::Range;

/// The elements of a list, or the members of an object; `None` where the text does not end where it should.
pub(crate) fn parts(text: &str) -> Option<Vec<&str>> {
    let text = text.trim();
    let parts = ranges(text.as_bytes())?.into_iter().filter_map(|range| Some(text.get(range)?.trim()));
    Some(parts.filter(|part| !part.is_empty()).collect())
}

/// [`parts`] of what may not be text.
pub(super) fn byte_parts(bytes: &[u8]) -> Option<Vec<&[u8]>> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Some(parts(text)?.into_iter().map(str::as_bytes).collect());
    }
    let bytes = bytes.trim_ascii();
    let parts = ranges(bytes)?.into_iter().filter_map(|range| Some(bytes.get(range)?.trim_ascii()));
    Some(parts.filter(|part| !part.is_empty()).collect())
}

/// Where the parts lie between the brackets and commas.
fn ranges(text: &[u8]) -> Option<Vec<Range<usize>>> {
    let mut open = Vec::new();
    let (mut in_text, mut escaped) = (false, false);
    let (mut ranges, mut start) = (Vec::new(), 1);
    for (at, byte) in text.iter().copied().enumerate() {
        match byte {
            _ if in_text && escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            _ if in_text => {}
            b'[' => open.push(b']'),
            b'{' => open.push(b'}'),
            b']' | b'}' => {
                let closes = open.pop() == Some(byte);
                let ends = open.is_empty() && at + 1 < text.len();
                if !closes || ends {
                    return None;
                }
            }
            b',' if open.len() == 1 => {
                ranges.push(start..at);
                start = at + 1;
            }
            _ if open.is_empty() => return None,
            _ => {}
        }
    }
    if !open.is_empty() || !matches!(text, [b'[' | b'{', ..]) {
        return None;
    }
    ranges.push(start..text.len() - 1);
    Some(ranges)
}

/// The id of an object, whatever else is in it.
pub(super) fn id(object: &str) -> Option<String> {
    let id = parts(object)?
        .into_iter()
        .find_map(|member| member.strip_prefix("\"id\"")?.trim_start().strip_prefix(':'))?;
    serde_json::from_str(id).ok().filter(|id: &String| !id.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_told_apart_whatever_is_in_them() {
        for (text, expected) in [
            ("[]", &[][..]),
            (" [ ] \n", &[]),
            ("[1]", &["1"]),
            ("[1, 2 ,3]", &["1", "2", "3"]),
            // A backslash outside of a text means nothing.
            (r#"[\"", 1]"#, &[r#"\"""#, "1"]),
            (r#"[{"a":[1,2]},{"b":"],}["}]"#, &[r#"{"a":[1,2]}"#, r#"{"b":"],}["}"#]),
            (r#"["a\"b,c","\\",NaN]"#, &[r#""a\"b,c""#, r#""\\""#, "NaN"]),
            ("[{\"a\":\"\t\n\"},-Infinity,]", &["{\"a\":\"\t\n\"}", "-Infinity"]),
            (r#"{"id":"ä","n":NaN}"#, &[r#""id":"ä""#, r#""n":NaN"#]),
        ] {
            assert_eq!(parts(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_ends_too_early_or_too_late_is_no_list() {
        for text in [
            "",
            "x",
            "1",
            "[",
            "]",
            "[1",
            "[1]]",
            "[1] 2",
            "[{]}",
            "[\"a]",
            "[\"a\\\"]",
            "[1}",
            "<html>",
            "null",
            "\"a\"",
        ] {
            assert_eq!(parts(text), None, "{text}");
        }
    }

    #[test]
    fn an_id_is_found_beside_what_is_no_json() {
        for (text, expected) in [
            (r#"{"price":NaN,"id" : "PR-1"}"#, Some("PR-1")),
            (r#"{"asset":{"id":"AS-1"},"id":"PR-1","note":"a	b"}"#, Some("PR-1")),
            (r#"{"asset":{"id":"AS-1"},"price":NaN}"#, None),
            (r#"{"id":"","x":NaN}"#, None),
            (r#"{"id":NaN}"#, None),
            ("NaN", None),
        ] {
            assert_eq!(id(text).as_deref(), expected, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn what_json_makes_of_a_list_is_what_is_found(values in proptest::collection::vec("\\PC*", 0..5)) {
            let text = serde_json::to_string(&values).unwrap();
            let found: Vec<String> =
                parts(&text).unwrap().into_iter().map(|part| serde_json::from_str(part).unwrap()).collect();
            proptest::prop_assert_eq!(found, values);
        }

        #[test]
        fn no_text_panics(text in "[\\[\\]{}\",\\\\ä1 ]*") {
            let _ = (parts(&text), id(&text));
        }
    }
}
