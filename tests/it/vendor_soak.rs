//! The vendor's side on a bad day: the processor of `examples/saas.rs`, one call in ten of which goes wrong on either side,
//! whose process is killed between any two calls, and whose orders others approve, fail, withdraw and edit meanwhile.
//!
//! The worker is this test binary itself, started again with one test selected, so that `kill -9` is real. It makes one
//! run, as cron would start it. The platform and the vendor live in the parent, and the ledger in memory.
//!
//! The full soak takes a while and is left out of the usual tests:
//! `SOAK_SEEDS=20 cargo test --profile bench --test it vendor_soak::full -- --ignored --nocapture`.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use connect::Options;
use connect::ledger::Left;
use connect::sandbox::{Chaos, Sandbox, sample};

use crate::soak;
use crate::support::job::{Job, job, of_this_process};
use crate::support::process::Killer;

#[path = "../../examples/saas/processor.rs"]
mod processor;
mod stub;
#[path = "../../examples/saas/vendor.rs"]
mod vendor;

use stub::Stub;
use vendor::Vendor;

const VENDOR: &str = "SOAK_WORKER_VENDOR";
/// Longer than whatever does not time out takes, on a machine that others use.
const PATIENCE: Duration = Duration::from_millis(400);

/// One run of the processor, in a process of its own.
#[test]
#[ignore = "started by the soak"]
fn worker() {
    let quick = |config: connect::Config| {
        config
            .timeout(PATIENCE)
            .backoff(Duration::from_millis(2), Duration::from_millis(10))
            .settle([Duration::from_millis(5); 3])
            .body_limit(2 << 20)
    };
    let Some((connect, ledger)) = of_this_process(quick) else { return };
    let vendor = Vendor::new(&std::env::var(VENDOR).unwrap(), PATIENCE);
    // Not the numbers of orders, but what is done for each is looked at; a run that the platform ends is made again.
    let _ = processor::process(&connect, &ledger, &vendor, Options::new().page_size(50));
}

/// What becomes of an order if nobody meddles; its id alone decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Approved,
    /// Refused before anything was made.
    TooMany,
    /// The vendor refuses the licence for good, once the tenant is there.
    NoLicence,
}

fn hash(id: &str) -> u32 {
    id.bytes().fold(7_u32, |hash, byte| hash.wrapping_mul(31).wrapping_add(byte.into())) / 64
}

fn fate(id: &str) -> Fate {
    match hash(id) % 20 {
        0 => Fate::TooMany,
        1 | 2 => Fate::NoLicence,
        _ => Fate::Approved,
    }
}

/// Random numbers, the same for a seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

fn orders(count: usize, seed: u64) -> Sandbox {
    let sandbox = Sandbox::builder().empty().seed(seed).start().unwrap();
    let mut ids = Vec::new();
    sandbox.add_requests(count, |_, order| {
        let id = order["id"].as_str().unwrap().to_owned();
        if fate(&id) == Fate::TooMany {
            order["asset"]["items"][0]["quantity"] = "100001".into();
        }
        ids.push(id);
    });
    for id in ids {
        sandbox.insert("conversations", sample::conversation_for(&id));
    }
    sandbox.chaos(Chaos::new(seed).rate(0.1).faults(soak::mix()));
    sandbox
}

/// What others did, by order: the state that they brought it to.
type Others = HashMap<String, &'static str>;

/// Others approve, fail, withdraw or edit some of the orders that are still pending.
fn meddle(job: &Job, dice: &mut Dice, most: usize, others: &mut Others) {
    let pending: Vec<_> = job
        .sandbox
        .all("requests")
        .into_iter()
        .filter(|order| order["status"] == "pending")
        .map(|order| order["id"].as_str().unwrap().to_owned())
        .collect();
    let mut known = std::collections::HashSet::new();
    let all = connect::ledger::Which::All;
    job.ledger().store().each("requests", all, &mut |entry| _ = known.insert(entry.id)).unwrap();
    for _ in 0..most.min(pending.len()) {
        // Those that were begun are the ones that matter.
        let begun: Vec<_> = pending.iter().filter(|id| known.contains(*id)).collect();
        let among = if begun.is_empty() || dice.roll(3) == 0 { pending.iter().collect() } else { begun };
        let id = among[usize::try_from(dice.roll(among.len() as u64)).unwrap()];
        if others.contains_key(id) {
            continue;
        }
        let done = match dice.roll(4) {
            0 => {
                job.others_approve(id);
                "approved"
            }
            1 => {
                job.others_fail(id);
                "failed"
            }
            2 => {
                job.sandbox.update("requests", id, |order| order["status"] = "revoked".into());
                "revoked"
            }
            _ => {
                job.sandbox.update("requests", id, |order| {
                    order["asset"]["params"][0]["value"] = "new@example.com".into();
                });
                "pending"
            }
        };
        others.insert(id.clone(), done);
    }
}

fn is_over(job: &Job) -> bool {
    let pending = job
        .sandbox
        .with_store(|store| store.all("requests").iter().any(|order| order["status"] == "pending"));
    if pending {
        return false;
    }
    let ledger = job.ledger();
    let mut alive = 0;
    let all = connect::ledger::Which::All;
    ledger.store().each("requests", all, &mut |entry| alive += usize::from(entry.ended.is_none())).unwrap();
    let to_undo = ledger.leftovers().unwrap().iter().any(|left| left.entry.left == Some(Left::Undo));
    alive == 0 && !to_undo
}

