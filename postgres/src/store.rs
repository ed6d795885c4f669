//! The acts of the ledger, each one statement, so that a worker that stops in between holds nothing.

use std::cell::Ref;
use std::time::Instant;

use connect::ledger::{
    Attached, Began, Begin, Claim, Claimed, Correction, Entry, Identity, Kept, Left, Note, Noted, Order,
    StepEnd, StepRecord, Store, Stray, Which,
};
use connect::{LedgerError, LedgerErrorKind, OffsetDateTime, Result};

use crate::claim::{nonce, owner};
use crate::error::unusable;
use crate::rows::{
    big, count, entry, flag, get, number, one, seconds, some_text, some_time, step, stray, text, texts, time,
};
use crate::session::Value;
use crate::{Live, Postgres};

impl Postgres {
    pub(crate) fn live(&self) -> Ref<'_, Live> {
        self.live.borrow()
    }

    /// The connection for an act that writes, and the job.
    pub(crate) fn writer(&self) -> Result<(Ref<'_, Live>, String)> {
        let live = self.live();
        match &live.job {
            Some(job) if live.attached => {
                let job = job.clone();
                Ok((live, job))
            }
            _ => Err(unusable("the ledger in PostgreSQL is only read: no run has it")),
        }
    }

    /// What a statement of an order begins with: the timeline, the job, the order, and its claim.
    fn fence(live: &Live, job: &str, claim: &Claim) -> Vec<Value> {
        let Entry { collection, id, .. } = &claim.entry;
        vec![
            some_text(live.found.timeline.as_deref()),
            text(job),
            text(collection),
            text(id),
            big(claim.nonce.cast_signed()),
        ]
    }
}

fn read_order(live: &Live, collection: &str, id: &str) -> Result<Option<(Entry, Vec<StepRecord>)>> {
    if !live.found.is_made {
        return Ok(None);
    }
    let sql = "SELECT * FROM entry WHERE ($1::text IS NULL OR job = $1) AND collection = $2 AND id = $3 ORDER BY job LIMIT 1";
    let order = || vec![some_text(live.job.as_deref()), text(collection), text(id)];
    let rows = live.session.rows(sql, order())?;
    let Some(found) = rows.first().map(|row| entry(row, "state")).transpose()? else { return Ok(None) };
    let sql = "SELECT * FROM step WHERE ($1::text IS NULL OR job = $1) AND collection = $2 AND id = $3 ORDER BY job, position";
    let rows = live.session.rows(sql, order())?;
    Ok(Some((found, rows.iter().map(step).collect::<Result<_>>()?)))
}

impl Store for Postgres {
    fn attach(&self, identity: &Identity<'_>, dry_run: bool, now: OffsetDateTime) -> Result<Attached> {
        if dry_run { self.attach_reader(identity, now) } else { self.attach_writer(identity, now) }
    }

    fn now(&self) -> OffsetDateTime {
        let (at, now) = self.live().clock;
        now + at.elapsed()
    }

    fn read_as(&self, job: &str) {
        let mut live = self.live.borrow_mut();
        if !live.attached {
            live.job = Some(job.to_owned());
        }
    }

    fn warnings(&self) -> Vec<String> {
        self.live().warnings.clone()
    }

    fn is_shared(&self) -> bool {
        true
    }

    fn half_done(&self) -> Result<u64> {
        self.catch_up()?;
        let live = self.live();
        if !live.found.is_made {
            return Ok(0);
        }
        let sql = "SELECT count(*) AS count FROM entry WHERE ($1::text IS NULL OR job = $1) AND ended IS NULL AND collection <> 'listings'
            AND EXISTS (SELECT FROM step
                WHERE step.job = entry.job AND step.collection = entry.collection AND step.id = entry.id)";
        let rows = live.session.rows(sql, vec![some_text(live.job.as_deref())])?;
        number(one(&rows)?, "count").map(u64::from)
    }

