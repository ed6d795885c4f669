//! Products: what is sold, with everything the vendor says of it.

use time::OffsetDateTime;

use super::model::{model, open_enum};
use super::{Account, Capabilities, Events, OneOrMany, Reference};

model! {
    /// A product; in most places a reference with id, name, icon and status.
    pub struct Product {
        /// `PRD-…`, in old answers `CN-…`.
        pub id: String,
        /// Display name of the product.
        pub name: Option<String>,
        /// Id in the vendor's system.
        pub external_id: Option<String>,
        /// Path or URL of the logo.
        pub icon: Option<String>,
        /// State of the product.
        pub status: ProductStatus,
        /// Description of the product, in references to it.
        pub description: Option<String>,
        /// Short description of the product.
        pub short_description: Option<String>,
        /// Detailed description of the product, as markdown.
        pub detailed_description: Option<String>,
        /// Request types that the product supports; `capabilities` tells more.
        pub configurations: Option<ProductConfiguration>,
        /// Settings of what the customer sees of the product.
        pub customer_ui_settings: Option<Box<CustomerUiSettings>>,
        /// Number of this version of the product.
        pub version: Option<i64>,
        /// When this version was published.
        pub published_at: Option<OffsetDateTime>,
        /// The product's category; no longer in use.
        pub category: Option<Box<ProductCategory>>,
        /// Vendor that owns the product.
        pub owner: Option<Box<Account>>,
        /// Whether this is the newest version.
        pub latest: Option<bool>,
        /// Pictures and films: one, or a list.
        pub media: OneOrMany<Media>,
        /// User who writes rules for the products usage.
        pub usage_rule: Option<Box<UsageRuleSettings>>,
        /// Numbers of the product's listings, agreements and contracts.
        pub stats: Option<Box<ProductStats>>,
        /// Capabilities of the product; lists of assets and tier configs have them only if they are selected.
        pub capabilities: Option<Box<Capabilities>>,
        /// User who can see the product.
        pub visibility: Option<ProductVisibility>,
        /// Description of what is new in this version.
        pub changes_description: Option<String>,
        /// Whether this version is for everyone.
        pub public: Option<bool>,
        /// Whether this version is for trial.
        pub staging: Option<bool>,
        /// Product that replaces this one after its end of sale.
        pub replacement: Option<Box<Product>>,
        /// Notes on the product's end of sale.
        pub end_of_sale_notes: Option<String>,
        /// Creation, publication and last change.
        pub events: Events,
        /// Extension of the product.
        pub extensions: Option<Box<Extension>>,
        /// Way in which the product is sold.
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
        /// Description of the product for the customer.
        pub description: Option<String>,
        /// How to begin, as markdown.
        pub getting_started: Option<String>,
        /// Programs that the customer downloads.
        pub download_links: Vec<DownloadLink>,
        /// Documents that the customer reads.
        pub documents: Vec<Document>,
        /// Languages; the ids are like `EN` or `en_EN`.
        pub languages: Vec<Reference>,
        /// Message that is shown while the asset is being provisioned.
        pub provisioning_message: Option<String>,
    }
}

model! {
    /// A program to download.
    pub struct DownloadLink {
        /// Display name of the download link.
        pub title: Option<String>,
        /// Address of the download.
        pub url: Option<String>,
        /// Users that see the link.
        pub visible_for: VisibleFor,
    }
}

model! {
    /// A document to read.
    pub struct Document {
        /// Display name of the document.
        pub title: Option<String>,
        /// Address of the document.
        pub url: Option<String>,
        /// Whom it is for; not documented, but sent.
        pub visible_for: VisibleFor,
    }
}

model! {
    /// A category of products; no longer in use.
    pub struct ProductCategory {
        /// Id of the product category, `CAT-…`.
        pub id: String,
        /// Name of the product category.
        pub name: Option<String>,
        /// Category above this one.
        pub parent: Option<Box<ProductCategory>>,
        /// Categories below this one.
        pub children: Vec<ProductCategory>,
        /// The family that the product category belongs to.
        pub family: Option<Box<ProductFamily>>,
    }
}

