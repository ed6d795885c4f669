//! Settings of a running sandbox, and their defaults.

use std::io::Write;
use std::sync::Mutex;
use std::time::Duration;

/// Base path of the API.
pub(super) const BASE: &str = "/public/v1";

/// Settings of a running sandbox, as the builder's methods describe them.
pub(super) struct Options {
    pub(super) api_key: String,
    pub(super) put: bool,
    pub(super) patch: bool,
    pub(super) page_cap: usize,
    pub(super) default_page: usize,
    pub(super) content_range: bool,
    pub(super) gzip: bool,
    pub(super) shuffle: bool,
    pub(super) seed: u64,
    pub(super) processing_reads: usize,
    pub(super) processing_time: Duration,
    pub(super) link_life: Duration,
    pub(super) template_redirects: usize,
    pub(super) storage: String,
    /// Where a line for each call goes.
    pub(super) lines: Option<Mutex<Box<dyn Write + Send>>>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            api_key: "ApiKey SU-730-219-846:9f2c61d0a4b84e7f93d5c0be1a72846f5d3e10cc".to_owned(),
            put: true,
            patch: false,
            page_cap: 1000,
            default_page: 50,
            content_range: true,
            gzip: false,
            shuffle: true,
            seed: 1,
            processing_reads: 0,
            processing_time: Duration::ZERO,
            link_life: Duration::from_secs(30),
            template_redirects: 0,
            storage: String::new(),
            lines: None,
        }
    }
}
