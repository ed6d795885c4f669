//! The file: made, opened, and told from what is none of ours.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use time::OffsetDateTime;

use super::network;
use super::rows::millis;
use crate::error::{LedgerError, LedgerErrorKind, Result};
use crate::lock::Lock;
use crate::text;

/// `Cnct`, in the header of the file.
const APPLICATION: i32 = 0x436e_6374;
/// Rises only where an older version of this crate would act wrongly on the file.
const FORMAT: i32 = 1;

/// The lock that says whose the file is now, with what its last holder noted, or `None` where another run has it.
pub(super) fn lock(path: &Path) -> Result<Option<(Lock, Option<String>)>> {
    Lock::try_acquire_with_note(&beside(path, ".lock")).map_err(|error| {
        let text = format!("the ledger {} cannot be taken for a run: {error}", text::path(path));
        LedgerError::new(LedgerErrorKind::Unusable, text).into()
    })
}

/// Opens the file for reading; `None` where there is none.
pub(super) fn open(path: &Path) -> Result<Option<Connection>> {
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unusable(path, "cannot be opened", error)),
        Ok(found) if !found.is_file() => {
            return Err(LedgerError::new(
                LedgerErrorKind::Foreign,
                format!("{} cannot be a ledger: it is no regular file", text::path(path)),
            )
            .into());
        }
        Ok(found) if found.len() == 0 => return Err(damaged(path, "it is empty")),
        Ok(_) => {}
    }
    let connect = || {
        // The last reader would write the log of a run that was killed into the file; a run does that.
        let log = beside(path, "-wal").exists();
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, log)?;
        let number = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
        let numbers = (number("application_id")?, number("user_version")?);
        connection.pragma_update(None, "query_only", true)?;
        Ok((connection, numbers))
    };
    match connect() {
        Ok((connection, (APPLICATION, FORMAT))) => Ok(Some(connection)),
        Ok((_, (APPLICATION, format))) => {
            let text = format!(
                "the ledger {} has format {format}, and this version of connect-sdk reads format {FORMAT}: \
                 update the program, or give it the ledger that it wrote itself",
                text::path(path)
            );
            Err(LedgerError::new(LedgerErrorKind::Newer, text).into())
        }
        Ok(_) => {
            let text = format!("{} is a database of another program, and no ledger", text::path(path));
            Err(LedgerError::new(LedgerErrorKind::Foreign, text).into())
        }
        Err(error) => Err(self::error(path, error)),
    }
}

/// Lets a run write through the connection.
pub(super) fn write(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
    connection.pragma_update(None, "query_only", false)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    // What macOS calls synchronised is not on the disk without this.
    connection.pragma_update(None, "fullfsync", true)
}

/// Makes the file unless there is one; whether it was made.
///
/// It is complete before it has its name: a run that is killed meanwhile leaves no half of a ledger.
pub(super) fn make(path: &Path, now: OffsetDateTime) -> Result<bool> {
    if path.exists() {
        return Ok(false);
    }
    let half = beside(path, &format!(".{}.new", std::process::id()));
    let made = || -> Result<bool> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(&half).map_err(|error| unusable(path, "cannot be made", error))?;
        fill(&half, now).map_err(|error| self::error(path, error))?;
        // Fails where another process was faster, or a link is in the way.
        match fs::hard_link(&half, path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(false),
            // Not every file system has links.
            Err(_) => fs::rename(&half, path).map_err(|error| unusable(path, "cannot be made", error))?,
            Ok(()) => {}
        }
        if let Some(folder) = folder(path) {
            let _ = File::open(folder).and_then(|folder| folder.sync_all());
        }
        Ok(true)
    };
    let made = made();
    let _ = fs::remove_file(&half);
    made
}

