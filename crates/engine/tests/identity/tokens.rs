use strongroom_core::time::Seconds;
use strongroom_engine::jwt::{Algorithms, KeySet};
use strongroom_engine::operations::identity::oidc::*;
use strongroom_engine::operations::identity::*;

use super::*;

const SIGN: &str = r#"path "identity/oidc/token/*" { capabilities = ["read"] }"#;

fn setting(template: &str) -> Setting {
    let setting = Setting::new();
    setting.policy("app", SIGN);
    let owner = setting.room.owner();
    let key = OidcKeyChange {
        algorithm: Some("ES256".to_owned()),
        allowed_client_ids: Some(vec!["client".to_owned()]),
        rotation: Some(Seconds(3_600)),
        verification: Some(Seconds(7_200)),
    };
    owner.ask(&WriteOidcKey::new("key", key)).expect("writes");
    let role = OidcRoleChange {
        key: Some("key".to_owned()),
        template: Some(template.to_owned()),
        client_id: Some("client".to_owned()),
        ttl: Some(Seconds(600)),
    };
    owner.ask(&WriteOidcRole::new("role", role)).expect("writes");
    owner.ask(&WriteOidcConfig { issuer: "https://vault:8200".into() }).expect("writes");
    setting
}

fn sign(actor: &Actor<'_>) -> Result<String, Error> {
    actor.ask(&IssueOidcToken::new("role")).map(|issued| issued.token.to_string())
}

fn published(setting: &Setting) -> KeySet {
    let document = setting.room.anonymous().ask(&ReadOidcKeys::new("identity")).expect("reads");
    KeySet::from_jwks(document.as_bytes()).expect("keys")
}

fn problem(setting: &Setting, token: &str, client_id: Option<&str>) -> Option<String> {
    let token = SecretValue::new(token.as_bytes().to_vec());
    let client_id = client_id.map(str::to_owned);
    setting.room.owner().ask(&IntrospectOidcToken { token, client_id }).expect("answers")
}

#[test]
fn an_identity_token_says_who_the_caller_is_and_anybody_can_verify_it() {
    let setting = setting(
        r#"{"name": {{identity.entity.name}}, "groups": {{identity.entity.groups.names}},
            "more": {"meta": {{identity.entity.metadata}}, "later": {{time.now.plus.1m}}}}"#,
    );
    let login = setting.login("mary", "").expect("logs in");
    let entity = login.token.entity.clone().expect("an entity");
    let token = sign(&setting.room.with_token(login.text)).expect("signs");
    let claims = published(&setting).verify(&token, &Algorithms::all()).expect("verifies");
    assert_eq!(claims.text("sub"), Ok(Some(entity.as_str())));
    assert_eq!(claims.text("iss"), Ok(Some("https://vault:8200/v1/identity/oidc")));
    assert_eq!(claims.audiences(), Ok(vec!["client"]));
    let now = i64::try_from(setting.room.clock_now().0 / 1_000).expect("a time");
    assert_eq!(claims.seconds("exp"), Ok(Some(now + 600)));
    assert!(claims.text("name").expect("a text").expect("a name").starts_with("entity_"));
    assert!(claims.find("/more/meta").is_some());
    assert_eq!(problem(&setting, &token, Some("client")), None);
    assert_eq!(problem(&setting, &token, None), None);
    assert!(problem(&setting, &token, Some("other")).is_some());
    assert!(problem(&setting, "a.b.c", None).is_some());
    let disabled = EntityFields { disabled: Some(true), ..EntityFields::default() };
    let write = WriteEntity::new(EntityTarget::Id(entity), disabled);
    setting.room.owner().ask(&write).expect("writes");
    assert!(problem(&setting, &token, None).is_some());
}

#[test]
fn metadata_cannot_add_a_claim_and_a_template_cannot_say_who_it_is() {
    let setting = setting(r#"{"team": {{identity.entity.metadata.team}}}"#);
    let login = setting.login("mary", "").expect("logs in");
    let id = EntityTarget::Id(login.token.entity.clone().expect("an entity"));
    let mary = setting.room.with_token(login.text);
    let metadata = BTreeMap::from([("team".to_owned(), r#"a","admin":"yes"#.to_owned())]);
    let fields = EntityFields { metadata: Some(metadata), ..EntityFields::default() };
    setting.room.owner().ask(&WriteEntity::new(id, fields)).expect("writes");
    let token = sign(&mary).expect("signs");
    let claims = published(&setting).verify(&token, &Algorithms::all()).expect("verifies");
    assert_eq!(claims.text("team"), Ok(Some(r#"a","admin":"yes"#)));
    assert!(claims.get("admin").is_none());
    for template in [
        r#"{"sub": "root"}"#,
        r#"{"iss": {{identity.entity.name}}}"#,
        "[]",
        "{",
        "{{identity.entity.name}}",
        r#"{"a": {{identity.other}}}"#,
        r#"{"a": {{identity.entity.name}"#,
    ] {
        let change = OidcRoleChange { template: Some(template.to_owned()), ..Default::default() };
        let error = setting.room.owner().ask(&WriteOidcRole::new("role", change));
        assert_eq!(error.expect_err(template).kind(), Kind::InvalidRequest, "{template}");
    }
}

#[test]
fn a_key_is_followed_by_the_next_when_its_time_is_over() {
    let setting = setting("");
    let mary = setting.bearer("mary", "");
    let first = sign(&mary).expect("signs");
    let header = |token: &str| token.split('.').next().map(str::to_owned);
    setting.room.clock.advance(Seconds(3_599));
    assert_eq!(header(&sign(&mary).expect("signs")), header(&first));
    let all = Algorithms::all();
    // Who read the keys before knows the next one already.
    let known = published(&setting);
    setting.room.clock.advance(Seconds(1));
    let second = sign(&mary).expect("signs");
    assert_ne!(header(&second), header(&first));
    assert!(known.verify(&second, &all).is_ok());
    assert!(published(&setting).verify(&first, &all).is_ok());
    assert_eq!(problem(&setting, &second, None), None);
    setting.room.clock.advance(Seconds(7_200));
    assert!(published(&setting).verify(&first, &all).is_err());
    assert!(problem(&setting, &second, None).is_some(), "its time is over");
}

#[test]
fn who_has_no_entity_or_no_key_gets_no_token() {
    let setting = setting("");
    let error = sign(&setting.room.root()).expect_err("has no entity");
    assert_eq!(error.kind(), Kind::InvalidRequest);
    let mary = setting.bearer("mary", "");
    let owner = setting.room.owner();
    let none = OidcKeyChange { allowed_client_ids: Some(Vec::new()), ..Default::default() };
    owner.ask(&WriteOidcKey::new("key", none)).expect("writes");
    assert_eq!(sign(&mary).expect_err("is not allowed").kind(), Kind::InvalidRequest);
    assert_eq!(
        owner.ask(&DeleteOidcKey::new("key")).expect_err("is in use").kind(),
        Kind::InvalidRequest
    );
    let long = OidcRoleChange { ttl: Some(Seconds(7_201)), ..Default::default() };
    let error = owner.ask(&WriteOidcRole::new("role", long)).expect_err("is too long");
    assert_eq!(error.kind(), Kind::InvalidRequest);
    owner.ask(&DeleteOidcRole::new("role")).expect("deletes");
    assert_eq!(sign(&mary).expect_err("there is no role").kind(), Kind::InvalidRequest);
    owner.ask(&DeleteOidcKey::new("key")).expect("deletes");
    let document = setting.room.anonymous().ask(&ReadOidcKeys::new("identity")).expect("reads");
    assert_eq!(document, r#"{"keys":[]}"#);
}
