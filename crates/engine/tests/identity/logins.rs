use strongroom_core::secret::SecretValue;
use strongroom_core::time::Seconds;
use strongroom_engine::operations::identity::*;
use strongroom_engine::operations::token::{LookupToken, RenewToken, TokenReference};

use super::*;

fn write(target: EntityTarget, fields: EntityFields) -> WriteEntity {
    WriteEntity::new(target, fields)
}

#[test]
fn a_login_makes_one_entity_and_finds_it_again() {
    let setting = Setting::new();
    let first = setting.login("mary", "").expect("logs in");
    let second = setting.login("mary", r#","team":"a""#).expect("logs in");
    assert!(first.token.entity.is_some());
    assert_eq!(first.token.entity, second.token.entity);
    assert_ne!(setting.login("Mary", "").expect("logs in").token.entity, first.token.entity);
    assert_eq!(second.token.metadata.get("team").map(String::as_str), Some("a"));
    assert_eq!(second.token.metadata.get("role").map(String::as_str), Some("app"));
    let entities = setting
        .room
        .owner()
        .ask(&ListEntities { by_name: false, page: IdentityPage::default() })
        .expect("lists");
    assert_eq!(entities.len(), 2);
}

#[test]
fn two_logins_of_a_new_alias_at_once_make_one_entity() {
    let setting = Setting::new();
    let logins: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> =
            (0..8).map(|_| scope.spawn(|| setting.login("mary", "").expect("logs in"))).collect();
        threads.into_iter().map(|thread| thread.join().expect("ends")).collect()
    });
    let entities = setting
        .room
        .owner()
        .ask(&ListEntities { by_name: false, page: IdentityPage::default() })
        .expect("lists");
    assert_eq!(entities.len(), 1);
    let id = entities.first().map(|read| read.entity.id.to_string());
    for login in logins {
        assert_eq!(login.token.entity, id);
        let actor = setting.room.with_token(login.text);
        actor.ask(&LookupToken(TokenReference::Own)).expect("is good");
    }
}

