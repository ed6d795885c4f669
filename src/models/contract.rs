//! Agreements, and the contracts made under them.

use serde::ser::Serializer;
use serde_json::Value;
use time::OffsetDateTime;

use super::de::{ObjectSlot, Scalar, Wire, WrongType};
use super::model::{fields, model, open_enum, serde_impls};
use super::{Account, Environment, Events, Marketplace, Reference, Secret, SignedUrl, User};

model! {
    /// A contract between a vendor and a provider. Most payloads hold a reference with id and name.
    pub struct Contract {
        /// Id of the contract, `CRD-…` and other prefixes.
        pub id: String,
        /// Name of the contract.
        pub name: Option<String>,
        /// Type of the contract, the same as the type of its agreement.
        #[doc(alias = "type")]
        pub kind: AgreementKind = "type",
        /// Status of the contract.
        pub status: ContractStatus,
        /// Environment of the contract, production or test; the JSON key is `kind`.
        pub environment: Environment = "kind",
        /// Version of the agreement that the contract was signed for.
        pub version: Option<i64>,
        /// Latest version of the agreement.
        pub latest: Option<String>,
        /// Time at which the version of the agreement was created.
        pub version_created: Option<OffsetDateTime>,
        /// Agreement of the contract.
        pub agreement: Option<Box<Agreement>>,
        /// Marketplace of the contract, in old payloads.
        pub marketplace: Option<Box<Marketplace>>,
        /// Account that owns the contract.
        pub owner: Option<Box<Account>>,
        /// Account that issued the contract.
        pub issuer: Option<Box<Account>>,
        /// User who created the contract.
        pub creator: Option<Box<User>>,
        /// User who signed the contract.
        pub signee: Option<Box<User>>,
        /// Time at which the contract was created, in old payloads.
        pub created: Option<OffsetDateTime>,
        /// Time of the contract's last update, in old payloads.
        pub updated: Option<OffsetDateTime>,
        /// Time at which the contract was enrolled.
        pub enrolled: Option<OffsetDateTime>,
        /// Time at which the contract expires.
        pub expire_at: Option<OffsetDateTime>,
        /// Activation of the contract.
        pub activation: Option<Box<Activation>>,
        /// Note of the contract.
        pub note: Option<String>,
        /// Note given at the termination of the contract.
        pub termination_note: Option<String>,
        /// Permissions of the caller on the contract, as free-form JSON.
        pub permissions: Option<Value>,
        /// Events of the contract: created, updated, signed, countersigned, terminated.
        pub events: Events,
    }
}

model! {
    /// Activation of a contract or of a tier configuration request.
    pub struct Activation {
        /// Link to the parameter form; only in tier configuration requests.
        pub link: Option<SignedUrl>,
        /// Message of the activation.
        pub message: Option<String>,
        /// Date and time of the activation.
        pub date: Option<OffsetDateTime>,
        /// Activation code of a contract invitation.
        pub code: Option<Secret>,
        /// Note of the activation.
        pub note: Option<String>,
    }
}

model! {
    /// An agreement: the terms under which contracts are made.
    pub struct Agreement {
        /// Id of the agreement, `AGP-…`.
        pub id: String,
        /// Type of the agreement.
        #[doc(alias = "type")]
        pub kind: AgreementKind = "type",
        /// Title of the agreement, the same text as its name.
        pub title: Option<String>,
        /// Name of the agreement.
        pub name: Option<String>,
        /// Description of the agreement.
        pub description: Option<String>,
        /// Account that owns the agreement.
        pub owner: Option<Box<Account>>,
        /// Marketplace of the agreement.
        pub marketplace: Option<Box<Marketplace>>,
        /// Parent agreement.
        pub parent: Option<Box<Agreement>>,
        /// Child agreements, in old payloads.
        pub agreements: Vec<Agreement>,
        /// Numbers of contracts and versions of the agreement.
        pub stats: Option<AgreementStats>,
        /// Latest version of the agreement. Old payloads have its number only, and the details in fields of
        /// the agreement.
        pub version: Option<AgreementVersionInfo>,
        /// User who created the version of the agreement, in old payloads.
        pub author: Option<Box<User>>,
        /// Whether the version of the agreement is active, in old payloads.
        pub active: Option<bool>,
        /// Link to the text of the agreement's version, in old payloads.
        pub link: Option<String>,
        /// Time at which the version of the agreement was created, in old payloads.
        pub version_created: Option<OffsetDateTime>,
        /// Number of contracts of the agreement's version, in old payloads.
        pub version_contracts: Option<i64>,
        /// Time at which the agreement was created.
        pub created: Option<OffsetDateTime>,
        /// Time of the agreement's last update.
        pub updated: Option<OffsetDateTime>,
        /// Events of the agreement: created, updated.
        pub events: Events,
        /// Source of the agreement's document.
        pub document_type: DocumentKind,
        /// Path of the agreement's document.
        pub file: Option<String>,
        /// Forms of the agreement.
        pub forms: Option<Box<AgreementForms>>,
        /// Whether contracts are accepted automatically.
        pub auto_accept: Option<bool>,
        /// Sourcing agreement of this agreement.
        pub sourcing_agreement: Option<Box<Reference>>,
    }
}

