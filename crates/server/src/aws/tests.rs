//! Requests held to the constraints of the service model, at their edges and past them, in AWS's words.

use serde_json::{Value, json};
use strongroom_core::model::TransitionError;
use strongroom_core::policy::Capability;
use strongroom_core::time::Timestamp;
use strongroom_engine::operations::aws::AwsClass;
use strongroom_engine::{Error, InvalidRequest};

use super::constraint::{Allowed, Rules, Shape, VIOLATIONS_TOLD_MAX};
use super::fault::{Context, Fault, TABLE, Type};
use super::read::{DEPTH_MAX, INVALID_NAME, check_id, check_name, read};
use super::reply::{Moment, uuid_text};
use super::shapes::*;
use crate::door::Refusal;

const ALLOWED: Allowed = Allowed { secret_bytes_max: SECRET_BYTES_MAX };

super::shape::structure! {
    /// One member of every kind.
    Everything("Everything") {
        secret_id: required SecretId = "SecretId",
        token: optional ClientRequestToken = "ClientRequestToken",
        text: optional SecretString = "SecretString",
        binary: optional SecretBinary = "SecretBinary",
        tags: optional TagList = "Tags",
        keys: optional TagKeyList = "TagKeys",
        stages: optional SecretVersionStages = "VersionStages",
        filters: optional FiltersList = "Filters",
        sort: optional SortOrder = "SortOrder",
        max_results: optional MaxResults = "MaxResults",
        password_length: optional PasswordLength = "PasswordLength",
        yes: optional truth::Boolean = "IncludeDeprecated",
        rules: optional RotationRules = "RotationRules",
        replicas: optional AddReplicaRegionList = "AddReplicaRegions",
        rotation_token: optional RotationToken = "RotationToken",
        policy_name: optional ResourcePolicyName = "PolicyName",
    }
}

fn asked(body: &Value) -> Result<Everything, Fault> {
    read(body.to_string().as_bytes(), ALLOWED)
}

#[track_caller]
fn refused(body: &Value, kind: Type) -> String {
    let fault = asked(body).expect_err("is refused");
    assert_eq!(fault.kind(), kind, "{fault:?}");
    fault.message().to_owned()
}

/// What is said of one member, of a request that is good but for it.
#[track_caller]
fn said(member: &str, value: Value) -> String {
    let mut body = json!({ "SecretId": "a" });
    body[member] = value;
    let text = refused(&body, Type::Validation);
    let text = text.strip_prefix("1 validation error detected: Value ");
    text.expect("one error").to_owned()
}

#[track_caller]
fn taken(member: &str, value: Value) {
    let mut body = json!({ "SecretId": "a" });
    body[member] = value;
    asked(&body).unwrap_or_else(|fault| panic!("{member}: {fault:?}"));
}

#[test]
fn lengths_are_held_at_their_edges_and_told_as_aws_does() {
    const MUST: &str = "failed to satisfy constraint: Member must have length";
    taken("SecretId", json!("x".repeat(2_048)));
    let long = "x".repeat(2_049);
    let wanted = format!("'{long}' at 'secretId' {MUST} less than or equal to 2048");
    assert_eq!(said("SecretId", json!(long)), wanted);
    let wanted = format!("'' at 'secretId' {MUST} greater than or equal to 1");
    assert_eq!(said("SecretId", json!("")), wanted);
    for (length, fits) in [(31, false), (32, true), (64, true), (65, false)] {
        let token = "t".repeat(length);
        if fits {
            taken("ClientRequestToken", json!(token));
        } else {
            let edge = if length < 32 {
                "greater than or equal to 32"
            } else {
                "less than or equal to 64"
            };
            let wanted = format!("'{token}' at 'clientRequestToken' {MUST} {edge}");
            assert_eq!(said("ClientRequestToken", json!(token)), wanted);
        }
    }
}

#[test]
fn lengths_of_texts_count_characters_and_those_of_secrets_bytes() {
    taken("SecretId", json!("é".repeat(2_048)));
    taken("SecretString", json!("é".repeat(SECRET_BYTES_MAX / 2)));
    said("SecretString", json!("é".repeat(SECRET_BYTES_MAX / 2 + 1)));
}

