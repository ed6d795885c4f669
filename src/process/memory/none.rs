//! A crate without ledgers remembers nothing.

use std::marker::PhantomData;

use super::conversations::Conversations;
use super::pages::Page;
use super::share::Share;
use super::{Options, Outcome, Plan, Queue, Report};
use crate::error::{Error, Result};
use crate::http::Http;

/// What a run remembers between runs: nothing.
pub(super) struct Memory<'a>(PhantomData<&'a ()>);

/// Whether the closure is asked for an order.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Enter {
    Now,
    #[expect(dead_code, reason = "as a memory that remembers")]
    Retry,
    #[expect(dead_code, reason = "as a memory that remembers")]
    No,
}

#[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "as a memory that remembers")]
impl<'a> Memory<'a> {
    pub(super) fn begin<T: Queue>(_: &mut Options<'a>, _: &Http, _: &mut Report) -> Result<Option<Self>> {
        Ok(Some(Self(PhantomData)))
    }

    pub(super) fn looks_beyond_share(&self) -> bool {
        false
    }

    pub(super) fn is_shared(&self) -> bool {
        false
    }

    pub(super) fn coming<T: Queue>(&mut self, _: &mut Page<T>, _: Option<Share>) {}

    pub(super) fn prepare<T: Queue>(
        &mut self,
        _: &Http,
        _: &mut Conversations<'_>,
        _: &mut Report,
        _: &mut impl FnMut(&mut Report, Outcome),
    ) -> Result<()> {
        Ok(())
    }

    pub(super) fn walked<T: Queue>(
        &mut self,
        _: &Http,
        _: &mut Conversations<'_>,
        _: &mut Report,
        _: &mut impl FnMut(&mut Report, Outcome),
    ) -> Result<()> {
        Ok(())
    }

    pub(super) fn enter<T: Queue>(
        &mut self,
        _: &T,
        _: bool,
        _: &mut Report,
        _: &mut impl FnMut(&mut Report, Outcome),
    ) -> Result<Enter> {
        Ok(Enter::Now)
    }

    #[cfg(feature = "xlsx")]
    pub(super) fn enter_part<T: Queue>(
        &mut self,
        _: &T,
        _: &impl std::fmt::Display,
        _: &mut Report,
    ) -> Result<Option<PartClaim<'a>>> {
        Ok(Some(PartClaim(PhantomData)))
    }

    pub(super) fn judge(&mut self, decided: Result<Plan>, _: &str) -> Option<Result<Plan>> {
        Some(decided)
    }

    pub(super) fn deciding<T: Queue>(&mut self, _: &T, _: &Plan) -> std::result::Result<(), Option<Error>> {
        Ok(())
    }

    pub(super) fn lose(&mut self, _: &Plan, _: &str) {}

    pub(super) fn leave<T: Queue>(&mut self, _: &T, _: &mut Outcome, _: &mut Report) {}

    pub(super) fn settled<T: Queue>(&mut self, _: &mut Outcome, _: &mut Report) {}

    pub(super) fn platform_works<T: Queue>(&mut self, _: &mut Report) {}

    pub(super) fn check(&mut self) -> Result<()> {
        Ok(())
    }

    pub(super) fn finish<T: Queue>(&mut self, _: &mut Conversations<'_>, _: &mut Report) {}
}

/// The claim on a part: nobody else has it.
#[cfg(feature = "xlsx")]
pub(crate) struct PartClaim<'a>(PhantomData<&'a ()>);

#[cfg(feature = "xlsx")]
#[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "as a memory that remembers")]
impl PartClaim<'_> {
    pub(crate) fn before(&self) -> Option<&str> {
        None
    }

    pub(crate) fn was_interrupted(&self) -> bool {
        false
    }

    pub(crate) fn check(&self) -> Result<()> {
        Ok(())
    }

    pub(crate) fn note(&self, _: String) {}
}
