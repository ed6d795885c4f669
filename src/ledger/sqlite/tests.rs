use std::fs;

use tempfile::TempDir;

use super::*;
use crate::Error;
use crate::ledger::conformance;

const OURS: Identity<'static> = Identity { job: "job", endpoint: Some("https://example.com") };
const NOON: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;
const ORDER: Order<'static> = Order { collection: "requests", id: "PR-1", asset: None, created: None };

/// In memory where the system has such a place: what is tested here is not the disk.
fn in_memory() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

fn folder() -> (TempDir, PathBuf) {
    let folder = in_memory();
    let path = folder.path().join("ledger.db");
    (folder, path)
}

/// A store that a run has.
fn attached(path: &Path) -> Sqlite {
    let store = Sqlite::open(path).unwrap();
    assert!(matches!(store.attach(&OURS, false, NOON).unwrap(), Attached::Ready { .. }));
    store
}

fn claim(store: &Sqlite) -> Claim {
    match store.claim(&ORDER, NOON).unwrap() {
        Claimed::Yes(claim) => *claim,
        other => panic!("{other:?}"),
    }
}

/// Begins a step of the only order, and ends it.
fn one_step_done(store: &Sqlite) -> Claim {
    let claim = claim(store);
    let begin = Begin { name: "tenant", was: None, generation: 1, key: "k", input: "{}", keep: false };
    store.begin(&claim, &begin, NOON).unwrap();
    store.result(&claim, "tenant", 1, &StepEnd::Done("\"T-1\""), NOON).unwrap();
    claim
}

