//! The interface of AWS's agent.

use http::Request;
use serde_json::{Value, json};

use super::{Answered, EVERYTHING, Setting};

const PATH: &str = "/secretsmanager/get";

fn get(setting: &Setting, query: &str, headers: &[(&str, &str)]) -> Answered {
    let mut request = Request::builder().method("GET").uri(format!("{PATH}?{query}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    setting.send(request.body(Vec::new()).expect("a request"))
}

fn bearer(setting: &Setting) -> String {
    let token = setting.room.bearer("reader", r#"path "secret/*" { capabilities = ["read"] }"#);
    token.token().expose_text().expect("text").to_owned()
}

#[test]
fn a_value_is_read_with_a_token_and_its_date_is_a_text() {
    let setting = Setting::new();
    let client = setting.client("all", EVERYTHING);
    let token = "0123456789abcdef0123456789abcdef";
    client
        .ask(
            "CreateSecret",
            json!({ "Name": "app/db", "ClientRequestToken": token, "SecretString": "one" }),
        )
        .ok();
    let bearer = bearer(&setting);
    for header in ["X-Aws-Parameters-Secrets-Token", "X-Vault-Token"] {
        let read = get(&setting, "secretId=app%2Fdb&refreshNow=true", &[(header, &bearer)]).ok();
        assert_eq!(read["SecretString"], "one");
        assert_eq!(read["VersionId"], token);
        assert_eq!(read["VersionStages"], json!(["AWSCURRENT"]));
        let date = read["CreatedDate"].as_str().expect("a text");
        assert!(date.parse::<f64>().expect("seconds") > 1_700_000_000.0);
        assert_eq!(read.get("SecretBinary"), None::<&Value>);
    }
    let by_version = format!("secretId=app/db&versionId={token}&versionStage=AWSCURRENT");
    get(&setting, &by_version, &[("X-Vault-Token", &bearer)]).ok();
    let other = get(&setting, "secretId=app/db&versionStage=other", &[("X-Vault-Token", &bearer)]);
    other.refused("ResourceNotFoundException");
}

#[test]
fn what_the_agent_refuses_is_refused() {
    let setting = Setting::new();
    let bearer = bearer(&setting);
    let told = |query: &str, headers: &[(&str, &str)]| {
        let answered = get(&setting, query, headers);
        (answered.status, answered.body["__type"].as_str().expect("a type").to_owned())
    };
    let is = |status: u16, kind: &str| (status, kind.to_owned());
    assert_eq!(told("secretId=a", &[]), is(401, "MissingAuthenticationTokenException"));
    let empty = ("X-Vault-Token", "");
    assert_eq!(told("secretId=a", &[empty]), is(401, "MissingAuthenticationTokenException"));
    let nobodys = ("X-Vault-Token", "hvs.nobodys");
    assert_eq!(told("secretId=a", &[nobodys]), is(401, "UnrecognizedClientException"));
    let good = ("X-Vault-Token", bearer.as_str());
    let forwarded = ("X-Forwarded-For", "10.0.0.1");
    assert_eq!(told("secretId=a", &[good, forwarded]), is(400, "ValidationException"));
    for query in
        ["", "secretId=", "secretId=a&secretId=b", "name=a", "secretId=%ff", "secretId=a%20b"]
    {
        assert_eq!(told(query, &[good]), is(400, "ValidationException"), "{query}");
    }
    assert_eq!(told("secretId=none", &[good]), is(400, "ResourceNotFoundException"));
    let post = Request::builder().method("POST").uri(format!("{PATH}?secretId=a"));
    let answered = setting.send(post.body(Vec::new()).expect("a request"));
    assert_eq!(answered.status, 405);
}
