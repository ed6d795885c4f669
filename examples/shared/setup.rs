//! What the four examples share: their arguments, the sandbox they run on without a configuration file, and the report.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use connect::sandbox::Sandbox;
use connect::{Connect, Options, Report};

const USAGE: &str = "usage: [FILE] [--dry-run] [--json]
  FILE       a configuration of a real platform; without it the example runs on the embedded sandbox
  --dry-run  prints what would be sent, and sends nothing
  --json     prints the report as JSON";

/// What the command line asked for.
pub(crate) struct Setup {
    pub(crate) connect: Connect,
    dry_run: bool,
    json: bool,
    all: bool,
    // Serves for as long as the program runs.
    _sandbox: Option<Sandbox>,
}

impl Setup {
    /// Reads `[FILE] [--dry-run] [--json]`. Without FILE the example runs on the embedded sandbox and never looks for
    /// a configuration, so that it cannot touch live orders because a file happened to lie about.
    pub(crate) fn from_args() -> anyhow::Result<Self> {
        connect::logger::init();
        let (mut file, mut dry_run, mut json, mut all) = (None, false, false, false);
        for argument in std::env::args_os().skip(1) {
            match argument.to_str() {
                Some("--dry-run") => dry_run = true,
                Some("--json") => json = true,
                Some("--all") => all = true,
                Some("--help" | "-h") => {
                    writeln!(std::io::stdout(), "{USAGE}")?;
                    std::process::exit(0);
                }
                Some(option) if option.starts_with('-') => {
                    bail!("unknown option {option}: [FILE] [--dry-run] [--json]")
                }
                _ if file.is_some() => bail!("one configuration file is enough"),
                _ => file = Some(PathBuf::from(argument)),
            }
        }
        let (connect, sandbox) = if let Some(file) = file {
            (Connect::from_file(file)?, None)
        } else {
            let sandbox = Sandbox::start().context("the sandbox did not start")?;
            log::info!("no configuration file given: running on the embedded sandbox at {}", sandbox.url());
            (sandbox.connect()?, Some(sandbox))
        };
        Ok(Self { connect, dry_run, json, all, _sandbox: sandbox })
    }

    pub(crate) fn options(&self) -> Options<'static> {
        Options::new().dry_run(self.dry_run)
    }

    /// Whether the command line asked for all states of the files, `--all`.
    #[allow(dead_code, reason = "only usage_file sweeps")]
    pub(crate) fn all(&self) -> bool {
        self.all
    }

    /// Prints the report, if there is anything to report, and gives the program's exit code.
    pub(crate) fn finish(&self, report: &Report) -> anyhow::Result<ExitCode> {
        let text = if self.json { serde_json::to_string_pretty(report)? + "\n" } else { report.to_string() };
        // Nothing for a run that found nothing, in JSON either: cron mails whatever is printed.
        if !report.to_string().is_empty() {
            // Who reads it may be gone, as `| head` is.
            let _ = std::io::stdout().write_all(text.as_bytes());
        }
        Ok(ExitCode::from(report.exit_code()))
    }
}

/// Runs `main` and turns an error into a line on standard error and exit code 1.
pub(crate) fn run(main: impl FnOnce(&Setup) -> connect::Result<Report>) -> ExitCode {
    let ran = Setup::from_args().and_then(|setup| match main(&setup) {
        Ok(report) => setup.finish(&report),
        Err(error) => Err(error.into()),
    });
    ran.unwrap_or_else(|error| {
        let _ = writeln!(std::io::stderr(), "error: {error:#}");
        ExitCode::FAILURE
    })
}
