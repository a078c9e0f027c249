use proptest::prelude::*;

use super::*;
use crate::identifier::VersionId;
use crate::model::{Hidden, PayloadKind};

const NOW: Timestamp = Timestamp(1_000_000);

fn secret() -> Secret {
    Secret::new(SecretId::from_bytes([1; 16]), Limits::default(), NOW)
}

fn new_version(secret: &Secret) -> NewVersion {
    let mut id = [0; 16];
    id[..8].copy_from_slice(&(secret.last_number + 1).to_be_bytes());
    NewVersion::current(VersionId::from_bytes(id), PayloadKind::Text)
}

fn write(secret: &mut Secret) -> VersionNumber {
    let version = new_version(secret);
    secret.write(version, NOW).expect("writes").number
}

fn label(text: &str) -> Label {
    Label::new(text).expect("a label")
}

fn labels(texts: &[&str]) -> BTreeSet<Label> {
    texts.iter().map(|text| label(text)).collect()
}

fn labels_of(secret: &Secret, number: u64) -> Vec<String> {
    let version = secret.version(&Selector::Number(VersionNumber(number))).expect("is kept");
    version.labels.iter().map(ToString::to_string).collect()
}

#[test]
fn each_write_becomes_current_and_the_one_before_previous() {
    let mut secret = secret();
    for number in 1..=3 {
        assert_eq!(write(&mut secret), VersionNumber(number));
    }
    assert_eq!(secret.current(), Some(VersionNumber(3)));
    assert_eq!(labels_of(&secret, 3), [AWSCURRENT]);
    assert_eq!(labels_of(&secret, 2), [AWSPREVIOUS]);
    assert!(labels_of(&secret, 1).is_empty());
}

#[test]
fn a_pending_version_is_not_current() {
    let mut secret = secret();
    write(&mut secret);
    let mut pending = new_version(&secret);
    pending.placement = Placement::Labels(labels(&[AWSPENDING]));
    secret.write(pending, NOW).expect("writes");
    assert_eq!(secret.current(), Some(VersionNumber(1)));
    assert_eq!(secret.version(&Selector::Current).map(|v| v.number), Some(VersionNumber(1)));
    assert_eq!(labels_of(&secret, 2), [AWSPENDING]);
}

#[test]
fn the_first_version_is_current_whatever_its_labels() {
    let mut secret = secret();
    let mut first = new_version(&secret);
    first.placement = Placement::Labels(labels(&["blue"]));
    secret.write(first, NOW).expect("writes");
    assert_eq!(labels_of(&secret, 1), [AWSCURRENT, "blue"]);
}

/// AWS leaves AWSPENDING on the version that a rotation made current, and the next write takes it off.
#[test]
fn a_stale_pending_label_goes_with_the_next_write() {
    let mut secret = secret();
    write(&mut secret);
    let mut pending = new_version(&secret);
    pending.placement = Placement::Labels(labels(&[AWSPENDING]));
    secret.write(pending, NOW).expect("writes");
    secret.move_label(label(AWSCURRENT), Some(VersionNumber(2)), NOW).expect("moves");
    assert_eq!(labels_of(&secret, 2), [AWSCURRENT, AWSPENDING]);
    assert_eq!(labels_of(&secret, 1), [AWSPREVIOUS]);
    write(&mut secret);
    assert_eq!(labels_of(&secret, 2), [AWSPREVIOUS]);
}

#[test]
fn check_and_set_admits_only_the_writer_who_saw_the_current_version() {
    let mut secret = secret();
    let mut attempt = |expected| {
        let mut version = new_version(&secret);
        version.check_and_set = Some(expected);
        secret.write(version, NOW).map(|written| written.number.0)
    };
    assert_eq!(attempt(1), Err(TransitionError::CheckAndSet { expected: 1, found: 0 }));
    assert_eq!(attempt(0), Ok(1));
    assert_eq!(attempt(0), Err(TransitionError::CheckAndSet { expected: 0, found: 1 }));
    assert_eq!(attempt(1), Ok(2));
}

#[test]
fn a_secret_that_demands_check_and_set_refuses_a_write_without() {
    let mut secret = secret();
    secret.limits.check_and_set_required = true;
    let refused = secret.write(new_version(&secret), NOW);
    assert_eq!(refused, Err(TransitionError::CheckAndSetRequired));
    let mut version = new_version(&secret);
    version.check_and_set = Some(0);
    assert!(secret.write(version, NOW).is_ok());
}

