//! Conversations about requests, and their messages.

use time::OffsetDateTime;

use super::model::{model, open_enum};
use super::{Account, Events, User};

model! {
    /// A conversation about a request or another object.
    pub struct Conversation {
        /// `CO-…`.
        pub id: String,
        /// Id of what it is about: `PR-…`, `LSTR-…`, `LST-…`, …
        pub instance_id: Option<String>,
        /// What it is about, in words.
        pub topic: Option<String>,
        /// Between accounts, or notes of one.
        #[doc(alias = "type")]
        pub kind: ConversationKind = "type",
        /// Whether it takes messages.
        pub status: ConversationStatus,
        /// When it began.
        pub created: Option<OffsetDateTime>,
        /// Who began it.
        pub creator: Option<Box<User>>,
        /// The messages, in old answers; today they are a resource of their own.
        pub messages: Vec<Message>,
        /// Who takes part.
        pub accounts: Vec<Account>,
        /// Creation and last change.
        pub events: Events,
    }
}

model! {
    /// A message of a conversation.
    #[doc(alias = "ConversationMessage")]
    pub struct Message {
        /// `ME-…`.
        pub id: String,
        /// Id of the conversation.
        pub conversation: Option<String>,
        /// The account it was written for.
        pub account: Option<Box<Account>>,
        /// When it was written.
        pub created: Option<OffsetDateTime>,
        /// Who wrote it.
        pub creator: Option<Box<User>>,
        /// What it says.
        pub text: Option<String>,
        /// Said, or told by the platform.
        #[doc(alias = "type")]
        pub kind: MessageKind = "type",
        /// Creation and last change.
        pub events: Events,
    }
}

open_enum! {
    /// Who reads a conversation.
    pub enum ConversationKind {
        /// Everyone who takes part.
        Conversation = "conversation",
        /// The account that writes them.
        Notes = "notes",
    }
}

open_enum! {
    /// Whether a conversation takes messages.
    pub enum ConversationStatus {
        /// It does.
        Open = "open",
        /// It refuses them.
        Closed = "closed",
    }
}

open_enum! {
    /// Where a message comes from.
    pub enum MessageKind {
        /// Somebody wrote it.
        Message = "message",
        /// The platform tells of a change.
        StateChange = "state_change",
        /// Somebody wrote it for the own account.
        Private = "private",
    }
}
