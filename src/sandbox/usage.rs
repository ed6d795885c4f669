//! Stub.
use super::router::{Ctx, Outcome, not_found};
macro_rules! s { ($($n:ident)*) => { $(pub(super) fn $n(_: &mut Ctx<'_>) -> Outcome { Err(not_found()) })* } }
s!(list create detail update upload accept reject reprocess plain template);
