//! Published answers.

use data_encoding::{BASE64, HEXLOWER_PERMISSIVE as HEX};

use super::*;

fn hex(text: &str) -> Vec<u8> {
    HEX.decode(text.as_bytes()).unwrap()
}

fn one(key_type: KeyType, material: Vec<u8>) -> TransitKey {
    key_with(&NewKey::of(key_type), vec![(material, vec![0; 32])])
}

fn tagged(sealed: &[&str]) -> String {
    format!("vault:v1:{}", BASE64.encode(&hex(&sealed.concat())))
}

/// NIST CAVS `gcmEncryptExtIV128`, Keylen 128, IVlen 96, PTlen 128, AADlen 128, Taglen 128, count 0.
#[test]
fn aes_128_gcm_is_that_of_nist() {
    let key = one(KeyType::AES_128_GCM96, hex("c939cc13397c1d37de6ae0e1cb7c423c"));
    let text = tagged(&[
        "b3d8cc017cbb89b39e0f67e2",
        "93fe7d9e9bfd10348a5606e5cafa7354",
        "0032a1dc85f1c9786925a2e71d8272dd",
    ]);
    let associated = hex("24825602bd12a984e0092d3e448eda5f");
    let request = DecryptRequest { ciphertext: &text, context: b"", associated: &associated };
    let plaintext = hex("c3b3c41f113a31b73d9a5cd432103069");
    assert_eq!(key.decrypt(&request).unwrap().expose(), plaintext);
}

/// NIST CAVS `gcmEncryptExtIV256`, Keylen 256, IVlen 96, PTlen 128, AADlen 128, Taglen 128, count 0.
#[test]
fn aes_256_gcm_is_that_of_nist() {
    let key = one(
        KeyType::AES_256_GCM96,
        hex("92e11dcdaa866f5ce790fd24501f92509aacf4cb8b1339d50c9c1240935dd08b"),
    );
    let text = tagged(&[
        "ac93a1a6145299bde902f21a",
        "8995ae2e6df3dbf96fac7b7137bae67f",
        "eca5aa77d51d4a0a14d9c51e1da474ab",
    ]);
    let associated = hex("1e0889016f67601c8ebea4943bc23ad6");
    let request = DecryptRequest { ciphertext: &text, context: b"", associated: &associated };
    let plaintext = hex("2d71bcfa914e4ac045b2aa60955fad24");
    assert_eq!(key.decrypt(&request).unwrap().expose(), plaintext);
}

/// RFC 8439, section 2.8.2.
#[test]
fn chacha20_poly1305_is_that_of_its_rfc() {
    let key: Vec<u8> = (0x80..0xa0).collect();
    let key = one(KeyType::CHACHA20_POLY1305, key);
    let text = tagged(&[
        "070000004041424344454647",
        "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6",
        "3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36",
        "92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc",
        "3ff4def08e4b7a9de576d26586cec64b6116",
        "1ae10b594f09e26a7e902ecbd0600691",
    ]);
    let associated = hex("50515253c0c1c2c3c4c5c6c7");
    let request = DecryptRequest { ciphertext: &text, context: b"", associated: &associated };
    let plaintext = key.decrypt(&request).unwrap();
    let wanted = "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the \
                  future, sunscreen would be it.";
    assert_eq!(plaintext.expose_text(), Some(wanted));
}

/// RFC 8032, section 7.1, tests 1 to 3.
#[test]
fn ed25519_is_that_of_its_rfc() {
    for (seed, public, message, signature) in [
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            concat!(
                "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155",
                "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
            ),
        ),
        (
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            concat!(
                "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da",
                "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
            ),
        ),
        (
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            "af82",
            concat!(
                "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac",
                "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
            ),
        ),
    ] {
        let key = one(KeyType::ED25519, hex(&[seed, public].concat()));
        let signed = key.sign(&input(&hex(message), SignatureOptions::default())).unwrap();
        assert_eq!(signed.signature, tagged(&[signature]));
        assert_eq!(signed.public_key, None);
    }
}

