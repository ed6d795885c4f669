//! Orders that somebody else ends while they wait for their turn.

use std::time::Duration;

use connect::rql::Query;
use connect::sandbox::{Fault, Sandbox, sample};
use connect::usage::FileAction;
use connect::{Action, Approval, Certainty, Options, Report, Stop, Verdict};
use serde_json::{Value, json};

use crate::support::{ORDER, TEMPLATE, add_orders, client, lists, one_order, one_try, only, routes};

/// The id of the order with this number.
fn order(number: usize) -> String {
    format!("PR-1000-{number:04}-0001-001")
}

/// Approves orders, each read again just before; the numbers of those that the closure saw, and the report.
fn approve_all(sandbox: &Sandbox, filter: Query, mut meanwhile: impl FnMut(&str)) -> (Vec<String>, Report) {
    let mut seen = Vec::new();
    let options = Options::new().fresh(Duration::ZERO).filter(filter);
    let report = one_try(sandbox).fulfillment().process_with(options, |request| {
        seen.push(request.id.clone());
        meanwhile(&request.id);
        Ok(Approval::template(TEMPLATE))
    });
    (seen, report.unwrap())
}

#[test]
fn nothing_is_made_for_an_order_that_somebody_else_ended() {
    let sandbox = Sandbox::empty().unwrap();
    add_orders(&sandbox, 5);
    let (seen, report) = approve_all(&sandbox, Query::new(), |id| {
        if id == order(0) {
            for (number, status) in [(1, "approved"), (2, "failed"), (4, "inquiring")] {
                sandbox.update("requests", &order(number), |order| order["status"] = status.into()).unwrap();
            }
        }
    });
    assert_eq!(seen, [order(0), order(3)]);
    assert_eq!(
        (report.approved(), report.stale(), report.errored(), report.handled(), report.exit_code()),
        (2, 3, 0, 5, 0)
    );
    let posts = routes(&sandbox).iter().filter(|call| call.contains("/approve")).count();
    assert_eq!(posts, 2);
    assert!([1, 2, 4].iter().all(|number| sandbox.transitions(&order(*number)).is_empty()));
    let stale = &report.outcomes()[1];
    assert_eq!(
        stale.to_string(),
        format!("{} stale: it was brought to state \"approved\" by someone else", order(1))
    );
    assert_eq!(
        (stale.calls, stale.product.as_deref(), stale.error.is_none()),
        (1, Some(sample::PRODUCT), true)
    );
    assert!(report.to_string().contains("2 approved, 3 stale"), "{report}");
    assert_eq!(serde_json::to_value(&report).unwrap()["counts"]["stale"], 3);
}

#[test]
fn a_copy_that_is_young_enough_is_not_read_again() {
    let sandbox = Sandbox::empty().unwrap();
    add_orders(&sandbox, 4);
    let reads = || routes(&sandbox).iter().filter(|call| call.starts_with("GET /requests/PR-")).count();
    let skip = |options: Options<'_>| {
        let _ = one_try(&sandbox).fulfillment().process_with(options, |_| Err(Action::skip())).unwrap();
    };
    skip(Options::new());
    skip(Options::new().fresh(Duration::MAX));
    assert_eq!(reads(), 0);
    // Each pause makes the copies of the page older.
    let options = Options::new().fresh(Duration::from_millis(500));
    let mut seen = 0;
    let _ = one_try(&sandbox)
        .fulfillment()
        .process_with(options, |_| {
            seen += 1;
            if seen == 2 {
                std::thread::sleep(Duration::from_millis(600));
            }
            Err(Action::skip())
        })
        .unwrap();
    assert!((2..=4).contains(&reads()), "{}", reads());
    let before = reads();
    skip(Options::new().fresh(Duration::ZERO));
    assert_eq!(reads(), before + 4);
}

