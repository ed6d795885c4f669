//! Leases on orders, of the one that is asked for and of those that come after it.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::time::Instant;

use connect::ledger::{Claim, Claimed, Entry, InHand, Order, Store as _};
use connect::{OffsetDateTime, Result};
use postgres::Row;

use crate::Postgres;
use crate::ahead::{Coming, Denied};
use crate::rows::{count, entry, get, numbers, seconds, some_text, step, text, texts, times};
use crate::session::Value;

/// Claims, and why the others are not given.
type Batch = (Vec<Claim>, Vec<(String, Denied)>);

impl Postgres {
    /// The claim of a dry run, which keeps nobody away.
    pub(crate) fn look_at(&self, order: &Order<'_>) -> Result<Claimed> {
        let found = self.read(order.collection, order.id)?;
        Ok(match found {
            Some((Entry { ended: Some(_), state: Some(state), .. }, _)) => Claimed::Ended(state),
            found => {
                let (entry, steps) = found.unwrap_or_default();
                let entry = Entry {
                    collection: order.collection.to_owned(),
                    id: order.id.to_owned(),
                    asset: order.asset.map(str::to_owned).or(entry.asset),
                    created: order.created.or(entry.created),
                    ..entry
                };
                Claimed::Yes(Box::new(Claim { nonce: 0, entry, steps, died: None }))
            }
        })
    }

    /// The order for this worker, from what was claimed ahead or by a statement.
    pub(crate) fn lease(&self, order: &Order<'_>) -> Result<Claimed> {
        let known = self.ahead.borrow_mut().known(order);
        match known {
            Some(Err(denied)) => return Ok(denied.into()),
            Some(Ok(claim)) => {
                let leases = self.live().session.leases.clone();
                let nonce = claim.nonce.cast_signed();
                // One that is old already is claimed anew.
                let is_young = leases.age(nonce).is_some_and(|age| age < self.settings.terms.longest / 2);
                if is_young && leases.holds(nonce) {
                    return Ok(Claimed::Yes(Box::new(claim)));
                }
                self.give_back(&[claim])?;
            }
            None => {}
        }
        let (batch, most) = self.ahead.borrow_mut().batch(order);
        let (granted, denied) = self.claim_batch(&batch, most)?;
        let all = u32::try_from(granted.len()).unwrap_or(u32::MAX);
        let mut ahead = self.ahead.borrow_mut();
        if batch.len() == 1 {
            let denied = denied.into_iter().next().map(|(_, denied)| denied.into());
            return Ok(granted
                .into_iter()
                .next()
                .map_or_else(|| denied.unwrap_or(Claimed::Held), |claim| Claimed::Yes(Box::new(claim))));
        }
        ahead.learn(granted, denied, all);
        Ok(match ahead.known(order) {
            Some(Ok(claim)) => Claimed::Yes(Box::new(claim)),
            Some(Err(denied)) => denied.into(),
            None => Claimed::Held,
        })
    }

