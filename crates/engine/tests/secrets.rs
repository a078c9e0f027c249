//! Secrets through the engine: written, read, listed, hidden, brought back.

#![expect(clippy::expect_used, reason = "helpers of tests fail the test")]

use strongroom_core::model::{Selector, VersionNumber};
use strongroom_core::time::Seconds;
use strongroom_engine::Kind;
use strongroom_engine::operations::policy::WritePolicy;
use strongroom_engine::operations::*;
use strongroom_store::Range;
use strongroom_testkit::{TestRoom, payload};

#[test]
fn what_is_written_is_read_back_by_version() {
    let room = TestRoom::new();
    let owner = room.owner();
    assert_eq!(owner.put("secret/app/KEY", "first").expect("writes"), VersionNumber(1));
    assert_eq!(owner.put("secret/app/KEY", "second").expect("writes"), VersionNumber(2));
    assert_eq!(owner.read("secret/app/KEY").expect("reads"), "second");
    let first = owner.read_version("secret/app/KEY", Selector::Number(VersionNumber(1)));
    assert_eq!(first.expect("reads"), "first");
}

#[test]
fn what_is_not_there_is_not_found() {
    let error = TestRoom::new().owner().read("secret/app/KEY").expect_err("is not there");
    assert_eq!(error.kind(), Kind::NotFound);
}

#[test]
fn a_secret_with_more_versions_than_a_commit_erases_is_purged_step_by_step() {
    let room = TestRoom::new();
    let owner = room.owner();
    owner.put("secret/a/A", "v").expect("writes");
    let keep =
        TagSecret { path: "secret/a/A".into(), versions_max: Some(1_000), ..TagSecret::default() };
    owner.ask(&keep).expect("tags");
    for _ in 0..250 {
        owner.put("secret/a/A", "v").expect("writes");
    }
    let purge = PurgeSecret { path: "secret/a/A".into() };
    let steps = (0..10).take_while(|_| !owner.ask(&purge).expect("purges")).count();
    assert_eq!(steps, 2);
    assert!(payloads(&room).is_empty());
    assert_eq!(owner.read("secret/a/A").expect_err("is gone").kind(), Kind::NotFound);
}

#[test]
fn pruned_and_destroyed_versions_leave_no_value_behind() {
    let room = TestRoom::new();
    let owner = room.owner();
    for _ in 0..15 {
        owner.put("secret/a/A", "v").expect("writes");
    }
    assert_eq!(payloads(&room).len(), 10);
    let destroy = DestroyVersions { path: "secret/a/A".into(), numbers: vec![VersionNumber(7)] };
    owner.ask(&destroy).expect("destroys");
    assert_eq!(payloads(&room).len(), 9);
}

#[test]
fn several_writes_are_all_done_or_none() {
    let room = TestRoom::new();
    let owner = room.owner();
    owner.put("secret/a/B", "old").expect("writes");
    owner.ask(&DeleteSecret { path: "secret/a/B".into(), recovery: Seconds(60) }).expect("deletes");
    let secrets = ["A", "B"].map(|name| (format!("secret/a/{name}"), payload("new"))).into();
    owner.ask(&PutSecrets { subject: "secret/a/".into(), secrets }).expect_err("B is deleted");
    assert_eq!(owner.read("secret/a/A").expect_err("was not written").kind(), Kind::NotFound);
}

#[test]
fn a_request_is_held_to_its_limits() {
    let room = TestRoom::new();
    let owner = room.owner();
    let put = |count: usize, bytes: usize| {
        let secrets = (0..count)
            .map(|index| (format!("secret/a/K{index}"), payload(&"x".repeat(bytes))))
            .collect();
        owner.ask(&PutSecrets { subject: "secret/a/".into(), secrets }).map(drop)
    };
    put(PUT_SECRETS_MAX, 1).expect("fits");
    put(1, PUT_BYTES_MAX).expect("fits");
    for (count, bytes) in [(PUT_SECRETS_MAX + 1, 1), (2, PUT_BYTES_MAX / 2 + 1)] {
        assert_eq!(put(count, bytes).expect_err("is too much").kind(), Kind::InvalidRequest);
    }
    let numbers = |count: u64| DestroyVersions {
        path: "secret/a/K1".into(),
        numbers: (0..count).map(VersionNumber).collect(),
    };
    owner.ask(&numbers(VERSIONS_PER_REQUEST_MAX as u64)).expect("fits");
    owner.ask(&numbers(VERSIONS_PER_REQUEST_MAX as u64 + 1)).expect_err("is too much");
    let recovery = |secs| DeleteSecret { path: "secret/a/K0".into(), recovery: Seconds(secs) };
    owner.ask(&recovery(RECOVERY_SECS_MAX + 1)).expect_err("is too long");
    owner.ask(&recovery(RECOVERY_SECS_MAX)).expect("fits");
    let long = |bytes: usize| TagSecret {
        path: "secret/a/K1".into(),
        description: Some("x".repeat(bytes)),
        ..TagSecret::default()
    };
    owner.ask(&long(METADATA_TEXT_BYTES_MAX)).expect("fits");
    owner.ask(&long(METADATA_TEXT_BYTES_MAX + 1)).expect_err("is too long");
}

