use super::*;

const NOON: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

fn order(number: usize) -> Entry {
    Entry { id: format!("PR-{number}"), ..Entry::default() }
}

fn down(number: usize) -> Cause {
    Cause::new(Some("tenant".into()), &format!("ERP is down (request {number}0a)"))
}

/// An outage that five orders have shown.
fn outage() -> Outage {
    let mut outage = Outage::default();
    for number in 1..=4 {
        assert_eq!(outage.failed(&order(number), down(number), NOON), Blame::Order);
    }
    let Blame::Began(given_back) = outage.failed(&order(5), down(5), NOON) else { panic!("no outage") };
    assert_eq!(given_back, (1..=5).map(order).collect::<Vec<_>>());
    outage
}

#[test]
fn the_same_error_of_five_orders_is_an_outage_and_one_order_an_interval_tries() {
    let mut outage = outage();
    assert!(!outage.may_ask(&order(6), NOON));
    assert!(!outage.may_ask(&order(6), NOON + PROBE - Duration::from_secs(1)));
    assert!(outage.may_ask(&order(6), NOON + PROBE));
    assert_eq!(outage.failed(&order(6), down(6), NOON + PROBE), Blame::Outage);
    assert!(!outage.may_ask(&order(7), NOON + PROBE));
    assert!(outage.may_ask(&order(7), NOON + 2 * PROBE));
    // A clock that was set back.
    assert!(outage.may_ask(&order(7), NOON - 10 * PROBE));
}

#[test]
fn the_step_done_for_any_order_ends_it_and_what_errs_then_is_at_fault() {
    let mut outage = outage();
    assert_eq!(outage.worked(&["licence".into()]), None);
    let ended = outage.worked(&["tenant".into()]).unwrap();
    assert_eq!((ended.since, outage.away()), (NOON, None));
    for number in 1..=9 {
        assert_eq!(outage.failed(&order(number), down(number), NOON), Blame::Order);
    }
}

#[test]
fn a_step_that_was_done_between_is_no_outage() {
    let mut outage = Outage::default();
    for number in 1..=9 {
        assert_eq!(outage.failed(&order(number), down(number), NOON), Blame::Order);
        if number % 4 == 0 {
            outage.worked(&["tenant".into()]);
        }
    }
    let outside = |number| Cause::new(None, &format!("no stock for {number}"));
    for number in 1..=9 {
        assert_eq!(outage.failed(&order(number), outside(number), NOON), Blame::Order);
        if number % 4 == 0 {
            outage.worked(&[]);
        }
    }
}

#[test]
fn an_order_that_came_to_this_error_before_shows_no_outage_and_does_not_try() {
    let known =
        |number| Entry { attempts: 1, error: Some("ERP is down (request 1)".into()), ..order(number) };
    let mut outage = outage();
    assert!(!outage.may_ask(&known(6), NOON + PROBE));
    assert!(outage.may_ask(&Entry { error: Some("no".into()), ..known(6) }, NOON + PROBE));
    let mut none = Outage::default();
    for number in 1..=9 {
        assert_eq!(none.failed(&known(number), down(number), NOON), Blame::Order);
    }
}

#[test]
fn other_errors_are_no_evidence_and_another_error_of_the_order_that_tries_is_its_own() {
    let mut outage = Outage::default();
    for name in ["a", "b", "c", "d", "e", "f"] {
        let cause = Cause::new(Some("tenant".into()), &format!("{name} is no name"));
        assert_eq!(outage.failed(&order(1), cause, NOON), Blame::Order);
    }
    let mut outage = self::outage();
    let other = Cause::new(Some("tenant".into()), "no such country");
    assert_eq!(outage.failed(&order(6), other, NOON + PROBE), Blame::Order);
    assert!(outage.may_ask(&order(7), NOON + PROBE), "the next one tries");
}

#[test]
fn an_outage_that_no_order_can_try_is_over() {
    let mut outage = outage();
    assert_eq!(outage.walked(NOON), None);
    assert!(outage.walked(NOON + PROBE).is_some());
    assert_eq!(outage.away(), None);
    let mut outage = self::outage();
    assert!(outage.may_ask(&order(6), NOON + PROBE));
    assert_eq!(outage.walked(NOON + PROBE), None);
}
