//! Usage files: each answer by the calls it makes.

use connect::models::UsageFileStatus;
use connect::sandbox::{Sandbox, sample};
use connect::usage::FileAction;
use connect::{Options, Report, Verdict};
use serde_json::{Value, json};

use crate::support::{calls, calls_but, client};

const ID: &str = "UF-2024-03-4127-8830";
const LIST: &str = "/usage/files";

fn sandbox(status: &str) -> Sandbox {
    let sandbox = Sandbox::empty().unwrap();
    let mut file = sample::usage_file(ID);
    file["status"] = status.into();
    sandbox.insert("usage/files", file);
    sandbox
}

fn process(sandbox: &Sandbox, status: &str, action: &FileAction) -> Report {
    let connect = client(sandbox);
    let options = Options::new().statuses([status]);
    let report = connect.usage().process_files_with(options, |_| Ok(action.clone())).unwrap();
    assert_eq!(report.handled(), 1, "{report}");
    report
}

#[test]
fn files_that_are_ready_are_handled_by_default() {
    let sandbox = sandbox("ready");
    for (n, status) in ["draft", "invalid", "pending", "accepted"].into_iter().enumerate() {
        let mut file = sample::usage_file(&format!("UF-{n}"));
        file["status"] = status.into();
        sandbox.insert("usage/files", file);
    }
    let mut seen = Vec::new();
    let report = client(&sandbox)
        .process_usage_files(|file| {
            seen.push(file.id.clone());
            Ok(FileAction::Submit)
        })
        .unwrap();
    assert_eq!(seen, [ID]);
    assert_eq!((report.count(Verdict::Submitted), report.exit_code()), (1, 0));
    let filters = "in(product.id,(PRD-260-714-083,PRD-904-115-627))&eq(status,ready)";
    let created = "%222024-03-01T06%3A00%3A00.125400%2B00%3A00%22";
    assert_eq!(
        calls(&sandbox),
        json!([
            ["GET", format!("{LIST}?{filters}&ordering(created.at)&limit=100&offset=0")],
            ["POST", format!("{LIST}/{ID}/submit")],
            [
                "GET",
                format!("{LIST}?{filters}&ge(created.at,{created})&ordering(created.at)&limit=100&offset=0")
            ],
        ])
    );
}

#[test]
fn each_action_is_one_call() {
    let table: [(_, _, _, _, Option<Value>); 5] = [
        (
            "pending",
            FileAction::accept("File looks good"),
            Verdict::Accepted,
            "accepted",
            Some(json!({"acceptance_note": "File looks good"})),
        ),
        (
            "pending",
            FileAction::reject("Wrong month"),
            Verdict::Rejected,
            "rejected",
            Some(json!({"rejection_note": "Wrong month"})),
        ),
        ("accepted", FileAction::Close, Verdict::Closed, "closed", None),
        ("invalid", FileAction::Delete, Verdict::Deleted, "deleted", None),
        ("ready", FileAction::Submit, Verdict::Submitted, "pending", None),
    ];
    for (before, action, verdict, after, body) in table {
        let sandbox = sandbox(before);
        let report = process(&sandbox, before, &action);
        assert_eq!((report.outcomes()[0].verdict, report.exit_code()), (verdict, 0), "{report}");
        assert_eq!(sandbox.get("usage/files", ID).unwrap()["status"], after);
        let verb = match action {
            FileAction::Accept(_) => "accept",
            FileAction::Reject(_) => "reject",
            FileAction::Close => "close",
            FileAction::Delete => "delete",
            _ => "submit",
        };
        let mut call = vec![json!("POST"), json!(format!("{LIST}/{ID}/{verb}"))];
        call.extend(body);
        assert_eq!(calls_but(&sandbox, LIST), json!([call]));
    }
}

#[test]
fn a_skip_sends_nothing() {
    let sandbox = sandbox("ready");
    let report = process(&sandbox, "ready", &FileAction::skip_because("too early"));
    assert_eq!((report.skipped(), report.outcomes()[0].detail.as_deref()), (1, Some("too early")));
    assert_eq!(calls_but(&sandbox, LIST), json!([]));
}

#[test]
fn several_statuses_are_one_list() {
    let sandbox = sandbox("invalid");
    let options = Options::new().statuses(["invalid", "pending"]);
    let connect = client(&sandbox);
    let report = connect.usage().process_files_with(options, |_| Ok(FileAction::skip())).unwrap();
    assert_eq!(report.skipped(), 1);
    let Value::Array(calls) = calls(&sandbox) else { panic!() };
    let filters = "in(status,(invalid,pending))&in(product.id,(PRD-260-714-083,PRD-904-115-627))";
    assert_eq!(calls[0], json!(["GET", format!("{LIST}?{filters}&ordering(created.at)&limit=100&offset=0")]));
    assert!(calls.iter().all(|call| call[0] == "GET"));
}

#[test]
fn an_action_that_the_state_does_not_allow_is_an_error_of_that_file() {
    let sandbox = sandbox("draft");
    let report = process(&sandbox, "draft", &FileAction::Submit);
    assert_eq!((report.errored(), report.exit_code()), (1, 1));
    assert_eq!(report.outcomes()[0].error.as_ref().unwrap().status(), Some(400));
    assert_eq!(
        calls_but(&sandbox, LIST),
        json!([["POST", format!("{LIST}/{ID}/submit")], ["GET", format!("{LIST}/{ID}")]])
    );
}

#[test]
fn an_error_of_the_closure_leaves_the_file_alone() {
    let sandbox = sandbox("ready");
    let report = client(&sandbox)
        .process_usage_files(|file| {
            let rate: f64 = "n/a".parse()?;
            Ok(if rate > 1.0 { FileAction::Submit } else { FileAction::reject(file.id.as_str()) })
        })
        .unwrap();
    assert_eq!((report.errored(), report.exit_code()), (1, 1));
    assert!(report.to_string().contains("invalid float literal"), "{report}");
    assert_eq!(calls_but(&sandbox, LIST), json!([]));
}

#[test]
fn a_status_in_capitals_is_read_as_the_same() {
    let sandbox = sandbox("READY");
    let mut status = None;
    let connect = client(&sandbox);
    let query = connect::rql::Query::new();
    for file in connect.usage().files(&query) {
        status = Some(file.unwrap().status);
    }
    assert_eq!(status, Some(UsageFileStatus::Ready));
}

/// A server that ignores the filters of a list must not have the workbook sent to a file of something else.
#[cfg(feature = "xlsx")]
#[test]
fn a_listed_file_of_another_id_product_or_contract_is_not_the_one_that_is_submitted() {
    use crate::support::usage::{new_file, record};

    for field in ["external_id", "product", "contract"] {
        let sandbox = Sandbox::empty().unwrap();
        sandbox.insert("assets", sample::asset("AS-1000-0000-0001"));
        let mut other = sample::usage_file(ID);
        (other["status"], other["external_id"]) = ("draft".into(), "feb".into());
        other["product"]["id"] = sample::PRODUCT.into();
        other["contract"]["id"] = "CRD-10482-77310-26594".into();
        match field {
            "external_id" => other["external_id"] = "mar".into(),
            field => other[field]["id"] = "OTHER".into(),
        }
        sandbox.insert("usage/files", other.clone());
        let list = format!("[{other}]");
        sandbox.fault(connect::sandbox::Fault::on("GET", LIST).status(200).body(&list).always());
        let file = client(&sandbox).usage().submit(new_file(), [record()]).unwrap();
        assert_ne!(file.id, ID, "{field}");
        assert_eq!(sandbox.get("usage/files", ID).unwrap()["status"], "draft", "{field}");
    }
}