#[test]
fn the_closure_sees_the_copy_that_was_read_again() {
    let sandbox = one_order();
    sandbox.on_call(|call, store| {
        if call.path.starts_with("/requests?") {
            store.update("requests", ORDER, |order| order["note"] = "changed".into());
        }
    });
    let options = Options::new().fresh(Duration::ZERO);
    let mut notes = Vec::new();
    let _ = one_try(&sandbox)
        .fulfillment()
        .process_with(options, |request| {
            notes.push(request.note.clone().unwrap_or_default());
            Err(Action::skip())
        })
        .unwrap();
    assert_eq!(notes, ["changed"]);
}

#[test]
fn an_order_that_is_gone_or_that_the_filter_does_not_ask_for_any_more_is_stale() {
    let sandbox = Sandbox::empty().unwrap();
    add_orders(&sandbox, 4);
    let (seen, report) = approve_all(&sandbox, Query::new().equal("type", "purchase"), |id| {
        if id == order(0) {
            sandbox.remove("requests", &order(1)).unwrap();
            sandbox.update("requests", &order(2), |order| order["type"] = "cancel".into()).unwrap();
            let other = |order: &mut Value| order["asset"]["product"]["id"] = "PRD-1".into();
            sandbox.update("requests", &order(3), other).unwrap();
        }
    });
    assert_eq!(seen, [order(0)]);
    let details: Vec<_> = report.iter().skip(1).map(|outcome| outcome.detail.as_deref().unwrap()).collect();
    assert_eq!(
        details,
        [
            "the platform does not have it any more",
            "it contradicts eq(type,purchase) now",
            "it is of another product now"
        ]
    );
    assert_eq!((report.stale(), report.exit_code()), (3, 0));
}

#[test]
fn an_order_that_cannot_be_read_again_is_an_error_and_not_handed_out() {
    for (fault, part) in [
        (Fault::on("GET", "/requests/*").status(400).always(), "was answered with 400"),
        (Fault::on("GET", "/requests/*").status(503).always(), "was answered with 503"),
        (Fault::on("GET", "/requests/*").reset().always(), "GET /requests/PR-"),
        (Fault::on("GET", "/requests/*").status(200).body("<html>").always(), "GET /requests/PR-"),
        (Fault::on("GET", "/requests/*").status(200).body("{}").always(), "about another object"),
        (
            Fault::on("GET", "/requests/*").status(200).body(&json!({"id": ORDER}).to_string()).always(),
            "tells no status",
        ),
    ] {
        let sandbox = one_order();
        sandbox.fault(fault);
        let (seen, report) = approve_all(&sandbox, Query::new(), |_| {});
        assert!(seen.is_empty() && sandbox.effects().is_empty());
        let outcome = only(&report);
        assert_eq!((outcome.verdict, report.exit_code()), (Verdict::Errored, 1));
        assert!(outcome.to_string().contains(part), "{part}: {outcome}");
    }
}

#[test]
fn a_deadline_that_comes_while_an_order_is_read_again_is_no_error() {
    let sandbox = one_order();
    sandbox.fault(Fault::on("GET", "/requests/*").hold(Duration::from_secs(30)).always());
    let options = Options::new().fresh(Duration::ZERO).deadline(Duration::from_secs(2));
    let report = one_try(&sandbox)
        .fulfillment()
        .process_with(options, |_| -> Result<Approval, Action> { panic!("the closure sees it") })
        .unwrap();
    assert_eq!((report.stopped(), report.handled(), report.exit_code()), (Some(Stop::Deadline), 0, 0));
}

#[test]
fn a_dead_platform_ends_a_run_that_reads_again() {
    let sandbox = Sandbox::empty().unwrap();
    add_orders(&sandbox, 30);
    sandbox.fault(Fault::any().skip(1).reset().always());
    let (seen, report) = approve_all(&sandbox, Query::new(), |_| {});
    assert_eq!((seen.len(), report.errored()), (0, 5));
    assert!(report.error().is_some(), "{report}");
}

