//! Servers that are restarted, full, slow, read-only, forgetful, or replaced.

use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use connect::LedgerErrorKind;
use connect::ledger::{
    Attached, Begin, Claim, Claimed, Correction, Identity, Note, Noted, Order, StepEnd, Store as _,
};
use connect_postgres::{Postgres, Settings};

use crate::gateway::Gateway;
use crate::server::Server;
use crate::store::{kind, settings};
use crate::world::{World, signal};

const ORDER: Order<'static> =
    Order { collection: "requests", id: "PR-1", asset: Some("AS-1"), created: None };
const STEP: Begin<'static> =
    Begin { name: "a", was: None, generation: 1, key: "k", input: "{}", keep: false };

fn attach(store: &Postgres) -> connect::Result<Attached> {
    store.attach(&Identity { job: "servers", endpoint: None }, false, store.now())
}

fn claim(store: &Postgres) -> Claim {
    match store.claim(&ORDER, store.now()).unwrap() {
        Claimed::Yes(claim) => *claim,
        other => panic!("{other:?}"),
    }
}

fn refused(result: connect::Result<impl std::fmt::Debug>, text: &str) {
    let error = result.unwrap_err();
    assert!(error.to_string().contains(text), "{error}");
}

#[test]
fn a_server_that_is_restarted_in_a_call_of_the_vendors_ends_the_run_between_two_orders() {
    let server = std::sync::Arc::new(Server::start("fsync = off"));
    let world = World::on(server.address(), "jobs".into(), 3);
    let (done, is_done) = channel();
    let restarted = std::sync::Arc::clone(&server);
    let mut calls = 0;
    world.vendor.on_call(move |_| {
        calls += 1;
        if calls == 4 {
            restarted.control("restart");
            done.send(()).unwrap();
        }
    });
    let output = world.spawn(&["--lease", "2"]).output();
    is_done.recv_timeout(Duration::from_secs(30)).unwrap();
    let (told, log) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(1), "{told}{log}");
    assert!(
        told.contains("PostgreSQL is being stopped") || told.contains("connection to PostgreSQL is lost"),
        "{told}{log}"
    );
    assert_eq!((world.pending(), world.approvals().len()), (2, 1), "{told}");
    world.finish(&[], Duration::from_secs(60));
    let approvals = world.approvals();
    assert_eq!((approvals.len(), approvals.values().max()), (3, Some(&1)));
    assert_eq!(world.vendor.calls().len(), 6);
    // The hook has the server, and the vendor's thread has the hook.
    world.vendor.on_call(|_| {});
}

#[test]
fn a_server_without_a_connection_left_is_told() {
    let server = Server::start(
        "max_connections = 3\nsuperuser_reserved_connections = 0\nmax_wal_senders = 0\nfsync = off",
    );
    let _held: Vec<_> = (0..3).map(|_| Postgres::open(server.address()).unwrap()).collect();
    let error = Postgres::open(server.address()).unwrap_err();
    assert_eq!(kind(&error), LedgerErrorKind::Busy);
    assert!(error.to_string().contains("has no connection left"), "{error}");
}

#[test]
fn a_server_that_forgets_or_takes_nothing_is_refused() {
    let server = Server::start("fsync = off");
    server.ask(
        "CREATE ROLE forgets LOGIN SUPERUSER; ALTER ROLE forgets SET synchronous_commit = off;
        CREATE ROLE reads LOGIN SUPERUSER; ALTER ROLE reads SET default_transaction_read_only = on;
        CREATE ROLE nobody LOGIN",
    );
    let address = |user: &str| server.address().replace("user=jobs", &format!("user={user}"));
    for (user, text) in [
        ("forgets", "synchronous_commit is off"),
        ("reads", "PostgreSQL is read-only"),
        ("nobody", "It needs CREATE on the database once"),
        ("missing", "does not let this user in"),
    ] {
        refused(Postgres::open(address(user)).and_then(|store| attach(&store)), text);
    }
    assert_eq!(server.ask("SELECT count(*) FROM pg_namespace WHERE nspname = 'connect'"), "0");
    // Who finds the schema made for him needs no right to make one.
    server.ask("CREATE SCHEMA connect AUTHORIZATION nobody");
    let store = Postgres::open(address("nobody")).unwrap();
    attach(&store).unwrap();
    assert_eq!(
        store.warnings(),
        ["PostgreSQL runs without fsync: what the ledger remembers may be lost with its power"]
    );
}

#[test]
fn a_server_that_is_too_slow_or_silent_keeps_nobody_waiting() {
    let server = Server::start("fsync = off");
    let store = Settings::new(server.address()).patience(Duration::from_secs(1)).open().unwrap();
    attach(&store).unwrap();
    let held = claim(&store);
    std::thread::scope(|scope| {
        scope.spawn(|| server.ask("BEGIN; LOCK TABLE connect.step; SELECT pg_sleep(3); COMMIT"));
        std::thread::sleep(Duration::from_millis(500));
        let error = store.begin(&held, &STEP, store.now()).unwrap_err();
        assert_eq!(kind(&error), LedgerErrorKind::Busy);
        assert!(error.to_string().contains("too slow"), "{error}");
    });
    let backend = server.ask("SELECT pid FROM pg_stat_activity WHERE application_name = 'connect-sdk'");
    signal(backend.parse().unwrap(), "STOP");
    let start = Instant::now();
    refused(store.begin(&held, &STEP, store.now()), "PostgreSQL does not answer");
    assert!(start.elapsed() < Duration::from_secs(10));
    signal(backend.parse().unwrap(), "CONT");
}

