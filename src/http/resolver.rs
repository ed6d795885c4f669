//! A resolver that remembers, and that never starts a thread.
//!
//! The HTTP client resolves the host before each call, pooled connection or not, and starts a thread for it as soon as
//! any timeout is set. A processor talks to one host, so one look-up per half a minute is enough, or after a connection
//! failed; the system's own resolver bounds how long that takes.

use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

use super::connector::Unreached;

/// Long enough to spare nearly all look-ups, short enough to follow a platform that moves.
const KEPT: Duration = Duration::from_secs(30);

#[derive(Debug)]
pub(crate) struct CachingResolver {
    last: Mutex<Option<Known>>,
    unreached: Unreached,
}

impl CachingResolver {
    pub(crate) fn new(unreached: Unreached) -> Self {
        Self { last: Mutex::default(), unreached }
    }
}

#[derive(Debug)]
struct Known {
    host: String,
    addresses: Vec<SocketAddr>,
    since: Instant,
}

impl Resolver for CachingResolver {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        _: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        self.unreached.note(self.look_up(uri, config))
    }
}

impl CachingResolver {
    fn look_up(&self, uri: &Uri, config: &Config) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let bad = || ureq::Error::BadUri("no host".into());
        let (scheme, authority) = (uri.scheme().ok_or_else(bad)?, uri.authority().ok_or_else(bad)?);
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = !self.unreached.was_set();
        let known = last.as_ref().filter(|known| known.host == authority.as_str());
        if known.is_none_or(|known| !fresh || known.since.elapsed() >= KEPT) {
            let host = DefaultResolver::host_and_port(scheme, authority).ok_or_else(bad)?;
            match host.to_socket_addrs() {
                Ok(addresses) => {
                    *last = Some(Known {
                        addresses: addresses.collect(),
                        host: authority.as_str().to_owned(),
                        since: Instant::now(),
                    });
                }
                // The old address may still serve, as a connection that lives does.
                Err(error) if known.is_some() => {
                    log::debug!(target: "connect::http", "{host} was not found again: {error}");
                }
                Err(error) => return Err(error.into()),
            }
        }
        let mut found = self.empty();
        let addresses = last.iter().flat_map(|known| known.addresses.iter().copied());
        for address in config.ip_family().keep_wanted(addresses).take(16) {
            found.push(address);
        }
        if found.is_empty() { Err(ureq::Error::HostNotFound) } else { Ok(found) }
    }
}

#[cfg(test)]
mod tests {
    use ureq::Agent;

    use super::*;

    /// What is found for this machine by one who found `remembered` so long ago.
    fn found(since: Duration, unreached: &Unreached) -> SocketAddr {
        let remembered = Known {
            host: "127.0.0.1:9".into(),
            addresses: vec![([192, 0, 2, 1], 9).into()],
            since: Instant::now().checked_sub(since).unwrap(),
        };
        let resolver = CachingResolver { last: Mutex::new(Some(remembered)), unreached: unreached.clone() };
        let uri = Uri::from_static("http://127.0.0.1:9/requests");
        let found = resolver.look_up(&uri, &Agent::config_builder().build()).unwrap();
        assert_eq!(found.len(), 1);
        found[0]
    }

    #[test]
    fn an_address_is_kept_for_half_a_minute_or_until_a_connection_fails() {
        let unreached = Unreached::default();
        let (old, new) = (SocketAddr::from(([192, 0, 2, 1], 9)), SocketAddr::from(([127, 0, 0, 1], 9)));
        assert_eq!(found(Duration::from_secs(29), &unreached), old);
        assert_eq!(found(Duration::from_secs(31), &unreached), new);
        unreached.note(Err::<(), _>("refused")).unwrap_err();
        unreached.clear();
        assert_eq!(found(Duration::ZERO, &unreached), new);
    }
}
