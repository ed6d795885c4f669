//! Runs a step: what [`decide`](super::decide) says, on the store and in the vendor's systems.

use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Ledger;
use super::decide::{Asked, Next, Situation, next, record};
use super::name::key;
use super::step::{Found, LookUp, Step, unmark};
use super::store::{Began, Begin, Claim, Kept, StepEnd, StepRecord, StepState};
use super::undo::first_part;
use super::work::Refusal;
use crate::error::{LedgerError, LedgerErrorKind};
use crate::scope;

/// What is refused sticks to the attempt, and the step returns its text.
type Refusable<T> = Result<T, Refusal>;

pub(super) fn run<T: Serialize + DeserializeOwned>(
    step: Step<'_, T>,
    make: impl FnOnce(&str) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let (ledger, attempt) = (step.work.ledger, step.work.attempt);
    match execute(step, make) {
        Ok(done) => done,
        Err(refusal) => {
            let told = refusal.told();
            ledger.with(attempt, |attempt| _ = attempt.refusal.get_or_insert(refusal));
            Err(told.into())
        }
    }
}

/// An error of the closures is the inner one; whatever the ledger refuses is the outer one.
fn execute<T: Serialize + DeserializeOwned>(
    step: Step<'_, T>,
    make: impl FnOnce(&str) -> anyhow::Result<T>,
) -> Refusable<anyhow::Result<T>> {
    let Step { work, name, was, input, settle, keep, look_up, on_change, update, stand_in } = step;
    let name = name.map_err(Refusal::Order)?;
    let (ledger, number) = (work.ledger, work.attempt);
    let asked =
        Asked { name: &name, was: &was, input: &input, on_change, has_look_up: look_up.is_some(), settle };
    let begun = ledger.begin_asking(number, &asked)?;
    let was =
        record(&asked, &begun.claim.steps).map(|record| record.name.as_str()).filter(|was| *was != name);
    let act = Act { ledger, number, claim: &begun.claim, name: &name, was, input: input.json(), keep };
    let situation = Situation {
        asked: &begun.asked,
        records: &begun.claim.steps,
        now: ledger.now(),
        is_distrusted: begun.is_distrusted,
    };
    let dry_run = scope::is_dry_run();
    let next = next(&asked, &situation).map_err(Refusal::Order)?;
    match next {
        // Nothing of the vendor's is asked in a dry run, the look-up neither.
        Next::Begin { .. }
        | Next::Again { .. }
        | Next::Update { .. }
        | Next::Later(_)
        | Next::Anew { .. }
            if dry_run =>
        {
            ledger.with(number, |attempt| attempt.planned.push(name.clone()));
            stand_in.map(Ok).ok_or_else(|| {
                let text = format!("a dry run does not run the step {name:?}, and it has no stand-in");
                Refusal::DryRun(LedgerError::new(LedgerErrorKind::DryRun, text))
            })
        }
        Next::Value(record) => {
            if act.was.is_some() && !dry_run {
                act.begin(record.generation, &record.key, &record.input)?;
            }
            act.value(record.result.as_deref()).map(Ok)
        }
        Next::Later(left) => Err(settling(&name, left)),
        Next::Anew { record, left } => {
            act.begin(record.generation, &record.key, &record.input)?;
            Err(settling(&name, left))
        }
        Next::Begin { generation, look_up: look_first } => {
            let key = key(&begun.claim.entry.id, &name, generation);
            let found = if look_first { act.look_up(look_up, &key)? } else { Found::NotThere };
            let begun = act.begin(generation, &key, &act.input)?;
            match (found, begun) {
                (_, Begun::Done(record)) => act.value(record.result.as_deref()).map(Ok),
                (Found::Mine(value), Begun::Run(record)) => act.done(&record, Ok(value)),
                (_, Begun::Run(record)) => act.done(&record, make(&record.key)),
            }
        }
        Next::Again { record, look_up: look_first } => {
            let found = if look_first { act.look_up(look_up, &record.key)? } else { Found::NotThere };
            let begun = act.begin(record.generation, &record.key, &record.input)?;
            let record = match begun {
                Begun::Done(record) => return act.value(record.result.as_deref()).map(Ok),
                Begun::Run(record) => record,
            };
            match (found, record.previous.clone(), update) {
                (Found::Mine(value), ..) => {
                    let done = act.done(&record, Ok(value))?;
                    // What is there was made for the input of that time.
                    if !input.changed(&record.input).is_empty() {
                        let text = format!(
                            "the step {name:?} was found done with an earlier input: the next attempt brings it to the new one"
                        );
                        return Err(Refusal::Later(LedgerError::new(LedgerErrorKind::Settling, text)));
                    }
                    Ok(done)
                }
                (_, Some((_, result)), Some(update)) => {
                    let before = act.value(Some(&result))?;
                    act.done(&record, update(before, &record.key))
                }
                _ => act.done(&record, make(&record.key)),
            }
        }
        Next::Update { record } => {
            let before = match (record.state, &record.previous) {
                (StepState::Begun, Some((_, result))) => Some(result.as_str()),
                _ => record.result.as_deref(),
            };
            let before = act.value(before)?;
            let generation = record.generation.saturating_add(1);
            let key = key(&begun.claim.entry.id, &name, generation);
            match (act.begin(generation, &key, &act.input)?, update) {
                (Begun::Done(record), _) => act.value(record.result.as_deref()).map(Ok),
                (Begun::Run(record), Some(update)) => act.done(&record, update(before, &record.key)),
                (Begun::Run(record), None) => act.done(&record, make(&record.key)),
            }
        }
    }
}

