//! A vendor's system on loopback, which honours keys and one in ten of whose answers is an error.

use std::collections::{HashMap, HashSet};
use std::io::{BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};

use super::call::{Call, read};

/// What the vendor has.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Counts {
    pub(crate) tenants: usize,
    pub(crate) licences: usize,
    /// Orders for which anything was asked.
    pub(crate) orders: usize,
}

#[derive(Default)]
struct State {
    calls: u64,
    /// Answers by their keys.
    by_key: HashMap<String, String>,
    there: HashSet<String>,
    orders: HashSet<String>,
}

/// The running system.
pub(crate) struct Stub {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

impl Stub {
    pub(crate) fn start() -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let (address, state) = (listener.local_addr()?, Arc::new(Mutex::new(State::default())));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = Arc::clone(&shared);
                std::thread::spawn(move || serve(stream, &state));
            }
        });
        Ok(Self { address, state })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn counts(&self) -> Counts {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let count = |prefix| state.there.iter().filter(|id| id.starts_with(prefix)).count();
        Counts { tenants: count("T-"), licences: count("L-"), orders: state.orders.len() }
    }
}

/// Answers the calls of one connection. A caller that goes away ends it.
fn serve(stream: TcpStream, state: &Mutex<State>) {
    let Ok(mut out) = stream.try_clone() else { return };
    let mut input = BufReader::new(stream);
    while let Some(Call { method, path, key, body }) = read(&mut input) {
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        let (status, answer) = state.answer(&method, &path, &key, &body);
        drop(state);
        let head = format!("HTTP/1.1 {status} \r\nContent-Length: {}\r\n\r\n", answer.len());
        if out.write_all((head + &answer).as_bytes()).is_err() {
            return;
        }
    }
}

impl State {
    fn answer(&mut self, method: &str, path: &str, key: &str, body: &Value) -> (u16, String) {
        self.calls += 1;
        // Every second error comes after the effect: its answer is lost.
        let (is_before, is_after) = (self.calls % 20 == 10, self.calls.is_multiple_of(20));
        if is_before {
            return (500, String::new());
        }
        let answer = match method {
            "POST" => self.make(path, key, body),
            _ => self.delete(path),
        };
        if is_after { (500, String::new()) } else { answer }
    }

    fn make(&mut self, path: &str, key: &str, body: &Value) -> (u16, String) {
        self.orders.extend(body["order"].as_str().map(str::to_owned));
        if let Some(answer) = self.by_key.get(key) {
            return (201, answer.clone());
        }
        let letter = if path.ends_with("/licences") { "L" } else { "T" };
        let id = format!("{letter}-{}", self.by_key.len() + 1);
        let answer = json!({"id": id}).to_string();
        self.by_key.insert(key.to_owned(), answer.clone());
        self.there.insert(id);
        (201, answer)
    }

    fn delete(&mut self, path: &str) -> (u16, String) {
        let id = path.rsplit('/').next().unwrap_or_default();
        (if self.there.remove(id) { 204 } else { 404 }, String::new())
    }
}
