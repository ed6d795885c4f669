//! Which verb an update is sent with, where a server or a gateway refuses PATCH.

use connect::models::ParamUpdate;
use connect::sandbox::Fault;
use connect::{Approval, Config, Connect, Error, UpdateMethod};
use serde_json::{Value, json};

use crate::support::{ORDER as ID, TEMPLATE, answer, client, impatient, one_order, routes, sequence};

const ORDER: &str = r#"{"id":"PR-1","status":"pending"}"#;

/// The verbs of two updates against a server of these statuses, and how the updates ended.
fn two_updates(method: UpdateMethod, statuses: &[u16]) -> (Vec<String>, Vec<Result<Value, u16>>) {
    let answers = statuses.iter().map(|status| answer(*status, "", if *status < 300 { ORDER } else { "" }));
    let (address, lines) = sequence(answers.collect());
    let config = Config::new(format!("http://{address}/public/v1"), "SU-1:key").unwrap();
    let connect = Connect::new(impatient(config).attempts(1).update_method(method)).unwrap();
    let ended = (0..2).map(|_| {
        connect
            .update::<Value>("/requests/PR-1", &json!({"note": "x"}))
            .map_err(|error| error.status().unwrap())
    });
    let ended = ended.collect();
    let verbs = lines.lock().unwrap().iter().map(|line| line.split(' ').next().unwrap().to_owned()).collect();
    (verbs, ended)
}

#[test]
fn what_a_gateway_says_to_the_first_patch_is_tried_with_put_and_put_stays() {
    for status in [400, 403, 404, 405, 415, 500, 501] {
        let (verbs, ended) = two_updates(UpdateMethod::Auto, &[status, 200, 200]);
        assert_eq!(verbs, ["PATCH", "PUT", "PUT"], "{status}");
        assert!(ended.iter().all(Result::is_ok), "{status}: {ended:?}");
    }
}

#[test]
fn what_says_nothing_of_the_verb_is_the_end_of_the_update() {
    for status in [401, 402, 406, 409, 410, 413, 422, 429, 502, 503, 504] {
        let (verbs, ended) = two_updates(UpdateMethod::Auto, &[status, 200, 200]);
        assert_eq!(verbs, ["PATCH", "PATCH"], "{status}");
        assert_eq!(ended[0], Err(status));
        assert!(ended[1].is_ok());
    }
}

#[test]
fn only_the_first_patch_is_doubted() {
    for status in [400, 403, 404, 415, 500] {
        // PATCH worked once.
        let (verbs, ended) = two_updates(UpdateMethod::Auto, &[200, status]);
        assert_eq!(
            (verbs.as_slice(), ended[1].clone()),
            (&["PATCH".to_owned(), "PATCH".to_owned()][..], Err(status))
        );
        // Neither verb worked: the answer is about the update and not about the verb.
        let (verbs, ended) = two_updates(UpdateMethod::Auto, &[status, status, 200]);
        assert_eq!(verbs, ["PATCH", "PUT", "PATCH"], "{status}");
        assert_eq!(ended[0], Err(status));
        assert!(ended[1].is_ok(), "{status}");
    }
}

#[test]
fn the_refusal_of_the_verb_that_the_server_takes_is_told() {
    for (statuses, told) in
        [([403, 405], 403), ([400, 501], 400), ([403, 422], 422), ([404, 404], 404), ([405, 405], 405)]
    {
        let (verbs, ended) = two_updates(UpdateMethod::Auto, &[statuses[0], statuses[1], 200]);
        assert_eq!(
            (&verbs[..2], &ended[0]),
            (&["PATCH".to_owned(), "PUT".to_owned()][..], &Err(told)),
            "{statuses:?}"
        );
    }
}

#[test]
fn a_pinned_verb_is_not_changed() {
    for (method, verb) in [(UpdateMethod::Patch, "PATCH"), (UpdateMethod::Put, "PUT")] {
        for status in [400, 403, 404, 405, 415, 500, 501] {
            let (verbs, ended) = two_updates(method, &[status]);
            assert_eq!((verbs, ended), (vec![verb.to_owned(); 2], vec![Err(status); 2]));
        }
    }
}

#[test]
fn stored_parameters_are_read_again_where_the_answer_is_empty() {
    let empty = answer(200, "Content-Encoding: gzip\r\n", "");
    let (address, lines) = sequence(vec![empty.clone(), answer(200, "", ORDER), empty, answer(404, "", "")]);
    let config = Config::new(format!("http://{address}/public/v1"), "SU-1:key").unwrap();
    let connect = Connect::new(impatient(config).update_method(UpdateMethod::Put)).unwrap();
    let values = [ParamUpdate::value("a", "1")];
    assert_eq!(connect.fulfillment().update_parameters("PR-1", &values).unwrap().id, "PR-1");
    let error = connect.tier_config().update_parameters("TCR-1", &values).unwrap_err();
    assert!(matches!(error, Error::Api(_)));
    assert!(error.to_string().ends_with("; the update itself was carried out"), "{error}");
    let expected = ["PUT", "GET", "PUT", "GET"];
    assert!(lines.lock().unwrap().iter().map(|line| line.split(' ').next().unwrap()).eq(expected));
}

#[test]
fn an_update_is_believed_by_any_part_of_its_object_and_looked_up_otherwise() {
    for (answer, believed) in [
        (json!({"id": ID}), true),
        (json!({"id": ID, "status": "PENDING"}), true),
        (json!({"params": []}), true),
        (json!({"asset": {"id": "AS-1"}}), true),
        (json!({"configuration": {}}), true),
        (json!({"detail": "ok"}), false),
        (json!({"status": "pending"}), false),
        (json!({"id": "PR-9"}), false),
        (json!({"id": "PR-9", "params": []}), false),
        (json!({"id": ID, "status": "failed"}), false),
    ] {
        let sandbox = one_order();
        let stored = Fault::on("PUT", "/requests/*").status(200).body(&answer.to_string());
        sandbox.fault(stored.after_effect());
        let approval = || Approval::template(TEMPLATE).with_params([ParamUpdate::value("tenant_id", "t-1")]);
        let report = client(&sandbox).process_fulfillments(|_| Ok(approval())).unwrap();
        assert_eq!(report.approved(), 1, "{answer}: {report}");
        let looks =
            routes(&sandbox).iter().filter(|call| **call == format!("GET /requests/{ID} 200")).count();
        assert_eq!(looks == 0, believed, "{answer}");
    }
}
