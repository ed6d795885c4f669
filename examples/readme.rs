//! The complete program of README: it reads `config.json` in the folder that it runs in.
#![expect(clippy::unnecessary_wraps, reason = "README shows it as short as it can be")]

use std::process::ExitCode;

use connect::models::{ParamUpdate, RequestKind};
use connect::{Action, Approval, Connect};

fn main() -> anyhow::Result<ExitCode> {
    connect::logger::init();
    let connect = Connect::from_file("config.json")?;
    let report = connect.process_fulfillments(|request| {
        if request.kind != RequestKind::Purchase {
            return Err(Action::skip()); // leaves it as it is; Action::fail(reason) would refuse it for good
        }
        let Some(email) = request.value("email") else {
            return Err(Action::inquire([ParamUpdate::error("email", "Please give an address")]));
        };
        // Any error here leaves the order pending and is reported.
        let tenant = create_tenant(email)?;
        Ok(Approval::template("TL-497-535-242").with_params([ParamUpdate::value("tenant_id", tenant)]))
    })?;
    report.print();
    Ok(ExitCode::from(report.exit_code()))
}

fn create_tenant(email: &str) -> anyhow::Result<String> {
    Ok(format!("t-{}", email.len()))
}
