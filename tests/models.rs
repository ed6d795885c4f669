//! The models against bodies of the platform: what is decoded and encoded again must say the same.
//!
//! Reading is lenient, so a misspelt field would go unnoticed; here it fails by its path. Only what the field
//! rules of `connect::models` allow may differ: what says nothing may be gone, and a few words and numbers
//! have one form.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a broken fixture is a failed test")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use connect::models::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Reads a model and writes it again.
type Again = fn(&str) -> serde_json::Result<Value>;

fn again<T: DeserializeOwned + Serialize + PartialEq>(text: &str) -> serde_json::Result<Value> {
    let model: T = serde_json::from_str(text)?;
    let written = serde_json::to_value(&model)?;
    assert!(model == serde_json::from_value(written.clone())?, "what was written reads as something else");
    Ok(written)
}

macro_rules! models {
    ($($file:literal: $model:ty,)+) => {
        &[$(($file, stringify!($model), again::<$model> as Again),)+]
    };
}

const RECORDED: &[(&str, &str, Again)] = models! {
    "account": Account,
    "agreement": Agreement,
    "agreement_old": Agreement,
    "asset": Asset,
    "asset_requests": Vec<AssetRequestItem>,
    "assets_page": Vec<Asset>,
    "billing_request": BillingRequest,
    "billing_request_attributes": Attributes,
    "billing_request_quirks": BillingRequest,
    "category": ProductCategory,
    "contract": Contract,
    "conversation": Conversation,
    "conversation_messages": Vec<Message>,
    "conversation_old": Conversation,
    "conversations": Vec<Conversation>,
    "country": Country,
    "hub": Hub,
    "listing": Listing,
    "listing_old": Listing,
    "listing_request": ListingRequest,
    "listings_page": Vec<Listing>,
    "marketplace": Marketplace,
    "marketplace_old": Marketplace,
    "message_created": Message,
    "product": Product,
    "product_configurations": Vec<ProductConfigurationParameter>,
    "product_items": Vec<Item>,
    "product_parameters": Vec<Param>,
    "product_quirks": Product,
    "products_page": Vec<Product>,
    "request_change": Request,
    "request_created": Request,
    "request_purchase": Request,
    "request_purchase_quirks": Request,
    "requests_page": Vec<Request>,
    "subscription_asset": Subscription,
    "subscription_assets_page": Vec<Subscription>,
    "tcr_approved": TierConfigRequest,
    "template": Template,
    "templates": Vec<Template>,
    "tier_account": TierAccount,
    "tier_account_request": TierAccountRequest,
    "tier_account_requests_page": Vec<TierAccountRequest>,
    "tier_config": TierConfig,
    "tier_config_request": TierConfigRequest,
    "tier_config_requests_page": Vec<TierConfigRequest>,
    "usage_chunk": UsageChunk,
    "usage_file": UsageFile,
    "usage_file_created": UsageFile,
    "usage_file_old": UsageFile,
    "usage_files_page": Vec<UsageFile>,
    "usage_reconciliation": Reconciliation,
    "usage_record": UsageRecordResource,
};

/// Bodies that the SDK sends, and answers that are no models.
const OTHERS: &[&str] = &[
    "billing_request_create",
    "message_create",
    "request_approve_template",
    "request_approve_tile",
    "request_create_cancel",
    "request_create_change",
    "request_create_purchase",
    "request_fail",
    "request_inquire",
    "request_update_params",
    "server_error",
    "server_error_list",
    "server_error_nulls",
    "server_error_other",
    "server_error_params",
    "tcr_approve",
    "tcr_create",
    "tcr_update_params",
    "tier_account_create",
    "tier_account_request_create",
    "tier_account_request_ignore",
    "usage_accept",
    "usage_file_create",
    "usage_reject",
    "usage_template",
];

const FULL: &[(&str, &str, Again)] = models! {
    "account": Account,
    "activation": Activation,
    "agreement": Agreement,
    "agreement_stats": AgreementStats,
    "agreement_version_info": AgreementVersionInfo,
    "anniversary": Anniversary,
    "asset": Asset,
    "asset_request_item": AssetRequestItem,
    "attributes": Attributes,
    "billing": Billing,
    "billing_request": BillingRequest,
    "billing_stat": BillingStat,
    "billing_stats": BillingStats,
    "capabilities": Capabilities,
    "commitment": Commitment,
    "configuration": Configuration,
    "connection": Connection,
    "constraints": Constraints,
    "contact": Contact,
    "contact_info": ContactInfo,
    "contract": Contract,
    "conversation": Conversation,
    "country": Country,
    "customer_ui_settings": CustomerUiSettings,
    "document": Document,
    "download_link": DownloadLink,
    "event": Event,
    "events": Events,
    "ext_id_hub": ExtIdHub,
    "hub": Hub,
    "hub_instance": HubInstance,
    "hub_stats": HubStats,
    "item": Item,
    "last_request": LastRequest,
    "listing": Listing,
    "listing_request": ListingRequest,
    "marketplace": Marketplace,
    "media": Media,
    "message": Message,
    "offer": Offer,
    "param": Param,
    "period": Period,
    "phone_number": PhoneNumber,
    "product": Product,
    "product_action": ProductAction,
    "product_category": ProductCategory,
    "product_configuration": ProductConfiguration,
    "product_configuration_parameter": ProductConfigurationParameter,
    "product_family": ProductFamily,
    "product_stats": ProductStats,
    "product_stats_info": ProductStatsInfo,
    "reconciliation": Reconciliation,
    "renewal": Renewal,
    "request": Request,
    "subscription": Subscription,
    "template": Template,
    "tier_account": TierAccount,
    "tier_account_request": TierAccountRequest,
    "tier_config": TierConfig,
    "tier_config_request": TierConfigRequest,
    "tiers": Tiers,
    "ui": Ui,
    "unit": Unit,
    "usage_aggregate": UsageAggregate,
    "usage_chunk": UsageChunk,
    "usage_file": UsageFile,
    "usage_record_counts": UsageRecordCounts,
    "usage_record_resource": UsageRecordResource,
    "usage_rule": UsageRule,
    "usage_stats": UsageStats,
    "user": User,
    "value_choice": ValueChoice,
};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

