//! Who takes part: accounts (vendors and providers) and their users.

use serde::de::{Deserialize, Deserializer, Error};
use serde::ser::{Serialize, Serializer};
use serde_json::Value;

use super::de::{ObjectSlot, Scalar, Wire, WrongType, read};
use super::model::{model, open_enum};
use super::{Events, Secret};

model! {
    /// An id with a name, where the platform says no more than that.
    pub struct Reference {
        /// Id of the reference.
        pub id: String,
        /// Name of the reference.
        pub name: Option<String>,
    }
}

model! {
    /// A vendor or provider; in most places a reference with id and name.
    #[doc(alias = "Company")]
    pub struct Account {
        /// Id of the account: `VA-…` for vendors, `PA-…` for providers.
        pub id: String,
        /// Display name of the account.
        pub name: Option<String>,
        /// Path of the account's logo.
        pub icon: Option<String>,
        /// What the company does, in short.
        pub description: Option<String>,
        /// What the company does, at length.
        pub overview: Option<String>,
        /// Address of the company's headquarters.
        pub headquarters: Option<String>,
        /// Side of the market that the account is on: vendor or provider.
        #[doc(alias = "type")]
        pub kind: AccountKind = "type",
        /// The account's part in the supply chain.
        pub role: AccountRole,
        /// Id of the brand, `BR-…`.
        pub brand: Option<String>,
        /// Id of the account in another system.
        pub external_id: Option<String>,
        /// Whether the account sources from other accounts.
        pub sourcing: Option<bool>,
        /// Place where the account works; of no documented shape.
        pub countries: Vec<Value>,
        /// Codes of the languages that the account speaks.
        pub languages: Vec<String>,
        /// The account's websites.
        pub websites: Vec<String>,
        /// The account's lines of business.
        pub industries: Vec<Reference>,
        /// Whether others can find it.
        pub public: Option<bool>,
        /// Events of the account: creation and last change.
        pub events: Events,
        /// Permissions of the caller on the account; free-form.
        pub permissions: Option<Value>,
    }
    // The specification has the id alone in the answer to the creation of a usage file.
    text = |id| Account { id: id.to_owned(), ..Account::default() };
}

model! {
    /// A user, a service user, or whoever an event was done by.
    pub struct User {
        /// `UR-…`, `SU-…`, or anything in old events; may be missing there.
        pub id: String,
        /// The e-mail address; rarely given.
        pub email: Option<String>,
        /// Display name of the user.
        pub name: Option<String>,
        /// Path of the user's picture.
        pub icon: Option<String>,
        /// Id of the user in another system.
        pub external_id: Option<String>,
        /// Whether the user can sign in.
        pub active: Option<bool>,
        /// Whether the user gets notifications.
        pub notifications: Option<bool>,
        /// Whether the user gets announcements.
        pub announcements: Option<bool>,
        /// Whether the address is blocked.
        pub blocklisted: Option<bool>,
        /// Region setting of the user.
        pub region: Option<String>,
        /// Time format setting of the user.
        pub timeformat: Option<String>,
        /// Time zone setting of the user.
        pub timezone: Option<String>,
        /// Identity provider that signs the user in.
        pub idp: Option<Box<IdentityProvider>>,
        /// Mail domain that the user belongs to.
        pub domain: Option<Box<Domain>>,
        /// Creation, sign-in, invitation and activation.
        pub events: Events,
        /// State of the user, as the platform says it.
        pub status: Option<String>,
        /// Code of the user's invitation.
        pub activation_code: Option<Secret>,
    }
}

model! {
    /// A service that signs users in.
    pub struct IdentityProvider {
        /// Id of the identity provider.
        pub id: String,
        /// Name of the identity provider.
        pub name: Option<String>,
        /// Way in which the identity provider works.
        #[doc(alias = "type")]
        pub kind: IdentityProviderKind = "type",
    }
}

model! {
    /// A mail domain with its own way to sign in.
    pub struct Domain {
        /// Id of the domain.
        pub id: String,
        /// Name of the mail domain.
        pub name: Option<String>,
        /// How its users sign in.
        pub auth: Option<DomainAuth>,
    }
}

model! {
    /// How the users of a domain sign in.
    pub struct DomainAuth {
        /// Identity provider that signs the domain's users in.
        pub idp: Option<Box<IdentityProvider>>,
        /// Whether there is no other way.
        pub enforce: Option<bool>,
    }
}

open_enum! {
    /// Which side of the market an account is on.
    pub enum AccountKind (any case) {
        /// The account is a vendor, which owns products.
        Vendor = "vendor",
        /// The account is a provider, which sells products.
        Provider = "provider",
    }
}

open_enum! {
    /// An account's part in the supply chain.
    pub enum AccountRole {
        /// The account makes products.
        Vendor = "vendor",
        /// The account sells to resellers.
        Distributor = "distributor",
        /// The account sells to customers.
        Reseller = "reseller",
    }
}

open_enum! {
    /// How an identity provider works.
    pub enum IdentityProviderKind {
        /// The platform itself signs users in.
        System = "system",
        /// The identity provider speaks SAML.
        Saml = "saml",
        /// The identity provider speaks `OpenID` Connect.
        OpenId = "openid",
    }
}

/// Who works on a request: the specification says a text, the platform mostly sends an object.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum AssignedTo {
    /// A user with any of id, name and e-mail.
    User(Box<User>),
    /// A text that names somebody.
    Text(String),
}

impl AssignedTo {
    /// The user's id, or the text.
    pub fn id(&self) -> &str {
        match self {
            Self::User(user) => &user.id,
            Self::Text(text) => text,
        }
    }
}

impl Wire for AssignedTo {
    const EXPECTING: &'static str = "an assignee (a text or an object) or null";

    fn from_scalar(scalar: Scalar<'_>) -> Result<Option<Self>, WrongType> {
        match scalar {
            // Test payloads write Python's word for nothing.
            Scalar::Null | Scalar::Text("" | "None") => Ok(None),
            Scalar::Text(text) => Ok(Some(Self::Text(text.to_owned()))),
            _ => Err(WrongType),
        }
    }

    fn empty() -> Option<Self> {
        Some(Self::User(Box::default()))
    }

    fn object_slot(&mut self) -> Option<&mut dyn ObjectSlot> {
        match self {
            Self::User(user) => user.object_slot(),
            Self::Text(_) => None,
        }
    }

    fn is_unset(&self) -> bool {
        matches!(self, Self::User(user) if user.is_unset())
    }

    fn write<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::User(user) => Wire::write(user, out),
            Self::Text(text) => out.serialize_str(text),
        }
    }
}

impl Serialize for AssignedTo {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        self.write(out)
    }
}

impl<'de> Deserialize<'de> for AssignedTo {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        read(input)?.ok_or_else(|| D::Error::custom("an assignee must name somebody"))
    }
}
