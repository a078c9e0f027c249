use std::sync::Arc;

use serde_json::{Value, json};
use strongroom_core::time::Timestamp;
use strongroom_engine::jwt::{
    Algorithm, Fetch, FetchError, FormRequest, SigningKey, SigningKeyRecord, jwks_document,
};
use strongroom_testkit::SeededRandom;

use super::{Client, Setting};

const ISSUER: &str = "https://issuer";

struct Issuer(SigningKey);

impl Fetch for Issuer {
    fn get(&self, url: &str, _: Option<&str>) -> Result<Vec<u8>, FetchError> {
        match url.strip_prefix(ISSUER) {
            Some("/keys") => {
                let jwk = self.0.public_jwk().expect("a key");
                Ok(jwks_document(vec![jwk]).into_bytes())
            }
            Some("/.well-known/openid-configuration") => {
                let document = json!({
                    "issuer": ISSUER, "jwks_uri": format!("{ISSUER}/keys"),
                    "authorization_endpoint": format!("{ISSUER}/authorize"),
                    "token_endpoint": format!("{ISSUER}/token"),
                });
                Ok(document.to_string().into_bytes())
            }
            _ => Err(FetchError::Status(404)),
        }
    }

    fn post_form(&self, _: &FormRequest<'_>) -> Result<Vec<u8>, FetchError> {
        Err(FetchError::Status(400))
    }
}

fn setting() -> Setting {
    let random = SeededRandom::new(7);
    let key = SigningKeyRecord::generate(Algorithm::EdDsa, Timestamp(0), &random).expect("a key");
    Setting::fetching(Arc::new(Issuer(key.open().expect("opens"))))
}

fn mounted(root: &Client<'_>) {
    root.post("sys/auth/jwt", json!({ "type": "jwt" })).is(204);
    root.post("sys/auth/oidc", json!({ "type": "oidc" })).is(204);
}

#[test]
fn a_configuration_is_written_and_read_without_its_secret() {
    let setting = setting();
    let root = setting.root();
    mounted(&root);
    root.get("auth/jwt/config").is(404);
    let body = json!({
        "oidc_discovery_url": ISSUER, "oidc_discovery_ca_pem": "", "oidc_client_id": "client",
        "oidc_client_secret": "canary", "oidc_response_mode": "form_post",
        "oidc_response_types": ["code"], "default_role": "web", "provider_config": null,
    });
    root.post("auth/jwt/config", body).is(204);
    let read = root.get("auth/jwt/config").is(200);
    assert_eq!(read.text("/data/oidc_discovery_url"), ISSUER);
    assert_eq!(read.text("/data/oidc_response_mode"), "form_post");
    assert!(!read.body.to_string().contains("canary"));
    for (body, status) in [
        (json!({}), 400),
        (json!({ "jwks_url": ISSUER, "oidc_discovery_url": ISSUER }), 400),
        (json!({ "jwks_url": "https://other/keys" }), 400),
        (json!({ "jwks_url": 7 }), 400),
        (json!({ "oidc_discovery_url": ISSUER, "oidc_response_types": ["id_token"] }), 501),
        (json!({ "oidc_discovery_url": ISSUER, "provider_config": { "provider": "azure" } }), 501),
        (json!({ "oidc_discovery_url": ISSUER, "oidc_response_mode": "other" }), 400),
    ] {
        root.post("auth/jwt/config", body).is(status);
    }
    assert_eq!(root.get("auth/jwt/config").text("/data/oidc_client_id"), "client");
}

