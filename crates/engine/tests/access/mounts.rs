use strongroom_engine::operations::mount::*;

use super::Case;

pub const CASES: &[Case] = &[
    Case {
        name: "DisableMount",
        policy: r#"path "sys/mounts/secret" { capabilities = ["delete"] }"#,
        ask: |actor, _| actor.ask(&DisableMount::new(MountSide::Secret, "secret")).map(drop),
    },
    Case {
        name: "EnableMount",
        policy: r#"path "sys/auth/approle" { capabilities = ["update", "sudo"] }"#,
        ask: |actor, _| actor.ask(&EnableMount::new(MountSide::Auth, "approle", "approle")),
    },
    Case {
        name: "ListMounts",
        policy: r#"path "sys/auth" { capabilities = ["read"] }"#,
        ask: |actor, _| actor.ask(&ListMounts(MountSide::Auth)).map(drop),
    },
    Case {
        name: "MoveMount",
        policy: r#"path "sys/remount" { capabilities = ["update", "sudo"] }"#,
        ask: |actor, _| actor.ask(&MoveMount { from: "secret".into(), to: "other".into() }),
    },
    Case {
        name: "ReadMount",
        policy: r#"path "sys/mounts/secret/tune" { capabilities = ["read"] }"#,
        ask: |actor, _| actor.ask(&ReadMount::new(MountSide::Secret, "secret", true)).map(drop),
    },
    Case {
        name: "TuneMount",
        policy: r#"path "sys/mounts/secret/tune" { capabilities = ["update"] }"#,
        ask: |actor, _| {
            actor.ask(&TuneMount::new(MountSide::Secret, "secret", MountChange::default()))
        },
    },
];
