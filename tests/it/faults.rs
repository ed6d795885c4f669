//! Every fault on every call of every plan: what is sent afterwards, what is reported, and the state at the end.
//!
//! The tables in `faults/` are the expectation, one line for each: the call that is struck, the fault, the calls made,
//! what was reported, and the state that the platform is left in with the number of changes and messages.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::sync::Mutex;
use std::time::Duration;

use connect::models::ParamUpdate;
use connect::sandbox::{Fault, Sandbox, sample};
use connect::usage::FileAction;
use connect::{Action, Approval, Config, Connect, Error, Report, UpdateMethod};

use time::macros::datetime;

#[cfg(feature = "xlsx")]
use crate::support::usage::{LISTING, new_file, record};
use crate::support::{ORDER, TEMPLATE, impatient};

mod half_sent;

/// One call of a plan, and a run that makes it.
struct Case {
    call: &'static str,
    method: &'static str,
    path: &'static str,
    run: fn(&Connect) -> connect::Result<Report>,
}

struct Plans {
    prepare: fn(&Sandbox),
    collection: &'static str,
    cases: &'static [Case],
}

fn approval() -> Approval {
    Approval::template(TEMPLATE).with_params([ParamUpdate::value("purchase_id", "P-1")])
}

fn inquiry() -> Action {
    Action::inquire([ParamUpdate::error("email", "is no address")]).with_message("Which address?")
}

const FULFILLMENT: Plans = Plans {
    prepare: |sandbox| {
        sandbox.insert("requests", sample::request(ORDER));
        sandbox.insert("conversations", sample::conversation_for(ORDER));
    },
    collection: "requests",
    cases: &[
        Case { call: "list", method: "GET", path: "/requests", run: approve_orders },
        Case { call: "update", method: "PUT", path: "/requests/*", run: approve_orders },
        Case { call: "approve", method: "POST", path: "/requests/*/approve", run: approve_orders },
        Case { call: "look-up", method: "GET", path: "/conversations", run: approve_orders },
        Case { call: "message", method: "POST", path: "/conversations/*/messages", run: approve_orders },
        Case {
            call: "fail",
            method: "POST",
            path: "/requests/*/fail",
            run: |connect| connect.process_fulfillments(|_| Err(Action::fail("no licence"))),
        },
        Case {
            call: "inquire",
            method: "POST",
            path: "/requests/*/inquire",
            run: |connect| connect.process_fulfillments(|_| Err(inquiry())),
        },
    ],
};

fn approve_orders(connect: &Connect) -> connect::Result<Report> {
    connect.process_fulfillments(|_| Ok(approval()))
}

const TIER_CONFIG: Plans = Plans {
    prepare: |sandbox| {
        sandbox.insert("tier/config-requests", sample::tier_config_request("TCR-1000-0000-0001-001"));
    },
    collection: "tier/config-requests",
    cases: &[
        Case { call: "list", method: "GET", path: "/tier/config-requests", run: approve_tiers },
        Case { call: "update", method: "PUT", path: "/tier/config-requests/*", run: approve_tiers },
        Case { call: "approve", method: "POST", path: "/tier/config-requests/*/approve", run: approve_tiers },
        Case {
            call: "fail",
            method: "POST",
            path: "/tier/config-requests/*/fail",
            run: |connect| connect.process_tier_configs(|_| Err(Action::fail("unknown reseller"))),
        },
        Case {
            call: "inquire",
            method: "POST",
            path: "/tier/config-requests/*/inquire",
            run: |connect| {
                connect.process_tier_configs(|_| {
                    Err(Action::inquire([ParamUpdate::error("reseller_no", "is not known")]))
                })
            },
        },
    ],
};

fn approve_tiers(connect: &Connect) -> connect::Result<Report> {
    let approval = || Approval::template(TEMPLATE).with_params([ParamUpdate::value("reseller_no", "R-1")]);
    connect.process_tier_configs(|_| Ok(approval()))
}

#[cfg(feature = "xlsx")]
const USAGE: Plans = Plans {
    prepare: |sandbox| {
        sandbox.insert("listings", sample::listing(LISTING));
    },
    collection: "usage/files",
    cases: &[
        Case { call: "list", method: "GET", path: "/listings", run: report_usage },
        Case { call: "create", method: "POST", path: "/usage/files", run: report_usage },
        Case { call: "upload", method: "POST", path: "/usage/files/*/upload", run: report_usage },
    ],
};

