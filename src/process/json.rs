//! How the fields of reports and outcomes are written as JSON.
#![expect(clippy::ref_option, reason = "serde hands over a reference to the field")]

use std::time::Duration;

use serde::{Serialize, Serializer};

use super::Plan;
use crate::error::Error;

/// With its causes, on one line.
pub(super) fn error<S: Serializer>(error: &Option<Error>, out: S) -> Result<S::Ok, S::Error> {
    error.as_ref().map(Error::with_causes).serialize(out)
}

pub(super) fn plan<S: Serializer>(plan: &Option<Plan>, out: S) -> Result<S::Ok, S::Error> {
    plan.as_ref().map(ToString::to_string).serialize(out)
}

pub(super) fn millis<S: Serializer>(duration: &Duration, out: S) -> Result<S::Ok, S::Error> {
    out.serialize_u64(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
}

pub(super) fn seconds<S: Serializer>(duration: &Option<Duration>, out: S) -> Result<S::Ok, S::Error> {
    duration.map(|duration| duration.as_secs()).serialize(out)
}
