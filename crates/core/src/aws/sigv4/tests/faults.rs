//! Every way of being refused, and its words.

use super::super::canonical::{Canonical, Tokens, string_to_sign};
use super::*;

#[test]
fn a_request_that_says_nobody_sends_it_is_told_so() {
    let mut case = call();
    case.message.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("authorization"));
    let fault = case.verify().unwrap_err();
    assert_eq!(fault, Fault::MissingAuthenticationToken);
    assert_eq!(fault.error_type(), "MissingAuthenticationTokenException");
    assert_eq!((fault.query_code(), fault.query_status()), ("MissingAuthenticationToken", 403));
}

#[test]
fn an_incomplete_authorization_is_told_what_it_lacks_without_being_repeated() {
    let mut case = call();
    *case.message.header("authorization") = b"Basic dXNlcjpjYW5hcnk=".to_vec();
    case.message.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("x-amz-date"));
    let text = incomplete(&case);
    assert_eq!(
        text,
        "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. \
         Authorization header requires 'SignedHeaders' parameter. Authorization header requires existence of either \
         a 'X-Amz-Date' or a 'Date' header. (Hashed with SHA-256 and encoded with Base64) \
         Authorization=CBSsbSLaBzavhTx/YWqePe3/W1fusXaHvmpJPYgTKTs="
    );
    let fault = case.verify().unwrap_err();
    assert_eq!(fault.error_type(), "IncompleteSignatureException");
    assert_eq!((fault.query_code(), fault.query_status()), ("IncompleteSignature", 400));
}

#[test]
fn an_authorization_is_held_to_its_form_and_limits() {
    for (from, to, expected) in [
        ("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA512", "Unsupported AWS 'algorithm'"),
        ("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256", "Unsupported AWS 'algorithm'"),
        ("Signature=", "Signature", "Invalid key=value pair (missing equal-sign)"),
        ("Signature=", "Signature=0 Signature=", "more than one 'Signature'"),
        ("/aws4_request", "", "exactly 5 slash-delimited elements"),
        ("/aws4_request", "/aws4_request/x", "exactly 5 slash-delimited elements"),
        ("AKIDEXAMPLE", "", "The access key id of the Credential"),
        ("AKIDEXAMPLE", &"A".repeat(ACCESS_KEY_ID_CHARS_MAX + 1), "The access key id"),
        ("eu-central-1", &"r".repeat(SCOPE_PART_CHARS_MAX + 1), "The region of the Credential"),
        ("SignedHeaders=", "SignedHeaders=;", "'SignedHeaders' lists 1 to 64 names"),
        ("SignedHeaders=", "SignedHeaders=host;", "lists a header field twice"),
        ("SignedHeaders=", "SignedHeaders=Host;", "lists a header field twice"),
        ("SignedHeaders=", &format!("SignedHeaders={}", "a;".repeat(64)), "lists 1 to 64"),
        ("Signature=", &"x=y,".repeat(1_024), "longer than 4096 bytes"),
    ] {
        let mut case = call();
        case.message.replace_authorization(from, to);
        let text = incomplete(&case);
        assert!(text.contains(expected), "{from} -> {to}: {text}");
    }
    let mut case = call();
    case.message.replace_authorization("AKIDEXAMPLE", &"A".repeat(ACCESS_KEY_ID_CHARS_MAX));
    assert!(case.verify().is_ok(), "the id is no part of what is signed");
}

#[test]
fn a_date_in_another_form_is_refused() {
    let mut case = call();
    *case.message.header("x-amz-date") = b"Fri, 02 Jan 2026 03:04:05 GMT".to_vec();
    assert_eq!(
        incomplete(&case),
        "Date must be in ISO-8601 'basic format'. Got 'Fri, 02 Jan 2026 03:04:05 GMT'. See \
         http://en.wikipedia.org/wiki/ISO_8601"
    );
}

#[test]
fn a_header_field_that_decides_something_can_be_sent_once_only() {
    for name in ["Host", "X-Amz-Date", "X-Amz-Target", "Authorization"] {
        let mut case = call();
        let again = case.message.header(name).clone();
        case.message.headers.push((name.to_owned(), again));
        assert!(incomplete(&case).contains("can be sent once only"), "{name}");
    }
}

