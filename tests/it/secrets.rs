//! The key, and what a customer keeps secret, are nowhere to be read.

use std::fmt::Debug;
use std::time::Duration;

use connect::models::ParamUpdate;
use connect::sandbox::{Fault, Sandbox, sample};
use connect::{Action, Approval, Config, Connect, Error, Options, fulfillment};
use serde_json::json;

use crate::support::{ORDER, one_order, one_try, one_try_config, status, told};

/// The part of the sandbox's key that nobody may read.
const SECRET: &str = "9f2c61d0a4b84e7f93d5c0be1a72846f5d3e10cc";

/// Neither the secret nor any longer piece of it.
fn assert_clean(text: &str) {
    for start in (0..=SECRET.len() - 8).step_by(4) {
        let piece = &SECRET[start..start + 8];
        assert!(!text.contains(piece), "{piece:?} of the key is in {text}");
    }
}

fn assert_clean_error(error: &Error) {
    assert_clean(&format!("{error} {error:?} {error:#?} {}", told(error)));
}

fn debug(value: &dyn Debug) -> String {
    format!("{value:?} {value:#?}")
}

#[test]
fn the_key_is_in_no_debug_of_what_has_it() {
    let sandbox = one_order();
    let connect = one_try(&sandbox);
    assert_clean(&debug(&connect));
    assert_clean(&debug(connect.config()));
    assert_clean(&debug(&connect.fulfillment()));
    assert_clean(&debug(&connect.directory().assets(&connect::rql::Query::new())));
    assert_clean(&debug(&sandbox));
    let report = connect.process_fulfillments(|_| Ok(Approval::template("TL-1"))).unwrap();
    assert_clean(&format!("{} {report} {}", debug(&report), serde_json::to_string(&report).unwrap()));
}

#[test]
fn a_key_that_cannot_be_a_key_is_not_quoted() {
    for key in [format!("SU-1:{SECRET}\nX: y"), format!("SU-1: {SECRET}"), format!("SU-1:{SECRET}é")] {
        let error = Config::new("https://api.example.com", &key).unwrap_err();
        assert_clean(&format!("{error} {error:?}"));
        // The two mixed up.
        let error = Config::new(&key, "https://api.example.com").unwrap_err();
        assert_clean(&format!("{error} {error:?}"));
    }
}

