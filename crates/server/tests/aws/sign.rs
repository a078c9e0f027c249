//! Signature Version 4 as a client makes it, apart from the code that verifies it.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>

use aws_lc_rs::{digest, hmac};
use data_encoding::HEXLOWER;
use http::{Method, Request};
use strongroom_core::aws::sigv4::SigningTime;
use strongroom_core::time::Timestamp;

/// What a client signs with.
#[derive(Clone)]
pub(crate) struct Key {
    pub id: String,
    pub secret: String,
    pub token: Option<String>,
}

/// A request that is about to be signed. Its fields can be changed before.
pub(crate) struct Signing {
    pub key: Key,
    pub region: String,
    pub service: String,
    pub time: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Signing {
    pub fn new(key: &Key, region: &str, operation: &str, body: &[u8], now: Timestamp) -> Self {
        let time = SigningTime::from(now).to_string();
        let mut headers = vec![
            ("content-type".to_owned(), "application/x-amz-json-1.1".to_owned()),
            ("host".to_owned(), "localhost:8200".to_owned()),
            ("x-amz-date".to_owned(), time.clone()),
        ];
        if let Some(token) = &key.token {
            headers.push(("x-amz-security-token".to_owned(), token.clone()));
        }
        headers.push(("x-amz-target".to_owned(), format!("secretsmanager.{operation}")));
        Self {
            key: key.clone(),
            region: region.to_owned(),
            service: "secretsmanager".to_owned(),
            time,
            headers,
            body: body.to_vec(),
        }
    }

    /// The value of the `Authorization` header field.
    pub fn authorization(&self) -> String {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        let lines: String =
            self.headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
        let names = names.join(";");
        let canonical = format!("POST\n/\n\n{lines}\n{names}\n{}", hash(&self.body));
        let day = &self.time[..8];
        let scope = format!("{day}/{}/{}/aws4_request", self.region, self.service);
        let text =
            format!("AWS4-HMAC-SHA256\n{}\n{scope}\n{}", self.time, hash(canonical.as_bytes()));
        let mut key = format!("AWS4{}", self.key.secret).into_bytes();
        for part in [day, &self.region, &self.service, "aws4_request"] {
            key = mac(&key, part.as_bytes());
        }
        let signature = HEXLOWER.encode(&mac(&key, text.as_bytes()));
        format!(
            "AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={names}, Signature={signature}",
            self.key.id
        )
    }

    pub fn request(&self) -> Request<Vec<u8>> {
        self.with_authorization(&self.authorization())
    }

    pub fn with_authorization(&self, authorization: &str) -> Request<Vec<u8>> {
        let mut request = Request::builder().method(Method::POST).uri("/");
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let request = request.header("authorization", authorization);
        request.body(self.body.clone()).expect("a request")
    }
}

fn hash(bytes: &[u8]) -> String {
    HEXLOWER.encode(digest::digest(&digest::SHA256, bytes).as_ref())
}

fn mac(key: &[u8], text: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text).as_ref().to_vec()
}
