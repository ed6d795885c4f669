//! A platform, a vendor who counts, and workers that are processes of their own.

use std::collections::HashMap;
use std::io::{BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use connect::Ledger;
use connect::sandbox::{Sandbox, sample};
use connect_postgres::Settings;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::call::{Call, read};
use crate::server::shared;

/// What happens in a call of the vendor's, before it has its effect.
type Hook = Box<dyn FnMut(&str) + Send>;

/// A vendor's system, which makes something new for each key.
#[derive(Default)]
struct Made {
    /// Number of calls by their keys.
    calls: HashMap<String, u32>,
    ids: HashMap<String, String>,
    hook: Option<Hook>,
    /// Time that each answer takes.
    pause: Duration,
}

pub(crate) struct Vendor {
    address: SocketAddr,
    made: Arc<Mutex<Made>>,
}

impl Vendor {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let (address, made) = (listener.local_addr().unwrap(), Arc::<Mutex<Made>>::default());
        let shared = Arc::clone(&made);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let made = Arc::clone(&shared);
                std::thread::spawn(move || serve(&stream, &made));
            }
        });
        Self { address, made }
    }

    /// Calls this with the key of each call, before the effect. It may take its time.
    pub(crate) fn on_call(&self, hook: impl FnMut(&str) + Send + 'static) {
        self.lock().hook = Some(Box::new(hook));
    }

    pub(crate) fn pause(&self, time: Duration) {
        self.lock().pause = time;
    }

    /// Number of calls by their keys.
    pub(crate) fn calls(&self) -> HashMap<String, u32> {
        self.lock().calls.clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Made> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn serve(stream: &TcpStream, made: &Mutex<Made>) -> Option<()> {
    let mut input = BufReader::new(stream);
    loop {
        let Call { key, .. } = read(&mut input)?;
        let (hook, pause) = {
            let mut made = made.lock().unwrap_or_else(PoisonError::into_inner);
            (made.hook.take(), made.pause)
        };
        std::thread::sleep(pause);
        if let Some(mut hook) = hook {
            hook(&key);
            made.lock().unwrap_or_else(PoisonError::into_inner).hook.get_or_insert(hook);
        }
        let answer = {
            let mut made = made.lock().unwrap_or_else(PoisonError::into_inner);
            *made.calls.entry(key.clone()).or_default() += 1;
            let next = format!("V-{}", made.ids.len() + 1);
            json!({"id": made.ids.entry(key).or_insert(next)}).to_string()
        };
        let mut out = stream;
        write!(out, "HTTP/1.1 201 Created\r\nContent-Length: {}\r\n\r\n{answer}", answer.len()).ok()?;
    }
}

pub(crate) struct World {
    pub(crate) sandbox: Sandbox,
    pub(crate) vendor: Vendor,
    pub(crate) schema: String,
    pub(crate) address: String,
    folder: TempDir,
}

impl World {
    /// So many orders, each of an asset of its own.
    pub(crate) fn new(orders: usize) -> Self {
        let (server, schema) = shared();
        Self::on(server.address(), schema, orders)
    }

    pub(crate) fn on(address: String, schema: String, orders: usize) -> Self {
        let sandbox = Sandbox::empty().unwrap();
        sandbox.add_requests(orders, |number, request| {
            request["type"] = "purchase".into();
            request["asset"]["id"] =
                format!("AS-{:04}-{:04}-{:04}", number * 7919 % 10_000, number, number * 31 % 9973).into();
        });
        let folder = tempfile::tempdir().unwrap();
        let config = json!({
            "apiEndpoint": sandbox.url(), "apiKey": sandbox.api_key(), "products": [sample::PRODUCT], "updateMethod": "PUT",
        });
        std::fs::write(folder.path().join("config.json"), config.to_string()).unwrap();
        Self { sandbox, vendor: Vendor::start(), schema, address, folder }
    }

    /// A worker that has not begun.
    pub(crate) fn worker(&self, arguments: &[&str]) -> Command {
        let (config, vendor) = self.parties();
        let mut command = Command::new(example("saas_workers"));
        command
            .arg(config)
            .args(["--vendor", &vendor, "--postgres", &self.address])
            .args(["--schema", &self.schema, "--json"])
            .args(arguments)
            .env("RUST_LOG", "warn")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// The worker with this number of so many that share the orders and no ledger: the example of the crate itself.
    pub(crate) fn spawn_with_a_file(&self, index: usize, of: usize) -> Worker {
        let (config, vendor) = self.parties();
        let mut command = Command::new(example("saas"));
        command
            .arg(config)
            .args(["--vendor", &vendor, "--share", &format!("{index}/{of}"), "--json", "--ledger"])
            .arg(self.folder.path().join(format!("{index}.db")))
            .env("RUST_LOG", "warn")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        Worker::start(&mut command)
    }

    pub(crate) fn spawn(&self, arguments: &[&str]) -> Worker {
        Worker::start(&mut self.worker(arguments))
    }

    /// Makes the ledger's tables, and notes in one of them how long a lease of a worker that vanished had been over when
    /// another one took it.
    pub(crate) fn note_takeovers(&self) {
        let store = Settings::new(&*self.address).schema(&*self.schema).open().unwrap();
        assert!(!Ledger::on(store).job("saas").revive("PR-1", "jo: nothing").unwrap());
        self.ask(
            "CREATE TABLE takeover (id text, after interval);
            CREATE FUNCTION note_takeover() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                INSERT INTO takeover VALUES (NEW.id, clock_timestamp() - OLD.until);
                RETURN NULL;
            END $$;
            CREATE TRIGGER takeover AFTER UPDATE ON lease FOR EACH ROW
                WHEN (OLD.nonce <> NEW.nonce AND OLD.until > '-infinity') EXECUTE FUNCTION note_takeover()",
        );
    }

    /// Number of these, and the shortest and longest time in seconds.
    pub(crate) fn takeovers(&self) -> (u64, f64, f64) {
        let sql = "SELECT concat_ws(' ', count(*), COALESCE(EXTRACT(epoch FROM min(after)), 0),
            COALESCE(EXTRACT(epoch FROM max(after)), 0)) FROM takeover";
        let told = self.ask(sql);
        let parts: Vec<&str> = told.split(' ').collect();
        (parts[0].parse().unwrap(), parts[1].parse().unwrap(), parts[2].parse().unwrap())
    }

    /// Runs workers, one after the other, until no order is left.
    pub(crate) fn finish(&self, arguments: &[&str], within: Duration) {
        let start = Instant::now();
        while self.pending() > 0 {
            assert!(start.elapsed() < within, "{} orders are left", self.pending());
            let _ = self.spawn(arguments).report();
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    pub(crate) fn pending(&self) -> usize {
        self.sandbox.with_store(|store| {
            store.all("requests").iter().filter(|request| request["status"] == "pending").count()
        })
    }

    /// Number of approvals of each order.
    pub(crate) fn approvals(&self) -> HashMap<String, u32> {
        let mut approvals = HashMap::new();
        for effect in self.sandbox.effects().iter().filter(|effect| effect.action == "approve") {
            *approvals.entry(effect.id.clone()).or_default() += 1;
        }
        approvals
    }

    /// Where the configuration of the platform is, and the address of the vendor.
    pub(crate) fn parties(&self) -> (PathBuf, String) {
        (self.folder.path().join("config.json"), format!("http://{}", self.vendor.address))
    }

    /// What SQL in the ledger's schema answers.
    pub(crate) fn ask(&self, sql: &str) -> String {
        shared().0.ask(&format!("SET search_path TO {}; {sql}", self.schema))
    }
}

fn example(name: &str) -> PathBuf {
    let mut path = std::env::current_exe().unwrap();
    path.pop();
    path.pop();
    path.join("examples").join(name)
}

/// A worker's process, which ends with its value.
pub(crate) struct Worker(Option<Child>);

impl Worker {
    pub(crate) fn start(command: &mut Command) -> Self {
        Self(Some(command.spawn().unwrap()))
    }

    pub(crate) fn id(&self) -> u32 {
        self.0.as_ref().unwrap().id()
    }

    pub(crate) fn is_over(&mut self) -> bool {
        self.0.as_mut().unwrap().try_wait().unwrap().is_some()
    }

    /// What it came to.
    pub(crate) fn output(mut self) -> Output {
        self.0.take().unwrap().wait_with_output().unwrap()
    }

    pub(crate) fn report(self) -> Value {
        let output = self.output();
        serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)))
    }

    pub(crate) fn kill(&mut self) {
        let child = self.0.as_mut().unwrap();
        let _ = child.kill();
        let _ = child.wait();
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        if self.0.is_some() {
            self.kill();
        }
    }
}

/// `STOP` or `CONT`.
pub(crate) fn signal(process: u32, name: &str) {
    let status = Command::new("kill").args([&format!("-{name}"), &process.to_string()]).status().unwrap();
    assert!(status.success(), "kill -{name} {process}");
}
