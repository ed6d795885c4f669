//! Reports one unit of the first item of each asset for each day, and catches up with the days that were missed.
//!
//! `cargo run --example usage_daily -- config.json --since 2024-05-01` reports to the platform that the file names.
//! `--today DATE` is the first day that is not over, `--settle` waits for what was uploaded and submits it, `--dry-run`
//! sends nothing, and `--json` prints the reports as JSON.
//!
//! `cargo run --example usage_daily` runs on the embedded sandbox, over 30 simulated days, of which the job misses five. Its
//! exit code is 0 only if each day is there once.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use connect::sandbox::{NewProduct, Sandbox, sample};
use connect::usage::{Invalid, Periods};
use connect::{Connect, Options, Report};
use time::macros::{date, format_description};
use time::{Date, OffsetDateTime};

const USAGE: &str = "usage: [CONFIG] --since DATE [--today DATE] [--settle] [--dry-run] [--json]
  CONFIG        a configuration of a real platform; without it, 30 days are simulated on the embedded sandbox
  --since DATE  the first day to report, such as 2024-05-01; the sandbox begins with it if it is not given
  --today DATE  the first day that is not over: the day of the clock if it is not given
  --settle      waits until the platform has processed what was uploaded, and submits what is ready
  --dry-run     prints what would be sent, and sends nothing
  --json        prints the reports as JSON";

/// A run waits at most so long for the platform.
const PATIENCE: Duration = Duration::from_secs(600);
const DAYS: i64 = 30;
/// Days of the simulation on which the job is down.
const DOWN: std::ops::Range<i64> = 12..17;

#[derive(Default)]
struct Arguments {
    config: Option<PathBuf>,
    since: Option<Date>,
    today: Option<Date>,
    settle: bool,
    dry_run: bool,
    json: bool,
}

fn main() -> ExitCode {
    connect::logger::init();
    run().unwrap_or_else(|error| {
        let _ = writeln!(std::io::stderr(), "error: {error:#}");
        ExitCode::FAILURE
    })
}

fn run() -> anyhow::Result<ExitCode> {
    let Some(arguments) = Arguments::read()? else {
        writeln!(std::io::stdout(), "{USAGE}")?;
        return Ok(ExitCode::SUCCESS);
    };
    let Some(config) = &arguments.config else { return simulate(&arguments) };
    let since = arguments.since.context("--since DATE is missing: the first day to report")?;
    let today = arguments.today.unwrap_or_else(|| OffsetDateTime::now_utc().date());
    let reports = job(&Connect::from_file(config)?, &arguments, since, today)?;
    print(&reports, arguments.json)?;
    Ok(ExitCode::from(reports.iter().map(Report::exit_code).max().unwrap_or_default()))
}

/// What a daily job does: report what is missing, and submit what is ready.
fn job(connect: &Connect, arguments: &Arguments, since: Date, today: Date) -> connect::Result<Vec<Report>> {
    let usage = connect.usage();
    let options = || Options::new().deadline(PATIENCE).dry_run(arguments.dry_run);
    let days = Periods::daily(since).now(today.midnight().assume_utc());
    let mut reports = vec![usage.report_with(options(), days, |listing, day| {
        let assets = usage.assets(listing, day);
        let day = day.clone();
        // Assets are read page by page while the workbook is written; a page that fails ends it before anything is sent.
        Ok(Some(assets.filter_map(move |asset| match asset {
            Ok(asset) => asset.items.first().map(|item| Ok(day.record_of(&asset, item, 1))),
            Err(error) => Some(Err(error)),
        })))
    })?];
    if arguments.settle {
        reports.push(usage.settle_with(options(), |invalid| {
            for row in invalid.rows() {
                log::warn!("{}: {}", invalid.file().id, row.bad);
            }
            Ok(Invalid::Leave)
        })?);
    }
    Ok(reports)
}

