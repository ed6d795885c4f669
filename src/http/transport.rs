//! What lies around the HTTP client's sockets: one send per call, no call to the system that changes nothing, and no end
//! of an answer that is none.

use std::fmt;
use std::io::ErrorKind;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use ureq::Error;
use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, NextTimeout, Transport, time};

/// What is held back at most: the head of a call and a body that fits into one TLS record with it.
const HELD: usize = 16 << 10;

/// Each layer sends so much at once. The HTTP client's own 128 kB would be zeroed before the first byte, and kept.
pub(super) const OUTPUT: usize = HELD;

/// Each layer reads so much at once: more than the longest head that the HTTP client takes, which has to fit in whole.
pub(super) const INPUT: usize = 80 << 10;

/// A connection that brought something so recently is not asked whether it lives: a close that comes within this time may as
/// well come while the next call is on its way, which asking would not prevent.
const FRESH: Duration = Duration::from_millis(1);

/// Makes a [`OneSend`] of the connection below.
#[derive(Debug, Default)]
pub(crate) struct OneSendConnector {
    is_wary: Arc<AtomicBool>,
}

impl<In: Transport> Connector<In> for OneSendConnector {
    type Out = OneSend;

    fn connect(&self, _: &ConnectionDetails<'_>, below: Option<In>) -> Result<Option<OneSend>, Error> {
        Ok(below.map(|below| OneSend {
            below: Box::new(below),
            held: Vec::new(),
            heard: Instant::now(),
            is_wary: Arc::clone(&self.is_wary),
        }))
    }
}

/// Holds the head of a call back until its body comes or its answer is awaited, so that both leave in one send.
///
/// A send that fails is found when the answer is awaited. The call may have arrived then, as it may after any send.
pub(crate) struct OneSend {
    below: Box<dyn Transport>,
    held: Vec<u8>,
    /// When something came last.
    heard: Instant,
    /// A connection ended where an answer was awaited. There are servers that close after an answer without saying so, so
    /// from then on each connection is asked before each call.
    is_wary: Arc<AtomicBool>,
}

impl OneSend {
    fn flush(&mut self, timeout: NextTimeout) -> Result<(), Error> {
        let sent = send(&mut *self.below, &self.held, timeout);
        self.held.clear();
        sent
    }
}

fn send(to: &mut dyn Transport, mut rest: &[u8], timeout: NextTimeout) -> Result<(), Error> {
    while !rest.is_empty() {
        let output = to.buffers().output();
        let count = rest.len().min(output.len());
        let (now, later) = rest.split_at(count);
        output[..count].copy_from_slice(now);
        to.transmit_output(count, timeout)?;
        rest = later;
    }
    Ok(())
}

impl Transport for OneSend {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.below.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        let output = self.below.buffers().output();
        self.held.extend_from_slice(output.get(..amount).unwrap_or_default());
        if self.held.len() > HELD { self.flush(timeout) } else { Ok(()) }
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.flush(timeout)?;
        let came = self.below.await_input(timeout).map_err(as_failure);
        if matches!(came, Ok(true)) {
            self.heard = Instant::now();
        } else {
            self.is_wary.store(true, Ordering::Relaxed);
        }
        came
    }

    /// Asks the socket only about a connection that was idle, since that takes three calls to the system.
    fn is_open(&mut self) -> bool {
        let is_unused = self.held.is_empty() && self.below.buffers().input().is_empty();
        let is_fresh = self.heard.elapsed() < FRESH && !self.is_wary.load(Ordering::Relaxed);
        is_unused && (is_fresh || self.below.is_open())
    }

    fn is_tls(&self) -> bool {
        self.below.is_tls()
    }
}

impl fmt::Debug for OneSend {
    /// Without what is held, which has the API key in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OneSend").field("below", &self.below).finish_non_exhaustive()
    }
}

/// A failure of the connection in a kind that the HTTP client does not take for the end of a body without a length. Over
/// TLS, closing without `close_notify` is one.
fn as_failure(error: Error) -> Error {
    use ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    match error {
        Error::Io(error) if matches!(error.kind(), UnexpectedEof | ConnectionAborted | ConnectionReset) => {
            Error::Io(std::io::Error::new(BrokenPipe, error))
        }
        error => error,
    }
}

/// Makes a [`Steady`] of the socket below.
#[derive(Debug)]
pub(crate) struct SteadyConnector;

impl<In: Transport> Connector<In> for SteadyConnector {
    type Out = Steady<In>;

    fn connect(&self, _: &ConnectionDetails<'_>, below: Option<In>) -> Result<Option<Steady<In>>, Error> {
        Ok(below.map(Steady))
    }
}

/// A socket whose timeouts are rounded, since one that differs by nanoseconds is one more call to the system.
#[derive(Debug)]
pub(crate) struct Steady<T>(T);

