use std::fmt;

use strongroom_core::transit::{
    HashAlgorithm, HmacError, HmacVerifyError, SaltTries, SignError, SignRequest, SignatureError,
    SignatureOptions, Signed, VerifyError, VerifyRequest,
};

use super::{Asked, MISSING, damaged};
use crate::error::Error;
use crate::room::{Operation, Room};
use crate::witness::Performed;

/// What to sign.
pub struct SignItem {
    /// The input.
    pub input: Vec<u8>,
    /// Which derived key; empty for none.
    pub context: Vec<u8>,
}

/// What to verify.
pub struct VerifyItem {
    /// What was signed.
    pub item: SignItem,
    /// `vault:v<version>:<base64>`
    pub signature: String,
}

/// What to verify by its HMAC.
pub struct HmacItem {
    /// What was authenticated.
    pub input: Vec<u8>,
    /// `vault:v<version>:<base64>`
    pub hmac: String,
}

/// Sign. Needs `update` on `<mount>/sign/<name>`, with the hash behind it when the path names one.
#[derive(Debug)]
pub struct SignData {
    asked: Asked,
    options: SignatureOptions,
    version: u32,
    items: Vec<SignItem>,
}

/// Verify signatures. Needs `update` on `<mount>/verify/<name>`, with the hash behind it when the path names one.
#[derive(Debug)]
pub struct VerifyData {
    asked: Asked,
    options: SignatureOptions,
    items: Vec<VerifyItem>,
}

/// Make HMACs. Needs `update` on `<mount>/hmac/<name>`, with the hash behind it when the path names one.
pub struct HmacData {
    asked: Asked,
    hash: HashAlgorithm,
    version: u32,
    inputs: Vec<Vec<u8>>,
}

/// Verify HMACs. Needs `update` on `<mount>/verify/<name>`, with the hash behind it when the path names one.
#[derive(Debug)]
pub struct VerifyHmac {
    asked: Asked,
    hash: HashAlgorithm,
    items: Vec<HmacItem>,
}

impl SignData {
    /// With the key of this name and `version`, 0 for the latest. `path_hash` is the hash that the path names.
    #[must_use]
    pub fn new(
        mount: &str,
        name: &str,
        path_hash: Option<&str>,
        options: SignatureOptions,
        version: u32,
        items: Vec<SignItem>,
    ) -> Self {
        Self { asked: asked(mount, "sign", name, path_hash), options, version, items }
    }
}

impl VerifyData {
    /// With the key of this name. `path_hash` is the hash that the path names.
    #[must_use]
    pub fn new(
        mount: &str,
        name: &str,
        path_hash: Option<&str>,
        options: SignatureOptions,
        items: Vec<VerifyItem>,
    ) -> Self {
        Self { asked: asked(mount, "verify", name, path_hash), options, items }
    }
}

impl HmacData {
    /// With the key of this name and `version`, 0 for the latest. `path_hash` is the hash that the path names.
    #[must_use]
    pub fn new(
        mount: &str,
        name: &str,
        path_hash: Option<&str>,
        hash: HashAlgorithm,
        version: u32,
        inputs: Vec<Vec<u8>>,
    ) -> Self {
        Self { asked: asked(mount, "hmac", name, path_hash), hash, version, inputs }
    }
}

impl VerifyHmac {
    /// With the key of this name. `path_hash` is the hash that the path names.
    #[must_use]
    pub fn new(
        mount: &str,
        name: &str,
        path_hash: Option<&str>,
        hash: HashAlgorithm,
        items: Vec<HmacItem>,
    ) -> Self {
        Self { asked: asked(mount, "verify", name, path_hash), hash, items }
    }
}

fn asked(mount: &str, verb: &str, name: &str, path_hash: Option<&str>) -> Asked {
    let asked = Asked::new(mount, verb, name);
    path_hash.map_or_else(|| asked.clone(), |hash| asked.clone().with(hash))
}

impl Operation for SignData {
    /// For each item, in their order.
    type Answer = Vec<Result<Signed, Error>>;

    const NAME: &'static str = "transit-sign";

    fn subject(&self) -> Option<&str> {
        Some(&self.asked.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<Self::Answer>, Error> {
        self.asked.of_each(room, &self.items, "signing key not found", |key, item| {
            let request = SignRequest {
                input: &item.input,
                context: &item.context,
                version: self.version,
                options: self.options,
            };
            Ok(key.sign(&request)?)
        })
    }
}

impl Operation for VerifyData {
    /// For each item, in their order.
    type Answer = Vec<Result<bool, Error>>;

    const NAME: &'static str = "transit-verify";

    fn subject(&self) -> Option<&str> {
        Some(&self.asked.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<Self::Answer>, Error> {
        let mut tries = SaltTries::of_a_request();
        let missing = "signature verification key not found";
        self.asked.of_each(room, &self.items, missing, |key, VerifyItem { item, signature }| {
            let request = VerifyRequest {
                input: &item.input,
                context: &item.context,
                signature,
                options: self.options,
            };
            Ok(key.verify_within(&request, &mut tries)?)
        })
    }
}

impl Operation for HmacData {
    /// For each input, in their order.
    type Answer = Vec<Result<String, Error>>;

    const NAME: &'static str = "transit-hmac";

    fn subject(&self) -> Option<&str> {
        Some(&self.asked.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<Self::Answer>, Error> {
        self.asked.of_each(room, &self.inputs, MISSING, |key, input| {
            Ok(key.hmac(input, self.hash, self.version)?)
        })
    }
}

impl Operation for VerifyHmac {
    /// For each item, in their order.
    type Answer = Vec<Result<bool, Error>>;

    const NAME: &'static str = "transit-verify-hmac";

    fn subject(&self) -> Option<&str> {
        Some(&self.asked.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<Self::Answer>, Error> {
        self.asked.of_each(room, &self.items, MISSING, |key, item| {
            Ok(key.verify_hmac(&item.input, self.hash, &item.hmac)?)
        })
    }
}

impl fmt::Debug for SignItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SignItem(..)")
    }
}

impl fmt::Debug for VerifyItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VerifyItem(..)")
    }
}

impl fmt::Debug for HmacItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HmacItem(..)")
    }
}

impl fmt::Debug for HmacData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HmacData").field("asked", &self.asked).finish_non_exhaustive()
    }
}

impl From<SignError> for Error {
    fn from(error: SignError) -> Self {
        match error {
            SignError::Signature(SignatureError::Material(_)) => damaged(),
            other => Self::rule(other.to_string()),
        }
    }
}

impl From<VerifyError> for Error {
    fn from(error: VerifyError) -> Self {
        match error {
            VerifyError::Signature(SignatureError::Material(_)) => damaged(),
            other => Self::rule(other.to_string()),
        }
    }
}

impl From<HmacError> for Error {
    fn from(error: HmacError) -> Self {
        Self::rule(error.to_string())
    }
}

impl From<HmacVerifyError> for Error {
    fn from(error: HmacVerifyError) -> Self {
        Self::rule(error.to_string())
    }
}
