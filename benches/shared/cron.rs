//! The program in `benches/cron`, built with the documented profile: its size, its start and its memory.

use std::io::Read as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use tempfile::NamedTempFile;

use super::PAGE;
use super::measure::{median, peak_of};
use super::server::Server;

/// Of a program that takes a millisecond.
const STARTS: usize = 301;
/// Of runs whose memory is measured.
const RUNS: usize = 5;

pub fn starts() {
    for (what, features, most) in
        [("without xlsx", "--no-default-features", 3.5), ("with xlsx", "--all-features", 5.0)]
    {
        let (cron, raw) = (built("cron", features), built("raw", features));
        let size = cron.metadata().expect("it was built").len() as f64 / 1e6;
        let starts: Vec<_> = (0..STARTS).map(|_| (first_byte(&cron), first_byte(&raw))).collect();
        println!(
            "cron binary {what}: {size:.2} MB (at most {most} MB), {:.2} ms from start to the first byte sent, {:.2} × a raw socket",
            median(starts.iter().map(|(ours, _)| *ours).collect()),
            median(starts.iter().map(|(ours, raw)| ours / raw).collect()),
        );
    }
}

/// The memory of the program for a list that grows.
pub fn growth() {
    let cron = built("cron", "--all-features");
    for orders in [100, 1000, 10_000, 100_000] {
        let server = Server::start(orders, PAGE);
        let runs: Vec<_> = (0..RUNS)
            .map(|_| {
                let config = config(&server.url);
                peak_of(&mut start(&cron, &config))
            })
            .collect();
        let middle =
            |of: fn(&(u64, u64)) -> u64| median(runs.iter().map(|run| of(run) as f64 / 1024.0).collect());
        println!(
            "memory: {orders} orders: {:.1} MB peak, {:.1} MB of it data",
            middle(|(peak, _)| *peak),
            middle(|(_, data)| *data)
        );
    }
}

fn built(name: &str, features: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/cron");
    let built = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--release", features])
        .current_dir(&root)
        .status()
        .expect("cargo runs");
    assert!(built.success());
    root.join("target/release").join(name)
}

fn config(url: &str) -> NamedTempFile {
    let file = NamedTempFile::new().expect("a temporary file");
    let text = format!(r#"{{"apiEndpoint":"{url}","apiKey":"SU-1:secret","attempts":1}}"#);
    std::fs::write(file.path(), text).expect("written");
    file
}

fn start(program: &Path, config: &NamedTempFile) -> Child {
    Command::new(program)
        .arg(config.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts")
}

/// Milliseconds from starting the program to the first byte of its first call.
fn first_byte(program: &Path) -> f64 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let config = config(&format!("http://{}/public/v1", listener.local_addr().expect("it is bound")));
    let begin = Instant::now();
    let mut child = start(program, &config);
    let (mut stream, _) = listener.accept().expect("it calls");
    let read = stream.read(&mut [0]).expect("it sends");
    let took = begin.elapsed();
    assert_eq!(read, 1);
    drop(stream);
    drop(listener);
    let _ = child.wait();
    took.as_secs_f64() * 1e3
}