#[cfg(feature = "xlsx")]
fn report_usage(connect: &Connect) -> connect::Result<Report> {
    connect.process_usage_listings(|_| Ok(Some(connect.usage().submit(new_file(), [record()])?)))
}

/// Each file is in the state from which its action leads on.
const USAGE_FILES: Plans = Plans {
    prepare: |sandbox| {
        sandbox.insert("usage/files", sample::usage_file("UF-2024-02-0001-0001"));
    },
    collection: "usage/files",
    cases: &[
        Case { call: "list", method: "GET", path: "/usage/files", run: |connect| files(connect, "ready") },
        Case {
            call: "submit",
            method: "POST",
            path: "/usage/files/*/submit",
            run: |connect| files(connect, "ready"),
        },
        Case {
            call: "delete",
            method: "POST",
            path: "/usage/files/*/delete",
            run: |connect| connect.process_usage_files(|_| Ok(FileAction::Delete)),
        },
        Case {
            call: "accept",
            method: "POST",
            path: "/usage/files/*/accept",
            run: |connect| files(connect, "pending"),
        },
        Case {
            call: "reject",
            method: "POST",
            path: "/usage/files/*/reject",
            run: |connect| {
                let options = connect::Options::new().statuses(["pending"]);
                connect.usage().process_files_with(options, |_| Ok(FileAction::reject("wrong month")))
            },
        },
        Case {
            call: "close",
            method: "POST",
            path: "/usage/files/*/close",
            run: |connect| files(connect, "accepted"),
        },
    ],
};

fn files(connect: &Connect, status: &str) -> connect::Result<Report> {
    connect.usage().process_files_with(connect::Options::new().statuses([status]), |file| {
        Ok(match file.status.as_str() {
            "ready" => FileAction::Submit,
            "pending" => FileAction::accept("thank you"),
            _ => FileAction::Close,
        })
    })
}

const HTML: &str = "<html><h1>Bad Gateway</h1></html>";

