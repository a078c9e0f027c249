//! What nobody should send.

use serde_json::json;
use strongroom_core::time::Seconds;
use strongroom_server::aws::registry::OPERATIONS;

use super::{EVERYTHING, Setting};

/// A request that every operation reads, as far as it has these members.
fn plausible() -> serde_json::Value {
    json!({
        "SecretId": "app/db",
        "Name": "app/db",
        "ClientRequestToken": "0123456789abcdef0123456789abcdef",
        "SecretString": "canary",
        "VersionStage": "AWSCURRENT",
        "Tags": [{ "Key": "a", "Value": "b" }],
        "TagKeys": ["a"],
        "ResourcePolicy": "{}",
        "AddReplicaRegions": [{ "Region": "eu-west-1" }],
        "RemoveReplicaRegions": ["eu-west-1"],
        "CrossAccountReplicaARN": "arn:aws:secretsmanager:us-east-1:111111111111:secret:a",
    })
}

#[test]
fn no_operation_answers_a_request_without_a_signature() {
    let setting = Setting::new();
    for entry in OPERATIONS {
        let body = plausible().to_string();
        let answered = setting.unsigned(entry.name, body.as_bytes());
        assert_eq!(
            answered.refused("MissingAuthenticationTokenException"),
            "Missing Authentication Token"
        );
    }
}

#[test]
fn no_operation_answers_a_signature_that_is_wrong_or_of_an_unknown_key() {
    let setting = Setting::new();
    let client = setting.client("all", EVERYTHING);
    for entry in OPERATIONS {
        let body = plausible().to_string();
        let mut signing = client.signing(entry.name, body.as_bytes());
        let authorization = signing.authorization();
        signing.key.secret.push('x');
        let wrong = setting.send(signing.request());
        let text = wrong.refused("InvalidSignatureException");
        assert!(text.starts_with("The request signature we calculated does not match"), "{text}");
        assert!(!text.contains("canary"), "{text}");
        // A good signature of another body.
        signing.body = json!({ "SecretId": "other" }).to_string().into_bytes();
        setting
            .send(signing.with_authorization(&authorization))
            .refused("InvalidSignatureException");

        let mut signing = client.signing(entry.name, body.as_bytes());
        signing.key.id = "AKIAAAAAAAAAAAAAAAAA".to_owned();
        let text = setting.send(signing.request()).refused("UnrecognizedClientException");
        assert_eq!(text, "The security token included in the request is invalid.");
    }
}

#[test]
fn a_request_is_refused_before_its_body_is_looked_at() {
    let setting = Setting::new();
    for body in [&b"{"[..], b"", b"\xff", b"[1]"] {
        setting.unsigned("GetSecretValue", body).refused("MissingAuthenticationTokenException");
    }
}

#[test]
fn other_regions_services_and_times_are_refused() {
    let setting = Setting::new();
    let client = setting.client("all", EVERYTHING);
    let body = plausible().to_string();
    let mut signing = client.signing("GetSecretValue", body.as_bytes());
    signing.region = "ap-south-1".to_owned();
    let text = setting.send(signing.request()).refused("InvalidSignatureException");
    assert_eq!(text, "Credential should be scoped to a valid region. ");

    let mut signing = client.signing("GetSecretValue", body.as_bytes());
    signing.service = "sts".to_owned();
    let text = setting.send(signing.request()).refused("InvalidSignatureException");
    assert!(text.contains("scoped to correct service: 'secretsmanager'"), "{text}");

    let old = client.signing("GetSecretValue", body.as_bytes()).request();
    setting.room.clock.advance(Seconds(301));
    let text = setting.send(old).refused("InvalidSignatureException");
    assert!(text.starts_with("Signature expired: "), "{text}");
}

