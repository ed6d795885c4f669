//! The example programs, run as programs: report, exit code, calls, and nothing secret in what they print.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use connect::sandbox::{Fault, Sandbox, sample};
use serde_json::{Value, json};

use crate::support::calls;
use crate::support::program::example;

const ALL: [&str; 4] = ["fulfillment", "tier_config", "usage", "usage_file"];

/// An example, away from whatever this process has in its environment.
fn program(name: &str) -> Command {
    let mut command = example(name);
    command.env_remove("RUST_LOG").env_remove("CONNECT_API_KEY").current_dir(std::env::temp_dir());
    command
}

/// Standard output of a run that must end well.
fn report(name: &str, arguments: &[&str]) -> String {
    let output = program(name).args(arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    text(&output.stdout)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The first line without the time the run took.
fn headline(report: &str) -> String {
    let line = report.lines().next().unwrap();
    let (start, rest) = line.split_once(" in ").unwrap();
    format!("{start}, {}", rest.split_once(", ").unwrap().1)
}

/// A configuration file for a sandbox, and the folder that goes with it.
struct File {
    _folder: tempfile::TempDir,
    path: PathBuf,
}

impl File {
    fn new(content: &Value) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.json");
        fs::write(&path, content.to_string()).unwrap();
        // A file that others can read is warned of.
        #[cfg(unix)]
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        Self { _folder: folder, path }
    }

    fn of(sandbox: &Sandbox) -> Self {
        let content = json!({
            "apiEndpoint": sandbox.url(), "apiKey": sandbox.api_key(), "products": [sample::PRODUCT],
            "updateMethod": "PUT",
        });
        Self::new(&content)
    }

    fn run(&self, name: &str, arguments: &[&str]) -> Output {
        program(name).arg(&self.path).args(arguments).output().unwrap()
    }

    fn run_logging(&self, name: &str, filter: &str) -> Output {
        program(name).arg(&self.path).env("RUST_LOG", filter).output().unwrap()
    }
}

/// The calls that were no reads.
fn sent(sandbox: &Sandbox) -> Vec<Value> {
    let Value::Array(calls) = calls(sandbox) else { panic!() };
    calls.into_iter().filter(|call| call[0] != "GET").collect()
}

#[test]
fn fulfillment_on_the_sandbox() {
    let report = report("fulfillment", &[]);
    assert_eq!(headline(&report), "30 fulfillment requests, 8 approved, 6 failed, 2 inquired, 14 skipped");
    for line in [
        "  30 waited at the start, the oldest for ",
        "  PR-4001-7725-0037-001 approved: template TL-497-535-242\n",
        "  PR-4003-7725-0111-001 failed: Is not possible to purchase such quantity\n",
        "  PR-4005-7725-0185-001 approved: template TL-497-535-242\n",
        "  PR-4007-7725-0259-001 inquired: email: Email address has not been provided, please provide one\n",
        "  PR-4011-7725-0407-001 failed: The product has no parameter purchase_id\n",
        "  PR-4015-7725-0555-001 failed: Changes are not supported\n",
    ] {
        assert!(report.contains(line), "{line}\n{report}");
    }
}

#[test]
fn tier_config_on_the_sandbox() {
    let report = report("tier_config", &[]);
    assert_eq!(headline(&report), "11 tier config requests, 7 approved, 4 inquired");
    let line = "  TCR-628-071-401-001 inquired: reseller_no: This value is required, please provide it\n";
    assert!(report.contains(line), "{report}");
}

#[test]
fn usage_on_the_sandbox() {
    let report = report("usage", &[]);
    assert_eq!(headline(&report), "3 listings, 2 reported, 1 skipped");
    assert!(report.contains("  LST-771-402-959 reported: usage file UF-"), "{report}");
}

#[test]
fn usage_file_on_the_sandbox() {
    assert_eq!(headline(&report("usage_file", &[])), "3 usage files, 3 submitted");
    let report = report("usage_file", &["--all"]);
    assert_eq!(headline(&report), "15 usage files, 3 submitted, 2 accepted, 2 deleted, 8 skipped");
    assert!(report.contains("  UF-2024-03-4127-8834 deleted\n"), "{report}");
    assert!(report.contains("  UF-2024-03-4127-8836 accepted: File looks good\n"), "{report}");
}

#[test]
fn the_sandbox_is_said_to_be_one() {
    let output = program("fulfillment").output().unwrap();
    assert!(text(&output.stderr).contains("running on the embedded sandbox at http://127.0.0.1:"));
}

#[test]
fn fulfillment_on_the_server_of_a_file() {
    let sandbox = Sandbox::empty().unwrap();
    let changes: [fn(&mut Value); 4] = [
        |_| (),
        |request| request["asset"]["items"][0]["quantity"] = "100001".into(),
        |request| request["asset"]["params"][0]["value"] = "".into(),
        |request| request["type"] = "change".into(),
    ];
    sandbox.add_requests(4, |n, request| changes[n](request));
    let id = |n: usize| format!("PR-1000-000{n}-0001-001");
    sandbox.insert("conversations", sample::conversation_for(&id(0)));
    let output = File::of(&sandbox).run("fulfillment", &[]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let report = text(&output.stdout);
    assert_eq!(headline(&report), "4 fulfillment requests, 1 approved, 2 failed, 1 inquired");
    let error = "Email address has not been provided, please provide one";
    assert_eq!(
        sent(&sandbox),
        [
            json!(["PUT", format!("/requests/{}", id(0)), {
                "asset": {"params": [{"id": "purchase_id", "value": "P-AS-1000-0000-0001"}]},
            }]),
            json!(["POST", format!("/requests/{}/approve", id(0)), {"template_id": "TL-497-535-242"}]),
            json!(["POST", "/conversations/CO-1000-0000-0001-001/messages", {
                "text": "Activated using template TL-497-535-242.",
            }]),
            json!(["POST", format!("/requests/{}/fail", id(1)), {
                "reason": "Is not possible to purchase such quantity",
            }]),
            json!(["PUT", format!("/requests/{}", id(2)), {
                "asset": {"params": [{"id": "email", "value_error": error}]},
            }]),
            json!(["POST", format!("/requests/{}/inquire", id(2)), {}]),
            json!(["POST", format!("/requests/{}/fail", id(3)), {"reason": "Changes are not supported"}]),
        ]
    );
}

#[test]
fn tier_config_on_the_server_of_a_file() {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.insert("tier/config-requests", sample::tier_config_request("TCR-1-1-1-001"));
    let mut incomplete = sample::tier_config_request("TCR-1-1-2-001");
    incomplete["params"][0]["value"] = "".into();
    incomplete["events"]["created"]["at"] = "2024-03-02T07:00:00+00:00".into();
    sandbox.insert("tier/config-requests", incomplete);
    let output = File::of(&sandbox).run("tier_config", &[]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let error = json!({"id": "reseller_no", "value_error": "This value is required, please provide it"});
    assert_eq!(
        sent(&sandbox),
        [
            json!(["POST", "/tier/config-requests/TCR-1-1-1-001/approve", {"template": {"id": "TL-497-535-242"}}]),
            json!(["PUT", "/tier/config-requests/TCR-1-1-2-001", {"params": [error]}]),
            json!(["POST", "/tier/config-requests/TCR-1-1-2-001/inquire"]),
        ]
    );
}

#[test]
fn usage_on_the_server_of_a_file() {
    let sandbox = Sandbox::empty().unwrap();
    let mut asset = sample::asset("AS-1000-0000-0001");
    asset["params"] = json!([sample::param("param_b", "text", "tenant2")]);
    sandbox.insert("assets", asset);
    let mut listing = sample::listing("LST-1");
    listing["contract"]["id"] = "CRD-41560-05399-123".into();
    sandbox.insert("listings", listing);
    sandbox.insert("listings", sample::listing("LST-2"));
    let output = File::of(&sandbox).run("usage", &[]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(headline(&text(&output.stdout)), "2 listings, 1 reported, 1 skipped");
    let calls = sent(&sandbox);
    assert_eq!(calls.len(), 2);
    assert_eq!(calls[0][2]["product"], json!({"id": sample::PRODUCT}));
    assert_eq!(calls[0][2]["contract"], json!({"id": "CRD-41560-05399-123"}));
    let file = &sandbox.all("usage/files")[0];
    assert_eq!(file["status"], "ready");
    assert_eq!(file["records"]["valid"], 1);
}

#[test]
fn usage_daily_on_the_sandbox() {
    for arguments in [&[][..], &["--settle"], &["--dry-run"]] {
        let report = report("usage_daily", arguments);
        assert!(report.contains("/2024-05-30"), "{arguments:?} {report}");
    }
}

#[test]
fn usage_daily_on_the_server_of_a_file() {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.insert("listings", sample::listing("LST-1"));
    for n in 1..=2 {
        let mut asset = sample::asset(&format!("AS-{n}"));
        asset["events"]["created"]["at"] = "2024-01-01T00:00:00+00:00".into();
        sandbox.insert("assets", asset);
    }
    let file = File::of(&sandbox);
    let run = |arguments: &[&str]| {
        let output = file.run("usage_daily", arguments);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        text(&output.stdout)
    };
    let since = ["--since", "2024-05-01", "--today", "2024-05-03"];
    assert!(
        run(&[&since[..], &["--dry-run"]].concat()).starts_with("dry run, nothing was sent: 2 usage periods")
    );
    assert_eq!(sent(&sandbox), [Value::Null; 0]);
    assert_eq!(headline(&run(&since)), "2 usage periods, 2 reported");
    let json: Value = serde_json::from_str(&run(&[&since[..], &["--settle", "--json"]].concat())).unwrap();
    assert_eq!((&json[0]["handled"], &json[1]["counts"]["submitted"]), (&json!(0), &json!(2)));
    let files = sandbox.all("usage/files");
    let said: Vec<_> = files
        .iter()
        .map(|file| {
            (
                file["external_id"].as_str().unwrap(),
                file["status"].as_str().unwrap(),
                &file["records"]["valid"],
            )
        })
        .collect();
    let id = |day: &str| format!("{}/CRD-10482-77310-26594/{day}", sample::PRODUCT);
    let (first, second) = (id("2024-05-01"), id("2024-05-02"));
    assert_eq!(said, [(first.as_str(), "pending", &json!(2)), (second.as_str(), "pending", &json!(2))]);
    // Nothing is left to do, and nothing is said.
    assert_eq!(run(&[&since[..], &["--settle"]].concat()), "");
    let output = file.run("usage_daily", &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("--since DATE is missing"), "{}", text(&output.stderr));
}

#[test]
fn usage_file_on_the_server_of_a_file() {
    let sandbox = Sandbox::empty().unwrap();
    for (n, status) in ["invalid", "ready", "pending", "accepted"].into_iter().enumerate() {
        let mut file = sample::usage_file(&format!("UF-{n}"));
        file["status"] = status.into();
        file["events"]["created"]["at"] = format!("2024-03-0{}T06:00:00+00:00", n + 1).into();
        sandbox.insert("usage/files", file);
    }
    let output = File::of(&sandbox).run("usage_file", &["--all"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(
        sent(&sandbox),
        [
            json!(["POST", "/usage/files/UF-0/delete"]),
            json!(["POST", "/usage/files/UF-1/submit"]),
            json!(["POST", "/usage/files/UF-2/accept", {"acceptance_note": "File looks good"}]),
        ]
    );
}

/// One object for each example to find.
fn something_for_each() -> Sandbox {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.add_requests(3, |_, _| {});
    sandbox.insert("conversations", sample::conversation_for("PR-1000-0000-0001-001"));
    sandbox.insert("tier/config-requests", sample::tier_config_request("TCR-1-1-1-001"));
    let mut listing = sample::listing("LST-1");
    listing["contract"]["id"] = "CRD-41560-05399-123".into();
    sandbox.insert("listings", listing);
    sandbox.insert("usage/files", sample::usage_file("UF-1"));
    sandbox
}

#[test]
fn a_dry_run_only_reads_and_prints_the_plan() {
    let sandbox = something_for_each();
    let file = File::of(&sandbox);
    for (name, said) in [
        ("fulfillment", "POST /requests/PR-1000-0000-0001-001/approve {\"template_id\":\"TL-497-535-242\"}"),
        (
            "tier_config",
            "POST /tier/config-requests/TCR-1-1-1-001/approve {\"template\":{\"id\":\"TL-497-535-242\"}}",
        ),
        ("usage", "POST /usage/files was not sent"),
        ("usage_file", "POST /usage/files/UF-1/submit"),
    ] {
        let output = file.run(name, &["--dry-run"]);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let report = text(&output.stdout);
        assert!(report.starts_with("dry run, nothing was sent: "), "{report}");
        assert!(report.contains(said), "{report}");
        let journal = sandbox.take_journal();
        assert!(
            !journal.is_empty() && journal.iter().all(|call| call.method == "GET"),
            "{name}: {journal:?}"
        );
    }
    assert_eq!(sandbox.effects(), []);
}

#[test]
fn json_is_for_machines() {
    for name in ALL {
        let report: Value = serde_json::from_str(&report(name, &["--json"])).unwrap();
        let handled = report["handled"].as_u64().unwrap();
        let counted: u64 = report["counts"].as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum();
        assert!(handled > 0 && handled == counted, "{report}");
        assert_eq!(report["outcomes"].as_array().unwrap().len() as u64, handled);
    }
}

#[test]
fn a_run_that_finds_nothing_prints_nothing() {
    let sandbox = Sandbox::empty().unwrap();
    let file = File::of(&sandbox);
    for name in ALL {
        for arguments in [&[][..], &["--json"], &["--dry-run"]] {
            let output = file.run(name, arguments);
            assert_eq!(output.status.code(), Some(0));
            assert_eq!(
                (text(&output.stdout), text(&output.stderr)),
                (String::new(), String::new()),
                "{name}"
            );
        }
    }
}

#[test]
fn an_order_that_cannot_be_handled_is_exit_code_1() {
    let sandbox = something_for_each();
    sandbox.fault(Fault::on("POST", "/requests/*/approve").status(400).body(r#"{"errors": ["no"]}"#));
    let output = File::of(&sandbox).run("fulfillment", &[]);
    assert_eq!(output.status.code(), Some(1));
    let report = text(&output.stdout);
    assert_eq!(headline(&report), "3 fulfillment requests, 2 approved, 1 errored");
    assert!(text(&output.stderr).contains("PR-1000-0000-0001-001: what was done: closure said approved"));
}

#[test]
fn a_mistake_in_the_configuration_is_one_line_and_exit_code_1() {
    let url = "http://127.0.0.1:9/public/v1";
    for (content, said) in [
        (json!({"apiEndpoint": url}), "apiKey"),
        (
            json!({"apiEndpoint": "http://api.example.com/public/v1", "apiKey": "ApiKey SU-1:x"}),
            "apiEndpoint",
        ),
        (json!({"apiEndpoint": url, "apikey": "ApiKey SU-1:x"}), "apikey"),
        (json!([]), "config.json"),
    ] {
        for name in ALL {
            let output = File::new(&content).run(name, &[]);
            assert_eq!((output.status.code(), text(&output.stdout)), (Some(1), String::new()));
            let error = text(&output.stderr);
            assert!(error.starts_with("error: ") && error.contains(said), "{error}");
            assert_eq!(error.lines().count(), 1, "{error}");
        }
    }
}

#[test]
fn a_file_that_is_not_there_or_an_unknown_option_is_exit_code_1() {
    for (argument, said) in
        [("/no/such.json", "/no/such.json does not exist"), ("--jason", "unknown option --jason")]
    {
        let output = program("usage").arg(argument).output().unwrap();
        assert_eq!((output.status.code(), text(&output.stdout)), (Some(1), String::new()));
        assert!(text(&output.stderr).contains(said), "{}", text(&output.stderr));
    }
}

#[test]
fn a_platform_that_is_away_is_exit_code_1() {
    let sandbox = Sandbox::empty().unwrap();
    let file = File::of(&sandbox);
    drop(sandbox);
    let output = file.run("fulfillment", &[]);
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(1), String::new()));
    assert!(text(&output.stderr).contains("error: GET /requests?"), "{}", text(&output.stderr));
}

/// Finds a secret in a text as it is, in hexadecimal and as decimal bytes, also where a dump spreads it over rows: any
/// eight bytes of it are enough.
fn shows(output: &str, secret: &str) -> Option<String> {
    let plain: String = output.chars().filter(|c| !c.is_whitespace()).collect();
    let hex: String = output.chars().filter(char::is_ascii_hexdigit).collect::<String>().to_lowercase();
    let decimal: String = output.chars().filter(|c| c.is_ascii_digit() || *c == ',').collect();
    secret.as_bytes().windows(8).find_map(|window| {
        let text = String::from_utf8(window.to_vec()).unwrap();
        let digits = window.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
        let bytes: Vec<_> = window.iter().map(u8::to_string).collect();
        let found = plain.contains(&text) || hex.contains(&digits) || decimal.contains(&bytes.join(","));
        found.then_some(text)
    })
}

#[test]
fn a_dump_of_bytes_would_be_noticed() {
    let secret = "9f2c61d0a4b84e7f93d5c0be1a72846f5d3e10cc";
    let rows: Vec<String> = secret
        .as_bytes()
        .chunks(16)
        .map(|row| {
            let hex: Vec<_> = row.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("0010: {} |{}|\n", hex.join(" "), ".".repeat(row.len()))
        })
        .collect();
    assert!(shows(&rows.concat(), secret).is_some());
    assert!(shows(&format!("{:?}", secret.as_bytes()), secret).is_some());
    assert!(shows(&format!("{}\n{}", &secret[..20], &secret[20..]), secret).is_some());
    assert_eq!(shows("PR-4001-7725-0037-001 approved", secret), None);
}

#[test]
fn at_the_highest_level_the_log_holds_no_secret() {
    for name in ALL {
        for filter in ["trace", "ureq=trace,ureq_proto=trace,rustls=trace,connect=trace"] {
            let sandbox = Sandbox::start().unwrap();
            let output = File::of(&sandbox).run_logging(name, filter);
            assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
            let all = text(&output.stdout) + &text(&output.stderr);
            assert!(all.contains("TRACE connect::http::body"), "nothing was logged");
            let key = sandbox.api_key().split(':').next_back().unwrap();
            // The key, the demo data's password, the signature of links.
            for secret in [key, "demo-secret-do-not-log"] {
                assert_eq!(shows(&all, secret), None, "{name} with {filter}");
            }
            assert!(!all.contains("7f3a9c"), "{name} with {filter}");
        }
    }
}

#[test]
fn the_key_may_come_from_the_environment() {
    let sandbox = Sandbox::empty().unwrap();
    let file = File::new(&json!({"apiEndpoint": sandbox.url(), "products": [sample::PRODUCT]}));
    let run =
        |key: &str| program("fulfillment").arg(&file.path).env("CONNECT_API_KEY", key).output().unwrap();
    assert_eq!(run(sandbox.api_key()).status.code(), Some(0));
    let refused = run("SU-000-000-000:wrong");
    assert_ne!(refused.status.code(), Some(0));
    assert!(text(&refused.stderr).contains("check the API key"), "{}", text(&refused.stderr));
}

#[test]
fn the_program_of_readme_tells_what_it_did_before_the_platform_failed() {
    let readme = include_str!("../../README.md");
    let (_, program_text) = include_str!("../../examples/readme.rs").split_once("\n\n").unwrap();
    assert!(readme.contains(program_text), "README and examples/readme.rs differ");

    let sandbox = Sandbox::empty().unwrap();
    sandbox.add_requests(130, |_, _| {});
    sandbox.fault(Fault::on("GET", "/requests").skip(1).status(500).always());
    let file = File::of(&sandbox);
    let output = program("readme").current_dir(file.path.parent().unwrap()).output().unwrap();
    let report = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{report} {}", text(&output.stderr));
    assert!(report.starts_with("100 fulfillment requests in "), "{report}");
    assert!(report.contains("\n  the run ended early: GET /requests?"), "{report}");
    assert!(report.contains("was answered with 500 Internal Server Error\n"), "{report}");
}

#[test]
fn the_program_of_readme_prints_nothing_while_all_that_waits_is_skipped() {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.add_requests(18, |n, request| request["type"] = ["change", "cancel", "suspend"][n % 3].into());
    let file = File::of(&sandbox);
    for run in 0..10 {
        let output = program("readme").current_dir(file.path.parent().unwrap()).output().unwrap();
        assert_eq!(output.status.code(), Some(0));
        if run == 0 {
            assert!(text(&output.stdout).contains("warning: the ledger is new"), "{output:?}");
        } else {
            assert_eq!(
                (text(&output.stdout), text(&output.stderr)),
                (String::new(), String::new()),
                "run {run}"
            );
        }
    }
    let refusals = sandbox.journal().iter().filter(|call| call.method != "GET").count();
    assert_eq!(refusals, 0);
}

#[test]
fn the_program_of_readme_makes_one_tenant_though_its_update_fails_three_times() {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.add_requests(1, |_, _| {});
    sandbox.fault(Fault::on("PUT", "/requests/*").status(500).times(3));
    let file = File::of(&sandbox);
    let run = || program("readme").current_dir(file.path.parent().unwrap()).output().unwrap().status.code();
    while run() == Some(1) {}
    let ledger = connect::Ledger::open(file.path.parent().unwrap().join("ledger.db")).unwrap();
    let id = "PR-1000-0000-0001-001";
    let (entry, steps) = ledger.store().read("requests", id).unwrap().unwrap();
    assert_eq!((entry.state.as_deref(), steps.len(), steps[0].generation), (Some("approved"), 1, 1));
    assert_eq!(sandbox.status(id).as_deref(), Some("approved"));
}

#[test]
fn the_program_of_readme_prints_each_order_once() {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.add_requests(6, |n, request| {
        if n == 0 {
            request["asset"]["params"][0]["value"] = "".into();
        }
    });
    let file = File::of(&sandbox);
    let output = program("readme").current_dir(file.path.parent().unwrap()).output().unwrap();
    let all = text(&output.stdout) + &text(&output.stderr);
    assert_eq!(all.matches(" approved").count(), 5 + 1, "{all}");
    assert_eq!(all.matches("PR-1000-").count(), 6, "{all}");
}

#[cfg(unix)]
#[test]
fn a_reader_that_is_gone_ends_no_program() {
    let sandbox = Sandbox::empty().unwrap();
    for arguments in [&[][..], &["--json"]] {
        sandbox.add_requests(300, |_, _| ());
        let file = File::of(&sandbox);
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = program("fulfillment");
        command.arg(&file.path).args(arguments).stdout(writer);
        let output = command.output().unwrap();
        assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()));
    }
    sandbox.add_requests(3, |_, _| ());
    let file = File::of(&sandbox);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = program("readme").current_dir(file.path.parent().unwrap()).stdout(writer).output().unwrap();
    let logged = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{logged}");
    assert!(logged.lines().count() == 1 && logged.contains("the ledger is new"), "{logged}");
}

#[test]
fn every_example_tells_how_it_is_called() {
    for name in ["fulfillment", "tier_config", "usage", "usage_daily", "usage_file", "cron", "sandbox"] {
        let output = program(name).arg("--help").output().unwrap();
        assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()), "{name}");
        assert!(text(&output.stdout).starts_with("usage: "), "{name}");
    }
}
