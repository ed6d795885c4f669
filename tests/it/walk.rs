//! Every pending order reaches the closure exactly once, whatever happens to the list meanwhile.

use std::collections::HashMap;

use connect::sandbox::{Builder, Fault, Sandbox, Store, sample};
use connect::{Action, Approval, Connect, Options, Report};
use serde_json::{Value, json};

use crate::support::{ORDER, PENDING, calls, one_try, one_try_config};

const MOMENT: &str = "2024-03-04T09:12:44+00:00";

/// How often each order reached the closure, which skips the ones that `skip` says and approves the others.
fn walk(sandbox: &Sandbox, options: Options<'_>, skip: impl Fn(usize) -> bool) -> HashMap<String, usize> {
    let (seen, report) = walk_with_report(sandbox, options, skip);
    assert_eq!(report.errored(), 0, "{report}");
    seen
}

fn walk_with_report(
    sandbox: &Sandbox,
    options: Options<'_>,
    skip: impl Fn(usize) -> bool,
) -> (HashMap<String, usize>, Report) {
    let connect = one_try(sandbox);
    let mut seen = HashMap::new();
    let mut count = 0;
    let report = connect
        .fulfillment()
        .process_with(options, |request| {
            *seen.entry(request.id.clone()).or_insert(0) += 1;
            count += 1;
            if skip(count) { Err(Action::skip()) } else { Ok(Approval::template("TL-497-535-242")) }
        })
        .unwrap();
    for call in sandbox.journal() {
        assert!(sandbox.url().len() + call.path.len() < 8000, "a URL of {} bytes", call.path.len());
    }
    (seen, report)
}

fn assert_each_once(seen: &HashMap<String, usize>, orders: usize) {
    assert!(seen.values().all(|times| *times == 1), "{seen:?}");
    assert_eq!(seen.len(), orders);
}

fn empty(change: impl Fn(Builder) -> Builder) -> Sandbox {
    change(Sandbox::builder().empty()).start().unwrap()
}

/// All at one moment.
fn add_tie(sandbox: &Sandbox, orders: usize) {
    sandbox.add_requests(orders, |_, request| request["created"] = MOMENT.into());
}

/// The decisions each shape of list is walked with: all are left, every second one is, none is.
const DECISIONS: [fn(usize) -> bool; 3] = [|_| true, |n| n.is_multiple_of(2), |_| false];

#[test]
fn five_thousand_orders_are_walked_though_the_server_cuts_the_limit() {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.add_requests(5000, |_, _| {});
    let seen = walk(&sandbox, Options::new().page_size(5000), |n| n % 10 != 0);
    assert_each_once(&seen, 5000);
    let lists = sandbox.journal().into_iter().filter(|call| call.route() == "/requests").count();
    assert_eq!(lists, 5 + 1);
}

#[test]
fn a_page_size_of_two_loses_nothing() {
    for skip in DECISIONS {
        let sandbox = Sandbox::empty().unwrap();
        sandbox.add_requests(41, |_, _| {});
        assert_each_once(&walk(&sandbox, Options::new().page_size(2), skip), 41);
    }
}

#[test]
fn hundreds_with_one_timestamp_are_walked_in_any_order() {
    for (page_size, orders) in [(2, 300), (100, 700), (1000, 1300)] {
        let sandbox = Sandbox::empty().unwrap();
        add_tie(&sandbox, orders);
        assert_each_once(&walk(&sandbox, Options::new().page_size(page_size), |_| true), orders);
    }
}

#[test]
fn orders_behind_a_tie_are_reached_and_those_before_it_are_not_seen_again() {
    for (page_size, skip) in [(2, DECISIONS[0]), (2, DECISIONS[1]), (100, DECISIONS[0]), (100, DECISIONS[1])]
    {
        let sandbox = Sandbox::empty().unwrap();
        // Seconds 0 to 29, thirty of second 30 and more than fit into a URL of second 31, then the rest.
        sandbox.add_requests(420, |i, request| {
            let second = match i {
                0..30 => i,
                30..60 => 30,
                60..400 => 31,
                _ => i - 360,
            };
            request["created"] = format!("2024-03-04T09:12:{second:02}+00:00").into();
        });
        assert_each_once(&walk(&sandbox, Options::new().page_size(page_size), skip), 420);
    }
}

