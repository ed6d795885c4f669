//! The one connection of a worker: a thread has it, answers, and renews the worker's leases meanwhile.
//!
//! A thread, so that leases are renewed while a vendor's call takes minutes, and so that a server that has fallen silent
//! keeps nobody waiting for ever.

use std::collections::HashMap;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use connect::{LedgerError, LedgerErrorKind, Result};
use postgres::types::{ToSql, Type};
use postgres::{Client, Config, Row};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::error::{failed, unusable};
use crate::rows::{numbers, seconds, some_text};

/// A value that goes to the server, from one thread to the other, and its type there.
pub(crate) type Value = (Box<dyn ToSql + Sync + Send>, Type);

/// The server ends a statement itself; so much later, it has fallen silent.
const SILENCE: Duration = Duration::from_secs(5);

enum Call {
    Rows(&'static str, Vec<Value>),
    Batch(String),
}

type Answer = std::result::Result<Vec<Row>, postgres::Error>;

struct Asked {
    call: Call,
    reply: Sender<Answer>,
}

/// A lease of this worker, as long as it holds.
#[derive(Debug, Clone, Copy)]
struct Held {
    claimed: Instant,
    until: Instant,
    /// A machine that slept has a clock that stood still.
    until_by_the_wall: SystemTime,
}

/// The leases of this worker by their nonces.
#[derive(Debug, Default)]
pub(crate) struct Leases {
    held: Mutex<HashMap<i64, Held>>,
    /// That of the server they were given by.
    pub(crate) timeline: OnceLock<String>,
}

impl Leases {
    /// Notes a lease for so long, counted from before it was asked for.
    pub(crate) fn add(&self, nonce: i64, asked: Instant, lease: Duration) {
        let held =
            Held { claimed: asked, until: asked + lease, until_by_the_wall: SystemTime::now() + lease };
        self.lock().insert(nonce, held);
    }

    pub(crate) fn remove(&self, nonces: &[i64]) {
        self.lock().retain(|nonce, _| !nonces.contains(nonce));
    }

    /// Whether nobody else can have the order.
    pub(crate) fn holds(&self, nonce: i64) -> bool {
        let (now, wall) = (Instant::now(), SystemTime::now());
        self.lock().get(&nonce).is_some_and(|held| held.until > now && held.until_by_the_wall > wall)
    }

    pub(crate) fn age(&self, nonce: i64) -> Option<Duration> {
        self.lock().get(&nonce).map(|held| held.claimed.elapsed())
    }

    /// Those to renew.
    fn renewable(&self, longest: Duration) -> Vec<i64> {
        self.lock()
            .iter()
            .filter(|(_, held)| held.claimed.elapsed() < longest)
            .map(|(nonce, _)| *nonce)
            .collect()
    }

