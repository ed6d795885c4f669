//! Acts on the store, outside of steps.

use super::super::subject::sealed::Sealed as _;
use super::*;

#[test]
fn a_store_that_says_no_more_than_it_must_is_one_machine_s_and_has_no_shares() {
    assert!(!NoStore.is_shared() && NoStore.warnings().is_empty());
    assert_eq!((NoStore.share("0/3").unwrap(), NoStore.half_done().unwrap()), (None, 0));
    let claim = Claim { nonce: 1, entry: Entry::default(), steps: Vec::new(), died: None };
    assert!(NoStore.is_held(&claim));
    let before = OffsetDateTime::now_utc();
    assert!((before..before + Duration::from_secs(3600)).contains(&NoStore.now()));
}

#[test]
fn a_result_that_comes_too_late_is_kept_apart_for_a_person() {
    let job = job();
    job.ledger.attach(None).unwrap();
    let Claimed::Yes(claim) = job.ledger.store().claim(&job.request.order(), job.ledger.now()).unwrap()
    else {
        panic!()
    };
    job.ledger.store().release(&claim, None).unwrap();
    assert_eq!(job.ledger.strays().unwrap(), []);
    let late = job.ledger.store().result(&claim, "tenant", 1, &StepEnd::Done("7"), job.ledger.now());
    assert_eq!(late.unwrap(), Kept::Stray);
    let [stray] = &job.ledger.strays().unwrap()[..] else { panic!() };
    assert_eq!((&*stray.id, &*stray.step, stray.result.as_deref()), ("PR-1-001", "tenant", Some("7")));
}

#[test]
fn an_order_with_nothing_to_undo_is_given_back() {
    let job = job();
    job.ledger.work(&job.request).step("tenant").run(|key| job.vendor.make(key)).unwrap();
    let Entered::Turn(turn) = job.ledger.enter(&job.request.order()).unwrap() else { panic!() };
    assert_eq!(job.ledger.leave_ended(&turn, "approved", false).unwrap(), Some(Left::Adopted));
    for _ in 0..2 {
        let mut undos = Undos::default();
        undos.add("tenant", |_: Made<String>, _| unreachable!());
        assert!(job.ledger.undo("requests", "PR-1-001", &mut undos).unwrap().is_none());
    }
    assert!(job.ledger.store().claim_ended("requests", "PR-1-001", job.ledger.now()).unwrap().is_some());
}

#[test]
fn a_person_decides_about_whatever_is_remembered() {
    let job = job();
    job.ledger.attach(None).unwrap();
    for collection in ["requests", "tier/config-requests", "usage/files", "listings"] {
        let id = format!("ID of {collection}");
        let order = Order { collection, id: &id, asset: None, created: None };
        let Entered::Turn(turn) = job.ledger.enter(&order).unwrap() else { panic!() };
        let entry = Entry { attempts: 3, dead: Some(job.ledger.now()), ..turn.entry().clone() };
        job.ledger.leave_turn(&turn, Some(&entry)).unwrap();
        assert_eq!(job.ledger.dead().unwrap(), [entry]);
        assert!(job.ledger.revive(&id, "jo: it works again").unwrap(), "{collection}");
        assert_eq!(job.ledger.dead().unwrap(), []);
    }
    assert!(!job.ledger.revive("ID of none", "jo: it works again").unwrap());
}

#[test]
fn why_no_step_is_run_for_an_order_that_cannot_be_had_is_said() {
    let job = job();
    let refused = |ledger: &Ledger, request: &Request| {
        let error = ledger.work(request).step::<String>("tenant").run(|_| unreachable!()).unwrap_err();
        assert_eq!(kind(&error), LedgerErrorKind::Held);
        error.to_string()
    };
    let of_asset = |id: &str, day: i64| {
        let mut request = Request { id: id.into(), ..job.request.clone() };
        request.asset.id = "AS-1".into();
        request.created = job.request.created.map(|created| created + time::Duration::days(day));
        request
    };
    let older = of_asset("PR-2-001", 0);
    job.ledger.work(&older).step("tenant").run(|key| job.vendor.make(key)).unwrap();
    let behind = refused(&job.ledger, &of_asset("PR-3-001", 1));
    assert!(behind.contains("the older order PR-2-001 of the same asset has not ended"), "{behind}");
    let Entered::Turn(turn) = job.ledger.enter(&older.order()).unwrap() else { panic!() };
    job.ledger.leave_ended(&turn, "approved", true).unwrap();
    let ended = refused(&job.ledger, &older);
    assert!(ended.contains("the order has ended: it is approved"), "{ended}");
    let second = Ledger::open(job.folder.path().join("ledger.db")).unwrap();
    let held = refused(&second, &job.request);
    assert!(held.contains("another run of this job has the ledger"), "{held}");
    let Claimed::Yes(_claim) = job.ledger.store().claim(&job.request.order(), job.ledger.now()).unwrap()
    else {
        panic!()
    };
    let taken = refused(&job.ledger, &job.request);
    assert!(taken.contains("another worker has the order"), "{taken}");
}

#[test]
fn a_job_is_named_by_its_program_also_where_that_was_replaced_while_it_runs() {
    for program in
        ["/opt/cron", "/opt/cron (deleted)", "/opt/cron.bin", "/opt/cron.bin (deleted)", "cron.exe"]
    {
        assert_eq!(job_of(Path::new(program)).as_deref(), Some("cron"), "{program}");
    }
    assert_eq!(job_of(Path::new("/")), None);
}
