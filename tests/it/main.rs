//! The whole stack over a socket: closures in, calls out, against the embedded sandbox.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod bodies;
mod budget;
mod cases;
mod check;
mod conflicts;
mod conversations;
mod directory;
mod downloads;
mod endless;
mod error_messages;
#[cfg(all(feature = "logger", feature = "xlsx"))]
mod examples;
mod faults;
mod fresh;
mod fulfillment;
#[cfg(all(feature = "xlsx", unix))]
mod full_disk;
mod honesty;
mod isolation;
mod lag;
mod ledger;
#[cfg(unix)]
mod ledger_attack;
mod ledger_attempts;
mod ledger_ended;
mod ledger_file;
mod ledger_month;
mod ledger_news;
mod ledger_shared;
mod ledger_steps;
mod ledger_undo;
mod ledger_unknown;
#[cfg(feature = "logger")]
mod lock;
mod logs;
mod lost_answers;
mod messages;
mod names;
mod notes;
mod options;
mod orders;
mod own_texts;
mod proxies;
mod quirks;
mod report;
#[cfg(feature = "logger")]
mod saas;
mod sandbox;
mod secrets;
mod security;
mod shares;
mod soak;
#[cfg(feature = "xlsx")]
mod spec;
mod support;
mod tier_config;
mod tls;
mod transport;
mod unmodelled;
mod update_verb;
#[cfg(feature = "xlsx")]
mod usage;
#[cfg(feature = "xlsx")]
mod usage_assets;
#[cfg(feature = "xlsx-read")]
mod usage_check;
#[cfg(feature = "xlsx")]
mod usage_claims;
#[cfg(feature = "xlsx")]
mod usage_days;
#[cfg(feature = "xlsx-read")]
mod usage_explain;
mod usage_files;
#[cfg(feature = "xlsx")]
mod usage_once;
#[cfg(feature = "xlsx")]
mod usage_others;
#[cfg(feature = "xlsx")]
mod usage_report;
#[cfg(feature = "xlsx")]
mod usage_sandbox;
#[cfg(feature = "xlsx")]
mod usage_settle;
mod vendor_soak;
mod walk;