#[test]
fn a_server_that_echoes_the_key_is_not_believed() {
    let key = one_order().api_key().to_owned();
    let json = format!(
        r#"{{"error_code":"{SECRET}","errors":["Bad header {key}",{{"seen":"{key}"}}],"params":{{"{SECRET}":["{key}"]}}}}"#
    );
    let list = || Fault::on("GET", "/requests");
    let mut faults = vec![
        list().status(400).body(&json),
        list().status(500).body(&format!("Authorization: {key}")),
        list().status(500).body(&format!("<pre>Authorization: {key}</pre>")),
        list().status(401).body(&format!(r#"["{key}"]"#)),
        list().redirect(&format!("https://elsewhere.example/{SECRET}?key={key}")),
        list().redirect(&format!("/public/v1/{SECRET}")),
        list().status(200).body(&format!("\"{key}\"")),
        list().status(200).body(&format!(r#"{{"{key}": 1}}"#)),
        list().status(200).body(&format!(r#"["{key}", {{"id": "PR-1", "asset": "{key}"}}]"#)),
    ];
    // Where the text is cut, the key may be cut as well.
    for length in (1010..1030).chain(4080..4100) {
        faults.push(list().status(500).body(&format!("{}{key}", "x".repeat(length - key.len() / 2))));
        faults.push(list().status(500).body(&format!("{} {key}", "x".repeat(length - key.len() / 2))));
        faults.push(list().status(500).body(&format!("{}{key}", " x".repeat((length - key.len() / 2) / 2))));
    }
    let sandbox = Sandbox::empty().unwrap();
    let connect = one_try(&sandbox);
    for fault in faults {
        sandbox.fault(fault.clone());
        match connect.process_fulfillments(|_| Ok(Approval::template("TL-1"))) {
            Err(error) => assert_clean_error(&error),
            Ok(report) => {
                assert!(report.errored() > 0, "{fault:?}: {report}");
                assert_clean(&format!("{report} {report:?} {}", serde_json::to_string(&report).unwrap()));
            }
        }
    }
}

#[test]
fn a_server_that_echoes_the_key_in_an_orders_answers_is_not_believed() {
    let sandbox = one_order();
    let body = format!(r#"{{"error_code":"E","errors":["{}"]}}"#, sandbox.api_key());
    for fault in [
        Fault::on("PUT", "/requests/*").status(400).body(&body),
        Fault::on("POST", "/requests/*/approve").status(500).body(&body),
        Fault::on("POST", "/requests/*/approve").status(403).body(&body),
        Fault::on("GET", "/conversations").status(400).body(&body),
        Fault::on("POST", "/conversations/*/messages").status(400).body(&body),
    ] {
        sandbox.update("requests", ORDER, |order| order["status"] = "pending".into());
        sandbox.fault(fault.clone());
        let report = one_try(&sandbox)
            .process_fulfillments(|_| {
                Ok(Approval::template("TL-1").with_params([ParamUpdate::value("purchase_id", "P-1")]))
            })
            .unwrap();
        let outcome = &report.outcomes()[0];
        assert!(outcome.error.is_some() || !outcome.warnings.is_empty(), "{fault:?}: {report}");
        assert_clean(&format!("{report} {report:?} {}", serde_json::to_string(&report).unwrap()));
    }
}

#[test]
fn errors_without_an_answer_do_not_name_the_key() {
    let sandbox = one_order();
    for fault in [
        Fault::on("GET", "/requests").reset(),
        Fault::on("GET", "/requests").truncated(),
        Fault::on("GET", "/requests").never_answer(),
        Fault::on("GET", "/requests").broken_json(),
    ] {
        sandbox.fault(fault);
        let connect = Connect::new(one_try_config(&sandbox).timeout(Duration::from_millis(200))).unwrap();
        let error = connect.process_fulfillments(|_| Ok(Approval::template("TL-1"))).unwrap_err();
        assert_clean_error(&error);
    }
    let nobody = Config::new("http://127.0.0.1:1", sandbox.api_key()).unwrap().attempts(1);
    let error = Connect::new(nobody).unwrap().process_fulfillments(|_| Err(Action::skip())).unwrap_err();
    assert_clean_error(&error);
}

#[test]
fn the_key_goes_to_the_endpoint_only() {
    let sandbox = one_order();
    let elsewhere = format!("{}/public/v1/requests", sandbox.storage_url());
    sandbox.fault(Fault::on("GET", "/requests").redirect(&elsewhere));
    let error = one_try(&sandbox).process_fulfillments(|_| Err(Action::skip())).unwrap_err();
    assert_eq!(error.status(), Some(302));
    assert!(sandbox.storage_calls().is_empty());
    // Within the origin a redirect of a GET is followed, with the key.
    sandbox.fault(Fault::on("GET", "/requests").redirect("/public/v1/requests?limit=1"));
    let report = one_try(&sandbox).process_fulfillments(|_| Ok(Approval::template("TL-1"))).unwrap();
    assert_eq!(report.approved(), 1, "{report}");
}

#[test]
fn a_redirected_post_is_not_followed() {
    let sandbox = one_order();
    let target = format!("/public/v1/requests/{ORDER}/fail");
    sandbox.fault(Fault::on("POST", "/requests/*/approve").redirect(&target));
    let report = one_try(&sandbox).process_fulfillments(|_| Ok(Approval::template("TL-1"))).unwrap();
    assert_eq!((report.errored(), status(&sandbox, ORDER).as_str()), (1, "pending"), "{report}");
}

#[test]
fn passwords_of_customers_are_in_no_plan_and_no_report() {
    let sandbox = Sandbox::empty().unwrap();
    let mut request = sample::request(ORDER);
    let params = request["asset"]["params"].as_array_mut().unwrap();
    params.push(sample::param("admin_password", "password", "hunter2-old"));
    sandbox.insert("requests", request);
    let connect = one_try(&sandbox);
    for dry_run in [true, false] {
        let options = Options::new().dry_run(dry_run);
        let report = connect
            .fulfillment()
            .process_with(options, |request| {
                assert_eq!(request.param("admin_password").unwrap().text(), Some("hunter2-old"));
                assert!(!format!("{request:?}").contains("hunter2"));
                let answer = || {
                    let new = ParamUpdate::value("admin_password", "hunter2-new");
                    Ok(Approval::tile("Your password is hunter2-new").with_params([new]))
                };
                let plan = fulfillment::plan(request, answer())?;
                assert!(!format!("{plan:?}").contains("hunter2"), "{plan:?}");
                answer()
            })
            .unwrap();
        assert_eq!((report.approved(), report.errored()), (1, 0), "{report}");
        let text = format!("{report} {report:?} {}", serde_json::to_string(&report).unwrap());
        assert!(!text.contains("hunter2"), "{text}");
    }
    let stored = sandbox.get("requests", ORDER).unwrap()["asset"]["params"][3]["value"].clone();
    assert_eq!(stored, "hunter2-new");
}

/// Each type that can hold a secret, as text in every way it can be printed.
#[test]
fn every_type_that_holds_a_secret_or_a_signature_hides_it() {
    use connect::models::{
        Activation, Asset, Hub, Param, ProductConfigurationParameter, Request, Secret, SignedUrl, TierConfig,
        TierConfigRequest, UsageFile, User,
    };
    fn read<T: serde::de::DeserializeOwned>(json: serde_json::Value) -> T {
        serde_json::from_value(json).unwrap()
    }
    let hidden = "hunter2-hunter2";
    let link = format!("https://user:{hidden}@s.example/x?sig={hidden}#{hidden}");
    let signed: SignedUrl = link.clone().into();
    assert_eq!(signed.as_str(), link);
    let password =
        || json!({"id": "pw", "type": "password", "value": hidden, "structured_value": {"a": hidden}});
    let unknown = || json!({"id": "pw", "value": hidden});
    let params = || json!([password(), unknown()]);
    let asset: Asset = read(json!({"id": "AS-1", "params": params(), "configuration": {"params": params()}}));
    let request: Request = read(
        json!({"id": "PR-1", "status": "pending", "activation_key": hidden, "asset": {"params": params()}}),
    );
    let config = Config::new("https://api.example.com", format!("SU-1:{hidden}")).unwrap();
    let connect = Connect::new(config.clone()).unwrap();
    let update = || ParamUpdate::value("pw", hidden);
    let plan = fulfillment::plan(&request, Ok(Approval::tile(hidden).with_params([update()]))).unwrap();
    let inquiry = Action::inquire([update()]);
    let printed = [
        format!("{signed} {signed:?}"),
        debug(&read::<Secret>(json!(hidden))),
        debug(&read::<Param>(password())),
        debug(&read::<Param>(unknown())),
        debug(&read::<ProductConfigurationParameter>(
            json!({"value": hidden, "parameter": {"type": "password"}}),
        )),
        debug(&read::<Activation>(json!({"link": link, "code": hidden}))),
        debug(&read::<User>(json!({"id": "UR-1", "activation_code": hidden}))),
        debug(&read::<Hub>(json!({"id": "HB-1", "creds": {"oauth_key": hidden, "oauth_secret": hidden}}))),
        debug(&read::<UsageFile>(json!({"id": "UF-1", "usage_file_uri": link, "upload_file_uri": link,
            "processed_file_uri": link, "reconciliation_file_uri": link}))),
        debug(&read::<TierConfig>(json!({"id": "TC-1", "params": params()}))),
        debug(&read::<TierConfigRequest>(
            json!({"id": "TCR-1", "params": params(), "activation": {"link": link}}),
        )),
        debug(&asset),
        debug(&request),
        debug(&update()),
        debug(&Approval::tile(hidden)),
        debug(&inquiry),
        format!("{plan} {}", debug(&plan)),
        format!("{} {}", plan.calls[0], debug(&plan.calls[0])),
        debug(&config),
        debug(&connect),
    ];
    for text in printed {
        assert!(!text.contains(hidden), "{text}");
    }
}

#[test]
fn what_the_platform_echoes_of_passwords_and_signed_links_is_hidden() {
    let secrets: Vec<String> = (0..20).map(|n| format!("hunter{n:02}-secret")).collect();
    let sandbox = one_order();
    let held = secrets[..10]
        .iter()
        .enumerate()
        .map(|(n, secret)| json!({"id": format!("pw{n}"), "type": "password", "value": secret}));
    let to_come = (0..10).map(|n| json!({"id": format!("new{n}"), "type": "password", "value": null}));
    let held: Vec<_> = held.chain(to_come).collect();
    sandbox.update("requests", ORDER, |order| order["asset"]["params"] = held.into()).unwrap();
    let echo =
        secrets.iter().map(|secret| format!("bad value {secret}, see https://s.example/x?sig={secret}"));
    let echo =
        json!({"error_code": "VAL_1", "errors": echo.collect::<Vec<_>>(), "params": {"seen": secrets}});
    let sent =
        secrets[10..].iter().enumerate().map(|(n, secret)| ParamUpdate::value(format!("new{n}"), secret));
    let sent: Vec<_> = sent.collect();
    for (method, path) in [("PUT", "/requests/*"), ("POST", "/requests/*/approve")] {
        sandbox.clear_faults();
        sandbox.fault(Fault::on(method, path).status(400).body(&echo.to_string()).always());
        let report = one_try(&sandbox)
            .process_fulfillments(|_| Ok(Approval::template("TL-1").with_params(sent.clone())))
            .unwrap();
        assert_eq!(report.errored(), 1, "{report}");
        let outcome = &report.outcomes()[0];
        let error = outcome.error.as_ref().unwrap();
        let json = serde_json::to_string(&report).unwrap();
        let text = format!("{report} {report:?} {json} {outcome} {error} {error:?} {}", told(error));
        for secret in &secrets {
            assert!(!text.contains(secret.as_str()), "{secret} after {method}: {text}");
        }
        assert!(text.contains("bad value ***"), "{text}");
    }
}
