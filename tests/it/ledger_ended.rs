//! How a job learns that orders ended, and what becomes of them: adopted, forgotten after a day, told until acknowledged.

use connect::ledger::{Attempts, Left};
use connect::sandbox::{Fault, sample};
use connect::{Action, Certainty, Error, Ledger, LedgerErrorKind, Options, Verdict};

use crate::support::job::{DAY, HOUR, Job, MINUTE, approve, down, half_done, job, leftovers, orders};
use crate::support::{ORDER, TEMPLATE, one_order, only, routes, status};

#[test]
fn an_order_that_somebody_else_approves_is_adopted_and_told_until_it_is_acknowledged_and_never_undone() {
    let mut job = half_done();
    job.others_approve(ORDER);
    for run in 0..3 {
        let (news, exit) = job.news(job.undoing(), |_, _| unreachable!());
        let line = format!(
            "{ORDER} was approved by someone else; done for it: tenant, licence: see what its customer has, then acknowledge it\n"
        );
        assert_eq!((news.as_str(), exit), (if run == 0 { &*line } else { "" }, 0));
        job.wait(2 * DAY);
    }
    let report = job.run_idle(job.undoing());
    assert_eq!((report.left(), job.vendor.calls().len()), (1, 0), "{report}");
    let ledger = job.ledger();
    let [leftover] = &ledger.leftovers().unwrap()[..] else { panic!() };
    assert_eq!((leftover.entry.left, leftover.steps.len()), (Some(Left::Adopted), 2));
    assert!(ledger.acknowledge(ORDER, "jo: the customer has it all").unwrap());
    drop(ledger);
    assert_eq!(job.run_idle(job.undoing()).left(), 0);
    assert_eq!(job.vendor.there(), ["L-2", "T-1"]);
}

#[test]
fn an_order_that_is_approved_with_our_template_between_our_look_and_our_call_is_adopted_too() {
    let job = job(one_order());
    job.sandbox.before("POST", "/requests/*/approve", |others| others.approve(ORDER, TEMPLATE).unwrap());
    let report =
        job.run(job.undoing(), |ledger, request| job.both(ledger, request, approve(ledger, request)));
    assert_eq!(only(&report).certainty, Certainty::AlreadyDone, "{report}");
    assert_eq!((report.left(), job.entry().left), (1, Some(Left::Adopted)), "{report}");
    assert!(report.warnings().iter().any(|warning| warning.contains("acknowledge it")), "{report}");
}

#[test]
fn an_order_whose_step_the_vendor_refused_is_not_adopted() {
    let job = job(one_order());
    job.sandbox.before("POST", "/requests/*/approve", |others| others.approve(ORDER, TEMPLATE).unwrap());
    let report = job.run(job.undoing(), |ledger, request| {
        let refuse = |_: &str| -> anyhow::Result<String> {
            Err(connect::step::refused(std::io::Error::other("no such plan")))
        };
        assert!(ledger.work(request).step("tenant").run(refuse).is_err());
        approve(ledger, request)
    });
    assert_eq!(only(&report).certainty, Certainty::AlreadyDone, "{report}");
    assert_eq!((report.left(), job.entry().left, report.warnings().len()), (0, None, 1), "{report}");
}

#[test]
fn the_platform_s_answer_to_fail_is_the_commit_point() {
    let job = job(one_order());
    job.sandbox.fault(Fault::on("POST", "/requests/*/fail").status(400));
    let fail = |ledger: &Ledger, request: &_| job.both(ledger, request, Err(Action::fail("no")));
    let report = job.run(job.undoing(), fail);
    assert_eq!(only(&report).verdict, Verdict::Errored);
    let made = [format!("{ORDER}:tenant:1"), format!("{ORDER}:licence:1")];
    assert_eq!(job.vendor.calls(), made, "a refused fail undoes nothing");
    let report = job.run(job.undoing(), fail);
    assert_eq!((report.failed(), job.vendor.calls().len(), job.vendor.there().len()), (1, 2, 0), "{report}");
}

