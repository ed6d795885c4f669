use time::macros::{date, datetime};

use super::*;

fn listing() -> Listing {
    let mut listing = Listing::default();
    listing.product.id = "PRD-1".into();
    listing.contract.id = "CRD-1".into();
    listing
}

fn ids(periods: &Periods<'_>, there: &[&str], ended: Vec<Asset>) -> Vec<String> {
    let there = there.iter().map(|id| format!("PRD-1/CRD-1/{id}")).collect();
    periods.due(&listing(), &there, ended).iter().map(ToString::to_string).collect()
}

#[test]
fn gaps_are_due_the_oldest_first_and_no_more_than_the_bound() {
    let daily = || Periods::daily(date!(2024 - 05 - 01)).now(datetime!(2024-05-06 0:00 UTC));
    assert_eq!(
        ids(&daily(), &["2024-05-02", "2024-05-04"], vec![]),
        ["2024-05-01", "2024-05-03", "2024-05-05"]
    );
}

#[test]
fn a_period_is_over_when_the_slack_is() {
    let day = |now| {
        let periods = Periods::daily(date!(2024 - 05 - 01)).slack(Duration::from_secs(6 * 3600)).now(now);
        ids(&periods, &[], vec![])
    };
    assert_eq!(day(datetime!(2024-05-02 5:59:59 UTC)), [""; 0]);
    assert_eq!(day(datetime!(2024-05-02 6:00 UTC)), ["2024-05-01"]);
    assert_eq!(day(datetime!(2024-04-01 6:00 UTC)), [""; 0]);
}

#[test]
fn months_begin_on_their_day_or_on_the_last_one() {
    let monthly = |since, now| ids(&Periods::monthly(since).now(now), &[], vec![]);
    let now = datetime!(2024-04-30 0:00 UTC);
    assert_eq!(monthly(date!(2024 - 01 - 01), now), ["2024-01", "2024-02", "2024-03"]);
    assert_eq!(
        monthly(date!(2024 - 01 - 31), now),
        ["2024-01-31..2024-02-28", "2024-02-29..2024-03-30", "2024-03-31..2024-04-29"]
    );
    assert_eq!(monthly(date!(2023 - 12 - 15), datetime!(2024-01-15 0:00 UTC)), ["2023-12-15..2024-01-14"]);
    assert_eq!(monthly(date!(9999 - 12 - 01), now), [""; 0]);
}

#[test]
fn own_periods_are_taken_in_the_order_of_their_ends() {
    let (first, second, third) =
        (datetime!(2024-05-01 0:00 UTC), datetime!(2024-05-01 6:00 UTC), datetime!(2024-05-01 12:00 UTC));
    let own = Periods::own([second..third, first..second]).now(datetime!(2024-05-02 0:00 UTC));
    assert_eq!(own.since(), Some(first));
    assert_eq!(
        ids(&own, &[], vec![]),
        ["2024-05-01T000000Z..2024-05-01T060000Z", "2024-05-01T060000Z..2024-05-01T120000Z"]
    );
    let error = Periods::own([second..first]).check().unwrap_err().to_string();
    assert!(error.contains("nothing was sent"), "{error}");
}

#[test]
fn each_key_is_a_file_of_its_own() {
    let keyed =
        Periods::daily(date!(2024 - 05 - 01)).now(datetime!(2024-05-03 0:00 UTC)).keys(|_| ["eu", "us"]);
    assert_eq!(ids(&keyed, &["2024-05-01/eu"], vec![]), ["2024-05-01/us", "2024-05-02/eu", "2024-05-02/us"]);
}

fn ended(id: &str, at: &str) -> Asset {
    let asset = serde_json::json!({"id": id, "status": "terminated", "events": {"updated": {"at": at}}});
    serde_json::from_value(asset).unwrap()
}

