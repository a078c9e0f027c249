//! What changes about a key: its settings, its versions.

use super::KEY_VERSIONS_MAX;
use super::key::{TransitKey, is_auto_rotate_period};
use super::material::MaterialError;
use crate::random::Random;
use crate::time::{Seconds, Timestamp};

/// The shortest period of automatic rotation, in seconds (Vault's limit).
pub const AUTO_ROTATE_SECS_MIN: u64 = 3_600;

/// Settings to change; `None` leaves one as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Configuration {
    /// The oldest version that decrypts and verifies. 0 counts as 1.
    pub min_decryption_version: Option<u32>,
    /// The oldest version that encrypts and signs; 0 for no minimum.
    pub min_encryption_version: Option<u32>,
    /// Whether the key may be deleted.
    pub deletion_allowed: Option<bool>,
    /// Whether key material may be exported. Once set it stays.
    pub exportable: Option<bool>,
    /// Whether the key may be backed up in plaintext. Once set it stays.
    pub allow_plaintext_backup: Option<bool>,
    /// How old a version gets before the key is due for rotation; 0 for never.
    pub auto_rotate_period: Option<Seconds>,
}

/// What configuring did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Configured {
    /// Whether anything changed.
    pub changed: bool,
    /// Whether a minimum for decryption of 0 became 1, about which Vault warns.
    pub minimum_forced: bool,
}

/// Settings contradict each other. The texts are Vault's.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigureError {
    /// No such version yet.
    #[error("cannot set min decryption version of {minimum}, latest key version is {latest}")]
    DecryptionAboveLatest {
        /// As asked.
        minimum: u32,
        /// The newest there is.
        latest: u32,
    },
    /// No such version yet.
    #[error("cannot set min encryption version of {minimum}, latest key version is {latest}")]
    EncryptionAboveLatest {
        /// As asked.
        minimum: u32,
        /// The newest there is.
        latest: u32,
    },
    /// What is encrypted could not be decrypted.
    #[error(
        "cannot set min encryption/decryption values; min encryption version of {encryption} must be greater than or equal to min decryption version of {decryption}"
    )]
    EncryptionBelowDecryption {
        /// The minimum for encryption as it would be.
        encryption: u32,
        /// The minimum for decryption as it would be.
        decryption: u32,
    },
    /// Versions below were trimmed.
    #[error("min encryption version should not be less than min available version")]
    EncryptionBelowAvailable,
    /// Versions below were trimmed.
    #[error("min decryption version should not be less then min available version")]
    DecryptionBelowAvailable,
    /// The period is too short.
    #[error("auto rotate period must be 0 to disable or at least an hour")]
    AutoRotatePeriod,
}

/// A key cannot get another version.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RotateError {
    /// It keeps as many as it may.
    #[error("the key keeps {KEY_VERSIONS_MAX} versions: trim it before it is rotated")]
    Full,
    /// aws-lc made no key.
    #[error("the key could not be generated")]
    Generation,
}

/// Versions cannot be dropped as asked. The texts are Vault's.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TrimError {
    /// Versions that were dropped do not come back.
    #[error("minimum available version cannot be decremented")]
    Decremented,
    /// Which versions encrypt is not settled.
    #[error("minimum available version cannot be set when minimum encryption version is not set")]
    EncryptionUnset,
    /// One of them may still encrypt.
    #[error("minimum available version cannot be greater than minmum encryption version")]
    AboveEncryption,
    /// One of them may still decrypt.
    #[error("minimum available version cannot be greater than minimum decryption version")]
    AboveDecryption,
    /// Versions begin at 1.
    #[error("minimum available version should be positive")]
    Zero,
}

impl TransitKey {
    /// Change settings: all of them, or none.
    ///
    /// # Errors
    /// [`ConfigureError`]
    pub fn configure(&mut self, wanted: &Configuration) -> Result<Configured, ConfigureError> {
        let latest = self.latest_version;
        let minimum_forced = wanted.min_decryption_version == Some(0);
        let decryption = wanted
            .min_decryption_version
            .map_or(self.min_decryption_version, |minimum| minimum.max(1));
        let encryption = wanted.min_encryption_version.unwrap_or(self.min_encryption_version);
        let period = wanted.auto_rotate_period.unwrap_or(self.auto_rotate_period);
        if decryption > latest {
            return Err(ConfigureError::DecryptionAboveLatest { minimum: decryption, latest });
        }
        if encryption > latest {
            return Err(ConfigureError::EncryptionAboveLatest { minimum: encryption, latest });
        }
        if encryption > 0 && encryption < decryption {
            return Err(ConfigureError::EncryptionBelowDecryption { encryption, decryption });
        }
        if !is_auto_rotate_period(period) {
            return Err(ConfigureError::AutoRotatePeriod);
        }
        if encryption < self.min_available_version {
            return Err(ConfigureError::EncryptionBelowAvailable);
        }
        if decryption < self.min_available_version {
            return Err(ConfigureError::DecryptionBelowAvailable);
        }

        let deletion_allowed = wanted.deletion_allowed.unwrap_or(self.deletion_allowed);
        let exportable = self.exportable || wanted.exportable == Some(true);
        let backup = self.allow_plaintext_backup || wanted.allow_plaintext_backup == Some(true);
        let changed = [
            set(&mut self.min_decryption_version, decryption),
            set(&mut self.min_encryption_version, encryption),
            set(&mut self.auto_rotate_period, period),
            set(&mut self.deletion_allowed, deletion_allowed),
            set(&mut self.exportable, exportable),
            set(&mut self.allow_plaintext_backup, backup),
        ];
        Ok(Configured { changed: changed.contains(&true), minimum_forced })
    }

    /// Make the next version, which encrypts and signs from now on.
    ///
    /// # Errors
    /// [`RotateError`]
    pub fn rotate(&mut self, now: Timestamp, random: &dyn Random) -> Result<u32, RotateError> {
        if self.versions.len() >= KEY_VERSIONS_MAX {
            return Err(RotateError::Full);
        }
        self.push_version(now, random).map_err(|MaterialError| RotateError::Generation)?;
        Ok(self.latest_version)
    }

    /// Drop the versions below `min_available_version`, for good.
    ///
    /// # Errors
    /// [`TrimError`]
    pub fn trim(&mut self, min_available_version: u32) -> Result<(), TrimError> {
        if min_available_version < self.min_available_version {
            return Err(TrimError::Decremented);
        }
        if self.min_encryption_version == 0 {
            return Err(TrimError::EncryptionUnset);
        }
        if min_available_version > self.min_encryption_version {
            return Err(TrimError::AboveEncryption);
        }
        if min_available_version > self.min_decryption_version {
            return Err(TrimError::AboveDecryption);
        }
        if min_available_version == 0 {
            return Err(TrimError::Zero);
        }
        let dropped = min_available_version.saturating_sub(self.first_version());
        let dropped = usize::try_from(dropped).unwrap_or(usize::MAX).min(self.versions.len());
        self.versions.drain(..dropped);
        self.min_available_version = min_available_version;
        Ok(())
    }

    /// When the newest version is as old as the period of automatic rotation; `None` when there is no period.
    #[must_use]
    pub fn rotation_due(&self) -> Option<Timestamp> {
        let newest = self.newest().filter(|_| self.auto_rotate_period.0 != 0)?;
        Some(newest.created().plus(self.auto_rotate_period))
    }
}

/// Whether `place` had another value.
fn set<T: PartialEq>(place: &mut T, value: T) -> bool {
    let changed = *place != value;
    *place = value;
    changed
}
