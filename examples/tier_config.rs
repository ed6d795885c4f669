//! Processes the pending tier config requests: asks for what is missing, approves the rest.
//!
//! `cargo run --example tier_config` runs on the embedded sandbox, `cargo run --example tier_config -- config.json` on
//! the platform that the file names. `--dry-run` prints what would be sent, `--json` the report as JSON.

use std::process::ExitCode;

use connect::models::{ParamUpdate, TierConfigRequest};
use connect::{Action, Approval};

#[path = "shared/setup.rs"]
mod setup;

const TEMPLATE: &str = "TL-497-535-242";

fn main() -> ExitCode {
    setup::run(|setup| setup.connect.tier_config().process_with(setup.options(), decide))
}

fn decide(request: &TierConfigRequest) -> Result<Approval, Action> {
    let missing: Vec<ParamUpdate> = request
        .params
        .iter()
        .filter(|param| param.is_required() && !param.has_value())
        .map(|param| ParamUpdate::error(&param.id, "This value is required, please provide it"))
        .collect();
    if missing.is_empty() { Ok(Approval::template(TEMPLATE)) } else { Err(Action::inquire(missing)) }
}
