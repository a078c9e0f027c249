//! How a server ends.

use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

use crate::harness::{Room, ask, read_to_end};

#[test]
fn running_request_is_answered_and_resting_connections_are_closed() {
    let mut room = Room::new();
    let mut resting = room.connect();
    assert_eq!(ask(&mut resting, "GET", "/", "").0, 200);
    let mut silent = room.connect();
    let mut working = room.connect();
    let waiting = std::thread::spawn(move || {
        let answer = ask(&mut working, "GET", "/wait", "");
        (answer, read_to_end(&mut working))
    });
    room.door.until_begun();
    room.handle.stop();
    assert_eq!(read_to_end(&mut resting), b"");
    assert_eq!(read_to_end(&mut silent), b"");
    room.door.let_go();
    assert_eq!(waiting.join().unwrap(), ((200, "waited".to_owned()), Vec::new()));
    assert!(room.stop());
    assert!(TcpStream::connect(room.plain).is_err(), "nobody listens any more");
}

#[test]
fn request_that_does_not_end_is_given_up_after_the_limit() {
    let mut room = Room::with(|limits| limits.stop_timeout = Duration::from_millis(50));
    let mut stream = room.connect();
    stream.write_all(b"GET /wait HTTP/1.1\r\nhost: a\r\n\r\n").unwrap();
    room.door.until_begun();
    assert!(!room.stop());
    assert_eq!(read_to_end(&mut stream), b"");
    room.door.let_go();
}

#[test]
fn streams_end_with_the_server() {
    let mut room = Room::new();
    let mut stream = room.connect();
    stream.write_all(b"GET /stream HTTP/1.1\r\nhost: a\r\n\r\n").unwrap();
    let mut byte = [0];
    std::io::Read::read_exact(&mut stream, &mut byte).unwrap();
    assert!(room.stop());
    assert!(read_to_end(&mut stream).ends_with(b"5\r\nfirst\r\n0\r\n\r\n"));
}
