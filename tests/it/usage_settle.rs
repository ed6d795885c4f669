//! What was uploaded is waited for, submitted, and explained where it is invalid.

use std::time::Duration;

use connect::models::UsageFile;
use connect::rql::Query;
use connect::sandbox::{Fault, Sandbox, sample};
use connect::usage::{Invalid, NewUsageFile, UsageRecord};
use connect::{Connect, Error, Options, Report, Verdict};
use serde_json::{Value, json};
use time::macros::date;

use crate::support::usage::{new_file, record};
use crate::support::{calls, client, impatient, only, routes};

fn start(time: u64) -> Sandbox {
    let sandbox = Sandbox::builder().empty().processing_time(Duration::from_millis(time)).start().unwrap();
    sandbox.insert("assets", sample::asset("AS-1000-0000-0001"));
    sandbox
}

fn submit(connect: &Connect, id: &str, record: UsageRecord) -> UsageFile {
    let file = NewUsageFile {
        external_id: Some(id.into()),
        description: Some("of the old tenants".into()),
        note: Some("by Jo".into()),
        period: Some((date!(2024 - 02 - 01), date!(2024 - 02 - 29))),
        currency: Some("EUR".into()),
        ..new_file()
    };
    connect.usage().submit(file, [record]).unwrap()
}

fn bad() -> UsageRecord {
    UsageRecord { asset_search_value: "t-0".into(), ..record() }
}

fn status(sandbox: &Sandbox, id: &str) -> Value {
    sandbox.get("usage/files", id).unwrap()["status"].clone()
}

fn leave(connect: &Connect, options: Options<'_>) -> Report {
    connect.usage().settle_with(options, |_| Ok(Invalid::Leave)).unwrap()
}

#[test]
fn what_is_processed_is_waited_for_and_submitted() {
    let sandbox = start(300);
    let made = submit(&client(&sandbox), "feb", record());
    sandbox.take_journal();
    // A later run, as it were.
    let report = client(&sandbox).usage().settle().unwrap();
    assert_eq!((report.count(Verdict::Submitted), report.exit_code()), (1, 0), "{report}");
    assert_eq!(status(&sandbox, &made.id), "pending");
    let Value::Array(calls) = calls(&sandbox) else { panic!() };
    let filters = "in(status,(uploading,uploaded,processing,ready,invalid))\
                   &in(product.id,(PRD-260-714-083,PRD-904-115-627))";
    let list = format!("/usage/files?{filters}&ordering(created.at)&limit=100&offset=0");
    let file = format!("/usage/files/{}", made.id);
    assert_eq!(calls[0], json!(["GET", list]));
    let looks = calls.iter().filter(|call| **call == json!(["GET", file])).count();
    // The pauses double, so that there are few.
    assert!((2..=10).contains(&looks), "{calls:?}");
    // The list, the looks, one for others of its external id, the submission, and the end of the list.
    let others = "/usage/files?eq(external_id,feb)&eq(product.id,PRD-260-714-083)&ordering(-created.at)&limit=100&offset=0";
    assert_eq!(calls[looks + 1], json!(["GET", others]));
    assert_eq!(calls[looks + 2], json!(["POST", format!("{file}/submit")]));
    assert_eq!(calls.len(), looks + 4, "{calls:?}");
}

#[test]
fn the_pauses_between_two_looks_double() {
    let sandbox = start(1000);
    submit(&client(&sandbox), "feb", record());
    sandbox.take_journal();
    let config = impatient(sandbox.config().unwrap()).settle([Duration::from_millis(50); 3]);
    let report = Connect::new(config).unwrap().usage().settle().unwrap();
    assert_eq!(report.count(Verdict::Submitted), 1, "{report}");
    let calls = sandbox.take_journal();
    let is_look = |path: &str| path.starts_with("/usage/files/") && !path.ends_with("/submit");
    // After 50, 150, 350, 750 and 1,550 ms, or later where the processor is busy.
    let looks = calls.iter().filter(|call| is_look(&call.path)).count();
    assert!((4..=7).contains(&looks), "{looks}");
}

#[test]
fn a_file_that_is_ready_costs_a_look_for_others_of_its_external_id_and_its_submission() {
    let sandbox = start(0);
    submit(&client(&sandbox), "feb", record());
    sandbox.take_journal();
    let report = client(&sandbox).usage().settle().unwrap();
    assert_eq!((report.count(Verdict::Submitted), only(&report).calls), (1, 2));
}

