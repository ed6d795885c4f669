//! HTTP/1.1 requests read from one socket. Heads are parsed by `httparse`.

use std::io::{self, Read, Write};
use std::net::TcpStream;

use super::message::HttpRequest;

const HEAD_LIMIT: usize = 64 * 1024;
const BODY_LIMIT: usize = 1 << 30;

/// A reader of the requests that come over one socket.
#[derive(Debug)]
pub(super) struct Reader<'s> {
    stream: &'s TcpStream,
    buffer: Vec<u8>,
}

impl<'s> Reader<'s> {
    pub(super) fn new(stream: &'s TcpStream) -> Self {
        Self { stream, buffer: Vec::new() }
    }

    /// The next request. It is `None` when the client is done; what is not HTTP is an error of kind `InvalidData`.
    pub(super) fn next(&mut self) -> io::Result<Option<HttpRequest>> {
        loop {
            if let Some((head, length)) = parse_head(&self.buffer)? {
                self.buffer.drain(..length);
                return self.finish(head).map(Some);
            }
            if self.buffer.len() > HEAD_LIMIT {
                return Err(invalid("the request head is too long"));
            }
            if !self.fill()? {
                return if self.buffer.is_empty() {
                    Ok(None)
                } else {
                    Err(io::ErrorKind::UnexpectedEof.into())
                };
            }
        }
    }

    fn finish(&mut self, mut head: HttpRequest) -> io::Result<HttpRequest> {
        if head.header("expect").is_some_and(|e| e.eq_ignore_ascii_case("100-continue")) {
            (&mut &*self.stream).write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        let chunked =
            head.header("transfer-encoding").is_some_and(|e| e.to_ascii_lowercase().contains("chunked"));
        head.body = if chunked {
            self.chunked()?
        } else {
            let length = head.header("content-length").map_or(Ok(0), str::parse);
            let length: usize = length.map_err(|_| invalid("Content-Length is not a number"))?;
            self.exactly(length)?
        };
        Ok(head)
    }

    fn chunked(&mut self) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let (start, size) = loop {
                match httparse::parse_chunk_size(&self.buffer) {
                    Ok(httparse::Status::Complete((start, size))) => break (start, size),
                    Ok(httparse::Status::Partial) => {
                        if !self.fill()? {
                            return Err(io::ErrorKind::UnexpectedEof.into());
                        }
                    }
                    Err(_) => return Err(invalid("a chunk size is not a number")),
                }
            };
            self.buffer.drain(..start);
            let size = usize::try_from(size).map_err(|_| invalid("a chunk is too long"))?;
            if size == 0 {
                // Trailers end with an empty line as well.
                while self.line()? != b"\r\n" {}
                return Ok(body);
            }
            if body.len().saturating_add(size) > BODY_LIMIT {
                return Err(invalid("the body is too long"));
            }
            body.extend(self.exactly(size)?);
            self.exactly(2)?;
        }
    }

    fn line(&mut self) -> io::Result<Vec<u8>> {
        loop {
            if let Some(end) = self.buffer.iter().position(|b| *b == b'\n') {
                return Ok(self.buffer.drain(..=end).collect());
            }
            if self.buffer.len() > HEAD_LIMIT || !self.fill()? {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }

    fn exactly(&mut self, length: usize) -> io::Result<Vec<u8>> {
        if length > BODY_LIMIT {
            return Err(invalid("the body is too long"));
        }
        while self.buffer.len() < length {
            if !self.fill()? {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        let rest = self.buffer.split_off(length);
        Ok(std::mem::replace(&mut self.buffer, rest))
    }

    fn fill(&mut self) -> io::Result<bool> {
        let mut chunk = [0; 16 * 1024];
        loop {
            match (&mut &*self.stream).read(&mut chunk) {
                Ok(read) => {
                    self.buffer.extend_from_slice(chunk.get(..read).unwrap_or_default());
                    return Ok(read > 0);
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
    }
}

fn parse_head(bytes: &[u8]) -> io::Result<Option<(HttpRequest, usize)>> {
    if bytes.is_empty() {
        return Ok(None);
    }
    let mut slots = [httparse::EMPTY_HEADER; 64];
    let mut head = httparse::Request::new(&mut slots);
    let length = match head.parse(bytes) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(e) => return Err(invalid(&e.to_string())),
    };
    let headers: Vec<_> = head
        .headers
        .iter()
        .map(|h| (h.name.to_owned(), String::from_utf8_lossy(h.value).into_owned()))
        .collect();
    let mut incoming = HttpRequest {
        method: head.method.unwrap_or_default().to_owned(),
        target: origin_form(head.path.unwrap_or_default()).to_owned(),
        headers,
        body: Vec::new(),
        keep_alive: false,
    };
    let connection = incoming.header("connection").unwrap_or_default().to_ascii_lowercase();
    incoming.keep_alive =
        if head.version == Some(1) { connection != "close" } else { connection == "keep-alive" };
    Ok(Some((incoming, length)))
}

/// A proxy is sent the whole address; the server needs what follows the host.
fn origin_form(target: &str) -> &str {
    let Some((_, rest)) = target.split_once("://").filter(|(scheme, _)| !scheme.contains('/')) else {
        return target;
    };
    rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("/")
}

fn invalid(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}
