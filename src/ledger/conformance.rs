//! What every [`Store`] must do, to be run by whoever writes one.
//!
//! ```no_run
//! # fn my_store() -> Box<dyn connect::ledger::Store> { unimplemented!() }
//! # #[cfg(test)]
//! #[test]
//! fn my_store_conforms() {
//!     connect::ledger::conformance::check(|| my_store()).unwrap();
//! }
//! ```

use anyhow::{Context as _, Result, bail, ensure};
use time::{Duration, OffsetDateTime};

use super::store::{
    Attached, Began, Begin, Claim, Claimed, Entry, Identity, Kept, Order, StepEnd, StepRecord, StepState,
    Store,
};

const OURS: Identity<'static> =
    Identity { job: "conformance", endpoint: Some("https://example.com/public/v1") };
const NOON: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;
const ORDER: Order<'static> =
    Order { collection: "requests", id: "PR-1-001", asset: Some("AS-1"), created: Some(NOON) };

type Act = fn(&dyn Store) -> Result<()>;

const ACTS: &[(&str, Act)] = &[
    ("a store knows whose it is", identity),
    ("nothing is remembered of an order without steps", nothing_to_remember),
    ("a claim is given once, and again when it was given back", claims),
    ("a step begins, ends, and is read as it was written", begin_and_result),
    ("a step that is done does not begin again", done),
    ("a step that was begun begins again with its key", again),
    ("a changed input is told and changes nothing", changed),
    ("a step of which nothing was made begins in a new generation", refused),
    ("a generation that replaces a result keeps it until its own end", replaced),
    ("a renamed step takes its record along", renamed),
    ("an act under a lost claim is refused, and its result kept apart", lost),
    ("an entry is read as it was given back", entries),
    ("an ended order with steps is a tombstone until it is swept", tombstones),
];

/// Tries every act on stores that `make` makes, each of them new and empty.
///
/// # Errors
///
/// The first act that does not do what it must, with what it did.
pub fn check<S: Store>(mut make: impl FnMut() -> S) -> Result<()> {
    for (name, act) in ACTS {
        act(&make()).with_context(|| format!("not so: {name}"))?;
    }
    Ok(())
}

/// A store that a run has.
fn attach(store: &dyn Store) -> Result<()> {
    match store.attach(&OURS, false, NOON)? {
        Attached::Ready { .. } => Ok(()),
        Attached::Held => bail!("a new store is held by another run"),
    }
}

fn claim(store: &dyn Store, order: &Order<'_>) -> Result<Claim> {
    match store.claim(order, NOON)? {
        Claimed::Yes(claim) => Ok(*claim),
        other => bail!("no claim on {}: {other:?}", order.id),
    }
}

fn tenant(generation: u32) -> Begin<'static> {
    Begin {
        name: "tenant",
        was: None,
        generation,
        key: "PR-1-001:tenant:1",
        input: r#"{"email":"1"}"#,
        keep: false,
    }
}

fn begun(began: Began) -> Result<StepRecord> {
    match began {
        Began::Begun(record) => Ok(record),
        other => bail!("it did not begin: {other:?}"),
    }
}

/// A store with one claimed order, whose step `tenant` has begun.
fn one_begun(store: &dyn Store) -> Result<Claim> {
    attach(store)?;
    let claim = claim(store, &ORDER)?;
    begun(store.begin(&claim, &tenant(1), NOON)?)?;
    Ok(claim)
}

fn only_step(store: &dyn Store) -> Result<StepRecord> {
    let (_, steps) = store.read(ORDER.collection, ORDER.id)?.context("nothing is remembered")?;
    let [step] =
        <[StepRecord; 1]>::try_from(steps).map_err(|steps| anyhow::anyhow!("not one step: {steps:?}"))?;
    Ok(step)
}

