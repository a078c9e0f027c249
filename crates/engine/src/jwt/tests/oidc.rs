//! The code flow, from the address that a browser is sent to, to the ID token.

use std::collections::BTreeSet;

use aws_lc_rs::digest::{SHA256, digest};
use strongroom_core::identifier::MountId;
use strongroom_core::secret::SecretValue;
use strongroom_core::time::Seconds;
use strongroom_core::token::TokenKey;

use super::*;

const CALLBACK: &str = "http://localhost:8250/oidc/callback";

fn provider(more: &str) -> (Provider, Documents) {
    let documents = Documents::default();
    let configuration = format!(
        r#"{{"issuer":"https://issuer","jwks_uri":"https://issuer/keys",
            "authorization_endpoint":"https://issuer/authorize?tenant=1",
            "token_endpoint":"https://issuer/token"{more}}}"#
    );
    documents.put("https://issuer/.well-known/openid-configuration", configuration);
    (Provider::discover("https://issuer", None, &documents).unwrap(), documents)
}

fn request(allowed: &[String]) -> StartRequest<'_> {
    StartRequest {
        client_id: "client 1",
        role: "dev",
        redirect_uri: CALLBACK,
        allowed_redirect_uris: allowed,
        scopes: &[],
        client_nonce: Some("abc"),
        response_mode: ResponseMode::Query,
        max_age: None,
    }
}

fn key() -> TokenKey {
    TokenKey::new(&[7; 32])
}

fn states(key: &TokenKey) -> StateKey<'_> {
    StateKey { key, mount: MountId::from_bytes([1; 16]) }
}

fn begun(provider: &Provider, request: &StartRequest<'_>) -> Result<Started, OidcError> {
    start(provider, request, states(&key()), NOW, &SeededRandom::new(1))
}

fn started() -> Started {
    begun(&provider("").0, &request(&[CALLBACK.to_owned()])).unwrap()
}

