//! One call on the wire and its answer: headers, redirects within the origin, the body read up to its bound.

use std::io::Read;
use std::time::{Duration, Instant};

use ureq::SendBody;
use ureq::http::{HeaderMap, HeaderValue, Request, Uri, header};

use super::{Answer, ContentRange, Http, Method, mask, retry};
use crate::address::{Address, without_query};
use crate::error::{ApiError, Error, Result, TransportError};
use crate::scope;
use crate::text::{LogPath, escape_controls};

/// How many redirects a GET follows.
const REDIRECTS: usize = 5;

/// What is sent along.
pub(super) enum Payload<'a> {
    Nothing,
    Json(&'a [u8]),
    /// A stream of known length, which can be sent once only.
    Stream {
        content_type: HeaderValue,
        length: u64,
        reader: &'a mut dyn Read,
    },
}

impl Http {
    /// Gets a file from wherever the platform points to, without credentials.
    pub(crate) fn download(&self, link: &str) -> Result<Vec<u8>> {
        let mut address = Address::parse(link).ok_or_else(|| {
            let shown = escape_controls(without_query(link));
            Error::input(format!("{shown} is no address: nothing was fetched from it"))
        })?;
        for _ in 0..=REDIRECTS {
            let shown = address.shown().to_owned();
            // A platform that is elsewhere has no business with what listens on this machine.
            let safe = address.is_safe() && (self.base.is_loopback() || !address.is_loopback());
            if !safe {
                return Err(Error::input(format!(
                    "{shown} is not https, or leads from the platform to this machine: nothing was fetched from it"
                )));
            }
            let request = request(Method::Get, address.uri().clone(), HeaderMap::new(), ());
            let proxy = self.proxies.of(&address);
            let request = self.agent.configure_request(request).proxy(proxy).build();
            let answer = self
                .run(request, Method::Get, &shown)
                .and_then(|response| self.receive(Method::Get, &shown, response))
                .map_err(|failure| self.error_of(failure))?;
            match answer {
                Got::Redirect { location: Some(location), .. } => {
                    address = address.join(&location).ok_or_else(|| {
                        Error::unexpected("GET", &shown, "it redirects to an address that cannot be read")
                    })?;
                }
                Got::Redirect { status, location: None } => {
                    return Err(self
                        .error_of(CallError::Refused(Box::new(ApiError::new("GET", &shown, status, b"")))));
                }
                Got::Answer(answer) => return answer.bytes(),
            }
        }
        Err(Error::unexpected("GET", without_query(link), "it redirects in a circle"))
    }