#[test]
fn of_several_candidates_the_first_readable_is_read() {
    let room = TestRoom::new();
    let owner = room.owner();
    for (path, value) in
        [("secret/base/K", "base"), ("secret/prod/K", "prod"), ("secret/base/L", "l")]
    {
        owner.put(path, value).expect("writes");
    }
    let wanted = ["K", "L", "M"]
        .map(|name| {
            (name.to_owned(), vec![format!("secret/prod/{name}"), format!("secret/base/{name}")])
        })
        .into();
    let answers =
        owner.ask(&ReadSecrets { subject: "secret/prod/".into(), wanted }).expect("reads");
    let paths: Vec<_> = answers.into_iter().map(|answer| answer.map(|read| read.path)).collect();
    assert_eq!(paths, [Some("secret/prod/K".to_owned()), Some("secret/base/L".to_owned()), None]);
}

#[test]
fn azure_names_are_unique_and_a_purge_frees_them() {
    let room = TestRoom::new();
    let owner = room.owner();
    let azure = |path: &str| {
        let secret = owner.ask(&DescribeSecret { path: path.to_owned() }).expect("describes");
        secret.aliases.azure.map(|name| name.to_string()).expect("it has a name")
    };
    for path in ["secret/db-password", "secret/db_password", "secret/DB-PASSWORD"] {
        owner.put(path, "v").expect("writes");
    }
    assert_eq!(azure("secret/db-password"), "db-password");
    let others = [azure("secret/db_password"), azure("secret/DB-PASSWORD")];
    assert!(others.iter().all(|name| name.len() == "db-password-".len() + 8), "{others:?}");
    assert_ne!(others[0].to_lowercase(), others[1].to_lowercase());
    owner
        .ask(&DeleteSecret { path: "secret/db-password".into(), recovery: Seconds(9) })
        .expect("deletes");
    owner.put("secret/x/y", "v").expect("writes");
    owner.ask(&PurgeSecret { path: "secret/db-password".into() }).expect("purges");
    owner.put("secret/db/password", "v").expect("writes");
    owner.put("secret/db-password", "v").expect("writes");
    assert_eq!(azure("secret/db-password"), "db-password");
}

#[test]
fn a_version_with_a_lifetime_is_hidden_when_the_clock_passes_it() {
    let room = TestRoom::new();
    let owner = room.owner();
    owner.put("secret/a/A", "v").expect("writes");
    let delete = DeleteSecret { path: "secret/a/A".into(), recovery: Seconds(60) };
    let purge_at = owner.ask(&delete).expect("deletes");
    room.clock.advance(Seconds(60));
    owner.ask(&RestoreSecret { path: "secret/a/A".into() }).expect("is kept until it is purged");
    assert!(purge_at.0 > 0);
    assert_eq!(owner.read("secret/a/A").expect("reads"), "v");
}

#[test]
fn eight_writers_of_one_secret_lose_no_version() {
    let room = TestRoom::new();
    std::thread::scope(|threads| {
        for writer in 0..8 {
            let room = &room;
            threads.spawn(move || {
                for index in 0..20 {
                    room.owner().put("secret/a/A", &format!("{writer}-{index}")).expect("writes");
                }
            });
        }
    });
    let secret =
        room.owner().ask(&DescribeSecret { path: "secret/a/A".into() }).expect("describes");
    assert_eq!(secret.current(), Some(VersionNumber(160)));
    assert_eq!(room.audit().len(), 161);
}

#[test]
fn of_writers_who_saw_the_same_version_one_wins() {
    let room = TestRoom::new();
    room.owner().put("secret/a/A", "v").expect("writes");
    let won: usize = std::thread::scope(|threads| {
        let writers: Vec<_> = (0..8)
            .map(|_| {
                threads.spawn(|| {
                    let put = PutSecret::new("secret/a/A", payload("w"));
                    room.owner().ask(&PutSecret { check_and_set: Some(1), ..put }).is_ok()
                })
            })
            .collect();
        writers.into_iter().map(|writer| usize::from(writer.join().expect("ends"))).sum()
    });
    assert_eq!(won, 1);
}

