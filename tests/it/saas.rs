//! The program `examples/saas.rs` as a program: its command line, its calls to the vendor, its exit codes.

use std::fs;
use std::io::{BufReader, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use connect::sandbox::{Fault, Sandbox, sample};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::program::example;
use crate::support::vendor::{Call, read};
use crate::support::{ORDER, one_order, serving, status};

type Answer = dyn Fn(&Call) -> Option<(u16, Value)> + Send + Sync;

/// A platform, a vendor, and the files of the job.
struct Saas {
    folder: TempDir,
    sandbox: Sandbox,
    vendor: String,
    calls: Arc<Mutex<Vec<Call>>>,
}

/// `answer` says what the vendor answers where it is not what a working one does.
fn saas(sandbox: Sandbox, answer: impl Fn(&Call) -> Option<(u16, Value)> + Send + Sync + 'static) -> Saas {
    let calls: Arc<Mutex<Vec<Call>>> = Arc::default();
    let (shared, answer): (_, Arc<Answer>) = (Arc::clone(&calls), Arc::new(answer));
    let address = serving(move |stream| serve(stream, &shared, &*answer));
    let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
    let config = json!({
        "apiEndpoint": sandbox.url(), "apiKey": sandbox.api_key(), "products": [sample::PRODUCT], "updateMethod": "PUT",
        "attempts": 1,
    });
    let path = folder.path().join("config.json");
    fs::write(&path, config.to_string()).unwrap();
    #[cfg(unix)]
    fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    Saas { folder, sandbox, vendor: format!("http://{address}"), calls }
}

fn works(_: &Call) -> Option<(u16, Value)> {
    None
}

fn serve(mut stream: TcpStream, calls: &Mutex<Vec<Call>>, answer: &Answer) {
    let mut input = BufReader::new(stream.try_clone().unwrap());
    while let Some(call) = read(&mut input) {
        let (status, body) = answer(&call).unwrap_or_else(|| match &*call.method {
            "DELETE" => (204, Value::Null),
            _ if call.path.ends_with("/licences") => (201, json!({"id": "L-1"})),
            _ => (201, json!({"id": "T-1"})),
        });
        calls.lock().unwrap().push(call);
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let head = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\n\r\n", body.len());
        if stream.write_all((head + &body).as_bytes()).is_err() {
            return;
        }
    }
}

impl Saas {
    fn ledger(&self) -> PathBuf {
        self.folder.path().join("ledger.db")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = example("saas");
        command
            .arg(self.folder.path().join("config.json"))
            .args(["--vendor", &self.vendor, "--ledger"])
            .arg(self.ledger())
            .args(arguments)
            .env_remove("RUST_LOG")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// A run's exit code, and what it says.
    fn run(&self, arguments: &[&str]) -> (i32, String) {
        ended(&self.command(arguments).output().unwrap())
    }

    /// What the vendor was asked since the last time.
    fn asked(&self) -> Vec<String> {
        let calls = std::mem::take(&mut *self.calls.lock().unwrap());
        calls.iter().map(|Call { method, path, key, body }| format!("{method} {path} {key} {body}")).collect()
    }
}

fn ended(output: &Output) -> (i32, String) {
    let out = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.code().unwrap(), out)
}

fn made() -> [String; 2] {
    [
        format!("POST /tenants {ORDER}:tenant:1 {}", json!({"order": ORDER, "email": "ada@example.com"})),
        format!("POST /tenants/T-1/licences {ORDER}:licence:1 {}", json!({"order": ORDER, "items": items()})),
    ]
}

fn items() -> usize {
    sample::request(ORDER)["asset"]["items"].as_array().unwrap().len()
}

fn with_email() -> Sandbox {
    let sandbox = one_order();
    sandbox.update("requests", ORDER, |order| {
        let params = order["asset"]["params"].as_array_mut().unwrap();
        params.iter_mut().find(|param| param["id"] == "email").unwrap()["value"] = "ada@example.com".into();
    });
    sandbox
}

#[test]
fn a_purchase_gets_a_tenant_a_licence_and_its_tenant_s_id() {
    let saas = saas(with_email(), works);
    let (exit, out) = saas.run(&[]);
    assert_eq!((exit, status(&saas.sandbox, ORDER).as_str()), (0, "approved"), "{out}");
    assert_eq!(saas.asked(), made());
    let order = saas.sandbox.get("requests", ORDER).unwrap();
    assert!(order["asset"]["params"].to_string().contains("\"T-1\""), "{order}");
    assert_eq!(order["template"]["id"], "TL-497-535-242");
    assert_eq!(saas.run(&[]), (0, String::new()), "an idle run says nothing");
}

#[test]
fn an_update_that_fails_three_times_makes_one_tenant() {
    let saas = saas(with_email(), works);
    saas.sandbox.fault(Fault::on("PUT", "/requests/*").status(500).times(3));
    let exits: Vec<_> = (0..4).map(|_| saas.run(&[]).0).collect();
    assert_eq!((exits, saas.asked()), (vec![1, 1, 1, 0], made().to_vec()));
}

#[test]
fn a_dry_run_names_the_steps_and_asks_neither_side_for_anything() {
    let sandbox = Sandbox::start().unwrap();
    let saas = saas(sandbox, works);
    let (exit, out) = saas.run(&["--dry-run"]);
    assert_eq!(exit, 0, "{out}");
    let purchases = out
        .lines()
        .filter(|line| line.contains("would be approved: after the steps tenant, licence: template"));
    assert!(purchases.count() > 0, "{out}");
    assert_eq!(saas.asked(), [""; 0]);
    assert!(saas.sandbox.journal().iter().all(|call| call.method == "GET"));
    let names: Vec<_> =
        fs::read_dir(saas.folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["config.json"], "no byte was written");
}

#[test]
fn a_dry_run_beside_a_running_job_writes_nothing_and_a_second_job_has_nothing_to_do() {
    let (gate, is_asked) = (Arc::new(Mutex::new(())), Arc::new(AtomicBool::new(false)));
    let (waits, asked) = (Arc::clone(&gate), Arc::clone(&is_asked));
    let held = gate.lock().unwrap();
    let saas = saas(with_email(), move |call| {
        if call.path == "/tenants" {
            asked.store(true, Ordering::SeqCst);
            drop(waits.lock());
        }
        None
    });
    let job = saas.command(&[]).spawn().unwrap();
    while !is_asked.load(Ordering::SeqCst) {
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    let content =
        || ["ledger.db", "ledger.db-wal"].map(|name| fs::read(saas.folder.path().join(name)).unwrap());
    let before = content();
    let (exit, out) = saas.run(&["--dry-run"]);
    assert!(exit == 0 && out.contains("after the steps tenant, licence: template"), "{out}");
    assert_eq!(saas.run(&[]), (0, String::new()));
    let (exit, out) = saas.run(&["--json"]);
    assert_eq!((exit, serde_json::from_str::<Value>(&out).unwrap()["stopped"].as_str()), (0, Some("held")));
    assert!(content() == before, "something was written");
    drop(held);
    assert_eq!(ended(&job.wait_with_output().unwrap()).0, 0);
    assert_eq!(saas.asked(), made());
}

#[test]
fn an_order_without_the_parameter_or_with_too_many_items_fails_before_anything_is_made() {
    for (change, ends) in [
        (json!({"params": []}), "failed"),
        (json!({"quantity": "100001"}), "failed"),
        (json!({"quantity": "100000"}), "approved"),
        (json!({"quantity": "unlimited"}), "approved"),
    ] {
        let sandbox = one_order();
        sandbox.update("requests", ORDER, |order| {
            if change["params"].is_array() {
                order["asset"]["params"] = change["params"].clone();
            } else {
                order["asset"]["items"][0]["quantity"] = change["quantity"].clone();
            }
        });
        let saas = saas(sandbox, works);
        assert_eq!(saas.run(&[]).0, 0);
        assert_eq!(status(&saas.sandbox, ORDER), ends, "{change}");
        assert_eq!(saas.asked().is_empty(), ends == "failed", "{change}");
    }
}

#[test]
fn what_the_vendor_refuses_for_good_fails_the_order_and_undoes_what_was_made() {
    let saas = saas(with_email(), |call| {
        call.path.ends_with("/licences").then(|| (409, json!({"permanent": true})))
    });
    let (exit, out) = saas.run(&[]);
    assert_eq!((exit, status(&saas.sandbox, ORDER).as_str()), (0, "failed"), "{out}");
    let [tenant, licence] = made();
    let undone = format!("DELETE /tenants/T-1 {ORDER}:undo:tenant:1 null");
    assert_eq!(saas.asked(), [tenant, licence, undone]);
}

#[test]
fn whatever_else_the_vendor_answers_is_an_error_of_this_attempt() {
    for (code, body) in [
        (409, json!({"permanent": false})),
        (409, json!({})),
        (500, Value::Null),
        (404, Value::Null),
        (200, json!({})),
    ] {
        let saas = saas(with_email(), move |call| (call.path == "/tenants").then(|| (code, body.clone())));
        let exits: Vec<_> = (0..2).map(|_| saas.run(&[]).0).collect();
        assert_eq!((exits, status(&saas.sandbox, ORDER).as_str()), (vec![1, 1], "pending"), "{code}");
        // The same key, since nobody knows what was made.
        assert_eq!(saas.asked(), [made()[0].clone(), made()[0].clone()], "{code}");
    }
}

#[test]
fn a_licence_of_unknown_fate_is_undone_by_its_key_where_others_fail_the_order() {
    let lost = Arc::new(Mutex::new(1));
    let saas = saas(with_email(), move |call| {
        let mut lost = lost.lock().unwrap();
        let is_lost = call.path.ends_with("/licences") && *lost > 0;
        *lost -= i32::from(is_lost);
        match &*call.method {
            "DELETE" => Some((404, Value::Null)),
            _ => is_lost.then_some((500, Value::Null)),
        }
    });
    assert_eq!(saas.run(&[]).0, 1);
    saas.sandbox.act(|others| others.fail(ORDER, "no")).unwrap();
    assert_eq!(saas.run(&[]).0, 0);
    let [tenant, licence] = made();
    let undone = [
        format!("DELETE /licences/L-1 {ORDER}:undo:licence:1 null"),
        format!("DELETE /tenants/T-1 {ORDER}:undo:tenant:1 null"),
    ];
    assert_eq!(saas.asked(), [tenant, licence.clone(), licence, undone[0].clone(), undone[1].clone()]);
    assert_eq!(saas.run(&[]), (0, String::new()));
}

#[test]
fn with_attempts_an_order_that_erred_waits_and_the_last_attempt_is_told() {
    let saas = saas(with_email(), |call| (call.path == "/tenants").then_some((500, Value::Null)));
    assert_eq!(saas.run(&["--attempts", "2"]).0, 1);
    assert_eq!((saas.run(&["--attempts", "2"]).0, saas.asked().len()), (0, 1), "it is not due");
    let (exit, out) = saas.run(&["--attempts", "1"]);
    assert_eq!((exit, saas.asked().len()), (0, 0), "{out}");
    // Without a bound, at once.
    assert_eq!((saas.run(&[]).0, saas.asked().len()), (1, 1));
}

#[test]
fn ten_orders_at_the_head_that_the_vendor_never_makes_are_no_outage() {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.add_requests(25, |_, _| {});
    let is_bad = |order: &str| order < "PR-1000-0010";
    let saas = saas(sandbox, move |call| {
        let order = call.body["order"].as_str().unwrap_or_default();
        (call.path == "/tenants" && is_bad(order)).then_some((500, Value::Null))
    });
    let (exit, out) = saas.run(&["--attempts", "12"]);
    let orders = saas.sandbox.all("requests");
    let approved = orders.iter().filter(|order| order["status"] == "approved").count();
    assert_eq!((exit, approved), (1, 15), "{out}");
    assert!(out.contains("is over"), "{out}");
}

#[test]
fn other_kinds_of_orders_are_approved_with_the_same_template() {
    for kind in ["change", "suspend", "resume", "cancel"] {
        let sandbox = one_order();
        sandbox.update("requests", ORDER, |order| order["type"] = kind.into());
        let saas = saas(sandbox, works);
        assert_eq!((saas.run(&[]).0, status(&saas.sandbox, ORDER).as_str()), (0, "approved"), "{kind}");
        assert_eq!(saas.asked(), [""; 0]);
    }
}

#[test]
fn without_a_configuration_it_shows_itself_on_the_sandbox() {
    let output = example("saas").output().unwrap();
    let (exit, out) = ended(&output);
    assert_eq!(exit, 0, "{out}");
    let last = out.lines().last().unwrap();
    assert!(last.contains(" tenants and ") && last.contains(" purchases; "), "{last}");
}

#[test]
fn a_command_line_that_lacks_something_says_what() {
    let saas = saas(one_order(), works);
    let config = saas.folder.path().join("config.json");
    for (arguments, text) in [
        (vec![], "--vendor URL is missing"),
        (vec!["--vendor", "http://127.0.0.1:1"], "--ledger FILE is missing"),
        (vec!["--attempts", "x"], "--attempts is no number"),
        (vec!["--wet-run"], "unknown option --wet-run"),
    ] {
        let output = example("saas").arg(&config).args(&arguments).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((output.status.code(), said.contains(text)), (Some(1), true), "{said}");
    }
    assert_eq!(saas.sandbox.journal().len(), 0);
}
