//! Serves a Connect platform with demo data on loopback until interrupted.
//!
//! `cargo run --example sandbox -- [PORT] [--empty] [--quirks] [--patch] [--quiet]`: the port is any free one unless given;
//! `--empty` begins without data; `--quirks` adds what breaks clients that are not made for it; `--patch` takes updates by
//! `PATCH` instead of `PUT`. Each call that arrives is a line on standard error, unless `--quiet` is given.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for the terminal")]

use std::process::ExitCode;

use connect::sandbox::Sandbox;

const USAGE: &str = "usage: sandbox [PORT] [--empty] [--quirks] [--patch] [--quiet]";

fn main() -> ExitCode {
    match serve() {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("{problem:#}");
            ExitCode::FAILURE
        }
    }
}

fn serve() -> anyhow::Result<()> {
    let mut builder = Sandbox::builder().print_calls(std::io::stderr());
    for argument in std::env::args().skip(1) {
        builder = match argument.as_str() {
            "--help" | "-h" => {
                println!("{USAGE}");
                return Ok(());
            }
            "--empty" => builder.empty(),
            "--quirks" => builder.quirks(),
            "--quiet" => builder.print_calls(std::io::sink()),
            "--patch" => builder.patch_only(),
            port => match port.parse() {
                Ok(port) => builder.port(port),
                Err(_) => anyhow::bail!("{USAGE}, not {port:?}"),
            },
        };
    }
    let sandbox = builder.start()?;
    let config = serde_json::json!({
        "apiEndpoint": sandbox.url(),
        "apiKey": sandbox.api_key(),
        "products": sandbox.products(),
    });
    println!("endpoint: {}", sandbox.url());
    println!("key:      {}", sandbox.api_key());
    println!("Save this as a configuration and point any client at it. Ctrl-C ends it.\n");
    println!("{config:#}");
    eprintln!("Its control path is {}; GET it to see what there is.", sandbox.control_url());
    loop {
        std::thread::park();
    }
}
