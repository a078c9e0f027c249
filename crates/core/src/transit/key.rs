//! A named key with its versions, as stored.

use std::sync::OnceLock;

use zeroize::Zeroizing;

use super::backup::BackupMoment;
use super::configure::AUTO_ROTATE_SECS_MIN;
use super::key_type::{Family, KeyType};
use super::material::{HMAC_KEY_BYTES, KeyMaterial, MaterialError, Prepared};
use super::{HMAC_KEY_BYTES_MAX, HMAC_KEY_BYTES_MIN, KEY_VERSIONS_MAX};
use crate::random::Random;
use crate::time::{Seconds, Timestamp};

/// What a version's record takes beside its material, in bytes, and more.
const VERSION_OVERHEAD_BYTES: usize = 64;

/// A key. It holds secrets: [`Self::encode`] is for an encrypted record only.
#[derive(Debug, minicbor::Encode, minicbor::Decode)]
pub struct TransitKey {
    #[n(0)]
    pub(super) key_type: KeyType,
    #[n(1)]
    pub(super) derived: bool,
    #[n(2)]
    pub(super) convergent: bool,
    #[n(3)]
    pub(super) exportable: bool,
    #[n(4)]
    pub(super) allow_plaintext_backup: bool,
    #[n(5)]
    pub(super) deletion_allowed: bool,
    /// 0: never.
    #[n(6)]
    pub(super) auto_rotate_period: Seconds,
    /// 1 to the latest.
    #[n(7)]
    pub(super) min_decryption_version: u32,
    /// 0, or the minimum for decryption to the latest.
    #[n(8)]
    pub(super) min_encryption_version: u32,
    /// 0 before the first trim; else the oldest version kept.
    #[n(9)]
    pub(super) min_available_version: u32,
    #[n(10)]
    pub(super) latest_version: u32,
    /// The length of the keys of type `hmac`, in bytes; 0 for other types.
    #[n(11)]
    pub(super) hmac_key_bytes: u16,
    /// Without gaps, the latest last.
    #[n(12)]
    pub(super) versions: Vec<KeyVersion>,
    #[n(13)]
    pub(super) backed_up: Option<BackupMoment>,
    #[n(14)]
    pub(super) restored: Option<BackupMoment>,
}

/// One version of a key.
#[derive(Debug, minicbor::Encode, minicbor::Decode)]
pub struct KeyVersion {
    #[n(0)]
    created: Timestamp,
    #[n(1)]
    material: KeyMaterial,
    /// Empty for type `hmac`, whose material is its HMAC key.
    #[n(2)]
    hmac_key: KeyMaterial,
    #[cbor(skip)]
    prepared: OnceLock<Prepared>,
}

/// What a new key shall be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewKey {
    /// Its type, for good.
    pub key_type: KeyType,
    /// A key of its own for each context, for good.
    pub derived: bool,
    /// Equal ciphertexts for equal plaintexts in one context, for good.
    pub convergent: bool,
    /// Whether key material may be exported.
    pub exportable: bool,
    /// Whether it may be backed up in plaintext.
    pub allow_plaintext_backup: bool,
    /// How old a version gets before the key is due for rotation; 0 for never.
    pub auto_rotate_period: Seconds,
    /// The length of a key of type `hmac` in bytes; 0 for Vault's default, 32.
    pub hmac_key_bytes: usize,
}

/// A key cannot be made as asked. Texts are Vault's where it has one.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CreateError {
    /// Convergent encryption needs derivation.
    #[error("convergent encryption requires derivation to be enabled")]
    ConvergentWithoutDerivation,
    /// The type is not derived.
    #[error("key derivation and convergent encryption not supported for keys of type {0}")]
    DerivationUnsupported(KeyType),
    /// The type does not encrypt convergently.
    #[error("convergent encryption not supported for keys of type {0}")]
    ConvergentUnsupported(KeyType),
    /// The period is too short.
    #[error("auto rotate period must be 0 to disable or at least an hour")]
    AutoRotatePeriod,
    /// A length was given for another type than `hmac`.
    #[error("key_size is only allowed for keys of type hmac")]
    KeySizeForOtherType,
    /// The length is out of range.
    #[error(
        "invalid key size for HMAC key, must be between {HMAC_KEY_BYTES_MIN} and {HMAC_KEY_BYTES_MAX} bytes"
    )]
    KeySize,
    /// aws-lc made no key.
    #[error("the key could not be generated")]
    Generation,
}

/// A record is not that of a key.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// It does not decode.
    #[error("the record of a transit key is malformed")]
    Malformed,
    /// Its fields contradict each other.
    #[error("the record of a transit key contradicts itself")]
    Inconsistent,
}

