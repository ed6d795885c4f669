//! Memory between runs: what a job needs to know of orders that have not ended.
//!
//! The platform cannot be approved twice by a loop of this crate. The vendor's own systems can: an approval that fails
//! after a tenant was made leads to a second tenant in the next run, unless the job remembers the first. A [`Ledger`]
//! remembers it, in one file on one machine; or, with the package `connect-sdk-postgres`, on a database that many machines share.
//!
//! ```
//! use connect::{Ledger, step};
//!
//! # struct Vendor;
//! # impl Vendor { fn make(&self, _key: &str, _email: &str) -> anyhow::Result<String> { Ok("T-1".into()) } }
//! # fn main() -> anyhow::Result<()> {
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("ledger.db");
//! # let vendor = Vendor;
//! # let mut request = connect::models::Request::default();
//! # request.id = "PR-1".into();
//! let ledger = Ledger::open(path)?;
//! // In the closure:
//! let work = ledger.work(&request);
//! let email = "jo@example.com";
//! let tenant: String = work.step("tenant").input(email).run(|key| vendor.make(key, email))?;
//! # assert_eq!(tenant, "T-1");
//! # Ok(()) }
//! ```
//!
//! # Steps
//!
//! A [step](Step) is one effect in the vendor's systems. "Begun" is on the disk before the step's closure is called, and its
//! result before the next step begins. A step with a result is not run again, in any attempt and in any run.
//!
//! | the step's closure returns | the record | the next attempt |
//! |---|---|---|
//! | a result | is done | gets the result from the record |
//! | an error made by [`step::refused`] | goes: nothing was made | runs it again, with a new key |
//! | any other error, a panic, or the process is killed | is begun: nobody knows | runs it again with the same key, after the [look-up](Step::look_up) if it has one |
//!
//! Between the effect and its record lies a gap that no client can close. The key and the look-up are there for it: a
//! vendor's API that honours the key as an idempotency key makes one effect; one that does not can be asked.
//!
//! What the ledger refuses sticks: whatever the closure answers after it, the refusal is what becomes of the order, and no
//! call goes out.
//!
//! # What a run does with it
//!
//! - Before the list is read, it finds out what became of deciding calls whose fate was unknown, counts an attempt of the order
//!   that the last run died of, and undoes what is left of failed orders.
//! - Fresh orders come first, and every fifth is one that was tried before. A younger order waits while an older one of its
//!   asset has not ended.
//! - With [`Attempts`], an order that errs is tried so often and no more. The same error of five orders is an
//!   outage of the vendor's systems: the attempts are given back, and one order tries every 10 minutes. Where the customer
//!   corrects an order, its attempts begin anew.
//! - After the whole list was walked, orders that are remembered and were not in it are looked up, each once an hour at most.
//!   One that failed is undone. One that somebody else approved is *adopted*: told, and kept until a person has looked at it.
//! - An order that has ended stays for a day, so that a list that lags cannot hand it to the closure again.
//! - [`Usage::report`](crate::usage::Usage) claims each period of a listing, and work that its closure does [for](Ledger::work_for)
//!   that period belongs to the claim. A period that was reported stays for a day with its usage file, and an attempt is never
//!   counted of it: one that errs is tried again in the next run.
//!
//! # The file
//!
//! An SQLite database in write-ahead mode, made with mode 0600 because results of steps may be secret. People read it with
//! `sqlite3 -readonly PATH` while a job runs. A run holds `PATH.lock`. Times are milliseconds since 1970:
//! `datetime(begun / 1000, 'unixepoch')`. The header has the `application_id` `0x436e6374` and the format in `user_version`.
//!
//! **`meta`**: `name` and `value`. `job` and `endpoint` say whose the ledger is; `born` is the time at which it was made;
//! `share` is the [share](crate::Options::share) of the orders that it is of, where there is one.
//!
//! **`entry`**: an order with something to remember. An order that is approved at the first attempt without steps has none.
//!
//! | column | |
//! |---|---|
//! | `collection`, `id` | the order, such as `requests` and `PR-1234-5678-9012-001` |
//! | `asset`, `created` | its asset, and its time of creation |
//! | `attempts`, `due` | number of attempts that count, and the time before which it is not tried again, or the note of a dead one is not posted |
//! | `later` | time since which the closure puts it off |
//! | `error`, `erred` | the last error, and the time of its first attempt |
//! | `dead` | time of the last attempt: it is not tried any more |
//! | `round` | what the round of attempts is recognised by |
//! | `told`, `told_at` | what was last told of it, and when |
//! | `plan` | the deciding call whose fate is unknown, as JSON |
//! | `looked`, `unseen` | time at which it was last looked up by its id, and since when the platform does not know the id |
//! | `ended`, `state` | time of its end, for a tombstone, and the state that it was last seen in, or a period's usage file |
//! | `open` | what is left to do: `undo` for the steps of a failed order, `adopted` for a person |
//!
//! An entry of the collection `outage` stands for an outage of the vendor's systems: its id is the collection whose orders wait,
//! `round` the step, `error` what it failed with, `erred` and `due` its begin and the next try.
//!
//! In the collection `outage`, the entry of a collection's name is an outage of the vendor's systems, and the one that ends in
//! `/evidence` holds the errors that may show one.
//!
//! **`step`**: a step of an order, deleted with its entry.
//!
//! | column | |
//! |---|---|
//! | `collection`, `id`, `name` | the order, and the step's name in it: parts percent-encoded, `/` between |
//! | `position` | its place in the order of their begin |
//! | `generation`, `key` | number of the generation, and its key |
//! | `state` | `begun`, `done`, `unreadable` or `refused` |
//! | `input` | hashes of the input's fields, as JSON |
//! | `result` | the result as JSON, or why it cannot be read |
//! | `keep` | 1 if its effect stays when the order fails |
//! | `begun` | time of its last begin |
//! | `previous_input`, `previous_result` | of the generation that is being replaced |
//!
//! An undo is a step, too: its name begins with `undo:`.
//!
//! **`stray`**: what a step came to after its claim was lost. **`correction`**: what a person decided about which order, who and
//! why, and when.
//!
//! For example, the dead orders, and what is half done:
//!
//! ```sql
//! SELECT id, attempts, error, datetime(dead / 1000, 'unixepoch') FROM entry WHERE dead IS NOT NULL AND ended IS NULL;
//! SELECT id, name, state, key FROM step JOIN entry USING (collection, id) WHERE ended IS NULL ORDER BY id, position;
//! ```
//!
//! # The acts
//!
//! Behind the ledger is a [`Store`], which speaks in whole acts, each atomic and on the disk when it returns:
//!
//! | act | what it does |
//! |---|---|
//! | [`attach`](Store::attach) | takes the store for a run, checks or notes whose it is |
//! | [`claim`](Store::claim) | keeps other workers from an order, and reads what is remembered of it; writes nothing here |
//! | [`begin`](Store::begin) | notes that a step begins, unless it is done, changed, or the claim is lost |
//! | [`result`](Store::result) | notes what a begun step came to |
//! | [`in_hand`](Store::in_hand) | notes the order in hand and what is decided on it, for whoever comes after one that dies |
//! | [`end`](Store::end) | notes that the order ended: a tombstone if it had steps, else nothing is left |
//! | [`claim_ended`](Store::claim_ended) | claims an ended order, to undo its steps |
//! | [`release`](Store::release) | gives the claim back, with the entry if there is something to remember |
//! | [`note`](Store::note) | notes of many orders that they were looked up, or what was told |
//! | [`correct`](Store::correct) | carries out what a person decides |
//! | [`read`](Store::read), [`each`](Store::each), [`strays`](Store::strays) | read, also beside a running job |
//! | [`sweep`](Store::sweep) | forgets old tombstones |
//!
//! [`conformance::check`] tries another store.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::path::Path;

