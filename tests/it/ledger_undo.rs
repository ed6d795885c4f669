//! What was made for orders that failed is undone, and told where nothing undoes it.

use connect::ledger::{Left, Made};
use connect::sandbox::Fault;
use connect::{Action, Approval, Certainty, Error, Ledger, Options, Verdict};

use crate::support::job::{DAY, down, half_done, job, leftovers};
use crate::support::{ORDER, TEMPLATE, one_order, only};

#[test]
fn an_order_that_others_fail_between_our_look_and_our_call_is_undone_in_that_run() {
    let job = job(one_order());
    job.sandbox.before("POST", "/requests/*/approve", |others| others.fail(ORDER, "no").unwrap());
    let report =
        job.run(job.undoing(), |ledger, request| job.both(ledger, request, Ok(Approval::template(TEMPLATE))));
    assert_eq!(report.approved(), 0, "{report}");
    assert_eq!((job.vendor.there().len(), report.left()), (0, 0), "{report}");
    let entry = job.entry();
    assert_eq!((entry.state.as_deref(), entry.attempts, entry.error), (Some("failed"), 0, None), "{report}");
}

#[test]
fn what_others_fail_is_found_at_the_end_of_the_walk_and_undone_in_reverse_without_asking_the_closure() {
    let job = half_done();
    job.others_fail(ORDER);
    let report = job.run_idle(job.undoing());
    let undone =
        [format!("delete L-2 with {ORDER}:undo:licence:1"), format!("delete T-1 with {ORDER}:undo:tenant:1")];
    assert_eq!(job.vendor.calls(), undone, "{report}");
    assert_eq!((report.left(), report.exit_code()), (0, 0));
    // What is undone stays so.
    drop(job.run_idle(job.undoing()));
    assert_eq!(job.vendor.calls(), [""; 0]);
}

#[test]
fn a_fail_of_unknown_fate_undoes_nothing_until_it_is_known() {
    let job = job(one_order());
    job.sandbox.fault(Fault::on("POST", "/requests/*/fail").reset().after_effect());
    job.sandbox.fault(Fault::on("GET", "/requests/*").status(500).always());
    job.sandbox.fault(Fault::on("GET", "/requests").skip(1).status(500).times(3));
    let report = job.run(job.undoing(), |ledger, request| job.both(ledger, request, Err(Action::fail("no"))));
    assert_eq!(only(&report).certainty, Certainty::Unknown, "{report}");
    assert_eq!(job.vendor.there().len(), 2);
    job.vendor.calls();
    job.sandbox.clear_faults();
    let report = job.run_idle(job.undoing());
    assert_eq!((report.failed(), report.observed()), (1, 1), "{report}");
    assert_eq!((job.vendor.calls().len(), job.vendor.there().len()), (2, 0));
}

#[test]
fn an_undo_that_fails_is_a_warning_and_later_runs_do_the_rest() {
    let job = job(one_order());
    *job.vendor.stuck.borrow_mut() = 2;
    let fail = |ledger: &Ledger, request: &_| job.both(ledger, request, Err(Action::fail("no")));
    let report = job.run(job.undoing(), fail);
    let outcome = only(&report);
    assert_eq!((outcome.verdict, report.exit_code()), (Verdict::Failed, 1));
    let text = "the undo of the step \"licence\" failed, and a later run tries it again: the vendor is busy";
    assert_eq!(outcome.warnings, [text]);
    job.vendor.calls();
    let report = job.run_idle(job.undoing());
    assert!(matches!(&only(&report).error, Some(Error::Handler(error)) if format!("{error:#}") == text));
    assert_eq!(report.left(), 1);
    // What was made first may be what the other needs.
    let delete = format!("delete L-2 with {ORDER}:undo:licence:1");
    assert_eq!(job.vendor.calls(), [delete.as_str()]);
    drop(job.run_idle(job.undoing()));
    assert_eq!(job.vendor.calls(), [delete, format!("delete T-1 with {ORDER}:undo:tenant:1")]);
}

