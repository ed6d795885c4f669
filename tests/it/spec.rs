//! Every operation of the SDK against the platform's specification: known paths, known filters, valid bodies.

use std::collections::HashSet;

use connect::fulfillment::{Assignee, NewItem, NewRequest, Purchase, TierRef};
use connect::models::{ContactInfo, ParamUpdate};
use connect::rql::Query;
use connect::sandbox::{Body, Fault, RecordedCall, Sandbox, sample};
use connect::usage::{FileAction, NewUsageFile, Period, Periods, Usage, UsageRecord};
use connect::{Action, Approval, Connect, Options, Verdict};
use serde_json::{Value, json};
use time::macros::{date, datetime};

const SPEC: &str = include_str!("../openapi-subset.json");

/// Parts of bodies that the platform takes although its specification does not name them.
const UNNAMED: [(&str, &str); 4] = [
    // Its own example of a purchase has both.
    ("/requests", ".asset.product"),
    ("/requests", ".marketplace"),
    ("/requests", ".asset.tiers.tier1.id"),
    // The reference's way to approve with a tile, said of in the documentation of `Approval::tile`.
    ("/tier/config-requests/{id}/approve", ".template.representation"),
];

/// Parts that the specification wants and no client sends.
const UNSENT: [(&str, &str); 1] = [("/tier/config-requests/{id}", ".configuration")];

struct Spec {
    root: Value,
    problems: Vec<String>,
    /// What was let pass because it stands in one of the lists above.
    excused: HashSet<String>,
}

impl Spec {
    /// The template of a path, `/requests/{id}`: of several that fit, the one with the most fixed parts.
    fn template(&self, route: &str) -> Option<String> {
        let parts: Vec<_> = route.split('/').collect();
        let fits = |template: &&String| {
            let own: Vec<_> = template.split('/').collect();
            own.len() == parts.len()
                && own.iter().zip(&parts).all(|(own, part)| own.starts_with('{') || own == part)
        };
        let templates = self.root["paths"].as_object().unwrap().keys();
        templates.filter(fits).min_by_key(|template| template.matches('{').count()).cloned()
    }

    fn resolve<'v>(&'v self, mut schema: &'v Value) -> &'v Value {
        while let Some(reference) = schema["$ref"].as_str() {
            schema = self.root.pointer(reference.trim_start_matches('#')).unwrap();
        }
        schema
    }

    fn check(&mut self, call: &RecordedCall) {
        // The sandbox, like the platform, refuses PATCH; it is tried once to find that out.
        let method = if call.method == "PATCH" { "put" } else { &call.method.to_lowercase() };
        let Some(template) = self.template(call.route()) else {
            return self.problems.push(format!("{} {}: unknown path", call.method, call.path));
        };
        let operation = self.root["paths"][&template][method].clone();
        if operation.is_null() {
            return self.problems.push(format!("{} {template}: unknown method", call.method));
        }
        self.check_query(call.query(), &template, &operation);
        let mut found = Vec::new();
        match &call.body {
            Body::Empty => {}
            Body::Json(body) => {
                let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
                if schema.is_null() {
                    found.push(("", "a body where there is none".to_owned()));
                } else {
                    for (at, why) in self.problems_of(schema, body, "") {
                        let mut excuses = UNNAMED.iter().chain(&UNSENT);
                        if excuses.any(|(path, part)| *path == template && *part == at) {
                            self.excused.insert(format!("{template} {at}"));
                        } else {
                            self.problems.push(format!("{} {template}: {at} {why}", call.method));
                        }
                    }
                }
            }
            _ => {
                let content = operation["requestBody"]["content"].as_object().unwrap();
                if !content.contains_key("multipart/form-data") {
                    found.push(("", "a form where there is none".to_owned()));
                }
            }
        }
        self.problems
            .extend(found.into_iter().map(|(at, why)| format!("{} {template}: {at} {why}", call.method)));
    }

    /// Each name in the query is a filter that the specification has for this list.
    fn check_query(&mut self, query: &str, template: &str, operation: &Value) {
        let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        let names: HashSet<String> = parameters
            .iter()
            .map(|parameter| self.resolve(parameter)["name"].as_str().unwrap().to_owned())
            .collect();
        for part in query.split('&').filter(|part| !part.is_empty()) {
            // Whatever is in brackets is looked at by itself.
            if let Some(parts) = part.strip_prefix("or(").or_else(|| part.strip_prefix("and(")) {
                let inner = parts.strip_suffix(')').unwrap().replace("and(", "").replace("),", ")&");
                self.check_query(&inner, template, operation);
                continue;
            }
            let name = match part.split_once('(') {
                Some(("ordering", rest)) => rest.trim_end_matches(')').trim_start_matches('-'),
                Some((_, rest)) => rest.split(',').next().unwrap(),
                None => part.split('=').next().unwrap(),
            };
            if !names.contains(name) {
                self.problems.push(format!("GET {template}: unknown filter {name}"));
            }
        }
    }

