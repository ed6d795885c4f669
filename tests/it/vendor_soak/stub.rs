//! A vendor's system over a socket, which honours keys or ignores them, and one answer in ten of which is lost.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::{BufReader, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

use super::{Dice, Fate, PATIENCE, fate};
use crate::support::process::Killer;
use crate::support::serving;
use crate::support::vendor::{Call, read};

/// What was made for a step of an order.
#[derive(Debug, Default, Clone)]
pub(super) struct Made {
    pub(super) effects: usize,
    /// Calls whose answer was lost, or in which the process was killed.
    pub(super) lost: usize,
    pub(super) there: BTreeSet<String>,
}

struct State {
    dice: Dice,
    honours_keys: bool,
    calls: usize,
    struck: usize,
    /// Answers by their keys.
    by_key: HashMap<String, String>,
    /// By order and step.
    made: HashMap<String, BTreeMap<&'static str, Made>>,
    /// The order and the step for which a thing was made, by its id.
    of: HashMap<String, (String, &'static str)>,
}

pub(super) struct Stub {
    address: SocketAddr,
    honours_keys: bool,
    state: Arc<Mutex<State>>,
}

/// What happens to an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    Refused(u16),
    Closed,
    Silent,
}

impl Stub {
    pub(super) fn start(seed: u64, honours_keys: bool, killer: Arc<Killer>) -> Self {
        let state = Arc::new(Mutex::new(State {
            dice: Dice(seed ^ 0x5eed),
            honours_keys,
            calls: 0,
            struck: 0,
            by_key: HashMap::new(),
            made: HashMap::new(),
            of: HashMap::new(),
        }));
        let shared = Arc::clone(&state);
        let address = serving(move |stream| serve(stream, &shared, &killer));
        Self { address, honours_keys, state }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(super) fn honours_keys(&self) -> bool {
        self.honours_keys
    }

    /// Waits until what a killed process had asked for is done.
    pub(super) fn settle(&self) {
        std::thread::sleep(Duration::from_millis(5));
        drop(self.state.lock().unwrap());
    }

    pub(super) fn made(&self) -> HashMap<String, BTreeMap<&'static str, Made>> {
        self.state.lock().unwrap().made.clone()
    }

    pub(super) fn summary(&self) -> String {
        let state = self.state.lock().unwrap();
        let there: usize = state.made.values().flat_map(BTreeMap::values).map(|made| made.there.len()).sum();
        format!("{} to the vendor of which {} were struck, {there} things there", state.calls, state.struck)
    }
}

fn serve(stream: TcpStream, state: &Mutex<State>, killer: &Killer) {
    let Ok(mut out) = stream.try_clone() else { return };
    let mut input = BufReader::new(stream);
    while let Some(Call { method, path, key, body }) = read(&mut input) {
        let mut state = state.lock().unwrap();
        // Killed before the effect, or after it: the answer is lost in any case.
        let is_killed_first = killer.call();
        let (fault, has_effect) = state.fault();
        let (order, step) = state.subject(&method, &path, &body);
        let (status, answer) = if fault == Fault::None || has_effect {
            state.answer(&method, &path, &key, &body)
        } else {
            (500, String::new())
        };
        let is_killed = killer.call() || is_killed_first;
        if is_killed || fault != Fault::None {
            state.made.entry(order).or_default().entry(step).or_default().lost += 1;
        }
        drop(state);
        let (status, answer) = match fault {
            Fault::None => (status, answer),
            Fault::Refused(status) => (status, String::new()),
            Fault::Closed => return,
            Fault::Silent => {
                std::thread::sleep(PATIENCE + Duration::from_millis(50));
                return;
            }
        };
        let head = format!("HTTP/1.1 {status} \r\nContent-Length: {}\r\n\r\n", answer.len());
        if out.write_all((head + &answer).as_bytes()).is_err() {
            return;
        }
    }
}

impl State {
    /// One call in ten is struck, before its effect or after it.
    fn fault(&mut self) -> (Fault, bool) {
        self.calls += 1;
        if self.dice.roll(10) > 0 {
            return (Fault::None, true);
        }
        self.struck += 1;
        let fault = match self.dice.roll(20) {
            0 => Fault::Silent,
            1..=9 => Fault::Closed,
            10..=14 => Fault::Refused(500),
            _ => Fault::Refused(503),
        };
        (fault, self.dice.roll(2) == 0)
    }

    fn subject(&self, method: &str, path: &str, body: &Value) -> (String, &'static str) {
        let id = path.rsplit('/').next().unwrap_or_default();
        if method == "DELETE" {
            return self.of.get(id).cloned().unwrap_or_default();
        }
        let step = if path.ends_with("/licences") { "licence" } else { "tenant" };
        (body["order"].as_str().unwrap().to_owned(), step)
    }

    fn answer(&mut self, method: &str, path: &str, key: &str, body: &Value) -> (u16, String) {
        assert!(!key.is_empty() && key.bytes().all(|byte| byte.is_ascii_graphic()), "{key:?}");
        if method == "DELETE" {
            let id = path.rsplit('/').next().unwrap_or_default();
            let Some((order, step)) = self.of.get(id) else { return (404, String::new()) };
            let made = self.made.get_mut(order).unwrap().get_mut(step).unwrap();
            return (if made.there.remove(id) { 204 } else { 404 }, String::new());
        }
        if let Some(answer) = self.by_key.get(key).filter(|_| self.honours_keys) {
            return (201, answer.clone());
        }
        let (order, step) = self.subject(method, path, body);
        if step == "licence" && fate(&order) == Fate::NoLicence {
            return (409, json!({"permanent": true}).to_string());
        }
        let letter = if step == "licence" { "L" } else { "T" };
        let id = format!("{letter}-{}", self.of.len() + 1);
        let answer = json!({"id": id}).to_string();
        self.by_key.insert(key.to_owned(), answer.clone());
        self.of.insert(id.clone(), (order.clone(), step));
        let made = self.made.entry(order).or_default().entry(step).or_default();
        made.effects += 1;
        made.there.insert(id);
        (201, answer)
    }
}
