//! Stub.
pub(crate) struct Guard;
pub(crate) fn enter(_id: &str) -> Guard { Guard }
impl Guard { pub(crate) fn request_done(&self, _failed: bool) {} }
