use proptest::prelude::*;

use super::*;

fn encrypting() -> Vec<TransitKey> {
    let types = KEY_TYPES.iter().copied();
    types.filter(|known| known.supports().encryption).map(key_of).collect()
}

fn aead_types() -> impl Iterator<Item = KeyType> {
    KEY_TYPES.iter().copied().filter(|known| known.supports().associated_data)
}

#[test]
fn every_type_that_encrypts_gives_the_plaintext_back_and_never_the_same_ciphertext() {
    let random = Counting::default();
    let keys = encrypting();
    assert_eq!(keys.len(), 6);
    for key in keys {
        let first = key.encrypt(&plaintext(b"value"), &random).unwrap();
        let second = key.encrypt(&plaintext(b"value"), &random).unwrap();
        assert!(first.ciphertext.starts_with("vault:v1:"), "{}", first.ciphertext);
        assert_eq!(first.version, 1);
        assert_ne!(first, second);
        for encrypted in [first, second] {
            let opened = key.decrypt(&ciphertext(&encrypted.ciphertext)).unwrap();
            assert_eq!(opened.expose(), b"value");
        }
    }
}

#[test]
fn types_that_do_not_encrypt_say_so() {
    for key_type in [KeyType::ED25519, KeyType::ECDSA_P256, KeyType::HMAC] {
        let key = key_of(key_type);
        let refused = key.encrypt(&plaintext(b"v"), &Counting::default()).unwrap_err();
        assert_eq!(refused, EncryptError::Unsupported(key_type));
        let text = format!("message encryption not supported for key type {key_type}");
        assert_eq!(refused.to_string(), text);
        let refused = key.decrypt(&ciphertext("vault:v1:AAAA")).unwrap_err();
        assert_eq!(refused, DecryptError::Unsupported(key_type));
    }
}

#[test]
fn another_key_another_context_and_other_associated_data_are_refused() {
    let random = Counting::default();
    for key_type in aead_types() {
        let key = TransitKey::new(&NewKey { derived: true, ..NewKey::of(key_type) }, NOW, &random)
            .unwrap();
        let other =
            TransitKey::new(&NewKey { derived: true, ..NewKey::of(key_type) }, NOW, &random)
                .unwrap();
        let request = EncryptRequest { associated: b"about", ..plaintext(b"value") };
        let encrypted = key.encrypt(&request, &random).unwrap();
        let right = DecryptRequest { associated: b"about", ..ciphertext(&encrypted.ciphertext) };
        assert_eq!(key.decrypt(&right).unwrap().expose(), b"value");
        let refused = Err(DecryptError::Unauthentic);
        assert_eq!(other.decrypt(&right), refused);
        assert_eq!(key.decrypt(&DecryptRequest { context: b"there", ..right }), refused);
        assert_eq!(key.decrypt(&DecryptRequest { associated: b"", ..right }), refused);
        assert_eq!(key.decrypt(&DecryptRequest { associated: b"abouT", ..right }), refused);
    }
}

