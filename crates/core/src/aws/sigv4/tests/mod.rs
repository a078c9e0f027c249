//! What botocore signs, every fault, and changes of signed requests. AWS's own suite is in `tests/sigv4.rs`.

mod faults;

use proptest::prelude::*;

use crate::app::SecretAccessKey;

use super::*;
use crate::time::Timestamp;

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
/// 20260102T030405Z, when botocore's are.
const BOTOCORE_TIME: Timestamp = Timestamp(1_767_323_045_000);

fn secret() -> SecretAccessKey {
    SecretAccessKey::from(SECRET.to_owned())
}

/// A request as the fixtures write it.
#[derive(Clone, Debug)]
struct Message {
    method: String,
    path: String,
    query: String,
    headers: Vec<(String, Vec<u8>)>,
    body: String,
}

impl Message {
    fn parse(text: &str) -> Self {
        let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
        let mut lines = head.lines();
        let start = lines.next().unwrap();
        let (method, target) =
            start.trim_end_matches(" HTTP/1.1").split_once(' ').expect("a request line");
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut headers: Vec<(String, Vec<u8>)> = Vec::new();
        for line in lines {
            if line.starts_with(' ') {
                let (_, value) = headers.last_mut().expect("a line to go on with");
                value.push(b'\n');
                value.extend_from_slice(line.as_bytes());
            } else {
                let (name, value) = line.split_once(':').expect("a header field");
                headers.push((name.to_owned(), value.as_bytes().to_vec()));
            }
        }
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers,
            body: body.to_owned(),
        }
    }

    fn with<T>(&self, act: impl FnOnce(&Request<'_>) -> T) -> T {
        let headers: Vec<(&str, &[u8])> =
            self.headers.iter().map(|(name, value)| (name.as_str(), value.as_slice())).collect();
        act(&Request {
            method: &self.method,
            path: &self.path,
            query: &self.query,
            headers: &headers,
            body_sha256: BodyHash::of(self.body.as_bytes()),
        })
    }

    fn header(&mut self, name: &str) -> &mut Vec<u8> {
        let found = self.headers.iter_mut().find(|(own, _)| own.eq_ignore_ascii_case(name));
        &mut found.expect("the header field").1
    }

    fn replace_authorization(&mut self, from: &str, to: &str) {
        let value = self.header("authorization");
        let text = String::from_utf8(value.clone()).unwrap();
        assert!(text.contains(from), "{text}");
        *value = text.replace(from, to).into_bytes();
    }
}

struct Case {
    service: String,
    region: String,
    token: Option<String>,
    now: Timestamp,
    message: Message,
}

impl Case {
    fn verify(&self) -> Result<Verified, Fault> {
        self.verify_with(SKEW_SECRETS_MANAGER)
    }

    fn verify_with(&self, skew: crate::time::Seconds) -> Result<Verified, Fault> {
        self.message.with(|request| {
            let signed = Signed::parse(request)?;
            let key = SigningKey::derive(&secret(), signed.scope());
            let expected =
                Expectations { service: &self.service, region: Some(&self.region), skew };
            let expires = Timestamp(self.now.0 + 1);
            let session = self.token.as_deref().map(|token| Session { token, expires });
            signed.verify(&key, session, self.now, &expected)
        })
    }
}

fn botocore_cases() -> Vec<Case> {
    let text = include_str!("../../../../../../fixtures/sigv4/botocore.txt");
    let cases = text.split("\n%%\n").filter(|case| !case.is_empty());
    cases
        .map(|case| {
            let (_, rest) = case.split_once('\n').unwrap();
            let (about, request) = rest.trim_start_matches("# ").split_once('\n').unwrap();
            let words: Vec<&str> = about.split(' ').collect();
            Case {
                service: words[0].to_owned(),
                region: words[1].to_owned(),
                token: (words[2] != "-").then(|| words[2].to_owned()),
                now: BOTOCORE_TIME,
                message: Message::parse(request),
            }
        })
        .collect()
}

fn call() -> Case {
    botocore_cases().remove(0)
}

