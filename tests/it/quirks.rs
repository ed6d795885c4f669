//! Orders with all the quirks of the platform's data are orders like any other.

use connect::models::{Quantity, Request, RequestKind, RequestStatus};
use connect::sandbox::{Sandbox, sample};
use connect::{Action, Approval, Options};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::macros::datetime;

use crate::support::{ORDER, one_order, one_try, status};

/// Hands the one order to `look`, approves it, and expects that to be all.
fn approve(change: impl Fn(&mut Value), look: impl Fn(&Request)) {
    let sandbox = one_order();
    sandbox.update("requests", ORDER, change).unwrap();
    let mut seen = 0;
    let report = one_try(&sandbox)
        .process_fulfillments(|request| {
            seen += 1;
            look(request);
            Ok(Approval::template("TL-1"))
        })
        .unwrap();
    assert_eq!((seen, report.approved(), report.errored()), (1, 1, 0), "{report}");
    assert_eq!(status(&sandbox, ORDER), "approved");
}

#[test]
fn null_and_missing_lists_are_empty() {
    let lists: [fn(&mut Value); 2] = [
        |order| {
            for key in ["params", "items", "tiers", "configuration", "connection"] {
                order["asset"][key] = Value::Null;
            }
            for key in ["marketplace", "contract", "assignee", "note", "events"] {
                order[key] = Value::Null;
            }
        },
        |order| {
            let id = order["asset"]["id"].take();
            let product = order["asset"]["product"].take();
            *order = json!({"id": ORDER, "status": "pending", "created": order["created"],
                "asset": {"id": id, "product": product}});
        },
    ];
    for change in lists {
        approve(change, |request| {
            assert!(request.asset.items.is_empty() && request.asset.params.is_empty());
            assert_eq!(request.param("email"), None);
            assert_eq!((request.new_items().count(), request.changed_items().count()), (0, 0));
            assert!(!request.needs_migration());
        });
    }
}

#[test]
fn numeric_external_ids_are_text() {
    approve(
        |order| {
            order["asset"]["external_id"] = 883_104.into();
            order["asset"]["tiers"]["customer"]["external_id"] = 70_512.into();
        },
        |request| {
            assert_eq!(request.asset.external_id.as_deref(), Some("883104"));
            let customer = &request.asset.tiers.customer;
            assert_eq!(customer.external_id.as_deref(), Some("70512"));
        },
    );
}

#[test]
fn quantities_come_in_every_form() {
    approve(
        |order| {
            let forms = [json!("unlimited"), json!("5"), json!(5), json!(50.0), json!("5.5"), Value::Null];
            let items = forms.into_iter().enumerate().map(|(number, quantity)| {
                let mut item = sample::item(u32::try_from(number).unwrap(), 0, 0);
                item["quantity"] = quantity;
                item
            });
            order["asset"]["items"] = items.collect();
        },
        |request| {
            let quantities: Vec<_> = request
                .asset
                .items
                .iter()
                .map(|item| item.quantity.as_ref().map(Quantity::to_string))
                .collect();
            assert_eq!(
                quantities,
                [Some("unlimited"), Some("5"), Some("5"), Some("50"), Some("5.5"), None]
                    .map(|text| text.map(str::to_owned))
            );
            assert!(request.asset.items[0].quantity.as_ref().unwrap().is_unlimited());
            assert_eq!(request.new_items().count(), 5);
        },
    );
}

