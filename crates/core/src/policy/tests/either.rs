use super::*;
use Capability::{Delete, List, Read, Update};

#[track_caller]
fn reads(text: &str, path: &str) -> bool {
    let api = path.replacen("secret/", "secret/data/", 1);
    acl(text).check_either((path, Read), (&api, Read), "secret/".len()).is_allowed()
}

fn rule(path: &str, word: &str) -> String {
    format!("path \"{path}\" {{ capabilities = [\"{word}\"] }}\n")
}

#[test]
fn either_name_grants() {
    for path in
        ["secret/app/a", "secret/data/app/a", "secret/app/*", "secret/data/app/*", "secret/*"]
    {
        assert!(reads(&rule(path, "read"), "secret/app/a"), "{path}");
    }
    for path in ["secret/metadata/app/a", "secret/data/app", "secret/data/app/b", "other/*"] {
        assert!(!reads(&rule(path, "read"), "secret/app/a"), "{path}");
    }
}

#[test]
fn the_rule_nearer_to_the_secret_decides_whichever_name_it_has() {
    let cases = [
        ("secret/*", "deny", "secret/data/app/a", "read", true),
        ("secret/*", "deny", "secret/app/a", "read", true),
        ("secret/data/*", "deny", "secret/app/a", "read", true),
        ("secret/app/*", "read", "secret/data/app/a", "deny", false),
        ("secret/data/app/*", "read", "secret/app/a", "deny", false),
        ("secret/data/app/*", "read", "secret/app/a*", "deny", false),
        ("secret/data/*", "read", "secret/app/*", "deny", false),
        ("secret/data/app/*", "read", "secret/*", "deny", true),
    ];
    for (one, grants, other, says, expected) in cases {
        let both = rule(one, grants) + &rule(other, says);
        assert_eq!(reads(&both, "secret/app/a"), expected, "{both}");
    }
}

#[test]
fn at_a_draw_the_denial_stays() {
    let grants = rule("secret/app/a", "read");
    let denies = rule("secret/data/app/a", "deny");
    assert!(!reads(&(grants + &denies), "secret/app/a"));
    let grants = rule("secret/data/app/*", "read");
    let denies = rule("secret/app/*", "deny");
    assert!(!reads(&(grants + &denies), "secret/app/a"));
}

#[test]
fn each_name_has_its_own_capability() {
    let destroys = |text: &str| {
        let (canonical, api) = (("secret/a", Delete), ("secret/destroy/a", Update));
        acl(text).check_either(canonical, api, 7).is_allowed()
    };
    assert!(destroys(&rule("secret/a", "delete")));
    assert!(destroys(&rule("secret/destroy/a", "update")));
    assert!(!destroys(&rule("secret/a", "update")));
    assert!(!destroys(&rule("secret/destroy/a", "delete")));
}

#[test]
fn a_folder_whose_name_begins_as_the_word_is_not_mistaken_for_it() {
    let lists = |text: &str| {
        let (canonical, api) = (("secret/meta/", List), ("secret/metadata/meta/", List));
        acl(text).check_either(canonical, api, 7).is_allowed()
    };
    assert!(!lists(&(rule("secret/metadata/*", "list") + &rule("secret/meta/", "deny"))));
    assert!(lists(&(rule("secret/*", "deny") + &rule("secret/metadata/*", "list"))));
}
