//! The one loop.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use time::OffsetDateTime;

use super::conversations::Conversations;
use super::cursor::Cursor;
use super::execute::execute;
use super::fresh::{Again, read_again};
use super::memory::{Enter, Memory};
use super::pages::QueuePages;
use super::recheck::{UNASKED, Wanted};
use super::retries::Retries;
use super::settle::{Settled, Unsettled};
use super::storm::Storm;
use super::told::Told;
use super::{Certainty, Options, Outcome, Plan, Queue, Report, Stop, Verdict};
use crate::error::{Error, Result};
use crate::http::{Http, MAX_RETRY_AFTER};
use crate::page::Element;
use crate::scope;

/// After this many failures in a row that look like the platform's, the list is probed.
const FAILURES: u32 = 5;
/// What the closure has decided is carried out though the deadline comes meanwhile: it may have made things already.
const GRACE: Duration = Duration::from_secs(10);
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
    mut options: Options<'_>,
    mut decide: impl FnMut(&T) -> Result<Plan>,
) -> Result<Report> {
    let _scope = scope::enter_run(options.deadline, options.dry_run);
    if products.is_empty() {
        log::warn!(target: "connect::process", "no products are configured: {} of every product that the key sees are handled", T::NAME);
    }
    options.filter.check(T::NAMES)?;
    let wanted = Wanted::new::<T>(products, &options);
    let mut report = Report::new(T::NAME, scope::is_dry_run());
    let Some(memory) = Memory::begin::<T>(&mut options, http, &mut report)? else {
        log::info!(target: "connect::process", "another run has the ledger: nothing to do");
        report.end(Ok(Some(Stop::Held)), 0, Duration::ZERO);
        return Ok(report);
    };
    let cursor = Cursor::new(wanted.filters::<T>()?, T::CREATED, options.page_size);
    let mut run = Run {
        http,
        pages: QueuePages::new(http, cursor, &wanted),
        wanted: &wanted,
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
    let end = run.all(&mut options, &mut decide);
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
        decide: &mut impl FnMut(&T) -> Result<Plan>,
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
            if std::mem::take(&mut first) {
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
                    Element::Item(item) => {
                        if let Some(why) = self.unasked(item, contradicted) {
                            self.not_asked_for(item, &why)
                        } else {
                            // Claimed first, and looked at after.
                            match self.memory.enter(item, false, &mut self.report)? {
                                Enter::No => continue,
                                Enter::Retry => {
                                    retries.push(element.take(), page.read);
                                    if retries.is_full()
                                        && let Some(stop) = self.retry(&mut retries, options, decide)?
                                    {
                                        return Ok(Some(stop));
                                    }
                                    continue;
                                }
                                Enter::Now => {}
                            }
                            match self.one(item, page.read, options, decide)? {
                                Some(outcome) => outcome,
                                None => return Ok(Some(Stop::Deadline)),
                            }
                        }
                    }
                    Element::Broken { id, error, .. } => self.unreadable(std::mem::take(id), error.take()),
                };
                self.note::<T>(outcome, options)?;
                if retries.has_turn()
                    && let Some(stop) = self.retry(&mut retries, options, decide)?
                {
                    return Ok(Some(stop));
                }
            }
        }
        while !retries.is_empty() {
            if let Some(stop) = self
                .stop(options)
                .map_or_else(|| self.retry(&mut retries, options, decide), |stop| Ok(Some(stop)))?
            {
                return Ok(Some(stop));
            }
        }
        self.walked::<T>(options)?;
        Ok(None)
    }

    /// What the last runs left to do comes first.
    fn prepare<T: Queue>(&mut self, options: &mut Options<'_>) -> Result<()> {
        let Self { http, conversations, report, memory, told, .. } = self;
        memory.prepare::<T>(http, conversations, report, &mut |report, outcome| {
            told.log(&outcome, "");
            options.observe(&outcome);
            report.add(outcome);
        })
    }

    /// The list was walked to its end.
    fn walked<T: Queue>(&mut self, options: &mut Options<'_>) -> Result<()> {
        let Self { http, report, memory, told, .. } = self;
        memory.walked::<T>(http, report, &mut |report, outcome| {
            told.log(&outcome, "");
            options.observe(&outcome);
            report.add(outcome);
        })
    }

    /// Handles one that was tried before, if its turn has come and it is still wanted.
    fn retry<T: Queue>(
        &mut self,
        retries: &mut Retries<T>,
        options: &mut Options<'_>,
        decide: &mut impl FnMut(&T) -> Result<Plan>,
    ) -> Result<Option<Stop>> {
        let Some((item, read)) = retries.pop() else { return Ok(None) };
        if self.memory.enter(&item, true, &mut self.report)? != Enter::Now {
            return Ok(None);
        }
        let Some(outcome) = self.one(&item, read, options, decide)? else { return Ok(Some(Stop::Deadline)) };
        self.note::<T>(outcome, options)?;
        Ok(None)
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

    /// Handles one object; `None` where the time was up before the closure saw it.
    fn one<T: Queue>(
        &mut self,
        item: &T,
        read: Instant,
        options: &Options<'_>,
        decide: &mut impl FnMut(&T) -> Result<Plan>,
    ) -> Result<Option<Outcome>> {
        let is_old = read.elapsed() > options.fresh;
        let mut decide = |item: &T| {
            let mut plan = decide(item)?;
            if options.is_silent_after(plan.verdict) {
                plan.message = None;
            }
            Ok(plan)
        };
        let (start, calls) = (Instant::now(), self.http.calls());
        let _request = scope::enter_request(item.id());
        let mut outcome = Outcome::errored(item.id().to_owned(), None);
        outcome.about(item);
        let again = is_old.then(|| read_again(self.http, self.wanted, item.id()));
        match again {
            None => self.decided(item, &mut decide, &mut outcome),
            Some(Ok(Again::Wanted(item))) => self.decided(&item, &mut decide, &mut outcome),
            Some(Ok(Again::Stale(why))) => {
                (outcome.verdict, outcome.detail) = (Verdict::Stale, Some(why));
            }
            // Not the platform's failure: the time was up.
            Some(Err(_)) if is_late() => return Ok(None),
            Some(Err(error)) => outcome.error = Some(error),
        }
        self.memory.check()?;
        self.memory.leave(item, &mut outcome, &mut self.report);
        let stays = matches!(
            outcome.verdict,
            Verdict::Errored | Verdict::Skipped | Verdict::Later | Verdict::Reported
        );
        if !stays && !scope::is_dry_run() {
            self.pages.cursor.has_left(&outcome.id);
        }
        outcome.elapsed = start.elapsed();
        outcome.calls = self.http.calls() - calls;
        let failed = outcome.error.is_some();
        self.told.log(&outcome, &if failed { scope::trace() } else { String::new() });
        scope::request_done(failed);
        Ok(Some(outcome))
    }

    /// Asks the closure, and makes the calls of its plan.
    fn decided<T: Queue>(
        &mut self,
        item: &T,
        decide: &mut impl FnMut(&T) -> Result<Plan>,
        outcome: &mut Outcome,
    ) {
        let start = Instant::now();
        item.secrets().for_each(scope::hide);
        let decided = catch_unwind(AssertUnwindSafe(|| decide(item))).unwrap_or_else(|panic| {
            self.panics += 1;
            Err(Error::Handler(anyhow::anyhow!("the closure panicked: {}", panic_message(&*panic))))
        });
        // Whatever the closure answers: what the ledger refused while it ran is what becomes of the order, or of the run.
        let Some(decided) = self.memory.judge(decided, item.id()) else { return };
        let word = decided.as_ref().map_or("error", |plan| plan.verdict.as_str());
        scope::note_decision(word, start.elapsed());
        match decided {
            Ok(plan) if scope::is_dry_run() => {
                outcome.verdict = plan.verdict;
                outcome.certainty = Certainty::Planned;
                outcome.detail.clone_from(&plan.detail);
                outcome.plan = Some(plan);
            }
            Ok(plan) => self.carry_out(item, plan, outcome),
            Err(error) => {
                if error.is_of_unknown_fate() {
                    outcome.certainty = Certainty::Unknown;
                }
                outcome.error = Some(error);
            }
        }
    }

    fn carry_out<T: Queue>(&mut self, item: &T, plan: Plan, outcome: &mut Outcome) {
        let conversations = T::HAS_CONVERSATIONS.then_some(&mut self.conversations);
        scope::allow_at_least(GRACE);
        plan.secrets().iter().for_each(|secret| scope::hide(secret));
        self.memory.deciding(item, &plan);
        let executed = execute(self.http, &plan, item.id(), item.status(), conversations);
        if !plan.calls.is_empty() {
            self.storm.count(executed.error.as_ref(), MAX_RETRY_AFTER);
        }
        outcome.certainty = executed.certainty;
        outcome.warnings = executed.warnings;
        match executed.error {
            None => {
                outcome.verdict = plan.verdict;
                outcome.detail.clone_from(&plan.detail);
            }
            Some(conflict) if executed.stale => {
                (outcome.verdict, outcome.detail) = (Verdict::Stale, Some(conflict.to_string()));
                outcome
                    .warnings
                    .push("the closure had decided on it; what it made meanwhile is still there".into());
            }
            error => outcome.error = error,
        }
        self.unsettled.add_message(&outcome.id, executed.lost_message);
        if executed.lost {
            self.memory.lose(&plan, item.status());
            self.unsettled.add_order(item.id(), item.status(), plan);
        }
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
                    if let Some(Err(error)) = posted.map(|text| self.conversations.post(&outcome.id, text)) {
                        outcome.warnings.push(error.to_string());
                    }
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

/// The text of a panic.
fn panic_message(panic: &(dyn Any + Send)) -> &str {
    match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
        (Some(text), _) => text,
        (_, Some(text)) => text,
        _ => "without a text",
    }
}
