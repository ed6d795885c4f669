//! The conversations of the requests of one page: looked up when the first message is to be said, and for all at once.

use std::collections::HashMap;
use std::fmt;
use std::rc::Rc;

use serde::Serialize;
use time::{Duration, OffsetDateTime};

use crate::error::{Error, Result};
use crate::http::{Answer, Http, Method, json, segment};
use crate::models::{Conversation, ConversationKind, ConversationStatus, Message};
use crate::page::Pages;
use crate::rql;

/// Ids of one look-up may take this much of its URL, which stays under 8 kB with it.
const LOOK_UP: usize = 7000;
/// How far our clock and the platform's may be apart where the platform does not tell its time.
const CLOCKS: Duration = Duration::minutes(2);
/// How far the clock that dates answers and the one that dates messages may be apart.
const SKEW: Duration = Duration::seconds(10);

pub(crate) struct Talk<'a> {
    http: &'a Http,
    page: Vec<String>,
    known: HashMap<String, Known>,
}

/// What a look-up told about the conversation of a request.
enum Known {
    Open(String),
    /// There is none that takes messages.
    Nothing,
    /// The look-up failed, with this error.
    Failed(Rc<str>),
}

#[derive(Serialize)]
struct Said<'a> {
    text: &'a str,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
}

/// A message that was not said, or may not have been.
pub(crate) enum Unsaid {
    NotPosted(Error),
    Unknown(Error),
}

impl Unsaid {
    fn into_error(self) -> Error {
        let (Self::NotPosted(error) | Self::Unknown(error)) = self;
        error
    }
}

impl From<Error> for Unsaid {
    fn from(error: Error) -> Self {
        Self::NotPosted(error)
    }
}

impl fmt::Display for Unsaid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotPosted(error) => write!(f, "its message was not posted: {error}"),
            Self::Unknown(error) => write!(f, "whether its message was posted is not known: {error}"),
        }
    }
}

impl<'a> Talk<'a> {
    pub(crate) fn new(http: &'a Http) -> Self {
        Self { http, page: Vec::new(), known: HashMap::new() }
    }

    /// The requests whose conversations will be looked up together.
    pub(crate) fn begin_page(&mut self, ids: impl Iterator<Item = String>) {
        self.page = ids.collect();
        self.known.clear();
    }

    /// Says `text` in the request's conversation, if it has one that is open.
    pub(crate) fn say(&mut self, id: &str, text: &str) -> Result<(), Unsaid> {
        let Some(conversation) = self.conversation(id)? else { return Ok(()) };
        self.post(&conversation, text)
    }

    /// [`say`](Self::say), unless the last message there is the same.
    pub(crate) fn say_once(&mut self, id: &str, text: &str) -> Result<(), Unsaid> {
        let Some(conversation) = self.conversation(id)? else { return Ok(()) };
        let path = format!("{}?ordering(-created)&limit=1&offset=0", messages(&conversation)?);
        let last: Vec<Message> = self.http.get(&path)?;
        if last.first().is_some_and(|message| says(message, text)) {
            return Ok(());
        }
        self.post(&conversation, text)
    }

    fn post(&self, conversation: &str, text: &str) -> Result<(), Unsaid> {
        if let Posted::Answered(_, answer) = post(self.http, conversation, &Said { text, kind: None })? {
            self.http.recycle(answer);
        }
        Ok(())
    }

    fn conversation(&mut self, id: &str) -> Result<Option<String>> {
        if !self.known.contains_key(id) {
            self.look_up(id)?;
        }
        match self.known.get(id) {
            Some(Known::Open(conversation)) => Ok(Some(conversation.clone())),
            Some(Known::Failed(why)) => Err(Error::input(&**why)),
            Some(Known::Nothing) | None => Ok(None),
        }
    }

    /// Looks up this request and those after it on the page, as many as fit into one URL.
    fn look_up(&mut self, id: &str) -> Result<()> {
        let start = self.page.iter().position(|other| other == id);
        let rest = start.and_then(|start| self.page.get(start..)).unwrap_or_default();
        let mut list = rql::encode_value(id)?;
        let mut asked = vec![id.to_owned()];
        for other in rest.iter().skip(1) {
            // One that cannot be said in a query must not cost another its message.
            let Ok(other_encoded) = rql::encode_value(other) else { continue };
            if list.len() + other_encoded.len() > LOOK_UP {
                break;
            }
            list.push(',');
            list.push_str(&other_encoded);
            asked.push(other.clone());
        }
        let mut open = match self.find(&list) {
            Ok(open) => open,
            Err(error) => {
                // Asked once for all of them: a service that is down must not be waited for at each order.
                let why: Rc<str> = error.to_string().into();
                self.known.extend(asked.into_iter().map(|id| (id, Known::Failed(Rc::clone(&why)))));
                return Ok(());
            }
        };
        for id in asked {
            let known = open.remove(&id).map_or(Known::Nothing, Known::Open);
            self.known.insert(id, known);
        }
        Ok(())
    }

