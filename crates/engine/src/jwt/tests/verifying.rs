//! Signatures, algorithms, identifiers of keys, and the form of tokens.

use aws_lc_rs::hmac;
use proptest::prelude::*;

use super::*;

const MADE: [Algorithm; 4] =
    [Algorithm::Rs256, Algorithm::Es256, Algorithm::Es384, Algorithm::EdDsa];

#[test]
fn what_is_signed_is_verified_with_its_algorithm_and_no_other() {
    for algorithm in MADE {
        let key = signing_key(algorithm, 1);
        let (keys, token) = (key_set(&[&key]), key.sign(&claims("{}")).unwrap());
        let verified = keys.verify(&token, &algorithm.into()).unwrap();
        assert_eq!(verified.text("sub"), Ok(Some("mary")));
        for other in Algorithm::ALL.into_iter().filter(|other| *other != algorithm) {
            assert_eq!(keys.verify(&token, &other.into()), Err(JwtError::Algorithm));
            // The header says another algorithm than the one that signed.
            let header = format!(r#"{{"alg":"{other}","kid":"{}"}}"#, key.id());
            let token = forged(&key, &header, &claims("{}"));
            let verified = keys.verify(&token, &Algorithms::all());
            assert_eq!(verified, Err(JwtError::UnknownKey), "{algorithm} as {other}");
        }
    }
}

// A key without `alg` serves all algorithms of its kind; the signature decides.
#[test]
fn an_rsa_signature_is_not_taken_for_one_with_another_hash_or_padding() {
    let key = signing_key(Algorithm::Rs256, 1);
    let document = jwks(&[&key]).replace(r#""alg":"RS256","#, "");
    let keys = KeySet::from_jwks(document.as_bytes()).unwrap();
    for other in ["RS384", "RS512", "PS256", "PS384", "PS512"] {
        let token = forged(&key, &format!(r#"{{"alg":"{other}"}}"#), &claims("{}"));
        let verified = keys.verify(&token, &Algorithms::all());
        assert_eq!(verified, Err(JwtError::Signature), "{other}");
    }
    let token = forged(&key, r#"{"alg":"RS256"}"#, &claims("{}"));
    assert!(keys.verify(&token, &Algorithms::all()).is_ok());
}

#[test]
fn a_public_key_is_no_shared_secret() {
    let key = signing_key(Algorithm::Rs256, 1);
    let document = jwks(&[&key]);
    let keys = KeySet::from_jwks(document.as_bytes()).unwrap();
    let payload = BASE64URL_NOPAD.encode(Json::Object(claims("{}")).render().as_bytes());
    for name in ["HS256", "hs256", "HS384", "none", "NONE", "nOnE", ""] {
        let header = BASE64URL_NOPAD.encode(format!(r#"{{"alg":"{name}"}}"#).as_bytes());
        let text = format!("{header}.{payload}");
        let secret = hmac::Key::new(hmac::HMAC_SHA256, document.as_bytes());
        let tag = BASE64URL_NOPAD.encode(hmac::sign(&secret, text.as_bytes()).as_ref());
        for token in [format!("{text}.{tag}"), format!("{text}.")] {
            assert_eq!(keys.verify(&token, &Algorithms::all()), Err(JwtError::Algorithm));
        }
    }
}

#[test]
fn the_identifier_of_a_key_chooses_it_and_chooses_nothing_else() {
    let (first, second) = (signing_key(Algorithm::Es256, 1), signing_key(Algorithm::Es256, 2));
    let keys = key_set(&[&first, &second]);
    let verify = |token: &str| keys.verify(token, &Algorithm::Es256.into());
    for key in [&first, &second] {
        assert!(verify(&key.sign(&claims("{}")).unwrap()).is_ok());
        assert!(verify(&forged(key, r#"{"alg":"ES256"}"#, &claims("{}"))).is_ok());
    }
    let named = |kid: &str| {
        verify(&forged(&first, &format!(r#"{{"alg":"ES256","kid":{kid}}}"#), &claims("{}")))
    };
    assert_eq!(named(&format!(r#""{}""#, second.id())), Err(JwtError::Signature));
    for kid in [r#""../../dev/null""#, r#""' OR 1=1 --""#, r#""""#, r#""\u0000""#] {
        assert_eq!(named(kid), Err(JwtError::UnknownKey), "{kid}");
    }
    let upper = first.id().to_uppercase();
    assert_eq!(named(&format!(r#""{upper}""#)), Err(JwtError::UnknownKey));
    let long = "k".repeat(KEY_ID_BYTES_MAX + 1);
    assert_eq!(named(&format!(r#""{long}""#)), Err(JwtError::UnknownKey));
    for kid in ["1", "null", "[]", "{}"] {
        assert_eq!(named(kid), Err(JwtError::Malformed), "{kid}");
    }
}

#[test]
fn a_key_that_the_token_brings_along_is_not_looked_at() {
    let (ours, theirs) = (signing_key(Algorithm::Es256, 1), signing_key(Algorithm::Es256, 2));
    let keys = key_set(&[&ours]);
    let jwk = theirs.public_jwk().unwrap().render();
    for header in [
        format!(r#"{{"alg":"ES256","jwk":{jwk}}}"#),
        format!(r#"{{"alg":"ES256","kid":"{}","jwk":{jwk}}}"#, ours.id()),
        r#"{"alg":"ES256","jku":"https://evil.org/jwks","x5u":"https://evil.org/c"}"#.to_owned(),
    ] {
        let token = forged(&theirs, &header, &claims("{}"));
        let verified = keys.verify(&token, &Algorithms::all());
        assert_eq!(verified, Err(JwtError::Signature), "{header}");
    }
}

#[test]
fn a_header_that_demands_more_or_says_a_thing_twice_is_refused() {
    let key = signing_key(Algorithm::Es256, 1);
    let keys = key_set(&[&key]);
    for (header, error) in [
        (r#"{"alg":"ES256","crit":["exp"],"exp":1}"#, JwtError::Critical),
        (r#"{"alg":"ES256","crit":[]}"#, JwtError::Critical),
        (r#"{"alg":"ES256","b64":false}"#, JwtError::Critical),
        (r#"{"alg":"ES256","alg":"ES256"}"#, JwtError::Malformed),
        (r#"{"alg":["ES256"]}"#, JwtError::Malformed),
        (r#"{"typ":"JWT"}"#, JwtError::Malformed),
        (r#""ES256""#, JwtError::Malformed),
        ("", JwtError::Malformed),
    ] {
        let token = forged(&key, header, &claims("{}"));
        assert_eq!(keys.verify(&token, &Algorithms::all()), Err(error), "{header}");
    }
}

#[test]
fn a_token_has_one_form() {
    let key = signing_key(Algorithm::EdDsa, 1);
    let keys = key_set(&[&key]);
    let token = key.sign(&claims("{}")).unwrap();
    let [header, payload, signature] = token.split('.').collect::<Vec<_>>()[..] else { panic!() };
    let last = signature.chars().last().unwrap();
    // 64 bytes leave four bits of the last character unused.
    let unused = char::from(u8::try_from(u32::from(last)).unwrap() + 1);
    for altered in [
        String::new(),
        "..".to_owned(),
        format!("{header}.{payload}"),
        format!("{header}.{payload}."),
        format!("{header}.{payload}.{signature}=="),
        format!("{header}.{payload}.{signature}.{signature}"),
        format!("{header}.{payload}.{signature} "),
        format!("{header}.{payload}.{signature}\n"),
        format!("Bearer {header}.{payload}.{signature}"),
        format!("{header}.{payload}.{}{unused}", &signature[..signature.len() - 1]),
        format!("{header}..{payload}.{signature}"),
        format!("{payload}.{header}.{signature}"),
    ] {
        assert!(keys.verify(&altered, &Algorithms::all()).is_err(), "{altered}");
    }
    assert!(keys.verify(&token, &Algorithms::all()).is_ok());
}

#[test]
fn a_payload_that_is_no_object_or_too_deep_or_says_a_thing_twice_is_refused() {
    let key = signing_key(Algorithm::EdDsa, 1);
    let keys = key_set(&[&key]);
    let header = BASE64URL_NOPAD.encode(br#"{"alg":"EdDSA"}"#);
    let verify = |payload: &str| {
        let payload = BASE64URL_NOPAD.encode(payload.as_bytes());
        keys.verify(&key.sign_text(&format!("{header}.{payload}")), &Algorithms::all())
    };
    let deep = format!(r#"{{"a":{}1{}}}"#, "[".repeat(JSON_DEPTH_MAX), "]".repeat(JSON_DEPTH_MAX));
    for payload in ["", "[]", "1", "null", r#"{"sub":"a","sub":"b"}"#, "{}{}", &deep] {
        assert_eq!(verify(payload), Err(JwtError::Malformed), "{payload}");
    }
    assert!(verify("{}").is_ok());
}

#[test]
fn a_token_has_a_longest_length() {
    let key = signing_key(Algorithm::EdDsa, 1);
    let keys = key_set(&[&key]);
    let of_length = |text: usize| {
        let mut claims = claims("{}");
        claims.insert("a".to_owned(), "a".repeat(text).into());
        key.sign(&claims).unwrap()
    };
    // Four characters of base64 for three bytes.
    let other = of_length(0).len();
    let longest = of_length((TOKEN_BYTES_MAX - other) / 4 * 3);
    assert!(longest.len() <= TOKEN_BYTES_MAX);
    assert!(keys.verify(&longest, &Algorithms::all()).is_ok());
    let longer = of_length((TOKEN_BYTES_MAX - other) / 4 * 3 + 4);
    assert!(longer.len() > TOKEN_BYTES_MAX);
    assert_eq!(keys.verify(&longer, &Algorithms::all()), Err(JwtError::TooLarge));
}

#[test]
fn a_signature_in_the_form_of_asn1_is_none_of_a_token() {
    let key = signing_key(Algorithm::Es256, 1);
    let keys = key_set(&[&key]);
    let token = key.sign(&claims("{}")).unwrap();
    let (text, signature) = token.rsplit_once('.').unwrap();
    let fixed = BASE64URL_NOPAD.decode(signature.as_bytes()).unwrap();
    let integer = |bytes: &[u8]| [&[0x02, 33, 0], bytes].concat();
    let numbers = [integer(&fixed[..32]), integer(&fixed[32..])].concat();
    let asn1 = [&[0x30, 70][..], &numbers].concat();
    for signature in [asn1, vec![0; 64], vec![]] {
        let token = format!("{text}.{}", BASE64URL_NOPAD.encode(&signature));
        let verified = keys.verify(&token, &Algorithms::all());
        assert_eq!(verified, Err(JwtError::Signature));
    }
}

#[test]
fn errors_say_nothing_of_the_token() {
    let key = signing_key(Algorithm::EdDsa, 1);
    let token = forged(&key, r#"{"alg":"EdDSA","kid":"canary"}"#, &claims(r#"{"sub":"canary"}"#));
    let error = key_set(&[&key]).verify(&token, &Algorithms::all()).unwrap_err();
    assert!(!format!("{error} {error:?}").contains("canary"));
    let claims = key_set(&[&key])
        .verify(&key.sign(&claims(r#"{"sub":"canary"}"#)).unwrap(), &Algorithms::all());
    assert!(!format!("{claims:?}").contains("canary"));
}

proptest! {
    #[test]
    fn no_text_is_verified_or_makes_it_panic(
        header in any::<Vec<u8>>(), payload in any::<Vec<u8>>(), tail in any::<String>(),
    ) {
        let key = signing_key(Algorithm::EdDsa, 1);
        let keys = key_set(&[&key]);
        let encode = |bytes: &[u8]| BASE64URL_NOPAD.encode(bytes);
        for token in [
            tail.clone(),
            format!("{}.{}.{}", encode(&header), encode(&payload), tail),
            format!("{}.{}.{}", encode(br#"{"alg":"EdDSA"}"#), encode(&payload), encode(&header)),
        ] {
            prop_assert!(keys.verify(&token, &Algorithms::all()).is_err());
        }
        let signed = key.sign_text(&format!("{}.{}", encode(br#"{"alg":"EdDSA"}"#), encode(&payload)));
        if let Ok(claims) = keys.verify(&signed, &Algorithms::all()) {
            let _ = Bindings { user_claim: "sub".into(), ..Bindings::default() }.check(&claims, NOW);
        }
        let _ = KeySet::from_jwks(&payload);
        let _ = KeySet::from_pems(&[tail]);
    }

    #[test]
    fn a_token_with_one_character_changed_is_refused(index in any::<prop::sample::Index>(), letter in "[A-Za-z0-9_.-]") {
        let key = signing_key(Algorithm::EdDsa, 1);
        let token = key.sign(&claims("{}")).unwrap();
        let index = index.index(token.len());
        let mut altered = token.to_string();
        altered.replace_range(index..=index, &letter);
        let verified = key_set(&[&key]).verify(&altered, &Algorithms::all());
        prop_assert_eq!(verified.is_ok(), altered == *token);
    }
}
