//! Orders: one of each kind for each product, some in other states, and on request one of each quirk.

use serde_json::{Value, json};

use crate::sandbox::sample::{self, OTHERS_PRODUCT, SECOND_PRODUCT};
use crate::sandbox::store::Store;

/// What is special about an order, made so from an ordinary purchase.
type Change = fn(&mut Value);

/// The kinds of orders.
const ORDINARY: [Change; 15] = [
    |_| (),
    |r| r["asset"]["items"] = json!([sample::item(1, 0, 100_001), sample::item(2, 0, 3)]),
    |r| r["asset"]["items"][0]["quantity"] = "unlimited".into(),
    |r| r["asset"]["params"][0]["value"] = "".into(),
    |r| remove_param(r, "email"),
    |r| remove_param(r, "purchase_id"),
    |r| {
        add_param(r, sample::param("migration_info", "text", "{\"tenant\":\"old-77\",\"users\":10}"));
    },
    |r| {
        r["type"] = "change".into();
        r["asset"]["items"] = json!([
            sample::item(1, 10, 25),
            sample::item(2, 5, 0),
            sample::item(3, 0, 4),
            sample::item(4, 7, 7)
        ]);
        r["previous_approved_request"] = json!({"id": "PR-3391-7725-0140-001"});
    },
    |r| r["type"] = "cancel".into(),
    |r| r["type"] = "suspend".into(),
    |r| r["type"] = "resume".into(),
    |r| r["type"] = "renew".into(),
    |r| r["type"] = "adjustment".into(),
    |r| r["type"] = "transfer".into(),
    |r| {
        add_param(r, sample::param("admin_password", "password", "demo-secret-do-not-log"));
    },
];

/// What is seen in the data of the platform and breaks clients that are not made for it.
const QUIRKS: [Change; 14] = [
    |r| r["asset"]["params"][0]["value"] = Value::Null,
    |r| r["type"] = "hibernate".into(),
    |r| {
        r["type"] = "suspend".into();
        r["asset"]["items"] = Value::Null;
        r["asset"]["params"] = Value::Null;
        r["asset"]["tiers"] = Value::Null;
        r["asset"]["configuration"] = Value::Null;
    },
    |r| {
        r["asset"]["external_id"] = 883_105.into();
        r["asset"]["tiers"]["customer"]["external_id"] = 70_512.into();
    },
    |r| {
        r["asset"]["status"] = "hibernating".into();
        r["asset"]["connection"]["type"] = "preview".into();
        r["asset"]["params"][2]["type"] = "hologram".into();
        r["asset"]["connection"]["hub"] =
            json!({"id": "HB-0000-0000", "name": "ACME Hub", "instance_id": "8a1d"});
    },
    |r| {
        r["moon_phase"] = json!({"now": "waxing", "next": [1, 2, null]});
        r["asset"]["external_name"] = "".into();
        r["asset"]["params"][0]["colour"] = "green".into();
    },
    |r| {
        r["asset"]["tiers"]["tier2"] = json!({});
        r["asset"]["tiers"]["customer"]["contact_info"]["contact"]["phone_number"] = json!({});
        let phone = json!({"country_code": null, "area_code": null, "phone_number": null, "extension": null});
        r["asset"]["tiers"]["tier1"]["contact_info"]["contact"]["phone_number"] = phone;
    },
    |r| {
        let items = [("NLV_DEC", json!(2.5), json!(0)), ("NLV_STR", json!("12.50"), Value::Null)];
        let item = |(id, quantity, old): (&str, Value, Value)| json!({"id": id, "mpn": id, "old_quantity": old, "quantity": quantity, "params": null});
        r["asset"]["items"] = items.into_iter().map(item).collect();
        r["asset"]["items"][1]["renewal"] = json!({"from": "2024-04-01T00:00:00Z", "to": "2024-05-01T00:00:00Z", "period_delta": 1, "period_uom": "month"});
    },
    |r| {
        r["assignee"] = json!({"id": "UR-118-640-275", "email": "greta@example.net"});
        r["note"] = Value::Null;
        r["reason"] = Value::Null;
        r["previous_approved_request"] = "".into();
        r["effective_date"] = "".into();
        r["planned_date"] = "".into();
        r["params_form_url"] = Value::Null;
    },
    |r| {
        let mut site = sample::param("site", "address", "");
        site["structured_value"] =
            json!({"address_line1": "Calle del Molino 18", "city": "Zaragoza", "country": "ES"});
        let mut options = sample::param("options", "checkbox", "");
        options["value"] = Value::Null;
        options["structured_value"] = json!({"backup": true, "archive": false});
        let mut phone = sample::param("PM-1180-0002 #AUTOGEN", "phone", "+34600111222");
        phone["structured_value"] =
            json!({"country_code": "34", "area_code": "", "phone_number": "600111222"});
        for param in [site, options, phone] {
            add_param(r, param);
        }
    },
    |r| {
        let mut feeling = sample::param("feeling", "dropdown", "good");
        feeling["value_error"] = "None".into();
        feeling["constraints"] = Value::Null;
        feeling["scope"] = Value::Null;
        feeling["value_choices"] = json!([{"label": "Really good", "value": "reallygood"}, "good"]);
        add_param(r, feeling);
        r["asset"]["params"][0]["value_choices"] = Value::Null;
    },
    |r| r["updated"] = "2024-03-05 16:40:02.008114+00:00".into(),
    |r| r["updated"] = "2024-03-05T16:40:02Z".into(),
    |r| {
        r["updated"] = "2024-03-05T16:40:02.008114Z".into();
        r["asset"]["items"][0]["params"] = json!([{
            "id": "plan_id", "type": "checkbox", "scope": "item", "structured_value": {"checked": true},
            "constraints": {"hidden": false, "required": false, "unique": false},
        }]);
    },
];