/// Thirty days on the sandbox, one run at the end of each, but for those on which the job is down.
fn simulate(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let sandbox = Sandbox::builder().empty().processing_time(Duration::from_millis(20)).start()?;
    log::info!("no configuration file given: running on the embedded sandbox at {}", sandbox.url());
    let products = [sample::PRODUCT, "PRD-100-200-300"];
    for (n, product) in products.iter().enumerate() {
        sandbox.define(NewProduct::new(product));
        let mut listing = sample::listing(&format!("LST-000-000-00{n}"));
        listing["product"]["id"] = (*product).into();
        sandbox.insert("listings", listing);
        for asset in 0..3 {
            let mut asset = sample::asset(&format!("AS-0000-000{n}-000{asset}"));
            asset["product"]["id"] = (*product).into();
            asset["events"]["created"]["at"] = "2020-01-01T00:00:00+00:00".into();
            sandbox.insert("assets", asset);
        }
    }
    let pauses = [Duration::from_millis(10); 3];
    let connect = Connect::new(sandbox.config()?.settle(pauses))?;
    let since = arguments.since.unwrap_or(date!(2024 - 05 - 01));
    let mut reports = Vec::new();
    // What is not sent is missing again the next day, so that the last day shows all.
    let first = if arguments.dry_run { DAYS } else { 1 };
    for day in (first..=DAYS).filter(|day| !DOWN.contains(day)) {
        let today = since.checked_add(time::Duration::days(day)).context("--since is too late")?;
        reports.extend(job(&connect, arguments, since, today)?);
    }
    print(&reports, arguments.json)?;
    if arguments.dry_run {
        return Ok(ExitCode::SUCCESS);
    }
    let files = sandbox.all("usage/files");
    for listing in sandbox.all("listings") {
        let [product, contract] = ["product", "contract"].map(|part| listing[part]["id"].as_str());
        for day in 0..DAYS {
            let day = since.saturating_add(time::Duration::days(day));
            let id = format!("{}/{}/{day}", product.unwrap_or_default(), contract.unwrap_or_default());
            let found = files.iter().filter(|file| file["external_id"] == id.as_str());
            let states: Vec<_> = found.map(|file| file["status"].to_string()).collect();
            ensure!(states.len() == 1 && states[0] != "\"invalid\"", "{id} is there as {states:?}");
        }
    }
    log::info!("each of {DAYS} days is there once for each listing, in {} files", files.len());
    Ok(ExitCode::from(reports.iter().map(Report::exit_code).max().unwrap_or_default()))
}

/// Prints what there is to say: nothing for runs that found nothing, since cron mails whatever is printed.
fn print(reports: &[Report], json: bool) -> anyhow::Result<()> {
    let text: String = reports.iter().map(ToString::to_string).collect();
    if json && !text.is_empty() {
        writeln!(std::io::stdout(), "{}", serde_json::to_string_pretty(reports)?)?;
    } else {
        // Who reads it may be gone, as `| head` is.
        let _ = std::io::stdout().write_all(text.as_bytes());
    }
    Ok(())
}

impl Arguments {
    /// What the command line says; nothing where it asks for help.
    fn read() -> anyhow::Result<Option<Self>> {
        let mut read = Self::default();
        let mut arguments = std::env::args_os().skip(1);
        while let Some(argument) = arguments.next() {
            match argument.to_str() {
                Some(name @ ("--since" | "--today")) => {
                    let given = arguments.next();
                    let text = given.as_deref().and_then(|date| date.to_str()).unwrap_or_default();
                    let date = Date::parse(text, format_description!("[year]-[month]-[day]"));
                    let date = date
                        .with_context(|| format!("{name} takes a date such as 2024-05-01, not {text:?}"))?;
                    *(if name == "--since" { &mut read.since } else { &mut read.today }) = Some(date);
                }
                Some("--settle") => read.settle = true,
                Some("--dry-run") => read.dry_run = true,
                Some("--json") => read.json = true,
                Some("--help" | "-h") => return Ok(None),
                Some(option) if option.starts_with('-') => bail!("unknown option {option}\n{USAGE}"),
                _ if read.config.is_some() => bail!("one configuration file is enough"),
                _ => read.config = Some(PathBuf::from(argument)),
            }
        }
        Ok(Some(read))
    }
}