    fn coming(&self, orders: &[Order<'_>]) {
        let left = self.ahead.borrow_mut().turn(orders);
        if let Err(error) = self.give_back(&left) {
            log::warn!(target: "connect::ledger", "claims cannot be given back, and end in their time: {error}");
        }
    }

    fn in_hand(&self, order: Option<&Order<'_>>, plan: Option<&str>) -> Result<()> {
        if let Some(order) = order {
            return self.take_in_hand(order, plan);
        }
        self.catch_up()?;
        let left = self.ahead.borrow_mut().turn(&[]);
        self.give_back(&left)
    }

    fn claim(&self, order: &Order<'_>, _: OffsetDateTime) -> Result<Claimed> {
        if !self.live().attached {
            return self.look_at(order);
        }
        let claimed = self.lease(order)?;
        if let Claimed::Yes(claim) = &claimed {
            self.hands.borrow_mut().give(claim);
        }
        Ok(claimed)
    }

    fn is_held(&self, claim: &Claim) -> bool {
        let live = self.live();
        !live.attached || live.session.leases.holds(claim.nonce.cast_signed())
    }

    fn begin(&self, claim: &Claim, begin: &Begin<'_>, now: OffsetDateTime) -> Result<Began> {
        let (live, job) = self.writer()?;
        let entry = &claim.entry;
        let mut values = Self::fence(&live, &job, claim);
        values.extend([
            some_text(entry.asset.as_deref()),
            some_time(entry.created),
            some_text(entry.round.as_deref()),
            count(entry.attempts),
            text(begin.name),
            some_text(begin.was),
            count(begin.generation),
            text(begin.key),
            text(begin.input),
            flag(begin.keep),
            time(now),
        ]);
        let mut sql =
            "SELECT * FROM begin_step($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)";
        // What waits goes along.
        if let Some((nonce, ending)) = self.hands.borrow_mut().take_ending() {
            sql = "SELECT begun.*
                FROM begin_step($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) AS begun,
                    end_order($17, $18, $19, $20, $21, $22, $23, $24)";
            values.extend(ending);
            live.session.leases.remove(&[nonce]);
        }
        let rows = live.session.rows(sql, values)?;
        let row = one(&rows)?;
        Ok(match get::<&str>(row, "outcome")? {
            "begun" => Began::Begun(step(row)?),
            "done" => Began::Done(step(row)?),
            "changed" => Began::Changed(step(row)?),
            _ => Began::Dead,
        })
    }

    fn result(
        &self,
        claim: &Claim,
        name: &str,
        generation: u32,
        end: &StepEnd<'_>,
        now: OffsetDateTime,
    ) -> Result<Kept> {
        let (live, job) = self.writer()?;
        let (state, result) = match *end {
            StepEnd::Done(json) => ("done", Some(json)),
            StepEnd::Unreadable(why) => ("unreadable", Some(why)),
            StepEnd::Refused => ("refused", None),
        };
        let mut values = Self::fence(&live, &job, claim);
        values.extend([text(name), count(generation), text(state), some_text(result), time(now)]);
        let sql = "SELECT result_of_step($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) AS is_recorded";
        let rows = live.session.rows(sql, values)?;
        Ok(if get(one(&rows)?, "is_recorded")? { Kept::Recorded } else { Kept::Stray })
    }

    fn end(&self, claim: &Claim, state: &str, left: Option<Left>, now: OffsetDateTime) -> Result<()> {
        self.catch_up()?;
        let (live, job) = self.writer()?;
        let mut values = Self::fence(&live, &job, claim);
        values.extend([text(state), some_text(left.map(Left::as_str)), time(now)]);
        let nonce = claim.nonce.cast_signed();
        if self.hands.borrow_mut().leave(claim) {
            self.hands.borrow_mut().wait(nonce, values);
            return Ok(());
        }
        self.end_now(nonce, values)
    }

    fn claim_ended(&self, collection: &str, id: &str, _: OffsetDateTime) -> Result<Option<Claim>> {
        self.catch_up()?;
        let (live, job) = self.writer()?;
        let (nonce, asked) = (nonce(id), Instant::now());
        let values: Vec<Value> = vec![
            some_text(live.found.timeline.as_deref()),
            text(&job),
            text(collection),
            text(id),
            big(nonce),
            text(&owner()),
            seconds(self.settings.terms.lease),
        ];
        let sql = "SELECT claim_ended($1, $2, $3, $4, $5, $6, $7 * interval '1 second') AS is_claimed";
        if !get::<bool>(one(&live.session.rows(sql, values)?)?, "is_claimed")? {
            return Ok(None);
        }
        live.session.leases.add(nonce, asked, self.settings.terms.lease);
        let found = read_order(&live, collection, id)?;
        Ok(found.map(|(entry, steps)| Claim { nonce: nonce.cast_unsigned(), entry, steps, died: None }))
    }

    fn release(&self, claim: &Claim, entry: Option<&Entry>) -> Result<()> {
        if !self.live().attached {
            return Ok(());
        }
        self.catch_up()?;
        self.hands.borrow_mut().leave(claim);
        let (live, job) = self.writer()?;
        let kept = entry.unwrap_or(&claim.entry);
        let mut values = Self::fence(&live, &job, claim);
        values.extend([
            flag(entry.is_some()),
            some_text(kept.asset.as_deref()),
            some_time(kept.created),
            count(kept.attempts),
            some_time(kept.due),
            some_time(kept.later),
            some_text(kept.error.as_deref()),
            some_time(kept.erred),
            some_time(kept.dead),
            some_text(kept.round.as_deref()),
            some_text(kept.told.as_deref()),
            some_time(kept.told_at),
            some_text(kept.plan.as_deref()),
            some_time(kept.looked),
            some_time(kept.unseen),
            some_time(kept.ended),
            some_text(kept.state.as_deref()),
            some_text(kept.left.map(Left::as_str)),
        ]);
        live.session.leases.remove(&[claim.nonce.cast_signed()]);
        let sql = "SELECT release_order($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19,
            $20, $21, $22, $23)";
        live.session.rows(sql, values).map(drop)
    }

