//! Conversations about requests and other objects, and their messages.

use time::OffsetDateTime;

use super::model::{model, open_enum};
use super::{Account, Events, User};

model! {
    /// A conversation about a request or another object.
    pub struct Conversation {
        /// Id of the conversation, `CO-…`.
        pub id: String,
        /// Id of the object that the conversation is about: `PR-…`, `LSTR-…`, `LST-…` and other prefixes.
        pub instance_id: Option<String>,
        /// Topic of the conversation.
        pub topic: Option<String>,
        /// Type of the conversation: between accounts, or notes of one account.
        #[doc(alias = "type")]
        pub kind: ConversationKind = "type",
        /// Status of the conversation: open or closed.
        pub status: ConversationStatus,
        /// Time at which the conversation was created.
        pub created: Option<OffsetDateTime>,
        /// User who created the conversation; absent in some lists.
        pub creator: Option<Box<User>>,
        /// Messages of the conversation, in old payloads; the current API lists them separately.
        pub messages: Vec<Message>,
        /// Accounts that participate in the conversation.
        pub accounts: Vec<Account>,
        /// Events of the conversation: created, updated.
        pub events: Events,
    }
}

model! {
    /// A message of a conversation.
    #[doc(alias = "ConversationMessage")]
    pub struct Message {
        /// Id of the message, `ME-…`.
        pub id: String,
        /// Id of the conversation, `CO-…`.
        pub conversation: Option<String>,
        /// Account of the message.
        pub account: Option<Box<Account>>,
        /// Time at which the message was created.
        pub created: Option<OffsetDateTime>,
        /// User who wrote the message.
        pub creator: Option<Box<User>>,
        /// Text of the message.
        pub text: Option<String>,
        /// Type of the message: from a user, private, or a change of state.
        #[doc(alias = "type")]
        pub kind: MessageKind = "type",
        /// Events of the message: created, updated.
        pub events: Events,
    }
}

open_enum! {
    /// Type of a conversation.
    pub enum ConversationKind {
        /// The conversation is visible to all participating accounts.
        Conversation = "conversation",
        /// The conversation holds notes of one account.
        Notes = "notes",
    }
}

open_enum! {
    /// Status of a conversation.
    pub enum ConversationStatus {
        /// The conversation is open and accepts messages.
        Open = "open",
        /// The conversation is closed and refuses messages.
        Closed = "closed",
    }
}

open_enum! {
    /// Type of a message.
    pub enum MessageKind {
        /// A user wrote the message for all participants.
        Message = "message",
        /// The platform reports a change of state in the message.
        StateChange = "state_change",
        /// A user wrote the message for the own account only.
        Private = "private",
    }
}
