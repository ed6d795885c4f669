//! The work for one order, in one attempt.

use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Ledger;
use super::name::{StepName, recorded};
use super::step::Step;
use super::store::{Claim, Order};
use crate::error::{Error, LedgerError, LedgerErrorKind};

/// The work for one order: made by [`Ledger::work`], asked for its steps.
pub struct Work<'l> {
    pub(super) ledger: &'l Ledger,
    /// Number of the attempt that it belongs to.
    pub(super) attempt: u64,
    /// Outside of a run, the attempt ends with this.
    is_alone: bool,
}

/// What goes on for one order: how far its program has come, and what the ledger refused.
pub(super) struct Attempt {
    pub(super) number: u64,
    collection: String,
    id: String,
    pub(super) claim: Option<Claim>,
    /// Names that were asked for, earlier names included.
    pub(super) asked: Vec<String>,
    /// What sticks, whatever the closure answers.
    pub(super) refusal: Option<Refusal>,
    /// Steps that a dry run came to and did not run.
    pub(super) planned: Vec<String>,
    pub(super) is_distrusted: bool,
    /// First part of the name of the step whose closure failed last.
    pub(super) failed_in: Option<String>,
    /// First parts of the names of the steps that were run and have a result.
    pub(super) ran: Vec<String>,
}

/// What the ledger refused, and what that means for the run.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// An error of this order.
    Order(LedgerError),
    /// The ledger cannot remember: the run ends, and it is nobody's fault.
    Run(Error),
    /// Not now.
    Later(LedgerError),
    /// A dry run goes no further for this order.
    DryRun(LedgerError),
}

impl Refusal {
    /// The error that a step returns.
    pub(super) fn told(&self) -> LedgerError {
        let (kind, text) = match self {
            Self::Order(error) | Self::Later(error) | Self::DryRun(error) => {
                (error.kind(), error.to_string())
            }
            Self::Run(Error::Ledger(error)) => (error.kind(), error.to_string()),
            Self::Run(error) => (LedgerErrorKind::Unusable, error.to_string()),
        };
        LedgerError::new(kind, text)
    }

    /// The same, for a further step; the first one sticks.
    pub(super) fn again(&self) -> Self {
        Self::Order(self.told())
    }
}

impl Attempt {
    pub(super) fn new(number: u64, order: &Order<'_>) -> Self {
        Self {
            number,
            collection: order.collection.to_owned(),
            id: order.id.to_owned(),
            claim: None,
            asked: Vec::new(),
            refusal: None,
            planned: Vec::new(),
            is_distrusted: false,
            failed_in: None,
            ran: Vec::new(),
        }
    }

    pub(super) fn is_of(&self, order: &Order<'_>) -> bool {
        self.collection == order.collection && self.id == order.id
    }
}

impl<'l> Work<'l> {
    pub(super) fn new(ledger: &'l Ledger, attempt: u64, is_alone: bool) -> Self {
        Self { ledger, attempt, is_alone }
    }

    /// An effect in the vendor's systems that is run once for this order, under a name that is its own in the order.
    ///
    /// A name is a text, or a tuple such as `("licence", &item.id)`.
    #[expect(clippy::needless_pass_by_value, reason = "a tuple is written in the call")]
    pub fn step<T: Serialize + DeserializeOwned>(&self, name: impl StepName) -> Step<'_, T> {
        Step::new(self, &name)
    }

    /// Says that the program no longer has this step. What is recorded of it stays, for its undo.
    #[expect(clippy::needless_pass_by_value, reason = "as the name of a step is passed")]
    pub fn retired(&self, name: impl StepName) -> &Self {
        if let Ok(name) = recorded(&name) {
            self.ledger.with(self.attempt, |attempt| attempt.asked.push(name));
        }
        self
    }
}

impl Drop for Work<'_> {
    fn drop(&mut self) {
        if self.is_alone {
            self.ledger.leave_alone(self.attempt);
        }
    }
}

impl fmt::Debug for Work<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Work").finish_non_exhaustive()
    }
}
