mod encryption;
mod keys;
mod known_answers;
mod signatures;
mod vectors;

use super::*;
use crate::crypto::seal::test_random::Counting;
use crate::time::Timestamp;

const NOW: Timestamp = Timestamp(1_767_323_045_678);

fn key_of(key_type: KeyType) -> TransitKey {
    made(&NewKey::of(key_type))
}

fn derived(key_type: KeyType) -> TransitKey {
    made(&NewKey { derived: true, ..NewKey::of(key_type) })
}

fn convergent(key_type: KeyType) -> TransitKey {
    made(&NewKey { derived: true, convergent: true, ..NewKey::of(key_type) })
}

fn made(new: &NewKey) -> TransitKey {
    TransitKey::new(new, NOW, &Counting::default()).expect("the key can be made")
}

/// A key whose versions are these: pairs of material and HMAC key.
fn key_with(new: &NewKey, versions: Vec<(Vec<u8>, Vec<u8>)>) -> TransitKey {
    let is_hmac = new.key_type == KeyType::HMAC;
    let length = versions.first().map_or(0, |(material, _)| material.len());
    TransitKey {
        key_type: new.key_type,
        derived: new.derived,
        convergent: new.convergent,
        exportable: true,
        latest_version: u32::try_from(versions.len()).expect("few versions"),
        hmac_key_bytes: if is_hmac { u16::try_from(length).expect("short") } else { 0 },
        versions: versions
            .into_iter()
            .map(|(material, hmac_key)| KeyVersion::with_material(material, hmac_key))
            .collect(),
        ..key_of(KeyType::AES_256_GCM96)
    }
}

fn plaintext(bytes: &[u8]) -> EncryptRequest<'_> {
    EncryptRequest { plaintext: bytes, context: b"here", associated: b"", version: 0 }
}

fn ciphertext(text: &str) -> DecryptRequest<'_> {
    DecryptRequest { ciphertext: text, context: b"here", associated: b"" }
}

fn input(bytes: &[u8], options: SignatureOptions) -> SignRequest<'_> {
    SignRequest { input: bytes, context: b"here", version: 0, options }
}

fn signature<'a>(bytes: &'a [u8], text: &'a str, options: SignatureOptions) -> VerifyRequest<'a> {
    VerifyRequest { input: bytes, context: b"here", signature: text, options }
}
