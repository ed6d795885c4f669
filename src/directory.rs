//! Reading what there is: subscriptions, products, tier configs, tier accounts, marketplaces.
//!
//! A list is read page by page while it is walked, narrowed by a [`Query`]; what has an id is read by it, and is `None`
//! where the platform knows none of this id.
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

    fn list<T: DeserializeOwned>(self, path: &str, query: &Query) -> Pages<'c, T> {
        Pages::new(self.http, path, query)
    }

    /// A list narrowed to the configured products.
    fn list_of_products<T: DeserializeOwned>(
        self,
        path: &str,
        property: &str,
        query: &Query,
    ) -> Pages<'c, T> {
        match self.products {
            [] => self.list(path, query),
            products => self.list(path, &query.clone().in_(property, products)),
        }
    }

    fn find<T: DeserializeOwned>(self, list: &str, id: &str) -> Result<Option<T>> {
        self.http.find(&format!("{list}/{}", segment(id)?))
    }

    /// What belongs to the object with this id.
    fn part<T: DeserializeOwned>(self, list: &str, id: &str, part: &str, query: &Query) -> Pages<'c, T> {
        Pages::at(self.http, segment(id).map(|id| format!("{list}/{id}/{part}")), query)
    }

    /// Subscriptions of the configured products.
    pub fn assets(self, query: &Query) -> Pages<'c, Asset> {
        self.list_of_products("/assets", "product.id", query)
    }

    /// One subscription, `AS-…`, with its template and pending request, which lists leave out.
    pub fn asset(self, id: &str) -> Result<Option<Asset>> {
        self.find("/assets", id)
    }

    /// The orders of a subscription, in the short form the platform lists them in; the whole of one is
    /// [`Fulfillment::request`](crate::fulfillment::Fulfillment::request).
    pub fn asset_requests(self, id: &str) -> Pages<'c, AssetRequestItem> {
        self.part("/assets", id, "requests", &Query::new())
    }

    /// The text of a subscription's template for the customer, in markdown.
    pub fn render_asset(self, id: &str) -> Result<String> {
        self.http.get(&format!("/assets/{}/render", segment(id)?))?.text()
    }

    /// Products that the key can see, configured or not.
    pub fn products(self, query: &Query) -> Pages<'c, Product> {
        self.list("/products", query)
    }

    /// One product, `PRD-…`.
    pub fn product(self, id: &str) -> Result<Option<Product>> {
        self.find("/products", id)
    }

    /// Templates of a product, by which orders are approved and inquired.
    pub fn product_templates(self, id: &str) -> Pages<'c, Template> {
        self.part("/products", id, "templates", &Query::new())
    }

    /// One template of a product, `TL-…`.
    pub fn product_template(self, id: &str, template_id: &str) -> Result<Option<Template>> {
        self.find(&format!("/products/{}/templates", segment(id)?), template_id)
    }

    /// Values of a product's configuration parameters, for each item and marketplace where they have such.
    ///
    /// Filters: `parameter.id`, `parameter.title`, `parameter.scope`, `marketplace.id`, `marketplace.name`, `item.id`,
    /// `item.name`, `value`.
    pub fn product_configurations(self, id: &str, query: &Query) -> Pages<'c, ProductConfigurationParameter> {
        self.part("/products", id, "configurations", query)
    }

    /// Definitions of a product's parameters.
    pub fn product_parameters(self, id: &str, query: &Query) -> Pages<'c, Param> {
        self.part("/products", id, "parameters", query)
    }

    /// Definitions of a product's items.
    pub fn product_items(self, id: &str, query: &Query) -> Pages<'c, Item> {
        self.part("/products", id, "items", query)
    }

    /// Configurations of resellers for the configured products.
    pub fn tier_configs(self, query: &Query) -> Pages<'c, TierConfig> {
        self.list_of_products("/tier/configs", "product.id", query)
    }

    /// One configuration of a reseller, `TC-…`.
    pub fn tier_config(self, id: &str) -> Result<Option<TierConfig>> {
        self.find("/tier/configs", id)
    }

    /// Customers and resellers.
    pub fn tier_accounts(self, query: &Query) -> Pages<'c, TierAccount> {
        self.list("/tier/accounts", query)
    }

    /// One customer or reseller, `TA-…`.
    pub fn tier_account(self, id: &str) -> Result<Option<TierAccount>> {
        self.find("/tier/accounts", id)
    }

    /// Changes of customers' and resellers' data that wait to be taken over, for the configured products.
    pub fn tier_account_requests(self, query: &Query) -> Pages<'c, TierAccountRequest> {
        self.list_of_products("/tier/account-requests", "product.id", query)
    }

    /// Marketplaces that the key can see.
    pub fn marketplaces(self, query: &Query) -> Pages<'c, Marketplace> {
        self.list("/marketplaces", query)
    }

    /// One marketplace, `MP-…`.
    pub fn marketplace(self, id: &str) -> Result<Option<Marketplace>> {
        self.find("/marketplaces", id)
    }
}
