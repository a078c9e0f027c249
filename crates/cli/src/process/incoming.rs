//! The signals that arrive at the supervisor.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;

use nix::sys::signal::SigSet;
use signal_hook::iterator::backend::SignalDelivery;
use signal_hook::iterator::exfiltrator::WithOrigin;
use signal_hook::low_level::siginfo::Cause;

use super::Signal;

/// The named signals that are passed on. Not here: KILL and STOP, which nobody can catch; CHLD, which
/// is the supervisor's own; ILL, TRAP, ABRT, BUS, FPE, SEGV, SYS and PIPE, which speak of what the
/// process that gets them has just done itself.
const FORWARDED: &[i32] = &[
    libc::SIGHUP,
    libc::SIGINT,
    libc::SIGQUIT,
    libc::SIGUSR1,
    libc::SIGUSR2,
    libc::SIGALRM,
    libc::SIGTERM,
    libc::SIGCONT,
    libc::SIGTSTP,
    libc::SIGTTIN,
    libc::SIGTTOU,
    libc::SIGURG,
    libc::SIGXCPU,
    libc::SIGXFSZ,
    libc::SIGVTALRM,
    libc::SIGPROF,
    libc::SIGWINCH,
    libc::SIGIO,
    #[cfg(target_os = "linux")]
    libc::SIGPWR,
    #[cfg(target_os = "linux")]
    libc::SIGSTKFLT,
];

/// What a terminal sends to every process of its foreground group.
const OF_THE_TERMINAL: &[i32] = &[
    libc::SIGHUP,
    libc::SIGINT,
    libc::SIGQUIT,
    libc::SIGTSTP,
    libc::SIGTTIN,
    libc::SIGTTOU,
    libc::SIGCONT,
    libc::SIGWINCH,
];

/// A signal that arrived, and whether the kernel sent it or a process.
#[derive(Debug, Clone, Copy)]
pub(super) struct Received {
    pub signal: Signal,
    by_kernel: bool,
}

/// Catches the signals from its creation to its end.
pub(super) struct Incoming {
    delivery: SignalDelivery<UnixStream, WithOrigin>,
}

impl Incoming {
    /// Catches SIGCHLD and every signal that is passed on, except those that this process was
    /// started to ignore (`nohup`, a shell's background job): they stay ignored, here and in the
    /// program. None stays blocked in this thread.
    pub fn catch() -> io::Result<Self> {
        SigSet::empty().thread_set_mask()?;
        let ignored = ignored_mask();
        let real_time = libc::SIGRTMIN()..=libc::SIGRTMAX();
        let caught = FORWARDED.iter().copied().chain(real_time);
        let caught = caught.filter(|number| ignored & bit(*number) == 0);
        let caught: Vec<i32> = caught.chain([libc::SIGCHLD]).collect();
        let (read, write) = UnixStream::pair()?;
        write.set_nonblocking(true)?;
        Ok(Self {
            delivery: SignalDelivery::with_pipe(read, write, WithOrigin::default(), caught)?,
        })
    }

    /// Becomes readable when a signal has arrived.
    pub fn descriptor(&self) -> BorrowedFd<'_> {
        self.delivery.get_read().as_fd()
    }

    /// What has arrived since the last call.
    pub fn take(&mut self) -> Vec<Received> {
        let received = |origin: signal_hook::low_level::siginfo::Origin| Received {
            signal: Signal::from_number(origin.signal),
            by_kernel: origin.cause == Cause::Kernel,
        };
        self.delivery.pending().map(received).collect()
    }
}

impl Received {
    /// Whether it needs no passing on: the terminal sends to its whole foreground group, and so to
    /// the program too (a program that has left the group chose to be without them). A hang-up goes
    /// to the session's leader alone.
    ///
    /// A signal that a process sent to the whole group (`kill -TERM -GROUP`) cannot be told from one
    /// that was sent to this process.
    pub fn reached_group(self) -> bool {
        use nix::unistd::{getpid, getsid};
        let by_terminal = self.by_kernel && OF_THE_TERMINAL.contains(&self.signal.number());
        if !by_terminal {
            return false;
        }
        let to_leader_alone = self.signal == Signal::HUP && getsid(None) == Ok(getpid());
        !to_leader_alone
    }

    /// Whether it came from a process, and not from the kernel.
    pub fn by_process(self) -> bool {
        !self.by_kernel
    }

    /// Whether it asks the program to end: then a restart that is under way is given up.
    pub fn ends(self) -> bool {
        match self.signal {
            Signal::TERM | Signal::INT | Signal::QUIT => true,
            Signal::HUP => self.by_kernel,
            _ => false,
        }
    }
}

/// The signals that this process ignores, bit n - 1 for signal n (`/proc/self/status`, `SigIgn`);
/// none where that cannot be read.
fn ignored_mask() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    parse_ignored(&status)
}

fn parse_ignored(status: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    line.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

fn bit(number: i32) -> u64 {
    u32::try_from(number - 1).ok().and_then(|shift| 1u64.checked_shl(shift)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mask_of_ignored_signals_is_read() {
        let mask = parse_ignored("Name:\tx\nSigBlk:\tffff\nSigIgn:\t0000000000001001\n");
        assert_ne!(mask & bit(libc::SIGHUP), 0);
        assert_ne!(mask & bit(libc::SIGPIPE), 0);
        assert_eq!(mask & bit(libc::SIGTERM), 0);
        assert_eq!(parse_ignored("Name:\tx\n"), 0);
        assert_eq!(bit(64), 1 << 63);
    }

    #[test]
    fn a_signal_of_a_process_is_not_taken_for_the_terminals() {
        let received = |signal, by_kernel| Received { signal, by_kernel };
        assert!(!received(Signal::INT, false).reached_group());
        assert!(received(Signal::INT, true).reached_group());
        assert!(!received(Signal::from_number(libc::SIGALRM), true).reached_group());
    }
}
