//! Hubs, their connections to products, and marketplaces.

use serde_json::Value;
use time::OffsetDateTime;

use super::model::{model, open_enum};
use super::{Account, Events, Product, Reference, Secret};

model! {
    /// A hub: the commerce system of a provider.
    pub struct Hub {
        /// Id of the hub, `HB-…`.
        pub id: String,
        /// Name of the hub.
        pub name: Option<String>,
        /// Description of the hub.
        pub description: Option<String>,
        /// Provider that owns the hub.
        pub company: Option<Box<Account>>,
        /// Events of the hub: created, updated.
        pub events: Events,
        /// Numbers of connections and marketplaces of the hub.
        pub stats: Option<HubStats>,
        /// Commerce system behind the hub.
        pub instance: Option<HubInstance>,
        /// Id of the commerce system, in old references.
        pub instance_id: Option<String>,
        /// Type of the commerce system behind the hub.
        pub instance_type: HubKind,
        /// Version of the commerce system.
        pub version: Option<String>,
        /// Version of the Connect extension in the commerce system.
        pub extension_version: Option<String>,
        /// Time of the hub's last health check.
        pub last_health_check: Option<OffsetDateTime>,
        /// Id of the provider, in old references.
        pub account_id: Option<String>,
        /// UUID of the hub, in old references.
        pub uuid: Option<String>,
    }
}

model! {
    /// The commerce system behind a hub.
    pub struct HubInstance {
        /// Id of the commerce system.
        pub id: String,
        /// Type of the commerce system.
        #[doc(alias = "type")]
        pub kind: HubKind = "type",
    }
}

model! {
    /// Numbers of connections and marketplaces of a hub.
    pub struct HubStats {
        /// Number of connections of the hub.
        pub connections: Option<i64>,
        /// Number of marketplaces of the hub.
        pub marketplaces: Option<i64>,
    }
}

model! {
    /// A connection of a product with a hub, between a vendor and a provider.
    pub struct Connection {
        /// Id of the connection, `CT-…`.
        pub id: String,
        /// Type of the connection: production, test or preview.
        #[doc(alias = "type")]
        pub kind: Environment = "type",
        /// Status of the connection.
        pub status: ConnectionStatus,
        /// Provider of the connection.
        pub provider: Option<Box<Account>>,
        /// Vendor of the connection.
        pub vendor: Option<Box<Account>>,
        /// Hub of the connection.
        pub hub: Option<Box<Hub>>,
        /// Product of the connection; only in the connections of a hub.
        pub product: Option<Box<Product>>,
        /// Time at which the connection was created.
        pub created_at: Option<OffsetDateTime>,
        /// Type of the product version that the connection uses: public or staging.
        pub product_version_type: ProductVersionKind,
        /// URL of the API endpoint.
        pub endpoint_url: Option<String>,
        /// URL of the front end.
        pub frontend_url: Option<String>,
        /// OAuth key of the connection.
        pub oauth_key: Option<Secret>,
        /// OAuth secret of the connection.
        pub oauth_secret: Option<Secret>,
        /// Version of the connection.
        pub version: Option<String>,
        /// Note of the connection.
        pub note: Option<String>,
        /// Events of the connection: created.
        pub events: Events,
    }
}

model! {
    /// A marketplace of a provider. Most payloads hold a reference with id, name and icon.
    pub struct Marketplace {
        /// Id of the marketplace, `MP-…`.
        pub id: String,
        /// Display name of the marketplace.
        pub name: Option<String>,
        /// Description of the marketplace.
        pub description: Option<String>,
        /// Provider that owns the marketplace.
        pub owner: Option<Box<Account>>,
        /// Path of the marketplace's icon.
        pub icon: Option<String>,
        /// Zone of the marketplace, a continent.
        pub zone: Zone,
        /// Hubs of the marketplace, with the marketplace's id in each.
        pub hubs: Vec<ExtIdHub>,
        /// Number of active contracts of the marketplace; also in `stats`.
        pub active_contracts: Option<i64>,
        /// Countries of the marketplace.
        pub countries: Vec<Country>,
        /// Whether the marketplace is for sourcing, in old payloads.
        pub sourcing: Option<bool>,
        /// Main currency of the marketplace, an ISO 4217 code.
        pub currency: Option<String>,
        /// First alternative currency of the marketplace.
        pub alt_currency_1: Option<String>,
        /// Second alternative currency of the marketplace.
        pub alt_currency_2: Option<String>,
        /// Capabilities of the marketplace.
        pub capabilities: Option<Box<MarketplaceCapabilities>>,
        /// Attributes of the marketplace, as free-form JSON.
        pub attributes: Option<Value>,
        /// Numbers of hubs and contracts of the marketplace.
        pub stats: Option<MarketplaceStats>,
        /// Events of the marketplace: created, updated.
        pub events: Events,
        /// Locales of the marketplace.
        pub locales: Vec<Reference>,
    }
}

