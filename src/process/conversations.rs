//! The conversations of the requests of one page: looked up when the first message is to be posted, for all at once.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::rc::Rc;

use serde::Serialize;
use time::{Duration, OffsetDateTime};

use super::Verdict;
use super::until_known::{Known, Refusal, until_known};
use crate::error::{Error, Result};
use crate::http::{Answer, Http, segment, to_json};
use crate::models::{Conversation, ConversationKind, ConversationStatus, Message};
use crate::page::Pages;
use crate::rql::{LOOK_UP, ValueList};
use crate::text::same_text;

/// Conversations of one page of a look-up.
const PAGE: u64 = 1000;
/// A look-up reads no more conversations than this, should the server answer with everybody's.
const MOST: usize = 5000;
/// It makes no more calls than this and one for each request, should the server cut its pages, too.
const CALLS: usize = 10;
const EVERYBODYS: &str =
    "the look-up of its conversation was answered with those of others, and not to their end";
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

/// How the warning of a message of unknown fate begins.
pub(crate) const UNKNOWN_MESSAGE: &str = "whether its message was posted is not known";

/// A message whose fate is unknown, and how to find it.
#[derive(Debug)]
pub(crate) struct LostMessage {
    /// The list of its conversation's messages.
    path: String,
    text: String,
    /// It is not dated before this, by the platform's clock.
    since: OffsetDateTime,
}

/// A message that was not posted, or may not have been.
pub(crate) enum MessageError {
    NotPosted(Error),
    Unknown(Error, Box<LostMessage>),
    /// The conversation could not be looked up, with this error.
    NoConversation(Rc<str>),
}

#[cfg(feature = "ledger")]
impl MessageError {
    /// Why, without what it was.
    pub(crate) fn why(&self) -> String {
        match self {
            Self::NotPosted(error) | Self::Unknown(error, _) => error.to_string(),
            Self::NoConversation(why) => why.as_ref().to_owned(),
        }
    }
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
            Self::Unknown(error, _) => write!(f, "{UNKNOWN_MESSAGE}: {error}"),
            Self::NoConversation(why) => write!(f, "its message was not posted: {why}"),
        }
    }
}

