//! How a run differs from the usual one.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::share::Share;
use super::{Outcome, Verdict};
use crate::rql::Query;
use crate::text::escape_controls;

/// How a run differs from the usual one.
///
/// ```no_run
/// # fn main() -> connect::Result<()> {
/// use connect::{Action, Connect, Options};
/// use connect::rql::Query;
///
/// let connect = Connect::from_file("config.json")?;
/// let purchases = Options::new().filter(Query::new().equal("type", "purchase")).max(50);
/// let report = connect.fulfillment().process_with(purchases, |_| Err(Action::skip()))?;
/// # Ok(()) }
/// ```
#[must_use = "options change nothing until a run is given them"]
pub struct Options<'a> {
    pub(crate) filter: Query,
    pub(crate) statuses: Vec<String>,
    pub(crate) page_size: u32,
    pub(crate) max: Option<u64>,
    pub(crate) share: Option<Share>,
    pub(crate) fresh: Duration,
    pub(crate) dry_run: bool,
    messages: Vec<Verdict>,
    pub(crate) deadline: Option<Duration>,
    pub(crate) stop: Option<Arc<AtomicBool>>,
    pub(crate) observer: Option<Observer<'a>>,
    #[cfg(feature = "ledger")]
    pub(crate) ledger: Option<&'a crate::ledger::Ledger>,
    #[cfg(feature = "ledger")]
    pub(crate) attempts: Option<crate::ledger::Attempts>,
    #[cfg(feature = "ledger")]
    pub(crate) undos: crate::ledger::Undos<'a>,
    #[cfg(feature = "ledger")]
    pub(crate) tell_again: Option<Duration>,
    #[cfg(feature = "ledger")]
    pub(crate) drains: bool,
}

/// A copy of an object that is older is read again before the closure sees it.
const FRESH: Duration = Duration::from_secs(60);

type Observer<'a> = Box<dyn FnMut(&Outcome) + 'a>;

impl<'a> Options<'a> {
    /// The usual run: all objects that wait, in pages of 100.
    pub fn new() -> Self {
        Self {
            filter: Query::new(),
            statuses: Vec::new(),
            page_size: 100,
            max: None,
            share: None,
            fresh: FRESH,
            dry_run: false,
            messages: vec![Verdict::Approved, Verdict::Inquired],
            deadline: None,
            stop: None,
            observer: None,
            #[cfg(feature = "ledger")]
            ledger: None,
            #[cfg(feature = "ledger")]
            attempts: None,
            #[cfg(feature = "ledger")]
            undos: crate::ledger::Undos::default(),
            #[cfg(feature = "ledger")]
            tell_again: None,
            #[cfg(feature = "ledger")]
            drains: false,
        }
    }

    /// Remembers in this ledger what the next runs need to know of orders that have not ended.
    ///
    /// The run takes the ledger. Where another run has it, there is nothing to do: the report says
    /// [`Stop::Held`](super::Stop::Held), prints nothing, and its exit code is 0.
    #[cfg(feature = "ledger")]
    pub fn ledger(mut self, ledger: &'a crate::ledger::Ledger) -> Self {
        self.ledger = Some(ledger);
        self
    }

    /// Bounds how often an order that errs is tried, with pauses between: needs a [`ledger`](Self::ledger).
    ///
    /// Without this, an order that erred is tried again in every run.
    #[cfg(feature = "ledger")]
    pub fn attempts(mut self, attempts: crate::ledger::Attempts) -> Self {
        self.attempts = Some(attempts);
        self
    }

    /// Undoes what the step of this name made, for orders that failed: needs a [`ledger`](Self::ledger).
    ///
    /// The answer of the platform comes first: once an order is known to have ended failed or revoked, whoever brought it
    /// there, its steps are undone in reverse. An undo that fails, or that a kill prevents, is tried again by later runs,
    /// which do not ask the closure. It is called with what the step [made](crate::ledger::Made) and with a key of its own,
    /// once until it succeeds. Of a step whose name is a tuple, the first part names the undo. The undo returns an
    /// [`anyhow::Result`]. It is not called for a step that ended with [`step::refused`](crate::step::refused).
    ///
    /// ```
    /// # struct Vendor;
    /// # impl Vendor {
    /// #     fn delete(&self, _: &str, _: &str) -> anyhow::Result<()> { Ok(()) }
    /// #     fn find(&self, _: &str) -> anyhow::Result<Option<String>> { Ok(None) }
    /// # }
    /// # let vendor = Vendor;
    /// use connect::Options;
    /// use connect::ledger::Made;
    ///
    /// let options = Options::new().undo("tenant", |made: Made<String>, key| {
    ///     // Without a result, the key that the step was run with is all that is known.
    ///     match made.result.map_or_else(|| vendor.find(&made.key), |tenant| Ok(Some(tenant)))? {
    ///         Some(tenant) => vendor.delete(&tenant, key),
    ///         None => Ok(()), // nothing was made
    ///     }
    /// });
    /// # drop(options);
    /// ```
    #[cfg(feature = "ledger")]
    pub fn undo<T: serde::de::DeserializeOwned>(
        mut self,
        step: &str,
        undo: impl FnMut(crate::ledger::Made<T>, &str) -> anyhow::Result<()> + 'a,
    ) -> Self {
        self.undos.add(step, undo);
        self
    }

