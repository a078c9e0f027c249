//! Tokens and keys of the standards.

use super::*;

/// RFC 7515 appendix A.2.
const RS256_KEY: &str = r#"{"kty":"RSA","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ","e":"AQAB"}"#;
const RS256_TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
/// RFC 7515 appendix A.3.
const ES256_KEY: &str = r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#;
const ES256_TOKEN: &str = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
/// RFC 7515 appendix A.4: the payload is no JSON.
const ES512_KEY: &str = r#"{"kty":"EC","crv":"P-521","x":"AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk","y":"ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2"}"#;
const ES512_TOKEN: &str = "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA.AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn";
/// RFC 8037 appendix A.4: the payload is no JSON.
const EDDSA_KEY: &str =
    r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
const EDDSA_TOKEN: &str = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
/// RFC 7515 appendix A.1, and appendix A.5 without a signature.
const HS256_TOKEN: &str = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const UNSECURED_TOKEN: &str = "eyJhbGciOiJub25lIn0.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.";

/// The key of RFC 7515 appendix A.2 as OpenSSL writes it.
const RSA_PEM: &str = "-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAofgWCuLjybRlzo0tZWJj
NiuSfb4p4fAkd/wWJcyQoTbji9k0l8W26mPddxHmfHQp+Vaw+4qPCJrcS2mJPMEz
P1Pt0Bm4d4QlL+yRT+SFd2lZS+pCgNMsD1W/YpRPEwOWvG6b32690r2jZ47soMZo
9wGzjb/7OMg0LOL+bSf63kpaSHSXndS5z5rexMdbBYUsLA9e+KXBdQOS+UTo7WTB
EMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6/I5IhlJH7aGhyxX
FvUK+DWNmoudF8NAco9/h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXp
oQIDAQAB
-----END PUBLIC KEY-----
";
const RSA_PKCS1_PEM: &str = "-----BEGIN RSA PUBLIC KEY-----
MIIBCgKCAQEAofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd/wWJcyQoTbji9k0l8W2
6mPddxHmfHQp+Vaw+4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL+yRT+SFd2lZS+pCgNMs
D1W/YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb/7OMg0LOL+bSf63kpaSHSXndS5
z5rexMdbBYUsLA9e+KXBdQOS+UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxv
b3qCo5ZwKh9kG4LT6/I5IhlJH7aGhyxXFvUK+DWNmoudF8NAco9/h9iaGNj8q2et
hFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQIDAQAB
-----END RSA PUBLIC KEY-----
";
/// The key of RFC 7515 appendix A.3 as OpenSSL writes it.
const EC_PEM: &str = "-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV7
6e8Tus9uPHvRVEXH8UTNG72bfocs3+257rn0s2ldbqkLJK2KRiMohYjlrQ==
-----END PUBLIC KEY-----
";
/// RFC 8410 section 10.1.
const ED25519_PEM: &str = "-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=
-----END PUBLIC KEY-----
";
/// From `openssl genrsa 1024 | openssl rsa -pubout`.
const SHORT_RSA_PEM: &str = "-----BEGIN PUBLIC KEY-----
MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCfBfCk9RiqzOMONQDm4j9chFfA
C5eqIYRWNaS5eZ5mQYSkTaB9PTMdPYj0l5K+FqKFiU0siBjWYMzecx2aVg0EdUcE
ZB87YFojgYKbb15m4lGtqT4xFPJABYr4ZkyRugOFXd+DzRT/A7R9slhcJxn/6I2M
O4qIaJHQXSJlg7L82wIDAQAB
-----END PUBLIC KEY-----
";

