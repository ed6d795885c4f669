//! Many workers: each effect once, each order approved once.

use std::time::{Duration, Instant};

use connect::sandbox::Fault;

use crate::server::shared;
use crate::world::{Worker, World};

const ORDERS: usize = 200;

/// Each key was called once, and each order was approved once.
pub(crate) fn once(world: &World, orders: usize) {
    let calls = world.vendor.calls();
    assert_eq!((calls.len(), calls.values().max()), (2 * orders, Some(&1)));
    let approvals = world.approvals();
    assert_eq!((approvals.len(), approvals.values().max()), (orders, Some(&1)));
}

fn statements() -> u64 {
    // The counters of a session that has ended are there a moment later.
    std::thread::sleep(Duration::from_millis(500));
    shared().0.ask("SELECT xact_commit FROM pg_stat_database WHERE datname = 'postgres'").parse().unwrap()
}

#[test]
fn ten_workers_run_each_step_once_and_approve_each_order_once() {
    for shares in [false, true] {
        let world = World::new(ORDERS);
        let workers: Vec<_> = (0..10)
            .map(|index| {
                let share = format!("{index}/10");
                if shares { world.spawn(&["--share", &share]) } else { world.spawn(&[]) }
            })
            .collect();
        let mut approved = 0;
        for worker in workers {
            let report = worker.report();
            assert_eq!((&report["counts"]["errored"], &report["error"]), (&0.into(), &().into()), "{report}");
            approved += report["counts"]["approved"].as_u64().unwrap();
        }
        assert_eq!((approved, world.pending()), (ORDERS as u64, 0));
        once(&world, ORDERS);
        assert_eq!(world.ask("SELECT count(*) FROM lease WHERE until > now()"), "0");
        assert_eq!(world.ask("SELECT count(*) FROM entry WHERE ended IS NOT NULL"), ORDERS.to_string());
    }
}

/// Kills a worker again and again, and begins another one in its place. The lists lag, for less long than two thirds of a lease,
/// which is as long as a lease lasts at least after its worker is gone.
fn killed(orders: usize, count: usize, lease: u64, lag: Duration, every: Duration) {
    let world = World::new(orders);
    world.note_takeovers();
    world.sandbox.lag(lag);
    let lease = lease.to_string();
    let arguments = ["--lease", &*lease];
    let start = Instant::now();
    let mut workers: Vec<_> = (0..count).map(|_| world.spawn(&arguments)).collect();
    let (mut victim, mut killed) = (0, 0);
    while world.pending() > 0 {
        assert!(start.elapsed() < Duration::from_secs(600), "{} orders are left", world.pending());
        std::thread::sleep(every);
        for worker in &mut workers {
            if worker.is_over() {
                *worker = world.spawn(&arguments);
            }
        }
        victim = (victim * 5 + 3) % workers.len();
        killed += u32::from(!workers[victim].is_over());
        workers[victim].kill();
        workers[victim] = world.spawn(&arguments);
    }
    drop(workers);
    let (taken, soonest, latest) = world.takeovers();
    let called = world.vendor.calls().values().filter(|count| **count > 1).count();
    println!(
        "{orders} orders in {:.1} s, {killed} kills, {taken} leases taken over {soonest:.2} to {latest:.2} s after their time, \
         {called} keys called more than once, {} orders said to be another's",
        start.elapsed().as_secs_f64(),
        world.ask("SELECT count(*) FROM entry WHERE open = 'adopted'")
    );
    assert!(killed > 3 && taken > 0, "{killed} {taken}");
    assert!(soonest >= 0.0, "a lease was taken {soonest} s before its time");
    // What a worker has in hand when it is killed costs that order an attempt, and nothing else does.
    let attempts: u32 = world.ask("SELECT COALESCE(sum(attempts), 0) FROM entry").parse().unwrap();
    println!("{attempts} attempts counted");
    assert!(attempts <= killed, "{attempts} {killed}");
    assert_eq!(world.ask("SELECT count(*) FROM entry WHERE open IS NOT NULL"), "0");
    // A key is one effect, however often it is called.
    assert_eq!(world.vendor.calls().len(), 2 * orders);
    let approvals = world.approvals();
    assert_eq!((approvals.len(), approvals.values().max()), (orders, Some(&1)));
}