#[test]
fn each_loop_reads_again_what_is_old() {
    let sandbox = Sandbox::start().unwrap();
    let connect = client(&sandbox);
    let count = |collection: &str, status: &str| {
        let all = sandbox.all(collection);
        all.iter().filter(|object| object["status"] == status).count()
    };
    let waiting = [("tier/config-requests", "pending"), ("listings", "listed"), ("usage/files", "ready")]
        .map(|(collection, status)| (collection, count(collection, status)));
    let fresh = || Options::new().fresh(Duration::ZERO);
    let _ = connect.tier_config().process_with(fresh(), |_| Err(Action::skip())).unwrap();
    let _ = connect.usage().process_listings_with(fresh(), |_| Ok(None)).unwrap();
    let _ = connect.usage().process_files_with(fresh(), |_| Ok(FileAction::skip())).unwrap();
    for (collection, waiting) in waiting {
        let one = format!("GET /{collection}/");
        let reads =
            routes(&sandbox).iter().filter(|call| call.starts_with(&one) && call.ends_with(" 200")).count();
        assert!(reads > 0 && reads <= waiting, "{collection}: {reads} of {waiting}");
    }
}

/// Two workers share a queue without knowing of each other: each order is in one count of one of them.
#[test]
fn the_sums_of_several_workers_add_up() {
    const ORDERS: usize = 60;
    let sandbox = Sandbox::empty().unwrap();
    sandbox.add_requests(ORDERS, |_, _| {});
    let work = |fresh: Duration| {
        let options = Options::new().page_size(7).fresh(fresh);
        sandbox
            .connect()
            .unwrap()
            .fulfillment()
            .process_with(options, |request| {
                if request.id.as_bytes()[11] % 2 == 0 {
                    Ok(Approval::template(TEMPLATE))
                } else {
                    Err(Action::fail("no licence"))
                }
            })
            .unwrap()
    };
    for fresh in [Duration::ZERO, Duration::MAX] {
        for at in 0..ORDERS {
            sandbox.update("requests", &order(at), |order| order["status"] = "pending".into()).unwrap();
        }
        let before = sandbox.effects().len();
        let reports: Vec<Report> = std::thread::scope(|scope| {
            let workers: Vec<_> = (0..2).map(|_| scope.spawn(|| work(fresh))).collect();
            workers.into_iter().map(|worker| worker.join().unwrap()).collect()
        });
        let sum = |count: fn(&Report) -> u64| reports.iter().map(count).sum::<u64>();
        let (done, errored) = (sum(Report::approved) + sum(Report::failed), sum(Report::errored));
        assert_eq!((done, errored), (ORDERS as u64, 0), "{reports:?}");
        assert_eq!(sandbox.effects().len() - before, ORDERS);
        for report in &reports {
            let all = report.approved() + report.failed() + report.stale() + report.already_done();
            assert_eq!(report.handled(), all);
            let done = report.iter().filter(|outcome| outcome.certainty == Certainty::AlreadyDone).count();
            assert_eq!(report.already_done(), done as u64);
        }
    }
}

/// A list that is served once and never again, whose orders all tell another id when they are read one by one.
#[test]
fn another_object_in_the_answer_is_not_handed_out() {
    let page = json!([sample::request(ORDER)]).to_string();
    let other = sample::request("PR-9").to_string();
    let (address, _) = lists(move |path| {
        if path.contains('?') { (Some("items 0-0/1".into()), page.clone()) } else { (None, other.clone()) }
    });
    let config = connect::Config::new(format!("http://{address}"), "SU-1:key").unwrap();
    let report = connect::Connect::new(config)
        .unwrap()
        .fulfillment()
        .process_with(Options::new().fresh(Duration::ZERO), |_| Err(Action::fail("no")))
        .unwrap();
    assert!(only(&report).to_string().contains("the answer is about another object"), "{report}");
}

