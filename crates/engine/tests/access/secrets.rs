use strongroom_core::crypto::seal::SealMethod;
use strongroom_core::model::{Selector, VersionNumber};
use strongroom_core::time::Seconds;
use strongroom_engine::Kind;
use strongroom_engine::operations::*;
use strongroom_testkit::payload;

use super::{Case, PATH};

const READ: &str = r#"path "secret/app/KEY" { capabilities = ["read"] }"#;
const UPDATE: &str = r#"path "secret/app/KEY" { capabilities = ["update"] }"#;
const DELETE: &str = r#"path "secret/app/KEY" { capabilities = ["delete"] }"#;

pub const CASES: &[Case] = &[
    Case {
        name: "CheckKnown",
        policy: r#"path "nowhere/a" { capabilities = ["read"] }"#,
        ask: |actor, _| actor.ask(&CheckKnown { path: "nowhere/a".into() }),
    },
    Case {
        name: "CheckRecords",
        policy: r#"path "sys/check" { capabilities = ["sudo"] }"#,
        ask: |actor, _| actor.ask(&CheckRecords { after: None }).map(drop),
    },
    Case {
        name: "DeleteSecret",
        policy: DELETE,
        ask: |actor, _| {
            actor.ask(&DeleteSecret { path: PATH.into(), recovery: Seconds(60) }).map(drop)
        },
    },
    Case {
        name: "DeleteVersions",
        policy: DELETE,
        ask: |actor, _| {
            actor.ask(&DeleteVersions { path: PATH.into(), numbers: vec![VersionNumber(1)] })
        },
    },
    Case {
        name: "DescribeSecret",
        policy: READ,
        ask: |actor, _| actor.ask(&DescribeSecret { path: PATH.into() }).map(drop),
    },
    Case {
        name: "DestroyVersions",
        policy: DELETE,
        ask: |actor, _| {
            actor
                .ask(&DestroyVersions { path: PATH.into(), numbers: vec![VersionNumber(1)] })
                .map(drop)
        },
    },
    Case {
        name: "ListSecrets",
        policy: r#"path "secret/app/" { capabilities = ["list"] }"#,
        ask: |actor, _| actor.ask(&ListSecrets::below("secret/app/")).map(drop),
    },
    Case {
        name: "PurgeSecret",
        policy: r#"path "secret/app/KEY" { capabilities = ["delete", "sudo"] }"#,
        ask: |actor, _| actor.ask(&PurgeSecret { path: PATH.into() }).map(drop),
    },
    Case { name: "PutSecret", policy: UPDATE, ask: |actor, _| actor.put(PATH, "new").map(drop) },
    Case {
        name: "PutSecrets",
        policy: UPDATE,
        ask: |actor, _| {
            let secrets = vec![(PATH.to_owned(), payload("new"))];
            actor.ask(&PutSecrets { subject: "secret/app/".into(), secrets }).map(drop)
        },
    },
    Case { name: "ReadSecret", policy: READ, ask: |actor, _| actor.read(PATH).map(drop) },
    Case {
        name: "ReadSecrets",
        policy: READ,
        ask: |actor, _| {
            let wanted = vec![("KEY".to_owned(), vec![PATH.to_owned()])];
            actor.ask(&ReadSecrets { subject: "secret/app/".into(), wanted }).map(drop)
        },
    },
    Case {
        name: "Reencrypt",
        policy: r#"path "sys/rotate" { capabilities = ["sudo"] }"#,
        ask: |actor, _| actor.ask(&Reencrypt { after: None }).map(drop),
    },
    Case {
        name: "Reseal",
        policy: r#"path "sys/rekey" { capabilities = ["sudo"] }"#,
        ask: |actor, key| actor.ask(&Reseal { method: SealMethod::Keyfile, key }),
    },
    Case {
        name: "RestoreSecret",
        policy: DELETE,
        ask: |actor, _| {
            match actor.ask(&RestoreSecret { path: PATH.into() }) {
                // It is not deleted: whoever may, learns that.
                Err(error) if error.kind() == Kind::InvalidRequest => Ok(()),
                other => other,
            }
        },
    },
    Case {
        name: "RetireDataKeys",
        policy: r#"path "sys/rotate" { capabilities = ["sudo"] }"#,
        ask: |actor, _| actor.ask(&RetireDataKeys).map(drop),
    },
    Case {
        name: "RollbackSecret",
        policy: r#"path "secret/app/KEY" { capabilities = ["read", "update"] }"#,
        ask: |actor, _| {
            actor.ask(&RollbackSecret { path: PATH.into(), to: Selector::Current }).map(drop)
        },
    },
    Case {
        name: "RotateDataKey",
        policy: r#"path "sys/rotate" { capabilities = ["sudo"] }"#,
        ask: |actor, _| actor.ask(&RotateDataKey).map(drop),
    },
    Case {
        name: "TagSecret",
        policy: UPDATE,
        ask: |actor, _| actor.ask(&TagSecret { path: PATH.into(), ..TagSecret::default() }),
    },
    Case {
        name: "UndeleteVersions",
        policy: DELETE,
        ask: |actor, _| {
            actor.ask(&UndeleteVersions { path: PATH.into(), numbers: vec![VersionNumber(1)] })
        },
    },
    Case { name: "WatchSecrets", policy: READ, ask: |actor, _| actor.ask(&watch()).map(drop) },
    Case {
        name: "ReportChanges",
        policy: READ,
        ask: |actor, _| {
            let (watch, changes) = (watch(), Changes::default());
            actor.ask(&ReportChanges { watch: &watch, changes: &changes }).map(drop)
        },
    },
    Case {
        name: "WholeStore",
        policy: r#"path "sys/backup" { capabilities = ["sudo"] }"#,
        ask: |actor, _| actor.ask(&WholeStore { task: StoreTask::Backup, place: "x".into() }),
    },
];

fn watch() -> WatchSecrets {
    let (subject, paths) = ("secret/app/".into(), vec![PATH.into()]);
    WatchSecrets { subject, paths, folders: Vec::new(), after: None }
}
