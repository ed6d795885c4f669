//! The one loop.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;
use time::OffsetDateTime;

use super::carry::{Carried, carry_out};
use super::talk::Talk;
use super::walk::{Element, Walk};
use super::{Certainty, Options, Outcome, Plan, Report, Stop, Verdict};
use crate::context;
use crate::error::{Error, Interrupted, Result};
use crate::http::Http;
use crate::rql::Query;

/// After this many failures in a row that look like the platform's, the list is probed.
const FAILURES: u32 = 5;
/// What the closure has decided is carried out though the deadline comes meanwhile: it may have made things already.
const GRACE: Duration = Duration::from_secs(10);
/// After this many panics the closure's own state may be broken.
const PANICS: u32 = 3;

/// One kind of object that a loop handles.
pub(crate) struct Source<T: 'static> {
    pub(crate) list: &'static str,
    /// For the report, such as `requests`.
    pub(crate) what: &'static str,
    /// Name of the filter by time of creation.
    pub(crate) created: &'static str,
    /// Name of the filter by product.
    pub(crate) product: &'static str,
    /// The state that waits to be handled.
    pub(crate) status: &'static str,
    /// Whether these objects have conversations.
    pub(crate) talks: bool,
    pub(crate) id: fn(&T) -> &str,
    pub(crate) created_of: fn(&T) -> Option<OffsetDateTime>,
    pub(crate) product_of: fn(&T) -> &str,
    pub(crate) status_of: fn(&T) -> &str,
}

/// Walks the list and handles each element once.
///
/// # Errors
///
/// What listing fails with, inside of [`Error::Interrupted`] once something was handled.
pub(crate) fn run<T: DeserializeOwned>(
    http: &Http,
    products: &[String],
    source: &Source<T>,
    mut options: Options<'_>,
    mut decide: impl FnMut(&T) -> Result<Plan>,
) -> Result<Report> {
    let _settings = Settings::enter(http, &options);
    if products.is_empty() {
        log::warn!(target: "connect::process", "no products are configured: {} of every product that the key sees are handled", source.what);
    }
    let filters = filters(source, products, &options)?;
    let mut run = Run {
        http,
        products,
        source,
        walk: Walk::new(http, source, filters, options.page_size),
        talk: Talk::new(http),
        report: Report::new(source.what, options.dry_run),
        started: Instant::now(),
        calls: http.calls(),
        handled: 0,
        failures: 0,
        panics: 0,
    };
    match run.all(&mut options, &mut decide) {
        Ok(stopped) => Ok(run.finish(stopped)),
        Err(cause) if run.report.handled() == 0 => Err(cause),
        Err(cause) => {
            let report = run.finish(None);
            Err(Error::Interrupted(Box::new(Interrupted { report, cause })))
        }
    }
}

fn filters<T>(source: &Source<T>, products: &[String], options: &Options<'_>) -> Result<String> {
    let mut query = match options.statuses.as_slice() {
        [] => Query::new().equal("status", source.status),
        [status] => Query::new().equal("status", status),
        statuses => Query::new().in_("status", statuses),
    };
    if !products.is_empty() {
        query = query.in_(source.product, products);
    }
    Ok(query.narrow(&options.filter).filters()?)
}

struct Run<'a, T: 'static> {
    http: &'a Http,
    products: &'a [String],
    source: &'a Source<T>,
    walk: Walk<'a, T>,
    talk: Talk<'a>,
    report: Report,
    started: Instant,
    calls: u64,
    handled: u64,
    failures: u32,
    panics: u32,
}

