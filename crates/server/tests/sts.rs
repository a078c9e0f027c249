//! The Security Token Service and the endpoint for containers, asked as clients ask them, without a network.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests fail the test"
)]

#[path = "aws/sign.rs"]
mod sign;

use std::net::SocketAddr;
use std::sync::Arc;

use http::{HeaderMap, Method, Request};
use strongroom_core::audit::RequestId;
use strongroom_core::time::Seconds;
use strongroom_engine::Node;
use strongroom_engine::operations::app::{AppChange, DeleteApp};
use strongroom_engine::operations::app::{CreateApp, CredentialKind, CredentialRequest, UpdateApp};
use strongroom_engine::operations::policy::WritePolicy;
use strongroom_server::aws::{AwsDoor, CREDENTIALS_PATH, CredentialsDoor, StsDoor};
use strongroom_server::config::{Aws, AwsRegion};
use strongroom_server::door::{AnswerBody, Door, Incoming};
use strongroom_testkit::TestRoom;

use sign::{Key, Signing};

const ROLE: &str = "arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fweb";

/// A room with the doors to it, in the order of a server.
struct Setting {
    room: TestRoom,
    doors: [Box<dyn Door>; 3],
}

#[derive(Debug)]
struct Answered {
    status: u16,
    headers: HeaderMap,
    body: String,
}

impl Setting {
    fn new() -> Self {
        let region = AwsRegion { name: "us-east-1".into(), mount: "secret".into() };
        let account = "123456789012".to_owned();
        let settings = Aws { account, regions: vec![region], ..Aws::default() };
        let room = TestRoom::new();
        let node = || Arc::new(Node::open(Arc::clone(&room.engine)));
        let doors: [Box<dyn Door>; 3] = [
            Box::new(CredentialsDoor::new(node())),
            Box::new(StsDoor::new(node())),
            Box::new(AwsDoor::new(node(), &settings)),
        ];
        let policy = r#"path "secret/*" { capabilities = ["create", "read", "update"] }"#;
        room.owner().ask(&WritePolicy::new("web", policy)).expect("writes the policy");
        Self { room, doors }
    }

    /// A new app's access key.
    fn app(&self, name: &str) -> Key {
        let mut create = CreateApp::new(name, vec!["web".to_owned()]);
        create.credentials = vec![CredentialRequest::new(CredentialKind::AccessKey)];
        let made = self.room.owner().ask(&create).expect("an app");
        let made = made.credentials.into_iter().next().expect("it has an access key");
        let secret = made.secret.expose_text().expect("text").to_owned();
        Key { id: made.shown, secret, token: None }
    }

    fn send(&self, request: Request<Vec<u8>>) -> Answered {
        let (head, body) = request.into_parts();
        let door = self.doors.iter().find(|door| door.serves(&head)).expect("a door serves it");
        let answer = door.answer(Incoming {
            head,
            body: body.into(),
            peer: SocketAddr::from(([127, 0, 0, 1], 4_000)),
            encrypted: true,
            id: RequestId(7),
            arrived: self.room.clock_now(),
            arrived_micros: 0,
        });
        let AnswerBody::Full(bytes) = answer.body else { panic!("the answer is a stream") };
        let body = String::from_utf8(bytes.to_vec()).expect("is text");
        assert_eq!(answer.headers["cache-control"], "no-store");
        Answered { status: answer.status.as_u16(), headers: answer.headers, body }
    }

    fn signing(&self, key: &Key, form: &str) -> Signing {
        let mut signing =
            Signing::new(key, "eu-north-9", "", form.as_bytes(), self.room.clock_now());
        signing.service = "sts".into();
        signing.headers.retain(|(name, _)| name != "x-amz-target");
        let kind = "application/x-www-form-urlencoded; charset=utf-8";
        signing.headers[0].1 = kind.into();
        signing
    }

    /// A signed request to the service.
    fn ask(&self, key: &Key, form: &str) -> Answered {
        let form = format!("{form}&Version=2011-06-15");
        let answered = self.send(self.signing(key, &form).request());
        assert_eq!(answered.headers["content-type"], "text/xml");
        assert!(answered.headers.contains_key("x-amzn-requestid"));
        answered
    }

    fn assume(&self, key: &Key) -> Key {
        let form = format!("Action=AssumeRole&RoleArn={ROLE}&RoleSessionName=deploy");
        let answered = self.ask(key, &form);
        assert_eq!(answered.status, 200, "{}", answered.body);
        Key {
            id: element(&answered.body, "AccessKeyId"),
            secret: element(&answered.body, "SecretAccessKey"),
            token: Some(element(&answered.body, "SessionToken")),
        }
    }

