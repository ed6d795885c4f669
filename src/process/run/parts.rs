//! Objects that are handled part by part, each with an outcome of its own.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::one::panic_message;
use super::{Handled, Run, walk};
use crate::error::{Error, Result};
use crate::http::Http;
use crate::process::memory::Enter;
use crate::process::{Options, Outcome, Plan, Queue, Report, Stop};
use crate::scope;

/// Walks the list, asks for the parts of each element, and handles each part under its own id.
///
/// # Errors
///
/// As [`run`](super::run).
pub(crate) fn run_parts<T: Queue, P>(
    http: &Http,
    products: &[String],
    options: Options<'_>,
    what: &'static str,
    mut parts: impl FnMut(&T) -> Result<Vec<P>>,
    id: impl Fn(&T, &P) -> String,
    mut decide: impl FnMut(&T, &P) -> Result<Plan>,
) -> Result<Report> {
    walk(http, products, options, what, |run, item: &T, turn, options| {
        let mut is_old = turn.is_old(options);
        let Some(parts) = run.parts_of(item, &mut parts, options)? else { return Ok(Handled::Done) };
        for part in parts {
            if let Some(stop) = run.stop(options) {
                return Ok(Handled::Stop(stop));
            }
            // A part is what a ledger that is shared by several workers will have to claim.
            if run.enter(item, turn, options)? != Enter::Now {
                continue;
            }
            let mut decide = |item: &T| decide(item, &part);
            // The element is read again once, and not for each part.
            match run.one(
                item,
                &id(item, &part),
                std::mem::take(&mut is_old),
                &mut |_| Ok(None),
                &mut decide,
            )? {
                Some(outcome) => run.note::<T>(outcome, options)?,
                None => return Ok(Handled::Stop(Stop::Deadline)),
            }
        }
        Ok(Handled::Done)
    })
}

impl Run<'_> {
    /// The parts of an element; what keeps them from being known is an outcome of the element.
    fn parts_of<T: Queue, P>(
        &mut self,
        item: &T,
        parts: &mut impl FnMut(&T) -> Result<Vec<P>>,
        options: &mut Options<'_>,
    ) -> Result<Option<Vec<P>>> {
        let calls = self.http.calls();
        let _request = scope::enter_request(item.id());
        let found = catch_unwind(AssertUnwindSafe(|| parts(item))).unwrap_or_else(|panic| {
            self.panics += 1;
            Err(Error::Handler(anyhow::anyhow!("the closure panicked: {}", panic_message(&*panic))))
        });
        let error = match found {
            Ok(parts) => return Ok(Some(parts)),
            Err(error) => error,
        };
        let mut outcome = Outcome::errored(item.id().to_owned(), Some(error));
        outcome.about(item);
        outcome.calls = self.http.calls() - calls;
        self.told.log(&outcome, &scope::trace());
        scope::request_done(true);
        self.note::<T>(outcome, options)?;
        Ok(None)
    }
}
