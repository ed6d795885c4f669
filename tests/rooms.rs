//! The top-level modules of `src/`, called rooms here, use each other in one direction only: no circle among them.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(
    clippy::similar_names,
    clippy::maybe_infinite_iter,
    clippy::case_sensitive_file_extension_comparisons,
    reason = "a room uses another; the iterator ends with the text; Rust's files end in .rs"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

#[path = "rooms/code.rs"]
mod code;

use code::{Code, split};

/// Texts by their paths below `src/`, with `/`.
type Sources = BTreeMap<String, String>;

/// Where a room uses another: (user, used) and the places.
type Uses = BTreeMap<(String, String), BTreeSet<(String, usize)>>;

/// The first step of a path below `src/`: what `process.rs` and `process/plan.rs` share.
fn room_of(path: &str) -> &str {
    path.split('/').next().unwrap().trim_end_matches(".rs")
}

/// Modules between the root and what a file says: 0 for `lib.rs`, 1 for `process.rs`, 2 for `process/plan.rs`.
fn depth(path: &str) -> usize {
    if path == "lib.rs" { 0 } else { path.split('/').count() }
}

/// The code of each file that is not there for tests alone.
fn product(sources: &Sources) -> BTreeMap<&str, Code<'_>> {
    let mut files: BTreeMap<_, _> = sources.iter().map(|(path, text)| (path.as_str(), split(text))).collect();
    let of_tests: Vec<_> = files
        .iter()
        .flat_map(|(path, code)| {
            let folder = if depth(path) == 0 { "" } else { path.trim_end_matches("rs") }.replace('.', "/");
            code.test_modules.iter().map(move |name| format!("{folder}{name}"))
        })
        .collect();
    files.retain(|path, _| {
        let module = path.trim_end_matches(".rs");
        !of_tests.iter().any(|test| module == test || module.starts_with(&format!("{test}/")))
    });
    files
}

/// Every use of one room by another.
fn uses(sources: &Sources) -> Uses {
    let files = product(sources);
    let rooms: BTreeSet<_> = files.keys().filter(|path| depth(path) > 0).map(|path| room_of(path)).collect();
    let exports = files.get("lib.rs").map(Code::exports).unwrap_or_default();
    let mut uses = Uses::new();
    for (path, code) in &files {
        let user = room_of(path);
        for (line, name) in code.names_at_the_root(depth(path)) {
            let used = if rooms.contains(name) { name } else { exports.get(name).map_or("", |path| *path) };
            assert!(
                rooms.contains(used),
                "src/{path}:{line}: crate::{name} is no room and lib.rs does not re-export it from one"
            );
            if depth(path) > 0 && used != user {
                uses.entry((user.into(), used.into())).or_default().insert(((*path).into(), line));
            }
        }
    }
    uses
}

/// The rooms that lead back to themselves, each with its own way round; nothing where there are none.
fn circles(uses: &Uses) -> String {
    let mut reached: BTreeSet<(&str, &str)> = uses.keys().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    let rooms: BTreeSet<&str> = reached.iter().flat_map(|(a, b)| [*a, *b]).collect();
    for via in &rooms {
        for from in &rooms {
            for to in &rooms {
                if reached.contains(&(from, via)) && reached.contains(&(via, to)) {
                    reached.insert((from, to));
                }
            }
        }
    }
    let both = |a: &str, b: &str| reached.contains(&(a, b)) && reached.contains(&(b, a));
    let mut told = String::new();
    let mut left: BTreeSet<_> = rooms.into_iter().filter(|room| both(room, room)).collect();
    while let Some(first) = left.first().copied() {
        let circle: Vec<_> = left.iter().copied().filter(|room| both(first, room)).collect();
        left.retain(|room| !circle.contains(room));
        writeln!(told, "a circle of {}:", circle.join(", ")).unwrap();
        for ((from, to), places) in uses {
            if circle.contains(&from.as_str()) && circle.contains(&to.as_str()) {
                let places: Vec<_> = places.iter().map(|(path, line)| format!("src/{path}:{line}")).collect();
                writeln!(told, "  {from} uses {to}: {}", places.join(", ")).unwrap();
            }
        }
    }
    told
}

fn read(folder: &Path, below: &str, sources: &mut Sources) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("{below}{}", path.file_name().unwrap().to_str().unwrap());
        if path.is_dir() {
            read(&path, &format!("{name}/"), sources);
        } else if name.ends_with(".rs") {
            sources.insert(name, fs::read_to_string(path).unwrap());
        }
    }
}

#[test]
fn no_room_leads_back_to_itself() {
    let mut sources = Sources::new();
    read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), "", &mut sources);
    let uses = uses(&sources);
    assert!(uses.len() > 20, "{uses:?}");
    let told = circles(&uses);
    assert!(told.is_empty(), "\n{told}");
}

fn sources(files: &[(&str, &str)]) -> Sources {
    files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
}