#[test]
fn a_server_that_tells_no_total_is_walked_to_its_end() {
    for skip in DECISIONS {
        let sandbox = empty(|builder| builder.content_range(false));
        sandbox.add_requests(25, |_, _| {});
        assert_each_once(&walk(&sandbox, Options::new().page_size(4), skip), 25);
        let sandbox = empty(|builder| builder.content_range(false));
        add_tie(&sandbox, 30);
        assert_each_once(&walk(&sandbox, Options::new().page_size(4), skip), 30);
    }
    // More than fit into a URL.
    let sandbox = empty(|builder| builder.content_range(false).page_cap(200));
    add_tie(&sandbox, 500);
    assert_each_once(&walk(&sandbox, Options::new(), |_| true), 500);
    // One sweep by offsets finds nothing new, and one is enough where nothing moves.
    assert_eq!(sandbox.journal().len(), 7);
}

#[test]
fn a_server_that_cuts_pages_in_silence_is_walked_to_its_end() {
    for content_range in [true, false] {
        for skip in DECISIONS {
            let sandbox = empty(|builder| builder.page_cap(3).content_range(content_range));
            sandbox.add_requests(20, |_, _| {});
            assert_each_once(&walk(&sandbox, Options::new(), skip), 20);
        }
    }
    let sandbox = empty(|builder| builder.page_cap(50));
    add_tie(&sandbox, 400);
    assert_each_once(&walk(&sandbox, Options::new(), |_| true), 400);
}

/// Each list call comes with changes by others: orders taken away before and behind the walk, one approved ahead of it,
/// a new one at the end.
fn others_at_work(sandbox: &Sandbox, created: impl Fn(usize) -> String + Send + 'static) {
    let mut calls = 0;
    sandbox.on_call(move |call, store: &mut Store| {
        if call.route() != "/requests" || calls == 8 {
            return;
        }
        calls += 1;
        let id = |number: usize| format!("PR-1000-{number:04}-0001-001");
        store.remove("requests", &id(calls));
        store.remove("requests", &id(20 + calls));
        store.update("requests", &id(30 + calls), |request| request["status"] = "approved".into());
        let mut new = sample::request(&format!("PR-2000-{calls:04}-0001-001"));
        new["created"] = created(calls).into();
        store.insert("requests", new);
    });
}

#[test]
fn others_may_add_withdraw_and_approve_during_the_walk() {
    for skip in DECISIONS {
        let sandbox = Sandbox::empty().unwrap();
        sandbox.add_requests(60, |_, _| {});
        others_at_work(&sandbox, |n| format!("2024-05-01T00:00:{n:02}+00:00"));
        let (seen, _) = walk_with_report(&sandbox, Options::new().page_size(2), skip);
        assert!(seen.values().all(|times| *times == 1), "{seen:?}");
        for number in 0..60 {
            let id = format!("PR-1000-{number:04}-0001-001");
            let gone =
                (1..=8).contains(&number) || (21..=28).contains(&number) || (31..=38).contains(&number);
            assert!(gone || seen.contains_key(&id), "{id} was not seen");
            assert!(number < 20 || !gone || !seen.contains_key(&id), "{id} was seen after it had gone");
        }
        let new = seen.keys().filter(|id| id.starts_with("PR-2000")).count();
        assert_eq!(new, 8);
    }
}

