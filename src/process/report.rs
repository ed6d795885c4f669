//! What a run did.

use std::fmt;
use std::io::Write as _;
use std::time::Duration;

use serde::{Serialize, Serializer};

#[cfg(feature = "ledger")]
mod news;
mod span;

use span::Span;

use super::conversations::UNKNOWN_MESSAGE;
use super::{Certainty, Outcome, Verdict, json};
use crate::error::Error;

/// Plain successes are listed up to this many, and so is everything else.
const LISTED: usize = 1000;

/// What a run did: counts of everything, and the outcomes themselves up to a bound.
///
/// It prints nothing if no object waited, or if all were skipped without a text, because cron mails whatever is printed.
/// An object that is skipped without a text is counted and has no line.
#[derive(Debug, Default, Serialize)]
#[must_use = "a report tells what failed; its exit code is the program's"]
pub struct Report {
    what: &'static str,
    handled: u64,
    counts: Counts,
    observed: u64,
    already_done: u64,
    unknown: u64,
    foreign: u64,
    others: u64,
    waiting: u64,
    dead: u64,
    behind: u64,
    left: u64,
    warnings: Vec<String>,
    backlog: Option<u64>,
    #[serde(rename = "oldest_seconds", serialize_with = "json::seconds")]
    oldest: Option<Duration>,
    dry_run: bool,
    stopped: Option<Stop>,
    #[serde(serialize_with = "json::error")]
    error: Option<Error>,
    calls: u64,
    #[serde(rename = "millis", serialize_with = "json::millis")]
    elapsed: Duration,
    unlisted: u64,
    outcomes: Vec<Outcome>,
    /// Outcomes are among them only if the run has a ledger.
    #[cfg(feature = "ledger")]
    #[serde(skip)]
    news: news::News,
    #[cfg(feature = "ledger")]
    #[serde(skip)]
    keeps_news: bool,
    /// Whether an undo failed for an order that this run failed.
    #[serde(skip)]
    is_stuck: bool,
    /// Positions of outcomes that the run looks at once more before it ends, so that they are no news before.
    #[cfg(feature = "ledger")]
    #[serde(skip)]
    unsettled: Vec<usize>,
    /// How many of the outcomes are plain successes.
    #[serde(skip)]
    plain: usize,
}

/// How many objects were brought to each end, by the verdict's position.
#[derive(Debug, Default)]
struct Counts([u64; Verdict::ALL.len()]);

/// Counted in JSON even where there is none.
const USUAL: [Verdict; 5] =
    [Verdict::Approved, Verdict::Failed, Verdict::Inquired, Verdict::Skipped, Verdict::Errored];

impl Serialize for Counts {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let counts = Verdict::ALL.iter().zip(&self.0);
        out.collect_map(counts.filter(|(verdict, count)| **count > 0 || USUAL.contains(verdict)))
    }
}

/// Why a run ended before its list did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Stop {
    /// The most requests that [`Options::max`](super::Options::max) allows were handled.
    Max,
    /// The time that [`Options::deadline`](super::Options::deadline) allows was over.
    Deadline,
    /// The flag of [`Options::stop_flag`](super::Options::stop_flag) was set.
    Flag,
    /// The closure panicked three times, so its own state may be broken.
    Panics,
    /// Another run has the ledger of [`Options::ledger`](super::Options), so there was nothing to do.
    Held,
}

impl Report {
    pub(crate) fn new(what: &'static str, dry_run: bool) -> Self {
        Self { what, dry_run, ..Self::default() }
    }

    /// Whether its outcomes are about these.
    pub(crate) fn is_about(&self, what: &str) -> bool {
        self.what == what
    }

    pub(crate) fn begin(&mut self, backlog: Option<u64>, oldest: Option<Duration>) {
        self.backlog = backlog;
        self.oldest = oldest;
    }

    pub(crate) fn end(&mut self, end: Result<Option<Stop>, Error>, calls: u64, elapsed: Duration) {
        match end {
            Ok(stopped) => self.stopped = stopped,
            Err(error) => self.error = Some(error),
        }
        self.calls = calls;
        self.elapsed = elapsed;
        #[cfg(feature = "ledger")]
        for outcome in std::mem::take(&mut self.unsettled).iter().filter_map(|at| self.outcomes.get(*at)) {
            self.news.add(outcome);
        }
    }