#[test]
fn a_role_is_written_listed_read_and_deleted() {
    let setting = setting();
    let root = setting.root();
    mounted(&root);
    root.list("auth/jwt/role").is(404);
    let body = json!({
        "name": "app", "role_type": "jwt", "user_claim": "sub", "bound_audiences": ["a"],
        "bound_claims": { "team": "x", "level": [1, 2] }, "allowed_redirect_uris": [],
        "clock_skew_leeway": -1, "expiration_leeway": "2m", "token_policies": "Dev, ops",
        "token_ttl": "1h", "user_claim_json_pointer": null, "verbose_oidc_logging": false,
    });
    root.post("auth/jwt/role/App", body).is(204);
    assert_eq!(root.list("auth/jwt/role").at("/data/keys"), &json!(["app"]));
    let read = root.get("auth/jwt/role/app").is(200);
    assert_eq!(read.at("/data/bound_claims"), &json!({ "team": "x", "level": [1, 2] }));
    assert_eq!(read.at("/data/clock_skew_leeway"), &json!(-1));
    assert_eq!(read.at("/data/expiration_leeway"), &json!(120));
    assert_eq!(read.at("/data/token_policies"), &json!(["dev", "ops"]));
    assert_eq!(read.at("/data/token_ttl"), &json!(3_600));
    assert_eq!(read.text("/data/role_type"), "jwt");
    for body in [
        json!({ "role_type": "jwt", "user_claim": "sub" }),
        json!({ "role_type": "jwt", "bound_audiences": "a" }),
        json!({ "user_claim": "sub" }),
        json!({ "role_type": "other", "user_claim": "sub", "bound_audiences": "a" }),
        json!({ "role_type": "jwt", "user_claim": "sub", "bound_audiences": "a", "token_policies": "root" }),
        json!({ "role_type": "jwt", "user_claim": "sub", "bound_claims": { "a": {} } }),
        json!({ "role_type": "jwt", "user_claim": "sub", "bound_claims": { "a": 1 }, "bound_claims_type": "glob" }),
        json!({ "role_type": "jwt", "user_claim": "sub", "bound_audiences": "a", "token_bound_cidrs": "x" }),
    ] {
        root.post("auth/jwt/role/bad", body).is(400);
    }
    root.get("auth/jwt/role/bad").is(404);
    root.delete("auth/jwt/role/app").is(204);
    root.delete("auth/jwt/role/app").is(204);
}

#[test]
fn a_program_logs_in_with_an_identity_token_of_this_server() {
    let setting = setting();
    let root = setting.root();
    mounted(&root);
    root.post("identity/oidc/role/id", json!({ "key": "key", "ttl": "1h" })).is(204);
    let client_id = root.get("identity/oidc/role/id").text("/data/client_id");
    let key = json!({ "algorithm": "ES256", "allowed_client_ids": [client_id] });
    root.post("identity/oidc/key/key", key).is(204);
    root.post("identity/oidc/config", json!({ "issuer": ISSUER })).is(200);
    root.get("identity/oidc/token/id").is(400);
    // The entity of a token: somebody who logged in with a key of the issuer.
    let role = json!({ "role_type": "jwt", "user_claim": "sub", "bound_audiences": "strongroom",
        "token_policies": "app" });
    root.post("auth/jwt/role/app", role).is(204);
    root.post("auth/jwt/config", json!({ "jwks_url": format!("{ISSUER}/keys") })).is(204);
    let policy = r#"path "identity/oidc/token/*" { capabilities = ["read"] }"#;
    root.post("sys/policies/acl/app", json!({ "policy": policy })).is(204);
    let now = setting.room.clock_now().0 / 1_000;
    let claims = json!({ "sub": "mary", "aud": "strongroom", "exp": now + 60 });
    let random = SeededRandom::new(7);
    let signer = SigningKeyRecord::generate(Algorithm::EdDsa, Timestamp(0), &random);
    let claims = strongroom_engine::jwt::Json::parse(claims.to_string().as_bytes()).expect("JSON");
    let claims = claims.as_object().expect("an object").clone();
    let token = signer.expect("a key").open().expect("opens").sign(&claims).expect("signs");
    let anybody = setting.client(None);
    let login = json!({ "role": "app", "jwt": token.as_str() });
    let login = anybody.post("auth/jwt/login", login).is(200);
    assert_eq!(login.text("/auth/metadata/role"), "app");
    let mary = setting.client(Some(login.text("/auth/client_token")));
    assert_eq!(mary.get("auth/token/lookup-self").text("/data/meta/role"), "app");
    let signed = mary.get("identity/oidc/token/id").is(200);
    assert_eq!(signed.text("/data/client_id"), client_id);
    let shown = json!({ "token": signed.text("/data/token"), "client_id": client_id });
    assert_eq!(root.post("identity/oidc/introspect", shown).body, json!({ "active": true }));
    let other = json!({ "token": signed.text("/data/token"), "client_id": "other" });
    assert_eq!(root.post("identity/oidc/introspect", other).at("/active"), &json!(false));
    let document = anybody.get("identity/oidc/.well-known/openid-configuration").is(200);
    assert_eq!(document.text("/issuer"), format!("{ISSUER}/v1/identity/oidc"));
    let keys = anybody.get("identity/oidc/.well-known/keys").is(200);
    assert_eq!(keys.content_type, "application/json");
    assert_eq!(keys.at("/keys").as_array().map(Vec::len), Some(2));
    assert!(keys.at("/keys/0").get("d").is_none());
    for body in [
        json!({}),
        json!({ "role": "app" }),
        json!({ "role": "none", "jwt": token.as_str() }),
        json!({ "role": "app", "jwt": "a.b.c" }),
        json!({ "role": "app", "jwt": 7 }),
        json!({ "role": ["app"], "jwt": token.as_str() }),
    ] {
        anybody.post("auth/jwt/login", body).is(400);
    }
}

