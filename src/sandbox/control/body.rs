//! Bodies of the control path that have no type of their own elsewhere.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use crate::sandbox::fault::Fault;
use crate::sandbox::message::HttpResponse;
use crate::sandbox::others::Others;
use crate::sandbox::pattern::Pattern;
use crate::sandbox::state::{Interlude, State};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FaultBody {
    #[serde(default = "any_method")]
    method: String,
    #[serde(default = "any_path")]
    path: String,
    #[serde(default)]
    skip: usize,
    /// Without it once.
    times: Option<usize>,
    #[serde(default)]
    after_effect: bool,
    status: Option<u16>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    body: String,
    /// A fault that is no status: `reset`, `never_answer`, `truncated`, …
    kind: Option<String>,
    #[serde(default)]
    milliseconds: u64,
    #[serde(default)]
    location: String,
}

fn any_method() -> String {
    "*".to_owned()
}

fn any_path() -> String {
    "/**".to_owned()
}

impl FaultBody {
    pub(super) fn fault(&self) -> Result<Fault, String> {
        let wait = Duration::from_millis(self.milliseconds);
        let fault = Fault::on(&self.method, &self.path).skip(self.skip).times(self.times.unwrap_or(1));
        let fault = match self.kind.as_deref() {
            None => {
                let fault = fault.status(self.status.unwrap_or(500)).body(&self.body);
                self.headers.iter().fold(fault, |fault, (name, value)| fault.header(name, value))
            }
            Some("reset") => fault.reset(),
            Some("never_answer") => fault.never_answer(),
            Some("delay") => fault.delay(wait),
            Some("hold") => fault.hold(wait),
            Some("truncated") => fault.truncated(),
            Some("broken_json") => fault.broken_json(),
            Some("close_after") => fault.close_after(),
            Some("redirect") => fault.redirect(&self.location),
            Some(other) => {
                return Err(format!(
                    "kind: {other:?} is none of reset, never_answer, delay, hold, truncated, broken_json, close_after, redirect"
                ));
            }
        };
        Ok(if self.after_effect { fault.after_effect() } else { fault })
    }
}

/// What another party does, at once or before a call.
#[derive(Deserialize)]
pub(super) struct Act {
    request: String,
    before: Option<Before>,
    #[serde(flatten)]
    kind: ActKind,
}

#[derive(Deserialize)]
#[serde(tag = "act", rename_all = "snake_case")]
enum ActKind {
    Approve { template: String },
    Fail { reason: String },
    Answer { values: BTreeMap<String, Value> },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Before {
    method: String,
    path: String,
}

impl Act {
    pub(super) fn schedule(self, state: &mut State) -> io::Result<HttpResponse> {
        let Self { request, before, kind } = self;
        let act = move |others: &mut Others<'_>| match kind {
            ActKind::Approve { template } => others.approve(&request, &template),
            ActKind::Fail { reason } => others.fail(&request, &reason),
            ActKind::Answer { values } => others.answer(&request, values),
        };
        match before {
            None => act(&mut Others::new(&mut state.store))?,
            Some(Before { method, path }) => state.interludes.push(Interlude {
                before: Pattern::new(&method, &path),
                // Refused where the program under test was faster: its own affair.
                act: Box::new(move |others| drop(act(others))),
                must_come: false,
            }),
        }
        Ok(HttpResponse::empty(204))
    }
}
