//! Calls: what is sent, what is repeated, what an answer means. `exchange` puts one on the wire.

use std::cell::{Cell, RefCell};
use std::io::Read;
use std::time::{Duration, Instant};

use serde::Serialize;
use serde::de::DeserializeOwned;
use ureq::Agent;
use ureq::http::HeaderValue;
use ureq::tls::{RootCerts, TlsConfig};

use crate::address::Address;
use crate::config::{ApiKey, Config, Proxies, UpdateMethod};
use crate::error::{Error, Result, TransportError};
use crate::scope;
use crate::text::{LogPath, without_signatures, word_enum};

mod answer;
mod body;
mod connector;
mod exchange;
mod headers;
mod mask;
mod range;
mod resolver;
mod retry;
mod transport;
mod url;

pub(crate) use answer::{Answer, Object, decode, parse};
use body::Body;
use connector::{Tracking, Unreached};
use exchange::{CallError, Payload};
use headers::Headers;
#[cfg(feature = "logger")]
pub(crate) use mask::TARGET as BODY_TARGET;
pub(crate) use mask::{Reveal, masked};
pub(crate) use range::ContentRange;
use resolver::CachingResolver;
pub(crate) use retry::MAX_RETRY_AFTER;
use retry::Policy;
pub(crate) use url::segment;

/// What the fuzz targets reach besides.
#[cfg(fuzzing)]
pub(crate) mod inner {
    pub(crate) use super::retry::{http_date, retry_after};
}

/// An idle connection is kept this long: below what gateways commonly allow, above what most closures take.
const IDLE: Duration = Duration::from_secs(55);

word_enum! {
    /// What is done to an object of the platform.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(crate) enum Method {
        Get = "GET",
        Post = "POST",
        Put = "PUT",
        Patch = "PATCH",
        Delete = "DELETE",
    }
}

impl From<Method> for ureq::http::Method {
    fn from(method: Method) -> Self {
        match method {
            Method::Get => Self::GET,
            Method::Post => Self::POST,
            Method::Put => Self::PUT,
            Method::Patch => Self::PATCH,
            Method::Delete => Self::DELETE,
        }
    }
}

/// One agent, one endpoint, one connection for the life of a [`Connect`](crate::Connect).
pub(crate) struct Http {
    agent: Agent,
    /// Whether the last call failed before there was a connection for it.
    unreached: Unreached,
    base: Address,
    proxies: Proxies,
    key: ApiKey,
    headers: Headers,
    update: Cell<UpdateMethod>,
    /// Whether an update was sent as PATCH already.
    patched: Cell<bool>,
    policy: Policy,
    /// Pauses before each look, at the end of a run, at what is unknown.
    pub(crate) settle: [Duration; 3],
    timeout: Duration,
    body_limit: u64,
    calls: Cell<u64>,
    /// The server's clock at its last answer.
    date: RefCell<Option<HeaderValue>>,
    /// The memory of the last answer's body, for the next one.
    body: RefCell<Body>,
}

impl Http {
    /// The endpoint in its normal form.
    #[cfg(feature = "ledger")]
    pub(crate) fn endpoint(&self) -> &str {
        self.base.as_str()
    }

    pub(crate) fn new(config: &Config) -> Result<Self> {
        let base = config.address().clone();
        let headers = Headers::new(config, &base)?;
        let proxies = config.proxies()?;
        let mut settings = Agent::config_builder()
            // Otherwise the status is all that remains of an error's body.
            .http_status_as_error(false)
            // Redirects are followed here, where the origin can be looked at.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_global(Some(config.timeout))
            .timeout_connect(Some(config.connect_timeout))
            .max_idle_age(IDLE)
            .max_idle_connections_per_host(1)
            .input_buffer_size(transport::INPUT)
            .output_buffer_size(transport::OUTPUT)
            // For downloads and proxies; calls to the platform have headers of their own.
            .user_agent(config.user_agent.as_str())
            .accept_encoding("gzip")
            .proxy(proxies.of(&base));
        if let Some(certificates) = config.certificates()? {
            settings =
                settings.tls_config(TlsConfig::builder().root_certs(RootCerts::from(certificates)).build());
        }
        let unreached = Unreached::default();
        let agent = Agent::with_parts(
            settings.build(),
            Tracking::new(unreached.clone()),
            CachingResolver::new(unreached.clone()),
        );
        Ok(Self {
            agent,
            unreached,
            base,
            proxies,
            key: config.api_key().clone(),
            headers,
            update: Cell::new(config.update_method),
            patched: Cell::new(false),
            policy: Policy::new(config.attempts, (config.backoff_base, config.backoff_cap), config.timeout),
            settle: config.settle,
            timeout: config.timeout,
            body_limit: config.body_limit,
            calls: Cell::new(0),
            date: RefCell::new(None),
            body: RefCell::default(),
        })
    }