    /// One call and its answer, redirects of a GET inside of the origin included.
    pub(super) fn exchange(
        &self,
        method: Method,
        path: &str,
        payload: Payload<'_>,
    ) -> Result<Answer<'_>, CallError> {
        let name = method.as_str();
        let uri = self.base.below(path).ok_or_else(|| {
            let shown = LogPath(path);
            CallError::Input(Error::input(format!("{name} {shown}: this is no address that can be called")))
        })?;
        let response = match payload {
            Payload::Nothing if matches!(method, Method::Get | Method::Delete) => {
                self.run(request(method, uri, self.headers.bare(), ()), method, path)?
            }
            // An empty body with its length, which some gateways insist on.
            Payload::Nothing => {
                self.run(request(method, uri, self.headers.bare(), &[][..] as &[u8]), method, path)?
            }
            Payload::Json(bytes) => {
                mask::log_body(|text| self.redact(text), name, path, bytes, true);
                self.run(request(method, uri, self.headers.json(bytes.len() as u64), bytes), method, path)?
            }
            Payload::Stream { content_type, length, mut reader } => {
                let headers = self.headers.typed(content_type, length);
                self.run(request(method, uri, headers, SendBody::from_reader(&mut reader)), method, path)?
            }
        };
        if let Some(date) = response.headers().get(header::DATE) {
            *self.date.borrow_mut() = Some(date.clone());
        }
        let mut got = self.receive(method, path, response)?;
        let mut at = None;
        for _ in 0..REDIRECTS {
            let target = match &got {
                Got::Redirect { location: Some(location), .. } if method == Method::Get => {
                    let from = at.take().or_else(|| self.base.address(path));
                    let target = from.and_then(|from| from.join(location));
                    target.filter(|target| self.base.is_same_origin(target))
                }
                _ => None,
            };
            let Some(target) = target else { break };
            let request = request(method, target.uri().clone(), self.headers.bare(), ());
            got = self.receive(method, path, self.run(request, method, path)?)?;
            at = Some(target);
        }
        match got {
            Got::Answer(answer) => Ok(answer),
            Got::Redirect { status, location } => {
                let mut error = ApiError::new(name, path, status, b"");
                error.location = location.map(|location| without_query(&location).to_owned());
                Err(CallError::Refused(Box::new(error)))
            }
        }
    }

    /// Puts one request on the wire and waits for the head of its answer.
    fn run(
        &self,
        request: Request<impl ureq::AsSendBody>,
        method: Method,
        path: &str,
    ) -> Result<ureq::http::Response<ureq::Body>, CallError> {
        let name = method.as_str();
        let left = scope::time_left();
        if left.is_some_and(|left| left.is_zero()) {
            return Err(CallError::lost(TransportError::deadline(name, path)));
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
        scope::note_call(name, path, status, took);
        log::debug!(target: "connect::http", "{}{name} {} {status} {} ms", scope::Prefix, LogPath(path), took.as_millis());
        response
            .map_err(|cause| CallError::lost(TransportError::new(name, path, self.unreached.is_set(), cause)))
    }

    fn receive(
        &self,
        method: Method,
        path: &str,
        response: ureq::http::Response<ureq::Body>,
    ) -> Result<Got<'_>, CallError> {
        let name = method.as_str();
        let (head, body) = response.into_parts();
        let status = head.status.as_u16();
        let mut answer = Answer::new(self, method, path, self.body.take());
        let length = header_text(&head.headers, header::CONTENT_LENGTH).and_then(|text| text.parse().ok());
        answer.body.begin(length);
        let reader = body.into_with_config().limit(self.body_limit).reader();
        let read = if header_text(&head.headers, header::CONTENT_ENCODING).is_some_and(is_gzip) {
            answer.body.unpack(reader, self.body_limit)
        } else {
            answer.body.read(reader)
        };
        answer.broken =
            read.err().map(|error| Box::new(TransportError::while_reading(name, path, error.into())));

        if head.status.is_success() {
            mask::log_body(|text| self.redact(text), name, path, answer.body.bytes(), false);
            answer.range = header_text(&head.headers, header::CONTENT_RANGE).and_then(ContentRange::parse);
            return Ok(Got::Answer(answer));
        }
        if head.status.is_redirection() {
            let location = header_text(&head.headers, header::LOCATION).map(str::to_owned);
            return Ok(Got::Redirect { status, location });
        }
        // Before anything is cut, since half a key is not found any more.
        let text = String::from_utf8_lossy(answer.body.bytes());
        let mut error = ApiError::new(name, path, status, self.redact(&text).as_bytes());
        error.retry_after = header_text(&head.headers, header::RETRY_AFTER)
            .and_then(|text| retry::retry_after(text, time::OffsetDateTime::now_utc()));
        Err(CallError::Refused(Box::new(error)))
    }
}

enum Got<'h> {
    Answer(Answer<'h>),
    Redirect { status: u16, location: Option<String> },
}

/// Why one attempt came to nothing.
pub(super) enum CallError {
    Refused(Box<ApiError>),
    Lost(Box<TransportError>),
    Input(Error),
}

impl CallError {
    fn lost(error: TransportError) -> Self {
        Self::Lost(Box::new(error))
    }

    pub(super) fn kind(&self) -> retry::Failure {
        match self {
            Self::Refused(error) => retry::Failure::Status(error.status),
            Self::Lost(error) if !error.is_passing() => retry::Failure::Lasting,
            Self::Lost(error) if error.may_have_arrived() => retry::Failure::Lost,
            Self::Lost(_) => retry::Failure::NeverSent,
            Self::Input(_) => retry::Failure::Lasting,
        }
    }

    pub(super) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused(error) => error.retry_after,
            _ => None,
        }
    }

    pub(super) fn after(self, attempts: u32) -> Self {
        match self {
            Self::Lost(error) => Self::lost(error.after(attempts)),
            other => other,
        }
    }
}

fn request<B>(method: Method, uri: Uri, headers: HeaderMap, body: B) -> Request<B> {
    let mut request = Request::new(body);
    *request.method_mut() = method.into();
    *request.uri_mut() = uri;
    *request.headers_mut() = headers;
    request
}

/// The one packing that the client asks for, and its old name.
fn is_gzip(name: &str) -> bool {
    ["gzip", "x-gzip"].iter().any(|known| name.eq_ignore_ascii_case(known))
}

fn header_text(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}
