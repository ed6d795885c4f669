//! What the tests share.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use connect::sandbox::{Call, Sandbox, sample};
use connect::{Config, Connect};

pub(crate) const ORDER: &str = "PR-1000-0000-0001-001";
pub(crate) const CONVERSATION: &str = "CO-1000-0000-0001-001";
pub(crate) const TEMPLATE: &str = sample::TEMPLATE;

/// Pauses of milliseconds and small bodies. Timeouts stay long: the tests share the processor with others.
pub(crate) fn impatient(config: Config) -> Config {
    config
        .timeout(Duration::from_secs(20))
        .backoff(Duration::from_millis(2), Duration::from_millis(8))
        .settle([Duration::from_millis(5); 3])
        .body_limit(256 << 10)
}

pub(crate) fn client(sandbox: &Sandbox) -> Connect {
    Connect::new(impatient(sandbox.config().unwrap())).unwrap()
}

/// A sandbox with one pending order, which has an open conversation.
pub(crate) fn one_order() -> Sandbox {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.insert("requests", sample::request(ORDER));
    sandbox.insert("conversations", sample::conversation_for(ORDER));
    sandbox
}

/// The calls as `POST /requests/PR-…/approve 200`, without queries.
pub(crate) fn calls(sandbox: &Sandbox) -> Vec<String> {
    sandbox.journal().iter().map(line).collect()
}

fn line(call: &Call) -> String {
    format!("{} {} {}", call.method, call.route(), call.status)
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