    /// Calls sent since the start, repetitions included.
    pub(crate) fn calls(&self) -> u64 {
        self.calls.get()
    }

    /// Waits before a call is sent again that was found not to have been carried out; false if it must not be.
    pub(crate) fn pause_before_resend(&self, attempt: u32, error: &Error) -> bool {
        let pause = self.policy.pause_before_resend(attempt, error.retry_after());
        pause.is_some_and(wait)
    }

    /// The `Date` of the last answer: the server's clock, by which its timestamps are to be read.
    pub(crate) fn server_time(&self) -> Option<time::OffsetDateTime> {
        let date = self.date.borrow();
        retry::http_date(date.as_ref()?.to_str().ok()?)
    }

    pub(crate) fn get(&self, path: &str) -> Result<Answer<'_>> {
        self.send(Method::Get, path, None)
    }

    /// GET, decoded. What is no JSON was garbled on its way, or is a gateway's, and is asked for again.
    pub(crate) fn get_with<'h, T>(
        &'h self,
        path: &str,
        parse: impl Fn(Answer<'h>) -> Result<T>,
    ) -> Result<T> {
        let mut attempt = 1;
        loop {
            match self.get(path).and_then(&parse) {
                Err(error) if error.is_garbled() && self.pause_before_resend(attempt, &error) => attempt += 1,
                answer => return answer,
            }
        }
    }

    /// One object, or `None` where the platform says that there is none.
    pub(crate) fn find<T: DeserializeOwned>(&self, path: &str) -> Result<Option<T>> {
        match self.get_with(path, Answer::read) {
            Ok(object) => Ok(Some(object)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// POST, which must not be done twice: sent again only where it certainly was not carried out.
    pub(crate) fn post(&self, path: &str, body: Option<&[u8]>) -> Result<Answer<'_>> {
        self.send(Method::Post, path, body)
    }

    pub(crate) fn delete(&self, path: &str) -> Result<Answer<'_>> {
        self.send(Method::Delete, path, None)
    }

    /// Changes part of an object, with the verb that this server takes. It may be repeated, so it is where that helps.
    pub(crate) fn update(&self, path: &str, body: &[u8]) -> Result<Answer<'_>> {
        let method = self.update.get();
        if method == UpdateMethod::Put {
            return self.send(Method::Put, path, Some(body));
        }
        let refused = match self.send(Method::Patch, path, Some(body)) {
            Err(Error::Api(error)) if method == UpdateMethod::Auto => error,
            answer => return answer.inspect(|_| self.patched.set(true)),
        };
        let is_first = !self.patched.replace(true);
        let of_the_verb = refuses_the_verb(refused.status);
        // A gateway may give any of these for a verb that it does not know.
        let is_doubtful = is_first && matches!(refused.status, 400 | 403 | 404 | 415 | 500);
        if !of_the_verb && !is_doubtful {
            return Err(Error::Api(refused));
        }
        log::debug!(target: "connect::http", "the server takes no PATCH for {}: trying PUT", LogPath(path));
        match self.send(Method::Put, path, Some(body)) {
            // One path that takes neither says nothing about the others.
            Err(Error::Api(error)) if refuses_the_verb(error.status) => {
                Err(Error::Api(if of_the_verb { error } else { refused }))
            }
            answer => {
                if of_the_verb || answer.is_ok() {
                    self.update.set(UpdateMethod::Put);
                }
                answer
            }
        }
    }

    /// Changes part of an object, and returns it as it is then; it is read again where the answer is empty.
    ///
    /// A dry run plans the update, and returns the object as it is.
    pub(crate) fn update_and_read<T: DeserializeOwned>(&self, path: &str, body: &[u8]) -> Result<T> {
        if scope::plan_update(path, body) {
            return self.get_with(path, Answer::read);
        }
        let answer = self.update(path, body)?.whole().map_err(Error::Transport)?;
        if !answer.is_empty() {
            return answer.read();
        }
        self.get_with(path, Answer::read)
            .map_err(|error| error.with_note("the update itself was carried out"))
    }

    /// POST of a stream: content type, length and content, which `open` begins anew where it is sent again.
    pub(crate) fn upload<R: Read>(
        &self,
        path: &str,
        mut open: impl FnMut() -> Result<(String, u64, R)>,
    ) -> Result<Answer<'_>> {
        self.repeat(Method::Post, path, || {
            let (content_type, length, mut reader) = open().map_err(CallError::Input)?;
            let content_type = HeaderValue::try_from(content_type)
                .map_err(|_| CallError::Input(Error::input("no header can carry this type of content")))?;
            let payload = Payload::Stream { content_type, length, reader: &mut reader };
            self.exchange(Method::Post, path, payload)
        })
    }

    fn send(&self, method: Method, path: &str, body: Option<&[u8]>) -> Result<Answer<'_>> {
        self.repeat(method, path, || {
            self.exchange(method, path, body.map_or(Payload::Nothing, Payload::Json))
        })
    }

    /// Repeats what may be repeated, as the policy says, inside of the run's deadline.
    fn repeat<'h>(
        &'h self,
        method: Method,
        path: &str,
        mut exchange: impl FnMut() -> Result<Answer<'h>, CallError>,
    ) -> Result<Answer<'h>> {
        // A dry run reads, and does nothing else.
        if method != Method::Get && scope::is_dry_run() {
            return Err(Error::Transport(Box::new(TransportError::dry_run(method.as_str(), path))));
        }
        let mut attempt = 1;
        let start = Instant::now();
        loop {
            let failure = match exchange() {
                Ok(answer) if method == Method::Get => match answer.whole() {
                    Ok(answer) => return Ok(answer),
                    Err(error) => CallError::Lost(error),
                },
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            let pause = self.policy.pause(&retry::Attempt {
                method,
                number: attempt,
                failure: failure.kind(),
                retry_after: failure.retry_after(),
                elapsed: start.elapsed(),
            });
            match pause.filter(|pause| ends_before_deadline(*pause)) {
                Some(pause) => {
                    log::info!(target: "connect::http", "{}{}; next attempt in {} ms", scope::Prefix, self.describe(&failure), pause.as_millis());
                    wait(pause);
                    attempt += 1;
                }
                None => return Err(self.error_of(failure.after(attempt))),
            }
        }
    }

    /// A text of the server without the key, the secrets of the current request, and what signs a link.
    fn redact(&self, text: &str) -> String {
        without_signatures(&scope::redact(&self.key.redact(text))).into_owned()
    }

    fn describe(&self, failure: &CallError) -> String {
        match failure {
            CallError::Refused(error) => {
                let mut error = error.clone();
                error.redact(|text| self.redact(text));
                error.to_string()
            }
            CallError::Lost(error) => {
                let cause = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
                format!("{error}: {}", self.redact(&cause))
            }
            CallError::Input(error) => error.to_string(),
        }
    }

    /// The error of a failure, without the key, should the server have echoed it.
    fn error_of(&self, failure: CallError) -> Error {
        match failure {
            CallError::Refused(mut error) => {
                error.redact(|text| self.redact(text));
                Error::Api(error)
            }
            CallError::Lost(error) => Error::Transport(error),
            CallError::Input(error) => error,
        }
    }
}

impl std::fmt::Debug for Http {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Http").field("base", &self.base).finish_non_exhaustive()
    }
}

/// Whether the server says that it does not take the verb.
fn refuses_the_verb(status: u16) -> bool {
    matches!(status, 405 | 501)
}

/// Waits, if that ends before the deadline.
pub(crate) fn wait(pause: Duration) -> bool {
    if ends_before_deadline(pause) {
        scope::note_pause(pause);
        std::thread::sleep(pause);
        return true;
    }
    false
}

/// Whether a pause ends before the deadline.
fn ends_before_deadline(pause: Duration) -> bool {
    scope::time_left().is_none_or(|left| pause < left)
}

/// A body in JSON.
///
/// # Errors
///
/// [`Error::Input`] for what JSON cannot say, such as a map whose keys are no text.
pub(crate) fn to_json(body: &impl Serialize) -> Result<Vec<u8>> {
    serde_json::to_vec(body)
        .map_err(|error| Error::input(format!("the body cannot be said in JSON: {error}")))
}
