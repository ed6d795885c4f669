//! One run at a time.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::Path;

use crate::text;

/// Keeps two runs of one job from overlapping, by a lock on a file.
///
/// Cron starts the next run whether or not the last one has ended. A run that finds the lock taken has nothing to
/// do, and should say so and end with exit code 0:
///
/// ```no_run
/// use connect::Lock;
///
/// fn main() -> Result<(), Box<dyn std::error::Error>> {
///     let Some(_lock) = Lock::try_acquire("/var/lock/my-processor.lock")? else {
///         log::info!("another run holds /var/lock/my-processor.lock; nothing to do");
///         return Ok(());
///     };
///     // … process; the lock is held to the end of `main`
///     Ok(())
/// }
/// ```
///
/// Bind it to a name that begins with an underscore, not to `_` alone, which would drop it at once.
///
/// The operating system holds the lock, not the file: it is free as soon as its holder drops it or dies, by
/// `kill -9` too. The file stays, with the process id of its last holder in it for people to read. Deleting it while
/// a run goes on lets a second one start.
#[derive(Debug)]
#[must_use = "the lock is released when this is dropped"]
pub struct Lock {
    file: File,
}

impl Lock {
    /// Takes the lock if it is free, creating the file if it does not exist; `None` if another run holds it.
    ///
    /// An error if the file cannot be opened or locked, and for a file that holds anything but a process id: that is
    /// somebody's data given by mistake, and it is left alone.
    pub fn try_acquire(path: impl AsRef<Path>) -> io::Result<Option<Self>> {
        Ok(named(path.as_ref(), acquire(path.as_ref(), 32))?.map(|(lock, _)| lock))
    }

    /// [`try_acquire`](Self::try_acquire), with what the last holder [noted](Self::note) and did not take back.
    #[cfg(feature = "ledger")]
    pub(crate) fn try_acquire_with_note(path: &Path) -> io::Result<Option<(Self, Option<String>)>> {
        named(path, acquire(path, NOTE))
    }

    /// Whether a note is short enough to be left.
    #[cfg(feature = "ledger")]
    pub(crate) fn has_room_for(note: &str) -> bool {
        // A process id, two line breaks.
        note.len() + 24 <= NOTE
    }

    /// Leaves a line for the next holder, should this one die. It is written and not synchronised.
    #[cfg(feature = "ledger")]
    pub(crate) fn note(&self, note: &str) -> io::Result<()> {
        let mut line = format!("{}\n{note}", std::process::id());
        // Over what stands there, in one write.
        line.extend(std::iter::repeat_n(' ', NOTE.saturating_sub(line.len() + 1)));
        line.push('\n');
        let mut file = &self.file;
        file.rewind()?;
        file.write_all(line.as_bytes())
    }
}

/// So many bytes of a lock file are its holder's.
#[cfg(feature = "ledger")]
const NOTE: usize = 512;

fn named<T>(path: &Path, result: io::Result<T>) -> io::Result<T> {
    result.map_err(|error| io::Error::new(error.kind(), format!("lock file {}: {error}", text::path(path))))
}

/// Takes the lock of a file that holds a process id, and a note where `most` leaves room for one.
fn acquire(path: &Path, most: usize) -> io::Result<Option<(Lock, Option<String>)>> {
    // A pipe would block until somebody reads it.
    if path.metadata().is_ok_and(|metadata| !metadata.is_file()) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "is no regular file"));
    }
    let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(None),
        Err(TryLockError::Error(error)) => return Err(error),
    }
    let mut content = Vec::new();
    (&file).take(2048).read_to_end(&mut content)?;
    let content = String::from_utf8_lossy(&content);
    let (first, note) = content.split_once('\n').unwrap_or((&content, ""));
    let is_pid = first.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_whitespace());
    let has_room = content.len() <= most && (most > 32 || note.trim().is_empty());
    if !is_pid || first.len() >= 32 || !has_room {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "holds something else than a process id"));
    }
    let note = Some(note.trim().to_owned()).filter(|note| !note.is_empty());
    if let Err(error) = write_pid(&mut file) {
        log::debug!("the process id is not in lock file {}: {error}", text::path(path));
    }
    Ok(Some((Lock { file }, note)))
}

/// Closing the file alone would leave the lock to a process that is being started just then and has a copy of it still.
impl Drop for Lock {
    fn drop(&mut self) {
        if let Err(error) = self.file.unlock() {
            log::debug!("the lock file is not unlocked before it is closed: {error}");
        }
    }
}

/// For people only: the lock is good without it, on a full disk for example.
fn write_pid(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{}", std::process::id())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_held_lock_is_not_given_twice_and_a_dropped_one_is_given_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("job.lock");
        let first = Lock::try_acquire(&path).unwrap();
        assert!(first.is_some());
        assert!(Lock::try_acquire(&path).unwrap().is_none());
        drop(first);
        assert!(Lock::try_acquire(&path).unwrap().is_some());
    }

    #[test]
    fn a_dropped_lock_is_free_though_a_copy_of_its_handle_lives_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("job.lock");
        let lock = Lock::try_acquire(&path).unwrap().unwrap();
        let _copy = lock.file.try_clone().unwrap();
        drop(lock);
        assert!(Lock::try_acquire(&path).unwrap().is_some());
    }

    #[test]
    fn the_file_stays_and_names_its_last_holder() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("job.lock");
        fs::write(&path, "99999999999\n").unwrap();
        drop(Lock::try_acquire(&path).unwrap());
        assert_eq!(fs::read_to_string(&path).unwrap(), format!("{}\n", std::process::id()));
    }

    #[test]
    fn a_file_with_other_content_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.json");
        for content in ["{\"apiKey\": 1}", &"1".repeat(32)] {
            fs::write(&path, content).unwrap();
            let error = Lock::try_acquire(&path).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidData);
            let expected = format!("lock file {}: holds something else than a process id", path.display());
            assert_eq!(error.to_string(), expected);
            assert_eq!(fs::read_to_string(&path).unwrap(), content);
        }
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_file_is_refused_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        for path in [pipe.as_path(), folder.path(), Path::new("/dev/null")] {
            let error = Lock::try_acquire(path).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
            assert_eq!(error.to_string(), format!("lock file {}: is no regular file", path.display()));
        }
    }

    #[test]
    fn an_error_names_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("no/such/job.lock");
        let error = Lock::try_acquire(&path).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
        assert!(error.to_string().starts_with(&format!("lock file {}: ", path.display())), "{error}");
        let error = Lock::try_acquire(folder.path().join("no\nsuch/job.lock")).unwrap_err().to_string();
        assert!(error.contains("no\\nsuch"), "{error}");
    }
}
