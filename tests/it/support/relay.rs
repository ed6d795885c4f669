//! A relay in front of the sandbox, which fails between the head and the body of a call, or closes after an answer.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use connect::sandbox::Sandbox;

use super::serving;

/// What becomes of a call. None of it reaches the sandbox, but for the last.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Break {
    AfterHead,
    AfterHalf,
    /// Nothing of the body is read, until the client has given up.
    Stall,
    /// A refusal before the body is read, and then the body is read.
    AnswerFirst,
    /// A refusal, and the connection is reset without a look at the body.
    AnswerAndReset,
    /// The call is answered, and the connection closed without a word of it in the answer.
    AfterAnswer,
}

const REFUSAL: &[u8] = b"HTTP/1.1 413 Payload Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/// What is struck, how, and how often.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Struck {
    /// An empty one is any.
    pub(crate) method: &'static str,
    /// Of the last segment of the path, without its number.
    pub(crate) path_end: &'static str,
    pub(crate) how: Break,
    pub(crate) times: usize,
}

/// The calls that came as method and path, struck ones too.
pub(crate) type Calls = Arc<Mutex<Vec<(String, String)>>>;

/// The address of a relay, and its calls.
pub(crate) fn relay(sandbox: &Sandbox, struck: Struck) -> (SocketAddr, Calls) {
    let host = sandbox.url().trim_start_matches("http://").split('/').next().unwrap().to_owned();
    let calls = Calls::default();
    let (seen, left) = (Arc::clone(&calls), Arc::new(Mutex::new(struck.times)));
    let address = serving(move |mut stream| {
        let mut upstream = TcpStream::connect(&host).unwrap();
        while let Some(head) = head(&mut stream) {
            let (method, path) = head.split_once(' ').unwrap();
            let path = path.split([' ', '?']).next().unwrap();
            seen.lock().unwrap().push((method.to_owned(), path.trim_start_matches("/public/v1").to_owned()));
            let length = length(&head);
            let meant = struck.method.is_empty() || method == struck.method;
            let is_struck = meant && path.ends_with(struck.path_end) && take(&left);
            if is_struck && struck.how != Break::AfterAnswer {
                fail(&mut stream, struck.how, length);
                return;
            }
            upstream.write_all(head.as_bytes()).unwrap();
            copy(&mut stream, &mut upstream, length);
            let Some(head) = self::head(&mut upstream) else { return };
            let _ = stream.write_all(head.as_bytes());
            copy(&mut upstream, &mut stream, self::length(&head));
            if is_struck {
                return;
            }
        }
    });
    (address, calls)
}

fn fail(stream: &mut TcpStream, how: Break, length: usize) {
    // Closed with bytes that nobody read, a connection is reset.
    let wait_for_more = |stream: &TcpStream| stream.peek(&mut [0]).map(drop);
    match how {
        Break::AfterHead => {
            let _ = wait_for_more(stream);
        }
        Break::AfterHalf => {
            let _ = stream.read_exact(&mut vec![0; length / 2]);
            let _ = wait_for_more(stream);
        }
        Break::Stall => {
            // The end shows behind what is not read, so it is not waited for.
            std::thread::sleep(Duration::from_secs(20));
        }
        Break::AnswerFirst => {
            let _ = stream.write_all(REFUSAL);
            let _ = std::io::copy(stream, &mut std::io::sink());
        }
        Break::AnswerAndReset => {
            let _ = stream.write_all(REFUSAL);
            let _ = wait_for_more(stream);
        }
        Break::AfterAnswer => {}
    }
}

fn take(left: &Mutex<usize>) -> bool {
    let mut left = left.lock().unwrap();
    let any = *left > 0;
    *left = left.saturating_sub(1);
    any
}

/// Byte by byte, so that the body stays where it is.
fn head(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    String::from_utf8(head).ok()
}

fn length(head: &str) -> usize {
    let lines = head.lines().filter_map(|line| line.split_once(": "));
    let mut lines = lines.filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    lines.next().map_or(0, |(_, value)| value.parse().unwrap())
}

fn copy(from: &mut TcpStream, to: &mut TcpStream, length: usize) {
    let mut body = vec![0; length];
    if from.read_exact(&mut body).is_ok() {
        let _ = to.write_all(&body);
    }
}
