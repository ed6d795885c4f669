//! Months of cron in seconds: the clock is set, and nobody sleeps.

use std::collections::HashMap;
use std::time::Duration;

use connect::ledger::Attempts;
use connect::models::Request;
use connect::sandbox::{Sandbox, sample};
use connect::{Action, Approval, Ledger, OffsetDateTime, Options};

use crate::support::TEMPLATE;
use crate::support::job::{DAY, HOUR, Job, MINUTE, job};

const AWAY: &str = "connection refused";

/// A job whose vendor is away at times, and how often each order reached its closure.
struct Month {
    job: Job,
    start: OffsetDateTime,
    asked: HashMap<String, u32>,
    /// Times at which the vendor was called.
    called: Vec<OffsetDateTime>,
    news: Vec<String>,
    /// The error of each order that nothing helps.
    bad_error: &'static str,
}

fn is_bad(id: &str) -> bool {
    id[8..12].parse::<u32>().unwrap() % 12 == 7
}

fn month(orders: usize, bad_error: &'static str) -> Month {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.add_requests(orders, |_, _| {});
    let job = job(sandbox);
    let start = job.now;
    Month { job, start, asked: HashMap::new(), called: Vec::new(), news: Vec::new(), bad_error }
}

impl Month {
    fn away(&self, away: bool) {
        *self.job.vendor.away.borrow_mut() = away.then(|| AWAY.to_owned());
    }

    fn run(&mut self) {
        let Self { job, asked, called, bad_error, .. } = self;
        let options = Options::new().attempts(Attempts::new(12)).page_size(1000);
        let (news, _) = job.news(options, |ledger: &Ledger, request: &Request| {
            *asked.entry(request.id.clone()).or_default() += 1;
            called.push(job.now);
            let tenant = ledger.work(request).step("tenant").run(|key| {
                let tenant = job.vendor.make(key)?;
                if is_bad(&request.id) {
                    anyhow::bail!("{bad_error}");
                }
                Ok(tenant)
            });
            let _: String = tenant?;
            Ok::<_, Action>(Approval::template(TEMPLATE))
        });
        self.news.push(news);
    }

    /// Runs at this interval for so long.
    fn runs(&mut self, every: Duration, long: Duration) {
        let end = self.job.now + long;
        while self.job.now < end {
            self.run();
            self.job.wait(every);
        }
    }

    fn pending(&self) -> Vec<String> {
        let orders = self.job.sandbox.all("requests").into_iter();
        let pending = orders.filter(|order| order["status"] == "pending");
        pending.map(|order| order["id"].as_str().unwrap().to_owned()).collect()
    }

    fn dead(&self) -> usize {
        self.job.ledger().dead().unwrap().len()
    }

    /// The most calls to the vendor within an hour, from this time on.
    fn most_calls_an_hour(&self, since: OffsetDateTime) -> usize {
        let called: Vec<_> = self.called.iter().filter(|at| **at >= since).collect();
        let within =
            |from: OffsetDateTime| called.iter().filter(|at| ***at >= from && ***at < from + HOUR).count();
        called.iter().map(|at| within(**at)).max().unwrap_or_default()
    }

    fn told(&self, what: &str) -> usize {
        self.news.iter().flat_map(|news| news.lines()).filter(|line| line.contains(what)).count()
    }
}

/// The vendor is away for three days from the first run on, then it returns.
///
/// One in twelve orders is at fault itself.
fn three_days_away(orders: usize, bad_error: &'static str) -> Month {
    let mut month = month(orders, bad_error);
    month.away(true);
    // Seldom, so that it takes seconds, and often at the beginning and the end.
    month.runs(2 * MINUTE, 20 * MINUTE);
    month.runs(10 * MINUTE, 100 * MINUTE);
    month.runs(3 * HOUR, 2 * DAY + 18 * HOUR);
    month.runs(10 * MINUTE, 4 * HOUR);
    assert_eq!(month.job.now - month.start, 3 * DAY);
    assert_eq!((month.pending().len(), month.dead()), (orders, 0));
    let most = month.most_calls_an_hour(month.start);
    assert!(most <= 10, "{most} calls an hour");
    assert_eq!(month.told("seem to be away"), 1, "{:?}", month.news);
    assert_eq!(month.told("is over"), 0);
    month.away(false);
    month
}

