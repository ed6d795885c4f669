//! `multipart/form-data`, as far as one file in one field goes.

/// The content of the file with this name; the error says what is wrong with the body.
pub(super) fn field<'b>(content_type: &str, body: &'b [u8], name: &str) -> Result<&'b [u8], String> {
    let boundary =
        boundary(content_type).ok_or("the content type is not multipart/form-data with a boundary")?;
    let delimiter = [b"--", boundary.as_bytes()].concat();
    let mut rest = after(body, &delimiter).ok_or("the first boundary is missing")?;
    loop {
        if rest.starts_with(b"--") {
            return Err(format!("{name}: No file was submitted."));
        }
        let part = rest.strip_prefix(b"\r\n").ok_or("a boundary does not end its line")?;
        let end =
            find(part, &[b"\r\n", delimiter.as_slice()].concat()).ok_or("the last boundary is missing")?;
        let (head, content) =
            split(part.get(..end).unwrap_or_default()).ok_or("a part has no end of its head")?;
        if attribute(head, "name") == Some(name) {
            if attribute(head, "filename").is_none_or(str::is_empty) {
                return Err(format!("{name}: The submitted data was not a file: it has no file name."));
            }
            if content.is_empty() {
                return Err(format!("{name}: The submitted file is empty."));
            }
            return Ok(content);
        }
        rest = part.get(end + 2 + delimiter.len()..).unwrap_or_default();
    }
}

fn boundary(content_type: &str) -> Option<&str> {
    let mut parts = content_type.split(';').map(str::trim);
    if !parts.next()?.eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let value = parts.find_map(|part| part.strip_prefix("boundary="))?.trim_matches('"');
    (!value.is_empty()).then_some(value)
}

/// An attribute of the part's disposition.
fn attribute<'h>(head: &'h [u8], name: &str) -> Option<&'h str> {
    let head = str::from_utf8(head).ok()?;
    let line = head.lines().find(|line| line.to_ascii_lowercase().starts_with("content-disposition:"))?;
    let mut attributes = line.split(';').filter_map(|part| part.trim().split_once('='));
    attributes.find(|(own, _)| *own == name).map(|(_, value)| value.trim_matches('"'))
}

fn split(part: &[u8]) -> Option<(&[u8], &[u8])> {
    if let Some(content) = part.strip_prefix(b"\r\n") {
        return Some((&[], content));
    }
    let at = find(part, b"\r\n\r\n")?;
    Some((part.get(..at)?, part.get(at + 4..)?))
}

fn after<'b>(bytes: &'b [u8], what: &[u8]) -> Option<&'b [u8]> {
    bytes.get(find(bytes, what)? + what.len()..)
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    let (&first, _) = what.split_first()?;
    let mut from = 0;
    loop {
        let at = from + bytes.get(from..)?.iter().position(|byte| *byte == first)?;
        if bytes.get(at..)?.starts_with(what) {
            return Some(at);
        }
        from = at + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TYPE: &str = "multipart/form-data; boundary=\"x-1\"";

    #[test]
    fn the_named_part_is_found_among_others() {
        let body = b"--x-1\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nhi\r\n--x-1\r\n\
            content-disposition: form-data; name=\"usage_file\"; filename=\"a.xlsx\"\r\nContent-Type: x/y\r\n\r\n\
            PK\r\n--x-\r\nrest\r\n--x-1--\r\n";
        assert_eq!(field(TYPE, body, "usage_file"), Ok(&b"PK\r\n--x-\r\nrest"[..]));
        assert_eq!(
            field(TYPE, body, "note"),
            Err("note: The submitted data was not a file: it has no file name.".to_owned())
        );
        assert_eq!(field(TYPE, body, "other"), Err("other: No file was submitted.".to_owned()));
    }

    #[test]
    fn broken_bodies_are_refused() {
        for (content_type, body) in [
            ("application/json", &b"{}"[..]),
            ("multipart/form-data", b"--\r\n"),
            (TYPE, b""),
            (TYPE, b"--x-1\r\nContent-Disposition: form-data; name=\"usage_file\"\r\n\r\nPK"),
            (TYPE, b"--x-1 \r\n\r\n"),
            (TYPE, b"--x-1\r\nContent-Disposition: form-data; name=\"usage_file\"; filename=\"a\"\r\n\r\n\r\n--x-1--"),
        ] {
            assert!(field(content_type, body, "usage_file").is_err());
        }
    }
}
