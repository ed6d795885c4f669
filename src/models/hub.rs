//! Hubs, the connections between them and products, and marketplaces.

use serde_json::Value;
use time::OffsetDateTime;

use super::model::{model, open_enum};
use super::{Account, Events, Product, Reference, Secret};

model! {
    /// A provider's commerce system.
    pub struct Hub {
        /// Id of the hub, `HB-…`.
        pub id: String,
        /// Name of the hub.
        pub name: Option<String>,
        /// Description of the hub.
        pub description: Option<String>,
        /// Provider that runs the hub.
        pub company: Option<Box<Account>>,
        /// Events of the hub: creation and last change.
        pub events: Events,
        /// Numbers of the hub's connections and marketplaces.
        pub stats: Option<HubStats>,
        /// Commerce system behind the hub.
        pub instance: Option<HubInstance>,
        /// Id of the system, in old references.
        pub instance_id: Option<String>,
        /// Kind of the commerce system, in old answers.
        pub instance_type: HubKind,
        /// Version of the commerce system, in old answers.
        pub version: Option<String>,
        /// Version of the platform's extension in it.
        pub extension_version: Option<String>,
        /// Time at which the hub last said that it is well.
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
        /// The hub instance's id.
        pub id: String,
        /// The hub instance's kind.
        #[doc(alias = "type")]
        pub kind: HubKind = "type",
    }
}

model! {
    /// Counters of a hub.
    pub struct HubStats {
        /// Number of the hub's connections.
        pub connections: Option<i64>,
        /// Number of marketplaces that the hub serves.
        pub marketplaces: Option<i64>,
    }
}

model! {
    /// The connection of a product, a vendor, a provider and a hub.
    pub struct Connection {
        /// Id of the connection, `CT-…`.
        pub id: String,
        /// Environment of the connection: test, preview or production.
        #[doc(alias = "type")]
        pub kind: Environment = "type",
        /// State of the connection.
        pub status: ConnectionStatus,
        /// Provider of the connection.
        pub provider: Option<Box<Account>>,
        /// Vendor of the connection.
        pub vendor: Option<Box<Account>>,
        /// Hub of the connection.
        pub hub: Option<Box<Hub>>,
        /// The product, in a hub's connections.
        pub product: Option<Box<Product>>,
        /// Time at which the connection was created.
        pub created_at: Option<OffsetDateTime>,
        /// Which versions of the product it sells.
        pub product_version_type: ProductVersionKind,
        /// Where the system's API is.
        pub endpoint_url: Option<String>,
        /// Where the system's pages are.
        pub frontend_url: Option<String>,
        /// The key that the connection signs with.
        pub oauth_key: Option<Secret>,
        /// The secret that the connection signs with.
        pub oauth_secret: Option<Secret>,
        /// The connection's version.
        pub version: Option<String>,
        /// Note on the connection.
        pub note: Option<String>,
        /// The connection's creation.
        pub events: Events,
    }
}

model! {
    /// A provider's marketplace; in most places a reference with id, name and icon.
    pub struct Marketplace {
        /// Id of the marketplace, `MP-…`.
        pub id: String,
        /// Display name of the marketplace.
        pub name: Option<String>,
        /// Description of the marketplace.
        pub description: Option<String>,
        /// Provider that owns the marketplace.
        pub owner: Option<Box<Account>>,
        /// Path of the marketplace's logo.
        pub icon: Option<String>,
        /// Part of the world of the marketplace.
        pub zone: Zone,
        /// Hubs that serve the marketplace.
        pub hubs: Vec<ExtIdHub>,
        /// Number of contracts are in force; also in `stats`.
        pub active_contracts: Option<i64>,
        /// The countries that the marketplace sells in.
        pub countries: Vec<Country>,
        /// Whether the marketplace sources from others, in old answers.
        pub sourcing: Option<bool>,
        /// The marketplace's currency, ISO 4217.
        pub currency: Option<String>,
        /// The marketplace's second currency.
        pub alt_currency_1: Option<String>,
        /// The marketplace's third currency.
        pub alt_currency_2: Option<String>,
        /// Capabilities of the marketplace.
        pub capabilities: Option<Box<MarketplaceCapabilities>>,
        /// Attributes of the marketplace; free-form.
        pub attributes: Option<Value>,
        /// Numbers of the marketplace's agreements, contracts and listings.
        pub stats: Option<MarketplaceStats>,
        /// Events of the marketplace: creation and last change.
        pub events: Events,
        /// The languages that the marketplace speaks.
        pub locales: Vec<Reference>,
    }
    // The specification has the id alone in the answer to the creation of a usage file.
    text = |id| Marketplace { id: id.to_owned(), ..Marketplace::default() };
}

model! {
    /// What a marketplace supports.
    pub struct MarketplaceCapabilities {
        /// Whether the marketplace supports listings.
        pub listing: Option<ListingCapabilities>,
        /// Whether the marketplace supports price lists.
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
        /// Whether the marketplace's external ids suit the commerce system.
        pub commerce_compatibility: Option<bool>,
    }
}

model! {
    /// Counters of a marketplace.
    pub struct MarketplaceStats {
        /// Number of hubs serve it.
        pub hubs: Option<i64>,
        /// Number of contracts are in force.
        pub contracts: Option<i64>,
    }
}

model! {
    /// A hub with its id for something: a marketplace, or a part of a usage file.
    #[doc(alias = "Binding")]
    pub struct ExtIdHub {
        /// Hub of the ext id hub.
        pub hub: Option<Box<Hub>>,
        /// Id in its system of the ext id hub.
        pub external_id: Option<String>,
    }
}

model! {
    /// A country.
    pub struct Country {
        /// Code of the country, ISO 3166 alpha-2.
        pub id: String,
        /// Name of the country.
        pub name: Option<String>,
        /// Path of the country's flag.
        pub icon: Option<String>,
        /// The part of the world, as a word.
        pub zone: Option<String>,
        /// Phone prefix of the country.
        pub prefix: Option<String>,
    }
}

open_enum! {
    /// What something is for: trial or business.
    pub enum Environment {
        /// The environment is for business.
        Production = "production" | "prod",
        /// The environment is for trial.
        Test = "test",
        /// The environment is for previews.
        Preview = "preview",
    }
}

open_enum! {
    /// The state of a connection.
    pub enum ConnectionStatus {
        /// The connection was asked for.
        Pending = "pending",
        /// The connection was agreed to.
        Approved = "approved",
        /// The connection was refused.
        Rejected = "rejected",
        /// The connection has ended.
        Revoked = "revoked",
        /// The connection is in use.
        Active = "active",
    }
}

open_enum! {
    /// Which versions of a product a connection sells.
    pub enum ProductVersionKind {
        /// The product version is for everyone.
        Public = "public",
        /// The product version is for trial.
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
        /// The country is in Africa.
        Africa = "AF",
        /// The country is in North America.
        NorthAmerica = "NA",
        /// The country is in Oceania.
        Oceania = "OC",
        /// The country is in Asia.
        Asia = "AS",
        /// The country is in Europe.
        Europe = "EU",
        /// The country is in South America.
        SouthAmerica = "SA",
    }
}
