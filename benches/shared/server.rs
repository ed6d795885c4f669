//! A server that does no work beyond answering, in a process of its own.

use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use rcgen::IsCa;
use rustls::{ServerConnection, StreamOwned};

use super::authority::Authority;
use super::page::page;

/// The server's process; ends with this value.
pub struct Server {
    child: Child,
    pub url: String,
    /// The file with the certificate of its authority.
    pub ca: String,
    _file: Option<tempfile::NamedTempFile>,
}

impl Server {
    /// Starts a server whose list has so many orders.
    pub fn start(orders: usize, size: usize) -> Self {
        Self::run(orders, size, None)
    }

    /// The same over TLS.
    pub fn over_tls(orders: usize, size: usize) -> Self {
        Self::run(orders, size, Some(tempfile::NamedTempFile::new().expect("a temporary file")))
    }

    fn run(orders: usize, size: usize, file: Option<tempfile::NamedTempFile>) -> Self {
        let ca = file.as_ref().map(|file| file.path().display().to_string());
        let mut child = Command::new(std::env::current_exe().expect("a bench has a path"))
            .args(["serve", &orders.to_string(), &size.to_string()])
            .args(&ca)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let mut line = String::new();
        let out = child.stdout.take().expect("its output is piped");
        BufReader::new(out).read_line(&mut line).expect("it tells its address");
        Self { child, url: line.trim().to_owned(), ca: ca.unwrap_or_default(), _file: file }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Serves connections one after the other, for ever; over TLS where there is a file for the authority's certificate.
pub fn serve(orders: usize, size: usize, ca: Option<&str>) -> ! {
    let tls = ca.map(|ca| {
        let authority = Authority::new();
        std::fs::copy(authority.file(), ca).expect("written");
        authority.server_config("127.0.0.1", IsCa::NoCa)
    });
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let scheme = if tls.is_some() { "https" } else { "http" };
    println!("{scheme}://{}/public/v1", listener.local_addr().expect("it is bound"));
    // Made beforehand where they fit: making a page must not be waited for.
    let made: Vec<String> =
        (0..orders.min(20_000)).step_by(size).map(|at| page(at..(at + size).min(orders))).collect();
    let answer = page(0..1);
    let answer = &answer[1..answer.len() - 1];
    loop {
        let (stream, _) = listener.accept().expect("a client comes");
        let _ = stream.set_nodelay(true);
        match &tls {
            None => connection(stream, orders, size, &made, answer),
            Some(tls) => {
                let tls = ServerConnection::new(tls.clone()).expect("a good configuration");
                connection(StreamOwned::new(tls, stream), orders, size, &made, answer);
            }
        }
    }
}

/// The order that a call is about, in the state that the call leads to.
fn order(first: &str, target: &str) -> String {
    let mut parts = target.split("/requests/").nth(1).unwrap_or_default().split('/');
    let id = parts.next().unwrap_or_default();
    let order = first.replacen("PR-000000000000-001", id, 1);
    match parts.next() {
        Some("approve") => order.replacen(r#""status":"pending""#, r#""status":"approved""#, 1),
        _ => order,
    }
}

fn connection(stream: impl Read + Write, orders: usize, size: usize, made: &[String], answer: &str) {
    let mut reader = BufReader::new(stream);
    let mut next = 0;
    let mut line = String::new();
    loop {
        line.clear();
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        let is_list = line.starts_with("GET");
        let is_conversations = line.contains("/conversations?");
        let target = line.split(' ').nth(1).unwrap_or_default().to_owned();
        let mut length = 0;
        loop {
            line.clear();
            if reader.read_line(&mut line).unwrap_or(0) <= 2 {
                break;
            }
            if let Some(text) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = text.trim().parse().unwrap_or(0);
            }
        }
        let mut body = vec![0; length];
        if reader.read_exact(&mut body).is_err() {
            return;
        }
        let fresh;
        let (text, range) = if !is_list {
            fresh = order(answer, &target);
            (fresh.as_str(), String::new())
        } else if is_conversations || next >= orders {
            ("[]", "Content-Range: items 0-0/0\r\n".to_owned())
        } else {
            let (from, to) = (next, (next + size).min(orders));
            next = to;
            let range = format!("Content-Range: items 0-{}/{}\r\n", to - from - 1, orders - from);
            if let Some(made) = made.get(from / size) {
                (made.as_str(), range)
            } else {
                fresh = page(from..to);
                (fresh.as_str(), range)
            }
        };
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n{range}Content-Length: {}\r\n\r\n",
            text.len()
        );
        if reader.get_mut().write_all(&[head.as_bytes(), text.as_bytes()].concat()).is_err() {
            return;
        }
    }
}
