//! The demo data: lists as on an ordinary day of the platform, and on request with every quirk
//! that is seen in its data.

mod orders;

use std::collections::HashMap;

use serde_json::{Value, json};

use super::sample::{self, OTHERS_PRODUCT, SECOND_PRODUCT};
use super::store::Store;

pub(super) fn demo(store: &mut Store, quirks: bool) {
    // Parsed in a test; there is nothing to fall back to.
    let fixed: HashMap<String, Vec<Value>> =
        serde_json::from_str(include_str!("seed.json")).unwrap_or_default();
    for (collection, values) in fixed {
        for value in values {
            store.insert(&collection, value);
        }
    }
    products(store);
    orders::add(store, quirks);
    tier_configs(store, quirks);
    listings(store, quirks);
    usage_files(store, quirks);
    metered_assets(store);
}

fn products(store: &mut Store) {
    for id in [SECOND_PRODUCT, OTHERS_PRODUCT] {
        store.insert("products", sample::product(id));
    }
    for product in [sample::PRODUCT, SECOND_PRODUCT, OTHERS_PRODUCT] {
        let collection = format!("products/{product}/templates");
        store.insert(&collection, sample::template(sample::TEMPLATE));
        let mut inquire = sample::template("TL-497-535-243");
        inquire["type"] = "inquire".into();
        inquire["name"] = "More information needed".into();
        inquire["body"] = "Please fill in the form.".into();
        store.insert(&collection, inquire);
    }
}

/// Twelve pending requests, every third without the value it requires; and one of each other status.
fn tier_configs(store: &mut Store, quirks: bool) {
    let statuses = ["draft", "tiers_setup", "inquiring", "approved", "failed"];
    for n in 0..17_usize {
        let id = format!("TCR-628-071-{:03}-001", 400 + n);
        let mut request = sample::tier_config_request(&id);
        request["type"] = ["setup", "update", "adjustment"][n % 3].into();
        if let Some(status) = n.checked_sub(12).and_then(|n| statuses.get(n)) {
            request["status"] = (*status).into();
        }
        let value =
            [json!("R-5512"), json!(""), json!("R-5513"), json!("R-5514"), Value::Null, json!("R-5515")];
        request["params"][0]["value"] = value[n % 6].clone();
        request["params"]
            .as_array_mut()
            .into_iter()
            .for_each(|params| params.push(sample::param("note", "text", "")));
        let level = 1 + n % 2;
        request["configuration"]["tier_level"] = level.into();
        if n % 2 == 1 {
            request["configuration"]["product"] = sample::product_reference(SECOND_PRODUCT);
        }
        if n == 11 {
            request["configuration"]["product"] = sample::product_reference(OTHERS_PRODUCT);
        }
        if quirks && n % 4 == 3 {
            // The older form: no events of the request itself, no assignee.
            let Value::Object(fields) = &mut request else {
                continue;
            };
            for key in ["assignee", "sli", "template", "reason", "notes"] {
                fields.remove(key);
            }
        }
        request["events"]["created"]["at"] = format!("2024-03-01T{:02}:00:00+00:00", 7 + n / 2).into();
        let mut config = request["configuration"].clone();
        config["tiers"] = request["tiers"].clone();
        store.insert("tier/config-requests", request);
        store.insert("tier/configs", config);
    }
    store.insert("tier/accounts", sample::tier_account("TA-8065-3114-0279"));
}

