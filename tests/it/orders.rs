//! Single orders: making, reading, changing them, outside of the loop.

use connect::fulfillment::{Assignee, NewItem, NewRequest, Purchase, TierRef};
use connect::models::{ContactInfo, ParamUpdate, RequestStatus};
use connect::rql::Query;
use connect::sandbox::{Sandbox, sample};
use connect::{Error, models::RequestKind};
use serde_json::json;

use crate::support::{calls, client};

const ID: &str = "PR-1000-0000-0001-001";

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.insert("requests", sample::request(ID));
    sandbox.insert("assets", sample::asset("AS-1000-0000-0001"));
    sandbox
}

#[test]
fn a_purchase_sends_all_it_was_given_and_nothing_else() {
    let sandbox = sandbox();
    let mut contact_info = ContactInfo::default();
    contact_info.address_line1 = Some("Calle del Molino 18".into());
    contact_info.city = Some("Zaragoza".into());
    contact_info.country = Some("ES".into());
    let purchase = Purchase {
        product: "PRD-260-714-083".into(),
        connection: "CT-6203-4418-9057".into(),
        external_id: Some("883106".into()),
        external_uid: Some("6f0c1b52-0f5e-4f27-9d0a-3f8f1f3f6a12".into()),
        items: vec![NewItem::new("PRD-260-714-083-0001", 5), NewItem::new("PRD-260-714-083-0002", "2.5")],
        params: vec![ParamUpdate::value("email", "irene.olmedo@example.org")],
        customer: Some(TierRef {
            external_id: Some("70513".into()),
            name: Some("Olmedo Textiles".into()),
            contact_info: Some(contact_info),
            ..TierRef::default()
        }),
        tier1: Some(TierRef::id("TA-8065-3114-0279")),
        marketplace: Some("MP-40817".into()),
        draft: true,
        ..Purchase::default()
    };
    let made = client(&sandbox).fulfillment().create_request(&NewRequest::purchase(purchase)).unwrap();
    assert_eq!((made.kind, made.status), (RequestKind::Purchase, RequestStatus::Draft));
    assert!(made.id.starts_with("PR-"), "{}", made.id);
    let customer = json!({
        "external_id": "70513", "name": "Olmedo Textiles",
        "contact_info": {"address_line1": "Calle del Molino 18", "city": "Zaragoza", "country": "ES"},
    });
    let mut sent = calls(&sandbox);
    // An empty contact is no part of what is compared here.
    sent[0][2]["asset"]["tiers"]["customer"]["contact_info"].as_object_mut().unwrap().remove("contact");
    assert_eq!(
        sent,
        json!([[
            "POST",
            "/requests",
            {
                "type": "purchase", "status": "draft", "marketplace": {"id": "MP-40817"},
                "asset": {
                    "external_id": "883106", "external_uid": "6f0c1b52-0f5e-4f27-9d0a-3f8f1f3f6a12",
                    "product": {"id": "PRD-260-714-083"}, "connection": {"id": "CT-6203-4418-9057"},
                    "items": [
                        {"id": "PRD-260-714-083-0001", "quantity": 5},
                        {"id": "PRD-260-714-083-0002", "quantity": 2.5},
                    ],
                    "params": [{"id": "email", "value": "irene.olmedo@example.org"}],
                    "tiers": {"customer": customer, "tier1": {"id": "TA-8065-3114-0279"}},
                },
            },
        ]])
    );
}

#[test]
fn the_smallest_purchase_has_no_empty_parts() {
    let sandbox = sandbox();
    let purchase = Purchase {
        product: "PRD-260-714-083".into(),
        items: vec![NewItem::new("PRD-260-714-083-0001", 1)],
        ..Purchase::default()
    };
    client(&sandbox).fulfillment().create_request(&NewRequest::purchase(purchase)).unwrap();
    let asset = json!({
        "product": {"id": "PRD-260-714-083"}, "items": [{"id": "PRD-260-714-083-0001", "quantity": 1}],
    });
    assert_eq!(calls(&sandbox), json!([["POST", "/requests", {"type": "purchase", "asset": asset}]]));
}

#[test]
fn orders_about_a_subscription_name_it() {
    let sandbox = sandbox();
    let connect = client(&sandbox);
    let asset = "AS-1000-0000-0001";
    let make = |order| connect.fulfillment().create_request(&order).unwrap().kind;
    let change = NewRequest::change(asset, [NewItem::new("PRD-260-714-083-0001", 30)]);
    assert_eq!(make(change), RequestKind::Change);
    assert_eq!(make(NewRequest::suspend(asset)), RequestKind::Suspend);
    assert_eq!(make(NewRequest::resume(asset)), RequestKind::Resume);
    assert_eq!(make(NewRequest::cancel(asset)), RequestKind::Cancel);
    let items = json!([{"id": "PRD-260-714-083-0001", "quantity": 30}]);
    assert_eq!(
        calls(&sandbox),
        json!([
            ["POST", "/requests", {"type": "change", "asset": {"id": asset, "items": items}}],
            ["POST", "/requests", {"type": "suspend", "asset": {"id": asset}}],
            ["POST", "/requests", {"type": "resume", "asset": {"id": asset}}],
            ["POST", "/requests", {"type": "cancel", "asset": {"id": asset}}],
        ])
    );
}

