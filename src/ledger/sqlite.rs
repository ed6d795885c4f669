//! The store of one machine: an SQLite file.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension as _, Transaction, TransactionBehavior, params};
use time::OffsetDateTime;

use super::store::{
    Attached, Began, Begin, Claim, Claimed, Correction, Entry, Identity, InHand, Kept, Left, Note, Noted,
    Order, StepEnd, StepRecord, StepState, Store, Stray, Which,
};
use crate::error::{LedgerError, LedgerErrorKind, Result};
use crate::lock::Lock;
use crate::text;

mod file;
mod network;
mod rows;

use rows::{ENTRY, STEP, entry, millis, moment, state_name, step, stray};

/// A ledger's file.
///
/// One process has it at a time, held by the lock on `PATH.lock`; so a claim lives in memory, and is lost when it is given
/// back.
#[derive(Debug)]
pub(super) struct Sqlite {
    path: PathBuf,
    /// Nothing where there is no file: a reader makes none.
    connection: OnceCell<Connection>,
    lock: OnceCell<Lock>,
    /// Whether a run has the file, so that it may be written.
    attached: Cell<bool>,
    claims: RefCell<HashMap<(String, String), u64>>,
    last_nonce: Cell<u64>,
    /// The order that the last run died of, until it is asked for.
    died_of: RefCell<Option<InHand>>,
}

impl Sqlite {
    /// Opens the file for reading, if there is one.
    pub(super) fn open(path: &Path) -> Result<Self> {
        file::refuse_network(path)?;
        let connection = file::open(path)?;
        Ok(Self {
            path: path.to_owned(),
            connection: connection.map_or_else(OnceCell::new, OnceCell::from),
            lock: OnceCell::new(),
            attached: Cell::new(false),
            claims: RefCell::default(),
            last_nonce: Cell::new(0),
            died_of: RefCell::default(),
        })
    }

    fn error(&self, error: rusqlite::Error) -> crate::Error {
        file::error(&self.path, error)
    }

    fn writer(&self) -> Result<&Connection> {
        self.connection.get().filter(|_| self.attached.get()).ok_or_else(|| {
            let text = format!("the ledger {} is only read: no run has it", text::path(&self.path));
            LedgerError::new(LedgerErrorKind::Unusable, text).into()
        })
    }

    /// All of it, or nothing.
    fn act<T>(&self, act: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>) -> Result<T> {
        let connection = self.writer()?;
        let done = (|| {
            let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
            let done = act(&transaction)?;
            transaction.commit()?;
            Ok(done)
        })();
        done.map_err(|error| self.error(error))
    }

    fn is_valid(&self, claim: &Claim) -> bool {
        let Entry { collection, id, .. } = &claim.entry;
        let claims = self.claims.borrow();
        claims.get(&(collection.clone(), id.clone())) == Some(&claim.nonce)
    }

    /// A claim, unless another worker has it.
    fn give(&self, entry: Entry, steps: Vec<StepRecord>) -> Option<Claim> {
        self.last_nonce.set(self.last_nonce.get() + 1);
        let nonce = self.last_nonce.get();
        if self.attached.get() {
            let key = (entry.collection.clone(), entry.id.clone());
            let mut claims = self.claims.borrow_mut();
            if claims.contains_key(&key) {
                return None;
            }
            claims.insert(key, nonce);
        }
        Some(Claim { nonce, entry, steps, died: None })
    }

    /// An older order of the same asset that has not ended.
    fn older(&self, order: &Order<'_>) -> Result<Option<String>> {
        let (Some(connection), Some(asset), Some(created)) =
            (self.connection.get(), order.asset, order.created)
        else {
            return Ok(None);
        };
        let sql = "SELECT id FROM entry WHERE asset = ?1 AND collection = ?2 AND id <> ?3 AND created < ?4
            AND ended IS NULL ORDER BY created LIMIT 1";
        connection
            .query_row(sql, params![asset, order.collection, order.id, millis(created)], |row| row.get(0))
            .optional()
            .map_err(|error| self.error(error))
    }

