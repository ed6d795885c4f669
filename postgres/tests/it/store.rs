//! The store does what every store must do.

use connect::ledger::conformance;
use connect::{Ledger, LedgerErrorKind};
use connect_postgres::{Postgres, Settings};

use crate::server::shared;

pub(crate) fn kind(error: &connect::Error) -> LedgerErrorKind {
    match error {
        connect::Error::Ledger(error) => error.kind(),
        other => panic!("{other}"),
    }
}

/// A store in a schema of its own.
pub(crate) fn settings() -> Settings {
    let (server, schema) = shared();
    Settings::new(server.address()).schema(schema)
}

#[test]
fn it_conforms() {
    conformance::check(|| settings().open().unwrap()).unwrap();
}

#[test]
fn a_schema_of_any_name_is_made_once_by_many_at_the_same_time() {
    let (server, _) = shared();
    let name = "It's a \"schema\" \\";
    std::thread::scope(|scope| {
        for worker in 0..8 {
            scope.spawn(move || {
                let store = Settings::new(server.address()).schema(name).open().unwrap();
                let ledger = Ledger::on(store).job(format!("job {}", worker % 2));
                assert!(!ledger.revive("PR-1", "jo: nothing").unwrap());
            });
        }
    });
    assert_eq!(server.ask("SELECT count(*) FROM \"It's a \"\"schema\"\" \\\".meta WHERE name = 'born'"), "2");
}

#[test]
fn a_newer_format_and_a_missing_server_are_told() {
    let (server, schema) = shared();
    server.ask(&format!("CREATE SCHEMA {schema}; CREATE TABLE {schema}.format (version integer); INSERT INTO {schema}.format VALUES (2)"));
    let error = Settings::new(server.address()).schema(schema).open().unwrap_err();
    assert_eq!(kind(&error), LedgerErrorKind::Newer, "{error}");
    let error = Postgres::open("host=/nowhere user=jobs dbname=postgres password=secret").unwrap_err();
    assert!(error.to_string().starts_with("PostgreSQL cannot be reached"), "{error}");
    let error = Postgres::open(format!("{} dbname=missing", server.address())).unwrap_err();
    assert!(error.to_string().contains("createdb"), "{error}");
    let shown = format!("{:?}", Settings::new("password=secret"));
    assert!(!shown.contains("secret"), "{shown}");
}
