//! RSA (RFC 8017): OAEP with SHA-256 for encryption, PSS and PKCS#1 v1.5 for signatures. The material is a PKCS#8
//! document (RFC 5208) in DER.
//!
//! aws-lc-rs signs with SHA-256, SHA-384 and SHA-512; other hashes and PKCS#1 v1.5 without a hash are refused. It
//! verifies PSS with a stated length of the salt only, so that `auto` tries the lengths, the usual ones first: a wrong
//! signature costs up to [`SALT_BYTES_MAX`] verifications. [`SaltTries`] bounds what one request costs.

use std::str::FromStr;
use std::sync::LazyLock;

use aws_lc_rs::digest::{self, Digest, SHA256, SHA384, SHA512};
use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rsa::{
    KeySize, OAEP_SHA256_MGF1SHA256, OaepPrivateDecryptingKey, OaepPublicEncryptingKey,
    PrivateDecryptingKey,
};
use aws_lc_rs::signature::{
    KeyPair, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512,
    RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_2048_8192_SHA256,
    RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384,
    RSA_PSS_SHA512, RsaKeyPair, RsaParameters, RsaPssSaltLength, RsaSignatureEncoding,
    UnparsedPublicKey,
};
use zeroize::Zeroizing;

use super::hash::HashAlgorithm;
use super::key_type::{Family, Kind, Supports};
use super::material::{KeyMaterial, MaterialError};

/// The longest stored form, in bytes; that of 4,096 bits has about 2,375.
pub(super) const PKCS8_BYTES_MAX: usize = 2_600;
/// The longest salt of all: RSA-4096 with SHA-256.
const SALT_BYTES_MAX: u16 = 512 - 32 - 2;
/// How many unusual lengths of the salt one request may try: about a second's work with RSA-4096.
const SALT_TRIES_MAX: u32 = 10_000;
/// OAEP takes two hashes and two bytes of the modulus (RFC 8017, 7.1.1).
const OAEP_OVERHEAD_BYTES: usize = 2 * 32 + 2;

const SUPPORTS: Supports = Supports {
    encryption: true,
    signing: true,
    derivation: false,
    convergent: false,
    associated_data: false,
};

pub(super) static RSA_2048: Kind = Kind {
    number: 8,
    name: "rsa-2048",
    algorithm_name: "rsa-2048",
    supports: SUPPORTS,
    family: Family::Rsa(&Size { size: KeySize::Rsa2048, modulus_bytes: 256 }),
};
pub(super) static RSA_3072: Kind = Kind {
    number: 9,
    name: "rsa-3072",
    algorithm_name: "rsa-3072",
    supports: SUPPORTS,
    family: Family::Rsa(&Size { size: KeySize::Rsa3072, modulus_bytes: 384 }),
};
pub(super) static RSA_4096: Kind = Kind {
    number: 10,
    name: "rsa-4096",
    algorithm_name: "rsa-4096",
    supports: SUPPORTS,
    family: Family::Rsa(&Size { size: KeySize::Rsa4096, modulus_bytes: 512 }),
};

/// The length of a modulus.
pub(super) struct Size {
    size: KeySize,
    modulus_bytes: u16,
}

/// How an RSA signature is padded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RsaPadding {
    /// RSASSA-PSS, `pss`: Vault's default.
    #[default]
    Pss,
    /// RSASSA-PKCS1-v1_5, `pkcs1v15`.
    Pkcs1v15,
}

/// How long the salt of a PSS signature is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SaltLength {
    /// As long as the key allows when signing, any when verifying.
    #[default]
    Auto,
    /// As long as the hash.
    Hash,
    /// So many bytes, at least 1: Vault's 0 is [`Self::Auto`].
    Bytes(u16),
}

/// How many unusual lengths of the salt may still be tried. The two usual ones cost nothing of it, so that signatures as
/// they are made here and by Vault verify however many they are.
#[derive(Debug)]
pub struct SaltTries(u32);

/// A text is no length of a salt.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("salt length neither 'auto', 'hash', nor an int of at least -1")]
pub struct SaltLengthError;

/// A key for each use.
pub(super) struct Key {
    size: &'static Size,
    signing: RsaKeyPair,
    encrypting: OaepPublicEncryptingKey,
    decrypting: OaepPrivateDecryptingKey,
}

/// A hash that aws-lc signs with RSA, and its parameters for every length of the salt.
pub(super) struct RsaHash {
    digest: &'static digest::Algorithm,
    pkcs1: &'static RsaSignatureEncoding,
    verify_pkcs1: &'static RsaParameters,
    pss: Vec<RsaSignatureEncoding>,
    verify_pss: Vec<RsaParameters>,
}

/// An RSA signature cannot be made or verified as asked.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    SaltLength(u16),
    DigestLength,
    SaltTries,
    Material,
}