impl<T: Transport> Transport for Steady<T> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.0.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.0.transmit_output(amount, rounded(timeout))
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.0.await_input(rounded(timeout))
    }

    fn is_open(&mut self) -> bool {
        self.0.is_open()
    }

    fn is_tls(&self) -> bool {
        self.0.is_tls()
    }
}

fn rounded(mut timeout: NextTimeout) -> NextTimeout {
    if let time::Duration::Exact(exact) = timeout.after {
        timeout.after = time::Duration::Exact(round_up(exact));
    }
    timeout
}

/// Up to a step of at most a 64th, never down: what may take so long is not cut short.
fn round_up(exact: Duration) -> Duration {
    let millis = u64::try_from(exact.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX);
    let step = 1 << (millis.max(64).ilog2() - 6);
    Duration::from_millis(millis.div_ceil(step).saturating_mul(step))
}

#[cfg(test)]
mod tests {
    use ureq::unversioned::transport::LazyBuffers;

    use super::*;

    /// A socket that was closed, with these bytes read from it and not taken.
    #[derive(Debug)]
    struct Closed(LazyBuffers);

    impl Closed {
        fn after(read: usize) -> Self {
            let mut buffers = LazyBuffers::new(64, 64);
            let _ = buffers.input_append_buf();
            buffers.input_appended(read);
            Self(buffers)
        }
    }

    impl Transport for Closed {
        fn buffers(&mut self) -> &mut dyn Buffers {
            &mut self.0
        }

        fn transmit_output(&mut self, _: usize, _: NextTimeout) -> Result<(), Error> {
            Ok(())
        }

        fn await_input(&mut self, _: NextTimeout) -> Result<bool, Error> {
            Ok(!self.0.input().is_empty())
        }

        fn is_open(&mut self) -> bool {
            false
        }
    }

    /// A connection that was closed, and brought its last bytes so long ago.
    fn heard(ago: Duration, held: usize, read: usize) -> OneSend {
        OneSend {
            below: Box::new(Closed::after(read)),
            held: vec![b'x'; held],
            heard: Instant::now().checked_sub(ago).unwrap(),
            is_wary: Arc::default(),
        }
    }

    #[test]
    fn a_connection_is_kept_after_a_call_that_left_nothing_and_asked_about_when_it_was_idle() {
        for (held, read, kept) in [(0, 0, true), (1, 0, false), (0, 1, false), (1, 1, false)] {
            let mut connection = heard(Duration::ZERO, held, read);
            // However slow this machine is.
            connection.heard += Duration::from_secs(60);
            assert_eq!(connection.is_open(), kept, "{held} held, {read} read");
            assert!(!heard(FRESH, held, read).is_open(), "the socket is closed");
        }
    }

    #[test]
    fn a_connection_is_fresh_by_what_it_brought_last() {
        let mut connection = heard(FRESH, 0, 1);
        let before = connection.heard;
        assert!(connection.await_input(NextTimeout::default()).unwrap());
        assert!(connection.heard > before);
        assert!(!connection.is_wary.load(Ordering::Relaxed));
    }

    #[test]
    fn once_a_connection_ended_where_an_answer_was_awaited_each_is_asked_about() {
        let mut connection = heard(Duration::ZERO, 0, 0);
        connection.heard += Duration::from_secs(60);
        assert!(!connection.await_input(NextTimeout::default()).unwrap());
        assert!(!connection.is_open());
    }

    #[test]
    fn a_connection_that_breaks_ends_no_body_and_other_failures_stay_what_they_are() {
        let kind = |error| match as_failure(error) {
            Error::Io(error) => Some(error.kind()),
            _ => None,
        };
        for broken in [ErrorKind::UnexpectedEof, ErrorKind::ConnectionAborted, ErrorKind::ConnectionReset] {
            assert_eq!(kind(Error::Io(broken.into())), Some(ErrorKind::BrokenPipe), "{broken}");
        }
        assert_eq!(kind(Error::Io(ErrorKind::TimedOut.into())), Some(ErrorKind::TimedOut));
        assert_eq!(kind(Error::HostNotFound), None);
    }

    #[test]
    fn timeouts_are_rounded_up_by_a_64th_at_most() {
        assert_eq!(round_up(Duration::ZERO), Duration::ZERO);
        for nanos in [1, 999_999, 1_000_001, 63_999_999, 299_999_940_112, 300_000_000_000, 86_399_000_000_001]
        {
            let exact = Duration::from_nanos(nanos);
            let rounded = round_up(exact);
            assert!(rounded >= exact, "{exact:?} was cut to {rounded:?}");
            assert!(rounded <= exact + exact / 64 + Duration::from_millis(1), "{exact:?} became {rounded:?}");
        }
        assert_eq!(
            round_up(Duration::from_micros(299_999_999)),
            round_up(Duration::from_nanos(299_998_000_001))
        );
    }
}
