//! Examples as programs.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Mutex;

/// An example as a program. `cargo test` builds them beside the tests; `cargo test --test it` does not.
pub(crate) fn example(name: &str) -> Command {
    static BUILDING: Mutex<()> = Mutex::new(());
    let path = example_path(name);
    let _one_at_a_time = BUILDING.lock().unwrap();
    if !path.exists() {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let built = Command::new(cargo).args(["build", "--quiet", "--example", name]).status().unwrap();
        assert!(built.success() && path.exists(), "cargo build --example {name}");
    }
    Command::new(path)
}

fn example_path(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let path = test.ancestors().nth(2).unwrap().join("examples").join(name);
    path.with_extension(std::env::consts::EXE_EXTENSION)
}