#[test]
fn clocks_can_be_apart_for_as_long_as_the_service_says() {
    let mut case = call();
    for (milliseconds, good) in
        [(0_i64, true), (300_999, true), (301_000, false), (-300_000, true), (-301_000, false)]
    {
        case.now = Timestamp(BOTOCORE_TIME.0.checked_add_signed(milliseconds).unwrap());
        assert_eq!(case.verify().is_ok(), good, "{milliseconds}");
    }
    case.now = Timestamp(BOTOCORE_TIME.0 + 600_000);
    let fault = case.verify().unwrap_err();
    assert_eq!(
        fault.to_string(),
        "Signature expired: 20260102T030405Z is now earlier than 20260102T030905Z (20260102T031405Z - 5 min.)"
    );
    assert_eq!(fault.error_type(), "InvalidSignatureException");
    assert!(case.verify_with(SKEW_STS).is_ok());
    case.now = Timestamp(BOTOCORE_TIME.0 - 1_200_000);
    assert_eq!(
        case.verify_with(SKEW_STS).unwrap_err().to_string(),
        "Signature not yet current: 20260102T030405Z is still later than 20260102T025905Z (20260102T024405Z + 15 \
         min.)"
    );
}

#[test]
fn a_credential_for_another_scope_is_told_each_difference() {
    let mut case = call();
    case.message
        .replace_authorization("20260102/eu-central-1/secretsmanager", "20260101/eu-west-1/s3");
    let fault = case.verify().unwrap_err();
    assert_eq!(
        fault.to_string(),
        "Credential should be scoped to a valid region. Credential should be scoped to correct service: \
         'secretsmanager'. Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: \
         '20260101' != '20260102', from '20260102T030405Z'. "
    );
    assert_eq!(
        (fault.error_type(), fault.query_code()),
        ("InvalidSignatureException", "SignatureDoesNotMatch")
    );
    let mut case = call();
    case.message.replace_authorization("aws4_request", "aws5_request");
    assert!(case.verify().unwrap_err().to_string().contains("a valid terminator: 'aws4_request'"));
}

#[test]
fn every_region_is_accepted_where_none_is_expected() {
    let case = call();
    let verified = case.message.with(|request| {
        let signed = Signed::parse(request).unwrap();
        let key = SigningKey::derive(&secret(), signed.scope());
        let expected =
            Expectations { service: "secretsmanager", region: None, skew: SKEW_SECRETS_MANAGER };
        signed.verify(&key, None, case.now, &expected)
    });
    assert_eq!(verified.unwrap().region(), "eu-central-1");
}

#[test]
fn the_host_and_what_is_awss_own_must_be_signed() {
    for (name, expected) in [
        ("host;", "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."),
        (";x-amz-date", "'x-amz-date' must be a 'SignedHeader' in the AWS Authorization."),
        (";x-amz-target", "'x-amz-target' must be a 'SignedHeader' in the AWS Authorization."),
    ] {
        let mut case = call();
        case.message.replace_authorization(name, "");
        let fault = case.verify().unwrap_err();
        assert_eq!(fault.to_string(), expected);
        assert_eq!(fault.error_type(), "InvalidSignatureException");
    }
    let mut case = call();
    case.message.headers.push(("X-Amz-Added".to_owned(), b"1".to_vec()));
    assert_eq!(case.verify(), Err(Fault::HeaderNotSigned("x-amz-added".to_owned())));
}

#[test]
fn a_header_field_that_is_not_signed_can_come_and_go() {
    let mut case = call();
    case.message.headers.push(("User-Agent".to_owned(), b"x".to_vec()));
    assert!(case.verify().is_ok());
    case.message.headers.retain(|(name, _)| name != "Content-Type");
    assert_eq!(case.verify(), Err(Fault::SignedHeaderMissing("content-type".to_owned())));
}

/// Signs a request with a hash of its body that the client chose.
fn resign(case: &mut Case, content_sha256: &str) {
    case.message.headers.push(("X-Amz-Content-SHA256".into(), content_sha256.into()));
    case.message.replace_authorization(";x-amz-date", ";x-amz-content-sha256;x-amz-date");
    let signature = case.message.with(|request| {
        let signed = Signed::parse(request).unwrap();
        let canonical = Canonical {
            request,
            parameters: &signed.parameters,
            without: None,
            signed_headers: &signed.signed_headers,
        };
        let mut text = canonical.request(Tokens::Written);
        text.truncate(text.len() - 64);
        text.extend_from_slice(content_sha256.as_bytes());
        let to_sign = string_to_sign(&text, signed.time, signed.scope());
        SigningKey::derive(&secret(), signed.scope()).sign(to_sign.as_bytes())
    });
    let (kept, _) = {
        let value = String::from_utf8(case.message.header("authorization").clone()).unwrap();
        let at = value.find("Signature=").unwrap() + "Signature=".len();
        (value[..at].to_owned(), ())
    };
    *case.message.header("authorization") = format!("{kept}{signature}").into_bytes();
}

