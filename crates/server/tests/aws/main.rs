//! The AWS door, asked as a client asks it, without a network.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests fail the test"
)]

mod agent;
mod fuzz;
mod model;
mod reference;
mod refusals;
mod sign;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use http::{HeaderMap, Method, Request};
use serde_json::Value;
use strongroom_core::audit::RequestId;
use strongroom_core::time::Timestamp;
use strongroom_engine::Node;
use strongroom_engine::operations::app::{CreateApp, CredentialKind, CredentialRequest};
use strongroom_engine::operations::policy::WritePolicy;
use strongroom_server::aws::AwsDoor;
use strongroom_server::config::{Aws, AwsRegion};
use strongroom_server::door::{Answer, AnswerBody, Door, Incoming};
use strongroom_testkit::TestRoom;

use sign::{Key, Signing};

/// A room with a door to it.
pub(crate) struct Setting {
    pub room: TestRoom,
    pub door: AwsDoor,
    requests: AtomicU64,
}

/// A client with an access key.
pub(crate) struct Client<'a> {
    pub setting: &'a Setting,
    pub key: Key,
    pub region: &'static str,
}

/// What the door answered.
#[derive(Debug)]
pub(crate) struct Answered {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Value,
}

/// A policy that allows everything but what is root's.
pub(crate) const EVERYTHING: &str = r#"path "*" {
    capabilities = ["create", "read", "update", "patch", "delete", "list", "sudo"]
}"#;

impl Setting {
    pub fn new() -> Self {
        let region = |name: &str, mount: &str| AwsRegion { name: name.into(), mount: mount.into() };
        let regions = vec![region("us-east-1", "secret"), region("eu-west-1", "secret-eu")];
        let account = "123456789012".to_owned();
        let settings = Aws { account, regions, ..Aws::default() };
        let room = TestRoom::new();
        let node = Arc::new(Node::open(Arc::clone(&room.engine)));
        let door = AwsDoor::new(node, &settings);
        Self { room, door, requests: AtomicU64::new(1) }
    }

    /// A client whose app has this policy.
    pub fn client(&self, name: &str, policy: &str) -> Client<'_> {
        self.room.owner().ask(&WritePolicy::new(name, policy)).expect("writes the policy");
        let mut create = CreateApp::new(name, vec![name.to_owned()]);
        create.credentials = vec![CredentialRequest::new(CredentialKind::AccessKey)];
        let made = self.room.root().ask(&create).expect("an app");
        let made = made.credentials.into_iter().next().expect("it has an access key");
        let secret = made.secret.expose_text().expect("text").to_owned();
        let key = Key { id: made.shown, secret, token: None };
        Client { setting: self, key, region: "us-east-1" }
    }

    /// The door's answer to a request as it is written.
    pub fn send(&self, request: Request<Vec<u8>>) -> Answered {
        let incoming = self.incoming(request);
        assert!(self.door.serves(&incoming.head), "the door serves {incoming:?}");
        answered(self.door.answer(incoming))
    }

    /// A request as the listener gives it to the door.
    pub fn incoming(&self, request: Request<Vec<u8>>) -> Incoming {
        let (head, body) = request.into_parts();
        Incoming {
            head,
            body: body.into(),
            peer: SocketAddr::from(([127, 0, 0, 1], 4_000)),
            encrypted: true,
            id: RequestId(u128::from(self.requests.fetch_add(1, Ordering::Relaxed))),
            arrived: self.room.clock_now(),
            arrived_micros: 0,
        }
    }

    /// A request without a signature.
    pub fn unsigned(&self, target: &str, body: &[u8]) -> Answered {
        let request = Request::builder()
            .method(Method::POST)
            .uri("/")
            .header("host", "localhost")
            .header("content-type", "application/x-amz-json-1.1")
            .header("x-amz-target", format!("secretsmanager.{target}"));
        self.send(request.body(body.to_vec()).expect("a request"))
    }

    pub fn now(&self) -> Timestamp {
        self.room.clock_now()
    }
}

pub(crate) fn answered(answer: Answer) -> Answered {
    let AnswerBody::Full(bytes) = answer.body else { panic!("the answer is a stream") };
    let headers = answer.headers;
    assert_eq!(headers["content-type"], "application/x-amz-json-1.1");
    assert_eq!(headers["cache-control"], "no-store");
    let body =
        if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).expect("JSON") };
    Answered { status: answer.status.as_u16(), headers, body }
}

impl Client<'_> {
    /// A signed request, whatever its body.
    pub fn raw(&self, operation: &str, body: &[u8]) -> Answered {
        self.setting.send(self.signing(operation, body).request())
    }

    /// A request that is about to be signed.
    pub fn signing(&self, operation: &str, body: &[u8]) -> Signing {
        Signing::new(&self.key, self.region, operation, body, self.setting.now())
    }

    pub fn ask(&self, operation: &str, body: Value) -> Answered {
        self.raw(operation, body.to_string().as_bytes())
    }
}

impl Answered {
    /// That it was done.
    #[track_caller]
    pub fn ok(self) -> Value {
        assert_eq!(self.status, 200, "{:?}", self.body);
        self.body
    }

    /// That it was refused with this type; answers the text.
    #[track_caller]
    pub fn refused(self, kind: &str) -> String {
        assert_eq!(self.body["__type"], kind, "{self:?}");
        assert_eq!(self.headers["x-amzn-errortype"], kind);
        assert!(self.headers.contains_key("x-amzn-requestid"));
        let texts = [&self.body["Message"], &self.body["message"]];
        let text = texts.into_iter().find_map(Value::as_str);
        assert_eq!(self.status, if kind == "InternalServiceError" { 500 } else { 400 }, "{self:?}");
        text.unwrap_or_default().to_owned()
    }
}