#[test]
fn a_refused_write_changes_nothing() {
    let mut secret = secret();
    write(&mut secret);
    let before = secret.clone();
    let mut version = new_version(&secret);
    version.check_and_set = Some(9);
    assert!(secret.write(version, Timestamp(2_000_000)).is_err());
    let mut version = new_version(&secret);
    version.placement =
        Placement::Labels((0..=LABELS_PER_VERSION_MAX).map(|n| label(&n.to_string())).collect());
    assert_eq!(secret.write(version, NOW), Err(TransitionError::TooManyLabels));
    assert_eq!(secret, before);
}

#[test]
fn the_oldest_unlabelled_versions_are_dropped_beyond_the_limit() {
    let mut secret = secret();
    secret.limits.versions_max = 3;
    write(&mut secret);
    secret.move_label(label("keep"), Some(VersionNumber(1)), NOW).expect("moves");
    let dropped: Vec<_> = (0..4)
        .flat_map(|_| secret.write(new_version(&secret), NOW).expect("writes").dropped)
        .collect();
    assert_eq!(dropped, [VersionNumber(2), VersionNumber(3)]);
    let kept: Vec<_> = secret.versions().iter().map(|version| version.number.0).collect();
    assert_eq!(kept, [1, 4, 5]);
}

#[test]
fn version_numbers_are_never_used_again() {
    let mut secret = secret();
    secret.limits.versions_max = 1;
    write(&mut secret);
    secret.destroy_versions(&[VersionNumber(1)], NOW).expect("destroys");
    assert_eq!(write(&mut secret), VersionNumber(2));
}

#[test]
fn a_deleted_version_is_hidden_and_comes_back() {
    let mut secret = secret();
    write(&mut secret);
    let hidden = |secret: &Secret| {
        secret.version(&Selector::Current).and_then(|version| version.hidden(NOW))
    };
    secret.delete_versions(&[VersionNumber(1), VersionNumber(9)], NOW).expect("deletes");
    assert_eq!(hidden(&secret), Some(Hidden::Deleted));
    secret.undelete_versions(&[VersionNumber(1)], NOW).expect("undeletes");
    assert_eq!(hidden(&secret), None);
}

#[test]
fn a_destroyed_version_does_not_come_back() {
    let mut secret = secret();
    write(&mut secret);
    let erased = secret.destroy_versions(&[VersionNumber(1)], NOW).expect("destroys");
    assert_eq!(erased, [VersionNumber(1)]);
    assert_eq!(secret.destroy_versions(&[VersionNumber(1)], NOW), Ok(vec![]));
    secret.undelete_versions(&[VersionNumber(1)], NOW).expect("is left as it is");
    let version = secret.version(&Selector::Current).expect("metadata stays");
    assert_eq!(version.hidden(NOW), Some(Hidden::Destroyed));
    let moved = secret.move_label(label("x"), Some(VersionNumber(1)), NOW);
    assert_eq!(moved, Err(TransitionError::Destroyed(VersionNumber(1))));
}

#[test]
fn a_purge_erases_versions_of_a_deleted_secret_and_leaves_it_deleted() {
    let mut secret = secret();
    write(&mut secret);
    secret.delete(Seconds(30), NOW).expect("deletes");
    assert_eq!(secret.erase_versions(&[VersionNumber(1)], NOW), [VersionNumber(1)]);
    assert!(secret.is_deleted());
    let version = secret.version(&Selector::Current).expect("metadata stays");
    assert_eq!(version.hidden(NOW), Some(Hidden::Destroyed));
}

#[test]
fn a_version_with_a_lifetime_is_hidden_when_it_is_over() {
    let mut secret = secret();
    secret.limits.delete_after = Some(Seconds(60));
    write(&mut secret);
    let version = secret.version(&Selector::Current).expect("is kept");
    assert_eq!(version.hidden(NOW.plus(Seconds(59))), None);
    assert_eq!(version.hidden(NOW.plus(Seconds(60))), Some(Hidden::Deleted));
}

#[test]
fn a_deleted_secret_refuses_changes_and_comes_back_whole() {
    let mut secret = secret();
    write(&mut secret);
    let before = secret.clone();
    secret.delete(Seconds(30), NOW).expect("deletes");
    let purge_at = NOW.plus(Seconds(30));
    assert_eq!(secret.state, State::Deleted { at: NOW, purge_at });
    let one = [VersionNumber(1)];
    assert_eq!(secret.write(new_version(&secret), NOW), Err(TransitionError::Deleted));
    assert_eq!(secret.delete_versions(&one, NOW), Err(TransitionError::Deleted));
    assert_eq!(secret.undelete_versions(&one, NOW), Err(TransitionError::Deleted));
    assert_eq!(secret.destroy_versions(&one, NOW), Err(TransitionError::Deleted));
    assert_eq!(secret.move_label(label("x"), None, NOW), Err(TransitionError::Deleted));
    assert_eq!(secret.delete(Seconds(1), NOW), Err(TransitionError::Deleted));
    secret.restore(NOW).expect("restores");
    assert_eq!(secret, before);
    assert_eq!(secret.restore(NOW), Err(TransitionError::NotDeleted));
}

