//! A logger for programs that have none: `env_logger`, with the request in each line and the key kept out.
//!
//! ```no_run
//! connect::logger::init();
//! log::info!("ready");
//! ```
//!
//! Each line goes to standard error as
//! `2025-02-03T04:05:06Z INFO  my_processor [PR-1234-5678-9012-001] text`; the id in brackets is that of the request
//! being processed, in lines of your own closure too, so that `grep` finds everything about one order.
//!
//! `RUST_LOG` is read as everywhere (`RUST_LOG=debug`, `RUST_LOG=my_processor=trace`, …); what it does not mention
//! keeps the default level, `info`. Whatever it says, the crates that carry the traffic (`ureq`, `rustls` and what
//! is under them) never log below `info`: at `trace` they dump each byte they send, and with it the API key.
//!
//! The rest of the SDK only uses the facade of the `log` crate. A program with its own logger needs nothing of
//! this, but should cap the same crates.

mod held;
mod line;
mod output;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use env_logger::Target;
use log::{Level, LevelFilter, SetLoggerError};

use self::output::Output;

/// Starts the logger with its defaults; does nothing if the program has a logger already.
pub fn init() {
    let _ = Logger::new().try_init();
}

/// The settings of the logger.
///
/// ```no_run
/// # fn main() -> Result<(), log::SetLoggerError> {
/// connect::logger::Logger::new().default_level(log::LevelFilter::Warn).hold_back(true).try_init()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a logger writes nothing until it is started"]
pub struct Logger {
    default_level: LevelFilter,
    hold_back: bool,
    hold_bodies: bool,
}

impl Logger {
    /// Level `info`, nothing held back.
    pub fn new() -> Self {
        Self { default_level: LevelFilter::Info, hold_back: false, hold_bodies: false }
    }

    /// The level of everything that `RUST_LOG` does not mention.
    pub fn default_level(mut self, level: LevelFilter) -> Self {
        self.default_level = level;
        self
    }

    /// Keeps what the level would keep out, `debug` and `trace` lines above all, and writes it if the request fails.
    ///
    /// So the log of a good day stays short, and that of a bad order has what is needed to understand it. Of each
    /// request the last 200 lines, 256 KiB at most, are kept in memory. Lines outside of requests are never kept, and
    /// none are with `RUST_LOG=off`. The bodies of calls hold what customers wrote, and are left out unless
    /// [asked for](Self::hold_bodies).
    pub fn hold_back(mut self, hold_back: bool) -> Self {
        self.hold_back = hold_back;
        self
    }

    /// What is [held back](Self::hold_back) has the bodies of calls, too: names, addresses and whatever else customers
    /// wrote, but for values of password parameters. The default is `false`.
    pub fn hold_bodies(mut self, hold: bool) -> Self {
        self.hold_bodies = hold;
        self
    }

    /// Starts the logger; an error if the program has one already.
    ///
    /// ```standalone_crate
    /// use connect::logger::Logger;
    ///
    /// Logger::new().try_init()?;
    /// assert!(Logger::new().try_init().is_err());
    /// connect::logger::init();
    /// # Ok::<(), log::SetLoggerError>(())
    /// ```
    pub fn try_init(self) -> Result<(), SetLoggerError> {
        let filters = std::env::var("RUST_LOG").ok();
        let output = Arc::new(Output::new(&self, filters.as_deref(), || Target::Stderr));
        log::set_boxed_logger(Box::new(Arc::clone(&output)))?;
        log::set_max_level(output.max_level());
        if self.hold_back {
            crate::scope::on_request_done(move |failed| output.request_done(failed));
        }
        Ok(())
    }
}

impl Default for Logger {
    fn default() -> Self {
        Self::new()
    }
}

/// Whether a record comes from a crate that shows raw traffic below `info`.
fn is_capped(level: Level, origin: &str) -> bool {
    const CRATES: [&str; 5] = ["ureq", "ureq_proto", "rustls", "webpki", "h2"];
    level > Level::Info && CRATES.contains(&root(origin))
}

/// Whether a record shows the body of a call.
fn is_body(target: &str) -> bool {
    target == crate::http::BODY_TARGET
}

/// Whether a record is the SDK's own.
fn is_ours(target: &str) -> bool {
    root(target) == "connect"
}

/// The crate in a target such as `ureq_proto::client`.
fn root(target: &str) -> &str {
    target.split_once("::").map_or(target, |(root, _)| root)
}
