use strongroom_engine::operations::system::*;

use super::Case;

pub const CASES: &[Case] = &[
    Case {
        name: "ReadResultantAcl",
        policy: r#"path "sys/internal/ui/resultant-acl" { capabilities = ["read"] }"#,
        ask: |actor, _| {
            let acl = actor.ask(&ReadResultantAcl)?;
            assert!(!acl.root && acl.rules.iter().all(|(_, words)| words.contains(&"read")));
            Ok(())
        },
    },
    Case {
        name: "ReadSystem",
        policy: r#"path "sys/metrics" { capabilities = ["read"] }"#,
        ask: |actor, _| actor.ask(&ReadSystem(SystemPage::Metrics)),
    },
];
