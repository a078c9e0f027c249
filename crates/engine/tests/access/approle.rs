use std::sync::Arc;

use strongroom_core::secret::SecretValue;
use strongroom_engine::operations::approle::*;
use strongroom_engine::operations::mount::{EnableMount, MountSide};
use strongroom_testkit::TestRoom;

use super::{Case, OpenCase};

const MOUNT: &str = "auth/apps";
const SECRET_ID: &str = "secret-of-the-test";
const ROLE_ID: &str = "id-of-the-test";

/// A mount with a role and a secret id.
pub fn prepare(room: &TestRoom) {
    let owner = room.owner();
    owner.ask(&EnableMount::new(MountSide::Auth, "apps", "approle")).expect("mounts");
    let change = AppRoleChange { role_id: Some(ROLE_ID.into()), ..AppRoleChange::default() };
    owner.ask(&WriteAppRole::new(MOUNT, "web", AppRolePart::Whole, change)).expect("writes");
    owner.ask(&CreateSecretId::new(MOUNT, "web", custom())).expect("makes a secret id");
}

fn custom() -> SecretIdRequest {
    SecretIdRequest { text: Some(secret(SECRET_ID)), ..SecretIdRequest::default() }
}

fn secret(text: &str) -> SecretValue {
    SecretValue::from(text.to_owned())
}

fn shown() -> SecretIdReference {
    SecretIdReference::Text(Arc::new(secret(SECRET_ID)))
}

pub const OPEN: &[OpenCase] = &[OpenCase {
    name: "LoginAppRole",
    ask: |actor, mount| {
        actor.ask(&LoginAppRole::new(mount, secret(ROLE_ID), secret(SECRET_ID))).map(drop)
    },
}];

pub const CASES: &[Case] = &[
    Case {
        name: "CreateSecretId",
        policy: r#"path "auth/apps/role/web/secret-id" { capabilities = ["update"] }"#,
        ask: |actor, _| {
            let asked = SecretIdRequest::default();
            actor.ask(&CreateSecretId::new(MOUNT, "web", asked)).map(drop)
        },
    },
    Case {
        name: "DeleteAppRole",
        policy: r#"path "auth/apps/role/web" { capabilities = ["delete"] }"#,
        ask: |actor, _| actor.ask(&DeleteAppRole::new(MOUNT, "web")),
    },
    Case {
        name: "DestroySecretId",
        policy: r#"path "auth/apps/role/web/secret-id/destroy" { capabilities = ["update"] }"#,
        ask: |actor, _| actor.ask(&DestroySecretId::new(MOUNT, "web", shown())),
    },
    Case {
        name: "ListAppRoles",
        policy: r#"path "auth/apps/role" { capabilities = ["list"] }"#,
        ask: |actor, _| actor.ask(&ListAppRoles::new(MOUNT)).map(drop),
    },
    Case {
        name: "ListSecretIds",
        policy: r#"path "auth/apps/role/web/secret-id" { capabilities = ["list"] }"#,
        ask: |actor, _| actor.ask(&ListSecretIds::new(MOUNT, "web")).map(drop),
    },
    Case {
        name: "LookupSecretId",
        policy: r#"path "auth/apps/role/web/secret-id/lookup" { capabilities = ["update"] }"#,
        ask: |actor, _| actor.ask(&LookupSecretId::new(MOUNT, "web", shown())).map(drop),
    },
    Case {
        name: "ReadAppRole",
        policy: r#"path "auth/apps/role/web" { capabilities = ["read"] }"#,
        ask: |actor, _| actor.ask(&ReadAppRole::new(MOUNT, "web", AppRolePart::Whole)).map(drop),
    },
    Case {
        name: "ResetAppRole",
        policy: r#"path "auth/apps/role/web/policies" { capabilities = ["delete"] }"#,
        ask: |actor, _| actor.ask(&ResetAppRole::new(MOUNT, "web", AppRolePart::Policies)),
    },
    Case {
        name: "TidySecretIds",
        policy: r#"path "auth/apps/tidy/secret-id" { capabilities = ["update"] }"#,
        ask: |actor, _| actor.ask(&TidySecretIds::new(MOUNT)),
    },
    Case {
        name: "WriteAppRole",
        policy: r#"path "auth/apps/role/new" { capabilities = ["create"] }"#,
        ask: |actor, _| {
            let change = AppRoleChange::default();
            actor.ask(&WriteAppRole::new(MOUNT, "new", AppRolePart::Whole, change))
        },
    },
];
