//! HTTP/1.1 on a plain socket.

use std::io::{Read, Write};

use crate::harness::{Room, ask, read_answer, read_to_end};

#[test]
fn connection_is_kept_for_further_requests_and_every_method_passes() {
    let room = Room::new();
    let mut stream = room.connect();
    for method in ["GET", "LIST", "SCAN", "DELETE", "PATCH", "BREW"] {
        let (status, body) = ask(&mut stream, method, "/v1/a?b=c", "12345");
        assert_eq!(status, 200);
        let wanted = format!("{method} /v1/a b=c tls=false 5 bytes on strongroom");
        assert_eq!(body, wanted);
    }
}

#[test]
fn head_is_answered_without_a_body() {
    let room = Room::new();
    let mut stream = room.connect();
    stream.write_all(b"HEAD /v1/a HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").unwrap();
    let answer = String::from_utf8(read_to_end(&mut stream)).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.ends_with("\r\n\r\n") && answer.contains("content-length: 4"), "{answer}");
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let room = Room::new();
    let mut stream = room.connect();
    let requests = (0..50).map(|number| format!("GET /{number} HTTP/1.1\r\nhost: a\r\n\r\n"));
    stream.write_all(requests.collect::<String>().as_bytes()).unwrap();
    for number in 0..50 {
        let (status, body) = read_answer(&mut stream);
        assert!(status == 200 && body.starts_with(&format!("GET /{number} ")), "{body}");
    }
}

#[test]
fn what_may_wait_runs_on_another_thread_than_the_connections() {
    let room = Room::new();
    let mut stream = room.connect();
    let waiting = std::thread::spawn(move || ask(&mut stream, "GET", "/wait", ""));
    room.door.until_begun();
    // As many as there could be workers: none of them is held up.
    for _ in 0..64 {
        assert_eq!(ask(&mut room.connect(), "GET", "/", "").0, 200);
    }
    room.door.let_go();
    assert_eq!(waiting.join().unwrap(), (200, "waited".to_owned()));
}

#[test]
fn odd_paths_reach_the_door_as_they_were_sent_or_are_refused_without_harm() {
    let room = Room::new();
    for path in ["/a/../b", "/%00", "/%", "/%zz", "//", "/a%2F..", "/\u{7f}", "*", "http://b/c"] {
        let mut stream = room.connect();
        let (status, _) = ask(&mut stream, "GET", path, "");
        assert!(matches!(status, 200 | 400), "{path}: {status}");
    }
    for head in ["GET /\0 HTTP/1.1\r\n\r\n", "GET\r\n\r\n", "\r\n\r\n\r\n", "\u{16}\u{3}\u{1}"] {
        let mut stream = room.connect();
        stream.write_all(head.as_bytes()).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let answer = read_to_end(&mut stream);
        assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 400"), "{head:?}");
    }
    assert_eq!(ask(&mut room.connect(), "GET", "/../x", "").1.split(' ').nth(1), Some("/../x"));
}

#[test]
fn path_that_no_door_serves_is_not_found() {
    let room = Room::new();
    assert_eq!(ask(&mut room.connect(), "GET", "/elsewhere", "").0, 404);
}

#[test]
fn panicking_door_costs_its_client_the_answer_and_nobody_else_anything() {
    let room = Room::new();
    let mut stream = room.connect();
    for path in ["/panic", "/panic/wait", "/panic/may-wait", "/panic/body"] {
        let answer = ask(&mut stream, "GET", path, "");
        assert_eq!(answer, (500, "the door says: internal error".to_owned()), "{path}");
    }
    assert_eq!(ask(&mut stream, "GET", "/panic/serves", "").0, 404);
    assert_eq!(ask(&mut stream, "GET", "/", "").0, 200);
    assert!(room.metrics.render().contains("strongroom_http_requests_running 0\n"));
}

#[test]
fn chunked_body_arrives_whole() {
    let room = Room::new();
    let mut stream = room.connect();
    let head = b"PUT /a HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n";
    stream.write_all(head).unwrap();
    for _ in 0..100 {
        stream.write_all(b"3\r\nabc\r\n").unwrap();
    }
    stream.write_all(b"0\r\n\r\n").unwrap();
    assert!(read_answer(&mut stream).1.contains(" 300 bytes "));
}

#[test]
fn streamed_answer_arrives_while_it_is_made_and_ends_with_its_feeder() {
    let room = Room::new();
    let mut stream = room.connect();
    stream.write_all(b"GET /stream HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").unwrap();
    read_until(&mut stream, "5\r\nfirst\r\n");
    assert!(room.metrics.render().contains("strongroom_http_streams_open 1\n"));
    let chunks = room.door.streams.lock().unwrap().pop().unwrap();
    chunks.send("second").unwrap();
    read_until(&mut stream, "6\r\nsecond\r\n");
    drop(chunks);
    assert_eq!(read_to_end(&mut stream), b"0\r\n\r\n");
}

#[test]
fn requests_are_counted_by_door_method_and_status() {
    let room = Room::new();
    let mut stream = room.connect();
    ask(&mut stream, "LIST", "/a", "12345");
    let page = room.metrics.render();
    let wanted = "strongroom_http_requests_total{door=\"test\",method=\"LIST\",status=\"200\"} 1\n";
    assert!(page.contains(wanted), "{page}");
    assert!(page.contains("strongroom_http_received_bytes_total 5\n"), "{page}");
    assert!(page.contains("strongroom_connections_open 1\n"), "{page}");
}

fn read_until(stream: &mut impl Read, wanted: &str) {
    let mut text = Vec::new();
    while !text.ends_with(wanted.as_bytes()) {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        text.push(byte[0]);
    }
}
