//! What a store must do: whole acts, each atomic and fenced by a claim.

use time::OffsetDateTime;

use crate::error::Result;

/// Where a ledger keeps what it remembers.
///
/// This crate has one store, an SQLite file. Another one, on a database that many machines share, passes
/// [`conformance::check`](super::conformance::check).
///
/// Each act is atomic and durable when it returns: a process that is killed later loses nothing of it. Where an act
/// fails, either all of it happened or nothing.
pub trait Store: Send {
    /// Takes the store for a run, or only looks at it for a dry run, which never writes.
    ///
    /// A store that was never used notes whose it is. No act but reading is allowed before this.
    ///
    /// # Errors
    ///
    /// [`Error::Ledger`](crate::Error::Ledger) where the store belongs to another job or another endpoint, or cannot be used.
    fn attach(&self, identity: &Identity<'_>, dry_run: bool, now: OffsetDateTime) -> Result<Attached>;

    /// The time. A store that many machines share has one clock for all of them.
    fn now(&self) -> OffsetDateTime {
        OffsetDateTime::now_utc()
    }

    /// Says whose the store is read as, where it is read outside of a run. A store of one job needs not know.
    fn read_as(&self, _job: &str) {}

    /// What is wrong with the store, and does not keep a run from it: told by each run.
    fn warnings(&self) -> Vec<String> {
        Vec::new()
    }

    /// Whether all machines of a job have this store: claims keep them apart then, and shares need not.
    fn is_shared(&self) -> bool {
        false
    }

    /// Notes of which share of the orders the store is, such as `0/3`; a new store is of `0/1`.
    ///
    /// As long as orders with [steps](Self::half_done) live in it from another share, nothing is noted, and that share is
    /// returned. Not asked of a store that [is shared](Self::is_shared).
    fn share(&self, _share: &str) -> Result<Option<String>> {
        Ok(None)
    }

    /// Number of orders with steps that have not ended. Listings do not end, and are none.
    fn half_done(&self) -> Result<u64> {
        Ok(0)
    }

    /// Says which orders a run will probably claim next, in their order: a store may claim some of them at one stroke.
    fn coming(&self, _orders: &[Order<'_>]) {}

    /// Notes which order a run has in hand, so that the next run knows it if this one dies of it, and the call that decides
    /// on it just before that is made.
    ///
    /// It need not be durable against a loss of power. A store that many workers share notes it with the claim, and tells it
    /// with the [next one](Claim::died) should the worker vanish. No order says that the run ends: claims on orders that were
    /// only coming are given back.
    ///
    /// # Errors
    ///
    /// Where a store that is shared cannot note it, the decision is not carried out.
    fn in_hand(&self, _order: Option<&Order<'_>>, _plan: Option<&str>) -> Result<()> {
        Ok(())
    }

    /// Claims an order, so that no other worker handles it. A dry run gets claims too; they keep nobody away.
    fn claim(&self, order: &Order<'_>, now: OffsetDateTime) -> Result<Claimed>;

    /// Whether the claim can still be acted on, as far as this process knows without asking anybody.
    fn is_held(&self, _claim: &Claim) -> bool {
        true
    }

    /// Notes that a step begins. Its effect must not happen before this returned [`Began::Begun`].
    fn begin(&self, claim: &Claim, step: &Begin<'_>, now: OffsetDateTime) -> Result<Began>;

    /// Notes what a begun step came to.
    fn result(
        &self,
        claim: &Claim,
        name: &str,
        generation: u32,
        end: &StepEnd<'_>,
        now: OffsetDateTime,
    ) -> Result<Kept>;

    /// Notes that the order has ended in this state of the platform, and gives the claim back.
    ///
    /// An order with recorded steps stays as a tombstone, with what is left to do; any other is forgotten. Where the decision
    /// was noted as [in hand](Self::in_hand), this may be told with the next act: until then the note stands for it.
    fn end(&self, claim: &Claim, state: &str, left: Option<Left>, now: OffsetDateTime) -> Result<()>;

    /// Claims an order that has ended, to undo its steps; nothing where there is none, or another worker has it.
    fn claim_ended(&self, collection: &str, id: &str, now: OffsetDateTime) -> Result<Option<Claim>>;

    /// Gives the claim back, and keeps the entry where there is something to remember.
    ///
    /// An entry that says of itself that it has ended is a tombstone, with or without steps: so a period of usage is kept.
    fn release(&self, claim: &Claim, entry: Option<&Entry>) -> Result<()>;

    /// Notes of many orders at once that they were looked up, or what was told of them. Claims do not matter.
    fn note(&self, collection: &str, notes: &[Note<'_>], now: OffsetDateTime) -> Result<()>;

    /// What a person decides about an order; `by` says who and why, and is kept. False where nothing is remembered of it.
    fn correct(
        &self,
        collection: &str,
        id: &str,
        correction: &Correction<'_>,
        by: &str,
        now: OffsetDateTime,
    ) -> Result<bool>;

    /// Reads what is remembered of an order, with its steps in the order of their begin.
    fn read(&self, collection: &str, id: &str) -> Result<Option<(Entry, Vec<StepRecord>)>>;

    /// Hands entries of a collection to `each`, by their ids.
    fn each(&self, collection: &str, which: Which, each: &mut dyn FnMut(Entry)) -> Result<()>;

    /// Hands each result that came too late to `each`.
    fn strays(&self, each: &mut dyn FnMut(Stray)) -> Result<()>;

    /// Forgets the tombstones of orders that ended before this time and have nothing left to do.
    fn sweep(&self, before: OffsetDateTime) -> Result<()>;
}

/// Whose a store is.
#[derive(Debug, Clone, Copy)]
pub struct Identity<'a> {
    /// Name of the job.
    pub job: &'a str,
    /// Endpoint of the platform; `None` where it is not known yet.
    pub endpoint: Option<&'a str>,
}

/// What [`Store::attach`] came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attached {
    /// Another run has the store: there is nothing to do.
    Held,
    /// The store is ready.
    Ready {
        /// Whether it was made just now and remembers nothing.
        made: bool,
        /// Time at which the store was made; what is older was not seen by it.
        born: OffsetDateTime,
        /// The order that the last run had in hand when it died.
        in_hand: Option<InHand>,
    },
}

/// The order that a run had in hand when it died.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InHand {
    /// Collection of the platform.
    pub collection: String,
    /// Id of the object.
    pub id: String,
    /// Plan of the deciding call that may have been made, as JSON.
    pub plan: Option<String>,
}

/// An order, tier config request, usage file, or a listing's period, as a store sees it.
#[derive(Debug, Clone, Copy)]
pub struct Order<'a> {
    /// Collection of the platform, such as `requests`.
    pub collection: &'a str,
    /// Id of the object, such as `PR-1234-5678-9012-001`.
    pub id: &'a str,
    /// Id of the asset that the object is about.
    pub asset: Option<&'a str>,
    /// Time at which the object was created.
    pub created: Option<OffsetDateTime>,
}

/// What [`Store::claim`] came to.
#[derive(Debug)]
pub enum Claimed {
    /// The order is the caller's.
    Yes(Box<Claim>),
    /// Another worker has the order.
    Held,
    /// The order has ended in this state: a list that still has it lags.
    Ended(String),
    /// An older order of the same asset, with this id, has not ended and is remembered.
    Behind(String),
}

/// The right to act on an order, with what is remembered of it.
#[derive(Debug, Clone)]
pub struct Claim {
    /// Number that no other claim has; acts under an older claim are refused.
    pub nonce: u64,
    /// What is remembered, or an empty entry.
    pub entry: Entry,
    /// Steps in the order of their begin.
    pub steps: Vec<StepRecord>,
    /// What is known of another worker's end, where it vanished with the order in hand and this claim took its place.
    pub died: Option<InHand>,
}

/// What is remembered of an order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Entry {
    /// Collection of the platform, such as `requests`.
    pub collection: String,
    /// Id of the object.
    pub id: String,
    /// Id of the asset that the object is about.
    pub asset: Option<String>,
    /// Time at which the object was created.
    pub created: Option<OffsetDateTime>,
    /// Number of attempts that count, in this round.
    pub attempts: u32,
    /// Time before which the order is not tried again; of a dead one, before which its private note is not tried to be posted.
    pub due: Option<OffsetDateTime>,
    /// Time since which the order is put off by the closure.
    pub later: Option<OffsetDateTime>,
    /// Last error, as it was told.
    pub error: Option<String>,
    /// Time of the first attempt that came to this error.
    pub erred: Option<OffsetDateTime>,
    /// Time at which the last attempt failed: the order is not tried any more.
    pub dead: Option<OffsetDateTime>,
    /// What the round is recognised by; another one begins where this differs.
    pub round: Option<String>,
    /// What was last told of the order.
    pub told: Option<String>,
    /// Time at which that was told.
    pub told_at: Option<OffsetDateTime>,
    /// Plan of a deciding call whose fate is unknown, as JSON.
    pub plan: Option<String>,
    /// Time at which the order was last looked up by its id.
    pub looked: Option<OffsetDateTime>,
    /// Time since which the platform does not know its id.
    pub unseen: Option<OffsetDateTime>,
    /// Time at which the order ended.
    pub ended: Option<OffsetDateTime>,
    /// State of the platform that the order was last seen in, or ended in. For a period, the path of its usage file.
    pub state: Option<String>,
    /// What is left to do for an order that has ended.
    pub left: Option<Left>,
}

/// Which entries [`Store::each`] hands out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// All of them, tombstones included.
    All,
    /// Those with a deciding call of unknown fate, or with something left to do.
    Open,
    /// Those that have not ended and were not looked up since this time.
    Alive {
        /// The time.
        before: OffsetDateTime,
    },
}

/// What is left to do for an order that has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// It failed: its steps are to be undone.
    Undo,
    /// It was approved by somebody else: a person looks at what was done for it.
    Adopted,
}

