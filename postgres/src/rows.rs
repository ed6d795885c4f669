//! Rows of the tables, as the ledger's values.

use std::time::Duration;

use connect::ledger::{Entry, Left, StepRecord, StepState, Stray};
use connect::{LedgerError, LedgerErrorKind, OffsetDateTime, Result};
use postgres::Row;
use postgres::types::{FromSql, ToSql, Type};

use crate::error::unusable;
use crate::session::Value;

pub(crate) fn get<'r, T: FromSql<'r>>(row: &'r Row, column: &str) -> Result<T> {
    row.try_get(column).map_err(|error| {
        let text =
            format!("the ledger's schema in PostgreSQL was changed by somebody: {column} cannot be read");
        LedgerError::new(LedgerErrorKind::Damaged, text).with_source(error).into()
    })
}

pub(crate) fn one(rows: &[Row]) -> Result<&Row> {
    rows.first().ok_or_else(|| unusable("PostgreSQL has not answered what it was asked"))
}

/// A number that is not negative.
pub(crate) fn number(row: &Row, column: &str) -> Result<u32> {
    Ok(u32::try_from(get::<i64>(row, column)?).unwrap_or_default())
}

/// `state` is the column of its state.
pub(crate) fn entry(row: &Row, state: &str) -> Result<Entry> {
    Ok(Entry {
        collection: get(row, "collection")?,
        id: get(row, "id")?,
        asset: get(row, "asset")?,
        created: get(row, "created")?,
        attempts: number(row, "attempts")?,
        due: get(row, "due")?,
        later: get(row, "later")?,
        error: get(row, "error")?,
        erred: get(row, "erred")?,
        dead: get(row, "dead")?,
        round: get(row, "round")?,
        told: get(row, "told")?,
        told_at: get(row, "told_at")?,
        plan: get(row, "plan")?,
        looked: get(row, "looked")?,
        unseen: get(row, "unseen")?,
        ended: get(row, "ended")?,
        state: get(row, state)?,
        left: match get::<Option<&str>>(row, "open")? {
            Some("undo") => Some(Left::Undo),
            Some(_) => Some(Left::Adopted),
            None => None,
        },
    })
}

pub(crate) fn step(row: &Row) -> Result<StepRecord> {
    Ok(StepRecord {
        name: get(row, "name")?,
        generation: number(row, "generation")?,
        key: get(row, "key")?,
        state: match get::<&str>(row, "state")? {
            "begun" => StepState::Begun,
            "done" => StepState::Done,
            "unreadable" => StepState::Unreadable,
            _ => StepState::Refused,
        },
        input: get(row, "input")?,
        result: get(row, "result")?,
        keep: get(row, "keep")?,
        begun: get(row, "begun")?,
        previous: get::<Option<String>>(row, "previous_input")?.zip(get(row, "previous_result")?),
    })
}

pub(crate) fn stray(row: &Row) -> Result<Stray> {
    Ok(Stray {
        collection: get(row, "collection")?,
        id: get(row, "id")?,
        step: get(row, "name")?,
        generation: number(row, "generation")?,
        result: get(row, "result")?,
        at: get(row, "at")?,
    })
}

fn value(value: impl ToSql + Sync + Send + 'static, kind: Type) -> Value {
    (Box::new(value), kind)
}

/// A text for the server, which keeps no NUL.
pub(crate) fn text(text: &str) -> Value {
    value(clean(text), Type::TEXT)
}

fn clean(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

pub(crate) fn some_text(text: Option<&str>) -> Value {
    value(text.map(clean), Type::TEXT)
}

pub(crate) fn texts<'t, I: Iterator<Item = Option<&'t str>>>(texts: I) -> Value {
    value(texts.map(|text| text.map(clean)).collect::<Vec<_>>(), Type::TEXT_ARRAY)
}

pub(crate) fn time(time: OffsetDateTime) -> Value {
    value(time, Type::TIMESTAMPTZ)
}

pub(crate) fn some_time(time: Option<OffsetDateTime>) -> Value {
    value(time, Type::TIMESTAMPTZ)
}

pub(crate) fn times(times: Vec<Option<OffsetDateTime>>) -> Value {
    value(times, Type::TIMESTAMPTZ_ARRAY)
}

pub(crate) fn count(number: u32) -> Value {
    value(i64::from(number), Type::INT8)
}

pub(crate) fn big(number: i64) -> Value {
    value(number, Type::INT8)
}

pub(crate) fn numbers(numbers: Vec<i64>) -> Value {
    value(numbers, Type::INT8_ARRAY)
}

pub(crate) fn flag(flag: bool) -> Value {
    value(flag, Type::BOOL)
}

pub(crate) fn seconds(time: Duration) -> Value {
    value(time.as_secs_f64(), Type::FLOAT8)
}
