use super::*;
use Capability::{Create, Delete, List, Patch, Read, Sudo, Update};

/// For each path the rule that must decide, told by its capability.
#[track_caller]
fn decides(paths: &[(&str, Capability)], cases: &[(&str, Option<Capability>)]) {
    let acl = rules(paths);
    for (path, chosen) in cases {
        let expected: Capabilities = chosen.iter().copied().collect();
        assert_eq!(acl.capabilities(path), expected, "{path}");
    }
}

#[test]
fn what_no_rule_names_is_denied() {
    decides(&[("secret/a", Read)], &[("secret/b", None), ("secret", None), ("secret/a/b", None)]);
}

#[test]
fn an_exact_rule_comes_before_every_pattern() {
    decides(
        &[("secret/*", Read), ("secret/+/b", Update), ("secret/a/b", Delete)],
        &[("secret/a/b", Some(Delete)), ("secret/c/b", Some(Update)), ("secret/c/d", Some(Read))],
    );
}

#[test]
fn the_longest_prefix_decides_among_globs() {
    decides(
        &[("secret/*", Read), ("secret/foo/*", Update), ("secret/foo/ba*", Delete)],
        &[
            ("secret/x", Some(Read)),
            ("secret/foo/x", Some(Update)),
            ("secret/foo/bar", Some(Delete)),
            ("secret/foo", Some(Read)),
        ],
    );
}

/// P1 is lower when its first wildcard comes earlier.
#[test]
fn a_later_first_wildcard_comes_first() {
    decides(
        &[("secret/+/b/c", Read), ("secret/a/+/c", Update)],
        &[("secret/a/b/c", Some(Update)), ("secret/x/b/c", Some(Read))],
    );
    decides(
        &[("secret/+/*", Read), ("secret/a*", Update)],
        &[("secret/ab/c", Some(Update)), ("secret/b/c", Some(Read))],
    );
}

/// P1 is lower when it ends with `*` and P2 does not.
#[test]
fn a_pattern_without_a_glob_comes_before_one_with() {
    decides(
        &[("secret/+/*", Read), ("secret/+/b", Update)],
        &[("secret/a/b", Some(Update)), ("secret/a/c", Some(Read))],
    );
}

/// P1 is lower when it has more `+` segments.
#[test]
fn fewer_plus_segments_come_first() {
    decides(
        &[("secret/+/+/c", Read), ("secret/+/b/c", Update)],
        &[("secret/a/b/c", Some(Update)), ("secret/a/x/c", Some(Read))],
    );
}

/// P1 is lower when it is shorter.
#[test]
fn the_longer_pattern_comes_first() {
    decides(
        &[("secret/+/b*", Read), ("secret/+/bar*", Update)],
        &[("secret/a/bark", Some(Update)), ("secret/a/bat", Some(Read))],
    );
}

#[test]
fn a_plus_is_one_segment_and_a_glob_any_number() {
    decides(
        &[("secret/+/team", Read)],
        &[
            ("secret/a/team", Some(Read)),
            ("secret/a/b/team", None),
            ("secret/team", None),
            ("secret/a/teams", None),
        ],
    );
    decides(&[("a/*", Read)], &[("a/", Some(Read)), ("a/b/c", Some(Read)), ("a", None)]);
}

#[test]
fn rules_on_one_path_are_united_and_a_deny_takes_all() {
    let read = policy("path \"secret/a\" { capabilities = [\"read\"] }");
    let update = policy("path \"secret/a\" { capabilities = [\"update\"] }");
    let deny = policy("path \"secret/a\" { capabilities = [\"deny\"] }");
    let context = TemplateContext::default();
    let both = Acl::compile(&[read.clone(), update.clone()], &context);
    assert_eq!(both.capabilities("secret/a"), [Read, Update].into_iter().collect());
    let denied = Acl::compile(&[read, deny, update], &context);
    assert_eq!(denied.capabilities("secret/a"), Capabilities::DENY);
    assert!(matches!(denied.check("secret/a", Read).reason(), Reason::ExplicitDeny(_)));
}

#[test]
fn a_deny_below_a_grant_holds_for_its_subtree_only() {
    let acl = acl("path \"secret/*\" { capabilities = [\"read\"] }\n\
                   path \"secret/private/*\" { capabilities = [\"deny\"] }");
    assert!(acl.check("secret/a", Read).is_allowed());
    assert!(!acl.check("secret/private/a", Read).is_allowed());
}

#[test]
fn a_list_of_a_folder_needs_the_folder_with_or_without_its_slash() {
    for path in ["secret/team/", "secret/team"] {
        let acl = rules(&[(path, List)]);
        assert!(acl.check("secret/team/", List).is_allowed(), "{path}");
        assert!(!acl.check("secret/team/", Read).is_allowed(), "{path}");
    }
}

#[test]
fn root_may_do_everything_but_leave_the_tree() {
    let root = Acl::root();
    for capability in [Create, Read, Update, Patch, Delete, List, Sudo] {
        assert!(root.check("any/path", capability).is_allowed());
        assert!(!root.check("any/../path", capability).is_allowed());
    }
    assert!(!root.check("any/path", Capability::Deny).is_allowed());
}

