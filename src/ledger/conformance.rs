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
    Attached, Began, Begin, Claim, Claimed, Correction, Entry, Identity, Kept, Left, Note, Noted, Order,
    StepEnd, StepRecord, StepState, Store, Which,
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
    ("a part that is given back as ended is a tombstone until it is swept", ended_parts),
    ("an ended order stays as long as something is left to do for it", leftovers),
    ("an order is behind an older one of its asset that is remembered", behind),
    ("what is noted of many orders is read in their entries", notes),
    ("a person's correction is carried out", corrections),
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
    ensure!(again == Attached::Ready { made: false, born: NOON, in_hand: None }, "{again:?}");
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
    store.end(&first, "approved", None, NOON)?;
    ensure!(store.read(ORDER.collection, ORDER.id)?.is_none(), "something is");
    // Where others may have an old list, it is remembered that the order ended.
    match store.claim(&ORDER, NOON)? {
        Claimed::Yes(_) if !store.is_shared() => Ok(()),
        Claimed::Ended(state) if store.is_shared() && state == "approved" => Ok(()),
        other => bail!("it has ended: {other:?}"),
    }
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
    // Of an order that is looked up only the id is known.
    let second = claim(store, &Order { asset: None, created: None, ..ORDER })?;
    ensure!(second.steps.len() == 1, "{:?}", second.steps);
    let Entry { asset, created, .. } = &second.entry;
    ensure!((asset.as_deref(), *created) == (ORDER.asset, ORDER.created), "{:?}", second.entry);
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
    let began = store.begin(&held, &tenant(1), NOON)?;
    ensure!(began == Began::Dead && only_step(store)? == step, "an old generation began: {began:?}");
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
    let mut strays = Vec::new();
    store
        .strays(&mut |stray| strays.push((stray.id, stray.step, stray.generation, stray.result, stray.at)))?;
    let expected = (ORDER.id.to_owned(), "tenant".to_owned(), 1, Some("1".to_owned()), NOON);
    ensure!(strays == [expected], "{strays:?}");
    let entry = Entry { attempts: 7, ..old.entry.clone() };
    store.release(&old, Some(&entry))?;
    store.end(&old, "failed", None, NOON)?;
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
        told_at: at(6),
        looked: at(5),
        unseen: at(7),
        state: Some("inquiring".into()),
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
    store.each(ORDER.collection, Which::All, &mut |entry| found.push(entry))?;
    found.sort_by(|a, b| a.id.cmp(&b.id));
    ensure!(found.len() == 2, "{found:?}");
    ensure!(found.first() == Some(&plain), "{found:?}");
    let ids = |which| {
        let mut ids = Vec::new();
        store.each(ORDER.collection, which, &mut |entry| ids.push(entry.id))?;
        Ok::<_, anyhow::Error>(ids)
    };
    ensure!(ids(Which::Open)? == [ORDER.id], "open: {:?}", ids(Which::Open)?);
    let alive = |hours| Which::Alive { before: NOON + Duration::hours(hours) };
    ensure!(ids(alive(5))? == [other.id], "alive: {:?}", ids(alive(5))?);
    ensure!(ids(alive(6))? == [ORDER.id, other.id], "alive: {:?}", ids(alive(6))?);
    Ok(())
}