#[test]
fn labels_move_and_only_the_current_one_cannot_be_removed() {
    let mut secret = secret();
    write(&mut secret);
    write(&mut secret);
    secret.move_label(label("blue"), Some(VersionNumber(1)), NOW).expect("puts");
    secret.move_label(label("blue"), Some(VersionNumber(2)), NOW).expect("moves");
    assert_eq!(labels_of(&secret, 2), [AWSCURRENT, "blue"]);
    secret.move_label(label("blue"), None, NOW).expect("removes");
    assert_eq!(labels_of(&secret, 2), [AWSCURRENT]);
    let removed = secret.move_label(label(AWSCURRENT), None, NOW);
    assert_eq!(removed, Err(TransitionError::CurrentLabel));
    let missing = secret.move_label(label("blue"), Some(VersionNumber(7)), NOW);
    assert_eq!(missing, Err(TransitionError::NoSuchVersion(VersionNumber(7))));
}

#[test]
fn a_version_is_found_by_number_identifier_and_label() {
    let mut secret = secret();
    write(&mut secret);
    write(&mut secret);
    let id = secret.versions()[0].id;
    for selector in
        [Selector::Number(VersionNumber(1)), Selector::Id(id), Selector::Label(label(AWSPREVIOUS))]
    {
        let found = secret.version(&selector).map(|version| version.number);
        assert_eq!(found, Some(VersionNumber(1)), "{selector:?}");
    }
    assert_eq!(secret.version(&Selector::Label(label("none"))), None);
}

#[test]
fn a_secret_is_read_back_from_its_bytes() {
    let mut secret = secret();
    write(&mut secret);
    secret.aliases.azure = AzureName::new("api-key").ok();
    secret.delete(Seconds(9), NOW).expect("deletes");
    let bytes = minicbor::to_vec(&secret).expect("encodes");
    assert_eq!(minicbor::decode::<Secret>(&bytes).expect("decodes"), secret);
}

#[derive(Clone, Debug)]
enum Step {
    Write(Option<Vec<u8>>, Option<u64>),
    Delete(u64),
    Undelete(u64),
    Destroy(u64),
    Move(u8, Option<u64>),
    DeleteSecret,
    Restore,
}

fn step() -> impl Strategy<Value = Step> {
    let number = 0..12_u64;
    prop_oneof![
        6 => (prop::option::of(prop::collection::vec(0..5_u8, 0..3)), prop::option::of(0..12_u64))
            .prop_map(|(labels, cas)| Step::Write(labels, cas)),
        1 => number.clone().prop_map(Step::Delete),
        1 => number.clone().prop_map(Step::Undelete),
        1 => number.clone().prop_map(Step::Destroy),
        4 => (0..5_u8, prop::option::of(number)).prop_map(|(name, to)| Step::Move(name, to)),
        1 => Just(Step::DeleteSecret),
        2 => Just(Step::Restore),
    ]
}

fn named(index: u8) -> Label {
    label([AWSCURRENT, AWSPREVIOUS, AWSPENDING, "blue", "green"][usize::from(index)])
}

fn apply(secret: &mut Secret, step: Step) {
    let _refused_or_done = match step {
        Step::Write(names, cas) => {
            let mut version = new_version(secret);
            version.check_and_set = cas;
            if let Some(names) = names {
                version.placement = Placement::Labels(names.into_iter().map(named).collect());
            }
            secret.write(version, NOW).map(|_| ())
        }
        Step::Delete(number) => secret.delete_versions(&[VersionNumber(number)], NOW),
        Step::Undelete(number) => secret.undelete_versions(&[VersionNumber(number)], NOW),
        Step::Destroy(number) => secret.destroy_versions(&[VersionNumber(number)], NOW).map(|_| ()),
        Step::Move(name, to) => secret.move_label(named(name), to.map(VersionNumber), NOW),
        Step::DeleteSecret => secret.delete(Seconds(1), NOW),
        Step::Restore => secret.restore(NOW),
    };
}