/// The vendor returns: all are done one interval later, and the bad ones still die.
fn returns(mut month: Month) {
    let bad = month.pending().iter().filter(|id| is_bad(id)).count();
    month.runs(2 * MINUTE, 12 * MINUTE);
    let left = month.pending();
    assert!(left.iter().all(|id| is_bad(id)) && left.len() == bad, "{left:?}");
    assert_eq!((month.told("seem to be away"), month.told("is over")), (1, 1), "{:?}", month.news);
    month.asked.clear();
    month.runs(20 * MINUTE, DAY);
    assert_eq!((month.dead(), month.pending().len()), (bad, bad));
    assert!(month.asked.values().all(|asked| *asked <= 12), "{:?}", month.asked);
    // They die within some hours, each run's as one line.
    assert!((1..=4).contains(&month.told("it is not tried any more")), "{:?}", month.news);
}

#[test]
fn a_vendor_that_is_away_for_three_days_kills_no_order_and_all_are_done_one_interval_after_it_returns() {
    returns(three_days_away(60, "no such plan"));
}

#[test]
#[ignore = "takes a minute"]
fn three_hundred_orders_of_a_vendor_that_is_away_for_three_days() {
    returns(three_days_away(300, "no such plan"));
}

#[test]
fn orders_that_are_at_fault_by_the_same_words_as_an_outage_do_not_make_it_last() {
    let mut month = three_days_away(60, AWAY);
    month.runs(10 * MINUTE, HOUR);
    assert_eq!(month.pending().len(), 5);
    month.runs(20 * MINUTE, DAY);
    assert_eq!(month.dead(), 5);
}

#[test]
fn an_outage_in_which_orders_come_one_by_one_kills_none() {
    let mut month = month(0, "");
    month.away(true);
    for hour in 0..24 {
        let mut order = sample::request(&format!("PR-7000-{hour:04}-0000-001"));
        order["asset"]["id"] = format!("AS-{hour}").into();
        order["created"] = format!("2025-01-01T{hour:02}:00:00+00:00").into();
        month.job.sandbox.insert("requests", order);
        month.runs(10 * MINUTE, HOUR);
    }
    assert_eq!((month.dead(), month.pending().len()), (0, 24));
    let seen = month.start + 5 * HOUR;
    assert!(month.most_calls_an_hour(seen) <= 10, "{}", month.most_calls_an_hour(seen));
    assert_eq!(month.told("seem to be away"), 1);
    month.away(false);
    month.runs(10 * MINUTE, 20 * MINUTE);
    assert_eq!(month.pending().iter().filter(|id| !is_bad(id)).count(), 0);
}

#[test]
fn an_outage_that_answers_now_this_and_now_that_kills_none() {
    let mut month = month(12, "no such plan");
    let errors = ["connection refused", "the gateway timed out", "busy, come back later"];
    for ten_minutes in 0..6 * 24 {
        let error = errors[ten_minutes / 7 % errors.len()];
        *month.job.vendor.away.borrow_mut() = Some(error.to_owned());
        month.runs(10 * MINUTE, 10 * MINUTE);
    }
    assert_eq!((month.dead(), month.pending().len()), (0, 12));
    month.away(false);
    month.runs(2 * MINUTE, 20 * MINUTE);
    assert_eq!(month.pending().iter().filter(|id| !is_bad(id)).count(), 0);
    month.runs(20 * MINUTE, DAY);
    assert_eq!(month.dead(), 1);
}

#[test]
fn orders_that_always_err_are_tried_twelve_times_in_a_month_and_told_twice() {
    let mut month = month(120, "no such plan");
    month.runs(20 * MINUTE, DAY);
    month.runs(12 * HOUR, 29 * DAY);
    assert_eq!((month.dead(), month.pending().len()), (10, 10));
    let asked: Vec<_> = month.asked.iter().filter(|(id, _)| is_bad(id)).map(|(_, asked)| *asked).collect();
    assert_eq!(asked, [12; 10]);
    assert!(month.asked.iter().all(|(id, asked)| is_bad(id) || *asked == 1));
    let (first, last) = (month.told("errored: no such plan (and 9 more"), month.told("was the last one"));
    assert_eq!((first, month.told("seem to be away")), (1, 0), "{:?}", month.news);
    assert!((1..=4).contains(&last) && month.told("no such plan") == first + last, "{:?}", month.news);
}
