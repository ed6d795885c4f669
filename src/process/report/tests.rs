use super::*;

fn report(outcomes: impl IntoIterator<Item = Certainty>) -> Report {
    let mut report = Report::new("orders", false);
    for (n, certainty) in outcomes.into_iter().enumerate() {
        report.add(Outcome { certainty, ..Outcome::errored(n.to_string(), None) });
    }
    report
}

#[test]
fn a_thousand_are_listed_and_another_thousand_of_those_that_are_not_plain() {
    let (plain, remarkable) = (Certainty::Confirmed, Certainty::Observed);
    let of = |first, second| {
        let all = std::iter::repeat_n(first, 1200).chain(std::iter::repeat_n(second, 1200));
        let report = report(all);
        let plain = report.iter().filter(|outcome| outcome.is_plain()).count();
        (plain, report.outcomes().len() - plain, report.unlisted())
    };
    assert_eq!(of(plain, remarkable), (1000, 1000, 400));
    assert_eq!(of(remarkable, plain), (0, 1000, 1400));
}

#[test]
fn what_is_not_certain_is_counted_by_its_kind() {
    use Certainty::{AlreadyDone, Confirmed, Observed, Unknown};
    let report = report([
        Observed,
        Observed,
        Observed,
        AlreadyDone,
        AlreadyDone,
        Unknown,
        Confirmed,
        Unknown,
        Unknown,
        Unknown,
    ]);
    assert_eq!((report.observed(), report.already_done(), report.unknown()), (3, 2, 4));
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(
        (&json["observed"], &json["already_done"], &json["unknown"]),
        (&3.into(), &2.into(), &4.into())
    );
}

#[test]
fn a_duration_is_said_in_its_unit() {
    let said = |millis| Span(Duration::from_millis(millis)).to_string();
    for (millis, text) in [
        (0, "0 ms"),
        (999, "999 ms"),
        (1000, "1.0 s"),
        (119_900, "119.9 s"),
        (120_000, "2 min"),
        (7_199_999, "119 min"),
        (7_200_000, "2 h"),
        (172_799_999, "47 h"),
        (172_800_000, "2 days"),
    ] {
        assert_eq!(said(millis), text);
    }
}

#[test]
fn a_message_that_arrived_late_takes_back_the_warning_of_its_own_order() {
    let unknown = format!("{UNKNOWN_MESSAGE}: broke off");
    let mut report = Report::new("orders", false);
    for (id, warnings) in [("A", &[unknown.as_str()][..]), ("B", &[]), ("B", &["another", &unknown])] {
        let warnings = warnings.iter().map(ToString::to_string).collect();
        report.add(Outcome { warnings, ..Outcome::errored(id.into(), None) });
    }
    report.message_arrived("B");
    let left: Vec<_> = report.outcomes().iter().map(|outcome| outcome.warnings.len()).collect();
    assert_eq!(left, [1, 0, 1]);
    assert_eq!(report.outcomes()[2].warnings, ["another"]);
}
