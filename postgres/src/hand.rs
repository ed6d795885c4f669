//! The order that a worker has in hand: noted with its lease, for whoever takes that over should the worker vanish.

use std::collections::{HashMap, HashSet};

use connect::ledger::{Claim, Order};
use connect::{LedgerError, LedgerErrorKind, Result};

use crate::Postgres;
use crate::rows::{big, get, one, some_text, text};
use crate::session::Value;

/// What is known of the claims of this worker, by their nonces.
#[derive(Default)]
pub(crate) struct Hands {
    given: HashMap<(String, String), i64>,
    /// Another worker vanished with the order, and it is not known to have been at work on it.
    suspects: HashSet<i64>,
    /// What is decided stands with the lease.
    decided: HashSet<i64>,
    /// An order that has ended, and what the server is told of that.
    ending: Option<(i64, Vec<Value>)>,
}

impl Hands {
    pub(crate) fn give(&mut self, claim: &Claim) {
        let order = (claim.entry.collection.clone(), claim.entry.id.clone());
        self.given.insert(order, claim.nonce.cast_signed());
    }

    pub(crate) fn suspect(&mut self, nonce: i64) {
        self.suspects.insert(nonce);
    }

    /// Whether what was decided on the order stands with its lease. Asked once, when the claim is given back.
    pub(crate) fn leave(&mut self, claim: &Claim) -> bool {
        let order = (claim.entry.collection.clone(), claim.entry.id.clone());
        let nonce = claim.nonce.cast_signed();
        if self.given.get(&order) == Some(&nonce) {
            self.given.remove(&order);
        }
        self.suspects.remove(&nonce);
        self.decided.remove(&nonce)
    }

    /// That the order has ended is told with the next statement: should the worker vanish before, what it decided is there.
    pub(crate) fn wait(&mut self, nonce: i64, ending: Vec<Value>) {
        self.ending = Some((nonce, ending));
    }

    pub(crate) fn take_ending(&mut self) -> Option<(i64, Vec<Value>)> {
        self.ending.take()
    }
}

impl Postgres {
    /// The first step of an order says by itself that it is in hand, and a claim says so of the order that it is for. So a
    /// statement is left to what a worker that vanished may have died of, and to decisions.
    pub(crate) fn take_in_hand(&self, order: &Order<'_>, plan: Option<&str>) -> Result<()> {
        let nonce = {
            let hands = self.hands.borrow();
            let given = hands.given.get(&(order.collection.to_owned(), order.id.to_owned()));
            given.copied().filter(|nonce| plan.is_some() || hands.suspects.contains(nonce))
        };
        let Some(nonce) = nonce.filter(|_| self.live().attached) else { return Ok(()) };
        self.catch_up()?;
        let (live, job) = self.writer()?;
        let values = vec![
            some_text(live.found.timeline.as_deref()),
            text(&job),
            text(order.collection),
            text(order.id),
            big(nonce),
            some_text(plan),
        ];
        let rows = live.session.rows("SELECT take_in_hand($1, $2, $3, $4, $5, $6) AS is_held", values)?;
        if !get::<bool>(one(&rows)?, "is_held")? {
            let text = "the order is no longer this worker's: what was decided is not carried out";
            return Err(LedgerError::new(LedgerErrorKind::ClaimLost, text).into());
        }
        if plan.is_some() {
            self.hands.borrow_mut().decided.insert(nonce);
        }
        Ok(())
    }

    /// Tells the server what waits.
    pub(crate) fn catch_up(&self) -> Result<()> {
        let Some((nonce, values)) = self.hands.borrow_mut().take_ending() else { return Ok(()) };
        self.end_now(nonce, values)
    }

    pub(crate) fn end_now(&self, nonce: i64, values: Vec<Value>) -> Result<()> {
        let live = self.live();
        live.session.leases.remove(&[nonce]);
        live.session.rows("SELECT end_order($1, $2, $3, $4, $5, $6, $7, $8)", values).map(drop)
    }
}