#[test]
fn an_asset_that_ended_is_closed_once_and_at_once() {
    let monthly = Periods::monthly(date!(2024 - 05 - 01)).now(datetime!(2024-06-20 0:00 UTC)).closing();
    let assets = || {
        vec![
            ended("AS-1", "2024-06-14T10:00:00+00:00"),
            ended("AS-2", "2024-05-14T10:00:00+00:00"),
            // Before the first period, and after now.
            ended("AS-3", "2024-04-14T10:00:00+00:00"),
            ended("AS-5", "2024-05-01T00:00:00+00:00"),
            ended("AS-4", "2024-06-21T10:00:00+00:00"),
        ]
    };
    assert_eq!(ids(&monthly, &[], assets()), ["closing/AS-2", "2024-05", "closing/AS-1"]);
    assert_eq!(ids(&monthly, &["closing/AS-2", "2024-05"], assets()), ["closing/AS-1"]);
    let due = monthly.due(&listing(), &HashSet::new(), assets());
    assert_eq!(due[2].range(), datetime!(2024-06-01 0:00 UTC)..datetime!(2024-06-14 10:00 UTC));
    assert_eq!(due[2].ended().map(|asset| &*asset.id), Some("AS-1"));
    assert_eq!(due.iter().map(|period| period.closes).collect::<Vec<_>>(), [false, true, false]);
}

#[test]
fn an_asset_that_ends_with_a_period_is_closed_with_it_and_as_soon_as_it_is_over() {
    let end = datetime!(2024-06-01 0:00 UTC);
    let monthly = Periods::monthly(date!(2024 - 05 - 01)).now(end).closing();
    let due = monthly.due(&listing(), &HashSet::new(), vec![ended("AS-1", "2024-06-01T00:00:00+00:00")]);
    assert_eq!(due.iter().map(ToString::to_string).collect::<Vec<_>>(), ["2024-05", "closing/AS-1"]);
    assert_eq!(due[1].range(), datetime!(2024-05-01 0:00 UTC)..end);
}

#[test]
fn the_end_of_an_asset_is_its_termination_where_the_platform_tells_it() {
    let events = serde_json::json!({
        "updated": {"at": "2024-05-09T10:00:00+00:00"}, "terminated": {"at": "2024-05-03T10:00:00+00:00"},
    });
    let asset = serde_json::json!({"id": "AS-1", "status": "terminated", "events": events});
    let daily = Periods::daily(date!(2024 - 05 - 03)).now(datetime!(2024-05-04 0:00 UTC)).closing();
    let due = daily.due(&listing(), &HashSet::new(), vec![serde_json::from_value(asset).unwrap()]);
    assert_eq!(due[0].range(), datetime!(2024-05-03 0:00 UTC)..datetime!(2024-05-03 10:00 UTC));
}

#[test]
fn the_file_of_a_period_has_what_is_derived_and_what_was_said() {
    let day = Period::day(date!(2024 - 05 - 01));
    let file = Periods::daily(date!(2024 - 05 - 01)).file_for(&listing(), &day);
    assert_eq!(
        (&*file.name, file.external_id.as_deref()),
        ("Usage 2024-05-01", Some("PRD-1/CRD-1/2024-05-01"))
    );
    assert_eq!(file.period, Some((date!(2024 - 05 - 01), date!(2024 - 05 - 01))));
    let own = Periods::daily(date!(2024 - 05 - 01)).file(|_, period| NewUsageFile {
        currency: Some("EUR".into()),
        external_id: Some("mine".into()),
        name: format!("Storage {period}"),
        ..NewUsageFile::default()
    });
    let file = own.file_for(&listing(), &day);
    assert_eq!(
        (&*file.name, &*file.product, file.currency.as_deref()),
        ("Storage 2024-05-01", "PRD-1", Some("EUR"))
    );
    assert_eq!(file.external_id.as_deref(), Some("PRD-1/CRD-1/2024-05-01"));
    let bare = Periods::daily(date!(2024 - 05 - 01)).file(|_, _| NewUsageFile::default());
    let file = bare.file_for(&listing(), &day);
    assert_eq!((&*file.name, &*file.product, &*file.contract), ("Usage 2024-05-01", "PRD-1", "CRD-1"));
}
