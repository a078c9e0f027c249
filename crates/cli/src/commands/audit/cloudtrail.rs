//! A record as AWS CloudTrail would have it.
//! <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html>

use serde::Serialize;
use strongroom_engine::audit::Entry;

/// The version of the record's form that this is.
const EVENT_VERSION: &str = "1.11";
/// What the operations of AWS's API begin with in the log.
const AWS_PREFIX: &str = "aws-";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Event<'a> {
    event_version: &'static str,
    user_identity: UserIdentity<'a>,
    event_time: &'a str,
    event_source: &'static str,
    event_name: String,
    aws_region: Option<&'a str>,
    #[serde(rename = "sourceIPAddress")]
    source_ip_address: &'a str,
    user_agent: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_code: Option<&'a str>,
    request_parameters: Parameters<'a>,
    response_elements: Option<()>,
    #[serde(rename = "requestID")]
    request_id: Option<&'a str>,
    #[serde(rename = "eventID")]
    event_id: &'a str,
    read_only: bool,
    event_type: &'static str,
    management_event: bool,
    event_category: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct UserIdentity<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    principal_id: &'a str,
    user_name: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Parameters<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    secret_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<u64>,
}

/// A record in one line. The event's identifier is the hash that chains it into the log.
pub(super) fn event(entry: &Entry) -> String {
    let operation = entry.operation.as_deref().unwrap_or(&entry.kind);
    let (source, name) = match operation.strip_prefix(AWS_PREFIX) {
        Some(name) => ("secretsmanager.amazonaws.com", name),
        None => ("strongroom", operation),
    };
    let principal = entry.principal.as_ref();
    let who = principal.map_or("", |principal| principal.name.as_str());
    let event = Event {
        event_version: EVENT_VERSION,
        user_identity: UserIdentity {
            kind: principal.map_or("Unknown", |principal| principal.kind.as_str()),
            principal_id: who,
            user_name: who.split('#').next().unwrap_or(who),
        },
        event_time: &entry.time,
        event_source: source,
        event_name: pascal(name),
        aws_region: entry.fields.get("region").map(String::as_str),
        source_ip_address: entry.source.as_deref().unwrap_or("local"),
        user_agent: entry.client.as_ref().map_or("", |client| client.program.as_str()),
        error_code: entry.status.as_deref().map(error_code),
        request_parameters: Parameters {
            secret_id: entry.path.as_deref(),
            version: entry.version,
        },
        response_elements: None,
        request_id: entry.request_id.as_deref(),
        event_id: &entry.hash,
        read_only: is_read(name),
        event_type: "AwsApiCall",
        management_event: true,
        event_category: "Management",
    };
    // Texts and numbers under names that are texts always serialise.
    serde_json::to_string(&event).unwrap_or_default()
}

/// AWS's word for a kind of error, where it has one.
fn error_code(status: &str) -> &str {
    match status {
        "forbidden" => "AccessDenied",
        "unauthenticated" => "UnrecognizedClientException",
        "not-found" => "ResourceNotFoundException",
        "already-exists" => "ResourceExistsException",
        "deleted" | "invalid-request" => "InvalidRequestException",
        other => other,
    }
}

/// Whether an operation changes nothing, by the words that reading ones have.
fn is_read(name: &str) -> bool {
    let words = ["get", "describe", "list", "batch", "read", "search", "explain", "check"];
    name.split('-').any(|word| words.contains(&word))
}

/// `get-secret-value` as `GetSecretValue`.
fn pascal(name: &str) -> String {
    let word = |word: &str| {
        let mut characters = word.chars();
        let first = characters.next().map(|first| first.to_ascii_uppercase());
        first.into_iter().chain(characters).collect::<String>()
    };
    name.split('-').map(word).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_api() {
        assert_eq!(pascal("get-secret-value"), "GetSecretValue");
        assert_eq!(pascal("secret-read"), "SecretRead");
        for (name, reads) in [("get-secret-value", true), ("put-secret-value", false)] {
            assert_eq!(is_read(name), reads, "{name}");
        }
    }
}