/// What `a.rs` uses if this is its text, among the rooms `b` to `e`; `Thing` is re-exported from `d::inner`.
fn used_by(text: &str) -> Vec<String> {
    let lib = "mod a; pub use b::{Other, deep::{self as below, Name as Alias}}; pub use d::inner::Thing;";
    let files =
        sources(&[("lib.rs", lib), ("a.rs", text), ("b.rs", ""), ("c/x.rs", ""), ("d.rs", ""), ("e.rs", "")]);
    uses(&files).into_keys().map(|(_, used)| used).collect()
}

#[test]
fn a_path_is_a_use_wherever_it_stands() {
    assert_eq!(used_by("fn f() -> crate::b::B { crate :: c::<u8>() }"), ["b", "c"]);
    assert_eq!(used_by("use crate::a::A; macro_rules! m { () => { $crate::e::f() } }"), ["e"]);
}

#[test]
fn groups_are_looked_into() {
    assert_eq!(used_by("use crate::{self, b::{x, y::{c, d}}, e};"), ["b", "e"]);
    assert_eq!(used_by("use crate::{a::{b, c}, c::x as e,};"), ["c"]);
}

#[test]
fn what_the_root_re_exports_counts_for_its_room() {
    assert_eq!(used_by("use crate::Thing;"), ["d"]);
    assert_eq!(used_by("use crate::{Alias, below};"), ["b"]);
}

#[test]
#[should_panic(expected = "src/a.rs:2: crate::nothing is no room")]
fn what_the_root_does_not_have_is_no_use_that_could_be_passed_over() {
    used_by("\nuse crate::nothing::x;");
}

#[test]
fn the_root_is_reached_by_super_too() {
    assert_eq!(used_by("use super::b; mod inner { use super::A; use super::super::c; }"), ["b", "c"]);
    assert_eq!(used_by("mod inner { mod more { use super::A; } } use super::{e};"), ["e"]);
}

#[test]
fn code_of_tests_is_skipped() {
    for test in ["test", "all(test, unix)", "all(unix, any(test))"] {
        assert_eq!(
            used_by(&format!("#[cfg({test})] mod tests {{ use crate::b; {{}} }} use crate::c;")),
            ["c"]
        );
    }
    assert_eq!(
        used_by("#[cfg(test)] #[expect(x)] pub(crate) fn f<A, B>() { crate::b::f() } use crate::c;"),
        ["c"]
    );
    assert_eq!(used_by("#[cfg(test)] use crate::b::{x}; use crate::c;"), ["c"]);
    assert_eq!(used_by("struct A { #[cfg(test)] x: crate::b::X, y: crate::c::Y }"), ["c"]);
}

#[test]
fn code_that_is_not_of_tests_alone_is_kept() {
    for product in ["not(test)", "any(test, unix)", "feature = \"test\""] {
        assert_eq!(used_by(&format!("#[cfg({product})] use crate::b;")), ["b"]);
    }
}

#[test]
fn files_of_tests_are_skipped() {
    let files = sources(&[
        ("a.rs", "#[cfg(test)] mod tests; mod real;"),
        ("a/tests.rs", "use crate::b;"),
        ("a/tests/more.rs", "use crate::b;"),
        ("a/real.rs", "use crate::c;"),
        ("b.rs", ""),
        ("c.rs", ""),
    ]);
    assert_eq!(uses(&files).into_keys().collect::<Vec<_>>(), [("a".to_owned(), "c".to_owned())]);
}

#[test]
fn comments_and_texts_are_skipped() {
    assert_eq!(used_by("//! crate::b\n/// [`b`](crate::b)\n// crate::b\nuse crate::c;"), ["c"]);
    assert_eq!(used_by("/* crate::b /* crate::b */ crate::b */ use crate::c;"), ["c"]);
    assert_eq!(
        used_by(r##"f("\"crate::b", r#"" crate::b"#, b"crate::b", '"', '\'', 'l'); use crate::c;"##),
        ["c"]
    );
    assert_eq!(used_by("fn f<'a>(r#type: &'a str) { x('\"', crate::c::f()) }"), ["c"]);
}

#[test]
fn a_circle_is_found_and_told_with_its_places() {
    let files = sources(&[
        ("lib.rs", "pub use c::Thing;"),
        ("a.rs", "use crate::b::x;\nuse crate::e;"),
        ("b/x.rs", "\n\nuse crate::Thing;"),
        ("c.rs", "use crate::a;\nuse crate::a;"),
        ("d.rs", "use crate::a;"),
        ("e.rs", ""),
    ]);
    let told = "a circle of a, b, c:\n  a uses b: src/a.rs:1\n  b uses c: src/b/x.rs:3\n  c uses a: src/c.rs:1, src/c.rs:2\n";
    assert_eq!(circles(&uses(&files)), told);
}

#[test]
fn two_circles_are_two_and_a_line_is_none() {
    let files = sources(&[
        ("a.rs", "use crate::b;"),
        ("b.rs", "use crate::{a, c};"),
        ("c.rs", "use crate::d;"),
        ("d.rs", "use crate::c;"),
    ]);
    assert_eq!(circles(&uses(&files)).matches("a circle of").count(), 2);
    let line = sources(&[("a.rs", "use crate::b;"), ("b.rs", "use crate::c;"), ("c.rs", "")]);
    assert_eq!(circles(&uses(&line)), "");
}
