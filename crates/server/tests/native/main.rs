//! The native door, asked as a client asks it, without a network.

#![expect(clippy::expect_used, clippy::panic, reason = "helpers of tests fail the test")]

mod bodies;
mod operations;
mod reference;
mod watch;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use http::{Method, Request};
use serde_json::Value;
use strongroom_core::audit::RequestId;
use strongroom_core::random::Random;
use strongroom_engine::Node;
use strongroom_server::door::{Answer, AnswerBody, Door, Incoming};
use strongroom_server::native::NativeDoor;
use strongroom_testkit::TestRoom;

/// A room with a door to it.
pub(crate) struct Setting {
    pub room: TestRoom,
    pub door: NativeDoor,
    requests: AtomicU64,
}

/// A client of the door.
pub(crate) struct Client<'a> {
    setting: &'a Setting,
    pub token: Option<String>,
}

/// What the door answered.
#[derive(Debug)]
pub(crate) struct Answered {
    pub status: u16,
    pub body: Value,
}

impl Setting {
    pub fn new() -> Self {
        let room = TestRoom::new();
        let node = Arc::new(Node::open(Arc::clone(&room.engine)));
        let random = Arc::clone(&room.random) as Arc<dyn Random>;
        Self { door: NativeDoor::new(node, random), room, requests: AtomicU64::new(1) }
    }

    /// A client with a root token.
    pub fn root(&self) -> Client<'_> {
        let token = self.room.root().token().expose_text().expect("text").to_owned();
        self.client(Some(token))
    }

    /// A client with a token with this policy.
    pub fn bearer(&self, name: &str, policy: &str) -> Client<'_> {
        let token = self.room.bearer(name, policy).token();
        self.client(Some(token.expose_text().expect("text").to_owned()))
    }

    pub fn client(&self, token: Option<String>) -> Client<'_> {
        Client { setting: self, token }
    }
}

impl Client<'_> {
    /// The door's answer, whatever it is.
    pub fn send(&self, method: &str, path: &str, body: &[u8]) -> Answer {
        let mut request = Request::builder()
            .method(Method::from_bytes(method.as_bytes()).expect("a method"))
            .uri(format!("/api/v1/{path}"));
        if let Some(token) = &self.token {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        self.setting.door.answer(Incoming {
            head: request.body(()).expect("a request").into_parts().0,
            body: body.to_vec().into(),
            peer: SocketAddr::from(([127, 0, 0, 1], 4_000)),
            encrypted: true,
            id: RequestId(u128::from(self.setting.requests.fetch_add(1, Ordering::Relaxed))),
            arrived: self.setting.room.clock_now(),
            arrived_micros: 0,
        })
    }

    pub fn raw(&self, method: &str, path: &str, body: &[u8]) -> Answered {
        let answer = self.send(method, path, body);
        let AnswerBody::Full(bytes) = answer.body else { panic!("the answer is a stream") };
        assert_eq!(answer.headers.get("content-type").expect("a type"), "application/json");
        assert_eq!(answer.headers.get("cache-control").expect("a rule"), "no-store");
        let body = serde_json::from_slice(&bytes).expect("JSON");
        Answered { status: answer.status.as_u16(), body }
    }

    pub fn ask(&self, name: &str, body: Value) -> Answered {
        self.raw("POST", name, body.to_string().as_bytes())
    }
}

impl Answered {
    /// A member, by a JSON pointer (RFC 6901).
    #[track_caller]
    pub fn at(&self, pointer: &str) -> &Value {
        self.body.pointer(pointer).unwrap_or_else(|| panic!("{pointer} is not in {self:?}"))
    }

    /// A text, by a JSON pointer.
    #[track_caller]
    pub fn text(&self, pointer: &str) -> String {
        self.at(pointer).as_str().expect("a text").to_owned()
    }

    /// That it was done.
    #[track_caller]
    pub fn ok(self) -> Self {
        assert_eq!(self.status, 200, "{:?}", self.body);
        self
    }

    /// That it was refused with this kind.
    #[track_caller]
    pub fn refused(self, status: u16, kind: &str) -> Self {
        assert_eq!((self.status, self.text("/error/kind").as_str()), (status, kind), "{self:?}");
        self
    }
}
