use proptest::prelude::*;

use super::*;
use crate::time::Seconds;

fn rotated(key_type: KeyType, times: u32) -> TransitKey {
    let mut key = key_of(key_type);
    for _ in 0..times {
        key.rotate(NOW, &Counting::default()).unwrap();
    }
    key
}

fn minimums(decryption: u32, encryption: u32) -> Configuration {
    Configuration {
        min_decryption_version: Some(decryption),
        min_encryption_version: Some(encryption),
        ..Configuration::default()
    }
}

#[test]
fn names_and_numbers_of_types_are_unique_and_lead_back() {
    assert_eq!(KEY_TYPES.len(), 11);
    for known in KEY_TYPES {
        assert_eq!(known.name().parse::<KeyType>(), Ok(*known));
        let encoded = minicbor::to_vec(known).unwrap();
        assert_eq!(minicbor::decode::<KeyType>(&encoded).unwrap(), *known);
    }
    assert!("aes512".parse::<KeyType>().is_err());
    assert!(minicbor::decode::<KeyType>(&[0]).is_err());
}

#[test]
fn a_key_is_shared_between_threads() {
    fn assert_shared<T: Send + Sync>() {}
    assert_shared::<TransitKey>();
}

#[test]
fn what_a_type_does_not_support_is_refused() {
    let refused = |new: &NewKey| TransitKey::new(new, NOW, &Counting::default()).unwrap_err();
    for known in KEY_TYPES.iter().copied() {
        let supports = known.supports();
        if !supports.derivation {
            let new = NewKey { derived: true, ..NewKey::of(known) };
            assert_eq!(refused(&new), CreateError::DerivationUnsupported(known));
        }
    }
    let both = NewKey { derived: true, convergent: true, ..NewKey::of(KeyType::ED25519) };
    assert_eq!(refused(&both), CreateError::ConvergentUnsupported(KeyType::ED25519));
    let new = NewKey { convergent: true, ..NewKey::of(KeyType::AES_256_GCM96) };
    let text = "convergent encryption requires derivation to be enabled";
    assert_eq!(refused(&new).to_string(), text);
    let new = NewKey { auto_rotate_period: Seconds(3_599), ..NewKey::of(KeyType::ED25519) };
    assert_eq!(refused(&new), CreateError::AutoRotatePeriod);
    let new = NewKey { hmac_key_bytes: 32, ..NewKey::of(KeyType::ED25519) };
    assert_eq!(refused(&new), CreateError::KeySizeForOtherType);
    for length in [1, 31, 513, 70_000] {
        let new = NewKey { hmac_key_bytes: length, ..NewKey::of(KeyType::HMAC) };
        assert_eq!(refused(&new), CreateError::KeySize);
    }
    for (asked, length) in [(0, 32), (32, 32), (512, 512)] {
        let key = made(&NewKey { hmac_key_bytes: asked, ..NewKey::of(KeyType::HMAC) });
        assert_eq!(key.hmac_key_bytes(), Some(length));
        assert_eq!(key.newest().unwrap().hmac_key().len(), usize::from(length));
    }
}

#[test]
fn a_key_comes_back_from_its_record() {
    for known in KEY_TYPES.iter().copied() {
        let mut key = made(&NewKey {
            derived: known.supports().derivation,
            convergent: known.supports().convergent,
            exportable: true,
            allow_plaintext_backup: true,
            auto_rotate_period: Seconds(7_200),
            ..NewKey::of(known)
        });
        if known != KeyType::RSA_4096 {
            key.rotate(Timestamp(NOW.0 + 1), &Counting::default()).unwrap();
        }
        let record = key.encode();
        let again = TransitKey::decode(&record).unwrap();
        assert_eq!(*again.encode(), *record);
        assert_eq!(again.key_type(), known);
        assert_eq!(again.latest_version(), key.latest_version());
        let hash = HashAlgorithm::Sha2_256;
        assert_eq!(again.hmac(b"v", hash, 0), key.hmac(b"v", hash, 0));
        for length in 0..record.len().min(200) {
            assert!(TransitKey::decode(&record[..length]).is_err(), "cut at {length}");
        }
        let longer = [record.as_slice(), &[0]].concat();
        assert_eq!(TransitKey::decode(&longer).unwrap_err(), RecordError::Malformed);
    }
}