#[test]
fn what_is_undone_is_one_line_of_news_whoever_failed_the_order() {
    let job = half_done();
    job.others_fail(ORDER);
    let line = format!("{ORDER} failed by someone else; undone: licence, tenant\n");
    assert_eq!(job.news(job.undoing(), |_, _| unreachable!()), (line, 0));
    assert_eq!(job.news(job.undoing(), |_, _| unreachable!()), (String::new(), 0));
    let job = crate::support::job::job(one_order());
    let (news, exit) =
        job.news(job.undoing(), |ledger, request| job.both(ledger, request, Err(Action::fail("no"))));
    let told: Vec<_> = news.lines().skip(1).collect();
    assert_eq!((told, exit), (vec![&*format!("{ORDER} failed: no; undone: licence, tenant")], 0));
    assert_eq!(job.news(job.undoing(), |_, _| unreachable!()), (String::new(), 0));
}

#[test]
fn an_undo_that_fails_is_told_once_as_a_failure_and_so_is_that_it_succeeded_later() {
    let job = job(one_order());
    let busy = std::cell::Cell::new(Some("the vendor is busy"));
    let undoing = || {
        Options::new().undo("licence", |made: Made<String>, key| job.vendor.delete(&made, key)).undo(
            "tenant",
            |made: Made<String>, key| {
                busy.get().map_or_else(|| job.vendor.delete(&made, key), |error| Err(anyhow::anyhow!(error)))
            },
        )
    };
    let (news, exit) =
        job.news(undoing(), |ledger, request| job.both(ledger, request, Err(Action::fail("no"))));
    let error =
        |error| format!("the undo of the step \"tenant\" failed, and a later run tries it again: {error}");
    let line = format!("{ORDER} failed: no; warning: {}", error("the vendor is busy"));
    assert_eq!((news.lines().skip(1).collect::<Vec<_>>(), exit), (vec![&*line], 1));
    for _ in 0..2 {
        assert_eq!(job.news(undoing(), |_, _| unreachable!()), (String::new(), 0));
    }
    // Another error is news.
    busy.set(Some("no such tenant"));
    let other = format!("{ORDER} errored: {}\n", error("no such tenant"));
    assert_eq!(job.news(undoing(), |_, _| unreachable!()), (other, 1));
    assert_eq!(job.news(undoing(), |_, _| unreachable!()), (String::new(), 0));
    busy.set(None);
    let clear = format!("{ORDER} failed; undone: licence, tenant\n");
    assert_eq!(job.news(undoing(), |_, _| unreachable!()), (clear, 0));
    assert_eq!(job.news(undoing(), |_, _| unreachable!()), (String::new(), 0));
}

#[test]
fn a_step_that_nothing_undoes_is_told_though_the_undo_of_another_failed_before() {
    let job = job(one_order());
    *job.vendor.stuck.borrow_mut() = 1;
    let with_one = || Options::new().undo("licence", |made, key| job.vendor.delete(&made, key));
    let fail = |ledger: &Ledger, request: &_| job.both(ledger, request, Err(Action::fail("no")));
    assert_eq!(job.news(with_one(), fail).1, 1);
    let line = format!("{ORDER} ended failed; undone: licence; nothing has undone the steps tenant\n");
    assert_eq!(job.news(with_one(), |_, _| unreachable!()), (line, 0));
    assert_eq!(job.news(with_one(), |_, _| unreachable!()), (String::new(), 0));
}

#[test]
fn an_undo_that_panics_is_an_undo_that_fails() {
    let job = half_done();
    job.others_fail(ORDER);
    let options = job.undoing();
    drop(job.run_idle(Options::new().undo("licence", |_: Made<String>, _| panic!("in the undo"))));
    drop(job.run_idle(options));
    assert_eq!(job.vendor.there(), [""; 0]);
}