    pub(crate) fn pass_foreign(&mut self) {
        self.foreign += 1;
    }

    pub(crate) fn pass_other(&mut self) {
        self.others += 1;
    }

    #[cfg(feature = "ledger")]
    pub(crate) fn pass_waiting(&mut self) {
        self.waiting += 1;
    }

    #[cfg(feature = "ledger")]
    pub(crate) fn pass_dead(&mut self) {
        self.dead += 1;
    }

    #[cfg(feature = "ledger")]
    pub(crate) fn pass_behind(&mut self) {
        self.behind += 1;
    }

    #[cfg(feature = "ledger")]
    pub(crate) fn pass_left(&mut self) {
        self.left += 1;
    }

    #[cfg(feature = "ledger")]
    pub(crate) fn pass_stuck(&mut self) {
        self.is_stuck = true;
    }

    /// A remark on the run that is news as well. Once it was told, `mark` is remembered of its collection and id.
    #[cfg(feature = "ledger")]
    pub(crate) fn announce(&mut self, line: String, mark: Option<(&str, &str, &str)>) {
        self.tell(&line, mark);
        self.remark(line);
    }

    /// Adds a remark on the run as a whole.
    #[cfg(feature = "ledger")]
    pub(crate) fn remark(&mut self, remark: String) {
        log::warn!(target: "connect::process", "{remark}");
        self.warnings.push(remark);
    }

    pub(crate) fn add(&mut self, outcome: Outcome) {
        self.handled += 1;
        match outcome.certainty {
            Certainty::Observed => self.observed += 1,
            Certainty::AlreadyDone => self.already_done += 1,
            Certainty::Unknown => self.unknown += 1,
            Certainty::Confirmed | Certainty::Planned => {}
        }
        // What another worker did is in that one's counts.
        if outcome.certainty != Certainty::AlreadyDone
            && let Some(count) = self.counts.0.get_mut(outcome.verdict as usize)
        {
            *count += 1;
        }
        let remarkable = !outcome.is_plain();
        let room =
            if remarkable { self.outcomes.len() - self.plain < LISTED } else { self.outcomes.len() < LISTED };
        #[cfg(feature = "ledger")]
        if self.keeps_news {
            if room && is_unsettled(&outcome) {
                self.unsettled.push(self.outcomes.len());
            } else {
                self.news.add(&outcome);
            }
        }
        if room {
            self.plain += usize::from(!remarkable);
            self.outcomes.push(outcome);
        } else {
            self.unlisted += 1;
        }
    }

    /// Completes the outcome of an object whose fate was unknown by what was told of it first.
    pub(crate) fn settle(&self, mut outcome: Outcome) -> Outcome {
        if let Some(first) = self.unknown_outcome(&outcome.id).and_then(|at| self.outcomes.get(at)) {
            outcome.product.clone_from(&first.product);
            outcome.kind.clone_from(&first.kind);
            outcome.warnings.extend_from_slice(&first.warnings);
            (outcome.elapsed, outcome.calls) = (first.elapsed, first.calls);
        }
        outcome
    }

    /// Puts the outcome in the place of the unknown one.
    pub(crate) fn replace(&mut self, outcome: Outcome) {
        self.unknown = self.unknown.saturating_sub(1);
        self.observed += u64::from(outcome.certainty == Certainty::Observed);
        for (verdict, change) in [(Verdict::Errored, -1), (outcome.verdict, 1)] {
            if let Some(count) = self.counts.0.get_mut(verdict as usize) {
                *count = count.saturating_add_signed(change);
            }
        }
        let at = self.unknown_outcome(&outcome.id);
        if let Some(first) = at.and_then(|at| self.outcomes.get_mut(at)) {
            *first = outcome;
        }
    }

    fn unknown_outcome(&self, id: &str) -> Option<usize> {
        let is_it = |outcome: &Outcome| outcome.id == id && outcome.certainty == Certainty::Unknown;
        self.outcomes.iter().position(is_it)
    }