#[test]
fn records_that_contradict_themselves_are_refused() {
    let changes: [fn(&mut TransitKey); 14] = [
        |key| key.latest_version = 5,
        |key| key.latest_version = 0,
        |key| key.min_decryption_version = 0,
        |key| key.min_decryption_version = 5,
        |key| key.min_encryption_version = 5,
        |key| key.min_encryption_version = 1,
        |key| key.min_available_version = 2,
        |key| key.convergent = true,
        |key| key.auto_rotate_period = Seconds(1),
        |key| key.hmac_key_bytes = 32,
        |key| key.key_type = KeyType::AES_128_GCM96,
        |key| key.key_type = KeyType::HMAC,
        |key| key.versions.clear(),
        |key| key.versions.push(KeyVersion::with_material(vec![0; 32], vec![0; 32])),
    ];
    for (index, change) in changes.into_iter().enumerate() {
        let mut key = rotated(KeyType::AES_256_GCM96, 3);
        key.configure(&minimums(2, 2)).unwrap();
        assert!(TransitKey::decode(&key.encode()).is_ok());
        change(&mut key);
        let refused = TransitKey::decode(&key.encode()).unwrap_err();
        assert_eq!(refused, RecordError::Inconsistent, "change {index}");
    }
}

#[test]
fn damaged_material_is_an_error_of_its_own() {
    for known in [KeyType::ED25519, KeyType::ECDSA_P256, KeyType::RSA_2048] {
        let key = key_with(&NewKey::of(known), vec![(vec![7; 64], vec![0; 32])]);
        let refused = key.sign(&input(b"v", SignatureOptions::default())).unwrap_err();
        assert_eq!(refused, SignError::Signature(SignatureError::Material(MaterialError)));
    }
    let wrong = key_of(KeyType::ECDSA_P256).newest().unwrap().material().expose().to_vec();
    let key = key_with(&NewKey::of(KeyType::ECDSA_P384), vec![(wrong, vec![0; 32])]);
    assert!(key.sign(&input(b"v", SignatureOptions::default())).is_err());
}

#[test]
fn debug_shows_no_key() {
    for known in [KeyType::AES_256_GCM96, KeyType::ED25519, KeyType::ECDSA_P256] {
        let key = key_of(known);
        let version = key.newest().unwrap();
        assert!(version.prepared(known).is_ok());
        let shown = format!("{key:?}");
        for secret in [version.material().expose(), version.hmac_key()] {
            for form in [
                format!("{secret:?}"),
                data_encoding::HEXLOWER.encode(&secret[..16]),
                format!("{:?}", &secret[..16]).trim_matches(['[', ']']).to_owned(),
            ] {
                assert!(!shown.contains(&form), "{shown}");
            }
        }
        assert!(shown.contains("KeyMaterial(..)") && shown.contains("Prepared(..)"), "{shown}");
    }
}

#[test]
fn configuring_follows_vaults_rules_and_changes_nothing_when_refused() {
    let mut key = rotated(KeyType::AES_256_GCM96, 4);
    let before = key.encode();
    for (wanted, text) in [
        (minimums(6, 0), "cannot set min decryption version of 6, latest key version is 5"),
        (minimums(1, 6), "cannot set min encryption version of 6, latest key version is 5"),
        (
            minimums(3, 2),
            "cannot set min encryption/decryption values; min encryption version of 2 must be \
             greater than or equal to min decryption version of 3",
        ),
        (
            Configuration {
                exportable: Some(true),
                auto_rotate_period: Some(Seconds(60)),
                ..Configuration::default()
            },
            "auto rotate period must be 0 to disable or at least an hour",
        ),
    ] {
        assert_eq!(key.configure(&wanted).unwrap_err().to_string(), text);
        assert_eq!(*key.encode(), *before);
    }

    let done = key.configure(&minimums(0, 0)).unwrap();
    assert_eq!(done, Configured { changed: false, minimum_forced: true });
    assert_eq!(key.min_decryption_version(), 1);
    assert!(key.configure(&minimums(2, 3)).unwrap().changed);
    assert_eq!((key.min_decryption_version(), key.min_encryption_version()), (2, 3));
    assert_eq!(key.usable_versions().map(|(number, _)| number).collect::<Vec<_>>(), [2, 3, 4, 5]);
}

#[test]
fn leave_to_export_and_back_up_is_not_taken_back() {
    let mut key = key_of(KeyType::AES_256_GCM96);
    let set = |on| Configuration {
        exportable: Some(on),
        allow_plaintext_backup: Some(on),
        deletion_allowed: Some(on),
        ..Configuration::default()
    };
    key.configure(&set(true)).unwrap();
    assert!(key.is_exportable() && key.allows_plaintext_backup() && key.is_deletion_allowed());
    key.configure(&set(false)).unwrap();
    assert!(key.is_exportable() && key.allows_plaintext_backup() && !key.is_deletion_allowed());
}