fn identity(store: &dyn Store) -> Result<()> {
    let Attached::Ready { born, .. } = store.attach(&OURS, false, NOON)? else { bail!("held") };
    ensure!(born == NOON, "born {born}");
    let again = store.attach(&OURS, false, NOON + Duration::HOUR)?;
    ensure!(again == Attached::Ready { made: false, born: NOON }, "{again:?}");
    for other in
        [Identity { job: "other", ..OURS }, Identity { endpoint: Some("https://other.example"), ..OURS }]
    {
        ensure!(store.attach(&other, false, NOON).is_err(), "it is {other:?}'s too");
        ensure!(store.attach(&other, true, NOON).is_err(), "a dry run may read it as {other:?}");
    }
    ensure!(store.attach(&Identity { endpoint: None, ..OURS }, false, NOON).is_ok(), "an endpoint is needed");
    Ok(())
}

fn nothing_to_remember(store: &dyn Store) -> Result<()> {
    attach(store)?;
    let first = claim(store, &ORDER)?;
    ensure!(
        first.steps.is_empty() && first.entry.id == ORDER.id && first.entry.asset.as_deref() == ORDER.asset
    );
    ensure!(first.entry.created == ORDER.created, "created {:?}", first.entry.created);
    store.end(&first, "approved", NOON)?;
    ensure!(store.read(ORDER.collection, ORDER.id)?.is_none(), "something is");
    claim(store, &ORDER).map(drop)
}

fn claims(store: &dyn Store) -> Result<()> {
    attach(store)?;
    let first = claim(store, &ORDER)?;
    ensure!(matches!(store.claim(&ORDER, NOON)?, Claimed::Held), "two have it");
    // The same id in another collection is another object.
    let other = claim(store, &Order { collection: "tier/config-requests", ..ORDER })?;
    ensure!(other.nonce != first.nonce, "two claims are the same");
    store.release(&first, None)?;
    let second = claim(store, &ORDER)?;
    ensure!(second.nonce != first.nonce, "a claim is the one before it");
    store.release(&first, None)?;
    ensure!(matches!(store.claim(&ORDER, NOON)?, Claimed::Held), "an old claim gave the new one back");
    Ok(())
}

fn begin_and_result(store: &dyn Store) -> Result<()> {
    let held = one_begun(store)?;
    let step = only_step(store)?;
    let expected = StepRecord {
        name: "tenant".into(),
        generation: 1,
        key: "PR-1-001:tenant:1".into(),
        state: StepState::Begun,
        input: r#"{"email":"1"}"#.into(),
        result: None,
        keep: false,
        begun: NOON,
        previous: None,
    };
    ensure!(step == expected, "{step:?}");
    let value = "{\"id\":\"T-1 'é\u{1f980}\\u0000\"}";
    let kept = store.result(&held, "tenant", 1, &StepEnd::Done(value), NOON)?;
    ensure!(kept == Kept::Recorded, "{kept:?}");
    let step = only_step(store)?;
    ensure!(
        step == StepRecord { state: StepState::Done, result: Some(value.into()), ..expected },
        "{step:?}"
    );
    // Steps are read in the order of their begin, whatever their names are.
    begun(store.begin(&held, &Begin { name: "a", key: "PR-1-001:a:1", keep: true, ..tenant(1) }, NOON)?)?;
    store.result(&held, "a", 1, &StepEnd::Unreadable("no text"), NOON)?;
    store.release(&held, None)?;
    let steps = claim(store, &ORDER)?.steps;
    let told: Vec<_> = steps.iter().map(|step| (step.name.as_str(), step.state, step.keep)).collect();
    ensure!(told == [("tenant", StepState::Done, false), ("a", StepState::Unreadable, true)], "{told:?}");
    Ok(())
}

fn done(store: &dyn Store) -> Result<()> {
    let held = one_begun(store)?;
    store.result(&held, "tenant", 1, &StepEnd::Done("1"), NOON)?;
    let began = store.begin(&held, &tenant(1), NOON)?;
    ensure!(matches!(&began, Began::Done(step) if step.result.as_deref() == Some("1")), "{began:?}");
    // A second result is not that of the step.
    let kept = store.result(&held, "tenant", 1, &StepEnd::Done("2"), NOON)?;
    ensure!(kept == Kept::Stray && only_step(store)?.result.as_deref() == Some("1"), "{kept:?}");
    Ok(())
}