    /// What is wrong with a value, each with its place; unknown parts count as wrong.
    fn problems_of(&self, schema: &Value, value: &Value, at: &str) -> Vec<(String, String)> {
        let schema = self.resolve(schema);
        if schema["nullable"] == true && value.is_null() {
            return Vec::new();
        }
        let mut problems = Vec::new();
        if let Some(variants) = schema["oneOf"].as_array().filter(|_| schema["type"] != "object") {
            let all = variants.iter().map(|variant| self.problems_of(variant, value, at));
            return all.min_by_key(Vec::len).unwrap_or_default();
        }
        let fits = match schema["type"].as_str() {
            Some("string") => value.is_string(),
            Some("number") => value.is_number(),
            Some("integer") => value.is_i64(),
            Some("boolean") => value.is_boolean(),
            Some("array") => value.is_array(),
            Some("object") => value.is_object(),
            _ => true,
        };
        if !fits {
            problems.push((at.to_owned(), format!("is no {}: {value}", schema["type"])));
        }
        if let Some(choices) = schema["enum"].as_array().filter(|choices| !choices.contains(value)) {
            problems.push((at.to_owned(), format!("is none of {choices:?}: {value}")));
        }
        if let (Some(most), Some(text)) = (schema["maxLength"].as_u64(), value.as_str())
            && text.chars().count() as u64 > most
        {
            problems.push((at.to_owned(), format!("is longer than {most}")));
        }
        for item in value.as_array().into_iter().flatten() {
            problems.extend(self.problems_of(&schema["items"], item, &format!("{at}[]")));
        }
        if let (Some(object), Some(properties)) = (value.as_object(), schema["properties"].as_object()) {
            for (key, value) in object {
                let at = format!("{at}.{key}");
                match properties.get(key) {
                    Some(schema) if self.resolve(schema)["readOnly"] == true && !at.contains("asset") => {
                        problems.push((at, "is for reading only".into()));
                    }
                    Some(schema) => problems.extend(self.problems_of(schema, value, &at)),
                    None => problems.push((at, "is unknown".into())),
                }
            }
            for name in schema["required"].as_array().into_iter().flatten() {
                let name = name.as_str().unwrap();
                if !object.contains_key(name) {
                    problems.push((format!("{at}.{name}"), "is missing".into()));
                }
            }
        }
        problems
    }
}

type Answer<'a> = Box<dyn Fn() -> Result<Approval, Action> + 'a>;

fn order(sandbox: &Sandbox, n: u32, status: &str) -> String {
    let id = format!("PR-1000-0000-{n:04}-001");
    let mut request = sample::request(&id);
    request["status"] = status.into();
    request["created"] = format!("2024-03-04T09:00:{n:02}+00:00").into();
    sandbox.insert("requests", request);
    sandbox.insert("conversations", sample::conversation_for(&id));
    id
}

fn orders(sandbox: &Sandbox, connect: &Connect) {
    let date = datetime!(2024-04-01 00:00 UTC);
    let params = || [ParamUpdate::value("tenant_id", "t-1"), ParamUpdate::error("email", "no such domain")];
    let answers: [Answer<'_>; 9] = [
        Box::new(|| Ok(Approval::template(sample::TEMPLATE).with_params(params()))),
        Box::new(|| Ok(Approval::tile("# Ready"))),
        Box::new(|| {
            let approval = Approval::template(sample::TEMPLATE).with_effective_date(date);
            Ok(approval.with_next_billing_date(date))
        }),
        Box::new(|| Err(Action::inquire(params()).with_message("Please").with_template(sample::TEMPLATE))),
        Box::new(|| Err(Action::inquire([]))),
        Box::new(|| Err(Action::fail("no"))),
        Box::new(|| Err(Action::skip().with_message("later"))),
        Box::new(|| Err(Action::Schedule(date))),
        Box::new(|| {
            Ok(Approval::template(sample::TEMPLATE).with_params([ParamUpdate::structured(
                "tenant_id",
                json!({
                    "address_line1": "x", "address_line2": "", "city": "x", "state": "x", "postal_code": "x",
                    "country": "ES",
                }),
            )]))
        }),
    ];
    (0..9).for_each(|n| drop(order(sandbox, n, "pending")));
    let mut n = 0;
    let options = Options::new().page_size(4).filter(Query::new().in_("type", ["purchase", "change"]));
    let report = connect
        .fulfillment()
        .process_with(options, |_| {
            n += 1;
            answers[n - 1]()
        })
        .unwrap();
    assert_eq!((report.handled(), report.errored()), (9, 0), "{report}");
    for (n, status, action) in [
        (10, "scheduled", (|| Action::Revoke("no".into())) as fn() -> Action),
        (11, "scheduled", || Action::Confirm),
        (12, "inquiring", || Action::Pend),
    ] {
        let id = order(sandbox, n, status);
        let options = Options::new().statuses([status]).filter(Query::new().equal("id", id));
        let report = connect.fulfillment().process_with(options, |_| Err(action())).unwrap();
        assert_eq!((report.handled(), report.errored()), (1, 0), "{report}");
    }
}

