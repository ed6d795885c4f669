//! A server that does no work beyond answering, in a process of its own.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

use super::page::page;

/// The server's process; ends with this value.
pub struct Server {
    child: Child,
    pub url: String,
}

impl Server {
    /// Starts a server whose list has so many orders.
    pub fn start(orders: usize, size: usize) -> Self {
        let mut child = Command::new(std::env::current_exe().expect("a bench has a path"))
            .args(["serve", &orders.to_string(), &size.to_string()])
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let mut line = String::new();
        let out = child.stdout.take().expect("its output is piped");
        BufReader::new(out).read_line(&mut line).expect("it tells its address");
        Self { child, url: line.trim().to_owned() }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Serves connections one after the other, for ever.
pub fn serve(orders: usize, size: usize) -> ! {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    println!("http://{}/public/v1", listener.local_addr().expect("it is bound"));
    // Made beforehand where they fit: making a page must not be waited for.
    let made: Vec<String> =
        (0..orders.min(20_000)).step_by(size).map(|at| page(at..(at + size).min(orders))).collect();
    let answer = page(0..1);
    loop {
        let (stream, _) = listener.accept().expect("a client comes");
        connection(stream, orders, size, &made, &answer[1..answer.len() - 1]);
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

fn connection(stream: TcpStream, orders: usize, size: usize, made: &[String], answer: &str) {
    let _ = stream.set_nodelay(true);
    let mut writer = stream.try_clone().expect("a socket can be shared");
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
        if writer.write_all(head.as_bytes()).and_then(|()| writer.write_all(text.as_bytes())).is_err() {
            return;
        }
    }
}