#[test]
fn signing_keys_are_managed_as_vault_does() {
    let setting = setting();
    let root = setting.root();
    assert_eq!(root.get("identity/oidc/config").text("/data/issuer"), "");
    root.post("identity/oidc/config", json!({ "issuer": "" })).is(204);
    root.post("identity/oidc/config", json!({ "issuer": "https://a/b" })).is(400);
    let warned = root.post("identity/oidc/config", json!({ "issuer": "https://a:1" })).is(200);
    assert_eq!(warned.at("/warnings").as_array().map(Vec::len), Some(1));
    root.list("identity/oidc/key").is(404);
    root.get("identity/oidc/key/k").is(404);
    let body = json!({ "name": "k", "rotation_period": "24h", "verification_ttl": 1_801,
        "allowed_client_ids": null, "algorithm": "ES256" });
    root.post("identity/oidc/key/k", body).is(204);
    root.post("identity/oidc/key/k", json!({ "verification_ttl": 1_800 })).is(204);
    let read = root.get("identity/oidc/key/k").is(200);
    assert_eq!(read.text("/data/algorithm"), "ES256");
    assert_eq!(read.at("/data/verification_ttl"), &json!(1_800));
    assert_eq!(read.at("/data/rotation_period"), &json!(86_400));
    root.post("identity/oidc/key/k/rotate", json!({})).is(204);
    root.post("identity/oidc/key/none/rotate", json!({})).is(400);
    root.post("identity/oidc/role/r", json!({ "key": "k", "ttl": 1_801 })).is(400);
    root.post("identity/oidc/role/r", json!({ "ttl": 60 })).is(400);
    root.post("identity/oidc/role/r", json!({ "key": "k", "ttl": 60 })).is(204);
    let used = root.delete("identity/oidc/key/k").is(400);
    assert!(used.text("/errors/0").contains("currently referenced by these roles: r"));
    assert_eq!(root.list("identity/oidc/role").at("/data/keys"), &json!(["r"]));
    root.delete("identity/oidc/role/r").is(204);
    root.delete("identity/oidc/key/k").is(204);
    for (name, body) in [
        ("x", json!({ "algorithm": "none" })),
        ("x", json!({ "algorithm": "HS256" })),
        ("x", json!({ "rotation_period": 59 })),
        ("x", json!({ "rotation_period": 60, "verification_ttl": 601 })),
        ("-x", json!({})),
        ("x y", json!({})),
    ] {
        root.post(&format!("identity/oidc/key/{}", name.replace(' ', "%20")), body).is(400);
    }
}

