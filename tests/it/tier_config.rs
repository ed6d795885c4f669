//! Tier config requests: each answer and each verb, by the calls it makes.

use connect::fulfillment::Assignee;
use connect::models::{ParamUpdate, TierConfigRequest, TierConfigRequestStatus};
use connect::rql::Query;
use connect::sandbox::{Fault, Sandbox, sample};
use connect::{Action, Approval, Error, Options, Report, Verdict};
use serde_json::{Value, json};
use time::macros::datetime;

use crate::support::{calls, calls_but, client};

const ID: &str = "TCR-628-071-400-001";
const LIST: &str = "/tier/config-requests";

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.insert("tier/config-requests", sample::tier_config_request(ID));
    sandbox
}

fn status(sandbox: &Sandbox) -> Value {
    sandbox.get("tier/config-requests", ID).unwrap()["status"].clone()
}

/// Answers the one request there is.
fn process(
    sandbox: &Sandbox,
    options: Options<'_>,
    mut answer: impl FnMut(&TierConfigRequest) -> Result<Approval, Action>,
) -> Report {
    let connect = client(sandbox);
    let report = connect.tier_config().process_with(options, |request| answer(request)).unwrap();
    assert_eq!(report.handled(), 1, "{report}");
    report
}

/// [`process`] for an answer that must be carried out.
fn succeed(
    sandbox: &Sandbox,
    options: Options<'_>,
    answer: impl FnMut(&TierConfigRequest) -> Result<Approval, Action>,
) {
    let report = process(sandbox, options, answer);
    assert_eq!(report.exit_code(), 0, "{report}");
}

#[test]
fn a_run_lists_the_pending_requests_of_its_products_oldest_first() {
    let sandbox = sandbox();
    let report = client(&sandbox).process_tier_configs(|_| Ok(Approval::template("TL-497-535-242"))).unwrap();
    assert_eq!((report.approved(), report.exit_code()), (1, 0));
    assert_eq!(status(&sandbox), "approved");
    let filters = "in(configuration.product.id,(PRD-260-714-083,PRD-904-115-627))&eq(status,pending)";
    let created = "%222024-03-01T07%3A00%3A00%2B00%3A00%22";
    assert_eq!(
        calls(&sandbox),
        json!([
            ["GET", format!("{LIST}?{filters}&ordering(created)&limit=100&offset=0")],
            ["POST", format!("{LIST}/{ID}/approve"), {"template": {"id": "TL-497-535-242"}}],
            ["GET", format!("{LIST}?{filters}&ge(created,{created})&ordering(created)&limit=100&offset=0")],
        ])
    );
}

#[test]
fn a_tile_is_approved_with_by_its_representation() {
    let sandbox = sandbox();
    succeed(&sandbox, Options::new(), |_| Ok(Approval::tile("# Ready")));
    let body = json!({"template": {"representation": "# Ready"}});
    assert_eq!(calls_but(&sandbox, LIST), json!([["POST", format!("{LIST}/{ID}/approve"), body]]));
    assert_eq!(status(&sandbox), "approved");
}

#[test]
fn parameters_are_stored_before_the_approval() {
    let sandbox = sandbox();
    succeed(&sandbox, Options::new(), |_| {
        let params = [ParamUpdate::value("reseller_no", "R-7")];
        Ok(Approval::template("TL-497-535-242").with_params(params))
    });
    assert_eq!(
        calls_but(&sandbox, LIST),
        json!([
            ["PUT", format!("{LIST}/{ID}"), {"params": [{"id": "reseller_no", "value": "R-7"}]}],
            ["POST", format!("{LIST}/{ID}/approve"), {"template": {"id": "TL-497-535-242"}}],
        ])
    );
    assert_eq!(sandbox.get("tier/config-requests", ID).unwrap()["params"][0]["value"], "R-7");
}

#[test]
fn the_effective_date_goes_into_the_template() {
    let sandbox = sandbox();
    succeed(&sandbox, Options::new(), |_| {
        let date = datetime!(2024-04-01 00:00 UTC);
        Ok(Approval::template("TL-497-535-242").with_effective_date(date))
    });
    let template = json!({"id": "TL-497-535-242", "effective_date": "2024-04-01T00:00:00+00:00"});
    assert_eq!(
        calls_but(&sandbox, LIST),
        json!([["POST", format!("{LIST}/{ID}/approve"), {"template": template}]])
    );
}

