//! Every pending order reaches the closure exactly once, whatever happens to the list meanwhile.

use std::collections::HashMap;

use connect::sandbox::Sandbox;
use connect::{Action, Approval, Options};

/// How often each order reached the closure.
fn walk(sandbox: &Sandbox, options: Options<'_>, skip: impl Fn(usize) -> bool) -> HashMap<String, usize> {
    let connect = sandbox.connect().unwrap();
    let mut seen = HashMap::new();
    let mut count = 0;
    let report = connect
        .fulfillment()
        .process_with(options, |request| {
            *seen.entry(request.id.clone()).or_insert(0) += 1;
            count += 1;
            if skip(count) { Err(Action::skip("")) } else { Ok(Approval::template("TL-497-535-242")) }
        })
        .unwrap();
    assert_eq!(report.errored(), 0, "{report}");
    seen
}

fn assert_each_once(seen: &HashMap<String, usize>, orders: usize) {
    assert_eq!(seen.len(), orders);
    assert!(seen.values().all(|times| *times == 1), "{seen:?}");
}

#[test]
fn five_thousand_orders_are_walked_though_the_server_cuts_the_limit() {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.add_requests(5000, |_, _| {});
    let seen = walk(&sandbox, Options::new().page_size(5000), |n| n % 2 == 0);
    assert_each_once(&seen, 5000);
}

#[test]
fn a_page_size_of_two_loses_nothing() {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.add_requests(101, |_, _| {});
    assert_each_once(&walk(&sandbox, Options::new().page_size(2), |n| n % 2 == 0), 101);
}

#[test]
fn hundreds_with_one_timestamp_are_walked_in_any_order() {
    for (page_size, orders) in [(2, 300), (100, 700), (1000, 1500)] {
        let sandbox = Sandbox::empty().unwrap();
        sandbox.add_requests(orders, |_, request| request["created"] = "2024-03-04T09:12:44+00:00".into());
        assert_each_once(&walk(&sandbox, Options::new().page_size(page_size), |_| true), orders);
    }
}