#[test]
fn workers_that_are_killed_lose_nothing_though_the_list_lags() {
    killed(ORDERS, 4, 3, Duration::from_millis(1800), Duration::from_millis(300));
}

#[test]
#[ignore = "takes minutes; the same at its full size"]
fn ten_workers_that_are_killed_lose_nothing_though_the_list_lags() {
    killed(2000, 10, 8, Duration::from_secs(5), Duration::from_secs(1));
}

/// How the workers of a measurement are kept apart.
#[derive(Clone, Copy, PartialEq)]
enum Apart {
    Claims,
    ClaimsOfTheirShareFirst,
    SharesWithAFileEach,
}

impl Apart {
    fn spawn(self, world: &World, index: usize, of: usize) -> Worker {
        let share = format!("{index}/{of}");
        match self {
            Self::Claims => world.spawn(&[]),
            Self::ClaimsOfTheirShareFirst => world.spawn(&["--share", &share]),
            Self::SharesWithAFileEach => world.spawn_with_a_file(index, of),
        }
    }
}

/// The growth by numbers of workers, as `benches/README.md` has it: each answer of the platform and of the vendor takes 20 ms.
///
/// `cargo build --profile bench --example saas --features ledger,logger,sandbox` is needed before, and then
/// `cargo test --profile bench -p connect-sdk-postgres --test it -- --ignored --nocapture growth`.
#[test]
#[ignore = "takes minutes; a measurement"]
fn growth() {
    let wanted = |name: &str, usual: &str| std::env::var(name).unwrap_or_else(|_| usual.into());
    let orders: usize = wanted("ORDERS", "2000").parse().unwrap();
    let counts: Vec<usize> =
        wanted("WORKERS", "1,2,5,10,20").split(',').map(|count| count.parse().unwrap()).collect();
    println!("| workers | by | wall | of one | list calls | look-ups | statements an order |");
    let mut one_by_claims = None;
    for (apart, name) in [
        (Apart::Claims, "claims"),
        (Apart::ClaimsOfTheirShareFirst, "claims, own share first"),
        (Apart::SharesWithAFileEach, "shares, a file each"),
    ] {
        // One worker has all shares.
        let mut one = if apart == Apart::ClaimsOfTheirShareFirst { one_by_claims } else { None };
        let is_known = one.is_some();
        for count in counts.iter().copied().filter(|count| *count > 1 || !is_known) {
            let world = World::new(orders);
            world.sandbox.fault(Fault::on("*", "/**").delay(Duration::from_millis(20)).always());
            world.vendor.pause(Duration::from_millis(20));
            let (before, start) = (statements(), Instant::now());
            let workers: Vec<_> = (0..count).map(|index| apart.spawn(&world, index, count)).collect();
            let reports: Vec<_> = workers.into_iter().map(Worker::report).collect();
            let wall = start.elapsed();
            #[expect(clippy::cast_precision_loss, reason = "a count")]
            let each = (statements() - before) as f64 / orders as f64;
            let left = world.pending();
            if apart != Apart::SharesWithAFileEach {
                world.finish(&[], Duration::from_secs(60));
            }
            once(&world, orders);
            let one = *one.get_or_insert(wall);
            if apart == Apart::Claims {
                one_by_claims = Some(one);
            }
            let journal = world.sandbox.journal();
            let calls = |path: &str| {
                journal.iter().filter(|call| call.method == "GET" && call.path.starts_with(path)).count()
            };
            let most = reports.iter().filter_map(|report| report["counts"]["approved"].as_u64()).max();
            println!(
                "| {count} | {name} | {:.1} s | {:.3} | {} | {} | {each:.2} | left: {left}, most of one worker: {}",
                wall.as_secs_f64(),
                wall.as_secs_f64() / one.as_secs_f64(),
                calls("/requests?"),
                calls("/requests/"),
                most.unwrap_or_default(),
            );
        }
    }
}
