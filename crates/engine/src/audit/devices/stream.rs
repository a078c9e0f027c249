use std::io::{self, Write};
use std::net::{TcpStream, ToSocketAddrs, UdpSocket};
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use super::DeviceState;
use super::options::Target;

/// How many records wait for a stream; one more is lost, and counted.
const WAITING_MAX: usize = 1_024;
/// How long a stream may take to take a line, and to be connected.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Lines on their way to somewhere that may be slow: a thread sends them, and who adds one never waits.
pub(super) struct StreamSink {
    sender: SyncSender<[Vec<u8>; 2]>,
    state: Arc<DeviceState>,
}

enum Connection {
    Tcp(TcpStream),
    Udp(UdpSocket),
    Unix(UnixStream),
    Syslog(UnixDatagram, String),
}

impl StreamSink {
    /// The thread ends with the sink.
    pub fn begin(target: Target, state: Arc<DeviceState>) -> Self {
        let (sender, receiver) = sync_channel(WAITING_MAX);
        let of_thread = Arc::clone(&state);
        let named = std::thread::Builder::new().name("audit-device".into());
        // Without a thread the receiver is gone, and every record is counted as lost.
        let _ = named.spawn(move || send_all(&target, &receiver, &of_thread));
        Self { sender, state }
    }

    pub fn send(&self, lines: [Vec<u8>; 2]) {
        if self.sender.try_send(lines).is_err() {
            self.state.lose();
        }
    }
}

fn send_all(target: &Target, receiver: &Receiver<[Vec<u8>; 2]>, state: &DeviceState) {
    let mut connection = None;
    while let Ok(lines) = receiver.recv() {
        // A connection that the other end has closed shows only when it is written to: it is tried once more.
        let sent = send(&mut connection, target, &lines)
            .or_else(|_| send(&mut connection, target, &lines));
        match sent {
            Ok(()) => state.failing.store(false, Relaxed),
            Err(_) => state.lose(),
        }
    }
}

fn send(
    connection: &mut Option<Connection>,
    target: &Target,
    lines: &[Vec<u8>; 2],
) -> io::Result<()> {
    let mut open = match connection.take() {
        Some(open) => open,
        None => Connection::open(target)?,
    };
    for line in lines {
        open.send(line)?;
    }
    *connection = Some(open);
    Ok(())
}

impl Connection {
    fn open(target: &Target) -> io::Result<Self> {
        match target {
            Target::Tcp(address) => {
                let unresolved = || io::Error::from(io::ErrorKind::NotFound);
                let address = address.to_socket_addrs()?.next().ok_or_else(unresolved)?;
                let stream = TcpStream::connect_timeout(&address, TIMEOUT)?;
                stream.set_write_timeout(Some(TIMEOUT))?;
                Ok(Self::Tcp(stream))
            }
            Target::Udp(address) => {
                let unresolved = || io::Error::from(io::ErrorKind::NotFound);
                let address = address.to_socket_addrs()?.next().ok_or_else(unresolved)?;
                let any = if address.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
                let socket = UdpSocket::bind(any)?;
                socket.connect(address)?;
                Ok(Self::Udp(socket))
            }
            Target::Unix(path) => {
                let stream = UnixStream::connect(path)?;
                stream.set_write_timeout(Some(TIMEOUT))?;
                Ok(Self::Unix(stream))
            }
            Target::Syslog(path, begin) => {
                let socket = UnixDatagram::unbound()?;
                socket.connect(path)?;
                socket.set_write_timeout(Some(TIMEOUT))?;
                Ok(Self::Syslog(socket, begin.clone()))
            }
        }
    }

    fn send(&mut self, line: &[u8]) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => stream.write_all(line),
            Self::Unix(stream) => stream.write_all(line),
            Self::Udp(socket) => socket.send(line).map(drop),
            Self::Syslog(socket, begin) => {
                let text = line.strip_suffix(b"\n").unwrap_or(line);
                socket.send(&[begin.as_bytes(), text].concat()).map(drop)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader};
    use std::net::TcpListener;
    use std::os::unix::net::UnixListener;

    use super::*;

    fn lines(number: usize) -> [Vec<u8>; 2] {
        [format!("request {number}\n").into_bytes(), format!("response {number}\n").into_bytes()]
    }

    fn sink(target: Target) -> (StreamSink, Arc<DeviceState>) {
        let state = Arc::new(DeviceState::default());
        (StreamSink::begin(target, Arc::clone(&state)), state)
    }

    #[test]
    fn lines_reach_a_socket_in_their_order() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (sink, _) = sink(Target::Tcp(listener.local_addr().unwrap().to_string()));
        (0..3).for_each(|number| sink.send(lines(number)));
        let mut read = BufReader::new(listener.accept().unwrap().0).lines();
        for number in 0..3 {
            assert_eq!(read.next().unwrap().unwrap(), format!("request {number}"));
            assert_eq!(read.next().unwrap().unwrap(), format!("response {number}"));
        }
    }

    #[test]
    fn datagrams_and_the_systems_log_get_a_message_for_each_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let log = UnixDatagram::bind(&path).unwrap();
        let (to_log, _) = sink(Target::Syslog(path, "<37>strongroom: ".into()));
        to_log.send(lines(1));
        let mut buffer = [0; 100];
        let count = log.recv(&mut buffer).unwrap();
        assert_eq!(&buffer[..count], b"<37>strongroom: request 1");
        let receiver = UdpSocket::bind("127.0.0.1:0").unwrap();
        let (by_udp, _) = sink(Target::Udp(receiver.local_addr().unwrap().to_string()));
        by_udp.send(lines(2));
        let count = receiver.recv(&mut buffer).unwrap();
        assert_eq!(&buffer[..count], b"request 2\n");
    }

    #[test]
    fn a_reader_that_takes_nothing_keeps_nobody_waiting() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let listener = UnixListener::bind(&path).unwrap();
        let (sink, state) = sink(Target::Unix(path));
        // More than the queue and the kernel take: were one of these to wait, it would wait for ever.
        let long = || [vec![b'x'; 4_096], vec![b'\n']];
        (0..2 * WAITING_MAX).for_each(|_| sink.send(long()));
        assert!(state.lost.load(Relaxed) > 0 && state.failing.load(Relaxed));
        drop(listener);
    }
}