impl Left {
    /// As the table has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Undo => "undo",
            Self::Adopted => "adopted",
        }
    }
}

/// What [`Store::note`] notes of an order.
#[derive(Debug, Clone, Copy)]
pub struct Note<'a> {
    /// Id of the order.
    pub id: &'a str,
    /// What there is to note.
    pub what: Noted<'a>,
}

/// What a [`Note`] is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Noted<'a> {
    /// It was looked up and has not ended. Nothing where the platform does not know its id.
    Seen(Option<&'a str>),
    /// This was told of it.
    Told(&'a str),
}

/// What a person decides about an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Correction<'a> {
    /// Its attempts begin anew.
    Revive,
    /// What is left to do for it was looked at by the person.
    Acknowledge,
    /// Nothing of it is remembered any more, its steps neither.
    Forget,
    /// This step is done, with this result as JSON.
    Set {
        /// Name of the step.
        step: &'a str,
        /// Its result.
        result: &'a str,
    },
}

/// A result that came after the claim was lost.
#[derive(Debug, Clone, PartialEq)]
pub struct Stray {
    /// Collection of the platform.
    pub collection: String,
    /// Id of the order.
    pub id: String,
    /// Name of the step.
    pub step: String,
    /// Number of its generation.
    pub generation: u32,
    /// The result as JSON, or why it cannot be read.
    pub result: Option<String>,
    /// Time at which it came.
    pub at: OffsetDateTime,
}

