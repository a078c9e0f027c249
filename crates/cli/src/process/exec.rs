//! Becoming the program.

use std::ffi::OsString;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use nix::sys::signal::SigSet;

use super::{Environment, ExecError, Program, SizeLimits};

/// The shell that runs a file which the system does not know how to execute, as `execvp` does.
pub(super) const SHELL: &str = "/bin/sh";

/// Replaces this process by the program: the same process id, parent, terminal, directory and open
/// files (those that Strongroom itself opened are closed). Returns only when that failed.
///
/// No signal is blocked in the program, and SIGPIPE, which the Rust runtime ignores, has its default
/// effect. A signal that the caller ignores (`nohup`) stays ignored.
#[must_use]
pub fn exec(program: &Program, arguments: &[OsString], environment: &Environment) -> ExecError {
    if let Err(error) = SizeLimits::of_this_system().check(program, arguments, environment) {
        return error.into();
    }
    if let Err(errno) = SigSet::empty().thread_set_mask() {
        return ExecError::from_system(program, errno.into());
    }
    let mut command = command(program.path(), environment);
    let error = command.arg0(program.name()).args(arguments).exec();
    if error.raw_os_error() != Some(libc::ENOEXEC) {
        return ExecError::from_system(program, error);
    }
    // glibc does this by itself, musl does not.
    let error: io::Error = command_of_shell(environment).arg(program.path()).args(arguments).exec();
    ExecError::from_system(program, error)
}

fn command_of_shell(environment: &Environment) -> Command {
    command(Path::new(SHELL), environment)
}

/// `path` holds a slash, so that the standard library searches no `PATH`.
fn command(path: &Path, environment: &Environment) -> Command {
    let mut command = Command::new(path);
    command.env_clear().envs(environment.expose());
    command
}
