use strongroom_engine::operations::identity::oidc::*;
use strongroom_engine::operations::identity::*;
use strongroom_engine::{Error, Kind};

use super::{Case, OpenCase};

const ID: &str = "11111111-1111-4111-8111-111111111111";

/// That it is not there is told to who may ask.
fn or_missing<T>(answer: Result<T, Error>) -> Result<(), Error> {
    match answer {
        Err(error) if matches!(error.kind(), Kind::NotFound | Kind::InvalidRequest) => Ok(()),
        other => other.map(drop),
    }
}

fn named(name: &str) -> EntityTarget {
    EntityTarget::Name(name.to_owned())
}

fn group_named(name: &str) -> GroupTarget {
    GroupTarget::Name(name.to_owned())
}

pub const CASES: &[Case] = &[
    Case {
        name: "DeleteEntities",
        policy: r#"path "identity/entity/batch-delete" { capabilities = ["update"] }"#,
        ask: |actor, _| actor.ask(&DeleteEntities(vec![ID.to_owned()])).map(drop),
    },
    Case {
        name: "DeleteEntity",
        policy: r#"path "identity/entity/name/a" { capabilities = ["delete"] }"#,
        ask: |actor, _| actor.ask(&DeleteEntity::new(named("a"))),
    },
    Case {
        name: "DeleteEntityAlias",
        policy: r#"path "identity/entity-alias/id/*" { capabilities = ["delete"] }"#,
        ask: |actor, _| actor.ask(&DeleteEntityAlias::new(ID)),
    },
    Case {
        name: "DeleteGroup",
        policy: r#"path "identity/group/name/a" { capabilities = ["delete"] }"#,
        ask: |actor, _| actor.ask(&DeleteGroup::new(group_named("a"))),
    },
    Case {
        name: "DeleteGroupAlias",
        policy: r#"path "identity/group-alias/id/*" { capabilities = ["delete"] }"#,
        ask: |actor, _| actor.ask(&DeleteGroupAlias::new(ID)),
    },
    Case {
        name: "ListEntities",
        policy: r#"path "identity/entity/id" { capabilities = ["list"] }"#,
        ask: |actor, _| {
            actor.ask(&ListEntities { by_name: false, page: IdentityPage::default() }).map(drop)
        },
    },
    Case {
        name: "ListEntityAliases",
        policy: r#"path "identity/entity-alias/id" { capabilities = ["list"] }"#,
        ask: |actor, _| actor.ask(&ListEntityAliases(IdentityPage::default())).map(drop),
    },
    Case {
        name: "ListGroupAliases",
        policy: r#"path "identity/group-alias/id" { capabilities = ["list"] }"#,
        ask: |actor, _| actor.ask(&ListGroupAliases(IdentityPage::default())).map(drop),
    },
    Case {
        name: "ListGroups",
        policy: r#"path "identity/group/name" { capabilities = ["list"] }"#,
        ask: |actor, _| {
            actor.ask(&ListGroups { by_name: true, page: IdentityPage::default() }).map(drop)
        },
    },
    Case {
        name: "LookupEntity",
        policy: r#"path "identity/lookup/entity" { capabilities = ["update"] }"#,
        ask: |actor, _| actor.ask(&LookupEntity(LookupKey::Name("a".to_owned()))).map(drop),
    },
    Case {
        name: "LookupGroup",
        policy: r#"path "identity/lookup/group" { capabilities = ["update"] }"#,
        ask: |actor, _| actor.ask(&LookupGroup(LookupKey::Name("a".to_owned()))).map(drop),
    },
    Case {
        name: "MergeEntities",
        policy: r#"path "identity/entity/merge" { capabilities = ["update"] }"#,
        ask: |actor, _| {
            let merge = MergeEntities { into: ID.to_owned(), from: Vec::new(), keep: Vec::new() };
            or_missing(actor.ask(&merge))
        },
    },
    Case {
        name: "ReadEntity",
        policy: r#"path "identity/entity/name/a" { capabilities = ["read"] }"#,
        ask: |actor, _| or_missing(actor.ask(&ReadEntity::new(named("a")))),
    },
    Case {
        name: "ReadEntityAlias",
        policy: r#"path "identity/entity-alias/id/*" { capabilities = ["read"] }"#,
        ask: |actor, _| or_missing(actor.ask(&ReadEntityAlias::new(ID))),
    },
    Case {
        name: "ReadGroup",
        policy: r#"path "identity/group/name/a" { capabilities = ["read"] }"#,
        ask: |actor, _| or_missing(actor.ask(&ReadGroup::new(group_named("a")))),
    },
    Case {
        name: "ReadGroupAlias",
        policy: r#"path "identity/group-alias/id/*" { capabilities = ["read"] }"#,
        ask: |actor, _| or_missing(actor.ask(&ReadGroupAlias::new(ID))),
    },
    Case {
        name: "WriteEntity",
        policy: r#"path "identity/entity/name/a" { capabilities = ["update"] }"#,
        ask: |actor, _| actor.ask(&WriteEntity::new(named("a"), EntityFields::default())).map(drop),
    },
    Case {
        name: "WriteEntityAlias",
        policy: r#"path "identity/entity-alias" { capabilities = ["update"] }"#,
        ask: |actor, _| {
            let write = WriteEntityAlias::new(AliasTarget::Any, AliasFields::default());
            or_missing(actor.ask(&write))
        },
    },
    Case {
        name: "WriteGroup",
        policy: r#"path "identity/group/name/a" { capabilities = ["update"] }"#,
        ask: |actor, _| {
            actor.ask(&WriteGroup::new(group_named("a"), GroupFields::default())).map(drop)
        },
    },
    Case {
        name: "WriteGroupAlias",
        policy: r#"path "identity/group-alias" { capabilities = ["update"] }"#,
        ask: |actor, _| {
            let write = WriteGroupAlias::new(AliasTarget::Any, AliasFields::default());
            or_missing(actor.ask(&write))
        },
    },
];