proptest! {
    /// Whatever is done: numbers rise, a label sits on one version, AWSCURRENT is `current`, which is kept, and
    /// no more versions are kept than the limit and the labels ask for.
    #[test]
    fn invariants_hold_after_any_steps(steps in prop::collection::vec(step(), 0..60)) {
        let mut secret = secret();
        secret.limits.versions_max = 4;
        for step in steps {
            let (before, text) = (secret.last_number, format!("{step:?}"));
            apply(&mut secret, step);
            prop_assert!(secret.last_number >= before);
            prop_assert!(secret.versions.is_sorted_by_key(|version| version.number));
            let all: Vec<_> = secret.versions.iter().flat_map(|version| &version.labels).collect();
            let distinct: BTreeSet<_> = all.iter().collect();
            prop_assert_eq!(all.len(), distinct.len(), "after {}", text);
            let labelled = secret.version(&Selector::Label(label(AWSCURRENT))).map(|v| v.number);
            prop_assert_eq!(labelled, secret.current, "after {}", text);
            let with_labels = secret.versions.iter().filter(|v| !v.labels.is_empty()).count();
            prop_assert!(secret.versions.len() <= with_labels.max(4) + 1, "after {}", text);
        }
    }
}

#[test]
fn what_a_secret_does_not_say_its_mount_says() {
    let span = |seconds| Some(Seconds(seconds));
    let mount = Limits { versions_max: 2, check_and_set_required: true, delete_after: span(60) };
    assert_eq!(Limits::OF_THE_MOUNT.within(mount), mount);
    let own = Limits { versions_max: 5, check_and_set_required: false, delete_after: span(90) };
    assert_eq!(own.within(mount), Limits { versions_max: 5, ..mount });
    assert_eq!(own.within(Limits::OF_THE_MOUNT), own);

    let mut secret = Secret::new(SecretId::from_bytes([1; 16]), Limits::OF_THE_MOUNT, NOW);
    let refused = secret.write_within(mount, new_version(&secret), NOW);
    assert_eq!(refused, Err(TransitionError::CheckAndSetRequired));
    for expected in 0..5 {
        let new = NewVersion { check_and_set: Some(expected), ..new_version(&secret) };
        secret.write_within(mount, new, NOW).expect("writes");
    }
    let kept: Vec<_> = secret.versions().iter().map(|version| version.number.0).collect();
    assert_eq!(kept, [4, 5]);
    assert_eq!(secret.versions()[1].deleted_at, Some(NOW.plus(Seconds(60))));
    assert_eq!(secret.limits, Limits::OF_THE_MOUNT);
}

#[test]
fn a_replica_is_as_its_secret_and_changes_only_with_it() {
    let mut secret = secret();
    write(&mut secret);
    let mount = crate::identifier::MountId::from_bytes;
    let azure = AzureName::new("there").ok();
    let replica =
        Replica { mount: mount([2; 16]), azure: azure.clone(), created: NOW, promoted_as: None };
    secret.replicas.push(replica.clone());
    let mut copy = secret.copy_for(&replica, mount([1; 16]));
    assert_eq!((copy.id, copy.versions()), (secret.id, secret.versions()));
    assert_eq!((&copy.aliases.azure, copy.replica_of), (&azure, Some(mount([1; 16]))));
    assert!(copy.replicas.is_empty());
    assert_eq!(copy.write(new_version(&secret), NOW), Err(TransitionError::Replica));
    assert_eq!(copy.delete(Seconds(1), NOW), Err(TransitionError::Replica));
    assert_eq!(copy.restore(NOW), Err(TransitionError::Replica));
    assert_eq!(copy.move_label(label("x"), None, NOW), Err(TransitionError::Replica));
    assert_eq!(copy.destroy_versions(&[VersionNumber(1)], NOW), Err(TransitionError::Replica));
    assert_eq!(copy.require_alone(), Err(TransitionError::Replica));
    assert_eq!(secret.delete(Seconds(1), NOW), Err(TransitionError::HasReplicas));
    assert_eq!(secret.require_alone(), Err(TransitionError::HasReplicas));
    secret.replicas.clear();
    assert!(secret.delete(Seconds(1), NOW).is_ok());
}

/// Records are kept as arrays: what was added to them is read as absent from those that were written before.
#[test]
fn a_record_without_replicas_and_policies_is_read() {
    let mut secret = secret();
    write(&mut secret);
    let whole = minicbor::to_vec(&secret).expect("encodes");
    // The last members are an empty array, null and false; one without a value at the end is left out.
    let (head, members) = whole.split_first().expect("an array");
    assert_eq!(*head, 0x8f);
    let earlier = members.strip_suffix(&[0x80, 0xf6, 0xf4]).expect("the last members");
    let earlier: Vec<u8> = [&[0x8c], earlier].concat();
    assert_eq!(minicbor::decode::<Secret>(&earlier).expect("decodes"), secret);
}

#[test]
fn without_versions_only_the_current_one_stays() {
    let mut secret = secret();
    for _ in 0..3 {
        write(&mut secret);
    }
    assert_eq!(secret.drop_earlier(), [VersionNumber(1), VersionNumber(2)]);
    assert_eq!(secret.versions().len(), 1);
    assert_eq!(secret.drop_earlier(), []);
    assert_eq!(write(&mut secret), VersionNumber(4));
}
