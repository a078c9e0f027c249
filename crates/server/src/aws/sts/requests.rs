//! What the operations of STS read, as its service model has it.

use crate::aws::constraint::{Pattern, Rules};
use crate::aws::shape::{number_shapes, structure, text_shapes};

/// Members of the service model that are refused, as are those that are lists.
pub const REFUSED: &[&str] = &[
    "ExternalId",
    "MinimumSessionTokenSize",
    "Policy",
    "ProviderId",
    "SerialNumber",
    "SourceIdentity",
    "TokenCode",
];

text_shapes! {
    /// The ARN of a role.
    Arn = Rules::length("arnType", Some(20), Some(2_048)).matching(Pattern {
        text: r"[\u0009\u000A\u000D\u0020-\u007E\u0085\u00A0-\uD7FF\uE000-\uFFFD\u10000-\u10FFFF]+",
        holds: is_printed,
    });
    /// What a session is called.
    RoleSessionName = Rules::length("roleSessionNameType", Some(2), Some(64))
        .matching(Pattern { text: r"[\w+=,.@-]*", holds: is_name });
    /// The token of another party that says who it is.
    WebIdentityToken = Rules::length("clientTokenType", Some(4), Some(20_000)).sensitive();
    /// Any text, of a member that is refused.
    Refused = Rules::of("");
}

number_shapes! {
    /// How long a session lives, in seconds.
    DurationSeconds = Rules::value("roleDurationSecondsType", 900, 43_200);
    /// A size, of a member that is refused.
    Size = Rules::value("minimumSessionTokenSizeType", 0, 4_096);
}

structure! {
    /// `AssumeRole`
    AssumeRole("AssumeRoleRequest") {
        role_arn: required Arn = "RoleArn",
        session_name: required RoleSessionName = "RoleSessionName",
        duration: optional DurationSeconds = "DurationSeconds",
        policy: optional Refused = "Policy",
        external_id: optional Refused = "ExternalId",
        serial_number: optional Refused = "SerialNumber",
        token_code: optional Refused = "TokenCode",
        source_identity: optional Refused = "SourceIdentity",
        token_size: optional Size = "MinimumSessionTokenSize",
    }
}
structure! {
    /// `AssumeRoleWithWebIdentity`
    AssumeRoleWithWebIdentity("AssumeRoleWithWebIdentityRequest") {
        role_arn: required Arn = "RoleArn",
        session_name: required RoleSessionName = "RoleSessionName",
        token: required WebIdentityToken = "WebIdentityToken",
        duration: optional DurationSeconds = "DurationSeconds",
        policy: optional Refused = "Policy",
        provider: optional Refused = "ProviderId",
        token_size: optional Size = "MinimumSessionTokenSize",
    }
}

fn is_printed(text: &str) -> bool {
    let fits = |c: char| {
        matches!(c, '\t' | '\n' | '\r' | '\u{85}')
            || !(c.is_control() || c > '\u{fffd}' && c < '\u{10000}')
    };
    !text.is_empty() && text.chars().all(fits)
}

fn is_name(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte))
}
