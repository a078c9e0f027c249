//! What Vault's own library made (`fixtures/transit`).

use data_encoding::BASE64;

use super::*;

/// A section of the file.
struct Section {
    key: TransitKey,
    flags: &'static str,
    records: Vec<Vec<&'static str>>,
}

#[test]
fn every_ciphertext_of_vault_decrypts() {
    let mut seen = 0;
    for section in sections() {
        for record in section.of("encrypt") {
            let (context, associated) = (decoded(record[3]), decoded(record[4]));
            let request = DecryptRequest {
                ciphertext: record[5],
                context: &context,
                associated: &associated,
            };
            let plaintext = section.key.decrypt(&request).unwrap();
            assert_eq!(plaintext.expose(), decoded(record[2]));
            seen += 1;
        }
    }
    assert!(seen > 80, "{seen} ciphertexts");
}

#[test]
fn convergent_ciphertexts_are_those_of_vault() {
    let mut seen = 0;
    for section in sections().into_iter().filter(|section| section.flags == "convergent") {
        for record in section.of("encrypt") {
            let (plaintext, context) = (decoded(record[2]), decoded(record[3]));
            let request = EncryptRequest {
                plaintext: &plaintext,
                context: &context,
                associated: b"",
                version: record[1].parse().unwrap(),
            };
            let encrypted = section.key.encrypt(&request, &Counting::default()).unwrap();
            assert_eq!(encrypted.ciphertext, record[5]);
            seen += 1;
        }
    }
    assert_eq!(seen, 3 * 4 * 2);
}

#[test]
fn every_signature_of_vault_holds_and_of_other_input_does_not() {
    let mut seen = 0;
    for section in sections() {
        for record in section.of("sign") {
            let (context, input) = (decoded(record[5]), decoded(record[6]));
            let options = SignatureOptions {
                hash: Some(record[1].parse().unwrap()),
                prehashed: false,
                marshaling: record[2].parse().unwrap(),
                padding: record[3].parse().unwrap(),
                salt_length: record[4].parse().unwrap(),
            };
            let request =
                VerifyRequest { input: &input, context: &context, signature: record[7], options };
            let name = section.key.key_type.name();
            assert_eq!(section.key.verify(&request), Ok(true), "{name} {record:?}");
            // A wrong PSS signature of unstated salt length is tried with every length: once is enough.
            let is_slow = section.key.key_type.supports().encryption
                && options.padding == RsaPadding::Pss
                && options.salt_length == SaltLength::Auto;
            if is_slow && section.key.key_type != KeyType::RSA_2048 {
                continue;
            }
            let other = VerifyRequest { input: b"the quick brown dog", ..request };
            assert_eq!(section.key.verify(&other), Ok(false), "{name} {record:?}");
            let auto = SignatureOptions { salt_length: SaltLength::Auto, ..options };
            let auto = VerifyRequest { options: auto, ..request };
            assert_eq!(section.key.verify(&auto), Ok(true), "{name} {record:?}");
            seen += 1;
        }
    }
    assert!(seen > 100, "{seen} signatures");
}

#[test]
fn ed25519_signatures_and_derived_public_keys_are_those_of_vault() {
    let mut seen = 0;
    for section in sections() {
        for record in section.of("sign") {
            if section.key.key_type != KeyType::ED25519 {
                continue;
            }
            let (context, input) = (decoded(record[5]), decoded(record[6]));
            let options = SignatureOptions {
                marshaling: record[2].parse().unwrap(),
                ..SignatureOptions::default()
            };
            let request = SignRequest { input: &input, context: &context, version: 1, options };
            let signed = section.key.sign(&request).unwrap();
            assert_eq!(signed.signature, record[7]);
            let public = signed.public_key.unwrap_or_default();
            assert_eq!(public, decoded(record[8]));
            if section.key.derived {
                let version = section.key.usable_version(1).unwrap();
                let shown = section.key.public_key(version, &context).unwrap();
                assert_eq!(shown, Some(BASE64.encode(&public)));
                assert_eq!(section.key.public_key(version, b""), Ok(None));
            }
            seen += 1;
        }
    }
    assert_eq!(seen, 4);
}

