//! A disk that is full, or a folder that is not there, while a workbook is built.
//!
//! The worker is this test binary itself, started again under a limit on the size of files: what is written beyond it
//! fails as on a full disk, and no rights are needed for that.

use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use connect::Error;
use connect::sandbox::Sandbox;
use connect::usage::UsageRecord;

use crate::support::usage::{new_file, record};
use crate::support::{client, told};

/// Submits more than the limit lets through, and says what came of it.
#[test]
#[ignore = "started by the others"]
fn worker() {
    let sandbox = Sandbox::empty().unwrap();
    let records = (0..3000).map(|at| UsageRecord { record_id: format!("r-{at}"), ..record() });
    let error = client(&sandbox).usage().submit(new_file(), records).unwrap_err();
    assert!(matches!(error, Error::Sheet(_)), "{error:?}");
    writeln!(std::io::stdout(), "told: {}; {} calls", told(&error), sandbox.journal().len()).unwrap();
}

/// What the worker says with this folder for temporary files.
fn submit_in(folder: &Path) -> String {
    let worker = Command::new("sh")
        .args([
            "-c",
            "trap '' XFSZ; ulimit -f 64; exec \"$0\" full_disk::worker --exact --ignored --nocapture",
        ])
        .arg(std::env::current_exe().unwrap())
        .env("TMPDIR", folder)
        .output()
        .unwrap();
    let out = String::from_utf8(worker.stdout).unwrap();
    let line = out.lines().find_map(|line| line.split_once("told: "));
    line.map_or_else(
        || panic!("{out}\n{}", String::from_utf8_lossy(&worker.stderr)),
        |(_, said)| said.to_owned(),
    )
}

#[test]
fn a_full_disk_is_an_error_that_names_the_folder_and_nothing_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let said = submit_in(folder.path());
    let expected = format!("cannot write the workbook's temporary file in {}: ", folder.path().display());
    assert!(said.contains(&expected) && said.ends_with("; 0 calls"), "{said}");
}

#[test]
fn a_folder_that_is_not_there_is_named() {
    let folder = tempfile::tempdir().unwrap().path().join("gone");
    let said = submit_in(&folder);
    let expected = format!("cannot create the workbook's temporary file in {}: ", folder.display());
    assert!(said.contains(&expected) && said.ends_with("; 0 calls"), "{said}");
}
