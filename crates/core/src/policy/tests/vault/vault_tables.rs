//! Expectations of the ACL tests of Vault and OpenBao (`acl_test.go`): rules, operations and outcomes.

use super::super::Capability::{Create, Delete, List, Patch, Read, Sudo, Update};
use super::*;

const DEVELOPERS: &str = r#"
name = "DeV"
path "dev/*" { policy = "sudo" }
path "stage/*" { policy = "write" }
path "stage/aws/*" {
    policy = "read"
    capabilities = ["update", "sudo"]
}
path "stage/aws/policy/*" { policy = "sudo" }
path "prod/*" { policy = "read" }
path "prod/aws/*" { policy = "deny" }
path "sys/*" { policy = "deny" }
path "foo/bar" { capabilities = ["read", "create", "sudo"] }
path "baz/quux" { capabilities = ["read", "create", "patch"] }
path "test/+/segment" { capabilities = ["read"] }
path "+/segment/at/front" { capabilities = ["read"] }
path "test/segment/at/end/+" { capabilities = ["read"] }
path "test/segment/at/end/v2/+/" { capabilities = ["read"] }
path "test/+/wildcard/+/*" { capabilities = ["read"] }
path "test/+/wildcardglob/+/end*" { capabilities = ["read"] }
path "1/2/*" { capabilities = ["create"] }
path "1/2/+" { capabilities = ["read"] }
path "1/2/+/+" { capabilities = ["update"] }
"#;

const OPERATORS: &str = r#"
path "dev/hide/*" { policy = "deny" }
path "stage/aws/policy/*" {
    policy = "deny"
    capabilities = ["read", "update", "sudo"]
}
path "prod/*" { policy = "write" }
path "sys/seal" { policy = "sudo" }
path "foo/bar" { capabilities = ["deny"] }
path "baz/quux" { capabilities = ["deny"] }
"#;

fn check_table(acl: &Acl, table: &[(Capability, &str, bool, bool)]) {
    for (capability, path, allowed, sudo) in table {
        let decision = acl.check(path, *capability);
        assert_eq!(decision.is_allowed(), *allowed, "{decision}");
        assert_eq!(acl.capabilities(path).contains(Sudo), *sudo, "sudo on {path}");
    }
}

#[test]
fn one_policy_decides_as_vault_does() {
    check_table(
        &acl(DEVELOPERS),
        &[
            (Read, "root", false, false),
            (Read, "sys/mount/foo", false, false),
            (Read, "dev/foo", true, true),
            (Update, "dev/foo", true, true),
            (Delete, "stage/foo", true, false),
            (List, "stage/aws/foo", true, true),
            (Update, "stage/aws/foo", true, true),
            (Update, "stage/aws/policy/foo", true, true),
            (Delete, "prod/foo", false, false),
            (Update, "prod/foo", false, false),
            (Read, "prod/foo", true, false),
            (List, "prod/foo", true, false),
            (Read, "prod/aws/foo", false, false),
            (Read, "foo/bar", true, true),
            (List, "foo/bar", false, true),
            (Update, "foo/bar", false, true),
            (Create, "foo/bar", true, true),
            (Read, "baz/quux", true, false),
            (Create, "baz/quux", true, false),
            (Patch, "baz/quux", true, false),
            (List, "baz/quux", false, false),
            (Update, "baz/quux", false, false),
            (Read, "test/foo/bar/segment", false, false),
            (Read, "test/foo/segment", true, false),
            (Read, "test/bar/segment", true, false),
            (Read, "test/segment/at/frond", false, false),
            (Read, "test/segment/at/front", true, false),
            (Read, "test/segment/at/end/foo", true, false),
            (Read, "test/segment/at/end/foo/", false, false),
            (Read, "test/segment/at/end/v2/foo/", true, false),
            (Read, "test/segment/wildcard/at/foo/", true, false),
            (Read, "test/segment/wildcard/at/end", true, false),
            (Read, "test/segment/wildcard/at/end/", true, false),
            (Read, "1/2/3/4", false, false),
            (Read, "1/2/3", true, false),
            (Update, "1/2/3", false, false),
            (Update, "1/2/3/4", true, false),
            (Create, "1/2/3/4/5", true, false),
        ],
    );
}

#[test]
fn two_policies_are_joined_as_vault_joins_them() {
    let acl = Acl::compile(
        &[policy("dev", DEVELOPERS), policy("ops", OPERATORS)],
        &TemplateContext::default(),
    );
    check_table(
        &acl,
        &[
            (Read, "root", false, false),
            (Read, "dev/foo", true, true),
            (Update, "dev/foo", true, true),
            (Read, "dev/hide/foo", false, false),
            (Update, "dev/hide/foo", false, false),
            (Delete, "stage/foo", true, false),
            (List, "stage/aws/foo", true, true),
            (Update, "stage/aws/foo", true, true),
            (Update, "stage/aws/policy/foo", false, false),
            (Delete, "prod/foo", true, false),
            (Update, "prod/foo", true, false),
            (Read, "prod/foo", true, false),
            (List, "prod/foo", true, false),
            (Read, "prod/aws/foo", false, false),
            (Read, "sys/status", false, false),
            (Update, "sys/seal", true, true),
            (Read, "foo/bar", false, false),
            (List, "foo/bar", false, false),
            (Update, "foo/bar", false, false),
            (Create, "foo/bar", false, false),
            (Read, "baz/quux", false, false),
            (List, "baz/quux", false, false),
            (Update, "baz/quux", false, false),
            (Create, "baz/quux", false, false),
            (Patch, "baz/quux", false, false),
        ],
    );
}

