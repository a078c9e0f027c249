use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use super::key;
use crate::{Batch, CommitError, Precondition, Range, Revision, Store, Write};

const STEPS: u32 = 400;
const LETTERS: [&str; 8] = ["a", "b", "/", "%", "_", "é", "🔑", "\u{10ffff}"];

/// A few hundred random operations give what a map in memory gives. The panic names the seed, which
/// [`run_random`] repeats.
///
/// # Panics
/// When the store breaks the contract.
pub fn a_random_history_matches_the_model(store: &dyn Store) {
    run_random(store, RandomState::new().hash_one("seed"));
}

/// The same with a given seed.
///
/// # Panics
/// When the store breaks the contract.
pub fn run_random(store: &dyn Store, seed: u64) {
    let mut run = Run { store, seed, state: seed, model: BTreeMap::new(), last: Revision(0) };
    for _ in 0..STEPS {
        match run.below(4) {
            0 | 1 => run.commit(),
            2 => run.get(),
            _ => run.list(),
        }
    }
    run.watch();
}

struct Run<'a> {
    store: &'a dyn Store,
    seed: u64,
    state: u64,
    model: BTreeMap<String, (Vec<u8>, Revision)>,
    last: Revision,
}

impl Run<'_> {
    /// SplitMix64.
    fn random(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.random() % limit
    }

    fn text(&mut self, shortest: u64) -> String {
        let length = shortest + self.below(3);
        (0..length).map(|_| LETTERS[self.below(8) as usize]).collect()
    }

    fn get(&mut self) {
        let name = self.text(1);
        let found = self.store.get(&key(&name)).expect("readable");
        let found = found.map(|entry| (entry.value.to_vec(), entry.revision));
        assert_eq!(found.as_ref(), self.model.get(&name), "get {name:?}, seed {}", self.seed);
    }

    fn list(&mut self) {
        let range = Range {
            prefix: self.text(0),
            after: (self.below(2) == 0).then(|| self.text(0)),
            limit: 1 + self.below(12) as usize,
            keys_only: self.below(2) == 0,
        };
        let page = self.store.list(&range).expect("readable");
        let mut expected: Vec<_> = self
            .model
            .iter()
            .filter(|(name, _)| name.starts_with(&range.prefix))
            .filter(|(name, _)| range.after.as_ref().is_none_or(|after| *name > after))
            .map(|(name, (value, revision))| (name.clone(), value.clone(), *revision))
            .collect();
        let more = expected.len() > range.limit;
        expected.truncate(range.limit);
        if range.keys_only {
            expected.iter_mut().for_each(|(_, value, _)| value.clear());
        }
        let found: Vec<_> = page
            .entries
            .iter()
            .map(|entry| (entry.key.to_string(), entry.value.to_vec(), entry.revision))
            .collect();
        assert_eq!(found, expected, "{range:?}, seed {}", self.seed);
        assert_eq!(page.more, more, "{range:?}, seed {}", self.seed);
    }

    fn commit(&mut self) {
        let mut names: Vec<String> = (0..self.below(5)).map(|_| self.text(1)).collect();
        names.sort();
        names.dedup();
        let mut batch = Batch::default();
        for _ in 0..self.below(3) {
            let precondition = self.precondition();
            batch.preconditions.push(precondition);
        }
        for name in &names {
            let write = if self.below(3) == 0 {
                Write::Delete(key(name))
            } else {
                let size = [0, 1, 30, 3_000][self.below(4) as usize];
                let byte = self.random() as u8;
                Write::Put(key(name), Arc::from(vec![byte; size]))
            };
            batch.writes.push(write);
        }
        let failing = batch.preconditions.iter().find(|precondition| {
            let found = self.model.get(precondition.key().as_str());
            !precondition.holds(found.map(|(_, revision)| *revision))
        });
        let failing = failing.map(|precondition| precondition.key().clone());
        match (self.store.commit(batch.clone()), failing) {
            (Ok(revision), None) => self.apply(batch.writes, revision),
            (Err(CommitError::PreconditionFailed(key)), Some(expected)) if key == expected => {}
            (outcome, failing) => panic!(
                "commit gave {outcome:?}, the model's failing key is {failing:?}, seed {}",
                self.seed
            ),
        }
    }

    fn precondition(&mut self) -> Precondition {
        let name = self.text(1);
        match self.model.get(&name).map(|(_, revision)| *revision) {
            Some(revision) if self.below(4) > 0 => Precondition::Unchanged(key(&name), revision),
            Some(_) => Precondition::Absent(key(&name)),
            None if self.below(4) > 0 => Precondition::Absent(key(&name)),
            None => Precondition::Unchanged(key(&name), self.last),
        }
    }

    fn apply(&mut self, writes: Vec<Write>, revision: Revision) {
        assert!(revision > self.last, "revisions grow, seed {}", self.seed);
        self.last = revision;
        for write in writes {
            match write {
                Write::Put(key, value) => {
                    self.model.insert(key.to_string(), (value.to_vec(), revision));
                }
                Write::Delete(key) => {
                    self.model.remove(key.as_str());
                }
            }
        }
    }

    /// Replaying the watch from the beginning gives the keys and revisions of the model.
    fn watch(&mut self) {
        let mut watch = self.store.watch(Revision(0)).expect("the beginning can be watched");
        let mut seen = BTreeMap::new();
        loop {
            let events = watch.next(Duration::from_millis(1)).expect("readable");
            if events.is_empty() {
                break;
            }
            for event in events {
                if event.present {
                    seen.insert(event.key.to_string(), event.revision);
                } else {
                    seen.remove(event.key.as_str());
                }
            }
        }
        let expected: BTreeMap<String, Revision> =
            self.model.iter().map(|(name, (_, revision))| (name.clone(), *revision)).collect();
        assert_eq!(seen, expected, "watch, seed {}", self.seed);
    }
}