#[test]
fn trimming_drops_versions_for_good_under_vaults_rules() {
    let mut key = rotated(KeyType::AES_256_GCM96, 4);
    let text = "minimum available version cannot be set when minimum encryption version is not set";
    assert_eq!(key.trim(2).unwrap_err().to_string(), text);
    key.configure(&minimums(3, 4)).unwrap();
    assert_eq!(key.trim(5), Err(TrimError::AboveEncryption));
    assert_eq!(key.trim(4), Err(TrimError::AboveDecryption));
    assert_eq!(key.trim(0), Err(TrimError::Zero));
    assert_eq!(key.trim(3), Ok(()));
    assert_eq!((key.min_available_version(), key.versions.len()), (3, 3));
    assert_eq!(key.trim(2), Err(TrimError::Decremented));
    assert_eq!(key.configure(&minimums(2, 4)), Err(ConfigureError::DecryptionBelowAvailable));
    assert_eq!(key.configure(&minimums(3, 0)), Err(ConfigureError::EncryptionBelowAvailable));
    let again = TransitKey::decode(&key.encode()).unwrap();
    assert_eq!(again.usable_versions().map(|(number, _)| number).collect::<Vec<_>>(), [3, 4, 5]);
    let encrypted = again.encrypt(&plaintext(b"v"), &Counting::default()).unwrap();
    assert_eq!(encrypted.version, 5);
    assert!(again.decrypt(&ciphertext(&encrypted.ciphertext)).is_ok());
    assert_eq!(key.rotate(NOW, &Counting::default()), Ok(6));
}

#[test]
fn a_full_key_is_rotated_again_after_a_trim() {
    let kept = u32::try_from(KEY_VERSIONS_MAX).unwrap();
    let mut key = rotated(KeyType::AES_128_GCM96, kept - 1);
    assert_eq!(key.rotate(NOW, &Counting::default()), Err(RotateError::Full));
    assert!(TransitKey::decode(&key.encode()).is_ok());
    key.configure(&minimums(2, 2)).unwrap();
    key.trim(2).unwrap();
    assert_eq!(key.rotate(NOW, &Counting::default()), Ok(kept + 1));
}

#[test]
fn the_largest_record_stays_below_a_mebibyte() {
    let version = || (vec![0; super::super::rsa::PKCS8_BYTES_MAX], vec![0; 32]);
    let versions = (0..KEY_VERSIONS_MAX).map(|_| version()).collect();
    let record = key_with(&NewKey::of(KeyType::RSA_4096), versions).encode();
    assert!(record.len() < 1 << 20, "{}", record.len());
    assert!(record.len() * 4 / 3 < BACKUP_BYTES_MAX);
    let made = key_of(KeyType::RSA_4096).newest().unwrap().material().len();
    assert!(made <= super::super::rsa::PKCS8_BYTES_MAX, "{made}");
}

#[test]
fn a_key_is_due_for_rotation_when_its_newest_version_is_as_old_as_the_period() {
    let new = NewKey { auto_rotate_period: Seconds(3_600), ..NewKey::of(KeyType::ED25519) };
    let mut key = made(&new);
    let later = NOW.plus(Seconds(3_600));
    assert_eq!(key.rotation_due(), Some(later));
    key.rotate(later, &Counting::default()).unwrap();
    assert_eq!(key.rotation_due(), Some(later.plus(Seconds(3_600))));
    assert_eq!(key_of(KeyType::ED25519).rotation_due(), None);
}

#[test]
fn only_exportable_keys_are_exported_and_public_keys_always() {
    let key = key_of(KeyType::ECDSA_P256);
    let export = |key: &TransitKey, kind| {
        key.export(kind, ExportFormat::Default, ExportVersions::All).map(|keys| keys.len())
    };
    assert_eq!(export(&key, ExportKind::SigningKey), Err(ExportError::NotExportable));
    assert_eq!(export(&key, ExportKind::HmacKey), Err(ExportError::NotExportable));
    assert_eq!(export(&key, ExportKind::PublicKey), Ok(1));

    let aes = made(&NewKey { exportable: true, ..NewKey::of(KeyType::AES_256_GCM96) });
    assert_eq!(export(&aes, ExportKind::SigningKey), Err(ExportError::SigningUnsupported));
    let none = ExportError::NoPublicKey(KeyType::AES_256_GCM96);
    assert_eq!(export(&aes, ExportKind::PublicKey), Err(none));
    let pem = aes.export(ExportKind::HmacKey, ExportFormat::Pem, ExportVersions::All);
    assert_eq!(pem, Err(ExportError::FormatUnsupported(KeyType::AES_256_GCM96)));
    let ecdsa = made(&NewKey { exportable: true, ..NewKey::of(KeyType::ECDSA_P256) });
    assert_eq!(export(&ecdsa, ExportKind::EncryptionKey), Err(ExportError::EncryptionUnsupported));
    let raw = ecdsa.export(ExportKind::SigningKey, ExportFormat::Raw, ExportVersions::All);
    assert_eq!(raw, Err(ExportError::FormatUnsupported(KeyType::ECDSA_P256)));
}