#[test]
fn what_was_only_begun_for_an_adopted_order_is_told_apart() {
    let job = job(one_order());
    drop(job.run(Options::new(), |ledger, request| {
        let work = ledger.work(request);
        let _: String = work.step("tenant").run(|key| job.vendor.make(key))?;
        let _: String = work.step("licence").run(|key| job.vendor.lose(key))?;
        unreachable!()
    }));
    job.others_approve(ORDER);
    let line = format!(
        "{ORDER} was approved by someone else; done for it: tenant; only begun: licence: see what its customer has, \
         then acknowledge it\n"
    );
    assert_eq!(job.news(job.undoing(), |_, _| unreachable!()), (line, 0));
}

#[test]
fn vendor_systems_that_are_away_are_not_asked_for_each_leftover() {
    let job = leftovers(30);
    job.vendor.calls();
    *job.vendor.stuck.borrow_mut() = 10;
    for _ in 0..2 {
        let report = job.run_idle(job.undoing());
        assert_eq!((job.vendor.calls().len(), report.left()), (5, 30), "{report}");
    }
    assert_eq!(job.run_idle(job.undoing()).left(), 0);
    assert_eq!(job.vendor.there().len(), 0);
}

#[test]
fn a_step_whose_effect_stays_is_no_leftover() {
    let job = job(one_order());
    let report = job.run(Options::new(), |ledger, request| {
        let _: String = ledger.work(request).step("contact").keep().run(|key| job.vendor.make(key))?;
        Err(Action::fail("no"))
    });
    assert_eq!((report.failed(), report.left()), (1, 0), "{report}");
    assert_eq!(job.vendor.there(), ["T-1"]);
}

#[test]
fn steps_whose_effect_stays_are_told_of_an_adopted_order_and_not_of_one_that_failed() {
    for (fails, told) in [
        (true, "nothing has undone the steps tenant\n"),
        (false, "done for it: contact, tenant: see what its customer has, then acknowledge it\n"),
    ] {
        let job = job(one_order());
        drop(job.run(Options::new(), |ledger, request| {
            let work = ledger.work(request);
            let _: String = work.step("contact").keep().run(|key| job.vendor.make(key))?;
            let _: String = work.step("tenant").run(|key| job.vendor.make(key))?;
            down(ledger, request)
        }));
        if fails {
            job.others_fail(ORDER);
        } else {
            job.others_approve(ORDER);
        }
        let (news, _) = job.news(Options::new(), |_, _| unreachable!());
        assert!(news.ends_with(told), "{news}");
    }
}

#[test]
fn orders_that_were_not_met_are_looked_up_some_hundreds_to_a_call_and_no_more_than_once_an_hour() {
    let mut job = orders(1000);
    drop(job.run(Options::new().page_size(1000), |ledger, request| {
        let _: String = ledger.work(request).step("tenant").run(|key| job.vendor.make(key))?;
        down(ledger, request)
    }));
    // Somebody withdraws them for a while, so that no list has them.
    for order in job.sandbox.all("requests") {
        let id = order["id"].as_str().unwrap();
        job.sandbox.update("requests", id, |order| order["status"] = "tiers_setup".into());
    }
    let mut look_ups = Vec::new();
    for _ in 0..13 {
        job.sandbox.take_journal();
        drop(job.run_idle(Options::new()));
        let calls = job.sandbox.take_journal();
        look_ups.push(calls.iter().filter(|call| call.path.contains("in(id,")).count());
        job.wait(10 * MINUTE);
    }
    assert_eq!(look_ups.iter().filter(|calls| **calls > 0).count(), 1, "{look_ups:?}");
    assert!(look_ups[0] <= 4, "{look_ups:?}");
    // Those that wait for their customer, once a day.
    let mut job = Job { now: job.now + DAY, ..job };
    for order in job.sandbox.all("requests") {
        let id = order["id"].as_str().unwrap();
        job.sandbox.update("requests", id, |order| order["status"] = "inquiring".into());
    }
    let mut look_ups = 0;
    for _ in 0..24 {
        job.sandbox.take_journal();
        drop(job.run_idle(Options::new()));
        look_ups += job.sandbox.take_journal().iter().filter(|call| call.path.contains("in(id,")).count();
        job.wait(HOUR);
    }
    assert!((3..=8).contains(&look_ups), "{look_ups}");
}

