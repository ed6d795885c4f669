//! Serves a Connect platform with demo data on loopback until interrupted.
//!
//! `cargo run --example sandbox -- [PORT] [--empty] [--patch]`: the port is any free one unless given; `--empty` begins
//! without data; `--patch` takes updates by `PATCH` instead of `PUT`.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for the terminal")]

use std::process::ExitCode;

use connect::sandbox::Sandbox;

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
    let mut builder = Sandbox::builder();
    for argument in std::env::args().skip(1) {
        builder = match argument.as_str() {
            "--empty" => builder.empty(),
            "--patch" => builder.patch_only(),
            port => match port.parse() {
                Ok(port) => builder.port(port),
                Err(_) => anyhow::bail!("usage: sandbox [PORT] [--empty] [--patch], not {port:?}"),
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
    loop {
        std::thread::park();
    }
}
