use super::*;

fn with_two_regions() -> TestRoom {
    let room = TestRoom::new();
    let mut mount = EnableMount::new(MountSide::Secret, "secret-eu", "kv");
    mount.settings.options.insert("version".to_owned(), "2".to_owned());
    room.owner().ask(&mount).expect("mounts");
    room
}

fn replicate(actor: &Actor<'_>, id: &str, force_overwrite: bool) -> Result<Replicated, Error> {
    let replicas = vec![abroad()];
    actor.ask(&ReplicateSecretToRegions { secret: named(id), replicas, force_overwrite })
}

#[test]
fn a_replica_follows_its_secret_and_is_changed_only_with_it() {
    let room = with_two_regions();
    let owner = room.owner();
    let made = create(&owner, "key", Some("one")).expect("makes it");
    let replicated = replicate(&owner, "key", false).expect("replicates");
    assert_eq!(replicated.replicas, [ReplicaStatus { region: "eu-west-1".to_owned() }]);
    let there = |version: Option<&str>| get_version(&owner, at(abroad(), "key"), version, None);
    assert_eq!(there(None).expect("reads"), "one");
    put(&owner, "key", SECOND, "two").expect("puts");
    assert_eq!(there(None).expect("follows"), "two");
    assert_eq!(there(Some(FIRST)).expect("reads"), "one");
    let view = owner.ask(&DescribeSecret { secret: at(abroad(), "key") }).expect("describes");
    assert_eq!(view.primary_region.as_deref(), Some("us-east-1"));
    assert_eq!(view.named.arn, made.named.arn.replace("us-east-1", "eu-west-1"));
    let refused = owner.put("secret-eu/key", "three").expect_err("is a replica");
    assert_eq!(refused.kind(), Kind::InvalidRequest);
    let purge = operations::PurgeSecret { path: "secret-eu/key".into() };
    assert_eq!(owner.ask(&purge).expect_err("is a replica").kind(), Kind::InvalidRequest);
    let kept = delete(&owner, "key", Window::None).expect_err("has replicas");
    assert_eq!(class(&kept), Some(AwsClass::InvalidParameter));
    let remove = RemoveRegionsFromReplication {
        secret: named("key"),
        regions: vec!["eu-west-1".to_owned()],
    };
    assert_eq!(owner.ask(&remove).expect("removes").replicas, []);
    assert_eq!(there(None).expect_err("is gone").kind(), Kind::NotFound);
    assert_eq!(get(&owner, "key").expect("stays"), "two");
}

#[test]
fn a_promoted_replica_is_a_secret_of_its_own_with_its_arn() {
    let room = with_two_regions();
    let owner = room.owner();
    create(&owner, "key", Some("0")).expect("makes it");
    replicate(&owner, "key", false).expect("replicates");
    for number in 1..20 {
        put(&owner, "key", &format!("{number:032}"), &number.to_string()).expect("puts");
    }
    let there = at(abroad(), "key");
    let arn = owner.ask(&DescribeSecret { secret: there.clone() }).expect("describes").named.arn;
    let stop = StopReplicationToReplica { secret: there.clone() };
    assert!(!owner.ask(&stop).expect("copies some").is_done);
    // A change in between is copied as well.
    put(&owner, "key", SECOND, "last").expect("puts");
    assert_eq!(get_version(&owner, there.clone(), None, None).expect("follows"), "last");
    assert!(owner.ask(&stop).expect("copies the rest").is_done);
    put(&owner, "key", THIRD, "home only").expect("puts");
    assert_eq!(get_version(&owner, there.clone(), None, None).expect("reads"), "last");
    let again = owner.ask(&stop).expect_err("is none");
    assert_eq!(class(&again), Some(AwsClass::InvalidParameter));
    let view = owner.ask(&DescribeSecret { secret: there.clone() }).expect("describes");
    assert_eq!((view.named.arn, view.primary_region), (arn, None));
    // Neither takes the other's values along.
    assert!(delete(&owner, "key", Window::None).expect("erases").is_done);
    assert_eq!(get_version(&owner, there, Some(FIRST), None).expect("is whole"), "0");
}

#[test]
fn a_replica_takes_a_name_only_when_it_is_told_to() {
    let room = with_two_regions();
    let owner = room.owner();
    owner.put("secret-eu/key", "in the way").expect("writes");
    create(&owner, "key", Some("one")).expect("makes it");
    let refused = replicate(&owner, "key", false).expect_err("is in the way");
    assert_eq!(class(&refused), Some(AwsClass::InvalidRequest));
    let payloads = || room.store.list(&Range::prefix("payload/")).expect("lists").entries.len();
    assert_eq!(payloads(), 2);
    replicate(&owner, "key", true).expect("replaces it");
    assert_eq!(payloads(), 1);
    let read = get_version(&owner, at(abroad(), "key"), None, None);
    assert_eq!(read.expect("reads"), "one");
}