/// The fields of an address, as a form.
fn query(url: &str) -> BTreeMap<String, String> {
    let (_, query) = url.split_once('?').unwrap();
    let pairs = query.split('&').map(|pair| pair.split_once('=').unwrap());
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

#[test]
fn a_browser_is_sent_to_the_provider_with_a_state_a_nonce_and_a_challenge() {
    let started = started();
    let fields = query(&started.url);
    assert!(started.url.starts_with("https://issuer/authorize?tenant=1&"), "{}", started.url);
    assert_eq!(fields["client_id"], "client+1");
    assert_eq!(fields["redirect_uri"], "http%3A%2F%2Flocalhost%3A8250%2Foidc%2Fcallback");
    assert_eq!((&*fields["response_type"], &*fields["scope"]), ("code", "openid"));
    assert_eq!((&fields["state"], &*fields["nonce"]), (&started.state, started.pending.nonce()));
    assert_eq!(fields["code_challenge_method"], "S256");
    assert!(fields["state"].len() < 400, "{}", started.state);
    let verifier = started.pending.code_verifier();
    let challenge = BASE64URL_NOPAD.encode(digest(&SHA256, verifier.as_bytes()).as_ref());
    assert_eq!(fields["code_challenge"], challenge);
    assert!(!started.url.contains(verifier));
    let distinct = BTreeSet::from([&*started.state, started.pending.nonce(), verifier]);
    assert_eq!(distinct.len(), 3);
}

#[test]
fn scopes_age_and_mode_are_told_to_the_provider() {
    let (allowed, scopes) = ([CALLBACK.to_owned()], ["openid".to_owned(), "e mail".to_owned()]);
    let request = StartRequest {
        scopes: &scopes,
        response_mode: ResponseMode::FormPost,
        max_age: Some(Seconds(90)),
        ..request(&allowed)
    };
    let started = begun(&provider("").0, &request).unwrap();
    let fields = query(&started.url);
    assert_eq!(fields["scope"], "openid+e+mail");
    assert_eq!((&*fields["response_mode"], &*fields["max_age"]), ("form_post", "90"));
}

/// Vault's own identity tokens have a provider without logins, and hvac's tests begin one there.
#[test]
fn without_an_endpoint_for_logins_the_address_is_its_query() {
    let documents = Documents::default();
    let configuration = r#"{"issuer":"https://issuer","jwks_uri":"https://issuer/keys"}"#;
    documents.put("https://issuer/.well-known/openid-configuration", configuration);
    let provider = Provider::discover("https://issuer", None, &documents).unwrap();
    let allowed = [CALLBACK.to_owned()];
    let started = begun(&provider, &request(&allowed)).unwrap();
    assert!(started.url.starts_with("?client_id=client+1&"), "{}", started.url);
    let client = Client { id: "c".into(), secret: None, ca_pem: None };
    let exchanged = provider.exchange(&client, &started.pending, "code", &documents);
    assert_eq!(exchanged.err(), Some(OidcError::NoEndpoint));
}

#[test]
fn a_login_begins_for_listed_addresses_and_within_limits_only() {
    let (provider, _) = provider("");
    let allowed = [CALLBACK.to_owned()];
    let begun = |request: StartRequest<'_>| begun(&provider, &request).err();
    let evil = StartRequest { redirect_uri: "https://evil.org/", ..request(&allowed) };
    assert_eq!(begun(evil), Some(OidcError::RedirectUri));
    assert_eq!(begun(request(&[])), Some(OidcError::RedirectUri));
    let long = "n".repeat(4_097);
    let nonce = StartRequest { client_nonce: Some(&long), ..request(&allowed) };
    assert_eq!(begun(nonce), Some(OidcError::TooLarge));
    let scopes = vec!["s".to_owned(); 65];
    assert_eq!(
        begun(StartRequest { scopes: &scopes, ..request(&allowed) }),
        Some(OidcError::TooLarge)
    );
}

#[test]
fn a_login_is_of_its_client_and_ends() {
    let (key, state) = (key(), started().state);
    let login = states(&key).read(&state).unwrap();
    let check = |nonce, now| login.check(states(&key), nonce, now);
    let late = NOW.plus(Seconds(PENDING_LOGIN_SECS));
    assert_eq!(check(Some("abc"), NOW), Ok(()));
    assert_eq!(check(Some("abd"), NOW), Err(OidcError::ClientNonce));
    assert_eq!(check(None, NOW), Err(OidcError::ClientNonce));
    assert_eq!(check(Some("abc"), Timestamp(late.0 - 1)), Ok(()));
    assert_eq!(check(Some("abc"), late), Err(OidcError::State));
    assert_eq!((login.check_time(NOW), login.check_time(late)), (Ok(()), Err(OidcError::State)));
    assert_eq!(KeptCode::new("code").unwrap().code(), "code");
    assert!(KeptCode::new("").is_err() && KeptCode::new(&"c".repeat(4_097)).is_err());
    assert_ne!(PendingLogin::key("a"), PendingLogin::key("b"));
}

#[test]
fn a_state_is_read_as_it_was_made_and_by_its_mount_alone() {
    let (key, started) = (key(), started());
    let read = states(&key).read(&started.state).unwrap();
    assert_eq!((&*read.role, &*read.redirect_uri), ("dev", CALLBACK));
    assert_eq!(read.nonce(), started.pending.nonce());
    assert_eq!(read.code_verifier(), started.pending.code_verifier());
    assert_eq!(read.expires(), started.pending.expires());
    let refused = |states: StateKey<'_>, state: &str| {
        assert_eq!(states.read(state).err(), Some(OidcError::State), "{state}");
    };
    let other = MountId::from_bytes([2; 16]);
    refused(StateKey { key: &key, mount: other }, &started.state);
    refused(states(&TokenKey::new(&[8; 32])), &started.state);
    for state in ["", "made up", "AAAA", &"A".repeat(8_193), &format!("{}A", started.state)] {
        refused(states(&key), state);
    }
    let bytes = BASE64URL_NOPAD.decode(started.state.as_bytes()).unwrap();
    for place in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[place] ^= 1;
        refused(states(&key), &BASE64URL_NOPAD.encode(&changed));
    }
}

#[test]
fn debug_shows_no_secret() {
    let started = started();
    let shown = format!(
        "{started:?} {:?}",
        Client {
            id: "id".into(),
            secret: Some(SecretValue::new(b"canary".to_vec())),
            ca_pem: None,
        }
    );
    for secret in
        ["canary", &started.state, started.pending.nonce(), started.pending.code_verifier()]
    {
        assert!(!shown.contains(secret), "{shown}");
    }
}

