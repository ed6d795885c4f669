//! Faults that a sandbox applies to calls, on demand and at random.

use std::fmt;
use std::time::Duration;

use super::journal::RecordedCall;
use super::pattern::Pattern;
use super::rng::Rng;

/// A failure that the sandbox simulates for some calls.
///
/// By default a fault applies once, and *before* the call has an effect. Kinds that spoil the answer ([`truncated`],
/// [`broken_json`], [`content_type`], [`drip`], [`delay`], [`close_after`]) need an answer, so the call has its effect.
///
/// ```
/// use connect::sandbox::Fault;
///
/// let fault = Fault::on("POST", "/requests/*/approve").skip(2).times(3).status(503).header("Retry-After", "1");
/// let lost = Fault::on("*", "/requests/**").reset().after_effect();
/// # let _ = (fault, lost);
/// ```
///
/// [`truncated`]: Self::truncated
/// [`broken_json`]: Self::broken_json
/// [`content_type`]: Self::content_type
/// [`drip`]: Self::drip
/// [`delay`]: Self::delay
/// [`close_after`]: Self::close_after
#[derive(Debug, Clone)]
pub struct Fault {
    on: Pattern,
    skip: usize,
    times: usize,
    pub(super) after_effect: bool,
    /// The call has its effect this long after the fault.
    pub(super) late_effect: Option<Duration>,
    pub(super) kind: FaultKind,
}

#[derive(Debug, Clone)]
pub(super) enum FaultKind {
    Status { status: u16, headers: Vec<(String, String)>, body: String },
    Delay(Duration),
    Hold(Duration),
    Reset,
    NeverAnswer,
    Truncated,
    BrokenJson,
    ContentType(String),
    Drip(Duration),
    Redirect(String),
    Oversized(usize),
    GzipBomb(usize),
    CloseAfter,
}

impl Fault {
    /// A fault for calls with this method and path. The method `*` stands for all. The path is relative to the base path
    /// and has no query; in it, `*` stands for one segment, and `**` at the end for any rest.
    pub fn on(method: &str, path: &str) -> Self {
        Self {
            on: Pattern::new(method, path),
            skip: 0,
            times: 1,
            after_effect: false,
            late_effect: None,
            kind: FaultKind::Status { status: 500, headers: Vec::new(), body: String::new() },
        }
    }

    /// A fault for every call.
    pub fn any() -> Self {
        Self::on("*", "/**")
    }

    /// The first `n` matching calls pass without the fault. The default is 0.
    #[must_use]
    pub fn skip(mut self, n: usize) -> Self {
        self.skip = n;
        self
    }

    /// The fault applies `n` times. The default is once.
    #[must_use]
    pub fn times(mut self, n: usize) -> Self {
        self.times = n;
        self
    }

    /// The fault applies to every matching call. The default is once.
    #[must_use]
    pub fn always(self) -> Self {
        self.times(usize::MAX)
    }

    /// The call has its effect before the fault applies. An answer of 503, a reset or silence then says nothing about
    /// the effect.
    #[must_use]
    pub fn after_effect(mut self) -> Self {
        self.after_effect = true;
        self
    }

    /// The call has its effect this long after the fault applied, as the work goes on behind a gateway that has given up.
    /// It is carried out with the next call after that time, or when the sandbox is asked for what it has.
    #[must_use]
    pub fn late_effect(mut self, by: Duration) -> Self {
        self.late_effect = Some(by);
        self
    }

    /// The answer has this status. The default is 500, without a body.
    #[must_use]
    pub fn status(mut self, status: u16) -> Self {
        let (headers, body) = match self.kind {
            FaultKind::Status { headers, body, .. } => (headers, body),
            _ => (Vec::new(), String::new()),
        };
        self.kind = FaultKind::Status { status, headers, body };
        self
    }

