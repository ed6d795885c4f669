//! Conversations about requests, and their messages.

use time::OffsetDateTime;

use super::model::{model, open_enum};
use super::{Account, Events, User};

model! {
    /// A conversation about a request or another object.
    pub struct Conversation {
        /// Id of the conversation, `CO-…`.
        pub id: String,
        /// Id of the object that the conversation is about: `PR-…`, `LSTR-…`, `LST-…`, …
        pub instance_id: Option<String>,
        /// Subject of the conversation, in words.
        pub topic: Option<String>,
        /// Kind of the conversation: between accounts, or notes of one account.
        #[doc(alias = "type")]
        pub kind: ConversationKind = "type",
        /// Whether the conversation takes messages.
        pub status: ConversationStatus,
        /// Time at which the conversation began.
        pub created: Option<OffsetDateTime>,
        /// User who began the conversation.
        pub creator: Option<Box<User>>,
        /// The messages, in old answers; today they are a resource of their own.
        pub messages: Vec<Message>,
        /// Accounts that take part in the conversation.
        pub accounts: Vec<Account>,
        /// Events of the conversation: creation and last change.
        pub events: Events,
    }
}

model! {
    /// A message of a conversation.
    #[doc(alias = "ConversationMessage")]
    pub struct Message {
        /// Id of the message, `ME-…`.
        pub id: String,
        /// Id of the message's conversation.
        pub conversation: Option<String>,
        /// The account that the message was written for.
        pub account: Option<Box<Account>>,
        /// Time at which the message was written.
        pub created: Option<OffsetDateTime>,
        /// User who wrote the message.
        pub creator: Option<Box<User>>,
        /// Text of the message.
        pub text: Option<String>,
        /// Kind of the message: written by somebody, or by the platform.
        #[doc(alias = "type")]
        pub kind: MessageKind = "type",
        /// Events of the message: creation and last change.
        pub events: Events,
    }
}

open_enum! {
    /// Who reads a conversation.
    pub enum ConversationKind {
        /// Everyone who takes part reads the conversation.
        Conversation = "conversation",
        /// Only the account that writes the notes reads them.
        Notes = "notes",
    }
}

open_enum! {
    /// Whether a conversation takes messages.
    pub enum ConversationStatus {
        /// The conversation takes messages.
        Open = "open",
        /// The conversation refuses messages.
        Closed = "closed",
    }
}

open_enum! {
    /// Where a message comes from.
    pub enum MessageKind {
        /// Somebody wrote the message for everyone in the conversation.
        Message = "message",
        /// The platform tells of a change of state.
        StateChange = "state_change",
        /// Somebody wrote the message for the own account only.
        Private = "private",
    }
}
