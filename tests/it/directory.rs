//! Reading what there is: every list and every single object.

use connect::models::{AssetStatus, RequestStatus, TierAccountRequestStatus};
use connect::rql::Query;
use connect::sandbox::{Fault, Sandbox, sample};
use connect::{Config, Connect, Error, Result};
use serde_json::{Value, json};

use crate::support::{calls, client, impatient, lists};

const PRODUCTS: &str = "in(product.id,(PRD-260-714-083,PRD-904-115-627))";

fn get(path: &str) -> Value {
    json!([["GET", path]])
}

#[test]
fn assets_are_those_of_the_configured_products() {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.insert("assets", sample::asset("AS-1"));
    let mut foreign = sample::asset("AS-2");
    foreign["product"]["id"] = "PRD-0".into();
    sandbox.insert("assets", foreign);
    let connect = client(&sandbox);
    let query = Query::new().equal("status", "active").ordering(["-created"]);
    let assets = connect.directory().assets(&query).collect::<Result<Vec<_>>>().unwrap();
    assert_eq!(assets.iter().map(|asset| asset.id.as_str()).collect::<Vec<_>>(), ["AS-1"]);
    assert_eq!(assets[0].param("tenant_id").unwrap().text(), Some("t-00419"));
    let path = format!("/assets?{PRODUCTS}&eq(status,active)&ordering(-created)&limit=100&offset=0");
    assert_eq!(calls(&sandbox), get(&path));
}

#[test]
fn without_configured_products_all_assets_are_listed() {
    let sandbox = Sandbox::empty().unwrap();
    let connect = Connect::new(Config::new(sandbox.url(), sandbox.api_key()).unwrap()).unwrap();
    assert_eq!(connect.directory().assets(&Query::new()).count(), 0);
    assert_eq!(connect.directory().tier_configs(&Query::new()).count(), 0);
    assert_eq!(
        calls(&sandbox),
        json!([["GET", "/assets?limit=100&offset=0"], ["GET", "/tier/configs?limit=100&offset=0"]])
    );
}

#[test]
fn an_object_that_is_not_there_is_none() {
    let sandbox = Sandbox::empty().unwrap();
    let connect = client(&sandbox);
    let directory = connect.directory();
    assert_eq!(directory.asset("AS-1").unwrap(), None);
    assert_eq!(directory.product("PRD-1").unwrap(), None);
    assert_eq!(directory.product_template("PRD-1", "TL-1").unwrap(), None);
    assert_eq!(directory.tier_config("TC-1").unwrap(), None);
    assert_eq!(directory.tier_account("TA-1").unwrap(), None);
    assert_eq!(directory.marketplace("MP-1").unwrap(), None);
    assert_eq!(
        calls(&sandbox),
        json!([
            ["GET", "/assets/AS-1"],
            ["GET", "/products/PRD-1"],
            ["GET", "/products/PRD-1/templates/TL-1"],
            ["GET", "/tier/configs/TC-1"],
            ["GET", "/tier/accounts/TA-1"],
            ["GET", "/marketplaces/MP-1"],
        ])
    );
}

#[test]
fn another_failure_than_not_there_stays_an_error() {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.fault(Fault::on("GET", "/assets/*").status(403));
    let error = client(&sandbox).directory().asset("AS-1").unwrap_err();
    assert!(error.is_auth() && !error.is_not_found(), "{error}");
}

#[test]
fn an_asset_its_orders_and_its_text() {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.insert("assets", sample::asset("AS-1000-0000-0001"));
    sandbox.insert("requests", sample::request("PR-1000-0000-0001-001"));
    let mut approved = sample::request("PR-1000-0000-0001-002");
    approved["status"] = "approved".into();
    sandbox.insert("requests", approved);
    sandbox.insert("requests", sample::request("PR-2000-0000-0001-001"));
    let connect = client(&sandbox);
    let directory = connect.directory();
    let asset = directory.asset("AS-1000-0000-0001").unwrap().unwrap();
    assert_eq!(asset.status, AssetStatus::Active);
    let requests = directory.asset_requests(&asset.id).collect::<Result<Vec<_>>>().unwrap();
    let mut statuses: Vec<_> =
        requests.iter().map(|request| (request.id.as_str(), &request.status)).collect();
    statuses.sort_by_key(|(id, _)| *id);
    assert_eq!(
        statuses,
        [
            ("PR-1000-0000-0001-001", &RequestStatus::Pending),
            ("PR-1000-0000-0001-002", &RequestStatus::Approved)
        ]
    );
    directory.render_asset(&asset.id).unwrap();
    assert_eq!(
        calls(&sandbox),
        json!([
            ["GET", "/assets/AS-1000-0000-0001"],
            ["GET", "/assets/AS-1000-0000-0001/requests?limit=100&offset=0"],
            ["GET", "/assets/AS-1000-0000-0001/render"],
        ])
    );
}

