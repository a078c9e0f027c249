//! A key that verifies, from a JSON Web Key (RFC 7517) or from PEM.

use std::collections::BTreeMap;
use std::fmt;

use aws_lc_rs::rsa::PublicKey as RsaPublicKey;
use aws_lc_rs::signature::{ParsedPublicKey, RsaPublicKeyComponents, UnparsedPublicKey};
use data_encoding::BASE64URL_NOPAD;

use super::algorithm::{Algorithm, KeyKind};
use super::json::Json;
use super::jws::KEY_ID_BYTES_MAX;
use super::pkcs1;

/// The shortest and the longest RSA modulus, in bytes.
const RSA_MODULUS_BYTES: std::ops::RangeInclusive<usize> = 256..=1_024;
/// The longest RSA exponent, in bytes. More make verification slow.
const RSA_EXPONENT_BYTES_MAX: usize = 4;

/// A public key and what it may verify.
#[derive(Clone)]
pub struct VerificationKey {
    id: Option<String>,
    /// The one algorithm it may be used with, when its issuer says so.
    algorithm: Option<Algorithm>,
    material: Material,
}

#[derive(Clone)]
enum Material {
    Rsa {
        modulus: Vec<u8>,
        exponent: Vec<u8>,
    },
    /// A point, or a `SubjectPublicKeyInfo` (RFC 5280).
    Curve {
        kind: KeyKind,
        encoded: Vec<u8>,
    },
}

impl VerificationKey {
    /// The key of a JSON Web Key; `None` for one that cannot verify here, which RFC 7517 section 5 says to pass over:
    /// a shared secret, a key for encryption, another curve, a short RSA key, a private key that should not be there.
    pub(super) fn from_jwk(members: &BTreeMap<String, Json>) -> Option<Self> {
        let text = |name: &str| members.get(name).and_then(Json::as_text);
        let is_for_signatures =
            members.get("use").is_none_or(|usage| usage.as_text() == Some("sig"));
        let may_verify = members.get("key_ops").is_none_or(|operations| {
            let operations = operations.as_list().unwrap_or_default();
            operations.iter().any(|operation| operation.as_text() == Some("verify"))
        });
        if !is_for_signatures || !may_verify || members.contains_key("d") {
            return None;
        }
        let id = match members.get("kid") {
            None => None,
            Some(id) => Some(id.as_text().filter(|id| id.len() <= KEY_ID_BYTES_MAX)?.to_owned()),
        };
        let algorithm = match members.get("alg") {
            None => None,
            Some(name) => Some(Algorithm::named(name.as_text()?).ok()?),
        };
        let bytes = |name: &str| BASE64URL_NOPAD.decode(text(name)?.as_bytes()).ok();
        let material = match (text("kty")?, text("crv")) {
            ("RSA", _) => Material::rsa(&bytes("n")?, &bytes("e")?)?,
            ("EC", Some("P-256")) => {
                Material::point(KeyKind::P256, 32, &bytes("x")?, &bytes("y")?)?
            }
            ("EC", Some("P-384")) => {
                Material::point(KeyKind::P384, 48, &bytes("x")?, &bytes("y")?)?
            }
            ("EC", Some("P-521")) => {
                Material::point(KeyKind::P521, 66, &bytes("x")?, &bytes("y")?)?
            }
            ("OKP", Some("Ed25519")) => {
                let encoded = bytes("x").filter(|key| key.len() == 32)?;
                Material::curve(KeyKind::Ed25519, encoded)?
            }
            _ => return None,
        };
        let key = Self { id, algorithm, material };
        algorithm.is_none_or(|algorithm| algorithm.kind() == key.kind()).then_some(key)
    }

    /// The key of a DER `SubjectPublicKeyInfo` (RFC 5280) or `RSAPublicKey` (RFC 8017).
    pub(super) fn from_der(der: &[u8]) -> Option<Self> {
        let material = match RsaPublicKey::from_der(der) {
            Ok(key) => {
                let (modulus, exponent) = pkcs1::components(key.as_ref())?;
                Material::rsa(&modulus, &exponent)?
            }
            Err(_) => [KeyKind::P256, KeyKind::P384, KeyKind::P521, KeyKind::Ed25519]
                .into_iter()
                .find_map(|kind| Material::curve(kind, der.to_owned()))?,
        };
        Some(Self { id: None, algorithm: None, material })
    }

    /// Its `kid`.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// Whether it may verify with this algorithm.
    pub(super) fn fits(&self, algorithm: Algorithm) -> bool {
        self.kind() == algorithm.kind() && self.algorithm.is_none_or(|only| only == algorithm)
    }

    /// Whether `signature` is this key's, of `message`, with an algorithm that it [`fits`](Self::fits).
    pub(super) fn verifies(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        if !self.fits(algorithm) {
            return false;
        }
        match &self.material {
            Material::Rsa { modulus, exponent } => algorithm.rsa().is_some_and(|parameters| {
                let key = RsaPublicKeyComponents { n: modulus, e: exponent };
                key.verify(parameters, message, signature).is_ok()
            }),
            Material::Curve { kind, encoded } => kind.curve().is_some_and(|curve| {
                UnparsedPublicKey::new(curve, encoded).verify(message, signature).is_ok()
            }),
        }
    }

    fn kind(&self) -> KeyKind {
        match &self.material {
            Material::Rsa { .. } => KeyKind::Rsa,
            Material::Curve { kind, .. } => *kind,
        }
    }
}

impl Material {
    fn rsa(modulus: &[u8], exponent: &[u8]) -> Option<Self> {
        let (modulus, exponent) = (pkcs1::trimmed(modulus), pkcs1::trimmed(exponent));
        let is_odd = exponent.last().is_some_and(|last| last & 1 == 1);
        let is_one = exponent == [1];
        let is_usable = RSA_MODULUS_BYTES.contains(&modulus.len())
            && exponent.len() <= RSA_EXPONENT_BYTES_MAX
            && is_odd
            && !is_one;
        is_usable.then_some(Self::Rsa { modulus, exponent })
    }

    /// An uncompressed point (SEC 1 section 2.3.3), when it is on its curve.
    fn point(kind: KeyKind, bytes: usize, x: &[u8], y: &[u8]) -> Option<Self> {
        if x.len() != bytes || y.len() != bytes {
            return None;
        }
        Self::curve(kind, [&[0x04], x, y].concat())
    }

    fn curve(kind: KeyKind, encoded: Vec<u8>) -> Option<Self> {
        ParsedPublicKey::new(kind.curve()?, &encoded).ok()?;
        Some(Self::Curve { kind, encoded })
    }
}

impl fmt::Debug for VerificationKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerificationKey")
            .field("id", &self.id)
            .field("kind", &self.kind())
            .finish_non_exhaustive()
    }
}
