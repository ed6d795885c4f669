//! The one loop.

use std::time::{Duration, Instant};

use time::OffsetDateTime;

use super::conversations::{Conversations, unsaid};
use super::memory::{Enter, Memory};
use super::pages::QueuePages;
use super::recheck::{UNASKED, Wanted};
use super::retries::Retries;
use super::settle::{Settled, Unsettled};
use super::share::Share;
use super::storm::Storm;
use super::told::Told;
use super::{Certainty, Options, Outcome, Plan, Queue, Report, Stop, Verdict};
use crate::error::{Error, Result};
use crate::http::Http;
use crate::page::{Cursor, Element, Walk};
use crate::scope;

mod one;
#[cfg(feature = "xlsx")]
mod parts;

#[cfg(feature = "xlsx")]
pub(crate) use parts::run_parts;

/// After this many failures in a row that look like the platform's, the list is probed.
const FAILURES: u32 = 5;
/// After this many panics the closure's own state may be broken.
const PANICS: u32 = 3;

/// Walks the list and handles each element once.
///
/// # Errors
///
/// What listing fails with before anything was handled. Afterwards the report holds what ended the run.
pub(crate) fn run<T: Queue>(
    http: &Http,
    products: &[String],
    options: Options<'_>,
    mut decide: impl FnMut(&T) -> Result<Plan>,
) -> Result<Report> {
    run_waiting(http, products, options, |_| Ok(None), |item: &T| decide(item))
}

/// [`run`] of objects that may have to be waited for: `wait` gives what became of one, or nothing where it need not look.
///
/// What is not in one of the run's states after that is stale.
pub(crate) fn run_waiting<T: Queue>(
    http: &Http,
    products: &[String],
    options: Options<'_>,
    mut wait: impl FnMut(&T) -> Result<Option<T>>,
    mut decide: impl FnMut(&T) -> Result<Plan>,
) -> Result<Report> {
    walk(http, products, options, T::NAME, |run, item: &T, turn, options| {
        // Claimed first, and looked at after.
        match run.enter(item, turn, options)? {
            Enter::No => return Ok(Handled::Passed),
            Enter::Retry => return Ok(Handled::Retry),
            Enter::Now => {}
        }
        let mut decide = |item: &T| {
            let mut plan = decide(item)?;
            if options.is_silent_after(plan.verdict) {
                plan.message = None;
            }
            Ok(plan)
        };
        // A copy that was read before the claim does not tell what another worker did until then.
        let is_old = turn.is_old(options) || run.memory.is_shared();
        match run.one(item, item.id(), is_old, &mut wait, &mut decide)? {
            Some(outcome) => run.note::<T>(outcome, options).map(|()| Handled::Done),
            None => Ok(Handled::Stop(Stop::Deadline)),
        }
    })
}

/// When an object is handled.
#[derive(Clone, Copy)]
struct Turn {
    /// Time at which it was read.
    read: Instant,
    /// Whether fresh ones were let past it, since it was tried before.
    is_retry: bool,
}

impl Turn {
    fn is_old(self, options: &Options<'_>) -> bool {
        self.read.elapsed() > options.fresh
    }
}

/// What handling an object came to.
enum Handled {
    Done,
    /// It is not handled in this run.
    Passed,
    /// It was tried before: fresh ones come first.
    Retry,
    Stop(Stop),
}