/// The name of a fault, and the kind it gives a fault to be.
type Kind = (&'static str, fn(Fault) -> Fault);

const KINDS: [Kind; 18] = [
    ("429", |fault| fault.status(429)),
    ("429 after 0 s", |fault| fault.status(429).header("Retry-After", "0")),
    ("429 after an hour", |fault| fault.status(429).header("Retry-After", "3600")),
    ("500", |fault| fault.status(500)),
    ("502 in HTML", |fault| fault.status(502).body(HTML)),
    ("503 after 0 s", |fault| fault.status(503).header("Retry-After", "0")),
    ("504 with effect", |fault| fault.status(504).after_effect()),
    ("reset", Fault::reset),
    ("reset with effect", |fault| fault.reset().after_effect()),
    ("truncated", Fault::truncated),
    ("broken JSON", Fault::broken_json),
    ("silence", Fault::never_answer),
    ("silence with effect", |fault| fault.never_answer().after_effect()),
    ("drip", |fault| fault.drip(Duration::from_millis(80))),
    ("redirect elsewhere", |fault| fault.redirect("http://127.0.0.1:1/elsewhere")),
    ("oversized", |fault| fault.oversized(1 << 20).after_effect()),
    ("gzip bomb", |fault| fault.gzip_bomb(1 << 20).after_effect()),
    ("wrong content type", |fault| fault.content_type("text/html")),
];

/// Answers of status 2xx that something in front of the platform may give. None has an effect unless it says so.
const LIES: [Kind; 9] = [
    ("200 HTML", |fault| fault.status(200).body(HTML)),
    ("200 HTML with effect", |fault| fault.status(200).body(HTML).after_effect()),
    ("200 wrong status", |fault| fault.status(200).body(r#"{"status":"tiers_setup"}"#)),
    ("200 error body", |fault| fault.status(200).body(r#"{"error_code":"SYS_001","errors":["no"]}"#)),
    ("200 empty object", |fault| fault.status(200).body("{}")),
    ("200 other id", |fault| fault.status(200).body(r#"{"id":"XX-1","status":"approved","text":"no"}"#)),
    ("204", |fault| fault.status(204)),
    ("202 empty", |fault| fault.status(202)),
    ("cut with effect", Fault::truncated),
];

/// The decisions that lead on from other states than pending.
const DECISIONS: Plans = Plans {
    prepare: FULFILLMENT.prepare,
    collection: "requests",
    cases: &[
        Case {
            call: "pend",
            method: "POST",
            path: "/requests/*/pend",
            run: |connect| decide(connect, "inquiring", || Action::Pend),
        },
        Case {
            call: "schedule",
            method: "POST",
            path: "/requests/*/schedule",
            run: |connect| decide(connect, "pending", || Action::Schedule(datetime!(2030-01-01 00:00 UTC))),
        },
        Case {
            call: "revoke",
            method: "POST",
            path: "/requests/*/revoke",
            run: |connect| decide(connect, "scheduled", || Action::Revoke("too late".into())),
        },
        Case {
            call: "confirm",
            method: "POST",
            path: "/requests/*/confirm",
            run: |connect| decide(connect, "scheduled", || Action::Confirm),
        },
    ],
};

fn decide(connect: &Connect, status: &str, action: fn() -> Action) -> connect::Result<Report> {
    let options = connect::Options::new().statuses([status]);
    connect.fulfillment().process_with(options, |_| Err(action()))
}

fn config(sandbox: &Sandbox, slow: bool) -> Config {
    let config = impatient(sandbox.config().unwrap()).update_method(UpdateMethod::Put);
    if slow { config.timeout(Duration::from_millis(800)) } else { config }
}

fn word<'a>(method: &str, route: &'a str) -> &'a str {
    let parts: Vec<_> = route.trim_start_matches('/').split('/').collect();
    match (method, parts.as_slice()) {
        ("GET", ["conversations"]) => "talks",
        ("GET", ["conversations", ..]) => "read",
        ("POST", ["conversations", ..]) => "say",
        ("POST", ["usage", "files"]) => "create",
        ("GET", ["requests" | "listings"] | ["tier", "config-requests"] | ["usage", "files"]) => "list",
        ("GET", _) => "get",
        ("PUT", _) => "put",
        (_, [.., verb]) => verb,
        (_, []) => "",
    }
}

fn line(plans: &Plans, case: &Case, (name, kind): Kind, times: usize) -> String {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.insert("assets", sample::asset("AS-1000-0000-0001"));
    (plans.prepare)(&sandbox);
    if ["accept", "reject", "close"].contains(&case.call) {
        let status = if case.call == "close" { "accepted" } else { "pending" };
        sandbox.update("usage/files", "UF-2024-02-0001-0001", |file| file["status"] = status.into());
    }
    if let Some(status) = [("pend", "inquiring"), ("revoke", "scheduled"), ("confirm", "scheduled")]
        .into_iter()
        .find_map(|(call, status)| (call == case.call).then_some(status))
    {
        sandbox.update("requests", ORDER, |order| order["status"] = status.into());
    }
    sandbox.fault(kind(Fault::on(case.method, case.path)).times(times));
    let slow = ["silence", "silence with effect", "drip"].contains(&name);
    let connect = Connect::new(config(&sandbox, slow)).unwrap();
    let ran = (case.run)(&connect);

    let journal = sandbox.journal();
    let sent: Vec<_> = journal.iter().map(|call| word(&call.method, call.route())).collect();
    format!("{} | {name} | {} | {}", case.call, sent.join(" "), end(&sandbox, plans.collection, ran))
}

/// What was reported, and the state that the platform is left in.
fn end(sandbox: &Sandbox, collection: &str, ran: connect::Result<Report>) -> String {
    let mut out = String::new();
    match ran {
        Ok(report) => reported(&mut out, &report),
        Err(error) => write!(out, "run: {}", kind_of(&error)).unwrap(),
    }
    let status =
        sandbox.all(collection).iter().map(|object| object["status"].to_string()).collect::<Vec<_>>();
    let status = status.join(" ").replace('"', "");
    let effects = sandbox.effects();
    let moves =
        effects.iter().filter(|effect| effect.from != effect.to && effect.action != "message").count();
    let messages = effects.iter().filter(|effect| effect.action == "message").count();
    write!(out, " | {status} {moves} {messages}").unwrap();
    assert!(sandbox.storage_calls().is_empty());
    out.trim_end().to_owned()
}

fn reported(out: &mut String, report: &Report) {
    if report.outcomes().is_empty() {
        out.push_str("nothing");
    }
    for outcome in report {
        let certainty = serde_json::to_value(outcome.certainty).unwrap();
        write!(out, "{} {}", outcome.verdict, certainty.as_str().unwrap()).unwrap();
        if let Some(error) = &outcome.error {
            write!(out, ", {}", kind_of(error)).unwrap();
        }
        if !outcome.warnings.is_empty() {
            let known =
                outcome.warnings.iter().any(|warning| warning.starts_with("its message was not posted"));
            out.push_str(if known { ", not said" } else { ", perhaps said" });
        }
    }
}

fn kind_of(error: &Error) -> String {
    match error {
        Error::Api(error) => error.status.to_string(),
        Error::Transport(error) if error.is_connect() => "not connected".into(),
        Error::Transport(error) if error.is_timeout() => "timeout".into(),
        Error::Transport(_) => "broke off".into(),
        Error::Decode(_) => "garbled".into(),
        Error::Conflict(_) => "conflict".into(),
        Error::Handler(error) => error.downcast_ref().map_or_else(|| error.to_string(), kind_of),
        other => other.to_string(),
    }
}

/// Runs each case under each fault, once and for ever, and compares with the table.
fn compare(plans: &Plans, kinds: &[Kind], table: &str) {
    let cells = plans.cases.iter().flat_map(|case| kinds.iter().map(move |kind| (case, *kind)));
    let cells = cells.flat_map(|(case, kind)| [(case, kind, 1), (case, kind, usize::MAX)]).collect();
    compare_cells(cells, 24, table, |(case, kind, times)| {
        format!("{} | {}", often(times), line(plans, case, kind, times))
    });
}

fn often(times: usize) -> &'static str {
    if times == 1 { "once" } else { "ever" }
}

/// Makes the lines of so many cells at once, and compares them with the table.
fn compare_cells<C: Send>(cells: Vec<C>, at_once: usize, table: &str, line: impl Fn(C) -> String + Sync) {
    let queue = Mutex::new(cells.into_iter().enumerate().collect::<VecDeque<_>>());
    let lines = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..at_once {
            scope.spawn(|| {
                loop {
                    let Some((at, cell)) = queue.lock().unwrap().pop_front() else { return };
                    let line = line(cell);
                    lines.lock().unwrap().push((at, line));
                }
            });
        }
    });
    let mut lines = lines.into_inner().unwrap();
    lines.sort_unstable();
    let actual: Vec<_> = lines.iter().map(|(_, line)| line.as_str()).collect();
    let expected: Vec<_> = table.lines().filter(|line| !line.is_empty()).collect();
    let mut differences = String::new();
    for line in actual.iter().filter(|line| !expected.contains(line)) {
        writeln!(differences, "+{line}").unwrap();
    }
    for line in expected.iter().filter(|line| !actual.contains(line)) {
        writeln!(differences, "-{line}").unwrap();
    }
    assert!(differences.is_empty(), "\n{differences}");
}

#[test]
fn fulfillment_calls_under_every_fault() {
    compare(&FULFILLMENT, &KINDS, include_str!("faults/fulfillment.txt"));
}

#[test]
fn decisions_from_other_states_under_every_fault() {
    compare(&DECISIONS, &KINDS, include_str!("faults/decisions.txt"));
}

#[test]
fn tier_config_calls_under_every_fault() {
    compare(&TIER_CONFIG, &KINDS, include_str!("faults/tier_config.txt"));
}

#[cfg(feature = "xlsx")]
#[test]
fn usage_calls_under_every_fault() {
    compare(&USAGE, &KINDS, include_str!("faults/usage.txt"));
}

#[test]
fn usage_file_calls_under_every_fault() {
    compare(&USAGE_FILES, &KINDS, include_str!("faults/usage_files.txt"));
}

#[test]
fn fulfillment_calls_under_every_lie() {
    compare(&FULFILLMENT, &LIES, include_str!("faults/lies_fulfillment.txt"));
}

#[test]
fn decisions_calls_under_every_lie() {
    compare(&DECISIONS, &LIES, include_str!("faults/lies_decisions.txt"));
}

#[test]
fn tier_config_calls_under_every_lie() {
    compare(&TIER_CONFIG, &LIES, include_str!("faults/lies_tier_config.txt"));
}

#[cfg(feature = "xlsx")]
#[test]
fn usage_calls_under_every_lie() {
    compare(&USAGE, &LIES, include_str!("faults/lies_usage.txt"));
}

#[test]
fn usage_files_calls_under_every_lie() {
    compare(&USAGE_FILES, &LIES, include_str!("faults/lies_usage_files.txt"));
}
