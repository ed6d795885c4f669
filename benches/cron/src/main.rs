//! Approves every purchase; with `xlsx` it can report usage as well.

use std::process::ExitCode;

use connect::models::{ParamUpdate, RequestKind};
use connect::{Action, Approval, Connect};

fn main() -> anyhow::Result<ExitCode> {
    connect::logger::init();
    let file = std::env::args().nth(1).unwrap_or_else(|| "config.json".into());
    let connect = Connect::from_file(file)?;
    let report = connect.process_fulfillments(|request| {
        if request.kind != RequestKind::Purchase {
            return Err(Action::skip());
        }
        Ok(Approval::template("TL-497-535-242").with_params([ParamUpdate::value("tenant", "t-1")]))
    })?;
    report.print();
    #[cfg(feature = "xlsx")]
    if std::env::args().nth(2).as_deref() == Some("usage") {
        report_usage(&connect)?;
    }
    Ok(ExitCode::from(report.exit_code()))
}

#[cfg(feature = "xlsx")]
fn report_usage(connect: &Connect) -> anyhow::Result<()> {
    use connect::usage::{NewUsageFile, UsageRecord};
    let report = connect.process_usage_listings(|listing| {
        let record = UsageRecord { record_id: "r-1".into(), quantity: 1.into(), ..UsageRecord::default() };
        Ok(Some(connect.usage().submit(NewUsageFile::for_listing(listing, "usage"), [record])?))
    })?;
    report.print();
    Ok(())
}
