//! A processor on a bad day: one call in ten goes wrong in some way or is answered with a lie, reads lag, storms refuse
//! every decision for a while, and the process is killed again and again.
//!
//! The worker is this test binary itself, started again with one test selected, so that `kill -9` is real. It makes one
//! run, as cron would start it, and writes each outcome to a file as it happens. The sandbox lives in the parent.
//!
//! The full soak takes a while and is left out of the usual tests:
//! `SOAK_SEEDS=20 cargo test --profile bench --test it soak::full -- --ignored --nocapture`.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;
use std::process::Child;
use std::time::{Duration, Instant};

use connect::models::{ParamUpdate, Request};
use connect::sandbox::{Chaos, Effect, Fault, Sandbox, sample};
use connect::{Action, Approval, Connect, Error, Options, Outcome};
use serde_json::Value;

use crate::support::TEMPLATE;
use crate::support::process::{again, config_of_this_process};

/// What the closure answers, and thereby the state an order must end in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Decision {
    ApproveWithParams,
    Approve,
    Tile,
    Fail,
    Inquire,
    Skip,
    Error,
}

impl Decision {
    /// The id alone decides, so that parent and worker need not talk.
    fn of(id: &str) -> Self {
        let number = id.bytes().fold(7_u32, |hash, byte| hash.wrapping_mul(31).wrapping_add(byte.into()));
        match number / 64 % 10 {
            0..=3 => Self::ApproveWithParams,
            4 => Self::Approve,
            5 => Self::Tile,
            6 => Self::Fail,
            7 => Self::Inquire,
            8 => Self::Skip,
            _ => Self::Error,
        }
    }

    fn answer(self, request: &Request) -> Result<Approval, Action> {
        match self {
            Self::ApproveWithParams => {
                let purchase = ParamUpdate::value("purchase_id", format!("P-{}", request.id));
                Ok(Approval::template(TEMPLATE).with_params([purchase]))
            }
            Self::Approve => Ok(Approval::template(TEMPLATE)),
            Self::Tile => Ok(Approval::tile("# Ready")),
            Self::Fail => Err(Action::fail("no licence left")),
            Self::Inquire => {
                let error = ParamUpdate::error("email", "is no address");
                Err(Action::inquire([error]).with_message("Which address?"))
            }
            Self::Skip => Err(Action::skip().with_message("waits for the bank")),
            Self::Error => Err(anyhow::anyhow!("the licence server is down").into()),
        }
    }

    fn action(self) -> Option<&'static str> {
        match self {
            Self::ApproveWithParams | Self::Approve | Self::Tile => Some("approve"),
            Self::Fail => Some("fail"),
            Self::Inquire => Some("inquire"),
            Self::Skip | Self::Error => None,
        }
    }

    fn status(self) -> &'static str {
        match self.action() {
            Some("approve") => "approved",
            Some("fail") => "failed",
            Some(_) => "inquiring",
            None => "pending",
        }
    }

    fn verdict(self) -> &'static str {
        match self {
            Self::ApproveWithParams | Self::Approve | Self::Tile => "approved",
            Self::Fail => "failed",
            Self::Inquire => "inquired",
            Self::Skip => "skipped",
            Self::Error => "errored",
        }
    }

    fn message(self) -> Option<String> {
        match self {
            Self::ApproveWithParams | Self::Approve => Some(format!("Activated using template {TEMPLATE}.")),
            Self::Tile => Some("Activated using custom activation tile.".into()),
            Self::Inquire => Some("Which address?".into()),
            Self::Skip => Some("waits for the bank".into()),
            Self::Fail | Self::Error => None,
        }
    }

    /// Whether the order is as it must be when all is over.
    fn is_done(self, order: &Value) -> bool {
        let param = |id: &str, key: &str| {
            let params = order["asset"]["params"].as_array().unwrap();
            params.iter().find(|param| param["id"] == id).unwrap()[key].clone()
        };
        order["status"] == self.status()
            && match self {
                Self::ApproveWithParams => {
                    order["template"]["id"] == TEMPLATE
                        && param("purchase_id", "value") == format!("P-{}", order["id"].as_str().unwrap())
                }
                Self::Approve => order["template"]["id"] == TEMPLATE && param("purchase_id", "value") == "",
                Self::Tile => order["activation_key"] == "# Ready",
                Self::Fail => order["reason"] == "no licence left",
                Self::Inquire => param("email", "value_error") == "is no address",
                Self::Skip | Self::Error => param("email", "value_error") == "",
            }
    }
}

