//! Undoing the steps of an order that failed.

use std::collections::BTreeMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::de::DeserializeOwned;

use super::Ledger;
use super::name::key;
use super::store::{Began, Begin, Claim, Entry, Left, StepEnd, StepRecord, StepState};
use crate::error::Result;

/// What a step made, for its undo.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Made<T> {
    /// Id of the order.
    pub order: String,
    /// Name of the step.
    pub step: String,
    /// Key that the step was run with.
    pub key: String,
    /// Result of the step; nothing where it was begun and nobody knows what it made.
    pub result: Option<T>,
    /// Results of the order's steps as JSON, by their recorded names.
    results: BTreeMap<String, String>,
}

impl<T> Made<T> {
    /// The result of another step of the order, by its recorded name; nothing where it has none.
    ///
    /// # Errors
    ///
    /// Where the result is not of this type.
    pub fn result_of<R: DeserializeOwned>(&self, step: &str) -> anyhow::Result<Option<R>> {
        Ok(self.results.get(step).map(|json| serde_json::from_str(json)).transpose()?)
    }
}

type Undo<'a> = Box<dyn FnMut(Made<&str>, &str) -> anyhow::Result<()> + 'a>;

/// The undos of a run, by the first part of the step's name.
#[derive(Default)]
pub(crate) struct Undos<'a>(Vec<(String, Undo<'a>)>);

/// What undoing an order came to.
#[derive(Debug, Default)]
pub(crate) struct Undone {
    /// State that the order ended in.
    pub(crate) state: String,
    /// Steps that are undone, by this run or an earlier one.
    pub(crate) steps: Vec<String>,
    /// Steps that nothing undoes.
    pub(crate) without: Vec<String>,
    /// The step whose undo failed, and how: what was made before it stays for a later run.
    pub(crate) failed: Option<(String, anyhow::Error)>,
}

impl Undone {
    /// Whether all of them are undone that have to be.
    pub(crate) fn is_all(&self) -> bool {
        self.without.is_empty() && self.failed.is_none()
    }
}

impl<'a> Undos<'a> {
    pub(crate) fn add<T: DeserializeOwned>(
        &mut self,
        step: &str,
        mut undo: impl FnMut(Made<T>, &str) -> anyhow::Result<()> + 'a,
    ) {
        let read = move |made: Made<&str>, key: &str| {
            let result = made.result.map(serde_json::from_str).transpose()?;
            undo(
                Made { order: made.order, step: made.step, key: made.key, result, results: made.results },
                key,
            )
        };
        self.0.push((super::name::part(step), Box::new(read)));
    }

    fn of(&mut self, step: &str) -> Option<&mut Undo<'a>> {
        let first = first_part(step);
        self.0.iter_mut().find(|(name, _)| name == first).map(|(_, undo)| undo)
    }
}

/// The first part of a step's name as it is recorded.
pub(crate) fn first_part(name: &str) -> &str {
    name.split('/').next().unwrap_or(name)
}

impl Ledger {
    /// Undoes the steps of an order that failed, the last one first; nothing where another worker does it.
    ///
    /// # Errors
    ///
    /// What the ledger could not be told. An undo that failed is in what is returned.
    pub(crate) fn undo(&self, collection: &str, id: &str, undos: &mut Undos<'_>) -> Result<Option<Undone>> {
        let Some(claim) = self.store.claim_ended(collection, id, self.now())? else { return Ok(None) };
        if claim.entry.left != Some(Left::Undo) {
            self.store.release(&claim, None)?;
            return Ok(None);
        }
        let undone = self.undo_steps(&claim, undos);
        let over = undone.as_ref().is_ok_and(Undone::is_all);
        let entry = over.then(|| Entry { left: None, ..claim.entry.clone() });
        self.store.release(&claim, entry.as_ref())?;
        undone.map(Some)
    }

    fn undo_steps(&self, claim: &Claim, undos: &mut Undos<'_>) -> Result<Undone> {
        let state = claim.entry.state.clone().unwrap_or_default();
        let mut undone = Undone { state, ..Undone::default() };
        for step in claim.steps.iter().rev().filter(|step| step.may_have_effect() && !step.keep) {
            let name = format!("undo:{}", step.name);
            if claim.steps.iter().any(|other| other.name == name && other.state == StepState::Done) {
                undone.steps.push(step.name.clone());
                continue;
            }
            let Some(undo) = undos.of(&step.name) else {
                undone.without.push(step.name.clone());
                continue;
            };
            let key = key(&claim.entry.id, &name, step.generation);
            let begin = Begin { name: &name, was: None, generation: 1, key: &key, input: "{}", keep: true };
            match self.store.begin(claim, &begin, self.now())? {
                Began::Begun(_) => {}
                Began::Done(_) => {
                    undone.steps.push(step.name.clone());
                    continue;
                }
                // Another worker has it, which tells of it.
                Began::Changed(_) | Began::Dead => return Ok(Undone::default()),
            }
            let made = Made {
                order: claim.entry.id.clone(),
                step: step.name.clone(),
                key: step.key.clone(),
                result: result(step),
                results: claim
                    .steps
                    .iter()
                    .filter_map(|step| Some((step.name.clone(), result(step)?.to_owned())))
                    .collect(),
            };
            let done = catch_unwind(AssertUnwindSafe(|| undo(made, &key)))
                .unwrap_or_else(|_| Err(anyhow::anyhow!("the undo panicked")));
            match done {
                Ok(()) => {
                    self.store.result(claim, &name, 1, &StepEnd::Done("null"), self.now())?;
                    undone.steps.push(step.name.clone());
                }
                // What was made first may be what this one needs: nothing before it is undone.
                Err(error) => {
                    undone.failed = Some((step.name.clone(), error));
                    break;
                }
            }
        }
        Ok(undone)
    }
}

/// What is known of the step's effect; where a new generation was replacing it, what was there before.
fn result(step: &StepRecord) -> Option<&str> {
    match step.state {
        StepState::Done => step.result.as_deref(),
        _ => step.previous.as_ref().map(|(_, result)| result.as_str()),
    }
}

impl fmt::Debug for Undos<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}