    fn note(&self, collection: &str, notes: &[Note<'_>], now: OffsetDateTime) -> Result<()> {
        if notes.is_empty() {
            return Ok(());
        }
        self.catch_up()?;
        let (live, job) = self.writer()?;
        let kind = |note: &Note<'_>| match note.what {
            Noted::Seen(Some(_)) => "seen",
            Noted::Seen(None) => "unseen",
            Noted::Told(_) => "told",
        };
        let told = notes.iter().map(|note| match note.what {
            Noted::Seen(text) => text,
            Noted::Told(text) => Some(text),
        });
        let values: Vec<Value> = vec![
            some_text(live.found.timeline.as_deref()),
            text(&job),
            text(collection),
            texts(notes.iter().map(|note| Some(note.id))),
            texts(notes.iter().map(|note| Some(kind(note)))),
            texts(told),
            time(now),
        ];
        live.session.rows("SELECT note_orders($1, $2, $3, $4, $5, $6, $7)", values).map(drop)
    }

    fn correct(
        &self,
        collection: &str,
        id: &str,
        correction: &Correction<'_>,
        by: &str,
        now: OffsetDateTime,
    ) -> Result<bool> {
        self.catch_up()?;
        let (live, job) = self.writer()?;
        let (kind, step, result) = match *correction {
            Correction::Revive => ("revive", None, None),
            Correction::Acknowledge => ("acknowledge", None, None),
            Correction::Forget => ("forget", None, None),
            Correction::Set { step, result } => ("set", Some(step), Some(result)),
        };
        let values = vec![
            some_text(live.found.timeline.as_deref()),
            text(&job),
            text(collection),
            text(id),
            text(kind),
            some_text(step),
            some_text(result),
            text(by),
            time(now),
        ];
        let rows =
            live.session.rows("SELECT correct_order($1, $2, $3, $4, $5, $6, $7, $8, $9) AS done", values)?;
        match get::<&str>(one(&rows)?, "done")? {
            "done" => Ok(true),
            "none" => Ok(false),
            owner => {
                let text = format!("the worker {owner} has {id} in hand: try again when it is done with it");
                Err(LedgerError::new(LedgerErrorKind::Held, text).into())
            }
        }
    }

    fn read(&self, collection: &str, id: &str) -> Result<Option<(Entry, Vec<StepRecord>)>> {
        self.catch_up()?;
        read_order(&self.live(), collection, id)
    }

    fn each(&self, collection: &str, which: Which, each: &mut dyn FnMut(Entry)) -> Result<()> {
        self.catch_up()?;
        let entries = {
            let live = self.live();
            if !live.found.is_made {
                return Ok(());
            }
            let (open, before) = match which {
                Which::All => (false, None),
                Which::Open => (true, None),
                Which::Alive { before } => (false, Some(before)),
            };
            let sql = "SELECT * FROM entry WHERE ($1::text IS NULL OR job = $1) AND collection = $2
                AND (NOT $3 OR open IS NOT NULL OR plan IS NOT NULL)
                AND ($4::timestamptz IS NULL OR ended IS NULL AND (looked IS NULL OR looked < $4))
                ORDER BY id COLLATE \"C\"";
            let values: Vec<Value> =
                vec![some_text(live.job.as_deref()), text(collection), flag(open), some_time(before)];
            live.session.rows(sql, values)?
        };
        entries.iter().try_for_each(|row| entry(row, "state").map(&mut *each))
    }

    fn strays(&self, each: &mut dyn FnMut(Stray)) -> Result<()> {
        self.catch_up()?;
        let strays = {
            let live = self.live();
            if !live.found.is_made {
                return Ok(());
            }
            let sql = "SELECT * FROM stray WHERE ($1::text IS NULL OR job = $1) ORDER BY at";
            live.session.rows(sql, vec![some_text(live.job.as_deref())])?
        };
        strays.iter().try_for_each(|row| stray(row).map(&mut *each))
    }

    fn sweep(&self, before: OffsetDateTime) -> Result<()> {
        self.catch_up()?;
        let (live, job) = self.writer()?;
        let sql = "WITH entries AS (DELETE FROM entry WHERE job = $2 AND ended < $3 AND open IS NULL AND is_here($1))
            DELETE FROM lease WHERE job = $2 AND (ended < $3 OR ended IS NULL AND until < $3 AND claimed < $3) AND is_here($1)";
        let timeline = some_text(live.found.timeline.as_deref());
        live.session.rows(sql, vec![timeline, text(&job), time(before)]).map(drop)
    }
}