const OUT: &str = "SOAK_WORKER_OUT";
/// Where the worker says what ended its run.
const ENDED: &str = "# ended by ";
/// Reads are behind by this time, a seventh of the pauses in which a run waits for them.
const LAG: Duration = Duration::from_millis(20);

/// One run of the processor, in a process of its own.
#[test]
#[ignore = "started by the soak"]
fn worker() {
    let (Some(config), Ok(out)) = (config_of_this_process(), std::env::var(OUT)) else { return };
    let config = config
        .timeout(Duration::from_millis(400))
        .backoff(Duration::from_millis(2), Duration::from_millis(10))
        .settle([Duration::from_millis(50); 3])
        .body_limit(2 << 20);
    let mut file = OpenOptions::new().append(true).open(&out).unwrap();
    let options = Options::new().page_size(50).observer(|outcome| {
        file.write_all(line(outcome).as_bytes()).unwrap();
    });
    let connect = Connect::new(config).unwrap();
    let ran =
        connect.fulfillment().process_with(options, |request| Decision::of(&request.id).answer(request));
    // A run that the platform ended is made again by cron.
    let ended = ran.as_ref().map_or_else(Error::status, |report| report.error().and_then(Error::status));
    if let Some(status) = ended {
        OpenOptions::new()
            .append(true)
            .open(out)
            .unwrap()
            .write_all(format!("{ENDED}{status}\n").as_bytes())
            .unwrap();
    }
}

fn line(outcome: &Outcome) -> String {
    let certainty = serde_json::to_value(outcome.certainty).unwrap();
    let warned = if outcome.warnings.is_empty() { "plain" } else { "warned" };
    format!("{} {} {} {warned}\n", outcome.id, outcome.verdict, certainty.as_str().unwrap())
}

/// What something in front of the platform says with status 200.
const LIE: &str = "<html><h1>We are back soon</h1></html>";