/// What the identity mount answers to everybody.
pub const OPEN: &[OpenCase] = &[
    OpenCase {
        name: "ReadOidcKeys",
        ask: |actor, mount| actor.ask(&ReadOidcKeys::new(mount)).map(drop),
    },
    OpenCase {
        name: "ReadOidcProvider",
        ask: |actor, mount| actor.ask(&ReadOidcProvider::new(mount)).map(drop),
    },
];

fn key_change() -> OidcKeyChange {
    OidcKeyChange { algorithm: Some("EdDSA".to_owned()), ..OidcKeyChange::default() }
}

pub const OIDC_CASES: &[Case] = &[
    Case {
        name: "DeleteOidcKey",
        policy: r#"path "identity/oidc/key/a" { capabilities = ["delete"] }"#,
        ask: |actor, _| actor.ask(&DeleteOidcKey::new("a")),
    },
    Case {
        name: "DeleteOidcRole",
        policy: r#"path "identity/oidc/role/a" { capabilities = ["delete"] }"#,
        ask: |actor, _| actor.ask(&DeleteOidcRole::new("a")),
    },
    Case {
        name: "IntrospectOidcToken",
        policy: r#"path "identity/oidc/introspect" { capabilities = ["update"] }"#,
        ask: |actor, _| {
            let token = strongroom_core::secret::SecretValue::new(b"a.b.c".to_vec());
            actor.ask(&IntrospectOidcToken { token, client_id: None }).map(drop)
        },
    },
    Case {
        name: "IssueOidcToken",
        policy: r#"path "identity/oidc/token/a" { capabilities = ["read"] }"#,
        ask: |actor, _| or_missing(actor.ask(&IssueOidcToken::new("a"))),
    },
    Case {
        name: "ListOidcKeys",
        policy: r#"path "identity/oidc/key" { capabilities = ["list"] }"#,
        ask: |actor, _| actor.ask(&ListOidcKeys).map(drop),
    },
    Case {
        name: "ListOidcRoles",
        policy: r#"path "identity/oidc/role" { capabilities = ["list"] }"#,
        ask: |actor, _| actor.ask(&ListOidcRoles).map(drop),
    },
    Case {
        name: "ReadOidcConfig",
        policy: r#"path "identity/oidc/config" { capabilities = ["read"] }"#,
        ask: |actor, _| actor.ask(&ReadOidcConfig).map(drop),
    },
    Case {
        name: "ReadOidcKey",
        policy: r#"path "identity/oidc/key/a" { capabilities = ["read"] }"#,
        ask: |actor, _| or_missing(actor.ask(&ReadOidcKey::new("a"))),
    },
    Case {
        name: "ReadOidcRole",
        policy: r#"path "identity/oidc/role/a" { capabilities = ["read"] }"#,
        ask: |actor, _| or_missing(actor.ask(&ReadOidcRole::new("a"))),
    },
    Case {
        name: "RotateOidcKey",
        policy: r#"path "identity/oidc/key/a/rotate" { capabilities = ["update"] }"#,
        ask: |actor, _| or_missing(actor.ask(&RotateOidcKey::new("a", None))),
    },
    Case {
        name: "WriteOidcConfig",
        policy: r#"path "identity/oidc/config" { capabilities = ["update"] }"#,
        ask: |actor, _| actor.ask(&WriteOidcConfig { issuer: "https://a".to_owned() }),
    },
    Case {
        name: "WriteOidcKey",
        policy: r#"path "identity/oidc/key/a" { capabilities = ["create"] }"#,
        ask: |actor, _| actor.ask(&WriteOidcKey::new("a", key_change())),
    },
    Case {
        name: "WriteOidcRole",
        policy: r#"path "identity/oidc/role/a" { capabilities = ["create"] }"#,
        ask: |actor, _| {
            let change = OidcRoleChange { key: Some("k".to_owned()), ..OidcRoleChange::default() };
            actor.ask(&WriteOidcRole::new("a", change))
        },
    },
];