fn fixture(name: &str) -> String {
    fs::read_to_string(fixtures().join(format!("{name}.json")))
        .unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The names of the JSON files in a folder.
fn json_files(folder: &Path) -> BTreeSet<String> {
    fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect()
}

/// Whether a value says nothing: null, empty, or made of such.
fn says_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.iter().all(says_nothing),
        Value::Object(members) => members.values().all(says_nothing),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Lists by path what of the original is lost, changed or made up.
fn differences(original: &Value, written: &Value, path: &str, found: &mut Vec<String>) {
    match (original, written) {
        (Value::Object(original), Value::Object(written)) => {
            for (key, value) in original {
                match written.get(key) {
                    Some(again) => differences(value, again, &format!("{path}.{key}"), found),
                    None if says_nothing(value) => {}
                    None => found.push(format!("{path}.{key} is lost: {value}")),
                }
            }
            for key in written.keys().filter(|key| !original.contains_key(*key)) {
                found.push(format!("{path}.{key} is made up"));
            }
        }
        (Value::Array(original), Value::Array(written)) => {
            let original: Vec<_> = original.iter().filter(|value| !value.is_null()).collect();
            if original.len() != written.len() {
                found.push(format!("{path} has {} elements instead of {}", written.len(), original.len()));
            }
            for (index, (one, again)) in original.into_iter().zip(written).enumerate() {
                differences(one, again, &format!("{path}[{index}]"), found);
            }
        }
        _ if original == written => {}
        _ if may_stand_for(original, written, path) => {}
        _ => found.push(format!("{path} was {original} and is {written}")),
    }
}

/// Whether the two differ only in a way that the field rules allow at this place.
fn may_stand_for(original: &Value, written: &Value, path: &str) -> bool {
    let key = path.rsplit('.').next().unwrap_or_default();
    match (original, written) {
        (Value::String(original), Value::String(written)) => {
            same_instant(original, written)
                || (matches!(key, "quantity" | "old_quantity" | "delta") && same_number(original, written))
                || (matches!(key, "item_type" | "period" | "type" | "precision" | "status" | "schema")
                    && original.eq_ignore_ascii_case(written))
                || [("End of Sale", "endofsale"), ("year", "yearly")].contains(&(original, written))
        }
        // A bare id is written as the object that it refers to.
        (Value::String(original), Value::Object(written)) => {
            written.len() == 1 && written["id"] == **original
        }
        (Value::Number(original), Value::String(written)) => {
            key == "external_id" && original.to_string() == *written
        }
        (Value::Number(original), Value::Number(written)) => original.as_f64() == written.as_f64(),
        _ => false,
    }
}

fn same_instant(one: &str, other: &str) -> bool {
    let parse = |text: &str| OffsetDateTime::parse(&text.replacen(' ', "T", 1), &Rfc3339);
    matches!((parse(one), parse(other)), (Ok(one), Ok(other)) if one == other)
}

fn same_number(one: &str, other: &str) -> bool {
    matches!((one.parse::<f64>(), other.parse::<f64>()), (Ok(one), Ok(other)) if (one - other).abs() < f64::EPSILON)
}

/// All that goes wrong with these files in this folder.
fn problems(folder: &str, files: &[(&str, &str, Again)]) -> Vec<String> {
    let mut found = Vec::new();
    for (name, model, again) in files {
        let text = fixture(&format!("{folder}{name}"));
        let original = serde_json::from_str(&text).unwrap();
        match again(&text) {
            Ok(written) => differences(&original, &written, &format!("{name} ({model})"), &mut found),
            Err(error) => found.push(format!("{name} ({model}): {error}")),
        }
    }
    found
}

#[test]
fn no_field_of_a_recorded_body_is_lost() {
    assert_eq!(problems("", RECORDED), Vec::<String>::new());
}

#[test]
fn every_recorded_body_is_tried_or_known_to_be_no_model() {
    let tried: BTreeSet<_> =
        RECORDED.iter().map(|(name, ..)| *name).chain(OTHERS.iter().copied()).map(str::to_owned).collect();
    assert_eq!(json_files(&fixtures()), tried);
}

#[test]
fn no_field_of_a_full_body_is_lost() {
    assert_eq!(problems("full/", FULL), Vec::<String>::new());
    let tried: BTreeSet<_> = FULL.iter().map(|(name, ..)| (*name).to_owned()).collect();
    assert_eq!(json_files(&fixtures().join("full")), tried);
}

/// `model_fields.txt` names every field of every class of the API.
#[test]
fn full_bodies_have_every_field_of_the_platform() {
    let text = fs::read_to_string(fixtures().join("model_fields.txt")).unwrap();
    let mut missing = Vec::new();
    for line in text.lines() {
        let (class, fields) = line.split_once(": ").unwrap();
        let (name, _, again) = FULL.iter().find(|(_, model, _)| *model == class).expect(class);
        let written = again(&fixture(&format!("full/{name}"))).unwrap();
        missing.extend(
            fields
                .split(' ')
                .filter(|field| says_nothing(&written[field]))
                .map(|field| format!("{class}.{field}")),
        );
    }
    assert_eq!(missing, Vec::<String>::new());
    assert!(text.lines().count() > 60);
}

#[test]
fn the_comparison_notices_what_is_lost_changed_or_made_up() {
    let mut found = Vec::new();
    let original = json!({"a": {"b": 1}, "list": [1, null], "note": "", "c": "x"});
    differences(&original, &json!({"a": {}, "list": [2], "c": "y", "d": 1}), "body", &mut found);
    assert_eq!(
        found,
        [
            "body.a.b is lost: 1",
            "body.c was \"x\" and is \"y\"",
            "body.list[0] was 1 and is 2",
            "body.d is made up"
        ]
    );
}

fn read<T: DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}

