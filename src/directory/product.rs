//! One product and what belongs to it.

use crate::error::Result;
use crate::http::{Http, segment};
use crate::models::{Item, Param, Product, ProductConfigurationParameter, Template};
use crate::page::Pages;
use crate::rql::Query;

/// One product, by its id; nothing is read before one of its methods is called.
#[derive(Debug, Clone)]
pub struct ProductHandle<'c> {
    http: &'c Http,
    id: String,
}

impl<'c> ProductHandle<'c> {
    pub(super) fn new(http: &'c Http, id: &str) -> Self {
        Self { http, id: id.to_owned() }
    }

    /// The product itself, or `None` where there is none of this id.
    pub fn get(&self) -> Result<Option<Product>> {
        self.http.get_if_there(&format!("/products/{}", segment(&self.id)?))
    }

    /// Its templates, by which orders are approved and inquired.
    pub fn templates(&self) -> Result<Pages<'c, Template>> {
        self.list("templates", &Query::new())
    }

    /// One template, `TL-…`.
    pub fn template(&self, id: &str) -> Result<Option<Template>> {
        self.http.get_if_there(&format!("/products/{}/templates/{}", segment(&self.id)?, segment(id)?))
    }

    /// The values of its configuration parameters, for each item and marketplace where they have such.
    ///
    /// Filters: `parameter.id`, `parameter.title`, `parameter.scope`, `marketplace.id`, `marketplace.name`, `item.id`,
    /// `item.name`, `value`.
    pub fn configurations(&self, query: &Query) -> Result<Pages<'c, ProductConfigurationParameter>> {
        self.list("configurations", query)
    }

    /// The definitions of its parameters.
    pub fn parameters(&self, query: &Query) -> Result<Pages<'c, Param>> {
        self.list("parameters", query)
    }

    /// The definitions of its items.
    pub fn items(&self, query: &Query) -> Result<Pages<'c, Item>> {
        self.list("items", query)
    }

    fn list<T: serde::de::DeserializeOwned>(&self, part: &str, query: &Query) -> Result<Pages<'c, T>> {
        Ok(Pages::new(self.http, &format!("/products/{}/{part}", segment(&self.id)?), query))
    }
}
