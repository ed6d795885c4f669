//! Recipes for a job that makes things in the vendor's systems. Each one is run by the tests, on the [sandbox](crate::sandbox).
//!
//! - [A vendor API that fails](#a-vendor-api-that-fails)
//! - [Undo](#undo)
//! - [Attempts, and who is told](#attempts-and-who-is-told)
//! - [An API without idempotency keys](#an-api-without-idempotency-keys)
//! - [Several products in one job](#several-products-in-one-job)
//! - [Values of a tier config in a purchase](#values-of-a-tier-config-in-a-purchase)
//! - [Renaming a step](#renaming-a-step)
//! - [All together](#all-together)
//! - [Testing all this](#testing-all-this)
//!
//! # A vendor API that fails
//!
//! Each effect is a [step](crate::ledger::Step) of its own. An error through `?` leaves the order pending, and the next run goes
//! on where this one failed: steps with a result are not run again. Where the API says that nothing was made and never will
//! be, mark the error with [`step::refused`](crate::step::refused), and fail the order.
//!
//! What the effect depends on is the step's [input](crate::ledger::Step::input). Should the customer change the address after
//! the tenant was made, the order is an error that says so, and no second tenant is made:
//! [`keep_result`](crate::ledger::Step::keep_result) or [`on_change`](crate::ledger::Step::on_change) say what the change means.
//!
//! ```
//! # use connect::models::{ParamUpdate, Request};
//! # use connect::sandbox::Sandbox;
//! # fn main() -> anyhow::Result<()> {
//! # let folder = tempfile::tempdir()?;
//! # let sandbox = Sandbox::start()?;
//! # let connect = sandbox.connect()?;
//! use connect::{Action, Approval, Ledger, Options, step};
//!
//! /// What the vendor's API answers.
//! fn create_tenant(key: &str, email: &str) -> anyhow::Result<String> {
//!     if !email.contains('@') {
//!         return Err(step::refused(NoSuchMailbox));
//!     }
//!     Ok(format!("tenant-of-{key}"))
//! }
//!
//! fn provision(ledger: &Ledger, request: &Request) -> Result<Approval, Action> {
//!     let email = request.value("email").unwrap_or_default();
//!     let work = ledger.work(request);
//!     let tenant = work.step("tenant").input(email).run(|key| create_tenant(key, email));
//!     let tenant: String = tenant.map_err(|error| match error.downcast_ref::<NoSuchMailbox>() {
//!         Some(refused) => Action::fail(refused.to_string()),
//!         None => error.into(),
//!     })?;
//!     Ok(Approval::template("TL-497-535-242").with_params([ParamUpdate::value("tenant_id", &tenant)]))
//! }
//!
//! let ledger = Ledger::open(folder.path().join("ledger.db"))?;
//! let options = Options::new().ledger(&ledger);
//! let report = connect.fulfillment().process_with(options, |request| provision(&ledger, request))?;
//! # assert_eq!(report.errored(), 0, "{report}");
//! # #[derive(Debug)] struct NoSuchMailbox;
//! # impl std::fmt::Display for NoSuchMailbox {
//! #     fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str("There is no such mailbox") }
//! # }
//! # impl std::error::Error for NoSuchMailbox {}
//! # Ok(()) }
//! ```
//!
//! # Undo
//!
//! An [undo](crate::Options::undo) takes back what the step of its name made, once the platform says that the order has failed.
//! The order of things is fixed: first the platform fails the order, then the last step is undone, then the one before it. An
//! undo that fails is told once and tried again by the next runs. A step whose effect may stay says
//! [`keep`](crate::ledger::Step::keep). An undo is not called for a step that ended with
//! [`step::refused`](crate::step::refused), since nothing was made. A step that was begun and whose answer was lost has no
//! result: its undo asks the API by the key that the step was run with.
//!
//! ```
//! # use std::cell::RefCell;
//! # use connect::sandbox::Sandbox;
//! # fn main() -> anyhow::Result<()> {
//! # let folder = tempfile::tempdir()?;
//! # let sandbox = Sandbox::start()?;
//! # let connect = sandbox.connect()?;
//! # let tenants = RefCell::new(Vec::<String>::new());
//! # let create_tenant = |key: &str| { tenants.borrow_mut().push(key.into()); anyhow::Ok(key.to_owned()) };
//! # let delete_tenant = |id: &str, _key: &str| { tenants.borrow_mut().retain(|other| other != id); anyhow::Ok(()) };
//! # let find_tenant = |key: &str| anyhow::Ok(tenants.borrow().iter().find(|id| *id == key).cloned());
//! use connect::ledger::Made;
//! use connect::{Action, Ledger, Options};
//!
//! let ledger = Ledger::open(folder.path().join("ledger.db"))?;
//! let options = Options::new().ledger(&ledger).undo("tenant", |made: Made<String>, key| match &made.result {
//!     Some(tenant) => delete_tenant(tenant, key),
//!     // The step was begun, and its answer was lost: the key that it was run with is all that is known.
//!     None => match find_tenant(&made.key)? {
//!         Some(tenant) => delete_tenant(&tenant, key),
//!         None => Ok(()), // it was never made
//!     },
//! });
//! let report = connect.fulfillment().process_with(options, |request| {
//!     ledger.work(request).step("tenant").run(|key| create_tenant(key))?;
//!     Err(Action::fail("sold out"))
//! })?;
//! # assert!(report.failed() > 0 && tenants.borrow().is_empty(), "{report}");
//! # Ok(()) }
//! ```
//!
//! An order that somebody else approved after its steps were run is *adopted*: its customer may have half of the product. It is
//! told, and nothing is undone. [`Ledger::leftovers`](crate::Ledger::leftovers) lists such orders until somebody
//! [acknowledges](crate::Ledger::acknowledge) them.
//!
//! # Attempts, and who is told
//!
//! Without more, an order that errs is tried in every run, and printed in every run. [`Attempts`](crate::ledger::Attempts) bound
//! that: pauses that double, and after the last attempt the order is dead. [`print_news`](crate::Report::print_news) prints what
//! nobody was told yet, which is what cron should mail.
//!
//! An outage of the vendor's systems costs no attempts. The same error of five different orders makes an outage, with no order
//! between them for which the step was done. As long as fewer than five orders wait, the attempts count, so a small limit is
//! not enough: the five of `Attempts::new(5)` are over after 15 minutes of downtime at most, and the twelve of
//! `Attempts::new(12)` after 6 hours.
//!
//! ```
//! # use connect::sandbox::Sandbox;
//! # fn main() -> anyhow::Result<()> {
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("ledger.db");
//! # let sandbox = Sandbox::start()?;
//! # let connect = sandbox.connect()?;
//! use std::time::Duration;
//!
//! use connect::ledger::Attempts;
//! use connect::{Action, Ledger, Options};
//!
//! let run = || -> anyhow::Result<u8> {
//!     let ledger = Ledger::open(&path)?;
//!     let options = Options::new()
//!         .ledger(&ledger)
//!         .attempts(Attempts::new(12).private_note())
//!         .tell_again(Duration::from_secs(7 * 86400));
//!     let report = connect.fulfillment().process_with(options, |_| Err(Action::error("no such country")))?;
//!     Ok(report.print_news(&ledger))
//! };
//! assert_eq!((run()?, run()?), (1, 0)); // told once
//! # Ok(()) }
//! ```
//!
//! Once the cause is mended, a person lets the dead orders be tried again, in a program of a few lines:
//!
//! ```
//! # fn main() -> anyhow::Result<()> {
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("ledger.db");
//! let ledger = connect::Ledger::open(path)?;
//! for order in ledger.dead()? {
//!     println!("{}: {}", order.id, order.error.as_deref().unwrap_or_default());
//! }
//! ledger.revive_all(|order| order.error.as_deref() == Some("no such country"), "jo: Kosovo is in the list now")?;
//! # Ok(()) }
//! ```
//!
//! # An API without idempotency keys
//!
//! An API that honours the key makes one effect, however often it is called with it. One that does not can mostly be asked what
//! is there. A step with a [look-up](crate::ledger::Step::look_up) is asked for before it is run again, and not sooner than a
//! minute after it was begun, since the API's own search may lag.
//!
//! ```
//! # use connect::models::{ParamUpdate, Request};
//! # use connect::sandbox::Sandbox;
//! # struct Vendor;
//! # impl Vendor {
//! #     fn create(&self, reference: &str) -> anyhow::Result<String> { Ok(format!("T-{reference}")) }
//! #     fn find(&self, _reference: &str) -> anyhow::Result<Option<String>> { Ok(None) }
//! # }
//! # fn main() -> anyhow::Result<()> {
//! # let folder = tempfile::tempdir()?;
//! # let sandbox = Sandbox::start()?;
//! # let connect = sandbox.connect()?;
//! # let vendor = Vendor;
//! use connect::ledger::Found;
//! use connect::{Action, Approval, Ledger, Options};
//!
//! let ledger = Ledger::open(folder.path().join("ledger.db"))?;
//! let report = connect.fulfillment().process_with(Options::new().ledger(&ledger), |request| {
//!     let tenant: String = ledger
//!         .work(request)
//!         .step("tenant")
//!         // Most APIs keep a free text or a reference of the caller's: the key is good for that, too.
//!         .look_up(|key| Ok(vendor.find(key)?.map_or(Found::NotThere, Found::Mine)))
//!         .run(|key| vendor.create(key))?;
//!     Ok(Approval::template("TL-497-535-242").with_params([ParamUpdate::value("tenant_id", &tenant)]))
//! })?;
//! # assert!(report.approved() > 0, "{report}");
//! # Ok(()) }
//! ```
//!
//! # Several products in one job
//!
//! The configuration names all of them, and the closure tells them apart. One ledger serves the whole job.
//!
//! ```
//! # use connect::models::Request;
//! # use connect::sandbox::{Sandbox, sample};
//! # fn main() -> anyhow::Result<()> {
//! # let sandbox = Sandbox::start()?;
//! # let connect = sandbox.connect()?;
//! # fn backup(_: &Request) -> Result<Approval, Action> { Ok(Approval::template("TL-497-535-242")) }
//! # fn mail(_: &Request) -> Result<Approval, Action> { Err(Action::skip()) }
//! # const BACKUP: &str = sample::PRODUCT;
//! # const MAIL: &str = "PRD-000-000-002";
//! use connect::{Action, Approval};
//!
//! let report = connect.process_fulfillments(|request| match request.product_id() {
//!     BACKUP => backup(request),
//!     MAIL => mail(request),
//!     other => Err(Action::error(format!("nobody has said what to do for {other}"))),
//! })?;
//! # assert!(report.approved() > 0, "{report}");
//! # Ok(()) }
//! ```
//!
//! # Values of a tier config in a purchase
//!
//! What a reseller has set up once is read where an order needs it. The reseller is the account at the order's first tier.
//!
//! ```
//! # use connect::sandbox::Sandbox;
//! # fn main() -> anyhow::Result<()> {
//! # let sandbox = Sandbox::start()?;
//! # let connect = sandbox.connect()?;
//! use std::time::Duration;
//!
//! use connect::rql::Query;
//! use connect::{Action, Approval};
//!
//! let report = connect.process_fulfillments(|request| {
//!     let reseller = request.asset.tiers.tier1.id.as_str();
//!     let query = Query::new().equal("product.id", request.product_id()).equal("account.id", reseller);
//!     let Some(config) = connect.directory().tier_configs(&query).next().transpose()? else {
//!         return Err(Action::later(Duration::from_secs(3600), "its reseller is not set up yet"));
//!     };
//!     let Some(number) = config.value("reseller_no") else {
//!         return Err(Action::error(format!("{} has no reseller_no", config.id)));
//!     };
//!     log::info!("the reseller's number is {number}");
//!     Ok(Approval::template("TL-497-535-242"))
//! })?;
//! # Ok(()) }
//! ```
//!
//! # Renaming a step
//!
//! Orders that are half done know a step by the name that it had. [`was`](crate::ledger::Step::was) takes its record over, with
//! its result and its key. A step that the program no longer has is named as [retired](crate::ledger::Work::retired). A program
//! that does neither is stopped before it makes anything twice.
//!
//! ```
//! # use connect::sandbox::{Fault, Sandbox};
//! # fn main() -> anyhow::Result<()> {
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("ledger.db");
//! # let sandbox = Sandbox::start()?;
//! # let connect = sandbox.connect()?;
//! # let calls = std::cell::Cell::new(0_u64);
//! # let create_account = |key: &str| { calls.set(calls.get() + 1); anyhow::Ok(key.to_owned()) };
//! # sandbox.fault(Fault::on("POST", "/requests/*/approve").status(400).always());
//! use connect::{Approval, Ledger, Options};
//! # {
//! # let ledger = Ledger::open(&path)?;
//! # connect.fulfillment().process_with(Options::new().ledger(&ledger), |request| {
//! #     ledger.work(request).step("tenant").run(|key| create_account(key))?;
//! #     Ok(Approval::template("TL-497-535-242"))
//! # })?.errored();
//! # }
//! # let made = calls.get();
//! # sandbox.clear_faults();
//!
//! let ledger = Ledger::open(path)?;
//! let report = connect.fulfillment().process_with(Options::new().ledger(&ledger), |request| {
//!     let _account: String =
//!         ledger.work(request).step("account").was("tenant").run(|key| create_account(key))?;
//!     Ok(Approval::template("TL-497-535-242"))
//! })?;
//! # assert_eq!((report.approved(), calls.get()), (made, made), "{report}");
//! # Ok(()) }
//! ```
//!
//! # All together
//!
//! Two steps with their undos, attempts with a note for dead orders, and news for cron. `main` opens the connection, calls `run`
//! and exits with the code that it returns.
//!
//! ```
//! use std::path::Path;
//!
//! use connect::ledger::{Attempts, Made};
//! use connect::models::{ParamUpdate, Request, RequestKind};
//! use connect::{Action, Approval, Connect, Ledger, Options};
//!
//! fn run(connect: &Connect, ledger: &Path, vendor: &Vendor) -> anyhow::Result<u8> {
//!     let ledger = Ledger::open(ledger)?;
//!     let options = Options::new()
//!         .ledger(&ledger)
//!         .attempts(Attempts::new(12).private_note())
//!         .undo("tenant", |made, key| delete(vendor, made, key))
//!         .undo("licence", |made, key| delete(vendor, made, key));
//!     let report = connect.fulfillment().process_with(options, |request| provision(&ledger, vendor, request))?;
//!     Ok(report.print_news(&ledger))
//! }
//!
//! fn provision(ledger: &Ledger, vendor: &Vendor, request: &Request) -> Result<Approval, Action> {
//!     if request.kind != RequestKind::Purchase {
//!         return Err(Action::skip());
//!     }
//!     let Some(email) = request.value("email") else {
//!         return Err(Action::inquire([ParamUpdate::error("email", "Please give an address")]));
//!     };
//!     let work = ledger.work(request);
//!     let tenant: String = work.step("tenant").input(email).run(|key| vendor.make_tenant(email, key))?;
//!     let licence = work.step("licence").input(&tenant).run(|key| vendor.make_licence(&tenant, key));
//!     // The vendor's API said so with an error of this type, in `step::refused`.
//!     let licence: String = licence.map_err(|error| match error.downcast_ref::<SoldOut>() {
//!         Some(sold_out) => Action::fail(sold_out.to_string()),
//!         None => error.into(),
//!     })?;
//!     let params = [ParamUpdate::value("tenant_id", &tenant), ParamUpdate::value("purchase_id", &licence)];
//!     Ok(Approval::template("TL-497-535-242").with_params(params))
//! }
//!
//! /// Without a result, the key that the step was run with is all that is known.
//! fn delete(vendor: &Vendor, made: Made<String>, key: &str) -> anyhow::Result<()> {
//!     match made.result.map_or_else(|| vendor.find(&made.key), |id| Ok(Some(id)))? {
//!         Some(id) => vendor.delete(&id, key),
//!         None => Ok(()), // it was never made
//!     }
//! }
//! # #[derive(Debug)] struct SoldOut;
//! # impl std::fmt::Display for SoldOut {
//! #     fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str("sold out") }
//! # }
//! # impl std::error::Error for SoldOut {}
//! # #[derive(Default)] struct Vendor { made: std::cell::RefCell<Vec<String>>, left: std::cell::Cell<u32> }
//! # impl Vendor {
//! #     fn make_tenant(&self, _email: &str, key: &str) -> anyhow::Result<String> {
//! #         self.made.borrow_mut().push(key.to_owned());
//! #         if self.made.borrow().len() == 1 { anyhow::bail!("the answer was lost") }
//! #         Ok(key.to_owned())
//! #     }
//! #     fn make_licence(&self, _tenant: &str, key: &str) -> anyhow::Result<String> {
//! #         let Some(left) = self.left.get().checked_sub(1) else { return Err(connect::step::refused(SoldOut)) };
//! #         self.left.set(left);
//! #         self.made.borrow_mut().push(key.to_owned());
//! #         Ok(key.to_owned())
//! #     }
//! #     fn find(&self, key: &str) -> anyhow::Result<Option<String>> {
//! #         Ok(self.made.borrow().iter().find(|made| *made == key).cloned())
//! #     }
//! #     fn delete(&self, id: &str, _key: &str) -> anyhow::Result<()> { self.made.borrow_mut().retain(|made| made != id); Ok(()) }
//! # }
//! # fn main() -> anyhow::Result<()> {
//! # use connect::sandbox::{NewOrder, NewProduct, Sandbox};
//! # let (folder, sandbox) = (tempfile::tempdir()?, Sandbox::empty()?);
//! # let product = NewProduct::new("PRD-1").ordering_parameter("email").item("SEAT");
//! # sandbox.define(product.fulfillment_parameter("tenant_id").fulfillment_parameter("purchase_id"));
//! # let order = || sandbox.order(NewOrder::purchase("PRD-1").item("SEAT", 5).value("email", "a@example.org"));
//! # let (first, second) = (order()?, order()?);
//! # let vendor = Vendor { left: 1.into(), ..Vendor::default() };
//! # let once = || run(&sandbox.connect()?, &folder.path().join("ledger.db"), &vendor);
//! # assert_eq!((once()?, once()?), (1, 0));
//! # assert_eq!(sandbox.status(&second).as_deref(), Some("approved"));
//! # sandbox.act(|others| others.fail(&first, "no"))?;
//! # assert_eq!((once()?, vendor.made.borrow().len()), (0, 2));
//! # let third = order()?;
//! # assert_eq!((once()?, vendor.made.borrow().len()), (0, 2));
//! # assert_eq!(sandbox.status(&third).as_deref(), Some("failed"));
//! # Ok(()) }
//! ```
//!
//! # Testing all this
//!
//! The [sandbox](crate::sandbox) is the platform on loopback, with faults on demand. A run is a function call, so a test plays the
//! runs of a day one after the other, each with a ledger that knows nothing but its file.
//!
//! ```
//! # use std::cell::Cell;
//! # use connect::models::Request;
//! # use connect::{Action, Approval};
//! # fn provision(ledger: &Ledger, request: &Request, tenants: &Cell<u64>) -> Result<Approval, Action> {
//! #     ledger.work(request).step("tenant").run(|key| { tenants.set(tenants.get() + 1); Ok(key.to_owned()) })?;
//! #     Ok(Approval::template("TL-497-535-242"))
//! # }
//! use connect::sandbox::{Fault, Sandbox, sample};
//! use connect::{Ledger, Options};
//!
//! # fn main() -> anyhow::Result<()> {
//! let (folder, sandbox, tenants) = (tempfile::tempdir()?, Sandbox::empty()?, Cell::new(0));
//! sandbox.insert("requests", sample::request("PR-1000-0000-0001-001"));
//! sandbox.fault(Fault::on("POST", "/requests/*/approve").status(503).times(3));
//! let connect = sandbox.connect()?;
//! for _run in 0..2 {
//!     let ledger = Ledger::open(folder.path().join("ledger.db"))?;
//!     let options = Options::new().ledger(&ledger);
//!     let report = connect.fulfillment().process_with(options, |request| provision(&ledger, request, &tenants))?;
//!     report.print();
//! }
//! assert_eq!(sandbox.status("PR-1000-0000-0001-001").as_deref(), Some("approved"));
//! assert_eq!(tenants.get(), 1);
//! # Ok(()) }
//! ```
//!
//! Attempts are played without waiting where their pauses are zero: each run is an attempt then. An order that is placed with
//! [`Sandbox::order`](crate::sandbox::Sandbox::order) has an open conversation, whose id is its own with `CO-` in the place of
//! `PR-`.
//!
//! ```
//! use std::time::Duration;
//!
//! use connect::ledger::Attempts;
//! use connect::sandbox::{NewOrder, NewProduct, Sandbox};
//! use connect::{Action, Ledger, Options};
//!
//! # fn main() -> anyhow::Result<()> {
//! let (folder, sandbox) = (tempfile::tempdir()?, Sandbox::empty()?);
//! sandbox.define(NewProduct::new("PRD-1").item("SEAT"));
//! let id = sandbox.order(NewOrder::purchase("PRD-1").item("SEAT", 5))?;
//! let connect = sandbox.connect()?;
//! let at_once = Attempts::new(3).first(Duration::ZERO).longest(Duration::ZERO).private_note();
//! for attempt in 1..=3 {
//!     let ledger = Ledger::open(folder.path().join("ledger.db"))?;
//!     let options = Options::new().ledger(&ledger).attempts(at_once);
//!     let report = connect.fulfillment().process_with(options, |_| Err(Action::error("no such country")))?;
//!     assert_eq!((report.errored(), ledger.dead()?.len()), (1, usize::from(attempt == 3)));
//! }
//! let notes = sandbox.messages(&id.replace("PR-", "CO-"));
//! assert_eq!(notes[0]["text"], "Processing failed 3 times and has ended.");
//! # Ok(()) }
//! ```
