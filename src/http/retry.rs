//! When a call is sent again, and after how long: a pure policy that never sleeps.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

use super::Method;

/// A server that wants more patience than this is not waited for.
pub(crate) const MAX_RETRY_AFTER: Duration = Duration::from_secs(30);

/// How one attempt failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Nothing reached the server.
    NeverSent,
    /// The server may have carried it out; its answer did not come, or not whole.
    Lost,
    /// The server answered with a refusal.
    Status(u16),
    /// What failed would fail again.
    Lasting,
}

/// One attempt that failed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attempt {
    pub(crate) method: Method,
    /// Counted from 1.
    pub(crate) number: u32,
    pub(crate) failure: Failure,
    pub(crate) retry_after: Option<Duration>,
    /// Since the first attempt began.
    pub(crate) elapsed: Duration,
}

/// How often and how fast a call is repeated.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Policy {
    attempts: u32,
    base: Duration,
    cap: Duration,
    total: Duration,
}

impl Policy {
    /// At most `attempts` in all, each of which may take `timeout`, the pauses doubling from `base` up to `cap`.
    pub(crate) fn new(attempts: u32, (base, cap): (Duration, Duration), timeout: Duration) -> Self {
        // Pauses count as well: no attempt begins once all of them could have timed out.
        Self { attempts, base, cap, total: timeout.saturating_mul(attempts) }
    }

    /// How long to wait before the next attempt, or `None` when there is none to be made.
    pub(crate) fn pause(&self, attempt: &Attempt) -> Option<Duration> {
        self.pause_with(attempt, random_fraction())
    }

    /// [`pause`](Self::pause) with the chance taken out; `fraction` is from 0 up to 1.
    fn pause_with(&self, attempt: &Attempt, fraction: f64) -> Option<Duration> {
        let repeatable = matches!(attempt.method, Method::Get | Method::Put | Method::Patch);
        let again = match attempt.failure {
            Failure::NeverSent | Failure::Status(429) => true,
            // 520 and above are what gateways say of a server behind them that is down, slow or busy.
            Failure::Lost | Failure::Status(408 | 425 | 500 | 502 | 503 | 504 | 520..=524 | 529 | 530) => {
                repeatable
            }
            Failure::Status(_) | Failure::Lasting => false,
        };
        if !again || attempt.number >= self.attempts || attempt.elapsed >= self.total {
            return None;
        }
        self.pause_for(attempt.number, attempt.retry_after, fraction)
    }

    /// Full jitter: anything from nothing to the doubled pause, so that many programs do not come back at once.
    fn backoff(&self, attempt: u32, fraction: f64) -> Duration {
        let doubled =
            2_u32.checked_pow(attempt.saturating_sub(1)).and_then(|factor| self.base.checked_mul(factor));
        doubled.map_or(self.cap, |pause| pause.min(self.cap)).mul_f64(fraction)
    }

    /// The pause before a call is sent again that was found not to have been carried out, or `None` if it is not.
    pub(crate) fn pause_before_resend(
        &self,
        attempt: u32,
        retry_after: Option<Duration>,
    ) -> Option<Duration> {
        (attempt < self.attempts).then(|| self.pause_for(attempt, retry_after, random_fraction()))?
    }

    fn pause_for(&self, attempt: u32, retry_after: Option<Duration>, fraction: f64) -> Option<Duration> {
        match retry_after {
            Some(wish) if wish > MAX_RETRY_AFTER => None,
            Some(wish) => Some(wish),
            None => Some(self.backoff(attempt, fraction)),
        }
    }
}

/// `Retry-After`, in seconds or as a date.
pub(crate) fn retry_after(text: &str, now: OffsetDateTime) -> Option<Duration> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than fit are a wish beyond all patience.
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    let wait = http_date(text)? - now;
    Some(wait.try_into().unwrap_or(Duration::ZERO))
}

/// A date as HTTP writes it, `Sun, 06 Nov 1994 08:49:37 GMT`.
pub(crate) fn http_date(text: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(text, &Rfc2822).ok()
}