fn tombstones(store: &dyn Store) -> Result<()> {
    let held = one_begun(store)?;
    store.result(&held, "tenant", 1, &StepEnd::Done("1"), NOON)?;
    store.end(&held, "approved", None, NOON + Duration::HOUR)?;
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

fn leftovers(store: &dyn Store) -> Result<()> {
    let held = one_begun(store)?;
    ensure!(store.claim_ended(ORDER.collection, ORDER.id, NOON)?.is_none(), "it has not ended");
    store.result(&held, "tenant", 1, &StepEnd::Done("1"), NOON)?;
    store.end(&held, "failed", Some(Left::Undo), NOON)?;
    store.sweep(NOON + Duration::HOUR)?;
    let claim = store.claim_ended(ORDER.collection, ORDER.id, NOON)?.context("nothing is left")?;
    ensure!(claim.entry.left == Some(Left::Undo) && claim.steps.len() == 1, "{claim:?}");
    ensure!(store.claim_ended(ORDER.collection, ORDER.id, NOON)?.is_none(), "two undo it");
    let undo = Begin { name: "undo:tenant", key: "PR-1-001:undo:tenant:1", ..tenant(1) };
    begun(store.begin(&claim, &undo, NOON)?)?;
    store.result(&claim, "undo:tenant", 1, &StepEnd::Done("null"), NOON)?;
    store.release(&claim, Some(&Entry { left: None, ..claim.entry.clone() }))?;
    ensure!(matches!(store.claim(&ORDER, NOON)?, Claimed::Ended(_)), "it has not ended any more");
    store.sweep(NOON + Duration::HOUR)?;
    ensure!(store.read(ORDER.collection, ORDER.id)?.is_none(), "it is not swept");
    Ok(())
}

fn ended_parts(store: &dyn Store) -> Result<()> {
    attach(store)?;
    let part = Order { collection: "listings", id: "LST-1/2024-05-01", asset: None, ..ORDER };
    let held = claim(store, &part)?;
    let state = Some("/usage/files/UF-1".to_owned());
    let ended = Entry { ended: Some(NOON), state: state.clone(), ..held.entry.clone() };
    store.release(&held, Some(&ended))?;
    let claimed = store.claim(&part, NOON)?;
    ensure!(matches!(&claimed, Claimed::Ended(found) if Some(found) == state.as_ref()), "{claimed:?}");
    let held = store.claim_ended(part.collection, part.id, NOON)?.context("it cannot be claimed")?;
    ensure!(held.entry == ended, "{:?}", held.entry);
    ensure!(store.claim_ended(part.collection, part.id, NOON)?.is_none(), "it was claimed twice");
    store.release(&held, None)?;
    store.sweep(NOON)?;
    ensure!(store.read(part.collection, part.id)?.is_some(), "it is swept too early");
    store.sweep(NOON + Duration::HOUR)?;
    ensure!(store.read(part.collection, part.id)?.is_none(), "it is not swept");
    claim(store, &part).map(drop)
}

fn behind(store: &dyn Store) -> Result<()> {
    let older = one_begun(store)?;
    store.release(&older, None)?;
    let younger = Order { id: "PR-2-001", created: Some(NOON + Duration::HOUR), ..ORDER };
    let claimed = store.claim(&younger, NOON)?;
    ensure!(matches!(&claimed, Claimed::Behind(id) if id == ORDER.id), "{claimed:?}");
    for apart in [
        Order { asset: Some("AS-2"), ..younger },
        Order { asset: None, ..younger },
        Order { collection: "tier/config-requests", ..younger },
        Order { created: Some(NOON - Duration::HOUR), ..younger },
    ] {
        store.release(&claim(store, &apart)?, None)?;
    }
    let older = claim(store, &ORDER)?;
    store.end(&older, "approved", None, NOON)?;
    claim(store, &younger).map(drop)
}

fn notes(store: &dyn Store) -> Result<()> {
    let held = one_begun(store)?;
    store.release(&held, None)?;
    let note = |what, at| store.note(ORDER.collection, &[Note { id: ORDER.id, what }], at);
    let entry = || Ok::<_, anyhow::Error>(store.read(ORDER.collection, ORDER.id)?.context("nothing")?.0);
    note(Noted::Seen(None), NOON)?;
    note(Noted::Seen(None), NOON + Duration::HOUR)?;
    ensure!(
        (entry()?.unseen, entry()?.looked) == (Some(NOON), Some(NOON + Duration::HOUR)),
        "{:?}",
        entry()?
    );
    note(Noted::Seen(Some("inquiring")), NOON + Duration::DAY)?;
    ensure!(entry()?.unseen.is_none() && entry()?.looked == Some(NOON + Duration::DAY), "{:?}", entry()?);
    ensure!(entry()?.state.as_deref() == Some("inquiring") && entry()?.ended.is_none(), "{:?}", entry()?);
    note(Noted::Told("errored"), NOON)?;
    ensure!(entry()?.told.as_deref() == Some("errored") && entry()?.told_at == Some(NOON), "{:?}", entry()?);
    // Nothing is made by a note.
    store.note(ORDER.collection, &[Note { id: "PR-9-001", what: Noted::Told("x") }], NOON)?;
    ensure!(store.read(ORDER.collection, "PR-9-001")?.is_none(), "a note made an entry");
    let held = claim(store, &ORDER)?;
    store.end(&held, "failed", None, NOON)?;
    note(Noted::Seen(Some("pending")), NOON)?;
    ensure!(entry()?.state.as_deref() == Some("failed"), "an ended order came back: {:?}", entry()?);
    Ok(())
}

fn corrections(store: &dyn Store) -> Result<()> {
    let held = one_begun(store)?;
    let dead =
        Entry { attempts: 3, dead: Some(NOON), due: Some(NOON), later: Some(NOON), ..held.entry.clone() };
    store.release(&held, Some(&dead))?;
    let correct = |id: &str, correction: &Correction<'_>| {
        store.correct(ORDER.collection, id, correction, "jo: the ERP is back", NOON)
    };
    ensure!(!correct("PR-9-001", &Correction::Revive)?, "an order that is not remembered was revived");
    ensure!(!correct(ORDER.id, &Correction::Acknowledge)?, "there was nothing to acknowledge");
    ensure!(!correct(ORDER.id, &Correction::Set { step: "other", result: "1" })?, "a step that is not there");
    ensure!(correct(ORDER.id, &Correction::Set { step: "tenant", result: "\"T-1\"" })?, "not set");
    ensure!(only_step(store)?.state == StepState::Done, "{:?}", only_step(store)?);
    ensure!(only_step(store)?.result.as_deref() == Some("\"T-1\""), "{:?}", only_step(store)?);
    ensure!(correct(ORDER.id, &Correction::Revive)?, "not revived");
    let held = claim(store, &ORDER)?;
    let Entry { attempts, dead, due, later, .. } = &held.entry;
    ensure!((*attempts, dead, due, later) == (0, &None, &None, &None), "{:?}", held.entry);
    store.end(&held, "approved", Some(Left::Adopted), NOON)?;
    ensure!(!correct(ORDER.id, &Correction::Revive)?, "an order that has ended was revived");
    ensure!(correct(ORDER.id, &Correction::Acknowledge)?, "not acknowledged");
    let (entry, _) = store.read(ORDER.collection, ORDER.id)?.context("nothing")?;
    ensure!(entry.left.is_none(), "{entry:?}");
    ensure!(correct(ORDER.id, &Correction::Forget)?, "not forgotten");
    ensure!(store.read(ORDER.collection, ORDER.id)?.is_none(), "it is remembered");
    Ok(())
}
