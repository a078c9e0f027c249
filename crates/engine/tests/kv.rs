//! Key-value mounts: limits, patches, metadata, mounts without versions, search.

#![expect(clippy::expect_used, reason = "helpers of tests fail the test")]

use std::collections::BTreeMap;

use strongroom_core::model::{Payload, PayloadKind, Selector, VERSIONS_MAX, VersionNumber};
use strongroom_core::secret::SecretValue;
use strongroom_core::time::Seconds;
use strongroom_engine::operations::kv::*;
use strongroom_engine::operations::mount::{DisableMount, EnableMount, MountSide};
use strongroom_engine::operations::*;
use strongroom_engine::{Error, Kind, projection};
use strongroom_store::Range;
use strongroom_testkit::{Actor, TestRoom, payload};

const PATH: &str = "secret/app/KEY";

fn secret(text: &str) -> SecretValue {
    SecretValue::new(text.as_bytes().to_vec())
}

fn json(text: &str) -> Payload {
    Payload::new(PayloadKind::Json, secret(text)).expect("a payload")
}

fn write(actor: &Actor<'_>, check_and_set: Option<u64>) -> Result<DataWritten, Error> {
    let payload = json(r#"{"a":1}"#);
    actor.ask(&WriteData { path: PATH.into(), payload, check_and_set })
}

fn read(actor: &Actor<'_>, path: &str) -> Result<DataRead, Error> {
    actor.ask(&ReadData { path: path.into(), selector: Selector::Current })
}

fn shown(read: &DataRead) -> String {
    let object = projection::object_of(read.payload.as_ref().expect("a payload")).expect("shown");
    object.expose_text().expect("text").to_owned()
}

fn patch(actor: &Actor<'_>, text: &str, check_and_set: Option<u64>) -> Result<DataWritten, Error> {
    actor.ask(&PatchData { path: PATH.into(), patch: secret(text), check_and_set })
}

fn describe(actor: &Actor<'_>) -> strongroom_core::model::Secret {
    actor.ask(&DescribeSecret { path: PATH.into() }).expect("is there")
}

fn change(actor: &Actor<'_>, change: MetadataChange, patch: bool) -> Result<(), Error> {
    actor.ask(&WriteMetadata { path: PATH.into(), change, patch })
}

fn records_below(room: &TestRoom, prefix: &str) -> usize {
    room.store.list(&Range::prefix(prefix)).expect("lists").entries.len()
}

#[test]
fn the_mounts_limits_hold_for_secrets_that_say_nothing_and_at_once() {
    let room = TestRoom::new();
    let owner = room.owner();
    for _ in 0..12 {
        write(&owner, None).expect("writes");
    }
    assert_eq!(describe(&owner).versions().len(), 10, "Vault's default");
    let mut config = WriteKvConfig::new("secret");
    config.versions_max = Some(3);
    config.delete_after = Some(Seconds(60));
    config.check_and_set_required = Some(true);
    owner.ask(&config).expect("configures");
    let error = write(&owner, None).expect_err("is refused");
    assert_eq!(error.kind(), Kind::InvalidRequest);
    for version in 12..15 {
        write(&owner, Some(version)).expect("writes");
    }
    assert_eq!(describe(&owner).versions().len(), 3);
    room.clock.advance(Seconds(61));
    assert!(read(&owner, PATH).expect("is there").payload.is_none());
    let kept = owner.ask(&ReadKvConfig::new("secret")).expect("reads");
    assert_eq!((kept.versions_max, kept.delete_after), (3, Some(Seconds(60))));
    let mut back = WriteKvConfig::new("secret");
    back.delete_after = Some(Seconds(0));
    owner.ask(&back).expect("configures");
    let kept = owner.ask(&ReadKvConfig::new("secret")).expect("reads");
    assert_eq!((kept.versions_max, kept.delete_after), (3, None));
}

#[test]
fn a_secrets_own_limits_come_before_its_mounts() {
    let room = TestRoom::new();
    let owner = room.owner();
    let own = MetadataChange { versions_max: Some(2), ..MetadataChange::default() };
    change(&owner, own, false).expect("makes the secret");
    assert_eq!(describe(&owner).current(), None);
    assert_eq!(read(&owner, PATH).expect_err("has no version").kind(), Kind::NotFound);
    for _ in 0..4 {
        write(&owner, None).expect("writes");
    }
    assert_eq!(describe(&owner).versions().len(), 2);
    for versions_max in [VERSIONS_MAX, VERSIONS_MAX + 1] {
        let limits = MetadataChange { versions_max: Some(versions_max), ..Default::default() };
        assert_eq!(change(&owner, limits, false).is_ok(), versions_max == VERSIONS_MAX);
        let mut config = WriteKvConfig::new("secret");
        config.versions_max = Some(versions_max);
        assert_eq!(owner.ask(&config).is_ok(), versions_max == VERSIONS_MAX);
    }
}

#[test]
fn metadata_is_replaced_by_a_write_and_merged_by_a_patch() {
    let room = TestRoom::new();
    let owner = room.owner();
    let entries = |pairs: &[(&str, Option<&str>)]| MetadataChange {
        custom_metadata: Some(
            pairs.iter().map(|(k, v)| ((*k).to_owned(), v.map(str::to_owned))).collect(),
        ),
        ..MetadataChange::default()
    };
    let kept = |actor: &Actor<'_>| describe(actor).custom_metadata.into_keys().collect::<Vec<_>>();
    assert_eq!(
        change(&owner, entries(&[("a", Some("1"))]), true).expect_err("is not there").kind(),
        Kind::NotFound
    );
    change(&owner, entries(&[("a", Some("1")), ("b", Some("2"))]), false).expect("writes");
    change(&owner, entries(&[("a", None), ("c", Some("3"))]), true).expect("patches");
    assert_eq!(kept(&owner), ["b", "c"]);
    change(&owner, entries(&[("d", Some("4"))]), false).expect("writes");
    assert_eq!(kept(&owner), ["d"]);
    let long = "x".repeat(METADATA_TEXT_BYTES_MAX + 1);
    change(&owner, entries(&[("d", Some(&long))]), false).expect_err("is too long");
    let many: BTreeMap<_, _> =
        (0..65).map(|index| (index.to_string(), Some(String::new()))).collect();
    let many = MetadataChange { custom_metadata: Some(many), ..MetadataChange::default() };
    change(&owner, many, false).expect_err("are too many");
    assert_eq!(kept(&owner), ["d"]);
}

#[test]
fn a_patch_writes_the_current_version_with_its_changes() {
    let room = TestRoom::new();
    let owner = room.owner();
    assert_eq!(patch(&owner, "{}", None).expect_err("is not there").kind(), Kind::NotFound);
    owner.ask(&PutSecret::new(PATH, json(r#"{"a":1.10,"b":{"c":2}}"#))).expect("writes");
    let done = patch(&owner, r#"{"b":{"c":null,"d":3}}"#, Some(1)).expect("patches");
    assert_eq!(done.version.number, VersionNumber(2));
    assert_eq!(shown(&read(&owner, PATH).expect("reads")), r#"{"a":1.10,"b":{"d":3}}"#);
    assert_eq!(patch(&owner, "{}", Some(1)).expect_err("is stale").kind(), Kind::VersionConflict);
    assert_eq!(patch(&owner, "[]", None).expect_err("is none").kind(), Kind::InvalidRequest);
    owner.ask(&DeleteCurrent { path: PATH.into() }).expect("deletes");
    assert_eq!(patch(&owner, "{}", None).expect_err("is deleted").kind(), Kind::NotFound);
}

#[test]
fn patches_at_once_lose_none() {
    let room = TestRoom::new();
    room.owner().ask(&PutSecret::new(PATH, json("{}"))).expect("writes");
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let room = &room;
            scope.spawn(move || {
                for index in 0..5 {
                    let text = format!("{{\"k{thread}_{index}\":1}}");
                    patch(&room.owner(), &text, None).expect("patches");
                }
            });
        }
    });
    let object: BTreeMap<String, u8> =
        serde_json::from_str(&shown(&read(&room.owner(), PATH).expect("reads"))).expect("JSON");
    assert_eq!(object.len(), 20);
}

#[test]
fn a_deleted_version_is_known_and_holds_nothing() {
    let room = TestRoom::new();
    let owner = room.owner();
    assert_eq!(
        owner.ask(&DeleteCurrent { path: PATH.into() }).expect_err("is not there").kind(),
        Kind::NotFound
    );
    write(&owner, None).expect("writes");
    owner.ask(&DeleteCurrent { path: PATH.into() }).expect("deletes");
    let found = read(&owner, PATH).expect("is known");
    assert!(found.payload.is_none());
    assert!(found.version().is_some_and(|version| version.deleted_at.is_some()));
    let (names, _) = owner
        .ask(&ReadSubkeys { path: PATH.into(), selector: Selector::Current, depth: 0 })
        .expect("is known");
    assert_eq!(names, None);
    owner
        .ask(&UndeleteVersions { path: PATH.into(), numbers: vec![VersionNumber(1)] })
        .expect("undeletes");
    assert_eq!(shown(&read(&owner, PATH).expect("reads")), r#"{"a":1}"#);
    owner.ask(&DeleteSecret { path: PATH.into(), recovery: Seconds(60) }).expect("deletes");
    assert_eq!(read(&owner, PATH).expect_err("is hidden").kind(), Kind::Deleted);
}

#[test]
fn a_mount_without_versions_keeps_one_and_erases_the_others() {
    let room = TestRoom::new();
    let owner = room.owner();
    owner.ask(&EnableMount::new(MountSide::Secret, "old", "kv")).expect("mounts");
    for text in ["1", "2", "3"] {
        owner.put("old/a", text).expect("writes");
    }
    assert_eq!(records_below(&room, "payload/"), 1);
    let found = read(&owner, "old/a").expect("reads");
    assert_eq!(shown(&found), r#"{"value":"3"}"#);
    assert_eq!(found.lease, Seconds(2_764_800));
    assert!(owner.ask(&PurgeSecret { path: "old/a".into() }).expect("erases"));
    assert_eq!(records_below(&room, "payload/"), 0);
}

#[test]
fn a_mounts_limits_go_with_it() {
    let room = TestRoom::new();
    let owner = room.owner();
    let mut mount = EnableMount::new(MountSide::Secret, "new", "kv");
    mount.settings.options.insert("version".into(), "2".into());
    owner.ask(&mount).expect("mounts");
    let mut config = WriteKvConfig::new("new");
    config.versions_max = Some(3);
    owner.ask(&config).expect("configures");
    owner.put("new/a", "v").expect("writes");
    let before = records_below(&room, "logical/");
    while !owner.ask(&DisableMount::new(MountSide::Secret, "new")).expect("unmounts") {}
    assert_eq!(records_below(&room, "logical/"), before - 1);
}

#[test]
fn names_are_found_where_the_caller_may_see_them() {
    let room = TestRoom::new();
    let owner = room.owner();
    for path in ["secret/a/DB_KEY", "secret/a/sub/db-url", "secret/a/x", "secret/hidden/DB_KEY"] {
        owner.put(path, "v").expect("writes");
    }
    owner.put("secret/a/db_gone", "v").expect("writes");
    owner
        .ask(&DeleteSecret { path: "secret/a/db_gone".into(), recovery: Seconds(60) })
        .expect("deletes");
    let search = |actor: &Actor<'_>, prefix: &str, text: &str, after: Option<&str>, limit| {
        actor.ask(&SearchSecrets {
            prefix: prefix.into(),
            text: text.into(),
            after: after.map(str::to_owned),
            limit,
        })
    };
    let app = room.bearer(
        "app",
        r#"path "secret/metadata/" { capabilities = ["list"] }
           path "secret/data/a/*" { capabilities = ["read"] }"#,
    );
    let page = search(&app, "secret/", "db", None, 10).expect("finds");
    assert_eq!(page.paths, ["secret/a/DB_KEY", "secret/a/sub/db-url"]);
    assert_eq!(page.next, None);
    let page = search(&app, "secret/", "db", None, 1).expect("finds");
    assert_eq!(page.next.as_deref(), Some("secret/a/DB_KEY"));
    let page = search(&app, "secret/", "db", page.next.as_deref(), 1).expect("finds");
    assert_eq!((page.paths.len(), page.next), (1, None));
    let page = search(&owner, "secret/", "*/db_*", None, 10).expect("finds");
    assert_eq!(page.paths, ["secret/a/DB_KEY", "secret/hidden/DB_KEY"]);
    let denied = search(&app, "secret/a/", "db", None, 10).expect_err("is denied");
    assert_eq!(denied.kind(), Kind::Forbidden);
    for text in ["", &"x".repeat(257)] {
        assert_eq!(
            search(&owner, "secret/", text, None, 10).expect_err("is refused").kind(),
            Kind::InvalidRequest
        );
    }
}

#[test]
fn what_is_searched_for_is_not_in_the_log() {
    let room = TestRoom::new();
    let search =
        SearchSecrets { prefix: "secret/".into(), text: "canary".into(), after: None, limit: 1 };
    room.owner().ask(&search).expect("finds nothing");
    assert!(room.audit().iter().all(|entry| !entry.raw().contains("canary")));
}

#[test]
fn bytes_are_not_shown_as_json() {
    let room = TestRoom::new();
    let owner = room.owner();
    let bytes = Payload::new(PayloadKind::Bytes, SecretValue::new(vec![1, 2])).expect("a payload");
    owner.ask(&PutSecret::new(PATH, bytes)).expect("writes");
    assert_eq!(patch(&owner, "{}", None).expect_err("is bytes").kind(), Kind::InvalidRequest);
    let names = ReadSubkeys { path: PATH.into(), selector: Selector::Current, depth: 0 };
    assert_eq!(owner.ask(&names).expect_err("is bytes").kind(), Kind::InvalidRequest);
    owner.ask(&PutSecret::new(PATH, payload("text"))).expect("writes");
    let (names, _) = owner.ask(&names).expect("has a name");
    assert_eq!(names.expect("names").to_string(), r#"{"value":null}"#);
}
