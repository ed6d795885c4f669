//! Replicas that lag, and work that goes on behind a gateway that has given up: what a run tells at its end is right, or
//! said to be unknown.
//!
//! All times are those of the platform divided by a hundred: the lags, the work that is done later, the pauses between
//! attempts, and those of `Config::settle`, which are 1, 1 and 3 seconds by default. Two rows are run in real time.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::Mutex;
use std::time::Duration;

use connect::models::ParamUpdate;
use connect::sandbox::{Fault, Sandbox};
use connect::{Action, Approval, Certainty, Config, Connect, Report, UpdateMethod, Verdict};

use crate::support::{ORDER, TALK, TEMPLATE, one_order, only, status};

/// Milliseconds by which reads are behind.
const LAGS: [u64; 5] = [0, 200, 1000, 2000, 5000];
/// The status that the first deciding call is answered with, `None` for no answer, and after how many milliseconds the
/// work is done. The last one is done when the run is over.
const LOSSES: [(Option<u16>, u64); 5] =
    [(None, 0), (Some(500), 100), (Some(502), 500), (Some(503), 1500), (Some(504), 10_000)];
const SECOND: [u16; 6] = [400, 401, 403, 409, 429, 503];
/// What shows within this time of the loss is found.
const WINDOW: u64 = 5000;
const SCALED: u32 = 100;

/// An answer of the closure and what it leads to.
struct Decision {
    action: &'static str,
    verdict: Verdict,
    status: &'static str,
    has_message: bool,
    run: fn(&Connect) -> connect::Result<Report>,
}

const DECISIONS: [Decision; 3] = [
    Decision {
        action: "approve",
        verdict: Verdict::Approved,
        status: "approved",
        has_message: true,
        run: |connect| {
            let approval =
                || Approval::template(TEMPLATE).with_params([ParamUpdate::value("purchase_id", "P-1")]);
            connect.process_fulfillments(|_| Ok(approval()))
        },
    },
    Decision {
        action: "fail",
        verdict: Verdict::Failed,
        status: "failed",
        has_message: false,
        run: |connect| connect.process_fulfillments(|_| Err(Action::fail("no licence"))),
    },
    Decision {
        action: "inquire",
        verdict: Verdict::Inquired,
        status: "inquiring",
        has_message: true,
        run: |connect| {
            let inquiry = || Action::inquire([ParamUpdate::error("email", "is no address")]);
            connect.process_fulfillments(|_| Err(inquiry().with_message("Which address?")))
        },
    },
];

struct Row {
    decision: &'static Decision,
    lag: u64,
    loss: (Option<u16>, u64),
    second: u16,
    /// The second try is answered so, or each one after the first.
    often: usize,
    attempts: u32,
}

impl Row {
    fn name(&self) -> String {
        let Self { decision, lag, loss, second, often, attempts } = self;
        let often = if *often == 1 { "once" } else { "ever" };
        let action = decision.action;
        format!(
            "{action}, lag {lag} ms, first {loss:?}, then {second} {often}, {attempts} attempts of each call"
        )
    }

    /// The words for how it ended, or what is wrong with it.
    fn play(&self, scale: u32) -> Result<String, String> {
        let time = |milliseconds| Duration::from_millis(milliseconds) / scale;
        let (status_of_loss, later) = self.loss;
        let sandbox = one_order();
        let path = format!("/requests/*/{}", self.decision.action);
        let first = Fault::on("POST", &path);
        sandbox.fault(match status_of_loss {
            None => first.reset().after_effect(),
            Some(status) => first.status(status).late_effect(time(later)),
        });
        let refused = r#"{"error_code":"VAL_001","errors":["not now"]}"#;
        sandbox.fault(Fault::on("POST", &path).status(self.second).body(refused).times(self.often));
        sandbox.lag(time(self.lag));
        let config = sandbox.config().unwrap().update_method(UpdateMethod::Put).attempts(self.attempts);
        let report = (self.decision.run)(&Connect::new(scaled(config, scale)).unwrap()).unwrap();
        let told_at_the_end = self.told(&sandbox, &report);
        // Also what is done after the run must not be done twice.
        std::thread::sleep(time(later));
        let moves: Vec<_> = sandbox.transitions(ORDER).into_iter().map(|effect| effect.action).collect();
        if moves != [self.decision.action] {
            return Err(format!("was carried out as {moves:?}"));
        }
        told_at_the_end
    }

