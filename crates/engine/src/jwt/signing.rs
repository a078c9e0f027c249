//! Keys that sign our own tokens.

use std::collections::BTreeMap;
use std::fmt;

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeySize, PublicKey as RsaPublicKey};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair,
    EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
};
use data_encoding::BASE64URL_NOPAD;
use minicbor::{Decode, Decoder, Encode, Encoder, decode, encode};
use strongroom_core::random::{self, Random};
use strongroom_core::time::Timestamp;
use zeroize::Zeroizing;

use super::algorithm::Algorithm;
use super::json::Json;
use super::pkcs1;

/// A key that signs with RS256 (2048 bits), ES256, ES384 or EdDSA.
pub struct SigningKey {
    id: String,
    algorithm: Algorithm,
    pair: Pair,
}

/// What the store keeps of a signing key. The record is encrypted, as all records are.
#[derive(Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub struct SigningKeyRecord {
    /// Its `kid`.
    #[n(0)]
    pub id: String,
    /// What it signs with.
    #[n(1)]
    pub algorithm: Algorithm,
    /// When it was made.
    #[n(2)]
    pub created: Timestamp,
    #[n(3)]
    private: PrivateKey,
}

/// A PKCS #8 document (RFC 5958).
#[derive(Clone, PartialEq, Eq)]
struct PrivateKey(Zeroizing<Vec<u8>>);

enum Pair {
    Rsa(RsaKeyPair),
    Curve(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

/// Why a key was not made, or did not sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SigningError {
    /// Keys for this algorithm are not made.
    #[error("keys are made for RS256, ES256, ES384 and EdDSA")]
    Algorithm,
    /// The crypto provider failed, or the key's record is damaged.
    #[error("the signing key cannot be used")]
    Key,
}

impl SigningKeyRecord {
    /// A new key. Ed25519 seeds come from `random`, other keys from the crypto provider's own generator.
    ///
    /// # Errors
    /// [`SigningError`]
    pub fn generate(
        algorithm: Algorithm,
        now: Timestamp,
        random: &dyn Random,
    ) -> Result<Self, SigningError> {
        let private = Zeroizing::new(new_private_key(algorithm, random)?);
        let id = data_encoding::HEXLOWER.encode(&random::array::<16>(random));
        Ok(Self { id, algorithm, created: now, private: PrivateKey(private) })
    }

    /// The key.
    ///
    /// # Errors
    /// [`SigningError`]
    pub fn open(&self) -> Result<SigningKey, SigningError> {
        let der: &[u8] = &self.private.0;
        let pair = match self.algorithm {
            Algorithm::Rs256 => RsaKeyPair::from_pkcs8(der).map(Pair::Rsa),
            Algorithm::EdDsa => Ed25519KeyPair::from_pkcs8(der).map(Pair::Ed25519),
            other => EcdsaKeyPair::from_pkcs8(curve(other)?, der).map(Pair::Curve),
        };
        let pair = pair.map_err(|_| SigningError::Key)?;
        Ok(SigningKey { id: self.id.clone(), algorithm: self.algorithm, pair })
    }
}

impl SigningKey {
    /// Its `kid`.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// A token with these claims, in compact form (RFC 7515 section 7.1).
    ///
    /// # Errors
    /// [`SigningError::Key`]
    pub fn sign(&self, claims: &BTreeMap<String, Json>) -> Result<Zeroizing<String>, SigningError> {
        let header = Json::Object(BTreeMap::from([
            ("alg".to_owned(), self.algorithm.name().into()),
            ("kid".to_owned(), self.id.as_str().into()),
            ("typ".to_owned(), "JWT".into()),
        ]));
        let claims = Json::Object(claims.clone());
        let mut token = Zeroizing::new(BASE64URL_NOPAD.encode(header.render().as_bytes()));
        token.push('.');
        token.push_str(&BASE64URL_NOPAD.encode(claims.render().as_bytes()));
        let signature = self.pair.sign(token.as_bytes())?;
        token.push('.');
        token.push_str(&BASE64URL_NOPAD.encode(&signature));
        Ok(token)
    }

