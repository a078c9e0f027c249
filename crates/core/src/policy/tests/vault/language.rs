//! What the language accepts and refuses, what lists show, and how decisions read.

use super::super::Capability::{Create, Deny, List, Read, Update};
use super::super::{
    Oddity, POLICY_TEXT_BYTES_MAX, PathProblem, PolicyError, PolicyProblem, RULES_MAX, Reason,
};
use super::*;

fn refused(text: &str) -> PolicyError {
    Policy::parse(PolicyName::new("app").unwrap(), text).expect_err(text)
}

#[test]
fn hcl_and_json_and_the_old_shorthand_say_the_same() {
    for text in [
        "path \"secret\" { policy = \"write\" }\n  path \"sys\" { policy = \"deny\" }",
        r#"{"path": {"sys": {"policy": "deny"}, "secret": {"policy": "write"}}}"#,
        r#"{"path": [{"sys": {"policy": "deny"}}, {"secret": {"policy": "write", "comment": null}}]}"#,
        r#"path = { "/secret" = { policy = "write" }, "sys" = { "capabilities" = ["deny"] } }"#,
    ] {
        let acl = acl(text);
        assert_eq!(acl.capabilities("secret").to_string(), "create, read, update, delete, list");
        assert_eq!(acl.capabilities("sys").to_string(), "deny");
    }
}

#[test]
fn the_text_is_kept_byte_for_byte() {
    let text = "\u{FEFF}# é\r\npath \"a\" { policy = \"read\" }\t\n\n";
    assert_eq!(policy("app", text).text(), text);
    assert_eq!(acl("").capabilities("a").to_string(), "nothing");
}

// tidy: long function because it is one table of texts and messages
#[test]
fn an_error_names_the_line_and_the_path_and_the_mend() {
    for (text, message, hint) in [
        ("name = \"test\"\nbad = \"foo\"", "line 2: unknown key `bad`", "use `path` or `name`"),
        (
            "path \"/\" {\n}",
            "line 1: path \"/\": the path is empty",
            "name a mount and a path, such as `secret/app/*`; `*` alone is everything",
        ),
        (
            "\npath \"a\" {\n  capabilites = [\"read\"]\n}",
            "line 3: path \"a\": unknown key `capabilites`",
            "did you mean `capabilities`?",
        ),
        (
            "path \"a\" {\n capabilities = [\"raad\"]\n}",
            "line 2: path \"a\": unknown capability `raad`",
            "did you mean `read`?",
        ),
        (
            "path \"a\" { capabilities = [\"banana\"] }",
            "line 1: path \"a\": unknown capability `banana`",
            "use one of create, read, update, patch, delete, list, sudo, deny",
        ),
        (
            "path \"a\" { policy = \"banana\" }",
            "line 1: path \"a\": unknown value `banana` of `policy`",
            "use read, write, sudo or deny",
        ),
        (
            "path \"a\" { min_wrapping_ttl = 400 max_wrapping_ttl = \"200s\" }",
            "line 1: path \"a\": `max_wrapping_ttl` is less than `min_wrapping_ttl`",
            "exchange the two",
        ),
        (
            "path \"a\" { min_wrapping_ttl = \"soon\" }",
            "line 1: path \"a\": `min_wrapping_ttl` is no duration",
            "write seconds or text such as \"10s\" or \"1h30m\"",
        ),
        (
            "path \"foo/+*\" { capabilities = [\"read\"] }",
            "line 1: path \"foo/+*\": `+` is not a whole segment",
            "use `+` alone between two `/`, for one whole segment; after it use `/*`",
        ),
        (
            "path \"a\" {\n control_group = { ttl = \"1h\" }\n}",
            "line 2: path \"a\": `control_group` is not supported, and a rule without it would allow \
             more than was written",
            "remove the key or the rule",
        ),
        (
            "path \"a\" { policy = \"read\"\n policy = \"write\" }",
            "line 2: path \"a\": `policy` stands twice",
            "write it once",
        ),
        (
            "path \"a\" { capabilities = \"read\" }",
            "line 1: path \"a\": `capabilities` is not a list of texts",
            "write a list of texts",
        ),
        (
            "path \"a\" { allowed_parameters = { \"x\" = 1 } }",
            "line 1: path \"a\": `allowed_parameters` is not an object of lists of values by parameter",
            "write an object of lists of values by parameter",
        ),
        (
            "path \"a/{{identity.entity.nmae}}\" {}",
            "line 1: path \"a/{{identity.entity.nmae}}\": unknown template `{{identity.entity.nmae}}`",
            "use identity.entity.id, .name, .metadata.<key>, .aliases.<accessor>.id, .name or \
             .metadata.<key>, identity.groups.ids.<id>.name or identity.groups.names.<name>.id",
        ),
    ] {
        let error = refused(text);
        assert_eq!((error.to_string().as_str(), error.hint().as_str()), (message, hint));
    }
}

#[test]
fn limits_hold_at_their_edge() {
    let padded = |bytes: usize| format!("#{}", "x".repeat(bytes - 1));
    assert_eq!(policy("app", &padded(POLICY_TEXT_BYTES_MAX)).warnings(), []);
    assert_eq!(refused(&padded(POLICY_TEXT_BYTES_MAX + 1)).problem, PolicyProblem::TextTooLong);

    let rules = |count: usize| -> String {
        (0..count).map(|n| format!("path \"a/{n}\" {{ policy = \"read\" }}\n")).collect()
    };
    assert!(allows(&acl(&rules(RULES_MAX)), Read, "a/4095"));
    let error = refused(&rules(RULES_MAX + 1));
    assert_eq!((error.problem, error.line), (PolicyProblem::TooManyRules, 4097));
}

