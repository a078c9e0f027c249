//! What the supervisor hears, and what it tells.

use std::fmt;
use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::Duration;

use super::Signal;

/// A pair: who watches the secrets calls [`Notifier::changed`] from any thread, the supervisor owns
/// the [`Changes`].
///
/// # Errors
/// The system's, when it has no descriptor left.
pub fn changes() -> io::Result<(Notifier, Changes)> {
    let (read, write) = UnixStream::pair()?;
    read.set_nonblocking(true)?;
    write.set_nonblocking(true)?;
    Ok((Notifier { write: Arc::new(write) }, Changes { read }))
}

/// Tells a supervisor that a secret of its program has changed.
#[derive(Debug, Clone)]
pub struct Notifier {
    write: Arc<UnixStream>,
}

impl Notifier {
    /// Notes a change; never blocks. Whether the supervisor still listens: `false` is the time for
    /// the watching thread to end.
    #[must_use]
    pub fn changed(&self) -> bool {
        match (&*self.write).write_all(&[1]) {
            Ok(()) => true,
            // Full: so many changes wait already that one more adds nothing.
            Err(error) => error.kind() == io::ErrorKind::WouldBlock,
        }
    }
}

/// The supervisor's end. When every [`Notifier`] is gone the program runs on, unwatched.
#[derive(Debug)]
pub struct Changes {
    read: UnixStream,
}

pub(super) enum Heard {
    Nothing,
    Change,
    Closed,
}

impl Changes {
    pub(super) fn descriptor(&self) -> BorrowedFd<'_> {
        self.read.as_fd()
    }

    /// Takes all changes noted so far; several are one.
    pub(super) fn take(&mut self) -> Heard {
        let mut buffer = [0; 256];
        let mut heard = Heard::Nothing;
        loop {
            match self.read.read(&mut buffer) {
                Ok(0) => return if let Heard::Change = heard { heard } else { Heard::Closed },
                Ok(_) => heard = Heard::Change,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return heard,
            }
        }
    }
}

/// Something that the supervisor did or could not do, for the standard error output. No value is in
/// it.
pub enum Notice<'a> {
    /// Secrets changed; the program is asked to end and is started again.
    Restarting {
        /// What it is sent.
        signal: Signal,
    },
    /// It did not end in time, and is killed.
    Killed {
        /// How long it was given.
        grace: Duration,
    },
    /// It runs again.
    Restarted,
    /// Secrets changed; the program was sent this signal.
    Signalled {
        /// What it was sent.
        signal: Signal,
    },
    /// Secrets changed and could not be read, or do not fit: the program runs on with the old ones.
    NotRenewed {
        /// Why.
        reason: &'a dyn fmt::Display,
    },
    /// A signal could not be sent to the program.
    NotSent {
        /// The signal.
        signal: Signal,
        /// Why.
        reason: &'a io::Error,
    },
}

impl fmt::Display for Notice<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Restarting { signal } => {
                write!(formatter, "secrets changed: sent {signal}, then restarting")
            }
            Self::Killed { grace } => {
                write!(formatter, "the program did not end within {grace:?} and was killed")
            }
            Self::Restarted => formatter.write_str("restarted with the new secrets"),
            Self::Signalled { signal } => write!(formatter, "secrets changed: sent {signal}"),
            Self::NotRenewed { reason } => {
                write!(formatter, "secrets changed, but the old ones stay in use: {reason}")
            }
            Self::NotSent { signal, reason } => {
                write!(formatter, "{signal} could not be sent to the program: {reason}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_changes_are_heard_as_one() {
        let (notifier, mut changes) = changes().unwrap();
        assert!(matches!(changes.take(), Heard::Nothing));
        assert!(notifier.changed() && notifier.clone().changed());
        assert!(matches!(changes.take(), Heard::Change));
        assert!(matches!(changes.take(), Heard::Nothing));
    }

    #[test]
    fn a_change_noted_before_the_notifier_ended_is_still_heard() {
        let (notifier, mut changes) = changes().unwrap();
        assert!(notifier.changed());
        drop(notifier);
        assert!(matches!(changes.take(), Heard::Change));
        assert!(matches!(changes.take(), Heard::Closed));
    }

    #[test]
    fn noting_never_blocks_and_tells_when_nobody_listens() {
        let (notifier, changes) = changes().unwrap();
        assert!((0..100_000).all(|_| notifier.changed()));
        drop(changes);
        assert!(!notifier.changed());
    }
}
