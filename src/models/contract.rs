//! Agreements and the contracts made under them.

use serde::ser::Serializer;
use serde_json::Value;
use time::OffsetDateTime;

use super::de::{ObjectSlot, Scalar, Wire, WrongType};
use super::model::{fields, model, open_enum, serde_root};
use super::{Account, Environment, Events, Marketplace, Reference, Secret, SignedUrl, User};

model! {
    /// A contract between a vendor and a provider; in most places a reference with id and name.
    pub struct Contract {
        /// Id of the contract: `CRD-…` and the like.
        pub id: String,
        /// Name of the contract.
        pub name: Option<String>,
        /// Subject of the contract.
        #[doc(alias = "type")]
        pub kind: AgreementKind = "type",
        /// State of the contract.
        pub status: ContractStatus,
        /// Whether the contract is for trial or business; in the JSON this is `kind`.
        pub environment: Environment = "kind",
        /// Version of the agreement that was signed.
        pub version: Option<i64>,
        /// Newest version of the agreement of the contract.
        pub latest: Option<String>,
        /// Time at which the contract version was made.
        pub version_created: Option<OffsetDateTime>,
        /// Agreement that the contract was made under.
        pub agreement: Option<Box<Agreement>>,
        /// The marketplace, in old answers.
        pub marketplace: Option<Box<Marketplace>>,
        /// Account that proposed the contract.
        pub owner: Option<Box<Account>>,
        /// Account on the other side of the contract.
        pub issuer: Option<Box<Account>>,
        /// User who created the contract.
        pub creator: Option<Box<User>>,
        /// User who signed the contract.
        pub signee: Option<Box<User>>,
        /// Time at which the contract was created, in old answers.
        pub created: Option<OffsetDateTime>,
        /// Time of the last change of the contract, in old answers.
        pub updated: Option<OffsetDateTime>,
        /// Time at which the contract was enrolled.
        pub enrolled: Option<OffsetDateTime>,
        /// Time at which the contract ends.
        pub expire_at: Option<OffsetDateTime>,
        /// Way in which the contract came into force.
        pub activation: Option<Box<Activation>>,
        /// Note on the contract.
        pub note: Option<String>,
        /// Reason why the contract ended.
        pub termination_note: Option<String>,
        /// Permissions of the caller on the contract; free-form.
        pub permissions: Option<Value>,
        /// Creation, last change, signatures and end.
        pub events: Events,
    }
}

model! {
    /// How a contract or a tier config request comes into force.
    pub struct Activation {
        /// The parameter form for the customer; of tier config requests.
        pub link: Option<SignedUrl>,
        /// Message of the activation.
        pub message: Option<String>,
        /// Time at which the activation happened.
        pub date: Option<OffsetDateTime>,
        /// Code of an invitation to a contract.
        pub code: Option<Secret>,
        /// Note on the activation.
        pub note: Option<String>,
    }
}

model! {
    /// The terms that contracts are made under.
    pub struct Agreement {
        /// Id of the agreement, `AGP-…`.
        pub id: String,
        /// Subject of the agreement.
        #[doc(alias = "type")]
        pub kind: AgreementKind = "type",
        /// The title; the same as the name.
        pub title: Option<String>,
        /// Name of the agreement.
        pub name: Option<String>,
        /// Description of the agreement.
        pub description: Option<String>,
        /// Account that offers the agreement.
        pub owner: Option<Box<Account>>,
        /// The marketplace that the agreement is for.
        pub marketplace: Option<Box<Marketplace>>,
        /// The agreement that the agreement belongs to.
        pub parent: Option<Box<Agreement>>,
        /// The agreements that belong to it, in old answers.
        pub agreements: Vec<Agreement>,
        /// Numbers of the agreement's contracts and versions.
        pub stats: Option<AgreementStats>,
        /// The newest version; old answers have its number alone and the rest of that the agreement in the
        /// fields below.
        pub version: Option<AgreementVersionInfo>,
        /// User who wrote the version, in old answers.
        pub author: Option<Box<User>>,
        /// Whether the version is in force, in old answers.
        pub active: Option<bool>,
        /// Where the version's text is, in old answers.
        pub link: Option<String>,
        /// Time at which the agreement was made, in old answers.
        pub version_created: Option<OffsetDateTime>,
        /// Number of contracts the version has, in old answers.
        pub version_contracts: Option<i64>,
        /// Time at which the agreement was created.
        pub created: Option<OffsetDateTime>,
        /// Time of the last change of the agreement.
        pub updated: Option<OffsetDateTime>,
        /// Events of the agreement: creation and last change, and by whom.
        pub events: Events,
        /// Where its text comes from.
        pub document_type: DocumentKind,
        /// Path of its text of the agreement.
        pub file: Option<String>,
        /// Forms that go with the agreement.
        pub forms: Option<Box<AgreementForms>>,
        /// Whether contracts need no countersignature.
        pub auto_accept: Option<bool>,
        /// The agreement that the agreement is sourced from.
        pub sourcing_agreement: Option<Box<Reference>>,
    }
}

