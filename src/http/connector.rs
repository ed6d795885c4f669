//! Tells a call that came to no connection, of which nothing was sent, from one whose connection failed.
//!
//! The HTTP client's errors do not: the same one may come from connecting and, minutes later, from waiting.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ureq::unversioned::transport::{
    ConnectProxyConnector, ConnectionDetails, Connector, RustlsConnector, TcpConnector,
};

use super::transport::{OneSend, OneSendConnector, SteadyConnector};

/// Set where looking a host up, connecting to it or greeting it failed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Unreached(Arc<Flags>);

#[derive(Debug, Default)]
struct Flags {
    now: AtomicBool,
    before: AtomicBool,
}

impl Unreached {
    pub(crate) fn clear(&self) {
        let before = self.0.now.swap(false, Ordering::Relaxed);
        self.0.before.store(before, Ordering::Relaxed);
    }

    /// Whether the call before this one met no connection, so that its address had better be looked up again.
    pub(crate) fn was_set(&self) -> bool {
        self.0.before.load(Ordering::Relaxed)
    }

    pub(crate) fn is_set(&self) -> bool {
        self.0.now.load(Ordering::Relaxed)
    }

    pub(crate) fn note<T, E>(&self, result: Result<T, E>) -> Result<T, E> {
        if result.is_err() {
            self.0.now.store(true, Ordering::Relaxed);
        }
        result
    }
}

/// The HTTP client's own sockets and TLS, within our transports; failures to connect are noted.
#[derive(Debug)]
pub(crate) struct Tracking {
    inner: Box<dyn Connector<(), Out = OneSend>>,
    unreached: Unreached,
}

impl Tracking {
    pub(crate) fn new(unreached: Unreached) -> Self {
        let sockets = ().chain(ConnectProxyConnector::default()).chain(TcpConnector::default());
        let tls = sockets.chain(SteadyConnector).chain(RustlsConnector::default());
        Self { inner: Box::new(tls.chain(OneSendConnector::default())), unreached }
    }
}

impl Connector<()> for Tracking {
    type Out = OneSend;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        chained: Option<()>,
    ) -> Result<Option<Self::Out>, ureq::Error> {
        self.unreached.note(self.inner.connect(details, chained))
    }
}

#[cfg(test)]
mod tests {
    use super::Unreached;

    #[test]
    fn a_call_without_connection_is_remembered_for_one_call() {
        let unreached = Unreached::default();
        unreached.clear();
        unreached.note(Err::<(), _>("refused")).unwrap_err();
        assert!(unreached.is_set() && !unreached.was_set());
        unreached.clear();
        assert!(!unreached.is_set() && unreached.was_set());
        unreached.note(Ok::<_, &str>(())).unwrap();
        unreached.clear();
        assert!(!unreached.is_set() && !unreached.was_set());
    }
}
