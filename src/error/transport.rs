//! No answer, or only a part of one.

use std::fmt::{self, Write as _};
use std::io;

use crate::text::Clean;

/// A call that was held back, got no answer, or not the whole of one.
pub struct TransportError {
    method: &'static str,
    path: String,
    phase: Phase,
    attempts: u32,
    cause: Option<ureq::Error>,
    /// What else whoever reads the error must know.
    pub(crate) note: Option<Box<str>>,
}

/// How far a call had come when it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Nothing of it can have reached the server.
    Connecting,
    /// It was being sent or waited for: the server may have carried it out.
    Waiting,
    /// The status had come, the body did not.
    Reading,
    /// It was not made: the run's time was up.
    TooLate,
    /// It was not made: a dry run only reads.
    DryRun,
}

impl TransportError {
    /// `unreached` says that no connection came about.
    pub(crate) fn new(method: &'static str, path: &str, unreached: bool, cause: ureq::Error) -> Self {
        let unsent = unreached || is_no_request(&cause);
        let phase = if unsent { Phase::Connecting } else { Phase::Waiting };
        Self::in_phase(phase, method, path, Some(cause))
    }

    pub(crate) fn while_reading(method: &'static str, path: &str, cause: ureq::Error) -> Self {
        Self::in_phase(Phase::Reading, method, path, Some(cause))
    }

    pub(crate) fn deadline(method: &'static str, path: &str) -> Self {
        let cause = io::Error::new(io::ErrorKind::TimedOut, "the run's deadline has come");
        Self::in_phase(Phase::TooLate, method, path, Some(ureq::Error::Io(cause)))
    }

    pub(crate) fn dry_run(method: &'static str, path: &str) -> Self {
        Self::in_phase(Phase::DryRun, method, path, None)
    }

    fn in_phase(phase: Phase, method: &'static str, path: &str, cause: Option<ureq::Error>) -> Self {
        Self { method, path: path.to_owned(), phase, attempts: 1, cause, note: None }
    }

    pub(crate) fn method(&self) -> &'static str {
        self.method
    }

    pub(crate) fn after(mut self, attempts: u32) -> Self {
        self.attempts = attempts;
        self
    }

    /// Whether time ran out: the connection's, the answer's, or the run's.
    pub fn is_timeout(&self) -> bool {
        match &self.cause {
            Some(ureq::Error::Timeout(_)) => true,
            Some(ureq::Error::Io(error)) => error.kind() == io::ErrorKind::TimedOut,
            _ => false,
        }
    }

    /// Whether no connection came about, so that nothing was sent.
    pub fn is_connect(&self) -> bool {
        self.phase == Phase::Connecting
    }

    /// Whether the server may have got the call.
    pub fn may_have_arrived(&self) -> bool {
        matches!(self.phase, Phase::Waiting | Phase::Reading)
    }

    /// Whether a dry run held the call back.
    pub fn is_dry_run(&self) -> bool {
        self.phase == Phase::DryRun
    }

    /// Whether the call was not even tried.
    pub(crate) fn was_held_back(&self) -> bool {
        matches!(self.phase, Phase::TooLate | Phase::DryRun)
    }

    /// The status with which a proxy refused to connect.
    fn proxy_status(&self) -> Option<u16> {
        let Some(ureq::Error::ConnectProxyFailed(text)) = &self.cause else { return None };
        text.split(|c: char| !c.is_ascii_digit()).find(|digits| digits.len() == 3)?.parse().ok()
    }

    /// What to do about a failure that stays as it is.
    fn advice(&self) -> Option<&'static str> {
        match self.proxy_status() {
            Some(407) => return Some("the proxy wants a user and password: write them into its URL"),
            Some(400..=499) => {
                return Some("the proxy refuses this host: see who runs the proxy, or leave it out");
            }
            _ => {}
        }
        // The type of the TLS library's error is not to be named here.
        let cause = self.cause.as_ref()?.to_string();
        [
            (
                "CaUsedAsEndEntity",
                "the server's own certificate is made for an authority (CA:TRUE): give the server one made with \
                 basicConstraints=CA:FALSE, and name the authority that signed it in caFile",
            ),
            ("UnknownIssuer", "name the authority that signed the server's certificate in caFile"),
        ]
        .into_iter()
        .find_map(|(sign, advice)| cause.contains(sign).then_some(advice))
    }

    /// Whether the same call may work a little later.
    pub(crate) fn is_passing(&self) -> bool {
        use ureq::Error as E;
        let reading = self.phase == Phase::Reading;
        if let Some(status) = self.proxy_status() {
            return status >= 500 || matches!(status, 408 | 425 | 429);
        }
        match self.cause.as_ref() {
            // A wrong certificate stays wrong, and what was held back is not tried.
            None
            | Some(
                E::Tls(_)
                | E::Rustls(_)
                | E::Pem(_)
                | E::BadUri(_)
                | E::Http(_)
                | E::InvalidProxyUrl
                | E::BodyExceedsLimit(_)
                | E::LargeResponseHeader(..),
            ) => false,
            // A head that breaks the rules of HTTP does so again; one that is none may be the rest of another answer.
            Some(E::Protocol(error)) => reading || !breaks_rules(&error.to_string()),
            Some(E::Io(error)) => {
                (reading || error.kind() != io::ErrorKind::InvalidData) && !self.was_held_back()
            }
            Some(_) => true,
        }
    }
}

/// Whether this is the HTTP client's text on a head that no repetition mends.
fn breaks_rules(text: &str) -> bool {
    ["too many headers", "content-length", "transfer-encoding", "http version", "bad header"]
        .iter()
        .any(|sign| text.contains(sign))
}

/// What cannot even be put on a wire.
fn is_no_request(cause: &ureq::Error) -> bool {
    use ureq::Error as E;
    matches!(cause, E::BadUri(_) | E::Http(_) | E::InvalidProxyUrl | E::TlsRequired | E::Pem(_))
}

impl fmt::Debug for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TransportError")
            .field("method", &self.method)
            .field("path", &self.path)
            .field("phase", &self.phase)
            .field("attempts", &self.attempts)
            .field("cause", &self.cause.as_ref().map(ToString::to_string))
            .field("note", &self.note)
            .finish()
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let f = &mut Clean(f);
        let Self { method, path, .. } = self;
        match self.phase {
            Phase::Connecting => write!(f, "{method} {path}: no connection to the platform")?,
            Phase::Waiting => write!(f, "{method} {path}: no answer from the platform")?,
            Phase::Reading => write!(f, "{method} {path}: the answer broke off")?,
            Phase::TooLate => write!(f, "{method} {path}: not sent")?,
            Phase::DryRun => write!(f, "dry run: {method} {path} was not sent")?,
        }
        if self.attempts > 1 {
            write!(f, ", after {} attempts", self.attempts)?;
        }
        if let Some(advice) = self.advice() {
            write!(f, "; {advice}")?;
        }
        self.note.as_ref().map_or(Ok(()), |note| write!(f, "; {note}"))
    }
}

impl std::error::Error for TransportError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self.cause.as_ref()? {
            ureq::Error::Io(error) => Some(error),
            error => Some(error),
        }
    }
}
