use super::*;

const MINUTE: Duration = Duration::from_secs(60);
const NOON: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

fn input(value: &str) -> Input {
    let mut input = Input::default();
    input.add(&serde_json::json!({ "email": value })).unwrap();
    input
}

fn record(name: &str, generation: u32, state: StepState) -> StepRecord {
    StepRecord {
        name: name.into(),
        generation,
        key: format!("PR-1:{name}:{generation}"),
        state,
        input: input("a").json(),
        result: Some("1".into()),
        keep: false,
        begun: NOON,
        previous: None,
    }
}

/// What comes next for the step `tenant` with this input, 61 seconds after noon.
struct Case {
    records: Vec<StepRecord>,
    asked: Vec<String>,
    was: Vec<String>,
    input: &'static str,
    on_change: Change,
    has_look_up: bool,
    is_distrusted: bool,
    now: OffsetDateTime,
}

fn case(records: impl Into<Vec<StepRecord>>) -> Case {
    Case {
        records: records.into(),
        asked: Vec::new(),
        was: Vec::new(),
        input: "a",
        on_change: Change::Error,
        has_look_up: false,
        is_distrusted: false,
        now: NOON + Duration::from_secs(61),
    }
}

impl Case {
    fn next(&self) -> Result<Next<'_>, String> {
        let input = input(self.input);
        let asked = Asked {
            name: "tenant",
            was: &self.was,
            input: &input,
            on_change: self.on_change,
            has_look_up: self.has_look_up,
            settle: MINUTE,
        };
        let situation = Situation {
            asked: &self.asked,
            records: &self.records,
            now: self.now,
            is_distrusted: self.is_distrusted,
        };
        next(&asked, &situation).map_err(|error| error.to_string())
    }

    fn refused(&self, part: &str) {
        match self.next() {
            Err(text) => assert!(text.contains(part), "{text}"),
            Ok(next) => panic!("{next:?}"),
        }
    }
}

#[test]
fn a_new_step_begins_in_the_first_generation() {
    assert_eq!(case([]).next(), Ok(Next::Begin { generation: 1, look_up: false }));
    let looked_up = Case { has_look_up: true, ..case([]) };
    assert_eq!(looked_up.next(), Ok(Next::Begin { generation: 1, look_up: false }));
}

#[test]
fn an_order_older_than_the_ledger_asks_the_look_up_before_the_first_begin_and_only_then() {
    let old = Case { is_distrusted: true, has_look_up: true, ..case([]) };
    assert_eq!(old.next(), Ok(Next::Begin { generation: 1, look_up: true }));
    let without = Case { is_distrusted: true, ..case([]) };
    assert_eq!(without.next(), Ok(Next::Begin { generation: 1, look_up: false }));
    let known =
        Case { is_distrusted: true, has_look_up: true, ..case([record("tenant", 1, StepState::Refused)]) };
    assert_eq!(known.next(), Ok(Next::Begin { generation: 2, look_up: false }));
}

#[test]
fn a_step_with_a_result_is_not_run_again() {
    let done = record("tenant", 3, StepState::Done);
    assert_eq!(case([done.clone()]).next(), Ok(Next::Value(&done)));
}

#[test]
fn a_step_of_which_nothing_was_made_begins_in_the_next_generation() {
    let refused = record("tenant", 2, StepState::Refused);
    let changed = Case { input: "b", ..case([refused]) };
    assert_eq!(changed.next(), Ok(Next::Begin { generation: 3, look_up: false }));
}

#[test]
fn a_begun_step_without_a_look_up_relies_on_its_key() {
    let begun = record("tenant", 1, StepState::Begun);
    let at_once = Case { now: NOON, ..case([begun.clone()]) };
    assert_eq!(at_once.next(), Ok(Next::Again { record: &begun, look_up: false }));
}

#[test]
fn a_begun_step_with_a_look_up_waits_until_the_vendor_s_index_has_settled() {
    let begun = record("tenant", 1, StepState::Begun);
    for (seconds, expected) in [
        (0, Next::Later(MINUTE)),
        (59, Next::Later(Duration::from_secs(1))),
        (60, Next::Again { record: &begun, look_up: true }),
        // A clock that was set back.
        (-86_400, Next::Anew { record: &begun, left: MINUTE }),
    ] {
        let now = NOON + time::Duration::seconds(seconds);
        let case = Case { has_look_up: true, now, ..case([begun.clone()]) };
        assert_eq!(case.next(), Ok(expected), "{seconds}");
    }
}

