//! A sandbox: the Connect platform on loopback, inside the process. It serves demos, tests of this crate, and tests of
//! processors whose authors have no account to try them on.
//!
//! It has real sockets and HTTP/1.1 with keep-alive; RQL filters, ordering and pages with `Content-Range`; status
//! transitions that are refused as the platform refuses them; conversations, templates, and usage files whose workbook
//! is opened and checked. It keeps plain JSON and shares no model with the client, so it proves something about it.
//!
//! ```no_run
//! use connect::sandbox::Sandbox;
//!
//! let sandbox = Sandbox::start()?;
//! println!("{} {}", sandbox.url(), sandbox.api_key());
//! # std::io::Result::Ok(())
//! ```
//!
//! # A processor, tested
//!
//! Define a product, place orders of it, let the customer answer and a colleague be faster, and look at the states:
//!
//! ```
//! use connect::models::ParamUpdate;
//! use connect::sandbox::{NewOrder, NewProduct, Sandbox};
//! use connect::{Action, Approval};
//!
//! # fn main() -> anyhow::Result<()> {
//! // A product as the vendor defines it, and two orders of it as a distributor places them.
//! let sandbox = Sandbox::empty()?;
//! sandbox.define(
//!     NewProduct::new("PRD-100-200-300")
//!         .ordering_parameter("email")
//!         .fulfillment_parameter("tenant_id")
//!         .item("SEAT")
//!         .template("TL-100-200-300"),
//! );
//! let order = |email: &str| NewOrder::purchase("PRD-100-200-300").item("SEAT", 5).value("email", email);
//! let first = sandbox.order(order("no address"))?;
//! let second = sandbox.order(order("b@example.org"))?;
//!
//! // The processor: it asks for an address, or makes a tenant.
//! let run = || {
//!     sandbox.connect()?.process_fulfillments(|request| match request.value("email") {
//!         Some(email) if email.contains('@') => Ok(Approval::template("TL-100-200-300")
//!             .with_params([ParamUpdate::value("tenant_id", format!("t-{}", request.id))])),
//!         _ => Err(Action::inquire([ParamUpdate::error("email", "Please give an address")])),
//!     })
//! };
//!
//! // A colleague approves the second order just before the processor does.
//! let other = second.clone();
//! sandbox.before("POST", &format!("/requests/{second}/approve"), move |others| {
//!     others.approve(&other, "TL-100-200-300").unwrap();
//! });
//! let report = run()?;
//! assert_eq!((report.inquired(), report.already_done()), (1, 1));
//!
//! // The customer answers, and the order is approved.
//! assert_eq!(sandbox.status(&first).as_deref(), Some("inquiring"));
//! sandbox.answer(&first, [("email", "a@example.org")])?;
//! assert_eq!(run()?.approved(), 1);
//! assert_eq!(sandbox.status(&first).as_deref(), Some("approved"));
//! # Ok(())
//! # }
//! ```
//!
//! What others do is checked as any call is. It is neither in the [journal](Sandbox::journal) nor among the
//! [effects](Sandbox::effects): those are what the program under test did. Faults come [on demand](Sandbox::fault):
//!
//! ```
//! use connect::sandbox::{Fault, Sandbox, sample};
//!
//! let sandbox = Sandbox::empty()?;
//! sandbox.insert("requests", sample::request("PR-1000-0000-0001-001"));
//! sandbox.fault(Fault::on("POST", "/requests/*/approve").status(503).after_effect());
//! // … run a processor …
//! assert!(sandbox.transitions("PR-1000-0000-0001-001").is_empty());
//! # std::io::Result::Ok(())
//! ```
//!
//! # What it checks
//!
//! - Filters, look-ups and orderings are those that the platform documents for each list; others are refused, and unknown
//!   names are ignored, as the platform does.
//! - Bodies have documented fields only. Refusals have the platform's shape, with the codes `AUTH_001` for a wrong key,
//!   `METHOD_NOT_ALLOWED` for a wrong verb, and `SYS_001` for the rest.
//! - An order has the items and parameters that its product defines. A product without any, and one that is not defined in
//!   a sandbox without products, takes all.
//! - A usage file becomes `invalid` if its workbook lacks a column or a value, has a quantity or a time that is none, a
//!   `record_id` twice, a category that its sheet does not name, or an asset (`asset.…`, `parameter.…`) or item (`item.…`)
//!   that the product does not have. An upload without a file name or without a byte is refused.
//! - A collection that the platform does not have is refused: the methods that name one panic.
//!
//! # The demo data
//!
//! [`Sandbox::start`] begins with orders of every type, tier config requests, listings and usage files. They are clean: the
//! vendor's own clients handle all of them, see `tests/clients`. [`Builder::quirks`] adds what is seen in the data of the
//! platform and breaks clients that are not made for it.
//!
//! # Programs in other languages
//!
//! The example `sandbox` serves it as a process, with a line for each call. Its control path, [`Sandbox::control_url`], does
//! over HTTP what [`Sandbox`] does here, without a key: `GET` it to see all. `tests/clients/control_path.py` shows it.
//!
//! | | |
//! |---|---|
//! | `POST /_sandbox/products` | `{"id": "PRD-1", "ordering_parameters": ["email"], "items": ["SEAT"], "templates": ["TL-1"]}` |
//! | `POST /_sandbox/orders` | `{"type": "purchase", "product": "PRD-1", "items": {"SEAT": 5}, "values": {"email": "a@example.org"}}` |
//! | `POST /_sandbox/acts` | `{"act": "answer", "request": "PR-…", "values": {"email": "b@example.org"}}`; `approve` with `template`, `fail` with `reason`; `"before": {"method", "path"}` lets it wait for a call |
//! | `POST`, `DELETE /_sandbox/faults` | `{"method": "POST", "path": "/requests/*/approve", "status": 503, "after_effect": true}` |
//! | `GET`, `DELETE /_sandbox/journal` | the calls so far |
//! | `GET /_sandbox/effects` | what they changed |
//! | `GET`, `POST /_sandbox/store/{collection}` | the objects of a list |
//!
//! What it leaves out: no `state_change` messages appear in conversations on transitions, `t(…)` tuples of RQL are
//! refused, and resources that the SDK has no use for are read only or do not exist.
//!
//! This module is exempt from the promises of semantic versioning until 1.0.