fn ids<'a>(items: impl Iterator<Item = &'a Item>) -> Vec<&'a str> {
    items.map(|item| item.id.as_str()).collect()
}

#[test]
fn items_are_new_changed_or_removed_by_their_quantities() {
    let request: Request = serde_json::from_str(&fixture("request_change")).unwrap();
    let mpns = |items: Vec<&Item>| items.iter().filter_map(|item| item.global_id.clone()).collect::<Vec<_>>();
    assert_eq!(mpns(request.new_items().collect()), ["PRD-260-714-083-0003"]);
    assert_eq!(mpns(request.changed_items().collect()), ["PRD-260-714-083-0001"]);
    assert_eq!(mpns(request.removed_items().collect()), ["PRD-260-714-083-0002"]);
}

#[test]
fn unlimited_counts_equal_quantities_do_not() {
    let request: Request = read(json!({"asset": {"items": [
        {"id": "new", "old_quantity": "0", "quantity": "unlimited"},
        {"id": "less", "old_quantity": -1, "quantity": 5},
        {"id": "gone", "old_quantity": "unlimited", "quantity": 0},
        {"id": "same", "old_quantity": "3", "quantity": 3.0},
        {"id": "still", "old_quantity": "unlimited", "quantity": -1},
        {"id": "never", "old_quantity": 0, "quantity": 0},
        {"id": "first", "old_quantity": null, "quantity": "1"},
        {"id": "unsaid", "old_quantity": "1"},
        {"id": "odd", "old_quantity": "1", "quantity": "many"},
        {"id": "odd too", "old_quantity": "many", "quantity": "1"}
    ]}}));
    assert_eq!(ids(request.new_items()), ["new", "first"]);
    assert_eq!(ids(request.changed_items()), ["less"]);
    assert_eq!(ids(request.removed_items()), ["gone"]);
}

#[test]
fn a_request_without_items_has_no_changes() {
    for items in [json!({"items": null}), json!({}), json!({"items": [null]})] {
        let request: Request = read(json!({ "asset": items }));
        assert_eq!(
            ids(request.new_items().chain(request.changed_items()).chain(request.removed_items())),
            [""; 0]
        );
    }
}

#[test]
fn migration_is_needed_if_its_parameter_has_a_value() {
    let request: Request = serde_json::from_str(&fixture("request_purchase_quirks")).unwrap();
    assert!(request.needs_migration());
    assert!(request.needs_migration_with("options"), "a structured value is one");
    assert!(!request.needs_migration_with("no_such_param"));
    let empty: Request = read(json!({"asset": {"params": [{"id": "migration_info", "value": ""}]}}));
    assert!(!empty.needs_migration());
}

