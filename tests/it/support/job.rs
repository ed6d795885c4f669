//! A job with a ledger: the platform, the vendor's system, and a clock. Each run knows nothing but the file.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::bail;
use connect::ledger::{Entry, Made, StepRecord};
use connect::models::{ParamUpdate, Request};
use connect::sandbox::Sandbox;
use connect::{Action, Approval, Config, Connect, Ledger, OffsetDateTime, Options, Report};
use tempfile::TempDir;

use super::process::{again, config_of_this_process};
use super::{ORDER, TEMPLATE, one_order, one_try};

pub(crate) const MINUTE: Duration = Duration::from_secs(60);
pub(crate) const HOUR: Duration = Duration::from_secs(3600);
pub(crate) const DAY: Duration = Duration::from_secs(86400);

/// A vendor's system that honours keys.
#[derive(Default)]
pub(crate) struct Vendor {
    /// What is there, by the key that it was made with.
    made: RefCell<BTreeMap<String, String>>,
    calls: RefCell<Vec<String>>,
    /// Error of each call that makes something, while it is away.
    pub(crate) away: RefCell<Option<String>>,
    /// Number of deletions that fail.
    pub(crate) stuck: RefCell<u32>,
}

impl Vendor {
    pub(crate) fn make(&self, key: &str) -> anyhow::Result<String> {
        self.calls.borrow_mut().push(key.to_owned());
        if let Some(error) = &*self.away.borrow() {
            bail!("{error}");
        }
        let mut made = self.made.borrow_mut();
        let kind = if key.contains("licence") { "L" } else { "T" };
        let id = format!("{kind}-{}", made.len() + 1);
        Ok(made.entry(key.to_owned()).or_insert(id).clone())
    }

    /// Makes it, and the answer is lost.
    pub(crate) fn lose(&self, key: &str) -> anyhow::Result<String> {
        self.make(key)?;
        bail!("the answer is lost")
    }

    pub(crate) fn delete(&self, made: &Made<String>, key: &str) -> anyhow::Result<()> {
        let what = made.result.clone().unwrap_or_else(|| format!("whatever {} made", made.key));
        self.calls.borrow_mut().push(format!("delete {what} with {key}"));
        let mut stuck = self.stuck.borrow_mut();
        if *stuck > 0 {
            *stuck -= 1;
            bail!("the vendor is busy");
        }
        self.made.borrow_mut().retain(|by, id| *id != what && *by != made.key);
        Ok(())
    }

    /// Everything that was asked since the last time.
    pub(crate) fn calls(&self) -> Vec<String> {
        self.calls.take()
    }

    /// Ids of what is there now.
    pub(crate) fn there(&self) -> Vec<String> {
        self.made.borrow().values().cloned().collect()
    }
}

pub(crate) struct Job {
    pub(crate) folder: TempDir,
    pub(crate) sandbox: Sandbox,
    pub(crate) vendor: Vendor,
    pub(crate) now: OffsetDateTime,
}

pub(crate) fn job(sandbox: Sandbox) -> Job {
    let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
    Job { folder, sandbox, vendor: Vendor::default(), now: OffsetDateTime::now_utc() }
}