#[test]
fn others_may_change_a_tie_during_the_walk() {
    for page_size in [2, 7] {
        for skip in DECISIONS {
            let sandbox = Sandbox::empty().unwrap();
            add_tie(&sandbox, 60);
            others_at_work(&sandbox, |_| MOMENT.into());
            let (seen, _) = walk_with_report(&sandbox, Options::new().page_size(page_size), skip);
            assert!(seen.values().all(|times| *times == 1), "{seen:?}");
            for number in [0, 9, 10, 19, 20, 29, 30, 39, 40, 50, 59] {
                let id = format!("PR-1000-{number:04}-0001-001");
                assert!(seen.contains_key(&id), "{id} was not seen");
            }
            assert_eq!(seen.keys().filter(|id| id.starts_with("PR-2000")).count(), 8);
        }
    }
}

#[test]
fn others_may_change_a_tie_that_does_not_fit_into_a_url() {
    for content_range in [true, false] {
        let sandbox = empty(|builder| builder.page_cap(100).content_range(content_range));
        add_tie(&sandbox, 420);
        let mut calls = 0;
        sandbox.on_call(move |call, store| {
            if call.route() == "/requests" && calls < 40 {
                calls += 1;
                store.remove("requests", &format!("PR-1000-{:04}-0001-001", calls * 2));
            }
        });
        let (seen, _) = walk_with_report(&sandbox, Options::new(), |_| true);
        assert!(seen.values().all(|times| *times == 1), "{seen:?}");
        for number in (0..420).filter(|number| number % 2 == 1 || *number > 80) {
            let id = format!("PR-1000-{number:04}-0001-001");
            assert!(seen.contains_key(&id), "{id} was not seen");
        }
    }
}

#[test]
fn orders_without_a_time_of_creation_are_handled_once() {
    for skip in DECISIONS {
        let sandbox = Sandbox::empty().unwrap();
        sandbox.add_requests(12, |i, request| {
            if i % 2 == 0 {
                request["created"] = if i % 4 == 0 { Value::Null } else { "".into() };
            }
        });
        assert_each_once(&walk(&sandbox, Options::new().page_size(2), skip), 12);
    }
}

#[test]
fn orders_that_do_not_decode_are_reported_once_and_stop_nobody() {
    for (page_size, skip) in [(1, DECISIONS[0]), (2, DECISIONS[0]), (2, DECISIONS[2]), (100, DECISIONS[1])] {
        let sandbox = Sandbox::empty().unwrap();
        sandbox.add_requests(12, |i, request| match i {
            0 | 5 | 6 | 7 | 11 => request["asset"]["params"] = "no list".into(),
            // No object.
            3 | 4 => {
                let inner = sample::request(ORDER);
                *request =
                    json!([{"created": request["created"], "status": "pending", "asset": inner["asset"]}]);
            }
            _ => {}
        });
        let (seen, report) = walk_with_report(&sandbox, Options::new().page_size(page_size), skip);
        assert_each_once(&seen, 5);
        assert_eq!(report.errored(), 7, "pages of {page_size}: {report}");
    }
}

#[test]
fn elements_of_one_content_are_each_reported() {
    for (page_size, cap) in [(1, 1000), (2, 1000), (3, 1000), (100, 1000), (1, 1), (1, 2)] {
        let sandbox = empty(|builder| builder.page_cap(cap));
        sandbox.add_requests(8, |i, request| {
            if i < 5 {
                *request =
                    json!([{"status": "pending", "created": MOMENT, "asset": request["asset"].take()}]);
                request[0]["asset"]["id"] = "AS-1".into();
                request[0]["asset"]["external_uid"] = "".into();
            }
        });
        for i in 5..8 {
            let id = format!("PR-1000-{i:04}-0001-001");
            sandbox.update("requests", &id, |request| {
                request["created"] = format!("2024-04-01T00:00:0{i}Z").into();
            });
        }
        let (seen, report) = walk_with_report(&sandbox, Options::new().page_size(page_size), |_| true);
        assert_each_once(&seen, 3);
        assert_eq!(report.errored(), 5, "pages of {page_size} up to {cap}: {report}");
    }
}

