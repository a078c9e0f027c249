//! Key material for its owner, in Vault's encodings.

use std::str::FromStr;

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use data_encoding::BASE64;
use zeroize::Zeroizing;

use super::CONTEXT_BYTES_MAX;
use super::der::{pem, private_key_of};
use super::key::{KeyVersion, TransitKey};
use super::key_type::{Family, KeyType};
use super::material::{MaterialError, Prepared};
use super::sign::derived_pair;
use crate::secret::SecretValue;

/// Which key of a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportKind {
    /// `encryption-key`: what decrypts.
    EncryptionKey,
    /// `signing-key`: what signs.
    SigningKey,
    /// `hmac-key`: what makes HMACs.
    HmacKey,
    /// `public-key`, which needs no leave.
    PublicKey,
}

/// How it is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ExportFormat {
    /// As Vault writes its type: base64 of the bytes; PEM of `RSAPrivateKey`, `ECPrivateKey` or
    /// `SubjectPublicKeyInfo` for RSA and ECDSA.
    #[default]
    Default,
    /// `raw`: base64 of the bytes. Not for RSA and ECDSA.
    Raw,
    /// `der`: base64 of PKCS#8 or `SubjectPublicKeyInfo`.
    Der,
    /// `pem`: PEM of PKCS#8 or `SubjectPublicKeyInfo`.
    Pem,
}

/// Which versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportVersions {
    /// Every version from the minimum for decryption on.
    All,
    /// The newest.
    Latest,
    /// One.
    Number(u32),
}

/// A key cannot be exported. Texts are Vault's where it has one.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// The key was not made exportable.
    #[error("private key material is not exportable")]
    NotExportable,
    /// The key does not encrypt.
    #[error("encryption not supported for the key")]
    EncryptionUnsupported,
    /// The key does not sign.
    #[error("signing not supported for the key")]
    SigningUnsupported,
    /// The key has no public half.
    #[error("keys of type {0} have no public key")]
    NoPublicKey(KeyType),
    /// The type is not written so.
    #[error("the format is not one of keys of type {0}")]
    FormatUnsupported(KeyType),
    /// The version may not be used any more.
    #[error("version for export is below minimum decryption version")]
    VersionBelowMinimum,
    /// No such version.
    #[error("version does not exist or cannot be found")]
    NoSuchVersion,
    /// The stored key cannot be used.
    #[error(transparent)]
    Material(#[from] MaterialError),
}

/// A public key cannot be shown.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PublicKeyError {
    /// The context is too long.
    #[error("the context is longer than {CONTEXT_BYTES_MAX} bytes")]
    ContextTooLong,
    /// The stored key cannot be used.
    #[error(transparent)]
    Material(#[from] MaterialError),
}

/// A text names no key to export, or no format.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExportNameError {
    /// No such key.
    #[error("invalid export type")]
    Kind,
    /// No such format.
    #[error("invalid format")]
    Format,
    /// No such version.
    #[error("invalid key version")]
    Version,
}

impl TransitKey {
    /// The keys of the versions asked for with their numbers, oldest first.
    ///
    /// # Errors
    /// [`ExportError`]
    pub fn export(
        &self,
        kind: ExportKind,
        format: ExportFormat,
        versions: ExportVersions,
    ) -> Result<Vec<(u32, SecretValue)>, ExportError> {
        let supports = self.key_type.supports();
        if !self.exportable && kind != ExportKind::PublicKey {
            return Err(ExportError::NotExportable);
        }
        match kind {
            ExportKind::EncryptionKey if !supports.encryption => {
                return Err(ExportError::EncryptionUnsupported);
            }
            ExportKind::SigningKey if !supports.signing => {
                return Err(ExportError::SigningUnsupported);
            }
            ExportKind::PublicKey if !self.key_type.is_asymmetric() => {
                return Err(ExportError::NoPublicKey(self.key_type));
            }
            _ => {}
        }
        let number = match versions {
            ExportVersions::All => {
                return self
                    .usable_versions()
                    .map(|(number, version)| {
                        Ok((number, self.export_version(version, kind, format)?))
                    })
                    .collect();
            }
            ExportVersions::Latest => self.latest_version,
            ExportVersions::Number(number) => number,
        };
        if number < self.min_decryption_version {
            return Err(ExportError::VersionBelowMinimum);
        }
        let version = self.usable_version(number).ok_or(ExportError::NoSuchVersion)?;
        Ok(vec![(number, self.export_version(version, kind, format)?)])
    }

    /// The version's public key as Vault shows it when the key is read: PEM, or base64 for Ed25519. `None` for a key
    /// that has none, and for a derived one without a context.
    ///
    /// # Errors
    /// [`PublicKeyError`]
    pub fn public_key(
        &self,
        version: &KeyVersion,
        context: &[u8],
    ) -> Result<Option<String>, PublicKeyError> {
        if context.len() > CONTEXT_BYTES_MAX {
            return Err(PublicKeyError::ContextTooLong);
        }
        let encoded = |pair: &Ed25519KeyPair| BASE64.encode(pair.public_key().as_ref());
        Ok(match version.prepared(self.key_type)? {
            Prepared::Ed25519(_) if self.derived && context.is_empty() => None,
            Prepared::Ed25519(_) if self.derived => Some(encoded(&derived_pair(version, context)?)),
            Prepared::Ed25519(pair) => Some(encoded(pair)),
            Prepared::Ecdsa(key) => Some(pem("PUBLIC KEY", &key.public_der()?).to_string()),
            Prepared::Rsa(key) => Some(pem("PUBLIC KEY", &key.public_der()?).to_string()),
            Prepared::Aead(_) | Prepared::Hmac => None,
        })
    }

