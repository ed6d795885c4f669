//! Provisions a tenant and a licence for each purchase, once, whatever fails and however often the job is killed.
//!
//! `cargo run --example saas` runs on the embedded sandbox, with a vendor of its own whose every tenth answer is an error.
//! `cargo run --example saas -- CONFIG --vendor URL --ledger FILE` runs on the platform that the file names.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use connect::ledger::Attempts;
use connect::sandbox::Sandbox;
use connect::{Connect, Ledger, Options, Report};

#[path = "saas/call.rs"]
mod call;
#[path = "saas/processor.rs"]
mod processor;
#[path = "saas/stub.rs"]
mod stub;
#[path = "saas/vendor.rs"]
mod vendor;

use vendor::Vendor;

const USAGE: &str = "usage: saas CONFIG --vendor URL --ledger FILE [--share I/N] [--drain] [--dry-run] [--json] [--attempts N]
  CONFIG        a configuration of a real platform; without it the example runs on the embedded sandbox
  --vendor URL  where tenants and licences are made
  --ledger FILE what the job remembers between its runs; made by the first one
  --share I/N   handles one of N shares of the orders, counted from 0, where N machines do this job
  --drain       handles only what has begun, before N changes
  --dry-run     prints what would be done, and does nothing
  --json        prints the report as JSON
  --attempts N  tries an order that errs so often, with pauses; without it, in every run";

/// Time that the vendor's system is given for an answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// What the command line asks for.
#[derive(Default)]
struct Arguments {
    config: Option<PathBuf>,
    vendor: Option<String>,
    ledger: Option<PathBuf>,
    share: Option<(u32, u32)>,
    drain: bool,
    dry_run: bool,
    json: bool,
    attempts: Option<u32>,
}

fn main() -> ExitCode {
    connect::logger::init();
    run().unwrap_or_else(|error| {
        let _ = writeln!(std::io::stderr(), "error: {error:#}");
        ExitCode::FAILURE
    })
}

fn run() -> anyhow::Result<ExitCode> {
    let Some(arguments) = arguments()? else {
        writeln!(std::io::stdout(), "{USAGE}")?;
        return Ok(ExitCode::SUCCESS);
    };
    let Some(config) = &arguments.config else { return on_the_sandbox() };
    let connect = Connect::from_file(config)?;
    let vendor = Vendor::new(arguments.vendor.as_deref().context("--vendor URL is missing")?, PATIENCE);
    let ledger = Ledger::open(arguments.ledger.as_ref().context("--ledger FILE is missing")?)?;
    let mut options = Options::new().dry_run(arguments.dry_run);
    if let Some(most) = arguments.attempts {
        options = options.attempts(Attempts::new(most));
    }
    if let Some((index, of)) = arguments.share {
        options = options.share(index, of);
    }
    if arguments.drain {
        options = options.drain();
    }
    let report = processor::process(&connect, &ledger, &vendor, options)?;
    if arguments.json {
        writeln!(std::io::stdout(), "{}", serde_json::to_string(&report)?)?;
    } else {
        report.print();
    }
    Ok(ExitCode::from(report.exit_code()))
}

fn arguments() -> anyhow::Result<Option<Arguments>> {
    let mut arguments = Arguments::default();
    let mut given = std::env::args_os().skip(1);
    while let Some(argument) = given.next() {
        let mut value = |name: &str| given.next().with_context(|| format!("{name} needs a value"));
        match argument.to_str() {
            Some("--help" | "-h") => return Ok(None),
            Some("--share") => {
                let share = value("--share")?;
                let parts = share.to_str().and_then(|share| share.split_once('/'));
                let share = parts.and_then(|(index, of)| Some((index.parse().ok()?, of.parse().ok()?)));
                arguments.share = Some(share.context("--share is not I/N, such as 0/3")?);
            }
            Some("--drain") => arguments.drain = true,
            Some("--dry-run") => arguments.dry_run = true,
            Some("--json") => arguments.json = true,
            Some("--vendor") => {
                let url = value("--vendor")?.into_string();
                arguments.vendor = Some(url.ok().context("--vendor is no URL")?);
            }
            Some("--ledger") => arguments.ledger = Some(value("--ledger")?.into()),
            Some("--attempts") => {
                let most = value("--attempts")?;
                let most = most.to_str().and_then(|most| most.parse().ok());
                arguments.attempts = Some(most.context("--attempts is no number")?);
            }
            Some(option) if option.starts_with('-') => bail!("unknown option {option}\n{USAGE}"),
            _ if arguments.config.is_some() => bail!("one configuration file is enough\n{USAGE}"),
            _ => arguments.config = Some(argument.into()),
        }
    }
    Ok(Some(arguments))
}

/// Runs until nothing is left, as cron would, and counts what the vendor has at the end.
fn on_the_sandbox() -> anyhow::Result<ExitCode> {
    const RUNS: u32 = 100;
    let sandbox = Sandbox::start().context("the sandbox did not start")?;
    let stub = stub::Stub::start().context("the vendor did not start")?;
    let (connect, vendor) = (sandbox.connect()?, Vendor::new(&stub.url(), PATIENCE));
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("ledger.db");
    let mut orders = 0;
    for run in 1..=RUNS {
        // Each run knows nothing but the file.
        let ledger = Ledger::open(&file)?;
        let report = processor::process(&connect, &ledger, &vendor, Options::new())?;
        orders += report.approved();
        print(run, &report)?;
        if report.errored() == 0 {
            let counts = stub.counts();
            writeln!(
                std::io::stdout(),
                "{} tenants and {} licences for {} purchases; {orders} orders approved",
                counts.tenants,
                counts.licences,
                counts.orders
            )?;
            let once = counts.tenants == counts.orders && counts.licences == counts.orders;
            return Ok(ExitCode::from(u8::from(!once)));
        }
    }
    bail!("orders are left after {RUNS} runs")
}

fn print(run: u32, report: &Report) -> std::io::Result<()> {
    writeln!(
        std::io::stdout(),
        "run {run}: {} approved, {} failed, {} errored",
        report.approved(),
        report.failed(),
        report.errored()
    )
}
