use strongroom_engine::Kind;
use strongroom_engine::operations::quota::*;

use super::Case;

pub const CASES: &[Case] = &[
    Case {
        name: "DeleteRateLimit",
        policy: r#"path "sys/quotas/rate-limit/all" { capabilities = ["delete"] }"#,
        ask: |actor, _| actor.ask(&DeleteRateLimit::new("all")),
    },
    Case {
        name: "ListRateLimits",
        policy: r#"path "sys/quotas/rate-limit" { capabilities = ["list"] }"#,
        ask: |actor, _| actor.ask(&ListRateLimits).map(drop),
    },
    Case {
        name: "ReadQuotaConfig",
        policy: r#"path "sys/quotas/config" { capabilities = ["read"] }"#,
        ask: |actor, _| actor.ask(&ReadQuotaConfig).map(drop),
    },
    Case {
        name: "ReadRateLimit",
        policy: r#"path "sys/quotas/rate-limit/all" { capabilities = ["read"] }"#,
        ask: |actor, _| match actor.ask(&ReadRateLimit::new("all")) {
            // There is none: whoever may ask, learns that.
            Err(error) if error.kind() == Kind::NotFound => Ok(()),
            other => other.map(drop),
        },
    },
    Case {
        name: "WriteQuotaConfig",
        policy: r#"path "sys/quotas/config" { capabilities = ["update"] }"#,
        ask: |actor, _| actor.ask(&WriteQuotaConfig { exempt: vec!["sys/mounts".into()] }),
    },
    Case {
        name: "WriteRateLimit",
        policy: r#"path "sys/quotas/rate-limit/all" { capabilities = ["update"] }"#,
        ask: |actor, _| actor.ask(&WriteRateLimit::new("all", "", 1_000.0)),
    },
];
