//! The page for people who come from Python has a row for each name of that SDK.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use connect::fulfillment::NewRequest;
use connect::rql::Query;
use connect::sandbox::{self, Sandbox};
use connect::usage::FileAction;
use connect::{Action, Connect, Options, Pages, UpdateMethod};
use serde_json::{Value, json};

const PAGE: &str = include_str!("../src/from_python.rs");
const NAMES: &str = include_str!("fixtures/python_names.txt");

/// Each name in the first cell of a row, with the row's second cell.
fn rows() -> HashMap<&'static str, &'static str> {
    let mut rows = HashMap::new();
    for line in PAGE.lines() {
        let Some(row) = line.strip_prefix("//! | ") else { continue };
        let (names, rest) = row.split_once(" | ").expect("a row has cells");
        let here = rest.split('|').next().unwrap_or_default();
        for name in names.split('`').skip(1).step_by(2) {
            assert!(rows.insert(name, here).is_none(), "{name} has two rows");
        }
    }
    rows
}

/// The fields of every public struct of the sources, by the struct's name.
fn structs() -> HashMap<String, Vec<String>> {
    let mut structs: HashMap<String, Vec<String>> = HashMap::new();
    for path in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        let mut current = None;
        for line in fs::read_to_string(path).unwrap().lines() {
            let line = line.trim_start();
            if let Some(rest) = line.strip_prefix("pub struct ") {
                let name = rest.split(|c: char| !c.is_alphanumeric()).next().unwrap();
                current = Some(name.to_owned());
                structs.entry(name.to_owned()).or_default();
            } else if let (Some(name), Some((field, _))) =
                (&current, line.strip_prefix("pub ").and_then(|rest| rest.split_once(": ")))
            {
                structs.get_mut(name).unwrap().push(field.to_owned());
            }
        }
    }
    structs
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

/// The struct that a cell links to first: the last part of the link's target.
fn linked(cell: &str) -> Option<&str> {
    cell.split_once("](")?.1.split(')').next()?.rsplit("::").next()
}

#[test]
fn every_name_of_the_python_sdk_has_its_row() {
    let (rows, structs) = (rows(), structs());
    let has_place = |name: &str| {
        if rows.contains_key(name) {
            return true;
        }
        // A field without a row of its own has the same name in the struct that its class became.
        let Some((class, field)) = name.split_once('.') else { return false };
        let field = if field == "type" { "kind" } else { field };
        let fields = rows.get(class).and_then(|cell| structs.get(linked(cell)?));
        fields.is_some_and(|fields| fields.iter().any(|own| own == field))
    };
    let missing: Vec<_> = NAMES.lines().filter(|name| !has_place(name)).collect();
    assert!(missing.is_empty(), "without a row: {missing:?}");
}

#[test]
fn the_list_of_names_has_the_51_classes_of_the_documentation_with_their_fields() {
    let names: Vec<_> = NAMES.lines().collect();
    for name in [
        "ValueChoice.label",
        "Asset.get_item_by_global_id",
        "TierConfigRequest.parent_configuration",
        "UsageAutomation.get_usage_template",
        "SubmitUsageFile",
        "Query.lesser_equal",
        "Directory.get_tier_config",
    ] {
        assert!(names.contains(&name), "{name}");
    }
    assert!(names.len() > 400, "{}", names.len());
}

#[test]
fn the_models_without_an_id_are_named() {
    let (rows, structs) = (rows(), structs());
    let has_id = |name: &str| structs.get(name).is_none_or(|fields| fields.iter().any(|field| field == "id"));
    let models = rows.iter().filter(|(name, cell)| !name.contains('.') && cell.contains("crate::models::"));
    let without: BTreeSet<_> =
        models.filter_map(|(_, cell)| linked(cell)).filter(|name| !has_id(name)).collect();
    let (_, rest) = PAGE.split_once("These have no `id`").unwrap();
    let named: BTreeSet<_> = rest.split("\n//!\n").next().unwrap().split('`').skip(1).step_by(2).collect();
    assert_eq!(named, without);
}

