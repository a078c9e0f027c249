//! AWS's test suite of Signature Version 4, under `fixtures/sigv4/aws`.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

use std::path::{Path, PathBuf};

use strongroom_core::app::SecretAccessKey;
use strongroom_core::aws::sigv4::{
    BodyHash, Expectations, Fault, Request, SKEW_SECRETS_MANAGER, Session, Signed, SigningKey,
    SigningTime, Verified,
};
use strongroom_core::time::Timestamp;

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const TOKEN_HEADER: &str = "x-amz-security-token:";
const TOKEN_PARAMETER: &str = "X-Amz-Security-Token=";

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/sigv4/aws")
}

fn read(folder: &Path, name: &str) -> Option<String> {
    Some(std::fs::read_to_string(folder.join(name)).ok()?.trim_end().to_owned())
}

/// The file is a request: its line, header fields of which some go on in the next line, an empty line, the body.
fn verify(text: &str, secret: &str, token: Option<&str>) -> Result<Verified, Fault> {
    let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
    let mut lines = head.lines();
    let start = lines.next().unwrap().trim_end_matches(" HTTP/1.1");
    let (method, target) = start.split_once(' ').unwrap();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut headers: Vec<(&str, Vec<u8>)> = Vec::new();
    for line in lines {
        if line.starts_with(' ') {
            let (_, value) = headers.last_mut().unwrap();
            value.push(b'\n');
            value.extend_from_slice(line.as_bytes());
        } else {
            let (name, value) = line.split_once(':').unwrap();
            headers.push((name, value.as_bytes().to_vec()));
        }
    }
    let headers: Vec<(&str, &[u8])> =
        headers.iter().map(|(name, value)| (*name, value.as_slice())).collect();
    let body_sha256 = BodyHash::of(body.as_bytes());
    let request = Request { method, path, query, headers: &headers, body_sha256 };
    let signed = Signed::parse(&request)?;
    let day: SigningTime = format!("{}T000000Z", signed.scope().day).parse().unwrap();
    let time = if signed.scope().day == "20210511" { 56_445 } else { 45_360 };
    let now = Timestamp((day.seconds() + time) * 1_000);
    let key = SigningKey::derive(&SecretAccessKey::from(secret.to_owned()), signed.scope());
    let scope = signed.scope();
    let expected = Expectations {
        service: scope.service,
        region: Some(scope.region),
        skew: SKEW_SECRETS_MANAGER,
    };
    let session = token.map(|token| Session { token, expires: Timestamp(u64::MAX) });
    signed.verify(&key, session, now, &expected)
}

/// The text with the value of the session token left out, as the verifier writes it.
fn without_token(text: &str) -> String {
    let mut text = text.to_owned();
    for (name, end) in [(TOKEN_HEADER, '\n'), (TOKEN_PARAMETER, '&')] {
        if let Some(at) = text.find(name) {
            let from = at + name.len();
            let to = text[from..].find(end).unwrap() + from;
            text.replace_range(from..to, "(left out)");
        }
    }
    text
}

fn token_of(folder: &Path) -> Option<String> {
    let context = read(folder, "context.json")?;
    let (_, rest) = context.split_once("\"token\": \"")?;
    Some(rest.split_once('"')?.0.to_owned())
}

/// Whether the request is one that is refused, and the suite signs as only S3 does, or leaves a token unsigned.
fn is_signed_otherwise(name: &str, canonical: &str, expected: &str) -> bool {
    name == "post-sts-header-after" || (name.ends_with("-unnormalized") && canonical != expected)
}

#[test]
fn the_requests_of_awss_suite_are_canonical_as_it_says_and_verified() {
    let (mut verified, mut refused) = (0, 0);
    for folder in std::fs::read_dir(folder()).unwrap() {
        let folder = folder.unwrap().path();
        let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
        let token = token_of(&folder);
        for place in ["header", "query"] {
            let file = |what: &str| read(&folder, &format!("{place}-{what}.txt"));
            let Some(request) = file("signed-request") else {
                assert!(name.starts_with("double-") && place == "query", "{name} {place}");
                continue;
            };
            let outcome = verify(&request, SECRET, token.as_deref());
            let expected = without_token(&file("canonical-request").unwrap());
            let (canonical, string_to_sign) = match verify(&request, "another", token.as_deref()) {
                Err(Fault::SignatureMismatch { canonical, string_to_sign }) => {
                    (canonical, string_to_sign)
                }
                Err(fault @ Fault::HeaderNotSigned(_)) => (fault.to_string(), String::new()),
                other => panic!("{name} {place}: {other:?}"),
            };
            if is_signed_otherwise(&name, &canonical, &expected) {
                assert!(outcome.is_err(), "{name} {place}");
                refused += 1;
            } else if name == "double-encode-path" {
                // The canonical request is of another day, and of a secret that is not told.
                assert_eq!(canonical.replace("20150830T123600Z", "20210511T154045Z"), expected);
            } else {
                assert_eq!(canonical, expected, "{name} {place}");
                assert_eq!(string_to_sign, file("string-to-sign").unwrap(), "{name} {place}");
                assert!(outcome.is_ok(), "{name} {place}: {outcome:?}");
                verified += 1;
            }
        }
    }
    assert_eq!((verified, refused), (63, 14));
}