// Each group uses the groups above it, and no file uses one that uses it.

// Plain parts.
mod clock;
mod message;
mod multipart;
mod options;
mod order;
mod rng;

// Queries.
mod fields;
mod filter;
mod rql;
mod scalar;
mod view;

// Data.
mod collection;
mod collections;
mod journal;
mod past;
mod pattern;
mod processed;
mod product;
pub mod sample;
mod store;
mod workbook;

// What happens to a call besides its handling.
mod error;
mod fault;
mod storage;

// Handlers, and the routes to them.
mod assets;
mod context;
mod conversations;
mod create;
mod lists;
mod params;
mod products;
mod requests;
mod router;
mod tiers;
mod usage;

// The other parties, and what they and the demo data begin with.
mod others;
mod seed;
mod state;

// Sockets.
mod control;
mod server;
mod wire;

// The way in.
mod builder;
mod client;
#[cfg(test)]
mod tests;

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

pub use builder::Builder;
pub use fault::{Chaos, Fault};
pub use journal::{Body, Effect, RecordedCall, StorageCall};
use options::BASE;
pub use order::NewOrder;
pub use others::Others;
use pattern::Pattern;
pub use product::NewProduct;
use server::{Listeners, Server};
use state::Interlude;
pub use store::Store;

/// A running sandbox. It stops, with all its threads, when it is dropped.
pub struct Sandbox {
    server: Arc<Server>,
    platform: SocketAddr,
    storage: SocketAddr,
}

impl Builder {
    /// Starts the sandbox: opens its two ports and fills it with the demo data, unless it is [`empty`](Self::empty).
    pub fn start(mut self) -> io::Result<Sandbox> {
        let listeners = Listeners::bind(self.port)?;
        let (platform, storage) = listeners.addresses()?;
        self.options.storage = format!("http://{storage}");
        let mut store = Store::default();
        if self.demo {
            seed::demo(&mut store, self.quirks);
        }
        let server = Server::start(self.options, store, listeners);
        Ok(Sandbox { server, platform, storage })
    }
}

impl Sandbox {
    /// A sandbox with the demo data: orders of every type, tier configs, listings, usage files.
    pub fn start() -> io::Result<Self> {
        Self::builder().start()
    }

    /// A sandbox without any data.
    pub fn empty() -> io::Result<Self> {
        Self::builder().empty().start()
    }

    /// A builder with the default settings.
    pub fn builder() -> Builder {
        Builder::new()
    }

    /// Endpoint of the API, for a configuration: `http://127.0.0.1:…/public/v1`.
    pub fn url(&self) -> String {
        format!("http://{}{BASE}", self.platform)
    }

    /// Origin of the storage, to which signed links lead: `http://127.0.0.1:…`.
    pub fn storage_url(&self) -> String {
        format!("http://{}", self.storage)
    }

    /// Address of the control path, by which programs in other languages do what [`Sandbox`] does here:
    /// `http://127.0.0.1:…/_sandbox/`. `GET` it to see what there is.
    pub fn control_url(&self) -> String {
        format!("http://{}{}", self.platform, control::PREFIX)
    }

