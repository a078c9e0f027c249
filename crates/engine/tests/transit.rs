//! Transit mounts: what encrypts comes back, keys stay where they are, and nothing of them is in log or store.

#![expect(clippy::expect_used, reason = "helpers of tests fail the test")]

use strongroom_core::secret::SecretValue;
use strongroom_core::time::Seconds;
use strongroom_core::transit::*;
use strongroom_engine::operations::mount::{DisableMount, EnableMount, MountSide, MoveMount};
use strongroom_engine::operations::transit::*;
use strongroom_engine::{Error, Kind};
use strongroom_store::Range;
use strongroom_testkit::{Actor, TestRoom};

fn room() -> TestRoom {
    let room = TestRoom::new();
    mount(&room, "transit");
    room
}

fn mount(room: &TestRoom, path: &str) {
    let enable = EnableMount::new(MountSide::Secret, path, "transit");
    room.owner().ask(&enable).expect("mounts");
}

fn create(actor: &Actor<'_>, name: &str, new: NewKey) -> KeyRead {
    actor.ask(&CreateKey::new("transit", name, new)).expect("makes the key").0
}

fn item(text: &str, context: &str) -> EncryptItem {
    EncryptItem {
        plaintext: SecretValue::new(text.as_bytes().to_vec()),
        context: context.as_bytes().to_vec(),
        associated: Vec::new(),
        version: 0,
    }
}

fn encrypt(actor: &Actor<'_>, name: &str, text: &str) -> Result<String, Error> {
    let items = vec![item(text, "")];
    let encrypt = EncryptData::new("transit", name, KeyType::AES_256_GCM96, items);
    let mut answer = actor.ask(&encrypt)?;
    answer.remove(0).map(|encrypted| encrypted.ciphertext)
}

fn decrypt_at(actor: &Actor<'_>, mount: &str, name: &str, text: &str) -> Result<String, Error> {
    let item =
        DecryptItem { ciphertext: text.to_owned(), context: Vec::new(), associated: Vec::new() };
    let mut answer = actor.ask(&DecryptData::new(mount, name, vec![item]))?;
    answer.remove(0).map(|value| value.expose_text().expect("UTF-8").to_owned())
}

fn decrypt(actor: &Actor<'_>, name: &str, text: &str) -> Result<String, Error> {
    decrypt_at(actor, "transit", name, text)
}

