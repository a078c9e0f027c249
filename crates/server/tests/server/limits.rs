//! Each limit at its edge and past it.

use std::io::Write;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::harness::{PATIENCE, Room, ask, read_answer, read_to_end};

/// Waited out by a test, and long enough for its client to send a whole request on a busy machine.
const SHORT: Duration = Duration::from_millis(500);

#[test]
fn body_over_the_limit_gets_the_doors_error_and_one_at_the_limit_passes() {
    let room = Room::with(|limits| limits.request_body_bytes_max = 1_000);
    let refused = (413, "the door says: request body too large".to_owned());
    assert_eq!(ask(&mut room.connect(), "PUT", "/a", &"x".repeat(1_000)).0, 200);
    assert_eq!(ask(&mut room.connect(), "PUT", "/a", &"x".repeat(1_001)), refused);
    // The door's own limit is lower.
    assert_eq!(ask(&mut room.connect(), "PUT", "/small", "1234").0, 200);
    assert_eq!(ask(&mut room.connect(), "PUT", "/small", "12345"), refused);
    // Without a declared length.
    let mut stream = room.connect();
    let head = b"PUT /a HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n";
    stream.write_all(head).unwrap();
    for _ in 0..11 {
        stream.write_all(format!("64\r\n{}\r\n", "x".repeat(100)).as_bytes()).unwrap();
    }
    stream.write_all(b"0\r\n\r\n").unwrap();
    assert_eq!(read_answer(&mut stream), refused);
}

#[test]
fn client_that_asks_first_whether_a_body_is_welcome_is_refused_without_sending_it() {
    let room = Room::with(|limits| limits.request_body_bytes_max = 10);
    let mut stream = room.connect();
    let head = b"PUT /a HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 11\r\n\r\n";
    stream.write_all(head).unwrap();
    assert_eq!(read_answer(&mut stream).0, 413);
}

#[test]
fn large_body_that_is_refused_is_read_off_so_that_the_client_sees_the_answer() {
    let room = Room::with(|limits| limits.request_body_bytes_max = 4 << 20);
    let body = "x".repeat((4 << 20) + 1);
    assert_eq!(ask(&mut room.connect(), "PUT", "/a", &body).0, 413);
    assert!(room.metrics.render().contains("strongroom_http_held_bodies_bytes 0\n"));
}

#[test]
fn bodies_that_are_held_together_are_bounded() {
    let room = Room::with(|limits| limits.held_bodies_bytes_max = 10);
    let mut first = room.connect();
    let waiting = std::thread::spawn(move || ask(&mut first, "PUT", "/wait", "123456"));
    room.door.until_begun();
    assert_eq!(ask(&mut room.connect(), "PUT", "/a", "1234").0, 200);
    let refused = ask(&mut room.connect(), "PUT", "/a", "12345");
    assert_eq!(refused, (503, "the door says: the server is overloaded, try again".to_owned()));
    room.door.let_go();
    assert_eq!(waiting.join().unwrap().0, 200);
    assert_eq!(ask(&mut room.connect(), "PUT", "/a", "1234567890").0, 200);
}

#[test]
fn requests_that_run_at_a_time_are_bounded() {
    let room = Room::with(|limits| limits.requests_running_max = 1);
    let mut first = room.connect();
    let waiting = std::thread::spawn(move || ask(&mut first, "GET", "/wait", ""));
    room.door.until_begun();
    assert_eq!(ask(&mut room.connect(), "GET", "/a", "").0, 503);
    room.door.let_go();
    assert_eq!(waiting.join().unwrap().0, 200);
    assert_eq!(ask(&mut room.connect(), "GET", "/a", "").0, 200);
}

#[test]
fn body_that_comes_slowly_does_not_take_the_place_of_another_request() {
    let room = Room::with(|limits| limits.requests_running_max = 1);
    let mut slow = room.connect();
    slow.write_all(b"PUT /a HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\n12345").unwrap();
    until(&room, "strongroom_http_held_bodies_bytes 5\n");
    assert_eq!(ask(&mut room.connect(), "GET", "/a", "").0, 200);
    slow.write_all(b"67890").unwrap();
    assert_eq!(read_answer(&mut slow).0, 200);
}

/// Asks until the metrics say it.
fn until(room: &Room, wanted: &str) {
    let begun = Instant::now();
    while !room.metrics.render().contains(wanted) {
        assert!(begun.elapsed() < PATIENCE, "{}", room.metrics.render());
        std::thread::yield_now();
    }
}

