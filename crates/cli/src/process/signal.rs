//! Signals by number and name.

use std::fmt;
use std::io;
use std::process::{Command, Stdio};
use std::str::FromStr;

use rustix::process::Pid;

/// A signal of this system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Signal(i32);

/// A text that names no signal.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{0:?} is not a signal; a name (TERM, SIGHUP) or a number is meant")]
pub struct UnknownSignal(pub String);

impl Signal {
    /// Asks a terminal's program to end: SIGHUP.
    pub const HUP: Self = Self(libc::SIGHUP);
    /// Ctrl-C: SIGINT.
    pub const INT: Self = Self(libc::SIGINT);
    /// Ctrl-\: SIGQUIT.
    pub const QUIT: Self = Self(libc::SIGQUIT);
    /// Ends at once: SIGKILL.
    pub const KILL: Self = Self(libc::SIGKILL);
    /// Asks to end: SIGTERM.
    pub const TERM: Self = Self(libc::SIGTERM);
    /// Goes on after a stop: SIGCONT.
    pub const CONT: Self = Self(libc::SIGCONT);

    /// Its number.
    #[must_use]
    pub fn number(self) -> i32 {
        self.0
    }

    pub(super) fn from_number(number: i32) -> Self {
        Self(number)
    }

    /// Sends it to a process.
    pub(super) fn send(self, to: Pid) -> io::Result<()> {
        match rustix::process::Signal::from_named_raw(self.0) {
            Some(named) => Ok(rustix::process::kill_process(to, named)?),
            None => self.send_by_shell(to),
        }
    }

    /// For the real-time signals: no safe binding of `kill` takes their numbers, the shell's does.
    fn send_by_shell(self, to: Pid) -> io::Result<()> {
        let script = format!("kill -{} {}", self.0, to.as_raw_nonzero());
        let status = Command::new(super::exec::SHELL)
            .args(["-c", &script])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()?;
        if status.success() { Ok(()) } else { Err(io::Error::other("the shell's kill failed")) }
    }
}

impl FromStr for Signal {
    type Err = UnknownSignal;

    /// `TERM`, `SIGTERM`, `term` or `15`.
    fn from_str(text: &str) -> Result<Self, UnknownSignal> {
        let unknown = || UnknownSignal(text.to_owned());
        let number = if text.bytes().all(|byte| byte.is_ascii_digit()) {
            text.parse().map_err(|_| unknown())?
        } else {
            let upper = text.to_ascii_uppercase();
            let name = format!("SIG{}", upper.strip_prefix("SIG").unwrap_or(&upper));
            nix::sys::signal::Signal::from_str(&name).map_err(|_| unknown())? as i32
        };
        let exists = (1..=libc::SIGRTMAX()).contains(&number);
        if exists { Ok(Self(number)) } else { Err(unknown()) }
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match nix::sys::signal::Signal::try_from(self.0) {
            Ok(named) => formatter.write_str(named.as_str()),
            Err(_) => write!(formatter, "signal {}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_is_read_by_name_and_by_number() {
        for text in ["TERM", "SIGTERM", "term", "sigterm", "15"] {
            assert_eq!(text.parse(), Ok(Signal::TERM), "{text}");
        }
        assert_eq!("34".parse::<Signal>().unwrap().to_string(), "signal 34");
        assert_eq!(Signal::HUP.to_string(), "SIGHUP");
    }

    #[test]
    fn what_is_no_signal_is_refused() {
        for text in ["", "0", "65", "99999999999", "SIG", "TERMINATE", "-1", "SIGSIGTERM"] {
            assert_eq!(text.parse::<Signal>(), Err(UnknownSignal(text.to_owned())), "{text}");
        }
    }
}