/// From the article <https://blog.bossylobster.com/2021/10/decrypt-vault-ciphertext-context.html>, made by Vault 1.8.3.
#[test]
fn a_derived_ciphertext_of_a_vault_server_decrypts() {
    let new = NewKey { derived: true, ..NewKey::of(KeyType::AES_256_GCM96) };
    let material = BASE64.decode(b"rph2pwTQCx+TD/lk+7o9igzQw5A7FU3+S+Z24Cf9Duk=").unwrap();
    let key = key_with(&new, vec![(material, vec![0; 32])]);
    let request = DecryptRequest {
        ciphertext: "vault:v1:1pEqzFnkQEa5RA35ynhOd0Ye907S9PvWIq5dRPDP3Q==",
        context: br#"{"bar":"baz"}"#,
        associated: b"",
    };
    assert_eq!(key.decrypt(&request).unwrap().expose(), b"FOO");
}

/// From OpenBao's `path_hmac_test.go`, made by OpenSSL.
#[test]
fn hmacs_are_those_of_openssl() {
    let hmac_key = b"01234567890123456789012345678901".to_vec();
    let keys = [
        key_with(&NewKey::of(KeyType::AES_256_GCM96), vec![(vec![0; 32], hmac_key.clone())]),
        key_with(&NewKey::of(KeyType::HMAC), vec![(hmac_key, Vec::new())]),
    ];
    for key in keys {
        for (hash, wanted) in [
            (HashAlgorithm::Sha2_224, "vault:v1:3p+ZWVquYDvu2dSTCa65Y3fgoMfIAc6fNaBbtg=="),
            (HashAlgorithm::Sha2_256, "vault:v1:UcBvm5VskkukzZHlPgm3p5P/Yr/PV6xpuOGZISya3A4="),
            (
                HashAlgorithm::Sha2_384,
                "vault:v1:jDB9YXdPjpmr29b1JCIEJO93IydlKVfD9mA2EO9OmJtJQg3QAV5tcRRRb7IQGW9p",
            ),
            (
                HashAlgorithm::Sha2_512,
                concat!(
                    "vault:v1:PSXLXvkvKF4CpU65e2bK1tGBZQpcpCEM32fq2iUoiTyQQCfBcGJJItQ+60tMwWXA",
                    "PQrC290AzTrNJucGrr4GFA=="
                ),
            ),
        ] {
            assert_eq!(key.hmac(b"the quick brown fox", hash, 0).as_deref(), Ok(wanted));
            assert_eq!(key.verify_hmac(b"the quick brown fox", hash, wanted), Ok(true));
            assert_eq!(key.verify_hmac(b"the quick brown dog", hash, wanted), Ok(false));
        }
    }
}

/// From OpenBao's `path_hash_test.go`.
#[test]
fn hashes_are_those_of_openbao() {
    for (name, wanted) in [
        ("sha2-224", "ea074a96cabc5a61f8298a2c470f019074642631a49e1c5e2f560865"),
        ("sha2-256", "9ecb36561341d18eb65484e833efea61edc74b84cf5e6ae1b81c63533e25fc8f"),
        ("sha3-256", "e4bd866ec3fa52df3b7842aa97b448bc859a7606cefcdad1715847f4b82a6c93"),
        (
            "sha3-384",
            concat!(
                "715cd38cbf8d0bab426b6a084d649760be555dd64b34de6d",
                "b148a3fbf2cd2aa5d8b03eb6eda73a3e9a8769c00b4c2113"
            ),
        ),
    ] {
        let hash: HashAlgorithm = name.parse().unwrap();
        assert_eq!(hash.hash(b"the quick brown fox"), Some(hex(wanted)), "{name}");
    }
}