impl TransitKey {
    /// A key with version 1.
    ///
    /// # Errors
    /// [`CreateError`]
    pub fn new(new: &NewKey, now: Timestamp, random: &dyn Random) -> Result<Self, CreateError> {
        let hmac_key_bytes = new.check()?;
        let version = KeyVersion::generate(new.key_type, hmac_key_bytes, now, random)
            .map_err(|MaterialError| CreateError::Generation)?;
        Ok(Self {
            key_type: new.key_type,
            derived: new.derived,
            convergent: new.convergent,
            exportable: new.exportable,
            allow_plaintext_backup: new.allow_plaintext_backup,
            deletion_allowed: false,
            auto_rotate_period: new.auto_rotate_period,
            min_decryption_version: 1,
            min_encryption_version: 0,
            min_available_version: 0,
            latest_version: 1,
            hmac_key_bytes,
            versions: vec![version],
            backed_up: None,
            restored: None,
        })
    }

    /// The record, in CBOR with numbered fields.
    #[must_use]
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        // Room for all of it from the start: a buffer that grew would leave copies of keys behind.
        let sizes = self.versions.iter().map(|version| {
            version.material.len() + version.hmac_key.len() + VERSION_OVERHEAD_BYTES
        });
        let mut record = Zeroizing::new(Vec::with_capacity(256 + sizes.sum::<usize>()));
        #[expect(clippy::expect_used, reason = "a `Vec` takes every byte")]
        minicbor::encode(self, &mut *record).expect("encoding into memory does not fail");
        record
    }

    /// # Errors
    /// [`RecordError`]
    pub fn decode(record: &[u8]) -> Result<Self, RecordError> {
        let mut decoder = minicbor::Decoder::new(record);
        let key: Self = decoder.decode().map_err(|_| RecordError::Malformed)?;
        if decoder.position() != record.len() {
            return Err(RecordError::Malformed);
        }
        if key.is_consistent() { Ok(key) } else { Err(RecordError::Inconsistent) }
    }

    /// Its type.
    #[must_use]
    pub fn key_type(&self) -> KeyType {
        self.key_type
    }

    /// Whether each context has a key of its own.
    #[must_use]
    pub fn is_derived(&self) -> bool {
        self.derived
    }

    /// Whether equal plaintexts in one context have equal ciphertexts.
    #[must_use]
    pub fn is_convergent(&self) -> bool {
        self.convergent
    }

    /// Whether key material may be exported.
    #[must_use]
    pub fn is_exportable(&self) -> bool {
        self.exportable
    }

    /// Whether it may be backed up in plaintext.
    #[must_use]
    pub fn allows_plaintext_backup(&self) -> bool {
        self.allow_plaintext_backup
    }

    /// Whether the key may be deleted.
    #[must_use]
    pub fn is_deletion_allowed(&self) -> bool {
        self.deletion_allowed
    }

    /// How old a version gets before the key is due for rotation; 0 for never.
    #[must_use]
    pub fn auto_rotate_period(&self) -> Seconds {
        self.auto_rotate_period
    }

    /// The oldest version that decrypts and verifies.
    #[must_use]
    pub fn min_decryption_version(&self) -> u32 {
        self.min_decryption_version
    }

    /// The oldest version that encrypts and signs when it is asked for; 0 when no minimum was set.
    #[must_use]
    pub fn min_encryption_version(&self) -> u32 {
        self.min_encryption_version
    }

    /// The oldest version kept; 0 before the first trim.
    #[must_use]
    pub fn min_available_version(&self) -> u32 {
        self.min_available_version
    }

    /// The newest version.
    #[must_use]
    pub fn latest_version(&self) -> u32 {
        self.latest_version
    }

    /// The length of the keys of type `hmac`, in bytes; `None` for other types.
    #[must_use]
    pub fn hmac_key_bytes(&self) -> Option<u16> {
        (self.hmac_key_bytes != 0).then_some(self.hmac_key_bytes)
    }

    /// When it was last backed up, and its latest version then.
    #[must_use]
    pub fn backed_up(&self) -> Option<BackupMoment> {
        self.backed_up
    }

    /// When it was restored, and its latest version then.
    #[must_use]
    pub fn restored(&self) -> Option<BackupMoment> {
        self.restored
    }

    /// The versions that may be used with their numbers, oldest first: from the minimum for decryption on.
    pub fn usable_versions(&self) -> impl Iterator<Item = (u32, &KeyVersion)> + '_ {
        let numbers = self.first_version()..=self.latest_version;
        let minimum = self.min_decryption_version;
        numbers.zip(&self.versions).filter(move |(number, _)| *number >= minimum)
    }

    /// A version that may be used.
    pub(super) fn usable_version(&self, number: u32) -> Option<&KeyVersion> {
        if number < self.min_decryption_version {
            return None;
        }
        let index = number.checked_sub(self.first_version())?;
        self.versions.get(usize::try_from(index).ok()?)
    }

    pub(super) fn first_version(&self) -> u32 {
        self.min_available_version.max(1)
    }

    pub(super) fn push_version(
        &mut self,
        now: Timestamp,
        random: &dyn Random,
    ) -> Result<(), MaterialError> {
        let latest = self.latest_version.checked_add(1).ok_or(MaterialError)?;
        let version = KeyVersion::generate(self.key_type, self.hmac_key_bytes, now, random)?;
        self.versions.push(version);
        self.latest_version = latest;
        Ok(())
    }

    pub(super) fn newest(&self) -> Option<&KeyVersion> {
        self.versions.last()
    }

    fn is_consistent(&self) -> bool {
        let family = self.key_type.family();
        let supports = self.key_type.supports();
        let kept = self.latest_version.checked_sub(self.first_version()).map(u64::from);
        let count = u64::try_from(self.versions.len()).ok();
        let (decryption, encryption) = (self.min_decryption_version, self.min_encryption_version);
        let available = self.min_available_version;
        let length = usize::from(self.hmac_key_bytes);

        self.versions.len() <= KEY_VERSIONS_MAX
            && kept.map(|kept| kept + 1) == count
            && (1..=self.latest_version).contains(&decryption)
            && (encryption == 0 || (decryption..=self.latest_version).contains(&encryption))
            && (available == 0 || (available <= decryption && available <= encryption))
            && (!self.derived || supports.derivation)
            && (!self.convergent || (self.derived && supports.convergent))
            && is_auto_rotate_period(self.auto_rotate_period)
            && match family {
                Family::Hmac => family.has_length(length),
                _ => length == 0,
            }
            && self.versions.iter().all(|version| version.has_lengths(self.key_type))
    }
}

