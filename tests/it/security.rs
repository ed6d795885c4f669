//! The threat table names tests that exist.

use std::path::{Path, PathBuf};

/// The tests that the table names, line by line.
fn named() -> Vec<(String, Vec<String>)> {
    let text = std::fs::read_to_string(root().join("SECURITY.md")).unwrap();
    let rows = text.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| threat"));
    rows.map(|row| {
        let cells: Vec<_> = row.trim_matches('|').split(" | ").collect();
        let [threat, _, tests] = cells[..] else { panic!("three cells: {row}") };
        let tests = tests.split(',').map(|test| test.trim_matches([' ', '`', '|']).to_owned());
        (threat.trim().to_owned(), tests.collect())
    })
    .collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Files that may hold the module: its own, or the one whose inner module `tests` it is.
fn files(modules: &[&str]) -> Vec<PathBuf> {
    let inner = modules.strip_suffix(&["tests"]).unwrap_or(modules);
    let file =
        |folder: &str, modules: &[&str]| root().join(folder).join(modules.join("/")).with_extension("rs");
    vec![file("tests", modules), file("src", modules), file("src", inner), file("", modules), file("", inner)]
}

#[test]
fn every_line_of_the_threat_table_names_tests_that_exist() {
    let rows = named();
    assert!(rows.len() > 20, "{}", rows.len());
    for (threat, tests) in rows {
        assert!(!tests.is_empty() && tests.iter().all(|test| !test.is_empty()), "{threat}: no test");
        for test in tests {
            let parts: Vec<_> = test.split("::").collect();
            let (name, modules) = parts.split_last().unwrap();
            let found = files(modules).into_iter().find_map(|file| {
                let text = std::fs::read_to_string(file).ok()?;
                let at = text.find(&format!("fn {name}("))?;
                Some(text[..at].trim_end().ends_with("#[test]"))
            });
            assert_eq!(found, Some(true), "{threat}: {test} is no test");
        }
    }
}