#[test]
fn orders_without_an_id_are_each_reported_by_position() {
    for page_size in [2, 100] {
        let sandbox = Sandbox::empty().unwrap();
        sandbox.add_requests(9, |i, request| {
            if i % 4 == 1 {
                request["id"] = Value::Null;
            }
        });
        let (seen, report) = walk_with_report(&sandbox, Options::new().page_size(page_size), |_| true);
        assert_each_once(&seen, 7);
        assert_eq!(report.errored(), 2, "{report}");
        let broken =
            report.outcomes().iter().filter_map(|outcome| Some((&outcome.id, outcome.error.as_ref()?)));
        let broken: Vec<_> = broken.map(|(id, error)| format!("{id}: {error}")).collect();
        let said = |position| {
            format!(
                "element {position} of /requests: GET /requests: element {position} of the list: it has no id"
            )
        };
        assert_eq!(broken, [said(1), said(5)]);
    }
    let sandbox = Sandbox::empty().unwrap();
    sandbox.add_requests(2, |_, request| request["id"] = Value::Null);
    let (seen, report) = walk_with_report(&sandbox, Options::new(), |_| true);
    assert_eq!((seen.len(), report.errored()), (0, 2), "{report}");
}

#[test]
fn a_page_in_disorder_is_handled_whole() {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.add_requests(4, |_, _| {});
    let mut page = sandbox.all("requests");
    page.reverse();
    page.swap(0, 1);
    page.push(page[0].clone());
    sandbox.fault(Fault::on("GET", "/requests").status(200).body(&Value::from(page).to_string()));
    assert_each_once(&walk(&sandbox, Options::new(), |_| true), 4);
}

#[test]
fn a_server_that_knows_no_cursor_is_walked_by_offsets() {
    // It ignores `ge` and `out`, as the platform does with names of filters that it does not know.
    let sandbox = Sandbox::empty().unwrap();
    sandbox.add_requests(7, |_, _| {});
    let all = sandbox.all("requests");
    let expected = [0, 0, 2, 0, 2, 4];
    for offset in expected {
        let page: Vec<_> = all.iter().skip(offset).take(3).cloned().collect();
        let range = format!("items {offset}-{}/7", offset + page.len() - 1);
        let fault = Fault::on("GET", "/requests").status(200).header("Content-Range", &range);
        sandbox.fault(fault.body(&Value::from(page).to_string()));
    }
    assert_each_once(&walk(&sandbox, Options::new().page_size(3), |_| true), 7);
    let offsets: Vec<_> = sandbox
        .journal()
        .into_iter()
        .filter_map(|call| call.path.rsplit_once("offset=")?.1.parse::<usize>().ok())
        .collect();
    assert_eq!(offsets[..6], expected);
    assert_eq!(offsets[6..], [0]);
    // What is read again and again is read in pages as large as may be.
    let journal = sandbox.journal();
    let limit = |path: &str, limit| path.contains(&format!("&limit={limit}&"));
    assert!(journal.iter().all(|call| limit(&call.path, if call.path.ends_with("=0") { 3 } else { 1000 })));
}

#[test]
fn a_server_that_knows_no_offset_ends_the_walk() {
    let sandbox = Sandbox::empty().unwrap();
    let page = Value::from(vec![sample::request(ORDER)]).to_string();
    sandbox.fault(Fault::on("GET", "/requests").status(200).body(&page).times(100));
    assert_each_once(&walk(&sandbox, Options::new(), |_| true), 1);
    assert!(sandbox.journal().len() <= 4, "{} calls", sandbox.journal().len());
}

#[test]
fn many_products_and_a_long_tie_fit_into_one_url() {
    let sandbox = Sandbox::empty().unwrap();
    add_tie(&sandbox, 300);
    let products = (0..250).map(|i| format!("PRD-{i:03}-000-000")).chain([sample::PRODUCT.to_owned()]);
    let connect = Connect::new(one_try_config(&sandbox).products(products)).unwrap();
    let report = connect.process_fulfillments(|_| Err(Action::skip())).unwrap();
    assert_eq!(report.skipped(), 300);
    let longest = sandbox.journal().into_iter().map(|call| call.path.len()).max().unwrap();
    assert!(sandbox.url().len() + longest < 8000, "a URL of {longest} bytes");
}