pub(super) fn generate(size: &Size) -> Result<KeyMaterial, MaterialError> {
    let pair = RsaKeyPair::generate(size.size).map_err(|_| MaterialError)?;
    let document = pair.as_der().map_err(|_| MaterialError)?;
    Ok(KeyMaterial::new(document.as_ref().to_vec()))
}

impl Size {
    /// The longest plaintext, in bytes.
    pub(super) fn plaintext_bytes_max(&self) -> usize {
        usize::from(self.modulus_bytes) - OAEP_OVERHEAD_BYTES
    }

    /// The longest salt (RFC 8017, 9.1.1, step 3), in bytes.
    fn salt_bytes_max(&self, hash: &RsaHash) -> u16 {
        self.modulus_bytes - hash.bytes() - 2
    }
}

impl SaltLength {
    fn bytes(self, size: &Size, hash: &RsaHash) -> Result<u16, Refusal> {
        match self {
            Self::Auto => Ok(size.salt_bytes_max(hash)),
            Self::Hash => Ok(hash.bytes()),
            Self::Bytes(bytes) if bytes <= size.salt_bytes_max(hash) => Ok(bytes),
            Self::Bytes(bytes) => Err(Refusal::SaltLength(bytes)),
        }
    }

    /// The lengths to try when verifying: the usual ones, and the others.
    fn candidates(self, size: &Size, hash: &RsaHash) -> Result<(Vec<u16>, Vec<u16>), Refusal> {
        let stated = self.bytes(size, hash)?;
        if self != Self::Auto {
            return Ok((vec![stated], Vec::new()));
        }
        let usual = vec![stated, hash.bytes()];
        let others = (0..stated).rev().filter(|bytes| !usual.contains(bytes)).collect();
        Ok((usual, others))
    }
}

impl SaltTries {
    /// As many as one request may cost.
    #[must_use]
    pub fn of_a_request() -> Self {
        Self(SALT_TRIES_MAX)
    }

    fn take(&mut self) -> Result<(), Refusal> {
        self.0 = self.0.checked_sub(1).ok_or(Refusal::SaltTries)?;
        Ok(())
    }
}

impl FromStr for SaltLength {
    type Err = SaltLengthError;

    /// Vault's spelling: `auto` or 0, `hash` or -1, or a number of bytes.
    fn from_str(text: &str) -> Result<Self, SaltLengthError> {
        match text.to_ascii_lowercase().as_str() {
            "auto" => return Ok(Self::Auto),
            "hash" => return Ok(Self::Hash),
            _ => {}
        }
        match text.parse::<i64>() {
            Ok(-1) => Ok(Self::Hash),
            Ok(0) => Ok(Self::Auto),
            // What is longer than any salt is refused as too long for the key.
            Ok(bytes @ 1..) => Ok(Self::Bytes(u16::try_from(bytes).unwrap_or(u16::MAX))),
            _ => Err(SaltLengthError),
        }
    }
}

impl RsaHash {
    /// `None` for a hash that aws-lc does not sign with RSA.
    pub(super) fn of(hash: HashAlgorithm) -> Option<&'static Self> {
        static SHA_256: LazyLock<RsaHash> = LazyLock::new(|| RsaHash {
            digest: &SHA256,
            pkcs1: &RSA_PKCS1_SHA256,
            verify_pkcs1: &RSA_PKCS1_2048_8192_SHA256,
            pss: salts(|salt| RSA_PSS_SHA256.with_pss_salt_length(salt)),
            verify_pss: salts(|salt| RSA_PSS_2048_8192_SHA256.with_pss_salt_length(salt)),
        });
        static SHA_384: LazyLock<RsaHash> = LazyLock::new(|| RsaHash {
            digest: &SHA384,
            pkcs1: &RSA_PKCS1_SHA384,
            verify_pkcs1: &RSA_PKCS1_2048_8192_SHA384,
            pss: salts(|salt| RSA_PSS_SHA384.with_pss_salt_length(salt)),
            verify_pss: salts(|salt| RSA_PSS_2048_8192_SHA384.with_pss_salt_length(salt)),
        });
        static SHA_512: LazyLock<RsaHash> = LazyLock::new(|| RsaHash {
            digest: &SHA512,
            pkcs1: &RSA_PKCS1_SHA512,
            verify_pkcs1: &RSA_PKCS1_2048_8192_SHA512,
            pss: salts(|salt| RSA_PSS_SHA512.with_pss_salt_length(salt)),
            verify_pss: salts(|salt| RSA_PSS_2048_8192_SHA512.with_pss_salt_length(salt)),
        });
        match hash {
            HashAlgorithm::Sha2_256 => Some(&SHA_256),
            HashAlgorithm::Sha2_384 => Some(&SHA_384),
            HashAlgorithm::Sha2_512 => Some(&SHA_512),
            _ => None,
        }
    }

    /// The length of the hash, in bytes: 32, 48 or 64.
    fn bytes(&self) -> u16 {
        u16::try_from(self.digest.output_len()).unwrap_or(u16::MAX)
    }

    fn import(&self, digest: &[u8]) -> Result<Digest, Refusal> {
        Digest::import_less_safe(digest, self.digest).map_err(|_| Refusal::DigestLength)
    }
}