    fn told(&self, sandbox: &Sandbox, report: &Report) -> Result<String, String> {
        let outcome = only(report);
        let Decision { action, verdict, has_message, .. } = *self.decision;
        let heard = sandbox.journal().iter().any(|call| {
            call.route().ends_with(action) && call.fault.is_none() && (200..300).contains(&call.status)
        });
        let said = sandbox.messages(TALK).len();
        let end = format!("{} {:?}, {said} messages", outcome.verdict, outcome.certainty);
        let wrong = |what: &str| Err(format!("{what}: {end}: {report}"));
        if outcome.verdict == Verdict::Errored {
            let shows = self.loss.1 + self.lag;
            return match outcome.certainty {
                _ if report.unknown() != 1 => wrong("an order of unknown fate is not counted"),
                Certainty::Unknown if said > 0 => wrong("something was said of what nobody knows"),
                Certainty::Unknown if shows < WINDOW => wrong("what shows in time was not found"),
                Certainty::Unknown => Ok("unknown".into()),
                _ => wrong("nobody has said that it was not carried out"),
            };
        }
        match outcome.certainty {
            _ if outcome.verdict != verdict || status(sandbox, ORDER) != self.decision.status => {
                wrong("the outcome is not what is there")
            }
            Certainty::Confirmed if !heard => wrong("the platform has confirmed nothing"),
            Certainty::Confirmed | Certainty::Observed if said != usize::from(has_message) => {
                wrong("another number of messages than decided")
            }
            Certainty::Confirmed => Ok("confirmed".into()),
            Certainty::Observed => Ok("observed".into()),
            _ => wrong("nobody else has done anything"),
        }
    }
}

fn scaled(config: Config, scale: u32) -> Config {
    let time = |milliseconds| Duration::from_millis(milliseconds) / scale;
    config.settle([time(1000), time(1000), time(3000)]).backoff(time(200), time(5000))
}

/// Plays the rows side by side, and returns how often each end came.
fn play(rows: Vec<Row>, scale: u32) -> BTreeMap<String, usize> {
    let queue = Mutex::new(VecDeque::from(rows));
    let (ends, problems) = (Mutex::new(BTreeMap::new()), Mutex::new(String::new()));
    std::thread::scope(|scope| {
        for _ in 0..24 {
            scope.spawn(|| {
                loop {
                    let Some(row) = queue.lock().unwrap().pop_front() else { return };
                    match row.play(scale) {
                        Ok(end) => *ends.lock().unwrap().entry(end).or_default() += 1,
                        Err(what) => writeln!(problems.lock().unwrap(), "{}: {what}", row.name()).unwrap(),
                    }
                }
            });
        }
    });
    let problems = problems.into_inner().unwrap();
    assert!(problems.is_empty(), "\n{problems}");
    ends.into_inner().unwrap()
}

#[test]
fn a_lost_decision_is_told_as_it_is_or_as_unknown_whatever_the_lag() {
    let mut rows = Vec::new();
    for (at, decision) in DECISIONS.iter().enumerate() {
        // The other decisions go the same way through the code: no lag, and the longest.
        for lag in LAGS.into_iter().filter(|lag| at == 0 || [0, 5000].contains(lag)) {
            for loss in LOSSES {
                for second in SECOND {
                    for attempts in [1, 3] {
                        let row = |often| Row { decision, lag, loss, second, often, attempts };
                        rows.push(row(1));
                        // With one attempt there is no third try that could be answered otherwise.
                        if at == 0 && attempts > 1 {
                            rows.push(row(usize::MAX));
                        }
                    }
                }
            }
        }
    }
    let count = rows.len();
    let ends = play(rows, SCALED);
    let _ = writeln!(std::io::stdout(), "{count} rows: {ends:?}");
    assert_eq!(ends.values().sum::<usize>(), count);
    // Each end comes, or the table shows less than it says.
    assert_eq!(ends.keys().collect::<Vec<_>>(), ["confirmed", "observed", "unknown"]);
}

#[test]
fn two_rows_in_real_time() {
    let row = |lag, loss, second, attempts| Row {
        decision: &DECISIONS[0],
        lag,
        loss,
        second,
        often: usize::MAX,
        attempts,
    };
    let ends = play(vec![row(200, (None, 0), 409, 3), row(1000, (Some(503), 700), 503, 1)], 1);
    assert_eq!(ends, BTreeMap::from([("observed".to_owned(), 2)]));
}