    /// Tells again after this time what [`Report::print_news`](super::Report::print_news) told once: an order that errs, is
    /// dead or put off, or for which something is left to do.
    #[cfg(feature = "ledger")]
    pub fn tell_again(mut self, after: Duration) -> Self {
        self.tell_again = Some(after);
        self
    }

    /// Narrows the run to objects that match this query, too. Its ordering, limit and offset are left out.
    ///
    /// A filter of more than 7,400 characters is refused before any call: a run walks one list, and does not divide a
    /// list of ids. Make a run for each part.
    ///
    /// A name that the list of these objects does not have is refused before any call, since the platform would ignore
    /// it and list everything; see [`Query::unchecked`]. The names stand at
    /// [`requests`](crate::fulfillment::Fulfillment::requests) and at the list methods of the other resources. A value that no
    /// object has gives an idle run.
    ///
    /// To leave kinds of requests out with a [`ledger`](Self::ledger), prefer one run whose closure answers
    /// [`Action::skip`](crate::Action::skip) for them to a run with a filter for each kind: a younger request waits while an
    /// older one of its asset has not ended, and only a run that is handed both keeps their order.
    pub fn filter(mut self, filter: Query) -> Self {
        self.filter = filter;
        self
    }

    /// Handles objects in these states instead of the usual one, such as `["scheduled"]` or `[RequestStatus::Scheduled]`.
    pub fn statuses<S: Into<String>>(mut self, statuses: impl IntoIterator<Item = S>) -> Self {
        self.statuses = statuses.into_iter().map(Into::into).collect();
        self
    }

    /// Lists this many objects at once: 100 unless said otherwise. The platform sends at most 1000.
    ///
    /// No run is endless: it ends with an error after four times the pages that the total of its first page needs, and 1,000
    /// more; after 10,000 pages where the platform tells no total; and after 100,000 pages in any case.
    pub fn page_size(mut self, size: u32) -> Self {
        self.page_size = size.max(1);
        self
    }

    /// Ends the run after this many objects were acted on. Skipped and stale ones are extra.
    pub fn max(mut self, requests: u64) -> Self {
        self.max = Some(requests);
        self
    }

    /// Handles one part of all objects, number `index` of `of`, counted from 0: other machines handle the other parts.
    ///
    /// All requests of one asset are of one share. The shares of one number are disjoint and complete. What is of another
    /// share is counted in [`Report::others`](super::Report::others), and the closure does not see it. A share that
    /// cannot be is refused before any call, with [`Error::Input`](crate::Error::Input).
    ///
    /// The share of an object is `hash % of` for the UTF-8 bytes of its asset's id, of its tier configuration's id, or of
    /// its own id where it is about neither. The hash never changes: FNV-1a with 64 bits, and then, in arithmetic modulo
    /// 2⁶⁴, `h ^= h >> 33; h *= 0xff51afd7ed558ccd; h ^= h >> 33; h *= 0xc4ceb9fe1a85ec53; h ^= h >> 33`. So
    /// `AS-0000-0000-0000` is of share 9 of 10.
    ///
    /// # Another number of machines
    ///
    /// What a machine did for orders that have not ended is in its own [ledger](Self::ledger), where another machine does not
    /// find it. So the number of shares is changed in this order:
    ///
    /// 1. Run each machine with the old number and [`drain`](Self::drain), until each report says that the ledger is
    ///    drained. Listings and their periods do not end: let their machine keep them.
    /// 2. Give all machines the new number.
    ///
    /// A ledger notes its share. Opened with another one while orders with steps have not ended, a run handles these orders
    /// alone, and says so. A ledger that all machines share, as that of the package `connect-sdk-postgres`, needs none of
    /// this: a run handles its own share first there, and then what others have left.
    ///
    /// ```
    /// use connect::Options;
    ///
    /// let second_of_three = Options::new().share(1, 3);
    /// # drop(second_of_three);
    /// ```
    pub fn share(mut self, index: u32, of: u32) -> Self {
        self.share = Some(Share::new(index, of));
        self
    }