#[test]
fn products_are_not_narrowed_to_the_configured_ones() {
    let sandbox = Sandbox::start().unwrap();
    let connect = client(&sandbox);
    let products =
        connect.directory().products(&Query::new().ordering(["name"])).collect::<Result<Vec<_>>>().unwrap();
    assert_eq!(products.len(), sandbox.count("products"));
    assert!(products.len() > connect.config().product_ids().len());
    assert_eq!(calls(&sandbox), get("/products?ordering(name)&limit=100&offset=0"));
}

#[test]
fn everything_of_a_product_is_read_below_it() {
    let sandbox = Sandbox::start().unwrap();
    let connect = client(&sandbox);
    let id = sample::PRODUCT;
    let directory = connect.directory();
    assert_eq!(directory.product(id).unwrap().unwrap().id, id);
    let templates = directory.product_templates(id).collect::<Result<Vec<_>>>().unwrap();
    assert!(templates.iter().any(|template| template.id == sample::TEMPLATE));
    let template = directory.product_template(id, sample::TEMPLATE).unwrap().unwrap();
    assert!(template.body.unwrap().contains("{{ tenant_id }}"));
    let by_parameter = Query::new().equal("parameter.scope", "product");
    let all = directory.product_configurations(id, &Query::new()).collect::<Result<Vec<_>>>().unwrap();
    let some = directory.product_configurations(id, &by_parameter).collect::<Result<Vec<_>>>().unwrap();
    assert!(!some.is_empty() && some.len() < all.len(), "{} of {}", some.len(), all.len());
    let parameters = directory.product_parameters(id, &Query::new()).collect::<Result<Vec<_>>>().unwrap();
    assert_eq!(parameters.len(), 4);
    let items = directory.product_items(id, &Query::new().equal("status", "published"));
    assert!(items.map(Result::unwrap).all(|item| item.mpn.is_some()));
    let below = |part: &str| format!("/products/{id}/{part}");
    assert_eq!(
        calls(&sandbox),
        json!([
            ["GET", format!("/products/{id}")],
            ["GET", below("templates?limit=100&offset=0")],
            ["GET", below(&format!("templates/{}", sample::TEMPLATE))],
            ["GET", below("configurations?limit=100&offset=0")],
            ["GET", below("configurations?eq(parameter.scope,product)&limit=100&offset=0")],
            ["GET", below("parameters?limit=100&offset=0")],
            ["GET", below("items?eq(status,published)&limit=100&offset=0")],
        ])
    );
}

#[test]
fn tier_configs_are_those_of_the_configured_products() {
    let sandbox = Sandbox::start().unwrap();
    let connect = client(&sandbox);
    let configs = connect.directory().tier_configs(&Query::new()).collect::<Result<Vec<_>>>().unwrap();
    assert!(!configs.is_empty() && configs.len() < sandbox.count("tier/configs"));
    let products = connect.config().product_ids();
    assert!(configs.iter().all(|config| products.contains(&config.product.id)));
    let one = connect.directory().tier_config(&configs[0].id).unwrap().unwrap();
    assert_eq!(one.id, configs[0].id);
    assert_eq!(
        calls(&sandbox),
        json!([
            ["GET", format!("/tier/configs?{PRODUCTS}&limit=100&offset=0")],
            ["GET", format!("/tier/configs/{}", one.id)],
        ])
    );
}

