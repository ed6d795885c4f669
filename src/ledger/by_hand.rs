//! What people ask a ledger, and decide: dead orders, leftovers, corrections.

use serde::Serialize;

use super::store::{Attached, Correction, Entry, StepRecord, Stray, Which};
use super::{Ledger, held};
use crate::error::{Error, LedgerError, LedgerErrorKind, Result};

/// The collections that orders are of.
const COLLECTIONS: [&str; 4] = ["requests", "tier/config-requests", "usage/files", "listings"];

/// An order that has ended and for which something is left to do.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Leftover {
    /// What is remembered of the order; [`Entry::left`] says what is left to do.
    pub entry: Entry,
    /// What was done for it, in the order of the steps' begin; an undo's name begins with `undo:`.
    pub steps: Vec<StepRecord>,
}

/// # By hand
///
/// What a person decides is written as anything else is: while a run has the ledger, it is refused with
/// [`LedgerErrorKind::Held`]. `by` says who and why, and is kept in the table `correction`.
///
/// ```
/// # fn main() -> connect::Result<()> {
/// # let folder = tempfile::tempdir().map_err(|error| connect::Error::Handler(error.into()))?;
/// # let path = folder.path().join("ledger.db");
/// let ledger = connect::Ledger::open(path)?;
/// for order in ledger.dead()? {
///     println!("{} since {:?}: {:?}", order.id, order.dead, order.error);
/// }
/// let revived = ledger.revive_all(|order| order.attempts < 20, "jo: the ERP is back")?;
/// # assert_eq!(revived, 0);
/// # Ok(()) }
/// ```
impl Ledger {
    /// Orders that are not tried any more, since their last attempt failed.
    ///
    /// # Errors
    ///
    /// [`Error::Ledger`] where the ledger cannot be read.
    pub fn dead(&self) -> Result<Vec<Entry>> {
        self.entries(Which::All, |entry| entry.dead.is_some() && entry.ended.is_none())
    }

    /// Orders that have ended and for which something is left to do: steps to undo, or a person to look at them.
    ///
    /// # Errors
    ///
    /// As [`dead`](Self::dead).
    pub fn leftovers(&self) -> Result<Vec<Leftover>> {
        let mut leftovers = Vec::new();
        for entry in self.entries(Which::Open, |entry| entry.left.is_some())? {
            if let Some((entry, steps)) = self.store.read(&entry.collection, &entry.id)? {
                leftovers.push(Leftover { entry, steps });
            }
        }
        Ok(leftovers)
    }

    /// Results that came after their worker had lost the order.
    ///
    /// # Errors
    ///
    /// As [`dead`](Self::dead).
    pub fn strays(&self) -> Result<Vec<Stray>> {
        let mut strays = Vec::new();
        self.store.read_as(&self.job);
        self.store.strays(&mut |stray| strays.push(stray))?;
        Ok(strays)
    }

    /// Lets an order's attempts begin anew; false where nothing is remembered of it.
    ///
    /// During an outage of the vendor's systems the order waits as all others do, unless it is the one that tries.
    ///
    /// # Errors
    ///
    /// [`Error::Ledger`] where a run has the ledger, or it cannot be written.
    pub fn revive(&self, id: &str, by: &str) -> Result<bool> {
        self.correct(id, &Correction::Revive, by)
    }

    /// [Revives](Self::revive) the dead orders that match; returns how many.
    ///
    /// # Errors
    ///
    /// As [`revive`](Self::revive).
    pub fn revive_all(&self, mut matches: impl FnMut(&Entry) -> bool, by: &str) -> Result<usize> {
        let mut revived = 0;
        for entry in self.dead()?.iter().filter(|entry| matches(entry)) {
            revived += usize::from(self.revive(&entry.id, by)?);
        }
        Ok(revived)
    }

    /// Says that a person has looked at what is [left](Self::leftovers) to do for an order, which is over then.
    ///
    /// # Errors
    ///
    /// As [`revive`](Self::revive).
    pub fn acknowledge(&self, id: &str, by: &str) -> Result<bool> {
        self.correct(id, &Correction::Acknowledge, by)
    }

    /// Forgets an order with its steps: should it come again, they are run again.
    ///
    /// # Errors
    ///
    /// As [`revive`](Self::revive).
    pub fn forget(&self, id: &str, by: &str) -> Result<bool> {
        self.correct(id, &Correction::Forget, by)
    }

    /// Sets the result of a recorded step, such as one whose result could not be read. `step` is its name in the record.
    ///
    /// # Errors
    ///
    /// As [`revive`](Self::revive), and for a result that cannot be written as JSON.
    pub fn set(&self, id: &str, step: &str, result: &impl Serialize, by: &str) -> Result<bool> {
        let result = serde_json::to_string(result).map_err(|error| {
            let text = format!("the result of the step {step:?} cannot be written as JSON: {error}");
            Error::from(LedgerError::new(LedgerErrorKind::Step, text))
        })?;
        self.correct(id, &Correction::Set { step, result: &result }, by)
    }

    fn correct(&self, id: &str, correction: &Correction<'_>, by: &str) -> Result<bool> {
        if by.trim().is_empty() {
            let text = "a correction needs somebody who makes it, and why";
            return Err(LedgerError::new(LedgerErrorKind::Step, text).into());
        }
        if let Attached::Held = self.attach(None)? {
            return Err(held("a run has the ledger: try again when it has ended").into());
        }
        for collection in COLLECTIONS {
            if self.store.read(collection, id)?.is_some() {
                return self.store.correct(collection, id, correction, by, self.now());
            }
        }
        Ok(false)
    }

    fn entries(&self, which: Which, mut matches: impl FnMut(&Entry) -> bool) -> Result<Vec<Entry>> {
        let mut found = Vec::new();
        self.store.read_as(&self.job);
        for collection in COLLECTIONS {
            self.store.each(collection, which, &mut |entry| {
                if matches(&entry) {
                    found.push(entry);
                }
            })?;
        }
        Ok(found)
    }
}