fn exchanged(more: &str, secret: Option<&str>) -> (Result<String, OidcError>, Documents) {
    let (provider, documents) = provider(more);
    documents.put("https://issuer/token", r#"{"access_token":"a","id_token":"h.p.s"}"#);
    let secret = secret.map(|secret| SecretValue::new(secret.into()));
    let client = Client { id: "client 1".into(), secret, ca_pem: None };
    let token = provider.exchange(&client, &started().pending, "the code", &documents);
    (token.map(|token| token.to_string()), documents)
}

#[test]
fn the_code_is_exchanged_with_the_verifier_and_the_same_address() {
    let (token, documents) = exchanged("", Some("s:e/c"));
    assert_eq!(token, Ok("h.p.s".into()));
    let (url, basic, fields) = documents.forms.lock().unwrap().remove(0);
    assert_eq!(url, "https://issuer/token");
    assert_eq!(basic, Some(("client+1".into(), "s%3Ae%2Fc".into())));
    assert_eq!(fields["grant_type"], "authorization_code");
    assert_eq!((&*fields["code"], &*fields["redirect_uri"]), ("the code", CALLBACK));
    assert_eq!(fields["code_verifier"], started().pending.code_verifier());
    assert!(!fields.contains_key("client_secret"));

    let post = r#","token_endpoint_auth_methods_supported":["client_secret_post"]"#;
    let (_, documents) = exchanged(post, Some("secret"));
    let (_, basic, fields) = documents.forms.lock().unwrap().remove(0);
    assert_eq!((basic, &*fields["client_secret"]), (None, "secret"));

    let (_, documents) = exchanged("", None);
    let (_, basic, fields) = documents.forms.lock().unwrap().remove(0);
    assert_eq!((basic, &*fields["client_id"]), (None, "client 1"));
}

#[test]
fn an_answer_without_an_id_token_is_no_login() {
    let (provider, documents) = provider("");
    let client = Client { id: "c".into(), secret: None, ca_pem: None };
    let exchange =
        |code: &str| provider.exchange(&client, &started().pending, code, &documents).err();
    assert_eq!(exchange("code"), Some(OidcError::Exchange(FetchError::Status(404))));
    for answer in ["", "{}", r#"{"id_token":1}"#, r#"{"id_token":"a","id_token":"b"}"#, "[]"] {
        documents.put("https://issuer/token", answer);
        assert_eq!(exchange("code"), Some(OidcError::NoIdToken), "{answer}");
    }
    assert_eq!(exchange(""), Some(OidcError::TooLarge));
    assert_eq!(exchange(&"c".repeat(4_097)), Some(OidcError::TooLarge));
}

#[test]
fn an_id_token_is_checked_as_openid_connect_says() {
    let (provider, documents) = provider("");
    let key = signing_key(Algorithm::Rs256, 1);
    documents.put("https://issuer/keys", jwks(&[&key]));
    let keys = KeySource::new(Origin::Jwks { url: "https://issuer/keys".into(), ca_pem: None });
    let check = |instead: &str, audiences: &[&str]| {
        let bindings = Bindings {
            audiences: audiences.iter().map(|one| (*one).to_owned()).collect(),
            user_claim: "sub".into(),
            ..Bindings::default()
        };
        let rules = IdTokenRules {
            provider: &provider,
            keys: &keys,
            allowed: &Algorithms::default(),
            bindings: &bindings,
            client_id: "strongroom",
        };
        let claims = claims(&format!(r#"{{"nonce":"n-1"{instead}}}"#));
        rules.check(&key.sign(&claims).unwrap(), "n-1", &documents, NOW)
    };
    assert_eq!(check("", &[]).unwrap().user.as_str(), "mary");
    assert!(check("", &["strongroom"]).is_ok());
    assert!(check(r#","aud":["strongroom","b"],"azp":"strongroom""#, &["b"]).is_ok());
    for (instead, audiences, error) in [
        (r#","iss":"https://other""#, &[][..], JwtError::Issuer),
        (r#","iss":null"#, &[], JwtError::Issuer),
        (r#","aud":"other""#, &[], JwtError::Audience),
        (r#","aud":"other""#, &["other"], JwtError::Audience),
        (r#","aud":null"#, &[], JwtError::Audience),
        ("", &["other"], JwtError::Audience),
        (r#","aud":["strongroom","b"]"#, &[], JwtError::Audience),
        (r#","aud":["strongroom","b"],"azp":"b""#, &[], JwtError::Audience),
        (r#","azp":"b""#, &[], JwtError::Audience),
        (r#","exp":null"#, &[], JwtError::NoTimes),
        (r#","iat":null"#, &[], JwtError::NoTimes),
        (r#","exp":1"#, &[], JwtError::Expired),
        (r#","sub":null"#, &[], JwtError::MissingClaim("sub".into())),
    ] {
        assert_eq!(check(instead, audiences), Err(error), "{instead}");
    }
}

#[test]
fn an_id_token_of_another_login_is_refused() {
    let (provider, documents) = provider("");
    let key = signing_key(Algorithm::Rs256, 1);
    let keys = KeySource::new(Origin::Static(key_set(&[&key]).into()));
    let bindings = Bindings { user_claim: "sub".into(), ..Bindings::default() };
    let rules = IdTokenRules {
        provider: &provider,
        keys: &keys,
        allowed: &Algorithms::default(),
        bindings: &bindings,
        client_id: "strongroom",
    };
    for (claim, nonce) in
        [(r#""n-1""#, "n-2"), ("null", "n-1"), ("null", ""), (r#""""#, ""), (r#""N-1""#, "n-1")]
    {
        let token = key.sign(&claims(&format!(r#"{{"nonce":{claim}}}"#))).unwrap();
        let checked = rules.check(&token, nonce, &documents, NOW);
        assert_eq!(checked, Err(JwtError::Nonce), "{claim} {nonce}");
    }
}
