//! Tells systemd how the server is: `sd_notify(3)`.
//!
//! A unit with `Type=notify` (or `notify-reload`) and, if it wants, `WatchdogSec=` passes a socket in the variable
//! [`NOTIFY_SOCKET`]. Elsewhere nothing is told.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

/// The variable that names systemd's socket: a path, or `@` and a name.
pub const NOTIFY_SOCKET: &str = "NOTIFY_SOCKET";
/// The variable with the time in microseconds within which systemd wants to hear from the server.
pub const WATCHDOG_USEC: &str = "WATCHDOG_USEC";
/// The variable with the process that the watchdog is for.
pub const WATCHDOG_PID: &str = "WATCHDOG_PID";

/// What systemd is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// The server answers, for the first time or after a reload.
    Ready,
    /// It reads its configuration anew. systemd wants the moment, in microseconds of the monotonic clock.
    Reloading {
        /// `CLOCK_MONOTONIC`, in microseconds.
        monotonic_micros: u64,
    },
    /// It stops.
    Stopping,
    /// It is alive.
    Watchdog,
}

/// The way to systemd, if there is one.
#[derive(Debug, Default)]
pub struct Notifier {
    to: Option<(UnixDatagram, SocketAddr)>,
    watchdog: Option<Duration>,
}

impl Notifier {
    /// From the variables of the environment, which `variable` looks up, and this process's number.
    ///
    /// # Errors
    /// The system's, when the socket cannot be used or its name is none.
    pub fn from_environment<T: AsRef<OsStr>>(
        variable: impl Fn(&str) -> Option<T>,
        process: u32,
    ) -> io::Result<Self> {
        let Some(name) = variable(NOTIFY_SOCKET).filter(|name| !name.as_ref().is_empty()) else {
            return Ok(Self::default());
        };
        let number = |name: &str| {
            let value = variable(name)?;
            value.as_ref().to_str()?.parse::<u64>().ok()
        };
        let is_ours = number(WATCHDOG_PID).is_none_or(|wanted| wanted == u64::from(process));
        let interval = number(WATCHDOG_USEC).filter(|micros| is_ours && *micros > 0);
        let socket = UnixDatagram::unbound()?;
        socket.set_nonblocking(true)?;
        Ok(Self {
            to: Some((socket, address(name.as_ref())?)),
            // Half of it, as sd_watchdog_enabled(3) advises.
            watchdog: interval.map(|micros| Duration::from_micros(micros / 2)),
        })
    }

    /// How often [`State::Watchdog`] has to be told, if at all.
    #[must_use]
    pub fn watchdog(&self) -> Option<Duration> {
        self.watchdog
    }

    /// Tells it. Nobody waits for systemd, and a server does not stop because systemd does not listen.
    pub fn tell(&self, state: State) {
        let Some((socket, address)) = &self.to else { return };
        let text = match state {
            State::Ready => "READY=1".to_owned(),
            State::Reloading { monotonic_micros } => {
                format!("RELOADING=1\nMONOTONIC_USEC={monotonic_micros}")
            }
            State::Stopping => "STOPPING=1".to_owned(),
            State::Watchdog => "WATCHDOG=1".to_owned(),
        };
        if let Err(error) = socket.send_to_addr(text.as_bytes(), address) {
            tracing::warn!(%error, "systemd does not listen");
        }
    }
}

/// The monotonic clock that systemd means, in microseconds.
#[must_use]
pub fn monotonic_micros() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
    let micros = u64::try_from(time.tv_nsec).unwrap_or_default() / 1_000;
    seconds.saturating_mul(1_000_000).saturating_add(micros)
}

fn address(name: &OsStr) -> io::Result<SocketAddr> {
    match name.as_bytes().split_first() {
        #[cfg(target_os = "linux")]
        Some((b'@', rest)) => {
            use std::os::linux::net::SocketAddrExt;
            SocketAddr::from_abstract_name(rest)
        }
        Some((b'/', _)) => SocketAddr::from_pathname(name),
        _ => Err(io::Error::new(io::ErrorKind::InvalidInput, "NOTIFY_SOCKET is no socket's name")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(socket: &UnixDatagram) -> String {
        let mut buffer = [0; 256];
        let length = socket.recv(&mut buffer).unwrap();
        String::from_utf8(buffer[..length].to_vec()).unwrap()
    }

    #[test]
    fn every_state_reaches_the_socket() {
        let room = tempfile::TempDir::new().unwrap();
        let path = room.path().join("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        let variable = |name: &str| match name {
            NOTIFY_SOCKET => Some(path.clone().into_os_string()),
            WATCHDOG_USEC => Some("3000000".into()),
            _ => None,
        };
        let notifier = Notifier::from_environment(variable, 7).unwrap();
        assert_eq!(notifier.watchdog(), Some(Duration::from_micros(1_500_000)));
        for (state, text) in [
            (State::Ready, "READY=1"),
            (State::Reloading { monotonic_micros: 5 }, "RELOADING=1\nMONOTONIC_USEC=5"),
            (State::Watchdog, "WATCHDOG=1"),
            (State::Stopping, "STOPPING=1"),
        ] {
            notifier.tell(state);
            assert_eq!(heard(&socket), text);
        }
    }

    #[test]
    fn without_systemd_nothing_is_told() {
        let notifier = Notifier::from_environment(|_| None::<&str>, 7).unwrap();
        assert!(notifier.to.is_none() && notifier.watchdog().is_none());
        notifier.tell(State::Ready);
    }

    #[test]
    fn watchdog_of_another_process_is_not_ours() {
        let variable = |name: &str| match name {
            NOTIFY_SOCKET => Some("/nobody/listens"),
            WATCHDOG_USEC => Some("3000000"),
            _ => Some("8"),
        };
        let notifier = Notifier::from_environment(variable, 7).unwrap();
        assert_eq!(notifier.watchdog(), None);
        notifier.tell(State::Ready);
        let named = Notifier::from_environment(|_| Some("relative"), 7);
        assert_eq!(named.unwrap_err().kind(), io::ErrorKind::InvalidInput);
    }
}