    /// Its public half as a JSON Web Key (RFC 7517).
    ///
    /// # Errors
    /// [`SigningError::Key`]
    pub fn public_jwk(&self) -> Result<Json, SigningError> {
        let mut members = self.pair.jwk_members().ok_or(SigningError::Key)?;
        members.extend([
            ("alg", self.algorithm.name().to_owned()),
            ("kid", self.id.clone()),
            ("use", "sig".to_owned()),
        ]);
        let members = members.into_iter().map(|(name, value)| (name.to_owned(), value.into()));
        Ok(Json::Object(members.collect()))
    }
}

impl Pair {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SigningError> {
        let random = SystemRandom::new();
        match self {
            Self::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                let signed = pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature);
                signed.map(|()| signature).map_err(|_| SigningError::Key)
            }
            Self::Curve(pair) => {
                let signature = pair.sign(&random, message).map_err(|_| SigningError::Key)?;
                Ok(signature.as_ref().to_vec())
            }
            Self::Ed25519(pair) => {
                let signature = pair.try_sign(message).map_err(|_| SigningError::Key)?;
                Ok(signature.as_ref().to_vec())
            }
        }
    }

    fn jwk_members(&self) -> Option<Vec<(&'static str, String)>> {
        let text = |bytes: &[u8]| BASE64URL_NOPAD.encode(bytes);
        match self {
            Self::Rsa(pair) => {
                let public: &RsaPublicKey = pair.public_key();
                let (modulus, exponent) = pkcs1::components(public.as_ref())?;
                Some(vec![("kty", "RSA".to_owned()), ("n", text(&modulus)), ("e", text(&exponent))])
            }
            Self::Curve(pair) => {
                let point = pair.public_key().as_ref().strip_prefix(&[0x04])?;
                let (x, y) = point.split_at_checked(point.len() / 2)?;
                let curve = if x.len() == 32 { "P-256" } else { "P-384" };
                Some(vec![
                    ("kty", "EC".to_owned()),
                    ("crv", curve.to_owned()),
                    ("x", text(x)),
                    ("y", text(y)),
                ])
            }
            Self::Ed25519(pair) => Some(vec![
                ("kty", "OKP".to_owned()),
                ("crv", "Ed25519".to_owned()),
                ("x", text(pair.public_key().as_ref())),
            ]),
        }
    }
}

fn new_private_key(algorithm: Algorithm, random: &dyn Random) -> Result<Vec<u8>, SigningError> {
    let failed = |_| SigningError::Key;
    match algorithm {
        Algorithm::Rs256 => {
            let pair = RsaKeyPair::generate(KeySize::Rsa2048).map_err(failed)?;
            Ok(AsDer::as_der(&pair).map_err(failed)?.as_ref().to_vec())
        }
        Algorithm::EdDsa => {
            let seed = Zeroizing::new(random::array::<32>(random));
            let pair =
                Ed25519KeyPair::from_seed_unchecked(&*seed).map_err(|_| SigningError::Key)?;
            Ok(pair.to_pkcs8().map_err(failed)?.as_ref().to_vec())
        }
        other => {
            let pair = EcdsaKeyPair::generate(curve(other)?).map_err(failed)?;
            Ok(pair.to_pkcs8v1().map_err(failed)?.as_ref().to_vec())
        }
    }
}

fn curve(algorithm: Algorithm) -> Result<&'static EcdsaSigningAlgorithm, SigningError> {
    match algorithm {
        Algorithm::Es256 => Ok(&ECDSA_P256_SHA256_FIXED_SIGNING),
        Algorithm::Es384 => Ok(&ECDSA_P384_SHA384_FIXED_SIGNING),
        _ => Err(SigningError::Algorithm),
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({}, {})", self.id, self.algorithm)
    }
}

impl fmt::Debug for SigningKeyRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKeyRecord({}, {})", self.id, self.algorithm)
    }
}

impl<C> Encode<C> for PrivateKey {
    fn encode<W: encode::Write>(
        &self,
        encoder: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), encode::Error<W::Error>> {
        encoder.bytes(&self.0)?.ok()
    }
}

impl<'b, C> Decode<'b, C> for PrivateKey {
    fn decode(decoder: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
        Ok(Self(Zeroizing::new(decoder.bytes()?.to_vec())))
    }
}

#[cfg(test)]
impl SigningKey {
    /// A text, a dot and the signature of the text, for tokens that [`Self::sign`] does not make.
    pub(super) fn sign_text(&self, text: &str) -> String {
        let signature = self.pair.sign(text.as_bytes()).expect("the key signs");
        format!("{text}.{}", BASE64URL_NOPAD.encode(&signature))
    }
}
