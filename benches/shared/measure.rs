//! Whole processes, measured from inside and reported on one line.

use std::process::Command;
use std::time::{Duration, Instant};

/// What one job cost.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    pub wall: Duration,
    pub cpu: Duration,
    pub peak_kb: u64,
    /// Of these, without the pages of the program's own file, which the kernel maps in blocks as it likes.
    pub data_kb: u64,
}

/// Runs this program again for one job.
pub fn job(arguments: &[&str]) -> Cost {
    let output = Command::new(std::env::current_exe().expect("a bench has a path"))
        .args(arguments)
        .output()
        .expect("it starts");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("it prints numbers");
    let numbers: Vec<u64> =
        text.split_whitespace().map(|word| word.parse().expect("it prints numbers")).collect();
    Cost {
        wall: Duration::from_micros(numbers[0]),
        cpu: Duration::from_micros(numbers[1]),
        peak_kb: numbers[2],
        data_kb: numbers[3],
    }
}

/// Does the job and prints its cost for [`job`].
pub fn report(work: impl FnOnce()) {
    let (start, cpu) = (Instant::now(), cpu_time());
    work();
    let (wall, cpu) = (start.elapsed().as_micros(), cpu_time().saturating_sub(cpu).as_micros());
    let peak = memory_kb("VmHWM");
    println!("{wall} {cpu} {peak} {}", peak.saturating_sub(memory_kb("RssFile")));
}

/// User and system time of this process, all threads, in steps of the kernel's clock (10 ms).
fn cpu_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("this is Linux");
    let after_name = stat.rsplit_once(')').expect("the name is in parentheses").1;
    let fields: Vec<&str> = after_name.split_whitespace().collect();
    let ticks: u64 = fields[11].parse::<u64>().expect("utime") + fields[12].parse::<u64>().expect("stime");
    Duration::from_millis(ticks * 10)
}

fn memory_kb(what: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("this is Linux");
    let line = status.lines().find(|line| line.starts_with(what)).expect("it tells its memory");
    line.split_whitespace().nth(1).and_then(|kb| kb.parse().ok()).expect("in kB")
}

/// Middle of an odd number of values.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
