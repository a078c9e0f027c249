//! `cargo xtask test`: every test, with its set-up, those with client libraries, and the demo as the last one.

use std::fmt;
use std::io::IsTerminal;
use std::time::Instant;

use clap::{Arg, ArgAction, ArgMatches, Command};

use super::{Task, clients, demo, setup};
use crate::failure::{Failure, Result};
use crate::process;
use crate::workspace::Workspace;

pub const TASK: Task = Task { name: "test", about: "Run every test, and the demo", arguments, run };

/// Tells tests the interpreter of the virtual environment.
const PYTHON_VARIABLE: &str = "STRONGROOM_TEST_PYTHON";

/// Selects for a build what `cargo test --workspace` has already built, with the same features.
const AS_TESTED: &[&str] = &["--workspace", "--all-targets"];

fn arguments(command: Command) -> Command {
    command
        .arg(
            Arg::new("filter")
                .help("Run only the Rust tests whose names hold one of these")
                .action(ArgAction::Append),
        )
        .arg(
            Arg::new("package")
                .short('p')
                .long("package")
                .help("Run only the Rust tests of these packages")
                .action(ArgAction::Append),
        )
}

fn run(workspace: &Workspace, arguments: &ArgMatches) -> Result<()> {
    let started = Instant::now();
    let filters = arguments.get_many::<String>("filter").unwrap_or_default().collect::<Vec<_>>();
    let packages = arguments.get_many::<String>("package").unwrap_or_default().collect::<Vec<_>>();
    setup::ensure(workspace)?;

    let mut totals = Totals::default();
    let mut cargo_test = cargo_test(workspace, &packages, &filters);
    let mut tests_passed = process::run_watched(&mut cargo_test, |line| totals.add(line))?;
    let whole = filters.is_empty() && packages.is_empty();
    if whole {
        let counted = |line: &str| totals.add_pytest(line);
        tests_passed &= clients::drive(workspace, AS_TESTED, &[], counted)?;
    }
    let demo = whole.then(|| demo::show(workspace, AS_TESTED));

    let demo_outcome = match &demo {
        None => "no demo",
        Some(Ok(())) => "the demo passed",
        Some(Err(failure)) => {
            eprintln!("{failure}");
            "the demo FAILED"
        }
    };
    println!("xtask test: {totals}; {demo_outcome}; {} s", started.elapsed().as_secs());
    let demo_passed = demo.is_none_or(|outcome| outcome.is_ok());
    match (tests_passed && demo_passed, totals.passed) {
        (false, _) => Err(Failure::new("not every test passed")),
        (true, 0) => Err(Failure::new("no test was run")),
        (true, _) => Ok(()),
    }
}

/// `cargo test` over all targets and doc tests, going on after a failure so that all are counted.
fn cargo_test(
    workspace: &Workspace,
    packages: &[&String],
    filters: &[&String],
) -> std::process::Command {
    let mut command = process::cargo(workspace);
    command.env(PYTHON_VARIABLE, workspace.python()).args(["test", "--no-fail-fast"]);
    if packages.is_empty() {
        command.arg("--workspace");
    }
    for package in packages {
        command.args(["--package", package]);
    }
    command.arg("--").args(filters);
    if std::io::stdout().is_terminal() {
        command.args(["--color", "always"]);
    }
    command
}

/// The sums of the result lines of the test programs.
#[derive(Debug, Default, PartialEq)]
struct Totals {
    passed: u64,
    failed: u64,
    ignored: u64,
}

impl Totals {
    /// Adds a line `test result: ok. 12 passed; 0 failed; 1 ignored; ...`; other lines say nothing.
    fn add(&mut self, line: &str) {
        if !line.starts_with("test result: ") {
            return;
        }
        let words = line.split([' ', ';']).filter(|word| !word.is_empty()).collect::<Vec<_>>();
        let count_before = |name: &str| {
            let pair = words.windows(2).find(|pair| pair.last() == Some(&name));
            pair.and_then(|pair| pair.first()?.parse::<u64>().ok()).unwrap_or(0)
        };
        self.passed += count_before("passed");
        self.failed += count_before("failed");
        self.ignored += count_before("ignored");
    }

    /// Adds the last line of pytest, `12 passed, 1 xfailed in 2.50s`; other lines say nothing.
    fn add_pytest(&mut self, line: &str) {
        let Some((counts, _)) = line.trim_matches(['=', ' ', '\n']).rsplit_once(" in ") else {
            return;
        };
        let pairs = counts.split(", ").map(|pair| pair.split_once(' '));
        let counted = pairs.map(|pair| pair.and_then(|(n, word)| Some((n.parse().ok()?, word))));
        let Some(counted) = counted.collect::<Option<Vec<(u64, &str)>>>() else {
            return;
        };
        for (count, word) in counted {
            match word {
                "passed" => self.passed += count,
                "failed" | "error" | "errors" => self.failed += count,
                "skipped" | "xfailed" | "deselected" => self.ignored += count,
                _ => {}
            }
        }
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { passed, failed, ignored } = self;
        write!(formatter, "{passed} passed, {failed} failed, {ignored} ignored")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_are_the_sums_of_the_result_lines() {
        let mut totals = Totals::default();
        totals.add("running 14 tests\n");
        totals.add("test result: ok. 12 passed; 0 failed; 2 ignored; 0 measured; 3 filtered out\n");
        totals
            .add("test result: \u{1b}[31mFAILED\u{1b}(B\u{1b}[m. 5 passed; 1 failed; 0 ignored\n");
        totals.add("a test that prints 100 passed; 100 failed\n");
        assert_eq!(totals, Totals { passed: 17, failed: 1, ignored: 2 });
    }

    #[test]
    fn the_last_line_of_pytest_counts_as_well() {
        let mut totals = Totals::default();
        totals.add_pytest("2 failed, 59 passed, 3 xfailed, 1 warning in 4.01s\n");
        totals.add_pytest("==== 1 passed, 1 error in 61.50s (0:01:01) ====\n");
        totals.add_pytest("...........................                  [100%]\n");
        totals.add_pytest("FAILED test_kv.py::test - 3 passed, so what in it\n");
        assert_eq!(totals, Totals { passed: 60, failed: 3, ignored: 3 });
    }
}