fn settling(name: &str, left: Duration) -> Refusal {
    let text = format!(
        "the step {name:?} was begun a moment ago, and its fate is not known: it is looked up in {} s",
        left.as_secs().max(1)
    );
    Refusal::Later(LedgerError::new(LedgerErrorKind::Settling, text))
}

/// What the decision is made on: copies, so that nothing is borrowed while a closure runs.
pub(super) struct Asking {
    pub(super) claim: Claim,
    pub(super) asked: Vec<String>,
    pub(super) is_distrusted: bool,
}

enum Begun {
    Run(StepRecord),
    Done(StepRecord),
}

/// The acts of one step on the store.
struct Act<'a> {
    ledger: &'a Ledger,
    number: u64,
    claim: &'a Claim,
    name: &'a str,
    /// The earlier name that it is recorded under.
    was: Option<&'a str>,
    input: String,
    keep: bool,
}

impl Act<'_> {
    fn begin(&self, generation: u32, key: &str, input: &str) -> Refusable<Begun> {
        let begin = Begin { name: self.name, was: self.was, generation, key, input, keep: self.keep };
        match self.ledger.store.begin(self.claim, &begin, self.ledger.now()).map_err(Refusal::Run)? {
            Began::Begun(record) => {
                self.remember(&record);
                Ok(Begun::Run(record))
            }
            Began::Done(record) => {
                self.remember(&record);
                Ok(Begun::Done(record))
            }
            Began::Changed(_) | Began::Dead => Err(self.lost()),
        }
    }

    /// Records what the step came to.
    fn done<T: Serialize + DeserializeOwned>(
        &self,
        record: &StepRecord,
        made: anyhow::Result<T>,
    ) -> Refusable<anyhow::Result<T>> {
        let made = made.map_err(unmark);
        let first = first_part(self.name).to_owned();
        self.ledger.with(self.number, |attempt| match &made {
            Err((false, _)) => attempt.failed_in = Some(first),
            // Who refuses is there.
            Ok(_) | Err((true, _)) => attempt.ran.push(first),
        });
        let value = match made {
            Ok(value) => value,
            Err((false, error)) => return Ok(Err(error)),
            Err((true, error)) => {
                self.keep(record, &StepEnd::Refused)?;
                return Ok(Err(error));
            }
        };
        let json = serde_json::to_string(&value);
        let read = json.and_then(|json| serde_json::from_str(&json).map(|value| (json, value)));
        match read {
            Ok((json, value)) => {
                self.keep(record, &StepEnd::Done(&json))?;
                Ok(Ok(value))
            }
            Err(error) => {
                self.keep(record, &StepEnd::Unreadable(&error.to_string()))?;
                let text = format!(
                    "the step {:?} was run, and its result cannot be written and read back: {error}. Its effect is there: \
                     mend the result's type, and set the result of this order by hand",
                    self.name
                );
                Err(Refusal::Run(LedgerError::new(LedgerErrorKind::Step, text).into()))
            }
        }
    }

    fn keep(&self, record: &StepRecord, end: &StepEnd<'_>) -> Refusable<()> {
        let StepRecord { name, generation, .. } = record;
        let kept = self.ledger.store.result(self.claim, name, *generation, end, self.ledger.now());
        match kept.map_err(Refusal::Run)? {
            Kept::Stray => Err(self.lost()),
            Kept::Recorded => {
                let (state, result) = match end {
                    StepEnd::Done(json) => (StepState::Done, Some((*json).to_owned())),
                    StepEnd::Unreadable(why) => (StepState::Unreadable, Some((*why).to_owned())),
                    StepEnd::Refused => (StepState::Refused, None),
                };
                self.remember(&StepRecord { state, result, ..record.clone() });
                Ok(())
            }
        }
    }

    fn look_up<T>(&self, look_up: Option<LookUp<'_, T>>, key: &str) -> Refusable<Found<T>> {
        let cannot = |why: String| {
            let text = format!(
                "whether the step {:?} was done for this order cannot be told{why}: it is not run",
                self.name
            );
            Refusal::Order(LedgerError::new(LedgerErrorKind::CannotTell, text))
        };
        match look_up.map(|look_up| look_up(key)) {
            Some(Ok(Found::CannotTell)) => Err(cannot(String::new())),
            Some(Ok(found)) => Ok(found),
            Some(Err(error)) => Err(cannot(format!(", since the look-up failed ({error:#})"))),
            None => Ok(Found::NotThere),
        }
    }

    /// The value as its record has it.
    fn value<T: DeserializeOwned>(&self, json: Option<&str>) -> Refusable<T> {
        serde_json::from_str(json.unwrap_or("null")).map_err(|error| {
            let text = format!(
                "the result of the step {:?} is recorded, and the program can no longer read it: {error}. It is not run again",
                self.name
            );
            Refusal::Order(LedgerError::new(LedgerErrorKind::Step, text))
        })
    }

    fn lost(&self) -> Refusal {
        let text = format!("the order is no longer this worker's: the step {:?} goes no further", self.name);
        Refusal::Order(LedgerError::new(LedgerErrorKind::ClaimLost, text))
    }

    /// Keeps the attempt's copy of the records true.
    fn remember(&self, record: &StepRecord) {
        self.ledger.with(self.number, |attempt| {
            let Some(claim) = &mut attempt.claim else { return };
            let was = self.was.filter(|_| record.name == self.name);
            claim.steps.retain(|other| other.name != record.name && Some(other.name.as_str()) != was);
            claim.steps.push(record.clone());
        });
    }
}