impl<T: DeserializeOwned> Run<'_, T> {
    fn all(
        &mut self,
        options: &mut Options<'_>,
        decide: &mut impl FnMut(&T) -> Result<Plan>,
    ) -> Result<Option<Stop>> {
        let mut first = true;
        loop {
            if let Some(stop) = self.stop(options) {
                return Ok(Some(stop));
            }
            let mut page = match self.walk.next() {
                Ok(Some(page)) => page,
                Ok(None) => return Ok(None),
                // Not the platform's failure: the time was up.
                Err(_) if self.is_late() => return Ok(Some(Stop::Deadline)),
                Err(error) => return Err(error),
            };
            if std::mem::take(&mut first) {
                self.report.begin(page.total, self.oldest(&page.elements));
            }
            if self.source.talks {
                let ids = page.elements.iter().filter_map(|element| match element {
                    Element::Item(item) => Some((self.source.id)(item).to_owned()),
                    Element::Broken { .. } => None,
                });
                self.talk.begin_page(ids);
            }
            // Lent and not moved out: a page that is freed as a whole leaves no holes for the allocator to mend.
            for element in &mut page.elements {
                if let Some(stop) = self.stop(options) {
                    return Ok(Some(stop));
                }
                let outcome = match element {
                    Element::Item(item) if self.is_foreign(item) => {
                        self.report.pass_foreign();
                        continue;
                    }
                    Element::Item(item) => self.one(item, options.dry_run, decide),
                    Element::Broken { id, error } => unreadable(std::mem::take(id), error.take()),
                };
                self.note(outcome, options)?;
            }
        }
    }

    fn stop(&self, options: &Options<'_>) -> Option<Stop> {
        if self.panics >= PANICS {
            Some(Stop::Panics)
        } else if options.max.is_some_and(|max| self.handled >= max) {
            Some(Stop::Max)
        } else if options.is_stopped() {
            Some(Stop::Flag)
        } else if self.is_late() {
            Some(Stop::Deadline)
        } else {
            None
        }
    }

    fn oldest(&self, elements: &[Element<T>]) -> Option<Duration> {
        let created = elements.iter().find_map(|element| match element {
            Element::Item(item) => (self.source.created_of)(item),
            Element::Broken { .. } => None,
        })?;
        (OffsetDateTime::now_utc() - created).try_into().ok()
    }

    /// The platform ignores filters it does not know, so what it lists is looked at again.
    fn is_foreign(&self, item: &T) -> bool {
        let product = (self.source.product_of)(item);
        !self.products.is_empty() && !self.products.iter().any(|own| own == product)
    }

    fn one(&mut self, item: &T, dry_run: bool, decide: &mut impl FnMut(&T) -> Result<Plan>) -> Outcome {
        let id = (self.source.id)(item).to_owned();
        let (start, calls) = (Instant::now(), self.http.calls());
        let context = context::enter(&id);
        let outer = self.http.trace.borrow_mut().enter(&id);

        let decided = catch_unwind(AssertUnwindSafe(|| decide(item))).unwrap_or_else(|panic| {
            self.panics += 1;
            Err(Error::Handler(anyhow::anyhow!("the closure panicked: {}", said(&*panic))))
        });
        let word = decided.as_ref().map_or("error", |plan| plan.verdict.as_str());
        self.http.trace.borrow_mut().note_decision(word, start.elapsed());

        let mut outcome = Outcome::errored(id, None);
        match decided {
            Ok(plan) if dry_run => {
                outcome.verdict = plan.verdict;
                outcome.certainty = Certainty::Planned;
                outcome.detail.clone_from(&plan.detail);
                outcome.plan = Some(plan);
            }
            Ok(plan) => {
                let talk = self.source.talks.then_some(&mut self.talk);
                let before = (self.source.status_of)(item);
                let _grace = Deadline::at_least(self.http, GRACE);
                let Carried { certainty, warnings, error } =
                    carry_out(self.http, &plan, &outcome.id, before, talk);
                if error.is_none() {
                    outcome.verdict = plan.verdict;
                    outcome.detail = plan.detail;
                }
                outcome.certainty = certainty;
                outcome.warnings = warnings;
                outcome.error = error;
            }
            Err(error) => outcome.error = Some(error),
        }
        if !matches!(outcome.verdict, Verdict::Errored | Verdict::Skipped | Verdict::Reported) && !dry_run {
            self.walk.has_left(&outcome.id);
        }
        outcome.elapsed = start.elapsed();
        outcome.calls = self.http.calls() - calls;
        tell(&outcome, &self.http.trace.borrow().to_string_if(outcome.error.is_some()));
        context::request_done(outcome.error.is_some());
        drop(context);
        self.http.trace.borrow_mut().leave(outer);
        outcome
    }

    fn note(&mut self, outcome: Outcome, options: &mut Options<'_>) -> Result<()> {
        if let Some(observer) = &mut options.observer {
            observer(&outcome);
        }
        if outcome.verdict != Verdict::Skipped {
            self.handled += 1;
        }
        let platform = outcome.error.as_ref().is_some_and(Error::looks_like_the_platform);
        self.failures = if platform { self.failures + 1 } else { 0 };
        self.report.add(outcome);
        if self.failures >= FAILURES && !self.is_late() {
            // One poisoned order must not block the queue, and a dead platform must not be asked 10,000 times.
            match self.http.fetch(&format!("{}?limit=1&offset=0", self.source.list)) {
                Ok(answer) => self.http.recycle(answer),
                // Not the platform's failure: the time was up.
                Err(_) if self.is_late() => {}
                Err(error) => return Err(error),
            }
            self.failures = 0;
        }
        Ok(())
    }

    fn is_late(&self) -> bool {
        self.http.time_left().is_some_and(|left| left.is_zero())
    }

    fn finish(&mut self, stopped: Option<Stop>) -> Report {
        self.report.end(stopped, self.http.calls() - self.calls, self.started.elapsed());
        std::mem::take(&mut self.report)
    }
}

