//! A client by hand: what it sends is what a test says, and what it reads is not interpreted.

use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use connect::sandbox::Sandbox;
use serde_json::Value;

/// One connection, which is kept.
pub(crate) struct Raw {
    stream: TcpStream,
    pub(crate) key: String,
}

/// One answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.into_iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

impl Raw {
    pub(crate) fn new(sandbox: &Sandbox) -> Self {
        let url = sandbox.url();
        let host = url.trim_start_matches("http://").split('/').next().unwrap();
        let stream = TcpStream::connect(host).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        Self { stream, key: sandbox.api_key().to_owned() }
    }

    /// Sends a call to a path below the base path, with a JSON body unless it is empty.
    pub(crate) fn call(&mut self, method: &str, path: &str, body: &[u8]) -> Reply {
        self.send(method, &format!("/public/v1{path}"), "application/json", body).unwrap()
    }

    pub(crate) fn get(&mut self, path: &str) -> Reply {
        self.call("GET", path, b"")
    }

    pub(crate) fn post(&mut self, path: &str, body: &Value) -> Reply {
        self.call("POST", path, body.to_string().as_bytes())
    }

    /// Sends a call to any target.
    pub(crate) fn send(&mut self, method: &str, target: &str, kind: &str, body: &[u8]) -> io::Result<Reply> {
        let (key, length) = (&self.key, body.len());
        let authorization = if key.is_empty() { String::new() } else { format!("Authorization: {key}\r\n") };
        let head = format!(
            "{method} {target} HTTP/1.1\r\nHost: x\r\n{authorization}Content-Type: {kind}\r\n\
             Content-Length: {length}\r\n\r\n"
        );
        self.stream.write_all(&[head.as_bytes(), body].concat())?;
        self.read(method == "HEAD")
    }

    fn read(&mut self, head_only: bool) -> io::Result<Reply> {
        let mut bytes = Vec::new();
        let mut byte = [0];
        while !bytes.ends_with(b"\r\n\r\n") {
            self.stream.read_exact(&mut byte)?;
            bytes.push(byte[0]);
        }
        let head = String::from_utf8(bytes).unwrap();
        let mut reply = Reply { status: head[9..12].parse().unwrap(), head, body: Vec::new() };
        let length = reply.header("content-length").map_or(0, |length| length.parse().unwrap());
        if !head_only {
            reply.body = vec![0; length];
            self.stream.read_exact(&mut reply.body)?;
        }
        Ok(reply)
    }
}
