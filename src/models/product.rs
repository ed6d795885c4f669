//! Products: what is sold, with everything the vendor says of it.

use time::OffsetDateTime;

use super::model::{model, open_enum};
use super::{Account, Capabilities, Events, OneOrMany, Reference};

model! {
    /// A product; in most places a reference with id, name, icon and status.
    pub struct Product {
        /// `PRD-…`, in old answers `CN-…`.
        pub id: String,
        /// The shown name.
        pub name: Option<String>,
        /// Id in the vendor's system.
        pub external_id: Option<String>,
        /// Path or URL of the logo.
        pub icon: Option<String>,
        /// Its state.
        pub status: ProductStatus,
        /// What it is, in a reference.
        pub description: Option<String>,
        /// What it is, in a line.
        pub short_description: Option<String>,
        /// What it is, as markdown.
        pub detailed_description: Option<String>,
        /// What its requests can be; `capabilities` says it in more detail.
        pub configurations: Option<ProductConfiguration>,
        /// What the customer sees.
        pub customer_ui_settings: Option<Box<CustomerUiSettings>>,
        /// The number of this version.
        pub version: Option<i64>,
        /// When this version was published.
        pub published_at: Option<OffsetDateTime>,
        /// Its category; no longer in use.
        pub category: Option<Box<ProductCategory>>,
        /// The vendor.
        pub owner: Option<Box<Account>>,
        /// Whether this is the newest version.
        pub latest: Option<bool>,
        /// Pictures and films: one, or a list.
        pub media: OneOrMany<Media>,
        /// Who writes rules for its usage.
        pub usage_rule: Option<Box<UsageRuleSettings>>,
        /// Counters.
        pub stats: Option<Box<ProductStats>>,
        /// What it supports; lists of assets and tier configs have it only if it is selected.
        pub capabilities: Option<Box<Capabilities>>,
        /// Who can see it.
        pub visibility: Option<ProductVisibility>,
        /// What is new in this version.
        pub changes_description: Option<String>,
        /// Whether this version is for everyone.
        pub public: Option<bool>,
        /// Whether this version is for trial.
        pub staging: Option<bool>,
        /// The product to buy instead after the end of sale.
        pub replacement: Option<Box<Product>>,
        /// What to know about the end of sale.
        pub end_of_sale_notes: Option<String>,
        /// Creation, publication and last change.
        pub events: Events,
        /// The program that extends the product.
        pub extensions: Option<Box<Extension>>,
        /// How it is sold.
        pub purchase_model: PurchaseModel,
    }
}

model! {
    /// What the requests of a product can be.
    pub struct ProductConfiguration {
        /// Whether assets can be suspended and resumed.
        pub suspend_resume_supported: Option<bool>,
        /// Whether requests tell of the reseller.
        pub requires_reseller_information: Option<bool>,
    }
}

model! {
    /// What the customer sees of a product.
    pub struct CustomerUiSettings {
        /// What it is.
        pub description: Option<String>,
        /// How to begin, as markdown.
        pub getting_started: Option<String>,
        /// Programs to download.
        pub download_links: Vec<DownloadLink>,
        /// Documents to read.
        pub documents: Vec<Document>,
        /// Languages; the ids are like `EN` or `en_EN`.
        pub languages: Vec<Reference>,
        /// What to show while the asset is being made.
        pub provisioning_message: Option<String>,
    }
}

model! {
    /// A program to download.
    pub struct DownloadLink {
        /// The shown name.
        pub title: Option<String>,
        /// Where it is.
        pub url: Option<String>,
        /// Whom it is for.
        pub visible_for: VisibleFor,
    }
}

model! {
    /// A document to read.
    pub struct Document {
        /// The shown name.
        pub title: Option<String>,
        /// Where it is.
        pub url: Option<String>,
        /// Whom it is for; not documented, but sent.
        pub visible_for: VisibleFor,
    }
}