#[test]
fn secrets_are_held_to_their_limit_and_never_quoted() {
    const MUST: &str = "failed to satisfy constraint: Member must have length";
    let base64 = |length: usize| data_encoding::BASE64.encode(&vec![b'c'; length]);
    taken("SecretString", json!("c".repeat(SECRET_BYTES_MAX)));
    taken("SecretBinary", json!(base64(SECRET_BYTES_MAX)));
    let over = said("SecretString", json!("c".repeat(SECRET_BYTES_MAX + 1)));
    assert_eq!(over, format!("at 'secretString' {MUST} less than or equal to 65536"));
    let over = said("SecretBinary", json!(base64(SECRET_BYTES_MAX + 1)));
    assert_eq!(over, format!("at 'secretBinary' {MUST} less than or equal to 65536"));
    let under = said("SecretString", json!(""));
    assert_eq!(under, format!("at 'secretString' {MUST} greater than or equal to 1"));
    let short = said("RotationToken", json!("canary"));
    assert_eq!(short, format!("at 'rotationToken' {MUST} greater than or equal to 36"));
}

#[test]
fn a_server_can_allow_longer_secrets() {
    let body = json!({ "SecretId": "a", "SecretString": "c".repeat(100_000) }).to_string();
    assert!(read::<Everything>(body.as_bytes(), ALLOWED).is_err());
    let longer = Allowed { secret_bytes_max: 100_000 };
    assert!(read::<Everything>(body.as_bytes(), longer).is_ok());
    let one_less = Allowed { secret_bytes_max: 99_999 };
    let fault = read::<Everything>(body.as_bytes(), one_less).expect_err("is refused");
    assert!(fault.message().ends_with("less than or equal to 99999"), "{fault:?}");
}

#[test]
fn numbers_words_and_patterns_are_told_as_aws_does() {
    const MUST: &str = "failed to satisfy constraint: Member must";
    for number in [1, 100] {
        taken("MaxResults", json!(number));
    }
    for (number, edge) in [(0, "greater than or equal to 1"), (101, "less than or equal to 100")] {
        let wanted = format!("'{number}' at 'maxResults' {MUST} have value {edge}");
        assert_eq!(said("MaxResults", json!(number)), wanted);
    }
    let wanted = format!("'-5' at 'passwordLength' {MUST} have value greater than or equal to 1");
    assert_eq!(said("PasswordLength", json!(-5)), wanted);
    taken("PasswordLength", json!(4_096));
    said("PasswordLength", json!(4_097));

    taken("SortOrder", json!("desc"));
    let wanted = format!("'up' at 'sortOrder' {MUST} satisfy enum value set: [asc, desc]");
    assert_eq!(said("SortOrder", json!("up")), wanted);

    taken("PolicyName", json!("a-Z_9"));
    let pattern = r"[0-9A-Za-z\-\_]+";
    let wanted =
        format!("'a b' at 'policyName' {MUST} satisfy regular expression pattern: {pattern}");
    assert_eq!(said("PolicyName", json!("a b")), wanted);
}

#[test]
fn patterns_match_what_their_text_says() {
    let cases: &[(Rules, &[&str], &[&str])] = &[
        (
            Region::RULES,
            &["us-east-1", "eu-west-12", "us-gov-west-1"],
            &["", "useast", "us-east-", "-1", "us--1", "US-east-1", "us-east-1 ", "us-e4st-1"],
        ),
        (FilterValue::RULES, &["", "!a", "a:b_@/+=.-! 9"], &["a#b", "é", "a\n"]),
        (RotationDuration::RULES, &["1h", "24h"], &["h1", "1m", "1 h", "hh"]),
        (
            ScheduleExpression::RULES,
            &["rate(10 days)", "cron(0 8 ? * L-1 *)", "#"],
            &["rate[1]", "a;b", "é"],
        ),
        (ResourcePolicyName::RULES, &["default", "a-b_C9"], &["a b", "a.b"]),
    ];
    for (rules, good, bad) in cases {
        for text in *good {
            assert!(rules.broken_by(text).is_empty(), "{} {text:?}", rules.shape);
        }
        for text in *bad {
            assert!(!rules.broken_by(text).is_empty(), "{} {text:?}", rules.shape);
        }
    }
    let token = "0123456789abcdef-0123456789abcdef-012";
    assert!(RotationToken::RULES.broken_by(token).is_empty());
    assert_eq!(RotationToken::RULES.broken_by(&token.replace('-', "_")).len(), 1);
}

