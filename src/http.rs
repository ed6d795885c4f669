//! Calls: what is sent, what is repeated, what an answer means. `exchange` puts one on the wire.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::io::Read;
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use ureq::http::{HeaderMap, HeaderValue, Request, header};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, SendBody};

use crate::config::{ApiKey, Config, UpdateMethod};
use crate::error::{ApiError, DecodeError, Error, Result, TransportError};

mod connector;
mod mask;
mod range;
mod resolver;
mod retry;
mod trace;
mod url;

use connector::{Noting, Unreached};
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

/// How many redirects a GET follows.
const REDIRECTS: usize = 5;
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

/// What is sent along.
pub(crate) enum Payload<'a> {
    Nothing,
    Json(&'a [u8]),
    /// A stream of known length, which can be sent once only.
    Stream {
        content_type: &'a str,
        length: u64,
        reader: &'a mut dyn Read,
    },
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

    /// Gets a file from wherever the platform points to, without credentials.
    pub(crate) fn download(&self, link: &str, limit: u64) -> Result<Vec<u8>> {
        let mut url = Cow::Borrowed(link);
        for _ in 0..=REDIRECTS {
            let shown = url::without_query(&url).to_owned();
            // A platform that is elsewhere has no business with what listens on this machine.
            let safe = url::is_safe(&url) && (self.base.is_loopback() || !url::is_loopback(&url));
            if !safe {
                return Err(Error::input(format!(
                    "{shown} is not https, or leads from the platform to this machine: nothing was fetched from it"
                )));
            }
            let request = Request::get(&*url)
                .header(header::ACCEPT, "*/*")
                .body(())
                .map_err(|_| Error::input(format!("{shown} is no address that can be fetched")))?;
            let answer = self
                .run(request, "GET", &shown)
                .and_then(|response| self.read("GET", &shown, response, limit))
                .map_err(|failure| self.refusal(failure))?;
            match answer {
                Got::Redirect { location: Some(location), .. } => {
                    url = Cow::Owned(url::join(&url, &location).ok_or_else(|| {
                        Error::input(format!("{shown} redirects to an address that cannot be read"))
                    })?);
                }
                Got::Redirect { status, location: None } => {
                    return Err(
                        self.refusal(Failure::Refused(Box::new(ApiError::new("GET", &shown, status, b""))))
                    );
                }
                Got::Answer(answer) => return answer.whole().map(|answer| answer.body),
            }
        }
        Err(Error::input(format!("{} redirects in a circle", url::without_query(link))))
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

    /// One call and its answer, redirects of a GET inside of the origin included.
    fn exchange(&self, method: Method, path: &str, payload: Payload<'_>) -> Result<Answer, Failure> {
        let request = |url: &str| {
            let request = Request::builder().method(method.name()).uri(url);
            request.header(header::AUTHORIZATION, self.authorization.clone())
        };
        let url = self.base.url(path);
        let name = method.name();
        let bad =
            |_| Failure::Input(Error::input(format!("{name} {path}: this is no address that can be called")));
        let response = match payload {
            Payload::Nothing if matches!(method, Method::Get | Method::Delete) => {
                self.run(request(&url).body(()).map_err(bad)?, name, path)?
            }
            // An empty body with its length, which some gateways insist on.
            Payload::Nothing => self.run(request(&url).body(&[][..] as &[u8]).map_err(bad)?, name, path)?,
            Payload::Json(bytes) => {
                let request = request(&url)
                    .header(header::CONTENT_TYPE, "application/json")
                    .body(bytes)
                    .map_err(bad)?;
                mask::log_body(&self.key, name, path, bytes, true);
                self.run(request, name, path)?
            }
            Payload::Stream { content_type, length, mut reader } => {
                let request = request(&url)
                    .header(header::CONTENT_TYPE, content_type)
                    .header(header::CONTENT_LENGTH, length)
                    .body(SendBody::from_reader(&mut reader))
                    .map_err(bad)?;
                self.run(request, name, path)?
            }
        };
        if let Some(date) = response.headers().get(header::DATE) {
            *self.date.borrow_mut() = Some(date.clone());
        }
        let mut got = self.read(name, path, response, self.body_limit)?;
        let mut at = url;
        for _ in 0..REDIRECTS {
            let target = match &got {
                Got::Redirect { location: Some(location), .. } if method == Method::Get => {
                    url::join(&at, location).filter(|target| self.base.same_origin(target))
                }
                _ => None,
            };
            let Some(target) = target else { break };
            let response = self.run(request(&target).body(()).map_err(bad)?, name, path)?;
            got = self.read(name, path, response, self.body_limit)?;
            at = target;
        }
        match got {
            Got::Answer(answer) => Ok(answer),
            Got::Redirect { status, location } => {
                let mut error = ApiError::new(name, path, status, b"");
                error.location = location.map(|location| url::without_query(&location).to_owned());
                Err(Failure::Refused(Box::new(error)))
            }
        }
    }

    /// Puts one request on the wire and waits for the head of its answer.
    fn run(
        &self,
        request: Request<impl ureq::AsSendBody>,
        name: &'static str,
        path: &str,
    ) -> Result<ureq::http::Response<ureq::Body>, Failure> {
        let left = self.time_left();
        if left.is_some_and(|left| left.is_zero()) {
            return Err(Failure::Lost(TransportError::deadline(name, path)));
        }
        self.calls.set(self.calls.get() + 1);
        self.unreached.clear();
        let start = Instant::now();
        let response = match left {
            None => self.agent.run(request),
            Some(left) => {
                let request =
                    self.agent.configure_request(request).timeout_global(Some(left.min(self.timeout)));
                self.agent.run(request.build())
            }
        };
        let took = start.elapsed();
        let status = response.as_ref().map_or(0, |response| response.status().as_u16());
        let mut trace = self.trace.borrow_mut();
        trace.note_call(name, path, status, took);
        log::debug!(target: "connect::http", "{}{name} {} {status} {} ms", trace.prefix(), url::Shown(path), took.as_millis());
        response
            .map_err(|cause| Failure::Lost(TransportError::new(name, path, self.unreached.is_set(), cause)))
    }

    fn read(
        &self,
        name: &'static str,
        path: &str,
        response: ureq::http::Response<ureq::Body>,
        limit: u64,
    ) -> Result<Got, Failure> {
        let (head, body) = response.into_parts();
        let status = head.status.as_u16();
        let mut bytes = self.buffer.take();
        bytes.clear();
        let length =
            header_text(&head.headers, header::CONTENT_LENGTH).and_then(|text| text.parse::<usize>().ok());
        // The server's word on the length is not trusted with more than a page's worth of memory.
        bytes.reserve(length.unwrap_or(0).min(1 << 20));
        let reader = body.into_with_config().limit(limit).reader();
        let read = drain(reader, &mut self.scratch.borrow_mut(), &mut bytes);
        let broken = read.err().map(|error| TransportError::while_reading(name, path, error.into()));

        if head.status.is_success() {
            mask::log_body(&self.key, name, path, &bytes, false);
            let range = header_text(&head.headers, header::CONTENT_RANGE).and_then(ContentRange::parse);
            return Ok(Got::Answer(Answer { body: bytes, range, broken }));
        }
        if head.status.is_redirection() {
            let location = header_text(&head.headers, header::LOCATION).map(str::to_owned);
            return Ok(Got::Redirect { status, location });
        }
        // Before anything is cut, since half a key is not found any more.
        let text = String::from_utf8_lossy(&bytes);
        let mut error = ApiError::new(name, path, status, self.key.redact(&text).as_bytes());
        error.retry_after = header_text(&head.headers, header::RETRY_AFTER)
            .and_then(|text| retry::retry_after(text, time::OffsetDateTime::now_utc()));
        Err(Failure::Refused(Box::new(error)))
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

enum Got {
    Answer(Answer),
    Redirect { status: u16, location: Option<String> },
}

/// Why one attempt came to nothing.
enum Failure {
    Refused(Box<ApiError>),
    Lost(TransportError),
    Input(Error),
}

impl Failure {
    fn kind(&self) -> retry::Happened {
        match self {
            Self::Refused(error) => retry::Happened::Status(error.status),
            Self::Lost(error) if !error.is_passing() => retry::Happened::Lasting,
            Self::Lost(error) if error.may_have_arrived() => retry::Happened::Lost,
            Self::Lost(_) => retry::Happened::NeverSent,
            Self::Input(_) => retry::Happened::Lasting,
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused(error) => error.retry_after,
            _ => None,
        }
    }

    fn after(self, attempts: u32) -> Self {
        match self {
            Self::Lost(error) if attempts > 1 => Self::Lost(error.after(attempts)),
            other => other,
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

/// `read_to_end` zeroes what it reads into, which costs more than copying it.
fn drain(mut reader: impl Read, scratch: &mut [u8], into: &mut Vec<u8>) -> std::io::Result<()> {
    loop {
        match reader.read(scratch) {
            Ok(0) => return Ok(()),
            Ok(count) => into.extend_from_slice(scratch.get(..count).unwrap_or_default()),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn header_text(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
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