model! {
    /// A category of products; no longer in use.
    pub struct ProductCategory {
        /// `CAT-…`.
        pub id: String,
        /// The name.
        pub name: Option<String>,
        /// The category above.
        pub parent: Option<Box<ProductCategory>>,
        /// The categories below.
        pub children: Vec<ProductCategory>,
        /// The family it belongs to.
        pub family: Option<Box<ProductFamily>>,
    }
}

model! {
    /// A family of categories.
    pub struct ProductFamily {
        /// `FAM-…`.
        pub id: String,
        /// The name.
        pub name: Option<String>,
    }
}

model! {
    /// A picture or film of a product.
    pub struct Media {
        /// The id.
        pub id: String,
        /// Picture or film.
        #[doc(alias = "type")]
        pub kind: Option<String> = "type",
        /// A small picture of it.
        pub thumbnail: Option<String>,
        /// Where it is.
        pub url: Option<String>,
    }
}

model! {
    /// Who writes rules for the usage of a product.
    pub struct UsageRuleSettings {
        /// Whether there are rules.
        pub enabled: Option<bool>,
        /// The providers they hold for.
        pub providers: Vec<Reference>,
    }
}

model! {
    /// Counters of a product.
    pub struct ProductStats {
        /// How many versions there are.
        pub versions: Option<i64>,
        /// How many listings, in old answers.
        pub listings: Option<i64>,
        /// How many listings, by the name in the reference SDK.
        pub listing: Option<i64>,
        /// How many agreements, in old answers.
        pub agreements: Option<ProductStatsInfo>,
        /// How many contracts, in old answers.
        pub contracts: Option<ProductStatsInfo>,
    }
}

model! {
    /// A number for each side of the market.
    pub struct ProductStatsInfo {
        /// For distribution.
        pub distribution: Option<i64>,
        /// For sourcing.
        pub sourcing: Option<i64>,
    }
}

model! {
    /// Who can see a product.
    pub struct ProductVisibility {
        /// Its owner.
        pub owner: Option<bool>,
        /// Whoever lists it.
        pub listing: Option<bool>,
        /// Whoever syndicates it.
        pub syndication: Option<bool>,
        /// Whoever looks at the catalog.
        pub catalog: Option<bool>,
    }
}

model! {
    /// The program that extends a product.
    pub struct Extension {
        /// The id.
        pub id: String,
        /// The name.
        pub name: Option<String>,
        /// Its state.
        pub status: Option<String>,
        /// Where its package is.
        pub package_url: Option<String>,
    }
}

model! {
    /// An action of a product: a link that the customer or the reseller can call.
    #[doc(alias = "Action")]
    pub struct ProductAction {
        /// The id.
        pub id: String,
        /// The word that calls it.
        pub action: Option<String>,
        /// The name.
        pub name: Option<String>,
        /// The shown name.
        pub title: Option<String>,
        /// What kind of action it is, `button`.
        #[doc(alias = "type")]
        pub kind: Option<String> = "type",
        /// What it belongs to, `asset`.
        pub scope: Option<String>,
        /// What it does.
        pub description: Option<String>,
        /// Creation and last change.
        pub events: Events,
    }
}

open_enum! {
    /// The state of a product.
    pub enum ProductStatus (any case) {
        /// Not offered yet.
        Draft = "draft",
        /// Being made.
        InDevelopment = "indevelopment",
        /// Being certified.
        OnCertification = "oncertification",
        /// Offered.
        Published = "published",
        /// Could not be set up.
        InitializationFailed = "initializationfailed",
        /// Gone.
        Deleted = "deleted",
        /// No longer offered.
        EndOfSale = "endofsale" | "End of Sale",
    }
}

open_enum! {
    /// How a product is sold.
    pub enum PurchaseModel {
        /// By orders on the platform.
        Transactable = "transactable",
        /// By sending the customer to the vendor.
        Referral = "referral",
    }
}

open_enum! {
    /// Whom a download or a document is for.
    pub enum VisibleFor {
        /// The customer's administrator.
        Admin = "admin",
        /// Everyone.
        User = "user",
    }
}
