//! What is told of capabilities is what requests are allowed.

#![expect(clippy::expect_used, reason = "helpers of tests fail the test")]

use proptest::prelude::*;
use strongroom_core::model::VersionNumber;
use strongroom_engine::operations::capabilities::*;
use strongroom_engine::operations::lease::{CountLeases, ListLeases};
use strongroom_engine::operations::policy::{ListPolicies, ReadPolicy};
use strongroom_engine::operations::token::{ListTokenRoles, RevokeToken, TokenReference};
use strongroom_engine::operations::*;
use strongroom_engine::{Error, Kind};
use strongroom_testkit::{Actor, TestRoom, payload};

const PATHS: &[&str] = &[
    "*",
    "+/data/*",
    "auth/token/*",
    "auth/token/roles",
    "auth/token/roles/",
    "secret/*",
    "secret/+/app/KEY",
    "secret/app",
    "secret/app/",
    "secret/app/*",
    "secret/app/KEY",
    "secret/app/NEW",
    "secret/data/*",
    "secret/data/app/*",
    "secret/data/app/KEY",
    "secret/data/data/KEY",
    "secret/delete/app/*",
    "secret/destroy/app/GONE",
    "secret/metadata",
    "secret/metadata/*",
    "secret/metadata/app/",
    "secret/metadata/app/GONE",
    "secret/metadata/app/KEY",
    "secret/undelete/*",
    "sys/*",
    "sys/leases/lookup/",
    "sys/leases/lookup/*",
    "sys/policies/acl",
    "sys/policies/acl/default",
];

const WORDS: &[&str] = &["create", "read", "update", "patch", "delete", "list", "sudo", "deny"];

type Ask = fn(&Actor<'_>) -> Result<(), Error>;

fn versions() -> Vec<VersionNumber> {
    vec![VersionNumber(1)]
}

/// A path as the API has it, the capability that a request there needs, and the request.
const REQUESTS: &[(&str, &[&str], Ask)] = &[
    ("secret/data/app/KEY", &["read"], |actor| actor.read("secret/app/KEY").map(drop)),
    ("secret/app/KEY", &["read"], |actor| actor.read("secret/app/KEY").map(drop)),
    ("secret/data/app/KEY", &["update"], |actor| actor.put("secret/app/KEY", "v").map(drop)),
    ("secret/app/KEY", &["update"], |actor| actor.put("secret/app/KEY", "v").map(drop)),
    ("secret/data/app/NEW", &["create"], |actor| actor.put("secret/app/NEW", "v").map(drop)),
    ("secret/data/data/KEY", &["read"], |actor| actor.read("secret/data/KEY").map(drop)),
    ("secret/metadata/app/KEY", &["read"], |actor| {
        actor.ask(&DescribeSecret { path: "secret/app/KEY".into() }).map(drop)
    }),
    ("secret/metadata/app/GONE", &["delete"], |actor| {
        actor.ask(&PurgeSecret { path: "secret/app/GONE".into() }).map(drop)
    }),
    ("secret/delete/app/GONE", &["update"], |actor| {
        let (path, numbers) = ("secret/app/GONE".into(), versions());
        actor.ask(&DeleteVersions { path, numbers }).map(drop)
    }),
    ("secret/undelete/app/GONE", &["update"], |actor| {
        let (path, numbers) = ("secret/app/GONE".into(), versions());
        actor.ask(&UndeleteVersions { path, numbers }).map(drop)
    }),
    ("secret/destroy/app/GONE", &["update"], |actor| {
        let (path, numbers) = ("secret/app/GONE".into(), versions());
        actor.ask(&DestroyVersions { path, numbers }).map(drop)
    }),
    ("secret/metadata/app", &["list"], |actor| {
        actor.ask(&ListSecrets::below("secret/app/")).map(drop)
    }),
    ("secret/metadata/app/", &["list"], |actor| {
        actor.ask(&ListSecrets::below("secret/app/")).map(drop)
    }),
    ("secret/app/", &["list"], |actor| actor.ask(&ListSecrets::below("secret/app/")).map(drop)),
    ("secret/metadata", &["list"], |actor| actor.ask(&ListSecrets::below("secret/")).map(drop)),
    ("sys/policies/acl", &["list"], |actor| actor.ask(&ListPolicies).map(drop)),
    ("sys/policies/acl/default", &["read"], |actor| {
        actor.ask(&ReadPolicy::new("default")).map(drop)
    }),
    ("auth/token/roles", &["list"], |actor| actor.ask(&ListTokenRoles).map(drop)),
    ("sys/leases/count", &["read"], |actor| actor.ask(&CountLeases).map(drop)),
    ("sys/leases/lookup/pki/", &["list", "sudo"], |actor| {
        actor.ask(&ListLeases::below("pki")).map(drop)
    }),
    ("auth/token/revoke-accessor", &["update"], |actor| {
        let which = TokenReference::Accessor("none".into());
        actor.ask(&RevokeToken { which, orphans: false })
    }),
];

fn rule() -> impl Strategy<Value = String> {
    let words = prop::sample::subsequence(WORDS, 0..=5);
    (prop::sample::select(PATHS), words).prop_map(|(path, words)| {
        let words: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
        format!("path \"{path}\" {{ capabilities = [{}] }}\n", words.join(", "))
    })
}

fn told(room: &TestRoom, policy: &str) -> Vec<(String, Vec<&'static str>)> {
    let paths = REQUESTS.iter().map(|(path, ..)| (*path).to_owned()).collect();
    let may_ask = r#"path "sys/capabilities-self" { capabilities = ["update"] }"#;
    let asker = room.actor("app", &format!("{policy}{may_ask}"));
    asker.ask(&ReadCapabilities { of: CapabilitiesOf::Own, paths }).expect("tells")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn what_is_told_of_a_path_is_what_a_request_there_is_allowed(
        rules in prop::collection::vec(rule(), 1..6),
    ) {
        let policy = rules.concat();
        let room = TestRoom::new();
        for path in ["secret/app/KEY", "secret/data/KEY"] {
            room.owner().ask(&PutSecret::new(path, payload("v"))).expect("writes");
        }
        for ((path, needed, ask), (_, told)) in REQUESTS.iter().zip(told(&room, &policy)) {
            let asked = ask(&room.actor("app", &policy));
            let allowed = !matches!(&asked, Err(error) if error.kind() == Kind::Forbidden);
            let all_told = needed.iter().all(|word| told.contains(word));
            prop_assert_eq!(all_told, allowed, "{} {:?} {:?}\n{}", path, told, asked, policy);
        }
    }
}
