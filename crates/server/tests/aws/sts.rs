//! What stands in for AWS's token service.

use http::Request;
use strongroom_server::door::{Answer, AnswerBody, Door};

use super::sign::Signing;
use super::{Client, EVERYTHING, Setting};

fn text(answer: Answer) -> (u16, String) {
    let AnswerBody::Full(bytes) = answer.body else { panic!("the answer is a stream") };
    assert_eq!(answer.headers["content-type"], "text/xml");
    assert!(answer.headers.contains_key("x-amzn-requestid"));
    (answer.status.as_u16(), String::from_utf8(bytes.to_vec()).expect("text"))
}

fn send(setting: &Setting, request: Request<Vec<u8>>) -> (u16, String) {
    let incoming = setting.incoming(request);
    assert!(setting.door.serves(&incoming.head));
    text(setting.door.answer(incoming))
}

fn signed(client: &Client<'_>, form: &str) -> Signing {
    let mut signing = client.signing("", form.as_bytes());
    signing.service = "sts".to_owned();
    signing.headers.retain(|(name, _)| name != "x-amz-target");
    signing.headers[0].1 = "application/x-www-form-urlencoded; charset=utf-8".to_owned();
    signing
}

fn ask(client: &Client<'_>, form: &str) -> (u16, String) {
    send(client.setting, signed(client, form).request())
}

const IDENTITY: &str = "Action=GetCallerIdentity&Version=2011-06-15";

#[test]
fn who_signed_is_told() {
    let setting = Setting::new();
    let client = setting.client("web", EVERYTHING);
    let (status, told) = ask(&client, IDENTITY);
    assert_eq!(status, 200, "{told}");
    let result = format!(
        "<GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/app:web</Arn><UserId>{}</UserId>\
         <Account>123456789012</Account></GetCallerIdentityResult>",
        client.key.id
    );
    assert!(told.contains(&result), "{told}");
}

#[test]
fn who_did_not_sign_is_told_nothing() {
    let setting = Setting::new();
    let client = setting.client("web", EVERYTHING);
    let refused = |request: Request<Vec<u8>>, code: &str| {
        let (status, told) = send(&setting, request);
        assert_eq!(status, 403, "{told}");
        assert!(told.contains(&format!("<Code>{code}</Code>")), "{told}");
        assert!(!told.contains("user/"), "{told}");
    };
    let mut signing = signed(&client, IDENTITY);
    let mut unsigned = signing.request();
    unsigned.headers_mut().remove("authorization");
    refused(unsigned, "MissingAuthenticationToken");
    signing.key.secret.push('x');
    refused(signing.request(), "SignatureDoesNotMatch");
    signing.key.id = "AKIAAAAAAAAAAAAAAAAA".to_owned();
    refused(signing.request(), "InvalidClientTokenId");
    let mut signing = signed(&client, IDENTITY);
    signing.service = "secretsmanager".to_owned();
    refused(signing.request(), "SignatureDoesNotMatch");
}

#[test]
fn roles_are_read_and_refused() {
    let setting = Setting::new();
    let client = setting.client("web", EVERYTHING);
    let role = "RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fa&RoleSessionName=s1";
    for (form, status, code) in [
        (format!("Action=AssumeRole&{role}"), 403, "AccessDenied"),
        (format!("Action=AssumeRole&{role}&DurationSeconds=900"), 403, "AccessDenied"),
        (format!("Action=AssumeRole&{role}&DurationSeconds=899"), 400, "ValidationError"),
        (format!("Action=AssumeRole&{role}&DurationSeconds=x"), 400, "MalformedInput"),
        (format!("Action=AssumeRole&{role}&ExternalId=abc"), 400, "ValidationError"),
        (format!("Action=AssumeRole&{role}&Tags.member.1.Key=a"), 400, "ValidationError"),
        (format!("Action=AssumeRole&{role}&RoleArn=twice"), 400, "MalformedInput"),
        ("Action=AssumeRole&RoleSessionName=s1".to_owned(), 400, "ValidationError"),
        (format!("Action=AssumeRoleWithWebIdentity&{role}"), 400, "ValidationError"),
        (
            format!("Action=AssumeRoleWithWebIdentity&{role}&WebIdentityToken=cAnArY.a.b"),
            403,
            "AccessDenied",
        ),
        ("Action=Nothing".to_owned(), 400, "InvalidAction"),
        ("Action=GetCallerIdentity&Version=1999-01-01".to_owned(), 400, "InvalidAction"),
        ("%ff=%ff".to_owned(), 400, "MalformedInput"),
        (String::new(), 400, "InvalidAction"),
    ] {
        let (is, told) = ask(&client, &form);
        assert!(told.contains(&format!("<Code>{code}</Code>")), "{form}: {told}");
        assert_eq!(is, status, "{form}");
        assert!(!told.contains("cAnArY"), "{told}");
    }
}