#[test]
fn exported_keys_are_written_as_go_writes_them() {
    let mut seen = 0;
    for section in sections() {
        let name = section.key.key_type.name();
        let mut number = 0;
        for record in &section.records {
            let wanted = String::from_utf8(decoded(record[1])).unwrap_or_default();
            match record[0] {
                "version" => {
                    number += 1;
                    assert_eq!(exported(&section, ExportKind::HmacKey, "", number), record[2]);
                    if section.key.key_type.supports().associated_data {
                        let key = exported(&section, ExportKind::EncryptionKey, "raw", number);
                        assert_eq!(key, record[1]);
                    }
                    continue;
                }
                "pkcs8" => {
                    let pem = exported(&section, ExportKind::SigningKey, "pem", number);
                    assert_eq!(pem.trim_end(), wanted.trim_end(), "{name}");
                    let der = exported(&section, ExportKind::SigningKey, "der", number);
                    let lines: String =
                        wanted.lines().filter(|line| !line.contains("-----")).collect();
                    assert_eq!(der, lines, "{name}");
                }
                "traditional" => {
                    let pem = exported(&section, ExportKind::SigningKey, "", number);
                    assert_eq!(pem.trim_end(), wanted.trim_end(), "{name}");
                    if section.key.key_type.supports().encryption {
                        assert_eq!(pem, wanted, "Vault leaves the line break at the end for RSA");
                        assert_eq!(exported(&section, ExportKind::EncryptionKey, "", number), pem);
                    } else {
                        assert_eq!(pem, wanted.trim_end(), "and trims it for ECDSA");
                    }
                }
                "public" => {
                    let public = exported(&section, ExportKind::PublicKey, "", number);
                    assert_eq!(public.trim_end(), wanted.trim_end(), "{name}");
                    let version = section.key.usable_version(number).unwrap();
                    if !section.key.derived {
                        assert_eq!(section.key.public_key(version, b""), Ok(Some(wanted)));
                    }
                }
                _ => continue,
            }
            seen += 1;
        }
    }
    assert_eq!(seen, 2 * (2 * 2 + 6 * 3), "Ed25519 plain and derived, ECDSA and RSA");
}

impl Section {
    fn of(&self, what: &str) -> impl Iterator<Item = &Vec<&'static str>> {
        self.records.iter().filter(move |record| record[0] == what)
    }
}

fn exported(section: &Section, kind: ExportKind, format: &str, number: u32) -> String {
    let versions = ExportVersions::Number(number);
    let keys = section.key.export(kind, format.parse().unwrap(), versions).unwrap();
    let [(found, key)] = keys.as_slice() else { panic!("one version") };
    assert_eq!(*found, number);
    key.expose_text().unwrap().to_owned()
}

fn decoded(field: &str) -> Vec<u8> {
    if field == "-" { Vec::new() } else { BASE64.decode(field.as_bytes()).unwrap_or_default() }
}

/// The file, read once for each test.
fn sections() -> Vec<Section> {
    let text = include_str!("../../../../../fixtures/transit/vectors.txt");
    let lines = text.lines().map(|line| line.split(' ').collect::<Vec<_>>());
    let mut parts: Vec<Vec<Vec<&str>>> = Vec::new();
    for record in lines {
        if record[0] == "key" {
            parts.push(Vec::new());
        }
        parts.last_mut().expect("a key comes first").push(record);
    }
    parts.into_iter().map(|mut records| section(records.remove(0), records)).collect()
}

fn section(header: Vec<&'static str>, records: Vec<Vec<&'static str>>) -> Section {
    let (key_type, flags) = (header[1].parse().unwrap(), header[2]);
    let new = NewKey {
        derived: flags != "plain",
        convergent: flags == "convergent",
        ..NewKey::of(key_type)
    };
    let versions = records.iter().filter(|record| record[0] == "version");
    let versions = versions.map(|record| {
        let hmac_key = if key_type == KeyType::HMAC { Vec::new() } else { decoded(record[2]) };
        (decoded(record[1]), hmac_key)
    });
    let key = key_with(&new, versions.collect());
    assert!(TransitKey::decode(&key.encode()).is_ok(), "{key_type} is consistent");
    Section { key, flags, records }
}