    fn give_back(&self, claim: &Claim) {
        if self.is_valid(claim) {
            let Entry { collection, id, .. } = &claim.entry;
            self.claims.borrow_mut().remove(&(collection.clone(), id.clone()));
        }
    }

    /// Notes whose the file is, or checks it.
    fn identify(&self, identity: &Identity<'_>, dry_run: bool) -> Result<()> {
        let Some(connection) = self.connection.get() else { return Ok(()) };
        let wanted = [("job", Some(identity.job)), ("endpoint", identity.endpoint)];
        for (name, wanted) in wanted {
            let Some(wanted) = wanted else { continue };
            let found = meta(connection, name).map_err(|error| self.error(error))?;
            match found {
                Some(found) if found == wanted => {}
                Some(found) => return Err(self.of_another(name, &found, wanted)),
                None if dry_run => {}
                None => self.act(|transaction| {
                    transaction
                        .execute("INSERT INTO meta (name, value) VALUES (?, ?)", [name, wanted])
                        .map(drop)
                })?,
            }
        }
        Ok(())
    }

    fn of_another(&self, name: &str, found: &str, wanted: &str) -> crate::Error {
        let kind = if name == "job" { LedgerErrorKind::OtherJob } else { LedgerErrorKind::OtherEndpoint };
        let path = text::path(&self.path);
        let hint = if name == "job" { ", or say its name with Ledger::job" } else { "" };
        let text = format!(
            "the ledger {path} is of {name} {found:?} and not of {wanted:?}: give this one a file of its own{hint}"
        );
        LedgerError::new(kind, text).into()
    }
}

impl Store for Sqlite {
    fn attach(&self, identity: &Identity<'_>, dry_run: bool, now: OffsetDateTime) -> Result<Attached> {
        let mut made = false;
        if !dry_run && !self.attached.get() {
            let held = file::lock(&self.path)?;
            let Some((lock, note)) = held else { return Ok(Attached::Held) };
            let noted = note.and_then(|note| serde_json::from_str(&note).ok());
            *self.died_of.borrow_mut() = noted.map(|(collection, id, plan)| InHand { collection, id, plan });
            // Looked for again under the lock: another run may have made the file meanwhile.
            if self.connection.get().is_none() {
                made = file::make(&self.path, now)?;
                let connection = file::open(&self.path)?.ok_or_else(|| file::nowhere(&self.path))?;
                let _ = self.connection.set(connection);
            }
            if let Some(connection) = self.connection.get() {
                file::write(connection).map_err(|error| self.error(error))?;
            }
            let _ = self.lock.set(lock);
            self.attached.set(true);
        }
        self.identify(identity, dry_run)?;
        let born = match self.connection.get() {
            Some(connection) => meta(connection, "born").map_err(|error| self.error(error))?,
            None => None,
        };
        let born = born.and_then(|born| born.parse().ok()).map_or(now, moment);
        Ok(Attached::Ready { made, born, in_hand: self.died_of.take() })
    }

    fn share(&self, share: &str) -> Result<Option<String>> {
        let Some(connection) = self.connection.get() else { return Ok(None) };
        let noted = meta(connection, "share").map_err(|error| self.error(error))?;
        let noted = noted.unwrap_or_else(|| "0/1".into());
        if noted == share {
            return Ok(None);
        }
        if self.half_done()? > 0 {
            return Ok(Some(noted));
        }
        if self.attached.get() {
            self.act(|transaction| {
                let sql = "INSERT OR REPLACE INTO meta (name, value) VALUES ('share', ?)";
                transaction.execute(sql, [share]).map(drop)
            })?;
        }
        Ok(None)
    }

    fn half_done(&self) -> Result<u64> {
        let Some(connection) = self.connection.get() else { return Ok(0) };
        let sql = "SELECT COUNT(*) FROM entry WHERE ended IS NULL AND collection <> 'listings'
            AND EXISTS (SELECT 1 FROM step WHERE step.collection = entry.collection AND step.id = entry.id)";
        let count =
            connection.query_row(sql, [], |row| row.get::<_, i64>(0)).map_err(|error| self.error(error))?;
        Ok(u64::try_from(count).unwrap_or_default())
    }