/// From `openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048`.
const OPENSSL_PEM: &str = "-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA0tJdklr/kb2OK/oYg0n8
nwJH5QxCpjCaErp5jjyKQrLKpbfziirV3KjN7nSSQizyKvj2gcsUHSIm0NjyGO0U
psl7/J4vSoxRLeKDnd0sa7n42iq2ml/bkZ7VrMelqncSA2EK06PHRju60pNPoB0R
tb+L3wqZ4kx5nRCC+r9rLDXVrRxWMnl3L9DPrvoXXty7cwhTgzlZn6qiW/pc2HMy
1tZCiAPmO9sqHDuCO2sRpmGDJn/kdiOixmGSoPDicFCIq7AWtGs9LXwPpqPZoDvc
/tabzkq/ic+b79OQkSIl3Wb169Wr1ft/H0cWgEGqAW5A4qG3RaEMendD7g17C+6x
4QIDAQAB
-----END PUBLIC KEY-----
";
/// `{"sub":"mary"}`, signed with that key by `openssl dgst -sign`, for PS256 to PS512 with
/// `-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest`.
const OPENSSL_TOKENS: [(&str, &str); 6] = [
    (
        "RS256",
        "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJtYXJ5In0.lh06QnSV7NaIQMF4MHpNeknW89OJpq8tTVv0zWa3z33yRCEAGK6v6M7-ZLDGiavHBfOJy4AOdlI3SH2XAdx5SXiGDmNUxz2oKHzNlX1GKeNliHNw-6FnCvN_M1drNRDcebd8z3BahFiDLxe4AzfUi8XDwwIwsxl1EXkNh7eMwkKnOZE40G_tH8TcUG5EIwycy410HM0E7BvelPGX_u6bDfzDyawdAwfVTMqgcDNV0IAtFNL156SWWwMA5ZHLJhSEsZFKnweyfNW27EVKNYwILOArET1gz0wPRNJqRsOYcZbnxzw8zzOO1xCAOmRBx_cx_cqedFKkDcWfrn1DEvqYng",
    ),
    (
        "RS384",
        "eyJhbGciOiJSUzM4NCJ9.eyJzdWIiOiJtYXJ5In0.oQEUZai0a5dMSAGCOFh6qvQi7tsn1n4Ds-LmSVfY00f5gp9_f50mtf8h00btP0rshtQhLXZ7ZylMSsb_c6wnqCWxsbxwyup7gO1qiZGji2MFMJHCWySeGtDnawx3SO0QFMuv-LqfvX2B4o67A1vHjEGCtlpK0y29AaIEtHwe7nD0CKQ1Jn8cg-W_5HSUr8Ap5Uipu2Pv_WargsJRERfuJ3IVJHzTL_375mJYMFIDPd0H9IudaUMGX8540ns27cBYgtyKhezwNvHqye3SG9B6WoMxFD01d_45dvJHWc3JXijdM1KqTQK0Nl4N5T_MZCy0BmEFh_LphZSSw21lHZFwOg",
    ),
    (
        "RS512",
        "eyJhbGciOiJSUzUxMiJ9.eyJzdWIiOiJtYXJ5In0.D4o-6gZ-saAGfPlfw1ijHZqczzwRuVOh-V2qyHEC0bu3Ieni9h7cTh8mPdon6rpid50V_sGzPPGFk9R_O36panifnl-BFpMJyIr91Rb11U2r1Q9DdhA9NkBJz2FMhZBWbM5rp_reOxuRRJWhTVP7VzLMBOu44-RIjVeOzmcn85Q0Cg6pXnPm6QdDrnsXlHDtDSL5dwkGStuYC2_Z7l8GFISLlVzWxNh1bO_2wJYYTTkI0sf8X1s2YZAkvP8gvBlP4nf5PQ2g03Lj7bo3EzBB7UTsqMuvez79XDXXq0rparLil8ciy_MP62cZDSrJYhy2KsHLvK01J6lXCZCg-L-Pzw",
    ),
    (
        "PS256",
        "eyJhbGciOiJQUzI1NiJ9.eyJzdWIiOiJtYXJ5In0.RS1KU8tTbnuT-c2Me1LTSe9hrTJhm8Wg25wG71ok_0osl221x2RWVxQy1rZXCOA3YvJcXJGKTpC8_2JdZ0TlkdDBbMLpdCJackpy0fqedHFpEGPTQZOUs4EKuo1so4ZXB6XjJ-EAbX9lnxXA7uHogxXmCyLVzxzqHJwDwU4XoBTcgBoOxXnlBCyFjGxv3RGL9OenLOWP7XJV86MqRdOpYHvRAshxPif9mIsjVFtQo1p2kAIe15QaJMFjoY05G8NpQUvwJ_Y5H-WxcKlQyZ4cy4ApzkwKCZgID-8IvQ7Ez4IXLb4Jai2-jj9Fni5xy3Cflf2eALAU8JXaL8pm_uLRAw",
    ),
    (
        "PS384",
        "eyJhbGciOiJQUzM4NCJ9.eyJzdWIiOiJtYXJ5In0.EdNLqFiAl3bKLXfSy9MoM7PhbOvkPXjGnT1_4o8_mANwKBkiJoqQml0yO8pt9AN1EtvSo8Z8VCbSnzeud96qy_Dv457g-SBX6vboknboRm_rLlZX0MpgykmCtofh5EYK-4L38C-swIQLdeX0cW6f1Z4apeSzICrbLCv2F-I0ECVuRTkd10E0U0kZY7seaWIiF5c0CHzoETPQoUTRoKe5K5caQOqcPUUTS2_U5Koa7U_PfJ9UqSAd7Y1L2gtEIuISFBiz105qSnwzqMDHL9qLImcSmYDfoiedA9W5LZV6zWvUS2n40kiuGnf0XfTV-CATPLyKqD_nu4nQbkETH1lwCQ",
    ),
    (
        "PS512",
        "eyJhbGciOiJQUzUxMiJ9.eyJzdWIiOiJtYXJ5In0.HIy2NC8o-CQ1r31gxu6AypBknTYM7yHSwUkVdgvqjwViIKtkeEX0asOUPsJ4rM62QvAPsIP0mr01v1ONDUZalQF0Qvdc-pbX2gsBsPppPNoP-QSXVLQ7sAKJL2HuKNIviDb8sJM8Clr0cFwgmIL9-BEe76lZFLjYeBxme1HwEhY05f9bq8-iQCVrilg6xh-8lQrDjQ6SYPy551EguhBUisKGKLOefkgSsyeb0eXdd00NVIu62hrpk7ZD7tTDCh1i-fAH-SOC-voQoWURnwaXuEZTNznyCGU-rCh2-m9O35tEZMCdseS3Vuxr4lUSXodfRcFKUknDeXjtjcw7BLb0pA",
    ),
];

