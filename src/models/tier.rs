//! The supply chain: customers and resellers.

use super::model::{model, open_enum};
use super::{Account, Environment, Events, Hub, Marketplace, Product};

model! {
    /// The customer and the resellers it buys through.
    #[doc(alias = "TierAccounts")]
    pub struct Tiers {
        /// The customer; not there, that is empty, in tier configs.
        pub customer: TierAccount,
        /// The reseller next to the customer.
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
        /// `TA-…`.
        pub id: String,
        /// The name of the company.
        pub name: Option<String>,
        /// Id in the provider's system.
        pub external_id: Option<String>,
        /// Unique id in the provider's system.
        pub external_uid: Option<String>,
        /// Where it is and who speaks for it; empty in references.
        pub contact_info: ContactInfo,
        /// Its tax id.
        pub tax_id: Option<String>,
        /// How often it was changed.
        pub version: Option<i64>,
        /// Customer or reseller.
        #[doc(alias = "type")]
        pub kind: TierAccountKind = "type",
        /// The part of the world its data is kept in.
        pub db: Region,
        /// The reseller it buys from.
        pub parent: Option<Box<TierAccount>>,
        /// The provider.
        pub owner: Option<Box<Account>>,
        /// The parts it has played.
        pub scopes: Vec<TierScope>,
        /// The hub it came from.
        pub hub: Option<Box<Hub>>,
        /// The marketplace it came from.
        pub marketplace: Option<Box<Marketplace>>,
        /// Whether it is for trial or business.
        pub environment: Environment,
        /// Creation, last change and end.
        pub events: Events,
    }
}

model! {
    /// A provider's request to take over changes of a tier account.
    pub struct TierAccountRequest {
        /// `TAR-…`.
        pub id: String,
        /// What it asks for.
        #[doc(alias = "type")]
        pub kind: TierAccountRequestKind = "type",
        /// Its state.
        pub status: TierAccountRequestStatus,
        /// The account as it is to be.
        pub account: TierAccount,
        /// The vendor.
        pub vendor: Option<Box<Account>>,
        /// The provider.
        pub provider: Option<Box<Account>>,
        /// The product.
        pub product: Product,
        /// Why it was ignored or cannot be carried out.
        pub reason: Option<String>,
        /// Creation and last change.
        pub events: Events,
    }
}

model! {
    /// Where a customer or reseller is, and who speaks for it.
    pub struct ContactInfo {
        /// Street and number.
        pub address_line1: Option<String>,
        /// More of the address.
        pub address_line2: Option<String>,
        /// The city.
        pub city: Option<String>,
        /// The state or province, with blanks around it at times.
        pub state: Option<String>,
        /// The postal code.
        pub postal_code: Option<String>,
        /// ISO 3166 alpha-2, in either letter case.
        pub country: Option<String>,
        /// Who speaks for it.
        pub contact: Contact,
    }
}

model! {
    /// Somebody to speak to.
    pub struct Contact {
        /// The first name.
        pub first_name: Option<String>,
        /// The last name.
        pub last_name: Option<String>,
        /// The e-mail address.
        pub email: Option<String>,
        /// The phone number.
        pub phone_number: Option<Box<PhoneNumber>>,
    }
}

model! {
    /// A phone number in its parts.
    pub struct PhoneNumber {
        /// `+34`, or `34`.
        pub country_code: Option<String>,
        /// The area code.
        pub area_code: Option<String>,
        /// The number itself.
        pub phone_number: Option<String>,
        /// The extension.
        pub extension: Option<String>,
    }
}

open_enum! {
    /// Customer or reseller.
    pub enum TierAccountKind {
        /// Buys for itself.
        Customer = "customer",
        /// Buys to sell.
        Reseller = "reseller",
    }
}

open_enum! {
    /// A part in the supply chain.
    pub enum TierScope {
        /// The customer.
        Customer = "customer",
        /// The reseller next to the customer.
        Tier1 = "tier1",
        /// The reseller above it.
        Tier2 = "tier2",
    }
}

open_enum! {
    /// The part of the world data is kept in.
    pub enum Region {
        /// Europe.
        Europe = "EU",
        /// United States.
        UnitedStates = "US",
        /// Japan.
        Japan = "JP",
        /// Australia.
        Australia = "AU",
    }
}

open_enum! {
    /// What a tier account request asks for.
    pub enum TierAccountRequestKind {
        /// To take over changes.
        Update = "update",
    }
}

open_enum! {
    /// The state of a tier account request.
    pub enum TierAccountRequestStatus {
        /// Waits for the vendor.
        Pending = "pending",
        /// Done.
        Accepted = "accepted",
        /// Left alone.
        Ignored = "ignored",
        /// Not possible.
        Unsupported = "unsupported",
    }
}
