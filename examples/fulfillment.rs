//! Processes the pending orders: approves, fails, inquires or skips each.
//!
//! `cargo run --example fulfillment` runs on the embedded sandbox, `cargo run --example fulfillment -- config.json` on
//! the platform that the file names. `--dry-run` prints what would be sent, `--json` the report as JSON.

use std::process::ExitCode;

use connect::models::{ParamUpdate, Quantity, Request, RequestKind};
use connect::{Action, Approval};

#[path = "shared/setup.rs"]
mod setup;

/// The template that customers see once their order is approved.
const TEMPLATE: &str = "TL-497-535-242";
/// No customer may order more of an item than this.
const MOST: i64 = 100_000;

fn main() -> ExitCode {
    setup::run(|setup| setup.connect.fulfillment().process_with(setup.options(), decide))
}

fn decide(request: &Request) -> Result<Approval, Action> {
    if request.needs_migration() {
        return Err(Action::skip());
    }
    match request.kind {
        RequestKind::Purchase => purchase(request),
        RequestKind::Change => Err(Action::fail("Changes are not supported")),
        _ => Err(Action::skip()),
    }
}

fn purchase(request: &Request) -> Result<Approval, Action> {
    let asset = &request.asset;
    let most = Quantity::from(MOST);
    if asset.items.iter().any(|item| {
        item.quantity.as_ref().is_some_and(|quantity| !quantity.is_unlimited() && *quantity > most)
    }) {
        return Err(Action::fail("Is not possible to purchase such quantity"));
    }
    if let Some(email) = asset
        .params
        .iter()
        .find(|param| param.name.as_deref() == Some("email"))
        .filter(|param| !param.has_value())
    {
        return Err(Action::inquire([ParamUpdate::error(
            &email.id,
            "Email address has not been provided, please provide one",
        )]));
    }
    if asset.param("purchase_id").is_none() {
        return Err(Action::fail("The product has no parameter purchase_id"));
    }
    // Here your own system makes what was bought and tells how it is called there.
    let purchase_id = ParamUpdate::value("purchase_id", format!("P-{}", asset.id));
    Ok(Approval::template(TEMPLATE).with_params([purchase_id]))
}