#[test]
fn root_is_not_written_under_any_spelling() {
    for name in ["root", " Root\n", "ROOT"] {
        let error = Policy::parse(PolicyName::new(name).unwrap(), "").unwrap_err();
        assert_eq!(error.problem, PolicyProblem::RootIsFixed);
    }
}

#[test]
fn a_path_with_dot_segments_is_denied_to_everyone() {
    let everything = acl(r#"path "*" { policy = "sudo" }"#);
    for path in
        ["secret/../sys/seal", "..", "secret/..", "./a", "a/.", "a/./b", "/../a", "a\0b", "a\n"]
    {
        for acl in [&everything, &Acl::root()] {
            let decision = acl.check(path, Read);
            assert!(matches!(decision.reason(), Reason::NotCanonical), "{decision}");
            assert!(acl.capabilities(path).grants_nothing());
            assert!(!acl.may_see(path) && !acl.may_see_below(path));
        }
    }
    for path in ["a/...", "a/..b", "a/.b", "a/b.", "a/b..", "a./b", ".../a", "/a", "a//b"] {
        assert!(allows(&everything, Read, path), "{path}");
        assert!(allows(&Acl::root(), Read, path), "{path}");
    }
    assert_eq!(refused("path \"a/../b\" {}").problem, PolicyProblem::Path(PathProblem::DotSegment));
}

#[test]
fn nothing_is_granted_by_default_and_deny_is_never_granted() {
    let nobody = Acl::compile(&[], &TemplateContext::default());
    assert!(!allows(&nobody, Read, "secret/a"));
    assert!(!allows(&acl(r#"path "*" { policy = "sudo" }"#), Deny, "a"));
    assert!(!allows(&acl(r#"path "*" { policy = "deny" }"#), Deny, "a"));
    assert!(!allows(&Acl::root(), Deny, "a"));
}

#[test]
fn a_decision_reads_as_a_sentence() {
    let acl = acl("path \"secret/a\" { policy = \"read\" }\npath \"sys/*\" { policy = \"deny\" }");
    for (capability, path, sentence) in [
        (
            Read,
            "secret/a",
            "read on \"secret/a\" is allowed: policy \"app\" line 1, path \"secret/a\", grants it",
        ),
        (
            Update,
            "secret/a",
            "update on \"secret/a\" is denied: policy \"app\" line 1, path \"secret/a\", grants only read, list",
        ),
        (
            Read,
            "sys/seal",
            "read on \"sys/seal\" is denied: policy \"app\" line 2, path \"sys/*\", denies everything",
        ),
        (Create, "other", "create on \"other\" is denied: no rule matches in \"app\""),
    ] {
        assert_eq!(acl.check(path, capability).to_string(), sentence);
    }
    let hint = acl.check("/other", Create).hint().unwrap();
    assert_eq!(hint, "path \"other\" { capabilities = [\"create\"] }");
    assert!(self::acl(&hint).check("other", Create).is_allowed());
    assert_eq!(acl.check("sys/seal", Read).hint(), None);
    let root = Acl::root();
    assert_eq!(
        root.check("a", List).to_string(),
        "list on \"a\" is allowed: root may do everything"
    );
}

#[test]
fn a_list_shows_what_can_be_seen_and_the_folders_on_the_way() {
    let acl = acl(r#"
path "secret/app/*" { capabilities = ["read"] }
path "secret/app/private/*" { capabilities = ["deny"] }
path "secret/app/private/open/x" { capabilities = ["read"] }
path "secret/deep/+/key" { capabilities = ["list"] }
path "secret/drop/*" { capabilities = ["create"] }
"#);
    for (path, seen) in [
        ("secret/app/a", true),
        ("secret/app/private/a", false),
        ("secret/drop/a", false),
        ("secret/other", false),
    ] {
        assert_eq!(acl.may_see(path), seen, "{path}");
    }
    for (prefix, seen) in [
        ("secret/", true),
        ("secret/app/", true),
        ("secret/app/private/", true),
        ("secret/app/private/closed/", false),
        ("secret/app/private/open/", true),
        ("secret/deep/", true),
        ("secret/deep/x/", true),
        ("secret/deep/x/y/", false),
        ("secret/drop/", false),
        ("sys/", false),
    ] {
        assert_eq!(acl.may_see_below(prefix), seen, "{prefix}");
    }
    assert!(Acl::root().may_see("a") && Acl::root().may_see_below("a/"));
}

#[test]
fn what_is_probably_not_meant_is_warned_of() {
    let text = r#"path "a" { capabilities = ["deny", "read"] }
path "b" { }
path "/a" { policy = "read" }
path "c" { policy = "deny" }
"#;
    let policy = policy("app", text);
    let found: Vec<_> = policy.warnings().iter().map(|one| (one.line, one.oddity)).collect();
    assert_eq!(
        found,
        [
            (1, Oddity::DenyMixed),
            (2, Oddity::NoCapabilities),
            (3, Oddity::RepeatedPath { earlier_line: 1 }),
        ]
    );
    assert_eq!(
        policy.warnings()[2].to_string(),
        "line 3: path \"/a\": the path also stands on line 1; both rules are joined"
    );
}