#[test]
fn tier_accounts_and_their_changes_are_read() {
    let sandbox = Sandbox::start().unwrap();
    let connect = client(&sandbox);
    let directory = connect.directory();
    let resellers = Query::new().like("scopes", "*tier1*");
    let accounts = directory.tier_accounts(&resellers).collect::<Result<Vec<_>>>().unwrap();
    assert!(!accounts.is_empty());
    let account = directory.tier_account("TA-8065-3114-0279").unwrap().unwrap();
    assert_eq!(account.name.as_deref(), Some("Puente Sistemas"));
    let pending = Query::new().equal("status", "pending");
    let requests = directory.tier_account_requests(&pending).collect::<Result<Vec<_>>>().unwrap();
    assert!(requests.iter().all(|request| request.status == TierAccountRequestStatus::Pending));
    let Value::Array(sent) = calls(&sandbox) else { panic!() };
    assert_eq!(sent[0], json!(["GET", "/tier/accounts?like(scopes,*tier1*)&limit=100&offset=0"]));
    assert_eq!(sent[1], json!(["GET", "/tier/accounts/TA-8065-3114-0279"]));
    assert_eq!(
        sent[2],
        json!(["GET", format!("/tier/account-requests?{PRODUCTS}&eq(status,pending)&limit=100&offset=0")])
    );
    assert_eq!(sent.len(), 3);
}

#[test]
fn marketplaces_are_read() {
    let sandbox = Sandbox::start().unwrap();
    let connect = client(&sandbox);
    let all = connect.directory().marketplaces(&Query::new()).collect::<Result<Vec<_>>>().unwrap();
    assert_eq!(all.len(), 2);
    assert_eq!(connect.directory().marketplace("MP-40817").unwrap().unwrap().id, "MP-40817");
    assert_eq!(
        calls(&sandbox),
        json!([["GET", "/marketplaces?limit=100&offset=0"], ["GET", "/marketplaces/MP-40817"]])
    );
}

fn ten_thousand() -> Sandbox {
    let sandbox = Sandbox::builder().empty().shuffle(false).start().unwrap();
    sandbox.with_store(|store| {
        for n in 0..10_000 {
            let mut asset =
                json!({"id": format!("AS-{n:05}"), "status": "active", "product": {"id": sample::PRODUCT}});
            asset["events"] = json!({"created": {"at": "2024-03-04T09:12:44+00:00"}});
            store.insert("assets", asset);
        }
    });
    sandbox
}

#[test]
fn a_long_list_is_read_a_page_at_a_time_as_it_is_walked() {
    let sandbox = ten_thousand();
    let connect = client(&sandbox);
    let mut assets = connect.directory().assets(&Query::new());
    assert_eq!(sandbox.journal().len(), 0);
    assert_eq!(assets.by_ref().take(100).flatten().count(), 100);
    assert_eq!(sandbox.journal().len(), 1);
    assert!(assets.next().unwrap().is_ok());
    assert_eq!(sandbox.journal().len(), 2);
    let rest: Vec<String> = assets.map(|asset| asset.unwrap().id).collect();
    assert_eq!((rest.len(), rest.last().unwrap().as_str()), (9899, "AS-09999"));
    assert_eq!(sandbox.journal().len(), 100);
    assert!(sandbox.journal().iter().all(|call| call.connection == 1));
}

