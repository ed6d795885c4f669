//! What PostgreSQL fails with, and what to do.

use connect::{Error, LedgerError, LedgerErrorKind};
use postgres::error::SqlState;

pub(crate) fn unusable(text: impl Into<String>) -> Error {
    LedgerError::new(LedgerErrorKind::Unusable, text).into()
}

/// Names what the server or the connection failed with.
pub(crate) fn failed(error: postgres::Error) -> Error {
    let (kind, text) = describe(&error);
    LedgerError::new(kind, text).with_source(error).into()
}

fn describe(error: &postgres::Error) -> (LedgerErrorKind, String) {
    use LedgerErrorKind::{Busy, Damaged, Full, Unusable};
    let Some(told) = error.as_db_error() else {
        let cause = innermost(error);
        let text = if error.is_closed() || cause.contains("closed") {
            "the connection to PostgreSQL is lost: nothing more is done without the ledger, and the next run goes on".into()
        } else {
            format!("PostgreSQL cannot be reached: {cause}")
        };
        return (Unusable, text);
    };
    let said = told.message();
    let code = told.code();
    match code.code() {
        "CN001" => (
            Unusable,
            format!(
                "another server has taken over from the PostgreSQL that this run began on, and may lack what was written \
                 last ({said}): the run ends, and the next one begins on the new server"
            ),
        ),
        _ if *code == SqlState::READ_ONLY_SQL_TRANSACTION => (
            Unusable,
            "PostgreSQL is read-only: it is a standby, or was set so. Name the primary, or all servers with \
             target_session_attrs=read-write"
                .into(),
        ),
        _ if *code == SqlState::TOO_MANY_CONNECTIONS || *code == SqlState::CONFIGURATION_LIMIT_EXCEEDED => (
            Busy,
            format!("PostgreSQL has no connection left ({said}): raise max_connections, or run fewer workers. Each has one"),
        ),
        _ if *code == SqlState::QUERY_CANCELED => (
            Busy,
            "PostgreSQL is too slow: a statement of some milliseconds was not done within its time. See what keeps it in \
             pg_stat_activity"
                .into(),
        ),
        _ if *code == SqlState::LOCK_NOT_AVAILABLE || *code == SqlState::T_R_DEADLOCK_DETECTED => {
            (Busy, format!("PostgreSQL's tables are locked by somebody else ({said}): see pg_locks"))
        }
        _ if *code == SqlState::DISK_FULL => (Full, "the disk of PostgreSQL is full".into()),
        _ if *code == SqlState::ADMIN_SHUTDOWN
            || *code == SqlState::CRASH_SHUTDOWN
            || *code == SqlState::CANNOT_CONNECT_NOW =>
        {
            (Unusable, format!("PostgreSQL is being stopped or started ({said}): the next run goes on"))
        }
        _ if *code == SqlState::INVALID_PASSWORD || *code == SqlState::INVALID_AUTHORIZATION_SPECIFICATION => {
            (Unusable, format!("PostgreSQL does not let this user in: {said}"))
        }
        _ if *code == SqlState::INVALID_CATALOG_NAME => {
            (Unusable, format!("{said}: make it with createdb, or name another one"))
        }
        _ if *code == SqlState::INSUFFICIENT_PRIVILEGE => (
            Unusable,
            format!(
                "PostgreSQL refuses this user: {said}. It needs CREATE on the database once, to make the schema, or a schema \
                 of its own"
            ),
        ),
        _ if *code == SqlState::UNDEFINED_TABLE
            || *code == SqlState::UNDEFINED_COLUMN
            || *code == SqlState::UNDEFINED_FUNCTION =>
        {
            (Damaged, format!("the ledger's schema in PostgreSQL was changed by somebody: {said}"))
        }
        "XX001" | "XX002" => (Damaged, format!("PostgreSQL's data are damaged: {said}")),
        code => (Unusable, format!("PostgreSQL refuses: {said} ({code})")),
    }
}

fn innermost(error: &postgres::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}
