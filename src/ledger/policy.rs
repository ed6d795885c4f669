//! When an order is tried again: pure, so that each rule is a line of a table.

use std::time::Duration;

use serde_json::json;
use time::OffsetDateTime;

use super::input::hash;
use super::store::Entry;

/// An order that is put off for longer is an error.
const WEEK: Duration = Duration::from_secs(7 * 86400);

/// How often an order that errs is tried, and the pauses between.
///
/// ```
/// use std::time::Duration;
///
/// use connect::ledger::Attempts;
///
/// // After 1, 2, 4, 8, 16, 32 minutes, and then every hour: twelve attempts in about six hours.
/// let attempts = Attempts::new(12);
/// // After 10, 20, 40 … seconds, and then every 10 minutes.
/// let impatient = Attempts::new(12).first(Duration::from_secs(10)).longest(Duration::from_secs(600));
/// # let _ = (attempts, impatient);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "attempts bound a run that is given them"]
pub struct Attempts {
    most: u32,
    first: Duration,
    longest: Duration,
    leaves_note: bool,
}

impl Attempts {
    /// So many attempts, at least one: after the last one the order is dead, which means that it is not tried any more.
    ///
    /// The pause is a minute, and doubles with each attempt up to an hour. Each pause is up to a seventh shorter, so that
    /// orders do not come all at once.
    ///
    /// The attempts must outlast the vendor's usual downtime: as long as fewer than five orders come to the same error, no
    /// outage is seen, and the attempts count. Five attempts last 13 to 15 minutes, eight 1.8 to 2.1 hours, twelve 5.2 to
    /// 6 hours.
    pub fn new(most: u32) -> Self {
        Self {
            most: most.max(1),
            first: Duration::from_secs(60),
            longest: Duration::from_secs(3600),
            leaves_note: false,
        }
    }

    /// The pause after the first attempt. [`Duration::ZERO`] is allowed: then all pauses are.
    pub fn first(mut self, pause: Duration) -> Self {
        self.first = pause;
        self
    }

    /// The longest pause between two attempts. [`Duration::ZERO`] is allowed: then each run is an attempt.
    pub fn longest(mut self, pause: Duration) -> Self {
        self.longest = pause;
        self
    }

    /// Leaves a private note in the conversation of an order whose last attempt failed, which only one's own side reads.
    ///
    /// A note that cannot be posted is news once, and later runs try it again, after the longest pause between two attempts,
    /// until it is posted. That an order has no open conversation is news once, and it gets no note.
    pub fn private_note(mut self) -> Self {
        self.leaves_note = true;
        self
    }

    pub(crate) fn leaves_note(&self) -> bool {
        self.leaves_note
    }

    pub(crate) fn longest_pause(&self) -> Duration {
        self.longest
    }

    /// The pause after so many attempts: up to a seventh shorter for each order, so that they do not come all at once.
    fn pause(&self, attempts: u32, id: &str) -> Duration {
        let doubled = 1_u32.checked_shl(attempts.saturating_sub(1));
        let pause = doubled.and_then(|factor| self.first.checked_mul(factor)).unwrap_or(self.longest);
        let spread = hash(&json!([id, attempts])).bytes().fold(0_u32, |sum, byte| sum + u32::from(byte)) % 64;
        pause.min(self.longest) * (448 - spread) / 448
    }
}

/// Why an order is not handed to the closure now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wait {
    pub(crate) is_dead: bool,
}

/// # Errors
///
/// Where the order's time has not come, or will not come.
pub(crate) fn may_try(entry: &Entry, attempts: Option<&Attempts>, now: OffsetDateTime) -> Result<(), Wait> {
    // Whoever takes the bound away wants all of them tried.
    if entry.dead.is_some() && attempts.is_some() {
        return Err(Wait { is_dead: true });
    }
    let longest = match (entry.later, attempts) {
        (Some(_), _) => WEEK,
        (None, Some(attempts)) => attempts.longest,
        (None, None) => return Ok(()),
    };
    match entry.due {
        // A clock that was set back keeps no order away for longer than the policy does.
        Some(due) if due > now && due - now <= longest => Err(Wait { is_dead: false }),
        _ => Ok(()),
    }
}

/// The entry after an attempt that counts.
pub(crate) fn failed(entry: &Entry, attempts: Option<&Attempts>, error: &str, now: OffsetDateTime) -> Entry {
    // Whoever was put off for too long is not put off anew.
    let later = entry.later.filter(|since| now - *since > WEEK);
    let mut entry = Entry { later, due: None, attempts: entry.attempts.saturating_add(1), ..entry.clone() };
    if entry.error.as_deref() != Some(error) {
        entry.error = Some(error.to_owned());
        entry.erred = Some(now);
    }
    if let Some(attempts) = attempts {
        if entry.attempts >= attempts.most {
            entry.dead = Some(now);
            // Its note is to be posted.
            entry.due = attempts.leaves_note.then_some(now);
        } else {
            entry.due = Some(now + attempts.pause(entry.attempts, &entry.id));
        }
    }
    entry
}

