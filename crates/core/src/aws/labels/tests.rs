//! The movements that AWS's documentation and recorded calls show, and a plain model beside the rules.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::identifier::SecretId;
use crate::model::{
    AWSPENDING, AWSPREVIOUS, DROPPED_PER_WRITE_MAX, LABELS_PER_VERSION_MAX, Limits, NewVersion,
    PayloadKind, VERSIONS_MAX,
};

const NOW: Timestamp = Timestamp(1_000_000);

fn token(version: usize) -> ClientRequestToken {
    ClientRequestToken::new(format!("version {version:030}")).unwrap()
}

fn label(text: &str) -> Label {
    Label::new(text).unwrap()
}

fn secret() -> Secret {
    let limits = Limits { versions_max: VERSIONS_MAX, ..Limits::default() };
    Secret::new(SecretId::from_bytes([1; 16]), limits, NOW)
}

fn put_at(secret: &mut Secret, version: usize, stages: Option<&[&str]>, now: Timestamp) {
    let stages: Option<Vec<String>> =
        stages.map(|stages| stages.iter().map(|stage| (*stage).to_owned()).collect());
    let token = token(version);
    let new = NewVersion {
        client_token: token.beside_id(),
        placement: placement(stages.as_deref()).unwrap(),
        ..NewVersion::current(token.version_id(), PayloadKind::Text)
    };
    secret.write(new, now).unwrap();
}

fn put(secret: &mut Secret, version: usize, stages: Option<&[&str]>) {
    put_at(secret, version, stages, NOW);
}

fn update(
    secret: &mut Secret,
    stage: &str,
    remove_from: Option<usize>,
    move_to: Option<usize>,
) -> Result<(), StageFault> {
    let update = StageUpdate {
        label: label(stage),
        remove_from: remove_from.map(token),
        move_to: move_to.map(token),
    };
    update_stage(secret, &update, NOW)
}

/// `1: AWSCURRENT X; 2: AWSPENDING`, of the versions that are listed.
fn shown(secret: &Secret) -> String {
    let versions = listed(secret, false).map(|version| {
        let labels: Vec<&str> = version.labels.iter().map(Label::as_str).collect();
        format!("{}: {}", version.number, labels.join(" "))
    });
    versions.collect::<Vec<_>>().join("; ")
}

#[test]
fn a_put_without_stages_moves_current_and_previous() {
    let mut secret = secret();
    put(&mut secret, 1, None);
    assert_eq!(shown(&secret), "1: AWSCURRENT");
    put(&mut secret, 2, None);
    assert_eq!(shown(&secret), "1: AWSPREVIOUS; 2: AWSCURRENT");
    put(&mut secret, 3, None);
    assert_eq!(shown(&secret), "2: AWSPREVIOUS; 3: AWSCURRENT");
    assert_eq!(listed(&secret, true).count(), 3);
}

#[test]
fn a_put_with_stages_takes_them_and_leaves_current_where_it_is() {
    let mut secret = secret();
    put(&mut secret, 1, Some(&["BLUE"]));
    assert_eq!(shown(&secret), "1: AWSCURRENT BLUE", "the first version is current as well");
    put(&mut secret, 2, Some(&["BLUE", "GREEN"]));
    assert_eq!(shown(&secret), "1: AWSCURRENT; 2: BLUE GREEN");
    put(&mut secret, 3, Some(&["BLUE", "GREEN"]));
    assert_eq!(shown(&secret), "1: AWSCURRENT; 3: BLUE GREEN");
}

#[test]
fn the_list_of_stages_has_limits() {
    let stages = |count: usize| -> Vec<String> { (0..count).map(|at| at.to_string()).collect() };
    assert_eq!(placement(None), Ok(Placement::Current));
    assert_eq!(placement(Some(&stages(0))), Err(StagesError::Count));
    assert!(placement(Some(&stages(STAGES_PER_CALL_MAX))).is_ok());
    assert_eq!(placement(Some(&stages(STAGES_PER_CALL_MAX + 1))), Err(StagesError::Count));
    assert_eq!(placement(Some(&[String::new()])), Err(StagesError::Label(LabelError)));
}

