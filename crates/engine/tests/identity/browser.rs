use strongroom_core::time::Seconds;
use strongroom_store::Range;

use super::*;

const CALLBACK: &str = "http://localhost:8250/oidc/callback";

fn setting() -> Setting {
    let setting = Setting::new();
    let owner = setting.room.owner();
    let fields = JwtConfigFields {
        discovery_url: ISSUER.to_owned(),
        client_id: "client".to_owned(),
        algorithms: vec!["EdDSA".to_owned()],
        ..JwtConfigFields::default()
    };
    let secret = SecretValue::new(b"client secret".to_vec());
    owner.ask(&WriteJwtConfig::new(MOUNT, fields, secret)).expect("configures");
    let change = JwtRoleChange {
        user_claim: Some("sub".to_owned()),
        redirect_uris: Some(vec![CALLBACK.to_owned()]),
        ..JwtRoleChange::default()
    };
    owner.ask(&WriteJwtRole::new(MOUNT, "web", change)).expect("writes");
    setting
}

/// The state and the nonce of a login that begins.
fn start(setting: &Setting, client_nonce: Option<&str>) -> (String, String) {
    let start = StartOidcLogin::new(MOUNT, "web", CALLBACK, client_nonce.map(str::to_owned));
    let url = setting.room.anonymous().ask(&start).expect("begins");
    assert!(url.starts_with("https://issuer/authorize?client_id=client&"), "{url}");
    let field = |name: &str| {
        let (_, rest) = url.split_once(&format!("{name}=")).expect(name);
        rest.split('&').next().expect(name).to_owned()
    };
    (field("&state").trim_start_matches('=').to_owned(), field("&nonce"))
}

