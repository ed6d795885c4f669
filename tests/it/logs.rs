//! What a run writes to the log: nothing for a success, everything that was done for a failure, never a secret.

use std::cell::{Cell, RefCell};
use std::sync::Once;

use connect::models::{ParamUpdate, Request};
use connect::sandbox::{Fault, Sandbox, sample};
use connect::{Action, Approval, Connect, Ledger, Options, UpdateMethod};
use log::{Level, LevelFilter, Log, Metadata, Record};
use serde_json::{Value, json};

use crate::support::job::{HOUR, Job, approve, down, job};

thread_local! {
    static LEVEL: Cell<LevelFilter> = const { Cell::new(LevelFilter::Off) };
    static LINES: RefCell<Vec<(Level, String)>> = const { RefCell::new(Vec::new()) };
}

/// Keeps the lines of each thread apart, so that tests do not see each other's.
struct Capture;

impl Log for Capture {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.level() <= LEVEL.get() && metadata.target().starts_with("connect")
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            LINES.with_borrow_mut(|lines| lines.push((record.level(), record.args().to_string())));
        }
    }

    fn flush(&self) {}
}

/// The lines that `work` writes up to this level, without times.
fn lines(level: LevelFilter, work: impl FnOnce()) -> Vec<(Level, String)> {
    static START: Once = Once::new();
    START.call_once(|| {
        log::set_logger(&Capture).unwrap();
        log::set_max_level(LevelFilter::Trace);
    });
    LEVEL.set(level);
    work();
    LEVEL.set(LevelFilter::Off);
    let lines = LINES.take();
    lines.into_iter().map(|(level, line)| (level, without_times(&line))).collect()
}

/// `in 17 ms` becomes `in … ms`.
fn without_times(line: &str) -> String {
    let words: Vec<_> = line.split(' ').collect();
    let is_time = |n: usize| words.get(n + 1).is_some_and(|next| next.starts_with("ms"));
    let words = words.iter().enumerate().map(|(n, word)| if is_time(n) { "…" } else { word });
    words.collect::<Vec<_>>().join(" ")
}

fn errors(work: impl FnOnce()) -> Vec<String> {
    lines(LevelFilter::Error, work).into_iter().map(|(_, line)| line).collect()
}

const FIRST: &str = "PR-1000-0000-0001-001";
const SECOND: &str = "PR-1000-0001-0001-001";

fn sandbox() -> (Sandbox, Connect) {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.add_requests(2, |_, _| {});
    let connect = Connect::new(sandbox.config().unwrap().update_method(UpdateMethod::Put)).unwrap();
    (sandbox, connect)
}

#[test]
fn a_run_without_failures_writes_no_error_and_no_warning() {
    let (_sandbox, connect) = sandbox();
    let written = lines(LevelFilter::Warn, || {
        let report = connect.process_fulfillments(|_| Ok(Approval::template("TL-497-535-242"))).unwrap();
        assert_eq!(report.approved(), 2);
    });
    assert_eq!(written, []);
}

#[test]
fn what_was_only_found_done_is_warned_of_and_a_plan_is_not() {
    let (sandbox, connect) = sandbox();
    let approve = |dry_run| {
        let options = Options::new().dry_run(dry_run);
        drop(
            connect
                .fulfillment()
                .process_with(options, |_| Ok(Approval::template("TL-497-535-242")))
                .unwrap(),
        );
    };
    assert_eq!(lines(LevelFilter::Warn, || approve(true)), []);
    let lost = Fault::on("POST", &format!("/requests/{FIRST}/approve"));
    sandbox.fault(lost.status(503).header("Retry-After", "0").after_effect());
    let written = lines(LevelFilter::Warn, || approve(false));
    let [(Level::Warn, line)] = written.as_slice() else { panic!("{written:?}") };
    assert!(line.starts_with(&format!("{FIRST} approved")), "{line}");
}

