//! What comes next for a step, by what is recorded: pure, so that each sequence is a line of a table.

use std::time::Duration;

use time::OffsetDateTime;

use super::input::Input;
use super::store::{StepRecord, StepState};
use crate::error::{LedgerError, LedgerErrorKind};

/// A step as the program asks for it.
pub(super) struct Asked<'a> {
    pub(super) name: &'a str,
    /// Earlier names, the latest first.
    pub(super) was: &'a [String],
    pub(super) input: &'a Input,
    pub(super) on_change: Change,
    pub(super) has_look_up: bool,
    pub(super) settle: Duration,
}

/// What a changed input means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    Error,
    /// Nothing: the result stays.
    Keep,
    /// The effect is brought to the new input.
    Update,
}

/// The attempt that asks.
pub(super) struct Situation<'a> {
    /// Names that were asked for before in this attempt, earlier names included.
    pub(super) asked: &'a [String],
    pub(super) records: &'a [StepRecord],
    pub(super) now: OffsetDateTime,
    /// The ledger did not see the order's first days: a step may have been run that it does not know.
    pub(super) is_distrusted: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Next<'a> {
    /// It has a result already.
    Value(&'a StepRecord),
    /// It begins for the first time in this generation.
    Begin { generation: u32, look_up: bool },
    /// It has begun before, and its fate is not known.
    Again { record: &'a StepRecord, look_up: bool },
    /// It is done, and its effect is brought to another input.
    Update { record: &'a StepRecord },
    /// It is too early to look it up.
    Later(Duration),
    /// It was begun at a time that is not yet, since the clock was set back: its age begins anew.
    Anew { record: &'a StepRecord, left: Duration },
}

/// The record of a step, under its name or an earlier one.
pub(super) fn record<'a>(asked: &Asked<'_>, records: &'a [StepRecord]) -> Option<&'a StepRecord> {
    let mut names = std::iter::once(asked.name).chain(asked.was.iter().map(String::as_str));
    names.find_map(|name| records.iter().find(|record| record.name == name))
}

/// # Errors
///
/// [`LedgerErrorKind::Step`] where the program does not fit what is recorded: nothing was run.
pub(super) fn next<'a>(asked: &Asked<'_>, situation: &Situation<'a>) -> Result<Next<'a>, LedgerError> {
    let name = asked.name;
    let refuse = |text: String| Err(LedgerError::new(LedgerErrorKind::Step, text));
    if situation.asked.iter().any(|other| other == name) {
        return refuse(format!(
            "the step {name:?} was asked for twice in one attempt: give each step a name of its own, such as (\"{name}\", &item.id)"
        ));
    }
    let found = record(asked, situation.records);
    let changed = found.map(|record| asked.input.changed(&record.input)).unwrap_or_default();
    let is_changed = !changed.is_empty();
    match found {
        Some(record) if record.state == StepState::Unreadable => refuse(format!(
            "the step {name:?} was run, and its result cannot be read ({}): set its result by hand",
            record.result.as_deref().unwrap_or_default()
        )),
        Some(record) if record.state == StepState::Done && is_changed => match asked.on_change {
            Change::Error => refuse(changed_text(name, "done", &changed)),
            Change::Keep => Ok(Next::Value(record)),
            Change::Update => Ok(Next::Update { record }),
        },
        Some(record) if record.state == StepState::Done => Ok(Next::Value(record)),
        Some(record) if record.state == StepState::Begun => {
            let age = (situation.now - record.begun).try_into();
            let left = asked.settle.saturating_sub(age.unwrap_or_default());
            if asked.has_look_up && !left.is_zero() {
                // Otherwise it would be put off until the clock has caught up.
                return Ok(if age.is_err() { Next::Anew { record, left } } else { Next::Later(left) });
            }
            match asked.on_change {
                // An update brings it to any input; what was begun first is not known to be there.
                Change::Update if is_changed && record.previous.is_some() => Ok(Next::Update { record }),
                // The look-up says what is there by the key alone, before the change is judged.
                Change::Update if is_changed && asked.has_look_up => {
                    Ok(Next::Again { record, look_up: true })
                }
                Change::Error | Change::Update if is_changed => refuse(changed_text(name, "begun", &changed)),
                _ => Ok(Next::Again { record, look_up: asked.has_look_up }),
            }
        }
        found => {
            let is_known = |other: &str| {
                situation.asked.iter().any(|asked| asked == other) || asked.was.iter().any(|was| was == other)
            };
            let unasked = situation.records.iter().find(|record| {
                record.state != StepState::Refused && !is_undo(&record.name) && !is_known(&record.name)
            });
            if let Some(StepRecord { name: other, .. }) = unasked {
                return refuse(format!(
                    "the step {name:?} would begin before {other:?}, which this order has run: \
                     keep the order of the steps; say .was(\"{other}\") if it is the same step under a new name, \
                     or work.retired(\"{other}\") if the program no longer has it"
                ));
            }
            let generation = found.map_or(1, |record| record.generation.saturating_add(1));
            let look_up = found.is_none() && situation.is_distrusted && asked.has_look_up;
            Ok(Next::Begin { generation, look_up })
        }
    }
}

/// An undo is a step of its own, under a name that no program can give.
pub(super) fn is_undo(name: &str) -> bool {
    name.contains(':')
}

fn changed_text(name: &str, state: &str, fields: &[String]) -> String {
    let fields: Vec<_> = fields.iter().map(|field| Input::in_words(field)).collect();
    let fields = fields.join(", ");
    format!(
        "the step {name:?} is {state}, and its input has changed since: {fields}. \
         Say with .keep_result() that the change means nothing, or with .on_change(…) how it is brought about"
    )
}

#[cfg(test)]
mod tests;
