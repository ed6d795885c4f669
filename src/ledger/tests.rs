use std::cell::RefCell;
use std::collections::HashMap;
use std::time::Duration;

use anyhow::bail;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tempfile::TempDir;

use super::*;
use crate::models::Request;

mod acts;

/// A vendor's system that honours keys and counts what it makes.
#[derive(Default)]
struct Vendor {
    made: RefCell<HashMap<String, String>>,
    keys: RefCell<Vec<String>>,
}

#[expect(clippy::unnecessary_wraps, reason = "as a vendor's client answers")]
impl Vendor {
    fn make(&self, key: &str) -> anyhow::Result<String> {
        self.keys.borrow_mut().push(key.to_owned());
        let mut made = self.made.borrow_mut();
        let number = made.len() + 1;
        Ok(made.entry(key.to_owned()).or_insert_with(|| format!("T-{number}")).clone())
    }

    /// Makes it, and the answer is lost.
    fn lose(&self, key: &str) -> anyhow::Result<String> {
        self.make(key)?;
        bail!("the answer is lost")
    }

    fn look_up(&self, key: &str) -> anyhow::Result<Found<String>> {
        let made = self.made.borrow();
        Ok(made.get(key).cloned().map_or(Found::NotThere, Found::Mine))
    }

    fn keys(&self) -> Vec<String> {
        self.keys.take()
    }
}

struct Job {
    folder: TempDir,
    ledger: Ledger,
    request: Request,
    vendor: Vendor,
}

fn job() -> Job {
    let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
    let ledger = Ledger::open(folder.path().join("ledger.db")).unwrap();
    let noon = OffsetDateTime::UNIX_EPOCH;
    ledger.set_clock(Some(noon));
    let request = Request { id: "PR-1-001".into(), created: Some(noon), ..Request::default() };
    Job { folder, ledger, request, vendor: Vendor::default() }
}

impl Job {
    /// The next run, of a process that knows nothing but the file.
    fn next_run(&mut self) {
        let now = self.ledger.now();
        self.ledger = Ledger::on(NoStore);
        self.ledger = Ledger::open(self.folder.path().join("ledger.db")).unwrap();
        self.ledger.set_clock(Some(now));
    }

    fn wait(&self, seconds: u64) {
        self.ledger.set_clock(Some(self.ledger.now() + Duration::from_secs(seconds)));
    }
}

/// Stands where the file must be closed before it is opened anew.
struct NoStore;

