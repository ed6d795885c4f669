//! Products, as the vendor describes them.

use time::OffsetDateTime;

use super::model::{model, open_enum};
use super::{Account, Capabilities, Events, OneOrMany, Reference};

model! {
    /// A product. Most payloads hold a reference with id, name, icon and status.
    pub struct Product {
        /// Id of the product, `PRD-…`, in old payloads `CN-…`.
        pub id: String,
        /// Display name of the product.
        pub name: Option<String>,
        /// Id of the product in the vendor's system.
        pub external_id: Option<String>,
        /// Path or URL of the product's icon.
        pub icon: Option<String>,
        /// Status of the product.
        pub status: ProductStatus,
        /// Description of the product, in references.
        pub description: Option<String>,
        /// Short description of the product.
        pub short_description: Option<String>,
        /// Detailed description of the product, as markdown.
        pub detailed_description: Option<String>,
        /// Basic settings for the product's requests; `capabilities` is more detailed.
        pub configurations: Option<ProductConfiguration>,
        /// Settings for what the customer sees of the product.
        pub customer_ui_settings: Option<Box<CustomerUiSettings>>,
        /// Version number of the product.
        pub version: Option<i64>,
        /// Time at which this version of the product was published.
        pub published_at: Option<OffsetDateTime>,
        /// Category of the product; deprecated by the platform.
        pub category: Option<Box<ProductCategory>>,
        /// Vendor that owns the product.
        pub owner: Option<Box<Account>>,
        /// Whether this is the latest version of the product.
        pub latest: Option<bool>,
        /// Media of the product, such as images: one object or a list.
        pub media: OneOrMany<Media>,
        /// Usage rule settings of the product.
        pub usage_rule: Option<Box<UsageRuleSettings>>,
        /// Statistics of the product: numbers of versions, listings, agreements and contracts.
        pub stats: Option<Box<ProductStats>>,
        /// Capabilities of the product; lists of assets and tier configurations include them only on
        /// `select`.
        pub capabilities: Option<Box<Capabilities>>,
        /// Visibility of the product for the owner, listings, syndication and the catalog.
        pub visibility: Option<ProductVisibility>,
        /// Description of the changes in this version.
        pub changes_description: Option<String>,
        /// Whether this version of the product is public.
        pub public: Option<bool>,
        /// Whether this version of the product is for staging.
        pub staging: Option<bool>,
        /// Product that replaces this one after its end of sale.
        pub replacement: Option<Box<Product>>,
        /// Notes on the end of sale of the product.
        pub end_of_sale_notes: Option<String>,
        /// Events of the product: created, published, updated.
        pub events: Events,
        /// Extensions of the product: one object or a list.
        pub extensions: OneOrMany<Extension>,
        /// Purchase model of the product: transactable or referral.
        pub purchase_model: PurchaseModel,
    }
}

model! {
    /// Basic settings for the requests of a product.
    pub struct ProductConfiguration {
        /// Whether the product supports suspend and resume requests.
        pub suspend_resume_supported: Option<bool>,
        /// Whether requests of the product include information about resellers.
        pub requires_reseller_information: Option<bool>,
    }
}

model! {
    /// Settings for what the customer sees of a product.
    pub struct CustomerUiSettings {
        /// Description of the product for the customer.
        pub description: Option<String>,
        /// Getting-started instructions, as markdown.
        pub getting_started: Option<String>,
        /// Download links of the product.
        pub download_links: Vec<DownloadLink>,
        /// Documents of the product.
        pub documents: Vec<Document>,
        /// Languages of the product, with ids such as `EN` or `en_EN`.
        pub languages: Vec<Reference>,
        /// Message shown while the asset is being provisioned.
        pub provisioning_message: Option<String>,
    }
}

model! {
    /// A download link of a product.
    pub struct DownloadLink {
        /// Display name of the download.
        pub title: Option<String>,
        /// URL of the download.
        pub url: Option<String>,
        /// Who can see the download link.
        pub visible_for: VisibleFor,
    }
}

model! {
    /// A document of a product.
    pub struct Document {
        /// Display name of the document.
        pub title: Option<String>,
        /// URL of the document.
        pub url: Option<String>,
        /// Who can see the document; payloads have it, the specification does not.
        pub visible_for: VisibleFor,
    }
}

