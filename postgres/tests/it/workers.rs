//! Many workers: each effect once, each order approved once.

use std::time::{Duration, Instant};

use connect::sandbox::Fault;

use crate::server::shared;
use crate::world::World;

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

/// Kills a worker again and again, and begins another one in its place.
fn killed(orders: usize, count: usize, lag: Duration, every: Duration) {
    let world = World::new(orders);
    world.note_takeovers();
    world.sandbox.lag(lag);
    let arguments = ["--lease", "2"];
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
    // A key is one effect, however often it is called.
    assert_eq!(world.vendor.calls().len(), 2 * orders);
    let approvals = world.approvals();
    assert_eq!((approvals.len(), approvals.values().max()), (orders, Some(&1)));
}

#[test]
fn workers_that_are_killed_lose_nothing_though_the_list_lags() {
    killed(ORDERS, 4, Duration::from_secs(2), Duration::from_millis(300));
}

#[test]
#[ignore = "takes minutes; the same at its full size"]
fn ten_workers_that_are_killed_lose_nothing_though_the_list_lags() {
    killed(2000, 10, Duration::from_secs(5), Duration::from_secs(1));
}

/// The growth by numbers of workers, as `benches/README.md` has it:
/// `cargo test --profile bench -p connect-sdk-postgres --test it -- --ignored --nocapture growth`.
#[test]
#[ignore = "takes minutes; a measurement"]
fn growth() {
    let number = |name: &str, usual: usize| {
        std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(usual)
    };
    let orders = number("ORDERS", 2000);
    println!("| workers | by | wall | of one | list calls | look-ups | statements an order |");
    for by_share in [false, true] {
        let mut one = None;
        for count in [1, 2, 5, 10, 20].into_iter().filter(|count| *count <= number("WORKERS", 20)) {
            let world = World::new(orders);
            world.sandbox.fault(Fault::on("*", "/**").delay(Duration::from_millis(20)).always());
            let (before, start) = (statements(), Instant::now());
            let workers: Vec<_> = (0..count)
                .map(|index| {
                    let share = format!("{index}/{count}");
                    if by_share { world.spawn(&["--share", &share]) } else { world.spawn(&[]) }
                })
                .collect();
            for worker in workers {
                drop(worker.report());
            }
            let wall = start.elapsed();
            let left = world.pending();
            world.finish(&[], Duration::from_secs(60));
            once(&world, orders);
            let one = *one.get_or_insert(wall);
            let journal = world.sandbox.journal();
            let lists = journal
                .iter()
                .filter(|call| call.method == "GET" && call.path.starts_with("/requests?"))
                .count();
            let look_ups = journal
                .iter()
                .filter(|call| call.method == "GET" && call.path.starts_with("/requests/"))
                .count();
            #[expect(clippy::cast_precision_loss, reason = "a count")]
            let each = (statements() - before) as f64 / orders as f64;
            println!(
                "| {count} | {} | {:.1} s | {:.3} | {lists} | {look_ups} | {each:.2} | left: {left}",
                if by_share { "shares" } else { "claims" },
                wall.as_secs_f64(),
                wall.as_secs_f64() / one.as_secs_f64(),
            );
        }
    }
}