model! {
    /// Counters of an agreement.
    pub struct AgreementStats {
        /// Number of contracts there are under it.
        pub contracts: Option<i64>,
        /// Number of versions it has.
        pub versions: Option<i64>,
    }
}

model! {
    /// The forms that go with an agreement.
    pub struct AgreementForms {
        /// Form for enrolment.
        pub enroll: Option<Form>,
        /// Form for products.
        pub product: Option<Form>,
        /// Form for items.
        pub item: Option<Form>,
    }
}

model! {
    /// A form.
    pub struct Form {
        /// Id of the form.
        pub id: String,
        /// Purpose of the form.
        #[doc(alias = "type")]
        pub kind: FormKind = "type",
    }
}

fields! {
    /// One version of an agreement. Where the platform sends a number alone, only `version` is set.
    #[derive(Debug)]
    pub struct AgreementVersionInfo {
        /// Number of the agreement's version.
        pub version: Option<i64>,
        /// User who wrote the version.
        pub author: Option<Box<User>>,
        /// Whether the agreement version is in force.
        pub active: Option<bool>,
        /// Address of the version's text.
        pub link: Option<String>,
        /// Time at which the agreement version was created.
        pub version_created: Option<OffsetDateTime>,
        /// Number of contracts it has.
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
        /// The agreement is about selling a vendor's products.
        Distribution = "distribution",
        /// The agreement is about taking part in a provider's program.
        Program = "program",
        /// The agreement is about a service.
        Service = "service",
        /// The agreement is about passing products on to other providers.
        Syndication = "syndication",
        /// The agreement is about sending customers to the vendor.
        Referral = "referral",
        /// The agreement is about sourcing, in old answers.
        Sourcing = "sourcing",
        /// The agreement is about a product, in old answers.
        Product = "product",
        /// Sourcing of a product, in old answers.
        ProductSourcing = "product-sourcing",
    }
}

open_enum! {
    /// The state of a contract.
    pub enum ContractStatus {
        /// The contract was created.
        New = "new",
        /// The contract is being filled in.
        Enrolling = "enrolling",
        /// The contract waits for a signature.
        Pending = "pending",
        /// The contract is in force.
        Active = "active",
        /// The contract has ended.
        Terminated = "terminated",
        /// The contract was refused.
        Rejected = "rejected",
    }
}

open_enum! {
    /// Where the text of an agreement comes from.
    pub enum DocumentKind {
        /// From elsewhere, by a link.
        External = "external",
        /// The text was uploaded to the platform.
        Uploaded = "uploaded",
        /// From the platform, as it is said when it is sent.
        Upload = "upload",
        /// The agreement has no text.
        None = "none",
    }
}

open_enum! {
    /// What a form is for.
    pub enum FormKind {
        /// The form is for enrolment.
        Enroll = "enroll",
        /// The form is for products.
        Product = "product",
        /// The form is for items.
        Item = "item",
    }
}