    /// Handles orders whose steps have begun, and no others: needs a [`ledger`](Self::ledger).
    ///
    /// The report says how many such orders are left. It comes before [another number of shares](Self::share).
    #[cfg(feature = "ledger")]
    pub fn drain(mut self) -> Self {
        self.drains = true;
        self
    }

    /// An object that was read longer ago than this, a minute unless said otherwise, is read again before the closure sees it.
    ///
    /// That costs one call more. An object that has left the wanted states meanwhile, or
    /// that the filter does not ask for any more, is [`Verdict::Stale`](super::Verdict::Stale): the closure does not see
    /// it, and it is no error. [`Duration::ZERO`] reads every object again, [`Duration::MAX`] none.
    pub fn fresh(mut self, age: Duration) -> Self {
        self.fresh = age;
        self
    }

    /// Lists objects and asks the closure, but sends nothing. The report tells what would have been sent.
    ///
    /// Whatever the closure itself tries to send is refused with an error that says so; see
    /// [`Error::is_dry_run`](crate::Error::is_dry_run).
    pub fn dry_run(mut self, dry_run: bool) -> Self {
        self.dry_run = dry_run;
        self
    }

    /// After which verdicts a message is posted in the conversation of an order: approved and inquired, or one of them, or
    /// none with `[]`.
    ///
    /// The platform writes lines of its own into a conversation, such as that an order was approved, and what an inquiry
    /// asks for stands at the parameters. After an approval the loop adds `Activated using template TL-….`, and after an
    /// inquiry the text of the closure. Later SDKs of the vendor post neither. The message of a skip is not affected: it
    /// is posted wherever the closure gives one. After a failure none is posted, since the platform shows the reason.
    ///
    /// ```
    /// use connect::{Options, Verdict};
    ///
    /// let only_questions = Options::new().messages([Verdict::Inquired]);
    /// let silent = Options::new().messages([]);
    /// ```
    pub fn messages(mut self, after: impl IntoIterator<Item = Verdict>) -> Self {
        self.messages = after.into_iter().collect();
        self
    }

    /// Whether the message of a plan is left out.
    pub(crate) fn is_silent_after(&self, verdict: Verdict) -> bool {
        matches!(verdict, Verdict::Approved | Verdict::Inquired) && !self.messages.contains(&verdict)
    }

    /// Ends the run once this much time has passed. No call and no pause lasts longer.
    ///
    /// An answer that the closure has given by then is still carried out, with at least ten seconds for it. Looking a host's
    /// name up takes as long as the system lets it.
    pub fn deadline(mut self, after: Duration) -> Self {
        self.deadline = Some(after);
        self
    }

    /// Ends the run before the next request once the flag is set, by a signal handler for instance.
    pub fn stop_flag(mut self, flag: Arc<AtomicBool>) -> Self {
        self.stop = Some(flag);
        self
    }

    /// Calls `observer` with every outcome as it happens, also with those that a long run's report does not list.
    ///
    /// It is called again for an outcome that was unknown and that the end of the run settled. An observer that panics
    /// is not called any more.
    pub fn observer(mut self, observer: impl FnMut(&Outcome) + 'a) -> Self {
        self.observer = Some(Box::new(observer));
        self
    }

    /// An observer that panics is not asked again, and does not end the run.
    pub(crate) fn observe(&mut self, outcome: &Outcome) {
        let Some(observer) = &mut self.observer else { return };
        if catch_unwind(AssertUnwindSafe(|| observer(outcome))).is_err() {
            log::error!(target: "connect::process", "{}: the observer panicked and is not called any more", escape_controls(&outcome.id));
            self.observer = None;
        }
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.stop.as_ref().is_some_and(|flag| flag.load(Ordering::Relaxed))
    }
}

impl Default for Options<'_> {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Options<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("filter", &self.filter)
            .field("statuses", &self.statuses)
            .field("page_size", &self.page_size)
            .field("max", &self.max)
            .field("share", &self.share)
            .field("fresh", &self.fresh)
            .field("dry_run", &self.dry_run)
            .field("messages", &self.messages)
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::Options;

    #[test]
    fn debug_tells_what_differs_from_the_usual() {
        let text = format!("{:?}", Options::new().max(7).statuses(["inquiring"]).dry_run(true));
        for part in ["max: Some(7)", r#"statuses: ["inquiring"]"#, "dry_run: true"] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
}