#[test]
fn capabilities_are_those_vault_reports() {
    let acl = acl(DEVELOPERS);
    for (path, shown) in [
        ("dev", "nothing"),
        ("dev/", "create, read, update, delete, list, sudo"),
        ("stage/aws/test", "read, update, list, sudo"),
        ("prod/aws/x", "deny"),
    ] {
        assert_eq!(acl.capabilities(path).to_string(), shown, "{path}");
    }
    assert_eq!(Acl::root().capabilities("any/path"), super::super::Capabilities::ALL);
}

#[test]
fn the_rule_of_higher_priority_applies_alone() {
    for (lower, higher, path) in [
        ("+/*", "*", "foo/bar/bar/baz"),
        ("+/*", "foo/+/*", "foo/bar/bar/baz"),
        ("foo/+/+/*", "foo/+/bar/baz", "foo/bar/bar/baz"),
        ("foo/+/+/baz", "foo/+/bar/baz", "foo/bar/bar/baz"),
        ("foo/+/(ar/baz", "foo/(ar/+/baz", "foo/(ar/(ar/baz"),
        ("foo/bar/+/baz*", "foo/bar/+/baz", "foo/bar/bar/baz"),
        ("foo/bar/+/b*", "foo/bar/+/ba*", "foo/bar/bar/baz"),
        // The examples of Vault's documentation, and an exact path before everything.
        ("secret/*", "secret/+/+/foo/*", "secret/a/b/c"),
        ("foo/*", "foo/+", "foo/bar"),
        ("foo/+", "foo/bar*", "foo/bar"),
        ("foo/ba*", "foo/bar", "foo/bar"),
        ("foo/+", "foo/bar", "foo/bar"),
        ("+/bar", "foo/+", "foo/bar"),
        ("+/+/c", "+/b/+", "a/b/c"),
    ] {
        for order in [[lower, higher], [higher, lower]] {
            let rules = order.map(|rule| {
                let word = if rule == higher { "update" } else { "read" };
                format!("path \"{rule}\" {{ capabilities = [\"{word}\"] }}\n")
            });
            let acl = acl(&rules.concat());
            let matched = acl.check(path, Update);
            // The first example of the documentation does not match this path, so the broader rule applies.
            let applies = if higher == "secret/+/+/foo/*" { lower } else { higher };
            assert_eq!(matched.rule().unwrap().path(), applies, "{matched}");
            assert_eq!(matched.is_allowed(), applies == higher, "{matched}");
            assert_eq!(allows(&acl, Read, path), applies == lower, "{matched}");
        }
    }
}

#[test]
fn a_list_falls_back_to_the_path_without_its_slash() {
    let acl = acl(r#"
path "foo/metadata/*" { capabilities = ["list"] }
path "foo/metadata/private/*" { capabilities = ["deny"] }
path "foo/metadata/private/granted/*" { capabilities = ["list"] }
path "bar" { capabilities = ["list", "read"] }
path "star*" { capabilities = ["list"] }
path "seg/+" { capabilities = ["list"] }
"#);
    for (path, allowed) in [
        ("foo/", false),
        ("foo/metadata/", true),
        ("foo/metadata/test/", true),
        ("foo/metadata/private/", false),
        ("foo/metadata/private/internal/", false),
        ("foo/metadata/private/granted/", true),
        ("foo/metadata/private/granted/test/", true),
        ("bar/", true),
        ("bar", true),
        ("bar//", false),
        ("star/", true),
        ("seg/x/", true),
    ] {
        assert_eq!(allows(&acl, List, path), allowed, "{path}");
    }
    assert!(!allows(&acl, Read, "bar/"), "only a list falls back");
    assert!(!acl.may_see("seg/x/y"));
}

#[test]
fn a_decision_names_every_policy_that_took_part() {
    let granting = policy(
        "granting",
        r#"
path "kv/foo" { capabilities = ["update", "read"] }
path "kv/path/*" { capabilities = ["read"] }
path "kv/path/longer" { capabilities = ["update", "read"] }
path "kv/deny" { capabilities = ["deny"] }
"#,
    );
    let merged = policy(
        "merged",
        r#"
path "kv/foo" { capabilities = ["update", "read"] }
path "kv/bar" { capabilities = ["update", "read"] }
path "kv/path/*" { capabilities = ["read"] }
path "kv/path/longer3" { capabilities = ["read"] }
path "kv/deny" { capabilities = ["update"] }
"#,
    );
    let acl = Acl::compile(&[granting, merged], &TemplateContext::default());
    for (path, policies, allowed) in [
        ("kv/foo", vec!["granting", "merged"], true),
        ("kv/path/foo", vec!["granting", "merged"], true),
        ("kv/path/longer", vec!["granting"], true),
        ("kv/path/longer3", vec!["merged"], true),
        ("kv/bar", vec!["merged"], true),
        ("kv/deny", vec!["granting", "merged"], false),
    ] {
        let decision = acl.check(path, Read);
        let sources = decision.rule().unwrap().sources();
        let names: Vec<&str> = sources.iter().map(|source| source.policy.as_str()).collect();
        assert_eq!((names, decision.is_allowed()), (policies, allowed), "{decision}");
    }
    assert!(acl.check("kv/bad", Read).rule().is_none());
}
