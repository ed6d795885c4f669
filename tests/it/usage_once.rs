//! Once per external id: whatever is lost, and however a list lags, there is one file.

use std::sync::Arc;
use std::time::Duration;

use connect::models::UsageFileStatus;
use connect::rql::Query;
use connect::sandbox::{Fault, Sandbox, sample};
use connect::usage::{NewUsageFile, UsageRecord};
use connect::{Config, Connect, Error};
use serde_json::{Value, json};

use crate::support::process::{Killer, again, config_of_this_process};
use crate::support::usage::{new_file, record};
use crate::support::{calls, client, impatient, routes, told};

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.insert("assets", sample::asset("AS-1000-0000-0001"));
    sandbox
}

/// The files of the id that count: those that were not refused and not deleted.
fn counting(sandbox: &Sandbox) -> usize {
    let gone = [json!("rejected"), json!("deleted"), json!("invalid")];
    sandbox.all("usage/files").iter().filter(|file| !gone.contains(&file["status"])).count()
}

fn other() -> UsageRecord {
    UsageRecord { quantity: 13.into(), ..record() }
}

#[test]
fn the_same_file_is_made_once_by_three_clients_and_its_mark_is_in_the_description() {
    let sandbox = sandbox();
    let new = || NewUsageFile { description: Some("of the old tenants".into()), ..new_file() };
    let made: Vec<_> =
        (0..3).map(|_| client(&sandbox).usage().submit(new(), [record()]).unwrap().id).collect();
    assert!(made.iter().all(|id| *id == made[0]), "{made:?}");
    let file = sandbox.get("usage/files", &made[0]).unwrap();
    let description = file["description"].as_str().unwrap();
    let mark = description.strip_prefix("of the old tenants [sdk-").unwrap().strip_suffix(']').unwrap();
    assert!(mark.len() == 32 && mark.bytes().all(|byte| byte.is_ascii_hexdigit()), "{description}");
    let gets = routes(&sandbox).iter().filter(|route| route.starts_with("GET")).count();
    // One GET each.
    assert_eq!((gets, sandbox.journal().len()), (3, 5));
}

#[test]
fn other_records_under_the_same_id_are_an_error_that_names_the_file() {
    let sandbox = sandbox();
    let made = client(&sandbox).usage().submit(new_file(), [record()]).unwrap();
    sandbox.take_journal();
    let error = client(&sandbox).usage().submit(new_file(), [other()]).unwrap_err();
    let Error::Conflict(conflict) = &error else { panic!("{error}") };
    assert_eq!((&conflict.id, conflict.found.as_str()), (&made.id, "ready"));
    let expected = format!(
        "conflict: {} is ready already, with other records under the external id feb: nothing was sent",
        made.id
    );
    assert_eq!(error.to_string(), expected);
    assert_eq!(calls(&sandbox).as_array().unwrap().len(), 1);
}

#[test]
fn a_file_that_was_refused_or_deleted_gives_way_to_a_new_one() {
    for status in ["invalid", "rejected", "deleted"] {
        let sandbox = sandbox();
        let connect = client(&sandbox);
        let first = connect.usage().submit(new_file(), [record()]).unwrap();
        sandbox.update("usage/files", &first.id, |file| file["status"] = status.into());
        // The client that made it, and another one.
        let second = connect.usage().submit(new_file(), [other()]).unwrap();
        let third = client(&sandbox).usage().submit(new_file(), [other()]).unwrap();
        assert_ne!(first.id, second.id, "{status}");
        assert_eq!(second.id, third.id, "{status}");
    }
}

#[test]
fn a_draft_is_taken_up_and_brought_up_to_date() {
    let sandbox = sandbox();
    sandbox.fault(Fault::on("POST", "/usage/files/*/upload").status(400));
    client(&sandbox).usage().submit(new_file(), [other()]).unwrap_err();
    sandbox.take_journal();
    let made = client(&sandbox).usage().submit(new_file(), [record()]).unwrap();
    let Value::Array(calls) = calls(&sandbox) else { panic!() };
    let methods: Vec<_> = calls.iter().map(|call| call[0].as_str().unwrap()).collect();
    assert_eq!(methods, ["GET", "PUT", "POST"]);
    assert_eq!(calls[1][1], json!(format!("/usage/files/{}", made.id)));
    // With the mark of what it holds now.
    assert_eq!(client(&sandbox).usage().submit(new_file(), [record()]).unwrap().id, made.id);
    assert_eq!(sandbox.count("usage/files"), 1);
}