    /// The open conversations about these requests, by request.
    fn find(&self, list: &str) -> Result<HashMap<String, String>> {
        let path = format!("/conversations?in(instance_id,({list}))");
        let mut open = HashMap::new();
        for conversation in Pages::<Conversation>::from_path(self.http, path, 1000) {
            let conversation = conversation?;
            let notes = conversation.kind == ConversationKind::Notes;
            let closed = conversation.status == ConversationStatus::Closed;
            if let Some(instance) =
                conversation.instance_id.filter(|_| !notes && !closed && !conversation.id.is_empty())
            {
                open.entry(instance).or_insert(conversation.id);
            }
        }
        Ok(open)
    }
}

fn messages(conversation: &str) -> Result<String> {
    Ok(format!("/conversations/{}/messages", segment(conversation)?))
}

/// Posts one message exactly once: where its fate is unknown, the conversation itself is asked.
fn post(http: &Http, conversation: &str, said: &Said<'_>) -> Result<Posted, Unsaid> {
    let path = messages(conversation)?;
    let body = json(said)?;
    let since = since(http);
    let mut attempt = 1;
    loop {
        let error = match http.once(Method::Post, &path, Some(&body)) {
            Ok(answer) => return Ok(Posted::Answered(path, answer)),
            Err(error) => error,
        };
        if !error.may_have_happened() {
            return Err(Unsaid::NotPosted(error));
        }
        // The pause comes before the look-up: what was lost may take a moment to show.
        let again = http.wait_before_again(attempt, &error);
        match look_for(http, &path, said, since) {
            Ok(Some(message)) => return Ok(Posted::Found(Box::new(message))),
            Ok(None) if again => attempt += 1,
            Ok(None) => return Err(Unsaid::Unknown(error)),
            Err(look_up) => {
                log::warn!(target: "connect::process", "what became of POST {path} is not known: {look_up}");
                return Err(Unsaid::Unknown(error));
            }
        }
    }
}

/// No message that is posted from now on is dated before this, by the platform's clock.
fn since(http: &Http) -> OffsetDateTime {
    http.server_time().map_or_else(|| OffsetDateTime::now_utc() - CLOCKS, |date| date - SKEW)
}

/// What is known of a message that is there now.
enum Posted {
    Answered(String, Answer),
    Found(Box<Message>),
}

/// Adds a message to a conversation and returns it as the platform has it.
pub(crate) fn post_message(http: &Http, conversation: &str, text: &str, private: bool) -> Result<Message> {
    let said = Said { text, kind: private.then_some("private") };
    let since = since(http);
    match post(http, conversation, &said).map_err(Unsaid::into_error)? {
        Posted::Found(message) => Ok(*message),
        Posted::Answered(path, answer) => match http.read_answer(Method::Post, &path, answer) {
            Ok(message) => Ok(message),
            // It was taken; only what the platform says of it is missing.
            Err(error) => look_for(http, &path, &said, since).ok().flatten().ok_or(error),
        },
    }
}

fn look_for(http: &Http, path: &str, said: &Said<'_>, since: OffsetDateTime) -> Result<Option<Message>> {
    let last = format!("{path}?ordering(-created)&limit=10&offset=0");
    let mut found = http.get::<Vec<Message>>(&last);
    if matches!(found, Err(Error::Decode(_))) {
        // Garbled on its way: so much hangs on this answer that it is asked for once more.
        found = http.get(&last);
    }
    let ours = |message: &Message| {
        says(message, said.text) && message.created.is_none_or(|created| created >= since)
    };
    Ok(found?.into_iter().find(ours))
}

/// Whether it is this text, whose ends the platform may have trimmed.
fn says(message: &Message, text: &str) -> bool {
    message.text.as_deref().is_some_and(|found| found.trim() == text.trim())
}
