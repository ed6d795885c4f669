//! Orders: the requests by which a product is bought, changed, suspended, resumed or cancelled.
//!
//! [`process`](Fulfillment::process) is the main way: a closure decides on each pending order.
//!
//! ```no_run
//! use connect::{Action, Approval, Connect};
//!
//! # fn main() -> connect::Result<()> {
//! let connect = Connect::from_file("config.json")?;
//! let report = connect.fulfillment().process(|request| {
//!     if request.needs_migration() {
//!         return Err(Action::skip().because("it is migrated by hand"));
//!     }
//!     Ok(Approval::template("TL-497-535-242"))
//! })?;
//! report.print();
//! # Ok(()) }
//! ```
//!
//! The rest is for single orders, known by their id.

use serde::Serialize;
use serde_json::json;
use time::OffsetDateTime;

use crate::error::Result;
use crate::http::{Http, segment, to_json};
use crate::models::{
    Conversation, ConversationKind, ConversationStatus, Message, Param, ParamUpdate, Request,
};
use crate::page::Pages;
use crate::process::{Action, Approval, Options, Queue, Report, post_message, run};
use crate::rql::Query;
use crate::rql::names::{self, Names};

mod new_request;
mod plan;

pub use new_request::{NewItem, NewRequest, Purchase, TierRef};
pub(crate) use plan::errors_of;
pub use plan::plan;

/// Orders; see the [module](self).
#[derive(Debug, Clone, Copy)]
pub struct Fulfillment<'c> {
    http: &'c Http,
    products: &'c [String],
}

impl Queue for Request {
    const LIST: &'static str = "/requests";
    const NAME: &'static str = "fulfillment requests";
    const NAMES: &'static Names = &names::REQUESTS;
    const CREATED: &'static str = "created";
    const PRODUCT: &'static str = "asset.product.id";
    const STATUS: &'static str = "pending";
    const HAS_CONVERSATIONS: bool = true;

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> Option<OffsetDateTime> {
        self.created
    }

    fn product_id(&self) -> &str {
        self.product_id()
    }

    fn status(&self) -> &str {
        self.status.as_str()
    }

    fn secrets(&self) -> impl Iterator<Item = &str> {
        self.asset.params.iter().filter(|param| param.is_secret()).filter_map(Param::text)
    }

    fn asset_id(&self) -> Option<&str> {
        Some(self.asset.id.as_str()).filter(|id| !id.is_empty())
    }

    #[cfg(feature = "ledger")]
    fn round(&self) -> serde_json::Value {
        let items =
            self.asset.items.iter().map(|item| (&item.id, item.quantity.as_ref().map(ToString::to_string)));
        json!([customers_values(&self.asset.params), items.collect::<Vec<_>>()])
    }

    fn kind(&self) -> Option<&str> {
        Some(self.kind.as_str()).filter(|kind| !kind.is_empty())
    }
}

/// The values that the customer's side gives; the vendor's own change by the attempts themselves.
#[cfg(feature = "ledger")]
pub(crate) fn customers_values(params: &[Param]) -> serde_json::Value {
    let given = params.iter().filter(|param| param.phase != crate::models::ParamPhase::Fulfillment);
    given.map(|param| json!([param.id, param.value, param.structured_value])).collect()
}

impl<'c> Fulfillment<'c> {
    pub(crate) fn new(http: &'c Http, products: &'c [String]) -> Self {
        Self { http, products }
    }

    /// Hands each pending order of the configured products to `decide`, oldest first, and carries out what it answers.
    ///
    /// | answer | calls |
    /// |---|---|
    /// | `Ok(Approval)` | an update if it has params, then POST `approve` |
    /// | `Err(Action::inquire(…))` | an update if it has params, then POST `inquire` |
    /// | `Err(Action::fail(…))` | POST `fail` |
    /// | `Err(Action::skip())` | none, but for a message if it was given one |
    /// | `Err(Action::later(…))` | none |
    /// | `Err(Action::Schedule(…))`, `Revoke(…)`, `Confirm`, `Pend` | the POST of that name |
    /// | any error through `?` | none: the order stays pending and is reported as errored |
    ///
    /// An order that somebody else ended meanwhile is stale and no error; see [`Options::fresh`].
    ///
    /// After an approval ("Activated using template TL-….") and after an inquiry or a skip that was given a text, a
    /// message that everybody in it reads is added to the order's conversation, if it has one that is open.
    ///
    /// # Errors
    ///
    /// When listing fails, or the platform does; a single order that cannot be handled is an outcome of the report.
    pub fn process(self, decide: impl FnMut(&Request) -> Result<Approval, Action>) -> Result<Report> {
        self.process_with(Options::new(), decide)
    }

    /// [`process`](Self::process), in other pages, other states, fewer orders, or without sending anything.
    ///
    /// # Errors
    ///
    /// As [`process`](Self::process), and [`Error::Input`](crate::Error::Input) for a filter that cannot be said or that
    /// [`requests`](Self::requests) does not have.
    pub fn process_with(
        self,
        options: Options<'_>,
        mut decide: impl FnMut(&Request) -> Result<Approval, Action>,
    ) -> Result<Report> {
        run(self.http, self.products, options, |request| plan(request, decide(request)))
    }