/// What is remembered of a step.
#[derive(Debug, Clone, PartialEq)]
pub struct StepRecord {
    /// Name of the step.
    pub name: String,
    /// Number of the generation, from 1.
    pub generation: u32,
    /// Key of the generation, which the vendor's API was given.
    pub key: String,
    /// State of the generation.
    pub state: StepState,
    /// Hashes of the input's fields, as a JSON object.
    pub input: String,
    /// Result as JSON, or what is wrong with it where it is unreadable.
    pub result: Option<String>,
    /// Whether the step's effect stays when the order fails.
    pub keep: bool,
    /// Time of the last begin.
    pub begun: OffsetDateTime,
    /// Input and result of the generation before, while this one replaces it.
    pub previous: Option<(String, String)>,
}

/// State of a step's generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepState {
    /// It has begun, and its fate is not known.
    Begun,
    /// It has a result.
    Done,
    /// Its effect is there, and its result cannot be read.
    Unreadable,
    /// Nothing was made by it.
    Refused,
}

/// A step that is about to begin.
#[derive(Debug, Clone, Copy)]
pub struct Begin<'a> {
    /// Name of the step.
    pub name: &'a str,
    /// Earlier name of the step; a record of this name becomes the step's own.
    pub was: Option<&'a str>,
    /// Generation that begins; a higher one than recorded replaces a generation that is done or refused.
    pub generation: u32,
    /// Key of the generation.
    pub key: &'a str,
    /// Hashes of the input's fields, as a JSON object.
    pub input: &'a str,
    /// Whether the step's effect stays when the order fails.
    pub keep: bool,
}

/// What [`Store::begin`] came to.
#[derive(Debug, Clone, PartialEq)]
pub enum Began {
    /// The step has begun, perhaps once more: it may be run with the key of this record.
    Begun(StepRecord),
    /// The step has a result, which may be unreadable: it must not be run.
    Done(StepRecord),
    /// The step was begun with another input.
    Changed(StepRecord),
    /// The claim is lost, or another worker has begun a later generation.
    Dead,
}

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepEnd<'a> {
    /// It has this result, as JSON.
    Done(&'a str),
    /// Its effect is there, and its result cannot be written or read back for this reason.
    Unreadable(&'a str),
    /// Nothing was made: the record goes, and the next try is a new generation.
    Refused,
}

/// What [`Store::result`] came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// It is recorded.
    Recorded,
    /// The claim is lost: what was made is kept apart, for a person to look at.
    Stray,
}