fn presigned() -> Case {
    botocore_cases().into_iter().find(|case| case.message.query.contains("X-Amz-")).unwrap()
}

fn incomplete(case: &Case) -> String {
    match case.verify() {
        Err(Fault::Incomplete(text)) => text,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_botocore_signs_is_verified() {
    let cases = botocore_cases();
    assert_eq!(cases.len(), 9);
    for case in cases {
        let verified =
            case.verify().unwrap_or_else(|fault| panic!("{fault} of {:?}", case.message));
        assert_eq!(verified.access_key_id(), "AKIDEXAMPLE");
        assert_eq!(verified.region(), case.region);
        assert_eq!(verified.signed_at(), BOTOCORE_TIME.into());
        assert_eq!(verified.is_presigned(), case.message.query.contains("X-Amz-Signature"));
    }
}

#[test]
fn separators_of_the_authorization_header_can_be_spaces_or_commas() {
    for separator in [",", " ", " , ", ",\t"] {
        let mut case = call();
        case.message.replace_authorization(", ", separator);
        assert!(case.verify().is_ok(), "{separator:?}");
    }
}

/// One change of what is signed.
#[derive(Clone, Debug)]
enum Change {
    Method,
    Path(String),
    Query(String),
    Body(usize, u8),
    Header(prop::sample::Index, usize, u8),
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        Just(Change::Method),
        "[a-z]{1,8}".prop_map(Change::Path),
        "[a-z]{1,8}=[a-z]{0,8}".prop_map(Change::Query),
        (0..64_usize, 1..=255_u8).prop_map(|(at, with)| Change::Body(at, with)),
        (any::<prop::sample::Index>(), 0..64_usize, 1..=127_u8)
            .prop_map(|(which, at, with)| Change::Header(which, at, with)),
    ]
}

/// Words without white space, in which every change is one of what is signed.
fn words(bytes: &[u8]) -> Vec<&[u8]> {
    bytes.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_change_of_a_signed_request_passes(which in 0..9_usize, change in change()) {
        let mut case = botocore_cases().swap_remove(which);
        match change {
            Change::Method => case.message.method.push('X'),
            Change::Path(more) => case.message.path.push_str(&format!("/{more}")),
            Change::Query(more) => {
                let joint = if case.message.query.is_empty() { "" } else { "&" };
                case.message.query.push_str(&format!("{joint}{more}"));
            }
            Change::Body(at, with) => {
                let mut body = case.message.body.clone().into_bytes();
                match body.get_mut(at) {
                    Some(byte) => *byte ^= with & 0x7f | 1,
                    None => body.push(with),
                }
                case.message.body = String::from_utf8_lossy(&body).into_owned();
            }
            Change::Header(which, at, with) => {
                let index = which.index(case.message.headers.len());
                let (name, value) = &mut case.message.headers[index];
                let before = value.clone();
                let at = at % value.len();
                value[at] ^= with;
                // The id of the key and the separators are no part of what is signed.
                prop_assume!(!name.eq_ignore_ascii_case("authorization"));
                prop_assume!(words(&before) != words(value));
            }
        }
        prop_assert!(case.verify().is_err());
    }

    #[test]
    fn no_authorization_breaks_the_parser(
        header in "(AWS4-HMAC-SHA256 )?((Credential|SignedHeaders|Signature)?=?[a-z0-9/;, ]{0,20}){0,5}",
        query in "([A-Za-z%0-9&=+-]{0,8}(X-Amz-[A-Z][a-z]{3,9}=)?){0,5}",
        time in "[0-9TZ]{0,17}",
    ) {
        let mut message = call().message;
        *message.header("authorization") = header.into_bytes();
        *message.header("x-amz-date") = time.into_bytes();
        message.query = query;
        let case = Case { message, ..call() };
        prop_assert!(case.verify().is_err());
    }

    #[test]
    fn times_are_read_as_they_are_written(seconds in 0..253_402_300_800_u64) {
        let time = SigningTime::from(Timestamp(seconds * 1_000));
        prop_assert_eq!(time.to_string().parse(), Ok(time));
    }
}
