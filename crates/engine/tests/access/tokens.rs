use strongroom_core::time::Seconds;
use strongroom_engine::operations::token::*;

use super::Case;

pub const CASES: &[Case] = &[
    Case {
        name: "CreateRootToken",
        policy: r#"path "sys/generate-root" { capabilities = ["sudo"] }"#,
        ask: |actor, _| actor.ask(&CreateRootToken { text: None, display_name: "root" }).map(drop),
    },
    Case {
        name: "CreateToken",
        policy: r#"path "auth/token/create" { capabilities = ["update"] }"#,
        ask: |actor, _| actor.child(TokenRequest::default()).map(drop),
    },
    Case {
        name: "DeleteTokenRole",
        policy: r#"path "auth/token/roles/web" { capabilities = ["delete"] }"#,
        ask: |actor, _| actor.ask(&DeleteTokenRole::new("web")),
    },
    Case {
        name: "ListAccessors",
        policy: r#"path "auth/token/accessors" { capabilities = ["list", "sudo"] }"#,
        ask: |actor, _| actor.ask(&ListAccessors).map(drop),
    },
    Case {
        name: "ListTokenRoles",
        policy: r#"path "auth/token/roles" { capabilities = ["list"] }"#,
        ask: |actor, _| actor.ask(&ListTokenRoles).map(drop),
    },
    Case {
        name: "LookupToken",
        policy: r#"path "auth/token/lookup-self" { capabilities = ["read"] }"#,
        ask: |actor, _| actor.ask(&LookupToken(TokenReference::Own)).map(drop),
    },
    Case {
        name: "ReadTokenRole",
        policy: r#"path "auth/token/roles/web" { capabilities = ["read"] }"#,
        ask: |actor, _| match actor.ask(&ReadTokenRole::new("web")) {
            // There is none: whoever may, learns that.
            Err(error) if error.kind() == strongroom_engine::Kind::NotFound => Ok(()),
            other => other.map(drop),
        },
    },
    Case {
        name: "RenewToken",
        policy: r#"path "auth/token/renew-self" { capabilities = ["update"] }"#,
        ask: |actor, _| {
            let renew = RenewToken { which: TokenReference::Own, increment: Seconds(60) };
            actor.ask(&renew).map(drop)
        },
    },
    Case {
        name: "RevokeToken",
        policy: r#"path "auth/token/revoke-self" { capabilities = ["update"] }"#,
        ask: |actor, _| actor.ask(&RevokeToken { which: TokenReference::Own, orphans: false }),
    },
    Case {
        name: "WriteTokenRole",
        policy: r#"path "auth/token/roles/web" { capabilities = ["create"] }"#,
        ask: |actor, _| actor.ask(&WriteTokenRole::new("web", TokenRole::default())),
    },
];
