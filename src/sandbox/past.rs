//! What objects were like a moment ago, for replicas that lag.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use serde_json::Value;

/// The changes of the last moments. Nothing is kept while nothing lags.
#[derive(Default)]
pub(super) struct Past {
    pub(super) lag: Duration,
    changes: VecDeque<(Instant, Known)>,
}

/// One object at one time; `None` where there was none.
#[derive(Clone)]
pub(super) struct Known {
    pub(super) collection: String,
    pub(super) id: String,
    pub(super) value: Option<Value>,
}

impl Past {
    /// Keeps what an object is like before it changes.
    pub(super) fn keep(&mut self, collection: &str, id: &str, value: Option<&Value>) {
        if self.lag > Duration::ZERO {
            let known = Known { collection: collection.into(), id: id.into(), value: value.cloned() };
            self.changes.push_back((Instant::now(), known));
        }
    }

    /// What lagging reads show of the objects that have changed meanwhile, each once.
    pub(super) fn stale(&mut self) -> Vec<Known> {
        let lag = self.lag;
        while self.changes.front().is_some_and(|(at, _)| at.elapsed() >= lag) {
            self.changes.pop_front();
        }
        let mut stale: Vec<Known> = Vec::new();
        for (_, known) in &self.changes {
            // The first change within the lag knows what there was before all of them.
            if !stale.iter().any(|other| (&other.collection, &other.id) == (&known.collection, &known.id)) {
                stale.push(known.clone());
            }
        }
        stale
    }
}