#[test]
fn what_is_wrong_in_lists_is_told_where_it_stands() {
    const MUST: &str = "failed to satisfy constraint: Member must";
    let tags = json!([{ "Key": "a", "Value": "" }, { "Key": "", "Value": "v" }]);
    let wanted = format!("'' at 'tags.2.member.key' {MUST} have length greater than or equal to 1");
    assert_eq!(said("Tags", tags), wanted);
    let filters = json!([{ "Key": "colour", "Values": ["a"] }]);
    let words = "[description, name, tag-key, tag-value, primary-region, owning-service, all]";
    let wanted =
        format!("'colour' at 'filters.1.member.key' {MUST} satisfy enum value set: {words}");
    assert_eq!(said("Filters", filters), wanted);

    let wanted = format!(
        "'[a, ]' at 'tagKeys' {MUST} satisfy constraint: [Member must have length less than or \
         equal to 128, Member must have length greater than or equal to 1]"
    );
    assert_eq!(said("TagKeys", json!(["a", ""])), wanted);
    taken("VersionStages", json!(vec!["s"; 20]));
    let list = vec!["s"; 21].join(", ");
    let wanted =
        format!("'[{list}]' at 'versionStages' {MUST} have length less than or equal to 20");
    assert_eq!(said("VersionStages", json!(vec!["s"; 21])), wanted);
    let wanted =
        format!("'[]' at 'addReplicaRegions' {MUST} have length greater than or equal to 1");
    assert_eq!(said("AddReplicaRegions", json!([])), wanted);
    let wanted = format!(
        "'0' at 'rotationRules.automaticallyAfterDays' {MUST} have value greater than or equal to 1"
    );
    assert_eq!(said("RotationRules", json!({ "AutomaticallyAfterDays": 0 })), wanted);
}

#[test]
fn what_is_wrong_is_told_together() {
    let body = json!({ "ClientRequestToken": "short", "MaxResults": 0 });
    let text = refused(&body, Type::Validation);
    let wanted = "3 validation errors detected: Value null at 'secretId' failed to satisfy constraint: Member must \
                  not be null; Value 'short' at 'clientRequestToken' failed to satisfy constraint: Member must have \
                  length greater than or equal to 32; Value '0' at 'maxResults' failed to satisfy constraint: Member \
                  must have value greater than or equal to 1";
    assert_eq!(text, wanted);
}

#[test]
fn a_refusal_tells_so_many_violations_and_counts_the_rest() {
    let tags = vec![json!({ "Key": "" }); 500];
    let text = refused(&json!({ "SecretId": "a", "Tags": tags }), Type::Validation);
    assert!(text.starts_with("500 validation errors detected: "), "{text}");
    assert_eq!(text.matches("Value ''").count(), VIOLATIONS_TOLD_MAX);
}

#[test]
fn names_have_the_characters_of_names() {
    for good in ["a", "A/b_c+d=e.f@g-h!", &"x".repeat(512)] {
        check_name(good).expect("is a name");
        check_id(&SecretId(good.to_owned())).expect("is a name");
    }
    check_id(&SecretId(
        "arn:aws:secretsmanager:eu-west-1:000000000000:secret:a/b-AbCdEf".to_owned(),
    ))
    .expect("is an ARN");
    for bad in ["", " ", "a b", "a:b", "é", "a\0b", "a\nb", "a\\b", "a\"b", "arn:", "arn:a:b c"] {
        let fault = check_id(&SecretId(bad.to_owned())).expect_err("is refused");
        assert_eq!((fault.kind(), fault.message()), (Type::Validation, INVALID_NAME), "{bad:?}");
    }
}

#[test]
fn values_of_another_type_are_refused_and_not_quoted() {
    let cases = [
        (json!({ "SecretId": 7 }), "NUMBER_VALUE can not be converted to a String"),
        (json!({ "SecretId": 7.5 }), "NUMBER_VALUE can not be converted to a String"),
        (json!({ "SecretId": true }), "TRUE_VALUE can not be converted to a String"),
        (json!({ "SecretId": false }), "FALSE_VALUE can not be converted to a String"),
        (json!({ "SecretId": ["canary"] }), "Start of list found where not expected."),
        (
            json!({ "SecretId": { "canary": 1 } }),
            "Start of structure or map found where not expected.",
        ),
        (json!({ "MaxResults": "canary" }), "STRING_VALUE can not be converted to an Integer"),
        (json!({ "MaxResults": 1.5 }), "NUMBER_VALUE can not be converted to an Integer"),
        (json!({ "MaxResults": u64::MAX }), "NUMBER_VALUE can not be converted to an Integer"),
        (
            json!({ "IncludeDeprecated": "canary" }),
            "STRING_VALUE can not be converted to a Boolean",
        ),
        (json!({ "IncludeDeprecated": 1 }), "NUMBER_VALUE can not be converted to a Boolean"),
        (json!({ "Tags": "canary" }), "STRING_VALUE can not be converted to a List"),
        (json!({ "Tags": { "canary": 1 } }), "Start of structure or map found where not expected."),
        (json!({ "Tags": [["canary", "b"]] }), "Start of list found where not expected."),
        (json!({ "Tags": ["canary"] }), "STRING_VALUE can not be converted to a Structure"),
        (json!({ "TagKeys": [null] }), "NULL_VALUE can not be converted to a String"),
        (json!({ "SecretBinary": "canary!" }), "STRING_VALUE can not be converted to a Blob"),
        (
            json!({ "SecretString": { "canary": 1 } }),
            "Start of structure or map found where not expected.",
        ),
        (json!(["canary"]), "Start of list found where not expected."),
        (json!("canary"), "STRING_VALUE can not be converted to a Structure"),
    ];
    for (body, text) in cases {
        assert_eq!(refused(&body, Type::Serialization), text, "{body}");
    }
}

