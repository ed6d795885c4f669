//! A page of orders as the platform sends them.

/// One order of some 6 kB, all of whose parts are filled as in recorded data.
const ORDER: &str = include_str!("../../tests/fixtures/request_purchase.json");

/// The orders `range`, each with its own id and time of creation.
pub fn page(range: std::ops::Range<usize>) -> String {
    let compact = serde_json::from_str::<serde_json::Value>(ORDER).expect("the fixture is JSON").to_string();
    let mut out = String::with_capacity(range.len() * (compact.len() + 2) + 2);
    out.push('[');
    for number in range.clone() {
        if number > range.start {
            out.push(',');
        }
        out.push_str(&order(&compact, number));
    }
    out.push(']');
    out
}

fn order(compact: &str, number: usize) -> String {
    let (day, hour) = (1 + number / 86400, number / 3600 % 24);
    let (minute, second) = (number / 60 % 60, number % 60);
    let created = format!("\"created\":\"2024-03-{day:02}T{hour:02}:{minute:02}:{second:02}.000000+00:00\"");
    compact.replacen("PR-3391-7725-0148-001", &format!("PR-{number:012}-001"), 1).replacen(
        "\"created\":\"2024-03-04T09:12:44.317205+00:00\"",
        &created,
        1,
    )
}