fn remove_param(request: &mut Value, id: &str) {
    if let Value::Array(params) = &mut request["asset"]["params"] {
        params.retain(|param| param["id"] != id);
    }
}

fn add_param(request: &mut Value, param: Value) {
    if let Value::Array(params) = &mut request["asset"]["params"] {
        params.push(param);
    }
}

pub(super) fn add(store: &mut Store, quirks: bool) {
    let mut number = 0;
    for change in ORDINARY.iter().chain(QUIRKS.iter().filter(|_| quirks)) {
        for product in [sample::PRODUCT, SECOND_PRODUCT] {
            number += 1;
            let mut request = order(number, product);
            change(&mut request);
            put(store, number, request, quirks);
        }
    }
    for product in [OTHERS_PRODUCT; 3] {
        number += 1;
        put(store, number, order(number, product), quirks);
    }
    for status in [
        "inquiring",
        "inquiring",
        "approved",
        "approved",
        "approved",
        "failed",
        "draft",
        "tiers_setup",
        "scheduled",
        "revoking",
        "revoked",
    ] {
        number += 1;
        let mut request = order(number, sample::PRODUCT);
        request["status"] = status.into();
        if status == "approved" {
            request["template"] = json!({"id": sample::TEMPLATE, "name": "Default activation"});
            request["activation_key"] = "# Vault is ready\n\n* Tenant: **t-00419**\n".into();
            request["asset"]["status"] = "active".into();
        }
        put(store, number, request, quirks);
    }
}

/// A purchase; eight in a row have the very same moment of creation.
fn order(number: usize, product: &str) -> Value {
    let mut request = sample::request(&format!("PR-4{:03}-7725-{:04}-001", number, number * 37 % 10_000));
    request["asset"]["product"] = sample::product_reference(product);
    let minute = if (16..24).contains(&number) { 16 } else { number } * 7;
    let (hour, minute) = (9 + minute / 60, minute % 60);
    let created = match number % 3 {
        0 => format!("2024-03-04T{hour:02}:{minute:02}:44.317205+00:00"),
        1 => format!("2024-03-04T{hour:02}:{minute:02}:44+00:00"),
        _ => format!("2024-03-04T{hour:02}:{minute:02}:44Z"),
    };
    request["created"] = created.into();
    request
}

/// Stores an order, its asset, and for two of three its conversation.
fn put(store: &mut Store, number: usize, request: Value, quirks: bool) {
    let id = request["id"].as_str().unwrap_or_default().to_owned();
    let pending = request["status"] == "pending";
    store.insert("assets", request["asset"].clone());
    store.insert("requests", request);
    if number.is_multiple_of(3) {
        return;
    }
    let mut conversation = sample::conversation_for(&id);
    // A message to a closed one is refused, by which older clients end.
    if number.is_multiple_of(7) && (quirks || !pending) {
        conversation["status"] = "closed".into();
    }
    let conversation_id = conversation["id"].as_str().unwrap_or_default().to_owned();
    store.insert("conversations", conversation);
    let created = "2024-03-04T10:01:00+00:00";
    let message = json!({
        "id": conversation_id.replacen("CO-", "ME-", 1) + "-001", "conversation": conversation_id,
        "account": sample::provider(), "created": created, "text": "Request created.", "type": "state_change",
        "events": {"created": {"at": created}, "updated": {"at": created}},
    });
    store.insert(&format!("conversations/{conversation_id}/messages"), message);
}