    fn export_version(
        &self,
        version: &KeyVersion,
        kind: ExportKind,
        format: ExportFormat,
    ) -> Result<SecretValue, ExportError> {
        let material = version.material().expose();
        let unsupported = || ExportError::FormatUnsupported(self.key_type);
        if kind == ExportKind::HmacKey {
            return raw(version.hmac_key(), format).ok_or_else(unsupported);
        }
        let prepared = version.prepared(self.key_type)?;
        match (self.key_type.family(), prepared, kind) {
            (Family::Aead(_), ..) => raw(material, format).ok_or_else(unsupported),
            (_, Prepared::Ed25519(pair), ExportKind::PublicKey) => {
                let der: PublicKeyX509Der<'_> =
                    pair.public_key().as_der().map_err(|_| MaterialError)?;
                Ok(raw(pair.public_key().as_ref(), format)
                    .unwrap_or_else(|| document("PUBLIC KEY", der.as_ref(), format)))
            }
            (_, Prepared::Ed25519(pair), _) => {
                let der = pair.to_pkcs8v1().map_err(|_| MaterialError)?;
                Ok(raw(material, format)
                    .unwrap_or_else(|| document("PRIVATE KEY", der.as_ref(), format)))
            }
            (..) if format == ExportFormat::Raw => Err(unsupported()),
            (_, Prepared::Ecdsa(key), ExportKind::PublicKey) => {
                Ok(document("PUBLIC KEY", &key.public_der()?, format))
            }
            (_, Prepared::Rsa(key), ExportKind::PublicKey) => {
                Ok(text(rsa_document("PUBLIC KEY", &key.public_der()?, format)))
            }
            (_, Prepared::Ecdsa(key), _) if format == ExportFormat::Default => {
                Ok(document("EC PRIVATE KEY", &key.private_der()?, format))
            }
            (_, Prepared::Ecdsa(_), _) => Ok(document("PRIVATE KEY", material, format)),
            (_, Prepared::Rsa(_), _) if format == ExportFormat::Default => {
                let key = private_key_of(material).ok_or(MaterialError)?;
                Ok(text(rsa_document("RSA PRIVATE KEY", key, format)))
            }
            (_, Prepared::Rsa(_), _) => Ok(text(rsa_document("PRIVATE KEY", material, format))),
            (_, Prepared::Aead(_) | Prepared::Hmac, _) => Err(MaterialError.into()),
        }
    }
}

/// Base64 of the bytes; `None` when they are wanted as a document.
fn raw(bytes: &[u8], format: ExportFormat) -> Option<SecretValue> {
    let wanted = matches!(format, ExportFormat::Default | ExportFormat::Raw);
    wanted.then(|| SecretValue::from(BASE64.encode(bytes)))
}

/// Without the line break at the end, as Vault trims it for ECDSA and Ed25519.
fn document(label: &str, der: &[u8], format: ExportFormat) -> SecretValue {
    let mut document = rsa_document(label, der, format);
    let length = document.trim_end().len();
    document.truncate(length);
    text(document)
}

/// With a line break at the end of PEM, as Vault leaves it for RSA.
fn rsa_document(label: &str, der: &[u8], format: ExportFormat) -> Zeroizing<String> {
    match format {
        ExportFormat::Der => Zeroizing::new(BASE64.encode(der)),
        _ => pem(label, der),
    }
}

fn text(document: Zeroizing<String>) -> SecretValue {
    SecretValue::from(document)
}

impl ExportKind {
    /// Vault's name of it, such as `encryption-key`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::EncryptionKey => "encryption-key",
            Self::SigningKey => "signing-key",
            Self::HmacKey => "hmac-key",
            Self::PublicKey => "public-key",
        }
    }
}

impl FromStr for ExportKind {
    type Err = ExportNameError;

    fn from_str(name: &str) -> Result<Self, ExportNameError> {
        let all = [Self::EncryptionKey, Self::SigningKey, Self::HmacKey, Self::PublicKey];
        all.into_iter().find(|kind| kind.name() == name).ok_or(ExportNameError::Kind)
    }
}

impl FromStr for ExportFormat {
    type Err = ExportNameError;

    fn from_str(name: &str) -> Result<Self, ExportNameError> {
        match name {
            "" => Ok(Self::Default),
            "raw" => Ok(Self::Raw),
            "der" => Ok(Self::Der),
            "pem" => Ok(Self::Pem),
            _ => Err(ExportNameError::Format),
        }
    }
}

impl FromStr for ExportVersions {
    type Err = ExportNameError;

    /// Vault's spelling: nothing for all, `latest`, or a number with or without `v`.
    fn from_str(text: &str) -> Result<Self, ExportNameError> {
        match text {
            "" => Ok(Self::All),
            "latest" => Ok(Self::Latest),
            _ => {
                let number = text.strip_prefix('v').unwrap_or(text);
                number.parse().map(Self::Number).map_err(|_| ExportNameError::Version)
            }
        }
    }
}
