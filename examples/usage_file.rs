//! Handles usage files that are ready: submits each. `--all` sweeps over all states and deletes the invalid, submits the
//! ready, accepts the pending.
//!
//! `cargo run --example usage_file` runs on the embedded sandbox, `cargo run --example usage_file -- config.json` on the
//! platform that the file names. `--dry-run` prints what would be sent, `--json` the report as JSON.

use std::process::ExitCode;

use connect::models::{UsageFile, UsageFileStatus};
use connect::usage::FileAction;

#[path = "shared/setup.rs"]
mod setup;

/// All that a file can be in.
const STATUSES: [&str; 11] = [
    "draft",
    "uploading",
    "uploaded",
    "processing",
    "invalid",
    "ready",
    "pending",
    "accepted",
    "rejected",
    "closed",
    "deleted",
];

fn main() -> ExitCode {
    setup::run(|setup| {
        let options = if setup.all() { setup.options().statuses(STATUSES) } else { setup.options() };
        setup.connect.usage().process_files_with(options, |file| Ok(decide(file)))
    })
}

fn decide(file: &UsageFile) -> FileAction {
    match file.status {
        UsageFileStatus::Invalid => FileAction::Delete,
        UsageFileStatus::Ready => FileAction::Submit,
        UsageFileStatus::Pending => FileAction::accept("File looks good"),
        _ => FileAction::skip(),
    }
}
