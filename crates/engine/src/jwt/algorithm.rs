//! Signature algorithms of RFC 7518 and RFC 8037. Those with a shared secret, and `none`, are not among them.

use std::collections::BTreeSet;
use std::fmt;

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ECDSA_P521_SHA512_FIXED, ED25519,
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512,
    RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, RsaParameters,
    VerificationAlgorithm,
};

/// How a token is signed.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, minicbor::Encode, minicbor::Decode,
)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    #[n(0)]
    Rs256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    #[n(1)]
    Rs384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    #[n(2)]
    Rs512,
    /// ECDSA on P-256 with SHA-256.
    #[n(3)]
    Es256,
    /// ECDSA on P-384 with SHA-384.
    #[n(4)]
    Es384,
    /// ECDSA on P-521 with SHA-512.
    #[n(5)]
    Es512,
    /// RSASSA-PSS with SHA-256.
    #[n(6)]
    Ps256,
    /// RSASSA-PSS with SHA-384.
    #[n(7)]
    Ps384,
    /// RSASSA-PSS with SHA-512.
    #[n(8)]
    Ps512,
    /// Ed25519 (RFC 8037).
    #[n(9)]
    EdDsa,
}

/// What a key is of. A key verifies with algorithms of its kind only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyKind {
    Rsa,
    P256,
    P384,
    P521,
    Ed25519,
}

/// The algorithms that a configuration allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Algorithms(BTreeSet<Algorithm>);

/// A name is none of an algorithm that there is here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "unsupported signing algorithm: use RS256, RS384, RS512, ES256, ES384, ES512, PS256, PS384, PS512 or EdDSA"
)]
pub struct UnknownAlgorithm;

impl Algorithm {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Rs256,
        Self::Rs384,
        Self::Rs512,
        Self::Es256,
        Self::Es384,
        Self::Es512,
        Self::Ps256,
        Self::Ps384,
        Self::Ps512,
        Self::EdDsa,
    ];

    /// The one with this `alg` (RFC 7518 section 3.1), compared to the letter.
    ///
    /// # Errors
    /// [`UnknownAlgorithm`]
    pub fn named(name: &str) -> Result<Self, UnknownAlgorithm> {
        Self::ALL.into_iter().find(|own| own.name() == name).ok_or(UnknownAlgorithm)
    }

    /// Its `alg`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::Es512 => "ES512",
            Self::Ps256 => "PS256",
            Self::Ps384 => "PS384",
            Self::Ps512 => "PS512",
            Self::EdDsa => "EdDSA",
        }
    }

    pub(super) fn kind(self) -> KeyKind {
        match self {
            Self::Es256 => KeyKind::P256,
            Self::Es384 => KeyKind::P384,
            Self::Es512 => KeyKind::P521,
            Self::EdDsa => KeyKind::Ed25519,
            _ => KeyKind::Rsa,
        }
    }

    /// How an RSA key verifies, 2048 to 8192 bits; `None` when it is no algorithm of RSA.
    pub(super) fn rsa(self) -> Option<&'static RsaParameters> {
        match self {
            Self::Rs256 => Some(&RSA_PKCS1_2048_8192_SHA256),
            Self::Rs384 => Some(&RSA_PKCS1_2048_8192_SHA384),
            Self::Rs512 => Some(&RSA_PKCS1_2048_8192_SHA512),
            Self::Ps256 => Some(&RSA_PSS_2048_8192_SHA256),
            Self::Ps384 => Some(&RSA_PSS_2048_8192_SHA384),
            Self::Ps512 => Some(&RSA_PSS_2048_8192_SHA512),
            Self::Es256 | Self::Es384 | Self::Es512 | Self::EdDsa => None,
        }
    }
}

impl KeyKind {
    /// How a key on a curve verifies; `None` for RSA, where the algorithm says.
    pub(super) fn curve(self) -> Option<&'static dyn VerificationAlgorithm> {
        match self {
            Self::Rsa => None,
            Self::P256 => Some(&ECDSA_P256_SHA256_FIXED),
            Self::P384 => Some(&ECDSA_P384_SHA384_FIXED),
            Self::P521 => Some(&ECDSA_P521_SHA512_FIXED),
            Self::Ed25519 => Some(&ED25519),
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Algorithms {
    /// Those with these names; RS256 alone when there are none.
    ///
    /// # Errors
    /// [`UnknownAlgorithm`], for `none` and `HS256` too.
    pub fn named<T: AsRef<str>>(names: &[T]) -> Result<Self, UnknownAlgorithm> {
        if names.is_empty() {
            return Ok(Self::default());
        }
        names.iter().map(|name| Algorithm::named(name.as_ref())).collect::<Result<_, _>>().map(Self)
    }

    /// Every algorithm that there is here.
    #[must_use]
    pub fn all() -> Self {
        Self(Algorithm::ALL.into())
    }

    /// Whether it is among them.
    #[must_use]
    pub fn contains(&self, algorithm: Algorithm) -> bool {
        self.0.contains(&algorithm)
    }
}

impl From<Algorithm> for Algorithms {
    fn from(algorithm: Algorithm) -> Self {
        Self([algorithm].into())
    }
}

/// RS256 alone.
impl Default for Algorithms {
    fn default() -> Self {
        Algorithm::Rs256.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_to_the_letter_and_shared_secrets_have_none() {
        for algorithm in Algorithm::ALL {
            assert_eq!(Algorithm::named(algorithm.name()), Ok(algorithm));
        }
        for name in ["none", "None", "", "HS256", "HS512", "rs256", "RS256 ", "RS1", "ES256K"] {
            assert_eq!(Algorithms::named(&[name]), Err(UnknownAlgorithm), "{name:?}");
        }
    }

    #[test]
    fn without_a_configuration_it_is_rs256_alone() {
        let allowed = Algorithms::named::<&str>(&[]).unwrap();
        for algorithm in Algorithm::ALL {
            assert_eq!(allowed.contains(algorithm), algorithm == Algorithm::Rs256);
            assert!(Algorithms::all().contains(algorithm));
        }
    }
}
