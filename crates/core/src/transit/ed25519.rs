//! Ed25519 (RFC 8032).
//!
//! ```text
//! material = seed(32) || public key(32)
//! ```
//! That is Go's form of a private key and therefore what Vault exports and derives from.

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use zeroize::Zeroizing;

use super::key_type::{Family, Kind, Supports};
use super::material::{KeyMaterial, MaterialError};
use crate::random::Random;

/// The length of a seed, in bytes.
pub(super) const SEED_BYTES: usize = 32;
/// The length of the stored form, in bytes.
pub(super) const MATERIAL_BYTES: usize = 64;

pub(super) static KIND: Kind = Kind {
    number: 4,
    name: "ed25519",
    algorithm_name: "ed25519",
    supports: Supports {
        encryption: false,
        signing: true,
        derivation: true,
        convergent: false,
        associated_data: false,
    },
    family: Family::Ed25519,
};

pub(super) fn generate(random: &dyn Random) -> Result<KeyMaterial, MaterialError> {
    let mut seed = Zeroizing::new([0; SEED_BYTES]);
    random.fill(&mut *seed);
    let pair = from_seed(&*seed)?;
    Ok(KeyMaterial::new([seed.as_slice(), pair.public_key().as_ref()].concat()))
}

/// The pair of a stored key. The public half must be the seed's.
pub(super) fn prepare(material: &[u8]) -> Result<Ed25519KeyPair, MaterialError> {
    let (seed, public) = material.split_at_checked(SEED_BYTES).ok_or(MaterialError)?;
    Ed25519KeyPair::from_seed_and_public_key(seed, public).map_err(|_| MaterialError)
}

pub(super) fn from_seed(seed: &[u8]) -> Result<Ed25519KeyPair, MaterialError> {
    Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| MaterialError)
}

pub(super) fn sign(pair: &Ed25519KeyPair, message: &[u8]) -> Result<Vec<u8>, MaterialError> {
    pair.try_sign(message).map(|signature| signature.as_ref().to_vec()).map_err(|_| MaterialError)
}

pub(super) fn verify(pair: &Ed25519KeyPair, message: &[u8], signature: &[u8]) -> bool {
    let public = UnparsedPublicKey::new(&ED25519, pair.public_key().as_ref());
    public.verify(message, signature).is_ok()
}