#[test]
fn the_versions_asked_for_are_exported() {
    let mut key = rotated(KeyType::AES_256_GCM96, 3);
    key.configure(&Configuration { exportable: Some(true), ..minimums(2, 2) }).unwrap();
    let export = |versions: &str| {
        let versions = versions.parse().unwrap();
        key.export(ExportKind::EncryptionKey, ExportFormat::Default, versions)
            .map(|keys| keys.into_iter().map(|(number, _)| number).collect::<Vec<_>>())
    };
    assert_eq!(export(""), Ok(vec![2, 3, 4]));
    assert_eq!(export("latest"), Ok(vec![4]));
    assert_eq!(export("v3"), Ok(vec![3]));
    assert_eq!(export("1"), Err(ExportError::VersionBelowMinimum));
    assert_eq!(export("5"), Err(ExportError::NoSuchVersion));
    assert_eq!("x".parse::<ExportVersions>(), Err(ExportNameError::Version));
}

#[test]
fn a_backup_gives_the_key_back_with_the_moments() {
    let random = Counting::default();
    for known in [KeyType::AES_256_GCM96, KeyType::ECDSA_P521, KeyType::HMAC] {
        let mut key =
            made(&NewKey { exportable: true, allow_plaintext_backup: true, ..NewKey::of(known) });
        key.rotate(NOW, &random).unwrap();
        let backup = key.back_up("payments", NOW).unwrap();
        let later = Timestamp(NOW.0 + 5);
        let (name, again) = restore(backup.expose_text().unwrap(), later).unwrap();
        assert_eq!(name, "payments");
        assert_eq!(again.backed_up(), Some(BackupMoment { time: NOW, version: 2 }));
        assert_eq!(again.restored(), Some(BackupMoment { time: later, version: 2 }));
        let hash = HashAlgorithm::Sha2_512;
        assert_eq!(again.hmac(b"v", hash, 1), key.hmac(b"v", hash, 1));
    }
}

#[test]
fn a_backup_needs_leave_and_a_restore_a_whole_key() {
    let mut key = key_of(KeyType::AES_256_GCM96);
    let refused = key.back_up("n", NOW).unwrap_err();
    assert_eq!(refused.to_string(), "exporting is disallowed on the policy");
    key.exportable = true;
    let refused = key.back_up("n", NOW).unwrap_err();
    assert_eq!(refused.to_string(), "plaintext backup is disallowed on the policy");
    assert_eq!(key.backed_up(), None);

    assert_eq!(restore("?", NOW).unwrap_err(), RestoreError::Malformed);
    let long = "A".repeat(BACKUP_BYTES_MAX + 1);
    assert_eq!(restore(&long, NOW).unwrap_err(), RestoreError::TooLong);
    let mut damaged = key_with(&NewKey::of(KeyType::ED25519), vec![(vec![7; 64], vec![0; 32])]);
    damaged.allow_plaintext_backup = true;
    let backup = damaged.back_up("n", NOW).unwrap();
    let refused = restore(backup.expose_text().unwrap(), NOW).unwrap_err();
    assert_eq!(refused, RestoreError::Key);
}

#[test]
fn random_bytes_come_in_the_number_asked_for() {
    let random = Counting::default();
    assert_eq!(random_bytes(32, &random).unwrap().expose().len(), 32);
    assert_eq!(random_bytes(RANDOM_BYTES_MAX, &random).unwrap().expose().len(), RANDOM_BYTES_MAX);
    assert_eq!(random_bytes(0, &random), Err(RandomBytesError));
    assert_eq!(random_bytes(RANDOM_BYTES_MAX + 1, &random), Err(RandomBytesError));
}

proptest! {
    #[test]
    fn no_bytes_break_the_decoders(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(TransitKey::decode(&bytes).is_err());
        let backup = data_encoding::BASE64.encode(&bytes);
        prop_assert!(restore(&backup, NOW).is_err());
        let _ = super::super::der::private_key_of(&bytes);
    }

    #[test]
    fn no_change_of_a_record_breaks_its_users(at in 0..300_usize, byte in any::<u8>()) {
        let key = key_of(KeyType::ECDSA_P256);
        let mut record = key.encode().to_vec();
        let length = record.len();
        record[at % length] = byte;
        if let Ok(key) = TransitKey::decode(&record) {
            let _ = key.sign(&input(b"v", SignatureOptions::default()));
            let _ = key.encrypt(&plaintext(b"v"), &Counting::default());
            let _ = key.hmac(b"v", HashAlgorithm::Sha2_256, 0);
            let _ = key.export(ExportKind::PublicKey, ExportFormat::Default, ExportVersions::All);
        }
    }
}
