//! Objects in the shapes of the platform, to build test data from.
//!
//! Each function returns plain JSON: change what matters to a test and [insert](super::Sandbox::insert) it.
//!
//! ```
//! use connect::sandbox::sample;
//!
//! let mut order = sample::request("PR-1000-0000-0001-001");
//! order["type"] = "cancel".into();
//! assert_eq!(order["asset"]["id"], "AS-1000-0000-0001");
//! ```

use serde_json::{Value, json};

/// Product of all samples.
pub const PRODUCT: &str = "PRD-260-714-083";

/// An activation template of [`PRODUCT`] in the demo data.
pub const TEMPLATE: &str = "TL-497-535-242";

/// Second product of the demo data that a processor is meant to handle.
pub(super) const SECOND_PRODUCT: &str = "PRD-904-115-627";

/// A product of another processor, whose orders are to be left alone.
pub(super) const OTHERS_PRODUCT: &str = "PRD-511-020-468";

/// The provider: the company that sells.
pub(super) fn provider() -> Value {
    json!({"id": "PA-552-081", "name": "Meridian Cloud Distribution"})
}

/// The vendor: the company that makes the product, and whose API key the sandbox accepts.
pub(super) fn vendor() -> Value {
    json!({"id": "VA-317-204", "name": "Northlight Software"})
}

pub(super) fn service_user() -> Value {
    json!({"id": "SU-730-219-846", "name": "vault-automation"})
}

fn person() -> Value {
    json!({"id": "UR-118-640-275", "name": "Greta Lindqvist"})
}

pub(super) fn marketplace() -> Value {
    json!({"id": "MP-40817", "name": "Meridian Iberia", "icon": "/media/PA-552-081/marketplaces/MP-40817/icon.png"})
}

fn contract() -> Value {
    json!({"id": "CRD-10482-77310-26594", "name": "Meridian Iberia Distribution Contract"})
}

fn connection() -> Value {
    json!({
        "id": "CT-6203-4418-9057", "type": "production", "provider": provider(), "vendor": vendor(),
        "hub": {"id": "HB-7741-2093", "name": "Meridian Commerce West"},
    })
}

/// A product as other objects refer to it.
pub(super) fn product_reference(id: &str) -> Value {
    let name = match id {
        PRODUCT => "Northlight Vault",
        SECOND_PRODUCT => "Northlight Relay",
        _ => "Product",
    };
    let icon = format!("/media/VA-317-204/{id}/media/{id}-logo.png");
    json!({"id": id, "icon": icon, "name": name, "status": "published"})
}

fn customer() -> Value {
    json!({
        "id": "TA-4410-2257-9386", "external_id": "70512", "external_uid": "6f0c1b52-0f5e-4f27-9d0a-3f8f1f3f6a11",
        "name": "Olmedo Textiles", "tax_id": "B84120973",
        "contact_info": {
            "address_line1": "Calle del Molino 18", "address_line2": "", "city": "Zaragoza", "state": "Aragón",
            "postal_code": "50003", "country": "ES",
            "contact": {
                "first_name": "Irene", "last_name": "Olmedo", "email": "irene.olmedo@example.org",
                "phone_number": {"country_code": "+34", "area_code": "91", "phone_number": "5550142", "extension": ""},
            },
        },
    })
}

fn reseller() -> Value {
    json!({
        "id": "TA-8065-3114-0279", "external_id": "1044", "external_uid": "b8b0b1de-6a39-4c0e-8d0c-0d3c0b9a4e72",
        "name": "Puente Sistemas", "tax_id": "",
        "contact_info": {
            "address_line1": "Avenida Norte 7", "address_line2": "Planta 3", "city": "Madrid", "state": "Madrid",
            "postal_code": "28020", "country": "ES",
            "contact": {
                "first_name": "Raúl", "last_name": "Sanz", "email": "raul.sanz@example.com",
                "phone_number": {"country_code": "+34", "area_code": "91", "phone_number": "5550199", "extension": ""},
            },
        },
    })
}