#[test]
fn a_draft_that_another_worker_filled_meanwhile_is_the_same_file() {
    let sandbox = sandbox();
    sandbox.fault(Fault::on("POST", "/usage/files/*/upload").status(400));
    client(&sandbox).usage().submit(new_file(), [record()]).unwrap_err();
    let id = sandbox.all("usage/files")[0]["id"].as_str().unwrap().to_owned();
    let own = id.clone();
    sandbox.before("POST", "/usage/files/*/upload", move |others| {
        others.store().update("usage/files", &own, |file| file["status"] = "pending".into());
    });
    let file = client(&sandbox).usage().submit(new_file(), [record()]).unwrap();
    assert_eq!((file.id, file.status), (id, UsageFileStatus::Pending));
}

#[test]
fn a_file_without_a_mark_counts_as_the_same_unless_it_is_a_draft() {
    for (status, same) in [("pending", true), ("ready", true), ("draft", true), ("rejected", false)] {
        let sandbox = sandbox();
        let mut there = sample::usage_file("UF-1");
        there["external_id"] = "feb".into();
        there["status"] = status.into();
        sandbox.insert("usage/files", there);
        let file = client(&sandbox).usage().submit(new_file(), [record()]).unwrap();
        assert_eq!(file.id == "UF-1", same, "{status}");
        let uploads = routes(&sandbox).iter().filter(|route| route.contains("/upload")).count();
        assert_eq!(uploads, usize::from(matches!(status, "draft" | "rejected")), "{status}");
    }
}

#[test]
fn of_several_files_the_newest_that_counts_is_the_one() {
    let sandbox = sandbox();
    for (id, created, status) in [
        ("UF-1", "2024-03-01T06:00:00+00:00", "accepted"),
        ("UF-2", "2024-03-02T06:00:00+00:00", "pending"),
        ("UF-3", "2024-03-03T06:00:00+00:00", "draft"),
        ("UF-4", "2024-03-04T06:00:00+00:00", "invalid"),
    ] {
        let mut there = sample::usage_file(id);
        there["external_id"] = "feb".into();
        there["status"] = status.into();
        there["events"]["created"]["at"] = created.into();
        sandbox.insert("usage/files", there);
    }
    assert_eq!(client(&sandbox).usage().submit(new_file(), [record()]).unwrap().id, "UF-2");
    assert_eq!(sandbox.count("usage/files"), 4);
}

#[test]
fn a_file_of_another_contract_or_product_is_another_file_though_the_id_is_the_same() {
    for other in ["contract", "product"] {
        let sandbox = sandbox();
        let mut there = sample::usage_file("UF-1");
        there["external_id"] = "feb".into();
        there["status"] = "accepted".into();
        there[other]["id"] = "X-1".into();
        // A server that does not know the filters lists it all the same.
        let list = json!([there]).to_string();
        sandbox.fault(Fault::on("GET", "/usage/files").status(200).body(&list));
        let file = client(&sandbox).usage().submit(new_file(), [record()]).unwrap();
        assert_ne!(file.id, "UF-1", "{other}");
    }
}

#[test]
fn a_file_that_this_client_made_is_there_however_much_the_list_lags() {
    let sandbox = sandbox();
    sandbox.lag(Duration::from_secs(3600));
    let connect = client(&sandbox);
    let first = connect.usage().submit(new_file(), [record()]).unwrap();
    let again = connect.usage().submit(new_file(), [record()]).unwrap();
    assert_eq!((&first.id, again.external_id.as_deref()), (&again.id, Some("feb")));
    assert_eq!((again.product.id, again.contract.id), (new_file().product, new_file().contract));
    assert!(connect.usage().submit(new_file(), [other()]).is_err());
    assert_eq!(sandbox.count("usage/files"), 1);
}

#[test]
fn a_file_that_this_client_made_is_filled_though_no_replica_shows_it() {
    let sandbox = sandbox();
    sandbox.lag(Duration::from_secs(3600));
    sandbox.fault(Fault::on("POST", "/usage/files/*/upload").status(400));
    let connect = client(&sandbox);
    connect.usage().submit(new_file(), [record()]).unwrap_err();
    connect.usage().submit(new_file(), [record()]).unwrap();
    let uploads = routes(&sandbox).iter().filter(|route| route.contains("/upload")).count();
    assert_eq!((sandbox.count("usage/files"), uploads), (1, 2));
}