/// From OpenBao's `path_sign_verify_test.go`: keys, and signatures over SHA-256 made by OpenSSL.
#[test]
fn ecdsa_signatures_of_openssl_hold_with_a_shorter_hash_than_the_curve() {
    let pkcs8 = |curve: &str, sec1: &str| {
        // PrivateKeyInfo around the ECPrivateKey of the test (RFC 5208, RFC 5480).
        let key = BASE64.decode(sec1.as_bytes()).unwrap();
        let key = element(0x04, &key);
        let algorithm = element(0x30, &[hex("06072a8648ce3d0201"), hex(curve)].concat());
        element(0x30, &[hex("020100"), algorithm, key].concat())
    };
    let p384 = pkcs8(
        "06052b81040022",
        concat!(
            "MIGkAgEBBDA94+T9LsvEkOlW9B9QA6HleoR2POx7ci+jQnz0YaEUjqTVIGAjvM4E",
            "IiifZjNzB1mgBwYFK4EEACKhZANiAARwNFeoTki/ywN8+1CfGHDSqlt0wQnC8kYk",
            "qyFERJJXUin4cRRT5cZW2rWWtOJtsw5BHFtwkqiT3It6853j0h0cJvRbJ2FrrqxM",
            "R57zyfIcGUtaxQHe5HuissskOlQlZSQ="
        ),
    );
    let p521 = pkcs8(
        "06052b81040023",
        concat!(
            "MIHcAgEBBEIAGGfQ/Nm6xMWCG3CmsTEXSZQ4+MJ0V5wKuiVPvYX6mIksNghXYZfV",
            "U0Nmqaqw+QQVW+xG2ADSOlf38FPZFSZWiwmgBwYFK4EEACOhgYkDgYYABAGRP3X8",
            "BE/l0fhxwmKaN3Ri/YGbF0pB0+x9BOvVrjVHX/jeVE9OGamqaxao9nr0eb5ohOAM",
            "oxR9wk1ZJNZqw5XgSwBJGUBrkNgyP9tcnE9IJZxW686je0CtGoK7v61iqbnC3OUV",
            "dyJ0uEclRxx9C3xi4QwjKWsanSslhq2mdzX/XZ//xA=="
        ),
    );
    for (key_type, material, text) in [
        (
            KeyType::ECDSA_P384,
            p384,
            concat!(
                "vault:v1:MGUCMHHZLRN/3ehWuWACfSCMLtFtNEAdx6Rkwon2Lx6FWCyXCXqH6A8Pz8er0Qkgvm2E",
                "lQIxAO922LmUeYzHmDSfC5is/TjFu3b4Fb+1XtoBXncc2u4t2vSuTAxEv7WMh2D2YDdxeA=="
            ),
        ),
        (
            KeyType::ECDSA_P521,
            p521,
            concat!(
                "vault:v1:MIGIAkIBYhspOgSs/K/NUWtlBN+CfYe1IVFpUbQNSqdjT7s+QKcr6GKmdGLIQAXw0q6K",
                "0elBgzi1wgLjxwdscwMeW7tm/QQCQgDzdITGlUEd9Z7DOfLCnDP4X8pGsfO60Tvsh/BN44drZsHL",
                "tXYBXLczB/XZfIWAsPMuI5F7ExwVNbmQP0FBVri/QQ=="
            ),
        ),
    ] {
        let key = one(key_type, material);
        let options = SignatureOptions::default();
        assert_eq!(key.verify(&signature(b"the quick brown fox", text, options)), Ok(true));
        assert_eq!(key.verify(&signature(b"the quick brown dog", text, options)), Ok(false));
    }
}

/// A DER element (ITU-T X.690) of at most 65,535 bytes.
fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    let header: &[u8] = match content.len() {
        0..=0x7f => &[tag, length[1]],
        0x80..=0xff => &[tag, 0x81, length[1]],
        _ => &[tag, 0x82, length[0], length[1]],
    };
    [header, content].concat()
}