    /// The message of this object was posted after all.
    pub(crate) fn message_arrived(&mut self, id: &str) {
        let outcome =
            self.outcomes.iter_mut().find(|outcome| outcome.id == id && !outcome.warnings.is_empty());
        if let Some(outcome) = outcome {
            outcome.warnings.retain(|warning| !is_unknown_message(warning));
        }
    }

    /// Number of objects that this run brought to this end; see [`already_done`](Self::already_done) for the others.
    pub fn count(&self, verdict: Verdict) -> u64 {
        self.counts.0.get(verdict as usize).copied().unwrap_or_default()
    }

    /// Number of objects that were handed to the closure or could not be: all counts and those already done.
    pub fn handled(&self) -> u64 {
        self.handled
    }

    /// Number of requests that were approved.
    pub fn approved(&self) -> u64 {
        self.count(Verdict::Approved)
    }

    /// Number of requests that were refused for good.
    pub fn failed(&self) -> u64 {
        self.count(Verdict::Failed)
    }

    /// Number of requests whose customer was asked for better values.
    pub fn inquired(&self) -> u64 {
        self.count(Verdict::Inquired)
    }

    /// Number of objects that were left as they are.
    pub fn skipped(&self) -> u64 {
        self.count(Verdict::Skipped)
    }

    /// Number of objects that somebody else ended before anything was done here; see [`Verdict::Stale`].
    pub fn stale(&self) -> u64 {
        self.count(Verdict::Stale)
    }

    /// Number of objects that could not be handled.
    pub fn errored(&self) -> u64 {
        self.count(Verdict::Errored)
    }

    /// Number of objects that waited when the run began, where the platform told it.
    pub fn backlog(&self) -> Option<u64> {
        self.backlog
    }

    /// Age of the oldest waiting object when the run began.
    pub fn oldest(&self) -> Option<Duration> {
        self.oldest
    }

    /// Number of objects of other products that the platform listed; the closure never saw them.
    pub fn foreign(&self) -> u64 {
        self.foreign
    }

    /// Number of objects that are of another machine's [share](super::Options::share), and of usage periods that another
    /// worker has at this moment.
    pub fn others(&self) -> u64 {
        self.others
    }

    /// Number of objects that a ledger keeps for later: put off, or waiting for their next attempt.
    pub fn waiting(&self) -> u64 {
        self.waiting
    }

    /// Number of objects that are not tried any more, since their last attempt failed.
    pub fn dead(&self) -> u64 {
        self.dead
    }

    /// Number of objects that were passed over, because an older one of the same asset has not ended.
    pub fn behind(&self) -> u64 {
        self.behind
    }

    /// Number of objects that have ended and for which something is left to do; see
    /// [`Ledger::leftovers`](crate::Ledger::leftovers).
    #[cfg(feature = "ledger")]
    pub fn left(&self) -> u64 {
        self.left
    }

    /// Remarks on the run as a whole, such as a ledger that was made anew.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Number of objects that were found done although an answer was lost; see [`Certainty::Observed`].
    pub fn observed(&self) -> u64 {
        self.observed
    }

    /// Number of objects that somebody else had brought where the closure wanted them; see [`Certainty::AlreadyDone`].
    ///
    /// [`approved`](Self::approved) and the other counts do not include them, so the sums of several workers add up. What
    /// somebody else brought elsewhere is [`stale`](Self::stale).
    pub fn already_done(&self) -> u64 {
        self.already_done
    }

    /// Number of objects whose fate is unknown; see [`Certainty::Unknown`].
    pub fn unknown(&self) -> u64 {
        self.unknown
    }

    /// Number of calls made, those of the closure included.
    pub fn calls(&self) -> u64 {
        self.calls
    }

    /// Duration of the run.
    pub fn elapsed(&self) -> Duration {
        self.elapsed
    }

    /// Limit, deadline or flag that ended the run before its list did.
    pub fn stopped(&self) -> Option<Stop> {
        self.stopped
    }

    /// Failure of the platform that ended the run before its list did.
    ///
    /// What had been handled by then is in this report. A run that fails before anything was handled is an `Err`
    /// instead.
    pub fn error(&self) -> Option<&Error> {
        self.error.as_ref()
    }