model! {
    /// Numbers of contracts and versions of an agreement.
    pub struct AgreementStats {
        /// Number of contracts under the agreement.
        pub contracts: Option<i64>,
        /// Number of versions of the agreement.
        pub versions: Option<i64>,
    }
}

model! {
    /// Forms of an agreement.
    pub struct AgreementForms {
        /// Form for the enrollment.
        pub enroll: Option<Form>,
        /// Form for a product.
        pub product: Option<Form>,
        /// Form for an item.
        pub item: Option<Form>,
    }
}

model! {
    /// A form of an agreement.
    pub struct Form {
        /// Id of the form.
        pub id: String,
        /// Type of the form.
        #[doc(alias = "type")]
        pub kind: FormKind = "type",
    }
}

fields! {
    /// One version of an agreement. If the platform sends a number only, only `version` is set.
    #[derive(Debug)]
    pub struct AgreementVersionInfo {
        /// Number of the agreement's version.
        pub version: Option<i64>,
        /// User who created the version of the agreement.
        pub author: Option<Box<User>>,
        /// Whether the version of the agreement is active.
        pub active: Option<bool>,
        /// Link to the text of the agreement's version.
        pub link: Option<String>,
        /// Time at which the version of the agreement was created.
        pub version_created: Option<OffsetDateTime>,
        /// Number of contracts of the agreement's version.
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

serde_impls!(AgreementVersionInfo, read_root);

open_enum! {
    /// Type of an agreement or a contract.
    pub enum AgreementKind {
        /// The contract is about the distribution of a vendor's products.
        Distribution = "distribution",
        /// The contract is about a program of a provider.
        Program = "program",
        /// The contract is about a service.
        Service = "service",
        /// The contract is about the syndication of products.
        Syndication = "syndication",
        /// The contract is about the referral of customers to the vendor.
        Referral = "referral",
        /// The contract is about sourcing, in old payloads.
        Sourcing = "sourcing",
        /// The contract is about a product, in old payloads.
        Product = "product",
        /// The contract is about the sourcing of a product, in old payloads.
        ProductSourcing = "product-sourcing",
    }
}

open_enum! {
    /// Status of a contract.
    pub enum ContractStatus {
        /// The contract is new.
        New = "new",
        /// The contract is in enrollment.
        Enrolling = "enrolling",
        /// The contract is pending and not active yet.
        Pending = "pending",
        /// The contract is active.
        Active = "active",
        /// The contract is terminated.
        Terminated = "terminated",
        /// The contract was rejected.
        Rejected = "rejected",
    }
}

open_enum! {
    /// Source of an agreement's document.
    pub enum DocumentKind {
        /// The document is outside the platform, behind a link.
        External = "external",
        /// The document was uploaded to the platform.
        Uploaded = "uploaded",
        /// The document is to be uploaded to the platform; this value is only sent.
        Upload = "upload",
        /// The agreement has no document.
        None = "none",
    }
}

open_enum! {
    /// Type of a form of an agreement.
    pub enum FormKind {
        /// The form is for the enrollment.
        Enroll = "enroll",
        /// The form is for a product.
        Product = "product",
        /// The form is for an item.
        Item = "item",
    }
}