    /// Orders that match, of all products that the key can see.
    ///
    /// # Names
    #[doc = include_str!("rql/names/requests.md")]
    pub fn requests(self, query: &Query) -> Pages<'c, Request> {
        Pages::new(self.http, Request::NAMES, query)
    }

    /// One order, or `None` where there is none of this id.
    pub fn request(self, id: &str) -> Result<Option<Request>> {
        self.http.find(&Request::path(id)?)
    }

    /// Makes an order, as distributors do; the answer is the new order, of which the platform may tell little.
    ///
    /// # Errors
    ///
    /// Where [`Error::may_have_happened`](crate::Error::may_have_happened) is true, the order may exist: it is not sent twice.
    pub fn create_request(self, request: &NewRequest) -> Result<Request> {
        self.http.post(Request::LIST, Some(&to_json(request)?))?.read_unless(|made: &Request| {
            made.id.is_empty().then_some("the answer does not name the new request")
        })
    }

    /// Stores values in an order's parameters, and what is wrong with them. The answer is the order as it is then.
    pub fn update_parameters(self, id: &str, params: &[ParamUpdate]) -> Result<Request> {
        self.http.update_and_read(&Request::path(id)?, &to_json(&plan::Params::new(params))?)
    }

    /// Stores the note of an order. The platform takes it beside parameters; its specification names parameters alone.
    pub fn update_note(self, id: &str, note: &str) -> Result<Request> {
        self.http.update(&Request::path(id)?, &to_json(&json!({ "note": note }))?)?.read()
    }

    /// The text of an order's template for the customer, in markdown.
    pub fn render(self, id: &str) -> Result<String> {
        self.http.get(&format!("{}/render", Request::path(id)?))?.text()
    }

    /// Puts an inquired order back to pending.
    pub fn pend(self, id: &str) -> Result<()> {
        self.http.post(&format!("{}/pend", Request::path(id)?), None)?.acknowledge()
    }

    /// Asks the customer for better values, with a template of the kind `inquire` or without one.
    pub fn inquire(self, id: &str, template: Option<&str>) -> Result<()> {
        let body = to_json(&plan::Inquire { template_id: template })?;
        self.http.post(&format!("{}/inquire", Request::path(id)?), Some(&body))?.acknowledge()
    }

    /// Makes somebody responsible for an order.
    pub fn assign(self, id: &str, to: Assignee<'_>) -> Result<()> {
        assign(self.http, &Request::path(id)?, to)
    }

    /// Makes nobody responsible for an order.
    pub fn unassign(self, id: &str) -> Result<()> {
        self.http.post(&format!("{}/unassign", Request::path(id)?), None)?.acknowledge()
    }
}

/// # Conversations
impl<'c> Fulfillment<'c> {
    /// The conversation about an order, an open one if there is such, or `None` where there is none.
    pub fn conversation(self, request_id: &str) -> Result<Option<Conversation>> {
        let mut closed = None;
        for conversation in self.conversations(request_id) {
            let conversation = conversation?;
            match conversation.kind {
                ConversationKind::Notes => {}
                _ if conversation.status == ConversationStatus::Closed => {
                    closed = closed.or(Some(conversation));
                }
                _ => return Ok(Some(conversation)),
            }
        }
        Ok(closed)
    }

    /// The notes about an order: a conversation of the type `notes`, which one's own side alone reads, or `None` where there
    /// is none. It is read and added to as any conversation is.
    pub fn notes(self, request_id: &str) -> Result<Option<Conversation>> {
        let is_notes = |found: &Result<Conversation>| {
            found.as_ref().map_or(true, |conversation| conversation.kind == ConversationKind::Notes)
        };
        self.conversations(request_id).find(is_notes).transpose()
    }

    fn conversations(self, request_id: &str) -> Pages<'c, Conversation> {
        let query = Query::new().equal("instance_id", request_id);
        Pages::at(self.http, Ok("/conversations".to_owned()), &query)
    }

    /// The messages of a conversation, oldest first.
    pub fn messages(self, conversation_id: &str) -> Pages<'c, Message> {
        let list = segment(conversation_id).map(|id| format!("/conversations/{id}/messages"));
        Pages::at(self.http, list, &Query::new().ordering(["created"]))
    }

    /// Adds a message that everybody in the conversation reads, exactly once even where its answer is lost.
    pub fn add_message(self, conversation_id: &str, text: &str) -> Result<Message> {
        post_message(self.http, conversation_id, text, false)
    }

    /// Adds a message that only one's own side reads.
    pub fn add_private_message(self, conversation_id: &str, text: &str) -> Result<Message> {
        post_message(self.http, conversation_id, text, true)
    }
}

/// Who is made responsible.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Assignee<'a> {
    /// A user's id, `UR-…`.
    Id(&'a str),
    /// A user's e-mail address.
    Email(&'a str),
}

pub(crate) fn assign(http: &Http, object: &str, to: Assignee<'_>) -> Result<()> {
    http.post(&format!("{object}/assign"), Some(&to_json(&to)?))?.acknowledge()
}