#[test]
fn parts_are_found_by_their_ids() {
    let asset: Asset = read(json!({
        "items": [{"id": "A", "mpn": "M-A", "global_id": "PRD-1-0001", "params": [{"id": "plan"}]}, {"id": "B"}],
        "params": [{"id": "one"}, {"id": "two", "value": "2"}]
    }));
    assert_eq!(asset.param("two").and_then(Param::text), Some("2"));
    assert_eq!(asset.item("B"), asset.items.get(1));
    assert_eq!(asset.item_by_mpn("M-A"), asset.items.first());
    assert_eq!(asset.item_by_global_id("PRD-1-0001"), asset.items.first());
    assert_eq!(
        asset.item("A").and_then(|item| item.param("plan")).map(|param| param.id.as_str()),
        Some("plan")
    );
    assert_eq!(asset.param("three"), None);
    assert_eq!(asset.item_by_mpn(""), None, "no part number is not an empty one");
}

#[test]
fn marketplace_and_contract_may_stand_in_the_asset() {
    let request: Request = read(
        json!({"asset": {"marketplace": {"id": "MP-1"}, "contract": {"id": "C-1"}}, "contract": {"id": "C-2"}}),
    );
    assert_eq!(request.marketplace().map(|marketplace| marketplace.id.as_str()), Some("MP-1"));
    assert_eq!(request.contract().map(|contract| contract.id.as_str()), Some("C-2"));
}

#[test]
fn a_tier_config_request_knows_its_product() {
    let request: TierConfigRequest = read(json!({"configuration": {"product": {"id": "PRD-1"}}}));
    assert_eq!(request.product_id(), "PRD-1");
    let request: TierConfigRequest = read(json!({"product": {"id": "PRD-2"}}));
    assert_eq!(request.product_id(), "PRD-2");
}

#[test]
fn null_absent_and_empty_are_the_same() {
    let absent = Request::default();
    let fields = "id type status asset created note reason answered assignee marketplace contract \
                  previous_approved_request external_attributes events";
    let nulls: Value = fields.split_whitespace().map(|field| (field.to_owned(), Value::Null)).collect();
    assert_eq!(read::<Request>(nulls), absent);
    assert_eq!(
        read::<Request>(json!({
            "note": "", "type": "", "assignee": "", "effective_date": "", "previous_approved_request": {},
            "asset": {"tiers": {"tier2": {}, "customer": ""}, "items": [], "configuration": {}}
        })),
        absent
    );
    assert_eq!(
        read::<Contact>(json!({"phone_number": {"country_code": null, "area_code": "", "extension": null}})),
        Contact::default()
    );
    assert!(absent.kind.is_unset());
    assert_eq!(serde_json::to_string(&absent).unwrap(), "{}");
}

#[test]
fn an_assignee_is_a_text_or_a_user() {
    let assignee = |value: Value| read::<Request>(json!({ "assignee": value })).assignee;
    assert_eq!(assignee(json!("greta")).as_ref().map(AssignedTo::id), Some("greta"));
    assert_eq!(
        assignee(json!({"id": "UR-1", "email": "g@example.net"})).as_ref().map(AssignedTo::id),
        Some("UR-1")
    );
    assert_eq!(assignee(json!({})), None);
    assert_eq!(assignee(json!("None")), None);
}

#[test]
fn scalars_of_another_kind_are_understood() {
    let constraints: Constraints =
        read(json!({"required": "True", "unique": "False", "max_length": "40", "level": 2}));
    assert_eq!((constraints.required, constraints.unique), (Some(true), Some(false)));
    assert_eq!((constraints.max_length, constraints.level.as_deref()), (Some(40), Some("2")));
    let asset: Asset = read(json!({"id": 17, "external_id": 883_105, "created": 5}));
    assert_eq!((asset.id.as_str(), asset.external_id.as_deref()), ("17", Some("883105")));
}

#[test]
fn a_wrong_structure_is_an_error() {
    for wrong in [
        json!({"asset": {"items": 5}}),
        json!({"asset": {"items": "none"}}),
        json!({"asset": {"items": true}}),
        json!({"asset": ["AS-1", "AS-2"]}),
        json!({"asset": true}),
        json!({"contract": 1.5}),
        json!({"id": {"key": "PR-1"}}),
        json!({"id": ["PR-1", "PR-2"]}),
        json!({"note": ["a", "b"]}),
        json!({"created": {"at": "2024-03-04"}}),
        json!({"asset": {"items": [{"quantity": [5, 6]}]}}),
        json!({"type": {}}),
        json!({"assignee": true}),
        json!({"asset": {"events": "created"}}),
        json!([]),
        json!(null),
    ] {
        serde_json::from_value::<Request>(wrong.clone()).expect_err(&wrong.to_string());
    }
}

#[test]
fn a_wrong_structure_is_told_with_what_may_stand_there() {
    for (wrong, what) in [
        (json!({"asset": true}), "invalid type: boolean `true`, expected an object, its id, or null"),
        (json!({"asset": {"items": 5}}), "invalid type: integer `5`, expected a list or null"),
        (json!({"note": {"a": "b"}}), "invalid type: map, expected a text, a number or null"),
        (json!({"assignee": true}), "boolean `true`, expected an assignee (a text or an object) or null"),
        (json!({"status": ["a", "b"]}), "invalid type: sequence, expected a text (RequestStatus) or null"),
        (json!({"created": {}}), "invalid type: map, expected a date and time or null"),
    ] {
        let error = serde_json::from_value::<Request>(wrong).unwrap_err().to_string();
        assert!(error.contains(what), "{error}");
    }
    let error = serde_json::from_value::<BillingRequest>(json!({"attributes": 5})).unwrap_err().to_string();
    assert!(error.contains("integer `5`, expected an object, a list of objects or null"), "{error}");
}

