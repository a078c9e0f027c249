use std::fmt;
use std::sync::Arc;

use strongroom_core::secret::SecretValue;
use strongroom_core::transit::{
    DataKey, DataKeyBits, DecryptError, DecryptRequest, EncryptError, EncryptRequest, Encrypted,
    KeyType, NewKey, RewrapError, TransitKey,
};

use super::keys::made;
use super::{Asked, MISSING, TRANSIT, check_batch, damaged};
use crate::error::Error;
use crate::logical::Logical;
use crate::room::{Operation, Room};
use crate::transit_keys::KEYS;
use crate::witness::{Performed, Write};

/// What to encrypt.
pub struct EncryptItem {
    /// The plaintext.
    pub plaintext: SecretValue,
    /// Which derived key; empty for none.
    pub context: Vec<u8>,
    /// What decryption must be given again; empty for none.
    pub associated: Vec<u8>,
    /// The version to use; 0 for the latest.
    pub version: u32,
}

/// What to decrypt.
pub struct DecryptItem {
    /// `vault:v<version>:<base64>`
    pub ciphertext: String,
    /// As when it was encrypted.
    pub context: Vec<u8>,
    /// As when it was encrypted.
    pub associated: Vec<u8>,
}

/// What to encrypt anew.
pub struct RewrapItem {
    /// What it is.
    pub decrypt: DecryptItem,
    /// The version to use; 0 for the latest.
    pub version: u32,
}

/// Encrypt. A key that is not there is made, of Vault's default type or the one asked for, derived when the first item
/// has a context. Needs `update` on `<mount>/encrypt/<name>`, or `create` where there is no key.
#[derive(Debug)]
pub struct EncryptData {
    asked: Asked,
    key_type: KeyType,
    convergent: bool,
    items: Vec<EncryptItem>,
}

/// Decrypt. Needs `update` on `<mount>/decrypt/<name>`.
#[derive(Debug)]
pub struct DecryptData {
    asked: Asked,
    items: Vec<DecryptItem>,
}

/// Decrypt and encrypt anew. Needs `update` on `<mount>/rewrap/<name>`.
#[derive(Debug)]
pub struct RewrapData {
    asked: Asked,
    items: Vec<RewrapItem>,
}

/// How a data key is to be.
#[derive(Clone, Debug, Default)]
pub struct DataKeyRequest {
    /// Its length.
    pub bits: DataKeyBits,
    /// Whether its plaintext is wanted; if not, the caller needs no leave to see any.
    pub plaintext: bool,
    /// Which derived key encrypts it; empty for none.
    pub context: Vec<u8>,
    /// What decryption must be given again; empty for none.
    pub associated: Vec<u8>,
    /// The version to use; 0 for the latest.
    pub version: u32,
}

/// A new random key, encrypted. Needs `update` on `<mount>/datakey/plaintext/<name>`, or `.../wrapped/<name>`.
#[derive(Debug)]
pub struct GenerateDataKey {
    asked: Asked,
    request: DataKeyRequest,
}

impl EncryptData {
    /// With the key of this name; one that has to be made is of this type.
    #[must_use]
    pub fn new(mount: &str, name: &str, key_type: KeyType, items: Vec<EncryptItem>) -> Self {
        Self { asked: Asked::new(mount, "encrypt", name), key_type, convergent: false, items }
    }

    /// A key that has to be made is convergent, if `convergent`.
    #[must_use]
    pub fn convergent(self, convergent: bool) -> Self {
        Self { convergent, ..self }
    }

    /// The key that there is, or a new one with the batch that keeps it.
    fn key(
        &self,
        room: &Room<'_>,
        proof: &crate::witness::Authorized<Write>,
    ) -> Result<(Arc<TransitKey>, Option<strongroom_store::Batch>), Error> {
        let (mount, name) = (proof.location().mount, self.asked.name()?);
        if let Some(key) = room.transit_key(mount, name)? {
            return Ok((key, None));
        }
        let derived = self.items.first().is_some_and(|item| !item.context.is_empty());
        let convergent = self.convergent;
        let key = made(room, &NewKey { derived, convergent, ..NewKey::of(self.key_type) })?;
        let batch = room.put_transit_key(mount, name, &key, None)?;
        Ok((Arc::new(key), Some(batch)))
    }
}

impl DecryptData {
    /// With the key of this name.
    #[must_use]
    pub fn new(mount: &str, name: &str, items: Vec<DecryptItem>) -> Self {
        Self { asked: Asked::new(mount, "decrypt", name), items }
    }
}

impl RewrapData {
    /// With the key of this name.
    #[must_use]
    pub fn new(mount: &str, name: &str, items: Vec<RewrapItem>) -> Self {
        Self { asked: Asked::new(mount, "rewrap", name), items }
    }
}

