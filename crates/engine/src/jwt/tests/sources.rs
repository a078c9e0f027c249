//! Where keys come from: when they are fetched, and when not.

use strongroom_core::time::Seconds;

use super::*;

const URL: &str = "https://issuer/keys";
const CONFIGURATION: &str = "https://issuer/.well-known/openid-configuration";

fn source() -> KeySource {
    KeySource::new(Origin::Jwks { url: URL.into(), ca_pem: None })
}

fn token(key: &SigningKey) -> String {
    key.sign(&claims("{}")).unwrap().to_string()
}

fn later(seconds: u64) -> Timestamp {
    NOW.plus(Seconds(seconds))
}

fn verify(
    source: &KeySource,
    token: &str,
    documents: &Documents,
    now: Timestamp,
) -> Result<(), JwtError> {
    source.verify(token, &Algorithms::all(), documents, now).map(|_| ())
}

#[test]
fn keys_are_fetched_once_and_again_when_they_are_old() {
    let (documents, source, key) =
        (Documents::default(), source(), signing_key(Algorithm::EdDsa, 1));
    documents.put(URL, jwks(&[&key]));
    for _ in 0..3 {
        assert_eq!(verify(&source, &token(&key), &documents, NOW), Ok(()));
    }
    assert_eq!(documents.take_asked(), 1);
    assert_eq!(verify(&source, &token(&key), &documents, later(KEYS_FRESH_SECS)), Ok(()));
    assert_eq!(documents.take_asked(), 0);
    // The issuer has taken the key back.
    documents.put(URL, r#"{"keys":[]}"#);
    let verified = verify(&source, &token(&key), &documents, later(KEYS_FRESH_SECS + 1));
    assert_eq!((verified, documents.take_asked()), (Err(JwtError::UnknownKey), 1));
}

#[test]
fn an_unknown_key_makes_the_issuer_be_asked_once_and_not_again_at_once() {
    let (documents, source) = (Documents::default(), source());
    let (old, new) = (signing_key(Algorithm::EdDsa, 1), signing_key(Algorithm::EdDsa, 2));
    documents.put(URL, jwks(&[&old]));
    assert_eq!(verify(&source, &token(&old), &documents, NOW), Ok(()));
    documents.put(URL, jwks(&[&old, &new]));
    documents.take_asked();
    // A flood right after a fetch asks nobody.
    for _ in 0..5 {
        let verified = verify(&source, &token(&new), &documents, NOW);
        assert_eq!(verified, Err(JwtError::UnknownKey));
    }
    assert_eq!(documents.take_asked(), 0);
    assert_eq!(verify(&source, &token(&new), &documents, later(REFETCH_SECS)), Ok(()));
    assert_eq!(verify(&source, &token(&old), &documents, later(REFETCH_SECS)), Ok(()));
    assert_eq!(documents.take_asked(), 1);
    let made_up = forged(&new, r#"{"alg":"EdDSA","kid":"made up"}"#, &claims("{}"));
    for second in 0..(3 * REFETCH_SECS) {
        let verified = verify(&source, &made_up, &documents, later(REFETCH_SECS + second));
        assert_eq!(verified, Err(JwtError::UnknownKey));
    }
    assert_eq!(documents.take_asked(), 2);
}

#[test]
fn a_forged_signature_of_a_known_key_asks_nobody() {
    let (documents, source) = (Documents::default(), source());
    let (ours, theirs) = (signing_key(Algorithm::EdDsa, 1), signing_key(Algorithm::EdDsa, 2));
    documents.put(URL, jwks(&[&ours]));
    assert_eq!(verify(&source, &token(&ours), &documents, NOW), Ok(()));
    documents.take_asked();
    let header = format!(r#"{{"alg":"EdDSA","kid":"{}"}}"#, ours.id());
    let verified = verify(&source, &forged(&theirs, &header, &claims("{}")), &documents, later(60));
    assert_eq!((verified, documents.take_asked()), (Err(JwtError::Signature), 0));
    // Without an identifier it may be of a key that is new.
    let unnamed = forged(&theirs, r#"{"alg":"EdDSA"}"#, &claims("{}"));
    let verified = verify(&source, &unnamed, &documents, later(60));
    assert_eq!((verified, documents.take_asked()), (Err(JwtError::Signature), 1));
}

#[test]
fn what_is_refused_by_its_form_or_algorithm_asks_nobody() {
    let (documents, source, key) =
        (Documents::default(), source(), signing_key(Algorithm::EdDsa, 1));
    let verified = source.verify(&token(&key), &Algorithms::default(), &documents, NOW);
    assert_eq!(verified.err(), Some(JwtError::Algorithm));
    assert_eq!(verify(&source, "a.b.c", &documents, NOW), Err(JwtError::Malformed));
    assert_eq!(documents.take_asked(), 0);
}

#[test]
fn while_the_issuer_is_away_its_keys_are_believed_for_a_day() {
    let (documents, source, key) =
        (Documents::default(), source(), signing_key(Algorithm::EdDsa, 1));
    documents.put(URL, jwks(&[&key]));
    assert_eq!(verify(&source, &token(&key), &documents, NOW), Ok(()));
    documents.remove(URL);
    assert_eq!(verify(&source, &token(&key), &documents, later(KEYS_USABLE_SECS)), Ok(()));
    assert_eq!(documents.take_asked(), 2);
    let too_late = later(KEYS_USABLE_SECS + REFETCH_SECS);
    let verified = verify(&source, &token(&key), &documents, too_late);
    assert_eq!(verified, Err(FetchError::Status(404).into()));
    let verified = verify(&source, &token(&key), &documents, too_late);
    assert_eq!(verified, Err(FetchError::TriedJustNow.into()));
}

#[test]
fn a_document_that_is_not_what_it_should_be_gives_no_keys() {
    let key = signing_key(Algorithm::EdDsa, 1);
    for (document, error) in [
        ("<html>".to_owned(), JwtError::Keys(KeySetError::Document)),
        (" ".repeat(DOCUMENT_BYTES_MAX + 1), JwtError::Fetch(FetchError::TooLarge)),
    ] {
        let (documents, source) = (Documents::default(), source());
        documents.put(URL, document);
        assert_eq!(verify(&source, &token(&key), &documents, NOW), Err(error));
    }
    let plain = KeySource::new(Origin::Jwks { url: "http://issuer/keys".into(), ca_pem: None });
    let documents = Documents::default();
    let verified = verify(&plain, &token(&key), &documents, NOW);
    assert_eq!((verified, documents.take_asked()), (Err(FetchError::Url.into()), 0));
}

#[test]
fn static_keys_are_never_fetched() {
    let (ours, theirs) = (signing_key(Algorithm::EdDsa, 1), signing_key(Algorithm::EdDsa, 2));
    let (documents, source) =
        (Documents::default(), KeySource::new(Origin::Static(key_set(&[&ours]).into())));
    assert_eq!(verify(&source, &token(&ours), &documents, NOW), Ok(()));
    assert_eq!(verify(&source, &token(&theirs), &documents, NOW), Err(JwtError::UnknownKey));
    assert_eq!(documents.take_asked(), 0);
}

#[test]
fn a_provider_is_discovered_and_must_be_who_it_was_said_to_be() {
    let key = signing_key(Algorithm::Rs256, 1);
    let configuration = |issuer: &str, keys: &str| {
        format!(r#"{{"issuer":"{issuer}","jwks_uri":"{keys}","other":[1,{{}}]}}"#)
    };
    let verified = |document: String| {
        let documents = Documents::default();
        documents.put(CONFIGURATION, document);
        documents.put(URL, jwks(&[&key]));
        let origin = Origin::Discovery { issuer: "https://issuer".into(), ca_pem: None };
        verify(&KeySource::new(origin), &token(&key), &documents, NOW)
    };
    assert_eq!(verified(configuration("https://issuer", URL)), Ok(()));
    for document in [
        configuration("https://issuer/", URL),
        configuration("https://evil.org", URL),
        configuration("https://issuer", "http://issuer/keys"),
        configuration("https://issuer", "file:///etc/passwd"),
        r#"{"issuer":"https://issuer"}"#.to_owned(),
        "[]".to_owned(),
    ] {
        assert_eq!(verified(document.clone()), Err(FetchError::Document.into()), "{document}");
    }
}

/// A server that is asked by us, verifies a token of ours, and so asks us again: no lock may be held, and whoever has
/// no keys of use must not be told to come back later.
#[test]
fn a_fetch_may_verify_with_the_same_source() {
    struct Recursive<'a>(&'a KeySource, &'a str, Documents, Timestamp);
    impl Fetch for Recursive<'_> {
        fn get(&self, url: &str, ca_pem: Option<&str>) -> Result<Vec<u8>, FetchError> {
            let inner = self.0.verify(self.1, &Algorithms::all(), &self.2, self.3);
            assert!(inner.is_ok(), "{inner:?}");
            self.2.get(url, ca_pem)
        }

        fn post_form(&self, request: &FormRequest<'_>) -> Result<Vec<u8>, FetchError> {
            self.2.post_form(request)
        }
    }
    let (source, key) = (source(), signing_key(Algorithm::EdDsa, 1));
    let token = token(&key);
    let mut now = NOW;
    for wait in [0, KEYS_FRESH_SECS + 1, KEYS_USABLE_SECS + 1] {
        let documents = Documents::default();
        documents.put(URL, jwks(&[&key]));
        now = now.plus(Seconds(wait));
        let fetch = Recursive(&source, &token, documents, now);
        assert!(source.verify(&token, &Algorithms::all(), &fetch, now).is_ok());
        assert_ne!(fetch.2.take_asked(), 0);
    }
}