#[test]
fn an_entitys_policies_are_its_tokens_from_the_commit_on() {
    let setting = Setting::new();
    setting.room.owner().put("secret/a", "value").expect("writes");
    setting.policy("reader", r#"path "secret/a" { capabilities = ["read"] }"#);
    let login = setting.login("mary", "").expect("logs in");
    let id = EntityTarget::Id(login.token.entity.clone().expect("an entity"));
    let mary = setting.room.with_token(login.text);
    is_forbidden(mary.read("secret/a"));
    let policies = |names: &[&str]| EntityFields {
        policies: Some(names.iter().map(|name| (*name).to_owned()).collect()),
        ..EntityFields::default()
    };
    let owner = setting.room.owner();
    owner.ask(&write(id.clone(), policies(&["reader"]))).expect("writes");
    assert_eq!(mary.read("secret/a").expect("reads"), "value");
    let read = mary.ask(&LookupToken(TokenReference::Own)).expect("is good");
    assert_eq!(read.identity_policies, ["reader"]);
    assert_eq!(setting.login("mary", "").expect("logs in").identity_policies, ["reader"]);
    owner.ask(&write(id, policies(&[]))).expect("writes");
    is_forbidden(mary.read("secret/a"));
}

#[test]
fn a_templated_policy_lets_everybody_to_what_is_theirs() {
    let setting = Setting::new();
    let accessor = setting.accessor();
    let text = format!(
        r#"path "secret/people/{{{{identity.entity.aliases.{accessor}.name}}}}/*" {{ capabilities = ["create", "read"] }}
           path "secret/teams/{{{{identity.entity.aliases.{accessor}.metadata.team}}}}/*" {{ capabilities = ["create"] }}
           path "secret/ids/{{{{identity.entity.id}}}}" {{ capabilities = ["create"] }}"#
    );
    setting.policy("app", &text);
    let mary = setting.bearer("mary", r#","team":"billing""#);
    mary.put("secret/people/mary/KEY", "v").expect("writes");
    mary.put("secret/teams/billing/KEY", "v").expect("writes");
    is_forbidden(mary.put("secret/people/john/KEY", "v"));
    is_forbidden(mary.put("secret/teams/other/KEY", "v"));
    // What a claim says counts as text, and is no way out of its place.
    for sub in ["*", "+", "..", "a/b"] {
        let Ok(login) = setting.login(sub, "") else { continue };
        let other = setting.room.with_token(login.text);
        is_forbidden(other.read("secret/people/mary/KEY"));
        is_forbidden(other.put("secret/people/mary/NEW", "v"));
    }
}

#[test]
fn a_disabled_entity_is_refused_at_once_and_cannot_log_in() {
    let setting = Setting::new();
    let login = setting.login("mary", "").expect("logs in");
    let id = EntityTarget::Id(login.token.entity.clone().expect("an entity"));
    let mary = setting.room.with_token(login.text);
    let child = mary.ask(&LookupToken(TokenReference::Own));
    child.expect("is good");
    let disabled = |disabled| EntityFields { disabled: Some(disabled), ..EntityFields::default() };
    let owner = setting.room.owner();
    owner.ask(&write(id.clone(), disabled(true))).expect("writes");
    is_unauthenticated(mary.ask(&LookupToken(TokenReference::Own)));
    is_unauthenticated(setting.login("mary", ""));
    owner.ask(&write(id.clone(), disabled(false))).expect("writes");
    mary.ask(&LookupToken(TokenReference::Own)).expect("is good again");
    owner.ask(&DeleteEntity::new(id)).expect("deletes");
    is_unauthenticated(mary.ask(&LookupToken(TokenReference::Own)));
    // Who logs in again is somebody new.
    setting.login("mary", "").expect("logs in");
}

#[test]
fn a_merged_entitys_tokens_are_those_of_what_it_became() {
    let setting = Setting::new();
    setting.room.owner().put("secret/a", "value").expect("writes");
    setting.policy("reader", r#"path "secret/a" { capabilities = ["read"] }"#);
    let login = setting.login("mary", "").expect("logs in");
    let from = login.token.entity.clone().expect("an entity");
    let mary = setting.room.with_token(login.text);
    let owner = setting.room.owner();
    let fields =
        EntityFields { policies: Some(vec!["reader".to_owned()]), ..EntityFields::default() };
    let into = owner.ask(&write(EntityTarget::Name("into".into()), fields)).expect("writes");
    let into = into.entity.id.to_string();
    is_forbidden(mary.read("secret/a"));
    let merge = MergeEntities { into: into.clone(), from: vec![from], keep: Vec::new() };
    owner.ask(&merge).expect("merges");
    assert_eq!(mary.read("secret/a").expect("reads"), "value");
    assert_eq!(setting.login("mary", "").expect("logs in").token.entity, Some(into.clone()));
    owner.ask(&DeleteEntity::new(EntityTarget::Id(into))).expect("deletes");
    is_unauthenticated(mary.read("secret/a"));
}

#[test]
fn a_token_that_the_role_does_not_take_lets_nobody_in_and_makes_no_entity() {
    let setting = Setting::new();
    for claims in [
        r#"{"sub":"mary","aud":"other"}"#,
        r#"{"sub":"mary","iss":"https://other"}"#,
        r#"{"sub":"mary","exp":1}"#,
        r#"{"sub":""}"#,
        r#"{"sub":" mary"}"#,
        r#"{"sub":7}"#,
        r#"{}"#,
    ] {
        let token = setting.issuer.token(&setting.room, claims);
        let login = LoginJwt::new(MOUNT, "app", SecretValue::new(token.into_bytes()));
        let error = setting.room.anonymous().ask(&login).map(drop).expect_err(claims);
        assert_eq!(error.kind(), Kind::InvalidRequest, "{claims}: {error}");
    }
    let token = setting.issuer.token(&setting.room, r#"{"sub":"mary"}"#);
    for (role, token) in [("app", ""), ("app", "a.b.c"), ("none", &token), ("../app", &token)] {
        let token = SecretValue::new(token.as_bytes().to_vec());
        let login = LoginJwt::new(MOUNT, role, token);
        let error = setting.room.anonymous().ask(&login).map(drop).expect_err(role);
        assert_eq!(error.kind(), Kind::InvalidRequest, "{role}");
    }
    let entities = setting
        .room
        .owner()
        .ask(&ListEntities { by_name: false, page: IdentityPage::default() })
        .expect("lists");
    assert_eq!(entities.len(), 0);
}

#[test]
fn a_role_bound_to_networks_lets_in_from_there_alone() {
    let setting = Setting::new();
    let token = TokenParametersChange {
        bound_cidrs: Some(vec!["10.0.0.0/8".to_owned()]),
        ..TokenParametersChange::default()
    };
    let change = JwtRoleChange { token, ..JwtRoleChange::default() };
    setting.room.owner().ask(&WriteJwtRole::new(MOUNT, "app", change)).expect("writes");
    is_unauthenticated(setting.login("mary", ""));
    let token = setting.issuer.token(&setting.room, r#"{"sub":"mary"}"#);
    let login = LoginJwt::new(MOUNT, "app", SecretValue::new(token.into_bytes()));
    let mut caller = setting.room.anonymous();
    caller.source = "10.1.2.3".parse().ok();
    caller.ask(&login).expect("logs in");
}

// CVE-2026-39388: a renewal that went by another credential than the login had.
#[test]
fn a_token_is_renewed_by_the_role_that_made_it_and_not_by_another_of_its_name() {
    let setting = Setting::new();
    let mary = setting.bearer("mary", "");
    let renew = RenewToken { which: TokenReference::Own, increment: Seconds(60) };
    setting.policy("app", r#"path "auth/token/renew-self" { capabilities = ["update"] }"#);
    mary.ask(&renew).expect("renews");
    let owner = setting.room.owner();
    owner.ask(&DeleteJwtRole::new(MOUNT, "app")).expect("deletes");
    assert_eq!(mary.ask(&renew).expect_err("is refused").kind(), Kind::InvalidRequest);
    owner.ask(&WriteJwtRole::new(MOUNT, "app", role())).expect("writes");
    assert_eq!(mary.ask(&renew).expect_err("is refused").kind(), Kind::InvalidRequest);
}

#[test]
fn keys_are_fetched_once_for_many_logins() {
    let setting = Setting::new();
    let fetched = || setting.issuer.asked.lock().expect("a lock").len();
    let before = fetched();
    for sub in ["a", "b", "c"] {
        setting.login(sub, "").expect("logs in");
    }
    assert_eq!(fetched(), before + 1);
}

#[test]
fn a_configuration_that_does_not_work_is_refused() {
    let setting = Setting::new();
    let owner = setting.room.owner();
    let refused = |fields: JwtConfigFields, secret: &str| {
        let secret = SecretValue::new(secret.as_bytes().to_vec());
        let error = owner.ask(&WriteJwtConfig::new(MOUNT, fields, secret)).expect_err("refused");
        assert_eq!(error.kind(), Kind::InvalidRequest);
        assert!(!error.to_string().contains("canary"), "{error}");
    };
    let base = JwtConfigFields::default;
    let keys = || format!("{ISSUER}/keys");
    refused(base(), "");
    refused(JwtConfigFields { jwks_url: keys(), discovery_url: ISSUER.into(), ..base() }, "");
    refused(JwtConfigFields { jwks_url: format!("{ISSUER}/none"), ..base() }, "");
    refused(JwtConfigFields { jwks_url: "http://issuer/keys".into(), ..base() }, "");
    refused(JwtConfigFields { discovery_url: "https://other".into(), ..base() }, "");
    refused(JwtConfigFields { discovery_url: ISSUER.into(), ..base() }, "canary");
    refused(JwtConfigFields { jwks_url: keys(), client_id: "a".into(), ..base() }, "canary");
    refused(JwtConfigFields { jwks_url: keys(), algorithms: vec!["none".into()], ..base() }, "");
    refused(JwtConfigFields { jwks_url: keys(), algorithms: vec!["HS256".into()], ..base() }, "");
    refused(JwtConfigFields { public_keys: vec!["no key".into()], ..base() }, "");
    let config = owner.ask(&ReadJwtConfig::new(MOUNT)).expect("reads");
    assert_eq!(config.jwks_url, keys());
}