#[test]
fn what_one_caller_encrypts_another_decrypts_and_neither_sees_the_key() {
    let room = room();
    create(&room.owner(), "orders", NewKey::of(KeyType::CHACHA20_POLY1305));
    let writer =
        room.actor("writer", r#"path "transit/encrypt/orders" { capabilities = ["update"] }"#);
    let reader =
        room.actor("reader", r#"path "transit/decrypt/orders" { capabilities = ["update"] }"#);
    let text = encrypt(&writer, "orders", "value").expect("encrypts");
    assert_eq!(decrypt(&reader, "orders", &text).expect("decrypts"), "value");
    assert_eq!(decrypt(&writer, "orders", &text).expect_err("may not").kind(), Kind::Forbidden);
    assert_eq!(encrypt(&reader, "orders", "v").expect_err("may not").kind(), Kind::Forbidden);
    let export =
        ExportKey::new("transit", "orders", ExportKind::EncryptionKey, ExportFormat::Default, None);
    let refused = room.owner().ask(&export.expect("is one")).expect_err("not exportable");
    assert_eq!(refused.to_string(), "private key material is not exportable");
}

#[test]
fn encrypting_makes_a_missing_key_only_for_who_may_create_it() {
    let room = room();
    let path = "transit/encrypt/new";
    let updater = room.actor("up", &format!(r#"path "{path}" {{ capabilities = ["update"] }}"#));
    assert_eq!(encrypt(&updater, "new", "v").expect_err("may not").kind(), Kind::Forbidden);
    let creator = room.actor("cr", &format!(r#"path "{path}" {{ capabilities = ["create"] }}"#));
    let text = encrypt(&creator, "new", "value").expect("makes the key");
    assert_eq!(decrypt(&room.owner(), "new", &text).expect("decrypts"), "value");
    assert_eq!(encrypt(&creator, "new", "v").expect_err("is there now").kind(), Kind::Forbidden);
    assert!(encrypt(&updater, "new", "v").is_ok());

    // With a context the new key is derived.
    let items = vec![item("v", "here")];
    let upsert = EncryptData::new("transit", "derived", KeyType::AES_128_GCM96, items);
    room.owner().ask(&upsert).expect("makes the key");
    let read = room.owner().ask(&ReadKey::new("transit", "derived", b"")).expect("is there");
    assert!(read.derived && read.key_type == KeyType::AES_128_GCM96);
}

#[test]
fn a_request_of_which_nothing_is_encrypted_makes_no_key() {
    let room = room();
    let items = vec![EncryptItem { version: 7, ..item("v", "") }];
    let upsert = EncryptData::new("transit", "new", KeyType::AES_256_GCM96, items);
    let answer = room.owner().ask(&upsert).expect("is answered");
    assert!(matches!(answer.as_slice(), [Err(_)]));
    let missing = room.owner().ask(&ReadKey::new("transit", "new", b"")).expect_err("is missing");
    assert_eq!(missing.kind(), Kind::NotFound);
}

#[test]
fn making_a_key_again_leaves_it_as_it_is() {
    let room = room();
    let owner = room.owner();
    let first = create(&owner, "k", NewKey::of(KeyType::ED25519));
    let again = create(&owner, "k", NewKey::of(KeyType::RSA_2048));
    assert_eq!(first, again);
    assert!(first.versions[0].public_key.is_some());
}

#[test]
fn rotation_keeps_old_ciphertexts_until_the_minimum_rises_and_rewrapping_saves_them() {
    let room = room();
    let owner = room.owner();
    create(&owner, "k", NewKey::of(KeyType::AES_256_GCM96));
    let old = encrypt(&owner, "k", "value").expect("encrypts");
    let rotated = owner.ask(&RotateKey::new("transit", "k")).expect("rotates");
    assert_eq!(rotated.latest_version, 2);
    assert_eq!(decrypt(&owner, "k", &old).expect("decrypts"), "value");
    let decrypt_item =
        DecryptItem { ciphertext: old.clone(), context: Vec::new(), associated: Vec::new() };
    let items = vec![RewrapItem { decrypt: decrypt_item, version: 0 }];
    let mut new = owner.ask(&RewrapData::new("transit", "k", items)).expect("rewraps");
    let new = new.remove(0).expect("rewraps").ciphertext;
    assert!(new.starts_with("vault:v2:"));
    let wanted = Configuration {
        min_decryption_version: Some(2),
        min_encryption_version: Some(2),
        ..Configuration::default()
    };
    owner.ask(&ConfigureKey::new("transit", "k", wanted)).expect("configures");
    let refused = decrypt(&owner, "k", &old).expect_err("is too old").to_string();
    assert_eq!(refused, "ciphertext or signature version is disallowed by policy (too old)");
    assert_eq!(decrypt(&owner, "k", &new).expect("decrypts"), "value");
    let trimmed = owner.ask(&TrimKey::new("transit", "k", 2)).expect("trims");
    assert_eq!((trimmed.min_available_version, trimmed.versions.len()), (2, 1));
}

#[test]
fn a_key_with_a_period_is_rotated_when_it_is_due() {
    let room = room();
    let owner = room.owner();
    let new = NewKey { auto_rotate_period: Seconds(3_600), ..NewKey::of(KeyType::AES_256_GCM96) };
    create(&owner, "k", new);
    let latest = || {
        room.engine.sweep(100).expect("sweeps");
        let read = owner.ask(&ReadKey::new("transit", "k", b"")).expect("is there");
        read.latest_version
    };
    room.clock.advance(Seconds(3_599));
    assert_eq!(latest(), 1);
    room.clock.advance(Seconds(1));
    assert_eq!(latest(), 2);
    room.clock.advance(Seconds(7_200));
    assert_eq!(latest(), 3);

    // A longer period moves what is due.
    let wanted =
        Configuration { auto_rotate_period: Some(Seconds(10_000)), ..Configuration::default() };
    owner.ask(&ConfigureKey::new("transit", "k", wanted)).expect("configures");
    room.clock.advance(Seconds(9_999));
    assert_eq!(latest(), 3);
    room.clock.advance(Seconds(1));
    assert_eq!(latest(), 4);

    let wanted = Configuration { auto_rotate_period: Some(Seconds(0)), ..Configuration::default() };
    owner.ask(&ConfigureKey::new("transit", "k", wanted)).expect("configures");
    room.clock.advance(Seconds(1_000_000));
    assert_eq!(latest(), 4);
    let due = room.store.list(&Range::prefix("due/")).expect("lists");
    assert!(!due.entries.iter().any(|entry| entry.key.as_str().contains("transit-key")));
}

#[test]
fn a_key_that_cannot_be_rotated_does_not_hold_up_what_else_is_due() {
    let room = room();
    let owner = room.owner();
    let new = NewKey { auto_rotate_period: Seconds(3_600), ..NewKey::of(KeyType::AES_128_GCM96) };
    for name in ["damaged", "full", "whole"] {
        create(&owner, name, new);
    }
    for _ in 1..KEY_VERSIONS_MAX {
        owner.ask(&RotateKey::new("transit", "full")).expect("rotates");
    }
    let records = room.store.list(&Range::prefix("logical/")).expect("lists").entries;
    let damaged = records.iter().find(|entry| entry.key.as_str().ends_with("keys/damaged"));
    let key = damaged.expect("is there").key.clone();
    let writes = vec![strongroom_store::Write::Put(key, vec![1; 60].into())];
    room.store.commit(strongroom_store::Batch { preconditions: vec![], writes }).expect("damages");
    room.clock.advance(Seconds(3_600));
    room.engine.sweep(100).expect("sweeps");
    let read = |name: &str| owner.ask(&ReadKey::new("transit", name, b"")).expect("is there");
    assert_eq!(read("whole").latest_version, 2);
    assert_eq!(read("full").latest_version, u32::try_from(KEY_VERSIONS_MAX).expect("is short"));
    assert!(room.engine.sweep(100).expect("sweeps").is_some_and(|next| next > room.clock_now()));
}

#[test]
fn another_engine_uses_the_newest_version_at_once() {
    let room = room();
    let owner = room.owner();
    create(&owner, "k", NewKey::of(KeyType::AES_256_GCM96));
    encrypt(&owner, "k", "v").expect("is in memory from now on");
    let other = room.second_engine().expect("opens");
    room.ask_of(&other, &RotateKey::new("transit", "k")).expect("rotates");
    assert!(encrypt(&owner, "k", "v").expect("encrypts").starts_with("vault:v2:"));
}

#[test]
fn a_batch_answers_each_item_and_has_limits() {
    let room = room();
    let owner = room.owner();
    create(&owner, "k", NewKey::of(KeyType::AES_256_GCM96));
    let items = vec![item("a", ""), EncryptItem { version: 9, ..item("b", "") }, item("c", "")];
    let encrypt = EncryptData::new("transit", "k", KeyType::AES_256_GCM96, items);
    let answer = owner.ask(&encrypt).expect("is answered");
    assert_eq!(answer.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, true]);
    for (count, is_allowed) in [(0, false), (BATCH_ITEMS_MAX, true), (BATCH_ITEMS_MAX + 1, false)] {
        let items = (0..count).map(|_| item("v", "")).collect();
        let encrypt = EncryptData::new("transit", "k", KeyType::AES_256_GCM96, items);
        assert_eq!(owner.ask(&encrypt).is_ok(), is_allowed, "{count} items");
    }
}

#[test]
fn signatures_and_hmacs_verify_and_those_of_others_do_not() {
    let room = room();
    let owner = room.owner();
    create(&owner, "signer", NewKey::of(KeyType::ECDSA_P384));
    let options = SignatureOptions::default();
    let input = |text: &str| SignItem { input: text.as_bytes().to_vec(), context: Vec::new() };
    let sign = SignData::new("transit", "signer", None, options, 0, vec![input("one")]);
    let signature = owner.ask(&sign).expect("signs").remove(0).expect("signs").signature;
    let items =
        ["one", "two"].map(|text| VerifyItem { item: input(text), signature: signature.clone() });
    let verify = VerifyData::new("transit", "signer", None, options, items.into());
    let answer = owner.ask(&verify).expect("verifies");
    let answer: Vec<bool> = answer.into_iter().map(|valid| valid.expect("verifies")).collect();
    assert_eq!(answer, [true, false]);

    let hash = HashAlgorithm::Sha2_512;
    let make = HmacData::new("transit", "signer", None, hash, 0, vec![b"one".to_vec()]);
    let hmac = owner.ask(&make).expect("makes").remove(0).expect("makes");
    let items = [b"one", b"two"].map(|text| HmacItem { input: text.to_vec(), hmac: hmac.clone() });
    let verify = VerifyHmac::new("transit", "signer", None, hash, items.into());
    let answer = owner.ask(&verify).expect("verifies");
    let answer: Vec<bool> = answer.into_iter().map(|valid| valid.expect("verifies")).collect();
    assert_eq!(answer, [true, false]);
}

#[test]
fn a_key_is_deleted_when_that_was_allowed() {
    let room = room();
    let owner = room.owner();
    create(&owner, "k", NewKey::of(KeyType::HMAC));
    let refused = owner.ask(&DeleteKey::new("transit", "k")).expect_err("is refused").to_string();
    assert_eq!(refused, "error deleting policy k: deletion is not allowed for this key");
    let wanted = Configuration { deletion_allowed: Some(true), ..Configuration::default() };
    owner.ask(&ConfigureKey::new("transit", "k", wanted)).expect("configures");
    owner.ask(&DeleteKey::new("transit", "k")).expect("deletes");
    let listed = owner.ask(&ListKeys::new("transit", None, None)).expect("lists");
    assert_eq!(listed, ListedKeys { names: Vec::new(), more: false });
}

#[test]
fn a_backup_comes_back_under_its_own_name_or_another() {
    let room = room();
    let owner = room.owner();
    let new = NewKey {
        exportable: true,
        allow_plaintext_backup: true,
        ..NewKey::of(KeyType::AES_256_GCM96)
    };
    create(&owner, "k", new);
    let text = encrypt(&owner, "k", "value").expect("encrypts");
    let backup = owner.ask(&BackUpKey::new("transit", "k")).expect("backs up");
    let restore = |name: Option<&str>, force| {
        let backup = SecretValue::new(backup.expose().to_vec());
        owner.ask(&RestoreKey::new("transit", name, backup, force))
    };
    assert_eq!(restore(None, false).expect_err("is there").kind(), Kind::AlreadyExists);
    owner.ask(&RotateKey::new("transit", "k")).expect("rotates");
    restore(None, true).expect("replaces");
    let read = owner.ask(&ReadKey::new("transit", "k", b"")).expect("is there");
    assert_eq!(read.latest_version, 1);
    assert!(read.restored.is_some() && read.backed_up.is_some());
    restore(Some("copy"), false).expect("restores");
    assert_eq!(decrypt(&owner, "copy", &text).expect("decrypts"), "value");
    assert_eq!(restore(Some("a/b"), false).expect_err("no name").kind(), Kind::InvalidRequest);
}

#[test]
fn mounts_do_not_share_keys_and_a_moved_one_keeps_its_own() {
    let room = room();
    let owner = room.owner();
    mount(&room, "other");
    create(&owner, "k", NewKey::of(KeyType::AES_256_GCM96));
    let text = encrypt(&owner, "k", "value").expect("encrypts");
    assert!(decrypt_at(&owner, "other", "k", &text).is_err());
    let moved = MoveMount { from: "transit".into(), to: "crypto/main".into() };
    owner.ask(&moved).expect("moves");
    assert_eq!(decrypt_at(&owner, "crypto/main", "k", &text).expect("decrypts"), "value");
    assert!(decrypt(&owner, "k", &text).is_err());
}

#[test]
fn an_unmounted_engine_leaves_no_key_behind() {
    let room = room();
    let owner = room.owner();
    create(&owner, "k", NewKey::of(KeyType::AES_256_GCM96));
    owner.ask(&DisableMount::new(MountSide::Secret, "transit")).expect("unmounts");
    assert!(encrypt(&owner, "k", "v").is_err());
    room.clock.advance(Seconds(1));
    let left = room.store.list(&Range::prefix("logical/")).expect("lists");
    let of_keys = left.entries.iter().filter(|entry| entry.key.as_str().ends_with("/keys/k"));
    assert_eq!(of_keys.count(), 0);
}

#[test]
fn names_outside_the_grammar_are_refused() {
    let room = room();
    let owner = room.owner();
    for name in ["", "a/b", "..", "-a", "a-", "a b", "ä", "k%", &"a".repeat(257)] {
        let new = NewKey::of(KeyType::HMAC);
        let refused = owner.ask(&CreateKey::new("transit", name, new)).expect_err("is refused");
        assert!(matches!(refused.kind(), Kind::InvalidRequest | Kind::Forbidden), "{name:?}");
    }
    for name in ["a", "a-b.c_d", &"a".repeat(256)] {
        create(&owner, name, NewKey::of(KeyType::HMAC));
    }
    let listed = owner.ask(&ListKeys::new("transit", None, Some(2))).expect("lists");
    assert_eq!((listed.names.len(), listed.more), (2, true));
}

#[test]
fn plaintexts_inputs_and_keys_are_in_no_audit_record() {
    let room = room();
    let owner = room.owner();
    let new = NewKey {
        exportable: true,
        allow_plaintext_backup: true,
        ..NewKey::of(KeyType::AES_256_GCM96)
    };
    create(&owner, "k", new);
    let text = encrypt(&owner, "k", "canary-value").expect("encrypts");
    decrypt(&owner, "k", &text).expect("decrypts");
    let (kind, format) = (ExportKind::EncryptionKey, ExportFormat::Default);
    let export = ExportKey::new("transit", "k", kind, format, None).expect("is one");
    let exported = owner.ask(&export).expect("exports").1.remove(0).1;
    let backup = owner.ask(&BackUpKey::new("transit", "k")).expect("backs up");
    let canaries = ["canary-value", exported.expose_text().expect("text"), &text];
    for entry in room.audit() {
        for canary in canaries.iter().chain([&backup.expose_text().expect("text")]) {
            assert!(!entry.raw().contains(*canary), "{}", entry.raw());
        }
    }
    let names: Vec<_> = room.audit().iter().map(|entry| entry.raw().to_owned()).collect();
    assert!(
        names
            .iter()
            .any(|line| line.contains("transit-decrypt") && line.contains("transit/decrypt/k"))
    );
}