    /// API key that the sandbox accepts, with `ApiKey ` in front.
    pub fn api_key(&self) -> &str {
        &self.server.options.api_key
    }

    /// Products that a processor is meant to handle: those that were [defined](Self::define) or inserted, and those of the
    /// demo data, but for the one of it that is another processor's. Without any, the products of the [`sample`]s.
    pub fn products(&self) -> Vec<String> {
        let products = self.all("products");
        let ids = products.iter().filter_map(|product| product["id"].as_str());
        let own: Vec<_> = ids.filter(|id| *id != sample::OTHERS_PRODUCT).map(str::to_owned).collect();
        if own.is_empty() {
            return vec![sample::PRODUCT.to_owned(), sample::SECOND_PRODUCT.to_owned()];
        }
        own
    }

    /// Defines a product, which [`config`](Self::config) and [`connect`](Self::connect) see from now on.
    pub fn define(&self, product: NewProduct) {
        product.define(&mut self.server.state().store);
    }

    /// Places an order, as a distributor does. The result is the id of its request. The [messages](Self::messages) of its
    /// conversation are found by the same id with `CO-` in the place of `PR-`.
    ///
    /// # Errors
    ///
    /// As [`Others::order`].
    pub fn order(&self, order: NewOrder) -> io::Result<String> {
        self.act(|others| others.order(order))
    }

    /// Lets the customer answer an inquiry.
    ///
    /// # Errors
    ///
    /// As [`Others::answer`].
    pub fn answer<K: AsRef<str>, V: Into<Value>>(
        &self,
        request: &str,
        values: impl IntoIterator<Item = (K, V)>,
    ) -> io::Result<()> {
        self.act(|others| others.answer(request, values))
    }