#[test]
fn old_shorthands_mean_what_vault_made_of_them() {
    let of = |word: &str| {
        acl(&format!("path \"a\" {{ policy = \"{word}\" }}"))
            .capabilities("a")
            .iter()
            .collect::<Vec<_>>()
    };
    assert_eq!(of("read"), [Read, List]);
    assert_eq!(of("write"), [Create, Read, Update, Delete, List]);
    assert_eq!(of("sudo"), [Create, Read, Update, Delete, List, Sudo]);
    assert_eq!(of("deny"), [Capability::Deny]);
}

#[test]
fn a_list_shows_what_may_be_read_or_listed() {
    let acl = rules(&[("secret/a", Read), ("secret/b/*", List), ("secret/c", Update)]);
    assert!(acl.may_see("secret/a") && acl.may_see("secret/b/x"));
    assert!(!acl.may_see("secret/c") && !acl.may_see("secret/d"));
    assert!(acl.may_see_below("secret/") && acl.may_see_below("secret/b/"));
    assert!(!acl.may_see_below("secret/c/") && !acl.may_see_below("other/"));
}

#[test]
fn who_may_do_anything_below_a_path_has_business_there() {
    let acl = rules(&[
        ("written/a", Create),
        ("globbed/*", Delete),
        ("+/wild/x", Sudo),
        ("itself", Update),
        ("hidden/a", Capability::Deny),
    ]);
    for prefix in ["written/", "globbed/", "globbed/deep/", "anything/wild/", "anything/", "itself"]
    {
        assert!(acl.may_do_below(prefix), "{prefix}");
    }
    for prefix in ["hidden/a", "anything/tame/", "written/b/", "a/../written/"] {
        assert!(!acl.may_do_below(prefix), "{prefix}");
    }
    let denied = rules(&[("secret/*", Capability::Deny), ("+/data/*", Read)]);
    assert!(!denied.may_do_below("secret/") && denied.may_do_below("other/"));
    assert!(Acl::root().may_do_below("any/"));
}

#[test]
fn templates_are_filled_and_a_rule_without_a_value_is_dropped() {
    let text = "path \"secret/{{identity.entity.id}}/*\" { capabilities = [\"read\"] }";
    let identity =
        TemplateContext { entity_id: Some("e1".to_owned()), ..TemplateContext::default() };
    let filled = Acl::compile(&[policy(text)], &identity);
    assert!(filled.check("secret/e1/a", Read).is_allowed());
    assert!(!filled.check("secret/e2/a", Read).is_allowed());
    let nobody = Acl::compile(&[policy(text)], &TemplateContext::default());
    assert_eq!(nobody.capabilities("secret/e1/a"), Capabilities::NONE);
    assert_eq!(nobody.dropped_rules().len(), 1);
}

#[test]
fn a_value_in_a_template_never_widens_the_rule() {
    let text = "path \"secret/{{identity.entity.name}}\" { capabilities = [\"read\"] }";
    let named = |name: &str| {
        let identity =
            TemplateContext { entity_name: Some(name.to_owned()), ..TemplateContext::default() };
        Acl::compile(&[policy(text)], &identity)
    };
    for name in ["*", "+", "a*"] {
        assert!(!named(name).check("secret/other", Read).is_allowed(), "{name}");
    }
    for name in ["", ".", "..", "a/b", "a\nb"] {
        assert_eq!(named(name).dropped_rules().len(), 1, "{name:?}");
    }
}

#[test]
fn a_denying_rule_whose_template_has_no_value_still_denies() {
    let acl = acl("path \"secret/*\" { capabilities = [\"read\"] }\n\
                   path \"secret/{{identity.entity.id}}/key\" { capabilities = [\"deny\"] }");
    assert!(acl.check("secret/a", Read).is_allowed());
    assert!(!acl.check("secret/e1/key", Read).is_allowed());
}

#[test]
fn a_decision_names_the_rule_and_a_denial_says_which_is_missing() {
    let acl = rules(&[("secret/a", Read)]);
    let allowed = acl.check("secret/a", Read).to_string();
    assert!(allowed.contains("team") && allowed.contains("secret/a"), "{allowed}");
    let denied = acl.check("secret/b", Update);
    let hint = denied.hint().expect("a rule would allow it");
    assert_eq!(hint, "path \"secret/b\" { capabilities = [\"update\"] }");
    assert!(acl_of_hint(&hint).check("secret/b", Update).is_allowed());
}

fn acl_of_hint(hint: &str) -> Acl {
    acl(hint)
}

#[test]
fn an_oddity_is_warned_of_and_a_plain_policy_is_not() {
    assert!(policy("path \"a\" { capabilities = [\"read\"] }").warnings().is_empty());
    let odd = policy(
        "path \"a\" { capabilities = [\"read\"] }\npath \"a\" { capabilities = [\"deny\", \"read\"] }\n\
         path \"b\" { capabilities = [] }",
    );
    let found: Vec<_> =
        odd.warnings().iter().map(|warning| (warning.line, warning.oddity)).collect();
    let expected = [
        (2, Oddity::RepeatedPath { earlier_line: 1 }),
        (2, Oddity::DenyMixed),
        (3, Oddity::NoCapabilities),
    ];
    assert_eq!(found, expected);
}