    /// What Secrets Manager says to a request with these keys.
    fn password(&self, key: &Key) -> Answered {
        let now = self.room.clock_now();
        self.send(Signing::new(key, "us-east-1", "GetRandomPassword", b"{}", now).request())
    }

    fn credentials(&self, authorization: &[&str]) -> Answered {
        let mut request = Request::builder().method(Method::GET).uri(CREDENTIALS_PATH);
        for value in authorization {
            request = request.header("authorization", *value);
        }
        self.send(request.body(Vec::new()).expect("a request"))
    }
}

impl Answered {
    /// That it was refused with this code of the query protocol.
    #[track_caller]
    fn refused(&self, status: u16, code: &str) {
        assert_eq!((self.status, element(&self.body, "Code").as_str()), (status, code), "{self:?}");
        assert_eq!(element(&self.body, "Type"), "Sender");
    }
}

/// The text of the first element with this name.
#[track_caller]
fn element(body: &str, name: &str) -> String {
    let rest = body.split_once(&format!("<{name}>"));
    let found = rest.and_then(|(_, rest)| rest.split_once(&format!("</{name}>")));
    found.unwrap_or_else(|| panic!("{body} has no {name}")).0.to_owned()
}

#[test]
fn an_app_learns_who_it_is_and_so_does_its_session() {
    let setting = Setting::new();
    let key = setting.app("web");
    let known = setting.ask(&key, "Action=GetCallerIdentity");
    assert_eq!(known.status, 200);
    assert_eq!(element(&known.body, "Arn"), "arn:aws:iam::123456789012:user/web");
    assert_eq!(element(&known.body, "Account"), "123456789012");
    let session = setting.assume(&key);
    let known = setting.ask(&session, "Action=GetCallerIdentity");
    let arn = "arn:aws:sts::123456789012:assumed-role/web/deploy";
    assert_eq!(element(&known.body, "Arn"), arn);
    assert!(element(&known.body, "UserId").ends_with(":deploy"));
    assert_eq!(setting.password(&session).status, 200);
}

#[test]
fn temporary_keys_need_their_own_token_and_nobody_elses() {
    let setting = Setting::new();
    let key = setting.app("web");
    let (first, second) = (setting.assume(&key), setting.assume(&key));
    let unknown = |key: &Key| {
        setting.ask(key, "Action=GetCallerIdentity").refused(403, "InvalidClientTokenId");
        let refused = setting.password(key);
        assert!(refused.body.contains("UnrecognizedClientException"), "{}", refused.body);
    };
    unknown(&Key { token: None, ..first.clone() });
    unknown(&Key { token: second.token.clone(), ..first.clone() });
    unknown(&Key { token: Some(String::new()), ..first.clone() });
    unknown(&Key { token: first.token.clone(), ..key.clone() });
    let mut changed = first.token.clone().expect("has one");
    let last = if changed.starts_with('A') { "B" } else { "A" };
    changed.replace_range(..1, last);
    unknown(&Key { token: Some(changed), ..first.clone() });
    let other = Key { secret: second.secret.clone(), ..first.clone() };
    setting.ask(&other, "Action=GetCallerIdentity").refused(403, "SignatureDoesNotMatch");
    assert_eq!(setting.ask(&first, "Action=GetCallerIdentity").status, 200);
}

#[test]
fn a_session_that_ended_is_told_so_and_one_of_an_app_that_is_gone_is_unknown() {
    let setting = Setting::new();
    let key = setting.app("web");
    let session = setting.assume(&key);
    setting.room.clock.advance(Seconds(3_600));
    setting.ask(&session, "Action=GetCallerIdentity").refused(403, "ExpiredToken");
    assert!(setting.password(&session).body.contains("ExpiredTokenException"));
    let session = setting.assume(&key);
    let disabled = AppChange { disabled: Some(true), ..AppChange::default() };
    setting.room.owner().ask(&UpdateApp::new("web", disabled)).expect("changes");
    setting.ask(&session, "Action=GetCallerIdentity").refused(403, "InvalidClientTokenId");
    setting.room.owner().ask(&DeleteApp::new("web")).expect("deletes");
    setting.ask(&session, "Action=GetCallerIdentity").refused(403, "InvalidClientTokenId");
}

#[test]
fn a_role_that_may_not_be_assumed_is_denied_whatever_it_is() {
    let setting = Setting::new();
    let other = setting.app("other");
    setting.app("web");
    let none = "arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fnone";
    let foreign = "arn%3Aaws%3Aiam%3A%3A999999999999%3Arole%2Fother";
    for role in [ROLE, none, foreign] {
        let form = format!("Action=AssumeRole&RoleArn={role}&RoleSessionName=deploy");
        setting.ask(&other, &form).refused(403, "AccessDenied");
    }
}

