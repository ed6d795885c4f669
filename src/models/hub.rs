//! Hubs, the connections between them and products, and marketplaces.

use serde_json::Value;
use time::OffsetDateTime;

use super::model::{model, open_enum};
use super::{Account, Events, Product, Reference, Secret};

model! {
    /// A provider's commerce system.
    pub struct Hub {
        /// `HB-…`.
        pub id: String,
        /// The name.
        pub name: Option<String>,
        /// What it is for.
        pub description: Option<String>,
        /// The provider.
        pub company: Option<Box<Account>>,
        /// Creation and last change.
        pub events: Events,
        /// Counters.
        pub stats: Option<HubStats>,
        /// The system behind it.
        pub instance: Option<HubInstance>,
        /// Id of the system, in old references.
        pub instance_id: Option<String>,
        /// Kind of the system.
        pub instance_type: HubKind,
        /// Version of the system.
        pub version: Option<String>,
        /// Version of the platform's extension in it.
        pub extension_version: Option<String>,
        /// When it last said that it is well.
        pub last_health_check: Option<OffsetDateTime>,
        /// Id of the provider, in old references.
        pub account_id: Option<String>,
        /// A UUID, in old references.
        pub uuid: Option<String>,
    }
}

model! {
    /// The system behind a hub.
    pub struct HubInstance {
        /// Its id.
        pub id: String,
        /// Its kind.
        #[doc(alias = "type")]
        pub kind: HubKind = "type",
    }
}

model! {
    /// Counters of a hub.
    pub struct HubStats {
        /// How many connections it has.
        pub connections: Option<i64>,
        /// How many marketplaces it serves.
        pub marketplaces: Option<i64>,
    }
}

model! {
    /// The connection of a product, a vendor, a provider and a hub.
    pub struct Connection {
        /// `CT-…`.
        pub id: String,
        /// What it is for.
        #[doc(alias = "type")]
        pub kind: Environment = "type",
        /// Its state.
        pub status: ConnectionStatus,
        /// The provider.
        pub provider: Option<Box<Account>>,
        /// The vendor.
        pub vendor: Option<Box<Account>>,
        /// The hub.
        pub hub: Option<Box<Hub>>,
        /// The product, in a hub's connections.
        pub product: Option<Box<Product>>,
        /// When it was made.
        pub created_at: Option<OffsetDateTime>,
        /// Which versions of the product it sells.
        pub product_version_type: ProductVersionKind,
        /// Where the system's API is.
        pub endpoint_url: Option<String>,
        /// Where the system's pages are.
        pub frontend_url: Option<String>,
        /// The key it signs with.
        pub oauth_key: Option<Secret>,
        /// The secret it signs with.
        pub oauth_secret: Option<Secret>,
        /// Its version.
        pub version: Option<String>,
        /// A note.
        pub note: Option<String>,
        /// Its creation.
        pub events: Events,
    }
}

model! {
    /// A provider's marketplace; in most places a reference with id, name and icon.
    pub struct Marketplace {
        /// `MP-…`.
        pub id: String,
        /// The shown name.
        pub name: Option<String>,
        /// What it is.
        pub description: Option<String>,
        /// The provider.
        pub owner: Option<Box<Account>>,
        /// Path of the logo.
        pub icon: Option<String>,
        /// The part of the world.
        pub zone: Zone,
        /// The hubs that serve it.
        pub hubs: Vec<ExtIdHub>,
        /// How many contracts are in force; also in `stats`.
        pub active_contracts: Option<i64>,
        /// The countries it sells in.
        pub countries: Vec<Country>,
        /// Whether it sources from others, in old answers.
        pub sourcing: Option<bool>,
        /// Its currency, ISO 4217.
        pub currency: Option<String>,
        /// Its second currency.
        pub alt_currency_1: Option<String>,
        /// Its third currency.
        pub alt_currency_2: Option<String>,
        /// What it supports.
        pub capabilities: Option<Box<MarketplaceCapabilities>>,
        /// Free-form.
        pub attributes: Option<Value>,
        /// Counters.
        pub stats: Option<MarketplaceStats>,
        /// Creation and last change.
        pub events: Events,
        /// The languages it speaks.
        pub locales: Vec<Reference>,
    }
    // The specification has the id alone in the answer to the creation of a usage file.
    text = |id| Marketplace { id: id.to_owned(), ..Marketplace::default() };
}

model! {
    /// What a marketplace supports.
    pub struct MarketplaceCapabilities {
        /// Listings.
        pub listing: Option<ListingCapabilities>,
        /// Price lists.
        pub price_list: Option<PriceListCapabilities>,
    }
}

model! {
    /// What a marketplace supports of listings.
    pub struct ListingCapabilities {
        /// Whether referral products are listed by themselves.
        pub referral_auto: Option<bool>,
    }
}

model! {
    /// What a marketplace supports of price lists.
    pub struct PriceListCapabilities {
        /// Whether they suit the commerce system.
        pub commerce_compatibility: Option<bool>,
    }
}

model! {
    /// Counters of a marketplace.
    pub struct MarketplaceStats {
        /// How many hubs serve it.
        pub hubs: Option<i64>,
        /// How many contracts are in force.
        pub contracts: Option<i64>,
    }
}

model! {
    /// A hub with its id for something: a marketplace, or a part of a usage file.
    #[doc(alias = "Binding")]
    pub struct ExtIdHub {
        /// The hub.
        pub hub: Option<Box<Hub>>,
        /// The id in its system.
        pub external_id: Option<String>,
    }
}

model! {
    /// A country.
    pub struct Country {
        /// ISO 3166 alpha-2.
        pub id: String,
        /// The name.
        pub name: Option<String>,
        /// Path of the flag.
        pub icon: Option<String>,
        /// The part of the world, as a word.
        pub zone: Option<String>,
        /// The phone prefix.
        pub prefix: Option<String>,
    }
}

open_enum! {
    /// What something is for: trial or business.
    pub enum Environment {
        /// Business.
        Production = "production" | "prod",
        /// Trial.
        Test = "test",
        /// A look at what is not published yet.
        Preview = "preview",
    }
}

open_enum! {
    /// The state of a connection.
    pub enum ConnectionStatus {
        /// Asked for.
        Pending = "pending",
        /// Agreed to.
        Approved = "approved",
        /// Refused.
        Rejected = "rejected",
        /// Ended.
        Revoked = "revoked",
        /// In use.
        Active = "active",
    }
}

open_enum! {
    /// Which versions of a product a connection sells.
    pub enum ProductVersionKind {
        /// Those for everyone.
        Public = "public",
        /// Those for trial.
        Staging = "staging",
    }
}

open_enum! {
    /// The kind of the system behind a hub.
    pub enum HubKind (any case) {
        /// The vendor's own commerce system.
        Oa = "OA",
        /// Anything that speaks the API.
        Api = "API",
    }
}

open_enum! {
    /// A part of the world.
    pub enum Zone {
        /// Africa.
        Africa = "AF",
        /// North America.
        NorthAmerica = "NA",
        /// Oceania.
        Oceania = "OC",
        /// Asia.
        Asia = "AS",
        /// Europe.
        Europe = "EU",
        /// South America.
        SouthAmerica = "SA",
    }
}
