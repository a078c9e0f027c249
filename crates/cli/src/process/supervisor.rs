//! Keeping a program running beside Strongroom, and renewing it when its secrets change.
//!
//! The program stays in this process's group, so that the terminal and the shell see one job: Ctrl-C
//! and Ctrl-Z reach the program from the terminal and are not passed on, a signal that a process
//! sends to the supervisor alone is passed on once, and when the program is stopped as a job the
//! supervisor stops too, until the shell continues both.
//!
//! One thread waits for signals, changes and deadlines. A child is reaped, and a signal sent to it,
//! by that thread only: a process id is never used after it was given back.

use std::ffi::OsString;
use std::fmt::Display;
use std::io;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, WaitOptions, WaitStatus, wait};

use super::incoming::{Incoming, Received};
use super::terminal::{Terminal, without_stopping};
use super::watch::Heard;
use super::{Changes, Environment, ExecError, Notice, Program, Signal, SizeLimits, child};

/// What to do when secrets change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnChange {
    /// Ask the program to end, and start it with the new secrets.
    Restart {
        /// What asks it; TERM as a rule.
        signal: Signal,
        /// How long it may take before it is killed.
        grace: Duration,
    },
    /// Send it a signal, and leave the rest to it. Its environment stays as it was.
    Signal(Signal),
}

/// What is run, and how it is watched.
#[derive(Debug, Clone)]
pub struct Supervision<'a> {
    /// The program.
    pub program: &'a Program,
    /// Its arguments, without its name.
    pub arguments: &'a [OsString],
    /// What to do when secrets change.
    pub on_change: OnChange,
    /// How long to wait after a change for others that belong to it; they are taken as one. A
    /// random part of it keeps many supervisors from acting at once.
    pub settle: Duration,
    /// Whether to become the parent of what the program leaves behind, and reap it, as process 1
    /// does in any case (Linux: `PR_SET_CHILD_SUBREAPER`).
    pub adopt_orphans: bool,
}

/// Why the program could not be supervised.
#[derive(Debug, thiserror::Error)]
pub enum SuperviseError {
    /// It could not be started, at first or again.
    #[error(transparent)]
    Exec(#[from] ExecError),
    /// The system refused what a supervisor needs.
    #[error("cannot {what}: {source}")]
    System {
        /// What was asked of it.
        what: &'static str,
        /// Its reason.
        source: io::Error,
    },
}

impl SuperviseError {
    /// 127 or 126 as for [`ExecError`], else 1.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Exec(error) => error.exit_code(),
            Self::System { .. } => 1,
        }
    }
}

/// Starts the program and returns its exit code when it ends by itself: its own, or 128 + n when
/// signal n ended it. Standard input, output and error output are the program's and are not touched.
///
/// `renew` reads the secrets anew; when it fails the program runs on with the old ones. `notify` is
/// told what happens to the program, and may write to the standard error output.
///
/// This process must have no other children: they would be reaped here.
///
/// # Errors
/// [`SuperviseError`]; no program is running then.
pub fn supervise<E: Display>(
    supervision: &Supervision<'_>,
    environment: Environment,
    changes: Changes,
    renew: impl FnMut() -> Result<Environment, E>,
    notify: impl FnMut(&Notice<'_>),
) -> Result<u8, SuperviseError> {
    let terminal = Terminal::remember();
    let mut incoming = Incoming::catch().map_err(system("catch signals"))?;
    if supervision.adopt_orphans {
        adopt_orphans()?;
    }
    let child = match start(supervision, &mut incoming, &environment)? {
        Start::Running(child) => child,
        Start::GivenUp(signal) => return Ok(code_of_signal(signal.number())),
    };
    drop(environment);
    let supervisor = Supervisor {
        supervision,
        incoming,
        changes: Some(changes),
        terminal,
        child,
        stopped: false,
        continued_by_shell: false,
        due: None,
        quiet_until: None,
        restart: None,
        renew,
        notify,
    };
    supervisor.run()
}

struct Supervisor<'a, R, N> {
    supervision: &'a Supervision<'a>,
    incoming: Incoming,
    /// None when nobody watches any more.
    changes: Option<Changes>,
    terminal: Option<Terminal>,
    child: Pid,
    /// Whether the program is stopped as a job.
    stopped: bool,
    /// Whether the supervisor stopped itself, and has not yet seen what continued it.
    continued_by_shell: bool,
    /// When to act on a change.
    due: Option<Instant>,
    /// Until when no restart begins, because the program was just asked to end.
    quiet_until: Option<Instant>,
    /// A restart under way.
    restart: Option<Restart>,
    renew: R,
    notify: N,
}