impl Key {
    pub(super) fn parse(size: &'static Size, pkcs8: &[u8]) -> Result<Self, MaterialError> {
        let signing = RsaKeyPair::from_pkcs8(pkcs8).map_err(|_| MaterialError)?;
        if signing.public_modulus_len() != usize::from(size.modulus_bytes) {
            return Err(MaterialError);
        }
        let private = PrivateDecryptingKey::from_pkcs8(pkcs8).map_err(|_| MaterialError)?;
        let encrypting =
            OaepPublicEncryptingKey::new(private.public_key()).map_err(|_| MaterialError)?;
        let decrypting = OaepPrivateDecryptingKey::new(private).map_err(|_| MaterialError)?;
        Ok(Self { size, signing, encrypting, decrypting })
    }

    /// `RSAES-OAEP[SHA-256, MGF1-SHA-256](plaintext)` without a label.
    pub(super) fn encrypt(&self, plaintext: &[u8]) -> Result<Vec<u8>, MaterialError> {
        let mut ciphertext = vec![0; self.encrypting.ciphertext_size()];
        let written = self
            .encrypting
            .encrypt(&OAEP_SHA256_MGF1SHA256, plaintext, &mut ciphertext, None)
            .map_err(|_| MaterialError)?
            .len();
        ciphertext.truncate(written);
        Ok(ciphertext)
    }

    /// `None` when the ciphertext is not for this key.
    pub(super) fn decrypt(&self, ciphertext: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let mut plaintext = Zeroizing::new(vec![0; self.decrypting.min_output_size()]);
        let written = self
            .decrypting
            .decrypt(&OAEP_SHA256_MGF1SHA256, ciphertext, &mut plaintext, None)
            .ok()?
            .len();
        plaintext.truncate(written);
        Some(plaintext)
    }

    pub(super) fn sign(
        &self,
        hash: &'static RsaHash,
        digest: &[u8],
        padding: RsaPadding,
        salt: SaltLength,
    ) -> Result<Vec<u8>, Refusal> {
        let encoding = match padding {
            RsaPadding::Pkcs1v15 => hash.pkcs1,
            RsaPadding::Pss => {
                let bytes = salt.bytes(self.size, hash)?;
                hash.pss.get(usize::from(bytes)).ok_or(Refusal::SaltLength(bytes))?
            }
        };
        let mut signature = vec![0; self.signing.public_modulus_len()];
        self.signing
            .sign_digest(encoding, &hash.import(digest)?, &mut signature)
            .map_err(|_| Refusal::Material)?;
        Ok(signature)
    }

    pub(super) fn verify(
        &self,
        hash: &'static RsaHash,
        digest: &[u8],
        padding: RsaPadding,
        salt: SaltLength,
        signature: &[u8],
        tries: &mut SaltTries,
    ) -> Result<bool, Refusal> {
        let digest = hash.import(digest)?;
        if signature.len() != self.signing.public_modulus_len() {
            return Ok(false);
        }
        let holds = |parameters: &'static RsaParameters| {
            let public = UnparsedPublicKey::new(parameters, self.signing.public_key());
            public.verify_digest(&digest, signature).is_ok()
        };
        Ok(match padding {
            RsaPadding::Pkcs1v15 => holds(hash.verify_pkcs1),
            RsaPadding::Pss => {
                let (usual, others) = salt.candidates(self.size, hash)?;
                let parameters = |bytes: &u16| hash.verify_pss.get(usize::from(*bytes));
                if usual.iter().filter_map(parameters).any(holds) {
                    return Ok(true);
                }
                for other in others.iter().filter_map(parameters) {
                    tries.take()?;
                    if holds(other) {
                        return Ok(true);
                    }
                }
                false
            }
        })
    }

    /// `SubjectPublicKeyInfo` (RFC 5280) in DER.
    pub(super) fn public_der(&self) -> Result<Vec<u8>, MaterialError> {
        let der: PublicKeyX509Der<'_> =
            self.signing.public_key().as_der().map_err(|_| MaterialError)?;
        Ok(der.as_ref().to_vec())
    }
}

/// What `with` makes of every length of the salt: aws-lc takes its parameters by `'static` reference.
fn salts<T>(with: impl Fn(RsaPssSaltLength) -> T) -> Vec<T> {
    (0..=SALT_BYTES_MAX).map(|bytes| with(RsaPssSaltLength::Custom(bytes))).collect()
}
