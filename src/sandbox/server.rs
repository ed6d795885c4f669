//! Sockets and threads. Each connection has a thread; all threads are joined when the sandbox is dropped.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::error::error;
use super::fault::{Fault, FaultKind};
use super::journal::{Effect, RecordedCall, StorageCall};
use super::message::{HttpRequest, HttpResponse};
use super::options::{BASE, Options};
use super::state::{Late, State};
use super::store::Store;
use super::wire::Reader;
use super::{control, router, storage};

/// The server: what its threads share.
pub(super) struct Server {
    pub(super) options: Options,
    state: Mutex<State>,
    stop: AtomicBool,
    stopped: (Mutex<()>, Condvar),
    sockets: Mutex<HashMap<usize, TcpStream>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    next_socket: AtomicUsize,
    connections: AtomicUsize,
}

/// Listeners of the two origins: the platform, and the storage that signed links lead to.
pub(super) struct Listeners {
    platform: TcpListener,
    storage: TcpListener,
}

impl Listeners {
    pub(super) fn bind(port: u16) -> io::Result<Self> {
        Ok(Self {
            platform: TcpListener::bind((Ipv4Addr::LOCALHOST, port))?,
            storage: TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?,
        })
    }

    pub(super) fn addresses(&self) -> io::Result<(SocketAddr, SocketAddr)> {
        Ok((self.platform.local_addr()?, self.storage.local_addr()?))
    }
}

impl Server {
    pub(super) fn start(options: Options, store: Store, listeners: Listeners) -> Arc<Self> {
        let state = State::new(store, options.seed);
        let server = Arc::new(Self {
            options,
            state: Mutex::new(state),
            stop: AtomicBool::new(false),
            stopped: (Mutex::new(()), Condvar::new()),
            sockets: Mutex::default(),
            threads: Mutex::default(),
            next_socket: AtomicUsize::new(0),
            connections: AtomicUsize::new(0),
        });
        let Listeners { platform, storage } = listeners;
        let own = Arc::clone(&server);
        server.spawn(move || own.accept(&platform, true));
        let own = Arc::clone(&server);
        server.spawn(move || own.accept(&storage, false));
        server
    }

    fn spawn(&self, work: impl FnOnce() + Send + 'static) {
        if let Ok(thread) = std::thread::Builder::new().name("sandbox".to_owned()).spawn(work) {
            let mut threads = lock(&self.threads);
            threads.retain(|thread| !thread.is_finished());
            threads.push(thread);
        }
    }