/// A small generator, so that a failure can be repeated.
fn random(state: &mut u64) -> u64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *state >> 33
}

/// Before each call, others approve, fail, cancel or inquire some order at random.
#[test]
fn no_closure_sees_an_order_that_others_ended_and_what_they_end_is_stale() {
    const ORDERS: usize = 120;
    for seed in 1..=6 {
        let sandbox = Sandbox::empty().unwrap();
        sandbox.add_requests(ORDERS, |_, _| {});
        let mut state = seed;
        sandbox.on_call(move |_, store| {
            if !random(&mut state).is_multiple_of(4) {
                let number = usize::try_from(random(&mut state)).unwrap() % ORDERS;
                let to = ["approved", "failed", "revoked", "inquiring"]
                    [usize::try_from(random(&mut state) % 4).unwrap()];
                store.update("requests", &order(number), |order| {
                    if order["status"] == "pending" {
                        order["status"] = to.into();
                    }
                });
            }
        });
        let options = Options::new().page_size(25).fresh(Duration::ZERO);
        let mut seen = 0;
        let report = sandbox.connect().unwrap().fulfillment().process_with(options, |request| {
            seen += 1;
            // Nothing was called since it was read, so nobody can have moved it.
            assert_eq!(sandbox.get("requests", &request.id).unwrap()["status"], "pending", "{}", request.id);
            match seen % 3 {
                0 => Ok(Approval::template(TEMPLATE)),
                1 => Err(Action::fail("no licence")),
                _ => Err(Action::skip()),
            }
        });
        let report = report.unwrap();
        assert_eq!((report.errored(), report.exit_code()), (0, 0), "seed {seed}: {report}");
        assert!(report.stale() > 2, "seed {seed}: {report}");
        let done = report.approved() + report.failed();
        assert_eq!(sandbox.effects().len() as u64, done, "seed {seed}: {report}");
        assert_eq!(report.handled(), done + report.skipped() + report.stale() + report.already_done());
    }
}

/// Others end orders all the time, and the closure is slow: by the clock, each order that it sees was pending a moment
/// before.
#[test]
fn an_order_that_the_closure_sees_was_pending_within_the_time_that_is_asked_for() {
    use std::collections::HashMap;
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::Instant;

    const ORDERS: usize = 60;
    let fresh = Duration::from_millis(150);
    let sandbox = Sandbox::empty().unwrap();
    sandbox.add_requests(ORDERS, |_, _| {});
    let ended: Mutex<HashMap<String, Instant>> = Mutex::default();
    let over = AtomicBool::new(false);
    let (mut seen, mut late) = (0, Duration::ZERO);
    let report = std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut state = 11;
            while !over.load(Ordering::Relaxed) {
                let id = order(usize::try_from(random(&mut state)).unwrap() % ORDERS);
                sandbox.update("requests", &id, |order| {
                    if order["status"] == "pending" {
                        order["status"] = "failed".into();
                        ended.lock().unwrap().insert(id.clone(), Instant::now());
                    }
                });
                std::thread::sleep(Duration::from_millis(40));
            }
        });
        let options = Options::new().fresh(fresh);
        let report = sandbox.connect().unwrap().fulfillment().process_with(options, |request| {
            seen += 1;
            if let Some(ended) = ended.lock().unwrap().get(&request.id) {
                late = late.max(ended.elapsed());
            }
            std::thread::sleep(Duration::from_millis(50));
            Ok(Approval::template(TEMPLATE))
        });
        over.store(true, Ordering::Relaxed);
        report.unwrap()
    });
    // Sharing the processor may take some time between the two looks at the clock.
    assert!(late < fresh + Duration::from_millis(600), "{late:?}");
    assert!(seen > 5 && report.stale() > 5, "{report}");
    assert_eq!((report.errored(), report.exit_code()), (0, 0), "{report}");
}
