//! Events of an object: what happened, when, and who did it.

use std::fmt;

use serde::ser::Serializer;
use time::OffsetDateTime;

use super::User;
use super::de::{AsSerialize, ListSlot, ObjectSlot, Scalar, Slot, Wire, WrongType};
use super::model::{model, serde_impls};

model! {
    /// One event of an object.
    pub struct Event {
        /// Date and time of the event.
        pub at: Option<OffsetDateTime>,
        /// Author of the event: a user, a service user or an account, sometimes with a name only. Many events
        /// have none.
        pub by: Option<Box<User>>,
        /// Number of times the event happened, for events that the platform counts.
        pub count: Option<i64>,
    }
}

/// Events of an object by name, in the order received.
///
/// Unknown names are kept; [`at`](Self::at) and [`get`](Self::get) find them.
#[derive(Clone, Default)]
pub struct Events(Vec<(Name, Event)>);

/// The name of an event; a known name needs no allocation.
#[derive(Clone, PartialEq)]
enum Name {
    Known(&'static str),
    Other(Box<str>),
}

impl Name {
    fn as_str(&self) -> &str {
        match self {
            Self::Known(name) => name,
            Self::Other(name) => name,
        }
    }
}

macro_rules! known_names {
    ($($(#[$meta:meta])* $method:ident = $name:literal,)+) => {
        impl Events {
            $(
                $(#[$meta])*
                pub fn $method(&self) -> Option<OffsetDateTime> {
                    self.at($name)
                }
            )+
        }

        impl Name {
            fn of(name: &str) -> Self {
                match name {
                    $($name => Self::Known($name),)+
                    other => Self::Other(other.into()),
                }
            }
        }
    };
}

known_names! {
    /// Time of the event `created`.
    created = "created",
    /// Time of the event `updated`, the last update.
    updated = "updated",
    /// Time of the event `approved`, of tier configuration requests.
    approved = "approved",
    /// Time of the event `inquired`, of tier configuration requests.
    inquired = "inquired",
    /// Time of the event `pended`, of tier configuration requests. The Python SDK calls it `pending`.
    pended = "pended",
    /// Time of the event `uploaded`, of usage files.
    uploaded = "uploaded",
    /// Time of the event `validated`, of usage files.
    validated = "validated",
    /// Time of the event `submitted`, of usage files.
    submitted = "submitted",
    /// Time of the event `accepted`, of usage files.
    accepted = "accepted",
    /// Time of the event `rejected`, of usage files.
    rejected = "rejected",
    /// Time of the event `closed`, of usage files.
    closed = "closed",
    /// Time of the event `deleted`, of usage files.
    deleted = "deleted",
    /// Time of the event `signed`: a contract was signed, or a user signed in.
    signed = "signed",
    /// Time of the event `countersigned`, of contracts.
    countersigned = "countersigned",
    /// Time of the event `terminated`, of contracts.
    terminated = "terminated",
    /// Time of the event `decommissioned`, of tier accounts.
    decommissioned = "decommissioned",
    /// Time of the event `published`, of products.
    published = "published",
    /// Time of the event `saleended`, of items.
    sale_ended = "saleended",
    /// Time of the event `invited`, of users.
    invited = "invited",
    /// Time of the event `activated`, of users.
    activated = "activated",
    /// Time of the event `last_reported`, of usage aggregates.
    last_reported = "last_reported",
}

impl Events {
    /// Returns the event with this name, as spelled in the JSON.
    pub fn get(&self, name: &str) -> Option<&Event> {
        self.0.iter().find(|(known, _)| known.as_str() == name).map(|(_, event)| event)
    }

    /// Returns the time of the event with this name.
    pub fn at(&self, name: &str) -> Option<OffsetDateTime> {
        self.get(name)?.at
    }

    /// Inserts an event, or replaces the event of the same name.
    pub fn insert(&mut self, name: &str, event: Event) {
        match self.0.iter_mut().find(|(known, _)| known.as_str() == name) {
            Some((_, old)) => *old = event,
            None => self.0.push((Name::of(name), event)),
        }
    }

    /// Iterates over all events and their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Event)> {
        self.0.iter().map(|(name, event)| (name.as_str(), event))
    }

    /// Whether there are no events.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Equality ignores the order.
impl PartialEq for Events {
    fn eq(&self, other: &Self) -> bool {
        self.0.len() == other.0.len() && self.iter().all(|(name, event)| other.get(name) == Some(event))
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl Wire for Events {
    const EXPECTING: &'static str = "an object of events or null";

    fn from_scalar(scalar: Scalar<'_>) -> Result<Option<Self>, WrongType> {
        if matches!(scalar, Scalar::Null) { Ok(Some(Self::default())) } else { Err(WrongType) }
    }

    fn empty() -> Option<Self> {
        Some(Self::default())
    }

    fn object_slot(&mut self) -> Option<&mut dyn ObjectSlot> {
        self.0.clear();
        Some(self)
    }

    fn complete(&mut self) -> bool {
        self.0.retain(|(_, event)| !event.is_unset());
        true
    }

    fn write<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_map(
            self.0
                .iter()
                .filter(|(_, event)| !event.is_unset())
                .map(|(name, event)| (name.as_str(), AsSerialize(event))),
        )
    }

    fn is_unset(&self) -> bool {
        self.is_empty()
    }
}

impl ObjectSlot for Events {
    fn member(&mut self, name: &str) -> Option<&mut dyn Slot> {
        self.0.push((Name::of(name), Event::default()));
        self.0.last_mut().map(|named| named as &mut dyn Slot)
    }
}

/// The platform adds to its events what it likes. A bare time is the time of the event, the last event of a list counts,
/// and what is no event at all is left out.
impl Slot for (Name, Event) {
    fn expecting(&self) -> &'static str {
        "an event"
    }

    fn scalar(&mut self, scalar: Scalar<'_>) -> Result<bool, WrongType> {
        let at = OffsetDateTime::from_scalar(scalar)?;
        if at.is_some() {
            self.1 = Event { at, ..Event::default() };
        }
        Ok(at.is_some())
    }

    fn begin_object(&mut self) -> Option<&mut dyn ObjectSlot> {
        self.1 = Event::default();
        Some(&mut self.1)
    }

    fn begin_list(&mut self) -> Option<&mut dyn ListSlot> {
        Some(self)
    }
}

impl ListSlot for (Name, Event) {
    fn element(&mut self) -> Option<&mut dyn Slot> {
        Some(self)
    }

    fn last_was_absent(&mut self) {}
}

serde_impls!(Events, read_value);
