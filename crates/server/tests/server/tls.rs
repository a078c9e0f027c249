//! HTTPS: HTTP/1.1 and HTTP/2, versions, certificates that change.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::MetadataExt;
use std::sync::Arc;

use http_body_util::{BodyExt, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::ServerName;

use crate::harness::{Room, ask, read_to_end};

#[test]
fn client_that_trusts_the_authority_speaks_http1_over_tls() {
    let room = Room::new();
    let mut stream = room.connect_tls(&["http/1.1"]);
    assert!(ask(&mut stream, "GET", "/a", "").1.contains("tls=true"));
    assert_eq!(stream.conn.alpn_protocol(), Some(b"http/1.1".as_slice()));
    let mut stream = room.connect_tls(&[]);
    assert_eq!(ask(&mut stream, "LIST", "/a", "").0, 200);
    for file in ["ca.key", "server.pem"] {
        let mode = std::fs::metadata(room.folder.path().join(file)).unwrap().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn http2_over_tls_and_over_a_plain_socket_carries_requests_side_by_side() {
    let room = Room::with(|limits| limits.request_body_bytes_max = 1_000);
    let stream = tokio::net::TcpStream::connect(room.tls).await.unwrap();
    let connector = tokio_rustls::TlsConnector::from(Arc::new(room.tls_client(&["h2"])));
    let name = ServerName::try_from("127.0.0.1").unwrap();
    let stream = connector.connect(name, stream).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(b"h2".as_slice()));
    talk_http2(&room, stream, true).await;
    talk_http2(&room, tokio::net::TcpStream::connect(room.plain).await.unwrap(), false).await;
}

async fn talk_http2<T>(room: &Room, stream: T, encrypted: bool)
where
    T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let (sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
            .await
            .unwrap();
    tokio::spawn(connection);
    let ask_with = |path: &str, body: String, fields: usize| {
        let mut sender = sender.clone();
        let mut request = http::Request::builder().method("LIST").uri(format!("http://a{path}"));
        for number in 0..fields {
            request = request.header(format!("field-{number}"), "a");
        }
        let request = request.body(Full::new(bytes::Bytes::from(body))).unwrap();
        async move {
            let answer = sender.send_request(request).await.unwrap();
            let (head, body) = answer.into_parts();
            let body = body.collect().await.unwrap().to_bytes();
            (head.status.as_u16(), String::from_utf8(body.to_vec()).unwrap())
        }
    };
    let ask = |path: &str, body: String| ask_with(path, body, 0);
    let waiting = tokio::spawn(ask("/wait", String::new()));
    room.door.until_begun();
    let (status, body) = ask("/v1/a?b", "x".repeat(1_000)).await;
    let wanted = format!("LIST /v1/a b tls={encrypted} 1000 bytes on strongroom");
    assert_eq!((status, body), (200, wanted));
    let refused = (413, "the door says: request body too large".to_owned());
    assert_eq!(ask("/v1/a", "x".repeat(1_001)).await, refused);
    assert_eq!(ask("/panic", String::new()).await.0, 500);
    // The client adds `content-length`, which makes a hundred.
    assert_eq!(ask_with("/a", String::new(), 99).await.0, 200);
    let refused = (431, "the door says: too many header fields".to_owned());
    assert_eq!(ask_with("/a", String::new(), 100).await, refused);
    room.door.let_go();
    assert_eq!(waiting.await.unwrap().0, 200);
}

#[test]
fn tls_1_1_is_refused() {
    let room = Room::new();
    let mut stream = TcpStream::connect(room.tls).unwrap();
    stream.write_all(&client_hello_of_tls_1_1()).unwrap();
    let mut alert = [0; 7];
    stream.read_exact(&mut alert).unwrap();
    // An alert (21), fatal (2): protocol_version (70) (RFC 5246, section 7.2).
    assert_eq!((alert[0], alert[5], alert[6]), (21, 2, 70));
    assert_eq!(read_to_end(&mut stream), b"");
}

/// A ClientHello as of RFC 4346 with TLS_RSA_WITH_AES_128_CBC_SHA. It names a signature algorithm (RFC 5246, section
/// 7.4.1.4.1), so that its version is all that is wrong with it.
fn client_hello_of_tls_1_1() -> Vec<u8> {
    let mut hello = vec![3, 2];
    hello.extend([7; 32]);
    hello.extend([0, 0, 2, 0, 0x2F, 1, 0]);
    hello.extend([0, 8, 0, 13, 0, 4, 0, 2, 4, 1]);
    let length = u8::try_from(hello.len()).unwrap();
    let mut record = vec![22, 3, 1, 0, length + 4, 1, 0, 0, length];
    record.extend(hello);
    record
}

#[test]
fn reload_gives_new_connections_the_renewed_certificate_and_leaves_the_open_ones() {
    let room = Room::new();
    let seen = |stream: &rustls::StreamOwned<rustls::ClientConnection, _>| {
        stream.conn.peer_certificates().unwrap()[0].clone().into_owned()
    };
    let mut before = room.connect_tls(&[]);
    assert_eq!(ask(&mut before, "GET", "/", "").0, 200);
    room.handle.reload().unwrap();
    let mut same = room.connect_tls(&[]);
    assert_eq!(ask(&mut same, "GET", "/", "").0, 200);
    assert_eq!(seen(&before), seen(&same));

    room.clock.move_days(80);
    room.handle.reload().unwrap();
    let mut renewed = room.connect_tls(&[]);
    assert_eq!(ask(&mut renewed, "GET", "/", "").0, 200);
    assert_ne!(seen(&before), seen(&renewed));
    assert_eq!(ask(&mut before, "GET", "/", "").0, 200);

    std::fs::write(room.folder.path().join("ca.key"), "broken").unwrap();
    assert!(room.handle.reload().unwrap_err().to_string().contains("ca.key"));
    let mut kept = room.connect_tls(&[]);
    assert_eq!(ask(&mut kept, "GET", "/", "").0, 200);
    assert_eq!(seen(&renewed), seen(&kept));
    let page = room.metrics.render();
    assert!(page.contains("strongroom_tls_certificate_reloads_failed_total 1\n"), "{page}");
}

#[test]
fn client_that_trusts_another_authority_refuses_the_server() {
    let (room, other) = (Room::new(), Room::new());
    std::fs::copy(other.folder.path().join("ca.pem"), room.folder.path().join("ca.pem")).unwrap();
    let mut stream = room.connect_tls(&[]);
    assert!(stream.write_all(b"GET / HTTP/1.1\r\n\r\n").is_err());
}
