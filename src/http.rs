//! Calls: what is sent, what is repeated, what an answer means. `exchange` puts one on the wire.

use std::cell::{Cell, RefCell};
use std::io::Read;
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use ureq::Agent;
use ureq::http::HeaderValue;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

use crate::config::{ApiKey, Config, UpdateMethod};
use crate::error::{DecodeError, Error, Result, TransportError};

mod connector;
mod exchange;
mod mask;
mod range;
mod resolver;
mod retry;
mod trace;
mod url;

use connector::{Noting, Unreached};
use exchange::{Failure, Payload};
pub(crate) use mask::{Reveal, masked};
pub(crate) use range::ContentRange;
use resolver::Remembering;
use retry::Policy;
use trace::Trace;
pub(crate) use url::{Base, segment};

/// What the fuzz targets reach besides.
#[cfg(fuzzing)]
pub(crate) mod inner {
    pub(crate) use super::retry::{http_date, retry_after};
    pub(crate) use super::url::{is_safe, join};
}

/// An idle connection is kept this long: below what gateways commonly allow, above what most closures take.
const IDLE: Duration = Duration::from_secs(55);

/// Bodies are read through a buffer of this size, which is zeroed once and not for each call.
const SCRATCH: usize = 32 << 10;

/// What is done to an object of the platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

impl Method {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// An answer of status 2xx.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) body: Vec<u8>,
    pub(crate) range: Option<ContentRange>,
    /// The body did not arrive whole; for a call whose body nobody reads, that is no failure.
    broken: Option<TransportError>,
}

/// One agent, one endpoint, one connection for the life of a [`Connect`](crate::Connect).
pub(crate) struct Http {
    agent: Agent,
    /// Whether the last call failed before there was a connection for it.
    unreached: Unreached,
    base: Base,
    key: ApiKey,
    authorization: HeaderValue,
    update: Cell<UpdateMethod>,
    policy: Policy,
    timeout: Duration,
    pub(crate) body_limit: u64,
    /// A run's deadline clamps the time of each call and of each pause before a repetition.
    pub(crate) deadline: Cell<Option<Instant>>,
    pub(crate) dry_run: Cell<bool>,
    calls: Cell<u64>,
    /// The server's clock at its last answer.
    date: RefCell<Option<HeaderValue>>,
    pub(crate) trace: RefCell<Trace>,
    buffer: RefCell<Vec<u8>>,
    scratch: RefCell<Box<[u8]>>,
}

impl Http {
    pub(crate) fn new(config: &Config) -> Result<Self> {
        let base = Base::new(config.endpoint());
        let mut authorization = HeaderValue::from_str(config.api_key().header())
            .map_err(|_| Error::input("the API key holds characters that no header can carry"))?;
        authorization.set_sensitive(true);

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
            .user_agent(config.user_agent.as_str())
            .accept("application/json");
        if base.is_loopback() {
            settings = settings.proxy(None);
        }
        if let Some(path) = &config.ca_file {
            settings = settings.tls_config(TlsConfig::builder().root_certs(roots(path)?).build());
        }
        let unreached = Unreached::default();
        let agent = Agent::with_parts(
            settings.build(),
            Noting::new(unreached.clone()),
            Remembering::new(unreached.clone()),
        );
        Ok(Self {
            agent,
            unreached,
            base,
            key: config.api_key().clone(),
            authorization,
            update: Cell::new(config.update_method),
            policy: Policy::new(config.attempts, (config.backoff_base, config.backoff_cap), config.timeout),
            timeout: config.timeout,
            body_limit: config.body_limit,
            deadline: Cell::new(None),
            dry_run: Cell::new(false),
            calls: Cell::new(0),
            date: RefCell::new(None),
            trace: RefCell::default(),
            buffer: RefCell::default(),
            scratch: RefCell::new(vec![0; SCRATCH].into()),
        })
    }

    /// Calls sent since the start, repetitions included.
    pub(crate) fn calls(&self) -> u64 {
        self.calls.get()
    }

    /// Waits before a call is sent again that was found not to have been carried out; false if it must not be.
    pub(crate) fn wait_before_again(&self, attempt: u32, error: &Error) -> bool {
        let pause = self.policy.settle(attempt, error.retry_after());
        let Some(pause) = pause.filter(|pause| self.time_left().is_none_or(|left| *pause < left)) else {
            return false;
        };
        self.trace.borrow_mut().note_pause(pause);
        std::thread::sleep(pause);
        true
    }

