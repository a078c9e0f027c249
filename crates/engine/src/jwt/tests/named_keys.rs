//! Our own keys: what signs, what is published, and what is forgotten.

use std::collections::BTreeSet;

use strongroom_core::time::Seconds;

use super::*;

const HOUR: Seconds = Seconds(3_600);

fn named_key(algorithm: Algorithm) -> (NamedKey, SeededRandom) {
    let random = SeededRandom::new(1);
    let periods = Periods { rotation: HOUR, verification: Seconds(7_200) };
    let clients = BTreeSet::from(["client-1".to_owned()]);
    (NamedKey::generate(algorithm, periods, clients, NOW, &random).unwrap(), random)
}

fn long_lived() -> BTreeMap<String, Json> {
    claims(&format!(r#"{{"exp":{}}}"#, NOW_SECS + 1_000_000))
}

fn ids(key: &NamedKey, now: Timestamp) -> Vec<String> {
    let keys = key.public_jwks(now).unwrap();
    keys.iter()
        .filter_map(|key| key.get("kid").and_then(Json::as_text))
        .map(str::to_owned)
        .collect()
}

#[test]
fn each_algorithm_signs_what_its_published_keys_verify() {
    for algorithm in [Algorithm::Rs256, Algorithm::Es256, Algorithm::Es384, Algorithm::EdDsa] {
        let (key, _) = named_key(algorithm);
        let token = key.sign(&long_lived()).unwrap();
        let document = jwks_document(key.public_jwks(NOW).unwrap());
        let keys = KeySet::from_jwks(document.as_bytes()).unwrap();
        assert_eq!(keys.keys().len(), 2, "the next key is published before it signs");
        assert!(keys.verify(&token, &algorithm.into()).is_ok(), "{algorithm}");
        assert!(key.verify(&token, NOW).is_ok());
        for private in ["\"d\"", "\"p\"", "\"q\"", "\"dp\"", "\"k\""] {
            assert!(!document.contains(private));
        }
    }
}

#[test]
fn keys_are_not_made_for_other_algorithms() {
    for algorithm in [Algorithm::Rs384, Algorithm::Ps256, Algorithm::Es512] {
        let made = SigningKeyRecord::generate(algorithm, NOW, &SeededRandom::new(1));
        assert_eq!(made.err(), Some(SigningError::Algorithm));
    }
}

#[test]
fn rotation_lets_the_published_key_sign_and_the_old_one_verify_for_its_time() {
    let (mut key, random) = named_key(Algorithm::EdDsa);
    let (token, before) = (key.sign(&long_lived()).unwrap(), ids(&key, NOW));
    let rotated = NOW.plus(HOUR);
    assert_eq!(key.next_rotation(), rotated);
    key.rotate(rotated, None, &random).unwrap();
    assert_eq!(key.next_rotation(), rotated.plus(HOUR));
    let after = ids(&key, rotated);
    assert_eq!((&after[0], &after[2], after.len()), (&before[1], &before[0], 3));
    let end = rotated.plus(Seconds(7_200));
    assert!(key.verify(&token, Timestamp(end.0 - 1)).is_ok());
    assert_eq!(key.verify(&token, end), Err(JwtError::UnknownKey));
    assert_eq!(ids(&key, end).len(), 2);
    assert!(key.forget_expired(end) && !key.forget_expired(end));
}

#[test]
fn a_rotation_can_end_the_old_key_at_once() {
    let (mut key, random) = named_key(Algorithm::EdDsa);
    let token = key.sign(&long_lived()).unwrap();
    key.rotate(NOW, Some(Seconds(0)), &random).unwrap();
    assert_eq!(key.verify(&token, NOW), Err(JwtError::UnknownKey));
}

#[test]
fn a_record_holds_the_private_halves_of_the_keys_that_sign_and_no_others() {
    let (mut key, random) = named_key(Algorithm::EdDsa);
    let before = minicbor::to_vec(&key).unwrap();
    key.rotate(NOW, None, &random).unwrap();
    let after = minicbor::to_vec(&key).unwrap();
    assert_eq!(minicbor::decode::<NamedKey>(&after).unwrap(), key);
    // Ed25519 in PKCS #8: `04 22 04 20` and the seed.
    let seeds = |bytes: &[u8]| -> BTreeSet<Vec<u8>> {
        let starts = bytes.windows(4).enumerate().filter(|(_, four)| *four == [4, 0x22, 4, 0x20]);
        starts.map(|(start, _)| bytes[start + 4..start + 36].to_vec()).collect()
    };
    let (before, after) = (seeds(&before), seeds(&after));
    assert_eq!((before.len(), after.len()), (2, 2));
    assert_eq!(before.intersection(&after).count(), 1, "the next key became the current one");
    assert!(!format!("{key:?}").contains("private"));
}

#[test]
fn another_algorithm_takes_effect_at_once() {
    let (mut key, random) = named_key(Algorithm::EdDsa);
    let token = key.sign(&long_lived()).unwrap();
    let periods = Periods { rotation: Seconds(60), verification: Seconds(600) };
    key.change(Algorithm::Es256, periods, NOW, &random).unwrap();
    assert_eq!(key.next_rotation(), NOW.plus(Seconds(60)));
    let new = key.sign(&long_lived()).unwrap();
    let keys = KeySet::from_jwks(jwks_document(key.public_jwks(NOW).unwrap()).as_bytes()).unwrap();
    assert!(keys.verify(&new, &Algorithm::Es256.into()).is_ok());
    assert!(keys.verify(&token, &Algorithm::EdDsa.into()).is_ok());
}

#[test]
fn periods_are_vaults() {
    let (mut key, random) = named_key(Algorithm::EdDsa);
    let unchanged = key.clone();
    let mut change = |rotation, verification| {
        let periods = Periods { rotation: Seconds(rotation), verification: Seconds(verification) };
        key.change(Algorithm::Es256, periods, NOW, &random)
    };
    assert_eq!(change(59, 60), Err(NamedKeyError::RotationPeriod));
    assert_eq!(change(60, 601), Err(NamedKeyError::VerificationTtl));
    assert_eq!(change(u64::MAX, u64::MAX), Ok(()));
    assert_eq!(change(60, 600), Ok(()));
    assert_ne!(key, unchanged);
    let day = Seconds(86_400);
    assert_eq!(Periods::default(), Periods { rotation: day, verification: day });
}

#[test]
fn keys_that_still_verify_have_a_most_number() {
    let (mut key, random) = named_key(Algorithm::EdDsa);
    for _ in 0..EXPIRING_KEYS_MAX {
        key.rotate(NOW, None, &random).unwrap();
    }
    assert_eq!(ids(&key, NOW).len(), KEYS_MAX);
    let full = key.clone();
    assert_eq!(key.rotate(NOW, None, &random), Err(NamedKeyError::Full));
    assert_eq!(key, full);
    key.rotate(NOW.plus(Seconds(7_200)), None, &random).unwrap();
}

#[test]
fn a_clients_roles_use_the_keys_that_allow_it() {
    let (mut key, _) = named_key(Algorithm::EdDsa);
    assert!(key.allows_client("client-1") && !key.allows_client("client-2"));
    key.allowed_client_ids = BTreeSet::from(["*".to_owned()]);
    assert!(key.allows_client("client-2"));
    key.allowed_client_ids.clear();
    assert!(!key.allows_client("client-1"));
}

#[test]
fn an_expired_or_foreign_token_is_not_ours() {
    let (key, _) = named_key(Algorithm::EdDsa);
    let token = key.sign(&claims("{}")).unwrap();
    let end = NOW.plus(Seconds(600));
    assert!(key.verify(&token, Timestamp(end.0 - 1)).is_ok());
    assert_eq!(key.verify(&token, end), Err(JwtError::Expired));
    let endless = key.sign(&claims(r#"{"exp":null}"#)).unwrap();
    assert_eq!(key.verify(&endless, NOW), Err(JwtError::NoTimes));
    let foreign = signing_key(Algorithm::EdDsa, 9).sign(&claims("{}")).unwrap();
    assert_eq!(key.verify(&foreign, NOW), Err(JwtError::UnknownKey));
}
