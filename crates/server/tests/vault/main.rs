//! The Vault door, asked as a client asks it, without a network.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of tests fail the test"
)]

mod approle;
mod audit_devices;
mod capabilities;
mod cubbyhole;
mod identity;
mod jwt;
mod kv;
mod kv_policies;
mod leases;
mod lists;
mod mounts;
mod paths;
mod pki;
mod policies;
mod quotas;
mod rekey;
mod root_generation;
mod seal;
mod system;
mod tokens;
mod transit;
mod transit_refusals;
mod userpass;
mod wrapping;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use http::{Method, Request, StatusCode};
use serde_json::{Value, json};
use strongroom_core::audit::RequestId;
use strongroom_core::time::{Clock, Timestamp};
use strongroom_engine::Node;
use strongroom_engine::jwt::Fetch;
use strongroom_server::door::{AnswerBody, Door, Incoming};
use strongroom_server::vault::VaultDoor;
use strongroom_testkit::{TestNode, TestRoom};

/// A room with a door to it.
pub(crate) struct Setting {
    pub room: TestRoom,
    pub door: VaultDoor,
    requests: AtomicU64,
}

/// A node without keys, with a door to it.
pub(crate) struct NodeSetting {
    pub test: TestNode,
    pub door: VaultDoor,
    requests: AtomicU64,
}

/// A client of the door.
pub(crate) struct Client<'a> {
    door: &'a VaultDoor,
    requests: &'a AtomicU64,
    now: Timestamp,
    pub token: Option<String>,
    /// Header fields that it sends.
    pub headers: Vec<(&'static str, String)>,
}

/// What the door answered.
#[derive(Debug)]
pub(crate) struct Answered {
    pub status: StatusCode,
    pub content_type: String,
    /// In seconds.
    pub retry_after: Option<String>,
    /// Null when it is no JSON.
    pub body: Value,
    pub bytes: Vec<u8>,
}

impl Setting {
    pub fn new() -> Self {
        Self::of(TestRoom::new())
    }

    /// A room whose engine reads from the network with this.
    pub fn fetching(fetch: Arc<dyn Fetch>) -> Self {
        Self::of(TestRoom::fetching(fetch))
    }

    fn of(room: TestRoom) -> Self {
        let door = VaultDoor::new(Arc::new(Node::open(Arc::clone(&room.engine))));
        Self { room, door, requests: AtomicU64::new(1) }
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
        let now = self.room.clock_now();
        Client { door: &self.door, requests: &self.requests, now, token, headers: Vec::new() }
    }
}

impl NodeSetting {
    pub fn new() -> Self {
        let test = TestNode::new();
        let door = VaultDoor::new(Arc::clone(&test.node));
        Self { test, door, requests: AtomicU64::new(1) }
    }

    /// A node with keys, open: the setting, a root token and the shares.
    pub fn opened(shares: u8, threshold: u8) -> (Self, String, Vec<String>) {
        let setting = Self::new();
        let numbers = json!({ "secret_shares": shares, "secret_threshold": threshold });
        let made =
            setting.client(None).send("PUT", "sys/init", numbers.to_string().as_bytes()).is(200);
        let keys: Vec<String> = serde_json::from_value(made.at("/keys").clone()).expect("texts");
        for key in &keys[..usize::from(threshold)] {
            setting.client(None).post("sys/unseal", json!({ "key": key })).is(200);
        }
        (setting, made.text("/root_token"), keys)
    }

    pub fn client(&self, token: Option<String>) -> Client<'_> {
        let now = self.test.clock.now();
        Client { door: &self.door, requests: &self.requests, now, token, headers: Vec::new() }
    }
}

impl Client<'_> {
    pub fn send(&self, method: &str, path: &str, body: &[u8]) -> Answered {
        let mut request = Request::builder()
            .method(Method::from_bytes(method.as_bytes()).expect("a method"))
            .uri(format!("/v1/{path}"));
        if let Some(token) = &self.token {
            request = request.header("X-Vault-Token", token);
        }
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        let incoming = Incoming {
            head: request.body(()).expect("a request").into_parts().0,
            body: body.to_vec().into(),
            peer: SocketAddr::from(([127, 0, 0, 1], 4_000)),
            encrypted: true,
            id: RequestId(u128::from(self.requests.fetch_add(1, Ordering::Relaxed))),
            arrived: self.now,
            arrived_micros: 0,
        };
        let answer = self.door.answer(incoming);
        let AnswerBody::Full(bytes) = answer.body else { panic!("the answer is a stream") };
        let header = |name: &str| {
            let value = answer.headers.get(name);
            value.map(|value| value.to_str().expect("text").to_owned())
        };
        let content_type = header("content-type").unwrap_or_default();
        let body = match content_type.as_str() {
            "application/json" if !bytes.is_empty() => {
                serde_json::from_slice(&bytes).expect("JSON")
            }
            _ => Value::Null,
        };
        let (status, retry_after) = (answer.status, header("retry-after"));
        Answered { status, content_type, retry_after, body, bytes: bytes.to_vec() }
    }

    /// The body of an answer to `GET`, as it was sent.
    pub fn get_text(&self, path: &str) -> String {
        String::from_utf8(self.get(path).bytes).expect("text")
    }

    pub fn get(&self, path: &str) -> Answered {
        self.send("GET", path, b"")
    }

    pub fn list(&self, path: &str) -> Answered {
        self.send("LIST", path, b"")
    }

    pub fn delete(&self, path: &str) -> Answered {
        self.send("DELETE", path, b"")
    }

    pub fn put(&self, path: &str, body: Value) -> Answered {
        self.send("PUT", path, body.to_string().as_bytes())
    }

    pub fn post(&self, path: &str, body: Value) -> Answered {
        self.send("POST", path, body.to_string().as_bytes())
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

    /// That the caller was refused: by who they are or by what they sent.
    #[track_caller]
    pub fn refused_as_not_done(self) {
        assert!(matches!(self.status.as_u16(), 400 | 403), "{self:?}");
    }

    /// That the status is this one.
    #[track_caller]
    pub fn is(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{:?}", self.body);
        self
    }
}

/// The time that the room's clock shows.
pub(crate) fn now(setting: &Setting) -> Timestamp {
    setting.room.clock_now()
}
