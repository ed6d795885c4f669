//! The page for people who come from Python has a row for each name of that SDK.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

const PAGE: &str = include_str!("../src/from_python.rs");
const NAMES: &str = include_str!("fixtures/python_names.txt");

/// Each name in the first cell of a row, with the row's second cell.
fn rows() -> HashMap<&'static str, &'static str> {
    let mut rows = HashMap::new();
    for line in PAGE.lines() {
        let Some(row) = line.strip_prefix("//! | ") else { continue };
        let (names, rest) = row.split_once(" | ").expect("a row has cells");
        let here = rest.split('|').next().unwrap_or_default();
        for name in names.split('`').skip(1).step_by(2) {
            assert!(rows.insert(name, here).is_none(), "{name} has two rows");
        }
    }
    rows
}

/// The fields of every public struct of the sources, by the struct's name.
fn structs() -> HashMap<String, Vec<String>> {
    let mut structs: HashMap<String, Vec<String>> = HashMap::new();
    for path in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        let mut current = None;
        for line in fs::read_to_string(path).unwrap().lines() {
            let line = line.trim_start();
            if let Some(rest) = line.strip_prefix("pub struct ") {
                let name = rest.split(|c: char| !c.is_alphanumeric()).next().unwrap();
                current = Some(name.to_owned());
                structs.entry(name.to_owned()).or_default();
            } else if let (Some(name), Some((field, _))) =
                (&current, line.strip_prefix("pub ").and_then(|rest| rest.split_once(": ")))
            {
                structs.get_mut(name).unwrap().push(field.to_owned());
            }
        }
    }
    structs
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

/// The struct that a cell links to first: the last part of the link's target.
fn linked(cell: &str) -> Option<&str> {
    cell.split_once("](")?.1.split(')').next()?.rsplit("::").next()
}

#[test]
fn every_name_of_the_python_sdk_has_its_row() {
    let (rows, structs) = (rows(), structs());
    let has_place = |name: &str| {
        if rows.contains_key(name) {
            return true;
        }
        // A field without a row of its own has the same name in the struct that its class became.
        let Some((class, field)) = name.split_once('.') else { return false };
        let field = if field == "type" { "kind" } else { field };
        let fields = rows.get(class).and_then(|cell| structs.get(linked(cell)?));
        fields.is_some_and(|fields| fields.iter().any(|own| own == field))
    };
    let missing: Vec<_> = NAMES.lines().filter(|name| !has_place(name)).collect();
    assert!(missing.is_empty(), "without a row: {missing:?}");
}

#[test]
fn the_list_of_names_has_the_51_classes_of_the_documentation_with_their_fields() {
    let names: Vec<_> = NAMES.lines().collect();
    for name in [
        "ValueChoice.label",
        "Asset.get_item_by_global_id",
        "TierConfigRequest.parent_configuration",
        "UsageAutomation.get_usage_template",
        "SubmitUsageFile",
        "Query.lesser_equal",
        "Directory.get_tier_config",
    ] {
        assert!(names.contains(&name), "{name}");
    }
    assert!(names.len() > 400, "{}", names.len());
}