fn answer(setting: &Setting, claims: &str) {
    let token = setting.issuer.token(&setting.room, claims);
    *setting.issuer.answer.lock().expect("a lock") = Some(format!(r#"{{"id_token":"{token}"}}"#));
}

fn finish(
    setting: &Setting,
    state: &str,
    code: OidcCode,
    nonce: Option<&str>,
) -> Result<IssuedToken, String> {
    let anonymous = setting.room.anonymous();
    let take = TakeOidcLogin::new(MOUNT, state, code, nonce.map(str::to_owned));
    let taken = anonymous.ask(&take).map_err(|error| error.to_string())??;
    anonymous.ask(&FinishOidcLogin::new(MOUNT, taken)).map_err(|error| error.to_string())
}

fn code() -> OidcCode {
    OidcCode::Brought(SecretValue::new(b"the code".to_vec()))
}

/// What is kept of logins by browser: states that were used, and codes that came in forms.
fn kept(setting: &Setting) -> (usize, usize) {
    let page = setting.room.store.list(&Range::prefix("logical/")).expect("lists");
    let count = |folder: &str| {
        page.entries.iter().filter(|entry| entry.key.as_str().contains(folder)).count()
    };
    (count("/used/"), count("/code/"))
}

#[test]
fn whoever_begins_logins_leaves_nothing_and_bars_nobody() {
    let setting = setting();
    let (state, nonce) = start(&setting, Some("mine"));
    let before = setting.room.store.list(&Range::prefix("")).expect("lists").entries.len();
    for _ in 0..50 {
        let (other, _) = start(&setting, None);
        assert_ne!(other, state);
        finish(&setting, &other, code(), None).expect_err("is no code of the provider");
    }
    assert_eq!(kept(&setting), (0, 0));
    let entries = setting.room.store.list(&Range::prefix("")).expect("lists").entries;
    let is_outbox = |key: &str| key.starts_with("sys/audit/");
    let added = entries.iter().filter(|entry| !is_outbox(entry.key.as_str())).count();
    assert!(added <= before, "{added} records, and {before} before");
    answer(&setting, &format!(r#"{{"sub":"mary","aud":"client","nonce":"{nonce}"}}"#));
    finish(&setting, &state, code(), Some("mine")).expect("logs in");
}

#[test]
fn a_state_of_one_mount_is_none_of_another() {
    let setting = setting();
    let owner = setting.room.owner();
    owner.ask(&EnableMount::new(MountSide::Auth, "other", "oidc")).expect("mounts");
    let (state, _) = start(&setting, None);
    let take = TakeOidcLogin::new("auth/other", &state, code(), None);
    let refused = setting.room.anonymous().ask(&take).map(drop).expect_err("is refused");
    assert!(refused.to_string().contains("expired or missing"), "{refused}");
    let put = PutOidcCode::new("auth/other", &state, SecretValue::new(b"form code".to_vec()));
    setting.room.anonymous().ask(&put).expect_err("is refused");
}

#[test]
fn a_login_by_browser_is_begun_and_finished_once() {
    let setting = setting();
    let (state, nonce) = start(&setting, Some("mine"));
    answer(&setting, &format!(r#"{{"sub":"mary","aud":"client","nonce":"{nonce}"}}"#));
    let login = finish(&setting, &state, code(), Some("mine")).expect("logs in");
    assert_eq!(login.token.metadata.get("role").map(String::as_str), Some("web"));
    assert!(login.token.entity.is_some());
    let forms = setting.issuer.forms.lock().expect("a lock").clone();
    assert_eq!(forms.len(), 1, "a code is given back once");
    assert_eq!(forms[0]["code"], "the code");
    assert_eq!(forms[0]["redirect_uri"], CALLBACK);
    assert_eq!(kept(&setting), (1, 0));
    let again = finish(&setting, &state, code(), Some("mine")).expect_err("is over");
    assert!(again.contains("expired or missing"), "{again}");
}

#[test]
fn a_login_by_browser_of_somebody_else_is_refused() {
    let setting = setting();
    for (claims, client_nonce) in [
        (r#""sub":"mary","aud":"client","nonce":"other""#, Some("mine")),
        (r#""sub":"mary","aud":"other","nonce":"NONCE""#, Some("mine")),
        (r#""sub":"mary","aud":"client","iss":"https://other","nonce":"NONCE""#, Some("mine")),
        (r#""sub":"mary","aud":"client","nonce":"NONCE""#, Some("yours")),
        (r#""sub":"mary","aud":"client","nonce":"NONCE""#, None),
    ] {
        let (state, nonce) = start(&setting, Some("mine"));
        answer(&setting, &format!("{{{}}}", claims.replace("NONCE", &nonce)));
        finish(&setting, &state, code(), client_nonce).expect_err(claims);
        assert_eq!(kept(&setting), (0, 0), "{claims}");
    }
    finish(&setting, "", code(), None).expect_err("no state");
    finish(&setting, "made up", code(), None).expect_err("no state of ours");
}

#[test]
fn a_code_that_came_in_a_form_is_kept_for_who_began() {
    let setting = setting();
    let (state, nonce) = start(&setting, Some("mine"));
    let put = PutOidcCode::new(MOUNT, &state, SecretValue::new(b"form code".to_vec()));
    setting.room.anonymous().ask(&put).expect("is kept");
    setting.room.anonymous().ask(&put).expect_err("is kept once");
    answer(&setting, &format!(r#"{{"sub":"mary","aud":"client","nonce":"{nonce}"}}"#));
    finish(&setting, &state, OidcCode::Kept, Some("mine")).expect("logs in");
    let forms = setting.issuer.forms.lock().expect("a lock").clone();
    assert_eq!(forms[0]["code"], "form code");
}

#[test]
fn a_login_is_over_in_time_and_what_was_kept_of_it_goes() {
    let setting = setting();
    let (state, _) = start(&setting, None);
    setting.room.clock.advance(Seconds(600));
    finish(&setting, &state, code(), None).expect_err("is too late");
    let (state, nonce) = start(&setting, None);
    answer(&setting, &format!(r#"{{"sub":"mary","aud":"client","nonce":"{nonce}"}}"#));
    finish(&setting, &state, code(), None).expect("logs in");
    let (state, _) = start(&setting, None);
    let put = PutOidcCode::new(MOUNT, &state, SecretValue::new(b"form code".to_vec()));
    setting.room.anonymous().ask(&put).expect("is kept");
    assert_eq!(kept(&setting), (1, 1));
    setting.room.clock.advance(Seconds(600));
    setting.room.anonymous().ask(&put).expect_err("is too late");
    setting.room.engine.sweep(10).expect("sweeps");
    assert_eq!(kept(&setting), (0, 0));
}

#[test]
fn a_browser_is_sent_back_to_listed_addresses_alone() {
    let setting = setting();
    for uri in ["", "https://evil", "http://localhost:8250/other", "javascript://x"] {
        let start = StartOidcLogin::new(MOUNT, "web", uri, None);
        let error = setting.room.anonymous().ask(&start).expect_err(uri);
        assert_eq!(error.kind(), Kind::InvalidRequest, "{uri}");
    }
    let jwt = StartOidcLogin::new(MOUNT, "app", CALLBACK, None);
    assert_eq!(
        setting.room.anonymous().ask(&jwt).expect_err("is of tokens").kind(),
        Kind::InvalidRequest
    );
    assert_eq!(kept(&setting), (0, 0));
}