#[test]
fn an_id_that_does_not_come_back_is_told_after_a_week_and_never_dropped() {
    let mut job = half_done();
    let gone = job.sandbox.remove("requests", ORDER).unwrap();
    let mut told = Vec::new();
    for day in 0..30 {
        let (news, _) = job.news(job.undoing(), |_, _| unreachable!());
        if !news.is_empty() {
            told.push((day, news));
        }
        job.wait(DAY);
    }
    let text = format!("{ORDER} is not known to the platform for a week\n");
    assert_eq!(told, [(7, text)]);
    // It is there again, with its steps.
    job.sandbox.insert("requests", gone);
    let report =
        job.run(Options::new(), |ledger, request| job.both(ledger, request, approve(ledger, request)));
    assert_eq!((report.approved(), job.vendor.calls().len()), (1, 0), "{report}");
}

#[test]
fn a_state_that_is_not_known_is_alive() {
    let mut job = half_done();
    job.sandbox.update("requests", ORDER, |order| order["status"] = "on_hold".into());
    for _ in 0..3 {
        let report = job.run_idle(job.undoing());
        assert_eq!((report.left(), job.vendor.calls().len()), (0, 0), "{report}");
        job.wait(DAY);
    }
    assert_eq!(job.entry().state.as_deref(), Some("on_hold"));
}

#[test]
fn an_ended_order_stays_a_day_as_a_tombstone() {
    let mut job = job(one_order());
    let list = format!("[{}]", job.sandbox.get("requests", ORDER).unwrap());
    drop(job.run(Options::new(), |ledger, request| job.provision(ledger, request)));
    job.wait(23 * HOUR);
    let other = |job: &Job, number: u32| {
        // Something ends, so that what is old is forgotten.
        job.sandbox.insert("requests", sample::request(&format!("PR-9000-0000-{number:04}-001")));
        drop(job.run(Options::new(), approve));
    };
    other(&job, 1);
    assert_eq!(job.entry().state.as_deref(), Some("approved"));
    job.sandbox.fault(Fault::on("GET", "/requests").status(200).body(&list));
    drop(job.run_idle(Options::new()));
    job.wait(2 * HOUR);
    other(&job, 2);
    assert!(job.read(ORDER).is_none());
}

#[test]
fn an_old_tombstone_is_forgotten_by_a_run_in_which_others_ended_an_order() {
    let mut job = half_done();
    let other = "PR-9000-0000-0001-001";
    let mut order = sample::request(other);
    order["asset"]["id"] = "AS-9".into();
    job.sandbox.insert("requests", order);
    drop(job.run(Options::new(), |ledger, request| match &*request.id {
        ORDER => down(ledger, request),
        _ => job.provision(ledger, request),
    }));
    assert_eq!(job.read(other).unwrap().0.state.as_deref(), Some("approved"));
    job.wait(2 * DAY);
    job.others_fail(ORDER);
    drop(job.run_idle(job.undoing()));
    assert_eq!(job.read(other), None);
}

#[test]
fn orders_that_the_list_has_are_not_looked_up() {
    for answer in [down, |_: &Ledger, _: &_| Err(Action::later(MINUTE, "the bank is closed"))] {
        let job = job(one_order());
        for _ in 0..2 {
            drop(job.run(Options::new(), answer));
        }
        let calls = job.sandbox.take_journal();
        assert!(calls.iter().all(|call| !call.path.contains("in(id,")), "{calls:?}");
    }
}