#[test]
fn the_service_takes_a_skew_of_fifteen_minutes_and_its_own_scope_only() {
    let setting = Setting::new();
    let key = setting.app("web");
    let form = "Action=GetCallerIdentity&Version=2011-06-15";
    let signing = setting.signing(&key, form);
    setting.room.clock.advance(Seconds(900));
    assert_eq!(setting.send(signing.request()).status, 200);
    setting.room.clock.advance(Seconds(1));
    setting.send(signing.request()).refused(403, "SignatureDoesNotMatch");
    let mut other = setting.signing(&key, form);
    other.service = "secretsmanager".into();
    setting.send(other.request()).refused(403, "SignatureDoesNotMatch");
    let unsigned = Request::builder()
        .method(Method::POST)
        .uri("/")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form.as_bytes().to_vec());
    let unsigned = setting.send(unsigned.expect("a request"));
    unsigned.refused(403, "MissingAuthenticationToken");
    let log = setting.room.audit();
    let last = log.last().expect("a record");
    assert!(last.raw().contains("MissingAuthenticationToken"), "{}", last.raw());
}

#[test]
fn what_would_narrow_a_session_is_refused_and_not_left_out() {
    let setting = Setting::new();
    let key = setting.app("web");
    let form = format!("Action=AssumeRole&RoleArn={ROLE}&RoleSessionName=deploy");
    assert_eq!(setting.ask(&key, &format!("{form}&ExternalId=42")).status, 200);
    for more in [
        "Policy=%7B%7D",
        "PolicyArns.member.1.arn=x",
        "Tags.member.1.Key=a",
        "SerialNumber=1",
        "x=1",
    ] {
        setting.ask(&key, &format!("{form}&{more}")).refused(400, "ValidationError");
    }
    for (form, code) in [
        ("Action=AssumeRole".to_owned(), "ValidationError"),
        (format!("Action=AssumeRole&RoleArn={ROLE}"), "ValidationError"),
        (format!("{form}&DurationSeconds=899"), "ValidationError"),
        (format!("{form}&DurationSeconds=43201"), "ValidationError"),
        (format!("{form}&DurationSeconds=%2B900"), "MalformedInput"),
        (format!("{form}&RoleArn={ROLE}"), "MalformedQueryString"),
        ("Action=GetSessionToken".to_owned(), "InvalidAction"),
        ("NoAction=1".to_owned(), "MissingAction"),
    ] {
        setting.ask(&key, &form).refused(400, code);
    }
}

#[test]
fn a_web_identity_needs_no_signature_and_a_token_that_a_mount_takes() {
    let setting = Setting::new();
    let ask = |more: &str| {
        let form = format!("Action=AssumeRoleWithWebIdentity&Version=2011-06-15&{more}");
        let request = Request::builder()
            .method(Method::POST)
            .uri("/")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form.into_bytes());
        setting.send(request.expect("a request"))
    };
    let role = "RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fjwt%2Fapp";
    ask(role).refused(400, "ValidationError");
    let whole = format!("{role}&RoleSessionName=pod&WebIdentityToken=a.b.c");
    ask(&whole).refused(403, "AccessDenied");
    let long = format!("{role}&RoleSessionName=pod&WebIdentityToken={}", "x".repeat(20_001));
    ask(&long).refused(400, "ValidationError");
}

#[test]
fn a_container_gets_keys_for_its_token_and_nobody_else_gets_any() {
    let setting = Setting::new();
    let token =
        setting.room.bearer("web", r#"path "secret/*" { capabilities = ["read"] }"#).token();
    let text = std::str::from_utf8(token.expose()).expect("is text").to_owned();
    let given = setting.credentials(&[&text]);
    assert_eq!(given.status, 200, "{}", given.body);
    let body: serde_json::Value = serde_json::from_str(&given.body).expect("is JSON");
    let member = |name: &str| body[name].as_str().unwrap_or_else(|| panic!("{name}")).to_owned();
    let key = Key {
        id: member("AccessKeyId"),
        secret: member("SecretAccessKey"),
        token: Some(member("Token")),
    };
    assert!(member("Expiration").ends_with('Z'));
    assert_eq!(setting.password(&key).status, 200);
    let bearer = format!("Bearer {text}");
    for wrong in [&[][..], &[""], &["hvs.none"], &[&bearer], &[&text, &text]] {
        let refused = setting.credentials(wrong);
        assert_eq!(refused.status, 403, "{}", refused.body);
        let body: serde_json::Value = serde_json::from_str(&refused.body).expect("is JSON");
        assert_eq!(body["code"], "AccessDenied");
        assert_eq!(body["message"], "permission denied");
    }
    let post = Request::builder().method(Method::POST).uri(CREDENTIALS_PATH);
    assert_eq!(setting.send(post.body(Vec::new()).expect("a request")).status, 405);
}
