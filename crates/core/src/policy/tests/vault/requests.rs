//! Parameters and wrapping times of a request, from the tables of OpenBao's `acl_test.go`.

use std::collections::BTreeMap;
use std::time::Duration;

use super::super::Capability::{Read, Update};
use super::super::ParameterValue::{self, Bool, Integer, Map, Null, Text};
use super::*;

type Parameters = Vec<(&'static str, ParameterValue)>;

const PERMISSIONS: &str = r#"
path "dev/*" { policy = "write" allowed_parameters = { "zip" = [] } }
path "foo/bar" {
    policy = "write"
    denied_parameters = { "zap" = [] }
    min_wrapping_ttl = 300
    max_wrapping_ttl = 400
}
path "foo/baz" {
    policy = "write"
    allowed_parameters = { "hello" = [] }
    denied_parameters = { "zap" = [] }
    min_wrapping_ttl = 300
}
path "working/phone" { policy = "write" max_wrapping_ttl = 400 }
path "broken/phone" {
    policy = "write"
    allowed_parameters = { "steve" = [] }
    denied_parameters = { "steve" = [] }
}
path "hello/world" {
    policy = "write"
    allowed_parameters = { "*" = [] }
    denied_parameters = { "*" = [] }
}
path "tree/fort" {
    policy = "write"
    allowed_parameters = { "*" = [] }
    denied_parameters = { "foo" = [] }
}
path "fruit/apple" {
    policy = "write"
    allowed_parameters = { "pear" = [] }
    denied_parameters = { "*" = [] }
}
path "cold/weather" { policy = "write" allowed_parameters = {} denied_parameters = {} }
path "var/aws" {
    policy = "write"
    allowed_parameters = { "*" = [] }
    denied_parameters = {
        "soft" = []
        "warm" = []
        "kitty" = []
    }
}
path "var/req" { policy = "write" required_parameters = ["foo"] }
"#;

#[test]
fn names_of_parameters_and_wrapping_times_are_checked_as_vault_does() {
    let acl = acl(PERMISSIONS);
    for (path, ttl_secs, names, allowed) in [
        ("dev/ops", None, vec!["zip"], true),
        ("dev/ops", None, vec!["zop"], false),
        ("foo/bar", None, vec!["zap"], false),
        ("foo/bar", None, vec!["zip"], false),
        ("foo/bar", Some(50), vec!["zip"], false),
        ("foo/bar", Some(450), vec!["zip"], false),
        ("foo/bar", Some(350), vec!["zip"], true),
        ("foo/baz", None, vec!["hello"], false),
        ("foo/baz", Some(50), vec!["hello"], false),
        ("foo/baz", Some(450), vec!["hello"], true),
        ("foo/baz", None, vec!["zap"], false),
        ("broken/phone", None, vec!["steve"], false),
        ("working/phone", None, vec![""], false),
        ("working/phone", Some(450), vec![""], false),
        ("working/phone", Some(350), vec![""], true),
        ("hello/world", None, vec!["one"], false),
        ("tree/fort", None, vec!["one"], true),
        ("tree/fort", None, vec!["foo"], false),
        ("fruit/apple", None, vec!["pear"], false),
        ("fruit/apple", None, vec!["one"], false),
        ("cold/weather", None, vec!["four"], true),
        ("var/aws", None, vec!["cold", "warm", "kitty"], false),
        ("var/req", None, vec!["cold", "warm", "kitty"], false),
        ("var/req", None, vec!["cold", "warm", "kitty", "foo"], true),
        ("var/req", None, vec!["FOO"], false),
        ("nowhere", None, vec![], false),
    ] {
        let parameters: Vec<_> = names.iter().map(|name| (*name, Text(String::new()))).collect();
        let ttl = ttl_secs.map(Duration::from_secs);
        let passes = acl.check_parameters(path, &parameters).is_ok()
            && acl.check_wrapping(path, Update, ttl).is_ok();
        assert_eq!(passes, allowed, "{path} {ttl_secs:?} {names:?}");
    }
    assert!(Acl::root().check_parameters("x", &[("y", Null)]).is_ok());
    assert!(acl.check_wrapping("nowhere", Read, None).is_ok());
}

const VALUES: &str = r#"
path "dev/*" { policy = "write" allowed_parameters = { "allow" = ["good"] } }
path "foo/bar" { policy = "write" denied_parameters = { "deny" = ["bad*"] } }
path "foo/baz" {
    policy = "write"
    allowed_parameters = { "ALLOW" = ["good"] }
    denied_parameters = { "dEny" = ["bad"] }
}
path "fizz/buzz" {
    policy = "write"
    allowed_parameters = {
        "allow_multi" = ["good", "good1", "good2", "*good3"]
        "allow" = ["good"]
    }
    denied_parameters = { "deny_multi" = ["bad", "bad1", "bad2"] }
}
path "test/types" {
    policy = "write"
    allowed_parameters = {
        "map" = [{"good" = "one"}]
        "int" = [1, 2]
        "bool" = [false]
    }
    denied_parameters = {
    }
}
path "test/star" {
    policy = "write"
    allowed_parameters = { "*" = [], "foo" = [], "bar" = [false] }
    denied_parameters = {
    }
}
"#;

#[test]
fn values_of_parameters_are_checked_as_vault_does() {
    let acl = acl(VALUES);
    let text = |value: &str| Text(value.into());
    let map = |key: &str| Map(BTreeMap::from([(key.to_owned(), text("one"))]));
    let table: Vec<(&str, Parameters, bool)> = vec![
        ("dev/ops", vec![("allow", text("good"))], true),
        ("dev/ops", vec![("allow", text("bad"))], false),
        ("foo/bar", vec![("deny", text("bad"))], false),
        ("foo/bar", vec![("deny", text("bad glob"))], false),
        ("foo/bar", vec![("deny", text("good"))], true),
        ("foo/bar", vec![("allow", text("good"))], true),
        ("foo/bar", vec![("deny", Null)], true),
        ("foo/bar", vec![("allow", Null)], true),
        ("foo/baz", vec![("aLLow", text("good"))], true),
        ("foo/baz", vec![("deny", text("bad"))], false),
        ("foo/baz", vec![("deny", text("good"))], false),
        ("foo/baz", vec![("allow", text("good")), ("deny", text("bad"))], false),
        ("foo/baz", vec![("deNy", text("bad")), ("allow", text("good"))], false),
        ("foo/baz", vec![("aLLow", text("bad"))], false),
        ("foo/baz", vec![("Neither", text("bad"))], false),
        ("foo/baz", vec![("allow", Null)], false),
        ("fizz/buzz", vec![("allow_multi", text("good"))], true),
        ("fizz/buzz", vec![("allow_multi", text("good1"))], true),
        ("fizz/buzz", vec![("allow_multi", text("glob good2"))], false),
        ("fizz/buzz", vec![("allow_multi", text("glob good3"))], true),
        ("fizz/buzz", vec![("allow_multi", text("bad"))], false),
        ("fizz/buzz", vec![("allow_multi", text("good1")), ("allow", text("good"))], true),
        ("fizz/buzz", vec![("deny_multi", text("bad2"))], false),
        ("fizz/buzz", vec![("deny_multi", text("good")), ("allow_multi", text("good2"))], false),
        ("test/types", vec![("map", map("good"))], true),
        ("test/types", vec![("map", map("bad"))], false),
        ("test/types", vec![("int", Integer(1))], true),
        ("test/types", vec![("int", Integer(3))], false),
        ("test/types", vec![("bool", Bool(false))], true),
        ("test/types", vec![("bool", Bool(true))], false),
        ("test/star", vec![("anything", Bool(true))], true),
        ("test/star", vec![("foo", Bool(true))], true),
        ("test/star", vec![("bar", Bool(false))], true),
        ("test/star", vec![("bar", Bool(true))], false),
    ];
    for (path, parameters, allowed) in table {
        let answer = acl.check_parameters(path, &parameters);
        assert_eq!(answer.is_ok(), allowed, "{path} {parameters:?}: {answer:?}");
    }
}

#[test]
fn rules_on_one_path_join_their_parameters_and_times() {
    let acl = acl(r#"
path "req" { policy = "write" required_parameters = ["foo"] max_wrapping_ttl = 300 min_wrapping_ttl = 100 }
path "req" { policy = "write" required_parameters = ["bar"] max_wrapping_ttl = 200 min_wrapping_ttl = 50 }
path "all" { policy = "write" allowed_parameters = { "one" = ["x"] } }
path "all" { policy = "write" allowed_parameters = { "*" = [] } }
path "values" { policy = "write" allowed_parameters = { "n" = [1] } }
path "values" { policy = "write" allowed_parameters = { "n" = [2] } }
path "empty" { policy = "write" allowed_parameters = { "n" = [1] } }
path "empty" { policy = "write" allowed_parameters = { "n" = [] } }
"#);
    let passes = |path: &str, parameters: &[(&'static str, ParameterValue)]| {
        acl.check_parameters(path, parameters).is_ok()
    };
    assert!(!passes("req", &[("foo", Null)]));
    assert!(passes("req", &[("foo", Null), ("bar", Null)]));
    let wraps = |secs| acl.check_wrapping("req", Update, Some(Duration::from_secs(secs))).is_ok();
    assert_eq!([49, 50, 200, 201].map(wraps), [false, true, true, false]);
    assert!(passes("all", &[("two", Null), ("one", Text("x".into()))]));
    assert!(!passes("all", &[("one", Text("y".into()))]));
    assert!(passes("values", &[("n", Integer(1))]) && passes("values", &[("n", Integer(2))]));
    assert!(!passes("values", &[("n", Integer(3))]));
    assert!(passes("empty", &[("n", Integer(3))]));
}

#[test]
fn a_refusal_names_the_parameter_and_the_rule() {
    let acl = acl(PERMISSIONS);
    let refusal = acl.check_parameters("tree/fort", &[("foo", Null)]).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "parameter `foo` is denied, or its value is, by policy \"app\" line 26, path \"tree/fort\""
    );
    let refusal = acl.check_wrapping("foo/bar", Update, None).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "policy \"app\" line 3, path \"foo/bar\" asks for an answer wrapped for 300 s to 400 s"
    );
}
