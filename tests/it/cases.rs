//! Cases of the field, one file each in `tests/fixtures/cases`: what came in, and what is right.
//!
//! Those about bodies, proxies and certificates are read by the tests of these.

use connect::models::{Product, Request, UsageFile, UsageRecordResource};
use connect::rql::Query;
use connect::sandbox::{Fault, Sandbox, sample};
use connect::{Action, Approval, CheckError, Config, Connect, Error, Options, Verdict};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use time::macros::datetime;

use crate::support::{
    ORDER, TALK, TEMPLATE, answer, answering, case, client, impatient, one_order, one_try, sequence, serving,
    status, told,
};

const CASES: [&str; 21] = [
    "F01-list-without-content-range",
    "F01b-message-lost",
    "F01c-endless-list",
    "F02-product-extensions-list",
    "F03-one-bad-element-ends-a-listing",
    "F04-all-proxy-first",
    "F06-unusable-proxy-silent",
    "F07-gateway-statuses",
    "F08-empty-body-labelled-gzip",
    "F09-not-quite-json-in-one-element",
    "F11-event-by-as-text",
    "F12-request-template-lost",
    "F13-usage-record-category",
    "F15-usage-file-old-times",
    "F17-duplicate-messages",
    "F18-bom",
    "F19-ca-true-leaf",
    "F20-cause-twice",
    "F22-lasting-failures-repeated",
    "F23-key-with-line-break",
    "F25-html-200",
];

#[test]
fn each_case_is_read_by_a_test() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/cases");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    files.sort();
    assert_eq!(files, CASES);
    let tests = ["bodies", "cases", "proxies", "tls"].map(|name| {
        std::fs::read_to_string(format!("{}/tests/it/{name}.rs", env!("CARGO_MANIFEST_DIR"))).unwrap()
    });
    for name in CASES {
        let read = tests.iter().any(|test| {
            test.contains(&format!("case(\"{name}\")")) || test.contains(&format!("input(\"{name}\")"))
        });
        assert!(read, "{name}");
    }
}

/// The object of a case.
fn input<T: DeserializeOwned>(name: &str) -> T {
    serde_json::from_value(case(name)["input"].clone()).unwrap()
}

fn client_of(address: impl std::fmt::Display) -> Connect {
    Connect::new(impatient(Config::new(format!("http://{address}/public/v1"), "SU-1:key").unwrap())).unwrap()
}

#[test]
fn a_list_without_a_range_ends_quietly() {
    let body = case("F01-list-without-content-range")["server"]["every GET"]["body"].to_string();
    let address = answering(answer(200, "Content-Type: application/json\r\n", &body));
    let connect = client_of(address);
    let ids: Vec<Value> =
        connect.list::<Value>("/custom", &Query::new()).map(|one| one.unwrap()["id"].take()).collect();
    assert_eq!(ids, ["A", "B", "C"]);
    let templates: Result<Vec<_>, _> = connect.directory().product_templates("PRD-1").collect();
    assert_eq!(templates.unwrap().len(), 3);
    let config = Config::new(format!("http://{address}/public/v1"), "SU-1:key").unwrap().products(["A", "C"]);
    Connect::new(config).unwrap().check().unwrap();
}

#[test]
fn a_look_up_without_a_range_loses_no_message() {
    let mut found = case("F01b-message-lost")["server"]["GET /conversations?..."]["body"].clone();
    found[0]["id"] = TALK.into();
    found[0]["instance_id"] = ORDER.into();
    let sandbox = one_order();
    sandbox.fault(Fault::on("GET", "/conversations").status(200).body(&found.to_string()).always());
    let report = client(&sandbox).process_fulfillments(|_| Ok(Approval::template(TEMPLATE))).unwrap();
    assert_eq!((report.approved(), report.outcomes()[0].warnings.len()), (1, 0), "{report}");
    assert_eq!(sandbox.messages(TALK).len(), 1);
}

