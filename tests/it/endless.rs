//! Servers whose lists do not end: every list and every loop of this crate ends within a stated number of calls.

use std::sync::atomic::{AtomicUsize, Ordering};

use connect::rql::Query;
use connect::usage::FileAction;
use connect::{Action, Config, Connect, Error, Options};
use serde_json::{Value, json};

use crate::support::lists;

/// The `Content-Range` and the page for a path and the number of the call.
type Answer = fn(&str, usize) -> (Option<String>, Vec<Value>);

/// A page of a list that the server says to have 250 elements, so in pages of 100 it needs 2.5; twice that and 100, and the page
/// that is one too many.
const LIST: usize = 106;
/// The same for a loop: four times what 250 orders need in pages of 100, and 1,000.
const LOOP: usize = 1010;
/// Where the server does not say how many there are.
const UNKNOWN: usize = 10_000;

/// An element of any list, with its number and a time of creation.
fn element(path: &str, number: usize, created: Option<usize>) -> Value {
    let status = match path.split('?').next().unwrap_or_default() {
        "/listings" => "listed",
        "/usage/files" => "ready",
        _ => "pending",
    };
    let mut element = json!({"id": format!("X-{number:06}"), "status": status});
    if let Some(second) = created {
        let created = format!(
            "2024-03-{:02}T{:02}:{:02}:{:02}+00:00",
            1 + second / 86400,
            second / 3600 % 24,
            second / 60 % 60,
            second % 60
        );
        (element["created"], element["events"]) =
            (created.clone().into(), json!({"created": {"at": created}}));
    }
    element
}

/// A kind of server: for the path and the number of the call, the `Content-Range` and the page.
struct Kind {
    name: &'static str,
    page: Answer,
    /// Whether an error must tell that something is wrong, or the list may end quietly.
    fails: bool,
}

fn offset(path: &str) -> usize {
    path.rsplit("offset=").next().and_then(|offset| offset.parse().ok()).unwrap_or_default()
}

fn two(path: &str, first: usize, created: impl Fn(usize) -> Option<usize>) -> Vec<Value> {
    [first, first + 1].map(|number| element(path, number, created(number))).to_vec()
}

const KINDS: &[Kind] = &[
    Kind {
        name: "the same page for any offset, without a range",
        page: |path, _| (None, two(path, 0, Some)),
        fails: false,
    },
    Kind {
        name: "the same page for any offset, of a list that has more",
        page: |path, _| (Some("items 0-1/250".into()), two(path, 0, Some)),
        fails: true,
    },
    Kind {
        name: "the same page for any offset, which it says to be the one asked for",
        page: |path, _| {
            (Some(format!("items {0}-{1}/250", offset(path), offset(path) + 1)), two(path, 0, Some))
        },
        fails: true,
    },
    Kind {
        name: "another page for each call",
        page: |path, call| (Some("items 0-1/250".into()), two(path, 2 * call, Some)),
        fails: true,
    },
    Kind {
        name: "another page for each call, all of one moment",
        page: |path, call| (Some("items 0-1/250".into()), two(path, 2 * call, |_| Some(0))),
        fails: true,
    },
    Kind {
        name: "another page for each call, without a time",
        page: |path, call| (Some("items 0-1/250".into()), two(path, 2 * call, |_| None)),
        fails: true,
    },
    Kind {
        name: "a total that runs ahead of what comes",
        page: |path, call| {
            let (first, last) = (offset(path), offset(path) + 1);
            (Some(format!("items {first}-{last}/{}", last + 250)), two(path, 2 * call, Some))
        },
        fails: true,
    },
    Kind {
        name: "a total that is never reached",
        page: |path, _| {
            (
                Some("items 0-1/250".into()),
                if offset(path) < 4 { two(path, offset(path), Some) } else { Vec::new() },
            )
        },
        fails: false,
    },
    Kind {
        name: "a total below what comes",
        page: |path, call| (Some("items 0-0/1".into()), two(path, 2 * call, Some)),
        fails: false,
    },
    Kind {
        name: "elements that do not decode, another page for each call",
        page: |_, call| (Some("items 0-1/250".into()), vec![json!([call]), json!([call, call])]),
        fails: true,
    },
];

/// A client of such a server, and how often the server was called.
fn client_of(page: Answer) -> (Connect, std::sync::Arc<AtomicUsize>) {
    let call = AtomicUsize::new(0);
    let (address, calls) = lists(move |path| {
        let (range, page) = page(path, call.fetch_add(1, Ordering::Relaxed));
        (range, Value::from(page).to_string())
    });
    let config = Config::new(format!("http://{address}"), "SU-1:key").unwrap().attempts(1);
    (Connect::new(config).unwrap(), calls)
}