fn random_fraction() -> f64 {
    // Chance for spreading load, not for secrets; std's hasher keys are random per process.
    let bits = RandomState::new().hash_one(()) >> 40;
    #[expect(clippy::cast_precision_loss, reason = "24 bits fit")]
    let fraction = bits as f64 / (1_u64 << 24) as f64;
    fraction
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn policy() -> Policy {
        Policy::new(3, (Duration::from_millis(200), Duration::from_secs(5)), Duration::from_secs(300))
    }

    fn attempt(method: Method, failure: Failure) -> Attempt {
        Attempt { method, number: 1, failure, retry_after: None, elapsed: Duration::ZERO }
    }

    #[test]
    fn what_is_repeated_depends_on_the_verb_and_on_the_failure() {
        use Failure::{Lasting, Lost, NeverSent, Status};
        let table = [
            (NeverSent, true, true),
            (Lost, true, false),
            (Status(429), true, true),
            (Status(500), true, false),
            (Status(502), true, false),
            (Status(503), true, false),
            (Status(504), true, false),
            (Status(408), true, false),
            (Status(425), true, false),
            (Status(520), true, false),
            (Status(522), true, false),
            (Status(524), true, false),
            (Status(529), true, false),
            (Status(530), true, false),
            (Status(519), false, false),
            (Status(525), false, false),
            (Status(528), false, false),
            (Status(531), false, false),
            (Status(501), false, false),
            (Status(505), false, false),
            (Status(400), false, false),
            (Status(401), false, false),
            (Status(404), false, false),
            (Status(409), false, false),
            (Lasting, false, false),
        ];
        for (failure, reads_and_updates, posts) in table {
            for method in [Method::Get, Method::Put, Method::Patch] {
                assert_eq!(
                    policy().pause(&attempt(method, failure)).is_some(),
                    reads_and_updates,
                    "{method:?} {failure:?}"
                );
            }
            for method in [Method::Post, Method::Delete] {
                assert_eq!(
                    policy().pause(&attempt(method, failure)).is_some(),
                    posts,
                    "{method:?} {failure:?}"
                );
            }
        }
    }

    #[test]
    fn three_attempts_are_two_pauses() {
        let mut lost = attempt(Method::Get, Failure::Lost);
        let pauses = (1..6).map(|number| {
            lost.number = number;
            policy().pause(&lost).is_some()
        });
        assert_eq!(pauses.collect::<Vec<_>>(), [true, true, false, false, false]);
    }

    #[test]
    fn pauses_double_up_to_the_cap() {
        let many = Policy { attempts: u32::MAX, ..policy() };
        let full = |number| many.pause_with(&Attempt { number, ..attempt(Method::Get, Failure::Lost) }, 1.0);
        let millis =
            [(1, 200), (2, 400), (3, 800), (5, 3200), (6, 5000), (31, 5000), (32, 5000), (1_000_000, 5000)];
        for (number, expected) in millis {
            assert_eq!(full(number), Some(Duration::from_millis(expected)), "attempt {number}");
        }
        assert_eq!(many.pause_with(&attempt(Method::Get, Failure::Lost), 0.0), Some(Duration::ZERO));
        assert_eq!(
            many.pause_with(&attempt(Method::Get, Failure::Lost), 0.5),
            Some(Duration::from_millis(100))
        );
    }

    #[test]
    fn the_server_may_ask_for_patience_up_to_thirty_seconds() {
        let wish = |seconds| {
            let retry_after = Some(Duration::from_secs(seconds));
            policy().pause(&Attempt { retry_after, ..attempt(Method::Get, Failure::Status(503)) })
        };
        assert_eq!(wish(0), Some(Duration::ZERO));
        assert_eq!(wish(7), Some(7 * SECOND));
        assert_eq!(wish(30), Some(30 * SECOND));
        assert_eq!(wish(31), None);
    }

    #[test]
    fn a_call_found_not_to_be_carried_out_is_sent_again_by_the_same_rules() {
        assert_eq!(policy().pause_before_resend(1, Some(31 * SECOND)), None);
        assert_eq!(policy().pause_before_resend(2, Some(2 * SECOND)), Some(2 * SECOND));
        assert_eq!(policy().pause_before_resend(3, Some(2 * SECOND)), None);
        assert!(
            policy().pause_before_resend(2, None).is_some_and(|pause| pause <= Duration::from_millis(400))
        );
        assert_eq!(policy().pause_before_resend(3, None), None);
    }

    #[test]
    fn no_attempt_begins_after_the_time_of_all_of_them() {
        let late = Attempt { elapsed: 900 * SECOND, ..attempt(Method::Get, Failure::Lost) };
        assert_eq!(policy().pause(&late), None);
        // The first one timed out; pauses were made.
        let in_time = Attempt { elapsed: 899 * SECOND, ..late };
        assert!(policy().pause(&in_time).is_some());
    }

    #[test]
    fn a_read_that_timed_out_is_tried_as_often_as_any_other() {
        let mut lost = attempt(Method::Get, Failure::Lost);
        let pauses = (1..=3).map(|number| {
            (lost.number, lost.elapsed) = (number, 301 * SECOND * number);
            policy().pause(&lost).is_some()
        });
        assert_eq!(pauses.collect::<Vec<_>>(), [true, true, false]);
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = datetime!(1994-11-06 08:49:30 UTC);
        assert_eq!(retry_after("120", now), Some(120 * SECOND));
        assert_eq!(retry_after(" 0 ", now), Some(Duration::ZERO));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:49:37 GMT", now), Some(7 * SECOND));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:00:00 GMT", now), Some(Duration::ZERO));
        assert_eq!(retry_after("99999999999999999999999999", now), Some(Duration::from_secs(u64::MAX)));
        for text in ["", "-3", "soon", "1.5", "+3", "Sun, 99 Nov 1994 08:49:37 GMT"] {
            assert_eq!(retry_after(text, now), None, "{text:?}");
        }
    }

    #[test]
    fn chance_stays_inside_its_bounds_and_varies() {
        let drawn: Vec<f64> = (0..64).map(|_| random_fraction()).collect();
        assert!(drawn.iter().all(|fraction| (0.0..1.0).contains(fraction)));
        assert!(drawn.iter().any(|fraction| (fraction - drawn[0]).abs() > 1e-6));
    }

    proptest::proptest! {
        #[test]
        fn no_header_panics(text in "\\PC*") {
            let _ = retry_after(&text, OffsetDateTime::UNIX_EPOCH);
        }
    }
}
