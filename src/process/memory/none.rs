//! A crate without ledgers remembers nothing.

use std::marker::PhantomData;

use super::{Options, Outcome, Plan, Queue, Report};
use crate::error::Result;
use crate::http::Http;

/// What a run remembers between runs: nothing.
pub(super) struct Memory<'a>(PhantomData<&'a ()>);

#[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "as a memory that remembers")]
impl<'a> Memory<'a> {
    pub(super) fn begin(_: &Options<'a>, _: &Http, _: &mut Report) -> Result<Option<Self>> {
        Ok(Some(Self(PhantomData)))
    }

    pub(super) fn enter<T: Queue>(&mut self, _: &T, _: &mut Report) -> Result<bool> {
        Ok(true)
    }

    pub(super) fn judge(&mut self, decided: Result<Plan>, _: &str) -> Option<Result<Plan>> {
        Some(decided)
    }

    pub(super) fn leave<T: Queue>(&mut self, _: &T, _: &mut Outcome) {}

    pub(super) fn settled<T: Queue>(&mut self, _: &Outcome) {}

    pub(super) fn platform_works(&mut self) {}

    pub(super) fn check(&mut self) -> Result<()> {
        Ok(())
    }

    pub(super) fn finish(&mut self) {}
}
