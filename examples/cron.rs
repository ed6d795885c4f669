//! A job for cron: one run at a time, over in less than a minute, ended cleanly by SIGTERM.
//!
//! ```text
//! * * * * *  my-processor /etc/my-processor/config.json
//! ```
//!
//! `cargo run --example cron -- config.json [LOCK-FILE]`: the lock is a file beside the configuration unless another is
//! named. Without a configuration there is nothing to run: what a first try needs is in the other examples.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use anyhow::Context as _;
use connect::models::Request;
use connect::{Action, Approval, Connect, Lock, Options};
use signal_hook::consts::{SIGINT, SIGTERM};

const USAGE: &str = "usage: cron CONFIG [LOCK-FILE]";

/// Less than the minute after which cron starts the next run.
const DEADLINE: Duration = Duration::from_secs(50);

fn main() -> ExitCode {
    run().unwrap_or_else(|error| {
        let _ = writeln!(std::io::stderr(), "error: {error:#}");
        ExitCode::FAILURE
    })
}

fn run() -> anyhow::Result<ExitCode> {
    connect::logger::init();
    let mut arguments = std::env::args_os().skip(1);
    let config = arguments.next().context(USAGE)?;
    if config == "--help" {
        writeln!(std::io::stdout(), "{USAGE}")?;
        return Ok(ExitCode::SUCCESS);
    }
    // Not in a folder that everybody may write to: whoever holds the lock holds the job up.
    let lock = arguments.next().map_or_else(|| Path::new(&config).with_extension("lock"), PathBuf::from);

    let Some(_lock) = Lock::try_acquire(&lock)? else {
        log::info!("another run holds {}: nothing to do", lock.display());
        return Ok(ExitCode::SUCCESS);
    };
    // The order in work is finished; the run ends before the next one.
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGTERM, SIGINT] {
        signal_hook::flag::register(signal, Arc::clone(&stop))?;
    }

    let connect = Connect::from_file(config)?;
    let options = Options::new().deadline(DEADLINE).stop_flag(stop);
    let report = connect.fulfillment().process_with(options, decide)?;
    // Nothing for a run that found nothing, since cron mails whatever is printed.
    report.print();
    Ok(ExitCode::from(report.exit_code()))
}

fn decide(request: &Request) -> Result<Approval, Action> {
    match request.asset.param("tenant_id") {
        Some(_) => Ok(Approval::template("TL-497-535-242")),
        None => Err(Action::fail("The product has no parameter tenant_id")),
    }
}
