use strongroom_core::model::Selector;
use strongroom_core::secret::SecretValue;
use strongroom_engine::Kind;
use strongroom_engine::operations::kv::*;
use strongroom_testkit::payload;

use super::{Case, PATH};

pub const CASES: &[Case] = &[
    Case {
        name: "DeleteCurrent",
        policy: r#"path "secret/app/KEY" { capabilities = ["delete"] }"#,
        ask: |actor, _| actor.ask(&DeleteCurrent { path: PATH.into() }).map(drop),
    },
    Case {
        name: "PatchData",
        policy: r#"path "secret/app/KEY" { capabilities = ["patch"] }"#,
        ask: |actor, _| {
            let patch = SecretValue::new(br#"{"value":"new"}"#.to_vec());
            actor.ask(&PatchData { path: PATH.into(), patch, check_and_set: None }).map(drop)
        },
    },
    Case {
        name: "ReadData",
        policy: r#"path "secret/app/KEY" { capabilities = ["read"] }"#,
        ask: |actor, _| {
            actor.ask(&ReadData { path: PATH.into(), selector: Selector::Current }).map(drop)
        },
    },
    Case {
        name: "ReadKvConfig",
        policy: r#"path "secret/config" { capabilities = ["read"] }"#,
        ask: |actor, _| actor.ask(&ReadKvConfig::new("secret")).map(drop),
    },
    Case {
        name: "ReadSubkeys",
        policy: r#"path "secret/subkeys/app/KEY" { capabilities = ["read"] }"#,
        ask: |actor, _| {
            let read = ReadSubkeys { path: PATH.into(), selector: Selector::Current, depth: 0 };
            actor.ask(&read).map(drop)
        },
    },
    Case {
        name: "SearchSecrets",
        policy: r#"path "secret/app/" { capabilities = ["list"] }"#,
        ask: |actor, _| {
            let search = SearchSecrets {
                prefix: "secret/app/".into(),
                text: "key".into(),
                after: None,
                limit: 10,
            };
            actor.ask(&search).map(drop)
        },
    },
    Case {
        name: "WriteData",
        policy: r#"path "secret/app/KEY" { capabilities = ["update"] }"#,
        ask: |actor, _| {
            let payload = payload("new");
            actor.ask(&WriteData { path: PATH.into(), payload, check_and_set: None }).map(drop)
        },
    },
    Case {
        name: "WriteKvConfig",
        policy: r#"path "secret/config" { capabilities = ["update"] }"#,
        ask: |actor, _| actor.ask(&WriteKvConfig::new("secret")),
    },
    Case {
        name: "WriteMetadata",
        policy: r#"path "secret/metadata/app/KEY" { capabilities = ["update"] }"#,
        ask: |actor, _| {
            let change = MetadataChange::default();
            actor.ask(&WriteMetadata { path: PATH.into(), change, patch: false })
        },
    },
];

#[test]
fn a_patch_of_metadata_needs_patch_and_nothing_else() {
    let (room, _) = super::room();
    let patch =
        || WriteMetadata { path: PATH.into(), change: MetadataChange::default(), patch: true };
    let policy = |words: &str| format!("path \"secret/app/KEY\" {{ capabilities = [{words}] }}");
    let others = r#""create", "read", "update", "delete", "list", "sudo""#;
    let other = room.bearer("other", &policy(others));
    assert_eq!(other.ask(&patch()).expect_err("is denied").kind(), Kind::Forbidden);
    room.bearer("patcher", &policy(r#""patch""#)).ask(&patch()).expect("is allowed");
}