#[test]
fn a_rotation_leaves_pending_on_the_current_version_until_the_next_put() {
    let mut secret = secret();
    put(&mut secret, 1, None);
    put(&mut secret, 2, Some(&[AWSPENDING]));
    update(&mut secret, AWSCURRENT, Some(1), Some(2)).unwrap();
    assert_eq!(shown(&secret), "1: AWSPREVIOUS; 2: AWSCURRENT AWSPENDING");
    put(&mut secret, 3, None);
    assert_eq!(shown(&secret), "2: AWSPREVIOUS; 3: AWSCURRENT");
}

#[test]
fn a_label_can_be_put_where_it_is_nowhere_and_taken_off() {
    let mut secret = secret();
    put(&mut secret, 1, None);
    put(&mut secret, 2, None);
    update(&mut secret, "BLUE", None, Some(1)).unwrap();
    assert_eq!(shown(&secret), "1: AWSPREVIOUS BLUE; 2: AWSCURRENT");
    update(&mut secret, "BLUE", None, Some(1)).unwrap();
    update(&mut secret, "BLUE", Some(1), Some(2)).unwrap();
    assert_eq!(shown(&secret), "1: AWSPREVIOUS; 2: AWSCURRENT BLUE");
    update(&mut secret, "BLUE", Some(2), None).unwrap();
    update(&mut secret, AWSPREVIOUS, Some(1), None).unwrap();
    assert_eq!(shown(&secret), "2: AWSCURRENT");
}

#[test]
fn every_refusal_has_awss_words_and_changes_nothing() {
    let mut secret = secret();
    put(&mut secret, 1, None);
    put(&mut secret, 2, None);
    put(&mut secret, 3, Some(&["BLUE"]));
    let before = secret.clone();
    let named = |version: usize| token(version).as_str().to_owned();
    let words = format!(
        "The parameter RemoveFromVersionId can't be empty. Staging label AWSCURRENT is currently attached to version \
         {}, so you must explicitly reference that version in RemoveFromVersionId.",
        named(2)
    );
    let not_found = format!(
        "Secrets Manager can't find the specified secret value for VersionId: {}",
        named(9)
    );
    for (stage, remove_from, move_to, expected, kind) in [
        (AWSCURRENT, None, Some(1), words.as_str(), "InvalidParameterException"),
        (
            AWSCURRENT,
            Some(2),
            None,
            "You can only move staging label AWSCURRENT to a different",
            "",
        ),
        (AWSCURRENT, Some(1), Some(3), "When you move staging label AWSCURRENT, if you", ""),
        ("BLUE", Some(1), Some(2), "When you move staging label BLUE, if you specify", ""),
        ("RED", Some(1), None, "When you move staging label RED", "InvalidParameterException"),
        ("BLUE", None, Some(1), "The parameter RemoveFromVersionId can't be empty.", ""),
        ("BLUE", None, None, "You must specify RemoveFromVersionId", "InvalidParameterException"),
        ("BLUE", Some(9), None, not_found.as_str(), "ResourceNotFoundException"),
        ("BLUE", Some(3), Some(9), not_found.as_str(), "ResourceNotFoundException"),
    ] {
        let fault = update(&mut secret, stage, remove_from, move_to).unwrap_err();
        assert!(fault.to_string().starts_with(expected), "{fault}");
        assert!(fault.error_type().starts_with(kind), "{fault}");
        assert_eq!(secret, before);
    }
}

#[test]
fn a_version_has_at_most_twenty_labels() {
    let mut secret = secret();
    put(&mut secret, 1, None);
    for more in 1..LABELS_PER_VERSION_MAX {
        update(&mut secret, &format!("label {more}"), None, Some(1)).unwrap();
    }
    let fault = update(&mut secret, "one more", None, Some(1)).unwrap_err();
    assert_eq!(fault.error_type(), "LimitExceededException");
    secret.delete(Seconds(1), NOW).unwrap();
    let fault = update(&mut secret, "BLUE", None, Some(1)).unwrap_err();
    assert_eq!(fault.error_type(), "InvalidRequestException");
}

#[test]
fn deprecated_versions_are_kept_for_a_day_and_then_a_hundred_of_them() {
    let mut secret = secret();
    for version in 0..110 {
        put_at(&mut secret, version, None, Timestamp(NOW.0 + version as u64));
    }
    let day = VERSION_KEPT_FOR.0 * 1_000;
    assert_eq!(prune(&mut secret, Timestamp(NOW.0 + day - 1)), []);
    let dropped = prune(&mut secret, Timestamp(NOW.0 + day + 1));
    assert_eq!(dropped, [VersionNumber(1), VersionNumber(2)]);
    let mut dropped = Vec::new();
    loop {
        let more = prune(&mut secret, Timestamp(NOW.0 + 2 * day));
        assert!(more.len() <= DROPPED_PER_WRITE_MAX);
        if more.is_empty() {
            break;
        }
        dropped.extend(more);
    }
    assert_eq!(dropped, (3..=8).map(VersionNumber).collect::<Vec<_>>());
    assert_eq!(secret.versions().len(), 102, "a hundred, the current and the previous one");
}

