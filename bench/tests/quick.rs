//! That every benchmark works, with numbers so small that the figures mean nothing.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

const BENCH: &str = env!("CARGO_BIN_EXE_strongroom-bench");
const BENCHMARKS: &[&str] = &[
    "run",
    "memory",
    "hot-read",
    "writes",
    "large-store",
    "server",
    "import",
    "passphrase",
    "verification",
];

/// The benchmark program can be the measured one, so that the tests need no other build.
fn program(folder: &Path, first: &str) -> PathBuf {
    let program = folder.join("strongroom");
    let script = format!("#!/bin/sh\n{first}\nexec '{BENCH}' --as-program \"$@\"\n");
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    program
}

#[test]
fn every_benchmark_gives_figures_and_the_page_has_each_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("page.md");
    let output = Command::new(BENCH)
        .args(["--quick", "--program"])
        .arg(program(folder.path(), ""))
        .arg("--output")
        .arg(&page)
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{told}{}", String::from_utf8_lossy(&output.stderr));
    for name in BENCHMARKS {
        assert!(told.contains(&format!("{name} ...\n  ")), "{name} gave nothing: {told}");
    }
    let page = std::fs::read_to_string(page).unwrap();
    for target in ["at most 3 ms", "at most 5 µs", "at most 20 MiB", "at least 60 %"] {
        assert!(page.contains(target), "{target}: {page}");
    }
    assert!(!page.contains("NaN"), "{page}");
}

#[test]
fn missed_target_ends_a_check_with_1_and_is_marked() {
    let folder = tempfile::tempdir().unwrap();
    // Eight programs before the one: they take more than the 3 ms that `run` may.
    let slow = program(folder.path(), "for _ in 1 2 3 4 5 6 7 8; do env true; done");
    let run = |check: &[&str]| {
        let mut command = Command::new(BENCH);
        command.args(["--quick", "--only", "run", "--program"]).arg(&slow).args(check);
        command.output().unwrap()
    };
    let checked = run(&["--check"]);
    assert_eq!(checked.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&checked.stdout).contains("**missed**"));
    assert_eq!(run(&[]).status.code(), Some(0));
}