/// A parameter of a request, with an empty error and no choices.
pub fn param(id: &str, kind: &str, value: &str) -> Value {
    json!({
        "id": id, "name": id, "title": id, "description": "", "type": kind, "value": value, "value_error": "",
        "value_choices": [], "scope": "asset", "phase": "ordering",
        "constraints": {"required": false, "hidden": false, "readonly": false, "unique": false},
    })
}

/// An item of a request: a new one if `old` is 0.
pub fn item(number: u32, old: u32, new: u32) -> Value {
    json!({
        "id": format!("PRD_260_714_083_{number:04}"), "global_id": format!("{PRODUCT}-{number:04}"),
        "mpn": format!("NLV-{number:04}-M"), "old_quantity": old.to_string(), "quantity": new.to_string(),
        "type": "Licenses", "display_name": format!("Vault {number}"), "period": "Monthly",
        "item_type": "Reservation",
    })
}

/// An active asset of [`PRODUCT`] with the parameters `email`, `purchase_id` and `tenant_id`.
pub fn asset(id: &str) -> Value {
    json!({
        "id": id, "status": "active", "external_id": "883104", "external_uid": format!("2d0f7d5a-{id}"),
        "product": product_reference(PRODUCT), "connection": connection(),
        "events": {
            "created": {"at": "2024-03-04T09:12:44+00:00"}, "updated": {"at": "2024-03-05T16:40:02+00:00"},
        },
        "items": [item(1, 0, 25)],
        "params": [
            param("email", "email", "irene.olmedo@example.org"),
            param("purchase_id", "text", ""),
            param("tenant_id", "text", "t-00419"),
        ],
        "tiers": {"customer": customer(), "tier1": reseller()},
        "marketplace": marketplace(), "contract": contract(), "configuration": {"params": []},
    })
}

/// A pending purchase of [`PRODUCT`], for the asset that the id names: `PR-1-2-3-001` is about `AS-1-2-3`.
pub fn request(id: &str) -> Value {
    let digits = id.trim_start_matches("PR-");
    let digits =
        digits.rsplit_once('-').filter(|(rest, _)| !rest.is_empty()).map_or(digits, |(rest, _)| rest);
    let mut asset = asset(&format!("AS-{digits}"));
    asset["status"] = "processing".into();
    json!({
        "id": id, "type": "purchase", "note": "", "reason": "", "created": "2024-03-04T09:12:44.317205+00:00",
        "updated": "2024-03-05T16:40:02.008114+00:00", "answered": false, "assignee": "", "activation_key": "",
        "marketplace": marketplace(), "status": "pending", "asset": asset, "contract": contract(),
    })
}

/// An open conversation about the object with this id.
pub fn conversation_for(instance_id: &str) -> Value {
    let digits = instance_id.split_once('-').map_or(instance_id, |(_, digits)| digits);
    json!({
        "id": format!("CO-{digits}"), "instance_id": instance_id,
        "topic": format!("Fulfillment Request <{instance_id}>"), "type": "conversation", "status": "open",
        "events": {
            "created": {"at": "2024-03-04T09:12:44+00:00", "by": person()},
            "updated": {"at": "2024-03-04T09:12:44+00:00", "by": person()},
        },
        "accounts": [vendor(), provider()], "creator": person(), "created": "2024-03-04T09:12:45+00:00",
    })
}

/// A pending request to set up a tier 1 configuration, whose one required parameter `reseller_no` has a value.
pub fn tier_config_request(id: &str) -> Value {
    let digits = id.trim_start_matches("TCR-");
    let digits = digits.rsplit_once('-').map_or(digits, |(rest, _)| rest);
    let mut reseller_no = param("reseller_no", "text", "R-5512");
    reseller_no["scope"] = "tier1".into();
    reseller_no["constraints"]["required"] = true.into();
    json!({
        "id": id, "type": "setup", "status": "pending",
        "configuration": {
            "id": format!("TC-{digits}"), "name": "Configuration of Puente Sistemas", "account": reseller(),
            "product": product_reference(PRODUCT), "tier_level": 1, "connection": connection(),
            "events": {"created": {"at": "2024-03-01T07:00:00+00:00", "by": person()}},
            "params": [reseller_no.clone()], "status": "processing", "configuration": {"params": []},
            "contract": contract(), "marketplace": marketplace(), "open_request": {"id": id},
        },
        "params": [reseller_no], "assignee": person(), "reason": null, "notes": null, "environment": "production",
        "activation": {"link": format!("https://connect.example.com/parameters/{id}")}, "effective_date": null,
        "tiers": {"tier1": reseller(), "tier2": null}, "sli": {"zone": 1, "days": 2},
        "events": {
            "created": {"at": "2024-03-01T07:00:00+00:00"}, "updated": {"at": "2024-03-02T07:00:00+00:00"},
        },
    })
}