    /// Adds a header to the answer of [`status`](Self::status). A `Content-Type` is guessed from the body unless given.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if let FaultKind::Status { headers, .. } = &mut self.kind {
            headers.push((name.to_owned(), value.to_owned()));
        }
        self
    }

    /// Body of the answer of [`status`](Self::status).
    #[must_use]
    pub fn body(mut self, text: &str) -> Self {
        if let FaultKind::Status { body, .. } = &mut self.kind {
            text.clone_into(body);
        }
        self
    }

    /// The call has its effect at once; the answer comes later by this time.
    #[must_use]
    pub fn delay(self, by: Duration) -> Self {
        self.of(FaultKind::Delay(by))
    }

    /// Effect and answer come later by this time. The client may be gone by then.
    #[must_use]
    pub fn hold(self, by: Duration) -> Self {
        self.of(FaultKind::Hold(by))
    }

    /// The connection is closed without an answer.
    #[must_use]
    pub fn reset(self) -> Self {
        self.of(FaultKind::Reset)
    }

    /// The connection stays open, without an answer, until the client gives up.
    #[must_use]
    #[doc(alias = "silence")]
    #[doc(alias = "timeout")]
    pub fn never_answer(self) -> Self {
        self.of(FaultKind::NeverAnswer)
    }

    /// The connection is closed after half of the announced body.
    #[must_use]
    pub fn truncated(self) -> Self {
        self.of(FaultKind::Truncated)
    }

    /// The answer is complete, but its JSON breaks off in the middle.
    #[must_use]
    pub fn broken_json(self) -> Self {
        self.of(FaultKind::BrokenJson)
    }

    /// The answer has the right body and this `Content-Type`.
    #[must_use]
    pub fn content_type(self, name: &str) -> Self {
        self.of(FaultKind::ContentType(name.to_owned()))
    }

    /// The answer comes byte by byte, with this interval.
    #[must_use]
    pub fn drip(self, interval: Duration) -> Self {
        self.of(FaultKind::Drip(interval))
    }

    /// The answer is a redirect (302) to this address.
    #[must_use]
    pub fn redirect(self, location: &str) -> Self {
        self.of(FaultKind::Redirect(location.to_owned()))
    }

    /// The answer is an empty list, padded to this number of bytes.
    #[must_use]
    pub fn oversized(self, bytes: usize) -> Self {
        self.of(FaultKind::Oversized(bytes))
    }

    /// The answer is a small gzip body that unpacks to this number of bytes.
    #[must_use]
    pub fn gzip_bomb(self, bytes: usize) -> Self {
        self.of(FaultKind::GzipBomb(bytes))
    }

    /// The connection is closed after the answer, unannounced, as servers close idle connections.
    #[must_use]
    pub fn close_after(self) -> Self {
        self.of(FaultKind::CloseAfter)
    }

    fn of(mut self, kind: FaultKind) -> Self {
        self.kind = kind;
        self
    }

    /// Whether the fault applies to this call. The call is counted.
    pub(super) fn trigger(&mut self, call: &RecordedCall) -> bool {
        if self.times == 0 || !self.on.matches(call) {
            return false;
        }
        if self.skip > 0 {
            self.skip -= 1;
            return false;
        }
        if self.times != usize::MAX {
            self.times -= 1;
        }
        true
    }

    /// Whether the call is handled although this fault applies.
    pub(super) fn is_handled(&self) -> bool {
        use FaultKind::{BrokenJson, CloseAfter, ContentType, Delay, Drip, Hold, Truncated};
        let spoils_answer = matches!(
            self.kind,
            Delay(_) | Hold(_) | Truncated | BrokenJson | ContentType(_) | Drip(_) | CloseAfter
        );
        spoils_answer || self.after_effect
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            FaultKind::Status { status, .. } => write!(f, "status {status}")?,
            FaultKind::Delay(_) => f.write_str("delay")?,
            FaultKind::Hold(_) => f.write_str("hold")?,
            FaultKind::Reset => f.write_str("reset")?,
            FaultKind::NeverAnswer => f.write_str("never answer")?,
            FaultKind::Truncated => f.write_str("truncated")?,
            FaultKind::BrokenJson => f.write_str("broken json")?,
            FaultKind::ContentType(_) => f.write_str("content type")?,
            FaultKind::Drip(_) => f.write_str("drip")?,
            FaultKind::Redirect(_) => f.write_str("redirect")?,
            FaultKind::Oversized(_) => f.write_str("oversized")?,
            FaultKind::GzipBomb(_) => f.write_str("gzip bomb")?,
            FaultKind::CloseAfter => f.write_str("close after")?,
        }
        match (self.after_effect, self.late_effect) {
            (true, _) => f.write_str(" after effect"),
            (false, Some(_)) => f.write_str(" before effect"),
            (false, None) => Ok(()),
        }
    }
}

/// Random faults for a random share of calls. The same seed and the same calls give the same faults.
#[derive(Debug, Clone)]
pub struct Chaos {
    rng: Rng,
    rate: f64,
    faults: Vec<Fault>,
}

impl Chaos {
    /// One call in ten gets a fault, of any kind that a client can recover from within milliseconds.
    pub fn new(seed: u64) -> Self {
        let wait = Duration::from_millis(20);
        let any = Fault::any;
        let faults = vec![
            any().status(503).header("Retry-After", "0").body("<html><h1>Service Unavailable</h1></html>"),
            any().status(502).body("<html><h1>Bad Gateway</h1></html>"),
            any().status(504).after_effect().body("<html><h1>Gateway Timeout</h1></html>"),
            any().status(500).after_effect(),
            any().status(429).header("Retry-After", "0"),
            any().delay(wait),
            any().reset(),
            any().reset().after_effect(),
            any().truncated(),
            any().broken_json(),
            any().content_type("text/html"),
            any().close_after(),
        ];
        Self { rng: Rng::new(seed), rate: 0.1, faults }
    }

    /// Share of calls that get a fault, from 0 to 1. The default is 0.1.
    #[must_use]
    pub fn rate(mut self, rate: f64) -> Self {
        self.rate = rate;
        self
    }

    /// Faults to choose from. Each applies only to the calls that it is [`on`](Fault::on). Their `skip` and `times` have
    /// no effect.
    #[must_use]
    pub fn faults(mut self, faults: impl IntoIterator<Item = Fault>) -> Self {
        self.faults = faults.into_iter().collect();
        self
    }

    pub(super) fn trigger(&mut self, call: &RecordedCall) -> Option<Fault> {
        if !self.rng.chance(self.rate) {
            return None;
        }
        let candidates: Vec<_> = self.faults.iter().filter(|fault| fault.on.matches(call)).collect();
        let chosen = self.rng.below(candidates.len());
        candidates.get(chosen).map(|fault| (*fault).clone())
    }
}