/// The program was asked to end, and has not yet.
struct Restart {
    /// None when the restart was given up: the program ends for good.
    next: Option<Environment>,
    /// When to kill it; None when that was done.
    kill_at: Option<Instant>,
    grace: Duration,
    /// Whether the secrets changed again after `next` was read.
    stale: bool,
}

enum Start {
    Running(Pid),
    /// A signal asked to end before there was a program to tell.
    GivenUp(Signal),
}

impl<E: Display, R, N> Supervisor<'_, R, N>
where
    R: FnMut() -> Result<Environment, E>,
    N: FnMut(&Notice<'_>),
{
    fn run(mut self) -> Result<u8, SuperviseError> {
        // The program may have ended already, and its SIGCHLD been taken at its start.
        if let Some(code) = self.reap()? {
            return Ok(code);
        }
        loop {
            self.wait_for_something()?;
            let received = self.incoming.take();
            for ends in received.iter().filter(|received| received.ends()) {
                self.give_restart_up(ends.signal);
            }
            if let Some(code) = self.reap()? {
                return Ok(code);
            }
            for received in received {
                self.pass_on(received);
            }
            self.hear_changes();
            self.act_on_time();
        }
    }

    fn wait_for_something(&self) -> Result<(), SuperviseError> {
        let mut descriptors =
            vec![PollFd::from_borrowed_fd(self.incoming.descriptor(), PollFlags::IN)];
        if let Some(changes) = &self.changes {
            descriptors.push(PollFd::from_borrowed_fd(changes.descriptor(), PollFlags::IN));
        }
        let kill_at = self.restart.as_ref().and_then(|restart| restart.kill_at);
        let next = [self.time_to_act(), kill_at].into_iter().flatten().min();
        let timeout = next.map(|at| at.saturating_duration_since(Instant::now()));
        // A longer wait than the system can express is cut; the loop waits again.
        let timeout = timeout.map(|left| Timespec::try_from(left).unwrap_or(LONGEST_WAIT));
        match poll(&mut descriptors, timeout.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
            Err(errno) => Err(system("wait for signals")(errno.into())),
        }
    }

    /// Takes the state of every child that changed; the exit code when the program ended for good.
    fn reap(&mut self) -> Result<Option<u8>, SuperviseError> {
        let options = WaitOptions::NOHANG | WaitOptions::UNTRACED | WaitOptions::CONTINUED;
        loop {
            let (pid, status) = match wait(options) {
                Ok(Some(changed)) => changed,
                Ok(None) | Err(rustix::io::Errno::CHILD) => return Ok(None),
                Err(rustix::io::Errno::INTR) => continue,
                Err(errno) => return Err(system("wait for the program")(errno.into())),
            };
            if pid != self.child {
                continue; // An orphan that was adopted.
            }
            if let Some(code) = code(status) {
                if let Some(code) = self.ended(code)? {
                    return Ok(Some(code));
                }
            } else if status.continued() {
                self.stopped = false;
            } else if let Some(signal) = status.stopping_signal() {
                self.stop_with_program(signal);
            }
        }
    }

    /// The program ended with `code`: it is started again, or this is the end.
    fn ended(&mut self, code: u8) -> Result<Option<u8>, SuperviseError> {
        let restart = self.restart.take();
        let Some((mut next, stale)) = restart.and_then(|it| Some((it.next?, it.stale))) else {
            return Ok(Some(code));
        };
        if stale && let Some(newer) = self.read_anew() {
            next = newer;
        }
        if let Some(terminal) = &self.terminal {
            terminal.restore();
        }
        match start(self.supervision, &mut self.incoming, &next)? {
            Start::Running(child) => self.child = child,
            Start::GivenUp(_) => return Ok(Some(code)),
        }
        self.stopped = false;
        self.tell(&Notice::Restarted);
        Ok(None)
    }

    /// Stops this process too when the program was stopped as a job, so that the shell sees the job
    /// stopped. Returns when the shell has continued it.
    fn stop_with_program(&mut self, signal: i32) {
        self.stopped = true;
        if self.restart.is_some() {
            // A stopped program does not end.
            return self.send(Signal::CONT);
        }
        // Not for SIGSTOP: who stops the program alone continues it alone. For the others the system
        // has made sure that a shell looks after this group: it stops no orphaned one.
        if [libc::SIGTSTP, libc::SIGTTIN, libc::SIGTTOU].contains(&signal) {
            self.continued_by_shell = signal_hook::low_level::raise(libc::SIGSTOP).is_ok();
        }
    }

    fn pass_on(&mut self, received: Received) {
        match received.signal {
            Signal::CONT => self.pass_continue_on(received),
            signal if signal.number() == libc::SIGCHLD => {}
            signal if !received.reached_group() => self.send(signal),
            _ => {}
        }
    }

    /// A shell continues the whole group, and so the program; `kill -CONT` of the supervisor alone
    /// has to be passed on.
    fn pass_continue_on(&mut self, received: Received) {
        let by_shell = std::mem::take(&mut self.continued_by_shell);
        if self.stopped || (received.by_process() && !by_shell) {
            self.send(Signal::CONT);
        }
    }

    fn hear_changes(&mut self) {
        match self.changes.as_mut().map_or(Heard::Nothing, Changes::take) {
            Heard::Nothing => {}
            Heard::Closed => self.changes = None,
            Heard::Change => match &mut self.restart {
                Some(restart) => restart.stale = true,
                // The first change sets the time, so that a stream of them cannot put it off.
                None => {
                    self.due.get_or_insert_with(|| after(self.supervision.settle));
                }
            },
        }
    }

    fn time_to_act(&self) -> Option<Instant> {
        self.due.map(|due| self.quiet_until.map_or(due, |until| until.max(due)))
    }

    fn act_on_time(&mut self) {
        let now = Instant::now();
        if self.time_to_act().is_some_and(|at| at <= now) {
            self.due = None;
            self.act_on_change();
        }
        let kill_at = self.restart.as_mut().map(|restart| (restart.grace, &mut restart.kill_at));
        if let Some((grace, kill_at)) = kill_at
            && kill_at.is_some_and(|at| at <= now)
        {
            *kill_at = None;
            self.send(Signal::KILL);
            self.tell(&Notice::Killed { grace });
        }
    }

    fn act_on_change(&mut self) {
        match self.supervision.on_change {
            OnChange::Signal(signal) => {
                if self.try_send(signal) {
                    self.tell(&Notice::Signalled { signal });
                }
            }
            OnChange::Restart { signal, grace } => self.begin_restart(signal, grace),
        }
    }

    /// The new environment is read before the old program is touched.
    fn begin_restart(&mut self, signal: Signal, grace: Duration) {
        let Some(next) = self.read_anew() else { return };
        if !self.try_send(signal) {
            return;
        }
        if self.stopped {
            // A stopped program hears nothing until it goes on.
            self.send(Signal::CONT);
        }
        let kill_at = Some(after(grace));
        self.restart = Some(Restart { next: Some(next), kill_at, grace, stale: false });
        self.tell(&Notice::Restarting { signal });
    }

    /// The program is asked to end by somebody else: it is not started again. After TERM that is
    /// certain. A program may well go on after Ctrl-C; when it does so for as long as a restart would
    /// give it to end, it counts as running again.
    fn give_restart_up(&mut self, signal: Signal) {
        if let Some(restart) = &mut self.restart {
            restart.next = None;
        }
        if let OnChange::Restart { grace, .. } = self.supervision.on_change {
            self.quiet_until = Some(after(grace));
            if signal == Signal::TERM {
                self.changes = None;
                self.due = None;
            }
        }
    }

    /// The new environment, if it can be read and the program can be started with it.
    fn read_anew(&mut self) -> Option<Environment> {
        let environment = match (self.renew)() {
            Ok(environment) => environment,
            Err(reason) => {
                self.tell(&Notice::NotRenewed { reason: &reason });
                return None;
            }
        };
        let Supervision { program, arguments, .. } = self.supervision;
        match SizeLimits::of_this_system().check(program, arguments, &environment) {
            Ok(()) => Some(environment),
            Err(reason) => {
                self.tell(&Notice::NotRenewed { reason: &reason });
                None
            }
        }
    }

    fn send(&mut self, signal: Signal) {
        self.try_send(signal);
    }

    /// Sends to the program; whether that was possible (it is not when the program changed its user).
    fn try_send(&mut self, signal: Signal) -> bool {
        match signal.send(self.child) {
            Ok(()) => true,
            Err(reason) => {
                self.tell(&Notice::NotSent { signal, reason: &reason });
                false
            }
        }
    }

    fn tell(&mut self, notice: &Notice<'_>) {
        without_stopping(|| (self.notify)(notice));
    }
}

const LONGEST_WAIT: Timespec = Timespec { tv_sec: 3600, tv_nsec: 0 };

/// Starts the program, unless a signal has asked to end. What arrived meanwhile the program may have
/// missed, even from the terminal, and is passed on: rather twice than never.
fn start(
    supervision: &Supervision<'_>,
    incoming: &mut Incoming,
    environment: &Environment,
) -> Result<Start, SuperviseError> {
    if let Some(ends) = incoming.take().into_iter().find(|received| received.ends()) {
        return Ok(Start::GivenUp(ends.signal));
    }
    let child = child::spawn(supervision.program, supervision.arguments, environment)?;
    for received in incoming.take() {
        if received.signal.number() != libc::SIGCHLD {
            // Refused only by a program that has changed its user; it has the terminal's own.
            received.signal.send(child).unwrap_or_default();
        }
    }
    Ok(Start::Running(child))
}

/// The exit code for a program that has ended; None for one that has not.
fn code(status: WaitStatus) -> Option<u8> {
    if let Some(code) = status.exit_status() {
        return u8::try_from(code).ok();
    }
    status.terminating_signal().map(code_of_signal)
}

fn code_of_signal(number: i32) -> u8 {
    u8::try_from(128 + number).unwrap_or(u8::MAX)
}

/// A time so far away that the clock cannot express it is a day from now, again and again.
fn after(wait: Duration) -> Instant {
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    let now = Instant::now();
    now.checked_add(wait).unwrap_or(now + DAY)
}

#[cfg(target_os = "linux")]
fn adopt_orphans() -> Result<(), SuperviseError> {
    let me = rustix::process::getpid();
    rustix::process::set_child_subreaper(Some(me))
        .map_err(|errno| system("adopt orphans")(errno.into()))
}

#[cfg(not(target_os = "linux"))]
fn adopt_orphans() -> Result<(), SuperviseError> {
    Ok(())
}

fn system(what: &'static str) -> impl Fn(io::Error) -> SuperviseError {
    move |source| SuperviseError::System { what, source }
}