#[test]
fn two_pages_are_read_as_two_pages_and_a_look_at_what_came_meanwhile() {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.add_requests(3, |_, _| {});
    assert_each_once(&walk(&sandbox, Options::new().page_size(2), |n| n == 2), 3);
    let from = |second: usize| format!("ge(created,%222024-01-01T00%3A00%3A0{second}%2B00%3A00%22)");
    let approve = |number: usize| {
        let path = format!("/requests/PR-1000-{number:04}-0001-001/approve");
        json!(["POST", path, {"template_id": "TL-497-535-242"}])
    };
    let look_up =
        |ids: &str| json!(["GET", format!("/conversations?in(instance_id,({ids}))&limit=1000&offset=0")]);
    let expected = json!([
        ["GET", format!("{PENDING}&ordering(created)&limit=2&offset=0")],
        approve(0),
        look_up("PR-1000-0000-0001-001,PR-1000-0001-0001-001"),
        [
            "GET",
            format!(
                "{PENDING}&{}&out(id,(PR-1000-0001-0001-001))&ordering(created)&limit=2&offset=0",
                from(1)
            )
        ],
        approve(2),
        look_up("PR-1000-0002-0001-001"),
        ["GET", format!("{PENDING}&{}&ordering(created)&limit=2&offset=0", from(2))],
    ]);
    assert_eq!(calls(&sandbox), expected);
}

/// Numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % n as u64).unwrap()
    }
}

/// One walk over a random list that changes at random: what nobody else touched is seen once, and nothing twice.
fn walk_at_random(seed: u64) {
    let mut dice = Dice(seed);
    for _ in 0..8 {
        dice.below(2);
    }
    let (cap, page_size) = ([1000, 3, 10][dice.below(3)], [1, 2, 5, 100][dice.below(4)]);
    let (content_range, shuffle) = (dice.below(3) > 0, dice.below(2) == 0);
    let sandbox =
        empty(|builder| builder.page_cap(cap).content_range(content_range).shuffle(shuffle).seed(seed));
    // With long ids, a crowd of equal timestamps is soon too large for a URL.
    let (orders, moments) = (10 + dice.below(40), 1 + dice.below(8));
    let id_length = [20, 1500][dice.below(2)];
    let id = move |number: usize| format!("PR-{number:0id_length$}");
    let order = move |number: usize, moment: usize| {
        let mut order = sample::request(ORDER);
        order["id"] = id(number).into();
        order["created"] = format!("2024-03-04T09:12:0{moment}+00:00").into();
        order
    };
    for number in 0..orders {
        sandbox.insert("requests", order(number, dice.below(moments)));
    }
    let (share, first_new) = (dice.below(4), orders);
    let touched = std::sync::Arc::new(std::sync::Mutex::new(std::collections::HashSet::new()));
    let others = std::sync::Arc::clone(&touched);
    let mut churn = Dice(seed ^ 0xABCD);
    let mut new = 0;
    sandbox.on_call(move |call, store| {
        if call.route() != "/requests" || churn.below(4) >= share {
            return;
        }
        let victim = id(churn.below(first_new));
        match churn.below(3) {
            0 => drop(store.remove("requests", &victim)),
            1 => drop(store.update("requests", &victim, |order| order["status"] = "approved".into())),
            _ if new < 30 => {
                new += 1;
                store.insert("requests", order(first_new + new, churn.below(moments)));
                return;
            }
            _ => return,
        }
        others.lock().unwrap().insert(victim);
    });
    let skip = 1 + dice.below(4);
    let (asked, _) = walk_with_report(&sandbox, Options::new().page_size(page_size), |n| n % 4 < skip);
    let set_up = format!(
        "seed {seed}: {orders} orders of {moments} moments, ids of {id_length}, pages of {page_size} up to {cap}, \
         ranges {content_range}, shuffled {shuffle}, churn {share}, skips {skip}"
    );
    assert!(asked.values().all(|times| *times == 1), "{set_up}: seen twice");
    let touched = touched.lock().unwrap();
    for number in 0..orders {
        let id = id(number);
        assert!(touched.contains(&id) || asked.contains_key(&id), "{set_up}: {number} was not seen");
    }
}

