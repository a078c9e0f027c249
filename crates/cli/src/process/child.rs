//! Starting the program beside the supervisor.

use std::ffi::{CString, OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;

use nix::errno::Errno;
use nix::spawn::{PosixSpawnAttr, PosixSpawnFileActions, PosixSpawnFlags, posix_spawn};
use nix::sys::signal::{SigSet, Signal as NixSignal};
use rustix::process::Pid;
use zeroize::Zeroizing;

use super::exec::SHELL;
use super::{Environment, ExecError, Program, SizeLimits};

/// Starts the program in this process's group and session, with the open files, an empty signal
/// mask and the default effect of SIGPIPE. The copies of its environment are wiped.
///
/// `posix_spawn` and not `fork`: between fork and exec the child would run this process's signal
/// handlers, which write to this process's pipe.
pub(super) fn spawn(
    program: &Program,
    arguments: &[OsString],
    environment: &Environment,
) -> Result<Pid, ExecError> {
    SizeLimits::of_this_system().check(program, arguments, environment)?;
    let start = || -> Result<Pid, Errno> {
        let path = string(program.path().as_os_str())?;
        let mut argv = vec![string(program.name())?];
        for argument in arguments {
            argv.push(string(argument)?);
        }
        let envp = variables(environment)?;
        match start(&path, &argv, &envp) {
            Err(Errno::ENOEXEC) => {
                let mut argv_of_shell = vec![string(SHELL.as_ref())?, path];
                argv_of_shell.extend(argv.into_iter().skip(1));
                start(&string(SHELL.as_ref())?, &argv_of_shell, &envp)
            }
            started => started,
        }
    };
    start().map_err(|errno| ExecError::from_system(program, errno.into()))
}

fn start(path: &CString, argv: &[CString], envp: &[Zeroizing<CString>]) -> Result<Pid, Errno> {
    let mut attributes = PosixSpawnAttr::init()?;
    let flags = PosixSpawnFlags::POSIX_SPAWN_SETSIGDEF | PosixSpawnFlags::POSIX_SPAWN_SETSIGMASK;
    attributes.set_flags(flags)?;
    attributes.set_sigdefault(&SigSet::from(NixSignal::SIGPIPE))?;
    attributes.set_sigmask(&SigSet::empty())?;
    let actions = PosixSpawnFileActions::init()?;
    let pid = posix_spawn(path.as_c_str(), &actions, &attributes, argv, envp)?;
    Pid::from_raw(pid.as_raw()).ok_or(Errno::ESRCH)
}

/// `NAME=value` strings. Each buffer has its final size from the start, so that no copy of a value
/// is left behind by growth.
fn variables(environment: &Environment) -> Result<Vec<Zeroizing<CString>>, Errno> {
    let variable = |(name, value): (&OsStr, &OsStr)| {
        let mut bytes = Vec::with_capacity(name.len() + value.len() + 2);
        bytes.extend_from_slice(name.as_bytes());
        bytes.push(b'=');
        bytes.extend_from_slice(value.as_bytes());
        CString::new(bytes).map(Zeroizing::new).map_err(|_| Errno::EINVAL)
    };
    environment.expose().map(variable).collect()
}

fn string(text: &OsStr) -> Result<CString, Errno> {
    CString::new(text.as_bytes()).map_err(|_| Errno::EINVAL)
}