#[test]
fn free_form_json_is_kept_as_it_is() {
    let text = r#"{"a": [null, 1, -5, 1.5, 18446744073709551615, "", true, {}, []], "b": null, "c": {"d": {"e": "f"}}}"#;
    let param: Param = serde_json::from_str(&format!(r#"{{"structured_value": {text}}}"#)).unwrap();
    assert_eq!(param.structured_value, serde_json::from_str(text).unwrap());
    let twice: Param = serde_json::from_str(r#"{"structured_value": {"a": {"b": 1}, "a": null}}"#).unwrap();
    assert_eq!(twice.structured_value, Some(json!({"a": null})), "the last one of a name counts");
    assert_eq!(read::<Param>(json!({"structured_value": null})).structured_value, None);
}

#[test]
fn a_list_has_no_empty_elements_and_the_last_of_two_counts() {
    let asset: Asset = serde_json::from_str(
        r#"{"items": [{"id": "A"}, null, {}, {"id": "B"}], "params": [{"id": "x"}], "params": [{"id": "y"}]}"#,
    )
    .unwrap();
    assert_eq!(ids(asset.items.iter()), ["A", "B"]);
    assert_eq!(asset.params.iter().map(|param| param.id.as_str()).collect::<Vec<_>>(), ["y"]);
    let dependency: Dependency = read(json!({"values": ["a", null, "", 5]}));
    assert_eq!(dependency.values, ["a", "5"]);
    let constraints: Constraints = read(json!({"choices": ["", {"value": "b", "label": "B"}, {}, null]}));
    assert_eq!(constraints.choices.iter().map(|choice| choice.value.as_str()).collect::<Vec<_>>(), ["", "b"]);
}

#[test]
fn a_nonsensical_scalar_does_not_lose_the_request() {
    let request: Request = read(json!({
        "id": "PR-1", "created": "yesterday", "answered": "perhaps", "type": "barter",
        "asset": {"items": [{"id": "A", "quantity": "1e999999"}]}
    }));
    assert_eq!((request.created, request.answered), (None, None));
    assert_eq!(request.kind, RequestKind::Unknown("barter".to_owned()));
    assert_eq!(String::from(request.kind), "barter");
    assert_eq!(String::from(RequestKind::Purchase), "purchase");
    assert_eq!(
        request.asset.items[0].quantity.as_ref().map(Quantity::to_string).as_deref(),
        Some("1e999999")
    );
}

#[test]
fn enums_keep_unknown_words_and_read_every_spelling() {
    assert_eq!(RequestStatus::from("tiers_setup"), RequestStatus::TiersSetup);
    assert_eq!(RequestStatus::from("Pending").as_str(), "Pending", "no other spelling was ever seen");
    assert_eq!(UsageFileStatus::from("READY"), UsageFileStatus::Ready);
    assert_eq!(ProductStatus::from("End of Sale"), ProductStatus::EndOfSale);
    assert_eq!(ItemPeriod::from("monthly"), ItemPeriod::from("Monthly"));
    assert_eq!(Environment::from("prod"), Environment::Production);
    assert_eq!(UsageSchema::from("QT"), UsageSchema::Qt);
    assert_eq!(format!("{:>8}|{}", RequestStatus::Failed, RequestStatus::default()), "  failed|");
    assert_eq!(serde_json::to_value(RequestStatus::from("parked")).unwrap(), "parked");
    assert_eq!(read::<RequestStatus>(json!(null)), RequestStatus::default());
    assert_eq!(Precision::from("Decimal(4)").decimals(), Some(4));
}

#[test]
fn events_are_found_by_name_even_unknown_ones() {
    let events: Events = serde_json::from_str(
        r#"{
            "pended": {"at": "2024-03-04T09:12:44Z", "by": {"name": "clerk"}},
            "frozen": {"at": "2024-03-05 09:12:44"},
            "closed": {}, "deleted": null
        }"#,
    )
    .unwrap();
    assert_eq!(events.pended().map(OffsetDateTime::unix_timestamp), Some(1_709_543_564));
    assert_eq!(events.at("frozen").map(OffsetDateTime::unix_timestamp), Some(1_709_629_964));
    assert_eq!(events.get("pended").and_then(|event| event.by.as_ref()?.name.as_deref()), Some("clerk"));
    assert_eq!((events.closed(), events.deleted(), events.created()), (None, None, None));
    assert_eq!(events.iter().map(|(name, _)| name).collect::<Vec<_>>(), ["pended", "frozen"]);
    let mut other = Events::default();
    for name in ["frozen", "pended"] {
        other.insert(name, events.get(name).unwrap().clone());
    }
    assert_eq!(other, events, "the order does not count");
}

#[test]
fn a_value_says_something_or_not() {
    let param = |value: Value| read::<Param>(value);
    assert!(param(json!({"value": "x"})).has_value());
    assert!(param(json!({"structured_value": {"checked": false}})).has_value());
    for nothing in
        [json!({}), json!({"value": ""}), json!({"value": "None"}), json!({"structured_value": {}})]
    {
        assert!(!param(nothing).has_value());
    }
    assert!(param(json!({"constraints": {"required": true}})).is_required());
    assert!(!param(json!({"constraints": {"required": false}})).is_required());
    assert!(!param(json!({"constraints": null})).is_required());
    assert_eq!(param(json!({"value_error": "Too long"})).error(), Some("Too long"));
    assert_eq!(param(json!({"value_error": "None"})).error(), None);
}

#[test]
fn an_update_carries_only_what_it_changes() {
    let wire = |update: ParamUpdate| serde_json::to_value(update).unwrap();
    assert_eq!(wire(ParamUpdate::value("a", "1")), json!({"id": "a", "value": "1"}));
    assert_eq!(wire(ParamUpdate::value("a", "")), json!({"id": "a", "value": ""}));
    assert_eq!(wire(ParamUpdate::error("a", "no")), json!({"id": "a", "value_error": "no"}));
    assert_eq!(
        wire(ParamUpdate::structured("a", json!({"checked": true})).with_error("no")),
        json!({"id": "a", "structured_value": {"checked": true}, "value_error": "no"})
    );
    let param: Param = read(json!({
        "id": "a", "name": "A", "type": "text", "value": "1", "value_error": "None", "constraints": {"required": true}
    }));
    assert_eq!(wire(ParamUpdate::from(&param)), json!({"id": "a", "value": "1"}));
}

#[test]
fn debug_shows_no_secret() {
    let request: Request = read(json!({
        "id": "PR-1",
        "asset": {
            "params": [
                {"id": "pin", "type": "password", "value": "hunter2", "default": "hunter2",
                 "structured_value": {"p": "hunter2"}},
                {"id": "seat", "type": "text", "value": "17"}
            ],
            "connection": {"oauth_key": "hunter2", "oauth_secret": "hunter2"}
        },
        "contract": {"activation": {"code": "hunter2"}},
        "assignee": {"activation_code": "hunter2"}
    }));
    let file: UsageFile = read(json!({
        "upload_file_uri": "https://hunter2@storage.example.net/a", "usage_file_uri": "https://s.example.net/in?sig=hunter2",
        "processed_file_uri": "https://s.example.net/out?sig=hunter2",
        "reconciliation_file_uri": "https://s.example.net/rec#hunter2"
    }));
    let configured: ProductConfigurationParameter = read(json!({
        "value": "hunter2", "structured_value": {"p": "hunter2"}, "parameter": {"id": "pin", "type": "password"}
    }));
    let updates =
        [ParamUpdate::value("pin", "hunter2"), ParamUpdate::structured("pin", json!({"p": "hunter2"}))];
    for shown in
        [format!("{request:?}"), format!("{file:#?}"), format!("{updates:?}"), format!("{configured:?}")]
    {
        assert!(!shown.contains("hunter2"), "{shown}");
    }
    assert!(format!("{request:?}").contains("17"));
    assert!(format!("{file:?}").contains("https://s.example.net/in?***"));
    assert_eq!(file.uploaded_file().map(SignedUrl::as_str), Some("https://s.example.net/in?sig=hunter2"));
    assert!(serde_json::to_string(&request).unwrap().contains("hunter2"), "what is written is complete");
}

#[test]
fn debug_leaves_out_what_is_absent() {
    let asset: Asset = read(json!({"id": "AS-1", "status": "active"}));
    assert_eq!(format!("{asset:?}"), r#"Asset { id: "AS-1", status: Active, .. }"#);
}

#[test]
fn a_bound_of_a_period_stays_a_day() {
    let period: Period = read(json!({"from": "2021-02-01", "to": "2021-03-01T00:00:00Z"}));
    let (from, to) = (period.from.unwrap(), period.to.unwrap());
    assert!(from.date_only && !to.date_only);
    assert_eq!(from.at.unix_timestamp(), 1_612_137_600);
    let written = serde_json::to_value(&period).unwrap();
    assert_eq!(written, json!({"from": "2021-02-01", "to": "2021-03-01T00:00:00+00:00"}));
}

#[test]
fn a_part_may_be_one_or_many() {
    let one: BillingRequest = read(json!({"attributes": {"vendor": {"a": 1}}}));
    let many: BillingRequest = read(json!({"attributes": [{"vendor": {"a": 1}}, {"provider": {"b": 2}}]}));
    assert_eq!((one.attributes.len(), many.attributes.len()), (1, 2));
    assert_eq!(one.attributes.first(), many.attributes.first());
    assert_eq!(serde_json::to_value(&many).unwrap()["attributes"][1]["provider"], json!({"b": 2}));
}

#[test]
fn the_answer_to_a_usage_file_may_have_ids_alone() {
    let file: UsageFile =
        read(json!({"id": "UF-1", "vendor": "VA-1", "provider": "PA-1", "marketplace": "MP-1"}));
    assert_eq!(file.vendor.map(|vendor| vendor.id).as_deref(), Some("VA-1"));
    assert_eq!(file.marketplace.map(|marketplace| marketplace.id).as_deref(), Some("MP-1"));
}

#[test]
fn what_refers_to_something_is_an_object_a_bare_id_or_name_or_null() {
    let request: Request = read(json!({
        "asset": {
            "id": "AS-1", "product": "PRD-1", "connection": {"hub": 17, "provider": "Acme Ltd"},
            "tiers": {"customer": "TA-1", "tier1": "None", "tier2": null}, "items": ["SEATS"], "params": "PRM-1-0001"
        },
        "marketplace": "MP-1", "contract": {"id": "CRD-1"}, "template": "TL-1", "previous_approved_request": "PR-0",
        "assignee": 5
    }));
    let asset = &request.asset;
    assert_eq!((asset.product.id.as_str(), asset.tiers.customer.id.as_str()), ("PRD-1", "TA-1"));
    assert_eq!((&asset.tiers.tier1, &asset.tiers.tier2), (&TierAccount::default(), &None));
    assert_eq!(asset.connection.hub.as_ref().map(|hub| hub.id.as_str()), Some("17"));
    let provider = asset.connection.provider.as_ref().unwrap();
    assert_eq!((provider.id.as_str(), provider.name.as_deref()), ("", Some("Acme Ltd")));
    assert_eq!((ids(asset.items.iter()), asset.params.len()), (vec!["SEATS"], 1));
    assert_eq!(request.marketplace().map(|marketplace| marketplace.id.as_str()), Some("MP-1"));
    assert_eq!(request.template.map(|template| template.id).as_deref(), Some("TL-1"));
    assert_eq!(request.previous_approved_request.map(|before| before.id).as_deref(), Some("PR-0"));
    assert_eq!(request.assignee.as_ref().map(AssignedTo::id), Some("5"));

    let record: UsageRecordResource = read(json!({
        "category": {"id": "compute", "name": "Compute"}, "closed_by": {"name": "Greta", "id": "UR-1"},
        "item_id": {"id": "PRD-1-0001"}, "product_id": {"name": "Vault"}, "asset": "AS-1", "usagefile": "UF-1"
    }));
    assert_eq!(record.category.and_then(|category| category.name).as_deref(), Some("Compute"));
    assert_eq!((record.closed_by.as_deref(), record.item_id.as_deref()), (Some("UR-1"), Some("PRD-1-0001")));
    assert_eq!(record.product_id.as_deref(), Some("Vault"), "a name is better than nothing");
    assert_eq!(record.usagefile.map(|file| file.id).as_deref(), Some("UF-1"));
    let bare: UsageRecordResource = read(json!({"category": "compute", "item_id": {}, "closed_by": null}));
    assert_eq!(bare.category.map(|category| category.id).as_deref(), Some("compute"));
    assert_eq!((bare.item_id, bare.closed_by), (None, None));
}

#[test]
fn what_is_one_or_a_list_may_be_either() {
    for (one, many) in [
        (json!({"items": {"id": "A"}}), json!({"items": [{"id": "A"}]})),
        (json!({"params": {"id": "a", "value": "1"}}), json!({"params": [{"id": "a", "value": "1"}]})),
        (json!({"items": {}}), json!({"items": []})),
        (json!({"product": {"id": "PRD-1"}}), json!({"product": [{"id": "PRD-1"}]})),
        (json!({"product": "PRD-1"}), json!({"product": ["PRD-1"]})),
        (json!({"tiers": {}}), json!({"tiers": []})),
        (json!({"params": "PRM-1"}), json!({"params": ["PRM-1"]})),
        (json!({"params": ""}), json!({"params": []})),
        (json!({"external_id": "7"}), json!({"external_id": ["7"]})),
        (json!({"events": {}}), json!({"events": []})),
        (json!({"status": "active"}), json!({"status": ["active"]})),
    ] {
        assert_eq!(read::<Asset>(one.clone()), read::<Asset>(many), "{one}");
    }
    let product = |extensions: Value| read::<Product>(json!({"id": "PRD-1", "extensions": extensions}));
    let (one, two) = (json!({"id": "EXT-1"}), json!([{"id": "EXT-1"}, {"id": "EXT-2"}]));
    assert_eq!((product(one.clone()).extensions.len(), product(two.clone()).extensions.len()), (1, 2));
    for written in [one, two] {
        assert_eq!(serde_json::to_value(product(written.clone())).unwrap()["extensions"], written);
    }
    assert_eq!(product(json!(null)).extensions.len(), 0);
    assert_eq!(read::<Account>(json!({"languages": "en"})).languages, ["en"]);
}

#[test]
fn an_author_may_be_a_text() {
    let by = |by: Value| {
        let file: UsageFile =
            read(json!({"events": {"created": {"by": by, "at": "2018-11-21T11:10:29+00:00"}}}));
        assert!(file.events.created().is_some());
        file.events.get("created").and_then(|event| event.by.clone())
    };
    assert_eq!(by(json!("a@example.com")).and_then(|user| user.email).as_deref(), Some("a@example.com"));
    assert_eq!(by(json!("UR-1")).map(|user| user.id).as_deref(), Some("UR-1"));
    assert_eq!(by(json!("Greta Lindqvist")).and_then(|user| user.name).as_deref(), Some("Greta Lindqvist"));
    assert_eq!(by(json!([{"id": "UR-1"}])).map(|user| user.id).as_deref(), Some("UR-1"));
    for nobody in [json!(null), json!(""), json!("None"), json!({}), json!([])] {
        assert_eq!(by(nobody.clone()), None, "{nobody}");
    }
    let conversation: Conversation = read(json!({"id": "CO-1", "creator": "a@example.com"}));
    assert_eq!(conversation.creator.and_then(|user| user.email).as_deref(), Some("a@example.com"));
}

#[test]
fn what_is_no_event_does_not_lose_the_events() {
    let events: Events = serde_json::from_str(
        r#"{
            "retries": 3, "frozen": true, "note": "text", "tags": ["a", "b"], "empty": [], "deep": [[{}]],
            "thawed": "2024-03-05 09:12:44", "created": {"at": "2024-03-04T09:12:44Z"},
            "moved": [{"at": "2024-03-01T00:00:00Z", "by": "UR-1"}, {"at": "2024-03-02T00:00:00Z"}]
        }"#,
    )
    .unwrap();
    assert_eq!(events.iter().map(|(name, _)| name).collect::<Vec<_>>(), ["thawed", "created", "moved"]);
    assert_eq!(events.at("thawed").map(OffsetDateTime::unix_timestamp), Some(1_709_629_964));
    let moved = events.get("moved").unwrap();
    assert_eq!((moved.at.map(OffsetDateTime::unix_timestamp), &moved.by), (Some(1_709_337_600), &None));
}

#[test]
fn a_text_for_the_tiers_of_a_tier_config_is_none() {
    let config: TierConfig = read(json!({"id": "TC-1", "tiers": "TA-1"}));
    assert_eq!(config.tiers, None);
}

#[test]
fn a_request_stays_small() {
    assert!(size_of::<Request>() <= 2560, "{}", size_of::<Request>());
    assert!(size_of::<Item>() <= 720 && size_of::<Param>() <= 640, "a page holds thousands of these");
}

/// What is wrong with the layout of a model macro's body, which rustfmt does not look into.
fn layout_mistakes(text: &str) -> Vec<String> {
    let mut inside = false;
    let mut mistakes = Vec::new();
    let mut blank = false;
    for (number, line) in text.lines().enumerate() {
        match line {
            "model! {" | "open_enum! {" => inside = true,
            "}" => inside = false,
            _ => {}
        }
        if !inside {
            continue;
        }
        let indent = line.len() - line.trim_start_matches(' ').len();
        let is_field = line.trim_start().starts_with("pub ") && !line.trim_end().ends_with('{');
        let mut mistake = |what: &str| mistakes.push(format!("line {}: {what}", number + 1));
        if indent % 4 != 0 || line.contains('\t') {
            mistake("is not indented by four blanks");
        }
        if line.trim_end() != line {
            mistake("ends in blanks");
        }
        if line.chars().count() > 110 {
            mistake("is wider than 110 characters");
        }
        if is_field && !line.ends_with(',') {
            mistake("ends without a comma");
        }
        if is_field && line.matches("pub ").count() > 1 {
            mistake("holds two fields");
        }
        if blank && line.is_empty() {
            mistake("is a second blank line");
        }
        blank = line.is_empty();
    }
    mistakes
}

#[test]
fn the_models_are_laid_out_where_rustfmt_cannot_see() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/models");
    let mut bodies = 0;
    for file in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if file.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&file).unwrap();
            bodies += text.lines().filter(|line| matches!(*line, "model! {" | "open_enum! {")).count();
            assert_eq!(layout_mistakes(&text), [""; 0], "{}", file.display());
        }
    }
    assert!(bodies > 100, "{bodies}");
}

#[test]
fn each_mistake_of_layout_is_found() {
    for (line, mistake) in [
        ("     pub a: u8,", "is not indented by four blanks"),
        ("        pub a: u8, ", "ends in blanks"),
        ("        pub a: u8", "ends without a comma"),
        ("        pub a: u8, pub b: u8,", "holds two fields"),
        ("\n\n", "is a second blank line"),
        (&format!("        /// {}", "x".repeat(110)), "is wider than 110 characters"),
    ] {
        let text = format!("model! {{\n    pub struct A {{\n{line}\n    }}\n}}\n");
        let found = layout_mistakes(&text);
        assert!(found.iter().any(|found| found.ends_with(mistake)), "{line:?}: {found:?}");
    }
    assert_eq!(layout_mistakes("model! {\n    pub struct A {\n        pub a: u8,\n    }\n}\n"), [""; 0]);
}