model! {
    /// A family of categories.
    pub struct ProductFamily {
        /// Id of the product family, `FAM-…`.
        pub id: String,
        /// Name of the product family.
        pub name: Option<String>,
    }
}

model! {
    /// A picture or film of a product.
    pub struct Media {
        /// Id of the image or video.
        pub id: String,
        /// Kind of the medium: image or video.
        #[doc(alias = "type")]
        pub kind: Option<String> = "type",
        /// A small picture of it.
        pub thumbnail: Option<String>,
        /// Address of the image or video.
        pub url: Option<String>,
    }
}

model! {
    /// Who writes rules for the usage of a product.
    pub struct UsageRuleSettings {
        /// Whether the product has usage rules.
        pub enabled: Option<bool>,
        /// Providers that the usage rules apply to.
        pub providers: Vec<Reference>,
    }
}

model! {
    /// Counters of a product.
    pub struct ProductStats {
        /// Number of versions there are.
        pub versions: Option<i64>,
        /// Number of listings, in old answers.
        pub listings: Option<i64>,
        /// Number of listings, by the name in the reference SDK.
        pub listing: Option<i64>,
        /// Number of agreements, in old answers.
        pub agreements: Option<ProductStatsInfo>,
        /// Number of contracts, in old answers.
        pub contracts: Option<ProductStatsInfo>,
    }
}

model! {
    /// A number for each side of the market.
    pub struct ProductStatsInfo {
        /// Number for distribution.
        pub distribution: Option<i64>,
        /// Number for sourcing.
        pub sourcing: Option<i64>,
    }
}

model! {
    /// Who can see a product.
    pub struct ProductVisibility {
        /// The product visibility's owner.
        pub owner: Option<bool>,
        /// Whether accounts that list the product see it.
        pub listing: Option<bool>,
        /// Whether accounts that syndicate the product see it.
        pub syndication: Option<bool>,
        /// Whoever looks at the catalog.
        pub catalog: Option<bool>,
    }
}

model! {
    /// The program that extends a product.
    pub struct Extension {
        /// Id of the extension.
        pub id: String,
        /// Name of the extension.
        pub name: Option<String>,
        /// State of the extension.
        pub status: Option<String>,
        /// Address of the extension's package.
        pub package_url: Option<String>,
    }
}

model! {
    /// An action of a product: a link that the customer or the reseller can call.
    #[doc(alias = "Action")]
    pub struct ProductAction {
        /// Id of the product action.
        pub id: String,
        /// Name by which the product action is called.
        pub action: Option<String>,
        /// Name of the product action.
        pub name: Option<String>,
        /// Display name of the product action.
        pub title: Option<String>,
        /// Kind of the action, such as `button`.
        #[doc(alias = "type")]
        pub kind: Option<String> = "type",
        /// Scope of the product action, such as `asset`.
        pub scope: Option<String>,
        /// Description of the product action.
        pub description: Option<String>,
        /// Events of the product action: creation and last change.
        pub events: Events,
    }
}

open_enum! {
    /// The state of a product.
    pub enum ProductStatus (any case) {
        /// The product is not offered yet.
        Draft = "draft",
        /// The product is in development.
        InDevelopment = "indevelopment",
        /// The product is being certified.
        OnCertification = "oncertification",
        /// The product is offered.
        Published = "published",
        /// Could not be set up.
        InitializationFailed = "initializationfailed",
        /// The product was deleted.
        Deleted = "deleted",
        /// The product is no longer offered.
        EndOfSale = "endofsale" | "End of Sale",
    }
}

open_enum! {
    /// How a product is sold.
    pub enum PurchaseModel {
        /// Customers order the product on the platform.
        Transactable = "transactable",
        /// Customers are sent to the vendor.
        Referral = "referral",
    }
}

open_enum! {
    /// Whom a download or a document is for.
    pub enum VisibleFor {
        /// Only the customer's administrator sees it.
        Admin = "admin",
        /// Every user sees it.
        User = "user",
    }
}