    /// The state, locked. A handler that panicked left it as it was then, which is good enough for the next call.
    /// What is due by now was carried out before.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        let mut state = lock(&self.state);
        for Late { mut call, incoming, .. } in state.due() {
            handle(&mut state, &self.options, &mut call, &incoming);
            if let Some(recorded) = state.journal.iter_mut().find(|recorded| recorded.number == call.number) {
                recorded.effect = call.effect;
            }
        }
        state
    }

    pub(super) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// Ends all threads and waits for them. A connection wakes each listener.
    pub(super) fn stop(&self, addresses: [SocketAddr; 2]) {
        self.stop.store(true, Ordering::SeqCst);
        drop(lock(&self.stopped.0));
        self.stopped.1.notify_all();
        for address in addresses {
            drop(TcpStream::connect_timeout(&address, Duration::from_secs(1)));
        }
        for socket in lock(&self.sockets).values() {
            drop(socket.shutdown(Shutdown::Both));
        }
        loop {
            let Some(thread) = lock(&self.threads).pop() else {
                return;
            };
            drop(thread.join());
        }
    }

    fn stopping(&self) -> bool {
        self.stop.load(Ordering::SeqCst)
    }

    /// Waits for this time, or until the sandbox is stopped.
    fn pause(&self, time: Duration) {
        let guard = lock(&self.stopped.0);
        drop(self.stopped.1.wait_timeout_while(guard, time, |()| !self.stopping()));
    }

    fn accept(self: &Arc<Self>, listener: &TcpListener, platform: bool) {
        for stream in listener.incoming() {
            if self.stopping() {
                return;
            }
            let Ok(stream) = stream else { continue };
            let connection = if platform { self.connections.fetch_add(1, Ordering::SeqCst) + 1 } else { 0 };
            let own = Arc::clone(self);
            self.spawn(move || own.serve_connection(&stream, connection, platform));
        }
    }

    fn serve_connection(&self, stream: &TcpStream, connection: usize, platform: bool) {
        let socket = self.next_socket.fetch_add(1, Ordering::SeqCst);
        if let Ok(copy) = stream.try_clone() {
            lock(&self.sockets).insert(socket, copy);
        }
        drop(stream.set_nodelay(true));
        if !self.stopping() {
            // An error here means that the client is gone.
            drop(self.serve(stream, connection, platform));
        }
        lock(&self.sockets).remove(&socket);
        drop(stream.shutdown(Shutdown::Both));
    }

    fn serve(&self, stream: &TcpStream, connection: usize, platform: bool) -> io::Result<()> {
        let mut reader = Reader::new(stream);
        loop {
            let incoming = match reader.next() {
                Ok(Some(incoming)) => incoming,
                Ok(None) => return Ok(()),
                Err(e) if e.kind() == io::ErrorKind::InvalidData => {
                    let answer = error(400, &e.to_string());
                    return (&mut &*stream).write_all(&answer.encode(answer.body.len(), false));
                }
                Err(e) => return Err(e),
            };
            let (answer, fault) = if platform {
                self.answer(&incoming, connection)
            } else {
                (self.storage_answer(&incoming), None)
            };
            if !self.write(stream, answer, fault, incoming.keep_alive)? || !incoming.keep_alive {
                return Ok(());
            }
        }
    }

    fn answer(&self, incoming: &HttpRequest, connection: usize) -> (HttpResponse, Option<Fault>) {
        if incoming.target.starts_with(control::PREFIX) {
            return (control::answer(&mut self.state(), incoming), None);
        }
        let mut state = self.state();
        state.calls += 1;
        let mut call = RecordedCall::new(state.calls, connection, BASE, incoming);
        let fault = state.next_fault(&call);
        if let Some(FaultKind::Hold(time)) = fault.as_ref().map(|fault| fault.kind.clone()) {
            drop(state);
            self.pause(time);
            state = self.state();
        }
        if let Some(by) = fault.as_ref().and_then(|fault| fault.late_effect) {
            state.postpone(Late { due: Instant::now() + by, call: call.clone(), incoming: incoming.clone() });
        }
        let mut answer = HttpResponse::empty(0);
        if fault.as_ref().is_none_or(Fault::is_handled) {
            answer = handle(&mut state, &self.options, &mut call, incoming);
        }
        if let Some(fault) = &fault {
            call.fault = Some(fault.to_string());
            answer = spoiled(fault, answer);
        }
        call.status = answer.status;
        let line = self.options.lines.is_some().then(|| {
            let effects = state.store.effects();
            let own = effects.iter().rev().take_while(|effect| effect.call == call.number);
            format!("{call}{}\n", own.map(Effect::to_string).collect::<String>())
        });
        state.journal.push(call);
        drop(state);
        if let (Some(lines), Some(line)) = (&self.options.lines, line) {
            // Who reads the lines may be gone; the platform goes on.
            drop(lock(lines).write_all(line.as_bytes()));
        }
        let packable = self.options.gzip && fault.is_none() && !answer.body.is_empty();
        if packable && incoming.header("accept-encoding").is_some_and(|accepted| accepted.contains("gzip")) {
            answer = answer.gzip();
        }
        answer.head_only = incoming.method == "HEAD";
        (answer, fault)
    }

    fn storage_answer(&self, incoming: &HttpRequest) -> HttpResponse {
        let mut state = self.state();
        let answer = storage::answer(&state.store, self.options.template_redirects, incoming);
        state.storage_calls.push(StorageCall::new(incoming, answer.status));
        answer
    }

    /// Writes the answer in the way of the fault. The result is false if the connection is to be closed.
    fn write(
        &self,
        stream: &TcpStream,
        answer: HttpResponse,
        fault: Option<Fault>,
        keep_alive: bool,
    ) -> io::Result<bool> {
        let mut out = stream;
        let length = answer.body.len();
        let Some(fault) = fault else {
            out.write_all(&answer.encode(length, keep_alive))?;
            return Ok(true);
        };
        match fault.kind {
            FaultKind::Reset => return Ok(false),
            FaultKind::NeverAnswer => {
                // Until the client hangs up, or the sandbox does.
                let mut byte = [0];
                while out.read(&mut byte)? > 0 {}
                return Ok(false);
            }
            FaultKind::Delay(time) => {
                self.pause(time);
                out.write_all(&answer.encode(length, keep_alive))?;
            }
            FaultKind::Truncated => {
                let mut answer = answer;
                answer.body.truncate(length / 2);
                out.write_all(&answer.encode(length.max(2), true))?;
                return Ok(false);
            }
            FaultKind::Drip(interval) => {
                for byte in answer.encode(length, keep_alive) {
                    if self.stopping() {
                        return Ok(false);
                    }
                    out.write_all(&[byte])?;
                    self.pause(interval);
                }
            }
            FaultKind::Oversized(bytes) => {
                out.write_all(&answer.encode(bytes.max(2), keep_alive))?;
                padding(out, bytes)?;
            }
            FaultKind::CloseAfter => {
                out.write_all(&answer.encode(length, true))?;
                return Ok(false);
            }
            FaultKind::Status { .. }
            | FaultKind::Hold(_)
            | FaultKind::BrokenJson
            | FaultKind::ContentType(_)
            | FaultKind::Redirect(_)
            | FaultKind::GzipBomb(_) => {
                out.write_all(&answer.encode(length, keep_alive))?;
            }
        }
        Ok(true)
    }
}