#[test]
fn an_inquiry_stores_what_is_wrong_and_then_inquires_without_a_body() {
    let sandbox = sandbox();
    let report = process(&sandbox, Options::new(), |_| {
        let error = ParamUpdate::error("reseller_no", "Please give the number");
        Err(Action::inquire([error]).with_message("We need more"))
    });
    assert_eq!(report.outcomes()[0].verdict, Verdict::Inquired);
    let error = json!({"params": [{"id": "reseller_no", "value_error": "Please give the number"}]});
    assert_eq!(
        calls_but(&sandbox, LIST),
        json!([["PUT", format!("{LIST}/{ID}"), error], ["POST", format!("{LIST}/{ID}/inquire")]])
    );
    assert_eq!(status(&sandbox), "inquiring");
}

#[test]
fn an_inquiry_without_parameters_only_inquires() {
    let sandbox = sandbox();
    succeed(&sandbox, Options::new(), |_| Err(Action::inquire([])));
    assert_eq!(calls_but(&sandbox, LIST), json!([["POST", format!("{LIST}/{ID}/inquire")]]));
}

#[test]
fn failing_sends_the_reason_and_takes_an_answer_without_a_body() {
    let sandbox = sandbox();
    let report = process(&sandbox, Options::new(), |_| Err(Action::fail("No such reseller")));
    assert_eq!((report.failed(), report.exit_code()), (1, 0));
    let body = json!({"reason": "No such reseller"});
    assert_eq!(calls_but(&sandbox, LIST), json!([["POST", format!("{LIST}/{ID}/fail"), body]]));
    assert_eq!(status(&sandbox), "failed");
}

#[test]
fn a_skip_sends_nothing_and_says_nothing() {
    let sandbox = sandbox();
    let report = process(&sandbox, Options::new(), |_| Err(Action::skip().with_message("not today")));
    assert_eq!(report.skipped(), 1);
    assert_eq!(report.outcomes()[0].detail.as_deref(), Some("not today"));
    assert_eq!(calls_but(&sandbox, LIST), json!([]));
}

#[test]
fn an_inquired_request_is_put_back_to_pending_without_a_body() {
    let sandbox = sandbox();
    sandbox.update("tier/config-requests", ID, |request| request["status"] = "inquiring".into());
    let report = process(&sandbox, Options::new().statuses(["inquiring"]), |_| Err(Action::Pend));
    assert_eq!(report.outcomes()[0].verdict, Verdict::Pended);
    assert_eq!(calls_but(&sandbox, LIST), json!([["POST", format!("{LIST}/{ID}/pend")]]));
    assert_eq!(status(&sandbox), "pending");
}

#[test]
fn answers_that_only_orders_have_are_errors_of_that_request() {
    type Answer = fn() -> Result<Approval, Action>;
    let answers: [(Answer, &str); 6] = [
        (
            || Ok(Approval::template("TL-1").with_next_billing_date(datetime!(2024-04-01 00:00 UTC))),
            "a tier config request has no next billing date",
        ),
        (
            || Err(Action::inquire([]).with_template("TL-1")),
            "a tier config request is inquired without a template",
        ),
        (
            || Err(Action::Schedule(datetime!(2024-04-01 00:00 UTC))),
            "schedule is no answer to a tier config request",
        ),
        (|| Err(Action::Revoke("x".into())), "revoke is no answer to a tier config request"),
        (|| Err(Action::Confirm), "confirm is no answer to a tier config request"),
        (|| Err(Action::from(anyhow::anyhow!("the database is away"))), "the database is away"),
    ];
    for (answer, said) in answers {
        let sandbox = sandbox();
        let report = process(&sandbox, Options::new(), |_| answer());
        assert_eq!((report.errored(), report.exit_code()), (1, 1), "{report}");
        assert_eq!(report.outcomes()[0].error.as_ref().unwrap().to_string(), said);
        assert_eq!(calls_but(&sandbox, LIST), json!([]));
        assert_eq!(status(&sandbox), "pending");
    }
}