fn again(store: &dyn Store) -> Result<()> {
    let first = one_begun(store)?;
    store.release(&first, None)?;
    let second = claim(store, &ORDER)?;
    ensure!(second.steps.len() == 1, "{:?}", second.steps);
    let later = NOON + Duration::HOUR;
    let step = begun(store.begin(&second, &Begin { key: "another", ..tenant(1) }, later)?)?;
    ensure!(step.key == "PR-1-001:tenant:1" && step.begun == later, "{step:?}");
    ensure!(only_step(store)? == step, "it is not recorded");
    Ok(())
}

fn changed(store: &dyn Store) -> Result<()> {
    let held = one_begun(store)?;
    let before = only_step(store)?;
    let began = store.begin(&held, &Begin { input: "{}", ..tenant(1) }, NOON)?;
    ensure!(matches!(&began, Began::Changed(step) if *step == before), "{began:?}");
    ensure!(only_step(store)? == before, "it changed");
    Ok(())
}

fn refused(store: &dyn Store) -> Result<()> {
    let held = one_begun(store)?;
    store.result(&held, "tenant", 1, &StepEnd::Refused, NOON)?;
    ensure!(only_step(store)?.state == StepState::Refused, "{:?}", only_step(store)?);
    let began = store.begin(&held, &tenant(1), NOON)?;
    ensure!(began == Began::Dead, "the old generation: {began:?}");
    let next = Begin { key: "PR-1-001:tenant:2", input: "{}", ..tenant(2) };
    let step = begun(store.begin(&held, &next, NOON)?)?;
    ensure!(step.generation == 2 && step.key == next.key && step.input == "{}", "{step:?}");
    ensure!(step.previous.is_none() && only_step(store)? == step, "{step:?}");
    let kept = store.result(&held, "tenant", 1, &StepEnd::Done("late"), NOON)?;
    ensure!(kept == Kept::Stray && only_step(store)? == step, "the old generation ended: {kept:?}");
    Ok(())
}

fn replaced(store: &dyn Store) -> Result<()> {
    let held = one_begun(store)?;
    store.result(&held, "tenant", 1, &StepEnd::Done("1"), NOON)?;
    let done = only_step(store)?;
    let next = Begin { key: "PR-1-001:tenant:2", input: "{}", ..tenant(2) };
    let step = begun(store.begin(&held, &next, NOON)?)?;
    let previous = Some((done.input.clone(), "1".to_owned()));
    ensure!(step.previous == previous && step.result.is_none(), "{step:?}");
    // Begun once more with yet another input, the result stays what it was.
    let third = Begin { key: "PR-1-001:tenant:3", input: "3", ..tenant(3) };
    let step = begun(store.begin(&held, &third, NOON)?)?;
    ensure!(step.previous == previous, "{step:?}");
    store.result(&held, "tenant", 3, &StepEnd::Refused, NOON)?;
    let step = only_step(store)?;
    ensure!(step.state == StepState::Done && step.generation == 3 && step.previous.is_none(), "{step:?}");
    ensure!((step.input == done.input) && step.result.as_deref() == Some("1"), "{step:?}");
    begun(store.begin(&held, &Begin { key: "PR-1-001:tenant:4", input: "4", ..tenant(4) }, NOON)?)?;
    store.result(&held, "tenant", 4, &StepEnd::Done("4"), NOON)?;
    let step = only_step(store)?;
    ensure!(step.result.as_deref() == Some("4") && step.input == "4" && step.previous.is_none(), "{step:?}");
    Ok(())
}

fn renamed(store: &dyn Store) -> Result<()> {
    let held = one_begun(store)?;
    let account = Begin { name: "account", was: Some("tenant"), key: "PR-1-001:account:1", ..tenant(1) };
    let step = begun(store.begin(&held, &account, NOON)?)?;
    ensure!(
        step.name == "account" && step.key == "PR-1-001:tenant:1" && only_step(store)? == step,
        "{step:?}"
    );
    store.result(&held, "account", 1, &StepEnd::Done("1"), NOON)?;
    // A name that has its own record does not lose it.
    begun(store.begin(&held, &tenant(1), NOON)?)?;
    let began = store.begin(&held, &account, NOON)?;
    ensure!(matches!(&began, Began::Done(step) if step.result.as_deref() == Some("1")), "{began:?}");
    Ok(())
}

