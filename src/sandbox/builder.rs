//! The settings of a sandbox that is yet to start.

use std::fmt;

use super::options::Options;

/// How a sandbox is to be; each method names its default.
#[must_use]
pub struct Builder {
    pub(super) options: Options,
    pub(super) port: u16,
    pub(super) demo: bool,
}

impl Builder {
    pub(super) fn new() -> Self {
        Self { options: Options::default(), port: 0, demo: true }
    }

    /// The port of the platform; any free one by default.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// The key it takes, with or without `ApiKey ` in front; by default one of its own.
    pub fn api_key(mut self, key: &str) -> Self {
        self.options.api_key = format!("ApiKey {}", key.trim_start_matches("ApiKey "));
        self
    }

    /// Begins without any data; by default with the demo data.
    pub fn empty(mut self) -> Self {
        self.demo = false;
        self
    }

    /// Updates with `PUT` only and answers `PATCH` with 405, as the platform documents; the default.
    pub fn put_only(mut self) -> Self {
        (self.options.put, self.options.patch) = (true, false);
        self
    }

    /// Updates with `PATCH` only.
    pub fn patch_only(mut self) -> Self {
        (self.options.put, self.options.patch) = (false, true);
        self
    }

    /// Updates with either verb.
    pub fn put_and_patch(mut self) -> Self {
        (self.options.put, self.options.patch) = (true, true);
        self
    }

    /// The most objects on a page, whatever `limit` says; 1000 by default.
    pub fn page_cap(mut self, cap: usize) -> Self {
        self.options.page_cap = cap;
        self
    }

    /// The size of a page without `limit`; 50 by default.
    pub fn default_page(mut self, size: usize) -> Self {
        self.options.default_page = size;
        self
    }

    /// Whether lists answer with `Content-Range`; yes by default.
    pub fn content_range(mut self, yes: bool) -> Self {
        self.options.content_range = yes;
        self
    }

    /// Whether bodies are packed for clients that accept it; no by default.
    pub fn gzip(mut self, yes: bool) -> Self {
        self.options.gzip = yes;
        self
    }

    /// Whether objects that sort alike change places from call to call; yes by default.
    pub fn shuffle(mut self, yes: bool) -> Self {
        self.options.shuffle = yes;
        self
    }

    /// What the shuffling begins with; 1 by default.
    pub fn seed(mut self, seed: u64) -> Self {
        self.options.seed = seed;
        self
    }

    /// How many reads see an uploaded usage file in `processing`; none by default: it is `ready` or `invalid` at once.
    pub fn processing_reads(mut self, reads: usize) -> Self {
        self.options.processing_reads = reads;
        self
    }

    /// How many redirects a signed link answers before the file; none by default.
    pub fn template_redirects(mut self, redirects: usize) -> Self {
        self.options.template_redirects = redirects;
        self
    }
}

/// Without the key, which may be a real one.
impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder").field("port", &self.port).field("demo", &self.demo).finish_non_exhaustive()
    }
}