    /// Claims up to so many of these orders.
    fn claim_batch(&self, batch: &[Coming], most: u32) -> Result<Batch> {
        self.catch_up()?;
        let (live, job) = self.writer()?;
        let collection = batch.first().map(|order| order.collection.clone()).unwrap_or_default();
        let nonces: Vec<i64> = batch.iter().map(|order| nonce(&order.id)).collect();
        let asked = Instant::now();
        // `known_order` reads after the leases were taken, which a part of this statement would not.
        let sql = "SELECT * FROM claim($1, $2, $3, $4, $5, $6, $7, $8, $9 * interval '1 second', $10)
            LEFT JOIN LATERAL known_order($2, $3, order_id) ON outcome = 'yes'";
        let values: Vec<Value> = vec![
            some_text(live.found.timeline.as_deref()),
            text(&job),
            text(&collection),
            texts(batch.iter().map(|order| Some(&*order.id))),
            texts(batch.iter().map(|order| order.asset.as_deref())),
            times(batch.iter().map(|order| order.created).collect()),
            numbers(nonces.clone()),
            text(&owner()),
            seconds(self.settings.terms.lease),
            count(most),
        ];
        let rows = live.session.rows(sql, values)?;
        let (mut granted, mut denied): (Vec<Claim>, Vec<_>) = (Vec::new(), Vec::new());
        for row in &rows {
            let id: String = get(row, "order_id")?;
            let detail: Option<String> = get(row, "detail")?;
            match get::<&str>(row, "outcome")? {
                "yes" => {
                    let Some(at) = batch.iter().position(|order| order.id == id) else { continue };
                    let (Some(order), Some(&nonce)) = (batch.get(at), nonces.get(at)) else { continue };
                    // One row for each step.
                    if granted.last().is_none_or(|claim| claim.entry.id != id) {
                        live.session.leases.add(nonce, asked, self.settings.terms.lease);
                        let vanished: Option<bool> = get(row, "vanished")?;
                        let plan: Option<String> = get(row, "in_plan")?;
                        if vanished == Some(false) {
                            self.hands.borrow_mut().suspect(nonce);
                        }
                        let died = (vanished == Some(true) || plan.is_some()).then(|| InHand {
                            collection: collection.clone(),
                            id: id.clone(),
                            plan,
                        });
                        let nonce = nonce.cast_unsigned();
                        granted.push(Claim { nonce, entry: known(row, order)?, steps: Vec::new(), died });
                    }
                    if let (Some(claim), Some(_)) = (granted.last_mut(), get::<Option<&str>>(row, "name")?) {
                        claim.steps.push(step(row)?);
                    }
                }
                "ended" => denied.push((id, Denied::Ended(detail.unwrap_or_default()))),
                "behind" => denied.push((id, Denied::Behind(detail.unwrap_or_default()))),
                _ => denied.push((id, Denied::Held)),
            }
        }
        Ok((granted, denied))
    }

    /// Gives back what the run did not come to.
    pub(crate) fn give_back(&self, claims: &[Claim]) -> Result<()> {
        if claims.is_empty() {
            return Ok(());
        }
        let live = self.live();
        let nonces = |claims: &mut dyn Iterator<Item = &Claim>| -> Vec<i64> {
            claims.map(|claim| claim.nonce.cast_signed()).collect()
        };
        let all = nonces(&mut claims.iter());
        live.session.leases.remove(&all);
        // What a worker vanished with is still to be told of by whoever comes to the order.
        let died = nonces(&mut claims.iter().filter(|claim| claim.died.is_some()));
        let sql = "UPDATE lease SET in_hand = nonce = ANY ($3),
                until = CASE WHEN nonce = ANY ($3) THEN clock_timestamp() ELSE '-infinity' END
            WHERE nonce = ANY ($2) AND ended IS NULL AND is_here($1)";
        let timeline = some_text(live.found.timeline.as_deref());
        live.session.rows(sql, vec![timeline, numbers(all), numbers(died)]).map(drop)
    }
}

/// The entry of a claim that was just given.
fn known(row: &Row, order: &Coming) -> Result<Entry> {
    let found = match get::<Option<&str>>(row, "id")? {
        Some(_) => entry(row, "entry_state")?,
        None => Entry::default(),
    };
    Ok(Entry {
        collection: order.collection.clone(),
        id: order.id.clone(),
        asset: order.asset.clone().or(found.asset.clone()),
        created: order.created.or(found.created),
        ..found
    })
}

/// A number that no other claim has, on no machine.
pub(crate) fn nonce(id: &str) -> i64 {
    RandomState::new()
        .hash_one((id, std::process::id(), OffsetDateTime::now_utc().unix_timestamp_nanos()))
        .cast_signed()
}

/// Who has an order, for the people who ask.
pub(crate) fn owner() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    format!("{} {}", host.trim(), std::process::id()).trim().to_owned()
}