#[test]
fn streams_that_are_open_at_a_time_are_bounded() {
    let room = Room::with(|limits| limits.streams_open_max = 0);
    let refused = ask(&mut room.connect(), "GET", "/stream", "");
    assert_eq!(refused, (503, "the door says: the server is overloaded, try again".to_owned()));
    assert!(room.metrics.render().contains("strongroom_http_streams_open 0\n"));
}

#[test]
fn body_that_does_not_arrive_in_time_gets_the_doors_error() {
    let room = Room::with(|limits| limits.body_timeout = Duration::from_millis(50));
    let mut stream = room.connect();
    let head = b"PUT /a HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\n12345";
    stream.write_all(head).unwrap();
    let refused = (408, "the door says: the request body did not arrive in time".to_owned());
    assert_eq!(read_answer(&mut stream), refused);
}

#[test]
fn body_that_breaks_off_is_refused_and_never_answered_as_if_it_were_whole() {
    let room = Room::new();
    let mut stream = room.connect();
    let head = b"PUT /a HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\n12345";
    stream.write_all(head).unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let answer = String::from_utf8(read_to_end(&mut stream)).unwrap();
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400"), "{answer}");
}

#[test]
fn slow_head_is_cut_off() {
    let room = Room::with(|limits| limits.head_timeout = SHORT);
    for begun in ["", "G", "GET / HTTP/1.1\r\nhost"] {
        let mut stream = room.connect();
        stream.write_all(begun.as_bytes()).unwrap();
        assert_eq!(read_to_end(&mut stream), b"", "{begun:?}");
    }
    // A second head that is begun and not ended.
    let mut stream = room.connect();
    assert_eq!(ask(&mut stream, "PUT", "/a", "body").0, 200);
    stream.write_all(b"GET / HTTP/1.1\r\n").unwrap();
    assert_eq!(read_to_end(&mut stream), b"");
    // A handshake.
    assert_eq!(read_to_end(&mut TcpStream::connect(room.tls).unwrap()), b"");
}

#[test]
fn connection_that_rests_is_closed_and_one_that_works_is_not() {
    let room = Room::with(|limits| limits.idle_timeout = SHORT);
    let mut resting = room.connect();
    let mut working = room.connect();
    let waiting = std::thread::spawn(move || ask(&mut working, "GET", "/wait", ""));
    room.door.until_begun();
    assert_eq!(ask(&mut resting, "PUT", "/a", "body").0, 200);
    assert_eq!(read_to_end(&mut resting), b"");
    room.door.let_go();
    assert_eq!(waiting.join().unwrap().0, 200);
}

#[test]
fn connections_at_a_time_are_bounded() {
    let room = Room::with(|limits| limits.connections_max = 2);
    let mut kept = [room.connect(), room.connect()];
    for stream in &mut kept {
        assert_eq!(ask(stream, "GET", "/a", "").0, 200);
    }
    assert_eq!(read_to_end(&mut room.connect()), b"");
    assert!(room.metrics.render().contains("strongroom_connections_refused_total 1\n"));
    for stream in &mut kept {
        assert_eq!(ask(stream, "GET", "/a", "").0, 200);
    }
}

#[test]
fn head_over_the_limit_is_refused_by_size_and_by_count() {
    let room = Room::with(|limits| limits.request_head_bytes_max = 8_192);
    let long = format!("/{}", "a".repeat(8_000));
    assert_eq!(ask(&mut room.connect(), "GET", &long, "").0, 200);
    for path in [format!("/{}", "a".repeat(8_200)), format!("/{}", "a".repeat(100_000))] {
        let mut stream = room.connect();
        // The server may close before all of it has been sent.
        let _ = stream.write_all(format!("GET {path} HTTP/1.1\r\nhost: a\r\n\r\n").as_bytes());
        let answer = String::from_utf8(read_to_end(&mut stream)).unwrap();
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    }
    for (count, wanted) in [(99, 200), (100, 431)] {
        let mut stream = room.connect();
        let fields = "a: b\r\n".repeat(count);
        let _ = stream.write_all(format!("GET / HTTP/1.1\r\nhost: a\r\n{fields}\r\n").as_bytes());
        let answer = String::from_utf8(read_to_end_or_answer(&mut stream, wanted)).unwrap();
        assert!(answer.starts_with(&format!("HTTP/1.1 {wanted}")), "{count}: {answer}");
    }
}

fn read_to_end_or_answer(stream: &mut TcpStream, wanted: u16) -> Vec<u8> {
    if wanted == 200 {
        return format!("HTTP/1.1 {}", read_answer(stream).0).into_bytes();
    }
    read_to_end(stream)
}
