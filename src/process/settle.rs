//! What is unknown when a run is over is looked up once more: a replica that lagged has caught up by then.

use super::conversations::{Conversations, LostMessage};
use super::look_up::look_up;
use super::snapshot::State;
use super::{Plan, Queue};
use crate::error::{Error, Result};
use crate::http::{Http, wait};
use crate::scope;

/// So many are kept for a second look; beyond that they stay unknown.
const KEPT: usize = 1000;

/// Orders and messages whose fate is unknown.
#[derive(Default)]
pub(super) struct Unsettled {
    orders: Vec<Order>,
    messages: Vec<(String, Box<LostMessage>)>,
    /// What the platform must not be quoted with: it may echo it when the orders are not processed any more.
    secrets: Vec<String>,
}

struct Order {
    id: String,
    /// The state that it was listed in.
    before: String,
    plan: Plan,
}

/// What a second look settled.
pub(super) enum Settled {
    /// The order was brought where its plan leads.
    Reached { id: String, plan: Plan },
    /// Somebody else brought it to another state.
    Elsewhere { id: String, error: Error },
    /// The message of this order is there.
    Message { id: String },
}

impl Unsettled {
    pub(super) fn is_empty(&self) -> bool {
        self.orders.is_empty() && self.messages.is_empty()
    }

    pub(super) fn add_order(&mut self, id: &str, before: &str, plan: Plan) {
        if self.orders.len() < KEPT {
            self.orders.push(Order { id: id.to_owned(), before: before.to_owned(), plan });
            self.secrets.extend(scope::secrets());
        }
    }

    pub(super) fn add_message(&mut self, id: &str, lost: Option<Box<LostMessage>>) {
        if let Some(lost) = lost.filter(|_| self.messages.len() < KEPT) {
            self.messages.push((id.to_owned(), lost));
            self.secrets.extend(scope::secrets());
        }
    }

    /// Looks again after each pause, as long as that ends within the deadline.
    pub(super) fn settle<T: Queue>(
        &mut self,
        http: &Http,
        conversations: &Conversations<'_>,
        mut settled: impl FnMut(Settled),
    ) -> Result<()> {
        for secret in std::mem::take(&mut self.secrets) {
            scope::hide(&secret);
        }
        for pause in http.settle {
            if self.is_empty() || !wait(pause) {
                return Ok(());
            }
            self.look::<T>(http, &mut settled)?;
            let mut lost = Vec::new();
            for (id, message) in std::mem::take(&mut self.messages) {
                if conversations.has_arrived(&message)? {
                    settled(Settled::Message { id });
                } else {
                    lost.push((id, message));
                }
            }
            self.messages = lost;
        }
        for (id, message) in std::mem::take(&mut self.messages) {
            match conversations.post_again(&message) {
                Ok(()) => settled(Settled::Message { id }),
                Err(error) => log::debug!(target: "connect::process", "{id}: {error}"),
            }
        }
        Ok(())
    }

    fn look<T: Queue>(&mut self, http: &Http, settled: &mut impl FnMut(Settled)) -> Result<()> {
        let orders = std::mem::take(&mut self.orders);
        look_up::<T, _>(
            http,
            orders,
            |order| &order.id,
            |order, snapshot| {
                let state = snapshot.map(|snapshot| {
                    order.plan.goal.compare(snapshot, &order.plan.object, &order.id, &order.before)
                });
                match state {
                    Some(Ok(Some(State::Reached))) => {
                        settled(Settled::Reached { id: order.id, plan: order.plan });
                    }
                    Some(Ok(Some(State::Elsewhere(conflict)))) => {
                        settled(Settled::Elsewhere { id: order.id, error: Error::Conflict(conflict) });
                    }
                    Some(Ok(None) | Err(_)) | None => self.orders.push(order),
                }
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::Verdict;

    #[test]
    fn a_platform_that_loses_everything_does_not_fill_the_memory() {
        let mut unsettled = Unsettled::default();
        for at in 0..=KEPT {
            unsettled.add_order(
                &format!("PR-{at}"),
                "pending",
                Plan::new(Verdict::Approved, "/requests/PR-1"),
            );
        }
        assert_eq!(unsettled.orders.len(), KEPT);
        assert_eq!(unsettled.orders.last().map(|order| order.id.as_str()), Some("PR-999"));
    }
}
