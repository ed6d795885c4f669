//! One effect in the vendor's systems, run once.

use std::fmt;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::decide::Change;
use super::input::Input;
use super::name::{StepName, recorded};
use super::work::Work;
use crate::error::{LedgerError, LedgerErrorKind};

/// What a look-up found of a step's effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found<T> {
    /// The effect is there, and this is its result.
    Mine(T),
    /// The effect is not there: the step may be run.
    NotThere,
    /// It cannot be told: the step is not run, and the order is an error until somebody can tell.
    CannotTell,
}

pub(super) type LookUp<'w, T> = Box<dyn FnOnce(&str) -> anyhow::Result<Found<T>> + 'w>;
type Update<'w, T> = Box<dyn FnOnce(T, &str) -> anyhow::Result<T> + 'w>;

/// One effect in the vendor's systems, which is run once for its order.
///
/// Made by [`Work::step`]; nothing happens before [`run`](Self::run).
#[must_use = "a step does nothing until it is run"]
pub struct Step<'w, T> {
    pub(super) work: &'w Work<'w>,
    pub(super) name: Result<String, LedgerError>,
    pub(super) was: Vec<String>,
    pub(super) input: Input,
    pub(super) settle: Duration,
    pub(super) keep: bool,
    pub(super) look_up: Option<LookUp<'w, T>>,
    pub(super) on_change: Change,
    pub(super) update: Option<Update<'w, T>>,
    pub(super) stand_in: Option<T>,
}

impl<'w, T: Serialize + DeserializeOwned> Step<'w, T> {
    pub(super) fn new(work: &'w Work<'w>, name: &impl StepName) -> Self {
        Self {
            work,
            name: recorded(name),
            was: Vec::new(),
            input: Input::default(),
            settle: Duration::from_secs(60),
            keep: false,
            look_up: None,
            on_change: Change::Error,
            update: None,
            stand_in: None,
        }
    }

    /// What the effect depends on. The fields of an object are kept apart, as hashes.
    ///
    /// Where a later attempt comes with another input, that is an error of the order which names the fields that changed,
    /// unless [`keep_result`](Self::keep_result) or [`on_change`](Self::on_change) says what the change means.
    pub fn input(mut self, input: impl Serialize) -> Self {
        if let Err(error) = self.input.add(&input) {
            let text = format!("the input of a step cannot be written as JSON: {error}");
            self.name = self.name.and(Err(LedgerError::new(LedgerErrorKind::Step, text)));
        }
        self
    }

    /// Earlier name of the step: what is recorded under it is taken over.
    #[expect(clippy::needless_pass_by_value, reason = "as the name of a step is passed")]
    pub fn was(mut self, name: impl StepName) -> Self {
        match recorded(&name) {
            Ok(name) => self.was.push(name),
            Err(error) => self.name = self.name.and(Err(error)),
        }
        self
    }

    /// Asks the vendor's system whether the effect of a step that was begun is there.
    ///
    /// It gets the key that the step was run with. A step with a look-up is neither looked up nor run again sooner than
    /// [`settle`](Self::settle) after its begin. An error of the look-up is an error of the order. The closure returns an
    /// [`anyhow::Result`].
    pub fn look_up(mut self, look_up: impl FnOnce(&str) -> anyhow::Result<Found<T>> + 'w) -> Self {
        self.look_up = Some(Box::new(look_up));
        self
    }

    /// Time after which the vendor's system shows in a look-up what was made: a minute unless said otherwise.
    pub fn settle(mut self, after: Duration) -> Self {
        self.settle = after;
        self
    }

    /// Says that the effect stays when the order fails: there is nothing to undo.
    pub fn keep(mut self) -> Self {
        self.keep = true;
        self
    }

    /// Says that a changed input means nothing to what is there: the result stays.
    pub fn keep_result(mut self) -> Self {
        self.on_change = Change::Keep;
        self
    }

    /// Brings the effect to a changed input: called with the result so far and a new key; what it returns is the result then.
    /// The closure returns an [`anyhow::Result`].
    pub fn on_change(mut self, update: impl FnOnce(T, &str) -> anyhow::Result<T> + 'w) -> Self {
        self.on_change = Change::Update;
        self.update = Some(Box::new(update));
        self
    }

    /// Result that a dry run goes on with, since it does not run the step.
    pub fn stand_in(mut self, result: T) -> Self {
        self.stand_in = Some(result);
        self
    }

    /// Runs the step, unless it has a result already.
    ///
    /// `make` gets the key, which is the same in all attempts until it is known that nothing was made: hand it to the
    /// vendor's API as its idempotency key. "Begun" is on the disk before `make` is called, and the result before this
    /// returns. Returned is the value as it is read back from the record. `make` and this method return an
    /// [`anyhow::Result`].
    ///
    /// # Errors
    ///
    /// The error of `make`: whether there is an effect is not known then, and the step is begun. An error that
    /// [`refused`] made says that nothing was made. And any [`LedgerError`]: whatever the closure answers after one, that
    /// error is what becomes of the order.
    pub fn run(self, make: impl FnOnce(&str) -> anyhow::Result<T>) -> anyhow::Result<T> {
        super::run::run(self, make)
    }
}

impl<T> fmt::Debug for Step<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Step").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Says of an error that nothing was made, and that nothing will be made of this call any more.
///
/// It takes whatever becomes an [`anyhow::Error`] and returns one. A step that ends with it leaves nothing to undo.
///
/// ```
/// # fn call() -> Result<String, std::io::Error> { Ok("T-1".into()) }
/// # let status = 409;
/// use connect::step;
///
/// let made = call().map_err(|error| if status == 409 { step::refused(error) } else { error.into() });
/// # let _: anyhow::Result<String> = made;
/// ```
pub fn refused(error: impl Into<anyhow::Error>) -> anyhow::Error {
    anyhow::Error::new(Refused(error.into()))
}

/// The mark of [`refused`].
#[derive(Debug)]
struct Refused(anyhow::Error);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Refused {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source()
    }
}

/// Whether the error says that nothing was made, and the error as the program knows it.
pub(super) fn unmark(error: anyhow::Error) -> (bool, anyhow::Error) {
    if !error.is::<Refused>() {
        return (false, error);
    }
    // A context that was added stays.
    if !(*error).is::<Refused>() {
        return (true, error);
    }
    match error.downcast::<Refused>() {
        Ok(Refused(inner)) => (true, inner),
        Err(error) => (true, error),
    }
}

#[cfg(test)]
mod tests {
    use anyhow::Context as _;

    use super::*;

    #[test]
    fn a_refusal_is_seen_through_contexts_and_leaves_the_error_as_it_was() {
        let io = || std::io::Error::other("taken");
        let (nothing_made, error) = unmark(refused(io()));
        assert!(nothing_made && error.is::<std::io::Error>(), "{error:?}");
        let (nothing_made, error) = unmark(Err::<(), _>(refused(io())).context("tenant").unwrap_err());
        assert!(nothing_made);
        assert_eq!(format!("{error:#}"), "tenant: taken");
        let caused = anyhow::Error::from(io()).context("409");
        let (nothing_made, error) = unmark(Err::<(), _>(refused(caused)).context("tenant").unwrap_err());
        assert!(nothing_made);
        assert_eq!(format!("{error:#}"), "tenant: 409: taken");
        let (nothing_made, error) = unmark(anyhow::Error::from(io()));
        assert!(!nothing_made && error.is::<std::io::Error>());
    }
}