#[test]
fn the_undo_of_a_step_whose_fate_is_unknown_gets_only_its_key() {
    let job = job(one_order());
    drop(job.run(job.undoing(), |ledger, request| {
        let _: String = ledger.work(request).step("tenant").run(|key| job.vendor.lose(key))?;
        unreachable!()
    }));
    job.others_fail(ORDER);
    job.vendor.calls();
    drop(job.run_idle(job.undoing()));
    let undone = format!("delete whatever {ORDER}:tenant:1 made with {ORDER}:undo:tenant:1");
    assert_eq!((job.vendor.calls(), job.vendor.there().len()), (vec![undone], 0));
}

#[test]
fn an_undo_that_no_run_has_done_yet_is_left_to_the_next() {
    let job = job(one_order());
    // As by a process that ends just after the platform's answer.
    drop(job.run(Options::new(), |ledger, request| job.both(ledger, request, Err(Action::fail("no")))));
    job.vendor.calls();
    assert_eq!(job.entry().left, Some(Left::Undo));
    drop(job.run_idle(job.undoing()));
    assert_eq!((job.vendor.calls().len(), job.vendor.there().len()), (2, 0));
}

#[test]
fn steps_that_nothing_undoes_are_told_until_a_person_acknowledges_them() {
    let mut job = half_done();
    // It was told as an error before: that is another story.
    let told = job.news(Options::new(), down);
    assert_eq!(told.1, 1);
    job.others_fail(ORDER);
    let with_one = || Options::new().undo("licence", |made, key| job.vendor.delete(&made, key));
    let (news, _) = job.news(with_one(), |_, _| unreachable!());
    assert_eq!(news, format!("{ORDER} ended failed; undone: licence; nothing has undone the steps tenant\n"));
    assert_eq!(job.news(with_one(), |_, _| unreachable!()), (String::new(), 0));
    assert_eq!(job.vendor.there(), ["T-1"]);
    job.wait(3 * DAY);
    let again = || Options::new().tell_again(DAY);
    assert_eq!(job.news(again(), |_, _| unreachable!()).0, news, "once more where that is wished for");
    assert_eq!(job.news(again(), |_, _| unreachable!()).0, "");
    assert_eq!(job.run_idle(Options::new()).left(), 1);
    assert!(job.ledger().acknowledge(ORDER, "jo: deleted by hand").unwrap());
    assert_eq!(job.run_idle(Options::new()).left(), 0);
}

#[test]
fn what_nothing_undoes_is_a_warning_of_the_run_that_undoes_the_rest() {
    for (undo, warned) in [("licence", &["nothing undoes the steps tenant"][..]), ("other", &[])] {
        let job = half_done();
        job.others_fail(ORDER);
        let report = job.run_idle(Options::new().undo(undo, |made, key| job.vendor.delete(&made, key)));
        assert_eq!(
            report.warnings(),
            warned.iter().map(|text| format!("{ORDER}: {text}")).collect::<Vec<_>>()
        );
    }
}

#[test]
fn undos_that_fail_now_and_then_keep_no_other_from_being_undone() {
    let job = leftovers(20);
    let mut asked = 0;
    let options =
        Options::new().undo("tenant", |_: Made<String>, _| Ok(())).undo("licence", |_: Made<String>, _| {
            asked += 1;
            anyhow::ensure!(asked % 2 == 1, "busy");
            Ok(())
        });
    assert_eq!(job.run_idle(options).left(), 10);
    assert_eq!(asked, 20);
}

#[test]
fn an_undo_that_fails_by_the_same_error_is_told_once() {
    let job = half_done();
    job.others_fail(ORDER);
    *job.vendor.stuck.borrow_mut() = 3;
    let mut told = Vec::new();
    for _ in 0..3 {
        let (news, _) = job.news(job.undoing(), |_, _| unreachable!());
        assert!(!news.contains("nothing has undone"), "it is told as the error that it is: {news}");
        told.push(news.matches("the vendor is busy").count());
    }
    assert_eq!(told, [1, 0, 0]);
}
