use strongroom_engine::operations::system::*;

use super::Case;

pub const CASES: &[Case] = &[
    Case {
        name: "ListVersions",
        policy: r#"path "sys/version-history" { capabilities = ["list"] }"#,
        ask: |actor, _| actor.ask(&ListVersions).map(drop),
    },
    Case {
        name: "NoteVersion",
        policy: r#"path "sys/version-history" { capabilities = ["update"] }"#,
        ask: |actor, _| actor.ask(&NoteVersion),
    },
    Case {
        name: "ReadSystem",
        policy: r#"path "sys/in-flight-req" { capabilities = ["read", "sudo"] }"#,
        ask: |actor, _| actor.ask(&ReadSystem(SystemPage::InFlight)),
    },
    Case {
        name: "ReadResultantAcl",
        policy: r#"path "sys/internal/ui/resultant-acl" { capabilities = ["read"] }"#,
        ask: |actor, _| {
            let acl = actor.ask(&ReadResultantAcl)?;
            assert!(!acl.root && acl.rules.iter().all(|(_, words)| words.contains(&"read")));
            Ok(())
        },
    },
];