#[test]
fn what_is_no_json_object_is_refused_and_not_quoted() {
    for body in [
        &b"{"[..],
        b"{\"SecretId\":}",
        b"{\"SecretId\":\"canary\"} {}",
        b"{\"SecretId\":\"canary",
        b"canary",
        b"{'SecretId':'canary'}",
        b"{\"SecretId\":\"\\ud800\"}",
        b"{\"SecretId\":\"\xff\"}",
        b"{\"SecretId\":\"a\",}",
        b"{\"SecretId\":\"a\x00b\"}",
    ] {
        let fault = read::<Everything>(body, ALLOWED).expect_err("is refused");
        assert_eq!(fault.kind(), Type::Serialization);
        assert!(!format!("{fault:?}").contains("canary"), "{fault:?}");
    }
    let twice = br#"{"SecretId":"canary","SecretId":"b"}"#;
    let fault = read::<Everything>(twice, ALLOWED).expect_err("is refused");
    assert_eq!(fault.message(), "duplicate field `SecretId`");
}

#[test]
fn unknown_members_are_passed_over_and_null_is_absence() {
    let body = json!({ "SecretId": "a", "Colour": { "a": [1, null] }, "MaxResults": null });
    assert!(asked(&body).expect("is taken").max_results.is_none());
    let text = refused(&json!({ "SecretId": null }), Type::Validation);
    assert!(text.starts_with("1 validation error detected: Value null at 'secretId'"), "{text}");
    for empty in ["", "  \n"] {
        let fault = read::<Everything>(empty.as_bytes(), ALLOWED).expect_err("is refused");
        assert_eq!(fault.kind(), Type::Validation);
    }
}

#[test]
fn nesting_is_held_to_its_limit() {
    let nested = |depth: usize| {
        let lists = depth - 1;
        format!("{{\"SecretId\":\"[[\\\"[\",\"x\":{}{}}}", "[".repeat(lists), "]".repeat(lists))
    };
    assert!(read::<Everything>(nested(DEPTH_MAX).as_bytes(), ALLOWED).is_ok());
    for depth in [DEPTH_MAX + 1, 1_000_000] {
        let fault = read::<Everything>(nested(depth).as_bytes(), ALLOWED).expect_err("is refused");
        assert_eq!(fault.kind(), Type::Serialization);
    }
}

#[test]
fn every_type_of_error_has_a_row_of_its_own() {
    for (place, row) in TABLE.iter().enumerate() {
        assert_eq!(row.kind.row().name, row.name);
        assert!(TABLE.iter().skip(place + 1).all(|other| other.name != row.name));
    }
}