fn listings(store: &mut Store, quirks: bool) {
    let reported = "CRD-41560-05399-123";
    let rows = [
        ("LST-771-402-958", sample::PRODUCT, "CRD-10482-77310-26594", "listed"),
        ("LST-771-402-959", sample::PRODUCT, reported, "listed"),
        ("LST-771-402-960", SECOND_PRODUCT, reported, "listed"),
        ("LST-771-402-961", SECOND_PRODUCT, "CRD-10482-77310-26594", "unlisted"),
        ("LST-771-402-962", OTHERS_PRODUCT, reported, "listed"),
    ];
    for (n, (id, product, contract, status)) in rows.into_iter().enumerate() {
        let mut listing = sample::listing(id);
        listing["product"] = sample::product_reference(product);
        listing["contract"]["id"] = contract.into();
        listing["status"] = status.into();
        if quirks && n == 0 {
            // Today's form has no marketplace in the contract.
            listing["contract"].as_object_mut().map(|contract| contract.remove("marketplace"));
            listing["offer"] = json!({"id": null, "name": "", "plans": [], "type": null});
            listing["pricelist"] = json!({"id": "PL-204-881", "name": "Iberia 2024", "status": "active"});
        }
        store.insert("listings", listing);
    }
}

fn usage_files(store: &mut Store, quirks: bool) {
    let statuses = [
        "draft",
        "uploading",
        "uploaded",
        "processing",
        "invalid",
        "ready",
        "pending",
        "accepted",
        "rejected",
        "closed",
        "deleted",
        if quirks { "READY" } else { "ready" },
        "ready",
        "invalid",
        "pending",
    ];
    for (n, status) in statuses.into_iter().enumerate() {
        let mut file = sample::usage_file(&format!("UF-2024-03-4127-{:04}", 8830 + n));
        file["status"] = status.into();
        file["created"] = format!("2024-03-{:02}T06:00:00+00:00", 1 + n).into();
        file["events"]["created"]["at"] = file["created"].clone();
        if n % 2 == 1 {
            file["product"] = sample::product_reference(SECOND_PRODUCT);
        }
        if status == "invalid" {
            file["error_detail"] = "1 of 12 records are invalid: row 7: quantity is not a number".into();
            file["records"] = json!({"valid": 11, "invalid": 1, "closed": 0});
        }
        store.insert("usage/files", file);
    }
    let mut foreign = sample::usage_file("UF-2024-03-4127-8899");
    foreign["product"] = sample::product_reference(OTHERS_PRODUCT);
    store.insert("usage/files", foreign);
}

/// Assets that usage is reported for, as the examples do: found by their parameter `param_b`.
fn metered_assets(store: &mut Store) {
    for (n, product) in [sample::PRODUCT, SECOND_PRODUCT, OTHERS_PRODUCT].into_iter().enumerate() {
        let mut asset = sample::asset(&format!("AS-5000-0000-{:04}", n + 1));
        asset["product"] = sample::product_reference(product);
        asset["params"] = json!([sample::param("param_b", "text", "tenant2")]);
        store.insert("assets", asset);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled() -> Store {
        let mut store = Store::default();
        demo(&mut store, true);
        store
    }

    fn with<'v>(values: &'v [Value], key: &str, value: &str) -> Vec<&'v Value> {
        values.iter().filter(|v| v[key] == value).collect()
    }

    #[test]
    fn there_is_something_of_everything() {
        let store = filled();
        let requests = store.all("requests");
        let own = with(&requests, "status", "pending")
            .into_iter()
            .filter(|r| r["asset"]["product"]["id"] != OTHERS_PRODUCT)
            .count();
        assert!(own >= 40, "{own}");
        for kind in ["purchase", "change", "cancel", "suspend", "resume", "renew", "adjustment", "transfer"] {
            assert!(!with(&requests, "type", kind).is_empty(), "{kind}");
        }
        assert!(with(&store.all("tier/config-requests"), "status", "pending").len() >= 10);
        let listings = store.all("listings");
        assert!(listings.iter().filter(|l| l["contract"]["id"] == "CRD-41560-05399-123").count() >= 2);
        for collection in
            ["assets", "marketplaces", "hubs", "contracts", "tier/accounts", "subscriptions/assets"]
        {
            assert!(store.count(collection) > 0, "{collection}");
        }
        assert!(store.get("products/PRD-904-115-627/templates", sample::TEMPLATE).is_some());
        assert!(with(&store.all("conversations"), "status", "closed").len() >= 2);
    }
}
