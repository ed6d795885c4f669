//! The right name for one that a list does not have.

use crate::text::{distance, edits};

/// Names of the Python SDK and of this crate's models that the platform spells otherwise.
const SPELT_OTHERWISE: &[(&str, &str)] = &[
    ("kind", "type"),
    ("created_at", "created"),
    ("created.at", "created"),
    ("created.at", "events.created.at"),
    ("events.created.at", "created"),
    ("updated_at", "updated"),
    ("updated.at", "updated"),
    ("events.updated.at", "updated"),
    ("created_at", "created.at"),
    ("created_at", "events.created.at"),
    ("updated_at", "events.updated.at"),
    ("asset.tiers.customer.hub.id", "asset.connection.hub.id"),
    ("unassigned", "assignee.id"),
];

/// Look-ups that the old syntax adds to a name.
const OLD_LOOK_UPS: &[&str] = &[
    "in",
    "gt",
    "gte",
    "ge",
    "lt",
    "lte",
    "le",
    "contains",
    "icontains",
    "exact",
    "iexact",
    "isnull",
    "like",
];

/// What one part of a name more in the right one costs, and one part less, in letters.
const PART_MORE: usize = 1;
const PART_LESS: usize = 3;

/// The name that `wrong` most likely stands for.
pub(super) fn nearest<'n>(wrong: &str, names: &[&'n str]) -> Option<&'n str> {
    let plain = plain(wrong);
    let renamed =
        |name: &&&str| SPELT_OTHERWISE.iter().any(|(other, right)| *other == plain && right == *name);
    if let Some(name) = names.iter().find(renamed) {
        return Some(name);
    }
    // A text of megabytes costs nothing.
    let short = Some(&*plain).filter(|plain| plain.len() <= 128)?;
    let most = (short.len() / 4).max(2).min(short.len() / 2);
    let costs = names.iter().map(|name| {
        let dotted = !name.contains("__");
        ((cost(short, name), !dotted, name.len()), name)
    });
    let ((cost, ..), name) = costs.min_by_key(|(cost, _)| *cost)?;
    (cost <= most).then_some(name)
}

/// The name in small letters, with dots, and without the look-up of the old syntax.
fn plain(wrong: &str) -> String {
    let name = wrong.to_lowercase();
    let bare = match name.rsplit_once("__") {
        Some((name, look_up)) if OLD_LOOK_UPS.contains(&look_up) => name,
        _ => &name,
    };
    bare.replace("__", ".")
}

fn cost(wrong: &str, name: &str) -> usize {
    let (wrong, name) = (wrong.split('.').collect::<Vec<_>>(), plain(name));
    let name: Vec<_> = name.split('.').collect();
    let part = |a: &&str, b: &&str| {
        let (a, b): (Vec<_>, Vec<_>) = (a.chars().collect(), b.chars().collect());
        edits(&a, &b)
    };
    distance(&wrong, &name, (PART_LESS, PART_MORE), part)
}
