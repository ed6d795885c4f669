//! Which states of the platform end an order, by its collection. A state that is not here is alive.

use super::store::{Left, StepRecord, StepState};

/// How an order has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The customer has it.
    Approved,
    /// The customer does not have it.
    Failed,
}

/// How an object of the collection has ended in this state, or nothing where it has not.
pub(crate) fn ending(collection: &str, state: &str) -> Option<Ending> {
    let (approved, failed): (&[&str], &[&str]) = match collection {
        "requests" => (&["approved"], &["failed", "revoked"]),
        "tier/config-requests" => (&["approved"], &["failed"]),
        "usage/files" => (&["accepted", "closed"], &["rejected", "deleted"]),
        _ => return None,
    };
    let is_in = |states: &[&str]| states.iter().any(|one| one.eq_ignore_ascii_case(state));
    if is_in(approved) { Some(Ending::Approved) } else { is_in(failed).then_some(Ending::Failed) }
}

impl Ending {
    /// What is left to do for an order with these steps, where `by_us` says whether this job brought it there.
    pub(crate) fn left(self, steps: &[StepRecord], by_us: bool) -> Option<Left> {
        match self {
            Self::Approved => {
                (!by_us && steps.iter().any(StepRecord::may_have_effect)).then_some(Left::Adopted)
            }
            Self::Failed => {
                steps.iter().any(|step| step.may_have_effect() && !step.keep).then_some(Left::Undo)
            }
        }
    }
}

impl StepRecord {
    /// Whether the vendor's systems may hold something of it. An undo makes nothing.
    pub(crate) fn may_have_effect(&self) -> bool {
        self.state != StepState::Refused && !super::decide::is_undo(&self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_has_ended_in_the_last_states_of_its_collection_and_in_no_other() {
        for (collection, approved, failed, alive) in [
            (
                "requests",
                &["approved", "Approved"][..],
                &["failed", "revoked"][..],
                &["pending", "scheduled"][..],
            ),
            ("tier/config-requests", &["approved"], &["failed"], &["inquiring", "revoked"]),
            (
                "usage/files",
                &["accepted", "closed"],
                &["rejected", "deleted"],
                &["ready", "invalid", "approved"],
            ),
            ("listings", &[], &[], &["listed", "approved", "failed"]),
        ] {
            for (states, expected) in
                [(approved, Some(Ending::Approved)), (failed, Some(Ending::Failed)), (alive, None)]
            {
                for state in states {
                    assert_eq!(ending(collection, state), expected, "{collection} {state}");
                }
            }
        }
    }
}