/// What is not over.
fn left(job: &Job) -> String {
    let mut text = String::new();
    let ledger = job.ledger();
    let all = connect::ledger::Which::All;
    ledger
        .store()
        .each("requests", all, &mut |entry| {
            if entry.ended.is_none() || entry.left == Some(Left::Undo) {
                let _ = writeln!(
                    text,
                    "  {entry:?} {:?}",
                    ledger.store().read("requests", &entry.id).unwrap().unwrap().1
                );
            }
        })
        .unwrap();
    let mut requests = job.sandbox.all("requests");
    requests.retain(|order| order["status"] == "pending");
    let _ = writeln!(
        text,
        "  {} pending: {}",
        requests.len(),
        requests.iter().take(3).map(|order| order["id"].to_string()).collect::<String>()
    );
    text
}

/// Processes all orders in spite of everything, and holds what the vendor has against what became of the orders.
fn soak(count: usize, seed: u64, kills: u64, honours_keys: bool) {
    let begun = Instant::now();
    let mut job = job(orders(count, seed));
    let killer = Arc::new(Killer::default());
    let stub = Stub::start(seed, honours_keys, Arc::clone(&killer));
    let on_call = Arc::clone(&killer);
    job.sandbox.on_call(move |_, _| _ = on_call.call());
    let (mut dice, mut others, mut runs) = (Dice(seed), Others::new(), 0);
    while runs == 0 || !is_over(&job) {
        runs += 1;
        assert!(
            runs < 40 + kills + u64::try_from(count / 50).unwrap(),
            "seed {seed}: orders are left after {runs} runs\n{}",
            left(&job)
        );
        let calls = if killer.kills() < kills { 1 + dice.roll(8 * count as u64 / kills) } else { 0 };
        killer.run(job.process("vendor_soak::worker").env(VENDOR, stub.url()), calls);
        stub.settle();
        // 5 % of the orders, in the first runs.
        let share = count.div_ceil(20).saturating_sub(others.len()).min(count.div_ceil(60));
        meddle(&job, &mut dice, share, &mut others);
        job.wait(Duration::from_secs(3601));
    }
    let problems = problems(&job, &stub, &others);
    let journal = job.sandbox.journal();
    let struck = journal.iter().filter(|call| call.fault.is_some()).count();
    let adopted = job.ledger().leftovers().unwrap().len();
    let summary = format!(
        "seed {seed}: {count} orders, {} calls to the platform of which {struck} were struck, {}; {runs} runs, {} kills, \
         others meddled with {}, {adopted} adopted, {:.1} s",
        journal.len(),
        stub.summary(),
        killer.kills(),
        others.len(),
        begun.elapsed().as_secs_f64(),
    );
    let _ = writeln!(std::io::stdout(), "{summary}");
    assert!(problems.is_empty(), "{summary}\n{problems}");
}

fn problems(job: &Job, stub: &Stub, others: &Others) -> String {
    let mut problems = String::new();
    let made = stub.made();
    let none = BTreeMap::new();
    for order in job.sandbox.all("requests") {
        let id = order["id"].as_str().unwrap();
        let (status, meddled) = (order["status"].as_str().unwrap(), others.get(id));
        let of = made.get(id).unwrap_or(&none);
        let there = |step: &str| of.get(step).map_or(0, |made| made.there.len());
        let mut problem = |what: String| {
            let steps = job.read(id).map(|(_, steps)| steps);
            let _ = writeln!(problems, "  {id} {status}, others: {meddled:?}: {what}; {of:?}; {steps:?}");
        };
        // The platform's side.
        let moves = job.sandbox.transitions(id);
        let by_others = meddled.is_some_and(|state| *state != "pending");
        if moves.len() != usize::from(!by_others) {
            problem(format!("moved {} times", moves.len()));
        }
        let texts = job.sandbox.messages(&id.replacen("PR-", "CO-", 1));
        if texts.len() > 1 {
            problem(format!("{} messages", texts.len()));
        }
        let wanted = if fate(id) == Fate::Approved { "approved" } else { "failed" };
        if !by_others && status != wanted {
            problem("not as decided".into());
        }
        // The vendor's side.
        for step in ["tenant", "licence"] {
            let effects = of.get(step).map_or(0, |made| made.effects);
            let allowed = 1 + of.get(step).map_or(0, |made| made.lost);
            if stub.honours_keys() && effects > 1 || effects > allowed {
                problem(format!("{effects} times a {step}, and {allowed} were to be expected"));
            }
            let expected = match status {
                "approved" if by_others => 0..=1,
                "approved" => 1..=1,
                _ => 0..=0,
            };
            if stub.honours_keys() && !expected.contains(&there(step)) {
                problem(format!("{} of {step} are there", there(step)));
            }
        }
        if status == "approved" && !by_others {
            let params = order["asset"]["params"].as_array().unwrap();
            let purchase = params.iter().find(|param| param["id"] == "purchase_id").unwrap();
            let tenants = of.get("tenant").map(|made| &made.there);
            if !tenants.is_some_and(|tenants| tenants.iter().any(|tenant| purchase["value"] == **tenant)) {
                problem(format!("its tenant {} is not there", purchase["value"]));
            }
        }
    }
    problems
}

#[test]
fn two_hundred_orders_of_a_vendor_who_honours_keys() {
    soak(200, 1, 5, true);
}

#[test]
fn two_hundred_orders_of_a_vendor_who_ignores_keys() {
    soak(200, 2, 5, false);
}

#[test]
#[ignore = "takes minutes for each seed"]
fn full() {
    let number = |name, default| std::env::var(name).map_or(default, |text| text.parse().unwrap());
    let first = number("SOAK_FIRST", 1);
    let orders = usize::try_from(number("SOAK_ORDERS", 10_000)).unwrap();
    for seed in first..first + number("SOAK_SEEDS", 20) {
        soak(orders, seed, number("SOAK_KILLS", 20), seed % 4 > 0);
    }
}