#[test]
fn a_body_hash_that_the_client_sends_must_be_the_bodys() {
    let mut case = call();
    let hash = BodyHash::of(case.message.body.as_bytes()).hexadecimal();
    resign(&mut case, &hash);
    assert!(case.verify().is_ok());
    for unsigned in [
        "UNSIGNED-PAYLOAD",
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        &BodyHash::of(b"another").hexadecimal(),
    ] {
        let mut case = call();
        resign(&mut case, unsigned);
        let fault = case.verify().unwrap_err();
        assert_eq!(fault, Fault::PayloadHash, "{unsigned}");
        assert_eq!(fault.error_type(), "InvalidSignatureException");
    }
}

#[test]
fn a_wrong_signature_is_told_what_should_have_been_signed() {
    let mut case = call();
    case.message.body = "{}".to_owned();
    let fault = case.verify().unwrap_err();
    assert_eq!(fault.error_type(), "InvalidSignatureException");
    assert_eq!(
        fault.to_string(),
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access \
         Key and signing method. Consult the service documentation for details.\n\nThe Canonical String for this \
         request should have been\n'POST\n/\n\ncontent-type:application/x-amz-json-1.1\n\
         host:secretsmanager.eu-central-1.amazonaws.com\nx-amz-date:20260102T030405Z\n\
         x-amz-target:secretsmanager.GetSecretValue\n\ncontent-type;host;x-amz-date;x-amz-target\n\
         44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a'\n\nThe String-to-Sign should have been\n\
         'AWS4-HMAC-SHA256\n20260102T030405Z\n20260102/eu-central-1/secretsmanager/aws4_request\n\
         2328b6d7ecc5b01079d6389346a2c22bfd3f002539347f0645eed40e27f40985'\n"
    );
}

#[test]
fn what_is_no_signature_matches_nothing() {
    for wrong in ["", "00", "zz", &"0".repeat(63), &"0".repeat(64), &"0".repeat(65)] {
        let mut case = call();
        let value = String::from_utf8(case.message.header("authorization").clone()).unwrap();
        let at = value.find("Signature=").unwrap() + "Signature=".len();
        *case.message.header("authorization") = format!("{}{wrong}", &value[..at]).into_bytes();
        assert!(matches!(case.verify(), Err(Fault::SignatureMismatch { .. })), "{wrong}");
        let upper = value[at..].to_ascii_uppercase();
        *case.message.header("authorization") = format!("{}{upper}", &value[..at]).into_bytes();
        assert!(matches!(case.verify(), Err(Fault::SignatureMismatch { .. })), "upper case");
    }
}

fn temporary() -> Case {
    botocore_cases().into_iter().find(|case| case.token.is_some()).unwrap()
}

#[test]
fn temporary_keys_need_their_token_and_lasting_keys_have_none() {
    let mut case = temporary();
    let token = case.token.take();
    assert_eq!(case.verify(), Err(Fault::UnrecognizedClient));
    case.token = token.map(|token| format!("{token}x"));
    assert_eq!(case.verify(), Err(Fault::UnrecognizedClient));
    let mut case = call();
    case.token = Some("t".to_owned());
    let fault = case.verify().unwrap_err();
    assert_eq!(fault, Fault::UnrecognizedClient);
    assert_eq!(fault.error_type(), "UnrecognizedClientException");
    assert_eq!(fault.query_code(), "InvalidClientTokenId");
    assert_eq!(fault.to_string(), "The security token included in the request is invalid.");
}

#[test]
fn an_ended_session_is_told_to_the_owner_of_the_key_only() {
    let case = temporary();
    let verify = |secret: &str| {
        case.message.with(|request| {
            let signed = Signed::parse(request).unwrap();
            let secret = SecretAccessKey::from(secret.to_owned());
            let key = SigningKey::derive(&secret, signed.scope());
            let expected = Expectations {
                service: "secretsmanager",
                region: None,
                skew: SKEW_SECRETS_MANAGER,
            };
            let token = signed.session_token().unwrap().to_owned();
            let session = Session { token: &token, expires: case.now };
            signed.verify(&key, Some(session), case.now, &expected)
        })
    };
    let fault = verify(SECRET).unwrap_err();
    assert_eq!(fault.error_type(), "ExpiredTokenException");
    assert_eq!(fault.to_string(), "The security token included in the request is expired");
    assert!(matches!(verify("another"), Err(Fault::SignatureMismatch { .. })));
}