fn names(folder: &TempDir) -> Vec<String> {
    let entries = fs::read_dir(folder.path()).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[track_caller]
fn refused<T: std::fmt::Debug>(result: Result<T>, kind: LedgerErrorKind, text: &str) {
    match result {
        Err(Error::Ledger(error)) => {
            assert_eq!(error.kind(), kind, "{error}");
            assert!(error.to_string().contains(text), "{error}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn it_conforms() {
    let folder = in_memory();
    let mut number = 0;
    let make = || {
        number += 1;
        Sqlite::open(&folder.path().join(format!("{number}.db"))).unwrap()
    };
    if let Err(error) = conformance::check(make) {
        panic!("{error:#}");
    }
}

#[test]
fn the_first_run_makes_a_file_that_its_owner_alone_reads() {
    let (folder, path) = folder();
    let store = Sqlite::open(&path).unwrap();
    assert_eq!(names(&folder), [""; 0], "opening makes nothing");
    assert_eq!(
        store.attach(&OURS, false, NOON).unwrap(),
        Attached::Ready { made: true, born: NOON, in_hand: None }
    );
    one_step_done(&store);
    #[cfg(unix)]
    for name in ["ledger.db", "ledger.db-wal", "ledger.db-shm"] {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(folder.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    drop(store);
    assert_eq!(names(&folder), ["ledger.db", "ledger.db.lock"]);
    let again = Sqlite::open(&path).unwrap();
    let later = NOON + time::Duration::HOUR;
    assert_eq!(
        again.attach(&OURS, false, later).unwrap(),
        Attached::Ready { made: false, born: NOON, in_hand: None }
    );
    assert_eq!(claim(&again).steps.len(), 1);
}

#[test]
fn a_second_run_has_nothing_to_do_until_the_first_is_over() {
    let (_folder, path) = folder();
    let first = attached(&path);
    let second = Sqlite::open(&path).unwrap();
    assert_eq!(second.attach(&OURS, false, NOON).unwrap(), Attached::Held);
    refused(second.sweep(NOON), LedgerErrorKind::Unusable, "is only read");
    drop(first);
    assert!(matches!(second.attach(&OURS, false, NOON).unwrap(), Attached::Ready { made: false, .. }));
}

#[test]
fn a_dry_run_reads_beside_a_run_and_writes_nothing() {
    let (_folder, path) = folder();
    let run = attached(&path);
    let held = one_step_done(&run);
    let reader = Sqlite::open(&path).unwrap();
    assert_eq!(
        reader.attach(&OURS, true, NOON).unwrap(),
        Attached::Ready { made: false, born: NOON, in_hand: None }
    );
    assert_eq!(claim(&reader).steps.len(), 1);
    assert_eq!(claim(&reader).steps.len(), 1, "its claims keep nobody away");
    refused(reader.sweep(NOON), LedgerErrorKind::Unusable, "is only read");
    let begin = Begin { name: "licence", was: None, generation: 1, key: "k", input: "{}", keep: false };
    assert!(matches!(run.begin(&held, &begin, NOON).unwrap(), Began::Begun(_)), "the reader holds nobody up");
    assert_eq!(claim(&reader).steps.len(), 2);
}

#[test]
fn a_dry_run_notes_no_share() {
    let (_folder, path) = folder();
    drop(attached(&path));
    let reader = Sqlite::open(&path).unwrap();
    reader.attach(&OURS, true, NOON).unwrap();
    assert_eq!(reader.share("1/3").unwrap(), None);
    let run = attached(&path);
    one_step_done(&run);
    assert_eq!(run.share("0/1").unwrap(), None);
    assert_eq!(run.share("1/3").unwrap().as_deref(), Some("0/1"));
}

#[test]
fn a_dry_run_leaves_no_trace() {
    let (folder, path) = folder();
    let reader = Sqlite::open(&path).unwrap();
    assert!(matches!(reader.attach(&OURS, true, NOON).unwrap(), Attached::Ready { made: false, .. }));
    assert!(claim(&reader).steps.is_empty());
    drop(reader);
    assert_eq!(names(&folder), [""; 0]);
    one_step_done(&attached(&path));
    let before = (names(&folder), fs::read(&path).unwrap());
    let reader = Sqlite::open(&path).unwrap();
    assert_eq!(claim(&reader).steps.len(), 1);
    drop(reader);
    assert_eq!((names(&folder), fs::read(&path).unwrap()), before);
}

#[test]
fn what_a_killed_run_left_in_its_log_is_read_and_stays_there() {
    let (_folder, path) = folder();
    let (after, copy) = folder();
    let run = attached(&path);
    one_step_done(&run);
    // As the files are while a run is killed.
    for end in ["", "-wal"] {
        fs::copy(file_beside(&path, end), file_beside(&copy, end)).unwrap();
    }
    let before = fs::read(&copy).unwrap();
    let reader = Sqlite::open(&copy).unwrap();
    assert_eq!(claim(&reader).steps.len(), 1);
    drop(reader);
    assert_eq!(fs::read(&copy).unwrap(), before);
    assert!(names(&after).contains(&"ledger.db-wal".to_owned()));
    let next = attached(&copy);
    assert_eq!(claim(&next).steps.len(), 1);
    drop(next);
    assert_eq!(names(&after), ["ledger.db", "ledger.db.lock"]);
    assert_eq!(claim(&attached(&copy)).steps.len(), 1);
}

fn file_beside(path: &Path, end: &str) -> PathBuf {
    PathBuf::from(format!("{}{end}", path.display()))
}

#[test]
fn a_file_that_is_no_ledger_is_left_alone() {
    let (folder, path) = folder();
    let damaged = LedgerErrorKind::Damaged;
    let hint = "put back a copy that is whole, or move it away";
    for content in [&b""[..], b"no database", &[0; 8192], &b"SQLite format 3\0"[..], &[255; 100]] {
        fs::write(&path, content).unwrap();
        refused(Sqlite::open(&path), damaged, hint);
        assert_eq!(fs::read(&path).unwrap(), content);
    }
    fs::remove_file(&path).unwrap();
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE other (x)").unwrap();
    refused(Sqlite::open(&path), LedgerErrorKind::Foreign, "is a database of another program");
    refused(Sqlite::open(folder.path()), LedgerErrorKind::Foreign, "is no regular file");
}

#[test]
fn damage_in_the_midst_of_the_file_is_an_error_once_it_is_met() {
    let (_folder, path) = folder();
    one_step_done(&attached(&path));
    let whole = fs::read(&path).unwrap();
    let page = 4096;
    assert!(whole.len() > 3 * page);
    let damaged: Vec<_> =
        whole.iter().enumerate().map(|(at, byte)| if at < page { *byte } else { 0x5a }).collect();
    for content in [&damaged[..], &whole[..page]] {
        fs::write(&path, content).unwrap();
        let met = Sqlite::open(&path).and_then(|store| {
            store.attach(&OURS, false, NOON)?;
            store.claim(&ORDER, NOON)
        });
        refused(met, LedgerErrorKind::Damaged, "ledger.db is damaged");
    }
}

#[test]
fn a_newer_format_is_not_guessed_at() {
    let (_folder, path) = folder();
    drop(attached(&path));
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 2).unwrap();
    refused(
        Sqlite::open(&path),
        LedgerErrorKind::Newer,
        "has format 2, and this version of connect-sdk reads format 1",
    );
}

#[test]
fn the_ledger_of_another_job_or_endpoint_is_refused() {
    let (_folder, path) = folder();
    drop(attached(&path));
    for dry_run in [false, true] {
        let store = Sqlite::open(&path).unwrap();
        let other = Identity { job: "other", ..OURS };
        let text = "is of job \"job\" and not of \"other\": give this one a file of its own, or say its name";
        refused(store.attach(&other, dry_run, NOON), LedgerErrorKind::OtherJob, text);
        let other = Identity { endpoint: Some("https://test.example.com"), ..OURS };
        let text = "is of endpoint \"https://example.com\" and not of \"https://test.example.com\"";
        let refusal = store.attach(&other, dry_run, NOON);
        let told = refusal.as_ref().map_err(ToString::to_string);
        assert!(told.unwrap_err().ends_with("give this one a file of its own"), "{refusal:?}");
        refused(refusal, LedgerErrorKind::OtherEndpoint, text);
    }
}

#[test]
fn a_ledger_that_knows_no_endpoint_yet_is_read_by_a_dry_run_and_noted_by_a_run() {
    let (_folder, path) = folder();
    let store = Sqlite::open(&path).unwrap();
    store.attach(&Identity { endpoint: None, ..OURS }, false, NOON).unwrap();
    drop(store);
    let other = Identity { endpoint: Some("https://test.example.com"), ..OURS };
    for (identity, dry_run) in [(&OURS, true), (&other, true), (&OURS, false)] {
        Sqlite::open(&path).unwrap().attach(identity, dry_run, NOON).unwrap();
    }
    let store = Sqlite::open(&path).unwrap();
    refused(store.attach(&other, true, NOON), LedgerErrorKind::OtherEndpoint, "https://example.com");
}

#[test]
fn a_correction_that_changed_nothing_is_not_kept() {
    let (_folder, path) = folder();
    let store = attached(&path);
    one_step_done(&store);
    let correct = |what| store.correct(ORDER.collection, ORDER.id, &what, "jo: it works", NOON).unwrap();
    assert!(!correct(Correction::Acknowledge));
    assert!(!correct(Correction::Set { step: "licence", result: "1" }));
    assert!(correct(Correction::Revive));
    let kept = |sql: &str| store.connection.get().unwrap().query_row(sql, [], |row| row.get(0));
    let all: String = kept("SELECT group_concat(id || ' ' || what || ' ' || by) FROM correction").unwrap();
    assert_eq!(all, "PR-1 revive jo: it works");
}

#[test]
fn what_was_refused_after_the_claim_was_lost_left_nothing_for_a_person() {
    let (_folder, path) = folder();
    let store = attached(&path);
    let held = claim(&store);
    store.release(&held, None).unwrap();
    let mut strays = Vec::new();
    for (end, expected) in [(StepEnd::Refused, 0), (StepEnd::Unreadable("no text"), 1)] {
        assert_eq!(store.result(&held, "tenant", 1, &end, NOON).unwrap(), Kept::Stray);
        strays.clear();
        store.strays(&mut |stray| strays.push(stray.result)).unwrap();
        assert_eq!(strays.len(), expected);
    }
}

#[test]
fn a_folder_that_cannot_be_written_is_an_error_that_names_the_file() {
    // Nobody may make files there, the super-user neither.
    #[cfg(target_os = "linux")]
    {
        let store = Sqlite::open(Path::new("/proc/ledger.db")).unwrap();
        let refusal = store.attach(&OURS, false, NOON);
        refused(refusal, LedgerErrorKind::Unusable, "the ledger /proc/ledger.db cannot be taken for a run");
    }
    let (_folder, path) = folder();
    let store = Sqlite::open(&path.join("no/ledger.db")).unwrap();
    refused(store.attach(&OURS, false, NOON), LedgerErrorKind::Unusable, "cannot be taken for a run");
}

#[cfg(unix)]
#[test]
fn a_link_that_leads_nowhere_is_no_new_start() {
    let (folder, path) = folder();
    std::os::unix::fs::symlink(folder.path().join("away/ledger.db"), &path).unwrap();
    let store = Sqlite::open(&path).unwrap();
    let refusal = store.attach(&OURS, false, NOON);
    refused(refusal, LedgerErrorKind::Unusable, "ledger.db is a link that leads nowhere");
    assert!(fs::symlink_metadata(&path).unwrap().is_symlink());
    assert_eq!(names(&folder), ["ledger.db", "ledger.db.lock"]);
}

#[test]
fn a_run_that_makes_a_file_leaves_no_half_of_one() {
    let (folder, path) = folder();
    assert!(file::make(&path, NOON).unwrap());
    assert!(!file::make(&path, NOON).unwrap());
    assert_eq!(names(&folder), ["ledger.db"]);
}

#[test]
fn another_program_that_keeps_the_file_locked_is_told() {
    let (_folder, path) = folder();
    let store = attached(&path);
    store.connection.get().unwrap().busy_timeout(std::time::Duration::from_millis(20)).unwrap();
    let person = Connection::open(&path).unwrap();
    person.execute_batch("BEGIN IMMEDIATE").unwrap();
    let held = claim(&store);
    refused(store.release(&held, Some(&held.entry)), LedgerErrorKind::Busy, "such as an open sqlite3");
    // What has nothing to write waits for nobody.
    store.note(ORDER.collection, &[], NOON).unwrap();
    store.sweep(NOON).unwrap();
    let Claimed::Yes(unknown) = store.claim(&Order { id: "PR-2", ..ORDER }, NOON).unwrap() else { panic!() };
    store.end(&unknown, "approved", None, NOON).unwrap();
    person.execute_batch("ROLLBACK").unwrap();
    store.release(&held, Some(&held.entry)).unwrap();
}

/// A store with one act that does not do what it must.
struct Flawed(Sqlite, Flaw);

#[derive(Debug, Clone, Copy, PartialEq)]
enum Flaw {
    None,
    Identity,
    Claims,
    Begin,
    Change,
    Result,
    End,
    Left,
    Note,
    Correct,
    Each,
    Release,
    Sweep,
}

impl Store for Flawed {
    fn attach(&self, identity: &Identity<'_>, dry_run: bool, now: OffsetDateTime) -> Result<Attached> {
        self.0.attach(if self.1 == Flaw::Identity { &OURS } else { identity }, dry_run, now)
    }

    fn claim(&self, order: &Order<'_>, now: OffsetDateTime) -> Result<Claimed> {
        if self.1 == Flaw::Claims {
            self.0.claims.borrow_mut().clear();
        }
        self.0.claim(order, now)
    }

    fn begin(&self, claim: &Claim, step: &Begin<'_>, now: OffsetDateTime) -> Result<Began> {
        let began = self.0.begin(claim, step, now)?;
        Ok(match (self.1, began) {
            (Flaw::Begin, Began::Dead) => {
                Began::Begun(self.0.read(ORDER.collection, "PR-1-001")?.unwrap().1.remove(0))
            }
            (Flaw::Change, Began::Changed(record)) => Began::Begun(record),
            (_, began) => began,
        })
    }

    fn result(
        &self,
        claim: &Claim,
        name: &str,
        generation: u32,
        end: &StepEnd<'_>,
        now: OffsetDateTime,
    ) -> Result<Kept> {
        match self.1 {
            Flaw::Result => Ok(Kept::Recorded),
            _ => self.0.result(claim, name, generation, end, now),
        }
    }

    fn end(&self, claim: &Claim, state: &str, left: Option<Left>, now: OffsetDateTime) -> Result<()> {
        match self.1 {
            Flaw::End => self.0.release(claim, None),
            Flaw::Left => self.0.end(claim, state, None, now),
            _ => self.0.end(claim, state, left, now),
        }
    }

    fn claim_ended(&self, collection: &str, id: &str, now: OffsetDateTime) -> Result<Option<Claim>> {
        self.0.claim_ended(collection, id, now)
    }

    fn release(&self, claim: &Claim, entry: Option<&Entry>) -> Result<()> {
        self.0.release(claim, entry.filter(|_| self.1 != Flaw::Release))
    }

    fn read(&self, collection: &str, id: &str) -> Result<Option<(Entry, Vec<StepRecord>)>> {
        self.0.read(collection, id)
    }

    fn note(&self, collection: &str, notes: &[Note<'_>], now: OffsetDateTime) -> Result<()> {
        match self.1 {
            Flaw::Note => Ok(()),
            _ => self.0.note(collection, notes, now),
        }
    }

    fn correct(
        &self,
        collection: &str,
        id: &str,
        correction: &Correction<'_>,
        by: &str,
        now: OffsetDateTime,
    ) -> Result<bool> {
        match self.1 {
            Flaw::Correct => Ok(true),
            _ => self.0.correct(collection, id, correction, by, now),
        }
    }

    fn each(&self, collection: &str, which: Which, each: &mut dyn FnMut(Entry)) -> Result<()> {
        self.0.each(collection, if self.1 == Flaw::Each { Which::All } else { which }, each)
    }

    fn strays(&self, each: &mut dyn FnMut(Stray)) -> Result<()> {
        self.0.strays(each)
    }

    fn sweep(&self, before: OffsetDateTime) -> Result<()> {
        match self.1 {
            Flaw::Sweep => Ok(()),
            _ => self.0.sweep(before),
        }
    }
}

#[test]
fn the_suite_finds_each_act_that_is_flawed() {
    let folder = in_memory();
    for flaw in [
        Flaw::None,
        Flaw::Identity,
        Flaw::Claims,
        Flaw::Begin,
        Flaw::Change,
        Flaw::Result,
        Flaw::End,
        Flaw::Left,
        Flaw::Note,
        Flaw::Correct,
        Flaw::Each,
        Flaw::Release,
        Flaw::Sweep,
    ] {
        let mut number = 0;
        let checked = conformance::check(|| {
            number += 1;
            Flawed(Sqlite::open(&folder.path().join(format!("{flaw:?}-{number}.db"))).unwrap(), flaw)
        });
        assert_eq!(checked.is_err(), flaw != Flaw::None, "{flaw:?}: {checked:?}");
    }
}
