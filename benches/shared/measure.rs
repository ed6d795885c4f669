//! Whole processes, measured from inside and reported on one line.

use std::process::{Child, Command};
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
    let (peak, data) = memory_kb("self").expect("a process that runs has memory");
    println!("{wall} {cpu} {peak} {data}");
}

/// Peak and data, in kB, of another program, looked at until it ends. The last millisecond is not seen.
pub fn peak_of(program: &mut Child) -> (u64, u64) {
    let mut last = (0, 0);
    while program.try_wait().expect("it is ours").is_none() {
        last = memory_kb(&program.id().to_string()).unwrap_or(last);
        std::thread::sleep(Duration::from_millis(1));
    }
    assert!(program.wait().expect("it ended").success());
    last
}

/// User and system time of this process, all threads, in steps of the kernel's clock (10 ms).
fn cpu_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("this is Linux");
    let after_name = stat.rsplit_once(')').expect("the name is in parentheses").1;
    let fields: Vec<&str> = after_name.split_whitespace().collect();
    let ticks: u64 = fields[11].parse::<u64>().expect("utime") + fields[12].parse::<u64>().expect("stime");
    Duration::from_millis(ticks * 10)
}

/// Peak of the memory of a process, and what of it is not its file, in kB; `None` when it has ended.
fn memory_kb(process: &str) -> Option<(u64, u64)> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let kb = |what: &str| {
        let line = status.lines().find(|line| line.starts_with(what))?;
        line.split_whitespace().nth(1)?.parse::<u64>().ok()
    };
    let peak = kb("VmHWM")?;
    Some((peak, peak.saturating_sub(kb("RssFile")?)))
}

/// Middle of an odd number of values.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
