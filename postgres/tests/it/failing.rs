//! Runs on a server that cannot keep the ledger, or cannot any more: nothing is handled without a lease.

use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Duration;

use connect_postgres::Postgres;

use crate::server::Server;
use crate::world::World;

/// What a run ended with: its exit code, and what it said.
fn ended(world: &World) -> (Option<i32>, String) {
    let output = world.spawn(&["--lease", "2"]).output();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8_lossy(&said).into_owned())
}

#[test]
fn a_run_on_a_server_that_cannot_keep_the_ledger_handles_nothing() {
    let server = Server::start(
        "max_connections = 4\nsuperuser_reserved_connections = 0\nmax_wal_senders = 0\nfsync = off",
    );
    server.ask(
        "CREATE ROLE forgets LOGIN SUPERUSER; ALTER ROLE forgets SET synchronous_commit = off;
        CREATE ROLE reads LOGIN SUPERUSER; ALTER ROLE reads SET default_transaction_read_only = on",
    );
    let mut world = World::on(server.address(), "jobs".into(), 2);
    let mut refused = |address: String, text: &str| {
        world.address = address;
        let (code, said) = ended(&world);
        assert!(code == Some(1) && said.contains(text), "{code:?} {said}");
        assert_eq!((world.vendor.calls().len(), world.sandbox.effects().len()), (0, 0), "{text}");
    };
    let address = |user: &str| server.address().replace("user=jobs", &format!("user={user}"));
    refused(address("forgets"), "synchronous_commit is off");
    refused(address("reads"), "PostgreSQL is read-only");
    let held: Vec<_> = (0..4).map(|_| Postgres::open(server.address()).unwrap()).collect();
    refused(server.address(), "has no connection left");
    drop(held);
    server.control("stop");
    refused(server.address(), "PostgreSQL cannot be reached");
    server.control("start");
    assert_eq!(ended(&world).0, Some(0));
    assert_eq!(world.approvals().len(), 2);
}

/// The server fails while a worker waits for the vendor's answer, for the second step of its second order.
///
/// Returns how many attempts that cost.
fn fails_in_a_call(fail: impl Fn(&Server) + Send + 'static, text: &str, mend: impl Fn(&Server)) -> String {
    let server = Arc::new(Server::start("fsync = off"));
    let world = World::on(server.address(), "jobs".into(), 3);
    let (done, is_done) = channel();
    let (failing, mut calls) = (Arc::clone(&server), 0);
    world.vendor.on_call(move |_| {
        calls += 1;
        if calls == 4 {
            fail(&failing);
            done.send(()).unwrap();
        }
    });
    let (code, said) = ended(&world);
    is_done.recv_timeout(Duration::from_secs(60)).unwrap();
    assert!(code == Some(1) && said.contains(text), "{code:?} {said}");
    assert_eq!((world.pending(), world.approvals().len()), (2, 1), "{said}");
    mend(&server);
    world.finish(&[], Duration::from_secs(60));
    let approvals = world.approvals();
    assert_eq!((approvals.len(), approvals.values().max()), (3, Some(&1)));
    assert_eq!(world.vendor.calls().len(), 6);
    // The hook has the server, and the vendor's thread has the hook.
    world.vendor.on_call(|_| {});
    server.ask("SELECT sum(attempts) FROM jobs.entry")
}

#[test]
fn a_server_that_crashes_in_a_call_of_the_vendors_ends_the_run() {
    let attempts = fails_in_a_call(
        |server| server.control("crash"),
        "nothing more is done without the ledger",
        |server| server.control("start"),
    );
    assert_eq!(attempts, "0", "it is no order's fault that the server was away");
}

#[test]
fn a_server_that_becomes_read_only_in_a_call_of_the_vendors_ends_the_run() {
    let set = |server: &Server, to: &str| {
        server.ask(&format!("ALTER SYSTEM SET default_transaction_read_only = {to}"));
        server.control("reload");
        while server.ask("SHOW default_transaction_read_only") != to {}
    };
    let attempts = fails_in_a_call(
        move |server| set(server, "on"),
        "PostgreSQL is read-only",
        |server| set(server, "off"),
    );
    // Nobody could note that the order was given back: that looks as if its worker had vanished.
    assert_eq!(attempts, "1");
}

#[test]
fn a_server_whose_disk_is_full_in_a_call_of_the_vendors_ends_the_run() {
    let full = "SET search_path TO jobs;
        CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$;
        CREATE TRIGGER fill BEFORE UPDATE ON step FOR EACH STATEMENT EXECUTE FUNCTION fill()";
    let attempts = fails_in_a_call(
        move |server| drop(server.ask(full)),
        "the disk of PostgreSQL is full",
        |server| drop(server.ask("DROP TRIGGER fill ON jobs.step")),
    );
    assert_eq!(attempts, "0", "the order could be given back");
}

/// Whatever a server is told during a run, the run's own commits are kept as they were when it began.
#[test]
fn a_server_that_is_told_to_forget_during_a_run_keeps_what_that_run_writes() {
    let server = Arc::new(Server::start("fsync = off"));
    let world = World::on(server.address(), "jobs".into(), 2);
    let (told, mut calls) = (Arc::clone(&server), 0);
    world.vendor.on_call(move |_| {
        calls += 1;
        if calls == 2 {
            told.ask(
                "SET search_path TO jobs; CREATE TABLE kept (how text);
                CREATE FUNCTION how() RETURNS trigger LANGUAGE plpgsql AS
                    $$ BEGIN INSERT INTO jobs.kept VALUES (current_setting('synchronous_commit')); RETURN NULL; END $$;
                CREATE TRIGGER how AFTER UPDATE ON step FOR EACH STATEMENT EXECUTE FUNCTION how()",
            );
            told.ask("ALTER SYSTEM SET synchronous_commit = off");
            told.control("reload");
            while told.ask("SHOW synchronous_commit") != "off" {}
        }
    });
    assert_eq!(ended(&world).0, Some(0));
    assert_eq!(server.ask("SELECT DISTINCT how FROM jobs.kept"), "on");
    // The next run is refused.
    world.sandbox.add_requests(1, |_, request| request["type"] = "purchase".into());
    let (code, said) = ended(&world);
    assert!(code == Some(1) && said.contains("synchronous_commit is off"), "{said}");
    world.vendor.on_call(|_| {});
}