fn fill(path: &Path, now: OffsetDateTime) -> rusqlite::Result<()> {
    let mut connection = Connection::open(path)?;
    write(&connection)?;
    let transaction = connection.transaction()?;
    transaction.execute_batch(include_str!("schema.sql"))?;
    transaction.pragma_update(None, "application_id", APPLICATION)?;
    transaction.pragma_update(None, "user_version", FORMAT)?;
    transaction.execute("INSERT INTO meta (name, value) VALUES ('born', ?)", [millis(now).to_string()])?;
    transaction.commit()?;
    // So that people and dry runs read while a run writes.
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    connection.close().map_err(|(_, error)| error)
}

/// # Errors
///
/// [`LedgerErrorKind::Network`] for a file on a file system of the network.
pub(super) fn refuse_network(path: &Path) -> Result<()> {
    // The file itself where it is there, since it may be a link.
    let place = path.canonicalize().ok().or_else(|| folder(path)?.canonicalize().ok());
    match place.and_then(|place| network::file_system(&place)) {
        None => Ok(()),
        Some(kind) => {
            let text = format!(
                "the ledger {} is on a network file system ({kind}), where locks cannot be trusted: \
                 put it on a disk of this machine",
                text::path(path)
            );
            Err(LedgerError::new(LedgerErrorKind::Network, text).into())
        }
    }
}

/// Names what SQLite failed with, and what to do.
pub(super) fn error(path: &Path, error: rusqlite::Error) -> crate::Error {
    let code = error.sqlite_error_code();
    let path_text = text::path(path);
    let (kind, text) = match code {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            return damaged(path, &error.to_string());
        }
        Some(ErrorCode::DiskFull) => {
            (LedgerErrorKind::Full, format!("the ledger {path_text} cannot be written: the disk is full"))
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => (
            LedgerErrorKind::Busy,
            format!("the ledger {path_text} is kept locked by another program, such as an open sqlite3"),
        ),
        // SQLite does not tell a column that is missing, or holds something else, from other mistakes.
        None => return damaged(path, &error.to_string()),
        Some(_) => (LedgerErrorKind::Unusable, format!("the ledger {path_text} cannot be used: {error}")),
    };
    LedgerError::new(kind, text).with_source(error).into()
}

fn damaged(path: &Path, why: &str) -> crate::Error {
    let text = format!(
        "{} is damaged or no ledger ({why}): put back a copy that is whole, or move it away to begin anew, \
         which forgets the steps that were done",
        text::path(path)
    );
    LedgerError::new(LedgerErrorKind::Damaged, text).into()
}

pub(super) fn unusable(path: &Path, what: &str, error: io::Error) -> crate::Error {
    let text = format!("the ledger {} {what}: {error}", text::path(path));
    LedgerError::new(LedgerErrorKind::Unusable, text).with_source(error).into()
}

/// The file was made unless there was one, and is not there.
pub(super) fn nowhere(path: &Path) -> crate::Error {
    let text = format!("the ledger {} is a link that leads nowhere", text::path(path));
    LedgerError::new(LedgerErrorKind::Unusable, text).into()
}

/// A file beside the ledger.
fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}

fn folder(path: &Path) -> Option<&Path> {
    let folder = path.parent()?;
    Some(if folder.as_os_str().is_empty() { Path::new(".") } else { folder })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_opened_for_reading_until_a_run_writes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.db");
        assert!(make(&path, OffsetDateTime::UNIX_EPOCH).unwrap());
        let connection = open(&path).unwrap().unwrap();
        let forget = || connection.execute("DELETE FROM meta", []);
        assert_eq!(forget().unwrap_err().sqlite_error_code(), Some(ErrorCode::ReadOnly));
        write(&connection).unwrap();
        assert_eq!(forget(), Ok(1));
    }

    #[test]
    fn the_folder_of_a_file_is_the_one_that_its_path_names() {
        for (path, expected) in
            [("/var/jobs/ledger.db", "/var/jobs"), ("jobs/ledger.db", "jobs"), ("ledger.db", ".")]
        {
            assert_eq!(folder(Path::new(path)), Some(Path::new(expected)));
        }
        assert_eq!(folder(Path::new("/")), None);
    }
}
