//! The loop: walk the list, ask the closure, carry the plan out, tell what became of it.

mod answer;
mod carry;
mod options;
mod outcome;
mod plan;
mod report;
mod run;
mod talk;
mod walk;

pub(crate) use answer::How;
pub use answer::{Action, Approval, Inquiry};
pub use options::Options;
pub use outcome::{Certainty, Outcome, Verdict};
pub use plan::{Call, Plan};
pub(crate) use plan::{Goal, Reason};
pub use report::{Report, Stop};
pub(crate) use run::{Source, run};
pub(crate) use talk::post_message;
#[cfg(fuzzing)]
pub(crate) use walk::read_page;