model! {
    /// Capabilities of a marketplace.
    pub struct MarketplaceCapabilities {
        /// Capabilities of the marketplace for listings.
        pub listing: Option<ListingCapabilities>,
        /// Capabilities of the marketplace for price lists.
        pub price_list: Option<PriceListCapabilities>,
    }
}

model! {
    /// Capabilities of a marketplace for listings.
    pub struct ListingCapabilities {
        /// Whether referral products are listed automatically.
        pub referral_auto: Option<bool>,
    }
}

model! {
    /// Capabilities of a marketplace for price lists.
    pub struct PriceListCapabilities {
        /// Whether price lists are compatible with the commerce system.
        pub commerce_compatibility: Option<bool>,
    }
}

model! {
    /// Numbers of hubs and contracts of a marketplace.
    pub struct MarketplaceStats {
        /// Number of hubs of the marketplace.
        pub hubs: Option<i64>,
        /// Number of contracts of the marketplace.
        pub contracts: Option<i64>,
    }
}

model! {
    /// A hub with the id that a marketplace or a usage chunk has in it.
    #[doc(alias = "Binding")]
    pub struct ExtIdHub {
        /// Hub that the external id belongs to.
        pub hub: Option<Box<Hub>>,
        /// Id in the system of the hub.
        pub external_id: Option<String>,
    }
}

model! {
    /// A country.
    pub struct Country {
        /// ISO 3166 alpha-2 code of the country.
        pub id: String,
        /// Name of the country.
        pub name: Option<String>,
        /// Path of the country's flag.
        pub icon: Option<String>,
        /// Zone of the country as a word, such as `Asia`, in old payloads.
        pub zone: Option<String>,
        /// Phone prefix of the country.
        pub prefix: Option<String>,
    }
}

open_enum! {
    /// Environment of an object: production, test or preview.
    pub enum Environment {
        /// The object is for production.
        Production = "production" | "prod",
        /// The object is for tests.
        Test = "test",
        /// The object is for a preview.
        Preview = "preview",
    }
}

open_enum! {
    /// Status of a connection.
    pub enum ConnectionStatus {
        /// The connection is pending and not approved yet.
        Pending = "pending",
        /// The connection is approved.
        Approved = "approved",
        /// The connection was rejected.
        Rejected = "rejected",
        /// The connection was revoked.
        Revoked = "revoked",
        /// The connection is active.
        Active = "active",
    }
}

open_enum! {
    /// Type of the product version that a connection uses.
    pub enum ProductVersionKind {
        /// The connection uses the public version of the product.
        Public = "public",
        /// The connection uses the staging version of the product.
        Staging = "staging",
    }
}

open_enum! {
    /// Type of the commerce system behind a hub.
    pub enum HubKind (any case) {
        /// The commerce system is the one of the platform's own vendor (`OA`).
        Oa = "OA",
        /// The commerce system uses the Connect API (`API`).
        Api = "API",
    }
}

open_enum! {
    /// Zone of a marketplace, a continent.
    pub enum Zone {
        /// Africa (`AF`).
        Africa = "AF",
        /// North America (`NA`).
        NorthAmerica = "NA",
        /// Oceania (`OC`).
        Oceania = "OC",
        /// Asia (`AS`).
        Asia = "AS",
        /// Europe (`EU`).
        Europe = "EU",
        /// South America (`SA`).
        SouthAmerica = "SA",
    }
}