fn lost(store: &dyn Store) -> Result<()> {
    let old = one_begun(store)?;
    store.release(&old, None)?;
    let began = store.begin(&old, &tenant(1), NOON)?;
    ensure!(began == Began::Dead, "given back: {began:?}");
    let new = claim(store, &ORDER)?;
    let began = store.begin(&old, &tenant(1), NOON)?;
    ensure!(began == Began::Dead, "another's: {began:?}");
    let kept = store.result(&old, "tenant", 1, &StepEnd::Done("1"), NOON)?;
    ensure!(kept == Kept::Stray && only_step(store)?.state == StepState::Begun, "{kept:?}");
    let entry = Entry { attempts: 7, ..old.entry.clone() };
    store.release(&old, Some(&entry))?;
    store.end(&old, "failed", NOON)?;
    let (entry, _) = store.read(ORDER.collection, ORDER.id)?.context("an old claim ended the order")?;
    ensure!(entry.attempts == 0 && entry.ended.is_none(), "{entry:?}");
    begun(store.begin(&new, &tenant(1), NOON)?).map(drop)
}

fn entries(store: &dyn Store) -> Result<()> {
    attach(store)?;
    let held = claim(store, &ORDER)?;
    let at = |hours| Some(NOON + Duration::hours(hours));
    let entry = Entry {
        attempts: 3,
        due: at(1),
        later: at(2),
        error: Some("ERP is down".into()),
        erred: at(3),
        dead: at(4),
        round: Some("r".into()),
        told: Some("t".into()),
        plan: Some("{}".into()),
        looked: at(5),
        ..held.entry.clone()
    };
    store.release(&held, Some(&entry))?;
    let (found, steps) = store.read(ORDER.collection, ORDER.id)?.context("it is not remembered")?;
    ensure!(found == entry && steps.is_empty(), "{found:?}");
    let held = claim(store, &ORDER)?;
    ensure!(held.entry == entry, "{:?}", held.entry);
    // What is no longer so is forgotten.
    let plain = Entry { error: None, due: None, attempts: 0, ..entry };
    store.release(&held, Some(&plain))?;
    let other = Order { id: "PR-2-001", ..ORDER };
    let held = claim(store, &other)?;
    store.release(&held, Some(&held.entry))?;
    let elsewhere = Order { collection: "usage/files", ..ORDER };
    let held = claim(store, &elsewhere)?;
    store.release(&held, Some(&held.entry))?;
    let mut found = Vec::new();
    store.each(ORDER.collection, &mut |entry| found.push(entry))?;
    found.sort_by(|a, b| a.id.cmp(&b.id));
    ensure!(found.len() == 2, "{found:?}");
    ensure!(found.first() == Some(&plain), "{found:?}");
    Ok(())
}

fn tombstones(store: &dyn Store) -> Result<()> {
    let held = one_begun(store)?;
    store.result(&held, "tenant", 1, &StepEnd::Done("1"), NOON)?;
    store.end(&held, "approved", NOON + Duration::HOUR)?;
    let claimed = store.claim(&ORDER, NOON)?;
    ensure!(matches!(&claimed, Claimed::Ended(state) if state == "approved"), "{claimed:?}");
    let (entry, steps) = store.read(ORDER.collection, ORDER.id)?.context("no tombstone")?;
    ensure!(entry.ended == Some(NOON + Duration::HOUR) && steps.len() == 1, "{entry:?} {steps:?}");
    store.sweep(NOON + Duration::HOUR)?;
    ensure!(store.read(ORDER.collection, ORDER.id)?.is_some(), "swept too early");
    store.sweep(NOON + Duration::hours(2))?;
    ensure!(store.read(ORDER.collection, ORDER.id)?.is_none(), "not swept");
    let fresh = claim(store, &ORDER)?;
    ensure!(fresh.steps.is_empty(), "its steps are there: {:?}", fresh.steps);
    Ok(())
}