/// Walks the list, and gives each element that the run asked for to `handle`, which may end the run. `what` is what the
/// outcomes are about.
fn walk<T: Queue>(
    http: &Http,
    products: &[String],
    mut options: Options<'_>,
    what: &'static str,
    mut handle: impl FnMut(&mut Run<'_>, &T, Turn, &mut Options<'_>) -> Result<Handled>,
) -> Result<Report> {
    let _scope = scope::enter_run(options.deadline, options.dry_run);
    if products.is_empty() {
        log::warn!(target: "connect::process", "no products are configured: {} of every product that the key sees are handled", T::NAME);
    }
    options.filter.check(T::NAMES)?;
    options.share.map_or(Ok(()), Share::check)?;
    let wanted = Wanted::new::<T>(products, &options);
    let mut report = Report::new(what, scope::is_dry_run());
    let Some(memory) = Memory::begin::<T>(&mut options, http, &mut report)? else {
        log::info!(target: "connect::process", "another run has the ledger: nothing to do");
        report.end(Ok(Some(Stop::Held)), 0, Duration::ZERO);
        return Ok(report);
    };
    let share = options.share;
    let cursor = Cursor::new(wanted.filters::<T>()?, T::CREATED, options.page_size);
    let mut run = Run {
        http,
        pages: QueuePages::new(Walk::new(http, T::LIST, cursor), &wanted),
        wanted: &wanted,
        share,
        conversations: Conversations::new(http),
        report,
        memory,
        started: Instant::now(),
        calls: http.calls(),
        handled: 0,
        failures: 0,
        panics: 0,
        unasked: 0,
        storm: Storm::default(),
        unsettled: Unsettled::default(),
        told: Told::default(),
    };
    let end = run.all(&mut options, &mut handle);
    // A platform that ended the run would not tell more now.
    if end.is_ok() {
        run.settle::<T>(&mut options);
    }
    run.memory.finish::<T>(&mut run.conversations, &mut run.report);
    match end {
        Err(error) if run.report.handled() == 0 => Err(error),
        end => {
            run.report.end(end, http.calls() - run.calls, run.started.elapsed());
            Ok(run.report)
        }
    }
}

struct Run<'a> {
    http: &'a Http,
    pages: QueuePages<'a>,
    wanted: &'a Wanted<'a>,
    share: Option<Share>,
    conversations: Conversations<'a>,
    report: Report,
    memory: Memory<'a>,
    started: Instant,
    calls: u64,
    handled: u64,
    failures: u32,
    panics: u32,
    /// So many in a row were listed that the run had not asked for.
    unasked: u32,
    storm: Storm,
    unsettled: Unsettled,
    told: Told,
}

