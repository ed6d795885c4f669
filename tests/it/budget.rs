//! What a thousand orders cost in calls: each its own, and a page one or two.

use connect::models::{ParamUpdate, Request};
use connect::sandbox::Sandbox;
use connect::{Action, Approval};

use crate::support::{add_orders, one_try};

const ORDERS: usize = 1000;
/// Ten full pages, and the look at what came meanwhile.
const PAGES: usize = 11;

type Decide = fn(&Request) -> Result<Approval, Action>;

/// Calls of a run, by what they are: lists, look-ups of conversations, reads of messages, updates, decisions, messages.
fn cost(talking: bool, decide: Decide) -> [usize; 6] {
    let sandbox = Sandbox::empty().unwrap();
    if talking {
        add_orders(&sandbox, ORDERS);
    } else {
        sandbox.add_requests(ORDERS, |_, _| {});
    }
    let report = one_try(&sandbox).process_fulfillments(decide).unwrap();
    assert_eq!((report.handled(), report.errored()), (1000, 0));
    assert_eq!(sandbox.connections(), 1);
    let journal = sandbox.take_journal();
    let count = |method: &str, test: fn(&str) -> bool| {
        journal.iter().filter(|call| call.method == method && test(call.route())).count()
    };
    let counts = [
        count("GET", |route| route == "/requests"),
        count("GET", |route| route == "/conversations"),
        count("GET", |route| route.ends_with("/messages")),
        count("PUT", |route| route.starts_with("/requests/")),
        count("POST", |route| route.starts_with("/requests/")),
        count("POST", |route| route.ends_with("/messages")),
    ];
    assert_eq!(counts.iter().sum::<usize>(), journal.len(), "a call of another kind");
    counts
}

#[test]
fn an_order_without_a_conversation_costs_its_decision_alone() {
    assert_eq!(cost(false, |_| Err(Action::fail("sold out"))), [PAGES, 0, 0, 0, ORDERS, 0]);
}

#[test]
fn a_message_costs_one_call_more_and_a_page_of_conversations_one() {
    assert_eq!(cost(true, |_| Ok(Approval::template("TL-1"))), [PAGES, 10, 0, 0, ORDERS, ORDERS]);
}

#[test]
fn an_update_costs_one_call_more() {
    let store: Decide = |request| {
        let id = request.asset.params.first().map(|param| param.id.clone()).unwrap_or_default();
        Ok(Approval::template("TL-1").with_params([ParamUpdate::value(id, "x")]))
    };
    assert_eq!(cost(false, store), [PAGES, 10, 0, ORDERS, ORDERS, 0]);
}

#[test]
fn only_a_skip_that_speaks_reads_the_last_message() {
    assert_eq!(cost(true, |_| Err(Action::skip().with_message("waits"))), [PAGES, 10, ORDERS, 0, 0, ORDERS]);
    assert_eq!(cost(true, |_| Err(Action::skip())), [PAGES, 0, 0, 0, 0, 0]);
}
