//! Keys change under running engines, and damaged records are named.

#![expect(clippy::expect_used, reason = "helpers of tests fail the test")]

use std::sync::Arc;

use strongroom_core::crypto::seal::{SealMethod, UnsealKey};
use strongroom_engine::operations::*;
use strongroom_engine::{Engine, Kind, OpenError, seal_method};
use strongroom_store::{Batch, Key, Range, Write};
use strongroom_testkit::{TestRoom, payload};

fn reencrypt(room: &TestRoom, engine: &Engine) -> u64 {
    let (mut records, mut after) = (0, None);
    loop {
        let step = room.ask_of(engine, &Reencrypt { after }).expect("reencrypts");
        records += step.records;
        after = step.after;
        if after.is_none() {
            return records;
        }
    }
}

fn stored(room: &TestRoom, prefix: &str) -> (Key, Arc<[u8]>) {
    let page = room.store.list(&Range::prefix(prefix)).expect("lists");
    let entry = page.entries.into_iter().next().expect("there is one");
    (entry.key, entry.value)
}

fn overwrite(room: &TestRoom, key: &Key, value: &[u8]) {
    let writes = vec![Write::Put(key.clone(), value.into())];
    room.store.commit(Batch { preconditions: vec![], writes }).expect("is written");
}

#[test]
fn a_rotated_data_key_is_used_and_every_record_can_be_moved_to_it() {
    let room = TestRoom::new();
    let owner = room.owner();
    for index in 0..120 {
        owner.put(&format!("secret/a/K{index}"), "v").expect("writes");
    }
    assert_eq!(owner.ask(&RotateDataKey).expect("rotates"), 2);
    assert!(!owner.ask(&RetireDataKeys).expect("looks"), "old records are left");
    assert!(reencrypt(&room, &room.engine) >= 360);
    assert!(owner.ask(&RetireDataKeys).expect("retires"));
    assert_eq!(room.engine.data_keys().expect("is open").len(), 1);
    assert_eq!(owner.read("secret/a/K7").expect("reads"), "v");
    let again = room.second_engine().expect("opens");
    assert!(room.ask_of(&again, &CheckRecords { after: None }).expect("checks").damaged.is_empty());
}

#[test]
fn another_engine_notices_a_rotation_and_never_writes_under_a_retired_key() {
    let room = TestRoom::new();
    room.owner().put("secret/a/A", "1").expect("writes");
    let second = room.second_engine().expect("opens");
    room.owner().ask(&RotateDataKey).expect("rotates");
    reencrypt(&room, &room.engine);
    assert!(room.owner().ask(&RetireDataKeys).expect("retires"));
    let read = ReadSecret {
        path: "secret/a/A".into(),
        selector: strongroom_core::model::Selector::Current,
        member: None,
    };
    assert!(room.ask_of(&second, &read).is_ok(), "it reads what was encrypted anew");
    room.ask_of(&second, &PutSecret::new("secret/a/A", payload("2"))).expect("writes");
    let fresh = room.second_engine().expect("opens");
    assert!(room.ask_of(&fresh, &read).is_ok());
    assert!(room.ask_of(&fresh, &CheckRecords { after: None }).expect("checks").damaged.is_empty());
}

#[test]
fn an_engine_that_never_read_meanwhile_writes_under_the_new_key() {
    let room = TestRoom::new();
    room.owner().put("secret/a/A", "1").expect("writes");
    let second = room.second_engine().expect("opens");
    room.owner().ask(&RotateDataKey).expect("rotates");
    reencrypt(&room, &room.engine);
    assert!(room.owner().ask(&RetireDataKeys).expect("retires"));
    room.ask_of(&second, &PutSecret::new("secret/b/NEW", payload("1"))).expect("writes");
    let fresh = room.second_engine().expect("opens");
    assert!(room.ask_of(&fresh, &CheckRecords { after: None }).expect("checks").damaged.is_empty());
}

#[test]
fn a_data_key_that_has_encrypted_enough_is_followed_by_the_next() {
    let room = TestRoom::new();
    let engine = room.engine_with(&room.store, 20).expect("opens");
    for index in 0..70 {
        let put = PutSecret::new(format!("secret/a/K{index}"), payload("v"));
        room.ask_of(&engine, &put).expect("writes");
    }
    assert_eq!(engine.data_keys().expect("is open").len(), 4);
    let log = room.audit();
    let rotations = log.iter().filter(|entry| entry.kind == "system").count();
    assert_eq!(rotations, 3);
    assert!(
        room.ask_of(&engine, &CheckRecords { after: None }).expect("checks").damaged.is_empty()
    );
    assert_eq!(room.owner().read("secret/a/K1").expect("another engine reads"), "v");
}

#[test]
fn after_a_reseal_only_the_new_key_opens_and_other_engines_are_sealed() {
    let room = TestRoom::new();
    room.owner().put("secret/a/A", "1").expect("writes");
    let second = room.second_engine().expect("opens");
    let key = UnsealKey::generate(&*room.random);
    room.owner().ask(&Reseal { method: SealMethod::Keyfile, key: &key }).expect("reseals");
    assert_eq!(room.owner().read("secret/a/A").expect_err("is sealed").kind(), Kind::Sealed);
    room.engine.unseal(&key).expect("unseals");
    assert_eq!(room.owner().read("secret/a/A").expect("reads"), "1");
    assert!(matches!(room.second_engine().err(), Some(OpenError::WrongKey)));
    let put = PutSecret::new("secret/a/A", payload("2"));
    assert_eq!(room.ask_of(&second, &put).expect_err("is sealed").kind(), Kind::Sealed);
    assert_eq!(room.owner().read("secret/a/A").expect("reads"), "1");
}