impl KeyVersion {
    fn generate(
        key_type: KeyType,
        hmac_key_bytes: u16,
        created: Timestamp,
        random: &dyn Random,
    ) -> Result<Self, MaterialError> {
        let family = key_type.family();
        let hmac_length = if matches!(family, Family::Hmac) { 0 } else { HMAC_KEY_BYTES };
        Ok(Self {
            created,
            material: family.generate(usize::from(hmac_key_bytes), random)?,
            hmac_key: KeyMaterial::random(hmac_length, random),
            prepared: OnceLock::new(),
        })
    }

    #[cfg(test)]
    pub(super) fn with_material(material: Vec<u8>, hmac_key: Vec<u8>) -> Self {
        Self {
            created: Timestamp(0),
            material: KeyMaterial::new(material),
            hmac_key: KeyMaterial::new(hmac_key),
            prepared: OnceLock::new(),
        }
    }

    /// When it was made.
    #[must_use]
    pub fn created(&self) -> Timestamp {
        self.created
    }

    pub(super) fn material(&self) -> &KeyMaterial {
        &self.material
    }

    /// The key of its HMACs.
    pub(super) fn hmac_key(&self) -> &[u8] {
        if self.hmac_key.len() == 0 { self.material.expose() } else { self.hmac_key.expose() }
    }

    /// The material parsed, once.
    pub(super) fn prepared(&self, key_type: KeyType) -> Result<&Prepared, MaterialError> {
        if let Some(prepared) = self.prepared.get() {
            return Ok(prepared);
        }
        let prepared = key_type.family().prepare(&self.material)?;
        Ok(self.prepared.get_or_init(|| prepared))
    }

    fn has_lengths(&self, key_type: KeyType) -> bool {
        let family = key_type.family();
        let hmac_length = if matches!(family, Family::Hmac) { 0 } else { HMAC_KEY_BYTES };
        family.has_length(self.material.len()) && self.hmac_key.len() == hmac_length
    }
}

impl NewKey {
    /// A key of this type with Vault's defaults: not derived, not exportable, not rotated by itself.
    #[must_use]
    pub fn of(key_type: KeyType) -> Self {
        Self {
            key_type,
            derived: false,
            convergent: false,
            exportable: false,
            allow_plaintext_backup: false,
            auto_rotate_period: Seconds(0),
            hmac_key_bytes: 0,
        }
    }

    /// The length of the HMAC keys if that is its type, else 0.
    fn check(&self) -> Result<u16, CreateError> {
        let supports = self.key_type.supports();
        if (self.derived || self.convergent) && !supports.derivation {
            return Err(CreateError::DerivationUnsupported(self.key_type));
        }
        if self.convergent && !supports.convergent {
            return Err(CreateError::ConvergentUnsupported(self.key_type));
        }
        if self.convergent && !self.derived {
            return Err(CreateError::ConvergentWithoutDerivation);
        }
        if !is_auto_rotate_period(self.auto_rotate_period) {
            return Err(CreateError::AutoRotatePeriod);
        }
        match (self.key_type.family(), self.hmac_key_bytes) {
            (Family::Hmac, length) => {
                let length = if length == 0 { HMAC_KEY_BYTES } else { length };
                let fits = self.key_type.family().has_length(length);
                u16::try_from(length).ok().filter(|_| fits).ok_or(CreateError::KeySize)
            }
            (_, 0) => Ok(0),
            _ => Err(CreateError::KeySizeForOtherType),
        }
    }
}

/// 0 for never, or at least an hour.
pub(super) fn is_auto_rotate_period(period: Seconds) -> bool {
    period.0 == 0 || period.0 >= AUTO_ROTATE_SECS_MIN
}