#[test]
fn a_failing_page_ends_the_list_after_one_error() {
    let sandbox = ten_thousand();
    sandbox.fault(Fault::on("GET", "/assets").skip(2).status(400).body(r#"{"errors": ["no"]}"#).always());
    let connect = client(&sandbox);
    let mut assets = connect.directory().assets(&Query::new());
    let results: Vec<_> = assets.by_ref().map(|asset| asset.is_ok()).collect();
    assert_eq!((results.len(), results.iter().filter(|ok| !**ok).count()), (201, 1));
    assert!(!results[200]);
    assert!(assets.next().is_none() && assets.next().is_none());
    assert_eq!(sandbox.journal().len(), 3);
}

#[test]
fn a_limit_and_an_offset_are_those_of_the_whole_list() {
    let sandbox = ten_thousand();
    let connect = client(&sandbox);
    let query = Query::new().limit(150).offset(9_000);
    let ids: Vec<_> = connect.directory().assets(&query).map(|asset| asset.unwrap().id).collect();
    assert_eq!((ids.len(), ids[0].as_str(), ids[149].as_str()), (150, "AS-09000", "AS-09149"));
    let Value::Array(sent) = calls(&sandbox) else { panic!() };
    let ends: Vec<_> =
        sent.iter().map(|call| call[1].as_str().unwrap().split_once("&limit").unwrap().1).collect();
    assert_eq!(ends, ["=100&offset=9000", "=50&offset=9100"]);
}

#[test]
fn a_server_without_content_range_is_asked_until_a_page_is_empty() {
    let sandbox = Sandbox::builder().empty().content_range(false).page_cap(2).start().unwrap();
    (0..3).for_each(|n| sandbox.insert("marketplaces", json!({"id": format!("MP-{n}")})));
    let connect = client(&sandbox);
    assert_eq!(connect.directory().marketplaces(&Query::new()).count(), 3);
    let Value::Array(sent) = calls(&sandbox) else { panic!() };
    assert_eq!(
        sent.iter().map(|call| call[1].as_str().unwrap()).collect::<Vec<_>>(),
        [
            "/marketplaces?limit=100&offset=0",
            "/marketplaces?limit=100&offset=2",
            "/marketplaces?limit=100&offset=3"
        ]
    );
}

#[test]
fn a_query_that_cannot_be_said_is_an_error_without_a_call() {
    let sandbox = Sandbox::empty().unwrap();
    let connect = client(&sandbox);
    let query = Query::new().in_("id", [] as [&str; 0]);
    let mut assets = connect.directory().assets(&query);
    assert!(matches!(assets.next(), Some(Err(Error::Input(_)))));
    assert!(assets.next().is_none());
    assert_eq!(calls(&sandbox), json!([]));
}

#[test]
fn a_server_that_sends_the_same_page_for_any_offset_is_not_read_for_ever() {
    let sandbox = Sandbox::empty().unwrap();
    let page = Value::from(vec![sample::asset("AS-1")]).to_string();
    sandbox.fault(Fault::on("GET", "/assets").status(200).body(&page).always());
    let assets: Vec<_> = client(&sandbox).directory().assets(&Query::new()).take(9).collect();
    let [Ok(_)] = assets.as_slice() else { panic!("{assets:?}") };
    assert_eq!(calls(&sandbox).as_array().map(Vec::len), Some(2));
    // Where the server says that there is more, the rest is missing.
    let page = Value::from(vec![sample::asset("AS-1"), sample::asset("AS-2")]).to_string();
    let told = Fault::on("GET", "/assets").status(200).header("Content-Range", "items 0-1/9").body(&page);
    sandbox.clear_faults();
    sandbox.fault(told.always());
    let assets: Vec<_> = client(&sandbox).directory().assets(&Query::new()).take(9).collect();
    let [Ok(_), Ok(_), Err(error)] = assets.as_slice() else { panic!("{assets:?}") };
    assert!(error.to_string().ends_with("the server sends the same page for any offset"), "{error}");
}

#[test]
fn debug_of_a_list_tells_what_is_listed() {
    let connect =
        Connect::new(Config::new("https://api.example.com/public/v1", "SU-1:key").unwrap()).unwrap();
    let list = connect.directory().assets(&Query::new().equal("status", "active"));
    assert!(format!("{list:?}").starts_with("Pages { path: \"/assets?eq(status,active)\""), "{list:?}");
    assert!(format!("{connect:?}").contains("Http { base: "), "{connect:?}");
}

#[test]
fn a_page_that_overlaps_the_one_before_is_not_the_same_page() {
    // One was added in front while the list was read, so the rest moved down by one.
    let (address, _) = lists(|path| {
        let (range, ids): (_, &[u32]) = match path.rsplit_once("offset=") {
            Some((_, "0")) => ("items 0-1/5", &[1, 2]),
            Some((_, "2")) => ("items 2-3/6", &[2, 3]),
            Some((_, "4")) => ("items 4-5/6", &[4, 5]),
            _ => ("items */6", &[]),
        };
        let page: Vec<_> = ids.iter().map(|id| json!({"id": format!("PRD-{id}")})).collect();
        (Some(range.to_owned()), Value::from(page).to_string())
    });
    let config = impatient(Config::new(format!("http://{address}/public/v1"), "SU-1:key").unwrap());
    let connect = Connect::new(config).unwrap();
    let ids: Vec<_> =
        connect.directory().products(&Query::new()).map(|product| product.unwrap().id).collect();
    assert_eq!(ids, ["PRD-1", "PRD-2", "PRD-2", "PRD-3", "PRD-4", "PRD-5"]);
}
