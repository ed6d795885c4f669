//! Names that a list does not have: the platform would ignore them, and list everything.

use connect::models::{Listing, Request, TierConfigRequest, UsageFile};
use connect::rql::{Query, QueryError};
use connect::sandbox::{Sandbox, sample};
use connect::{Action, Approval, Config, Connect, Error, Options, Report};

use crate::support::{add_orders, client, told};

type List = fn(&Connect, &Query) -> Option<Error>;

/// The failure of a list's first element, where it has one.
macro_rules! list {
    ($connect:ident, $query:ident, $list:expr) => {
        |$connect, $query| $list.next().and_then(|element| element.err())
    };
}

type Row = (&'static str, List, &'static str, [(&'static str, &'static str); 3]);

/// Each list with the name of a filter that it has, a misspelt one, one of another list, and one that the reference
/// had and the platform does not; after each of these the name that is meant.
const LISTS: &[Row] = &[
    (
        "/requests",
        list!(c, query, c.fulfillment().requests(query)),
        "asset.connection.hub.id",
        [
            ("asset.conection.type", "asset.connection.type"),
            ("configuration.product.id", ""),
            ("asset.hub.id", "asset.connection.hub.id"),
        ],
    ),
    (
        "/assets",
        list!(c, query, c.directory().assets(query)),
        "tiers.customer.name",
        [("statuss", "status"), ("asset.product.id", "product.id"), ("product.id__in", "product.id")],
    ),
    (
        "/products",
        list!(c, query, c.directory().products(query)),
        "visibility.catalog",
        [("nmae", "name"), ("account.id", ""), ("status__in", "status")],
    ),
    (
        "/products/{id}/configurations",
        list!(c, query, c.directory().product_configurations("PRD-1", query)),
        "parameter.id",
        [("paramter.id", "parameter.id"), ("mpn", ""), ("parameter__id__in", "parameter.id")],
    ),
    (
        "/products/{id}/parameters",
        list!(c, query, c.directory().product_parameters("PRD-1", query)),
        "phase",
        [("scop", "scope"), ("mpn", ""), ("kind", "type")],
    ),
    (
        "/products/{id}/items",
        list!(c, query, c.directory().product_items("PRD-1", query)),
        "mpn",
        [("periode", "period"), ("constraints.shared", ""), ("mpn__in", "mpn")],
    ),
    (
        "/tier/configs",
        list!(c, query, c.directory().tier_configs(query)),
        "account.id",
        [
            ("acount.id", "account.id"),
            ("configuration.account.id", "account.id"),
            ("account__id__in", "account.id"),
        ],
    ),
    (
        "/tier/config-requests",
        list!(c, query, c.tier_config().requests(query)),
        "configuration.account.id",
        [
            ("configuraton.id", "configuration.id"),
            ("asset.connection.hub.name", ""),
            ("configuration__tier_level__in", "configuration.tier_level"),
        ],
    ),
    (
        "/tier/accounts",
        list!(c, query, c.directory().tier_accounts(query)),
        "owner.id",
        [("owner.ids", "owner.id"), ("asset.id", ""), ("kind", "type")],
    ),
    (
        "/tier/account-requests",
        list!(c, query, c.directory().tier_account_requests(query)),
        "account.id",
        [("acccount.id", "account.id"), ("mpn", ""), ("product__id__in", "product.id")],
    ),
    (
        "/listings",
        list!(c, query, c.usage().listings(query)),
        "vendor.id",
        [("vendr.id", "vendor.id"), ("schema", ""), ("product__id__in", "product.id")],
    ),
    (
        "/usage/files",
        list!(c, query, c.usage().files(query)),
        "external_id",
        [("extrenal_id", "external_id"), ("tier_level", ""), ("created_at", "created.at")],
    ),
    (
        "/marketplaces",
        list!(c, query, c.directory().marketplaces(query)),
        "name",
        [("curency", "currency"), ("asset.status", ""), ("name__icontains", "name")],
    ),
];

