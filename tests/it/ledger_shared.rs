//! A ledger that all machines of a job have, as the loop uses it: claims keep the workers apart, and shares say who is first.

use std::sync::{Arc, Mutex, PoisonError};

use connect::ledger::{
    Attached, Began, Begin, Claim, Claimed, Correction, Entry, Identity, Kept, Left, Note, Order, StepEnd,
    StepRecord, Store, Stray, Which,
};
use connect::sandbox::Sandbox;
use connect::{
    Action, Approval, Error, Ledger, LedgerErrorKind, OffsetDateTime, Options, Report, Result, Verdict,
};
use tempfile::TempDir;

use crate::support::job::approve;
use crate::support::{TEMPLATE, one_try, routes};

const ORDERS: usize = 12;

/// What the store was asked, and what it answers.
#[derive(Debug, Default)]
struct Told {
    coming: Vec<Vec<String>>,
    /// The order in hand, and whether the call that decides on it is about to be made.
    in_hand: Vec<(Option<String>, bool)>,
    /// Ids of orders that another worker has.
    taken: Vec<String>,
    /// Whether claims are lost once they were given.
    lost: bool,
}

/// The file of one machine, which says of itself that all have it.
struct Shared {
    file: Ledger,
    told: Arc<Mutex<Told>>,
}