/// The links of a row, and the names that it is for.
fn links() -> Vec<(Vec<&'static str>, Vec<&'static str>)> {
    let rows = PAGE.lines().filter_map(|line| line.strip_prefix("//! | ")?.split_once(" | "));
    rows.map(|(names, rest)| {
        let names = names.split('`').skip(1).step_by(2).collect();
        let targets = rest.split("](crate::").skip(1).filter_map(|rest| rest.split(')').next());
        (names, targets.collect())
    })
    .collect()
}

/// A method that makes calls, how it is called, and what it sends.
struct Method(&'static str, fn(&Connect), &'static [&'static str]);

const ID: &str = "PR-1000-0000-0001-001";

fn first<T>(mut pages: Pages<'_, T>)
where
    T: serde::de::DeserializeOwned,
{
    let _ = pages.next();
}

/// Each method that a row names and that makes calls. What it sends is compared with the calls that are made.
const METHODS: &[Method] = &[
    Method(
        "Connect::process_fulfillments",
        |c| drop(c.process_fulfillments(|_| Err(Action::skip()))),
        &["GET /requests"],
    ),
    Method(
        "Connect::process_tier_configs",
        |c| drop(c.process_tier_configs(|_| Err(Action::skip()))),
        &["GET /tier/config-requests"],
    ),
    Method(
        "Connect::process_usage_listings",
        |c| drop(c.process_usage_listings(|_| Ok(None))),
        &["GET /listings"],
    ),
    Method(
        "Connect::process_usage_files",
        |c| drop(c.process_usage_files(|_| Ok(FileAction::skip()))),
        &["GET /usage/files"],
    ),
    Method(
        "fulfillment::Fulfillment::process_with",
        |c| drop(c.fulfillment().process_with(Options::new(), |_| Err(Action::skip()))),
        &["GET /requests"],
    ),
    Method(
        "tier_config::TierConfigs::process_with",
        |c| drop(c.tier_config().process_with(Options::new(), |_| Err(Action::skip()))),
        &["GET /tier/config-requests"],
    ),
    Method(
        "usage::Usage::process_listings_with",
        |c| drop(c.usage().process_listings_with(Options::new(), |_| Ok(None))),
        &["GET /listings"],
    ),
    Method(
        "usage::Usage::process_files_with",
        |c| drop(c.usage().process_files_with(Options::new(), |_| Ok(FileAction::skip()))),
        &["GET /usage/files"],
    ),
    Method("Connect::get", |c| drop(c.get::<Value>("/any/path")), &["GET /any/path"]),
    Method("Connect::list", |c| first(c.list::<Value>("/any/path", &Query::new())), &["GET /any/path"]),
    Method("Connect::post", |c| drop(c.post::<Value>("/any/path", &json!({}))), &["POST /any/path"]),
    Method("Connect::update", |c| drop(c.update::<Value>("/any/path", &json!({}))), &["PUT /any/path"]),
    Method("Connect::delete", |c| drop(c.delete("/any/path")), &["DELETE /any/path"]),
    Method(
        "fulfillment::Fulfillment::requests",
        |c| first(c.fulfillment().requests(&Query::new())),
        &["GET /requests"],
    ),
    Method(
        "fulfillment::Fulfillment::request",
        |c| drop(c.fulfillment().request(ID)),
        &["GET /requests/{id}"],
    ),
    Method(
        "fulfillment::Fulfillment::inquire",
        |c| drop(c.fulfillment().inquire(ID, None)),
        &["POST /requests/{id}/inquire"],
    ),
    Method(
        "fulfillment::Fulfillment::update_parameters",
        |c| drop(c.fulfillment().update_parameters(ID, &[])),
        &["PUT /requests/{id}"],
    ),
    Method(
        "fulfillment::Fulfillment::update_note",
        |c| drop(c.fulfillment().update_note(ID, "n")),
        &["PUT /requests/{id}"],
    ),
    Method(
        "fulfillment::Fulfillment::create_request",
        |c| drop(c.fulfillment().create_request(&NewRequest::cancel("AS-1"))),
        &["POST /requests"],
    ),
    Method(
        "fulfillment::Fulfillment::render",
        |c| drop(c.fulfillment().render(ID)),
        &["GET /requests/{id}/render"],
    ),
    Method(
        "fulfillment::Fulfillment::conversation",
        |c| drop(c.fulfillment().conversation(ID)),
        &["GET /conversations"],
    ),
    Method("fulfillment::Fulfillment::notes", |c| drop(c.fulfillment().notes(ID)), &["GET /conversations"]),
    Method(
        "fulfillment::Fulfillment::messages",
        |c| first(c.fulfillment().messages("CO-1")),
        &["GET /conversations/{id}/messages"],
    ),
    Method(
        "fulfillment::Fulfillment::add_message",
        |c| drop(c.fulfillment().add_message("CO-1", "m")),
        &["POST /conversations/{id}/messages"],
    ),
    Method(
        "tier_config::TierConfigs::requests",
        |c| first(c.tier_config().requests(&Query::new())),
        &["GET /tier/config-requests"],
    ),
    Method(
        "tier_config::TierConfigs::request",
        |c| drop(c.tier_config().request("TCR-1")),
        &["GET /tier/config-requests/{id}"],
    ),
    Method(
        "tier_config::TierConfigs::update_parameters",
        |c| drop(c.tier_config().update_parameters("TCR-1", &[])),
        &["PUT /tier/config-requests/{id}"],
    ),
    Method(
        "tier_config::TierConfigs::update_notes",
        |c| drop(c.tier_config().update_notes("TCR-1", "n")),
        &["PUT /tier/config-requests/{id}"],
    ),
    Method(
        "tier_config::TierConfigs::render",
        |c| drop(c.tier_config().render("TCR-1")),
        &["GET /tier/config-requests/{id}/render"],
    ),
    Method(
        "tier_config::TierConfigs::tier_config_for",
        |c| drop(c.tier_config().tier_config_for("TA-1", "PRD-1", None)),
        &["GET /tier/config-requests"],
    ),
    Method("usage::Usage::listings", |c| first(c.usage().listings(&Query::new())), &["GET /listings"]),
    Method("usage::Usage::listing", |c| drop(c.usage().listing("LST-1")), &["GET /listings/{id}"]),
    Method("usage::Usage::files", |c| first(c.usage().files(&Query::new())), &["GET /usage/files"]),
    Method("usage::Usage::file", |c| drop(c.usage().file("UF-1")), &["GET /usage/files/{id}"]),
    Method(
        "usage::Usage::template",
        |c| drop(c.usage().template("PRD-1")),
        &["GET /usage/products/{id}/template"],
    ),
    Method("directory::Directory::assets", |c| first(c.directory().assets(&Query::new())), &["GET /assets"]),
    Method("directory::Directory::asset", |c| drop(c.directory().asset("AS-1")), &["GET /assets/{id}"]),
    Method(
        "directory::Directory::asset_requests",
        |c| first(c.directory().asset_requests("AS-1")),
        &["GET /assets/{id}/requests"],
    ),
    Method(
        "directory::Directory::products",
        |c| first(c.directory().products(&Query::new())),
        &["GET /products"],
    ),
    Method(
        "directory::Directory::product",
        |c| drop(c.directory().product("PRD-1")),
        &["GET /products/{id}"],
    ),
    Method(
        "directory::Directory::product_templates",
        |c| first(c.directory().product_templates("PRD-1")),
        &["GET /products/{id}/templates"],
    ),
    Method(
        "directory::Directory::product_template",
        |c| drop(c.directory().product_template("PRD-1", "TL-1")),
        &["GET /products/{id}/templates/{id}"],
    ),
    Method(
        "directory::Directory::product_configurations",
        |c| first(c.directory().product_configurations("PRD-1", &Query::new())),
        &["GET /products/{id}/configurations"],
    ),
    Method(
        "directory::Directory::tier_configs",
        |c| first(c.directory().tier_configs(&Query::new())),
        &["GET /tier/configs"],
    ),
    Method(
        "directory::Directory::tier_config",
        |c| drop(c.directory().tier_config("TC-1")),
        &["GET /tier/configs/{id}"],
    ),
    Method(
        "directory::Directory::tier_accounts",
        |c| first(c.directory().tier_accounts(&Query::new())),
        &["GET /tier/accounts"],
    ),
    Method(
        "directory::Directory::tier_account",
        |c| drop(c.directory().tier_account("TA-1")),
        &["GET /tier/accounts/{id}"],
    ),
    Method(
        "directory::Directory::tier_account_requests",
        |c| first(c.directory().tier_account_requests(&Query::new())),
        &["GET /tier/account-requests"],
    ),
    Method(
        "directory::Directory::marketplaces",
        |c| first(c.directory().marketplaces(&Query::new())),
        &["GET /marketplaces"],
    ),
    #[cfg(feature = "xlsx")]
    Method(
        "usage::Usage::submit",
        submit,
        &["GET /usage/files", "POST /usage/files", "POST /usage/files/{id}/upload"],
    ),
];

#[cfg(feature = "xlsx")]
fn submit(connect: &Connect) {
    use connect::usage::{NewUsageFile, UsageRecord};
    let day = time::OffsetDateTime::UNIX_EPOCH..time::OffsetDateTime::UNIX_EPOCH + time::Duration::DAY;
    let file = NewUsageFile {
        product: "PRD-1".into(),
        contract: "CRD-1".into(),
        name: "n".into(),
        ..NewUsageFile::default()
    };
    connect.usage().submit(file, [UsageRecord::new("r-1", "SEAT", 1, day, "AS-1")]).unwrap();
}

/// What version 18 called for its names, in the paths of today's platform: the page says where they are others.
const REFERENCE: [(&str, &str); 52] = [
    ("FulfillmentAutomation.process", "GET /requests"),
    ("TierConfigAutomation.process", "GET /tier/config-requests"),
    ("UsageAutomation.process", "GET /listings"),
    ("UsageFileAutomation.process", "GET /usage/files"),
    ("FulfillmentAutomation.list", "GET /requests"),
    ("TierConfigAutomation.list", "GET /tier/config-requests"),
    ("UsageAutomation.list", "GET /listings"),
    ("UsageFileAutomation.list", "GET /usage/files"),
    ("FulfillmentAutomation.get", "GET /requests/{id}"),
    ("TierConfigAutomation.get", "GET /tier/config-requests/{id}"),
    ("UsageAutomation.get", "GET /listings/{id}"),
    ("UsageFileAutomation.get", "GET /usage/files/{id}"),
    ("FulfillmentAutomation.approve", "POST /any/path"),
    ("TierConfigAutomation.approve", "POST /any/path"),
    ("FulfillmentAutomation.inquire", "POST /requests/{id}/inquire"),
    ("TierConfigAutomation.inquire", "POST /any/path"),
    ("FulfillmentAutomation.fail", "POST /any/path"),
    ("TierConfigAutomation.fail", "POST /any/path"),
    ("FulfillmentAutomation.update_parameters", "PUT /requests/{id}"),
    ("TierConfigAutomation.update_parameters", "PUT /tier/config-requests/{id}"),
    ("FulfillmentAutomation.create_request", "POST /requests"),
    ("FulfillmentAutomation.get_tier_config", "GET /tier/config-requests"),
    ("FulfillmentAutomation.render_template", "GET /requests/{id}/render"),
    ("TierConfigAutomation.render_template", "GET /tier/config-requests/{id}/render"),
    ("UsageAutomation.submit_usage", "POST /usage/files/{id}/upload"),
    ("UsageAutomation.get_usage_template", "GET /usage/products/{id}/template"),
    ("BaseResource.resource", "GET /any/path"),
    ("BaseResource.model_class", "GET /any/path"),
    ("ApiClient.get", "GET /any/path"),
    ("ApiClient.post", "POST /any/path"),
    ("ApiClient.put", "PUT /any/path"),
    ("ApiClient.delete", "DELETE /any/path"),
    ("Directory.list_assets", "GET /assets"),
    ("Directory.get_asset", "GET /assets/{id}"),
    ("Directory.list_products", "GET /products"),
    ("Directory.get_product", "GET /products/{id}"),
    ("Directory.list_tier_configs", "GET /tier/configs"),
    ("Directory.get_tier_config", "GET /tier/configs/{id}"),
    ("TemplateResource.get", "GET /products/{id}/templates/{id}"),
    ("TemplateResource.render", "GET /requests/{id}/render"),
    ("TemplateResource.list", "GET /products/{id}/templates"),
    ("Asset.get_requests", "GET /assets/{id}/requests"),
    ("Product.get_templates", "GET /products/{id}/templates"),
    ("Product.get_product_configurations", "GET /products/{id}/configurations"),
    ("TierConfig.get", "GET /tier/config-requests"),
    ("Fulfillment.get_conversation", "GET /conversations"),
    ("Conversation.add_message", "POST /conversations/{id}/messages"),
    ("Fulfillment.note", "PUT /requests/{id}"),
    ("TierConfigRequest.notes", "PUT /tier/config-requests/{id}"),
    ("Directory.search_tier_accounts", "GET /tier/accounts"),
    ("Directory.get_tier_account", "GET /tier/accounts/{id}"),
    ("MarketplaceResource", "GET /marketplaces"),
];

/// `/requests/PR-1/approve` → `/requests/{id}/approve`.
fn generic(route: &str) -> String {
    let part = |part: &str| {
        let prefix = part.split('-').next().unwrap_or_default();
        let is_id = part.contains('-') && prefix.chars().all(|c| c.is_ascii_uppercase());
        if is_id { "{id}".to_owned() } else { part.to_owned() }
    };
    route.split('/').map(part).collect::<Vec<_>>().join("/")
}

/// Rows that name a call beside what they are about.
const BESIDE: [&str; 4] =
    ["TierAccountRequest", "TierAccountRequestAutomation", "RecurringAsset", "Fulfillment.get_conversation"];

#[test]
fn each_row_that_names_a_call_is_true() {
    let sandbox = Sandbox::empty().unwrap();
    // What each method sends is what the table says.
    for Method(name, call, sent) in METHODS {
        sandbox.insert("products", sandbox::sample::product("PRD-1"));
        let config = sandbox.config().unwrap().update_method(UpdateMethod::Put).attempts(1);
        sandbox.take_journal();
        call(&Connect::new(config).unwrap());
        let calls: Vec<_> = sandbox
            .take_journal()
            .iter()
            .map(|call| format!("{} {}", call.method, generic(call.route())))
            .collect();
        assert_eq!(calls, *sent, "{name}");
    }
    // And it is what the reference sends for the names of the row.
    let mut checked = 0;
    for (names, targets) in links() {
        let known = |target: &&&str| METHODS.iter().any(|Method(name, ..)| *name == **target);
        let calling: Vec<_> = targets.iter().filter(known).collect();
        let handles = ["Fulfillment::", "TierConfigs::", "Usage::", "Directory::"];
        for target in targets.iter().filter(|target| handles.iter().any(|handle| target.contains(handle))) {
            let without_xlsx = cfg!(not(feature = "xlsx")) && target.ends_with("::submit");
            assert!(calling.contains(&target) || without_xlsx, "{target} is not called by this test");
        }
        for name in names.iter().filter(|name| !calling.is_empty() && !BESIDE.contains(*name)) {
            let reference = REFERENCE.iter().find(|(own, _)| own == name);
            let (_, expected) = reference.unwrap_or_else(|| panic!("{name}: what did the reference call?"));
            for target in &calling {
                let Method(_, _, sent) = METHODS.iter().find(|Method(own, ..)| *own == **target).unwrap();
                assert!(sent.contains(expected), "{name}: {target} sends {sent:?}, not {expected}");
                checked += 1;
            }
        }
    }
    assert!(checked > 50, "{checked}");
}
