//! Issuers, and what becomes of their tokens.

mod bindings;
mod named_keys;
mod oidc;
mod sources;
mod vectors;
mod verifying;

use std::collections::BTreeMap;
use std::sync::Mutex;

use data_encoding::BASE64URL_NOPAD;
use strongroom_core::time::Timestamp;
use strongroom_testkit::SeededRandom;

use super::*;

/// When everything happens, in seconds and as a time.
const NOW_SECS: u64 = 1_800_000_000;
const NOW: Timestamp = Timestamp(NOW_SECS * 1_000);

/// A key of an issuer.
fn signing_key(algorithm: Algorithm, seed: u64) -> SigningKey {
    let random = SeededRandom::new(seed);
    SigningKeyRecord::generate(algorithm, NOW, &random).unwrap().open().unwrap()
}

/// The key set of these keys.
fn key_set(keys: &[&SigningKey]) -> KeySet {
    KeySet::from_jwks(jwks(keys).as_bytes()).unwrap()
}

fn jwks(keys: &[&SigningKey]) -> String {
    jwks_document(keys.iter().map(|key| key.public_jwk().unwrap()).collect())
}

/// The members of an object.
fn object(text: &str) -> BTreeMap<String, Json> {
    Json::parse(text.as_bytes()).unwrap().as_object().unwrap().clone()
}

/// Claims that are valid now, with these instead of theirs.
fn claims(instead: &str) -> BTreeMap<String, Json> {
    let mut claims = object(&format!(
        r#"{{"iss":"https://issuer","sub":"mary","aud":"strongroom","exp":{},"iat":{NOW_SECS}}}"#,
        NOW_SECS + 600
    ));
    claims.extend(object(instead));
    claims.retain(|_, value| *value != Json::Null);
    claims
}

/// A token of this header and these claims, signed by `key` whatever the header says.
fn forged(key: &SigningKey, header: &str, claims: &BTreeMap<String, Json>) -> String {
    let honest = key.sign(claims).unwrap();
    let payload = honest.split('.').nth(1).unwrap();
    let header = BASE64URL_NOPAD.encode(header.as_bytes());
    key.sign_text(&format!("{header}.{payload}"))
}

/// A form that was posted: where to, with which user and password, and its fields.
type Form = (String, Option<(String, String)>, BTreeMap<&'static str, String>);

/// Documents by their addresses, and what was asked for.
#[derive(Default)]
struct Documents {
    documents: Mutex<BTreeMap<String, String>>,
    asked: Mutex<Vec<String>>,
    forms: Mutex<Vec<Form>>,
}

impl Documents {
    fn put(&self, url: &str, document: impl Into<String>) {
        self.documents.lock().unwrap().insert(url.to_owned(), document.into());
    }

    fn remove(&self, url: &str) {
        self.documents.lock().unwrap().remove(url);
    }

    /// How often something was asked for, since the last time.
    fn take_asked(&self) -> usize {
        std::mem::take(&mut *self.asked.lock().unwrap()).len()
    }

    fn answer(&self, url: &str) -> Result<Vec<u8>, FetchError> {
        self.asked.lock().unwrap().push(url.to_owned());
        let documents = self.documents.lock().unwrap();
        documents.get(url).map(|text| text.clone().into_bytes()).ok_or(FetchError::Status(404))
    }
}

impl Fetch for Documents {
    fn get(&self, url: &str, _: Option<&str>) -> Result<Vec<u8>, FetchError> {
        self.answer(url)
    }

    fn post_form(&self, request: &FormRequest<'_>) -> Result<Vec<u8>, FetchError> {
        let fields = request.fields.iter().map(|(name, value)| (*name, value.to_string()));
        let basic = request.basic.as_ref().map(|(user, word)| (user.clone(), word.to_string()));
        let form = (request.url.to_owned(), basic, fields.collect());
        self.forms.lock().unwrap().push(form);
        self.answer(request.url)
    }
}