/// Reads a list; whether anything in it was an error.
fn read<T>(list: impl Iterator<Item = connect::Result<T>>) -> bool {
    list.fold(false, |failed, element| failed | element.is_err())
}

type Read = fn(&Connect, &Query) -> bool;

const READS: &[(&str, Read)] = &[
    ("requests", |c, q| read(c.fulfillment().requests(q))),
    ("tier config requests", |c, q| read(c.tier_config().requests(q))),
    ("listings", |c, q| read(c.usage().listings(q))),
    ("usage files", |c, q| read(c.usage().files(q))),
    ("assets", |c, q| read(c.directory().assets(q))),
    ("products", |c, q| read(c.directory().products(q))),
    ("configurations", |c, q| read(c.directory().product_configurations("PRD-1", q))),
    ("parameters", |c, q| read(c.directory().product_parameters("PRD-1", q))),
    ("items", |c, q| read(c.directory().product_items("PRD-1", q))),
    ("templates", |c, _| read(c.directory().product_templates("PRD-1"))),
    ("orders of an asset", |c, _| read(c.directory().asset_requests("AS-1"))),
    ("tier configs", |c, q| read(c.directory().tier_configs(q))),
    ("tier accounts", |c, q| read(c.directory().tier_accounts(q))),
    ("tier account requests", |c, q| read(c.directory().tier_account_requests(q))),
    ("marketplaces", |c, q| read(c.directory().marketplaces(q))),
    ("messages", |c, _| read(c.fulfillment().messages("CO-1"))),
    ("a list that is not modelled", |c, q| read(c.list::<Value>("/hubs", q))),
];

#[test]
fn every_list_ends() {
    for Kind { name, page, fails } in KINDS {
        for (list, read) in READS {
            let (connect, calls) = client_of(*page);
            let failed = read(&connect, &Query::new());
            let calls = calls.load(Ordering::Relaxed);
            assert!(calls <= LIST, "{name}: {list} made {calls} calls");
            assert!(failed || !fails, "{name}: {list} ended quietly");
        }
    }
}

#[test]
fn a_list_of_a_conversation_ends() {
    for Kind { name, page, .. } in KINDS {
        let (connect, calls) = client_of(*page);
        let _ = connect.fulfillment().conversation("PR-1");
        let calls = calls.load(Ordering::Relaxed);
        assert!(calls <= LIST, "{name}: {calls} calls");
    }
}

type Run = fn(&Connect) -> connect::Result<connect::Report>;

const LOOPS: &[(&str, Run)] = &[
    ("fulfillment", |c| c.fulfillment().process_with(Options::new(), |_| Err(Action::skip()))),
    ("tier config", |c| c.tier_config().process_with(Options::new(), |_| Err(Action::skip()))),
    ("listings", |c| c.usage().process_listings_with(Options::new(), |_| Ok(None))),
    ("usage files", |c| c.usage().process_files_with(Options::new(), |_| Ok(FileAction::skip()))),
];

#[test]
fn every_loop_ends() {
    for Kind { name, page, .. } in KINDS {
        for (queue, run) in LOOPS {
            let (connect, calls) = client_of(*page);
            let ended = run(&connect);
            let calls = calls.load(Ordering::Relaxed);
            assert!(calls <= LOOP, "{name}: {queue} made {calls} calls");
            if calls == LOOP {
                let text = ended.unwrap().error().map(ToString::to_string).unwrap_or_default();
                assert!(text.contains("the list does not end"), "{name}: {queue}: {text}");
            }
        }
    }
}

#[test]
fn what_does_not_say_how_much_there_is_ends_as_well() {
    let (connect, calls) = client_of(|path, call| (None, two(path, 2 * call, Some)));
    let last = connect.directory().marketplaces(&Query::new()).last().unwrap();
    assert!(matches!(last, Err(Error::Decode(_))), "{last:?}");
    assert_eq!(calls.load(Ordering::Relaxed), UNKNOWN + 1);

    let (connect, calls) = client_of(|path, call| (None, two(path, 2 * call, |number| Some(number / 2))));
    let report = connect.process_usage_listings(|_| Ok(None)).unwrap();
    assert!(report.error().unwrap().to_string().contains("the list does not end"), "{report:?}");
    assert_eq!(calls.load(Ordering::Relaxed), UNKNOWN);
    assert_eq!(report.exit_code(), 1);
}
