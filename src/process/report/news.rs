//! What a run did that nobody was told yet.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::{self, Write as _};
use std::io::Write as _;

use super::Report;
use crate::ledger::{Ledger, Note, Noted};
use crate::process::{News as State, Outcome};
use crate::text::{cause, escape_controls};

/// So many of those that are alike are named.
const NAMED: usize = 10;

/// The lines of a run's news, those alike as one.
#[derive(Debug, Clone, Default)]
pub(super) struct News {
    lines: Vec<Line>,
    by_cause: HashMap<String, usize>,
}

#[derive(Debug, Clone)]
struct Line {
    text: String,
    count: usize,
    /// Ids of the first of those that are alike.
    others: Vec<String>,
    is_failure: bool,
    /// What is remembered of each order once it was told.
    marks: Vec<Mark>,
}

#[derive(Debug, Clone)]
struct Mark {
    collection: String,
    id: String,
    told: String,
}

impl News {
    pub(super) fn add(&mut self, outcome: &Outcome) {
        let (cause, mark) = match &outcome.news {
            State::Old => return,
            State::New => (cause(&outcome.to_string().replace(outcome.id.as_str(), "")), None),
            // What is remembered of it is what those alike have in common.
            State::Marked { collection, told } => {
                (told.clone(), Some((*collection, outcome.id.as_str(), told.as_str())))
            }
        };
        self.line(cause, outcome, &outcome.id, outcome.is_failure(), mark);
    }

    /// The text is that of the first of those alike.
    fn line(
        &mut self,
        cause: String,
        text: &impl fmt::Display,
        id: &str,
        is_failure: bool,
        mark: Option<(&str, &str, &str)>,
    ) {
        let at = *self.by_cause.entry(cause).or_insert(self.lines.len());
        if at == self.lines.len() {
            let (text, others) = (text.to_string(), Vec::new());
            self.lines.push(Line { text, count: 0, others, is_failure, marks: Vec::new() });
        }
        let Some(line) = self.lines.get_mut(at) else { return };
        line.count += 1;
        if (2..2 + NAMED).contains(&line.count) && !id.is_empty() {
            line.others.push(escape_controls(id).into_owned());
        }
        line.is_failure |= is_failure;
        line.marks.extend(mark.map(|(collection, id, told)| Mark {
            collection: collection.to_owned(),
            id: id.to_owned(),
            told: told.to_owned(),
        }));
    }
}

/// # News
impl Report {
    /// Tells something that is no outcome. Once it was told, `mark` is remembered of its collection and id.
    pub(crate) fn tell(&mut self, line: &str, mark: Option<(&str, &str, &str)>) {
        self.tell_as(line, false, mark);
    }

    /// The same, of something that failed.
    pub(crate) fn tell_failure(&mut self, line: &str, mark: Option<(&str, &str, &str)>) {
        self.tell_as(line, true, mark);
    }

    fn tell_as(&mut self, line: &str, is_failure: bool, mark: Option<(&str, &str, &str)>) {
        let about = mark.map(|(_, id, _)| id).unwrap_or_default();
        self.news.line(cause(&line.replace(about, "")), &line, about, is_failure, mark);
    }

    /// Keeps outcomes as news, since there is a ledger that tells which of them are some.
    pub(crate) fn keep_news(&mut self) {
        self.keeps_news = true;
    }

    /// The news; of a run without a ledger, whatever is listed.
    fn news(&self) -> Cow<'_, News> {
        if self.keeps_news {
            return Cow::Borrowed(&self.news);
        }
        let mut news = News::default();
        self.outcomes.iter().for_each(|outcome| news.add(outcome));
        Cow::Owned(news)
    }

    /// Prints what changed since it was last told, for cron to mail, and returns the exit code of the news.
    ///
    /// News are a new verdict, a first error, another error, a last attempt, what is left to do for an order that ended, and
    /// an outage of the vendor's systems with its end. The same error of the same order is not told again, unless
    /// [`Options::tell_again`](crate::Options::tell_again) says so; nor is an order that was skipped or stale. Lines that are
    /// alike are one line with their count and the ids of up to ten others. The exit code is 1 if an error is told, or if the
    /// platform ended the run, which is told every time. An undo that failed is an error; that a later run succeeded with
    /// it is news, too.
    ///
    /// The first run tells that its ledger is new. A run without a ledger tells whatever its report lists, each time.
    ///
    /// The ledger remembers what was told after it was written and flushed. A run that is killed before that tells it in
    /// the next run. Call this once on a report: called again on the same one, it prints the same again.
    ///
    /// ```
    /// # use connect::sandbox::Sandbox;
    /// use connect::{Action, Ledger, Options};
    ///
    /// # fn main() -> anyhow::Result<()> {
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("ledger.db");
    /// # let sandbox = Sandbox::start()?;
    /// # let connect = sandbox.connect()?;
    /// let ledger = Ledger::open(path)?;
    /// let options = Options::new().ledger(&ledger);
    /// let report = connect.fulfillment().process_with(options, |_| Err(Action::error("the ERP is down")))?;
    /// let exit_code = report.print_news(&ledger);
    /// # assert_eq!(exit_code, 1);
    /// # Ok(()) }
    /// ```
    pub fn print_news(&self, ledger: &Ledger) -> u8 {
        let news = self.news();
        let text = self.text_of(&news);
        let mut out = std::io::stdout().lock();
        let is_told = out.write_all(text.as_bytes()).and_then(|()| out.flush()).is_ok();
        drop(out);
        if is_told
            && !self.dry_run
            && let Err(error) = self.remember_told(ledger)
        {
            log::warn!(target: "connect::process", "what was told is not remembered: {error}");
        }
        u8::from(self.error.is_some() || news.lines.iter().any(|line| line.is_failure))
    }

    /// The lines that [`print_news`](Self::print_news) prints.
    pub fn news_text(&self) -> String {
        self.text_of(&self.news())
    }

    fn text_of(&self, news: &News) -> String {
        let mut text = String::new();
        for Line { text: line, count, others, .. } in &news.lines {
            text.push_str(line);
            if *count > 1 {
                let _ = write!(text, " (and {} more alike: {}", count - 1, others.join(", "));
                match count - 1 - others.len() {
                    0 => text.push(')'),
                    unnamed => _ = write!(text, ", and {unnamed} more)"),
                }
            }
            text.push('\n');
        }
        if let Some(error) = &self.error {
            let _ = writeln!(text, "{}: the run ended early: {}", self.what, error.with_causes());
        }
        text
    }

    fn remember_told(&self, ledger: &Ledger) -> crate::Result<()> {
        let mut by_collection: HashMap<&str, Vec<Note<'_>>> = HashMap::new();
        for mark in self.news.lines.iter().flat_map(|line| &line.marks) {
            let note = Note { id: &mark.id, what: Noted::Told(&mark.told) };
            by_collection.entry(&mark.collection).or_default().push(note);
        }
        by_collection
            .into_iter()
            .try_for_each(|(collection, notes)| ledger.store().note(collection, &notes, ledger.now()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_several_alike_is_a_failure_if_one_of_them_is() {
        for first in [true, false] {
            let mut news = News::default();
            news.line("is away".into(), &"A is away", "A", first, None);
            news.line("is away".into(), &"B is away", "B", !first, None);
            let [line] = &news.lines[..] else { panic!("{news:?}") };
            assert_eq!((&*line.text, line.count, line.is_failure), ("A is away", 2, true));
        }
    }
}