#[test]
fn no_text_holds_a_session_token() {
    no_text_holds_the_token_of(temporary());
    let in_a_query = |case: &Case| case.token.is_some() && !case.message.query.is_empty();
    no_text_holds_the_token_of(botocore_cases().into_iter().find(in_a_query).unwrap());
}

fn no_text_holds_the_token_of(mut case: Case) {
    case.message.body.push(' ');
    let fault = case.verify().unwrap_err();
    assert!(matches!(fault, Fault::SignatureMismatch { .. }));
    let signed = case.message.with(|request| format!("{:?}", Signed::parse(request).unwrap()));
    for text in [fault.to_string(), format!("{fault:?}"), signed] {
        assert!(!text.contains("IQoJb3JpZ2luX2VjEXAMPLE"), "{text}");
    }
}

#[test]
fn a_presigned_url_is_good_for_as_long_as_it_says() {
    let mut case = presigned();
    for (milliseconds, good) in [(0, true), (3_600_000, true), (3_601_000, false)] {
        case.now = Timestamp(BOTOCORE_TIME.0 + milliseconds);
        assert_eq!(case.verify().is_ok(), good, "{milliseconds}");
    }
    assert_eq!(
        case.verify().unwrap_err().to_string(),
        "Signature expired: 20260102T030405Z is now earlier than 20260102T030406Z (20260102T040406Z - 60 min.)"
    );
}

#[test]
fn a_presigned_url_is_held_to_its_form_and_limits() {
    for (from, to, expected) in [
        ("X-Amz-Expires=3600", "X-Amz-Expires=0", "must be at least 1"),
        ("X-Amz-Expires=3600", "X-Amz-Expires=604801", "must be less than a week"),
        ("X-Amz-Expires=3600", "X-Amz-Expires=99999999999999999999", "must be less than a week"),
        ("X-Amz-Expires=3600", "X-Amz-Expires=-1", "should be a number"),
        ("X-Amz-Expires=3600", "X-Amz-Expires=+1", "should be a number"),
        ("X-Amz-Expires=3600", "X-Amz-Expires=", "should be a number"),
        ("X-Amz-Expires=3600", "a=b", "must include 'X-Amz-Expires'"),
        ("X-Amz-Expires=3600", "X-Amz-Expires=1&X-Amz-Expires=2", "'X-Amz-Expires' is not valid"),
        ("HMAC-SHA256", "HMAC-SHA1", "Unsupported AWS 'algorithm'"),
        ("X-Amz-Credential=AKIDEXAMPLE", "X-Amz-Credential=%FF", "'X-Amz-Credential' is not valid"),
    ] {
        let mut case = presigned();
        assert!(case.message.query.contains(from), "{from}");
        case.message.query = case.message.query.replace(from, to);
        let text = incomplete(&case);
        assert!(text.contains(expected), "{from} -> {to}: {text}");
    }
    let mut case = presigned();
    case.message.query.push_str(&"&a=b".repeat(QUERY_PARAMETERS_MAX));
    assert!(incomplete(&case).contains("at most 64 parameters"));
    let mut case = presigned();
    case.message.query.push_str(&format!("&a={}", "b".repeat(PRESIGNED_QUERY_BYTES_MAX)));
    assert!(incomplete(&case).contains("longer than 16384 bytes"));
    let mut case = presigned();
    case.message.headers.push(("Authorization".to_owned(), b"AWS4-HMAC-SHA256 a=b".to_vec()));
    assert!(incomplete(&case).contains("Only one auth mechanism allowed"));
    let mut case = presigned();
    case.message.headers.push(("X-Amz-Security-Token".to_owned(), b"t".to_vec()));
    assert!(incomplete(&case).contains("session token in the query"));
}

#[test]
fn a_session_token_has_a_limit() {
    for (bytes, good) in [(SESSION_TOKEN_BYTES_MAX, true), (SESSION_TOKEN_BYTES_MAX + 1, false)] {
        let mut case = temporary();
        *case.message.header("x-amz-security-token") = vec![b't'; bytes];
        let limited = matches!(case.verify(), Err(Fault::Incomplete(_)));
        assert_eq!(!limited, good, "{bytes}");
    }
}