#[test]
fn a_refused_order_says_what_the_platform_said() {
    let sandbox = sandbox();
    let error = client(&sandbox).fulfillment().create_request(&NewRequest::cancel("AS-0")).unwrap_err();
    assert!(matches!(&error, Error::Api(api) if api.status == 400), "{error}");
    assert!(!error.may_have_happened());
    assert!(error.to_string().starts_with("POST /requests was answered with 400 Bad Request: "), "{error}");
}

#[test]
fn orders_are_read_one_by_one_and_in_lists() {
    let sandbox = sandbox();
    let connect = client(&sandbox);
    let request = connect.fulfillment().request(ID).unwrap().unwrap();
    assert_eq!((request.id.as_str(), &request.status), (ID, &RequestStatus::Pending));
    assert_eq!(connect.fulfillment().request("PR-0").unwrap(), None);
    let query = Query::new().in_("status", ["pending", "inquiring"]).equal("asset.id", "AS-1000-0000-0001");
    let listed = connect.fulfillment().requests(&query).collect::<connect::Result<Vec<_>>>().unwrap();
    assert_eq!(listed, [request]);
    assert_eq!(
        calls(&sandbox),
        json!([
            ["GET", format!("/requests/{ID}")],
            ["GET", "/requests/PR-0"],
            [
                "GET",
                "/requests?in(status,(pending,inquiring))&eq(asset.id,AS-1000-0000-0001)&limit=100&offset=0"
            ],
        ])
    );
}

#[test]
fn an_update_carries_only_what_changes() {
    let sandbox = sandbox();
    let params = [
        ParamUpdate::value("purchase_id", "P-1"),
        ParamUpdate::error("email", "no such domain"),
        ParamUpdate::structured("tenant_id", json!({"checked": true})),
        ParamUpdate::value("tenant_id", ""),
    ];
    let request = client(&sandbox).fulfillment().update_parameters(ID, &params).unwrap();
    assert_eq!(request.param("purchase_id").unwrap().text(), Some("P-1"));
    assert_eq!(request.param("email").unwrap().error(), Some("no such domain"));
    let sent = json!([
        {"id": "purchase_id", "value": "P-1"},
        {"id": "email", "value_error": "no such domain"},
        {"id": "tenant_id", "structured_value": {"checked": true}},
        {"id": "tenant_id", "value": ""},
    ]);
    assert_eq!(calls(&sandbox), json!([["PUT", format!("/requests/{ID}"), {"asset": {"params": sent}}]]));
}

#[test]
fn a_rendered_template_is_text() {
    let sandbox = sandbox();
    sandbox.insert("products/PRD-260-714-083/templates", sample::template("TL-497-535-242"));
    sandbox.update("requests", ID, |request| request["template"] = json!({"id": "TL-497-535-242"}));
    let text = client(&sandbox).fulfillment().render(ID).unwrap();
    assert_eq!(text, "# Vault is ready\n\n* Tenant: **t-00419**\n");
    assert_eq!(calls(&sandbox), json!([["GET", format!("/requests/{ID}/render")]]));
}

#[test]
fn the_verbs_of_an_order_are_one_call_each() {
    let sandbox = sandbox();
    let connect = client(&sandbox);
    let orders = connect.fulfillment();
    orders.assign(ID, Assignee::Id("UR-118-640-275")).unwrap();
    orders.assign(ID, Assignee::Email("greta@example.net")).unwrap();
    orders.unassign(ID).unwrap();
    orders.inquire(ID, None).unwrap();
    orders.pend(ID).unwrap();
    orders.inquire(ID, Some("TL-497-535-243")).unwrap();
    assert_eq!(
        calls(&sandbox),
        json!([
            ["POST", format!("/requests/{ID}/assign"), {"id": "UR-118-640-275"}],
            ["POST", format!("/requests/{ID}/assign"), {"email": "greta@example.net"}],
            ["POST", format!("/requests/{ID}/unassign")],
            ["POST", format!("/requests/{ID}/inquire"), {}],
            ["POST", format!("/requests/{ID}/pend")],
            ["POST", format!("/requests/{ID}/inquire"), {"template_id": "TL-497-535-243"}],
        ])
    );
    assert_eq!(sandbox.get("requests", ID).unwrap()["status"], "inquiring");
}

#[test]
fn an_empty_id_is_refused_before_any_call() {
    let sandbox = sandbox();
    let connect = client(&sandbox);
    assert!(matches!(connect.fulfillment().request(""), Err(Error::Input(_))));
    assert!(matches!(connect.fulfillment().pend(".."), Err(Error::Input(_))));
    assert!(matches!(connect.tier_config().render(""), Err(Error::Input(_))));
    assert!(matches!(connect.usage().file(""), Err(Error::Input(_))));
    assert!(matches!(connect.directory().asset_requests("").next(), Some(Err(Error::Input(_)))));
    assert_eq!(calls(&sandbox), json!([]));
}

#[test]
fn an_id_stays_one_segment_of_the_path() {
    let sandbox = sandbox();
    let connect = client(&sandbox);
    assert_eq!(connect.fulfillment().request("../assets/AS-1?x#y z").unwrap(), None);
    assert_eq!(calls(&sandbox), json!([["GET", "/requests/..%2Fassets%2FAS-1%3Fx%23y%20z"]]));
}