#[test]
fn a_run_does_not_write_to_the_server_that_took_over() {
    let primary = Server::start("fsync = off\nwal_level = replica");
    let standby = primary.standby();
    let both = format!(
        "host={},{} port={},{} user=jobs dbname=postgres target_session_attrs=read-write",
        primary.folder(),
        standby.folder(),
        primary.port(),
        standby.port()
    );
    refused(Postgres::open(standby.address()).and_then(|store| attach(&store)), "PostgreSQL is read-only");
    let store = Postgres::open(&*both).unwrap();
    let Attached::Ready { born, made: true, .. } = attach(&store).unwrap() else { panic!() };
    assert!(
        store.warnings().iter().any(|warning| warning.contains("none is synchronous")),
        "{:?}",
        store.warnings()
    );
    let held = claim(&store);
    store.begin(&held, &STEP, store.now()).unwrap();
    let start = Instant::now();
    while !standby.ask("SELECT count(*) FROM pg_class WHERE relname = 'lease'").starts_with('1') {
        assert!(start.elapsed() < Duration::from_secs(20));
    }
    primary.control("stop");
    standby.control("promote");
    // The old worker is refused: it does not go on at the other server by itself.
    assert!(store.begin(&held, &STEP, store.now()).is_err());
    // Nor would it behind a gateway that goes on with its connection at the other server.
    let moved = standby.fails("SET search_path TO connect; SELECT check_timeline('00000001')");
    assert!(moved.contains("the timeline is 00000002 and not 00000001"), "{moved}");
    // The next run does, and does not trust what is recorded of older orders.
    let Attached::Ready { born: later, made: false, .. } = attach(&store).unwrap() else { panic!() };
    assert!(later > born);
    assert!(store.warnings().iter().any(|warning| warning.contains("taken over")), "{:?}", store.warnings());
    let again = attach(&Postgres::open(both).unwrap()).unwrap();
    assert_eq!(again, Attached::Ready { made: false, born: later, in_hand: None });
}

#[test]
fn nothing_is_written_to_a_server_that_took_over_behind_the_same_address() {
    let primary = Server::start("fsync = off\nwal_level = replica");
    let standby = primary.standby();
    let gateway = Gateway::before(&primary);
    let settings = Settings::new(gateway.address()).lease(Duration::from_secs(1));
    let store = settings.clone().open().unwrap();
    let Attached::Ready { born, .. } = attach(&store).unwrap() else { panic!() };
    let held = claim(&store);
    store.begin(&held, &STEP, store.now()).unwrap();
    let written = primary.ask("SELECT pg_current_wal_lsn()");
    let start = Instant::now();
    while standby.ask(&format!("SELECT pg_last_wal_replay_lsn() >= '{written}'")) != "t" {
        assert!(start.elapsed() < Duration::from_secs(20));
    }
    primary.control("stop");
    standby.control("promote");
    let all = "SELECT string_agg(t::text, ' ') FROM (
        SELECT step::text FROM connect.step UNION ALL SELECT lease::text FROM connect.lease
        UNION ALL SELECT entry::text FROM connect.entry UNION ALL SELECT stray::text FROM connect.stray) AS t";
    let before = standby.ask(all);
    assert!(before.contains("begun"), "{before}");
    gateway.go_on_at(&standby);
    let text = "another server has taken over";
    let now = store.now();
    let seen = [Note { id: ORDER.id, what: Noted::Told("something") }];
    refused(store.begin(&held, &Begin { name: "b", ..STEP }, now), text);
    refused(store.result(&held, STEP.name, 1, &StepEnd::Done("1"), now), text);
    refused(store.claim(&Order { id: "PR-2", ..ORDER }, now), text);
    refused(store.note(ORDER.collection, &seen, now), text);
    refused(store.correct(ORDER.collection, ORDER.id, &Correction::Revive, "jo", now), text);
    refused(store.claim_ended(ORDER.collection, ORDER.id, now), text);
    store.sweep(now + Duration::from_secs(86400)).unwrap();
    // The lease is not renewed there either.
    std::thread::sleep(Duration::from_millis(700));
    assert!(!store.is_held(&held));
    refused(store.release(&held, Some(&held.entry)), text);
    refused(store.end(&held, "approved", None, now), text);
    assert_eq!(standby.ask(all), before);
    // The next run begins there, and does not trust what is recorded of older orders.
    let next = settings.open().unwrap();
    let Attached::Ready { born: later, made: false, .. } = attach(&next).unwrap() else { panic!() };
    assert!(later > born);
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(claim(&next).steps.len(), 1);
}

#[test]
fn jobs_of_one_schema_know_nothing_of_each_other() {
    let settings = settings();
    let stores: Vec<_> = ["a", "b"]
        .into_iter()
        .map(|job| {
            let store = settings.clone().open().unwrap();
            store.attach(&Identity { job, endpoint: Some(job) }, false, store.now()).unwrap();
            store
        })
        .collect();
    let held: Vec<_> = stores.iter().map(claim).collect();
    stores[0].begin(&held[0], &STEP, stores[0].now()).unwrap();
    assert!(stores[1].read(ORDER.collection, ORDER.id).unwrap().is_none());
    let error =
        stores[1].attach(&Identity { job: "b", endpoint: Some("a") }, false, stores[1].now()).unwrap_err();
    assert_eq!(kind(&error), LedgerErrorKind::OtherEndpoint);
}
