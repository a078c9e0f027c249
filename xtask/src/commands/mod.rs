//! The tasks, and the registry that the command line is made from.

use clap::{ArgMatches, Command};

use crate::failure::{Failure, Result};
use crate::workspace::Workspace;

mod bench;
mod clients;
mod demo;
mod lint;
mod setup;
mod test;
mod tidy;

/// Every task.
pub const COMMANDS: &[Task] =
    &[test::TASK, clients::TASK, demo::TASK, lint::TASK, tidy::TASK, bench::TASK, setup::TASK];

/// One task: `cargo xtask NAME`.
pub struct Task {
    pub name: &'static str,
    pub about: &'static str,
    /// Adds the task's arguments to its parser.
    pub arguments: fn(Command) -> Command,
    pub run: fn(&Workspace, &ArgMatches) -> Result<()>,
}

/// The parser of the command line.
pub fn parser() -> Command {
    let tasks =
        COMMANDS.iter().map(|task| (task.arguments)(Command::new(task.name).about(task.about)));
    Command::new("cargo xtask")
        .about("The development tasks of Strongroom")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommands(tasks)
}

/// Runs the task that the command line names.
pub fn dispatch(workspace: &Workspace, arguments: &ArgMatches) -> Result<()> {
    let (name, arguments) =
        arguments.subcommand().ok_or_else(|| Failure::new("no task was named"))?;
    let task = COMMANDS
        .iter()
        .find(|task| task.name == name)
        .ok_or_else(|| Failure::new(format!("there is no task `{name}`")))?;
    (task.run)(workspace, arguments)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parser_is_consistent_and_knows_every_task() {
        parser().debug_assert();
        for task in COMMANDS {
            assert!(parser().find_subcommand(task.name).is_some(), "{}", task.name);
        }
    }

    #[test]
    fn every_file_of_the_folder_is_a_registered_task() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/commands");
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_string_lossy();
            let registered = COMMANDS.iter().any(|task| task.name == name);
            assert!(registered || name == "mod", "{name} is not in COMMANDS");
        }
    }
}
