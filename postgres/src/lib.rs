#![doc = include_str!("../README.md")]

mod address;
mod ahead;
mod attach;
mod claim;
mod error;
mod hand;
mod rows;
mod schema;
mod session;
mod store;
mod tls;

use std::cell::RefCell;
use std::fmt;
use std::time::{Duration, Instant};

use connect::{OffsetDateTime, Result};

use ahead::Ahead;
use error::unusable;
use hand::Hands;
use schema::Found;
use session::{Session, Terms};

/// How a [`Postgres`] is opened.
///
/// ```no_run
/// # fn main() -> connect::Result<()> {
/// use std::time::Duration;
///
/// use connect::Ledger;
/// use connect_postgres::Settings;
///
/// let store = Settings::new("postgres://jobs@db.example/jobs?sslmode=verify-full")
///     .schema("orders")
///     .lease(Duration::from_secs(60))
///     .open()?;
/// let ledger = Ledger::on(store).job("saas");
/// # Ok(()) }
/// ```
#[derive(Clone)]
#[must_use = "settings open nothing until they are told to"]
pub struct Settings {
    address: String,
    schema: String,
    terms: Terms,
}

impl Settings {
    /// The ledger on the server of this connection string, a URL or words such as `host=db.example dbname=jobs`.
    pub fn new(address: impl Into<String>) -> Self {
        let terms = Terms {
            lease: Duration::from_secs(30),
            longest: Duration::from_secs(3600),
            patience: Duration::from_secs(20),
        };
        Self { address: address.into(), schema: "connect".into(), terms }
    }

    /// The schema that the ledger's tables are in, `connect` unless said otherwise. The first run makes it. Jobs of different
    /// names may share one.
    pub fn schema(mut self, name: impl Into<String>) -> Self {
        self.schema = name.into();
        self
    }

    /// The time after which an order of a worker that was killed is another's: 30 seconds unless said otherwise, and a second
    /// at least. A worker that lives renews its leases all the time.
    pub fn lease(mut self, time: Duration) -> Self {
        self.terms.lease = time.max(Duration::from_secs(1));
        self
    }

    /// The longest that a worker keeps an order, an hour unless said otherwise: one that hangs loses it then.
    pub fn longest(mut self, time: Duration) -> Self {
        self.terms.longest = time;
        self
    }

    /// The time that the server has for a statement, which takes it some milliseconds: 20 seconds unless said otherwise. Then
    /// it is too slow, and the run ends.
    pub fn patience(mut self, time: Duration) -> Self {
        self.terms.patience = time.max(Duration::from_secs(1));
        self
    }

    /// Connects to the server and looks at it. Nothing is written before a run takes the ledger.
    ///
    /// # Errors
    ///
    /// [`Error::Ledger`](connect::Error::Ledger) for a string that cannot be read, and for a server that cannot be reached or
    /// used. Its text says what to do.
    pub fn open(self) -> Result<Postgres> {
        Postgres::connect(self)
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The string may hold a password.
        f.debug_struct("Settings")
            .field("schema", &self.schema)
            .field("terms", &self.terms)
            .finish_non_exhaustive()
    }
}

/// A [`Store`](connect::ledger::Store) on PostgreSQL, for as many workers as there are.
pub struct Postgres {
    settings: Settings,
    live: RefCell<Live>,
    ahead: RefCell<Ahead>,
    hands: RefCell<Hands>,
}

/// What is known through the present connection.
struct Live {
    session: Session,
    found: Found,
    /// The server's time at a moment of this machine.
    clock: (Instant, OffsetDateTime),
    job: Option<String>,
    /// Whether a run has the ledger, so that it is written.
    attached: bool,
    warnings: Vec<String>,
}

impl Postgres {
    /// The ledger on the server of this connection string, with the usual [`Settings`].
    ///
    /// # Errors
    ///
    /// As [`Settings::open`].
    pub fn open(address: impl Into<String>) -> Result<Self> {
        Settings::new(address).open()
    }

    fn connect(settings: Settings) -> Result<Self> {
        let live = Live::connect(&settings)?;
        Ok(Self { settings, live: RefCell::new(live), ahead: RefCell::default(), hands: RefCell::default() })
    }
}

impl Live {
    fn connect(settings: &Settings) -> Result<Self> {
        if settings.schema.is_empty() || settings.schema.contains('\0') {
            return Err(unusable("a schema of PostgreSQL needs a name"));
        }
        let (config, trust) = address::parse(&settings.address)?;
        let tls = tls::connector(&trust)?;
        let session = Session::open(config, tls, &schema::quoted(&settings.schema), settings.terms)?;
        let asked = Instant::now();
        let found = schema::look(&session, &settings.schema)?;
        if let Some(timeline) = &found.timeline {
            let _ = session.leases.timeline.set(timeline.clone());
        }
        let clock = (asked, found.now);
        Ok(Self { session, found, clock, job: None, attached: false, warnings: Vec::new() })
    }
}

impl fmt::Debug for Postgres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Postgres").field("settings", &self.settings).finish_non_exhaustive()
    }
}
