//! What happened to an object, when, and by whom.

use std::fmt;

use serde::de::{Deserialize, Deserializer};
use serde::ser::{Serialize, Serializer};
use time::OffsetDateTime;

use super::User;
use super::de::{AsSerialize, ObjectSlot, Scalar, Slot, Wire, WrongType, read};
use super::model::model;

model! {
    /// One thing that happened to an object.
    pub struct Event {
        /// Time at which the event happened.
        pub at: Option<OffsetDateTime>,
        /// User who did the event; absent as often as not. Users, services and accounts all occur, even a
        /// name alone.
        pub by: Option<Box<User>>,
        /// How often it happened, where the platform counts.
        pub count: Option<i64>,
    }
}

/// The events of an object by name, in the order they came.
///
/// Names the platform adds later are kept; [`at`](Self::at) and [`get`](Self::get) find them.
#[derive(Clone, Default)]
pub struct Events(Vec<(Name, Event)>);

/// Known names take no memory.
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
    /// When it was created.
    created = "created",
    /// When it was last changed.
    updated = "updated",
    /// When a tier config request was approved.
    approved = "approved",
    /// When a tier config request was set to inquiring.
    inquired = "inquired",
    /// When a tier config request became pending; the reference SDK says `pending`, the JSON `pended`.
    pended = "pended",
    /// When a usage file was uploaded.
    uploaded = "uploaded",
    /// When a usage file was validated.
    validated = "validated",
    /// When a usage file was submitted.
    submitted = "submitted",
    /// When a usage file was accepted.
    accepted = "accepted",
    /// When a usage file was rejected.
    rejected = "rejected",
    /// When a usage file was closed.
    closed = "closed",
    /// When a usage file was deleted.
    deleted = "deleted",
    /// When a contract was signed, or a user last signed in.
    signed = "signed",
    /// When a contract was countersigned.
    countersigned = "countersigned",
    /// When a contract was terminated.
    terminated = "terminated",
    /// When a tier account was decommissioned.
    decommissioned = "decommissioned",
    /// When a product was published.
    published = "published",
    /// When the sale of an item ended.
    sale_ended = "saleended",
    /// When a user was invited.
    invited = "invited",
    /// When a user was activated.
    activated = "activated",
    /// When usage was last reported.
    last_reported = "last_reported",
}

impl Events {
    /// The event of this name, as the JSON spells it.
    pub fn get(&self, name: &str) -> Option<&Event> {
        self.0.iter().find(|(known, _)| known.as_str() == name).map(|(_, event)| event)
    }

    /// When the event of this name happened.
    pub fn at(&self, name: &str) -> Option<OffsetDateTime> {
        self.get(name)?.at
    }

    /// Puts an event in, in place of one of the same name.
    pub fn insert(&mut self, name: &str, event: Event) {
        match self.0.iter_mut().find(|(known, _)| known.as_str() == name) {
            Some((_, old)) => *old = event,
            None => self.0.push((Name::of(name), event)),
        }
    }

    /// All of them with their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Event)> {
        self.0.iter().map(|(name, event)| (name.as_str(), event))
    }

    /// Whether nothing has happened.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The order does not count.
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

    fn complete(&mut self) {
        self.0.retain(|(_, event)| !event.is_unset());
    }

    fn write<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_map(
            self.0
                .iter()
                .filter(|(_, event)| !event.is_unset())
                .map(|(name, event)| (name.as_str(), AsSerialize::value(event))),
        )
    }

    fn is_unset(&self) -> bool {
        self.is_empty()
    }
}

impl ObjectSlot for Events {
    fn member(&mut self, name: &str) -> Option<&mut dyn Slot> {
        self.0.push((Name::of(name), Event::default()));
        self.0.last_mut().map(|(_, event)| event as &mut dyn Slot)
    }
}

impl Serialize for Events {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        self.write(out)
    }
}

impl<'de> Deserialize<'de> for Events {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        Ok(read(input)?.unwrap_or_default())
    }
}
