use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use http_body::Body;
use serde_json::json;
use strongroom_server::door::{Answer, AnswerBody};
use strongroom_server::native::WATCHERS_MAX;

use super::{Client, Setting};

const LIST: &str = r#"path "secret/app/" { capabilities = ["list"] }
                      path "secret/app/SEEN" { capabilities = ["read"] }"#;

/// What a stream sends until it has sent a text, or until it ends.
fn read_until(answer: &mut Answer, wanted: Option<&str>) -> String {
    let (mut text, started) = (String::new(), Instant::now());
    loop {
        assert!(started.elapsed() < Duration::from_secs(30), "the stream sent: {text}");
        let mut context = Context::from_waker(Waker::noop());
        match Pin::new(&mut answer.body).poll_frame(&mut context) {
            Poll::Ready(Some(Ok(frame))) => {
                let data = frame.into_data().expect("data");
                text.push_str(std::str::from_utf8(&data).expect("text"));
                if wanted.is_some_and(|wanted| text.contains(wanted)) {
                    return text;
                }
            }
            Poll::Ready(_) => {
                assert!(wanted.is_none(), "the stream ended: {text}");
                return text;
            }
            Poll::Pending => std::thread::yield_now(),
        }
    }
}

fn watch(client: &Client<'_>, path: &str) -> Answer {
    let mut answer = client.send("GET", path, b"");
    assert_eq!(answer.status, 200);
    assert_eq!(answer.headers.get("content-type").expect("a type"), "text/event-stream");
    read_until(&mut answer, Some(": watching\n\n"));
    answer
}

fn put(client: &Client<'_>, path: &str) {
    client.ask("secret-write", json!({ "path": path, "value": { "text": "cAnArY" } })).ok();
}

#[test]
fn a_watcher_is_told_names_of_what_it_may_see_and_no_values() {
    let setting = Setting::new();
    let root = setting.root();
    let app = setting.bearer("app", LIST);
    let mut answer = watch(&app, "watch?prefix=secret%2Fapp/");
    put(&root, "secret/app/HIDDEN");
    put(&root, "secret/other/SEEN");
    put(&root, "secret/app/SEEN");
    let told = read_until(&mut answer, Some("SEEN"));
    assert!(told.contains("event: change\ndata: {\"path\":\"secret/app/SEEN\""), "{told}");
    for hidden in ["HIDDEN", "other", "cAnArY"] {
        assert!(!told.contains(hidden), "{told}");
    }
}

#[test]
fn a_watch_goes_on_from_the_id_of_an_event() {
    let setting = Setting::new();
    let root = setting.root();
    let mut answer = watch(&root, "watch?prefix=secret/app/");
    put(&root, "secret/app/A");
    let told = read_until(&mut answer, Some("\n\n"));
    let id: u64 = told
        .lines()
        .find_map(|line| line.strip_prefix("id: "))
        .expect("an id")
        .parse()
        .expect("a number");
    put(&root, "secret/app/B");
    let mut next = watch(&root, &format!("watch?prefix=secret/app/&after={id}"));
    let told = read_until(&mut next, Some("\n\n"));
    assert!(told.contains("secret/app/B") && !told.contains("secret/app/A"), "{told}");
}

#[test]
fn a_watch_ends_when_its_token_is_taken_back() {
    let setting = Setting::new();
    let root = setting.root();
    let app = setting.bearer("app", LIST);
    let mut answer = watch(&app, "watch?prefix=secret/app/");
    root.ask("token-revoke", json!({ "which": { "token": app.token } })).ok();
    put(&root, "secret/app/SEEN");
    assert_eq!(read_until(&mut answer, None), "");
}

#[test]
fn a_watch_needs_what_reading_and_listing_need() {
    let setting = Setting::new();
    let app = setting.bearer("app", LIST);
    for path in ["watch?prefix=secret/", "watch?path=secret/app/OTHER", "watch?prefix=nowhere/"] {
        app.raw("GET", path, b"").refused(403, "forbidden");
    }
    setting.client(None).raw("GET", "watch?prefix=secret/app/", b"").refused(403, "forbidden");
    for path in ["watch", "watch?after=x&prefix=secret/app/", "watch?other=1", "watch?prefix=%ff"] {
        app.raw("GET", path, b"").refused(400, "invalid-request");
    }
    app.raw("POST", "secrets-watch", b"{}").refused(400, "invalid-request");
}

#[test]
fn there_are_only_so_many_watchers_and_a_place_is_free_again_when_one_goes() {
    let setting = Setting::new();
    let root = setting.root();
    let mut answers: Vec<_> =
        (0..WATCHERS_MAX).map(|_| watch(&root, "watch?prefix=secret/app/")).collect();
    root.raw("GET", "watch?prefix=secret/app/", b"").refused(503, "unavailable");
    answers.pop();
    let started = Instant::now();
    loop {
        let answer = root.send("GET", "watch?prefix=secret/app/", b"");
        if matches!(answer.body, AnswerBody::Stream(_)) {
            break;
        }
        assert!(started.elapsed() < Duration::from_secs(30), "the place stays taken");
        std::thread::yield_now();
    }
}