use time::OffsetDateTime;

use crate::error::{LedgerError, LedgerErrorKind, Result};
use crate::models::Listing;
use crate::scope;

mod by_hand;
pub mod conformance;
mod decide;
mod ending;
mod input;
mod name;
mod outage;
mod policy;
mod run;
mod sqlite;
pub mod step;
mod store;
mod subject;
mod turn;
mod undo;
mod work;

pub use by_hand::Leftover;
pub use name::StepName;
pub use policy::Attempts;
pub use step::{Found, Step};
pub use store::{
    Attached, Began, Begin, Claim, Claimed, Correction, Entry, Identity, InHand, Kept, Left, Note, Noted,
    Order, StepEnd, StepRecord, StepState, Store, Stray, Which,
};
pub use subject::Subject;
pub use undo::Made;
pub use work::Work;

pub(crate) use ending::ending;
pub(crate) use outage::{Away, Blame, Cause, Evidence, Outage, Witness};
pub(crate) use policy::{failed, may_try, put_off};
pub(crate) use subject::part_id;
pub(crate) use turn::{Entered, Turn};
pub(crate) use undo::{Undone, Undos};
pub(crate) use work::Refusal;

use decide::Asked;
use run::Asking;
use turn::Held;
use work::Attempt;

/// What a job remembers between its runs; see the [module](self).
pub struct Ledger {
    store: Box<dyn Store>,
    job: String,
    distrusted: Option<OffsetDateTime>,
    clock: Cell<Option<OffsetDateTime>>,
    /// Time at which the store was made, once it is attached.
    born: Cell<Option<OffsetDateTime>>,
    attempts: RefCell<Vec<Attempt>>,
    numbers: Cell<u64>,
    /// The orders that runs have in hand; more than one where a closure runs another loop.
    turns: RefCell<Vec<Held>>,
    /// The order that the last run died of, until a run of its collection asks.
    died_of: RefCell<Option<InHand>>,
}

