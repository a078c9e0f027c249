//! The language, statement by statement, and the wildcards against a reference.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::pattern::{Meaning, Pattern, Token, matches};
use super::*;
use crate::aws::arn::AccountId;

const ROLE: &str = "arn:aws:iam::123456789012:role/app";
const SESSION: &str = "arn:aws:sts::123456789012:assumed-role/app/one";
const SECRET: &str = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:prod/db-a1b2c3";
const GET: &str = "secretsmanager:GetSecretValue";

fn parse(text: &str) -> PolicyDocument {
    PolicyDocument::parse(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// `{"Version":…,"Statement":{…}}` with what is given of the statement, the rest being that everybody may do everything.
fn statement(given: &str) -> String {
    let mut text = String::from("{\"Version\":\"2012-10-17\",\"Statement\":{");
    text.push_str(given);
    for (key, value) in [
        ("Effect", "\"Allow\""),
        ("Principal", "\"*\""),
        ("Action", "\"*\""),
        ("Resource", "\"*\""),
    ] {
        if !given.contains(&format!("{key}\":")) {
            if !text.ends_with('{') {
                text.push(',');
            }
            text.push_str(&format!("\"{key}\":{value}"));
        }
    }
    text.push_str("}}");
    text
}

fn decide_with(text: &str, action: &str, resource: &str, context: &[(&str, &[&str])]) -> Decision {
    let context: BTreeMap<String, Vec<String>> = context
        .iter()
        .map(|(key, values)| {
            ((*key).to_owned(), values.iter().map(|value| (*value).to_owned()).collect())
        })
        .collect();
    let account = AccountId::new("123456789012").unwrap();
    parse(text).evaluate(&Question {
        caller: Caller { arns: &[SESSION, ROLE], account: &account },
        action,
        resource,
        context: &|key| context.get(key).cloned(),
    })
}

fn decide(text: &str) -> Decision {
    decide_with(text, GET, SECRET, &[])
}

/// Whether a condition is fulfilled.
fn holds(condition: &str, context: &[(&str, &[&str])]) -> bool {
    let text = statement(&format!("\"Condition\":{condition}"));
    decide_with(&text, GET, SECRET, context) == Decision::Allow
}

#[test]
fn a_statement_meets_the_principals_it_names() {
    for (principal, expected) in [
        ("\"*\"", Decision::Allow),
        ("{\"AWS\":\"*\"}", Decision::Allow),
        ("{\"AWS\":\"arn:aws:iam::123456789012:role/app\"}", Decision::Allow),
        (
            "{\"AWS\":[\"arn:aws:iam::123456789012:user/x\",\"arn:aws:sts::123456789012:assumed-role/app/one\"]}",
            Decision::Allow,
        ),
        ("{\"AWS\":\"123456789012\"}", Decision::AccountAllowed),
        ("{\"AWS\":\"arn:aws:iam::123456789012:root\"}", Decision::AccountAllowed),
        ("{\"AWS\":\"210987654321\"}", Decision::NoDecision),
        ("{\"AWS\":\"arn:aws:iam::123456789012:role/App\"}", Decision::NoDecision),
        ("{\"Service\":\"lambda.amazonaws.com\"}", Decision::NoDecision),
    ] {
        assert_eq!(
            decide(&statement(&format!("\"Principal\":{principal}"))),
            expected,
            "{principal}"
        );
        let denies = statement(&format!("\"Effect\":\"Deny\",\"Principal\":{principal}"));
        let denied =
            if expected == Decision::NoDecision { expected } else { Decision::ExplicitDeny };
        assert_eq!(decide(&denies), denied, "{principal}");
        let others = statement(&format!("\"Effect\":\"Deny\",\"NotPrincipal\":{principal}"));
        let others_denied = decide(&others) == Decision::ExplicitDeny;
        assert_eq!(others_denied, expected == Decision::NoDecision, "{principal}");
    }
}

#[test]
fn a_denial_wins_wherever_it_stands() {
    let allow = "{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"*\",\"Resource\":\"*\"}";
    let deny = allow.replace("Allow", "Deny");
    for statements in [format!("{allow},{deny}"), format!("{deny},{allow}")] {
        assert_eq!(decide(&format!("{{\"Statement\":[{statements}]}}")), Decision::ExplicitDeny);
    }
    let account = allow.replace("\"*\",\"Action", "{\"AWS\":\"123456789012\"},\"Action");
    for statements in [format!("{allow},{account}"), format!("{account},{allow}")] {
        assert_eq!(decide(&format!("{{\"Statement\":[{statements}]}}")), Decision::Allow);
    }
}

#[test]
fn actions_are_patterns_in_any_case() {
    for (action, met) in [
        ("\"secretsmanager:GetSecretValue\"", true),
        ("\"SecretsManager:get*\"", true),
        ("[\"secretsmanager:Put*\",\"secretsmanager:*Value\"]", true),
        ("\"secretsmanager:GetSecretValu?\"", true),
        ("\"secretsmanager:GetSecret\"", false),
        ("\"kms:*\"", false),
    ] {
        let listed = decide(&statement(&format!("\"Action\":{action}"))) == Decision::Allow;
        assert_eq!(listed, met, "{action}");
        let others = decide(&statement(&format!("\"NotAction\":{action}"))) == Decision::Allow;
        assert_eq!(others, !met, "{action}");
    }
}

#[test]
fn resources_are_patterns_in_their_case() {
    let arn = |tail: &str| format!("\"arn:aws:secretsmanager:*:*:secret:{tail}\"");
    for (resource, met) in [
        (arn("prod/db-??????"), true),
        (arn("prod/*"), true),
        (arn("Prod/*"), false),
        (arn("prod/db-?????"), false),
        (arn("prod/db"), false),
        ("\"*\"".to_owned(), true),
    ] {
        let listed = decide(&statement(&format!("\"Resource\":{resource}"))) == Decision::Allow;
        assert_eq!(listed, met, "{resource}");
        let others = decide(&statement(&format!("\"NotResource\":{resource}"))) == Decision::Allow;
        assert_eq!(others, !met, "{resource}");
    }
}

#[test]
fn operators_compare_as_their_names_say() {
    let ip: (&str, &[&str]) = ("aws:sourceip", &["10.1.2.3"]);
    for (condition, context, expected) in [
        (r#"{"StringEquals":{"k":"a"}}"#, ("k", &["a"][..]), true),
        (r#"{"StringEquals":{"k":["b","a"]}}"#, ("k", &["a"]), true),
        (r#"{"StringEquals":{"k":"A"}}"#, ("k", &["a"]), false),
        (r#"{"StringEquals":{"k":"*"}}"#, ("k", &["a"]), false),
        (r#"{"StringEquals":{"K":"a"}}"#, ("k", &["a"]), true),
        (r#"{"StringNotEquals":{"k":["a","b"]}}"#, ("k", &["a"]), false),
        (r#"{"StringNotEquals":{"k":["a","b"]}}"#, ("k", &["c"]), true),
        (r#"{"StringEqualsIgnoreCase":{"k":"ÄB"}}"#, ("k", &["äb"]), true),
        (r#"{"StringNotEqualsIgnoreCase":{"k":"AB"}}"#, ("k", &["ab"]), false),
        (r#"{"StringLike":{"k":"a?c*"}}"#, ("k", &["abcd"]), true),
        (r#"{"StringNotLike":{"k":"a*"}}"#, ("k", &["abcd"]), false),
        (r#"{"ArnLike":{"k":"arn:aws:iam::*:role/*"}}"#, ("k", &[ROLE]), true),
        (r#"{"ArnEquals":{"k":"arn:*:role/app"}}"#, ("k", &[ROLE]), false),
        (r#"{"ArnNotEquals":{"k":"arn:aws:iam::*:role/*"}}"#, ("k", &[ROLE]), false),
        (r#"{"ArnNotLike":{"k":"arn:aws:s3:*:*:*"}}"#, ("k", &[ROLE]), true),
        (r#"{"Bool":{"k":"true"}}"#, ("k", &["TRUE"]), true),
        (r#"{"Bool":{"k":false}}"#, ("k", &["true"]), false),
        (r#"{"NumericLessThan":{"k":7}}"#, ("k", &["6.5"]), true),
        (r#"{"NumericLessThan":{"k":"7"}}"#, ("k", &["7"]), false),
        (r#"{"NumericLessThanEquals":{"k":"7"}}"#, ("k", &["7"]), true),
        (r#"{"NumericGreaterThan":{"k":"7"}}"#, ("k", &["x"]), false),
        (r#"{"NumericGreaterThanEquals":{"k":"7"}}"#, ("k", &["7.0"]), true),
        (r#"{"NumericEquals":{"k":["1","2"]}}"#, ("k", &["2"]), true),
        (r#"{"NumericNotEquals":{"k":["1","2"]}}"#, ("k", &["2"]), false),
        (r#"{"DateGreaterThan":{"k":"2026-01-02"}}"#, ("k", &["2026-01-02T00:00:00.001Z"]), true),
        (r#"{"DateLessThan":{"k":"1767312000"}}"#, ("k", &["2026-01-02T00:00:00Z"]), false),
        (r#"{"DateLessThanEquals":{"k":"1767312000"}}"#, ("k", &["2026-01-02T00:00Z"]), true),
        (r#"{"DateEquals":{"k":"2026-01-02"}}"#, ("k", &["1767312000"]), true),
        (r#"{"DateNotEquals":{"k":"2026-01-02"}}"#, ("k", &["1767312000"]), false),
        (r#"{"DateGreaterThanEquals":{"k":"2026-01-02"}}"#, ("k", &["2025-12-31"]), false),
        (r#"{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}"#, ip, true),
        (r#"{"IpAddress":{"aws:SourceIp":["::1","10.1.2.3"]}}"#, ip, true),
        (r#"{"IpAddress":{"aws:SourceIp":"10.1.2.4"}}"#, ip, false),
        (r#"{"NotIpAddress":{"aws:SourceIp":"10.0.0.0/8"}}"#, ip, false),
        (r#"{"Null":{"k":"true"}}"#, ("k", &["a"]), false),
        (r#"{"Null":{"k":"false"}}"#, ("k", &["a"]), true),
        (r#"{"StringEquals":{"k":"a"},"Bool":{"l":"true"}}"#, ("k", &["a"]), false),
    ] {
        assert_eq!(holds(condition, &[context]), expected, "{condition} {context:?}");
    }
}

#[test]
fn a_key_without_a_value_fulfils_what_is_negated_or_asks_only_if_it_exists() {
    for (condition, expected) in [
        (r#"{"StringEquals":{"k":"a"}}"#, false),
        (r#"{"StringNotEquals":{"k":"a"}}"#, true),
        (r#"{"StringEqualsIfExists":{"k":"a"}}"#, true),
        (r#"{"NotIpAddress":{"k":"10.0.0.0/8"}}"#, true),
        (r#"{"IpAddress":{"k":"10.0.0.0/8"}}"#, false),
        (r#"{"Bool":{"k":"false"}}"#, false),
        (r#"{"Null":{"k":"true"}}"#, true),
        (r#"{"Null":{"k":"false"}}"#, false),
        (r#"{"ForAllValues:StringEquals":{"k":"a"}}"#, true),
        (r#"{"ForAnyValue:StringEquals":{"k":"a"}}"#, false),
        (r#"{"ForAnyValue:StringEqualsIfExists":{"k":"a"}}"#, true),
    ] {
        assert_eq!(holds(condition, &[]), expected, "{condition}");
    }
}

#[test]
fn a_key_with_several_values_is_met_by_any_or_all() {
    let context: &[(&str, &[&str])] = &[("aws:tagkeys", &["a", "b"])];
    for (condition, expected) in [
        (r#"{"ForAllValues:StringEquals":{"aws:TagKeys":["a","b","c"]}}"#, true),
        (r#"{"ForAllValues:StringEquals":{"aws:TagKeys":["a"]}}"#, false),
        (r#"{"ForAnyValue:StringEquals":{"aws:TagKeys":["a"]}}"#, true),
        (r#"{"ForAnyValue:StringEquals":{"aws:TagKeys":["c"]}}"#, false),
        (r#"{"ForAnyValue:StringNotEquals":{"aws:TagKeys":["a"]}}"#, true),
        (r#"{"ForAllValues:StringNotLike":{"aws:TagKeys":["c*"]}}"#, true),
        (r#"{"StringNotEquals":{"aws:TagKeys":["a"]}}"#, false),
    ] {
        assert_eq!(holds(condition, context), expected, "{condition}");
    }
}

#[test]
fn variables_are_filled_with_literal_text() {
    let resource = "\"Resource\":\"arn:aws:secretsmanager:*:*:secret:${aws:username}/*\"";
    let decide = |text: &str, name: &[&str]| {
        let arn = SECRET.replace("prod", "ann");
        decide_with(text, GET, &arn, &[("aws:username", name)]) == Decision::Allow
    };
    let text = statement(resource);
    for (name, met) in
        [(&["ann"][..], true), (&["bob"], false), (&["*"], false), (&["a", "b"], false)]
    {
        assert_eq!(decide(&text, name), met, "{name:?}");
    }
    assert!(!decide(&text, &[]));
    assert!(decide(&text.replace("username", "username, 'ann'"), &[]));
    assert!(!decide(&text.replace("2012-10-17", "2008-10-17"), &["ann"]), "an older language");
    let context: &[(&str, &[&str])] = &[("aws:principaltag/team", &["x*"]), ("k", &["x*"])];
    assert!(holds(r#"{"StringEquals":{"k":"${aws:PrincipalTag/team}"}}"#, context));
    assert!(holds(r#"{"StringLike":{"k":"x${*}"}}"#, context));
    assert!(!holds(r#"{"StringLike":{"k":"x${*}"}}"#, &[("k", &["xy"])]));
    assert!(holds(r#"{"StringLike":{"k":"${$}{${?}*"}}"#, &[("k", &["${?a"])]));
}

#[test]
fn what_is_no_policy_is_told_why() {
    let syntax = "This resource policy contains a syntax error. (";
    let principal = "This resource policy contains an unsupported principal. (";
    let service = "This resource policy contains an unsupported service principal. (";
    let user = |text: &str| statement(&format!("\"Principal\":{{\"AWS\":\"{text}\"}}"));
    for (text, expected) in [
        (String::new(), syntax),
        ("[]".to_owned(), syntax),
        ("{}".to_owned(), syntax),
        ("{\"Statement\":[]}".to_owned(), syntax),
        ("{\"Statement\":[1]}".to_owned(), syntax),
        (statement("").replace("2012-10-17", "2019-10-17"), syntax),
        (statement("").replace("\"Version\"", "\"version\""), syntax),
        (statement("\"Effect\":\"AllowSomething\""), syntax),
        (statement("\"Effect\":\"Allow\",\"Effect\":\"Deny\""), syntax),
        (statement("\"Effects\":\"Allow\""), syntax),
        (statement("\"NotAction\":\"*\",\"Action\":\"*\""), syntax),
        (statement("\"Action\":[]"), syntax),
        (statement("\"Action\":\"GetSecretValue\""), syntax),
        (statement("\"Resource\":\"prod/db\""), syntax),
        (statement("\"Resource\":\"arn:aws:secretsmanager:*:*:secret:${\""), syntax),
        (statement("\"Condition\":[]"), syntax),
        (statement("\"Condition\":{\"StringLooksLike\":{\"k\":\"a\"}}"), syntax),
        (statement("\"Condition\":{\"BinaryEquals\":{\"k\":\"a\"}}"), syntax),
        (statement("\"Condition\":{\"ForSome:StringLike\":{\"k\":\"a\"}}"), syntax),
        (statement("\"Condition\":{\"NullIfExists\":{\"k\":\"true\"}}"), syntax),
        (statement("\"Condition\":{\"Bool\":{\"k\":\"perhaps\"}}"), syntax),
        (statement("\"Condition\":{\"IpAddress\":{\"k\":\"10.0.0.0/33\"}}"), syntax),
        (statement("\"Condition\":{\"NumericEquals\":{\"k\":\"x\"}}"), syntax),
        (statement("\"Condition\":{\"DateEquals\":{\"k\":\"2026-02-30\"}}"), syntax),
        (statement("\"Condition\":{\"DateEquals\":{\"k\":\"2026-01-01T24:00:00Z\"}}"), syntax),
        (statement("\"Condition\":{\"StringEquals\":{\"k\":\"a\",\"K\":\"b\"}}"), syntax),
        (user("arn:aws:iam::123456789012:user/*"), principal),
        (user("arn:aws:iam::123456789012:group/g"), principal),
        (user("arn:aws:iam::12:user/u"), principal),
        (user("AIDAEXAMPLE"), principal),
        (statement("\"Principal\":\"123456789012\""), principal),
        (statement("\"Principal\":{\"Federated\":\"accounts.google.com\"}"), principal),
        (statement("\"NotPrincipal\":{\"AWS\":\"123456789012\"}"), principal),
        (statement("\"Principal\":{\"Service\":\"lambda\"}"), service),
    ] {
        let text = if text.contains("NotPrincipal\":") {
            text.replace(",\"Principal\":\"*\"", "")
        } else {
            text
        };
        let error = PolicyDocument::parse(&text).expect_err(&text);
        assert!(error.to_string().starts_with(expected), "{error}: {text}");
    }
    let error = PolicyDocument::parse(&format!(
        "{{\"Statement\":[{s},{s}]}}",
        s = "{\"Sid\":\"a\",\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"*\",\"Resource\":\"*\"}"
    ));
    assert_eq!(error.unwrap_err().statement, 2);
}

#[test]
fn a_policy_has_a_limit() {
    let text = statement("");
    let padded = |bytes: usize| format!("{text}{}", " ".repeat(bytes - text.len()));
    assert_eq!(parse(&padded(POLICY_BYTES_MAX)).text().len(), POLICY_BYTES_MAX);
    let error = PolicyDocument::parse(&padded(POLICY_BYTES_MAX + 1)).unwrap_err();
    assert_eq!(error.problem, PolicyProblem::TooLong);
    let deep = format!("{{\"Statement\":{}1{}}}", "[".repeat(20), "]".repeat(20));
    assert!(matches!(PolicyDocument::parse(&deep).unwrap_err().problem, PolicyProblem::Json(_)));
}

#[test]
fn a_policy_for_everybody_is_public_unless_a_condition_narrows_it() {
    let with =
        |condition: &str| parse(&statement(&format!("\"Condition\":{condition}"))).is_public();
    for (condition, public) in [
        ("{}", true),
        (r#"{"StringEquals":{"aws:SourceAccount":"123456789012"}}"#, false),
        (r#"{"StringEquals":{"aws:SourceVpce":["vpce-1","vpce-2"]}}"#, false),
        (r#"{"StringLike":{"aws:SourceVpc":"vpc-*"}}"#, true),
        (r#"{"StringNotEquals":{"aws:SourceVpc":"vpc-1"}}"#, true),
        (r#"{"StringEqualsIfExists":{"aws:SourceVpc":"vpc-1"}}"#, true),
        (r#"{"ForAllValues:StringEquals":{"aws:SourceVpc":"vpc-1"}}"#, true),
        (r#"{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}"#, false),
        (r#"{"StringEquals":{"aws:SourceVpc":"${aws:SourceVpc}"}}"#, true),
        (r#"{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::123456789012:role/*"}}"#, false),
        (r#"{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/app"}}"#, true),
        (r#"{"StringLike":{"aws:PrincipalArn":"*:aws:iam::123456789012:*"}}"#, true),
        (r#"{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}"#, false),
        (r#"{"IpAddress":{"aws:SourceIp":["10.0.0.0/8","0.0.0.0/0"]}}"#, true),
        (r#"{"IpAddress":{"aws:SourceIp":"2000::/3"}}"#, true),
        (r#"{"Bool":{"aws:SecureTransport":"true"}}"#, true),
        (r#"{"StringEquals":{"aws:UserAgent":"x"}}"#, true),
    ] {
        assert_eq!(with(condition), public, "{condition}");
    }
    assert!(!parse(&statement("\"Effect\":\"Deny\"")).is_public());
    assert!(!parse(&statement("\"Principal\":{\"AWS\":\"123456789012\"}")).is_public());
    assert!(parse(&statement("\"Principal\":{\"AWS\":[\"123456789012\",\"*\"]}")).is_public());
}

#[test]
fn validation_finds_what_is_broad_broken_or_locks_its_writer_out() {
    let account = AccountId::new("123456789012").unwrap();
    let caller = Caller { arns: &[ROLE], account: &account };
    let names = |text: &str| -> Vec<&str> {
        Finding::all(text, caller, SECRET).iter().map(Finding::check_name).collect()
    };
    assert_eq!(names(&statement("")), ["PublicAccess"]);
    assert_eq!(names(&statement("\"Effect\":\"Deny\"")), ["Lockout"]);
    assert_eq!(names("{"), ["PolicySyntax"]);
    assert_eq!(names(&statement(&format!("\"Principal\":{{\"AWS\":\"{ROLE}\"}}"))), [""; 0]);
}

#[test]
fn a_hostile_pattern_costs_no_more_than_its_length_times_the_texts() {
    let pattern =
        Pattern::parse(&"*a".repeat(10_000), Meaning { wildcards: true, variables: false });
    let tokens = pattern.unwrap().resolve(&|_| None).unwrap();
    let text: Vec<char> = "a".repeat(2_048).chars().collect();
    assert!(!matches(&tokens, &text));
}

/// Every way to split the text.
fn reference(tokens: &[Token], text: &[char]) -> bool {
    match tokens.split_first() {
        None => text.is_empty(),
        Some((Token::Any, rest)) => (0..=text.len()).any(|taken| reference(rest, &text[taken..])),
        Some((Token::One, rest)) => !text.is_empty() && reference(rest, &text[1..]),
        Some((Token::Literal(wanted), rest)) => {
            text.first() == Some(wanted) && reference(rest, &text[1..])
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4096, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn wildcards_match_as_the_reference_says(pattern in "[ab*?é]{0,8}", text in "[abé]{0,8}") {
        let meaning = Meaning { wildcards: true, variables: true };
        let tokens = Pattern::parse(&pattern, meaning).unwrap().resolve(&|_| None).unwrap();
        let text: Vec<char> = text.chars().collect();
        prop_assert_eq!(matches(&tokens, &text), reference(&tokens, &text), "{}", pattern);
    }
}