#[test]
fn a_changed_input_is_an_error_that_names_the_field() {
    for state in [StepState::Done, StepState::Begun] {
        let changed = Case { input: "b", ..case([record("tenant", 1, state)]) };
        changed.refused("its input has changed since: email.");
        let looked_up = Case { has_look_up: true, ..changed };
        looked_up.refused("email");
    }
}

#[test]
fn a_change_that_means_nothing_keeps_what_is_there() {
    let done = record("tenant", 1, StepState::Done);
    let kept = Case { input: "b", on_change: Change::Keep, ..case([done.clone()]) };
    assert_eq!(kept.next(), Ok(Next::Value(&done)));
    let begun = record("tenant", 1, StepState::Begun);
    let kept = Case { input: "b", on_change: Change::Keep, ..case([begun.clone()]) };
    assert_eq!(kept.next(), Ok(Next::Again { record: &begun, look_up: false }));
}

#[test]
fn a_change_that_is_an_update_is_made_to_what_is_known_to_be_there() {
    let update =
        |record: &StepRecord| Case { input: "b", on_change: Change::Update, ..case([record.clone()]) };
    let done = record("tenant", 1, StepState::Done);
    assert_eq!(update(&done).next(), Ok(Next::Update { record: &done }));
    let unchanged = Case { input: "a", ..update(&done) };
    assert_eq!(unchanged.next(), Ok(Next::Value(&done)));
    let begun = record("tenant", 1, StepState::Begun);
    update(&begun).refused("is begun, and its input has changed");
    let looked_up = Case { has_look_up: true, ..update(&begun) };
    assert_eq!(looked_up.next(), Ok(Next::Again { record: &begun, look_up: true }));
    let updating = StepRecord { previous: Some(("{}".into(), "0".into())), ..begun };
    assert_eq!(update(&updating).next(), Ok(Next::Update { record: &updating }));
    let same = Case { input: "a", ..update(&updating) };
    assert_eq!(same.next(), Ok(Next::Again { record: &updating, look_up: false }));
}

#[test]
fn a_name_is_used_once_in_an_attempt() {
    let twice = Case { asked: vec!["tenant".into()], ..case([]) };
    twice.refused("asked for twice");
}

#[test]
fn a_step_that_begins_before_a_recorded_one_is_an_error_before_its_effect() {
    for state in [StepState::Done, StepState::Begun, StepState::Unreadable] {
        case([record("licence", 1, state)]).refused("would begin before \"licence\"");
    }
    let next = Ok(Next::Begin { generation: 1, look_up: false });
    let in_order = Case { asked: vec!["licence".into()], ..case([record("licence", 1, StepState::Done)]) };
    assert_eq!(in_order.next(), next);
    assert_eq!(case([record("licence", 1, StepState::Refused)]).next(), next);
    assert_eq!(case([record("licence:undo", 1, StepState::Done)]).next(), next);
    // A recorded step may be asked for in any order: it has no effect.
    let done = record("tenant", 1, StepState::Done);
    assert_eq!(case([record("licence", 1, StepState::Done), done.clone()]).next(), Ok(Next::Value(&done)));
}

#[test]
fn a_renamed_step_is_its_record() {
    let done = record("account", 1, StepState::Done);
    case([done.clone()]).refused(".was(\"account\")");
    let renamed = Case { was: vec!["account".into()], ..case([done.clone()]) };
    assert_eq!(renamed.next(), Ok(Next::Value(&done)));
    let twice = Case { was: vec!["customer".into(), "account".into()], ..case([done.clone()]) };
    assert_eq!(twice.next(), Ok(Next::Value(&done)));
    // Its own record counts before an earlier one.
    let own = record("tenant", 1, StepState::Done);
    let both = Case { was: vec!["account".into()], ..case([done, own.clone()]) };
    assert_eq!(both.next(), Ok(Next::Value(&own)));
}

#[test]
fn a_step_that_was_two_steps_before_begins_anew_where_the_one_that_counts_was_refused() {
    let records = [record("account", 1, StepState::Refused), record("customer", 1, StepState::Done)];
    let merged = Case { was: vec!["account".into(), "customer".into()], ..case(records.clone()) };
    assert_eq!(merged.next(), Ok(Next::Begin { generation: 2, look_up: false }));
    let forgotten = Case { was: vec!["account".into()], ..case(records) };
    forgotten.refused("would begin before \"customer\"");
}

#[test]
fn an_unreadable_result_is_an_error_and_no_rerun() {
    case([record("tenant", 1, StepState::Unreadable)]).refused("cannot be read (1)");
}