#[test]
fn dates_come_in_every_form() {
    let forms = [
        ("2018-09-03T10:28:18.472670+00:00", Some(datetime!(2018-09-03 10:28:18.472_670 UTC))),
        ("2018-11-21T11:10:29+00:00", Some(datetime!(2018-11-21 11:10:29 UTC))),
        ("2019-02-25T11:54:31.718020Z", Some(datetime!(2019-02-25 11:54:31.718_020 UTC))),
        ("2019-03-07T17:36:11Z", Some(datetime!(2019-03-07 17:36:11 UTC))),
        ("2019-03-18 08:33:51.459015+00:00", Some(datetime!(2019-03-18 08:33:51.459_015 UTC))),
        ("2019-03-19T08:33:51+02:00", Some(datetime!(2019-03-19 06:33:51 UTC))),
        ("2019-03-20 00:00:00", Some(datetime!(2019-03-20 0:00 UTC))),
        ("2019-03-21", Some(datetime!(2019-03-21 0:00 UTC))),
        ("", None),
    ];
    let sandbox = Sandbox::empty().unwrap();
    sandbox.add_requests(forms.len(), |i, order| {
        order["created"] = forms[i].0.into();
        order["effective_date"] = forms[i].0.into();
        order["asset"]["events"]["created"]["at"] = forms[i].0.into();
    });
    let mut seen: Vec<(Option<OffsetDateTime>, Option<OffsetDateTime>)> = Vec::new();
    let report = one_try(&sandbox)
        .fulfillment()
        .process_with(Options::new().page_size(2), |request| {
            seen.push((request.created, request.effective_date));
            Err(Action::skip())
        })
        .unwrap();
    assert_eq!((report.skipped(), report.errored()), (9, 0), "{report}");
    // The platform sorts what has no date before all others.
    let mut expected: Vec<_> = forms.iter().map(|(_, date)| (*date, *date)).collect();
    expected.rotate_right(1);
    assert_eq!(seen, expected);
}

#[test]
fn unknown_words_and_fields_are_kept_and_passed_over() {
    approve(
        |order| {
            order["type"] = "levitate".into();
            order["asset"]["status"] = "hovering".into();
            order["asset"]["params"][0]["type"] = "hologram".into();
            order["asset"]["params"][0]["from_the_future"] = json!({"deep": [1, null, {"er": true}]});
            order["from_the_future"] = json!([[], {}]);
        },
        |request| {
            assert_eq!(request.kind, RequestKind::from("levitate"));
            assert_eq!(request.kind.as_str(), "levitate");
            assert_eq!(request.asset.status.as_str(), "hovering");
            assert_eq!(request.asset.params[0].kind.as_str(), "hologram");
        },
    );
}

#[test]
fn an_unknown_status_is_handled_where_it_is_asked_for() {
    let sandbox = one_order();
    sandbox.update("requests", ORDER, |order| order["status"] = "revoking".into());
    let report = one_try(&sandbox)
        .fulfillment()
        .process_with(Options::new().statuses(["revoking", "revoked"]), |request| {
            assert_eq!(request.status, RequestStatus::Revoking);
            Err(Action::Confirm)
        })
        .unwrap();
    assert_eq!((report.count(connect::Verdict::Confirmed), report.errored()), (1, 0), "{report}");
}

#[test]
fn values_that_say_nothing_are_none() {
    approve(
        |order| {
            order["asset"]["params"] = json!([
                {"id": "a", "value": null}, {"id": "b"}, {"id": "c", "value": ""}, {"id": "d", "value": "None"},
                {"id": "e", "value": "", "structured_value": {}},
                {"id": "f", "structured_value": {"choice": false}, "value_error": "None"},
            ]);
        },
        |request| {
            for id in ["a", "b", "c", "d", "e"] {
                assert!(!request.param(id).unwrap().has_value(), "{id}");
            }
            let checkbox = request.param("f").unwrap();
            assert!(checkbox.has_value() && checkbox.error().is_none());
        },
    );
}

#[test]
fn the_demo_data_is_handled_like_any_other() {
    let sandbox = Sandbox::builder().quirks().start().unwrap();
    let pending = sandbox.all("requests").into_iter().filter(|order| order["status"] == "pending").count();
    let connect = sandbox.connect().unwrap();
    let mut seen = 0;
    let options = Options::new().page_size(7);
    let report = connect
        .fulfillment()
        .process_with(options, |_| {
            seen += 1;
            Ok(Approval::template(sample::TEMPLATE))
        })
        .unwrap();
    assert!(pending >= 40, "{pending}");
    assert_eq!(report.approved(), seen, "{report}");
    let left = sandbox.all("requests").into_iter().filter(|order| {
        let product = order["asset"]["product"]["id"].as_str().unwrap_or_default().to_owned();
        order["status"] == "pending" && sandbox.products().contains(&product)
    });
    assert_eq!(left.count() as u64, report.errored(), "{report}");
}