    fn in_hand(&self, order: Option<&Order<'_>>, plan: Option<&str>) -> Result<()> {
        let Some(lock) = self.lock.get() else { return Ok(()) };
        let note = order.and_then(|Order { collection, id, .. }| {
            let notes = [plan, None].map(|plan| serde_json::json!([collection, id, plan]).to_string());
            notes.into_iter().find(|note| Lock::has_room_for(note))
        });
        lock.note(&note.unwrap_or_default())
            .map_err(|error| file::unusable(&self.path, "cannot be used", error))
    }

    fn claim(&self, order: &Order<'_>, _: OffsetDateTime) -> Result<Claimed> {
        let (entry, steps) = self.read(order.collection, order.id)?.unwrap_or_default();
        if let (Some(_), Some(state)) = (entry.ended, &entry.state) {
            return Ok(Claimed::Ended(state.clone()));
        }
        if let Some(older) = self.older(order)? {
            return Ok(Claimed::Behind(older));
        }
        let entry = Entry {
            collection: order.collection.to_owned(),
            id: order.id.to_owned(),
            asset: order.asset.map(str::to_owned).or(entry.asset),
            created: order.created.or(entry.created),
            ..entry
        };
        Ok(self.give(entry, steps).map_or(Claimed::Held, |claim| Claimed::Yes(Box::new(claim))))
    }

    fn claim_ended(&self, collection: &str, id: &str, _: OffsetDateTime) -> Result<Option<Claim>> {
        let found = self.read(collection, id)?.filter(|(entry, _)| entry.ended.is_some());
        Ok(found.and_then(|(entry, steps)| self.give(entry, steps)))
    }