/// A listed listing of [`PRODUCT`].
pub fn listing(id: &str) -> Value {
    json!({
        "id": id, "status": "listed",
        "contract": {
            "id": "CRD-10482-77310-26594", "name": "Meridian Iberia Distribution Contract", "type": "distribution",
            "marketplace": marketplace(),
        },
        "product": product_reference(PRODUCT), "created": "2023-12-01T09:00:00+00:00",
        "updated": "2024-01-16T10:30:00+00:00", "vendor": vendor(), "provider": provider(),
    })
}

/// A usage file of [`PRODUCT`] that is ready to be submitted.
pub fn usage_file(id: &str) -> Value {
    json!({
        "id": id, "name": "Vault usage February", "external_id": id.to_lowercase(), "status": "ready",
        "vendor": vendor(), "provider": provider(), "environment": "production", "marketplace": marketplace(),
        "contract": contract(), "product": product_reference(PRODUCT), "error_detail": null, "description": "",
        "acceptance_note": null, "rejection_note": null, "schema": "qt", "currency": "EUR",
        "period": {"from": "2024-02-01", "to": "2024-02-29"},
        "stats": {"uploaded": 12, "validated": 12, "pending": 0, "accepted": 0, "closed": 0, "billed": 0},
        "events": {
            "created": {"at": "2024-03-01T06:00:00.125400+00:00", "by": service_user()},
            "uploaded": {"at": "2024-03-01T06:02:10.557812+00:00", "by": service_user()},
        },
        "sub_status": null, "reconciliation_file_uri": "", "records": {"valid": 12, "invalid": 0, "closed": 0},
    })
}

/// A published product.
pub fn product(id: &str) -> Value {
    let mut product = product_reference(id);
    let rest = json!({
        "external_id": id, "short_description": "Encrypted file vault", "version": 4, "latest": true,
        "published_at": "2024-01-15T11:20:09.481002+00:00", "category": {"id": "CAT-20418", "name": "Storage"},
        "owner": vendor(), "stats": {"versions": 4}, "public": true, "staging": false,
        "configurations": {"suspend_resume_supported": true, "requires_reseller_information": false},
        "purchase_model": "transactable",
        "events": {"created": {"at": "2023-10-02T07:45:31+00:00", "by": person()}},
    });
    if let (Value::Object(product), Value::Object(rest)) = (&mut product, rest) {
        product.extend(rest);
    }
    product
}

/// A fulfillment template of a product, with the value of `tenant_id` in its text.
pub fn template(id: &str) -> Value {
    json!({
        "id": id, "title": "Default activation", "name": "Default activation",
        "body": "# Vault is ready\n\n* Tenant: **{{ tenant_id }}**\n", "scope": "asset", "type": "fulfillment",
        "position": 10_000, "events": {"created": {"at": "2023-10-02T07:46:00+00:00", "by": person()}},
    })
}

/// A reseller as tier account.
pub fn tier_account(id: &str) -> Value {
    let mut account = reseller();
    let rest = json!({
        "id": id, "version": 3, "type": "reseller", "db": "EU", "parent": {}, "owner": provider(),
        "scopes": ["tier1"], "hub": {"id": "HB-7741-2093", "name": "Meridian Commerce West"},
        "events": {"created": {"at": "2024-03-04T09:12:44+00:00", "by": person()}}, "environment": "production",
    });
    if let (Value::Object(account), Value::Object(rest)) = (&mut account, rest) {
        account.extend(rest);
    }
    account
}
