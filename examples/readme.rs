//! The complete program of README: it reads `config.json` in the folder that it runs in, and remembers in `ledger.db`.
#![expect(clippy::unnecessary_wraps, reason = "README shows it as short as it can be")]

use std::process::ExitCode;

use connect::models::{ParamUpdate, RequestKind};
use connect::{Action, Approval, Connect, Ledger, Options};

fn main() -> anyhow::Result<ExitCode> {
    connect::logger::init();
    let connect = Connect::from_file("config.json")?;
    let ledger = Ledger::open("ledger.db")?;
    let report = connect.fulfillment().process_with(Options::new().ledger(&ledger), |request| {
        if request.kind != RequestKind::Purchase {
            return Err(Action::skip()); // leaves it as it is; Action::fail(reason) would refuse it for good
        }
        let Some(email) = request.value("email") else {
            return Err(Action::inquire([ParamUpdate::error("email", "Please give an address")]));
        };
        // Done once for this order, whatever fails afterwards. An error leaves the order pending and is reported.
        let tenant: String =
            ledger.work(request).step("tenant").input(email).run(|key| create_tenant(key, email))?;
        Ok(Approval::template("TL-497-535-242").with_params([ParamUpdate::value("tenant_id", &tenant)]))
    })?;
    report.print();
    Ok(ExitCode::from(report.exit_code()))
}

/// Your own API. The key is the same in each attempt for an order: send it as the API's idempotency key.
fn create_tenant(_key: &str, email: &str) -> anyhow::Result<String> {
    Ok(format!("t-{}", email.len()))
}