model! {
    /// A product category; deprecated by the platform.
    pub struct ProductCategory {
        /// Id of the category, `CAT-…`.
        pub id: String,
        /// Name of the category.
        pub name: Option<String>,
        /// Parent category.
        pub parent: Option<Box<ProductCategory>>,
        /// Child categories.
        pub children: Vec<ProductCategory>,
        /// Family of the category.
        pub family: Option<Box<ProductFamily>>,
    }
}

model! {
    /// A family of product categories.
    pub struct ProductFamily {
        /// Id of the family, `FAM-…`.
        pub id: String,
        /// Name of the family.
        pub name: Option<String>,
    }
}

model! {
    /// An image or a video of a product.
    pub struct Media {
        /// Id of the medium.
        pub id: String,
        /// Type of the medium.
        #[doc(alias = "type")]
        pub kind: Option<String> = "type",
        /// Thumbnail of the medium.
        pub thumbnail: Option<String>,
        /// URL of the medium.
        pub url: Option<String>,
    }
}

model! {
    /// Usage rule settings of a product.
    pub struct UsageRuleSettings {
        /// Whether usage rules are enabled for the product.
        pub enabled: Option<bool>,
        /// Providers that the usage rules apply to.
        pub providers: Vec<Reference>,
    }
}

model! {
    /// Statistics of a product.
    pub struct ProductStats {
        /// Number of versions of the product.
        pub versions: Option<i64>,
        /// Number of listings of the product, in old payloads.
        pub listings: Option<i64>,
        /// Number of listings of the product, under the key of the Python SDK.
        pub listing: Option<i64>,
        /// Numbers of agreements of the product, in old payloads.
        pub agreements: Option<ProductStatsInfo>,
        /// Numbers of contracts of the product, in old payloads.
        pub contracts: Option<ProductStatsInfo>,
    }
}

model! {
    /// Numbers of agreements or contracts of a product, by type.
    pub struct ProductStatsInfo {
        /// Number of the type distribution.
        pub distribution: Option<i64>,
        /// Number of the type sourcing.
        pub sourcing: Option<i64>,
    }
}

model! {
    /// Visibility of a product.
    pub struct ProductVisibility {
        /// Whether the product is visible to its owner.
        pub owner: Option<bool>,
        /// Whether the product is visible for listing.
        pub listing: Option<bool>,
        /// Whether the product is visible for syndication.
        pub syndication: Option<bool>,
        /// Whether the product is visible in the catalog.
        pub catalog: Option<bool>,
    }
}

model! {
    /// An extension of a product.
    pub struct Extension {
        /// Id of the extension.
        pub id: String,
        /// Name of the extension.
        pub name: Option<String>,
        /// Status of the extension.
        pub status: Option<String>,
        /// URL of the extension's package.
        pub package_url: Option<String>,
    }
}

model! {
    /// An action of a product: a link that a customer or a reseller can open.
    #[doc(alias = "Action")]
    pub struct ProductAction {
        /// Id of the action.
        pub id: String,
        /// Key of the action, by which it is called.
        pub action: Option<String>,
        /// Name of the action.
        pub name: Option<String>,
        /// Display name of the action.
        pub title: Option<String>,
        /// Type of the action, such as `button`.
        #[doc(alias = "type")]
        pub kind: Option<String> = "type",
        /// Scope of the action, such as `asset`.
        pub scope: Option<String>,
        /// Description of the action.
        pub description: Option<String>,
        /// Events of the action: created, updated.
        pub events: Events,
    }
}

open_enum! {
    /// Status of a product.
    pub enum ProductStatus (any case) {
        /// The product is a draft.
        Draft = "draft",
        /// The product is in development.
        InDevelopment = "indevelopment",
        /// The product is in certification.
        OnCertification = "oncertification",
        /// The product is published.
        Published = "published",
        /// The initialization of the product failed.
        InitializationFailed = "initializationfailed",
        /// The product was deleted.
        Deleted = "deleted",
        /// The product is no longer sold (end of sale).
        EndOfSale = "endofsale" | "End of Sale",
    }
}

open_enum! {
    /// Purchase model of a product.
    pub enum PurchaseModel {
        /// Customers order the product on the platform (transactable).
        Transactable = "transactable",
        /// Customers are referred to the vendor (referral).
        Referral = "referral",
    }
}

open_enum! {
    /// Who can see a download link or a document.
    pub enum VisibleFor {
        /// Administrators can see it (`admin`).
        Admin = "admin",
        /// Users can see it (`user`).
        User = "user",
    }
}