#[test]
fn a_login_by_browser_begins_with_an_address_and_ends_with_what_it_brings() {
    let setting = setting();
    let root = setting.root();
    mounted(&root);
    let config = json!({ "oidc_discovery_url": ISSUER, "oidc_client_id": "client",
        "oidc_client_secret": "s", "oidc_response_mode": "form_post" });
    root.post("auth/oidc/config", config).is(204);
    let uri = "https://localhost:8200/v1/auth/oidc/oidc/callback";
    let role = json!({ "user_claim": "sub", "allowed_redirect_uris": [uri] });
    root.post("auth/oidc/role/web", role).is(204);
    let anybody = setting.client(None);
    let begun = json!({ "role": "web", "redirect_uri": uri });
    let begun = anybody.post("auth/oidc/oidc/auth_url", begun).is(200);
    let url = begun.text("/data/auth_url");
    assert!(url.starts_with("https://issuer/authorize?client_id=client&"), "{url}");
    let state = url.split("&state=").nth(1).expect("a state").split('&').next().expect("one");
    let form = |body: &str| {
        let mut browser = setting.client(None);
        browser.headers.push(("content-type", "application/x-www-form-urlencoded".to_owned()));
        browser.send("POST", "auth/oidc/oidc/callback", body.as_bytes()).status
    };
    assert_eq!(form("state=none&code=c"), 400);
    assert_eq!(form("state=a&state=b"), 400);
    assert_eq!(form("error=access_denied"), 400);
    assert_eq!(form(&format!("state={state}&code=a%20b")), 200);
    assert_eq!(form(&format!("state={state}&code=other")), 400);
    // The provider does not take the code, and the state is used up.
    let path = format!("auth/oidc/oidc/callback?state={state}&nonce=&code=");
    let refused = anybody.get(&path).is(400);
    assert!(refused.text("/errors/0").contains("error exchanging oidc code"), "{refused:?}");
    let over = anybody.get(&path).is(400);
    assert!(over.text("/errors/0").contains("expired or missing OAuth state"), "{over:?}");
    for body in [
        json!({ "role": "web", "redirect_uri": "https://evil" }),
        json!({ "role": "none", "redirect_uri": uri }),
        json!({ "role": "web" }),
        json!({}),
    ] {
        anybody.post("auth/oidc/oidc/auth_url", body).is(400);
    }
    anybody.get("auth/oidc/oidc/callback").is(400);
    anybody.get("auth/oidc/oidc/callback?error=access_denied").is(400);
}

#[test]
fn only_whoever_may_configures_logins() {
    let setting = setting();
    let root = setting.root();
    mounted(&root);
    let nobody = setting.bearer("nobody", r#"path "secret/*" { capabilities = ["read"] }"#);
    for client in [nobody, setting.client(None)] {
        client.get("auth/jwt/config").is(403);
        client.post("auth/jwt/config", json!({ "jwks_url": "https://a" })).is(403);
        client.post("auth/jwt/role/app", json!({ "user_claim": "sub" })).is(403);
        client.get("auth/jwt/role/app").is(403);
        client.list("auth/jwt/role").is(403);
        client.delete("auth/jwt/role/app").is(403);
        client.post("identity/oidc/key/k", json!({})).is(403);
        client.get("identity/oidc/token/r").is(403);
        client.post("identity/oidc/introspect", json!({ "token": "x" })).is(403);
        client.post("auth/none/login", json!({})).is(403);
    }
    let answered: Value = root.get("auth/jwt/other").is(404).body;
    assert!(answered.to_string().contains("no handler for route"));
}