#[test]
fn random_lists_that_change_at_random_are_walked_whole() {
    for seed in 0..24 {
        walk_at_random(seed);
    }
}

#[test]
fn what_moves_up_between_two_pages_of_a_crowd_is_not_passed_over() {
    for (content_range, gone) in [(true, 1), (false, 1), (true, 2), (false, 2)] {
        let sandbox = empty(|builder| builder.page_cap(3).shuffle(false).content_range(content_range));
        // Four of these ids fit into a URL: of the eight at one moment, the rest is read by offsets.
        let id = |number: usize| format!("PR-{number:01500}");
        for number in 0..11 {
            let mut order = sample::request(ORDER);
            order["id"] = id(number).into();
            order["created"] = format!("2024-03-04T09:12:{:02}+00:00", number.saturating_sub(7)).into();
            sandbox.insert("requests", order);
        }
        let mut left = gone;
        sandbox.on_call(move |call, store| {
            if call.route() == "/requests" && !call.path.ends_with("offset=0") {
                for number in 4..4 + std::mem::take(&mut left) {
                    assert!(store.remove("requests", &id(number)).is_some());
                }
            }
        });
        let seen = walk(&sandbox, Options::new().page_size(3), |_| true);
        assert_each_once(&seen, 11);
        assert_eq!(sandbox.count("requests"), 11 - gone);
    }
}

/// An order of this name, created in this second.
fn order_of(name: &str, second: usize) -> Value {
    let mut order = sample::request(&format!("PR-{name}"));
    order["created"] = format!("2024-03-04T09:12:{second:02}+00:00").into();
    order
}

/// Walks a list whose first pages are these, each with its range if it has one, and which is then that of the sandbox.
fn walk_from(pages: &[(&[&Value], Option<&str>)], then: &[&Value]) -> HashMap<String, usize> {
    let sandbox = empty(|builder| builder.content_range(false));
    for (page, range) in pages {
        let body = Value::from(page.iter().copied().cloned().collect::<Vec<_>>()).to_string();
        let fault = Fault::on("GET", "/requests").status(200).body(&body);
        sandbox.fault(match range {
            Some(range) => fault.header("Content-Range", range),
            None => fault,
        });
    }
    for order in then {
        sandbox.insert("requests", (*order).clone());
    }
    walk(&sandbox, Options::new(), |_| true)
}

#[test]
fn what_comes_or_goes_ahead_of_a_sweep_has_it_made_once_more() {
    let (a, b, c) = (&order_of("A", 0), &order_of("B", 0), &order_of("C", 0));
    let later = &order_of("L", 1);
    // One that was read has gone, and in an order of the server's own another one took its place: the total tells.
    let gone: [(&[&Value], _); 3] =
        [(&[a, b], Some("items 0-1/4")), (&[a, b], Some("items 0-1/4")), (&[b, later], Some("items 1-2/3"))];
    assert_each_once(&walk_from(&gone, &[b, c, later]), 4);
    // One has come before them, so that one that was read comes again.
    let come: [(&[&Value], _); 3] = [(&[a, b], None), (&[a, b], None), (&[a, b, later], None)];
    assert_each_once(&walk_from(&come, &[a, b, c, later]), 4);
}

#[test]
fn a_page_that_has_one_order_twice_is_no_end() {
    let (a, later) = (&order_of("A", 0), &order_of("L", 1));
    assert_each_once(&walk_from(&[(&[a], None), (&[a, a, later], None)], &[a, later]), 2);
}
