//! Entities through real logins: what they give to tokens, from when on, and what they are signed as.

#![expect(clippy::expect_used, reason = "helpers of tests fail the test")]

mod browser;
mod issuer;
mod logins;
mod membership;
mod token_aliases;
mod tokens;
mod web_identity;

use std::collections::BTreeMap;
use std::sync::Arc;

use strongroom_core::secret::SecretValue;
use strongroom_engine::operations::jwt::*;
use strongroom_engine::operations::mount::{EnableMount, ListMounts, MountSide};
use strongroom_engine::operations::policy::WritePolicy;
use strongroom_engine::{Error, IssuedToken, Kind, TokenParametersChange};
use strongroom_testkit::{Actor, TestRoom};

use issuer::{ISSUER, Issuer};

const MOUNT: &str = "auth/jwt";

/// A room with an issuer whose tokens let in by the role `app`.
struct Setting {
    issuer: Arc<Issuer>,
    room: TestRoom,
}

impl Setting {
    fn new() -> Self {
        let issuer = Arc::new(Issuer::new());
        let room = TestRoom::fetching(Arc::clone(&issuer) as Arc<_>);
        let owner = room.owner();
        owner.ask(&EnableMount::new(MountSide::Auth, "jwt", "jwt")).expect("mounts");
        let fields = JwtConfigFields {
            jwks_url: format!("{ISSUER}/keys"),
            bound_issuer: ISSUER.to_owned(),
            default_role: "app".to_owned(),
            ..JwtConfigFields::default()
        };
        let config = WriteJwtConfig::new(MOUNT, fields, SecretValue::new(Vec::new()));
        owner.ask(&config).expect("configures");
        owner.ask(&WriteJwtRole::new(MOUNT, "app", role())).expect("writes the role");
        Self { issuer, room }
    }

    /// Log in as `sub`, with more claims.
    fn login(&self, sub: &str, more: &str) -> Result<IssuedToken, Error> {
        let token = self.issuer.token(&self.room, &format!(r#"{{"sub":"{sub}"{more}}}"#));
        let token = SecretValue::new(token.into_bytes());
        self.room.anonymous().ask(&LoginJwt::new(MOUNT, "", token))
    }

    /// The bearer of a new token of `sub`.
    fn bearer(&self, sub: &str, more: &str) -> Actor<'_> {
        self.room.with_token(self.login(sub, more).expect("logs in").text)
    }

    fn policy(&self, name: &str, text: &str) {
        self.room.owner().ask(&WritePolicy::new(name, text)).expect("writes the policy");
    }

    fn accessor(&self) -> String {
        let mounts = self.room.owner().ask(&ListMounts(MountSide::Auth)).expect("lists");
        let found = mounts.into_iter().find(|read| read.mount.accessor().starts_with("jwt"));
        found.expect("is mounted").mount.accessor()
    }
}

fn role() -> JwtRoleChange {
    JwtRoleChange {
        kind: Some(JwtRoleKind::Jwt),
        user_claim: Some("sub".to_owned()),
        audiences: Some(vec!["strongroom".to_owned()]),
        groups_claim: Some("groups".to_owned()),
        mappings: Some(BTreeMap::from([("team".to_owned(), "team".to_owned())])),
        token: TokenParametersChange {
            policies: Some(vec!["app".to_owned()]),
            ..TokenParametersChange::default()
        },
        ..JwtRoleChange::default()
    }
}

#[track_caller]
fn is_forbidden<T>(answer: Result<T, Error>) {
    assert_eq!(answer.map(drop).expect_err("is refused").kind(), Kind::Forbidden);
}

#[track_caller]
fn is_unauthenticated<T>(answer: Result<T, Error>) {
    let error = answer.map(drop).expect_err("is refused");
    assert_eq!(error.kind(), Kind::Unauthenticated, "{error}");
    assert_eq!(error.to_string(), "permission denied");
}
