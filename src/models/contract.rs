//! Agreements and the contracts made under them.

use serde::ser::Serializer;
use serde_json::Value;
use time::OffsetDateTime;

use super::de::{ObjectSlot, Scalar, Wire, WrongType};
use super::model::{fields, model, open_enum, serde_root};
use super::{Account, Environment, Events, Marketplace, Reference, Secret, User};

model! {
    /// A contract between a vendor and a provider; in most places a reference with id and name.
    pub struct Contract {
        /// `CRD-…` and the like.
        pub id: String,
        /// The name.
        pub name: Option<String>,
        /// What it is about.
        #[doc(alias = "type")]
        pub kind: AgreementKind = "type",
        /// Its state.
        pub status: ContractStatus,
        /// Whether it is for trial or business; in the JSON this is `kind`.
        pub environment: Environment = "kind",
        /// The version of the agreement that was signed.
        pub version: Option<i64>,
        /// The newest version of the agreement.
        pub latest: Option<String>,
        /// When that version was made.
        pub version_created: Option<OffsetDateTime>,
        /// The agreement.
        pub agreement: Option<Box<Agreement>>,
        /// The marketplace, in old answers.
        pub marketplace: Option<Box<Marketplace>>,
        /// Who proposed it.
        pub owner: Option<Box<Account>>,
        /// The other side.
        pub issuer: Option<Box<Account>>,
        /// Who made it.
        pub creator: Option<Box<User>>,
        /// Who signed it.
        pub signee: Option<Box<User>>,
        /// When it was made, in old answers.
        pub created: Option<OffsetDateTime>,
        /// When it was last changed, in old answers.
        pub updated: Option<OffsetDateTime>,
        /// When it was enrolled.
        pub enrolled: Option<OffsetDateTime>,
        /// When it ends.
        pub expire_at: Option<OffsetDateTime>,
        /// How it came into force.
        pub activation: Option<Box<Activation>>,
        /// A note.
        pub note: Option<String>,
        /// Why it ended.
        pub termination_note: Option<String>,
        /// What the caller may do with it; free-form.
        pub permissions: Option<Value>,
        /// Creation, last change, signatures and end.
        pub events: Events,
    }
}

model! {
    /// How a contract or a tier config request comes into force.
    pub struct Activation {
        /// The parameter form for the customer; of tier config requests.
        pub link: Option<String>,
        /// What was said to it.
        pub message: Option<String>,
        /// When it happened.
        pub date: Option<OffsetDateTime>,
        /// The code of an invitation to a contract.
        pub code: Option<Secret>,
        /// A note.
        pub note: Option<String>,
    }
}

model! {
    /// The terms that contracts are made under.
    pub struct Agreement {
        /// `AGP-…`.
        pub id: String,
        /// What it is about.
        #[doc(alias = "type")]
        pub kind: AgreementKind = "type",
        /// The title; the same as the name.
        pub title: Option<String>,
        /// The name.
        pub name: Option<String>,
        /// What it says, in short.
        pub description: Option<String>,
        /// The side that offers it.
        pub owner: Option<Box<Account>>,
        /// The marketplace it is for.
        pub marketplace: Option<Box<Marketplace>>,
        /// The agreement it belongs to.
        pub parent: Option<Box<Agreement>>,
        /// The agreements that belong to it, in old answers.
        pub agreements: Vec<Agreement>,
        /// Counters.
        pub stats: Option<AgreementStats>,
        /// The newest version; old answers have its number alone and the rest of it in the fields below.
        pub version: Option<AgreementVersionInfo>,
        /// Who wrote the version, in old answers.
        pub author: Option<Box<User>>,
        /// Whether the version is in force, in old answers.
        pub active: Option<bool>,
        /// Where the version's text is, in old answers.
        pub link: Option<String>,
        /// When the version was made, in old answers.
        pub version_created: Option<OffsetDateTime>,
        /// How many contracts the version has, in old answers.
        pub version_contracts: Option<i64>,
        /// When it was made.
        pub created: Option<OffsetDateTime>,
        /// When it was last changed.
        pub updated: Option<OffsetDateTime>,
        /// Creation and last change, and by whom.
        pub events: Events,
        /// Where its text comes from.
        pub document_type: DocumentKind,
        /// The path of its text.
        pub file: Option<String>,
        /// The forms that go with it.
        pub forms: Option<Box<AgreementForms>>,
        /// Whether contracts need no countersignature.
        pub auto_accept: Option<bool>,
        /// The agreement it is sourced from.
        pub sourcing_agreement: Option<Box<Reference>>,
    }
}