#[test]
fn what_was_adopted_is_told_before_what_is_to_be_undone() {
    let job = orders(2);
    drop(job.run(Options::new(), |ledger, request| job.both(ledger, request, down(ledger, request))));
    let ids: Vec<_> = job.sandbox.all("requests").iter().map(|order| order["id"].clone()).collect();
    job.others_fail(ids[0].as_str().unwrap());
    job.others_approve(ids[1].as_str().unwrap());
    let (news, _) = job.news(Options::new(), |_, _| unreachable!());
    let lines: Vec<_> = news.lines().collect();
    let [adopted, failed] = lines[..] else { panic!("{news}") };
    assert!(adopted.contains("was approved by someone else") && failed.contains("ended failed"), "{news}");
}

#[test]
fn a_run_of_one_product_takes_the_orders_of_another_for_neither_met_nor_ended() {
    let job = half_done();
    let connect =
        connect::Connect::new(crate::support::one_try_config(&job.sandbox).products(["PRD-000-000-000"]))
            .unwrap();
    let ledger = job.ledger();
    for _ in 0..2 {
        drop(connect.fulfillment().process_with(job.undoing().ledger(&ledger), |_| unreachable!()).unwrap());
    }
    let look_ups = routes(&job.sandbox).len();
    assert_eq!((job.vendor.calls().len(), job.vendor.there().len()), (0, 2));
    assert!(look_ups < 10, "{look_ups}");
    assert_eq!(status(&job.sandbox, ORDER), "pending");
}

#[test]
fn what_people_decide_says_who_and_why_and_is_refused_beside_a_running_job() {
    let mut job = job(one_order());
    let once = || Options::new().attempts(Attempts::new(1));
    let second = job.path();
    drop(job.run(once(), |ledger, request| {
        let other = Ledger::open(&second).unwrap();
        let kind = |error: Error| match error {
            Error::Ledger(error) => error.kind(),
            other => panic!("{other}"),
        };
        for refused in [
            other.revive(ORDER, "jo").unwrap_err(),
            other.forget(ORDER, "jo").unwrap_err(),
            other.acknowledge(ORDER, "jo").unwrap_err(),
            other.set(ORDER, "tenant", &1, "jo").unwrap_err(),
        ] {
            assert_eq!(kind(refused), LedgerErrorKind::Held);
        }
        assert_eq!(other.dead().unwrap().len(), 0, "reading is not refused");
        down(ledger, request)
    }));
    job.wait(DAY);
    assert_eq!(job.run_idle(once()).dead(), 1);
    let ledger = job.ledger();
    let dead = ledger.dead().unwrap();
    assert_eq!((dead.len(), dead[0].id.as_str(), dead[0].attempts), (1, ORDER, 1));
    assert!(ledger.revive(ORDER, " ").unwrap_err().to_string().contains("who makes it, and why"));
    assert!(!ledger.revive("PR-0", "jo: typing").unwrap());
    assert_eq!(ledger.revive_all(|entry| entry.attempts > 5, "jo: none of these").unwrap(), 0);
    assert_eq!(ledger.revive_all(|entry| entry.attempts == 1, "jo: the ERP is back").unwrap(), 1);
    drop(ledger);
    assert_eq!(job.run(once(), down).errored(), 1, "its attempts begin anew");
    let ledger = job.ledger();
    assert!(ledger.forget(ORDER, "jo: handled by hand").unwrap());
    assert!(ledger.store().read("requests", ORDER).unwrap().is_none());
    drop(ledger);
    // Who and why is kept, as `sqlite3` shows it.
    let file = std::fs::read(job.path()).unwrap();
    let file = String::from_utf8_lossy(&file);
    for kept in ["revivejo: the ERP is back", "forgetjo: handled by hand"] {
        assert!(file.contains(kept), "{kept}");
    }
}
