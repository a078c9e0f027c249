//! The terminal between two runs of the program.

use std::os::fd::AsFd;

use nix::sys::signal::{SigSet, Signal as NixSignal};
use nix::unistd::getpgrp;
use rustix::process::Pid;
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcgetpgrp, tcsetattr, tcsetpgrp};

/// The terminal's modes as they were before the program started, when the standard input is a
/// terminal and this group is in its foreground.
pub(super) struct Terminal {
    modes: Termios,
    group: Pid,
}

impl Terminal {
    pub fn remember() -> Option<Self> {
        let input = std::io::stdin();
        // A group whose leader is outside this process's pid namespace has the number 0.
        let group = Pid::from_raw(getpgrp().as_raw())?;
        if tcgetpgrp(&input).ok()? != group {
            return None;
        }
        Some(Self { modes: tcgetattr(&input).ok()?, group })
    }

    /// Gives the terminal back to this group, and its modes as they were: a program that was ended
    /// for a restart may have left it raw, or in the hands of a group that is gone. What the system
    /// refuses stays as it is; the next program sees it, as it would without Strongroom.
    pub fn restore(&self) {
        let input = std::io::stdin();
        let ((), ()) = without_stopping(|| {
            let (taken, set) = (
                tcsetpgrp(input.as_fd(), self.group),
                tcsetattr(input.as_fd(), OptionalActions::Now, &self.modes),
            );
            (taken.unwrap_or_default(), set.unwrap_or_default())
        });
    }
}

/// Runs `act` with SIGTTOU blocked: the system stops a process of a background group that changes
/// its terminal, or writes to one with `tostop`, unless it blocks that signal.
pub(super) fn without_stopping<T>(act: impl FnOnce() -> T) -> T {
    let stopping = SigSet::from(NixSignal::SIGTTOU);
    let before = SigSet::thread_get_mask();
    let blocked = stopping.thread_block();
    let result = act();
    if let (Ok(before), Ok(())) = (before, blocked) {
        // Setting a mask that the system gave out cannot fail.
        before.thread_set_mask().unwrap_or_default();
    }
    result
}