#[test]
fn every_kind_of_the_engine_is_an_error_of_awss() {
    let context =
        Context { action: "GetSecretValue", account: "123456789012", resource: Some("a") };
    let forbidden = Error::Forbidden {
        principal: "app:web".into(),
        capability: Capability::Read,
        path: "secret/data/a".into(),
        reason: "canary".into(),
        hint: Some("canary".into()),
    };
    let aws = |class| InvalidRequest::Aws { class, text: "as AWS says".into() };
    let transition = InvalidRequest::Transition;
    let cases: Vec<(Error, &str)> = vec![
        (Error::AlreadyExists("a".into()), "400 ResourceExistsException: a exists already"),
        (Error::Deleted("a".into()), DELETED_TOLD),
        (transition(TransitionError::Deleted).into(), DELETED_TOLD),
        (forbidden, DENIED_TOLD),
        (Error::NotFound("a".into()), NOT_FOUND_TOLD),
        (Error::QuotaExceeded("a".into()), "400 ThrottlingException: Rate exceeded"),
        (Error::Sealed, "503 ServiceUnavailableException: the store is sealed"),
        (Error::Unavailable("busy".into()), "503 ServiceUnavailableException: busy"),
        (Error::VersionConflict("again".into()), "503 ServiceUnavailableException: again"),
        (Error::Unsupported("not done"), "400 InvalidRequestException: not done"),
        (Error::Unauthenticated("canary".into()), UNKNOWN_TOLD),
        (InvalidRequest::Rule("a rule".into()).into(), "400 InvalidRequestException: a rule"),
        (InvalidRequest::Limit("a limit").into(), "400 LimitExceededException: a limit"),
        (transition(TransitionError::Replica).into(), REPLICA_TOLD),
        (aws(AwsClass::InvalidParameter).into(), "400 InvalidParameterException: as AWS says"),
        (aws(AwsClass::InvalidRequest).into(), "400 InvalidRequestException: as AWS says"),
        (aws(AwsClass::ResourceExists).into(), "400 ResourceExistsException: as AWS says"),
        (aws(AwsClass::ResourceNotFound).into(), "400 ResourceNotFoundException: as AWS says"),
        (aws(AwsClass::LimitExceeded).into(), "400 LimitExceededException: as AWS says"),
        (aws(AwsClass::PublicPolicy).into(), "400 PublicPolicyException: as AWS says"),
        (aws(AwsClass::InvalidNextToken).into(), "400 InvalidNextTokenException: as AWS says"),
        (aws(AwsClass::AccessDenied).into(), "400 AccessDeniedException: as AWS says"),
        (aws(AwsClass::Validation).into(), "400 ValidationException: as AWS says"),
    ];
    for (error, wanted) in cases {
        let fault = Fault::of(&error, &context);
        let told =
            format!("{} {}: {}", fault.status().as_u16(), fault.kind().row().name, fault.message());
        assert_eq!(told, wanted, "{error:?}");
    }
}

const DELETED_TOLD: &str = "400 InvalidRequestException: You can't perform this operation on the secret because it \
                            was marked for deletion.";
const DENIED_TOLD: &str = "400 AccessDeniedException: User: arn:aws:iam::123456789012:user/web is not authorized \
                           to perform: secretsmanager:GetSecretValue on resource: a because no identity-based policy \
                           allows the secretsmanager:GetSecretValue action";
const NOT_FOUND_TOLD: &str =
    "400 ResourceNotFoundException: Secrets Manager can't find the specified secret.";
const UNKNOWN_TOLD: &str =
    "400 UnrecognizedClientException: The security token included in the request is invalid.";
const REPLICA_TOLD: &str = "400 InvalidParameterException: Operation not permitted on a replica secret. Call must be \
                            made in primary secret's region.";

#[test]
fn errors_have_their_text_where_awss_clients_look_for_it() {
    let text = |fault: Fault| serde_json::to_value(fault).expect("JSON");
    let modelled = text(Fault::invalid_request("text"));
    assert_eq!(modelled, json!({ "__type": "InvalidRequestException", "Message": "text" }));
    let common = text(Fault::validation("text"));
    assert_eq!(common, json!({ "__type": "ValidationException", "message": "text" }));
    let silent = text(Fault::unknown_operation());
    assert_eq!(silent, json!({ "__type": "UnknownOperationException" }));
}

#[test]
fn what_the_listener_refuses_is_told_in_awss_protocol() {
    for (refusal, status, name) in [
        (Refusal::BodyTooLarge { bytes_max: 1 }, 413, "RequestEntityTooLargeException"),
        (Refusal::Overloaded, 503, "ServiceUnavailableException"),
        (Refusal::MalformedBody, 400, "SerializationException"),
        (Refusal::Failed, 500, "InternalServiceError"),
    ] {
        let fault = Fault::refused(refusal);
        assert_eq!((fault.status().as_u16(), fault.kind().row().name), (status, name));
        let answer = fault.without_number();
        assert_eq!(answer.headers["x-amzn-errortype"], name);
        assert_eq!(answer.headers["content-type"], "application/x-amz-json-1.1");
    }
}

#[test]
fn a_moment_is_seconds_with_milliseconds_and_a_request_number_a_uuid() {
    let text = |time| serde_json::to_string(&Moment(Timestamp(time))).expect("JSON");
    assert_eq!(text(1_800_000_000_042), "1800000000.042");
    assert_eq!(text(1_800_000_000_000), "1800000000.0");
    let number = uuid_text(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef);
    assert_eq!(number, "01234567-89ab-cdef-0123-456789abcdef");
}
