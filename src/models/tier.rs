//! The supply chain: customers and resellers.

use super::model::{model, open_enum};
use super::{Account, Environment, Events, Hub, Marketplace, Product};

model! {
    /// The customer and the resellers it buys through.
    #[doc(alias = "TierAccounts")]
    pub struct Tiers {
        /// The customer; not there, that is empty, in tier configs.
        pub customer: TierAccount,
        /// Reseller that sells to the customer (tier 1).
        pub tier1: TierAccount,
        /// The reseller above it, if there is one.
        pub tier2: Option<Box<TierAccount>>,
    }
    // The specification says a text where the platform sends an object.
    text = |_| Tiers::default();
}

model! {
    /// A customer or reseller.
    pub struct TierAccount {
        /// Id of the tier account, `TA-…`.
        pub id: String,
        /// Name of the company of the tier account.
        pub name: Option<String>,
        /// Id of the tier account in the provider's system.
        pub external_id: Option<String>,
        /// Unique id of the tier account in the provider's system.
        pub external_uid: Option<String>,
        /// Place where the tier account is and who speaks for it; empty in references.
        pub contact_info: ContactInfo,
        /// The tier account's tax id.
        pub tax_id: Option<String>,
        /// How often it was changed.
        pub version: Option<i64>,
        /// Kind of the account: customer or reseller.
        #[doc(alias = "type")]
        pub kind: TierAccountKind = "type",
        /// Region in which the tier account's data is kept.
        pub db: Region,
        /// The reseller that the tier account buys from.
        pub parent: Option<Box<TierAccount>>,
        /// Provider that owns the account.
        pub owner: Option<Box<Account>>,
        /// The parts that the tier account has played.
        pub scopes: Vec<TierScope>,
        /// The hub that the tier account came from.
        pub hub: Option<Box<Hub>>,
        /// The marketplace that the tier account came from.
        pub marketplace: Option<Box<Marketplace>>,
        /// Whether the tier account is for trial or business.
        pub environment: Environment,
        /// Creation, last change and end.
        pub events: Events,
    }
}

model! {
    /// A provider's request to take over changes of a tier account.
    pub struct TierAccountRequest {
        /// Id of the tier account request, `TAR-…`.
        pub id: String,
        /// Type of the tier account request.
        #[doc(alias = "type")]
        pub kind: TierAccountRequestKind = "type",
        /// State of the tier account request.
        pub status: TierAccountRequestStatus,
        /// The account as that the tier account request is to be.
        pub account: TierAccount,
        /// Vendor of the tier account request.
        pub vendor: Option<Box<Account>>,
        /// Provider of the tier account request.
        pub provider: Option<Box<Account>>,
        /// Product of the tier account request.
        pub product: Product,
        /// Reason why the tier account request was ignored or cannot be carried out.
        pub reason: Option<String>,
        /// Events of the tier account request: creation and last change.
        pub events: Events,
    }
}

model! {
    /// Where a customer or reseller is, and who speaks for it.
    pub struct ContactInfo {
        /// First line of the address: street and number.
        pub address_line1: Option<String>,
        /// Second line of the address.
        pub address_line2: Option<String>,
        /// City of the contact.
        pub city: Option<String>,
        /// The state or province, with blanks around that the contact at times.
        pub state: Option<String>,
        /// Postal code of the contact.
        pub postal_code: Option<String>,
        /// ISO 3166 alpha-2, in either letter case.
        pub country: Option<String>,
        /// User who speaks for the contact.
        pub contact: Contact,
    }
}

model! {
    /// Somebody to speak to.
    pub struct Contact {
        /// First name of the contact.
        pub first_name: Option<String>,
        /// Last name of the contact.
        pub last_name: Option<String>,
        /// E-mail address of the contact.
        pub email: Option<String>,
        /// Phone number of the contact.
        pub phone_number: Option<Box<PhoneNumber>>,
    }
}

model! {
    /// A phone number in its parts.
    pub struct PhoneNumber {
        /// Country code, `+34` or `34`.
        pub country_code: Option<String>,
        /// Area code of the phone number.
        pub area_code: Option<String>,
        /// Phone number without country and area.
        pub phone_number: Option<String>,
        /// Extension of the phone number.
        pub extension: Option<String>,
    }
}

open_enum! {
    /// Customer or reseller.
    pub enum TierAccountKind {
        /// The account buys for itself.
        Customer = "customer",
        /// The account buys to sell.
        Reseller = "reseller",
    }
}

open_enum! {
    /// A part in the supply chain.
    pub enum TierScope {
        /// The account is the customer.
        Customer = "customer",
        /// The account is the reseller who sells to the customer (tier 1).
        Tier1 = "tier1",
        /// The account is the reseller who sells to tier 1 (tier 2).
        Tier2 = "tier2",
    }
}

open_enum! {
    /// The part of the world data is kept in.
    pub enum Region {
        /// The account is in Europe.
        Europe = "EU",
        /// The account is in the United States.
        UnitedStates = "US",
        /// The account is in Japan.
        Japan = "JP",
        /// The account is in Australia.
        Australia = "AU",
    }
}

open_enum! {
    /// What a tier account request asks for.
    pub enum TierAccountRequestKind {
        /// The request asks to take over changed account data.
        Update = "update",
    }
}

open_enum! {
    /// The state of a tier account request.
    pub enum TierAccountRequestStatus {
        /// The tier account request waits for the vendor.
        Pending = "pending",
        /// The tier account request was accepted.
        Accepted = "accepted",
        /// The tier account request was ignored.
        Ignored = "ignored",
        /// The vendor does not support tier account requests.
        Unsupported = "unsupported",
    }
}
