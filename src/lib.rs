//! A blocking, single-threaded client for [CloudBlue Connect](https://connect.cloudblue.com), made for programs that
//! cron starts.
//!
//! A vendor's product sells on marketplaces. Each order arrives on Connect as a *fulfillment request* that must be
//! approved, failed, inquired or skipped. You write the decision as a closure. This crate lists the waiting orders, asks
//! the closure, carries its answer out exactly once even when answers get lost, and reports. It has no async, no runtime
//! and no threads.
//!
//! # Quick start
//!
//! ```no_run
//! use std::process::ExitCode;
//!
//! use connect::models::ParamUpdate;
//! use connect::{Action, Approval, Connect};
//!
//! fn main() -> anyhow::Result<ExitCode> {
//! #   #[cfg(feature = "logger")]
//!     connect::logger::init();
//!     let connect = Connect::from_file("config.json")?;
//!     let report = connect.process_fulfillments(|request| {
//!         let Some(email) = request.value("email") else {
//!             return Err(Action::inquire([ParamUpdate::error("email", "Please give an e-mail address")]));
//!         };
//!         let tenant = make_tenant(email)?;
//!         Ok(Approval::template("TL-497-535-242").with_params([ParamUpdate::value("tenant_id", tenant)]))
//!     })?;
//!     report.print();
//!     Ok(ExitCode::from(report.exit_code()))
//! }
//! # fn make_tenant(_: &str) -> anyhow::Result<String> { Ok("t-42".into()) }
//! ```
//!
//! `config.json` holds `apiEndpoint`, `apiKey` and `products`. [`Config`] describes the other settings and how to leave
//! the key out of the file. [`Connect::check`] tells whether the configuration works.
//!
//! # The loop
//!
//! | the closure answers | sent for an order |
//! |---|---|
//! | [`Ok(Approval::template(id))`](Approval::template) | an update if it has params, then POST `approve` |
//! | [`Err(Action::inquire(params))`](Action::inquire) | an update if there are params, then POST `inquire` |
//! | [`Err(Action::fail(reason))`](Action::fail) | POST `fail` |
//! | [`Err(Action::skip())`](Action::skip) | nothing, but for a message if it was given one |
//! | [`Err(Action::later(after, why))`](Action::later) | nothing: with a [`ledger`] it is tried again after that time |
//! | [`Err(Action::Schedule(date))`](Action::Schedule), `Revoke`, `Confirm`, `Pend` | the POST of that name |
//! | any error through `?`, or a panic | nothing: the order stays pending and is reported as errored |
//!
//! After an approval ("Activated using template TL-….") and after an inquiry or a skip that was given a message, that
//! message is added to the order's conversation, if an open one exists. Everybody in the conversation reads it.
//! `anyhow::bail!` does not fit a closure that returns an [`Action`]: use `?`, or [`Action::error`].
//!
//! In a run, each waiting order reaches the closure exactly once, oldest first, however long the queue is and whatever
//! others do to it meanwhile. One page is in memory at a time. One bad order never stops the run. When the answer to a
//! call is lost, or is not the platform's, the order is looked up. So nothing is approved twice, nothing is reported that
//! did not happen, and the report tells what was confirmed, observed and [unknown](Certainty). Unknown orders are looked
//! up once more at the end of the run. When the platform ends a run, the report holds what was done and
//! [the cause](Report::error).
//!
//! [`Options`] narrow a run, limit it in number and time, make it a dry run that prints what would be sent, and let an
//! observer see each outcome. A [`Lock`] keeps two runs of one job apart. A closure is tested without any server: feed
//! it a [`models::Request`] made from JSON, and look at the [`Plan`] that [`fulfillment::plan`] makes of its answer; or
//! run the whole program on the [`sandbox`].
//!
//! The same loop handles [tier config requests](tier_config), [usage listings and usage files](usage).
//!
//! # Memory
//!
//! The loop is exact on the platform's side. On the vendor's side, an approval that fails after a tenant was made leads to a
//! second tenant in the next run, unless the job remembers the first. With the feature `ledger` it does, in one file:
//!
//! ```
//! # #[cfg(all(feature = "ledger", feature = "sandbox"))]
//! # fn main() -> anyhow::Result<()> {
//! # use connect::{Approval, models::ParamUpdate};
//! # let (folder, sandbox) = (tempfile::tempdir()?, connect::sandbox::Sandbox::start()?);
//! # let (path, connect) = (folder.path().join("ledger.db"), sandbox.connect()?);
//! use connect::{Ledger, Options};
//!
//! let ledger = Ledger::open(path)?;
//! let report = connect.fulfillment().process_with(Options::new().ledger(&ledger), |request| {
//!     let tenant: String = ledger.work(request).step("tenant").run(|key| make_tenant(key))?;
//!     Ok(Approval::template("TL-497-535-242").with_params([ParamUpdate::value("tenant_id", &tenant)]))
//! })?;
//! # assert!(report.approved() > 0);
//! # Ok(()) }
//! # #[cfg(not(all(feature = "ledger", feature = "sandbox")))]
//! # fn main() {}
//! # fn make_tenant(key: &str) -> anyhow::Result<String> { Ok(format!("t-{}", key.len())) }
//! ```
//!
//! A step is run once for its order, over all runs of one machine, and undone where its order fails. The ledger also bounds
//! how often an order is tried, tells an outage of the vendor's systems from bad orders, and knows what was told already.
//! `connect::cookbook` has a recipe for each, `connect::ledger` tells how it works.
//!
//! # Reading
//!
//! [`directory`] lists subscriptions, products, tier configs, accounts and marketplaces, page by page as the iterator is
//! walked. A [`Query`](rql::Query) narrows a list; whatever is in its values arrives at the server as it is, or is
//! refused before a call.
//!
//! ```no_run
//! # fn main() -> connect::Result<()> {
//! # let connect = connect::Connect::from_file("config.json")?;
//! use connect::rql::Query;
//!
//! let query = Query::new().equal("status", "active").like("tiers.customer.name", "*GmbH").ordering(["-created"]);
//! for asset in connect.directory().assets(&query) {
//!     println!("{}", asset?.id);
//! }
//! # Ok(()) }
//! ```
//!
//! [`models`] take what the platform sends, nulls, numbers for text and values not seen before included. What is not
//! modelled is reached with [`Connect::get`], [`post`](Connect::post), [`update`](Connect::update),
//! [`delete`](Connect::delete) and [`list`](Connect::list), into types of your own.
//!
//! # Usage
//!
//! [`usage().report(periods, closure)`](usage) asks for the usage of each day or month that the platform does not have yet,
//! and `usage().settle()` submits it once it is processed. `usage().submit(file, records)` is the single file: it takes
//! records from any iterator, checks them as they stream into a workbook on disk, and uploads it, once per external id. One
//! bad row stops everything before the first call and is named with all others.
//!
//! # Errors
//!
//! Everything returns [`Error`], one variant for each thing that can be done about it. Its text is one line that names
//! the call and what the platform said. Reads and updates are repeated where that helps; what must not be done twice is
//! not.
//!
//! # Logging and secrets
//!
//! The crate logs through [`log`](https://docs.rs/log): a line for each request at `info`, each call at `debug`, bodies
//! without secrets at `trace`, and, when a request fails, what was done for it. Each line of a request's processing
//! names it. Nothing is written before the program starts a logger, such as `connect::logger`, which also keeps the HTTP
//! and TLS crates below from writing raw traffic. With a logger of your own, cap `ureq`, `ureq_proto` and `rustls` at
//! `info`: at `trace` they write headers.
//!
//! The key appears in no log line, no error, no `Debug`, and goes to the endpoint's origin only.
//!
//! # Features
//!
//! - `xlsx` (default): usage workbooks, with a spreadsheet writer.
//! - `xlsx-read`: what the platform says of each row of an invalid usage file, and checks of workbooks made elsewhere.
//! - `logger` (default): `connect::logger`, over `env_logger`.
//! - `ledger`: `connect::ledger`, memory between runs in an SQLite file: steps of the vendor's side are run once. The package
//!   `connect-sdk-postgres` keeps it on PostgreSQL, for many machines.
//! - `sandbox`: [`sandbox`], the platform on loopback, for tests and demonstrations. Exempt from semver until 1.0.
//!
//! # Versions
//!
//! The least Rust version is 1.89 and rises in minor releases only. New variants and fields of non-exhaustive types,
//! new fields of structs whose literals end in `..Default::default()`, and any text of a log line or an error are no
//! breaking change.
//!

