use strongroom_core::audit::RequestId;
use strongroom_core::policy::Capability;
use strongroom_engine::Kind;
use strongroom_engine::operations::explain::*;
use strongroom_engine::operations::policy::TestPolicy;

use super::Case;

pub const CASES: &[Case] = &[
    Case {
        name: "ExplainRequest",
        policy: r#"path "sys/explain" { capabilities = ["sudo"] }"#,
        ask: |actor, _| match actor.ask(&ExplainRequest(RequestId(1))) {
            // There is no such request: whoever may, learns that.
            Err(error) if error.kind() == Kind::NotFound => Ok(()),
            other => other.map(drop),
        },
    },
    Case {
        name: "TestPolicy",
        policy: r#"path "sys/policies/test" { capabilities = ["update"] }"#,
        ask: |actor, _| {
            let texts = vec![("new".into(), "path \"x\" { capabilities = [\"read\"] }".into())];
            let capability = Capability::Read;
            let test = TestPolicy { texts, names: vec![], path: "x".into(), capability };
            actor.ask(&test).map(|verdict| assert!(verdict.allowed))
        },
    },
];