#[test]
fn a_watch_tells_of_its_own_secrets_and_of_no_others() {
    let room = TestRoom::new();
    let owner = room.owner();
    let watch = |paths: &[&str], folders: &[&str]| WatchSecrets {
        subject: "secret/".into(),
        paths: paths.iter().map(ToString::to_string).collect(),
        folders: folders.iter().map(ToString::to_string).collect(),
        after: None,
    };
    let mut one = owner.ask(&watch(&["secret/a/A"], &[])).expect("watches");
    let mut folder = owner.ask(&watch(&[], &["secret/b/"])).expect("watches");
    let brief = std::time::Duration::from_millis(1);
    owner.put("secret/c/C", "v").expect("writes");
    assert!(!one.changed(brief).expect("waits") && !folder.changed(brief).expect("waits"));
    owner.put("secret/a/A", "v").expect("writes");
    owner.put("secret/b/NEW", "v").expect("writes");
    assert!(one.changed(brief).expect("waits") && folder.changed(brief).expect("waits"));
}

#[test]
fn changes_are_named_to_those_who_may_see_them_and_as_long_as_they_may() {
    let room = TestRoom::new();
    let owner = room.owner();
    let policy = r#"path "secret/b/" { capabilities = ["list"] }
                    path "secret/b/SEEN" { capabilities = ["read"] }"#;
    let app = room.bearer("app", policy);
    let watch = WatchSecrets {
        subject: "secret/b/".into(),
        paths: Vec::new(),
        folders: vec!["secret/b/".into()],
        after: None,
    };
    let mut feed = app.ask(&watch).expect("watches");
    let brief = std::time::Duration::from_millis(1);
    owner.put("secret/b/HIDDEN", "v").expect("writes");
    owner.put("secret/b/SEEN", "v").expect("writes");
    let changes = feed.next(brief).expect("waits");
    let told = app.ask(&ReportChanges { watch: &watch, changes: &changes }).expect("reports");
    let paths: Vec<_> = told.iter().map(|change| change.path.as_str()).collect();
    assert_eq!(paths, ["secret/b/SEEN"]);
    let again = WatchSecrets { after: Some(told[0].position - 1), ..watch.clone() };
    let mut from_before = owner.ask(&again).expect("watches");
    assert!(from_before.changed(brief).expect("waits"), "goes on from a position");
    owner.ask(&WritePolicy::new("app", "")).expect("writes");
    let error = app.ask(&ReportChanges { watch: &watch, changes: &changes });
    assert_eq!(error.expect_err("is no longer allowed").kind(), Kind::Forbidden);
}

fn payloads(room: &TestRoom) -> Vec<strongroom_store::Entry> {
    room.store.list(&Range::prefix("payload/")).expect("lists").entries
}

#[test]
fn a_secret_whose_limit_was_lowered_can_be_written_and_comes_down_to_it() {
    let room = TestRoom::new();
    let owner = room.owner();
    let keep = |count| TagSecret {
        path: "secret/a/A".into(),
        versions_max: Some(count),
        ..TagSecret::default()
    };
    owner.put("secret/a/A", "v").expect("writes");
    owner.ask(&keep(1_000)).expect("tags");
    for _ in 0..200 {
        owner.put("secret/a/A", "v").expect("writes");
    }
    owner.ask(&keep(1)).expect("tags");
    for _ in 0..40 {
        owner.put("secret/a/A", "v").expect("writes");
    }
    assert_eq!(payloads(&room).len(), 2, "the current and the previous one have labels");
}

#[test]
fn what_an_audit_record_cannot_hold_is_refused_before_it_is_done() {
    let room = TestRoom::new();
    let owner = room.owner();
    owner.put("secret/a/A", "v").expect("writes");
    let name = |index: usize| format!("{index:02}{}", "x".repeat(METADATA_TEXT_BYTES_MAX - 2));
    let metadata = (0..60).map(|index| (name(index), Some("v".to_owned()))).collect();
    let tag = TagSecret { path: "secret/a/A".into(), metadata, ..TagSecret::default() };
    assert_eq!(owner.ask(&tag).expect_err("is too much").kind(), Kind::InvalidRequest);
    owner.put("secret/a/A", "w").expect("goes on");
    assert!(room.second_engine().is_ok());
}

#[test]
fn names_that_meet_at_another_door_can_be_written_in_one_request() {
    let room = TestRoom::new();
    let owner = room.owner();
    let secrets =
        ["Key", "KEY", "key"].map(|name| (format!("secret/a/{name}"), payload("v"))).into();
    owner.ask(&PutSecrets { subject: "secret/a/".into(), secrets }).expect("writes");
    let checked = owner.ask(&CheckRecords { after: None }).expect("checks");
    assert!(checked.damaged.is_empty(), "{:?}", checked.damaged);
}

#[test]
fn of_many_who_write_one_secret_at_once_everyone_gets_through() {
    const WRITERS: u64 = 200;
    let room = TestRoom::new();
    std::thread::scope(|scope| {
        for _ in 0..WRITERS {
            scope.spawn(|| room.owner().put("secret/app/KEY", "value").expect("writes"));
        }
    });
    let secret = room.owner().ask(&DescribeSecret { path: "secret/app/KEY".into() });
    let current = secret.expect("is there").current().map(|number| number.0);
    assert_eq!(current, Some(WRITERS));
}