    /// The `Date` of the last answer: the server's clock, by which its timestamps are to be read.
    pub(crate) fn server_time(&self) -> Option<time::OffsetDateTime> {
        let date = self.date.borrow();
        retry::http_date(date.as_ref()?.to_str().ok()?)
    }

    pub(crate) fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        let answer = self.fetch(path)?;
        self.read_answer(Method::Get, path, answer)
    }

    /// One object, or `None` where the platform says that there is none.
    pub(crate) fn get_if_there<T: DeserializeOwned>(&self, path: &str) -> Result<Option<T>> {
        match self.get(path) {
            Ok(object) => Ok(Some(object)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// A text that is no JSON, such as a rendered template.
    pub(crate) fn text(&self, path: &str) -> Result<String> {
        let answer = self.fetch(path)?;
        Ok(String::from_utf8_lossy(&answer.body).into_owned())
    }

    /// A GET whose body the caller reads; hand the answer back to [`recycle`](Self::recycle).
    pub(crate) fn fetch(&self, path: &str) -> Result<Answer> {
        self.repeat(Method::Get, path, None)?.whole()
    }

    /// Keeps the buffer of an answer for the next one.
    pub(crate) fn recycle(&self, answer: Answer) {
        let mut body = answer.body;
        body.clear();
        // A page of unusual size must not be held for the rest of the run.
        if body.capacity() <= 8 << 20 {
            *self.buffer.borrow_mut() = body;
        }
    }

    /// Changes part of an object, with the verb that this server takes. May be repeated, so it is where that helps.
    pub(crate) fn update(&self, path: &str, body: &[u8]) -> Result<Answer> {
        let verb = match self.update.get() {
            UpdateMethod::Put => return self.repeat(Method::Put, path, Some(body)),
            UpdateMethod::Patch | UpdateMethod::Auto => Method::Patch,
        };
        match self.repeat(verb, path, Some(body)) {
            Err(Error::Api(error))
                if matches!(error.status, 405 | 501) && self.update.get() == UpdateMethod::Auto =>
            {
                log::debug!(target: "connect::http", "the server takes no PATCH for {}: trying PUT", url::Shown(path));
                let answer = self.repeat(Method::Put, path, Some(body));
                // One path that takes neither says nothing about the others.
                if !matches!(&answer, Err(Error::Api(error)) if matches!(error.status, 405 | 501)) {
                    self.update.set(UpdateMethod::Put);
                }
                answer
            }
            answer => answer,
        }
    }

    /// Sends what must not be done twice: repeated only where it certainly was not carried out.
    pub(crate) fn once(&self, method: Method, path: &str, body: Option<&[u8]>) -> Result<Answer> {
        self.repeat(method, path, body)
    }

    /// Sends a stream, once, since it cannot be rewound.
    #[cfg_attr(not(feature = "xlsx"), expect(dead_code, reason = "only workbooks are uploaded"))]
    pub(crate) fn upload(
        &self,
        path: &str,
        content_type: &str,
        length: u64,
        reader: &mut dyn Read,
    ) -> Result<Answer> {
        self.guard(Method::Post, path)?;
        let payload = Payload::Stream { content_type, length, reader };
        self.exchange(Method::Post, path, payload).map_err(|failure| self.refusal(failure))
    }

    /// POST with a body made of `body`, decoding the answer.
    pub(crate) fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T> {
        let answer = self.once(Method::Post, path, Some(&json(body)?))?;
        self.read_answer(Method::Post, path, answer)
    }

    /// A partial update with a body made of `body`, decoding the answer.
    pub(crate) fn change<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T> {
        let answer = self.update(path, &json(body)?)?;
        self.read_answer(Method::Put, path, answer)
    }

    /// POST without a body, whose answer nobody needs.
    pub(crate) fn poke(&self, path: &str) -> Result<()> {
        let answer = self.once(Method::Post, path, None)?;
        self.recycle(answer);
        Ok(())
    }

    pub(crate) fn read_answer<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        answer: Answer,
    ) -> Result<T> {
        let answer = answer.whole()?;
        // 204 and empty bodies are normal; what can be read from nothing reads from `null`.
        let bytes: &[u8] = if answer.body.trim_ascii().is_empty() { b"null" } else { &answer.body };
        let decoded = decode(method, path, bytes);
        self.recycle(answer);
        decoded
    }

    /// Repeats what may be repeated, as the policy says, inside of the run's deadline.
    fn repeat(&self, method: Method, path: &str, body: Option<&[u8]>) -> Result<Answer> {
        self.guard(method, path)?;
        let mut attempt = 1;
        let start = Instant::now();
        loop {
            let payload = body.map_or(Payload::Nothing, Payload::Json);
            let failure = match self.exchange(method, path, payload) {
                Ok(Answer { broken: Some(error), .. }) if method == Method::Get => Failure::Lost(error),
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            let pause = self.policy.pause(&retry::Attempt {
                method,
                number: attempt,
                happened: failure.kind(),
                retry_after: failure.retry_after(),
                elapsed: start.elapsed(),
            });
            match pause.filter(|pause| self.time_left().is_none_or(|left| *pause < left)) {
                Some(pause) => {
                    log::warn!(target: "connect::http", "{}{}; next attempt in {} ms", self.trace.borrow().prefix(), self.describe(&failure), pause.as_millis());
                    self.trace.borrow_mut().note_pause(pause);
                    std::thread::sleep(pause);
                    attempt += 1;
                }
                None => return Err(self.refusal(failure.after(attempt))),
            }
        }
    }

    /// A dry run reads, and does nothing else.
    fn guard(&self, method: Method, path: &str) -> Result<()> {
        if self.dry_run.get() && method != Method::Get {
            return Err(Error::DryRun(format!("{} {path}", method.name()).into()));
        }
        Ok(())
    }

    pub(crate) fn time_left(&self) -> Option<Duration> {
        self.deadline.get().map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }

    fn describe(&self, failure: &Failure) -> String {
        match failure {
            Failure::Refused(error) => {
                let mut error = error.clone();
                error.redact(|text| self.key.redact(text).into_owned());
                error.to_string()
            }
            Failure::Lost(error) => {
                let cause = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
                format!("{error}: {}", self.key.redact(&cause))
            }
            Failure::Input(error) => error.to_string(),
        }
    }

    /// The error of a failure, without the key, should the server have echoed it.
    fn refusal(&self, failure: Failure) -> Error {
        match failure {
            Failure::Refused(mut error) => {
                error.redact(|text| self.key.redact(text).into_owned());
                Error::Api(error)
            }
            Failure::Lost(error) => Error::Transport(Box::new(error)),
            Failure::Input(error) => error,
        }
    }
}

impl std::fmt::Debug for Http {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Http").field("base", &self.base).finish_non_exhaustive()
    }
}

impl Answer {
    /// The answer, if its body arrived.
    pub(crate) fn whole(self) -> Result<Self> {
        match self.broken {
            Some(error) => Err(Error::Transport(Box::new(error))),
            None => Ok(self),
        }
    }
}

/// A body in JSON.
///
/// # Errors
///
/// [`Error::Input`] for what JSON cannot say, such as a map whose keys are no text.
pub(crate) fn json(body: &impl Serialize) -> Result<Vec<u8>> {
    serde_json::to_vec(body)
        .map_err(|error| Error::input(format!("the body cannot be said in JSON: {error}")))
}

pub(crate) fn decode<'de, T: Deserialize<'de>>(method: Method, path: &str, body: &'de [u8]) -> Result<T> {
    serde_json::from_slice(body).map_err(|error| {
        let expected = std::any::type_name::<T>();
        Error::Decode(Box::new(DecodeError::new(expected, method.name(), path, &error)))
    })
}

fn roots(path: &std::path::Path) -> Result<RootCerts> {
    let pem = std::fs::read(path)
        .map_err(|error| Error::input(format!("the CA file {} cannot be read: {error}", path.display())))?;
    let certificates: Vec<Certificate<'static>> = parse_pem(&pem)
        .filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        })
        .collect();
    if certificates.is_empty() {
        return Err(Error::input(format!("the CA file {} holds no certificate in PEM form", path.display())));
    }
    Ok(RootCerts::from(certificates))
}