#[test]
fn every_flipped_bit_and_every_cut_of_a_ciphertext_is_refused() {
    for key in aead_types().map(key_of) {
        let encrypted = key.encrypt(&plaintext(b"v"), &Counting::default()).unwrap().ciphertext;
        let encoded = encrypted.strip_prefix("vault:v1:").unwrap();
        let sealed = data_encoding::BASE64.decode(encoded.as_bytes()).unwrap();
        let opened = |sealed: &[u8]| {
            let text = format!("vault:v1:{}", data_encoding::BASE64.encode(sealed));
            key.decrypt(&ciphertext(&text))
        };
        assert!(opened(&sealed).is_ok());
        for bit in 0..sealed.len() * 8 {
            let mut altered = sealed.clone();
            altered[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(opened(&altered), Err(DecryptError::Unauthentic), "bit {bit}");
        }
        for length in 0..sealed.len() {
            let refused = opened(&sealed[..length]).unwrap_err();
            let short = length < 28;
            let wanted = if short { DecryptError::Length } else { DecryptError::Unauthentic };
            assert_eq!(refused, wanted, "length {length}");
        }
    }
}

#[test]
fn a_tampered_rsa_ciphertext_is_refused() {
    let key = key_of(KeyType::RSA_2048);
    let encrypted = key.encrypt(&plaintext(b"value"), &Counting::default()).unwrap().ciphertext;
    let mut altered = encrypted.clone().into_bytes();
    altered[40] = if altered[40] == b'A' { b'B' } else { b'A' };
    let altered = String::from_utf8(altered).unwrap();
    assert_eq!(key.decrypt(&ciphertext(&altered)), Err(DecryptError::Unauthentic));
    for short in ["vault:v1:", "vault:v1:AAAA"] {
        assert_eq!(key.decrypt(&ciphertext(short)), Err(DecryptError::Unauthentic));
    }
}

#[test]
fn rsa_takes_what_oaep_leaves_room_for_and_no_associated_data() {
    let random = Counting::default();
    let key = key_of(KeyType::RSA_2048);
    assert!(key.encrypt(&plaintext(&[7; 190]), &random).is_ok());
    let refused = key.encrypt(&plaintext(&[7; 191]), &random).unwrap_err();
    assert_eq!(refused, EncryptError::PlaintextTooLong { limit: 190 });
    let request = EncryptRequest { associated: b"about", ..plaintext(b"v") };
    let refused = key.encrypt(&request, &random).unwrap_err();
    assert_eq!(refused, EncryptError::AssociatedUnsupported(KeyType::RSA_2048));
}

#[test]
fn convergent_encryption_gives_equal_ciphertexts_in_one_context_only() {
    let random = Counting::default();
    for key in aead_types().map(convergent) {
        let encrypted = |bytes: &[u8], context: &[u8]| {
            let request = EncryptRequest { context, ..plaintext(bytes) };
            key.encrypt(&request, &random).unwrap().ciphertext
        };
        assert_eq!(encrypted(b"value", b"here"), encrypted(b"value", b"here"));
        assert_ne!(encrypted(b"value", b"here"), encrypted(b"value", b"there"));
        assert_ne!(encrypted(b"value", b"here")[..25], encrypted(b"other", b"here")[..25]);
    }
}

#[test]
fn convergent_encryption_refuses_associated_data_which_would_repeat_a_nonce() {
    let key = convergent(KeyType::AES_256_GCM96);
    let request = EncryptRequest { associated: b"about", ..plaintext(b"v") };
    let refused = key.encrypt(&request, &Counting::default()).unwrap_err();
    assert_eq!(refused, EncryptError::AssociatedWithConvergent);
}

#[test]
fn a_derived_key_demands_a_context_and_another_looks_past_it() {
    let random = Counting::default();
    let key = derived(KeyType::AES_256_GCM96);
    let request = EncryptRequest { context: b"", ..plaintext(b"v") };
    let refused = key.encrypt(&request, &random).unwrap_err();
    assert!(refused.to_string().starts_with("missing 'context' for key derivation; "));
    let text = "vault:v1:AAAA";
    let refused = key.decrypt(&DecryptRequest { context: b"", ..ciphertext(text) });
    assert_eq!(refused, Err(DecryptError::MissingContext));

    let key = key_of(KeyType::AES_256_GCM96);
    let encrypted = key.encrypt(&plaintext(b"v"), &random).unwrap().ciphertext;
    let request = DecryptRequest { context: b"elsewhere", ..ciphertext(&encrypted) };
    assert_eq!(key.decrypt(&request).unwrap().expose(), b"v");
}

#[test]
fn the_version_asked_for_encrypts_within_its_limits() {
    let random = Counting::default();
    let mut key = key_of(KeyType::AES_256_GCM96);
    for _ in 0..3 {
        key.rotate(NOW, &random).unwrap();
    }
    let with = |key: &TransitKey, version| {
        key.encrypt(&EncryptRequest { version, ..plaintext(b"v") }, &random)
    };
    assert_eq!(with(&key, 0).unwrap().version, 4);
    let second = with(&key, 2).unwrap();
    assert!(second.ciphertext.starts_with("vault:v2:"));
    assert_eq!(with(&key, 5), Err(EncryptError::VersionTooNew));

    let minimum = Configuration { min_encryption_version: Some(3), ..Configuration::default() };
    key.configure(&minimum).unwrap();
    assert_eq!(with(&key, 2), Err(EncryptError::VersionBelowMinimum));
    assert!(with(&key, 3).is_ok());
    assert!(key.decrypt(&ciphertext(&second.ciphertext)).is_ok());

    let minimum = Configuration { min_decryption_version: Some(3), ..Configuration::default() };
    key.configure(&minimum).unwrap();
    let refused = key.decrypt(&ciphertext(&second.ciphertext)).unwrap_err();
    assert_eq!(refused, DecryptError::VersionTooOld);
    let text = "ciphertext or signature version is disallowed by policy (too old)";
    assert_eq!(refused.to_string(), text);

    let none = Configuration { min_encryption_version: Some(0), ..Configuration::default() };
    key.configure(&none).unwrap();
    assert_eq!(with(&key, 2), Err(EncryptError::NoSuchVersion));
}

#[test]
fn rewrapping_moves_a_ciphertext_to_the_newest_version() {
    let random = Counting::default();
    let mut key = derived(KeyType::CHACHA20_POLY1305);
    let old = key.encrypt(&plaintext(b"value"), &random).unwrap().ciphertext;
    key.rotate(NOW, &random).unwrap();
    let new = key.rewrap(&ciphertext(&old), 0, &random).unwrap();
    assert_eq!(new.version, 2);
    assert_eq!(key.decrypt(&ciphertext(&new.ciphertext)).unwrap().expose(), b"value");
    let request = DecryptRequest { context: b"there", ..ciphertext(&old) };
    let refused = key.rewrap(&request, 0, &random);
    assert_eq!(refused, Err(RewrapError::Decrypt(DecryptError::Unauthentic)));
}

#[test]
fn a_data_key_comes_in_plaintext_and_encrypted() {
    let random = Counting::default();
    let key = key_of(KeyType::AES_256_GCM96);
    for (bits, bytes) in [(128, 16), (256, 32), (512, 64)] {
        let bits = DataKeyBits::from_bits(bits).unwrap();
        let data_key = key.data_key(bits, &plaintext(b""), &random).unwrap();
        assert_eq!(data_key.plaintext.expose().len(), bytes);
        let opened = key.decrypt(&ciphertext(&data_key.encrypted.ciphertext)).unwrap();
        assert_eq!(opened, data_key.plaintext);
        assert!(!format!("{data_key:?}").contains(&format!("{:?}", opened.expose())));
    }
    assert_eq!(DataKeyBits::from_bits(384), None);
}

#[test]
fn what_is_too_long_is_refused_and_what_just_fits_is_not() {
    let random = Counting::default();
    let key = derived(KeyType::AES_256_GCM96);
    let long = vec![0; PLAINTEXT_BYTES_MAX + 1];
    let fits = EncryptRequest {
        plaintext: &long[..PLAINTEXT_BYTES_MAX],
        context: &long[..CONTEXT_BYTES_MAX],
        associated: &long[..ASSOCIATED_BYTES_MAX],
        version: 0,
    };
    let encrypted = key.encrypt(&fits, &random).unwrap().ciphertext;
    assert!(encrypted.len() <= CIPHERTEXT_BYTES_MAX);
    let request = DecryptRequest {
        ciphertext: &encrypted,
        context: fits.context,
        associated: fits.associated,
    };
    assert!(key.decrypt(&request).is_ok());

    let refused = |request: EncryptRequest<'_>| key.encrypt(&request, &random).unwrap_err();
    assert_eq!(
        refused(EncryptRequest { plaintext: &long, ..fits }),
        EncryptError::PlaintextTooLong { limit: PLAINTEXT_BYTES_MAX }
    );
    let context = &long[..=CONTEXT_BYTES_MAX];
    assert_eq!(refused(EncryptRequest { context, ..fits }), EncryptError::ContextTooLong);
    let associated = &long[..=ASSOCIATED_BYTES_MAX];
    assert_eq!(refused(EncryptRequest { associated, ..fits }), EncryptError::AssociatedTooLong);
    let text = format!("vault:v1:{}", "A".repeat(CIPHERTEXT_BYTES_MAX));
    let request = DecryptRequest { ciphertext: &text, ..request };
    assert_eq!(key.decrypt(&request), Err(DecryptError::TooLong));
}

#[test]
fn malformed_ciphertexts_are_refused_in_vaults_words() {
    let key = key_of(KeyType::AES_256_GCM96);
    for (text, wanted) in [
        ("", "invalid ciphertext: no prefix"),
        ("vault:1:AAAA", "invalid ciphertext: no prefix"),
        ("vault:v1", "invalid ciphertext: wrong number of fields"),
        ("vault:v:AAAA", "invalid ciphertext: version number could not be decoded"),
        ("vault:v+1:AAAA", "invalid ciphertext: version number could not be decoded"),
        ("vault:v-1:AAAA", "invalid ciphertext: version number could not be decoded"),
        ("vault:v4294967296:AAAA", "invalid ciphertext: version number could not be decoded"),
        ("vault:v2:AAAA", "invalid ciphertext: version is too new"),
        ("vault:v0:AAAA", "ciphertext or signature version is disallowed by policy (too old)"),
        ("vault:v1:AAA", "invalid ciphertext: could not decode base64"),
        ("vault:v1:A:AA", "invalid ciphertext: could not decode base64"),
        ("vault:v1:AAAA", "invalid ciphertext length"),
    ] {
        let refused = key.decrypt(&ciphertext(text)).unwrap_err();
        assert_eq!(refused.to_string(), wanted, "{text}");
    }
}

proptest! {
    #[test]
    fn any_plaintext_comes_back(
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        context in prop::collection::vec(any::<u8>(), 1..100),
        associated in prop::collection::vec(any::<u8>(), 0..100),
        which in 0..3_usize,
    ) {
        let key = derived(aead_types().nth(which).unwrap());
        let request =
            EncryptRequest { plaintext: &bytes, context: &context, associated: &associated, version: 0 };
        let text = key.encrypt(&request, &Counting::default()).unwrap().ciphertext;
        let request = DecryptRequest { ciphertext: &text, context: &context, associated: &associated };
        let opened = key.decrypt(&request).unwrap();
        prop_assert_eq!(opened.expose(), bytes);
    }

    #[test]
    fn no_text_breaks_a_parser(text in "(vault:v)?[0-9]{0,3}:?.{0,80}") {
        let key = key_of(KeyType::AES_256_GCM96);
        prop_assert!(key.decrypt(&ciphertext(&text)).is_err());
        let _ = key.verify_hmac(b"v", HashAlgorithm::Sha2_256, &text);
        let signing = key_of(KeyType::ED25519);
        let _ = signing.verify(&signature(b"v", &text, SignatureOptions::default()));
        prop_assert!(restore(&text, NOW).is_err());
    }
}