/// What a query is refused with: the list, the name, and the one that is meant.
fn refusal(error: &Error) -> (&str, &str, &str) {
    let Error::Input(input) = error else { panic!("{error:?}") };
    match input.query() {
        Some(QueryError::UnknownName { list, name, nearest, .. }) => {
            (list, name, nearest.as_deref().unwrap_or_default())
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn each_list_sends_the_names_that_it_has_and_refuses_all_others() {
    let sandbox = Sandbox::empty().unwrap();
    let connect = client(&sandbox);
    let calls = || sandbox.take_journal().len();
    for (path, list, known, others) in LISTS {
        let query = |name: &str| Query::new().equal(name, "x");
        let _ = list(&connect, &query(known));
        assert_eq!(calls(), 1, "{path} {known}");
        for (name, right) in others {
            let error = list(&connect, &query(name)).unwrap_or_else(|| panic!("{path} took {name}"));
            // A name of another list may be near one of this.
            let (list_path, refused, nearest) = refusal(&error);
            assert_eq!((list_path, refused), (*path, *name));
            assert!(right.is_empty() || nearest == *right, "{path} {name}: {nearest}");
            assert!(told(&error).contains("Query::unchecked"), "{error}");
            assert_eq!(calls(), 0, "{path} {name}");
            let sorted = list(&connect, &Query::new().ordering([format!("-{name}")])).unwrap();
            assert_eq!((refusal(&sorted).0, refusal(&sorted).1), (*path, *name));
            let selected = list(&connect, &Query::new().select([format!("-{name}.x")])).unwrap();
            assert_eq!(refusal(&selected).0, *path);
            assert_eq!(calls(), 0, "{path} {name}");
            list(&connect, &query(name).unchecked());
            assert_eq!(calls(), 1, "{path} {name}, unchecked");
        }
    }
}

/// Runs each loop with the options; what it handed to its closure counts.
fn loops(
    connect: &Connect,
    options: &dyn Fn() -> Options<'static>,
    seen: &mut u32,
) -> [connect::Result<Report>; 4] {
    let mut see = || *seen += 1;
    [
        connect.fulfillment().process_with(options(), |_: &Request| {
            see();
            Err::<Approval, _>(Action::skip())
        }),
        connect.tier_config().process_with(options(), |_: &TierConfigRequest| {
            see();
            Err(Action::skip())
        }),
        connect.usage().process_listings_with(options(), |_: &Listing| {
            see();
            Ok(None)
        }),
        connect.usage().process_files_with(options(), |_: &UsageFile| {
            see();
            Ok(connect::usage::FileAction::skip())
        }),
    ]
}

#[test]
fn a_run_with_a_misspelt_filter_makes_no_call() {
    let sandbox = Sandbox::start().unwrap();
    let connect = client(&sandbox);
    for query in [
        Query::new().equal("staus", "pending"),
        Query::new().in_("marketplace.idd", ["MP-1"]),
        Query::new().any([Query::new().equal("id", "x"), Query::new().equal("identifier", "x")]),
        Query::new().not(Query::new().equal("staus", "approved")),
        Query::new().equal("status", "pending").all([Query::new().like("staus", "p*")]),
        Query::new().select(["-staus"]),
        Query::new().ordering(["staus"]),
    ] {
        let mut seen = 0;
        for run in loops(&connect, &|| Options::new().filter(query.clone()), &mut seen) {
            let error = run.unwrap_err();
            refusal(&error);
        }
        assert_eq!((seen, sandbox.take_journal().len()), (0, 0), "{query:?}");
    }
}

#[test]
fn a_look_up_that_a_list_does_not_have_makes_no_call_and_names_those_it_has() {
    let sandbox = Sandbox::empty().unwrap();
    let query = Query::new().in_("asset.connection.provider.name", ["A"]);
    let error = client(&sandbox).fulfillment().requests(&query).next().unwrap().unwrap_err();
    assert_eq!(
        error.to_string(),
        "/requests compares asset.connection.provider.name by eq, ilike, not by in"
    );
    assert!(sandbox.journal().is_empty());
}

/// The three filters that handed 58 of 58 orders to a closure that failed them.
#[test]
fn no_filter_of_the_reference_touches_the_whole_queue() {
    let sandbox = Sandbox::empty().unwrap();
    add_orders(&sandbox, 8);
    for (filter, right) in [
        (Query::new().equal("asset.hub.id", "HB-1"), "asset.connection.hub.id"),
        (Query::new().equal("kind", "cancel"), "type"),
        (Query::new().equal("asset.conection.type", "test"), "asset.connection.type"),
    ] {
        let run = client(&sandbox)
            .fulfillment()
            .process_with(Options::new().filter(filter), |_| Err(Action::fail("not supported")));
        assert_eq!(refusal(&run.unwrap_err()).2, right);
    }
    assert!(sandbox.effects().is_empty());
    assert!(sandbox.journal().is_empty());
}

/// A path of its own choice is read as it is: nothing is known of its names.
#[test]
fn a_list_that_is_not_modelled_takes_any_name() {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.insert("hubs", serde_json::json!({"id": "HB-1"}));
    let query = Query::new().equal("colour", "red");
    let hubs = client(&sandbox).list::<serde_json::Value>("/hubs", &query).count();
    assert_eq!(hubs, 1);
}

/// Orders, those of them with the note `mine` that `mine` says, in a sandbox that does not know a filter by note.
fn noted(orders: usize, mine: impl Fn(usize) -> bool) -> Sandbox {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.add_requests(orders, |at, order| order["note"] = if mine(at) { "mine" } else { "theirs" }.into());
    sandbox
}

/// Fails the orders with the note `mine`, in pages of four; the number of orders that the closure saw, and the report.
fn fail_mine(sandbox: &Sandbox) -> (usize, Report) {
    let mut seen = 0;
    let options = Options::new().page_size(4).filter(Query::new().equal("note", "mine").unchecked());
    let report = client(sandbox).fulfillment().process_with(options, |order| {
        assert_eq!(order.note.as_deref(), Some("mine"));
        seen += 1;
        Err(Action::fail("not supported"))
    });
    (seen, report.unwrap())
}

#[test]
fn an_order_that_contradicts_the_filter_of_the_run_is_an_error_and_not_handed_out() {
    let sandbox = noted(9, |at| at % 3 == 1);
    let (seen, report) = fail_mine(&sandbox);
    assert_eq!((seen, report.failed(), report.errored(), report.exit_code()), (3, 3, 6, 1), "{report}");
    assert_eq!(sandbox.effects().len(), 3);
    assert!(report.error().is_none());
    let first = &report.outcomes()[0];
    assert_eq!(
        first.to_string(),
        "PR-1000-0000-0001-001 errored: GET /requests: the run did not ask for \
         PR-1000-0000-0001-001, which contradicts eq(note,mine)"
    );
    assert_eq!((first.calls, first.product.as_deref()), (0, Some(sample::PRODUCT)));
}

#[test]
fn a_queue_that_nobody_asked_for_ends_the_run_with_its_cause() {
    let sandbox = noted(2952, |_| false);
    let (seen, report) = fail_mine(&sandbox);
    assert_eq!((seen, report.errored(), report.handled(), report.exit_code()), (0, 5, 5, 1));
    let cause = report.error().unwrap().to_string();
    assert!(cause.contains("the platform ignores what the run asks for"), "{cause}");
    assert_eq!(sandbox.journal().len(), 2);
}

#[test]
fn orders_in_another_state_than_was_asked_for_are_not_handed_out() {
    let states = ["pending", "approved", "Pending", "failed", "inquiring"];
    let orders: Vec<_> = states
        .iter()
        .enumerate()
        .map(|(at, state)| {
            let mut order = sample::request(&format!("PR-{at}"));
            (order["status"], order["created"]) =
                ((*state).into(), format!("2024-03-04T09:1{at}:00+00:00").into());
            order
        })
        .collect();
    let body = serde_json::to_string(&orders).unwrap();
    let (address, _) = crate::support::lists(move |_| {
        (Some(format!("items 0-{}/{}", states.len() - 1, states.len())), body.clone())
    });
    let mut seen = Vec::new();
    let report = Connect::new(Config::new(format!("http://{address}"), "SU-1:key").unwrap())
        .unwrap()
        .process_fulfillments(|order| {
            seen.push(order.id.clone());
            Err(Action::skip())
        })
        .unwrap();
    assert_eq!(seen, ["PR-0", "PR-2"]);
    assert_eq!((report.errored(), report.exit_code()), (3, 1), "{report}");
    assert!(report.to_string().contains("which is in state \"approved\""), "{report}");
}

mod long {
    //! Queries that are too long for one address.

    use super::*;

    /// Orders whose ids take more than one address.
    const ORDERS: usize = 5000;

    fn ids() -> Vec<String> {
        (0..ORDERS).map(|at| format!("PR-1000-{at:04}-0001-001")).collect()
    }

    fn read(sandbox: &Sandbox, query: &Query) -> Vec<String> {
        let connect = sandbox.connect().unwrap();
        connect.fulfillment().requests(query).map(|order| order.unwrap().id).collect()
    }

    #[test]
    fn a_list_of_ids_is_read_in_parts_and_each_element_comes_once() {
        let sandbox = Sandbox::empty().unwrap();
        sandbox.add_requests(600, |_, _| {});
        let stored: Vec<String> = ids().into_iter().take(600).collect();
        // Each one twice, and many that there are not.
        let query =
            Query::new().in_("id", ids().into_iter().rev().chain(stored.clone())).ordering(["created"]);
        let mut found = read(&sandbox, &query);
        let journal = sandbox.take_journal();
        assert!(
            journal.iter().all(|call| sandbox.url().len() + call.path.len() < 8000 && call.status == 200)
        );
        let parts: std::collections::BTreeSet<_> =
            journal.iter().map(|call| call.path.split("&limit").next().unwrap()).collect();
        assert_eq!(parts.len(), 15);
        assert!(journal.len() <= parts.len() + 600 / 100 + 2, "{} calls", journal.len());
        assert!(journal.iter().all(|call| call.path.contains("&ordering(created)")));
        found.sort_unstable();
        assert_eq!(found, stored);
    }

    #[test]
    fn limit_and_offset_count_over_all_parts() {
        let sandbox = Sandbox::empty().unwrap();
        sandbox.add_requests(1000, |_, _| {});
        let query = Query::new().in_("id", ids().into_iter().take(1000)).ordering(["created"]);
        let all = read(&sandbox, &query);
        assert_eq!(all, ids()[..1000]);
        for (limit, offset) in [(0, 0), (1, 0), (500, 0), (250, 230), (1, 999), (5, 1000), (2000, 990)] {
            sandbox.take_journal();
            let some = read(&sandbox, &query.clone().limit(limit).offset(offset));
            let (limit, offset) = (usize::try_from(limit).unwrap(), usize::try_from(offset).unwrap());
            assert_eq!(some, all[offset..(offset + limit).min(all.len())], "{limit} from {offset}");
            assert!(limit > 0 || sandbox.journal().is_empty());
        }
        // What is passed over is asked for in one page with what is wanted.
        sandbox.take_journal();
        assert_eq!(read(&sandbox, &query.limit(5).offset(20)), all[20..25]);
        let journal = sandbox.take_journal();
        assert_eq!(journal.len(), 1, "{journal:?}");
        assert!(journal[0].path.ends_with("&limit=25&offset=0"), "{journal:?}");
    }

    #[test]
    fn a_failed_call_ends_a_list_in_parts() {
        let sandbox = Sandbox::empty().unwrap();
        sandbox.fault(connect::sandbox::Fault::on("GET", "/requests").skip(1).status(400).always());
        let connect = client(&sandbox);
        let query = Query::new().in_("id", ids());
        let elements: Vec<_> = connect.fulfillment().requests(&query).collect();
        assert_eq!(elements.len(), 1);
        assert_eq!(elements[0].as_ref().unwrap_err().status(), Some(400));
        assert_eq!(sandbox.journal().len(), 2);
    }

    #[test]
    fn what_cannot_be_divided_is_refused_in_one_line_with_its_length() {
        let sandbox = Sandbox::empty().unwrap();
        let connect = client(&sandbox);
        let run = |query| {
            let options = Options::new().filter(query);
            connect.fulfillment().process_with(options, |_| Err(Action::skip())).unwrap_err()
        };
        let list = |query| connect.fulfillment().requests(&query).next().unwrap().unwrap_err();
        for error in [
            run(Query::new().in_("id", ids())),
            list(Query::new().out("id", ids())),
            list(Query::new().in_("asset.external_id", ids())),
            list(Query::new().equal("id", "x".repeat(90_000))),
        ] {
            let Error::Input(input) = &error else { panic!("{error:?}") };
            let Some(QueryError::TooLong { length, .. }) = input.query() else { panic!("{error}") };
            let text = told(&error);
            assert!(*length > 90_000 && text.contains(&length.to_string()), "{text}");
            assert!(text.len() < 200 && !text.contains('\n'), "{text}");
        }
        assert!(sandbox.journal().is_empty());
    }
}
