//! Reading what there is: subscriptions, products, tier configs, tier accounts, marketplaces.
//!
//! A list is read page by page while it is walked, narrowed by a [`Query`]; what has an id is read by it, and is `None`
//! where the platform knows none of this id. A name in the query that the list does not have is
//! [`Error::Input`](crate::Error::Input) as its first element, and no call is made.
//!
//! ```no_run
//! # fn main() -> connect::Result<()> {
//! use connect::{Connect, rql::Query};
//!
//! let connect = Connect::from_file("config.json")?;
//! let directory = connect.directory();
//! for asset in directory.assets(&Query::new().equal("status", "active").ordering(["-created"]).limit(10)) {
//!     let asset = asset?;
//!     println!("{} {:?}", asset.id, asset.param("email"));
//! }
//! let templates = directory.product_templates("PRD-000-000-001").collect::<connect::Result<Vec<_>>>()?;
//! # let _ = templates;
//! # Ok(()) }
//! ```

use serde::de::DeserializeOwned;

use crate::error::Result;
use crate::http::{Http, segment};
use crate::models::{
    Asset, AssetRequestItem, Item, Marketplace, Param, Product, ProductConfigurationParameter, Template,
    TierAccount, TierAccountRequest, TierConfig,
};
use crate::page::Pages;
use crate::rql::Query;
use crate::rql::names::{self, Names};

/// What there is; see the [module](self).
#[derive(Debug, Clone, Copy)]
pub struct Directory<'c> {
    http: &'c Http,
    products: &'c [String],
}

impl<'c> Directory<'c> {
    pub(crate) fn new(http: &'c Http, products: &'c [String]) -> Self {
        Self { http, products }
    }

    fn list<T: DeserializeOwned>(self, names: &Names, query: &Query) -> Pages<'c, T> {
        Pages::new(self.http, names, query)
    }

    /// A list narrowed to the configured products.
    fn list_of_products<T: DeserializeOwned>(self, names: &Names, query: &Query) -> Pages<'c, T> {
        match self.products {
            [] => self.list(names, query),
            products => self.list(names, &query.clone().in_("product.id", products)),
        }
    }

    fn find<T: DeserializeOwned>(self, list: &str, id: &str) -> Result<Option<T>> {
        self.http.find(&format!("{list}/{}", segment(id)?))
    }

    /// What belongs to the product with this id.
    fn part<T: DeserializeOwned>(self, id: &str, names: &Names, query: &Query) -> Pages<'c, T> {
        let list = segment(id).map(|id| names.list.replace("{id}", &id));
        Pages::below(self.http, list, names, query)
    }

    /// All that belongs to the object with this id.
    fn parts<T: DeserializeOwned>(self, list: &str, id: &str, part: &str) -> Pages<'c, T> {
        Pages::at(self.http, segment(id).map(|id| format!("{list}/{id}/{part}")), &Query::new())
    }

    /// Subscriptions of the configured products.
    ///
    /// # Names
    #[doc = include_str!("rql/names/assets.md")]
    pub fn assets(self, query: &Query) -> Pages<'c, Asset> {
        self.list_of_products(&names::ASSETS, query)
    }

    /// One subscription, `AS-…`, with its template and pending request, which lists leave out.
    pub fn asset(self, id: &str) -> Result<Option<Asset>> {
        self.find("/assets", id)
    }

    /// The orders of a subscription, in the short form the platform lists them in; the whole of one is
    /// [`Fulfillment::request`](crate::fulfillment::Fulfillment::request).
    pub fn asset_requests(self, id: &str) -> Pages<'c, AssetRequestItem> {
        self.parts("/assets", id, "requests")
    }

    /// The text of a subscription's template for the customer, in markdown.
    pub fn render_asset(self, id: &str) -> Result<String> {
        self.http.get(&format!("/assets/{}/render", segment(id)?))?.text()
    }

    /// Products that the key can see, configured or not.
    ///
    /// # Names
    #[doc = include_str!("rql/names/products.md")]
    pub fn products(self, query: &Query) -> Pages<'c, Product> {
        self.list(&names::PRODUCTS, query)
    }

    /// One product, `PRD-…`.
    pub fn product(self, id: &str) -> Result<Option<Product>> {
        self.find("/products", id)
    }

    /// Templates of a product, by which orders are approved and inquired.
    pub fn product_templates(self, id: &str) -> Pages<'c, Template> {
        self.parts("/products", id, "templates")
    }

    /// One template of a product, `TL-…`.
    pub fn product_template(self, id: &str, template_id: &str) -> Result<Option<Template>> {
        self.find(&format!("/products/{}/templates", segment(id)?), template_id)
    }

    /// Values of a product's configuration parameters, for each item and marketplace where they have such.
    ///
    /// # Names
    #[doc = include_str!("rql/names/product_configurations.md")]
    pub fn product_configurations(self, id: &str, query: &Query) -> Pages<'c, ProductConfigurationParameter> {
        self.part(id, &names::PRODUCT_CONFIGURATIONS, query)
    }

    /// Definitions of a product's parameters.
    ///
    /// # Names
    #[doc = include_str!("rql/names/product_parameters.md")]
    pub fn product_parameters(self, id: &str, query: &Query) -> Pages<'c, Param> {
        self.part(id, &names::PRODUCT_PARAMETERS, query)
    }

    /// Definitions of a product's items.
    ///
    /// # Names
    #[doc = include_str!("rql/names/product_items.md")]
    pub fn product_items(self, id: &str, query: &Query) -> Pages<'c, Item> {
        self.part(id, &names::PRODUCT_ITEMS, query)
    }

    /// Configurations of resellers for the configured products.
    ///
    /// # Names
    #[doc = include_str!("rql/names/tier_configs.md")]
    pub fn tier_configs(self, query: &Query) -> Pages<'c, TierConfig> {
        self.list_of_products(&names::TIER_CONFIGS, query)
    }

    /// One configuration of a reseller, `TC-…`.
    pub fn tier_config(self, id: &str) -> Result<Option<TierConfig>> {
        self.find("/tier/configs", id)
    }

    /// Customers and resellers.
    ///
    /// # Names
    #[doc = include_str!("rql/names/tier_accounts.md")]
    pub fn tier_accounts(self, query: &Query) -> Pages<'c, TierAccount> {
        self.list(&names::TIER_ACCOUNTS, query)
    }

    /// One customer or reseller, `TA-…`.
    pub fn tier_account(self, id: &str) -> Result<Option<TierAccount>> {
        self.find("/tier/accounts", id)
    }

    /// Changes of customers' and resellers' data that wait to be taken over, for the configured products.
    ///
    /// # Names
    #[doc = include_str!("rql/names/tier_account_requests.md")]
    pub fn tier_account_requests(self, query: &Query) -> Pages<'c, TierAccountRequest> {
        self.list_of_products(&names::TIER_ACCOUNT_REQUESTS, query)
    }

    /// Marketplaces that the key can see.
    ///
    /// # Names
    #[doc = include_str!("rql/names/marketplaces.md")]
    pub fn marketplaces(self, query: &Query) -> Pages<'c, Marketplace> {
        self.list(&names::MARKETPLACES, query)
    }

    /// One marketplace, `MP-…`.
    pub fn marketplace(self, id: &str) -> Result<Option<Marketplace>> {
        self.find("/marketplaces", id)
    }
}
