//! The job of the loop over a socket: the same models and calls, one write and one read a call where it fits.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use connect::models::Request;

use super::by_hand::Answers;
use super::{AUTHORIZATION, PAGE};

pub fn run(url: &str, answers: Answers) {
    let (host, root) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let mut socket = Socket {
        stream: TcpStream::connect(host).unwrap(),
        head: format!("HTTP/1.1\r\nHost: {host}\r\nAuthorization: {AUTHORIZATION}\r\n"),
        read: vec![0; 512 << 10],
    };
    socket.stream.set_nodelay(true).unwrap();
    let mut offset = 0;
    loop {
        let list =
            format!("/{root}/requests?eq(status,pending)&ordering(created)&limit={PAGE}&offset={offset}");
        let requests: Vec<Request> = serde_json::from_str(socket.call("GET", &list, "")).unwrap();
        if requests.is_empty() {
            return;
        }
        offset += requests.len();
        let ids = requests.iter().map(|request| request.id.as_str()).collect::<Vec<_>>().join(",");
        let talks = format!("/{root}/conversations?in(instance_id,({ids}))&limit=1000&offset=0");
        assert_eq!(socket.call("GET", &talks, ""), "[]");
        for Request { id, .. } in &requests {
            let update = format!(r#"{{"asset":{{"params":[{{"id":"tenant","value":"{id}"}}]}}}}"#);
            let answer = socket.call("PUT", &format!("/{root}/requests/{id}"), &update);
            check(answer, answers, id, "pending");
            let path = format!("/{root}/requests/{id}/approve");
            let answer = socket.call("POST", &path, r#"{"template_id":"TL-1"}"#);
            check(answer, answers, id, "approved");
        }
    }
}

fn check(answer: &str, answers: Answers, id: &str, status: &str) {
    if answers == Answers::Read {
        let order: Request = serde_json::from_str(answer).unwrap();
        assert_eq!((order.id.as_str(), order.status.as_str()), (id, status));
    }
}

struct Socket {
    stream: TcpStream,
    head: String,
    read: Vec<u8>,
}

impl Socket {
    /// The body of the answer.
    fn call(&mut self, method: &str, path: &str, body: &str) -> &str {
        let length = body.len();
        let head = &self.head;
        let call = format!(
            "{method} {path} {head}Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        self.stream.write_all(call.as_bytes()).unwrap();
        let mut filled = 0;
        loop {
            filled += self.stream.read(&mut self.read[filled..]).unwrap();
            let arrived = &self.read[..filled];
            let Some(head) = arrived.windows(4).position(|end| end == b"\r\n\r\n") else { continue };
            let text = std::str::from_utf8(&arrived[..head]).unwrap();
            let length = text.rsplit_once("Content-Length: ").unwrap().1;
            let end = head + 4 + length.parse::<usize>().unwrap();
            if end > self.read.len() {
                self.read.resize(end, 0);
            } else if filled == end {
                return std::str::from_utf8(&self.read[head + 4..end]).unwrap();
            }
        }
    }
}