#[rustfmt::skip]
impl Store for NoStore {
    fn attach(&self, _: &Identity<'_>, _: bool, _: OffsetDateTime) -> Result<Attached> { Ok(Attached::Held) }
    fn claim(&self, _: &Order<'_>, _: OffsetDateTime) -> Result<Claimed> { Ok(Claimed::Held) }
    fn begin(&self, _: &Claim, _: &Begin<'_>, _: OffsetDateTime) -> Result<Began> { Ok(Began::Dead) }
    fn result(&self, _: &Claim, _: &str, _: u32, _: &StepEnd<'_>, _: OffsetDateTime) -> Result<Kept> { Ok(Kept::Stray) }
    fn end(&self, _: &Claim, _: &str, _: Option<Left>, _: OffsetDateTime) -> Result<()> { Ok(()) }
    fn claim_ended(&self, _: &str, _: &str, _: OffsetDateTime) -> Result<Option<Claim>> { Ok(None) }
    fn release(&self, _: &Claim, _: Option<&Entry>) -> Result<()> { Ok(()) }
    fn read(&self, _: &str, _: &str) -> Result<Option<(Entry, Vec<StepRecord>)>> { Ok(None) }
    fn note(&self, _: &str, _: &[Note<'_>], _: OffsetDateTime) -> Result<()> { Ok(()) }
    fn correct(&self, _: &str, _: &str, _: &Correction<'_>, _: &str, _: OffsetDateTime) -> Result<bool> { Ok(false) }
    fn each(&self, _: &str, _: Which, _: &mut dyn FnMut(Entry)) -> Result<()> { Ok(()) }
    fn strays(&self, _: &mut dyn FnMut(Stray)) -> Result<()> { Ok(()) }
    fn sweep(&self, _: OffsetDateTime) -> Result<()> { Ok(()) }
}

fn kind(error: &anyhow::Error) -> LedgerErrorKind {
    error.downcast_ref::<LedgerError>().unwrap_or_else(|| panic!("{error:#}")).kind()
}

#[test]
fn a_step_with_a_result_is_not_run_again_in_any_run() {
    let mut job = job();
    for _ in 0..3 {
        let work = job.ledger.work(&job.request);
        let tenant: String = work.step("tenant").run(|key| job.vendor.make(key)).unwrap();
        assert_eq!(tenant, "T-1");
        drop(work);
        job.next_run();
    }
    assert_eq!(job.vendor.keys(), ["PR-1-001:tenant:1"]);
}

#[test]
fn a_step_whose_answer_was_lost_is_run_again_with_the_same_key() {
    let mut job = job();
    let error = job.ledger.work(&job.request).step("tenant").run(|key| job.vendor.lose(key)).unwrap_err();
    assert_eq!(error.to_string(), "the answer is lost");
    job.next_run();
    let tenant = job.ledger.work(&job.request).step("tenant").run(|key| job.vendor.make(key)).unwrap();
    assert_eq!(tenant, "T-1");
    assert_eq!(job.vendor.keys(), ["PR-1-001:tenant:1"; 2]);
}

#[test]
fn a_step_that_panicked_is_begun() {
    let mut job = job();
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let work = job.ledger.work(&job.request);
        work.step::<String>("tenant").run(|key| {
            job.vendor.make(key)?;
            panic!("in the closure")
        })
    }));
    assert!(panicked.is_err());
    // In the same run, and in the next.
    let look_up =
        |job: &Job| job.ledger.work(&job.request).step("tenant").run(|key| job.vendor.make(key)).unwrap();
    assert_eq!(look_up(&job), "T-1");
    job.next_run();
    assert_eq!(look_up(&job), "T-1");
    assert_eq!(job.vendor.keys(), ["PR-1-001:tenant:1"; 2]);
}

#[test]
fn a_refused_step_is_tried_again_with_a_new_key() {
    let mut job = job();
    for generation in 1..=3 {
        let work = job.ledger.work(&job.request);
        let refused: anyhow::Result<String> = work.step("tenant").run(|key| {
            job.vendor.keys.borrow_mut().push(key.into());
            Err(step::refused(std::io::Error::other("no such plan")))
        });
        assert!(refused.unwrap_err().is::<std::io::Error>(), "{generation}");
        drop(work);
        job.next_run();
    }
    assert_eq!(job.vendor.keys(), ["PR-1-001:tenant:1", "PR-1-001:tenant:2", "PR-1-001:tenant:3"]);
}

#[test]
fn a_look_up_waits_until_it_settled_and_finds_what_was_made() {
    let mut job = job();
    let run = |job: &Job, lose: bool| {
        let vendor = &job.vendor;
        let make = |key: &str| if lose { vendor.lose(key) } else { vendor.make(key) };
        job.ledger.work(&job.request).step("tenant").look_up(|key| vendor.look_up(key)).run(make)
    };
    run(&job, true).unwrap_err();
    job.wait(59);
    job.next_run();
    let early = run(&job, false).unwrap_err();
    assert_eq!(kind(&early), LedgerErrorKind::Settling);
    assert!(early.to_string().ends_with("it is looked up in 1 s"), "{early}");
    job.wait(1);
    assert_eq!(run(&job, false).unwrap(), "T-1");
    assert_eq!(job.vendor.keys(), ["PR-1-001:tenant:1"], "it was found, not made again");
    job.next_run();
    assert_eq!(run(&job, false).unwrap(), "T-1");
}

#[test]
fn what_a_look_up_does_not_find_is_made_with_the_same_key_and_settles_anew() {
    let job = job();
    let run = |make: &dyn Fn(&str) -> anyhow::Result<String>| {
        let step = job.ledger.work(&job.request);
        step.step("tenant").look_up(|key| job.vendor.look_up(key)).settle(Duration::from_secs(5)).run(make)
    };
    run(&|_| bail!("connection refused")).unwrap_err();
    job.wait(5);
    run(&|_| bail!("connection refused")).unwrap_err();
    job.wait(4);
    assert_eq!(kind(&run(&|_| unreachable!()).unwrap_err()), LedgerErrorKind::Settling);
    job.wait(1);
    assert_eq!(run(&|key| job.vendor.make(key)).unwrap(), "T-1");
    assert_eq!(job.vendor.keys(), ["PR-1-001:tenant:1"]);
}

#[test]
fn a_look_up_that_cannot_tell_keeps_the_step_from_being_run() {
    let job = job();
    job.ledger.work(&job.request).step("tenant").run(|key| job.vendor.lose(key)).unwrap_err();
    job.wait(60);
    for (answer, text) in [(Ok(Found::CannotTell), "cannot be told: it is not run"), (Err("503"), "(503)")] {
        let work = job.ledger.work(&job.request);
        let step = work.step::<String>("tenant").look_up(|_| answer.map_err(anyhow::Error::msg));
        let error = step.run(|_| unreachable!()).unwrap_err();
        assert_eq!(kind(&error), LedgerErrorKind::CannotTell);
        assert!(error.to_string().contains(text), "{error}");
    }
}

#[test]
fn an_order_older_than_the_ledger_is_looked_up_before_the_first_begin() {
    let job = job();
    let old = Request { created: Some(job.ledger.now() - Duration::from_secs(1)), ..job.request.clone() };
    job.vendor.make("PR-1-001:tenant:1").unwrap();
    let run = |request: &Request, step: &'static str| {
        job.ledger
            .work(request)
            .step(step)
            .look_up(|key| job.vendor.look_up(key))
            .run(|key| job.vendor.make(key))
    };
    assert_eq!(run(&old, "tenant").unwrap(), "T-1");
    assert_eq!(job.vendor.keys(), ["PR-1-001:tenant:1"], "made before the ledger was lost");
    // What is younger is known to the ledger: nothing is asked.
    let young = Request { id: "PR-2-001".into(), ..job.request.clone() };
    let work = job.ledger.work(&young);
    work.step("tenant").look_up(|_| unreachable!()).run(|key| job.vendor.make(key)).unwrap();
    // A time that is not told counts as old.
    let untold = Request { id: "PR-3-001".into(), created: None, ..job.request.clone() };
    let work = job.ledger.work(&untold);
    let error =
        work.step::<String>("tenant").look_up(|_| Ok(Found::CannotTell)).run(|_| unreachable!()).unwrap_err();
    assert_eq!(kind(&error), LedgerErrorKind::CannotTell);
    drop(work);
    assert_eq!(run(&untold, "tenant").unwrap(), "T-3");
}

#[test]
fn distrust_asks_the_look_up_for_orders_that_the_ledger_may_have_lost() {
    let Job { folder: _folder, mut ledger, request, vendor } = job();
    ledger = ledger.distrust(request.created.unwrap() + Duration::from_secs(1));
    vendor.make("PR-1-001:tenant:1").unwrap();
    vendor.keys();
    let found =
        ledger.work(&request).step("tenant").look_up(|key| vendor.look_up(key)).run(|_| unreachable!());
    assert_eq!(found.unwrap(), "T-1");
}

#[test]
fn a_customer_who_corrects_what_a_step_used_is_told_of() {
    let mut job = job();
    let run = |job: &Job, email: &str| {
        let input = json!({"email": email, "seats": 5});
        job.ledger.work(&job.request).step("tenant").input(input).run(|key| job.vendor.make(key))
    };
    run(&job, "old@example.com").unwrap();
    job.next_run();
    let error = run(&job, "new@example.com").unwrap_err();
    assert_eq!(kind(&error), LedgerErrorKind::Step);
    assert!(error.to_string().contains("its input has changed since: email."), "{error}");
    assert!(!error.to_string().contains("example.com"), "{error}");
    run(&job, "old@example.com").unwrap();
    assert_eq!(job.vendor.keys().len(), 1);
    let work = job.ledger.work(&job.request);
    let kept: String = work.step("tenant").input("other").keep_result().run(|_| unreachable!()).unwrap();
    assert_eq!(kept, "T-1");
}

#[test]
fn an_update_gets_the_old_result_and_a_key_of_its_own_until_it_is_done() {
    let mut job = job();
    let run = |job: &Job, email: &str, fail: bool| {
        let change = |old: String, key: &str| {
            job.vendor.keys.borrow_mut().push(format!("{old} {key}"));
            if fail {
                bail!("the answer is lost")
            }
            Ok(format!("{old} of {email}"))
        };
        let step = job.ledger.work(&job.request);
        step.step("tenant").input(email).on_change(change).run(|key| job.vendor.make(key))
    };
    assert_eq!(run(&job, "a", false).unwrap(), "T-1");
    run(&job, "b", true).unwrap_err();
    job.next_run();
    // The same generation once more, and then another change before its fate was known.
    run(&job, "b", true).unwrap_err();
    assert_eq!(run(&job, "c", false).unwrap(), "T-1 of c");
    assert_eq!(run(&job, "c", false).unwrap(), "T-1 of c");
    let keys =
        ["PR-1-001:tenant:1", "T-1 PR-1-001:tenant:2", "T-1 PR-1-001:tenant:2", "T-1 PR-1-001:tenant:3"];
    assert_eq!(job.vendor.keys(), keys);
}

#[test]
fn a_refused_update_leaves_the_result_as_it_was() {
    let job = job();
    let run = |email: &str| {
        let step = job.ledger.work(&job.request);
        let change = |_: String, _: &str| Err(step::refused(std::io::Error::other("taken")));
        step.step("tenant").input(email).on_change(change).run(|key| job.vendor.make(key))
    };
    run("a").unwrap();
    assert!(run("b").unwrap_err().is::<std::io::Error>());
    assert_eq!(run("a").unwrap(), "T-1");
}

#[test]
fn steps_that_were_reordered_removed_or_used_twice_are_errors_before_their_effect() {
    let mut job = job();
    {
        let work = job.ledger.work(&job.request);
        work.step("tenant").run(|key| job.vendor.make(key)).unwrap();
        let twice = work.step::<String>("tenant").run(|_| unreachable!()).unwrap_err();
        assert!(twice.to_string().contains("asked for twice"), "{twice}");
        // What was refused sticks: no further step of this attempt is run.
        let after = work.step::<String>("licence").run(|_| unreachable!()).unwrap_err();
        assert_eq!(after.to_string(), twice.to_string());
    }
    job.next_run();
    {
        let work = job.ledger.work(&job.request);
        let error = work.step::<String>("licence").run(|_| unreachable!()).unwrap_err();
        assert!(error.to_string().contains("would begin before \"tenant\""), "{error}");
    }
    let work = job.ledger.work(&job.request);
    work.retired("tenant").step("licence").run(|key| job.vendor.make(key)).unwrap();
}

#[test]
fn a_renamed_step_takes_its_result_and_its_key_along() {
    let mut job = job();
    job.ledger.work(&job.request).step("tenant").run(|key| job.vendor.make(key)).unwrap();
    job.ledger
        .work(&job.request)
        .retired("tenant")
        .step("licence")
        .run(|key| job.vendor.lose(key))
        .unwrap_err();
    for _ in 0..2 {
        job.next_run();
        let work = job.ledger.work(&job.request);
        let account: String = work.step("account").was("tenant").run(|_| unreachable!()).unwrap();
        assert_eq!(account, "T-1");
    }
    // The old name is not needed for ever.
    job.next_run();
    let work = job.ledger.work(&job.request);
    let account: String = work.step("account").run(|_| unreachable!()).unwrap();
    assert_eq!(account, "T-1");
    let seat = work.step(("seat", 1)).was("licence").run(|key| job.vendor.make(key)).unwrap();
    assert_eq!(seat, "T-2");
    assert_eq!(job.vendor.keys(), ["PR-1-001:tenant:1", "PR-1-001:licence:1", "PR-1-001:licence:1"]);
}

#[test]
fn an_input_that_cannot_be_written_is_an_error_before_the_effect() {
    let job = job();
    let work = job.ledger.work(&job.request);
    let pairs = HashMap::from([((1, 2), 3)]);
    let error = work.step::<String>("tenant").input(pairs).run(|_| unreachable!()).unwrap_err();
    assert_eq!(kind(&error), LedgerErrorKind::Step);
    assert!(error.to_string().contains("the input of a step cannot be written as JSON"), "{error}");
}

#[test]
fn an_earlier_name_that_is_none_is_an_error_before_the_effect() {
    let job = job();
    let step = job.ledger.work(&job.request);
    let error = step.step::<String>("tenant").was("").run(|_| unreachable!()).unwrap_err();
    assert_eq!(kind(&error), LedgerErrorKind::Step);
    assert!(error.to_string().contains("has an empty part"), "{error}");
}

#[test]
fn a_retyped_result_is_an_error_and_no_rerun() {
    let mut job = job();
    job.ledger.work(&job.request).step("tenant").run(|key| job.vendor.make(key)).unwrap();
    job.next_run();
    let error = job.ledger.work(&job.request).step::<u32>("tenant").run(|_| unreachable!()).unwrap_err();
    assert_eq!(kind(&error), LedgerErrorKind::Step);
    assert!(error.to_string().contains("can no longer read it"), "{error}");
}

/// Reads back as nothing.
#[derive(Debug, Serialize, Deserialize)]
struct Lossy {
    #[serde(skip_serializing)]
    id: String,
}

#[test]
fn a_result_that_does_not_read_back_is_recorded_as_unreadable() {
    let mut job = job();
    let run = |job: &Job| {
        let step = job.ledger.work(&job.request);
        step.step("tenant").run(|key| Ok(Lossy { id: job.vendor.make(key)? })).map(|lossy| lossy.id)
    };
    let error = run(&job).unwrap_err();
    assert!(error.to_string().contains("Its effect is there"), "{error}");
    job.next_run();
    let error = run(&job).unwrap_err();
    assert!(error.to_string().contains("set its result by hand"), "{error}");
    assert_eq!(job.vendor.keys().len(), 1);
}

#[test]
fn a_dry_run_names_the_step_and_goes_on_with_a_stand_in() {
    let mut job = job();
    let _dry_run = scope::enter_run(None, true);
    {
        let work = job.ledger.work(&job.request);
        let tenant: String = work.step("tenant").stand_in("T-?".into()).run(|_| unreachable!()).unwrap();
        assert_eq!(tenant, "T-?");
        let error =
            work.step::<String>("licence").look_up(|_| unreachable!()).run(|_| unreachable!()).unwrap_err();
        assert_eq!(kind(&error), LedgerErrorKind::DryRun);
        assert_eq!(error.to_string(), "a dry run does not run the step \"licence\", and it has no stand-in");
    }
    job.next_run();
    assert_eq!(std::fs::read_dir(job.folder.path()).unwrap().count(), 0);
}

#[test]
fn a_dry_run_reads_what_was_done() {
    let job = job();
    job.ledger.work(&job.request).step("tenant").run(|key| job.vendor.make(key)).unwrap();
    let reader = Ledger::open(job.folder.path().join("ledger.db")).unwrap();
    let _dry_run = scope::enter_run(None, true);
    let tenant: String = reader.work(&job.request).step("tenant").run(|_| unreachable!()).unwrap();
    assert_eq!(tenant, "T-1");
}

#[test]
fn the_periods_of_a_listing_are_apart() {
    let job = job();
    let listing = Listing { id: "LST-1".into(), ..Listing::default() };
    for (period, expected) in [("2024-05", "T-1"), ("2024-06", "T-2"), ("2024-05", "T-1")] {
        let work = job.ledger.work_for(&listing, period);
        assert_eq!(work.step("report").run(|key| job.vendor.make(key)).unwrap(), expected);
    }
    assert_eq!(job.vendor.keys(), ["LST-1/2024-05:report:1", "LST-1/2024-06:report:1"]);
}

#[test]
fn two_orders_may_be_worked_for_at_once_and_one_order_once() {
    let job = job();
    let other = Request { id: "PR-2-001".into(), ..job.request.clone() };
    let (first, second) = (job.ledger.work(&job.request), job.ledger.work(&other));
    let tenant: String = first
        .step("tenant")
        .run(|key| {
            // Nothing of the ledger is borrowed while a closure runs.
            second.step("tenant").run(|key| job.vendor.make(key)).unwrap();
            job.vendor.make(key)
        })
        .unwrap();
    assert_eq!(tenant, "T-2");
    // The same attempt, since the first still lasts.
    let again = job.ledger.work(&job.request).step::<String>("tenant").run(|_| unreachable!()).unwrap_err();
    assert!(again.to_string().contains("asked for twice"), "{again}");
}

#[test]
fn a_ledger_that_another_run_has_runs_no_step() {
    let job = job();
    let _work = job.ledger.work(&job.request);
    let second = Ledger::open(job.folder.path().join("ledger.db")).unwrap();
    let error = second.work(&job.request).step::<String>("tenant").run(|_| unreachable!()).unwrap_err();
    assert_eq!(kind(&error), LedgerErrorKind::Held);
}

#[test]
fn a_ledger_may_move_to_another_thread() {
    fn moves<T: Send>() {}
    moves::<Ledger>();
}