#[test]
fn a_replica_that_shows_the_file_without_its_workbook_is_not_believed() {
    let sandbox = sandbox();
    let connect = client(&sandbox);
    let first = connect.usage().submit(new_file(), [record()]).unwrap();
    let mut old = sandbox.get("usage/files", &first.id).unwrap();
    old["status"] = "draft".into();
    sandbox.fault(Fault::on("GET", "/usage/files/*").status(200).body(&old.to_string()));
    sandbox.take_journal();
    let again = connect.usage().submit(new_file(), [record()]).unwrap();
    assert_eq!((again.id, again.status), (first.id, UsageFileStatus::Uploaded));
    assert!(routes(&sandbox).iter().all(|route| route.starts_with("GET")));
}

/// Submits twice, as a job that is run again does, and gives how many files count.
fn twice(sandbox: &Sandbox, settle: Duration, what: &str) {
    let connect = || Connect::new(impatient(sandbox.config().unwrap()).settle([settle; 3])).unwrap();
    let first = connect().usage().submit(new_file(), [record()]);
    sandbox.clear_faults();
    let second = connect().usage().submit(new_file(), [record()]);
    let file = second.unwrap_or_else(|error| panic!("{what}: {error}; {:?}", routes(sandbox)));
    assert_eq!(file.status, UsageFileStatus::Ready, "{what}");
    assert_eq!((counting(sandbox), sandbox.count("usage/files")), (1, 1), "{what}: {first:?}");
}

#[test]
fn there_is_one_file_at_every_fault_of_create_and_upload() {
    let quick = Duration::from_millis(5);
    for path in ["/usage/files", "/usage/files/*/upload"] {
        let on = || Fault::on("POST", path);
        for times in [1, usize::MAX] {
            for (what, fault) in [
                ("500", on().status(500)),
                ("500 after", on().status(500).after_effect()),
                ("502 after", on().status(502).body("<html>Bad Gateway</html>").after_effect()),
                ("503", on().status(503)),
                ("504 after", on().status(504).after_effect()),
                ("408 after", on().status(408).after_effect()),
                ("429", on().status(429).header("Retry-After", "0")),
                ("400", on().status(400)),
                ("reset", on().reset()),
                ("reset after", on().reset().after_effect()),
                ("truncated", on().truncated()),
                ("broken JSON", on().broken_json()),
                ("closed after", on().close_after()),
            ] {
                let sandbox = sandbox();
                sandbox.fault(fault.times(times));
                twice(&sandbox, quick, &format!("{path} {what} {times}"));
            }
        }
    }
}

/// A submission in a process of its own.
#[test]
#[ignore = "started by another test"]
fn worker() {
    let Some(config) = config_of_this_process() else { return };
    let _ = Connect::new(config).unwrap().usage().submit(new_file(), [record()]);
}

#[test]
fn there_is_one_file_wherever_the_process_is_killed() {
    // At the look for the file, its creation, its upload, and each of them with its effect.
    for call in 1..=3 {
        let (sandbox, killer) = (sandbox(), Arc::new(Killer::default()));
        let on_call = Arc::clone(&killer);
        sandbox.on_call(move |_, _| _ = on_call.call());
        assert!(killer.run(&mut again("usage_once::worker", &sandbox), call), "call {call}");
        let files = sandbox.count("usage/files");
        assert_eq!(
            (sandbox.take_journal().len(), files),
            (usize::try_from(call).unwrap(), usize::from(call > 1))
        );
        twice(&sandbox, Duration::from_millis(5), &format!("killed at call {call}"));
    }
}

#[test]
fn a_list_that_lags_two_seconds_makes_no_second_file() {
    let lag = Duration::from_secs(2);
    for lost in [false, true] {
        let sandbox = sandbox();
        sandbox.lag(lag);
        if lost {
            sandbox.fault(Fault::on("POST", "/usage/files").reset().after_effect());
        }
        let connect = Connect::new(impatient(sandbox.config().unwrap()).settle([lag / 2; 3])).unwrap();
        let made = [(); 2].map(|()| connect.usage().submit(new_file(), [record()]).unwrap().id);
        assert_eq!((made[0] == made[1], sandbox.count("usage/files")), (true, 1), "lost {lost}: {made:?}");
    }
}

#[test]
fn a_lost_creation_that_a_lagging_list_does_not_show_is_not_made_again() {
    for late in [false, true] {
        let sandbox = sandbox();
        sandbox.lag(Duration::from_millis(200));
        let fault = Fault::on("POST", "/usage/files");
        sandbox.fault(if late {
            fault.status(504).late_effect(Duration::from_millis(100))
        } else {
            fault.reset().after_effect()
        });
        let made = Connect::new(impatient(sandbox.config().unwrap()).settle([Duration::from_millis(200); 3]));
        let file = made.unwrap().usage().submit(new_file(), [record()]).unwrap();
        assert_eq!((sandbox.count("usage/files"), file.status), (1, UsageFileStatus::Ready), "late {late}");
    }
}