#[test]
fn the_states_and_the_filter_of_the_options_narrow_a_run() {
    let sandbox = start(0);
    let connect = client(&sandbox);
    let [first, second] = ["a", "b"].map(|id| submit(&connect, id, record()).id);
    submit(&connect, "c", bad());
    let filter = Query::new().equal("id", second.as_str());
    let report = leave(&connect, Options::new().statuses(["ready"]).filter(filter));
    assert_eq!((report.count(Verdict::Submitted), report.handled()), (1, 1), "{report}");
    let report = leave(&connect, Options::new().statuses(["ready"]));
    assert_eq!((report.count(Verdict::Submitted), report.handled()), (1, 1), "{report}");
    assert_eq!((status(&sandbox, &first), status(&sandbox, &second)), (json!("pending"), json!("pending")));
}

#[test]
fn files_of_others_are_left_alone() {
    let sandbox = start(0);
    for status in ["ready", "invalid", "processing"] {
        let mut file = sample::usage_file(&format!("UF-{status}"));
        file["status"] = status.into();
        if status == "ready" {
            file["external_id"] = Value::Null;
        }
        sandbox.insert("usage/files", file);
    }
    let report = client(&sandbox).usage().settle().unwrap();
    assert_eq!((report.skipped(), report.to_string().as_str()), (3, ""));
    assert!(routes(&sandbox).iter().all(|route| route.starts_with("GET /usage/files ")));
}

#[test]
fn a_file_of_a_derived_id_is_ours_too() {
    let sandbox = start(0);
    let file = NewUsageFile { external_id: None, ..new_file() };
    client(&sandbox).usage().submit(file, [record()]).unwrap();
    assert_eq!(client(&sandbox).usage().settle().unwrap().count(Verdict::Submitted), 1);
}

#[test]
fn a_file_that_takes_longer_than_the_run_is_for_the_next_one() {
    let sandbox = start(3_600_000);
    let made: Vec<_> = ["a", "b"].iter().map(|id| submit(&client(&sandbox), id, record()).id).collect();
    let report = leave(&client(&sandbox), Options::new().deadline(Duration::from_secs(2)));
    assert_eq!((report.count(Verdict::Later), report.exit_code()), (2, 0), "{report}");
    assert!(report.elapsed() < Duration::from_secs(5), "{report}");
    let text = report.to_string();
    assert!(
        text.contains(&format!("{} later: the platform has not processed it: it is uploading", made[0])),
        "{text}"
    );
}

#[test]
fn an_invalid_file_is_an_error_of_the_report_and_stays() {
    let sandbox = start(0);
    let made = submit(&client(&sandbox), "feb", bad());
    let report = client(&sandbox).usage().settle().unwrap();
    let outcome = only(&report);
    assert_eq!((outcome.verdict, report.exit_code()), (Verdict::Errored, 1));
    let Some(Error::Sheet(_)) = &outcome.error else { panic!("{report}") };
    let text = report.to_string();
    assert!(
        text.contains(&format!("usage file {} is invalid: 1 of 1 records are invalid", made.id)),
        "{text}"
    );
    assert_eq!(status(&sandbox, &made.id), "invalid");
}

#[test]
fn an_invalid_file_that_was_reported_anew_is_no_error_any_more() {
    let sandbox = start(0);
    let connect = client(&sandbox);
    submit(&connect, "feb", bad());
    submit(&connect, "feb", record());
    for submitted in [1, 0] {
        let report = client(&sandbox).usage().settle().unwrap();
        assert_eq!(
            (report.count(Verdict::Submitted), report.skipped(), report.exit_code()),
            (submitted, 1, 0)
        );
    }
}

#[test]
fn the_closure_is_not_asked_for_an_invalid_file_that_was_reported_anew() {
    let sandbox = start(0);
    let connect = client(&sandbox);
    submit(&connect, "feb", bad());
    submit(&connect, "feb", record());
    let report =
        connect.usage().settle_with(Options::new(), |invalid| panic!("{}", invalid.file().id)).unwrap();
    assert_eq!((report.count(Verdict::Submitted), report.exit_code()), (1, 0), "{report}");
}

/// The ids of two files of one external id, the older one first, as two programs make them while the list lags.
fn twins(sandbox: &Sandbox) -> [String; 2] {
    let first = submit(&client(sandbox), "feb", record());
    let mut second = sandbox.get("usage/files", &first.id).unwrap();
    let id = "UF-2999-01-0001-0001";
    (second["id"], second["events"]["created"]["at"]) = (id.into(), "2999-01-01T00:00:00+00:00".into());
    sandbox.insert("usage/files", second);
    [first.id, id.to_owned()]
}