    fn renewed(&self, asked: &[i64], renewed: &[i64], at: Instant, lease: Duration) {
        let mut held = self.lock();
        for nonce in asked {
            if !renewed.contains(nonce) {
                held.remove(nonce);
            } else if let Some(held) = held.get_mut(nonce) {
                held.until = at + lease;
                held.until_by_the_wall = SystemTime::now() + lease;
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<i64, Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long leases last, and how long a statement may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terms {
    pub(crate) lease: Duration,
    pub(crate) longest: Duration,
    pub(crate) patience: Duration,
}

pub(crate) struct Session {
    asked: Sender<Asked>,
    pub(crate) leases: Arc<Leases>,
    patience: Duration,
}

impl Session {
    pub(crate) fn open(config: Config, tls: MakeRustlsConnect, schema: &str, terms: Terms) -> Result<Self> {
        let (asked, asks) = channel::<Asked>();
        let (opened, is_open) = channel();
        let leases = Arc::new(Leases::default());
        let shared = Arc::clone(&leases);
        let settings = settings(schema, terms.patience);
        let hosts = u32::try_from(config.get_hosts().len().max(1)).unwrap_or(1);
        let wait = config.get_connect_timeout().copied().unwrap_or(terms.patience).saturating_mul(hosts)
            + SILENCE
            + SILENCE;
        let thread = std::thread::Builder::new().name("ledger".into()).spawn(move || {
            let connected = config.connect(tls).and_then(|mut client| {
                client.batch_execute(&settings)?;
                Ok(client)
            });
            match connected {
                Ok(client) => {
                    if opened.send(Ok(())).is_ok() {
                        serve(client, &asks, &shared, terms);
                    }
                }
                Err(error) => drop(opened.send(Err(error))),
            }
        });
        thread.map_err(|error| unusable(format!("no thread can be started for the ledger: {error}")))?;
        match is_open.recv_timeout(wait) {
            Ok(Ok(())) => Ok(Self { asked, leases, patience: terms.patience }),
            Ok(Err(error)) => Err(failed(error)),
            Err(_) => Err(silent()),
        }
    }

    pub(crate) fn rows(&self, sql: &'static str, values: Vec<Value>) -> Result<Vec<Row>> {
        self.ask(Call::Rows(sql, values))
    }

    /// Statements without an answer.
    pub(crate) fn batch(&self, sql: String) -> Result<()> {
        self.ask(Call::Batch(sql)).map(drop)
    }

    fn ask(&self, call: Call) -> Result<Vec<Row>> {
        let (reply, answer) = channel();
        if self.asked.send(Asked { call, reply }).is_err() {
            return Err(lost());
        }
        match answer.recv_timeout(self.patience + SILENCE) {
            Ok(answer) => answer.map_err(failed),
            Err(RecvTimeoutError::Timeout) => Err(silent()),
            Err(RecvTimeoutError::Disconnected) => Err(lost()),
        }
    }
}

fn settings(schema: &str, patience: Duration) -> String {
    // The acts read what was committed meanwhile, whatever the server's default is. How a commit is kept stays as it was when
    // it was looked at, whatever the server is told during the run.
    format!(
        "SET search_path TO {schema}; SET default_transaction_isolation TO 'read committed'; SET timezone TO 'UTC';
         SET statement_timeout TO {}; SET client_min_messages TO warning;
         SELECT set_config('synchronous_commit', current_setting('synchronous_commit'), false)",
        patience.as_millis()
    )
}

fn lost() -> connect::Error {
    unusable(
        "the connection to PostgreSQL is lost: nothing more is done without the ledger, and the next run goes on",
    )
}

fn silent() -> connect::Error {
    let text =
        "PostgreSQL does not answer: it is down, or far too slow. Nothing more is done without the ledger";
    LedgerError::new(LedgerErrorKind::Busy, text).into()
}

/// With the types of its values a statement is one round trip and one transaction, and nothing is prepared before.
fn rows(client: &mut Client, sql: &str, values: &[Value]) -> Answer {
    let values: Vec<(&(dyn ToSql + Sync), Type)> =
        values.iter().map(|(value, kind)| (&**value as &(dyn ToSql + Sync), kind.clone())).collect();
    client.query_typed(sql, &values)
}

/// Answers and renews until nobody asks any more, or the connection is lost.
fn serve(mut client: Client, asks: &Receiver<Asked>, leases: &Leases, terms: Terms) {
    let every = terms.lease / 3;
    let mut next = Instant::now() + every;
    loop {
        match asks.recv_timeout(next.saturating_duration_since(Instant::now())) {
            Ok(Asked { call, reply }) => {
                let answer = match call {
                    Call::Rows(sql, values) => rows(&mut client, sql, &values),
                    Call::Batch(sql) => client.batch_execute(&sql).map(|()| Vec::new()),
                };
                let is_lost = client.is_closed();
                let _ = reply.send(answer);
                if is_lost {
                    return;
                }
            }
            Err(RecvTimeoutError::Disconnected) => return,
            Err(RecvTimeoutError::Timeout) => {}
        }
        if next <= Instant::now() {
            renew(&mut client, leases, terms);
            next = Instant::now() + every;
        }
    }
}

fn renew(client: &mut Client, leases: &Leases, terms: Terms) {
    let nonces = leases.renewable(terms.longest);
    if nonces.is_empty() {
        return;
    }
    let at = Instant::now();
    let sql = "UPDATE lease SET until = clock_timestamp() + $3 * interval '1 second'
        WHERE nonce = ANY ($2) AND until > clock_timestamp() AND is_here($1) RETURNING nonce";
    let timeline = some_text(leases.timeline.get().map(String::as_str));
    match rows(client, sql, &[timeline, numbers(nonces.clone()), seconds(terms.lease)]) {
        Ok(rows) => {
            let renewed: Vec<i64> = rows.iter().filter_map(|row| row.try_get(0).ok()).collect();
            leases.renewed(&nonces, &renewed, at, terms.lease);
        }
        // They end in their time.
        Err(error) => log::warn!(target: "connect::ledger", "leases cannot be renewed: {}", failed(error)),
    }
}