impl Shared {
    fn told(&self) -> std::sync::MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[rustfmt::skip]
impl Store for Shared {
    fn attach(&self, who: &Identity<'_>, dry_run: bool, now: OffsetDateTime) -> Result<Attached> { self.file.store().attach(who, dry_run, now) }
    fn warnings(&self) -> Vec<String> { vec!["the server's clock is slow".into()] }
    fn is_shared(&self) -> bool { true }
    fn share(&self, _: &str) -> Result<Option<String>> { panic!("it is of no share") }
    fn coming(&self, orders: &[Order<'_>]) { self.told().coming.push(orders.iter().map(|order| order.id.to_owned()).collect()) }
    fn in_hand(&self, order: Option<&Order<'_>>, plan: Option<&str>) -> Result<()> { self.told().in_hand.push((order.map(|order| order.id.to_owned()), plan.is_some())); Ok(()) }
    fn claim(&self, order: &Order<'_>, now: OffsetDateTime) -> Result<Claimed> {
        if self.told().taken.iter().any(|id| id == order.id) { return Ok(Claimed::Held) }
        self.file.store().claim(order, now)
    }
    fn is_held(&self, _: &Claim) -> bool { !self.told().lost }
    fn begin(&self, claim: &Claim, step: &Begin<'_>, now: OffsetDateTime) -> Result<Began> {
        if self.told().lost { return Ok(Began::Dead) }
        self.file.store().begin(claim, step, now)
    }
    fn result(&self, claim: &Claim, name: &str, generation: u32, end: &StepEnd<'_>, now: OffsetDateTime) -> Result<Kept> {
        if self.told().lost { return Ok(Kept::Stray) }
        self.file.store().result(claim, name, generation, end, now)
    }
    fn end(&self, claim: &Claim, state: &str, left: Option<Left>, now: OffsetDateTime) -> Result<()> { self.file.store().end(claim, state, left, now) }
    fn claim_ended(&self, collection: &str, id: &str, now: OffsetDateTime) -> Result<Option<Claim>> { self.file.store().claim_ended(collection, id, now) }
    fn release(&self, claim: &Claim, entry: Option<&Entry>) -> Result<()> { self.file.store().release(claim, entry) }
    fn note(&self, collection: &str, notes: &[Note<'_>], now: OffsetDateTime) -> Result<()> { self.file.store().note(collection, notes, now) }
    fn correct(&self, collection: &str, id: &str, what: &Correction<'_>, by: &str, now: OffsetDateTime) -> Result<bool> { self.file.store().correct(collection, id, what, by, now) }
    fn read(&self, collection: &str, id: &str) -> Result<Option<(Entry, Vec<StepRecord>)>> { self.file.store().read(collection, id) }
    fn each(&self, collection: &str, which: Which, each: &mut dyn FnMut(Entry)) -> Result<()> { self.file.store().each(collection, which, each) }
    fn strays(&self, each: &mut dyn FnMut(Stray)) -> Result<()> { self.file.store().strays(each) }
    fn sweep(&self, before: OffsetDateTime) -> Result<()> { self.file.store().sweep(before) }
}

struct Worker {
    _folder: TempDir,
    sandbox: Sandbox,
    ledger: Ledger,
    told: Arc<Mutex<Told>>,
}

fn worker() -> Worker {
    let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
    let sandbox = Sandbox::empty().unwrap();
    sandbox.add_requests(ORDERS, |_, _| {});
    let told = Arc::<Mutex<Told>>::default();
    let file = Ledger::open(folder.path().join("ledger.db")).unwrap();
    let ledger = Ledger::on(Shared { file, told: Arc::clone(&told) });
    Worker { _folder: folder, sandbox, ledger, told }
}

impl Worker {
    /// A run, and the ids that reached its closure.
    fn run(
        &self,
        options: Options<'_>,
        mut decide: impl FnMut(&Ledger, &connect::models::Request) -> Result<Approval, Action>,
    ) -> (Report, Vec<String>) {
        let mut seen = Vec::new();
        let connect = one_try(&self.sandbox);
        let options = options.ledger(&self.ledger);
        let report = connect.fulfillment().process_with(options, |request| {
            seen.push(request.id.clone());
            decide(&self.ledger, request)
        });
        (report.unwrap(), seen)
    }

    fn told(&self) -> std::sync::MutexGuard<'_, Told> {
        self.told.lock().unwrap()
    }
}

/// The orders of a share, without a ledger.
fn of_share(sandbox: &Sandbox, index: u32) -> Vec<String> {
    let mut ids = Vec::new();
    let run = one_try(sandbox).fulfillment().process_with(Options::new().share(index, 2), |request| {
        ids.push(request.id.clone());
        Err(Action::skip())
    });
    drop(run.unwrap());
    ids
}

#[test]
fn a_worker_handles_the_orders_of_its_share_first_and_then_the_others() {
    let worker = worker();
    let [own, others] = [0, 1].map(|index| of_share(&worker.sandbox, index));
    assert!(!own.is_empty() && !others.is_empty());
    let (report, seen) = worker.run(Options::new().share(0, 2), approve);
    let expected = [own, others].concat();
    assert_eq!((&seen, report.others()), (&expected, 0), "{report}");
    assert_eq!(worker.told().coming[0], expected, "the store is told which come next");
    let warnings = report.warnings();
    assert!(warnings.iter().any(|warning| warning == "the server's clock is slow"), "{warnings:?}");
}

#[test]
fn a_dry_run_says_nothing_of_what_comes_next_and_has_nothing_in_hand() {
    let worker = worker();
    let (report, seen) = worker.run(Options::new().share(0, 2).dry_run(true), approve);
    assert_eq!((seen.len(), worker.told().coming.len()), (ORDERS, 0), "{report}");
    assert_eq!(worker.told().in_hand, []);
}

#[test]
fn the_store_is_told_which_order_a_run_has_in_hand_and_of_the_call_that_decides() {
    let worker = worker();
    let (_, seen) = worker.run(Options::new().max(1), |ledger, request| {
        if request.id == "PR-1000-0000-0001-001" { Err(Action::skip()) } else { approve(ledger, request) }
    });
    let order = |at: usize, decides| (Some(seen[at].clone()), decides);
    assert_eq!(worker.told().in_hand, [order(0, false), order(1, false), order(1, true), (None, false)]);
}

#[test]
fn an_order_that_another_worker_has_is_passed_over() {
    let worker = worker();
    let taken = worker.sandbox.all("requests")[3]["id"].as_str().unwrap().to_owned();
    worker.told().taken.push(taken.clone());
    let (report, seen) = worker.run(Options::new(), approve);
    assert_eq!((report.approved(), report.exit_code()), (ORDERS as u64 - 1, 0), "{report}");
    assert!(!seen.contains(&taken));
}

#[track_caller]
fn lost(report: &Report, text: &str) {
    for outcome in report.outcomes() {
        assert_eq!(outcome.verdict, Verdict::Errored);
        let Some(Error::Ledger(error)) = &outcome.error else { panic!("{report}") };
        assert_eq!(error.kind(), LedgerErrorKind::ClaimLost);
        assert!(error.to_string().contains(text), "{error}");
    }
}

#[test]
fn what_was_decided_after_the_claim_was_lost_is_not_carried_out_and_counts_for_nothing() {
    let worker = worker();
    let (report, seen) = worker.run(Options::new().max(1), |_, _| {
        worker.told().lost = true;
        Ok(Approval::template(TEMPLATE))
    });
    assert_eq!((report.errored(), seen.len()), (1, 1), "{report}");
    lost(&report, "what was decided is not carried out");
    assert!(routes(&worker.sandbox).iter().all(|route| route.starts_with("GET")));
    assert!(worker.ledger.store().read("requests", &seen[0]).unwrap().is_none());
    // An error of the closure's own is told as it is.
    let (report, _) = worker.run(Options::new().max(1), |_, _| Err(Action::error("the ERP is down")));
    assert!(report.to_string().contains("the ERP is down"), "{report}");
}

#[test]
fn a_step_of_an_order_that_was_lost_goes_no_further() {
    let worker = worker();
    for lost_after in [false, true] {
        worker.told().lost = false;
        let mut made = 0;
        let (report, _) = worker.run(Options::new().max(1), |ledger, request| {
            let work = ledger.work(request);
            worker.told().lost = !lost_after;
            let _: u32 = work.step("tenant").run(|_| {
                made += 1;
                worker.told().lost = true;
                Ok(1)
            })?;
            Ok(Approval::template(TEMPLATE))
        });
        lost(&report, "the step \"tenant\" goes no further");
        assert_eq!((report.errored(), made), (1, u32::from(lost_after)), "{report}");
    }
}
