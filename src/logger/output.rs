//! What becomes of a record: written, held back or dropped.

use std::cell::RefCell;
use std::io::Write as _;

use env_logger::{Builder, Target};
use log::{Level, LevelFilter, Log, Metadata, Record};

use super::held::{self, Held};
use super::{Logger, is_body, is_capped, line};
use crate::scope;

thread_local! {
    // By thread, as two loops may run on two threads.
    static HELD: RefCell<Held> = const { RefCell::new(Held::new()) };
}

pub(super) struct Output {
    now: env_logger::Logger,
    /// Writes what was held back, past the filter that kept it out.
    late: Option<env_logger::Logger>,
    hold_bodies: bool,
}

impl Output {
    pub(super) fn new(settings: &Logger, filters: Option<&str>, target: impl Fn() -> Target) -> Self {
        let mut now = Builder::new();
        now.filter_level(settings.default_level).target(target()).format(line::write);
        if let Some(filters) = filters {
            now.parse_filters(filters);
        }
        let now = now.build();
        // Who switched everything off wants silence.
        let late = (settings.hold_back && now.filter() > LevelFilter::Off).then(|| {
            let mut late = Builder::new();
            late.filter_level(LevelFilter::Trace).target(target());
            late.format(|to, record| write!(to, "{}", record.args())).build()
        });
        Self { now, late, hold_bodies: settings.hold_bodies }
    }

    pub(super) fn max_level(&self) -> LevelFilter {
        if self.late.is_some() { LevelFilter::Trace } else { self.now.filter() }
    }

    /// Writes out or forgets what was held back of the current request.
    pub(super) fn request_done(&self, failed: bool) {
        let Some(late) = &self.late else { return };
        // Taken out, so that nothing is borrowed while writing.
        let mut held = HELD.try_with(RefCell::take).unwrap_or_default();
        // They may be those of an outer request, which is still going on.
        if scope::with_request(|id| held.is_of(id)) {
            if failed {
                write_out(late, &held);
            }
            held.clear();
        }
        let _ = HELD.try_with(|empty| empty.replace(held));
    }

    fn holds_back(&self, target: &str) -> bool {
        self.late.is_some()
            && (self.hold_bodies || !is_body(target))
            && scope::with_request(|id| id.is_some())
    }
}

fn write_out(to: &env_logger::Logger, held: &Held) {
    let (kept, dropped) = held.counts();
    if kept == 0 {
        return;
    }
    let lost = if dropped > 0 { format!(" ({dropped} older ones are lost)") } else { String::new() };
    let text = format_args!("the request failed; {kept} lines held back until now follow{lost}");
    print(
        to,
        &held::format(&Record::builder().level(Level::Info).target("connect::logger").args(text).build()),
    );
    held.lines().for_each(|line| print(to, line));
}

fn print(to: &env_logger::Logger, line: &str) {
    to.log(&Record::builder().args(format_args!("{line}")).build());
}

impl Log for Output {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        !is_capped(metadata.level(), metadata.target())
            && (self.now.enabled(metadata) || self.holds_back(metadata.target()))
    }

    fn log(&self, record: &Record<'_>) {
        // A record may name any target; the module it comes from is the truth.
        let capped = |origin| is_capped(record.level(), origin);
        if capped(record.target()) || record.module_path().is_some_and(capped) {
            return;
        }
        if self.now.matches(record) {
            self.now.log(record);
        } else if self.holds_back(record.target()) {
            let line = held::format(record);
            // Formatting is over, so nobody else has it borrowed.
            let _ = HELD.try_with(|held| held.borrow_mut().push(line));
        }
    }

    fn flush(&self) {
        self.now.flush();
    }
}