#[test]
fn of_two_files_of_one_external_id_one_is_submitted_and_the_other_is_an_error() {
    let sandbox = start(0);
    let [older, newer] = twins(&sandbox);
    for submitted in [1, 0] {
        let report = client(&sandbox).usage().settle().unwrap();
        assert_eq!((report.count(Verdict::Submitted), report.errored()), (submitted, 1), "{report}");
        let text = report.to_string();
        assert!(
            text.contains(&older) && text.contains("has the same external id feb: delete the one"),
            "{text}"
        );
        assert_eq!([status(&sandbox, &older), status(&sandbox, &newer)], ["ready", "pending"]);
    }
}

#[test]
fn a_file_is_not_submitted_where_one_of_its_external_id_was_submitted_before() {
    for submitted in [0, 1] {
        let sandbox = start(0);
        let twins = twins(&sandbox);
        sandbox.update("usage/files", &twins[submitted], |file| file["status"] = "accepted".into());
        let report = client(&sandbox).usage().settle().unwrap();
        assert_eq!((report.count(Verdict::Submitted), report.errored()), (0, 1), "{report}");
        // Neither another contract's nor one that was refused counts.
        sandbox.update("usage/files", &twins[submitted], |file| match submitted {
            0 => file["contract"]["id"] = "CRD-00000-00000-00001".into(),
            _ => file["status"] = "rejected".into(),
        });
        let report = client(&sandbox).usage().settle().unwrap();
        assert_eq!((report.count(Verdict::Submitted), report.errored()), (1, 0), "{report}");
    }
}

#[test]
fn an_invalid_file_whose_successor_has_no_workbook_yet_is_an_error_still() {
    let sandbox = start(0);
    let connect = client(&sandbox);
    submit(&connect, "feb", bad());
    sandbox.fault(Fault::on("POST", "/usage/files/*/upload").status(400));
    let new = NewUsageFile { external_id: Some("feb".into()), ..new_file() };
    connect.usage().submit(new, [record()]).unwrap_err();
    let states: Vec<_> = sandbox.all("usage/files").iter().map(|file| file["status"].clone()).collect();
    assert_eq!(states, ["invalid", "draft"]);
    let report = client(&sandbox).usage().settle().unwrap();
    assert_eq!((report.errored(), report.skipped()), (1, 0), "{report}");
}

#[test]
fn a_run_whose_deadline_never_comes_waits_all_the_same() {
    let sandbox = start(100);
    submit(&client(&sandbox), "feb", record());
    let report = leave(&client(&sandbox), Options::new().deadline(Duration::MAX));
    assert_eq!((report.count(Verdict::Submitted), report.count(Verdict::Later)), (1, 0), "{report}");
}

#[test]
fn an_invalid_file_is_deleted_by_choice() {
    let sandbox = start(0);
    let made = submit(&client(&sandbox), "feb", bad());
    let connect = client(&sandbox);
    let report = connect.usage().settle_with(Options::new(), |_| Ok(Invalid::Delete)).unwrap();
    assert_eq!((report.count(Verdict::Deleted), report.exit_code()), (1, 0), "{report}");
    assert_eq!(status(&sandbox, &made.id), "deleted");
}

#[test]
fn an_invalid_file_is_replaced_by_choice_and_the_new_one_submitted() {
    let sandbox = start(0);
    let connect = client(&sandbox);
    let made = submit(&connect, "feb", bad());
    let report = connect.usage().settle_with(Options::new(), |_| Ok(Invalid::replace([record()]))).unwrap();
    assert_eq!((report.count(Verdict::Deleted), report.count(Verdict::Submitted)), (1, 1), "{report}");
    let files = sandbox.all("usage/files");
    let new = &files[1];
    assert_eq!((status(&sandbox, &made.id), &new["status"]), (json!("deleted"), &json!("pending")));
    for same in ["name", "note", "external_id", "product", "contract", "period", "currency"] {
        assert_eq!(new[same], files[0][same], "{same}");
    }
    let [before, after] = [&files[0], &files[1]].map(|file| file["description"].as_str().unwrap());
    assert!(before.starts_with("of the old tenants [sdk-") && after.starts_with("of the old tenants [sdk-"));
    assert_ne!(before, after);
    let detail = report.outcomes()[0].detail.as_deref();
    assert_eq!(detail, Some(format!("replaced by usage file {}", new["id"].as_str().unwrap()).as_str()));
}