impl Job {
    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("ledger.db")
    }

    pub(crate) fn ledger(&self) -> Ledger {
        let ledger = Ledger::open(self.path()).unwrap();
        ledger.set_clock(Some(self.now));
        ledger
    }

    /// One run, as a process that knows nothing but the file.
    pub(crate) fn run(
        &self,
        options: Options<'_>,
        mut decide: impl FnMut(&Ledger, &Request) -> Result<Approval, Action>,
    ) -> Report {
        let ledger = self.ledger();
        let connect = one_try(&self.sandbox);
        let options = options.ledger(&ledger);
        let report = connect.fulfillment().process_with(options, |request| decide(&ledger, request)).unwrap();
        assert_quiet(&report);
        report
    }

    /// A run in which no order may reach the closure.
    pub(crate) fn run_idle(&self, options: Options<'_>) -> Report {
        self.run(options, |_, request| panic!("{} was handed out", request.id))
    }

    /// A run that reports its news, which are returned with their exit code.
    pub(crate) fn news(
        &self,
        options: Options<'_>,
        mut decide: impl FnMut(&Ledger, &Request) -> Result<Approval, Action>,
    ) -> (String, u8) {
        let ledger = self.ledger();
        let connect = one_try(&self.sandbox);
        let options = options.ledger(&ledger);
        let report = connect.fulfillment().process_with(options, |request| decide(&ledger, request)).unwrap();
        assert_quiet(&report);
        (report.news_text(), report.print_news(&ledger))
    }

    /// The first program of a vendor: a tenant, its id stored, approved.
    pub(crate) fn provision(&self, ledger: &Ledger, request: &Request) -> Result<Approval, Action> {
        let work = ledger.work(request);
        let tenant: String = work.step("tenant").run(|key| self.vendor.make(key))?;
        Ok(Approval::template(TEMPLATE).with_params([ParamUpdate::value("purchase_id", &tenant)]))
    }

    /// A tenant and a licence, and then this answer.
    pub(crate) fn both(
        &self,
        ledger: &Ledger,
        request: &Request,
        answer: Result<Approval, Action>,
    ) -> Result<Approval, Action> {
        let work = ledger.work(request);
        let _: String = work.step("tenant").run(|key| self.vendor.make(key))?;
        let _: String = work.step("licence").run(|key| self.vendor.make(key))?;
        answer
    }

    /// A run's options with the undos of tenant and licence.
    pub(crate) fn undoing(&self) -> Options<'_> {
        Options::new()
            .undo("tenant", |made, key| self.vendor.delete(&made, key))
            .undo("licence", |made, key| self.vendor.delete(&made, key))
    }

    pub(crate) fn read(&self, id: &str) -> Option<(Entry, Vec<StepRecord>)> {
        self.ledger().store().read("requests", id).unwrap()
    }

    pub(crate) fn entry(&self) -> Entry {
        self.read(ORDER).unwrap().0
    }

    pub(crate) fn wait(&mut self, time: Duration) {
        self.now += time;
    }

    /// A run in a process of its own.
    pub(crate) fn process(&self, test: &str) -> Command {
        let mut command = again(test, &self.sandbox);
        command.env(FILE, self.path()).env(NOW, self.now.unix_timestamp().to_string());
        command
    }

    /// Somebody else approves an order.
    pub(crate) fn others_approve(&self, id: &str) {
        self.sandbox.act(|others| others.approve(id, TEMPLATE)).unwrap();
    }

    /// Somebody else fails an order.
    pub(crate) fn others_fail(&self, id: &str) {
        self.sandbox.act(|others| others.fail(id, "the customer has changed his mind")).unwrap();
    }
}

/// A panic of a closure is an error of its order: what a test asserts in a closure must be seen all the same.
#[track_caller]
fn assert_quiet(report: &Report) {
    let text = report.to_string();
    assert!(!text.contains("the closure panicked"), "{text}");
}

/// An order with a tenant and a licence that then erred.
pub(crate) fn half_done() -> Job {
    let job = job(one_order());
    drop(job.run(Options::new(), |ledger, request| {
        job.both(ledger, request, Err(Action::error("the ERP is down")))
    }));
    assert_eq!(job.vendor.calls().len(), 2);
    job
}

/// A job with so many orders.
pub(crate) fn orders(count: usize) -> Job {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.add_requests(count, |_, _| {});
    job(sandbox)
}

/// So many orders with a tenant and a licence each, which erred and were then failed by others.
pub(crate) fn leftovers(count: usize) -> Job {
    let job = orders(count);
    drop(job.run(Options::new(), |ledger, request| job.both(ledger, request, down(ledger, request))));
    for order in job.sandbox.all("requests") {
        job.others_fail(order["id"].as_str().unwrap());
    }
    job
}

/// The error of an order that nothing helps.
pub(crate) fn down(_: &Ledger, _: &Request) -> Result<Approval, Action> {
    Err(Action::error("ERP is down"))
}

#[expect(clippy::unnecessary_wraps, reason = "as a closure answers")]
pub(crate) fn approve(_: &Ledger, _: &Request) -> Result<Approval, Action> {
    Ok(Approval::template(TEMPLATE))
}

const FILE: &str = "CONNECT_TEST_JOB_LEDGER";
const NOW: &str = "CONNECT_TEST_JOB_NOW";

/// The platform and the ledger of the [process](Job::process); nothing where it was not started as one.
pub(crate) fn of_this_process(change: impl FnOnce(Config) -> Config) -> Option<(Connect, Ledger)> {
    let config = config_of_this_process()?;
    let ledger = Ledger::open(std::env::var(FILE).unwrap()).unwrap();
    let now = std::env::var(NOW).unwrap().parse().unwrap();
    ledger.set_clock(Some(OffsetDateTime::from_unix_timestamp(now).unwrap()));
    Some((Connect::new(change(config)).unwrap(), ledger))
}
