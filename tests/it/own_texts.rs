//! Reasons and messages that the platform has cut, trimmed or escaped are still recognised as one's own.

use connect::sandbox::{Fault, Sandbox};
use connect::{Action, Certainty, Report, Verdict};

use crate::support::{TALK, client, one_order, only};

/// A text, and what the platform may have made of it.
fn texts() -> Vec<(String, String)> {
    let long = "no licence is left in this region, ".repeat(12);
    let cut: String = long.chars().take(120).collect();
    let cases = [
        ("no licence", "no licence"),
        ("  no licence\n", "no licence"),
        ("no\r\nlicence", "no licence"),
        ("a < b & \"c\"", "a &lt; b &amp; &quot;c&quot;"),
        ("it's over", "it&#x27;s over"),
        ("write &lt; for <", "write &lt; for <"),
        ("write &lt; for <", "write &amp;lt; for &lt;"),
        (&long, &cut),
        (&long, &format!("{cut}…")),
        (&long, &format!("{cut}...")),
    ];
    cases.map(|(ours, theirs)| (ours.to_owned(), theirs.to_owned())).into()
}

/// The platform's own texts from the next read on.
fn change(sandbox: &Sandbox, collection: String, key: &'static str, theirs: String) {
    sandbox.on_call(move |call, store| {
        if call.method != "GET" {
            return;
        }
        let ids: Vec<_> =
            store.all(&collection).iter().map(|value| value["id"].as_str().unwrap().to_owned()).collect();
        for id in ids {
            store.update(&collection, &id, |value| {
                if value[key].as_str().is_some_and(|text| !text.is_empty()) {
                    value[key] = theirs.clone().into();
                }
            });
        }
    });
}

fn fail(sandbox: &Sandbox, reason: &str) -> Report {
    client(sandbox).process_fulfillments(|_| Err(Action::fail(reason))).unwrap()
}

#[test]
fn a_lost_refusal_is_recognised_by_its_reason() {
    for (ours, theirs) in texts() {
        let sandbox = one_order();
        sandbox.fault(Fault::on("POST", "/requests/*/fail").reset().after_effect());
        change(&sandbox, "requests".into(), "reason", theirs.clone());
        let report = fail(&sandbox, &ours);
        let outcome = only(&report);
        let expected = (Verdict::Failed, Certainty::Observed);
        assert_eq!((outcome.verdict, outcome.certainty), expected, "{ours:?} as {theirs:?}: {report}");
    }
    // Another one's reason is a conflict, however much it begins like ours.
    for theirs in ["no", "no licence left", "out of stock"] {
        let sandbox = one_order();
        sandbox.fault(Fault::on("POST", "/requests/*/fail").reset().after_effect());
        change(&sandbox, "requests".into(), "reason", theirs.into());
        let report = fail(&sandbox, "no licence");
        assert_eq!(only(&report).verdict, Verdict::Errored, "{theirs:?}: {report}");
    }
}

#[test]
fn a_lost_message_is_recognised_by_its_text() {
    for (ours, theirs) in texts() {
        let sandbox = one_order();
        sandbox.fault(Fault::on("POST", "/conversations/*/messages").reset().after_effect());
        change(&sandbox, format!("conversations/{TALK}/messages"), "text", theirs.clone());
        let skip = || Action::skip().with_message(ours.as_str());
        let report = client(&sandbox).process_fulfillments(|_| Err(skip())).unwrap();
        assert_eq!(only(&report).warnings, [""; 0], "{ours:?} as {theirs:?}");
        assert_eq!(sandbox.messages(TALK).len(), 1, "{ours:?} as {theirs:?}");
    }
}