    /// Lets other parties of the platform act now.
    pub fn act<R>(&self, act: impl FnOnce(&mut Others<'_>) -> R) -> R {
        act(&mut Others::new(&mut self.server.state().store))
    }

    /// Lets other parties act between two calls: once, before the first call with this method and path is handled. The
    /// path is that of a [`Fault`].
    ///
    /// # Panics
    ///
    /// Dropping the sandbox panics where `act` did, and where the call never came: a test must not pass then.
    ///
    /// ```no_run
    /// use connect::sandbox::{NewOrder, NewProduct, Sandbox};
    ///
    /// let sandbox = Sandbox::empty()?;
    /// sandbox.define(NewProduct::new("PRD-1").item("SEAT"));
    /// let id = sandbox.order(NewOrder::purchase("PRD-1"))?;
    /// let order = id.clone();
    /// sandbox.before("POST", "/requests/*/approve", move |others| {
    ///     others.fail(&order, "the customer has changed his mind").unwrap();
    /// });
    /// # std::io::Result::Ok(())
    /// ```
    pub fn before(&self, method: &str, path: &str, act: impl FnOnce(&mut Others<'_>) + Send + 'static) {
        let interlude = Interlude { before: Pattern::new(method, path), act: Box::new(act), must_come: true };
        self.server.state().interludes.push(interlude);
    }

    /// The status of a request, `PR-…` or `TCR-…`.
    pub fn status(&self, request: &str) -> Option<String> {
        others::status(&self.server.state().store, request)
    }

    /// Adds an object, or replaces the one with the same `id`. A collection is named by its path:
    /// `requests`, `assets`, `listings`, `usage/files`, `tier/config-requests`, `conversations/CO-1/messages`.
    ///
    /// # Panics
    ///
    /// For a collection that the platform does not have, as all methods here that name one do.
    #[track_caller]
    pub fn insert(&self, collection: &str, value: Value) {
        self.server.state().store.insert(collection, value);
    }

    /// Adds an element that need not be an object.
    pub fn insert_raw(&self, collection: &str, value: impl Into<Value>) {
        self.insert(collection, value.into());
    }

    /// Adds `n` pending purchases, a second apart, each changed by `make`, which gets its number from 0.
    pub fn add_requests(&self, n: usize, mut make: impl FnMut(usize, &mut Value)) {
        let ordinary = sample::request("PR-1000-0000-0001-001");
        let mut state = self.server.state();
        for i in 0..n {
            let digits = format!("{:04}-{:04}-0001", 1000 + i / 10_000, i % 10_000);
            let mut request = ordinary.clone();
            request["id"] = format!("PR-{digits}-001").into();
            request["asset"]["id"] = format!("AS-{digits}").into();
            request["asset"]["external_uid"] = format!("2d0f7d5a-AS-{digits}").into();
            let (hours, minutes, seconds) = (i / 3600, i / 60 % 60, i % 60);
            let day = 1 + hours / 24;
            let (month, day) = (1 + (day - 1) / 28 % 12, 1 + (day - 1) % 28);
            let hour = hours % 24;
            request["created"] =
                format!("2024-{month:02}-{day:02}T{hour:02}:{minutes:02}:{seconds:02}+00:00").into();
            make(i, &mut request);
            state.store.insert("requests", request);
        }
    }

    /// A copy of an object.
    pub fn get(&self, collection: &str, id: &str) -> Option<Value> {
        self.server.state().store.get(collection, id).cloned()
    }

    /// Changes an object in place; `None` if there is none.
    pub fn update<R>(&self, collection: &str, id: &str, change: impl FnOnce(&mut Value) -> R) -> Option<R> {
        self.server.state().store.update(collection, id, change)
    }

    /// Removes an object and returns it.
    pub fn remove(&self, collection: &str, id: &str) -> Option<Value> {
        self.server.state().store.remove(collection, id)
    }

    /// Number of objects in a collection.
    pub fn count(&self, collection: &str) -> usize {
        self.server.state().store.count(collection)
    }

    /// Copies of all objects of a collection, in the order in which they were added.
    pub fn all(&self, collection: &str) -> Vec<Value> {
        self.server.state().store.all(collection)
    }

    /// The messages of a conversation, oldest first; see [`NewOrder`] for the conversation of an order.
    pub fn messages(&self, conversation: &str) -> Vec<Value> {
        self.all(&format!("conversations/{conversation}/messages"))
    }

    /// Gives the whole store to `work`, under one lock.
    pub fn with_store<R>(&self, work: impl FnOnce(&mut Store) -> R) -> R {
        work(&mut self.server.state().store)
    }

    /// Calls of the API so far, in the order in which they were handled.
    pub fn journal(&self) -> Vec<RecordedCall> {
        self.server.state().journal.clone()
    }

    /// Calls of the API so far, which are removed from the journal.
    pub fn take_journal(&self) -> Vec<RecordedCall> {
        std::mem::take(&mut self.server.state().journal)
    }

    /// Calls of the storage so far.
    pub fn storage_calls(&self) -> Vec<StorageCall> {
        self.server.state().storage_calls.clone()
    }

    /// Number of TCP connections that the API has accepted.
    pub fn connections(&self) -> usize {
        self.server.connections()
    }

    /// Every change that calls have made, in order. Changes by [`insert`](Self::insert) and the like are not
    /// among them.
    pub fn effects(&self) -> Vec<Effect> {
        self.server.state().store.effects().to_vec()
    }

    /// Changes of the status of one object. Updates and messages are not among them.
    pub fn transitions(&self, id: &str) -> Vec<Effect> {
        let moved = |effect: &&Effect| effect.id == id && effect.from.is_some() && effect.from != effect.to;
        self.server.state().store.effects().iter().filter(moved).cloned().collect()
    }

    /// Adds a fault. If several match a call, the one that was added first applies.
    pub fn fault(&self, fault: Fault) {
        self.server.state().faults.push(fault);
    }

    /// Random faults from now on, besides those that were [added](Self::fault).
    pub fn chaos(&self, chaos: Chaos) {
        self.server.state().chaos = Some(chaos);
    }

    /// Removes all faults, those that were added and the random ones.
    pub fn clear_faults(&self) {
        let mut state = self.server.state();
        state.faults.clear();
        state.chaos = None;
    }

    /// Reads show from now on what was there this long ago, as replicas do that lag behind. Changes act on what is there
    /// now, and this type shows it. By default nothing lags.
    pub fn lag(&self, by: Duration) {
        self.server.state().store.past.lag = by;
    }

    /// Sets a hook that runs before each call is handled. It may change the store, as other actors do, and must use the
    /// store that it is given: the sandbox itself is locked meanwhile.
    pub fn on_call(&self, hook: impl FnMut(&RecordedCall, &mut Store) + Send + 'static) {
        self.server.state().hook = Some(Box::new(hook));
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.server.stop([self.platform, self.storage]);
        if std::thread::panicking() {
            return;
        }
        let mut state = self.server.state();
        let panicked = state.panicked.take();
        let waiting = state.interludes.iter().find(|interlude| interlude.must_come);
        let waiting = waiting.map(|interlude| interlude.before.to_string());
        drop(state);
        if let Some(panic) = panicked {
            std::panic::resume_unwind(panic);
        }
        assert!(
            waiting.is_none(),
            "the call that others were to act before never came: {}",
            waiting.unwrap_or_default()
        );
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox").field("url", &self.url()).finish_non_exhaustive()
    }
}
