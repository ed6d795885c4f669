//! Workers whose clocks are an hour apart: the one that counts is the server's.
#![cfg(target_os = "linux")]

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;
use std::sync::mpsc::channel;
use std::time::Duration;

use crate::workers::once;
use crate::world::{Worker, World};

const LEASE: Duration = Duration::from_secs(3);

/// A clock of the system that is as wrong as the environment says, for programs that are started with it.
const CLOCK: &str = r#"
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
int clock_gettime(clockid_t id, struct timespec *at) {
    long failed = syscall(SYS_clock_gettime, id, at);
    const char *wrong = getenv("CLOCK_WRONG_BY");
    if (!failed && id == CLOCK_REALTIME && wrong) at->tv_sec += atol(wrong);
    return failed ? -1 : 0;
}
"#;

fn clock() -> &'static PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap().keep();
        let (source, built) = (folder.join("clock.c"), folder.join("clock.so"));
        std::fs::write(&source, CLOCK).unwrap();
        // There is one where the bundled SQLite was built.
        let status =
            Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(&built).arg(&source).status().unwrap();
        assert!(status.success());
        built
    })
}

fn wrong(command: &mut Command, seconds: i64) -> &mut Command {
    command.env("LD_PRELOAD", clock()).env("CLOCK_WRONG_BY", seconds.to_string())
}

/// A worker whose clock is wrong by so many seconds.
fn worker(world: &World, seconds: i64, arguments: &[&str]) -> Worker {
    Worker::start(wrong(&mut world.worker(arguments), seconds))
}

/// Nothing in the ledger has a time that is not about now.
fn is_of_now(world: &World) {
    let sql = "SELECT (SELECT count(*) FROM lease WHERE abs(EXTRACT(epoch FROM claimed - now())) > 300)
        + (SELECT count(*) FROM step WHERE abs(EXTRACT(epoch FROM begun - now())) > 300)
        + (SELECT count(*) FROM entry WHERE abs(EXTRACT(epoch FROM COALESCE(ended, erred, due) - now())) > 300)";
    assert_eq!(world.ask(sql), "0");
}

#[test]
fn workers_whose_clocks_are_hours_apart_do_everything_once() {
    let told = wrong(Command::new("date").arg("+%s"), 3600).output().unwrap();
    let told: i64 = String::from_utf8(told.stdout).unwrap().trim().parse().unwrap();
    let here = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    assert!(
        (told - i64::try_from(here).unwrap() - 3600).abs() < 60,
        "the clock of a program is wrong as it should be"
    );
    let world = World::new(60);
    world.note_takeovers();
    let workers: Vec<_> =
        [0, 3600, -3600, 7200].map(|seconds| worker(&world, seconds, &["--lease", "2"])).into();
    for worker in workers {
        let report = worker.report();
        assert_eq!((&report["counts"]["errored"], &report["error"]), (&0.into(), &().into()), "{report}");
    }
    assert_eq!((world.pending(), world.takeovers().0), (0, 0));
    once(&world, 60);
    is_of_now(&world);
}

/// Neither a clock that is ahead nor one that is behind makes a lease look over, or its holder give up.
#[test]
fn a_worker_whose_clock_is_an_hour_off_takes_no_order_before_its_time_and_loses_none() {
    for (holder, other) in [(0, 3600), (3600, 0), (-3600, 3600)] {
        let world = World::new(1);
        world.note_takeovers();
        let (begun, has_begun) = channel();
        world.vendor.on_call(move |_| {
            let _ = begun.send(());
            std::thread::sleep(LEASE * 2);
        });
        let first = worker(&world, holder, &["--lease", "3"]);
        has_begun.recv_timeout(Duration::from_secs(60)).unwrap();
        let mut looks = 0;
        while world.pending() > 0 && looks < 200 {
            let report = worker(&world, other, &["--lease", "3"]).report();
            assert_eq!(report["handled"], 0, "{report}");
            looks += 1;
        }
        let report = first.report();
        assert_eq!(report["counts"]["approved"], 1, "{holder} {other}: {report}");
        assert!(looks > 2, "{looks}");
        assert_eq!(world.takeovers().0, 0);
        once(&world, 1);
        is_of_now(&world);
    }
}

#[test]
fn an_order_that_a_worker_with_a_wrong_clock_put_off_is_put_off_for_all() {
    for (first, second) in [(3600, 0), (-3600, 0), (0, 3600)] {
        let world = World::new(1);
        let away = ["--attempts", "5", "--vendor", "http://127.0.0.1:1"];
        let report = worker(&world, first, &away).report();
        assert_eq!(report["counts"]["errored"], 1, "{report}");
        assert_eq!(world.ask("SELECT due BETWEEN now() AND now() + interval '1 minute' FROM entry"), "t");
        is_of_now(&world);
        let report = worker(&world, second, &["--attempts", "5"]).report();
        assert_eq!((&report["handled"], &report["waiting"]), (&0.into(), &1.into()), "{report}");
        // Its time has come by the server's clock.
        world.ask("UPDATE entry SET due = now()");
        let report = worker(&world, second, &["--attempts", "5"]).report();
        assert_eq!(report["counts"]["approved"], 1, "{report}");
    }
}