/// All kinds of faults; those that cost a timeout are rare.
pub(crate) fn mix() -> Vec<Fault> {
    let any = Fault::any;
    let html = "<html><h1>Bad Gateway</h1></html>";
    let quick = [
        any().status(429),
        any().status(429).header("Retry-After", "0"),
        any().status(500),
        any().status(500).after_effect(),
        any().status(502).body(html),
        any().status(502).body(html).after_effect(),
        any().status(503).header("Retry-After", "0"),
        any().status(504).after_effect(),
        any().reset(),
        any().reset().after_effect(),
        any().truncated(),
        any().broken_json(),
        any().content_type("text/html"),
        any().close_after(),
        any().delay(Duration::from_millis(20)),
        any().status(200).body(LIE),
        any().status(200).body(LIE).after_effect(),
        Fault::on("POST", "/requests/*/*").status(200).body(r#"{"status":"tiers_setup"}"#),
        Fault::on("POST", "/requests/*/*").status(504).late_effect(Duration::from_millis(30)),
    ];
    let rare = [
        any().redirect("http://127.0.0.1:1/elsewhere"),
        any().oversized(3 << 20).after_effect(),
        any().gzip_bomb(3 << 20).after_effect(),
        any().drip(Duration::from_millis(30)),
        any().never_answer(),
        any().never_answer().after_effect(),
        // Carried out after the client has given up, and after it has asked what became of it.
        Fault::on("POST", "/requests/*/*").hold(Duration::from_millis(440)),
        Fault::on("POST", "/requests/*/*").status(502).late_effect(Duration::from_millis(400)),
    ];
    let mut mix: Vec<_> = std::iter::repeat_n(quick, 3).flatten().collect();
    mix.extend(rare);
    mix
}

/// Storms over all decisions, the first after a while. One that asks for an hour ends the run at its first order.
fn storms(orders: usize) -> impl Iterator<Item = Fault> {
    let kinds = [(403, 15), (503, 30), (429, 2), (401, 15), (502, 30), (504, 30)];
    let count = kinds.len();
    kinds.into_iter().enumerate().map(move |(at, (status, times))| {
        let storm = Fault::on("POST", "/requests/*/*").skip(orders * (at + 1) / (count + 4)).times(times);
        let storm = storm.status(status);
        if status == 429 { storm.header("Retry-After", "3600") } else { storm }
    })
}

fn start(sandbox: &Sandbox, out: &Path) -> Child {
    again("soak::worker", sandbox).env(OUT, out).spawn().unwrap()
}

fn sandbox(orders: usize, seed: u64) -> Sandbox {
    let sandbox = Sandbox::builder().empty().seed(seed).start().unwrap();
    let mut ids = Vec::new();
    sandbox.add_requests(orders, |_, order| ids.push(order["id"].as_str().unwrap().to_owned()));
    for id in ids {
        sandbox.insert("conversations", sample::conversation_for(&id));
    }
    storms(orders).for_each(|storm| sandbox.fault(storm));
    sandbox.chaos(Chaos::new(seed).rate(0.1).faults(mix()));
    sandbox.lag(LAG);
    sandbox
}

fn is_settled(sandbox: &Sandbox) -> bool {
    sandbox.with_store(|store| {
        store.all("requests").iter().all(|order| Decision::of(order["id"].as_str().unwrap()).is_done(order))
    })
}

/// Processes all orders in spite of everything, and holds what was done against what was decided and what was told.
fn soak(orders: usize, seed: u64, kills: usize) {
    let begun = Instant::now();
    let sandbox = sandbox(orders, seed);
    let out = tempfile::NamedTempFile::new().unwrap();
    let (mut killed, mut wanted, mut runs, mut clean) = (0, kills, 0, false);
    while !clean {
        runs += 1;
        assert!(runs < 60 + orders / 100, "seed {seed}: after {runs} runs there are still orders left");
        let mut child = start(&sandbox, out.path());
        // Each line has about as many bytes; where exactly the kill falls is left to chance.
        let next = u64::try_from(orders * 40 * (killed + 1) / (kills + 1)).unwrap();
        let ended = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break Some(status);
            }
            if killed < wanted && out.path().metadata().unwrap().len() >= next {
                break None;
            }
            std::thread::sleep(Duration::from_millis(1));
        };
        if ended.is_some_and(|status| status.success()) {
            clean = killed >= wanted && is_settled(&sandbox);
        } else {
            killed += usize::from(ended.is_none());
            child.kill().unwrap();
            child.wait().unwrap();
        }
        // The next run of a job comes long after what the replicas lag.
        std::thread::sleep(LAG);
        // A short run may end before its share of the kills has come.
        if ended.is_some() && killed < wanted && is_settled(&sandbox) {
            wanted = killed;
        }
    }
    let found = Found::new(&sandbox, out.path());
    let problems = found.problems(&sandbox, kills);
    let journal = sandbox.journal();
    let struck = |what: &str| {
        journal.iter().filter(|call| call.fault.as_deref().is_some_and(|fault| fault.contains(what))).count()
    };
    let summary = format!(
        "seed {seed}: {orders} orders, {} calls of which {} were struck, {} by lies, {runs} runs, {killed} kills, {} ended by the platform; \
         {} orders told as they are, {} of them observed, and {} told to be unknown, {} of them known later, {:.1} s",
        journal.len(),
        struck(""),
        struck("status 200"),
        found.ended,
        found.told(is_sure),
        found.told(|told| is_sure(told) && told[1] == "observed"),
        found.told(|told| told[1] == "unknown"),
        found.told_later(),
        begun.elapsed().as_secs_f64(),
    );
    let _ = writeln!(std::io::stdout(), "{summary}");
    assert!(problems.is_empty(), "{summary}\n{problems}");
    assert!(found.ended > 0, "{summary}");
}

/// Whether it was told that an order was brought to another state, by this run.
fn is_sure(told: &[String; 3]) -> bool {
    told[0] != "errored" && told[1] != "already_done"
}

/// What was told, and what happened.
struct Found {
    /// Runs that the platform ended, by a storm most of them.
    ended: usize,
    told: HashMap<String, Vec<[String; 3]>>,
    moves: HashMap<String, Vec<Effect>>,
    messages: BTreeMap<String, Vec<String>>,
}

impl Found {
    fn new(sandbox: &Sandbox, out: &Path) -> Self {
        let mut told: HashMap<String, Vec<_>> = HashMap::new();
        let mut ended = 0;
        for line in std::fs::read_to_string(out).unwrap().lines() {
            if line.starts_with(ENDED) {
                ended += 1;
                continue;
            }
            let [id, verdict, certainty, warned] = line.split(' ').collect::<Vec<_>>()[..] else {
                panic!("{line}")
            };
            told.entry(id.into()).or_default().push([verdict.into(), certainty.into(), warned.into()]);
        }
        let mut moves: HashMap<String, Vec<_>> = HashMap::new();
        let mut messages: BTreeMap<String, Vec<_>> = BTreeMap::new();
        for effect in sandbox.effects() {
            if effect.collection == "requests" && effect.from != effect.to {
                moves.entry(effect.id.clone()).or_default().push(effect);
            }
        }
        for order in sandbox.all("requests") {
            let id = order["id"].as_str().unwrap();
            let texts = sandbox.messages(&id.replacen("PR-", "CO-", 1));
            let texts = texts.iter().map(|message| message["text"].as_str().unwrap().to_owned());
            messages.insert(id.to_owned(), texts.collect());
        }
        Self { ended, told, moves, messages }
    }

