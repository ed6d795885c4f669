//! Orders that are claimed at one stroke with the one that is asked for, since the run will come to them.
//!
//! Without this, each of many workers would ask for each order of each page.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use connect::OffsetDateTime;
use connect::ledger::{Claim, Claimed, Order};

/// Orders are claimed for about so much work.
const WORK: Duration = Duration::from_secs(2);
/// And no more than this, so that an idle worker finds some.
const MOST: u32 = 10;
/// Until it is known how long an order takes.
const FIRST: u32 = 2;

/// An order, owned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Coming {
    pub(crate) collection: String,
    pub(crate) id: String,
    pub(crate) asset: Option<String>,
    pub(crate) created: Option<OffsetDateTime>,
}

impl Coming {
    pub(crate) fn new(order: &Order<'_>) -> Self {
        Self {
            collection: order.collection.to_owned(),
            id: order.id.to_owned(),
            asset: order.asset.map(str::to_owned),
            created: order.created,
        }
    }
}

/// Why an order of the page is not this worker's.
#[derive(Debug, Clone)]
pub(crate) enum Denied {
    Held,
    Ended(String),
    Behind(String),
}

impl From<Denied> for Claimed {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Held => Self::Held,
            Denied::Ended(state) => Self::Ended(state),
            Denied::Behind(id) => Self::Behind(id),
        }
    }
}

/// What is known of the orders of the page.
#[derive(Debug, Default)]
pub(crate) struct Ahead {
    collection: String,
    coming: VecDeque<Coming>,
    granted: HashMap<String, Claim>,
    denied: HashMap<String, Denied>,
    last: Option<(Instant, u32)>,
}

impl Ahead {
    /// Another page; returns the claims that nobody came to.
    pub(crate) fn turn(&mut self, orders: &[Order<'_>]) -> Vec<Claim> {
        self.collection = orders.first().map(|order| order.collection.to_owned()).unwrap_or_default();
        self.coming = orders.iter().map(Coming::new).collect();
        self.denied.clear();
        self.granted.drain().map(|(_, claim)| claim).collect()
    }

    /// What is known of the order already.
    pub(crate) fn known(&mut self, order: &Order<'_>) -> Option<Result<Claim, Denied>> {
        if order.collection != self.collection {
            return None;
        }
        let granted = self.granted.remove(order.id).map(Ok);
        granted.or_else(|| self.denied.get(order.id).cloned().map(Err))
    }

    /// The order and those that come after it, and how many of them to claim.
    pub(crate) fn batch(&mut self, order: &Order<'_>) -> (Vec<Coming>, u32) {
        let mut batch = vec![Coming::new(order)];
        let at = self
            .coming
            .iter()
            .position(|coming| coming.id == order.id && coming.collection == order.collection);
        let Some(at) = at else { return (batch, 1) };
        self.coming.drain(..=at);
        let is_known = |id: &str| self.denied.contains_key(id) || self.granted.contains_key(id);
        let granted: Vec<_> = self.granted.values().map(|claim| claim.entry.asset.clone()).collect();
        for coming in self.coming.iter().filter(|coming| !is_known(&coming.id)) {
            // The second order of an asset is claimed once it is known what became of the first.
            let has_asset = |asset: &Option<String>| asset.is_some() && *asset == coming.asset;
            if !batch.iter().map(|other| &other.asset).chain(&granted).any(has_asset) {
                batch.push(coming.clone());
            }
        }
        (batch, self.most())
    }

    /// So many orders take about as long as they should wait for each other.
    fn most(&self) -> u32 {
        let Some((since, orders)) = self.last else { return FIRST };
        let each = since.elapsed() / orders.max(1);
        let most = WORK.as_millis().checked_div(each.as_millis()).and_then(|most| u32::try_from(most).ok());
        most.unwrap_or(MOST).clamp(1, MOST)
    }

    /// The claims of a batch, and why the others of it are not this worker's.
    pub(crate) fn learn(&mut self, granted: Vec<Claim>, denied: Vec<(String, Denied)>, all: u32) {
        self.last = Some((Instant::now(), all));
        self.granted.extend(granted.into_iter().map(|claim| (claim.entry.id.clone(), claim)));
        self.denied.extend(denied);
    }
}

#[cfg(test)]
mod tests {
    use connect::ledger::Entry;

    use super::*;

    fn order<'a>(id: &'a str, asset: Option<&'a str>) -> Order<'a> {
        Order { collection: "requests", id, asset, created: None }
    }

    fn ids(batch: &[Coming]) -> Vec<&str> {
        batch.iter().map(|coming| coming.id.as_str()).collect()
    }

    #[test]
    fn what_comes_after_an_order_is_claimed_with_it_but_one_for_each_asset() {
        let mut ahead = Ahead::default();
        let page = [order("1", Some("A")), order("2", Some("B")), order("3", Some("B")), order("4", None)];
        assert!(ahead.turn(&page).is_empty());
        let (batch, most) = ahead.batch(&page[0]);
        assert_eq!((ids(&batch), most), (vec!["1", "2", "4"], FIRST));
        let claim = |id: &str, asset: &str| {
            let entry = Entry { id: id.into(), asset: Some(asset.into()), ..Entry::default() };
            Claim { nonce: 1, entry, steps: Vec::new(), died: None }
        };
        ahead.learn(vec![claim("1", "A"), claim("2", "B")], vec![("4".into(), Denied::Held)], 2);
        assert!(matches!(ahead.known(&page[0]), Some(Ok(_))));
        assert!(matches!(ahead.known(&page[3]), Some(Err(Denied::Held))));
        assert!(ahead.known(&page[2]).is_none());
        // Should it be asked for another one first, the third still waits for the second.
        assert_eq!(ids(&ahead.batch(&order("9", None)).0), ["9"]);
        assert!(matches!(ahead.known(&page[1]), Some(Ok(_))));
        let (batch, most) = ahead.batch(&page[2]);
        assert_eq!((ids(&batch), most), (vec!["3"], MOST), "orders that take no time");
        // What is not of the page is claimed alone.
        assert_eq!(ahead.batch(&order("9", None)).1, 1);
        assert!(ahead.known(&Order { collection: "usage/files", ..page[3] }).is_none());
    }
}