#![cfg_attr(docsrs, feature(doc_cfg))]

mod address;
mod check;
mod config;
mod connect;
mod error;
#[cfg(fuzzing)]
pub mod fuzzing;
mod http;
mod lock;
mod page;
mod process;
mod scope;
mod text;

#[cfg(all(feature = "ledger", feature = "sandbox"))]
pub mod cookbook;
pub mod directory;
pub mod from_python;
pub mod fulfillment;
#[cfg(feature = "ledger")]
pub mod ledger;
#[cfg(feature = "logger")]
pub mod logger;
pub mod models;
pub mod rql;
#[cfg(feature = "sandbox")]
pub mod sandbox;
pub mod tier_config;
pub mod usage;

pub use check::CheckError;
pub use config::{Config, ConfigError, ConfigErrorKind, UpdateMethod};
pub use connect::Connect;
pub use error::{ApiError, Conflict, DecodeError, Error, InputError, Result, TransportError};
#[cfg(feature = "ledger")]
pub use error::{LedgerError, LedgerErrorKind};
#[cfg(feature = "ledger")]
pub use ledger::{Ledger, step};
pub use lock::Lock;
pub use page::Pages;
pub use process::{
    Action, Approval, CallKind, Certainty, Inquiry, Later, Options, Outcome, Plan, PlannedCall, Report, Skip,
    Stop, Verdict,
};
pub use serde_json::Value;
pub use time::{Date, OffsetDateTime};

#[cfg(all(doctest, feature = "logger", feature = "xlsx"))]
#[doc = include_str!("../README.md")]
struct Readme;
