//! `cargo xtask tidy`: the rules of the code that the compiler does not know.

use clap::{Arg, ArgAction, Command};

use super::Task;
use crate::failure::{Failure, Result};
use crate::repository::Repository;
use crate::tidy::{CHECKS, function_length};
use crate::workspace::Workspace;

pub const TASK: Task = Task {
    name: "tidy",
    about: "Check layers, sizes, dependencies and leftovers",
    arguments,
    run: |workspace, arguments| {
        let names = arguments.get_many::<String>("check").unwrap_or_default();
        check(workspace, &names.map(String::as_str).collect::<Vec<_>>())
    },
};

fn arguments(command: Command) -> Command {
    let names = CHECKS.iter().map(|check| check.name);
    let list = CHECKS.iter().map(|check| format!("  {:<18} {}\n", check.name, check.about));
    command
        .arg(
            Arg::new("check")
                .help("The checks to run; all of them when none is named")
                .action(ArgAction::Append)
                .value_parser(names.collect::<Vec<_>>()),
        )
        .after_help(format!("Checks:\n{}", list.collect::<String>()))
}

/// Runs the checks of these names, or every check where no name is given.
pub fn check(workspace: &Workspace, names: &[&str]) -> Result<()> {
    let repository = Repository::load(workspace)?;
    let mut findings_count = 0_usize;
    for check in CHECKS.iter().filter(|check| names.is_empty() || names.contains(&check.name)) {
        for finding in (check.run)(&repository) {
            println!("{finding} [{}]", check.name);
            findings_count += 1;
        }
    }
    for excuse in function_length::excuses(&repository) {
        println!("note: {excuse}");
    }
    if findings_count > 0 {
        return Err(Failure::new(format!("tidy: {findings_count} findings")));
    }
    println!("tidy: {} files are in order", repository.files.len());
    Ok(())
}