#[test]
fn a_replacement_may_differ_in_more_than_its_records() {
    let sandbox = start(0);
    let connect = client(&sandbox);
    submit(&connect, "feb", bad());
    let report = connect.usage().settle_with(Options::new(), |invalid| {
        let file = NewUsageFile { currency: Some("USD".into()), ..invalid.new_file() };
        Ok(Invalid::replace_by(file, [record()]))
    });
    let report = report.unwrap();
    assert_eq!((report.count(Verdict::Deleted), report.count(Verdict::Submitted)), (1, 1), "{report}");
    let files = sandbox.all("usage/files");
    let of_both = |key: &str| [&files[0], &files[1]].map(|file| file[key].clone());
    assert_eq!(of_both("currency"), ["EUR", "USD"]);
    assert_eq!(of_both("external_id"), ["feb", "feb"]);
}

#[test]
fn a_replacement_that_cannot_be_made_leaves_the_invalid_file() {
    let sandbox = start(0);
    let connect = client(&sandbox);
    let made = submit(&connect, "feb", bad());
    let replace = || Invalid::replace([UsageRecord { record_id: String::new(), ..record() }]);
    let report = connect.usage().settle_with(Options::new(), |_| Ok(replace())).unwrap();
    assert_eq!((report.errored(), report.count(Verdict::Deleted)), (1, 0), "{report}");
    assert_eq!((status(&sandbox, &made.id), sandbox.count("usage/files")), (json!("invalid"), 1));
}

#[test]
fn an_answer_that_does_not_tell_the_state_of_the_file_is_not_believed() {
    let sandbox = start(3_600_000);
    let made = submit(&client(&sandbox), "feb", record());
    for body in [json!({"id": "UF-other", "status": "ready"}), json!({"id": made.id})] {
        sandbox.fault(Fault::on("GET", "/usage/files/*").status(200).body(&body.to_string()).always());
        let report = leave(&client(&sandbox), Options::new().deadline(Duration::from_secs(5)));
        let text = report.to_string();
        assert!(
            report.errored() == 1 && text.contains("does not tell the state of the usage file"),
            "{text}"
        );
        sandbox.clear_faults();
    }
    assert_eq!(sandbox.transitions(&made.id).iter().filter(|effect| effect.action == "submit").count(), 0);
}

#[test]
fn an_invalid_file_that_cannot_be_deleted_once_it_is_replaced_is_passed_over() {
    let sandbox = start(0);
    let made = submit(&client(&sandbox), "feb", bad());
    sandbox.fault(Fault::on("POST", "/usage/files/*/delete").status(400));
    for errored in [1, 0] {
        let connect = client(&sandbox);
        let report =
            connect.usage().settle_with(Options::new(), |_| Ok(Invalid::replace([record()]))).unwrap();
        assert_eq!(report.errored(), errored, "{report}");
    }
    let statuses: Vec<_> = sandbox.all("usage/files").iter().map(|file| file["status"].clone()).collect();
    assert_eq!(
        (status(&sandbox, &made.id), statuses),
        (json!("invalid"), vec![json!("invalid"), json!("pending")])
    );
}

#[test]
fn a_dry_run_reads_and_sends_nothing() {
    let sandbox = start(0);
    submit(&client(&sandbox), "a", record());
    submit(&client(&sandbox), "b", bad());
    let connect = client(&sandbox);
    sandbox.take_journal();
    let options = Options::new().dry_run(true);
    let report = connect.usage().settle_with(options, |_| Ok(Invalid::replace([record()]))).unwrap();
    assert_eq!((report.count(Verdict::Submitted), report.count(Verdict::Deleted)), (1, 1), "{report}");
    assert!(routes(&sandbox).iter().all(|route| route.starts_with("GET")));
}

#[test]
fn an_answer_that_is_lost_while_it_is_submitted_is_looked_up() {
    let sandbox = start(200);
    let made = submit(&client(&sandbox), "feb", record());
    sandbox.fault(Fault::on("POST", "/usage/files/*/submit").reset());
    let report = client(&sandbox).usage().settle().unwrap();
    assert_eq!((report.count(Verdict::Submitted), report.exit_code()), (1, 0), "{report}");
    assert_eq!(sandbox.transitions(&made.id).iter().filter(|effect| effect.action == "submit").count(), 1);
}

#[test]
fn a_file_that_somebody_else_submits_meanwhile_is_stale() {
    let sandbox = start(3_600_000);
    let made = submit(&client(&sandbox), "feb", record());
    let id = made.id.clone();
    sandbox.before("GET", "/usage/files/*", move |others| {
        others.store().update("usage/files", &id, |file| file["status"] = "pending".into());
    });
    let report = leave(&client(&sandbox), Options::new().deadline(Duration::from_secs(60)));
    assert_eq!((report.stale(), report.exit_code()), (1, 0), "{report}");
    // It is not waited for any more.
    assert!(report.elapsed() < Duration::from_secs(20), "{report}");
}
