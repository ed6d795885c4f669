//! The loop: list what waits, ask the closure, make the calls of its plan, report what became of it.

mod answer;
mod conversations;
mod execute;
mod fresh;
mod json;
mod look_up;
#[cfg(any(test, fuzzing))]
mod look_up_check;
#[cfg_attr(not(feature = "ledger"), path = "process/memory/none.rs")]
mod memory;
mod options;
mod outcome;
mod pages;
mod plan;
mod queue;
mod recheck;
mod report;
mod retries;
mod run;
mod settle;
mod share;
mod snapshot;
mod stored;
mod storm;
mod told;
mod until_known;

pub(crate) use answer::ApprovalKind;
pub use answer::{Action, Approval, Inquiry, Later, Skip};
pub(crate) use conversations::post_message;
#[cfg(fuzzing)]
pub(crate) use look_up_check::check_look_up;
#[cfg(feature = "xlsx")]
pub(crate) use memory::PartClaim;
pub use options::Options;
pub(crate) use outcome::News;
pub use outcome::{Certainty, Outcome, Verdict};
#[cfg(fuzzing)]
pub(crate) use pages::read_page;
pub(crate) use plan::Goal;
pub use plan::{CallKind, Plan, PlannedCall};
pub(crate) use queue::Queue;
pub use report::{Report, Stop};
pub(crate) use run::run;
#[cfg(feature = "xlsx")]
pub(crate) use run::{run_parts, run_waiting};
#[cfg(feature = "xlsx")]
pub(crate) use until_known::{Known, Refusal, until_known};