#[test]
fn a_sealed_engine_answers_nothing() {
    let room = TestRoom::new();
    room.owner().put("secret/a/A", "1").expect("writes");
    room.engine.seal();
    assert_eq!(room.owner().read("secret/a/A").expect_err("is sealed").kind(), Kind::Sealed);
    room.engine.unseal(&room.key).expect("unseals");
    assert_eq!(room.owner().read("secret/a/A").expect("reads"), "1");
}

#[test]
fn every_flipped_byte_of_a_value_is_named_and_the_rest_stays_readable() {
    let room = TestRoom::new();
    let owner = room.owner();
    owner.put("secret/a/A", "1").expect("writes");
    let (key, value) = stored(&room, "payload/");
    owner.put("secret/a/B", "2").expect("writes");
    for index in 0..value.len() {
        let mut altered = value.to_vec();
        altered[index] ^= 0x10;
        overwrite(&room, &key, &altered);
        let error = owner.read("secret/a/A").expect_err("is damaged");
        assert_eq!(error.kind(), Kind::Internal, "byte {index}");
        assert!(error.to_string().contains(key.as_str()), "{error}");
    }
    assert_eq!(owner.read("secret/a/B").expect("reads"), "2");
    overwrite(&room, &key, &value);
    assert_eq!(owner.read("secret/a/A").expect("reads"), "1");
}

#[test]
fn records_that_change_places_are_refused() {
    let room = TestRoom::new();
    let owner = room.owner();
    owner.put("secret/a/A", "1").expect("writes");
    owner.put("secret/a/B", "2").expect("writes");
    for prefix in ["payload/", "secret/"] {
        let page = room.store.list(&Range::prefix(prefix)).expect("lists").entries;
        overwrite(&room, &page[0].key, &page[1].value);
        overwrite(&room, &page[1].key, &page[0].value);
        for path in ["secret/a/A", "secret/a/B"] {
            assert_eq!(
                owner.read(path).expect_err("is refused").kind(),
                Kind::Internal,
                "{prefix}"
            );
        }
        overwrite(&room, &page[0].key, &page[0].value);
        overwrite(&room, &page[1].key, &page[1].value);
    }
    assert_eq!(owner.read("secret/a/A").expect("reads"), "1");
}

#[test]
fn a_missing_value_is_found_by_reading_and_by_checking() {
    let room = TestRoom::new();
    let owner = room.owner();
    owner.put("secret/a/A", "1").expect("writes");
    let (key, _) = stored(&room, "payload/");
    let batch = Batch { preconditions: vec![], writes: vec![Write::Delete(key)] };
    room.store.commit(batch).expect("is deleted");
    assert_eq!(owner.read("secret/a/A").expect_err("is damaged").kind(), Kind::Internal);
    let checked = owner.ask(&CheckRecords { after: None }).expect("checks");
    assert_eq!(checked.damaged.len(), 1);
    assert!(checked.damaged[0].0.contains("secret/a/A version 1"), "{:?}", checked.damaged);
}

#[test]
fn altered_seals_and_keyrings_do_not_open() {
    let room = TestRoom::new();
    for name in ["sys/seal", "sys/keyring", "sys/audit/keys"] {
        let (key, value) = stored(&room, name);
        for index in [0, value.len() / 2, value.len() - 1] {
            let mut altered = value.to_vec();
            altered[index] ^= 1;
            overwrite(&room, &key, &altered);
            assert!(room.second_engine().is_err(), "{name}, byte {index}");
        }
        overwrite(&room, &key, &value);
    }
    assert!(room.second_engine().is_ok());
    assert_eq!(seal_method(&*room.store).expect("is read"), Some(SealMethod::Keyfile));
}

#[test]
fn a_damaged_outbox_entry_or_head_is_named_and_does_not_keep_the_store_shut() {
    let room = TestRoom::new();
    room.owner().put("secret/a/A", "1").expect("writes");
    room.owner().put("secret/a/B", "2").expect("writes");
    for prefix in ["sys/audit/outbox/", "sys/audit/head"] {
        let (key, value) = stored(&room, prefix);
        let mut altered = value.to_vec();
        altered[value.len() - 1] ^= 1;
        overwrite(&room, &key, &altered);
        let engine = room.second_engine().unwrap_or_else(|error| panic!("{prefix}: {error}"));
        let current = strongroom_core::model::Selector::Current;
        let read = ReadSecret::new("secret/a/A", current);
        assert!(room.ask_of(&engine, &read).is_ok(), "{prefix}");
        let checked = room.ask_of(&engine, &CheckRecords { after: None }).expect("checks");
        assert_eq!(checked.damaged.len(), 1, "{prefix}: {:?}", checked.damaged);
        assert_eq!(checked.damaged[0].0, key.as_str());
        overwrite(&room, &key, &value);
    }
}

#[test]
fn a_check_in_an_engine_that_missed_a_rotation_calls_nothing_damaged() {
    let room = TestRoom::new();
    room.owner().put("secret/a/A", "1").expect("writes");
    let second = room.second_engine().expect("opens");
    room.owner().ask(&RotateDataKey).expect("rotates");
    room.owner().put("secret/a/A", "2").expect("writes");
    let checked = room.ask_of(&second, &CheckRecords { after: None }).expect("checks");
    assert!(checked.damaged.is_empty(), "{:?}", checked.damaged);
}