#[test]
fn the_first_update_finds_the_verb_for_all_later_ones() {
    let sandbox = sandbox();
    let connect = sandbox.connect().unwrap();
    let error = [ParamUpdate::error("reseller_no", "wrong")];
    connect.tier_config().update_parameters(ID, &error).unwrap();
    connect.tier_config().update_parameters(ID, &error).unwrap();
    let body = json!({"params": [{"id": "reseller_no", "value_error": "wrong"}]});
    let path = format!("{LIST}/{ID}");
    assert_eq!(calls(&sandbox), json!([["PATCH", path, body], ["PUT", path, body], ["PUT", path, body]]));
}

#[test]
fn an_update_answers_with_the_request_as_it_is_then() {
    let sandbox = sandbox();
    let params = [ParamUpdate::value("reseller_no", "R-8").with_error("is that so?")];
    let request = client(&sandbox).tier_config().update_parameters(ID, &params).unwrap();
    assert_eq!(request.id, ID);
    let param = request.param("reseller_no").unwrap();
    assert_eq!((param.text(), param.error()), (Some("R-8"), Some("is that so?")));
    let body = json!({"params": [{"id": "reseller_no", "value": "R-8", "value_error": "is that so?"}]});
    assert_eq!(calls(&sandbox), json!([["PUT", format!("{LIST}/{ID}"), body]]));
}

#[test]
fn the_verbs_of_a_request_are_one_call_each() {
    let sandbox = sandbox();
    let connect = client(&sandbox);
    let requests = connect.tier_config();
    requests.assign(ID, Assignee::Id("UR-118-640-275")).unwrap();
    requests.assign(ID, Assignee::Email("greta@example.net")).unwrap();
    requests.unassign(ID).unwrap();
    sandbox.update("tier/config-requests", ID, |request| request["status"] = "inquiring".into());
    requests.pend(ID).unwrap();
    assert_eq!(
        calls(&sandbox),
        json!([
            ["POST", format!("{LIST}/{ID}/assign"), {"id": "UR-118-640-275"}],
            ["POST", format!("{LIST}/{ID}/assign"), {"email": "greta@example.net"}],
            ["POST", format!("{LIST}/{ID}/unassign")],
            ["POST", format!("{LIST}/{ID}/pend")],
        ])
    );
    assert_eq!(status(&sandbox), "pending");
    assert_eq!(sandbox.get("tier/config-requests", ID).unwrap()["assignee"], Value::Null);
}

#[test]
fn requests_are_read_one_by_one_and_in_lists() {
    let sandbox = sandbox();
    let connect = client(&sandbox);
    let requests = connect.tier_config();
    let request = requests.request(ID).unwrap().unwrap();
    assert_eq!(request.status, TierConfigRequestStatus::Pending);
    assert_eq!(request.configuration.tier_level, Some(1));
    assert_eq!(requests.request("TCR-000-000-000-000").unwrap(), None);
    let listed: Vec<_> = requests
        .requests(&Query::new().equal("configuration.account.id", "TA-8065-3114-0279").equal("type", "setup"))
        .map(|request| request.unwrap().id)
        .collect();
    assert_eq!(listed, [ID]);
    assert_eq!(
        calls(&sandbox),
        json!([
            ["GET", format!("{LIST}/{ID}")],
            ["GET", format!("{LIST}/TCR-000-000-000-000")],
            [
                "GET",
                format!(
                    "{LIST}?eq(configuration.account.id,TA-8065-3114-0279)&eq(type,setup)&limit=100&offset=0"
                )
            ],
        ])
    );
}

#[test]
fn a_rendered_template_is_text() {
    let sandbox = sandbox();
    let mut template = sample::template("TL-497-535-242");
    template["body"] = "No. {{ reseller_no }}".into();
    sandbox.insert("products/PRD-260-714-083/templates", template);
    sandbox
        .update("tier/config-requests", ID, |request| request["template"] = json!({"id": "TL-497-535-242"}));
    assert_eq!(client(&sandbox).tier_config().render(ID).unwrap(), "No. R-5512");
    assert_eq!(calls(&sandbox), json!([["GET", format!("{LIST}/{ID}/render")]]));
}