    /// Number of orders of which this was told.
    fn told(&self, what: impl Fn(&[String; 3]) -> bool) -> usize {
        self.told.values().filter(|told| told.iter().any(&what)).count()
    }

    /// Number of orders that were unknown first and told as they are later.
    fn told_later(&self) -> usize {
        let both = |told: &&Vec<[String; 3]>| {
            told.iter().any(is_sure) && told.iter().any(|told| told[1] == "unknown")
        };
        self.told.values().filter(both).count()
    }

    fn problems(&self, sandbox: &Sandbox, kills: usize) -> String {
        let mut problems = String::new();
        let (mut untold, mut unsaid) = (Vec::new(), Vec::new());
        for (id, texts) in &self.messages {
            let decision = Decision::of(id);
            let none = Vec::new();
            let told = self.told.get(id).unwrap_or(&none);
            let moves = self.moves.get(id).map(Vec::as_slice).unwrap_or_default();
            let actions: Vec<_> = moves.iter().map(|effect| effect.action.as_str()).collect();
            let mut problem = |what: &str| {
                let order = sandbox.get("requests", id).unwrap();
                let _ = writeln!(
                    problems,
                    "{id} {decision:?} is {}: {what}; told {told:?}, moves {actions:?}, messages {texts:?}",
                    order["status"]
                );
                let number = id.trim_start_matches("PR-");
                for call in sandbox
                    .journal()
                    .iter()
                    .filter(|call| call.path.split('?').next().is_some_and(|path| path.contains(number)))
                {
                    let fault = call.fault.as_deref().unwrap_or("no fault");
                    let _ = writeln!(
                        problems,
                        "    {} {} {}: {}, {fault}, effect {}",
                        call.number, call.method, call.path, call.status, call.effect
                    );
                }
            };
            if !decision.is_done(&sandbox.get("requests", id).unwrap()) {
                problem("not in the state that was decided");
            }
            if actions != decision.action().into_iter().collect::<Vec<_>>() {
                problem("not moved exactly once");
            }
            if texts.len() > 1 || texts.first().is_some_and(|text| Some(text) != decision.message().as_ref())
            {
                problem("other messages than decided");
            }

            let successes: Vec<_> = told.iter().filter(|told| is_sure(told)).collect();
            let unknown = told.iter().any(|told| told[1] == "unknown");
            if successes.iter().any(|told| told[0] != decision.verdict()) {
                problem("told to be something else than decided");
            }
            if decision.action().is_some() {
                if successes.len() > 1 {
                    problem("told to be done twice");
                }
                if successes.is_empty() && !unknown {
                    untold.push(id);
                }
            }
            // A message that nobody warned of is there, but where the process was killed or the call's fate was unknown.
            if decision.message().is_some() && texts.is_empty() {
                match successes.as_slice() {
                    [] if unknown => {}
                    [] => unsaid.push(id),
                    successes if successes.iter().all(|told| told[2] == "plain") => {
                        problem("a message is missing");
                    }
                    _ => {}
                }
            }
        }
        for (what, ids) in [("moved and not told", untold), ("not said", unsaid)] {
            if ids.len() > kills {
                let _ = writeln!(problems, "{what} of more than the {kills} that were killed: {ids:?}");
            }
        }
        problems
    }
}

#[test]
fn three_hundred_orders_on_a_bad_day() {
    soak(300, 1, 3);
}

#[test]
fn three_hundred_orders_on_another_bad_day() {
    soak(300, 2, 3);
}

#[test]
#[ignore = "takes minutes for each seed"]
fn full() {
    let number = |name, default| std::env::var(name).map_or(default, |text| text.parse().unwrap());
    let first = number("SOAK_FIRST", 1);
    let orders = usize::try_from(number("SOAK_ORDERS", 10_000)).unwrap();
    for seed in first..first + number("SOAK_SEEDS", 20) {
        soak(orders, seed, 6);
    }
}
