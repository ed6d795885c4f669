//! Tier config requests: the set-up of resellers.
//!
//! ```no_run
//! use connect::{Action, Approval, Connect, models::ParamUpdate};
//!
//! # fn main() -> connect::Result<()> {
//! let connect = Connect::from_file("config.json")?;
//! let report = connect.tier_config().process(|request| match request.param("reseller_no") {
//!     Some(number) if number.has_value() => Ok(Approval::template("TL-497-535-242")),
//!     _ => Err(Action::inquire([ParamUpdate::error("reseller_no", "Please give the number")])),
//! })?;
//! report.print();
//! # Ok(()) }
//! ```

use serde_json::json;
use time::OffsetDateTime;

use crate::error::Result;
use crate::fulfillment::{Assignee, assign};
use crate::http::{Http, segment, to_json};
use crate::models::{Param, ParamUpdate, TierConfig, TierConfigRequest};
use crate::page::Pages;
use crate::process::{Action, Approval, Options, Queue, Report, run};
use crate::rql::Query;
use crate::rql::names::{self, Names};

mod plan;

pub use plan::plan;

/// Tier config requests; see the [module](self).
#[derive(Debug, Clone, Copy)]
pub struct TierConfigs<'c> {
    http: &'c Http,
    products: &'c [String],
}

impl Queue for TierConfigRequest {
    const LIST: &'static str = "/tier/config-requests";
    const NAME: &'static str = "tier config requests";
    const NAMES: &'static Names = &names::TIER_CONFIG_REQUESTS;
    const CREATED: &'static str = "created";
    const PRODUCT: &'static str = "configuration.product.id";
    const STATUS: &'static str = "pending";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> Option<OffsetDateTime> {
        self.events.created()
    }

    fn product_id(&self) -> &str {
        self.product_id()
    }

    fn status(&self) -> &str {
        self.status.as_str()
    }

    fn secrets(&self) -> impl Iterator<Item = &str> {
        self.params.iter().filter(|param| param.is_secret()).filter_map(Param::text)
    }

    fn asset_id(&self) -> Option<&str> {
        Some(self.configuration.id.as_str()).filter(|id| !id.is_empty())
    }

    #[cfg(feature = "ledger")]
    fn round(&self) -> serde_json::Value {
        crate::fulfillment::customers_values(&self.params)
    }

    fn kind(&self) -> Option<&str> {
        Some(self.kind.as_str()).filter(|kind| !kind.is_empty())
    }
}

impl<'c> TierConfigs<'c> {
    pub(crate) fn new(http: &'c Http, products: &'c [String]) -> Self {
        Self { http, products }
    }

    /// Hands each pending request of the configured products to `decide`, oldest first, and carries out what it
    /// answers.
    ///
    /// | answer | calls |
    /// |---|---|
    /// | `Ok(Approval)` | an update if it has params, then POST `approve` |
    /// | `Err(Action::inquire(…))` | an update if it has params, then POST `inquire` |
    /// | `Err(Action::fail(…))` | POST `fail` |
    /// | `Err(Action::skip())`, `Err(Action::later(…))` | none |
    /// | `Err(Action::Pend)` | POST `pend` |
    /// | any error through `?` | none: the request stays pending and is reported as errored |
    ///
    /// These requests have no conversations, so no message is sent; a message of an inquiry or a skip is reported
    /// only. [`Approval::tile`] is sent the way the older platform took it.
    ///
    /// # Errors
    ///
    /// When listing fails, or the platform does; a single request that cannot be handled is an outcome of the report.
    pub fn process(
        self,
        decide: impl FnMut(&TierConfigRequest) -> Result<Approval, Action>,
    ) -> Result<Report> {
        self.process_with(Options::new(), decide)
    }

    /// [`process`](Self::process), in other pages, other states, fewer requests, or without sending anything.
    ///
    /// # Errors
    ///
    /// As [`process`](Self::process), and [`Error::Input`](crate::Error::Input) for a filter that cannot be said or that
    /// [`requests`](Self::requests) does not have.
    pub fn process_with(
        self,
        options: Options<'_>,
        mut decide: impl FnMut(&TierConfigRequest) -> Result<Approval, Action>,
    ) -> Result<Report> {
        run(self.http, self.products, options, |request| plan(request, decide(request)))
    }

    /// Requests that match, of all products that the key can see.
    ///
    /// # Names
    #[doc = include_str!("rql/names/tier_config_requests.md")]
    pub fn requests(self, query: &Query) -> Pages<'c, TierConfigRequest> {
        Pages::new(self.http, TierConfigRequest::NAMES, query)
    }

    /// One request, or `None` where there is none of this id.
    pub fn request(self, id: &str) -> Result<Option<TierConfigRequest>> {
        self.http.find(&TierConfigRequest::path(id)?)
    }

    /// The configuration of an account for a product, as its last approved request left it.
    ///
    /// `tier_level` is 1 or 2; `None` takes whichever was approved last.
    pub fn tier_config_for(
        self,
        account_id: &str,
        product_id: &str,
        tier_level: Option<u8>,
    ) -> Result<Option<TierConfig>> {
        let mut query = Query::new()
            .equal("status", "approved")
            .equal("configuration.account.id", account_id)
            .equal("configuration.product.id", product_id);
        if let Some(level) = tier_level {
            query = query.equal("configuration.tier_level", u32::from(level));
        }
        // Without an order, which of several comes first is the platform's whim.
        let last = self.requests(&query.ordering(["-created"]).limit(1)).next().transpose()?;
        Ok(last.map(|request| request.configuration))
    }

    /// Stores values in a request's parameters, and what is wrong with them.
    pub fn update_parameters(self, id: &str, params: &[ParamUpdate]) -> Result<TierConfigRequest> {
        self.http.update_and_read(&TierConfigRequest::path(id)?, &to_json(&plan::Params { params })?)
    }

    /// Stores the notes of a request, 2,000 characters at most. The platform takes them in the state `pending`.
    pub fn update_notes(self, id: &str, notes: &str) -> Result<TierConfigRequest> {
        self.http.update(&TierConfigRequest::path(id)?, &to_json(&json!({ "notes": notes }))?)?.read()
    }

    /// The text of a request's template, in markdown.
    pub fn render(self, id: &str) -> Result<String> {
        self.http.get(&format!("{}/render", TierConfigRequest::path(id)?))?.text()
    }

    /// The text of a configuration's template, in markdown; `id` is that of the configuration, `TC-…`.
    pub fn render_configuration(self, id: &str) -> Result<String> {
        self.http.get(&format!("/tier/configs/{}/render", segment(id)?))?.text()
    }

    /// Puts an inquired request back to pending.
    pub fn pend(self, id: &str) -> Result<()> {
        self.http.post(&format!("{}/pend", TierConfigRequest::path(id)?), None)?.acknowledge()
    }

    /// Makes somebody responsible for a request.
    pub fn assign(self, id: &str, to: Assignee<'_>) -> Result<()> {
        assign(self.http, &TierConfigRequest::path(id)?, to)
    }

    /// Makes nobody responsible for a request.
    pub fn unassign(self, id: &str) -> Result<()> {
        self.http.post(&format!("{}/unassign", TierConfigRequest::path(id)?), None)?.acknowledge()
    }
}
