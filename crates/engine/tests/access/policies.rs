use strongroom_engine::operations::policy::*;

use super::Case;

pub const CASES: &[Case] = &[
    Case {
        name: "DeletePolicy",
        policy: r#"path "sys/policies/acl/other" { capabilities = ["delete"] }"#,
        ask: |actor, _| actor.ask(&DeletePolicy::new("other")),
    },
    Case {
        name: "ListPolicies",
        policy: r#"path "sys/policies/acl" { capabilities = ["list"] }"#,
        ask: |actor, _| actor.ask(&ListPolicies).map(drop),
    },
    Case {
        name: "ReadPolicy",
        policy: r#"path "sys/policies/acl/default" { capabilities = ["read"] }"#,
        ask: |actor, _| actor.ask(&ReadPolicy::new("default")).map(drop),
    },
    Case {
        name: "WritePolicy",
        policy: r#"path "sys/policies/acl/other" { capabilities = ["update"] }"#,
        ask: |actor, _| actor.ask(&WritePolicy::new("other", "")),
    },
];
