use std::sync::LazyLock;

use super::*;

/// Made once: RSA keys take their time.
static RSA: LazyLock<TransitKey> = LazyLock::new(|| key_of(KeyType::RSA_2048));

/// A signature that no length of the salt makes right.
fn wrong() -> String {
    format!("vault:v1:{}", data_encoding::BASE64.encode(&[1; 256]))
}

#[test]
fn looking_for_salt_lengths_ends_and_the_usual_lengths_are_always_tried() {
    let (key, default, wrong) = (&*RSA, SignatureOptions::default(), wrong());
    let mut tries = SaltTries::of_a_request();
    let wrong = signature(b"input", &wrong, default);
    let refused = (0..100).find_map(|place| match key.verify_within(&wrong, &mut tries) {
        Ok(holds) => {
            assert!(!holds);
            None
        }
        Err(error) => Some((place, error)),
    });
    let (place, error) = refused.expect("is refused at some time");
    assert_eq!(place, 45, "of 221 unusual lengths each");
    assert_eq!(error, VerifyError::Signature(SignatureError::SaltTries));
    for salt_length in [SaltLength::Auto, SaltLength::Hash] {
        let made = SignatureOptions { salt_length, ..default };
        let right = key.sign(&input(b"input", made)).expect("signs").signature;
        let right = signature(b"input", &right, default);
        assert_eq!(key.verify_within(&right, &mut tries), Ok(true));
    }
    assert_eq!(key.verify(&wrong), Ok(false), "another request has its own");
}

fn ecdsa_types() -> [KeyType; 3] {
    [KeyType::ECDSA_P256, KeyType::ECDSA_P384, KeyType::ECDSA_P521]
}

fn options(hash: HashAlgorithm, marshaling: Marshaling) -> SignatureOptions {
    SignatureOptions { hash: Some(hash), marshaling, ..SignatureOptions::default() }
}

/// What signs and verifies with these options, and neither verifies another input nor an altered signature.
fn assert_signs(key: &TransitKey, options: SignatureOptions, bytes: &[u8], other: &[u8]) {
    let text = key.sign(&input(bytes, options)).expect("signs").signature;
    let name = key.key_type();
    assert_eq!(key.verify(&signature(bytes, &text, options)), Ok(true), "{name} {options:?}");
    let salt_length = match options.salt_length {
        SaltLength::Auto => SaltLength::Hash,
        stated => stated,
    };
    // A stated length, so that a wrong signature is not tried with every length.
    let stated = SignatureOptions { salt_length, ..options };
    assert_eq!(key.verify(&signature(other, &text, stated)), Ok(false), "{name} {options:?}");
    let mut altered = text.into_bytes();
    let at = altered.len() - 30;
    altered[at] = if altered[at] == b'A' { b'B' } else { b'A' };
    let altered = String::from_utf8(altered).expect("ASCII");
    assert_eq!(key.verify(&signature(bytes, &altered, stated)), Ok(false), "{name} {options:?}");
}

#[test]
fn every_type_that_signs_does_so_with_vaults_defaults() {
    let types = KEY_TYPES.iter().copied().filter(|known| known.supports().signing);
    let keys: Vec<TransitKey> = types.map(key_of).collect();
    assert_eq!(keys.len(), 7);
    for key in keys {
        assert_signs(&key, SignatureOptions::default(), b"input", b"other");
    }
}

#[test]
fn ecdsa_signs_with_every_hash_and_marshaling() {
    for key in ecdsa_types().map(key_of) {
        for hash in HashAlgorithm::ALL {
            for marshaling in [Marshaling::Asn1, Marshaling::Jws] {
                assert_signs(&key, options(hash, marshaling), b"input", b"other");
            }
        }
    }
}

