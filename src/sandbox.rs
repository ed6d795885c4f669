//! A Connect platform on loopback, inside the process: for demos, for tests of this crate, and for tests of processors
//! that have no account to try themselves on.
//!
//! Real sockets and HTTP/1.1 with keep-alive; RQL filters, ordering and pages with `Content-Range`; status transitions
//! that are refused like the platform refuses them; conversations, templates, and usage files whose workbook is opened
//! and checked. It keeps plain JSON and shares no model with the client, so it proves something about it.
//!
//! ```no_run
//! use connect::sandbox::Sandbox;
//!
//! let sandbox = Sandbox::start()?;
//! println!("{} {}", sandbox.url(), sandbox.api_key());
//! # std::io::Result::Ok(())
//! ```
//!
//! A test starts with an empty one, fills it, and reads the [journal](Sandbox::journal) afterwards:
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
//! What it leaves out: no `state_change` messages appear in conversations on transitions, `t(…)` tuples of RQL are
//! refused, and resources that the SDK has no use for do not exist. `/_sandbox/journal`, `/_sandbox/effects` and
//! `/_sandbox/store/{collection}` show a program in another process what [`Sandbox`] shows in this one.
//!
//! This module is exempt from the promises of semantic versioning until 1.0.

mod assets;
mod builder;
mod client;
mod clock;
mod collection;
mod context;
mod control;
mod conversations;
mod create;
mod error;
mod fault;
mod fields;
mod filter;
mod journal;
mod lists;
mod message;
mod multipart;
mod options;
mod params;
mod products;
mod requests;
mod rng;
mod router;
mod rql;
pub mod sample;
mod scalar;
mod seed;
mod server;
mod state;
mod storage;
mod store;
#[cfg(test)]
mod tests;
mod tiers;
mod usage;
mod view;
mod wire;
mod workbook;

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use serde_json::Value;

pub use builder::Builder;
pub use fault::{Chaos, Fault};
pub use journal::{Body, Effect, RecordedCall, StorageCall};
use options::BASE;
use server::{Listeners, Server};
pub use store::Store;

/// A running platform. It ends, and its threads with it, when this is dropped.
pub struct Sandbox {
    server: Arc<Server>,
    platform: SocketAddr,
    storage: SocketAddr,
    products: Vec<String>,
}

impl Builder {
    /// Opens the two ports.
    pub fn start(mut self) -> io::Result<Sandbox> {
        let listeners = Listeners::bind(self.port)?;
        let (platform, storage) = listeners.addresses()?;
        self.options.storage = format!("http://{storage}");
        let mut store = Store::default();
        if self.demo {
            seed::demo(&mut store);
        }
        let server = Server::start(self.options, store, listeners);
        let products = vec![sample::PRODUCT.to_owned(), sample::SECOND_PRODUCT.to_owned()];
        Ok(Sandbox { server, platform, storage, products })
    }
}

impl Sandbox {
    /// A sandbox with the demo data: orders of every type and quirk, tier configs, listings, usage files.
    pub fn start() -> io::Result<Self> {
        Self::builder().start()
    }

    /// A sandbox without any data.
    pub fn empty() -> io::Result<Self> {
        Self::builder().empty().start()
    }

    /// Begins to describe one.
    pub fn builder() -> Builder {
        Builder::new()
    }

    /// The endpoint for a configuration: `http://127.0.0.1:…/public/v1`.
    pub fn url(&self) -> String {
        format!("http://{}{BASE}", self.platform)
    }

    /// The storage on another origin, to which signed links lead: `http://127.0.0.1:…`.
    pub fn storage_url(&self) -> String {
        format!("http://{}", self.storage)
    }

    /// The key it takes, with `ApiKey ` in front.
    pub fn api_key(&self) -> &str {
        &self.server.options.api_key
    }

    /// The products of the demo data that a processor is meant to have. There are orders of another one, too.
    pub fn products(&self) -> Vec<String> {
        self.products.clone()
    }

    /// Adds an object, or replaces the one with the same `id`. A collection is named by its path: `requests`,
    /// `tier/config-requests`, `conversations/CO-1/messages`.
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

    /// Takes an object out.
    pub fn remove(&self, collection: &str, id: &str) -> Option<Value> {
        self.server.state().store.remove(collection, id)
    }

    /// How many objects a collection has.
    pub fn count(&self, collection: &str) -> usize {
        self.server.state().store.count(collection)
    }

    /// Copies of all objects of a collection, in the order in which they were added.
    pub fn all(&self, collection: &str) -> Vec<Value> {
        self.server.state().store.all(collection)
    }

    /// The messages of a conversation, oldest first.
    pub fn messages(&self, conversation: &str) -> Vec<Value> {
        self.all(&format!("conversations/{conversation}/messages"))
    }

    /// Everything at once, under one lock.
    pub fn with_store<R>(&self, work: impl FnOnce(&mut Store) -> R) -> R {
        work(&mut self.server.state().store)
    }

    /// The calls so far, in the order in which they were handled.
    pub fn journal(&self) -> Vec<RecordedCall> {
        self.server.state().journal.clone()
    }

    /// The calls so far, which are forgotten.
    pub fn take_journal(&self) -> Vec<RecordedCall> {
        std::mem::take(&mut self.server.state().journal)
    }

    /// The calls that the storage saw.
    pub fn storage_calls(&self) -> Vec<StorageCall> {
        self.server.state().storage_calls.clone()
    }

    /// How many TCP connections the platform has accepted.
    pub fn connections(&self) -> usize {
        self.server.connections()
    }

    /// Every change that calls have brought about, in order. Changes by [`insert`](Self::insert) and the like are not
    /// among them.
    pub fn effects(&self) -> Vec<Effect> {
        self.server.state().store.effects().to_vec()
    }

    /// The changes of status of one object, updates and messages not counted.
    pub fn transitions(&self, id: &str) -> Vec<Effect> {
        let moved = |effect: &&Effect| effect.id == id && effect.from.is_some() && effect.from != effect.to;
        self.server.state().store.effects().iter().filter(moved).cloned().collect()
    }

    /// Adds a fault. The first one added that covers a call strikes it.
    pub fn fault(&self, fault: Fault) {
        self.server.state().faults.push(fault);
    }

    /// Strikes calls at random from now on, besides the [faults](Self::fault) asked for.
    pub fn chaos(&self, chaos: Chaos) {
        self.server.state().chaos = Some(chaos);
    }

    /// No more faults, neither ordered nor random.
    pub fn clear_faults(&self) {
        let mut state = self.server.state();
        state.faults.clear();
        state.chaos = None;
    }

    /// Runs before each call that is handled, and may change the store, as other actors do. It must use the store it is
    /// given: the sandbox itself is locked meanwhile.
    pub fn on_call(&self, hook: impl FnMut(&RecordedCall, &mut Store) + Send + 'static) {
        self.server.state().hook = Some(Box::new(hook));
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.server.stop([self.platform, self.storage]);
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox").field("url", &self.url()).finish_non_exhaustive()
    }
}