fn keys_of(jwk: &str) -> KeySet {
    KeySet::from_jwks(format!(r#"{{"keys":[{jwk}]}}"#).as_bytes()).unwrap()
}

#[test]
fn the_signatures_of_the_standards_are_verified() {
    for (key, token) in [(RS256_KEY, RS256_TOKEN), (ES256_KEY, ES256_TOKEN)] {
        let claims = keys_of(key).verify(token, &Algorithms::all()).unwrap();
        assert_eq!(claims.text("iss"), Ok(Some("joe")));
        assert_eq!(claims.seconds("exp"), Ok(Some(1_300_819_380)));
        assert_eq!(claims.get("http://example.com/is_root"), Some(&Json::Bool(true)));
    }
    for (key, token) in [(ES512_KEY, ES512_TOKEN), (EDDSA_KEY, EDDSA_TOKEN)] {
        let token = jws::Compact::parse(token).unwrap();
        assert_eq!(keys_of(key).verify_parsed(&token, &Algorithms::all()), Ok(()));
    }
}

#[test]
fn a_signature_of_the_standards_with_one_bit_turned_is_not() {
    for (key, token) in [
        (RS256_KEY, RS256_TOKEN),
        (ES256_KEY, ES256_TOKEN),
        (ES512_KEY, ES512_TOKEN),
        (EDDSA_KEY, EDDSA_TOKEN),
    ] {
        let keys = keys_of(key);
        let token = jws::Compact::parse(token).unwrap();
        for byte in (0..token.signature.len()).step_by(13) {
            let mut signature = token.signature.clone();
            signature[byte] ^= 4;
            let altered = jws::Compact { signature, key_id: None, payload: vec![], ..token };
            let verified = keys.verify_parsed(&altered, &Algorithms::all());
            assert_eq!(verified, Err(JwtError::Signature), "{key} {byte}");
        }
    }
}

#[test]
fn tokens_with_a_shared_secret_or_without_a_signature_are_refused() {
    for token in [HS256_TOKEN, UNSECURED_TOKEN] {
        let keys = keys_of(RS256_KEY);
        assert_eq!(keys.verify(token, &Algorithms::all()), Err(JwtError::Algorithm));
    }
}

#[test]
fn keys_are_read_from_pem() {
    for (pem, token) in
        [(RSA_PEM, RS256_TOKEN), (RSA_PKCS1_PEM, RS256_TOKEN), (EC_PEM, ES256_TOKEN)]
    {
        let keys = KeySet::from_pems(&[pem]).unwrap();
        assert!(keys.verify(token, &Algorithms::all()).is_ok(), "{pem}");
    }
    let several =
        KeySet::from_pems(&[format!("{ED25519_PEM}\n{EC_PEM}"), RSA_PEM.to_owned()]).unwrap();
    assert_eq!(several.keys().len(), 3);
    for token in [RS256_TOKEN, ES256_TOKEN] {
        assert!(several.verify(token, &Algorithms::all()).is_ok());
    }
}

#[test]
fn every_algorithm_of_rsa_verifies_what_openssl_signed_and_no_other_does() {
    let keys = KeySet::from_pems(&[OPENSSL_PEM]).unwrap();
    for (name, token) in OPENSSL_TOKENS {
        let claims = keys.verify(token, &Algorithm::named(name).unwrap().into()).unwrap();
        assert_eq!(claims.text("sub"), Ok(Some("mary")));
        // The signature of one algorithm under the header of another.
        for (other, foreign) in OPENSSL_TOKENS.into_iter().filter(|(other, _)| *other != name) {
            let (text, _) = token.rsplit_once('.').unwrap();
            let (_, signature) = foreign.rsplit_once('.').unwrap();
            let verified = keys.verify(&format!("{text}.{signature}"), &Algorithms::all());
            assert_eq!(verified, Err(JwtError::Signature), "{other} as {name}");
        }
    }
}

#[test]
fn what_is_no_pem_of_a_public_key_is_refused() {
    for text in [
        "",
        "key",
        SHORT_RSA_PEM,
        "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----",
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
        "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=",
        &ED25519_PEM.replace("PUBLIC", "PRIVATE"),
        &ED25519_PEM.replace("PUBLIC KEY", "CERTIFICATE"),
        &format!("{ED25519_PEM} and more"),
    ] {
        assert_eq!(KeySet::from_pems(&[text]).err(), Some(KeySetError::Pem), "{text}");
    }
    let many = vec![ED25519_PEM; KEYS_MAX + 1];
    assert!(KeySet::from_pems(&many[..KEYS_MAX]).is_ok());
    assert_eq!(KeySet::from_pems(&many).err(), Some(KeySetError::TooLarge));
    let long = ED25519_PEM.repeat(DOCUMENT_BYTES_MAX / ED25519_PEM.len() + 1);
    assert_eq!(KeySet::from_pems(&[long]).err(), Some(KeySetError::TooLarge));
}

// RFC 7517 section 5: keys that are not understood, or not for this, are passed over.
#[test]
fn keys_that_cannot_verify_are_passed_over() {
    let with = |more: &str| format!("{},{more}}}", ES256_KEY.strip_suffix('}').unwrap());
    let short =
        RS256_KEY.replace("ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHm", "");
    for jwk in [
        r#"{"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}"#,
        r#"{"kty":"RSA"}"#,
        r#"{"kty":"OKP","crv":"X25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#,
        r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcH"}"#,
        r#"{"crv":"P-256"}"#,
        &short,
        &RS256_KEY.replace("AQAB", "AQ"),
        &RS256_KEY.replace("AQAB", "AQAA"),
        &RS256_KEY.replace("AQAB", "AQABAQABAQAB"),
        &RS256_KEY.replace("AQAB", "AQAB="),
        &ES256_KEY.replace("P-256", "P-384"),
        &ES256_KEY.replace("P-256", "secp256k1"),
        &ES256_KEY.replace("f83O", "f83P"),
        &with(r#""use":"enc""#),
        &with(r#""key_ops":["sign"]"#),
        &with(r#""key_ops":[]"#),
        &with(r#""alg":"RS256""#),
        &with(r#""alg":"none""#),
        &with(r#""kid":7"#),
        &with(&format!(r#""kid":"{}""#, "k".repeat(KEY_ID_BYTES_MAX + 1))),
        &with(r#""d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI""#),
    ] {
        assert_eq!(keys_of(jwk).keys().len(), 0, "{jwk}");
    }
    for more in [r#""use":"sig""#, r#""key_ops":["sign","verify"]"#, r#""alg":"ES256""#] {
        assert_eq!(keys_of(&with(more)).keys().len(), 1, "{more}");
    }
    let mixed = format!(r#"{{"keys":[{{"kty":"new"}},{ES256_KEY}]}}"#);
    let keys = KeySet::from_jwks(mixed.as_bytes()).unwrap();
    assert!(keys.verify(ES256_TOKEN, &Algorithms::all()).is_ok());
}

#[test]
fn what_is_no_set_of_keys_is_refused() {
    for document in ["", "[]", "{}", r#"{"keys":{}}"#, r#"{"keys":[],"keys":[]}"#, "<html>"] {
        let keys = KeySet::from_jwks(document.as_bytes());
        assert_eq!(keys.err(), Some(KeySetError::Document), "{document}");
    }
    let many = |count: usize| format!(r#"{{"keys":[{}]}}"#, vec![EDDSA_KEY; count].join(","));
    assert_eq!(KeySet::from_jwks(many(KEYS_MAX).as_bytes()).unwrap().keys().len(), KEYS_MAX);
    let more = KeySet::from_jwks(many(KEYS_MAX + 1).as_bytes());
    assert_eq!(more.err(), Some(KeySetError::TooLarge));
    let long = format!(r#"{{"keys":[]{}}}"#, " ".repeat(DOCUMENT_BYTES_MAX));
    assert_eq!(KeySet::from_jwks(long.as_bytes()).err(), Some(KeySetError::TooLarge));
}
