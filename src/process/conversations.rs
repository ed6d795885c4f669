//! The conversations of the requests of one page: looked up when the first message is to be posted, for all at once.

use std::collections::HashMap;
use std::fmt;
use std::rc::Rc;

use serde::Serialize;
use time::{Duration, OffsetDateTime};

use super::until_known::{Known, until_known};
use crate::error::{Error, Result};
use crate::http::{Answer, Http, json, segment};
use crate::models::{Conversation, ConversationKind, ConversationStatus, Message};
use crate::page::Pages;
use crate::rql;

/// Ids of one look-up may take this much of its URL, which stays under 8 kB with it.
const LOOK_UP: usize = 7000;
/// How far our clock and the platform's may be apart where the platform does not tell its time.
const CLOCKS: Duration = Duration::minutes(2);
/// How far the clock that dates answers and the one that dates messages may be apart.
const SKEW: Duration = Duration::seconds(10);

pub(crate) struct Conversations<'a> {
    http: &'a Http,
    /// The requests of the page that is being handled.
    page: Vec<String>,
    found: HashMap<String, Found>,
}

/// What a look-up told about the conversation of a request.
enum Found {
    Open(String),
    /// There is none that takes messages.
    Nothing,
    /// The look-up failed, with this error.
    Failed(Rc<str>),
}

#[derive(Serialize)]
struct NewMessage<'a> {
    text: &'a str,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
}

/// A message that was not posted, or may not have been.
pub(crate) enum MessageError {
    NotPosted(Error),
    Unknown(Error),
    /// The conversation could not be looked up, with this error.
    NoConversation(Rc<str>),
}

impl From<Error> for MessageError {
    fn from(error: Error) -> Self {
        Self::NotPosted(error)
    }
}

impl fmt::Display for MessageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotPosted(error) => write!(f, "its message was not posted: {error}"),
            Self::Unknown(error) => write!(f, "whether its message was posted is not known: {error}"),
            Self::NoConversation(why) => write!(f, "its message was not posted: {why}"),
        }
    }
}

impl<'a> Conversations<'a> {
    pub(crate) fn new(http: &'a Http) -> Self {
        Self { http, page: Vec::new(), found: HashMap::new() }
    }

    /// The requests whose conversations will be looked up together.
    pub(crate) fn begin_page(&mut self, ids: impl Iterator<Item = String>) {
        self.page = ids.collect();
        self.found.clear();
    }

    /// Posts `text` in the request's conversation, if it has one that is open.
    pub(crate) fn post(&mut self, id: &str, text: &str) -> Result<(), MessageError> {
        let Some(conversation) = self.conversation(id)? else { return Ok(()) };
        self.post_to(&conversation, text)
    }

    /// [`post`](Self::post), unless the last message there is the same.
    pub(crate) fn post_unless_last(&mut self, id: &str, text: &str) -> Result<(), MessageError> {
        let Some(conversation) = self.conversation(id)? else { return Ok(()) };
        let path = format!("{}?ordering(-created)&limit=1&offset=0", messages(&conversation)?);
        let last: Vec<Message> = self.http.get(&path)?.read()?;
        if last.first().is_some_and(|message| has_text(message, text)) {
            return Ok(());
        }
        self.post_to(&conversation, text)
    }

    fn post_to(&self, conversation: &str, text: &str) -> Result<(), MessageError> {
        let message = NewMessage { text, kind: None };
        post(self.http, &messages(conversation)?, &message, |_| Ok(())).map(drop)
    }

    fn conversation(&mut self, id: &str) -> Result<Option<String>, MessageError> {
        if !self.found.contains_key(id) {
            self.look_up(id)?;
        }
        match self.found.get(id) {
            Some(Found::Open(conversation)) => Ok(Some(conversation.clone())),
            Some(Found::Failed(why)) => Err(MessageError::NoConversation(Rc::clone(why))),
            Some(Found::Nothing) | None => Ok(None),
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
                self.found.extend(asked.into_iter().map(|id| (id, Found::Failed(Rc::clone(&why)))));
                return Ok(());
            }
        };
        for id in asked {
            let found = open.remove(&id).map_or(Found::Nothing, Found::Open);
            self.found.insert(id, found);
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

/// The list of a conversation's messages.
fn messages(conversation: &str) -> Result<String> {
    Ok(format!("/conversations/{}/messages", segment(conversation)?))
}

/// Adds a message to a conversation and returns it as the platform has it.
pub(crate) fn post_message(http: &Http, conversation: &str, text: &str, private: bool) -> Result<Message> {
    let message = NewMessage { text, kind: private.then_some("private") };
    match post(http, &messages(conversation)?, &message, Answer::read::<Message>) {
        Ok(Posted::Answered(message)) => Ok(message),
        Ok(Posted::Found(message)) => Ok(*message),
        Err(MessageError::NotPosted(error) | MessageError::Unknown(error)) => Err(error),
        Err(MessageError::NoConversation(why)) => Err(Error::input(&*why)),
    }
}

/// A message that is there now.
enum Posted<T> {
    Answered(T),
    Found(Box<Message>),
}

/// Posts one message exactly once: where its fate is unknown, the conversation itself is asked.
fn post<'h, T>(
    http: &'h Http,
    path: &str,
    message: &NewMessage<'_>,
    read: impl Fn(Answer<'h>) -> Result<T>,
) -> Result<Posted<T>, MessageError> {
    let body = json(message)?;
    // No message that is posted from now on is dated before this, by the platform's clock.
    let since = http.server_time().map_or_else(|| OffsetDateTime::now_utc() - CLOCKS, |date| date - SKEW);
    let known = until_known(
        false,
        || http.post(path, Some(&body)).and_then(&read),
        || find(http, path, message.text, since),
        |attempt, error| http.pause_before_resend(attempt, error),
    );
    match known {
        Known::Answered(answer) => Ok(Posted::Answered(answer)),
        Known::Found { there, .. } => Ok(Posted::Found(Box::new(there))),
        Known::Refused(error) => Err(MessageError::NotPosted(error)),
        Known::Unknown(error) => Err(MessageError::Unknown(error)),
    }
}

/// The newest message of this text since then.
fn find(http: &Http, path: &str, text: &str, since: OffsetDateTime) -> Result<Option<Message>> {
    let last = format!("{path}?ordering(-created)&limit=10&offset=0");
    let read = || http.get(&last).and_then(Answer::read::<Vec<Message>>);
    let mut found = read();
    if matches!(found, Err(Error::Decode(_))) {
        // Garbled on its way: so much hangs on this answer that it is asked for once more.
        found = read();
    }
    let ours =
        |message: &Message| has_text(message, text) && message.created.is_none_or(|created| created >= since);
    Ok(found?.into_iter().find(ours))
}

/// Whether it is this text, whose ends the platform may have trimmed.
fn has_text(message: &Message, text: &str) -> bool {
    message.text.as_deref().is_some_and(|found| found.trim() == text.trim())
}