#[test]
fn targets_that_there_are_not_are_unknown_operations() {
    let setting = Setting::new();
    for target in ["", "getsecretvalue", "GetSecretValue ", "Nothing", "GetSecretValue\u{e9}"] {
        setting.unsigned(target, b"{}").refused("UnknownOperationException");
    }
    let without = http::Request::builder().method("POST").uri("/");
    setting.send(without.body(Vec::new()).expect("a request")).refused("UnknownOperationException");
    let of_another = http::Request::builder()
        .method("POST")
        .uri("/")
        .header("x-amz-target", "DynamoDB_20120810.GetItem");
    let of_another = of_another.body(Vec::new()).expect("a request");
    setting.send(of_another).refused("UnknownOperationException");
    for method in ["GET", "PUT", "DELETE", "OPTIONS"] {
        let request = http::Request::builder()
            .method(method)
            .uri("/")
            .header("x-amz-target", "secretsmanager.GetSecretValue");
        let request = request.body(Vec::new()).expect("a request");
        setting.send(request).refused("UnknownOperationException");
    }
}

#[test]
fn bodies_that_are_no_requests_are_refused() {
    let setting = Setting::new();
    let client = setting.client("all", EVERYTHING);
    for body in [&b"{"[..], b"[]", b"null", b"7", b"\xff", b"{} {}", br#"{"SecretId":7}"#] {
        client.raw("GetSecretValue", body).refused("SerializationException");
    }
    let deep = format!(r#"{{"SecretId":"a","x":{}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    client.raw("GetSecretValue", deep.as_bytes()).refused("SerializationException");
    client.raw("GetSecretValue", b"").refused("ValidationException");
}

#[test]
fn who_has_no_policy_is_denied_in_awss_words() {
    let setting = Setting::new();
    let nobody =
        setting.client("nobody", r#"path "secret/data/other" { capabilities = ["read"] }"#);
    for (operation, body) in [
        ("GetSecretValue", json!({ "SecretId": "app/db" })),
        ("DescribeSecret", json!({ "SecretId": "app/db" })),
        ("DeleteSecret", json!({ "SecretId": "app/db" })),
        ("RestoreSecret", json!({ "SecretId": "app/db" })),
        ("ListSecretVersionIds", json!({ "SecretId": "app/db" })),
    ] {
        let text = nobody.ask(operation, body).refused("AccessDeniedException");
        let wanted = format!(
            "is not authorized to perform: secretsmanager:{operation} on resource: app/db because no identity-based \
             policy allows the secretsmanager:{operation} action"
        );
        assert!(text.starts_with("User: arn:aws:iam::123456789012:user/"), "{text}");
        assert!(text.ends_with(&wanted), "{text}");
    }
}

#[test]
fn what_is_never_served_is_refused_to_who_is_known() {
    let setting = Setting::new();
    let client = setting.client("all", EVERYTHING);
    for entry in OPERATIONS {
        if let Some(text) = entry.never {
            assert_eq!(
                client.ask(entry.name, plausible()).refused("InvalidRequestException"),
                text
            );
        }
    }
}

#[test]
fn members_that_are_not_served_are_refused_and_not_passed_over() {
    let setting = Setting::new();
    let client = setting.client("all", EVERYTHING);
    let values = json!({
        "Type": "vendor",
        "CrossAccountPrimaryARN": "arn:aws:secretsmanager:us-east-1:111111111111:secret:a",
        "RotationToken": "0123456789abcdef-0123456789abcdef-0123456789abcdef",
        "ExternalSecretRotationMetadata": [{ "Key": "a", "Value": "b" }],
        "ExternalSecretRotationRoleArn": "arn:aws:iam::111111111111:role/a",
    });
    for entry in OPERATIONS {
        for refused in entry.refused {
            let mut body = plausible();
            body[refused.member] = values[refused.member].clone();
            let text = client.ask(entry.name, body).refused("InvalidRequestException");
            assert_eq!(text, refused.text, "{}", entry.name);
        }
    }
    for operation in ["CreateSecret", "UpdateSecret"] {
        let mut body = plausible();
        body["KmsKeyId"] = json!("alias/mine");
        client.ask(operation, body).refused("InvalidParameterException");
    }
}
