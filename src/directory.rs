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
//! let templates = directory.product("PRD-000-000-001").templates()?.collect::<connect::Result<Vec<_>>>()?;
//! # let _ = templates;
//! # Ok(()) }
//! ```

use crate::connect::Connect;
use crate::error::Result;
use crate::http::{Http, segment};
use crate::models::{
    Asset, AssetRequestItem, Marketplace, Product, TierAccount, TierAccountRequest, TierConfig,
};
use crate::page::Pages;
use crate::rql::Query;

mod product;

pub use product::ProductHandle;

/// What there is; see the [module](self).
#[derive(Debug, Clone, Copy)]
pub struct Directory<'c> {
    connect: &'c Connect,
}

impl<'c> Directory<'c> {
    pub(crate) fn new(connect: &'c Connect) -> Self {
        Self { connect }
    }

    fn http(self) -> &'c Http {
        &self.connect.http
    }

    /// The query, narrowed to the configured products.
    fn of_products(self, property: &str, query: &Query) -> Query {
        match self.connect.config().product_ids() {
            [] => query.clone(),
            products => query.clone().in_(property, products),
        }
    }

    /// Subscriptions of the configured products.
    pub fn assets(self, query: &Query) -> Pages<'c, Asset> {
        Pages::new(self.http(), "/assets", &self.of_products("product.id", query))
    }

    /// One subscription, `AS-…`, with its template and pending request, which lists leave out.
    pub fn asset(self, id: &str) -> Result<Option<Asset>> {
        self.http().get_if_there(&format!("/assets/{}", segment(id)?))
    }

    /// The orders of a subscription, in the short form the platform lists them in; the whole of one is
    /// [`Fulfillment::request`](crate::fulfillment::Fulfillment::request).
    pub fn asset_requests(self, id: &str) -> Result<Pages<'c, AssetRequestItem>> {
        Ok(Pages::new(self.http(), &format!("/assets/{}/requests", segment(id)?), &Query::new()))
    }

    /// The text of a subscription's template for the customer, in markdown.
    pub fn render_asset(self, id: &str) -> Result<String> {
        self.http().text(&format!("/assets/{}/render", segment(id)?))
    }

    /// Products that the key can see, configured or not.
    pub fn products(self, query: &Query) -> Pages<'c, Product> {
        Pages::new(self.http(), "/products", query)
    }

    /// One product: [`get`](ProductHandle::get) it, or read what belongs to it.
    pub fn product(self, id: &str) -> ProductHandle<'c> {
        ProductHandle::new(self.http(), id)
    }

    /// Configurations of resellers for the configured products.
    pub fn tier_configs(self, query: &Query) -> Pages<'c, TierConfig> {
        Pages::new(self.http(), "/tier/configs", &self.of_products("product.id", query))
    }

    /// One configuration of a reseller, `TC-…`.
    pub fn tier_config(self, id: &str) -> Result<Option<TierConfig>> {
        self.http().get_if_there(&format!("/tier/configs/{}", segment(id)?))
    }

    /// Customers and resellers.
    pub fn tier_accounts(self, query: &Query) -> Pages<'c, TierAccount> {
        Pages::new(self.http(), "/tier/accounts", query)
    }

    /// One customer or reseller, `TA-…`.
    pub fn tier_account(self, id: &str) -> Result<Option<TierAccount>> {
        self.http().get_if_there(&format!("/tier/accounts/{}", segment(id)?))
    }

    /// Changes of customers' and resellers' data that wait to be taken over, for the configured products.
    pub fn tier_account_requests(self, query: &Query) -> Pages<'c, TierAccountRequest> {
        Pages::new(self.http(), "/tier/account-requests", &self.of_products("product.id", query))
    }

    /// Marketplaces that the key can see.
    pub fn marketplaces(self, query: &Query) -> Pages<'c, Marketplace> {
        Pages::new(self.http(), "/marketplaces", query)
    }

    /// One marketplace, `MP-…`.
    pub fn marketplace(self, id: &str) -> Result<Option<Marketplace>> {
        self.http().get_if_there(&format!("/marketplaces/{}", segment(id)?))
    }
}
