//! As the example `saas` of connect-sdk, and with the same decisions, for any number of machines at the same time.
//!
//! `cargo run -p connect-sdk-postgres --example saas_workers -- CONFIG --vendor URL --postgres URL`

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use connect::ledger::Attempts;
use connect::{Connect, Ledger, Options};
use connect_postgres::Settings;

#[path = "../../examples/saas/processor.rs"]
mod processor;
#[path = "../../examples/saas/vendor.rs"]
mod vendor;

use vendor::Vendor;

/// The vendor answers within this time, or its answer is lost.
const PATIENCE: Duration = Duration::from_secs(30);
const USAGE: &str = "usage: saas_workers CONFIG --vendor URL --postgres URL [--share I/N] [--dry-run] [--json] [--attempts N]
                    [--schema NAME] [--lease SECONDS]
  CONFIG          a configuration of a platform
  --vendor URL    where tenants and licences are made
  --postgres URL  what all workers remember; a password may stand in PGPASSWORD
  --share I/N     handles one of N shares of the orders first, counted from 0, and then what is left of the others
  --dry-run       prints what would be done, and does nothing
  --json          prints the report as JSON
  --attempts N    tries an order that errs so often, with pauses; without it, in every run
  --schema NAME   the schema of the ledger's tables: connect
  --lease SECONDS after so long, an order of a worker that was killed is another's: 30";

/// What the command line asks for.
#[derive(Default)]
struct Arguments {
    config: Option<PathBuf>,
    vendor: Option<String>,
    postgres: Option<String>,
    share: Option<(u32, u32)>,
    dry_run: bool,
    json: bool,
    attempts: Option<u32>,
    schema: Option<String>,
    lease: Option<u64>,
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
    let connect = Connect::from_file(arguments.config.as_ref().context("a configuration is missing")?)?;
    let vendor = Vendor::new(arguments.vendor.as_deref().context("--vendor URL is missing")?, PATIENCE);
    let mut settings = Settings::new(arguments.postgres.context("--postgres URL is missing")?);
    if let Some(schema) = arguments.schema {
        settings = settings.schema(schema);
    }
    if let Some(lease) = arguments.lease {
        settings = settings.lease(Duration::from_secs(lease));
    }
    // One name for all workers, whatever their programs are called.
    let ledger = Ledger::on(settings.open()?).job("saas");
    let mut options = Options::new().dry_run(arguments.dry_run);
    if let Some(most) = arguments.attempts {
        options = options.attempts(Attempts::new(most));
    }
    if let Some((index, of)) = arguments.share {
        options = options.share(index, of);
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
        let mut value = |name: &str| {
            let value = given.next().with_context(|| format!("{name} needs a value"))?;
            value.into_string().ok().with_context(|| format!("the value of {name} is no text"))
        };
        match argument.to_str() {
            Some("--help" | "-h") => return Ok(None),
            Some("--dry-run") => arguments.dry_run = true,
            Some("--json") => arguments.json = true,
            Some("--vendor") => arguments.vendor = Some(value("--vendor")?),
            Some("--postgres") => arguments.postgres = Some(value("--postgres")?),
            Some("--schema") => arguments.schema = Some(value("--schema")?),
            Some("--attempts") => {
                arguments.attempts = Some(value("--attempts")?.parse().context("--attempts is no number")?);
            }
            Some("--lease") => {
                arguments.lease = Some(value("--lease")?.parse().context("--lease is no number")?);
            }
            Some("--share") => {
                let share = value("--share")?;
                let parts = share.split_once('/');
                let share = parts.and_then(|(index, of)| Some((index.parse().ok()?, of.parse().ok()?)));
                arguments.share = Some(share.context("--share is not I/N, such as 0/3")?);
            }
            Some(option) if option.starts_with('-') => bail!("unknown option {option}\n{USAGE}"),
            _ if arguments.config.is_some() => bail!("one configuration file is enough\n{USAGE}"),
            _ => arguments.config = Some(argument.into()),
        }
    }
    Ok(Some(arguments))
}