model! {
    /// Counters of an agreement.
    pub struct AgreementStats {
        /// How many contracts there are under it.
        pub contracts: Option<i64>,
        /// How many versions it has.
        pub versions: Option<i64>,
    }
}

model! {
    /// The forms that go with an agreement.
    pub struct AgreementForms {
        /// For enrolment.
        pub enroll: Option<Form>,
        /// For products.
        pub product: Option<Form>,
        /// For items.
        pub item: Option<Form>,
    }
}

model! {
    /// A form.
    pub struct Form {
        /// The id.
        pub id: String,
        /// What it is for.
        #[doc(alias = "type")]
        pub kind: FormKind = "type",
    }
}

fields! {
    /// One version of an agreement. Where the platform sends a number alone, only `version` is set.
    #[derive(Debug)]
    pub struct AgreementVersionInfo {
        /// The number.
        pub version: Option<i64>,
        /// Who wrote it.
        pub author: Option<Box<User>>,
        /// Whether it is in force.
        pub active: Option<bool>,
        /// Where its text is.
        pub link: Option<String>,
        /// When it was made.
        pub version_created: Option<OffsetDateTime>,
        /// How many contracts it has.
        pub version_contracts: Option<i64>,
    }
}

impl Wire for AgreementVersionInfo {
    const EXPECTING: &'static str = "a version (a number or an object) or null";

    fn from_scalar(scalar: Scalar<'_>) -> Result<Option<Self>, WrongType> {
        let version = match scalar {
            Scalar::Null => None,
            Scalar::Text(text) => text.parse().ok(),
            Scalar::Int(number) => number.try_into().ok(),
            Scalar::Bool(_) | Scalar::Float(_) => return Err(WrongType),
        };
        Ok(version.map(|version| Self { version: Some(version), ..Self::default() }))
    }

    fn empty() -> Option<Self> {
        Some(Self::default())
    }

    fn object_slot(&mut self) -> Option<&mut dyn ObjectSlot> {
        Some(self)
    }

    fn write<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        match self.version {
            Some(number) if *self == (Self { version: self.version, ..Self::default() }) => {
                out.serialize_i64(number)
            }
            _ => self.write_members(out),
        }
    }

    fn is_unset(&self) -> bool {
        self.has_no_member()
    }
}

serde_root!(AgreementVersionInfo);

open_enum! {
    /// What an agreement or a contract is about.
    pub enum AgreementKind {
        /// Selling a vendor's products.
        Distribution = "distribution",
        /// Taking part in a provider's program.
        Program = "program",
        /// A service.
        Service = "service",
        /// Handing products on.
        Syndication = "syndication",
        /// Sending customers to the vendor.
        Referral = "referral",
        /// Sourcing, in old answers.
        Sourcing = "sourcing",
        /// A product, in old answers.
        Product = "product",
        /// Sourcing of a product, in old answers.
        ProductSourcing = "product-sourcing",
    }
}

open_enum! {
    /// The state of a contract.
    pub enum ContractStatus {
        /// Made.
        New = "new",
        /// Being filled in.
        Enrolling = "enrolling",
        /// Waits for a signature.
        Pending = "pending",
        /// In force.
        Active = "active",
        /// Ended.
        Terminated = "terminated",
        /// Refused.
        Rejected = "rejected",
    }
}

open_enum! {
    /// Where the text of an agreement comes from.
    pub enum DocumentKind {
        /// From elsewhere, by a link.
        External = "external",
        /// From the platform.
        Uploaded = "uploaded",
        /// From the platform, as it is said when it is sent.
        Upload = "upload",
        /// There is none.
        None = "none",
    }
}

open_enum! {
    /// What a form is for.
    pub enum FormKind {
        /// Enrolment.
        Enroll = "enroll",
        /// A product.
        Product = "product",
        /// An item.
        Item = "item",
    }
}
