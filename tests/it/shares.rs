//! Several machines with one job: each has its share, and what it has begun stays with it.

use std::cell::RefCell;
use std::collections::HashMap;

use connect::models::Request;
use connect::sandbox::Sandbox;
use connect::{Action, Approval, Error, Ledger, Options, Report};
use tempfile::TempDir;

use crate::support::{TEMPLATE, client};

const ORDERS: usize = 100;
/// A page of so many is no longer than what a test reads.
const PAGE: u32 = 50;

/// A hundred orders of fifty assets.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::empty().unwrap();
    sandbox.add_requests(ORDERS, |number, request| {
        request["asset"]["id"] = format!("AS-1000-0000-{:04}", number / 2).into();
    });
    sandbox
}

/// Machines with a ledger each, and a vendor who honours no keys.
struct Machines {
    folder: TempDir,
    sandbox: Sandbox,
    tenants: RefCell<HashMap<String, u32>>,
}

impl Machines {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), sandbox: sandbox(), tenants: RefCell::default() }
    }

    fn ledger(&self, machine: u32) -> Ledger {
        Ledger::open(self.folder.path().join(format!("{machine}.db"))).unwrap()
    }

    fn run(&self, machine: u32, options: Options<'_>, ends: bool) -> Report {
        let ledger = self.ledger(machine);
        let connect = client(&self.sandbox);
        connect
            .fulfillment()
            .process_with(options.ledger(&ledger).page_size(PAGE), |request| {
                self.decide(&ledger, request, ends)
            })
            .unwrap()
    }

    fn decide(&self, ledger: &Ledger, request: &Request, ends: bool) -> Result<Approval, Action> {
        ledger.work(request).step("tenant").run(|_| {
            *self.tenants.borrow_mut().entry(request.id.clone()).or_default() += 1;
            Ok(1)
        })?;
        if ends { Ok(Approval::template(TEMPLATE)) } else { Err(Action::error("the ERP is down")) }
    }

    fn pending(&self) -> usize {
        self.sandbox.all("requests").iter().filter(|request| request["status"] == "pending").count()
    }
}

#[test]
fn each_order_is_of_one_share_and_the_orders_of_an_asset_are_of_the_same() {
    let sandbox = sandbox();
    let handled = RefCell::new(HashMap::<String, u32>::new());
    let assets = RefCell::new(HashMap::<String, u32>::new());
    for index in 0..4 {
        let report = client(&sandbox)
            .fulfillment()
            .process_with(Options::new().share(index, 4).page_size(PAGE), |request| {
                *handled.borrow_mut().entry(request.id.clone()).or_default() += 1;
                let first = *assets.borrow_mut().entry(request.asset.id.clone()).or_insert(index);
                assert_eq!(first, index, "{}", request.asset.id);
                Err(Action::skip())
            })
            .unwrap();
        assert_eq!(report.skipped() + report.others(), ORDERS as u64, "{report:?}");
        assert!(report.skipped() > 0 && report.others() > 0, "{report:?}");
        // What others do is no reason for cron to mail.
        assert_eq!((report.to_string(), report.exit_code()), (String::new(), 0));
        assert_eq!(serde_json::to_value(&report).unwrap()["others"], report.others());
    }
    let handled = handled.into_inner();
    assert_eq!((handled.len(), handled.values().max()), (ORDERS, Some(&1)));
}

#[test]
fn a_share_that_cannot_be_is_refused_before_any_call() {
    let sandbox = sandbox();
    for (index, of, text) in [(3, 3, "share 3 of 3 is none"), (0, 0, "one of at least 1")] {
        let error = client(&sandbox)
            .fulfillment()
            .process_with(Options::new().share(index, of), |_| Err(Action::skip()))
            .unwrap_err();
        assert!(matches!(error, Error::Input(_)) && error.to_string().contains(text), "{error}");
    }
    assert_eq!(sandbox.journal().len(), 0);
}

#[test]
fn a_ledger_that_is_half_done_in_one_share_is_drained_before_it_is_of_another() {
    let machines = Machines::new();
    for machine in 0..3 {
        let report = machines.run(machine, Options::new().share(machine, 3), false);
        assert_eq!(report.errored(), report.behind(), "{report}");
    }
    let begun = machines.tenants.borrow().len();
    // The second order of an asset waits for the first.
    assert_eq!(begun, ORDERS / 2);
    // Given another number at once, each handles what it has begun, whosever that is now, and nothing else.
    for machine in 0..3 {
        let report = machines.run(machine, Options::new().share(machine, 4), true);
        let expected = format!("the ledger is of share {machine}/3 and not of {machine}/4");
        assert!(report.warnings().iter().any(|warning| warning.starts_with(&expected)), "{report}");
        assert!(report.warnings().iter().any(|warning| warning.contains("drained")), "{report}");
        let passed = report.others() + report.waiting() + report.behind();
        assert_eq!(report.approved() + passed, report.backlog().unwrap(), "{report}");
    }
    assert_eq!(machines.pending(), ORDERS - begun);
    for machine in 0..4 {
        let report = machines.run(machine, Options::new().share(machine, 4), true);
        assert!(report.warnings().iter().all(|warning| !warning.contains("share")), "{report}");
    }
    assert_eq!(machines.pending(), 0);
    let tenants = machines.tenants.borrow();
    assert_eq!((tenants.len(), tenants.values().max()), (ORDERS, Some(&1)));
}

#[test]
fn a_run_that_drains_handles_what_has_begun_and_tells_what_is_left() {
    let machines = Machines::new();
    let _ = machines.run(0, Options::new().share(0, 1).max(10), false);
    let report = machines.run(0, Options::new().share(0, 1).drain().max(4), true);
    assert_eq!((report.approved(), machines.pending()), (4, ORDERS - 4), "{report}");
    assert_eq!(report.warnings(), ["6 orders with steps have not ended"]);
    let report = machines.run(0, Options::new().share(0, 1).drain(), true);
    assert_eq!((report.approved(), machines.pending()), (6, ORDERS - 10), "{report}");
    assert_eq!(report.warnings(), ["the ledger is drained: all orders with steps have ended"]);
    assert_eq!((report.waiting() + report.behind(), report.others()), (ORDERS as u64 - 10, 0));
}

#[test]
fn a_dry_run_with_another_share_notes_nothing() {
    let machines = Machines::new();
    let _ = machines.run(0, Options::new().share(0, 2).max(1), false);
    for _ in 0..2 {
        let ledger = machines.ledger(0);
        let options = Options::new().ledger(&ledger).share(1, 3).page_size(PAGE).dry_run(true);
        let report =
            client(&machines.sandbox).fulfillment().process_with(options, |_| Err(Action::skip())).unwrap();
        assert!(report.warnings().iter().any(|warning| warning.contains("of share 0/2")), "{report}");
    }
}
