use strongroom_core::secret::SecretValue;
use strongroom_engine::operations::aws::AssumeRoleWithWebIdentity;
use strongroom_engine::operations::jwt::*;
use strongroom_engine::operations::mount::{EnableMount, MountSide};
use strongroom_engine::{Error, Kind};
use strongroom_testkit::TestRoom;

use super::{Case, OpenCase};

const MOUNT: &str = "auth/jwt";

/// A mount that has no configuration yet.
pub fn prepare(room: &TestRoom) {
    room.owner().ask(&EnableMount::new(MountSide::Auth, "jwt", "jwt")).expect("mounts");
}

/// That it is not there is told to who may ask.
fn or_missing<T>(answer: Result<T, Error>) -> Result<(), Error> {
    match answer {
        Err(error) if matches!(error.kind(), Kind::NotFound | Kind::InvalidRequest) => Ok(()),
        other => other.map(drop),
    }
}

fn secret(text: &str) -> SecretValue {
    SecretValue::new(text.as_bytes().to_vec())
}

pub const OPEN: &[OpenCase] = &[
    OpenCase {
        name: "AssumeRoleWithWebIdentity",
        ask: |actor, mount| {
            let arn = format!("arn:aws:iam::123456789012:role/{mount}/app");
            let token = secret("a.b.c");
            or_missing(actor.ask(&AssumeRoleWithWebIdentity::new(&arn, "pod", token, None)))
        },
    },
    OpenCase {
        name: "LoginJwt",
        ask: |actor, mount| or_missing(actor.ask(&LoginJwt::new(mount, "app", secret("a.b.c")))),
    },
    OpenCase {
        name: "PutOidcCode",
        ask: |actor, mount| or_missing(actor.ask(&PutOidcCode::new(mount, "s", secret("c")))),
    },
    OpenCase {
        name: "StartOidcLogin",
        ask: |actor, mount| or_missing(actor.ask(&StartOidcLogin::new(mount, "app", "x", None))),
    },
    OpenCase {
        name: "TakeOidcLogin",
        ask: |actor, mount| {
            or_missing(actor.ask(&TakeOidcLogin::new(mount, "s", OidcCode::Kept, None)))
        },
    },
];

pub const CASES: &[Case] = &[
    Case {
        name: "DeleteJwtRole",
        policy: r#"path "auth/jwt/role/app" { capabilities = ["delete"] }"#,
        ask: |actor, _| actor.ask(&DeleteJwtRole::new(MOUNT, "app")),
    },
    Case {
        name: "ListJwtRoles",
        policy: r#"path "auth/jwt/role" { capabilities = ["list"] }"#,
        ask: |actor, _| actor.ask(&ListJwtRoles::new(MOUNT)).map(drop),
    },
    Case {
        name: "ReadJwtConfig",
        policy: r#"path "auth/jwt/config" { capabilities = ["read"] }"#,
        ask: |actor, _| or_missing(actor.ask(&ReadJwtConfig::new(MOUNT))),
    },
    Case {
        name: "ReadJwtRole",
        policy: r#"path "auth/jwt/role/app" { capabilities = ["read"] }"#,
        ask: |actor, _| or_missing(actor.ask(&ReadJwtRole::new(MOUNT, "app"))),
    },
    Case {
        name: "WriteJwtConfig",
        policy: r#"path "auth/jwt/config" { capabilities = ["create"] }"#,
        ask: |actor, _| {
            let none = JwtConfigFields::default();
            or_missing(actor.ask(&WriteJwtConfig::new(MOUNT, none, secret(""))))
        },
    },
    Case {
        name: "WriteJwtRole",
        policy: r#"path "auth/jwt/role/app" { capabilities = ["create"] }"#,
        ask: |actor, _| {
            let none = JwtRoleChange::default();
            or_missing(actor.ask(&WriteJwtRole::new(MOUNT, "app", none)))
        },
    },
];
