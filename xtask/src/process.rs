//! Child processes: shown as they are started, and checked when they end.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::failure::{Context, Failure, Result};
use crate::workspace::Workspace;

/// The cargo that started this task.
pub fn cargo(workspace: &Workspace) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(&workspace.root);
    command
}

/// Runs a command whose output belongs to the developer; a status other than zero is a failure.
pub fn run(command: &mut Command) -> Result<()> {
    let typed = typed(command);
    eprintln!("$ {typed}");
    let status = command.stdin(Stdio::null()).status().context(|| typed.clone())?;
    if status.success() { Ok(()) } else { Err(Failure::new(format!("{typed}: {status}"))) }
}

/// Runs a command and shows each line of its output to `line` as well as to the developer.
/// Answers whether the command succeeded.
pub fn run_watched(command: &mut Command, mut line: impl FnMut(&str)) -> Result<bool> {
    let typed = typed(command);
    eprintln!("$ {typed}");
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().context(|| typed.clone())?;
    let output = child.stdout.take().ok_or_else(|| Failure::new(format!("{typed}: no output")))?;
    let mut reader = BufReader::new(output);
    let mut bytes = Vec::new();
    while reader.read_until(b'\n', &mut bytes).context(|| typed.clone())? > 0 {
        let text = String::from_utf8_lossy(&bytes);
        print!("{text}");
        line(&text);
        bytes.clear();
    }
    Ok(child.wait().context(|| typed.clone())?.success())
}

/// What a command writes to its standard output; a status other than zero is a failure.
pub fn output(command: &mut Command) -> Result<String> {
    let typed = typed(command);
    let output = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output();
    let output = output.context(|| typed.clone())?;
    if !output.status.success() {
        return Err(Failure::new(format!("{typed}: {}", output.status)));
    }
    String::from_utf8(output.stdout).context(|| typed.clone())
}

/// Whether a command ends with status zero, its output thrown away.
pub fn succeeds(command: &mut Command) -> bool {
    let command = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Whether a program of this name is on the search path.
pub fn is_installed(program: &str) -> bool {
    std::env::var_os("PATH").is_some_and(|path| {
        std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
    })
}

/// The command as a developer would type it.
fn typed(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let name = program.file_name().unwrap_or(command.get_program()).to_string_lossy();
    let arguments = command.get_args().map(|argument| argument.to_string_lossy());
    std::iter::once(name).chain(arguments).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_is_the_text_of_a_command_that_succeeds() {
        let shell = |script: &str| output(Command::new("/bin/sh").args(["-c", script]));
        assert_eq!(shell("echo a; echo b").unwrap(), "a\nb\n");
        assert!(shell("echo a; exit 3").unwrap_err().to_string().contains("exit status: 3"));
    }

    #[test]
    fn a_command_that_fails_is_a_failure_that_names_it() {
        let failure = run(Command::new("/bin/sh").args(["-c", "exit 3"])).unwrap_err();
        assert!(failure.to_string().contains("sh -c exit 3: exit status: 3"), "{failure}");
    }

    #[test]
    fn every_line_of_a_watched_command_is_seen() {
        let mut seen = Vec::new();
        let script = "printf 'one\\ntwo'; exit 1";
        let succeeded = run_watched(Command::new("/bin/sh").args(["-c", script]), |line| {
            seen.push(line.to_owned())
        });
        assert_eq!(seen, ["one\n", "two"]);
        assert!(!succeeded.unwrap());
    }

    #[test]
    fn a_program_that_is_not_there_is_not_installed() {
        assert!(is_installed("sh"));
        assert!(!is_installed("no-program-has-this-name"));
    }
}