impl Ledger {
    /// The ledger in this file, which the first run makes.
    ///
    /// Opening writes nothing and waits for nobody: a run takes the file when it begins, a dry run reads it.
    ///
    /// # Errors
    ///
    /// [`Error::Ledger`](crate::Error::Ledger) for a file that is damaged, of another program or of a newer format, and for
    /// a file on a network file system (told on Linux).
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        Ok(Self::on(sqlite::Sqlite::open(path.as_ref())?))
    }

    /// A ledger on another store.
    pub fn on(store: impl Store + 'static) -> Self {
        let program = std::env::current_exe().ok();
        Self {
            store: Box::new(store),
            job: program.as_deref().and_then(job_of).unwrap_or_else(|| "job".into()),
            distrusted: None,
            clock: Cell::new(None),
            born: Cell::new(None),
            attempts: RefCell::default(),
            numbers: Cell::new(0),
            turns: RefCell::default(),
            died_of: RefCell::default(),
        }
    }

    /// Name of the job, for which the ledger is: the program's file name without its extension, unless said otherwise.
    #[must_use]
    pub fn job(mut self, name: impl Into<String>) -> Self {
        self.job = name.into();
        self
    }

    /// Says that steps of orders created before this time may have been run without being recorded, because the ledger was
    /// lost or an old copy was put back.
    ///
    /// For such an order, and for each one older than the ledger, a step's [look-up](Step::look_up) is asked before its
    /// first begin.
    #[must_use]
    pub fn distrust(mut self, since: OffsetDateTime) -> Self {
        self.distrusted = Some(since);
        self
    }

    /// The store behind the ledger, to read what it remembers.
    pub fn store(&self) -> &dyn Store {
        &*self.store
    }

    /// The work for this order: its steps.
    ///
    /// In a run with this ledger, all work of one order belongs to one attempt. Elsewhere each call is an attempt of its
    /// own, which lasts as long as what is returned.
    pub fn work(&self, subject: &impl Subject) -> Work<'_> {
        self.work_on(&subject.order())
    }

    /// The work for a listing in a period, such as `2024-05`. A listing never ends; its periods do.
    pub fn work_for(&self, listing: &Listing, period: impl fmt::Display) -> Work<'_> {
        let id = part_id(&listing.id, &period);
        self.work_on(&subject::listing(listing, &id))
    }

    fn work_on(&self, order: &Order<'_>) -> Work<'_> {
        let current = self
            .attempts
            .borrow()
            .iter()
            .rev()
            .find(|attempt| attempt.is_of(order))
            .map(|found| found.number);
        if let Some(number) = current {
            return Work::new(self, number, false);
        }
        let number = self.next_number();
        self.attempts.borrow_mut().push(Attempt::new(number, order));
        let claimed = self.attach(None).and_then(|attached| match attached {
            Attached::Ready { .. } => self.claim(number, order),
            Attached::Held => Ok(Some(held("another run of this job has the ledger"))),
        });
        let refusal =
            claimed.map_or_else(|error| Some(Refusal::Run(error)), |refused| refused.map(Refusal::Order));
        self.with(number, |attempt| attempt.refusal = refusal);
        Work::new(self, number, true)
    }

    /// Takes the store for a run, or looks at it in a dry run.
    pub(crate) fn attach(&self, endpoint: Option<&str>) -> Result<Attached> {
        let identity = Identity { job: &self.job, endpoint };
        let attached = self.store.attach(&identity, scope::is_dry_run(), self.now())?;
        if let Attached::Ready { born, in_hand, .. } = &attached {
            self.born.set(Some(*born));
            if in_hand.is_some() {
                self.died_of.borrow_mut().clone_from(in_hand);
            }
        }
        Ok(attached)
    }

    fn next_number(&self) -> u64 {
        let number = self.numbers.get() + 1;
        self.numbers.set(number);
        number
    }

    /// Claims the order for the attempt; why it cannot, where it cannot.
    fn claim(&self, number: u64, order: &Order<'_>) -> Result<Option<LedgerError>> {
        match self.store.claim(order, self.now())? {
            Claimed::Held => Ok(Some(held("another worker has the order"))),
            Claimed::Ended(state) => Ok(Some(held(&format!("the order has ended: it is {state}")))),
            Claimed::Behind(id) => {
                Ok(Some(held(&format!("the older order {id} of the same asset has not ended"))))
            }
            Claimed::Yes(claim) => {
                self.with(number, |attempt| self.give_claim(attempt, *claim));
                Ok(None)
            }
        }
    }

    fn give_claim(&self, attempt: &mut Attempt, claim: Claim) {
        let trusted_from = self.born.get().max(self.distrusted);
        attempt.is_distrusted = claim.entry.created.is_none_or(|created| Some(created) < trusted_from);
        attempt.claim = Some(claim);
    }

    /// Ends an attempt.
    fn take(&self, number: u64) -> Option<Attempt> {
        let at = self.attempts.borrow().iter().position(|attempt| attempt.number == number)?;
        Some(self.attempts.borrow_mut().remove(at))
    }

    /// Lends the attempt for a moment, in which no closure of others runs.
    fn with<R>(&self, number: u64, act: impl FnOnce(&mut Attempt) -> R) -> Option<R> {
        self.attempts.borrow_mut().iter_mut().find(|attempt| attempt.number == number).map(act)
    }

    /// Notes that a step is asked for, and gives what is decided on.
    fn begin_asking(&self, number: u64, asked: &Asked<'_>) -> Result<Asking, Refusal> {
        let asking = self.with(number, |attempt| {
            if let Some(refusal) = &attempt.refusal {
                return Err(refusal.again());
            }
            let before = attempt.asked.clone();
            attempt.asked.push(asked.name.to_owned());
            attempt.asked.extend_from_slice(asked.was);
            let claim = attempt.claim.clone();
            let claim = claim.ok_or_else(|| Refusal::Order(held("the order is not claimed")))?;
            Ok(Asking { claim, asked: before, is_distrusted: attempt.is_distrusted })
        });
        asking.unwrap_or_else(|| Err(Refusal::Order(held("the attempt has ended"))))
    }

    /// The time, or what a test says it is.
    pub(crate) fn now(&self) -> OffsetDateTime {
        self.clock.get().unwrap_or_else(|| self.store.now())
    }

    /// Sets the clock, for tests of what takes days.
    #[doc(hidden)]
    pub fn set_clock(&self, now: Option<OffsetDateTime>) {
        self.clock.set(now);
    }
}

/// The name of the job that a program is.
fn job_of(program: &Path) -> Option<String> {
    let name = program.file_stem()?.to_string_lossy();
    // Linux says so of a program whose file was replaced while it runs.
    Some(name.strip_suffix(" (deleted)").unwrap_or(&name).to_owned())
}

fn held(text: &str) -> LedgerError {
    LedgerError::new(LedgerErrorKind::Held, text)
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ledger").field("job", &self.job).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
