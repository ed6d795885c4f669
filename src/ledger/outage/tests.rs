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
    let witness = |number| Witness { id: order(number).id, attempts: 0 };
    assert_eq!(given_back, (1..=5).map(witness).collect::<Vec<_>>());
    outage
}

/// The same, once another order has come to it.
fn confirmed() -> Outage {
    let mut outage = outage();
    outage.away.as_mut().unwrap().is_confirmed = true;
    outage
}

#[test]
fn an_outage_is_confirmed_by_an_order_behind_the_neighbours_of_those_that_showed_it() {
    let mut outage = outage();
    assert_eq!(
        (6..=12).map(|_| outage.defers()).collect::<Vec<_>>(),
        [true, true, true, true, true, false, false]
    );
    assert!(outage.may_ask(&order(11), false, NOON));
    assert!(!outage.may_ask(&Entry { error: Some("ERP is down".into()), ..order(1) }, true, NOON));
    assert_eq!(outage.failed(&order(11), down(11), NOON), Blame::Outage);
    assert!(!outage.defers() && !outage.may_ask(&order(12), false, NOON));
    assert!(!outage.may_ask(&order(12), false, NOON + 2 * PROBE - Duration::from_secs(1)));
    assert!(outage.may_ask(&order(12), false, NOON + 2 * PROBE));
    // Where fewer wait, the last of them is asked once the list was walked.
    let mut outage = self::outage();
    assert_eq!((6..=8).filter(|_| outage.defers()).count(), 3);
    let may: Vec<_> = (6..=8).map(|number| outage.may_ask(&order(number), true, NOON)).collect();
    assert_eq!(may, [false, false, true]);
    assert!(outage.may_ask(&order(9), true, NOON), "who did not wait has nobody to wait for");
}

#[test]
fn the_same_error_of_five_orders_is_an_outage_and_one_order_an_interval_tries() {
    let mut outage = confirmed();
    assert!(!outage.may_ask(&order(6), false, NOON));
    assert!(!outage.may_ask(&order(6), false, NOON + PROBE - Duration::from_secs(1)));
    assert!(outage.may_ask(&order(6), false, NOON + PROBE));
    assert_eq!(outage.failed(&order(6), down(6), NOON + PROBE), Blame::Outage);
    assert!(!outage.may_ask(&order(7), false, NOON + PROBE));
    assert!(outage.may_ask(&order(7), false, NOON + 2 * PROBE));
    // A clock that was set back.
    assert!(outage.may_ask(&order(7), false, NOON - 10 * PROBE));
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
    let mut outage = confirmed();
    assert!(!outage.may_ask(&known(6), false, NOON + PROBE));
    assert!(outage.may_ask(&Entry { error: Some("no".into()), ..known(6) }, false, NOON + PROBE));
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
    let mut outage = confirmed();
    let other = Cause::new(Some("tenant".into()), "no such country");
    assert_eq!(outage.failed(&order(6), other, NOON + PROBE), Blame::Order);
    assert!(outage.may_ask(&order(7), false, NOON + PROBE), "the next one tries");
}

#[test]
fn an_outage_that_no_order_can_try_is_over() {
    let mut outage = confirmed();
    assert_eq!(outage.walked(NOON), None);
    assert!(outage.walked(NOON + PROBE).is_some());
    assert_eq!(outage.away(), None);
    let mut outage = confirmed();
    assert!(outage.may_ask(&order(6), false, NOON + PROBE));
    let at_fault = Entry { attempts: 1, error: Some("ERP is down (request 7)".into()), ..order(7) };
    assert!(!outage.may_ask(&at_fault, false, NOON + PROBE));
    assert_eq!(outage.walked(NOON + PROBE), None);
}

#[test]
fn orders_that_come_one_a_run_show_an_outage_too() {
    let mut evidence = Evidence::default();
    for number in 1..=5 {
        let mut outage = Outage::remembered(None, evidence.clone(), [], NOON);
        assert_eq!(outage.take_evidence(), None);
        let blame = outage.failed(&order(number), down(number), NOON);
        assert_eq!(matches!(blame, Blame::Began(_)), number == 5, "{number}");
        assert_eq!(
            outage.failed(&order(number), down(number), NOON),
            if number == 5 { Blame::Outage } else { Blame::Order }
        );
        evidence = outage.take_evidence().unwrap().clone();
        let json = serde_json::to_string(&evidence).unwrap();
        assert_eq!(serde_json::from_str::<Evidence>(&json).unwrap(), evidence);
    }
    assert!(evidence.is_empty());
    let mut outage = Outage::default();
    outage.failed(&order(1), down(1), NOON);
    outage.take_evidence();
    outage.worked(&["tenant".into()]);
    assert!(outage.take_evidence().unwrap().is_empty());
    outage.worked(&["tenant".into()]);
    assert_eq!(outage.take_evidence(), None, "a file that need not be written is not");
}

#[test]
fn the_evidence_is_of_the_last_causes_and_does_not_grow() {
    let mut outage = Outage::default();
    let letters = |number: usize| "abcdefghij".chars().nth(number).unwrap();
    let cause =
        |number: usize| Cause::new(None, &format!("no {}{}", letters(number / 10), letters(number % 10)));
    for number in 0..60 {
        assert_eq!(outage.failed(&order(number), cause(number), NOON), Blame::Order);
    }
    let kept: Vec<_> = outage.evidence.0.iter().map(|(cause, _)| cause.clone()).collect();
    assert_eq!(kept, (10..60).map(cause).collect::<Vec<_>>());
}

#[test]
fn an_outage_goes_on_where_its_error_changes() {
    let mut outage = outage();
    let refused = |number: usize| Cause::new(Some("tenant".into()), &format!("connection {number} refused"));
    for number in 6..=9 {
        assert_eq!(outage.failed(&order(number), refused(number), NOON + PROBE), Blame::Order);
    }
    assert!(matches!(outage.failed(&order(10), refused(10), NOON + PROBE), Blame::Began(_)));
    assert_eq!(outage.away().map(|away| (away.since, away.due)), Some((NOON, NOON + 2 * PROBE)));
}

#[test]
fn whoever_tries_is_chosen_by_chance_among_those_that_waited_longest_and_a_fresh_one_always_may() {
    let away = confirmed().away().cloned();
    let tried = |number: usize| Entry {
        error: Some(format!("ERP is down (request {number}0a)")),
        due: Some(NOON - (100 - u32::try_from(number).unwrap()) * PROBE),
        ..order(number)
    };
    let mut first = HashSet::new();
    for run in 0..40 {
        let now = NOON + (run + 1) * PROBE;
        let mut outage = Outage::remembered(away.clone(), Evidence::default(), (1..=20).map(tried), now);
        let may: Vec<_> = (1..=20).filter(|number| outage.may_ask(&tried(*number), true, now)).collect();
        assert_eq!(may.len(), CHOSEN);
        assert!(may.iter().all(|number| *number <= 10), "{may:?}");
        assert!(outage.may_ask(&order(30), false, now));
        first.insert(may[0]);
    }
    assert!(first.len() > 5, "{first:?}");
    let others = (2..=9).map(order).chain([tried(1)]);
    let mut outage = Outage::remembered(away.clone(), Evidence::default(), others, NOON + PROBE);
    assert!(outage.may_ask(&tried(1), true, NOON + PROBE), "who never erred has come to no error");
    let mut outage = Outage::remembered(away, Evidence::default(), [tried(1)], NOON + PROBE);
    assert_eq!(outage.walked(NOON + PROBE), None, "it is there, though this run did not meet it");
}
