//! Rows of the tables, as the store's values.

use rusqlite::types::Type;
use rusqlite::{Result, Row, Transaction, params};
use time::OffsetDateTime;

use crate::ledger::store::{Entry, Left, StepRecord, StepState, Stray};

/// The columns that [`entry`] reads.
pub(super) const ENTRY: &str = "collection, id, asset, created, attempts, due, later, error, erred, dead, round, told, told_at, plan, looked, unseen, ended, state, open";
/// The columns that [`step`] reads.
pub(super) const STEP: &str =
    "name, generation, key, state, input, result, keep, begun, previous_input, previous_result";

/// Milliseconds since 1970, as the tables keep a time.
pub(super) fn millis(time: OffsetDateTime) -> i64 {
    i64::try_from(time.unix_timestamp_nanos() / 1_000_000).unwrap_or(i64::MAX)
}

/// A time that cannot be said is the first of all.
pub(super) fn moment(millis: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(millis) * 1_000_000)
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

pub(super) fn state_name(state: StepState) -> &'static str {
    match state {
        StepState::Begun => "begun",
        StepState::Done => "done",
        StepState::Unreadable => "unreadable",
        StepState::Refused => "refused",
    }
}

pub(super) fn entry(row: &Row<'_>) -> Result<Entry> {
    let time = |at| row.get::<_, Option<i64>>(at).map(|millis| millis.map(moment));
    Ok(Entry {
        collection: row.get(0)?,
        id: row.get(1)?,
        asset: row.get(2)?,
        created: time(3)?,
        attempts: row.get(4)?,
        due: time(5)?,
        later: time(6)?,
        error: row.get(7)?,
        erred: time(8)?,
        dead: time(9)?,
        round: row.get(10)?,
        told: row.get(11)?,
        told_at: time(12)?,
        plan: row.get(13)?,
        looked: time(14)?,
        unseen: time(15)?,
        ended: time(16)?,
        state: row.get(17)?,
        left: match row.get_ref(18)?.as_str_or_null()? {
            Some("undo") => Some(Left::Undo),
            Some(_) => Some(Left::Adopted),
            None => None,
        },
    })
}

pub(super) fn step(row: &Row<'_>) -> Result<StepRecord> {
    let state = match row.get_ref(3)?.as_str()? {
        "begun" => StepState::Begun,
        "done" => StepState::Done,
        "unreadable" => StepState::Unreadable,
        "refused" => StepState::Refused,
        _ => return Err(rusqlite::Error::InvalidColumnType(3, "state".into(), Type::Text)),
    };
    Ok(StepRecord {
        name: row.get(0)?,
        generation: row.get(1)?,
        key: row.get(2)?,
        state,
        input: row.get(4)?,
        result: row.get(5)?,
        keep: row.get(6)?,
        begun: moment(row.get(7)?),
        previous: row.get::<_, Option<String>>(8)?.zip(row.get(9)?),
    })
}

pub(super) fn stray(row: &Row<'_>) -> Result<Stray> {
    Ok(Stray {
        collection: row.get(0)?,
        id: row.get(1)?,
        step: row.get(2)?,
        generation: row.get(3)?,
        result: row.get(4)?,
        at: moment(row.get(5)?),
    })
}

/// An entry that is there stays as it is.
pub(super) fn insert_entry(transaction: &Transaction<'_>, entry: &Entry) -> Result<()> {
    let sql = "INSERT OR IGNORE INTO entry (collection, id, asset, created, round, attempts) VALUES (?, ?, ?, ?, ?, ?)";
    let Entry { collection, id, asset, round, attempts, .. } = entry;
    transaction
        .execute(sql, params![collection, id, asset, entry.created.map(millis), round, attempts])
        .map(drop)
}

pub(super) fn update_entry(transaction: &Transaction<'_>, entry: &Entry) -> Result<()> {
    let sql = "UPDATE entry SET asset = ?3, created = ?4, attempts = ?5, due = ?6, later = ?7, error = ?8, erred = ?9,
        dead = ?10, round = ?11, told = ?12, told_at = ?13, plan = ?14, looked = ?15, unseen = ?16,
        ended = ?17, state = ?18, open = ?19
        WHERE collection = ?1 AND id = ?2";
    let Entry { collection, id, asset, attempts, error, round, told, plan, state, .. } = entry;
    let time = |time: Option<OffsetDateTime>| time.map(millis);
    let values = params![
        collection,
        id,
        asset,
        time(entry.created),
        attempts,
        time(entry.due),
        time(entry.later),
        error,
        time(entry.erred),
        time(entry.dead),
        round,
        told,
        time(entry.told_at),
        plan,
        time(entry.looked),
        time(entry.unseen),
        time(entry.ended),
        state,
        entry.left.map(Left::as_str),
    ];
    transaction.execute(sql, values).map(drop)
}

/// A new step comes after all others of its order; one that is there keeps its place.
pub(super) fn put_step(
    transaction: &Transaction<'_>,
    collection: &str,
    id: &str,
    record: &StepRecord,
) -> Result<()> {
    let sql = "INSERT INTO step (collection, id, name, position, generation, key, state, input, result, keep, begun,
            previous_input, previous_result)
        VALUES (?1, ?2, ?3, (SELECT 1 + COALESCE(MAX(position), 0) FROM step WHERE collection = ?1 AND id = ?2),
            ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
        ON CONFLICT (collection, id, name) DO UPDATE SET generation = excluded.generation, key = excluded.key,
            state = excluded.state, input = excluded.input, result = excluded.result, keep = excluded.keep,
            begun = excluded.begun, previous_input = excluded.previous_input, previous_result = excluded.previous_result";
    let StepRecord { name, generation, key, state, input, result, keep, begun, previous } = record;
    let (previous_input, previous_result) = previous.as_ref().map(|(input, result)| (input, result)).unzip();
    let state = state_name(*state);
    let begun = millis(*begun);
    let values = params![
        collection,
        id,
        name,
        generation,
        key,
        state,
        input,
        result,
        keep,
        begun,
        previous_input,
        previous_result
    ];
    transaction.execute(sql, values).map(drop)
}
