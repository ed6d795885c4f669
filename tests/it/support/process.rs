//! A run in a process of its own, so that a kill is a real one: this test binary, started again with one test selected.

use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use connect::Config;
use connect::sandbox::{Sandbox, sample};

const URL: &str = "CONNECT_TEST_URL";
const KEY: &str = "CONNECT_TEST_KEY";

/// This test binary, to be started again with this test, which is an ignored one.
pub(crate) fn again(test: &str, sandbox: &Sandbox) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args([test, "--exact", "--ignored", "--nocapture"])
        .env(URL, sandbox.url())
        .env(KEY, sandbox.api_key())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

/// The platform that this process was started for; nothing where it was not started [again].
pub(crate) fn config_of_this_process() -> Option<Config> {
    let config = Config::new(std::env::var(URL).ok()?, std::env::var(KEY).unwrap()).unwrap();
    Some(config.products([sample::PRODUCT]).update_method(connect::UpdateMethod::Put))
}

/// Kills the process at a call that chance has chosen.
#[derive(Default)]
pub(crate) struct Killer {
    child: Mutex<Option<Child>>,
    /// Calls until then; never where it is 0.
    left: AtomicU64,
    kills: AtomicU64,
}

impl Killer {
    /// Runs a process to its end, and kills it at this call; never where it is 0. Returns whether it was killed.
    pub(crate) fn run(&self, command: &mut Command, call: u64) -> bool {
        let before = self.kills();
        let mut child = self.child.lock().unwrap();
        *child = Some(command.spawn().unwrap());
        self.left.store(call, Ordering::SeqCst);
        drop(child);
        self.wait();
        self.left.store(0, Ordering::SeqCst);
        self.kills() > before
    }

    /// A call has come, or was carried out. Returns whether the process is dead now.
    pub(crate) fn call(&self) -> bool {
        let last = self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        if last != Ok(1) {
            return false;
        }
        let mut child = self.child.lock().unwrap();
        let killed = child.as_mut().is_some_and(|child| child.kill().is_ok());
        self.kills.fetch_add(u64::from(killed), Ordering::SeqCst);
        killed
    }

    /// Number of processes that were killed.
    pub(crate) fn kills(&self) -> u64 {
        self.kills.load(Ordering::SeqCst)
    }

    /// Waits until the process has ended.
    fn wait(&self) {
        loop {
            let mut child = self.child.lock().unwrap();
            if child.as_mut().unwrap().try_wait().unwrap().is_some() {
                *child = None;
                return;
            }
            drop(child);
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}