/// A label is on at most one version: the rules in a few lines, as AWS's documentation words them.
#[derive(Debug, Default)]
struct Plain {
    versions: usize,
    on: BTreeMap<String, usize>,
}

impl Plain {
    fn make_current(&mut self, version: usize) {
        if let Some(old) = self.on.insert(AWSCURRENT.to_owned(), version) {
            self.on.insert(AWSPREVIOUS.to_owned(), old);
            self.on.retain(|label, at| label != AWSPENDING || *at != old);
        }
    }

    fn put(&mut self, stages: Option<&[&str]>) {
        self.versions += 1;
        let version = self.versions;
        let stages = stages.unwrap_or(&[AWSCURRENT]);
        if stages.contains(&AWSCURRENT) || !self.on.contains_key(AWSCURRENT) {
            self.make_current(version);
        }
        for stage in stages {
            self.on.insert((*stage).to_owned(), version);
        }
    }

    fn update(&mut self, stage: &str, remove_from: Option<usize>, move_to: Option<usize>) -> bool {
        let known = |version: Option<usize>| version.is_none_or(|number| number <= self.versions);
        let holder = self.on.get(stage).copied();
        let allowed = known(remove_from)
            && known(move_to)
            && (remove_from.is_some() || move_to.is_some())
            && match remove_from {
                Some(_) => remove_from == holder,
                None => holder.is_none() || holder == move_to,
            }
            && !(move_to.is_none() && stage == AWSCURRENT);
        if !allowed {
            return false;
        }
        match move_to {
            None => drop(self.on.remove(stage)),
            Some(to) if stage == AWSCURRENT => {
                if holder != Some(to) {
                    self.on.retain(|label, at| label != AWSPREVIOUS || *at != to);
                    self.make_current(to);
                }
            }
            Some(to) => drop(self.on.insert(stage.to_owned(), to)),
        }
        true
    }

    fn shown(&self) -> String {
        let mut versions: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
        for (label, version) in &self.on {
            versions.entry(*version).or_default().push(label);
        }
        let versions =
            versions.iter().map(|(number, labels)| format!("{number}: {}", labels.join(" ")));
        versions.collect::<Vec<_>>().join("; ")
    }
}

const STAGES: [&str; 5] = [AWSCURRENT, AWSPREVIOUS, AWSPENDING, "BLUE", "GREEN"];

#[derive(Clone, Debug)]
enum Call {
    Put(Option<Vec<&'static str>>),
    Update(&'static str, Option<usize>, Option<usize>),
}

fn call() -> impl Strategy<Value = Call> {
    let stages = prop::collection::btree_set(prop::sample::select(&STAGES[..]), 1..4);
    let version = || prop::option::weighted(0.7, 1..6_usize);
    prop_oneof![
        2 => prop::option::of(stages.prop_map(|set| set.into_iter().collect()))
            .prop_map(Call::Put),
        3 => (prop::sample::select(&STAGES[..]), version(), version())
            .prop_map(|(stage, from, to)| Call::Update(stage, from, to)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2048, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn labels_move_as_in_the_plain_model(calls in prop::collection::vec(call(), 1..16)) {
        let (mut secret, mut plain) = (secret(), Plain::default());
        for call in calls {
            match &call {
                Call::Put(stages) => {
                    plain.put(stages.as_deref());
                    put(&mut secret, plain.versions, stages.as_deref());
                }
                Call::Update(stage, from, to) => {
                    let expected = plain.update(stage, *from, *to);
                    let found = update(&mut secret, stage, *from, *to);
                    prop_assert_eq!(found.is_ok(), expected, "{:?} {:?}", call, found);
                }
            }
            prop_assert_eq!(shown(&secret), plain.shown(), "{:?}", call);
            let current = secret.current().map(|number| number.0 as usize);
            prop_assert_eq!(current, plain.on.get(AWSCURRENT).copied());
        }
    }
}
