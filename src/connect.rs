//! The facade: owns the connection, lends the handles.

use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::config::Config;
use crate::directory::Directory;
use crate::error::{Error, Result};
use crate::fulfillment::Fulfillment;
use crate::http::{Http, to_json};
use crate::models::{Listing, Request, TierConfigRequest, UsageFile};
use crate::page::Pages;
use crate::process::{Action, Approval, Report};
use crate::rql::Query;
use crate::tier_config::TierConfigs;
use crate::usage::{FileAction, Usage};

/// One account on one Connect, over one connection that is kept alive.
///
/// Cheap to make: nothing is sent before the first call. Everything takes `&self`, so a closure may use the same
/// `Connect` that is calling it. It may move to another thread but not be shared between threads.
#[derive(Debug)]
pub struct Connect {
    pub(crate) http: Http,
    config: Config,
    #[cfg(feature = "xlsx")]
    made: crate::usage::Made,
}

impl Connect {
    /// A client for this configuration.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] for a setting that is out of range and for a CA file whose certificates cannot all be read.
    pub fn new(config: Config) -> Result<Self> {
        config.check()?;
        Ok(Self {
            http: Http::new(&config)?,
            config,
            #[cfg(feature = "xlsx")]
            made: crate::usage::Made::default(),
        })
    }

    /// A client for the configuration in a JSON file; see [`Config::from_file`].
    ///
    /// # Errors
    ///
    /// [`Error::Config`], which names the file, the key and what to do.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self> {
        Self::new(Config::from_file(path)?)
    }

    /// What this client was made with.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Whether a closure is asked in a dry run, so that it must make nothing in the vendor's systems.
    ///
    /// Steps of a [ledger](crate::Ledger) know it by themselves. Parameters that a closure stores at once, such as with
    /// [`update_parameters`](crate::fulfillment::Fulfillment::update_parameters), are planned and not sent.
    pub fn is_dry_run(&self) -> bool {
        crate::scope::is_dry_run()
    }

    /// Assets, products, tier configs, tier accounts, marketplaces: reading what there is.
    pub fn directory(&self) -> Directory<'_> {
        Directory::new(&self.http, self.config.product_ids())
    }

    /// Orders, and the conversations about them.
    pub fn fulfillment(&self) -> Fulfillment<'_> {
        Fulfillment::new(&self.http, self.config.product_ids())
    }

    /// The set-up of resellers.
    pub fn tier_config(&self) -> TierConfigs<'_> {
        TierConfigs::new(&self.http, self.config.product_ids())
    }

    /// Metered usage: reporting it, and handling what was reported.
    pub fn usage(&self) -> Usage<'_> {
        Usage::new(
            &self.http,
            self.config.product_ids(),
            #[cfg(feature = "xlsx")]
            &self.made,
        )
    }

    /// Hands each pending order of the configured products to `decide` and carries out what it answers.
    ///
    /// # Errors
    ///
    /// When listing fails, or the platform does; a single order that cannot be handled is an outcome of the report.
    pub fn process_fulfillments(
        &self,
        decide: impl FnMut(&Request) -> Result<Approval, Action>,
    ) -> Result<Report> {
        self.fulfillment().process(decide)
    }

    /// Hands each pending tier config request of the configured products to `decide` and carries out what it answers.
    ///
    /// # Errors
    ///
    /// As [`process_fulfillments`](Self::process_fulfillments).
    pub fn process_tier_configs(
        &self,
        decide: impl FnMut(&TierConfigRequest) -> Result<Approval, Action>,
    ) -> Result<Report> {
        self.tier_config().process(decide)
    }

    /// Hands each listed listing of the configured products to `report`, which submits usage for it or does not.
    ///
    /// # Errors
    ///
    /// As [`process_fulfillments`](Self::process_fulfillments).
    pub fn process_usage_listings(
        &self,
        report: impl FnMut(&Listing) -> anyhow::Result<Option<UsageFile>>,
    ) -> Result<Report> {
        self.usage().process_listings(report)
    }

    /// Hands each usage file of the configured products that is ready to `decide` and carries out what it answers.
    ///
    /// # Errors
    ///
    /// As [`process_fulfillments`](Self::process_fulfillments).
    pub fn process_usage_files(
        &self,
        decide: impl FnMut(&UsageFile) -> anyhow::Result<FileAction>,
    ) -> Result<Report> {
        self.usage().process_files(decide)
    }
}

/// # Calls that are not modelled
///
/// Any path of the API, with the same authentication, repetitions, errors and logs. A path is relative to the endpoint,
/// such as `/hubs/HB-0000-0000`, and is sent as it is: encode what you put into it.
impl Connect {
    /// GET, decoded into a type of your own. An answer without a body reads as `null`.
    pub fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        self.http.get(&rooted(path)?)?.read()
    }

    /// GET of what is no JSON, such as a rendered template.
    pub fn text(&self, path: &str) -> Result<String> {
        self.http.get(&rooted(path)?)?.text()
    }

    /// POST; repeated only where it certainly was not carried out. A body that is `null` in JSON, such as `&()`, is
    /// not sent. An answer without a body reads as `null`.
    pub fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T> {
        self.http.post(&rooted(path)?, bytes(body)?.as_deref())?.read()
    }

    /// A partial update, sent with the verb that this server takes; see [`UpdateMethod`](crate::UpdateMethod).
    pub fn update<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T> {
        self.http.update(&rooted(path)?, bytes(body)?.as_deref().unwrap_or(b"{}"))?.read()
    }

    /// DELETE.
    pub fn delete(&self, path: &str) -> Result<()> {
        self.http.delete(&rooted(path)?).map(drop)
    }

    /// A list, read page by page into a type of your own.
    ///
    /// # Errors
    ///
    /// [`Error::Input`] as the first element, for a path that is none, or that has a query: say that in `query`.
    pub fn list<T: DeserializeOwned>(&self, path: &str, query: &Query) -> Pages<'_, T> {
        let list = rooted(path).and_then(|path| {
            if path.contains('?') {
                return Err(Error::input(format!("{path} has a query: say it with the query argument")));
            }
            Ok(path)
        });
        Pages::at(&self.http, list, query)
    }
}

fn rooted(path: &str) -> Result<String> {
    let path = path.trim_start_matches('/');
    if path.is_empty() || path.contains("://") || path.split(['/', '?']).any(|part| part == "..") {
        return Err(Error::input(format!("{path:?} is no path below the endpoint")));
    }
    Ok(format!("/{path}"))
}

fn bytes(body: &impl Serialize) -> Result<Option<Vec<u8>>> {
    let bytes = to_json(body)?;
    Ok((bytes != b"null").then_some(bytes))
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_client_may_move_to_another_thread() {
        fn moves<T: Send>() {}
        moves::<super::Connect>();
    }
}