    fn begin(&self, claim: &Claim, begin: &Begin<'_>, now: OffsetDateTime) -> Result<Began> {
        if !self.is_valid(claim) {
            return Ok(Began::Dead);
        }
        let Entry { collection, id, .. } = &claim.entry;
        self.act(|transaction| {
            if let Some(was) = begin.was {
                let rename =
                    "UPDATE OR IGNORE step SET name = ?4 WHERE collection = ?1 AND id = ?2 AND name = ?3";
                transaction.execute(rename, params![collection, id, was, begin.name])?;
            }
            let found = one_step(transaction, collection, id, begin.name)?;
            let record = match found {
                Some(record) if record.generation > begin.generation => return Ok(Began::Dead),
                Some(record) if record.generation == begin.generation && record.input != begin.input => {
                    return Ok(Began::Changed(record));
                }
                Some(record) if record.generation == begin.generation => match record.state {
                    StepState::Done | StepState::Unreadable => return Ok(Began::Done(record)),
                    StepState::Refused => return Ok(Began::Dead),
                    StepState::Begun => StepRecord { begun: now, ..record },
                },
                found => {
                    let previous = found.and_then(|record| match record.state {
                        StepState::Done => Some((record.input, record.result?)),
                        _ => record.previous,
                    });
                    StepRecord {
                        name: begin.name.to_owned(),
                        generation: begin.generation,
                        key: begin.key.to_owned(),
                        state: StepState::Begun,
                        input: begin.input.to_owned(),
                        result: None,
                        keep: begin.keep,
                        begun: now,
                        previous,
                    }
                }
            };
            rows::insert_entry(transaction, &claim.entry)?;
            rows::put_step(transaction, collection, id, &record)?;
            Ok(Began::Begun(record))
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
        let Entry { collection, id, .. } = &claim.entry;
        let valid = self.is_valid(claim);
        self.act(|transaction| {
            let begun = one_step(transaction, collection, id, name)?
                .filter(|record| valid && record.generation == generation && record.state == StepState::Begun);
            let (state, result) = match *end {
                StepEnd::Done(json) => (StepState::Done, Some(json)),
                StepEnd::Unreadable(why) => (StepState::Unreadable, Some(why)),
                StepEnd::Refused => (StepState::Refused, None),
            };
            let Some(record) = begun else {
                if state != StepState::Refused {
                    transaction.execute(
                        "INSERT INTO stray (collection, id, name, generation, state, result, at) VALUES (?, ?, ?, ?, ?, ?, ?)",
                        params![collection, id, name, generation, state_name(state), result, millis(now)],
                    )?;
                }
                return Ok(Kept::Stray);
            };
            let record = match (state, record.previous.clone()) {
                (StepState::Refused, Some((input, result))) => {
                    StepRecord { state: StepState::Done, input, result: Some(result), previous: None, ..record }
                }
                _ => StepRecord { state, result: result.map(str::to_owned), previous: None, ..record },
            };
            rows::put_step(transaction, collection, id, &record)?;
            Ok(Kept::Recorded)
        })
    }

    fn end(&self, claim: &Claim, state: &str, left: Option<Left>, now: OffsetDateTime) -> Result<()> {
        let Entry { collection, id, .. } = &claim.entry;
        if self.is_valid(claim) && self.read(collection, id)?.is_some() {
            self.act(|transaction| {
                let forget = "DELETE FROM entry WHERE collection = ?1 AND id = ?2
                    AND NOT EXISTS (SELECT 1 FROM step WHERE collection = ?1 AND id = ?2)";
                if transaction.execute(forget, [collection, id])? == 0 {
                    let tombstone =
                        "UPDATE entry SET ended = ?3, state = ?4, open = ?5, plan = NULL, due = NULL, dead = NULL
                        WHERE collection = ?1 AND id = ?2";
                    transaction.execute(tombstone, params![collection, id, millis(now), state, left.map(Left::as_str)])?;
                }
                Ok(())
            })?;
        }
        self.give_back(claim);
        Ok(())
    }

    fn release(&self, claim: &Claim, entry: Option<&Entry>) -> Result<()> {
        if let Some(entry) = entry.filter(|_| self.is_valid(claim)) {
            self.act(|transaction| {
                rows::insert_entry(transaction, entry)?;
                rows::update_entry(transaction, entry)
            })?;
        }
        self.give_back(claim);
        Ok(())
    }

    fn note(&self, collection: &str, notes: &[Note<'_>], now: OffsetDateTime) -> Result<()> {
        if notes.is_empty() {
            return Ok(());
        }
        let now = millis(now);
        self.act(|transaction| {
            let mut seen = transaction.prepare(
                "UPDATE entry SET looked = ?3, state = ?4, unseen = NULL WHERE collection = ?1 AND id = ?2 AND ended IS NULL",
            )?;
            let mut unseen = transaction.prepare(
                "UPDATE entry SET looked = ?3, unseen = COALESCE(unseen, ?3)
                WHERE collection = ?1 AND id = ?2 AND ended IS NULL",
            )?;
            let mut told = transaction
                .prepare("UPDATE entry SET told = ?3, told_at = ?4 WHERE collection = ?1 AND id = ?2")?;
            for Note { id, what } in notes {
                match what {
                    Noted::Seen(Some(state)) => seen.execute(params![collection, id, now, state])?,
                    Noted::Seen(None) => unseen.execute(params![collection, id, now])?,
                    Noted::Told(text) => told.execute(params![collection, id, text, now])?,
                };
            }
            Ok(())
        })
    }

    fn correct(
        &self,
        collection: &str,
        id: &str,
        correction: &Correction<'_>,
        by: &str,
        now: OffsetDateTime,
    ) -> Result<bool> {
        self.act(|transaction| {
            let order = [collection, id];
            let (what, changed) = match *correction {
                Correction::Revive => {
                    let sql = "UPDATE entry SET attempts = 0, due = NULL, later = NULL, dead = NULL, told = NULL
                        WHERE collection = ? AND id = ? AND ended IS NULL";
                    ("revive".to_owned(), transaction.execute(sql, order)?)
                }
                Correction::Acknowledge => {
                    let sql = "UPDATE entry SET open = NULL WHERE collection = ? AND id = ? AND open IS NOT NULL";
                    ("acknowledge".to_owned(), transaction.execute(sql, order)?)
                }
                Correction::Forget => {
                    let sql = "DELETE FROM entry WHERE collection = ? AND id = ?";
                    ("forget".to_owned(), transaction.execute(sql, order)?)
                }
                Correction::Set { step, result } => {
                    let sql = "UPDATE step SET state = 'done', result = ?4, previous_input = NULL, previous_result = NULL
                        WHERE collection = ?1 AND id = ?2 AND name = ?3";
                    (format!("set {step}"), transaction.execute(sql, params![collection, id, step, result])?)
                }
            };
            if changed > 0 {
                let sql = "INSERT INTO correction (collection, id, what, by, at) VALUES (?, ?, ?, ?, ?)";
                transaction.execute(sql, params![collection, id, what, by, millis(now)])?;
            }
            Ok(changed > 0)
        })
    }

    fn read(&self, collection: &str, id: &str) -> Result<Option<(Entry, Vec<StepRecord>)>> {
        let Some(connection) = self.connection.get() else { return Ok(None) };
        let read = || {
            let sql = format!("SELECT {ENTRY} FROM entry WHERE collection = ? AND id = ?");
            let Some(entry) = connection.query_row(&sql, [collection, id], entry).optional()? else {
                return Ok(None);
            };
            let sql = format!("SELECT {STEP} FROM step WHERE collection = ? AND id = ? ORDER BY position");
            let mut statement = connection.prepare(&sql)?;
            let steps = statement.query_map([collection, id], step)?.collect::<rusqlite::Result<_>>()?;
            Ok(Some((entry, steps)))
        };
        read().map_err(|error| self.error(error))
    }

    fn each(&self, collection: &str, which: Which, each: &mut dyn FnMut(Entry)) -> Result<()> {
        let Some(connection) = self.connection.get() else { return Ok(()) };
        let (entries, condition, before) = match which {
            Which::All => ("entry", "?2 IS NULL", None),
            // Asked several times a run: without this hint all entries are read.
            Which::Open => {
                ("entry INDEXED BY entry_open", "(open IS NOT NULL OR plan IS NOT NULL) AND ?2 IS NULL", None)
            }
            Which::Alive { before } => {
                ("entry", "ended IS NULL AND (looked IS NULL OR looked < ?2)", Some(millis(before)))
            }
        };
        let mut read = || {
            let sql =
                format!("SELECT {ENTRY} FROM {entries} WHERE collection = ?1 AND {condition} ORDER BY id");
            let mut statement = connection.prepare(&sql)?;
            for found in statement.query_map(params![collection, before], entry)? {
                each(found?);
            }
            Ok(())
        };
        read().map_err(|error| self.error(error))
    }

    fn strays(&self, each: &mut dyn FnMut(Stray)) -> Result<()> {
        let Some(connection) = self.connection.get() else { return Ok(()) };
        let mut read = || {
            let sql = "SELECT collection, id, name, generation, result, at FROM stray ORDER BY at";
            let mut statement = connection.prepare(sql)?;
            for found in statement.query_map([], stray)? {
                each(found?);
            }
            Ok(())
        };
        read().map_err(|error| self.error(error))
    }

    fn sweep(&self, before: OffsetDateTime) -> Result<()> {
        let connection = self.writer()?;
        let is_one = "SELECT EXISTS (SELECT 1 FROM entry WHERE ended < ? AND open IS NULL)";
        let is_one = connection.query_row(is_one, [millis(before)], |row| row.get(0));
        // A file that need not be written is not.
        if !is_one.map_err(|error| self.error(error))? {
            return Ok(());
        }
        self.act(|transaction| {
            transaction
                .execute("DELETE FROM entry WHERE ended < ? AND open IS NULL", [millis(before)])
                .map(drop)
        })
    }
}

fn meta(connection: &Connection, name: &str) -> rusqlite::Result<Option<String>> {
    connection.query_row("SELECT value FROM meta WHERE name = ?", [name], |row| row.get(0)).optional()
}

fn one_step(
    transaction: &Transaction<'_>,
    collection: &str,
    id: &str,
    name: &str,
) -> rusqlite::Result<Option<StepRecord>> {
    let sql = format!("SELECT {STEP} FROM step WHERE collection = ? AND id = ? AND name = ?");
    transaction.query_row(&sql, [collection, id, name], step).optional()
}

#[cfg(test)]
mod tests;