/// The entry of an order that the closure put off.
///
/// # Errors
///
/// The text for the report, once that lasts for more than a week.
pub(crate) fn put_off(entry: &Entry, after: Option<Duration>, now: OffsetDateTime) -> Result<Entry, String> {
    let since = entry.later.unwrap_or(now);
    if now - since > WEEK {
        return Err(format!("the order has been put off for more than {} days", WEEK.as_secs() / 86400));
    }
    let due = after.map(|after| now + after.min(WEEK));
    Ok(Entry { later: Some(since), due, ..entry.clone() })
}

/// The entry in the round that this fingerprint stands for: another round than before begins without attempts.
pub(crate) fn in_round(entry: Entry, round: String) -> Entry {
    match &entry.round {
        Some(before) if *before != round => Entry { round: Some(round), ..anew(entry) },
        _ => Entry { round: Some(round), ..entry },
    }
}

/// The entry of an order that is listed in this state: one that comes back from another begins without attempts.
pub(crate) fn met_in(entry: Entry, status: &str) -> Entry {
    let entry = Entry { unseen: None, ..entry };
    match &entry.state {
        Some(before) if !before.eq_ignore_ascii_case(status) => Entry { state: None, ..anew(entry) },
        _ => entry,
    }
}

/// Whatever becomes of it is news.
fn anew(entry: Entry) -> Entry {
    Entry {
        attempts: 0,
        due: None,
        later: None,
        error: None,
        erred: None,
        dead: None,
        told: None,
        told_at: None,
        ..entry
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;
    const HOUR: Duration = Duration::from_secs(3600);

    /// Tries an order that always errs at every minute of so many days; the minutes at which it was tried.
    fn tried(attempts: Option<Attempts>, days: i64) -> Vec<i64> {
        let mut entry = Entry { id: "PR-1".into(), ..Entry::default() };
        let mut tried = Vec::new();
        for minute in 0..days * 1440 {
            let now = NOON + time::Duration::minutes(minute);
            if may_try(&entry, attempts.as_ref(), now).is_ok() {
                tried.push(minute);
                entry = failed(&entry, attempts.as_ref(), "ERP is down", now);
            }
        }
        assert_eq!(entry.erred, Some(NOON), "the first time of this error");
        tried
    }

    #[test]
    fn an_order_that_always_errs_is_tried_so_often_and_no_more() {
        let attempts = tried(Some(Attempts::new(12)), 30);
        assert_eq!(attempts.len(), 12);
        let pauses: Vec<_> = attempts.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!(pauses.windows(2).all(|pair| pair[1] >= pair[0] || pair[1] >= 51), "{pauses:?}");
        assert!(pauses.iter().all(|pause| *pause <= 60), "{pauses:?}");
        assert_eq!(tried(None, 1).len(), 1440);
        assert_eq!(tried(Some(Attempts::new(0)), 1), [0]);
    }

    #[test]
    fn the_pause_doubles_up_to_the_longest_and_is_spread() {
        let attempts = Attempts::new(u32::MAX);
        for (done, seconds) in
            [(1, 60), (2, 120), (6, 1920), (7, 3600), (32, 3600), (33, 3600), (u32::MAX, 3600)]
        {
            let longest = Duration::from_secs(seconds);
            let pause = attempts.pause(done, "PR-1");
            assert!(pause <= longest && pause >= longest * 6 / 7, "{done}: {pause:?}");
        }
        let impatient = attempts.first(Duration::from_secs(10)).longest(Duration::from_secs(50));
        for (done, longest) in [(1, 10), (2, 20), (3, 40), (4, 50), (40, 50)] {
            let longest = Duration::from_secs(longest);
            let pause = impatient.pause(done, "PR-1");
            assert!(pause <= longest && pause >= longest * 6 / 7, "{done}: {pause:?}");
        }
        let pauses: std::collections::BTreeSet<_> =
            (0..50).map(|id| attempts.pause(9, &format!("PR-{id}"))).collect();
        assert!(pauses.len() > 20, "{pauses:?}");
    }

    #[test]
    fn a_clock_that_was_set_back_keeps_no_order_away_for_longer_than_the_policy() {
        let attempts = Attempts::new(12);
        let entry = failed(&Entry::default(), Some(&attempts), "", NOON);
        let week_back = NOON - WEEK;
        assert_eq!(may_try(&entry, Some(&attempts), NOON), Err(Wait { is_dead: false }));
        assert_eq!(may_try(&entry, Some(&attempts), week_back), Ok(()));
    }

    #[test]
    fn a_dead_order_stays_dead_until_its_round_ends_or_nothing_bounds_it() {
        let attempts = Attempts::new(1);
        let entry = in_round(Entry::default(), "a".into());
        let entry = failed(&entry, Some(&attempts), "no", NOON);
        assert_eq!(may_try(&entry, Some(&attempts), NOON + WEEK), Err(Wait { is_dead: true }));
        assert_eq!(may_try(&entry, None, NOON), Ok(()));
        assert_eq!(in_round(entry.clone(), "a".into()), entry);
        let told = Entry { told: Some("errored: no".into()), told_at: Some(NOON), ..entry.clone() };
        let again = in_round(told, "b".into());
        assert_eq!((again.told.as_ref(), again.told_at), (None, None), "what becomes of it is news");
        assert_eq!((again.attempts, again.error.as_ref(), again.round.as_deref()), (0, None, Some("b")));
        assert_eq!(may_try(&again, Some(&attempts), NOON), Ok(()));
    }

    #[test]
    fn nothing_of_the_attempts_before_is_left_in_a_new_round_or_state() {
        let known = Entry {
            id: "PR-1".into(),
            asset: Some("AS-1".into()),
            created: Some(NOON),
            looked: Some(NOON),
            ..Entry::default()
        };
        let entry = Entry {
            attempts: 3,
            due: Some(NOON),
            later: Some(NOON),
            error: Some("no".into()),
            erred: Some(NOON),
            dead: Some(NOON),
            told: Some("errored: no".into()),
            told_at: Some(NOON),
            round: Some("a".into()),
            state: Some("inquiring".into()),
            ..known.clone()
        };
        let round = in_round(entry.clone(), "b".into());
        assert_eq!(round, Entry { round: Some("b".into()), state: entry.state.clone(), ..known.clone() });
        assert_eq!(met_in(entry, "pending"), Entry { round: Some("a".into()), ..known });
    }

    #[test]
    fn an_order_that_comes_back_from_another_state_begins_anew() {
        let attempts = Attempts::new(1);
        let entry = failed(&Entry::default(), Some(&attempts), "no", NOON);
        for (state, is_anew) in [(None, false), (Some("Pending"), false), (Some("inquiring"), true)] {
            let seen = Entry { state: state.map(str::to_owned), unseen: Some(NOON), ..entry.clone() };
            let met = met_in(seen, "pending");
            assert_eq!((met.dead.is_none(), met.attempts == 0), (is_anew, is_anew), "{state:?}");
            assert_eq!(met.unseen, None, "it is there");
        }
    }

    #[test]
    fn an_order_that_errs_is_put_off_no_more() {
        let entry = put_off(&Entry::default(), Some(24 * HOUR), NOON).unwrap();
        let entry = failed(&entry, None, "ERP is down", NOON + 24 * HOUR);
        assert_eq!((entry.later, entry.due), (None, None));
        // Its week begins with the next time.
        assert!(put_off(&entry, None, NOON + WEEK + HOUR).is_ok());
    }

    #[test]
    fn an_order_that_was_put_off_for_too_long_dies_of_it() {
        let attempts = Attempts::new(2);
        let mut entry = put_off(&Entry::default(), None, NOON).unwrap();
        let after = NOON + WEEK + HOUR;
        for day in 0..2 {
            let now = after + 24 * HOUR * day;
            let text = put_off(&entry, None, now).unwrap_err();
            entry = failed(&entry, Some(&attempts), &text, now);
        }
        assert_eq!(entry.dead, Some(after + 24 * HOUR));
    }

    #[test]
    fn to_be_put_off_costs_no_attempt_and_ends_after_a_week() {
        let mut entry = Entry { attempts: 3, ..Entry::default() };
        let mut now = NOON;
        let mut hours = 0;
        loop {
            match put_off(&entry, Some(HOUR), now) {
                Ok(next) => entry = next,
                Err(text) => break assert_eq!(text, "the order has been put off for more than 7 days"),
            }
            assert_eq!((entry.attempts, entry.later), (3, Some(NOON)));
            assert_eq!(may_try(&entry, None, now + HOUR / 2), Err(Wait { is_dead: false }));
            now += HOUR;
            hours += 1;
            assert_eq!(may_try(&entry, None, now), Ok(()));
        }
        assert_eq!(hours, 7 * 24 + 1);
        assert_eq!(put_off(&Entry::default(), Some(Duration::MAX), NOON).unwrap().due, Some(NOON + WEEK));
        assert_eq!(put_off(&Entry::default(), None, NOON).unwrap().due, None);
    }
}
