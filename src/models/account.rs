//! Accounts (vendors and providers), their users, and who works on a request.

use serde::de::{Deserialize, Deserializer, Error};
use serde::ser::{Serialize, Serializer};
use serde_json::Value;

use super::de::{ObjectSlot, Scalar, Wire, WrongType, read};
use super::model::{model, open_enum};
use super::{Events, Secret};

model! {
    /// A reference to an object of the platform, with its id and name only.
    pub struct Reference {
        /// Id of the object.
        pub id: String,
        /// Name of the object.
        pub name: Option<String>,
    }
}

model! {
    /// An account: a vendor or a provider. Most payloads hold a reference with id and name.
    #[doc(alias = "Company")]
    pub struct Account {
        /// Id of the account: `VA-…` for vendors, `PA-…` for providers.
        pub id: String,
        /// Display name of the account.
        pub name: Option<String>,
        /// Path of the account's logo.
        pub icon: Option<String>,
        /// Short description of the company.
        pub description: Option<String>,
        /// Longer description of the company.
        pub overview: Option<String>,
        /// Address of the company's headquarters.
        pub headquarters: Option<String>,
        /// Type of the account: vendor or provider.
        #[doc(alias = "type")]
        pub kind: AccountKind = "type",
        /// Role of the account in the supply chain.
        pub role: AccountRole,
        /// Id of the account's brand, `BR-…`.
        pub brand: Option<String>,
        /// Id of the account in an external system.
        pub external_id: Option<String>,
        /// Whether the account sources products from other accounts.
        pub sourcing: Option<bool>,
        /// Countries of the account; their shape is not documented.
        pub countries: Vec<Value>,
        /// Language codes of the account.
        pub languages: Vec<String>,
        /// Websites of the company.
        pub websites: Vec<String>,
        /// Industries of the company.
        pub industries: Vec<Reference>,
        /// Whether the account is public.
        pub public: Option<bool>,
        /// Events of the account: created, updated.
        pub events: Events,
        /// Permissions of the caller on the account, as free-form JSON.
        pub permissions: Option<Value>,
    }
}

model! {
    /// A user, a service user, or any other author of an event.
    pub struct User {
        /// Id of the user: `UR-…`, `SU-…`, or any text in old events; empty where the payload has none.
        pub id: String,
        /// E-mail address of the user; few payloads have it.
        pub email: Option<String>,
        /// Display name of the user.
        pub name: Option<String>,
        /// Path of the user's picture.
        pub icon: Option<String>,
        /// Id of the user in an external system.
        pub external_id: Option<String>,
        /// Whether the user account is active.
        pub active: Option<bool>,
        /// Whether the user receives notifications.
        pub notifications: Option<bool>,
        /// Whether the user receives announcements.
        pub announcements: Option<bool>,
        /// Whether the user's e-mail address is on the blocklist.
        pub blocklisted: Option<bool>,
        /// Region in the user's settings.
        pub region: Option<String>,
        /// Time format in the user's settings.
        pub timeformat: Option<String>,
        /// Time zone in the user's settings.
        pub timezone: Option<String>,
        /// Identity provider that signs the user in.
        pub idp: Option<Box<IdentityProvider>>,
        /// E-mail domain that the user belongs to.
        pub domain: Option<Box<Domain>>,
        /// Events of the user: created, signed, invited, activated.
        pub events: Events,
        /// Status of the user, as the platform words it.
        pub status: Option<String>,
        /// Activation code of the user's invitation.
        pub activation_code: Option<Secret>,
    }
}

model! {
    /// An identity provider, which signs users in.
    pub struct IdentityProvider {
        /// Id of the identity provider.
        pub id: String,
        /// Name of the identity provider.
        pub name: Option<String>,
        /// Protocol of the identity provider.
        #[doc(alias = "type")]
        pub kind: IdentityProviderKind = "type",
    }
}

model! {
    /// An e-mail domain with its own sign-in settings.
    pub struct Domain {
        /// Id of the domain.
        pub id: String,
        /// Domain name.
        pub name: Option<String>,
        /// Sign-in settings for the users of the domain.
        pub auth: Option<DomainAuth>,
    }
}

model! {
    /// Sign-in settings for the users of a domain.
    pub struct DomainAuth {
        /// Identity provider that signs the users of the domain in.
        pub idp: Option<Box<IdentityProvider>>,
        /// Whether the users of the domain must sign in with this identity provider.
        pub enforce: Option<bool>,
    }
}

open_enum! {
    /// Type of an account: vendor or provider.
    pub enum AccountKind (any case) {
        /// A vendor, who owns products.
        Vendor = "vendor",
        /// A provider, who sells the products of vendors.
        Provider = "provider",
    }
}

open_enum! {
    /// Role of an account in the supply chain.
    pub enum AccountRole {
        /// The account creates products.
        Vendor = "vendor",
        /// The account sells to resellers.
        Distributor = "distributor",
        /// The account sells to customers.
        Reseller = "reseller",
    }
}

open_enum! {
    /// Protocol of an identity provider.
    pub enum IdentityProviderKind {
        /// The platform signs the users in itself.
        System = "system",
        /// The users sign in with SAML.
        Saml = "saml",
        /// The users sign in with `OpenID` Connect.
        OpenId = "openid",
    }
}

/// The assignee of a request. The specification documents a text; most payloads have an object.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum AssignedTo {
    /// The assignee is a user, with any of id, name and e-mail address.
    User(Box<User>),
    /// The assignee is named by a text.
    Text(String),
}

impl AssignedTo {
    /// Id of the assigned user, or the text that names the assignee.
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
            // Test payloads have the text `None` for an absent assignee.
            Scalar::Null | Scalar::Text("" | "None") => Ok(None),
            Scalar::Text(text) => Ok(Some(Self::Text(text.to_owned()))),
            Scalar::Int(id) => Ok(Some(Self::Text(id.to_string()))),
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