/// The warning of a message that the customer does not read. The crate's own words after an approval are not missed where
/// there is no conversation for them.
pub(crate) fn unsaid(posted: &Result<bool, MessageError>, verdict: Verdict) -> Option<String> {
    match posted {
        Ok(false) if verdict != Verdict::Approved => {
            Some("its message was not posted: the order has no conversation that is open".into())
        }
        Ok(_) => None,
        Err(error) => Some(error.to_string()),
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

    /// Posts `text` in the request's conversation; false where it has none that is open.
    pub(crate) fn post(&mut self, id: &str, text: &str) -> Result<bool, MessageError> {
        let Some(conversation) = self.conversation(id)? else { return Ok(false) };
        self.post_to(&conversation, text).map(|()| true)
    }

    /// [`post`](Self::post), unless the last message there is the same.
    pub(crate) fn post_unless_last(&mut self, id: &str, text: &str) -> Result<bool, MessageError> {
        let Some(conversation) = self.conversation(id)? else { return Ok(false) };
        let path = format!("{}?ordering(-created)&limit=1&offset=0", messages(&conversation)?);
        let last = self.http.get_with(&path, Answer::read::<Vec<Message>>)?;
        if last.first().is_some_and(|message| has_text(message, text)) {
            return Ok(true);
        }
        self.post_to(&conversation, text).map(|()| true)
    }

    /// Posts a text that only one's own side reads in the request's conversation, unless it is there since then; false where
    /// the request has none that is open.
    #[cfg(feature = "ledger")]
    pub(crate) fn post_private(
        &mut self,
        id: &str,
        text: &str,
        since: OffsetDateTime,
    ) -> Result<bool, MessageError> {
        let Some(conversation) = self.conversation(id)? else { return Ok(false) };
        if find(self.http, &messages(&conversation)?, text, since - CLOCKS)?.is_none() {
            post_message(self.http, &conversation, text, true)?;
        }
        Ok(true)
    }

    /// What is lost is looked up and not posted again: the end of the run is soon enough for that.
    fn post_to(&self, conversation: &str, text: &str) -> Result<(), MessageError> {
        self.post_to_list(&messages(conversation)?, text)
    }

    fn post_to_list(&self, path: &str, text: &str) -> Result<(), MessageError> {
        let message = NewMessage { text, kind: None };
        let no_pause = |attempt, error: &Error| {
            self.http.pause_before_resend(attempt, error);
            false
        };
        let read = |answer: Answer<'_>| answer.believe_unless(|message| is_other(message, text));
        post(self.http, path, &message, read, no_pause).map(drop)
    }

    /// Whether a lost message is there.
    pub(crate) fn has_arrived(&self, lost: &LostMessage) -> Result<bool> {
        Ok(find(self.http, &lost.path, &lost.text, lost.since)?.is_some())
    }

    /// Posts a message that was lost and did not show since.
    pub(crate) fn post_again(&self, lost: &LostMessage) -> Result<(), MessageError> {
        self.post_to_list(&lost.path, &lost.text)
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
        let (mut list, mut asked) = (ValueList::default(), vec![id.to_owned()]);
        list.push(id, usize::MAX)?;
        for other in rest.iter().skip(1) {
            match list.push(other, LOOK_UP) {
                Ok(true) => asked.push(other.clone()),
                Ok(false) => break,
                // One that cannot be said in a query must not cost another its message.
                Err(_) => {}
            }
        }
        let (mut open, whole) = match self.find(list.as_str(), &asked) {
            Ok(found) => found,
            Err(error) => {
                // Asked once for all of them: a service that is down must not be waited for at each order.
                let why: Rc<str> = error.to_string().into();
                self.found.extend(asked.into_iter().map(|id| (id, Found::Failed(Rc::clone(&why)))));
                return Ok(());
            }
        };
        let everybodys: Rc<str> = EVERYBODYS.into();
        for id in asked {
            let found = match open.remove(&id) {
                Some(conversation) => Found::Open(conversation),
                None if whole => Found::Nothing,
                None => Found::Failed(Rc::clone(&everybodys)),
            };
            self.found.insert(id, found);
        }
        Ok(())
    }

    /// The open conversations about these requests, by request, and whether these are all that there are.
    fn find(&self, list: &str, asked: &[String]) -> Result<(HashMap<String, String>, bool)> {
        let path = format!("/conversations?in(instance_id,({list}))");
        let asked: HashSet<&str> = asked.iter().map(String::as_str).collect();
        let mut open = HashMap::new();
        let calls = self.http.calls() + u64::try_from(CALLS + asked.len()).unwrap_or(u64::MAX);
        for (read, conversation) in Pages::<Conversation>::from_path(self.http, path, PAGE).enumerate() {
            if read == MOST || self.http.calls() > calls {
                return Ok((open, false));
            }
            let conversation = conversation?;
            let notes = conversation.kind == ConversationKind::Notes;
            let closed = conversation.status == ConversationStatus::Closed;
            let Some(instance) = conversation.instance_id else { continue };
            if !asked.contains(instance.as_str()) || notes || closed || conversation.id.is_empty() {
                continue;
            }
            open.entry(instance).or_insert(conversation.id);
            if open.len() == asked.len() {
                break;
            }
        }
        Ok((open, true))
    }
}

/// The list of a conversation's messages.
fn messages(conversation: &str) -> Result<String> {
    Ok(format!("/conversations/{}/messages", segment(conversation)?))
}

/// Adds a message to a conversation and returns it as the platform has it.
pub(crate) fn post_message(http: &Http, conversation: &str, text: &str, private: bool) -> Result<Message> {
    let message = NewMessage { text, kind: private.then_some("private") };
    let path = messages(conversation)?;
    let pause = |attempt, error: &Error| http.pause_before_resend(attempt, error);
    let read = |answer: Answer<'_>| answer.read_unless(|message| is_other(message, text));
    match post(http, &path, &message, read, pause) {
        Ok(Posted::Answered(message)) => Ok(message),
        Ok(Posted::Found(message)) => Ok(*message),
        Err(MessageError::NotPosted(error) | MessageError::Unknown(error, _)) => Err(error),
        Err(MessageError::NoConversation(why)) => Err(Error::input(&*why)),
    }
}

/// What is wrong with an answer that should be the message.
fn is_other(message: &Message, text: &str) -> Option<&'static str> {
    (!has_text(message, text)).then_some("the answer is not the message")
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
    pause: impl FnMut(u32, &Error) -> bool,
) -> Result<Posted<T>, MessageError> {
    let body = to_json(message)?;
    // No message that is posted from now on is dated before this, by the platform's clock.
    let since = http.server_time().map_or_else(|| OffsetDateTime::now_utc() - CLOCKS, |date| date - SKEW);
    let known = until_known(
        Refusal::IsFinal,
        || http.post(path, Some(&body)).and_then(&read),
        |_| find(http, path, message.text, since),
        pause,
    );
    match known {
        Known::Answered(answer) => Ok(Posted::Answered(answer)),
        Known::Found { there, .. } => Ok(Posted::Found(Box::new(there))),
        Known::Refused(error) => Err(MessageError::NotPosted(error)),
        Known::Unknown(error) => {
            let lost = LostMessage { path: path.to_owned(), text: message.text.to_owned(), since };
            Err(MessageError::Unknown(error, Box::new(lost)))
        }
    }
}

/// The newest message of this text since then.
fn find(http: &Http, path: &str, text: &str, since: OffsetDateTime) -> Result<Option<Message>> {
    let last = format!("{path}?ordering(-created)&limit=10&offset=0");
    let found = http.get_with(&last, Answer::read::<Vec<Message>>)?;
    let ours =
        |message: &Message| has_text(message, text) && message.created.is_none_or(|created| created >= since);
    Ok(found.into_iter().find(ours))
}

fn has_text(message: &Message, text: &str) -> bool {
    message.text.as_deref().is_some_and(|found| same_text(text, found))
}