    /// Outcomes in their order: the first 1,000, and beyond these up to 1,000 that are not plain successes.
    pub fn outcomes(&self) -> &[Outcome] {
        &self.outcomes
    }

    /// Iterates over the [`outcomes`](Self::outcomes).
    pub fn iter(&self) -> std::slice::Iter<'_, Outcome> {
        self.outcomes.iter()
    }

    /// Number of outcomes that are counted but not listed; an observer saw them all.
    pub fn unlisted(&self) -> u64 {
        self.unlisted
    }

    /// Writes the report to standard output, as far as somebody reads it: unlike `print!` it does not panic where the
    /// reader is gone, as `| head` is.
    pub fn print(&self) {
        let _ = write!(std::io::stdout().lock(), "{self}");
    }

    /// 1 if anything errored, an undo failed or the platform ended the run, else 0. A deadline, a stop flag or a limit gives 0.
    pub fn exit_code(&self) -> u8 {
        u8::from(self.errored() > 0 || self.is_stuck || self.error.is_some())
    }
}

impl<'a> IntoIterator for &'a Report {
    type Item = &'a Outcome;
    type IntoIter = std::slice::Iter<'a, Outcome>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let spoken = self.outcomes.iter().any(|outcome| !outcome.is_silent()) || self.unlisted > 0;
        let is_quiet = self.stopped.is_none_or(|stop| stop == Stop::Held) && self.error.is_none();
        if !spoken && self.foreign == 0 && is_quiet && self.warnings.is_empty() {
            return Ok(());
        }
        let Self { what, elapsed, .. } = self;
        if self.dry_run {
            write!(f, "dry run, nothing was sent: ")?;
        }
        write!(f, "{} {what} in {}", self.handled(), Span(*elapsed))?;
        for &verdict in Verdict::ALL {
            match self.count(verdict) {
                0 => {}
                count => write!(f, ", {count} {verdict}")?,
            }
        }
        if self.already_done > 0 {
            write!(f, ", {} already done by someone else", self.already_done)?;
        }
        writeln!(f)?;
        if let Some(backlog) = self.backlog {
            write!(f, "  {backlog} waited at the start")?;
            match self.oldest {
                Some(oldest) => writeln!(f, ", the oldest for {}", Span(oldest))?,
                None => writeln!(f)?,
            }
        }
        for (count, what) in [
            (self.foreign, "of other products were passed over"),
            (self.others, "are left to other workers"),
            (self.waiting, "wait for a later run"),
            (self.behind, "wait for an older one of the same asset"),
            (self.dead, "are dead: not tried any more"),
            (self.left, "have ended, and something is left to do for them"),
        ] {
            if count > 0 {
                writeln!(f, "  {count} {what}")?;
            }
        }
        for warning in &self.warnings {
            writeln!(f, "  warning: {warning}")?;
        }
        if let Some(stop) = self.stopped {
            let why = match stop {
                Stop::Max => "the most requests of one run were handled",
                Stop::Deadline => "its deadline had come",
                Stop::Flag => "it was asked to stop",
                Stop::Panics => "the closure panicked three times",
                Stop::Held => "another run has the ledger",
            };
            writeln!(f, "  the run ended early: {why}")?;
        }
        if let Some(error) = &self.error {
            writeln!(f, "  the run ended early: {}", error.with_causes())?;
        }
        for outcome in self.outcomes.iter().filter(|outcome| !outcome.is_silent()) {
            writeln!(f, "  {outcome}")?;
        }
        if self.unlisted > 0 {
            writeln!(f, "  and {} more", self.unlisted)?;
        }
        Ok(())
    }
}

/// Whether the end of the run may tell more of it.
#[cfg(feature = "ledger")]
fn is_unsettled(outcome: &Outcome) -> bool {
    outcome.certainty == Certainty::Unknown
        || outcome.warnings.iter().any(|warning| is_unknown_message(warning))
}

fn is_unknown_message(warning: &str) -> bool {
    warning.starts_with(UNKNOWN_MESSAGE)
}

#[cfg(test)]
mod tests;