#[test]
fn a_creation_that_cannot_be_looked_for_long_enough_is_not_sent_again() {
    let sandbox = sandbox();
    sandbox.fault(Fault::on("POST", "/usage/files").reset());
    let config = impatient(sandbox.config().unwrap()).settle([Duration::from_secs(60); 3]);
    let connect = Connect::new(config).unwrap();
    sandbox.insert("listings", sample::listing("LST-1"));
    let options = connect::Options::new().deadline(Duration::from_secs(5));
    let report = connect
        .usage()
        .process_listings_with(options, |_| Ok(Some(connect.usage().submit(new_file(), [record()])?)))
        .unwrap();
    assert_eq!(report.unknown(), 1, "{report}");
    assert!(report.to_string().contains("was made is not known"), "{report}");
    let sent = routes(&sandbox).iter().filter(|route| route.starts_with("POST")).count();
    assert_eq!(sent, 1);
}

#[test]
fn a_source_that_fails_is_named_and_nothing_is_sent() {
    let sandbox = sandbox();
    sandbox.fault(Fault::on("GET", "/assets").skip(1).status(403).always());
    for n in 0..4 {
        sandbox.insert("assets", sample::asset(&format!("AS-1000-0000-000{n}")));
    }
    let connect = client(&sandbox);
    let assets = Query::new().limit(4);
    let pages = connect.directory().assets(&assets).chain(connect.directory().assets(&assets));
    let records = pages.map(|asset| {
        let asset = asset?;
        Ok::<_, Error>(UsageRecord { record_id: asset.id, ..record() })
    });
    let error = connect.usage().submit(new_file(), records).unwrap_err();
    assert_eq!(error.status(), Some(403));
    let text = told(&error);
    assert!(text.contains("GET /assets?in(product.id,") && text.contains("&limit=4&offset=0"), "{text}");
    assert!(text.contains("failed after 4 records, and nothing was sent"), "{text}");
    let sent: Vec<_> = routes(&sandbox).into_iter().filter(|route| !route.contains("/assets")).collect();
    assert_eq!(sent, [""; 0]);

    let meter = [Ok(record()), Err(anyhow::anyhow!("meter 7 is offline"))];
    let error = connect.usage().submit(new_file(), meter).unwrap_err();
    let text = told(&error);
    assert!(text.contains("failed after 1 records") && text.contains("meter 7 is offline"), "{text}");
}

#[test]
fn texts_that_the_platform_does_not_take_are_refused_before_any_call() {
    let sandbox = sandbox();
    let config = Config::new(sandbox.url(), sandbox.api_key()).unwrap();
    let connect = Connect::new(config).unwrap();
    for (what, file) in [
        ("name", NewUsageFile { name: "n".repeat(101), ..new_file() }),
        ("description", NewUsageFile { description: Some("d".repeat(162)), ..new_file() }),
        ("note", NewUsageFile { note: Some("n".repeat(201)), ..new_file() }),
        ("currency", NewUsageFile { currency: Some("c".repeat(21)), ..new_file() }),
        ("external id", NewUsageFile { external_id: Some("e".repeat(201)), ..new_file() }),
    ] {
        let error = connect.usage().submit(file, [record()]).unwrap_err().to_string();
        assert!(error.contains(what) && error.contains("nothing was sent"), "{error}");
    }
    assert_eq!(calls(&sandbox), json!([]));
}

#[test]
fn a_list_that_does_not_keep_to_the_filter_makes_no_second_file() {
    let sandbox = sandbox();
    let made = client(&sandbox).usage().submit(new_file(), [record()]).unwrap();
    // Each of them has another external id.
    let many: Vec<_> = (0..1001).map(|n| json!({"id": format!("UF-{n}"), "external_id": "other"})).collect();
    let page = json!(many).to_string();
    sandbox.fault(Fault::on("GET", "/usage/files").status(200).body(&page).always());
    let error = client(&sandbox).usage().submit(new_file(), [record()]).unwrap_err().to_string();
    assert!(error.contains("lists more than 1000 files for one external id"), "{error}");
    sandbox.clear_faults();
    assert_eq!(sandbox.all("usage/files")[0]["id"], json!(made.id));
    assert_eq!(sandbox.count("usage/files"), 1);
}