fn single_orders(sandbox: &Sandbox, connect: &Connect) {
    let id = order(sandbox, 20, "pending");
    sandbox.insert("assets", sample::asset("AS-1"));
    let orders = connect.fulfillment();
    let contact: ContactInfo = serde_json::from_value(json!({
        "address_line1": "x", "city": "x", "postal_code": "x", "country": "ES", "state": "x",
        "contact": {
            "first_name": "x", "last_name": "x", "email": "x@example.org", "phone_number": {
                "country_code": "+34", "area_code": "", "phone_number": "1", "extension": "",
            },
        },
    }))
    .unwrap();
    let purchase = Purchase {
        product: sample::PRODUCT.into(),
        connection: "CT-6203-4418-9057".into(),
        external_id: Some("1".into()),
        external_uid: Some("u-1".into()),
        items: vec![NewItem::new("PRD-260-714-083-0001", 5), NewItem::new("PRD-260-714-083-0002", "0.5")],
        params: vec![ParamUpdate::value("email", "x@example.org")],
        customer: Some(TierRef {
            external_id: Some("1".into()),
            external_uid: Some("u-2".into()),
            name: Some("x".into()),
            tax_id: Some("1".into()),
            contact_info: Some(contact),
            ..TierRef::default()
        }),
        tier1: Some(TierRef::id("TA-1")),
        marketplace: Some("MP-40817".into()),
        draft: true,
        ..Purchase::default()
    };
    for new in [
        NewRequest::purchase(purchase),
        NewRequest::change("AS-1", [NewItem::new("PRD-260-714-083-0001", 7)]),
        NewRequest::suspend("AS-1"),
        NewRequest::resume("AS-1"),
        NewRequest::cancel("AS-1"),
    ] {
        orders.create_request(&new).unwrap();
    }
    orders.request(&id).unwrap();
    assert_ne!(orders.requests(&Query::new().limit(3)).count(), 0);
    orders.update_parameters(&id, &[ParamUpdate::value("tenant_id", "").with_error("none")]).unwrap();
    orders.render(&id).unwrap();
    orders.assign(&id, Assignee::Id("UR-1")).unwrap();
    orders.assign(&id, Assignee::Email("x@example.org")).unwrap();
    orders.unassign(&id).unwrap();
    orders.inquire(&id, Some(sample::TEMPLATE)).unwrap();
    orders.pend(&id).unwrap();
    orders.inquire(&id, None).unwrap();
    let conversation = orders.conversation(&id).unwrap().unwrap();
    orders.add_message(&conversation.id, "Hello").unwrap();
    orders.add_private_message(&conversation.id, "Hello").unwrap();
    assert_eq!(orders.messages(&conversation.id).count(), 2);
}

