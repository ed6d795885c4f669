//! The server and the ledger's schema in it: looked at, made, and told from what is none of ours.

use connect::{LedgerError, LedgerErrorKind, OffsetDateTime, Result};

use crate::error::unusable;
use crate::rows::{get, text};
use crate::session::Session;

/// Rises only where an older version of this package would act wrongly.
const FORMAT: i32 = 1;

/// What a server is like.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    /// Whether the ledger's tables are there.
    pub(crate) is_made: bool,
    pub(crate) now: OffsetDateTime,
    /// Nothing where the server does not tell.
    pub(crate) timeline: Option<String>,
    is_read_only: bool,
    loses_commits: bool,
    has_fsync: bool,
    /// Standbys, none of which is synchronous.
    asynchronous: i64,
}

/// The name as the server reads exactly it.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

pub(crate) fn look(session: &Session, schema: &str) -> Result<Found> {
    let sql = "SELECT to_regclass(quote_ident($1) || '.format') IS NOT NULL AS is_made, clock_timestamp() AS now,
        pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean AS is_read_only,
        CASE WHEN pg_is_in_recovery() THEN NULL ELSE left(pg_walfile_name(pg_current_wal_lsn()), 8) END AS timeline,
        current_setting('synchronous_commit') = 'off' AS loses_commits,
        current_setting('fsync')::boolean AS has_fsync,
        CASE WHEN current_setting('synchronous_standby_names') = ''
            THEN (SELECT count(*) FROM pg_stat_replication) ELSE 0 END AS asynchronous";
    let rows = session.rows(sql, vec![text(schema)])?;
    let row = rows.first().ok_or_else(|| unusable("PostgreSQL tells nothing about itself"))?;
    let mut found = Found {
        is_made: get(row, "is_made")?,
        now: get(row, "now")?,
        timeline: get(row, "timeline")?,
        is_read_only: get(row, "is_read_only")?,
        loses_commits: get(row, "loses_commits")?,
        has_fsync: get(row, "has_fsync")?,
        asynchronous: get(row, "asynchronous")?,
    };
    if found.is_made {
        let rows = session.rows("SELECT max(version) AS version FROM format", Vec::new())?;
        match rows.first().map(|row| get::<Option<i32>>(row, "version")).transpose()?.flatten() {
            Some(format) if format > FORMAT => {
                let text = format!(
                    "the ledger in the schema {schema:?} has format {format}, and this version of connect-sdk-postgres reads \
                     format {FORMAT}: update the program"
                );
                return Err(LedgerError::new(LedgerErrorKind::Newer, text).into());
            }
            Some(_) => {}
            None => found.is_made = false,
        }
    }
    Ok(found)
}

impl Found {
    /// # Errors
    ///
    /// Where the server would not keep what it is told.
    pub(crate) fn check(&self) -> Result<()> {
        if self.is_read_only {
            return Err(unusable(
                "PostgreSQL is read-only: it is a standby, or was set so. Name the primary, or all servers with \
                 target_session_attrs=read-write",
            ));
        }
        if self.loses_commits {
            return Err(unusable(
                "PostgreSQL forgets what it has confirmed when it falls, since synchronous_commit is off: set it to on for \
                 this user (ALTER ROLE … SET synchronous_commit = on)",
            ));
        }
        Ok(())
    }

    pub(crate) fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if !self.has_fsync {
            warnings.push(
                "PostgreSQL runs without fsync: what the ledger remembers may be lost with its power".into(),
            );
        }
        if self.asynchronous > 0 {
            warnings.push(
                "PostgreSQL has standbys and none is synchronous: should one take over, it may lack the steps that were begun \
                 last. Set synchronous_standby_names"
                    .into(),
            );
        }
        warnings
    }
}

/// Makes the tables, unless another worker is faster.
pub(crate) fn make(session: &Session, schema: &str) -> Result<()> {
    let name = quoted(schema);
    let literal = schema.replace('\'', "''");
    // Who has the schema made for him needs no right to make one.
    let sql = format!(
        "DO $make$ BEGIN
            PERFORM pg_advisory_xact_lock(hashtextextended('connect-sdk-postgres', 0));
            IF to_regnamespace(quote_ident(E'{}')) IS NULL THEN CREATE SCHEMA {name}; END IF;
            IF to_regclass(quote_ident(E'{}') || '.format') IS NULL THEN
                EXECUTE $connect_schema${}$connect_schema$;
            END IF;
        END $make$",
        literal.replace('\\', "\\\\"),
        literal.replace('\\', "\\\\"),
        include_str!("schema.sql")
    );
    session.batch(sql)
}