impl Run<'_> {
    fn all<T: Queue>(
        &mut self,
        options: &mut Options<'_>,
        handle: &mut impl FnMut(&mut Self, &T, Turn, &mut Options<'_>) -> Result<Handled>,
    ) -> Result<Option<Stop>> {
        self.prepare::<T>(options)?;
        let mut first = true;
        let mut retries = Retries::default();
        loop {
            if let Some(stop) = self.stop(options) {
                return Ok(Some(stop));
            }
            let mut page = match self.pages.next::<T>() {
                Ok(Some(page)) => page,
                Ok(None) => break,
                // Not the platform's failure: the time was up.
                Err(_) if is_late() => return Ok(Some(Stop::Deadline)),
                Err(error) => return Err(error),
            };
            self.memory.coming::<T>(&mut page, self.share);
            if std::mem::take(&mut first) && self.report.is_about(T::NAME) {
                self.report.begin(page.total, oldest(&page.elements));
            }
            if T::HAS_CONVERSATIONS {
                let ids = page.elements.iter().filter_map(|element| match element {
                    Element::Item(item) => Some(item.id().to_owned()),
                    Element::Broken { .. } => None,
                });
                self.conversations.begin_page(ids);
            }
            // Lent and not moved out: a page that is freed as a whole leaves no holes for the allocator to mend.
            let contradicted = page.contradicted.into_iter().chain(std::iter::repeat(None));
            for (element, contradicted) in page.elements.iter_mut().zip(contradicted) {
                if let Some(stop) = self.stop(options) {
                    return Ok(Some(stop));
                }
                let outcome = match element {
                    // The platform ignores filters it does not know, so what it lists is looked at again.
                    Element::Item(item) if !self.wanted.has_product(item.product_id()) => {
                        self.report.pass_foreign();
                        continue;
                    }
                    Element::Item(item) if !self.is_ours(item) => {
                        self.report.pass_other();
                        continue;
                    }
                    Element::Item(item) => {
                        let Some(why) = self.unasked(item, contradicted) else {
                            match handle(self, item, Turn { read: page.read, is_retry: false }, options)? {
                                Handled::Passed => continue,
                                Handled::Stop(stop) => return Ok(Some(stop)),
                                Handled::Retry => retries.push(element.take(), page.read),
                                Handled::Done => retries.count_fresh(),
                            }
                            if retries.has_turn()
                                && let Some(stop) = self.retry(&mut retries, options, handle)?
                            {
                                return Ok(Some(stop));
                            }
                            continue;
                        };
                        self.not_asked_for(item, &why)
                    }
                    Element::Broken { id, error, .. } => self.unreadable(std::mem::take(id), error.take()),
                };
                self.note::<T>(outcome, options)?;
            }
        }
        while !retries.is_empty() {
            let stop = match self.stop(options) {
                None => self.retry(&mut retries, options, handle)?,
                stop => stop,
            };
            if stop.is_some() {
                return Ok(stop);
            }
        }
        self.walked::<T>(options)?;
        Ok(None)
    }

    /// What the last runs left to do comes first.
    fn prepare<T: Queue>(&mut self, options: &mut Options<'_>) -> Result<()> {
        let Self { http, conversations, report, memory, told, .. } = self;
        memory.prepare::<T>(http, conversations, report, &mut aside(told, options))
    }

    fn enter<T: Queue>(&mut self, item: &T, turn: Turn, options: &mut Options<'_>) -> Result<Enter> {
        let Self { report, memory, told, .. } = self;
        memory.enter(item, turn.is_retry, report, &mut aside(told, options))
    }

    /// The list was walked to its end.
    fn walked<T: Queue>(&mut self, options: &mut Options<'_>) -> Result<()> {
        let Self { http, conversations, report, memory, told, .. } = self;
        memory.walked::<T>(http, conversations, report, &mut aside(told, options))
    }

    /// Handles the next one that was tried before.
    fn retry<T: Queue>(
        &mut self,
        retries: &mut Retries<T>,
        options: &mut Options<'_>,
        handle: &mut impl FnMut(&mut Self, &T, Turn, &mut Options<'_>) -> Result<Handled>,
    ) -> Result<Option<Stop>> {
        let Some((item, read)) = retries.pop() else { return Ok(None) };
        match handle(self, &item, Turn { read, is_retry: true }, options)? {
            Handled::Stop(stop) => Ok(Some(stop)),
            Handled::Done | Handled::Passed | Handled::Retry => Ok(None),
        }
    }

    fn stop(&self, options: &Options<'_>) -> Option<Stop> {
        if self.panics >= PANICS {
            Some(Stop::Panics)
        } else if options.max.is_some_and(|max| self.handled >= max) {
            Some(Stop::Max)
        } else if options.is_stopped() {
            Some(Stop::Flag)
        } else if is_late() {
            Some(Stop::Deadline)
        } else {
            None
        }
    }

    /// Whether no other machine handles it. What is not of this run's share may have been begun here all the same.
    fn is_ours<T: Queue>(&self, item: &T) -> bool {
        self.memory.looks_beyond_share() || self.share.is_none_or(|share| share.has(item))
    }

    /// Why a listed object is not what the run asked for.
    fn unasked(&mut self, item: &impl Queue, contradicted: Option<String>) -> Option<String> {
        let why = if self.wanted.has_status(item.status()) {
            contradicted.map(|filter| format!("contradicts {filter}"))
        } else {
            Some(format!("is in state {:?}", item.status()))
        };
        self.unasked = if why.is_some() { self.unasked + 1 } else { 0 };
        why
    }

    fn unreadable(&mut self, id: String, error: Option<Error>) -> Outcome {
        let outcome = Outcome::errored(id, error);
        self.told.log(&outcome, "");
        outcome
    }

    /// An object that the platform listed though the run did not ask for it.
    fn not_asked_for<T: Queue>(&mut self, item: &T, why: &str) -> Outcome {
        let problem = format!("the run did not ask for {}, which {why}", item.id());
        let error = Error::unexpected("GET", T::LIST, problem);
        let mut outcome = self.unreadable(item.id().to_owned(), Some(error));
        outcome.about(item);
        outcome
    }

    fn note<T: Queue>(&mut self, outcome: Outcome, options: &mut Options<'_>) -> Result<()> {
        options.observe(&outcome);
        if !matches!(outcome.verdict, Verdict::Skipped | Verdict::Stale | Verdict::Later) {
            self.handled += 1;
        }
        let platform = outcome.error.as_ref().is_some_and(Error::is_platform_failure);
        self.failures = if platform { self.failures + 1 } else { 0 };
        self.report.add(outcome);
        self.memory.check()?;
        if self.unasked >= UNASKED {
            let problem =
                "the platform ignores what the run asks for: it lists only what it was not asked for";
            return Err(Error::unexpected("GET", T::LIST, problem));
        }
        let storm = self.storm.cause();
        if self.failures >= FAILURES && !is_late() {
            // One poisoned order must not block the queue, and a dead platform must not be asked 10,000 times.
            match self.http.get(&format!("{}?limit=1&offset=0", T::LIST)) {
                // Not the platform's failure: the time was up.
                Err(_) if is_late() => {}
                Err(error) => return Err(error),
                // A platform that refuses whatever is decided is no order's fault.
                Ok(_) if storm.is_some() => {}
                Ok(_) => self.memory.platform_works::<T>(&mut self.report),
            }
            self.failures = 0;
        }
        storm.map_or(Ok(()), Err)
    }

    /// Looks once more at what is unknown.
    fn settle<T: Queue>(&mut self, options: &mut Options<'_>) {
        let mut settled = Vec::new();
        let looked = self.unsettled.settle::<T>(self.http, &self.conversations, |one| settled.push(one));
        if let Err(error) = looked {
            log::warn!(target: "connect::process", "what is unknown could not be looked up again: {error}");
        }
        for one in settled {
            let outcome = match one {
                Settled::Message { id } => {
                    self.report.message_arrived(&id);
                    continue;
                }
                Settled::Elsewhere { id, error } => Outcome::errored(id, Some(error)),
                Settled::Reached { id, plan } => {
                    let mut outcome = Outcome::errored(id, None);
                    let posted = plan.message.as_ref().filter(|_| T::HAS_CONVERSATIONS);
                    let posted = posted.map(|text| self.conversations.post(&outcome.id, text));
                    outcome.warnings.extend(posted.and_then(|posted| unsaid(&posted, plan.verdict)));
                    (outcome.verdict, outcome.certainty) = (plan.verdict, Certainty::Observed);
                    outcome.detail = plan.detail;
                    outcome
                }
            };
            let mut outcome = self.report.settle(outcome);
            self.memory.settled::<T>(&mut outcome, &mut self.report);
            self.told.log(&outcome, "");
            options.observe(&outcome);
            self.report.replace(outcome);
        }
    }
}

/// Takes in outcomes of orders that are not at hand from the list.
fn aside<'s>(told: &'s mut Told, options: &'s mut Options<'_>) -> impl FnMut(&mut Report, Outcome) + 's {
    move |report, outcome| {
        told.log(&outcome, "");
        options.observe(&outcome);
        report.add(outcome);
    }
}

fn is_late() -> bool {
    scope::time_left().is_some_and(|left| left.is_zero())
}

fn oldest<T: Queue>(elements: &[Element<T>]) -> Option<Duration> {
    let created = elements.iter().find_map(|element| match element {
        Element::Item(item) => item.created(),
        Element::Broken { .. } => None,
    })?;
    (OffsetDateTime::now_utc() - created).try_into().ok()
}
