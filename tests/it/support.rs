//! What the tests share: sandboxes, clients of them, what crossed the wire, and servers that are none.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use connect::sandbox::{Body, Sandbox, sample};
use connect::{Config, Connect, Outcome, Report, UpdateMethod};
use serde_json::{Value, json};

pub(crate) mod authority;
pub(crate) mod job;
pub(crate) mod process;
#[cfg(feature = "logger")]
pub(crate) mod program;
pub(crate) mod raw;
pub(crate) mod relay;
#[cfg(feature = "xlsx")]
pub(crate) mod usage;
#[path = "../../examples/saas/call.rs"]
pub(crate) mod vendor;

/// The only order of most tests, and its conversation.
pub(crate) const ORDER: &str = "PR-1000-0000-0001-001";
pub(crate) const TALK: &str = "CO-1000-0000-0001-001";
pub(crate) const TEMPLATE: &str = sample::TEMPLATE;
/// The list of pending orders, up to where the walk goes on.
pub(crate) const PENDING: &str = "/requests?in(asset.product.id,(PRD-260-714-083))&eq(status,pending)";
pub(crate) const FIRST_PAGE: &str = "/requests?in(asset.product.id,(PRD-260-714-083))&eq(status,pending)&ordering(created)&limit=100&offset=0";
/// The time of creation of [`ORDER`], as a query says it.
pub(crate) const CREATED: &str = "%222024-03-04T09%3A12%3A44.317205%2B00%3A00%22";

/// A sandbox with one pending order and its open conversation.
pub(crate) fn one_order() -> Sandbox {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.insert("requests", sample::request(ORDER));
    sandbox.insert("conversations", sample::conversation_for(ORDER));
    sandbox
}

/// Pending orders a second apart, each with an open conversation.
pub(crate) fn add_orders(sandbox: &Sandbox, orders: usize) {
    sandbox.add_requests(orders, |_, _| {});
    for request in sandbox.all("requests") {
        sandbox.insert("conversations", sample::conversation_for(request["id"].as_str().unwrap()));
    }
}

/// The status of an order as the platform has it.
pub(crate) fn status(sandbox: &Sandbox, id: &str) -> String {
    sandbox.get("requests", id).unwrap()["status"].as_str().unwrap().to_owned()
}

/// A client that updates with the verb that the sandbox takes, so that no update is sent twice.
pub(crate) fn client(sandbox: &Sandbox) -> Connect {
    Connect::new(impatient(sandbox.config().unwrap()).update_method(UpdateMethod::Put)).unwrap()
}

/// Pauses of milliseconds and small bodies. Timeouts stay long: the tests share the processor with others.
pub(crate) fn impatient(config: Config) -> Config {
    config
        .timeout(Duration::from_secs(20))
        .backoff(Duration::from_millis(2), Duration::from_millis(8))
        .settle([Duration::from_millis(5); 3])
        .body_limit(256 << 10)
}

/// A client that sends each call once, so that every fault is the end of its call.
pub(crate) fn one_try(sandbox: &Sandbox) -> Connect {
    Connect::new(one_try_config(sandbox)).unwrap()
}

/// One product, updates by PUT, no patience: nothing but what a test is about.
pub(crate) fn one_try_config(sandbox: &Sandbox) -> Config {
    Config::new(sandbox.url(), sandbox.api_key())
        .unwrap()
        .products([sample::PRODUCT])
        .update_method(UpdateMethod::Put)
        .attempts(1)
        .backoff(Duration::ZERO, Duration::ZERO)
        .settle([Duration::from_millis(1); 3])
}

/// Each call since the last time, as `[method, path]` or `[method, path, body]`; all of them had credentials.
pub(crate) fn calls(sandbox: &Sandbox) -> Value {
    let journal = sandbox.take_journal();
    assert!(journal.iter().all(|call| call.authorization), "a call without credentials: {journal:?}");
    let calls = journal.into_iter().map(|call| match call.body {
        Body::Empty => json!([call.method, call.path]),
        Body::Json(body) => json!([call.method, call.path, body]),
        _ => json!([call.method, call.path, "bytes"]),
    });
    calls.collect()
}

/// The same, without the calls of the list that a loop walks.
pub(crate) fn calls_but(sandbox: &Sandbox, list: &str) -> Value {
    let Value::Array(mut all) = calls(sandbox) else { panic!() };
    let before = all.len();
    all.retain(|call| call[0] != "GET" || call[1].as_str().unwrap().split('?').next() != Some(list));
    assert!(all.len() < before, "the list was not read");
    all.into()
}

