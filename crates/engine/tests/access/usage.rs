use strongroom_engine::operations::usage::*;

use super::{Case, PATH};

pub const CASES: &[Case] = &[
    Case {
        name: "ListUsage",
        policy: r#"path "secret/app/" { capabilities = ["list"] }"#,
        ask: |actor, _| actor.ask(&ListUsage::below("secret/app/")).map(drop),
    },
    Case {
        name: "ReadUsage",
        policy: r#"path "secret/app/KEY" { capabilities = ["read"] }"#,
        ask: |actor, _| actor.ask(&ReadUsage::new(UsageOf::Secret(PATH.into()))).map(drop),
    },
];
