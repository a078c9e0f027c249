//! A whole key as a text, and back.
//!
//! ```text
//! backup = base64(CBOR [ "strongroom-transit-backup-1", name, record of the key ])
//! ```
//! It is in plaintext: who has it has the key.

use data_encoding::BASE64;
use zeroize::Zeroizing;

use super::BACKUP_BYTES_MAX;
use super::key::TransitKey;
use super::material::KeyMaterial;
use crate::secret::SecretValue;
use crate::time::Timestamp;

const FORMAT: &str = "strongroom-transit-backup-1";

/// When a key was backed up or restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub struct BackupMoment {
    /// When.
    #[n(0)]
    pub time: Timestamp,
    /// Its latest version then.
    #[n(1)]
    pub version: u32,
}

/// A key cannot be backed up. The texts are Vault's.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum BackupError {
    /// The key was not made exportable.
    #[error("exporting is disallowed on the policy")]
    NotExportable,
    /// The key was not made for it.
    #[error("plaintext backup is disallowed on the policy")]
    NotAllowed,
}

/// A text is no backup of a key.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RestoreError {
    /// It is too long.
    #[error("the backup is longer than {BACKUP_BYTES_MAX} bytes")]
    TooLong,
    /// It is not of this form.
    #[error("the backup is malformed")]
    Malformed,
    /// The key in it is damaged.
    #[error("the key in the backup is damaged")]
    Key,
}

#[derive(minicbor::Encode, minicbor::Decode)]
struct Document {
    #[n(0)]
    format: String,
    #[n(1)]
    name: String,
    #[n(2)]
    record: KeyMaterial,
}

impl TransitKey {
    /// The key with all its versions as a text. The moment is noted in the key, and so in the backup.
    ///
    /// # Errors
    /// [`BackupError`]
    pub fn back_up(&mut self, name: &str, now: Timestamp) -> Result<SecretValue, BackupError> {
        if !self.exportable {
            return Err(BackupError::NotExportable);
        }
        if !self.allow_plaintext_backup {
            return Err(BackupError::NotAllowed);
        }
        self.backed_up = Some(BackupMoment { time: now, version: self.latest_version });
        let record = KeyMaterial::new(std::mem::take(&mut *self.encode()));
        let room = record.len() + FORMAT.len() + name.len() + 32;
        let document = Document { format: FORMAT.to_owned(), name: name.to_owned(), record };
        let mut bytes = Zeroizing::new(Vec::with_capacity(room));
        #[expect(clippy::expect_used, reason = "a `Vec` takes every byte")]
        minicbor::encode(&document, &mut *bytes).expect("encoding into memory does not fail");
        Ok(SecretValue::from(BASE64.encode(&bytes)))
    }
}

/// The name and the key of a backup. Every version's material is looked at; the moment is noted in the key.
///
/// # Errors
/// [`RestoreError`]
pub fn restore(backup: &str, now: Timestamp) -> Result<(String, TransitKey), RestoreError> {
    if backup.len() > BACKUP_BYTES_MAX {
        return Err(RestoreError::TooLong);
    }
    let bytes = BASE64.decode(backup.as_bytes()).map_err(|_| RestoreError::Malformed)?;
    let bytes = Zeroizing::new(bytes);
    let document: Document = minicbor::decode(&bytes).map_err(|_| RestoreError::Malformed)?;
    if document.format != FORMAT {
        return Err(RestoreError::Malformed);
    }
    let mut key = TransitKey::decode(document.record.expose()).map_err(|_| RestoreError::Key)?;
    let key_type = key.key_type;
    if key.versions.iter().any(|version| version.prepared(key_type).is_err()) {
        return Err(RestoreError::Key);
    }
    key.restored = Some(BackupMoment { time: now, version: key.latest_version });
    Ok((document.name, key))
}