impl GenerateDataKey {
    /// With the key of this name.
    #[must_use]
    pub fn new(mount: &str, name: &str, request: DataKeyRequest) -> Self {
        let verb = if request.plaintext { "datakey/plaintext" } else { "datakey/wrapped" };
        Self { asked: Asked::new(mount, verb, name), request }
    }
}

impl Operation for EncryptData {
    /// For each item, in their order.
    type Answer = Vec<Result<Encrypted, Error>>;

    const NAME: &'static str = "transit-encrypt";

    fn subject(&self) -> Option<&str> {
        Some(&self.asked.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<Self::Answer>, Error> {
        let record = format!("{KEYS}{}", self.asked.name);
        let holds = |keys: &Logical<'_>| keys.holds(&record);
        let proof = room.authorise_write_at(&self.asked.path, TRANSIT, holds)?;
        check_batch(&self.items)?;
        let (key, batch) = self.key(room, &proof)?;
        let encrypted = self.items.iter().map(|item| {
            let request = EncryptRequest {
                plaintext: item.plaintext.expose(),
                context: &item.context,
                associated: &item.associated,
                version: item.version,
            };
            Ok(key.encrypt(&request, room.random)?)
        });
        let answer: Self::Answer = encrypted.collect();
        // Nothing encrypted is no reason to keep a new key.
        let batch = batch.filter(|_| answer.iter().any(Result::is_ok));
        let performed = match batch {
            Some(batch) => Performed::change(answer, batch).naming("made", self.asked.name()?),
            None => Performed::read(answer),
        };
        Ok(performed.naming("items", self.items.len().to_string()))
    }
}

impl Operation for DecryptData {
    /// For each item, in their order.
    type Answer = Vec<Result<SecretValue, Error>>;

    const NAME: &'static str = "transit-decrypt";

    fn subject(&self) -> Option<&str> {
        Some(&self.asked.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<Self::Answer>, Error> {
        self.asked.of_each(
            room,
            &self.items,
            MISSING,
            |key, item| Ok(key.decrypt(&item.request())?),
        )
    }
}

impl Operation for RewrapData {
    /// For each item, in their order.
    type Answer = Vec<Result<Encrypted, Error>>;

    const NAME: &'static str = "transit-rewrap";

    fn subject(&self) -> Option<&str> {
        Some(&self.asked.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<Self::Answer>, Error> {
        self.asked.of_each(room, &self.items, MISSING, |key, item| {
            Ok(key.rewrap(&item.decrypt.request(), item.version, room.random)?)
        })
    }
}

impl Operation for GenerateDataKey {
    /// The key in plaintext when that was asked for, and encrypted.
    type Answer = (Option<SecretValue>, Encrypted);

    const NAME: &'static str = "transit-data-key";

    fn subject(&self) -> Option<&str> {
        Some(&self.asked.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<Self::Answer>, Error> {
        let proof = room.authorise_at::<Write>(&self.asked.path, TRANSIT)?;
        let key = self.asked.key(room, &proof, MISSING)?;
        let DataKeyRequest { bits, ref context, ref associated, version, .. } = self.request;
        let request = EncryptRequest { plaintext: b"", context, associated, version };
        let DataKey { plaintext, encrypted } = key.data_key(bits, &request, room.random)?;
        let version = encrypted.version;
        let plaintext = self.request.plaintext.then_some(plaintext);
        Ok(Performed::read((plaintext, encrypted)).of_version(version.into()))
    }
}

impl DecryptItem {
    fn request(&self) -> DecryptRequest<'_> {
        DecryptRequest {
            ciphertext: &self.ciphertext,
            context: &self.context,
            associated: &self.associated,
        }
    }
}

impl fmt::Debug for EncryptItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EncryptItem(..)")
    }
}

impl fmt::Debug for DecryptItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DecryptItem(..)")
    }
}

impl fmt::Debug for RewrapItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RewrapItem(..)")
    }
}

impl From<EncryptError> for Error {
    fn from(error: EncryptError) -> Self {
        match error {
            EncryptError::Material(_) => damaged(),
            other => Self::rule(other.to_string()),
        }
    }
}

impl From<DecryptError> for Error {
    fn from(error: DecryptError) -> Self {
        match error {
            DecryptError::Material(_) => damaged(),
            other => Self::rule(other.to_string()),
        }
    }
}

impl From<RewrapError> for Error {
    fn from(error: RewrapError) -> Self {
        match error {
            RewrapError::Decrypt(error) => error.into(),
            RewrapError::Encrypt(error) => error.into(),
        }
    }
}