#[test]
fn a_list_whose_only_page_never_reads_the_same_ends() {
    assert!(case("F01c-endless-list")["server"]["every GET"].as_str().unwrap().contains("<counter>"));
    let count = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let calls = std::sync::Arc::clone(&count);
    let address = serving(move |mut stream| {
        use std::io::{Read as _, Write as _};
        let _ = stream.read(&mut [0; 4096]);
        let number = calls.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let body = format!(r#"[{{"id":"A","link":"https://x/?sig={number}"}}]"#);
        let _ = stream.write_all(&answer(200, "", body));
    });
    let elements = client_of(address).list::<Value>("/custom", &Query::new()).take(1000).count();
    assert!(elements <= 3 && count.load(std::sync::atomic::Ordering::Relaxed) <= 3, "{elements}");
}

#[test]
fn one_bad_element_does_not_end_a_listing() {
    let server = case("F03-one-bad-element-ends-a-listing")["server"]["GET /products"].clone();
    let listed = |body: &Value| {
        let range = format!("Content-Range: {}\r\n", server["headers"]["Content-Range"].as_str().unwrap());
        let address = answering(answer(200, &range, body.to_string()));
        client_of(address).directory().products(&Query::new()).collect::<Vec<_>>()
    };
    // The very element of the case is no bad one any more.
    let good = listed(&server["body"]);
    assert!(good.iter().map(|one| one.as_ref().unwrap().id.as_str()).eq(["PRD-1", "PRD-2", "PRD-3"]));
    for bad in [
        json!({"id": "PRD-2", "extensions": 5}),
        json!({"id": "PRD-2", "owner": true}),
        json!({"id": "PRD-2", "media": [[1, 2], 3]}),
        json!({"id": {"nr": 2}}),
        json!(["PRD-2"]),
        json!(null),
    ] {
        let mut body = server["body"].clone();
        body[1] = bad;
        let [Ok(first), Err(error), Ok(last)] = &listed(&body)[..] else { panic!("{body}") };
        assert_eq!((first.id.as_str(), last.id.as_str()), ("PRD-1", "PRD-3"));
        assert!(error.to_string().starts_with("GET /products: element 1 of the list: "), "{error}");
    }
}

#[test]
fn objects_of_the_field_are_read_whole() {
    let product: Product = input("F02-product-extensions-list");
    assert_eq!(product.extensions[0].package_url.as_deref(), Some("https://example.com/x.zip"));

    let file: UsageFile = input("F11-event-by-as-text");
    let created = file.events.get("created").unwrap();
    assert_eq!(created.at, Some(datetime!(2018-11-21 11:10:29 UTC)));
    assert_eq!(created.by.as_ref().unwrap().email.as_deref(), Some("someone@example.com"));

    let request: Request = input("F12-request-template-lost");
    let template = request.template.unwrap();
    assert_eq!((template.id.as_str(), template.name.as_deref()), ("TL-000-000-000", Some("More is needed")));
    let message = "Please complete our [form](https://example.com)";
    assert_eq!(template.message.as_deref(), Some(message));

    let record: UsageRecordResource = input("F13-usage-record-category");
    let category = record.category.unwrap();
    assert_eq!((category.id.as_str(), category.name.as_deref()), ("compute", Some("Compute")));

    let written = case("F15-usage-file-old-times")["input"].clone();
    let file: UsageFile = input("F15-usage-file-old-times");
    assert_eq!(file.accepted_by.as_deref(), Some("a@example.com"));
    assert_eq!(file.closed_at, Some(datetime!(2018-11-21 11:10:29 UTC)));
    assert_eq!(serde_json::to_value(&file).unwrap(), written, "all is kept");
}

#[test]
fn an_element_that_is_not_quite_json_costs_that_element() {
    for page in case("F09-not-quite-json-in-one-element")["pages"].as_array().unwrap() {
        let page = page.as_str().unwrap();
        let spoilt = if page.contains("NaN") {
            "\"external_attributes\":{\"price\":NaN}"
        } else {
            "\"note\":\"a\tb\""
        };
        let orders = ["PR-1", "PR-2", "PR-3"].map(|id| {
            let text = sample::request(id).to_string();
            if id == "PR-2" { text.replacen('{', &format!("{{{spoilt},"), 1) } else { text }
        });
        let sandbox = Sandbox::empty().unwrap();
        for id in ["PR-1", "PR-3"] {
            sandbox.insert("requests", sample::request(id));
        }
        sandbox.fault(Fault::on("GET", "/requests").status(200).body(&format!("[{}]", orders.join(","))));
        let report = one_try(&sandbox).process_fulfillments(|_| Ok(Approval::template(TEMPLATE))).unwrap();
        let came: Vec<_> = report.outcomes().iter().map(|one| (one.id.as_str(), one.verdict)).collect();
        let (approved, errored) = (Verdict::Approved, Verdict::Errored);
        assert_eq!(came, [("PR-1", approved), ("PR-2", errored), ("PR-3", approved)], "{report}");
    }
}

/// The messages in the conversation of an order after a run.
fn messages(options: Options<'_>, decide: fn() -> Result<Approval, Action>) -> Vec<String> {
    let sandbox = one_order();
    let report = client(&sandbox).fulfillment().process_with(options, |_| decide()).unwrap();
    assert_eq!(report.exit_code(), 0, "{report}");
    let text = |message: &Value| message["text"].as_str().unwrap().to_owned();
    // The platform's own lines are no messages of ours.
    let ours = sandbox
        .journal()
        .into_iter()
        .filter(|call| call.method == "POST" && call.path.ends_with("/messages"));
    ours.map(|call| text(call.body.json().unwrap())).collect()
}

#[test]
fn a_run_says_which_of_its_messages_are_posted() {
    assert!(case("F17-duplicate-messages")["got"].as_str().unwrap().contains("no option switches that off"));
    let approve = || Ok(Approval::template(TEMPLATE));
    let inquire = || Err(Action::inquire([]).with_message("Which address?"));
    let skip = || Err(Action::skip().with_message("We wait for the bank."));
    let fail = || Err(Action::fail("no licence"));
    let activated = format!("Activated using template {TEMPLATE}.");
    for (after, approved, inquired) in [
        (None, true, true),
        (Some(vec![Verdict::Approved, Verdict::Inquired]), true, true),
        (Some(vec![Verdict::Approved]), true, false),
        (Some(vec![Verdict::Inquired]), false, true),
        (Some(vec![Verdict::Failed]), false, false),
        (Some(vec![]), false, false),
    ] {
        let options = || match &after {
            None => Options::new(),
            Some(after) => Options::new().messages(after.clone()),
        };
        let said = |said: bool, text: &str| if said { vec![text.to_owned()] } else { vec![] };
        assert_eq!(messages(options(), approve), said(approved, &activated), "{after:?}");
        assert_eq!(messages(options(), inquire), said(inquired, "Which address?"), "{after:?}");
        assert_eq!(messages(options(), skip), ["We wait for the bank."], "{after:?}");
        assert!(messages(options(), fail).is_empty());
    }
    let sandbox = one_order();
    let silent = Options::new().messages([]).dry_run(true);
    let report = client(&sandbox).fulfillment().process_with(silent, |_| approve()).unwrap();
    assert!(!report.to_string().contains("message"), "{report}");
}

#[test]
fn no_error_repeats_its_cause() {
    assert!(case("F20-cause-twice")["input"].as_str().unwrap().contains("check()"));
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = listener.local_addr().unwrap();
    drop(listener);
    let connect = client_of(nobody);
    let error = connect.check().unwrap_err();
    assert!(matches!(error, CheckError::Unreachable(_)));
    let text = format!("{:#}", anyhow::Error::new(error));
    assert_eq!(text.matches("refused").count(), 1, "{text}");

    let of = |wire: Vec<u8>| client_of(answering(wire));
    let html = of(answer(200, "", "<html></html>"));
    let cut = of(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n[".to_vec());
    let packed = of(answer(200, "Content-Encoding: gzip\r\n", "not gzip"));
    let refused = of(answer(401, "", r#"{"error_code":"AUTH_001","errors":["No."]}"#));
    let headers = "X-More: x\r\n".repeat(130);
    let odd = of(answer(200, &headers, "{}"));
    for connect in [connect, html, cut, packed, refused, odd] {
        told(&connect.check().unwrap_err());
        told(&connect.get::<Value>("/accounts").unwrap_err());
        let run = connect.process_fulfillments(|_| Err(Action::skip())).unwrap_err();
        let (chain, line) = (told(&run), format!("{:#}", anyhow::Error::new(run)));
        assert_eq!(chain, line);
    }
    told(&Config::from_file("/nowhere/config.json").unwrap_err());
    let sandbox = one_order();
    let report = one_try(&sandbox)
        .process_fulfillments(|_| Err(anyhow::anyhow!("disk full").context("no tenant").into()))
        .unwrap();
    assert_eq!(told(report.outcomes()[0].error.as_ref().unwrap()), "no tenant: disk full");
    assert_eq!(report.to_string().matches("disk full").count(), 1, "{report}");
}

#[test]
fn nothing_the_server_says_turns_a_line_around_or_breaks_it() {
    let marks = "\u{202e}\u{2066}\u{200f}\u{61c}\u{7}\u{1b}[2J\u{85}\u{2028}\r\n2030-01-01 INFO forged";
    let clean = |text: &str| {
        let bad =
            |c: char| (c.is_control() && c != '\n') || "\u{202e}\u{2066}\u{200f}\u{61c}\u{2028}".contains(c);
        assert!(!text.contains(bad) && !text.lines().any(|line| line.starts_with("2030")), "{text:?}");
    };
    // A refusal.
    let body = json!({"error_code": format!("SYS{marks}"), "errors": [format!("No{marks}")], "params": {}});
    for (status, body) in [(400, body.to_string()), (404, marks.to_owned()), (502, format!("down{marks}"))] {
        let connect = client_of(answering(answer(status, "", body)));
        clean(&connect.get::<Value>("/accounts").unwrap_err().to_string());
        clean(&connect.check().unwrap_err().to_string());
    }
    // An id, in an outcome and in what a step fails with.
    let id = format!("PR-1{marks}");
    let sandbox = Sandbox::empty().unwrap();
    sandbox.insert("requests", {
        let mut order = sample::request(ORDER);
        order["id"] = id.as_str().into();
        order
    });
    let report = one_try(&sandbox).process_fulfillments(|_| Err(Action::skip().because(marks))).unwrap();
    clean(&report.to_string());
    sandbox.fault(Fault::on("POST", "/requests/*/approve").status(500));
    let report = one_try(&sandbox)
        .process_fulfillments(|order| Err(anyhow::anyhow!("{}: {marks}", order.id).into()))
        .unwrap();
    clean(&report.to_string());
    clean(&report.outcomes()[0].error.as_ref().unwrap().to_string());
    // A state that somebody else brought the order to.
    let sandbox = one_order();
    let connect = one_try(&sandbox);
    let report = connect
        .process_fulfillments(|_| {
            sandbox.update("requests", ORDER, |order| {
                order["status"] = format!("failed{marks}").into();
                order["reason"] = marks.into();
            });
            Ok(Approval::template(TEMPLATE))
        })
        .unwrap();
    assert_ne!(status(&sandbox, ORDER), "approved");
    clean(&report.to_string());
    clean(&report.outcomes()[0].to_string());
    clean(report.outcomes()[0].detail.as_ref().unwrap());
    // What it redirects to, and what it hands out as a link.
    let (address, _) = sequence(vec![answer(302, "Location: https://x/\u{202e}\r\n", "")]);
    clean(&client_of(address).get::<Value>("/accounts").unwrap_err().to_string());
}

#[test]
fn a_line_break_at_the_end_of_a_setting_is_dropped() {
    let key =
        case("F23-key-with-line-break")["env"]["CONNECT_API_KEY"].as_str().unwrap().replace("\\n", "\n");
    assert!(key.ends_with('\n'));
    let endpoint = "https://api.example.com/public/v1";
    for end in ["\n", "\r\n", " \n", "\n\n", "\t", "\u{c}"] {
        let config = Config::new(format!("{endpoint}{end}"), format!("{}{end}", key.trim_end())).unwrap();
        assert_eq!(config.endpoint(), endpoint);
        let config = config.products([format!("PRD-1{end}"), "PRD-1".to_owned()]);
        assert_eq!(config.product_ids(), ["PRD-1"]);
        Connect::new(config).unwrap();

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.json");
        std::fs::write(folder.path().join("ca.pem"), "").unwrap();
        let text = json!({
            "apiEndpoint": format!("{endpoint}{end}"), "apiKey": format!("SU-1:key{end}"),
            "products": [format!("PRD-1{end}")], "updateMethod": format!("PUT{end}"), "caFile": format!("ca.pem{end}"),
            "proxy": format!("direct{end}"),
        });
        std::fs::write(&path, text.to_string()).unwrap();
        let config = Config::from_file(&path).unwrap();
        assert_eq!((config.endpoint(), config.product_ids()), (endpoint, &["PRD-1".to_owned()][..]));
        assert_eq!(config.get_ca_file(), Some(folder.path().join("ca.pem").as_path()));
    }
    for inside in ["SU-1:a\nb", "\nSU-1:ab"] {
        assert!(matches!(Config::new(endpoint, inside).map_err(Error::from), Err(Error::Config(_))));
    }
}
