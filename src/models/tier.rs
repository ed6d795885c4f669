//! Tier accounts, the customers and resellers of the supply chain.

use super::model::{model, open_enum};
use super::{Account, Environment, Events, Hub, Marketplace, Product};

model! {
    /// Tier accounts of the supply chain: the customer, tier 1 and tier 2.
    #[doc(alias = "TierAccounts")]
    pub struct Tiers {
        /// Customer; empty in tier configurations.
        pub customer: TierAccount,
        /// Tier 1, the reseller of the customer.
        pub tier1: TierAccount,
        /// Tier 2, the reseller above tier 1, if there is one.
        pub tier2: Option<Box<TierAccount>>,
    }
}

model! {
    /// A tier account: a customer or a reseller.
    pub struct TierAccount {
        /// Id of the tier account, `TA-…`.
        pub id: String,
        /// Company name of the tier account.
        pub name: Option<String>,
        /// Id of the tier account in the provider's system.
        pub external_id: Option<String>,
        /// Unique id of the tier account in the provider's system.
        pub external_uid: Option<String>,
        /// Address and contact person of the tier account; empty in references.
        pub contact_info: ContactInfo,
        /// Tax id of the tier account.
        pub tax_id: Option<String>,
        /// Version number of the tier account.
        pub version: Option<i64>,
        /// Type of the tier account: customer or reseller.
        #[doc(alias = "type")]
        pub kind: TierAccountKind = "type",
        /// Region in which the data of the tier account is stored.
        pub db: Region,
        /// Parent tier account, the reseller that this account buys from.
        pub parent: Option<Box<TierAccount>>,
        /// Provider that owns the tier account.
        pub owner: Option<Box<Account>>,
        /// Scopes of the tier account: customer, tier 1, tier 2.
        pub scopes: Vec<TierScope>,
        /// Hub of the tier account.
        pub hub: Option<Box<Hub>>,
        /// Marketplace of the tier account.
        pub marketplace: Option<Box<Marketplace>>,
        /// Environment of the tier account: production, test or preview.
        pub environment: Environment,
        /// Events of the tier account: created, updated, decommissioned.
        pub events: Events,
    }
}

model! {
    /// A tier account request: a provider asks the vendor to accept changes of a tier account.
    pub struct TierAccountRequest {
        /// Id of the tier account request, `TAR-…`.
        pub id: String,
        /// Type of the tier account request.
        #[doc(alias = "type")]
        pub kind: TierAccountRequestKind = "type",
        /// Status of the tier account request.
        pub status: TierAccountRequestStatus,
        /// Tier account after the changes.
        pub account: TierAccount,
        /// Vendor that processes the tier account request.
        pub vendor: Option<Box<Account>>,
        /// Provider that created the tier account request.
        pub provider: Option<Box<Account>>,
        /// Product of the tier account request.
        pub product: Product,
        /// Reason for which the tier account request is ignored or unsupported.
        pub reason: Option<String>,
        /// Events of the tier account request: created, updated.
        pub events: Events,
    }
}

model! {
    /// Address and contact person of a tier account.
    pub struct ContactInfo {
        /// First line of the address.
        pub address_line1: Option<String>,
        /// Second line of the address.
        pub address_line2: Option<String>,
        /// City of the address.
        pub city: Option<String>,
        /// State or province of the address, sometimes with trailing blanks.
        pub state: Option<String>,
        /// Postal code of the address.
        pub postal_code: Option<String>,
        /// ISO 3166 alpha-2 code of the country, in upper or lower case.
        pub country: Option<String>,
        /// Contact person.
        pub contact: Contact,
    }
}

model! {
    /// Contact person of a tier account.
    pub struct Contact {
        /// First name of the contact person.
        pub first_name: Option<String>,
        /// Last name of the contact person.
        pub last_name: Option<String>,
        /// E-mail address of the contact person.
        pub email: Option<String>,
        /// Phone number of the contact person.
        pub phone_number: Option<Box<PhoneNumber>>,
    }
}

model! {
    /// A phone number in its parts.
    pub struct PhoneNumber {
        /// Country code of the phone number, with or without `+`: `+34`, `90`.
        pub country_code: Option<String>,
        /// Area code of the phone number.
        pub area_code: Option<String>,
        /// Local part of the phone number.
        pub phone_number: Option<String>,
        /// Extension of the phone number.
        pub extension: Option<String>,
    }
}

open_enum! {
    /// Type of a tier account.
    pub enum TierAccountKind {
        /// The tier account is a customer.
        Customer = "customer",
        /// The tier account is a reseller.
        Reseller = "reseller",
    }
}

open_enum! {
    /// Scope of a tier account: its role in the supply chain.
    pub enum TierScope {
        /// The tier account is a customer.
        Customer = "customer",
        /// The tier account is tier 1, the reseller of the customer.
        Tier1 = "tier1",
        /// The tier account is tier 2, the reseller above tier 1.
        Tier2 = "tier2",
    }
}

open_enum! {
    /// Region in which the data of a tier account is stored.
    pub enum Region {
        /// The data is stored in Europe (`EU`).
        Europe = "EU",
        /// The data is stored in the United States (`US`).
        UnitedStates = "US",
        /// The data is stored in Japan (`JP`).
        Japan = "JP",
        /// The data is stored in Australia (`AU`).
        Australia = "AU",
    }
}

open_enum! {
    /// Type of a tier account request.
    pub enum TierAccountRequestKind {
        /// The request updates a tier account.
        Update = "update",
    }
}

open_enum! {
    /// Status of a tier account request.
    pub enum TierAccountRequestStatus {
        /// The request waits for the vendor.
        Pending = "pending",
        /// The vendor accepted the changes.
        Accepted = "accepted",
        /// The vendor ignored the changes.
        Ignored = "ignored",
        /// The changes are not supported.
        Unsupported = "unsupported",
    }
}
