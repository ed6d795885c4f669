//! The assets that usage of a period can be of: each once, or somebody is billed twice and somebody else not at all.

use std::collections::BTreeSet;

use connect::sandbox::{Sandbox, sample};
use connect::usage::Period;
use time::macros::date;

const LISTING: &str = "LST-212-458-762";

/// So many assets, and the second of the minute in which each began.
fn sandbox(assets: usize, second: impl Fn(usize) -> usize) -> Sandbox {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.insert("listings", sample::listing(LISTING));
    for number in 0..assets {
        let mut asset = sample::asset(&format!("AS-{number:04}"));
        asset["events"]["created"]["at"] =
            format!("2024-04-01T00:{:02}:{:02}+00:00", second(number) / 60, second(number) % 60).into();
        sandbox.insert("assets", asset);
    }
    sandbox
}

/// The ids that a walk brings, and the number of its calls.
fn read(sandbox: &Sandbox) -> (Vec<String>, usize) {
    let connect = sandbox.connect().unwrap();
    let listing = connect.usage().listing(LISTING).unwrap().unwrap();
    sandbox.take_journal();
    let assets = connect.usage().assets(&listing, &Period::day(date!(2024 - 05 - 02)));
    let ids = assets.map(|asset| asset.unwrap().id).collect();
    (ids, sandbox.take_journal().len())
}

fn assert_each_once(ids: &[String], assets: usize) {
    let different: BTreeSet<_> = ids.iter().collect();
    assert_eq!((ids.len(), different.len()), (assets, assets));
}

#[test]
fn two_assets_of_the_same_second_at_the_end_of_a_page_come_once_each() {
    for _ in 0..5 {
        let (ids, calls) = read(&sandbox(250, |number| if number == 100 { 99 } else { number }));
        assert_each_once(&ids, 250);
        assert_eq!(calls, 3);
    }
}

#[test]
fn assets_that_all_began_in_the_same_second_come_once_each() {
    let (ids, _) = read(&sandbox(1200, |_| 0));
    assert_each_once(&ids, 1200);
}

#[test]
fn assets_that_fit_into_one_page_cost_one_call() {
    for assets in [0, 1, 100] {
        let (ids, calls) = read(&sandbox(assets, |_| 0));
        assert_each_once(&ids, assets);
        assert_eq!(calls, 1, "{assets} assets");
    }
}

#[test]
fn an_asset_that_ends_while_the_list_is_read_is_still_of_the_period() {
    let sandbox = sandbox(250, |number| number);
    let connect = sandbox.connect().unwrap();
    let listing = connect.usage().listing(LISTING).unwrap().unwrap();
    let mut assets = connect.usage().assets(&listing, &Period::day(date!(2024 - 05 - 02)));
    let mut ids = vec![assets.next().unwrap().unwrap().id];
    for number in [0, 150] {
        sandbox.update("assets", &format!("AS-{number:04}"), |asset| {
            asset["status"] = "terminated".into();
            asset["events"]["updated"]["at"] = "2024-06-01T00:00:00+00:00".into();
        });
    }
    ids.extend(assets.map(|asset| asset.unwrap().id));
    assert_each_once(&ids, 250);
}