fn tier_configs(sandbox: &Sandbox, connect: &Connect) {
    let params = || [ParamUpdate::value("reseller_no", "1").with_error("x")];
    let date = datetime!(2024-04-01 00:00 UTC);
    let answers: [Answer<'_>; 5] = [
        Box::new(|| {
            let approval = Approval::template(sample::TEMPLATE).with_params(params());
            Ok(approval.with_effective_date(date))
        }),
        Box::new(|| Ok(Approval::tile("# Ready"))),
        Box::new(|| Err(Action::inquire(params()))),
        Box::new(|| Err(Action::fail("no"))),
        Box::new(|| Err(Action::skip().with_message("later"))),
    ];
    let ids: Vec<_> = (0..5).map(|n| format!("TCR-628-071-40{n}-001")).collect();
    for id in &ids {
        sandbox.insert("tier/config-requests", sample::tier_config_request(id));
    }
    let mut n = 0;
    let report = connect
        .process_tier_configs(|_| {
            n += 1;
            answers[n - 1]()
        })
        .unwrap();
    assert_eq!((report.handled(), report.errored()), (5, 0), "{report}");
    let inquiring = Options::new().statuses(["inquiring"]);
    let report = connect.tier_config().process_with(inquiring, |_| Err(Action::Pend)).unwrap();
    assert_eq!((report.handled(), report.errored()), (1, 0), "{report}");
    let requests = connect.tier_config();
    requests.tier_config_for("TA-8065-3114-0279", sample::PRODUCT, Some(1)).unwrap().unwrap();
    let id = "TCR-628-071-409-001";
    sandbox.insert("tier/config-requests", sample::tier_config_request(id));
    requests.request(id).unwrap().unwrap();
    requests.update_parameters(id, &params()).unwrap();
    requests.render(id).unwrap();
    requests.assign(id, Assignee::Id("UR-1")).unwrap();
    requests.assign(id, Assignee::Email("x@example.org")).unwrap();
    requests.unassign(id).unwrap();
    sandbox.update("tier/config-requests", id, |request| request["status"] = "inquiring".into());
    requests.pend(id).unwrap();
}

/// Usage period by period, of an asset that ended, up to its submission.
fn periods(sandbox: &Sandbox, usage: Usage<'_>) {
    let mut asset = sample::asset("AS-1");
    asset["status"] = "terminated".into();
    sandbox.insert("assets", asset);
    sandbox.insert(&format!("products/{}/items", sample::PRODUCT), json!({"id": "M", "mpn": "M"}));
    let may = || Periods::monthly(date!(2024 - 03 - 01)).now(datetime!(2024-04-02 0:00 UTC)).closing();
    // The draft of a run that was interrupted, with other records.
    sandbox.fault(Fault::on("POST", "/usage/files/*/upload").status(400));
    for quantity in [1, 2] {
        let report = usage.report(may(), |listing, period| {
            assert_ne!(usage.assets(listing, &Period::day(date!(2024 - 05 - 02))).count(), 0);
            Ok(Some([period.record("AS-1", "M", quantity)]))
        });
        assert_eq!(report.unwrap().count(Verdict::Reported), 1);
    }
    let ready = sandbox.all("usage/files").into_iter().find(|file| file["status"] == "ready").unwrap();
    usage.reprocess(ready["id"].as_str().unwrap()).unwrap();
    let report = usage.settle().unwrap();
    assert_eq!((report.count(Verdict::Submitted), report.errored()), (3, 0), "{report}");
}

fn usage(sandbox: &Sandbox, connect: &Connect) {
    sandbox.insert("listings", sample::listing("LST-1"));
    let usage = connect.usage();
    let report = connect
        .process_usage_listings(|listing| {
            let day = datetime!(2024-05-01 0:00 UTC)..datetime!(2024-05-02 0:00 UTC);
            let file = NewUsageFile {
                description: Some("x".into()),
                note: Some("x".into()),
                period: Some((date!(2024 - 05 - 01), date!(2024 - 05 - 31))),
                currency: Some("EUR".into()),
                ..NewUsageFile::for_listing(listing, "May")
            };
            Ok(Some(usage.submit(file, [UsageRecord::new("r-1", "M", 1, day, "AS-1")])?))
        })
        .unwrap();
    assert_eq!((report.handled(), report.errored()), (1, 0), "{report}");
    for (n, (status, action)) in [
        ("pending", FileAction::accept("good")),
        ("pending", FileAction::reject("bad")),
        ("accepted", FileAction::Close),
        ("invalid", FileAction::Delete),
        ("ready", FileAction::Submit),
    ]
    .into_iter()
    .enumerate()
    {
        let id = format!("UF-{n}");
        let mut file = sample::usage_file(&id);
        file["status"] = status.into();
        sandbox.insert("usage/files", file);
        let options = Options::new().statuses([status]).filter(Query::new().equal("id", id.as_str()));
        let report = usage.process_files_with(options, |_| Ok(action.clone())).unwrap();
        assert_eq!((report.handled(), report.errored()), (1, 0), "{report}");
    }
    periods(sandbox, usage);
    usage.file("UF-0").unwrap().unwrap();
    assert_eq!(usage.categories("UF-0", &Query::new().equal("id", "storage")).count(), 0);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), b"PK").unwrap();
    usage.reconcile("UF-2", file.path()).unwrap();
    let id = usage.upload_reconciliation(file.path()).unwrap().id;
    assert_eq!(usage.uploaded_reconciliation(&id).unwrap(), b"PK");
    assert_eq!(usage.processed_reconciliation(&id).unwrap(), b"PK");
    usage.template(sample::PRODUCT).unwrap();
    assert_ne!(usage.files(&Query::new()).count(), 0);
    assert_ne!(usage.listings(&Query::new()).count(), 0);
}