/// The calls as `POST /requests/PR-…/approve 200`, without queries and bodies.
pub(crate) fn routes(sandbox: &Sandbox) -> Vec<String> {
    let journal = sandbox.journal();
    journal.iter().map(|call| format!("{} {} {}", call.method, call.route(), call.status)).collect()
}

/// The outcome of a run that had one.
pub(crate) fn only(report: &Report) -> &Outcome {
    let [outcome] = report.outcomes() else { panic!("{report}") };
    outcome
}

/// An error with its causes, as a program prints it.
pub(crate) fn told(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    let mut told = String::new();
    for text in causes.map(ToString::to_string) {
        assert!(told.is_empty() || !told.contains(&text), "{told} repeats its cause: {text}");
        told = if told.is_empty() { text } else { format!("{told}: {text}") };
    }
    told
}

/// A server of one answer, whatever it is asked; it takes connections until the test ends.
pub(crate) fn answering(answer: impl Into<Vec<u8>>) -> SocketAddr {
    let answer = answer.into();
    serving(move |mut stream| {
        let mut head = [0; 4096];
        let _ = stream.read(&mut head);
        let _ = stream.write_all(&answer);
    })
}

/// A server that gives each connection the next answer, and the last one from then on. Also counts the connections.
pub(crate) fn answering_in_turn<const N: usize>(answers: [Vec<u8>; N]) -> (SocketAddr, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let own = Arc::clone(&count);
    let address = serving(move |mut stream| {
        let at = own.fetch_add(1, Ordering::SeqCst);
        let mut head = [0; 4096];
        let _ = stream.read(&mut head);
        let _ = stream.write_all(&answers[at.min(N - 1)]);
    });
    (address, count)
}

/// A case that was met in the field.
pub(crate) fn case(name: &str) -> Value {
    let path = format!("{}/tests/fixtures/cases/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// An answer as it goes over the wire; `headers` end in line breaks.
pub(crate) fn answer(status: u16, headers: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let length = if headers.contains("Transfer-Encoding") {
        String::new()
    } else {
        format!("Content-Length: {}\r\n", body.len())
    };
    let head = format!("HTTP/1.1 {status} X\r\n{headers}{length}Connection: close\r\n\r\n");
    [head.as_bytes(), body].concat()
}

/// A server of these answers, one after the other and the last one for ever; it tells the request lines it got.
pub(crate) fn sequence(answers: Vec<Vec<u8>>) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&lines);
    let address = serving(move |mut stream| {
        let mut head = [0; 8192];
        let read = stream.read(&mut head).unwrap_or_default();
        let text = String::from_utf8_lossy(&head[..read]);
        let mut seen = seen.lock().unwrap();
        let answer = answers.get(seen.len()).or(answers.last()).unwrap();
        seen.push(text.lines().next().unwrap_or_default().trim_end_matches(" HTTP/1.1").to_owned());
        drop(seen);
        let _ = stream.write_all(answer);
        let _ = stream.shutdown(std::net::Shutdown::Write);
        while stream.read(&mut head).is_ok_and(|read| read > 0) {}
    });
    (address, lines)
}

/// A server that hands each connection to `serve` in a thread of its own.
pub(crate) fn serving(serve: impl Fn(TcpStream) + Send + Sync + Clone + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let serve = serve.clone();
            std::thread::spawn(move || serve(stream));
        }
    });
    address
}

/// A server of lists: `page` gives the `Content-Range` and the body for the path of a GET. Also how often it was called.
pub(crate) fn lists(
    page: impl Fn(&str) -> (Option<String>, String) + Send + Sync + 'static,
) -> (SocketAddr, Arc<AtomicUsize>) {
    let (page, calls) = (Arc::new(page), Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&calls);
    let address = serving(move |stream| {
        let mut reader = BufReader::new(&stream);
        let mut line = String::new();
        let mut path = String::new();
        while reader.read_line(&mut line).is_ok_and(|read| read > 0) {
            match line.trim_end() {
                "" => {
                    counted.fetch_add(1, Ordering::Relaxed);
                    let (range, body) = page(&path);
                    let range = range.map(|range| format!("Content-Range: {range}\r\n")).unwrap_or_default();
                    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n{range}\r\n", body.len());
                    if (&stream).write_all((head + &body).as_bytes()).is_err() {
                        return;
                    }
                    path.clear();
                }
                head if path.is_empty() => head.split(' ').nth(1).unwrap_or_default().clone_into(&mut path),
                _ => {}
            }
            line.clear();
        }
    });
    (address, calls)
}
