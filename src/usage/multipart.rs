//! The body of a form with a single file, read as it is sent.

use std::hash::{BuildHasher, RandomState};
use std::io::{self, Cursor, Read};

/// The media type of workbooks.
pub(super) const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// A `multipart/form-data` body with one file field: a reader whose length is known before it is read.
#[derive(Debug)]
pub(crate) struct Multipart<R> {
    boundary: String,
    head: Cursor<Vec<u8>>,
    file: R,
    /// Bytes of the file still to come.
    left: u64,
    tail: Cursor<Vec<u8>>,
    len: u64,
}

impl<R: Read> Multipart<R> {
    /// `file` must yield `file_len` bytes: fewer are an error when they are read, more are not sent.
    pub(crate) fn new(field: &str, file_name: &str, media_type: &str, file: R, file_len: u64) -> Self {
        // 128 random bits: that a file contains them is not going to happen.
        let random = || RandomState::new().hash_one(file_len);
        let boundary = format!("connect-sdk-{:016x}{:016x}", random(), random());
        let (field, file_name) = (quotable(field), quotable(file_name));
        let head = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"{file_name}\"\r\n\
             Content-Type: {media_type}\r\n\r\n"
        );
        let tail = format!("\r\n--{boundary}--\r\n");
        let len = file_len + (head.len() + tail.len()) as u64;
        Self {
            boundary,
            head: Cursor::new(head.into_bytes()),
            file,
            left: file_len,
            tail: Cursor::new(tail.into_bytes()),
            len,
        }
    }

    /// The value of the `Content-Type` header.
    pub(crate) fn content_type(&self) -> String {
        format!("multipart/form-data; boundary={}", self.boundary)
    }

    /// The value of the `Content-Length` header.
    pub(crate) fn len(&self) -> u64 {
        self.len
    }
}

impl<R: Read> Read for Multipart<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if buf.is_empty() {
            return Ok(0);
        }
        let n = self.head.read(buf)?;
        if n > 0 {
            return Ok(n);
        }
        if self.left > 0 {
            let n = (&mut self.file).take(self.left).read(buf)?;
            if n == 0 {
                let what = format!("the file to upload ended {} bytes early", self.left);
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, what));
            }
            self.left -= n as u64;
            return Ok(n);
        }
        self.tail.read(buf)
    }
}

/// Text that can stand between the quotes of a header without ending them or the line.
fn quotable(text: &str) -> String {
    text.chars().map(|c| if matches!(c, '"' | '\\') || c.is_control() { '_' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body_of(mut form: Multipart<&[u8]>) -> (String, String) {
        let mut body = String::new();
        form.read_to_string(&mut body).unwrap();
        assert_eq!(body.len() as u64, form.len());
        (form.content_type(), body)
    }

    #[test]
    fn the_body_is_one_part_between_boundaries() {
        let form = Multipart::new("usage_file", "usage.xlsx", "application/x", b"PK\r\n--x".as_slice(), 7);
        let (content_type, body) = body_of(form);
        let boundary = content_type.strip_prefix("multipart/form-data; boundary=").unwrap();
        assert_eq!(boundary.len(), 44);
        assert_eq!(
            body,
            format!(
                "--{boundary}\r\nContent-Disposition: form-data; name=\"usage_file\"; \
                 filename=\"usage.xlsx\"\r\nContent-Type: application/x\r\n\r\nPK\r\n--x\r\n--{boundary}--\r\n"
            )
        );
    }

    #[test]
    fn a_file_name_cannot_leave_its_quotes() {
        let form = Multipart::new("f", "a\"; x=\"\\\r\nSet-Cookie: ü.xlsx", "a/b", b"".as_slice(), 0);
        let (_, body) = body_of(form);
        assert_eq!(
            body.lines().nth(1),
            Some("Content-Disposition: form-data; name=\"f\"; filename=\"a_; x=____Set-Cookie: ü.xlsx\"")
        );
    }

    #[test]
    fn a_file_that_ends_early_is_an_error() {
        let mut form = Multipart::new("f", "n", "a/b", b"abc".as_slice(), 5);
        let error = form.read_to_end(&mut Vec::new()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
        assert_eq!(error.to_string(), "the file to upload ended 2 bytes early");
    }

    #[test]
    fn a_file_that_grew_is_cut_at_the_promised_length() {
        let (_, body) = body_of(Multipart::new("f", "n", "a/b", b"abcdef".as_slice(), 3));
        assert!(body.contains("\r\n\r\nabc\r\n--"), "{body}");
    }

    #[test]
    fn a_reader_of_single_bytes_sees_the_same_length() {
        let mut form = Multipart::new("f", "n", "a/b", b"abc".as_slice(), 3);
        let (mut read, mut byte) = (0, [0]);
        while form.read(&mut byte).unwrap() == 1 {
            read += 1;
        }
        assert_eq!(read, form.len());
    }

    #[test]
    fn no_two_forms_share_a_boundary() {
        let form = || Multipart::new("f", "n", "a/b", b"".as_slice(), 0).content_type();
        assert_ne!(form(), form());
    }
}