fn directory(connect: &Connect) {
    let directory = connect.directory();
    let all = Query::new();
    directory.assets(&all).for_each(drop);
    directory.products(&all).for_each(drop);
    directory.tier_configs(&all).for_each(drop);
    directory.tier_accounts(&all).for_each(drop);
    directory.tier_account_requests(&all).for_each(drop);
    directory.marketplaces(&all).for_each(drop);
    directory.asset("AS-1").unwrap().unwrap();
    directory.asset_requests("AS-1").for_each(drop);
    directory.render_asset("AS-1").unwrap();
    directory.tier_config("TC-0").unwrap();
    directory.tier_account("TA-0").unwrap();
    directory.marketplace("MP-40817").unwrap();
    directory.product(sample::PRODUCT).unwrap().unwrap();
    directory.product_template(sample::PRODUCT, sample::TEMPLATE).unwrap().unwrap();
    directory.product_templates(sample::PRODUCT).for_each(drop);
    directory.product_configurations(sample::PRODUCT, &all).for_each(drop);
    directory.product_parameters(sample::PRODUCT, &all).for_each(drop);
    directory.product_items(sample::PRODUCT, &all).for_each(drop);
    connect.check().unwrap();
}

#[test]
fn the_checker_finds_what_is_wrong() {
    let spec =
        Spec { root: serde_json::from_str(SPEC).unwrap(), problems: Vec::new(), excused: HashSet::new() };
    let places = |template: &str, method: &str, body: Value| -> Vec<String> {
        let operation = &spec.root["paths"][template][method];
        let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
        spec.problems_of(schema, &body, "").into_iter().map(|(at, _)| at).collect()
    };
    assert_eq!(places("/requests/{id}/fail", "post", json!({"reason": 1, "why": "x"})), [".reason", ".why"]);
    let params = json!([{"id": "a", "value": null}, {"id": "b", "title": "B", "constraints": {}}]);
    assert_eq!(
        places("/requests/{id}", "put", json!({"asset": {"params": params}})),
        [".asset.params[].value", ".asset.params[].constraints"]
    );
    let items = json!([{"id": "a", "quantity": "5"}]);
    assert_eq!(
        places("/requests", "post", json!({"type": "change", "asset": {"id": "AS-1", "items": items}})),
        [".asset.items[].quantity"]
    );
    assert_eq!(places("/requests/{id}/fail", "post", json!({"reason": "x"})), [""; 0]);
    assert_eq!(spec.template("/tier/configs/TC-1/rendering"), None);
}

#[test]
fn no_call_is_unknown_to_the_specification() {
    let sandbox = Sandbox::empty().unwrap();
    for product in sandbox.products() {
        sandbox.insert("products", sample::product(&product));
        sandbox.insert(&format!("products/{product}/templates"), sample::template(sample::TEMPLATE));
    }
    let connect = sandbox.connect().unwrap();
    orders(&sandbox, &connect);
    single_orders(&sandbox, &connect);
    tier_configs(&sandbox, &connect);
    usage(&sandbox, &connect);
    directory(&connect);

    let journal = sandbox.take_journal();
    let mut spec =
        Spec { root: serde_json::from_str(SPEC).unwrap(), problems: Vec::new(), excused: HashSet::new() };
    for call in &journal {
        spec.check(call);
    }
    assert!(spec.problems.is_empty(), "{:#?}", spec.problems);
    assert_eq!(spec.excused.len(), UNNAMED.len() + UNSENT.len(), "{:#?}", spec.excused);
    assert_eq!(journal.iter().filter(|call| call.method == "PATCH").count(), 1);
    let operations: HashSet<_> = journal
        .iter()
        .map(|call| format!("{} {}", call.method, spec.template(call.route()).unwrap()))
        .collect();
    // So that an operation that is forgotten here is noticed.
    assert_eq!(operations.len(), 64, "{operations:#?}");
}