fn handle(
    state: &mut State,
    options: &Options,
    call: &mut RecordedCall,
    incoming: &HttpRequest,
) -> HttpResponse {
    state.store.begin_call(call.number);
    let handled = catch_unwind(AssertUnwindSafe(|| {
        state.interlude(call);
        if let Some(hook) = &mut state.hook {
            hook(call, &mut state.store);
        }
        if incoming.method == "GET" {
            state.store.show_past();
        }
        router::handle(&mut state.store, &mut state.rng, options, call, incoming)
    }));
    state.store.show_present();
    call.effect = state.store.call_had_effect();
    handled.unwrap_or_else(|_| error(500, "The sandbox itself has failed."))
}

/// The answer that a fault puts in place of the real one.
fn spoiled(fault: &Fault, answer: HttpResponse) -> HttpResponse {
    match &fault.kind {
        FaultKind::Status { status, headers, body } => {
            let guess = match body.trim_start().chars().next() {
                None => None,
                Some('<') => Some("text/html"),
                Some('{' | '[') => Some("application/json"),
                Some(_) => Some("text/plain"),
            };
            let given = headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
            HttpResponse {
                status: *status,
                content_type: guess.filter(|_| !given).map(str::to_owned),
                headers: headers.clone(),
                body: body.clone().into_bytes(),
                head_only: false,
            }
        }
        FaultKind::Reset | FaultKind::NeverAnswer => HttpResponse::empty(0),
        FaultKind::Redirect(location) => HttpResponse::empty(302).with("Location", location.as_str()),
        FaultKind::BrokenJson => {
            let mut answer = answer;
            let half = answer.body.len() / 2;
            answer.body.truncate(half);
            if half == 0 {
                answer.body = b"{\"id\": \"".to_vec();
            }
            if answer.status == 204 {
                answer.status = 200;
            }
            answer
        }
        FaultKind::ContentType(name) => HttpResponse { content_type: Some(name.clone()), ..answer },
        // A status that may have a body, or there would be nothing to cut.
        FaultKind::Truncated if answer.status == 204 => HttpResponse { status: 200, ..answer },
        FaultKind::Oversized(_) => HttpResponse::bytes(200, "application/json", Vec::new()),
        FaultKind::GzipBomb(bytes) => {
            let mut bomb = HttpResponse::bytes(200, "application/json", vec![b' '; *bytes]);
            bomb.body[..].first_mut().into_iter().for_each(|byte| *byte = b'[');
            bomb.gzip()
        }
        FaultKind::Delay(_)
        | FaultKind::Hold(_)
        | FaultKind::Truncated
        | FaultKind::Drip(_)
        | FaultKind::CloseAfter => answer,
    }
}

/// An empty JSON list, padded with spaces to this number of bytes.
fn padding(mut out: &TcpStream, bytes: usize) -> io::Result<()> {
    let chunk = [b' '; 16 * 1024];
    out.write_all(b"[")?;
    let mut left = bytes.saturating_sub(2);
    while left > 0 {
        let part = chunk.get(..left.min(chunk.len())).unwrap_or_default();
        out.write_all(part)?;
        left -= part.len();
    }
    out.write_all(b"]")
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
