//! The builder of a sandbox.

use std::fmt;
use std::io::Write;
use std::sync::Mutex;
use std::time::Duration;

use super::options::Options;

/// Settings of a sandbox that has not started. Each method states its default.
#[must_use]
pub struct Builder {
    pub(super) options: Options,
    pub(super) port: u16,
    pub(super) demo: bool,
    pub(super) quirks: bool,
}

impl Builder {
    pub(super) fn new() -> Self {
        Self { options: Options::default(), port: 0, demo: true, quirks: false }
    }

    /// Port of the platform's API. The default is any free port.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// API key that the sandbox accepts, with or without `ApiKey ` in front. The default is a key made up for the demo.
    pub fn api_key(mut self, key: &str) -> Self {
        self.options.api_key = format!("ApiKey {}", key.trim_start_matches("ApiKey "));
        self
    }

    /// The sandbox starts without data. By default it starts with the demo data.
    pub fn empty(mut self) -> Self {
        self.demo = false;
        self
    }

    /// The demo data has, besides, what is seen in the data of the platform and breaks clients that are not made for it:
    /// null lists, numeric ids, unknown types, missing parts, older forms. By default it has none of it, so that every
    /// client of the platform can read it.
    pub fn quirks(mut self) -> Self {
        self.quirks = true;
        self
    }

    /// Updates take `PUT` only, as the platform documents; `PATCH` is answered with 405. This is the default.
    pub fn put_only(mut self) -> Self {
        (self.options.put, self.options.patch) = (true, false);
        self
    }

    /// Updates take `PATCH` only. The default is [`put_only`](Self::put_only).
    pub fn patch_only(mut self) -> Self {
        (self.options.put, self.options.patch) = (false, true);
        self
    }

    /// Updates take `PUT` and `PATCH`. The default is [`put_only`](Self::put_only).
    pub fn put_and_patch(mut self) -> Self {
        (self.options.put, self.options.patch) = (true, true);
        self
    }

    /// Maximum number of objects on a page, whatever `limit` says. The default is 1000.
    pub fn page_cap(mut self, cap: usize) -> Self {
        self.options.page_cap = cap;
        self
    }

    /// Number of objects on a page without `limit`. The default is 50.
    pub fn default_page(mut self, size: usize) -> Self {
        self.options.default_page = size;
        self
    }

    /// Whether answers to lists carry `Content-Range`. The default is `true`.
    pub fn content_range(mut self, yes: bool) -> Self {
        self.options.content_range = yes;
        self
    }

    /// Whether bodies are compressed with gzip for clients that accept it. The default is `false`.
    pub fn gzip(mut self, yes: bool) -> Self {
        self.options.gzip = yes;
        self
    }

    /// Whether objects with equal sort keys change places from call to call. The default is `true`.
    pub fn shuffle(mut self, yes: bool) -> Self {
        self.options.shuffle = yes;
        self
    }

    /// Seed of the [`shuffle`](Self::shuffle). The default is 1.
    pub fn seed(mut self, seed: u64) -> Self {
        self.options.seed = seed;
        self
    }

    /// Number of reads that see an uploaded usage file in `processing`. The default is 0: the file is `ready` or
    /// `invalid` at once.
    pub fn processing_reads(mut self, reads: usize) -> Self {
        self.options.processing_reads = reads;
        self
    }

    /// Time that the platform takes for an uploaded usage file, which is `uploading`, `uploaded` and `processing` meanwhile.
    /// The default is none: the file is `ready` or `invalid` at once.
    pub fn processing_time(mut self, time: Duration) -> Self {
        self.options.processing_time = time;
        self
    }

    /// Time for which the link to a processed usage file leads to it. The default is 30 seconds, as the platform has it.
    pub fn link_life(mut self, time: Duration) -> Self {
        self.options.link_life = time;
        self
    }

    /// Writes a line for each call of the API as it is answered: `POST /requests/PR-…/approve 200 pending → approved`. It
    /// has no bodies. By default nothing is written.
    pub fn print_calls(mut self, to: impl Write + Send + 'static) -> Self {
        self.options.lines = Some(Mutex::new(Box::new(to)));
        self
    }

    /// Number of redirects between a signed link and its file. The default is 0.
    pub fn template_redirects(mut self, redirects: usize) -> Self {
        self.options.template_redirects = redirects;
        self
    }
}

/// The key is left out: it may be a real one.
impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder").field("port", &self.port).field("demo", &self.demo).finish_non_exhaustive()
    }
}
