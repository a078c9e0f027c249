//! Somebody who signs tokens.

use std::collections::BTreeMap;
use std::sync::Mutex;

use strongroom_core::time::Timestamp;
use strongroom_engine::jwt::{
    Algorithm, Fetch, FetchError, FormRequest, Json, SigningKey, SigningKeyRecord, jwks_document,
};
use strongroom_testkit::{SeededRandom, TestRoom};

pub const ISSUER: &str = "https://issuer";

/// An OpenID provider.
pub struct Issuer {
    key: SigningKey,
    /// What its endpoint for codes answers.
    pub answer: Mutex<Option<String>>,
    /// What was asked of it.
    pub asked: Mutex<Vec<String>>,
    /// The forms that it was sent.
    pub forms: Mutex<Vec<BTreeMap<&'static str, String>>>,
}

impl Issuer {
    pub fn new() -> Self {
        let random = SeededRandom::new(7);
        let key = SigningKeyRecord::generate(Algorithm::EdDsa, Timestamp(0), &random)
            .expect("a key")
            .open()
            .expect("opens");
        let (answer, asked, forms) = Default::default();
        Self { key, answer, asked, forms }
    }

    /// A token that is valid now, with these claims beside the usual ones.
    pub fn token(&self, room: &TestRoom, claims: &str) -> String {
        let now = room.clock_now().0 / 1_000;
        let usual = format!(
            r#"{{"iss":"{ISSUER}","aud":"strongroom","groups":[],"iat":{now},"exp":{}}}"#,
            now + 600
        );
        let mut all = object(&usual);
        all.extend(object(claims));
        self.key.sign(&all).expect("signs").to_string()
    }

    fn document(&self, url: &str) -> Result<Vec<u8>, FetchError> {
        self.asked.lock().expect("a lock").push(url.to_owned());
        match url.strip_prefix(ISSUER) {
            Some("/keys") => {
                let jwk = self.key.public_jwk().expect("a key");
                Ok(jwks_document(vec![jwk]).into_bytes())
            }
            Some("/.well-known/openid-configuration") => Ok(format!(
                r#"{{"issuer":"{ISSUER}","jwks_uri":"{ISSUER}/keys",
                    "authorization_endpoint":"{ISSUER}/authorize","token_endpoint":"{ISSUER}/token"}}"#
            )
            .into_bytes()),
            _ => Err(FetchError::Status(404)),
        }
    }
}

impl Fetch for Issuer {
    fn get(&self, url: &str, _: Option<&str>) -> Result<Vec<u8>, FetchError> {
        self.document(url)
    }

    fn post_form(&self, request: &FormRequest<'_>) -> Result<Vec<u8>, FetchError> {
        let fields = request.fields.iter().map(|(name, value)| (*name, value.to_string()));
        self.forms.lock().expect("a lock").push(fields.collect());
        let answer = self.answer.lock().expect("a lock").clone();
        answer.map(String::into_bytes).ok_or(FetchError::Status(400))
    }
}

fn object(text: &str) -> BTreeMap<String, Json> {
    let json = Json::parse(text.as_bytes()).expect("JSON");
    json.as_object().expect("an object").clone()
}