fn unreadable(id: String, error: Option<Error>) -> Outcome {
    let outcome = Outcome::errored(id, error);
    tell(&outcome, "");
    outcome
}

/// One line for each request, at a level that says whether anybody need look.
fn tell(outcome: &Outcome, trace: &str) {
    if outcome.error.is_some() {
        log::error!(target: "connect::process", "{outcome}");
        if !trace.is_empty() {
            log::error!(target: "connect::process", "{}: what was done: {trace}", outcome.id);
        }
    } else if outcome.is_plain() || outcome.certainty == Certainty::Planned {
        log::info!(target: "connect::process", "{outcome} ({} calls, {} ms)", outcome.calls, outcome.elapsed.as_millis());
    } else {
        log::warn!(target: "connect::process", "{outcome} ({} calls, {} ms)", outcome.calls, outcome.elapsed.as_millis());
    }
}

/// The text of a panic.
fn said(panic: &(dyn Any + Send)) -> &str {
    match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
        (Some(text), _) => text,
        (_, Some(text)) => text,
        _ => "without a text",
    }
}

/// Puts the deadline off for as long as this lives.
struct Deadline<'a> {
    http: &'a Http,
    before: Option<Instant>,
}

impl<'a> Deadline<'a> {
    fn at_least(http: &'a Http, grace: Duration) -> Self {
        let before = http.deadline.get();
        http.deadline.set(before.map(|deadline| deadline.max(Instant::now() + grace)));
        Self { http, before }
    }
}

impl Drop for Deadline<'_> {
    fn drop(&mut self) {
        self.http.deadline.set(self.before);
    }
}

/// What a run sets on its connection, put back when it ends.
struct Settings<'a> {
    http: &'a Http,
    deadline: Option<Instant>,
    dry_run: bool,
}

impl<'a> Settings<'a> {
    fn enter(http: &'a Http, options: &Options<'_>) -> Self {
        let before = Self { http, deadline: http.deadline.get(), dry_run: http.dry_run.get() };
        // A deadline too far away to be said is none; an outer run's deadline still holds.
        let own = options.deadline.and_then(|after| Instant::now().checked_add(after));
        http.deadline.set([own, before.deadline].into_iter().flatten().min());
        http.dry_run.set(before.dry_run || options.dry_run);
        before
    }
}

impl Drop for Settings<'_> {
    fn drop(&mut self) {
        self.http.deadline.set(self.deadline);
        self.http.dry_run.set(self.dry_run);
    }
}