#[test]
fn ecdsa_signatures_hold_in_a_verifier_that_hashes_by_itself() {
    use aws_lc_rs::signature as lc;
    let cases: [(KeyType, HashAlgorithm, &'static dyn lc::VerificationAlgorithm); 8] = [
        (KeyType::ECDSA_P256, HashAlgorithm::Sha2_256, &lc::ECDSA_P256_SHA256_ASN1),
        (KeyType::ECDSA_P256, HashAlgorithm::Sha2_384, &lc::ECDSA_P256_SHA384_ASN1),
        (KeyType::ECDSA_P256, HashAlgorithm::Sha2_512, &lc::ECDSA_P256_SHA512_ASN1),
        (KeyType::ECDSA_P384, HashAlgorithm::Sha2_256, &lc::ECDSA_P384_SHA256_ASN1),
        (KeyType::ECDSA_P384, HashAlgorithm::Sha2_512, &lc::ECDSA_P384_SHA512_ASN1),
        (KeyType::ECDSA_P384, HashAlgorithm::Sha3_384, &lc::ECDSA_P384_SHA3_384_ASN1),
        (KeyType::ECDSA_P521, HashAlgorithm::Sha2_224, &lc::ECDSA_P521_SHA224_ASN1),
        (KeyType::ECDSA_P521, HashAlgorithm::Sha2_256, &lc::ECDSA_P521_SHA256_ASN1),
    ];
    for (key_type, hash, algorithm) in cases {
        let new = NewKey::of(key_type);
        let key = made(&new);
        let der = key.export(ExportKind::PublicKey, ExportFormat::Der, ExportVersions::Latest);
        let der = der.unwrap().remove(0).1;
        let public = data_encoding::BASE64.decode(der.expose()).unwrap();
        let text = key.sign(&input(b"input", options(hash, Marshaling::Asn1))).unwrap().signature;
        let bytes = text.strip_prefix("vault:v1:").unwrap();
        let bytes = data_encoding::BASE64.decode(bytes.as_bytes()).unwrap();
        let public = lc::UnparsedPublicKey::new(algorithm, public);
        assert!(public.verify(b"input", &bytes).is_ok(), "{key_type} {hash}");
        assert!(public.verify(b"other", &bytes).is_err(), "{key_type} {hash}");
    }
}

#[test]
fn jws_signatures_have_fixed_lengths_and_are_no_asn1() {
    for (key_type, bytes) in ecdsa_types().into_iter().zip([64, 96, 132]) {
        let key = key_of(key_type);
        let jws = options(HashAlgorithm::Sha2_256, Marshaling::Jws);
        let text = key.sign(&input(b"input", jws)).unwrap().signature;
        let encoded = text.strip_prefix("vault:v1:").unwrap();
        let decoded = data_encoding::BASE64URL_NOPAD.decode(encoded.as_bytes()).unwrap();
        assert_eq!(decoded.len(), bytes);
        let asn1 = options(HashAlgorithm::Sha2_256, Marshaling::Asn1);
        assert_ne!(key.verify(&signature(b"input", &text, asn1)), Ok(true));
    }
}

#[test]
fn prehashed_input_gives_signatures_of_the_input() {
    let hash = HashAlgorithm::Sha2_256;
    let digest = hash.hash(b"input").unwrap();
    for key in [&key_of(KeyType::ECDSA_P256), &key_of(KeyType::ECDSA_P384), &*RSA] {
        let plain = options(hash, Marshaling::Asn1);
        let prehashed = SignatureOptions { prehashed: true, ..plain };
        let text = key.sign(&input(&digest, prehashed)).unwrap().signature;
        assert_eq!(key.verify(&signature(b"input", &text, plain)), Ok(true));
        assert_eq!(key.verify(&signature(&digest, &text, prehashed)), Ok(true));
        for wrong in [b"".as_slice(), &[0; 65]] {
            let refused = key.sign(&input(wrong, prehashed)).unwrap_err();
            assert_eq!(refused, SignError::Signature(SignatureError::DigestLength));
        }
    }
}

#[test]
fn rsa_signs_with_both_paddings_and_every_length_of_salt_that_fits() {
    let key = &*RSA;
    for (hash, longest) in [
        (HashAlgorithm::Sha2_256, 222),
        (HashAlgorithm::Sha2_384, 206),
        (HashAlgorithm::Sha2_512, 190),
    ] {
        let plain = options(hash, Marshaling::Asn1);
        let pkcs1 = SignatureOptions { padding: RsaPadding::Pkcs1v15, ..plain };
        assert_signs(key, pkcs1, b"input", b"other");
        for salt_length in
            [SaltLength::Auto, SaltLength::Hash, SaltLength::Bytes(1), SaltLength::Bytes(longest)]
        {
            assert_signs(key, SignatureOptions { salt_length, ..plain }, b"input", b"other");
        }
        let salt_length = SaltLength::Bytes(longest + 1);
        let refused = key.sign(&input(b"input", SignatureOptions { salt_length, ..plain }));
        let wanted = format!("requested salt length {} is invalid", longest + 1);
        assert_eq!(refused.unwrap_err().to_string(), wanted);
    }
}

#[test]
fn auto_signs_with_the_longest_salt_and_verifies_any() {
    let key = &*RSA;
    let with = |salt_length| SignatureOptions { salt_length, ..SignatureOptions::default() };
    let auto = key.sign(&input(b"input", with(SaltLength::Auto))).unwrap().signature;
    let holds = |text: &str, salt| key.verify(&signature(b"input", text, with(salt)));
    assert_eq!(holds(&auto, SaltLength::Bytes(222)), Ok(true));
    assert_eq!(holds(&auto, SaltLength::Hash), Ok(false));
    for salt in [SaltLength::Bytes(1), SaltLength::Bytes(100), SaltLength::Hash] {
        let text = key.sign(&input(b"input", with(salt))).unwrap().signature;
        assert_eq!(holds(&text, SaltLength::Auto), Ok(true));
    }
    let other = key.verify(&signature(b"other", &auto, with(SaltLength::Auto)));
    assert_eq!(other, Ok(false));
}

#[test]
fn what_the_library_has_not_is_refused() {
    let key = &*RSA;
    let refused = |options| key.sign(&input(b"input", options)).unwrap_err();
    for hash in [HashAlgorithm::Sha2_224, HashAlgorithm::Sha3_256] {
        let unsupported = SignError::Signature(SignatureError::RsaHashUnsupported);
        assert_eq!(refused(options(hash, Marshaling::Asn1)), unsupported);
    }
    let none = SignatureOptions { hash: None, ..SignatureOptions::default() };
    let text = "hash_algorithm=none requires both prehashed=true and signature_algorithm=pkcs1v15";
    assert_eq!(refused(none).to_string(), text);
    let none = SignatureOptions { prehashed: true, padding: RsaPadding::Pkcs1v15, ..none };
    assert_eq!(refused(none), SignError::Signature(SignatureError::RsaHashUnsupported));

    let sha3 = HashAlgorithm::Sha3_256;
    assert_eq!(key.hmac(b"v", sha3, 0), Err(HmacError::HashUnsupported(sha3)));
    for name in ["sha1", "sha3-224"] {
        assert_eq!(name.parse::<HashAlgorithm>(), Err(HashNameError::Unsupported(name)));
    }
    assert_eq!("md5".parse::<HashAlgorithm>(), Err(HashNameError::Unknown));
}

#[test]
fn types_that_do_not_sign_say_so() {
    for key_type in [KeyType::AES_256_GCM96, KeyType::HMAC] {
        let key = key_of(key_type);
        let default = SignatureOptions::default();
        let refused = key.sign(&input(b"input", default)).unwrap_err();
        assert_eq!(refused.to_string(), format!("key type {key_type} does not support signing"));
        let refused = key.verify(&signature(b"input", "vault:v1:AAAA", default)).unwrap_err();
        let text = format!("key type {key_type} does not support verification");
        assert_eq!(refused.to_string(), text);
    }
}

#[test]
fn a_derived_ed25519_key_signs_for_its_context_and_shows_its_public_key() {
    let key = derived(KeyType::ED25519);
    let default = SignatureOptions::default();
    let signed = key.sign(&input(b"input", default)).unwrap();
    assert_eq!(signed.public_key.map(|public| public.len()), Some(32));
    let right = signature(b"input", &signed.signature, default);
    assert_eq!(key.verify(&right), Ok(true));
    assert_eq!(key.verify(&VerifyRequest { context: b"there", ..right }), Ok(false));
    let missing = SignRequest { context: b"", ..input(b"input", default) };
    let refused = key.sign(&missing).unwrap_err();
    assert_eq!(refused, SignError::Signature(SignatureError::MissingContext));
}

#[test]
fn versions_sign_and_verify_within_their_limits() {
    let random = Counting::default();
    let mut key = key_of(KeyType::ED25519);
    let default = SignatureOptions::default();
    let old = key.sign(&input(b"input", default)).unwrap().signature;
    let old_mac = key.hmac(b"input", HashAlgorithm::Sha2_256, 0).unwrap();
    key.rotate(NOW, &random).unwrap();
    assert_eq!(key.sign(&input(b"input", default)).unwrap().version, 2);
    assert_eq!(key.verify(&signature(b"input", &old, default)), Ok(true));
    let with = |key: &TransitKey, version| {
        key.sign(&SignRequest { version, ..input(b"input", default) }).map(|signed| signed.version)
    };
    assert_eq!(with(&key, 1), Ok(1));
    assert_eq!(with(&key, 3), Err(SignError::VersionTooNew));
    let both = Configuration {
        min_decryption_version: Some(2),
        min_encryption_version: Some(2),
        ..Configuration::default()
    };
    key.configure(&both).unwrap();
    assert_eq!(with(&key, 1), Err(SignError::VersionBelowMinimum));
    assert_eq!(key.verify(&signature(b"input", &old, default)), Err(VerifyError::VersionTooOld));
    let hash = HashAlgorithm::Sha2_256;
    let refused = key.hmac(b"input", hash, 1).unwrap_err().to_string();
    assert_eq!(refused, "cannot generate HMAC: version is too old (disallowed by policy)");
    let refused = key.verify_hmac(b"input", hash, &old_mac).unwrap_err().to_string();
    assert_eq!(refused, "cannot verify HMAC: version is too old (disallowed by policy)");
    assert_eq!(key.hmac(b"input", hash, 3), Err(HmacError::VersionTooNew { latest: 2 }));
}

#[test]
fn malformed_signatures_are_refused_in_vaults_words() {
    let key = key_of(KeyType::ED25519);
    for (text, wanted) in [
        ("AAAA", "invalid signature: no prefix"),
        ("vault:v1", "invalid signature: wrong number of fields"),
        ("vault:vx:AAAA", "invalid signature: version number could not be decoded"),
        ("vault:v2:AAAA", "invalid signature: version is too new"),
        ("vault:v1:A", "invalid base64 signature value"),
    ] {
        let refused = key.verify(&signature(b"v", text, SignatureOptions::default())).unwrap_err();
        assert_eq!(refused.to_string(), wanted, "{text}");
    }
    let holds = key.verify(&signature(b"v", "vault:v1:AAAA", SignatureOptions::default()));
    assert_eq!(holds, Ok(false));
}

#[test]
fn lengths_of_the_salt_are_spelled_as_in_vault() {
    for (text, wanted) in [
        ("auto", Ok(SaltLength::Auto)),
        ("0", Ok(SaltLength::Auto)),
        ("Hash", Ok(SaltLength::Hash)),
        ("-1", Ok(SaltLength::Hash)),
        ("1", Ok(SaltLength::Bytes(1))),
        ("70000", Ok(SaltLength::Bytes(u16::MAX))),
        ("-2", Err(SaltLengthError)),
        ("foobar", Err(SaltLengthError)),
    ] {
        assert_eq!(text.parse::<SaltLength>(), wanted, "{text}");
    }
}

#[test]
fn an_input_that_is_too_long_is_refused() {
    let long = vec![0; INPUT_BYTES_MAX + 1];
    let key = key_of(KeyType::ED25519);
    let refused = key.sign(&input(&long, SignatureOptions::default())).unwrap_err();
    assert_eq!(refused, SignError::Signature(SignatureError::InputTooLong));
    assert!(key.sign(&input(&long[1..], SignatureOptions::default())).is_ok());
    let hash = HashAlgorithm::Sha2_256;
    assert_eq!(key.hmac(&long, hash, 0), Err(HmacError::InputTooLong));
    assert_eq!(hash.hash(&long), None);
    assert!(hash.hash(&long[1..]).is_some());
}