#[test]
fn a_server_that_echoes_the_key_has_it_in_no_line_about_another_attempt() {
    let (sandbox, connect) = sandbox();
    let key = sandbox.api_key().to_owned();
    let secret = key.split_once(':').map_or(key.as_str(), |(_, secret)| secret);
    // As JSON may say it, too: the bytes of the body do not hold the secret then.
    let escaped: Vec<_> = secret.chars().map(|c| format!("\\u{:04x}", u32::from(c))).collect();
    let escaped = escaped.concat();
    let body = format!(r#"{{"errors": ["no such user: {escaped}"]}}"#);
    sandbox.fault(Fault::on("GET", "/requests").status(503).header("Retry-After", "0").body(&body));
    let written = lines(LevelFilter::Trace, || {
        assert_eq!(connect.process_fulfillments(|_| Err(Action::skip())).unwrap().skipped(), 2);
    });
    assert!(written.iter().any(|(_, line)| line.contains("no such user")), "{written:?}");
    assert!(written.iter().all(|(_, line)| !line.contains(secret)), "{written:?}");
}

#[test]
fn what_is_settled_at_the_end_of_a_run_is_told_as_well() {
    let (sandbox, connect) = sandbox();
    let before = sandbox.get("requests", FIRST).unwrap().to_string();
    let approve = format!("/requests/{FIRST}/approve");
    sandbox.fault(Fault::on("POST", &approve).reset().after_effect());
    sandbox.fault(Fault::on("POST", &approve).status(403).always());
    sandbox.fault(Fault::on("GET", "/requests/*").status(200).body(&before).always());
    let written = lines(LevelFilter::Warn, || {
        let report = connect.process_fulfillments(|_| Ok(Approval::template("TL-497-535-242"))).unwrap();
        assert_eq!((report.approved(), report.observed()), (2, 1), "{report}");
    });
    let levels: Vec<_> = written.iter().map(|(level, _)| *level).collect();
    assert_eq!(levels, [Level::Error, Level::Error, Level::Warn], "{written:?}");
    assert!(written[0].1.starts_with(&format!("{FIRST} errored (what became of it is not known)")));
    assert!(written[2].1.starts_with(&format!("{FIRST} approved (observed")), "{written:?}");
}

/// The warnings of a run whose ledger refuses such a change.
fn warned(job: &Job, refused: &str, run: impl FnOnce()) -> Vec<String> {
    let file = rusqlite::Connection::open(job.path()).unwrap();
    let trigger = format!("CREATE TRIGGER full BEFORE {refused} BEGIN SELECT RAISE(ABORT, 'full'); END");
    file.execute_batch(&trigger).unwrap();
    lines(LevelFilter::Warn, run).into_iter().map(|(_, line)| line).collect()
}

#[test]
fn what_a_ledger_cannot_keep_at_the_end_of_a_run_is_warned_of() {
    let mut job = job(Sandbox::empty().unwrap());
    job.sandbox.add_requests(2, |_, _| {});
    let provision = |ledger: &Ledger, request: &Request| job.provision(ledger, request);
    drop(job.run(Options::new().max(1), provision));
    job.wait(25 * HOUR);
    let written = warned(&job, "DELETE ON entry", || {
        let report = job.run(Options::new(), |ledger, request| job.provision(ledger, request));
        assert_eq!(report.approved(), 1, "{report}");
    });
    assert!(matches!(&written[..], [line] if line.contains("full")), "{written:?}");
}

#[test]
fn news_that_the_ledger_cannot_remember_are_warned_of() {
    let job = job(Sandbox::empty().unwrap());
    job.sandbox.add_requests(1, |_, _| {});
    drop(job.run(Options::new(), down));
    let written = warned(&job, "UPDATE OF told ON entry", || {
        assert_eq!(job.news(Options::new(), |_, _| Err(Action::error("the disk is full"))).1, 1);
    });
    let is_told = |line: &String| line.starts_with("what was told is not remembered: ");
    assert!(written.iter().any(is_told), "{written:?}");
}

#[test]
fn orders_that_cannot_be_looked_up_at_the_end_of_a_walk_are_warned_of() {
    let job = job(Sandbox::empty().unwrap());
    job.sandbox.add_requests(1, |_, _| {});
    drop(job.run(Options::new(), |ledger, request| job.both(ledger, request, down(ledger, request))));
    job.sandbox.update("requests", FIRST, |order| order["status"] = "tiers_setup".into());
    // Behind the list that has nothing.
    job.sandbox.fault(Fault::on("GET", "/requests").skip(1).status(500).always());
    let written = lines(LevelFilter::Warn, || assert_eq!(job.run_idle(Options::new()).exit_code(), 0));
    let told = "what has ended could not be looked up: ";
    assert!(written.iter().any(|(_, line)| line.starts_with(told)), "{written:?}");
}

#[test]
fn a_call_of_unknown_fate_that_cannot_be_looked_up_is_warned_of() {
    let job = job(Sandbox::empty().unwrap());
    job.sandbox.add_requests(1, |_, _| {});
    job.sandbox.fault(Fault::on("POST", "/requests/*/approve").reset().times(9));
    job.sandbox.fault(Fault::on("GET", "/requests/*").status(500).always());
    // Behind the two lists of the walk.
    job.sandbox.fault(Fault::on("GET", "/requests").skip(2).status(500).always());
    assert_eq!(job.run(Options::new(), approve).unknown(), 1);
    job.sandbox.clear_faults();
    job.sandbox.fault(Fault::on("GET", "/requests").status(500));
    let written = lines(LevelFilter::Warn, || assert_eq!(job.run_idle(Options::new()).waiting(), 1));
    let told = "what is unknown could not be looked up: ";
    assert!(written.iter().any(|(_, line)| line.starts_with(told)), "{written:?}");
}

#[test]
fn a_success_is_one_line_at_level_debug_since_the_report_has_it() {
    let (_sandbox, connect) = sandbox();
    let approve =
        || drop(connect.process_fulfillments(|_| Ok(Approval::template("TL-497-535-242"))).unwrap());
    let written = lines(LevelFilter::Debug, approve);
    let written: Vec<_> = written.into_iter().filter(|(_, line)| line.contains(" approved: ")).collect();
    let line = |id: &str, calls: u32| {
        (Level::Debug, format!("{id} approved: template TL-497-535-242 ({calls} calls, … ms)"))
    };
    // The first one looks the conversations of both up.
    assert_eq!(written, [line(FIRST, 2), line(SECOND, 1)]);
}

#[test]
fn a_request_that_fails_is_written_with_its_calls_and_the_others_are_not() {
    let (sandbox, connect) = sandbox();
    sandbox.fault(Fault::on("POST", "/requests/*/approve").status(400).body(r#"{"errors": ["no"]}"#));
    let written = errors(|| {
        let report = connect
            .process_fulfillments(|_| {
                let params = [ParamUpdate::value("purchase_id", "P-1")];
                Ok(Approval::template("TL-497-535-242").with_params(params))
            })
            .unwrap();
        assert_eq!((report.errored(), report.approved()), (1, 1));
    });
    assert_eq!(
        written,
        [
            format!("{FIRST} errored: POST /requests/{FIRST}/approve was answered with 400 Bad Request: no"),
            format!(
                "{FIRST}: what was done: closure said approved in … ms; PUT /requests/{FIRST} 200 in … ms; \
                 POST /requests/{FIRST}/approve 400 in … ms; GET /requests/{FIRST} 200 in … ms"
            ),
        ]
    );
}

#[test]
fn calls_of_the_closure_are_part_of_what_was_done() {
    let (sandbox, connect) = sandbox();
    sandbox.insert("products", sample::product(sample::PRODUCT));
    let written = errors(|| {
        let report = connect
            .process_fulfillments(|request| {
                if request.id == FIRST {
                    return Err(Action::skip());
                }
                let product = connect.directory().product(sample::PRODUCT)?;
                Err(anyhow::anyhow!("no room for {}", product.unwrap().id).into())
            })
            .unwrap();
        assert_eq!((report.errored(), report.skipped()), (1, 1));
    });
    let product = sample::PRODUCT;
    assert_eq!(
        written,
        [
            format!("{SECOND} errored: no room for {product}"),
            format!(
                "{SECOND}: what was done: GET /products/{product} 200 in … ms; closure said error in … ms"
            ),
        ]
    );
}

#[test]
fn repetitions_and_pauses_are_part_of_what_was_done() {
    let (sandbox, _) = sandbox();
    let config = sandbox.config().unwrap().update_method(UpdateMethod::Put);
    let connect = Connect::new(config.backoff(std::time::Duration::ZERO, std::time::Duration::ZERO)).unwrap();
    sandbox.fault(Fault::on("PUT", &format!("/requests/{FIRST}")).status(503).always());
    let written = errors(|| {
        let report = connect
            .process_fulfillments(|_| {
                let params = [ParamUpdate::value("purchase_id", "P-1")];
                Ok(Approval::template("TL-497-535-242").with_params(params))
            })
            .unwrap();
        assert_eq!((report.errored(), report.approved()), (1, 1));
    });
    let put = format!("PUT /requests/{FIRST} 503 in … ms");
    assert_eq!(
        written[1],
        format!(
            "{FIRST}: what was done: closure said approved in … ms; {put}; waited … ms; {put}; waited … ms; {put}; GET /requests/{FIRST} 200 in … ms"
        )
    );
}

#[test]
fn each_line_about_a_call_of_a_request_names_it() {
    let (_sandbox, connect) = sandbox();
    let written = lines(LevelFilter::Debug, || {
        drop(connect.process_fulfillments(|_| Err(Action::fail("no"))).unwrap());
    });
    let of_calls: Vec<_> = written.iter().filter(|(level, _)| *level == Level::Debug).collect();
    let posts: Vec<_> =
        of_calls.iter().filter(|(_, line)| line.contains("POST ")).map(|(_, line)| line).collect();
    assert_eq!(
        posts,
        [
            &format!("{FIRST}: POST /requests/{FIRST}/fail 200 … ms"),
            &format!("{SECOND}: POST /requests/{SECOND}/fail 200 … ms"),
        ]
    );
    // The list is nobody's.
    assert!(of_calls.iter().any(|(_, line)| line.starts_with("GET /requests?")), "{of_calls:?}");
}

#[test]
fn bodies_at_level_trace_hold_no_password_and_no_key() {
    let (sandbox, connect) = sandbox();
    sandbox.update("requests", FIRST, |request| {
        let params = request["asset"]["params"].as_array_mut().unwrap();
        params.push(sample::param("admin", "password", "hunter2-hunter2"));
        params.push(sample::param("user", "text", "irene"));
    });
    let written = lines(LevelFilter::Trace, || {
        drop(
            connect
                .process_fulfillments(|request| {
                    let params = request.param("admin").map(|_| ParamUpdate::value("admin", "correct-horse"));
                    Ok(Approval::template("TL-497-535-242").with_params(params))
                })
                .unwrap(),
        );
    });
    let all: String = written.into_iter().map(|(_, line)| line + "\n").collect();
    assert!(all.contains("irene"), "bodies are not logged");
    let key = sandbox.api_key().split(':').next_back().unwrap();
    for secret in ["hunter2", "correct-horse", key] {
        assert!(!all.contains(secret), "{secret}");
    }
}

#[test]
fn a_repetition_is_told_with_its_reason_and_nobody_is_warned_of_it() {
    let (sandbox, _) = sandbox();
    let pause = std::time::Duration::ZERO;
    let connect = Connect::new(sandbox.config().unwrap().backoff(pause, pause)).unwrap();
    sandbox.fault(Fault::on("GET", "/products").reset());
    sandbox.fault(Fault::on("GET", "/products").status(503).body(r#"{"errors": ["busy"]}"#));
    let warned = lines(LevelFilter::Info, || connect.check().unwrap_or_default());
    assert!(warned.iter().all(|(level, _)| *level == Level::Info), "{warned:?}");
    let warned: Vec<_> = warned.iter().map(|(_, line)| line.split_once(": ").unwrap().1).collect();
    assert_eq!(
        warned,
        [
            "no answer from the platform: Peer disconnected; next attempt in … ms",
            "busy; next attempt in … ms",
        ]
    );
}

#[test]
fn at_level_trace_no_line_is_written_for_a_body_that_is_not_there() {
    let (sandbox, connect) = sandbox();
    sandbox.fault(Fault::on("POST", "/requests/*/pend").status(204));
    let written = lines(LevelFilter::Trace, || connect.fulfillment().pend(FIRST).unwrap());
    assert_eq!(written, [(Level::Debug, format!("POST /requests/{FIRST}/pend 204 … ms"))]);
}

#[test]
fn twenty_secrets_that_the_platform_echoes_are_in_no_output() {
    let secrets: Vec<String> = (0..20).map(|n| format!("hunter{n:02}-secret")).collect();
    // Ten that the order holds, and ten that are sent.
    let params = (0..20).map(|n| {
        let value = secrets.get(n).filter(|_| n < 10);
        json!({"id": format!("pw{n}"), "type": "password", "value": value})
    });
    let params: Vec<_> = params.collect();
    let sent: Vec<_> = (10..20).map(|n| ParamUpdate::value(format!("pw{n}"), &secrets[n])).collect();
    let said = secrets.join(", ");
    let link = |secret| format!("https://s.example/x?sig={secret}");
    let links: Vec<_> = secrets.iter().map(link).collect();
    let echo = |status: &str| {
        let mut echo = json!({"id": FIRST, "status": status, "reason": said, "note": said, "seen": secrets, "links": links});
        echo["params"] = json!({"of": {"any": {"form": secrets}}});
        echo
    };
    let refusal = json!({"error_code": "VAL_1", "errors": secrets, "params": {"seen": links}}).to_string();
    let of = |method: &str, path: &str, status: u16, body: &str| {
        Fault::on(method, path).status(status).body(body).always()
    };
    let approve = |status, body: &str| of("POST", "/requests/*/approve", status, body);
    let say = |status, body: &str| of("POST", "/conversations/*/messages", status, body);
    let look_up = |body: &Value| of("GET", "/requests/*", 200, &body.to_string());
    // The look at the end of the run, after the two of the walk.
    let later =
        |body: &Value| Fault::on("GET", "/requests").skip(2).status(200).body(&json!([body]).to_string());
    let mut cases = vec![
        vec![of("PUT", "/requests/*", 400, &refusal)],
        vec![of("PUT", "/requests/*", 200, &echo("pending").to_string())],
        vec![of("PUT", "/requests/*", 200, &echo("failed").to_string())],
        vec![approve(400, &refusal)],
        vec![approve(200, &echo("approved").to_string())],
        vec![approve(500, &said)],
        vec![approve(502, &format!("<html>{said} {}</html>", links[0]))],
        vec![approve(500, &refusal), look_up(&echo("failed"))],
        vec![approve(500, &refusal), look_up(&echo("pending"))],
        vec![approve(500, &refusal), look_up(&json!({"note": said})), later(&echo("failed")).always()],
        vec![of("GET", "/conversations", 400, &refusal)],
        vec![of("GET", "/conversations", 200, &json!([{"id": "CO-9", "topic": said}]).to_string())],
        vec![say(400, &refusal)],
        vec![say(200, &json!({"text": said, "note": links}).to_string())],
        vec![
            say(500, &refusal),
            of("GET", "/conversations/*/messages", 200, &json!([{"text": said}]).to_string()),
        ],
    ];
    // A log line and an error are cut: half a secret must not be left.
    cases.extend((3960..4100).step_by(7).map(|length| {
        let mut echo = echo("approved");
        echo["activation"] = "x".repeat(length).into();
        vec![approve(200, &echo.to_string())]
    }));
    cases.extend(
        (950..1030).step_by(7).map(|length| vec![approve(500, &format!("{} {said}", "x".repeat(length)))]),
    );
    for (case, faults) in cases.into_iter().enumerate() {
        let sandbox = Sandbox::empty().unwrap();
        let mut order = sample::request(FIRST);
        order["asset"]["params"] = params.clone().into();
        sandbox.insert("requests", order);
        sandbox.insert("conversations", sample::conversation_for(FIRST));
        for fault in faults {
            sandbox.fault(fault);
        }
        let connect = crate::support::one_try(&sandbox);
        let mut told = String::new();
        let written = lines(LevelFilter::Trace, || {
            let report = connect
                .process_fulfillments(|_| Ok(Approval::template("TL-1").with_params(sent.clone())))
                .unwrap();
            told = format!("{report} {report:?} {}", serde_json::to_string(&report).unwrap());
            let errors = report.iter().filter_map(|outcome| outcome.error.as_ref());
            told.extend(errors.map(|error| format!("{error:?} {}", crate::support::told(error))));
        });
        assert!(written.iter().any(|(level, _)| *level == Level::Trace), "{case}");
        told.extend(written.into_iter().map(|(_, line)| line + "\n"));
        // Nor a piece of one, up to what all of them have in common.
        for secret in &secrets {
            assert!(!told.contains(&secret[..8]), "{secret} in case {case}: {told}");
        }
    }
}

#[test]
fn the_same_failure_of_many_orders_is_told_once_above_info() {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.add_requests(5, |_, _| {});
    let connect = sandbox.connect().unwrap();
    let run = || {
        let report = connect.process_fulfillments(|request| match request.id.as_str() {
            FIRST => Err(Action::skip().because("later")),
            id => Err(Action::error(format!("the ERP knows nothing of {id}"))),
        });
        assert_eq!(report.unwrap().errored(), 4);
    };
    let written = lines(LevelFilter::Info, run);
    let above = |level| written.iter().filter(|(own, _)| *own == level).count();
    // Each has a line for what was said and one for what was done.
    assert_eq!((above(Level::Error), above(Level::Warn), above(Level::Info)), (2, 0, 6), "{written:?}");
}

#[cfg(feature = "logger")]
#[test]
#[ignore = "run by the next one, as a process has one logger"]
fn a_process_that_holds_lines_back() {
    connect::logger::Logger::new().default_level(LevelFilter::Error).hold_back(true).try_init().unwrap();
    let (_sandbox, connect) = sandbox();
    let report = connect.process_fulfillments(|order| {
        log::debug!("looking at {}", order.id);
        match order.id.as_str() {
            FIRST => Ok(Approval::template("TL-497-535-242")),
            _ => Err(Action::error("no licence is left")),
        }
    });
    assert_eq!((report.as_ref().unwrap().approved(), report.unwrap().errored()), (1, 1));
}

#[cfg(feature = "logger")]
#[test]
fn what_was_held_back_of_an_order_is_written_when_it_fails() {
    let child = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["logs::a_process_that_holds_lines_back", "--exact", "--ignored", "--nocapture"])
        .env_remove("RUST_LOG")
        .output()
        .unwrap();
    let written = String::from_utf8(child.stderr).unwrap();
    assert!(child.status.success(), "{written}");
    assert!(written.contains(&format!("looking at {SECOND}")), "{written}");
    assert!(!written.contains(&format!("looking at {FIRST}")), "{written}");
}