#[test]
fn the_template_of_a_configuration_is_rendered_too() {
    let sandbox = sandbox();
    let path = "/tier/configs/TC-628-071-400/render";
    sandbox.fault(Fault::on("GET", path).status(200).body("No. R-5512"));
    let connect = client(&sandbox);
    assert_eq!(connect.tier_config().render_configuration("TC-628-071-400").unwrap(), "No. R-5512");
    assert_eq!(calls(&sandbox), json!([["GET", path]]));
}

#[test]
fn the_configuration_of_an_account_is_that_of_its_last_approved_request() {
    let sandbox = Sandbox::empty().unwrap();
    for (n, (status, level, day)) in
        [("approved", 1, 1), ("approved", 2, 2), ("approved", 1, 3), ("pending", 1, 4)]
            .into_iter()
            .enumerate()
    {
        let mut request = sample::tier_config_request(&format!("TCR-628-071-40{n}-001"));
        request["status"] = status.into();
        request["configuration"]["tier_level"] = level.into();
        request["events"]["created"]["at"] = format!("2024-03-0{day}T07:00:00+00:00").into();
        sandbox.insert("tier/config-requests", request);
    }
    let connect = client(&sandbox);
    let find = |account, product, level| {
        let found = connect.tier_config().tier_config_for(account, product, level).unwrap();
        found.map(|config| config.id)
    };
    let (account, product) = ("TA-8065-3114-0279", "PRD-260-714-083");
    assert_eq!(find(account, product, Some(1)).as_deref(), Some("TC-628-071-402"));
    assert_eq!(find(account, product, Some(2)).as_deref(), Some("TC-628-071-401"));
    assert_eq!(find(account, product, None).as_deref(), Some("TC-628-071-402"));
    assert_eq!(find("TA-0", product, None), None);
    let start = format!("{LIST}?eq(status,approved)&eq(configuration.account.id,");
    let of = format!("{start}{account})&eq(configuration.product.id,{product})");
    let end = "&ordering(-created)&limit=1&offset=0";
    assert_eq!(
        calls(&sandbox),
        json!([
            ["GET", format!("{of}&eq(configuration.tier_level,1){end}")],
            ["GET", format!("{of}&eq(configuration.tier_level,2){end}")],
            ["GET", format!("{of}{end}")],
            ["GET", format!("{start}TA-0)&eq(configuration.product.id,{product}){end}")],
        ])
    );
}

#[test]
fn a_refusal_is_the_outcome_of_its_request_and_the_run_goes_on() {
    let sandbox = sandbox();
    let mut other = sample::tier_config_request("TCR-628-071-401-001");
    other["events"]["created"]["at"] = "2024-03-02T07:00:00+00:00".into();
    sandbox.insert("tier/config-requests", other);
    let connect = client(&sandbox);
    let report = connect
        .process_tier_configs(|request| {
            // There is no such parameter, which the platform refuses.
            let unknown = ParamUpdate::value("no_such", "x");
            let params = Some(unknown).filter(|_| request.id == ID);
            Ok(Approval::template("TL-497-535-242").with_params(params))
        })
        .unwrap();
    assert_eq!((report.errored(), report.approved()), (1, 1), "{report}");
    let Some(Error::Api(error)) = &report.outcomes()[0].error else { panic!("{report}") };
    assert_eq!(error.status, 400);
    assert!(error.errors[0].contains("no_such"), "{error}");
    assert_eq!(status(&sandbox), "pending");
}

/// The platform answers this call with the template alone.
#[test]
fn an_answer_without_the_template_is_not_taken_for_an_approval() {
    let own = || Approval::template("TL-497-535-242");
    for (answer, approval) in [
        (json!({"id": ID}), own()),
        (json!({"template": {"id": null}}), own()),
        (json!({"template": {"id": "TL-000-000-000"}}), own()),
        (json!({"id": ID}), Approval::tile("welcome")),
        (json!({"template": {"id": null}}), Approval::tile("welcome")),
    ] {
        let sandbox = sandbox();
        let approve = Fault::on("POST", &format!("{LIST}/{ID}/approve"));
        sandbox.fault(approve.status(200).body(&answer.to_string()));
        succeed(&sandbox, Options::new(), |_| Ok(approval.clone()));
        assert_eq!(status(&sandbox), "approved", "{answer}");
    }
}
